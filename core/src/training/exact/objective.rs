//! What is wanted of the scores of a read-out: a loss of them and its derivatives ([`Objective`]), one type for all ([`OpenObjective`]), and
//! by what name a scenario knows them ([`ObjectiveEntry`]).
//!
//! A read-out has a score z for each of its neurons, a number without unit, the larger the more its class is the answer: -t/tau of a first
//! spike, the gain times a sum over spikes or a potential. Neurons `each` k to `each` (k + 1) - 1 answer for class k. Of samples that
//! have targets in place of a class, each score is to be the target of its neuron.

use crate::keys::{ModelKey, Reader, key, optional};
use crate::numeric::{exp, ln};
use crate::open::open;
use std::fmt::Debug;

/// What is wanted of the scores of a read-out. It depends on its arguments alone.
pub trait Objective: Debug + PartialEq + Send + Sync + 'static {
    /// Its word in scenarios.
    const NAME: &'static str;
    /// One line about it.
    const TITLE: &'static str;
    /// Its keys, in the order of the reference.
    const KEYS: &'static [ModelKey];

    /// The objective of the values of its keys; what is wrong with them is told to `read`.
    fn from_keys(read: &mut Reader<'_>) -> Self;

    /// The loss of the scores of a sample of class `label`, and its derivatives by them in `slopes`, which has a place for each.
    fn judge(&self, scores: &[f64], label: usize, each: usize, slopes: &mut [f64]) -> f64;

    /// The loss of scores that are to be these targets, one for each, and its derivatives by the scores in `slopes`; zero of one that
    /// [`Objective::unfit`] refuses.
    fn compare(&self, scores: &[f64], targets: &[f64], slopes: &mut [f64]) -> f64 {
        let _ = (scores, targets);
        slopes.fill(0.0);
        0.0
    }

    /// Why it cannot be asked of samples that have targets, or of those that have classes; `None`: it can.
    fn unfit(&self, targets: bool) -> Option<&'static str> {
        targets.then_some("it judges classes, and has no distance from a target")
    }

    /// What it is, for reports: "cross-entropy".
    fn told(&self) -> String;
}

/// Cross-entropy of the softmax, summed over the neurons of each class:
///
/// L = -ln p_label, p_c = sum of e^(z_k) over the neurons k of class c, divided by that over all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrossEntropy;

impl Objective for CrossEntropy {
    const NAME: &'static str = "cross_entropy";
    const TITLE: &'static str = "-ln of the softmax of the right class";
    const KEYS: &'static [ModelKey] = &[];

    fn from_keys(_: &mut Reader<'_>) -> Self {
        Self
    }

    fn judge(&self, scores: &[f64], label: usize, each: usize, slopes: &mut [f64]) -> f64 {
        let largest = |values: &[f64]| values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let own = label * each..(label + 1) * each;
        // Shares within the class, which may all be too small beside the others to be told apart.
        let most = largest(&scores[own.clone()]);
        let share = |k: usize| exp(scores[k] - most);
        let all = own.clone().fold(0.0, |sum, k| sum + share(k));
        let most = largest(scores);
        slopes.iter_mut().zip(scores).for_each(|(slope, score)| *slope = exp(score - most));
        let sum = slopes.iter().fold(0.0, |sum, value| sum + value);
        let right = slopes[own.clone()].iter().fold(0.0, |sum, value| sum + value) / sum;
        for (k, slope) in slopes.iter_mut().enumerate() {
            let share = if own.contains(&k) { share(k) / all } else { 0.0 };
            *slope = *slope / sum - share;
        }
        -ln(right.max(f64::MIN_POSITIVE))
    }

    fn told(&self) -> String {
        "cross-entropy of the softmax".into()
    }
}

/// Half the squared distance from the targets; where samples have classes, from what is wanted of the neurons of the right class, and of
/// the others:
///
/// L = 1/2 sum over k of (z_k - t_k)^2, t_k the target, or `right` or `wrong`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SquaredError {
    /// What the score of a neuron of the right class is to be; `None`: samples have targets.
    pub right: Option<f64>,
    /// What those of the others are to be.
    pub wrong: f64,
}

impl Objective for SquaredError {
    const NAME: &'static str = "squared_error";
    const TITLE: &'static str = "half the squared distance of all scores from what they are to be";
    const KEYS: &'static [ModelKey] = &[
        optional(
            "right",
            "",
            "what the score of a neuron of the right class is to be; not of samples with targets",
            "samples have targets",
        ),
        key("wrong", "", "0", "what the scores of all others are to be; below `right`", "setting"),
    ];

    fn from_keys(read: &mut Reader<'_>) -> Self {
        let (right, wrong) = (read.maybe("right"), read.any("wrong"));
        if let Some(right) = right {
            let below = wrong < right || read.faulty("right") || !right.is_finite();
            read.require("wrong", wrong, below, format_args!("it must be below right, which is {right}"));
        }
        Self { right, wrong }
    }

    fn judge(&self, scores: &[f64], label: usize, each: usize, slopes: &mut [f64]) -> f64 {
        let mut loss = 0.0;
        for ((k, score), slope) in scores.iter().enumerate().zip(slopes) {
            *slope = score - self.right.filter(|_| k / each == label).unwrap_or(self.wrong);
            loss += 0.5 * *slope * *slope;
        }
        loss
    }

    fn compare(&self, scores: &[f64], targets: &[f64], slopes: &mut [f64]) -> f64 {
        let mut loss = 0.0;
        for ((score, target), slope) in scores.iter().zip(targets).zip(slopes) {
            *slope = score - target;
            loss += 0.5 * *slope * *slope;
        }
        loss
    }

    fn unfit(&self, targets: bool) -> Option<&'static str> {
        match (targets, self.right) {
            (true, Some(_)) => Some("`right` is of classes: the targets say what is wanted"),
            (true, None) if self.wrong != 0.0 => {
                Some("`wrong` is of classes: the targets say what is wanted")
            }
            (false, None) => {
                Some("`right` is missing: what the score of a neuron of the right class is to be")
            }
            _ => None,
        }
    }

    fn told(&self) -> String {
        self.right.map_or_else(
            || "squared error".into(),
            |right| format!("squared error, right {right}, wrong {}", self.wrong),
        )
    }
}

/// A distance from the targets that far ones do not rule: squared near by, straight from `within` on,
///
/// L = sum over k of e^2/2 where |e| <= within, within (|e| - within/2) elsewhere, e = z_k - t_k.
///
/// Source: P. J. Huber, "Robust estimation of a location parameter", *Ann. Math. Statist.* 35 (1964), 73.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Huber {
    /// How far a score may be off until its error counts no longer by its square.
    pub within: f64,
}

impl Objective for Huber {
    const NAME: &'static str = "huber";
    const TITLE: &'static str = "the distance of scores from targets, squared near by and straight beyond";
    const KEYS: &'static [ModelKey] = &[key(
        "within",
        "",
        "1",
        "how far a score may be off until its error counts no longer by its square",
        "setting",
    )];

    fn from_keys(read: &mut Reader<'_>) -> Self {
        Self { within: read.above_zero("within") }
    }

    fn judge(&self, _: &[f64], _: usize, _: usize, slopes: &mut [f64]) -> f64 {
        slopes.fill(0.0);
        0.0
    }

    fn compare(&self, scores: &[f64], targets: &[f64], slopes: &mut [f64]) -> f64 {
        let (mut loss, within) = (0.0, self.within);
        for ((score, target), slope) in scores.iter().zip(targets).zip(slopes) {
            let error = score - target;
            *slope = error.clamp(-within, within);
            loss += *slope * (error - 0.5 * *slope);
        }
        loss
    }

    fn unfit(&self, targets: bool) -> Option<&'static str> {
        (!targets).then_some("it is a distance from targets, and samples have classes")
    }

    fn told(&self) -> String {
        format!("Huber distance, squared within {}", self.within)
    }
}

/// Every wrong score is to be below the best of the right class by a margin:
///
/// L = sum over the neurons k of other classes of max(0, margin + z_k - z), z the largest of the right class.
///
/// Source: J. Weston and C. Watkins, "Support vector machines for multi-class pattern recognition", *ESANN* (1999), 219.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hinge {
    /// By how much.
    pub margin: f64,
}

impl Objective for Hinge {
    const NAME: &'static str = "hinge";
    const TITLE: &'static str =
        "wrong scores are to be below the right one by a margin; beyond it nothing is gained";
    const KEYS: &'static [ModelKey] =
        &[key("margin", "", "1", "by how much a wrong score is to be below the right one", "setting")];

    fn from_keys(read: &mut Reader<'_>) -> Self {
        Self { margin: read.above_zero("margin") }
    }

    fn judge(&self, scores: &[f64], label: usize, each: usize, slopes: &mut [f64]) -> f64 {
        let own = label * each..(label + 1) * each;
        let best = own.clone().fold(own.start, |best, k| if scores[k] > scores[best] { k } else { best });
        let mut loss = 0.0;
        slopes.fill(0.0);
        for k in (0..scores.len()).filter(|k| !own.contains(k)) {
            let short = self.margin + scores[k] - scores[best];
            if short > 0.0 {
                loss += short;
                slopes[k] += 1.0;
                slopes[best] -= 1.0;
            }
        }
        loss
    }

    fn told(&self) -> String {
        format!("hinge, margin {}", self.margin)
    }
}

open! {
    /// Any [`Objective`], with its parameters.
    pub struct OpenObjective of Objective {
        /// The loss and its derivatives; see [`Objective::judge`].
        fn judge(&self, scores: &[f64], label: usize, each: usize, slopes: &mut [f64]) -> f64;
        /// The loss beside targets and its derivatives; see [`Objective::compare`].
        fn compare(&self, scores: &[f64], targets: &[f64], slopes: &mut [f64]) -> f64;
        /// Why it cannot be asked; see [`Objective::unfit`].
        #[must_use]
        fn unfit(&self, targets: bool) -> Option<&'static str>;
        /// What it is, for reports.
        #[must_use]
        fn told(&self) -> String;
    }

    /// An objective by name.
    pub struct ObjectiveEntry {}
}

impl Default for OpenObjective {
    fn default() -> Self {
        Self::new(CrossEntropy)
    }
}

/// The objectives that are shipped; the first is taken where nothing is said.
#[must_use]
pub fn objectives() -> Vec<ObjectiveEntry> {
    vec![
        ObjectiveEntry::of::<CrossEntropy>(),
        ObjectiveEntry::of::<SquaredError>(),
        ObjectiveEntry::of::<Hinge>(),
        ObjectiveEntry::of::<Huber>(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCORES: [f64; 4] = [3.0, 2.5, 4.0, 2.9];

    #[test]
    fn derivatives_are_differences() {
        let of = [
            OpenObjective::default(),
            OpenObjective::new(SquaredError { right: Some(1.0), wrong: -0.5 }),
            OpenObjective::new(Hinge { margin: 1.7 }),
        ];
        for objective in of {
            for (label, each) in [(1, 1), (0, 1), (1, 2)] {
                let mut slopes = vec![0.0; 4];
                assert!(objective.judge(&SCORES, label, each, &mut slopes) > 0.0);
                for (k, slope) in slopes.iter().enumerate() {
                    let at = |h: f64| {
                        let mut moved = SCORES;
                        moved[k] += h;
                        objective.judge(&moved, label, each, &mut [0.0; 4])
                    };
                    let want = (at(1e-5) - at(-1e-5)) / 2e-5;
                    assert!((slope - want).abs() < 1e-9, "{objective:?}: {slope} and {want}");
                }
            }
        }
    }

    #[test]
    fn distances_from_targets_are_those_of_their_equations_and_so_are_their_slopes() {
        let targets = [2.0, 2.5, 4.5, -0.1];
        // Off by 1, 0, -0.5 and 3.
        let of = [
            (OpenObjective::new(SquaredError { right: None, wrong: 0.0 }), 0.5 + 0.125 + 4.5),
            (OpenObjective::new(Huber { within: 1.5 }), 0.5 + 0.125 + 1.5 * (3.0 - 0.75)),
            (OpenObjective::new(Huber { within: 0.25 }), 0.25 * (0.875 + 0.375 + 2.875)),
        ];
        for (objective, want) in of {
            let mut slopes = vec![0.0; 4];
            let loss = objective.compare(&SCORES, &targets, &mut slopes);
            assert!((loss - want).abs() < 1e-12, "{objective:?}: {loss}");
            for (k, slope) in slopes.iter().enumerate() {
                let at = |h: f64| {
                    let mut moved = SCORES;
                    moved[k] += h;
                    objective.compare(&moved, &targets, &mut [0.0; 4])
                };
                let want = (at(1e-5) - at(-1e-5)) / 2e-5;
                assert!((slope - want).abs() < 1e-9, "{objective:?}: {slope} and {want}");
            }
        }
    }

    #[test]
    fn who_cannot_be_asked_says_why() {
        let squared = |right| OpenObjective::new(SquaredError { right, wrong: 0.0 });
        let asked =
            |objective: OpenObjective| [false, true].map(|targets| objective.unfit(targets).is_none());
        assert_eq!(asked(OpenObjective::default()), [true, false]);
        assert_eq!(asked(OpenObjective::new(Hinge { margin: 1.0 })), [true, false]);
        assert_eq!(asked(squared(Some(1.0))), [true, false]);
        assert_eq!(asked(squared(None)), [false, true]);
        assert_eq!(asked(OpenObjective::new(Huber { within: 1.0 })), [false, true]);
    }

    #[test]
    fn losses_are_those_of_their_equations() {
        let loss =
            |objective: OpenObjective, label, each| objective.judge(&SCORES, label, each, &mut [0.0; 4]);
        // e^3, e^2.5, e^4 and e^2.9 are 20.0855, 12.1825, 54.5982 and 18.1741, 105.0403 together.
        assert!((loss(OpenObjective::default(), 1, 1) - 2.154_344).abs() < 1e-6);
        assert!((loss(OpenObjective::default(), 1, 2) - 0.367_009).abs() < 1e-6);
        let squared = OpenObjective::new(SquaredError { right: Some(3.0), wrong: 2.0 });
        // (1 + 0.25 + 1 + 0.81)/2, the right one being the third.
        assert!((loss(squared, 2, 1) - 1.53).abs() < 1e-12);
        // Above 2.9 - 1: all three, by 1.1, 0.6 and 2.1.
        assert!((loss(OpenObjective::new(Hinge { margin: 1.0 }), 3, 1) - 3.8).abs() < 1e-12);
        // The best of the right class is 4: of the others 3 is within a margin of 1.2, by 0.2.
        assert!((loss(OpenObjective::new(Hinge { margin: 1.2 }), 1, 2) - 0.2).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_wanted_is_refused() {
        let entries = objectives();
        let faults = |name: &str, values: &[(&str, f64)]| -> Vec<String> {
            let entry = entries.iter().find(|entry| entry.name == name).unwrap();
            let value = |name: &str| values.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
            entry.make(&value).err().unwrap_or_default().iter().map(ToString::to_string).collect()
        };
        assert!(faults("cross_entropy", &[]).is_empty());
        assert!(faults("squared_error", &[]).is_empty());
        assert_eq!(faults("huber", &[("within", -1.0)]), ["`within` is -1; it must be above zero"]);
        assert_eq!(
            faults("squared_error", &[("right", -1.0)]),
            ["`wrong` is 0; it must be below right, which is -1"]
        );
        assert_eq!(faults("hinge", &[("margin", 0.0)]), ["`margin` is 0; it must be above zero"]);
    }
}
