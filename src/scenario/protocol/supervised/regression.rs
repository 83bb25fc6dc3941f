//! What learning numbers asks of the read-out, and what it leaves nothing to do.

use crate::hint::many;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::filled::Fields;
use crate::scenario::section::Lower;

/// Refuses a read-out of another size than samples have targets (0: they have classes), and keys of classes where there are none.
pub fn fits(lower: &mut Lower<'_>, protocol: &Fields, read_out: &Fields, targets: u32) {
    let Some(gradient) = protocol.table("gradient").filter(|_| targets > 0) else { return };
    if let Some(size) = read_out.count("size")
        && size != targets
    {
        lower.faults.push(
            Diagnostic::error(format!(
                "{} has {}, and a sample {}",
                read_out.what,
                many(size, "neuron"),
                many(targets, "target")
            ))
            .maybe_at(read_out.place("size"))
            .allowed(format!("size = {targets}: one neuron per target")),
        );
    }
    let loss = gradient.table("loss").filter(|loss| loss.word("kind") == Some("first_spike"));
    let early =
        loss.and_then(|loss| loss.changed("early").or(loss.changed("tau_early")).map(|at| (loss, at)));
    if let Some((loss, at)) = early {
        lower.faults.push(
            Diagnostic::error(format!("{} wants a right neuron early", loss.what))
                .at(at)
                .label("no effect")
                .allowed("neither `early` nor `tau_early`: a target says when a neuron is to fire"),
        );
    }
    if let Some(at) = protocol.changed("show_class") {
        lower.faults.push(
            Diagnostic::error(format!("`show_class` of {} has no effect", protocol.what))
                .at(at)
                .allowed("samples with classes: these have numbers as targets"),
        );
    }
}
