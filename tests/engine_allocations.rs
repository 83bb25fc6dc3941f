//! Events need no memory of their own once a run has found its size.

use memspike::encoding::{AliasTable, BlockRate};
use memspike::engine::{Lanes, Silent, Simulation};
use memspike::network::{Builder, Delays, Fixed, Kernel, Origin, Rows, SourceKind, Weights};
use memspike::neuron::Lif;
use memspike::time::Time;
use memspike::units::{Second, Volt};
use std::alloc::{GlobalAlloc, Layout, System};
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

/// Allocations and events of a second half of a run, with a Poisson line of `rate` for every neuron.
fn second_half(rate: f64, own_delays: bool) -> (u64, u64) {
    const SIZE: u32 = 1000;
    let mut builder = Builder::default();
    let noise = builder.source("noise", SIZE, SourceKind::Poisson);
    let lif = Lif {
        tau_m: Second::new(20e-3),
        u_rest: Volt::ZERO,
        v_th: Volt::new(20e-3),
        t_ref: Second::new(2e-3),
        ..Lif::default()
    };
    let cells = builder.population("cells", SIZE, lif);
    builder.projection("noise", noise, cells, Kernel::Delta, Time::ZERO, Rows::OneToOne);
    builder.fixed(0, Fixed::Constant(10e-3));
    builder.uncounted(0);
    let start: Vec<usize> = (0..=SIZE as usize).map(|row| 50 * row).collect();
    let mut targets: Vec<u32> = Vec::new();
    for row in 0..SIZE {
        let mut row: Vec<u32> = (0..50).map(|k| (row * 37 + k * 19) % SIZE).collect();
        row.sort_unstable();
        targets.extend(row);
    }
    let delays = (0..targets.len() as u64).map(|k| MS + k * 7919 % (5 * MS)).collect();
    let rows = Rows::Sparse { start, targets };
    let net =
        builder.projection("net", Origin::Population(cells), cells, Kernel::Delta, Time::from_fs(MS), rows);
    builder.fixed(net, Fixed::Constant(-0.1e-3));
    if own_delays {
        builder.delays(net, Delays::Exact(delays));
    }
    let network = builder.finish().unwrap();
    let weights = Weights::from_values(&network, &[Vec::new(), Vec::new()]);
    let table = AliasTable::new(&[1; SIZE as usize]);
    let mut simulation = Simulation::<f64, Lanes>::new(&network, 1);
    simulation.begin(0, &[BlockRate::new(&table.cells, rate * f64::from(SIZE))]);
    simulation.run(&weights, Time::from_fs(200 * MS), &mut Silent);
    let events =
        |simulation: &Simulation<'_, f64, Lanes>| simulation.counts().poisson + simulation.counts().synaptic;
    let (before, counted) = (ALLOCATIONS.load(Ordering::Relaxed), events(&simulation));
    simulation.run(&weights, Time::from_fs(400 * MS), &mut Silent);
    (ALLOCATIONS.load(Ordering::Relaxed) - before, events(&simulation) - counted)
}

/// One test, so that no other one allocates meanwhile.
#[test]
fn memory_is_asked_for_per_window_and_not_per_event() {
    for own_delays in [false, true] {
        let (few, some_events) = second_half(400.0, own_delays);
        let (many, more_events) = second_half(1600.0, own_delays);
        assert!(
            more_events > 2 * some_events && some_events > 100_000,
            "{some_events}, {more_events} events"
        );
        // 200 windows of 1 ms, some lists each; a bucket of the wheel may still find its size.
        assert!(few < 2000 && many < 2000, "{few} and {many} allocations, own delays: {own_delays}");
    }
}
