//! How every picture looks: palette, text, the sheet it is drawn on.
//!
//! The palette is that of Okabe and Ito ("Color universal design", 2008), which people with any of
//! the common colour deficiencies can tell apart; the map of values is cividis (Nunez, Anderton and
//! Renslow, PLOS ONE 13, e0199239, 2018), whose lightness grows evenly, so it survives a grey print.

use super::PlotError;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub const INK: RGBColor = RGBColor(0x22, 0x26, 0x2b);
pub const MUTED: RGBColor = RGBColor(0x62, 0x69, 0x72);
pub const GRID: RGBColor = RGBColor(0xe3, 0xe6, 0xea);
pub const AXIS: RGBColor = RGBColor(0x9a, 0xa1, 0xa9);
pub const PAPER: RGBColor = RGBColor(0xff, 0xff, 0xff);
pub const SHADE: RGBColor = RGBColor(0xc9, 0xce, 0xd4);

pub const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xb2);
pub const VERMILLION: RGBColor = RGBColor(0xd5, 0x5e, 0x00);
pub const GREEN: RGBColor = RGBColor(0x00, 0x9e, 0x73);
pub const ORANGE: RGBColor = RGBColor(0xe6, 0x9f, 0x00);
pub const SKY: RGBColor = RGBColor(0x56, 0xb4, 0xe9);
pub const PURPLE: RGBColor = RGBColor(0xcc, 0x79, 0xa7);

/// Colours of series, in the order they are given out.
pub const SERIES: [RGBColor; 6] = [BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY];

/// Plotters places everything at whole units, so a sheet is drawn in units of a quarter pixel.
pub const S: i32 = 4;

pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Text of a size in pixels.
pub fn text(size: f64, colour: RGBColor) -> TextStyle<'static> {
    // Plotters divides a size by 1.24 before writing it.
    let font = FontDesc::new(FontFamily::Name(FONT), size * f64::from(S) * 1.24, FontStyle::Normal);
    font.color(&colour)
}

/// As [`text`], bold.
pub fn bold(size: f64, colour: RGBColor) -> TextStyle<'static> {
    let font = FontDesc::new(FontFamily::Name(FONT), size * f64::from(S) * 1.24, FontStyle::Bold);
    font.color(&colour)
}

/// The page's font where there is one, else whatever the viewer has without serifs.
pub const FONT: &str = "system-ui, Helvetica, Arial, 'DejaVu Sans', sans-serif";

/// Where a text sits relative to its point.
#[derive(Clone, Copy)]
pub enum At {
    Left,
    Middle,
    Right,
}

/// Writes `label` at (x, y) in pixels, vertically centred.
pub fn write(
    area: &Area<'_>,
    label: &str,
    x: f64,
    y: f64,
    at: At,
    style: &TextStyle<'_>,
) -> Result<(), PlotError> {
    let h = match at {
        At::Left => HPos::Left,
        At::Middle => HPos::Center,
        At::Right => HPos::Right,
    };
    // "dy = 0.5ex" of the backend sits a little low for capitals and digits: 0.35 em is their middle.
    let style = style.pos(Pos::new(h, VPos::Center));
    area.draw(&Text::new(label.to_string(), (px(x), px(y)), style))?;
    Ok(())
}

/// A filled rectangle in pixels.
pub fn fill(area: &Area<'_>, x: f64, y: f64, w: f64, h: f64, colour: RGBColor) -> Result<(), PlotError> {
    area.draw(&Rectangle::new([(px(x), px(y)), (px(x + w), px(y + h))], colour.filled()))?;
    Ok(())
}

/// A straight line in pixels.
pub fn line(
    area: &Area<'_>,
    from: (f64, f64),
    to: (f64, f64),
    colour: RGBColor,
    width: f64,
) -> Result<(), PlotError> {
    let style = colour.stroke_width(stroke(width));
    area.draw(&PathElement::new(vec![(px(from.0), px(from.1)), (px(to.0), px(to.1))], style))?;
    Ok(())
}

/// A dashed straight line in pixels.
pub fn dashed(
    area: &Area<'_>,
    from: (f64, f64),
    to: (f64, f64),
    colour: RGBColor,
    width: f64,
) -> Result<(), PlotError> {
    let style = colour.stroke_width(stroke(width));
    let points = [(px(from.0), px(from.1)), (px(to.0), px(to.1))];
    area.draw(&plotters::element::DashedPathElement::new(points, 5 * S, 4 * S, style))?;
    Ok(())
}

/// Pixels to units of the sheet.
pub fn px(x: f64) -> i32 {
    (x * f64::from(S)).round() as i32
}

/// Width of a stroke in units of the sheet.
pub fn stroke(width: f64) -> u32 {
    (width * f64::from(S)).round().max(1.0) as u32
}

/// Height of title and subtitle.
pub const HEAD: f64 = 58.0;

/// Draws on a white sheet with a title and a line below it; returns the SVG. `fragments` are put in
/// as they are, on top, in pixels.
pub fn sheet(
    (width, height): (u32, u32),
    title: &str,
    subtitle: &str,
    draw: impl FnOnce(&Area<'_>, &mut String) -> Result<(), PlotError>,
) -> Result<String, PlotError> {
    let mut svg = String::new();
    let mut fragments = String::new();
    {
        let scale = S.unsigned_abs();
        let area = SVGBackend::with_string(&mut svg, (width * scale, height * scale)).into_drawing_area();
        area.fill(&PAPER)?;
        write(&area, title, 20.0, 22.0, At::Left, &bold(15.0, INK))?;
        write(&area, subtitle, 20.0, 42.0, At::Left, &text(12.0, MUTED))?;
        draw(&area, &mut fragments)?;
        area.present()?;
    }
    let (w, h) = (width * scale(), height * scale());
    let svg = svg.replacen(
        &format!("<svg width=\"{w}\" height=\"{h}\""),
        &format!("<svg role=\"img\" width=\"{width}\" height=\"{height}\""),
        1,
    );
    let end = svg.rfind("</svg>").unwrap_or(svg.len());
    let label = format!("<title>{}</title>\n", escape(title));
    let body = if fragments.is_empty() {
        String::new()
    } else {
        format!("<g transform=\"scale({S})\">\n{fragments}</g>\n")
    };
    let start = svg.find(">\n").map_or(0, |at| at + 2);
    Ok(format!("{}{label}{}{body}</svg>\n", &svg[..start], &svg[start..end]))
}

fn scale() -> u32 {
    S.unsigned_abs()
}

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Cividis at `t` in [0, 1]: dark blue, grey, yellow. The polynomial is that of d3-scale-chromatic.
pub fn cividis(t: f64) -> RGBColor {
    let t = if t.is_finite() { t.clamp(0.0, 1.0) } else { 0.5 };
    let channel = |c: [f64; 6]| -> u8 {
        let value = c[0] + t * (c[1] + t * (c[2] + t * (c[3] + t * (c[4] + t * c[5]))));
        value.round().clamp(0.0, 255.0) as u8
    };
    RGBColor(
        channel([-4.54, -35.34, 2381.73, -6402.7, 7024.72, -2710.57]),
        channel([32.49, 170.73, 52.82, -131.46, 176.58, -67.37]),
        channel([81.24, 442.36, -2482.43, 6167.24, -6614.94, 2475.67]),
    )
}

/// A colour of `colour` mixed into white: 0 is white, 1 the colour.
pub fn tint(colour: RGBColor, amount: f64) -> RGBColor {
    let mix = |c: u8| (255.0 + (f64::from(c) - 255.0) * amount.clamp(0.0, 1.0)).round() as u8;
    RGBColor(mix(colour.0), mix(colour.1), mix(colour.2))
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
    fn grey(c: RGBColor) -> f64 {
        0.2126 * f64::from(c.0) + 0.7152 * f64::from(c.1) + 0.0722 * f64::from(c.2)
    }

    #[test]
    fn the_map_of_values_grows_lighter_all_the_way() {
        let shades: Vec<f64> = (0..=64).map(|k| grey(cividis(f64::from(k) / 64.0))).collect();
        assert!(shades.windows(2).all(|pair| pair[1] > pair[0]), "{shades:?}");
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
