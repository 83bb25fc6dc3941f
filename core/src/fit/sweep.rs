//! Current-voltage loops of devices that switch: where they turn on and off, and how they conduct in between.
//!
//! Each half of a loop (see [`super::branches`]) has one switching or none. One that turns on and off again within a half is
//! of a volatile device; else a bipolar device turns off at the other sign. A half in which nothing happened, though the
//! device was in the other state, counts among the tries and not among the voltages. Voltages are the means of their
//! magnitudes; the standard error is that of the mean, and at least that of a step of the sweep. The compliance is that
//! of one sign: where three or more rows lie within 1 % of its largest current while |V| rises by more than 5 %. Conductances
//! are least squares over the rows of their state below it, without rows that lie off the median of their neighbours
//! by five robust standard deviations and 5 %.

use super::branches::{Half, Switching, changes, halves, least_change, switching};
use super::curves::{Curve, finite};
use super::iv::fit_with;
use super::least_squares::{Held, undetermined};
use super::statistics::{median, median_of_five, moments, robust_sigma};
use super::{FitError, Fitted, FittedParameter};

/// How a device is turned off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polarity {
    /// By itself, at a voltage of the same sign: `v_th`, `v_hold`.
    Volatile,
    /// By a voltage of the other sign: `v_set`, `v_reset`.
    Bipolar,
}

/// How often something happened, of how many times it could have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Yield {
    /// Times it happened.
    pub events: usize,
    /// Halves of loops that began in the other state, of signs at which it ever happened.
    pub tries: usize,
}

/// A loop and what it says.
#[derive(Clone, Debug, PartialEq)]
pub struct Loop {
    /// What brings the device back, and with it which parameters there are.
    pub polarity: Polarity,
    /// Volatile: `v_th`, `v_hold`, `g_on`, `g_off`; bipolar: `v_set`, `v_reset`, `r_on`, `r_off` and, where the off branch
    /// bends, `off_v0`. Both: `i_cc` if there is a plateau, and `cycle_cv` from five turn-ons on.
    pub fit: Fitted,
    /// Whether the device was on, row by row.
    pub on: Vec<bool>,
    /// Current of the model in that state, row by row.
    pub current: Vec<f64>,
    /// The sign of the voltages that turn it on: +1 or -1.
    pub sign: f64,
    /// Turning on and turning off.
    pub yields: [Yield; 2],
    /// Magnitudes of the voltages of either, in the order of the loops.
    pub volts: [Vec<f64>; 2],
    /// Rows that lie off their neighbours and count for no conductance.
    pub left_out: usize,
}

/// V0 in largest voltages up to which a branch is told to bend: beyond it sinh(x) is x within 0.02 %.
const LEAST_BEND: f64 = 30.0;
/// Robust standard deviations, and ln G, by which a row that is left out lies off the median of its neighbours.
const WILD: (f64, f64) = (5.0, 0.05);

/// Fits a loop; points are (voltage, current) in the order of the sweep. `None` if nothing switches.
///
/// # Errors
/// The parameter that the loop leaves open: it never turns on, or off, or is never seen on below compliance; a loop that is
/// sorted, or of a kind of device that is not known here.
pub fn fit_loop(points: &[(f64, f64)], held: &[Held]) -> Result<Option<Loop>, FitError> {
    finite(points)?;
    let largest = points.iter().map(|p| p.0.abs()).fold(0.0, f64::max);
    if is_sorted(points, largest) {
        return Err(FitError::Loop(
            "the rows are sorted by voltage, each of which is there twice, so that nothing tells the way there from the way \
             back; give the rows in the order in which they were measured",
        ));
    }
    let halves = halves(points);
    let all: Vec<f64> = halves.iter().flat_map(|half| changes(&half.seen)).collect();
    let least = least_change(&all);
    let events: Vec<Option<Switching>> = halves.iter().map(|half| switching(half, least)).collect();
    let Some(first) = events.iter().flatten().next() else { return Ok(None) };
    let on = states(points.len(), &halves, &events, !first.on);
    let happened = |on: bool| {
        halves.iter().zip(&events).filter_map(move |(h, e)| Some((h.sign, e.filter(|e| e.on == on)?)))
    };
    let (ups, downs): (Vec<_>, Vec<_>) = (happened(true).collect(), happened(false).collect());
    let never = |parameter: &str, why: &str| FitError::Undetermined {
        parameter: parameter.to_owned(),
        why: why.to_owned(),
    };
    if ups.is_empty() {
        return Err(never("v_th", "the device never turns on; start the sweep in the off state"));
    }
    let backs: Vec<(f64, f64)> =
        ups.iter().filter_map(|(_, up)| up.back.map(|back| (back.1, back.2))).collect();
    let volatile = 2 * backs.len() > ups.len();
    if !volatile && downs.is_empty() {
        return Err(never("v_hold", "the device never turns off again; sweep back, or to the other sign"));
    }
    let side =
        |events: &[(f64, Switching)]| if events.iter().map(|e| e.0).sum::<f64>() < 0.0 { -1.0 } else { 1.0 };
    let sign = side(&ups);
    if !volatile && sign == side(&downs) {
        return Err(FitError::Loop(
            "the device turns on and off at voltages of one sign, and stays in between: it is unipolar, and there is no such \
             device here",
        ));
    }
    let polarity = if volatile { Polarity::Volatile } else { Polarity::Bipolar };
    let of = |events: &[(f64, Switching)]| events.iter().map(|(_, e)| (e.volts, e.step)).collect::<Vec<_>>();
    let (ups, downs) = (of(&ups), if volatile { backs } else { of(&downs) });
    let names = if volatile { ["v_th", "v_hold"] } else { ["v_set", "v_reset"] };
    let mut parameters = vec![mean(names[0], &ups), mean(names[1], &downs)];
    let yields = yields(&halves, &events, &on, volatile);

    let given = |name: &str| held.iter().find(|h| h.name == name).map(|h| h.value);
    let plateaus = [1.0, -1.0].map(|side| plateau(points, &halves, &on, side));
    let own = |side: f64| {
        let held = given("i_cc").filter(|_| side == sign).map(|i| (i, 0.0));
        held.or(plateaus[usize::from(side < 0.0)])
    };
    if let Some((value, error)) = own(sign) {
        parameters.push(FittedParameter { name: "i_cc".into(), unit: "A".into(), value, error });
    }
    let limit = |v: f64| own(v.signum()).map_or(f64::INFINITY, |p| p.0);
    let (kept, left_out) = without_wild_rows(&halves, &on);
    let state = on.as_slice();
    let of = |which: bool| kept.iter().filter(move |&&k| state[k] == which).map(|&k| points[k]);
    let on_rows: Vec<(f64, f64)> = of(true).collect();
    let below: Vec<(f64, f64)> = on_rows.iter().filter(|p| p.1.abs() < 0.9 * limit(p.0)).copied().collect();
    let off_rows: Vec<(f64, f64)> = of(false).collect();
    let (on_name, off_name) = if volatile { ("g_on", "g_off") } else { ("r_on", "r_off") };
    let conductance = |name: &str, value: f64, error: f64| {
        if volatile {
            FittedParameter { name: name.into(), unit: "S".into(), value, error }
        } else {
            FittedParameter {
                name: name.into(),
                unit: "Ohm".into(),
                value: 1.0 / value,
                error: error / (value * value),
            }
        }
    };
    let held_g = |name: &str| given(name).map(|v| if volatile { v } else { 1.0 / v });
    let g_on = match held_g(on_name) {
        Some(g) => (g, 0.0),
        None if below.len() < 3 => {
            return Err(never(on_name, "no rows of the on state lie below the compliance"));
        }
        None => {
            // Chosen by what is measured, rows near the limit have their noise chosen too: by what is fitted they have not.
            let first = ohmic(&below, on_name)?;
            let fitted = |p: &&(f64, f64)| first.0 * p.0.abs() < 0.9 * limit(p.0);
            let again: Vec<(f64, f64)> = on_rows.iter().filter(fitted).copied().collect();
            if again.len() < 3 { first } else { ohmic(&again, on_name)? }
        }
    };
    parameters.push(conductance(on_name, g_on.0, g_on.1));
    let mut bent = None;
    let g_off = match held_g(off_name) {
        Some(g) => (g, 0.0),
        None if off_rows.len() < 3 => {
            return Err(never(off_name, "fewer than three rows show the off state"));
        }
        None => {
            // A straight branch has no v0; that is an answer too.
            let reach = off_rows.iter().fold(0.0, |most: f64, p| most.max(p.0.abs()));
            let bends = |fit: &Fitted| fit.get("v0").is_some_and(|v0| v0.value < LEAST_BEND * reach);
            if !volatile && let Some(fit) = fit_with(&[], &off_rows, false, &[]).ok().filter(bends) {
                let g = fit.get("g").map_or((0.0, 0.0), |p| (p.value, p.error));
                bent = Some(fit);
                g
            } else {
                ohmic(&off_rows, off_name)?
            }
        }
    };
    parameters.push(conductance(off_name, g_off.0, g_off.1));
    if let Some(v0) = bent.as_ref().and_then(|fit| fit.get("v0")) {
        parameters.push(FittedParameter { name: "off_v0".into(), ..v0.clone() });
    }
    if ups.len() >= 5 {
        let (m, sd) = moments(&ups.iter().map(|up| up.0).collect::<Vec<_>>());
        let cv = sd / m;
        let error = cv / (2.0 * (ups.len() - 1) as f64).sqrt();
        parameters.push(FittedParameter { name: "cycle_cv".into(), unit: String::new(), value: cv, error });
    }
    for parameter in &mut parameters {
        if let Some(value) = given(&parameter.name) {
            (parameter.value, parameter.error) = (value, 0.0);
        }
        undetermined(parameter)?;
    }
    let current: Vec<f64> = points
        .iter()
        .zip(&on)
        .map(|(&(v, _), &on)| {
            let i = match &bent {
                _ if on => g_on.0 * v,
                Some(fit) => Curve::Iv { ohmic: false }.value(v, fit),
                None => g_off.0 * v,
            };
            i.clamp(-limit(v), limit(v))
        })
        .collect();
    let residuals: Vec<f64> = points.iter().zip(&current).map(|(p, model)| p.1 - model).collect();
    let rms = (residuals.iter().map(|r| r * r).sum::<f64>() / points.len() as f64).sqrt();
    let fit = Fitted { parameters, residuals, rms, origin: 0.0, noise: None };
    let volts = [&ups, &downs].map(|events| events.iter().map(|event| event.0).collect());
    Ok(Some(Loop { polarity, fit, on, current, sign, yields, volts, left_out }))
}

/// Whether the voltage only goes one way and most of its values are there twice.
fn is_sorted(points: &[(f64, f64)], largest: f64) -> bool {
    let steps: Vec<f64> = points.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    let same = steps.iter().filter(|step| step.abs() <= 1e-9 * largest).count();
    let one_way = steps.iter().all(|step| *step >= 0.0) || steps.iter().all(|step| *step <= 0.0);
    one_way && 5 * same >= 2 * steps.len() && same >= 10
}

/// Whether it was on, row by row; before the first switching as `first` says.
fn states(rows: usize, halves: &[Half], events: &[Option<Switching>], first: bool) -> Vec<bool> {
    let mut on = Vec::with_capacity(rows);
    let mut state = first;
    for (half, event) in halves.iter().zip(events) {
        for row in half.rows.clone() {
            state = match event {
                Some(event) if row < event.row => !event.on,
                Some(event) => event.on && event.back.is_none_or(|back| row < back.0),
                None => state,
            };
            on.push(state);
        }
    }
    on
}

/// How often it turned on, and off.
fn yields(halves: &[Half], events: &[Option<Switching>], on: &[bool], volatile: bool) -> [Yield; 2] {
    [true, false].map(|up| {
        let happens = |event: &Option<Switching>| event.is_some_and(|event| event.on == up);
        let signs: Vec<f64> =
            halves.iter().zip(events).filter(|(_, e)| happens(e)).map(|(h, _)| h.sign).collect();
        let tried = halves.iter().filter(|half| signs.contains(&half.sign) && on[half.rows.start] != up);
        let (events_, tries) = (events.iter().filter(|e| happens(e)).count(), tried.count());
        if volatile && !up {
            let ups = events.iter().flatten().filter(|e| e.on);
            return Yield { events: ups.clone().filter(|e| e.back.is_some()).count(), tries: ups.count() };
        }
        Yield { events: events_, tries }
    })
}

/// Magnitude of the mean voltage of some switchings, each with its step of the sweep, within which it is not known.
fn mean(name: &str, events: &[(f64, f64)]) -> FittedParameter {
    let (m, sd) = moments(&events.iter().map(|e| e.0).collect::<Vec<_>>());
    let step = events.iter().map(|e| e.1 * e.1 / 12.0).sum::<f64>() / events.len() as f64;
    let error = ((sd * sd + step) / events.len() as f64).sqrt();
    FittedParameter { name: name.to_owned(), unit: "V".to_owned(), value: m, error }
}

/// The current of one sign that does not grow with the voltage any more, with its error. Loop by loop, as the largest current of many is
/// that of their noise; more than half of those that are on at three rows have to show it.
fn plateau(points: &[(f64, f64)], halves: &[Half], on: &[bool], side: f64) -> Option<(f64, f64)> {
    let (mut lows, mut seen) = (Vec::new(), 0);
    for half in halves.iter().filter(|half| half.sign == side) {
        let rows = half.rows.start..half.top + 1;
        let smooth = median_of_five(&rows.clone().map(|k| points[k].1.abs()).collect::<Vec<_>>());
        let rising: Vec<(f64, f64)> =
            rows.zip(smooth).filter(|(k, _)| on[*k]).map(|(k, i)| (points[k].0.abs(), i)).collect();
        seen += usize::from(rising.len() >= 3);
        let most = rising.iter().fold(0.0, |most: f64, p| most.max(p.1));
        let top: Vec<f64> = rising.iter().filter(|p| p.1 >= 0.99 * most).map(|p| p.0).collect();
        let (low, high) =
            top.iter().fold((f64::INFINITY, 0.0), |(a, b): (f64, f64), v| (a.min(*v), b.max(*v)));
        if top.len() >= 3 && high >= 1.05 * low {
            lows.push(low);
        }
    }
    if lows.is_empty() || 2 * lows.len() <= seen {
        return None;
    }
    let low = median(&lows);
    let flat: Vec<f64> = (0..points.len())
        .filter(|&k| on[k] && points[k].0 * side >= 1.02 * low)
        .map(|k| points[k].1.abs())
        .collect();
    let (m, sd) = moments(&flat);
    Some((m, sd / (flat.len() as f64).sqrt())).filter(|(m, _)| m.is_finite())
}

/// The rows that show a conductance, without those that lie off their neighbours, and how many these are.
fn without_wild_rows(halves: &[Half], on: &[bool]) -> (Vec<usize>, usize) {
    let mut rows = Vec::new();
    for half in halves {
        for state in half.seen.chunk_by(|a, b| on[a.row] == on[b.row]) {
            let smooth = median_of_five(&state.iter().map(|row| row.y).collect::<Vec<_>>());
            rows.extend(state.iter().zip(smooth).map(|(row, middle)| (row.row, row.y - middle)));
        }
    }
    let most = WILD.1.max(WILD.0 * robust_sigma(&rows.iter().map(|row| row.1).collect::<Vec<_>>()));
    let kept: Vec<usize> = rows.iter().filter(|row| row.1.abs() <= most).map(|row| row.0).collect();
    let left_out = rows.len() - kept.len();
    (kept, left_out)
}

/// Conductance of rows with its error.
fn ohmic(rows: &[(f64, f64)], name: &str) -> Result<(f64, f64), FitError> {
    let fit = fit_with(&[], rows, true, &[]).map_err(|error| match error {
        FitError::Undetermined { why, .. } => FitError::Undetermined { parameter: name.to_owned(), why },
        other => other,
    })?;
    Ok(fit.get("g").map_or((0.0, 0.0), |p| (p.value, p.error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Open;
    use crate::device::memory::BinaryMemory;
    use crate::device::model::{Draws, Model};
    use crate::device::protocol::{Sweep, Table, iv};
    use crate::device::resistive::BinarySwitch;
    use crate::device::threshold::{ThresholdSwitch, VolatileSwitch};
    use crate::numeric::standard_normal;
    use crate::random::{Purpose, word};

    fn swept(model: impl Model, sweep: &Sweep, draws: &Draws) -> Table {
        let device = Open::new(model);
        iv(&device, &device.start(draws), sweep, draws)
    }

    fn nominal(volts: &[f64]) -> Table {
        // With one conductance while off, as a loop is fitted.
        let nominal = ThresholdSwitch::default();
        let switch = VolatileSwitch::from(ThresholdSwitch { g_pre: nominal.g_off, ..nominal });
        swept(switch, &Sweep::through(volts), &Draws::new(1, false))
    }

    fn points(table: &Table, noise: f64) -> Vec<(f64, f64)> {
        let column = |name: &str| table.values(name).unwrap();
        let noisy = |k: usize, i: f64| {
            i * (1.0 + noise * standard_normal(word(7, Purpose::Measurement, 0, k as u64)))
        };
        column("voltage")
            .iter()
            .zip(column("current"))
            .enumerate()
            .map(|(k, (&v, &i))| (v, noisy(k, i)))
            .collect()
    }

    fn close(fit: &Fitted, name: &str, value: f64) {
        let p = fit.get(name).unwrap_or_else(|| panic!("{name}: {fit:?}"));
        assert!((p.value - value).abs() <= 4.0 * p.error.max(1e-12 * value), "{name} {value}: {p:?}");
        assert!(p.error < 0.05 * value, "{p:?}");
    }

    #[test]
    fn a_volatile_loop_gives_its_five_constants() {
        let table = nominal(&[0.0, 0.5, 0.0]);
        let found = fit_loop(&points(&table, 0.01), &[]).unwrap().unwrap();
        assert_eq!(found.polarity, Polarity::Volatile);
        for (name, value) in
            [("v_th", 0.25), ("v_hold", 0.10), ("i_cc", 7e-6), ("g_on", 35e-6), ("g_off", 1e-7)]
        {
            close(&found.fit, name, value);
        }
        assert!(found.fit.get("cycle_cv").is_none());
    }

    #[test]
    fn a_bipolar_loop_gives_its_resistances_and_the_bend_of_its_off_state() {
        let sweep = Sweep { repeat: 40, ..Sweep::through(&[0.0, 0.2, 0.0, -0.1, 0.0]) };
        let table = swept(BinaryMemory::from(BinarySwitch::default()), &sweep, &Draws::new(3, true));
        let found = fit_loop(&points(&table, 0.002), &[]).unwrap().unwrap();
        assert_eq!(found.polarity, Polarity::Bipolar);
        for (name, value) in [("v_set", 0.12), ("v_reset", 0.08), ("r_on", 200.0), ("r_off", 10f64.powf(6.5))]
        {
            let p = found.fit.get(name).unwrap();
            // Forty cycles of 5 % thresholds and 1 % resistances.
            assert!((p.value / value - 1.0).abs() < 0.03, "{p:?}");
        }
        let p = found.fit.get("cycle_cv").unwrap();
        assert!((p.value - 0.05).abs() < 4.0 * p.error, "{p:?}");
        let v0 = found.fit.get("off_v0").unwrap();
        assert!((v0.value / 0.1 - 1.0).abs() < 0.1, "{v0:?}");
        assert!(found.fit.get("i_cc").is_none(), "0.2 V only just reach the compliance");
    }

    #[test]
    fn what_does_not_switch_is_no_loop_and_half_a_loop_names_what_it_leaves_open() {
        let line: Vec<(f64, f64)> = (1..50).map(|k| (0.01 * f64::from(k), 1e-5 * f64::from(k))).collect();
        assert_eq!(fit_loop(&line, &[]), Ok(None));
        assert_eq!(fit_loop(&[], &[]), Ok(None));
        let up = nominal(&[0.0, 0.5]);
        let open = |result: Result<Option<Loop>, FitError>| match result {
            Err(FitError::Undetermined { parameter, .. }) => parameter,
            other => panic!("{other:?}"),
        };
        assert_eq!(open(fit_loop(&points(&up, 0.0), &[])), "v_hold");
        let whole = nominal(&[0.0, 0.5, 0.0]);
        let mut late = points(&whole, 0.0);
        late.drain(..150);
        assert_eq!(open(fit_loop(&late, &[])), "v_th");
    }

    #[test]
    fn a_held_parameter_stands_in_for_what_is_not_seen() {
        let table = nominal(&[0.0, 0.5, 0.0]);
        // Without the rows below compliance the on conductance is open.
        let rows: Vec<(f64, f64)> =
            points(&table, 0.0).into_iter().filter(|p| p.1 > 6.9e-6 || p.1 < 1e-6).collect();
        assert!(
            matches!(fit_loop(&rows, &[]), Err(FitError::Undetermined { parameter, .. }) if parameter == "g_on")
        );
        let held = [Held { name: "g_on".into(), value: 35e-6 }];
        let found = fit_loop(&rows, &held).unwrap().unwrap();
        assert_eq!(found.fit.get("g_on").map(|p| (p.value, p.error)), Some((35e-6, 0.0)));
    }

    /// A sweep through these voltages, so many rows each way, as something that maps each to a current.
    fn measured(through: &[f64], rows: u32, mut current: impl FnMut(usize, f64) -> f64) -> Vec<(f64, f64)> {
        let leg = |pair: &[f64]| {
            let (a, b) = (pair[0], pair[1]);
            (1..=rows).map(move |k| a + (b - a) * f64::from(k) / f64::from(rows)).collect::<Vec<_>>()
        };
        let volts: Vec<f64> = through.windows(2).flat_map(leg).collect();
        volts.into_iter().enumerate().map(|(k, v)| (v, current(k, v))).collect()
    }

    /// SET at 0.5 V, RESET at -0.4 V, 200 Ohm and 100 kOhm, the SET limited to 1 mA; 0.5 % of noise.
    fn bipolar(cycles: usize, fails: impl Fn(usize) -> bool) -> Vec<(f64, f64)> {
        let through: Vec<f64> =
            std::iter::once(0.0).chain((0..cycles).flat_map(|_| [0.8, 0.0, -0.6, 0.0])).collect();
        let mut on = false;
        measured(&through, 50, |k, v| {
            if v >= 0.5 {
                on = true;
            } else if v <= -0.4 && !fails(k / 200) {
                on = false;
            }
            let i = if on { (v / 200.0).min(1e-3) } else { v / 1e5 };
            i * (1.0 + 0.005 * standard_normal(word(1, Purpose::Measurement, 0, k as u64)))
        })
    }

    #[test]
    fn the_compliance_is_that_of_one_sign() {
        // 1 mA while it SETs, 2 mA and more while it RESETs.
        let found = fit_loop(&bipolar(6, |_| false), &[]).unwrap().unwrap();
        assert_eq!((found.polarity, found.sign, found.left_out), (Polarity::Bipolar, 1.0, 0));
        for (name, value) in
            [("i_cc", 1e-3), ("r_on", 200.0), ("r_off", 1e5), ("v_set", 0.5), ("v_reset", 0.4)]
        {
            close(&found.fit, name, value);
        }
    }

    #[test]
    fn set_has_the_sign_at_which_it_happens_whichever_sweep_is_larger() {
        let through: Vec<f64> =
            std::iter::once(0.0).chain((0..6).flat_map(|_| [-0.4, 0.0, 0.2, 0.0])).collect();
        let mut on = false;
        let rows = measured(&through, 80, |k, v| {
            on = if v >= 0.12 { true } else { on && v > -0.1 };
            let i = if on { (v / 200.0).min(8e-4) } else { v / 1e6 };
            i * (1.0 + 0.005 * standard_normal(word(2, Purpose::Measurement, 0, k as u64)))
        });
        let found = fit_loop(&rows, &[]).unwrap().unwrap();
        assert_eq!((found.polarity, found.sign), (Polarity::Bipolar, 1.0));
        // A threshold lies within the step in which it was passed.
        for (name, value, step) in [("v_set", 0.12, 2.5e-3), ("v_reset", 0.1, 5e-3)] {
            let p = found.fit.get(name).unwrap();
            assert!((p.value - value).abs() <= step, "{p:?}");
        }
    }

    #[test]
    fn a_failed_reset_is_yield_and_not_spread() {
        let found = fit_loop(&bipolar(8, |cycle| cycle == 3), &[]).unwrap().unwrap();
        assert_eq!(found.yields, [Yield { events: 7, tries: 7 }, Yield { events: 7, tries: 8 }]);
        close(&found.fit, "r_off", 1e5);
        assert!(found.fit.get("cycle_cv").is_some_and(|cv| cv.value < 1e-9), "{:?}", found.fit);
    }

    #[test]
    fn a_switch_that_is_swept_at_both_signs_has_one_threshold() {
        let mut on = false;
        let loops = measured(&[0.0, 0.5, 0.0, -0.5, 0.0, 0.5, 0.0, -0.5, 0.0], 100, |k, v| {
            on = v.abs() >= if on { 0.1 } else { 0.25 };
            let i = if on { (35e-6 * v).clamp(-7e-6, 7e-6) } else { 1e-7 * v };
            i * (1.0 + 0.005 * standard_normal(word(2, Purpose::Measurement, 0, k as u64)))
        });
        let found = fit_loop(&loops, &[]).unwrap().unwrap();
        assert_eq!(found.polarity, Polarity::Volatile);
        for (name, value) in
            [("v_th", 0.25), ("v_hold", 0.1), ("i_cc", 7e-6), ("g_on", 35e-6), ("g_off", 1e-7)]
        {
            close(&found.fit, name, value);
        }
    }

    #[test]
    fn a_bad_row_is_no_switching_and_moves_no_conductance() {
        for rows in [75, 1500] {
            let bad = |k, _| if k == 3 * rows as usize / 2 { 1e3 } else { 1.0 };
            let straight = measured(&[0.0, 1.0, 0.0, -1.0, 0.0], rows, |k, v| {
                let noise = standard_normal(word(3, Purpose::Measurement, 0, k as u64));
                1e-5 * v * bad(k, v) * (1.0 + 0.01 * noise)
            });
            assert_eq!(fit_loop(&straight, &[]), Ok(None), "{rows}");
        }
        let mut loops = bipolar(6, |_| false);
        for (k, factor) in [(10, 1e3), (130, 1e-3), (480, 0.0), (520, -50.0)] {
            loops[k].1 *= factor;
        }
        let found = fit_loop(&loops, &[]).unwrap().unwrap();
        for (name, value) in [("r_on", 200.0), ("r_off", 1e5), ("v_set", 0.5), ("v_reset", 0.4)] {
            close(&found.fit, name, value);
        }
        assert_eq!(found.left_out, 3, "zero is no conductance");
    }

    #[test]
    fn a_ratio_below_five_is_a_switch_and_a_bend_beyond_it_is_none() {
        let mut on = false;
        // A VO2 film: 13.5 and 2.8 kOhm, without noise.
        let film = measured(&[0.0, 1.8, 0.0], 200, |_, v| {
            on = v >= if on { 0.4 } else { 1.2 };
            v / if on { 2.8e3 } else { 13.5e3 }
        });
        let found = fit_loop(&film, &[]).unwrap().unwrap();
        for (name, value) in [("v_th", 1.2), ("v_hold", 0.4), ("g_on", 1.0 / 2.8e3), ("g_off", 1.0 / 13.5e3)]
        {
            let p = found.fit.get(name).unwrap();
            // Voltages to half a step of the sweep.
            let known = if p.unit == "V" { 0.0045 } else { 1e-9 * value };
            assert!((p.value - value).abs() <= known, "{p:?}");
        }
        let bent = measured(&[0.0, 1.0, 0.0, -1.0, 0.0], 100, |_, v| 1e-6 * (v / 0.1).sinh());
        assert_eq!(fit_loop(&bent, &[]), Ok(None));
    }

    #[test]
    fn what_no_model_has_is_refused() {
        let refused = |points: &[(f64, f64)]| match fit_loop(points, &[]) {
            Err(FitError::Loop(why)) => why,
            other => panic!("{other:?}"),
        };
        let mut on = false;
        let unipolar = measured(&[0.0, 1.0, 0.0, 0.5, 0.0, 1.0, 0.0, 0.5, 0.0], 60, |k, v| {
            let reset = (k / 120) % 2 == 1;
            on = if reset { on && v < 0.4 } else { on || v >= 0.8 };
            v / if on { 100.0 } else { 1e5 }
        });
        assert!(refused(&unipolar).contains("it is unipolar"));
        let mut sorted = bipolar(1, |_| false);
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!(refused(&sorted).contains("sorted by voltage"));
    }

    #[test]
    fn voltages_that_spread_as_widely_as_they_are_large_are_refused() {
        // Turn-ons at 0.08 V and at 0.95 V: a standard error of 0.43 V.
        let mut on = false;
        let loops = measured(&[0.0, 1.0, 0.0, -1.0, 0.0, 1.0, 0.0, -1.0, 0.0], 100, |k, v| {
            let v_set = if k < 400 { 0.08 } else { 0.95 };
            on = if on { v > -0.5 } else { v >= v_set };
            v / if on { 100.0 } else { 1e5 }
        });
        let found =
            fit_loop(&loops, &[]).map(|found| found.map(|found| (found.polarity, found.fit.parameters)));
        assert!(
            matches!(&found, Err(FitError::Undetermined { parameter, .. }) if parameter == "v_set"),
            "{found:?}"
        );
    }
}
