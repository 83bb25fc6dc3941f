//! Recorded spikes as SONATA, the files of BlueBrain, NEST and BMTK.
//!
//! ```text
//! /               magic u32 = 0x0A7A, version u32[2] = 0, 1
//! /spikes/POP     sorting, an enum { none 0, by_id 1, by_time 2 } = by_time
//!   timestamps    f64[spikes], units = "ms"
//!   node_ids      u64[spikes]
//! ```
//!
//! Source: AllenInstitute/sonata, `docs/SONATA_DEVELOPER_GUIDE.md`, "Output file formats".

use crate::hint::many;
use crate::record::table::{ColumnKind, Schema, Value};
use crate::record::{Format, LogReader, WriteError};
use hdf5_writer::{AttributeBuilder, DatasetBuilder, Datatype, EnumMember, Hdf5Builder, WriteOptions};
use std::io::{Error as IoError, Write};

/// Spikes that one file may have: what writes them has all of them in memory, some 50 bytes each.
const MOST: u64 = 50_000_000;

/// A file of spikes, one group for each population, times in milliseconds. Nothing is compressed: the reader that most
/// programs use, libsonata, comes without what would be needed.
#[derive(Clone, Copy, Debug)]
pub struct Sonata;

impl Format for Sonata {
    fn name(&self) -> &'static str {
        "sonata"
    }

    fn extension(&self) -> &'static str {
        "h5"
    }

    fn about(&self) -> &'static str {
        "Spikes of one episode for libsonata, NEST and BMTK, times in milliseconds"
    }

    fn takes(&self, schema: &Schema) -> bool {
        // Samples that are shown have a time each, and the format has one.
        let several = schema.columns.iter().any(|column| column.kind == ColumnKind::Count);
        schema.name == "spikes" && !several
    }

    fn write(&self, log: &mut LogReader, out: &mut (dyn Write + Send)) -> Result<(), WriteError> {
        log.rewind()?;
        let schema = log.schema().clone();
        let mut spikes: Vec<(Vec<f64>, Vec<u64>)> = vec![Default::default(); schema.labels.len()];
        while let Some(rows) = log.next_rows()? {
            for row in rows.chunks_exact(schema.width()) {
                let (mut time, mut label, mut id) = (0.0, 0, 0);
                for value in schema.values(row) {
                    match value {
                        // One rounding, of the exact quotient.
                        Value::Time(at) => time = at.fs() as f64 / 1e12,
                        Value::Label(of) => label = of as usize,
                        Value::Index(of) => id = u64::from(of),
                        Value::Count(_) | Value::Real(_) => {}
                    }
                }
                if let Some((times, ids)) = spikes.get_mut(label) {
                    times.push(time);
                    ids.push(id);
                }
            }
            let rows = log.position().rows;
            if rows > MOST {
                let why = format!("it has more than {}, which a SONATA file may have", many(MOST, "spike"));
                return Err(IoError::other(why).into());
            }
        }
        let bytes = file(&schema.labels, &spikes).map_err(IoError::other)?;
        Ok(out.write_all(&bytes)?)
    }
}

fn file(names: &[String], spikes: &[(Vec<f64>, Vec<u64>)]) -> Result<Vec<u8>, hdf5_writer::Error> {
    let mut file = Hdf5Builder::new()
        .attribute(AttributeBuilder::scalar("magic", 0x0A7A_u32)?)
        .attribute(AttributeBuilder::vector("version", &[0_u32, 1])?);
    for (name, (times, ids)) in names.iter().zip(spikes) {
        let group = format!("spikes/{name}");
        let length = vec![times.len() as u64];
        let units = AttributeBuilder::fixed_string("units", "ms");
        let times = DatasetBuilder::typed_data(format!("{group}/timestamps"), length.clone(), times)?;
        let ids = DatasetBuilder::typed_data(format!("{group}/node_ids"), length, ids)?;
        file = file.dataset(times.attribute(units)).dataset(ids).group_attribute(group, by_time());
    }
    file.into_plan()?.encode(WriteOptions::default())
}

/// Says that spikes come in order of time. Its type is an enumeration: readers do not take a text.
fn by_time() -> AttributeBuilder {
    let order = WriteOptions::default().byte_order;
    let member = |name: &str, value: u8| EnumMember { name: name.into(), value: vec![value] };
    let datatype = Datatype::Enum {
        base: Box::new(Datatype::FixedPoint { size: 1, signed: false, byte_order: order }),
        members: vec![member("none", 0), member("by_id", 1), member("by_time", 2)],
    };
    AttributeBuilder::new("sorting", datatype, Vec::new(), vec![2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::spikes::Names;
    use crate::record::table::Rows;
    use crate::record::{LogRecorder, Recorder as _, Selected, Take as _, spikes::SpikeRecord};
    use crate::time::Time;

    /// Where a value lies in the file, which has nothing compressed.
    fn at(bytes: &[u8], value: &[u8]) -> usize {
        let mut found = bytes.windows(value.len()).enumerate().filter(|(_, window)| *window == value);
        let (first, _) = found.next().unwrap();
        assert!(found.next().is_none(), "it is there once");
        first
    }

    /// Readers of HDF5 are asked by the chapter on results; this says what is in the file at all.
    #[test]
    fn a_file_has_times_in_milliseconds_and_numbers_of_each_population() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("spikes.log");
        let wanted = ["e", "noise"].map(Selected::all);
        let schema = SpikeRecord::new(&wanted, &Names::default(), false).schema();
        let mut rows = Rows::new(&schema);
        for (fs, label, id) in [(1, 1, 70), (1_500_000_000_001, 0, 8), (2_000_000_000_000, 0, 9)] {
            rows.push(&[Value::Time(Time::from_fs(fs)), Value::Label(label), Value::Index(id)]).unwrap();
        }
        let mut log = LogRecorder::new(&path);
        log.begin(&schema).unwrap();
        log.append(&rows).unwrap();
        log.finish().unwrap();
        let mut bytes = Vec::new();
        Sonata.write(&mut LogReader::open(&path).unwrap(), &mut bytes).unwrap();
        assert!(bytes.starts_with(b"\x89HDF\r\n\x1a\n"));
        let both = |one: f64, other: f64| [one.to_le_bytes(), other.to_le_bytes()].concat();
        at(&bytes, &both(1.500_000_000_001, 2.0));
        at(&bytes, &[8_u64.to_le_bytes(), 9_u64.to_le_bytes()].concat());
        at(&bytes, &1e-12_f64.to_le_bytes());
        assert!(Sonata.takes(&schema));
        assert!(!Sonata.takes(&SpikeRecord::new(&wanted, &Names::default(), true).schema()));
    }
}
