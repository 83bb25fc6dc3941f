//! `memspike fit`: measured columns to parameters, with a picture and a preset if asked for.

mod args;
mod chart;
mod measured;
mod preset;
mod table;

pub use args::FitArgs;

use super::End;
use super::failure::Failure;
use super::files;
use super::output::Output;
use args::Model;
use measured::Measured;
use memspike::fit::{Curve, FitError, Fitted, Held, Loop, fit_loop};

/// What was found.
struct Found {
    fit: Fitted,
    shape: Shape,
    notes: Vec<String>,
}

/// What was fitted.
enum Shape {
    /// A curve of the first column.
    Curve(Curve),
    /// A loop of a device that switches.
    Loop(Loop),
}

pub fn fit(args: &FitArgs, output: &Output) -> Result<End, Failure> {
    if let Some(path) = &args.plot {
        files::check_picture(path)?;
    }
    if let Some(path) = &args.out
        && path.exists()
        && !args.force
    {
        return Err(Failure::new(format!("`{}` exists", path.display()))
            .with_hint("replace it with --force, or choose another file with --out"));
    }
    let data = measured::read(args)?;
    let found = find(args, &data)?;
    for note in data.notes.iter().chain(&found.notes) {
        output.note(note);
    }
    // Everything that can fail before anything is written.
    let preset = args.out.as_deref().map(|path| preset::text(args, path, &data, &found)).transpose()?;
    let svg = args
        .plot
        .as_ref()
        .map(|_| chart::draw(args.model, &data, &found).map_err(|error| Failure::new(error.to_string())))
        .transpose()?;
    if let (Some(path), Some(svg)) = (&args.plot, &svg) {
        files::write_picture(path, svg)?;
        output.note(&format!("drawn in {}", path.display()));
    }
    if let (Some(path), Some(text)) = (&args.out, &preset) {
        files::write_whole(path, text.as_bytes(), "--out")?;
        output.note(&format!("use it with `memspike device {}`", as_argument(path)));
    }
    output.data(&table::text(args, &data, &found)?)?;
    Ok(End::Done)
}

/// A path that is not taken for the name of a preset.
fn as_argument(path: &std::path::Path) -> String {
    let shown = path.display().to_string();
    if shown.contains(['/', '\\']) { shown } else { format!("./{shown}") }
}

fn find(args: &FitArgs, data: &Measured) -> Result<Found, Failure> {
    let refused = |error: FitError| Failure::new(format!("{}: {error}", data.file)).with_hint(error.hint());
    let curve = match args.model {
        Model::Iv => Curve::Iv { ohmic: args.ohmic },
        Model::Pulses => Curve::Pulses,
        Model::Stdp => Curve::Stdp,
        Model::Lif => Curve::Relaxation,
        Model::Retention => Curve::Retention { stretched: args.stretched },
    };
    if args.model == Model::Iv {
        let held = measured::held(args, LOOP_PARAMETERS)?;
        if let Some(found) = fit_loop(&data.points, &held).map_err(refused)? {
            let mut notes = Vec::new();
            for one in &held {
                if found.fit.get(&one.name).is_none() {
                    notes.push(format!("the data are of another kind of device: {} is not used", one.name));
                }
            }
            return Ok(Found { fit: found.fit.clone(), shape: Shape::Loop(found), notes });
        }
        let held = measured::held(args, curve.parameters())?;
        let fit = one_state(curve, data, &held, args.ohmic).map_err(refused)?;
        let notes = vec!["nothing switches in these data: they are fitted as one state".to_owned()];
        return Ok(Found { fit, shape: Shape::Curve(curve), notes });
    }
    let held = measured::held(args, curve.parameters())?;
    let fit = curve.fit(&data.points, &held).map_err(refused)?;
    Ok(Found { fit, shape: Shape::Curve(curve), notes: Vec::new() })
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
