//! Random networks fire at the rates that mean-field theory predicts.

use memspike::encoding::{AliasTable, BLOCK, BlockRate};
use memspike::engine::{Lanes, Silent, Simulation, Spike};
use memspike::network::Weights;
use memspike::scenario::assemble::assemble;
use memspike::scenario::load;
use memspike::scenario::plan::Input;
use memspike::time::Time;

/// What the neurons of networks/brunel-small with some settings do from one time to another (in ms).
pub struct Activity {
    /// (time in seconds, neuron), excitatory ones first, in order of time.
    pub spikes: Vec<(f64, usize)>,
    pub excitatory: usize,
    pub neurons: usize,
    /// How long it was looked at, in seconds.
    pub span: f64,
}

impl Activity {
    pub fn measured(settings: &[String], from: u64, to: u64) -> Self {
        let plan = load("networks/brunel-small", settings, None).unwrap().plan;
        let assembled = assemble(&plan).unwrap();
        let network = assembled.network;
        let weights = Weights::<f64>::from_values(&network, &assembled.weights);
        let mut tables = Vec::new();
        for source in &plan.sources {
            let Input::Poisson { rate } = source.input else { unreachable!() };
            for first in (0..source.size).step_by(BLOCK as usize) {
                let lines = (source.size - first).min(BLOCK);
                tables.push((AliasTable::new(&vec![1; lines as usize]), rate.get() * f64::from(lines)));
            }
        }
        let rates: Vec<_> = tables.iter().map(|(table, rate)| BlockRate::new(&table.cells, *rate)).collect();
        let mut simulation = Simulation::<f64, Lanes>::new(&network, plan.seed);
        simulation.begin(0, &rates).unwrap();
        let [from, to] = [from, to].map(|ms| Time::from_fs(ms * 1_000_000_000_000));
        simulation.run(&weights, from, &mut Silent).unwrap();
        let mut spikes: Vec<Spike> = Vec::new();
        simulation.run(&weights, to, &mut spikes).unwrap();
        let [e, i] = [0, 1].map(|population| network.populations[population].size as usize);
        let number = |spike: &Spike| spike.neuron as usize + if spike.population == 0 { 0 } else { e };
        let spikes = spikes.iter().map(|spike| (spike.time.seconds_since(from), number(spike))).collect();
        Self { spikes, excitatory: e, neurons: e + i, span: to.seconds_since(from) }
    }

    /// Of the excitatory neurons, in hertz.
    pub fn rate(&self) -> f64 {
        let spikes = self.spikes.iter().filter(|spike| spike.1 < self.excitatory).count();
        spikes as f64 / self.excitatory as f64 / self.span
    }

    /// Mean over excitatory neurons of the coefficient of variation of their intervals, where there are at
    /// least `least`.
    pub fn cv(&self, least: usize) -> f64 {
        let mut intervals = vec![Vec::new(); self.neurons];
        let mut last = vec![None; self.neurons];
        for &(time, neuron) in &self.spikes {
            if let Some(before) = last[neuron].replace(time) {
                intervals[neuron].push(time - before);
            }
        }
        let cvs: Vec<f64> = intervals[..self.excitatory]
            .iter()
            .filter(|intervals| intervals.len() >= least)
            .map(|intervals| {
                let n = intervals.len() as f64;
                let mean = intervals.iter().sum::<f64>() / n;
                (intervals.iter().map(|i| (i - mean) * (i - mean)).sum::<f64>() / (n - 1.0)).sqrt() / mean
            })
            .collect();
        cvs.iter().sum::<f64>() / cvs.len().max(1) as f64
    }
}

fn measured(settings: &[String]) -> (f64, f64) {
    let activity = Activity::measured(settings, 50, 250);
    (activity.rate(), activity.cv(5))
}

/// Rate of a neuron under white noise of mean mu and strength sigma (volts), by the first passage time:
/// 1 / rate = t_ref + tau sqrt(pi) times the integral of e^(u^2) (1 + erf u) from (V_r - mu) / sigma to
/// (theta - mu) / sigma; the integrand is 2 / sqrt(pi) times that of e^(-t^2 + 2 u t) over t > 0.
fn siegert(mu: f64, sigma: f64) -> f64 {
    let (tau, t_ref, theta, v_r) = (20e-3, 2e-3, 20e-3, 10e-3);
    let inner = |u: f64| {
        let step = 2e-3;
        (0..5000).map(|k| step * (k as f64 + 0.5)).map(|t| (-t * t + 2.0 * u * t).exp() * step).sum::<f64>()
    };
    let (low, high) = ((v_r - mu) / sigma, (theta - mu) / sigma);
    let n = 400;
    let step = (high - low) / f64::from(n);
    let integral: f64 = (0..n).map(|k| inner(low + step * (f64::from(k) + 0.5)) * step).sum();
    1.0 / (t_ref + tau * 2.0 * integral)
}

/// The rate at which a network drives itself to that rate.
pub fn mean_field(external: f64, c_e: f64, c_i: f64, j: f64, j_i: f64) -> f64 {
    let tau = 20e-3;
    let (mut low, mut high) = (0.0, 450.0);
    for _ in 0..30 {
        let nu = 0.5 * (low + high);
        let mu = tau * (j * (external + c_e * nu) + j_i * c_i * nu);
        let sigma = (tau * (j * j * (external + c_e * nu) + j_i * j_i * c_i * nu)).sqrt();
        if siegert(mu, sigma) > nu { low = nu } else { high = nu }
    }
    0.5 * (low + high)
}

#[test]
fn inhibition_and_input_move_the_rate_as_theory_says() {
    for (external, g) in [(20e3, 5.0), (20e3, 8.0), (14e3, 5.0), (11e3, 6.0)] {
        let weight = -0.1 * g;
        let settings = [
            format!("source.external-e.rate=\"{external} Hz\""),
            format!("source.external-i.rate=\"{external} Hz\""),
            format!("projection.ie.weight=\"{weight} mV\""),
            format!("projection.ii.weight=\"{weight} mV\""),
            "protocol.duration=\"250 ms\"".to_string(),
        ];
        let (rate, cv) = measured(&settings);
        let theory = mean_field(external, 200.0, 50.0, 0.1e-3, weight * 1e-3);
        println!("{external} Hz, g = {g}: {rate:.2} Hz, theory {theory:.2} Hz, CV {cv:.2}");
        assert!((rate / theory - 1.0).abs() < 0.05, "{external} Hz, g = {g}: {rate} Hz, theory {theory} Hz");
    }
}

#[test]
fn weak_inhibition_synchronises_and_strong_inhibition_makes_irregular() {
    let at = |g: f64| {
        let weight = -0.1 * g;
        let settings = [
            format!("projection.ie.weight=\"{weight} mV\""),
            format!("projection.ii.weight=\"{weight} mV\""),
        ];
        measured(&settings)
    };
    let ((fast, regular), (slow, irregular)) = (at(3.0), at(10.0));
    assert!(
        fast > 1.3 * slow && irregular > 1.3 * regular,
        "{fast} Hz, CV {regular}; {slow} Hz, CV {irregular}"
    );
}
