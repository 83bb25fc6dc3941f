//! Devices under drives of every kind.

mod extremes;
mod kinds;
mod paper_figures;
mod properties;
mod switch_as_lif;
