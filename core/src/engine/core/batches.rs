//! Many drawn spikes of one block at once: from the block through a row kernel to counts and arrivals.

use super::{Core, Part};
use crate::encoding::BlockRate;
use crate::engine::competition::Contest;
use crate::engine::held::HeldDelivery;
use crate::engine::probe::Probe;
use crate::engine::queue::Queue;
use crate::engine::route::schedule_arrival;
use crate::engine::shared_decay::Delivery;
use crate::engine::sink::{Direct, Kept, Place, Told, compete, deliver, deliver_held};
use crate::network::{Form, Network, Origin, Weights};
use crate::neuron::Reset;
use crate::numeric::Real;
use crate::time::Time;

/// Columns up to which a batch keeps its rows for a tape; wider populations are told row by row.
const MOST_KEPT: usize = 1024;

/// Whether a row of these weights may make a neuron fire several spikes at once in a batch: where every weight is below the
/// threshold, a membrane that was below it is again after one spike. A thousandth is left for rounding.
pub(in crate::engine) fn may_be_several<R: Real>(network: &Network, weights: &Weights<R>) -> bool {
    network.projections.iter().zip(&weights.projections).any(|(projection, values)| {
        let population = &network.populations[projection.to];
        let asked = matches!(projection.from, Origin::Source(_))
            && population.form == Form::SharedDecay
            && population.lif.reset == Reset::Subtract;
        let bar = R::from_f64(0.999 * population.lowest_theta());
        let reach = |values: &[R]| values.iter().fold(false, |reach, &weight| reach | (weight >= bar));
        asked && (values.is_empty() || values.chunks(256).any(reach))
    })
}

impl<R: Real> Core<R> {
    /// Delivers drawn spikes of one block before `horizon` in one go. Same bits as one by one. Returns the
    /// time of the last one; `None` if it could take none.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "inlined into the one place that calls it")]
    pub fn batch<Q: Queue<R>, P: Probe<R>>(
        &mut self,
        network: &Network,
        weights: &Weights<R>,
        index: usize,
        source: (u32, u32),
        horizon: u64,
        rate: &BlockRate,
        queue: &mut Q,
        probe: &mut P,
    ) -> Option<Time> {
        let projection = network.from_source[source.0 as usize][0];
        let population = network.projections[projection].to;
        let values = &weights.projections[projection];
        let outgoing = &network.from_population[population];
        let feedback =
            outgoing.iter().filter_map(|&out| network.projections[out].shortest()).min().map(Time::fs);
        let taped = P::TAPE && probe.taped();
        let columns = match &self.parts[population] {
            Part::Shared { state, .. } => state.x.len(),
            Part::Competing { state, .. } => state.x.len(),
            Part::Scaled { .. } | Part::Free(_) => return None,
        };
        if taped && !P::DIRECT && columns > MOST_KEPT {
            return None;
        }
        let block = queue.block(index)?;
        let (times, rows) = block.ready(horizon);
        let (first_row, several, pause) = (source.1, self.several, P::PAUSE);
        let place = Place {
            source: source.0,
            projection: projection as u32,
            population: population as u32,
            times,
            rows,
            first_row,
            pause,
            feedback,
        };
        let mut told = Told::new(place, &mut self.left);
        let weights = values.as_slice();
        let (taken, kept) = match &mut self.parts[population] {
            Part::Shared { parameters, state, switching, .. } => {
                let parameters = &*parameters;
                let holds = state.by_column(parameters, switching.is_some());
                let wide = &mut self.wide;
                macro_rules! with {
                    ($sink:expr) => {
                        Delivery { state, parameters, times, rows, first_row, weights, several, sink: $sink }
                    };
                }
                match (holds, taped) {
                    (true, false) => {
                        (deliver_held(HeldDelivery { delivery: with!(&mut told), switching, wide }), None)
                    }
                    (true, true) => {
                        let sink = &mut Kept::new(&mut told, columns, true);
                        let delivery = HeldDelivery { delivery: with!(sink), switching, wide };
                        (deliver_held(delivery), Some((columns, true)))
                    }
                    (false, false) => (deliver(with!(&mut told)), None),
                    (false, true) if P::DIRECT => {
                        let records = probe.room(columns, times.len());
                        let taken = deliver(with!(&mut Direct { told: &mut told, records }));
                        probe.written(taken);
                        (taken, None)
                    }
                    (false, true) => {
                        let sink = &mut Kept::new(&mut told, columns, false);
                        (deliver(with!(sink)), Some((columns, false)))
                    }
                }
            }
            Part::Competing { parameters, state, switching } => {
                let (parameters, switching) = (&*parameters, switching.as_mut());
                macro_rules! with {
                    ($sink:expr) => {
                        Contest { state, parameters, times, rows, first_row, weights, switching, sink: $sink }
                    };
                }
                if taped {
                    let sink = &mut Kept::new(&mut told, columns, false);
                    (compete(with!(sink)), Some((columns, false)))
                } else {
                    (compete(with!(&mut told)), None)
                }
            }
            Part::Scaled { .. } | Part::Free(_) => return None,
        };
        told.hand_on(taken, kept, probe);
        let (held, excess) = (told.held, told.excess);
        self.excess = self.excess.or(excess);
        let last = taken.checked_sub(1).map(|last| Time::from_fs(times[last]))?;
        if probe.counted() && network.projections[projection].counted {
            let counts = &mut self.counts.rows[projection][source.1 as usize..];
            for &row in &rows[..taken] {
                let count = &mut counts[usize::from(row)];
                *count = count.saturating_add(1);
            }
        }
        block.consume(taken, rate);
        let size = u64::from(network.populations[population].size);
        self.counts.poisson += taken as u64;
        self.counts.arrival += taken as u64;
        self.counts.synaptic += taken as u64 * size;
        self.counts.fire += self.left.spikes.len() as u64;
        self.counts.held[population] += held;
        // Most read-outs drive nobody and are never held.
        let alone = outgoing.is_empty() && !self.parts[population].may_fire_again();
        let mut occurrence = 0;
        for index in 0..self.left.spikes.len() {
            let spike = self.left.spikes[index];
            self.counts.spike(population, spike.neuron, spike.time, 1);
            if alone {
                continue;
            }
            // Several spikes of a neuron at one time lie side by side.
            let again = index > 0 && self.left.spikes[index - 1] == spike;
            occurrence = if again { occurrence + 1 } else { 0 };
            for &out in outgoing {
                schedule_arrival(network, out, spike.time, spike.neuron, occurrence, queue);
            }
            self.await_end(network, spike, queue);
        }
        Some(last)
    }
}
