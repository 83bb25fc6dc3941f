//! Two leaky integrate-and-fire neurons hear ten Poisson lines for half a second.
//!
//!     input: 10 lines, 100 Hz each  --every line to every neuron, 50 mV-->  pair: 2 neurons
//!
//! It shows the three steps that every program takes: describe a network, run it, look at what it did.

use memspike::prelude::*;

pub fn main() -> Result<(), SimulationError> {
    // Describe: sources, populations and the projections between them. `finish` checks everything at once.
    let mut builder = Builder::default();
    let input = builder.poisson("input", 10, Hertz::new(100.0));
    let pair = builder.population("pair", 2, Lif::default());
    builder.projection("drive", input, pair, Kernel::Delta, Time::ZERO, Rows::Dense);
    let network = builder.finish()?;

    // Run: one weight per synapse, in volts, row by row; the seed decides every random draw.
    let mut run = Run::new(&network, &[vec![0.05; 20]], 1)?;
    run.until(Time::from_ms(500))?;

    // Look.
    let spikes = run.harvest().spikes;
    for spike in spikes.iter().take(5) {
        println!("{}: neuron {} spikes", spike.time, spike.neuron);
    }
    let counts = run.counts();
    println!("{} spikes came in, {} went out", counts.poisson, counts.fire);

    // Both neurons hear the same lines with the same weights, so they fire together.
    assert_eq!(counts.spikes[pair][0], counts.spikes[pair][1]);
    assert_eq!(spikes.len() as u64, counts.fire);
    // 10 lines x 100 Hz x 0.5 s, give or take five standard deviations.
    assert!(counts.poisson.abs_diff(500) < 112);
    Ok(())
}
