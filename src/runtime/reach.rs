//! Calls to AWS, with the clients of each scope: made at its first call, and anew after its credentials failed.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use super::{
    bills::{Bills, Turn},
    clock::Clock,
    connection::Connection,
};
use crate::{
    aws::{self, Clients},
    domain::{
        fault::{Fault, FaultKind},
        id::Scope,
        query::{Outcome, Request},
        write::{WriteOutcome, WriteRequest},
    },
};

/// The way to AWS, for every scope. Clones share their clients.
#[derive(Debug, Clone)]
pub struct Reach {
    connection: Connection,
    clock: Clock,
    clients: Arc<Mutex<BTreeMap<Scope, Arc<Clients>>>>,
    bills: Bills,
}

impl Reach {
    pub fn new(connection: Connection, clock: Clock, bills: Bills) -> Self {
        Self { connection, clock, clients: Arc::default(), bills }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Answers one read.
    pub async fn fetch(&self, request: &Request) -> Outcome {
        self.fetch_dated(request).await.0
    }

    /// Answers one read, and says of when the answer is: what things cost may have been answered hours ago.
    pub async fn fetch_dated(&self, request: &Request) -> (Outcome, Timestamp) {
        if let Turn::Kept(outcome, at) = self.bills.turn(request, self.now()) {
            return (*outcome, at);
        }
        let outcome = self.call(request).await;
        let now = self.now();
        self.bills.keep(request, &outcome, now);
        (outcome, now)
    }

    async fn call(&self, request: &Request) -> Outcome {
        let clients = match self.clients_of(&request.scope).await {
            Ok(clients) => clients,
            Err(fault) => return Outcome::Failed(fault),
        };
        let outcome = aws::fetch(&clients, request, self.now()).await;
        if let Outcome::Failed(fault) | Outcome::Partial(_, fault) = &outcome {
            tracing::warn!(
                scope = %request.scope, operation = %fault.operation, code = %fault.code,
                request_id = fault.request_id.as_ref().map(tracing::field::display), "read failed: {}", fault.message
            );
        }
        if let Outcome::Failed(fault) = &outcome {
            self.forget_after(fault, &request.scope);
        }
        outcome
    }

    /// Sends one write, once.
    pub async fn send(&self, request: &WriteRequest) -> WriteOutcome {
        let clients = match self.clients_of(&request.scope).await {
            Ok(clients) => clients,
            Err(fault) => return WriteOutcome::Refused(fault),
        };
        let outcome = aws::write(&clients, request, self.now()).await;
        if let WriteOutcome::Refused(fault) | WriteOutcome::Unknown(fault) = &outcome {
            self.forget_after(fault, &request.scope);
        }
        outcome
    }

    async fn clients_of(&self, scope: &Scope) -> Result<Arc<Clients>, Fault> {
        if let Some(known) = self.lock().get(scope).cloned() {
            return Ok(known);
        }
        let made = Arc::new(self.connection.clients(scope).await.map_err(|error| error.fault(self.now()))?);
        self.lock().insert(scope.clone(), made.clone());
        Ok(made)
    }

    /// A new login is only seen by clients that load their credentials anew.
    fn forget_after(&self, fault: &Fault, scope: &Scope) {
        if matches!(fault.kind, FaultKind::Expired | FaultKind::Credentials) {
            self.lock().remove(scope);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Scope, Arc<Clients>>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
