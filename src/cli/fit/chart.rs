//! Data and fit above, residuals below.

use super::super::measured::Measured;
use super::args::Model;
use super::found::{Found, Shape};
use super::table::with_error;
use memspike::fit::{Curve, PulseLaw};
use memspike::plot::chart::{Axis, Chart, Look, Mark, Series, Stack};

/// Width and height of one picture.
const SIZE: (u32, u32) = (760, 600);

/// Pictures of several measurements of a device, one below the other.
pub fn stacked(pictures: &[String]) -> String {
    let (width, height) = (SIZE.0, SIZE.1 * pictures.len() as u32);
    let placed = (0..).zip(pictures).map(|(k, svg): (u32, &String)| {
        svg.replacen("<svg role=\"img\"", &format!("<svg y=\"{}\"", k * SIZE.1), 1)
    });
    format!(
        "<svg role=\"img\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         xmlns=\"http://www.w3.org/2000/svg\">\n<title>Fits of one device</title>\n{}</svg>\n",
        placed.collect::<String>()
    )
}

pub fn draw(model: Model, data: &Measured, found: &Found) -> String {
    // Many parameters leave no room for their errors; the table has them.
    let few = found.fit.parameters.len() <= 4;
    let told: Vec<String> = found
        .fit
        .parameters
        .iter()
        .map(|p| {
            let (value, error) = with_error(p);
            match p.error {
                0.0 => format!("{} {value} (held)", p.name),
                _ if few => format!("{} {value} \u{b1} {error}", p.name),
                _ => format!("{} {value}", p.name),
            }
        })
        .map(|told| told.replace(" u", " \u{b5}").replace("Ohm", "\u{2126}").replace('-', "\u{2212}"))
        .collect();
    let (x, y) = axes(model, found);
    let log = y.scale == memspike::plot::chart::Scale::Log;
    let shown = |p: &(f64, f64)| if log { (p.0, p.1.abs()) } else { *p };
    // At zero volts a logarithm has nothing to show.
    let visible = |p: &&(f64, f64)| !(log && p.1 == 0.0);
    let mut upper =
        Chart::new("", x.clone(), y).points("measured", data.points.iter().filter(visible).map(shown));
    match &found.shape {
        Shape::Curve(curve) => {
            let lines = match (curve, found.law) {
                // Of another law than the one that the curve is: what it says of each row.
                (Curve::Pulses, law) if law != PulseLaw::SoftBound => {
                    vec![data.points.iter().zip(&found.fit.residuals).map(|(p, r)| (p.0, p.1 - r)).collect()]
                }
                _ => curves(*curve, data, found),
            };
            for (k, points) in lines.into_iter().enumerate() {
                let name = if k == 0 { "fitted" } else { "" };
                upper = upper.series(Series::new(name, Look::Reference, points));
            }
        }
        Shape::Loop(found) => {
            let model = data.points.iter().zip(&found.current).map(|(p, i)| (p.0, *i));
            let model: Vec<(f64, f64)> = model.filter(|p| p.1 != 0.0).map(|p| shown(&p)).collect();
            upper = upper.series(Series::new("fitted", Look::Reference, model));
            for (name, label) in [("v_th", "V_th"), ("v_hold", "V_h"), ("v_set", "SET"), ("v_reset", "RESET")]
            {
                if let Some(p) = found.fit.get(name) {
                    let sign = if name == "v_reset" { -found.sign } else { found.sign };
                    upper = upper.mark(Mark::x(sign * p.value, format!("{label} {}", with_error(p).0)));
                }
            }
        }
    }
    let (residuals, axis) = residuals(model, data, found);
    let lower = Chart::new("", x, axis).points("", residuals).mark(Mark::y(0.0, ""));
    Stack::new(format!("Fit of {}", data.name()), told.join("; "))
        .size(SIZE.0, SIZE.1)
        .below(upper, 1.0)
        .below(lower, 0.4)
        .svg()
}

fn axes(model: Model, found: &Found) -> (Axis, Axis) {
    match model {
        Model::Iv if matches!(found.shape, Shape::Loop(_)) => {
            (Axis::linear("voltage", "V"), Axis::log("|current|", "A"))
        }
        Model::Iv => (Axis::linear("voltage", "V"), Axis::linear("current", "A")),
        Model::Pulses => (Axis::linear("pulse", ""), Axis::linear("conductance", "S")),
        Model::Stdp => (
            Axis::linear("\u{394}t = t_post \u{2212} t_pre", "s"),
            Axis::linear("change of conductance", "%"),
        ),
        Model::Lif | Model::Device => (Axis::linear("time", "s"), Axis::linear("state u", "V")),
        Model::Retention => (Axis::linear("time", "s"), Axis::log("conductance", "S")),
    }
}

/// The curve over the range of the data; of a window each side on its own.
fn curves(curve: Curve, data: &Measured, found: &Found) -> Vec<Vec<(f64, f64)>> {
    let of = |keep: &dyn Fn(f64) -> bool| -> Vec<(f64, f64)> {
        let (lo, hi) = data
            .points
            .iter()
            .map(|p| p.0)
            .filter(|x| keep(*x))
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), x| (lo.min(x), hi.max(x)));
        if lo > hi {
            return Vec::new();
        }
        let at = |k: u32| lo + (hi - lo) * f64::from(k) / 300.0;
        (0..=300).map(|k| (at(k), curve.value(at(k), &found.fit))).collect()
    };
    if curve == Curve::Stdp { vec![of(&|x| x > 0.0), of(&|x| x < 0.0)] } else { vec![of(&|_| true)] }
}

/// Residuals as a reader judges them: in percent of the model where values span decades.
fn residuals(model: Model, data: &Measured, found: &Found) -> (Vec<(f64, f64)>, Axis) {
    let x = data.points.iter().map(|p| p.0);
    let own = &found.fit.residuals;
    match (&found.shape, model) {
        (Shape::Loop(found), _) => {
            let share = |(p, i): (&(f64, f64), &f64)| (p.0, 100.0 * (p.1 - i) / i.abs());
            let points = data.points.iter().zip(&found.current).filter(|(_, i)| **i != 0.0).map(share);
            // A switching within a step of the sweep is off by decades, and known to be.
            (points.filter(|p| p.1.abs() < 100.0).collect(), Axis::linear("residual", "%"))
        }
        (_, Model::Retention) => {
            (x.zip(own.iter().map(|r| 100.0 * r)).collect(), Axis::linear("residual", "%"))
        }
        (_, model) => {
            let unit = super::table::rms_unit(model);
            let points = x.zip(own.iter().copied()).filter(|p| model != Model::Stdp || p.0 != 0.0);
            (points.collect(), Axis::linear("residual", unit))
        }
    }
}
