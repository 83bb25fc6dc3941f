//! What is said of gradients that vanish on their way to a layer, or explode.

use super::findings::EpochResult;

/// A gradient by weights that is this much smaller than that of another layer moves nothing that single precision can tell.
const VANISHES: f64 = 1e-7;

/// A gradient that is this many times that of the first epoch, while the loss is larger too, does not come down again.
const EXPLODES: f64 = 1e3;

/// The first epoch in which the gradient of a layer vanishes beside that of another, or explodes, layer by layer.
pub fn strayed(epochs: &[EpochResult]) -> Vec<String> {
    let mut said = Vec::new();
    let Some(first) = epochs.first() else { return said };
    for (index, (name, begin)) in first.gradient.iter().enumerate() {
        let found = epochs.iter().find_map(|epoch| {
            let of = epoch.gradient.get(index)?.1;
            let (other, most) = epoch.gradient.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
            if *most > 0.0 && of < VANISHES * most {
                return Some(format!(
                    "the gradient by weights that lead to {name} vanishes in epoch {}: {of:.1e} in the root mean square, and {most:.1e} of \
                     those to {other}; larger initial weights, or a larger `activity_raise`, let its neurons speak",
                    epoch.epoch
                ));
            }
            (*begin > 0.0 && of > EXPLODES * begin && epoch.loss > first.loss).then(|| {
                format!(
                    "the gradient by weights that lead to {name} explodes in epoch {}: {of:.1e} in the root mean square, {begin:.1e} in \
                     epoch {}, and the loss is larger than it was; a smaller `rate` of the optimizer or a larger `least_slope` holds it",
                    epoch.epoch, first.epoch
                )
            })
        });
        said.extend(found);
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(epoch: u32, loss: f64, hidden: f64, output: f64) -> EpochResult {
        EpochResult {
            epoch,
            loss,
            train_accuracy: 0.5,
            validation_accuracy: None,
            test_accuracy: None,
            learning_rate: 0.01,
            spikes_per_sample: Vec::new(),
            gradient: vec![("hidden".into(), hidden), ("output".into(), output)],
            silent: Some(0.0),
        }
    }

    #[test]
    fn a_layer_is_named_with_the_epoch() {
        assert!(strayed(&[epoch(1, 1.0, 1e-4, 1e-2), epoch(2, 0.8, 1e-8, 1e-2)]).is_empty());
        let gone = strayed(&[epoch(1, 1.0, 1e-4, 1e-2), epoch(2, 0.8, 0.0, 1e-2), epoch(3, 0.8, 0.0, 1e-2)]);
        let [gone] = &gone[..] else { panic!("{gone:?}") };
        assert!(
            gone.contains("lead to hidden vanishes in epoch 2: 0.0e0")
                && gone.contains("1.0e-2 of those to output")
        );
        let grown = strayed(&[epoch(1, 1.0, 1e-4, 1e-2), epoch(2, 3.0, 0.2, 1e-2)]);
        let [grown] = &grown[..] else { panic!("{grown:?}") };
        assert!(grown.contains("lead to hidden explodes in epoch 2: 2.0e-1"), "{grown}");
        // A gradient that grows while the loss falls does its work.
        assert!(strayed(&[epoch(1, 1.0, 1e-4, 1e-2), epoch(2, 0.5, 0.2, 1e-2)]).is_empty());
        // All of it has come down.
        assert!(strayed(&[epoch(1, 0.1, 1e-4, 1e-2), epoch(2, 0.0, 0.0, 0.0)]).is_empty());
    }
}
