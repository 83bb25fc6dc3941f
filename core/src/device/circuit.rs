//! The measuring circuit: a voltage source, a current limiter and one device in series.
//!
//! The limiter is an active element of the instrument (or of the array's periphery). It passes
//! everything below its compliance I_cc and holds the current there, so the device sees
//! V_dev = min(|V|, V_c), V_c the voltage at which it carries I_cc, and the limiter the rest. Without it
//! a filament would grow until it burns; it belongs into the model and into the energy.
//!
//! Source, device and limiter are three integrals, each computed from its own voltage and the current:
//! that they balance is a check, not a definition.

use crate::numeric::{exp, ln};
use crate::units::{Ampere, Siemens, Volt};
use serde::{Deserialize, Serialize};

/// Where the energy of a piece of drive went, in joules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Energies {
    /// Given by the source: int |V I| dt.
    pub source: f64,
    /// Dissipated in the device: int V_dev I dt.
    pub device: f64,
    /// Dissipated in the limiter: int (|V| - V_dev) I dt.
    pub limiter: f64,
}

impl Energies {
    /// Tellegen's theorem as a number: (source - device - limiter)/source, zero if nothing flowed.
    #[must_use]
    pub fn imbalance(&self) -> f64 {
        let left = self.source - (self.device + self.limiter);
        if left == 0.0 { 0.0 } else { left / self.source }
    }
}

impl std::ops::Add for Energies {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            source: self.source + other.source,
            device: self.device + other.device,
            limiter: self.limiter + other.limiter,
        }
    }
}

impl std::ops::AddAssign for Energies {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// A voltage that changes from `from` to `to` in `length` seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ramp {
    /// Voltage at the start.
    pub from: f64,
    /// Voltage at the end.
    pub to: f64,
    /// Seconds between the two.
    pub length: f64,
}

impl Ramp {
    /// The voltage after `t` seconds.
    #[must_use]
    pub fn at(&self, t: f64) -> f64 {
        if t >= self.length { self.to } else { self.from + (self.to - self.from) * (t / self.length) }
    }

    /// The piece from `t0` to `t1` seconds.
    #[must_use]
    pub fn piece(&self, t0: f64, t1: f64) -> Self {
        Self { from: self.at(t0), to: self.at(t1), length: t1 - t0 }
    }

    /// The drive as far as arithmetic can follow it: beyond 1e15 V and 1e30 s it is cut to these. `None` for what has
    /// no effect, because it is not a number or shorter than 1e-30 s (a femtosecond is 1e-15).
    #[must_use]
    pub fn bounded(self) -> Option<Self> {
        const VOLTS: f64 = 1e15;
        let Self { from, to, length } = self;
        let sane = from.is_finite() && to.is_finite() && length.is_finite() && length >= 1e-30;
        sane.then(|| Self {
            from: from.clamp(-VOLTS, VOLTS),
            to: to.clamp(-VOLTS, VOLTS),
            length: length.min(1e30),
        })
    }

    /// The larger magnitude of its ends.
    #[must_use]
    pub fn peak(&self) -> f64 {
        self.from.abs().max(self.to.abs())
    }
}

/// How the current of a device of conductance G (that of small signals) follows the voltage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conduction {
    /// I = G V: a metallic filament.
    #[default]
    Ohmic,
    /// I = G V0 sinh(V/V0): hopping or tunnelling across a gap.
    Sinh {
        /// Voltage scale.
        v0: Volt,
    },
}

impl Conduction {
    /// Current of the device alone, in amperes.
    #[must_use]
    pub fn current(self, g: f64, v: f64) -> f64 {
        match self {
            Self::Ohmic => g * v,
            Self::Sinh { v0 } => (Siemens::of(g) * v0 * sinh(Volt::of(v) / v0)).get(),
        }
    }

    /// Voltage at which the device carries `current` >= 0; infinite for an infinite current.
    #[must_use]
    pub fn voltage(self, g: f64, current: f64) -> f64 {
        match self {
            Self::Ohmic => current / g,
            Self::Sinh { v0 } => {
                let y = Ampere::of(current) / (Siemens::of(g) * v0);
                let arsinh = if y > 1e150 {
                    ln(y.min(f64::MAX)) + std::f64::consts::LN_2
                } else {
                    ln(y + (y * y + 1.0).sqrt())
                };
                (v0 * arsinh).get()
            }
        }
    }

    /// Current through limiter and device, in amperes: the device's own, held at +-I_cc.
    #[must_use]
    pub fn limited_current(self, g: f64, v: f64, i_cc: f64) -> f64 {
        self.current(g, v).clamp(-i_cc, i_cc)
    }

    /// int V I dt of an unlimited piece that does not change sign, with 0 <= a, b the magnitudes.
    fn dissipated(self, g: f64, a: f64, b: f64, length: f64) -> f64 {
        match self {
            Self::Ohmic => g * (a * a + a * b + b * b) * length / 3.0,
            Self::Sinh { v0 } => {
                let v0 = v0.get();
                let (x, y) = (a / v0, b / v0);
                let mean = if (y - x).abs() < 0.02 {
                    crate::numeric::gauss(0.0, 1.0, |s| {
                        let z = x + (y - x) * s;
                        z * sinh(z)
                    })
                } else {
                    // The primitive of z sinh z is z cosh z - sinh z.
                    (sinh_primitive(y) - sinh_primitive(x)) / (y - x)
                };
                g * v0 * v0 * mean * length
            }
        }
    }

    /// Energies of one ramp at a constant conductance; `i_cc` in amperes, infinite without a limiter.
    ///
    /// Below compliance int G V^2 dt (its like for sinh); in compliance V_c I_cc t for the device,
    /// I_cc int |V| dt for the source and I_cc int (|V| - V_c) dt for the limiter.
    #[must_use]
    pub fn energies(self, g: f64, i_cc: f64, ramp: Ramp) -> Energies {
        let mut total = Energies::default();
        if ramp.length <= 0.0 {
            return total;
        }
        let (from, to) = (ramp.from, ramp.to);
        // Nothing to be cut: the common case, and the cheap one.
        if from * to >= 0.0 && self.current(g, ramp.peak()) <= i_cc {
            let device = self.dissipated(g, from.abs(), to.abs(), ramp.length);
            return Energies { source: device, device, limiter: 0.0 };
        }
        let v_c = self.voltage(g, i_cc);
        // The fractions of the ramp at which its regime or sign changes.
        let mut cuts = [0.0, 1.0, 1.0, 1.0, 1.0];
        if from != to && (from.abs() > v_c || to.abs() > v_c || from * to < 0.0) {
            for (cut, level) in cuts[1..4].iter_mut().zip([0.0, v_c, -v_c]) {
                let part = (level - from) / (to - from);
                if part > 0.0 && part < 1.0 {
                    *cut = part;
                }
            }
            cuts[..4].sort_unstable_by(f64::total_cmp);
        }
        for pair in cuts.windows(2) {
            let (p, q) = (pair[0], pair[1]);
            if p >= q {
                continue;
            }
            let at = |part: f64| if part == 1.0 { to.abs() } else { (from + (to - from) * part).abs() };
            let (a, b, length) = (at(p), at(q), (q - p) * ramp.length);
            if 0.5 * (a + b) > v_c {
                total += Energies {
                    source: i_cc * 0.5 * (a + b) * length,
                    device: v_c * i_cc * length,
                    limiter: i_cc * 0.5 * ((a - v_c).max(0.0) + (b - v_c).max(0.0)) * length,
                };
            } else {
                let device = self.dissipated(g, a, b, length);
                total += Energies { source: device, device, limiter: 0.0 };
            }
        }
        total
    }
}

/// sinh x without cancellation at zero.
fn sinh(x: f64) -> f64 {
    if x.abs() < 0.5 {
        let z = x * x;
        // The term left out is x^15/15! < 3e-17 x.
        x * (1.0
            + z / 6.0
                * (1.0
                    + z / 20.0 * (1.0 + z / 42.0 * (1.0 + z / 72.0 * (1.0 + z / 110.0 * (1.0 + z / 156.0))))))
    } else {
        let e = exp(x);
        0.5 * (e - 1.0 / e)
    }
}

/// x cosh x - sinh x = sum 2k x^(2k+1)/(2k+1)!, for x >= 0.
fn sinh_primitive(x: f64) -> f64 {
    if x < 0.5 {
        let z = x * x;
        let tail = 1.0 / 3_991_680.0 + z * (1.0 / 518_918_400.0 + z / 93_405_312_000.0);
        x * z * (1.0 / 3.0 + z * (1.0 / 30.0 + z * (1.0 / 840.0 + z * (1.0 / 45_360.0 + z * tail))))
    } else {
        let e = exp(x);
        0.5 * (x * (e + 1.0 / e) - (e - 1.0 / e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Midpoint sums of the definitions.
    fn summed(c: Conduction, g: f64, i_cc: f64, ramp: Ramp) -> Energies {
        let n = 200_000;
        let mut sum = Energies::default();
        for k in 0..n {
            let v = ramp.from + (ramp.to - ramp.from) * (f64::from(k) + 0.5) / f64::from(n);
            let i = c.limited_current(g, v, i_cc).abs();
            let v_dev = c.voltage(g, i);
            let dt = ramp.length / f64::from(n);
            sum += Energies {
                source: v.abs() * i * dt,
                device: v_dev * i * dt,
                limiter: (v.abs() - v_dev) * i * dt,
            };
        }
        sum
    }

    #[test]
    fn energies_of_a_ramp_agree_with_summing_power_over_time() {
        let sinh = Conduction::Sinh { v0: Volt::new(0.1) };
        for c in [Conduction::Ohmic, sinh] {
            for (from, to) in [(0.0, 0.5), (0.5, -0.4), (0.3, 0.3), (-0.05, 0.05), (-0.7, -0.1), (0.31, 0.3)]
            {
                let ramp = Ramp { from, to, length: 2.0 };
                let (got, want) = (c.energies(35e-6, 7e-6, ramp), summed(c, 35e-6, 7e-6, ramp));
                assert!((got.device / want.device - 1.0).abs() < 1e-8, "{c:?} {ramp:?}");
                assert!((got.source / want.source - 1.0).abs() < 1e-8, "{c:?} {ramp:?}");
                assert!((got.limiter - want.limiter).abs() < 1e-8 * want.source, "{c:?} {ramp:?}");
            }
        }
    }

    #[test]
    fn without_a_limiter_the_device_takes_everything() {
        let e = Conduction::Ohmic.energies(1e-3, f64::INFINITY, Ramp { from: 0.2, to: 0.2, length: 1.0 });
        assert!((e.device / 4e-5 - 1.0).abs() < 1e-14);
        assert_eq!((e.source, e.limiter), (e.device, 0.0));
    }

    #[test]
    fn the_papers_switch_in_compliance_takes_1_4_microwatts() {
        let e = Conduction::Ohmic.energies(35e-6, 7e-6, Ramp { from: 0.5, to: 0.5, length: 1.0 });
        assert!((e.device / 1.4e-6 - 1.0).abs() < 1e-12);
        assert!((e.limiter / 2.1e-6 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn voltage_inverts_current() {
        for c in [Conduction::Ohmic, Conduction::Sinh { v0: Volt::new(0.1) }] {
            for v in [1e-6, 0.01, 0.1, 1.0, 5.0] {
                assert!((c.voltage(1e-6, c.current(1e-6, v)) / v - 1.0).abs() < 1e-9, "{c:?} {v}");
            }
            assert_eq!(c.limited_current(1e-3, -5.0, 7e-6), -7e-6);
        }
    }

    #[test]
    fn sinh_and_its_primitive_agree_with_the_platform_on_both_sides_of_the_seam() {
        for x in [1e-9, 0.1, 0.49, 0.51, 2.0, 20.0] {
            assert!((sinh(x) / f64::sinh(x) - 1.0).abs() < 1e-14, "{x}");
            let want: f64 = (1..20)
                .map(|k| {
                    f64::from(2 * k) * x.powi(2 * k + 1) / (1..=2 * k + 1).map(f64::from).product::<f64>()
                })
                .sum();
            if x < 3.0 {
                assert!((sinh_primitive(x) / want - 1.0).abs() < 2e-14, "{x}");
            }
        }
    }

    proptest! {
        #[test]
        fn the_circuit_balances_and_no_part_gives_energy(
            from in -1.0..1.0f64, to in -1.0..1.0f64, g in 1e-7..1e-2f64, i_cc in 1e-6..1e-2f64, hopping: bool,
        ) {
            let c = if hopping { Conduction::Sinh { v0: Volt::new(0.1) } } else { Conduction::Ohmic };
            let e = c.energies(g, i_cc, Ramp { from, to, length: 1e-3 });
            prop_assert!(e.device >= 0.0 && e.limiter >= 0.0 && e.source >= 0.0);
            prop_assert!(e.imbalance().abs() < 1e-11, "{:?}", e);
        }

        #[test]
        fn cutting_a_ramp_adds_its_pieces(from in -1.0..1.0f64, to in -1.0..1.0f64, cut in 0.01..0.99f64) {
            let ramp = Ramp { from, to, length: 1.0 };
            let whole = Conduction::Ohmic.energies(35e-6, 7e-6, ramp);
            let parts = Conduction::Ohmic.energies(35e-6, 7e-6, ramp.piece(0.0, cut))
                + Conduction::Ohmic.energies(35e-6, 7e-6, ramp.piece(cut, 1.0));
            prop_assert!((whole.source - parts.source).abs() <= 1e-13 * whole.source);
            prop_assert!((whole.device - parts.device).abs() <= 1e-13 * whole.source);
        }
    }
}
