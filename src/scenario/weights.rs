//! Initial weights: one value or a distribution, in volts, amperes, or units of the threshold.

use super::diagnostic::{Diagnostic, Diagnostics, nearest};
use super::plan::WeightInit;
use super::reader::{quantity, without_unit};
use super::spec::{Kind, Unit, allowed};
use super::text::{Node, Value};

/// How the numbers of a weight are read.
#[derive(Clone, Copy, Debug)]
enum Scale {
    Unit(Unit),
    /// Plain numbers in units of v_th - u_rest, here in volts.
    Threshold(f64),
}

/// Reads a weight. `threshold` is v_th - u_rest of the target, if the kernel is a jump in volts.
pub fn weight(
    node: &Node,
    unit: Unit,
    threshold: Option<f64>,
    what: &str,
    faults: &mut Diagnostics,
) -> Option<WeightInit> {
    let table = match &node.value {
        Value::Table(table) => table,
        _ => {
            return number(node, Scale::Unit(unit), what, faults).map(|value| WeightInit::Constant { value });
        }
    };
    let mut form = None;
    let mut good = true;
    let mut scale = Some(Scale::Unit(unit));
    for item in &table.entries {
        match (item.key.as_str(), &item.node.value) {
            ("unit", Value::Text(text)) if text == "threshold" => {
                // Without a threshold (itself faulty) nothing can be said about the numbers.
                scale = threshold.map(Scale::Threshold);
                if unit != Unit::Volt {
                    faults.push(
                        Diagnostic::error(format!("the weight of {what} is in units of the threshold"))
                            .at(&item.node.at)
                            .allowed("currents such as \"1 uA\": this kernel is a pulse of current"),
                    );
                    return None;
                }
            }
            ("unit", _) => {
                faults.push(
                    Diagnostic::error(format!("`unit` of the weight of {what} is {}", item.node.shown()))
                        .at(&item.node.at)
                        .allowed("\"threshold\": plain numbers in units of v_th - u_rest")
                        .hint("other units are written with each number"),
                );
                good = false;
            }
            ("constant" | "normal" | "uniform", _) if form.is_none() => form = Some(item),
            ("constant" | "normal" | "uniform", _) => {
                faults.push(
                    Diagnostic::error(format!("the weight of {what} has two forms"))
                        .at(&item.key_at)
                        .label("the second")
                        .allowed("one of constant, normal, uniform"),
                );
                good = false;
            }
            (name, _) => {
                let close = nearest(name, ["constant", "normal", "uniform", "unit"]);
                faults.push(
                    Diagnostic::error(format!("unknown key `{name}` in the weight of {what}"))
                        .at(&item.key_at)
                        .label("not known")
                        .allowed("constant, normal, uniform, unit")
                        .maybe_hint(close.map(|close| format!("did you mean `{close}`?"))),
                );
                good = false;
            }
        }
    }
    let (Some(form), true) = (form, good) else {
        if good {
            faults.push(
                Diagnostic::error(format!("the weight of {what} is empty"))
                    .at(&node.at)
                    .allowed(allowed(&Kind::Weight)),
            );
        }
        return None;
    };
    let scale = scale?;
    if form.key == "constant" {
        return number(&form.node, scale, what, faults).map(|value| WeightInit::Constant { value });
    }
    let Value::List(list) = &form.node.value else {
        faults.push(pair_wanted(&form.node, &form.key, what));
        return None;
    };
    let [first, second] = list.as_slice() else {
        faults.push(pair_wanted(&form.node, &form.key, what));
        return None;
    };
    let (a, b) = (number(first, scale, what, faults), number(second, scale, what, faults));
    let (a, b) = (a?, b?);
    if form.key == "normal" {
        if b < 0.0 {
            faults.push(
                Diagnostic::error(format!(
                    "the standard deviation of the weight of {what} is {}",
                    second.shown()
                ))
                .at(&second.at)
                .label("negative")
                .allowed("0 or more"),
            );
            return None;
        }
        return Some(WeightInit::Normal { mean: a, sd: b });
    }
    if a > b {
        faults.push(
            Diagnostic::error(format!(
                "the weights of {what} are uniform from {} to {}",
                first.shown(),
                second.shown()
            ))
            .at(&form.node.at)
            .label("upper end first")
            .allowed("[low, high] with low at most high"),
        );
        return None;
    }
    Some(WeightInit::Uniform { low: a, high: b })
}

fn pair_wanted(node: &Node, form: &str, what: &str) -> Diagnostic {
    let parts = if form == "normal" { "[mean, standard deviation]" } else { "[low, high]" };
    Diagnostic::error(format!("`{form}` of the weight of {what} is no pair")).at(&node.at).allowed(parts)
}

fn number(node: &Node, scale: Scale, what: &str, faults: &mut Diagnostics) -> Option<f64> {
    let of = format!("the weight of {what}");
    let words = match scale {
        Scale::Unit(unit) => format!("a {} such as \"{}\"", unit.name(), unit.example()),
        Scale::Threshold(_) => "a plain number in units of v_th - u_rest, such as 0.01".to_string(),
    };
    let result = match (scale, &node.value) {
        (Scale::Unit(unit), Value::Text(text)) => quantity(text, unit, &of, &words, node),
        (Scale::Unit(unit), Value::Integer(_) | Value::Float(_)) => {
            Err(without_unit(node, unit, &of, &words))
        }
        (Scale::Threshold(volts), Value::Integer(_) | Value::Float(_)) => {
            let plain = match node.value {
                Value::Integer(number) => number as f64,
                Value::Float(number) => number,
                _ => f64::NAN,
            };
            let value = plain * volts;
            if value.is_finite() {
                Ok(value)
            } else {
                Err(Diagnostic::error(format!("{of} is {}", node.shown())).at(&node.at).allowed(words))
            }
        }
        _ => Err(Diagnostic::error(format!("{of} is {}", node.shown())).at(&node.at).allowed(words)),
    };
    result.map_err(|fault| faults.push(fault)).ok()
}
