//! A kind of device of one's own, measured by a scenario.
//!
//!     antifuse: r_off until |V| has passed v_break, r_on ever after
//!
//! The model says what a piece of drive does to its state and what that costs. Registered, it is a `kind` of preset files,
//! whose keys are checked as those of every kind are, and the bench measures it like any other.

use memspike::dataset::Search;
use memspike::device::circuit::{Conduction, Energies, Ramp};
use memspike::device::model::{Draws, Measure, MeasuredIn, Model, ReadOff, Role, measure};
use memspike::device::parameters::Reader;
use memspike::device::protocol::{Table, turns};
use memspike::keys::{ModelKey, required};
use memspike::registry::Registry;
use memspike::scenario::protocol::device::experiments;
use memspike::scenario::{Changes, load_text_with, run};
use memspike::units::{Ohm, Volt};

/// An insulator that a voltage breaks once and for ever.
#[derive(Clone, Debug, PartialEq)]
pub struct Antifuse {
    r_off: Ohm,
    r_on: Ohm,
    v_break: Volt,
}

memspike::plain! {
    /// Whether it is broken.
    pub struct Broken {
        /// 1 if it is.
        on: "",
    }
}

impl Antifuse {
    fn conductance(&self, state: &Broken) -> f64 {
        1.0 / if state.on > 0.5 { self.r_on } else { self.r_off }.get()
    }
}

impl Model for Antifuse {
    type State = Broken;
    const NAME: &'static str = "antifuse";
    const TITLE: &'static str = "an insulator that a voltage breaks once and for ever";
    const ROLES: &'static [Role] = &[Role::Synapse];
    const KEYS: &'static [ModelKey] = &[
        required("r_off", "Ohm", "resistance before"),
        required("r_on", "Ohm", "resistance after"),
        required("v_break", "V", "magnitude of the voltage that breaks it"),
    ];
    const LOOP: &'static [Measure] = &[measure("v_break", MeasuredIn::Volt, "voltage at which it broke")];

    fn read(read: &mut Reader<'_>) -> Option<Self> {
        let (r_off, r_on, v_break) =
            (read.quantity("r_off"), read.quantity("r_on"), read.quantity("v_break"));
        let device = Self { r_off: r_off?, r_on: r_on?, v_break: v_break? };
        if device.r_on <= Ohm::ZERO || device.r_off <= device.r_on || device.v_break <= Volt::ZERO {
            read.model_fault("required: 0 < r_on < r_off and 0 < v_break");
        }
        Some(device)
    }

    fn start(&self, _: &Draws) -> Broken {
        Broken { on: 0.0 }
    }

    fn advance(&self, state: &mut Broken, drive: Ramp, _: &Draws) -> Energies {
        let Some(drive) = drive.bounded() else { return Energies::default() };
        let ohmic =
            |state: &Broken, piece| Conduction::Ohmic.energies(self.conductance(state), f64::INFINITY, piece);
        let v_break = self.v_break.get();
        if state.on > 0.5 || drive.peak() <= v_break {
            return ohmic(state, drive);
        }
        // Where it breaks within the piece, so that cutting the piece changes nothing.
        let level = if drive.to.abs() > v_break { v_break.copysign(drive.to) } else { drive.from };
        let part =
            if drive.from.abs() > v_break { 0.0 } else { (level - drive.from) / (drive.to - drive.from) };
        let before = ohmic(state, drive.piece(0.0, part * drive.length));
        state.on = 1.0;
        before + ohmic(state, drive.piece(part * drive.length, drive.length))
    }

    fn current(&self, state: &Broken, v: f64) -> f64 {
        self.conductance(state) * v
    }

    fn read_loop(&self, table: &Table, _: &Broken) -> ReadOff {
        vec![("v_break", turns(table)[0])]
    }
}

const SCENARIO: &str = r#"
[device.cell]
preset = "examples/antifuse.toml"

[experiment.loop]
kind = "iv"
points = ["0 V", "4 V", "0 V"]
rate = "1 V/s"
samples = 400

[[experiment.loop.compare]]
quantity = "v_break"
paper = "3 V"
tolerance = "10 mV"
why = "a step of the sweep"

[protocol]
kind = "device"
"#;

pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut registry = Registry::shipped();
    registry.device::<Antifuse>()?;
    let changes = |set| Changes { set, registry: Some(&registry), ..Changes::default() };
    let loaded = load_text_with("cell.toml", SCENARIO, changes(&[])).map_err(|faults| faults.to_string())?;
    let outcome = run::quietly(&loaded.plan, 1, &Search::default())?;
    let result = &experiments(&outcome)[0];
    for measured in &result.measured {
        println!("{}: {:.4e}", measured.what, measured.value.unwrap_or(f64::NAN));
    }
    assert!(result.compared.iter().all(|row| row.within));
    // Integrals of V^2/R over time: up to 3 V before it breaks; from there to 4 V and back to zero after.
    let (r_off, r_on) = (1e7, 1e3);
    let joules = 27.0 / 3.0 / r_off + ((64.0 - 27.0) + 64.0) / 3.0 / r_on;
    let energy = result.value("device_energy").ok_or("no energy")?;
    assert!((energy / joules - 1.0).abs() < 1e-12, "{energy} J, {joules} J");

    // Its keys are checked like all others.
    let wrong = ["device.cell.parameters.v_break=-3 V".to_string()];
    let refused = load_text_with("cell.toml", SCENARIO, changes(&wrong)).err().ok_or("-3 V was taken")?;
    println!("{refused}");
    assert!(refused.to_string().contains("required: 0 < r_on < r_off and 0 < v_break"));
    Ok(())
}
