//! The journal: the append-only record of every operation and note.
//!
//! One JSON object a line. Each carries the sum of itself and of the line before, so that a change is found. A record is
//! on disk before what it tells of begins: an intention before its call leaves, an outcome before it is shown.
//!
//! ```text
//! begun ─▶ intended ─▶ answered ─▶ intended ─▶ answered … ─▶ ended
//!                 ╰── killed here: found at the next start, watched on, never sent again
//! ```
//!
//! Invariant: lines are only ever added; what several processes add never mixes; no secret is in any line.

pub mod export;
pub mod file;
pub mod history;
pub mod line;
pub mod look;
pub mod record;
#[cfg(test)]
mod scratch;
pub mod verify;

pub use self::file::Journal;
