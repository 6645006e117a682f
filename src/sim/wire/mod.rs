//! The AWS protocols, both ways.
//!
//! A request comes in as [`incoming::Incoming`] (dialect, address, operation, input, signature); what a service
//! answers goes out through [`outgoing::Outgoing`] in the same dialect. Between the two everything is a
//! [`value::Value`].

pub mod call;
mod cbor;
pub mod dialect;
pub mod error;
pub mod fault;
pub mod incoming;
pub mod input;
mod json;
pub mod outgoing;
pub mod page;
mod query;
pub mod signature;
pub mod value;
mod xml;
