//! Between waves: what the next one rests on is read anew before any of it is sent, as it was before the first.

use jiff::Timestamp;

use super::{Operation, judge::fresh};
use crate::{
    domain::{
        alarm::AlarmState,
        estate::{Estate, ScopeEstate},
        service::Service,
    },
    plan::{
        course::{Goal, Part},
        model::Drift,
    },
};

/// What differs for the wave `number` from what its plan was made of; `None` until all of it has been read after `since`.
pub fn drift(operation: &Operation, number: usize, estate: &Estate, since: Timestamp) -> Option<Vec<Drift>> {
    let wave = operation.course.waves.get(number)?;
    let of_parts = wave.iter().map(|it| {
        let part = &operation.course.parts[*it];
        let known = estate.scope(&part.service.scope)?;
        let mut found = of_part(part, known, since)?;
        if operation.course.verb.takes_several() && !operation.course.watch.bake.is_zero() {
            found.extend(ringing(part, known, since));
        }
        Some(found)
    });
    Some(of_parts.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
}

fn of_part(part: &Part, known: &ScopeEstate, since: Timestamp) -> Option<Vec<Drift>> {
    let services = fresh(known.services.get(&part.service.cluster), since)?;
    let Some(service) = services.get(&part.arn).filter(|it| it.status.as_str() == "ACTIVE") else {
        return Some(vec![drifted(part, "status", Some("ACTIVE".into()), None)]);
    };
    let observed = known.deployments.get(&part.arn);
    let is_unreadable = observed.is_some_and(|it| it.value().is_none() && it.fault().is_some());
    // Where deployments cannot be read, the service alone has to tell.
    let newest = if is_unreadable { None } else { fresh(observed, since)?.first().map(|it| &it.arn) };
    let mut found = of_service(part, service);
    if let (Some(then), Some(now)) = (&part.before.newest, newest)
        && then != now
        // One that is told of as the service's own primary is told already.
        && found.is_empty()
    {
        found.push(drifted(part, "newest deployment", Some(then.tail().to_string()), Some(now.tail().to_string())));
    }
    Some(found)
}

/// Alarms that were quiet when it was planned: a warning that nobody has seen counts as a change.
fn ringing(part: &Part, known: &ScopeEstate, since: Timestamp) -> Vec<Drift> {
    let alarms = fresh(Some(&known.alarms), since).into_iter().flat_map(|it| it.values());
    let rings = alarms.filter(|it| it.state == AlarmState::Alarm && part.alarms.contains(&it.name));
    let drift = |it: &crate::domain::alarm::Alarm| Drift {
        what: format!("alarm {}", it.name).into(),
        before: Some("OK".into()),
        after: Some("ALARM".into()),
    };
    rings.map(drift).collect()
}

fn of_service(part: &Part, service: &Service) -> Vec<Drift> {
    let before = &part.before;
    let mut found = Vec::new();
    if service.task_definition != before.task_definition {
        let (then, now) = (before.task_definition.short_name(), service.task_definition.short_name());
        found.push(drifted(part, "task definition", Some(then.to_string()), Some(now.to_string())));
    }
    let primary = service.primary().map(|it| it.id.clone());
    if primary != before.primary {
        let text = |it: &Option<crate::domain::text::SafeText>| it.as_ref().map(ToString::to_string);
        found.push(drifted(part, "deployment", text(&before.primary), text(&primary)));
    }
    // What is replaced task by task keeps its count, whatever it is.
    if matches!(part.goal, Goal::Scaled { .. }) && service.desired != before.desired {
        let (then, now) = (before.desired.to_string(), service.desired.to_string());
        found.push(drifted(part, "desired count", Some(then), Some(now)));
    }
    if service.control.providers != before.providers {
        found.push(drifted(part, "capacity providers", None, Some(service.launch.to_string())));
    }
    found
}

fn drifted(part: &Part, what: &str, before: Option<String>, after: Option<String>) -> Drift {
    Drift {
        what: format!("{} {what}", part.service).into(),
        before: before.map(Into::into),
        after: after.map(Into::into),
    }
}

/// In one line, for the verdict.
pub fn words(drift: &[Drift]) -> String {
    let word = |it: &Option<crate::domain::text::SafeText>| it.as_ref().map_or("–".to_owned(), ToString::to_string);
    let one = |it: &Drift| format!("{}: {} → {}", it.what, word(&it.before), word(&it.after));
    drift.iter().map(one).collect::<Vec<_>>().join("; ")
}
