//! Results as CSV: a header, one line per row, `.` for the decimal point.

use super::device::ExperimentSummary;
use crate::record::format::field;
use crate::scenario::device::{MeasuredIn, Relation, Tolerance};
use crate::scenario::outcome::{
    AgedResult, EpochResult, LearnedEpoch, ProgrammingResult, VariationResult, Votes,
};
use std::fmt::Write as _;

/// `epochs.csv`: one line per epoch of training.
#[must_use]
pub fn epochs(epochs: &[EpochResult]) -> String {
    let mut text = "epoch,loss,train_accuracy,validation_accuracy,test_accuracy,learning_rate\n".to_string();
    for e in epochs {
        let validation = e.validation_accuracy.map_or_else(String::new, |accuracy| accuracy.to_string());
        let _ = writeln!(
            text,
            "{},{},{},{validation},{},{}",
            e.epoch, e.loss, e.train_accuracy, e.test_accuracy, e.learning_rate
        );
    }
    text
}

/// `epochs.csv` of learning without labels: one line per epoch.
#[must_use]
pub fn learned(epochs: &[LearnedEpoch]) -> String {
    let mut text = "epoch,class_mean,log_likelihood,validation_class_mean,validation_log_likelihood,\
                    labelled_class_mean,labelled_log_likelihood,spikes_per_sample,silent,theta_mean [V],a_plus,\
                    energy_per_sample [J]\n"
        .to_string();
    for e in epochs {
        let held =
            |vote: fn(&Votes) -> f64| e.validation.as_ref().map_or(String::new(), |v| vote(v).to_string());
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{},{},{},{},{},{}",
            e.epoch,
            e.test.class_mean,
            e.test.log_likelihood,
            held(|v| v.class_mean),
            held(|v| v.log_likelihood),
            e.labelled.class_mean,
            e.labelled.log_likelihood,
            e.spikes_per_sample,
            e.silent,
            e.theta_mean,
            e.a_plus,
            e.energy_per_sample_j
        );
    }
    text
}

/// `retention.csv`: one line per age.
#[must_use]
pub fn ageing(ages: &[AgedResult]) -> String {
    let mut text = "after [s],class_mean,log_likelihood,recalibrated_class_mean,recalibrated_log_likelihood,\
                    mean conductance [S]\n"
        .to_string();
    for age in ages {
        let (test, scaled, g) = (&age.test, &age.recalibrated, age.conductance);
        let _ = writeln!(
            text,
            "{},{},{},{},{},{g}",
            age.after_s, test.class_mean, test.log_likelihood, scaled.class_mean, scaled.log_likelihood
        );
    }
    text
}

/// `variation.csv`: one line per case and seed.
#[must_use]
pub fn variation(cases: &[VariationResult]) -> String {
    let mut text = "case,cv,draw,class_mean,log_likelihood\n".to_string();
    for case in cases {
        for (draw, votes) in case.test.iter().enumerate() {
            let name = field(&case.name);
            let _ = writeln!(
                text,
                "{name},{},{},{},{}",
                case.cv,
                draw + 1,
                votes.class_mean,
                votes.log_likelihood
            );
        }
    }
    text
}

/// `confusion.csv`: rows are true classes, columns answers.
#[must_use]
pub fn confusion(matrix: &[Vec<u64>]) -> String {
    let columns = matrix.iter().map(Vec::len).max().unwrap_or(0);
    let mut text = "true class".to_string();
    for column in 0..columns {
        let _ = write!(text, ",answer {column}");
    }
    text.push('\n');
    for (class, row) in matrix.iter().enumerate() {
        let _ = write!(text, "{class}");
        for count in row {
            let _ = write!(text, ",{count}");
        }
        text.push('\n');
    }
    text
}

/// `programming.csv`: one line per programming draw.
#[must_use]
pub fn programming(cases: &[ProgrammingResult]) -> String {
    let mut text = "case,draw,accuracy\n".to_string();
    for case in cases {
        for (draw, accuracy) in case.accuracy.iter().enumerate() {
            let _ = writeln!(text, "{},{},{accuracy}", field(&case.name), draw + 1);
        }
    }
    text
}

/// `compare.csv`: one line per number of the paper, in SI units (a percentage as a fraction).
#[must_use]
pub fn compared(experiments: &[ExperimentSummary]) -> String {
    let mut text =
        "experiment,quantity,unit,relation,paper,simulated,difference,tolerance,tolerance_is,status\n"
            .to_string();
    for experiment in experiments {
        for row in &experiment.compare {
            let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
            let (tolerance, is) = match row.tolerance {
                Tolerance::Absolute(value) => (value, "absolute"),
                Tolerance::Relative(value) => (value, "relative"),
            };
            let relation = match row.relation {
                Relation::Equal => "equal",
                Relation::AtLeast => "at_least",
                Relation::AtMost => "at_most",
            };
            let unit = match row.unit {
                MeasuredIn::Fraction => "1",
                unit => unit.symbol(),
            };
            let _ = writeln!(
                text,
                "{},{},{unit},{relation},{},{},{},{tolerance},{is},{}",
                experiment.name,
                row.name,
                row.paper,
                number(row.simulated),
                number(row.difference),
                row.status.word()
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_without_validation_leaves_its_field_empty() {
        let epoch = EpochResult {
            epoch: 1,
            loss: 0.5,
            train_accuracy: 0.9,
            validation_accuracy: None,
            test_accuracy: 0.875,
            learning_rate: 1e-3,
        };
        assert_eq!(
            epochs(&[epoch]),
            "epoch,loss,train_accuracy,validation_accuracy,test_accuracy,learning_rate\n\
             1,0.5,0.9,,0.875,0.001\n"
        );
    }

    #[test]
    fn a_confusion_matrix_names_its_axes() {
        assert_eq!(confusion(&[vec![5, 1], vec![0, 6]]), "true class,answer 0,answer 1\n0,5,1\n1,0,6\n");
    }
}
