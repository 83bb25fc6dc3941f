//! stub
use crate::plot::Figure;
use crate::record::manifest::Manifest;
use crate::record::summary::Summary;
use crate::scenario::outcome::Outcome;
pub fn page(_: &Manifest, _: &Outcome, _: &Summary, _: &[Figure]) -> String {
    String::new()
}
