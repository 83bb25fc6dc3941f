//! What a user sees for each way of getting a scenario wrong.

use memspike::scenario::{load, load_text};

/// A scenario in which everything is right.
const GOOD: &str = r#"[scenario]
title = "test"

[source.noise]
kind = "poisson"
size = 4
rate = "20 Hz"

[population.cells]
size = 4
tau_m = "9.41 ms"
v_th = "0.25 V"

[projection.jumps]
from = "noise"
to = "cells"
kernel = "delta"
weight = "1 mV"

[protocol]
kind = "simulate"
duration = "1 s"
"#;

/// The smallest scenario that trains.
const TRAINS: &str = include_str!("../data/trains.toml");

/// The text with `from` replaced by `to`, which must occur.
fn with(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "`{from}` is not in the scenario");
    text.replacen(from, to, 1)
}

/// The message for a text, which must be refused.
fn refusal(text: &str, overrides: &[&str]) -> String {
    let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    match load_text("test.toml", text, &overrides, None) {
        Ok(_) => panic!("accepted:\n{text}"),
        Err(faults) => faults.render(false),
    }
}

/// Several messages of one kind, each under what brings it about.
#[derive(Default)]
struct Page(String);

impl Page {
    fn add(&mut self, title: &str, message: impl AsRef<str>) {
        if !title.is_empty() {
            self.0.push_str(&format!("\n---- {title} ----\n"));
        }
        self.0.push_str(message.as_ref());
    }
}

/// The message of one slip in a good scenario.
fn slip(from: &str, to: &str) -> String {
    refusal(&with(GOOD, from, to), &[])
}

#[test]
fn the_good_scenarios_are_good() {
    for text in [GOOD, TRAINS] {
        let loaded = load_text("test.toml", text, &[], None).unwrap_or_else(|faults| panic!("{faults}"));
        assert!(loaded.warnings.is_empty(), "{}", loaded.warnings);
    }
}

#[test]
fn an_unknown_key() {
    let mut page = Page::default();
    page.add("", slip("tau_m =", "tau_n ="));
    page.add("belongs elsewhere", slip("size = 4\ntau_m", "g_max = \"1 uS\"\nsize = 4\ntau_m"));
    page.add("extends in a section", slip("title =", "extends = \"mnist\"\ntitle ="));
    page.add("at the top", refusal(&format!("title = \"x\"\n{}", with(GOOD, "title = \"test\"", "")), &[]));
    insta::assert_snapshot!(page.0);
}

#[test]
fn a_key_of_another_kind() {
    insta::assert_snapshot!(slip("rate = \"20 Hz\"", "rate = \"20 Hz\"\nperiod = \"1 ms\""));
}

#[test]
fn an_unknown_section() {
    insta::assert_snapshot!(slip("[population.cells]", "[populations.cells]"));
}

#[test]
fn a_section_without_a_name() {
    insta::assert_snapshot!(slip("[source.noise]", "[source]"));
}

#[test]
fn a_wrong_unit() {
    let mut page = Page::default();
    page.add("", slip("v_th = \"0.25 V\"", "v_th = \"20 s\""));
    page.add("upper and lower case", slip("v_th = \"0.25 V\"", "v_th = \"250 mv\""));
    page.add("unknown unit", slip("v_th = \"0.25 V\"", "v_th = \"250 furlongs\""));
    page.add("weight of a pulse", slip("kernel = \"delta\"", "kernel = \"rect\"\nwidth = \"1 ms\""));
    insta::assert_snapshot!(page.0);
}

#[test]
fn a_missing_unit() {
    let mut page = Page::default();
    page.add("", slip("tau_m = \"9.41 ms\"", "tau_m = 9.41"));
    page.add("in quotes", slip("tau_m = \"9.41 ms\"", "tau_m = \"9.41\""));
    page.add("of a weight", slip("weight = \"1 mV\"", "weight = { normal = [1, \"0.1 mV\"] }"));
    insta::assert_snapshot!(page.0);
}

#[test]
fn a_negative_tau() {
    insta::assert_snapshot!(slip("tau_m = \"9.41 ms\"", "tau_m = \"-9.41 ms\""));
}

#[test]
fn a_threshold_below_rest() {
    let mut page = Page::default();
    page.add("", slip("v_th = \"0.25 V\"", "v_th = \"0.25 V\"\nu_rest = \"0.3 V\""));
    page.add("the default threshold", slip("v_th = \"0.25 V\"", "u_rest = \"250 mV\""));
    page.add(
        "reset above threshold",
        slip("v_th = \"0.25 V\"", "v_th = \"0.25 V\"\nreset = \"value\"\nu_reset = \"0.3 V\""),
    );
    insta::assert_snapshot!(page.0);
}

#[test]
fn conductances_the_wrong_way_round() {
    let changed = "parameters = { g_min = \"1 mS\", g_max = \"1 uS\" }";
    let text = with(
        TRAINS,
        "[population",
        &format!("[device.d]\npreset = \"ag-tio2-pt-rs-analog\"\n{changed}\n\n[population"),
    );
    let text = with(&text, "to = \"output\"\n", "to = \"output\"\ndevice = \"d\"\n");
    insta::assert_snapshot!(refusal(&text, &[]));
}

#[test]
fn not_a_number() {
    let mut page = Page::default();
    page.add("", slip("tau_m = \"9.41 ms\"", "tau_m = \"NaN ms\""));
    page.add("bare", slip("tau_m = \"9.41 ms\"", "tau_m = nan"));
    page.add("infinite", refusal(&format!("{TRAINS}count_gain = inf\n"), &[]));
    insta::assert_snapshot!(page.0);
}

#[test]
fn a_typo_in_a_name() {
    let mut page = Page::default();
    page.add("", slip("to = \"cells\"", "to = \"cell\""));
    page.add("a source as target", slip("to = \"cells\"", "to = \"noise\""));
    page.add("of a choice", slip("kind = \"poisson\"", "kind = \"poison\""));
    page.add("in the record", refusal(&format!("{GOOD}\n[record]\nspikes = [\"cels\"]\n"), &[]));
    insta::assert_snapshot!(page.0);
}

#[test]
fn what_a_record_cannot_have() {
    let record = |keys: &str| refusal(&format!("{GOOD}\n[record]\n{keys}\n"), &[]);
    let mut page = Page::default();
    page.add("", record("weights = [\"jumps\"]\nweights_interval = \"1 ms\""));
    page.add("of nothing", record("weights_interval = \"1 ms\"\nmembrane_interval = \"1 ms\""));
    page.add("without an interval", record("membrane = [\"cells\"]"));
    page.add("of nobody", record("connections = [\"jump\"]"));
    page.add(
        "of neurons that are not there",
        record("spikes = [\"cells[0..5]\", \"noise[3..2]\", \"noise[2..4]\", \"noise\"]"),
    );
    page.add(
        "of synapses that are not there",
        record("connections = [\"jumps[0..99, 0..1]\", \"jumps[3]\"]"),
    );
    page.add(
        "of samples where none are shown",
        record("weights_every = 5\nspikes = [\"cells\"]\nspikes_every = 2"),
    );
    page.add("of nothing in a format", record("formats = [\"npz\"]"));
    let trains = format!("{TRAINS}\n[record]\nmembrane = [\"output\"]\nmembrane_interval = \"1 ms\"\n");
    page.add("where samples are shown", refusal(&trains, &[]));
    insta::assert_snapshot!(page.0);
}

#[test]
fn conductances_are_those_of_devices_that_learn() {
    let learns = "to = \"cells\"\nplasticity = { rule = \"stdp_pair\", w_max = \"30 mV\" }";
    let learns = with(GOOD, "to = \"cells\"", learns);
    let record = "[record]\nconductances = [\"jumps\"]\nweights_interval = \"1 ms\"\n";
    let said = refusal(&format!("{learns}\n{record}"), &[]);
    for part in [
        "names `jumps`, whose weights are numbers while they learn",
        "has no device",
        "weights = [\"jumps\"]",
    ] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn names_lead_nowhere_else_and_texts_do_nothing_to_a_terminal() {
    let named = |name: &str| refusal(&with(GOOD, "title = \"test\"", &format!("name = \"{name}\"")), &[]);
    let mut page = Page::default();
    page.add("", named("../../x"));
    page.add("an absolute path", named("/abs"));
    page.add("nothing", named(""));
    page.add("a folder of another system", named("a\\\\b"));
    page.add("a title that forges a line", refusal(&with(GOOD, "\"test\"", "\"a\\nerror: b\""), &[]));
    page.add("a title that paints", refusal(&with(GOOD, "\"test\"", "\"\\u001b[31mred\""), &[]));
    insta::assert_snapshot!(page.0);
    let long = named(&"x".repeat(201));
    assert!(long.contains("is longer than 200 bytes"), "{long}");
    for name in ["stdp/mine", "a.b", "\u{b5}m 2 (new)", &"x".repeat(200)] {
        let text = with(GOOD, "title = \"test\"", &format!("name = \"{name}\""));
        assert_eq!(load_text("test.toml", &text, &[], None).unwrap().plan.name, name);
    }
}

#[test]
fn a_missing_protocol() {
    let (text, _) = GOOD.split_once("[protocol]").unwrap();
    insta::assert_snapshot!(refusal(text, &[]));
}

#[test]
fn a_missing_key() {
    insta::assert_snapshot!(slip("size = 4\ntau_m", "tau_m"));
}

#[test]
fn a_wrong_type_and_a_range() {
    let mut page = Page::default();
    page.add("", slip("size = 4\ntau_m", "size = \"four\"\ntau_m"));
    page.add("zero", slip("size = 4\ntau_m", "size = 0\ntau_m"));
    insta::assert_snapshot!(page.0);
}

#[test]
fn several_faults_are_all_reported() {
    let text = with(GOOD, "tau_m = \"9.41 ms\"", "tau_m = \"-1 ms\"\nsiz = 3");
    let text = with(&text, "to = \"cells\"", "to = \"sells\"");
    insta::assert_snapshot!(refusal(
        &with(&text, "duration = \"1 s\"", "duration = \"3 h\""),
        &["source.noise.rate=20"]
    ));
}

#[test]
fn sizes_that_do_not_fit_one_to_one() {
    let text = with(GOOD, "kernel = \"delta\"", "connect = \"one_to_one\"");
    insta::assert_snapshot!(refusal(&text, &["source.noise.size=3"]));
}

#[test]
fn more_synapses_than_memory() {
    insta::assert_snapshot!(refusal(
        GOOD,
        &["source.noise.size=100000000", "population.cells.size=100000000"]
    ));
}

#[test]
fn drawn_synapses_have_their_conditions() {
    let mut page = Page::default();
    let drawn = |keys: &str| with(GOOD, "weight = \"1 mV\"", &format!("weight = \"1 mV\"\n{keys}"));
    page.add("empty", refusal(GOOD, &["population.cells.size=0", "source.noise.size=0"]));
    page.add("degree", refusal(&drawn("connect = \"fixed_in_degree\"\nin_degree = 5"), &[]));
    page.add("no degree", refusal(&drawn("connect = \"fixed_out_degree\"\nin_degree = 5"), &[]));
    page.add("probability", refusal(&drawn("connect = \"probability\"\nprobability = 1.5"), &[]));
    let own = "[projection.own]\nfrom = \"cells\"\nto = \"cells\"\nweight = \"1 mV\"\ndelay = \"1 ms\"";
    let own = format!("{GOOD}\n{own}\nconnect = \"fixed_out_degree\"\nout_degree = 4\nautapses = false\n");
    page.add("autapses", refusal(&own, &[]));
    page.add("negative delay", refusal(GOOD, &["projection.jumps.delay=\"-1 ms\""]));
    page.add("sub-resolution", refusal(GOOD, &["projection.jumps.delay=\"0.1 fs\""]));
    page.add(
        "beyond the horizon",
        refusal(GOOD, &["projection.jumps.delay=\"3 h\"", "protocol.duration=\"1e4 s\""]),
    );
    let delays = |law: &str| drawn(&format!("connect = \"probability\"\nprobability = 0.5\ndelay = {law}"));
    page.add("negative mean", refusal(&delays("{ normal = [\"-1 ms\", \"1 ms\"] }"), &[]));
    page.add("upper end first", refusal(&delays("{ uniform = [\"2 ms\", \"1 ms\"] }"), &[]));
    page.add("a delay in volts", refusal(&delays("{ uniform = [\"2 mV\", \"3 mV\"] }"), &[]));
    page.add("sigma", refusal(&delays("{ log_normal = [\"1 ms\", \"1 ms\"] }"), &[]));
    page.add("negative low end", refusal(&delays("{ uniform = [\"-1 ms\", \"1 ms\"] }"), &[]));
    page.add("negative median", refusal(&delays("{ log_normal = [\"-1 ms\", 0.5] }"), &[]));
    let listed =
        "connect = \"list\"\nsynapses = [[0, 0, \"1 mV\"]]\ndelay = { uniform = [\"1 ms\", \"2 ms\"] }";
    page.add("delays of a list", refusal(&with(GOOD, "weight = \"1 mV\"", listed), &[]));
    page.add("negative rate", refusal(GOOD, &["source.noise.rate=\"-1 Hz\""]));
    page.add("counters", refusal(GOOD, &["source.noise.rate=\"1 GHz\"", "protocol.duration=\"10 s\""]));
    insta::assert_snapshot!(page.0);
}

#[test]
fn a_circle_without_delay() {
    insta::assert_snapshot!(refusal(
        &format!("{GOOD}\n[projection.again]\nfrom = \"cells\"\nto = \"cells\"\nweight = \"1 mV\"\n"),
        &[]
    ));
}

#[test]
fn supervised_training_has_its_conditions() {
    let mut page = Page::default();
    page.add(
        "",
        refusal(
            &with(
                &with(TRAINS, "size = 10", "size = 12"),
                "weight =",
                "connect = \"one_to_one\"\ndelay = \"1 ms\"\nweight =",
            ),
            &[],
        ),
    );
    page.add(
        "plasticity beside the gradient",
        refusal(
            &with(TRAINS, "[protocol]\n", "[projection.input.plasticity]\nw_max = \"1 mV\"\n\n[protocol]\n"),
            &[],
        ),
    );
    page.add(
        "programming without devices",
        refusal(&format!("{TRAINS}programming = [{{ name = \"six\", levels = 6 }}]\n"), &[]),
    );
    page.add(
        "data set without training",
        refusal(&with(TRAINS, "\"supervised\"", "\"simulate\"\nduration = \"1 s\""), &[]),
    );
    page.add("weights from nowhere", refusal(&format!("{TRAINS}weights_from = \"mnits\"\n"), &[]));
    insta::assert_snapshot!(page.0);
}

/// The smallest scenario that learns without labels.
const LEARNS: &str = r#"[source.retina]
kind = "dataset"
dataset = "drawn_digits"

[population.output]
size = 20
tau_m = "1 s"

[population.output.competition]
homeostasis = { kind = "rate_target", gain = 0.006, spikes = 2.0 }

[projection.input]
from = "retina"
to = "output"
weight = { uniform = ["0.1 mV", "0.4 mV"] }
device = "synapse"

[projection.input.crossbar]
arrangement = "unipolar"

[device.synapse]
preset = "ag-tio2-pt-rs-analog"

[projection.input.plasticity]
rule = "rectangular"
window = "50 ms"
w_max = "1 mV"
a_plus = 0.2
a_minus = 0.1

[protocol]
kind = "unsupervised"
"#;

const WITH_DEVICES: &str = "device = \"synapse\"\n\n[projection.input.crossbar]\narrangement = \"unipolar\"\n\n\
    [device.synapse]\npreset = \"ag-tio2-pt-rs-analog\"\n";

#[test]
fn learning_without_labels_has_its_conditions() {
    assert!(load_text("test.toml", LEARNS, &[], None).is_ok());
    let mut page = Page::default();
    page.add(
        "",
        refusal(&with(LEARNS, "size = 20", "size = 20\nreset = \"subtract\"\nt_ref = \"2 ms\""), &[]),
    );
    page.add(
        "nobody competes",
        refusal(
            &with(
                LEARNS,
                "[population.output.competition]\nhomeostasis = { kind = \"rate_target\", gain = 0.006, spikes = 2.0 }\n",
                "",
            ),
            &[],
        ),
    );
    let switches = "model = \"switch\"\nsize = 20";
    let model = with(&with(LEARNS, "size = 20", switches), "tau_m = \"1 s\"\n", "");
    page.add("switches that compete as others do", refusal(&model, &[]));
    let kind = "[population.output.competition]\nkind = \"switches\"\ninhibition = \"1 ms\"";
    let both = with(&model, "[population.output.competition]", kind);
    page.add("switches that are inhibited", refusal(&both, &[]));
    page.add(
        "others that compete as switches do",
        refusal(
            &with(
                LEARNS,
                "[population.output.competition]",
                "[population.output.competition]\nkind = \"switches\"",
            ),
            &[],
        ),
    );
    page.add(
        "competition over pairs",
        refusal(&with(LEARNS, "weight =", "connect = \"one_to_one\"\nweight ="), &[]),
    );
    let rule = "[projection.input.plasticity]\nrule = \"rectangular\"\nwindow = \"50 ms\"\nw_max = \"1 mV\"\na_plus = 0.2\na_minus = 0.1\n";
    page.add("nothing that says how", refusal(&with(LEARNS, rule, ""), &[]));
    page.add(
        "nothing to age",
        refusal(
            &with(
                &with(LEARNS, WITH_DEVICES, ""),
                "kind = \"unsupervised\"\n",
                "kind = \"unsupervised\"\n[[protocol.ageing]]\nafter = \"1 s\"\n\n[[protocol.variation]]\nname = \"a\"\ncv = 0.1\n",
            ),
            &[],
        ),
    );
    page.add(
        "the tables of the winner",
        refusal(
            &with(
                &with(LEARNS, rule, ""),
                "kind = \"unsupervised\"\n",
                "kind = \"unsupervised\"\nprojection = \"input\"\n[protocol.learning]\nwidth = \"50 ms\"\n\
                 w_max = \"1 mV\"\na_plus = 0.2\na_minus = 0.1\nfinal_share = 0.1\n[protocol.devices]\ncycle = 0.1\n",
            ),
            &[],
        ),
    );
    page.add(
        "the rule of the winner where spikes teach",
        refusal(&with(GOOD, "[protocol]\n", "[protocol]\nlearning = { a_plus = 0.1 }\n"), &[]),
    );
    page.add("no window", refusal(&with(LEARNS, "window = \"50 ms\"\n", ""), &[]));
    page.add(
        "one lobe that should fall for two",
        refusal(
            &with(
                &with(LEARNS, rule, "[projection.input.plasticity]\nrule = \"overlap\"\nw_max = \"1 mV\"\n"),
                "kind = \"unsupervised\"\n",
                "kind = \"unsupervised\"\nfinal_share = 0.1\n",
            ),
            &[],
        ),
    );
    page.add(
        "a sum after presentations that there are not",
        refusal(
            &with(
                GOOD,
                "[protocol]\n",
                "[projection.jumps.plasticity]\nw_max = \"1 V\"\nnormalise = 3\n\n[protocol]\n",
            ),
            &[],
        ),
    );
    page.add(
        "a key of another homeostasis",
        refusal(&with(LEARNS, "gain = 0.006", "tau = \"1 s\", gain = 0.006"), &[]),
    );
    page.add(
        "supervised and competing",
        refusal(
            &with(
                &with(TRAINS, "reset = \"subtract\"", "competition = {}"),
                "kind = \"supervised\"",
                "kind = \"supervised\"",
            ),
            &[],
        ),
    );
    insta::assert_snapshot!(page.0);
}

#[test]
fn a_bad_set_argument() {
    let mut page = Page::default();
    page.add("", refusal(GOOD, &["protocol.duration"]));
    page.add("bad value", refusal(GOOD, &["population.cells.tau_m=-1 ms"]));
    page.add("unknown key", refusal(GOOD, &["population.cells.taum=\"10 ms\""]));
    page.add("below a value", refusal(GOOD, &["population.cells.size.max=3"]));
    page.add("unknown section", refusal(GOOD, &["populatoin.cells.size=3"]));
    page.add("against the file", refusal(GOOD, &["population.cells.u_rest=0.3 V"]));
    insta::assert_snapshot!(page.0);
}

#[test]
fn lines_that_are_drawn_together_have_one_limit() {
    let short = "protocol.duration=\"1 us\"";
    let text = refusal(GOOD, &["source.noise.rate=\"1 THz\"", short]);
    assert!(
        text.contains("4 lines of source `noise`, at up to 1 THz, would be drawn as one process of 4 THz"),
        "{text}"
    );
    assert!(
        text.contains("allowed: up to 1 THz for 1024 lines together, 250 GHz for each of these"),
        "{text}"
    );
    // Right at the limit it runs.
    let just = with(GOOD, "rate = \"20 Hz\"", "rate = \"250 GHz\"");
    let just = with(&just, "duration = \"1 s\"", "duration = \"1 us\"");
    assert!(load_text("test.toml", &just, &[], None).is_ok());
    let sine = "kind = \"poisson_sine\"\nperiod = \"1 ms\"\nsize = 4\nrate = \"130 GHz\"";
    let text = with(GOOD, "kind = \"poisson\"\nsize = 4\nrate = \"20 Hz\"", sine);
    assert!(refusal(&text, &[short]).contains("at up to 260 GHz, would be drawn as one process of 1.04 THz"));
    let text = refusal(LEARNS, &["source.retina.encode.max_rate=\"2 GHz\""]);
    assert!(text.contains("784 lines of source `retina`, at up to 2 GHz"), "{text}");
    assert!(text.contains("source.retina.encode.max_rate=\"2 GHz\""), "{text}");
}

#[test]
fn not_toml() {
    let mut page = Page::default();
    page.add("", slip("size = 4\ntau_m", "size = = 4\ntau_m"));
    page.add("missing quotes", slip("tau_m = \"9.41 ms\"", "tau_m = 9.41 ms"));
    page.add("twice", slip("size = 4\ntau_m", "size = 4\nsize = 5\ntau_m"));
    insta::assert_snapshot!(page.0);
}

#[test]
fn faulty_rows() {
    let text = with(
        GOOD,
        "kind = \"poisson\"\nsize = 4\nrate = \"20 Hz\"",
        "kind = \"spike_list\"\nsize = 4\nspikes = [[\"1 ms\", 0], [2, 1], [\"3 ms\", 4], [\"4 ms\"]]",
    );
    insta::assert_snapshot!(refusal(&text, &[]));
}

/// Runs in a directory of its own; its path is taken out of the message.
fn in_directory(files: &[(&str, &str)], argument: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let argument = directory.path().join(argument);
    match load(argument.to_str().unwrap(), &[], None) {
        Ok(_) => panic!("accepted"),
        // The renderer breaks long lines, so the path is made short before it gets there.
        Err(faults) => {
            let root = format!("{}/", directory.path().display());
            let short = faults.into_iter().map(|fault| shortened(fault, &root)).fold(
                memspike::scenario::Diagnostics::default(),
                |mut all, fault| {
                    all.push(fault);
                    all
                },
            );
            short.render(false)
        }
    }
}

fn shortened(mut fault: memspike::scenario::Diagnostic, root: &str) -> memspike::scenario::Diagnostic {
    fault.what = fault.what.replace(root, "DIR/").replace(root.trim_end_matches('/'), "DIR").into();
    let also: Vec<_> = fault.also.iter_mut().map(|(at, _)| at).collect();
    for at in fault.at.iter_mut().chain(also) {
        let mut source = (*at.source).clone();
        source.name = source.name.replace(root, "DIR/");
        at.source = std::sync::Arc::new(source);
    }
    fault
}

#[test]
fn a_list_in_a_file() {
    let mut page = Page::default();
    let text = with(GOOD, "weight = \"1 mV\"", "connect = \"list\"\nfile = \"synapses.csv\"");
    let csv = |csv: &str| in_directory(&[("a.toml", &text), ("synapses.csv", csv)], "a.toml");
    page.add("", csv("pre,post,weight [mV],delay [ms]\n0,1,1,2\n1,9,1,2\n2,x,1,2\n3,0,nan,2\n"));
    page.add(
        "negative and vanishing delays",
        csv("pre,post,weight [mV],delay [ms]\n0,1,1,-2\n1,2,1,1e-13\n"),
    );
    page.add("no unit", csv("pre,post,weight\n0,1,1\n"));
    page.add("unknown column", csv("pre,pots,weight [uA]\n0,1,1\n"));
    page.add("twice", csv("pre,post,weight [mV]\n0,1,1\n2,2,1\n0,1,1\n"));
    page.add("short row", csv("pre,post,weight [mV]\n0,1\n"));
    page.add("no file", in_directory(&[("a.toml", &text)], "a.toml"));
    page.add("a directory", in_directory(&[("a.toml", &text), ("synapses.csv/x", "")], "a.toml"));
    insta::assert_snapshot!(page.0);
}

#[test]
fn extends_goes_in_a_circle() {
    insta::assert_snapshot!(in_directory(
        &[("a.toml", "extends = \"b.toml\"\n"), ("b.toml", "extends = \"a.toml\"\n")],
        "a.toml"
    ));
}

#[test]
fn a_circle_without_delay_is_found_through_a_file() {
    let text = format!(
        "{GOOD}\n[population.more]\nsize = 2\n[projection.there]\nfrom = \"cells\"\nto = \"more\"\nconnect = \"list\"\nfile = \"a.csv\"\n[projection.back]\nfrom = \"more\"\nto = \"cells\"\nweight = \"1 mV\"\n"
    );
    insta::assert_snapshot!(in_directory(
        &[("a.toml", &text), ("a.csv", "pre,post,weight [mV]\n0,1,1\n")],
        "a.toml"
    ));
}

#[test]
fn a_fault_in_what_is_extended_is_shown_there() {
    let mut page = Page::default();
    let base = with(GOOD, "tau_m = \"9.41 ms\"", "tau_m = \"9.41 mV\"");
    page.add(
        "",
        in_directory(
            &[
                ("a.toml", "extends = \"base.toml\"\n[population.cells]\nu_rest = \"1 V\"\n"),
                ("base.toml", &base),
            ],
            "a.toml",
        ),
    );
    page.add("not found", refusal(&format!("extends = \"mnits\"\n{GOOD}"), &[]));
    insta::assert_snapshot!(page.0);
}

#[test]
fn a_scenario_that_is_not_there() {
    let mut page = Page::default();
    let faults = load("digts", &[], None).unwrap_err();
    page.add("", faults.render(false));
    page.add("empty directory", in_directory(&[("empty/readme", "")], "empty"));
    page.add("several", in_directory(&[("all/a/scenario.toml", GOOD), ("all/b/scenario.toml", GOOD)], "all"));
    page.add("no text", {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.toml");
        std::fs::write(&path, b"title = 1\n\xff\xfe").unwrap();
        let faults = load(path.to_str().unwrap(), &[], None).unwrap_err();
        faults
            .iter()
            .map(|fault| fault.what.replace(&directory.path().display().to_string(), "DIR"))
            .collect::<String>()
    });
    insta::assert_snapshot!(page.0);
}

#[test]
fn implausible_values_are_warnings() {
    let text =
        with(TRAINS, "reset = \"subtract\"", "reset = \"subtract\"\ntau_m = \"20 s\"\nt_ref = \"200 ms\"");
    let text = with(&text, "to = \"output\"\n", "to = \"output\"\ndevice = \"synapse\"\n");
    let text = format!(
        "{text}\n[device.synapse]\npreset = \"ag-tio2-pt-rs-analog\"\n\n[projection.input.crossbar]\nplacement = \"balanced\"\nread = {{ amplitude = \"0.2 V\", width = \"3 s\" }}\n\n[population.idle]\nsize = 1\n"
    );
    let loaded = load_text("test.toml", &text, &[], None).unwrap_or_else(|faults| panic!("{faults}"));
    insta::assert_snapshot!(loaded.warnings.render(false));
}

#[test]
fn programming_beyond_what_a_device_is_known_for_is_warned() {
    let warned = |v: &str| {
        let set = [format!("projection.input.plasticity.program.v_set={v}")];
        let loaded = load("stdp/digits", &set, None).unwrap_or_else(|faults| panic!("{faults}"));
        loaded.warnings.render(false)
    };
    assert!(!warned("0.28 V").contains("v_set"));
    let said = warned("5 V");
    assert!(said.contains("`v_set` of") && said.contains("allowed: up to 290 mV"), "{said}");
}

#[test]
fn colour_is_given_only_when_asked_for() {
    let faults = load_text("test.toml", "", &[], None).unwrap_err();
    assert!(!faults.render(false).contains('\u{1b}'));
    assert!(faults.render(true).contains('\u{1b}'));
}

/// A device scenario in which everything is right.
const DEVICE: &str = r#"[device.switch]
preset = "ag-tio2-pt-ts"

[device.synapse]
preset = "ag-tio2-pt-rs-analog"
parameters = { g_start = "1 mS" }
model = { law = "linear" }

[experiment.sweep]
kind = "iv"
device = "switch"
points = ["0 V", "0.5 V", "0 V"]

[[experiment.sweep.compare]]
quantity = "v_th"
paper = "0.25 V"
tolerance = "1 mV"
why = "sampled every 2.5 mV"

[experiment.window]
kind = "stdp"
device = "synapse"
reach = "150 ms"
step = "5 ms"
fit_from = "10 ms"

[[experiment.window.compare]]
quantity = "w_plus"
paper = "138.61 %"
relative_tolerance = 0.005
why = "four digits"

[protocol]
kind = "device"
"#;

#[test]
fn devices_and_experiments() {
    let loaded = load_text("test.toml", DEVICE, &[], None).unwrap_or_else(|faults| panic!("{faults}"));
    assert!(loaded.warnings.is_empty(), "{}", loaded.warnings);
    let mut page = Page::default();
    let mut slip = |title: &str, from: &str, to: &str| page.add(title, refusal(&with(DEVICE, from, to), &[]));
    slip("a preset that is none", "\"ag-tio2-pt-ts\"", "\"ag-tio2-pt-tx\"");
    slip("a preset file that is not there", "\"ag-tio2-pt-ts\"", "\"mine.toml\"");
    slip("a parameter the preset has not", "g_start = ", "g_stort = ");
    slip("a parameter in another unit", "\"1 mS\"", "\"1 mV\"");
    slip("a parameter outside its range", "\"1 mS\"", "\"9 mS\"");
    slip("a parameter that is a list", "\"1 mS\"", "[1]");
    slip("a law that is none", "\"linear\"", "\"linaer\"");
    slip("no parameters", "{ law = \"linear\" }", "\"linear\"");
    slip("an experiment that is none", "\"stdp\"", "\"sdtp\"");
    slip("a device that is none", "device = \"synapse\"", "device = \"synapsis\"");
    slip("no device named", "device = \"synapse\"\n", "");
    slip("a device of the wrong kind", "device = \"synapse\"", "device = \"switch\"");
    slip("points without unit", "[\"0 V\", \"0.5 V\", \"0 V\"]", "[0, 0.5]");
    slip("points that lead nowhere", "[\"0 V\", \"0.5 V\", \"0 V\"]", "[\"0.5 V\"]");
    slip("a key of another kind", "step = \"5 ms\"", "step = \"5 ms\"\ncycles = 3");
    slip("a step beyond the reach", "step = \"5 ms\"", "step = \"1 s\"");
    slip("too many points", "step = \"5 ms\"", "step = \"1 ns\"");
    slip("a start that is outside", "fit_from = \"10 ms\"", "fit_from = \"10 ms\"\ng_start = \"1 S\"");
    slip("a quantity that is not measured", "\"w_plus\"", "\"w_pluss\"");
    slip("a quantity of another device", "\"v_th\"", "\"v_set\"");
    slip("a percentage without its sign", "\"138.61 %\"", "138.61");
    slip("a voltage without unit", "paper = \"0.25 V\"", "paper = 0.25");
    slip("a negative tolerance", "tolerance = \"1 mV\"", "tolerance = \"-1 mV\"");
    slip("no tolerance", "tolerance = \"1 mV\"\n", "");
    slip("two tolerances", "tolerance = \"1 mV\"", "tolerance = \"1 mV\"\nrelative_tolerance = 0.1");
    slip("no reason", "why = \"four digits\"\n", "");
    slip("a population", "[protocol]", "[population.cells]\nsize = 4\n\n[protocol]");
    slip(
        "no experiment",
        &DEVICE[DEVICE.find("[experiment").unwrap()..DEVICE.find("[protocol").unwrap()],
        "",
    );
    slip("no protocol", "[protocol]\nkind = \"device\"\n", "");
    slip("a network with experiments", "kind = \"device\"", "kind = \"simulate\"\nduration = \"1 s\"");
    insta::assert_snapshot!(page.0);
}

#[test]
fn an_experiment_outside_the_range_of_its_preset_is_a_warning() {
    let mut page = Page::default();
    for (title, from, to) in [
        ("beyond v_max", "\"0.5 V\"", "\"0.6 V\""),
        (
            "a device that is not used",
            "[experiment.sweep]",
            "[device.spare]\npreset = \"vo2-debets-2026\"\n\n[experiment.sweep]",
        ),
    ] {
        let loaded = load_text("test.toml", &with(DEVICE, from, to), &[], None).unwrap();
        page.add(title, loaded.warnings.render(false));
    }
    insta::assert_snapshot!(page.0);
}

#[test]
fn a_start_at_or_above_threshold() {
    let mut page = Page::default();
    let with_start = |written: &str| with(GOOD, "v_th =", &format!("{written}\nv_th ="));
    page.add("", refusal(&with_start("u_0 = \"300 mV\""), &[]));
    page.add("at threshold", refusal(&with_start("u_0 = \"0.25 V\""), &[]));
    page.add("a switch", refusal(&with_start("model = \"switch\"\nu_0 = \"1 V\""), &[]));
    page.add("thresholds that differ", refusal(&with_start("model = \"switch\"\nu_0 = \"249 mV\""), &[]));
    page.add(
        "a registered model",
        refusal(
            &with(GOOD, "tau_m = \"9.41 ms\"\nv_th = \"0.25 V\"", "model = \"adex\"\nu_0 = \"0 V\""),
            &[],
        ),
    );
    let competes = with(
        GOOD,
        "v_th = \"0.25 V\"",
        "v_th = \"0.25 V\"\nu_0 = \"0.1 V\"\n[population.cells.competition]\nkind = \"winner_take_all\"",
    );
    page.add("a population that competes", refusal(&competes, &[]));
    insta::assert_snapshot!(page.0);
}
