//! Doing what the console wants: the only place with side effects.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use crossterm::{clipboard::CopyToClipboard, execute};
use tokio::sync::mpsc;

use super::{clock::Clock, connection::Connection, stage::Stage};
use crate::{
    app::{effect::Effect, msg::Msg},
    aws::{self, Clients},
    domain::{
        fault::FaultKind,
        id::Scope,
        query::{Outcome, Request},
        text::SafeText,
    },
};

/// Performs effects; answers come back as messages.
#[derive(Debug)]
pub struct Performer {
    connection: Connection,
    stage: Stage,
    clock: Clock,
    clients: Arc<Mutex<BTreeMap<Scope, Arc<Clients>>>>,
    answers: mpsc::UnboundedSender<Msg>,
}

impl Performer {
    pub fn new(connection: Connection, stage: Stage, clock: Clock, answers: mpsc::UnboundedSender<Msg>) -> Self {
        Self { connection, stage, clock, clients: Arc::default(), answers }
    }

    /// Does one thing, or starts it; never waits for AWS.
    pub fn perform(&self, effect: Effect) {
        match effect {
            Effect::Fetch { request, generation } => self.fetch(request, generation),
            Effect::BeginScenario(name) => self.begin(name),
            Effect::Copy(lines) => copy(&lines.iter().map(SafeText::as_str).collect::<Vec<_>>().join("\n")),
            // The loop sees `app.quitting`.
            Effect::Quit => {}
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

/// Asks with the scope's clients, made at its first request and anew after its credentials failed.
async fn ask(
    connection: &Connection,
    clients: &Mutex<BTreeMap<Scope, Arc<Clients>>>,
    request: &Request,
    clock: Clock,
) -> Outcome {
    let known = lock(clients).get(&request.scope).cloned();
    let scope_clients = match known {
        Some(known) => known,
        None => match connection.clients(&request.scope).await {
            Ok(made) => {
                let made = Arc::new(made);
                lock(clients).insert(request.scope.clone(), made.clone());
                made
            }
            Err(error) => return Outcome::Failed(error.fault(clock.now())),
        },
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
