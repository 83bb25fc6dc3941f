//! The spikes of a source or a population of an earlier run, from the record that every run keeps of them.

use super::super::diagnostic::{At, Base, Diagnostic};
use super::super::filled::Fields;
use super::super::lists::Spike;
use super::super::section::Lower;
use crate::hint::nearest;
use crate::record::LogReader;
use crate::record::export::KEPT;
use crate::record::rundir::is_run;
use crate::record::spikes::each;
use std::path::PathBuf;

/// Most spikes that are replayed: a GiB of them.
const MOST: usize = 1 << 26;

/// What is replayed, on how many lines.
pub(super) struct Wanted<'a> {
    pub size: u32,
    /// The source or population.
    pub recorded: &'a str,
    pub episode: u64,
}

/// The spikes of a run that are `wanted`, sorted by (time, line); `None`: there are none to be had, which is reported.
pub(super) fn spikes(
    lower: &mut Lower<'_>,
    fields: &Fields,
    run: &str,
    wanted: &Wanted<'_>,
) -> Option<Vec<Spike>> {
    let read = log(run, fields.written("run")?).and_then(|log| read(&log, fields, wanted));
    read.map_err(|fault| lower.faults.push(fault)).ok()
}

/// Where the spikes of a run are kept.
fn log(run: &str, at: &At) -> Result<PathBuf, Diagnostic> {
    let directory = match &at.source.base {
        Base::Directory(directory) => directory.join(run),
        Base::Shipped(_) => run.into(),
    };
    let (shown, log) = (directory.display(), directory.join("spikes").with_extension(KEPT));
    let fault = match (directory.exists(), is_run(&directory), log.is_file()) {
        (true, true, true) => return Ok(log),
        (true, true, false) => Diagnostic::error(format!("the run `{shown}` has recorded no spikes"))
            .allowed("a run with spikes.rows, which every run since 0.2 keeps of the spikes that it records")
            .hint("`--record NAME` records; of a run of 0.1, the rows of one name in its spikes.csv can be the `file` of a `spike_list`"),
        (true, false, _) => Diagnostic::error(format!("`{shown}` is not a run"))
            .allowed("the directory of a run, with manifest.json and spikes.rows"),
        (false, ..) => Diagnostic::error(format!("there is no run `{shown}`"))
            .missing()
            .label("not found")
            .allowed("the directory of a run beside the scenario, or an absolute path"),
    };
    Err(fault.at(at))
}

fn read(log: &std::path::Path, fields: &Fields, wanted: &Wanted<'_>) -> Result<Vec<Spike>, Diagnostic> {
    let shown = log.display();
    let unreadable = |error: crate::record::RecordError| {
        let hint = error.hint();
        Diagnostic::error(error.to_string()).maybe_at(fields.place("run")).maybe_hint(hint)
    };
    let mut reader = LogReader::open(log).map_err(unreadable)?;
    let names = reader.schema().labels.clone();
    let Some(label) = names.iter().position(|name| name == wanted.recorded) else {
        let meant = nearest(wanted.recorded, names.iter().map(String::as_str));
        let fault = Diagnostic::error(format!("`{shown}` has no spikes of `{}`", wanted.recorded));
        return Err(fault
            .maybe_at(fields.place("recorded"))
            .label("not recorded")
            .allowed(names.join(", "))
            .hint(match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "--record NAME adds to what a run records".into(),
            }));
    };
    let (mut spikes, mut episodes, mut widest) = (Vec::new(), None::<(u64, u64)>, 0);
    let mut found = 0_usize;
    let all = each(&mut reader, |spike| {
        if spike.label as usize != label {
            return;
        }
        let (first, last) = episodes.unwrap_or((spike.episode, spike.episode));
        episodes = Some((first.min(spike.episode), last.max(spike.episode)));
        if spike.episode == wanted.episode {
            (found, widest) = (found + 1, widest.max(spike.id));
            if found <= MOST {
                spikes.push((spike.time, spike.id));
            }
        }
    });
    all.map_err(unreadable)?;
    let fault = match episodes {
        Some((first, last)) if found == 0 => {
            let fault =
                format!("`{shown}` has no spikes of `{}` in episode {}", wanted.recorded, wanted.episode);
            Diagnostic::error(fault)
                .maybe_at(fields.place("episode"))
                .label("not recorded, or silent")
                .allowed(if first == last { first.to_string() } else { format!("{first} to {last}") })
        }
        _ if found > MOST => {
            Diagnostic::error(format!("`{shown}` has {found} spikes of `{}`", wanted.recorded))
                .maybe_at(fields.place("recorded"))
                .allowed(format!("at most {MOST}"))
                .hint("record some of the neurons, as `--record 'NAME[0..100]'` does")
        }
        _ if widest >= wanted.size => {
            let fault = format!("`{shown}` has spikes of `{}` on line {widest}", wanted.recorded);
            Diagnostic::error(fault)
                .maybe_at(fields.place("size"))
                .label("too few lines")
                .allowed(format!("a size of at least {}", u64::from(widest) + 1))
        }
        _ => {
            spikes.sort_unstable();
            return Ok(spikes);
        }
    };
    Err(fault)
}
