//! How every picture looks: palette, text, the sheet it is drawn on.
//!
//! The palette is that of Okabe and Ito ("Color universal design", 2008), which people with any of
//! the common colour deficiencies can tell apart; the map of values is cividis (Nunez, Anderton and
//! Renslow, PLOS ONE 13, e0199239, 2018), whose lightness grows evenly, so it survives a grey print.

use super::svg::{At, Colour, Sheet, bold, text};
use std::sync::LazyLock;

pub const INK: Colour = Colour(0x22, 0x26, 0x2b);
pub const MUTED: Colour = Colour(0x62, 0x69, 0x72);
pub const GRID: Colour = Colour(0xe3, 0xe6, 0xea);
pub const AXIS: Colour = Colour(0x9a, 0xa1, 0xa9);
pub const PAPER: Colour = Colour(0xff, 0xff, 0xff);
pub const SHADE: Colour = Colour(0xc9, 0xce, 0xd4);

pub const BLUE: Colour = Colour(0x00, 0x72, 0xb2);
pub const VERMILLION: Colour = Colour(0xd5, 0x5e, 0x00);
pub const GREEN: Colour = Colour(0x00, 0x9e, 0x73);
pub const ORANGE: Colour = Colour(0xe6, 0x9f, 0x00);
pub const SKY: Colour = Colour(0x56, 0xb4, 0xe9);
pub const PURPLE: Colour = Colour(0xcc, 0x79, 0xa7);

/// Numbers on a map of values, whose shades no page changes.
pub const ON_DARK: Colour = Colour(0xfd, 0xfd, 0xfd);
pub const ON_LIGHT: Colour = Colour(0x1b, 0x1e, 0x22);

/// Dark blue, darker than that of the palette of Okabe and Ito: the first three colours of a chart are a dark, a middle and
/// a light one on a grey print.
pub const NAVY: Colour = Colour(0x0b, 0x3c, 0x6f);
/// Behind stretches of an axis.
pub const TONES: [Colour; 3] = [Colour(0xec, 0xee, 0xf1), Colour(0xf9, 0xea, 0xd8), Colour(0xde, 0xec, 0xf8)];

/// What a colour is for, as a page names it, and what it is on a dark page.
const ROLES: [(Colour, &str, Colour); 16] = [
    (PAPER, "paper", Colour(0x1d, 0x21, 0x27)),
    (INK, "ink", Colour(0xe6, 0xe9, 0xed)),
    (MUTED, "muted", Colour(0x9a, 0xa3, 0xad)),
    (GRID, "grid", Colour(0x2f, 0x35, 0x3d)),
    (AXIS, "axis", Colour(0x69, 0x72, 0x7c)),
    (SHADE, "shade", Colour(0x59, 0x62, 0x6c)),
    (NAVY, "navy", Colour(0xa9, 0xc8, 0xf0)),
    (BLUE, "blue", Colour(0x4a, 0xa8, 0xe0)),
    (VERMILLION, "vermillion", Colour(0xff, 0x8a, 0x3d)),
    (GREEN, "green", Colour(0x2f, 0xc9, 0x9b)),
    (ORANGE, "orange", Colour(0xf0, 0xb4, 0x2a)),
    (SKY, "sky", Colour(0x56, 0xb4, 0xe9)),
    (PURPLE, "purple", Colour(0xdd, 0x96, 0xbd)),
    (TONES[0], "tone-1", Colour(0x2a, 0x30, 0x38)),
    (TONES[1], "tone-2", Colour(0x3b, 0x30, 0x23)),
    (TONES[2], "tone-3", Colour(0x22, 0x32, 0x42)),
];

/// The colours of pictures as CSS variables, for a light page and for a dark one.
pub static CSS: LazyLock<[String; 2]> = LazyLock::new(|| {
    let variables = |colour: fn(&(Colour, &str, Colour)) -> Colour| -> String {
        ROLES.iter().map(|role| format!("--{}:{};", role.1, colour(role))).collect()
    };
    [variables(|role| role.0), variables(|role| role.2)]
});

/// A picture for a page that says which colours it has: those with a name are named. Maps of values keep their shades.
pub fn themed(svg: &str) -> String {
    let mut page = String::with_capacity(svg.len() + svg.len() / 16);
    let mut parts = svg.split("\"#");
    page.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let name = |(colour, name, _): &(Colour, &'static str, Colour)| {
            let rest = part.strip_prefix(&colour.to_string()[1..])?;
            rest.starts_with('"').then_some((*name, rest))
        };
        let white = part.strip_prefix("fff").filter(|rest| rest.starts_with('"')).map(|rest| ("paper", rest));
        match white.or_else(|| ROLES.iter().find_map(name)) {
            Some((name, rest)) => page.extend(["\"var(--", name, ")", rest]),
            None => page.extend(["\"#", part]),
        }
    }
    page
}

/// Colours of series, in the order they are given out.
pub const SERIES: [Colour; 6] = [BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY];

/// Height of title and subtitle.
pub const HEAD: f64 = 58.0;

/// A white sheet with a title and a line below it.
pub fn sheet(size: (u32, u32), title: &str, subtitle: &str) -> Sheet {
    let mut sheet = Sheet::new(size, title);
    sheet.write(title, 20.0, 22.0, At::Left, bold(15.0, INK));
    if !subtitle.is_empty() {
        sheet.write(subtitle, 20.0, 42.0, At::Left, text(12.0, MUTED));
    }
    sheet
}

/// Cividis at `t` in [0, 1]: dark blue, grey, yellow. The polynomial is that of d3-scale-chromatic.
pub fn cividis(t: f64) -> Colour {
    let t = if t.is_finite() { t.clamp(0.0, 1.0) } else { 0.5 };
    let channel = |c: [f64; 6]| -> u8 {
        let value = c[0] + t * (c[1] + t * (c[2] + t * (c[3] + t * (c[4] + t * c[5]))));
        value.round().clamp(0.0, 255.0) as u8
    };
    Colour(
        channel([-4.54, -35.34, 2381.73, -6402.7, 7024.72, -2710.57]),
        channel([32.49, 170.73, 52.82, -131.46, 176.58, -67.37]),
        channel([81.24, 442.36, -2482.43, 6167.24, -6614.94, 2475.67]),
    )
}

/// "Nice" steps (1, 2, 5 times a power of ten) that cut [lo, hi] into about `parts`, with labels that
/// all have as many decimals as the step needs.
pub fn ticks(lo: f64, hi: f64, parts: usize) -> Vec<(f64, String)> {
    let span = hi - lo;
    if !(span.is_finite() && span > 0.0) {
        return vec![(lo, tick_label(lo))];
    }
    let rough = span / parts.max(1) as f64;
    let power = rough.log10().floor() as i32;
    let unit: f64 = format!("1e{power}").parse().unwrap_or(1.0);
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * unit).find(|s| *s >= rough).unwrap_or(rough);
    let places = usize::try_from(-(step.log10() + 1e-9).floor() as i32).unwrap_or(0);
    let first = (lo / step - 1e-9).ceil() as i64;
    let last = (hi / step + 1e-9).floor() as i64;
    (first..=last)
        .map(|k| {
            let value = k as f64 * step;
            (value, format!("{value:.places$}").replace('-', "\u{2212}"))
        })
        .collect()
}

/// A number's label without superfluous zeros.
pub fn tick_label(value: f64) -> String {
    let text = super::number::trimmed(&format!("{value:.6}"));
    if text == "-0" { "0".into() } else { text.replace('-', "\u{2212}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Perceived lightness (Rec. 709), near enough to order colours.
    fn grey(c: Colour) -> f64 {
        0.2126 * f64::from(c.0) + 0.7152 * f64::from(c.1) + 0.0722 * f64::from(c.2)
    }

    #[test]
    fn the_map_of_values_grows_lighter_all_the_way() {
        let shades: Vec<f64> = (0..=64).map(|k| grey(cividis(f64::from(k) / 64.0))).collect();
        assert!(shades.windows(2).all(|pair| pair[1] > pair[0]), "{shades:?}");
    }

    #[test]
    fn a_page_names_the_colours_that_have_a_name() {
        let svg = "<path fill=\"#ffffff\" stroke=\"#22262b\"/><path fill=\"#123456\" stroke=\"#fff\"/> \"#";
        let page = "<path fill=\"var(--paper)\" stroke=\"var(--ink)\"/><path fill=\"#123456\" stroke=\"var(--paper)\"/> \"#";
        assert_eq!(themed(svg), page);
        assert!(CSS[0].contains("--ink:#22262b;") && CSS[1].contains("--ink:#e6e9ed;"));
    }

    #[test]
    fn every_colour_of_text_and_lines_can_be_read_on_its_page() {
        // Contrast as WCAG 2.1 has it, with the grey above in place of its luminance: three to one for graphics.
        let linear = |c: Colour| (grey(c) / 255.0_f64).powf(2.2) + 0.05;
        let contrast = |a: Colour, b: Colour| linear(a).max(linear(b)) / linear(a).min(linear(b));
        for (light, name, dark) in
            ROLES.iter().filter(|role| ["ink", "muted", "navy", "blue", "vermillion"].contains(&role.1))
        {
            assert!(contrast(*light, PAPER) > 3.0, "{name} on white");
            assert!(contrast(*dark, ROLES[0].2) > 4.5, "{name} on dark");
        }
    }

    #[test]
    fn ticks_are_round_inside_and_labelled_alike() {
        let labels =
            |lo, hi, parts| -> Vec<String> { ticks(lo, hi, parts).into_iter().map(|t| t.1).collect() };
        assert_eq!(labels(0.0, 100.0, 5), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(labels(94.1, 96.2, 5), ["94.5", "95.0", "95.5", "96.0"]);
        assert_eq!(labels(-0.01, 0.011, 3), ["\u{2212}0.01", "0.00", "0.01"]);
        assert_eq!(labels(1.0, 1.0, 5), ["1"]);
        assert_eq!(tick_label(-0.5), "\u{2212}0.5");
    }
}
