//! Sampled membranes as a record.

use super::kept::Take;
use super::spikes::Names;
use super::table::{Column, ColumnKind, Schema, Value};
use crate::engine::Record;

/// Records membranes of all neurons of some populations at the instants of their samples: time, population, id, u.
pub struct MembraneRecord {
    populations: Vec<String>,
}

impl MembraneRecord {
    /// Of the populations that are sampled.
    #[must_use]
    pub fn new(names: &Names) -> Self {
        Self { populations: names.populations.clone() }
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
        Schema { name: "membrane".into(), columns, labels: self.populations.clone() }
    }

    fn take(&mut self, _: u64, record: &Record, push: &mut dyn FnMut(&[Value])) {
        if let Record::Sample { time, population, u } = record {
            for (id, u) in u.iter().enumerate() {
                let (label, id) = (Value::Label(*population), Value::Index(id as u32));
                push(&[Value::Time(*time), label, id, Value::Real(*u)]);
            }
        }
    }
}
