//! What is written of a whole sweep: from the summaries that its points have left, whoever has computed them.

use super::super::failure::Failure;
use super::super::files;
use super::super::png::Renderer;
use super::super::table::recorded;
use super::jobs::Ended;
use super::place::SWEEP;
use super::points::Task;
use memspike::record::rundir::{self, MANIFEST, RunStatus, SUMMARY};
use memspike::record::{read_json, to_json};
use memspike::registry::Registry;
use memspike::report::manifest::ManifestHead;
use memspike::report::sweep::{self, Found, SweepSummary};
use memspike::scenario::vary::Point;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// What is known of every point.
pub fn collect(place: &Path, all: &[Point], ended: &[(&Task, Ended)]) -> Vec<(Point, Found)> {
    let ended: BTreeMap<&str, &Ended> =
        ended.iter().map(|(task, ended)| (task.point.name.as_str(), ended)).collect();
    let of = |point: &Point| match ended.get(point.name.as_str()) {
        Some(Ended::Failed(why)) => Found::Failed(why.clone()),
        _ => found(&place.join(&point.name)),
    };
    all.iter().map(|point| (point.clone(), of(point))).collect()
}

/// What the directory of a point says.
fn found(path: &Path) -> Found {
    if !path.join(MANIFEST).is_file() || !rundir::is_run(path) {
        return Found::Missing;
    }
    let status = ManifestHead::read(path).map(|head| head.status);
    let summary = read_json::<serde_json::Value>(&path.join(SUMMARY));
    match (status, summary) {
        (Ok(RunStatus::Done), Ok(summary)) => Found::Done(summary),
        (Ok(RunStatus::Failed), _) => {
            Found::Failed("it failed before, or in another part of the sweep, which said why".into())
        }
        _ => Found::Missing,
    }
}

/// Writes table, pictures, page and `sweep.json`.
///
/// # Errors
/// If one of them cannot be written; and if `stop` is set while a picture is rendered as PNG, which comes last.
pub fn write(
    place: &Path,
    summary: &SweepSummary,
    png: bool,
    (registry, stop): (&Registry, &AtomicBool),
) -> Result<(), Failure> {
    let whole = |name: &str, bytes: &[u8]| files::write_whole(&place.join(name), bytes, "--out");
    whole("table.csv", summary.table.csv().as_bytes())?;
    if let Some(parquet) = registry.formats().find("parquet") {
        recorded(&summary.table, &place.join("table.parquet"), parquet)?;
    }
    let figures = sweep::figures(summary);
    for figure in &figures {
        whole(&format!("{}.svg", figure.name), figure.svg.as_bytes())?;
    }
    whole("sweep.html", sweep::page(summary, &figures).as_bytes())?;
    whole(SWEEP, &to_json(SWEEP, summary)?)?;
    let renderer = if png { Some(Renderer::new("--png")?) } else { None };
    for (figure, renderer) in figures.iter().zip(renderer.iter().cycle()) {
        whole(&format!("{}.png", figure.name), &renderer.render_unless(&figure.svg, stop)?)?;
    }
    Ok(())
}
