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
        id::OperationId,
        order::Order,
        text::SafeText,
        write::{Settlement, WriteOutcome, WriteRequest},
    },
    journal::{
        file::{BeginError, Hold, Unfinished},
        history::Told,
        record::Settled,
    },
    plan::operation::{Operation, StepRef, verdict::Ending},
};

/// What a start finds in the journal without a verdict.
#[derive(Debug, Default)]
pub struct Left {
    /// Of processes that have gone: watched here from now on.
    pub taken: Vec<Operation>,
    /// What living processes watch.
    pub others: Vec<Told>,
    /// What of the journal cannot be read, and where: `FILE:LINE: why`.
    pub unread: Vec<SafeText>,
}

/// Operations under way, each with the queue of what is still to be done of it. Clones share them.
#[derive(Debug, Clone)]
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
    Order(Order),
    Settle { step: StepRef, found: Settlement },
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

    /// Takes over what processes that have gone left without a verdict. What cannot be read keeps nothing else from it.
    pub async fn take_over(&self) -> Left {
        let mut left = Left::default();
        let (unfinished, report) = match self.writer.unfinished().await {
            Ok(found) => found,
            Err(error) => {
                left.unread.push(format!("failed to {error}; nothing can be changed until it can be").into());
                return left;
            }
        };
        left.unread.extend(records::unread(self.writer.journal(), &report));
        for Unfinished { told, taken } in unfinished {
            let Some(hold) = taken else {
                left.others.push(told);
                continue;
            };
            match self.resume(&told, hold).await {
                Ok(operation) => left.taken.push(operation),
                Err(why) => left.unread.push(why),
            }
        }
        left
    }

    /// The same behind whatever else is done; the console is told.
    pub fn take_over_behind(&self) {
        let operations = self.clone();
        tokio::spawn(async move {
            let Left { taken, unread, .. } = operations.take_over().await;
            // The console has been left; the next start finds them.
            let _left = operations.answers.send(Msg::TakenOver { taken, unread });
        });
    }

    async fn resume(&self, told: &Told, hold: Hold) -> Result<Operation, SafeText> {
        let operation = records::restored(told, self.writer.now()).map_err(|error| {
            let (place, operation) = (self.writer.journal().place(), &told.begun.operation);
            format!("{place}:{}: what {operation} does cannot be read, and so not watched: {error}", told.line)
        })?;
        let resumed = self.writer.resume(&operation.id, hold).await;
        resumed.map_err(|error| format!("{} is not watched: failed to {error}", operation.id))?;
        let deeds = self.take_up(&operation.id);
        tokio::spawn(run(self.writer.clone(), self.answers.clone(), operation.id.clone(), deeds));
        Ok(operation)
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
                Ok((told, report)) => Ok(records::standing(writer.journal(), &told, &report)),
                Err(error) => Err(SafeText::new(&format!("failed to {error}"))),
            };
            // The console has been left; nobody plans any more.
            let _left = answers.send(Msg::JournalRead { inquiry, standing: read });
        });
    }

    /// Reads what the journal tells beyond its first `known` bytes, for the view of it.
    pub fn read_records(&self, known: Option<u64>) {
        let (writer, answers) = (self.writer.clone(), self.answers.clone());
        tokio::spawn(async move {
            let look = writer.look(known).await.map_err(|error| SafeText::new(&format!("failed to {error}")));
            // The console has been left; nobody looks any more.
            let _left = answers.send(Msg::RecordsRead(look.map(|it| it.map(Box::new))));
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

    /// Records what somebody has said of the operation, before what follows from it is done.
    pub fn order(&self, operation: &OperationId, order: Order) {
        let queue = lock(&self.under_way).get(operation).cloned();
        if queue.is_none_or(|it| it.send(Deed::Order(order)).is_err()) {
            tracing::error!(%operation, %order, "what was said is not in the journal: it has not begun, or has ended");
        }
    }

    /// Records what became of a write that was not answered.
    pub fn settle(&self, operation: &OperationId, step: StepRef, found: Settlement) {
        let queue = lock(&self.under_way).get(operation).cloned();
        if queue.is_none_or(|it| it.send(Deed::Settle { step, found }).is_err()) {
            tracing::error!(%operation, "what became of its write is not in the journal: nothing is known of it");
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
    while let Some(deed) = deeds.recv().await {
        match deed {
            Deed::Write { step, request } => {
                let outcome = writer.write(&operation, records::step_id(step), &request).await;
                let written =
                    Msg::Written { operation: operation.clone(), step, outcome: Box::new(outcome), at: writer.now() };
                // The console has been left; the journal keeps what became of it.
                let _left = answers.send(written);
            }
            Deed::Order(order) => {
                if let Err(error) = writer.order(&operation, order).await {
                    let text = format!("what was said of {operation} is not in the journal: failed to {error}");
                    // The console has been left; the next one asks again.
                    let _left = answers.send(Msg::Unrecorded(text.into()));
                }
            }
            Deed::Settle { step, found } => {
                let step = records::step_id(step);
                writer.settle(Settled { operation: operation.clone(), step, found }).await;
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
