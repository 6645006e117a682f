//! The reads that an estate rests on, whatever they hold: for what is said of all of them alike.

use jiff::Timestamp;

use super::{estate::ScopeEstate, fault::Fault, observation::Observation};

/// How one read of a scope stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Read<'a> {
    /// What it reads, in words, as `services of terminal-cluster`.
    pub what: String,
    /// When it last answered.
    pub fetched_at: Option<Timestamp>,
    /// Why it failed, if it did the last time.
    pub fault: Option<&'a Fault>,
    /// It last answered in part.
    pub partial: bool,
    /// Of what seldom changes (identities, definitions): renewed every few minutes only.
    pub slow: bool,
}

impl<'a> Read<'a> {
    /// How the read behind `observation` stands.
    pub fn of<T>(what: impl Into<String>, observation: &'a Observation<T>) -> Self {
        Self {
            what: what.into(),
            fetched_at: observation.fetched_at(),
            fault: observation.fault(),
            partial: observation.is_partial(),
            slow: false,
        }
    }

    /// The read of something that seldom changes.
    #[must_use]
    pub fn slow(self) -> Self {
        Self { slow: true, ..self }
    }

    /// A read that has not been tried.
    pub fn awaited(what: impl Into<String>) -> Self {
        Self { what: what.into(), fetched_at: None, fault: None, partial: false, slow: false }
    }

    /// Whether it answered in full the last time it was tried.
    pub fn is_whole(&self) -> bool {
        self.fetched_at.is_some() && self.fault.is_none() && !self.partial
    }
}

impl ScopeEstate {
    /// Every read of the scope, tried or not; but for cost and logs, which are only asked for while somebody looks at
    /// them.
    pub fn reads(&self) -> Vec<Read<'_>> {
        let mut reads = vec![
            Read::of("identity", &self.identity).slow(),
            Read::of("clusters", &self.clusters).slow(),
            Read::of("scalable targets", &self.scalable_targets).slow(),
            Read::of("service scaling activities", &self.service_activities),
            Read::of("groups", &self.groups),
            Read::of("target groups", &self.target_groups).slow(),
            Read::of("alarms", &self.alarms),
            Read::of("alarm history", &self.alarm_history),
            Read::of("metrics", &self.metrics),
        ];
        // Only asked for where no stack file names groups.
        let all = [
            Read::of("activities of all groups", &self.all_activities),
            Read::of("versions of all launch templates", &self.all_templates).slow(),
        ];
        reads.extend(all.into_iter().filter(|it| it.fetched_at.is_some() || it.fault.is_some()));
        reads.extend(self.services.iter().map(|(cluster, it)| Read::of(format!("services of {cluster}"), it)));
        reads.extend(self.tasks.iter().map(|(cluster, it)| Read::of(format!("tasks of {cluster}"), it)));
        reads.extend(
            self.deployments.iter().map(|(service, it)| Read::of(format!("deployments of {}", service.tail()), it)),
        );
        reads.extend(self.activities.iter().map(|(group, it)| Read::of(format!("activities of {group}"), it)));
        reads.extend(self.refreshes.iter().map(|(group, it)| Read::of(format!("refreshes of {group}"), it)));
        reads.extend(self.templates.iter().map(|(id, it)| Read::of(format!("versions of {id}"), it).slow()));
        let attributes = self.target_group_attributes.iter();
        reads.extend(attributes.map(|(it, read)| Read::of(format!("attributes of {}", it.short_name()), read).slow()));
        reads.extend(self.targets.iter().map(|(group, it)| Read::of(format!("targets of {}", group.short_name()), it)));
        reads.extend(
            self.listeners
                .iter()
                .map(|(balancer, it)| Read::of(format!("listeners of {}", balancer.short_name()), it).slow()),
        );
        reads.extend(
            self.listed.iter().map(|(metric, it)| Read::of(format!("whether {} exists", metric.name), it).slow()),
        );
        reads.extend(self.sessions.iter().map(|(table, it)| Read::of(format!("sessions in {table}"), it)));
        reads
    }

    /// Every fault of the scope's observations, one for each read that fails.
    pub fn faults(&self) -> Vec<&Fault> {
        self.reads().into_iter().filter_map(|read| read.fault).collect()
    }
}
