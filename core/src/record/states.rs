//! Sampled states of neurons as a record: whatever their models keep, currents, conductance and energy.

use super::kept::Take;
use super::selected::Selected;
use super::spikes::Names;
use super::table::{Column, ColumnKind, Schema, Value};
use crate::engine::Record;

/// Records the states of some neurons at the instants of their samples: time, population, id, variable, value, unit.
pub struct StateRecord {
    /// Populations, variables, units.
    labels: Vec<String>,
    /// Labels of each variable and of its unit.
    variables: Vec<(&'static str, u32, u32)>,
    /// What is recorded of each population.
    wanted: Vec<Option<Selected>>,
}

impl StateRecord {
    /// Of what is named in `wanted`; `told` are names and units of what those neurons may tell.
    #[must_use]
    pub fn new(wanted: &[Selected], names: &Names, told: &[(&'static str, &'static str)]) -> Self {
        let of = |name: &String| wanted.iter().find(|chosen| chosen.name == *name).cloned();
        let mut labels = names.populations.clone();
        let first = labels.len();
        let mut label = |text: &str| {
            let known = labels[first..].iter().position(|label| label == text);
            let at = known.unwrap_or_else(|| {
                labels.push(text.to_string());
                labels.len() - 1 - first
            });
            (first + at) as u32
        };
        let mut variables: Vec<(&'static str, u32, u32)> = Vec::new();
        for (name, unit) in told {
            if variables.iter().all(|(known, ..)| known != name) {
                variables.push((name, label(name), label(unit)));
            }
        }
        Self { variables, wanted: names.populations.iter().map(of).collect(), labels }
    }
}

impl Take for StateRecord {
    fn schema(&self) -> Schema {
        let columns = vec![
            Column::new("time", ColumnKind::Time),
            Column::new("population", ColumnKind::Label),
            Column::new("id", ColumnKind::Index),
            Column::new("variable", ColumnKind::Label),
            Column::new("value", ColumnKind::Real),
            Column::new("unit", ColumnKind::Label),
        ];
        Schema { name: "states".into(), columns, labels: self.labels.clone(), ..Schema::default() }
    }

    fn take(&mut self, _: u64, record: &Record, push: &mut dyn FnMut(&[Value])) {
        let Record::State { time, population, neuron, variable, value } = *record else { return };
        let wanted = self.wanted.get(population as usize).and_then(Option::as_ref);
        if !wanted.is_some_and(|wanted| wanted.has(neuron)) {
            return;
        }
        let found = self.variables.iter().find(|(name, ..)| *name == variable);
        let Some(&(_, name, unit)) = found else { return };
        let (population, name, unit) = (Value::Label(population), Value::Label(name), Value::Label(unit));
        push(&[Value::Time(time), population, Value::Index(neuron), name, Value::Real(value), unit]);
    }
}
