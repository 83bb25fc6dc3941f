//! Records as Apache Parquet, for pandas, Polars, DuckDB and Spark.

use crate::record::table::{Column, ColumnKind, Value};
use crate::record::{Format, LogReader, WriteError};
use parquet::basic::{Encoding, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnPath, Type};
use std::io::Write;
use std::sync::Arc;

/// Rows of a group: what is held in memory at a time.
const GROUP: usize = 1 << 17;

/// A table of typed columns: times are whole femtoseconds, names are names, numbers have their unit in the name of the column.
#[derive(Clone, Copy, Debug)]
pub struct Parquet;

/// The values of one column of a group.
enum Values {
    Long(Vec<i64>),
    Short(Vec<i32>),
    Name(Vec<ByteArray>),
    Real(Vec<f64>),
}

impl Values {
    fn of(column: &Column) -> Self {
        match column.kind {
            ColumnKind::Time | ColumnKind::Count => Self::Long(Vec::new()),
            ColumnKind::Index => Self::Short(Vec::new()),
            ColumnKind::Label => Self::Name(Vec::new()),
            ColumnKind::Real => Self::Real(Vec::new()),
        }
    }

    /// Parquet has the bits of whole numbers without sign in those with one, and says that they have none.
    fn push(&mut self, value: Value, labels: &[ByteArray]) {
        match (self, value) {
            (Self::Long(values), Value::Time(time)) => values.push(time.fs().cast_signed()),
            (Self::Long(values), Value::Count(count)) => values.push(count.cast_signed()),
            (Self::Short(values), Value::Index(index)) => values.push(index.cast_signed()),
            (Self::Name(values), Value::Label(label)) => {
                values.push(labels.get(label as usize).cloned().unwrap_or_default());
            }
            (Self::Real(values), Value::Real(value)) => values.push(value),
            _ => unreachable!("a column has values of one kind"),
        }
    }

    fn write(&mut self, column: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        match self {
            Self::Long(values) => {
                column.typed::<Int64Type>().write_batch(values, None, None)?;
                values.clear();
            }
            Self::Short(values) => {
                column.typed::<Int32Type>().write_batch(values, None, None)?;
                values.clear();
            }
            Self::Name(values) => {
                column.typed::<ByteArrayType>().write_batch(values, None, None)?;
                values.clear();
            }
            Self::Real(values) => {
                column.typed::<DoubleType>().write_batch(values, None, None)?;
                values.clear();
            }
        }
        Ok(())
    }
}

/// `time [fs]`, `u [V]`, `id`.
fn name(column: &Column) -> String {
    match (column.kind, &column.unit) {
        (ColumnKind::Time, _) => format!("{} [fs]", column.name),
        (_, Some(unit)) => format!("{} [{unit}]", column.name),
        (_, None) => column.name.clone(),
    }
}

fn described(column: &Column) -> Result<Type, ParquetError> {
    let unsigned = |bit_width| Some(LogicalType::integer(bit_width, false));
    let (physical, logical) = match column.kind {
        ColumnKind::Time | ColumnKind::Count => (Physical::INT64, unsigned(64)),
        ColumnKind::Index => (Physical::INT32, unsigned(32)),
        ColumnKind::Label => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        ColumnKind::Real => (Physical::DOUBLE, None),
    };
    Type::primitive_type_builder(&name(column), physical)
        .with_repetition(Repetition::REQUIRED)
        .with_logical_type(logical)
        .build()
}

fn properties(columns: &[Column], what: &str) -> WriterProperties {
    let known = vec![KeyValue::new("memspike record".to_string(), what.to_string())];
    let begun = WriterProperties::builder().set_key_value_metadata(Some(known));
    let chosen = columns.iter().fold(begun, |properties, column| {
        let path = ColumnPath::new(vec![name(column)]);
        let encoding = match column.kind {
            ColumnKind::Label => return properties,
            ColumnKind::Real => Encoding::BYTE_STREAM_SPLIT,
            // Ordered numbers: their differences are small.
            _ => Encoding::DELTA_BINARY_PACKED,
        };
        properties.set_column_dictionary_enabled(path.clone(), false).set_column_encoding(path, encoding)
    });
    chosen.build()
}

impl Format for Parquet {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn extension(&self) -> &'static str {
        "parquet"
    }

    fn about(&self) -> &'static str {
        "A table for pandas.read_parquet and databases, times in femtoseconds"
    }

    fn write(&self, log: &mut LogReader, out: &mut (dyn Write + Send)) -> Result<(), WriteError> {
        log.rewind()?;
        let record = log.schema().clone();
        let labels: Vec<ByteArray> = record.labels.iter().map(|label| label.as_str().into()).collect();
        let columns = record.columns.iter().map(|column| described(column).map(Arc::new));
        let fields = columns.collect::<Result<_, _>>().map_err(refused)?;
        let schema = Type::group_type_builder("record").with_fields(fields).build().map_err(refused)?;
        let properties = properties(&record.columns, &record.name);
        let mut file =
            SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties)).map_err(refused)?;
        let mut values: Vec<Values> = record.columns.iter().map(Values::of).collect();
        let mut held = 0;
        while let Some(rows) = log.next_rows()? {
            for row in rows.chunks_exact(record.width()) {
                values
                    .iter_mut()
                    .zip(record.values(row))
                    .for_each(|(values, value)| values.push(value, &labels));
                held += 1;
                if held == GROUP {
                    group(&mut file, &mut values).map_err(refused)?;
                    held = 0;
                }
            }
        }
        if held > 0 {
            group(&mut file, &mut values).map_err(refused)?;
        }
        file.close().map_err(refused)?;
        Ok(())
    }
}

fn group<W: Write + Send>(
    file: &mut SerializedFileWriter<W>,
    values: &mut [Values],
) -> Result<(), ParquetError> {
    let mut group = file.next_row_group()?;
    for values in values {
        if let Some(mut column) = group.next_column()? {
            values.write(&mut column)?;
            column.close()?;
        }
    }
    group.close()?;
    Ok(())
}

/// What the disk says is what the user is told.
fn refused(error: ParquetError) -> WriteError {
    WriteError::Out(match error {
        ParquetError::External(cause) => match cause.downcast::<std::io::Error>() {
            Ok(cause) => *cause,
            Err(cause) => std::io::Error::other(cause),
        },
        other => std::io::Error::other(other),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::table::{Rows, Schema};
    use crate::record::{LogRecorder, Recorder as _};
    use crate::time::Time;
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::Field;

    #[test]
    fn what_is_written_is_read_back_to_the_bit_over_several_groups() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.log");
        let columns = vec![
            Column::new("episode", ColumnKind::Count),
            Column::new("time", ColumnKind::Time),
            Column::new("population", ColumnKind::Label),
            Column::new("id", ColumnKind::Index),
            Column::real("u", "V"),
        ];
        let schema = Schema {
            name: "all".into(),
            columns,
            labels: vec!["e".into(), "µx".into()],
            ..Schema::default()
        };
        let mut log = LogRecorder::new(&path);
        log.begin(&schema).unwrap();
        let mut rows = Rows::new(&schema);
        let many = GROUP as u64 + 3;
        let row = |k: u64| {
            let time = Value::Time(Time::from_fs(k * k));
            let (label, id) = (Value::Label((k % 2) as u32), Value::Index(u32::MAX - k as u32));
            [Value::Count(u64::MAX - k), time, label, id, Value::Real(1.0 / (k as f64 + 1.0))]
        };
        (0..many).for_each(|k| rows.push(&row(k)).unwrap());
        log.append(&rows).unwrap();
        log.finish().unwrap();
        let mut out = Vec::new();
        Parquet.write(&mut LogReader::open(&path).unwrap(), &mut out).unwrap();
        let reader = SerializedFileReader::new(bytes::Bytes::from(out)).unwrap();
        assert_eq!(reader.metadata().num_row_groups(), 2);
        let mut count = 0;
        for (k, found) in reader.get_row_iter(None).unwrap().enumerate() {
            let found: Vec<(String, Field)> = found.unwrap().into_columns();
            let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["episode", "time [fs]", "population", "id", "u [V]"]);
            let k = k as u64;
            let want = [
                Field::ULong(u64::MAX - k),
                Field::ULong(k * k),
                Field::Str(["e", "µx"][k as usize % 2].into()),
                Field::UInt(u32::MAX - k as u32),
                Field::Double(1.0 / (k as f64 + 1.0)),
            ];
            assert!(found.into_iter().map(|(_, field)| field).eq(want), "row {k}");
            count += 1;
        }
        assert_eq!(count, many);
    }

    #[test]
    fn a_disk_that_is_full_is_told_as_such() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.log");
        let columns = vec![Column::new("id", ColumnKind::Index)];
        let mut log = LogRecorder::new(&path);
        log.begin(&Schema { name: "all".into(), columns, labels: Vec::new(), ..Schema::default() }).unwrap();
        log.finish().unwrap();
        match Parquet.write(&mut LogReader::open(&path).unwrap(), &mut Full) {
            Err(WriteError::Out(error)) => assert_eq!(error.kind(), std::io::ErrorKind::StorageFull),
            other => panic!("{other:?}"),
        }
    }
}
