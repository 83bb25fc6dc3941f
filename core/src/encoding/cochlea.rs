//! An event-driven cochlea: sound becomes spikes of hair cells, band by band.
//!
//! **Filters.** Band c passes what is near its centre f_c: a gammatone of fourth order, with the impulse response
//! t^3 e^(-2 pi b t) cos(2 pi f_c t), b = 1.019 ERB(f_c), as four equal resonators one behind the other. With a rate of f_s samples a second
//! and rho = e^(-2 pi b/f_s), each is
//!
//! z_k = rho e^(2 pi i f_c/f_s) z_(k-1) + (1 - rho) x_k,  and the band's signal is y = 2 Re z of the last,
//!
//! so that a tone at f_c passes with gain 1, and one df beside it with (1 + 4 rho sin^2(pi df/f_s)/(1 - rho)^2)^-2, which for b << f_s is the
//! gammatone's (1 + (df/b)^2)^-2. The centres are evenly spaced on the scale E(f) = 21.4 log10(1 + 4.37 f/kHz), from the lowest to the
//! highest, and ERB(f) = 24.7 Hz (1 + 4.37 f/kHz). Sources: B. R. Glasberg and B. C. J. Moore, *Hearing Research* 47, 103 (1990), for E and
//! ERB; M. Slaney, Apple technical report 35 (1993), for b and the order; V. Hohmann, *Acta Acustica united with Acustica* 88, 433 (2002),
//! for the resonators.
//!
//! **Hair cells.** The drive is d = max(y, 0)^power at every sample, a straight line in between. Each cell of the band is leaky:
//!
//! tau du/dt = -u + d(t); where u crosses its threshold, it spikes, u = 0, and it is deaf for `refractory`.
//!
//! Crossings are found in closed form ([`crossing`]), so spikes lie between samples. Cell j of a band has the threshold
//! `threshold` x `ratio`^j. Lines are counted cell by cell: cell j of band c is line j x bands + c. Everything is in units of the recording's
//! level: its root mean square, its peak, or full scale.

use super::encoder::{Encoder, Spikes};
use crate::hint::many;
use crate::keys::{ModelFault, ModelKey, Reader, choice, key, optional, required};
use crate::numeric::first_order::{advance, crossing};
use crate::numeric::{cos_pi, exp, ln, relaxation};
use crate::time::Time;
use crate::units::{Hertz, Second};
use std::f64::consts::{LN_10, PI};

/// What a recording is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Its root mean square.
    Rms,
    /// Its largest magnitude.
    Peak,
    /// What the file can hold at most.
    FullScale,
}

/// Band filters and hair cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cochlea {
    /// Samples a second.
    pub rate: u32,
    /// Number of bands.
    pub bands: u32,
    /// Centre of the lowest band, in Hz.
    pub f_min: f64,
    /// Centre of the highest band, in Hz.
    pub f_max: f64,
    /// What is taken from a sample of the one before it.
    pub emphasis: f64,
    /// What recordings are measured in.
    pub level: Level,
    /// Exponent of the drive.
    pub power: f64,
    /// Time constant of the hair cells.
    pub tau: Time,
    /// Threshold of the most sensitive cell of a band.
    pub threshold: f64,
    /// Hair cells of a band.
    pub cells: u32,
    /// Threshold of a cell over that of the one before.
    pub ratio: f64,
    /// How long a cell is deaf after a spike.
    pub refractory: Time,
}

/// b over ERB of a gammatone of fourth order.
const BANDWIDTH: f64 = 1.019;
/// 4.37/kHz.
const PER_HZ: f64 = 4.37e-3;

/// Equivalent rectangular bandwidth at a frequency, both in Hz.
#[must_use]
pub fn erb(f: f64) -> f64 {
    24.7 * (1.0 + PER_HZ * f)
}

/// Number of equivalent rectangular bandwidths below a frequency in Hz.
#[must_use]
pub fn erb_number(f: f64) -> f64 {
    21.4 / LN_10 * ln(1.0 + PER_HZ * f)
}

/// The resonators: stage k of band c is at k x bands + c.
struct Filters {
    /// Real and imaginary parts of rho e^(2 pi i f_c/f_s).
    cos: Vec<f64>,
    sin: Vec<f64>,
    /// 1 - rho.
    gain: Vec<f64>,
    re: Vec<f64>,
    im: Vec<f64>,
    /// Imaginary part of what has passed the stages before.
    beside: Vec<f64>,
}

const ORDER: usize = 4;

impl Filters {
    fn of(cochlea: &Cochlea) -> Self {
        let f_s = f64::from(cochlea.rate);
        let centres = cochlea.centres();
        let rho = |f: &f64| exp(-2.0 * PI * BANDWIDTH * erb(*f) / f_s);
        // f is below f_s/2: the angle 2 pi f/f_s is pi times something from 0 to 1.
        let cos = |f: &f64| rho(f) * cos_pi(2.0 * f / f_s);
        let sin = |f: &f64| rho(f) * cos_pi((2.0 * f / f_s - 0.5).abs());
        let silent = || vec![0.0; ORDER * centres.len()];
        Self {
            cos: centres.iter().map(cos).collect(),
            sin: centres.iter().map(sin).collect(),
            gain: centres.iter().map(|f| 1.0 - rho(f)).collect(),
            re: silent(),
            im: silent(),
            beside: vec![0.0; centres.len()],
        }
    }

    /// Takes in a sample and tells the signal of every band.
    fn advance(&mut self, sample: f64, signals: &mut [f64]) {
        let bands = signals.len();
        signals.fill(2.0 * sample);
        self.beside.fill(0.0);
        let (cos, sin, gain) = (&self.cos[..bands], &self.sin[..bands], &self.gain[..bands]);
        let beside = &mut self.beside[..bands];
        for (re, im) in self.re.chunks_exact_mut(bands).zip(self.im.chunks_exact_mut(bands)) {
            for c in 0..bands {
                let (x, y) = (re[c], im[c]);
                re[c] = cos[c] * x - sin[c] * y + gain[c] * signals[c];
                im[c] = sin[c] * x + cos[c] * y + gain[c] * beside[c];
                signals[c] = re[c];
                beside[c] = im[c];
            }
        }
    }
}

/// A hair cell: its membrane, and until when it is deaf, in seconds from the last sample.
#[derive(Clone, Copy, Default)]
struct Cell {
    u: f64,
    deaf: f64,
}

/// What is the same for all cells and samples.
struct Membrane {
    tau: f64,
    /// Seconds between samples.
    h: f64,
    refractory: f64,
    /// u(h) = kept u(0) + first d(0) + last d(h).
    kept: f64,
    first: f64,
    last: f64,
}

impl Membrane {
    fn of(cochlea: &Cochlea) -> Self {
        let (tau, h) = (cochlea.tau.as_seconds(), 1.0 / f64::from(cochlea.rate));
        let (step, ramp) = relaxation(h / tau);
        let last = ramp / (h / tau);
        let refractory = cochlea.refractory.as_seconds();
        Self { tau, h, refractory, kept: 1.0 - step, first: step - last, last }
    }

    /// From one sample to the next, under a drive that changes from `d0` to `d1`; tells when, after the first, the cell spikes.
    fn advance(&self, cell: &mut Cell, threshold: f64, [d0, d1]: [f64; 2], mut spike: impl FnMut(f64)) {
        if cell.deaf == 0.0 {
            let u = self.kept * cell.u + self.first * d0 + self.last * d1;
            // The membrane follows the drive: it cannot pass what the drive does not, and turns only where it meets it.
            let turns = d0 > cell.u && d1 < u;
            if d0.max(d1) <= threshold || (u < threshold && !turns) {
                cell.u = u;
                return;
            }
        }
        let slope = (d1 - d0) / self.h;
        let mut now = cell.deaf;
        while now < self.h {
            let (drive, left) = (d0 + slope * now, self.h - now);
            let Some(after) = crossing(self.tau, cell.u, drive, slope, threshold, left) else {
                cell.u = advance(self.tau, cell.u, drive, slope, left);
                now = self.h;
                break;
            };
            spike(now + after);
            cell.u = 0.0;
            now += after + self.refractory;
        }
        cell.deaf = now - self.h;
    }
}

impl Cochlea {
    /// Hair cells in all.
    #[must_use]
    pub fn hair_cells(&self) -> u32 {
        self.bands * self.cells
    }

    /// Centres of the bands in Hz, lowest first.
    #[must_use]
    pub fn centres(&self) -> Vec<f64> {
        let (low, high) = (erb_number(self.f_min), erb_number(self.f_max));
        let step = (high - low) / f64::from((self.bands - 1).max(1));
        let centre = |c: u32| (exp((low + step * f64::from(c)) * LN_10 / 21.4) - 1.0) / PER_HZ;
        (0..self.bands).map(centre).collect()
    }

    /// A recording with its high frequencies raised, in units of its level.
    fn levelled(&self, sound: &[f64]) -> Vec<f64> {
        let before = std::iter::once(&0.0).chain(sound);
        let mut sound: Vec<f64> = sound.iter().zip(before).map(|(x, w)| x - self.emphasis * w).collect();
        let unit = match self.level {
            Level::Rms => (sound.iter().map(|x| x * x).sum::<f64>() / sound.len().max(1) as f64).sqrt(),
            Level::Peak => sound.iter().fold(0.0, |most: f64, x| most.max(x.abs())),
            Level::FullScale => 1.0,
        };
        if unit > 0.0 {
            sound.iter_mut().for_each(|x| *x /= unit);
        }
        sound
    }

    /// Tells the spikes of a recording, sample after sample.
    pub fn hear(&self, sound: &[f64], spikes: &mut Spikes) {
        let (mut filters, membrane) = (Filters::of(self), Membrane::of(self));
        let bands = self.bands as usize;
        let mut cells = vec![Cell::default(); self.hair_cells() as usize];
        let higher = |below: &f64| Some(below * self.ratio);
        let thresholds: Vec<f64> =
            std::iter::successors(Some(self.threshold), higher).take(self.cells as usize).collect();
        let (mut before, mut drive) = (vec![0.0; bands], vec![0.0; bands]);
        for (k, sample) in self.levelled(sound).into_iter().enumerate() {
            filters.advance(sample, &mut drive);
            for d in &mut drive {
                *d = match d.max(0.0) {
                    d if self.power == 1.0 || d == 0.0 => d,
                    d => exp(self.power * ln(d)),
                };
            }
            if k > 0 {
                for (j, (row, &threshold)) in cells.chunks_exact_mut(bands).zip(&thresholds).enumerate() {
                    for (c, cell) in row.iter_mut().enumerate() {
                        membrane.advance(cell, threshold, [before[c], drive[c]], |after| {
                            let seconds = (k - 1) as f64 * membrane.h + after;
                            let time = Time::nearest(Second::of(seconds)).unwrap_or_default();
                            spikes.push((time, (j * bands + c) as u32));
                        });
                    }
                }
            }
            std::mem::swap(&mut before, &mut drive);
        }
    }
}

/// The words of [`Level`], in its order.
const LEVELS: &[(&str, &str)] = &[
    ("rms", "the root mean square of the recording"),
    ("peak", "the largest magnitude of the recording"),
    ("full_scale", "the largest magnitude that the file can hold"),
];

impl Encoder for Cochlea {
    const NAME: &'static str = "cochlea";
    const TITLE: &'static str = "sound as the spikes of hair cells behind band filters";
    const KEYS: &'static [ModelKey] = &[
        key("bands", "", "40", "number of bands", "setting"),
        key("f_min", "Hz", "100 Hz", "centre of the lowest band", "setting"),
        required(
            "f_max",
            "Hz",
            "centre of the highest band, below half the rate of the samples; the others lie between, evenly in equivalent rectangular bandwidths",
        ),
        key(
            "emphasis",
            "",
            "0.0",
            "how much of a sample is taken from the next one: raises high frequencies, by 6 dB per octave if it is close to 1",
            "setting",
        ),
        choice("level", LEVELS, "rms", "what `u_th` is in units of"),
        key(
            "power",
            "",
            "1.0",
            "exponent of the drive of the hair cells, below 1 if the ear compresses",
            "setting",
        ),
        required("tau", "s", "time constant of the hair cells"),
        required("u_th", "", "threshold of the most sensitive hair cell of a band"),
        key("cells", "", "1", "hair cells of a band", "setting"),
        optional(
            "ratio",
            "",
            "threshold of a hair cell over that of the one before",
            "2, if a band has several cells",
        ),
        required("refractory", "s", "how long a hair cell is deaf after a spike"),
    ];
    const SOUND: bool = true;

    fn from_keys(read: &mut Reader<'_>) -> Self {
        let bands = read.count("bands", 2, 10_000);
        let (f_min, f_max) = (read.above_zero("f_min"), read.above_zero("f_max"));
        let fine = f_min < f_max || read.faulty("f_min");
        read.require(
            "f_min",
            f_min,
            fine,
            format_args!("it must be below f_max, which is {}", Hertz::of(f_max)),
        );
        let level = [Level::Rms, Level::Peak, Level::FullScale].get(read.word("level")).copied();
        let cells = read.count("cells", 1, 100);
        let ratio = read.stated("ratio");
        if let Some(ratio) = ratio {
            read.checked("ratio", |ratio| ratio >= 1.001, "it must be 1.001 or more");
            read.require("ratio", ratio, cells > 1, "it has an effect with `cells` of at least 2 alone");
        }
        Self {
            rate: 0,
            bands,
            f_min,
            f_max,
            emphasis: read.share("emphasis"),
            level: level.unwrap_or(Level::Rms),
            power: read.above_zero("power"),
            tau: read.positive_span("tau"),
            threshold: read.above_zero("u_th"),
            cells,
            ratio: ratio.unwrap_or(2.0),
            refractory: read.span("refractory"),
        }
    }

    fn fit(&mut self, _: &[usize], rate: Option<u32>) -> Result<(), ModelFault> {
        self.rate = rate.unwrap_or(self.rate);
        let half = Hertz::of(f64::from(self.rate) / 2.0);
        if self.f_max < half.get() {
            return Ok(());
        }
        let allowed = format!("it must be below {half}, half the rate of the samples");
        Err(ModelFault { key: "f_max", value: Hertz::of(self.f_max).to_string(), allowed })
    }

    fn lines(&self, _: &[usize]) -> u32 {
        self.hair_cells()
    }

    fn spikes(&self, values: &[f64], _: &[usize], spikes: &mut Spikes) {
        self.hear(values, spikes);
    }

    fn told(&self) -> String {
        let (cells, f_min, f_max) =
            (many(self.hair_cells(), "hair cell"), Hertz::of(self.f_min), Hertz::of(self.f_max));
        format!("{cells} of {} bands from {f_min} to {f_max}", self.bands)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cochlea() -> Cochlea {
        Cochlea {
            rate: 16_000,
            bands: 9,
            f_min: 200.0,
            f_max: 4_000.0,
            emphasis: 0.0,
            level: Level::FullScale,
            power: 1.0,
            tau: Time::from_ms(2),
            threshold: 0.1,
            cells: 1,
            ratio: 2.0,
            refractory: Time::from_ms(3),
        }
    }

    /// Signals of all bands, sample by sample.
    fn signals(of: &Cochlea, sound: &[f64]) -> Vec<Vec<f64>> {
        let mut filters = Filters::of(of);
        let bands = of.bands as usize;
        sound
            .iter()
            .map(|&x| {
                let mut signal = vec![0.0; bands];
                filters.advance(x, &mut signal);
                signal
            })
            .collect()
    }

    #[test]
    fn bandwidths_and_places_are_those_of_glasberg_and_moore() {
        // Their table: 132.6 Hz at 1 kHz, 15.6 below it.
        assert!((erb(1_000.0) - 132.64).abs() < 0.01 && (erb_number(1_000.0) - 15.62).abs() < 0.01);
        let centres = cochlea().centres();
        assert!((centres[0] - 200.0).abs() < 1e-9 && (centres[8] - 4_000.0).abs() < 1e-9);
        let steps: Vec<f64> = centres.windows(2).map(|two| erb_number(two[1]) - erb_number(two[0])).collect();
        assert!(steps.iter().all(|step| (step - steps[0]).abs() < 1e-12), "{steps:?}");
        assert_eq!(Cochlea { bands: 1, ..cochlea() }.centres().len(), 1);
    }

    #[test]
    fn an_impulse_rings_as_four_poles_in_one_place() {
        // (k + 3 over 3) rho^k (1 - rho)^4 is what four equal geometric series make of each other.
        let one = cochlea();
        let mut sound = vec![0.0; 400];
        sound[0] = 1.0;
        let found = signals(&one, &sound);
        for (band, f) in one.centres().into_iter().enumerate() {
            let rho = (-2.0 * PI * 1.019 * erb(f) / 16_000.0).exp();
            for (k, signal) in (0..).zip(&found) {
                let k = f64::from(k);
                let paths = (k + 1.0) * (k + 2.0) * (k + 3.0) / 6.0;
                let turn = (2.0 * PI * f * k / 16_000.0).cos();
                let want = 2.0 * paths * rho.powf(k) * (1.0 - rho).powi(4) * turn;
                assert!((signal[band] - want).abs() < 1e-13, "band {band}, sample {k}");
            }
        }
    }

    #[test]
    fn a_tone_passes_at_the_centre_and_a_quarter_of_it_one_bandwidth_beside() {
        let one = cochlea();
        for (band, f) in one.centres().into_iter().enumerate().skip(2) {
            let gain = |tone: f64| {
                let angle = |k: usize| 2.0 * PI * tone * k as f64 / 16_000.0;
                let sound: Vec<f64> = (0..16_000).map(|k| angle(k).cos()).collect();
                let found = signals(&one, &sound);
                let part = |of: fn(f64) -> f64| {
                    (8_000..16_000).map(|k| found[k][band] * of(angle(k))).sum::<f64>() / 4_000.0
                };
                part(f64::cos).hypot(part(f64::sin))
            };
            assert!((gain(f) - 1.0).abs() < 5e-3, "{f}: {}", gain(f));
            for df in [erb(f), -erb(f)] {
                let analog = (1.0 + (df / (1.019 * erb(f))).powi(2)).powi(-2);
                // What is above the rate of samples folds back, the more the wider the band.
                let allowed = 0.01 + 0.1 * erb(f) / 16_000.0;
                assert!((gain(f + df) - analog).abs() < allowed, "{f} {df}: {} {analog}", gain(f + df));
            }
        }
    }

    /// Spikes of a hair cell under a drive that is given at every sample.
    fn driven(of: &Cochlea, drive: &[f64]) -> Vec<f64> {
        let (membrane, mut cell, mut spikes) = (Membrane::of(of), Cell::default(), Vec::new());
        for (k, two) in drive.windows(2).enumerate() {
            membrane.advance(&mut cell, of.threshold, [two[0], two[1]], |after| {
                spikes.push(k as f64 / f64::from(of.rate) + after);
            });
        }
        spikes
    }

    #[test]
    fn under_a_constant_drive_a_cell_fires_like_a_lif() {
        let one = cochlea();
        let spikes = driven(&one, &[0.25; 800]);
        let period = 2e-3 * (0.25_f64 / (0.25 - 0.1)).ln();
        assert_eq!(spikes.len(), ((0.05 - 1.0 / 16e3 + 3e-3) / (period + 3e-3)).floor() as usize);
        for (n, spike) in spikes.iter().enumerate() {
            let want = (n + 1) as f64 * period + n as f64 * 3e-3;
            assert!((spike - want).abs() < 1e-12, "{n}: {spike} {want}");
        }
        assert!(driven(&one, &[0.1; 800]).is_empty());
    }

    #[test]
    fn under_a_ramp_a_cell_fires_where_the_closed_form_is_at_threshold() {
        let one = cochlea();
        let ramp: Vec<f64> = (0..400).map(|k| 20.0 * f64::from(k) / 16e3).collect();
        let first = driven(&one, &ramp)[0];
        let s = first / 2e-3;
        assert!((20.0 * 2e-3 * (s - 1.0 + (-s).exp()) - 0.1).abs() < 1e-12, "{first}");
    }

    #[test]
    fn the_onset_of_a_tone_is_heard_when_its_band_has_risen() {
        let one = cochlea();
        let f = one.centres()[4];
        let (b, onset) = (2.0 * PI * 1.019 * erb(f), 0.05);
        let tone = |k: u32| (f64::from(k) / 16e3 - onset).max(0.0);
        let sound: Vec<f64> = (0..3_200).map(|k| (2.0 * PI * f * tone(k)).sin()).collect();
        let mut spikes = Vec::new();
        one.hear(&sound, &mut spikes);
        let first =
            spikes.iter().filter(|spike| spike.1 == 4).map(|spike| spike.0.as_seconds()).next().unwrap();
        // The envelope of four poles rises as the fourth arrival of a Poisson process; the cell is integrated in small steps.
        let (mut u, mut t, dt) = (0.0, 0.0, 1e-7);
        while u < 0.1 {
            let x: f64 = b * t;
            let envelope = 1.0 - (-x).exp() * (1.0 + x + x * x / 2.0 + x * x * x / 6.0);
            u += (envelope * (2.0 * PI * f * t).sin().max(0.0) - u) * dt / 2e-3;
            t += dt;
        }
        assert!((first - onset - t).abs() < 2.0 / 16e3, "{first}, {}", onset + t);
        assert!(spikes.iter().all(|spike| spike.0.as_seconds() > onset));
        // No band speaks more than that of the tone.
        let count = |line: u32| spikes.iter().filter(|spike| spike.1 == line).count();
        assert!((0..9).all(|line| count(line) <= count(4)) && count(0) == 0);
    }

    #[test]
    fn louder_recordings_are_the_same_where_their_level_is_their_own() {
        let sound: Vec<f64> =
            (0..3_200).map(|k| 0.2 * (0.3 * f64::from(k)).sin() * (0.002 * f64::from(k)).sin()).collect();
        let twice: Vec<f64> = sound.iter().map(|x| 2.0 * x).collect();
        let heard = |level, sound: &[f64]| {
            let mut spikes = Vec::new();
            Cochlea { level, cells: 2, ..cochlea() }.hear(sound, &mut spikes);
            spikes
        };
        for level in [Level::Rms, Level::Peak] {
            assert!(!heard(level, &sound).is_empty());
            assert_eq!(heard(level, &sound), heard(level, &twice));
        }
        assert!(heard(Level::FullScale, &sound).len() < heard(Level::FullScale, &twice).len());
        // The second cell of a band hears less than the first.
        let of = heard(Level::Rms, &sound);
        let [first, second] = [0, 1].map(|cell| of.iter().filter(|spike| spike.1 / 9 == cell).count());
        assert!(0 < second && second < first, "{first} {second}");
        assert!(heard(Level::Rms, &[0.0; 100]).is_empty());
    }

    #[test]
    fn the_drive_is_compressed_by_its_power() {
        // A drive of 0.04 under the power 1/2 is 0.2.
        let one = Cochlea { power: 0.5, ..cochlea() };
        let tone = |amplitude: f64| -> Vec<f64> {
            let f = cochlea().centres()[4];
            (0..1_600).map(|k| amplitude * (2.0 * PI * f * f64::from(k) / 16e3).sin()).collect()
        };
        let count = |of: &Cochlea, amplitude| {
            let mut spikes = Vec::new();
            of.hear(&tone(amplitude), &mut spikes);
            spikes.iter().filter(|spike| spike.1 == 4).count()
        };
        assert_eq!(count(&cochlea(), 0.1), 0);
        assert!(count(&one, 0.1) > 5);
    }
}
