//! `memspike fit`: measured columns to parameters, with a picture and a preset if asked for.

pub mod args;
mod chart;
mod device;
mod found;
mod measured;
mod preset;
mod table;

use super::end::End;
use super::failure::Failure;
use super::files;
use super::output::Output;
use super::values::Format;
use args::{FitArgs, Model};
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
    if args.model == Model::Device {
        return several(args, output);
    }
    if let Some((model, _)) = args.files().first() {
        return Err(Failure::new(format!(
            "--iv, --pulses, --stdp, --relaxation and --retention are of `fit device`, not of `fit {}`",
            args.model.name()
        ))
        .with_hint(format!("give the file alone, as in `memspike fit {} FILE`", model.name())));
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
    tell(args, &table::text(args, &data, &found)?, output)?;
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

/// Text is for people, and silent where only what went wrong is said; JSON was asked for.
fn tell(args: &FitArgs, text: &str, output: &Output) -> Result<(), Failure> {
    match args.format {
        Format::Text => output.told(text),
        Format::Json => output.data(text),
    }
}

/// One device from several measurements.
fn several(args: &FitArgs, output: &Output) -> Result<End, Failure> {
    let device = device::find(args)?;
    let found = device.parts.iter().flat_map(|part| part.data.notes.iter().chain(&part.found.notes));
    for note in found.chain(&device.notes) {
        output.note(note);
    }
    if let Some(path) = &args.plot {
        let pictures = device.parts.iter().map(|part| chart::draw(part.args.model, &part.data, &part.found));
        files::write_picture(path, &chart::stacked(&pictures.collect::<Vec<_>>()))?;
        output.note(&format!("drawn in {}", path.display()));
    }
    let bad: Vec<&device::Part> = device.parts.iter().filter(|part| !part.found.judgement.fits()).collect();
    let good = bad.is_empty() && device.contradictions.is_empty();
    if let (Some(path), Some(text)) = (&args.out, device.text.as_ref().filter(|_| good || args.anyway)) {
        files::write_whole(path, text.as_bytes(), "--out")?;
        output.note(&format!("use it with `memspike device {}`", as_argument(path)));
    }
    tell(args, &device::tables(args, &device)?, output)?;
    for part in bad {
        output.warning(&format!(
            "{}: what the fit leaves over has a pattern: the law is not that of these data",
            part.data.name()
        ));
    }
    for contradiction in &device.contradictions {
        output.warning(contradiction);
    }
    if !good && args.out.is_some() && !args.anyway {
        output.note("no preset is written without --anyway");
    }
    Ok(if good { End::Done } else { End::No })
}

/// A path that is not taken for the name of a preset.
fn as_argument(path: &std::path::Path) -> String {
    let shown = files::argument(path);
    if shown.contains(['/', '\\']) { shown } else { format!("./{shown}") }
}
