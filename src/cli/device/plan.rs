//! From what was asked for to the plan of an experiment, as a scenario has it.

use super::super::failure::Failure;
use super::args::{Common, CyclesArgs, Experiment as Asked, IvArgs, PulsesArgs, RetentionArgs, StdpArgs};
use super::told::short;
use super::usual;
use memspike::device::preset::{Preset, PresetDevice};
use memspike::scenario::device::{DeviceUnderTest, Experiment, ExperimentPlan, MAX_ROWS, kind_of, takes};
use memspike::scenario::spec::ExperimentKind;
use memspike::units::{Quantity as _, Second, Siemens, Volt, VoltPerSecond};

/// The plan, whose voltages may still be beyond the range of the preset.
///
/// # Errors
/// If the device has no such experiment, or the options do not make one.
pub fn plan(asked: &Asked, preset: Preset) -> Result<ExperimentPlan, Failure> {
    if let Some(why) = refusal(asked, &preset.device) {
        return Err(Failure::new(format!("`{}` cannot do `{}`: {why}", preset.name, asked.name()))
            .with_hint(format!("it can do {}", possible(&preset.device))));
    }
    let common = asked.common();
    // The cycles of a volatile switch are those of one device among many.
    let volatile = matches!(preset.device, PresetDevice::ThresholdSwitch { .. });
    let own = common.vary || (volatile && matches!(asked, Asked::Cycles(_)));
    let mut device = DeviceUnderTest { name: preset.name.clone(), preset, own };
    let (title, experiment) = match asked {
        Asked::Iv(args) => ("Current and voltage", iv(args, &device)?),
        Asked::Pulses(args) if volatile => ("Integrate and fire", fire(args, &device)?),
        Asked::Pulses(args) => ("Conductance pulse by pulse", pulses(args, &device)?),
        Asked::Stdp(args) => ("Learning window", stdp(args, &device)?),
        Asked::Retention(args) => ("Retention", retention(args, &mut device)),
        Asked::Cycles(args) => ("Cycle after cycle", cycles(args, &device.preset)?),
    };
    let rows = experiment.rows();
    if rows > MAX_ROWS {
        return Err(Failure::new(format!("that would be {rows} rows; {MAX_ROWS} are allowed"))
            .with_hint(format!("ask for less with {}", asked.counts())));
    }
    let (name, title) = (asked.name().to_owned(), title.to_owned());
    Ok(ExperimentPlan { name, title, device, experiment, compare: Vec::new() })
}

/// Why this device has no such experiment, if it has none.
fn refusal(asked: &Asked, device: &PresetDevice) -> Option<&'static str> {
    use PresetDevice::{BinarySwitch, DoseDevice, Oscillator, ThresholdSwitch};
    match (asked, device) {
        (Asked::Pulses(_), Oscillator { .. }) => Some("it is a whole circuit that runs on its own supply"),
        (Asked::Retention(_), Oscillator { .. }) => Some("its supply never leaves it alone"),
        (Asked::Cycles(_), Oscillator { .. }) => Some("it cycles on its own, and without spread"),
        (Asked::Stdp(_), Oscillator { .. }) => Some("it is a circuit without a conductance that stays"),
        (Asked::Stdp(_), BinarySwitch { .. }) => Some("it is either on or off and has no change that grows"),
        (Asked::Stdp(_), ThresholdSwitch { .. }) => {
            Some("it is volatile, and no pair of spikes leaves a conductance")
        }
        (Asked::Stdp(_), DoseDevice { pulse: None, .. }) => Some(
            "its preset has no spike pulse; give it one with --set pulse_peak=\"0.2 V\" --set \
             pulse_half_width=\"5 ms\" --set pulse_tail=\"0.1 V\" --set pulse_tail_length=\"0.5 s\"",
        ),
        _ => None,
    }
}

/// The experiments that this device has.
fn possible(device: &PresetDevice) -> String {
    let pulse = !matches!(device, PresetDevice::DoseDevice { pulse: None, .. });
    // Left alone, a volatile device relaxes and another one retains.
    let all: [(&str, &[ExperimentKind]); 5] = [
        ("iv", &[ExperimentKind::Iv]),
        ("pulses", &[ExperimentKind::Pulses]),
        ("stdp", &[ExperimentKind::Stdp]),
        ("retention", &[ExperimentKind::Retention, ExperimentKind::Relaxation]),
        ("cycles", &[ExperimentKind::Cycles]),
    ];
    let has = |kinds: &[ExperimentKind]| kinds.iter().any(|&kind| takes(kind).contains(&kind_of(device)));
    let there = all.iter().filter(|(name, kinds)| has(kinds) && (*name != "stdp" || pulse));
    there.map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

fn volts(v: f64) -> Volt {
    Volt::from_si(v).unwrap_or(Volt::ZERO)
}

/// An option that a volatile device has no use for.
fn needless(option: &str, preset: &Preset, why: &str) -> Failure {
    Failure::new(format!("{option} has no meaning for `{}`{why}", preset.name))
        .with_hint(format!("leave {option} away"))
}

/// The conductance to start from: what was asked for, within the bounds of the device on the bench.
fn start(
    asked: Option<Siemens>,
    device: &DeviceUnderTest,
    common: &Common,
) -> Result<Option<Siemens>, Failure> {
    let Some(asked) = asked else { return Ok(None) };
    let bench = device.on_bench(common.seed);
    let Some(resistive) = bench.resistive() else {
        return Err(needless("--start", &device.preset, ", which is volatile"));
    };
    let bounds = resistive.bounds();
    if (bounds.g_min..=bounds.g_max).contains(&asked.get()) {
        return Ok(Some(asked));
    }
    Err(Failure::new(format!(
        "--start {asked} is outside the device's {} to {}",
        short(bounds.g_min, "S"),
        short(bounds.g_max, "S")
    ))
    .with_hint("give a conductance between them"))
}

fn iv(args: &IvArgs, device: &DeviceUnderTest) -> Result<Experiment, Failure> {
    let points = if args.through.is_empty() {
        let (up, down) = usual::voltages(&device.preset);
        let (up, down) = (args.amplitude.map_or(up, Volt::get), args.reverse.map_or(down, Volt::get));
        let back = [down, 0.0].into_iter().filter(|_| down != 0.0);
        [0.0, up, 0.0].into_iter().chain(back).map(volts).collect()
    } else {
        args.through.clone()
    };
    let path: f64 = points.windows(2).map(|leg| (leg[1].get() - leg[0].get()).abs()).sum();
    if path.is_nan() || path <= 0.0 {
        return Err(Failure::new("the sweep goes nowhere: its turning points are all the same")
            .with_hint("give --amplitude a voltage, or --through at least two, such as \"0 V,0.2 V,0 V\""));
    }
    let rate = match (args.rate, args.duration) {
        (Some(rate), _) => rate.get(),
        (None, Some(duration)) => path / duration.get(),
        (None, None) => usual::rate(&device.preset.device, points.get(1).map_or(0.0, |v| v.get())),
    };
    let rate = VoltPerSecond::from_si(rate).filter(|rate| rate.get() > 0.0).ok_or_else(|| {
        Failure::new("the sweep is faster or slower than any number can say")
            .with_hint("give --rate such as \"10 mV/s\", or a --duration")
    })?;
    Ok(Experiment::Iv {
        points,
        rate,
        samples: args.samples,
        repeat: args.cycles,
        g_start: start(args.start, device, &args.common)?,
        noise: args.common.vary,
    })
}

/// Trains of pulses on a device whose conductance stays.
fn pulses(args: &PulsesArgs, device: &DeviceUnderTest) -> Result<Experiment, Failure> {
    let (up, down) = usual::voltages(&device.preset);
    let (up, down) = match (args.amplitude, args.reverse) {
        (amplitude, Some(reverse)) => (amplitude.map_or(up, Volt::get), reverse.get()),
        // A train of one's own has no second one unless it is asked for.
        (Some(amplitude), None) => (amplitude.get(), 0.0),
        (None, None) => (up, down),
    };
    let (width, count) = usual::train(&device.on_bench(args.common.seed), (up, down));
    let width = args.width.unwrap_or(width);
    Ok(Experiment::Pulses {
        amplitude: volts(up),
        width,
        period: args.period.unwrap_or(width),
        count: args.count.unwrap_or(count),
        reverse: Some(volts(down)).filter(|v| v.get() != 0.0),
        samples: 1,
        g_start: start(args.start, device, &args.common)?,
        noise: args.common.vary,
    })
}

/// A train of pulses on a volatile switch.
fn fire(args: &PulsesArgs, device: &DeviceUnderTest) -> Result<Experiment, Failure> {
    for (given, option) in [(args.start.is_some(), "--start"), (args.reverse.is_some(), "--reverse")] {
        if given {
            return Err(needless(option, &device.preset, ", which is volatile"));
        }
    }
    let most = device.preset.v_max.get();
    let usual_amplitude = match &device.preset.device {
        PresetDevice::ThresholdSwitch { switch, .. } => most.min(2.0 * switch.v_th.get()),
        _ => most,
    };
    let amplitude = args.amplitude.unwrap_or_else(|| volts(usual_amplitude));
    let (width, count) = usual::train(&device.preset.device, (amplitude.get(), 0.0));
    let width = args.width.unwrap_or(width);
    let period = args.period.or_else(|| Second::from_si(2.0 * width.get())).unwrap_or(width);
    if period < width {
        return Err(Failure::new(format!("--period {period} is shorter than --width {width}"))
            .with_hint("a pulse has to end before the next begins"));
    }
    Ok(Experiment::Pulses {
        amplitude,
        width,
        period,
        count: args.count.unwrap_or(count),
        reverse: None,
        samples: 1,
        g_start: None,
        noise: args.common.vary,
    })
}

fn stdp(args: &StdpArgs, device: &DeviceUnderTest) -> Result<Experiment, Failure> {
    let step = args.reach.get() / f64::from(args.points);
    let overlap = match &device.preset.device {
        PresetDevice::DoseDevice { pulse: Some(pulse), .. } => 2.0 * pulse.half_width.get(),
        _ => args.reach.get(),
    };
    let fit_from = args.fit_from.or_else(|| Second::from_si(overlap)).unwrap_or(args.reach);
    let above_zero = |t: f64| Second::from_si(t).filter(|t| t.get() > 0.0);
    Ok(Experiment::Stdp {
        reach: args.reach,
        step: above_zero(step).unwrap_or(args.reach),
        fit_from,
        // For the picture: enough to see where the lobes overlap.
        fine_step: above_zero(fit_from.get() / 100.0).unwrap_or(fit_from),
        g_start: start(args.start, device, &args.common)?,
    })
}

/// Of a volatile device its free relaxation from threshold.
fn retention(args: &RetentionArgs, device: &mut DeviceUnderTest) -> Experiment {
    let model = match &mut device.preset.device {
        PresetDevice::ThresholdSwitch { switch, .. } => {
            let five = || Second::from_si(5.0 * switch.tau.get()).unwrap_or(switch.tau);
            return Experiment::Relaxation { length: args.until.unwrap_or_else(five), samples: args.points };
        }
        PresetDevice::BinarySwitch { retention, .. } | PresetDevice::DoseDevice { retention, .. } => {
            Some(retention)
        }
        PresetDevice::Oscillator { .. } => None,
    };
    // One device is the nominal one, unless it is to be somebody's own.
    if let Some(model) = model.filter(|_| args.devices == 1 && !args.common.vary) {
        model.lifetime_sigma = 0.0;
    }
    Experiment::Retention {
        length: args.until.unwrap_or(Second::new(4000.0)),
        samples: args.points,
        devices: args.devices,
        floor: 1.0,
    }
}

fn cycles(args: &CyclesArgs, preset: &Preset) -> Result<Experiment, Failure> {
    let (up, down) = usual::voltages(preset);
    let (up, down) = (args.amplitude.map_or(up, Volt::get), args.reverse.map_or(down, Volt::get));
    let volatile = matches!(preset.device, PresetDevice::ThresholdSwitch { .. });
    if volatile && args.reverse.is_some() {
        return Err(needless("--reverse", preset, ": it turns off on its own"));
    }
    if !volatile && down >= 0.0 {
        return Err(Failure::new(format!("--reverse {} does not turn it off", short(down, "V")))
            .with_hint("give a voltage below zero, such as \"-0.1 V\""));
    }
    if args.wear && !matches!(preset.device, PresetDevice::BinarySwitch { .. }) {
        return Err(Failure::new(format!("the preset `{}` states no endurance", preset.name))
            .with_hint("leave --wear away, or take a binary switch"));
    }
    let edge = up / args.rate.map_or(usual::SLOW, VoltPerSecond::get);
    Ok(Experiment::Cycles {
        cycles: args.number,
        v_set: volts(up),
        v_reset: volts(down),
        edge: Second::from_si(edge).filter(|edge| edge.get() > 0.0).unwrap_or(Second::new(1.0)),
        wear: args.wear,
    })
}
