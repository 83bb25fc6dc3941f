//! `memspike device NAME iv`.

use super::args::IvArgs;
use super::{Answer, Ask, Failure, short, usual_voltages};
use memspike::device::circuit::Ramp;
use memspike::device::preset::PresetDevice;
use memspike::device::protocol::{Sweep, Table, iv_oscillator, iv_resistive, iv_switch};
use memspike::device::resistive::{DoseDevice, Rate, Resistive};
use memspike::device::threshold::ThresholdSpread;
use memspike::plot::PlotError;
use memspike::plot::chart::{Axis, Chart, Look, Mark, Series};
use memspike::units::{Quantity as _, Volt, VoltPerSecond};

pub fn run(ask: &Ask<'_>, args: &IvArgs) -> Result<Answer, Failure> {
    let points = turning_points(ask, args);
    ask.in_range(points.iter().copied())?;
    let path: f64 = points.windows(2).map(|leg| (leg[1] - leg[0]).abs()).sum();
    if path.is_nan() || path <= 0.0 {
        return Err(Failure::new("the sweep goes nowhere: its turning points are all the same")
            .with_hint("give --amplitude a voltage, or --through at least two, such as \"0 V,0.2 V,0 V\""));
    }
    let legs = points.len() as u64;
    let rows = legs.saturating_mul(u64::from(args.samples)).saturating_mul(u64::from(args.cycles));
    ask.rows(rows, "--samples or --cycles")?;
    let rate = match (args.rate, args.duration) {
        (Some(rate), _) => rate.get(),
        (None, Some(duration)) => path / duration.get(),
        (None, None) => usual_rate(&ask.preset.device, points.get(1).copied().unwrap_or(0.0)),
    };
    let rate = VoltPerSecond::from_si(rate).filter(|rate| rate.get() > 0.0).ok_or_else(|| {
        Failure::new("the sweep is faster or slower than any number can say")
            .with_hint("give --rate such as \"10 mV/s\", or a --duration")
    })?;
    let sweep = Sweep {
        points: points.iter().filter_map(|&v| Volt::from_si(v)).collect(),
        rate,
        samples: args.samples,
        repeat: args.cycles,
    };
    let mut table = measure(ask, args, &sweep)?;
    ask.measure(&mut table, &["current"])?;
    let through: Vec<String> = points.iter().map(|v| short(*v, "V")).collect();
    let note = format!("sweep {} at {}", through.join(" \u{2192} "), short(rate.get(), "V/s"));
    let svg = ask.picture(|| draw(ask, args, &table, &note))?;
    Ok(Answer { table, svg, notes: vec![note], summary: None })
}

fn turning_points(ask: &Ask<'_>, args: &IvArgs) -> Vec<f64> {
    if !args.through.is_empty() {
        return args.through.iter().map(|v| v.get()).collect();
    }
    let (up, down) = usual_voltages(ask.preset);
    let up = args.amplitude.map_or(up, Volt::get);
    let down = args.reverse.map_or(down, Volt::get);
    let mut points = vec![0.0, up, 0.0];
    if down != 0.0 {
        points.extend([down, 0.0]);
    }
    points
}

/// 10 mV/s, or for devices of quite another speed the rate at which the first half covers most of the range.
fn usual_rate(device: &PresetDevice, amplitude: f64) -> f64 {
    const SLOW: f64 = 0.01;
    match device {
        PresetDevice::DoseDevice { device, g_start, .. }
            if !matches!(device.set, Rate::Exponential { .. }) && amplitude > 0.0 =>
        {
            amplitude / time_to_cover(device, g_start.get(), amplitude).unwrap_or(amplitude / SLOW)
        }
        _ => SLOW,
    }
}

/// Seconds from zero to `amplitude` after which 0.4 of the range above `g` are covered.
fn time_to_cover(device: &DoseDevice, g: f64, amplitude: f64) -> Option<f64> {
    let bounds = device.bounds();
    let goal = g + 0.4 * (bounds.g_max - g);
    let mut length = 1e-15;
    while length < 1e9 {
        if device.conductance_after(g, Ramp { from: 0.0, to: amplitude, length }, 1.0) >= goal {
            return Some(length);
        }
        length *= 1.25;
    }
    None
}

fn measure(ask: &Ask<'_>, args: &IvArgs, sweep: &Sweep) -> Result<Table, Failure> {
    let seed = ask.pulse_seed();
    if args.start.is_some() && ask.preset.device.resistive().is_none() {
        return Err(Failure::new(format!(
            "--start has no meaning for `{}`, which is volatile",
            ask.preset.name
        ))
        .with_hint("leave --start away"));
    }
    Ok(match &ask.preset.device {
        PresetDevice::ThresholdSwitch { switch, spread } => {
            let mut switch = switch.clone();
            switch.i_cc = args.compliance.unwrap_or(switch.i_cc);
            let spread = if ask.common.vary { *spread } else { ThresholdSpread::default() };
            iv_switch(&switch, sweep, &spread, ask.common.seed)
        }
        PresetDevice::BinarySwitch { device, .. } => {
            let mut device = device.clone();
            device.i_cc = args.compliance.or(device.i_cc);
            let g = ask.start(args.start, &device, device.median(false))?;
            iv_resistive(&device, g, sweep, seed)
        }
        PresetDevice::DoseDevice { device, spread, g_start, .. } => {
            let (mut device, seed) = ask.own_dose(device, spread);
            device.i_cc = args.compliance.or(device.i_cc);
            let bounds = device.bounds();
            let g = ask.start(args.start, &device, g_start.get().clamp(bounds.g_min, bounds.g_max))?;
            iv_resistive(&device, g, sweep, seed)
        }
        PresetDevice::Oscillator { oscillator } => {
            if args.compliance.is_some() {
                return Err(Failure::new("an oscillator has no current limiter")
                    .with_hint("leave --compliance away; its resistor limits the current"));
            }
            iv_oscillator(oscillator, sweep)
        }
    })
}

fn draw(ask: &Ask<'_>, args: &IvArgs, table: &Table, note: &str) -> Result<String, PlotError> {
    let column = |name: &str| table.values(name).unwrap_or_default();
    let (v, i, cycle) = (column("voltage"), column("current"), column("cycle"));
    let abrupt = !matches!(ask.preset.device, PresetDevice::DoseDevice { .. });
    let axis = if abrupt { Axis::log("|current|", "A") } else { Axis::linear("current", "A") };
    let title = format!("Current and voltage of {}", ask.preset.title);
    let mut chart = Chart::new(title, Axis::linear("voltage", "V"), axis).subtitle(note);
    // At zero volts a logarithm has nothing to show.
    let shown = |k: usize| !abrupt || (i[k] != 0.0 && v[k] != 0.0);
    let at = |k: usize| (v[k], if abrupt { i[k].abs() } else { i[k] });
    if args.cycles > 1 {
        let last = f64::from(args.cycles - 1);
        let few = args.cycles <= 8;
        for n in 0..args.cycles.min(200) {
            let name = if few || n == 0 || n + 1 == args.cycles.min(200) {
                format!("sweep {}", n + 1)
            } else {
                String::new()
            };
            let rows = (0..v.len()).filter(|&k| cycle[k] == f64::from(n) && shown(k));
            let series = Series::new(name, Look::Line, rows.map(at));
            chart = chart.series(series.ordered(f64::from(n) / last));
        }
    } else {
        let away = |k: usize| k == 0 && v[k].abs() > 0.0 || k > 0 && v[k].abs() > v[k - 1].abs();
        for (name, outward) in [("away from zero", true), ("back to zero", false)] {
            // Rows of the other direction break the line.
            let rows = (0..v.len()).map(|k| {
                let there = away(k) == outward || (k + 1 < v.len() && !outward && !away(k + 1));
                if there && shown(k) { at(k) } else { (f64::NAN, f64::NAN) }
            });
            let mut series = Series::new(name, Look::Line, Vec::<(f64, f64)>::new());
            series.points = pieces(rows);
            chart = chart.series(series);
        }
    }
    for mark in marks(ask, args) {
        chart = chart.mark(mark);
    }
    chart.svg()
}

/// Points with single gaps between stretches, none at the ends.
fn pieces(rows: impl Iterator<Item = (f64, f64)>) -> Vec<memspike::plot::chart::Point> {
    let mut points: Vec<memspike::plot::chart::Point> = Vec::new();
    for (x, y) in rows {
        let gap = !x.is_finite();
        if gap && points.last().is_none_or(|p| p.gap()) {
            continue;
        }
        points.push(if gap { memspike::plot::chart::Point::GAP } else { (x, y).into() });
    }
    if points.last().is_some_and(|p| p.gap()) {
        points.pop();
    }
    points
}

fn marks(ask: &Ask<'_>, args: &IvArgs) -> Vec<Mark> {
    let limit = |i_cc: f64| {
        let label = match args.compliance {
            Some(i) => ask.own_label("I_cc", i),
            None => ask.label("I_cc", "i_cc"),
        };
        Mark::y(i_cc, label)
    };
    match &ask.preset.device {
        PresetDevice::ThresholdSwitch { switch, .. } => vec![
            Mark::x(switch.v_th.get(), ask.label("V_th", "v_th")),
            Mark::x(switch.v_hold.get(), ask.label("V_h", "v_hold")),
            limit(args.compliance.unwrap_or(switch.i_cc).get()),
        ],
        PresetDevice::Oscillator { oscillator } => vec![
            Mark::x(oscillator.v_th.get(), ask.label("V_th", "v_th")),
            Mark::x(oscillator.v_hold.get(), ask.label("V_h", "v_hold")),
        ],
        PresetDevice::BinarySwitch { device, .. } => {
            let mut marks = vec![
                Mark::x(device.v_set.get(), ask.label("SET", "v_set")),
                Mark::x(-device.v_reset.get(), ask.label("RESET", "v_reset").replacen(' ', " \u{2212}", 1)),
            ];
            marks.extend(args.compliance.or(device.i_cc).map(|i| limit(i.get())));
            marks
        }
        PresetDevice::DoseDevice { device, .. } => {
            let (set, reset) = device.onsets();
            vec![
                Mark::x(set, ask.label("SET above", "set_v_on")),
                Mark::x(-reset, ask.label("RESET", "reset_v_on").replacen(' ', " beyond \u{2212}", 1)),
            ]
        }
    }
}
