//! `DescribeInstanceRefreshes`.

use jiff::Timestamp;

use super::{
    super::{Group, State, describe::GROUPS},
    Refresh, Status,
};
use crate::{
    shape,
    sim::wire::{
        call::{Call, Reply},
        page::{Rule, page},
        value::Value,
    },
};

const RULE: Rule = Rule { listing: "autoscaling.DescribeInstanceRefreshes", ..GROUPS };

/// Those of one group, newest first.
pub fn describe(state: &mut State, call: &Call<'_>, now: Timestamp) -> Reply {
    let input = call.input;
    let name = state.group(call)?.name.clone();
    let Some(group) = state.groups.get(&name) else { return Ok(Value::empty()) };
    let ids = input.texts("InstanceRefreshIds")?;
    let refreshes = state.refreshes.iter().filter(|refresh| refresh.group == name);
    let refreshes: Vec<&Refresh> = refreshes.filter(|it| ids.is_empty() || ids.contains(&it.id)).collect();
    let (token, size) = (input.text("NextToken")?, input.int("MaxRecords")?);
    let page = page(refreshes, token, size, &RULE, |refresh| refresh.id.clone())?;
    let refreshes = page.items.into_iter().map(|refresh| spelt(refresh, group, now));
    Ok(shape! { "InstanceRefreshes" => Value::list(refreshes), "NextToken" => page.next })
}

fn spelt(refresh: &Refresh, group: &Group, now: Timestamp) -> Value {
    let desired = refresh.desired.as_ref().map(|choice| {
        shape! {
            "LaunchTemplate" => shape! {
                "LaunchTemplateId" => &choice.id, "LaunchTemplateName" => &choice.name, "Version" => &choice.version,
            },
        }
    });
    let rollback = refresh.rollback.as_ref().map(|rollback| {
        shape! {
            "RollbackReason" => &rollback.reason,
            "RollbackStartTime" => rollback.at,
            "PercentageCompleteOnRollback" => rollback.percentage,
            "InstancesToUpdateOnRollback" => rollback.left,
        }
    });
    let (percentage, left) = match &refresh.ended_at {
        Some(figures) => *figures,
        None if refresh.status == Status::Pending => (0, refresh.left(group, now)),
        None => (refresh.percentage(group, now), refresh.left(group, now)),
    };
    shape! {
        "InstanceRefreshId" => &refresh.id,
        "AutoScalingGroupName" => &refresh.group,
        "Status" => refresh.status.wire(),
        "StatusReason" => refresh.reason.as_ref(),
        "StartTime" => refresh.started,
        "EndTime" => refresh.ended,
        "PercentageComplete" => percentage,
        "InstancesToUpdate" => left,
        "Preferences" => refresh.preferences.spelt(),
        "DesiredConfiguration" => desired,
        "RollbackDetails" => rollback,
        "Strategy" => "Rolling",
    }
}
