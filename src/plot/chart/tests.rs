use super::*;
use crate::plot::drawn;

fn rendered(chart: &Chart) -> String {
    let svg = chart.svg();
    drawn::check(&svg);
    assert!(!svg.contains("NaN") && !svg.contains("inf "), "{svg}");
    svg
}

fn example(x: Axis, y: Axis) -> Chart {
    Chart::new("Title", x, y).subtitle("a line below it")
}

#[test]
fn everything_that_was_put_on_a_chart_is_in_the_picture() {
    let chart = example(Axis::linear("voltage", "V"), Axis::log("current", "A"))
        .line("simulated", [(0.0, 1e-9), (0.3, 7e-6)])
        .points("measured & drawn", [Point::with_error(0.1, 1e-8, 2e-9), Point::with_error(0.2, 1e-7, 5e-8)])
        .reference("fit", [(0.0, 1e-9), (0.3, 1e-6)])
        .mark(Mark::x(0.25, "paper: turns on at 0.25 V"))
        .mark(Mark::y(7e-6, "paper: 7 \u{b5}A"))
        .mark(Mark::point(0.15, 1e-7, "paper"))
        .band(Band::x(0.28, f64::INFINITY, "not measured"));
    let svg = rendered(&chart);
    for wanted in [
        "Title",
        "a line below it",
        "voltage [mV]",
        "current [A]",
        "simulated",
        "measured &amp; drawn",
        "fit",
        "paper: turns on at 0.25 V",
        "paper: 7 \u{b5}A",
        "not measured",
        "stroke-dasharray",
    ] {
        assert!(svg.contains(wanted), "{wanted}\n{svg}");
    }
}

#[test]
fn a_picture_of_anything_at_all_is_finite_and_can_be_rendered() {
    let values =
        [0.0, -0.0, 1.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e308, -1e308, 5e-324, 1e-30];
    let pairs: Vec<(f64, f64)> = values.iter().flat_map(|&x| values.iter().map(move |&y| (x, y))).collect();
    let axes = [Axis::linear("x", "V"), Axis::log("x", "V"), Axis::symmetric("x", "V", 1e-9)];
    for x in &axes {
        for y in &axes {
            for look in [Look::Line, Look::Points, Look::Both, Look::Steps, Look::Reference] {
                let mut points: Vec<Point> = pairs.iter().copied().map(Point::from).collect();
                for (k, p) in points.iter_mut().enumerate() {
                    p.within = Some((values[k % values.len()], values[(k * 7 + 3) % values.len()]));
                }
                let mut chart = example(x.clone(), y.clone()).series(Series::new("\u{7}<odd>", look, points));
                for &value in &values {
                    chart = chart
                        .mark(Mark::x(value, "x"))
                        .mark(Mark::y(value, "y"))
                        .mark(Mark::point(value, -value, "point"))
                        .band(Band::x(value, 1.0, "band"))
                        .band(Band::y(-1.0, value, "band"));
                }
                let svg = chart.svg();
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            }
        }
    }
    rendered(&example(axes[0].clone(), axes[1].clone()));
    rendered(&example(axes[0].clone(), axes[1].clone()).line("", pairs).size(0, u32::MAX).size(1, 1));
}

#[test]
fn points_no_axis_can_show_break_the_line_and_are_counted() {
    let points = [(0.0, 1.0), (1.0, 2.0), (2.0, 0.0), (3.0, 2.0), (4.0, f64::NAN), (5.0, 1.0), (6.0, 2.0)];
    let svg = rendered(&example(Axis::linear("x", ""), Axis::log("y", "")).line("", points));
    assert!(svg.contains("2 points not shown"), "{svg}");
    let path = svg.split("<path d=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(path.matches('M').count(), 2, "{path}");
}

#[test]
fn a_line_out_of_sight_is_cut_at_the_frame() {
    let chart = example(Axis::linear("x", "").exactly(0.0, 1.0), Axis::linear("y", "").exactly(0.0, 1.0))
        .line("", [(-1e6, -1e6), (1e6, 1e6)])
        .points("", [(0.5, 7.0)]);
    let svg = rendered(&chart);
    let path = svg.split("<path d=\"").nth(1).unwrap().split('"').next().unwrap();
    let numbers: Vec<f64> = path[1..].split(['L', ' ']).map(|n| n.parse().unwrap()).collect();
    assert_eq!(numbers.len(), 4);
    assert!(numbers.iter().all(|n| (0.0..=720.0).contains(n)), "{path}");
    assert_eq!(svg.matches("<path").count(), 1, "a point outside is not drawn");
}

#[test]
fn a_long_series_stays_a_small_picture() {
    let points: Vec<(f64, f64)> = (0..400_000).map(|k| (f64::from(k), (f64::from(k) * 1e-4).sin())).collect();
    let chart = example(Axis::linear("x", ""), Axis::linear("y", "")).line("a", points.clone());
    assert!(chart.svg().len() < 300_000);
    let chart = example(Axis::linear("x", ""), Axis::linear("y", "")).points("a", points);
    assert!(chart.svg().len() < 4_000_000);
}

#[test]
fn stacked_charts_of_one_quantity_share_its_axis() {
    let upper = Chart::new("", Axis::linear("time", "s"), Axis::linear("voltage", "V")).series(Series::new(
        "",
        Look::Steps,
        [(0.0, 0.0), (0.01, 0.5), (0.02, 0.0)],
    ));
    let lower = Chart::new("", Axis::linear("time", "s"), Axis::linear("state", "V"))
        .line("u", [(0.0, 0.0), (0.02, 0.1)]);
    let svg = Stack::new("Drive and answer", "").below(upper, 0.4).below(lower, 1.0).svg();
    assert_eq!(svg.matches("time [ms]").count(), 1);
    assert!(svg.contains("voltage [mV]") && svg.contains("state [mV]"));
    drawn::check(&svg);
}

#[test]
fn labels_of_marks_at_one_place_lie_above_each_other() {
    let chart = example(Axis::linear("x", "").exactly(0.0, 1.0), Axis::linear("y", ""))
        .line("", [(0.0, 0.0), (1.0, 1.0)])
        .mark(Mark::x(0.5, "paper: the first"))
        .mark(Mark::x(0.51, "paper: the second"));
    let svg = rendered(&chart);
    let y = |name: &str| -> f64 {
        let line = svg.lines().find(|line| line.contains(name)).unwrap();
        line.split(" y=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
    };
    assert!((y("the first") - y("the second")).abs() >= 14.0);
}

#[test]
fn an_index_stands_below_the_line_and_a_file_name_does_not() {
    let chart = example(Axis::linear("t_post", "s"), Axis::linear("y", ""))
        .line("my_data.csv", [(0.0, 0.0), (1.0, 1.0)])
        .mark(Mark::x(0.5, "V_th 0.25 V, u_rest 0 V"));
    let svg = rendered(&chart);
    assert!(svg.contains("V<tspan dy=\"2.6\" font-size=\"11\">th</tspan>"), "{svg}");
    assert!(svg.contains(">rest</tspan>") && svg.contains(">post</tspan>") && svg.contains("my_data.csv"));
}

#[test]
fn what_is_counted_has_whole_ticks_and_a_series_is_named_where_it_ends() {
    let epochs = || Series::new("", Look::Both, [(1.0, 3.0), (2.0, 5.0)]);
    let chart = |x: Axis| example(x, Axis::linear("y", "")).series(epochs().ending("last 5.00 %"));
    let svg = rendered(&chart(Axis::linear("epoch", "").whole()));
    assert!(svg.contains(">1</text>") && svg.contains(">2</text>") && !svg.contains(">1.5</text>"), "{svg}");
    let label = svg.lines().find(|line| line.contains("last 5.00 %")).unwrap();
    assert!(label.contains(&super::marker::COLOURS[0].to_string()), "{label}");
    // Fractions are of use where nothing is counted.
    assert!(rendered(&chart(Axis::linear("time", ""))).contains(">1.4</text>"));
}
