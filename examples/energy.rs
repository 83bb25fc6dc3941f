//! What a pair of memristor neurons spends.
//!
//!     input: 10 lines, 100 Hz each  --50 mV-->  pair: 2 threshold switches of Ag/TiO2/Pt at 7 uA
//!
//! A switch turns on when it fires, and the limiter holds it at 7 uA until its circuit takes the drive away: 1.4 uW for 100 us.
//! It shows spikes and joules of a run in nine statements.

use memspike::prelude::*;

pub fn main() -> Result<(), SimulationError> {
    let mut builder = Builder::default();
    let input = builder.poisson("input", 10, Hertz::new(100.0));
    let pair = builder.population("pair", 2, Switch::default());
    builder.projection("drive", input, pair, Kernel::Delta, Time::ZERO, Rows::Dense);
    let network = builder.finish()?;
    let mut run = Run::new(&network, &[vec![0.05; 20]], 1)?;
    run.until(Time::from_ms(500))?;
    let spikes = run.harvest().spikes;
    let energy =
        Ledger::of(&network, (run.counts(), run.now()), &Costs::of_switches(&network, Volt::new(0.25)));

    for (category, joules) in energy.by_category() {
        println!("{category}: {}", Joule::of(joules));
    }
    println!("{} spikes, {} in all ({})", spikes.len(), Joule::of(energy.total()), energy.statement());

    // Each spike takes I_cc^2/G_on x open_after = 1.4 uW x 100 us = 0.14 nJ in its device, and in the limiter
    // (0.25 V - 0.2 V) x 7 uA x 100 us = 0.035 nJ.
    let per_spike = energy.total() / spikes.len() as f64;
    assert!((per_spike / (1.75e-6 * 1e-4) - 1.0).abs() < 1e-6, "{per_spike}");
    Ok(())
}
