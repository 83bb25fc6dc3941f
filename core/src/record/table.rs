//! What a record consists of: columns, and rows of fixed width.

use super::RecordError;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Simulated time, a `u64` of femtoseconds.
    Time,
    /// A `u64`, such as the episode.
    Count,
    /// A `u32`, such as a neuron.
    Index,
    /// A `u32` that stands for one of the record's labels, such as a population.
    Label,
    /// An `f64` in the column's unit.
    Real,
}

impl ColumnKind {
    /// Bytes of a value.
    #[must_use]
    pub fn width(self) -> usize {
        match self {
            Self::Time | Self::Count | Self::Real => 8,
            Self::Index | Self::Label => 4,
        }
    }
}

/// One column of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// In the header of the file that is written: `time`.
    pub name: String,
    /// Of a `Real`: its unit, such as `V`. A time is written in milliseconds, everything else has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What its values are, and how many bytes they take.
    pub kind: ColumnKind,
}

impl Column {
    /// A column of values without a unit, or of times.
    #[must_use]
    pub fn new(name: &str, kind: ColumnKind) -> Self {
        Self { name: name.into(), unit: None, kind }
    }

    /// A column of reals in `unit`.
    #[must_use]
    pub fn real(name: &str, unit: &str) -> Self {
        Self { name: name.into(), unit: Some(unit.into()), kind: ColumnKind::Real }
    }
}

/// The columns of a record and the names that its labels stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// What is recorded, such as `spikes`.
    pub name: String,
    /// From left to right; a row has one value for each.
    pub columns: Vec<Column>,
    /// What [`Value::Label`] is an index into.
    pub labels: Vec<String>,
    /// Of a record of synapses, by projection: the population or source that it comes from, and the population it goes to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ends: Vec<[String; 2]>,
    /// How long what a row tells of lasts, by its first label: the current of a device that has fired, the pulse that changes a
    /// weight. Zero, or none here, of what is over at its instant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lasts: Vec<Time>,
}

impl Schema {
    /// Bytes of a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.columns.iter().map(|column| column.kind.width()).sum()
    }

    /// The values of one row.
    pub fn values<'a>(&'a self, row: &'a [u8]) -> impl Iterator<Item = Value> + 'a {
        let mut at = 0;
        self.columns.iter().map_while(move |column| {
            let bytes = row.get(at..at + column.kind.width())?;
            at += column.kind.width();
            Value::read(column.kind, bytes)
        })
    }
}

/// One value of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// Of a column of [`ColumnKind::Time`].
    Time(Time),
    /// Of a column of [`ColumnKind::Count`].
    Count(u64),
    /// Of a column of [`ColumnKind::Index`].
    Index(u32),
    /// Of a column of [`ColumnKind::Label`].
    Label(u32),
    /// Of a column of [`ColumnKind::Real`].
    Real(f64),
}

impl Value {
    fn kind(self) -> ColumnKind {
        match self {
            Self::Time(_) => ColumnKind::Time,
            Self::Count(_) => ColumnKind::Count,
            Self::Index(_) => ColumnKind::Index,
            Self::Label(_) => ColumnKind::Label,
            Self::Real(_) => ColumnKind::Real,
        }
    }

    fn read(kind: ColumnKind, bytes: &[u8]) -> Option<Self> {
        let short = || bytes.try_into().ok().map(u32::from_le_bytes);
        let long = || bytes.try_into().ok().map(u64::from_le_bytes);
        Some(match kind {
            ColumnKind::Time => Self::Time(Time::from_fs(long()?)),
            ColumnKind::Count => Self::Count(long()?),
            ColumnKind::Index => Self::Index(short()?),
            ColumnKind::Label => Self::Label(short()?),
            ColumnKind::Real => Self::Real(f64::from_bits(long()?)),
        })
    }

    fn write(self, bytes: &mut Vec<u8>) {
        match self {
            Self::Time(time) => bytes.extend_from_slice(&time.fs().to_le_bytes()),
            Self::Count(count) => bytes.extend_from_slice(&count.to_le_bytes()),
            Self::Index(index) | Self::Label(index) => bytes.extend_from_slice(&index.to_le_bytes()),
            Self::Real(real) => bytes.extend_from_slice(&real.to_bits().to_le_bytes()),
        }
    }
}

/// Some rows of a record, one after another, in a buffer that is used again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    kinds: Vec<ColumnKind>,
    width: usize,
    bytes: Vec<u8>,
}

impl Rows {
    /// No rows yet, for a record with these columns.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        let kinds = schema.columns.iter().map(|column| column.kind).collect();
        Self { kinds, width: schema.width(), bytes: Vec::new() }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// If its values are not those of the columns.
    pub fn push(&mut self, row: &[Value]) -> Result<(), RecordError> {
        if !row.iter().map(|value| value.kind()).eq(self.kinds.iter().copied()) {
            let message = format!("a row of {row:?} does not fit columns of {:?}", self.kinds);
            return Err(RecordError::Encode { name: "row".into(), message });
        }
        row.iter().for_each(|value| value.write(&mut self.bytes));
        Ok(())
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len().checked_div(self.width).unwrap_or(0)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Forgets all of them and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Bytes of a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// All rows: the values of a row in the order of the columns, little-endian, without gaps.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_as_they_were_written() {
        let schema = Schema {
            name: "all".into(),
            columns: vec![
                Column::new("episode", ColumnKind::Count),
                Column::new("time", ColumnKind::Time),
                Column::new("population", ColumnKind::Label),
                Column::new("id", ColumnKind::Index),
                Column::real("u", "V"),
            ],
            labels: vec!["a".into()],
            ..Schema::default()
        };
        let mut rows = Rows::new(&schema);
        let row = |k: u32| {
            [
                Value::Count(u64::MAX),
                Value::Time(Time::MAX),
                Value::Label(0),
                Value::Index(k),
                Value::Real(-0.0),
            ]
        };
        rows.push(&row(1)).unwrap();
        rows.push(&row(2)).unwrap();
        assert_eq!((schema.width(), rows.len()), (32, 2));
        for (bytes, k) in rows.bytes().chunks(32).zip([1, 2]) {
            let values: Vec<Value> = schema.values(bytes).collect();
            assert_eq!(values, row(k));
            assert!(matches!(values[4], Value::Real(u) if u.is_sign_negative()));
        }
        assert_eq!(schema.values(&rows.bytes()[..10]).count(), 1, "what is cut off is left out");
    }

    #[test]
    fn a_row_of_other_columns_is_refused_and_leaves_nothing_behind() {
        let columns = vec![Column::new("id", ColumnKind::Index)];
        let mut rows =
            Rows::new(&Schema { name: "ids".into(), columns, labels: Vec::new(), ..Schema::default() });
        for row in [&[Value::Count(1)][..], &[], &[Value::Index(1), Value::Index(1)]] {
            assert!(matches!(rows.push(row), Err(RecordError::Encode { .. })));
        }
        assert!(rows.is_empty());
    }
}
