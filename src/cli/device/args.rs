//! What can be written after `memspike device`.

use super::super::measured::LayoutArgs;
use super::super::values::{TableFormat, key_value, positive, quantity};
use super::noise::Noise;
use clap::{Args, Subcommand, ValueHint};
use memspike::units::{Ampere, Farad, Ohm, Second, Siemens, Volt, VoltPerSecond};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  memspike device ag-tio2-pt-ts iv --plot loop.svg
  memspike device ag-tio2-pt-ts pulses --amplitude \"0.5 V\" --width \"1 ms\" --period \"2 ms\"
  memspike device ag-tio2-pt-rs-analog stdp --plot window.svg > window.csv
  memspike device ag-tio2-pt-rs-binary cycles --number 1000000 --summary
  memspike device my-device.toml retention --until \"10 ks\" --set lifetime_sigma=1

`memspike models` lists the presets, `memspike models NAME` shows where each of its numbers comes
from, and `memspike device NAME EXPERIMENT --help` lists the options of an experiment.";

/// Characterise one device.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES, subcommand_value_name = "EXPERIMENT", subcommand_help_heading = "Experiments")]
pub struct DeviceArgs {
    /// The name of a preset, or a preset file.
    #[arg(value_hint = ValueHint::FilePath)]
    pub name: String,
    #[command(subcommand)]
    pub experiment: Experiment,
}

#[derive(Clone, Debug, Subcommand)]
pub enum Experiment {
    /// Sweep the voltage and record the current.
    Iv(IvArgs),
    /// Apply equal pulses and record what each does.
    Pulses(PulsesArgs),
    /// Apply pairs of spikes some time apart and record the change of conductance.
    Stdp(StdpArgs),
    /// Leave the device alone and look how it relaxes.
    Retention(RetentionArgs),
    /// Switch it on and off again and again, and record the spread.
    Cycles(CyclesArgs),
}

impl Experiment {
    pub fn common(&self) -> &Common {
        match self {
            Self::Iv(args) => &args.common,
            Self::Pulses(args) => &args.common,
            Self::Stdp(args) => &args.common,
            Self::Retention(args) => &args.common,
            Self::Cycles(args) => &args.common,
        }
    }

    /// The circuit that is asked for, in experiments that drive a device.
    pub fn around(&self) -> Option<&Around> {
        match self {
            Self::Iv(args) => Some(&args.around),
            Self::Pulses(args) => Some(&args.around),
            Self::Cycles(args) => Some(&args.around),
            Self::Stdp(_) | Self::Retention(_) => None,
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Iv(_) => "iv",
            Self::Pulses(_) => "pulses",
            Self::Stdp(_) => "stdp",
            Self::Retention(_) => "retention",
            Self::Cycles(_) => "cycles",
        }
    }

    /// The options that say how many rows there are.
    pub fn counts(&self) -> &'static str {
        match self {
            Self::Iv(_) => "--samples or --cycles",
            Self::Pulses(_) => "--count",
            Self::Stdp(_) => "--points",
            Self::Retention(_) => "--points or --devices",
            Self::Cycles(_) => "--number",
        }
    }
}

/// Options of every experiment.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options of every experiment")]
pub struct Common {
    /// Seed of every random draw; another seed is another device and another measurement.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Also draw it: FILE.svg or FILE.png.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub plot: Option<PathBuf>,
    /// Draw a measurement over it, from a file such as `memspike fit` takes; - for standard input.
    #[arg(long, value_name = "DATA.csv", value_hint = ValueHint::FilePath, requires = "plot")]
    pub over: Option<PathBuf>,
    #[command(flatten)]
    pub layout: LayoutArgs,
    /// Change one parameter of the preset, such as v_th="0.3 V" or cycle_cv="5 %"; can be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub set: Vec<(String, String)>,
    /// With the preset's spread from device to device and cycle to cycle (`cycles` always has it).
    #[arg(long)]
    pub vary: bool,
    /// Add Gaussian measurement noise to what is measured: a share such as "1 %", or a size such as "0.2 mV".
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true)]
    pub noise: Option<Noise>,
    /// How the table is printed: as CSV, or as a list of JSON objects, one for each row.
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: TableFormat,
    /// Go beyond the voltages the preset is stated for, with a warning.
    #[arg(long)]
    pub beyond_range: bool,
}

/// What is around a threshold switch.
#[derive(Clone, Debug, Args)]
pub struct Around {
    /// Circuit of a threshold switch: `bare` (the drive stays), `reset` (it is taken away after firing), `series`, `load` or `node`
    /// (a passive column; `pulses` alone).
    #[arg(long, value_name = "NAME", value_parser = ["bare", "reset", "series", "load", "node"])]
    pub circuit: Option<String>,
    /// How long after firing the drive still flows, in the circuit `reset`. Default: 100 us, assumed.
    #[arg(long, value_name = "TIME", value_parser = quantity::<Second>)]
    pub open_after: Option<Second>,
    /// Resistor of the circuits `series` and `load`; in `node` that of one row.
    #[arg(long, value_name = "RESISTANCE", value_parser = positive::<Ohm>, allow_hyphen_values = true)]
    pub series_resistor: Option<Ohm>,
    /// Capacitor across the switch, in the circuits `load` and `node`.
    #[arg(long, value_name = "CAPACITANCE", value_parser = positive::<Farad>, allow_hyphen_values = true)]
    pub capacitor: Option<Farad>,
    /// Voltage of an active row, in the circuit `node`: pulses of V are V/row-voltage rows.
    #[arg(long, value_name = "VOLTAGE", value_parser = positive::<Volt>, allow_hyphen_values = true)]
    pub row_voltage: Option<Volt>,
}

#[derive(Clone, Debug, Args)]
pub struct IvArgs {
    /// Sweep from zero to this voltage and back. Default: well above the onset of the preset.
    #[arg(long, value_name = "VOLTAGE", value_parser = quantity::<Volt>, allow_hyphen_values = true)]
    pub amplitude: Option<Volt>,
    /// And then to this one of the other sign and back; "0 V" for none.
    #[arg(long, value_name = "VOLTAGE", value_parser = quantity::<Volt>, allow_hyphen_values = true)]
    pub reverse: Option<Volt>,
    /// All turning points of the sweep instead, such as "0 V,0.2 V,0 V".
    #[arg(
        long,
        value_name = "VOLTAGES",
        value_parser = quantity::<Volt>,
        value_delimiter = ',',
        allow_hyphen_values = true,
        conflicts_with_all = ["amplitude", "reverse"]
    )]
    pub through: Vec<Volt>,
    /// Rate of the sweep, such as "10 mV/s".
    #[arg(long, value_name = "RATE", value_parser = positive::<VoltPerSecond>, allow_hyphen_values = true)]
    pub rate: Option<VoltPerSecond>,
    /// Duration of one whole sweep instead of its rate.
    #[arg(long, value_name = "TIME", value_parser = positive::<Second>, allow_hyphen_values = true, conflicts_with = "rate")]
    pub duration: Option<Second>,
    /// How often the sweep is repeated.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub cycles: u32,
    /// Rows between two turning points.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    pub samples: u32,
    /// Current limit instead of the preset's.
    #[arg(long, value_name = "CURRENT", value_parser = positive::<Ampere>, allow_hyphen_values = true)]
    pub compliance: Option<Ampere>,
    /// Conductance to start from, for non-volatile devices.
    #[arg(long, value_name = "CONDUCTANCE", value_parser = positive::<Siemens>, allow_hyphen_values = true)]
    pub start: Option<Siemens>,
    #[command(flatten)]
    pub around: Around,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Clone, Debug, Args)]
pub struct PulsesArgs {
    /// Voltage of the pulses.
    #[arg(long, value_name = "VOLTAGE", value_parser = quantity::<Volt>, allow_hyphen_values = true)]
    pub amplitude: Option<Volt>,
    /// Voltage of a second train that follows, of as many pulses; "0 V" for none. Non-volatile devices only.
    #[arg(long, value_name = "VOLTAGE", value_parser = quantity::<Volt>, allow_hyphen_values = true)]
    pub reverse: Option<Volt>,
    /// Duration of a pulse.
    #[arg(long, value_name = "TIME", value_parser = positive::<Second>, allow_hyphen_values = true)]
    pub width: Option<Second>,
    /// From the start of a pulse to that of the next. Default: twice the width.
    #[arg(long, value_name = "TIME", value_parser = positive::<Second>, allow_hyphen_values = true)]
    pub period: Option<Second>,
    /// Pulses of a train.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub count: Option<u32>,
    /// Conductance to start from, for non-volatile devices.
    #[arg(long, value_name = "CONDUCTANCE", value_parser = positive::<Siemens>, allow_hyphen_values = true)]
    pub start: Option<Siemens>,
    #[command(flatten)]
    pub around: Around,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Clone, Debug, Args)]
pub struct StdpArgs {
    /// Largest time between the spikes of a pair.
    #[arg(long, value_name = "TIME", default_value = "150 ms", value_parser = positive::<Second>, allow_hyphen_values = true)]
    pub reach: Second,
    /// Pairs of each order (pre before post, post before pre).
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=50_000))]
    pub points: u32,
    /// Smallest time between spikes that counts for the exponentials fitted to the window. Default: where the main
    /// lobes of the pulses no longer overlap.
    #[arg(long, value_name = "TIME", value_parser = positive::<Second>, allow_hyphen_values = true)]
    pub fit_from: Option<Second>,
    /// Conductance before each pair.
    #[arg(long, value_name = "CONDUCTANCE", value_parser = positive::<Siemens>, allow_hyphen_values = true)]
    pub start: Option<Siemens>,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Clone, Debug, Args)]
pub struct RetentionArgs {
    /// How long. Default: 4000 s, or five relaxation times of a volatile device.
    #[arg(long, value_name = "TIME", value_parser = positive::<Second>, allow_hyphen_values = true)]
    pub until: Option<Second>,
    /// Rows.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub points: u32,
    /// Devices, each with its own lifetime; the table has their median and tenths.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub devices: u32,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Clone, Debug, Args)]
pub struct CyclesArgs {
    /// How many.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub number: u64,
    /// Voltage of the sweep that turns it on.
    #[arg(long, value_name = "VOLTAGE", value_parser = positive::<Volt>, allow_hyphen_values = true)]
    pub amplitude: Option<Volt>,
    /// Voltage of the sweep that turns it off, below zero; not for volatile devices.
    #[arg(long, value_name = "VOLTAGE", value_parser = quantity::<Volt>, allow_hyphen_values = true)]
    pub reverse: Option<Volt>,
    /// Rate of the sweeps.
    #[arg(long, value_name = "RATE", value_parser = positive::<VoltPerSecond>, allow_hyphen_values = true)]
    pub rate: Option<VoltPerSecond>,
    /// Let the window shrink as the preset's endurance says.
    #[arg(long)]
    pub wear: bool,
    /// Print the statistics instead of a row per cycle.
    #[arg(long)]
    pub summary: bool,
    #[command(flatten)]
    pub around: Around,
    #[command(flatten)]
    pub common: Common,
}
