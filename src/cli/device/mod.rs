//! `memspike device`: one device alone, as a table on stdout and, if asked for, a picture.

pub mod args;
mod cycles;
mod iv;
mod noise;
mod pulses;
mod retention;
pub mod source;
mod stdp;

use super::end::End;
use super::failure::Failure;
use super::files;
use super::output::Output;
use args::{Common, DeviceArgs, Experiment};
use memspike::device::preset::{Preset, PresetDevice, Provenance};
use memspike::device::protocol::Table;
use memspike::device::resistive::{BinarySwitch, DoseDevice, Resistive};
use memspike::plot::PlotError;
use memspike::units::{Quantity as _, Siemens, Volt};

/// What an experiment found.
struct Answer {
    table: Table,
    /// The picture, if one is wanted.
    svg: Option<String>,
    /// What was chosen for the user, and what the user should know.
    notes: Vec<String>,
    /// Instead of the table.
    summary: Option<String>,
}

/// Rows that one command may write.
const MOST_ROWS: u64 = 10_000_000;

pub fn device(args: &DeviceArgs, output: &Output) -> Result<End, Failure> {
    let common = args.experiment.common();
    if let Some(path) = &common.plot {
        files::check_picture(path)?;
    }
    let preset = source::find(&args.name, &common.set)?.preset;
    let ask = Ask { preset: &preset, common, output };
    let answer = match &args.experiment {
        Experiment::Iv(args) => iv::run(&ask, args),
        Experiment::Pulses(args) => pulses::run(&ask, args),
        Experiment::Stdp(args) => stdp::run(&ask, args),
        Experiment::Retention(args) => retention::run(&ask, args),
        Experiment::Cycles(args) => cycles::run(&ask, args),
    }?;
    for note in answer.notes.iter().chain(&answer.table.notes) {
        output.note(note);
    }
    for assumed in preset.assumed() {
        output.detail(&format!("assumed: {assumed}"));
    }
    if let (Some(path), Some(svg)) = (&common.plot, &answer.svg) {
        files::write_picture(path, svg)?;
        output.note(&format!("drawn in {}", path.display()));
    }
    match &answer.summary {
        Some(text) => output.data(text)?,
        None => {
            for piece in answer.table.csv_pieces() {
                output.data(&piece)?;
            }
        }
    }
    Ok(End::Done)
}

/// What every experiment is given.
struct Ask<'a> {
    preset: &'a Preset,
    common: &'a Common,
    output: &'a Output,
}

impl Ask<'_> {
    /// Holds voltages to the range the preset is stated for.
    fn in_range(&self, volts: impl IntoIterator<Item = f64>) -> Result<(), Failure> {
        let outside = volts
            .into_iter()
            .filter_map(|v| self.preset.check_voltage(Volt::from_si(v)?).err())
            .max_by(|a, b| a.voltage.get().abs().total_cmp(&b.voltage.get().abs()));
        let Some(outside) = outside else { return Ok(()) };
        if self.common.beyond_range {
            self.output.warning(&outside.to_string());
            return Ok(());
        }
        Err(Failure::new(outside.to_string())
            .with_hint("stay within it, or add --beyond-range to extrapolate at your own risk"))
    }

    /// The answer "this device has no such experiment".
    fn cannot(&self, experiment: &str, why: &str) -> Failure {
        let can = match &self.preset.device {
            PresetDevice::ThresholdSwitch { .. } | PresetDevice::BinarySwitch { .. } => {
                "iv, pulses, retention, cycles"
            }
            PresetDevice::DoseDevice { pulse: Some(_), .. } => "iv, pulses, stdp, retention, cycles",
            PresetDevice::DoseDevice { pulse: None, .. } => "iv, pulses, retention, cycles",
            PresetDevice::Oscillator { .. } => "iv",
        };
        Failure::new(format!("`{}` cannot do `{experiment}`: {why}", self.preset.name))
            .with_hint(format!("it can do {can}"))
    }

    /// Refuses a table that no memory would hold.
    fn rows(&self, rows: u64, options: &str) -> Result<(), Failure> {
        if rows <= MOST_ROWS {
            return Ok(());
        }
        Err(Failure::new(format!("that would be {rows} rows; {MOST_ROWS} are allowed"))
            .with_hint(format!("ask for less with {options}")))
    }

    /// Adds the measurement noise asked for to a column.
    fn measure(&self, table: &mut Table, columns: &[&str]) -> Result<(), Failure> {
        let Some(noise) = self.common.noise else { return Ok(()) };
        let found = table.columns.iter_mut().filter(|column| columns.contains(&column.name.as_str()));
        for (k, column) in found.enumerate() {
            let seed = self.common.seed.wrapping_add((k as u64) << 32);
            noise
                .add(&mut column.values, &column.unit, seed)
                .map_err(|message| Failure::new(message).with_hint("give a share such as \"1 %\""))?;
        }
        Ok(())
    }

    /// The picture, if one is wanted.
    fn picture(&self, draw: impl FnOnce() -> Result<String, PlotError>) -> Result<Option<String>, Failure> {
        self.common.plot.as_ref().map(|_| draw().map_err(|error| Failure::new(error.to_string()))).transpose()
    }

    /// `V_th 0.25 V (measured)`: a number of the preset, for a mark in a picture.
    fn label(&self, symbol: &str, key: &str) -> String {
        match self.preset.parameters.iter().find(|parameter| parameter.key == key) {
            Some(p) => format!("{symbol} {} ({})", typeset(&rounded(&p.value)), p.provenance.name()),
            None => symbol.to_owned(),
        }
    }

    /// As [`Self::label`] for an option that replaced the preset's number.
    fn own_label(&self, symbol: &str, value: impl std::fmt::Display) -> String {
        format!("{symbol} {value} ({})", Provenance::Assumed.name())
    }

    /// The conductance to start from: what was asked for, within the device's bounds.
    fn start(&self, asked: Option<Siemens>, device: &dyn Resistive, otherwise: f64) -> Result<f64, Failure> {
        let Some(asked) = asked else { return Ok(otherwise) };
        let bounds = device.bounds();
        if (bounds.g_min..=bounds.g_max).contains(&asked.get()) {
            return Ok(asked.get());
        }
        let siemens = |g: f64| Siemens::from_si(g).map_or_else(|| g.to_string(), |g| short(g.get(), "S"));
        Err(Failure::new(format!(
            "--start {asked} is outside the device's {} to {}",
            siemens(bounds.g_min),
            siemens(bounds.g_max)
        ))
        .with_hint("give a conductance between them"))
    }

    /// The device of this seed, if it is to vary, and the seed of its pulses.
    fn own_dose(
        &self,
        device: &DoseDevice,
        spread: &memspike::device::resistive::DeviceSpread,
    ) -> (DoseDevice, Option<u64>) {
        if self.common.vary {
            (device.own(spread, self.common.seed, 0), Some(self.common.seed))
        } else {
            (device.clone(), None)
        }
    }

    fn pulse_seed(&self) -> Option<u64> {
        self.common.vary.then_some(self.common.seed)
    }
}

/// Three digits and a prefix, as a person writes them.
fn short(value: f64, unit: &str) -> String {
    typeset(&memspike::plot::number::si(value, unit))
}

/// A quantity with four digits where it is written with more: a decade is 3.16227766 MOhm in its preset.
fn rounded(text: &str) -> String {
    let (number, unit) = memspike::units::parse_number_unit(text);
    match number.parse() {
        Ok(value)
            if number.chars().filter(char::is_ascii_digit).count() > 6 && !number.contains(['e', 'E']) =>
        {
            let short = memspike::plot::number::significant(value, 4);
            format!("{} {unit}", memspike::plot::number::trimmed(&short)).trim_end().to_owned()
        }
        _ => text.to_owned(),
    }
}

/// `7 uA` as print has it: with a micro sign, an ohm sign and a true minus.
fn typeset(text: &str) -> String {
    text.replace(" u", " \u{b5}").replace("Ohm", "\u{2126}").replace('-', "\u{2212}")
}

/// The voltages a resistive device is driven to if none are given: (SET, RESET), the second negative.
fn usual_voltages(preset: &Preset) -> (f64, f64) {
    use memspike::device::resistive::Rate;
    let most = preset.v_max.get();
    match &preset.device {
        PresetDevice::ThresholdSwitch { switch, .. } => (most.min(1.6 * switch.v_th.get()), 0.0),
        PresetDevice::Oscillator { oscillator } => (most.min(1.5 * oscillator.v_th.get()), 0.0),
        PresetDevice::BinarySwitch { device, .. } => usual_binary(device, most),
        PresetDevice::DoseDevice { device, .. } => {
            let usual = |rate: &Rate| match rate {
                Rate::Exponential { v_ref, .. } => v_ref.get().abs().min(most),
                // The range is stated a little above the pulses that were measured.
                Rate::Pulses { .. } => most / 1.05,
                Rate::Power { .. } => most,
            };
            (usual(&device.set), -usual(&device.reset))
        }
    }
}

fn usual_binary(device: &BinarySwitch, most: f64) -> (f64, f64) {
    (most.min(device.v_set.get() * 5.0 / 3.0), -most.min(device.v_reset.get() * 1.25))
}
