//! Recorded spikes and connections as SONATA, the files of BlueBrain, NEST and BMTK.
//!
//! ```text
//! /               magic u32 = 0x0A7A, version u32[2] = 0, 1
//! /spikes/POP     sorting, an enum { none 0, by_id 1, by_time 2 } = by_time
//!   timestamps    f64[spikes], units = "ms"
//!   node_ids      u64[spikes]
//!
//! /edges/PROJECTION
//!   source_node_id, target_node_id    u64[synapses], node_population = what is joined
//!   edge_type_id                      i64[synapses] = 0; edge_group_id u16[synapses] = 0; edge_group_index u64[synapses]
//!   0/syn_weight                      f64[synapses], units = "V", "A" or "S"
//!   0/delay                           f64[synapses], units = "ms"
//! ```
//!
//! Source: AllenInstitute/sonata, `docs/SONATA_DEVELOPER_GUIDE.md`, "Output file formats" and "Representing edges".

use crate::record::table::{ColumnKind, Schema, Value};
use crate::record::{Format, LogReader, WriteError};
use hdf5_writer::{AttributeBuilder, DatasetBuilder, Datatype, EnumMember, Hdf5Builder, WriteOptions};
use std::io::{Error as IoError, Write};

/// Spikes or synapses that one file may have: what writes them has all of them in memory, some 50 to 100 bytes each.
const MOST: u64 = 10_000_000;

/// A file of spikes, one group for each population, or of synapses, one for each projection; times in milliseconds. Nothing is compressed: the reader that most
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
        "Spikes of one episode, and connections, for libsonata, NEST and BMTK, times in milliseconds"
    }

    fn takes(&self, schema: &Schema) -> bool {
        // Samples that are shown have a time each, and the format has one.
        let several = schema.columns.iter().any(|column| column.kind == ColumnKind::Count);
        !several && (schema.name == "spikes" || is_edges(schema))
    }

    fn most(&self) -> Option<u64> {
        Some(MOST)
    }

    fn write(&self, log: &mut LogReader, out: &mut (dyn Write + Send)) -> Result<(), WriteError> {
        log.rewind()?;
        let schema = log.schema().clone();
        if is_edges(&schema) {
            return edges(log, &schema, out);
        }
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
        }
        let bytes = file(&schema.labels, &spikes).map_err(IoError::other)?;
        Ok(out.write_all(&bytes)?)
    }
}

/// Whether it is a record of connections that says what is joined.
fn is_edges(schema: &Schema) -> bool {
    schema.name == "connections" && !schema.ends.is_empty()
}

/// Synapses of one projection.
#[derive(Clone, Default)]
struct Edges {
    pre: Vec<u64>,
    post: Vec<u64>,
    weight: Vec<f64>,
    delay: Vec<f64>,
    /// Of the weights: a label.
    unit: u32,
}

fn edges(log: &mut LogReader, schema: &Schema, out: &mut (dyn Write + Send)) -> Result<(), WriteError> {
    let mut all: Vec<Edges> = vec![Edges::default(); schema.ends.len()];
    while let Some(rows) = log.next_rows()? {
        for row in rows.chunks_exact(schema.width()) {
            let (mut labels, mut ends, mut delay, mut weight) = (Vec::new(), Vec::new(), 0.0, 0.0);
            for value in schema.values(row) {
                match value {
                    Value::Time(at) => delay = at.fs() as f64 / 1e12,
                    Value::Label(label) => labels.push(label),
                    Value::Index(id) => ends.push(u64::from(id)),
                    Value::Real(value) => weight = value,
                    Value::Count(_) => {}
                }
            }
            let ([projection, unit], [pre, post]) = (&labels[..], &ends[..]) else { continue };
            let Some(edges) = all.get_mut(*projection as usize) else { continue };
            edges.pre.push(*pre);
            edges.post.push(*post);
            edges.weight.push(weight);
            edges.delay.push(delay);
            edges.unit = *unit;
        }
    }
    let bytes = edge_file(schema, &all).map_err(IoError::other)?;
    Ok(out.write_all(&bytes)?)
}

fn edge_file(schema: &Schema, all: &[Edges]) -> Result<Vec<u8>, hdf5_writer::Error> {
    let mut file = head()?;
    let label = |label: u32| schema.labels.get(label as usize).map_or("", String::as_str);
    for (number, (edges, [from, to])) in all.iter().zip(&schema.ends).enumerate() {
        let n = edges.pre.len();
        if n == 0 {
            continue;
        }
        let place = |name: &str| format!("edges/{}/{name}", label(number as u32));
        let length = vec![n as u64];
        let text = |name: &str, text: &str| AttributeBuilder::fixed_string(name, text);
        let ids = |name: &str, ids: &[u64], population: &str| {
            let dataset = DatasetBuilder::typed_data(place(name), length.clone(), ids)?;
            Ok::<_, hdf5_writer::Error>(dataset.attribute(text("node_population", population)))
        };
        let reals = |name: &str, values: &[f64], unit: &str| {
            let dataset = DatasetBuilder::typed_data(place(name), length.clone(), values)?;
            Ok::<_, hdf5_writer::Error>(dataset.attribute(text("units", unit)))
        };
        let places: Vec<u64> = (0..n as u64).collect();
        file = file
            .dataset(ids("source_node_id", &edges.pre, from)?)
            .dataset(ids("target_node_id", &edges.post, to)?)
            .dataset(DatasetBuilder::typed_data(place("edge_type_id"), length.clone(), &vec![0_i64; n])?)
            .dataset(DatasetBuilder::typed_data(place("edge_group_id"), length.clone(), &vec![0_u16; n])?)
            .dataset(DatasetBuilder::typed_data(place("edge_group_index"), length.clone(), &places)?)
            .dataset(reals("0/syn_weight", &edges.weight, label(edges.unit))?)
            .dataset(reals("0/delay", &edges.delay, "ms")?);
    }
    file.into_plan()?.encode(WriteOptions::default())
}

/// What every file begins with.
fn head() -> Result<Hdf5Builder, hdf5_writer::Error> {
    let magic = AttributeBuilder::scalar("magic", 0x0A7A_u32)?;
    Ok(Hdf5Builder::new().attribute(magic).attribute(AttributeBuilder::vector("version", &[0_u32, 1])?))
}

fn file(names: &[String], spikes: &[(Vec<f64>, Vec<u64>)]) -> Result<Vec<u8>, hdf5_writer::Error> {
    let mut file = head()?;
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
        let schema = SpikeRecord::new(&wanted, &Names::default(), None).schema();
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
        assert!(!Sonata.takes(&SpikeRecord::new(&wanted, &Names::default(), Some(1)).schema()));
    }
}
