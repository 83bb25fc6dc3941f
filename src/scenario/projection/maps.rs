//! Projections from maps to maps.

use super::super::diagnostic::Diagnostic;
use super::super::filled::Fields;
use super::super::section::Lower;
use super::super::spec::Refers;
use crate::network::{Convolution, Distribution, Maps, Origin, members};

/// As in messages: "[8, 12, 12]".
fn shown([channels, rows, columns]: Maps) -> String {
    format!("[{channels}, {rows}, {columns}]")
}

impl Lower<'_> {
    /// What leads from the maps of one end to those of the other, if both have some and it fits; else that is reported.
    pub(super) fn maps(
        &mut self,
        fields: &Fields,
        made: &dyn Fn(Maps, Maps) -> Convolution,
    ) -> Option<Convolution> {
        let (from, to) = (fields.text("from")?, fields.text("to")?);
        let origin = self.filled.place(from, Refers::SourceOrPopulation)?;
        let target = self.filled.place(to, Refers::Population)?;
        let sources = self.filled.all("source").len();
        let origin =
            if origin < sources { Origin::Source(origin) } else { Origin::Population(origin - sources) };
        let ends = [(from, self.maps_of(origin)), (to, self.maps_of(Origin::Population(target)))];
        for (name, _) in ends.iter().filter(|(_, maps)| maps.is_none()) {
            self.faults.push(
                Diagnostic::error(format!(
                    "{} goes from maps to maps, and `{name}` has no shape",
                    fields.what
                ))
                .maybe_at(fields.place("connect"))
                .allowed(format!("`shape` of `{name}`, such as [8, 12, 12], or an image data set"))
                .hint("connect = \"all_to_all\" needs no places"),
            );
        }
        let [(_, Some(lines)), (_, Some(neurons))] = ends else { return None };
        let of = made(lines, neurons);
        let gives = of.to();
        if gives == Some(neurons) {
            return Some(of);
        }
        let place = self.filled.all("population").get(target).and_then(|(_, target)| target.place("shape"));
        let (what, allowed) = match gives {
            Some(gives) => (
                format!("{of} makes {} of {} of `{from}`, and `{to}` has {}", shown(gives), shown(lines), shown(neurons)),
                format!("shape = {} of `{to}`", shown(gives)),
            ),
            None => (
                format!("{of} does not go from {} of `{from}` to {} of `{to}`", shown(lines), shown(neurons)),
                "a kernel no larger than the maps with their padding, and groups that divide the channels of both".into(),
            ),
        };
        let fault = Diagnostic::error(format!("{}: {what}", fields.what));
        self.faults
            .push(fault.maybe_at(fields.place("kernel_size")).also(place, "the shape").allowed(allowed));
        None
    }

    /// The weight of a pooling, which is one for all.
    pub(super) fn one_weight(
        &mut self,
        fields: &Fields,
        weight: Option<Distribution>,
    ) -> Option<Distribution> {
        let one = matches!(weight?, Distribution::Constant(_));
        if !one {
            self.faults.push(
                Diagnostic::error(format!("{} draws its weights, and pools", fields.what))
                    .maybe_at(fields.place("weight"))
                    .allowed("one value: the same for every line of a kernel, which does not learn")
                    .hint("connect = \"convolution\" has weights that differ and learn"),
            );
        }
        weight.filter(|_| one)
    }

    /// What cannot be where weights are shared, or stay.
    pub(super) fn of_maps(&mut self, fields: &Fields, own_delays: bool) {
        let pools = fields.word("connect") == Some("pooling");
        if !pools && fields.word("connect") != Some("convolution") {
            return;
        }
        let mut refuse = |key: &str, what: &str, allowed: &str| {
            self.faults.push(
                Diagnostic::error(format!("{} {what}", fields.what))
                    .maybe_at(fields.place(key))
                    .also(fields.written("connect"), "because of this")
                    .allowed(allowed),
            );
        };
        if own_delays {
            refuse(
                "delay",
                "draws delays, and its weights are shared",
                "one delay for all places of a kernel",
            );
        }
        if fields.table("plasticity").is_some() {
            let allowed = "synapses with weights of their own, such as connect = \"all_to_all\"";
            refuse(
                "plasticity",
                "learns from the spikes of each synapse, and its synapses share their weights",
                allowed,
            );
        }
        if pools && fields.written("device").is_some() {
            refuse(
                "device",
                "pools by one weight that stays, and has devices",
                "no device: nothing is programmed",
            );
        }
    }

    /// Shapes that are not the size of their population, or that nothing asks for.
    pub(in crate::scenario) fn shapes(&mut self) {
        let filled = self.filled;
        for (name, fields) in filled.all("population") {
            let (Some(shape), Some(size)) = (fields.counts("shape"), fields.count("size")) else { continue };
            if members(shape) != u64::from(size) {
                let (shape, are) = (shown(shape), members(shape));
                self.faults.push(
                    Diagnostic::error(format!(
                        "{} has the shape {shape}, which are {are}, and the size {size}",
                        fields.what
                    ))
                    .maybe_at(fields.place("shape"))
                    .also(fields.written("size"), "the size")
                    .allowed(format!("size = {are}, or a shape of {size} in all")),
                );
            }
            let asks = |projection: &Fields| {
                let maps = matches!(projection.word("connect"), Some("convolution" | "pooling"));
                maps && [projection.text("from"), projection.text("to")].contains(&Some(name))
            };
            if let Some(at) =
                fields.written("shape").filter(|_| !filled.all("projection").iter().any(|(_, one)| asks(one)))
            {
                self.faults.push(
                    Diagnostic::error(format!("`shape` of {} has no effect", fields.what))
                        .at(at)
                        .label("no projection from or to it is a convolution or a pooling")
                        .allowed("`shape` of a population with such a projection")
                        .hint("delete it"),
                );
            }
        }
    }
}
