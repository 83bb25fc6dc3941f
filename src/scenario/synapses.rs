//! Synapses of a plan: drawn or listed, and what they take of the memory.

use super::plan::{Connect, Input, Plan, ProjectionPlan, Storage};
use crate::encoding::BLOCK;
use crate::engine::Threads;
use crate::hint::many;
use crate::network::{
    Builder, Delays, Distribution, DrawRule, Drawing, Fixed, Origin, Rows, SourceKind, Targets, draw,
    expected, quantised, quantum_shift,
};
use crate::plasticity::Memory;
use crate::time::Time;
use crate::training::PIECES;

/// Drawn synapses above which they are kept compact.
const MANY: f64 = 1e7;

/// Lines of the origin of a projection.
#[must_use]
pub(crate) fn rows_of(plan: &Plan, from: Origin) -> u32 {
    match from {
        Origin::Population(index) => plan.populations[index].size,
        Origin::Source(index) => plan.sources[index].size,
    }
}

/// Expected number of synapses of a projection.
#[must_use]
pub(crate) fn count(plan: &Plan, projection: &ProjectionPlan) -> f64 {
    let (pre, post) = (rows_of(plan, projection.from), plan.populations[projection.to].size);
    match &projection.connect {
        Connect::AllToAll => f64::from(pre) * f64::from(post),
        Connect::OneToOne => f64::from(pre),
        Connect::List { synapses, .. } => synapses.len() as f64,
        Connect::Convolution { of } | Connect::Pooling { of } => of.most_synapses(),
        Connect::Drawn { rule, .. } => expected(*rule, pre, post),
    }
}

/// The same, without the pairs of a neuron with itself where these are left out.
#[must_use]
pub(crate) fn mean(plan: &Plan, projection: &ProjectionPlan) -> f64 {
    let all = count(plan, projection);
    let size = f64::from(plan.populations[projection.to].size);
    match projection.connect {
        // (The other rules draw as many, of partners that are fewer.)
        Connect::Drawn { rule: DrawRule::Probability(p), autapses: false, .. }
            if projection.from == Origin::Population(projection.to) =>
        {
            all - p * size
        }
        _ => all,
    }
}

/// Whether their number is drawn, so that [`mean`] is what it is on average.
#[must_use]
pub(crate) fn varies(projection: &ProjectionPlan) -> bool {
    let Connect::Drawn { rule: DrawRule::Probability(p), .. } = projection.connect else { return false };
    p > 0.0 && p < 1.0
}

/// Whether synapses with something of their own are kept compact.
#[must_use]
pub(crate) fn compact(plan: &Plan) -> bool {
    let drawn = |projection: &&ProjectionPlan| matches!(projection.connect, Connect::Drawn { .. });
    match plan.engine.storage {
        Storage::F64 => false,
        Storage::Compact => true,
        Storage::Auto => {
            plan.projections.iter().filter(drawn).map(|projection| count(plan, projection)).sum::<f64>()
                > MANY
        }
    }
}

/// Whether nothing changes the weights of a projection and nothing but the projection makes them.
fn changeless(plan: &Plan, projection: &ProjectionPlan) -> bool {
    projection.device.is_none() && projection.plasticity.is_none() && !plan.protocol.trains_all()
}

/// Whether the weights of a projection are one number that never changes.
fn constant(plan: &Plan, projection: &ProjectionPlan) -> Option<f64> {
    match (projection.weight, &projection.connect) {
        (Distribution::Constant(value), Connect::Pooling { .. }) => Some(value),
        (Distribution::Constant(value), Connect::OneToOne | Connect::Drawn { .. })
            if changeless(plan, projection) =>
        {
            Some(value)
        }
        _ => None,
    }
}

/// Adds the delays and fixed weights of a listed or one-to-one projection.
pub(crate) fn keep(plan: &Plan, index: usize, builder: &mut Builder, number: usize) {
    let projection = &plan.projections[index];
    // What each synaptic event costs needs their number.
    let priced = plan.populations[projection.to].cost.is_some();
    if changeless(plan, projection) && !priced && plan.protocol.as_it_is().is_some() {
        builder.uncounted(number);
    }
    if let Some(weight) = constant(plan, projection) {
        builder.fixed(number, Fixed::Constant(weight));
    }
    let Connect::List { synapses, delays, multapses } = &projection.connect else { return };
    if *multapses {
        builder.multapses(number);
    }
    let compact = plan.engine.storage == Storage::Compact && changeless(plan, projection);
    if compact {
        builder.fixed(number, Fixed::Compact(synapses.iter().map(|synapse| synapse.2 as f32).collect()));
    }
    if let Some(&longest) = delays.iter().max() {
        let fs = delays.iter().map(|delay| delay.fs());
        builder.delays(
            number,
            match compact {
                false => Delays::Exact(fs.collect()),
                true => {
                    let shift = quantum_shift(longest);
                    Delays::Compact { shift, units: fs.map(|delay| quantised(delay, shift)).collect() }
                }
            },
        );
    }
}

/// What a drawn projection became.
pub(crate) struct DrawnSynapses {
    pub rows: Rows,
    /// Weights that are not kept in the network.
    pub values: Vec<f64>,
    pub fixed: Option<Fixed>,
    pub delays: Option<Delays>,
    pub multapses: bool,
    /// Delays that were drawn below 1 fs.
    pub raised: u64,
}

/// Draws a projection; `None` if it is not a drawn one.
pub(crate) fn drawn(
    plan: &Plan,
    index: usize,
    threads: &Threads,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Option<DrawnSynapses> {
    let projection = &plan.projections[index];
    let Connect::Drawn { rule, autapses, multapses } = projection.connect else { return None };
    let fixed = constant(plan, projection);
    let compact = compact(plan) && changeless(plan, projection);
    let between = matches!(projection.from, Origin::Population(_));
    let drawn = draw(
        &Drawing {
            seed: plan.seed,
            entity: index as u32,
            rows: rows_of(plan, projection.from),
            columns: plan.populations[projection.to].size,
            rule,
            recurrent: projection.from == Origin::Population(projection.to),
            autapses,
            multapses,
            weight: if fixed.is_some() { None } else { Some(projection.weight) },
            delay: projection.delays,
            least_delay: Time::from_fs(u64::from(between)),
            compact,
        },
        threads,
        progress,
    );
    let fixed = match fixed {
        Some(weight) => Some(Fixed::Constant(weight)),
        None => compact.then_some(Fixed::Compact(drawn.compact_weights)),
    };
    Some(DrawnSynapses {
        rows: Rows::Sparse { start: drawn.start, targets: drawn.targets },
        values: drawn.weights,
        fixed,
        delays: drawn.delays,
        multapses,
        raised: drawn.raised,
    })
}

/// What the plan takes of the memory, before anything of it is built.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// Bytes of the network while it runs and, if that is more, while it is built.
    pub bytes: f64,
    /// One line for every projection.
    pub lines: Vec<String>,
}

impl Estimate {
    /// The bytes, if the plan has synapses one by one: what takes memory where crossbars do not.
    #[must_use]
    pub fn drawn(&self) -> Option<f64> {
        (self.lines.len() > 1).then_some(self.bytes)
    }
}

/// Estimates what a plan takes.
#[must_use]
pub fn estimate(plan: &Plan) -> Estimate {
    let compact_all = compact(plan);
    // Program, plots, and buffers that do not grow.
    let mut bytes = 2e7;
    let mut building = 0.0f64;
    let mut lines = Vec::new();
    for projection in &plan.projections {
        let synapses = count(plan, projection);
        let rows = f64::from(rows_of(plan, projection.from));
        let listed = matches!(projection.connect, Connect::List { .. });
        let compact = (if listed { plan.engine.storage == Storage::Compact } else { compact_all })
            && changeless(plan, projection);
        let target = match projection.connect {
            Connect::AllToAll | Connect::OneToOne => 0.0,
            _ => Targets::bytes_within(plan.populations[projection.to].size) as f64,
        };
        let weight = match (constant(plan, projection), compact) {
            (Some(_), _) => 0.0,
            (None, true) if target > 0.0 => 4.0,
            _ => 8.0,
        };
        let own_delays = projection.own_delays();
        let delay = match (own_delays, compact) {
            (false, _) => 0.0,
            (true, true) => 4.0,
            (true, false) => 8.0,
        };
        // The plan keeps a list as it was written; weights that may change are made once and copied.
        let besides = if listed { 16.0 + delay } else { 0.0 } + if weight == 8.0 { 16.0 } else { 0.0 };
        let of_device = projection.device.is_some() || projection.filaments().is_some();
        let devices = if projection.device.is_some() { 24.0 } else { 0.0 };
        // What the rule remembers and, where pairs are listed, which of them a spike potentiates.
        let learning = projection.plasticity.as_ref().map_or(0.0, |plasticity| {
            let memory = Memory::per_synapse(&plasticity.rule, of_device, own_delays);
            // Columns, synapses by their column and, where these have no arrivals of their own, their rows: 4 bytes each.
            let listed = if own_delays { 8.0 } else { 12.0 };
            memory as f64 + if target > 0.0 { listed } else { 0.0 }
        });
        let each = target + weight + delay;
        bytes += synapses * (each + besides + devices + learning) + 12.0 * rows;
        let quantum = match (&projection.delays, compact) {
            (Some(law), true) => {
                let shift = crate::network::delay_shift(*law);
                format!(", delays in units of 2^{shift} fs")
            }
            _ => String::new(),
        };
        if target > 0.0 {
            // One batch of draws, and a cursor for every row.
            building = building.max(8.0 * rows + 3e7);
            lines.push(format!(
                "memory: projection {}: {} of {each} bytes ({}){quantum}: {}",
                projection.name,
                many(synapses.round(), "synapse"),
                if compact { "compact" } else { "f64" },
                shown(synapses * each)
            ));
        }
    }
    for population in &plan.populations {
        // One of a model behind a trait has its variables, and those that it had, in lists of its own: 149 bytes of each were
        // measured once they are there, where the leaky ones take a third of it.
        let each = if population.neuron.open().is_some() { 160.0 } else { 48.0 };
        bytes += each * f64::from(population.size);
    }
    for source in &plan.sources {
        bytes += match &source.input {
            Input::Train(SourceKind::List(spikes)) => 32.0 * spikes.len() as f64,
            Input::Train(SourceKind::Current(current)) => 64.0 * current.changes() as f64,
            // Blocks with what they have drawn ahead; single processes take less.
            _ => f64::from(source.size.div_ceil(BLOCK)) * 3000.0 + 48.0 * f64::from(source.size),
        };
    }
    bytes += building + training(plan);
    lines.push(format!("memory: about {} in all", shown(bytes)));
    Estimate { bytes, lines }
}

/// What training keeps besides the weights: of a projection trained by its gradient, that of each piece of a batch, Adam's
/// two means, and the weights of the best epoch.
fn training(plan: &Plan) -> f64 {
    let trained = plan.protocol.trains().map(|index| &plan.projections[index]);
    trained.map_or(0.0, |projection| 8.0 * (PIECES as f64 + 4.0) * count(plan, projection))
}

/// Bytes in words: "1.2 GB".
#[must_use]
pub fn shown(bytes: f64) -> String {
    match bytes {
        b if b >= 1e13 => format!("{:.0e} TB", b / 1e12),
        b if b >= 1e9 => format!("{:.1} GB", b / 1e9),
        b if b >= 1e6 => format!("{:.0} MB", b / 1e6),
        b => format!("{:.0} kB", (b / 1e3).ceil()),
    }
}

/// The limit of memory that a plan goes beyond, if it does, with so many bytes for what is on its way: (estimated, allowed)
/// bytes.
#[must_use]
pub(crate) fn beyond(plan: &Plan, available: Option<u64>, pending: f64) -> Option<(f64, f64)> {
    let allowed =
        plan.engine.memory_gb.map_or_else(|| available.map(|bytes| bytes as f64), |gb| Some(gb * 1e9))?;
    let needed = estimate(plan).bytes + pending;
    (needed > allowed).then_some((needed, allowed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::load_text;

    fn plan(keys: &str, overrides: &[&str]) -> Plan {
        let text = format!(
            "[population.a]\nsize = 1000000\n[projection.p]\nfrom = \"a\"\nto = \"a\"\n\
             {keys}\n[protocol]\nkind = \"simulate\"\nduration = \"1 s\"\n"
        );
        let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
        load_text("test.toml", &text, &overrides, None).unwrap().plan
    }

    const DEGREE: &str = "connect = \"fixed_in_degree\"\nin_degree = 1000\n";

    #[test]
    fn a_billion_compact_synapses_fit_ten_gigabytes() {
        let one = plan(&format!("{DEGREE}weight = \"1 mV\"\ndelay = \"1 ms\""), &[]);
        let own =
            plan(&format!("{DEGREE}weight = {{ normal = [\"1 mV\", \"0.1 mV\"] }}\ndelay = \"1 ms\""), &[]);
        assert!(compact(&one) && compact(&own));
        let (one, own) = (estimate(&one).bytes, estimate(&own).bytes);
        assert!((4e9..5e9).contains(&one), "{one:e}");
        assert!((8e9..1e10).contains(&own), "{own:e}");
    }

    #[test]
    fn what_a_rule_remembers_of_each_synapse_is_counted() {
        let keys = format!("{DEGREE}weight = \"1 mV\"\ndelay = \"1 ms\"\nplasticity.w_max = \"2 mV\"\n");
        let bytes = |rule: &str| estimate(&plan(&format!("{keys}{rule}"), &[])).bytes;
        let pair = bytes("plasticity.pairing = \"all_to_all\"");
        // A trace of each synapse, of 8 bytes, in place of one of each row.
        let centred = bytes("plasticity.pairing = \"pre_centred\"");
        assert_eq!(centred - pair, 8e9);
        // (Synapse, row) of every synapse by its column, and rows once more.
        let still = estimate(&plan(
            &format!("{DEGREE}weight = \"1 mV\"\ndelay = \"1 ms\"\n"),
            &["engine.storage=\"f64\""],
        ));
        assert!(pair - still.bytes >= 12e9, "{pair:e} and {:e}", still.bytes);
    }

    #[test]
    fn a_delay_of_its_own_takes_a_synapse_that_learns_twelve_bytes_more_at_most() {
        let bytes = |delay: &str, rule: &str| {
            let keys =
                format!("{DEGREE}weight = \"1 mV\"\ndelay = {delay}\nplasticity.w_max = \"2 mV\"\n{rule}");
            estimate(&plan(&keys, &[])).bytes
        };
        // Besides the delay itself: what a row remembers is the synapse's now, which needs no row beside its column.
        let more = |rule: &str| {
            let apart = bytes("{ uniform = [\"1 ms\", \"10 ms\"] }", rule);
            (apart - bytes("\"1 ms\"", rule)) / 1e9 - 8.0
        };
        let steps = "plasticity.a_plus = 0.1\nplasticity.a_minus = 0.1\n";
        for (rule, want) in [
            ("plasticity.pairing = \"all_to_all\"", 4.0),
            ("plasticity.pairing = \"pre_centred\"", -4.0),
            ("plasticity.pairing = \"restricted\"", 12.0),
            (&format!("{steps}plasticity.rule = \"stdp_triplet\""), 12.0),
            (&format!("{steps}plasticity.rule = \"rectangular\"\nplasticity.window = \"5 ms\""), 4.0),
            ("plasticity.a_plus = 0.1\nplasticity.rule = \"post_trace\"", 4.0),
            ("plasticity.rule = \"filament\"", 4.0),
        ] {
            assert_eq!(more(rule), want, "{rule}");
        }
    }

    #[test]
    fn what_does_not_fit_is_told_with_the_figure() {
        let keys = format!("{DEGREE}weight = \"1 mV\"\ndelay = {{ uniform = [\"1 ms\", \"10 ms\"] }}");
        let large = plan(&keys, &[]);
        let lines = estimate(&large).lines.join("\n");
        assert!(
            lines.contains("1000000000 synapses of 8 bytes (compact), delays in units of 2^12 fs"),
            "{lines}"
        );
        assert_eq!(beyond(&large, None, 0.0), None, "nobody knows how much there is");
        let (needed, allowed) = beyond(&large, Some(1 << 32), 0.0).unwrap();
        assert!(needed > 8e9 && allowed == 4_294_967_296.0);
        let mut limited = plan(&keys, &[]);
        limited.engine.memory_gb = Some(2.0);
        assert_eq!(beyond(&limited, Some(1 << 40), 0.0).unwrap().1, 2e9);
        let wide = plan(&keys, &["engine.storage=\"f64\""]);
        assert!(estimate(&wide).bytes > 1.2e10);
    }

    #[test]
    fn every_connectivity_draws_weights_and_delays_for_every_kernel() {
        let one_to_one = "connect = \"one_to_one\"";
        let connects = [
            ("connect = \"all_to_all\"", 36),
            ("connect = \"all_to_all\"\nautapses = false", 30),
            (one_to_one, 6),
            ("connect = \"fixed_in_degree\"\nin_degree = 2", 12),
            ("connect = \"fixed_out_degree\"\nout_degree = 8\nmultapses = true", 48),
            ("connect = \"probability\"\nprobability = 1.0", 36),
        ];
        let laws = [
            "uniform = [\"1 ms\", \"3 ms\"]",
            "normal = [\"2 ms\", \"0.1 ms\"]",
            "log_normal = [\"2 ms\", 0.2]",
        ];
        let kernels = [
            "rect\"\nwidth = \"1 ms",
            "triangle\"\nwidth = \"1 ms",
            "exponential\"\ntau_syn = \"5 ms",
            "alpha\"\ntau_syn = \"5 ms",
        ];
        for (connect, synapses) in connects {
            for (law, kernel) in laws.iter().cycle().zip(kernels) {
                let keys =
                    format!("{connect}\nkernel = \"{kernel}\"\nweight = \"1 nA\"\ndelay = {{ {law} }}");
                let plan = plan(&keys, &["population.a.size=6"]);
                let made = drawn(&plan, 0, &Threads::one(), &mut |_| true).unwrap();
                let Rows::Sparse { start, targets } = made.rows else { panic!("{keys}") };
                assert_eq!((start.len(), targets.len()), (7, synapses), "{keys}");
                let delays = made.delays.unwrap();
                assert_eq!(delays.len(), synapses);
                assert!(
                    (0..synapses).all(|k| (500_000_000_000..5_000_000_000_000).contains(&delays.fs(k))),
                    "{keys}"
                );
                if connect == one_to_one {
                    assert_eq!(targets.of(0..6).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
                }
            }
        }
    }
}
