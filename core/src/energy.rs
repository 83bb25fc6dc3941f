//! Energy: who spent it, for what, and closed forms for what one operation spends.
//!
//! Every number is an estimate from device parameters, not a measurement; [`Ledger::statement`] says
//! what a total holds and what it leaves out.

use crate::units::{Ampere, Joule, Second, Siemens, Volt, Watt};
use serde::{Deserialize, Serialize};

/// What energy was spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Reading devices: V^2 G t of every device on a pulsed row.
    Read,
    /// Programming devices.
    Program,
    /// On-state of neuron devices.
    Neuron,
    /// Current limiters.
    Limiter,
    /// Off-state leakage of neuron devices.
    Leakage,
    /// Wires.
    Wire,
    /// Half-selected cells.
    HalfSelect,
    /// Drivers, converters, routers.
    Periphery,
}

impl Category {
    /// All of them, in their order.
    pub const ALL: [Self; 8] = [
        Self::Read,
        Self::Program,
        Self::Neuron,
        Self::Limiter,
        Self::Leakage,
        Self::Wire,
        Self::HalfSelect,
        Self::Periphery,
    ];

    /// Name as in files: `"half_select"`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Program => "program",
            Self::Neuron => "neuron",
            Self::Limiter => "limiter",
            Self::Leakage => "leakage",
            Self::Wire => "wire",
            Self::HalfSelect => "half_select",
            Self::Periphery => "periphery",
        }
    }
}

impl std::fmt::Display for Category {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// One line: an owner (population or projection), a category, joules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The population or projection that spent it.
    pub owner: String,
    /// What it was spent on.
    pub category: Category,
    /// How much, in joules.
    pub joules: f64,
}

/// Joules by owner and category. The categories sum to the total.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// One line for each owner and category, in the order they were first booked.
    pub entries: Vec<Entry>,
    /// Categories that exist in the hardware but are not in the sum.
    pub not_modelled: Vec<Category>,
}

impl Ledger {
    /// Adds to the line of this owner and category; a new line goes last.
    pub fn book(&mut self, owner: &str, category: Category, joules: f64) {
        let line = self.entries.iter_mut().find(|e| e.category == category && e.owner == owner);
        match line {
            Some(entry) => entry.joules += joules,
            None => self.entries.push(Entry { owner: owner.to_owned(), category, joules }),
        }
    }

    /// Books threshold switches in which current flowed for so long in all, in the devices and in their limiters.
    pub fn book_on(&mut self, owner: &str, cost: &SwitchEnergy, time: Second) {
        let (on, limiter) = cost.of(time);
        self.book(owner, Category::Neuron, on.get());
        self.book(owner, Category::Limiter, limiter.get());
    }

    /// Books reads of the rows of an array: how often each row was read, times the joules of reading it once.
    pub fn book_reads(&mut self, owner: &str, reads: impl IntoIterator<Item = u64>, joules: &[f64]) {
        self.book(owner, Category::Read, rows_energy(reads, joules));
    }

    /// Joules of every category that has a line, in the order of [`Category`].
    #[must_use]
    pub fn by_category(&self) -> Vec<(Category, f64)> {
        let of = |category| {
            let mut lines =
                self.entries.iter().filter(|e| e.category == category).map(|e| e.joules).peekable();
            lines.peek()?;
            Some((category, lines.sum()))
        };
        Category::ALL.into_iter().filter_map(of).collect()
    }

    /// All joules: the sum of [`Ledger::by_category`] in its order, so that the printed categories
    /// give the printed total to the last bit.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.by_category().iter().fold(0.0, |sum, (_, joules)| sum + joules)
    }

    /// Every line times `factor`: per inference, for instance.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let scale = |e: &Entry| Entry { joules: e.joules * factor, ..e.clone() };
        Self { entries: self.entries.iter().map(scale).collect(), not_modelled: self.not_modelled.clone() }
    }

    /// Books every line of `other`; what either leaves out is left out of the sum of both.
    pub fn merge(&mut self, other: &Self) {
        for entry in &other.entries {
            self.book(&entry.owner, entry.category, entry.joules);
        }
        self.not_modelled.extend(&other.not_modelled);
        self.not_modelled.sort_unstable();
        self.not_modelled.dedup();
    }

    /// What the total holds: "read, neuron; not modelled: program, wire; an estimate, not a measurement".
    #[must_use]
    pub fn statement(&self) -> String {
        let names = |categories: &[Category]| {
            let names: Vec<&str> = categories.iter().map(|c| c.name()).collect();
            names.join(", ")
        };
        let included: Vec<Category> = self.by_category().iter().map(|(category, _)| *category).collect();
        let included = if included.is_empty() { "nothing booked".to_owned() } else { names(&included) };
        let left_out = if self.not_modelled.is_empty() {
            String::new()
        } else {
            format!("; not modelled: {}", names(&self.not_modelled))
        };
        format!("{included}{left_out}; an estimate, not a measurement")
    }
}

/// What one spike of a threshold-switch neuron costs.
///
/// While current flows, the device sits in compliance at `i_cc` and takes i_cc^2 / g_on (paper: 1.4 uW); the
/// limiter takes (v_drive - i_cc / g_on) i_cc. On a lower supply it is not in compliance and takes v_drive^2 g_on. While off, the
/// membrane voltage leaks through `g_off`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SwitchEnergy {
    /// Compliance of the limiter.
    pub i_cc: Ampere,
    /// Conductance of the on state.
    pub g_on: Siemens,
    /// Conductance of the off state.
    pub g_off: Siemens,
    /// Supply behind the limiter.
    pub v_drive: Volt,
    /// For how long current flows in one spike. `lif`: 100 us by default (assumed: needs an active reset); `switch`: the
    /// `open_after` of its circuit, for the drive is gone while the filament relaxes.
    pub on_time: Second,
}

impl SwitchEnergy {
    /// What device and limiter take while current flows for `time`.
    #[must_use]
    pub fn of(&self, time: Second) -> (Joule, Joule) {
        let Self { i_cc, g_on, v_drive, .. } = *self;
        if v_drive < i_cc / g_on {
            return (pulse_energy(g_on, v_drive, time), Joule::ZERO);
        }
        (switch_on_energy(i_cc, g_on, time), limiter_energy(v_drive, i_cc, g_on, time))
    }
}

/// Power of a threshold switch that sits in compliance: I_cc^2 / G_on.
///
/// Yan et al. state 1.4 uW for 7 uA; it follows with G_on = 35 uS, the compliance left at 0.2 V
/// (inferred). Peak on-state power, without limiter and source.
#[must_use]
pub fn switch_on_power(i_cc: Ampere, g_on: Siemens) -> Watt {
    i_cc * i_cc / g_on
}

/// Energy a threshold switch takes in one on-state: I_cc^2 / G_on times the on-time.
#[must_use]
pub fn switch_on_energy(i_cc: Ampere, g_on: Siemens, on_time: Second) -> Joule {
    switch_on_power(i_cc, g_on) * on_time
}

/// Energy the current limiter takes in one on-state: (V - I_cc / G_on) I_cc t.
///
/// Zero, never negative, where the drive is too small to reach compliance: nothing is limited then.
#[must_use]
pub fn limiter_energy(v_drive: Volt, i_cc: Ampere, g_on: Siemens, on_time: Second) -> Joule {
    let across = v_drive - i_cc / g_on;
    across.max(Volt::ZERO) * i_cc * on_time
}

/// Energy of a rectangular pulse on an ohmic conductance: V^2 G w.
///
/// Whatever a pulse is for: this is what reading takes, and programming where the conductance is taken as
/// constant.
#[must_use]
pub fn pulse_energy(conductance: Siemens, amplitude: Volt, width: Second) -> Joule {
    amplitude * amplitude * conductance * width
}

/// Joules of rows that arrived `counts` times and take `energies` once each, summed in their order.
#[must_use]
pub fn rows_energy(counts: impl IntoIterator<Item = u64>, energies: &[f64]) -> f64 {
    counts.into_iter().zip(energies).fold(0.0, |sum, (count, energy)| sum + count as f64 * energy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;
    use crate::waveform::Waveform;
    use proptest::prelude::*;

    #[test]
    fn the_papers_1_4_microwatts_follow_from_7_microamperes() {
        let (i_cc, g_on) = (Ampere::new(7e-6), Siemens::new(35e-6));
        assert!((switch_on_power(i_cc, g_on) - Watt::new(1.4e-6)).abs() < Watt::new(1e-20));
        let energy = |t| switch_on_energy(i_cc, g_on, Second::new(t)).get();
        assert!((energy(100e-6) - 0.14e-9).abs() < 1e-23);
        assert!((energy(1e-3) - 1.4e-9).abs() < 1e-22);
        assert!((energy(8.62e-3) - 12.07e-9).abs() < 0.005e-9);
    }

    #[test]
    fn switch_and_limiter_take_what_the_source_gives_in_compliance() {
        let (v, i, g, t) = (Volt::new(0.5), Ampere::new(7e-6), Siemens::new(35e-6), Second::new(1e-3));
        let source = v * i * t;
        let spent = switch_on_energy(i, g, t) + limiter_energy(v, i, g, t);
        assert!((spent / source - 1.0).abs() < 1e-14);
        assert_eq!(limiter_energy(Volt::new(0.1), i, g, t), Joule::ZERO);
    }

    #[test]
    fn read_energies_are_the_integrals_of_their_waveforms() {
        let (v, w, g) = (Volt::new(0.2), Second::new(1e-6), Siemens::new(35e-6));
        let width = Time::from_seconds(w).unwrap();
        let rectangle = g.get() * Waveform::rectangle(0.2, width).square_integral().unwrap();
        assert!((pulse_energy(g, v, w).get() / rectangle - 1.0).abs() < 1e-14);
        assert!((pulse_energy(g, v, w).get() - 1.4e-12).abs() < 1e-26);
    }

    #[test]
    fn lines_of_one_owner_and_category_merge_in_the_order_first_seen() {
        let mut ledger = Ledger::default();
        ledger.book("output", Category::Neuron, 1.0);
        ledger.book("input", Category::Read, 2.0);
        ledger.book("output", Category::Neuron, 4.0);
        ledger.book("output", Category::Read, 8.0);
        let lines: Vec<_> = ledger.entries.iter().map(|e| (e.owner.as_str(), e.category, e.joules)).collect();
        assert_eq!(
            lines,
            [
                ("output", Category::Neuron, 5.0),
                ("input", Category::Read, 2.0),
                ("output", Category::Read, 8.0),
            ]
        );
        assert_eq!(ledger.by_category(), [(Category::Read, 10.0), (Category::Neuron, 5.0)]);
        assert_eq!(ledger.total(), 15.0);
        assert_eq!(ledger.scaled(0.5).total(), 7.5);
    }

    #[test]
    fn merged_ledgers_add_and_keep_what_either_leaves_out() {
        let mut a = Ledger { not_modelled: vec![Category::Wire], ..Ledger::default() };
        a.book("input", Category::Read, 1.0);
        let mut b = Ledger { not_modelled: vec![Category::Program, Category::Wire], ..Ledger::default() };
        b.book("input", Category::Read, 2.0);
        b.book("output", Category::Leakage, 3.0);
        a.merge(&b);
        assert_eq!((a.entries.len(), a.total()), (2, 6.0));
        assert_eq!(a.not_modelled, [Category::Program, Category::Wire]);
    }

    #[test]
    fn spikes_cost_the_stated_time_in_compliance_or_below_it() {
        let cost = SwitchEnergy {
            i_cc: Ampere::new(7e-6),
            g_on: Siemens::new(35e-6),
            g_off: Siemens::new(1e-7),
            v_drive: Volt::new(0.25),
            on_time: Second::new(1e-4),
        };
        let mut ledger = Ledger::default();
        ledger.book_on("above", &cost, 10.0 * cost.on_time);
        ledger.book_on("below", &SwitchEnergy { v_drive: Volt::new(0.1), ..cost }, 10.0 * cost.on_time);
        // 1.4 uW for ten times 100 us, and 50 mV of 7 uA in the limiter; below 0.2 V V^2 G, and nothing to limit.
        let lines: Vec<f64> = ledger.entries.iter().map(|e| e.joules).collect();
        for (got, want) in lines.iter().zip([1.4e-9, 0.35e-9, 0.35e-9, 0.0]) {
            assert!((got - want).abs() < 1e-21, "{lines:?}");
        }
        assert_eq!(lines.len(), 4);
    }

    #[test]
    fn reads_are_counts_times_what_each_row_takes() {
        let mut ledger = Ledger::default();
        ledger.book_reads("input", [3, 0, 2], &[1.0, 10.0, 100.0]);
        assert_eq!(ledger.by_category(), [(Category::Read, 203.0)]);
    }

    #[test]
    fn a_total_says_what_it_holds() {
        let mut ledger =
            Ledger { not_modelled: vec![Category::Program, Category::Wire], ..Ledger::default() };
        assert_eq!(Ledger::default().total().to_bits(), 0, "and not -0");
        assert_eq!(Ledger::default().total().to_bits(), 0, "and not -0");
        assert_eq!(Ledger::default().statement(), "nothing booked; an estimate, not a measurement");
        ledger.book("output", Category::Neuron, 1.0);
        ledger.book("input", Category::Read, 1.0);
        assert_eq!(
            ledger.statement(),
            "read, neuron; not modelled: program, wire; an estimate, not a measurement"
        );
    }

    #[test]
    fn a_categorys_name_is_the_one_in_files() {
        for category in Category::ALL {
            assert_eq!(serde_json::to_value(category).unwrap(), category.name());
        }
        assert!(Category::ALL.is_sorted());
    }

    proptest! {
        #[test]
        fn categories_sum_to_the_total(lines in prop::collection::vec((0..5u8, 0..8usize, 0.0..1e-6f64), 0..60)) {
            let mut ledger = Ledger::default();
            for (owner, category, joules) in &lines {
                ledger.book(&owner.to_string(), Category::ALL[*category], *joules);
            }
            let by_category: f64 = ledger.by_category().iter().map(|(_, joules)| joules).sum();
            prop_assert_eq!(by_category, ledger.total());
            let booked: f64 = lines.iter().map(|l| l.2).sum();
            prop_assert!((ledger.total() - booked).abs() <= 1e-13 * booked);
        }

        #[test]
        fn no_closed_form_is_negative(v in -1.0..1.0f64, i in 0.0..1e-3f64, g in 1e-9..1e-2f64, t in 0.0..1.0f64) {
            let (volt, ampere, siemens, second) = (Volt::new(v), Ampere::new(i), Siemens::new(g), Second::new(t));
            for energy in [
                switch_on_energy(ampere, siemens, second),
                limiter_energy(volt, ampere, siemens, second),
                pulse_energy(siemens, volt, second),
            ] {
                prop_assert!(energy >= Joule::ZERO);
            }
        }
    }
}
