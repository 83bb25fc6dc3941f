//! Records as a value change dump, for GTKWave and other viewers of digital waveforms. Source: IEEE 1364-2001, clause 18.

use super::super::timeline::{Entry, Lane, Timeline};
use super::{OverTime, WriteError};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;

/// All records of a run in one file: a scope for each population, source or projection, in it one for each neuron or
/// synapse, in that an event for spikes and a real for what was sampled.
///
/// Times are whole femtoseconds, or of the next larger unit in which they fit 63 bits.
#[derive(Clone, Copy, Debug)]
pub struct Vcd;

/// What a variable belongs to: record, label, neuron or both ends of a synapse, and what it is where that is a column.
type Place = (usize, u32, [Option<u32>; 2], Option<u32>);

impl OverTime for Vcd {
    const NAME: &'static str = "vcd";
    const EXTENSION: &'static str = "vcd";
    const ABOUT: &'static str = "Spikes and samples of all records as waveforms for GTKWave";

    fn course(timeline: &mut Timeline<'_>, out: &mut (dyn Write + Send)) -> Result<(), WriteError> {
        let (unit, name) = unit(timeline.end());
        let mut places: BTreeMap<Place, Vec<usize>> = BTreeMap::new();
        timeline.each(|_, entry| {
            places.entry(place(entry)).or_default();
            Ok::<(), WriteError>(())
        })?;
        writeln!(out, "$version memspike {} $end", env!("CARGO_PKG_VERSION"))?;
        writeln!(out, "$timescale 1 {name} $end")?;
        declare(timeline, &mut places, out)?;
        writeln!(out, "$enddefinitions $end")?;
        let (mut now, mut lines) = (None, String::new());
        timeline.each(|_, entry| {
            lines.clear();
            let time = entry.time / unit;
            if now != Some(time) {
                now = Some(time);
                // Writing to a string does not fail.
                let _ = writeln!(lines, "#{time}");
            }
            let Some(variables) = places.get(&place(entry)) else { return Ok(()) };
            for (index, variable) in variables.iter().enumerate() {
                let _ = match (entry.until, entry.values.get(index)) {
                    (Some(_), _) => writeln!(lines, "b{:b} {}", entry.episode, code(*variable)),
                    // What is not a number, as the energy of a weight without a device, is not shown.
                    (None, Some(value)) if value.is_nan() => Ok(()),
                    (None, Some(value)) => writeln!(lines, "r{value} {}", code(*variable)),
                    (None, None) => writeln!(lines, "1{}", code(*variable)),
                };
            }
            Ok::<(), WriteError>(out.write_all(lines.as_bytes())?)
        })?;
        Ok(writeln!(out, "#{}", timeline.end() / unit)?)
    }
}

fn place(entry: &Entry) -> Place {
    // The variable says which sample is shown, whatever that serves.
    let label = if entry.until.is_some() { 0 } else { entry.label };
    (entry.lane, label, entry.ends, entry.variable)
}

/// The smallest unit, in femtoseconds, in which times up to `end` have 63 bits.
fn unit(end: u128) -> (u128, &'static str) {
    let units = [(1, "fs"), (1000, "ps"), (1_000_000, "ns"), (1_000_000_000, "us")];
    units.into_iter().find(|(unit, _)| end / unit < 1 << 63).unwrap_or((1_000_000_000_000, "ms"))
}

/// Declares the variables of every place, scope in scope, and gives them their numbers.
fn declare(
    timeline: &Timeline<'_>,
    places: &mut BTreeMap<Place, Vec<usize>>,
    out: &mut dyn Write,
) -> Result<(), WriteError> {
    let mut scopes: BTreeMap<(String, Vec<Option<u32>>), Vec<Place>> = BTreeMap::new();
    for &(lane, label, ends, variable) in places.keys() {
        let record = timeline.lane(lane);
        // What belongs to nobody comes first, outside of all scopes.
        let group = if record.spans() { String::new() } else { record.label(label).to_string() };
        scopes.entry((group, ends.to_vec())).or_default().push((lane, label, ends, variable));
    }
    let (mut count, mut open) = (0, None);
    for ((group, ends), of) in &scopes {
        let span = group.is_empty();
        if !span && open != Some(group) {
            if open.is_some() {
                writeln!(out, "$upscope $end")?;
            }
            writeln!(out, "$scope module {} $end", word(group))?;
            open = Some(group);
        }
        if !span {
            writeln!(out, "$scope module {} $end", member(ends))?;
        }
        for place in of {
            let lane = timeline.lane(place.0);
            for (kind, bits, name) in variables(lane, place.3, span) {
                writeln!(out, "$var {kind} {bits} {} {name} $end", code(count))?;
                if let Some(variables) = places.get_mut(place) {
                    variables.push(count);
                }
                count += 1;
            }
        }
        if !span {
            writeln!(out, "$upscope $end")?;
        }
    }
    if open.is_some() {
        writeln!(out, "$upscope $end")?;
    }
    Ok(())
}

/// Kind, bits and name of the variables of something in a record.
fn variables(lane: &Lane, variable: Option<u32>, span: bool) -> Vec<(&'static str, u32, String)> {
    if span {
        return vec![("integer", 64, "presentation".into())];
    }
    if lane.values.is_empty() {
        return vec![("event", 1, "spike".into())];
    }
    (0..lane.values.len()).map(|value| ("real", 64, word(lane.quantity(variable, value)))).collect()
}

/// `id_3`, or `from_3_to_5`.
fn member(ends: &[Option<u32>]) -> String {
    match ends {
        [Some(from), Some(to)] => format!("from_{from}_to_{to}"),
        [Some(id), ..] => format!("id_{id}"),
        _ => "all".into(),
    }
}

/// A name without blanks, which would end it.
fn word(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_graphic() && c != '$' { c } else { '_' }).collect()
}

/// The short name of a variable: printable characters of ASCII, the lowest digit first.
fn code(mut number: usize) -> String {
    let mut text = String::new();
    loop {
        text.push(char::from(b'!' + (number % 94) as u8));
        number /= 94;
        if number == 0 {
            return text;
        }
        number -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::table::{Column, ColumnKind, Schema, Value};
    use super::super::super::timeline::tests::{log, shown};
    use super::super::Format as _;
    use super::*;
    use crate::time::Time;
    use std::collections::BTreeSet;

    /// Time, path and text of a change.
    type Change = (u64, String, String);

    /// A reader of its own: path of each variable and its kind, and every change.
    fn read(text: &str) -> (Vec<(String, String)>, Vec<Change>) {
        let (head, body) = text.split_once("$enddefinitions $end\n").unwrap();
        let words: Vec<&str> = head.split_whitespace().collect();
        let (mut scopes, mut codes, mut declared) = (Vec::new(), BTreeMap::new(), Vec::new());
        for declaration in words.split(|word| *word == "$end") {
            match declaration {
                ["$scope", "module", name] => scopes.push(*name),
                ["$upscope"] => drop(scopes.pop().unwrap()),
                ["$var", kind, _, code, name] => {
                    let path = [scopes.clone(), vec![name]].concat().join(".");
                    assert_eq!(codes.insert((*code).to_string(), path.clone()), None);
                    declared.push((path, (*kind).to_string()));
                }
                ["$version" | "$timescale", ..] | [] => {}
                other => panic!("{other:?}"),
            }
        }
        assert!(scopes.is_empty());
        let (mut time, mut changes) = (0, Vec::new());
        for line in body.lines() {
            if let Some(at) = line.strip_prefix('#') {
                let at = at.parse().unwrap();
                assert!(at >= time);
                time = at;
            } else {
                let (value, code) = line.split_once(' ').unwrap_or_else(|| line.split_at(1));
                changes.push((time, codes[code].clone(), value.to_string()));
            }
        }
        (declared, changes)
    }

    #[test]
    fn spikes_are_events_and_samples_are_an_integer() {
        let root = tempfile::tempdir().unwrap();
        let mut out = Vec::new();
        Vcd.write_all(&mut shown(root.path()), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("$timescale 1 fs $end") && text.ends_with("#5000000000000\n"));
        let (declared, changes) = read(&text);
        let declared: Vec<(&str, &str)> =
            declared.iter().map(|(path, kind)| (path.as_str(), kind.as_str())).collect();
        assert_eq!(
            declared,
            [
                ("presentation", "integer"),
                ("e.id_2.spike", "event"),
                ("e.id_11.spike", "event"),
                ("pixels.id_7.spike", "event"),
            ]
        );
        let change =
            |us: u64, path: &str, value: &str| (us * 1_000_000_000, path.to_string(), value.to_string());
        assert_eq!(
            changes,
            [
                change(0, "presentation", "b100"),
                change(500, "pixels.id_7.spike", "1"),
                change(2500, "e.id_2.spike", "1"),
                change(3000, "presentation", "b1001"),
                change(4000, "e.id_11.spike", "1"),
            ]
        );
    }

    #[test]
    fn a_long_course_has_a_coarser_unit_and_sampled_values_are_reals() {
        let root = tempfile::tempdir().unwrap();
        let columns = vec![
            Column::new("time", ColumnKind::Time),
            Column::new("population", ColumnKind::Label),
            Column::new("id", ColumnKind::Index),
            Column::real("u", "V"),
        ];
        let schema = Schema {
            name: "membrane".into(),
            columns,
            labels: vec!["two words".into()],
            ..Schema::default()
        };
        let row =
            |fs, u| vec![Value::Time(Time::from_fs(fs)), Value::Label(0), Value::Index(3), Value::Real(u)];
        let rows = [row(0, -0.0625), row(7, f64::NAN), row(1 << 40, 1e-300)];
        let mut out = Vec::new();
        Vcd.write(&mut log(root.path(), &schema, &rows), &mut out).unwrap();
        let (declared, changes) = read(&String::from_utf8(out).unwrap());
        assert_eq!(declared, [("two_words.id_3.u".to_string(), "real".to_string())]);
        let values: Vec<(u64, f64)> =
            changes.iter().map(|(time, _, value)| (*time, value[1..].parse().unwrap())).collect();
        assert_eq!(values, [(0, -0.0625), (1 << 40, 1e-300)]);
        assert_eq!(unit((1 << 63) - 1), (1, "fs"));
        assert_eq!(unit(1 << 63), (1000, "ps"));
    }

    #[test]
    fn every_variable_has_a_short_name_of_its_own() {
        let names: BTreeSet<String> = (0..10_000).map(code).collect();
        assert_eq!(names.len(), 10_000);
        assert!(names.iter().all(|name| name.bytes().all(|byte| (33..=126).contains(&byte))));
        assert_eq!((code(0), code(93), code(94)), ("!".into(), "~".into(), "!!".into()));
    }
}
