//! Current against voltage.

use super::{Shown, column, plain, x_mark, y_mark};
use crate::device::preset::PresetDevice;
use crate::plot::chart::{Axis, Chart, Look, Point, Series, Stack};
use crate::plot::{Figure, PlotError, Shape};
use crate::scenario::device::Experiment;

pub fn current(shown: Shown<'_>) -> Result<Figure, PlotError> {
    match &shown.plan.device.preset.device {
        PresetDevice::DoseDevice { .. } => analog(shown),
        _ => abrupt(shown),
    }
}

/// One leg of a sweep: rows from one turning point to the next.
fn legs(shown: Shown<'_>) -> Vec<(usize, String, std::ops::Range<usize>)> {
    let Experiment::Iv { points, samples, repeat, .. } = &shown.plan.experiment else { return Vec::new() };
    let samples = *samples as usize;
    let mut legs = Vec::new();
    for cycle in 0..*repeat as usize {
        for pair in points.windows(2).filter(|pair| pair[0] != pair[1]) {
            let start = legs.len() * samples;
            legs.push((
                cycle,
                format!("{} to {}", plain(pair[0]).trim_end_matches(" V"), plain(pair[1])),
                start..start + samples,
            ));
        }
    }
    legs
}

/// Devices that switch: |I| on a logarithmic axis.
fn abrupt(shown: Shown<'_>) -> Result<Figure, PlotError> {
    let table = shown.table();
    let (v, i) = (column(table, "voltage"), column(table, "current"));
    let legs = legs(shown);
    let cycles = legs.last().map_or(1, |leg| leg.0 + 1);
    let mut chart = Chart::new(&shown.plan.title, Axis::linear("voltage", "V"), Axis::log("|current|", "A"))
        .subtitle(shown.subtitle(&switchings(shown)));
    let count = legs.len();
    for (index, (cycle, name, rows)) in legs.into_iter().enumerate() {
        // At 0 V there is no current, and no logarithm of it.
        let leg: Vec<Point> = rows
            .filter_map(|row| Some((*v.get(row)?, i.get(row)?.abs())))
            .filter(|point| point.1 > 0.0)
            .map(Point::from)
            .collect();
        let (name, order) = if cycles == 1 {
            (format!("{}. {name}", index + 1), index as f64 / (count - 1).max(1) as f64)
        } else {
            (String::new(), cycle as f64 / (cycles - 1) as f64)
        };
        chart = chart.series(Series::new(name, Look::Line, leg).ordered(order * 0.8));
    }
    for mark in shown
        .marks(x_mark, &[("v_th", "on at"), ("v_hold", "off at"), ("v_set", "SET at"), ("v_reset", "off by")])
        .into_iter()
        .chain(shown.marks(y_mark, &[("largest_current", "")]))
    {
        chart = chart.mark(mark);
    }
    let spread = if cycles > 1 {
        format!(
            " {cycles} cycles, the first dark and the last light; the spread from cycle to cycle is assumed."
        )
    } else {
        String::new()
    };
    chart.figure(
        &shown.plan.name,
        Shape::Half,
        format!("Current through limiter and device along the sweep, on a logarithmic scale.{spread}"),
    )
}

fn switchings(shown: Shown<'_>) -> String {
    let of = |name: &str, words: &str| shown.value(name).map(|value| format!("{words} {value}"));
    if matches!(&shown.plan.experiment, Experiment::Iv { repeat, .. } if *repeat > 1) {
        return String::new();
    }
    let all = [of("v_th", "on at"), of("v_hold", "off at"), of("v_set", "SET at"), of("v_reset", "RESET at")];
    all.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Analog devices: sweep after sweep, and what each leaves behind.
fn analog(shown: Shown<'_>) -> Result<Figure, PlotError> {
    let table = shown.table();
    let (v, i, g) = (column(table, "voltage"), column(table, "current"), column(table, "conductance"));
    let mut upper = Chart::new("", Axis::linear("voltage", "V"), Axis::linear("current", "A"));
    let legs = legs(shown);
    let cycles = legs.last().map_or(1, |leg| leg.0 + 1);
    let mut after: Vec<Point> = Vec::new();
    if let Some(start) = shown.result.value("g_start") {
        after.push((0.0, start).into());
    }
    for cycle in 0..cycles {
        let rows = legs.iter().filter(|leg| leg.0 == cycle).flat_map(|leg| leg.2.clone());
        let origin = std::iter::once(Point::from((0.0, 0.0)));
        let sweep: Vec<Point> =
            origin.chain(rows.filter_map(|row| Some(Point::from((*v.get(row)?, *i.get(row)?))))).collect();
        let last = legs.iter().rfind(|leg| leg.0 == cycle).and_then(|leg| g.get(leg.2.end - 1));
        after.extend(last.map(|&g| Point::from(((cycle + 1) as f64, g))));
        let order = cycle as f64 / (cycles.max(2) - 1) as f64;
        upper = upper
            .series(Series::new(format!("sweep {}", cycle + 1), Look::Line, sweep).ordered(order * 0.85));
    }
    // The sign of the sweeps is that of the current.
    let negative = i.iter().any(|i| *i < 0.0);
    for mark in shown.marks(
        if negative { |value, label| y_mark(-value, label) } else { y_mark },
        &[("largest_current", "axis to")],
    ) {
        upper = upper.mark(mark);
    }
    let lower =
        Chart::new("", Axis::linear("sweeps made", ""), Axis::linear("conductance", "S").at_least(0.0, 0.0))
            .series(Series::new("", Look::Both, after));
    let change =
        shown.value("change_per_sweep").map_or_else(String::new, |c| format!("{c} of the range per sweep"));
    Stack::new(&shown.plan.title, shown.subtitle(&change)).size(720, 660).below(upper, 1.0).below(lower, 0.7).figure(
        &shown.plan.name,
        Shape::Half,
        "Current along consecutive sweeps, the first dark and the last light, and the conductance each leaves behind.",
    )
}
