//! What bills mean: sums, run-rates, what moved, how that compares with the estimate, and what a unit costs.
//!
//! ```text
//! Bill ─▶ summary (month to date, run-rate, items, days, moves) ─▶ view, verb, status
//!      └▶ prices (cost over quantity; the shipped list where the bill has none) ─▶ running: what runs now, and changes
//! ```
//!
//! Invariants: money is reckoned in decimals and rounded by `domain::money` alone; figures that are shown with their total
//! add up to it.

pub mod beside;
pub mod gap;
pub mod known;
pub mod list;
pub mod moves;
pub mod prices;
pub mod running;
pub mod summary;

#[cfg(test)]
pub(crate) mod testing;
