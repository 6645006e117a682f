//! All integration tests: one binary, because each links the AWS SDK again.

// Tells clippy that helpers here are test code as well: they may unwrap.
#![cfg(test)]

mod adapters;
mod architecture;
mod attached;
mod console;
mod crashes;
mod demo;
mod files;
mod foreign;
mod group_verbs;
mod hostile;
mod interop;
mod journeys;
mod left_behind;
mod screenshots;
mod signals;
mod soak;
mod terminal;
mod triage;
mod verbs;
