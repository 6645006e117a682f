//! Groups of gateways in the estate, and the sessions that they hold.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};

use super::{ScopeEstate, Step, apply, keyed};
use crate::domain::{
    group::{Activity, Group, Instance},
    observation::Observation,
    query::{Answer, Query},
    refresh::Refresh,
    session::{Fate, Session},
    template::Template,
    text::SafeText,
};

/// How long after something was launched or ended a refresh may have to do with it; as long as a failed one is told.
const LATELY: SignedDuration = SignedDuration::from_hours(6);

impl ScopeEstate {
    pub(super) fn observe_gateways(&mut self, query: &Query, step: Step) {
        match query {
            Query::Groups { .. } => apply(&mut self.groups, step, |answer, known| match answer {
                Answer::Groups(groups) => Some(keyed(groups, |it| it.name.clone(), known)),
                _ => None,
            }),
            Query::Activities { group } => {
                apply(self.activities.entry(group.clone()).or_default(), step, only!(Activities));
            }
            Query::AllActivities => {
                let activities = &mut self.activities;
                let at = ended_at(&step);
                apply(&mut self.all_activities, step, |answer, _| match answer {
                    Answer::AllActivities(all) => {
                        lay_activities(activities, all, at?);
                        Some(())
                    }
                    _ => None,
                });
            }
            Query::AllTemplates => {
                let templates = &mut self.templates;
                let at = ended_at(&step);
                apply(&mut self.all_templates, step, |answer, _| match answer {
                    Answer::AllTemplates(all) => {
                        lay_templates(templates, all, at?);
                        Some(())
                    }
                    _ => None,
                });
            }
            Query::Refreshes { group } => {
                apply(self.refreshes.entry(group.clone()).or_default(), step, only!(Refreshes));
            }
            Query::Template { id } => apply(self.templates.entry(id.clone()).or_default(), step, only!(Template)),
            Query::Sessions { table, .. } => {
                apply(self.sessions.entry(table.clone()).or_default(), step, only!(Sessions));
            }
            _ => {}
        }
    }

    /// Notes which sessions of a table are no longer in it. What a partial look did not bring may still be there.
    pub(super) fn miss(&mut self, table: &Arc<str>, now: &[Session], at: Timestamp) {
        let Some(observed) = self.sessions.get(table).filter(|it| !it.is_partial()) else { return };
        let (Some(before), Some(looked)) = (observed.value(), observed.fetched_at()) else { return };
        let groups = self.groups.value().into_iter().flat_map(BTreeMap::values);
        let fates: BTreeMap<&SafeText, Fate> =
            groups.flat_map(|it| &it.instances).map(|it| (&it.id, fate(it))).collect();
        let ends = self.session_ends.entry(table.clone()).or_default();
        ends.look((before, looked), (now, at), |gateway| fates.get(gateway).copied().unwrap_or(Fate::Ends));
    }

    /// The launch template that a group starts its instances from, once it has been read.
    pub fn template_of(&self, group: &Group) -> Option<&Template> {
        self.templates.get(group.launch_template.as_ref()?.id.as_str())?.value()
    }

    /// The refresh of a group that still does something.
    pub fn active_refresh(&self, group: &str) -> Option<&Refresh> {
        self.refreshes.get(group)?.value()?.iter().find(|it| it.is_active())
    }

    /// Whether a group may have, or have had of late, an instance refresh: it is not at rest, its instances differ in
    /// version, some may hold a refresh up, or something has been launched or ended lately. A refresh does one of
    /// these, and AWS answers for one group at a time only.
    pub fn may_refresh(&self, group: &Group, now: Timestamp) -> bool {
        let is_recent = |at: Timestamp| now.duration_since(at) < LATELY;
        let wanted = group.wanted_version(self.template_of(group));
        let is_restless = |it: &Instance| {
            let is_old = wanted.is_some_and(|wanted| it.template_version.as_str().parse() != Ok(wanted));
            !it.is_in_service() || it.protected || is_old || it.launched_at.is_none_or(is_recent)
        };
        let activities = self.activities.get(group.name.as_str()).and_then(Observation::value);
        group.instances.len() != group.desired as usize
            || group.instances.iter().any(is_restless)
            || activities.into_iter().flatten().any(|it| is_recent(it.started_at))
            || self.active_refresh(group.name.as_str()).is_some()
    }

    /// The instance with this id, and its group.
    pub fn instance(&self, id: &str) -> Option<(&Group, &Instance)> {
        let groups = self.groups.value()?.values();
        groups.flat_map(|group| group.instances.iter().map(move |it| (group, it))).find(|(_, it)| it.id.as_str() == id)
    }
}

/// What an instance does while its sessions end.
fn fate(instance: &Instance) -> Fate {
    let ends = matches!(instance.lifecycle.as_str(), "Terminating" | "Terminating:Proceed" | "Terminated");
    match ends || instance.state.as_ref().is_some_and(|it| it.as_str() != "running") {
        true => Fate::Ends,
        false if instance.is_leaving() => Fate::Lingers,
        false => Fate::Serves,
    }
}

/// When a read that has ended was asked.
fn ended_at(step: &Step) -> Option<Timestamp> {
    match step {
        Step::Ended(_, at) => Some(*at),
        Step::Requested(_) | Step::Left => None,
    }
}

/// Lays the newest activities of all groups over what is known of each: older ones stay.
fn lay_activities(
    known: &mut BTreeMap<Arc<str>, Observation<Vec<Activity>>>,
    all: Vec<(Arc<str>, Activity)>,
    at: Timestamp,
) {
    let mut by_group: BTreeMap<Arc<str>, Vec<Activity>> = BTreeMap::new();
    for (group, activity) in all {
        by_group.entry(group).or_default().push(activity);
    }
    for (group, mut newest) in by_group {
        let observation = known.entry(group).or_default();
        let told: BTreeSet<SafeText> = newest.iter().map(|it| it.id.clone()).collect();
        let before = observation.take_value().unwrap_or_default();
        newest.extend(before.into_iter().filter(|it| !told.contains(&it.id)));
        observation.succeed(newest, at);
    }
}

/// Lays the latest and default versions over what is known of each template.
fn lay_templates(known: &mut BTreeMap<Arc<str>, Observation<Template>>, all: Vec<(Arc<str>, Template)>, at: Timestamp) {
    for (id, newest) in all {
        let observation = known.entry(id).or_default();
        let before = observation.take_value().unwrap_or_default();
        observation.succeed(newest.over(before), at);
    }
}
