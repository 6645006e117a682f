//! From the simulated world to signals, through the real SDK clients: what an operator would be told, and when not.

mod estates;
mod money;
mod rarer;
mod services;
mod troubles;
mod watch;
