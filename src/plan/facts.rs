//! What has been read afresh for one plan, and what is still to be read.
//!
//! Planning asks for what it needs as it goes; what has not been read yet is noted, so that whoever plans knows what
//! to fetch. Nothing here comes from the estate on screen: a plan never rests on what may be old.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use jiff::Timestamp;

use crate::domain::{
    fault::Fault,
    query::{Answer, Outcome, Query, Request},
};

/// Reads that have ended, by what was asked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    ended: BTreeMap<Request, (Outcome, Timestamp)>,
}

impl Facts {
    /// Takes in how a read ended.
    pub fn take(&mut self, request: Request, outcome: Outcome, at: Timestamp) {
        self.ended.insert(request, (outcome, at));
    }

    /// Reads that have ended.
    pub fn len(&self) -> usize {
        self.ended.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ended.is_empty()
    }

    /// When the oldest of the reads was answered.
    pub fn oldest(&self) -> Option<Timestamp> {
        self.ended.values().map(|(_, at)| *at).min()
    }
}

/// What a read says of one thing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Asked<'a, T> {
    /// Not read yet; it is now noted as needed.
    Awaited,
    Failed(&'a Fault),
    Known(T),
}

impl<'a, T> Asked<'a, T> {
    pub fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Awaited | Self::Failed(_) => None,
        }
    }

    pub fn fault(&self) -> Option<&'a Fault> {
        match self {
            Self::Failed(fault) => Some(fault),
            Self::Awaited | Self::Known(_) => None,
        }
    }

    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Asked<'a, U> {
        match self {
            Self::Awaited => Asked::Awaited,
            Self::Failed(fault) => Asked::Failed(fault),
            Self::Known(value) => Asked::Known(change(value)),
        }
    }
}

/// The facts, as one round of planning asks for them.
#[derive(Debug)]
pub struct Inquiry<'a> {
    facts: &'a Facts,
    missing: RefCell<BTreeSet<Request>>,
}

impl<'a> Inquiry<'a> {
    pub fn new(facts: &'a Facts) -> Self {
        Self { facts, missing: RefCell::default() }
    }

    /// Everything asked for that has not been read.
    pub fn missing(self) -> Vec<Request> {
        self.missing.into_inner().into_iter().collect()
    }

    pub fn is_complete(&self) -> bool {
        self.missing.borrow().is_empty()
    }

    /// The part of an answer that `pick` finds. An answer without it (as an unknown name gives) is the fault that came
    /// with it, or `None`.
    pub fn ask<T>(&self, request: Request, pick: impl FnOnce(&'a Answer) -> Option<T>) -> Asked<'a, Option<T>> {
        let Some((outcome, _)) = self.facts.ended.get(&request) else {
            self.missing.borrow_mut().insert(request);
            return Asked::Awaited;
        };
        match outcome {
            Outcome::Complete(answer) => Asked::Known(pick(answer)),
            Outcome::Partial(answer, fault) => match pick(answer) {
                Some(found) => Asked::Known(Some(found)),
                None => Asked::Failed(fault),
            },
            Outcome::Failed(fault) => Asked::Failed(fault),
        }
    }

    /// The same for a query in the scope of a service.
    pub fn ask_in<T>(
        &self,
        scope: &crate::domain::id::Scope,
        query: Query,
        pick: impl FnOnce(&'a Answer) -> Option<T>,
    ) -> Asked<'a, Option<T>> {
        self.ask(Request { scope: scope.clone(), query }, pick)
    }
}
