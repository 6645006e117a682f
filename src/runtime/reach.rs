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
        query::{Answer, Outcome, Query, Request},
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
    /// What others than AWS have told of cost, where a profile says that they are asked.
    elsewhere: Bills,
    /// Held while it is asked whose the credentials are: by one for all.
    asking_whose: Arc<tokio::sync::Mutex<()>>,
}

impl Reach {
    pub fn new(connection: Connection, clock: Clock, bills: Bills) -> Self {
        let elsewhere = bills.aside();
        Self { connection, clock, clients: Arc::default(), bills, elsewhere, asking_whose: Arc::default() }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Somebody wants to know now what things cost, and may have changed that the account refuses to tell.
    pub fn insist(&self) {
        self.bills.insist(self.now());
    }

    /// Answers one read.
    pub async fn fetch(&self, request: &Request) -> Outcome {
        self.fetch_dated(request).await.0
    }

    /// Answers one read, and says of when the answer is: what things cost may have been answered hours ago.
    pub async fn fetch_dated(&self, request: &Request) -> (Outcome, Timestamp) {
        let bills = self.bills_of(request).await;
        if let Err(fault) = self.learn_account(bills, request).await {
            return (Outcome::Failed(fault), self.now());
        }
        if let Turn::Kept(outcome, at) = bills.turn(request, self.now()) {
            return (*outcome, at);
        }
        let outcome = self.call(request).await;
        let now = self.now();
        bills.keep(request, &outcome, now);
        (outcome, now)
    }

    /// Where the answer is kept.
    async fn bills_of(&self, request: &Request) -> &Bills {
        if !request.query.is_of_cost() {
            return &self.bills;
        }
        let clients = self.clients_of(&request.scope).await;
        if clients.is_ok_and(|it| it.tells_cost_elsewhere()) { &self.elsewhere } else { &self.bills }
    }

    /// Sees whose account a question of cost is about where that must be known first (sts:GetCallerIdentity).
    async fn learn_account(&self, bills: &Bills, request: &Request) -> Result<(), Fault> {
        if !bills.lacks_account(request) {
            return Ok(());
        }
        let _alone = self.asking_whose.lock().await;
        if !bills.lacks_account(request) {
            return Ok(());
        }
        let identity = Request { scope: request.scope.clone(), query: Query::Identity };
        match self.call(&identity).await {
            Outcome::Complete(Answer::Identity(identity)) => bills.belongs_to(identity.account.as_str()),
            Outcome::Failed(fault) | Outcome::Partial(_, fault) => return Err(fault),
            // Nothing else answers that question.
            Outcome::Complete(_) => {}
        }
        Ok(())
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
            if scope.profile.is_empty() {
                self.bills.forget_account();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Scope, Arc<Clients>>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::Path, time::Duration};

    use super::*;
    use crate::{
        aws::meter::Meter,
        domain::{
            cost::{CostFilter, month::Month},
            query::Attempt,
        },
        runtime::{connection::Keys, sim_connector::http_client},
        sim::{Sim, estates, pace::Pace},
    };

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().expect("a time")
    }

    /// A console with credentials that the environment names so, and the operations that it calls.
    fn reach(sim: &Arc<Sim>, folder: &Path, whose: &str) -> (Reach, Arc<Mutex<Vec<Attempt>>>) {
        let attempts = Arc::new(Mutex::new(Vec::new()));
        let reported = attempts.clone();
        let report = move |it| reported.lock().expect("nobody panics").push(it);
        let connection = Connection {
            http: http_client(sim.clone(), Duration::ZERO),
            endpoint_url: None,
            meter: Meter::new(now, report),
            keys: Keys::Simulator { accounts: BTreeMap::new() },
        };
        let bills = Bills::at(&folder.join("cost.json"), whose, false);
        (Reach::new(connection, Clock::simulated(now(), 0.0), bills), attempts)
    }

    #[tokio::test]
    async fn keys_that_rotate_pay_no_second_time_for_the_same_account() {
        let folder = std::env::temp_dir().join(format!("quarterdeck-reach-{}", std::process::id()));
        let sim = Arc::new(Sim::new(estates::world(7, now()), Pace::Stepped));
        let filter = CostFilter::Tag { key: "Project".into(), value: "terminal".into() };
        let query = Query::Bill { filter, month: Month::current(now()) };
        let request = Request { scope: Scope::new("", "us-east-1"), query };
        let mut paid = Vec::new();
        for key in ["ASIAONE", "ASIATWO", "ASIATHREE"] {
            let (reach, attempts) = reach(&sim, &folder, key);
            for _look in 0..2 {
                let (outcome, at) = reach.fetch_dated(&request).await;
                assert!(matches!(outcome, Outcome::Complete(_)), "{outcome:?}");
                assert_eq!(at, now());
            }
            let attempts = attempts.lock().expect("nobody panics");
            let count = |operation: &str| attempts.iter().filter(|it| it.operation.as_str() == operation).count();
            assert_eq!(count("sts:GetCallerIdentity"), 1);
            paid.push(count("ce:GetCostAndUsage"));
        }
        std::fs::remove_dir_all(&folder).expect("its folder");
        assert_eq!(paid[1..], [0, 0], "{paid:?}");
        assert!(paid[0] > 0);
    }
}
