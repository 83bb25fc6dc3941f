//! Runs one neuron of any model as the engine does, and what every model has to pass: for tests.

use super::keys::{Described, ModelFault, Unstated};
use super::model::{Draws, Flow, Input, Model, Next, Plain};
use super::synaptic::{Current, Decay};
use crate::engine::Threads;
use crate::time::Time;

/// What happens to a neuron from outside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum What {
    Input(Input),
    /// So much is added to p and q of a synaptic current.
    Current {
        index: usize,
        p: f64,
        q: f64,
    },
    /// So much is added to level and slope of the drive.
    Drive {
        a: f64,
        b: f64,
    },
}

/// One neuron under way.
#[derive(Clone, Debug)]
pub struct Neuron<M: Model> {
    pub model: M,
    pub state: M::State,
    pub a: f64,
    pub b: f64,
    decays: Vec<Decay>,
    pub currents: Vec<Current>,
    pub now: Time,
    dead_until: Time,
    seed: u64,
    pub spikes: Vec<Time>,
}

impl<M: Model> Neuron<M> {
    pub fn new(model: &M, taus: &[f64], (a, b): (f64, f64), seed: u64) -> Self {
        assert!(taus.len() <= M::DECAYS);
        Self {
            model: model.clone(),
            state: model.start(&Draws { seed, neuron: 0, episode: 0, spikes: 0 }),
            a,
            b,
            decays: taus.iter().map(|&tau| Decay::new(tau, model.scale().tau)).collect(),
            currents: vec![Current::default(); taus.len()],
            now: Time::ZERO,
            dead_until: Time::ZERO,
            seed,
            spikes: Vec::new(),
        }
    }

    pub fn next(&self, limit: Time) -> Next {
        let mut currents = self.currents.clone();
        let next = self.model.next(&self.state, &self.flow(&mut currents), limit);
        match next {
            Next::At(Time::ZERO) => {
                assert!(self.model.fires(&self.state), "fires now without a reason: {self:?}")
            }
            Next::NotBefore(span) => assert!(span > Time::ZERO, "asked again at the same time: {self:?}"),
            Next::At(_) | Next::Never => {}
        }
        next
    }

    pub fn flow<'a>(&'a self, currents: &'a mut [Current]) -> Flow<'a> {
        Flow { level: self.a, slope: self.b, tau: self.model.scale().tau, decays: &self.decays, currents }
    }

    /// Advances to `time`, over the end of a dead time if need be, as if nothing happened.
    pub fn advance(&mut self, time: Time) {
        let free = self.dead_until.clamp(self.now, time);
        for (dead, until) in [(true, free), (false, time)] {
            if until > self.now {
                let span = until.seconds_since(self.now);
                let (mut state, mut currents) = (self.state, self.currents.clone());
                let mut flow = self.flow(&mut currents);
                if dead {
                    self.model.advance_dead(&mut state, &mut flow, span);
                } else {
                    self.model.advance(&mut state, &mut flow, span);
                }
                (self.state, self.currents) = (state, currents);
                self.a += self.b * span;
                self.now = until;
            }
        }
    }

    fn dead(&self) -> bool {
        self.dead_until > self.now
    }

    fn fire(&mut self) {
        self.spikes.push(self.now);
        let draws = Draws { seed: self.seed, neuron: 0, episode: 0, spikes: self.spikes.len() as u32 };
        self.dead_until = self.now.after(self.model.fire(&mut self.state, &draws).dead);
    }

    pub fn receive(&mut self, what: What) {
        match what {
            What::Input(Input::Jump(_)) if self.dead() => {}
            What::Input(input) => self.model.receive(&mut self.state, input),
            What::Current { index, p, q } => {
                self.currents[index].p += p;
                self.currents[index].q += q;
            }
            What::Drive { a, b } => {
                self.a += a;
                self.b += b;
            }
        }
    }

    /// Runs to `until`, firing wherever the drive alone makes it fire; at most `most` spikes in all.
    pub fn run(&mut self, until: Time, most: usize) {
        while self.now < until && self.spikes.len() < most {
            if self.dead() {
                self.advance(self.dead_until.min(until));
                continue;
            }
            match self.next(Time::from_fs(until.fs() - self.now.fs())) {
                Next::Never => self.advance(until),
                Next::NotBefore(span) => self.advance(self.now.after(span).min(until)),
                Next::At(span) if self.now.after(span) > until => self.advance(until),
                Next::At(span) => {
                    self.advance(self.now.after(span));
                    self.model.reach(&mut self.state);
                    self.fire();
                }
            }
        }
    }

    /// Runs through arrivals, which are in order of time, to `end`.
    pub fn run_through(&mut self, arrivals: &[(Time, What)], end: Time, most: usize) {
        for &(time, what) in arrivals {
            self.run(time, most);
            self.receive(what);
            if !self.dead() && self.model.fires(&self.state) {
                self.fire();
            }
        }
        self.run(end, most);
    }
}

/// One case of a file of reference spikes, as the scripts in `tests/data/neurons` write them.
#[derive(Clone, Debug, Default)]
pub struct Case {
    pub name: String,
    pub values: Vec<(&'static str, f64)>,
    pub drive: (f64, f64),
    pub taus: Vec<f64>,
    pub arrivals: Vec<(Time, What)>,
    /// Of the run.
    pub seed: u64,
    pub end: Time,
    /// In seconds.
    pub spikes: Vec<f64>,
}

/// All cases of a file for a model.
pub fn cases<M: Described>(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut fields = line.split(',');
        let what = fields.next().unwrap();
        if what == "case" {
            cases.push(Case { name: fields.next().unwrap().to_owned(), ..Case::default() });
            continue;
        }
        let case = cases.last_mut().unwrap();
        if what == "set" {
            let name = fields.next().unwrap();
            let key = M::KEYS.iter().find(|key| key.name == name).unwrap_or_else(|| panic!("no key {name}"));
            case.values.push((key.name, fields.next().unwrap().parse().unwrap()));
            continue;
        }
        let v: Vec<f64> = fields.map(|field| field.parse().unwrap()).collect();
        let (at, rest) = (Time::from_fs(v[0] as u64), &v[1..]);
        match what {
            "seed" => case.seed = v[0] as u64,
            "drive" => case.drive = (v[0], v[1]),
            "tau" => case.taus.push(v[0]),
            "end" => case.end = at,
            "spike" => case.spikes.push(v[0]),
            "jump" => case.arrivals.push((at, What::Input(Input::Jump(rest[0])))),
            "conductance" => {
                let input = Input::Conductance { receptor: rest[0] as u8, siemens: rest[1] };
                case.arrivals.push((at, What::Input(input)));
            }
            "current" => {
                case.arrivals.push((at, What::Current { index: rest[0] as usize, p: rest[1], q: rest[2] }))
            }
            "change" => case.arrivals.push((at, What::Drive { a: rest[0], b: rest[1] })),
            _ => panic!("what is {line}?"),
        }
    }
    assert!(cases.len() >= 3, "{} cases", cases.len());
    cases
}

impl Case {
    /// The spikes of the model in seconds; `more` values are set after those of the case.
    pub fn run<M: Described>(&self, more: &[(&'static str, f64)]) -> Vec<f64> {
        let values: Vec<_> = self.values.iter().chain(more).copied().collect();
        let model = M::with(&values).unwrap_or_else(|faults| panic!("{}: {faults:?}", self.name));
        let mut neuron = Neuron::new(&model, &self.taus, self.drive, self.seed);
        neuron.run_through(&self.arrivals, self.end, usize::MAX);
        neuron.spikes.iter().map(|time| time.as_seconds()).collect()
    }

    /// The largest distance of a spike from its reference in seconds. There have to be as many.
    pub fn error<M: Described>(&self, more: &[(&'static str, f64)]) -> f64 {
        let spikes = self.run::<M>(more);
        assert_eq!(spikes.len(), self.spikes.len(), "{}: {spikes:?}, not {:?}", self.name, self.spikes);
        spikes.iter().zip(&self.spikes).fold(0.0, |most, (got, want)| most.max((got - want).abs()))
    }
}

/// Spikes lie within ten times the tolerance of the time that has passed, for tolerances of 1e-6 to 1e-12, and the largest
/// error of all goes down at least with its power of 0.9.
pub fn converges<M: Described>(cases: &[Case]) {
    let mut errors = Vec::new();
    for digits in 6..=12 {
        let tolerance = format!("1e-{digits}").parse().unwrap();
        let mut largest = 0.0f64;
        for case in cases {
            let spikes = case.run::<M>(&[("tolerance", tolerance)]);
            assert_eq!(spikes.len(), case.spikes.len(), "{} at {tolerance:e}: {spikes:?}", case.name);
            for (got, want) in spikes.iter().zip(&case.spikes) {
                let error = (got - want).abs() / want;
                assert!(
                    error <= 10.0 * tolerance,
                    "{} at {tolerance:e}: {got} s, {want} s: {error:e}",
                    case.name
                );
                largest = largest.max(error);
            }
        }
        errors.push(largest.log10());
    }
    // Least squares of log error over log tolerance.
    let (x, n) = (|k: usize| -6.0 - k as f64, errors.len() as f64);
    let mean = (errors.iter().sum::<f64>() / n, (0..errors.len()).map(x).sum::<f64>() / n);
    let (mut above, mut below) = (0.0, 0.0);
    for (k, error) in errors.iter().enumerate() {
        above += (x(k) - mean.1) * (error - mean.0);
        below += (x(k) - mean.1) * (x(k) - mean.1);
    }
    assert!(above / below >= 0.9, "slope {}: {errors:?}", above / below);
    println!("{}: log10 of the largest error {errors:.2?}, slope {:.3}", M::NAME, above / below);
}

/// Numbers in 0..1 for a test: the same ones every time.
#[derive(Clone, Debug)]
pub struct Numbers(pub u64);

impl Numbers {
    pub fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn within(&mut self, lo: f64, hi: f64) -> f64 {
        lo + (hi - lo) * self.unit()
    }
}

/// What every model has to pass, with its defaults.
///
/// `size` is a drive in volts that makes it fire, `jump` one that does not; states agree within `tolerance` of 1 V.
pub fn conforms<M: Described>(size: f64, jump: f64, tolerance: f64) {
    keys_are_documented::<M>();
    random_values_give_finite_states::<M>(size, jump);
    let model = M::with(&[]).unwrap();
    let history = |seed: u64| {
        let mut draws = Numbers(seed);
        let taus: Vec<f64> = (0..(seed % 3).min(M::DECAYS as u64))
            .map(|_| model.scale().tau * draws.within(0.2, 3.0))
            .collect();
        let slope =
            if seed.is_multiple_of(4) { draws.within(-0.1, 0.1) * size / model.scale().tau } else { 0.0 };
        let mut neuron = Neuron::new(&model, &taus, (draws.within(0.0, 2.0) * size, slope), seed);
        for _ in 0..12 {
            let until = neuron.now.after(span(draws.within(0.1, 1.5) * model.scale().tau));
            neuron.run(until, 40);
            splitting_changes_nothing(&neuron, &mut draws, tolerance);
            firing_is_the_first_femtosecond(&neuron);
            neuron.receive(What::Input(Input::Jump(draws.within(-1.0, 1.0) * jump)));
            if !taus.is_empty() {
                let p = draws.within(-0.5, 1.0) * size;
                neuron.receive(What::Current { index: 0, p, q: draws.within(0.0, 0.5) * size });
            }
            for receptor in 0..M::RECEPTORS.len() {
                let siemens = draws.within(0.0, 0.3) / model.scale().resistance;
                neuron.receive(What::Input(Input::Conductance { receptor: receptor as u8, siemens }));
            }
            if !neuron.dead() && model.fires(&neuron.state) {
                neuron.fire();
            }
            state_is_saved_and_finite(&neuron);
        }
        neuron.spikes.len()
    };
    let histories: Vec<u64> = (0..60).collect();
    let fired: usize =
        Threads::new(2).unwrap().team().map(&histories, || (), |(), &seed| history(seed)).iter().sum();
    assert!(fired > 60, "only {fired} spikes");
}

fn span(seconds: f64) -> Time {
    Time::from_fs((seconds * 1e15) as u64 + 1)
}

fn keys_are_documented<M: Described>() {
    let default = M::from_keys(&|_| None).unwrap_or_else(|faults| panic!("{}: {faults:?}", M::NAME));
    assert_eq!(default, M::with(&[]).unwrap());
    for key in M::KEYS {
        assert!(!key.what.is_empty() && !key.origin.is_empty(), "{}: {}", M::NAME, key.name);
        assert!(key.default != Unstated::Required, "{}: {} has no default", M::NAME, key.name);
        assert_eq!(M::KEYS.iter().filter(|other| other.name == key.name).count(), 1);
        let broken: Vec<ModelFault> = M::with(&[(key.name, f64::NAN)]).unwrap_err();
        assert_eq!(broken[0].key, key.name);
    }
    assert!(M::with(&[("no_such_key", 1.0)]).is_err());
    let page = include_str!("../../../docs/src/concepts/neuron-models.md");
    let section =
        page.split("\n## ").find(|section| section.starts_with(&format!("`{}`\n", M::NAME))).unwrap();
    for key in M::KEYS {
        let default = match key.default {
            Unstated::Value(text) | Unstated::Nothing(text) => text.to_string(),
            Unstated::As(other) => format!("as `{other}`"),
            Unstated::Required => String::new(),
        };
        let row = format!("| `{}` | {default} | ", key.name);
        let found = section
            .lines()
            .any(|line| line.starts_with(&row) && line.ends_with(&format!(" | {} |", key.what)));
        assert!(found, "{}: the page does not say {row}... {} |", M::NAME, key.what);
    }
}

/// Every value times 0.1 to 10, and drives to match: what is accepted runs.
fn random_values_give_finite_states<M: Described>(size: f64, jump: f64) {
    let runs = |seed: u64| {
        let mut draws = Numbers(seed);
        let values: Vec<(&'static str, f64)> = M::KEYS
            .iter()
            .filter(|key| key.name != "tolerance")
            .filter_map(|key| {
                let value = key.default_value()?;
                let factor = if draws.unit() < 0.5 { 1.0 } else { 10f64.powf(draws.within(-1.0, 1.0)) };
                Some((key.name, value * factor))
            })
            .collect();
        let Ok(model) = M::with(&values) else { return false };
        let tau = model.scale().tau;
        let taus = [tau * draws.within(0.1, 3.0)];
        let fades = M::DECAYS > 0;
        let mut neuron = Neuron::new(&model, if fades { &taus[..] } else { &[] }, (0.0, 0.0), seed);
        for _ in 0..6 {
            let strength = 10f64.powf(draws.within(-1.0, 1.5));
            neuron.receive(What::Drive { a: strength * size * draws.within(-1.0, 1.0), b: 0.0 });
            let p = strength * size * draws.within(-1.0, 1.0);
            if fades {
                neuron.receive(What::Current { index: 0, p, q: 0.0 });
            }
            neuron.receive(What::Input(Input::Jump(strength * jump * draws.within(-1.0, 1.0))));
            if !neuron.dead() && model.fires(&neuron.state) {
                neuron.fire();
            }
            let (until, most) =
                (neuron.now.after(span(draws.within(0.1, 1.0) * tau)), neuron.spikes.len() + 20);
            neuron.run(until, most);
            state_is_saved_and_finite(&neuron);
        }
        true
    };
    let seeds: Vec<u64> = (1000..1300).collect();
    let accepted = Threads::new(2).unwrap().team().map(&seeds, || (), |(), &seed| runs(seed));
    let accepted = accepted.into_iter().filter(|&accepted| accepted).count();
    assert!(accepted > 30, "only {accepted} sets of values make a neuron");
}

fn splitting_changes_nothing<M: Model>(neuron: &Neuron<M>, draws: &mut Numbers, tolerance: f64) {
    let tau = span(neuron.model.scale().tau * draws.within(0.001, 2.0));
    let most = if neuron.dead() {
        Time::from_fs(neuron.dead_until.fs() - neuron.now.fs())
    } else {
        match neuron.next(tau) {
            Next::Never => tau,
            Next::NotBefore(later) => later,
            Next::At(later) => Time::from_fs(later.fs().saturating_sub(1)),
        }
    };
    let end = neuron.now.fs() + most.min(tau).fs();
    if end <= neuron.now.fs() {
        return;
    }
    let (mut whole, mut pieces) = (neuron.clone(), neuron.clone());
    whole.advance(Time::from_fs(end));
    let mut cuts: Vec<u64> =
        (0..4).map(|_| neuron.now.fs() + (draws.unit() * (end - neuron.now.fs()) as f64) as u64).collect();
    cuts.sort_unstable();
    cuts.into_iter().chain([end]).for_each(|cut| pieces.advance(Time::from_fs(cut)));
    let near = |one: f64, other: f64| (one - other).abs() <= tolerance * (1.0 + one.abs());
    for (one, other) in whole.state.words().into_iter().zip(pieces.state.words()) {
        assert!(near(one, other), "{one} at once, {other} in pieces: {whole:?} {pieces:?}");
    }
    assert!(near(whole.a, pieces.a));
    for (one, other) in whole.currents.iter().zip(&pieces.currents) {
        assert!(near(one.p, other.p) && near(one.q, other.q), "{whole:?} {pieces:?}");
    }
}

/// A femtosecond before the announced time it does not fire yet, and what is announced then is one femtosecond away.
fn firing_is_the_first_femtosecond<M: Model>(neuron: &Neuron<M>) {
    if neuron.dead() {
        return;
    }
    let Next::At(later) = neuron.next(Time::MAX) else { return };
    // Rounding of the state moves a crossing by more than a femtosecond if it is far away or flat.
    let slack = 1 + later.fs() / 100_000_000_000;
    if later.fs() <= 2 * slack {
        return;
    }
    let mut before = neuron.clone();
    before.advance(Time::from_fs(neuron.now.fs() + later.fs() - 2 * slack));
    assert!(!before.model.fires(&before.state), "{later:?}: it fires before {before:?}");
    let left = |fs: u64| fs <= 4 * slack;
    let mut next = before.next(Time::MAX);
    let mut waited = 0;
    while let Next::NotBefore(span) = next {
        waited += span.fs();
        assert!(left(waited), "{later:?}: not for another {waited} fs");
        before.advance(before.now.after(span));
        next = before.next(Time::MAX);
    }
    assert!(matches!(next, Next::At(span) if left(waited + span.fs())), "{later:?}: then {next:?}");
}

fn state_is_saved_and_finite<M: Model>(neuron: &Neuron<M>) {
    let words = neuron.state.words();
    assert_eq!(M::State::of(&words), neuron.state);
    assert!(words.iter().all(|word| word.is_finite()), "{neuron:?}");
    assert!(neuron.model.potential(&neuron.state, 0.0).is_finite(), "{neuron:?}");
}
