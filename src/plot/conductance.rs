//! How the devices' conductances are spread.

use super::chart::{Axis, Chart, Look, Point, Series};
use super::{Figure, Shape, number};
use crate::hint::many;
use crate::record::npz::ArrayKind;
use crate::scenario::outcome::NamedArray;

const BINS: usize = 60;
const SIZE: (u32, u32) = (720, 360);

pub fn figure(arrays: &[NamedArray]) -> Option<Figure> {
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
        return None;
    }
    let caption = "Devices by their programmed conductance, on a logarithmic scale of counts.".to_string();
    Some(Figure { name: "conductances".into(), shape: Shape::Half, caption, svg: draw(&plus, &minus) })
}

fn draw(plus: &[f64], minus: &[f64]) -> String {
    let all = || plus.iter().chain(minus);
    let most = all().copied().fold(0.0, f64::max).max(1e-24);
    let histogram = |values: &[f64]| -> Vec<u32> {
        let mut bins = vec![0u32; BINS];
        for g in values {
            let bin = (g / most * BINS as f64).floor().clamp(0.0, BINS as f64 - 1.0);
            bins[bin as usize] += 1;
        }
        bins
    };
    let series =
        [(if minus.is_empty() { "G" } else { "G+" }, histogram(plus)), ("G\u{2212}", histogram(minus))];
    let highest = series.iter().flat_map(|s| &s.1).copied().max().unwrap_or(1).max(1);
    let decades = f64::from(highest).log10().ceil().max(1.0) as usize;
    let top: f64 = format!("1e{decades}").parse().unwrap_or(10.0);
    let mean = all().sum::<f64>() / (plus.len() + minus.len()) as f64;
    let subtitle = format!(
        "{}, mean {}",
        many(number::count((plus.len() + minus.len()) as u64), "device"),
        number::si(mean, "S")
    );
    // Half a device is the floor, so that a single one can be seen.
    const FLOOR: f64 = 0.5;
    let mut chart = Chart::new(
        "Conductances",
        Axis::linear("conductance", "S").exactly(0.0, most),
        Axis::log("devices", "").exactly(FLOOR, top),
    )
    .subtitle(subtitle)
    .size(SIZE.0, SIZE.1);
    for (name, bins) in series {
        if bins.iter().all(|&n| n == 0) {
            continue;
        }
        let edge = |bin: usize| most * bin as f64 / BINS as f64;
        let outline = bins.iter().enumerate().flat_map(|(bin, &n)| {
            let y = f64::from(n).max(FLOOR);
            [bin, bin + 1].map(|side| Point { x: edge(side), y, within: Some((FLOOR, y)) })
        });
        chart = chart.series(Series::new(name, Look::Line, outline));
    }
    chart.svg()
}
