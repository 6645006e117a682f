//! The operations that the console begins: of each, its record, its writes and its end, one after the other.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::mpsc;

use super::{records, writer::Writer};
use crate::{
    app::{effect::Beginning, msg::Msg},
    domain::{
        fault::{Fault, FaultKind},
        text::SafeText,
        write::{WriteOutcome, WriteRequest},
    },
    plan::operation::{OperationId, StepRef, verdict::Ending},
};

/// Operations under way, each with the queue of what is still to be done of it.
#[derive(Debug)]
pub struct Operations {
    writer: Writer,
    answers: mpsc::UnboundedSender<Msg>,
    under_way: Mutex<BTreeMap<OperationId, mpsc::UnboundedSender<Deed>>>,
}

/// What is done of an operation once it has begun.
#[derive(Debug)]
enum Deed {
    Write { step: StepRef, request: WriteRequest },
    End(Ending),
}

impl Operations {
    pub fn new(writer: Writer, answers: mpsc::UnboundedSender<Msg>) -> Self {
        Self { writer, answers, under_way: Mutex::default() }
    }

    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// Records the operation as begun; its writes wait for that.
    pub fn begin(&self, beginning: Beginning) {
        let (tell, deeds) = mpsc::unbounded_channel();
        self.lock().insert(beginning.operation.clone(), tell);
        tokio::spawn(run(self.writer.clone(), self.answers.clone(), beginning, deeds));
    }

    /// Sends one write, after what was asked for before it.
    pub fn write(&self, operation: OperationId, step: StepRef, request: WriteRequest) {
        let queue = self.lock().get(&operation).cloned();
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
        let queue = self.lock().remove(operation);
        if queue.is_none_or(|it| it.send(Deed::End(ending)).is_err()) {
            tracing::error!(%operation, "its end is not in the journal: it never began");
        }
    }

    fn refused(&self, request: &WriteRequest, why: &str) -> WriteOutcome {
        refused(&self.writer, request, why)
    }

    fn answer(&self, operation: OperationId, step: StepRef, outcome: WriteOutcome) {
        let written = Msg::Written { operation, step, outcome: Box::new(outcome), at: self.writer.now() };
        // The console has been left; nobody waits any more.
        let _left = self.answers.send(written);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<OperationId, mpsc::UnboundedSender<Deed>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does what is to be done of one operation, in order. What could not be begun is not written either.
async fn run(
    writer: Writer,
    answers: mpsc::UnboundedSender<Msg>,
    beginning: Beginning,
    mut deeds: mpsc::UnboundedReceiver<Deed>,
) {
    let operation = beginning.operation.clone();
    let begun = begin(&writer, &beginning).await;
    let id = operation.0.as_ref().into();
    while let Some(deed) = deeds.recv().await {
        match deed {
            Deed::Write { step, request } => {
                let outcome = match &begun {
                    Ok(()) => writer.write(&id, records::step_id(step), &request).await,
                    Err(why) => refused(&writer, &request, why),
                };
                let written =
                    Msg::Written { operation: operation.clone(), step, outcome: Box::new(outcome), at: writer.now() };
                // The console has been left; the journal keeps what became of it.
                let _left = answers.send(written);
            }
            Deed::End(ending) => {
                if begun.is_ok()
                    && let Err(error) = writer.end(records::ended(&operation, &ending)).await
                {
                    tracing::error!(%operation, "failed to {error}");
                }
                return;
            }
        }
    }
}

/// Records the beginning, unless an operation on the same service has no verdict yet.
async fn begin(writer: &Writer, beginning: &Beginning) -> Result<(), String> {
    let (standing, seen) = writer.standing().await.map_err(|error| format!("failed to {error}"))?;
    let Beginning { operation, plan, confirmed, reason } = beginning;
    let touched: Vec<_> = plan.course.subjects().collect();
    if let Some(other) = standing.iter().find(|it| it.begun.subjects.iter().any(|subject| touched.contains(subject))) {
        let begun = &other.begun;
        return Err(format!(
            "{} has no verdict yet: {}, begun by {}; `quarterdeck watch` goes on watching what nobody watches",
            begun.operation, begun.title, begun.by
        ));
    }
    let begun = records::begun(operation, plan, confirmed.as_str(), reason.as_ref(), writer.author());
    let begun = begun.map_err(|error| format!("failed to write a record: {error}"))?;
    writer.begin(begun, seen).await.map_err(|error| error.to_string())
}

fn refused(writer: &Writer, request: &WriteRequest, why: &str) -> WriteOutcome {
    WriteOutcome::Refused(Fault {
        kind: FaultKind::Rejected,
        operation: request.write.operation().into(),
        code: "NotBegun".into(),
        message: SafeText::new(why),
        request_id: None,
        at: writer.now(),
    })
}
