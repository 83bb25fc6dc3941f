//! Text on a chart: its width, shortening, indices below the line and powers above it.

use super::scale::Label;
use crate::plot::style::MUTED;
use crate::plot::svg::{At, Font, Sheet, escape, text};
use std::fmt::Write as _;

/// Mean width of a character of the labels, in pixels: the sheet knows no font metrics.
pub const CHAR: f64 = 6.3;
pub const LABEL: f64 = 12.0;
/// Indices and powers.
const SMALL: f64 = 11.0;

/// Text without what XML cannot hold, cut to a length.
pub fn shorten(text: &str, most: usize) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if clean.chars().count() <= most.max(8) {
        return clean;
    }
    let mut short: String = clean.chars().take(most.max(8) - 1).collect();
    short.push('\u{2026}');
    short
}

/// Writes text, indices below the line.
pub fn label(sheet: &mut Sheet, content: &str, place: (f64, f64), at: At, font: Font) {
    sheet.marked_up(&with_subscripts(&escape(&shorten(content, 200))), place, at, font, "");
}

/// As [`label`], upwards and centred.
pub fn label_up(sheet: &mut Sheet, content: &str, (x, y): (f64, f64), font: Font) {
    let turn = format!(" transform=\"rotate(-90 {x:.1} {y:.1})\"");
    let content = with_subscripts(&escape(&shorten(content, 200)));
    sheet.marked_up(&content, (x, y), At::Middle, font, &turn);
}

/// `V_th` with its index below the line: a word after one letter and an underscore. Names like `my_file` stay.
fn with_subscripts(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    for k in 0..chars.len() {
        let symbol = k > 0
            && chars[k] == '_'
            && chars[k - 1].is_alphabetic()
            && (k == 1 || !(chars[k - 2].is_alphanumeric() || chars[k - 2] == '_'));
        let end = (k + 1..chars.len()).find(|&j| !chars[j].is_alphanumeric()).unwrap_or(chars.len());
        if symbol && end > k + 1 && chars.get(end) != Some(&'_') {
            let index: String = chars[k + 1..end].iter().collect();
            let _ = write!(out, "<tspan dy=\"2.6\" font-size=\"{SMALL}\">{index}</tspan>");
            // The rest stands on the line again.
            let rest: String = chars[end..].iter().collect();
            if !rest.is_empty() {
                let _ = write!(out, "<tspan dy=\"-2.6\">{}</tspan>", with_subscripts(&rest));
            }
            return out;
        }
        out.push(chars[k]);
    }
    out
}

pub fn tick_label(sheet: &mut Sheet, tick: &Label, at: (f64, f64), anchor: At) {
    match tick {
        Label::None => {}
        Label::Plain(content) => label(sheet, content, at, anchor, text(LABEL, MUTED)),
        Label::Power { negative, power } => {
            let sign = if *negative { "\u{2212}" } else { "" };
            let power = power.to_string().replace('-', "\u{2212}");
            let content = format!("{sign}10<tspan dy=\"-4.5\" font-size=\"{SMALL}\">{power}</tspan>");
            sheet.marked_up(&content, at, anchor, text(LABEL, MUTED), "");
        }
    }
}
