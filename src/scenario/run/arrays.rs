//! The devices behind the weights: programmed before a run, and written with the weights after it.

use super::super::assemble::program;
use super::super::outcome::NamedArray;
use super::super::plan::{Connect, DevicePlan, Plan};
use super::context::RunError;
use super::plastic::start;
use crate::crossbar::Array;
use crate::device::fault::FaultRates;
use crate::hint::many;
use crate::network::{Fixed, Network, Projection, Rows};
use crate::synapse::{Arrangement, ReadPulse, Spread};
use std::sync::atomic::AtomicBool;

/// Programmes the devices of every projection that has any, and puts what they became in `values`.
///
/// # Errors
/// If a projection cannot be programmed, or `stop` was set meanwhile.
pub fn programmed(
    plan: &Plan,
    values: &mut [Vec<f64>],
    stop: &AtomicBool,
) -> Result<Vec<Option<Array>>, RunError> {
    start(plan, values);
    let arrays = devices(plan, values, None, Clone::clone, stop)?;
    for ((values, array), projection) in values.iter_mut().zip(&arrays).zip(&plan.projections) {
        // One device that takes what it is asked for has just that, to the last digit.
        let exact = projection.device.as_ref().is_some_and(|device| {
            let alone = device.arrangement == Arrangement::Unipolar;
            let fresh = device.faults == FaultRates::default() && device.age.is_none();
            alone && fresh && device.spread == Spread::NONE && device.range.levels.is_none()
        });
        if let (Some(array), false) = (array, exact) {
            *values = of_synapses(&projection.connect, array);
        }
    }
    Ok(arrays)
}

/// The weight of every synapse, as devices make it.
#[must_use]
pub fn of_synapses(connect: &Connect, array: &Array) -> Vec<f64> {
    match connect {
        Connect::Convolution { of } => of.synapses().1.expand(&array.weights()),
        _ => array.weights(),
    }
}

/// Joules that an arrival of each row takes, of a projection with devices: a read of its row or, where single synapses are listed, of
/// the devices of each, which come one by one if they have delays of their own. An array of shared weights is read once for every place
/// that the line reaches, in turn.
#[must_use]
pub fn line_energies(projection: &Projection, array: &Array, read: &ReadPulse) -> Vec<f64> {
    let Rows::Sparse { start, targets } = &projection.connect else { return array.read_energies(read) };
    if projection.delays.is_some() {
        return (0..targets.len()).map(|k| array.read_energy(k, read)).collect();
    }
    let device = |k: usize| projection.shared.as_ref().map_or(k, |shared| shared.of[k] as usize);
    let row = |ends: &[usize]| (ends[0]..ends[1]).map(|k| array.read_energy(device(k), read)).sum();
    start.windows(2).map(row).collect()
}

/// Devices with `values`, as `made` of those of the plan; `w_max` is the end of their range, where it is given.
///
/// # Errors
/// If a projection cannot be programmed, or `stop` was set meanwhile.
pub fn devices(
    plan: &Plan,
    values: &[Vec<f64>],
    w_max: Option<f64>,
    made: impl Fn(&DevicePlan) -> DevicePlan,
    stop: &AtomicBool,
) -> Result<Vec<Option<Array>>, RunError> {
    let of = |(index, values): (usize, &Vec<f64>)| -> Result<Option<Array>, RunError> {
        let Some(device) = &plan.projections[index].device else { return Ok(None) };
        let array = program(plan, index, &made(device), values, (w_max, 0), stop);
        array.map(Some).map_err(|error| RunError::of_network(vec![error]))
    };
    values.iter().enumerate().map(of).collect()
}

/// Most weights of a projection without devices that are written.
const WRITTEN: usize = 4_000_000;

/// Weights of every projection, and the conductances of those that have devices.
pub fn named_arrays(
    plan: &Plan,
    network: &Network,
    values: &[Vec<f64>],
    arrays: &[Option<Array>],
    notes: &mut Vec<String>,
) -> Vec<NamedArray> {
    let mut named = Vec::new();
    for (index, projection) in plan.projections.iter().enumerate() {
        let listed = &network.projections[index];
        let fixed = match &listed.fixed {
            Some(Fixed::Constant(weight)) => Some(vec![*weight]),
            Some(Fixed::Compact(weights)) if weights.len() <= WRITTEN => {
                Some(weights.iter().map(|&weight| weight.into()).collect())
            }
            Some(Fixed::Compact(_)) => None,
            None if values[index].len() <= WRITTEN || listed.connect == Rows::Dense => {
                Some(values[index].clone())
            }
            None => None,
        };
        let Some(data) = fixed else {
            let synapses = values[index].len().max(listed.synapses(0));
            notes.push(format!(
                "the weights of the {} of `{}` are not written",
                many(synapses, "synapse"),
                projection.name
            ));
            continue;
        };
        let data = match &listed.shared {
            Some(shared) => shared.gather(&data),
            None => data,
        };
        let [rows, cols] = match &listed.fixed {
            // (One weight for all is written once.)
            Some(Fixed::Constant(_)) => [1, 1],
            _ => listed.matrix(network.populations[projection.to].size),
        };
        named.push(NamedArray { name: format!("weight.{}", projection.name), rows, cols, data });
        if let Some(array) = &arrays[index] {
            notes.extend(beyond(&projection.name, array));
            let devices = array.mapping().devices();
            for device in 0..devices {
                let side = match (devices, device % 2) {
                    (1, _) => "device".to_string(),
                    (2, 0) => "plus".into(),
                    (2, _) => "minus".into(),
                    (_, 0) => format!("{}.plus", device / 2 + 1),
                    (_, _) => format!("{}.minus", device / 2 + 1),
                };
                let data = array.conductances().iter().skip(device).step_by(devices).copied().collect();
                named.push(NamedArray {
                    name: format!("conductance.{}.{side}", projection.name),
                    rows,
                    cols,
                    data,
                });
            }
        }
    }
    named
}

/// What is told of weights that the devices of a projection do not have.
fn beyond(projection: &str, array: &Array) -> Option<String> {
    let one_sign = !array.mapping().has(-array.mapping().w_max());
    (array.clipped() > 0).then(|| {
        format!(
            "projection {projection}: {} of {} beyond what its devices have, 0 to {:.4}{}, and cut to it; {}",
            many(array.clipped(), "weight"),
            array.conductances().len() / array.mapping().devices(),
            array.mapping().w_max(),
            if one_sign { "" } else { " in magnitude" },
            if one_sign {
                "another arrangement, or a law of weights within it, keeps them"
            } else {
                "a larger `w_max`, or training with `weight_bound`, keeps them"
            }
        )
    })
}

#[cfg(test)]
mod tests {
    use super::beyond;
    use crate::crossbar::{Array, Draw, Shape};
    use crate::synapse::{Arrangement, DeviceRange, Mapping, Placement, Spread};
    use crate::units::Siemens;

    #[test]
    fn weights_beyond_w_max_are_counted_from_there_on() {
        let range = DeviceRange { g_min: Siemens::new(1e-6), g_max: Siemens::new(1e-4), levels: None };
        let mapping = Mapping::new(Arrangement::Differential, Placement::OneSided, range, 0.3).unwrap();
        let (shape, draw) = (Shape { rows: 1, cols: 3 }, Draw { seed: 1, entity: 0, draw: 0 });
        let told = |w: f64| {
            beyond("p", &Array::program(shape, &[0.1, w, -0.3], &mapping, &Spread::NONE, draw).unwrap())
        };
        assert_eq!(told(0.3), None);
        let said = told(0.300_01).unwrap();
        assert!(
            said.starts_with("projection p: 1 weight of 3 beyond what its devices have, 0 to 0.3000"),
            "{said}"
        );
    }
}
