//! Events need no memory of their own once a run has found its size.

use memspike::encoding::{AliasTable, BlockRate};
use memspike::engine::{Lanes, Silent, Simulation, window};
use memspike::network::{Builder, Delays, Fixed, Kernel, Network, Origin, Rows, SourceKind, Weights};
use memspike::neuron::Lif;
use memspike::time::Time;
use memspike::units::{Ampere, Ohm, Second, Volt};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: hands everything on to the system's allocator.
#[expect(unsafe_code, reason = "an allocator that counts")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as asked.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as asked.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const MS: u64 = 1_000_000_000_000;
const SIZE: u32 = 1000;

/// What the events go through.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Through {
    /// Windows, with private Poisson blocks and one first-in-first-out.
    Rows,
    /// Windows, with the wheel.
    Wheel,
    /// Windows of a population whose firings are predicted: it is driven over threshold by itself.
    Bias,
    /// The same with the wheel.
    BiasOwnDelays,
    /// Windows of a population with decaying currents.
    Exponential,
    /// The same with others that follow at once.
    Followed,
    /// One decay for all: batches of a Poisson block.
    Shared,
    /// The same with refractory neurons.
    SharedHeld,
}

impl Through {
    fn has_windows(self) -> bool {
        !self.is_shared()
    }

    fn is_shared(self) -> bool {
        matches!(self, Self::Shared | Self::SharedHeld)
    }
}

fn network(through: Through) -> (Arc<Network>, Weights<f64>) {
    let mut builder = Builder::default();
    let noise = builder.source("noise", SIZE, SourceKind::Poisson);
    let bias = matches!(through, Through::Bias | Through::BiasOwnDelays);
    let lif = Lif {
        tau_m: Second::new(20e-3),
        u_rest: Volt::ZERO,
        v_th: Volt::new(20e-3),
        t_ref: Second::new(if through == Through::Shared { 0.0 } else { 2e-3 }),
        r_m: Ohm::new(1e6),
        i_bias: Ampere::new(if bias { 21e-9 } else { 0.0 }),
        ..Lif::default()
    };
    let cells = builder.population("cells", if through.is_shared() { 20 } else { SIZE }, lif);
    if through.is_shared() {
        builder.projection("noise", noise, cells, Kernel::Delta, Time::ZERO, Rows::Dense);
        let network = builder.finish().unwrap();
        let weights = Weights::from_values(&network, &[vec![1e-4; SIZE as usize * 20]]);
        return (network, weights);
    }
    // A current of 10 nA x 1 MOhm that decays with 5 ms instead of a jump of 10 mV.
    let exponential = || Kernel::Exponential { tau: Second::new(5e-3) };
    let (kernel, weight) = match through {
        Through::Exponential | Through::Followed => (exponential(), 10e-9),
        _ => (Kernel::Delta, 10e-3),
    };
    builder.projection("noise", noise, cells, kernel.clone(), Time::ZERO, Rows::OneToOne);
    builder.fixed(0, Fixed::Constant(weight));
    builder.uncounted(0);
    let start: Vec<usize> = (0..=SIZE as usize).map(|row| 50 * row).collect();
    let mut targets: Vec<u32> = Vec::new();
    for row in 0..SIZE {
        let mut row: Vec<u32> = (0..50).map(|k| (row * 37 + k * 19) % SIZE).collect();
        row.sort_unstable();
        targets.extend(row);
    }
    let delays = (0..targets.len() as u64).map(|k| MS + k * 7919 % (5 * MS)).collect();
    let rows = Rows::sparse(start, targets);
    let net = builder.projection("net", Origin::Population(cells), cells, kernel, Time::from_fs(MS), rows);
    builder.fixed(net, Fixed::Constant(-weight / 100.0));
    if matches!(through, Through::Wheel | Through::BiasOwnDelays) {
        builder.delays(net, Delays::Exact(delays));
    }
    if through == Through::Followed {
        let followers = builder.population("followers", SIZE, Lif::default());
        let from = Origin::Population(cells);
        let one = builder.projection("one", from, followers, Kernel::Delta, Time::ZERO, Rows::OneToOne);
        builder.fixed(one, Fixed::Constant(1e-3));
    }
    let network = builder.finish().unwrap();
    let weights = Weights::from_values(&network, &vec![Vec::new(); network.projections.len()]);
    (network, weights)
}

/// Allocations and events of a second half of a run, with a Poisson line of `rate` for every neuron.
fn second_half(rate: f64, through: Through) -> (u64, u64) {
    let (network, weights) = network(through);
    let table = AliasTable::new(&[1; SIZE as usize]);
    let mut simulation = Simulation::<f64, Lanes>::new(&network, 1);
    assert_eq!(window(&network).is_some(), through.has_windows(), "{through:?} goes another way");
    simulation.begin(0, &[BlockRate::new(&table.cells, rate * f64::from(SIZE))]).unwrap();
    simulation.run(&weights, Time::from_fs(200 * MS), &mut Silent).unwrap();
    let events =
        |simulation: &Simulation<f64, Lanes>| simulation.counts().poisson + simulation.counts().synaptic;
    let (before, counted) = (ALLOCATIONS.load(Ordering::Relaxed), events(&simulation));
    simulation.run(&weights, Time::from_fs(400 * MS), &mut Silent).unwrap();
    (ALLOCATIONS.load(Ordering::Relaxed) - before, events(&simulation) - counted)
}

/// One test, so that no other one allocates meanwhile.
#[test]
fn memory_is_asked_for_per_window_and_not_per_event() {
    use Through::{Bias, BiasOwnDelays, Exponential, Followed, Rows, Shared, SharedHeld, Wheel};
    for through in [Rows, Wheel, Bias, BiasOwnDelays, Exponential, Followed, Shared, SharedHeld] {
        let (few, some_events) = second_half(400.0, through);
        let (many, more_events) = second_half(1600.0, through);
        assert!(
            more_events > 2 * some_events && some_events > 50_000,
            "{some_events}, {more_events} events through {through:?}"
        );
        // 200 windows of 1 ms, some lists each; a bucket of the wheel may still find its size. Without windows only
        // what has not yet found its size asks for more.
        let most = if through.has_windows() { 2000 } else { 50 };
        assert!(few < most && many < most, "{few} and {many} allocations through {through:?}");
    }
}
