//! Data to stdout, messages to stderr.

use super::args::{Global, When};
use super::failure::{Cause, Failure};
use super::values::Format;
use memspike::scenario::Diagnostics;
use serde_json::json;
use std::borrow::Cow;
use std::io::{ErrorKind, IsTerminal as _, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Sink = Arc<Mutex<dyn Write + Send>>;

/// Where a command writes: what was asked for to one place, messages to another.
#[derive(Clone)]
pub struct Streams {
    data: Sink,
    messages: Sink,
    /// Stdout and stderr.
    standard: bool,
    /// Whether messages are objects whatever the command.
    objects: bool,
}

/// What went wrong, as an object.
fn as_object((message, cause): (&str, Cause), hint: Option<&str>) -> String {
    json!({ "kind": "error", "cause": cause.word(), "text": message, "hint": hint }).to_string()
}

impl Streams {
    /// Data to stdout, messages to stderr.
    #[must_use]
    pub fn standard() -> Self {
        Self { standard: true, ..Self::new(std::io::stdout(), std::io::stderr()) }
    }

    /// Data and messages to writers of the caller; neither is a terminal.
    pub fn new(data: impl Write + Send + 'static, messages: impl Write + Send + 'static) -> Self {
        let (data, messages): (Sink, Sink) = (Arc::new(Mutex::new(data)), Arc::new(Mutex::new(messages)));
        Self { data, messages, standard: false, objects: false }
    }

    /// Messages of every command as JSON objects, a line each, with the cause of what went wrong: as `run --progress json` has them.
    #[must_use]
    pub fn in_objects(self) -> Self {
        Self { objects: true, ..self }
    }

    pub(super) fn objects(&self) -> bool {
        self.objects
    }

    /// What the reader of arguments has to say, and what may have been meant.
    pub(super) fn usage(&self, error: &clap::Error, hint: Option<String>) {
        if self.objects && error.use_stderr() {
            // How a command is written is no news to who writes it in a program.
            let told = error.render().to_string();
            let told = told.split("\n\nUsage: ").next().unwrap_or_default();
            let told = told.split("\n\nFor more information").next().unwrap_or_default();
            return self.say(&as_object((told.trim_start_matches("error: "), Cause::Value), hint.as_deref()));
        }
        if self.standard {
            let _ = error.print();
        } else {
            let sink = if error.use_stderr() { &self.messages } else { &self.data };
            let _ = write!(locked(sink), "{}", error.render());
        }
        if let Some(hint) = hint {
            self.say(&format!("hint: {hint}"));
        }
    }

    fn say(&self, line: &str) {
        // If nobody can read it, nobody can be told.
        let _ = writeln!(locked(&self.messages), "{line}");
    }

    /// Says why a command failed: where data goes if there is no place for messages, unless nobody wants to read them.
    fn fail(&self, text: &str) {
        let written = writeln!(locked(&self.messages), "{text}");
        if written.is_err_and(|error| error.kind() != ErrorKind::BrokenPipe) {
            let _ = writeln!(locked(&self.data), "{text}");
        }
    }
}

/// Where messages or results go, for who writes bytes.
struct Messages(Sink);

impl Write for Messages {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        locked(&self.0).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        locked(&self.0).flush()
    }
}

fn locked(sink: &Sink) -> MutexGuard<'_, dyn Write + Send + 'static> {
    sink.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A text whose control characters do nothing to a terminal: titles and names come from files of anybody.
fn printable(text: &str) -> Cow<'_, str> {
    let acts = |c: char| c.is_control() && c != '\n' && c != '\t';
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if acts(c) { '\u{fffd}' } else { c }).collect())
}

/// Where to say things, how loudly and in what colours.
#[derive(Clone)]
pub struct Output {
    quiet: bool,
    verbose: bool,
    colour: bool,
    /// Messages are objects, one per line.
    objects: bool,
    streams: Streams,
}

impl Output {
    pub fn new(global: &Global, streams: Streams) -> Self {
        let colour = match global.color {
            When::Always => true,
            When::Never => false,
            When::Auto => {
                streams.standard
                    && std::io::stderr().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        };
        Self { quiet: global.quiet, verbose: global.verbose, colour, objects: false, streams }
    }

    /// The same, whose messages are JSON objects, one per line.
    pub fn in_objects(self) -> Self {
        Self { objects: true, colour: false, ..self }
    }

    /// Says a JSON object, which is one line.
    pub fn object(&self, object: &serde_json::Value) {
        self.streams.say(&object.to_string());
    }

    /// The same that says only what went wrong: for what is told of otherwise.
    pub fn hushed(&self) -> Self {
        Self { quiet: true, verbose: false, ..self.clone() }
    }

    /// Whether messages are coloured.
    pub fn colour(&self) -> bool {
        self.colour
    }

    /// Whether messages go to a terminal.
    pub fn on_terminal(&self) -> bool {
        self.streams.standard && std::io::stderr().is_terminal()
    }

    pub fn quiet(&self) -> bool {
        self.quiet
    }

    /// What was asked for.
    ///
    /// # Errors
    /// If it cannot be written; a closed pipe is told apart.
    pub fn data(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = locked(&self.streams.data);
        let text = &*printable(text);
        let end = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
        let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.write_all(end.as_bytes()));
        written.and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Failure::ClosedPipe,
            _ => Failure::new(format!("cannot write to stdout: {}", super::files::reason(&error))),
        })
    }

    /// What came of a command, for people: nothing where only what went wrong is to be said.
    ///
    /// # Errors
    /// As [`Self::data`].
    pub fn told(&self, text: &str) -> Result<(), Failure> {
        if self.quiet { Ok(()) } else { self.data(text) }
    }

    /// What came of a command, as it was asked for.
    ///
    /// # Errors
    /// As [`Self::data`].
    pub fn answer(
        &self,
        format: Format,
        text: impl FnOnce() -> String,
        value: &impl serde::Serialize,
    ) -> Result<(), Failure> {
        match format {
            Format::Text => self.told(&text()),
            Format::Json => {
                self.data(&serde_json::to_string_pretty(value).map_err(|e| Failure::new(e.to_string()))?)
            }
        }
    }

    /// Something worth knowing.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.message("note", "36", text);
        }
    }

    /// Something worth knowing for who asked for more.
    pub fn detail(&self, text: &str) {
        if self.verbose {
            self.say(text);
        }
    }

    pub fn warning(&self, text: &str) {
        if !self.quiet {
            self.message("warning", "33;1", text);
        }
    }

    /// Warnings with their source lines.
    pub fn warnings(&self, warnings: &Diagnostics) {
        if self.quiet || warnings.is_empty() {
            return;
        }
        let text = warnings.render(self.colour);
        if self.objects {
            self.object(&json!({ "kind": "warning", "text": text.trim_end() }));
        } else {
            self.say(text.trim_end());
        }
    }

    pub fn failure(&self, failure: &Failure) {
        self.streams.fail(&self.lines(failure).join("\n"));
    }

    /// A failure, line by line.
    fn lines(&self, failure: &Failure) -> Vec<String> {
        let (mut lines, cause) = (Vec::new(), failure.cause());
        let mut several = |faults: &[(String, Option<String>)]| {
            for (index, (message, hint)) in faults.iter().enumerate() {
                // What helps against several in a row is said once, after the last of them.
                let again = faults.get(index + 1).is_some_and(|(_, next)| next == hint);
                self.fault((message, cause), hint.as_deref().filter(|_| !again), &mut lines);
            }
        };
        match failure {
            Failure::Scenario(faults) if self.objects => {
                self.fault((faults.render(false).trim_end(), cause), None, &mut lines);
            }
            Failure::Scenario(faults) => lines.push(faults.render(self.colour).trim_end().to_string()),
            Failure::Several(faults) => several(faults),
            Failure::All(failures) => {
                return failures.iter().flat_map(|failure| self.lines(failure)).collect();
            }
            Failure::Data(faults) => {
                let faults: Vec<_> = faults.0.iter().map(|fault| (fault.to_string(), fault.hint())).collect();
                several(&faults);
            }
            other => self.fault((&other.to_string(), cause), other.hint().as_deref(), &mut lines),
        }
        lines
    }

    fn fault(&self, (message, cause): (&str, Cause), hint: Option<&str>, lines: &mut Vec<String>) {
        if self.objects {
            lines.push(as_object((message, cause), hint));
            return;
        }
        lines.push(self.line("error", "31;1", message));
        lines.extend(hint.map(|hint| self.line("hint", "32", hint)));
    }

    /// Where messages go, as a writer.
    pub fn messages(&self) -> impl Write + Send + use<> {
        Messages(self.streams.messages.clone())
    }

    /// Where what was asked for goes, as a writer.
    pub fn results(&self) -> impl Write + Send + use<> {
        Messages(self.streams.data.clone())
    }

    /// A line among the messages.
    pub fn say(&self, line: &str) {
        self.streams.say(line);
    }

    fn message(&self, kind: &str, colour: &str, text: &str) {
        if self.objects {
            return self.object(&json!({ "kind": kind, "text": text }));
        }
        self.say(&self.line(kind, colour, text));
    }

    fn line(&self, kind: &str, colour: &str, text: &str) -> String {
        let text = printable(text);
        if self.colour { format!("\x1b[{colour}m{kind}\x1b[0m: {text}") } else { format!("{kind}: {text}") }
    }
}
