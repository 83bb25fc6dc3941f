//! `binary_switch`: on or off, with its retention and endurance.

use super::{CONDUCTIONS, Programmed, RETENTION, conduction, retention};
use crate::device::circuit::{Energies, Ramp};
use crate::device::endurance::Endurance;
use crate::device::model::{
    Draws, Landmark, Measure, MeasuredIn, Memory, Model, On, ReadOff, Role, Variation, landmark, measure,
};
use crate::device::parameters::Reader;
use crate::device::protocol::{Table, change};
use crate::device::resistive::{BinarySwitch, ResistanceSpread, Resistive as _};
use crate::device::retention::Retention;
use crate::keys::{ModelKey, choice, key, optional, required};
use crate::units::Ampere;

/// An abrupt device, and what time and use do to it.
#[derive(Clone, Debug, PartialEq)]
pub struct BinaryMemory {
    /// What a pulse does.
    pub device: BinarySwitch,
    /// What time does.
    pub retention: Retention,
    /// How it wears out.
    pub endurance: Endurance,
}

impl From<BinarySwitch> for BinaryMemory {
    /// One that forgets nothing.
    fn from(device: BinarySwitch) -> Self {
        Self { device, retention: Retention::PERFECT, endurance: Endurance::default() }
    }
}

impl Model for BinaryMemory {
    type State = Programmed;

    const NAME: &'static str = "binary_switch";
    const TITLE: &'static str = "an abrupt switch between two resistances, which stay";
    const ROLES: &'static [Role] = &[Role::Synapse];
    const EXPERIMENTS: &'static [&'static str] = &["iv", "pulses", "cycles", "retention"];
    const LACKS: &'static [(&'static str, &'static str)] = &[
        ("stdp", "it is either on or off and has no change that grows"),
        ("neuron", "it does not integrate: it is on or off, and stays so"),
    ];
    const LOOP: &'static [Measure] = &[
        measure("v_set", MeasuredIn::Volt, "SET voltage"),
        measure("v_reset", MeasuredIn::Volt, "RESET voltage"),
        measure("window", MeasuredIn::Ratio, "R_off / R_on after the loop"),
    ];
    const KEYS: &'static [ModelKey] = &[
        required("r_on", "Ohm", "Median on resistance."),
        required("r_off", "Ohm", "Median off resistance."),
        required("v_set", "V", "Voltage above which it turns on."),
        required("v_reset", "V", "Magnitude of the negative voltage beyond which it turns off."),
        key("cv_on", "", "0", "Spread of R_on from cycle to cycle.", "setting"),
        key("cv_off", "", "0", "Spread of R_off from cycle to cycle.", "setting"),
        key("threshold_cv", "", "0", "Spread of both voltages from cycle to cycle.", "setting"),
        optional("i_cc", "A", "Compliance of its limiter.", "no limiter"),
        choice("off_conduction", CONDUCTIONS, "ohmic", "How the off device conducts."),
        required("off_v0", "V", "V0 of I = G V0 sinh(V/V0), with off_conduction = \"sinh\"."),
        RETENTION[0],
        RETENTION[1],
        RETENTION[2],
        RETENTION[3],
        RETENTION[4],
        RETENTION[5],
        RETENTION[6],
        key(
            "endurance",
            "",
            "1e6",
            "Pulses after which its window has closed.",
            "assumed: usual for such filaments",
        ),
    ];

    fn read(r: &mut Reader<'_>) -> Option<Self> {
        let (r_on, r_off) = (r.quantity("r_on"), r.quantity("r_off"));
        let (v_set, v_reset) = (r.quantity("v_set"), r.quantity("v_reset"));
        let (on, off) = (r.number("cv_on"), r.number("cv_off"));
        let threshold_cv = r.number("threshold_cv");
        let i_cc: Option<Ampere> = r.optional("i_cc");
        let off_conduction = conduction(r, "off_conduction", "off_v0");
        let retention = retention(r);
        let n_f = r.number("endurance");
        let device = BinarySwitch {
            r_on: r_on?,
            r_off: r_off?,
            v_set: v_set?,
            v_reset: v_reset?,
            spread: ResistanceSpread { on: on?, off: off? },
            threshold_cv: threshold_cv?,
            i_cc,
            off_conduction: off_conduction?,
        };
        let endurance = Endurance { n_f: n_f?, ..Endurance::default() };
        for fault in device.faults() {
            r.model_fault(fault);
        }
        for fault in endurance.faults() {
            r.model_fault(fault);
        }
        Some(Self { device, retention: retention?, endurance })
    }

    fn start(&self, _: &Draws) -> Programmed {
        Programmed { conductance: self.device.median(false) }
    }

    fn advance(&self, state: &mut Programmed, drive: Ramp, draws: &Draws) -> Energies {
        let applied = self.device.apply(state.conductance, drive, draws.of_pulse());
        state.conductance = applied.g;
        applied.energies
    }

    fn current(&self, state: &Programmed, v: f64) -> f64 {
        self.device.current(state.conductance, v)
    }

    fn memory(&self) -> Option<Memory<'_>> {
        Some(Memory {
            device: &self.device,
            levels: Some(2),
            variation: Variation { on: self.device.spread.on, off: self.device.spread.off, device: 0.0 },
            start: self.device.median(false),
            ends: (self.device.median(true), self.device.median(false)),
            retention: &self.retention,
            endurance: Some(&self.endurance),
            pulse: None,
        })
    }

    fn programmed(&self, g: f64) -> Option<Programmed> {
        Some(Programmed { conductance: g })
    }

    fn read_loop(&self, table: &Table, _: &Programmed) -> ReadOff {
        let (v, g) = (table.column("voltage"), table.column("conductance"));
        let set = change(g, 0, |g| self.device.is_on(g));
        let reset = set.and_then(|row| change(g, row, |g| self.device.is_on(g)));
        vec![
            ("v_set", set.map(|row| v[row])),
            ("v_reset", reset.map(|row| v[row])),
            ("window", set.zip(g.last()).map(|(row, end)| g[row] / end)),
        ]
    }

    fn landmarks(&self) -> Vec<Landmark> {
        let d = &self.device;
        let limit = d.i_cc.map(|i| landmark(On::Current, i.get(), "I_cc", "i_cc"));
        [
            landmark(On::Voltage, d.v_set.get(), "SET", "v_set"),
            landmark(On::Voltage, -d.v_reset.get(), "RESET", "v_reset"),
            landmark(On::Resistance, d.r_on.get(), "R_on", "r_on"),
            landmark(On::Resistance, d.r_off.get(), "R_off", "r_off"),
        ]
        .into_iter()
        .chain(limit)
        .collect()
    }

    fn usual_drive(&self, [v_min, v_max]: [f64; 2]) -> (f64, f64) {
        (v_max.min(self.device.v_set.get() * 5.0 / 3.0), v_min.max(-self.device.v_reset.get() * 1.25))
    }
}
