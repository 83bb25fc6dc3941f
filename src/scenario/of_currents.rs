//! What a population states of currents, where only jumps arrive: the resistance that makes a voltage of them, and what its switch conducts
//! off. Either would do nothing, and is refused.

use super::diagnostic::Diagnostic;
use super::filled::Fields;
use super::section::Lower;
use crate::network::kernel::DELTA;

/// Whether a current flows into a population, and not jumps alone.
fn flows(lower: &Lower<'_>, fields: &Fields) -> bool {
    let into = |(_, into): &'_ (String, Fields)| into.word("kernel").is_some_and(|kernel| kernel != DELTA);
    let reached = lower.reached_by_currents.get_or_init(|| {
        let currents = lower.filled.all("projection").iter().filter(|projection| into(projection));
        currents.filter_map(|(_, projection)| projection.text("to")).collect()
    });
    let biased = fields.entry("i_bias").datum.is_some() && fields.quantity("i_bias") != Some(0.0);
    biased || fields.path.rsplit('.').next().is_some_and(|name| reached.contains(name))
}

/// Refuses what is stated of currents where there are none: the resistance that makes a voltage of them, and the conductance of the off
/// state. Off, a switch is paid for by V^2 G of the drive that flows, which is booked in a simulation alone; a jump is an impulse of
/// voltage, whose energy nobody could tell.
pub(super) fn check(lower: &mut Lower<'_>, fields: &Fields) {
    let (filled, flows) = (lower.filled, flows(lower, fields));
    let jumps = (fields.at.as_ref(), "only jumps arrive there");
    let beside =
        |key: &str| format!("`{key}` beside a projection with another kernel than \"delta\", or `i_bias`");
    if let (Some(at), false) = (fields.changed("r_m"), flows) {
        lower.faults.push(
            Diagnostic::error(format!("`r_m` of {} has no effect", fields.what))
                .at(at)
                .also(jumps.0, jumps.1)
                .allowed(beside("r_m"))
                .hint("delete it: a jump is a voltage already"),
        );
    }
    let driven = fields.word("model") == Some("switch") && fields.word("circuit") != Some("reset");
    let Some(at) = fields.table("switch").and_then(|table| table.changed("g_off")).filter(|_| !driven) else {
        return;
    };
    let (protocol, record) = (filled.one("protocol"), filled.one("record"));
    let ((because, label), allowed) = if protocol.and_then(|one| one.word("kind")) != Some("simulate") {
        let kind = protocol.and_then(|one| one.written("kind"));
        (
            (kind, "samples arrive as jumps"),
            "`g_off` in a simulation, where currents flow through the switch".into(),
        )
    } else if !flows {
        (jumps, beside("g_off"))
    } else if record.and_then(|record| record.flag("energy")) != Some(true) {
        let at = record.and_then(|record| record.at.as_ref());
        ((at, "what devices spend off is not booked"), "`g_off` beside energy = true in [record]".into())
    } else {
        return;
    };
    lower.faults.push(
        Diagnostic::error(format!("`g_off` of the switch of {} has no effect", fields.what))
            .at(at)
            .also(because, label)
            .allowed(allowed)
            .hint("delete it: the one of the device is known anyway"),
    );
}

#[cfg(test)]
mod tests {
    use crate::scenario::load_text;

    /// What is wrong with a population under jumps, or under pulses of current.
    fn told(keys: &str, kernel: &str, record: &str) -> String {
        let text = format!(
            "[source.in]\nkind = \"regular\"\nsize = 1\nperiod = \"1 ms\"\n[device.ts]\npreset = \"ag-tio2-pt-ts\"\n\
             [population.out]\nsize = 1\ndevice = \"ts\"\n{keys}\n[projection.p]\nfrom = \"in\"\nto = \"out\"\n{kernel}\n\
             [protocol]\nkind = \"simulate\"\nduration = \"1 s\"\n[record]\n{record}\n"
        );
        load_text("test.toml", &text, &[], None).map_or_else(|faults| faults.render(false), |_| String::new())
    }

    const JUMPS: &str = "weight = \"1 mV\"";
    const PULSES: &str = "kernel = \"rect\"\nwidth = \"1 ms\"\nweight = \"1 uA\"";
    const LEAKS: &str = "energy = true";

    #[test]
    fn where_only_jumps_arrive_there_is_no_resistance_and_nothing_flows_off() {
        let r_m = told("r_m = \"2 MOhm\"", JUMPS, LEAKS);
        assert!(r_m.contains("`r_m` of population `out` has no effect"), "{r_m}");
        let g_off = told("switch.g_off = \"1 uS\"", JUMPS, LEAKS);
        assert!(g_off.contains("`g_off` of the switch of population `out` has no effect"), "{g_off}");
        let unbooked = told("switch.g_off = \"1 uS\"", PULSES, "");
        assert!(
            unbooked.contains("what devices spend off is not booked") || unbooked.contains("energy = true"),
            "{unbooked}"
        );
    }

    #[test]
    fn currents_and_what_stands_there_anyway_are_fine() {
        for (keys, kernel) in [
            ("r_m = \"2 MOhm\"\nswitch.g_off = \"1 uS\"", PULSES),
            ("r_m = \"2 MOhm\"\ni_bias = \"1 nA\"\nswitch.g_off = \"1 uS\"", JUMPS),
            ("r_m = \"1 MOhm\"\nswitch.g_off = \"100 nS\"", JUMPS),
        ] {
            assert_eq!(told(keys, kernel, LEAKS), "", "{keys}");
        }
    }
}
