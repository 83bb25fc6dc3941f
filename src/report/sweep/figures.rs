//! Pictures of a sweep: a line over one key, a map over two.

use super::super::table::{is_fraction, unit_of};
use super::text::shown;
use super::{Group, SweepSummary};
use crate::plot::chart::{Axis, Chart, Look, Mark, Point, Series};
use crate::plot::heat::{Cell, Heat};
use crate::plot::{Figure, Shape};
use crate::scenario::vary;

/// Most lines of one chart.
const LINES: usize = 8;
/// Cells to a side of the largest map.
const SIDE: usize = 200;

/// One for each measure; none where nothing is there to draw.
#[must_use]
pub fn figures(sweep: &SweepSummary) -> Vec<Figure> {
    (0..sweep.measures.len()).filter_map(|measure| figure(sweep, measure)).collect()
}

fn figure(sweep: &SweepSummary, measure: usize) -> Option<Figure> {
    let any = sweep.groups.iter().any(|group| group.spread(measure).is_some());
    if !any || sweep.groups.len() < 2 {
        return None;
    }
    let name = file_name(&sweep.measures[measure]);
    let several = sweep.keys.len() > 1 && !sweep.variation.zip;
    match sweep.keys.len() {
        2 if several => {
            heat(sweep, measure).map(|heat| heat.figure(name, caption(sweep, "Each cell is a point")))
        }
        _ => line(sweep, measure)
            .map(|chart| chart.figure(name, Shape::Wide, caption(sweep, "Each marker is a point"))),
    }
}

/// What every system takes for the name of a file.
fn file_name(measure: &str) -> String {
    measure
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' })
        .collect()
}

fn caption(sweep: &SweepSummary, each: &str) -> String {
    if sweep.repeats() {
        format!("{each}: the mean over its seeds, with their standard deviation.")
    } else {
        format!("{each}, computed with one seed: nothing is known of the spread over seeds.")
    }
}

/// How a measure is drawn: its factor and unit.
fn drawn(measure: &str) -> (f64, &'static str) {
    (if is_fraction(measure) { 100.0 } else { 1.0 }, unit_of(measure))
}

/// A line along the key that has the most values, one for each combination of the others.
fn line(sweep: &SweepSummary, measure: usize) -> Option<Chart> {
    let varied = &sweep.variation.varied;
    let along = if sweep.variation.zip {
        0
    } else {
        (0..varied.len()).max_by_key(|k| (varied[*k].values.len(), varied.len() - k))?
    };
    let key = varied.get(along)?;
    let name = &sweep.measures[measure];
    let (factor, unit) = drawn(name);
    let numbers = vary::si(&key.values);
    let (places, x) = match &numbers {
        Some((numbers, unit)) if key.log => (numbers.clone(), Axis::log(key.key.as_str(), unit.as_str())),
        Some((numbers, unit)) => (numbers.clone(), Axis::linear(key.key.as_str(), unit.as_str())),
        // Words stand side by side, with their names above.
        None => {
            let places: Vec<f64> = (0..key.values.len()).map(|k| k as f64).collect();
            let last = places.len() as f64 - 0.5;
            (places, Axis::linear(key.key.as_str(), "").whole().exactly(-0.5, last))
        }
    };
    let place = |group: &Group| {
        let value = group.values().get(along)?;
        places.get(key.values.iter().position(|other| other == value)?).copied()
    };
    let others = |group: &Group| -> Vec<String> {
        if sweep.variation.zip {
            return Vec::new();
        }
        let named = varied.iter().zip(group.values()).enumerate().filter(|(k, _)| *k != along);
        named.map(|(_, (varied, value))| format!("{} {value}", last_word(&varied.key))).collect()
    };
    let mut lines: Vec<(Vec<String>, Vec<&Group>)> = Vec::new();
    for group in &sweep.groups {
        let of = others(group);
        match lines.iter_mut().find(|(named, _)| *named == of) {
            Some((_, groups)) => groups.push(group),
            None => lines.push((of, vec![group])),
        }
    }
    let shown_lines = lines.len().min(LINES);
    let subtitle = if shown_lines < lines.len() {
        format!("the first {shown_lines} of {} combinations of the other keys", lines.len())
    } else {
        best(sweep, measure)
    };
    let y = Axis::linear(name.as_str(), unit);
    let mut chart = Chart::new(format!("{name} over {}", key.key), x, y).subtitle(subtitle);
    for (named, groups) in lines.iter().take(LINES) {
        let mut points: Vec<Point> = groups
            .iter()
            .filter_map(|group| {
                let (x, spread) = (place(group)?, group.spread(measure)?);
                let y = factor * spread.mean;
                Some(match spread.sd {
                    Some(sd) => Point::with_error(x, y, factor * sd),
                    None => Point::from((x, y)),
                })
            })
            .collect();
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        let look = if numbers.is_some() { Look::Both } else { Look::Points };
        chart = chart.series(Series::new(named.join(", "), look, points));
    }
    if numbers.is_none() {
        for (place, word) in places.iter().zip(&key.values) {
            chart = chart.mark(Mark::x(*place, word.trim_matches('"')));
        }
    }
    Some(chart)
}

fn last_word(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// "highest 92.50 % at tau_m 10 ms".
fn best(sweep: &SweepSummary, measure: usize) -> String {
    let of = |group: &Group| group.spread(measure).map(|spread| spread.mean);
    let best = sweep
        .groups
        .iter()
        .filter(|group| of(group).is_some_and(f64::is_finite))
        .max_by(|a, b| of(a).unwrap_or(f64::NAN).total_cmp(&of(b).unwrap_or(f64::NAN)));
    let Some((group, spread)) = best.and_then(|group| Some((group, group.spread(measure)?))) else {
        return String::new();
    };
    let at: Vec<String> = sweep
        .keys
        .iter()
        .zip(group.values())
        .map(|(key, value)| format!("{} {value}", last_word(key)))
        .collect();
    format!("highest {} at {}", shown(&sweep.measures[measure], spread), at.join(", "))
}

/// The first key downwards, the second across.
fn heat(sweep: &SweepSummary, measure: usize) -> Option<Heat> {
    let [down, across] = sweep.variation.varied.as_slice() else { return None };
    if down.values.len() > SIDE || across.values.len() > SIDE {
        return None;
    }
    let name = &sweep.measures[measure];
    let (mut factor, unit) = drawn(name);
    // One prefix for all cells, that of the largest.
    let most =
        sweep.groups.iter().filter_map(|g| g.spread(measure)).map(|s| s.mean.abs()).fold(0.0, f64::max);
    let mut symbol = unit.to_string();
    if !matches!(unit, "" | "%")
        && let Some((prefix, size)) =
            crate::plot::number::PREFIXES.iter().find(|(_, size)| most >= size * 0.9995)
    {
        factor /= size;
        symbol = format!("{prefix}{unit}");
    }
    // The second key changes fastest.
    let cell = |row: usize, column: usize| {
        let spread = sweep.groups.get(row * across.values.len() + column)?.spread(measure)?;
        Some(Cell { mean: factor * spread.mean, spread: spread.sd.map(|sd| factor * sd) })
    };
    let in_unit = if symbol.is_empty() { String::new() } else { format!(", in {symbol}") };
    Some(Heat {
        title: format!("{name}{in_unit}"),
        subtitle: best(sweep, measure),
        across: (across.key.clone(), across.values.iter().map(|v| v.trim_matches('"').to_string()).collect()),
        down: (down.key.clone(), down.values.iter().map(|v| v.trim_matches('"').to_string()).collect()),
        cells: (0..down.values.len())
            .map(|row| (0..across.values.len()).map(|column| cell(row, column)).collect())
            .collect(),
        unit: if symbol.is_empty() { String::new() } else { format!(" {symbol}") },
        bare: false,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::sweep;
    use super::*;

    fn svg(keys: &[&str]) -> Vec<Figure> {
        let figures = figures(&sweep(keys, &[]));
        figures.iter().for_each(|figure| crate::plot::drawn::check(&figure.svg));
        figures
    }

    #[test]
    fn one_key_is_a_line_with_the_spread_over_seeds() {
        let figures = svg(&["population.output.tau_m=5 ms,10 ms,20 ms"]);
        assert_eq!(figures.len(), 2);
        assert_eq!(figures[0].name, "accuracy.test");
        assert!(
            figures[0].svg.contains("highest 94.50 \u{b1} 0.71") && figures[0].svg.contains("tau_m [ms]"),
            "{}",
            figures[0].svg
        );
        assert!(figures[0].caption.contains("standard deviation"));
    }

    #[test]
    fn two_keys_are_a_map_and_three_are_lines() {
        let map = svg(&["a.tau=5 ms,10 ms", "b.w=1,2,3"]).remove(0);
        // 0.92 and 0.93 are the seeds of the second cell.
        assert!(map.svg.contains(">92.50</text>") && map.svg.contains("\u{b1} 0.71"), "{}", map.svg);
        let lines = svg(&["a.tau=5 ms,10 ms", "b.w=1,2,3", "c.rule=x,y"]).remove(0);
        assert!(
            lines.svg.contains("tau 5 ms, rule x") && lines.svg.contains("tau 10 ms, rule y"),
            "{}",
            lines.svg
        );
    }

    #[test]
    fn words_stand_side_by_side_under_their_names() {
        let figure = svg(&["population.output.reset=subtract,zero"]).remove(0);
        assert!(
            figure.svg.contains(">subtract</text>") && figure.svg.contains(">zero</text>"),
            "{}",
            figure.svg
        );
    }

    #[test]
    fn seeds_alone_are_no_picture() {
        assert!(svg(&[]).is_empty());
    }
}
