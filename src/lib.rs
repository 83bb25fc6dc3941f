//! Event-driven simulation of spiking neural networks made of memristors.
//!
//! Time is an integer, events are handled in the order of their content, and random draws are functions of what they
//! are for: the same seed gives the same bits, whatever the engine, the number of threads or what looks on.
//!
//! # Describe, run, look
//!
//! A program goes through three stages, and nothing is ever written back to an earlier one:
//!
//! | | | |
//! |---|---|---|
//! | describe | [`network::Builder`] | sources, populations of [neurons](neuron), projections with a [kernel](network::Kernel) and a delay |
//! | run | [`engine::Run`] | of a checked [`network::Network`] with its weights and a seed, to any time, on any number of threads |
//! | look | [`engine::Harvest`], [`engine::Counts`], [`energy::Ledger`] | spikes and samples, counts and joules |
//!
//! Ten Poisson lines drive two leaky integrate-and-fire neurons:
//!
//! ```
//! use memspike::prelude::*;
//!
//! // Describe.
//! let mut builder = Builder::default();
//! let input = builder.poisson("input", 10, Hertz::new(100.0));
//! let pair = builder.population("pair", 2, Lif::default());
//! builder.projection("drive", input, pair, Kernel::Delta, Time::ZERO, Rows::Dense);
//! let network = builder.finish()?;
//!
//! // Run half a second, with weights of 50 mV and seed 1.
//! let mut run = Run::new(&network, &[vec![0.05; 10 * 2]], 1)?;
//! run.until(Time::from_ms(500))?;
//!
//! // Look.
//! let spikes = run.harvest().spikes;
//! assert!(!spikes.is_empty());
//! assert_eq!(spikes.len() as u64, run.counts().fire);
//! # Ok::<(), SimulationError>(())
//! ```
//!
//! What the same pair spends if its neurons are memristors: replace `Lif` by [`Switch`](neuron::Switch) and book the
//! counts with [`Ledger::of`](energy::Ledger::of).
//!
//! ```
//! # use memspike::prelude::*;
//! # let mut builder = Builder::default();
//! # let input = builder.poisson("input", 10, Hertz::new(100.0));
//! let pair = builder.population("pair", 2, Switch::default());
//! # builder.projection("drive", input, pair, Kernel::Delta, Time::ZERO, Rows::Dense);
//! # let network = builder.finish()?;
//! # let mut run = Run::new(&network, &[vec![0.05; 10 * 2]], 1)?;
//! # run.until(Time::from_ms(500))?;
//! let energy = Ledger::of(&network, (run.counts(), run.now()), &Costs::of_switches(&network, Volt::new(0.25)));
//! assert!(energy.total() > 0.0);
//! assert!(energy.statement().starts_with("neuron, limiter; not modelled: program"));
//! # Ok::<(), SimulationError>(())
//! ```
//!
//! One device on the bench needs no network. Its parameters come from a [preset](device::preset::Preset), each with
//! its source:
//!
//! ```
//! use memspike::device::threshold::VolatileSwitch;
//! use memspike::prelude::*;
//!
//! let preset = Preset::named("ag-tio2-pt-ts").unwrap();
//! let VolatileSwitch { switch, .. } = preset.device.get().unwrap();
//! // tau ln((V_th - u_rest)/(V_hold - u_rest)): how long it stays on without drive.
//! assert!((switch.natural_on_time() - Second::new(8.6466e-3)).abs() < Second::new(0.1e-6));
//! ```
//!
//! # Where things are
//!
//! - Quantities: [`units`] (volts times siemens are amperes, and nothing else compiles), [`time`] (femtoseconds).
//! - Models: [`neuron`], [`synapse`], [`device`], [`plasticity`], [`crossbar`], [`encoding`].
//! - Networks and how they run: [`network`], [`engine`], [`training`].
//! - What a run leaves: [`energy`], [`record`], [`readout`].
//! - The program around it: [`scenario`] files, [`report`]s, [`plot`]s, data sets, fits.
//!
//! The programs in `examples/` are short and complete; `cargo run --example two_neurons` runs one. Scenario files,
//! concepts and validation are in the book (`docs/`).

#![deny(unsafe_code)]
#![warn(missing_docs)]

// The command line names the library as any program does.
#[cfg(feature = "cli")]
extern crate self as memspike;

#[cfg(feature = "cli")]
pub mod cli;
pub mod neuron;
#[cfg(feature = "scenario")]
pub mod plot;
pub mod registry;
#[cfg(feature = "scenario")]
pub mod report;
#[cfg(feature = "scenario")]
pub mod scenario;

#[doc(inline)]
pub use memspike_core::{
    crossbar, dataset, device, encoding, energy, engine, fit, hint, keys, limits, network, numeric, plain,
    plasticity, random, readout, record, renamed, snapshot, synapse, time, training, units, waveform,
    written,
};

/// What nearly every program needs: `use memspike::prelude::*`.
pub mod prelude {
    pub use crate::device::preset::Preset;
    pub use crate::energy::{Category, Ledger, SwitchEnergy};
    pub use crate::engine::{Costs, Counts, Heap, Lanes, Probe, Silent, Simulation, SimulationError, Spike};
    pub use crate::engine::{Harvest, Recording, Run, Threads};
    pub use crate::network::{Builder, Fault, Kernel, Network, Origin, Rows, SourceKind, Weights};
    pub use crate::neuron::{Lif, Neuron, Open, Reset, Switch};
    pub use crate::time::Time;
    pub use crate::units::{
        Ampere, Coulomb, Farad, Hertz, Joule, Ohm, Quantity, Second, Siemens, Volt, VoltPerSecond, Watt,
    };
}
