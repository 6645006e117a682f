//! `StartInstanceRefresh`, `CancelInstanceRefresh` and `RollbackInstanceRefresh`.

use super::{
    super::{Lifecycle, Member, capacity::chosen, missing, validation},
    Preferences, Refresh, Rolling, Status, count,
    course::{begin_rollback, end},
    preferences::Found,
};
use crate::{
    shape,
    sim::{
        wire::{
            call::{Call, Reply},
            error::ApiError,
        },
        world::{Region, Tick},
    },
};

/// Sets out to replace the instances that the group has now: all or, skipping those that match, some.
pub fn start(region: &mut Region, call: &Call<'_>, tick: &mut Tick<'_>) -> Reply {
    let input = call.input;
    if input.text("Strategy")?.is_some_and(|strategy| strategy != "Rolling") {
        return Err(validation("Only the strategy Rolling is simulated"));
    }
    let desired = match input.object("DesiredConfiguration") {
        Some(configuration) => {
            let choice = configuration.object("LaunchTemplate");
            Some(chosen(choice.ok_or_else(|| missing("desiredConfiguration.launchTemplate"))?, &region.ec2)?)
        }
        None => None,
    };
    let group = region.autoscaling.group(call)?;
    let preferences = Preferences::read(input.object("Preferences"), group)?;
    if preferences.auto_rollback && desired.is_none() {
        return Err(validation(
            "The request isn't valid. The AutoRollback parameter cannot be set to true when the DesiredConfiguration \
             parameter is empty. Set AutoRollback to false or specify a desired configuration and try again.",
        ));
    }
    if preferences.auto_rollback && group.template.version.starts_with('$') {
        return Err(validation(
            "The request isn't valid. The AutoRollback parameter cannot be set to true when the Auto Scaling group uses \
             the $Latest or $Default version of its launch template.",
        ));
    }
    let name = group.name.clone();
    if region.autoscaling.active_refresh(&name).is_some() {
        return Err(ApiError::bad_request(
            "InstanceRefreshInProgress",
            "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.",
        ));
    }
    let group = region.autoscaling.group(call)?;
    let target = desired.as_ref().unwrap_or(&group.template);
    let version = region.ec2.templates.get(&target.id).and_then(|template| template.version(&target.version));
    let matches = |member: &Member| {
        version.is_some_and(|it| it.number == member.version && it.instance_type == member.instance_type)
    };
    let mut old: Vec<&Member> = group
        .members
        .iter()
        .filter(|member| member.counts() || matches!(member.lifecycle, Lifecycle::Standby | Lifecycle::EnteringStandby))
        .filter(|member| !is_ignored(member, &preferences))
        .filter(|member| !preferences.skip_matching || !matches(member))
        .collect();
    old.sort_by_key(|member| member.launched);
    let old: Vec<String> = old.into_iter().map(|member| member.instance.clone()).collect();
    group.rolling = Some(Rolling { template: desired.clone(), ..Rolling::default() });
    let refresh = Refresh {
        id: tick.random.uuid(),
        group: name,
        status: Status::Pending,
        reason: None,
        started: tick.now,
        ended: None,
        ended_at: None,
        preferences,
        desired,
        rollback: None,
        total: count(old.iter()),
        moved: (count(old.iter()), tick.now),
        old,
        since: tick.now,
        passed: 0,
        pause: None,
        baked: None,
    };
    let id = refresh.id.clone();
    region.autoscaling.refreshes.insert(0, refresh);
    Ok(shape! { "InstanceRefreshId" => id })
}

/// Whether the refresh leaves an instance out, as it is now.
pub fn is_ignored(member: &Member, preferences: &Preferences) -> bool {
    let stands_by = matches!(member.lifecycle, Lifecycle::Standby | Lifecycle::EnteringStandby);
    let found = if stands_by { preferences.standby } else { preferences.protected };
    found == Found::Ignore && (stands_by || member.protected)
}

/// Starts no further replacements; what has been replaced stays so.
pub fn cancel(region: &mut Region, call: &Call<'_>, tick: &mut Tick<'_>) -> Reply {
    let waits = call.input.bool("WaitForTransitioningInstances")?.unwrap_or(true);
    let name = region.autoscaling.group(call)?.name.clone();
    let state = &mut region.autoscaling;
    let refresh = state.refreshes.iter_mut().find(|it| it.group == name && it.is_active());
    let refresh = refresh.filter(|it| it.status != Status::Cancelling).ok_or_else(|| no_active(&name))?;
    refresh.status = Status::Cancelling;
    refresh.reason = Some("Cancelled due to user request.".to_owned());
    if let Some(group) = state.groups.get_mut(&name).filter(|_| !waits) {
        end(refresh, group, Status::Cancelled, None, tick.now);
    }
    Ok(shape! { "InstanceRefreshId" => &refresh.id })
}

/// Replaces what the refresh has launched by what the group was before.
pub fn roll_back(region: &mut Region, call: &Call<'_>, tick: &mut Tick<'_>) -> Reply {
    let name = region.autoscaling.group(call)?.name.clone();
    let state = &mut region.autoscaling;
    let refresh = state.refreshes.iter_mut().find(|it| it.group == name && it.is_active());
    let refresh = refresh.ok_or_else(|| no_active(&name))?;
    let group = state.groups.get_mut(&name).ok_or_else(|| no_active(&name))?;
    let why = if refresh.desired.is_none() {
        Some("no desired configuration was specified for it")
    } else if group.template.version.starts_with('$') {
        Some("the Auto Scaling group uses the $Latest or $Default version of its launch template")
    } else if matches!(refresh.status, Status::Cancelling | Status::RollbackInProgress) {
        Some("it is being cancelled or rolled back already")
    } else {
        None
    };
    if let Some(why) = why {
        let message = format!("The instance refresh {} cannot be rolled back: {why}.", refresh.id);
        return Err(ApiError::bad_request("IrreversibleInstanceRefresh", message));
    }
    begin_rollback(refresh, group, "Instance refresh rollback initiated by user request.", tick.now);
    Ok(shape! { "InstanceRefreshId" => &refresh.id })
}

fn no_active(group: &str) -> ApiError {
    let message = format!("No in progress or pending Instance Refresh found for Auto Scaling group {group}");
    ApiError::bad_request("ActiveInstanceRefreshNotFound", message)
}
