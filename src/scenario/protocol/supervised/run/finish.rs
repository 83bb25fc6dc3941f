//! After the last epoch of training with labels: the final test, the same weights on devices, and what is reported of all of them.

use super::super::findings::{InSituResult, OUTPUT, OutputResult, ProgrammingResult, ShownSample, TARGET};
use super::super::gradients;
use super::super::silence::{endless, mute, silent};
use super::super::teach::{Exam, Teacher};
use crate::crossbar::Array;
use crate::dataset::{Targets, explained};
use crate::energy::rows_energy;
use crate::hint::many;
use crate::network::Weights;
use crate::scenario::assemble::{AssembleError, ideal, program};
use crate::scenario::outcome::{Found, NamedArray, Outcome};
use crate::scenario::run::arrays::{devices, line_energies, named_arrays, of_synapses};
use crate::scenario::run::books::{Learned, book, book_learning, inference, jumps, overlapping};
use crate::scenario::run::context::{RunContext, RunError};
use crate::scenario::run::training::mean_and_sd;
use crate::training::exact::InSitu;
use crate::training::{Evaluation, Scalar, Totals};
use std::sync::atomic::Ordering;

use super::{Run, learned};

/// What neurons have learned beside their weights. (Delays are drawn.)
fn told_beside(name: &str, values: &[f64]) -> Option<String> {
    let (what, population) = name.split_once('.')?;
    let (least, most) =
        values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), &v| (a.min(v), b.max(v)));
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let told = match what {
        "tau_m" => format!("tau_m of `{population}` is {:.4} ms after learning", 1e3 * mean),
        "v_th" => format!(
            "thresholds of `{population}` are {:.2} mV to {:.2} mV after learning, {:.2} mV on average",
            1e3 * least,
            1e3 * most,
            1e3 * mean
        ),
        _ => return None,
    };
    Some(told)
}

impl<R: Scalar, T: Teacher<R>> Run<'_, R, T> {
    /// Final test, programming cases, shown sample, energy.
    pub(super) fn finish(mut self, context: &mut RunContext<'_>) -> Result<Outcome, RunError> {
        let (tested, weights) = match self.best.clone() {
            Some((_, epoch, weights)) => (epoch, weights),
            None => (self.result.epochs.len() as u32, self.teacher.weights()),
        };
        let first = u64::from(self.protocol.epochs) * self.episodes();
        let trained = !self.result.epochs.is_empty() || self.result.weights_from.is_some();
        let mut energy = Default::default();
        let mut per_inference = None;
        let values: Vec<Vec<f64>> =
            (0..self.network.projections.len()).map(|p| weights.values(self.network, p)).collect();
        let (mut arrays, mut stopped) = (vec![None; values.len()], false);
        let mut told = None;
        if trained && !context.stop.load(Ordering::Relaxed) {
            let test = self.test(&weights, first, "final test", context)?;
            if test.answers.len() == self.data.test_labels.len() {
                self.result.test_accuracy = Some(test.accuracy());
                self.result.tested_epoch = (tested > 0).then_some(tested);
                match &self.data.targets {
                    Some([.., targets]) => self.result.outputs = outputs(targets, &test.outputs),
                    None => {
                        self.result.confusion = test.confusion(&self.data.test_labels, self.data.classes);
                        self.result.missed = self.data.missed(test.answers.iter().copied().map(Some));
                    }
                }
                told = self.data.targets.as_ref().map(|[.., targets]| beside_targets(targets, &test.outputs));
                if !self.protocol.gradient.loss().is_some_and(|loss| loss.integrates()) {
                    let fired = test.totals.spikes.get(self.population).copied().unwrap_or(0);
                    let guessed = self.protocol.gradient.loss().is_none();
                    self.log.notes.extend(mute(fired, test.totals.presentations, guessed));
                }
                self.log.notes.extend(endless(test.endless, test.totals.presentations));
                match devices(self.plan, &values, self.w_max(), ideal, context.stop) {
                    Ok(programmed) => arrays = programmed,
                    Err(RunError::Stopped) => {
                        self.save(context)?;
                        stopped = true;
                    }
                    Err(error) => return Err(error),
                }
                for (index, g) in self.teacher.in_situ().map(InSitu::conductances).unwrap_or_default() {
                    arrays[index] = arrays[index].take().map(|array| array.with_conductances(g));
                }
                energy = self.ledger(&arrays, &test);
                let population = &self.plan.populations[self.population];
                let jumped = self.plan.projections[self.protocol.projection].kernel.jumps();
                if jumped && self.plan.record.energy && population.switch.is_some() {
                    self.log.notes.push(jumps(population));
                }
                self.log.notes.extend(overlapping(self.plan, &test.totals));
                per_inference =
                    Some(inference(self.plan, self.network, &self.trained, &energy, &test.totals));
                self.programming((&weights, &values), first, test.accuracy(), context)?;
                self.show(&weights, first);
                // What follows takes long too.
                if context.store.due_at_end() && !context.stop.load(Ordering::Relaxed) {
                    self.save(context)?;
                }
            }
        }
        self.learned_in_situ();
        self.explain(&arrays);
        let complete = self.result.test_accuracy.is_some()
            && !stopped
            && self.result.programming.len() == self.protocol.programming.len();
        let mut arrays = named_arrays(self.plan, self.network, &values, &arrays, &mut self.log.notes);
        arrays.extend(told.into_iter().flatten());
        let mut numbers = values;
        for (name, data) in self.teacher.beside(self.of, &weights) {
            self.log.notes.extend(told_beside(&name, &data));
            numbers.push(data.clone());
            arrays.push(NamedArray { name, rows: data.len(), cols: 1, data });
        }
        Ok(Outcome {
            energy,
            inference: per_inference,
            arrays,
            data: vec![self.data.identity.clone()],
            found: Found::new(self.result),
            ..self.log.close_trained(complete, &numbers)
        })
    }

    /// The weight at the end of the conductance range: the training bound, where there is one.
    fn w_max(&self) -> Option<f64> {
        let to = self.plan.projections[self.protocol.projection].to;
        let neuron = self.plan.populations[to].neuron.membrane();
        self.protocol.weight_bound.map(|bound| bound * neuron.theta())
    }

    fn ledger(&self, arrays: &[Option<Array>], test: &Evaluation) -> crate::energy::Ledger {
        book((self.plan, self.network), arrays, &test.totals)
    }

    /// For how long switches were on in training so far.
    pub(super) fn on(&self) -> Vec<u128> {
        let mut on = self.on.clone();
        on.resize(on.len().max(self.report.totals.on.len()), 0);
        on.iter_mut().zip(&self.report.totals.on).for_each(|(sum, more)| *sum += more);
        on
    }

    /// What learning in the devices took, with what wear there is to warn of.
    fn learned_in_situ(&mut self) {
        let (Some(devices), Some(in_situ)) = (self.teacher.in_situ(), self.protocol.gradient.in_situ())
        else {
            return;
        };
        let taken = devices.taken();
        let learned: Vec<Learned> = taken.iter().map(learned).collect();
        let epochs = self.result.epochs.len() as u64;
        for of in &taken {
            let name = &self.plan.projections[of.projection].name;
            let warning = in_situ.wear().warning(of.pulses_max);
            self.log.notes.extend(warning.map(|warning| format!("projection {name}: {warning}")));
        }
        self.result.in_situ = Some(InSituResult {
            samples: epochs * self.data.train_labels.len() as u64 + self.report.presented,
            learning: book_learning(self.plan, &learned, &Totals { on: self.on(), ..Totals::default() }),
            taken,
        });
    }

    /// Tests the weights as each programming case leaves them on the devices.
    fn programming(
        &mut self,
        (trained, values): (&Weights<R>, &[Vec<f64>]),
        first: u64,
        float_accuracy: f64,
        context: &mut RunContext<'_>,
    ) -> Result<(), RunError> {
        for case in &self.protocol.programming {
            let mut accuracy = Vec::new();
            let mut read = 0.0;
            for draw in 0..case.draws {
                let mut programmed = values.to_vec();
                let mut reads = vec![Vec::new(); values.len()];
                for &index in &self.trained {
                    let Some(mut device) = self.plan.projections[index].device.clone() else { continue };
                    device.placement = case.placement;
                    device.range.levels = case.levels;
                    device.spread = case.spread;
                    (device.faults, device.age) = (case.faults, case.age);
                    let (weights, draw) = (&values[index], u64::from(draw) + 1);
                    let array =
                        match program(self.plan, index, &device, weights, (self.w_max(), draw), context.stop)
                        {
                            // As in the test that follows.
                            Err(AssembleError::Stopped) => return self.save(context),
                            array => array.map_err(|error| RunError::Assemble(vec![error]))?,
                        };
                    programmed[index] = of_synapses(&self.plan.projections[index].connect, &array);
                    reads[index] = line_energies(&self.network.projections[index], &array, &device.read);
                }
                let mut weights = Weights::<R>::from_values(self.network, &programmed);
                // What learned beside the weights is no matter of devices.
                weights.projections.extend(trained.projections.iter().skip(values.len()).cloned());
                let what = format!("{}: draw {} of {}", case.name, draw + 1, case.draws);
                let test = self.test(&weights, first, &what, context)?;
                if test.answers.len() < self.data.test_labels.len() {
                    return Ok(()); // Stopped: a case is reported whole or not at all.
                }
                accuracy.push(test.accuracy());
                let joules: f64 = (self.trained.iter())
                    .map(|&index| rows_energy(test.totals.rows[index].iter().copied(), &reads[index]))
                    .sum();
                read += joules / test.totals.presentations.max(1) as f64;
            }
            let (mean, sd) = mean_and_sd(&accuracy);
            context.progress.line(&format!(
                "{}: {:.2} %{} +- {:.2} over {} draws, loss {:.2} points",
                case.name,
                100.0 * mean,
                self.of_what(),
                100.0 * sd,
                accuracy.len(),
                100.0 * (float_accuracy - mean)
            ));
            self.result.programming.push(ProgrammingResult {
                name: case.name.clone(),
                float_accuracy,
                accuracy,
                mean,
                sd,
                loss: float_accuracy - mean,
                max_loss: case.max_loss,
                read_energy_per_inference_j: read / f64::from(case.draws.max(1)),
            });
        }
        Ok(())
    }

    /// The output spikes for the first test sample of the class to be shown.
    fn show(&mut self, weights: &Weights<R>, first: u64) {
        let Some(class) = self.protocol.show_class else { return };
        let Some(index) = self.data.test_labels.iter().position(|&label| u32::from(label) == class) else {
            return;
        };
        let population = self.population;
        let duration = self.protocol.test_presentation;
        let exam = Exam { first_episode: first, duration, what: "the sample that is shown" };
        let spikes = self.teacher.show(self.of, weights, (&self.data.test, index), exam);
        let size = self.plan.populations[population].size as usize;
        let mut spikes_ms = vec![Vec::new(); size];
        for spike in spikes {
            spikes_ms[spike.neuron as usize].push(spike.time.as_seconds() * 1e3);
        }
        let rates_hz = spikes_ms.iter().map(|spikes| spikes.len() as f64 / duration.as_seconds()).collect();
        let image = self.data.image(index).to_vec();
        self.result.shown = Some(ShownSample { class, index: index as u32, rates_hz, spikes_ms, image });
    }

    /// What a reader of the numbers should know.
    fn explain(&mut self, arrays: &[Option<Array>]) {
        let integrates = self.protocol.gradient.loss().is_some_and(|loss| loss.integrates());
        let read_out = self.plan.populations[self.population].name.as_str();
        self.log.notes.extend(self.data.fewer.iter().cloned());
        self.log.notes.extend(silent(&self.result.epochs, integrates.then_some(read_out)));
        self.log.notes.extend(gradients::strayed(&self.result.epochs));
        let index = self.protocol.projection;
        if let (Some(Some(array)), Some(device)) = (arrays.get(index), &self.plan.projections[index].device) {
            let to = self.plan.projections[index].to;
            let tau = self.plan.populations[to].neuron.membrane().tau_m;
            let ohms = array.mapping().scale().transimpedance(&device.read, tau);
            self.log.notes.push(format!(
                "a weight of {:.4} V is the end of the conductance range: read-out transimpedance {:.4e} Ohm",
                array.mapping().w_max(),
                ohms.get()
            ));
        }
        let learned = if self.result.in_situ.is_some() {
            "weights were learned in their devices, gradients and accumulators in software: the energy is that of the final test, \
             and what learning took is told beside it"
        } else {
            "training runs in software on ideal weights: the energy is that of the final test alone"
        };
        self.log.notes.push(learned.into());
        if let (Some(patience), Some(best), true) = (self.protocol.patience, &self.best, self.settled()) {
            let (epochs, best) = (self.result.epochs.len(), best.1);
            self.log.notes.push(format!(
                "training ended after epoch {epochs} of {}: held-out samples were not answered better than after epoch {best} for {}",
                self.protocol.epochs,
                many(patience, "epoch")
            ));
        }
        self.log.notes.push(format!("precision {}", R::NAME));
    }
}

/// How well each neuron of the read-out has its target.
fn outputs(targets: &Targets, outputs: &[f64]) -> Vec<OutputResult> {
    let both = targets.errors(outputs).into_iter().zip(targets.variances());
    both.map(|(error, variance)| OutputResult {
        explained: explained(error, variance),
        rms_error: error.sqrt(),
    })
    .collect()
}

/// The scores of the test samples and their targets, a row for each sample.
fn beside_targets(targets: &Targets, outputs: &[f64]) -> [NamedArray; 2] {
    let array = |name: &str, data: &[f64]| NamedArray {
        name: name.into(),
        rows: targets.len(),
        cols: targets.each(),
        data: data.to_vec(),
    };
    [array(OUTPUT, outputs), array(TARGET, targets.values())]
}
