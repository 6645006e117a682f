//! The caller may send these calls, by IAM's own simulation, where it lets itself be asked.

use std::sync::Arc;

use super::{Case, Found};
use crate::{
    domain::{
        permission::Permission,
        query::{Answer, Query},
        write::Write,
    },
    plan::{course::Step, draft::Draft, facts::Asked},
    stack::care::Overridable,
};

pub fn check(case: &Case<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for draft in case.drafts {
        for step in &draft.steps {
            found.extend(judge(case, draft, step));
        }
    }
    found
}

fn judge(case: &Case<'_>, draft: &Draft<'_>, step: &Step) -> Option<Found> {
    let seen = &draft.seen;
    let operation = step.request.write.operation();
    let query = Query::Permissions {
        principal: seen.identity.arn.as_str().into(),
        actions: vec![operation.into()],
        resources: vec![resource(&step.request.write)],
    };
    let permissions = case.inquiry.ask_in(&seen.who.scope, query, |answer| match answer {
        Answer::Permissions(permissions) => Some(permissions),
        _ => None,
    });
    match permissions {
        Asked::Awaited => None,
        Asked::Failed(fault) => {
            let summary = format!("whether you may send {operation} cannot be told: {}", fault.kind.word());
            Some(Found::unchecked(draft, summary))
        }
        Asked::Known(permissions) => {
            let permissions = permissions.map_or(&[][..], Vec::as_slice);
            if permissions.iter().any(Permission::is_denied) {
                let summary = format!("IAM denies you {operation} on {}", step.request.write.target());
                let found = Found::blocks_unless(draft, Overridable::Permission, summary);
                return Some(found.with(format!("you are {}", seen.identity.arn)));
            }
            if permissions.is_empty() {
                let summary = format!("whether you may send {operation} cannot be told: IAM says nothing of it");
                return Some(Found::unchecked(draft, summary));
            }
            Some(Found::passes(draft, format!("IAM lets you send {operation}")))
        }
    }
}

/// What a policy names: the resource, or all where the call knows none.
fn resource(write: &Write) -> Arc<str> {
    match write {
        Write::UpdateService { service, .. } => service.wire().into(),
        Write::StopServiceDeployment { deployment } => deployment.wire().into(),
        Write::StopTask { task, .. } => task.wire().into(),
        Write::RegisterTaskDefinition { .. } | Write::RegisterScalableTarget { .. } | Write::Group(_) => "*".into(),
    }
}
