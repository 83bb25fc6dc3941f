//! What is told of layers before they are trained: how much learns, and what is hardly meant.

use memspike::scenario::run::choices;
use memspike::scenario::{load, load_text};

/// The lines in which the layers of a scenario are told.
fn layers_of(name: &str, changes: &[&str]) -> Vec<String> {
    let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
    let lines = choices(&load(name, &changes, None).unwrap().plan).unwrap();
    lines.into_iter().filter(|line| line.starts_with("layer")).collect()
}

#[test]
fn what_learns_is_told_before_synapses_are_drawn() {
    let delays = layers_of("layers/delays", &[]);
    assert!(delays[0].ends_with("input (5 x 16), 80 weights and 80 delays that learn"), "{delays:?}");
    assert!(delays[1].ends_with(" parameters") && !delays[1].ends_with(", 0 parameters"), "{delays:?}");
    let plain = layers_of("layers/yin-yang", &[]);
    let count = |line: &str| -> usize {
        let mut words = line.rsplit(", ").next().unwrap().split(' ');
        words.next().unwrap().parse().unwrap()
    };
    assert_eq!(count(&plain[2]), count(&plain[0]) + count(&plain[1]), "{plain:?}");
    // 5 lines, so many neurons, and 3 classes.
    let hidden: usize = count(&plain[1]) / 3;
    assert_eq!(count(&plain[0]), 5 * hidden);
    let drawn = |keys: &[&str]| layers_of("layers/yin-yang", keys).remove(0);
    let degree = drawn(&["projection.input.connect=\"fixed_in_degree\"", "projection.input.in_degree=2"]);
    assert!(degree.ends_with(&format!(", {} parameters", 2 * hidden)), "{degree}");
    let some = drawn(&["projection.input.connect=\"probability\"", "projection.input.probability=0.4"]);
    assert!(some.ends_with(&format!(", about {} parameters", 2 * hidden)), "{some}");
    let all = drawn(&["projection.input.connect=\"probability\"", "projection.input.probability=1.0"]);
    assert!(all.ends_with(&format!(", {} parameters", 5 * hidden)), "{all}");
    let others = layers_of(
        "layers/yin-yang",
        &[
            "protocol.gradient.thresholds={}",
            "protocol.gradient.time_constants={ shortest = \"5 ms\", longest = \"20 ms\" }",
        ],
    );
    let told = format!("{} weights, {hidden} thresholds and 1 time constant that learn", 5 * hidden);
    assert!(others[0].ends_with(&told), "{others:?}");
    assert_eq!(count(&others[2]), count(&plain[2]) + hidden + 3 + 2, "{others:?}");
}

/// A scenario whose synapses are listed, with these rows and keys.
fn listed(rows: &str, more: &str) -> String {
    format!(
        "[source.in]\nkind = \"dataset\"\ndataset = \"yin_yang\"\n\
         encode = {{ kind = \"first_spike\", at_zero = \"1 ms\", at_one = \"25 ms\" }}\n\
         [population.output]\nsize = 3\nu_rest = \"0 V\"\n\
         [projection.a]\nfrom = \"in\"\nto = \"output\"\nkernel = \"exponential\"\ntau_syn = \"5 ms\"\n\
         connect = \"list\"\nsynapses = [{rows}]\n{more}\n[protocol]\nkind = \"supervised\"\npresentation = \"30 ms\"\n\
         [protocol.gradient]\nkind = \"exact\"\ndelays = {{ longest = \"10 ms\" }}\n"
    )
}

#[test]
fn delays_that_are_listed_learn() {
    let text = listed("[0, 0, \"1 uA\", \"1 ms\"], [1, 2, \"1 uA\", \"2 ms\"]", "");
    let plan =
        load_text("l.toml", &text, &[], None).unwrap_or_else(|faults| panic!("{}", faults.render(false)));
    let lines = choices(&plan.plan).unwrap();
    assert!(lines.iter().any(|line| line.ends_with("2 weights and 2 delays that learn")), "{lines:?}");
    let same = listed("[0, 0, \"1 uA\", \"1 ms\"], [1, 2, \"1 uA\", \"1 ms\"]", "");
    let faults = load_text("l.toml", &same, &[], None).unwrap_err().render(false);
    assert!(faults.contains("`delays` of the gradient"), "{faults}");
    assert!(
        faults.contains("no synapse has a delay of its own") && faults.contains("rows of a list"),
        "{faults}"
    );
}

#[test]
fn a_second_source_is_refused_as_such_and_with_its_place() {
    let rows = "[0, 0, \"1 uA\", \"1 ms\"], [1, 2, \"1 uA\", \"2 ms\"]";
    for kind in
        ["kind = \"poisson\"\nsize = 5\nrate = \"1 Hz\"", "kind = \"regular\"\nsize = 5\nperiod = \"5 ms\""]
    {
        for first in [true, false] {
            let other = format!("[source.other]\n{kind}\n");
            let projection = "[projection.b]\nfrom = \"other\"\nto = \"output\"\nkernel = \"exponential\"\ntau_syn = \"5 ms\"\nweight = \"1 uA\"\n";
            let text = listed(rows, projection);
            let text = if first { format!("{other}{text}") } else { format!("{text}{other}") };
            let said = load_text("l.toml", &text, &[], None).unwrap_err().render(false);
            assert!(said.contains("= allowed: one source, the data set"), "{said}");
            assert!(said.contains("[source.other]") && !said.contains("Poisson processes"), "{said}");
        }
    }
}
