//! Doing what the console wants: the only place with side effects.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use crossterm::{clipboard::CopyToClipboard, execute};
use jiff::Timestamp;
use tokio::sync::mpsc;

use super::{clock::Clock, connection::Connection, stage::Stage};
use crate::{
    app::{effect::Effect, msg::Msg},
    aws::{self, Clients},
    domain::{
        fault::{Fault, FaultKind},
        id::Scope,
        query::{Outcome, Request},
        text::SafeText,
        write::{WriteOutcome, WriteRequest},
    },
    plan::operation::{OperationId, StepRef},
};

/// Performs effects; answers come back as messages.
#[derive(Debug)]
pub struct Performer {
    connection: Connection,
    stage: Stage,
    clock: Clock,
    clients: Arc<Mutex<BTreeMap<Scope, Arc<Clients>>>>,
    answers: mpsc::UnboundedSender<Msg>,
    /// No write leaves.
    read_only: bool,
}

impl Performer {
    pub fn new(
        connection: Connection,
        stage: Stage,
        clock: Clock,
        answers: mpsc::UnboundedSender<Msg>,
        read_only: bool,
    ) -> Self {
        Self { connection, stage, clock, clients: Arc::default(), answers, read_only }
    }

    /// Does one thing, or starts it; never waits for AWS.
    pub fn perform(&self, effect: Effect) {
        match effect {
            Effect::Fetch { request, generation } => self.fetch(request, generation),
            Effect::BeginScenario(name) => self.begin(name),
            Effect::Inquire { inquiry, request } => self.inquire(inquiry, request),
            Effect::Write { operation, step, request } => self.write(operation, step, request),
            Effect::Bell => ring(),
            Effect::Copy(lines) => copy(&lines.iter().map(SafeText::as_str).collect::<Vec<_>>().join("\n")),
            // What an operation is and how it ended is for the journal; the loop sees `app.quitting`.
            Effect::Begin(_) | Effect::End { .. } | Effect::Quit => {}
        }
    }

    fn begin(&self, name: SafeText) {
        let (stage, answers) = (self.stage.clone(), self.answers.clone());
        tokio::spawn(async move {
            let outcome = stage.begin(name.as_str()).await.map_err(|refused| SafeText::new(&refused));
            // The console has been left; nobody waits any more.
            let _left = answers.send(Msg::ScenarioBegun { name, outcome });
        });
    }

    fn inquire(&self, inquiry: u64, request: Request) {
        let (connection, clock) = (self.connection.clone(), self.clock);
        let (clients, answers) = (self.clients.clone(), self.answers.clone());
        tokio::spawn(async move {
            let outcome = Box::new(ask(&connection, &clients, &request, clock).await);
            // The console has been left; nobody waits any more.
            let _left = answers.send(Msg::Inquired { inquiry, request, outcome, at: clock.now() });
        });
    }

    /// Sends one write, unless the console is read-only, which is checked here too: nothing else guards the wire.
    fn write(&self, operation: OperationId, step: StepRef, request: WriteRequest) {
        let (connection, clock, read_only) = (self.connection.clone(), self.clock, self.read_only);
        let (clients, answers) = (self.clients.clone(), self.answers.clone());
        tokio::spawn(async move {
            let outcome = if read_only {
                WriteOutcome::Refused(refused_here(&request, clock.now()))
            } else {
                match scope_clients(&connection, &clients, &request.scope, clock).await {
                    Ok(scope_clients) => aws::write(&scope_clients, &request, clock.now()).await,
                    Err(fault) => WriteOutcome::Refused(fault),
                }
            };
            // The console has been left; the journal keeps what became of it.
            let _left = answers.send(Msg::Written { operation, step, outcome: Box::new(outcome), at: clock.now() });
        });
    }

    fn fetch(&self, request: Request, generation: u64) {
        let (connection, clock) = (self.connection.clone(), self.clock);
        let (clients, answers) = (self.clients.clone(), self.answers.clone());
        tokio::spawn(async move {
            let outcome = ask(&connection, &clients, &request, clock).await;
            if let Outcome::Failed(fault) | Outcome::Partial(_, fault) = &outcome {
                tracing::warn!(
                    scope = %request.scope, operation = %fault.operation, code = %fault.code,
                    request_id = fault.request_id.as_ref().map(tracing::field::display), "read failed: {}", fault.message
                );
            }
            let answer = Msg::Fetched { request, generation, outcome: Box::new(outcome), at: clock.now() };
            // The console has been left; nobody waits any more.
            let _left = answers.send(answer);
        });
    }
}

/// BEL; terminals show or sound it as their owner likes.
fn ring() {
    let mut out = io::stdout();
    if let Err(error) = out.write_all(b"\x07").and_then(|()| out.flush()) {
        tracing::warn!("cannot ring the terminal's bell: {error}");
    }
}

/// Asks with the scope's clients, made at its first request and anew after its credentials failed.
async fn ask(
    connection: &Connection,
    clients: &Mutex<BTreeMap<Scope, Arc<Clients>>>,
    request: &Request,
    clock: Clock,
) -> Outcome {
    let scope_clients = match scope_clients(connection, clients, &request.scope, clock).await {
        Ok(scope_clients) => scope_clients,
        Err(fault) => return Outcome::Failed(fault),
    };
    let outcome = aws::fetch(&scope_clients, request, clock.now()).await;
    if let Outcome::Failed(fault) = &outcome
        && matches!(fault.kind, FaultKind::Expired | FaultKind::Credentials)
    {
        // A new login is only seen by clients that load their credentials anew.
        lock(clients).remove(&request.scope);
    }
    outcome
}

/// The clients of a scope, made where there are none yet.
async fn scope_clients(
    connection: &Connection,
    clients: &Mutex<BTreeMap<Scope, Arc<Clients>>>,
    scope: &Scope,
    clock: Clock,
) -> Result<Arc<Clients>, Fault> {
    let known = lock(clients).get(scope).cloned();
    if let Some(known) = known {
        return Ok(known);
    }
    let made = Arc::new(connection.clients(scope).await.map_err(|error| error.fault(clock.now()))?);
    lock(clients).insert(scope.clone(), made.clone());
    Ok(made)
}

/// Why nothing was sent.
fn refused_here(request: &WriteRequest, at: Timestamp) -> Fault {
    Fault {
        kind: FaultKind::Denied,
        operation: request.write.operation().into(),
        code: "ReadOnly".into(),
        message: "the console is in read-only mode".into(),
        request_id: None,
        at,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// OSC 52; terminals that do not know it ignore it.
fn copy(text: &str) {
    let mut out = io::stdout();
    if let Err(error) = execute!(out, CopyToClipboard::to_clipboard_from(text)).and_then(|()| out.flush()) {
        tracing::warn!("cannot write to the terminal's clipboard: {error}");
    }
}
