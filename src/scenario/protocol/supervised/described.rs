//! The layers of a plan as a table: what leads where, and what of it learns.

use super::layers::net;
use super::plan::{Gradient, Supervised};
use crate::engine::lockstep::{Input, Layer};
use crate::hint::many;
use crate::network::Maps;
use crate::scenario::assemble::skeleton;
use crate::scenario::plan::{Connect, Plan};
use crate::scenario::run::context::RunError;
use crate::scenario::synapses;

/// How much there is to learn.
#[derive(Clone, Copy, Debug, Default)]
struct Learned {
    weights: f64,
    delays: f64,
    thresholds: f64,
    taus: f64,
    /// Whether synapses are drawn, so that these are means.
    about: bool,
}

impl Learned {
    fn sum(&self) -> f64 {
        self.weights + self.delays + self.thresholds + self.taus
    }

    fn add(&mut self, other: &Self) {
        self.weights += other.weights;
        self.delays += other.delays;
        self.thresholds += other.thresholds;
        self.taus += other.taus;
        self.about |= other.about;
    }

    /// "80 weights and 80 delays"; "80 parameters", where weights are all there is.
    fn told(&self) -> String {
        let about = if self.about { "about " } else { "" };
        let whole = |number: f64, one: &str| many(number.round(), one);
        let others = [(self.delays, "delay"), (self.thresholds, "threshold"), (self.taus, "time constant")];
        let others: Vec<String> = others
            .iter()
            .filter(|(number, _)| *number > 0.0)
            .map(|(number, one)| whole(*number, one))
            .collect();
        let Some((last, before)) = others.split_last() else {
            return format!("{about}{}", whole(self.weights, "parameter"));
        };
        let before = [&[whole(self.weights, "weight")], before].concat().join(", ");
        format!("{about}{before} and {last} that learn")
    }
}

/// The network as a table: layer, shape, parameters.
///
/// # Errors
/// If the plan is no network, or not one with an exact gradient.
pub fn described(plan: &Plan) -> Result<Vec<String>, RunError> {
    let net = net(&skeleton(plan).map_err(RunError::Assemble)?)?;
    let gradient = plan.protocol.get().map(|supervised: &Supervised| &supervised.gradient);
    let mut all = Learned::default();
    let mut lines: Vec<String> = Vec::new();
    let count = net.layers.len();
    for (number, layer) in (1..).zip(&net.layers) {
        let learned = learned(plan, gradient, layer, number == count);
        all.add(&learned);
        let shapes: Vec<String> = layer
            .inputs
            .iter()
            .map(|input| {
                format!("{} ({})", plan.projections[input.projection].name, shape(plan, layer, input))
            })
            .collect();
        lines.push(format!(
            "layer {number}: {}, {}, driven by {}, {}",
            plan.populations[layer.population].name,
            many(layer.size, "neuron"),
            shapes.join(" and "),
            learned.told()
        ));
    }
    let about = if all.about { "about " } else { "" };
    lines.push(format!("layers: {count}, {about}{} in all", many(all.sum().round(), "parameter")));
    Ok(lines)
}

/// What of a layer learns. (Synapses that are drawn are not there before a run: those of the network are none.)
fn learned(plan: &Plan, gradient: Option<&Gradient>, layer: &Layer, last: bool) -> Learned {
    let mut learned = Learned::default();
    let Some(Gradient::Exact { delays, thresholds, time_constants, .. }) = gradient else { return learned };
    for input in layer.inputs.iter().filter(|input| input.learns) {
        let projection = &plan.projections[input.projection];
        let weights = match &projection.connect {
            Connect::Convolution { of } => f64::from(of.entries()) * f64::from(of.channels),
            _ => synapses::mean(plan, projection),
        };
        learned.weights += weights;
        learned.about |= synapses::varies(projection);
        if delays.is_some() && projection.own_delays() {
            learned.delays += weights;
        }
    }
    if !layer.given {
        let integrates = gradient.and_then(Gradient::loss).is_some_and(|loss| loss.integrates());
        if thresholds.is_some() && !(last && integrates) {
            learned.thresholds = layer.size as f64;
        }
        if time_constants.is_some() {
            learned.taus = 1.0;
        }
    }
    learned
}

/// What leads where: "1 x 28 x 28 to 8 x 12 x 12 by a kernel of 5 x 5, stride 2 x 2" or "784 x 100".
fn shape(plan: &Plan, layer: &Layer, input: &Input) -> String {
    match &plan.projections[input.projection].connect {
        Connect::Convolution { of } | Connect::Pooling { of } => {
            let maps = |[channels, rows, columns]: Maps| format!("{channels} x {rows} x {columns}");
            let stays = if input.learns { "" } else { ", one weight that stays" };
            format!("{} to {} by {of}{stays}", maps(of.from), of.to().map_or_else(String::new, maps))
        }
        _ => format!("{} x {}", input.rows, layer.size),
    }
}
