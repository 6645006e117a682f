//! Calls to AWS, with the clients of each scope: made at its first call, and anew after its credentials failed.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::Uri;
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
    stack::model::Stack,
};

/// Who tells what things cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Biller {
    CostExplorer,
    Budgets,
}

impl Biller {
    /// `None` for what is no question of cost.
    fn of(query: &Query) -> Option<Self> {
        match query {
            Query::Budgets { .. } => Some(Self::Budgets),
            query => query.is_of_cost().then_some(Self::CostExplorer),
        }
    }

    /// As the SDK's settings name the service.
    fn service(self) -> &'static str {
        match self {
            Self::CostExplorer => "Cost Explorer",
            Self::Budgets => "Budgets",
        }
    }
}

/// Whether an endpoint lies on this machine: what answers there is a simulator or a stand-in, and ends with it.
fn is_loopback(endpoint: &str) -> bool {
    let uri = endpoint.parse::<Uri>().ok();
    let Some(host) = uri.as_ref().and_then(Uri::host) else { return false };
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let is_named = host == "localhost" || host.ends_with(".localhost");
    address.map_or(is_named, |it| it.is_loopback() || it.is_unspecified())
}

/// The way to AWS, for every scope. Clones share their clients.
#[derive(Debug, Clone)]
pub struct Reach {
    connection: Connection,
    clock: Clock,
    clients: Arc<Mutex<BTreeMap<Scope, Arc<Clients>>>>,
    bills: Bills,
    /// What was told of cost on this machine: it ends with what told it.
    here: Bills,
    /// Held while it is asked whose the credentials are: by one for all.
    asking_whose: Arc<tokio::sync::Mutex<()>>,
}

impl Reach {
    pub fn new(connection: Connection, clock: Clock, bills: Bills) -> Self {
        let here = bills.aside();
        Self { connection, clock, clients: Arc::default(), bills, here, asking_whose: Arc::default() }
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
        if let Err(fault) = self.learn_account(&bills, request).await {
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
    async fn bills_of(&self, request: &Request) -> Bills {
        match Biller::of(&request.query) {
            Some(biller) => self.bills_by(biller, &request.scope).await,
            None => self.bills.clone(),
        }
    }

    async fn bills_by(&self, biller: Biller, scope: &Scope) -> Bills {
        let endpoint = self.endpoint_of(biller, scope).await;
        let is_here = endpoint.as_deref().is_some_and(is_loopback);
        if is_here { self.here.through(endpoint) } else { self.bills.through(endpoint) }
    }

    /// Where cost is asked for, if not at AWS's own endpoint.
    async fn endpoint_of(&self, biller: Biller, scope: &Scope) -> Option<String> {
        self.clients_of(scope).await.ok()?.endpoint_of(biller.service())
    }

    /// Everything that is kept of what these stacks cost. Calls nobody.
    pub async fn known(&self, stacks: &[Stack]) -> Vec<(Request, Answer, Timestamp)> {
        let mut known = Vec::new();
        if self.bills.is_empty() {
            return known;
        }
        let mut by_endpoint: BTreeMap<Option<String>, BTreeSet<(Biller, &Scope)>> = BTreeMap::new();
        for scope in stacks.iter().filter_map(|it| Some(&it.scopes.first()?.scope)) {
            for biller in [Biller::CostExplorer, Biller::Budgets] {
                let endpoint = self.endpoint_of(biller, scope).await;
                by_endpoint.entry(endpoint).or_default().insert((biller, scope));
            }
        }
        for (endpoint, asked) in by_endpoint {
            let is_asked =
                |it: &Request| Biller::of(&it.query).is_some_and(|biller| asked.contains(&(biller, &it.scope)));
            let told = self.bills.through(endpoint).known(stacks);
            known.extend(told.into_iter().filter(|(it, ..)| is_asked(it)));
        }
        known
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
    use std::{
        collections::BTreeMap,
        path::{Path, PathBuf},
        time::Duration,
    };

    use super::*;
    use crate::{
        aws::meter::Meter,
        domain::{
            cost::{CostFilter, month::Month},
            query::Attempt,
        },
        runtime::{connection::Keys, sim_connector::http_client},
        sim::{Sim, estates, pace::Pace},
        stack,
    };

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().expect("a time")
    }

    type Attempts = Arc<Mutex<Vec<Attempt>>>;

    /// A console with credentials that the environment names so, and the attempts that it makes.
    fn reach(sim: &Arc<Sim>, folder: &Path, whose: &str, endpoint: Option<&str>) -> (Reach, Attempts) {
        let attempts = Arc::new(Mutex::new(Vec::new()));
        let reported = attempts.clone();
        let report = move |it| reported.lock().expect("nobody panics").push(it);
        let connection = Connection {
            http: http_client(sim.clone(), Duration::ZERO),
            endpoint_url: endpoint.map(str::to_owned),
            meter: Meter::new(now, report),
            keys: Keys::Simulator { accounts: BTreeMap::new() },
        };
        let bills = Bills::at(&folder.join("cost.json"), whose, false);
        (Reach::new(connection, Clock::simulated(sim.now(), 0.0), bills), attempts)
    }

    fn count(attempts: &Attempts, operation: &str) -> usize {
        let attempts = attempts.lock().expect("nobody panics");
        attempts.iter().filter(|it| it.operation.as_str() == operation).count()
    }

    fn folder(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("quarterdeck-reach-{name}-{}", std::process::id()))
    }

    /// The questions that one stack is paid for, and its account's budgets.
    fn questions(scope: &Scope) -> Vec<Request> {
        let filter = || CostFilter::Tag { key: "Project".into(), value: "terminal".into() };
        let month = Month::current(now());
        let queries = [
            Query::Bill { filter: filter(), month },
            Query::Forecast { filter: filter(), month },
            Query::Budgets { account: "111122223333".into() },
        ];
        queries.map(|query| Request { scope: scope.clone(), query }).into()
    }

    /// Looks every two hours of a week, each time from a console that has just begun: how often Cost Explorer was asked.
    async fn paid_in_a_week(sim: &Arc<Sim>, folder: &Path, endpoint: Option<&str>) -> usize {
        let scope = Scope::new("estate", "us-east-1");
        let mut paid = 0;
        for look in 0..7 * 12 {
            let (reach, attempts) = reach(sim, folder, "AKIA", endpoint);
            for request in questions(&scope) {
                let (outcome, _) = reach.fetch_dated(&request).await;
                assert!(matches!(outcome, Outcome::Complete(_)), "look {look}, {request:?}: {outcome:?}");
            }
            let told = attempts.lock().expect("nobody panics").clone();
            paid += told.iter().filter(|it| it.operation.as_str().starts_with("ce:")).count();
            sim.advance(Duration::from_hours(2));
        }
        paid
    }

    #[tokio::test]
    async fn a_week_of_restarts_asks_an_endpoint_of_ones_own_no_more_often_than_aws() {
        let start: Timestamp = "2026-11-14T12:00:00Z".parse().expect("a time");
        for endpoint in [None, Some("https://vpce-0a1b2c3d.ce.us-east-1.vpce.amazonaws.com")] {
            let folder = folder(if endpoint.is_some() { "endpoint" } else { "aws" });
            let sim = Arc::new(Sim::new(estates::bills(7, start), Pace::Stepped));
            let paid = paid_in_a_week(&sim, &folder, endpoint).await;
            std::fs::remove_dir_all(&folder).expect("its folder");
            // A bill and a forecast, twice a day.
            assert_eq!(paid, 2 * 2 * 7, "{endpoint:?}");
        }
    }

    #[tokio::test]
    async fn what_one_endpoint_tells_is_never_taken_for_what_another_would() {
        let folder = folder("endpoints");
        let sim = Arc::new(Sim::new(estates::world(7, now()), Pace::Stepped));
        let stacks: Vec<Stack> = stack::load::bundled().expect("the bundled stacks").into_iter().take(1).collect();
        let scope = stacks[0].scopes[0].scope.clone();
        let [one, other] = ["https://one.example", "https://other.example"];
        let ask = async |endpoint: Option<&str>| {
            let (reach, attempts) = reach(&sim, &folder, "AKIA", endpoint);
            for request in questions(&scope) {
                assert!(matches!(reach.fetch(&request).await, Outcome::Complete(_)), "{request:?}");
            }
            let asked = ["ce:GetCostAndUsage", "ce:GetCostForecast", "budgets:DescribeBudgets"];
            (asked.map(|it| count(&attempts, it)), reach.known(&stacks).await.len())
        };
        for endpoint in [None, Some(one), Some(other)] {
            assert_eq!(ask(endpoint).await, ([1, 1, 1], 3), "{endpoint:?}");
            assert_eq!(ask(endpoint).await, ([0, 0, 0], 3), "{endpoint:?} once more");
        }
        // What answers on this machine ends with it, or with the console.
        for here in ["http://127.0.0.1:4566", "http://localhost:4566", "http://[::1]:4566"] {
            assert_eq!(ask(Some(here)).await, ([1, 1, 1], 0), "{here}");
            assert_eq!(ask(Some(here)).await, ([1, 1, 1], 0), "{here} once more");
        }
        std::fs::remove_dir_all(&folder).expect("its folder");
    }

    #[test]
    fn an_endpoint_on_this_machine_is_known_by_its_host() {
        let here = ["http://127.0.0.1:4566", "https://127.9.9.9", "http://[::1]:1", "http://sim.localhost:4566/x"];
        assert!(here.iter().all(|it| is_loopback(it)), "{here:?}");
        let away = ["https://vpce-0a.ce.us-east-1.vpce.amazonaws.com", "http://10.0.0.7:4566", "http://localhosts", ""];
        assert!(!away.iter().any(|it| is_loopback(it)), "{away:?}");
    }

    #[tokio::test]
    async fn keys_that_rotate_pay_no_second_time_for_the_same_account() {
        let folder = folder("keys");
        let sim = Arc::new(Sim::new(estates::world(7, now()), Pace::Stepped));
        let filter = CostFilter::Tag { key: "Project".into(), value: "terminal".into() };
        let query = Query::Bill { filter, month: Month::current(now()) };
        let request = Request { scope: Scope::new("", "us-east-1"), query };
        let mut paid = Vec::new();
        for key in ["ASIAONE", "ASIATWO", "ASIATHREE"] {
            let (reach, attempts) = reach(&sim, &folder, key, None);
            for _look in 0..2 {
                let (outcome, at) = reach.fetch_dated(&request).await;
                assert!(matches!(outcome, Outcome::Complete(_)), "{outcome:?}");
                assert_eq!(at, now());
            }
            assert_eq!(count(&attempts, "sts:GetCallerIdentity"), 1);
            paid.push(count(&attempts, "ce:GetCostAndUsage"));
        }
        std::fs::remove_dir_all(&folder).expect("its folder");
        assert_eq!(paid[1..], [0, 0], "{paid:?}");
        assert!(paid[0] > 0);
    }
}
