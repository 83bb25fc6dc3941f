//! What the end of a sweep says in a terminal.

use super::super::spread::Spread;
use super::super::table::{is_fraction, unit_of};
use super::{PointStatus, SweepSummary};
use crate::hint::many;
use crate::plot::number::{PREFIXES, significant};
use std::fmt::Write as _;

/// Most rows of means; all of them are in the table and on the page.
const ROWS: usize = 40;

/// Means over seeds, a line for each point, and what failed.
#[must_use]
pub fn text(sweep: &SweepSummary) -> String {
    let mut text = format!("{}\n\n", sweep.title);
    let mut rows = vec![heads(sweep)];
    rows.extend(sweep.groups.iter().take(ROWS).map(|group| row(sweep, group)));
    let mut width = vec![0; rows[0].len()];
    for row in &rows {
        for (width, cell) in width.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in &rows {
        let line: String = row.iter().zip(&width).map(|(cell, width)| format!("  {cell:width$}")).collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    if sweep.groups.len() > ROWS {
        let _ = writeln!(text, "  and {} more, in table.csv", sweep.groups.len() - ROWS);
    }
    let _ = writeln!(text, "\n  {}", counted(sweep));
    // Not every terminal has the narrow spaces of the page.
    text.replace(['\u{202f}', '\u{a0}'], " ")
}

/// "15 points, 1 of them failed, 2 not computed".
#[must_use]
pub fn counted(sweep: &SweepSummary) -> String {
    let mut parts = vec![many(sweep.points.len(), "point")];
    let (failed, missing) = (sweep.count(PointStatus::Failed), sweep.count(PointStatus::Missing));
    if failed > 0 {
        parts.push(format!("{failed} failed"));
    }
    if missing > 0 {
        parts.push(format!("{missing} not computed"));
    }
    parts.join(", ")
}

/// The heads of the table of means.
#[must_use]
pub fn heads(sweep: &SweepSummary) -> Vec<String> {
    let seeds = sweep.repeats().then(|| "seeds".to_string());
    sweep.keys.iter().cloned().chain(seeds).chain(sweep.measures.iter().cloned()).collect()
}

/// A row of the table of means.
#[must_use]
pub fn row(sweep: &SweepSummary, group: &super::Group) -> Vec<String> {
    let mut cells: Vec<String> = group.values().to_vec();
    if sweep.repeats() {
        let n = (0..sweep.measures.len()).filter_map(|k| group.spread(k)).map(|spread| spread.n).max();
        cells.push(n.unwrap_or(0).to_string());
    }
    for (k, name) in sweep.measures.iter().enumerate() {
        cells.push(group.spread(k).map_or_else(|| "\u{2013}".into(), |spread| shown(name, spread)));
    }
    cells
}

/// "92.41 ± 0.35 %", "27.7 ± 0.20 nJ".
#[must_use]
pub fn shown(name: &str, spread: &Spread) -> String {
    if is_fraction(name) {
        let sd = spread.sd.map_or_else(String::new, |sd| format!(" \u{b1} {:.2}", 100.0 * sd));
        return format!("{:.2}{sd}\u{a0}%", 100.0 * spread.mean);
    }
    let Spread { mean, sd, .. } = *spread;
    // Both in the prefix of the mean.
    let unit = unit_of(name);
    let prefix = PREFIXES.iter().find(|(_, size)| !unit.is_empty() && mean.abs() >= size * 0.9995);
    let (prefix, size) = prefix.copied().unwrap_or(("", 1.0));
    let digits = if unit.is_empty() { 5 } else { 3 };
    let sd = sd.map_or_else(String::new, |sd| format!(" \u{b1} {}", significant(sd / size, 2)));
    let unit = if unit.is_empty() { String::new() } else { format!("\u{a0}{prefix}{unit}") };
    format!("{}{sd}{unit}", significant(mean / size, digits))
}

#[cfg(test)]
mod tests {
    use super::super::tests::sweep;

    #[test]
    fn means_have_their_spread_and_how_many_seeds_they_are_of() {
        let text = super::text(&sweep(&["population.output.tau_m=5 ms,10 ms"], &[]));
        insta::assert_snapshot!(text, @r"
        Digits

          population.output.tau_m  seeds  accuracy.test   energy_per_inference_j
          5 ms                     1      91.00 %         1.00 nJ
          10 ms                    2      92.50 ± 0.71 %  1.00 ± 0 nJ

          4 points, 1 failed
        ");
    }
}
