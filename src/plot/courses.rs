//! Samples over time: membranes of some neurons, and how weights are spread.

use super::chart::{Axis, Chart, Look, Point, Series, Stack};
use super::{Figure, Shape};
use crate::record::courses::Course;

/// Height of one chart among several (pixels).
const HEIGHT: u32 = 190;

/// Membranes, a chart for each neuron; nothing without samples.
pub fn membranes(courses: &[Course<1>]) -> Option<Figure> {
    if courses.is_empty() {
        return None;
    }
    let stack = courses.iter().fold(sheet("Membranes", courses.len()), |stack, course| {
        let y = Axis::linear(format!("{} {}", course.name, course.id), "V");
        let points = course.points.iter().map(|point| (point.at, point.values[0]));
        let chart = Chart::new("", Axis::linear("time", "s"), y).series(Series::new("", Look::Line, points));
        stack.below(chart, 1.0)
    });
    let caption = "Membrane potentials as they were sampled, of the first neurons of each population. Between two samples \
                   a neuron may have spiked.";
    Some(Figure { name: "membranes".into(), shape: Shape::Wide, caption: caption.into(), svg: stack.svg() })
}

/// Weights, a chart for each projection; nothing without samples.
pub fn weights(courses: &[Course<5>]) -> Option<Figure> {
    if courses.is_empty() {
        return None;
    }
    let stack = courses.iter().fold(sheet("Weights over time", courses.len()), |stack, course| {
        let line = |name: &str, k: usize, look| {
            let points = course.points.iter().map(|point| (point.at, point.values[k]));
            Series::new(name, look, points)
        };
        let median = course.points.iter().map(|point| {
            let [_, low, median, high, _] = point.values;
            Point { x: point.at, y: median, within: Some((low, high)) }
        });
        let chart = Chart::new(
            course.name.as_str(),
            if course.counted { Axis::linear("samples shown", "") } else { Axis::linear("time", "s") },
            Axis::linear(course.name.as_str(), course.unit.as_str()),
        );
        let chart = chart
            .series(Series::new("median, and eight tenths of all", Look::Line, median))
            .series(line("lowest and highest", 0, Look::Reference))
            .series(line("", 4, Look::Reference));
        stack.below(chart, 1.0)
    });
    let caption =
        "How the weights of each projection that learns are spread over time, as they were sampled.";
    Some(Figure {
        name: "weights-over-time".into(),
        shape: Shape::Wide,
        caption: caption.into(),
        svg: stack.svg(),
    })
}

fn sheet(title: &str, charts: usize) -> Stack {
    Stack::new(title, "").size(760, 90 + HEIGHT * charts as u32)
}
