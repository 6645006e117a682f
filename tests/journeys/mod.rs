//! Whole watches of an operator: keys in, screens out, over the simulator, with time stepped by the test.

mod acting;
mod apart;
mod calm;
mod charts;
mod cost;
mod draining;
mod faults;
mod finding;
mod gateway_troubles;
mod journal;
mod logs;
mod muting;
mod notices;
mod readiness;
mod reading;
mod routes;
mod scenarios;
mod timeline;
mod troubles;
pub mod voyage;
