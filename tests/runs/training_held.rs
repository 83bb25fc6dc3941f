//! Training and testing read-outs that are deaf after a spike or reset to a level: the gradient and the
//! on-times are those of slow computations, and the bits depend on neither engine nor threads.

use crate::readouts::{
    Desk, PRESENTATION, SEED, SURROGATE, network, recorded, settings, several, some_large, surrogates,
    train_samples, trained, values,
};
use memspike::device::threshold::ThresholdSpread;
use memspike::engine::{Engine, Record};
use memspike::network::{Network, Weights};
use memspike::neuron::{Floor, Lif, Neuron, Reset, Switch};
use memspike::readout::cross_entropy;
use memspike::training::{Settings, Surrogate, Trainer};
use memspike::units::Second;
use std::sync::Arc;

fn switch(cycle: f64, device: f64) -> Switch {
    Switch { spread: ThresholdSpread { cycle, device, ..ThresholdSpread::default() }, ..Switch::default() }
}

/// Every way in which a spike can act on the membrane and the arrivals after it.
fn readouts() -> Vec<(&'static str, Neuron)> {
    let lif = |reset, t_ref: f64| Neuron::from(Lif { reset, t_ref: Second::new(t_ref), ..Lif::default() });
    vec![
        ("reset to rest", lif(Reset::Rest, 0.0)),
        ("reset to hold", lif(Reset::Hold, 0.0)),
        ("reset to rest and deaf", lif(Reset::Rest, 3e-3)),
        ("subtracting and deaf", lif(Reset::Subtract, 3e-3)),
        ("subtracting once", lif(Reset::SubtractOnce, 0.0)),
        ("with a floor", Lif { floor: Floor::Rest, reset: Reset::Subtract, ..Lif::default() }.into()),
        ("switch", switch(0.0, 0.0).into()),
        ("switch without a floor", Switch { floor: Floor::None, ..switch(0.0, 0.0) }.into()),
        ("switch with spread", switch(0.08, 0.05).into()),
    ]
}

/// A neuron followed through the stream: its membrane relative to rest, its thresholds and its holds.
struct Followed<'a> {
    network: &'a Arc<Network>,
    neuron: u32,
    x: f64,
    /// Since when it moves freely.
    free: u64,
    now: u64,
    fired: u32,
    /// Decay of its membrane since the last event.
    decay: f64,
}

impl<'a> Followed<'a> {
    fn new(network: &'a Arc<Network>, neuron: u32) -> Self {
        Self { network, neuron, x: 0.0, free: 0, now: 0, fired: 0, decay: 1.0 }
    }

    fn held(&self, time: u64) -> bool {
        time < self.free
    }

    fn advance(&mut self, time: u64) {
        let tau = self.network.populations[0].lif.tau_m.get();
        let from = self.now.max(self.free).min(time);
        self.decay = (-((time - from) as f64) * 1e-15 / tau).exp();
        self.x *= self.decay;
        self.now = time;
    }

    /// A jump; whether it would take it below its floor.
    fn jump(&mut self, weight: f64) -> bool {
        self.x += weight;
        let lifted = self.network.populations[0].lif.floor == Floor::Rest && self.x < 0.0;
        if lifted {
            self.x = 0.0;
        }
        lifted
    }

    /// Threshold of the cycle, drawn anew by its definition.
    fn v_th(&self, episode: u64) -> f64 {
        let population = &self.network.populations[0];
        let Some(switch) = population.neuron.switch() else { return population.lif.v_th.get() };
        let median = switch.spread.thresholds(&switch.device).median(SEED, self.neuron);
        let mut stream =
            memspike::random::Stream::new(SEED, memspike::random::Purpose::Threshold, self.neuron, episode);
        let drawn = (0..=self.fired).map(|_| stream.next_word()).last().unwrap();
        switch.spread.thresholds(&switch.device).cycle(median, drawn)
    }

    fn fire(&mut self, time: u64, episode: u64) -> u64 {
        let lif = &self.network.populations[0].lif;
        let v_th = self.v_th(episode);
        let rest = lif.u_rest.get();
        self.x = match lif.reset {
            Reset::Rest => 0.0,
            Reset::Value => lif.u_reset.get() - rest,
            Reset::Hold => lif.v_hold.get() - rest,
            Reset::Subtract | Reset::SubtractOnce => self.x - lif.theta(),
        };
        let seconds = match self.network.populations[0].neuron.switch() {
            Some(_) => lif.tau_m.get() * ((v_th - rest) / (lif.v_hold.get() - rest)).ln(),
            None => lif.t_ref.get(),
        };
        let span = (seconds * 1e15).round() as u64;
        self.free = time + span;
        self.fired += 1;
        span
    }
}

/// dL/dw of one neuron by its definition: a trace per input, which decays with the membrane, is lost where
/// an arrival is, and forgotten where the reset forgets.
fn slow_gradient(
    network: &Arc<Network>,
    values: &[f64],
    records: &[Record],
    error: f64,
    neuron: u32,
    episode: u64,
) -> Vec<f64> {
    let lif = &network.populations[0].lif;
    let several = several(lif, values);
    let outputs = network.populations[0].size as usize;
    let beta = 5.0 / lif.theta();
    let mut followed = Followed::new(network, neuron);
    let mut traces = vec![0.0; 784];
    let mut gradient = vec![0.0; 784];
    for record in records {
        match record {
            Record::Arrival { time, row, .. } => {
                followed.advance(time.fs());
                traces.iter_mut().for_each(|trace| *trace *= followed.decay);
                if followed.held(time.fs()) {
                    continue;
                }
                traces[*row as usize] += 1.0;
                if followed.jump(values[*row as usize * outputs + neuron as usize]) {
                    // It is at its floor, whatever has been before.
                    traces.fill(0.0);
                    continue;
                }
                let theta = followed.v_th(episode) - lif.u_rest.get();
                let s = surrogates(several, followed.x, theta, beta);
                for (gradient, trace) in gradient.iter_mut().zip(&traces) {
                    *gradient += error * s * trace;
                }
            }
            Record::Spike(spike) if spike.neuron == neuron => {
                let theta = followed.v_th(episode) - lif.u_rest.get();
                assert!(followed.x >= theta - 1e-12 && !followed.held(spike.time.fs()));
                followed.fire(spike.time.fs(), episode);
                if !lif.reset.subtracts() {
                    traces.fill(0.0);
                }
            }
            _ => {}
        }
    }
    gradient
}

#[test]
fn the_gradient_of_a_held_readout_is_that_of_a_slow_computation() {
    for (what, neuron) in readouts() {
        for (outputs, large) in [(10u32, false), (18, false), (10, true)] {
            let network = network(neuron.clone(), outputs);
            let mut values = values(&network, 4.0);
            if large {
                some_large(&network, &mut values[0]);
            }
            let weights = Weights::<f64>::from_values(&network, &values);
            let batch: Vec<u32> = (40..46).collect();
            let (mut sum, mut spikes) = (vec![0.0; 784 * outputs as usize], 0);
            for (position, &sample) in batch.iter().enumerate() {
                let episode = 100 + position as u64;
                let (records, counts) = recorded(&network, &weights, sample as usize, episode);
                spikes += counts.iter().sum::<u32>();
                let mut error = vec![0.0; outputs as usize];
                let _ = cross_entropy(
                    &counts,
                    usize::from(train_samples(600).labels[sample as usize]),
                    1.0,
                    &mut error,
                );
                for (j, &error) in error.iter().enumerate() {
                    let part = slow_gradient(&network, &values[0], &records, error, j as u32, episode);
                    for (i, part) in part.into_iter().enumerate() {
                        sum[i * outputs as usize + j] += part / batch.len() as f64;
                    }
                }
            }
            assert!(spikes > 60, "{what}: {spikes} spikes");
            let settings = Settings { batch: batch.len(), ..settings() };
            let mut trainer = Trainer::<f64>::new(&network, settings, SURROGATE, weights);
            Desk::default().epoch(&mut trainer, &batch, 100, &mut |_, _, _| {});
            let stride = trainer.adam.first.len() / 784;
            let largest = sum.iter().fold(0.0f64, |largest, g| largest.max(g.abs()));
            assert!(largest > 1e-3, "{what}: {largest}");
            for (index, &want) in sum.iter().enumerate() {
                let (row, column) = (index / outputs as usize, index % outputs as usize);
                // The first moment of Adam is 0.1 g after one step.
                let got = trainer.adam.first[row * stride + column] / 0.1;
                assert!((got - want).abs() < 1e-9 * largest, "{what}: {row} {column}: {got} {want}");
            }
        }
    }
}

/// On-times of switches, by stepping along the events.
#[test]
fn the_time_for_which_switches_are_on_is_that_of_their_spikes() {
    let network = network(switch(0.08, 0.05), 10);
    let values = values(&network, 4.0);
    let weights = Weights::<f64>::from_values(&network, &values);
    let got = Desk::default().test(Engine::Fast, &network, &weights, train_samples(3), 100);
    let mut on = 0u128;
    for sample in 0..3 {
        let episode = 100 + sample as u64;
        let (records, _) = recorded(&network, &weights, sample, episode);
        for neuron in 0..10u32 {
            let mut followed = Followed::new(&network, neuron);
            for record in &records {
                match record {
                    Record::Arrival { time, row, .. } => {
                        followed.advance(time.fs());
                        if !followed.held(time.fs()) {
                            followed.jump(values[0][*row as usize * 10 + neuron as usize]);
                        }
                    }
                    Record::Spike(spike) if spike.neuron == neuron => {
                        on += u128::from(followed.fire(spike.time.fs(), episode));
                    }
                    _ => {}
                }
            }
            followed.advance(PRESENTATION.fs());
        }
    }
    // The same logarithm from another library, rounded to femtoseconds.
    let spikes = got.totals.spikes[0];
    assert!(got.totals.held[0].abs_diff(on) <= u128::from(spikes), "{} {on}", got.totals.held[0]);
    assert!(spikes > 30);
}

#[test]
fn an_epoch_of_switches_has_the_same_bits_under_both_engines_and_any_threads() {
    for outputs in [10, 21] {
        let network = network(switch(0.08, 0.05), outputs);
        let want = trained::<f32>(&network, (settings(), SURROGATE), 300, 1);
        assert!(want.test.totals.fire > 100, "{:?}", want.test.totals.fire);
        assert!(trained::<f32>(&network, (settings(), SURROGATE), 300, 3) == want, "3 threads");
        assert!(trained::<f32>(&network, reference(), 300, 2) == want, "reference engine");
        let want = trained::<f64>(&network, (settings(), SURROGATE), 300, 2);
        assert!(trained::<f64>(&network, reference(), 300, 1) == want, "reference engine in f64");
    }
}

fn reference() -> (Settings, Surrogate) {
    (settings(), Surrogate { engine: Engine::Reference, ..SURROGATE })
}
