//! `dose_device`: a conductance that a rate of the voltage moves, with its spread and retention.

use super::{CONDUCTIONS, Programmed, RETENTION, conduction, retention};
use crate::device::circuit::{Energies, Ramp};
use crate::device::model::{
    Draws, Landmark, Measure, MeasuredIn, Memory, Model, On, ReadOff, Role, SLOW, Variation, landmark,
    measure,
};
use crate::device::overlap::SpikePulse;
use crate::device::parameters::{Reader, law};
use crate::device::protocol::Table;
use crate::device::resistive::{DeviceSpread, DoseDevice, Rate, Resistive as _, StateLaw};
use crate::device::retention::Retention;
use crate::keys::{ModelKey, choice, key, optional, required};
use crate::units::{Ampere, Quantity as _, Second, Siemens, Volt};

/// A device of doses, and how one of them differs from others and loses what it was given.
#[derive(Clone, Debug, PartialEq)]
pub struct DoseMemory {
    /// What a pulse does.
    pub device: DoseDevice,
    /// How one device differs from others.
    pub spread: DeviceSpread,
    /// What time does.
    pub retention: Retention,
    /// Conductance that protocols start from.
    pub g_start: Siemens,
    /// The spike pulse it learns with, if one is known.
    pub pulse: Option<SpikePulse>,
}

impl DoseMemory {
    /// Without spread, forgetting nothing.
    #[must_use]
    pub fn new(device: DoseDevice, g_start: Siemens) -> Self {
        let (spread, retention) = (DeviceSpread::default(), Retention::PERFECT);
        Self { device, spread, retention, g_start, pulse: None }
    }

    /// The conductance that is stated for the start, within the bounds of the device.
    #[must_use]
    pub fn start(&self) -> f64 {
        self.g_start.get().clamp(self.device.g_min.get(), self.device.g_max.get())
    }

    /// Seconds from zero to `amplitude` after which 0.4 of the range above the start are covered.
    fn time_to_cover(&self, amplitude: f64) -> Option<f64> {
        let (g, bounds) = (self.g_start.get(), self.device.bounds());
        let goal = g + 0.4 * (bounds.g_max - g);
        let mut length = 1e-15;
        while length < 1e9 {
            if self.device.conductance_after(g, Ramp { from: 0.0, to: amplitude, length }, 1.0) >= goal {
                return Some(length);
            }
            length *= 1.25;
        }
        None
    }
}

/// A difference of conductance below this part of the range is none.
const SAME: f64 = 1e-9;

const RATES: &[(&str, &str)] = &[
    ("exponential", "e times faster every v_scale"),
    ("power", "k (V/v_on - 1)^alpha: VTEAM"),
    ("pulses", "counted pulses, whatever their height"),
];

impl Model for DoseMemory {
    type State = Programmed;

    const NAME: &'static str = "dose_device";
    const TITLE: &'static str = "a conductance that a rate of the voltage moves, and that stays";
    const ROLES: &'static [Role] = &[Role::Synapse, Role::Neuron];
    const EXPERIMENTS: &'static [&'static str] =
        &["iv", "pulses", "cycles", "retention", "stdp", "spike_pulses"];
    const LACKS: &'static [(&'static str, &'static str)] = &[(
        "neuron",
        "it does not forget, and has no threshold at which it fires; model = \"accumulate\" counts in it what arrives",
    )];
    const LOOP: &'static [Measure] = &[
        measure("sweeps_up", MeasuredIn::Count, "sweeps that raise the conductance"),
        measure("sweeps_down", MeasuredIn::Count, "sweeps that lower the conductance"),
        measure("change_per_sweep", MeasuredIn::Fraction, "change per sweep, of the range"),
        measure("g_start", MeasuredIn::Siemens, "conductance before the first sweep"),
        measure("g_end", MeasuredIn::Siemens, "conductance after the last sweep"),
    ];
    const KEYS: &'static [ModelKey] = &[
        required("g_min", "S", "Lowest conductance."),
        required("g_max", "S", "Highest conductance."),
        required("g_start", "S", "Conductance that experiments start from."),
        law("set", RATES, "How fast a positive voltage programs."),
        required("set_v_on", "V", "Onset: up to it nothing is programmed."),
        required("set_v_ref", "V", "Voltage at which `set_tau` is quoted, with set = \"exponential\"."),
        required("set_v_scale", "V", "Voltage that makes it e times faster, with set = \"exponential\"."),
        required("set_tau", "s", "Time of one dose at `set_v_ref`, with set = \"exponential\"."),
        required("set_k", "Hz", "Rate at twice the onset, with set = \"power\" (VTEAM)."),
        required("set_alpha", "", "Exponent of the rate, with set = \"power\" (VTEAM)."),
        required("set_width", "s", "Length of a pulse that is one dose, with set = \"pulses\"."),
        law("reset", RATES, "How fast a negative voltage programs."),
        required("reset_v_on", "V", "Onset of RESET, as a magnitude."),
        required("reset_v_ref", "V", "As `set_v_ref`, as a magnitude."),
        required("reset_v_scale", "V", "As `set_v_scale`."),
        required("reset_tau", "s", "As `set_tau`."),
        required("reset_k", "Hz", "As `set_k`."),
        required("reset_alpha", "", "As `set_alpha`."),
        required("reset_width", "s", "As `set_width`."),
        law(
            "law",
            &[
                ("linear", "a part of the range"),
                ("soft_bound", "a part of what is left"),
                ("querlioz", "less and less, by beta"),
                ("linear_resistance", "a part of the range of resistances"),
                ("table", "the next of a list"),
            ],
            "What a dose does to the conductance.",
        ),
        required("alpha", "", "Strength of a dose, with law = \"querlioz\"."),
        required("beta", "", "Curvature, with law = \"querlioz\"."),
        required("set_table", "[S]", "Conductances after 0, 1, 2, ... doses of SET, with law = \"table\"."),
        required(
            "reset_table",
            "[S]",
            "Conductances after 0, 1, 2, ... doses of RESET, with law = \"table\".",
        ),
        choice("conduction", CONDUCTIONS, "ohmic", "How it conducts."),
        required("v0", "V", "V0 of I = G V0 sinh(V/V0), with conduction = \"sinh\"."),
        optional("i_cc", "A", "Compliance of its limiter.", "no limiter"),
        key("dose_sigma", "", "0", "Spread of the doses from pulse to pulse.", "setting"),
        optional("pulse_peak", "V", "Peak of the spike pulse's main lobe.", "no pulse is known"),
        optional("pulse_half_width", "s", "Half width of that lobe.", "no pulse is known"),
        optional("pulse_tail", "V", "Tail of the opposite sign, at the peak.", "no pulse is known"),
        optional("pulse_tail_length", "s", "Length of the tail.", "no pulse is known"),
        key("spread_g_min", "", "0", "Spread of `g_min` from device to device.", "setting"),
        key("spread_g_max", "", "0", "Spread of `g_max` from device to device.", "setting"),
        key("spread_v_set", "", "0", "Spread of `set_v_on` from device to device.", "setting"),
        key("spread_v_reset", "", "0", "Spread of `reset_v_on` from device to device.", "setting"),
        key("spread_v_scale", "", "0", "Spread of both slopes from device to device.", "setting"),
        RETENTION[0],
        RETENTION[1],
        RETENTION[2],
        RETENTION[3],
        RETENTION[4],
        RETENTION[5],
        RETENTION[6],
    ];

    fn read(r: &mut Reader<'_>) -> Option<Self> {
        let (g_min, g_max): (Option<Siemens>, Option<Siemens>) = (r.quantity("g_min"), r.quantity("g_max"));
        let g_start: Option<Siemens> = r.quantity("g_start");
        let (set, reset) = (rate(r, "set"), rate(r, "reset"));
        let law = state_law(r);
        let conduction = conduction(r, "conduction", "v0");
        let i_cc: Option<Ampere> = r.optional("i_cc");
        let dose_sigma = r.number("dose_sigma");
        let pulse = spike_pulse(r);
        let mut of = |key: &str| r.not_negative(&format!("spread_{key}")).unwrap_or(0.0);
        let spread = DeviceSpread {
            g_min: of("g_min"),
            g_max: of("g_max"),
            v_set: of("v_set"),
            v_reset: of("v_reset"),
            v_scale: of("v_scale"),
        };
        let retention = retention(r);
        let device = DoseDevice {
            g_min: g_min?,
            g_max: g_max?,
            set: set?,
            reset: reset?,
            law: law?,
            conduction: conduction?,
            i_cc,
            dose_sigma: dose_sigma?,
        };
        for fault in device.faults() {
            r.model_fault(fault);
        }
        let g_start = g_start?;
        if g_start < device.g_min || g_start > device.g_max {
            r.model_fault(format!("g_start is {g_start}, outside {} to {}", device.g_min, device.g_max));
        }
        Some(Self { device, spread, retention: retention?, g_start, pulse: pulse? })
    }

    fn start(&self, _: &Draws) -> Programmed {
        Programmed { conductance: Self::start(self) }
    }

    fn advance(&self, state: &mut Programmed, drive: Ramp, draws: &Draws) -> Energies {
        let applied = self.device.apply(state.conductance, drive, draws.of_pulse());
        state.conductance = applied.g;
        applied.energies
    }

    fn current(&self, state: &Programmed, v: f64) -> f64 {
        self.device.current(state.conductance, v)
    }

    fn one(&self, of: Option<(u64, u32)>) -> Self {
        let device = of.map(|(seed, entity)| self.device.own(&self.spread, seed, entity));
        Self { device: device.unwrap_or_else(|| self.device.clone()), ..self.clone() }
    }

    fn memory(&self) -> Option<Memory<'_>> {
        Some(Memory {
            device: &self.device,
            levels: None,
            variation: Variation { device: self.spread.g_max, ..Variation::default() },
            start: Self::start(self),
            ends: (self.device.g_max.get(), self.device.g_min.get()),
            retention: &self.retention,
            endurance: None,
            pulse: self.pulse.as_ref(),
        })
    }

    fn programmed(&self, g: f64) -> Option<Programmed> {
        Some(Programmed { conductance: g })
    }

    fn read_loop(&self, table: &Table, start: &Programmed) -> ReadOff {
        let range = self.device.g_max.get() - self.device.g_min.get();
        let ends = sweep_ends(table, start.conductance);
        let changes: Vec<f64> = ends.windows(2).map(|pair| (pair[1] - pair[0]) / range).collect();
        let count = |up: f64| changes.iter().filter(|change| *change * up > SAME).count() as f64;
        let mean = changes.iter().fold(0.0, |sum, change| sum + change) / changes.len() as f64;
        vec![
            ("sweeps_up", Some(count(1.0))),
            ("sweeps_down", Some(count(-1.0))),
            ("change_per_sweep", Some(mean)),
            ("g_start", Some(start.conductance)),
            ("g_end", ends.last().copied()),
        ]
    }

    fn landmarks(&self) -> Vec<Landmark> {
        let (set, reset) = self.device.onsets();
        vec![
            landmark(On::Voltage, set, "SET above", "set_v_on"),
            landmark(On::Voltage, -reset, "RESET beyond", "reset_v_on"),
            landmark(On::Conductance, self.device.g_min.get(), "G_min", "g_min"),
            landmark(On::Conductance, self.device.g_max.get(), "G_max", "g_max"),
        ]
    }

    fn usual_drive(&self, [v_min, v_max]: [f64; 2]) -> (f64, f64) {
        let usual = |rate: &Rate, most: f64| match rate {
            Rate::Exponential { v_ref, .. } => v_ref.get().abs().min(most),
            // The range is stated a little above the pulses that were measured.
            Rate::Pulses { .. } => most / 1.05,
            Rate::Power { .. } => most,
        };
        (usual(&self.device.set, v_max), -usual(&self.device.reset, -v_min))
    }

    /// [`SLOW`], or for devices of quite another speed the rate at which the first half covers most of the range.
    fn usual_rate(&self, amplitude: f64) -> f64 {
        if matches!(self.device.set, Rate::Exponential { .. }) || amplitude.is_nan() || amplitude <= 0.0 {
            return SLOW;
        }
        amplitude / self.time_to_cover(amplitude).unwrap_or(amplitude / SLOW)
    }

    /// A width of which 50 pulses of the faster side have a dose of 1, or the pulses that were measured.
    fn usual_train(&self, (up, down): (f64, f64)) -> (Second, u32) {
        if let Rate::Pulses { width, .. } = &self.device.set {
            return (*width, 100);
        }
        let per_second = |rate: &Rate, v: f64| rate.dose(Ramp { from: v, to: v, length: 1.0 });
        let dose =
            per_second(&self.device.set, up.max(0.0)).max(per_second(&self.device.reset, (-down).max(0.0)));
        let usual = Second::new(1e-3);
        let width = if dose > 0.0 { 0.02 / dose } else { usual.get() };
        // Two digits are all that a default needs.
        let rounded = format!("{width:.1e}").parse().ok().and_then(Second::from_si);
        (rounded.filter(|s| s.get() > 0.0).unwrap_or(usual), 50)
    }
}

/// Conductance before the first sweep and after each.
fn sweep_ends(table: &Table, start: f64) -> Vec<f64> {
    let (cycle, g) = (table.column("cycle"), table.column("conductance"));
    let mut ends = vec![start];
    for row in 0..g.len() {
        if cycle.get(row + 1) != Some(&cycle[row]) {
            ends.push(g[row]);
        }
    }
    ends
}

fn rate(r: &mut Reader<'_>, side: &str) -> Option<Rate> {
    let key = |name: &str| format!("{side}_{name}");
    let kind = r.law(side)?;
    let v_on = r.quantity(&key("v_on"));
    match kind {
        "exponential" => {
            let (v_ref, v_scale) = (r.quantity(&key("v_ref")), r.quantity(&key("v_scale")));
            let tau = r.quantity(&key("tau"));
            Some(Rate::Exponential { v_on: v_on?, v_ref: v_ref?, v_scale: v_scale?, tau: tau? })
        }
        "power" => {
            let (k, alpha) = (r.quantity(&key("k")), r.number(&key("alpha")));
            Some(Rate::Power { v_on: v_on?, k: k?, alpha: alpha? })
        }
        _ => Some(Rate::Pulses { width: r.quantity(&key("width"))?, v_on: v_on? }),
    }
}

fn state_law(r: &mut Reader<'_>) -> Option<StateLaw> {
    match r.law("law")? {
        "linear" => Some(StateLaw::Linear),
        "soft_bound" => Some(StateLaw::SoftBound),
        "linear_resistance" => Some(StateLaw::LinearResistance),
        "querlioz" => {
            let (alpha, beta) = (r.number("alpha"), r.number("beta"));
            alpha.zip(beta).map(|(alpha, beta)| StateLaw::Querlioz { alpha, beta })
        }
        _ => {
            let (set, reset) = (r.list::<Siemens>("set_table"), r.list::<Siemens>("reset_table"));
            let plain = |list: Vec<Siemens>| list.into_iter().map(Siemens::get).collect();
            set.zip(reset).map(|(set, reset)| StateLaw::Table { set: plain(set), reset: plain(reset) })
        }
    }
}

/// The spike pulse: all four keys or none. The outer `None`: there are faults.
fn spike_pulse(r: &mut Reader<'_>) -> Option<Option<SpikePulse>> {
    let keys = ["pulse_peak", "pulse_half_width", "pulse_tail", "pulse_tail_length"];
    if !keys.iter().any(|k| r.has(k)) {
        let (_, _): (Option<Volt>, Option<Volt>) = (r.optional(keys[0]), r.optional(keys[2]));
        let (_, _): (Option<Second>, Option<Second>) = (r.optional(keys[1]), r.optional(keys[3]));
        return Some(None);
    }
    let (peak, half_width) = (r.quantity(keys[0]), r.quantity(keys[1]));
    let (tail, tail_length) = (r.quantity(keys[2]), r.quantity(keys[3]));
    let pulse = SpikePulse { peak: peak?, half_width: half_width?, tail: tail?, tail_length: tail_length? };
    for fault in pulse.faults() {
        r.model_fault(fault);
    }
    Some(Some(pulse))
}
