//! `memspike fit`: measured columns to parameters, with a picture and a preset if asked for.

pub mod args;
mod chart;
mod found;
mod measured;
mod preset;
mod table;

use super::end::End;
use super::failure::Failure;
use super::files;
use super::output::Output;
use args::FitArgs;
use found::Shape;

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
    let found = found::find(args, &data)?;
    for note in data.notes.iter().chain(&found.notes) {
        output.note(note);
    }
    let fits = found.judgement.fits();
    // Everything that can fail before anything is written.
    let out = args.out.as_deref().filter(|_| fits || args.anyway);
    let preset = out.map(|path| preset::text(args, path, &data, &found)).transpose()?;
    let svg = args.plot.as_ref().map(|_| chart::draw(args.model, &data, &found));
    if let (Some(path), Some(svg)) = (&args.plot, &svg) {
        files::write_picture(path, svg)?;
        output.note(&format!("drawn in {}", path.display()));
    }
    if let (Some(path), Some(text)) = (out, &preset) {
        files::write_whole(path, text.as_bytes(), "--out")?;
        output.note(&format!("use it with `memspike device {}`", as_argument(path)));
    }
    output.data(&table::text(args, &data, &found)?)?;
    if fits {
        return Ok(End::Done);
    }
    let without =
        if args.out.is_some() && out.is_none() { "; no preset is written without --anyway" } else { "" };
    output.warning(&format!(
        "what the fit leaves over has a pattern: the law is not that of these data, and the errors mean nothing{without}"
    ));
    if let Shape::Curve(curve) = found.shape {
        output.note(found::instead(curve));
    }
    Ok(End::No)
}

/// A path that is not taken for the name of a preset.
fn as_argument(path: &std::path::Path) -> String {
    let shown = path.display().to_string();
    if shown.contains(['/', '\\']) { shown } else { format!("./{shown}") }
}
