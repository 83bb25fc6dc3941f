//! Learning without labels by neurons of every model, which keep each other from firing by synapses with a delay: the same whatever
//! carries it out, with what their devices spend.

use crate::common::{Kept, Way, array_bits, cut_everywhere, essence, few_patterns, folder, learned};
use memspike::energy::{Category, Ledger};
use memspike::registry::Registry;
use memspike::scenario::load_text;
use memspike::scenario::outcome::{Outcome, Status};
use memspike::scenario::plan::Plan;
use memspike::scenario::run::context::Engine;

/// A few digits to six neurons of a model, with keys of its own, under jumps of up to `w_max`.
fn text(model: &str, keys: &str, w_max: &str) -> String {
    let inhibits = format!("-{w_max}");
    format!(
        r#"[source.in]
kind = "dataset"
dataset = "mnist"
encode = {{ kind = "poisson", max_rate = "64 Hz" }}
[population.out]
model = "{model}"
size = 6
{keys}
[projection.learns]
from = "in"
to = "out"
weight = {{ uniform = ["0 V", "{w_max}"] }}
plasticity = {{ rule = "rectangular", window = "10 ms", a_plus = 0.2, a_minus = 0.1, relative_to = "span", w_max = "{w_max}" }}
[projection.inhibits]
from = "out"
to = "out"
weight = "{inhibits}"
delay = "0.7 ms"
[protocol]
kind = "unsupervised"
precision = "f64"
presentation = "60 ms"
rest = "5 ms"
train_samples = 12
test_samples = 6
label_samples = 8
epochs = 2
"#
    )
}

fn plan(text: &str) -> Plan {
    load_text("test.toml", text, &[], None).unwrap_or_else(|faults| panic!("{faults}\n{text}")).plan
}

fn run(plan: &Plan, way: Way<'_>) -> Outcome {
    let outcome = way.run(plan, &mut Kept::default()).unwrap();
    assert_eq!(outcome.status, Status::Done);
    outcome
}

/// Keys and a largest weight with which a model fires some times a presentation; of others, what their threshold gives.
fn driven(model: &str) -> (&'static str, &'static str) {
    match model {
        "conductance_lif" => ("i_bias = \"80 pA\"", "0.2 mV"),
        "adex" | "izhikevich" => ("", "2 mV"),
        "oscillator" => ("v_dc = \"3.1 V\"\nc = \"400 nF\"", "5 mV"),
        "accumulate" => ("", "280 mV"),
        _ => ("", "20 mV"),
    }
}

#[test]
fn neurons_of_every_model_learn_with_the_same_bits_whatever_carries_it_out() {
    let search = few_patterns();
    let registry = Registry::shipped();
    let models = registry.neurons().iter().map(|entry| entry.name);
    let own = [("lif", "reset = \"subtract\""), ("switch", "circuit = \"series\"\nr_s = \"1 kOhm\"")];
    let cases = own.into_iter().chain(models.map(|model| (model, "")));
    for (model, more) in cases {
        let (keys, w_max) = driven(model);
        let plan = plan(&text(model, &format!("{more}{keys}"), w_max));
        let want = run(&plan, Way::new(search));
        let spikes = learned(&want).epochs[1].spikes_per_sample;
        assert!(spikes > 0.5 && spikes < 2000.0, "{model}: {spikes} spikes per sample");
        let ways =
            [Way { threads: 2, ..Way::new(search) }, Way { engine: Engine::Reference, ..Way::new(search) }];
        for way in ways {
            let got = run(&plan, way);
            assert_eq!(got.fingerprint, want.fingerprint, "{model}");
            assert_eq!(array_bits(&got), array_bits(&want), "{model}");
            assert_eq!(essence(&got), essence(&want), "{model}");
        }
    }
}

#[test]
fn without_adaptation_an_adaptive_neuron_learns_what_a_leaky_one_learns() {
    let search = few_patterns();
    let of = |model: &str, keys: &str| run(&plan(&text(model, keys, "20 mV")), Way::new(search));
    let plain = of("lif", "");
    let adaptive = of("adaptive_lif", "q_theta = \"0 V\"\ni_jump = \"0 A\"");
    let weights =
        |outcome: &Outcome| outcome.arrays.iter().find(|a| a.name == "weight.learns").unwrap().data.clone();
    let (plain, adaptive) = (weights(&plain), weights(&adaptive));
    assert!(plain.iter().any(|w| *w > 0.019) && plain.iter().any(|w| *w < 0.001));
    for (a, b) in plain.iter().zip(&adaptive) {
        assert!((a - b).abs() < 1e-12, "{a} {b}");
    }
}

#[test]
fn a_run_of_neurons_in_their_own_time_goes_on_from_every_checkpoint() {
    let (_folder, search) = folder(300, 20);
    let (keys, w_max) = driven("poisson_neuron");
    let long = text("poisson_neuron", keys, w_max)
        .replace("train_samples = 12", "train_samples = 300")
        .replace("presentation = \"60 ms\"", "presentation = \"10 ms\"")
        .replace("size = 6", "size = 2");
    cut_everywhere(&plan(&long), &search, 3);
}

#[test]
fn switches_under_a_drive_tell_what_they_spend_while_they_learn_and_while_they_are_tested() {
    // Without synapses that do anything each is on its own: the same in every presentation.
    let keys = "circuit = \"series\"\nr_s = \"40 kOhm\"\ni_bias = \"400 nA\"\ncycle_cv = 0\ndevice_cv = 0";
    let idle = text("switch", keys, "5 mV")
        .replace("weight = { uniform = [\"0 V\", \"5 mV\"] }", "weight = \"0 V\"")
        .replace("a_plus = 0.2", "a_plus = 0")
        .replace("weight = \"-5 mV\"", "weight = \"0 V\"");
    let outcome = run(&plan(&idle), Way::new(few_patterns()));
    let (from, to) = (idle.find("[population.out]").unwrap(), idle.find("[projection.learns]").unwrap());
    let alone = format!("{}[protocol]\nkind = \"simulate\"\nduration = \"60 ms\"\n", &idle[from..to]);
    let once = run(&plan(&alone), Way::new(few_patterns()));
    let of = |ledger: &Ledger, category| {
        let entries = ledger.entries.iter().filter(|e| e.owner == "out" && e.category == category);
        entries.map(|e| e.joules).sum::<f64>()
    };
    for category in [Category::Neuron, Category::Limiter, Category::Leakage] {
        let each = of(&once.energy, category);
        let tested = of(&outcome.energy, category);
        let taught = of(&learned(&outcome).learning, category);
        assert!(each > 1e-10, "{category:?}");
        assert!((tested / (6.0 * each) - 1.0).abs() < 1e-12, "{category:?}: {tested} for 6 of {each}");
        assert!((taught / (24.0 * each) - 1.0).abs() < 1e-12, "{category:?}: {taught} for 24 of {each}");
    }
    assert!(!outcome.energy.not_modelled.contains(&Category::Leakage));
}

#[test]
fn what_keeps_neurons_apart_is_asked_for() {
    let refused =
        |text: &str| load_text("test.toml", text, &[], None).map(|_| ()).expect_err("refused").render(false);
    let alone = |model: &str| {
        let text = text(model, "", "20 mV");
        let (from, to) = (text.find("[projection.inhibits]").unwrap(), text.find("[protocol]").unwrap());
        format!(
            "{}{}",
            &text[..from],
            text[to..].replace("[protocol]", "[protocol]\nprojection = \"learns\"")
        )
    };
    let said = refused(&alone("lif"));
    for told in
        ["does not compete", "a projection from it to itself", "or a table [population.out.competition]"]
    {
        assert!(said.contains(told), "{told}: {said}");
    }
    let said = refused(&alone("adex"));
    assert!(said.contains("a projection from it to itself") && !said.contains("competition]"), "{said}");
    // One neuron has nobody to be kept from.
    assert!(load_text("test.toml", &alone("adex").replace("size = 6", "size = 1"), &[], None).is_ok());
    // Thresholds that `variation` would spread are those of `competition`.
    let varied = text("lif", "", "20 mV") + "variation = [{ name = \"a\", cv = 0.1 }]\n";
    assert!(refused(&varied).contains("differs thresholds"), "{}", refused(&varied));
}
