//! `device` and `crossbar` of a projection: the devices that make a weight, their arrangement, spread and read pulse.

use super::device_plan::DevicePlan;
use super::diagnostic::Diagnostic;
use super::filled::Fields;
use super::preset;
use super::section::Lower;
use super::spec::kinds::{CV, LASTING, LEVELS, POSITIVE_SPAN, SHARE, positive};
use super::spec::{Kind, Refers, SpreadWord, Unit, Word as _, words};
use super::table::{inner, table};
use crate::device::fault::FaultRates;
use crate::device::model::Memory;
use crate::device::preset::Preset;
use crate::device::retention::DecayLaw;
use crate::synapse::{Arrangement, DeviceRange, Placement, ReadPulse, Spread};
use crate::units::{Second, Volt};

table! {
    /// What is around the devices of a projection, as it is written.
    pub struct Crossbar {
        /// Which devices make one weight.
        arrangement: Arrangement;
        /// Where the two devices of a pair sit.
        placement: Placement = Kind::word::<Placement>(),
            setting("\"one_sided\""), when("arrangement", &["differential", "parallel"]);
        /// Evenly spaced conductances a device is programmed to.
        levels: Option<u32> = LEVELS, absent("continuous, or the two of a device that is on or off");
        /// Spread of a programmed conductance.
        spread: Spread = Kind::Spread(Spread::KEYS), setting("\"none\"");
        /// Devices that no pulse changes: of a projection that learns the devices that do, else all.
        faults: FaultRates = inner::<FaultRates>(), setting("{}");
        /// How long ago the devices were programmed: since then conductances have decayed, as the device says.
        age: Option<Second> = LASTING, absent("just now");
        /// The pulse that reads a row.
        read: ReadPulse = inner::<ReadPulse>(), setting("{}");
        /// The weight at the end of the conductance range.
        w_max: Option<f64> = Kind::WeightLimit, absent("the largest weight at the time of programming");
    }
}

impl Lower<'_> {
    /// The devices of a projection, and what they are: `Some(None)` for ideal weights, `None` after a fault.
    #[expect(clippy::option_option, reason = "`None`: faulty, and reported")]
    pub(super) fn devices(&mut self, fields: &Fields) -> Option<Option<(DevicePlan, Preset)>> {
        let Some(name) = fields.text("device") else {
            return fields.written("device").is_none().then_some(None);
        };
        let what = format!("`device` of {}", fields.what);
        let index = self.index(name, fields.place("device"), &what, Refers::Device);
        let preset = index.and_then(|index| self.filled.devices[index].clone());
        if self.filament(fields) {
            return self.filaments(fields, &preset?).then_some(None);
        }
        let preset = preset.filter(|preset| preset::stays(preset, fields, self.faults));
        let memory = preset.as_ref().and_then(|preset| preset.device.memory());
        self.own_spread = memory.as_ref().map(Spread::of);
        let crossbar = self.get::<Crossbar>(fields, "crossbar");
        let (memory, Crossbar { arrangement, placement, levels, spread, faults, age, read, w_max }) =
            (memory?, crossbar?);
        let retention = *memory.retention;
        let mut range = DeviceRange::of(&memory);
        let crossbar = fields.table("crossbar").unwrap_or(fields);
        if age.is_some() {
            self.decays(crossbar, "age", (name, &memory))?;
        } else if fields.table("plasticity").is_some() && retention.law != DecayLaw::Perfect {
            self.falls((fields, "device"), (name, &memory))?;
        }
        if let (Some(few), Some(asked)) = (range.levels, levels)
            && few != asked
        {
            self.faults.push(
                Diagnostic::error(format!("the crossbar of {} has {asked} levels", fields.what))
                    .maybe_at(fields.table("crossbar").and_then(|crossbar| crossbar.place("levels")))
                    .also(fields.written("device"), "this device has others")
                    .allowed(format!("{few}, or nothing"))
                    .hint("several devices side by side make more: arrangement = \"parallel\""),
            );
            return None;
        }
        range.levels = levels.or(range.levels);
        let (name, of) = (name.to_string(), preset.as_ref().map(|preset| preset.name.clone()));
        let plan = DevicePlan {
            name,
            preset: of?,
            arrangement,
            placement,
            range,
            spread,
            faults,
            age,
            retention,
            read,
            w_max,
        };
        Some(Some((plan, preset?)))
    }

    /// Whether conductances of a device decay; if not, `key` asks in vain how far they have.
    pub(super) fn decays(
        &mut self,
        fields: &Fields,
        key: &str,
        (device, memory): (&str, &Memory<'_>),
    ) -> Option<()> {
        if memory.retention.law != DecayLaw::Perfect {
            return self.falls((fields, key), (device, memory));
        }
        self.faults.push(
            Diagnostic::error(format!("`{key}` of {} has no effect", fields.what))
                .maybe_at(fields.place(key))
                .label(format!("device `{device}` states no decay"))
                .allowed("a device with `decay`, `g_inf` and the constants of that law")
                .hint(format!(
                    "[device.{device}] model = {{ decay = \"exponential\" }}, parameters = {{ g_inf = \"1 uS\", retention_tau = \
                     \"78 ks\" }} says so"
                )),
        );
        None
    }
}

impl Lower<'_> {
    /// Whether what decays ends below the highest conductance; if not, a device that is left alone would rise beyond its range.
    fn falls(&mut self, (fields, key): (&Fields, &str), (device, memory): (&str, &Memory<'_>)) -> Option<()> {
        let (g_inf, g_max) = (memory.retention.g_inf, DeviceRange::of(memory).g_max);
        if g_inf <= g_max {
            return Some(());
        }
        self.faults.push(
            Diagnostic::error(format!("devices of {} would rise when they are left alone", fields.what))
                .maybe_at(fields.place(key))
                .label(format!("device `{device}` decays to g_inf = {g_inf}, and its g_max is {g_max}"))
                .allowed("g_inf up to g_max")
                .hint(format!(
                    "[device.{device}.parameters] g_inf = \"{}\" is the lower end of its range",
                    DeviceRange::of(memory).g_min
                )),
        );
        None
    }
}

table! {
    impl FaultRates {
        /// Share of devices stuck at g_max.
        stuck_on: f64 = SHARE, setting("0.0");
        /// Share of devices stuck at g_min.
        stuck_off: f64 = SHARE, setting("0.0");
    }
    rules(shares);
}

/// No device is stuck twice.
fn shares(lower: &mut Lower<'_>, fields: &Fields) {
    let (Some(stuck_on), Some(stuck_off)) = (fields.number("stuck_on"), fields.number("stuck_off")) else {
        return;
    };
    if let Some(fault) = (FaultRates { stuck_on, stuck_off }).fault() {
        lower.faults.push(
            Diagnostic::error(format!("{}: {fault}", fields.what))
                .maybe_at(fields.at.as_ref())
                .allowed("shares with a sum of at most 1"),
        );
    }
}

table! {
    impl Arrangement by "arrangement", "Which devices make one weight.", setting("\"differential\"") {
        Single = "single": "one device against a fixed reference" {}
        Unipolar = "unipolar": "one device, w = s (G - g_min): from 0 to w_max" {}
        Differential = "differential": "two devices, w = s (G+ - G-)" {}
        Parallel = "parallel": "`pairs` pairs side by side, each with a part of the weight" {
            /// Pairs that share one weight.
            pairs: u32 = Kind::Integer { min: 2, max: 1024 };
        }
    }
}

words! {
    impl Placement {
        OneSided = "one_sided": "the device of a pair that is not needed rests at g_min",
        Balanced = "balanced": "both devices sit symmetrically around the middle of the range",
    }
}

table! {
    impl Spread {
        /// Coefficient of variation at g_max.
        cv_on: f64 = CV, setting("0.0");
        /// Coefficient of variation at g_min; between, interpolated in ln G.
        cv_off: f64 = CV, setting("0.0");
        /// Coefficient of variation of each device's own g_max.
        cv_device: f64 = CV, setting("0.0");
    }
    words(spread);
}

/// A spread of programming that needs no numbers.
fn spread(lower: &Lower<'_>, word: &str) -> Option<Spread> {
    Some(match SpreadWord::from_word(word)? {
        SpreadWord::None => Spread::NONE,
        // A device that is none, or is faulty, has been reported.
        SpreadWord::Device => lower.own_spread.unwrap_or(Spread::NONE),
        // Of Yan et al., fig. 2a: R_on 0.81 %, R_off 1.15 %.
        SpreadWord::Paper => Spread { cv_on: 0.0081, cv_off: 0.0115, cv_device: 0.0 },
    })
}

table! {
    impl ReadPulse {
        /// Height of the read pulse.
        amplitude: Volt = positive(Unit::Volt),
            assumed("\"100 mV\"", "the hold voltage, below the onset of SET at 0.12 V");
        /// Width of the read pulse.
        width: Second = POSITIVE_SPAN,
            assumed("\"1 us\"", "Yan et al. give no pulse width; read energy is proportional to it");
    }
}
