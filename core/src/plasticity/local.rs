//! Rules that are local to their synapse, behind one type: [`LocalRule`].
//!
//! A rule says what an arrival and a spike do to a synapse, of which it sees the weight, traces of the arrivals at its row
//! and of the spikes of its column, how long ago the last ones were, and values of its own. It answers with a [`Step`];
//! traces, bounds, devices, order within an instant, saving and engines are not its concern.

use super::behind::{Behind, Pulsed};
use super::cells::{Bank, Cells, Ideal, Real};
use super::dependence::{Any, Bounds, Gain, Loop, with_gain};
use super::layout::Layout;
use super::memory::{Last, Memory};
use super::rule::{Law, Rule};
use super::trace::{Mark, Of, Trace};
use crate::keys::{ModelFault, ModelKey, Reader, from_list};
use crate::time::Time;
use crate::units::Second;
use serde::ser::{Serialize, SerializeStruct, Serializer};
use std::any;
use std::fmt::Debug;
use std::sync::Arc;

/// Most traces that a rule may keep of either side.
pub const TRACES: usize = 4;

/// A trace that a rule keeps of every row or column: z -> z e^(-t/tau) between its spikes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decay {
    /// Its time constant.
    pub tau: Second,
    /// Whether a spike adds 1 to it, or sets it to 1.
    pub mark: Mark,
}

/// A synapse as its rule sees it, before what happens now has left its mark.
#[derive(Debug, PartialEq)]
pub struct Seen<'a> {
    /// Its weight, in volts.
    pub w: f64,
    /// Traces of the arrivals at its row: [`LocalRule::arrivals`].
    pub pre: &'a [f64],
    /// Traces of the spikes of its column: [`LocalRule::spikes`].
    pub post: &'a [f64],
    /// Time since the last arrival; `None` before the first, and without [`LocalRule::TIMES`].
    pub since_arrival: Option<Time>,
    /// Time since the last spike; likewise.
    pub since_spike: Option<Time>,
    /// Its [`LocalRule::VALUES`]: zero when an episode begins, and changed by nobody but the rule. No time passes for
    /// them: what decays is brought up to now from the two times above, the later of which is the last call.
    pub own: &'a mut [f64],
    /// Its device, where the rule is about one ([`LocalRule::DEVICE`]) and the projection names it.
    pub device: Option<Behind<'a>>,
}

/// What becomes of a weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// Nothing.
    Stay,
    /// dw = a s f+(w): see [`super::Dependence`].
    Up(f64),
    /// dw = -a s f-(w).
    Down(f64),
    /// w = w_min + p (w_max - w_min), whatever it was: of rules whose values are the weight.
    To(f64),
}

/// A learning rule: its constants, and what they make of an arrival and a spike.
///
/// Amplitudes are fractions of what `relative_to` says, and how a step depends on the weight is a matter of `dependence`:
/// every rule has these keys, the bounds and the devices beside its own.
pub trait LocalRule: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// Its name in scenarios and snapshots.
    const NAME: &'static str;

    /// Changes with the meaning of what it remembers: a snapshot of another version is refused.
    const VERSION: u32 = 1;

    /// One line for a list of rules.
    const TITLE: &'static str;

    /// Who published it.
    const SOURCE: &'static str;

    /// Every key, in the order of the reference.
    const KEYS: &'static [ModelKey];

    /// The `kind` of the devices whose own state is the weight, where they keep none: they give the defaults of keys that are theirs.
    /// The rule says what becomes of them ([`Seen::device`]), and nobody else programs or reads them.
    const DEVICE: Option<&'static str> = None;

    /// Whether a spike counts the arrivals of its own instant, which have caused it, as earlier than itself.
    const OWN_ARRIVALS: bool = false;

    /// Whether an arrival changes anything but its traces: [`LocalRule::at_arrival`] is asked.
    const AT_ARRIVAL: bool = true;

    /// Whether it asks how long ago the last arrival and the last spike were.
    const TIMES: bool = false;

    /// Names and units of what it keeps for every synapse beside the weight.
    const VALUES: &'static [(&'static str, &'static str)] = &[];

    /// The rule of these values in SI units; what is wrong with them stays with `read`.
    fn from_keys(read: &mut Reader<'_>) -> Self;

    /// What an arrival is at a device whose own state is the weight, and whose highest conductance is `high` times the nominal one.
    fn pulsed(&self, high: f64) -> Option<Pulsed> {
        let _ = high;
        None
    }

    /// Traces of arrivals, at most [`TRACES`].
    fn arrivals(&self) -> Vec<Decay> {
        Vec::new()
    }

    /// Traces of spikes, at most [`TRACES`].
    fn spikes(&self) -> Vec<Decay> {
        Vec::new()
    }

    /// What an arrival does, before it is delivered: it sees strictly earlier arrivals and spikes.
    fn at_arrival(&self, synapse: &mut Seen<'_>) -> Step {
        let _ = synapse;
        Step::Stay
    }

    /// What a spike does: it sees strictly earlier spikes, and arrivals as [`LocalRule::OWN_ARRIVALS`] says.
    fn at_spike(&self, synapse: &mut Seen<'_>) -> Step {
        let _ = synapse;
        Step::Stay
    }

    /// The rule of a list of values; the others have their defaults.
    ///
    /// # Errors
    /// Every value that makes no rule, and names that are not among its keys.
    fn with(values: &[(&'static str, f64)]) -> Result<Self, Vec<ModelFault>> {
        from_list(Self::NAME, Self::KEYS, values, |value| made(value))
    }
}

/// The rule of these values, or all that is wrong with them.
pub fn made<R: LocalRule>(value: &dyn Fn(&str) -> Option<f64>) -> Result<R, Vec<ModelFault>> {
    let mut read = Reader::new(R::KEYS, value);
    let rule = R::from_keys(&mut read);
    read.finish(rule)
}

/// Any local rule with its law.
#[derive(Clone, Debug)]
pub struct Local {
    rule: Arc<dyn Acts>,
    about: About,
    pub(super) law: Law,
    /// What is left of its steps.
    pub(super) share: f64,
}

/// What is asked for at every instant.
#[derive(Clone, Debug)]
struct About {
    name: &'static str,
    version: u32,
    own_arrivals: bool,
    at_arrival: bool,
    times: bool,
    values: usize,
    arrivals: Vec<Decay>,
    spikes: Vec<Decay>,
}

impl Rule {
    /// A rule that is local to its synapse.
    #[must_use]
    pub fn local<R: LocalRule>(rule: R, law: Law) -> Self {
        let about = About {
            name: R::NAME,
            version: R::VERSION,
            own_arrivals: R::OWN_ARRIVALS,
            at_arrival: R::AT_ARRIVAL,
            times: R::TIMES,
            values: R::VALUES.len(),
            arrivals: rule.arrivals(),
            spikes: rule.spikes(),
        };
        Self::Local(Local { rule: Arc::new(rule), about, law, share: 1.0 })
    }
}

/// What happens at one instant.
#[derive(Clone, Copy, Debug)]
pub struct Now<'a> {
    pub time: Time,
    pub rows: &'a [u32],
    pub spikes: &'a [u32],
}

/// Where it happens.
pub struct Place<'a> {
    pub layout: &'a Layout,
    pub bank: Option<&'a Bank>,
    pub memory: &'a mut Memory,
    pub weights: &'a mut [f64],
}

impl Local {
    /// Name and version.
    #[must_use]
    pub fn identity(&self) -> (&'static str, u32) {
        (self.about.name, self.about.version)
    }

    /// What an arrival is at one of its devices: [`LocalRule::pulsed`].
    pub(super) fn pulsed(&self, high: f64) -> Option<Pulsed> {
        self.rule.pulsed_by(high)
    }

    /// Traces of arrivals, and of spikes.
    pub(super) fn traces(&self) -> [&[Decay]; 2] {
        [&self.about.arrivals, &self.about.spikes]
    }

    /// What it remembers of a projection.
    pub(super) fn remember(&self, memory: &mut Memory, layout: &Layout) {
        let traces = |decays: &[Decay], of: Of| -> Vec<Trace> {
            decays.iter().map(|decay| Trace::new(of, layout, decay.tau, decay.mark)).collect()
        };
        memory.traces = traces(&self.about.arrivals, Of::Row);
        memory.traces.extend(traces(&self.about.spikes, Of::Column));
        if self.about.times {
            memory.last_pre = vec![Last::NEVER; layout.rows()];
            memory.last_post = vec![Last::NEVER; layout.cols()];
        }
        memory.own = vec![0.0; layout.weights() * self.about.values];
    }

    /// Arrivals, before they are delivered.
    pub(super) fn arrive(&self, place: &mut Place<'_>, now: Now<'_>) {
        if self.about.at_arrival {
            self.visit(place, now.time, Side::Row, now.rows);
        }
    }

    /// Whether a synapse changes at nothing but the spikes of its column, which count the arrivals of their own instant.
    pub(super) fn at_spikes_alone(&self) -> bool {
        self.about.own_arrivals && !self.about.at_arrival
    }

    /// An arrival of which nothing but its marks is left.
    #[inline]
    pub(super) fn hear(&self, memory: &mut Memory, time: Time, row: u32) {
        let split = self.about.arrivals.len();
        memory.now = time;
        memory.traces.iter_mut().for_each(|trace| trace.bring(time));
        mark(&mut memory.traces[..split], &mut memory.last_pre, &[row], time);
    }

    /// Spikes, and the marks that the instant leaves.
    pub(super) fn settle(&self, place: &mut Place<'_>, now: Now<'_>) {
        let split = self.about.arrivals.len();
        let arrivals =
            |memory: &mut Memory| mark(&mut memory.traces[..split], &mut memory.last_pre, now.rows, now.time);
        if self.about.own_arrivals {
            arrivals(place.memory);
        }
        self.visit(place, now.time, Side::Column, now.spikes);
        if !self.about.own_arrivals {
            arrivals(place.memory);
        }
        mark(&mut place.memory.traces[split..], &mut place.memory.last_post, now.spikes, now.time);
    }

    fn visit(&self, place: &mut Place<'_>, time: Time, side: Side, lines: &[u32]) {
        if lines.is_empty() {
            return;
        }
        let law = self.law;
        let mut state = std::mem::take(&mut place.memory.devices);
        {
            let Memory { traces, last_pre, last_post, own, .. } = &mut *place.memory;
            let (pre, post) = traces.split_at(self.about.arrivals.len());
            let seen = [Traces::new(pre, time), Traces::new(post, time)];
            let (layout, weights) = (place.layout, &mut *place.weights);
            let visit = Visit {
                side,
                lines,
                time,
                seen,
                last: [last_pre, last_post],
                own,
                layout,
                weights,
                law,
                scale: law.scale() * self.share,
            };
            match place.bank {
                None => {
                    let gain = Any::new(law.dependence, law.unit, law.bounds);
                    self.rule.ideal(visit, &mut Ideal { gain, bounds: law.bounds });
                }
                Some(bank) => self.rule.real(visit, &mut Real { bank, state: &mut state, layout, law }),
            }
        }
        place.memory.devices = state;
    }
}

/// Marks traces and times of the lines at which something was.
#[inline(always)]
fn mark(traces: &mut [Trace], last: &mut [Last], lines: &[u32], time: Time) {
    for trace in traces.iter_mut().filter(|_| !lines.is_empty()) {
        let worth = trace.worth(time);
        lines.iter().for_each(|&line| trace.mark(line as usize, worth));
    }
    if !last.is_empty() {
        lines.iter().for_each(|&line| last[line as usize] = Last::at(time));
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Row,
    Column,
}

/// The traces of one side as they are now.
struct Traces<'a> {
    traces: &'a [Trace],
    factors: [f64; TRACES],
    values: [f64; TRACES],
}

impl<'a> Traces<'a> {
    fn new(traces: &'a [Trace], time: Time) -> Self {
        let mut factors = [0.0; TRACES];
        traces.iter().zip(&mut factors).for_each(|(trace, factor)| *factor = trace.factor(time));
        Self { traces, factors, values: [0.0; TRACES] }
    }

    #[inline(always)]
    fn of(&mut self, line: usize) -> &[f64] {
        for ((trace, factor), value) in self.traces.iter().zip(&self.factors).zip(&mut self.values) {
            *value = trace.values()[line] * factor;
        }
        &self.values[..self.traces.len()]
    }
}

/// All synapses of some rows or columns.
struct Visit<'a> {
    side: Side,
    lines: &'a [u32],
    time: Time,
    /// Of rows, of columns.
    seen: [Traces<'a>; 2],
    last: [&'a [Last]; 2],
    own: &'a mut [f64],
    layout: &'a Layout,
    weights: &'a mut [f64],
    law: Law,
    scale: f64,
}

/// What a rule sees of the two sides of a synapse.
struct Sight<'a> {
    side: Side,
    time: Time,
    pre: Traces<'a>,
    post: Traces<'a>,
    last: [&'a [Last]; 2],
}

impl Sight<'_> {
    #[inline(always)]
    fn since(&self, side: usize, line: usize) -> Option<Time> {
        let last = self.last[side].get(line).and_then(|last| last.time());
        last.map(|last| Time::from_fs(self.time.fs() - last.fs()))
    }

    #[inline(always)]
    fn ask<R: LocalRule>(
        &mut self,
        rule: &R,
        w: f64,
        (row, col): (usize, usize),
        (own, device): (&mut [f64], Option<Behind<'_>>),
    ) -> Step {
        let (since_arrival, since_spike) = (self.since(0, row), self.since(1, col));
        let (pre, post) = (self.pre.of(row), self.post.of(col));
        let mut seen = Seen { w, pre, post, since_arrival, since_spike, own, device };
        match self.side {
            Side::Row => rule.at_arrival(&mut seen),
            Side::Column => rule.at_spike(&mut seen),
        }
    }
}

impl Step {
    /// The change it makes of a weight.
    #[inline(always)]
    fn of<G: Gain>(self, w: f64, scale: f64, gain: G, bounds: Bounds) -> f64 {
        match self {
            Self::To(p) => bounds.clip(bounds.w_min + p * bounds.span()) - w,
            Self::Stay => 0.0,
            Self::Up(a) => a * scale * gain.up(w),
            Self::Down(a) => -(a * scale * gain.down(w)),
        }
    }

    /// Where it leads, within bounds of its own: the weight of a device that nobody programs.
    fn leads<G: Gain>(self, w: f64, scale: f64, gain: G, (law, own): (Bounds, Bounds)) -> f64 {
        match self {
            Self::Stay => w,
            Self::To(p) => own.clip(law.w_min + p * law.span()),
            other => own.clip(w + other.of(w, scale, gain, law)),
        }
    }
}

impl Visit<'_> {
    fn run<R: LocalRule, C: Cells>(self, rule: &R, cells: &mut C) {
        let Self { side, lines, time, seen: [pre, post], last, own, layout, weights, law, scale } = self;
        let mut sight = Sight { side, time, pre, post, last };
        let each = R::VALUES.len();
        let of_device = R::DEVICE.is_some();
        if let (Side::Column, Layout::Columns { rows, .. }, false) = (side, layout, of_device) {
            let mut changes = vec![0.0; *rows];
            for col in lines.iter().map(|&line| line as usize) {
                let part = col * rows..(col + 1) * rows;
                let (sight, changes) = (&mut sight, &mut changes[..]);
                let own = &mut own[part.start * each..part.end * each];
                let (weights_of, bounds) = (&weights[part.clone()], law.bounds);
                let column = OfColumn { rule, sight, col, own, scale, bounds, weights: weights_of, changes };
                if cells.alike() {
                    with_gain(law.dependence, law.unit, law.bounds, column);
                } else {
                    column.fill(|row| cells.gain(part.start + row));
                }
                cells.change_all(part.start, &mut weights[part], changes);
            }
            return;
        }
        let mut visit = |k: usize, row: usize, col: usize| {
            let w = &mut weights[k];
            let own = &mut own[k * each..(k + 1) * each];
            if of_device {
                let step = sight.ask(rule, *w, (row, col), (own, cells.behind(k)));
                *w = step.leads(*w, scale, cells.gain(k), (law.bounds, cells.bounds(k)));
                return;
            }
            let step = sight.ask(rule, *w, (row, col), (own, None));
            if step != Step::Stay {
                cells.change(k, w, step.of(*w, scale, cells.gain(k), law.bounds));
            }
        };
        for line in lines.iter().map(|&line| line as usize) {
            match side {
                Side::Row => layout.row(line, |k, col| visit(k, line, col)),
                Side::Column => layout.column(line, |k, row| visit(k, row, line)),
            }
        }
    }
}

/// What a spike of a column is to change its weights by, which lie side by side.
struct OfColumn<'a, 'b, R> {
    rule: &'a R,
    sight: &'a mut Sight<'b>,
    col: usize,
    own: &'a mut [f64],
    scale: f64,
    bounds: Bounds,
    weights: &'a [f64],
    changes: &'a mut [f64],
}

impl<R: LocalRule> OfColumn<'_, '_, R> {
    #[inline(always)]
    fn fill<G: Gain>(self, gain: impl Fn(usize) -> G) {
        let Self { rule, sight, col, own, scale, bounds, weights, changes } = self;
        let each = R::VALUES.len();
        for (row, (&w, change)) in weights.iter().zip(changes).enumerate() {
            let own = &mut own[row * each..(row + 1) * each];
            let step = sight.ask(rule, w, (row, col), (own, None));
            *change = step.of(w, scale, gain(row), bounds);
        }
    }
}

impl<R: LocalRule> Loop for OfColumn<'_, '_, R> {
    type Output = ();

    #[inline]
    fn run<G: Gain>(self, gain: G) {
        self.fill(|_| gain);
    }
}

/// [`LocalRule`] without its type: one call for all synapses of the lines of an instant.
trait Acts: Debug + Send + Sync {
    fn as_any(&self) -> &dyn any::Any;
    fn same(&self, other: &dyn Acts) -> bool;
    fn pulsed_by(&self, high: f64) -> Option<Pulsed>;
    fn ideal(&self, visit: Visit<'_>, cells: &mut Ideal<Any>);
    fn real(&self, visit: Visit<'_>, cells: &mut Real<'_>);
}

impl<R: LocalRule> Acts for R {
    fn as_any(&self) -> &dyn any::Any {
        self
    }

    fn same(&self, other: &dyn Acts) -> bool {
        other.as_any().downcast_ref::<R>() == Some(self)
    }

    fn pulsed_by(&self, high: f64) -> Option<Pulsed> {
        self.pulsed(high)
    }

    fn ideal(&self, visit: Visit<'_>, cells: &mut Ideal<Any>) {
        visit.run(self, cells);
    }

    fn real(&self, visit: Visit<'_>, cells: &mut Real<'_>) {
        visit.run(self, cells);
    }
}

impl PartialEq for Local {
    fn eq(&self, other: &Self) -> bool {
        self.rule.same(&*other.rule) && self.law == other.law
    }
}

impl Serialize for Local {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Local", 4)?;
        fields.serialize_field("name", self.about.name)?;
        fields.serialize_field("version", &self.about.version)?;
        fields.serialize_field("parameters", &format!("{:?}", self.rule))?;
        fields.serialize_field("law", &self.law)?;
        fields.end()
    }
}
