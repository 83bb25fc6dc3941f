//! A block of Poisson sources is one marked process; it must be indistinguishable from as many independent
//! processes, drawn here one by one from another generator.

use memspike::encoding::{AliasTable, BLOCK, BlockRate};
use memspike::engine::{Heap, Lanes, Queue, Record, Simulation, Stream};
use memspike::network::{Builder, SourceKind, Weights};
use memspike::time::Time;
use memspike::units::Hertz;
use rand_distr::{Distribution, Exp};

/// Relative rates of the lines of one block, and the block's total rate.
const MARKS: [u32; 12] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 84];
const TOTAL_HZ: f64 = 5120.0;
const SECONDS: f64 = 60.0;

fn rate(line: usize) -> f64 {
    TOTAL_HZ * f64::from(MARKS[line]) / 256.0
}

/// Spike times in seconds of every line, as the engine emits them.
fn merged<Q: Queue<f64>>(seed: u64) -> Vec<Vec<f64>> {
    let mut builder = Builder::default();
    builder.source("s", MARKS.len() as u32, SourceKind::Poisson);
    let network = builder.finish().unwrap();
    let table = AliasTable::new(&MARKS);
    let rates = [BlockRate::new(&table.cells, TOTAL_HZ)];
    let mut simulation = Simulation::<f64, Q>::new(&network, seed);
    simulation.begin(0, &rates).unwrap();
    let mut stream = Stream::default();
    let end = Time::from_fs((SECONDS * 1e15) as u64);
    simulation.run(&Weights::from_values(&network, &[]), end, &mut stream).unwrap();
    let mut lines = vec![Vec::new(); MARKS.len()];
    for record in stream.records {
        if let Record::Emit { time, line, .. } = record {
            lines[line as usize].push(time.as_seconds());
        }
    }
    lines
}

/// The same law, one process per line.
fn independent(seed: u128) -> Vec<Vec<f64>> {
    (0..MARKS.len())
        .map(|line| {
            let mut rng = rand_pcg::Pcg64::new(seed, line as u128);
            let gap = Exp::new(rate(line)).unwrap();
            let mut time = gap.sample(&mut rng);
            let mut spikes = Vec::new();
            while time < SECONDS {
                spikes.push(time);
                time += gap.sample(&mut rng);
            }
            spikes
        })
        .collect()
}

fn gaps(spikes: &[f64]) -> Vec<f64> {
    spikes.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// Two-sample Kolmogorov-Smirnov statistic times sqrt(nm/(n + m)); above 1.95 with probability 1e-3.
fn kolmogorov_smirnov(mut one: Vec<f64>, mut other: Vec<f64>) -> f64 {
    one.sort_by(f64::total_cmp);
    other.sort_by(f64::total_cmp);
    let (n, m) = (one.len() as f64, other.len() as f64);
    let (mut i, mut j, mut d) = (0, 0, 0.0f64);
    while i < one.len() && j < other.len() {
        if one[i] <= other[j] {
            i += 1
        } else {
            j += 1
        }
        d = d.max((i as f64 / n - j as f64 / m).abs());
    }
    d * (n * m / (n + m)).sqrt()
}

/// Counts in windows of `width` seconds.
fn counts(spikes: &[f64], width: f64) -> Vec<f64> {
    let mut counts = vec![0.0; (SECONDS / width) as usize];
    for &time in spikes {
        if let Some(count) = counts.get_mut((time / width) as usize) {
            *count += 1.0;
        }
    }
    counts
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

fn covariance(x: &[f64], y: &[f64]) -> f64 {
    let (mx, my) = (mean(x), mean(y));
    x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum::<f64>() / (x.len() as f64 - 1.0)
}

#[test]
fn intervals_of_every_line_follow_the_law_of_independent_sources() {
    let (block, plain) = (merged::<Lanes>(11), independent(11));
    for line in 0..MARKS.len() {
        let d = kolmogorov_smirnov(gaps(&block[line]), gaps(&plain[line]));
        assert!(d < 1.95, "line {line}: {d}");
    }
    // The test sees a rate that is 10 % off.
    let slow: Vec<f64> = gaps(&plain[11]).iter().map(|gap| gap * 1.1).collect();
    assert!(kolmogorov_smirnov(slow, gaps(&block[11])) > 1.95);
}

#[test]
fn the_superposition_of_all_lines_follows_the_law_too() {
    let all = |lines: Vec<Vec<f64>>| {
        let mut all: Vec<f64> = lines.into_iter().flatten().collect();
        all.sort_by(f64::total_cmp);
        gaps(&all)
    };
    let d = kolmogorov_smirnov(all(merged::<Lanes>(12)), all(independent(12)));
    assert!(d < 1.95, "{d}");
}

#[test]
fn counts_have_the_mean_and_the_variance_of_independent_sources_and_lines_do_not_know_each_other() {
    let (block, plain) = (merged::<Lanes>(13), independent(13));
    let width = 0.1;
    let windows = SECONDS / width;
    for lines in [&block, &plain] {
        let counts: Vec<Vec<f64>> = lines.iter().map(|spikes| counts(spikes, width)).collect();
        for (line, x) in counts.iter().enumerate() {
            let want = rate(line) * width;
            let fano = covariance(x, x) / mean(x);
            assert!((mean(x) - want).abs() < 4.0 * (want / windows).sqrt(), "line {line}: {}", mean(x));
            // Variance of the sample variance of a Poisson count: (mu + 2 mu^2)/n.
            let error = ((want + 2.0 * want * want) / windows).sqrt() / want;
            assert!((fano - 1.0).abs() < 4.0 * error, "line {line}: Fano factor {fano}");
            for (other, y) in counts.iter().enumerate().take(line) {
                let correlation = covariance(x, y) / (covariance(x, x) * covariance(y, y)).sqrt();
                assert!(correlation.abs() < 4.5 / windows.sqrt(), "{line} and {other}: {correlation}");
            }
            // Successive windows are independent, too.
            let next = covariance(&x[1..], &x[..x.len() - 1]) / covariance(x, x);
            assert!(next.abs() < 4.5 / windows.sqrt(), "line {line}: {next}");
        }
    }
}

#[test]
fn both_engines_draw_the_same_spikes_and_another_seed_draws_others() {
    let spikes = merged::<Lanes>(14);
    assert_eq!(spikes, merged::<Heap>(14));
    assert_ne!(spikes, merged::<Lanes>(15));
}

/// Blocks of one source, and of two sources, have streams of their own.
#[test]
fn blocks_do_not_know_each_other() {
    let mut builder = Builder::default();
    builder.source("wide", 2 * BLOCK, SourceKind::Poisson);
    builder.source("other", 1, SourceKind::Poisson);
    let network = builder.finish().unwrap();
    let (wide, one) = (AliasTable::new(&vec![1; BLOCK as usize]), AliasTable::new(&[1]));
    let rates = [&wide, &wide, &one].map(|table| BlockRate::new(&table.cells, 2000.0));
    let mut simulation = Simulation::<f64, Lanes>::new(&network, 5);
    simulation.begin(0, &rates).unwrap();
    let mut stream = Stream::default();
    let end = Time::from_fs((SECONDS * 1e15) as u64);
    simulation.run(&Weights::from_values(&network, &[]), end, &mut stream).unwrap();
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for record in &stream.records {
        if let Record::Emit { time, source, line } = record {
            let block = if *source == 1 { 2 } else { (line / BLOCK) as usize };
            times[block].push(time.as_seconds());
        }
    }
    let counts = times.each_ref().map(|times| counts(times, 0.05));
    let windows = SECONDS / 0.05;
    for (one, other) in [(0, 1), (0, 2), (1, 2)] {
        let (x, y) = (&counts[one], &counts[other]);
        let correlation = covariance(x, y) / (covariance(x, x) * covariance(y, y)).sqrt();
        assert!(correlation.abs() < 4.5 / windows.sqrt(), "{one} and {other}: {correlation}");
        assert!(times[one].iter().zip(&times[other]).all(|(a, b)| a != b));
    }
}

/// Rates that belong to the network, and no rate at all.
#[test]
fn a_source_with_a_rate_emits_what_the_same_rates_given_to_the_episode_make_it_emit() {
    let emitted = |simulation: &mut Simulation<f64, Lanes>, weights: &Weights<f64>| {
        let mut stream = Stream::default();
        simulation.run(weights, Time::from_fs(1_000_000_000_000_000), &mut stream).unwrap();
        stream.records
    };
    let mut builder = Builder::default();
    builder.poisson("wide", BLOCK + 1, Hertz::new(2.0));
    builder.source("without", 3, SourceKind::Poisson);
    let network = builder.finish().unwrap();
    let weights = Weights::from_values(&network, &[]);
    let own = emitted(&mut Simulation::new(&network, 5), &weights);
    let (wide, one) = (AliasTable::new(&vec![1; BLOCK as usize]), AliasTable::new(&[1]));
    let (wide, one) = (BlockRate::new(&wide.cells, 2.0 * f64::from(BLOCK)), BlockRate::new(&one.cells, 2.0));
    let mut simulation = Simulation::new(&network, 5);
    simulation.begin(0, &[wide, one, BlockRate::silent()]).unwrap();
    assert_eq!(own, emitted(&mut simulation, &weights));
    assert!((1900..2200).contains(&own.len()), "{} spikes of 2050 expected", own.len());
    assert!(own.iter().all(|record| matches!(record, Record::Emit { source: 0, .. })), "no rate, no spike");

    let mut builder = Builder::default();
    builder.poisson("less than nothing", 1, Hertz::new(-5.0));
    let faults: Vec<String> = builder.finish().unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(faults, ["source `less than nothing` has a rate of -5 Hz; it must be zero or more"]);
}
