//! Layers that learn in their devices: cut anywhere, and what is told of their joules is what was booked.

use crate::common::{Way, cut_everywhere, essence, folder, plan, whole};
use memspike::energy::Category;
use memspike::report::performance::HostPerformance;
use memspike::report::summary::Summary;
use memspike::scenario::outcome::Outcome;
use memspike::scenario::plan::Plan;
use memspike::scenario::protocol::supervised::SupervisedResult;

fn short(more: &[&str]) -> Plan {
    let mut settings = vec![
        "protocol.epochs=2",
        "protocol.batch=16",
        "population.hidden.size=12",
        "protocol.presentation=16 ms",
    ];
    settings.extend(more);
    plan("layers/mnist-insitu", &settings)
}

#[test]
fn devices_that_learn_go_on_from_anywhere() {
    let (_folder, search) = folder(64, 520);
    cut_everywhere(&short(&[]), &search, 4);
}

fn relative(got: f64, want: f64) -> f64 {
    (got / want - 1.0).abs()
}

/// The joules of a category and an owner in what learning took.
fn booked(outcome: &Outcome, owner: &str, category: Category) -> f64 {
    let learned = outcome.found.get::<SupervisedResult>().unwrap().in_situ.as_ref().unwrap();
    let of = |entry: &&memspike::energy::Entry| entry.owner == owner && entry.category == category;
    learned.learning.entries.iter().filter(of).map(|entry| entry.joules).sum()
}

#[test]
fn joules_and_pulses_that_are_told_are_those_that_were_booked() {
    let (_folder, search) = folder(64, 20);
    let switches = ["device.neuron.preset=ag-tio2-pt-ts", "population.hidden.device=neuron"];
    for more in [&[][..], &["protocol.gradient.in_situ.endurance={ n_f = 200.0 }"], &switches] {
        let plan = short(more);
        let (outcome, _) = whole(&plan, Way::new(&search));
        let result = outcome.found.get::<SupervisedResult>().unwrap();
        let learned = result.in_situ.as_ref().unwrap();
        assert_eq!(learned.samples, 128);
        let mut sum = 0.0;
        for taken in &learned.taken {
            let name = &plan.projections[taken.projection].name;
            assert!(taken.pulses > 0 && taken.read > 0.0 && taken.programmed > 0.0, "{taken:?}");
            assert_eq!(booked(&outcome, name, Category::Read), taken.read);
            assert_eq!(booked(&outcome, name, Category::Program), taken.programmed);
            assert_eq!(booked(&outcome, name, Category::Limiter), taken.limited);
            sum += taken.read + taken.programmed + taken.limited;
        }
        let neurons =
            booked(&outcome, "hidden", Category::Neuron) + booked(&outcome, "hidden", Category::Limiter);
        assert_eq!(neurons > 0.0, more.len() == switches.len(), "{more:?}");
        assert!(relative(learned.learning.total(), sum + neurons) < 1e-12);
        let summary = Summary::new(&plan, &outcome, &HostPerformance::default());
        let told = summary.in_situ.unwrap();
        let total = *told.energy_j.get("total").unwrap();
        assert_eq!(total, learned.learning.total());
        let categories: f64 = told.energy_j.iter().filter(|(name, _)| *name != "total").map(|(_, j)| j).sum();
        assert!(relative(categories, total) < 1e-12);
        assert!(relative(told.energy_per_sample_j.get("total").unwrap() * 128.0, total) < 1e-12);
        assert_eq!(
            told.projections.iter().map(|of| of.pulses).sum::<u64>(),
            learned.taken.iter().map(|of| of.pulses).sum::<u64>()
        );
        assert_eq!(told.projections.iter().any(|of| of.stuck > 0), more.len() == 1, "{more:?}");
        // The final test reads the devices as they are: what is written of them is what it was with.
        let array = |name: &str| &outcome.arrays.iter().find(|array| array.name == name).unwrap().data;
        let (plus, minus) = (array("conductance.readout.plus"), array("conductance.readout.minus"));
        for ((w, plus), minus) in array("weight.readout").iter().zip(plus).zip(minus) {
            assert!((w - 0.5e-6 / 3.8e-3 * (plus - minus)).abs() < 1e-12, "{w:e}");
        }
    }
}

#[test]
fn every_key_changes_what_comes_out() {
    let (_folder, search) = folder(64, 20);
    let run = |more: &[&str]| {
        let more: Vec<String> = more.iter().map(|key| format!("protocol.gradient.in_situ.{key}")).collect();
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        essence(&whole(&short(&more), Way::new(&search)).0)
    };
    let wears = "endurance={ n_f = 12.0, m = 1.0 }";
    let sign = "update=\"sign\"";
    let bases: [(&[&str], &[&str]); 3] = [
        (
            &["refresh=0.1"],
            &[
                "refresh=0.05",
                "spread=\"device\"",
                "program.v_set=\"0.245 V\"",
                "program.v_reset=\"0.26 V\"",
                "program.width=\"3 ms\"",
            ],
        ),
        (&[wears], &["endurance.n_f=16.0", "endurance.weibull_shape=2.0", "endurance.m=2.0"]),
        (&["program.v_set=\"0.24 V\""], &[sign]),
    ];
    for (base, keys) in bases {
        let was = run(base);
        for &key in keys {
            assert!(run(&[base, &[key]].concat()) != was, "{key} on {base:?}");
        }
    }
    let pulses = "={ update = \"sign\", program = { v_set = \"0.24 V\", width = \"2 ms\" }, threshold = ";
    let [low, high] = ["0.5 }", "2.0 }"].map(|threshold| {
        essence(
            &whole(&short(&[&format!("protocol.gradient.in_situ{pulses}{threshold}")]), Way::new(&search)).0,
        )
    });
    assert!(low != high);
}
