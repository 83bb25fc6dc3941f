//! Progress on stderr: a bar on a terminal, a line per epoch elsewhere, nothing when quiet.

use super::output::{Output, say};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use memspike::scenario::progress::{Progress, Silent};
use std::io::IsTerminal as _;
use std::time::Duration;

/// The listener for this terminal. A trace to stderr leaves no room for a bar.
pub fn listener(output: &Output, trace_on_stderr: bool) -> Box<dyn Progress> {
    if output.quiet() {
        Box::new(Silent)
    } else if std::io::stderr().is_terminal() && !trace_on_stderr {
        Box::new(Bar { bar: None, colour: output.colour() })
    } else {
        Box::new(Lines)
    }
}

struct Bar {
    bar: Option<ProgressBar>,
    colour: bool,
}

impl Progress for Bar {
    fn phase(&mut self, name: &str, total: u64) {
        self.done();
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(10));
        let bar_part = if self.colour { "{bar:28.cyan/dim}" } else { "{bar:28}" };
        // The template is fixed; if a later version of the crate refuses it, its default will do.
        if let Ok(style) = ProgressStyle::with_template(&format!(
            "{{prefix:>9}} {bar_part} {{percent:>3}} %  {{elapsed}} / {{eta}} left  {{msg}}"
        )) {
            bar.set_style(style.progress_chars("\u{2501}\u{2578}\u{2500}"));
        }
        bar.set_prefix(name.to_string());
        bar.enable_steady_tick(Duration::from_millis(200));
        self.bar = Some(bar);
    }

    fn advance(&mut self, by: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(by);
        }
    }

    fn message(&mut self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(text.to_string());
        }
    }

    fn line(&mut self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None => say(text),
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

struct Lines;

impl Progress for Lines {
    fn phase(&mut self, _: &str, _: u64) {}
    fn advance(&mut self, _: u64) {}
    fn message(&mut self, _: &str) {}
    fn line(&mut self, text: &str) {
        say(text);
    }
    fn done(&mut self) {}
}
