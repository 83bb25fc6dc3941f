//! `memspike device NAME retention`.

use super::args::RetentionArgs;
use super::{Answer, Ask, Failure, short};
use memspike::device::preset::PresetDevice;
use memspike::device::protocol::{RetentionOptions, Table, relaxation_switch, retention};
use memspike::device::resistive::Resistive;
use memspike::device::retention::{DecayLaw, Retention};
use memspike::device::threshold::ThresholdSwitch;
use memspike::plot::PlotError;
use memspike::plot::chart::{Axis, Chart, Look, Mark, Point, Series, Stack};
use memspike::units::{Quantity as _, Second, Siemens};

pub fn run(ask: &Ask<'_>, args: &RetentionArgs) -> Result<Answer, Failure> {
    match &ask.preset.device {
        PresetDevice::ThresholdSwitch { switch, .. } => relaxation(ask, args, switch),
        PresetDevice::BinarySwitch { device, retention: model, .. } => {
            hold(ask, args, model, (device.median(true), device.median(false)))
        }
        PresetDevice::DoseDevice { device, retention: model, .. } => {
            let bounds = device.bounds();
            hold(ask, args, model, (bounds.g_max, bounds.g_min))
        }
        PresetDevice::Oscillator { .. } => Err(ask.cannot("retention", "its supply never leaves it alone")),
    }
}

fn hold(
    ask: &Ask<'_>,
    args: &RetentionArgs,
    model: &Retention,
    (on, off): (f64, f64),
) -> Result<Answer, Failure> {
    ask.rows(u64::from(args.points) * u64::from(args.devices), "--points or --devices")?;
    let siemens = |g: f64| Siemens::from_si(g).unwrap_or(Siemens::ZERO);
    let length = args.until.unwrap_or(Second::new(4000.0));
    let options = RetentionOptions {
        g_on: siemens(on),
        g_off: siemens(off),
        length,
        samples: args.points,
        devices: args.devices,
        seed: ask.common.seed,
    };
    // One device is the nominal one, unless it is to be somebody's own.
    let mut model = *model;
    if args.devices == 1 && !ask.common.vary {
        model.lifetime_sigma = 0.0;
    }
    let mut table = retention(&model, &options);
    ask.measure(&mut table, &["on", "on lowest tenth", "on highest tenth", "off"])?;
    let law = match model.law {
        DecayLaw::Perfect => "the preset states no decay".to_owned(),
        DecayLaw::Exponential { tau, b } => {
            format!("decay exp(\u{2212}(t/\u{3c4})^b) with \u{3c4} {tau}, b {b}")
        }
        DecayLaw::PowerLaw { t0, nu } => {
            format!("decay (1 + t/t0)^\u{2212}\u{3bd} with t0 {t0}, \u{3bd} {nu}")
        }
    };
    let devices =
        if args.devices == 1 { "one device".to_owned() } else { format!("{} devices", args.devices) };
    let note = format!("{devices} over {}: {law}", short(length.get(), "s"));
    let svg = ask.picture(|| draw(ask, &table, &note, args.devices))?;
    Ok(Answer { table, svg, notes: vec![note], summary: None })
}

fn draw(ask: &Ask<'_>, table: &Table, note: &str, devices: u32) -> Result<String, PlotError> {
    let column = |name: &str| table.values(name).unwrap_or_default();
    let (t, on, off) = (column("time"), column("on"), column("off"));
    let (low, high) = (column("on lowest tenth"), column("on highest tenth"));
    let share = |k: usize| {
        let of = |g: f64| 100.0 * g / on[0];
        Point { x: t[k], y: of(on[k]), within: (devices > 1).then(|| (of(low[k]), of(high[k]))) }
    };
    let name = if devices > 1 { "on, median and middle 80 % of the devices" } else { "on" };
    let time = || Axis::linear("time", "s");
    let upper = Chart::new("", time(), Axis::linear("on state left", "%").at_least(90.0, 100.0))
        .series(Series::new(name, Look::Line, (0..t.len()).map(share)));
    let lower = Chart::new("", time(), Axis::log("conductance", "S"))
        .series(Series::new("on", Look::Line, (0..t.len()).map(|k| (t[k], on[k]))))
        .series(Series::new("off", Look::Line, (0..t.len()).map(|k| (t[k], off[k]))));
    Stack::new(format!("Retention of {}", ask.preset.title), note).below(upper, 1.0).below(lower, 1.0).svg()
}

/// A volatile device forgets: its free relaxation from threshold.
fn relaxation(ask: &Ask<'_>, args: &RetentionArgs, switch: &ThresholdSwitch) -> Result<Answer, Failure> {
    let length = args.until.or_else(|| Second::from_si(5.0 * switch.tau.get())).unwrap_or(switch.tau);
    let mut table = relaxation_switch(switch, length, args.points);
    ask.measure(&mut table, &["state"])?;
    let on_time = switch.natural_on_time().get();
    let on = short(on_time, "s");
    let note = format!("relaxation from V_th without drive, \u{3c4} {}: it stays on for {on}", switch.tau);
    let svg = ask.picture(|| {
        let column = |name: &str| table.values(name).unwrap_or_default();
        let (t, u) = (column("time"), column("state"));
        Chart::new(
            format!("{} relaxes", ask.preset.title),
            Axis::linear("time", "s"),
            Axis::linear("state u", "V").at_least(0.0, 0.0),
        )
        .subtitle(note.clone())
        .line("state", (0..t.len()).map(|k| (t[k], u[k])))
        .mark(Mark::x(on_time, format!("off after {on}")))
        .mark(Mark::y(switch.v_th.get(), ask.label("V_th", "v_th")))
        .mark(Mark::y(switch.v_hold.get(), ask.label("V_h", "v_hold")))
        .mark(Mark::y(switch.u_rest.get(), ask.label("u_rest", "u_rest")))
        .svg()
    })?;
    Ok(Answer { table, svg, notes: vec![note], summary: None })
}
