//! Projections whose rule is about a device that forgets: it keeps no weight, and nothing programs it.

use super::diagnostic::Diagnostic;
use super::filled::Fields;
use super::section::Lower;
use crate::device::fault::FaultRates;
use crate::device::preset::Preset;

/// Keys of the rule that are about its devices.
const OF_DEVICES: [&str; 4] = ["cycle_cv", "device_cv", "threshold_law", "tau_cv"];

impl Lower<'_> {
    /// Whether the rule of a projection is one whose weight is the state of a volatile device.
    pub(super) fn filament(&self, outer: &Fields) -> bool {
        let rule = outer.table("plasticity").and_then(|table| table.word("rule"));
        rule.and_then(|rule| self.registry.find_rule(rule)).is_some_and(|entry| entry.device.is_some())
    }

    /// Whether a projection can be made of a volatile device, whose filaments are its weights.
    pub(super) fn filaments(&mut self, fields: &Fields, preset: &Preset) -> bool {
        let table = fields.table("plasticity");
        let entry = table.and_then(|table| self.registry.find_rule(table.word("rule")?)).copied();
        let (Some(entry), kind) = (entry, preset.device.kind()) else { return false };
        let fits = entry.device == Some(kind.name);
        if !fits {
            self.faults.push(
                Diagnostic::error(format!(
                    "the rule \"{}\" of {} is about a device that forgets, and its device is {}",
                    entry.name,
                    fields.what,
                    kind.words()
                ))
                .maybe_at(fields.place("device"))
                .also(table.and_then(|table| table.written("rule")), "this rule")
                .allowed(format!("a device of kind {}, or another rule", entry.device.unwrap_or_default())),
            );
        }
        let crossbar = fields.table("crossbar");
        let stated = |name: &str| crossbar.is_some_and(|crossbar| crossbar.written(name).is_some());
        let idle = crossbar.into_iter().flat_map(|crossbar| &crossbar.entries).map(|entry| entry.key.name);
        let idle: Vec<String> =
            idle.filter(|name| *name != "faults" && stated(name)).map(|name| format!("`{name}`")).collect();
        if let (Some(at), true) = (fields.written("crossbar"), !idle.is_empty() || !stated("faults")) {
            let of = if idle.is_empty() { String::new() } else { format!("{} of ", idle.join(", ")) };
            self.faults.push(
                Diagnostic::error(format!("{of}the `crossbar` of {} has no effect", fields.what))
                    .at(at)
                    .also(fields.written("device"), "devices that forget are not programmed")
                    .allowed(format!(
                        "`faults` there; `w_max`, `v_pulse` and `width` of rule = \"{}\"",
                        entry.name
                    ))
                    .hint("delete it"),
            );
            return false;
        }
        fits
    }

    /// Which of them are stuck.
    pub(super) fn faults_of_filaments(&mut self, outer: &Fields) -> Option<FaultRates> {
        match outer.table("crossbar") {
            Some(crossbar) => self.get::<FaultRates>(crossbar, "faults"),
            None => Some(FaultRates::default()),
        }
    }

    /// Which keys of a rule about them have no effect, and why.
    pub(super) fn with_filaments(&mut self, fields: &Fields, outer: &Fields) {
        let replaced = "the first arrival replaces the weight, whatever it was";
        let own = "what a filament does is its device's own";
        let mut idle: Vec<(&str, &Fields, &str, &str)> = vec![
            ("dependence", fields, own, "`tau`, `v_th` and `g_pre`"),
            ("relative_to", fields, own, "`tau`, `v_th` and `g_pre`"),
            ("program", fields, "the pulse of an arrival moves it", "`v_pulse` and `width`"),
            ("cv_cycle", fields, "no pulse programs it", "`cycle_cv`: what differs is the threshold"),
            ("normalise", fields, replaced, "`w_max`"),
        ];
        if let Some(dispersion) = fields.table("dispersion") {
            let one = "it grows and relaxes with one time constant";
            idle.extend([
                ("a_plus", dispersion, one, "`tau_cv`"),
                ("a_minus", dispersion, one, "`tau_cv`"),
                ("initial", dispersion, replaced, "`g_min` and `g_max`"),
            ]);
        }
        for (key, of, why, allowed) in idle {
            if let Some(at) = of.written(key) {
                self.faults.push(
                    Diagnostic::error(format!("`{key}` of {} has no effect", of.what))
                        .at(at)
                        .label(why)
                        .allowed(allowed)
                        .hint("delete it"),
                );
            }
        }
        if outer.written("device").is_some() {
            return;
        }
        for key in OF_DEVICES.into_iter().chain(["dispersion", "endurance"]) {
            if let Some(at) = fields.written(key) {
                self.faults.push(
                    Diagnostic::error(format!("`{key}` of {} is about devices", fields.what))
                        .at(at)
                        .label("there are none")
                        .allowed(format!("`device` of {}", outer.what)),
                );
            }
        }
    }
}
