//! Progress on stderr: a bar on a terminal, a line per epoch elsewhere, nothing when quiet.

use super::output::Output;
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use memspike::scenario::progress::{Progress, Silent};
use std::time::{Duration, Instant};

/// The listener for this terminal. A trace to stderr leaves no room for a bar.
pub fn listener(output: &Output, trace_on_stderr: bool) -> Box<dyn Progress> {
    if output.quiet() {
        Box::new(Silent)
    } else if output.on_terminal() && !trace_on_stderr {
        Box::new(Bar { bar: None, output: output.clone(), whole: None })
    } else {
        Box::new(Lines(output.clone()))
    }
}

struct Bar {
    bar: Option<ProgressBar>,
    output: Output,
    whole: Option<Whole>,
}

/// How far the whole run is: its epochs take about the same time each.
#[derive(Clone, Copy)]
struct Whole {
    /// When the first of the parts that this process does began, and how many were done before.
    start: Instant,
    before: u64,
    done: u64,
    parts: u64,
}

impl Whole {
    /// Time left after the part that is being done now, if a part was finished to judge by.
    fn after_this_part(&self, now: Instant) -> Option<Duration> {
        let finished = u32::try_from(self.done - self.before).ok().filter(|&n| n > 0)?;
        let left = u32::try_from(self.parts.saturating_sub(self.done + 1)).unwrap_or(u32::MAX);
        Some((now.duration_since(self.start) / finished).saturating_mul(left))
    }
}

impl Progress for Bar {
    fn phase(&mut self, name: &str, total: u64) {
        self.done();
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(10));
        let bar_part = if self.output.colour() { "{bar:20.cyan/dim}" } else { "{bar:20}" };
        // The template is fixed; if a later version of the crate refuses it, its default will do.
        if let Ok(style) = ProgressStyle::with_template(&format!(
            "{{prefix:>8}} {bar_part} {{percent:>3}} %  {{msg}}  {{left}}"
        )) {
            let later = self.whole.map(|whole| whole.after_this_part(Instant::now()));
            let left = move |state: &ProgressState, text: &mut dyn std::fmt::Write| {
                let now = state.eta();
                let _ = match later {
                    // The first epoch tells nothing yet about how long the others will take.
                    Some(None) if state.pos() == 0 => Ok(()),
                    Some(Some(later)) => write!(text, "{:#} left", HumanDuration(now + later)),
                    Some(None) => write!(text, "{:#} left in this epoch", HumanDuration(now)),
                    None => write!(text, "{:#} left", HumanDuration(now)),
                };
            };
            bar.set_style(style.with_key("left", left).progress_chars("\u{2501}\u{2578}\u{2500}"));
        }
        bar.set_prefix(name.to_string());
        bar.enable_steady_tick(Duration::from_millis(200));
        self.bar = Some(bar);
    }

    fn whole(&mut self, done: u64, parts: u64) {
        let whole =
            self.whole.get_or_insert_with(|| Whole { start: Instant::now(), before: done, done, parts });
        (whole.done, whole.parts) = (done, parts);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_that_of_the_epochs_that_are_left() {
        let start = Instant::now();
        let now = start + Duration::from_secs(12);
        let whole = |before, done| Whole { start, before, done, parts: 10 };
        assert_eq!(whole(0, 0).after_this_part(now), None);
        assert_eq!(whole(0, 4).after_this_part(now), Some(Duration::from_secs(15)));
        // A run that goes on after three epochs has done one in this process.
        assert_eq!(whole(3, 4).after_this_part(now), Some(Duration::from_secs(60)));
        assert_eq!(whole(0, 9).after_this_part(now), Some(Duration::ZERO));
    }
}
