//! How accuracy bears other devices, and time.

use super::number;
use super::style::{
    AXIS, At, BLUE, GRID, HEAD, INK, MUTED, VERMILLION, fill, line, px, sheet, stroke, text, ticks, tint,
    write,
};
use super::{Figure, PlotError, Shape};
use crate::scenario::outcome::{AgedResult, VariationResult, Vote};
use plotters::prelude::*;

const SIZE: (u32, u32) = (720, 380);
const LEFT: f64 = 62.0;
const RIGHT: f64 = 560.0;
const TOP: f64 = HEAD + 14.0;
const BOTTOM: f64 = 322.0;

/// Dispersion that Querlioz et al. (IEEE Trans. Nanotechnol. 12 (2013) 288) report as tolerated: more than
/// 50 % on all device parameters.
const TOLERATED: f64 = 0.5;

/// Accuracy over the dispersion of the devices.
pub fn variation(cases: &[VariationResult], vote: Vote) -> Result<Option<Figure>, PlotError> {
    if cases.len() < 2 {
        return Ok(None);
    }
    let caption =
        "Test accuracy after training with devices whose steps, bounds and initial weights and neurons whose \
                   thresholds differ: one dot per seed, the line through the means. Shaded: the dispersion on all parameters that Querlioz et al. \
                   (2013) report as tolerated."
            .to_string();
    let dots: Vec<(f64, f64)> =
        cases.iter().flat_map(|case| case.test.iter().map(|v| (case.cv, 100.0 * v.by(vote)))).collect();
    let means: Vec<(f64, f64)> = cases.iter().map(|case| (case.cv, 100.0 * case.mean)).collect();
    let most = cases.iter().map(|case| case.cv).fold(0.1, f64::max);
    let x_of = |cv: f64| LEFT + cv / most * (RIGHT - LEFT);
    let y = Scale::new(dots.iter().map(|dot| dot.1));
    let subtitle = format!("by the {} vote", vote.name());
    let svg = sheet(SIZE, "Device variation", &subtitle, |area, _| {
        let end = x_of(TOLERATED.min(most));
        fill(area, LEFT, TOP, end - LEFT, BOTTOM - TOP, tint(BLUE, 0.1))?;
        write(area, "Querlioz et al. 2013: tolerated", LEFT + 8.0, TOP + 9.0, At::Left, &text(11.0, MUTED))?;
        y.draw(area)?;
        for (tick, label) in ticks(0.0, 100.0 * most, 8) {
            let x = x_of(tick / 100.0);
            line(area, (x, BOTTOM), (x, BOTTOM + 4.0), AXIS, 1.0)?;
            write(area, &label, x, BOTTOM + 15.0, At::Middle, &text(11.5, MUTED))?;
        }
        let label = "device-to-device dispersion of all parameters [%]";
        write(area, label, f64::midpoint(LEFT, RIGHT), BOTTOM + 36.0, At::Middle, &text(12.0, INK))?;
        curve(area, &means.iter().map(|p| (x_of(p.0), y.of(p.1))).collect::<Vec<_>>(), VERMILLION)?;
        for dot in dots {
            let at = (px(x_of(dot.0)), px(y.of(dot.1)));
            area.draw(&Circle::new(at, px(3.0), VERMILLION.mix(0.55).filled()))?;
        }
        if let (Some(last), Some(case)) = (means.last(), cases.last()) {
            let label = format!("{:.1} % at {}", last.1, case.name);
            write(area, &label, RIGHT + 10.0, y.of(last.1), At::Left, &text(12.0, VERMILLION))?;
        }
        Ok(())
    })?;
    Ok(Some(Figure { name: "variation".into(), shape: Shape::Half, caption, svg }))
}

/// Accuracy and conductance over the time since learning.
pub fn ageing(ages: &[AgedResult], vote: Vote) -> Result<Option<Figure>, PlotError> {
    if ages.len() < 2 {
        return Ok(None);
    }
    let caption = "Test accuracy when the devices have been left alone for so long; the same test \
                   presentations each time, above each point the mean conductance. Red: with every threshold \
                   brought down by the one factor by which the mean weight fell. Time is logarithmic, with the \
                   fresh devices at its left end."
        .to_string();
    let aged = |age: &&AgedResult| age.after_s > 0.0;
    let (lo, hi) = ages
        .iter()
        .filter(aged)
        .map(|age| age.after_s.log10())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), t| (lo.min(t), hi.max(t)));
    let (lo, hi) = if lo < hi { (lo - 1.0, hi) } else { (lo - 1.0, lo + 1.0) };
    let x_of = |seconds: f64| {
        let t = if seconds > 0.0 { seconds.log10() } else { lo };
        LEFT + (t - lo) / (hi - lo) * (RIGHT - LEFT)
    };
    let accuracy = |age: &AgedResult| 100.0 * age.test.by(vote);
    let scaled = |age: &AgedResult| 100.0 * age.recalibrated.by(vote);
    let y = Scale::new(ages.iter().flat_map(|age| [accuracy(age), scaled(age)]));
    let subtitle = format!("by the {} vote", vote.name());
    let svg = sheet(SIZE, "Retention", &subtitle, |area, _| {
        y.draw(area)?;
        for age in ages {
            let x = x_of(age.after_s);
            line(area, (x, BOTTOM), (x, BOTTOM + 4.0), AXIS, 1.0)?;
            write(area, &number::span(age.after_s), x, BOTTOM + 15.0, At::Middle, &text(10.5, MUTED))?;
        }
        write(
            area,
            "time since learning",
            f64::midpoint(LEFT, RIGHT),
            BOTTOM + 36.0,
            At::Middle,
            &text(12.0, INK),
        )?;
        let points: Vec<(f64, f64)> =
            ages.iter().map(|age| (x_of(age.after_s), y.of(accuracy(age)))).collect();
        let lowered: Vec<(f64, f64)> =
            ages.iter().map(|age| (x_of(age.after_s), y.of(scaled(age)))).collect();
        curve(area, &lowered, VERMILLION)?;
        for point in &lowered {
            let corner = |d: f64| (px(point.0 + d), px(point.1 + d));
            area.draw(&Rectangle::new([corner(-2.4), corner(2.4)], VERMILLION.filled()))?;
        }
        curve(area, &points, BLUE)?;
        for (point, age) in points.iter().zip(ages) {
            area.draw(&Circle::new((px(point.0), px(point.1)), px(3.0), BLUE.filled()))?;
            let label = number::si(age.conductance, "S");
            write(area, &label, point.0, point.1 - 12.0, At::Middle, &text(10.0, MUTED))?;
        }
        // Where the lines end says nothing of which is which: in ten years they may have met.
        let x = RIGHT + 10.0;
        write(area, "thresholds as they were", x, TOP + 9.0, At::Left, &text(11.0, BLUE))?;
        write(area, "thresholds brought down", x, TOP + 25.0, At::Left, &text(11.0, VERMILLION))?;
        write(area, "above each point:", x, TOP + 45.0, At::Left, &text(9.5, MUTED))?;
        write(area, "mean conductance", x, TOP + 57.0, At::Left, &text(9.5, MUTED))?;
        if let (Some(point), Some(age)) = (points.last(), ages.last()) {
            let label = format!("{:.1} %", accuracy(age));
            write(area, &label, x, point.1, At::Left, &text(12.0, BLUE))?;
        }
        Ok(())
    })?;
    Ok(Some(Figure { name: "retention".into(), shape: Shape::Half, caption, svg }))
}

/// The axis of accuracies, in percent.
struct Scale {
    lo: f64,
    hi: f64,
}

impl Scale {
    fn new(values: impl Iterator<Item = f64>) -> Self {
        let (lo, hi) = values
            .filter(|v| v.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), v| (lo.min(v), hi.max(v)));
        let (lo, hi) = if lo <= hi { (lo, hi) } else { (0.0, 100.0) };
        let pad = ((hi - lo) * 0.1).max(0.5);
        Self { lo: (lo - pad).max(0.0), hi: (hi + 1.6 * pad).min(102.0) }
    }

    fn of(&self, value: f64) -> f64 {
        BOTTOM - (value - self.lo) / (self.hi - self.lo) * (BOTTOM - TOP)
    }

    fn draw(&self, area: &super::style::Area<'_>) -> Result<(), PlotError> {
        for (tick, label) in ticks(self.lo, self.hi.min(100.0), 6) {
            line(area, (LEFT, self.of(tick)), (RIGHT, self.of(tick)), GRID, 1.0)?;
            write(area, &label, LEFT - 8.0, self.of(tick), At::Right, &text(11.5, MUTED))?;
        }
        line(area, (LEFT, BOTTOM), (RIGHT, BOTTOM), AXIS, 1.0)?;
        let turned = text(12.0, INK).transform(FontTransform::Rotate270);
        write(area, "test accuracy [%]", 20.0, f64::midpoint(TOP, BOTTOM), At::Middle, &turned)
    }
}

fn curve(area: &super::style::Area<'_>, points: &[(f64, f64)], colour: RGBColor) -> Result<(), PlotError> {
    let path: Vec<_> = points.iter().map(|p| (px(p.0), px(p.1))).collect();
    area.draw(&PathElement::new(path, colour.stroke_width(stroke(2.0))))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::outcome::Votes;

    fn votes(accuracy: f64) -> Votes {
        Votes { class_mean: accuracy - 0.01, log_likelihood: accuracy }
    }

    #[test]
    fn both_pictures_render_and_show_the_vote_that_was_asked_for() {
        let case = |cv: f64, mean: f64| VariationResult {
            name: format!("{} %", 100.0 * cv),
            cv,
            test: vec![votes(mean - 0.01), votes(mean + 0.01)],
            mean,
            sd: 0.014,
            loss: 0.0,
            max_loss: None,
        };
        let cases = [case(0.0, 0.88), case(0.5, 0.82), case(1.0, 0.7)];
        let figure = variation(&cases, Vote::LogLikelihood).unwrap().unwrap();
        assert!(figure.svg.contains("70.0 % at 100 %") && figure.svg.contains("Querlioz"));
        super::super::Renderer::new().render(&figure.svg).unwrap();
        assert_eq!(variation(&cases[..1], Vote::ClassMean).unwrap(), None);

        let age = |after_s, accuracy| AgedResult {
            after_s,
            test: votes(accuracy),
            recalibrated: votes(0.85),
            conductance: 2e-5,
        };
        let ages = [age(0.0, 0.88), age(3600.0, 0.87), age(3.15e8, 0.4)];
        let figure = ageing(&ages, Vote::ClassMean).unwrap().unwrap();
        assert!(figure.svg.contains("39.0 %"));
        super::super::Renderer::new().render(&figure.svg).unwrap();
    }
}
