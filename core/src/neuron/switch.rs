//! The threshold switch as a neuron in the circuit `reset`: a filament that integrates while off, fires by turning on, and
//! is deaf until it has relaxed to its hold voltage, because its drive has been taken away ([`Circuit::Reset`]).
//!
//! Off, it is the leaky integrator of the same constants, tau du/dt = -(u - u_rest) + R I(t). It turns on when u
//! reaches the threshold of this cycle, V_th,k, and that is the spike; u := V_th,k. On, arrivals are lost, u relaxes
//! undriven, and after
//!
//! t_on,k = tau ln((V_th,k - u_rest)/(V_h - u_rest))
//!
//! (8.65 ms, or 8.62 ms with u_rest = 0) it is at V_h and turns off. So its refractory time and its reset are
//! no parameters of their own: it is a [`Lif`] with reset to hold and t_ref = t_on, whose threshold and
//! t_ref differ from cycle to cycle where the device has spread.
//!
//! Source: Yan et al. (Ag/TiO2/Pt at 7 uA), figs. 1c and 4; the paper measures relaxation only without drive. In circuits
//! that leave the drive on it a switch is a [`super::driven::Driven`].

use super::model::Draws;
use super::{Floor, Lif, Reset};
use crate::device::threshold::{Circuit, SwitchError, ThresholdSpread, ThresholdSwitch};
use crate::numeric::decimal::difference;
use crate::numeric::ln;
use crate::random::Purpose;
use crate::time::Time;
use crate::units::{Ampere, Farad, Ohm, Quantity as _, Second, Volt};
use serde::{Deserialize, Serialize};

/// Parameters of a threshold switch used as a neuron.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Switch {
    /// The device. Defaults: Ag/TiO2/Pt at 7 uA.
    pub device: ThresholdSwitch,
    /// How thresholds differ between cycles and between devices. Default: not at all.
    pub spread: ThresholdSpread,
    /// What is around it. Default: [`Circuit::RESET`]; in another one it is a [`super::driven::Driven`].
    #[serde(default = "reset")]
    pub circuit: Circuit,
    /// A fixed on-time, as an active reset would give; `None`: the device's own, t_on,k.
    pub on_time: Option<Second>,
    /// What turns an input current into the voltage that the filament integrates.
    pub r_m: Ohm,
    /// Constant bias current.
    pub i_bias: Ampere,
    /// Where the filament is when an episode begins, below every threshold that it may have; `None`: at `u_rest`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub u_0: Option<Volt>,
    /// Below what neither a jump nor a drive takes the filament. Default: its rest, where it is dissolved.
    #[serde(default = "rest")]
    pub floor: Floor,
}

fn rest() -> Floor {
    Floor::Rest
}

fn reset() -> Circuit {
    Circuit::RESET
}

impl Default for Switch {
    fn default() -> Self {
        let Lif { r_m, i_bias, .. } = Lif::default();
        let (device, spread) = (ThresholdSwitch::default(), ThresholdSpread::default());
        Self { device, spread, circuit: Circuit::RESET, on_time: None, r_m, i_bias, u_0: None, floor: rest() }
    }
}

/// A parameter that is not valid for a switch neuron.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum SwitchNeuronError {
    /// The device itself.
    #[error(transparent)]
    Device(#[from] SwitchError),
    /// No time is negative.
    #[error("on_time is {on_time}; it must be zero or more, or left out for the device's own")]
    OnTime {
        /// The value.
        on_time: Second,
    },
    /// It would be on before the beginning.
    #[error(
        "u_0 is {u_0}, not below {lowest}, the lowest threshold that a cycle may have; a switch starts off"
    )]
    Start {
        /// Where it would start.
        u_0: Volt,
        /// The lowest threshold.
        lowest: Volt,
    },
    /// Nothing of its own ends it then.
    #[error("on_time is {on_time} in the circuit \"{circuit}\"; only \"reset\" has a stated on-time")]
    Driven {
        /// The value.
        on_time: Second,
        /// The circuit.
        circuit: &'static str,
    },
    /// It would be run as if its drive were taken away.
    #[error("a switch in the circuit \"{circuit}\" is an open model; make it with `Neuron::from`")]
    NotReset {
        /// The circuit.
        circuit: &'static str,
    },
    /// An element of the circuit.
    #[error("{element} is {}; it must be {allowed}", crate::hint::number(*value))]
    Element {
        /// As scenarios call it.
        element: &'static str,
        /// With its unit.
        value: f64,
        /// In words.
        allowed: &'static str,
    },
    /// A deviation.
    #[error(
        "the spread of thresholds is {} from cycle to cycle and {} from device to device; each must be 0 to 10", crate::hint::number(*cycle), crate::hint::number(*device)
    )]
    Spread {
        /// Coefficient of variation from cycle to cycle.
        cycle: f64,
        /// Coefficient of variation from device to device.
        device: f64,
    },
}

impl Switch {
    /// All faults of these parameters.
    #[must_use]
    pub fn faults(&self) -> Vec<SwitchNeuronError> {
        let mut faults: Vec<_> = self.device.faults().into_iter().map(SwitchNeuronError::Device).collect();
        if let Some(on_time) = self.on_time
            && on_time < Second::ZERO
        {
            faults.push(SwitchNeuronError::OnTime { on_time });
        }
        if let (Some(on_time), false) = (self.on_time, self.is_reset()) {
            faults.push(SwitchNeuronError::Driven { on_time, circuit: self.circuit.name() });
        }
        faults.extend(self.element());
        let ThresholdSpread { cycle, device, .. } = self.spread;
        if !((0.0..=10.0).contains(&cycle) && (0.0..=10.0).contains(&device)) {
            faults.push(SwitchNeuronError::Spread { cycle, device });
        }
        let lowest = if self.varies() { self.spread.floor(&self.device) } else { self.device.v_th };
        if let Some(u_0) = self.u_0
            && u_0 >= lowest
        {
            faults.push(SwitchNeuronError::Start { u_0, lowest });
        }
        faults
    }

    /// What is wrong with the element of its circuit.
    fn element(&self) -> Option<SwitchNeuronError> {
        let (element, value, fine, allowed) = match self.circuit {
            Circuit::Bare => return None,
            Circuit::Reset { open_after } => {
                ("open_after", open_after.get(), open_after >= Second::ZERO, "zero seconds or more")
            }
            Circuit::Load { c, .. } | Circuit::Node { c, .. } if c <= Farad::ZERO => {
                ("c", c.get(), false, "above zero farads")
            }
            Circuit::Node { v_row, .. } if v_row <= Volt::ZERO => {
                ("v_row", v_row.get(), false, "above zero volts")
            }
            Circuit::Node { .. } if self.i_bias != Ampere::ZERO => {
                ("i_bias", self.i_bias.get(), false, "zero: what reaches a passive column are its rows")
            }
            Circuit::Series { r_s } | Circuit::Load { r_s, .. } | Circuit::Node { r_s, .. } => {
                ("r_s", r_s.get(), r_s > Ohm::ZERO, "above zero ohms")
            }
        };
        (!fine).then_some(SwitchNeuronError::Element { element, value, allowed })
    }

    /// Whether its drive is taken away after firing.
    #[must_use]
    pub fn is_reset(&self) -> bool {
        matches!(self.circuit, Circuit::Reset { .. })
    }

    /// Threshold of the cycle after so many spikes, in volts.
    #[must_use]
    pub fn v_th(&self, draws: &Draws) -> f64 {
        let thresholds = self.spread.thresholds(&self.device);
        thresholds.cycle(thresholds.median(draws.seed, draws.neuron), draws.word(Purpose::Threshold))
    }

    /// The leaky integrator that it is while every threshold is the nominal one.
    #[must_use]
    pub fn membrane(&self) -> Lif {
        let device = &self.device;
        Lif {
            tau_m: device.tau,
            u_rest: device.u_rest,
            v_th: device.v_th,
            u_reset: device.u_rest,
            v_hold: device.v_hold,
            reset: Reset::Hold,
            t_ref: self.seconds_on(device.v_th),
            r_m: self.r_m,
            i_bias: self.i_bias,
            u_0: self.u_0,
            floor: self.floor,
        }
    }

    /// Whether thresholds differ.
    #[must_use]
    pub fn varies(&self) -> bool {
        self.spread.cycle > 0.0 || self.spread.device > 0.0
    }

    /// The lowest threshold that can be drawn, relative to rest, in volts.
    #[must_use]
    pub fn lowest_theta(&self) -> f64 {
        let rest = self.device.u_rest.get();
        if self.varies() {
            self.spread.floor(&self.device).get() - rest
        } else {
            difference(self.device.v_th.get(), rest)
        }
    }

    fn seconds_on(&self, v_th: Volt) -> Second {
        self.on_times().seconds(v_th)
    }

    /// How long the cycle of threshold `v_th` (volts) stays on: the time that arrivals are lost.
    #[must_use]
    pub fn on_time(&self, v_th: f64) -> Time {
        self.on_times().of(v_th)
    }

    /// How long cycles stay on.
    #[must_use]
    pub fn on_times(&self) -> OnTimes {
        let rest = self.device.u_rest.get();
        let hold = difference(self.device.v_hold.get(), rest);
        OnTimes { tau: self.device.tau, rest, hold, varies: self.varies(), stated: self.on_time }
    }

    /// For how long current flows after firing in the circuit `reset`: until it opens, or the switch is off.
    #[must_use]
    pub fn flows(&self) -> Second {
        let on = self.seconds_on(self.device.v_th);
        if let Circuit::Reset { open_after } = self.circuit { open_after.min(on) } else { on }
    }

    /// Conductance of a switch in the circuit `reset` whose filament is at u (volts), `since` seconds after it fired last,
    /// with the nominal threshold, in siemens.
    #[must_use]
    pub fn conductance(&self, u: f64, since: Option<f64>) -> f64 {
        let device = &self.device;
        let open_after =
            if let Circuit::Reset { open_after } = self.circuit { open_after.get() } else { 0.0 };
        let fading = |since: f64| crate::numeric::exp(-((since - open_after).max(0.0) / device.tau.get()));
        device.conductance_at(u - device.u_rest.get(), device.theta(), since.map_or(0.0, fading))
    }

    /// u of an on filament `left` seconds before it turns off, in volts.
    ///
    /// u_rest + (V_h - u_rest) e^(left/tau), and never above the nominal threshold, where a filament that is kept
    /// on for longer than its own on-time sits pinned.
    #[must_use]
    pub fn u_on(&self, left: f64) -> f64 {
        let ThresholdSwitch { tau, u_rest, v_hold, v_th, .. } = self.device;
        let u = u_rest + (v_hold - u_rest) * crate::numeric::exp(Second::of(left) / tau);
        if self.on_time.is_some() { u.min(v_th) } else { u }.get()
    }
}

/// How long the cycles of a switch stay on: tau ln((V_th - u_rest)/(V_h - u_rest)), or as long as is stated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OnTimes {
    tau: Second,
    rest: f64,
    /// V_h - u_rest, in volts.
    hold: f64,
    varies: bool,
    stated: Option<Second>,
}

impl OnTimes {
    /// The time that arrivals are lost, of a cycle of threshold `v_th` (volts).
    #[must_use]
    pub fn of(&self, v_th: f64) -> Time {
        let time = match self.stated {
            Some(stated) => Time::from_seconds(stated),
            None => Time::nearest(self.seconds(Volt::of(v_th))),
        };
        time.unwrap_or(Time::MAX)
    }

    fn seconds(&self, v_th: Volt) -> Second {
        // A threshold that was drawn is not a decimal that somebody wrote.
        let theta = if self.varies { v_th.get() - self.rest } else { difference(v_th.get(), self.rest) };
        let natural = self.tau * ln(theta / self.hold);
        self.stated.unwrap_or_else(|| natural.finite().unwrap_or(Second::ZERO))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_undriven_on_time_is_8_62_ms_and_8_65_with_the_papers_offset() {
        let mut switch = Switch::default();
        let t_ref = switch.membrane().t_ref;
        assert!((t_ref - Second::new(8.646647e-3)).abs() < Second::new(0.5e-9));
        assert_eq!(switch.on_time(0.25), Time::nearest(switch.membrane().t_ref).unwrap());
        assert!((t_ref - switch.device.natural_on_time()).abs() < Second::new(1e-18));
        switch.device.u_rest = Volt::ZERO;
        assert!((switch.on_time(0.25).as_seconds() - 8.62e-3).abs() < 0.005e-3);
        switch.on_time = Some(Second::new(1e-4));
        assert_eq!(switch.on_time(0.25), Time::from_fs(100_000_000_000));
    }

    #[test]
    fn a_higher_threshold_stays_on_longer_by_tau_times_the_logarithm() {
        let mut switch = Switch::default();
        switch.device.u_rest = Volt::ZERO;
        let longer = switch.on_time(0.3).as_seconds() - switch.on_time(0.25).as_seconds();
        assert!((longer - 9.41e-3 * (1.2f64).ln()).abs() < 2e-15);
    }

    #[test]
    fn an_on_filament_falls_from_its_threshold_to_hold() {
        let switch = Switch::default();
        let on = switch.on_time(0.25).as_seconds();
        assert!((switch.u_on(on) - 0.25).abs() < 1e-13);
        assert!((switch.u_on(0.0) - 0.10).abs() < 1e-15);
        // Half way in time it is at the geometric mean of the two, relative to rest.
        let half = 0.43e-3 + ((0.25f64 - 0.43e-3) * (0.10 - 0.43e-3)).sqrt();
        assert!((switch.u_on(on / 2.0) - half).abs() < 1e-13);
    }

    #[test]
    fn faults_of_device_time_and_spread_are_told_together() {
        let mut switch = Switch { on_time: Some(Second::new(-1.0)), ..Switch::default() };
        switch.device.v_hold = Volt::new(0.3);
        switch.spread.cycle = f64::NAN;
        let text: Vec<String> = switch.faults().iter().map(ToString::to_string).collect();
        assert_eq!(text.len(), 3, "{text:?}");
        assert!(text[0].starts_with("u_rest = 430 uV, v_hold = 300 mV"), "{}", text[0]);
        assert_eq!(Switch::default().faults(), []);
    }
}
