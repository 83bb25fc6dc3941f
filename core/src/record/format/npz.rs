//! Records as `.npz`, the format of NumPy: one array per column, `numpy.load("spikes.npz")["time [fs]"]`.

use super::super::LogReader;
use super::super::crc::{self, ZIP};
use super::super::table::{Column, ColumnKind, Schema};
use super::{Format, WriteError};
use std::io::{self, Write};

/// An archive of arrays.
///
/// Times are whole femtoseconds; a column of labels has numbers, and `NAME labels` says what they stand for. Nothing is
/// compressed. The log is read once per column, so that it takes little memory whatever its length.
#[derive(Clone, Copy, Debug)]
pub struct Npz;

impl Format for Npz {
    fn name(&self) -> &'static str {
        "npz"
    }

    fn extension(&self) -> &'static str {
        "npz"
    }

    fn about(&self) -> &'static str {
        "An archive for numpy.load, one array per column, times in femtoseconds"
    }

    fn write(&self, log: &mut LogReader, out: &mut (dyn Write + Send)) -> Result<(), WriteError> {
        log.rewind()?;
        while log.next_rows()?.is_some() {}
        let rows = log.position().rows;
        let schema = log.schema().clone();
        let mut members: Vec<Member> =
            schema.columns.iter().map(|column| Member::column(column, rows)).collect();
        each(log, &schema, |index, value| {
            members[index].checksum.add(value);
            Ok(())
        })?;
        let mut archive = Archive { out, at: 0, directory: Vec::new(), count: 0 };
        for (index, member) in members.iter().enumerate() {
            archive.begin(member)?;
            each(log, &schema, |column, value| if column == index { archive.put(value) } else { Ok(()) })?;
        }
        for column in schema.columns.iter().filter(|column| column.kind == ColumnKind::Label) {
            let (member, values) = Member::labels(column, &schema.labels);
            archive.begin(&member)?;
            archive.put(&values)?;
        }
        Ok(archive.end()?)
    }
}

/// Calls `see` with the column and the bytes of every value, row by row.
fn each(
    log: &mut LogReader,
    schema: &Schema,
    mut see: impl FnMut(usize, &[u8]) -> io::Result<()>,
) -> Result<(), WriteError> {
    log.rewind()?;
    while let Some(rows) = log.next_rows()? {
        for row in rows.chunks_exact(schema.width()) {
            let mut rest = row;
            for (index, column) in schema.columns.iter().enumerate() {
                let (value, more) = rest.split_at(column.kind.width());
                see(index, value)?;
                rest = more;
            }
        }
    }
    Ok(())
}

/// The checksum of a file in an archive.
type Crc = crc::Crc<ZIP>;

/// A file of the archive whose length and checksum are known before it is written.
struct Member {
    name: String,
    /// What stands before the values.
    head: Vec<u8>,
    /// Of head and values.
    length: u64,
    checksum: Crc,
}

impl Member {
    fn new(name: &str, kind: &str, rows: u64, width: usize) -> Self {
        let head = npy(kind, rows);
        let mut checksum = Crc::default();
        checksum.add(&head);
        let length = head.len() as u64 + rows * width as u64;
        Self { name: format!("{name}.npy"), head, length, checksum }
    }

    fn column(column: &Column, rows: u64) -> Self {
        let (kind, unit) = match column.kind {
            ColumnKind::Time => ("<u8", Some("fs")),
            ColumnKind::Count => ("<u8", None),
            ColumnKind::Index | ColumnKind::Label => ("<u4", None),
            ColumnKind::Real => ("<f8", column.unit.as_deref()),
        };
        let name = unit.map_or_else(|| column.name.clone(), |unit| format!("{} [{unit}]", column.name));
        Self::new(&name, kind, rows, column.kind.width())
    }

    /// Labels as text of one length, four bytes a character.
    fn labels(column: &Column, labels: &[String]) -> (Self, Vec<u8>) {
        let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0).max(1);
        let mut values = Vec::new();
        for label in labels {
            let filled = label.chars().chain(std::iter::repeat('\0')).take(longest);
            filled.for_each(|character| values.extend_from_slice(&u32::from(character).to_le_bytes()));
        }
        let name = format!("{} labels", column.name);
        let mut member = Self::new(&name, &format!("<U{longest}"), labels.len() as u64, 4 * longest);
        member.checksum.add(&values);
        (member, values)
    }
}

/// What stands before the values in an `.npy` file of version 1.0: a Python dictionary, filled up with spaces until
/// the values begin at a multiple of 64 bytes. Source: NumPy, `numpy.lib.format`.
fn npy(kind: &str, rows: u64) -> Vec<u8> {
    let dictionary = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({rows},), }}");
    let length = (dictionary.len() + 11).next_multiple_of(64) - 10;
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend_from_slice(&(length as u16).to_le_bytes());
    bytes.extend_from_slice(format!("{dictionary:<width$}\n", width = length - 1).as_bytes());
    bytes
}

/// A ZIP archive of files that are stored as they are, written from front to back. Where 32 bits are too few, it is a
/// ZIP64. Source: PKWARE, APPNOTE 6.3.
struct Archive<'a> {
    out: &'a mut dyn Write,
    at: u64,
    /// The directory that comes at the end.
    directory: Vec<u8>,
    count: u64,
}

/// The largest number that is written in 32 bits; all of them set mean that it stands elsewhere.
const SHORT: u64 = u32::MAX as u64 - 1;

fn short(value: u64) -> u32 {
    if value > SHORT { u32::MAX } else { value as u32 }
}

impl Archive<'_> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    /// Begins a file with what stands before its values.
    fn begin(&mut self, member: &Member) -> io::Result<()> {
        let (offset, length) = (self.at, member.length);
        let mut large = Vec::new();
        if length > SHORT {
            large.extend([length, length].iter().flat_map(|value| value.to_le_bytes()));
        }
        let extra = |large: &[u8]| {
            let head = [1u16.to_le_bytes(), (large.len() as u16).to_le_bytes()].concat();
            if large.is_empty() { Vec::new() } else { [&head, large].concat() }
        };
        // Version needed, UTF-8 names, stored, the first day there is, checksum, both lengths, length of the name.
        let mut common = Vec::new();
        for word in [45u16, 1 << 11, 0, 0, (1 << 5) | 1] {
            common.extend_from_slice(&word.to_le_bytes());
        }
        for word in [member.checksum.value(), short(length), short(length)] {
            common.extend_from_slice(&word.to_le_bytes());
        }
        common.extend_from_slice(&(member.name.len() as u16).to_le_bytes());
        let local = extra(&large);
        let local_length = (local.len() as u16).to_le_bytes();
        let head = [b"PK\x03\x04", &common[..], &local_length, member.name.as_bytes(), &local].concat();
        self.put(&head)?;
        if offset > SHORT {
            large.extend_from_slice(&offset.to_le_bytes());
        }
        let central = extra(&large);
        self.directory.extend_from_slice(b"PK\x01\x02\x2d\x00");
        self.directory.extend_from_slice(&common);
        self.directory.extend_from_slice(&(central.len() as u16).to_le_bytes());
        // No comment, disk 0, no attributes.
        self.directory.extend_from_slice(&[0; 10]);
        self.directory.extend_from_slice(&short(offset).to_le_bytes());
        self.directory.extend_from_slice(member.name.as_bytes());
        self.directory.extend_from_slice(&central);
        self.count += 1;
        self.put(&member.head)
    }

    fn end(mut self) -> io::Result<()> {
        let (offset, length) = (self.at, self.directory.len() as u64);
        let mut end = std::mem::take(&mut self.directory);
        if offset > SHORT {
            let place = offset + length;
            end.extend_from_slice(b"PK\x06\x06");
            end.extend_from_slice(&44u64.to_le_bytes());
            end.extend_from_slice(&[45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            for value in [self.count, self.count, length, offset] {
                end.extend_from_slice(&value.to_le_bytes());
            }
            end.extend_from_slice(b"PK\x06\x07\0\0\0\0");
            end.extend_from_slice(&place.to_le_bytes());
            end.extend_from_slice(&1u32.to_le_bytes());
        }
        end.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        for count in [self.count as u16, self.count as u16] {
            end.extend_from_slice(&count.to_le_bytes());
        }
        end.extend_from_slice(&short(length).to_le_bytes());
        end.extend_from_slice(&short(offset).to_le_bytes());
        end.extend_from_slice(&[0, 0]);
        self.put(&end)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::recorder::Recorder;
    use super::super::super::table::{Rows, Value};
    use super::*;
    use crate::record::LogRecorder;
    use crate::time::Time;

    #[test]
    fn the_checksum_is_the_known_one() {
        let mut crc = Crc::default();
        crc.add(b"1234");
        crc.add(b"56789");
        assert_eq!(crc.value(), 0xCBF4_3926);
    }

    #[test]
    fn an_archive_has_every_column_as_an_array() {
        let schema = Schema {
            name: "all".into(),
            columns: vec![
                Column::new("time", ColumnKind::Time),
                Column::new("population", ColumnKind::Label),
                Column::real("u", "V"),
            ],
            labels: vec!["e".into(), "µx".into()],
            ..Schema::default()
        };
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("all.log");
        let mut log = LogRecorder::new(&path);
        let mut rows = Rows::new(&schema);
        let time = |k: u32| Time::from_fs(u64::from(k) * 3);
        for k in 0..10_000 {
            rows.push(&[Value::Time(time(k)), Value::Label(k % 2), Value::Real(f64::from(k) * 0.1)]).unwrap();
        }
        log.begin(&schema).unwrap();
        log.append(&rows).unwrap();
        log.finish().unwrap();
        let mut bytes = Vec::new();
        Npz.write(&mut LogReader::open(&path).unwrap(), &mut bytes).unwrap();

        let members = members(&bytes);
        let names: Vec<&str> = members.iter().map(|member| member.0).collect();
        assert_eq!(names, ["time [fs].npy", "population.npy", "u [V].npy", "population labels.npy"]);
        let after = |index: usize, kind: &str, shape: &str| {
            let content = members[index].1;
            let head = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
            assert!(content.starts_with(b"\x93NUMPY\x01\x00\x76\x00"));
            assert_eq!(String::from_utf8_lossy(&content[10..128]), format!("{head:<117}\n"));
            &content[128..]
        };
        let times: Vec<u8> = (0..10_000).flat_map(|k| time(k).fs().to_le_bytes()).collect();
        assert!(after(0, "<u8", "(10000,)") == times);
        let labels: Vec<u8> = (0..10_000u32).flat_map(|k| (k % 2).to_le_bytes()).collect();
        assert!(after(1, "<u4", "(10000,)") == labels);
        let membranes: Vec<u8> = (0..10_000).flat_map(|k| (f64::from(k) * 0.1).to_le_bytes()).collect();
        assert!(after(2, "<f8", "(10000,)") == membranes);
        let text: Vec<u8> = ['e', '\0', 'µ', 'x'].iter().flat_map(|c| u32::from(*c).to_le_bytes()).collect();
        assert!(after(3, "<U2", "(2,)") == text);
    }

    /// Names and contents, as the directory at the end of the archive has them.
    fn members(bytes: &[u8]) -> Vec<(&str, &[u8])> {
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        let half = |at: usize| usize::from(u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap()));
        let end = bytes.len() - 22;
        assert_eq!(bytes[end..end + 4], *b"PK\x05\x06");
        let mut at = word(end + 16);
        assert_eq!(at + word(end + 12), end);
        let mut members = Vec::new();
        for _ in 0..half(end + 10) {
            assert_eq!(bytes[at..at + 4], *b"PK\x01\x02");
            let (name, extra) = (half(at + 28), half(at + 30));
            let (local, length) = (word(at + 42), word(at + 24));
            assert_eq!(bytes[local..local + 4], *b"PK\x03\x04");
            assert_eq!(bytes[local + 4..local + 28], bytes[at + 6..at + 30], "both heads say the same");
            let start = local + 30 + half(local + 26) + half(local + 28);
            let content = &bytes[start..start + length];
            let mut checksum = Crc::default();
            checksum.add(content);
            assert_eq!(checksum.value() as usize, word(at + 16));
            members.push((std::str::from_utf8(&bytes[at + 46..at + 46 + name]).unwrap(), content));
            at += 46 + name + extra;
        }
        assert_eq!(at, end);
        members
    }
}
