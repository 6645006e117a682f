//! The adapters against answers of every kind: fixed ones, good and hostile, and the simulator's.

mod absent;
pub mod canned;
mod cost;
mod credentials;
mod estates;
mod hostile;
mod inventory;
mod logs;
mod loopback;
mod metered;
mod paged;
mod raw;
mod simulated;
mod writes;
