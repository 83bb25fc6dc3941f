//! Text on a chart: its width, shortening, indices below the line and powers above it.

use super::marker::hex;
use super::scale::Label;
use crate::plot::style::{At, FONT, MUTED, escape};
use plotters::style::RGBColor;
use std::fmt::Write as _;

/// Mean width of a character of the labels, in pixels: the sheet knows no font metrics.
pub const CHAR: f64 = 6.3;
pub const LABEL: f64 = 11.5;

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

/// Writes text, with a white edge where it lies on data.
pub fn label(
    svg: &mut String,
    content: &str,
    (x, y): (f64, f64),
    at: At,
    size: f64,
    colour: RGBColor,
    edged: bool,
) {
    let edge = if edged {
        " paint-order=\"stroke\" stroke=\"#fff\" stroke-width=\"3.5\" stroke-linejoin=\"round\""
    } else {
        ""
    };
    let content = with_subscripts(&escape(&shorten(content, 200)));
    raw(svg, &content, (x, y), at, size, colour, edge);
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
            let _ = write!(out, "<tspan dy=\"2.6\" font-size=\"9\">{index}</tspan>");
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

pub fn tick_label(svg: &mut String, tick: &Label, at: (f64, f64), anchor: At) {
    match tick {
        Label::None => {}
        Label::Plain(content) => label(svg, content, at, anchor, LABEL, MUTED, false),
        Label::Power { negative, power } => {
            let sign = if *negative { "\u{2212}" } else { "" };
            let power = power.to_string().replace('-', "\u{2212}");
            let content = format!("{sign}10<tspan dy=\"-4.5\" font-size=\"8.5\">{power}</tspan>");
            raw(svg, &content, at, anchor, LABEL, MUTED, "");
        }
    }
}

fn raw(svg: &mut String, content: &str, (x, y): (f64, f64), at: At, size: f64, colour: RGBColor, more: &str) {
    let anchor = match at {
        At::Left => "start",
        At::Middle => "middle",
        At::Right => "end",
    };
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" dy=\"0.35em\" text-anchor=\"{anchor}\" font-family=\"{FONT}\" \
         font-size=\"{size}\" fill=\"{}\"{more}>{content}</text>",
        hex(colour)
    );
}
