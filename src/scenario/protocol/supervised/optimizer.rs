//! How weights go down their gradient, and for how long: rule, learning rate, decay, bound, average, and who ends it early.

use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::filled::Fields;
use crate::scenario::section::Lower;
use crate::scenario::spec::kinds::{ABOVE_ZERO, DECAY};
use crate::scenario::spec::{Bounds, Key, Kind, Word as _, words};
use crate::scenario::table::table;
use crate::training::{self, Course, Rule, Schedule};

words!(impl Course {
    Cosine = "cosine": "a half cosine",
    Linear = "linear": "a straight line",
    Exponential = "exponential": "by the same factor in every step; `rate_final` is above 0",
});

const RATE: Key = Key::new(
    "rate",
    ABOVE_ZERO,
    "Learning rate at the start: of Adam in units of v_th - u_rest, else what a gradient by weights in these units is multiplied by.",
)
.setting("0.001");
const RATE_FINAL: Key =
    Key::new("rate_final", Kind::Number(Bounds::NON_NEGATIVE), "Learning rate at the last step, as `rate`.")
        .setting("2e-5");
const SCHEDULE: Key =
    Key::new("schedule", Kind::word::<Course>(), "How the learning rate falls to `rate_final`.")
        .setting("\"cosine\"");
const WARMUP: Key = Key::new(
    "warmup",
    Kind::Number(Bounds::NON_NEGATIVE),
    "Epochs, or part of one, in which the learning rate rises to `rate`.",
)
.setting("0.0");
const DECAYS: Key = Key::new(
    "weight_decay",
    Kind::Number(Bounds::NON_NEGATIVE),
    "What a weight loses of itself in a step, times the learning rate, beside the gradient (with Adam this is AdamW).",
)
.setting("0.0");
const CLIP: Key = Key::new(
    "clip",
    ABOVE_ZERO,
    "Largest norm of the gradient of a batch by all weights in units of v_th - u_rest; a longer one is made as long.",
)
.absent("any norm");
const AVERAGE: Key = Key::new(
    "average",
    DECAY,
    "What is tested is an average of what learns over steps, of which this much is left in each, at most (1 + t)/(10 + t) in step t.",
)
.absent("the weights as they are");

table! {
    /// How weights go down their gradient, the learning rate falling from `rate` to `rate_final`.
    #[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    #[serde(rename_all = "snake_case", tag = "kind")]
    pub enum Optimizer by "kind", "Which rule.", setting("\"adam\"") {
        Adam = "adam": "by the mean of the gradient over the root of the mean of its square (Kingma & Ba 2015)" {
            /// Learning rate at the start.
            rate: f64 as RATE;
            /// Learning rate at the last step, as `rate`.
            rate_final: f64 as RATE_FINAL;
            /// How the learning rate falls.
            schedule: Course as SCHEDULE;
            /// Epochs in which it rises.
            warmup: f64 as WARMUP;
            /// Decay of the mean of the gradient.
            beta1: f64 = DECAY, setting("0.9");
            /// Decay of the mean of its square.
            beta2: f64 = DECAY, setting("0.999");
            /// Added to the root, so that nothing is divided by zero.
            epsilon: f64 = ABOVE_ZERO, setting("1e-8");
            /// Decay of the weights beside the gradient.
            weight_decay: f64 as DECAYS;
            /// Largest norm of the gradient of a batch.
            clip: Option<f64> as CLIP;
            /// What is left in each step of the average that is tested.
            average: Option<f64> as AVERAGE;
        }
        Sgd = "sgd": "by the gradient itself, and what is left of the last step" {
            /// Learning rate at the start.
            rate: f64 as RATE;
            /// Learning rate at the last step, as `rate`.
            rate_final: f64 as RATE_FINAL;
            /// How the learning rate falls.
            schedule: Course as SCHEDULE;
            /// Epochs in which it rises.
            warmup: f64 as WARMUP;
            /// How much of the last step is left in this one.
            momentum: f64 = DECAY, setting("0.9");
            /// Decay of the weights beside the gradient.
            weight_decay: f64 as DECAYS;
            /// Largest norm of the gradient of a batch.
            clip: Option<f64> as CLIP;
            /// What is left in each step of the average that is tested.
            average: Option<f64> as AVERAGE;
        }
    }
}

impl Optimizer {
    /// As training takes it.
    #[must_use]
    pub fn optimizer(&self) -> training::Optimizer {
        let (rule, decay, clip, average) = match *self {
            Self::Adam { beta1, beta2, epsilon, weight_decay, clip, average, .. } => {
                (Rule::Adam { betas: (beta1, beta2), epsilon }, weight_decay, clip, average)
            }
            Self::Sgd { momentum, weight_decay, clip, average, .. } => {
                (Rule::Sgd { momentum }, weight_decay, clip, average)
            }
        };
        training::Optimizer { rule, decay, clip, average }
    }

    /// The learning rate over a training of so many steps, `batches` in an epoch.
    #[must_use]
    pub fn schedule(&self, batches: u64, steps: u64) -> Schedule {
        let (Self::Adam { rate, rate_final, schedule: course, warmup, .. }
        | Self::Sgd { rate, rate_final, schedule: course, warmup, .. }) = *self;
        let warmup = ((warmup * batches as f64).round() as u64).min(steps.saturating_sub(1));
        Schedule { rate, rate_final, steps, course, warmup }
    }

    /// In words, for reports.
    #[must_use]
    pub fn told(&self) -> String {
        let Schedule { rate, rate_final, course, .. } = self.schedule(1, 1);
        let training::Optimizer { rule, decay, clip, average } = self.optimizer();
        let name = match rule {
            Rule::Adam { .. } if decay > 0.0 => "AdamW".to_string(),
            Rule::Adam { .. } => "Adam".to_string(),
            Rule::Sgd { momentum } => format!("gradient descent with momentum {momentum}"),
        };
        let mut told = format!("{name}, {rate} to {rate_final} of v_th \u{2212} u_rest, {}", course.word());
        let (Self::Adam { warmup, .. } | Self::Sgd { warmup, .. }) = *self;
        if warmup > 0.0 {
            told += &format!(", after a warm-up of {warmup} epochs");
        }
        if decay > 0.0 {
            told += &format!(", weight decay {decay}");
        }
        told += &clip.map_or_else(String::new, |clip| format!(", gradient at most {clip}"));
        told += &average.map_or_else(String::new, |average| format!(", averaged with {average}"));
        told
    }
}

/// Refuses what an optimizer, and an end before the last epoch, cannot do with the rest of the protocol.
pub fn fits(lower: &mut Lower<'_>, protocol: &Fields) {
    let Some(optimizer) = protocol.table("optimizer") else { return };
    schedule(lower, optimizer);
    let gradient = protocol.table("gradient");
    let of_gradient =
        |key: &str| gradient.and_then(|gradient| gradient.if_there(key).and(gradient.table(key)));
    if optimizer.if_there("schedule").is_some() && optimizer.word("schedule") == Some("exponential") {
        let learned = ["delays", "thresholds", "time_constants"].into_iter().filter_map(of_gradient);
        let falls = std::iter::once(optimizer).chain(learned);
        for rates in falls.filter(|rates| rates.amount("rate_final") == Some(0.0)) {
            lower.faults.push(
                Diagnostic::error(format!("`rate_final` of {} is 0, and no factor leads there", rates.what))
                    .maybe_at(rates.written("rate_final").or(rates.place("rate")))
                    .also(optimizer.written("schedule"), "exponential here")
                    .allowed("rate_final above 0, or schedule = \"cosine\" or \"linear\""),
            );
        }
    }
    for key in ["weight_decay", "average"] {
        if let Some(at) = optimizer.if_there(key).and_then(|_| optimizer.changed(key))
            && of_gradient("in_situ").is_some()
        {
            lower.faults.push(
                Diagnostic::error(format!("`{key}` of {} has no effect", optimizer.what))
                    .at(at)
                    .also(
                        gradient.and_then(|gradient| gradient.written("in_situ")),
                        "weights are what devices have",
                    )
                    .allowed(format!("no `{key}` where weights are learned in their devices")),
            );
        }
    }
    if let Some(at) = protocol.changed("patience")
        && protocol.number("validation").is_none_or(|share| share <= 0.0)
    {
        lower.faults.push(
            Diagnostic::error(format!("`patience` of {} has no effect", protocol.what))
                .at(at)
                .label("no sample is held out")
                .allowed(
                    "`patience` beside `validation` above 0: it is held-out samples that say when to end",
                ),
        );
    }
}

/// Refuses a learning rate that rises.
pub fn schedule(lower: &mut Lower<'_>, rates: &Fields) {
    if let (Some(rate), Some(last)) = (rates.amount("rate"), rates.amount("rate_final"))
        && last > rate
    {
        let unit = if matches!(rates.entry("rate").key.kind, Kind::Quantity(..)) { " s" } else { "" };
        lower.faults.push(
            Diagnostic::error(format!(
                "`rate_final` of {} is {last}{unit}, above `rate`, which is {rate}{unit}",
                rates.what
            ))
            .maybe_at(rates.written("rate_final").or(rates.place("rate")))
            .allowed("rate_final of at most rate: the schedule falls"),
        );
    }
}
