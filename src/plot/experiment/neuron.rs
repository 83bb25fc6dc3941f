//! The switch as a neuron, and trains of pulses.

use super::{Shown, column, plain, points, x_mark, y_mark};
use crate::device::model::On;
use crate::device::threshold::{ThresholdSwitch, VolatileSwitch};
use crate::numeric::exp;
use crate::plot::chart::{Axis, Chart, Look, Mark, Point, Series, Stack};
use crate::plot::{Figure, Shape};
use crate::scenario::device::Experiment;
use crate::units::{Quantity as _, Volt};

fn switch(shown: Shown<'_>) -> Option<ThresholdSwitch> {
    shown.device().get::<VolatileSwitch>().map(|volatile| volatile.switch.clone())
}

/// What the paper plots: the conductance of the filament.
fn conductance() -> Axis {
    Axis::linear("conductance", "S").at_least(0.0, 0.0)
}

/// Of a filament at u volts, while it is off.
fn grown(switch: &ThresholdSwitch, u: f64) -> f64 {
    switch.conductance_at(u - switch.u_rest.get(), switch.theta(), 0.0)
}

fn threshold(switch: &ThresholdSwitch) -> Mark {
    Mark::y(switch.g_pre.get(), format!("fires at {}", plain(switch.v_th)))
}

/// A drive, and the state or conductance that answers it.
pub fn pulses(shown: Shown<'_>) -> Figure {
    let table = shown.table();
    let Some(switch) = switch(shown) else {
        return if shown.device().memory().is_some() { trained(shown) } else { driven(shown) };
    };
    let time = || Axis::linear("time", "s");
    // A level belongs to the piece that ends at its time.
    let (t, v) = (column(table, "time"), column(table, "voltage"));
    let drive: Vec<Point> =
        t.iter().zip(v.iter().skip(1).chain(v.last())).map(|(&t, &v)| Point::from((t, v))).collect();
    let mut rises =
        Chart::new("", time(), conductance()).line("conductance", points(table, "time", "conductance"));
    if let (Some(row), Some(peaks)) = (shown.paper("tau"), envelope(shown, &switch, t)) {
        let name = format!("paper: rise of the peaks with {:.2} ms", row.paper * 1e3);
        rises = rises.reference(name, peaks);
    }
    rises = shown.over(rises, |u| grown(&switch, u)).mark(threshold(&switch));
    let fires =
        shown.value("first_spike").map_or_else(|| "never fires".into(), |n| format!("fires at pulse {n}"));
    Stack::new(&shown.plan.title, shown.subtitle(&fires))
        .size(720, 520)
        .below(Chart::new("", time(), Axis::linear("drive", "V")).series(Series::new("", Look::Steps, drive)), 0.35)
        .below(rises, 1.0)
        .figure(
            &shown.plan.name,
            Shape::Half,
            "Pulses on the switch and its conductance, which follows the filament. Each pulse adds to what the pause before it \
             has left; at the threshold the switch fires, and the limiter keeps the filament from growing further.",
        )
}

/// The peaks before the first firing, with the paper's time constant: u_n = u_end + (u_1 - u_end) e^(-t/tau).
fn envelope(shown: Shown<'_>, switch: &ThresholdSwitch, t: &[f64]) -> Option<Vec<Point>> {
    let &Experiment::Pulses { amplitude, width, period, .. } = &shown.plan.experiment else { return None };
    let tau = shown.paper("tau")?.paper;
    let (p, q) = (exp(-width.get() / tau), exp(-period.get() / tau));
    let rest = switch.u_rest.get();
    let (first, end) = (rest + amplitude.get() * (1.0 - p), rest + amplitude.get() * (1.0 - p) / (1.0 - q));
    let peak = |time: f64| end + (first - end) * exp(-(time - width.get()) / tau);
    let all = t.iter().filter(|t| **t >= width.get()).map(|&t| (t, peak(t)));
    let below = all.take_while(|p| p.1 <= switch.v_th.get());
    Some(below.map(|(t, u)| Point::from((t, grown(switch, u)))).collect())
}

/// Any other device under its train: the drive, and every variable that tables have.
fn driven(shown: Shown<'_>) -> Figure {
    let (table, kind) = (shown.table(), shown.device().kind());
    let time = || Axis::linear("time", "s");
    let mut stack = Stack::new(&shown.plan.title, shown.subtitle("")).size(720, 520);
    let variables = kind.variables[..kind.shown].iter().copied();
    for (name, unit) in [("voltage", "V"), ("current", "A")].into_iter().chain(variables) {
        let chart = Chart::new("", time(), Axis::linear(name, unit));
        stack = stack.below(chart.series(Series::new("", Look::Line, points(table, "time", name))), 1.0);
    }
    stack.figure(&shown.plan.name, Shape::Half, "Pulses on the device, its current and its state.")
}

/// A resistive device under its trains.
fn trained(shown: Shown<'_>) -> Figure {
    let table = shown.table();
    let (n, v, g) = (column(table, "pulse"), column(table, "amplitude"), column(table, "conductance"));
    let axis = if shown.is_binary() {
        Axis::log("conductance", "S")
    } else {
        Axis::linear("conductance", "S").at_least(0.0, 0.0)
    };
    let mut chart =
        Chart::new(&shown.plan.title, Axis::linear("pulse", ""), axis).subtitle(shown.subtitle(""));
    let look = if n.len() <= 400 { Look::Both } else { Look::Line };
    let mut voltages: Vec<f64> = Vec::new();
    for &v in v.iter().skip(1) {
        if !voltages.contains(&v) {
            voltages.push(v);
        }
    }
    for (k, &voltage) in voltages.iter().enumerate() {
        // The start belongs to the first train.
        let rows = (0..n.len()).filter(|&row| if row == 0 { k == 0 } else { v[row] == voltage });
        let name = Volt::from_si(voltage).map_or_else(String::new, plain);
        chart = chart.series(Series::new(name, look, rows.map(|row| (n[row], g[row]))));
    }
    for mark in shown.landmarks(On::Conductance, y_mark).into_iter().filter(|_| shown.alone()) {
        chart = chart.mark(mark);
    }
    shown.over(chart, |g| g).figure(&shown.plan.name, Shape::Half, "Conductance after every pulse.")
}

pub fn integration(shown: Shown<'_>) -> Figure {
    let &Experiment::Integration { amplitude, length, .. } = &shown.plan.experiment else {
        return trained(shown);
    };
    let switch = switch(shown);
    let mut chart = Chart::new(&shown.plan.title, Axis::linear("time", "s"), conductance())
        .line("conductance", points(shown.table(), "time", "conductance"));
    if let (Some(tau), Some(rest), Some(switch)) = (shown.paper("tau"), shown.paper("u_rest"), &switch) {
        let curve = (0..=60).map(|k| {
            let t = length.get() * f64::from(k) / 60.0;
            (t, grown(switch, rest.paper + amplitude.get() * (1.0 - exp(-t / tau.paper))))
        });
        let name =
            format!("paper: u_rest + R I (1 \u{2212} e^(\u{2212}t/tau)), tau = {:.2} ms", tau.paper * 1e3);
        chart = chart.reference(name, curve);
    }
    if let Some(switch) = &switch {
        chart = chart.mark(threshold(switch));
    }
    if let Some(after) = shown.result.value("fires_after") {
        chart = chart.mark(Mark::x(after, format!("fires after {:.3} ms", after * 1e3)));
    }
    let fitted = shown.value("tau").map_or_else(String::new, |tau| format!("fitted tau = {tau}"));
    chart.subtitle(shown.subtitle(&fitted)).figure(
        &shown.plan.name,
        Shape::Half,
        format!("A constant drive of {} on a switch at rest.", plain(amplitude)),
    )
}

pub fn relaxation(shown: Shown<'_>) -> Figure {
    let &Experiment::Relaxation { length, .. } = &shown.plan.experiment else { return trained(shown) };
    let switch = switch(shown);
    let mut chart =
        Chart::new(&shown.plan.title, Axis::linear("time since the drive ended", "s"), conductance())
            .line("conductance", points(shown.table(), "time", "conductance"));
    if let (Some(tau), Some(rest), Some(switch)) = (shown.paper("tau"), shown.paper("u_rest"), &switch) {
        let curve = (0..=60).map(|k| {
            let t = length.get() * f64::from(k) / 60.0;
            let left = exp(-t / tau.paper);
            let u = rest.paper + (switch.v_th.get() - rest.paper) * left;
            (t, switch.conductance_at(u - switch.u_rest.get(), switch.theta(), left))
        });
        chart = chart.reference(format!("paper: tau = {:.2} ms", tau.paper * 1e3), curve);
    }
    if let Some(on) = shown.result.value("on_time") {
        chart = chart.mark(Mark::x(on, format!("off after {:.2} ms", on * 1e3)));
    }
    if let Some(switch) = &switch {
        // A measured state, as the conductance that a filament has there.
        chart = shown.over(chart, |u| {
            let x = u - switch.u_rest.get();
            switch.conductance_at(x, switch.theta(), (x / switch.theta()).clamp(0.0, 1.0))
        });
    }
    let fitted = shown.value("tau").map_or_else(String::new, |tau| format!("fitted tau = {tau}"));
    chart.subtitle(shown.subtitle(&fitted)).figure(
        &shown.plan.name,
        Shape::Half,
        "The conductance after firing, without drive. The switch stays on until its filament has fallen to the hold \
         voltage, its natural refractory time, and goes on relaxing without a step.",
    )
}

pub fn power(shown: Shown<'_>) -> Figure {
    let table = shown.table();
    let mut chart = Chart::new(
        &shown.plan.title,
        Axis::linear("voltage of the source", "V"),
        Axis::linear("power", "W").at_least(0.0, 0.0),
    )
    .line("device", points(table, "voltage", "device power"))
    .line("limiter", points(table, "voltage", "limiter power"))
    .line("source", points(table, "voltage", "source power"));
    for mark in shown.marks(y_mark, &[("on_power", "")]) {
        chart = chart.mark(mark);
    }
    if let Some(switch) = switch(shown) {
        chart = chart.mark(x_mark(switch.v_th.get(), format!("turns on at {}", plain(switch.v_th))));
    }
    if let Some(from) = shown.result.value("compliance_from") {
        chart = chart.mark(x_mark(from, format!("compliance from {from:.2} V")));
    }
    chart.subtitle(shown.subtitle("while on")).figure(
        &shown.plan.name,
        Shape::Half,
        "Power of the switch while it is on. In compliance the device takes the same whatever the voltage, and its \
         limiter the rest.",
    )
}
