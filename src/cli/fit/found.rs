//! What a measurement says: which curve is fitted, and what came of it.

use super::super::failure::Failure;
use super::super::measured::Measured;
use super::args::{FitArgs, Model};
use super::measured;
use memspike::fit::{Curve, FitError, Fitted, Held, Judgement, Loop, PulseLaw, fit_loop};
use memspike::hint::many;

/// What was found.
pub struct Found {
    pub fit: Fitted,
    pub shape: Shape,
    pub notes: Vec<String>,
    pub judgement: Judgement,
    /// That a train of pulses is fitted with.
    pub law: PulseLaw,
    /// Whether a window is of doses, whose law of state is known.
    pub of_doses: bool,
}

/// What was fitted.
pub enum Shape {
    /// A curve of the first column.
    Curve(Curve),
    /// A loop of a device that switches.
    Loop(Box<Loop>),
}

/// Fits what was measured.
///
/// # Errors
/// If the data cannot determine a parameter.
pub fn find(args: &FitArgs, data: &Measured) -> Result<Found, Failure> {
    let refused = |error: FitError| Failure::new(format!("{}: {error}", data.file)).with_hint(error.hint());
    let (curve, law) = (args.curve(), PulseLaw::SoftBound);
    if args.model == Model::Iv {
        let held = measured::held(args, LOOP_PARAMETERS)?;
        if let Some(found) = fit_loop(&data.points, &held).map_err(refused)? {
            let mut notes = told(&found);
            for one in &held {
                if found.fit.get(&one.name).is_none() {
                    notes.push(format!("the data are of another kind of device: {} is not used", one.name));
                }
            }
            let (fit, judgement) = (found.fit.clone(), Judgement::default());
            return Ok(Found {
                fit,
                shape: Shape::Loop(Box::new(found)),
                notes,
                judgement,
                law,
                of_doses: false,
            });
        }
        let held = measured::held(args, curve.parameters())?;
        let fit = one_state(curve, data, &held, args.ohmic).map_err(refused)?;
        let notes = vec!["nothing switches in these data: they are fitted as one state".to_owned()];
        let judgement = curve.judge(&data.points, &fit);
        return Ok(Found { fit, shape: Shape::Curve(curve), notes, judgement, law, of_doses: false });
    }
    let held = measured::held(args, curve.parameters())?;
    let fit = curve.fit(&data.points, &held).map_err(refused)?;
    let judgement = curve.judge(&data.points, &fit);
    Ok(Found { fit, shape: Shape::Curve(curve), notes: Vec::new(), judgement, law, of_doses: false })
}

/// What to try where a law is not that of the data.
pub fn instead(curve: Curve) -> &'static str {
    match curve {
        Curve::Retention { stretched: false } => "try --stretched",
        Curve::Iv { ohmic: true } => "leave --ohmic away",
        Curve::Pulses => {
            "leave out what another process made with --from and --to, or compare laws with `memspike fit device`"
        }
        Curve::Stdp => "leave out with --from where the lobes of the pulses overlap",
        _ => "leave out what another process made with --from and --to",
    }
}

/// What a loop tells besides its parameters.
fn told(found: &Loop) -> Vec<String> {
    let [on, off] = found.yields;
    let mut notes = Vec::new();
    if on.events < on.tries || off.events < off.tries {
        notes.push(format!(
            "it turned on in {} of {} sweeps and off in {} of {}; those that failed count for no voltage",
            on.events, on.tries, off.events, off.tries
        ));
    }
    if found.left_out > 0 {
        notes.push(format!(
            "{} far off the neighbours, which count for no conductance",
            many(found.left_out, "row")
        ));
    }
    if found.sign < 0.0 {
        notes.push("it turns on at negative voltages; in a preset they are positive".to_owned());
    }
    notes
}

/// A straight line is not a fault of the measurement: the message says how to fit one.
fn one_state(curve: Curve, data: &Measured, held: &[Held], ohmic: bool) -> Result<Fitted, FitError> {
    curve.fit(&data.points, held).map_err(|error| match error {
        FitError::Undetermined { parameter, why } if !ohmic && parameter == "v0" => FitError::Undetermined {
            parameter,
            why: format!("{why}; the curve is straight, fit it with --ohmic"),
        },
        other => other,
    })
}

/// What a loop may tell, of either kind of device.
const LOOP_PARAMETERS: &[(&str, &str)] = &[
    ("i_cc", "A"),
    ("g_on", "S"),
    ("g_off", "S"),
    ("r_on", "Ohm"),
    ("r_off", "Ohm"),
    ("v_th", "V"),
    ("v_hold", "V"),
    ("v_set", "V"),
    ("v_reset", "V"),
    // Of what does not switch.
    ("g", "S"),
    ("v0", "V"),
];
