//! The operations that the console begins: of each, its record, its writes and its end, one after the other.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::mpsc;

use super::{records, writer::Writer};
use crate::{
    app::{act::NotBegun, effect::Beginning, msg::Msg},
    domain::{
        fault::{Fault, FaultKind},
        text::SafeText,
        write::{WriteOutcome, WriteRequest},
    },
    journal::{
        file::{BeginError, JournalError, Unfinished},
        history::Told,
    },
    plan::operation::{Operation, OperationId, StepRef, verdict::Ending},
};

/// Why what was left without a verdict cannot be watched on.
#[derive(Debug, thiserror::Error)]
pub enum TakeOverError {
    #[error("failed to {0}")]
    Journal(#[from] JournalError),
    #[error("failed to read the record of {operation}: {error}")]
    Record { operation: String, error: serde_json::Error },
}

/// Operations under way, each with the queue of what is still to be done of it.
#[derive(Debug)]
pub struct Operations {
    writer: Writer,
    answers: mpsc::UnboundedSender<Msg>,
    under_way: Arc<Mutex<UnderWay>>,
}

/// Of each operation under way, the queue of what is still to be done.
type UnderWay = BTreeMap<OperationId, mpsc::UnboundedSender<Deed>>;

/// What is done of an operation once it has begun.
#[derive(Debug)]
enum Deed {
    Write { step: StepRef, request: WriteRequest },
    End(Ending),
}

impl Operations {
    pub fn new(writer: Writer, answers: mpsc::UnboundedSender<Msg>) -> Self {
        Self { writer, answers, under_way: Arc::default() }
    }

    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// Records the operation as begun; its writes wait for that. Tells the console where it could not begin.
    pub fn begin(&self, beginning: Beginning) {
        let deeds = self.take_up(&beginning.operation);
        let (writer, answers, under_way) = (self.writer.clone(), self.answers.clone(), self.under_way.clone());
        tokio::spawn(async move {
            let operation = beginning.operation.clone();
            match begin(&writer, &beginning).await {
                Ok(()) => run(writer, answers, operation, deeds).await,
                Err(why) => {
                    lock(&under_way).remove(&operation);
                    let action = beginning.plan.action;
                    // The console has been left; nothing was begun, and so nothing is lost.
                    let _left = answers.send(Msg::NotBegun { operation, action, why });
                }
            }
        });
    }

    /// Takes over what processes that have gone left without a verdict. The second list is what living ones watch.
    pub async fn take_over(&self) -> Result<(Vec<Operation>, Vec<Told>), TakeOverError> {
        let (mut taken, mut others) = (Vec::new(), Vec::new());
        for Unfinished { told, .. } in self.writer.unfinished().await? {
            if !self.writer.holds(&told.begun.operation) {
                others.push(told);
                continue;
            }
            let operation = records::restored(&told, self.writer.now())
                .map_err(|error| TakeOverError::Record { operation: told.begun.operation.to_string(), error })?;
            let deeds = self.take_up(&operation.id);
            tokio::spawn(run(self.writer.clone(), self.answers.clone(), operation.id.clone(), deeds));
            taken.push(operation);
        }
        Ok((taken, others))
    }

    fn take_up(&self, operation: &OperationId) -> mpsc::UnboundedReceiver<Deed> {
        let (tell, deeds) = mpsc::unbounded_channel();
        lock(&self.under_way).insert(operation.clone(), tell);
        deeds
    }

    /// Reads which operations have no verdict yet.
    pub fn read_journal(&self, inquiry: u64) {
        let (writer, answers) = (self.writer.clone(), self.answers.clone());
        tokio::spawn(async move {
            let read = match writer.standing().await {
                Ok((told, lines)) => records::standing(&told, lines)
                    .map_err(|error| SafeText::new(&format!("failed to read the journal: {error}"))),
                Err(error) => Err(SafeText::new(&format!("failed to {error}"))),
            };
            // The console has been left; nobody plans any more.
            let _left = answers.send(Msg::JournalRead { inquiry, standing: read });
        });
    }

    /// Sends one write, after what was asked for before it.
    pub fn write(&self, operation: OperationId, step: StepRef, request: WriteRequest) {
        let queue = lock(&self.under_way).get(&operation).cloned();
        let Some(queue) = queue else {
            let outcome = self.refused(&request, "its operation has not begun");
            self.answer(operation, step, outcome);
            return;
        };
        if let Err(mpsc::error::SendError(Deed::Write { step, request })) = queue.send(Deed::Write { step, request }) {
            let outcome = self.refused(&request, "its operation has ended");
            self.answer(operation, step, outcome);
        }
    }

    /// Records how the operation ended.
    pub fn end(&self, operation: &OperationId, ending: Ending) {
        let queue = lock(&self.under_way).remove(operation);
        if queue.is_none_or(|it| it.send(Deed::End(ending)).is_err()) {
            tracing::error!(%operation, "its end is not in the journal: nothing is known of it");
        }
    }

    fn refused(&self, request: &WriteRequest, why: &str) -> WriteOutcome {
        WriteOutcome::Refused(Fault {
            kind: FaultKind::Rejected,
            operation: request.write.operation().into(),
            code: "NotBegun".into(),
            message: SafeText::new(why),
            request_id: None,
            at: self.writer.now(),
        })
    }

    fn answer(&self, operation: OperationId, step: StepRef, outcome: WriteOutcome) {
        let written = Msg::Written { operation, step, outcome: Box::new(outcome), at: self.writer.now() };
        // The console has been left; nobody waits any more.
        let _left = self.answers.send(written);
    }
}

fn lock(under_way: &Mutex<UnderWay>) -> MutexGuard<'_, UnderWay> {
    under_way.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does what is to be done of one operation, in order.
async fn run(
    writer: Writer,
    answers: mpsc::UnboundedSender<Msg>,
    operation: OperationId,
    mut deeds: mpsc::UnboundedReceiver<Deed>,
) {
    let id = operation.0.as_ref().into();
    while let Some(deed) = deeds.recv().await {
        match deed {
            Deed::Write { step, request } => {
                let outcome = writer.write(&id, records::step_id(step), &request).await;
                let written =
                    Msg::Written { operation: operation.clone(), step, outcome: Box::new(outcome), at: writer.now() };
                // The console has been left; the journal keeps what became of it.
                let _left = answers.send(written);
            }
            Deed::End(ending) => {
                let recorded = writer.end(records::ended(&operation, &ending)).await;
                let outcome = recorded.map_err(|error| SafeText::new(&format!("failed to {error}")));
                // The console has been left; what is not in the journal is found by the next start.
                let _left = answers.send(Msg::Recorded { operation, outcome });
                return;
            }
        }
    }
}

/// Records the beginning, unless another began on the same resource since the plan was made.
async fn begin(writer: &Writer, beginning: &Beginning) -> Result<(), NotBegun> {
    let Beginning { operation, plan, confirmed, reason, seen } = beginning;
    let begun = records::begun(operation, plan, confirmed.as_str(), reason.as_ref(), writer.author());
    let begun =
        begun.map_err(|error| NotBegun::Journal(SafeText::new(&format!("failed to write a record: {error}"))))?;
    writer.begin(begun, *seen).await.map_err(|error| match error {
        BeginError::Overtaken { .. } => NotBegun::Overtaken(SafeText::new(&error.to_string())),
        BeginError::Journal(error) => NotBegun::Journal(SafeText::new(&format!("failed to {error}"))),
    })
}
