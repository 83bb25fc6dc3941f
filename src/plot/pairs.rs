//! A learning window as pairs of neurons in a network have it, beside the closed form of their rule.

use super::chart::{Axis, Chart, Mark, Stack};
use super::{Figure, PlotError, Shape};
use crate::plasticity::Rule;
use crate::scenario::outcome::PlasticResult;
use crate::scenario::plan::{Plan, WeightInit};

/// Points of the drawn closed form on each side.
const FINE: u32 = 400;

/// One picture per projection that has such pairs.
pub fn figures(plan: &Plan, results: &[PlasticResult]) -> Result<Vec<Figure>, PlotError> {
    let with_window = results.iter().filter(|result| !result.window.is_empty());
    with_window.map(|result| draw(plan, result)).collect()
}

fn draw(plan: &Plan, result: &PlasticResult) -> Result<Figure, PlotError> {
    let points = &result.window;
    let projection = plan.projections.iter().find(|projection| projection.name == result.projection);
    let rule = projection.and_then(|projection| projection.plasticity.as_ref()).map(|p| &p.rule);
    let dt = || Axis::linear("dt = t_post \u{2212} t_arrival", "s");
    let mut upper = Chart::new("", dt(), Axis::linear("change of the weight", "%"))
        .points("pairs in the network", points.iter().map(|p| (p.dt_s, 100.0 * p.change)));
    let closed = points.iter().filter_map(|p| Some((p.dt_s, p.change, p.closed_form?)));
    // A curve for all pairs needs one weight to start from.
    let before = projection.and_then(|projection| match projection.weight {
        WeightInit::Constant { value } => Some(value),
        _ => None,
    });
    if let (Some(rule), Some(before), true) = (rule, before, closed.clone().next().is_some()) {
        let change = |dt: f64| Some(100.0 * (rule.after_pair(before, dt)? / before - 1.0));
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
        &format!("Learning window of {}", result.projection),
        format!("{} pairs of neurons, one arrival and one spike each", points.len()),
    )
    .size(720, 560)
    .below(upper.mark(Mark::y(0.0, "")), 1.0);
    let mut caption =
        "Change of each weight by one arrival and one spike that a network engine brought about: \
                       source, delay, membrane, threshold and rule."
            .to_string();
    if closed.clone().next().is_some() {
        let largest = closed.clone().map(|(_, change, form)| (change - form).abs()).fold(0.0, f64::max);
        let left = closed.map(|(dt, change, form)| (dt, 100.0 * (change - form)));
        let span = (100.0 * largest).max(1e-12);
        let lower = Chart::new("", dt(), Axis::linear("network \u{2212} formula", "%").at_least(-span, span))
            .points("", left)
            .mark(Mark::y(0.0, ""));
        stack = stack.below(lower, 0.4);
        caption.push_str(&format!(
            " Below: what the closed form leaves over; the largest difference is {:.1e} %.",
            100.0 * largest
        ));
    }
    stack.figure(format!("window-{}", result.projection), Shape::Half, caption)
}
