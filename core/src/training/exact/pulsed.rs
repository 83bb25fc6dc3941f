//! The devices of synapses that learn by pulses: what an accumulated step does to them.
//!
//! chi of a synapse is what steps have asked for and pulses have not done yet, as a weight (mixed-precision in-memory training:
//! Nandakumar et al., Frontiers in Neuroscience 14, 406 (2020)). With epsilon the granularity, the change of weight by one pulse on the
//! nominal device in the middle of its range,
//!
//! | update | pulses of the sign of chi | chi afterwards |
//! |---|---|---|
//! | size | n = trunc(chi/epsilon), at most so many | chi - n epsilon |
//! | sign | one where abs(chi) >= threshold epsilon | 0 |
//!
//! Of a pair a step up is SET pulses on G+ and a step down SET pulses on G-, of one device SET or RESET pulses. A pulse that would
//! be applied to a device of a pair above a share of its range has the pair refreshed before: RESET pulses bring both devices
//! down by what the lower one is above its end, each read after every pulse until it is there to half a pulse, and what the
//! difference has lost on the way is added to chi. Where the lower one is less than a pulse above its end the weight is as large as it can be, and
//! the pulse is left out.
//!
//! A pulse is a drive like those of rules ([`pass`]): the device's own law, bounds, limiter and spread from pulse to pulse, and the same wear.

use crate::crossbar::{Draw, Writer};
use crate::device::endurance::Endurance;
use crate::device::fault::FaultRates;
use crate::device::passage::pass;
use crate::device::resistive::{DeviceSpread, Direction, DoseDevice, Kinetics, PulseDraw, Resistive as _};
use crate::plasticity::{Devices, ProgramPulse, entity};
use crate::synapse::{Mapping, ReadPulse, Spread};
use crate::time::Time;
use crate::waveform::Waveform;
use serde::{Deserialize, Serialize};

/// RESET pulses on a device in one refresh after which it is left as it is.
const REFRESH_PULSES: u32 = 1000;

/// How many pulses an accumulated step becomes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Update {
    /// As many as it is large, and no more than this.
    Size {
        /// In one step.
        most: u32,
    },
    /// One, where it is this large, in pulses; it is forgotten then.
    Sign {
        /// In units of the granularity.
        threshold: f64,
    },
}

/// Devices of a projection that learns by pulses.
#[derive(Clone, Debug, PartialEq)]
pub struct Pulsed {
    /// Its index.
    pub projection: usize,
    /// From conductances to weights in units of the threshold.
    pub mapping: Mapping,
    /// How far from its target a conductance is when training begins.
    pub spread: Spread,
    /// Devices that no pulse changes.
    pub faults: FaultRates,
    /// What a pulse does to the nominal device.
    pub device: DoseDevice,
    /// How devices differ from it.
    pub differ: DeviceSpread,
    /// The pulses: SET and RESET.
    pub pulse: ProgramPulse,
    /// How pulses wear devices; `None`: they do not.
    pub endurance: Option<Endurance>,
    /// What reads a row, and a device of a pair that is refreshed.
    pub read: ReadPulse,
    /// The share of its range above which a device of a pair takes no pulse before both are refreshed.
    pub refresh: f64,
    /// How many pulses a step becomes.
    pub update: Update,
}

/// One device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Its conductance, in siemens.
    pub g: f64,
    /// Pulses that it has taken: what wears, and the count behind the next draw.
    pub pulses: u64,
    /// How often its pair was refreshed.
    pub refreshed: u64,
    /// Whether no pulse changes it.
    pub stuck: bool,
    /// Joules that pulses have spent in it.
    pub programmed: f64,
    /// Joules in its limiter.
    pub limited: f64,
    /// Joules of reads while its pair was refreshed.
    pub checked: f64,
}

/// What is constant of the devices of a projection.
#[derive(Debug)]
pub struct Bank {
    pub of: Pulsed,
    nominal: Kinetics,
    devices: Devices,
    pulses: [Waveform; 2],
    width: Time,
    /// Change of conductance of the nominal device in the middle of its range, by a SET and by a RESET pulse.
    grains: [f64; 2],
}

fn side(direction: Direction) -> usize {
    usize::from(direction == Direction::Reset)
}

impl Bank {
    /// So many devices of a seed.
    pub fn new(of: Pulsed, seed: u64, count: usize) -> Self {
        let projection = of.projection as u32;
        let nominal = Kinetics::from(of.device.clone());
        let own = |n| nominal.own(&of.differ, seed, entity(projection, n));
        let differ = of.differ != DeviceSpread::default();
        let bounds = nominal.ends();
        let devices = Devices {
            seed,
            projection,
            // Weights are conductances here.
            siemens_per_weight: 1.0,
            base: vec![0.0; count],
            partners: 1.0,
            own: Vec::new(),
            steps: Vec::new(),
            range: [bounds.g_min, bounds.g_max],
            ends: Vec::new(),
            kinetics: if differ { (0..count).map(own).collect() } else { Vec::new() },
            levels: None,
            cycle_sigma: 0.0,
            pulse: of.pulse,
            endurance: of.endurance,
            retention: None,
            stuck: Vec::new(),
        };
        let width = Time::nearest(of.pulse.width).unwrap_or(Time::MAX);
        let pulses = [of.pulse.v_set.get(), -of.pulse.v_reset.get()].map(|v| Waveform::rectangle(v, width));
        let mut bank = Self { nominal, devices, pulses, width, grains: [0.0; 2], of };
        let middle = 0.5 * (bounds.g_min + bounds.g_max);
        bank.grains = [Direction::Set, Direction::Reset].map(|direction| {
            let pulsed = bank.drive(&bank.nominal, middle, direction, Some(PulseDraw::None));
            (pulsed.g - middle).abs()
        });
        bank
    }

    /// Change of weight of the nominal device in the middle of its range, by a SET and by a RESET pulse.
    pub fn granularity(&self) -> [f64; 2] {
        self.grains.map(|grain| grain * self.of.mapping.scale().0)
    }

    /// The devices of a row as they are before training, programmed to these weights: `first` is the number of the first of them.
    pub fn program(&self, (row, cols): (usize, usize), weights: &[f64], cells: &mut [Cell]) {
        let Pulsed { mapping, spread, faults, .. } = &self.of;
        let Devices { seed, projection, .. } = self.devices;
        let draw = Draw { seed, entity: projection, draw: 0 };
        let mut conductances = vec![0.0; cells.len()];
        Writer { cols, mapping, spread, draw }.write(row, weights, &mut conductances);
        let (g_min, g_max) = mapping.range().ends();
        for (k, (cell, g)) in cells.iter_mut().zip(conductances).enumerate() {
            let n = row * cols * mapping.devices() + k;
            let fault = faults.of(seed, entity(projection, n));
            let bounds = self.device(n).bounds();
            let within = g.max(bounds.g_min).min(bounds.g_max);
            let g = fault.map_or(within, |fault| fault.conductance(g_min, g_max));
            *cell = Cell { g, stuck: fault.is_some(), ..Cell::default() };
        }
    }

    /// The weight that the devices of a synapse make.
    pub fn weight(&self, cells: &[Cell]) -> f64 {
        match cells {
            [plus, minus] => self.of.mapping.weight(&[plus.g, minus.g]),
            [one] => self.of.mapping.weight(&[one.g]),
            _ => 0.0,
        }
    }

    /// Applies what chi of synapse number `n` asks for to its devices; whether there was anything to apply.
    pub fn step(&self, n: usize, chi: f64, cells: &mut [Cell]) -> Option<f64> {
        let up = chi > 0.0;
        let pair = cells.len() == 2;
        let direction = if up || pair { Direction::Set } else { Direction::Reset };
        let grain = self.granularity()[side(direction)];
        let (count, left) = match self.of.update {
            Update::Size { most } => {
                let count = (chi.abs() / grain).floor().min(f64::from(most));
                (count as u32, chi.abs() - count * grain)
            }
            Update::Sign { threshold } => (u32::from(chi != 0.0 && chi.abs() >= threshold * grain), 0.0),
        };
        if count == 0 {
            return None;
        }
        let mut chi = if up { left } else { -left };
        let which = usize::from(pair && !up);
        for _ in 0..count {
            if pair && self.is_high(2 * n + which, &cells[which]) {
                let Some(lost) = self.refresh(n, cells) else { break };
                chi += lost * self.of.mapping.scale().0;
            }
            self.pulse(cells.len() * n + which, direction, &mut cells[which]);
        }
        Some(chi)
    }

    /// Brings both devices of a pair down; what their difference has lost. `None`: it would come to nothing.
    fn refresh(&self, n: usize, cells: &mut [Cell]) -> Option<f64> {
        let above = |k: usize, cell: &Cell| cell.g - self.lowest(2 * n + k, cell);
        let spare = cells.iter().enumerate().map(|(k, cell)| above(k, cell)).fold(f64::INFINITY, f64::min);
        if spare <= self.grains[0] || cells.iter().any(|cell| cell.stuck) {
            return None;
        }
        let difference = |cells: &[Cell]| cells[0].g - cells[1].g;
        let before = difference(cells);
        for (k, cell) in cells.iter_mut().enumerate() {
            let target = cell.g - spare + 0.5 * self.grains[1];
            cell.refreshed += 1;
            cell.checked += self.of.read.energy(cell.g);
            for _ in 0..REFRESH_PULSES {
                if cell.g <= target {
                    break;
                }
                self.pulse(2 * n + k, Direction::Reset, cell);
                cell.checked += self.of.read.energy(cell.g);
            }
        }
        Some(before - difference(cells))
    }

    /// One pulse on device number `n`.
    fn pulse(&self, n: usize, direction: Direction, cell: &mut Cell) {
        let Devices { seed, projection, .. } = self.devices;
        let draw = PulseDraw::Keyed { seed, entity: entity(projection, n), count: cell.pulses };
        let done = self.drive(self.device(n), cell.g, direction, (!cell.stuck).then_some(draw));
        cell.programmed += done.energies.device;
        cell.limited += done.energies.limiter;
        if done.dose > 0.0 {
            cell.g = self.devices.above(n, cell.pulses, done.g);
        }
        self.devices.wear(n, done.dose, (&mut cell.pulses, &mut cell.stuck));
    }

    fn drive(
        &self,
        device: &Kinetics,
        g: f64,
        direction: Direction,
        draw: Option<PulseDraw>,
    ) -> crate::device::resistive::Applied {
        let rest = Waveform::default();
        let pulses = [&self.pulses[side(direction)], &rest];
        pass(device, pulses, [Some(Time::ZERO), None], (Time::ZERO, self.width), g, draw)
    }

    fn device(&self, n: usize) -> &Kinetics {
        self.devices.kinetics.get(n).unwrap_or(&self.nominal)
    }

    /// The lowest conductance that a device can have now.
    fn lowest(&self, n: usize, cell: &Cell) -> f64 {
        self.devices.above(n, cell.pulses, self.device(n).bounds().g_min)
    }

    /// Whether a device is so high that its pair is refreshed before it takes a pulse.
    fn is_high(&self, n: usize, cell: &Cell) -> bool {
        let bounds = self.device(n).bounds();
        cell.g > bounds.g_min + self.of.refresh * bounds.span()
    }
}
