//! Layers that learn numbers: the same whatever carries it out and wherever it is cut, and what is told of them is what they answered.

use crate::common::{Way, cut_everywhere, whole};
use memspike::dataset::Search;
use memspike::report::performance::HostPerformance;
use memspike::report::summary::Summary;
use memspike::scenario::load;
use memspike::scenario::plan::Plan;
use memspike::scenario::protocol::supervised::{Measure, SupervisedResult};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// A hill over a square and the product of its sides, at the points of a grid; each side from both ends.
fn table(folder: &Path) {
    let mut table = String::from("hill,x,y,u,v,product\n");
    for k in 0..256 {
        let (x, y) = (f64::from(k % 16) / 15.0, f64::from(k / 16) / 15.0);
        let hill = 1.0 - 2.0 * ((x - 0.5).powi(2) + (y - 0.5).powi(2));
        writeln!(table, "{hill},{x},{y},{},{},{}", 1.0 - x, 1.0 - y, x * y).unwrap();
    }
    fs::write(folder.join("hill.csv"), table).unwrap();
}

const DATA: &str = "data = { kind = \"csv\", train = \"hill.csv\", test = \"25 %\", targets = \"values\", label = \"hill, product\" }";

/// `layers/yin-yang` with these data and this gradient.
fn scenario(folder: &Path, data: &str, gradient: &str, changes: &[&str]) -> Result<Plan, String> {
    let shipped = memspike::scenario::shipped::find("layers/yin-yang").unwrap().scenario();
    let before = shipped.split("[protocol.gradient]").next().unwrap();
    let text = before
        .replace("dataset = \"yin_yang\"", data)
        .replace("size = 200", "size = 30")
        .replace("size = 3", "size = 2");
    let file = folder.join("scenario.toml");
    fs::write(&file, format!("{text}[protocol.gradient]\nkind = \"exact\"\n{gradient}")).unwrap();
    let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
    load(&file.display().to_string(), &changes, None)
        .map(|loaded| loaded.plan)
        .map_err(|faults| faults.render(false))
}

const VOLTAGE: &str =
    "loss = { kind = \"max_voltage\", gain = 2 }\nobjective = { kind = \"squared_error\" }\n";

#[test]
fn numbers_are_learned_and_what_is_told_is_what_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    table(folder.path());
    let hidden = "population.hidden.size=100";
    let changes = ["protocol.epochs=60", "protocol.batch=16", "protocol.optimizer.rate=0.01", hidden];
    let plan = scenario(folder.path(), DATA, VOLTAGE, &changes).unwrap();
    let (outcome, _) = whole(&plan, Way::new(&Search::default()));
    let result = outcome.found.get::<SupervisedResult>().unwrap();
    let find = |name: &str| outcome.arrays.iter().find(|array| array.name == name).unwrap();
    let (scores, targets) = (find("output"), find("target"));
    assert_eq!((scores.rows, scores.cols, targets.rows), (64, 2, 64));
    // R^2 and errors, from the arrays.
    let (mut left, mut there) = (0.0, 0.0);
    for k in 0..2 {
        let column = |of: &[f64]| -> Vec<f64> { of.iter().skip(k).step_by(2).copied().collect() };
        let (z, y) = (column(&scores.data), column(&targets.data));
        let mean = y.iter().sum::<f64>() / 64.0;
        let error: f64 = z.iter().zip(&y).map(|(z, y)| (z - y).powi(2)).sum();
        let about: f64 = y.iter().map(|y| (y - mean).powi(2)).sum();
        assert!((result.outputs[k].explained - (1.0 - error / about)).abs() < 1e-12);
        assert!((result.outputs[k].rms_error - (error / 64.0).sqrt()).abs() < 1e-12);
        (left, there) = (left + error, there + about);
    }
    let explained = result.test_accuracy.unwrap();
    assert!((explained - (1.0 - left / there)).abs() < 1e-12);
    assert!(explained > 0.8, "{explained}");
    assert!(result.epochs.last().unwrap().train_accuracy > 0.8);
    assert!(result.confusion.is_empty() && result.missed.is_empty());
    let summary = Summary::new(&plan, &outcome, &HostPerformance::default());
    let accuracy = summary.accuracy.unwrap();
    assert_eq!((accuracy.measure, accuracy.test_samples), (Measure::VarianceExplained, Some(64)));
    assert!((accuracy.rms_error().unwrap() - (left / 128.0).sqrt()).abs() < 1e-12);
}

#[test]
fn numbers_are_the_same_wherever_a_run_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    table(folder.path());
    let changes = ["protocol.epochs=2", "protocol.batch=32", "protocol.validation=0.2"];
    // A first spike at -1 is one at 10 ms.
    let table = fs::read_to_string(folder.path().join("hill.csv")).unwrap();
    let (head, rows) = table.split_once('\n').unwrap();
    let times: String = rows
        .lines()
        .map(|row| {
            let mut numbers = row.split(',').map(|number| number.parse::<f64>().unwrap());
            let [hill, x, y, u, v, product] = std::array::from_fn(|_| numbers.next().unwrap());
            format!("{},{x},{y},{u},{v},{}\n", -2.0 - hill, -3.0 + product)
        })
        .collect();
    fs::write(folder.path().join("times.csv"), format!("{head}\n{times}")).unwrap();
    let times = DATA.replace("hill.csv", "times.csv");
    let late = "loss = { kind = \"first_spike\", tau = \"10 ms\" }\nobjective = { kind = \"huber\", within = 0.5 }\n";
    for (data, gradient) in [(DATA, VOLTAGE), (times.as_str(), late)] {
        let plan = scenario(folder.path(), data, gradient, &changes).unwrap();
        cut_everywhere(&plan, &Search::default(), 1);
    }
}

#[test]
fn classes_and_numbers_are_not_taken_for_each_other() {
    let folder = tempfile::tempdir().unwrap();
    table(folder.path());
    let said = |data: &str, gradient: &str, changes: &[&str]| {
        scenario(folder.path(), data, gradient, changes).unwrap_err()
    };
    let loss = "loss = { kind = \"mean_voltage\", gain = 2 }\n";
    let crossed = said(DATA, loss, &[]);
    assert!(
        crossed.contains("the objective `cross_entropy` does not fit samples with numbers as targets"),
        "{crossed}"
    );
    assert!(crossed.contains("objective = { kind = \"squared_error\" }"), "{crossed}");
    let right = said(DATA, &format!("{loss}objective = {{ kind = \"squared_error\", right = 1 }}\n"), &[]);
    assert!(right.contains("`right` is of classes"), "{right}");
    let wrong = said(DATA, &format!("{loss}objective = {{ kind = \"squared_error\", wrong = 1 }}\n"), &[]);
    assert!(wrong.contains("`wrong` is of classes"), "{wrong}");
    let size = said(DATA, VOLTAGE, &["population.output.size=3"]);
    assert!(size.contains("3 neurons, and a sample 2 targets") && size.contains("size = 2"), "{size}");
    let shown = said(DATA, VOLTAGE, &["protocol.show_class=0"]);
    assert!(shown.contains("`show_class`") && shown.contains("numbers as targets"), "{shown}");
    let classes = said(&DATA.replace("targets =", "classes = 2, targets ="), VOLTAGE, &[]);
    assert!(classes.contains("`classes` of") && classes.contains("has no effect"), "{classes}");
    let early = "loss = { kind = \"first_spike\", early = 0.1 }\nobjective = { kind = \"squared_error\" }\n";
    let early = said(DATA, early, &[]);
    assert!(early.contains("wants a right neuron early"), "{early}");
    for (loss, allowed) in [
        ("kind = \"first_spike\", tau = \"10 ms\"", "targets from -6.9410 to 0.0000, -t/tau"),
        ("kind = \"max_voltage\"", "targets of at least 0, or loss = { kind = \"mean_voltage\" }"),
    ] {
        let below = DATA.replace("hill, product", "depth");
        fs::write(folder.path().join("hill.csv"), "x,y,depth\n0,0,1\n0,1,-0.5\n1,0,2\n1,1,-0.25\n").unwrap();
        let gradient = format!("loss = {{ {loss} }}\nobjective = {{ kind = \"squared_error\" }}\n");
        let said = said(&below, &gradient, &["population.output.size=1"]);
        assert!(said.contains("and no score of this loss can be") && said.contains(allowed), "{said}");
    }
    table(folder.path());
    let of_classes = "dataset = \"yin_yang\"";
    let classes = said(of_classes, VOLTAGE, &["population.output.size=3"]);
    assert!(classes.contains("`right` is missing"), "{classes}");
    let huber = format!("{loss}objective = {{ kind = \"huber\" }}\n");
    let huber = said(of_classes, &huber, &["population.output.size=3"]);
    assert!(huber.contains("the objective `huber` does not fit samples with classes"), "{huber}");
    // One layer of jumps, and learning without labels, know classes alone.
    for name in ["digits", "stdp/digits"] {
        let text = memspike::scenario::shipped::find(name).unwrap().scenario();
        let text = text.replace("dataset = \"drawn_digits\"", DATA);
        let file = folder.path().join("other.toml");
        fs::write(&file, text).unwrap();
        let said = load(&file.display().to_string(), &[], None).map(|_| ()).unwrap_err().render(false);
        assert!(said.contains("have numbers as targets, and no classes"), "{name}: {said}");
    }
}
