//! Drawing which lines reach which neurons, with what weights and delays.
//!
//! Every draw is a function of (seed, projection, unit, k): the unit is the target for a fixed in-degree and
//! the row otherwise, k counts its synapses. So units can be drawn in any order on any number of threads.
//! Synapses are kept row by row, ascending by target.

mod by_target;
mod law;
mod partners;

pub use law::{Distribution, delay_shift, longest_delay};

use super::storage::{Delays, Targets, quantised};
use crate::random::{Purpose, Stream};
use crate::threads::{Team, Threads};
use crate::time::Time;
use by_target::by_target;
use partners::{Marks, pick, scatter};

/// How many synapses there are, and between whom.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrawRule {
    /// Every target draws this many lines.
    InDegree(u32),
    /// Every line draws this many targets.
    OutDegree(u32),
    /// Every pair with this probability.
    Probability(f64),
    /// Line i and target i, for what else is drawn of a synapse.
    OneToOne,
}

/// What is drawn.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// Seed of the network.
    pub seed: u64,
    /// Number of the projection.
    pub entity: u32,
    /// Number of rows.
    pub rows: u32,
    /// Number of targets.
    pub columns: u32,
    /// Which synapses there are.
    pub rule: DrawRule,
    /// Whether line i is neuron i: the projection comes back to its own population.
    pub recurrent: bool,
    /// Whether a neuron may reach itself.
    pub autapses: bool,
    /// Whether a pair may be drawn more than once.
    pub multapses: bool,
    /// Weights of single synapses; `None`: kept elsewhere.
    pub weight: Option<Distribution>,
    /// Delays of single synapses in seconds; `None`: all the same, kept elsewhere.
    pub delay: Option<Distribution>,
    /// Shorter delays are raised to this.
    pub least_delay: Time,
    /// Whether weights are `f32` and delays four bytes.
    pub compact: bool,
}

/// Synapses row by row.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// Where each row begins in `targets`, and the end of the last.
    pub start: Vec<usize>,
    /// Targets of all rows, row after row.
    pub targets: Targets,
    /// Of single synapses, as wide as asked for; the other is empty.
    pub weights: Vec<f64>,
    /// Weights in single precision, one per synapse; empty if not asked for.
    pub compact_weights: Vec<f32>,
    /// Delays of single synapses, if they have their own.
    pub delays: Option<Delays>,
    /// Delays that were raised to the least one.
    pub raised: u64,
}

/// Expected number of synapses.
#[must_use]
pub fn expected(rule: DrawRule, rows: u32, columns: u32) -> f64 {
    match rule {
        DrawRule::InDegree(degree) => f64::from(degree) * f64::from(columns),
        DrawRule::OutDegree(degree) => f64::from(degree) * f64::from(rows),
        DrawRule::Probability(p) => p * f64::from(rows) * f64::from(columns),
        DrawRule::OneToOne => f64::from(rows.min(columns)),
    }
}

/// Draws the synapses, on all of these threads; `progress` is called with the number drawn since the last call, and says
/// whether to go on: if not, what comes back is of no use.
///
/// Nothing but the synapses themselves and one batch of draws is in memory at a time: to be put in order by
/// row, what targets draw is drawn twice, the first time to be counted. A fixed degree above the number of
/// possible partners gives as many as there are; scenarios refuse it.
pub fn draw(drawing: &Drawing, threads: &Threads, progress: &mut dyn FnMut(u64) -> bool) -> Drawn {
    let team = &threads.team();
    if let DrawRule::InDegree(_) = drawing.rule {
        return by_target(drawing, team, progress);
    }
    let synapses = expected(drawing.rule, drawing.rows, drawing.columns);
    // Four standard deviations of a binomial count; a fixed degree has none.
    let spare = if matches!(drawing.rule, DrawRule::Probability(_)) { 4.0 * synapses.sqrt() } else { 0.0 };
    let mut kept = Kept::new(drawing, (synapses + spare) as usize);
    let mut start = vec![0];
    start.reserve(drawing.rows as usize);
    let mut targets = Targets::room(drawing.columns, (synapses + spare) as usize);
    batches((drawing, team), drawing.rows, drawing.columns, true, |_, pieces| {
        let before = targets.len();
        for piece in pieces {
            let mut end = targets.len();
            for count in &piece.counts {
                end += count;
                start.push(end);
            }
            targets.extend(&piece.partners);
            kept.push(piece);
        }
        progress((targets.len() - before) as u64)
    });
    kept.finish(start, targets)
}

/// Most units, and about as many synapses, drawn between two calls of `progress`.
const BATCH: usize = 1 << 14;
const BATCH_SYNAPSES: f64 = 2_097_152.0;
/// Units drawn by one thread at a time.
const CHUNK: usize = 256;

/// The synapses of some consecutive units.
#[derive(Default)]
struct Piece {
    counts: Vec<usize>,
    partners: Vec<u32>,
    values: Vec<f64>,
    /// In femtoseconds.
    delays: Vec<u64>,
    raised: u64,
}

/// Draws all units in batches, until `take`, which gets the first unit of a batch and its pieces, wants no more.
fn batches(
    (drawing, team): (&Drawing, &Team),
    count: u32,
    partners: u32,
    values: bool,
    mut take: impl FnMut(u32, &[Piece]) -> bool,
) {
    let firsts: Vec<u32> = (0..count).step_by(CHUNK).collect();
    // Small enough to stay in a cache until it is put in its place, if that leaves every thread some chunks.
    let degree = expected(drawing.rule, drawing.rows, drawing.columns) / f64::from(count.max(1));
    let units = (BATCH_SYNAPSES / degree.max(1.0)) as usize;
    let least = 4 * team.count();
    for batch in firsts.chunks((units / CHUNK).max(least).min(BATCH / CHUNK)) {
        let pieces = team.map(
            batch,
            || Marks::new(partners),
            |marks, &first| {
                let units = first..first.saturating_add(CHUNK as u32).min(count);
                piece(drawing, units, partners, values, marks)
            },
        );
        if !take(batch[0], &pieces) {
            break;
        }
    }
}

/// Weights and delays in the form they are kept in.
struct Kept {
    compact: bool,
    has_delays: bool,
    shift: u32,
    weights: Vec<f64>,
    compact_weights: Vec<f32>,
    exact: Vec<u64>,
    units: Vec<u32>,
    raised: u64,
}

impl Kept {
    fn new(drawing: &Drawing, synapses: usize) -> Self {
        let (weights, delays, compact) = (drawing.weight.is_some(), drawing.delay.is_some(), drawing.compact);
        let room = |wanted: bool| if wanted { synapses } else { 0 };
        Self {
            compact,
            has_delays: delays,
            shift: drawing.delay.map_or(0, delay_shift),
            weights: Vec::with_capacity(room(weights && !compact)),
            compact_weights: Vec::with_capacity(room(weights && compact)),
            exact: Vec::with_capacity(room(delays && !compact)),
            units: Vec::with_capacity(room(delays && compact)),
            raised: 0,
        }
    }

    fn push(&mut self, piece: &Piece) {
        self.raised += piece.raised;
        if self.compact {
            self.compact_weights.extend(piece.values.iter().map(|&value| value as f32));
            let shift = self.shift;
            self.units.extend(piece.delays.iter().map(|&delay| quantised(delay, shift)));
        } else {
            self.weights.extend_from_slice(&piece.values);
            self.exact.extend_from_slice(&piece.delays);
        }
    }

    fn finish(self, start: Vec<usize>, targets: Targets) -> Drawn {
        let Self { compact, has_delays, shift, weights, compact_weights, exact, units, raised } = self;
        let delays = match (has_delays, compact) {
            (false, _) => None,
            (true, false) => Some(Delays::Exact(exact)),
            (true, true) => Some(Delays::Compact { shift, units }),
        };
        Drawn { start, targets, weights, compact_weights, delays, raised }
    }
}

/// Draws some units one after the other.
fn piece(
    drawing: &Drawing,
    units: std::ops::Range<u32>,
    partners: u32,
    values: bool,
    marks: &mut Marks,
) -> Piece {
    let mut piece = Piece::default();
    for unit in units {
        let before = piece.partners.len();
        let without = (drawing.recurrent && !drawing.autapses && unit < partners).then_some(unit);
        let mut stream = Stream::new(drawing.seed, Purpose::Connect, drawing.entity, u64::from(unit));
        match drawing.rule {
            DrawRule::InDegree(degree) | DrawRule::OutDegree(degree) => {
                pick(&mut stream, degree, partners, without, drawing.multapses, marks, &mut piece.partners);
            }
            DrawRule::Probability(p) => scatter(&mut stream, p, partners, without, &mut piece.partners),
            DrawRule::OneToOne => piece.partners.extend((unit < partners).then_some(unit)),
        }
        // Rows are ascending by target.
        if let DrawRule::OutDegree(_) = drawing.rule {
            piece.partners[before..].sort_unstable();
        }
        let count = piece.partners.len() - before;
        piece.counts.push(count);
        if !values {
            continue;
        }
        if let Some(law) = drawing.weight {
            // Episode 0 belongs to dense projections, which draw row-major.
            let mut stream =
                Stream::new(drawing.seed, Purpose::InitialWeight, drawing.entity, 1 + u64::from(unit));
            piece.values.extend((0..count).map(|_| law.sample(stream.next_word())));
        }
        if let Some(law) = drawing.delay {
            let mut stream = Stream::new(drawing.seed, Purpose::Delay, drawing.entity, u64::from(unit));
            for _ in 0..count {
                let drawn = law.delay(stream.next_word());
                piece.raised += u64::from(drawn.is_none_or(|delay| delay < drawing.least_delay));
                piece.delays.push(drawn.unwrap_or(Time::ZERO).max(drawing.least_delay).fs());
            }
        }
    }
    piece
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawing(rule: DrawRule) -> Drawing {
        Drawing {
            seed: 1,
            entity: 2,
            rows: 300,
            columns: 700,
            rule,
            recurrent: false,
            autapses: true,
            multapses: false,
            weight: Some(Distribution::Uniform { low: 1.0, high: 2.0 }),
            delay: Some(Distribution::Normal { mean: 1e-3, sd: 1e-4 }),
            least_delay: Time::from_fs(1),
            compact: false,
        }
    }

    /// (row, target, weight, delay) of every synapse.
    fn all(drawn: &Drawn) -> Vec<(u32, u32, f64, u64)> {
        let delays = drawn.delays.as_ref().unwrap();
        (0..drawn.start.len() - 1)
            .flat_map(|row| (drawn.start[row]..drawn.start[row + 1]).map(move |k| (row as u32, k)))
            .map(|(row, k)| {
                let weight = drawn.weights.get(k).copied();
                let weight = weight.unwrap_or_else(|| drawn.compact_weights[k].into());
                (row, drawn.targets.get(k), weight, delays.fs(k))
            })
            .collect()
    }

    fn quiet(drawing: &Drawing) -> Drawn {
        draw(drawing, &Threads::one(), &mut |_| true)
    }

    #[test]
    fn degrees_are_what_was_asked_for_and_rows_ascend() {
        for (rule, by_target) in [
            (DrawRule::InDegree(40), true),
            (DrawRule::InDegree(299), true),
            (DrawRule::OutDegree(25), false),
            (DrawRule::OutDegree(690), false),
        ] {
            let drawn = quiet(&drawing(rule));
            let synapses = all(&drawn);
            let (DrawRule::InDegree(degree) | DrawRule::OutDegree(degree)) = rule else { unreachable!() };
            let units = if by_target { 700 } else { 300 };
            let mut counts = vec![0; units];
            for &(row, target, ..) in &synapses {
                counts[if by_target { target } else { row } as usize] += 1;
            }
            assert!(counts.iter().all(|&count| count == degree), "{rule:?}");
            assert!(synapses.windows(2).all(|pair| (pair[0].0, pair[0].1) < (pair[1].0, pair[1].1)));
            assert_eq!(drawn.start.len(), 301);
        }
    }

    #[test]
    fn whoever_wants_no_more_is_asked_no_more() {
        for rule in [DrawRule::InDegree(40), DrawRule::OutDegree(25), DrawRule::Probability(0.07)] {
            for after in 0..3 {
                let mut asked = 0;
                let large = Drawing { rows: 30_000, columns: 30_000, ..drawing(rule) };
                draw(&large, &Threads::new(2).unwrap(), &mut |_| {
                    asked += 1;
                    asked <= after
                });
                // Who draws by target asks in two rounds.
                assert!(asked <= after + 1, "{rule:?} {after} {asked}");
            }
        }
    }

    #[test]
    fn any_number_of_threads_draws_the_same() {
        for rule in [DrawRule::InDegree(40), DrawRule::OutDegree(25), DrawRule::Probability(0.07)] {
            for compact in [false, true] {
                let drawing = Drawing { compact, ..drawing(rule) };
                let with = |count| all(&draw(&drawing, &Threads::new(count).unwrap(), &mut |_| true));
                let one = with(1);
                assert!(with(2) == one && with(5) == one, "{rule:?}");
            }
        }
    }

    #[test]
    fn autapses_and_multapses_are_left_out_or_let_in() {
        let square = |rule, autapses, multapses| {
            let drawing =
                Drawing { rows: 50, columns: 50, recurrent: true, autapses, multapses, ..drawing(rule) };
            let synapses = all(&quiet(&drawing));
            let own = synapses.iter().filter(|synapse| synapse.0 == synapse.1).count();
            let twice =
                synapses.windows(2).filter(|pair| (pair[0].0, pair[0].1) == (pair[1].0, pair[1].1)).count();
            (synapses.len(), own > 0, twice > 0)
        };
        for rule in [DrawRule::InDegree(20), DrawRule::OutDegree(20)] {
            assert_eq!(square(rule, false, false), (1000, false, false));
            assert_eq!(square(rule, true, false), (1000, true, false));
            assert_eq!(square(rule, false, true), (1000, false, true));
            assert_eq!(square(rule, true, true), (1000, true, true));
        }
        for rule in [DrawRule::InDegree(49), DrawRule::OutDegree(49), DrawRule::Probability(1.0)] {
            assert_eq!(square(rule, false, false), (50 * 49, false, false), "{rule:?}");
        }
        assert_eq!(square(DrawRule::Probability(1.0), true, false), (2500, true, false));
    }

    #[test]
    fn pairs_are_drawn_with_their_probability() {
        // 210 000 pairs: standard deviation sqrt(n p (1 - p)), and every row and column its share.
        for p in [1e-3, 0.05, 0.4, 0.97] {
            let drawing = drawing(DrawRule::Probability(p));
            let n = f64::from(drawing.rows) * f64::from(drawing.columns);
            let synapses = all(&quiet(&drawing));
            let found = synapses.len() as f64;
            assert!((found - n * p).abs() < 4.0 * (n * p * (1.0 - p)).sqrt(), "{p}: {found}");
            let right = synapses.iter().filter(|synapse| synapse.1 >= 350).count() as f64;
            assert!((right - found / 2.0).abs() < 4.0 * (found / 4.0).sqrt(), "{p}: {right} of {found}");
        }
    }

    #[test]
    fn partners_are_drawn_evenly() {
        // Chi squared of 300 lines drawn 700 x 40 times: 299 +- 24.5.
        let synapses = all(&quiet(&Drawing { multapses: true, ..drawing(DrawRule::InDegree(40)) }));
        let mut counts = [0.0f64; 300];
        synapses.iter().for_each(|synapse| counts[synapse.0 as usize] += 1.0);
        let mean = synapses.len() as f64 / 300.0;
        let chi: f64 = counts.iter().map(|count| (count - mean) * (count - mean) / mean).sum();
        assert!((chi - 299.0).abs() < 4.0 * 24.5, "{chi}");
    }

    #[test]
    fn weights_and_delays_follow_their_laws() {
        let synapses = all(&quiet(&drawing(DrawRule::InDegree(40))));
        let n = synapses.len() as f64;
        type Synapse = (u32, u32, f64, u64);
        let mean = |of: &dyn Fn(&Synapse) -> f64| synapses.iter().map(of).sum::<f64>() / n;
        assert!((mean(&|s| s.2) - 1.5).abs() < 4.0 * (1.0 / 12.0f64).sqrt() / n.sqrt());
        assert!(synapses.iter().all(|s| s.2 > 1.0 && s.2 <= 2.0));
        assert!((mean(&|s| s.3 as f64) - 1e12).abs() < 4.0 * 1e11 / n.sqrt());
        let law = Distribution::LogNormal { median: 3.0, sigma: 0.5 };
        let mut stream = Stream::new(1, Purpose::Delay, 0, 0);
        let logs: Vec<f64> =
            (0..10_000).map(|_| crate::numeric::ln(law.sample(stream.next_word()))).collect();
        let mean = logs.iter().sum::<f64>() / 1e4;
        let sd = (logs.iter().map(|log| (log - mean) * (log - mean)).sum::<f64>() / 1e4).sqrt();
        assert!((mean - 3.0f64.ln()).abs() < 4.0 * 0.5 / 100.0 && (sd / 0.5 - 1.0).abs() < 0.03);
    }

    #[test]
    fn compact_synapses_are_the_others_rounded() {
        for rule in [DrawRule::InDegree(40), DrawRule::OutDegree(25)] {
            let (wide, compact) = (quiet(&drawing(rule)), quiet(&Drawing { compact: true, ..drawing(rule) }));
            let Some(Delays::Compact { shift, .. }) = compact.delays else { panic!("compact") };
            for (a, b) in all(&wide).iter().zip(&all(&compact)) {
                assert_eq!((a.0, a.1), (b.0, b.1));
                assert_eq!(f64::from(a.2 as f32), b.2);
                assert!(a.3.abs_diff(b.3) <= 1 << shift >> 1);
            }
        }
    }

    #[test]
    fn delays_below_the_least_are_raised_and_counted() {
        let delay = Some(Distribution::Normal { mean: 0.0, sd: 1e-3 });
        let drawn = quiet(&Drawing { delay, ..drawing(DrawRule::InDegree(40)) });
        let least = all(&drawn).iter().filter(|synapse| synapse.3 == 1).count();
        assert_eq!(drawn.raised, least as u64);
        assert!((least as f64 - 14_000.0).abs() < 4.0 * 84.0, "{least} of 28000");
    }

    #[test]
    fn another_seed_or_projection_draws_another_network() {
        let base = drawing(DrawRule::InDegree(40));
        let first = all(&quiet(&base));
        assert!(first != all(&quiet(&Drawing { seed: 2, ..base.clone() })));
        assert!(first != all(&quiet(&Drawing { entity: 3, ..base })));
    }
}
