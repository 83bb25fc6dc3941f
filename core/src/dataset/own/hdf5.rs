//! Spikes in HDF5, as the Heidelberg data sets SHD and SSC have them: `/spikes/times` and `/spikes/units`, an array of its own length for each
//! sample, and `/labels`.
//!
//! An element of an array of arrays is the number of values (32 bits), the address of a collection of the global heap, and the number of
//! the object (32 bits) in it that holds the values. What a file claims is not believed beyond its own length: the heap is never compressed,
//! and each array has a place of its own in it.
//!
//! Sources: B. Cramer, Y. Stradmann, J. Schemmel & F. Zenke, *IEEE Trans. Neural Netw. Learn. Syst.* 33:2744, 2022; The HDF Group, *HDF5
//! File Format Specification* 3.0, III.E and IV.A.2.d.

use super::spikes::{Labelled, Meaning, whole};
use super::{fault, hinted};
use crate::dataset::Fault;
use crate::encoding::FirstSpikes;
use crate::hint::many;

use crate::record::array::{Values, values};
use crate::time::Time;
use hdf5_reader::error::Error;
use hdf5_reader::global_heap::GlobalHeapCollection;
use hdf5_reader::io::Cursor;
use hdf5_reader::{ByteOrder, Dataset, Datatype, Hdf5File, OpenOptions, VarLenKind};
use std::path::Path;

const TIMES: &str = "/spikes/times";
const UNITS: &str = "/spikes/units";
const LABELS: &str = "/labels";
const WANTED: &str = "`/spikes/times` and `/spikes/units`, an array for each sample, and `/labels`";

/// Bytes of the labels, or of what says where the arrays are: 16 million samples.
const MOST: usize = 1 << 28;

pub(super) fn read(path: &Path, lines: u32, tick: Option<Time>) -> Result<Labelled, Fault> {
    let limits = OpenOptions::default().with_max_read_bytes(MOST).with_max_chunk_bytes(MOST);
    let file = Hdf5File::open_with_options(path, limits).map_err(|error| unread(path, "", error))?;
    let head = file.superblock();
    let (there, stated) = (file.storage().len().saturating_add(head.base_address), head.eof_address);
    if there < stated {
        let what = format!("it ends after {}", many(there, "byte"));
        let found = fault(path, "", what, format!("{stated}, as it says itself"));
        return Err(hinted(found, "the file is cut off: copy or download it again"));
    }
    let labels = labels(&file, path)?;
    let mut times = Arrays::open(&file, path, TIMES)?;
    let mut units = Arrays::open(&file, path, UNITS)?;
    for arrays in [&times, &units] {
        if arrays.len() != labels.len() {
            let what = format!("there are {}", many(arrays.len() as u64, "array"));
            return Err(fault(path, &arrays.place(), what, format!("{}, as in `{LABELS}`", labels.len())));
        }
    }
    let places = [times.place(), units.place()];
    let meaning = Meaning { file: path, places: [&places[0], &places[1]], lines, tick };
    meaning.known(&times.numbers(&[])?)?;
    let mut left = there;
    let mut sample = |number: usize| {
        let (times, units) = (times.of(number, &mut left)?, units.of(number, &mut left)?);
        if times.len() != units.len() {
            let what = format!("sample {number} has {}", many(units.len() as u64, "value"));
            return Err(fault(path, &places[1], what, format!("{}, as in `{TIMES}`", times.len())));
        }
        let integers = || fault(path, &places[1], "the values are real numbers".into(), "integers");
        let units = whole(units).ok_or_else(integers)?;
        (0..units.len()).map(|k| meaning.spike((&times, &units), k, number)).collect::<Result<Vec<_>, _>>()
    };
    let mut wrong = None;
    // One sample after the other: all of them as they stand in the file would be there twice.
    let samples = FirstSpikes::of(
        (0..labels.len()).map_while(|number| sample(number).map_err(|found| wrong = Some(found)).ok()),
    );
    wrong.map_or(Ok((samples, labels)), Err)
}

/// What the reader could not make of a file.
fn unread(path: &Path, place: &str, error: Error) -> Fault {
    let found = fault(path, place, format!("it cannot be read ({error})"), "an HDF5 file that is whole");
    hinted(found, "h5py or h5dump say more; if they cannot read it either, download it again")
}

fn dataset(file: &Hdf5File, path: &Path, name: &str) -> Result<Dataset, Fault> {
    let found = file.dataset(name).map_err(|error| {
        let mut cause = &error;
        while let Error::Context { source, .. } = cause {
            cause = source;
        }
        match cause {
            Error::GroupNotFound(_) | Error::DatasetNotFound(_) => {
                let missing = fault(path, "", format!("there is no `{name}`"), WANTED);
                hinted(missing, "spikes of another layout are written as an .npz with NumPy")
            }
            _ => unread(path, &format!("`{name}`"), error),
        }
    })?;
    if found.ndim() == 1 {
        return Ok(found);
    }
    let shape: Vec<usize> = found.shape().iter().map(|&length| length as usize).collect();
    Err(fault(
        path,
        &format!("`{name}`"),
        format!("its shape is {}", crate::hint::shape(&shape)),
        "one axis, of samples",
    ))
}

fn labels(file: &Hdf5File, path: &Path) -> Result<Vec<i64>, Fault> {
    let place = format!("`{LABELS}`");
    let set = dataset(file, path, LABELS)?;
    let (kind, _) = numbers(&set, set.dtype(), 0)
        .ok_or_else(|| fault(path, &place, "its values are no plain numbers".into(), "integers"))?;
    let bytes = set.read_raw_bytes().map_err(|error| unread(path, &place, error))?;
    let read = values(&kind, &bytes).map_err(|why| fault(path, &place, why, "integers"))?;
    whole(read).ok_or_else(|| {
        let what = "the classes are real numbers".into();
        fault(path, &place, what, "integers, one for each sample")
    })
}

/// The type of a number as NumPy calls it, and its bytes; `at` is where its description begins in that of the data set. `None`: it is no integer of
/// all its bits, and no real number of IEEE 754.
fn numbers(set: &Dataset, of: &Datatype, at: usize) -> Option<(String, usize)> {
    let (class, size, order) = match of {
        Datatype::FixedPoint { size, signed, byte_order } => {
            (if *signed { 'i' } else { 'u' }, *size, *byte_order)
        }
        Datatype::FloatingPoint { size, byte_order } => ('f', *size, *byte_order),
        _ => return None,
    };
    // Class and flags (of which bit 6 is the order of a VAX) and size, then offset and number of the bits that count; of real numbers also place and
    // size of exponent and mantissa, and the bias.
    let raw = set.raw_datatype().ok()?;
    let form: &[u8] = match (class, size) {
        ('f', 2) => &[0, 0, 16, 0, 10, 5, 0, 10, 15, 0, 0, 0],
        ('f', 4) => &[0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0],
        ('f', 8) => &[0, 0, 64, 0, 52, 11, 0, 52, 255, 3, 0, 0],
        ('i' | 'u', 1 | 2 | 4 | 8) => &[0, 0, 8 * size, 0],
        _ => return None,
    };
    let plain = raw.get(at + 1)? & 0x40 == 0 && raw.get(at + 8..)?.starts_with(form);
    let order = if order == ByteOrder::BigEndian { '>' } else { '<' };
    plain.then(|| (format!("{order}{class}{size}"), usize::from(size)))
}

/// A data set whose elements are arrays of numbers.
struct Arrays<'a> {
    file: &'a Hdf5File,
    path: &'a Path,
    name: &'static str,
    /// The type of a number as NumPy calls it, and its bytes.
    kind: (String, usize),
    /// Where each array is.
    references: Vec<u8>,
    /// Bytes of one of them.
    reference: usize,
    /// The collection that was looked into last, and its address: the next array is most likely in it.
    heap: Option<(u64, GlobalHeapCollection)>,
}

impl<'a> Arrays<'a> {
    fn open(file: &'a Hdf5File, path: &'a Path, name: &'static str) -> Result<Self, Fault> {
        let place = format!("`{name}`");
        let set = dataset(file, path, name)?;
        let kind = match set.dtype() {
            // The description of an element begins after the 8 bytes that say that it is an array.
            Datatype::VarLen { base, kind: VarLenKind::Sequence, .. } => numbers(&set, base, 8),
            _ => None,
        };
        let kind = kind.ok_or_else(|| {
            let what = "its elements are no arrays of plain numbers".into();
            fault(path, &place, what, "an array of numbers, of its own length, for each sample")
        })?;
        let references = set.read_raw_bytes().map_err(|error| unread(path, &place, error))?;
        let reference = set.vlen_reference_size();
        Ok(Self { file, path, name, kind, references, reference, heap: None })
    }

    fn place(&self) -> String {
        format!("`{}`", self.name)
    }

    fn len(&self) -> usize {
        self.references.len() / self.reference
    }

    /// The numbers in these bytes.
    fn numbers(&self, bytes: &[u8]) -> Result<Values, Fault> {
        values(&self.kind.0, bytes).map_err(|why| fault(self.path, &self.place(), why, "an array of numbers"))
    }

    /// The array of a sample; `left`: the bytes that arrays may still have.
    fn of(&mut self, sample: usize, left: &mut u64) -> Result<Values, Fault> {
        let place = format!("`{}`, sample {sample}", self.name);
        let unread = |error: Error| unread(self.path, &place, error);
        let mut cursor = Cursor::new(&self.references[sample * self.reference..][..self.reference]);
        let (offset, length) = (self.file.superblock().offset_size, self.file.superblock().length_size);
        let count = cursor.read_u32_le().map_err(unread)? as usize;
        let address = cursor.read_offset(offset).map_err(unread)?;
        let index = cursor.read_u32_le().map_err(unread)?;
        if count == 0 {
            return self.numbers(&[]);
        }
        if self.heap.as_ref().is_none_or(|(known, _)| *known != address) {
            let storage = self.file.storage();
            let collection = GlobalHeapCollection::parse_at_storage(storage, address, offset, length);
            self.heap = Some((address, collection.map_err(unread)?));
        }
        let object = self.heap.as_ref().and_then(|(_, heap)| heap.get_object(u16::try_from(index).ok()?));
        let there = object.map_or(&[][..], |object| &object.data);
        let bytes = count.saturating_mul(self.kind.1);
        let Some(content) = there.get(..bytes) else {
            let what = format!("it is said to have {}", many(count as u64, "value"));
            let found = fault(
                self.path,
                &place,
                what,
                format!("at most {}, which are there", there.len() / self.kind.1),
            );
            return Err(hinted(found, "the file is damaged: copy or download it again"));
        };
        *left = left.checked_sub(bytes as u64).ok_or_else(|| {
            let what = "the arrays up to this one have more bytes than the file".into();
            fault(self.path, &place, what, "a place of its own in the file for each array")
        })?;
        self.numbers(content)
    }
}
