//! How the devices' conductances are spread.

use super::number;
use super::style::{
    AXIS, At, BLUE, GRID, HEAD, INK, MUTED, VERMILLION, line, px, sheet, stroke, text, ticks, write,
};
use super::{Figure, PlotError, Shape};
use crate::record::npz::ArrayKind;
use crate::scenario::outcome::NamedArray;
use plotters::prelude::*;

const BINS: usize = 60;
const SIZE: (u32, u32) = (720, 360);

pub fn figure(arrays: &[NamedArray]) -> Result<Option<Figure>, PlotError> {
    let of_kind: Vec<(&str, &NamedArray)> = arrays
        .iter()
        .filter_map(|array| match ArrayKind::of(&array.name) {
            (ArrayKind::Conductance, name) => Some((name, array)),
            _ => None,
        })
        .collect();
    let of_sign = |minus: bool| -> Vec<f64> {
        of_kind
            .iter()
            .filter(|(name, _)| name.ends_with("minus") == minus)
            .flat_map(|(_, array)| array.data.iter().copied())
            .filter(|g| g.is_finite())
            .collect()
    };
    let (plus, minus) = (of_sign(false), of_sign(true));
    if plus.is_empty() {
        return Ok(None);
    }
    let caption = "Devices by their programmed conductance, on a logarithmic scale of counts.".to_string();
    Ok(Some(Figure { name: "conductances".into(), shape: Shape::Half, caption, svg: draw(&plus, &minus)? }))
}

fn draw(plus: &[f64], minus: &[f64]) -> Result<String, PlotError> {
    let all = || plus.iter().chain(minus);
    let most = all().copied().fold(0.0, f64::max);
    let (factor, prefix) = [(1.0, ""), (1e-3, "m"), (1e-6, "\u{b5}"), (1e-9, "n"), (1e-12, "p")]
        .into_iter()
        .find(|(factor, _)| most >= *factor)
        .unwrap_or((1e-12, "p"));
    let hi = (most / factor).max(1e-12);
    let histogram = |values: &[f64]| -> Vec<u32> {
        let mut bins = vec![0u32; BINS];
        for g in values {
            let bin = (g / factor / hi * BINS as f64).floor().clamp(0.0, BINS as f64 - 1.0);
            bins[bin as usize] += 1;
        }
        bins
    };
    let series = [
        (if minus.is_empty() { "G" } else { "G+" }, histogram(plus), BLUE),
        ("G\u{2212}", histogram(minus), VERMILLION),
    ];
    let highest = series.iter().flat_map(|s| &s.1).copied().max().unwrap_or(1).max(1);
    let decades = f64::from(highest).log10().ceil().max(1.0);

    let (left, right, top, bottom) = (72.0, 690.0, HEAD + 10.0, 306.0);
    let x_of = |g: f64| left + g / hi * (right - left);
    // Half a device is the floor, so that a single one can be seen.
    let floor = 0.5f64.log10();
    let y_of = |n: u32| {
        let log = if n == 0 { floor } else { f64::from(n).log10() };
        bottom - (log - floor) / (decades - floor) * (bottom - top)
    };
    let mean = all().sum::<f64>() / (plus.len() + minus.len()) as f64;
    let subtitle = format!(
        "{} devices, mean {}",
        number::count((plus.len() + minus.len()) as u64),
        number::si(mean, "S")
    );
    sheet(SIZE, "Conductances", &subtitle, |area, _| {
        for decade in 0..=decades as u32 {
            let n = 10u32.saturating_pow(decade);
            line(area, (left, y_of(n)), (right, y_of(n)), GRID, 1.0)?;
            write(area, &n.to_string(), left - 8.0, y_of(n), At::Right, &text(11.5, MUTED))?;
        }
        for (tick, label) in ticks(0.0, hi, 8) {
            line(area, (x_of(tick), bottom), (x_of(tick), bottom + 4.0), AXIS, 1.0)?;
            write(area, &label, x_of(tick), bottom + 15.0, At::Middle, &text(11.5, MUTED))?;
        }
        for (k, (name, bins, colour)) in series.iter().enumerate() {
            if bins.iter().all(|&n| n == 0) {
                continue;
            }
            let mut outline = vec![(px(left), px(bottom))];
            for (bin, &n) in bins.iter().enumerate() {
                let edge = |bin: usize| px(x_of(hi * bin as f64 / BINS as f64));
                outline.push((edge(bin), px(y_of(n))));
                outline.push((edge(bin + 1), px(y_of(n))));
            }
            outline.push((px(right), px(bottom)));
            area.draw(&Polygon::new(outline.clone(), colour.mix(0.16)))?;
            area.draw(&PathElement::new(outline, colour.stroke_width(stroke(1.75))))?;
            let y = top + 8.0 + 17.0 * k as f64;
            line(area, (right - 64.0, y), (right - 44.0, y), *colour, 3.0)?;
            write(area, name, right - 38.0, y, At::Left, &text(12.0, INK))?;
        }
        line(area, (left, bottom), (right, bottom), AXIS, 1.0)?;
        let label = format!("conductance [{prefix}S]");
        write(area, &label, f64::midpoint(left, right), 344.0, At::Middle, &text(12.0, INK))?;
        let turned = text(12.0, INK).transform(FontTransform::Rotate270);
        write(area, "devices", 20.0, f64::midpoint(top, bottom), At::Middle, &turned)?;
        Ok(())
    })
}
