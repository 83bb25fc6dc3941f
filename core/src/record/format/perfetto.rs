//! Records as a trace for Perfetto, in simulated time.
//!
//! Only eight types of message are needed, so they are encoded here. Numbers of fields: Perfetto, `protos/perfetto/trace`
//! (trace_packet, track_event, track_descriptor, counter_descriptor, interned_data, debug_annotation).

use super::super::protobuf::{delimited, double, message, number, text};
use super::super::timeline::{Entry, Lane, Timeline};
use super::{OverTime, WriteError};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

/// All records of a run in one trace: a track for each population, source or projection, below it one for each neuron,
/// spikes as instants, or as slices where the device behind the neuron conducts for a while, samples as counters, a slice for each
/// pulse that changes a device, with what it did, and one for each sample that is shown.
///
/// Times are simulated nanoseconds, cut off: the trace is for looking.
#[derive(Clone, Copy, Debug)]
pub struct Perfetto;

/// Neurons of one population that have a track of their own. Spikes of further ones are on that of the population.
const TRACKS: usize = 1000;

/// Which kind of event a `TrackEvent` is.
const SLICE_BEGIN: u64 = 1;
const SLICE_END: u64 = 2;
const INSTANT: u64 = 3;
const COUNTER: u64 = 4;

impl OverTime for Perfetto {
    const NAME: &'static str = "perfetto";
    const EXTENSION: &'static str = "pftrace";
    const ABOUT: &'static str = "Spikes and samples of all records over simulated time, for ui.perfetto.dev";

    fn course(timeline: &mut Timeline<'_>, out: &mut (dyn Write + Send)) -> Result<(), WriteError> {
        let mut trace = Trace {
            out,
            packet: Vec::new(),
            tracks: BTreeMap::new(),
            count: 0,
            names: Vec::new(),
            open: BTreeMap::new(),
            ends: BTreeSet::new(),
        };
        trace.clear()?;
        timeline.each(|lane, entry| {
            trace.close(entry.time)?;
            match entry.until {
                Some(end) => trace.span(lane, entry, end)?,
                None if lane.values.is_empty() => trace.instant(lane, entry)?,
                None => trace.counters(lane, entry)?,
            }
            Ok::<(), WriteError>(())
        })?;
        trace.close(u128::MAX)
    }
}

/// What a track is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Of {
    Presentations,
    /// A population, source or projection by name.
    Group(String),
    /// A neuron or line of it.
    Member(String, u32),
    /// The pulses at a synapse.
    Pulses(String, [Option<u32>; 2]),
    /// A sampled value of something in it, by name.
    Value(String, [Option<u32>; 2], String),
}

struct Trace<'a> {
    out: &'a mut dyn Write,
    packet: Vec<u8>,
    tracks: BTreeMap<Of, u64>,
    /// Tracks so far: each has its number for an identity.
    count: u64,
    /// Names of events, whose numbers begin at 1.
    names: Vec<String>,
    /// The slice that is open on a track ends here; and all of those by time.
    open: BTreeMap<u64, u128>,
    ends: BTreeSet<(u128, u64)>,
}

impl Trace<'_> {
    /// The packet that begins the sequence: nothing is known yet.
    fn clear(&mut self) -> Result<(), WriteError> {
        number(&mut self.packet, 13, 3);
        self.send()
    }

    /// Ends the packet that is being written.
    fn send(&mut self) -> Result<(), WriteError> {
        // All packets are of one sequence.
        number(&mut self.packet, 10, 1);
        let mut framed = Vec::new();
        delimited(&mut framed, 1, &self.packet);
        self.out.write_all(&framed)?;
        self.packet.clear();
        Ok(())
    }

    /// An event on a track; `more` says what there is to say beyond that.
    fn event(
        &mut self,
        time: u128,
        kind: u64,
        track: u64,
        more: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), WriteError> {
        number(&mut self.packet, 8, (time / 1_000_000) as u64);
        number(&mut self.packet, 13, 2);
        message(&mut self.packet, 11, |event| {
            number(event, 9, kind);
            number(event, 11, track);
            more(event);
        });
        self.send()
    }

    /// Begins a slice; one that is still open on its track ends here.
    fn begin(
        &mut self,
        (time, end): (u128, u128),
        track: u64,
        more: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), WriteError> {
        if let Some(earlier) = self.open.insert(track, end) {
            self.ends.remove(&(earlier, track));
            self.event(time, SLICE_END, track, |_| {})?;
        }
        self.ends.insert((end, track));
        self.event(time, SLICE_BEGIN, track, more)
    }

    /// Ends the slices that are over at `time`, in order of time.
    fn close(&mut self, time: u128) -> Result<(), WriteError> {
        while let Some(&(end, track)) = self.ends.first().filter(|(end, _)| *end <= time) {
            self.ends.pop_first();
            self.open.remove(&track);
            self.event(end, SLICE_END, track, |_| {})?;
        }
        Ok(())
    }

    /// A spike: an instant, or a slice as long as the device conducts, if the neuron has a track of its own.
    fn instant(&mut self, lane: &Lane, entry: &Entry) -> Result<(), WriteError> {
        let group = lane.label(entry.label);
        let id = entry.ends[0].unwrap_or(0);
        let (track, own) = self.member(group, id)?;
        let name = self.name("spike")?;
        match entry.over.filter(|_| own) {
            Some(over) => self.begin((entry.time, over), track, |event| number(event, 10, name)),
            None => self.event(entry.time, INSTANT, track, |event| {
                number(event, 10, name);
                if !own {
                    message(event, 4, |annotation| {
                        text(annotation, 10, "neuron");
                        number(annotation, 3, u64::from(id));
                    });
                }
            }),
        }
    }

    /// The pulse that has changed a synapse, with what it did.
    fn pulse(&mut self, lane: &Lane, entry: &Entry, over: u128) -> Result<(), WriteError> {
        let group = lane.label(entry.label);
        let (parent, _) = self.group(group)?;
        let of = Of::Pulses(group.to_string(), entry.ends);
        let track = match self.tracks.get(&of) {
            Some(track) => *track,
            None => {
                let name = format!("pulses of {}", member(group, entry.ends));
                self.track(of, &name, Some(parent), entry.ends[0], |_| {})?
            }
        };
        let name = self.name("pulse")?;
        self.begin((entry.time, over), track, |event| {
            number(event, 10, name);
            for (index, value) in entry.values.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
                message(event, 4, |annotation| {
                    text(annotation, 10, lane.quantity(entry.variable, index));
                    double(annotation, 5, *value);
                });
            }
        })
    }

    fn counters(&mut self, lane: &Lane, entry: &Entry) -> Result<(), WriteError> {
        if let Some(over) = entry.over {
            self.pulse(lane, entry, over)?;
        }
        let group = lane.label(entry.label);
        let (parent, _) = self.group(group)?;
        // What is not a number, as the energy of a weight without a device, is not shown.
        for (index, value) in entry.values.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
            let name = lane.quantity(entry.variable, index);
            let of = Of::Value(group.to_string(), entry.ends, name.to_string());
            let track = match self.tracks.get(&of) {
                Some(track) => *track,
                None => {
                    let name = format!("{name} of {}", member(group, entry.ends));
                    let unit = lane.unit(entry, index).unwrap_or_default().to_string();
                    self.track(of, &name, Some(parent), entry.ends[0], |track| {
                        message(track, 8, |counter| {
                            if !unit.is_empty() {
                                text(counter, 6, &unit);
                            }
                        });
                    })?
                }
            };
            self.event(entry.time, COUNTER, track, |event| double(event, 44, *value))?;
        }
        Ok(())
    }

    /// Begins the slice of a sample.
    fn span(&mut self, lane: &Lane, entry: &Entry, end: u128) -> Result<(), WriteError> {
        let track = match self.tracks.get(&Of::Presentations) {
            Some(track) => *track,
            None => self.track(Of::Presentations, "presentations", None, None, |_| {})?,
        };
        let name = self.name(lane.label(entry.label))?;
        let episode = entry.episode;
        self.begin((entry.time, end), track, |event| {
            number(event, 10, name);
            message(event, 4, |annotation| {
                text(annotation, 10, "episode");
                number(annotation, 3, episode);
            });
        })
    }

    /// The track of a population, source or projection, and how many members it has tracks for.
    fn group(&mut self, group: &str) -> Result<(u64, usize), WriteError> {
        let of = Of::Group(group.to_string());
        let track = match self.tracks.get(&of) {
            Some(track) => *track,
            // Neurons in order of their numbers.
            None => self.track(of, group, None, None, |track| number(track, 11, 3))?,
        };
        let first = Of::Member(group.to_string(), 0);
        let last = Of::Member(group.to_string(), u32::MAX);
        Ok((track, self.tracks.range(first..=last).count()))
    }

    /// The track of a neuron, and whether it is its own.
    fn member(&mut self, group: &str, id: u32) -> Result<(u64, bool), WriteError> {
        let of = Of::Member(group.to_string(), id);
        if let Some(track) = self.tracks.get(&of) {
            return Ok((*track, true));
        }
        let (parent, members) = self.group(group)?;
        if members >= TRACKS {
            return Ok((parent, false));
        }
        let name = member(group, [Some(id), None]);
        Ok((self.track(of, &name, Some(parent), Some(id), |_| {})?, true))
    }

    /// Describes a new track.
    fn track(
        &mut self,
        of: Of,
        name: &str,
        parent: Option<u64>,
        rank: Option<u32>,
        more: impl FnOnce(&mut Vec<u8>),
    ) -> Result<u64, WriteError> {
        self.count += 1;
        let track = self.count;
        message(&mut self.packet, 60, |descriptor| {
            number(descriptor, 1, track);
            text(descriptor, 2, name);
            if let Some(parent) = parent {
                number(descriptor, 5, parent);
            }
            more(descriptor);
            if let Some(rank) = rank {
                number(descriptor, 12, u64::from(rank));
            }
        });
        self.tracks.insert(of, track);
        self.send()?;
        Ok(track)
    }

    /// The number of a name of events, which is told when it first occurs.
    fn name(&mut self, name: &str) -> Result<u64, WriteError> {
        if let Some(at) = self.names.iter().position(|known| known == name) {
            return Ok(at as u64 + 1);
        }
        self.names.push(name.to_string());
        let at = self.names.len() as u64;
        number(&mut self.packet, 13, 2);
        message(&mut self.packet, 12, |interned| {
            message(interned, 2, |event| {
                number(event, 1, at);
                text(event, 2, name);
            });
        });
        self.send()?;
        Ok(at)
    }
}

/// `e[3]`, or `learning[3 to 5]`.
fn member(group: &str, ends: [Option<u32>; 2]) -> String {
    match ends {
        [Some(from), Some(to)] => format!("{group}[{from} to {to}]"),
        [Some(id), None] => format!("{group}[{id}]"),
        _ => group.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::table::{Column, ColumnKind, Schema, Value};
    use super::super::super::timeline::tests::{log, shown};
    use super::super::Format as _;
    use super::*;
    use crate::time::Time;

    /// A field as the wire format has it.
    #[derive(Clone, Debug, PartialEq)]
    enum Field {
        Number(u64),
        Bits(u64),
        Bytes(Vec<u8>),
    }

    /// Reads a message: the encoding of protocol buffers, and nothing of what is above.
    fn read(mut bytes: &[u8]) -> Vec<(u64, Field)> {
        fn varint(bytes: &mut &[u8]) -> u64 {
            let (mut value, mut shift) = (0u64, 0);
            loop {
                let (first, rest) = bytes.split_first().unwrap();
                *bytes = rest;
                value |= u64::from(first & 0x7f) << shift;
                shift += 7;
                if first & 0x80 == 0 {
                    return value;
                }
            }
        }
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let key = varint(&mut bytes);
            let field = match key & 7 {
                0 => Field::Number(varint(&mut bytes)),
                1 => {
                    let (value, rest) = bytes.split_at(8);
                    bytes = rest;
                    Field::Bits(u64::from_le_bytes(value.try_into().unwrap()))
                }
                2 => {
                    let length = varint(&mut bytes) as usize;
                    let (value, rest) = bytes.split_at(length);
                    bytes = rest;
                    Field::Bytes(value.to_vec())
                }
                kind => panic!("wire type {kind}"),
            };
            fields.push((key >> 3, field));
        }
        fields
    }

    fn one(fields: &[(u64, Field)], number: u64) -> Option<Field> {
        let mut found = fields.iter().filter(|(field, _)| *field == number);
        let first = found.next().map(|(_, value)| value.clone());
        assert!(found.next().is_none(), "field {number} twice");
        first
    }

    fn inner(fields: &[(u64, Field)], number: u64) -> Option<Vec<(u64, Field)>> {
        match one(fields, number)? {
            Field::Bytes(bytes) => Some(read(&bytes)),
            other => panic!("{other:?}"),
        }
    }

    fn count(fields: &[(u64, Field)], number: u64) -> u64 {
        match one(fields, number) {
            Some(Field::Number(value)) => value,
            other => panic!("field {number}: {other:?}"),
        }
    }

    fn string(fields: &[(u64, Field)], number: u64) -> String {
        match one(fields, number) {
            Some(Field::Bytes(bytes)) => String::from_utf8(bytes).unwrap(),
            other => panic!("field {number}: {other:?}"),
        }
    }

    /// Every event as text: time in ns, path of its track, kind, and name or value.
    fn events(trace: &[u8]) -> Vec<(u64, String, u64, String)> {
        let (mut tracks, mut names, mut events) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for (index, (field, packet)) in read(trace).into_iter().enumerate() {
            assert_eq!(field, 1, "a trace consists of packets");
            let Field::Bytes(packet) = packet else { panic!() };
            let packet = read(&packet);
            assert_eq!(count(&packet, 10), 1);
            if index == 0 {
                assert_eq!(count(&packet, 13), 3, "nothing is known before the first packet");
            }
            if let Some(track) = inner(&packet, 60) {
                let above = one(&track, 5).map_or(String::new(), |parent| {
                    let Field::Number(parent) = parent else { panic!() };
                    format!("{}/", tracks[&parent])
                });
                let unit =
                    inner(&track, 8).map_or(String::new(), |counter| format!(" in {}", string(&counter, 6)));
                let name = format!("{above}{}{unit}", string(&track, 2));
                assert!(tracks.insert(count(&track, 1), name).is_none());
            }
            if let Some(event) = inner(&packet, 12).and_then(|interned| inner(&interned, 2)) {
                assert!(names.insert(count(&event, 1), string(&event, 2)).is_none());
            }
            if let Some(event) = inner(&packet, 11) {
                assert_eq!(count(&packet, 13), 2);
                let said = match (one(&event, 10), one(&event, 44)) {
                    (Some(Field::Number(name)), None) => names[&name].clone(),
                    (None, Some(Field::Bits(bits))) => format!("{}", f64::from_bits(bits)),
                    (None, None) => String::new(),
                    other => panic!("{other:?}"),
                };
                let track = tracks[&count(&event, 11)].clone();
                events.push((count(&packet, 8), track, count(&event, 9), said));
            }
        }
        assert!(events.windows(2).all(|two| two[0].0 <= two[1].0), "in order of time");
        events
    }

    fn of(time: u64, track: &str, kind: u64, said: &str) -> (u64, String, u64, String) {
        (time, track.into(), kind, said.into())
    }

    #[test]
    fn samples_are_slices_and_spikes_are_instants_on_tracks_of_their_own() {
        let root = tempfile::tempdir().unwrap();
        let mut out = Vec::new();
        Perfetto.write_all(&mut shown(root.path()), &mut out).unwrap();
        assert_eq!(
            events(&out),
            [
                of(0, "presentations", 1, "training"),
                of(500_000, "pixels/pixels[7]", 3, "spike"),
                of(2_500_000, "e/e[2]", 3, "spike"),
                of(3_000_000, "presentations", 2, ""),
                of(3_000_000, "presentations", 1, "test"),
                of(4_000_000, "e/e[11]", 3, "spike"),
                of(5_000_000, "presentations", 2, ""),
            ]
        );
    }

    #[test]
    fn sampled_values_are_counters_with_their_unit() {
        let root = tempfile::tempdir().unwrap();
        let columns = vec![
            Column::new("time", ColumnKind::Time),
            Column::new("projection", ColumnKind::Label),
            Column::new("pre", ColumnKind::Index),
            Column::new("post", ColumnKind::Index),
            Column::new("weight", ColumnKind::Real),
            Column::new("unit", ColumnKind::Label),
        ];
        let labels = vec!["learning".into(), "S".into()];
        let schema = Schema { name: "weight_samples".into(), columns, labels, ..Schema::default() };
        let row = |fs, weight| {
            let ends = [Value::Index(3), Value::Index(5)];
            let time = Value::Time(Time::from_fs(fs));
            vec![time, Value::Label(0), ends[0], ends[1], Value::Real(weight), Value::Label(1)]
        };
        let rows = [row(0, -0.5), row(1, f64::NAN), row(2_999_999, 1e-300)];
        let mut out = Vec::new();
        Perfetto.write(&mut log(root.path(), &schema, &rows), &mut out).unwrap();
        let track = "learning/weight of learning[3 to 5] in S";
        let tiny = format!("{}", 1e-300);
        assert_eq!(events(&out), [of(0, track, 4, "-0.5"), of(2, track, 4, &tiny)]);
    }

    #[test]
    fn what_lasts_is_a_slice_that_ends_where_the_next_begins() {
        let root = tempfile::tempdir().unwrap();
        let (ms, ns) = (Time::from_ms, |ms: u64| ms * 1_000_000);
        let columns = vec![
            Column::new("time", ColumnKind::Time),
            Column::new("population", ColumnKind::Label),
            Column::new("id", ColumnKind::Index),
        ];
        let labels = vec!["e".into(), "lif".into()];
        let lasts = vec![ms(3), Time::ZERO];
        let spikes = Schema { name: "spikes".into(), columns, labels, lasts, ..Schema::default() };
        let spike = |at, label, id| vec![Value::Time(ms(at)), Value::Label(label), Value::Index(id)];
        let columns = vec![
            Column::new("time", ColumnKind::Time),
            Column::new("projection", ColumnKind::Label),
            Column::new("pre", ColumnKind::Index),
            Column::new("post", ColumnKind::Index),
            Column::real("energy", "J"),
        ];
        let (labels, lasts) = (vec!["in".into()], vec![ms(1)]);
        let pulses = Schema { name: "weight_changes".into(), columns, labels, lasts, ..Schema::default() };
        let ends = [Value::Index(7), Value::Index(2)];
        let pulse = vec![Value::Time(ms(3)), Value::Label(0), ends[0], ends[1], Value::Real(0.5)];
        let mut logs = [
            log(root.path(), &spikes, &[spike(0, 0, 2), spike(2, 0, 2), spike(2, 1, 0), spike(4, 0, 5)]),
            log(root.path(), &pulses, &[pulse]),
        ];
        let mut out = Vec::new();
        Perfetto.write_all(&mut logs, &mut out).unwrap();
        assert_eq!(
            events(&out),
            [
                of(0, "e/e[2]", 1, "spike"),
                of(ns(2), "e/e[2]", 2, ""),
                of(ns(2), "e/e[2]", 1, "spike"),
                of(ns(2), "lif/lif[0]", 3, "spike"),
                of(ns(3), "in/pulses of in[7 to 2]", 1, "pulse"),
                of(ns(3), "in/energy of in[7 to 2] in J", 4, "0.5"),
                of(ns(4), "in/pulses of in[7 to 2]", 2, ""),
                of(ns(4), "e/e[5]", 1, "spike"),
                of(ns(5), "e/e[2]", 2, ""),
                of(ns(7), "e/e[5]", 2, ""),
            ]
        );
    }

    #[test]
    fn of_a_large_population_the_first_have_tracks_of_their_own() {
        let root = tempfile::tempdir().unwrap();
        let columns = vec![
            Column::new("time", ColumnKind::Time),
            Column::new("population", ColumnKind::Label),
            Column::new("id", ColumnKind::Index),
        ];
        let schema = Schema { name: "spikes".into(), columns, labels: vec!["e".into()], ..Schema::default() };
        let row = |id| vec![Value::Time(Time::from_ms(u64::from(id))), Value::Label(0), Value::Index(id)];
        let rows: Vec<_> = (0..1500).map(row).collect();
        let mut out = Vec::new();
        Perfetto.write(&mut log(root.path(), &schema, &rows), &mut out).unwrap();
        let events = events(&out);
        assert_eq!((events.len(), events[999].1.as_str()), (1500, "e/e[999]"));
        assert!(events[1000..].iter().all(|event| event.1 == "e"));
        // Of each of the others it is said which neuron it was.
        let last = read(&out).pop().unwrap().1;
        let Field::Bytes(packet) = last else { panic!() };
        let annotation = inner(&inner(&read(&packet), 11).unwrap(), 4).unwrap();
        assert_eq!((string(&annotation, 10), count(&annotation, 3)), ("neuron".into(), 1499));
    }
}
