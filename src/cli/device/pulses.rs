//! `memspike device NAME pulses`.

use super::args::PulsesArgs;
use super::{Answer, Ask, Failure, short, typeset, usual_voltages};
use memspike::device::circuit::Ramp;
use memspike::device::preset::PresetDevice;
use memspike::device::protocol::{PulseProtocol, Table, pulses_resistive, pulses_switch};
use memspike::device::resistive::{DoseDevice, Rate, Resistive};
use memspike::device::threshold::{ThresholdSpread, ThresholdSwitch};
use memspike::plot::PlotError;
use memspike::plot::chart::{Axis, Chart, Look, Mark, Series, Stack};
use memspike::units::{Quantity as _, Second, Volt};

pub fn run(ask: &Ask<'_>, args: &PulsesArgs) -> Result<Answer, Failure> {
    match &ask.preset.device {
        PresetDevice::ThresholdSwitch { switch, spread } => integrate(ask, args, switch, spread),
        PresetDevice::BinarySwitch { device, .. } => {
            let g = ask.start(args.start, device, device.median(false))?;
            let width = args.width.unwrap_or(Second::new(1e-3));
            program(ask, args, device, g, ask.pulse_seed(), (width, 5))
        }
        PresetDevice::DoseDevice { device, spread, g_start, .. } => {
            let (device, seed) = ask.own_dose(device, spread);
            let bounds = device.bounds();
            let g = ask.start(args.start, &device, g_start.get().clamp(bounds.g_min, bounds.g_max))?;
            let (width, count) = usual_width(&device, voltages(ask, args));
            program(ask, args, &device, g, seed, (args.width.unwrap_or(width), count))
        }
        PresetDevice::Oscillator { .. } => {
            Err(ask.cannot("pulses", "it is a whole circuit that runs on its own supply"))
        }
    }
}

/// A width of which 50 pulses of the faster side have a dose of 1, or the width and number of the pulses that were measured.
fn usual_width(device: &DoseDevice, (up, down): (f64, f64)) -> (Second, u32) {
    if let Rate::Pulses { width, .. } = &device.set {
        return (*width, 100);
    }
    let per_second = |rate: &Rate, v: f64| rate.dose(Ramp { from: v, to: v, length: 1.0 });
    let dose = per_second(&device.set, up.max(0.0)).max(per_second(&device.reset, (-down).max(0.0)));
    let width = if dose > 0.0 { 0.02 / dose } else { 1e-3 };
    // Two digits are all a default needs.
    let rounded = format!("{width:.1e}").parse().ok().and_then(Second::from_si);
    (rounded.filter(|w| w.get() > 0.0).unwrap_or(Second::new(1e-3)), 50)
}

/// Voltages of the two trains; zero for no second one.
fn voltages(ask: &Ask<'_>, args: &PulsesArgs) -> (f64, f64) {
    let (up, down) = usual_voltages(ask.preset);
    match (args.amplitude, args.reverse) {
        (amplitude, Some(reverse)) => (amplitude.map_or(up, Volt::get), reverse.get()),
        // A train of one's own has no second one unless it is asked for.
        (Some(amplitude), None) => (amplitude.get(), 0.0),
        (None, None) => (up, down),
    }
}

fn program(
    ask: &Ask<'_>,
    args: &PulsesArgs,
    device: &dyn Resistive,
    g: f64,
    seed: Option<u64>,
    (width, count): (Second, u32),
) -> Result<Answer, Failure> {
    let (up, down) = voltages(ask, args);
    ask.in_range([up, down])?;
    let count = args.count.unwrap_or(count);
    ask.rows(2 * u64::from(count), "--count")?;
    let train = |v: f64| PulseProtocol {
        amplitude: Volt::from_si(v).unwrap_or(Volt::ZERO),
        width,
        period: args.period.unwrap_or(width),
        count,
    };
    let mut trains = vec![train(up)];
    if down != 0.0 {
        trains.push(train(down));
    }
    let mut table = pulses_resistive(device, g, &trains, seed);
    ask.measure(&mut table, &["conductance"])?;
    let amplitudes: Vec<String> =
        trains.iter().map(|t| format!("{count} of {}", short(t.amplitude.get(), "V"))).collect();
    let note = typeset(&format!("pulses of {width}: {}", amplitudes.join(", then ")));
    let svg = ask.picture(|| draw_programming(ask, &table, device, &note, up))?;
    Ok(Answer { table, svg, notes: vec![note], summary: None })
}

fn draw_programming(
    ask: &Ask<'_>,
    table: &Table,
    device: &dyn Resistive,
    note: &str,
    up: f64,
) -> Result<String, PlotError> {
    let column = |name: &str| table.values(name).unwrap_or_default();
    let (n, v, g) = (column("pulse"), column("amplitude"), column("conductance"));
    let binary = matches!(ask.preset.device, PresetDevice::BinarySwitch { .. });
    let axis = if binary { Axis::log("conductance", "S") } else { Axis::linear("conductance", "S") };
    let title = format!("Conductance of {} pulse by pulse", ask.preset.title);
    let mut chart = Chart::new(title, Axis::linear("pulse", ""), axis).subtitle(note);
    let of = |first: bool| {
        (0..n.len()).filter(move |&k| if first { v[k] == up || k == 0 } else { k > 0 && v[k] != up })
    };
    let look = if n.len() <= 400 { Look::Both } else { Look::Line };
    for (first, k) in [(true, 1), (false, n.len().saturating_sub(1))] {
        if of(first).next().is_some() && v.get(k).is_some_and(|v| (*v == up) == first) {
            let name = short(v[k], "V");
            chart = chart.series(Series::new(name, look, of(first).map(|k| (n[k], g[k]))));
        }
    }
    if !binary {
        let bounds = device.bounds();
        chart = chart
            .mark(Mark::y(bounds.g_min, ask.label("G_min", "g_min")))
            .mark(Mark::y(bounds.g_max, ask.label("G_max", "g_max")));
    }
    chart.svg()
}

fn integrate(
    ask: &Ask<'_>,
    args: &PulsesArgs,
    switch: &ThresholdSwitch,
    spread: &ThresholdSpread,
) -> Result<Answer, Failure> {
    if args.start.is_some() || args.reverse.is_some() {
        let option = if args.start.is_some() { "--start" } else { "--reverse" };
        return Err(Failure::new(format!(
            "{option} has no meaning for `{}`, which is volatile",
            ask.preset.name
        ))
        .with_hint(format!("leave {option} away")));
    }
    let v_th = switch.v_th.get();
    let amplitude = args
        .amplitude
        .unwrap_or_else(|| Volt::from_si((2.0 * v_th).min(ask.preset.v_max.get())).unwrap_or(switch.v_th));
    ask.in_range([amplitude.get()])?;
    let tau = switch.tau.get();
    let width = args.width.or_else(|| rounded(tau / 10.0)).unwrap_or(Second::new(1e-3));
    let period = args.period.or_else(|| Second::from_si(2.0 * width.get())).unwrap_or(width);
    if period < width {
        return Err(Failure::new(format!("--period {period} is shorter than --width {width}"))
            .with_hint("a pulse has to end before the next begins"));
    }
    let count = args.count.unwrap_or(40);
    ask.rows(2 * u64::from(count), "--count")?;
    let spread = if ask.common.vary { *spread } else { ThresholdSpread::default() };
    let protocol = PulseProtocol { amplitude, width, period, count };
    let mut table = pulses_switch(switch, &protocol, &spread, ask.common.seed);
    ask.measure(&mut table, &["state"])?;
    let spikes = table.values("spikes").and_then(<[f64]>::last).copied().unwrap_or(0.0);
    let turned = match spikes {
        0.0 => "never turned on".to_owned(),
        1.0 => "turned on once".to_owned(),
        n => format!("turned on {n} times"),
    };
    let note = typeset(&format!("{count} pulses of {amplitude}, {width} every {period}: it {turned}"));
    let svg = ask.picture(|| draw_integration(ask, &table, switch, amplitude, &note))?;
    Ok(Answer { table, svg, notes: vec![note], summary: None })
}

fn rounded(value: f64) -> Option<Second> {
    format!("{value:.0e}").parse().ok().and_then(Second::from_si).filter(|s| s.get() > 0.0)
}

fn draw_integration(
    ask: &Ask<'_>,
    table: &Table,
    switch: &ThresholdSwitch,
    amplitude: Volt,
    note: &str,
) -> Result<String, PlotError> {
    let column = |name: &str| table.values(name).unwrap_or_default();
    let (t, v, u, spikes) = (column("time"), column("voltage"), column("state"), column("spikes"));
    let rest = switch.u_rest.get();
    // The row of a piece has its end: the drive there was that of the piece.
    let drive = std::iter::once((0.0, amplitude.get()))
        .chain((0..t.len()).map(|k| (t[k], v.get(k + 1).copied().unwrap_or(0.0))));
    let state = std::iter::once((0.0, rest)).chain((0..t.len()).map(|k| (t[k], u[k])));
    let fired = (0..t.len())
        .filter(|&k| spikes[k] > if k == 0 { 0.0 } else { spikes[k - 1] })
        .map(|k| (t[k], switch.v_th.get()));
    let upper = Chart::new("", Axis::linear("time", "s"), Axis::linear("drive", "V")).series(Series::new(
        "",
        Look::Steps,
        drive,
    ));
    let lower = Chart::new("", Axis::linear("time", "s"), Axis::linear("state u", "V").at_least(0.0, 0.0))
        .series(Series::new("state", Look::Line, state))
        .series(Series::new("turned on during this pulse", Look::Points, fired))
        .mark(Mark::y(switch.v_th.get(), ask.label("V_th", "v_th")))
        .mark(Mark::y(switch.v_hold.get(), ask.label("V_h", "v_hold")));
    Stack::new(format!("{} integrates and fires", ask.preset.title), note)
        .below(upper, 0.3)
        .below(lower, 1.0)
        .svg()
}
