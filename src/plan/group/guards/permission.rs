//! The caller may send these calls, by IAM's own simulation, where it lets itself be asked.

use super::{Found, GroupCase};
use crate::{
    domain::{
        permission::Permission,
        query::{Answer, Query},
        write::group::GroupWrite,
    },
    plan::{facts::Asked, group::course::Work},
    stack::care::Overridable,
};

pub fn check(case: &GroupCase<'_>) -> Vec<Found> {
    operations(&case.draft.work).into_iter().filter_map(|it| judge(case, it)).collect()
}

/// The calls that are made, or may be.
fn operations(work: &Work) -> Vec<&'static str> {
    let mut operations = match work {
        Work::Calls { writes, .. } => writes.iter().map(GroupWrite::operation).collect(),
        Work::Drain(drain) => drain.operations(),
    };
    operations.dedup();
    operations
}

fn judge(case: &GroupCase<'_>, operation: &'static str) -> Option<Found> {
    let seen = &case.draft.seen;
    let is_of_group = operation.starts_with("autoscaling:");
    let query = Query::Permissions {
        principal: seen.identity.arn.as_str().into(),
        actions: vec![operation.into()],
        resources: vec![if is_of_group { seen.group.arn.wire().into() } else { "*".into() }],
    };
    let permissions = case.inquiry.ask_in(&seen.who.scope, query, |answer| match answer {
        Answer::Permissions(permissions) => Some(permissions),
        _ => None,
    });
    match permissions {
        Asked::Awaited => None,
        Asked::Failed(fault) => {
            Some(Found::unchecked(format!("whether you may send {operation} cannot be told: {}", fault.kind.word())))
        }
        Asked::Known(permissions) => {
            let denied = permissions.into_iter().flatten().any(Permission::is_denied);
            let summary = format!("IAM denies you {operation} on {}", seen.group.name);
            if denied {
                let found = Found::blocks_unless(case, Overridable::Permission, summary);
                return Some(found.with(format!("you are {}", seen.identity.arn)));
            }
            Some(Found::passes(format!("IAM lets you send {operation}")))
        }
    }
}
