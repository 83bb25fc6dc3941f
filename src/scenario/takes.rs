//! What a population takes of what is sent to it: currents that fade where its model has no closed form for them, currents that rise
//! and weights below zero where it is reached by the rows of a passive column.

use super::diagnostic::Diagnostic;
use super::filled::Fields;
use super::plan::{PopulationPlan, ProjectionPlan};
use super::section::Lower;
use crate::network::kernel::{CURRENT, Effect};
use crate::neuron::Open;
use crate::neuron::model::Model as _;

impl Lower<'_> {
    /// Refuses what the neurons of a population do not take.
    pub(super) fn takes(
        &mut self,
        populations: &[Option<PopulationPlan>],
        projections: &[Option<ProjectionPlan>],
    ) {
        for (projection, (_, fields)) in projections.iter().zip(self.filled.all("projection")) {
            let Some(projection) = projection else { continue };
            let Some(Some(population)) = populations.get(projection.to) else { continue };
            let open: Vec<&Open> = population.kinds().filter_map(|neuron| neuron.open()).collect();
            let to = &self.filled.all("population")[projection.to].1;
            if matches!(projection.kernel.effect(), Effect::Fades(_))
                && open.iter().any(|open| open.decays() == 0)
            {
                self.not_taken(fields, to, "a current that fades", "kernel", FADES);
            }
            if open.iter().all(|open| open.takes_ramps()) {
                continue;
            }
            let rises = match projection.kernel.effect() {
                Effect::Steps(changes) => changes.iter().any(|change| change.slope != 0.0),
                Effect::Follows => self.rises(fields),
                _ => false,
            };
            if rises {
                self.not_taken(fields, to, "a current that rises or falls", "kernel", ROWS);
            }
            if projection.weight.lowest() < 0.0 {
                self.not_taken(fields, to, "weights below zero", "weight", CONDUCT);
            }
        }
    }

    /// Whether the source of a current has ramps.
    fn rises(&self, fields: &Fields) -> bool {
        let source = fields.text("from").and_then(|from| self.filled.find("source", from));
        fields.word("kernel") == Some(CURRENT)
            && source.and_then(|(_, source)| source.word("kind")) != Some("current_steps")
    }

    fn not_taken(
        &mut self,
        fields: &Fields,
        to: &Fields,
        what: &str,
        key: &str,
        (why, allowed): (&str, &str),
    ) {
        let said = |key: &str| to.if_there(key).and_then(|_| to.written(key));
        self.faults.push(
            Diagnostic::error(format!("{} brings {what} to {}", fields.what, to.what))
                .maybe_at(fields.place(key).or(fields.at.as_ref()))
                .label(why.to_owned())
                .also(said("circuit").or(said("model")), "of these neurons")
                .allowed(allowed.to_owned()),
        );
    }
}

const FADES: (&str, &str) = (
    "no closed form says when they fire under it",
    "kernel = \"delta\", \"rect\" or \"triangle\", or \"current\" from a source of currents",
);

const ROWS: (&str, &str) = (
    "rows of a passive column are active or idle",
    "kernel = \"delta\" or \"rect\", or \"current\" from a source with kind = \"current_steps\"",
);

const CONDUCT: (&str, &str) = (
    "a row of a passive column conducts, and takes nothing away",
    "weights of zero or more, such as { uniform = [\"0 uA\", \"1 uA\"] }",
);

#[cfg(test)]
mod tests {
    use crate::scenario::load_text;

    fn told(population: &str, projection: &str) -> String {
        let text = format!(
            "[source.in]\nkind = \"regular\"\nsize = 1\nperiod = \"1 ms\"\n[population.out]\nsize = 1\n{population}\n\
             [projection.p]\nfrom = \"in\"\nto = \"out\"\n{projection}\n[protocol]\nkind = \"simulate\"\nduration = \"10 ms\"\n"
        );
        load_text("test.toml", &text, &[], None).map_or_else(|faults| faults.render(false), |_| String::new())
    }

    const NODE: &str = "model = \"switch\"\ncircuit = \"node\"\nv_row = \"0.5 V\"\nc = \"1 nF\"";

    #[test]
    fn what_a_population_does_not_take_is_refused_where_it_is_sent() {
        let exponential = "kernel = \"exponential\"\ntau_syn = \"1 ms\"\nweight = \"1 uA\"";
        let fades = told("model = \"accumulate\"", exponential);
        assert!(fades.contains("projection `p` brings a current that fades to population `out`"), "{fades}");
        assert!(fades.contains("test.toml:11"), "{fades}");
        let triangle = told(NODE, "kernel = \"triangle\"\nwidth = \"1 ms\"\nweight = \"1 uA\"");
        assert!(triangle.contains("brings a current that rises or falls"), "{triangle}");
        let negative = told(NODE, "kernel = \"rect\"\nwidth = \"1 ms\"\nweight = \"-1 uA\"");
        assert!(negative.contains("brings weights below zero"), "{negative}");
        let oscillator = told("model = \"oscillator\"\nv_row = \"4 V\"", exponential);
        assert!(oscillator.contains("brings a current that fades"), "{oscillator}");
    }

    #[test]
    fn rows_and_pulses_are_taken() {
        let rect = "kernel = \"rect\"\nwidth = \"1 ms\"\nweight = \"1 uA\"";
        for population in [NODE, "model = \"accumulate\"", "model = \"oscillator\"\nv_row = \"4 V\""] {
            assert_eq!(told(population, rect), "", "{population}");
        }
    }
}
