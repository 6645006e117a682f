//! An Auto Scaling group: its bounds and what its policies do next, what happens to it, its gateways and activities.

use jiff::SignedDuration;

use super::sheet::{Sheet, joined};
use crate::{
    app::{
        joins::{GroupSeat, Joins},
        rows::{count_words, hook_left, lifecycle_words},
        words,
    },
    cost::{known::PriceBook, running},
    domain::{
        estate::ScopeEstate,
        group::{Activity, Group},
        id::{Arn, ResourceId},
        refresh::{Refresh, RefreshState},
        text::SafeText,
    },
    theme::Role,
    triage::{
        sessions::GroupLoad,
        tracking::{self, Next},
    },
};

/// Activities told.
const TOLD: usize = 10;
/// Refreshes told.
const REFRESHES: usize = 3;

pub fn describe(joins: &Joins<'_>, subject: &ResourceId, sheet: &mut Sheet) -> Option<()> {
    let seat = joins.groups().into_iter().find(|it| *it.scope == subject.scope && it.name == &*subject.key)?;
    let group = seat.group?;
    let known = joins.app.estate.scope(&subject.scope)?;
    sheet.signals(super::about(joins.app, subject));
    facts(joins, &seat, group, sheet);
    policies(joins, known, group, sheet);
    happening(joins, &seat, known, group, sheet);
    gateways(joins, &seat, group, sheet);
    settings(known, group, sheet);
    sheet.section("activities");
    let activities = known.activities.get(seat.name).and_then(|it| it.value());
    if activities.is_none_or(Vec::is_empty) {
        sheet.line(Role::Muted, if activities.is_some() { "none" } else { "not read yet" });
    }
    for activity in activities.into_iter().flatten().take(TOLD) {
        let role = match activity.status.as_str() {
            "Failed" => Role::Warning,
            "Successful" => Role::Text,
            _ => Role::Progress,
        };
        sheet.event(Some(activity.started_at), role, activity_words(activity));
    }
    Some(())
}

/// An activity in words: what was done and, without AWS's times and repetitions, why.
fn activity_words(activity: &Activity) -> String {
    let what = activity.description.as_str().trim_end_matches('.');
    let state = match activity.status.as_str() {
        "Successful" => String::new(),
        other => format!(" ({other})"),
    };
    let message = activity.status_message.as_str();
    let why = if message.is_empty() { causes(activity.cause.as_str()) } else { message.to_owned() };
    if why.is_empty() { format!("{what}{state}") } else { format!("{what}{state}: {why}") }
}

/// The sentences of a cause without the `At 2026-01-02T03:04:05Z` that each begins with.
fn causes(cause: &str) -> String {
    let plain = |sentence: &str| {
        let rest = sentence.trim().trim_end_matches('.');
        let after = rest.strip_prefix("At ").and_then(|it| it.split_once("Z ")).map_or(rest, |(_, it)| it);
        after.to_owned()
    };
    cause.split(".  ").map(plain).filter(|it| !it.is_empty()).collect::<Vec<_>>().join("; ")
}

fn facts(joins: &Joins<'_>, seat: &GroupSeat<'_>, group: &Group, sheet: &mut Sheet) {
    sheet.section("group");
    sheet.health(seat.health(joins));
    sheet.maybe("stack", seat.stack.map(|it| it.name.clone()));
    sheet.field("scope", seat.scope.to_string());
    sheet.field("gateways", format!("{} in service of {} desired", group.in_service().count(), group.desired));
    let at_max = group.desired >= group.max;
    let role = if at_max { Role::Warning } else { Role::Text };
    let note = if at_max { ", which it has reached" } else { "" };
    sheet.told("range", role, format!("{} to {}{note}", group.min, group.max));
    let zones: Vec<String> = group.by_zone().iter().map(|(zone, number)| format!("{zone} {number}")).collect();
    let uneven = tracking::rebalances(group);
    let role = if uneven.is_some() { Role::Notice } else { Role::Text };
    let note = uneven.map_or_else(String::new, |(from, to)| format!("; about to move one from {from} to {to}"));
    sheet.told("by zone", role, format!("{}{note}", zones.join(", ")));
    let prices = PriceBook::of(&joins.app.stacks, &joins.app.estate, joins.app.now);
    let rate = running::of_group(prices.of_stack(seat.stack), &seat.scope.region, group);
    sheet.maybe("cost now", rate.map(|it| it.words()));
    for (process, reason) in &group.suspended {
        sheet.told("suspended", Role::Warning, format!("{process}: {reason}"));
    }
}

/// What it is set to: seldom in question at night.
fn settings(known: &ScopeEstate, group: &Group, sheet: &mut Sheet) {
    sheet.section("settings");
    let template = known.template_of(group);
    let wanted = group.wanted_version(template);
    let named = group.launch_template.as_ref().map(|it| {
        let stands_for = wanted.filter(|_| it.version.as_str().starts_with('$'));
        let stands_for = stands_for.map(|it| format!(", which is {it} now")).unwrap_or_default();
        let described = template.and_then(|all| all.named(it.version.as_str())).map(|it| &it.description);
        let described = described.filter(|it| !it.is_empty()).map(|it| format!(" ({it})")).unwrap_or_default();
        format!("{} version {}{stands_for}{described}", it.name, it.version)
    });
    sheet.maybe("launch template", named);
    sheet.field("health check", format!("{}, {} s grace", group.health_check, group.grace_seconds));
    let warmup = SignedDuration::from_secs(i64::from(group.cooldown_seconds));
    let cooldown = format!("{}; instances warm up for {}", words::span(warmup), words::span(group.warmup()));
    sheet.field("cooldown", cooldown);
    if group.protects_new {
        sheet.told("new instances", Role::Notice, "are protected from scale-in");
    }
    let groups: Vec<_> = group.target_groups.iter().map(Arn::short_name).collect();
    sheet.field("target groups", joined(groups.iter().map(SafeText::as_str)));
    sheet.moment("created", group.created_at);
}

fn policies(joins: &Joins<'_>, known: &ScopeEstate, group: &Group, sheet: &mut Sheet) {
    sheet.section("policies");
    if group.policies.is_empty() {
        sheet.line(Role::Muted, "none: nothing scales it by itself");
    }
    for policy in &group.policies {
        let target = policy.target.as_ref();
        let aim =
            target.map_or(policy.kind.to_string(), |it| format!("keeps {} at {}", it.metric, words::number(it.value)));
        let state = if policy.enabled { "" } else { " (disabled)" };
        let role = if policy.enabled { Role::Text } else { Role::Warning };
        sheet.told(policy.name.as_str(), role, format!("{aim}{state}"));
        if let Some(outlook) = tracking::outlook(known, group, policy, joins.app.now) {
            let role = match outlook.next {
                Next::Held { more: true, .. } => Role::Warning,
                Next::Add(_) | Next::Remove(_) => Role::Progress,
                _ => Role::Text,
            };
            sheet.told("  next", role, format!("at {}: {}", outlook.sight(), outlook.words()));
        }
        let alarms = known.alarms.value().into_iter().flat_map(|it| it.values());
        for alarm in alarms.filter(|it| policy.alarms.contains(&it.name)) {
            let threshold = alarm.threshold.map(words::number).unwrap_or_default();
            let minutes =
                SignedDuration::from_secs(i64::from(alarm.period_seconds) * i64::from(alarm.evaluation_periods));
            let since = alarm.updated_at.map(|at| format!(", since {}", words::ago(joins.app.now, at)));
            let text = format!(
                "{} {threshold} for {}: {}{}",
                alarm.comparison,
                words::span(minutes),
                alarm.state.word(),
                since.unwrap_or_default()
            );
            sheet.field("  alarm", text);
        }
    }
}

/// What is under way: refreshes, and instances that wait for a hook.
fn happening(joins: &Joins<'_>, seat: &GroupSeat<'_>, known: &ScopeEstate, group: &Group, sheet: &mut Sheet) {
    let waiting: Vec<_> = group.instances.iter().filter(|it| it.waits_for().is_some()).collect();
    if !waiting.is_empty() {
        sheet.section("hooks waiting");
        for instance in waiting {
            let text = match hook_left(joins.app, seat, group, instance) {
                None => format!("{}: since when is not known", lifecycle_words(&instance.lifecycle)),
                Some((hook, left)) => {
                    let of_it = group.hooks.iter().find(|it| it.name.as_str() == hook);
                    let then = of_it.map_or("its default", |it| it.default_result.as_str());
                    format!("{hook}, {} left, then {then}", words::exact(left))
                }
            };
            sheet.told(instance.id.as_str(), Role::Warning, text);
        }
    }
    let Some(refreshes) = known.refreshes.get(seat.name).and_then(|it| it.value()) else { return };
    if refreshes.is_empty() {
        return;
    }
    sheet.section("instance refreshes");
    for refresh in refreshes.iter().take(REFRESHES) {
        tell_refresh(refresh, sheet);
    }
}

fn tell_refresh(refresh: &Refresh, sheet: &mut Sheet) {
    let role = match refresh.state() {
        RefreshState::UnderWay => Role::Progress,
        RefreshState::Successful => Role::Ok,
        RefreshState::Cancelled => Role::Text,
        RefreshState::RollingBack | RefreshState::Failed | RefreshState::RolledBack | RefreshState::Unknown => {
            Role::Warning
        }
    };
    let percent = refresh.percent.map(|it| format!(", {it} % done")).unwrap_or_default();
    let left = refresh.left.filter(|it| *it > 0);
    let left = left.map(|it| format!(", {} left", words::count(it as usize, "instance"))).unwrap_or_default();
    let to = refresh.template.as_ref().map(|it| format!("to version {}: ", it.version)).unwrap_or_default();
    sheet.event(refresh.started_at, role, format!("{to}{}{percent}{left}", refresh.word()));
    if !refresh.reason.is_empty() {
        sheet.told("  AWS says", Role::Text, refresh.reason.clone());
    }
    if let Some((why, _)) = refresh.rollback.as_ref().filter(|(why, _)| !why.is_empty()) {
        sheet.told("  rolled back", Role::Warning, why.clone());
    }
    if refresh.is_active() {
        let preferences = &refresh.preferences;
        let share = |it: Option<u32>| it.map_or("default".to_owned(), |it| format!("{it} %"));
        let word = |it: &Option<SafeText>| it.as_ref().map_or("wait".to_owned(), |it| it.as_str().to_lowercase());
        let text = format!(
            "healthy {} to {}; protected instances: {}; standby: {}{}{}",
            share(preferences.min_healthy),
            share(preferences.max_healthy),
            word(&preferences.protected),
            word(&preferences.standby),
            if preferences.skips_matching { "; skips matching" } else { "" },
            if preferences.rolls_back { "; rolls back by itself" } else { "" },
        );
        sheet.field("  preferences", text);
    }
}

fn gateways(joins: &Joins<'_>, seat: &GroupSeat<'_>, group: &Group, sheet: &mut Sheet) {
    sheet.section("gateways");
    let load = seat.load(joins.app);
    for (at, instance) in group.instances.iter().enumerate() {
        let gateway = load.as_ref().and_then(|it| it.gateways.get(at));
        let sessions = gateway.and_then(|it| it.sessions).map_or("– sessions".to_owned(), |count| {
            let limit = gateway.and_then(|it| it.limit).map(|it| format!(" of {it}")).unwrap_or_default();
            format!("{}{limit} sessions", count_words(count))
        });
        let protected = if instance.protected { ", protected" } else { "" };
        let text = format!("{}, {}, {sessions}{protected}", lifecycle_words(&instance.lifecycle), instance.zone);
        sheet.field(instance.id.as_str(), text);
    }
    if let Some(load) = load {
        sessions(&load, sheet);
    }
}

fn sessions(load: &GroupLoad<'_>, sheet: &mut Sheet) {
    let total = load.sessions.map_or("–".to_owned(), count_words);
    let limit = load.limit.map(|it| format!(" of {it}")).unwrap_or_default();
    let average = load.average().map(|it| format!(", {} a gateway in service", words::number(it)));
    sheet.field("sessions", format!("{total}{limit}{}", average.unwrap_or_default()));
    if let Some(also) = load.also {
        sheet.told("by the metric", Role::Warning, format!("{}: the two sources disagree", count_words(also)));
    }
    if let Some(leaving) = load.leaving {
        let lasts = SignedDuration::try_from_secs_f64(3600.0 / leaving.rate).unwrap_or(SignedDuration::MAX);
        let text = format!(
            "one in {} each; {} (from {} and {} seen)",
            words::span(lasts),
            leaving.sureness().word(),
            words::count(leaving.seen - leaving.ends, "open session"),
            words::count(leaving.ends, "end"),
        );
        sheet.field("sessions end", text);
    }
    if load.unplaced > 0 {
        let text = format!("{} that name no gateway of this group", words::count(load.unplaced as usize, "session"));
        sheet.told("unplaced", Role::Notice, text);
    }
}

#[cfg(test)]
mod tests {
    use super::causes;

    #[test]
    fn causes_are_told_without_their_times() {
        let cause = "At 2026-03-01T02:50:00Z a user request explicitly set group desired capacity changing the desired \
                     capacity from 1 to 2.  At 2026-03-01T02:50:05Z an instance was started in response to a difference \
                     between desired and actual capacity, increasing the capacity from 1 to 2.";
        assert_eq!(
            causes(cause),
            "a user request explicitly set group desired capacity changing the desired capacity from 1 to 2; an instance \
             was started in response to a difference between desired and actual capacity, increasing the capacity from 1 \
             to 2"
        );
        assert_eq!((causes(""), causes("somebody did.")), (String::new(), "somebody did".to_owned()));
    }
}
