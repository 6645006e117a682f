//! Planning and operating without a screen: the same plans, operations, writes and journal as the console's.

use std::{collections::BTreeSet, time::Duration};

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use tokio::time;

use super::{reach::Reach, records, writer::Writer};
use crate::{
    domain::{
        estate::Estate,
        query::{Query, Request},
        text::SafeText,
    },
    journal::file::{BeginError, JournalError},
    plan::{
        NoPlan,
        action::Action,
        facts::Facts,
        guards::{Busy, Conditions},
        model::{Plan, Refusal},
        operation::{Operation, Phase, watch},
        plan_for,
    },
    stack::model::Stack,
};

/// How often it is looked, in the world's time.
const LOOK: SignedDuration = SignedDuration::from_secs(5);
/// Metrics move once a minute.
const METRICS: SignedDuration = SignedDuration::from_secs(60);

/// Why an operation could not be brought to its verdict.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    #[error("{0}")]
    Begin(#[from] BeginError),
    #[error("failed to {0}")]
    Journal(#[from] JournalError),
    #[error("failed to write a record: {0}")]
    Record(#[from] serde_json::Error),
}

/// A way to act without a screen.
#[derive(Debug)]
pub struct Driver {
    pub reach: Reach,
    pub writer: Writer,
    pub stacks: Vec<Stack>,
    pub read_only: bool,
    /// Virtual seconds a second of a simulated world; 1 of the real one.
    pub speed: f64,
}

/// A plan, and how much of the journal it knew of.
#[derive(Debug)]
pub struct Planned {
    pub plan: Plan,
    seen: usize,
}

/// What is told while an operation goes on.
pub trait Witness {
    /// Something has moved.
    fn see(&mut self, operation: &Operation, estate: &Estate, now: Timestamp);
}

impl Driver {
    /// The plan for an action, read afresh.
    pub async fn plan(&self, action: &Action) -> Result<Result<Planned, Refusal>, DriveError> {
        let (busy, seen) = self.busy().await?;
        let mut facts = Facts::default();
        loop {
            let conditions = Conditions { now: self.reach.now(), read_only: self.read_only, busy: &busy };
            let requests = match plan_for(action, &self.stacks, &facts, &conditions) {
                Ok(plan) => return Ok(Ok(Planned { plan, seen })),
                Err(NoPlan::Refused(refusal)) => return Ok(Err(refusal)),
                Err(NoPlan::Needs(requests)) => requests,
            };
            let reads = requests.into_iter().map(|request| async move {
                let outcome = self.reach.fetch(&request).await;
                (request, outcome)
            });
            for (request, outcome) in join_all(reads).await {
                facts.take(request, outcome, self.reach.now());
            }
        }
    }

    /// Operations that have not ended. Of those that nobody watches any more, the verdict is still to be found: they
    /// count until it is.
    async fn busy(&self) -> Result<(Vec<Busy>, usize), DriveError> {
        let mut busy = Vec::new();
        let (standing, seen) = self.writer.standing().await?;
        for it in standing {
            let operation = records::restored(&it, self.reach.now())?;
            busy.extend(operation.course.parts.iter().map(|part| Busy {
                service: part.service.clone(),
                title: operation.course.title.clone(),
                since: operation.began_at,
                by: it.begun.by.to_string().into(),
            }));
        }
        Ok((busy, seen))
    }

    /// Begins what a confirmed plan says, unless somebody else was faster.
    pub async fn begin(
        &self,
        planned: Planned,
        confirmed: &str,
        reason: Option<SafeText>,
    ) -> Result<Operation, DriveError> {
        let Planned { plan, seen } = planned;
        let by = plan.callers.first().map(|it| it.arn.clone()).unwrap_or_default();
        let course = std::sync::Arc::new(plan.course.clone());
        let operation = Operation::begin(course, plan.digest.clone(), by, reason.clone(), self.reach.now());
        let begun = records::begun(&operation.id, &plan, confirmed, reason.as_ref(), self.writer.author())?;
        self.writer.begin(begun, seen).await?;
        Ok(operation)
    }

    /// Applies an operation and watches it to its verdict, or, where nobody waits, until everything is sent.
    pub async fn operate(
        &self,
        mut operation: Operation,
        waits: bool,
        witness: &mut dyn Witness,
    ) -> Result<Operation, DriveError> {
        let mut estate = Estate::default();
        let mut measured: Option<Timestamp> = None;
        loop {
            let now = self.reach.now();
            operation.look(&estate, now);
            while let Some((step, request)) = operation.next_write() {
                if !operation.sent(step, self.reach.now()) {
                    break;
                }
                witness.see(&operation, &estate, self.reach.now());
                let id = operation.id.0.as_ref().into();
                let outcome = self.writer.write(&id, records::step_id(step), &request).await;
                operation.answered(step, outcome, self.reach.now());
            }
            if !waits && !operation.has_ended() && !matches!(operation.phase, Phase::Applying) {
                operation.abandon(self.reach.now());
            }
            witness.see(&operation, &estate, self.reach.now());
            if let Some(ending) = operation.ending() {
                self.writer.end(records::ended(&operation.id, ending)).await?;
                return Ok(operation);
            }
            let due = measured.is_none_or(|at| now.duration_since(at) >= METRICS);
            measured = if due { Some(now) } else { measured };
            self.read(&operation, &mut estate, due).await;
            time::sleep(self.pause()).await;
        }
    }

    async fn read(&self, operation: &Operation, estate: &mut Estate, metrics: bool) {
        let wanted: BTreeSet<Request> = watch::requests(operation)
            .into_iter()
            .filter(|it| metrics || !matches!(it.query, Query::Metrics { .. }))
            .collect();
        let reads = wanted.into_iter().map(|request| async move {
            let sent = self.reach.now();
            let outcome = self.reach.fetch(&request).await;
            (request, outcome, sent)
        });
        for (request, outcome, sent) in join_all(reads).await {
            // Dated by when it was asked: an answer under way while something was written says nothing of it.
            estate.receive(&request, outcome, sent);
        }
    }

    fn pause(&self) -> Duration {
        let real = LOOK.as_secs_f64() / self.speed.max(1.0);
        Duration::from_secs_f64(real.max(0.1))
    }
}
