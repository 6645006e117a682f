//! What an answer tells that has happened, given what was known before it.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::{Entry, Source, Timeline, Tone};
use crate::domain::{
    alarm::{AlarmChange, AlarmState},
    deployment::{Deployment, DeploymentStatus},
    estate::ScopeEstate,
    group::{Activity, Group},
    id::{Arn, Kind, ResourceId, Scope},
    query::{Answer, Query, Request},
    scaling::ServiceActivity,
    service::{Service, ServiceEvent},
    target::{Target, TargetState},
    text::SafeText,
};

impl Timeline {
    /// Takes in what `answer` tells; `before` is what was known of the scope until now, `at` when the answer came.
    pub fn harvest(&mut self, request: &Request, answer: &Answer, before: &ScopeEstate, at: Timestamp) {
        let mut harvest = Harvest { timeline: self, scope: &request.scope, before, at };
        match (&request.query, answer) {
            (Query::Services { cluster, .. }, Answer::Services(services)) => harvest.services(cluster, services),
            (_, Answer::Deployments(deployments)) => deployments.iter().for_each(|it| harvest.deployment(it)),
            (_, Answer::Groups(groups)) => groups.iter().for_each(|it| harvest.group(it)),
            (Query::Activities { group }, Answer::Activities(activities)) => {
                let subject = ResourceId::new(Kind::Group, &request.scope, group);
                for activity in activities {
                    harvest.activity(&subject, activity);
                }
            }
            (_, Answer::AllActivities(activities)) => {
                for (group, activity) in activities {
                    harvest.activity(&ResourceId::new(Kind::Group, &request.scope, group), activity);
                }
            }
            (_, Answer::ServiceActivities(activities)) => {
                // Newest first as AWS has them; the first of a row of alike ones is the one that is kept.
                for activity in activities.iter().rev() {
                    harvest.service_activity(activity);
                }
            }
            (Query::Targets { group }, Answer::Targets(targets)) => harvest.targets(group, targets),
            (_, Answer::AlarmHistory(changes)) => harvest.alarms(changes),
            _ => {}
        }
    }
}

struct Harvest<'a> {
    timeline: &'a mut Timeline,
    scope: &'a Scope,
    before: &'a ScopeEstate,
    at: Timestamp,
}

impl Harvest<'_> {
    fn note(&mut self, what: &str, at: Timestamp, (source, tone): (Source, Tone), subject: ResourceId, text: String) {
        self.timeline.note(what, Entry { at, source, tone, subject, text: text.into() });
    }

    fn services(&mut self, cluster: &str, services: &[Service]) {
        let known = self.before.services.get(cluster).and_then(|it| it.value());
        for service in services {
            self.events(service);
            let Some(old) = known.and_then(|it| it.get(&service.arn)) else { continue };
            self.desired(ResourceId::new(Kind::Service, self.scope, service.arn.wire()), old.desired, service.desired);
        }
    }

    /// Somebody, or a policy, has set another count.
    fn desired(&mut self, subject: ResourceId, old: u32, new: u32) {
        if old != new {
            let (what, text) = (format!("desired|{}", subject.key), format!("desired count {old} → {new}"));
            self.note(&what, self.at, (Source::Scaling, Tone::Change), subject, text);
        }
    }

    fn group(&mut self, group: &Group) {
        let Some(old) = self.before.groups.value().and_then(|it| it.get(&group.name)) else { return };
        let subject = ResourceId::new(Kind::Group, self.scope, group.name.as_str());
        if (old.min, old.max) != (group.min, group.max) {
            let text = format!("range {} to {} → {} to {}", old.min, old.max, group.min, group.max);
            let what = format!("range|{}", subject.key);
            self.note(&what, self.at, (Source::Scaling, Tone::Change), subject.clone(), text);
        }
        self.desired(subject, old.desired, group.desired);
    }

    /// The events that are new, but for a steady state that is only said again.
    fn events(&mut self, service: &Service) {
        let key = (self.scope.clone(), service.arn.clone());
        let seen = self.timeline.newest_events.get(&key);
        let new = service.events.iter().take_while(|it| Some(&it.id) != seen).count();
        if let Some(newest) = service.events.first().filter(|_| new > 0) {
            self.timeline.newest_events.insert(key, newest.id.clone());
        }
        for (index, event) in service.events.iter().enumerate().take(new) {
            let older = service.events.get(index + 1);
            if event.is_steady() && older.is_some_and(ServiceEvent::is_steady) {
                continue;
            }
            let subject = ResourceId::new(Kind::Service, self.scope, service.arn.wire());
            let what = format!("event|{}|{}", service.arn.wire(), event.id);
            self.note(&what, event.at, (Source::Event, tone_of_event(event)), subject, event.short().to_owned());
        }
    }

    fn deployment(&mut self, deployment: &Deployment) {
        let subject = ResourceId::new(Kind::Deployment, self.scope, deployment.arn.wire());
        let to = deployment.target.task_definition.as_ref().map(|it| format!(" of {}", it.short_name()));
        let to = to.unwrap_or_default();
        if let Some(at) = deployment.started_at.or(deployment.created_at) {
            let what = format!("began|{}", subject.key);
            let text = format!("deployment{to} began");
            self.note(&what, at, (Source::Deployment, Tone::Change), subject.clone(), text);
        }
        let Some(at) = deployment.finished_at else { return };
        let tone = match deployment.status {
            DeploymentStatus::Successful => Tone::Good,
            DeploymentStatus::Stopped | DeploymentStatus::Other(_) => Tone::Routine,
            _ => Tone::Bad,
        };
        let why = deployment.rollback_reason.as_ref().unwrap_or(&deployment.status_reason);
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        let what = format!("ended|{}", subject.key);
        let text = format!("deployment{to} {}{why}", deployment.status.word());
        self.note(&what, at, (Source::Deployment, tone), subject, text);
    }

    /// Whether the same was told of the same within the time in which one looks for causes.
    fn is_told(&self, entry: &Entry) -> bool {
        self.timeline.before(entry.at).any(|(_, it)| it.subject == entry.subject && it.text == entry.text)
    }

    fn activity(&mut self, subject: &ResourceId, activity: &Activity) {
        let Activity { status, description, cause, status_message, .. } = activity;
        let is_well = matches!(status.as_str(), "Successful" | "InProgress" | "Overridden");
        let state = if status.as_str() == "Successful" { String::new() } else { format!(" {}", spaced(status)) };
        let why = if is_well || status_message.is_empty() { cause } else { status_message };
        let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
        let tone = if is_well { Tone::Change } else { Tone::Bad };
        let text = SafeText::new(&format!("{}{state}{why}", description.as_str().trim_end_matches('.')));
        let entry = Entry { at: activity.started_at, source: Source::Scaling, tone, subject: subject.clone(), text };
        // What cannot be had is tried again every minute.
        if is_well || !self.is_told(&entry) {
            self.timeline.note(&format!("activity|{}", activity.id), entry);
        }
    }

    fn service_activity(&mut self, told: &ServiceActivity) {
        if is_at_rest(&told.activity) {
            return;
        }
        let Some((cluster, name)) = told.service() else { return };
        let services = self.before.services.get(cluster).and_then(|it| it.value());
        let arn = services.and_then(|it| it.values().find(|it| it.name.as_str() == name)).map(|it| it.arn.clone());
        // A service that is not known yet, or has gone: named as nearly as can be.
        let arn = arn.unwrap_or_else(|| Arn::new(&format!("{cluster}/{name}")));
        self.activity(&ResourceId::new(Kind::Service, self.scope, arn.wire()), &told.activity);
    }

    fn targets(&mut self, group: &Arn, targets: &[Target]) {
        // At the first look nothing has changed.
        let Some(known) = self.before.targets.get(group).and_then(|it| it.value()) else { return };
        let key = |it: &Target| (it.id.clone(), it.port);
        let mut gone: BTreeMap<_, &Target> = known.iter().map(|it| (key(it), it)).collect();
        for target in targets {
            let old = gone.remove(&key(target)).map(|it| it.state);
            if old == Some(target.state) {
                continue;
            }
            let from = old.map_or_else(|| "registered,".to_owned(), |it| format!("{} →", it.word()));
            let why = [&target.description, &target.reason].into_iter().find(|it| !it.is_empty());
            let why = why.map(|it| format!(" ({it})")).unwrap_or_default();
            let tone = match target.state {
                TargetState::Healthy => Tone::Good,
                TargetState::Unhealthy | TargetState::Unavailable => Tone::Bad,
                _ => Tone::Routine,
            };
            let subject = ResourceId::target(self.scope, group, target.id.as_str(), target.port);
            let text = format!("{from} {}{why}", target.state.word());
            self.note(&format!("target|{}", subject.key), self.at, (Source::Target, tone), subject, text);
        }
        for ((id, port), old) in gone {
            let what = format!("target|{}|{id}:{port}", group.wire());
            let subject = ResourceId::new(Kind::TargetGroup, self.scope, group.wire());
            let tone = if old.state.is_meant_to_serve() { Tone::Change } else { Tone::Routine };
            let text = format!("target {id}:{port} ({}) has gone", old.state.word());
            self.note(&what, self.at, (Source::Target, tone), subject, text);
        }
    }

    fn alarms(&mut self, changes: &[AlarmChange]) {
        let known: HashMap<_, _> =
            self.before.alarms.value().into_iter().flatten().map(|(arn, it)| (&it.name, arn)).collect();
        for change in changes {
            let arn = known.get(&change.alarm).map_or_else(|| self.alarm_arn(&change.alarm), |it| (*it).clone());
            self.alarm(change, &arn);
        }
    }

    fn alarm(&mut self, change: &AlarmChange, arn: &Arn) {
        let tone = match change.to {
            AlarmState::Alarm if !change.is_scaling() => Tone::Bad,
            AlarmState::Ok if !change.is_scaling() => Tone::Good,
            _ => Tone::Routine,
        };
        let why = if change.reason.is_empty() { String::new() } else { format!(": {}", change.reason) };
        let text = format!("{} → {}{why}", change.from.word(), change.to.word());
        let subject = ResourceId::new(Kind::Alarm, self.scope, arn.wire());
        self.note(&format!("alarm|{}", arn.wire()), change.at, (Source::Alarm, tone), subject, text);
    }

    /// The ARN that an alarm has which is not among those that are there now.
    fn alarm_arn(&self, name: &SafeText) -> Arn {
        let account = self.before.identity.value().map_or("", |it| it.account.as_str());
        Arn::new(&format!("arn:aws:cloudwatch:{}:{account}:alarm:{name}", self.scope.region))
    }
}

/// How an event is to be taken, by the words that ECS uses (its event messages are documented).
pub fn tone_of_event(event: &ServiceEvent) -> Tone {
    let message = event.message.as_str();
    let has = |words: &[&str]| words.iter().any(|it| message.contains(it));
    if has(&["unable to", "unhealthy", "failed", "deployment rolling back", "impaired", "circuit breaker"]) {
        Tone::Bad
    } else if has(&["has reached a steady state", "deployment completed"]) {
        Tone::Good
    } else {
        Tone::Routine
    }
}

/// `WaitingForInstanceId` as `waiting for instance id`.
fn spaced(word: &SafeText) -> String {
    let mut spaced = String::new();
    for letter in word.as_str().chars() {
        if letter.is_uppercase() && !spaced.is_empty() {
            spaced.push(' ');
        }
        spaced.extend(letter.to_lowercase());
    }
    spaced
}

/// Whether an activity says that there was nothing to do: a policy looks every minute, and where it wants fewer tasks than
/// the least there may be, that is as it should be.
fn is_at_rest(activity: &Activity) -> bool {
    let mut reasons = activity.status_message.as_str().split(", ");
    reasons.all(|it| matches!(it, "AlreadyAtMinCapacity" | "AlreadyAtDesiredCapacity"))
}
