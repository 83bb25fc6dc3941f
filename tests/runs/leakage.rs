//! `record.energy` in a simulation: what switches behind neurons spend off, in the ledger of a run.

use crate::common::{Kept, Way, essence, plan};
use memspike::dataset::Search;
use memspike::energy::Category;
use memspike::scenario::load_text;
use memspike::scenario::outcome::Outcome;
use memspike::scenario::run::context::Engine;

fn run(text: &str) -> Outcome {
    let plan = load_text("test", text, &[], None).unwrap_or_else(|faults| panic!("{faults}")).plan;
    let search = Search::default();
    let run = |engine, threads| {
        let way = Way { engine, threads, ..Way::new(&search) };
        way.run(&plan, &mut Kept::default()).unwrap()
    };
    let want = run(Engine::Fast, 1);
    for (engine, threads) in [(Engine::Fast, 2), (Engine::Reference, 1)] {
        assert_eq!(essence(&run(engine, threads)), essence(&want), "{engine:?}, {threads} threads");
    }
    want
}

fn joules(outcome: &Outcome, owner: &str, category: Category) -> f64 {
    let lines = outcome.energy.entries.iter().filter(|e| e.owner == owner && e.category == category);
    lines.map(|entry| entry.joules).sum()
}

/// A drive in volts (R is 1 MOhm) on one neuron.
fn network(population: &str, volts: &str, ms: &str, record: &str) -> String {
    format!(
        "[scenario]\nname = \"test\"\n[source.drive]\nkind = \"current_steps\"\ncurrents = [[\"0 ms\", \"{volts} uA\"]]\n\
         [device.switch]\npreset = \"ag-tio2-pt-ts\"\n[population.one]\n{population}\ndevice = \"switch\"\nsize = 1\n\
         r_m = \"1 MOhm\"\n[projection.drive]\nfrom = \"drive\"\nto = \"one\"\nkernel = \"current\"\nweight = 1.0\n\
         [protocol]\nkind = \"simulate\"\nduration = \"{ms} ms\"\n[record]\n{record}\n"
    )
}

const SWITCH: &str = "model = \"switch\"\ncycle_cv = 0\ndevice_cv = 0";

#[test]
fn a_simulation_books_what_the_bench_spends_off() {
    let bench = |volts: &str, ms: &str| {
        let text = format!(
            "[scenario]\nname = \"test\"\n[device.switch]\npreset = \"ag-tio2-pt-ts\"\n[experiment.e]\nkind = \"integration\"\n\
             device = \"switch\"\namplitude = \"{volts} V\"\nlength = \"{ms} ms\"\n[protocol]\nkind = \"device\"\n"
        );
        let plan = load_text("test", &text, &[], None).unwrap_or_else(|faults| panic!("{faults}")).plan;
        let search = Search::default();
        joules(&Way::new(&search).run(&plan, &mut Kept::default()).unwrap(), "e", Category::Neuron)
    };
    // Neither fires: all of it is spent off.
    for (volts, ms) in [("0.5", "6.5"), ("0.2", "50"), ("1.2", "1")] {
        for population in [SWITCH, "model = \"lif\""] {
            let outcome = run(&network(population, volts, ms, "energy = true"));
            let (got, want) = (joules(&outcome, "one", Category::Leakage), bench(volts, ms));
            assert!((got / want - 1.0).abs() < 1e-9, "{population} at {volts} V: {got} J, not {want} J");
            assert!(!outcome.energy.not_modelled.contains(&Category::Leakage), "{:?}", outcome.energy);
        }
    }
    // 0.5 V up to the first firing: 0.979423 nJ.
    let outcome = run(&network(SWITCH, "0.5", "6.506344", "energy = true"));
    let got = joules(&outcome, "one", Category::Leakage);
    assert!((got - 0.979423e-9).abs() < 0.5e-15, "{got} J");
}

#[test]
fn it_is_booked_where_it_is_asked_for_and_moves_nothing() {
    let without = run(&network(SWITCH, "0.5", "100", ""));
    let with = run(&network(SWITCH, "0.5", "100", "energy = true"));
    assert_eq!(with.fingerprint, without.fingerprint);
    assert_eq!(with.counts.spikes, [8]);
    assert_eq!(joules(&without, "one", Category::Leakage), 0.0);
    assert!(without.energy.not_modelled.contains(&Category::Leakage));
    // What is spent on is counted by spikes as before.
    let on = |outcome: &Outcome| joules(outcome, "one", Category::Neuron);
    assert_eq!(on(&with), on(&without));
    // Jumps alone: nothing is told, and that is said.
    let search = Search::default();
    let ring = Way::new(&search).run(&plan("networks/ring", &[]), &mut Kept::default()).unwrap();
    assert!(ring.energy.not_modelled.contains(&Category::Leakage));
    assert!(ring.notes.iter().any(|note| note.contains("impulses of voltage")), "{:?}", ring.notes);
}

#[test]
fn what_a_training_tells_is_what_a_simulation_of_jumps_tells() {
    let (search, overrides) = (Search::default(), ["protocol.epochs=1", "protocol.train_samples=100"]);
    let short = [&overrides[..], &["protocol.test_samples=20", "record.energy=true"]].concat();
    let trained = || {
        let plan = plan("digits", &short);
        Way::new(&search).run(&plan, &mut Kept::default()).unwrap()
    };
    let told = |outcome: &Outcome, text: &str| outcome.notes.iter().any(|note| note.contains(text));
    let outcome = trained();
    // Jumps alone: neither knows how wide they are, and neither takes the membrane for a voltage.
    assert!(outcome.energy.not_modelled.contains(&Category::Leakage), "{:?}", outcome.energy);
    assert_eq!(joules(&outcome, "output", Category::Leakage), 0.0);
    assert!(told(&outcome, "impulses of voltage"), "{:?}", outcome.notes);
    // The others are counted: a spike keeps its switch on for 100 us at 1.4 uW, at most.
    let spent = joules(&outcome, "output", Category::Neuron) / (1.4e-6 * 1e-4);
    let spikes = outcome.inference.as_ref().unwrap().output_spikes * 20.0;
    assert!(spent > 0.9 * spikes && spent <= spikes * (1.0 + 1e-12), "{spent} of {spikes}");
}
