//! `row` and `column` of a rule in which pulses overlap: what a spike puts on each electrode of a device.

use super::diagnostic::Diagnostic;
use super::filled::Fields;
use super::section::Lower;
use super::spec::kinds::{POSITIVE_SPAN, positive};
use super::spec::{Key, Unit};
use super::table::{inner, table};
use crate::device::electrodes::{Lobes, SpikePulses};
use crate::device::overlap::SpikePulse;
use crate::device::resistive::Rate;
use crate::plasticity::Overlap;
use crate::units::{Second, Volt};

table! {
    /// What a spike puts on its row.
    pub struct Level {
        /// What the row is raised to; below the onset of the device, or it programs alone.
        level: Volt = positive(Unit::Volt);
        /// For how long; a new spike begins anew. An input is recent for that long.
        length: Second = POSITIVE_SPAN;
    }
}

table! {
    /// What a spike puts on its column: a SET lobe, then a RESET lobe.
    pub struct ColumnLobes {
        /// Depth of the first lobe, negative on the column: with the level of a row it SETs.
        set: Volt = positive(Unit::Volt);
        /// Height of the second lobe: without the level of a row it RESETs.
        reset: Volt = positive(Unit::Volt);
        /// Length of each lobe.
        width: Second = POSITIVE_SPAN;
    }
}

/// The keys of both, for a table in which `decider` says that pulses overlap.
pub(super) const fn keys(decider: &'static str, overlap: &'static [&'static str]) -> [Key; 2] {
    [
        Key::new("row", inner::<Level>(), "The pulse on a row; `column` goes with it.")
            .absent("the pulse of the device on both electrodes")
            .when(decider, overlap),
        Key::new("column", inner::<ColumnLobes>(), "The pulse on a column; `row` goes with it.")
            .absent("the pulse of the device on both electrodes")
            .when(decider, overlap),
    ]
}

impl Lower<'_> {
    /// The pulses that are stated, or `shared` on both electrodes: `Some(None)` where there are neither, `None` after a fault, which
    /// is reported.
    #[expect(clippy::option_option, reason = "`None`: faulty, and reported")]
    pub(super) fn electrodes(
        &mut self,
        fields: &Fields,
        shared: Option<SpikePulse>,
    ) -> Option<Option<SpikePulses>> {
        let (row, column) =
            (self.get::<Option<Level>>(fields, "row")?, self.get::<Option<ColumnLobes>>(fields, "column")?);
        let (row, column) = match (row, column) {
            (None, None) => return Some(shared.map(SpikePulses::Shared)),
            (Some(row), Some(column)) => (row, column),
            (row, _) => {
                let (has, lacks) = if row.is_some() { ("row", "column") } else { ("column", "row") };
                self.faults.push(
                    Diagnostic::error(format!(
                        "{} has a pulse on each `{has}` and none on each `{lacks}`",
                        fields.what
                    ))
                    .maybe_at(fields.place(has))
                    .allowed("both, or neither: then the pulse of the device is on both electrodes"),
                );
                return None;
            }
        };
        if fields.number("time_scale").is_some_and(|scale| scale != 1.0) {
            self.faults.push(
                Diagnostic::error(format!("`time_scale` of {} has no effect", fields.what))
                    .maybe_at(fields.place("time_scale"))
                    .also(fields.written("row"), "because of this")
                    .allowed("nothing: it is about the pulse of the device"),
            );
        }
        let Level { level, length } = row;
        let ColumnLobes { set, reset, width } = column;
        Some(Some(SpikePulses::Own(Lobes { level, length, set, reset, width })))
    }

    /// Says that lobes cannot fall where they do not or would not do what is meant; `fields` are those of the protocol.
    pub(super) fn falling(&mut self, fields: &Fields, overlap: &Overlap) {
        let (Overlap { device, pulses, .. }, share) = (overlap, fields.number("final_share"));
        if share.is_none_or(|share| share >= 1.0) {
            return;
        }
        let exponential = |rate: &Rate| matches!(rate, Rate::Exponential { .. });
        let why = match pulses {
            SpikePulses::Shared(_) => "one lobe cannot fall for both signs: each has a slope of its own",
            SpikePulses::Own(_)
                if device
                    .dose()
                    .is_some_and(|device| exponential(&device.set) && exponential(&device.reset)) =>
            {
                return;
            }
            SpikePulses::Own(_) => "the rates of this device are not exponential in the voltage",
        };
        self.faults.push(
            Diagnostic::error(format!("`final_share` of {} has no meaning", fields.what))
                .maybe_at(fields.place("final_share"))
                .label(why)
                .allowed(
                    "1, or `row` and `column` on a device with rates that are exponential in the voltage",
                ),
        );
    }
}
