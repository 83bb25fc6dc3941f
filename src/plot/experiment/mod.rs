//! Pictures of experiments with devices, the paper's numbers drawn in.

mod memory;
mod neuron;
mod sweep;
mod window;

use super::Figure;
use super::chart::{Chart, Mark, Point};
use super::measured::Scale;
use super::number::{significant, trimmed};
use crate::device::Open;
use crate::device::model::{Landmark, On};
use crate::device::protocol::Table;
use crate::scenario::device::ExperimentResult;
use crate::scenario::device::{Experiment, ExperimentPlan, PaperValue};
use crate::units::{Volt, parse_number_unit};

/// The name of a curve of (x, y) that is a measurement, to be drawn over the experiment.
pub const OVER: &str = "measured";

/// An experiment and what came of it.
#[derive(Clone, Copy)]
struct Shown<'a> {
    plan: &'a ExperimentPlan,
    result: &'a ExperimentResult,
}

/// The pictures of every experiment that was made, in their order.
#[must_use]
pub fn figures(plans: &[ExperimentPlan], results: &[ExperimentResult]) -> Vec<Figure> {
    let mut figures = Vec::new();
    for result in results {
        let Some(plan) = plans.iter().find(|plan| plan.name == result.name) else { continue };
        let shown = Shown { plan, result };
        match &plan.experiment {
            Experiment::Iv { .. } => figures.push(sweep::current(shown)),
            Experiment::Pulses { .. } => figures.push(neuron::pulses(shown)),
            Experiment::Integration { .. } => figures.push(neuron::integration(shown)),
            Experiment::Relaxation { .. } => figures.push(neuron::relaxation(shown)),
            Experiment::Power { .. } => figures.push(neuron::power(shown)),
            Experiment::Cycles { .. } => figures.push(memory::cycles(shown)),
            Experiment::Retention { .. } => figures.push(memory::retention(shown)),
            Experiment::Stdp { .. } => figures.push(window::rule(shown)),
            Experiment::SpikePulses { .. } => {
                figures.push(window::electrodes(shown));
                figures.push(window::intervals(shown));
            }
        }
    }
    figures
}

impl Shown<'_> {
    /// The curve itself.
    fn table(&self) -> Option<&Table> {
        self.result.curve("")
    }

    /// The chart with the measurement over it, if there is one; `shown` is what the chart shows of its values.
    fn over(&self, chart: Chart, shown: impl Fn(f64) -> f64) -> Chart {
        let Some(over) = self.result.curve(OVER) else { return chart };
        let rows = column(Some(over), "x").iter().zip(column(Some(over), "y"));
        // Where a logarithm has nothing to show there is nothing to say about it either.
        chart.points("measured", rows.map(|(&x, &y)| (x, shown(y))).filter(|p| p.1.is_finite() && p.1 != 0.0))
    }

    /// What the paper says of a quantity.
    fn paper(&self, quantity: &str) -> Option<&PaperValue> {
        self.plan.compare.iter().find(|row| row.quantity == quantity)
    }

    /// The paper's value as a label: `paper: on at 0.25 V`.
    fn label(&self, quantity: &str, words: &str) -> Option<(f64, String)> {
        let row = self.paper(quantity)?;
        let space = if words.is_empty() { "" } else { " " };
        Some((row.paper, format!("paper: {words}{space}{}", Scale::of(row.unit, row.paper).exact(row.paper))))
    }

    /// Marks at the paper's values of an axis.
    fn marks(&self, axis: fn(f64, String) -> Mark, quantities: &[(&str, &str)]) -> Vec<Mark> {
        quantities
            .iter()
            .filter_map(|(quantity, words)| self.label(quantity, words))
            .map(|(value, label)| axis(value, label))
            .collect()
    }

    /// Whether there is nothing of the paper to draw: then the preset's own numbers are.
    fn alone(&self) -> bool {
        self.plan.compare.is_empty()
    }

    /// The device as its preset has it.
    fn device(&self) -> &Open {
        &self.plan.device.preset.device
    }

    /// Whether it is either on or off.
    fn is_binary(&self) -> bool {
        self.device().memory().is_some_and(|memory| memory.device.switched(memory.start).is_some())
    }

    /// Where the preset says that something happens on an axis.
    fn landmarks(&self, on: On, axis: fn(f64, String) -> Mark) -> Vec<Mark> {
        let here = self.device().landmarks().into_iter().filter(|landmark| landmark.on == on);
        here.map(|landmark| axis(landmark.at, self.stated(&landmark))).collect()
    }

    /// `V_th 0.25 V (measured)`: a number of the preset and where it comes from.
    fn stated(&self, landmark: &Landmark) -> String {
        let Landmark { symbol, key, at, .. } = *landmark;
        let parameter = self.plan.device.preset.parameters.iter().find(|parameter| parameter.key == key);
        let sign = if at < 0.0 { "\u{2212}" } else { "" };
        parameter.map_or_else(
            || symbol.to_owned(),
            |p| format!("{symbol} {sign}{} ({})", typeset(&p.value), p.provenance.name()),
        )
    }

    /// A measured value with its unit.
    fn value(&self, name: &str) -> Option<String> {
        let measured = self.result.measured.iter().find(|measured| measured.name == name)?;
        Some(Scale::of(measured.unit, measured.value?).rounded(measured.value?))
    }

    /// "device, kind of curve; values".
    fn subtitle(&self, rest: &str) -> String {
        let title = &self.plan.device.preset.title;
        if rest.is_empty() { title.clone() } else { format!("{title}; {rest}") }
    }
}

/// What a preset states, as print has it: with a micro sign, an ohm sign and a true minus, and with four digits where it
/// is written with more (a decade is 3.16227766 MOhm there).
fn typeset(value: &str) -> String {
    let (number, unit) = parse_number_unit(value);
    let long = number.chars().filter(char::is_ascii_digit).count() > 6 && !number.contains(['e', 'E']);
    let value = match number.parse() {
        Ok(parsed) if long => format!("{} {unit}", trimmed(&significant(parsed, 4))),
        _ => value.to_owned(),
    };
    value.trim_end().replace(" u", " \u{b5}").replace("Ohm", "\u{3a9}").replace('-', "\u{2212}")
}

/// A vertical mark.
fn x_mark(value: f64, label: String) -> Mark {
    Mark::x(value, label)
}

/// A horizontal mark.
fn y_mark(value: f64, label: String) -> Mark {
    Mark::y(value, label)
}

/// 0.25 V rather than 250 mV.
fn plain(v: Volt) -> String {
    format!("{} V", trimmed(&format!("{:.4}", v.get()))).replace('-', "\u{2212}")
}

fn column<'t>(table: Option<&'t Table>, name: &str) -> &'t [f64] {
    table.and_then(|table| table.values(name)).unwrap_or_default()
}

/// Two columns of a table as points.
fn points(table: Option<&Table>, x: &str, y: &str) -> Vec<Point> {
    column(table, x).iter().zip(column(table, y)).map(|(&x, &y)| Point::from((x, y))).collect()
}
