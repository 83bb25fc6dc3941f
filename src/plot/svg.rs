//! A picture as SVG text, put together piece by piece; everything is in pixels from the left and from the top.

use super::number;
use std::fmt::{self, Write as _};

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Colour(pub u8, pub u8, pub u8);

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// A length or place with at most two decimals: a hundredth of a pixel is enough. What is not finite is 0, because
/// no viewer would show the picture otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Px(pub f64);

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = number::trimmed(&format!("{:.2}", if self.0.is_finite() { self.0 } else { 0.0 }));
        f.write_str(if text == "-0" { "0" } else { &text })
    }
}

/// Where a text sits relative to its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    Left,
    Middle,
    Right,
}

/// Size in pixels and colour of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Font {
    pub size: f64,
    pub colour: Colour,
    pub bold: bool,
    /// A white edge, for text that lies on data.
    pub edged: bool,
}

/// Text of a size in pixels.
pub fn text(size: f64, colour: Colour) -> Font {
    Font { size, colour, bold: false, edged: false }
}

/// As [`text`], bold.
pub fn bold(size: f64, colour: Colour) -> Font {
    Font { bold: true, ..text(size, colour) }
}

/// A picture that is being drawn: what comes later lies on top.
#[derive(Debug)]
pub struct Sheet {
    svg: String,
}

/// The page's font where there is one, else whatever the viewer has without serifs.
const FONT: &str = "system-ui, Helvetica, Arial, 'DejaVu Sans', sans-serif";

// Writing to a String cannot fail.
impl Sheet {
    /// A white sheet. `title` is what a screen reader says.
    pub fn new((width, height): (u32, u32), title: &str) -> Self {
        let mut svg = String::new();
        let _ = write!(
            svg,
            "<svg role=\"img\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             xmlns=\"http://www.w3.org/2000/svg\" font-family=\"{FONT}\">\n<title>{}</title>\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n",
            escape(title)
        );
        Self { svg }
    }

    /// The whole picture.
    pub fn finish(mut self) -> String {
        self.svg.push_str("</svg>\n");
        self.svg
    }

    /// Writes `label` at (x, y), vertically centred.
    pub fn write(&mut self, label: &str, x: f64, y: f64, at: At, font: Font) {
        self.marked_up(&escape(label), (x, y), at, font, "");
    }

    /// As [`Self::write`], upwards and centred.
    pub fn write_up(&mut self, label: &str, x: f64, y: f64, font: Font) {
        let turn = format!(" transform=\"rotate(-90 {} {})\"", Px(x), Px(y));
        self.marked_up(&escape(label), (x, y), At::Middle, font, &turn);
    }

    /// As [`Self::write`], of text that may have elements of SVG in it; `more` are attributes.
    pub fn marked_up(&mut self, label: &str, (x, y): (f64, f64), at: At, font: Font, more: &str) {
        let anchor = match at {
            At::Left => "",
            At::Middle => " text-anchor=\"middle\"",
            At::Right => " text-anchor=\"end\"",
        };
        let weight = if font.bold { " font-weight=\"bold\"" } else { "" };
        let edge = if font.edged {
            " paint-order=\"stroke\" stroke=\"#fff\" stroke-width=\"3.5\" stroke-linejoin=\"round\""
        } else {
            ""
        };
        // 0.35 em below the middle of capitals and digits is the line they stand on.
        let _ = writeln!(
            self.svg,
            "<text x=\"{}\" y=\"{}\" dy=\"0.35em\"{anchor} font-size=\"{}\"{weight} fill=\"{}\"{edge}{more}>{label}</text>",
            Px(x),
            Px(y),
            Px(font.size),
            font.colour
        );
    }

    /// A filled rectangle.
    pub fn fill(&mut self, x: f64, y: f64, w: f64, h: f64, colour: Colour) {
        let _ = writeln!(
            self.svg,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{colour}\"/>",
            Px(x),
            Px(y),
            Px(w),
            Px(h)
        );
    }

    /// A filled rectangle through which the sheet is seen, the less the nearer `amount` is to 1.
    pub fn shade(&mut self, (x, y): (f64, f64), (w, h): (f64, f64), colour: Colour, amount: f64) {
        let _ = writeln!(
            self.svg,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{colour}\" fill-opacity=\"{:.3}\"/>",
            Px(x),
            Px(y),
            Px(w),
            Px(h),
            amount.clamp(0.0, 1.0)
        );
    }

    /// A straight line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: Colour, width: f64) {
        let _ = writeln!(
            self.svg,
            "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"{colour}\" stroke-width=\"{}\"/>",
            Px(from.0),
            Px(from.1),
            Px(to.0),
            Px(to.1),
            Px(width)
        );
    }

    /// The outline `path`; `more` are attributes.
    pub fn stroke(&mut self, path: &str, colour: Colour, width: f64, more: &str) {
        if !path.is_empty() {
            let _ = writeln!(
                self.svg,
                "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{}\"{more}/>",
                Px(width)
            );
        }
    }

    /// The inside of `path`; `more` are attributes.
    pub fn shape(&mut self, path: &str, colour: Colour, more: &str) {
        if !path.is_empty() {
            let _ = writeln!(self.svg, "<path d=\"{path}\" fill=\"{colour}\"{more}/>");
        }
    }

    /// What `draw` draws, within a group with these attributes.
    pub fn group(&mut self, attributes: &str, draw: impl FnOnce(&mut Self)) {
        let _ = writeln!(self.svg, "<g {attributes}>");
        draw(self);
        self.svg.push_str("</g>\n");
    }
}

/// A text with what XML reserves written out.
pub fn escape(text: &str) -> String {
    // XML has no way to write a control character.
    let text = text.replace(char::is_control, "\u{fffd}");
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::drawn;

    #[test]
    fn every_piece_is_well_formed_whatever_the_text_and_the_numbers() {
        let red = Colour(255, 0, 9);
        let mut sheet = Sheet::new((90, 60), "a < b & \"c\"");
        sheet.write("x > y", f64::NAN, f64::INFINITY, At::Right, Font { edged: true, ..bold(11.0, red) });
        sheet.write_up("up", 1.0, -0.001, text(11.0, red));
        sheet.fill(0.0, 1.0 / 3.0, 2.0, 3.0, red);
        sheet.group("opacity=\"0.5\"", |sheet| {
            sheet.line((0.0, 0.0), (1.0, 1.0), red, 1.25);
            sheet.stroke("M0 0h9", red, 1.0, "");
            sheet.stroke("", red, 1.0, "");
            sheet.shape("M0 0h9v9z", red, " fill-opacity=\"0.2\"");
        });
        let svg = sheet.finish();
        drawn::check(&svg);
        assert!(svg.contains("<title>a &lt; b &amp; &quot;c&quot;</title>"), "{svg}");
        assert!(svg.contains("x=\"0\" y=\"0.33\"") && svg.contains("fill=\"#ff0009\""), "{svg}");
        assert!(svg.contains("rotate(-90 1 0)") && !svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        assert_eq!(svg.matches("<path").count(), 2);
    }
}
