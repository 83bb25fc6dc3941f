//! Help, version and what is said to a wrong command line.

use crate::common::{Place, code, err, out};

#[test]
fn help_and_version_go_to_stdout() {
    let place = Place::new();
    let output = place.memspike(&["--version"]);
    assert_eq!(code(&output), 0);
    assert_eq!(out(&output), concat!("memspike ", env!("CARGO_PKG_VERSION"), "\n"));
    for args in [&["--help"][..], &["run", "--help"], &["compare", "--help"], &["help", "data"]] {
        let output = place.memspike(args);
        assert_eq!(code(&output), 0);
        assert!(out(&output).contains("Usage:") && err(&output).is_empty());
    }
}

#[test]
fn the_help_of_every_command_is_one_sentence_at_least() {
    let place = Place::new();
    for command in [
        "run",
        "sweep",
        "table",
        "check",
        "resolve",
        "show",
        "compare",
        "scenarios",
        "models",
        "device",
        "fit",
        "new",
        "data",
        "schema",
        "completions",
    ] {
        let help = out(&place.memspike(&[command, "--help"]));
        let first = help.lines().next().unwrap_or("");
        assert!(first.len() > 10 && !first.starts_with("Usage"), "{command}: {first}");
    }
}

#[test]
fn the_help_texts_are_those_that_were_read() {
    let place = Place::new();
    insta::assert_snapshot!("help", out(&place.memspike(&["--help"])));
    insta::assert_snapshot!("help_run", out(&place.memspike(&["run", "--help"])));
    insta::assert_snapshot!("help_sweep", out(&place.memspike(&["sweep", "--help"])));
}

#[test]
fn a_wrong_command_line_is_answered_with_2_and_a_hint() {
    let place = Place::new();
    for (args, hint) in [
        (&["runn", "digits"][..], "did you mean `run`?"),
        (&["rnu", "digits"], "did you mean `run`?"),
        (&["completion", "bash"], "did you mean `completions`?"),
        (&["data", "ftech"], "did you mean `fetch`?"),
        (&["run", "digits", "--epochs", "3"], "`--set protocol.epochs=3`"),
        (&["check", "digits", "--epoch=3"], "`--set protocol.epochs=3`"),
        (&["sweep", "digits", "--tau-m", "5 ms"], "`--set population.NAME.tau_m=\"5 ms\"`"),
        (&["run", "digits", "--colour-of-money"], "unexpected argument"),
        (&["device", "ag-tio2-pt-ts", "iv", "--rate", "-1 V/s"], "above zero"),
        (&["device", "ag-tio2-pt-ts", "iv", "--noise", "-1 %"], "--noise"),
        (&["device", "ag-tio2-pt-ts", "iv", "--compliance", "-7 uA"], "above zero"),
        (&[], "Usage"),
        (&["run"], "SCENARIO"),
        (&["run", "digits", "--engine", "warp"], "reference"),
        (&["run", "digits", "--threads", "0"], "1..=1024"),
        (&["run", "digits", "--set", "protocol.epochs"], "KEY=VALUE"),
        (&["run", "digits", "--force"], "--out"),
        (&["run", "digits", "--trace-file", "trace.txt"], "--trace"),
        (&["data", "fetch", "cifar"], "fashion-mnist"),
        (&["--quiet", "--verbose", "scenarios"], "--verbose"),
        (&["completions", "cmd.exe"], "bash"),
    ] {
        let output = place.memspike(args);
        assert_eq!(code(&output), 2, "{args:?}");
        assert!(out(&output).is_empty() && err(&output).contains(hint), "{args:?}: {}", err(&output));
    }
    assert_eq!(
        std::fs::read_dir(place.path()).unwrap().count(),
        0,
        "a wrong command line leaves nothing behind"
    );
}

#[test]
fn completions_are_written_for_every_shell() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = place.memspike(&["completions", shell]);
        assert_eq!(code(&output), 0);
        assert!(out(&output).contains("memspike") && out(&output).contains("completions"));
        if ["bash", "zsh", "fish"].contains(&shell) {
            for key in ["protocol.epochs=", "population.NAME.tau_m=", "record.spikes="] {
                assert!(out(&output).contains(key), "{shell}: {key}");
            }
        }
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let place = Place::new();
    for args in [&["completions", "bash"][..], &["models"], &["--help"]] {
        let mut child = place
            .command(args)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(code(&output), 0, "{args:?}");
        assert_eq!(err(&output), "", "{args:?}");
    }
}

#[test]
fn models_are_listed_explained_and_guessed() {
    let place = Place::new();
    let list = out(&place.memspike(&["models"]));
    for name in ["lif", "differential", "poisson", "supervised", "reference"] {
        assert!(list.contains(name), "{name}: {list}");
    }
    let lif = out(&place.memspike(&["models", "lif"]));
    assert!(lif.contains("tau_m") && lif.contains("9.41 ms") && lif.contains("measured"), "{lif}");
    let wrong = place.memspike(&["models", "liff"]);
    assert_eq!(code(&wrong), 2);
    assert!(err(&wrong).contains("lif"));
}

#[test]
fn the_schema_is_json() {
    let output = Place::new().memspike(&["schema"]);
    assert_eq!(code(&output), 0);
    assert!(serde_json::from_str::<serde_json::Value>(&out(&output)).unwrap().is_object());
}

#[test]
fn messages_are_plain_unless_colour_is_asked_for() {
    let place = Place::new();
    let plain = err(&place.memspike(&["show", "nothing"]));
    assert!(plain.starts_with("error: ") && !plain.contains('\x1b'), "{plain}");
    let coloured = err(&place.memspike(&["show", "nothing", "--color", "always"]));
    assert!(coloured.contains("\x1b["), "{coloured}");
}
