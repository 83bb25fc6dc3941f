//! What is told of protocols: a file each, listed here. One that is not listed is told in the words of its plan and findings.

mod device;
mod entry;
mod simulate;
mod supervised;
mod unsupervised;

use crate::scenario::plan::Plan;
pub use entry::Told;

/// In the order of the text and the page.
static TOLD: &[(&str, &dyn Told)] = &[
    ("simulate", &simulate::Simulated),
    ("supervised", &supervised::Trained),
    ("unsupervised", &unsupervised::Learned),
    ("device", &device::Measured),
];

/// Of a protocol that is not listed.
struct Plain;

impl Told for Plain {}

/// What is told of the protocol of a plan.
pub fn of(plan: &Plan) -> &'static dyn Told {
    let word = plan.protocol.word();
    TOLD.iter().find(|(listed, _)| *listed == word).map_or(&Plain, |(_, told)| *told)
}

/// All of them: a summary tells by itself of what it is.
pub fn all() -> impl Iterator<Item = &'static dyn Told> {
    TOLD.iter().map(|(_, told)| *told)
}

#[cfg(test)]
mod tests {
    use crate::report::example;
    use crate::scenario::outcome::Found;
    use crate::scenario::plan::{Planned, Protocol};
    use crate::time::Time;

    #[derive(Clone, Debug, PartialEq, serde::Serialize)]
    struct Heat {
        steps: u32,
    }

    impl Protocol for Heat {
        fn word(&self) -> &'static str {
            "heat"
        }

        fn episode(&self, _: u64) -> Time {
            Time::ZERO
        }
    }

    #[test]
    fn a_protocol_that_is_not_listed_is_told_in_its_own_words() {
        let (mut plan, mut outcome) = example::trained();
        plan.protocol = Planned::new(Heat { steps: 3 });
        outcome.found = Found::new(Heat { steps: 2 });
        let summary = crate::report::summary::Summary::new(&plan, &outcome, &example::host());
        assert_eq!(serde_json::to_value(&summary).unwrap()["results"]["steps"], 2);
        let (heading, rows) = crate::report::plan::describe(&plan).pop().unwrap();
        assert_eq!((heading.as_str(), rows.len(), rows[0].value.as_str()), ("Protocol: heat", 1, "3"));
        assert_eq!(plan.protocol.get::<Heat>(), Some(&Heat { steps: 3 }));
    }
}
