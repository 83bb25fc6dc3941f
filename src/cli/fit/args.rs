//! What can be written after `memspike fit`.

use super::super::measured::LayoutArgs;
use super::super::values::{Format, key_value, quantity};
use clap::{Args, ValueEnum, ValueHint};
use memspike::fit::Curve;
use memspike::units::{Second, Siemens, Volt};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Columns of DATA.csv (others may be there too), each with its unit:
  iv         voltage [V],current [A]         in the order of the sweep; loops that switch, or one state
  pulses     pulse,conductance [S]           one train of equal pulses
  stdp       dt [ms],change [%]              change of conductance against t_post - t_pre
  lif        time [ms],state [mV]            relaxation of a membrane or filament
  retention  time [s],conductance [S]

Examples:
  memspike fit lif relaxation.csv --plot fit.svg --out my-switch.toml
  memspike fit stdp window.csv --from \"10 ms\" --out my-synapse.toml
  memspike fit iv loops.csv --param i_cc=\"7 uA\"
  memspike device ./my-switch.toml pulses --plot pulses.svg
  memspike fit device --iv loops.csv --retention held.csv --out mine.toml

Exits with 2 if the data cannot determine a parameter, and names it; with 1 if the law is not that of the data: then what it
leaves over has a pattern, and no preset is written without --anyway.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Model {
    /// Current-voltage loops: turn-on, turn-off, conductances, compliance.
    Iv,
    /// A train of equal pulses on a soft bound.
    Pulses,
    /// Both sides of a learning window.
    Stdp,
    /// Relaxation of a membrane or filament.
    Lif,
    /// Loss of a programmed conductance.
    Retention,
    /// One device from several of these.
    Device,
}

impl Model {
    pub fn name(self) -> &'static str {
        match self {
            Self::Iv => "iv",
            Self::Pulses => "pulses",
            Self::Stdp => "stdp",
            Self::Lif => "lif",
            Self::Retention => "retention",
            Self::Device => "device",
        }
    }
}

/// The files of `fit device`.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Measurements of one device, for `fit device`")]
pub struct Measurements {
    /// Loops; can be repeated, a file for each of several devices of a kind.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub iv: Vec<PathBuf>,
    /// A train of pulses.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub pulses: Option<PathBuf>,
    /// A learning window.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub stdp: Option<PathBuf>,
    /// Relaxation of a volatile switch.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub relaxation: Option<PathBuf>,
    /// Loss of a programmed conductance.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub retention: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct FitArgs {
    /// What was measured.
    #[arg(value_name = "MODEL")]
    pub model: Model,
    /// The measurement: columns with units in the header, as an instrument or a spreadsheet writes them; - for standard
    /// input.
    #[arg(value_name = "DATA.csv", value_hint = ValueHint::FilePath)]
    pub data: Option<PathBuf>,
    #[command(flatten)]
    pub measurements: Measurements,
    #[command(flatten)]
    pub layout: LayoutArgs,
    /// Also draw data, fit and residuals: FILE.svg or FILE.png.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub plot: Option<PathBuf>,
    /// Also write a preset for `memspike device` and scenarios.
    #[arg(long, value_name = "FILE.toml", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
    /// Replace the file given with --out.
    #[arg(long, requires = "out")]
    pub force: bool,
    /// Write the preset also of a fit that leaves more than noise.
    #[arg(long, requires = "out")]
    pub anyway: bool,
    /// The preset that the numbers not in the data are taken from. Default: one of the founding paper's. Those of a file of
    /// your own keep where they come from.
    #[arg(long, value_name = "PRESET", requires = "out")]
    pub base: Option<String>,
    /// Hold a parameter at a value instead of fitting it, such as u_rest="0 V"; can be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = key_value)]
    pub param: Vec<(String, String)>,
    /// Leave out what comes before, in the unit of the first column (of dt: its magnitude; not of voltages).
    #[arg(long, value_name = "VALUE")]
    pub from: Option<String>,
    /// Leave out what comes after.
    #[arg(long, value_name = "VALUE")]
    pub to: Option<String>,
    /// iv: what does not switch is ohmic, I = G V, instead of I = G V0 sinh(V/V0).
    #[arg(long)]
    pub ohmic: bool,
    /// retention: stretched exponential exp(-(t/tau)^b) instead of b = 1.
    #[arg(long)]
    pub stretched: bool,
    /// pulses: voltage of the pulses, for the preset.
    #[arg(long, value_name = "VOLTAGE", value_parser = quantity::<Volt>, allow_hyphen_values = true)]
    pub amplitude: Option<Volt>,
    /// pulses: duration of a pulse, for the preset.
    #[arg(long, value_name = "TIME", value_parser = quantity::<Second>)]
    pub width: Option<Second>,
    /// stdp: conductance before each pair, for the preset. Default: that of the base.
    #[arg(long, value_name = "CONDUCTANCE", value_parser = quantity::<Siemens>)]
    pub start: Option<Siemens>,
    /// What to print: a table, or JSON.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}

impl FitArgs {
    /// The measurements of `fit device`, those first whose numbers the others need.
    pub fn files(&self) -> Vec<(Model, PathBuf)> {
        let m = &self.measurements;
        let loops = m.iv.iter().map(|path| (Model::Iv, path.clone()));
        let others = [
            (Model::Lif, &m.relaxation),
            (Model::Retention, &m.retention),
            (Model::Pulses, &m.pulses),
            (Model::Stdp, &m.stdp),
        ];
        loops.chain(others.into_iter().filter_map(|(model, path)| Some((model, path.clone()?)))).collect()
    }

    /// What is fitted to the columns.
    pub fn curve(&self) -> Curve {
        match self.model {
            Model::Iv => Curve::Iv { ohmic: self.ohmic },
            Model::Pulses => Curve::Pulses,
            Model::Stdp => Curve::Stdp,
            Model::Lif | Model::Device => Curve::Relaxation,
            Model::Retention => Curve::Retention { stretched: self.stretched },
        }
    }
}
