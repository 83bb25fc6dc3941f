//! Current against voltage.

use super::{Shown, column, plain, x_mark, y_mark};
use crate::device::model::On;
use crate::plot::chart::{Axis, Chart, Look, Mark, Point, Series, Stack};
use crate::plot::{Figure, Shape};
use crate::scenario::device::Experiment;
use crate::units::Volt;

pub fn current(shown: Shown<'_>) -> Figure {
    if shown.device().memory().is_some() && !shown.is_binary() { analog(shown) } else { abrupt(shown) }
}

/// Sweeps of which a picture shows no more: further ones hide each other.
const MOST: usize = 200;

/// Where the rows of the sweeps are: leg after leg, cycle after cycle.
struct Legs {
    names: Vec<String>,
    samples: usize,
    cycles: usize,
}

impl Legs {
    fn of(shown: Shown<'_>) -> Self {
        let Experiment::Iv { points, samples, repeat, .. } = &shown.plan.experiment else {
            return Self { names: Vec::new(), samples: 0, cycles: 0 };
        };
        let legs = points.windows(2).filter(|pair| pair[0] != pair[1]);
        let name = |pair: &[Volt]| format!("{} to {}", plain(pair[0]).trim_end_matches(" V"), plain(pair[1]));
        Self { names: legs.map(name).collect(), samples: *samples as usize, cycles: *repeat as usize }
    }

    /// Rows of one leg of one cycle.
    fn leg(&self, cycle: usize, leg: usize) -> std::ops::Range<usize> {
        let start = (cycle * self.names.len() + leg) * self.samples;
        start..start + self.samples
    }

    /// Rows of all legs of one cycle.
    fn cycle(&self, cycle: usize) -> std::ops::Range<usize> {
        let length = self.names.len() * self.samples;
        cycle * length..(cycle + 1) * length
    }

    /// The cycles that are drawn, the first and the last among them.
    fn drawn(&self) -> impl Iterator<Item = usize> {
        let (cycles, every) = (self.cycles, self.cycles.div_ceil(MOST).max(1));
        (0..cycles).filter(move |cycle| cycle % every == 0 || cycle + 1 == cycles)
    }

    /// From 0 for the first cycle to 1 for the last.
    fn order(&self, cycle: usize) -> f64 {
        cycle as f64 / (self.cycles.max(2) - 1) as f64
    }
}

/// Devices that switch: |I| on a logarithmic axis.
fn abrupt(shown: Shown<'_>) -> Figure {
    let table = shown.table();
    let (v, i) = (column(table, "voltage"), column(table, "current"));
    let legs = Legs::of(shown);
    let mut chart = Chart::new(&shown.plan.title, Axis::linear("voltage", "V"), Axis::log("|current|", "A"))
        .subtitle(shown.subtitle(&switchings(shown)));
    let count = legs.names.len();
    for cycle in legs.drawn() {
        for (index, name) in legs.names.iter().enumerate() {
            // At 0 V there is no current, and no logarithm of it.
            let leg: Vec<Point> = legs
                .leg(cycle, index)
                .filter_map(|row| Some((*v.get(row)?, i.get(row)?.abs())))
                .filter(|point| point.1 > 0.0)
                .map(Point::from)
                .collect();
            let (name, order) = if legs.cycles == 1 {
                (format!("{}. {name}", index + 1), index as f64 / (count - 1).max(1) as f64)
            } else {
                (String::new(), legs.order(cycle))
            };
            chart = chart.series(Series::new(name, Look::Line, leg).ordered(order * 0.8));
        }
    }
    for mark in shown
        .marks(x_mark, &[("v_th", "on at"), ("v_hold", "off at"), ("v_set", "SET at"), ("v_reset", "off by")])
        .into_iter()
        .chain(shown.marks(y_mark, &[("largest_current", "")]))
        .chain(stated(shown))
    {
        chart = chart.mark(mark);
    }
    let spread = if legs.cycles > 1 {
        format!(
            " {} cycles, the first dark and the last light; the spread from cycle to cycle is assumed.",
            legs.cycles
        )
    } else {
        String::new()
    };
    shown.over(chart, f64::abs).figure(
        &shown.plan.name,
        Shape::Half,
        format!("Current through limiter and device along the sweep, on a logarithmic scale.{spread}"),
    )
}

/// Where the preset says that something happens, if no paper does.
fn stated(shown: Shown<'_>) -> Vec<Mark> {
    if !shown.alone() {
        return Vec::new();
    }
    let voltages = shown.landmarks(On::Voltage, x_mark);
    voltages.into_iter().chain(shown.landmarks(On::Current, y_mark)).collect()
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
fn analog(shown: Shown<'_>) -> Figure {
    let table = shown.table();
    let (v, i, g) = (column(table, "voltage"), column(table, "current"), column(table, "conductance"));
    let mut upper = Chart::new("", Axis::linear("voltage", "V"), Axis::linear("current", "A"));
    let legs = Legs::of(shown);
    let named = |cycle: usize| legs.cycles <= 8 || cycle == 0 || cycle + 1 == legs.cycles;
    let mut after: Vec<Point> = Vec::new();
    if let Some(start) = shown.result.value("g_start") {
        after.push((0.0, start).into());
    }
    for cycle in legs.drawn() {
        let rows = legs.cycle(cycle);
        let last = rows.end.checked_sub(1).and_then(|row| g.get(row));
        after.extend(last.map(|&g| Point::from(((cycle + 1) as f64, g))));
        let origin = std::iter::once(Point::from((0.0, 0.0)));
        let sweep: Vec<Point> =
            origin.chain(rows.filter_map(|row| Some(Point::from((*v.get(row)?, *i.get(row)?))))).collect();
        let name = if named(cycle) { format!("sweep {}", cycle + 1) } else { String::new() };
        upper = upper.series(Series::new(name, Look::Line, sweep).ordered(legs.order(cycle) * 0.85));
    }
    upper = shown.over(upper, |i| i);
    for mark in stated(shown) {
        upper = upper.mark(mark);
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
