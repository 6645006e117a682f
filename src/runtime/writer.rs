//! Writing: the journal first, then the call, then the journal again.
//!
//! Invariants: nothing is sent in read-only mode, of an operation that has not begun, or before its intention is on
//! disk; a write of which it is not certain that it did not happen is never sent again.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::time;

use super::reach::Reach;
use crate::{
    domain::{
        fault::{Fault, FaultKind},
        id::OperationId,
        order::Order,
        write::{WriteOutcome, WriteRequest},
    },
    journal::{
        Journal,
        file::{BeginError, Hold, JournalError, Unfinished},
        history::Told,
        look::Look,
        record::{Answered, Author, Begun, Ended, Entry, Intended, Settled, StepId},
        verify::Report,
    },
};

/// Waits before a throttled write is sent again; AWS said each time that it had not taken it.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// Sends writes and keeps the journal of them. Clones share the operations that they hold.
#[derive(Debug, Clone)]
pub struct Writer {
    journal: Journal,
    reach: Reach,
    read_only: bool,
    author: Author,
    /// Operations that this process watches.
    holds: Arc<Mutex<BTreeMap<OperationId, Hold>>>,
}

impl Writer {
    pub fn new(journal: Journal, reach: Reach, read_only: bool) -> Self {
        Self { journal, reach, read_only, author: author(), holds: Arc::default() }
    }

    /// Who the journal says it was.
    pub fn author(&self) -> &Author {
        &self.author
    }

    /// Records an operation as begun; from then on its writes may be sent. `seen` is how many lines of the journal were
    /// known when its plan was made.
    pub async fn begin(&self, begun: Begun, seen: usize) -> Result<(), BeginError> {
        let (journal, at, operation) = (self.journal.clone(), self.reach.now(), begun.operation.clone());
        let hold = on_disk(move || journal.begin(at, begun, seen)).await?;
        self.lock().insert(operation, hold);
        Ok(())
    }

    /// Sends one write of an operation.
    pub async fn write(&self, operation: &OperationId, step: StepId, request: &WriteRequest) -> WriteOutcome {
        if self.read_only {
            return WriteOutcome::Refused(self.fault(request, "ReadOnly", "nothing is written in read-only mode"));
        }
        if !self.lock().contains_key(operation) {
            return WriteOutcome::Refused(self.fault(request, "NotBegun", "its operation is not in the journal"));
        }
        let intended = Entry::Intended(Intended::new(operation.clone(), step, request.clone()));
        if let Err(error) = self.record(intended).await {
            let told = format!("failed to {error}");
            return WriteOutcome::Refused(self.fault(request, "Journal", &told));
        }
        let outcome = self.send(request).await;
        let answered = Answered { operation: operation.clone(), step, outcome: outcome.clone() };
        if let Err(error) = self.record(Entry::Answered(answered)).await {
            // What happened has happened, and is shown; a start after this one finds it unanswered and looks.
            tracing::error!(%operation, "failed to {error}");
        }
        outcome
    }

    /// Records what somebody says of an operation that this process watches.
    pub async fn order(&self, operation: &OperationId, order: Order) -> Result<(), JournalError> {
        self.record(Entry::Ordered { operation: operation.clone(), by: self.author.clone(), order }).await
    }

    /// Records what became of a call that was not answered.
    pub async fn settle(&self, settled: Settled) {
        let operation = settled.operation.clone();
        if let Err(error) = self.record(Entry::Settled(settled)).await {
            // A start after this one looks for it anew.
            tracing::error!(%operation, "failed to {error}");
        }
    }

    /// Records how an operation ended, and lets go of it.
    pub async fn end(&self, ended: Ended) -> Result<(), JournalError> {
        let operation = ended.operation.clone();
        let recorded = self.record(Entry::Ended(ended)).await;
        self.lock().remove(&operation);
        recorded
    }

    /// The journal that it keeps.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Everything that the journal tells; `None` while it has no more than `known` bytes.
    pub async fn look(&self, known: Option<u64>) -> Result<Option<Look>, JournalError> {
        let journal = self.journal.clone();
        on_disk(move || journal.look(known)).await
    }

    /// The operations that have not ended, whoever watches them; and whether every line of the journal can be read.
    pub async fn standing(&self) -> Result<(Vec<Told>, Report), JournalError> {
        let journal = self.journal.clone();
        on_disk(move || journal.standing()).await
    }

    /// The operations that have not ended. Those whose process has gone may be resumed by this one.
    pub async fn unfinished(&self) -> Result<(Vec<Unfinished>, Report), JournalError> {
        let journal = self.journal.clone();
        on_disk(move || journal.unfinished()).await
    }

    /// Watches an operation from now on that was left without a verdict.
    pub async fn resume(&self, operation: &OperationId, hold: Hold) -> Result<(), JournalError> {
        self.record(Entry::Resumed { operation: operation.clone(), by: self.author.clone() }).await?;
        self.lock().insert(operation.clone(), hold);
        Ok(())
    }

    /// Whether this process watches the operation.
    pub fn holds(&self, operation: &OperationId) -> bool {
        self.lock().contains_key(operation)
    }

    async fn send(&self, request: &WriteRequest) -> WriteOutcome {
        for pause in PAUSES {
            match self.reach.send(request).await {
                WriteOutcome::Refused(fault) if fault.kind == FaultKind::Throttled => {
                    tracing::warn!(scope = %request.scope, operation = %fault.operation, "throttled; waiting {pause:?}");
                    time::sleep(pause).await;
                }
                outcome => return outcome,
            }
        }
        self.reach.send(request).await
    }

    async fn record(&self, entry: Entry) -> Result<(), JournalError> {
        let (journal, at) = (self.journal.clone(), self.reach.now());
        on_disk(move || journal.append(at, entry)).await
    }

    fn fault(&self, request: &WriteRequest, code: &str, message: &str) -> Fault {
        Fault {
            kind: FaultKind::Rejected,
            operation: request.write.operation().into(),
            code: code.into(),
            message: message.into(),
            request_id: None,
            at: self.now(),
        }
    }

    /// The time by which the journal is kept.
    pub fn now(&self) -> Timestamp {
        self.reach.now()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<OperationId, Hold>> {
        self.holds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does what waits for a disk or a lock where nothing else has to wait for it.
async fn on_disk<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(act).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

fn author() -> Author {
    let known = |told: whoami::Result<String>| told.unwrap_or_else(|_| "unknown".to_owned());
    Author { user: known(whoami::username()).into(), host: known(whoami::hostname()).into(), pid: std::process::id() }
}
