//! What panes are drawn with.

pub mod fit;
pub mod freshness;
pub mod hints;
pub mod input;
pub mod meter;
pub mod pen;
pub mod plot;
pub mod strip;
