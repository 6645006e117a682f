//! Another deployment or operation is under way on the same service.

use super::{Case, Found};
use crate::{domain::verb::Verb, plan::course::Goal, stack::care::Overridable, triage::words::span};

pub fn check(case: &Case<'_>) -> Vec<Found> {
    let now = case.conditions.now;
    let mut found = Vec::new();
    for draft in case.drafts {
        let service = draft.seen.service;
        let undoes = matches!(draft.goal, Goal::Undone { .. }) || case.action.verb() == Verb::Rollback;
        for busy in case.conditions.busy.iter().filter(|it| it.subject == draft.seen.id()) {
            let since = span(now.duration_since(busy.since));
            let summary = format!("an operation is under way: {}, by {}, since {since}", busy.title, busy.by);
            found.push(if undoes {
                Found::warns(draft, summary).with("rolling back ends it")
            } else {
                Found::blocks_unless(draft, Overridable::InProgress, summary)
                    .with("wait for its verdict, or roll it back")
            });
        }
        if undoes || !service.is_deploying() {
            continue;
        }
        let Some(primary) = service.primary() else { continue };
        let since = primary.created_at.map_or(String::new(), |it| format!(" since {}", span(now.duration_since(it))));
        let summary = format!("a deployment of {} is under way{since}", primary.task_definition.short_name());
        found.push(if draft.replaces {
            let found = Found::blocks_unless(draft, Overridable::InProgress, summary);
            found.with("a second one would take its place; wait for it, or roll it back")
        } else {
            Found::warns(draft, summary).with("auto scaling does not scale in meanwhile")
        });
    }
    found
}
