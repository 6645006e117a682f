//! The service is well before it is changed. It warns and does not block: what is not well is what one has to change.

use super::{Case, Found, each};
use crate::domain::verb::Verb;

pub fn check(case: &Case<'_>) -> Vec<Found> {
    each(case, |draft| {
        let service = draft.seen.service;
        let mut wrong = Vec::new();
        if service.running < service.desired {
            wrong.push(format!("{} of {} tasks run", service.running, service.desired));
        }
        if let Some((healthy, total)) = draft.seen.healthy_targets()
            && (healthy < total || (total == 0 && service.desired > 0))
        {
            wrong.push(format!("{healthy} of {total} targets are healthy"));
        }
        if wrong.is_empty() {
            return None;
        }
        let summary = format!("{} is not well now: {}", service.name, wrong.join(", "));
        // What gets worse while it is planned is no reason against going back from it.
        Some(match case.action.verb() {
            Verb::Rollback => Found::passes(draft, summary).with("that is what a rollback is for"),
            _ => Found::warns(draft, summary).with("find out why first: a deployment on top hides it"),
        })
    })
}
