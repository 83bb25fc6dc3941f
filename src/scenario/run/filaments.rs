//! Devices whose own state is the weight: no crossbar is around them, nobody programs them, and the pulse that an arrival is reads
//! them.

use super::super::plan::{Plan, ProjectionPlan};
use crate::device::fault::Fault;
use crate::energy::{Category, Ledger};
use crate::plasticity::{Bounds, Devices, entity};

/// The devices of a projection whose rule is about such, where it names them.
pub fn filaments(plan: &Plan, index: usize, synapses: usize) -> Option<Devices> {
    let projection = &plan.projections[index];
    let (plasticity, faults) = (projection.plasticity.as_ref()?, projection.filaments()?);
    let law = plasticity.rule.bounds();
    let nominal = plasticity.rule.pulsed(1.0)?;
    let siemens_per_weight = nominal.g.get() / law.span();
    let differs = plasticity.dispersion.draw(plan.seed, index as u32, synapses);
    let own = |high: f64| {
        let most = plasticity.rule.pulsed(high).map_or(1.0, |own| own.g / nominal.g);
        Bounds { w_min: law.w_min, w_max: law.w_min + law.span() * most }
    };
    let stuck = |n| {
        let w = match faults.of(plan.seed, entity(index as u32, n))? {
            Fault::StuckOn => law.w_max,
            Fault::StuckOff => law.w_min,
        };
        Some((n, w))
    };
    Some(Devices {
        seed: plan.seed,
        projection: index as u32,
        siemens_per_weight,
        // What lets nothing through has the lowest weight.
        base: vec![-law.w_min * siemens_per_weight; synapses],
        partners: 1.0,
        own: differs.iter().map(|differs| own(differs.high)).collect(),
        steps: Vec::new(),
        range: [0.0, nominal.g.get()],
        ends: differs.iter().map(|differs| [differs.low, differs.high]).collect(),
        kinetics: Vec::new(),
        levels: None,
        cycle_sigma: 0.0,
        pulse: plasticity.program,
        endurance: plasticity.endurance,
        retention: None,
        stuck: (0..synapses).filter_map(stuck).collect(),
    })
}

/// Joules of a row of them that is read while nothing changes: what the source gives, V int I dt, limiters included.
pub fn held(projection: &ProjectionPlan, weights: &[f64]) -> Option<f64> {
    projection.filaments()?;
    let rule = &projection.plasticity.as_ref()?.rule;
    let (law, pulse) = (rule.bounds(), rule.pulsed(1.0)?);
    let shares = weights.iter().fold(0.0, |sum, w| sum + (w - law.w_min) / law.span());
    Some(crate::energy::pulse_energy(pulse.g, pulse.v, pulse.width).get() * shares)
}

/// Books what pulses have spent: they read, and nothing else programs.
pub fn book(projection: &str, device: f64, limiter: f64, ledger: &mut Ledger) {
    ledger.book(projection, Category::Read, device);
    ledger.book(projection, Category::Limiter, limiter);
}

/// What a reader of the joules should know.
pub fn told(projection: &ProjectionPlan, pulses: Option<u64>) -> Option<String> {
    projection.filaments()?;
    Some(format!(
        "projection {}: the pulse of an arrival reads a filament and makes it grow; its joules are those of reading. The filament that turned on \
         most did so {}",
        projection.name,
        crate::hint::many(pulses.unwrap_or(0), "time")
    ))
}
