//! Pictures as PNG, or the word that this program makes none.

use super::failure::Failure;
use std::sync::atomic::AtomicBool;
#[cfg(feature = "png")]
use std::sync::{atomic::Ordering, mpsc::RecvTimeoutError};
#[cfg(feature = "png")]
use std::time::Duration;

/// Makes PNG pictures with the fonts of the system.
#[cfg(feature = "png")]
pub struct Renderer(std::sync::Arc<memspike::plot::Renderer>);

#[cfg(feature = "png")]
impl Renderer {
    /// For what asks for a picture, such as an option.
    ///
    /// # Errors
    /// Without the feature `png`.
    pub fn new(_what: &str) -> Result<Self, Failure> {
        Ok(Self(std::sync::Arc::new(memspike::plot::Renderer::new())))
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

    /// The same in a thread of its own, which is left alone with it where `stop` is set before it is done.
    ///
    /// # Errors
    /// As [`Renderer::render`], and if it was stopped.
    pub fn render_unless(&self, svg: &str, stop: &AtomicBool) -> Result<Vec<u8>, Failure> {
        let (tell, told) = std::sync::mpsc::channel();
        let (own, svg) = (Self(self.0.clone()), svg.to_string());
        // Nobody listens to one that was left alone.
        std::thread::spawn(move || drop(tell.send(own.render(&svg))));
        loop {
            if stop.load(Ordering::Relaxed) {
                return Err(Failure::Stopped);
            }
            match told.recv_timeout(Duration::from_millis(50)) {
                Ok(rendered) => return rendered,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Failure::new("a picture could not be rendered"));
                }
            }
        }
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

    /// # Errors
    /// Never.
    pub fn render_unless(&self, _svg: &str, _stop: &AtomicBool) -> Result<Vec<u8>, Failure> {
        match *self {}
    }
}

#[cfg(feature = "png")]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_left_alone_where_it_is_told_to_stop() {
        let renderer = Renderer::new("--png").unwrap_or_else(|failure| panic!("{failure}"));
        let svg =
            "<svg xmlns='http://www.w3.org/2000/svg' width='4' height='4'><rect width='4' height='4'/></svg>";
        let rendered = renderer.render_unless(svg, &AtomicBool::new(false)).ok().unwrap();
        assert!(rendered.starts_with(b"\x89PNG"));
        assert!(matches!(renderer.render_unless(svg, &AtomicBool::new(true)), Err(Failure::Stopped)));
    }
}
