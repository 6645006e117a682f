//! Between operations and their records.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    app::act::Standing,
    domain::{
        id::{OperationId, ResourceId},
        text::SafeText,
    },
    journal::{
        Journal,
        history::Told,
        record::{self, Author, Begun, Ended, PlanSeal, StepId},
        verify::Report,
    },
    plan::{
        course::Course,
        guards::Busy,
        model::{Plan, PlanDigest},
        operation::{Operation, StepRef, verdict::Ending},
    },
};

/// The record of an operation's beginning.
pub fn begun(
    id: &OperationId,
    plan: &Plan,
    confirmed: &str,
    reason: Option<&SafeText>,
    by: &Author,
) -> Result<Begun, serde_json::Error> {
    let course = &plan.course;
    let callers = plan.callers.iter().map(|it| record::Caller {
        profile: it.profile.clone(),
        region: it.region.clone(),
        account: it.account.clone(),
        arn: it.arn.clone(),
    });
    Ok(Begun {
        operation: id.clone(),
        verb: course.verb.word().into(),
        title: course.title.clone(),
        stack: course.stack.clone(),
        subjects: course.subjects().collect(),
        by: by.clone(),
        callers: callers.collect(),
        reason: reason.cloned(),
        plan: PlanSeal { digest: plan.digest.0.as_str().into(), made_at: plan.made_at, confirmed: confirmed.into() },
        changes: changes(plan),
        course: serde_json::to_value(course)?,
    })
}

fn changes(plan: &Plan) -> Value {
    let of_part = |part: &crate::plan::model::PartPlan| -> Vec<Value> {
        let row = |it: &crate::plan::model::Change| json!({ "subject": SafeText::new(&part.subject.key), "field": it.field, "before": it.before, "after": it.after });
        part.changes.iter().map(row).collect()
    };
    plan.parts.iter().flat_map(of_part).collect()
}

/// The record of an operation's end.
pub fn ended(id: &OperationId, ending: &Ending) -> Ended {
    Ended {
        operation: id.clone(),
        verdict: ending.verdict.word().into(),
        summary: ending.summary.clone(),
        evidence: ending.evidence.clone(),
    }
}

/// Which write it is, in the journal's words.
pub fn step_id(step: StepRef) -> StepId {
    let number = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
    StepId { part: number(step.part), step: number(step.step) }
}

/// What operations without a verdict are busy with, whether or not what they do can be read here.
pub fn standing(journal: &Journal, told: &[Told], report: &Report) -> Standing {
    let of_one = |it: &Told| {
        let by = SafeText::new(&it.begun.by.to_string());
        let busy = |subject: &ResourceId| Busy {
            subject: subject.clone(),
            title: it.begun.title.clone(),
            since: it.at,
            by: by.clone(),
        };
        (it.begun.operation.clone(), it.begun.subjects.iter().map(busy).collect())
    };
    let unread = unread(journal, report);
    Standing { operations: told.iter().map(of_one).collect(), lines: report.lines, unread }
}

/// The first line of the journal of which it is not known what it tells, and why; `None` where there is none.
pub fn unread(journal: &Journal, report: &Report) -> Option<SafeText> {
    let line = report.unread()?;
    Some(format!("{}:{}: {}; `quarterdeck journal verify` tells more", journal.place(), line.number, line.why).into())
}

/// The operation as far as the journal tells of it, to be watched on; it sends nothing until it is told
/// to. What was said of it holds: what was to be put back is, and sessions that were given up are.
pub fn restored(told: &Told, now: Timestamp) -> Result<Operation, serde_json::Error> {
    let course: Course = serde_json::from_value(told.begun.course.clone())?;
    let by = told.begun.callers.first().map(|it| it.arn.clone()).unwrap_or_default();
    let digest = PlanDigest(told.begun.plan.digest.to_string());
    let mut operation = Operation::begin(Arc::new(course), digest, by, told.begun.reason.clone(), told.at);
    operation.id = told.begun.operation.clone();
    for call in &told.calls {
        let step = StepRef { part: call.step.part as usize, step: call.step.step as usize };
        // What followed from what was read then, as the calls of a group or a later wave, the journal alone knows.
        operation.replay(step, &call.request, call.intended_at);
        if operation.group.is_some() || operation.sent(step, call.intended_at) {
            if let Some((at, outcome)) = &call.answered {
                operation.answered(step, outcome.clone(), *at);
            }
            if let Some((at, found)) = &call.settled {
                operation.settle(step, found.clone(), *at);
            }
        }
    }
    for (at, _, order) in &told.orders {
        // What followed from it is among the calls.
        let _changed = operation.obey(*order, *at);
    }
    operation.resume(now);
    Ok(operation)
}
