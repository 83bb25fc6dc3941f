//! Lines of the text at the end of a run.

use crate::plot::number::percent;

/// What is told, so far.
#[derive(Debug, Default)]
pub struct Lines {
    /// All of it.
    pub text: String,
}

impl Lines {
    /// A label and its value.
    pub fn row(&mut self, label: &str, value: &str) {
        self.text.push_str(&format!("  {label:<18} {value}\n"));
    }

    /// An empty line, if there is none yet.
    pub fn gap(&mut self) {
        if !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// What a case reached, and what it costs against what it should: `n` is how many times it was tried.
    pub fn case(&mut self, name: &str, mean: f64, tried: &str, (loss, max_loss): (f64, Option<f64>)) {
        let bound = max_loss.map_or_else(String::new, |max| {
            format!(", bound {:.2}{}", max * 100.0, if loss <= max { "" } else { ": EXCEEDED" })
        });
        self.row(name, &format!("{} {tried}; costs {:.2} points{bound}", percent(mean), loss * 100.0));
    }
}
