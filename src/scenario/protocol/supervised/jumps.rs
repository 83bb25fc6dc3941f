//! Layers of jumps: what stands for the derivative of their spikes, and what goes with it.

use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::filled::Fields;
use crate::scenario::section::Lower;
use crate::scenario::spec::Kind;
use crate::scenario::spec::kinds::ABOVE_ZERO;
use crate::scenario::spec::words;
use crate::scenario::table::table;
use crate::training::exact::{Shape, Surrogate};

words!(impl Shape {
    FastSigmoid = "fast_sigmoid": "1/(1 + b |u|)^2 (Zenke & Ganguli 2018)",
    Arctan = "arctan": "1/(1 + (b u)^2) (Fang et al. 2021)",
    Triangle = "triangle": "max(0, 1 - b |u|) (Esser et al. 2016)",
    Exponential = "exponential": "e^(-b |u|) (Shrestha & Orchard 2018)",
});

table! {
    /// What stands for the derivative of spikes of layers of jumps, by u = (V - threshold)/(v_th - u_rest).
    #[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct SpikeSurrogate {
        /// Which function of u.
        shape: Shape = Kind::word::<Shape>(), setting("\"fast_sigmoid\"");
        /// b, how fast it falls.
        steepness: f64 = ABOVE_ZERO, setting("5.0");
    }
}

impl From<SpikeSurrogate> for Surrogate {
    fn from(of: SpikeSurrogate) -> Self {
        Self { shape: of.shape, steepness: of.steepness }
    }
}

/// Whether jumps lead to a population: the projection that does.
pub fn into<'a>(lower: &Lower<'a>, name: &str) -> Option<&'a Fields> {
    let filled = lower.filled;
    let mut all = filled.all("projection").iter().map(|(_, fields)| fields);
    all.find(|fields| fields.text("to") == Some(name) && fields.word("kernel") == Some("delta"))
}

/// Jumps need a surrogate, and a loss that it reaches.
pub fn fits(lower: &mut Lower<'_>, protocol: &Fields, read_out: Option<&str>) {
    let Some(gradient) = protocol.table("gradient") else { return };
    let filled = lower.filled;
    let kind = gradient.written("kind");
    let jumping = filled.all("projection").iter().find(|(_, fields)| fields.word("kernel") == Some("delta"));
    match (gradient.table("surrogate"), jumping) {
        (Some(surrogate), None) => lower.faults.push(
            Diagnostic::error(format!("{} has no effect: no projection jumps", surrogate.what))
                .maybe_at(surrogate.at.as_ref())
                .allowed("kernel = \"delta\" of at least one projection")
                .hint("spikes of currents have an exact gradient"),
        ),
        (None, Some((_, jumps))) => lower.faults.push(
            Diagnostic::error(format!(
                "{} jumps: it has no slope, so spikes that it brings about have no exact gradient",
                jumps.what
            ))
            .maybe_at(jumps.place("kernel").or(jumps.at.as_ref()))
            .also(kind, "the gradient is exact")
            .allowed("\"exponential\", \"alpha\" or \"rect\" as `kernel`, or `surrogate` of the gradient"),
        ),
        _ => {}
    }
    let (Some(loss), Some(read_out)) = (gradient.table("loss"), read_out) else { return };
    let jumps = into(lower, read_out);
    let (what, allowed) = match (loss.word("kind"), jumps) {
        (Some("spike_count"), None) => (
            "spike counts have no exact gradient: it is zero but where a spike appears or vanishes",
            "\"first_spike\", \"spike_sum\", \"mean_voltage\", \"max_voltage\", or jumps into the read-out, with `surrogate` of the gradient",
        ),
        (Some("first_spike"), Some(_)) => (
            "the first spikes of a read-out of jumps come with what it hears, and earlier or later by no weight",
            "\"spike_count\", \"spike_sum\", \"mean_voltage\" or \"max_voltage\"",
        ),
        _ => return,
    };
    lower.faults.push(
        Diagnostic::error(what)
            .maybe_at(loss.place("kind").or(gradient.at.as_ref()).or(protocol.place("kind")))
            .also(jumps.and_then(|jumps| jumps.place("kernel")), "it jumps")
            .allowed(allowed),
    );
}
