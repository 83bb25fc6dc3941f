//! Pulses as linear segments and impulses.
//!
//! Values are in the unit of what the pulse carries (volts on an electrode, amperes into a membrane, or
//! 1 for a shape to be scaled), times are offsets from the pulse's start. Between segments the
//! value is zero, and at a jump it is the one that follows: intervals are half-open.

use crate::time::Time;
use serde::{Deserialize, Serialize};

/// A straight piece from `from` at `start` to `to` at `end`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Where it begins, from the start of the pulse.
    pub start: Time,
    /// Where it ends (exclusive).
    pub end: Time,
    /// Value at `start`.
    pub from: f64,
    /// Value towards `end`.
    pub to: f64,
}

/// All of a pulse's area at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Impulse {
    /// Offset from the start of the pulse.
    pub at: Time,
    /// Integral over the impulse: V s or C.
    pub area: f64,
}

/// A pulse: segments in order of time that do not overlap, and impulses in order of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Waveform {
    /// Straight pieces, in order.
    pub segments: Vec<Segment>,
    /// Areas at single instants, in order.
    pub impulses: Vec<Impulse>,
}

/// What changes at an offset: an engine applies it as one event.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Breakpoint {
    /// Offset from the start of the pulse.
    pub at: Time,
    /// Area of an impulse at this instant.
    pub area: f64,
    /// Jump of the value.
    pub level: f64,
    /// Jump of the slope, per second.
    pub slope: f64,
}

impl Segment {
    /// Length in seconds.
    #[must_use]
    pub fn length(&self) -> f64 {
        self.end.seconds_since(self.start)
    }

    /// Change per second.
    #[must_use]
    pub fn slope(&self) -> f64 {
        (self.to - self.from) / self.length()
    }

    /// The value at `at`, which must lie in [start, end]; exact at both ends.
    #[must_use]
    pub fn value_at(&self, at: Time) -> f64 {
        if at == self.end {
            return self.to;
        }
        let part = (at.fs() - self.start.fs()) as f64 / (self.end.fs() - self.start.fs()) as f64;
        self.from + (self.to - self.from) * part
    }

    /// Integral of the value: (Va + Vb) L/2.
    #[must_use]
    pub fn integral(&self) -> f64 {
        0.5 * (self.from + self.to) * self.length()
    }

    /// Integral of the squared value: (Va^2 + Va Vb + Vb^2) L/3.
    ///
    /// Times a conductance it is the energy the segment leaves in it.
    #[must_use]
    pub fn square_integral(&self) -> f64 {
        let sum = self.from + self.to;
        // Va^2 + Va Vb + Vb^2 = ((Va + Vb)^2 + Va^2 + Vb^2)/2: a sum of squares, never negative.
        0.5 * (sum * sum + self.from * self.from + self.to * self.to) * self.length() / 3.0
    }
}

impl Waveform {
    /// An impulse at the start.
    #[must_use]
    pub fn impulse(area: f64) -> Self {
        Self { segments: Vec::new(), impulses: vec![Impulse { at: Time::ZERO, area }] }
    }

    /// A rectangle.
    #[must_use]
    pub fn rectangle(amplitude: f64, width: Time) -> Self {
        Self::joined(&[(Time::ZERO, width, amplitude, amplitude)])
    }

    /// A symmetric triangle of base `width`; its integral is peak width/2. (The peak of an odd width is half a
    /// femtosecond early.)
    #[must_use]
    pub fn triangle(peak: f64, width: Time) -> Self {
        let half = Time::from_fs(width.fs() / 2);
        Self::joined(&[(Time::ZERO, half, 0.0, peak), (half, width, peak, 0.0)])
    }

    /// A short triangular main lobe and a long tail of the opposite sign, the shape with which the
    /// overlap of two pulses gives an exponential learning window.
    ///
    /// With s counted from the peak of the lobe: peak (1 - |s|/w) for |s| < w, then
    /// -tail (1 - s/T) for w <= s < T. The waveform starts with the lobe, w before its peak. Where the
    /// pre-synaptic pulse goes to the electrode that SETs when positive, `peak` is negative there.
    ///
    /// Source: Zamarreno-Ramos et al., Front. Neurosci. 5:26 (2011), after Yan et al., fig. 3.
    #[must_use]
    pub fn biphasic(peak: f64, half_width: Time, tail: f64, tail_length: Time) -> Self {
        let (w, lobe) = (half_width, half_width.after(half_width));
        let mut pieces = vec![(Time::ZERO, w, 0.0, peak), (w, lobe, peak, 0.0)];
        if tail_length > half_width {
            let left = (tail_length.fs() - w.fs()) as f64 / tail_length.fs() as f64;
            pieces.push((lobe, w.after(tail_length), -tail * left, 0.0));
        }
        Self::joined(&pieces)
    }

    /// (start, end, from, to), without the empty ones.
    fn joined(pieces: &[(Time, Time, f64, f64)]) -> Self {
        let segments = pieces.iter().filter(|p| p.0 < p.1);
        let segments = segments.map(|&(start, end, from, to)| Segment { start, end, from, to }).collect();
        Self { segments, impulses: Vec::new() }
    }

    /// Offset after which the value stays zero.
    #[must_use]
    pub fn end(&self) -> Time {
        let segments = self.segments.last().map_or(Time::ZERO, |s| s.end);
        segments.max(self.impulses.last().map_or(Time::ZERO, |i| i.at))
    }

    /// The value from `at` on (impulses have no value).
    #[must_use]
    pub fn value_at(&self, at: Time) -> f64 {
        let next = self.segments.partition_point(|s| s.end <= at);
        self.segments.get(next).filter(|s| s.start <= at).map_or(0.0, |s| s.value_at(at))
    }

    /// The value up to `at`: that before a jump.
    fn value_before(&self, at: Time) -> f64 {
        let next = self.segments.partition_point(|s| s.end < at);
        self.segments.get(next).filter(|s| s.start < at).map_or(0.0, |s| s.value_at(at))
    }

    /// Every offset at which something changes, in order, each once.
    #[must_use]
    pub fn breakpoints(&self) -> Vec<Breakpoint> {
        let mut all: Vec<Breakpoint> = Vec::with_capacity(2 * self.segments.len() + self.impulses.len());
        for s in &self.segments {
            let slope = s.slope();
            all.push(Breakpoint { at: s.start, area: 0.0, level: s.from, slope });
            all.push(Breakpoint { at: s.end, area: 0.0, level: -s.to, slope: -slope });
        }
        all.extend(self.impulses.iter().map(|i| Breakpoint {
            at: i.at,
            area: i.area,
            level: 0.0,
            slope: 0.0,
        }));
        all.sort_by_key(|b| b.at); // stable: jumps of equal time are added in the order of the segments
        all.dedup_by(|later, kept| {
            let same = later.at == kept.at;
            if same {
                kept.area += later.area;
                kept.level += later.level;
                kept.slope += later.slope;
            }
            same
        });
        all.retain(|b| b.area != 0.0 || b.level != 0.0 || b.slope != 0.0);
        all
    }

    /// Integral of the value: V s for a voltage, the charge for a current.
    #[must_use]
    pub fn charge(&self) -> f64 {
        let areas = self.segments.iter().map(Segment::integral).chain(self.impulses.iter().map(|i| i.area));
        areas.fold(0.0, |sum, area| sum + area)
    }

    /// Integral of the squared value; `None` for impulses, whose square has no integral.
    #[must_use]
    pub fn square_integral(&self) -> Option<f64> {
        let squares = self.segments.iter().map(Segment::square_integral);
        self.impulses.is_empty().then(|| squares.fold(0.0, |sum, square| sum + square))
    }

    /// The same waveform with the segment that contains `at` cut in two.
    #[must_use]
    pub fn split(&self, at: Time) -> Self {
        let mut segments = Vec::with_capacity(self.segments.len() + 1);
        for &s in &self.segments {
            if s.start < at && at < s.end {
                let middle = s.value_at(at);
                segments.push(Segment { end: at, to: middle, ..s });
                segments.push(Segment { start: at, from: middle, ..s });
            } else {
                segments.push(s);
            }
        }
        Self { segments, impulses: self.impulses.clone() }
    }

    /// Every value times `factor`.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let scale = |s: &Segment| Segment { from: s.from * factor, to: s.to * factor, ..*s };
        let area = |i: &Impulse| Impulse { area: i.area * factor, ..*i };
        Self {
            segments: self.segments.iter().map(scale).collect(),
            impulses: self.impulses.iter().map(area).collect(),
        }
    }

    /// Later by `by`.
    #[must_use]
    pub fn shifted(&self, by: Time) -> Self {
        let shift = |s: &Segment| Segment { start: s.start.after(by), end: s.end.after(by), ..*s };
        let at = |i: &Impulse| Impulse { at: i.at.after(by), ..*i };
        Self {
            segments: self.segments.iter().map(shift).collect(),
            impulses: self.impulses.iter().map(at).collect(),
        }
    }

    /// Both at once: values add.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let mut edges: Vec<Time> =
            self.segments.iter().chain(&other.segments).flat_map(|s| [s.start, s.end]).collect();
        edges.sort_unstable();
        edges.dedup();
        let covers = |w: &Self, at: Time| {
            let next = w.segments.partition_point(|s| s.end <= at);
            w.segments.get(next).is_some_and(|s| s.start <= at)
        };
        let mut segments = Vec::new();
        for edge in edges.windows(2) {
            let (start, end) = (edge[0], edge[1]);
            if covers(self, start) || covers(other, start) {
                let from = self.value_at(start) + other.value_at(start);
                let to = self.value_before(end) + other.value_before(end);
                segments.push(Segment { start, end, from, to });
            }
        }
        let mut impulses: Vec<Impulse> = self.impulses.iter().chain(&other.impulses).copied().collect();
        impulses.sort_by_key(|i| i.at);
        Self { segments, impulses }
    }

    /// What a device between two electrodes sees: this one's value minus the other's, V_pre - V_post.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        self.plus(&-other)
    }
}

impl std::ops::Neg for &Waveform {
    type Output = Waveform;

    fn neg(self) -> Waveform {
        self.scaled(-1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::FS_PER_SECOND;
    use proptest::prelude::*;

    fn ms(t: f64) -> Time {
        Time::from_fs((t * 1e-3 * FS_PER_SECOND) as u64)
    }

    #[test]
    fn a_rectangle_holds_from_its_start_up_to_its_end() {
        let w = Waveform::rectangle(0.2, ms(1.0));
        assert_eq!(w.value_at(Time::ZERO), 0.2);
        assert_eq!(w.value_at(Time::from_fs(ms(1.0).fs() - 1)), 0.2);
        assert_eq!(w.value_at(ms(1.0)), 0.0);
        assert!((w.charge() - 0.2e-3).abs() < 1e-18);
        assert!((w.square_integral().unwrap() - 0.04e-3).abs() < 1e-18);
        let at = |b: &Breakpoint| (b.at, b.level, b.slope);
        let breakpoints: Vec<_> = w.breakpoints().iter().map(at).collect();
        assert_eq!(breakpoints, [(Time::ZERO, 0.2, 0.0), (ms(1.0), -0.2, 0.0)]);
    }

    #[test]
    fn a_triangle_peaks_in_the_middle_and_has_a_third_of_the_rectangles_energy() {
        let w = Waveform::triangle(0.3, ms(2.0));
        assert_eq!(w.value_at(Time::ZERO), 0.0);
        assert_eq!(w.value_at(ms(1.0)), 0.3);
        assert!((w.value_at(ms(0.5)) - 0.15).abs() < 1e-16);
        assert!((w.charge() - 0.3 * 2e-3 / 2.0).abs() < 1e-18);
        assert!((w.square_integral().unwrap() - 0.09 * 2e-3 / 3.0).abs() < 1e-18);
        let slopes: Vec<f64> = w.breakpoints().iter().map(|b| b.slope).collect();
        assert_eq!(slopes.len(), 3);
        for (slope, want) in slopes.iter().zip([300.0, -600.0, 300.0]) {
            assert!((slope - want).abs() < 1e-9);
        }
        assert!(w.breakpoints().iter().all(|b| b.level == 0.0), "a triangle has no jump");
        let odd = Waveform::triangle(1.0, Time::from_fs(1));
        assert_eq!(odd.segments.len(), 1);
        assert!((odd.charge() - 0.5e-15).abs() < 1e-30);
    }

    #[test]
    fn an_impulse_is_all_area_and_has_no_energy() {
        let w = Waveform::impulse(3e-6);
        assert_eq!((w.charge(), w.value_at(Time::ZERO), w.square_integral()), (3e-6, 0.0, None));
        assert_eq!(w.breakpoints(), [Breakpoint { at: Time::ZERO, area: 3e-6, level: 0.0, slope: 0.0 }]);
        assert!(Waveform::rectangle(1.0, Time::ZERO).segments.is_empty());
    }

    #[test]
    fn a_biphasic_pulse_follows_its_two_formulas() {
        let (peak, w, tail, t) = (0.18945, 5.0, 0.1, 654.1);
        let pulse = Waveform::biphasic(peak, ms(w), tail, ms(t));
        for k in 0..7000 {
            let offset = 0.1 * f64::from(k);
            let s = offset - w;
            let want = match s {
                s if s < w => peak * (1.0 - s.abs() / w),
                s if s < t => -tail * (1.0 - s / t),
                _ => 0.0,
            };
            let got = pulse.value_at(ms(offset));
            // 0.1 ms steps hit the jump at s = w only to rounding: compare beside it.
            if (s - w).abs() > 1e-6 {
                assert!((got - want).abs() < 1e-12, "s = {s} ms: {got} V, not {want} V");
            }
        }
        assert_eq!(pulse.end(), ms(w).after(ms(t)));
        assert_eq!(Waveform::biphasic(0.2, ms(5.0), 0.1, ms(1.0)).segments.len(), 2);
    }

    #[test]
    fn two_equal_pulses_cancel_across_a_device() {
        let pulse = Waveform::biphasic(0.2, ms(5.0), 0.1, ms(300.0));
        let device = pulse.minus(&pulse);
        assert!(device.segments.iter().all(|s| s.from == 0.0 && s.to == 0.0));
        assert!(device.breakpoints().is_empty());
    }

    #[test]
    fn the_partners_lobe_sees_the_tail_it_meets() {
        // V = A_p (1 - |s|/w) + A_t (1 - (dt + s)/T) while the post lobe (peak at s = 0) meets the pre tail.
        let (peak, w, tail, t, dt) = (0.25, 5.0, 0.1, 320.0, 20.0);
        let pre = -&Waveform::biphasic(peak, ms(w), tail, ms(t));
        let post = -&Waveform::biphasic(peak, ms(w), tail, ms(t)).shifted(ms(dt));
        let device = pre.minus(&post);
        for k in -49..50 {
            let s = 0.1 * f64::from(k);
            let want = peak * (1.0 - s.abs() / w) + tail * (1.0 - (dt + s) / t);
            assert!((device.value_at(ms(w + dt + s)) - want).abs() < 1e-12, "s = {s} ms");
        }
    }

    fn waveforms() -> impl Strategy<Value = Waveform> {
        let shape = (0..4u8, -1.0..1.0f64, 1..2_000_000_000u64, 1..9_000_000_000u64, 0..3_000_000_000u64);
        shape.prop_map(|(kind, v, width, tail, shift)| {
            let (width, tail) = (Time::from_fs(width), Time::from_fs(tail));
            let pulse = match kind {
                0 => Waveform::impulse(v),
                1 => Waveform::rectangle(v, width),
                2 => Waveform::triangle(v, width),
                _ => Waveform::biphasic(v, width, 0.4 * v, tail),
            };
            pulse.shifted(Time::from_fs(shift))
        })
    }

    proptest! {
        #[test]
        fn splitting_changes_nothing(w in waveforms(), cut in 0..12_000_000_000u64, at in 0..12_000_000_000u64) {
            let split = w.split(Time::from_fs(cut));
            let at = Time::from_fs(at);
            prop_assert!((split.value_at(at) - w.value_at(at)).abs() < 1e-14);
            prop_assert!((split.charge() - w.charge()).abs() <= 1e-14 * w.charge().abs().max(1e-6));
            if let (Some(split), Some(whole)) = (split.square_integral(), w.square_integral()) {
                prop_assert!((split - whole).abs() <= 1e-14 * whole.max(1e-6));
            }
        }

        #[test]
        fn the_breakpoints_rebuild_the_waveform(w in waveforms(), v in waveforms(), at in 0..15_000_000_000u64) {
            let sum = w.plus(&v);
            let (mut level, mut slope, mut area, mut since) = (0.0, 0.0, 0.0, Time::ZERO);
            let at = Time::from_fs(at);
            let mut steepest = 1.0f64;
            for b in sum.breakpoints().iter().filter(|b| b.at <= at) {
                level += slope * b.at.seconds_since(since) + b.level;
                slope += b.slope;
                area += b.area;
                since = b.at;
                steepest = steepest.max(b.slope.abs() * 1e-6);
            }
            level += slope * at.seconds_since(since);
            prop_assert!((level - sum.value_at(at)).abs() < 1e-13 * steepest, "{} {}", level, sum.value_at(at));
            let given: f64 = sum.impulses.iter().filter(|i| i.at <= at).map(|i| i.area).sum();
            prop_assert_eq!(area, given);
        }

        #[test]
        fn a_sum_has_the_sum_of_values_and_integrals(w in waveforms(), v in waveforms(), at in 0..15_000_000_000u64) {
            let at = Time::from_fs(at);
            let sum = w.plus(&v);
            prop_assert!((sum.value_at(at) - w.value_at(at) - v.value_at(at)).abs() < 1e-14);
            prop_assert!((sum.charge() - w.charge() - v.charge()).abs() < 1e-14 * (w.charge().abs() + v.charge().abs() + 1e-5));
            prop_assert!(sum.segments.windows(2).all(|s| s[0].end <= s[1].start));
        }

        #[test]
        fn the_square_of_a_segment_is_integrated_exactly(from in -1.0..1.0f64, to in -1.0..1.0f64) {
            let s = Segment { start: Time::ZERO, end: ms(3.0), from, to };
            let want = (from * from + from * to + to * to) * 3e-3 / 3.0;
            prop_assert!(s.square_integral() >= 0.0);
            prop_assert!((s.square_integral() - want).abs() < 1e-17);
        }
    }
}
