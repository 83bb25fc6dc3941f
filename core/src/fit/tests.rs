//! Whether stated errors are true: noisy repeats of measurements whose truth is known. A hundred of each in the tests; as many as
//! `MEMSPIKE_REPEATS` says by `.ci/coverage`, which holds a thousand to the bars.

use super::{Curve, Fitted, fit_loop};
use crate::numeric::{exp, standard_normal};
use crate::random::{Purpose, word};

/// A measurement by its repeat: what is fitted, or `None` where it is refused.
type Repeat = Box<dyn Fn(u64) -> Option<Fitted>>;

struct Case {
    name: &'static str,
    truth: Vec<(&'static str, f64)>,
    repeat: Repeat,
}

fn noise(seed: u64, k: usize) -> f64 {
    standard_normal(word(seed, Purpose::Measurement, 7, k as u64))
}

/// A curve through points that `data` gives, refused where the fit or its judgement refuses them.
fn of_curve(
    name: &'static str,
    curve: Curve,
    truth: &[(&'static str, f64)],
    data: impl Fn(u64) -> Vec<(f64, f64)> + 'static,
) -> Case {
    let repeat = move |seed: u64| {
        let points = data(seed);
        let fit = curve.fit(&points, &[]).ok()?;
        curve.judge(&points, &fit).fits().then_some(fit)
    };
    Case { name, truth: truth.to_vec(), repeat: Box::new(repeat) }
}

/// Loops of a volatile switch whose thresholds differ from cycle to cycle, as an instrument sweeps them.
fn loops(seed: u64) -> Vec<(f64, f64)> {
    let mut points = Vec::new();
    for cycle in 0..25 {
        let own = |k: usize| exp(0.05 * noise(seed, 1_000_000 + 2 * cycle + k) - 0.5 * 0.05 * 0.05);
        let (v_th, v_hold, mut on) = (0.3 * own(0), 0.12 * own(1), false);
        for k in (0..=100).chain((0..100).rev()) {
            let v = 5e-3 * f64::from(k);
            on = if v >= v_th { true } else { on && v > v_hold };
            let i = (v * if on { 60e-6 } else { 0.2e-6 }).min(10e-6);
            points.push((v, i * (1.0 + 0.01 * noise(seed, points.len()))));
        }
    }
    points
}

fn cases() -> Vec<Case> {
    let relaxation = |seed: u64| {
        let at = |k: usize| (8e-4 * k as f64, 0.43e-3 + 0.24957 * exp(-(0.8 * k as f64 / 9.41)));
        (0..60).map(|k| (at(k).0, at(k).1 + 2e-3 * noise(seed, k))).collect()
    };
    let window = |seed: u64| {
        let at = |dt: f64| if dt > 0.0 { 138.61 * exp(-dt / 64.1e-3) } else { -103.46 * exp(dt / 29.2e-3) };
        let times = (-30..=30i32).filter(|k| *k != 0).map(|k| 5e-3 * f64::from(k));
        times.enumerate().map(|(k, dt)| (dt, at(dt) + 2.0 * noise(seed, k))).collect()
    };
    let decay = |b: f64| {
        move |seed: u64| {
            let at =
                |t: f64| 5e-3 * exp(-if t > 0.0 { exp(b * crate::numeric::ln(t / 7800.0)) } else { 0.0 });
            let rows = (0..60).map(|k| 250.0 * k as f64).enumerate();
            rows.map(|(k, t)| (t, at(t) * (1.0 + 0.01 * noise(seed, k)))).collect::<Vec<_>>()
        }
    };
    let train = |sigma: f64, read: f64| {
        move |seed: u64| {
            let mut g = 0.2e-3;
            (0..100)
                .map(|k| {
                    let seen = (k as f64, g + read * noise(seed, 2 * k));
                    let dose = 0.04 * exp(sigma * noise(seed, 2 * k + 1) - 0.5 * sigma * sigma);
                    g = 4e-3 - (4e-3 - g) * exp(-dose);
                    seen
                })
                .collect::<Vec<_>>()
        }
    };
    let hopping = |seed: u64| {
        let at = |v: f64| 3e-8 * 0.5 * (exp(v / 0.1) - exp(-v / 0.1));
        // Noise of the ammeter.
        (1..80).map(|k| (5e-3 * k as f64, at(5e-3 * k as f64) + 4e-9 * noise(seed, k))).collect()
    };
    // Of a share of the current.
    let shares = |seed: u64| {
        let at = |v: f64| 3e-8 * 0.5 * (exp(v / 0.1) - exp(-v / 0.1));
        (1..80).map(|k| (5e-3 * k as f64, at(5e-3 * k as f64) * (1.0 + 0.01 * noise(seed, k)))).collect()
    };
    let ohmic =
        |seed: u64| (1..60).map(|k| (5e-3 * k as f64, 5e-6 * k as f64 + 2e-6 * noise(seed, k))).collect();
    let bound = [("g_0", 0.2e-3), ("g_end", 4e-3), ("dose", 0.04)];
    let plain = Curve::Retention { stretched: false };
    let thresholds = [("v_th", 0.3), ("v_hold", 0.12), ("g_on", 60e-6), ("g_off", 0.2e-6), ("i_cc", 10e-6)];
    vec![
        of_curve(
            "relaxation",
            Curve::Relaxation,
            &[("tau", 9.41e-3), ("u_rest", 0.43e-3), ("u_0", 0.25)],
            relaxation,
        ),
        of_curve(
            "window",
            Curve::Stdp,
            &[("w_plus", 138.61), ("tau_plus", 64.1e-3), ("w_minus", -103.46), ("tau_minus", 29.2e-3)],
            window,
        ),
        of_curve("retention", plain, &[("g_p", 5e-3), ("tau", 7800.0)], decay(1.0)),
        of_curve(
            "stretched retention",
            Curve::Retention { stretched: true },
            &[("g_p", 5e-3), ("tau", 7800.0), ("b", 0.6)],
            decay(0.6),
        ),
        of_curve("pulses, read noise", Curve::Pulses, &bound, train(0.0, 1e-5)),
        of_curve("pulses, cycle noise", Curve::Pulses, &bound[1..], train(0.2, 1e-8)),
        of_curve("pulses, both", Curve::Pulses, &bound, train(0.2, 5e-6)),
        of_curve("sinh", Curve::Iv { ohmic: false }, &[("g", 3e-7), ("v0", 0.1)], hopping),
        of_curve("sinh, shares", Curve::Iv { ohmic: false }, &[("g", 3e-7), ("v0", 0.1)], shares),
        of_curve("ohmic", Curve::Iv { ohmic: true }, &[("g", 1e-3)], ohmic),
        Case {
            name: "loops",
            truth: thresholds.to_vec(),
            repeat: Box::new(|seed| Some(fit_loop(&loops(seed), &[]).ok()??.fit)),
        },
    ]
}

#[test]
fn stated_errors_cover_the_truth() {
    let repeats =
        std::env::var("MEMSPIKE_REPEATS").ok().and_then(|text| text.parse().ok()).unwrap_or(100_u64);
    let n = repeats as f64;
    // Of 100 intervals of 95 %, fewer than 87 hold the truth with a probability of 1e-3; of 1000 the bars are stated.
    let many = repeats >= 1000;
    let within = if many { (0.93 * n, 0.97 * n) } else { (0.87 * n, n) };
    let (apart, lost) = if many { (0.15, 0.02 * n) } else { (0.35, 0.05 * n) };
    let mut missed = Vec::new();
    for case in cases() {
        let fits: Vec<Fitted> = (0..repeats).filter_map(|seed| (case.repeat)(seed + 9000)).collect();
        let refused = n - fits.len() as f64;
        let mut said = format!("{}: {refused} refused", case.name);
        let mut good = refused <= lost;
        for (name, truth) in &case.truth {
            let own: Vec<_> = fits.iter().filter_map(|fit| fit.get(name)).collect();
            let held = own.iter().filter(|p| (p.value - truth).abs() < 1.96 * p.error).count() as f64;
            let held = held * n / own.len() as f64;
            let mean = |of: &dyn Fn(f64, f64) -> f64| {
                own.iter().map(|p| of(p.value, p.error)).sum::<f64>() / own.len() as f64
            };
            let (value, stated) = (mean(&|value, _| value), mean(&|_, error| error));
            let scatter = mean(&|v, _| (v - value) * (v - value)).sqrt();
            let off = own.iter().map(|p| (p.value / truth - 1.0).abs()).fold(0.0, f64::max);
            said += &format!(
                "; {name} {held:.0}, error {:.2} of the scatter, mean {:.4} of the truth, off by {off:.2e} at most",
                stated / scatter,
                value / truth
            );
            good &= (within.0..=within.1).contains(&held) && (stated / scatter - 1.0).abs() <= apart;
        }
        println!("{said}");
        if !good {
            missed.push(said);
        }
    }
    assert!(missed.is_empty(), "of {repeats}:\n{}", missed.join("\n"));
}
