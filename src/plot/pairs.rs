//! A learning window as pairs of neurons in a network have it, beside the closed form of their rule.

use super::chart::{Axis, Chart, Stack};
use super::{Figure, Shape};
use crate::network::Distribution;
use crate::plasticity::Rule;
use crate::scenario::outcome::{PairPoint, PlasticResult};
use crate::scenario::plan::Plan;

/// Differences up to this are rounding.
const ROUNDING: f64 = 1e-9;
/// Points of the drawn closed form on each side.
const FINE: u32 = 400;

/// One picture per projection that has such pairs.
pub fn figures(plan: &Plan, results: &[PlasticResult]) -> Vec<Figure> {
    let with_window = results.iter().filter(|result| !result.window.is_empty());
    with_window.map(|result| draw(plan, result)).collect()
}

/// Whether the network left its closed form by more than rounding.
fn differs(points: &[PairPoint]) -> bool {
    points.iter().any(|p| p.closed_form.is_some_and(|form| (p.change - form).abs() > ROUNDING))
}

fn draw(plan: &Plan, result: &PlasticResult) -> Figure {
    let points = &result.window;
    let projection = plan.projections.iter().find(|projection| projection.name == result.projection);
    let rule = projection.and_then(|projection| projection.plasticity.as_ref()).map(|p| &p.rule);
    let quantity = match rule {
        Some(Rule::Overlap(_)) => "change of the conductance",
        _ => "change of the weight",
    };
    let dt = || Axis::linear("dt = t_post \u{2212} t_arrival", "s");
    let mut upper = Chart::new("", dt(), Axis::linear(quantity, "%"))
        .points("pairs in the network", points.iter().map(|p| (p.dt_s, 100.0 * p.change)));
    let closed = points.iter().filter_map(|p| Some((p.dt_s, p.change, p.closed_form?)));
    // A curve for all pairs needs one weight to start from.
    let before = projection.and_then(|projection| match projection.weight {
        Distribution::Constant(value) => Some(value),
        _ => None,
    });
    if let (Some(rule), Some(before), true) = (rule, before, closed.clone().next().is_some()) {
        let from_there = |w: f64| 100.0 * (rule.measured(w) / rule.measured(before) - 1.0);
        let change = |dt: f64| rule.after_pair(before, dt).map(from_there);
        let (first, last) = (points[0].dt_s, points[points.len() - 1].dt_s);
        let mut name = match rule {
            Rule::Overlap(_) => "the nominal device alone",
            _ => "closed form",
        };
        for (from, to) in [(first, 0.0), (0.0, last)] {
            if from < to {
                let at = |k: u32| {
                    from + (to - from) * (f64::from(k) + 0.02).min(f64::from(FINE) - 0.02) / f64::from(FINE)
                };
                let curve = (0..=FINE).filter_map(|k| Some((at(k), change(at(k))?)));
                upper = upper.reference(std::mem::take(&mut name), curve);
            }
        }
    }
    let mut stack = Stack::new(
        format!("Learning window of {}", result.projection),
        format!("{} pairs of neurons, one arrival and one spike each", points.len()),
    )
    .size(720, if differs(points) { 560 } else { 420 })
    .below(upper, 1.0);
    let mut caption =
        "Change of each weight by one arrival and one spike that a network engine brought about: \
                       source, delay, membrane, threshold and rule."
            .to_string();
    if closed.clone().next().is_some() {
        let largest = closed.clone().map(|(_, change, form)| (change - form).abs()).fold(0.0, f64::max);
        // Rounding is a sentence, not a picture.
        if largest > ROUNDING {
            let left = closed.map(|(dt, change, form)| (dt, 100.0 * (change - form)));
            let lower = Chart::new("", dt(), Axis::linear("difference", "%")).points("", left);
            stack = stack.below(lower, 0.4);
        }
        caption.push_str(&format!(
            " The largest difference from the {} is {:.1e} %.",
            if matches!(rule, Some(Rule::Overlap(_))) { "nominal device" } else { "closed form" },
            100.0 * largest
        ));
    }
    stack.figure(format!("window-{}", result.projection), Shape::Half, caption)
}
