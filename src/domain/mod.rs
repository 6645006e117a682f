//! The estate as plain values: ids, resources, observations, health, signals. No I/O, no clock.

pub mod alarm;
pub mod cost;
pub mod definition;
pub mod deployment;
pub mod estate;
pub mod fault;
pub mod group;
pub mod id;
pub mod listener;
pub mod metric;
pub mod money;
pub mod observation;
pub mod permission;
pub mod query;
pub mod read;
pub mod redact;
pub mod registry;
pub mod scaling;
pub mod service;
pub mod session;
pub mod signal;
pub mod target;
pub mod task;
pub mod text;
pub mod timeline;
pub mod write;
