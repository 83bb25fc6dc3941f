//! A block of Poisson sources as one marked process.
//!
//! Independent Poisson processes of rates r_i are the same law as one process of rate L = sum r_i
//! whose k-th spike belongs to source i with probability r_i / L, independently (superposition and
//! marking). Spike k of a block uses draw k of the block's [`Quartet`]: its first word for the gap by
//! inversion, its second for the source. A block's state is therefore the number of spikes drawn and the
//! time of the last one, and it may be advanced in batches of any size.

use super::alias::{Cells, all_alike, choose};
use crate::numeric::{LnParts, ln, neg_ln_unit, unit};
use crate::random::{Purpose, Quartet};
use crate::simd::{Lined, Work, vectorised};
use crate::time::{FS_PER_SECOND, Time};
use crate::units::Hertz;
use std::cell::RefCell;

/// Consecutive sources that share one process. A property of the plan, never of threads; a change
/// is value-breaking.
pub const BLOCK: u32 = 1024;

/// Highest total rate of lines that are drawn as one process with gaps rounded to femtoseconds, and at least one: of a
/// scenario, and of rates that change.
///
/// Of a mean gap of m fs such a process is slower than it should be, by a share of 1/(2 m^2) for large m: 5e-7 here,
/// where m is 1000 fs, and 27 % at 1.024 PHz. Blocks of one rate are drawn otherwise above it: see [`crowded_gap_fs`].
pub const MAX_BLOCK_RATE: Hertz = Hertz::new(1e12);

/// Highest total rate of a block of one rate: a spike in every other femtosecond.
pub const MAX_DRAWN_RATE: Hertz = Hertz::new(5e14);

/// Spikes drawn at a time.
pub const BATCH: usize = 128;
/// Spikes drawn at a time where fewer than a batch are expected before the end: what is drawn beyond it
/// is never used.
const REST: usize = 32;

/// Longest gap that is still drawn: beyond the horizon of any episode.
const LONGEST_GAP: f64 = 4.6e18;

/// Rate and marks of one block during one episode.
#[derive(Clone, Debug)]
pub struct BlockRate {
    /// Columns of the alias table; empty: the block is silent.
    pub cells: Cells,
    /// 1e15 / L: mean gap in femtoseconds.
    pub mean_gap_fs: f64,
    /// Whether every column has only its own source: all are alike, and the columns need not be read.
    even: bool,
}

impl BlockRate {
    /// A block of total rate `rate_hz`, which a simulation takes if it is [`BlockRate::possible`].
    #[must_use]
    pub fn new(cells: &Cells, rate_hz: f64) -> Self {
        if rate_hz == 0.0 || cells.is_empty() {
            return Self::silent();
        }
        // Not `min`, which would make a long gap of what is no number.
        let mean = FS_PER_SECOND / rate_hz;
        let mean_gap_fs = if mean > LONGEST_GAP { LONGEST_GAP } else { mean };
        Self { cells: cells.clone(), mean_gap_fs, even: false }
    }

    /// A block without spikes.
    #[must_use]
    pub fn silent() -> Self {
        Self { cells: Cells::default(), mean_gap_fs: LONGEST_GAP, even: false }
    }

    /// Whether spikes can be drawn at this rate: at most [`MAX_DRAWN_RATE`]. A rate that is negative or no number
    /// cannot be.
    #[must_use]
    pub fn possible(&self) -> bool {
        self.mean_gap_fs >= FS_PER_SECOND / MAX_DRAWN_RATE.get()
    }

    /// Whether it is above [`MAX_BLOCK_RATE`], where gaps are not rounded.
    fn crowded(&self) -> bool {
        self.mean_gap_fs < FS_PER_SECOND / MAX_BLOCK_RATE.get()
    }

    /// As [`BlockRate::new`], looking once through the columns: worth it where the rate stays. The spikes are
    /// the same.
    #[must_use]
    pub fn steady(cells: &Cells, rate_hz: f64) -> Self {
        Self { even: all_alike(cells), ..Self::new(cells, rate_hz) }
    }
}

/// Times below this plus a batch of short gaps are within the horizon.
const FAR: u64 = 1 << 62;

/// Below this a gap is rounded by adding 2^52, which leaves the integer in the mantissa.
const EXACT: f64 = 4_503_599_627_370_496.0;

/// The gap in femtoseconds that a word stands for: max(1, round(-ln(u) / L)), ties to even.
#[inline(always)]
#[must_use]
pub fn gap_fs(word: u64, mean_gap_fs: f64) -> u64 {
    let gap = (neg_ln_unit(word) * mean_gap_fs).min(LONGEST_GAP);
    // i64: one instruction, and the value is far below 2^63.
    (gap.round_ties_even() as i64 as u64).max(1)
}

/// As [`gap_fs`] above [`MAX_BLOCK_RATE`], where most gaps are short: ceil(-ln(u) s), s = -1 / ln(1 - 1/m), which is
/// geometric of mean m. A femtosecond has a spike of the block with probability 1/m, and never two.
#[must_use]
pub fn crowded_gap_fs(word: u64, mean_gap_fs: f64) -> u64 {
    let scale = -1.0 / ln(1.0 - 1.0 / mean_gap_fs);
    ((neg_ln_unit(word) * scale).ceil() as i64 as u64).max(1)
}

/// Where spikes are drawn: words first, then what becomes of them.
struct Scratch {
    words: Lined<[[u64; 4]; BATCH / 4]>,
    marks: Lined<[[u64; 4]; BATCH / 4]>,
    parts: [Lined<[f64; BATCH]>; 4],
}

thread_local! {
    // Kept, because to clear it for every batch takes a tenth of the drawing; shared by the blocks, so that it stays
    // in the first-level cache.
    static SCRATCH: RefCell<Scratch> = const {
        RefCell::new(Scratch {
            words: Lined([[0; 4]; BATCH / 4]),
            marks: Lined([[0; 4]; BATCH / 4]),
            parts: [const { Lined([0.0; BATCH]) }; 4],
        })
    };
}

/// As [`gap_fs`] for many words, in place, where no gap reaches 2^52 fs: operations that every vector unit has, the
/// same values. Three short loops: of one long one hardly two rounds fit in the processor's window at a time.
#[inline(always)]
fn short_gaps_fs(words: &mut [u64], parts: &mut [Lined<[f64; BATCH]>; 4], mean_gap_fs: f64) {
    let count = words.len();
    let [f, s, n, tail] = parts.each_mut().map(|part| &mut part.0[..count]);
    for index in 0..count {
        let parts = LnParts::of(unit(words[index]));
        (f[index], s[index], n[index]) = (parts.f, parts.s, parts.n);
    }
    for index in 0..count {
        tail[index] = LnParts { s: s[index], ..LnParts::default() }.tail();
    }
    for index in 0..count {
        let parts = LnParts { f: f[index], s: s[index], n: n[index] };
        let gap = -parts.ln(tail[index]) * mean_gap_fs;
        let rounded = (gap + EXACT).to_bits() & ((1 << 52) - 1);
        words[index] = rounded + u64::from(rounded == 0);
    }
}

/// One block's spikes, drawn ahead into a buffer and handed out in order.
#[derive(Clone, Debug)]
pub struct Block {
    quartet: Quartet,
    /// Times and sources (within the block) drawn but not handed out: `head..`.
    times: Lined<[u64; BATCH]>,
    sources: Lined<[u16; BATCH]>,
    head: usize,
    /// Drawn spikes: `..drawn`.
    drawn: usize,
    /// When the episode ends, as far as is known: only a hint for how many to draw.
    end: u64,
    /// Spikes handed out since the episode began, and the time of the last of them.
    handed: u64,
    last_handed: u64,
    silent: bool,
}

impl Block {
    /// The block's process at the start of an episode.
    #[must_use]
    pub fn start(seed: u64, block: u32, episode: u64, rate: &BlockRate) -> Self {
        Self::resume(seed, block, episode, rate, 0, Time::ZERO)
    }

    /// The block's process after `handed` spikes, the last of them at `last`.
    #[must_use]
    pub fn resume(seed: u64, block: u32, episode: u64, rate: &BlockRate, handed: u64, last: Time) -> Self {
        let mut quartet = Quartet::new(seed, Purpose::Poisson, block, episode);
        // Four are drawn together: those of the four that were handed out are drawn again.
        let again = handed % 4;
        quartet.skip(handed - again);
        let mut this = Self {
            quartet,
            times: Lined([0; BATCH]),
            sources: Lined([0; BATCH]),
            head: 0,
            drawn: 0,
            end: u64::MAX,
            handed,
            last_handed: last.fs(),
            silent: rate.cells.is_empty(),
        };
        this.refill(rate, last.fs(), again as usize);
        this
    }

    /// Starts over for another episode without moving the buffers.
    pub fn restart(&mut self, seed: u64, block: u32, episode: u64, rate: &BlockRate) {
        self.quartet = Quartet::new(seed, Purpose::Poisson, block, episode);
        self.handed = 0;
        self.last_handed = 0;
        self.silent = rate.cells.is_empty();
        self.refill(rate, 0, 0);
    }

    /// Says when the episode ends. It changes no spike, only how many are drawn ahead.
    #[inline]
    pub fn expect_end(&mut self, end: u64) {
        self.end = end;
    }

    /// Spikes handed out, and the time of the last one: all there is to save.
    #[must_use]
    pub fn position(&self) -> (u64, Time) {
        (self.handed, Time::from_fs(self.last_handed))
    }

    /// Time of the next spike in femtoseconds; `u64::MAX` for a silent block.
    #[inline]
    #[must_use]
    pub fn next_time(&self) -> u64 {
        if self.silent { u64::MAX } else { self.times.0[self.head] }
    }

    /// Takes the next spike: time and source within the block.
    pub fn pop(&mut self, rate: &BlockRate) -> (u64, u16) {
        let spike = (self.times.0[self.head], self.sources.0[self.head]);
        self.consume(1, rate);
        spike
    }

    /// The drawn spikes before `horizon` (exclusive), at most a batch; empty if the next is later.
    #[inline]
    #[must_use]
    pub fn ready(&self, horizon: u64) -> (&[u64], &[u16]) {
        if self.silent {
            return (&[], &[]);
        }
        let times = &self.times.0[self.head..self.drawn];
        // Nearly always the whole buffer is ready: look at its end first.
        let count = if times[times.len() - 1] < horizon {
            times.len()
        } else {
            times.iter().take_while(|&&time| time < horizon).count()
        };
        (&times[..count], &self.sources.0[self.head..self.head + count])
    }

    /// Marks the first `count` drawn spikes as handed out.
    #[inline]
    pub fn consume(&mut self, count: usize, rate: &BlockRate) {
        if count == 0 {
            return;
        }
        self.last_handed = self.times.0[self.head + count - 1];
        self.handed += count as u64;
        self.head += count;
        if self.head == self.drawn {
            self.refill(rate, self.last_handed, 0);
        }
    }

    /// Draws a batch after time `last`, the first `again` of which were handed out before: words first, then
    /// logarithms and choices as plain array loops that the compiler turns into vector code.
    fn refill(&mut self, rate: &BlockRate, last: u64, again: usize) {
        if self.silent {
            return;
        }
        SCRATCH.with_borrow_mut(|scratch| vectorised(Draw { block: self, rate, last, again, scratch }));
        self.head = again;
    }

    /// Draws a batch, or less if less is expected to be wanted.
    #[inline(always)]
    fn draw(&mut self, rate: &BlockRate, last: u64, again: usize, scratch: &mut Scratch) {
        let expected = self.end.saturating_sub(last) as f64 / rate.mean_gap_fs;
        if expected < 0.75 * BATCH as f64 {
            self.draw_some::<{ REST / 4 }>(rate, last, again, scratch);
        } else {
            self.draw_some::<{ BATCH / 4 }>(rate, last, again, scratch);
        }
    }

    #[inline(always)]
    fn draw_some<const FOURS: usize>(
        &mut self,
        rate: &BlockRate,
        last: u64,
        again: usize,
        scratch: &mut Scratch,
    ) {
        let (words, marks) = (&mut scratch.words.0[..FOURS], &mut scratch.marks.0[..FOURS]);
        self.quartet.fill(words, marks);
        let (gaps, marks) = (words.as_flattened_mut(), marks.as_flattened());
        let short = rate.mean_gap_fs * 37.0 < EXACT;
        if rate.crowded() {
            gaps.iter_mut().for_each(|gap| *gap = crowded_gap_fs(*gap, rate.mean_gap_fs));
        } else if short {
            short_gaps_fs(gaps, &mut scratch.parts, rate.mean_gap_fs);
        } else {
            for gap in gaps.iter_mut() {
                *gap = gap_fs(*gap, rate.mean_gap_fs);
            }
        }
        gaps[..again].fill(0);
        let mut time = last;
        if last < FAR && short {
            // Far from the horizon: nothing to saturate, and the additions wait for nothing else.
            for (slot, &gap) in self.times.0.iter_mut().zip(&*gaps) {
                time += gap;
                *slot = time;
            }
        } else {
            for (slot, &gap) in self.times.0.iter_mut().zip(&*gaps) {
                // Saturates beyond the horizon, where nothing is delivered.
                time = (time + gap).min(i64::MAX as u64);
                *slot = time;
            }
        }
        let pairs = self.sources.0.iter_mut().zip(marks);
        if rate.even {
            let columns = rate.cells.len() as u64;
            // A product of two halves of words, as the mask says: one instruction.
            let column = |mark: u64| ((mark >> 32) * (columns & 0xFFFF_FFFF)) >> 32;
            pairs.for_each(|(source, &mark)| *source = column(mark) as u16);
        } else {
            let cells = &rate.cells[..];
            pairs.for_each(|(source, &mark)| *source = choose(cells, mark));
        }
        self.drawn = 4 * FOURS;
    }
}

/// The loops of [`Block::refill`].
struct Draw<'a> {
    block: &'a mut Block,
    rate: &'a BlockRate,
    last: u64,
    again: usize,
    scratch: &'a mut Scratch,
}

impl Work for Draw<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.block.draw(self.rate, self.last, self.again, self.scratch);
    }
}

#[cfg(test)]
mod tests {
    use super::super::AliasTable;
    use super::*;

    fn spikes(weights: &[u32], rate_hz: f64, until: f64) -> Vec<(u64, u16)> {
        let table = AliasTable::new(weights);
        let rate = BlockRate::new(&table.cells, rate_hz);
        let mut block = Block::start(1, 0, 0, &rate);
        let mut spikes = Vec::new();
        while block.next_time() < (until * 1e15) as u64 {
            spikes.push(block.pop(&rate));
        }
        spikes
    }

    #[test]
    fn counts_are_poisson_in_every_window_and_source() {
        // 3 sources at 10, 30 and 60 Hz over 400 s, counted in windows of 1 s: mean and variance agree.
        let spikes = spikes(&[1, 3, 6], 100.0, 400.0);
        for (source, rate) in [(0u16, 10.0), (1, 30.0), (2, 60.0)] {
            let mut counts = [0.0f64; 400];
            for &(time, _) in spikes.iter().filter(|spike| spike.1 == source) {
                counts[(time / 1_000_000_000_000_000) as usize] += 1.0;
            }
            let mean = counts.iter().sum::<f64>() / 400.0;
            let variance = counts.iter().map(|c| (c - mean) * (c - mean)).sum::<f64>() / 399.0;
            // Standard errors: sqrt(rate / 400) of the mean, about rate sqrt(2 / 400) of the variance.
            assert!((mean - rate).abs() < 4.0 * (rate / 400.0f64).sqrt(), "mean {mean} of {rate}");
            assert!(
                (variance / mean - 1.0).abs() < 4.0 * (2.0f64 / 400.0).sqrt(),
                "Fano {}",
                variance / mean
            );
        }
    }

    #[test]
    fn gaps_follow_the_exponential_law() {
        let mut gaps: Vec<f64> = Vec::new();
        let mut last = 0;
        for (time, _) in spikes(&[1], 1000.0, 20.0) {
            gaps.push((time - last) as f64 * 1e-12);
            last = time;
        }
        gaps.sort_by(f64::total_cmp);
        // Kolmogorov-Smirnov: D sqrt(n) exceeds 1.95 with probability 1e-3.
        let n = gaps.len() as f64;
        let d = gaps.iter().enumerate().fold(0.0f64, |d, (i, gap)| {
            let cdf = 1.0 - (-gap).exp();
            d.max((cdf - i as f64 / n).abs()).max((cdf - (i + 1) as f64 / n).abs())
        });
        assert!(d * n.sqrt() < 1.95, "D sqrt(n) = {}", d * n.sqrt());
    }

    #[test]
    fn a_block_resumes_at_any_spike() {
        let table = AliasTable::new(&[5, 1, 1]);
        let rate = BlockRate::new(&table.cells, 500.0);
        let mut whole = Block::start(9, 4, 2, &rate);
        for cut in 0..200u64 {
            let (handed, last) = whole.position();
            assert_eq!(handed, cut);
            let mut resumed = Block::resume(9, 4, 2, &rate, handed, last);
            // Of every length of batch, and on into the batches after.
            resumed.expect_end(if cut % 2 == 0 { u64::MAX } else { last.fs() + 10_000_000_000_000 });
            let mut further = whole.clone();
            for _ in 0..2 * BATCH + 3 {
                assert_eq!(resumed.next_time(), further.next_time());
                assert_eq!(resumed.pop(&rate), further.pop(&rate));
                assert_eq!(resumed.position(), further.position());
            }
            whole.pop(&rate);
        }
    }

    #[test]
    fn batches_hand_out_the_same_spikes_as_single_steps() {
        let table = AliasTable::new(&[5, 1, 1]);
        let rate = BlockRate::new(&table.cells, 500.0);
        let mut single = Block::start(9, 4, 2, &rate);
        let mut batched = Block::start(9, 4, 2, &rate);
        for step in 1..100u64 {
            let horizon = step * 17_000_000_000_000;
            loop {
                let (times, sources) = batched.ready(horizon);
                let count = times.len();
                let pairs: Vec<_> = times.iter().copied().zip(sources.iter().copied()).collect();
                for pair in pairs {
                    assert_eq!(single.pop(&rate), pair);
                }
                if count == 0 {
                    break;
                }
                batched.consume(count, &rate);
            }
            assert!(single.next_time() >= horizon);
        }
    }

    #[test]
    fn short_gaps_are_rounded_like_long_ones() {
        let mut stream = crate::random::Stream::new(3, Purpose::Measurement, 0, 0);
        for mean in [0.1, 3.0, 1e9, 1e13, 1.2e14] {
            for word in (0..2000).map(|_| stream.next_word()).chain([0, u64::MAX, 1 << 12, 1 << 63]) {
                let mut short = [word, word ^ 1 << 40];
                short_gaps_fs(&mut short, &mut [Lined([0.0; BATCH]); 4], mean);
                assert_eq!(short, [gap_fs(word, mean), gap_fs(word ^ 1 << 40, mean)], "{word:x} {mean}");
            }
        }
    }

    #[test]
    fn a_steady_rate_draws_the_same_spikes() {
        for (weights, rate) in [(vec![1; 1024], 2e7), (vec![3; 7], 5e3), (vec![1, 2, 0, 1], 5e3)] {
            let table = AliasTable::new(&weights);
            let (new, steady) = (BlockRate::new(&table.cells, rate), BlockRate::steady(&table.cells, rate));
            assert_eq!(steady.even, weights.iter().all(|&weight| weight == weights[0]));
            let mut one = Block::start(1, 0, 0, &new);
            let mut other = Block::start(1, 0, 0, &steady);
            for _ in 0..1000 {
                assert_eq!(one.pop(&new), other.pop(&steady));
            }
        }
    }

    #[test]
    fn a_silent_block_never_spikes() {
        let block = Block::start(1, 0, 0, &BlockRate::silent());
        assert_eq!(block.next_time(), u64::MAX);
    }
}
