//! Sampled membranes as a record.

use super::kept::Take;
use super::selected::Selected;
use super::spikes::Names;
use super::table::{Column, ColumnKind, Schema, Value};
use crate::engine::Record;

/// Records membranes of some neurons of populations at the instants of their samples: time, population, id, u.
pub struct MembraneRecord {
    populations: Vec<String>,
    /// What is recorded of each population.
    wanted: Vec<Option<Selected>>,
}

impl MembraneRecord {
    /// Of what is named in `wanted`.
    #[must_use]
    pub fn new(wanted: &[Selected], names: &Names) -> Self {
        let of = |name: &String| wanted.iter().find(|chosen| chosen.name == *name).cloned();
        Self { populations: names.populations.clone(), wanted: names.populations.iter().map(of).collect() }
    }
}

impl Take for MembraneRecord {
    fn schema(&self) -> Schema {
        let columns = vec![
            Column::new("time", ColumnKind::Time),
            Column::new("population", ColumnKind::Label),
            Column::new("id", ColumnKind::Index),
            Column::real("u", "V"),
        ];
        Schema { name: "membrane".into(), columns, labels: self.populations.clone(), ..Schema::default() }
    }

    fn take(&mut self, _: u64, record: &Record, push: &mut dyn FnMut(&[Value])) {
        if let Record::Sample { time, population, u } = record {
            let Some(Some(wanted)) = self.wanted.get(*population as usize) else { return };
            for (id, u) in u.iter().enumerate().filter(|(id, _)| wanted.has(*id as u32)) {
                let (label, id) = (Value::Label(*population), Value::Index(id as u32));
                push(&[Value::Time(*time), label, id, Value::Real(*u)]);
            }
        }
    }
}
