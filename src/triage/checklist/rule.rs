//! Something on a stack's readiness checklist is not there.

use super::{Checked, Found, Standing, State, is_told_elsewhere, needed, of_stack};
use crate::{
    domain::{id::ResourceId, signal::Severity},
    stack::model::Stack,
    triage::{
        context::{Context, Finding},
        rule::Rule,
        words,
    },
};

pub const CHECKLIST_MISSING: Rule = Rule {
    name: "checklist-missing",
    meaning: "something that the stack's readiness checklist names is missing, or not as it should be",
    severity: "a warning where something is missing; a notice where it differs",
    fires: "a complete answer of AWS does not hold it, or holds it with other facts than the stack file gives; services, \
            groups and target groups are told by `missing`. What was never looked at or could not be read is none of it. \
            Most of the list is read only while somebody looks at it (`d` on the stack); what was found missing is read \
            on until it is there",
    evidence: "each thing, what was asked and what is, and when it was read",
    next: "restore it, or correct the list in the stack file",
    check: checklist_missing,
};

fn checklist_missing(context: &Context<'_>) -> Vec<Finding> {
    context.stacks.iter().filter_map(|stack| find(context, stack)).collect()
}

fn find(context: &Context<'_>, stack: &Stack) -> Option<Finding> {
    if stack.checklist.is_empty() {
        return None;
    }
    let checked = of_stack(stack, context.estate, context.now);
    let wrong: Vec<(&Checked<'_>, &Found<'_>)> = checked
        .iter()
        .flat_map(|item| item.found.iter().map(move |found| (item, found)))
        .filter(|(_, found)| found.state.standing() <= Standing::Differs && !is_told_elsewhere(found.need))
        .collect();
    let worst = wrong.iter().map(|(_, found)| found.state.standing()).min()?;
    let severity = if worst == Standing::Missing { Severity::Warning } else { Severity::Notice };
    let (_, first) = wrong.iter().find(|(_, found)| found.state.standing() == worst)?;
    let others = match wrong.len() - 1 {
        0 => String::new(),
        others => format!(", and {others} more on its checklist {} wrong", if others == 1 { "is" } else { "are" }),
    };
    let is = if worst == Standing::Missing { "is missing" } else { "is not as the checklist says" };
    let said = |(item, found): &(&Checked<'_>, &Found<'_>)| {
        let place = if stack.scopes.len() > 1 { format!(" in {}", item.scope.region) } else { String::new() };
        let how = match &found.state {
            State::Differs { asked, is } => format!("is {is}, and should be {asked}"),
            _ => "does not exist".to_owned(),
        };
        let read = found.read_at.map(|at| format!(" (read at {})", words::clock(at))).unwrap_or_default();
        format!("{}{place} {how}{read}", needed(found.need))
    };
    Some(Finding {
        severity,
        stack: stack.name.clone(),
        subject: ResourceId::stack(stack.name.as_str()),
        since: None,
        summary: format!("{} {is}{others}", needed(first.need)),
        evidence: wrong.iter().map(said).collect(),
        advice: "restore it, or correct [[checklist]] in the stack file; d on the stack shows the whole list"
            .to_owned(),
    })
}
