//! A network as Python describes it: a text as scenarios have it, and arrays for what is long.

use crate::errors::faults;
use memspike::network::{Origin, SourceKind};
use memspike::registry::Registry;
use memspike::scenario::plan::{Connect, Input, Plan};
use memspike::scenario::{Changes, load_text_with};
use memspike::time::Time;
use numpy::PyReadonlyArray1;
use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use std::collections::BTreeMap;

/// Spikes of a source: times in femtoseconds, lines.
pub type Spikes<'py> = (PyReadonlyArray1<'py, i64>, PyReadonlyArray1<'py, i64>);

/// Synapses of a projection: pre, post, weights in SI units, and delays in femtoseconds or none.
pub type Synapses<'py> = (
    PyReadonlyArray1<'py, i64>,
    PyReadonlyArray1<'py, i64>,
    PyReadonlyArray1<'py, f64>,
    Option<PyReadonlyArray1<'py, i64>>,
);

/// The plan of a text, with the arrays that belong to it, and what is implausible in it.
///
/// # Errors
/// Every fault of the text; the first of the arrays.
pub fn plan(
    py: Python<'_>,
    (text, seed): (&str, Option<u64>),
    spikes: &BTreeMap<String, Spikes<'_>>,
    synapses: &BTreeMap<String, Synapses<'_>>,
) -> PyResult<Plan> {
    let registry = Registry::shipped();
    let changes = Changes { seed, registry: Some(&registry), ..Changes::default() };
    let loaded = load_text_with("network", text, changes).map_err(|found| faults(py, &found))?;
    let mut plan = loaded.plan;
    for (name, (times, lines)) in spikes {
        let source = plan.sources.iter_mut().find(|source| source.name == *name);
        let source = source.ok_or_else(|| PyKeyError::new_err(format!("no source `{name}`")))?;
        source.input = Input::Train(SourceKind::List(listed(name, (times, lines), source.size)?));
    }
    for (name, synapses) in synapses {
        let index = plan.projections.iter().position(|projection| projection.name == *name);
        let index = index.ok_or_else(|| PyKeyError::new_err(format!("no projection `{name}`")))?;
        connect(&mut plan, index, synapses)?;
    }
    Ok(plan)
}

/// Spikes in order of time and line.
///
/// # Errors
/// If a spike is of a line that is not there, or there are not as many times as lines.
pub fn listed(
    name: &str,
    (times, lines): (&PyReadonlyArray1<'_, i64>, &PyReadonlyArray1<'_, i64>),
    size: u32,
) -> PyResult<Vec<(Time, u32)>> {
    let (times, lines) = (times.as_array(), lines.as_array());
    if times.len() != lines.len() {
        let fault = format!(
            "source `{name}` has {} times and {} lines; allowed: one line for each time",
            times.len(),
            lines.len()
        );
        return Err(PyValueError::new_err(fault));
    }
    let one = |(index, (&time, &line)): (usize, (&i64, &i64))| {
        let time = u64::try_from(time).map_err(|_| {
            PyValueError::new_err(format!(
                "spike {index} of source `{name}` is at {time} fs; allowed: from 0 on"
            ))
        })?;
        Ok((Time::from_fs(time), number(line, size, &format!("line of spike {index} of source `{name}`"))?))
    };
    let mut spikes = times.iter().zip(lines).enumerate().map(one).collect::<PyResult<Vec<_>>>()?;
    spikes.sort_unstable();
    Ok(spikes)
}

/// Puts synapses in place of the empty list of a projection.
fn connect(plan: &mut Plan, index: usize, (pre, post, weights, delays): &Synapses<'_>) -> PyResult<()> {
    let described = &plan.projections[index];
    let name = described.name.clone();
    let (rows, columns) = match described.from {
        Origin::Source(from) => (plan.sources[from].size, plan.populations[described.to].size),
        Origin::Population(from) => (plan.populations[from].size, plan.populations[described.to].size),
    };
    let (pre, post, weights) = (pre.as_array(), post.as_array(), weights.as_array());
    let delays = delays.as_ref().map(PyReadonlyArray1::as_array);
    let counts =
        [pre.len(), post.len(), weights.len(), delays.as_ref().map_or(pre.len(), |delays| delays.len())];
    if counts.iter().any(|&count| count != pre.len()) {
        let [pre, post, weights, delays] = counts;
        return Err(PyValueError::new_err(format!(
            "projection `{name}` has {pre} pre, {post} post, {weights} weights and {delays} delays; allowed: one of each for \
             each synapse"
        )));
    }
    let mut all = Vec::new();
    all.try_reserve_exact(pre.len()).map_err(|_| {
        pyo3::exceptions::PyMemoryError::new_err(format!("no memory for {} synapses of `{name}`", pre.len()))
    })?;
    for k in 0..pre.len() {
        let (from, to) = (
            number(pre[k], rows, &format!("`pre` of synapse {k} of `{name}`")),
            number(post[k], columns, &format!("`post` of synapse {k} of `{name}`")),
        );
        if !weights[k].is_finite() {
            let fault =
                format!("weight {k} of projection `{name}` is {}; allowed: finite numbers", weights[k]);
            return Err(PyValueError::new_err(fault));
        }
        let delay = delays.as_ref().map_or(0, |delays| delays[k]);
        let delay = u64::try_from(delay).map_err(|_| {
            PyValueError::new_err(format!(
                "delay {k} of projection `{name}` is {delay} fs; allowed: from 0 on"
            ))
        })?;
        all.push((from?, to?, weights[k], Time::from_fs(delay)));
    }
    all.sort_by_key(|synapse| (synapse.0, synapse.1));
    let projection = &mut plan.projections[index];
    let multapses = matches!(projection.connect, Connect::List { multapses: true, .. });
    let own = if delays.is_some() { all.iter().map(|synapse| synapse.3).collect() } else { Vec::new() };
    if let Some(&shortest) = own.iter().min() {
        projection.delay = shortest;
    }
    let synapses = all.into_iter().map(|(pre, post, weight, _)| (pre, post, weight)).collect();
    projection.connect = Connect::List { synapses, delays: own, multapses };
    Ok(())
}

fn number(value: i64, size: u32, what: &str) -> PyResult<u32> {
    u32::try_from(value).ok().filter(|&value| value < size).ok_or_else(|| {
        PyValueError::new_err(format!("the {what} is {value}; allowed: from 0 to {}", i64::from(size) - 1))
    })
}
