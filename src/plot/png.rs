//! PNG from SVG.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};
use std::sync::Arc;

/// Why a picture could not be made into a PNG.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PngError {
    /// The renderer does not take the picture, and says why.
    #[error("the picture is not SVG that can be rendered: {0}")]
    Svg(String),
    /// Width times height is more than there is memory for.
    #[error("the picture is too large to be rendered")]
    Size,
    /// The pixels were there, and could not be written as PNG.
    #[error("the PNG could not be encoded: {0}")]
    Encode(String),
}

/// Renders pictures with the fonts of the system.
pub struct Renderer {
    options: Options<'static>,
    has_fonts: bool,
}

/// Families without serifs, the likeliest first.
const SANS: &[&str] =
    &["Helvetica", "Arial", "Inter", "Noto Sans", "Liberation Sans", "DejaVu Sans", "Segoe UI", "Roboto"];

impl Renderer {
    /// Looks for the system's fonts.
    #[must_use]
    pub fn new() -> Self {
        let mut fonts = fontdb::Database::new();
        fonts.load_system_fonts();
        let has_fonts = !fonts.is_empty();
        let known =
            |name: &&str| fonts.faces().any(|face| face.families.iter().any(|family| family.0 == **name));
        let first =
            || fonts.faces().next().and_then(|face| face.families.first().map(|family| family.0.clone()));
        if let Some(family) = SANS.iter().find(|name| known(name)).map(ToString::to_string).or_else(first) {
            fonts.set_sans_serif_family(family);
        }
        Self { options: Options { fontdb: Arc::new(fonts), ..Options::default() }, has_fonts }
    }

    /// Whether a font was found; without one the pictures have no text.
    #[must_use]
    pub fn has_fonts(&self) -> bool {
        self.has_fonts
    }

    /// Renders at twice the size in pixels, for sharp print.
    ///
    /// # Errors
    /// If the text is not SVG or the picture has no size.
    pub fn render(&self, svg: &str) -> Result<Vec<u8>, PngError> {
        const ZOOM: f32 = 2.0;
        let tree = Tree::from_str(svg, &self.options).map_err(|error| PngError::Svg(error.to_string()))?;
        let size = tree.size().to_int_size().scale_by(ZOOM).ok_or(PngError::Size)?;
        let mut pixels = Pixmap::new(size.width(), size.height()).ok_or(PngError::Size)?;
        resvg::render(&tree, Transform::from_scale(ZOOM, ZOOM), &mut pixels.as_mut());
        pixels.encode_png().map_err(|error| PngError::Encode(error.to_string()))
    }
}

impl Default for Renderer {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_has_twice_the_pixels_of_the_picture() {
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"30\" height=\"20\"><rect width=\"9\" height=\"9\"/></svg>";
        let png = Renderer::new().render(svg).unwrap();
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        assert_eq!(png[16..24], [0, 0, 0, 60, 0, 0, 0, 40]);
    }

    #[test]
    fn what_is_not_svg_is_refused() {
        assert!(matches!(Renderer::new().render("<html>"), Err(PngError::Svg(_))));
    }
}
