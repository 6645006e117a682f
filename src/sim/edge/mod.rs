//! The front end that every service shares: who is let in, how often, and over what kind of network.
//!
//! ```text
//! exchange (network) ─▶ route ─▶ admit: expired? ─▶ bucket empty? ─▶ denied? ─▶ the service
//! ```

mod access;
mod buckets;
pub mod network;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use self::buckets::THROTTLED_SERVICES;
use self::{buckets::Buckets, network::Weather};
use super::{
    sts,
    wire::{fault::Fault, input::Input},
    world::{Place, random::Random},
};

/// What the services' common front end remembers between requests.
#[derive(Debug)]
pub struct Edge {
    /// Apart from the world's chance, so that reading does not change what happens.
    random: Random,
    /// Temporary credentials given out by `AssumeRole`, by access key.
    pub assumed: BTreeMap<String, sts::AssumedRole>,
    buckets: Buckets,
    /// What scenarios lay over it; nothing when calm.
    pub troubles: Vec<Trouble>,
}

/// A condition of the way to AWS, not of anything in it.
#[derive(Debug, Clone, PartialEq)]
pub enum Trouble {
    /// Every credential of the account has expired.
    Expired {
        account: String,
    },
    /// The account's identities may not do this: `SERVICE:OPERATION`, as IAM writes it, with `*` at the end.
    Denied {
        account: String,
        actions: Vec<String>,
    },
    /// Others use the buckets of a service (its IAM prefix) up to this share.
    Strained {
        place: Place,
        service: String,
        left: f64,
    },
    /// Cost Explorer is not switched on in the account.
    CostExplorerOff {
        account: String,
    },
    Network(Weather),
}

/// What the front end is asked to let through.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// IAM prefix of the service, as `ecs`.
    pub service: &'static str,
    pub operation: &'a str,
    pub input: Input<'a>,
    pub place: &'a Place,
    pub access_key: &'a str,
}

impl Edge {
    pub fn new(seed: u64) -> Self {
        Self { random: Random::new(!seed), assumed: BTreeMap::new(), buckets: Buckets::default(), troubles: Vec::new() }
    }

    /// A fresh request id.
    pub fn request_id(&mut self) -> String {
        self.random.uuid()
    }

    /// `length` letters and digits for credentials.
    pub fn token(&mut self, length: usize) -> String {
        self.random.token(length)
    }

    /// Lets a call through to its service, or refuses it as every service does.
    pub fn admit(&mut self, asked: &Asked<'_>, now: Timestamp) -> Result<(), Fault> {
        if self.has_expired(&asked.place.account) {
            return Err(Fault::Expired);
        }
        self.buckets.take(asked, &self.troubles, now)?;
        let action = format!("{}:{}", asked.service, asked.operation);
        if self.denies(&asked.place.account, &action) {
            let caller = sts::caller_arn(self, asked.access_key, &asked.place.account);
            return Err(Fault::Denied { caller, action, resource: access::resource(asked) });
        }
        Ok(())
    }

    /// Whether a scenario has the account without Cost Explorer.
    pub fn closes_cost_explorer(&self, account: &str) -> bool {
        self.troubles.iter().any(|it| matches!(it, Trouble::CostExplorerOff { account: off } if off == account))
    }

    /// Raises every bucket by this factor, as AWS does on request.
    pub fn raise_quotas(&mut self, factor: f64) {
        self.buckets.raised = factor;
    }

    /// Empties the buckets that a strain is about to hold low.
    pub fn drain(&mut self, place: &Place, service: &str, left: f64) {
        self.buckets.drain(place, service, left);
    }
}
