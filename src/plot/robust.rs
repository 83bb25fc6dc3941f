//! How accuracy bears other devices, and time.

use super::chart::{Axis, Band, Chart, Look, Mark, Series, Stack};
use super::{Figure, Shape, number};
use crate::scenario::protocol::unsupervised::{AgedResult, VariationResult, Vote};

/// Dispersion that Querlioz et al. (IEEE Trans. Nanotechnol. 12 (2013) 288) report as tolerated: more than
/// 50 % on all device parameters.
const TOLERATED: f64 = 50.0;

/// Accuracy over the dispersion of the devices.
pub fn variation(cases: &[VariationResult], vote: Vote) -> Option<Figure> {
    let ([_, .., last], [_, _, ..]) = (cases, cases) else { return None };
    let percent = |fraction: f64| 100.0 * fraction;
    let seeds = cases
        .iter()
        .flat_map(|case| case.test.iter().map(move |votes| (percent(case.cv), percent(votes.by(vote)))));
    let means = cases.iter().map(|case| (percent(case.cv), percent(case.mean)));
    let x = Axis::linear("device-to-device dispersion of all parameters", "%");
    let figure = Chart::new("Device variation", x, accuracy())
        .subtitle(format!("by the {} vote", vote.name()))
        .size(720, 380)
        .band(Band::x(0.0, TOLERATED, "Querlioz et al. 2013: tolerated"))
        .series(Series::new("mean", Look::Line, means))
        .series(Series::new("one seed", Look::Points, seeds))
        .mark(Mark::y(percent(last.mean), format!("{:.1} % at {}", percent(last.mean), last.name)))
        .figure(
            "variation",
            Shape::Half,
            "Test accuracy after training with devices whose steps, bounds and initial weights and neurons whose \
             thresholds differ: one point per seed, the line through the means. Shaded: the dispersion on all \
             parameters that Querlioz et al. (2013) report as tolerated.",
        );
    Some(figure)
}

/// Accuracy and conductance over the time since learning.
pub fn ageing(ages: &[AgedResult], vote: Vote) -> Option<Figure> {
    let ([_, .., last], [_, _, ..]) = (ages, ages) else { return None };
    // Fresh devices have a place on a logarithmic axis if it is linear up to the first age.
    let first = ages.iter().map(|age| age.after_s).filter(|t| *t > 0.0).fold(f64::INFINITY, f64::min);
    let time = || Axis::symmetric("time since learning", "s", first);
    let over =
        |value: fn(&AgedResult, Vote) -> f64| ages.iter().map(move |age| (age.after_s, value(age, vote)));
    let end = 100.0 * last.test.by(vote);
    let mut upper = Chart::new("", time(), accuracy())
        .series(Series::new(
            "thresholds as they were",
            Look::Both,
            over(|age, vote| 100.0 * age.test.by(vote)),
        ))
        .mark(Mark::y(end, format!("{end:.1} %")));
    let moved: Vec<_> = ages
        .iter()
        .filter_map(|age| Some((age.after_s, 100.0 * age.recalibrated.as_ref()?.by(vote))))
        .collect();
    if !moved.is_empty() {
        upper = upper.series(Series::new("thresholds brought down", Look::Both, moved));
    }
    for age in ages {
        upper = upper.mark(Mark::x(age.after_s, number::span(age.after_s)));
    }
    let lower = Chart::new("", time(), Axis::linear("mean G", "S").at_least(0.0, 0.0)).series(Series::new(
        "",
        Look::Both,
        over(|age, _| age.conductance),
    ));
    let figure = Stack::new("Retention", format!("by the {} vote", vote.name()))
        .size(720, 480)
        .below(upper, 1.0)
        .below(lower, 0.5)
        .figure(
            "retention",
            Shape::Half,
            "Test accuracy when the devices have been left alone for so long; the same test presentations each time. \
             Second line: with every threshold brought down by the one factor by which the mean weight fell. Below: \
             the mean conductance. Time is logarithmic, with the fresh devices at its left end.",
        );
    Some(figure)
}

fn accuracy() -> Axis {
    Axis::linear("test accuracy", "%")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::protocol::unsupervised::Votes;

    fn votes(accuracy: f64) -> Votes {
        Votes { class_mean: accuracy - 0.01, log_likelihood: accuracy }
    }

    #[test]
    fn both_pictures_render_and_show_the_vote_that_was_asked_for() {
        let case = |cv: f64, mean: f64| VariationResult {
            name: format!("{} %", 100.0 * cv),
            cv,
            test: vec![votes(mean - 0.01), votes(mean + 0.01)],
            mean,
            sd: 0.014,
            loss: 0.0,
            max_loss: None,
        };
        let cases = [case(0.0, 0.88), case(0.5, 0.82), case(1.0, 0.7)];
        let figure = variation(&cases, Vote::LogLikelihood).unwrap();
        assert!(figure.svg.contains("70.0 % at 100 %") && figure.svg.contains("Querlioz"));
        crate::plot::drawn::check(&figure.svg);
        assert_eq!(variation(&cases[..1], Vote::ClassMean), None);

        let age = |after_s, accuracy| AgedResult {
            after_s,
            test: votes(accuracy),
            recalibrated: Some(votes(0.85)),
            conductance: 2e-5,
        };
        let ages = [age(0.0, 0.88), age(3600.0, 0.87), age(3.15e8, 0.4)];
        let figure = ageing(&ages, Vote::ClassMean).unwrap();
        assert!(figure.svg.contains("39.0 %"));
        crate::plot::drawn::check(&figure.svg);
    }
}
