//! Two spikes: what they put across the device, and the window.

use super::{Shown, column, points};
use crate::device::overlap::ExponentialWindow;
use crate::device::protocol::Table;
use crate::plot::chart::{Axis, Band, Chart, Look, Mark, Point, Series, Stack};
use crate::plot::{Figure, Shape};
use crate::scenario::device::Experiment;
use crate::units::{Quantity as _, Second};

/// The paper's window, or that of the fit where the paper's is not compared with.
fn papers(shown: Shown<'_>) -> Option<ExponentialWindow> {
    let of = |name: &str| shown.paper(name).map(|row| row.paper);
    Some(ExponentialWindow {
        w_plus: 100.0 * of("w_plus")?,
        tau_plus: Second::from_si(of("tau_plus")?)?,
        w_minus: 100.0 * of("w_minus")?,
        tau_minus: Second::from_si(of("tau_minus")?)?,
    })
}

fn fitted(shown: Shown<'_>) -> Option<ExponentialWindow> {
    let of = |name: &str| shown.result.value(name);
    Some(ExponentialWindow {
        w_plus: 100.0 * of("w_plus")?,
        tau_plus: Second::from_si(of("tau_plus")?)?,
        w_minus: 100.0 * of("w_minus")?,
        tau_minus: Second::from_si(of("tau_minus")?)?,
    })
}

pub fn rule(shown: Shown<'_>) -> Figure {
    let &Experiment::Stdp { reach, fit_from, fine_step, .. } = &shown.plan.experiment else {
        return intervals(shown);
    };
    let (from, reach) = (fit_from.get(), reach.get());
    let table = shown.table();
    let dt = || Axis::linear("dt = t_post \u{2212} t_pre", "s");
    let mut upper = Chart::new("", dt(), Axis::linear("change", "%"))
        .band(Band::x(-from, from, "lobes overlap"))
        .line(format!("every {fine_step}"), points(shown.result.curve("near"), "dt", "change"));
    let far = |sign: f64| {
        points(table, "dt", "change").into_iter().filter(move |p| p.x * sign >= from * (1.0 - 1e-9))
    };
    upper = shown.over(upper.points("pairs of pulses", far(-1.0).chain(far(1.0))), |change| change);
    let reference = papers(shown);
    if let Some(window) = reference.or_else(|| fitted(shown)) {
        let name = if reference.is_some() { "paper: exponentials" } else { "fit" };
        for (sign, name) in [(-1.0, ""), (1.0, name)] {
            let curve = (0..=100).map(|k| {
                let dt = sign * (1e-4 + (reach - 1e-4) * f64::from(k) / 100.0);
                (dt, window.percent(dt))
            });
            upper = upper.reference(name, curve);
        }
    }
    // What stopped at the lowest conductance, and did not only come near it.
    let clipped = column(shown.result.curve("near"), "clipped").iter().any(|clipped| *clipped > 0.5);
    if let Some(least) = shown.result.value("peak_minus").filter(|_| clipped) {
        upper = upper.mark(Mark::y(100.0 * least, format!("g_min: \u{2212}{:.0} %", -100.0 * least)));
    }
    let mut lower = Chart::new("", dt(), Axis::linear("change \u{2212} fit", "%").at_least(-1.0, 1.0));
    if let Some(window) = fitted(shown) {
        let left = |sign: f64| far(sign).map(|p| (p.x, p.y - window.percent(p.x)));
        lower = lower.series(Series::new("", Look::Points, left(-1.0).chain(left(1.0))));
    }
    lower = lower.mark(Mark::y(0.0, ""));
    let values = || {
        let (plus, minus) = (shown.value("w_plus")?, shown.value("w_minus")?);
        Some(format!(
            "W+ {plus}, {}; W\u{2212} {minus}, {}",
            shown.value("tau_plus")?,
            shown.value("tau_minus")?
        ))
    };
    Stack::new(&shown.plan.title, values().unwrap_or_default()).size(720, 620).below(upper, 1.0).below(lower, 0.4).figure(
        &shown.plan.name,
        Shape::Half,
        format!(
            "Change of the conductance by a pair of pulses, each pair on a fresh device, and what a fit of \
             exponentials from |dt| = {from_ms:.0} ms leaves over. Between the lines the main lobes overlap: nothing \
             at dt = 0, a dead zone, and depression cut off at the lowest conductance.",
            from_ms = from * 1e3
        ),
    )
}

/// Both electrodes and the device, for both orders of the spikes.
pub fn electrodes(shown: Shown<'_>) -> Figure {
    let table = shown.result.curve("pulses");
    let dt = column(table, "dt").first().copied().unwrap_or(0.0);
    let time = || Axis::linear("time", "s");
    let of = |name: &str, wanted: f64| -> Vec<Point> {
        let kept = column(table, "dt").iter().map(|dt| dt * wanted > 0.0);
        points(table, "time", name).into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(p, _)| p).collect()
    };
    let volts = |name: &str| Axis::linear(name, "V");
    let (first, last) = (format!("dt = {:.0} ms", dt * 1e3), format!("dt = \u{2212}{:.0} ms", dt * 1e3));
    let single = Chart::new("", time(), volts("electrodes"))
        .line("pre (top electrode)", of("pre", dt))
        .line("post (bottom electrode)", of("post", dt));
    let both =
        Chart::new("", time(), volts("across")).line(first, of("across", dt)).line(last, of("across", -dt));
    Stack::new(&shown.plan.title, "the device sees V_pre \u{2212} V_post").size(720, 520).below(single, 1.0).below(both, 1.0).figure(
        format!("{}-pulses", shown.plan.name),
        Shape::Half,
        format!(
            "The pulses on both electrodes when the presynaptic spike comes {:.0} ms first, and what the device \
             sees: V_pre \u{2212} V_post, with the opposite sign for the opposite order.",
            dt * 1e3
        ),
    )
}

/// Largest voltage and change against dt.
pub fn intervals(shown: Shown<'_>) -> Figure {
    let table: Option<&Table> = shown.table();
    let dt = || Axis::linear("dt = t_post \u{2212} t_pre", "s");
    let upper = Chart::new("", dt(), Axis::linear("largest |V|", "V").at_least(0.0, 0.0))
        .series(Series::new("", Look::Both, points(table, "dt", "largest voltage")));
    let lower = Chart::new("", dt(), Axis::linear("change", "%"))
        .series(Series::new("", Look::Both, points(table, "dt", "change")))
        .mark(Mark::y(0.0, ""));
    let kept = shown
        .value("kept")
        .map_or_else(String::new, |kept| format!("{kept} of the largest change is left at the largest dt"));
    Stack::new(&shown.plan.title, kept).size(720, 520).below(upper, 1.0).below(lower, 1.0).figure(
        &shown.plan.name,
        Shape::Half,
        "The largest voltage across the device and the change it leaves, for every interval of the two spikes.",
    )
}
