//! What is said of a training in which neurons stay silent: nothing behind them learns, and nobody answers.

use super::findings::EpochResult;
use crate::engine::lockstep::{MOST, MOST_ARRIVALS};
use crate::hint::many;

/// Epochs in which populations of layers, but those whose membranes are read, did not fire at all, and the answers that nobody gave.
pub fn silent(epochs: &[EpochResult], integrates: Option<&str>) -> Vec<String> {
    let mut said = Vec::new();
    let names: Vec<&String> =
        epochs.first().into_iter().flat_map(|one| &one.spikes_per_sample).map(|one| &one.0).collect();
    for (index, name) in names.into_iter().enumerate().filter(|(_, name)| Some(name.as_str()) != integrates) {
        let still = |epoch: &&EpochResult| epoch.spikes_per_sample.get(index).is_some_and(|of| of.1 == 0.0);
        let quiet: Vec<&EpochResult> = epochs.iter().filter(still).collect();
        if let Some(first) = quiet.first() {
            said.push(format!(
                "population {name} fired in no sample of {}, first of epoch {}: the gradient of all that leads to it vanishes, and \
                 nothing behind it hears anything; larger initial weights or a larger `activity_raise` wake it",
                many(quiet.len(), "epoch"),
                first.epoch
            ));
        }
    }
    let mute = |epoch: &&EpochResult| epoch.silent == Some(1.0);
    if let Some(first) = epochs.iter().find(mute) {
        said.push(format!(
            "no neuron of the read-out fired in any sample of epoch {}: the highest potential was taken for the answer",
            first.epoch
        ));
    }
    said
}

/// What is to be said of a final test in which the read-out did not fire, where answers are of spikes alone (`guessed`) or else of
/// potentials.
pub fn mute(spikes: u64, presentations: u64, guessed: bool) -> Option<String> {
    let answers = if guessed {
        "the accuracy is that of guessing"
    } else {
        "each answer is the neuron that came closest to its threshold"
    };
    (spikes == 0 && presentations > 0).then(|| {
        format!(
            "no neuron of the read-out fired in {} of the final test: {answers}, and nothing was spent on answers; larger initial \
             weights, a longer presentation or a higher rate make it fire",
            many(presentations, "presentation")
        )
    })
}

/// What is to be said of a final test with presentations that were cut short.
pub fn endless(cut: u64, presentations: u64) -> Option<String> {
    (cut > 0).then(|| {
        format!(
            "{cut} of {} of the final test were cut short, because a population fired more than {MOST} times, or more \
             than {MOST_ARRIVALS} spikes reached one: their answers and \
             energies are those of what came before; smaller weights let it rest",
            many(presentations, "presentation")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_silent_is_named_with_the_epoch() {
        let epoch = |epoch, hidden: f64, silent| EpochResult {
            epoch,
            loss: 1.0,
            train_accuracy: 0.1,
            validation_accuracy: None,
            test_accuracy: None,
            learning_rate: 0.01,
            gradient: Vec::new(),
            spikes_per_sample: vec![("hidden".into(), hidden), ("output".into(), 0.0)],
            silent: Some(silent),
        };
        let epochs = [epoch(1, 0.5, 0.9), epoch(2, 0.0, 1.0), epoch(3, 0.0, 1.0)];
        let said = silent(&epochs, Some("output"));
        assert!(
            said[0].starts_with("population hidden fired in no sample of 2 epochs, first of epoch 2:"),
            "{said:?}"
        );
        assert!(said[1].contains("in any sample of epoch 2") && said.len() == 2);
        assert!(silent(&epochs[..1], Some("output")).is_empty());
        assert_eq!(silent(&epochs[..1], None).len(), 1);
        assert!(mute(0, 5, true).unwrap().contains("that of guessing") && mute(1, 5, true).is_none());
        assert!(mute(0, 5, false).unwrap().contains("closest to its threshold"));
        assert!(endless(2, 5).unwrap().starts_with("2 of 5 presentations") && endless(0, 5).is_none());
    }
}
