//! Current-voltage loops of devices that switch: where they turn on and off, and how they conduct in between.
//!
//! Rows are told apart by their conductance |I/V| into two groups (2-means of its logarithm). A change of group between
//! two rows is a switching, at the voltage between them; its standard error is that of the mean of all switchings, or
//! of half a step of the sweep if there is one only. If the device turns off at the sign it turned on with it is
//! volatile, else bipolar. Conductances are least squares over the rows of their state below compliance; the
//! compliance is the mean of a plateau, if there is one.

use super::curves::Curve;
use super::least_squares::Held;
use super::{FitError, Fitted, FittedParameter};
use crate::numeric::ln;

/// How a device is turned off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polarity {
    /// By itself, at a voltage of the same sign: `v_th`, `v_hold`.
    Volatile,
    /// By a voltage of the other sign: `v_set`, `v_reset`.
    Bipolar,
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
}

/// Rows below this share of the largest voltage do not show their conductance: offsets of the instrument are a larger
/// part of their current. Assumed.
const LEAST_SHARE: f64 = 0.02;
/// Ratio of the conductances of on and off from which a loop is one of a switch. Assumed: windows of switches span
/// decades. A single state that bends (sinh) may reach it, and is told apart by the width of its two groups.
const LEAST_RATIO: f64 = 5.0;

/// Fits a loop; points are (voltage, current) in the order of the sweep. `None` if nothing switches.
///
/// # Errors
/// The parameter that the loop leaves open: it never turns on, or off, or is never seen on below compliance.
pub fn fit_loop(points: &[(f64, f64)], held: &[Held]) -> Result<Option<Loop>, FitError> {
    if let Some(row) = points.iter().position(|p| !(p.0.is_finite() && p.1.is_finite())) {
        let what = format!("({}, {}); required: finite numbers", points[row].0, points[row].1);
        return Err(FitError::Data { row: row + 1, what });
    }
    let largest = points.iter().map(|p| p.0.abs()).fold(0.0, f64::max);
    let seen: Vec<usize> = (0..points.len())
        .filter(|&k| points[k].0.abs() > LEAST_SHARE * largest && points[k].1 != 0.0)
        .collect();
    let logs: Vec<f64> = seen.iter().map(|&k| ln((points[k].1 / points[k].0).abs())).collect();
    let Some(boundary) = boundary(&logs) else { return Ok(None) };
    let states: Vec<bool> = logs.iter().map(|log| *log > boundary).collect();
    let mut on = vec![states.first().copied().unwrap_or(false); points.len()];
    // A row too small to be seen is in the state of the one before.
    let mut state = on.first().copied().unwrap_or(false);
    let mut next = seen.iter().zip(&states).peekable();
    for (k, slot) in on.iter_mut().enumerate() {
        if let Some(&(&row, &own)) = next.peek()
            && row == k
        {
            state = own;
            next.next();
        }
        *slot = state;
    }
    let (ups, downs, step) = switchings(points, &seen, &states);
    let never = |parameter: &str, why: &str| FitError::Undetermined {
        parameter: parameter.to_owned(),
        why: why.to_owned(),
    };
    if ups.is_empty() {
        return Err(never("v_th", "the device never turns on; start the sweep in the off state"));
    }
    if downs.is_empty() {
        return Err(never("v_hold", "the device never turns off again; sweep back, or to the other sign"));
    }
    let total = |all: &[f64]| all.iter().sum::<f64>();
    let polarity = if total(&ups) * total(&downs) >= 0.0 { Polarity::Volatile } else { Polarity::Bipolar };
    let volatile = polarity == Polarity::Volatile;
    let names = if volatile { ["v_th", "v_hold"] } else { ["v_set", "v_reset"] };
    let mut parameters = vec![mean(names[0], &ups, step), mean(names[1], &downs, step)];

    let of = |which: bool| -> Vec<(f64, f64)> {
        seen.iter().zip(&states).filter(|(_, on)| **on == which).map(|(&k, _)| points[k]).collect()
    };
    let (on_rows, off_rows) = (of(true), of(false));
    let given = |name: &str| held.iter().find(|h| h.name == name).map(|h| h.value);
    let plateau = given("i_cc").map(|i| (i, 0.0)).or_else(|| plateau(&on_rows));
    if let Some((value, error)) = plateau {
        parameters.push(FittedParameter { name: "i_cc".into(), unit: "A".into(), value, error });
    }
    let below: Vec<(f64, f64)> = match plateau {
        Some((i_cc, _)) => on_rows.into_iter().filter(|p| p.1.abs() < 0.9 * i_cc).collect(),
        None => on_rows,
    };
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
        None => ohmic(&below, on_name)?,
    };
    parameters.push(conductance(on_name, g_on.0, g_on.1));
    let mut bent = None;
    let g_off = match held_g(off_name) {
        Some(g) => (g, 0.0),
        None if off_rows.len() < 3 => {
            return Err(never(off_name, "fewer than three rows show the off state"));
        }
        None => {
            let sinh = Curve::Iv { ohmic: false };
            // A straight branch has no v0; that is an answer too.
            if !volatile && let Ok(fit) = sinh.fit(&off_rows, &[]) {
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
        let (m, sd) = moments(&ups);
        let cv = sd / m.abs();
        let error = cv / (2.0 * (ups.len() - 1) as f64).sqrt();
        parameters.push(FittedParameter { name: "cycle_cv".into(), unit: String::new(), value: cv, error });
    }
    for parameter in &mut parameters {
        if let Some(value) = given(&parameter.name) {
            (parameter.value, parameter.error) = (value, 0.0);
        }
    }
    let limit = plateau.map_or(f64::INFINITY, |p| p.0);
    let current: Vec<f64> = points
        .iter()
        .zip(&on)
        .map(|(&(v, _), &on)| {
            let i = match &bent {
                _ if on => g_on.0 * v,
                Some(fit) => Curve::Iv { ohmic: false }.value(v, fit),
                None => g_off.0 * v,
            };
            i.clamp(-limit, limit)
        })
        .collect();
    let residuals: Vec<f64> = points.iter().zip(&current).map(|(p, model)| p.1 - model).collect();
    let rms = (residuals.iter().map(|r| r * r).sum::<f64>() / points.len() as f64).sqrt();
    Ok(Some(Loop { polarity, fit: Fitted { parameters, residuals, rms }, on, current }))
}

/// Between the two groups of `logs`, if they are apart.
fn boundary(logs: &[f64]) -> Option<f64> {
    if logs.len() < 6 || logs.iter().any(|log| !log.is_finite()) {
        return None;
    }
    let mut low = logs.iter().copied().fold(f64::INFINITY, f64::min);
    let mut high = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        let of = |up: bool| -> Vec<f64> { logs.iter().copied().filter(|l| (*l > middle) == up).collect() };
        let (a, b) = (of(false), of(true));
        if a.is_empty() || b.is_empty() {
            return None;
        }
        let next = (moments(&a), moments(&b));
        if next.0.0 == low && next.1.0 == high {
            // Apart by a factor, and by more than they are wide.
            let wide = next.0.1.max(next.1.1);
            return (high - low > ln(LEAST_RATIO).max(3.0 * wide)).then_some(middle);
        }
        (low, high) = (next.0.0, next.1.0);
    }
    Some(f64::midpoint(low, high)).filter(|_| high - low > ln(LEAST_RATIO))
}

/// Voltages of the turn-ons and of the turn-offs, and the mean step of the sweep at them.
fn switchings(points: &[(f64, f64)], seen: &[usize], states: &[bool]) -> (Vec<f64>, Vec<f64>, f64) {
    let (mut ups, mut downs, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    for (rows, on) in seen.windows(2).zip(states.windows(2)) {
        let (a, b) = (points[rows[0]].0, points[rows[1]].0);
        if on[0] == on[1] {
            continue;
        }
        // Across zero, or over rows that could not be seen, the last voltage that was seen counts.
        let v = if a * b > 0.0 && rows[1] == rows[0] + 1 { f64::midpoint(a, b) } else { a };
        steps.push((b - a).abs());
        if on[1] { ups.push(v) } else { downs.push(v) }
    }
    let step = steps.iter().sum::<f64>() / steps.len().max(1) as f64;
    (ups, downs, step)
}

/// Magnitude of the mean voltage of some switchings; half a step is what each is known to at best.
fn mean(name: &str, volts: &[f64], step: f64) -> FittedParameter {
    let (m, sd) = moments(volts);
    let n = volts.len() as f64;
    let error = ((sd * sd + step * step / 12.0) / n).sqrt();
    FittedParameter { name: name.to_owned(), unit: "V".to_owned(), value: m.abs(), error }
}

/// Mean and standard deviation (zero for one value).
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let m = values.iter().sum::<f64>() / n;
    let square: f64 = values.iter().map(|v| (v - m) * (v - m)).sum();
    (m, if values.len() > 1 { (square / (n - 1.0)).sqrt() } else { 0.0 })
}

/// The current that does not grow with the voltage any more, with its error.
fn plateau(on: &[(f64, f64)]) -> Option<(f64, f64)> {
    let most = on.iter().map(|p| p.1.abs()).fold(0.0, f64::max);
    let top: Vec<(f64, f64)> =
        on.iter().map(|p| (p.0.abs(), p.1.abs())).filter(|p| p.1 >= 0.9 * most).collect();
    let low = top.iter().map(|p| p.0).fold(f64::INFINITY, f64::min);
    let high = top.iter().map(|p| p.0).fold(0.0, f64::max);
    // An ohmic branch covers 0.9 to 1 of its current within 0.9 to 1 of its voltage.
    if top.len() < 6 || high < 1.25 * low {
        return None;
    }
    let flat: Vec<f64> = top.iter().filter(|p| p.0 >= 1.12 * low).map(|p| p.1).collect();
    let (m, sd) = moments(&flat);
    Some((m, sd / (flat.len() as f64).sqrt()))
}

/// Conductance of rows with its error.
fn ohmic(rows: &[(f64, f64)], name: &str) -> Result<(f64, f64), FitError> {
    let fit = Curve::Iv { ohmic: true }.fit(rows, &[]).map_err(|error| match error {
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
        let switch = VolatileSwitch::from(ThresholdSwitch::default());
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
}
