//! `memspike device NAME stdp`.

use super::args::StdpArgs;
use super::{Answer, Ask, Failure, short};
use memspike::device::overlap::WindowFit;
use memspike::device::preset::PresetDevice;
use memspike::device::protocol::{StdpOptions, Table, stdp, stdp_fits};
use memspike::device::resistive::Resistive as _;
use memspike::numeric::exp;
use memspike::plot::PlotError;
use memspike::plot::chart::{Axis, Band, Chart, Mark, Series};
use memspike::units::{Quantity as _, Second, Siemens};

pub fn run(ask: &Ask<'_>, args: &StdpArgs) -> Result<Answer, Failure> {
    let (device, spread, g_start, pulse) = match &ask.preset.device {
        PresetDevice::DoseDevice { device, spread, g_start, pulse: Some(pulse), .. } => {
            (device, spread, g_start, pulse)
        }
        PresetDevice::DoseDevice { pulse: None, .. } => {
            return Err(ask.cannot(
                "stdp",
                "its preset has no spike pulse; give it one with --set pulse_peak=\"0.2 V\" --set \
                 pulse_half_width=\"5 ms\" --set pulse_tail=\"0.1 V\" --set pulse_tail_length=\"0.5 s\"",
            ));
        }
        PresetDevice::BinarySwitch { .. } => {
            return Err(ask.cannot("stdp", "it is either on or off and has no change that grows"));
        }
        PresetDevice::ThresholdSwitch { .. } => {
            return Err(ask.cannot("stdp", "it is volatile, and no pair of spikes leaves a conductance"));
        }
        PresetDevice::Oscillator { .. } => {
            return Err(ask.cannot("stdp", "it is a circuit without a conductance that stays"));
        }
    };
    ask.in_range([pulse.peak.get() + pulse.tail.get()])?;
    let (device, _) = ask.own_dose(device, spread);
    let bounds = device.bounds();
    let g0 = ask.start(args.start, &device, g_start.get().clamp(bounds.g_min, bounds.g_max))?;
    let step = args.reach.get() / f64::from(args.points);
    let overlap = 2.0 * pulse.half_width.get();
    let options = StdpOptions {
        g0: Siemens::from_si(g0).unwrap_or(*g_start),
        reach: args.reach,
        step: Second::from_si(step).filter(|step| step.get() > 0.0).unwrap_or(args.reach),
        fit_from: args.fit_from.or_else(|| Second::from_si(overlap)).unwrap_or(pulse.half_width),
    };
    let mut table = stdp(&device, pulse, &options);
    ask.measure(&mut table, &["change"])?;
    if ask.common.noise.is_some() {
        // The notes of the table are of the window itself; what was measured has its own fits.
        table.notes.truncate(1);
    }
    let fits = stdp_fits(&table, &options);
    let note = format!(
        "pairs up to {} apart, from G0 = {}; pulse {} peak, {} tail over {}",
        args.reach,
        short(g0, "S"),
        pulse.peak,
        pulse.tail,
        pulse.tail_length
    );
    // The conductance cannot fall below g_min, so the change not below this.
    let floor = 100.0 * (bounds.g_min - g0) / g0;
    let ceiling = 100.0 * (bounds.g_max - g0) / g0;
    let svg = ask.picture(|| draw(ask, &table, &fits, &options, overlap, (floor, ceiling)))?;
    Ok(Answer { table, svg, notes: vec![note], summary: None })
}

fn draw(
    ask: &Ask<'_>,
    table: &Table,
    fits: &[Option<WindowFit>; 2],
    options: &StdpOptions,
    overlap: f64,
    (floor, ceiling): (f64, f64),
) -> Result<String, PlotError> {
    let column = |name: &str| table.values(name).unwrap_or_default();
    let (dt, change, clipped) = (column("dt"), column("change"), column("clipped"));
    let told: Vec<String> = ["W+", "W\u{2212}"]
        .iter()
        .zip(["\u{3c4}+", "\u{3c4}\u{2212}"])
        .zip(fits)
        .filter_map(|((w, tau), fit)| {
            let fit = fit.as_ref()?;
            Some(
                format!("{w} = {:.2} %, {tau} = {:.2} ms", fit.amplitude, fit.tau * 1e3)
                    .replace('-', "\u{2212}"),
            )
        })
        .collect();
    let subtitle = if told.is_empty() {
        "no exponential fits either side".to_owned()
    } else {
        format!("exponentials fitted from {} on: {}", options.fit_from, told.join("; "))
    };
    let x = Axis::linear("\u{394}t = t_post \u{2212} t_pre", "s");
    let mut chart = Chart::new(
        format!("Learning window of {}", ask.preset.title),
        x,
        Axis::linear("change of conductance", "%"),
    )
    .subtitle(subtitle);
    let reach = options.reach.get();
    let from = options.fit_from.get().min(reach);
    let mut name = "exponentials";
    for (sign, fit) in [1.0, -1.0].into_iter().zip(fits) {
        let Some(fit) = fit else { continue };
        let points = (0..=100).map(|k| {
            let t = from + (reach - from) * f64::from(k) / 100.0;
            (sign * t, fit.amplitude * exp(-(t / fit.tau)))
        });
        let mut curve = Series::new(name, memspike::plot::chart::Look::Reference, points);
        if name.is_empty() {
            curve.name.clear();
        }
        chart = chart.series(curve);
        name = "";
    }
    let of = |bound: bool| (0..dt.len()).filter(move |&k| (clipped[k] != 0.0) == bound);
    chart = chart.points("pairs of pulses", of(false).map(|k| (dt[k], change[k])));
    if of(true).next().is_some() {
        chart = chart.points("ended at a bound", of(true).map(|k| (dt[k], change[k])));
    }
    if overlap < reach {
        chart = chart.band(Band::x(-overlap, overlap, "main lobes overlap"));
    }
    let lowest = change.iter().copied().fold(0.0, f64::min);
    let highest = change.iter().copied().fold(0.0, f64::max);
    if lowest <= floor + 0.15 * floor.abs() {
        chart = chart.mark(Mark::y(floor, "G_min"));
    }
    if highest >= ceiling - 0.15 * ceiling.abs() {
        chart = chart.mark(Mark::y(ceiling, "G_max"));
    }
    chart.svg()
}
