//! Sources: which spikes they give, and that these can be counted.

use super::diagnostic::Diagnostic;
use super::filled::{Datum, Fields};
use super::plan::{DatasetName, SourceKind, SourcePlan};
use super::section::{Lower, quantity, time};
use super::spec::Unit;
use super::{list_files, lists, locate};
use crate::time::Time;

impl Lower<'_> {
    pub(super) fn source(&mut self, name: &str, fields: &Fields) -> Option<SourcePlan> {
        let kind = match fields.text("kind")? {
            "poisson" => self.poisson(fields)?,
            "poisson_steps" => {
                let rates = match fields.datum("rates") {
                    Some(Datum::Raw(node)) => lists::inline_rates(node, &fields.what, self.faults),
                    _ => None,
                };
                SourceKind::PoissonSteps { size: fields.count("size")?, rates: rates? }
            }
            "poisson_sine" => silent_or(SourceKind::PoissonSine {
                size: fields.count("size")?,
                rate: quantity(fields, "rate")?,
                depth: fields.number("depth")?,
                period: time(fields, "period")?,
                phase: fields.number("phase")?,
            }),
            "bursts" => self.bursts(fields)?,
            "replay" => {
                let size = fields.count("size");
                let file = format!("{}/spikes.csv", fields.text("run")?.trim_end_matches('/'));
                let csv =
                    locate::beside(&file, fields.written("run")?).map_err(|fault| self.faults.push(fault));
                let spikes = csv.ok().and_then(|csv| {
                    let which =
                        (fields.text("recorded")?, fields.place("recorded"), fields.integer("episode")?);
                    list_files::csv_recorded(&csv, which, size, self.faults)
                });
                SourceKind::SpikeList { size: size?, spikes: spikes? }
            }
            "spike_list" => {
                let size = fields.count("size");
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
                SourceKind::SpikeList { size: size?, spikes: spikes? }
            }
            "regular" => SourceKind::Regular {
                size: fields.count("size")?,
                start: time(fields, "start")?,
                period: time(fields, "period")?,
            },
            "dataset" => SourceKind::Dataset {
                dataset: match fields.text("dataset")? {
                    "mnist" => DatasetName::Mnist,
                    "fashion-mnist" => DatasetName::FashionMnist,
                    _ => DatasetName::DrawnDigits,
                },
                max_rate: quantity(fields.table("encode")?, "max_rate")?,
                normalise: fields.table("encode")?.flag("normalise")?,
            },
            _ => return None,
        };
        Some(SourcePlan { name: name.to_string(), kind })
    }

    fn poisson(&mut self, fields: &Fields) -> Option<SourceKind> {
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
        let (size, rate) = (fields.count("size")?, quantity(fields, "rate")?);
        let dead_time = time(fields, "dead_time")?;
        Some(if dead_time == Time::ZERO {
            SourceKind::Poisson { size, rate }
        } else {
            silent_or(SourceKind::PoissonDeadTime { size, rate, dead_time })
        })
    }

    fn bursts(&mut self, fields: &Fields) -> Option<SourceKind> {
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
        Some(SourceKind::Bursts {
            size: fields.count("size")?,
            start: time(fields, "start")?,
            period,
            count,
            interval,
        })
    }

    /// Spikes of one line are counted in 32 bits.
    pub(super) fn countable(&mut self, sources: &[Option<SourcePlan>], duration: Time) {
        let most = f64::from(u32::MAX) / 2.0;
        for (source, (_, fields)) in sources.iter().zip(self.filled.all("source")) {
            let Some(expected) = source.as_ref().map(|source| source.kind.expected(duration)) else {
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
fn silent_or(kind: SourceKind) -> SourceKind {
    match kind {
        SourceKind::PoissonSine { size, rate, .. } | SourceKind::PoissonDeadTime { size, rate, .. }
            if rate.get() == 0.0 =>
        {
            SourceKind::Poisson { size, rate }
        }
        kind => kind,
    }
}
