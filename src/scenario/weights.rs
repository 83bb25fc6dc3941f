//! Initial weights: one value or a distribution, in volts, amperes, units of the threshold, or none.

use super::diagnostic::{Diagnostic, Diagnostics, nearest};
use super::spec::{Kind, Unit, allowed};
use super::stated::{quantity, without_unit};
use super::text::{Node, Value};
use crate::keys::plain;
use crate::network::Distribution;
use crate::numeric::decimal::product;
use crate::renamed;

/// How the numbers of a weight are read.
#[derive(Clone, Copy, Debug)]
enum Scale {
    Unit(Unit),
    Number,
    /// Plain numbers in units of v_th - u_rest, here in volts.
    Threshold(f64),
}

/// Reads a weight, a plain number if it has no unit. `threshold` is v_th - u_rest of the target, if the kernel is a jump in
/// volts.
pub fn weight(
    node: &Node,
    unit: Option<Unit>,
    threshold: Option<f64>,
    what: &str,
    faults: &mut Diagnostics,
) -> Option<Distribution> {
    law(node, unit, Some(threshold), &format!("the weight of {what}"), faults)
}

/// Reads a weight that others are measured by: one value above zero.
pub fn limit(node: &Node, unit: Option<Unit>, what: &str, faults: &mut Diagnostics) -> Option<f64> {
    match weight(node, unit, None, what, faults)? {
        Distribution::Constant(value) if value > 0.0 => Some(value),
        _ => {
            let fault = Diagnostic::error(format!("{what} is {}", node.shown())).at(&node.at);
            faults.push(fault.allowed(allowed(&Kind::WeightLimit)));
            None
        }
    }
}

/// Whether a weight is written in units of the threshold.
#[must_use]
pub fn in_thresholds(node: &Node) -> bool {
    matches!(&node.value, Value::Table(table) if table.get("unit").is_some())
}

/// Reads the law of a parameter that differs from neuron to neuron; without `unit` a plain number.
pub fn parameter(
    node: &Node,
    unit: Option<Unit>,
    what: &str,
    faults: &mut Diagnostics,
) -> Option<Distribution> {
    law(node, unit, None, what, faults)
}

/// Reads the law of delays.
pub fn delay(node: &Node, what: &str, faults: &mut Diagnostics) -> Option<Distribution> {
    let found = law(node, Some(Unit::Second), Some(None), &format!("the delay of {what}"), faults)?;
    let negative = match found {
        Distribution::Constant(value) => value < 0.0,
        Distribution::Uniform { low, .. } => low < 0.0,
        Distribution::Normal { mean, .. } => mean < 0.0,
        Distribution::LogNormal { median, .. } => median < 0.0,
    };
    let longest = found.highest();
    if negative || longest >= HORIZON {
        let value = match found {
            Distribution::Constant(value) => Unit::Second.print(value),
            Distribution::Uniform { low, high } => {
                format!("{} to {}", Unit::Second.print(low), Unit::Second.print(high))
            }
            Distribution::Normal { mean, sd } => {
                format!("normal, {} +- {}", Unit::Second.print(mean), Unit::Second.print(sd))
            }
            Distribution::LogNormal { median, sigma } => {
                format!(
                    "log-normal, median {}, sigma {}",
                    Unit::Second.print(median),
                    crate::hint::number(sigma)
                )
            }
        };
        faults.push(
            Diagnostic::error(format!("the delay of {what} is {value}"))
                .at(&node.at)
                .label(if negative { "negative" } else { "beyond an episode" })
                .allowed("times from 0 s to 9223 s")
                .hint("an episode ends at 9223 s (2^63 fs)"),
        );
        return None;
    }
    Some(found)
}

/// Keys of a distribution; the last is for weights and delays.
const FORMS: [&str; 5] = ["constant", "normal", "uniform", "log_normal", "unit"];

/// Keys in words; parameters of neurons may come from a file too.
fn known(forms: &[&str]) -> String {
    forms.join(", ") + if forms.len() < FORMS.len() { ", or file and column" } else { "" }
}

/// The longest delay there can be, in seconds.
const HORIZON: f64 = 9223.0;

/// Reads one value or a distribution; `what` is it, with its article. `threshold`: what stands for it, if numbers may be in
/// units of it at all.
fn law(
    node: &Node,
    unit: Option<Unit>,
    threshold: Option<Option<f64>>,
    what: &str,
    faults: &mut Diagnostics,
) -> Option<Distribution> {
    let stated = unit.map_or(Scale::Number, Scale::Unit);
    let table = match &node.value {
        Value::Table(table) => table,
        _ => {
            return number(node, stated, what, faults).map(Distribution::Constant);
        }
    };
    let mut form = None;
    let mut good = true;
    let mut scale = Some(stated);
    let forms = if threshold.is_some() { &FORMS[..] } else { &FORMS[..4] };
    for item in &table.entries {
        match (item.key.as_str(), &item.node.value) {
            ("unit", Value::Text(text)) if text == "threshold" && threshold.is_some() => {
                // Without a threshold (itself faulty) nothing can be said about the numbers.
                scale = threshold.flatten().map(Scale::Threshold);
                if unit != Some(Unit::Volt) {
                    faults.push(
                        Diagnostic::error(format!("{what} is in units of the threshold"))
                            .at(&item.node.at)
                            .allowed(match unit {
                                Some(_) => "currents such as \"1 uA\": this kernel is a pulse of current",
                                None => "numbers such as 1.0: this kernel multiplies a current",
                            }),
                    );
                    return None;
                }
            }
            ("unit", _) if threshold.is_some() => {
                faults.push(
                    Diagnostic::error(format!("`unit` of {what} is {}", item.node.shown()))
                        .at(&item.node.at)
                        .allowed("\"threshold\": plain numbers in units of v_th - u_rest")
                        .hint("other units are written with each number"),
                );
                good = false;
            }
            ("constant" | "normal" | "uniform" | "log_normal", _) if form.is_none() => form = Some(item),
            ("constant" | "normal" | "uniform" | "log_normal", _) => {
                faults.push(
                    Diagnostic::error(format!("{what} has two forms"))
                        .at(&item.key_at)
                        .label("the second")
                        .allowed("one of constant, normal, uniform, log_normal"),
                );
                good = false;
            }
            (name, _) => {
                let close = nearest(name, forms.iter().copied());
                let close = close.map(|close| format!("did you mean `{close}`?"));
                let table = if unit == Some(Unit::Second) { "delay" } else { "weight" };
                faults.push(
                    Diagnostic::error(format!("unknown key `{name}` in {what}"))
                        .at(&item.key_at)
                        .label("not known")
                        .allowed(known(forms))
                        .maybe_hint(renamed::key_hint(table, name).or(close)),
                );
                good = false;
            }
        }
    }
    let (Some(form), true) = (form, good) else {
        if good {
            faults.push(
                Diagnostic::error(format!("{what} is empty")).at(&node.at).allowed(if threshold.is_some() {
                    allowed(&Kind::Weight)
                } else {
                    known(&FORMS[..4])
                }),
            );
        }
        return None;
    };
    let scale = scale?;
    if form.key == "constant" {
        return number(&form.node, scale, what, faults).map(Distribution::Constant);
    }
    let Value::List(list) = &form.node.value else {
        faults.push(pair_wanted(&form.node, &form.key, what));
        return None;
    };
    let [first, second] = list.as_slice() else {
        faults.push(pair_wanted(&form.node, &form.key, what));
        return None;
    };
    if form.key == "log_normal" {
        let median = number(first, scale, what, faults);
        let sigma = match plain(second) {
            Some(sigma) if (0.0..=10.0).contains(&sigma) => Some(sigma),
            _ => {
                faults.push(
                    Diagnostic::error(format!("sigma of {what} is {}", second.shown()))
                        .at(&second.at)
                        .allowed("a plain number from 0 to 10: the standard deviation of the logarithm"),
                );
                None
            }
        };
        return Some(Distribution::LogNormal { median: median?, sigma: sigma? });
    }
    let (a, b) = (number(first, scale, what, faults), number(second, scale, what, faults));
    let (a, b) = (a?, b?);
    if form.key == "normal" {
        if b < 0.0 {
            faults.push(
                Diagnostic::error(format!("the standard deviation of {what} is {}", second.shown()))
                    .at(&second.at)
                    .label("negative")
                    .allowed("0 or more"),
            );
            return None;
        }
        return Some(Distribution::Normal { mean: a, sd: b });
    }
    if a > b {
        faults.push(
            Diagnostic::error(format!("{what} is uniform from {} to {}", first.shown(), second.shown()))
                .at(&form.node.at)
                .label("upper end first")
                .allowed("[low, high] with low at most high"),
        );
        return None;
    }
    Some(Distribution::Uniform { low: a, high: b })
}

fn pair_wanted(node: &Node, form: &str, what: &str) -> Diagnostic {
    let parts = match form {
        "normal" => "[mean, standard deviation]",
        "log_normal" => "[median, sigma], such as [\"1 mV\", 0.5]",
        _ => "[low, high]",
    };
    Diagnostic::error(format!("`{form}` of {what} is not a pair")).at(&node.at).allowed(parts)
}

fn number(node: &Node, scale: Scale, what: &str, faults: &mut Diagnostics) -> Option<f64> {
    let of = what.to_string();
    let words = match scale {
        Scale::Unit(unit) => format!("a {} such as \"{}\"", unit.name(), unit.example()),
        Scale::Number => "a plain number, such as 0.5".to_string(),
        Scale::Threshold(_) => "a plain number in units of v_th - u_rest, such as 0.01".to_string(),
    };
    let result = match (scale, &node.value) {
        (Scale::Unit(unit), Value::Text(text)) => {
            quantity(text, unit, &of, &words, node).map(|stated| stated.si)
        }
        (Scale::Unit(unit), Value::Integer(_) | Value::Float(_)) => {
            Err(without_unit(node, unit, &of, &words))
        }
        (Scale::Threshold(_) | Scale::Number, _) => match plain(node) {
            Some(number) => {
                Ok(if let Scale::Threshold(volts) = scale { product(number, volts) } else { number })
            }
            None => Err(Diagnostic::error(format!("{of} is {}", node.shown())).at(&node.at).allowed(words)),
        },
        _ => Err(Diagnostic::error(format!("{of} is {}", node.shown())).at(&node.at).allowed(words)),
    };
    result.map_err(|fault| faults.push(fault)).ok()
}
