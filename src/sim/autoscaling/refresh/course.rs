//! How a refresh goes on: which instances may go, how many at a time, when it waits, and how it ends.
//!
//! Arithmetic, of the desired capacity: at least `ceil(min %)` stay in service, healthy and warm; at most
//! `floor(max %)` are in service or on their way. Where no maximum is given an instance goes and its replacement comes at
//! the same time; where both bounds leave no room, one goes below the minimum or, with a maximum given, one comes first.

use jiff::{SignedDuration, Timestamp};

use super::{
    super::{
        super::{cloudwatch, cloudwatch::AlarmState, world::Tick},
        Group, Lifecycle, Member, Services,
        activity::sentence,
        lifecycle::terminate,
    },
    Refresh, Rollback, Rolling, Status, count,
    operations::is_ignored,
    preferences::Found,
};

/// How long nothing may move before it fails, besides the time that instances warm up, in seconds.
const PATIENCE: i64 = 3600;

/// Goes on with the refresh that is active; called before the group's capacity is looked at.
pub fn advance(
    refresh: &mut Refresh,
    group: &mut Group,
    services: &mut Services<'_>,
    alarms: &cloudwatch::State,
    tick: &mut Tick<'_>,
) {
    match refresh.status {
        Status::Pending => {
            refresh.status = Status::InProgress;
            refresh.moved.1 = tick.now;
        }
        Status::Cancelling if !group.members.iter().any(|member| member.is_coming() && refresh.is_new(member)) => {
            end(refresh, group, Status::Cancelled, None, tick.now);
        }
        Status::InProgress | Status::Baking if let Some(alarm) = alarming(refresh, alarms) => {
            fail(refresh, group, &format!("CloudWatch alarm {alarm} went into the ALARM state."), tick.now);
        }
        Status::Baking if refresh.baked.is_none_or(|until| until <= tick.now) => {
            succeed(refresh, group, tick.now);
        }
        Status::InProgress | Status::RollbackInProgress if group.suspends("InstanceRefresh") => {
            refresh.reason = Some("The InstanceRefresh process is suspended.".to_owned());
        }
        Status::InProgress | Status::RollbackInProgress => roll(refresh, group, services, tick),
        _ => {}
    }
}

/// The first of the refresh's alarms that is in ALARM.
fn alarming(refresh: &Refresh, alarms: &cloudwatch::State) -> Option<String> {
    let mut names = refresh.preferences.alarms.iter();
    names.find(|name| alarms.alarm_state(name) == Some(AlarmState::Alarm)).cloned()
}

fn roll(refresh: &mut Refresh, group: &mut Group, services: &mut Services<'_>, tick: &mut Tick<'_>) {
    let Refresh { old, preferences, .. } = &mut *refresh;
    old.retain(|id| group.member(id).is_some_and(|member| is_to_go(member) && !is_ignored(member, preferences)));
    let unfinished = refresh.unfinished(group, tick.now);
    if unfinished != refresh.moved.0 {
        refresh.moved = (unfinished, tick.now);
    }
    if pauses(refresh, group, tick.now) {
        return;
    }
    let limit = limit(refresh);
    let all_replaced = refresh.old.is_empty() || limit.is_none();
    if all_replaced && refresh.warming(group, tick.now).next().is_none() && group.actual() >= group.desired {
        return finish(refresh, group, tick.now);
    }
    let room = limit.unwrap_or(0).saturating_sub(refresh.total - count(refresh.old.iter()));
    let blocked = replace(refresh, group, room, services, tick);
    refresh.reason = Some(reason(refresh, group, blocked, tick.now));
    let patience = PATIENCE + i64::from(refresh.preferences.warmup);
    if tick.now.duration_since(refresh.moved.1).as_secs() >= patience {
        let why = refresh.reason.clone().unwrap_or_default();
        fail(refresh, group, &format!("The instance refresh made no progress for an hour. {why}"), tick.now);
    }
}

/// Whether an instance is one to replace at all: it is there and not already going.
fn is_to_go(member: &Member) -> bool {
    member.counts() || matches!(member.lifecycle, Lifecycle::Standby | Lifecycle::EnteringStandby)
}

/// Waits at a checkpoint that has been reached, or passes it when the wait is over.
fn pauses(refresh: &mut Refresh, group: &Group, now: Timestamp) -> bool {
    if refresh.status == Status::RollbackInProgress {
        return false;
    }
    if let Some(until) = refresh.pause {
        if now < until {
            refresh.moved.1 = now;
            return true;
        }
        (refresh.pause, refresh.passed) = (None, refresh.passed + 1);
        refresh.moved.1 = now;
    }
    let checkpoints = &refresh.preferences.checkpoints;
    let Some(percent) = checkpoints.get(refresh.passed).copied() else { return false };
    if percent == 100 || refresh.percentage(group, now) < percent || refresh.passed + 1 == checkpoints.len() {
        return false;
    }
    let delay = refresh.preferences.checkpoint_delay;
    refresh.pause = now.checked_add(SignedDuration::from_secs(delay.into())).ok();
    refresh.reason =
        Some(format!("Reached the checkpoint at {percent}%. Waiting for {delay} seconds before continuing."));
    true
}

/// How many of the instances may have been replaced before the next checkpoint; `None` when the last one is behind.
fn limit(refresh: &Refresh) -> Option<u32> {
    let checkpoints = &refresh.preferences.checkpoints;
    if refresh.status == Status::RollbackInProgress || checkpoints.is_empty() {
        return Some(refresh.total);
    }
    let percent = checkpoints.get(refresh.passed)?;
    let limit = (refresh.total * percent).div_ceil(100);
    let last = refresh.passed + 1 == checkpoints.len();
    (!last || refresh.total - count(refresh.old.iter()) < limit).then_some(limit)
}

/// Starts as many replacements as bounds and `room` allow; true where all that is left must not be touched.
fn replace(
    refresh: &mut Refresh,
    group: &mut Group,
    mut room: u32,
    services: &mut Services<'_>,
    tick: &mut Tick<'_>,
) -> bool {
    if group.suspends("Launch") || group.suspends("Terminate") {
        return true;
    }
    let may_go: Vec<String> = refresh.old.iter().filter(|id| may_go(group, id, refresh)).cloned().collect();
    let bounds = Bounds::of(refresh, group.desired);
    if let (Some(most), Some(rolling)) = (bounds.most, &group.rolling) {
        let ahead = most.saturating_sub(group.desired + rolling.surplus);
        let coming = count(may_go.iter()).min(room).saturating_sub(rolling.surplus);
        let more = ahead.min(coming);
        group.rolling.as_mut().into_iter().for_each(|rolling| {
            rolling.surplus += more;
            rolling.owed += more;
        });
    }
    let mut started = false;
    for id in &may_go {
        let Some(member) = group.member(id).filter(|_| room > 0) else { break };
        let serves = member.in_service() && member.healthy;
        if serves && available(refresh, group, tick.now) <= bounds.least {
            continue;
        }
        let counted = member.counts();
        let why = "an instance was taken out of service in response to an instance refresh.";
        terminate(group, id, sentence(tick.now, why), services, tick);
        refresh.old.retain(|other| other != id);
        (room, started) = (room - 1, true);
        if let Some(rolling) = group.rolling.as_mut().filter(|_| counted) {
            match rolling.surplus {
                0 => rolling.owed += 1,
                _ => rolling.surplus -= 1,
            }
        }
    }
    !started && may_go.is_empty() && !refresh.old.is_empty()
}

/// Whether preferences let an instance be replaced as it is now.
fn may_go(group: &Group, id: &str, refresh: &Refresh) -> bool {
    group.member(id).is_some_and(|member| match member.lifecycle {
        Lifecycle::Standby => refresh.preferences.standby == Found::Replace,
        Lifecycle::EnteringStandby => false,
        _ => !member.protected || refresh.preferences.protected == Found::Replace,
    })
}

/// Instances in service, healthy and, where they are new, warm.
fn available(refresh: &Refresh, group: &Group, now: Timestamp) -> u32 {
    let serves = |member: &&Member| member.healthy && (!refresh.is_new(member) || refresh.is_warm(member, now));
    count(group.in_service().filter(serves))
}

/// How many instances may serve at least, and be there at most; without a most, as many as are desired.
struct Bounds {
    least: u32,
    most: Option<u32>,
}

impl Bounds {
    fn of(refresh: &Refresh, desired: u32) -> Self {
        let preferences = &refresh.preferences;
        let least = (desired * preferences.min_healthy).div_ceil(100);
        match preferences.max_healthy {
            None => Self { least: least.min(desired.saturating_sub(1)), most: None },
            Some(percent) => {
                let most = desired * percent / 100;
                let stuck = least >= desired && most <= desired;
                Self { least, most: Some(if stuck { desired + 1 } else { most }) }
            }
        }
    }
}

/// Why the refresh does not go on at this moment.
fn reason(refresh: &Refresh, group: &Group, blocked: bool, now: Timestamp) -> String {
    let mut waiting = refresh.warming(group, now);
    let one = waiting.next().map(|first| waiting.find(|it| it.is_coming()).unwrap_or(first));
    match one {
        Some(member) if member.is_coming() => format!(
            "Waiting for remaining instances to be available. For example: {} has insufficient data to evaluate its \
             health with Amazon EC2.",
            member.instance
        ),
        Some(member) => format!(
            "Waiting for instances to warm up before continuing. For example: {} is warming up.",
            member.instance
        ),
        None if blocked => {
            let held = refresh.old.first().map_or("", String::as_str);
            let state = group.member(held).map_or("", |member| match member.lifecycle {
                Lifecycle::Standby | Lifecycle::EnteringStandby => "in Standby",
                _ if member.protected => "protected from scale in",
                _ => "held by a suspended process",
            });
            format!("Waiting for instances that cannot be replaced as they are. For example: {held} is {state}.")
        }
        None => "Replacing instances.".to_owned(),
    }
}

fn finish(refresh: &mut Refresh, group: &mut Group, now: Timestamp) {
    match refresh.preferences.bake {
        _ if refresh.status == Status::RollbackInProgress => end(refresh, group, Status::RollbackSuccessful, None, now),
        Some(seconds @ 1..) => {
            refresh.status = Status::Baking;
            refresh.baked = now.checked_add(SignedDuration::from_secs(seconds.into())).ok();
            refresh.reason = Some(format!("Waiting for the bake time of {seconds} seconds to pass."));
        }
        _ => succeed(refresh, group, now),
    }
}

/// The group is from now on what the refresh made of it.
fn succeed(refresh: &mut Refresh, group: &mut Group, now: Timestamp) {
    if let Some(desired) = &refresh.desired {
        group.template = desired.clone();
    }
    end(refresh, group, Status::Successful, None, now);
    refresh.reason = None;
}

/// Ends it without success: rolls back where that was asked for.
fn fail(refresh: &mut Refresh, group: &mut Group, why: &str, now: Timestamp) {
    if refresh.status == Status::RollbackInProgress {
        end(refresh, group, Status::RollbackFailed, Some(why), now);
    } else if refresh.preferences.auto_rollback {
        begin_rollback(refresh, group, why, now);
    } else {
        end(refresh, group, Status::Failed, Some(why), now);
    }
}

/// Turns round: what was launched since the refresh began is to be replaced by what the group says.
pub fn begin_rollback(refresh: &mut Refresh, group: &mut Group, why: &str, now: Timestamp) {
    let (percentage, left) = (refresh.percentage(group, now), refresh.left(group, now));
    refresh.rollback = Some(Rollback { reason: why.to_owned(), at: now, percentage, left });
    refresh.status = Status::RollbackInProgress;
    refresh.reason = None;
    let mut new: Vec<&Member> = group.members.iter().filter(|it| is_to_go(it) && refresh.is_new(it)).collect();
    new.sort_by_key(|member| member.launched);
    refresh.old = new.into_iter().map(|member| member.instance.clone()).collect();
    (refresh.total, refresh.since, refresh.pause) = (count(refresh.old.iter()), now, None);
    refresh.moved = (refresh.total, now);
    // What was launched ahead stays ahead: new ones go before others come.
    let surplus = group.actual().saturating_sub(group.desired).min(refresh.total);
    group.rolling = Some(Rolling { surplus, ..Rolling::default() });
}

/// Ends the refresh as it stands; the group is its own again.
pub fn end(refresh: &mut Refresh, group: &mut Group, status: Status, why: Option<&str>, now: Timestamp) {
    let figures = match status {
        Status::Successful => (100, 0),
        Status::RollbackSuccessful => (0, refresh.left(group, now)),
        _ => (refresh.percentage(group, now), refresh.left(group, now)),
    };
    (refresh.status, refresh.ended, refresh.ended_at) = (status, Some(now), Some(figures));
    if let Some(why) = why {
        refresh.reason = Some(why.to_owned());
    }
    group.rolling = None;
}
