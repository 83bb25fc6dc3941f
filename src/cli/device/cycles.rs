//! `memspike device NAME cycles`.

use super::args::CyclesArgs;
use super::{Answer, Ask, Failure, short, usual_voltages};
use memspike::device::preset::PresetDevice;
use memspike::device::protocol::{
    CycleOptions, CycleStatistics, Moments, Table, cycles, cycles_dose, cycles_switch,
};
use memspike::device::resistive::Resistive as _;
use memspike::plot::chart::{Axis, Chart, Look, Mark, Series, Stack};
use memspike::plot::{PlotError, number};
use memspike::units::{Quantity as _, Second, Volt};
use std::fmt::Write as _;

pub fn run(ask: &Ask<'_>, args: &CyclesArgs) -> Result<Answer, Failure> {
    if matches!(ask.preset.device, PresetDevice::Oscillator { .. }) {
        return Err(ask.cannot("cycles", "it cycles on its own, and without spread"));
    }
    let (up, down) = usual_voltages(ask.preset);
    let up = args.amplitude.map_or(up, Volt::get);
    let down = args.reverse.map_or(down, Volt::get);
    ask.in_range([up, down])?;
    let rate = args.rate.map_or(0.01, |rate| rate.get());
    let volatile = matches!(ask.preset.device, PresetDevice::ThresholdSwitch { .. });
    if volatile && args.reverse.is_some() {
        return Err(Failure::new(format!(
            "--reverse has no meaning for `{}`: it turns off on its own",
            ask.preset.name
        ))
        .with_hint("leave --reverse away"));
    }
    if !volatile && down >= 0.0 {
        return Err(Failure::new(format!("--reverse {} does not turn it off", short(down, "V")))
            .with_hint("give a voltage below zero, such as \"-0.1 V\""));
    }
    if args.wear && !matches!(ask.preset.device, PresetDevice::BinarySwitch { .. }) {
        return Err(Failure::new(format!("the preset `{}` states no endurance", ask.preset.name))
            .with_hint("leave --wear away, or take a binary switch"));
    }
    let options = CycleOptions {
        cycles: args.number,
        v_set: Volt::from_si(up).unwrap_or(Volt::ZERO),
        v_reset: Volt::from_si(down).unwrap_or(Volt::ZERO),
        edge: Second::from_si(up / rate).filter(|edge| edge.get() > 0.0).unwrap_or(Second::new(1.0)),
        seed: ask.common.seed,
        entity: 0,
    };
    let (mut table, mut statistics) = match &ask.preset.device {
        PresetDevice::ThresholdSwitch { switch, spread } => cycles_switch(switch, spread, &options),
        PresetDevice::BinarySwitch { device, endurance, .. } => {
            let (mut table, statistics) = cycles(device, args.wear.then_some(endurance), &options);
            if !args.wear
                && let Some(warning) = endurance.warning(args.number)
            {
                table.notes.push(format!("{warning}; --wear lets it shrink"));
            }
            (table, statistics)
        }
        PresetDevice::DoseDevice { device, spread, g_start, .. } => {
            let own = if ask.common.vary { device.own(spread, ask.common.seed, 0) } else { device.clone() };
            let bounds = own.bounds();
            cycles_dose(&own, g_start.get().clamp(bounds.g_min, bounds.g_max), &options)
        }
        PresetDevice::Oscillator { .. } => (Table::default(), CycleStatistics::default()),
    };
    let names = if volatile { ["v_on", "v_off"] } else { ["r_on", "r_off"] };
    if ask.common.noise.is_some() {
        ask.measure(&mut table, &names)?;
        statistics.r_on = Moments::of(table.values(names[0]).unwrap_or_default());
        statistics.r_off = Moments::of(table.values(names[1]).unwrap_or_default());
    }
    let unit = if volatile { "V" } else { "Ohm" };
    let told = tell(&statistics, names, unit);
    let note = format!(
        "{} cycles to {} and {} at {}",
        number::count(args.number),
        short(up, "V"),
        short(down, "V"),
        short(up.abs() / options.edge.get(), "V/s")
    );
    let svg = ask.picture(|| draw(ask, &table, &statistics, names, unit))?;
    let summary = args.summary.then(|| summary(&statistics, names, unit));
    Ok(Answer { table, svg, notes: std::iter::once(note).chain(told).collect(), summary })
}

fn tell(statistics: &CycleStatistics, names: [&str; 2], unit: &str) -> Vec<String> {
    let of = |name: &str, m: &Moments| {
        format!(
            "{name}: mean {}, CV {:.3} % \u{b1} {:.3} % (of log10: {:.3} %)",
            short(m.mean, unit),
            100.0 * m.cv,
            100.0 * m.cv * m.cv_error(),
            100.0 * m.log_cv
        )
    };
    let mut told = vec![of(names[0], &statistics.r_on), of(names[1], &statistics.r_off)];
    let (sets, resets) = (statistics.failed_sets, statistics.failed_resets);
    if sets + resets > 0 {
        told.push(format!("{sets} times it did not turn on, {resets} times not off"));
    }
    told
}

fn summary(statistics: &CycleStatistics, names: [&str; 2], unit: &str) -> String {
    let mut text =
        format!("quantity,count,mean [{unit}],cv [%],standard error of cv [%],cv of log10 [%],failed\n");
    let failed = [statistics.failed_sets, statistics.failed_resets];
    for ((name, m), failed) in names.iter().zip([&statistics.r_on, &statistics.r_off]).zip(failed) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{name},{},{:e},{},{},{},{failed}",
            m.count,
            m.mean,
            100.0 * m.cv,
            100.0 * m.cv * m.cv_error(),
            100.0 * m.log_cv
        );
    }
    text
}

/// The cumulative distribution of both quantities: of resistances their spread above and their window below.
fn draw(
    ask: &Ask<'_>,
    table: &Table,
    statistics: &CycleStatistics,
    names: [&str; 2],
    unit: &str,
) -> Result<String, PlotError> {
    let volts = unit == "V";
    let kinds = if volts { ["turns on", "turns off"] } else { ["on", "off"] };
    let moments = [&statistics.r_on, &statistics.r_off];
    let cv = |m: &Moments| format!("{:.2} %", 100.0 * m.cv);
    let title = format!("Cycles of {}", ask.preset.title);
    let subtitle = format!(
        "{} cycles; CV {}: {}, {}: {}",
        number::count(moments[0].count),
        kinds[0],
        cv(moments[0]),
        kinds[1],
        cv(moments[1])
    );
    let probability = || Axis::linear("cumulative probability", "%").exactly(0.0, 100.0);
    let x = if volts {
        Axis::linear("voltage", unit)
    } else {
        // Room beside both states, which are narrow on this scale.
        Axis::log("resistance", unit).at_least(0.6 * moments[0].mean, 1.7 * moments[1].mean)
    };
    let mut values = Chart::new(title.clone(), x, probability()).subtitle(subtitle.clone());
    let mut spread = Chart::new("", Axis::linear("deviation from the median", "%"), probability());
    for ((name, kind), m) in names.iter().zip(kinds).zip(moments) {
        let mut sorted: Vec<f64> = table.values(name).unwrap_or_default().to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let n = sorted.len();
        let median = sorted.get(n / 2).copied().unwrap_or(1.0);
        let look = if n <= 400 { Look::Points } else { Look::Line };
        // Every value of a few, and enough quantiles of many.
        let ranks: Vec<usize> =
            if n <= 2000 { (0..n).collect() } else { (0..2000).map(|k| k * (n - 1) / 1999).collect() };
        let place = |k: usize| 100.0 * (k as f64 + 0.5) / n as f64;
        let label = format!("{kind}, mean {}", short(m.mean, unit));
        let points = ranks.iter().map(|&k| (sorted[k], place(k)));
        values = values.series(Series::new(label, look, points));
        let points = ranks.iter().map(|&k| (100.0 * (sorted[k] / median - 1.0), place(k)));
        spread = spread.series(Series::new(kind, look, points));
    }
    if let PresetDevice::ThresholdSwitch { switch, .. } = &ask.preset.device {
        values = values
            .mark(Mark::x(switch.v_th.get(), ask.label("V_th", "v_th")))
            .mark(Mark::x(switch.v_hold.get(), ask.label("V_h", "v_hold")));
    }
    if let PresetDevice::BinarySwitch { device, .. } = &ask.preset.device {
        values = values
            .mark(Mark::x(device.r_on.get(), ask.label("R_on", "r_on")))
            .mark(Mark::x(device.r_off.get(), ask.label("R_off", "r_off")));
    }
    if volts {
        return values.svg();
    }
    Stack::new(title, subtitle).size(720, 680).below(spread, 1.0).below(values, 0.8).svg()
}
