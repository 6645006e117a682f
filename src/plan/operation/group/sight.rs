//! What has been read of a group, as its operation looks at it.

use jiff::Timestamp;

use super::GroupState;
use crate::{
    domain::{
        estate::{Estate, ScopeEstate},
        group::{Group, Instance},
        observation::Observation,
        refresh::Refresh,
        session::Session,
        template::Template,
        text::SafeText,
    },
    plan::group::course::{DrainCourse, DrainWay, GroupCourse, GroupGoal, Work},
    triage::emptying::{self, Leaving},
};

/// The group and its sessions, with the times of the reads.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    pub group: &'a Group,
    /// When the group was read.
    pub at: Timestamp,
    pub reading: Option<Reading<'a>>,
    known: &'a ScopeEstate,
}

/// One whole read of the table of sessions.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    pub sessions: &'a [Session],
    pub at: Timestamp,
}

impl<'a> Sight<'a> {
    /// `None` while the group has not been read.
    pub fn of(course: &GroupCourse, estate: &'a Estate) -> Option<Self> {
        let known = estate.scope(&course.group.scope)?;
        let group = known.groups.value()?.values().find(|it| it.name.as_str() == &*course.group.name)?;
        let at = known.groups.fetched_at()?;
        let table = course.table().map(|(table, _)| table);
        let reading = table.and_then(|it| whole(known.sessions.get(it)?));
        Some(Self { group, at, reading, known })
    }

    /// An instance of the group, unless it is on its way out or was shut down.
    pub fn instance(&self, id: &str) -> Option<&'a Instance> {
        self.group.instances.iter().find(|it| it.id.as_str() == id && !is_leaving(it) && it.runs())
    }

    /// What EC2 says of why an instance was shut down, while its group still has it.
    pub fn why_gone(&self, id: &str) -> Option<&'a SafeText> {
        self.group.instances.iter().find(|it| it.id.as_str() == id && !it.runs())?.state_reason.as_ref()
    }

    /// The newest refreshes of the group, and when they were read.
    pub fn refreshes(&self) -> Option<(&'a [Refresh], Timestamp)> {
        let read = self.known.refreshes.get(self.group.name.as_str())?;
        Some((read.value()?.as_slice(), read.fetched_at()?))
    }

    /// The refresh that an operation has started, or undoes.
    pub fn refresh(&self, course: &GroupCourse, state: &GroupState) -> Option<&'a Refresh> {
        let id = match &course.work {
            Work::Calls { goal: GroupGoal::RefreshUndone { refresh, .. }, .. } => refresh,
            _ => state.refresh()?,
        };
        self.refreshes()?.0.iter().find(|it| it.id == *id)
    }

    /// The versions of a launch template.
    pub fn template(&self, id: &str) -> Option<&'a Template> {
        self.known.templates.get(id)?.value()
    }

    /// Instances that count towards the desired capacity.
    pub fn counting(&self) -> u32 {
        let counts = |it: &&Instance| it.is_in_service() || it.lifecycle.as_str().starts_with("Pending");
        u32::try_from(self.group.instances.iter().filter(counts).count()).unwrap_or(u32::MAX)
    }

    pub fn in_service(&self) -> impl Iterator<Item = &'a Instance> + use<'a> {
        self.group.instances.iter().filter(|it| it.is_in_service())
    }

    /// Whether new sessions no longer reach an instance, as far as what was read shows it.
    pub fn is_kept_from(&self, way: &DrainWay, instance: &str) -> bool {
        self.instance(instance).is_some_and(|it| way.is_closed(it, self.known))
    }

    /// How the sessions of the group's gateways end, by all that has been seen of them.
    pub fn leaving(&self, drain: &DrainCourse, now: Timestamp) -> Option<Leaving> {
        let own = |it: &&Session| self.group.instances.iter().any(|instance| instance.id == it.gateway);
        let sessions = self.reading?.sessions.iter().filter(own);
        emptying::leaving(sessions, self.known.session_ends.get(&drain.table.0), now)
    }

    pub fn is_tagged(&self, instance: &str, key: &str, value: &str) -> bool {
        self.instance(instance).is_some_and(|it| it.is_tagged(key, value))
    }
}

impl Reading<'_> {
    /// Sessions that an instance holds.
    pub fn held(&self, instance: &str) -> u32 {
        let held = self.sessions.iter().filter(|it| it.gateway.as_str() == instance).count();
        u32::try_from(held).unwrap_or(u32::MAX)
    }
}

/// A read that failed in part, or after which another failed, proves nothing.
fn whole(observation: &Observation<Vec<Session>>) -> Option<Reading<'_>> {
    let at = observation.fetched_at()?;
    let is_whole = !observation.is_partial() && observation.fault().is_none();
    is_whole.then(|| observation.value().map(|sessions| Reading { sessions, at })).flatten()
}

/// On its way out of the group, or out of it.
pub fn is_leaving(instance: &Instance) -> bool {
    let state = instance.lifecycle.as_str();
    state.starts_with("Terminat") || state.starts_with("Detach")
}
