//! Which samples were shown, for what, and how long: what gives spikes of many samples their place in time.

use super::kept::Take;
use super::table::{Column, ColumnKind, Schema, Value};
use crate::engine::Record;
use crate::time::Time;

/// What a sample is shown for, and the word in what is said of it.
const SERVES: [&str; 5] = ["training", "labels", "validation", "test", "other"];

/// Records the episodes of a run: number, duration, and what each serves.
#[derive(Debug)]
pub struct PresentationRecord {
    serves: u32,
    every: u64,
}

impl PresentationRecord {
    /// Of the episodes whose number is a multiple of `every`.
    #[must_use]
    pub fn new(every: u64) -> Self {
        Self { serves: 0, every }
    }
}

impl Take for PresentationRecord {
    fn schema(&self) -> Schema {
        let columns = vec![
            Column::new("episode", ColumnKind::Count),
            Column::new("duration", ColumnKind::Time),
            Column::new("serves", ColumnKind::Label),
        ];
        Schema {
            name: "presentations".into(),
            columns,
            labels: SERVES.map(String::from).to_vec(),
            ..Schema::default()
        }
    }

    fn take(&mut self, _: u64, _: &Record, _: &mut dyn FnMut(&[Value])) {}

    fn begin(&mut self, _: u64, what: &str) {
        let found = SERVES.iter().position(|word| what.split(' ').any(|part| part == *word));
        self.serves = found.unwrap_or(SERVES.len() - 1) as u32;
    }

    fn end(&mut self, episode: u64, reached: Time, push: &mut dyn FnMut(&[Value])) {
        if !episode.is_multiple_of(self.every) {
            return;
        }
        push(&[Value::Count(episode), Value::Time(reached), Value::Label(self.serves)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_episode_is_a_row_when_it_is_over() {
        let mut record = PresentationRecord::new(1);
        let mut rows = Vec::new();
        for (episode, what) in [(7, "training"), (8, "test of epoch 3"), (9, "final test"), (10, "device 4")]
        {
            record.begin(episode, what);
            record.end(episode, Time::from_ms(episode), &mut |row| rows.push(row.to_vec()));
        }
        let row = |episode, label| {
            vec![Value::Count(episode), Value::Time(Time::from_ms(episode)), Value::Label(label)]
        };
        assert_eq!(rows, [row(7, 0), row(8, 3), row(9, 3), row(10, 4)]);
    }
}
