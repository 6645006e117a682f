//! An operation as the journal tells of it: who and why, what was to change, each call, how it ended and on what evidence.

use super::sheet::{Sheet, joined};
use crate::{
    app::{
        joins::Joins,
        rows::{self, role_of},
        words,
    },
    domain::{id::ResourceId, text::SafeText, write::WriteOutcome},
    journal::history::{Call, Told},
    theme::Role,
};

pub fn describe(joins: &Joins<'_>, subject: &ResourceId, sheet: &mut Sheet) -> Option<()> {
    let app = joins.app;
    let told = app.records.operation(subject)?;
    let begun = &told.begun;
    sheet.line(Role::Strong, begun.title.clone());
    let (health, word) = rows::state_of_operation(app, told);
    sheet.told("verdict", role_of(health), format!("{} {word}", health.mark()));
    if let Some((at, ended)) = &told.ended {
        sheet.field("", ended.summary.clone());
        sheet.field("ended", format!("after {}", words::exact(at.duration_since(told.at))));
    } else if app.act.operation(&begun.operation).is_some() {
        sheet.told("", Role::Hint, format!("{} shows it live", rows::chord(app, crate::command::Command::Operations)));
    }
    sheet.moment("began", Some(told.at));
    sheet.field("by", begun.by.to_string());
    for caller in &begun.callers {
        sheet.field("as", format!("{} in {}", caller.arn, caller.region));
    }
    sheet.maybe("because", begun.reason.clone());
    sheet.maybe("stack", begun.stack.clone());
    sheet.field(
        "resources",
        joined(begun.subjects.iter().map(ResourceId::name).collect::<Vec<_>>().iter().map(SafeText::as_str)),
    );
    sheet.section("plan");
    sheet.field("digest", begun.plan.digest.clone());
    sheet.moment("made", Some(begun.plan.made_at));
    sheet.field("confirmed", begun.plan.confirmed.clone());
    changes(told, sheet);
    calls(told, sheet);
    if let Some((_, ended)) = told.ended.as_ref().filter(|(_, it)| !it.evidence.is_empty()) {
        sheet.section("evidence");
        for line in &ended.evidence {
            sheet.line(Role::Text, line.clone());
        }
    }
    let notes = told.notes.iter().map(|(at, text)| (*at, text.clone()));
    let resumed =
        told.resumed.iter().map(|(at, by)| (*at, SafeText::from(format!("watched on by {by}, pid {}", by.pid))));
    let orders = told.orders.iter().map(|(at, by, order)| (*at, SafeText::from(format!("{order}, by {by}"))));
    let mut happened: Vec<_> = notes.chain(orders).chain(resumed).collect();
    happened.sort_by_key(|(at, _)| *at);
    if !happened.is_empty() {
        sheet.section("meanwhile");
    }
    for (at, text) in happened {
        sheet.event(Some(at), Role::Text, text);
    }
    sheet.section("in the journal");
    sheet.field("operation", begun.operation.to_string());
    sheet.field("first line", told.line.to_string());
    Some(())
}

/// Before → after, as the plan showed it.
fn changes(told: &Told, sheet: &mut Sheet) {
    let Some(changes) = told.begun.changes.as_array().filter(|it| !it.is_empty()) else { return };
    sheet.section("what changes");
    for change in changes {
        let word = |name: &str| SafeText::new(change[name].as_str().unwrap_or("–"));
        sheet.field(word("field").as_str(), format!("{} → {}", word("before"), word("after")));
    }
}

/// Every call: when it left, with which parameters, and what came back.
fn calls(told: &Told, sheet: &mut Sheet) {
    sheet.section("calls");
    if told.calls.is_empty() {
        sheet.line(Role::Muted, "none has left");
    }
    for call in &told.calls {
        let (role, answer) = answer(call);
        let region = SafeText::new(&call.request.scope.region);
        sheet.event(Some(call.intended_at), Role::Strong, format!("{} in {region}", call.request.write.operation()));
        sheet.line(Role::Muted, format!("{:16}{}", "", SafeText::new(&call.request.write.parameters().to_string())));
        sheet.line(role, format!("{:16}{answer}", ""));
    }
}

fn answer(call: &Call) -> (Role, String) {
    match &call.answered {
        None => (Role::Warning, "no answer recorded: it may have left".to_owned()),
        Some((at, WriteOutcome::Done(written))) => {
            let took = words::exact(at.duration_since(call.intended_at));
            let id = written.request_id.as_ref().map_or("without a request id".into(), |it| format!("request {it}"));
            (Role::Ok, format!("done after {took}, {id}"))
        }
        Some((_, WriteOutcome::Refused(fault))) => {
            (Role::Critical, format!("refused: {}: {}", fault.code, fault.message))
        }
        Some((_, WriteOutcome::Unknown(fault))) => {
            (Role::Warning, format!("no answer: {}: {}", fault.code, fault.message))
        }
    }
}
