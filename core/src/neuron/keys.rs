//! The keys of a neuron model: a scenario sets them, a library user through [`Described::with`].

use super::model::Model;
use crate::device::Open;
use crate::keys::from_list;
pub use crate::keys::{ModelFault, ModelKey, Reader, Unstated, key, shown};
use crate::numeric::decimal::{difference, product};

/// A model that a scenario can describe: its [`Model::NAME`] and these.
pub trait Described: Model {
    /// One line for a list of models.
    const TITLE: &'static str;
    /// Every key, in the order of the reference.
    const KEYS: &'static [ModelKey];

    /// The model of these values in SI units; what `value` does not know has its default.
    ///
    /// # Errors
    /// Every value that makes no neuron.
    fn from_keys(value: &dyn Fn(&str) -> Option<f64>) -> Result<Self, Vec<ModelFault>>;

    /// The `kind` of the devices that it is made of, if it is made of any. Where a key of the model is one of theirs, the device has
    /// its default.
    const DEVICE: Option<&'static str> = None;

    /// The model of a device and these values.
    ///
    /// # Errors
    /// As [`Described::from_keys`].
    fn from_device(device: &Open, value: &dyn Fn(&str) -> Option<f64>) -> Result<Self, Vec<ModelFault>> {
        let _ = device;
        Self::from_keys(value)
    }

    /// Values that are allowed and probably not meant, with a reason each.
    fn remarks(&self) -> Vec<ModelFault> {
        Vec::new()
    }

    /// [`Described::from_keys`] from a list.
    ///
    /// # Errors
    /// As there, and names that are not among its keys.
    fn with(values: &[(&'static str, f64)]) -> Result<Self, Vec<ModelFault>> {
        from_list(Self::NAME, Self::KEYS, values, Self::from_keys)
    }
}

/// `u_0`, the potential at the start of an episode: by default where the membrane rests.
pub const U_0: ModelKey = ModelKey {
    name: "u_0",
    unit: "V",
    words: &[],
    default: Unstated::As("u_rest"),
    what: "potential at the start; below threshold",
    origin: "assumed: at rest",
};

/// Where a membrane rests, fires and is reset to, in volts.
pub struct Potentials {
    /// Rest.
    pub u_rest: f64,
    /// Threshold above rest.
    pub theta: f64,
    /// Reset above rest.
    pub x_reset: f64,
    /// The start above rest.
    pub x_0: f64,
}

impl Reader<'_> {
    /// `u_rest`, `v_th`, `u_reset` and `u_0` of a neuron that fires at a threshold, and is reset and starts below it.
    pub fn potentials(&mut self) -> Potentials {
        let [u_rest, v_th, u_reset, u_0] = ["u_rest", "v_th", "u_reset", "u_0"].map(|name| self.any(name));
        let theta = above_rest(v_th, u_rest);
        self.require("v_th", v_th, theta > 0.0, "it must be above u_rest, or the neuron fires without input");
        self.require(
            "u_reset",
            u_reset,
            u_reset < v_th,
            "it must be below v_th, or the neuron fires for ever",
        );
        self.below_threshold(u_0, "v_th", v_th);
        Potentials { u_rest, theta, x_reset: above_rest(u_reset, u_rest), x_0: above_rest(u_0, u_rest) }
    }

    /// Refuses a `u_0` that is not below `threshold`, the key `name`, unless that is at fault itself.
    pub fn below_threshold(&mut self, u_0: f64, name: &str, threshold: f64) {
        let reached = u_0 >= threshold;
        let fine = !reached || self.faulty(name);
        let allowed = format_args!("it must be below {name}: a neuron starts below its threshold");
        self.require("u_0", u_0, fine, allowed);
    }
}

/// What a potential is above rest, in volts: of the decimals that were stated, rounded once.
#[must_use]
pub fn above_rest(potential: f64, rest: f64) -> f64 {
    difference(potential, rest)
}

/// What a current is as a part of the drive, R I, in volts: of the decimals that were stated, rounded once.
#[must_use]
pub fn in_volts(resistance: f64, current: f64) -> f64 {
    product(resistance, current)
}
