//! Gradients that go back to the beginning of a window alone, against whole gradients of what lies in it.

use super::differences::{Drawn, SIZES, Shape, TAU, layers, lif, parameters, times};
use super::*;
use crate::engine::lockstep::{Kind, Net};
use crate::keys::{ModelKey, Reader};
use crate::network::Kernel;
use crate::random::{Purpose, Stream};
use crate::units::Second;

/// Where the one window ends and the other begins, and where that ends; in ms.
const BORDER: f64 = 15.0;
const UNTIL: f64 = 30.0;

/// L = sum of c z: what spikes and voltages of one window are worth does not depend on those of the other.
#[derive(Debug, PartialEq)]
struct Linear;

impl Objective for Linear {
    const NAME: &'static str = "linear";
    const TITLE: &'static str = "a weighted sum of the scores";
    const KEYS: &'static [ModelKey] = &[];

    fn from_keys(_: &mut Reader<'_>) -> Self {
        Self
    }

    fn judge(&self, scores: &[f64], _: usize, _: usize, slopes: &mut [f64]) -> f64 {
        slopes.iter_mut().zip([0.7, -1.3, 0.4].iter().cycle()).for_each(|(slope, c)| *slope = *c);
        scores.iter().zip(&*slopes).map(|(z, c)| z * c).sum()
    }

    fn told(&self) -> String {
        "a weighted sum".into()
    }
}

/// Spikes of lines of which every other one is heard in the second window, the others in the first: each so often, within `span` ms.
fn spikes(lines: u32, each: u32, span: f64, drawn: &mut Drawn) -> Vec<(f64, u32)> {
    let mut time = |line: u32| f64::from(line % 2) * BORDER + drawn.uniform(0.0, span);
    let mut spikes: Vec<(f64, u32)> =
        (0..each * lines).map(|k| ((time(k % lines) * 1e12).floor() / 1e12, k % lines)).collect();
    spikes.sort_by(|a, b| a.partial_cmp(b).unwrap());
    spikes
}

struct Asked<'a> {
    net: &'a Net,
    parameters: &'a Parameters<f64>,
    input: &'a [(f64, u32)],
    read: ReadOut,
    surrogate: Option<Surrogate>,
}

impl Asked<'_> {
    fn gradient(&self, until: f64, window: Option<f64>) -> (Parameters<f64>, Passage<f64>) {
        let &Self { net, parameters, input, read, surrogate } = self;
        let loss = Loss { read, objective: OpenObjective::new(Linear) };
        let (mut passage, mut gradient) = (Passage::default(), parameters.zeroed());
        passage.forward(net, parameters, (1, 0), input, until);
        passage.judge(net, parameters, until, &loss, Some(Target::Class(0)));
        passage.backward(net, parameters, Slopes { least: 0.0, surrogate, window }, &mut gradient);
        (gradient, passage)
    }

    /// Weights of the lines: those that are heard in the first window gain what they gain if all ends with it (`share` of that, by the
    /// length of the presentation), those of the second what they gain without any window. Returns how many of the first would have
    /// gained something else without.
    fn check(&self, share: f64, case: &str) -> usize {
        let (whole, passage) = self.gradient(UNTIL, None);
        let (once, _) = self.gradient(UNTIL, Some(UNTIL));
        assert_eq!(whole, once, "{case}: one window");
        let (truncated, _) = self.gradient(UNTIL, Some(BORDER));
        let (first, _) = self.gradient(BORDER, None);
        // Of the largest potential only one window knows.
        let later = passage.peaks().any(|(_, peak)| {
            let tape = &passage.tapes[self.net.layers.len() - 1];
            tape.groups[peak.group as usize].time >= BORDER
        });
        assert!(!later || matches!(self.read, ReadOut::MaxVoltage(_)), "{case}");
        let largest = whole.weights[0].iter().fold(0.0, |most: f64, g| most.max(g.abs()));
        assert!(largest > 0.0, "{case}");
        let mut cut = 0;
        for (place, &got) in truncated.weights[0].iter().enumerate() {
            let line = place / self.net.layers[0].stride;
            // (Recurrent rows come after those of the lines.)
            if line >= self.net.layers[0].inputs[0].rows {
                break;
            }
            let full = whole.weights[0][place];
            let want = if line % 2 == 1 { full } else { share * first.weights[0][place] };
            assert!((got - want).abs() <= 1e-9 * largest, "{case}, line {line}: {got}, not {want}");
            cut += usize::from(line.is_multiple_of(2) && (full - got).abs() > 1e-6 * largest);
        }
        cut
    }
}

#[test]
fn what_a_window_gains_is_of_that_window() {
    let sum = ReadOut::SpikeSum(SpikeSum { tau: 15.0, gain: 0.4 });
    let mean = ReadOut::MeanVoltage(Voltage { gain: 3.0 });
    let exponential = Shape::Exponential(0.5);
    // Kernel, hold, drive, recurrence.
    let cases = [
        (exponential, None, 2.0, 0.0),
        (exponential, Some(4e-3), 2.5, 3e-3),
        (Shape::Pulse, None, 1.2, 0.0),
        (Shape::Pulse, Some(4e-3), 1.8, 0.8e-3),
        (Shape::Alpha(0.3), Some(4e-3), 1.4, 0.0),
        (Shape::Exponential(2.7), None, 0.6, 0.0),
    ];
    for (number, (shape, hold, drive, back)) in (0..).zip(cases) {
        let (mut spiking, mut fading) = (0, 0);
        for repeat in 0..4 {
            let mut drawn = Drawn(Stream::new(41, Purpose::Measurement, number, repeat));
            let input = spikes(SIZES[0], 2, 10.0, &mut drawn);
            let delay = |layer: f64| 0.7e-3 * (1.0 + layer);
            let network = layers(times(&input), &lif(hold), shape, delay, back);
            let net = Net::new(&network).unwrap();
            let parameters = parameters(&net, 4.0 * drive, 1.2, &mut drawn);
            for (read, share, cut) in [(sum, 1.0, &mut spiking), (mean, BORDER / UNTIL, &mut fading)] {
                let net = net.clone().read_out(!matches!(read, ReadOut::MeanVoltage(_)), 1);
                let asked =
                    Asked { net: &net, parameters: &parameters, input: &input, read, surrogate: None };
                *cut += asked.check(share, &format!("case {number}, {repeat}, {read:?}"));
            }
        }
        assert!(spiking > 10 && fading > 10, "case {number}: {spiking} and {fading} are cut");
    }
}

#[test]
fn the_largest_potential_is_of_its_own_window() {
    let mut drawn = Drawn(Stream::new(43, Purpose::Measurement, 0, 0));
    let input = spikes(SIZES[0], 1, 10.0, &mut drawn);
    let network = layers(times(&input), &lif(None), Shape::Exponential(0.5), |_| 0.5e-3, 0.0);
    let net = Net::new(&network).unwrap().read_out(false, 1);
    let parameters = parameters(&net, 9.0, 1.2, &mut drawn);
    let read = ReadOut::MaxVoltage(Voltage { gain: 2.0 });
    let asked = Asked { net: &net, parameters: &parameters, input: &input, read, surrogate: None };
    let (truncated, passage) = asked.gradient(UNTIL, Some(BORDER));
    let tape = &passage.tapes[2];
    let windows: Vec<bool> =
        passage.peaks().map(|(_, peak)| tape.groups[peak.group as usize].time >= BORDER).collect();
    let (whole, _) = asked.gradient(UNTIL, None);
    let stride = net.layers[0].stride;
    let of = |gradient: &Parameters<f64>, second: usize| -> f64 {
        let rows = gradient.weights[0].chunks(stride).take(SIZES[0] as usize).enumerate();
        rows.filter(|(line, _)| line % 2 == second).flat_map(|(_, row)| row).map(|g| g.abs()).sum()
    };
    assert!(windows.iter().all(|second| *second), "{windows:?}");
    assert_eq!(of(&truncated, 0), 0.0);
    assert!(of(&whole, 0) > 0.0 && of(&whole, 1) > 0.0);
    assert!((of(&truncated, 1) / of(&whole, 1) - 1.0).abs() < 1e-12);
}

#[test]
fn surrogates_count_in_their_window() {
    let surrogate = Some(Surrogate { shape: super::Shape::FastSigmoid, steepness: 2.0 });
    let exponential = Kernel::Exponential { tau: Second::new(0.5 * TAU) };
    let read = ReadOut::SpikeSum(SpikeSum { tau: 15.0, gain: 0.4 });
    for (number, (second, hold, strength)) in
        (0..).zip([(Kernel::Delta, false, 0.25), (Kernel::Delta, true, 0.25), (exponential, false, 1.0)])
    {
        let mut drawn = Drawn(Stream::new(47, Purpose::Measurement, number, 0));
        let input = spikes(super::jumps::LINES, 4, 12.0, &mut drawn);
        let network = super::jumps::network([Kernel::Delta, second], hold, 0.4e-3, times(&input));
        let net = Net::new(&network).unwrap();
        assert_eq!(net.layers[0].kind, Kind::Jumps);
        let parameters = super::jumps::parameters(&net, &mut drawn, [0.3, strength]);
        let asked = Asked { net: &net, parameters: &parameters, input: &input, read, surrogate };
        let cut = asked.check(1.0, &format!("jumps {number}"));
        assert!(cut > 10, "jumps {number}: {cut} are cut");
    }
}
