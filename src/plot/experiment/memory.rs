//! Two resistances: how they spread from cycle to cycle, and how they last.

use super::{Shown, column, x_mark};
use crate::device::model::On;
use crate::numeric::normal_quantile;
use crate::plot::chart::{Axis, Chart, Look, Mark, Point, Series, Stack};
use crate::plot::{Figure, Shape};
use crate::scenario::device::Experiment;

/// Points of a cumulative distribution that a picture can tell apart.
const MOST: usize = 400;

/// The sorted values with their share in percent, thinned.
fn cumulative(values: &[f64]) -> Vec<(f64, f64)> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let n = sorted.len();
    let every = n.div_ceil(MOST).max(1);
    let share = |k: usize| 100.0 * (k as f64 + 0.5) / n as f64;
    // The ends always: they are what a spread is looked at for.
    (0..n).filter(|k| k % every == 0 || k + 1 == n).map(|k| (sorted[k], share(k))).collect()
}

/// The axis of resistances: the decades of figure 2 for a device of that kind.
fn resistance(shown: Shown<'_>) -> Axis {
    let axis = Axis::log("resistance", "Ohm");
    if shown.is_binary() { axis.at_least(1e2, 1e7) } else { axis }
}

fn percent() -> Axis {
    Axis::linear("probability", "%").exactly(0.0, 100.0)
}

/// The voltages at which a volatile switch turned on and off.
fn thresholds(shown: Shown<'_>) -> Figure {
    // A cycle in which it did not turn on has none.
    let of = |name: &str| {
        let values: Vec<f64> = column(shown.table(), name).iter().copied().filter(|v| *v > 0.0).collect();
        cumulative(&values)
    };
    let cv = |a: &str, b: &str| Some(format!("CV {} (on), {} (off)", shown.value(a)?, shown.value(b)?));
    let mut chart = Chart::new(&shown.plan.title, Axis::linear("voltage", "V"), percent())
        .subtitle(shown.subtitle(&cv("cv_v_on", "cv_v_off").unwrap_or_default()))
        .series(Series::new("turns on", Look::Steps, of("v_on")))
        .series(Series::new("turns off", Look::Steps, of("v_off")));
    for mark in shown.landmarks(On::Voltage, x_mark) {
        chart = chart.mark(mark);
    }
    chart.figure(
        &shown.plan.name,
        Shape::Half,
        "Cumulative probability of the voltages at which the switch turns on and off.",
    )
}

pub fn cycles(shown: Shown<'_>) -> Figure {
    if shown.device().memory().is_none() {
        return thresholds(shown);
    }
    let table = shown.table();
    let of = |name: &str| cumulative(column(table, name));
    let (on, off) = (of("r_on"), of("r_off"));
    let mut all = Chart::new("", resistance(shown), percent())
        .series(Series::new("R_on, after SET", Look::Steps, on.clone()))
        .series(Series::new("R_off, after RESET", Look::Steps, off.clone()));
    for mark in shown.landmarks(On::Resistance, x_mark).into_iter().filter(|_| shown.alone()) {
        all = all.mark(mark);
    }
    let mut near = Chart::new("", Axis::linear("difference from the median", "%"), percent());
    for (name, values, quantities) in
        [("R_on", &on, ["cv_on", "log_cv_on"]), ("R_off", &off, ["cv_off", "log_cv_off"])]
    {
        let Some(median) = values.get(values.len() / 2).map(|p| p.0) else { continue };
        let part = |r: f64| 100.0 * (r / median - 1.0);
        let points = values.iter().map(|p| (part(p.0), p.1));
        near =
            near.series(Series::new(name, Look::Points, points.step_by(values.len().div_ceil(100).max(1))));
        let Some((row, log)) =
            quantities.iter().zip([false, true]).find_map(|(q, log)| Some((shown.paper(q)?, log)))
        else {
            continue;
        };
        // Normal quantiles of the paper's coefficient of variation, of R or of log10 R.
        let sigma = if log { row.paper * median.log10() * std::f64::consts::LN_10 } else { row.paper };
        let curve = (1..200).map(|k| {
            let p = f64::from(k) / 200.0;
            (100.0 * (crate::numeric::exp(sigma * normal_quantile(p)) - 1.0), 100.0 * p)
        });
        let words = if log { "of log10 R" } else { "of R" };
        near = near.reference(format!("paper: {name}, CV {words} {:.2} %", 100.0 * row.paper), curve);
    }
    let values = |a: &str, b: &str| Some(format!("CV {} (on), {} (off)", shown.value(a)?, shown.value(b)?));
    let log = shown.paper("log_cv_on").is_some();
    let cv = if log {
        values("log_cv_on", "log_cv_off").map(|cv| cv.replace("CV", "CV of log10 R"))
    } else {
        values("cv_on", "cv_off")
    };
    Stack::new(&shown.plan.title, shown.subtitle(&cv.unwrap_or_default()))
        .size(720, 640)
        .below(all, 0.7)
        .below(near, 1.0)
        .figure(
            &shown.plan.name,
            Shape::Half,
            "Cumulative probability of both resistances, on a logarithmic axis and as difference from their medians, \
             where normal distributions of the paper's coefficients of variation are drawn in.",
        )
}

pub fn retention(shown: Shown<'_>) -> Figure {
    let table = shown.table();
    let devices = match &shown.plan.experiment {
        Experiment::Retention { devices, .. } => *devices,
        _ => 1,
    };
    let name = if devices > 1 { "on: median of the devices" } else { "on" };
    let t = column(table, "time");
    // The tenth of the devices with the lowest conductance has the highest resistance.
    let (low, high) = (column(table, "on lowest tenth"), column(table, "on highest tenth"));
    let on = t
        .iter()
        .zip(column(table, "on"))
        .zip(high.iter().zip(low))
        .map(|((&t, &g), (&high, &low))| Point { x: t, y: 1.0 / g, within: Some((1.0 / high, 1.0 / low)) });
    let off = t.iter().zip(column(table, "off")).map(|(&t, &g)| (t, 1.0 / g));
    let lost =
        t.iter().zip(column(table, "on")).zip(high.iter().zip(low)).map(|((&t, &g), (&high, &low))| {
            let first = column(table, "on").first().copied().unwrap_or(g);
            let part = |g: f64| 100.0 * g / first;
            Point { x: t, y: part(g), within: Some((part(low), part(high))) }
        });
    let mut upper =
        Chart::new("", Axis::linear("time", "s"), resistance(shown)).line(name, on).line("off", off);
    upper = shown.over(upper, f64::recip);
    if let Some((held, label)) = shown.label("held", "both states for") {
        upper = upper.mark(Mark::x(held, label));
    }
    let lower =
        Chart::new("", Axis::linear("time", "s"), Axis::linear("G_on left", "%").at_least(80.0, 100.0))
            .line(name, lost);
    let window = shown.value("window").map_or_else(String::new, |w| format!("window {w} at the end"));
    Stack::new(&shown.plan.title, shown.subtitle(&window)).size(720, 560).below(upper, 1.0).below(lower, 0.7).figure(
        &shown.plan.name,
        Shape::Half,
        format!(
            "Both states left alone: their resistances, and what is left of the on conductance of {devices} devices \
             (shaded: without the lowest and the highest tenth)."
        ),
    )
}
