//! Keys of protocols that show samples to a projection and train it.

use crate::scenario::spec::kinds::{COUNT, POSITIVE_SPAN};
use crate::scenario::spec::{Bounds, Key, Kind, Precision, Refers};

pub const PROJECTION: Key =
    Key::new("projection", Kind::Name(Refers::Projection), "The projection that learns.")
        .derived("the only projection");

pub const PRECISION: Key =
    Key::new("precision", Kind::word::<Precision>(), "Arithmetic of the membrane and the weights.")
        .setting("\"f64\"");

pub const EPOCHS: Key =
    Key::new("epochs", Kind::Integer { min: 1, max: 100_000 }, "Passes over the training samples.")
        .setting("10");

pub const TRAIN_SAMPLES: Key =
    Key::new("train_samples", COUNT, "Training samples used, from the front of the set.").absent("all");

pub const TEST_SAMPLES: Key =
    Key::new("test_samples", COUNT, "Test samples used, from the front of the set.").absent("all");

pub const VALIDATION: Key = Key::new(
    "validation",
    Kind::Number(Bounds::NON_NEGATIVE.below(1.0)),
    "Fraction of the training samples held out to choose the epoch that is tested.",
)
.setting("0.0");

pub const PRESENTATION: Key = Key::new("presentation", POSITIVE_SPAN, "How long a training sample is shown.")
    .assumed("\"100 ms\"", "Yan et al. give no presentation time");

pub const TEST_PRESENTATION: Key =
    Key::new("test_presentation", POSITIVE_SPAN, "How long a test sample is shown.").same_as("presentation");
