//! Sources: which spikes, or what current, they give, and that spikes can be counted.

use super::diagnostic::Diagnostic;
use super::filled::{Datum, Fields};
use super::plan::{Input, SourcePlan};
use super::section::{Lower, quantity, time};
use super::spec::{Code, SourceWord, Unit};
use super::{list_files, lists, locate};
use crate::encoding::{BLOCK, MAX_BLOCK_RATE, RateProfile};
use crate::network::{Current, CurrentFault, Sine, SourceKind};
use crate::time::Time;
use crate::units::Hertz;

impl Lower<'_> {
    pub(super) fn source(&mut self, name: &str, fields: &Fields) -> Option<SourcePlan> {
        let kind = fields.choice("kind")?;
        let size = if SourceWord::is_current(kind) { Some(1) } else { fields.count("size") };
        let input = match kind {
            SourceWord::Poisson => self.poisson(fields)?,
            SourceWord::PoissonSteps => {
                let rates = match fields.datum("rates") {
                    Some(Datum::Raw(node)) => {
                        lists::inline_timed(node, "rates", (Unit::Hertz, false), &fields.what, self.faults)
                    }
                    _ => None,
                };
                Input::Train(SourceKind::Modulated(RateProfile::Steps { steps: rates? }))
            }
            SourceWord::PoissonSine => {
                let (rate, depth): (Hertz, f64) = (quantity(fields, "rate")?, fields.number("depth")?);
                let (period, phase) = (time(fields, "period")?, fields.number("phase")?);
                let mean = rate.get();
                modulated_or_silent(
                    rate,
                    SourceKind::Modulated(RateProfile::Sine { mean, depth, period, phase }),
                )
            }
            SourceWord::CurrentSteps | SourceWord::CurrentRamps | SourceWord::CurrentSine => {
                self.current(kind, fields)?
            }
            SourceWord::Bursts => self.bursts(fields)?,
            SourceWord::Replay => {
                let file = format!("{}/spikes.csv", fields.text("run")?.trim_end_matches('/'));
                let csv =
                    locate::beside(&file, fields.written("run")?).map_err(|fault| self.faults.push(fault));
                let spikes = csv.ok().and_then(|csv| {
                    let which =
                        (fields.text("recorded")?, fields.place("recorded"), fields.integer("episode")?);
                    list_files::csv_recorded(&csv, which, size, self.faults)
                });
                Input::Train(SourceKind::List(spikes?))
            }
            SourceWord::SpikeList => {
                let spikes = match (fields.datum("spikes"), fields.text("file")) {
                    (Some(Datum::Raw(node)), None) => {
                        lists::inline_spikes(node, size, &fields.what, self.faults)
                    }
                    (None, Some(file)) => {
                        let at = fields.written("file")?;
                        locate::beside(file, at)
                            .map_err(|fault| self.faults.push(fault))
                            .ok()
                            .and_then(|csv| list_files::csv_spikes(&csv, size, self.faults))
                    }
                    _ => {
                        self.one_of(fields, "spikes", "file");
                        None
                    }
                };
                Input::Train(SourceKind::List(spikes?))
            }
            SourceWord::Regular => Input::Train(SourceKind::Regular {
                start: time(fields, "start")?,
                period: time(fields, "period")?,
            }),
            SourceWord::Dataset => {
                let dataset = self.registry.find_dataset(fields.word("dataset")?)?;
                let encode = fields.table("encode")?;
                match encode.choice("kind")? {
                    Code::Poisson => Input::Dataset {
                        dataset,
                        max_rate: quantity(encode, "max_rate")?,
                        normalise: encode.flag("normalise")?,
                    },
                }
            }
        };
        let size = match &input {
            Input::Dataset { dataset, .. } => Some(dataset.pixels()),
            Input::Poisson { .. } | Input::Train(_) => size,
        };
        let plan = SourcePlan { name: name.to_string(), size: size?, input };
        self.drawable(fields, &plan)?;
        Some(plan)
    }

    /// Lines that are drawn as one process cannot be too fast together.
    fn drawable(&mut self, fields: &Fields, plan: &SourcePlan) -> Option<()> {
        let lines = plan.size.min(BLOCK);
        let (place, peak) = match &plan.input {
            Input::Poisson { rate } => (fields.place("rate"), rate.get()),
            Input::Train(SourceKind::Modulated(profile)) => {
                let key = if fields.written("rates").is_some() { "rates" } else { "rate" };
                (fields.place(key), profile.peak())
            }
            Input::Dataset { max_rate, .. } => {
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
                "{lines} lines of {} at up to {} are drawn as one process of {}",
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

    fn poisson(&mut self, fields: &Fields) -> Option<Input> {
        let (rate, dead_time) = (fields.quantity("rate"), fields.quantity("dead_time"));
        if let (Some(rate), Some(dead)) = (rate, dead_time)
            && rate * dead >= 1.0
        {
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
                .hint(
                    "`rate` is the rate of the spikes that remain, not that of the process without dead time",
                ),
            );
            return None;
        }
        let rate: Hertz = quantity(fields, "rate")?;
        let dead = time(fields, "dead_time")?;
        Some(if dead == Time::ZERO {
            Input::Poisson { rate }
        } else {
            modulated_or_silent(rate, SourceKind::DeadTime { rate: rate.get(), dead })
        })
    }

    fn current(&mut self, kind: SourceWord, fields: &Fields) -> Option<Input> {
        let start = time(fields, "start");
        let (key, made) = if kind == SourceWord::CurrentSine {
            let (amplitude, offset) = (fields.quantity("amplitude")?, fields.quantity("offset")?);
            let (period, phase) = (time(fields, "period")?, fields.number("phase")?);
            let segments = u32::try_from(fields.integer("segments")?).ok()?;
            let key = if fields.written("segments").is_some() { "segments" } else { "period" };
            (key, Current::sine(&Sine { amplitude, offset, period, phase, segments }, start?))
        } else {
            let jumps = kind == SourceWord::CurrentRamps;
            let points = match (fields.datum("currents"), fields.text("file")) {
                (Some(Datum::Raw(node)), None) => {
                    lists::inline_timed(node, "currents", (Unit::Ampere, jumps), &fields.what, self.faults)
                }
                (None, Some(file)) => {
                    let csv = locate::beside(file, fields.written("file")?);
                    let csv = csv.map_err(|fault| self.faults.push(fault)).ok();
                    csv.and_then(|csv| list_files::csv_current(&csv, jumps, self.faults))
                }
                _ => {
                    self.one_of(fields, "currents", "file");
                    None
                }
            };
            let repeat = time(fields, "repeat");
            if repeat.is_none() && fields.written("repeat").is_some() {
                return None;
            }
            let make = if jumps { Current::ramps } else { Current::steps };
            let key = if fields.written("currents").is_some() { "currents" } else { "file" };
            (key, make(&points?, start?, repeat))
        };
        let fault = match made {
            Ok(current) => return Some(Input::Train(SourceKind::Current(current))),
            Err(fault) => fault,
        };
        let (key, label) = match fault {
            CurrentFault::Repeat { .. } => ("repeat", "too short"),
            _ => (key, "not possible"),
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

    fn bursts(&mut self, fields: &Fields) -> Option<Input> {
        let (count, interval, period) =
            (fields.count("count")?, time(fields, "interval")?, time(fields, "period")?);
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
        Some(Input::Train(SourceKind::Bursts { start: time(fields, "start")?, period, count, interval }))
    }

    /// Spikes of one line are counted in 32 bits.
    pub(super) fn countable(&mut self, sources: &[Option<SourcePlan>], duration: Time) {
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

/// A process of rate zero has nothing to modulate, and no gap that a dead time could be part of.
fn modulated_or_silent(rate: Hertz, kind: SourceKind) -> Input {
    if rate.get() == 0.0 { Input::Poisson { rate } } else { Input::Train(kind) }
}
