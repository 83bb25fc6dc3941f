//! The one line of progress: what it says at which width. It never wraps.

use std::time::Duration;

/// What a line may say.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// What is being done: `train`.
    pub phase: String,
    /// How much of it, from 0 to 1.
    pub share: f64,
    /// What is happening, in parts with two blanks between them; the last is what one looks for: accuracy, or a rate.
    pub message: String,
    /// How much of what in a second.
    pub speed: Option<(f64, &'static str)>,
    /// Resident bytes.
    pub memory: Option<u64>,
    /// Until the end of the run, or of its epoch.
    pub left: Option<(Duration, bool)>,
}

/// Columns of the bar.
const BAR: usize = 20;

/// One thing that the line may say: place in the line, importance (smaller first), text.
type Part = (usize, usize, String);

/// The line, shorter than `width` columns: what matters less is left out first.
pub fn line(shown: &Shown, width: usize) -> String {
    let room = width.saturating_sub(1);
    let percent = format!("{:>3.0} %", (100.0 * shown.share.clamp(0.0, 1.0)).floor());
    let mut used = columns(&percent);
    let mut parts: Vec<Part> = vec![(2, 0, percent)];
    let said: Vec<&str> = shown.message.split("  ").filter(|part| !part.is_empty()).collect();
    let last = said.len().saturating_sub(1);
    let mut candidates: Vec<Part> = vec![(0, 1, shown.phase.clone())];
    for (index, part) in said.iter().enumerate() {
        let importance = if index == last { 2 } else { 4 + 3 * usize::from(index > 0) };
        candidates.push((3 + index, importance, (*part).to_string()));
    }
    let after = 3 + said.len();
    candidates.extend(shown.speed.map(|speed| (after, 5, per_second(speed))));
    candidates.extend(shown.memory.map(|bytes| (after + 1, 6, size(bytes))));
    candidates.extend(shown.left.map(|(left, epoch)| {
        let of = if epoch { " left in this epoch" } else { " left" };
        (after + 2, 3, duration(left) + of)
    }));
    candidates.push((1, 8, bar(shown.share)));
    candidates.sort_by_key(|(_, importance, _)| *importance);
    for part in candidates {
        let more = 2 + columns(&part.2);
        if used + more <= room {
            used += more;
            parts.push(part);
        }
    }
    parts.sort_by_key(|(place, ..)| *place);
    let texts: Vec<String> = parts.into_iter().map(|(.., text)| text).collect();
    let line = texts.join("  ");
    if columns(&line) <= room { line } else { line.chars().take(room).collect() }
}

/// Columns of a terminal that a text takes: what is not ASCII may take two.
pub fn columns(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() || ('\u{2500}'..'\u{2580}').contains(&c) { 1 } else { 2 }).sum()
}

fn bar(share: f64) -> String {
    let full = (share.clamp(0.0, 1.0) * BAR as f64).floor() as usize;
    "\u{2501}".repeat(full) + &"\u{2500}".repeat(BAR - full)
}

/// `1234 samples/s`, `0.42 s/s`.
fn per_second((value, unit): (f64, &str)) -> String {
    let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.digits$} {unit}/s")
}

/// `85 MB`.
fn size(bytes: u64) -> String {
    let megabytes = bytes as f64 * 1e-6;
    if megabytes < 1000.0 { format!("{megabytes:.0} MB") } else { format!("{:.1} GB", megabytes * 1e-3) }
}

/// `45s`, `3m20s`, `1h05m`.
fn duration(left: Duration) -> String {
    let seconds = left.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn training() -> Shown {
        Shown {
            phase: "train".into(),
            share: 0.457,
            message: "epoch 13/20  loss 0.312  train 91.25 %".into(),
            speed: Some((1234.4, "samples")),
            memory: Some(85_400_000),
            left: Some((Duration::from_secs(200), false)),
        }
    }

    #[test]
    fn what_matters_stays_at_forty_columns_and_everything_is_there_at_two_hundred() {
        let line = |width| line(&training(), width);
        assert_eq!(line(40), "train   45 %  train 91.25 %  3m20s left");
        assert_eq!(line(80), "train   45 %  epoch 13/20  train 91.25 %  1234 samples/s  85 MB  3m20s left");
        let bar = "\u{2501}".repeat(9) + &"\u{2500}".repeat(11);
        let all = "epoch 13/20  loss 0.312  train 91.25 %  1234 samples/s  85 MB  3m20s left";
        assert_eq!(line(200), format!("train  {bar}   45 %  {all}"));
    }

    #[test]
    fn no_line_is_as_wide_as_the_terminal() {
        let long = Shown {
            phase: "a phase with a long name".repeat(3),
            message: "\u{7d04}\u{7d50}".repeat(60),
            left: Some((Duration::from_secs(400_000), true)),
            ..training()
        };
        for shown in [training(), long, Shown::default()] {
            for width in (0..220).chain([40, 80, 200]) {
                let line = line(&shown, width);
                assert!(columns(&line) < width.max(1), "{width}: {line}");
                assert!(width < 8 || line.contains(" %"), "{width}: {line}");
            }
        }
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(per_second((0.4238, "s")), "0.42 s/s");
        assert_eq!(per_second((42.38, "samples")), "42.4 samples/s");
        assert_eq!(size(2_345_000_000), "2.3 GB");
        assert_eq!(duration(Duration::from_secs(59)), "59s");
        assert_eq!(duration(Duration::from_secs(3900)), "1h05m");
    }
}
