//! After the last epoch of learning without labels: the final test, the same devices after some time, other
//! devices, and what is reported of all of them.

use super::super::findings::{AgedResult, VariationResult, Varied, Votes};
use super::super::{Ageing, variation};
use super::{Model, Part, Run, Spent, votes};
use crate::device::electrodes::SpikePulses;
use crate::device::resistive::Rate;
use crate::energy::Ledger;
use crate::network::{Rivalry, Weights};
use crate::plasticity::{Overlap, Rule, entity};
use crate::scenario::outcome::{Found, NamedArray, Outcome};
use crate::scenario::run::arrays::named_arrays;
use crate::scenario::run::books::{
    Learned, book_learning, book_rows, inference, overlapping, told_without_jumps,
};
use crate::scenario::run::context::{RunContext, RunError};
use crate::scenario::run::filaments;
use crate::scenario::run::plastic::left;
use crate::training::Scalar;
use crate::training::unsupervised::Responses;
use std::sync::atomic::Ordering;

impl<R: Scalar> Run<'_, R> {
    /// Final test, ages, other devices, energy.
    pub(super) fn finish(mut self, context: &mut RunContext<'_>) -> Result<Outcome, RunError> {
        let model = self.best.clone().map(|best| best.1).or_else(|| self.last.clone());
        let weights = model.as_ref().map_or_else(|| self.learner.weights.clone(), |m| m.weights.clone());
        let values: Vec<Vec<f64>> =
            (0..self.frozen.projections.len()).map(|p| weights.values(self.frozen, p)).collect();
        let first = u64::from(self.protocol.epochs) * self.episodes();
        let mut energy = Ledger::default();
        let mut per_inference = None;
        let mut complete = false;
        if let Some(model) = &model
            && !context.stop.load(Ordering::Relaxed)
        {
            let responses =
                self.respond(Part::Test, &weights, &model.thresholds, first, "final test", context)?;
            if responses.len() == self.data.test_labels.len() {
                self.tested(model, &responses);
                energy = book_rows((self.plan, self.frozen), &self.row_energies(&values), &responses.totals);
                self.log.notes.extend(overlapping(self.plan, &responses.totals));
                self.log.notes.extend(told_without_jumps(self.plan, &responses.totals));
                per_inference = Some(inference(
                    self.plan,
                    self.frozen,
                    &[self.protocol.projection],
                    &energy,
                    &responses.totals,
                ));
                self.age(model, &values, first, context)?;
                self.vary(context)?;
                // What follows takes long too.
                if context.store.due_at_end() && !context.stop.load(Ordering::Relaxed) {
                    self.save(context)?;
                }
                complete = self.result.ageing.len() == self.protocol.ageing.len()
                    && self.result.variation.len() == self.protocol.variation.len();
            }
        }
        self.result.learned = self.spent.samples;
        let Spent { read, programmed, limited, totals, .. } = &self.spent;
        let (read, programmed, limited) = (*read, *programmed, *limited);
        let learned = Learned { projection: self.protocol.projection, read, programmed, limited };
        self.result.learning = book_learning(self.plan, &[learned], totals);
        let pulses = &self.learner.plastic().memory().devices.pulses;
        self.result.pulses_max = pulses.iter().copied().max().unwrap_or(0);
        self.result.pulses_mean = pulses.iter().sum::<u64>() as f64 / pulses.len().max(1) as f64;
        self.explain();
        let arrays = self.arrays(&values);
        Ok(Outcome {
            energy,
            inference: per_inference,
            arrays,
            data: vec![self.data.identity.clone()],
            found: Found::new(self.result),
            ..self.log.close_trained(complete, &values)
        })
    }

    fn tested(&mut self, model: &Model<R>, responses: &Responses) {
        let data = self.data;
        let result = &mut self.result;
        result.test = Some(votes(&model.assignment, responses, &data.test_labels));
        result.tested_epoch = Some(model.epoch);
        result.classes.clone_from(&model.assignment.class);
        result.theta = model.thresholds.total();
        result.confusion = vec![vec![0; data.classes]; data.classes];
        let vote = self.protocol.vote;
        result.missed = data.missed(responses.iter().map(|spikes| model.assignment.answer(spikes, vote)));
        for (spikes, &label) in responses.iter().zip(&data.test_labels) {
            match model.assignment.answer(spikes, vote) {
                Some(answer) => result.confusion[usize::from(label)][usize::from(answer)] += 1,
                None => result.unanswered += 1,
            }
        }
    }

    /// Joules of reading each row once.
    fn row_energies(&self, values: &[Vec<f64>]) -> Vec<Option<Vec<f64>>> {
        let mut energies = vec![None; values.len()];
        let index = self.protocol.projection;
        if let (Some(devices), Some(device)) =
            (self.learner.plastic().devices(), &self.plan.projections[index].device)
        {
            let columns = self.plan.populations[self.population()].size as usize;
            let rows = values[index].chunks_exact(columns.max(1)).enumerate();
            let energy = |(row, w): (usize, &[f64])| device.read.energy(devices.row_conductance(row, w));
            energies[index] = Some(rows.map(energy).collect());
        } else {
            let columns = self.plan.populations[self.population()].size as usize;
            let rows = values[index].chunks_exact(columns.max(1));
            energies[index] = rows.map(|w| filaments::held(&self.plan.projections[index], w)).collect();
        }
        energies
    }

    /// Tests the weights as they are after each age, with the thresholds as they were and, where they can be moved, with all of
    /// them brought down by the one factor by which the mean weight fell.
    fn age(
        &mut self,
        model: &Model<R>,
        values: &[Vec<f64>],
        first: u64,
        context: &mut RunContext<'_>,
    ) -> Result<(), RunError> {
        let (Some(retention), Some(devices)) =
            (self.protocol.retention, self.learner.plastic().devices().cloned())
        else {
            return Ok(());
        };
        let index = self.protocol.projection;
        for &Ageing { after } in &self.protocol.ageing {
            let mut aged = values.to_vec();
            let (mut sum, mut fresh, mut left) = (0.0, 0.0, 0.0);
            for (synapse, w) in aged[index].iter_mut().enumerate() {
                let device = entity(devices.projection, synapse);
                let lifetime = retention.lifetime(self.plan.seed, device);
                let g = retention.conductance(devices.conductance(synapse, *w), after.get(), lifetime);
                sum += g;
                fresh += *w;
                *w = devices.weight(synapse, g);
                left += *w;
            }
            let conductance = sum / aged[index].len().max(1) as f64;
            let weights = Weights::<R>::from_values(self.frozen, &aged);
            let what = format!("test after {after}");
            let responses = self.respond(Part::Test, &weights, &model.thresholds, first, &what, context)?;
            if responses.len() < self.data.test_labels.len() {
                return Ok(()); // Stopped: an age is reported whole or not at all.
            }
            let test = votes(&model.assignment, &responses, &self.data.test_labels);
            let vote = self.protocol.vote;
            let mut recalibrated = None;
            if !model.thresholds.base.is_empty() {
                let what = format!("{what}, thresholds brought down");
                let thresholds = model.thresholds.scaled(if fresh > 0.0 { left / fresh } else { 1.0 });
                let responses = self.respond(Part::Test, &weights, &thresholds, first, &what, context)?;
                if responses.len() < self.data.test_labels.len() {
                    return Ok(());
                }
                recalibrated = Some(votes(&model.assignment, &responses, &self.data.test_labels));
            }
            let brought_down = recalibrated.map_or(String::new(), |votes: Votes| {
                format!(", with thresholds brought down {:.2} %", 100.0 * votes.by(vote))
            });
            context
                .progress
                .line(&format!("after {after}: test {:.2} %{brought_down}", 100.0 * test.by(vote)));
            self.result.ageing.push(AgedResult { after_s: after.get(), test, recalibrated, conductance });
        }
        Ok(())
    }

    /// Trains and tests with each dispersion.
    fn vary(&mut self, context: &mut RunContext<'_>) -> Result<(), RunError> {
        while self.result.variation.len() < self.protocol.variation.len() {
            let case = self.result.variation.len();
            let begun = context.clock.now();
            let Varied { presentations, events, .. } = self.varied;
            let asked = (self.plan, self.protocol, self.data, case);
            let done = variation::run::<R>(self.engine, asked, &mut self.varied, context)?;
            let more = (self.varied.presentations - presentations, self.varied.events - events);
            self.log.book("variation", begun, context, more.0, more.1);
            if !done {
                self.save(context)?;
                if context.stop.load(Ordering::Relaxed) {
                    return Ok(());
                }
                continue;
            }
            let varied = std::mem::take(&mut self.varied);
            self.log.fingerprint.encoded(&varied.digests);
            let vote = self.protocol.vote;
            let of = &self.protocol.variation[case];
            let result = VariationResult::new(of, varied.test, vote, self.result.variation.first());
            context.progress.line(&format!(
                "{}: {:.2} % +- {:.2} over {} seeds, loss {:.2} points",
                of.name,
                100.0 * result.mean,
                100.0 * result.sd,
                result.test.len(),
                100.0 * result.loss
            ));
            self.result.variation.push(result);
            self.save(context)?;
        }
        Ok(())
    }

    /// Weights, conductances, labels and thresholds.
    fn arrays(&mut self, values: &[Vec<f64>]) -> Vec<NamedArray> {
        let mut arrays = named_arrays(self.plan, self.frozen, values, &self.arrays, &mut self.log.notes);
        let index = self.protocol.projection;
        let programmed = self.plan.projections[index].device.is_some();
        if let Some(devices) = self.learner.plastic().devices().filter(|_| programmed) {
            left(&self.plan.projections[index].name, devices, &values[index], &mut arrays);
        }
        let name = &self.plan.populations[self.population()].name;
        let column = |name: String, data: Vec<f64>| NamedArray { name, rows: data.len(), cols: 1, data };
        if !self.result.theta.is_empty() {
            arrays.push(column(format!("theta.{name}"), self.result.theta.clone()));
        }
        if !self.result.classes.is_empty() {
            let class = |class: &Option<u16>| class.map_or(-1.0, f64::from);
            arrays.push(column(format!("class.{name}"), self.result.classes.iter().map(class).collect()));
        }
        arrays
    }

    /// What a reader of the numbers should know.
    fn explain(&mut self) {
        let population = &self.plan.populations[self.population()];
        if let Some(competition) = population.competition.as_ref().filter(|c| c.homeostasis.is_some()) {
            self.log.notes.push(match competition.kind {
                Rivalry::Switches { .. } => "gains between columns and switches adapt, not the thresholds of the devices; what is told as a \
                                             threshold is (V_th - u_rest)/gain"
                    .into(),
                _ => "thresholds adapt: an adjustable threshold is assumed, which a bare threshold switch does not have"
                    .to_string(),
            });
        }
        let learning = self.plan.projections[self.protocol.projection].plasticity.as_ref();
        let projection = &self.plan.projections[self.protocol.projection];
        if let Some(told) = filaments::told(projection, Some(self.result.pulses_max)) {
            self.log.notes.push(format!(
                "{told}; tests leave filaments as learning has left them, and what reads them is what the source gives, limiters included"
            ));
        } else if let (Some(learning), Some(_)) = (learning, self.learner.plastic().devices()) {
            let endurance = learning.endurance.unwrap_or_default();
            if let Some(warning) = endurance.warning(self.result.pulses_max) {
                self.log.notes.push(format!(
                    "{warning}{}",
                    if learning.endurance.is_some() { "" } else { "; here devices do not wear" }
                ));
            }
            self.log.notes.push(match &learning.rule {
                Rule::Overlap(overlap) => {
                    let [row, column] =
                        overlap.pulses.lone_doses(&overlap.device).map(|(set, reset)| set + reset);
                    format!(
                        "programming is what pulses spend in the devices, most of it in their tails; what a pulse alone \
                         programs, {row:.1e} of the range from a row, is left out while its column rests (from a column: \
                         {column:.1e}, included)"
                    )
                }
                _ => "each change of a weight is one pulse on its device, SET where it grows and RESET where it falls; smaller \
                      steps are booked as whole pulses"
                    .into(),
            });
            if let Rule::Overlap(overlap) = &learning.rule {
                self.log.notes.extend(extrapolated(overlap));
            }
        } else {
            self.log.notes.push("ideal weights: no energy of reading or programming".into());
        }
        self.log.notes.extend(self.data.fewer.iter().cloned());
        self.log.notes.push("the last epoch is reported, whatever the others reached".into());
        if self.protocol.validation > 0.0 {
            self.log.notes.pop();
            self.log.notes.push("the epoch with the best validation accuracy is reported".into());
        }
        self.log.notes.push(format!("precision {}", R::NAME));
    }
}

/// How far the pulses of a rule lie beyond the sweeps that its rates were measured by.
fn extrapolated(rule: &Overlap) -> Option<String> {
    let SpikePulses::Own(lobes) = &rule.pulses else { return None };
    let peaks = lobes.peaks();
    let device = rule.device.dose()?;
    let beyond = [(&device.set, peaks[0], ""), (&device.reset, peaks[1], "-")].map(|(rate, peak, sign)| {
        let Rate::Exponential { v_ref, v_scale, .. } = rate else { return None };
        let factor = crate::numeric::exp((peak - *v_ref) / *v_scale);
        Some(format!("{sign}{peak}, where the rate is {factor:.0} times that at {sign}{v_ref}"))
    });
    let [Some(set), Some(reset)] = beyond else { return None };
    Some(format!(
        "pulses put {set}, and {reset}, on a device for {}; the rates are quoted where sweeps end, which take seconds: that they \
         hold here is extrapolated",
        lobes.width
    ))
}
