//! Membranes of a population whose members compete: shared decay, one winner per instant, thresholds of
//! their own.
//!
//! x_j = u_j - u_rest; between events x_j(t + d) = x_j(t) e^(-d / tau_m); an arrival adds the weight. Of the
//! members with x_j >= theta_j the one with the largest x_j - theta_j fires, of equal ones the lowest id;
//! what its spike does to the others is the population's [`Rivalry`]. The operations and their order are
//! those of `shared_decay`, in the batch kernel and one by one alike.
//!
//! Of switches x_j is the filament over its gain g_j, and theta_j = (V_th,k - u_rest)/g_j, k the cycle: what homeostasis
//! multiplies is 1/g_j.

use super::held::HeldSink;
use super::shared_decay::{RowSink, decays};
use super::switching::Switching;
use crate::network::{Homeostasis, Losers, Population, Rivalry, stride};
use crate::neuron::{Lif, Reset, Switch};
use crate::numeric::{Pack, Quad, Real, exp};
use crate::simd::Work;
use crate::time::{FS_PER_SECOND, Time};
use serde::{Deserialize, Serialize};

/// Thresholds of every member relative to u_rest, at the start of an episode; plain data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    /// The part that stays (volts).
    pub base: Vec<f64>,
    /// The part that decays (volts); empty where nothing does.
    pub raised: Vec<f64>,
}

impl Thresholds {
    /// All of them times `factor`, and at least a femtovolt: at zero everybody would fire.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let of = |values: &[f64]| values.iter().map(|value| value * factor).collect::<Vec<_>>();
        Self {
            base: of(&self.base).into_iter().map(|base| base.max(1e-15)).collect(),
            raised: of(&self.raised),
        }
    }

    /// base + raised.
    #[must_use]
    pub fn total(&self) -> Vec<f64> {
        if self.raised.is_empty() {
            self.base.clone()
        } else {
            self.base.iter().zip(&self.raised).map(|(base, raised)| base + raised).collect()
        }
    }
}

/// State of the membranes; plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Competing<R: Real> {
    /// Relative to u_rest, padded with zeros to the stride of the weight matrix.
    pub x: Vec<R>,
    /// When `x` was last updated; while the population is inhibited, the end of the inhibition.
    pub last: Time,
    /// Threshold of every member.
    pub thresholds: Thresholds,
    /// When `thresholds.raised` was last updated.
    pub raised_at: Time,
    /// The thresholds rounded to `R` and padded; the padding can never be reached.
    theta: Vec<R>,
    raised: Vec<R>,
    /// By how much the threshold of each switch's cycle differs from the nominal one: a function of the seed and of the
    /// spikes so far. Empty where none does.
    #[serde(skip)]
    shares: Vec<f64>,
}

/// Constants of the population in the plan's precision.
#[derive(Clone, Debug)]
pub struct CompetingParameters<R: Real> {
    pub size: usize,
    /// -1 / tau_m in 1/fs.
    minus_rate: f64,
    /// Of each member.
    theta: Vec<f64>,
    /// What a reset writes, of each.
    level: Vec<R>,
    /// Of each, in volts.
    pub u_rest: Vec<f64>,
    rivalry: Rivalry,
    strength: R,
    inhibition: Time,
    /// The switch that each member is.
    switch: Option<Box<Switch>>,
    /// What every arrival takes from every member, and what none falls below.
    reference: R,
    least: R,
    homeostasis: Option<Homeostasis>,
}

impl<R: Real> CompetingParameters<R> {
    /// Of a population that competes; `None` for another.
    pub fn new(population: &Population) -> Option<Self> {
        let competition = population.competition.as_ref()?;
        let lif = &population.lif;
        let level = |lif: &Lif| match lif.reset {
            Reset::Rest | Reset::Subtract | Reset::SubtractOnce => 0.0,
            Reset::Value | Reset::Hold => lif.reset_level(),
        };
        let members = || (0..population.size).map(|member| population.member(member).membrane());
        Some(Self {
            size: population.size as usize,
            minus_rate: -1.0 / (lif.tau_m.get() * FS_PER_SECOND),
            theta: members().map(|lif| lif.theta()).collect(),
            level: members().map(|lif| R::from_f64(level(&lif))).collect(),
            u_rest: members().map(|lif| lif.u_rest.get()).collect(),
            strength: match competition.kind {
                Rivalry::WinnerTakeAll | Rivalry::Switches { .. } => R::ZERO,
                Rivalry::LateralInhibition { strength } => R::from_f64(strength),
            },
            rivalry: competition.kind,
            inhibition: competition.inhibition,
            switch: population.neuron.switch().cloned().map(Box::new),
            reference: R::from_f64(competition.reference),
            least: R::from_f64(lif.floor.lowest()),
            homeostasis: competition.homeostasis,
        })
    }

    /// Whether an arrival is more than the addition of a row.
    fn bounded(&self) -> bool {
        self.reference != R::ZERO || self.least == R::ZERO
    }

    /// The end of the inhibition that a spike at `now` may begin at most.
    pub fn latest(&self, now: Time) -> Time {
        match &self.switch {
            Some(switch) if switch.varies() => Time::MAX,
            Some(switch) => now.after(switch.on_time(switch.device.v_th.get())),
            None => now.after(self.inhibition),
        }
    }

    #[inline(always)]
    fn decay(&self, from: u64, to: u64) -> R {
        R::from_f64((to - from) as i64 as f64 * self.minus_rate).exp()
    }

    /// Step (volts) and -1 / tau (1/fs) of thresholds that decay.
    fn decaying(&self) -> Option<(f64, f64)> {
        match self.homeostasis {
            Some(Homeostasis::Decay { step, tau }) => Some((step, -1.0 / (tau * FS_PER_SECOND))),
            _ => None,
        }
    }

    /// What is left of a raised threshold, as the test uses it.
    #[inline(always)]
    fn left(&self, minus_rate: f64, from: u64, to: u64) -> R {
        R::from_f64(to.saturating_sub(from) as i64 as f64 * minus_rate).exp()
    }
}

impl<R: Real> Competing<R> {
    /// At rest at the start of the first episode.
    pub fn new(parameters: &CompetingParameters<R>) -> Self {
        let padded = stride(parameters.size as u32);
        let mut this = Self {
            x: vec![R::ZERO; padded],
            last: Time::ZERO,
            thresholds: Thresholds::default(),
            raised_at: Time::ZERO,
            theta: vec![R::from_f64(f64::INFINITY); padded],
            raised: Vec::new(),
            shares: Vec::new(),
        };
        let raised = if parameters.decaying().is_some() { vec![0.0; parameters.size] } else { Vec::new() };
        this.set(Thresholds { base: parameters.theta.clone(), raised });
        this
    }

    /// Whether a saved state has the lengths of this one; else what differs, found and expected.
    pub fn check(&self, expected: &Self) -> Result<(), (&'static str, usize, usize)> {
        let lengths = |state: &Self| {
            [
                ("neurons", state.x.len()),
                ("thresholds", state.thresholds.base.len()),
                ("raised thresholds", state.thresholds.raised.len()),
                ("rounded thresholds", state.theta.len()),
                ("rounded raised thresholds", state.raised.len()),
            ]
        };
        let pairs = lengths(self).into_iter().zip(lengths(expected));
        match pairs.into_iter().find(|(found, expected)| found.1 != expected.1) {
            Some(((what, found), (_, expected))) => Err((what, found, expected)),
            None => Ok(()),
        }
    }

    /// Takes over thresholds.
    pub fn set(&mut self, thresholds: Thresholds) {
        self.thresholds = thresholds;
        self.round();
    }

    fn round(&mut self) {
        if !self.thresholds.raised.is_empty() {
            self.raised.resize(self.x.len(), R::ZERO);
        }
        (0..self.thresholds.base.len()).for_each(|member| self.round_one(member));
    }

    fn round_one(&mut self, member: usize) {
        let share = self.shares.get(member).copied().unwrap_or(1.0);
        self.theta[member] = R::from_f64(self.thresholds.base[member] * share);
        if let Some(raised) = self.thresholds.raised.get(member) {
            self.raised[member] = R::from_f64(raised * share);
        }
    }

    /// Takes over the thresholds of the switches' cycles.
    pub(super) fn draw(&mut self, parameters: &CompetingParameters<R>, switching: &Switching) {
        if let Some(switch) = &parameters.switch {
            self.shares = (0..parameters.size).map(|member| share(switch, switching, member)).collect();
            self.round();
        }
    }

    /// Back to rest; thresholds stay.
    pub fn restart(&mut self) {
        self.x.fill(R::ZERO);
        self.last = Time::ZERO;
        self.raised_at = Time::ZERO;
    }

    /// Whether arrivals at `time` are lost.
    pub fn inhibited(&self, time: Time) -> bool {
        time < self.last
    }

    /// Decays every membrane to `time`, which is not inhibited; returns the factor.
    pub fn advance(&mut self, parameters: &CompetingParameters<R>, time: Time) -> R {
        let decay = parameters.decay(self.last.fs(), time.fs());
        self.x.iter_mut().for_each(|x| *x *= decay);
        self.last = time;
        decay
    }

    /// Adds a row of weights, of so many spikes.
    pub fn add(&mut self, parameters: &CompetingParameters<R>, row: &[R], times: u32) {
        for (x, &weight) in self.x.iter_mut().zip(row) {
            *x += weight;
        }
        if parameters.reference != R::ZERO {
            let reference = parameters.reference * R::from_f64(f64::from(times));
            self.x.iter_mut().for_each(|x| *x -= reference);
        }
    }

    /// Everything of an instant has been added: nothing is below what it cannot fall below.
    pub fn settle(&mut self, parameters: &CompetingParameters<R>) {
        if parameters.bounded() {
            self.x.iter_mut().for_each(|x| *x = if *x < parameters.least { parameters.least } else { *x });
        }
    }

    /// The member that fires at `last`, if one is at threshold.
    pub fn winner(&self, parameters: &CompetingParameters<R>) -> Option<usize> {
        let left = parameters
            .decaying()
            .map(|(_, minus_rate)| parameters.left(minus_rate, self.raised_at.fs(), self.last.fs()));
        let over = |j: usize| match left {
            None => self.x[j] - self.theta[j],
            Some(left) => self.x[j] - (self.theta[j] + self.raised[j] * left),
        };
        let mut best = None;
        for j in 0..parameters.size {
            let over = over(j);
            if over >= R::ZERO && best.is_none_or(|(_, most)| over > most) {
                best = Some((j, over));
            }
        }
        best.map(|(j, _)| j)
    }

    /// Member `winner` fires at `last`; for how long its switch is on, if it is one.
    pub(super) fn fire(
        &mut self,
        parameters: &CompetingParameters<R>,
        winner: usize,
        switching: Option<&mut Switching>,
    ) -> Time {
        if let Some((_, minus_rate)) = parameters.decaying() {
            self.age(minus_rate, self.last);
        }
        let (mut on, mut deaf) = (Time::ZERO, parameters.inhibition);
        match (parameters.rivalry, &parameters.switch) {
            (Rivalry::Switches { losers }, Some(switch)) => {
                on = self.relax(parameters, (winner, losers), switch, switching);
                deaf = on;
            }
            (Rivalry::LateralInhibition { .. }, _) => {
                self.x[..parameters.size].iter_mut().for_each(|x| *x -= parameters.strength);
                self.settle(parameters);
                self.x[winner] = parameters.level[winner];
            }
            _ => self.x[..parameters.size].copy_from_slice(&parameters.level),
        }
        if let Some((step, _)) = parameters.decaying() {
            self.thresholds.raised[winner] += step;
            self.round();
        }
        self.last = self.last.after(deaf);
        on
    }

    /// Brings the filaments to the time at which the winner is off again; how long that takes.
    fn relax(
        &mut self,
        parameters: &CompetingParameters<R>,
        (winner, losers): (usize, Losers),
        switch: &Switch,
        switching: Option<&mut Switching>,
    ) -> Time {
        let raised = self.thresholds.raised.get(winner).copied().unwrap_or(0.0);
        let nominal = self.thresholds.base[winner] + raised;
        let on = match switching {
            Some(switching) => {
                let on = switching.fire(winner);
                self.shares[winner] = share(switch, switching, winner);
                self.round_one(winner);
                on
            }
            None => switch.on_time(switch.device.v_th.get()),
        };
        match losers {
            Losers::Relax => {
                let left = parameters.decay(0, on.fs());
                self.x.iter_mut().for_each(|x| *x *= left);
            }
            Losers::Erased => self.x.fill(R::ZERO),
        }
        self.x[winner] = R::from_f64(nominal * (switch.device.hold() / switch.device.theta()));
        on
    }

    /// Lets the raised part of the thresholds decay to `time`.
    fn age(&mut self, minus_rate: f64, time: Time) {
        let span = time.fs().saturating_sub(self.raised_at.fs());
        let left = exp(span as i64 as f64 * minus_rate);
        self.thresholds.raised.iter_mut().for_each(|raised| *raised *= left);
        self.raised_at = time;
    }

    /// A presentation with these spikes is over, `elapsed` after it began (its rest included).
    pub fn adapt(&mut self, parameters: &CompetingParameters<R>, counts: &[u32], elapsed: Time) {
        match parameters.homeostasis {
            None => return,
            Some(Homeostasis::RateTarget { gain, spikes }) => {
                let target = spikes / parameters.size as f64;
                // Most members are silent: one exponential for all of them.
                let silent = exp(-gain * target);
                for (theta, &count) in self.thresholds.base.iter_mut().zip(counts) {
                    *theta *= if count == 0 { silent } else { exp(gain * (f64::from(count) - target)) };
                }
            }
            Some(Homeostasis::Decay { .. }) => {
                if let Some((_, minus_rate)) = parameters.decaying() {
                    self.age(minus_rate, elapsed);
                }
                self.raised_at = Time::ZERO;
            }
        }
        self.round();
    }

    /// Membranes at `time` in volts, without touching the state; of switches the filaments, behind their gain.
    pub fn at(&self, parameters: &CompetingParameters<R>, time: Time) -> Vec<f64> {
        let mut copy = self.clone();
        let left = (!copy.inhibited(time)).then(|| copy.advance(parameters, time));
        let Some(switch) = &parameters.switch else {
            return copy.x.iter().zip(&parameters.u_rest).map(|(x, rest)| x.to_f64() + rest).collect();
        };
        // While the drive is away all of them relax towards where they are kept.
        let before = if left.is_none() { self.last.fs() - time.fs() } else { 0 };
        let grown = exp(before as i64 as f64 * -parameters.minus_rate);
        let (rest, theta) = (switch.device.u_rest.get(), switch.device.theta());
        let thresholds = self.thresholds.total();
        let filament = |(x, at): (&R, f64)| rest + (x.to_f64() * grown).min(at) * (theta / at);
        copy.x.iter().zip(thresholds).map(filament).collect()
    }
}

/// The threshold of a switch's cycle over the nominal one, both above rest.
fn share(switch: &Switch, switching: &Switching, member: usize) -> f64 {
    (switching.v_th(member) - switch.device.u_rest.get()) / switch.device.theta()
}

/// A batch of rows for a competing population; running it returns how many it took.
pub struct Contest<'a, R: Real, K> {
    pub state: &'a mut Competing<R>,
    pub parameters: &'a CompetingParameters<R>,
    pub times: &'a [u64],
    /// Rows relative to `first_row`.
    pub rows: &'a [u16],
    pub first_row: u32,
    pub weights: &'a [R],
    /// Thresholds, where those of cycles differ.
    pub switching: Option<&'a mut Switching>,
    pub sink: &'a mut K,
}

impl<R: Real, K: RowSink<R> + HeldSink<R>> Work for Contest<'_, R, K> {
    type Output = usize;

    #[inline(always)]
    fn run(self) -> usize {
        match (self.parameters.decaying(), self.parameters.bounded()) {
            (None, false) => compete::<R, K, false, false>(self, 0.0),
            (None, true) => compete::<R, K, false, true>(self, 0.0),
            (Some((_, minus_rate)), false) => compete::<R, K, true, false>(self, minus_rate),
            (Some((_, minus_rate)), true) => compete::<R, K, true, true>(self, minus_rate),
        }
    }
}

#[inline(always)]
fn compete<R: Real, K: RowSink<R> + HeldSink<R>, const DECAYING: bool, const BOUNDED: bool>(
    batch: Contest<'_, R, K>,
    minus_rate: f64,
) -> usize {
    let Contest { state, parameters, times, rows, first_row, weights, mut switching, sink } = batch;
    let bounds = (parameters.reference, parameters.least);
    let stride = state.x.len();
    // Rows before the end of an inhibition arrive and are lost.
    let lost = times.partition_point(|&time| time < state.last.fs());
    if <K as RowSink<R>>::ROWS {
        for (index, &row) in rows[..lost].iter().enumerate() {
            let x = state.x.as_slice();
            RowSink::row(sink, index, first_row + u32::from(row), R::ONE, x, x);
        }
    }
    let decays = decays(parameters.minus_rate, state.last, &times[lost..]);
    let mut index = lost;
    let mut before = if K::BEFORE { state.x.clone() } else { Vec::new() };
    let mut limit = times.len();
    while index < limit {
        let decay = decays[index - lost];
        let row = first_row + u32::from(rows[index]);
        let start = row as usize * stride;
        let Some(row_weights) = weights.get(start..start + stride) else { break };
        if K::BEFORE {
            before.copy_from_slice(&state.x);
        }
        let reached = if DECAYING {
            let left = parameters.left(minus_rate, state.raised_at.fs(), times[index]);
            let raised = (state.raised.as_slice(), left);
            add_row::<R, true, BOUNDED>(&mut state.x, &state.theta, raised, row_weights, decay, bounds)
        } else {
            add_row::<R, false, BOUNDED>(
                &mut state.x,
                &state.theta,
                (&[], R::ZERO),
                row_weights,
                decay,
                bounds,
            )
        };
        if <K as RowSink<R>>::ROWS {
            let before = if K::BEFORE { before.as_slice() } else { state.x.as_slice() };
            RowSink::row(sink, index, row, decay, before, state.x.as_slice());
        }
        state.last = Time::from_fs(times[index]);
        index += 1;
        if reached && let Some(winner) = state.winner(parameters) {
            let fired = state.last;
            let on = state.fire(parameters, winner, switching.as_deref_mut());
            limit = limit.min(HeldSink::fire(sink, index - 1, winner as u32, on, 1));
            if state.last > fired {
                // What is inhibited is sorted out at the start of the next batch.
                limit = limit.min(index);
            }
        }
    }
    index
}

/// Eight values side by side: a whole vector of single precision. Every lane is written out, so that the running
/// maximum stays in a register: as a loop over lanes it became masked stores, at twice the time.
#[derive(Clone, Copy)]
struct Eight<R>([R; 8]);

impl<R: Real> Eight<R> {
    #[inline(always)]
    fn splat(value: R) -> Self {
        Self([value; 8])
    }

    #[inline(always)]
    fn load(values: &[R; 8]) -> Self {
        Self(*values)
    }

    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(R, R) -> R) -> Self {
        let (a, b) = (self.0, other.0);
        Self([
            f(a[0], b[0]),
            f(a[1], b[1]),
            f(a[2], b[2]),
            f(a[3], b[3]),
            f(a[4], b[4]),
            f(a[5], b[5]),
            f(a[6], b[6]),
            f(a[7], b[7]),
        ])
    }

    /// The larger of each two lanes. By value, so that it becomes an instruction and no conditional store.
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    fn highest(self) -> Quad<R> {
        let [a, b, c, d, e, f, g, h] = self.0;
        Pack([a, b, c, d]).max(Pack([e, f, g, h]))
    }
}

/// x <- x decay + w, if `BOUNDED` less the reference and not below what is least; whether any member is at its threshold.
#[inline(always)]
fn add_row<R: Real, const DECAYING: bool, const BOUNDED: bool>(
    x: &mut [R],
    theta: &[R],
    (raised, left): (&[R], R),
    weights: &[R],
    decay: R,
    (reference, least): (R, R),
) -> bool {
    let (x, x_rest) = x.as_chunks_mut::<8>();
    let (theta, theta_rest) = theta.as_chunks::<8>();
    let (weights, weights_rest) = weights.as_chunks::<8>();
    let (raised, raised_rest) = raised.as_chunks::<8>();
    let below = R::from_f64(f64::NEG_INFINITY);
    let mut most = Eight::splat(below);
    for (chunk, (x, (theta, weights))) in x.iter_mut().zip(theta.iter().zip(weights)).enumerate() {
        let mut u =
            Eight::load(x).zip(Eight::splat(decay), |x, d| x * d).zip(Eight::load(weights), |x, w| x + w);
        if BOUNDED {
            u = u.zip(Eight::splat(reference), |x, r| x - r);
            u = u.zip(Eight::splat(least), |x, least| if x < least { least } else { x });
        }
        *x = u.0;
        let mut threshold = Eight::load(theta);
        if DECAYING {
            let raised = Eight::load(&raised[chunk]).zip(Eight::splat(left), |r, left| r * left);
            threshold = threshold.zip(raised, |theta, raised| theta + raised);
        }
        most = most.max(u.zip(threshold, |u, theta| u - theta));
    }
    let mut highest = most.highest();
    if let ([x, ..], [theta, ..], [weights, ..]) =
        (x_rest.as_chunks_mut::<4>().0, theta_rest.as_chunks::<4>().0, weights_rest.as_chunks::<4>().0)
    {
        let mut u = Pack(*x) * Quad::splat(decay) + Pack(*weights);
        if BOUNDED {
            u = u - Quad::splat(reference);
            u = Pack(u.0.map(|x| if x < least { least } else { x }));
        }
        *x = u.0;
        let mut threshold = Pack(*theta);
        if DECAYING && let [raised, ..] = raised_rest.as_chunks::<4>().0 {
            threshold = threshold + Pack(*raised) * Quad::splat(left);
        }
        highest = highest.max(u - threshold);
    }
    highest.reaching(R::ZERO) != 0
}
