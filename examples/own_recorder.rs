//! A recorder of one's own: spike counts in bins of time, and the highest membrane potential.
//!
//!     input: 10 lines, 100 Hz each  --50 mV-->  group: 4 neurons, looked at by `Bins`
//!
//! A probe is told of every spike and every sample while the run goes on; what it does not ask for costs nothing. It
//! shows how to write one, and how to ask for samples of the membrane.

use memspike::prelude::*;

/// Spikes per bin, and the highest potential that was sampled.
struct Bins {
    width: Time,
    spikes: Vec<u64>,
    highest: Volt,
}

impl Probe<f64> for Bins {
    fn spike(&mut self, spike: Spike) {
        let bin = (spike.time.fs() / self.width.fs()) as usize;
        self.spikes.resize(self.spikes.len().max(bin + 1), 0);
        self.spikes[bin] += 1;
    }

    fn sample(&mut self, _time: Time, _population: u32, u: &[f64]) {
        let highest = u.iter().copied().fold(self.highest.get(), f64::max);
        self.highest = Volt::of(highest);
    }
}

pub fn main() -> Result<(), SimulationError> {
    let mut builder = Builder::default();
    let input = builder.poisson("input", 10, Hertz::new(100.0));
    let group = builder.population("group", 4, Lif::default());
    builder.projection("drive", input, group, Kernel::Delta, Time::ZERO, Rows::Dense);
    let network = builder.finish()?;

    let weights = Weights::from_values(&network, &[vec![0.05; 40]]);
    let mut simulation = Simulation::<f64, Lanes>::new(&network, 1);
    simulation.sample_every(group, Time::from_ms(1));
    let mut bins = Bins { width: Time::from_ms(100), spikes: Vec::new(), highest: Volt::ZERO };
    simulation.run(&weights, Time::from_ms(500), &mut bins)?;
    println!("spikes in bins of {}: {:?}; at most {}", bins.width, bins.spikes, bins.highest);

    assert_eq!(bins.spikes.iter().sum::<u64>(), simulation.counts().fire);
    // A membrane that has reached its threshold has fired and is back at rest when it is sampled.
    assert!(bins.highest > Volt::new(0.1) && bins.highest < Lif::default().v_th, "{}", bins.highest);
    Ok(())
}
