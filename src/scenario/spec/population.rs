//! `[population.NAME]`: the neuron, its threshold switch and what a spike costs.

use super::super::cost::CostTable;
use super::super::table::inner;
use super::kinds::{COUNT, CV, SPAN, TIME_CONSTANT, VOLTAGE, non_negative, positive};
use super::word::words;
use super::{Bounds, Key, Kind, Refers, Unit};
use crate::device::threshold::ThresholdLaw;
use crate::network::Competition;
use crate::neuron::Reset;

pub static POPULATION: &[Key] = &[
    Key::new("model", Kind::word::<NeuronModel>(), "Neuron model.").setting("\"lif\""),
    Key::new(
        "device",
        Kind::Name(Refers::Device),
        "The device, as [device.NAME] describes it: a threshold switch, or with model = \"oscillator\" an oscillator. Its values are the defaults of the other keys.",
    )
    .absent("with model = \"switch\" that of `preset`; otherwise nothing is known of what a spike costs"),
    Key::new(
        "preset",
        Kind::Text,
        "The device, where `device` names none: a shipped preset of a threshold switch, or a preset file beside the scenario. Its values are the defaults of the other keys.",
    )
    .setting("\"ag-tio2-pt-ts\"")
    .when("model", SWITCH_MODEL),
    Key::new("size", COUNT, "Number of neurons."),
    Key::new("tau_m", TIME_CONSTANT, "Membrane time constant.").each()
        .measured("\"9.41 ms\"", "Yan et al., fig. 4c: relaxation")
        .preset("tau"),
    Key::new("u_rest", VOLTAGE, "Where the membrane relaxes to without drive.").each()
        .fitted("\"0.43 mV\"", "Yan et al., fig. 4: offset of the fit")
        .preset("u_rest"),
    Key::new("v_th", VOLTAGE, "Threshold; above `u_rest`.").each()
        .measured("\"250 mV\"", "Yan et al., fig. 1c: turn-on of the threshold switch")
        .preset("v_th"),
    Key::new("reset", Kind::word::<Reset>(), "What firing does to the membrane; a switch always turns off at `v_hold`.")
        .literature("\"rest\"", "Yan et al., eq. 2, call u_rest the reset value"),
    Key::new("u_reset", VOLTAGE, "Where the membrane is reset to; below `v_th`.").each()
        .same_as("u_rest")
        .when("reset", &["value"]),
    Key::new("v_hold", VOLTAGE, "Where a threshold switch turns off again; below `v_th`.").each()
        .measured("\"100 mV\"", "Yan et al., fig. 1c: return of the threshold switch")
        .preset("v_hold")
        .when("reset", &["hold"]),
    Key::new("u_0", VOLTAGE, "Where the membrane is at the start, of a presentation too; below `v_th`.").each().same_as("u_rest"),
    Key::new("t_ref", SPAN, "Time after a spike during which arrivals are lost.").each()
        .assumed("\"0 s\"", "no refractory time is reported")
        .when("model", &["lif"]),
    Key::new("on_time", SPAN, "How long a spike keeps the switch on, if something else than the device ends it.").each()
        .absent("the device's own: tau_m ln((v_th - u_rest)/(v_hold - u_rest)) with the threshold of the cycle")
        .when("model", SWITCH_MODEL),
    Key::new("cycle_cv", CV, "Coefficient of variation of the threshold from one switching to the next.").each()
        .derived("the preset's")
        .preset("cycle_cv")
        .when("model", SWITCH_MODEL),
    Key::new("device_cv", CV, "Coefficient of variation of the threshold from device to device.").each()
        .derived("the preset's")
        .preset("device_cv")
        .when("model", SWITCH_MODEL),
    Key::new("threshold_law", Kind::word::<ThresholdLaw>(), "Law of the thresholds of successive switchings.")
        .derived("the preset's")
        .preset("threshold_law")
        .when("model", SWITCH_MODEL),
    Key::new("circuit", Kind::word::<SwitchCircuit>(), "What is around the switch, and so what its drive does after firing.")
        .assumed("\"reset\"", "a network of switches needs something that lets go of them")
        .when("model", SWITCH_MODEL),
    Key::new("open_after", SPAN, "How long after firing the drive still flows, which is paid for.")
        .assumed("\"100 us\"", "the periphery is not reported")
        .when("circuit", &["reset"]),
    Key::new("r_s", positive(Unit::Ohm), "Resistor in series with the switch.").when("circuit", &["series"]),
    Key::new("r_m", positive(Unit::Ohm), "Membrane resistance: turns a current into a voltage.").each()
        .assumed("\"1 MOhm\"", "no membrane resistance is reported"),
    Key::new("i_bias", Kind::Quantity(Unit::Ampere, Bounds::ANY), "Constant current into every neuron.").each()
        .setting("\"0 A\""),
    Key::new("switch", Kind::Table(SWITCH), "What one spike of the threshold switch costs.").setting("{}"),
    Key::new(
        "cost",
        Kind::word::<CostTable>(),
        "A digital chip, of which every synaptic event of these neurons takes what is published; no device has a part in it.",
    )
    .absent("no joules but those of devices")
    .when("model", &["lif"]),
    Key::new("competition", inner::<Competition>(), "How the neurons inhibit one another without delay.")
        .absent("they do not compete")
        .when("model", &["lif"]),
];

words! {
    /// Neuron model.
    pub enum NeuronModel {
        Lif = "lif": "leaky integrate-and-fire, tau_m du/dt = -(u - u_rest) + R I",
        Switch = "switch": "volatile threshold switch: lif while off; on, deaf until it has relaxed to v_hold",
    }
}

const SWITCH_MODEL: &[&str] = &["switch"];

words! {
    /// What is around a threshold switch.
    pub enum SwitchCircuit {
        Bare = "bare": "the drive stays, and holds a filament that is on",
        Reset = "reset": "the drive is taken away after firing, until the filament has relaxed to v_hold",
        Series = "series": "a resistor in series limits the current; the drive stays",
    }
}

words! {
    impl ThresholdLaw {
        LogNormal = "log_normal": "the logarithm of the threshold is normal",
        Weibull = "weibull": "weakest link, scaled to the same median",
    }
}

words! {
    impl Reset {
        Rest = "rest": "to `u_rest`",
        Value = "value": "to `u_reset`",
        Hold = "hold": "to `v_hold`",
        Subtract = "subtract": "down by v_th - u_rest per spike, as many spikes at a jump as thresholds fit into it; an idealised active reset, which no threshold switch does by itself",
        SubtractOnce = "subtract_once": "down by v_th - u_rest, once; what is left above threshold waits for the next arrival",
    }
}

static SWITCH: &[Key] = &[
    Key::new("i_cc", positive(Unit::Ampere), "Compliance current while the switch is on.")
        .measured("\"7 uA\"", "Yan et al., fig. 1c")
        .preset("i_cc"),
    Key::new("g_on", positive(Unit::Siemens), "Conductance in compliance; the device takes i_cc^2 / g_on.")
        .fitted("\"35 uS\"", "i_cc / 0.2 V, from the 1.4 uW of Yan et al.")
        .preset("g_on"),
    Key::new("g_off", non_negative(Unit::Siemens), "Conductance through which the membrane leaks while off.")
        .assumed("\"500 nS\"", "the off state of fig. 1c is not resolved")
        .preset("g_off"),
    Key::new(
        "v_drive",
        positive(Unit::Volt),
        "Supply behind the limiter, which takes (v_drive - i_cc/g_on) i_cc; the device's threshold, where nothing is said.",
    )
    .assumed("\"250 mV\"", "the turn-on voltage; the supply is not reported")
    .preset("v_th"),
    Key::new("on_time", SPAN, "How long the switch stays on for one spike.")
        .assumed("\"100 us\"", "needs an active reset; the switch alone would relax in 8.6 ms")
        .when("model", &["lif"]),
];
