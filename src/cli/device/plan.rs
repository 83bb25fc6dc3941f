//! From what was asked for to the plan of an experiment, as a scenario has it.

use super::super::failure::Failure;
use super::args::{
    Around, Common, CyclesArgs, Experiment as Asked, IvArgs, PulsesArgs, RetentionArgs, StdpArgs,
};
use super::told::short;
use memspike::device::Open;
use memspike::device::model::SLOW;
use memspike::device::preset::Preset;
use memspike::device::threshold::{Circuit, OPEN_AFTER, VolatileSwitch};
use memspike::scenario::device::{DeviceUnderTest, Experiment, ExperimentPlan, MAX_ROWS};
use memspike::units::{Quantity as _, Second, Siemens, Volt, VoltPerSecond};

/// The plan, whose voltages may still be beyond the range of the preset.
///
/// # Errors
/// If the device has no such experiment, or the options do not make one.
pub fn plan(asked: &Asked, preset: Preset) -> Result<ExperimentPlan, Failure> {
    if let Some(why) = refusal(asked.name(), &preset.device) {
        return Err(Failure::new(format!("`{}` cannot do `{}`: {why}", preset.name, asked.name()))
            .with_hint(format!("it can do {}", possible(&preset.device))));
    }
    let common = asked.common();
    // The cycles of a volatile switch are those of one device among many.
    let volatile = preset.device.memory().is_none();
    let own = common.vary || (volatile && matches!(asked, Asked::Cycles(_)));
    let circuit = asked.around().map(|around| circuit(around, &preset)).transpose()?.flatten();
    if circuit.is_some_and(|circuit| !circuit.takes_ramps())
        && matches!(asked, Asked::Iv(_) | Asked::Cycles(_))
    {
        return Err(Failure::new(format!(
            "`{}` sweeps a voltage, and the rows of the circuit `node` are active or idle",
            asked.name()
        ))
        .with_hint("`pulses` drives a passive column; `iv` and `cycles` have the other circuits"));
    }
    let device = DeviceUnderTest { name: preset.name.clone(), preset, own, circuit };
    let (title, experiment) = match asked {
        Asked::Iv(args) => ("Current and voltage", iv(args, &device)?),
        Asked::Pulses(args) if volatile => ("Integrate and fire", fire(args, &device)?),
        Asked::Pulses(args) => ("Conductance pulse by pulse", pulses(args, &device)?),
        Asked::Stdp(args) => ("Learning window", stdp(args, &device)?),
        Asked::Retention(args) => ("Retention", retention(args, &device.preset)),
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

/// What can be asked for, with the experiments that it means: left alone, a volatile device relaxes and another retains.
const ASKED: [(&str, &[&str]); 5] = [
    ("iv", &["iv"]),
    ("pulses", &["pulses"]),
    ("stdp", &["stdp"]),
    ("retention", &["retention", "relaxation"]),
    ("cycles", &["cycles"]),
];

/// Why this device has no such experiment, if it has none.
fn refusal(asked: &str, device: &Open) -> Option<&'static str> {
    let (kind, takes) = (device.kind(), ASKED.iter().find(|(name, _)| *name == asked)?.1);
    if !takes.iter().any(|experiment| kind.takes(experiment)) {
        return Some(kind.lacking(asked).unwrap_or("its kind has no such experiment"));
    }
    let silent = asked == "stdp" && device.memory().is_none_or(|memory| memory.pulse.is_none());
    silent.then_some(
        "its preset has no spike pulse; give it one with --set pulse_peak=\"0.2 V\" --set \
         pulse_half_width=\"5 ms\" --set pulse_tail=\"0.1 V\" --set pulse_tail_length=\"0.5 s\"",
    )
}

/// The circuit of a threshold switch, with the elements that it has.
fn circuit(asked: &Around, preset: &Preset) -> Result<Option<Circuit>, Failure> {
    let name = asked.circuit.as_deref();
    let elements = [
        ("--open-after", asked.open_after.is_some(), "reset"),
        (
            "--series-resistor",
            asked.series_resistor.is_some(),
            match name {
                Some(name @ ("load" | "node")) => name,
                _ => "series",
            },
        ),
        ("--capacitor", asked.capacitor.is_some(), if name == Some("node") { "node" } else { "load" }),
        ("--row-voltage", asked.row_voltage.is_some(), "node"),
    ];
    if preset.device.get::<VolatileSwitch>().is_none() {
        let option = name.map(|_| "--circuit").or(elements.iter().find(|of| of.1).map(|of| of.0));
        let words = preset.device.kind().words();
        return option.map_or(Ok(None), |option| Err(needless(option, preset, &format!(", {words}"))));
    }
    if let Some((option, _, of)) = elements.iter().find(|of| of.1 && name != Some(of.2)) {
        return Err(Failure::new(format!("{option} is an element of the circuit `{of}`"))
            .with_hint(format!("add --circuit {of}, or leave {option} away")));
    }
    Ok(Some(match name {
        Some("reset") => {
            let open_after = asked.open_after.unwrap_or(OPEN_AFTER);
            if open_after < Second::ZERO {
                return Err(Failure::new(format!("--open-after {open_after} is before the switch fires"))
                    .with_hint("give a time of zero or more, such as \"100 us\""));
            }
            Circuit::Reset { open_after }
        }
        Some(circuit @ ("series" | "load" | "node")) => {
            let r_s = asked.series_resistor.ok_or_else(|| {
                Failure::new(format!("the circuit `{circuit}` has a resistor"))
                    .with_hint("add --series-resistor \"200 kOhm\"")
            })?;
            if circuit == "series" {
                return Ok(Some(Circuit::Series { r_s }));
            }
            let c = asked.capacitor.ok_or_else(|| {
                Failure::new(format!("the circuit `{circuit}` has a capacitor"))
                    .with_hint("add --capacitor \"10 nF\"")
            })?;
            if circuit == "load" {
                return Ok(Some(Circuit::Load { r_s, c }));
            }
            let v_row = asked.row_voltage.ok_or_else(|| {
                Failure::new("the circuit `node` has rows that are active at a voltage")
                    .with_hint("add --row-voltage \"0.3 V\"")
            })?;
            Circuit::Node { r_s, v_row, c }
        }
        _ => Circuit::Bare,
    }))
}

/// The experiments that this device has.
fn possible(device: &Open) -> String {
    let there = ASKED.iter().map(|(name, _)| *name).filter(|name| refusal(name, device).is_none());
    there.collect::<Vec<_>>().join(", ")
}

/// The voltages it is driven to if nobody says otherwise, in volts: (SET, RESET).
fn usual(preset: &Preset) -> (f64, f64) {
    preset.device.usual_drive([preset.v_min.get(), preset.v_max.get()])
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
    let Some(memory) = bench.memory() else {
        return Err(needless("--start", &device.preset, ", which is volatile"));
    };
    let bounds = memory.device.bounds();
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
        let (up, down) = usual(&device.preset);
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
        (None, None) => device.preset.device.usual_rate(points.get(1).map_or(0.0, |v| v.get())),
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
    let (up, down) = usual(&device.preset);
    let (up, down) = match (args.amplitude, args.reverse) {
        (amplitude, Some(reverse)) => (amplitude.map_or(up, Volt::get), reverse.get()),
        // A train of one's own has no second one unless it is asked for.
        (Some(amplitude), None) => (amplitude.get(), 0.0),
        (None, None) => (up, down),
    };
    let (width, count) = device.on_bench(args.common.seed).usual_train((up, down));
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
    let switch = device.preset.device.get::<VolatileSwitch>();
    let usual_amplitude = switch.map_or(most, |of| most.min(2.0 * of.switch.v_th.get()));
    let amplitude = args.amplitude.unwrap_or_else(|| volts(usual_amplitude));
    let (width, count) = device.preset.device.usual_train((amplitude.get(), 0.0));
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
    let pulse = device.preset.device.memory().and_then(|memory| memory.pulse);
    let overlap = pulse.map_or(args.reach.get(), |pulse| 2.0 * pulse.half_width.get());
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
fn retention(args: &RetentionArgs, preset: &Preset) -> Experiment {
    if let Some(VolatileSwitch { switch, .. }) = preset.device.get() {
        let five = || Second::from_si(5.0 * switch.tau.get()).unwrap_or(switch.tau);
        return Experiment::Relaxation { length: args.until.unwrap_or_else(five), samples: args.points };
    }
    Experiment::Retention {
        length: args.until.unwrap_or(Second::new(4000.0)),
        samples: args.points,
        devices: args.devices,
        floor: 1.0,
        // One device is the nominal one, unless it is to be somebody's own.
        nominal: args.devices == 1 && !args.common.vary,
    }
}

fn cycles(args: &CyclesArgs, preset: &Preset) -> Result<Experiment, Failure> {
    let (up, down) = usual(preset);
    let (up, down) = (args.amplitude.map_or(up, Volt::get), args.reverse.map_or(down, Volt::get));
    let volatile = preset.device.memory().is_none();
    if volatile && args.reverse.is_some() {
        return Err(needless("--reverse", preset, ": it turns off on its own"));
    }
    if !volatile && down >= 0.0 && args.reverse.is_none() {
        return Err(Failure::new(format!(
            "the preset `{}` is stated for no voltage below zero",
            preset.name
        ))
        .with_hint("give --reverse such as \"-0.1 V\", and --beyond-range"));
    }
    if !volatile && down >= 0.0 {
        return Err(Failure::new(format!("--reverse {} does not turn it off", short(down, "V")))
            .with_hint("give a voltage below zero, such as \"-0.1 V\""));
    }
    if args.wear && preset.device.memory().is_none_or(|memory| memory.endurance.is_none()) {
        return Err(Failure::new(format!("the preset `{}` states no endurance", preset.name))
            .with_hint("leave --wear away, or take a binary switch"));
    }
    let edge = up / args.rate.map_or(SLOW, VoltPerSecond::get);
    Ok(Experiment::Cycles {
        cycles: args.number,
        v_set: volts(up),
        v_reset: volts(down),
        edge: Second::from_si(edge).filter(|edge| edge.get() > 0.0).unwrap_or(Second::new(1.0)),
        wear: args.wear,
    })
}
