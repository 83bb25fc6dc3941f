//! `memspike models` and `memspike scenarios`.

use super::End;
use super::args::ModelsArgs;
use super::failure::Failure;
use super::output::Output;
use super::wiring;
use memspike::neuron::Lif;
use std::fmt::Write as _;

/// What can be named in a scenario.
#[derive(Clone, Debug)]
pub struct ModelPage {
    /// `"neuron"`, `"synapse"`, `"source"`, `"protocol"`, `"engine"`.
    pub kind: &'static str,
    pub name: &'static str,
    pub summary: &'static str,
    pub parameters: Vec<Parameter>,
}

/// One parameter of a model.
#[derive(Clone, Debug)]
pub struct Parameter {
    pub name: &'static str,
    pub default: String,
    /// `"measured"`, `"literature"`, `"fitted"`, `"assumed"`.
    pub provenance: &'static str,
    pub meaning: &'static str,
}

pub fn scenarios(output: &Output) -> Result<End, Failure> {
    let scenarios = wiring::scenarios();
    let width = scenarios.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, title) in &scenarios {
        let _ = writeln!(text, "{name:width$}  {title}");
    }
    output.data(&text)?;
    output.note("run one with `memspike run NAME`, copy one with `memspike new MINE --from NAME`");
    Ok(End::Done)
}

pub fn models(args: &ModelsArgs, output: &Output) -> Result<End, Failure> {
    let pages = wiring::models();
    match &args.name {
        None => output.data(&list(&pages)),
        Some(name) => {
            let found = pages.iter().find(|page| page.name == name.as_str()).ok_or_else(|| {
                let nearest = pages
                    .iter()
                    .map(|page| (strsim::jaro_winkler(page.name, name), page.name))
                    .filter(|(likeness, _)| *likeness > 0.7)
                    .max_by(|a, b| a.0.total_cmp(&b.0));
                Failure::new(format!("no model is named `{name}`")).with_hint(match nearest {
                    Some((_, nearest)) => format!("did you mean `{nearest}`?"),
                    None => "`memspike models` lists them".into(),
                })
            })?;
            output.data(&describe(found))
        }
    }?;
    Ok(End::Done)
}

fn list(pages: &[ModelPage]) -> String {
    let width = pages.iter().map(|page| page.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut kind = "";
    for page in pages {
        if page.kind != kind {
            let _ = writeln!(text, "{}{}", if kind.is_empty() { "" } else { "\n" }, page.kind);
            kind = page.kind;
        }
        let _ = writeln!(text, "  {:width$}  {}", page.name, page.summary);
    }
    text
}

fn describe(page: &ModelPage) -> String {
    let mut text = format!("{} ({})\n{}\n", page.name, page.kind, page.summary);
    let width = |of: fn(&Parameter) -> usize| page.parameters.iter().map(of).max().unwrap_or(0);
    let (names, defaults) = (width(|p| p.name.len()), width(|p| p.default.chars().count()));
    let provenances = width(|p| p.provenance.len());
    if !page.parameters.is_empty() {
        text.push('\n');
    }
    for p in &page.parameters {
        let _ = writeln!(
            text,
            "  {:names$}  {:defaults$}  {:provenances$}  {}",
            p.name, p.default, p.provenance, p.meaning
        );
    }
    text
}

/// What this version knows.
pub fn built_in() -> Vec<ModelPage> {
    let page = |kind, name, summary| ModelPage { kind, name, summary, parameters: Vec::new() };
    vec![
        lif(),
        page("synapse", "single", "one device; w = s (G - G_ref)"),
        page("synapse", "differential", "a pair of devices; w = s (G+ - G-)"),
        page("synapse", "parallel", "several pairs side by side; w = s sum(G+ - G-)"),
        page("kernel", "delta", "an arrival moves the membrane by the weight [V]"),
        page("kernel", "rect", "an arrival is a rectangular current pulse [A]"),
        page("kernel", "triangle", "an arrival is a symmetric triangular current pulse [A]"),
        page("source", "poisson", "independent Poisson processes of one rate"),
        page("source", "spike_list", "given spikes, inline or from CSV"),
        page("source", "regular", "all together, every period"),
        page("source", "dataset", "samples of a data set, each pixel a Poisson process"),
        page("protocol", "simulate", "one episode of the network as it is"),
        page("protocol", "supervised", "train a projection on labelled samples, and test it"),
        page("engine", "fast", "batched lanes"),
        page("engine", "reference", "one priority queue; the same results, slowly"),
    ]
}

fn lif() -> ModelPage {
    let lif = Lif::default();
    let parameter =
        |name, default: String, provenance, meaning| Parameter { name, default, provenance, meaning };
    ModelPage {
        kind: "neuron",
        name: "lif",
        summary: "leaky integrate-and-fire: tau_m du/dt = -(u - u_rest) + R I(t)",
        parameters: vec![
            parameter(
                "tau_m",
                lif.tau_m.to_string(),
                "measured",
                "membrane time constant (Yan et al., fig. 4c)",
            ),
            parameter(
                "u_rest",
                lif.u_rest.to_string(),
                "fitted",
                "where the membrane relaxes to (Yan et al.)",
            ),
            parameter("v_th", lif.v_th.to_string(), "measured", "threshold (Yan et al., fig. 1c)"),
            parameter("u_reset", lif.u_reset.to_string(), "assumed", "reset potential for reset = \"value\""),
            parameter(
                "v_hold",
                lif.v_hold.to_string(),
                "measured",
                "reset for reset = \"hold\" (Yan et al., fig. 1c)",
            ),
            parameter("reset", "rest".into(), "assumed", "rest, value, hold or subtract"),
            parameter("t_ref", lif.t_ref.to_string(), "assumed", "time after a spike without arrivals"),
            parameter("r_m", lif.r_m.to_string(), "assumed", "membrane resistance: current to voltage"),
            parameter("i_bias", lif.i_bias.to_string(), "assumed", "constant current"),
        ],
    }
}
