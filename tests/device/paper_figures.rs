//! The electrical figures of Yan et al. from the three presets, one parameter set each for TS, RS-binary and RS-analog.

use memspike::device::Open;
use memspike::device::memory::{BinaryMemory, DoseMemory};
use memspike::device::model::{Draws, Model};
use memspike::device::preset::Preset;
use memspike::device::protocol::{
    CycleOptions, PulseProtocol, RetentionOptions, StdpOptions, Sweep, Table, cycles, iv, pulses_switch,
    relaxation_switch, retention, stdp, stdp_fits,
};
use memspike::device::resistive::{BinarySwitch, DoseDevice};
use memspike::device::threshold::{ThresholdSwitch, VolatileSwitch};
use memspike::fit::Curve;
use memspike::units::{Second, Siemens, Volt, Watt};

fn switch() -> ThresholdSwitch {
    Preset::named("ag-tio2-pt-ts").unwrap().device.get::<VolatileSwitch>().unwrap().switch.clone()
}

/// A loop of the nominal device.
fn swept(model: impl Model, g: Option<f64>, sweep: &Sweep) -> Table {
    let (device, draws) = (Open::new(model), Draws::new(1, false));
    let start = g.and_then(|g| device.programmed(g)).unwrap_or_else(|| device.start(&draws));
    iv(&device, &start, sweep, &draws)
}

fn binary() -> Preset {
    Preset::named("ag-tio2-pt-rs-binary").unwrap()
}

fn analog() -> Preset {
    Preset::named("ag-tio2-pt-rs-analog").unwrap()
}

fn column<'t>(table: &'t Table, name: &str) -> &'t [f64] {
    table.values(name).unwrap()
}

#[test]
fn figure_1c_turns_on_at_0_25_volts_limited_to_7_microamperes_and_off_below_0_1_volts() {
    let sweep = Sweep { samples: 2000, ..Sweep::through(&[0.0, 0.5, 0.0]) };
    let table = swept(VolatileSwitch::from(switch()), None, &sweep);
    let (v, on) = (column(&table, "voltage"), column(&table, "on"));
    let first = on.iter().position(|&on| on == 1.0).unwrap();
    let last = on.iter().rposition(|&on| on == 1.0).unwrap();
    // 1 mV: u lags the sweep by 0.09 mV and leads it by u_rest.
    assert!((v[first] - 0.25).abs() < 1e-3 && (v[last] - 0.1).abs() < 1e-3, "{} {}", v[first], v[last]);
    assert_eq!(column(&table, "current").iter().copied().fold(0.0, f64::max), 7e-6);
}

#[test]
fn figures_1d_2a_and_2b_come_from_one_binary_device() {
    let preset = binary();
    let BinaryMemory { device, retention: model, .. } = preset.device.get().unwrap();
    let quiet = BinarySwitch { threshold_cv: 0.0, ..device.clone() };
    let sweep = Sweep { samples: 1000, ..Sweep::through(&[0.0, 0.2, 0.0, -0.1, 0.0]) };
    let table = swept(BinaryMemory::from(quiet.clone()), None, &sweep);
    let (v, g) = (column(&table, "voltage"), column(&table, "conductance"));
    let set = g.iter().position(|&g| quiet.is_on(g)).unwrap();
    let reset = g.iter().rposition(|&g| quiet.is_on(g)).unwrap();
    assert!((v[set] - 0.12).abs() < 1e-3 && (-0.1..=-0.079).contains(&v[reset]));

    // 100 cycles determine a coefficient of variation to 21 % (three standard errors), 1e4 to 2.1 %.
    for (n, tolerance) in [(100, 0.21), (10_000, 0.021)] {
        let (_, s) = cycles(
            device,
            device.median(false),
            None,
            &CycleOptions { cycles: n, ..CycleOptions::default() },
        );
        assert!((s.r_on.cv / 0.0081 - 1.0).abs() < tolerance, "{n}: {}", s.r_on.cv);
        assert!((s.r_off.cv / 0.0115 - 1.0).abs() < tolerance, "{n}: {}", s.r_off.cv);
        assert!(s.r_off.mean / s.r_on.mean > 1e4);
    }

    let options = RetentionOptions {
        g_on: Siemens::new(device.median(true)),
        g_off: Siemens::new(device.median(false)),
        length: Second::new(4000.0),
        samples: 40,
        devices: 1,
        seed: 1,
    };
    let held = retention(model, &options);
    assert!(column(&held, "window")[40] > 1e4);
}

#[test]
fn figures_2c_2d_and_3c_come_from_one_analog_device() {
    let preset = analog();
    let memory: &DoseMemory = preset.device.get().unwrap();
    let DoseMemory { device, pulse, g_start, .. } = memory;
    let ends = |volts: f64, g: f64| -> Vec<f64> {
        let sweep = Sweep { repeat: 6, ..Sweep::through(&[0.0, volts, 0.0]) };
        let table = swept(memory.clone(), Some(g), &sweep);
        column(&table, "conductance").chunks(400).map(|sweep| sweep[399]).collect()
    };
    let range = device.g_max.get() - device.g_min.get();
    let rises = |g: &[f64], from: f64, share: f64| {
        let mut before = from;
        g.iter().all(|&g| {
            let step = (g - before) / range;
            before = g;
            (step / share - 1.0).abs() < 0.005
        })
    };
    assert!(rises(&ends(0.2, 0.2e-3), 0.2e-3, 0.15), "{:?}", ends(0.2, 0.2e-3));
    assert!(rises(&ends(-0.25, 3.9e-3), 3.9e-3, -0.15), "{:?}", ends(-0.25, 3.9e-3));

    let options = StdpOptions { g0: *g_start, ..StdpOptions::default() };
    let quiet = DoseDevice { dose_sigma: 0.0, ..device.clone() };
    let table = stdp(&quiet, &pulse.unwrap(), &options);
    let [plus, minus] = stdp_fits(&table, &options).map(Option::unwrap);
    for (got, paper) in
        [(plus.amplitude, 138.61), (plus.tau, 64.1e-3), (minus.amplitude, -103.46), (minus.tau, 29.2e-3)]
    {
        assert!((got / paper - 1.0).abs() < 0.005, "{got}, paper {paper}");
    }
    assert_eq!(column(&table, "change")[30], 0.0, "nothing at dt = 0");
}

#[test]
fn figures_4b_and_4c_and_the_power_come_from_the_switch() {
    let train = PulseProtocol {
        amplitude: Volt::new(0.5),
        width: Second::new(1e-3),
        period: Second::new(2e-3),
        count: 20,
    };
    let table = pulses_switch(&switch().into(), &train, 1, &Draws::new(1, false));
    let (state, spikes) = (column(&table, "state"), column(&table, "spikes"));
    let fires = spikes.iter().position(|&n| n > 0.0).unwrap();
    assert!(
        fires > 10 && state[1..fires].chunks(2).map(|p| p[0]).is_sorted(),
        "it integrates pulse after pulse"
    );

    let relaxation = relaxation_switch(&switch(), Second::new(0.06), 200);
    let points: Vec<(f64, f64)> =
        column(&relaxation, "time").iter().zip(column(&relaxation, "state")).map(|(&t, &u)| (t, u)).collect();
    let fit = Curve::Relaxation.fit(&points, &[]).unwrap();
    assert!((fit.get("tau").unwrap().value - 9.41e-3).abs() < 1e-9);
    assert!((fit.get("u_rest").unwrap().value - 0.43e-3).abs() < 1e-9);
    assert!((switch().on_power() / Watt::new(1.4e-6) - 1.0).abs() < 1e-12);
}
