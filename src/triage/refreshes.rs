//! Instance refreshes that do not get on, or did not get to their end.

use jiff::SignedDuration;

use super::{
    context::{Context, Finding, GroupView},
    rule::Rule,
    words,
};
use crate::domain::{
    id::Kind,
    refresh::{Refresh, RefreshState},
    signal::Severity,
};

pub const REFRESH_FAILED: Rule = Rule {
    name: "refresh-failed",
    meaning: "the newest instance refresh of a group failed or was rolled back",
    severity: "a warning",
    fires: "the newest refresh ended as Failed, RollbackFailed or RollbackSuccessful within 6 hours",
    evidence: "what AWS says of it, how far it came, which template versions the instances run",
    next: "see the reason; then start another refresh, or one back to the version before: AWS leaves the group as it is",
    check: failed,
};

pub const REFRESH_STUCK: Rule = Rule {
    name: "refresh-stuck",
    meaning: "an instance refresh does not get on",
    severity: "a notice; a warning from half an hour on: AWS gives up waiting after an hour, and the refresh fails",
    fires: "for 10 minutes it waits for instances that are protected or in standby; or it has run for longer than all its \
            instances take, half an hour more each",
    evidence: "what AWS says it waits for, how far it has come, instances left, protected ones and those in standby",
    next: "take the protection off, or the instances out of standby, once they are empty; or cancel it",
    check: stuck,
};

/// How long a failure is told.
const TOLD: SignedDuration = SignedDuration::from_hours(6);
/// Waiting shorter than this is no news.
const USUAL: SignedDuration = SignedDuration::from_mins(10);
/// From then on AWS's own patience runs out soon.
const LONG: SignedDuration = SignedDuration::from_mins(30);

/// The refreshes of the group, newest first.
fn refreshes<'a>(view: &GroupView<'a>) -> &'a [Refresh] {
    let known = view.place.known.refreshes.get(&*view.spec.name).and_then(|it| it.value());
    known.map(Vec::as_slice).unwrap_or_default()
}

fn failed(context: &Context<'_>) -> Vec<Finding> {
    context.groups.iter().filter_map(find_failed).collect()
}

fn find_failed(view: &GroupView<'_>) -> Option<Finding> {
    let refresh = refreshes(view).first()?;
    let how = match refresh.state() {
        RefreshState::Failed => refresh.word(),
        RefreshState::RolledBack => "was rolled back",
        _ => return None,
    };
    let ended = refresh.ended_at?;
    if view.place.now.duration_since(ended) > TOLD {
        return None;
    }
    let mut evidence = progress(refresh);
    evidence.push(versions(view));
    Some(Finding {
        summary: format!("the instance refresh of {} {how}", view.group.name),
        evidence,
        advice:
            "see the reason; then start another refresh, or one back to the version before: the instances that it had \
                 replaced stay replaced unless it was rolled back"
                .to_owned(),
        ..view.place.finding(Severity::Warning, Kind::Group, view.group.name.as_str(), Some(ended))
    })
}

fn stuck(context: &Context<'_>) -> Vec<Finding> {
    context.groups.iter().filter_map(find_stuck).collect()
}

fn find_stuck(view: &GroupView<'_>) -> Option<Finding> {
    let refresh = refreshes(view).iter().find(|it| it.is_active())?;
    let since = refresh.started_at?;
    let age = view.place.now.duration_since(since);
    let waits = waits_for(refresh);
    let enough = LONG * i32::try_from(view.group.instances.len().clamp(1, 1000)).unwrap_or(1);
    let why = match waits {
        Some(what) if age >= USUAL => format!("waits for {what}"),
        _ if age >= enough => format!("has not ended after {}", words::span(age)),
        _ => return None,
    };
    let severity = if age >= LONG { Severity::Warning } else { Severity::Notice };
    let mut evidence = progress(refresh);
    let named = |holds: fn(&crate::domain::group::Instance) -> bool, word: &str| {
        let ids: Vec<&str> = view.group.instances.iter().filter(|it| holds(it)).map(|it| it.id.as_str()).collect();
        (!ids.is_empty()).then(|| format!("{word}: {}", words::list(&ids)))
    };
    evidence.extend(named(|it| it.protected, "protected from scale-in"));
    evidence.extend(named(|it| it.lifecycle.as_str() == "Standby", "in standby"));
    Some(Finding {
        summary: format!("the instance refresh of {} {why}", view.group.name),
        evidence,
        advice: "once those gateways are empty, take their protection off or end their standby; or cancel the refresh, which \
                 fails by itself after an hour of waiting"
            .to_owned(),
        ..view.place.finding(severity, Kind::Group, view.group.name.as_str(), Some(since))
    })
}

/// What of its instances a refresh waits for, by AWS's sentence.
fn waits_for(refresh: &Refresh) -> Option<&'static str> {
    let reason = refresh.reason.as_str().to_lowercase();
    [("protect", "instances that are protected from scale-in"), ("standby", "instances in standby")]
        .into_iter()
        .find(|(word, _)| reason.contains(word))
        .map(|(_, what)| what)
}

/// How far it came and what AWS says.
fn progress(refresh: &Refresh) -> Vec<String> {
    let percent = refresh.percent.map_or("–".to_owned(), |it| it.to_string());
    let left = refresh.left.map(|it| format!(", {} left", words::count(it as usize, "instance"))).unwrap_or_default();
    let to =
        refresh.template.as_ref().map(|it| format!(" to version {} of {}", it.version, it.name)).unwrap_or_default();
    let mut told = vec![format!("{}{to}: {percent} % done{left}", refresh.word())];
    if !refresh.reason.is_empty() {
        told.push(format!("AWS says: {}", refresh.reason));
    }
    told.extend(refresh.rollback.as_ref().filter(|it| !it.0.is_empty()).map(|it| format!("rolled back: {}", it.0)));
    told
}

/// How many instances run which version of the template.
fn versions(view: &GroupView<'_>) -> String {
    let mut versions: Vec<&str> = view.group.instances.iter().map(|it| it.template_version.as_str()).collect();
    versions.sort_unstable();
    let told: Vec<String> = versions
        .chunk_by(|one, other| one == other)
        .map(|same| format!("{} run version {}", same.len(), same[0]))
        .collect();
    if told.is_empty() { "it has no instances".to_owned() } else { words::list(&told) }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use crate::{
        domain::{
            group::LaunchTemplate,
            refresh::{Refresh, RefreshPreferences},
        },
        triage::testing::{Given, ago},
    };

    fn refresh(status: &str, reason: &str, started: i64, ended: Option<Timestamp>) -> Refresh {
        Refresh {
            id: "refresh-1".into(),
            status: status.into(),
            reason: reason.into(),
            started_at: Some(ago(started)),
            ended_at: ended,
            percent: Some(50),
            left: Some(1),
            template: Some(LaunchTemplate { id: "lt-1".into(), name: "gateways".into(), version: "4".into() }),
            preferences: RefreshPreferences::default(),
            rollback: None,
        }
    }

    #[test]
    fn a_refresh_that_failed_is_told_for_hours() {
        let mut given = Given::healthy();
        let reason = "Instance i-0ccc failed to become healthy.";
        given.refreshes = vec![refresh("Failed", reason, 7200, Some(ago(3600)))];
        assert_eq!(
            given.told(),
            "warning refresh-failed terminal-gateway-asg [02:00:00] the instance refresh of terminal-gateway-asg failed\n  \
             failed to version 4 of gateways: 50 % done, 1 instance left\n  \
             AWS says: Instance i-0ccc failed to become healthy.\n  \
             2 run version 3\n  \
             > see the reason; then start another refresh, or one back to the version before: the instances that it had \
             replaced stay replaced unless it was rolled back"
        );
        given.refreshes[0].status = "RollbackSuccessful".into();
        assert_eq!(given.rules(), ["refresh-failed"]);
        given.refreshes[0].ended_at = Some(ago(7 * 3600));
        assert_eq!(given.told(), "", "hours later");
        given.refreshes =
            vec![refresh("Successful", "", 600, Some(ago(300))), refresh("Failed", reason, 7200, Some(ago(3600)))];
        assert_eq!(given.told(), "", "the next one did better");
        given.refreshes = vec![refresh("Cancelled", "", 600, Some(ago(300)))];
        assert_eq!(given.told(), "", "somebody wanted that");
    }

    #[test]
    fn a_refresh_that_waits_for_protected_gateways_is_told_before_it_fails() {
        let mut given = Given::healthy();
        let reason = "Waiting for remaining instances to be available. For example: i-0aaa is protected from scale in.";
        given.refreshes = vec![refresh("InProgress", reason, 500, None)];
        assert_eq!(given.told(), "", "not yet");
        given.group().instances[0].protected = true;
        given.refreshes[0].started_at = Some(ago(900));
        assert_eq!(
            given.told(),
            "notice refresh-stuck terminal-gateway-asg [02:45:00] the instance refresh of terminal-gateway-asg waits for \
             instances that are protected from scale-in\n  \
             in progress to version 4 of gateways: 50 % done, 1 instance left\n  \
             AWS says: Waiting for remaining instances to be available. For example: i-0aaa is protected from scale in.\n  \
             protected from scale-in: i-0aaa\n  \
             > once those gateways are empty, take their protection off or end their standby; or cancel the refresh, which \
             fails by itself after an hour of waiting"
        );
        given.refreshes[0].started_at = Some(ago(1900));
        assert_eq!(given.signals()[0].severity.word(), "warning");
    }

    #[test]
    fn a_refresh_may_take_its_time_but_not_for_ever() {
        let mut given = Given::healthy();
        given.refreshes = vec![refresh("InProgress", "Waiting for instances to warm up.", 3500, None)];
        assert_eq!(given.told(), "", "two instances take an hour");
        given.refreshes[0].started_at = Some(ago(3700));
        assert_eq!(
            given.signals()[0].summary.as_str(),
            "the instance refresh of terminal-gateway-asg has not ended after 1 h 1 m"
        );
    }
}
