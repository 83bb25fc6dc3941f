//! `[source.NAME]`: what sends spikes, from Poisson processes to the samples of a data set, and currents from outside.

pub(super) mod encode;
mod fits;
mod replay;

use super::data::{DATASETS, Files};
use super::data_plan::DataPlan;
use super::filled::Fields;
use super::lists::{self, Listed, Spike};
use super::plan::{Input, SourcePlan};
use super::section::Lower;
use super::spec::kinds::{COUNT, POSITIVE_SPAN, RATE_OR_NONE, SHARE, SPAN};
use super::spec::{Bounds, Key, Kind, Unit};
use super::table::{inner, table};
use crate::encoding::{Augment, RateProfile};
use crate::network::{Current, Sine, SourceKind};
use crate::time::Time;
use crate::units::{Ampere, Hertz};
use replay::Wanted;

const SIZE: Key = Key::new("size", COUNT, "Number of independent lines.");
const MEAN: Key = Key::new(
    "rate",
    RATE_OR_NONE,
    "Rate of each Poisson process; with `poisson_sine` its mean over a period.",
);
const PHASE: Key = Key::new(
    "phase",
    Kind::Number(Bounds::ANY.from(-1.0).up_to(1.0)),
    "Phase at time 0 (of a current at `start`), in periods.",
)
.setting("0.0");
const PERIOD: Key = Key::new(
    "period",
    POSITIVE_SPAN,
    "Time between spikes, between the beginnings of bursts, or of one cycle of the rate or the current.",
);
const START: Key =
    Key::new("start", SPAN, "Instant of the first spikes, or from which on the times of a current count.")
        .setting("\"0 s\"");
const FILE: Key = Key::new(
    "file",
    Kind::Text,
    "A CSV file beside the scenario: of spikes with the header `time [ms],id`, of a current `time [ms],current [nA]`.",
)
.absent("they are written here");
const CURRENTS: Key = Key::new(
    "currents",
    Kind::TimedRows(Unit::Ampere),
    "The current, as [time, current], from `start` on (two at one time: ramps jump); or give `file`.",
)
.absent("they are in `file`");
const REPEAT: Key = Key::new(
    "repeat",
    POSITIVE_SPAN,
    "After what time the current begins anew; until then the last value holds.",
)
.absent("once: the last value holds");

table! {
    /// A source as it is described.
    pub(super) enum Described by "kind", "What kind of source it is." {
        Poisson = "poisson": "independent Poisson processes of one rate, with or without dead time" {
            size: u32 as SIZE;
            rate: Hertz as MEAN;
            /// Time after each spike in which a line cannot spike again; `rate` is what is left, so it is below 1/dead_time.
            dead_time: Time = SPAN, setting("\"0 s\"");
        }
        PoissonSteps = "poisson_steps": "independent Poisson processes whose rate changes at given times" {
            size: u32 as SIZE;
            /// The rate of each Poisson process, as [time, rate]: each from its time on until the next, none before the first.
            rates: Vec<(Time, f64)> = Kind::TimedRows(Unit::Hertz) => rates;
        }
        PoissonSine = "poisson_sine": "independent Poisson processes of a sinusoidal rate" {
            size: u32 as SIZE;
            rate: Hertz as MEAN;
            /// Depth of the modulation: the rate is rate (1 + depth sin(2 pi (t/period + phase))).
            depth: f64 = SHARE, setting("1.0");
            phase: f64 as PHASE;
            period: Time as PERIOD;
        }
        SpikeList = "spike_list": "given spikes, inline or from a CSV file" {
            size: u32 as SIZE;
            /// The spikes, as [time, line]; or give `file`.
            spikes: Vec<Spike> = Kind::SpikeRows, absent("they are in `file`") => spikes;
            file: () as FILE;
        }
        Replay = "replay": "the spikes that an earlier run recorded" {
            size: u32 as SIZE;
            /// The directory of a run whose spikes were recorded, beside the scenario.
            run: String = Kind::Text;
            /// Which of the populations and sources recorded there is replayed.
            recorded: String = Kind::Text;
            /// Which episode is replayed, where several were recorded.
            episode: u64 = Kind::Integer { min: 0, max: u64::MAX }, setting("0");
        }
        Regular = "regular": "all lines together, every `period`" {
            size: u32 as SIZE;
            start: Time as START;
            period: Time as PERIOD;
        }
        Bursts = "bursts": "all lines together, `count` spikes every `period`" {
            size: u32 as SIZE;
            start: Time as START;
            period: Time as PERIOD;
            /// Spikes in a burst.
            count: u32 = COUNT;
            /// Time between two spikes of a burst; a burst ends before the next one begins.
            interval: Time = POSITIVE_SPAN;
        }
        Dataset = "dataset": "the samples of a data set, one line per value" {
            /// Which data set is shown; or give `data`.
            dataset: DataPlan = Kind::Choice(&DATASETS), absent("the samples are in `data`") => dataset;
            /// Samples of one's own, in files beside the scenario.
            data: () = inner::<Files>(), absent("`dataset` names a data set");
            /// How a sample is changed before it becomes spikes.
            augment: Augment = inner::<Augment>(), setting("{}");
            /// How a sample becomes spikes.
            encode: () = Kind::Table(encode::KEYS), setting("{}");
        }
        CurrentSteps = "current_steps": "a current that changes at given times, inline or from a CSV file" {
            currents: Vec<(Time, f64)> as CURRENTS => steps;
            file: () as FILE;
            start: Time as START;
            repeat: Option<Time> as REPEAT;
        }
        CurrentRamps = "current_ramps": "a current in straight lines between points, inline or from a CSV file" {
            currents: Vec<(Time, f64)> as CURRENTS => ramps;
            file: () as FILE;
            start: Time as START;
            repeat: Option<Time> as REPEAT;
        }
        CurrentSine = "current_sine": "a sinusoidal current, in straight pieces" {
            /// Largest deviation from `offset`.
            amplitude: Ampere = Kind::Quantity(Unit::Ampere, Bounds::ANY);
            /// What the sine is added to.
            offset: Ampere = Kind::Quantity(Unit::Ampere, Bounds::ANY), setting("\"0 A\"");
            phase: f64 as PHASE;
            /// Straight pieces of a period: N of them are off by at most amplitude (1 - cos(pi/N)), 4.9e-4 of it at 100.
            segments: u32 = Kind::Integer { min: 4, max: 100_000 }, setting("100");
            start: Time as START;
            period: Time as PERIOD;
        }
    }
}

table! {
    impl Augment {
        /// Shift pictures in training by up to so many pixels, drawn anew for every showing; what comes in is dark.
        shift: u32 = Kind::Integer { min: 0, max: 10_000 }, setting("0");
        /// Cut a square of so many pixels out of pictures: anywhere in training, in the middle of tests.
        crop: Option<u32> = COUNT, absent("pictures are whole");
        /// Standard deviation of noise that is added to each value in training.
        noise: f64 = Kind::Number(Bounds::NON_NEGATIVE), setting("0.0");
        /// Stretch each sample so that its least value is 0 and its largest 1.
        stretch: bool = Kind::Flag, setting("false");
    }
}

fn dataset(lower: &mut Lower<'_>, fields: &Fields) -> Option<DataPlan> {
    lower.data(fields)
}

fn rates(lower: &mut Lower<'_>, fields: &Fields) -> Option<Vec<(Time, f64)>> {
    let listed = Listed::Inline(fields.raw("rates")?, &fields.what);
    lists::course(listed, "rates", (Unit::Hertz, false), lower.faults)
}

fn spikes(lower: &mut Lower<'_>, fields: &Fields) -> Option<Vec<Spike>> {
    let size = fields.count("size");
    lists::here_or_there(lower, fields, "spikes", |listed, faults| lists::spikes(listed, size, faults))
}

fn steps(lower: &mut Lower<'_>, fields: &Fields) -> Option<Vec<(Time, f64)>> {
    currents(lower, fields, false)
}

fn ramps(lower: &mut Lower<'_>, fields: &Fields) -> Option<Vec<(Time, f64)>> {
    currents(lower, fields, true)
}

fn currents(lower: &mut Lower<'_>, fields: &Fields, jumps: bool) -> Option<Vec<(Time, f64)>> {
    let form = (Unit::Ampere, jumps);
    lists::here_or_there(lower, fields, "currents", |listed, faults| {
        lists::course(listed, "currents", form, faults)
    })
}

impl Lower<'_> {
    pub(super) fn source(&mut self, name: &str, fields: &Fields) -> Option<SourcePlan> {
        let (size, input) = match self.registry.find_source(fields.word("kind")?).copied() {
            Some(entry) => {
                let train = self.model(fields, entry.keys, |value| entry.make(value));
                (fields.count("size")?, Input::Train(SourceKind::Open(train?)))
            }
            None => {
                let described: Described = self.made(fields)?;
                self.input(fields, described)?
            }
        };
        let plan = SourcePlan { name: name.to_string(), size, input };
        self.drawable(fields, &plan)?;
        Some(plan)
    }

    /// How many lines a source has, and what they give.
    fn input(&mut self, fields: &Fields, described: Described) -> Option<(u32, Input)> {
        let train = |size, kind| Some((size, Input::Train(kind)));
        match described {
            Described::Poisson { size, rate, dead_time: Time::ZERO } => Some((size, Input::Poisson { rate })),
            Described::Poisson { size, rate, dead_time: dead } => {
                self.left_by(fields, rate, dead)?;
                Some((size, modulated_or_silent(rate, SourceKind::DeadTime { rate: rate.get(), dead })))
            }
            Described::PoissonSteps { size, rates: steps } => {
                train(size, SourceKind::Modulated(RateProfile::Steps { steps }))
            }
            Described::PoissonSine { size, rate, depth, phase, period } => {
                let profile = RateProfile::Sine { mean: rate.get(), depth, period, phase };
                Some((size, modulated_or_silent(rate, SourceKind::Modulated(profile))))
            }
            Described::SpikeList { size, spikes, file: () } => train(size, SourceKind::List(spikes)),
            Described::Replay { size, run, recorded, episode } => {
                let wanted = Wanted { size, recorded: &recorded, episode };
                train(size, SourceKind::List(replay::spikes(self, fields, &run, &wanted)?))
            }
            Described::Regular { size, start, period } => train(size, SourceKind::Regular { start, period }),
            Described::Bursts { size, start, period, count, interval } => {
                self.fits_burst(fields, count, interval, period)?;
                train(size, SourceKind::Bursts { start, period, count, interval })
            }
            Described::Dataset { dataset, data: (), augment, encode: () } => {
                let data = fields.written("dataset").or(fields.written("data"));
                self.augmentable(fields, &dataset, &augment)?;
                let shape = augment.shape(dataset.shape());
                let (size, code) = self.code(fields.table("encode")?, (&dataset, data), &shape)?;
                Some((size, Input::Dataset { dataset, augment, code }))
            }
            Described::CurrentSteps { currents, file: (), start, repeat } => {
                self.current(fields, "currents", Current::steps(&currents, start, repeat))
            }
            Described::CurrentRamps { currents, file: (), start, repeat } => {
                self.current(fields, "currents", Current::ramps(&currents, start, repeat))
            }
            Described::CurrentSine { amplitude, offset, phase, segments, start, period } => {
                let (amplitude, offset) = (amplitude.get(), offset.get());
                let sine = Sine { amplitude, offset, period, phase, segments };
                self.current(fields, "segments", Current::sine(&sine, start))
            }
        }
    }
}

/// A process of rate zero has nothing to modulate, and no gap that a dead time could be part of.
fn modulated_or_silent(rate: Hertz, kind: SourceKind) -> Input {
    if rate.get() == 0.0 { Input::Poisson { rate } } else { Input::Train(kind) }
}
