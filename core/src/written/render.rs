//! Faults as text: what, file:line:column, the whole source line with the value marked, what is allowed.
//!
//! ```text
//! error: `tau_m` of population `output` is -9.41 ms
//!   --> net.toml:11:9
//!    |
//! 11 | tau_m = "-9.41 ms"
//!    |         ^^^^^^^^^^ negative
//!    = allowed: a time with its unit, above 0 s, such as "9.41 ms"
//! ```

use super::diagnostic::{At, Diagnostic, Diagnostics, Severity};
use std::fmt::Write as _;
use std::sync::Arc;

/// Characters of a source line that are shown; a longer one is cut around the mark.
const WIDTH: usize = 100;

/// Bytes before and behind a place that its excerpt is taken from: more than `WIDTH` characters of any length.
const NEAR: usize = 8 * WIDTH;

const RED: &str = "\u{1b}[1;31m";
const YELLOW: &str = "\u{1b}[1;33m";
const BLUE: &str = "\u{1b}[34m";
const BOLD: &str = "\u{1b}[1m";
const PLAIN: &str = "\u{1b}[0m";

impl Diagnostics {
    /// All of them with their source lines, and how many there are; in colour if the reader has it.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let mut text = String::new();
        for diagnostic in self.iter() {
            render(diagnostic, colour, &mut text);
            text.push('\n');
        }
        let (errors, warnings) = self.counts();
        let some = |n: usize, word: &str| match n {
            0 => None,
            1 => Some(format!("1 {word}")),
            n => Some(format!("{n} {word}s")),
        };
        let counts: Vec<_> =
            [some(errors, "error"), some(warnings, "warning")].into_iter().flatten().collect();
        if !counts.is_empty() {
            text.push_str(&counts.join(", "));
            text.push('\n');
        }
        text
    }
}

impl std::fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}

/// Writes one fault.
fn render(diagnostic: &Diagnostic, colour: bool, out: &mut String) {
    let paint = |style: &str, text: &str| {
        if colour { format!("{style}{text}{PLAIN}") } else { text.to_string() }
    };
    // What is quoted comes from files of anybody.
    let plain =
        |text: &str| text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect::<String>();
    let (word, style) = match diagnostic.severity {
        Severity::Error => ("error", RED),
        Severity::Warning => ("warning", YELLOW),
    };
    let _ = writeln!(out, "{}{}", paint(style, word), paint(BOLD, &format!(": {}", plain(&diagnostic.what))));

    // All marks, those of the main text first and in the order of its lines, then other texts.
    let mut marks: Vec<(&At, &str, bool)> = Vec::new();
    if let Some(at) = &diagnostic.at {
        marks.push((at, &diagnostic.label, true));
        marks.extend(diagnostic.also.iter().map(|(at, label)| (at, label.as_str(), false)));
        marks.sort_by_key(|(place, ..)| (!Arc::ptr_eq(&place.source, &at.source), place.span.start));
    }
    let digits = marks.iter().map(|(at, ..)| at.line_column().0.to_string().len()).max().unwrap_or(1);
    let gutter = " ".repeat(digits);
    let bar = paint(BLUE, "|");
    if let Some(at) = &diagnostic.at {
        let _ = writeln!(out, "{gutter}{} {}", paint(BLUE, "-->"), plain(&place(at)));
        let _ = writeln!(out, "{gutter} {bar}");
    }
    let mut shown: Option<(&At, usize)> = None;
    for (at, label, main) in marks {
        let line = at.line_column().0;
        let same_text = shown.is_none_or(|(before, _)| Arc::ptr_eq(&before.source, &at.source));
        if !same_text {
            let _ = writeln!(out, "{gutter}{} {}", paint(BLUE, ":::"), plain(&place(at)));
            let _ = writeln!(out, "{gutter} {bar}");
        }
        let (text, before, length) = excerpt(at);
        if !same_text || shown.is_none_or(|(_, number)| number != line) {
            if same_text && shown.is_some_and(|(_, number)| number + 1 < line) {
                let _ = writeln!(out, "{}", paint(BLUE, "..."));
            }
            let _ = writeln!(out, "{} {bar} {text}", paint(BLUE, &format!("{line:>digits$}")));
        }
        let (sign, style) = if main { ("^", style) } else { ("-", BLUE) };
        let mark = paint(style, &format!("{} {}", sign.repeat(length), plain(label)));
        let _ = writeln!(out, "{gutter} {bar} {}{mark}", " ".repeat(before));
        shown = Some((at, line));
    }
    let equals = paint(BLUE, "=");
    if let Some(allowed) = &diagnostic.allowed {
        let _ = writeln!(out, "{gutter} {equals} allowed: {}", plain(allowed));
    }
    if let Some(hint) = &diagnostic.hint {
        let _ = writeln!(out, "{gutter} {equals} hint: {}", plain(hint));
    }
}

/// `file:line:column`, or the name of an argument, which has one line.
fn place(at: &At) -> String {
    if at.source.is_argument() {
        return at.source.name.clone();
    }
    let (line, column) = at.line_column();
    format!("{}:{line}:{column}", at.source.name)
}

/// The line of a place, and where in it the mark begins and how long it is, in characters.
fn excerpt(at: &At) -> (String, usize, usize) {
    let text = &at.source.text;
    let start = at.span.start.min(text.len());
    // Of a line that is far too long to be shown, nothing but what is near is looked at.
    let boundary = |mut at: usize| {
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let (low, high) = (boundary(start.saturating_sub(NEAR)), boundary((start + NEAR).min(text.len())));
    let head = text.get(low..start).unwrap_or("").rfind('\n').map_or(low, |newline| low + newline + 1);
    let line = text.get(head..high).unwrap_or("").lines().next().unwrap_or("");
    let end = at.span.end.clamp(start, head + line.len().max(start - head));
    let mut before = width(text.get(head..start).unwrap_or(""));
    let mut length = width(text.get(start..end).unwrap_or("")).max(1);
    let mut shown: Vec<char> = line.chars().flat_map(printed).collect();
    if shown.len() > WIDTH {
        let from = before.saturating_sub(WIDTH / 3).min(shown.len() - WIDTH);
        let cut_right = from + WIDTH < shown.len();
        shown = shown[from..from + WIDTH].to_vec();
        before -= from;
        if from > 0 {
            shown[..3].fill('.');
        }
        if cut_right {
            shown[WIDTH - 3..].fill('.');
        }
    }
    length = length.min(shown.len().saturating_sub(before).max(1));
    (shown.into_iter().collect(), before, length)
}

/// What is printed for a character: tabs as blanks, control characters not at all as such.
fn printed(c: char) -> impl Iterator<Item = char> {
    let (c, times) = match c {
        '\t' => (' ', 4),
        c if c.is_control() => ('\u{fffd}', 1),
        c => (c, 1),
    };
    std::iter::repeat_n(c, times)
}

fn width(text: &str) -> usize {
    text.chars().flat_map(printed).count()
}

#[cfg(test)]
mod tests {
    use super::super::diagnostic::Source;
    use super::*;

    fn show(text: &str, span: std::ops::Range<usize>) -> String {
        let at = At { source: Source::argument("--set", text), span };
        let mut out = String::new();
        render(&Diagnostic::error("wrong").at(&at).label("this"), false, &mut out);
        out
    }

    #[test]
    fn the_mark_stands_under_the_value_behind_tabs_and_wide_letters() {
        let text = show("\tπ = 3", 5..7);
        assert!(text.contains("1 |     π = 3\n"), "{text}");
        assert!(text.contains("  |        ^^ this\n"), "{text}");
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark() {
        let text = show(&format!("{}bad{}", "a".repeat(5000), "b".repeat(5000)), 5000..5003);
        assert!(text.lines().all(|line| line.chars().count() < WIDTH + 20), "{text}");
        let lines: Vec<&str> = text.lines().collect();
        let column = lines[4].find("^^^ this").unwrap();
        assert_eq!(&lines[3][column..column + 3], "bad", "{text}");
    }

    #[test]
    fn a_place_behind_the_end_is_shown_at_the_end() {
        assert!(show("a = 1", 5..5).contains("     ^ this"));
        assert!(show("", 0..9).contains("^ this"));
    }
}
