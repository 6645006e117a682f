//! Stacks: deployed systems, each described by a TOML file.

pub mod capacity;
pub mod care;
mod cautions;
mod check;
pub mod checklist;
pub mod cost;
pub mod discovery;
pub mod drain;
pub mod load;
pub mod model;
mod parse;
mod sessions;
pub mod written;

pub use load::{bundled, bundled_files, load, load_folder};
