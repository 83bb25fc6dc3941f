//! The table itself. A new key is one entry here and one line in `lower`.

use super::device::{DEVICE as DEVICE_ALONE, EXPERIMENT};
use super::{Bounds, Choice, Key, Kind, Refers, Section, Unit};

/// The latest instant of an episode in whole seconds; 2^63 fs is 9223.37 s.
const HORIZON: f64 = 9223.0;
const SPAN: Kind = Kind::Quantity(Unit::Second, Bounds::NON_NEGATIVE.up_to(HORIZON));
const POSITIVE_SPAN: Kind = Kind::Quantity(Unit::Second, Bounds::ANY.from(1e-15).up_to(HORIZON));
const TIME_CONSTANT: Kind = positive(Unit::Second);
const VOLTAGE: Kind = Kind::Quantity(Unit::Volt, Bounds::ANY);
const RATE: Kind = Kind::Quantity(Unit::Hertz, Bounds::POSITIVE.up_to(1e12));
const COUNT: Kind = Kind::Integer { min: 1, max: 100_000_000 };
const LEVELS: Kind = Kind::Integer { min: 2, max: 1_000_000 };
const CV: Kind = Kind::Number(Bounds::NON_NEGATIVE.up_to(10.0));
const ABOVE_ZERO: Kind = Kind::Number(Bounds::POSITIVE);
const SHARE: Kind = Kind::Number(Bounds::NON_NEGATIVE.up_to(1.0));
const DECAY: Kind = Kind::Number(Bounds::NON_NEGATIVE.below(1.0));

const fn positive(unit: Unit) -> Kind {
    Kind::Quantity(unit, Bounds::POSITIVE)
}

const fn non_negative(unit: Unit) -> Kind {
    Kind::Quantity(unit, Bounds::NON_NEGATIVE)
}

const fn choice(name: &'static str, doc: &'static str) -> Choice {
    Choice { name, doc }
}

/// Every section of a scenario, in the order `resolve` writes them.
pub static SECTIONS: &[Section] = &[
    Section {
        name: "scenario",
        noun: "scenario",
        named: false,
        required: false,
        doc: "What this scenario is called and shows.",
        keys: SCENARIO,
    },
    Section {
        name: "source",
        noun: "source",
        named: true,
        required: false,
        doc: "Where input spikes come from. A source has no state and is not influenced by the network.",
        keys: SOURCE,
    },
    Section {
        name: "population",
        noun: "population",
        named: true,
        required: true,
        doc: "A group of like neurons. Not needed with `kind = \"device\"` of the protocol.",
        keys: POPULATION,
    },
    Section {
        name: "projection",
        noun: "projection",
        named: true,
        required: false,
        doc: "The synapses from one source or population to one population.",
        keys: PROJECTION,
    },
    Section {
        name: "device",
        noun: "device",
        named: true,
        required: false,
        doc: "A device to be measured on its own. Positive voltage SETs.",
        keys: DEVICE_ALONE,
    },
    Section {
        name: "experiment",
        noun: "experiment",
        named: true,
        required: false,
        doc: "One measurement of one device, with `kind = \"device\"` of the protocol. They are made in the order of the file.",
        keys: EXPERIMENT,
    },
    Section {
        name: "protocol",
        noun: "protocol",
        named: false,
        required: true,
        doc: "What is done.",
        keys: PROTOCOL,
    },
    Section {
        name: "record",
        noun: "record",
        named: false,
        required: false,
        doc: "What is written beside the summary.",
        keys: RECORD,
    },
    Section {
        name: "engine",
        noun: "engine",
        named: false,
        required: false,
        doc: "How the engine goes about it. No spike depends on `window` or `partitions`.",
        keys: ENGINE,
    },
];

static ENGINE: &[Key] = &[
    Key::new("window", POSITIVE_SPAN, "Longest stretch of time handled at once.")
        .absent("the shortest delay between populations"),
    Key::new("partitions", Kind::Integer { min: 1, max: 1024 }, "Parts that the neurons are cut into.")
        .absent("one, or several for every thread"),
    Key::new("storage", Kind::Choice(STORAGES), "How drawn and listed synapses are kept.")
        .setting("\"auto\""),
    Key::new("memory_gb", ABOVE_ZERO, "Memory that the network may take, in units of 1e9 bytes.")
        .absent("what is free on this machine"),
];

static STORAGES: &[Choice] = &[
    choice("auto", "compact above 1e7 drawn synapses, otherwise f64"),
    choice("f64", "12 bytes per synapse, 20 with a delay of its own"),
    choice(
        "compact",
        "8 bytes per synapse, 12 with a delay of its own; weights are rounded to f32, delays to a power of two femtoseconds",
    ),
];

static SCENARIO: &[Key] = &[
    Key::new("name", Kind::Text, "Short name; run directories carry it.")
        .derived("the name of the file or its directory"),
    Key::new("title", Kind::Text, "One line for the head of a report.").same_as("name"),
    Key::new("description", Kind::Text, "What the scenario shows, in a few sentences.").setting("\"\""),
    Key::new("reproduces", Kind::Table(REPRODUCES), "The published figure it reproduces.").absent("none"),
    Key::new(
        "seed",
        Kind::Integer { min: 0, max: u64::MAX },
        "Seed of every random draw; `--seed` replaces it.",
    )
    .setting("1"),
];

static REPRODUCES: &[Key] = &[
    Key::new("paper", Kind::Text, "Authors of the paper."),
    Key::new("figure", Kind::Text, "Figure, such as \"5c\"."),
];

static SOURCE: &[Key] = &[
    Key::new("kind", Kind::Choice(SOURCE_KINDS), "What kind of source it is."),
    Key::new("size", COUNT, "Number of independent lines.")
        .when(
            "kind",
            &["poisson", "poisson_steps", "poisson_sine", "spike_list", "replay", "regular", "bursts"],
        ),
    Key::new("rate", RATE, "Rate of each Poisson process; with `poisson_sine` its mean over a period.")
        .when("kind", &["poisson", "poisson_sine"]),
    Key::new(
        "dead_time",
        SPAN,
        "Time after each spike in which a line cannot spike again; `rate` is what is left, so it is below 1/dead_time.",
    )
    .setting("\"0 s\"")
    .when("kind", &["poisson"]),
    Key::new(
        "rates",
        Kind::RateRows,
        "The rate of each Poisson process, as [time, rate]: each from its time on until the next, none before the first.",
    )
    .when("kind", &["poisson_steps"]),
    Key::new(
        "depth",
        Kind::Number(Bounds::NON_NEGATIVE.up_to(1.0)),
        "Depth of the modulation: the rate is rate (1 + depth sin(2 pi (t/period + phase))).",
    )
    .setting("1.0")
    .when("kind", &["poisson_sine"]),
    Key::new("phase", Kind::Number(Bounds::ANY.from(-1.0).up_to(1.0)), "Phase at time 0, in periods.")
        .setting("0.0")
        .when("kind", &["poisson_sine"]),
    Key::new("spikes", Kind::SpikeRows, "The spikes, as [time, line]; or give `file`.")
        .absent("they are in `file`")
        .when("kind", &["spike_list"]),
    Key::new(
        "file",
        Kind::Text,
        "A CSV file of the spikes with the header `time [ms],id` (any unit of time), beside the scenario.",
    )
    .absent("they are in `spikes`")
    .when("kind", &["spike_list"]),
    Key::new("start", SPAN, "Instant of the first spikes.")
        .setting("\"0 s\"")
        .when("kind", &["regular", "bursts"]),
    Key::new(
        "period",
        POSITIVE_SPAN,
        "Time between spikes, between the beginnings of bursts, or of one cycle of the rate.",
    )
    .when("kind", &["regular", "bursts", "poisson_sine"]),
    Key::new("count", COUNT, "Spikes in a burst.").when("kind", &["bursts"]),
    Key::new("interval", POSITIVE_SPAN, "Time between two spikes of a burst; a burst ends before the next one begins.")
        .when("kind", &["bursts"]),
    Key::new("run", Kind::Text, "A run directory with spikes.csv, beside the scenario.").when("kind", &["replay"]),
    Key::new("recorded", Kind::Text, "Which of the populations and sources recorded there is replayed.")
        .when("kind", &["replay"]),
    Key::new(
        "episode",
        Kind::Integer { min: 0, max: u64::MAX },
        "Which episode is replayed, where several were recorded.",
    )
    .setting("0")
    .when("kind", &["replay"]),
    Key::new("dataset", Kind::Choice(DATASETS), "Which data set is shown.").when("kind", &["dataset"]),
    Key::new("encode", Kind::Table(ENCODE), "How a sample becomes spikes.")
        .setting("{}")
        .when("kind", &["dataset"]),
];

static SOURCE_KINDS: &[Choice] = &[
    choice("poisson", "independent Poisson processes of one rate, with or without dead time"),
    choice("poisson_steps", "independent Poisson processes whose rate changes at given times"),
    choice("poisson_sine", "independent Poisson processes of a sinusoidal rate"),
    choice("spike_list", "given spikes, inline or from a CSV file"),
    choice("replay", "the spikes that an earlier run recorded"),
    choice("regular", "all lines together, every `period`"),
    choice("bursts", "all lines together, `count` spikes every `period`"),
    choice("dataset", "the samples of a data set, one line per pixel"),
];

static DATASETS: &[Choice] = &[
    choice("drawn-digits", "digits drawn by code, 28 x 28, built in"),
    choice("mnist", "handwritten digits, fetched with `memspike data fetch mnist`"),
    choice("fashion-mnist", "articles of clothing, fetched with `memspike data fetch fashion-mnist`"),
];

static ENCODE: &[Key] = &[
    Key::new(
        "kind",
        Kind::Choice(&[choice("poisson", "each pixel a Poisson process, rate proportional to intensity")]),
        "Code.",
    )
    .setting("\"poisson\""),
    Key::new("max_rate", RATE, "Rate of a pixel of full intensity.")
        .assumed("\"100 Hz\"", "Yan et al. give no rate"),
    Key::new(
        "normalise",
        Kind::Flag,
        "Scale the rates of each sample so that all have the mean total intensity of the training samples.",
    )
    .setting("false"),
];

static POPULATION: &[Key] = &[
    Key::new(
        "model",
        Kind::Choice(&[
            choice("lif", "leaky integrate-and-fire, tau_m du/dt = -(u - u_rest) + R I"),
            choice("switch", "volatile threshold switch: lif while off; on, deaf until it has relaxed to v_hold"),
        ]),
        "Neuron model.",
    )
    .setting("\"lif\""),
    Key::new(
        "preset",
        Kind::Text,
        "The device: a shipped preset of a threshold switch, or a preset file beside the scenario. Its values are the defaults of the other keys.",
    )
    .setting("\"ag-tio2-pt-ts\"")
    .when("model", SWITCH_MODEL),
    Key::new("size", COUNT, "Number of neurons."),
    Key::new("tau_m", TIME_CONSTANT, "Membrane time constant.")
        .measured("\"9.41 ms\"", "Yan et al., fig. 4c: relaxation")
        .preset("tau"),
    Key::new("u_rest", VOLTAGE, "Where the membrane relaxes to without drive.")
        .fitted("\"0.43 mV\"", "Yan et al., fig. 4: offset of the fit")
        .preset("u_rest"),
    Key::new("v_th", VOLTAGE, "Threshold; above `u_rest`.")
        .measured("\"250 mV\"", "Yan et al., fig. 1c: turn-on of the threshold switch")
        .preset("v_th"),
    Key::new("reset", Kind::Choice(RESETS), "What firing does to the membrane; a switch always turns off at `v_hold`.")
        .literature("\"rest\"", "Yan et al., eq. 2, call u_rest the reset value"),
    Key::new("u_reset", VOLTAGE, "Where the membrane is reset to; below `v_th`.")
        .same_as("u_rest")
        .when("reset", &["value"]),
    Key::new("v_hold", VOLTAGE, "Where a threshold switch turns off again; below `v_th`.")
        .measured("\"100 mV\"", "Yan et al., fig. 1c: return of the threshold switch")
        .preset("v_hold")
        .when("reset", &["hold"]),
    Key::new("t_ref", SPAN, "Time after a spike during which arrivals are lost.")
        .assumed("\"0 s\"", "no refractory time is reported")
        .when("model", &["lif"]),
    Key::new("on_time", SPAN, "How long a spike keeps the switch on, if something else than the device ends it.")
        .absent("the device's own: tau_m ln((v_th - u_rest)/(v_hold - u_rest)) with the threshold of the cycle")
        .when("model", SWITCH_MODEL),
    Key::new("cycle_cv", CV, "Coefficient of variation of the threshold from one switching to the next.")
        .derived("the preset's")
        .preset("cycle_cv")
        .when("model", SWITCH_MODEL),
    Key::new("device_cv", CV, "Coefficient of variation of the threshold from device to device.")
        .derived("the preset's")
        .preset("device_cv")
        .when("model", SWITCH_MODEL),
    Key::new("threshold_law", Kind::Choice(THRESHOLD_LAWS), "Law of the thresholds of successive switchings.")
        .derived("the preset's")
        .preset("threshold_law")
        .when("model", SWITCH_MODEL),
    Key::new("r_m", positive(Unit::Ohm), "Membrane resistance: turns a current into a voltage.")
        .assumed("\"1 MOhm\"", "no membrane resistance is reported"),
    Key::new("i_bias", Kind::Quantity(Unit::Ampere, Bounds::ANY), "Constant current into every neuron.")
        .setting("\"0 A\""),
    Key::new("switch", Kind::Table(SWITCH), "What one spike of the threshold switch costs.").setting("{}"),
    Key::new("competition", Kind::Table(COMPETITION), "How the neurons inhibit one another without delay.")
        .absent("they do not compete")
        .when("model", &["lif"]),
];

static COMPETITION: &[Key] = &[
    Key::new("kind", Kind::Choice(RIVALRIES), "What a spike does to the others. At one instant one neuron fires: the largest u - v_th, then the lowest id.")
        .setting("\"winner_take_all\""),
    Key::new("strength", non_negative(Unit::Volt), "How far the other membranes fall.")
        .when("kind", &["lateral_inhibition"]),
    Key::new("inhibition", SPAN, "Time after a spike during which no arrival reaches any neuron.")
        .setting("\"0 s\""),
    Key::new("homeostasis", Kind::Table(HOMEOSTASIS), "What moves the thresholds.")
        .absent("they stay at v_th"),
];

static RIVALRIES: &[Choice] = &[
    choice("winner_take_all", "all membranes go to the reset value"),
    choice("lateral_inhibition", "the winner is reset, every other membrane falls by `strength`"),
];

static HOMEOSTASIS: &[Key] = &[
    Key::new("kind", Kind::Choice(HOMEOSTASES), "How thresholds adapt."),
    Key::new("gain", Kind::Number(Bounds::NON_NEGATIVE), "Logarithmic step of the threshold per spike.")
        .when("kind", &["rate_target"]),
    Key::new("spikes", ABOVE_ZERO, "Spikes per presentation that are wanted of the whole population.")
        .when("kind", &["rate_target"]),
    Key::new("step", non_negative(Unit::Volt), "What each spike adds to its neuron's threshold.")
        .when("kind", &["decay"]),
    Key::new("tau", TIME_CONSTANT, "Time constant with which that decays.").when("kind", &["decay"]),
];

static HOMEOSTASES: &[Choice] = &[
    choice(
        "rate_target",
        "after each presentation v_th - u_rest is multiplied by exp(gain (n - spikes / size)), n the neuron's spikes (Querlioz et al. 2013)",
    ),
    choice("decay", "each spike raises the threshold, which decays (Diehl & Cook 2015)"),
];

const SWITCH_MODEL: &[&str] = &["switch"];

static THRESHOLD_LAWS: &[Choice] = &[
    choice("log-normal", "the logarithm of the threshold is normal"),
    choice("weibull", "weakest link, scaled to the same median"),
];

static RESETS: &[Choice] = &[
    choice("rest", "to `u_rest`"),
    choice("value", "to `u_reset`"),
    choice("hold", "to `v_hold`"),
    choice("subtract", "down by v_th - u_rest"),
];

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
        "Supply behind the limiter, which takes (v_drive - i_cc/g_on) i_cc.",
    )
    .assumed("\"250 mV\"", "the turn-on voltage; the supply is not reported"),
    Key::new("on_time", SPAN, "How long the switch stays on for one spike.")
        .assumed("\"100 us\"", "needs an active reset; the switch alone would relax in 8.6 ms")
        .when("model", &["lif"]),
];

static PROJECTION: &[Key] = &[
    Key::new("from", Kind::Name(Refers::SourceOrPopulation), "Where the spikes come from."),
    Key::new("to", Kind::Name(Refers::Population), "Which population they reach."),
    Key::new("connect", Kind::Choice(CONNECTS), "Which pairs are connected.").setting("\"all_to_all\""),
    Key::new("kernel", Kind::Choice(KERNELS), "What an arrival does to the membrane.").setting("\"delta\""),
    Key::new("width", POSITIVE_SPAN, "Width of the current pulse at its base.").when("kernel", &["rect", "triangle"]),
    Key::new("tau_syn", TIME_CONSTANT, "Time constant with which the synaptic current decays.")
        .when("kernel", &["exponential", "alpha"]),
    Key::new(
        "weight",
        Kind::Weight,
        "Initial weights: a voltage for `delta`, a current (its peak) for all others; one value or a distribution.",
    )
    .when("connect", NOT_LISTED),
    Key::new("in_degree", COUNT, "Lines that every neuron draws.").when("connect", &["fixed_in_degree"]),
    Key::new("out_degree", COUNT, "Neurons that every line draws.").when("connect", &["fixed_out_degree"]),
    Key::new("probability", Kind::Number(Bounds::POSITIVE.up_to(1.0)), "Of every pair, independently.")
        .when("connect", &["probability"]),
    Key::new("autapses", Kind::Flag, "Whether a neuron may reach itself, from a population to itself.")
        .setting("true")
        .when("connect", &["all_to_all", "fixed_in_degree", "fixed_out_degree", "probability"]),
    Key::new("multapses", Kind::Flag, "Whether a pair may have more than one synapse.")
        .setting("false")
        .when("connect", &["fixed_in_degree", "fixed_out_degree", "list"]),
    Key::new("synapses", Kind::SynapseRows, "The synapses, as [pre, post, weight] or [pre, post, weight, delay]; or give `file`.")
        .absent("they are in `file`")
        .when("connect", &["list"]),
    Key::new(
        "file",
        Kind::Text,
        "A CSV file of the synapses with the header `pre,post,weight [mV]` and, if wanted, `delay [ms]`.",
    )
    .absent("they are in `synapses`")
    .when("connect", &["list"]),
    Key::new(
        "delay",
        Kind::Delay(Bounds::NON_NEGATIVE.up_to(HORIZON)),
        "Time from a spike to its arrival; a distribution gives every synapse its own, of at least 1 fs between populations.",
    )
    .setting("\"0 s\""),
    Key::new("device", Kind::Table(DEVICE), "The devices that make the weights.")
        .absent("ideal weights, no devices, no read energy"),
    Key::new("plasticity", Kind::Table(PLASTICITY), "How the weights learn from spikes.")
        .absent("they stay as they are"),
];

const NOT_LISTED: &[&str] =
    &["all_to_all", "one_to_one", "fixed_in_degree", "fixed_out_degree", "probability"];

static CONNECTS: &[Choice] = &[
    choice("all_to_all", "every line to every neuron: a crossbar"),
    choice("one_to_one", "line i to neuron i"),
    choice("fixed_in_degree", "every neuron draws `in_degree` lines"),
    choice("fixed_out_degree", "every line draws `out_degree` neurons"),
    choice("probability", "every pair with `probability`"),
    choice("list", "the listed pairs"),
];

static KERNELS: &[Choice] = &[
    choice("delta", "a jump of the membrane by the weight"),
    choice("rect", "a rectangular current pulse of height weight"),
    choice("triangle", "a symmetric triangular current pulse of peak weight"),
    choice("exponential", "a current that jumps by the weight and decays with `tau_syn`"),
    choice("alpha", "a current (t/tau_syn) e^(1 - t/tau_syn) of peak weight"),
];

static PLACEMENTS: &[Choice] = &[
    choice("one_sided", "the device of a pair that is not needed rests at g_min"),
    choice("balanced", "both devices sit symmetrically around the middle of the range"),
];

static DEVICE: &[Key] = &[
    Key::new("arrangement", Kind::Choice(ARRANGEMENTS), "Which devices make one weight.")
        .setting("\"differential\""),
    Key::new("pairs", Kind::Integer { min: 2, max: 1024 }, "Pairs that share one weight.")
        .when("arrangement", &["parallel"]),
    Key::new("placement", Kind::Choice(PLACEMENTS), "Where the two devices of a pair sit.")
        .setting("\"one_sided\"")
        .when("arrangement", &["differential", "parallel"]),
    Key::new("g_min", positive(Unit::Siemens), "Lowest conductance of a device; below `g_max`.")
        .assumed("\"10 nS\"", "the ratio of 1e4 is measured (Yan et al., fig. 2a), the scale is not"),
    Key::new("g_max", positive(Unit::Siemens), "Highest conductance of a device.")
        .assumed("\"100 uS\"", "the ratio of 1e4 is measured (Yan et al., fig. 2a), the scale is not"),
    Key::new("levels", LEVELS, "Evenly spaced conductances a device can be programmed to.")
        .absent("continuous"),
    Key::new("spread", Kind::Spread(SPREAD), "Spread of a programmed conductance.").setting("\"none\""),
    Key::new("read", Kind::Table(READ), "The pulse that reads a row.").setting("{}"),
    Key::new("w_max", Kind::WeightLimit, "The weight at the end of the conductance range.")
        .absent("the largest weight at the time of programming"),
];

static ARRANGEMENTS: &[Choice] = &[
    choice("single", "one device against a fixed reference"),
    choice("unipolar", "one device, w = s (G - g_min): from 0 to w_max"),
    choice("differential", "two devices, w = s (G+ - G-)"),
    choice("parallel", "`pairs` pairs side by side, each with a part of the weight"),
];

static SPREAD: &[Key] = &[
    Key::new("cv_on", CV, "Coefficient of variation at g_max.").setting("0.0"),
    Key::new("cv_off", CV, "Coefficient of variation at g_min; between, interpolated in ln G.")
        .setting("0.0"),
    Key::new("cv_device", CV, "Coefficient of variation of each device's own g_max.").setting("0.0"),
];

static READ: &[Key] = &[
    Key::new("amplitude", positive(Unit::Volt), "Height of the read pulse.")
        .assumed("\"100 mV\"", "the hold voltage, below the onset of SET at 0.12 V"),
    Key::new("width", POSITIVE_SPAN, "Width of the read pulse.")
        .assumed("\"1 us\"", "Yan et al. give no pulse width; read energy is proportional to it"),
];

const PAIRS: &[&str] = &["stdp-pair", "stdp-triplet"];
const WINDOWS: &[&str] = &["stdp-pair", "stdp-triplet", "rectangular"];
const LAWS: &[&str] = &["stdp-pair", "stdp-triplet", "rectangular", "post-trace"];
const AMPLITUDE: Kind = Kind::Number(Bounds::NON_NEGATIVE);
const PROBABILITY: Kind = Kind::Number(Bounds::NON_NEGATIVE.up_to(1.0));

static PLASTICITY: &[Key] = &[
    Key::new("rule", Kind::Choice(RULES), "Learning rule; times are those at the synapse.")
        .setting("\"stdp-pair\""),
    Key::new("pairing", Kind::Choice(PAIRINGS), "Which pairs of spikes count.")
        .setting("\"all_to_all\"")
        .when("rule", PAIRS),
    Key::new(
        "at_zero",
        Kind::Choice(AT_ZEROS),
        "What an arrival and a spike of the same instant do to each other.",
    )
    .setting("\"none\"")
    .when("rule", &["stdp-pair"]),
    Key::new(
        "dependence",
        Kind::Choice(DEPENDENCES),
        "How a change depends on the weight, x = (w - w_min)/(w_max - w_min).",
    )
    .setting("\"additive\"")
    .when("rule", LAWS),
    Key::new("mu", AMPLITUDE, "Exponent: 0 is additive, 1 multiplicative.").when("dependence", &["power"]),
    Key::new("beta", AMPLITUDE, "Exponent, per range of the weight.")
        .literature("3.0", "Querlioz et al. 2013")
        .when("dependence", &["exponential"]),
    Key::new("relative_to", Kind::Choice(RELATIVE), "What amplitudes are fractions of.")
        .setting("\"weight\"")
        .when("rule", LAWS),
    Key::new("a_plus", AMPLITUDE, "Amplitude of potentiation; the default is for `stdp-pair` only.")
        .fitted("1.3861", "Yan et al., fig. 3c: 138.61 percent of the conductance")
        .when("rule", LAWS),
    Key::new("a_minus", AMPLITUDE, "Amplitude of depression; the default is for `stdp-pair` only.")
        .fitted("1.0346", "Yan et al., fig. 3c: 103.46 percent of the conductance")
        .when("rule", WINDOWS),
    Key::new("tau_plus", TIME_CONSTANT, "Time constant of potentiation (of the trace of arrivals).")
        .fitted("\"64.1 ms\"", "Yan et al., fig. 3c")
        .when("rule", &["stdp-pair", "stdp-triplet", "post-trace"]),
    Key::new("tau_minus", TIME_CONSTANT, "Time constant of depression (of the trace of spikes).")
        .fitted("\"29.2 ms\"", "Yan et al., fig. 3c")
        .when("rule", PAIRS),
    Key::new("a3_plus", AMPLITUDE, "Amplitude of post-pre-post triplets.")
        .literature("6.2e-3", "Pfister & Gerstner 2006, visual cortex, all to all")
        .when("rule", &["stdp-triplet"]),
    Key::new("a3_minus", AMPLITUDE, "Amplitude of pre-post-pre triplets.")
        .literature("2.3e-4", "Pfister & Gerstner 2006, visual cortex, all to all")
        .when("rule", &["stdp-triplet"]),
    Key::new("tau_x", TIME_CONSTANT, "Time constant of the slow trace of arrivals.")
        .literature("\"101 ms\"", "Pfister & Gerstner 2006, visual cortex, all to all")
        .when("rule", &["stdp-triplet"]),
    Key::new("tau_y", TIME_CONSTANT, "Time constant of the slow trace of spikes.")
        .literature("\"125 ms\"", "Pfister & Gerstner 2006, visual cortex, all to all")
        .when("rule", &["stdp-triplet"]),
    Key::new("window", TIME_CONSTANT, "An arrival this long ago still counts.")
        .when("rule", &["rectangular"]),
    Key::new("target", AMPLITUDE, "The trace at which nothing changes: below it a spike depresses.")
        .setting("0.0")
        .when("rule", &["post-trace"]),
    Key::new("saturate", Kind::Flag, "Whether an arrival sets the trace to 1 instead of adding 1.")
        .setting("false")
        .when("rule", &["post-trace"]),
    Key::new(
        "preset",
        Kind::Text,
        "The device whose kinetics and pulse learn; its range is that of `device`.",
    )
    .setting("\"ag-tio2-pt-rs-analog\"")
    .when("rule", &["overlap"]),
    Key::new("w_min", VOLTAGE, "Lower bound of the weight.").setting("\"0 V\"").when("rule", LAWS),
    Key::new("w_max", positive(Unit::Volt), "Upper bound of the weight; every update is clipped.")
        .absent("`w_max` of the device"),
    Key::new(
        "cv_cycle",
        CV,
        "Cycle-to-cycle coefficient of variation of a change: dw e^(s z - s^2/2), s^2 = ln(1 + cv^2).",
    )
    .setting("0.0"),
    Key::new("program", Kind::Table(PROGRAM), "The pulse an update is programmed with, for its energy.")
        .setting("{}")
        .when("rule", LAWS),
    Key::new("faults", Kind::Table(FAULTS), "Devices that do not learn.").setting("{}"),
    Key::new("endurance", Kind::Table(ENDURANCE), "How devices wear; updates are counted in any case.")
        .absent("they do not"),
];

static RULES: &[Choice] = &[
    choice("stdp-pair", "exponential window of pairs of spikes"),
    choice("stdp-triplet", "pairs and triplets (Pfister & Gerstner 2006)"),
    choice("rectangular", "at a spike: recent inputs up, all others down (Querlioz et al. 2013)"),
    choice("post-trace", "at a spike: by the trace of each input (Diehl & Cook 2015)"),
    choice("overlap", "what the overlap of two pulses does to the device"),
];

static PAIRINGS: &[Choice] = &[
    choice("all_to_all", "every spike with every earlier one of the other side"),
    choice("nearest", "every spike with the last earlier one of the other side"),
    choice("pre_centred", "every arrival with the last spike and with the next one"),
    choice("restricted", "as nearest, if no spike of the same side lies between"),
];

static AT_ZEROS: &[Choice] = &[
    choice("none", "nothing"),
    choice("ltp", "potentiation by a_plus"),
    choice("ltd", "depression by a_minus"),
];

static DEPENDENCES: &[Choice] = &[
    choice("additive", "f+ = f- = 1"),
    choice("multiplicative", "f+ = 1 - x, f- = x"),
    choice("power", "f+ = (1 - x)^mu, f- = x^mu"),
    choice("exponential", "f+ = e^(-beta x), f- = e^(-beta (1 - x))"),
];

static RELATIVE: &[Choice] =
    &[choice("weight", "the present weight, as windows are measured"), choice("span", "w_max - w_min")];

static PROGRAM: &[Key] = &[
    Key::new("v_set", positive(Unit::Volt), "Height of a potentiating pulse.")
        .measured("\"0.2 V\"", "Yan et al., fig. 2c: end of the sweep"),
    Key::new("v_reset", positive(Unit::Volt), "Height of a depressing pulse.")
        .measured("\"0.25 V\"", "Yan et al., fig. 2d: end of the sweep"),
    Key::new("width", POSITIVE_SPAN, "Width of the pulse; programming energy is proportional to it.")
        .assumed("\"1 ms\"", "Yan et al. give no pulse width"),
];

static FAULTS: &[Key] = &[
    Key::new("stuck_on", PROBABILITY, "Share of devices stuck at g_max.").setting("0.0"),
    Key::new("stuck_off", PROBABILITY, "Share of devices stuck at g_min.").setting("0.0"),
];

static ENDURANCE: &[Key] = &[
    Key::new("n_f", ABOVE_ZERO, "Scale of the number of updates after which a device sticks where it is.")
        .assumed("1e6", "Yan et al. cycle 100 times"),
    Key::new("weibull_shape", ABOVE_ZERO, "Shape of its Weibull law.").assumed("1.5", "not measured"),
];

static PROTOCOL: &[Key] = &[
    Key::new("kind", Kind::Choice(PROTOCOLS), "What is done."),
    Key::new("duration", POSITIVE_SPAN, "How long the network is simulated.").when("kind", &["simulate"]),
    Key::new("projection", Kind::Name(Refers::Projection), "The projection that learns.")
        .derived("the only projection")
        .when("kind", TRAINING),
    Key::new("precision", Kind::Choice(PRECISIONS), "Arithmetic of the membrane and the weights.")
        .setting("\"f64\"")
        .when("kind", TRAINING),
    Key::new("epochs", Kind::Integer { min: 1, max: 100_000 }, "Passes over the training samples.")
        .setting("10")
        .when("kind", TRAINING),
    Key::new("batch", Kind::Integer { min: 1, max: 1_000_000 }, "Samples per weight update.")
        .setting("64")
        .when("kind", SUPERVISED),
    Key::new("train_samples", COUNT, "Training samples used, from the front of the set.")
        .absent("all")
        .when("kind", TRAINING),
    Key::new("test_samples", COUNT, "Test samples used, from the front of the set.")
        .absent("all")
        .when("kind", TRAINING),
    Key::new(
        "validation",
        Kind::Number(Bounds::NON_NEGATIVE.below(1.0)),
        "Fraction of the training samples held out to choose the epoch that is tested.",
    )
    .setting("0.0")
    .when("kind", TRAINING),
    Key::new("presentation", POSITIVE_SPAN, "How long a training sample is shown.")
        .assumed("\"100 ms\"", "Yan et al. give no presentation time")
        .when("kind", TRAINING),
    Key::new("test_presentation", POSITIVE_SPAN, "How long a test sample is shown.")
        .same_as("presentation")
        .when("kind", TRAINING),
    Key::new("count_gain", ABOVE_ZERO, "Gain of the softmax on spike counts.")
        .setting("0.3")
        .when("kind", SUPERVISED),
    Key::new(
        "surrogate_steepness",
        ABOVE_ZERO,
        "Steepness of the fast-sigmoid surrogate derivative, per v_th - u_rest.",
    )
    .setting("5.0")
    .when("kind", SUPERVISED),
    Key::new("optimizer", Kind::Table(OPTIMIZER), "Adam with a cosine schedule.")
        .setting("{}")
        .when("kind", SUPERVISED),
    Key::new("weight_bound", ABOVE_ZERO, "Bound on |w| during training, in units of v_th - u_rest.")
        .absent("unbounded")
        .when("kind", SUPERVISED),
    Key::new(
        "weights_from",
        Kind::Text,
        "Scenario whose trained weights are tested instead of training here (it is run if it never was), or a run directory.",
    )
    .absent("trained here")
    .when("kind", SUPERVISED),
    Key::new(
        "show_class",
        Kind::Integer { min: 0, max: 9 },
        "Report the output rates for the first test sample of this class.",
    )
    .absent("none")
    .when("kind", SUPERVISED),
    Key::new(
        "programming",
        Kind::Tables(PROGRAMMING),
        "After training: programme the weights onto devices in each of these ways and test again.",
    )
    .setting("[]")
    .when("kind", SUPERVISED),
    Key::new("rest", SPAN, "Pause after each training sample; membranes start anew, thresholds go on decaying.")
        .setting("\"0 s\"")
        .when("kind", UNSUPERVISED),
    Key::new(
        "label_samples",
        COUNT,
        "Training samples whose labels are looked at after learning, from the front of the set.",
    )
    .absent("all")
    .when("kind", UNSUPERVISED),
    Key::new("label_presentation", POSITIVE_SPAN, "How long they are shown.")
        .same_as("presentation")
        .when("kind", UNSUPERVISED),
    Key::new("vote", Kind::Choice(VOTES), "The vote behind the reported accuracy; both are stated.")
        .setting("\"log_likelihood\"")
        .when("kind", UNSUPERVISED),
    Key::new("learning", Kind::Table(LEARNING), "What a spike of the winner does to its synapses.")
        .when("kind", UNSUPERVISED),
    Key::new(
        "devices",
        Kind::Table(LEARNING_DEVICES),
        "How the devices of the projection are programmed while they learn, and how they differ.",
    )
    .absent("for a projection without devices")
    .when("kind", UNSUPERVISED),
    Key::new("retention", Kind::Table(RETENTION), "How conductances decay when left alone.")
        .absent("they do not")
        .when("kind", UNSUPERVISED),
    Key::new("ageing", Kind::Tables(AGEING), "Test again after each of these times without refresh.")
        .setting("[]")
        .when("kind", UNSUPERVISED),
    Key::new(
        "variation",
        Kind::Tables(VARIATION),
        "Train and test anew with each of these dispersions of the devices.",
    )
    .setting("[]")
    .when("kind", UNSUPERVISED),
];

const SUPERVISED: &[&str] = &["supervised"];
const UNSUPERVISED: &[&str] = &["unsupervised"];
const TRAINING: &[&str] = &["supervised", "unsupervised"];

static VOTES: &[Choice] = &[
    choice("class_mean", "the class whose neurons spike most on average (Diehl & Cook 2015)"),
    choice("log_likelihood", "the class with the largest sum over spikes of ln(P(class | neuron) + 0.01)"),
];

static LEARNING: &[Key] = &[
    Key::new("window", Kind::Choice(RECENT), "Which inputs count as recent.").setting("\"rectangular\""),
    Key::new("width", POSITIVE_SPAN, "How long a spike is recent.").when("window", &["rectangular"]),
    Key::new("tau", TIME_CONSTANT, "Time constant of the trace.").when("window", &["trace"]),
    Key::new("dependence", Kind::Choice(STEPS_BY_WEIGHT), "How a step depends on the weight.")
        .setting("\"multiplicative\""),
    Key::new("beta", Kind::Number(Bounds::NON_NEGATIVE), "Exponent of the dependence.")
        .setting("3.0")
        .when("dependence", &["exponential"]),
    Key::new("w_max", positive(Unit::Volt), "Weight at the upper end; the lower end is 0."),
    Key::new("a_plus", SHARE, "Step of recent inputs, as a share of the range."),
    Key::new("a_minus", SHARE, "Step of the others."),
    Key::new(
        "final_share",
        Kind::Number(Bounds::POSITIVE.up_to(1.0)),
        "Share of both steps that is left at the end; they fall geometrically over all epochs.",
    )
    .setting("1.0"),
    Key::new(
        "normalise",
        ABOVE_ZERO,
        "Sum of a neuron's weights, in units of w_max, restored after each presentation in which it spiked.",
    )
    .absent("weights are not normalised"),
];

static RECENT: &[Choice] = &[
    choice("rectangular", "a spike within `width` before the winner's (Querlioz et al. 2013)"),
    choice("trace", "the exponential trace of the last spike"),
];

static STEPS_BY_WEIGHT: &[Choice] = &[
    choice("multiplicative", "a_plus (w_max - w) up, a_minus w down"),
    choice("exponential", "a_plus w_max e^(-beta w/w_max) up, a_minus w_max e^(-beta (1 - w/w_max)) down"),
];

static LEARNING_DEVICES: &[Key] = &[
    Key::new("set", Kind::Table(SET_PULSE), "The pulse behind each step upwards.").setting("{}"),
    Key::new("reset", Kind::Table(RESET_PULSE), "The pulse behind each step downwards.").setting("{}"),
    Key::new("dispersion", Kind::Table(DISPERSION), "How devices differ; drawn once.").setting("{}"),
    Key::new("cycle", CV, "Coefficient of variation of every single step.").setting("0.0"),
    Key::new("stuck_on", SHARE, "Share of devices stuck at g_max.").setting("0.0"),
    Key::new("stuck_off", SHARE, "Share of devices stuck at g_min.").setting("0.0"),
    Key::new("endurance", Kind::Table(WEAR), "How pulses wear the devices.").absent("they do not wear"),
];

static SET_PULSE: &[Key] = &[
    Key::new("amplitude", positive(Unit::Volt), "Height of the pulse.").assumed(
        "\"280 mV\"",
        "a fifth of the range in 1 ms by the kinetics fitted to Yan et al., figs. 2c, 3c",
    ),
    Key::new("width", POSITIVE_SPAN, "Width of the pulse.")
        .assumed("\"1 ms\"", "Yan et al. give no pulse width; smaller steps are booked as whole pulses"),
];

static RESET_PULSE: &[Key] = &[
    Key::new("amplitude", positive(Unit::Volt), "Height of the pulse.").assumed(
        "\"280 mV\"",
        "a tenth of the range in 1 ms by the kinetics fitted to Yan et al., figs. 2d, 3c",
    ),
    Key::new("width", POSITIVE_SPAN, "Width of the pulse.")
        .assumed("\"1 ms\"", "Yan et al. give no pulse width; smaller steps are booked as whole pulses"),
];

static DISPERSION: &[Key] = &[
    Key::new("a_plus", CV, "Coefficient of variation of the step upwards.").setting("0.0"),
    Key::new("a_minus", CV, "Coefficient of variation of the step downwards.").setting("0.0"),
    Key::new("g_max", CV, "Coefficient of variation of the highest conductance.").setting("0.0"),
    Key::new("g_min", CV, "Coefficient of variation of the lowest conductance.").setting("0.0"),
];

static WEAR: &[Key] = &[
    Key::new("n_f", ABOVE_ZERO, "Pulses after which the range has closed.").setting("1e6"),
    Key::new("m", ABOVE_ZERO, "Exponent of the shrinking.").setting("1.0"),
    Key::new("weibull_shape", ABOVE_ZERO, "Shape of the Weibull law of sudden death.")
        .absent("the range shrinks and no device dies"),
];

static RETENTION: &[Key] = &[
    Key::new("law", Kind::Choice(DECAY_LAWS), "Law of the decay of G - g_inf.").setting("\"exponential\""),
    Key::new("tau", TIME_CONSTANT, "Time constant.")
        .assumed("\"78 ks\"", "lower bound from 4000 s without visible loss (Yan et al., fig. 2b)")
        .when("law", &["exponential"]),
    Key::new("b", ABOVE_ZERO, "Stretching exponent; 1 is mono-exponential.")
        .setting("1.0")
        .when("law", &["exponential"]),
    Key::new("t0", TIME_CONSTANT, "Time scale.").when("law", &["power"]),
    Key::new("nu", ABOVE_ZERO, "Exponent.").when("law", &["power"]),
    Key::new("g_inf", non_negative(Unit::Siemens), "Where everything ends.")
        .assumed("\"10 nS\"", "the lowest conductance"),
    Key::new(
        "lifetime_sigma",
        Kind::Number(Bounds::NON_NEGATIVE.up_to(10.0)),
        "Standard deviation of ln tau (or ln t0) over devices.",
    )
    .setting("0.0"),
];

static DECAY_LAWS: &[Choice] =
    &[choice("exponential", "e^(-(t/tau)^b)"), choice("power", "((t + t0)/t0)^-nu")];

static AGEING: &[Key] =
    &[Key::new("after", non_negative(Unit::Second), "Time since the last step of learning.")];

static VARIATION: &[Key] = &[
    Key::new("name", Kind::Text, "What the case is called in the report."),
    Key::new("cv", CV, "Coefficient of variation of both steps, g_max and g_min."),
    Key::new("seeds", Kind::Integer { min: 1, max: 1000 }, "Runs, each with the next seed.").setting("3"),
    Key::new(
        "max_loss",
        Kind::Number(Bounds::NON_NEGATIVE.up_to(1.0)),
        "Largest loss of accuracy against the first case that is accepted, as a fraction.",
    )
    .absent("any"),
];

static PROTOCOLS: &[Choice] = &[
    choice("simulate", "one episode of the network as it is"),
    choice("supervised", "train the projection from a data set to one neuron per class, and test it"),
    choice(
        "unsupervised",
        "a competing population learns a data set without labels, gets them afterwards, and is tested",
    ),
    choice("device", "no network: the experiments, one after the other, each on its device"),
];

static PRECISIONS: &[Choice] =
    &[choice("f64", "64-bit floating point"), choice("f32", "32-bit floating point")];

static OPTIMIZER: &[Key] = &[
    Key::new("rate", ABOVE_ZERO, "Learning rate at the start, in units of v_th - u_rest.").setting("0.001"),
    Key::new(
        "rate_final",
        Kind::Number(Bounds::NON_NEGATIVE),
        "Learning rate at the end of the cosine schedule.",
    )
    .setting("2e-5"),
    Key::new("beta1", DECAY, "Decay of the mean of the gradient.").setting("0.9"),
    Key::new("beta2", DECAY, "Decay of the mean of its square.").setting("0.999"),
    Key::new("epsilon", ABOVE_ZERO, "Added to the root, so that nothing is divided by zero.").setting("1e-8"),
];

static PROGRAMMING: &[Key] = &[
    Key::new("name", Kind::Text, "What the case is called in the report."),
    Key::new("placement", Kind::Choice(PLACEMENTS), "Where the two devices of a pair sit.")
        .derived("as the device of the projection"),
    Key::new("levels", LEVELS, "Evenly spaced conductances a device can be programmed to.")
        .absent("continuous"),
    Key::new("spread", Kind::Spread(SPREAD), "Spread of a programmed conductance.").setting("\"none\""),
    Key::new("draws", Kind::Integer { min: 1, max: 100_000 }, "Programming draws to average over.")
        .setting("10"),
    Key::new(
        "max_loss",
        Kind::Number(Bounds::NON_NEGATIVE.up_to(1.0)),
        "Largest loss of accuracy against the trained weights that is accepted, as a fraction.",
    )
    .absent("any"),
];

static RECORD: &[Key] = &[
    Key::new(
        "spikes",
        Kind::Names(Refers::SourceOrPopulation),
        "Populations (and sources) whose spikes are written to spikes.csv.",
    )
    .setting("[]"),
    Key::new("membrane", Kind::Names(Refers::Population), "Populations whose membrane is sampled.")
        .setting("[]"),
    Key::new("membrane_interval", POSITIVE_SPAN, "Time between two samples of the membrane.")
        .absent("no samples; needed when `membrane` names a population"),
    Key::new("energy", Kind::Flag, "Book the leakage of the off state exactly during the final test.")
        .setting("false"),
    Key::new(
        "mac_energy",
        non_negative(Unit::Joule),
        "Energy of one float multiply-accumulate, for comparison.",
    )
    .literature("\"4.6 pJ\"", "Horowitz 2014, 45 nm: 32-bit multiply 3.7 pJ, add 0.9 pJ"),
];
