//! Progress on stderr: a line on a terminal, a line per epoch elsewhere, JSON if asked for, nothing when quiet.

mod json;
mod line;
mod whole;

use super::host;
use super::output::Output;
use super::values::How;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use json::Json;
use line::Shown;
use memspike::scenario::progress::{Progress, Silent};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use whole::{Whole, left};

/// The listener for this terminal. A trace to stderr leaves no room for a line that changes.
pub fn listener(output: &Output, how: How, trace_on_stderr: bool) -> Box<dyn Progress> {
    if output.quiet() {
        Box::new(Silent)
    } else if how == How::Json {
        Box::new(Json::new(output.clone()))
    } else if how == How::Auto && output.on_terminal() && !trace_on_stderr {
        Box::new(Bar { bar: None, output: output.clone(), whole: None, said: Arc::default() })
    } else {
        Box::new(Lines(output.clone()))
    }
}

struct Bar {
    bar: Option<ProgressBar>,
    output: Output,
    whole: Option<Whole>,
    said: Arc<Mutex<Said>>,
}

/// What a run has said of the phase that is being done.
#[derive(Clone, Debug, Default)]
struct Said {
    phase: String,
    message: String,
    /// What a step is.
    step: Option<(f64, &'static str)>,
}

fn held(said: &Mutex<Said>) -> std::sync::MutexGuard<'_, Said> {
    said.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Progress for Bar {
    fn phase(&mut self, name: &str, total: u64) {
        self.done();
        *held(&self.said) = Said { phase: name.to_string(), ..Said::default() };
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(10));
        // The template is fixed; if a later version of the crate refuses it, its default will do.
        if let Ok(style) = ProgressStyle::with_template("{line}") {
            let later = self.whole.map(|whole| whole.after_this_part(Instant::now()));
            let said = Arc::clone(&self.said);
            let line = move |state: &ProgressState, text: &mut dyn std::fmt::Write| {
                let Said { phase, message, step } = held(&said).clone();
                let share = state.pos() as f64 / state.len().unwrap_or(0).max(1) as f64;
                let speed =
                    step.filter(|_| state.pos() > 0).map(|(each, unit)| (each * state.per_sec(), unit));
                let left = left(state.eta(), state.pos() > 0, later);
                let shown = Shown { phase, share, message, speed, memory: host::rss_bytes(), left };
                let _ = text.write_str(&line::line(&shown, host::columns()));
            };
            bar.set_style(style.with_key("line", line));
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        self.bar = Some(bar);
    }

    fn whole(&mut self, done: u64, parts: u64) {
        Whole::begin(&mut self.whole, done, parts);
    }

    fn advance(&mut self, by: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(by);
        }
    }

    fn message(&mut self, text: &str) {
        held(&self.said).message = text.to_string();
    }

    fn steps(&mut self, each: f64, unit: &'static str) {
        held(&self.said).step = Some((each, unit));
    }

    fn line(&mut self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None => self.output.say(text),
        }
    }

    fn done(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.done();
    }
}

struct Lines(Output);

impl Progress for Lines {
    fn phase(&mut self, _: &str, _: u64) {}
    fn advance(&mut self, _: u64) {}
    fn message(&mut self, _: &str) {}
    fn line(&mut self, text: &str) {
        self.0.say(text);
    }
    fn done(&mut self) {}
}
