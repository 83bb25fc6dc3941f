//! Parameters that each neuron has for itself, as a user writes them.

use memspike::neuron::model::Model as _;
use memspike::registry::Registry;
use memspike::scenario::assemble::{describe, skeleton};
use memspike::scenario::plan::Own;
use memspike::scenario::spec::{Fallback, population_keys};
use memspike::scenario::{load, load_text};
use std::fs;

/// A population of four with this in it; a file `cells.csv` beside it.
fn scenario(says: &str, weight: &str) -> String {
    format!(
        "[source.noise]\nkind = \"poisson\"\nsize = 4\nrate = \"20 Hz\"\n\
         [population.cells]\nsize = 4\n{says}\n\
         [projection.jumps]\nfrom = \"noise\"\nto = \"cells\"\nconnect = \"one_to_one\"\nweight = {weight}\n\
         [protocol]\nkind = \"simulate\"\nduration = \"100 ms\"\n"
    )
}

fn refusal(says: &str) -> String {
    refused(&scenario(says, "\"1 mV\""))
}

fn refused(text: &str) -> String {
    match load_text("test.toml", text, &[], None) {
        Ok(_) => panic!("accepted:\n{text}"),
        Err(faults) => faults.render(false),
    }
}

/// What is said of a scenario with a CSV file beside it.
fn with_file(says: &str, csv: &str) -> Result<memspike::scenario::Loaded, String> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("test.toml");
    fs::write(directory.path().join("cells.csv"), csv).unwrap();
    fs::write(&path, scenario(says, "\"1 mV\"")).unwrap();
    let place = format!("{}/", directory.path().display());
    load(path.to_str().unwrap(), &[], None).map_err(|faults| faults.render(false).replace(&place, ""))
}

const COLUMN: &str = "v_th = { file = \"cells.csv\", column = \"v_th\" }";

#[test]
fn what_is_wrong_with_values_of_single_neurons_is_said_with_its_place() {
    let mut page = String::new();
    let mut add = |title: &str, message: String| page.push_str(&format!("---- {title} ----\n{message}\n"));
    add("too few", refusal("v_th = [\"20 mV\", \"21 mV\", \"22 mV\"]"));
    add("without a unit, and of a wrong one", refusal("v_th = [\"20 mV\", 21, \"22 mA\", \"23 mV\"]"));
    add("out of range", refusal("tau_m = [\"20 ms\", \"-1 ms\", \"22 ms\", \"0 s\"]"));
    add("no form", refusal("v_th = {}"));
    add("an unknown form", refusal("v_th = { norml = [\"20 mV\", \"1 mV\"] }"));
    add("drawn out of range", refusal("tau_m = { normal = [\"1 ms\", \"5 ms\"] }"));
    add("no neuron of its model", refusal("v_th = [\"20 mV\", \"0 V\", \"22 mV\", \"-1 mV\"]"));
    add("a start above threshold", refusal("u_0 = [\"20 mV\", \"0.3 V\", \"22 mV\", \"0.25 V\"]"));
    add("not of a word", refusal("reset = [\"rest\", \"rest\", \"rest\", \"rest\"]"));
    add(
        "a registered model",
        refusal("model = \"adex\"\nv_t = [\"-50 mV\", \"-80 mV\", \"-50 mV\", \"-50 mV\"]"),
    );
    add(
        "weights in thresholds",
        refused(&scenario(
            "v_th = [\"20 mV\", \"21 mV\", \"22 mV\", \"23 mV\"]",
            "{ constant = 0.5, unit = \"threshold\" }",
        )),
    );
    add(
        "members that compete",
        refused(
            &scenario("tau_m = { uniform = [\"1 ms\", \"2 ms\"] }\ncompetition = {}", "\"1 mV\"")
                .replace("one_to_one", "all_to_all"),
        ),
    );
    let trains = include_str!("../data/trains.toml");
    let own = trains.replace("size = 10", "size = 10\ntau_m = { uniform = [\"9 ms\", \"10 ms\"] }");
    add("a read-out that is trained", refused(&own));
    let csv = |csv: &str| with_file(COLUMN, csv).map(drop).unwrap_err();
    add("a missing column", csv("tau_m [ms],v_t [mV]\n1,2\n1,2\n1,2\n1,2\n"));
    add("a column without a unit", csv("v_th\n20\n21\n22\n23\n"));
    add("too many rows", csv("v_th [mV]\n20\n21\n22\n23\n24\n"));
    add("a cell that is no number", csv("id,v_th [mV]\n0,20\n1,inf\n2,\n3,x\n"));
    add("a row that is too short", csv("id,v_th [mV]\n0,20\n1\n2,22\n3,23\n"));
    add("no file", refusal("v_th = { file = \"none.csv\", column = \"v_th\" }"));
    add("no column", refusal("v_th = { file = \"none.csv\" }"));
    insta::assert_snapshot!(page);
}

#[test]
fn a_column_is_read_by_its_header_and_written_out_by_resolve() {
    let says = "v_th = { file = \"cells.csv\", column = \"v_th\" }\nmodel = \"adaptive_lif\"\ntau_w = { log_normal = [\"100 ms\", 0.2] }";
    let loaded = with_file(says, "# four\ntau_m [ms],v_th [mV]\n1,20\n2,21.5\n3,22\n4,23\n").unwrap();
    let cells = &loaded.plan.populations[0];
    let thresholds: Vec<f64> =
        cells.each.iter().map(|neuron| neuron.open().unwrap().scale().threshold).collect();
    assert_eq!(thresholds, [0.02 - 0.43e-3, 0.02107, 0.02157, 0.02257]);
    let own = |key: &str| cells.own.iter().find(|own| own.key == key).map(|own| own.values.clone());
    assert_eq!(own("v_th"), Some(Own::List(vec![0.02, 0.0215, 0.022, 0.023])));
    assert!(matches!(own("tau_w"), Some(Own::Drawn(_))));
    let resolved = loaded.resolve();
    assert!(resolved.contains("v_th = [\"20 mV\", \"21.5 mV\", \"22 mV\", \"23 mV\"]"), "{resolved}");
    let again = load_text("resolved.toml", &resolved, &[], None).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(again.plan.populations, loaded.plan.populations);
    // What follows another key is not written out, or it would be drawn anew.
    let follows = load_text(
        "a.toml",
        &scenario(
            "u_rest = { uniform = [\"0 mV\", \"5 mV\"] }\nreset = \"value\"\nv_th = \"50 mV\"",
            "\"1 mV\"",
        ),
        &[],
        None,
    )
    .unwrap();
    let again =
        load_text("b.toml", &follows.resolve(), &[], None).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(again.plan.populations, follows.plan.populations);
}

#[test]
fn check_says_which_form_neurons_that_differ_have() {
    let form = |says: &str| {
        let plan = load_text("test.toml", &scenario(says, "\"1 mV\""), &[], None).unwrap().plan;
        describe(&skeleton(&plan).unwrap(), "f64")
            .into_iter()
            .find(|line| line.starts_with("population"))
            .unwrap()
    };
    for key in
        ["v_th = [\"20 mV\", \"21 mV\", \"22 mV\", \"23 mV\"]", "u_0 = { uniform = [\"0 mV\", \"9 mV\"] }"]
    {
        assert!(form(key).contains("form scaled"), "{}", form(key));
    }
    for key in ["i_bias = { uniform = [\"0 nA\", \"9 nA\"] }", "u_rest = { uniform = [\"0 mV\", \"9 mV\"] }"]
    {
        assert!(form(key).contains("form scaled"), "{}", form(key));
    }
    let own = form("tau_m = { uniform = [\"9 ms\", \"10 ms\"] }");
    assert!(own.contains("form own-time") && own.contains("clocks of their own"), "{own}");
}

/// Lists of the default, and distributions around it, of every number of every model: taken, or refused with a reason.
#[test]
fn every_number_of_every_model_may_differ() {
    let registry = Registry::shipped();
    let models = ["lif", "switch"].into_iter().chain(registry.neurons().iter().map(|entry| entry.name));
    let mut seen = 0;
    for model in models {
        for key in population_keys(&registry, Some(model)).iter().filter(|key| key.each) {
            if matches!(key.when, Some(("model", models)) if !models.contains(&model)) {
                continue;
            }
            // A switch has one reset.
            if model == "switch" && key.name == "u_reset" {
                continue;
            }
            let usual = match key.default {
                Fallback::Value(literal, ..) => literal,
                // Of a spread what presets have, of potentials one below every threshold, of a time any.
                _ => match key.name {
                    "cycle_cv" | "device_cv" => "0.01",
                    "on_time" => "\"1 ms\"",
                    "g_th" => "\"2 mS\"",
                    "v_reset" => "\"0.3 V\"",
                    "v_row" => "\"5 V\"",
                    "n_f" | "weibull_shape" | "m" => "2.0",
                    _ => "\"-80 mV\"",
                },
            };
            let reset = match key.when {
                Some(("reset", words)) if model == "lif" => format!("reset = \"{}\"\n", words[0]),
                _ => String::new(),
            };
            // A resistance is one of currents.
            let bias = if key.name == "r_m" && model != "accumulate" { "i_bias = \"1 nA\"\n" } else { "" };
            // How a device wears is said of one that does.
            let wears = if ["weibull_shape", "m"].contains(&key.name) { "n_f = 1e6\n" } else { "" };
            let says =
                |value: &str| format!("model = \"{model}\"\n{reset}{bias}{wears}{} = {value}", key.name);
            let load = |value: &str| load_text("test.toml", &scenario(&says(value), "\"1 mV\""), &[], None);
            let list = format!("[{usual}, {usual}, {usual}, {usual}]");
            let loaded = load(&list).unwrap_or_else(|faults| panic!("{}: {faults}", says(&list)));
            assert!(loaded.plan.populations[0].own.iter().any(|own| own.key == key.name), "{}", says(&list));
            seen += 1;
            for value in [
                "[]",
                "{}",
                "[[1]]",
                "[true, true, true, true]",
                "{ normal = [\"0 V\", \"1 V\"] }",
                "{ normal = [0, 1] }",
            ] {
                if let Err(faults) = load(value) {
                    assert!(!faults.is_empty(), "{} is refused without a word", says(value));
                }
            }
        }
    }
    assert!(seen > 80, "{seen}");
}

#[test]
fn members_that_compete_may_differ_in_threshold() {
    let differ = "population.output.v_th={ log_normal = [\"250 mV\", 0.1] }".to_string();
    let plan = load("stdp/digits", &[differ], None).unwrap_or_else(|faults| panic!("{faults}")).plan;
    let network = skeleton(&plan).unwrap();
    let thresholds: Vec<f64> = network.populations[0].kinds().map(|neuron| neuron.lowest_theta()).collect();
    assert_eq!(thresholds.len(), 100);
    assert!(thresholds.iter().all(|theta| (0.15..0.4).contains(theta)), "{thresholds:?}");
    let lines = describe(&network, "f32");
    assert!(lines[0].contains("one winner per instant"), "{}", lines[0]);
}

#[test]
fn a_report_says_what_differs() {
    let says = "v_th = { normal = [\"20 mV\", \"1 mV\"] }\nu_0 = [\"0 mV\", \"1 mV\", \"2 mV\", \"3 mV\"]";
    let plan = load_text("test.toml", &scenario(says, "\"1 mV\""), &[], None).unwrap().plan;
    let described = memspike::report::plan::describe(&plan);
    let rows = &described.iter().find(|(heading, _)| heading == "Population cells").unwrap().1;
    let text: Vec<String> = rows.iter().map(|row| format!("{}: {}", row.name, row.value)).collect();
    for line in [
        "u_rest, v_th: 430 uV, each its own",
        "u_0: each its own",
        "v_th: of each neuron: normal, 20.0 mV \u{b1} 1.00 mV",
        "u_0: of each neuron: 0 V to 3.00 mV",
    ] {
        assert!(text.contains(&line.to_string()), "{line} is not in {text:#?}");
    }
}

/// The section of the book on neurons that differ.
fn section() -> &'static str {
    let page = include_str!("../../docs/src/concepts/neuron-models.md");
    page.split("\n## ").find(|section| section.starts_with("Neurons that differ\n")).expect("there is one")
}

/// The text of its block in this language.
fn block(language: &str) -> &'static str {
    let (_, rest) = section().split_once(&format!("```{language}\n")).expect("a block");
    rest.split_once("```").expect("its end").0
}

#[test]
fn the_example_of_the_book_runs() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("neurons.csv"), block("csv")).unwrap();
    let path = directory.path().join("differ.toml");
    fs::write(&path, block("toml")).unwrap();
    let loaded = load(path.to_str().unwrap(), &[], None).unwrap_or_else(|faults| panic!("{faults}"));
    assert!(loaded.warnings.is_empty(), "{}", loaded.warnings);
    let outcome =
        memspike::scenario::run::quietly(&loaded.plan, 1, &memspike::dataset::Search::default()).unwrap();
    assert!(outcome.counts.spikes[0] > 0, "the cells fire");
}
