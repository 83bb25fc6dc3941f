//! Pictures as PNG, or the word that this program makes none.

use super::failure::Failure;

/// Makes PNG pictures with the fonts of the system.
#[cfg(feature = "png")]
pub struct Renderer(memspike::plot::Renderer);

#[cfg(feature = "png")]
impl Renderer {
    /// For what asks for a picture, such as an option.
    ///
    /// # Errors
    /// Without the feature `png`.
    pub fn new(_what: &str) -> Result<Self, Failure> {
        Ok(Self(memspike::plot::Renderer::new()))
    }

    /// Whether a font was found; without one the pictures have no text.
    pub fn has_fonts(&self) -> bool {
        self.0.has_fonts()
    }

    /// # Errors
    /// If the picture cannot be rendered.
    pub fn render(&self, svg: &str) -> Result<Vec<u8>, Failure> {
        self.0
            .render(svg)
            .map_err(|error| Failure::new(error.to_string()).with_hint("ask for the picture as .svg instead"))
    }
}

/// Nobody has one.
#[cfg(not(feature = "png"))]
pub enum Renderer {}

#[cfg(not(feature = "png"))]
impl Renderer {
    /// For what asks for a picture, such as an option.
    ///
    /// # Errors
    /// Always.
    pub fn new(what: &str) -> Result<Self, Failure> {
        Err(Failure::lacking(what, "png"))
    }

    pub fn has_fonts(&self) -> bool {
        match *self {}
    }

    /// # Errors
    /// Never.
    pub fn render(&self, _svg: &str) -> Result<Vec<u8>, Failure> {
        match *self {}
    }
}
