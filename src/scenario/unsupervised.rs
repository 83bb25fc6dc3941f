//! The unsupervised protocol: one projection from a data set to a population that competes.

use super::diagnostic::Diagnostic;
use super::filled::Fields;
use super::plan::{Unsupervised, VariationCase, WinnerLearning};
use super::section::{Lower, quantity, spread, time};
use super::spec::{ArrangementKind, DecayKind, StepDependence, WindowKind, Word as _};
use super::supervised::{one_layer, projection};
use crate::device::endurance::Endurance;
use crate::device::fault::FaultRates;
use crate::device::retention::{DecayLaw, Retention};
use crate::device::threshold::log_sigma;
use crate::synapse::{DeviceRange, ReadPulse, Spread};
use crate::training::unsupervised::{Dependence, DeviceModel, Dispersion, Step, Window, WinnerRule};
use crate::units::{Second, Siemens};

pub(super) fn lower(lower: &mut Lower<'_>, fields: &Fields) -> Option<Unsupervised> {
    let projection = projection(lower, fields, "unsupervised");
    if let Some(index) = projection {
        one_layer(lower, fields, index, "unsupervised");
        competes(lower, fields, index);
        learning_devices(lower, index);
    }
    let devices = projection.and_then(|index| devices(lower, fields, index));
    let learning = match fields.table("learning") {
        Some(table) => learning(lower, table, devices.flatten()),
        None => None,
    };
    let retention = retention(lower, fields);
    let ageing = ageing(lower, fields, retention.is_some());
    let variation = variation(lower, fields);
    Some(Unsupervised {
        projection: projection?,
        precision: fields.choice("precision")?,
        epochs: fields.count("epochs")?,
        train_samples: fields.count("train_samples"),
        test_samples: fields.count("test_samples"),
        label_samples: fields.count("label_samples"),
        validation: fields.number("validation")?,
        presentation: time(fields, "presentation")?,
        rest: time(fields, "rest")?,
        label_presentation: time(fields, "label_presentation")?,
        test_presentation: time(fields, "test_presentation")?,
        vote: fields.choice("vote")?,
        learning: learning?,
        devices: devices?,
        retention,
        ageing: ageing?,
        variation: variation?,
    })
}

/// A population without competition would learn one and the same field everywhere.
fn competes(lower: &mut Lower<'_>, protocol: &Fields, index: usize) {
    let filled = lower.filled;
    let Some((_, fields)) = filled.all("projection").get(index) else { return };
    let target = filled.all("population").iter().find(|(name, _)| Some(name.as_str()) == fields.text("to"));
    let Some((_, target)) = target else { return };
    if lower.not_trained(target) {
        return;
    }
    if target.table("competition").is_none() && target.written("competition").is_none() {
        lower.faults.push(
            Diagnostic::error(format!("{} does not compete", target.what))
                .maybe_at(target.at.as_ref())
                .also(protocol.written("kind"), "unsupervised here")
                .allowed(format!("a table [{}.competition]", target.path))
                .hint("without it every neuron would learn the same"),
        );
    }
}

/// Weights that learn lie between 0 and the `w_max` of the rule: one device each, programmed by the rule alone.
fn learning_devices(lower: &mut Lower<'_>, index: usize) {
    let filled = lower.filled;
    let Some((_, fields)) = filled.all("projection").get(index) else { return };
    if let Some(device) = fields.table("device") {
        if let Some(found) = device.word("arrangement")
            && found != ArrangementKind::Unipolar.word()
        {
            lower.faults.push(
                Diagnostic::error(format!("`arrangement` of {} is \"{found}\"", device.what))
                    .maybe_at(device.place("arrangement"))
                    .allowed("\"unipolar\" for weights that learn between 0 and w_max"),
            );
        }
        if spread(device).is_some_and(|spread| spread != Spread::NONE) {
            lower.faults.push(
                Diagnostic::error(format!("{} has a spread of programming", device.what))
                    .maybe_at(device.place("spread"))
                    .allowed("\"none\": these devices are not programmed after training, they learn")
                    .hint("`dispersion` and `cycle` of [protocol.devices] spread what they learn"),
            );
        }
        if device.datum("w_max").is_some() {
            lower.faults.push(
                Diagnostic::error(format!("{} has a `w_max` of its own", device.what))
                    .maybe_at(device.place("w_max"))
                    .allowed("`w_max` of [protocol.learning]"),
            );
        }
    }
}

fn learning(lower: &mut Lower<'_>, fields: &Fields, devices: Option<DeviceModel>) -> Option<WinnerLearning> {
    let step = |window: Window| {
        Some(WinnerRule::Step(Step {
            window,
            dependence: match fields.choice("dependence")? {
                StepDependence::Multiplicative => Dependence::Multiplicative,
                StepDependence::Exponential => Dependence::Exponential { beta: fields.number("beta")? },
            },
            a_plus: fields.number("a_plus")?,
            a_minus: fields.number("a_minus")?,
            final_share: fields.number("final_share")?,
        }))
    };
    let rule = match fields.choice("window")? {
        WindowKind::Rectangular => step(Window::Rectangular { width: time(fields, "width")? })?,
        WindowKind::Trace => step(Window::Trace { tau: fields.quantity("tau")? })?,
        WindowKind::Overlap => {
            let Some(model) = devices else {
                lower.faults.push(
                    Diagnostic::error(format!("the rule of {} needs devices", fields.what))
                        .maybe_at(fields.place("window"))
                        .label("pulses overlap across a device")
                        .allowed("a [projection.NAME.device] and a table [protocol.devices]"),
                );
                return None;
            };
            WinnerRule::Overlap(Box::new(lower.kinetics(fields, model.range, log_sigma(model.cycle))?))
        }
    };
    Some(WinnerLearning { rule, w_max: quantity(fields, "w_max")?, normalise: fields.number("normalise") })
}

/// `Some(None)`: ideal weights. `None`: a fault.
fn devices(lower: &mut Lower<'_>, protocol: &Fields, index: usize) -> Option<Option<DeviceModel>> {
    let (_, projection) = lower.filled.all("projection").get(index)?;
    let (device, own) = (projection.table("device"), protocol.table("devices"));
    let (device, own) = match (device, own) {
        (None, None) => {
            let faulty = projection.written("device").is_some() || protocol.written("devices").is_some();
            return (!faulty).then_some(None);
        }
        (Some(device), Some(own)) => (device, own),
        (None, Some(own)) => {
            lower.faults.push(
                Diagnostic::error(format!("{} has no devices to programme", projection.what))
                    .maybe_at(own.at.as_ref())
                    .allowed(format!("a table [{}.device]", projection.path)),
            );
            return None;
        }
        (Some(device), None) => {
            lower.faults.push(
                Diagnostic::error(format!(
                    "{} has devices, and nothing says how they learn",
                    projection.what
                ))
                .maybe_at(device.at.as_ref())
                .allowed("a table [protocol.devices]; it may be empty"),
            );
            return None;
        }
    };
    let pulse = |name: &str, table: &Fields| -> Option<ReadPulse> {
        let fields = table.table(name)?;
        Some(ReadPulse { amplitude: quantity(fields, "amplitude")?, width: quantity(fields, "width")? })
    };
    let dispersion = own.table("dispersion")?;
    let faults = FaultRates {
        stuck_on: own.number("stuck_on")?,
        stuck_off: own.number("stuck_off")?,
        stuck_at: 0.0,
        stuck_at_value: Siemens::ZERO,
    };
    if let Some(fault) = faults.fault() {
        lower.faults.push(
            Diagnostic::error(format!("stuck devices of {}: {fault}", own.what))
                .maybe_at(own.place("stuck_on"))
                .allowed("shares with a sum of at most 1"),
        );
    }
    let endurance = match own.table("endurance") {
        None if own.written("endurance").is_some() => return None,
        None => None,
        Some(fields) => Some(Endurance {
            n_f: fields.number("n_f")?,
            m: fields.number("m")?,
            weibull_shape: fields.number("weibull_shape"),
            ..Endurance::default()
        }),
    };
    Some(Some(DeviceModel {
        range: DeviceRange {
            g_min: quantity(device, "g_min")?,
            g_max: quantity(device, "g_max")?,
            levels: device.count("levels"),
        },
        read: pulse("read", device)?,
        set: pulse("set", own)?,
        reset: pulse("reset", own)?,
        dispersion: Dispersion {
            a_plus: dispersion.number("a_plus")?,
            a_minus: dispersion.number("a_minus")?,
            g_max: dispersion.number("g_max")?,
            g_min: dispersion.number("g_min")?,
            initial: dispersion.number("initial")?,
            threshold: dispersion.number("threshold")?,
        },
        cycle: own.number("cycle")?,
        faults,
        endurance,
    }))
}

fn retention(lower: &mut Lower<'_>, protocol: &Fields) -> Option<Retention> {
    let fields = protocol.table("retention")?;
    let retention = Retention {
        law: match fields.choice("law")? {
            DecayKind::Exponential => {
                DecayLaw::Exponential { tau: quantity(fields, "tau")?, b: fields.number("b")? }
            }
            DecayKind::Power => DecayLaw::PowerLaw { t0: quantity(fields, "t0")?, nu: fields.number("nu")? },
        },
        g_inf: quantity(fields, "g_inf")?,
        lifetime_sigma: fields.number("lifetime_sigma")?,
    };
    needs_devices(lower, protocol, "retention");
    Some(retention)
}

fn needs_devices(lower: &mut Lower<'_>, protocol: &Fields, key: &str) {
    if protocol.table("devices").is_none() && protocol.written("devices").is_none() {
        lower.faults.push(
            Diagnostic::error(format!("`{key}` of the protocol is about devices, and there are none"))
                .maybe_at(protocol.written(key))
                .allowed("a [projection.NAME.device] and a table [protocol.devices]"),
        );
    }
}

fn ageing(lower: &mut Lower<'_>, protocol: &Fields, retained: bool) -> Option<Vec<Second>> {
    let cases = protocol.tables("ageing");
    if !cases.is_empty() && !retained && protocol.written("retention").is_none() {
        lower.faults.push(
            Diagnostic::error("`ageing` of the protocol has times, and nothing decays")
                .maybe_at(protocol.written("ageing"))
                .allowed("a table [protocol.retention] with the law of the decay"),
        );
    }
    cases.iter().map(|case| quantity(case, "after")).collect()
}

fn variation(lower: &mut Lower<'_>, protocol: &Fields) -> Option<Vec<VariationCase>> {
    let cases = protocol.tables("variation");
    if !cases.is_empty() {
        needs_devices(lower, protocol, "variation");
    }
    for (index, case) in cases.iter().enumerate() {
        let name = case.text("name");
        if let Some(earlier) =
            cases[..index].iter().find(|earlier| name.is_some() && earlier.text("name") == name)
        {
            lower.faults.push(
                Diagnostic::error(format!(
                    "two cases of variation are called `{}`",
                    name.unwrap_or_default()
                ))
                .maybe_at(case.place("name"))
                .also(earlier.written("name"), "the first")
                .allowed("different names"),
            );
        }
    }
    cases
        .iter()
        .map(|case| {
            Some(VariationCase {
                name: case.text("name")?.to_string(),
                cv: case.number("cv")?,
                seeds: case.count("seeds")?,
                max_loss: case.number("max_loss"),
            })
        })
        .collect()
}
