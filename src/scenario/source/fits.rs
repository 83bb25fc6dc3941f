//! What the values of a source must be to each other, to its data, and to how long it is shown.

use super::super::data_plan::DataPlan;
use super::super::diagnostic::Diagnostic;
use super::super::filled::Fields;
use super::super::plan::{Code, Input, SourcePlan};
use super::super::section::Lower;
use super::super::spec::Unit;
use crate::dataset::Holds;
use crate::encoding::{Augment, BLOCK, MAX_BLOCK_RATE};
use crate::hint::many;
use crate::network::{Current, CurrentFault, SourceKind};
use crate::time::Time;
use crate::units::Hertz;

impl Lower<'_> {
    /// Lines that are drawn as one process cannot be too fast together.
    pub(super) fn drawable(&mut self, fields: &Fields, plan: &SourcePlan) -> Option<()> {
        let lines = plan.size.min(BLOCK);
        let (place, peak) = match &plan.input {
            Input::Poisson { rate } => (fields.place("rate"), rate.get()),
            Input::Train(SourceKind::Modulated(profile)) => {
                let key = if fields.written("rates").is_some() { "rates" } else { "rate" };
                (fields.place(key), profile.peak())
            }
            Input::Dataset { code: Code::Timed(_) | Code::Events, .. } => return Some(()),
            Input::Dataset { code: Code::Rate { max_rate, .. }, .. } => {
                (fields.table("encode").and_then(|encode| encode.place("max_rate")), max_rate.get())
            }
            Input::Train(_) => return Some(()),
        };
        let total = peak * f64::from(lines);
        if total <= MAX_BLOCK_RATE.get() {
            return Some(());
        }
        self.faults.push(
            Diagnostic::error(format!(
                "{} of {}, at up to {}, would be drawn as one process of {}",
                many(lines, "line"),
                fields.what,
                Unit::Hertz.print(peak),
                Unit::Hertz.print(total)
            ))
            .maybe_at(place)
            .label("too fast")
            .allowed(format!(
                "up to {MAX_BLOCK_RATE} for {BLOCK} lines together, {} for each of these",
                Unit::Hertz.print(MAX_BLOCK_RATE.get() / f64::from(lines))
            )),
        );
        None
    }

    /// What is shifted or cut is a picture.
    pub(super) fn augmentable(&mut self, fields: &Fields, data: &DataPlan, augment: &Augment) -> Option<()> {
        if augment.is_none() {
            return Some(());
        }
        let (table, shape) = (fields.table("augment")?, data.shape());
        let of = if data.holds() == Holds::Events { "events" } else { "sound" };
        let sides = if let [.., rows, columns] = *shape { Some((rows, columns)) } else { None };
        let least = sides.map_or(0, |(rows, columns)| rows.min(columns)) as u32;
        let (key, what, allowed) = if data.holds() != Holds::Values {
            let key =
                ["shift", "crop", "noise", "stretch"].into_iter().find(|key| table.written(key).is_some())?;
            (key, format!("its samples are {of}"), format!("no augmentation of {of}"))
        } else if augment.shift > 0 && augment.shift >= least {
            (
                "shift",
                format!("its samples are of {}", crate::hint::shape(shape)),
                "a shift below both sides of a picture".into(),
            )
        } else if augment.crop.is_some_and(|crop| crop > least) {
            (
                "crop",
                format!("its samples are of {}", crate::hint::shape(shape)),
                "up to the shorter side of a picture".into(),
            )
        } else {
            return Some(());
        };
        self.faults.push(
            Diagnostic::error(format!("`{key}` of {} does not fit the data set: {what}", table.what))
                .maybe_at(table.place(key))
                .also(fields.written("dataset").or(fields.written("data")), "these samples")
                .allowed(allowed),
        );
        None
    }

    /// A dead time must leave the rate that is stated.
    pub(super) fn left_by(&mut self, fields: &Fields, rate: Hertz, dead: Time) -> Option<()> {
        let (rate, dead) = (rate.get(), dead.as_seconds());
        if rate * dead < 1.0 {
            return Some(());
        }
        self.faults.push(
            Diagnostic::error(format!(
                "`rate` of {} is {}, with a `dead_time` of {}",
                fields.what,
                Unit::Hertz.print(rate),
                Unit::Second.print(dead)
            ))
            .maybe_at(fields.place("dead_time"))
            .label("too long")
            .also(fields.written("rate"), "for this rate")
            .allowed(format!("a rate below 1/dead_time, {}", Unit::Hertz.print(1.0 / dead)))
            .hint("`rate` is the rate of the spikes that remain, not that of the process without dead time"),
        );
        None
    }

    /// A current on one line, if it can be; `key` says what it is like, unless something else is at fault.
    pub(super) fn current(
        &mut self,
        fields: &Fields,
        key: &'static str,
        made: Result<Current, CurrentFault>,
    ) -> Option<(u32, Input)> {
        let fault = match made {
            Ok(current) => return Some((1, Input::Train(SourceKind::Current(current)))),
            Err(fault) => fault,
        };
        let (key, label) = match fault {
            CurrentFault::Repeat { .. } => ("repeat", "too short"),
            _ if fields.written(key).is_some() => (key, "not possible"),
            _ => (if key == "segments" { "period" } else { "file" }, "not possible"),
        };
        let text = fault.to_string();
        let (what, allowed) =
            text.split_once("; allowed: ").unwrap_or((&text, "finite values in order of time"));
        self.faults.push(
            Diagnostic::error(format!("{} has {what}", fields.what))
                .maybe_at(fields.place(key))
                .label(label)
                .allowed(allowed),
        );
        None
    }

    /// A burst ends before the next begins.
    pub(super) fn fits_burst(
        &mut self,
        fields: &Fields,
        count: u32,
        interval: Time,
        period: Time,
    ) -> Option<()> {
        let length = u128::from(interval.fs()) * u128::from(count - 1);
        if length >= u128::from(period.fs()) {
            self.faults.push(
                Diagnostic::error(format!(
                    "a burst of {} lasts {}, and the next begins after {period}",
                    fields.what,
                    Unit::Second.print(length as f64 / 1e15)
                ))
                .maybe_at(fields.place("period"))
                .label("too short")
                .also(fields.written("count"), "for so many spikes")
                .allowed("a period above (count - 1) interval"),
            );
            return None;
        }
        Some(())
    }

    /// Spikes of one line are counted in 32 bits.
    pub(in crate::scenario) fn countable(&mut self, sources: &[Option<SourcePlan>], duration: Time) {
        let most = f64::from(u32::MAX) / 2.0;
        for (source, (_, fields)) in sources.iter().zip(self.filled.all("source")) {
            let Some(expected) = source.as_ref().map(|source| source.expected(duration)) else {
                continue;
            };
            if expected > most {
                self.faults.push(
                    Diagnostic::error(format!(
                        "one line of {} will spike about {expected:.0e} times",
                        fields.what
                    ))
                    .maybe_at(fields.at.as_ref())
                    .label("too often")
                    .allowed(format!("up to {most:.0e} spikes of a line: they are counted in 32 bits"))
                    .hint("a shorter duration or a lower rate"),
                );
            }
        }
    }
}
