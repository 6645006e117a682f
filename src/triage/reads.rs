//! The reads that a stack's state rests on.

use crate::{
    domain::{estate::ScopeEstate, id::Scope, observation::Observation, read::Read},
    stack::model::{SessionSource, Stack},
};

/// Every read that `stack` needs in `scope` to be known in full, tried or not.
pub fn watched<'a>(stack: &Stack, scope: &Scope, known: Option<&'a ScopeEstate>) -> Vec<Read<'a>> {
    let mut watch = Watch { known, reads: Vec::new() };
    watch.add_slow("identity", |it| Some(&it.identity));
    let mut clusters: Vec<_> =
        stack.services.iter().filter(|it| it.scopes.contains(scope)).map(|it| &it.cluster).collect();
    clusters.sort();
    clusters.dedup();
    for cluster in clusters {
        watch.add(format!("services of {cluster}"), |it| it.services.get(cluster));
        watch.add(format!("tasks of {cluster}"), |it| it.tasks.get(cluster));
    }
    let groups = || stack.groups.iter().filter(|it| it.scopes.contains(scope));
    if groups().next().is_some() {
        watch.add("groups".to_owned(), |it| Some(&it.groups));
    }
    for source in groups().filter_map(|it| it.sessions.as_ref()) {
        watch.add_sessions(source);
    }
    let target_groups: Vec<_> = stack.target_groups.iter().filter(|it| it.scopes.contains(scope)).collect();
    if !target_groups.is_empty() {
        watch.add_slow("target groups", |it| Some(&it.target_groups));
    }
    for spec in target_groups {
        let what = format!("targets of {}", spec.name);
        watch.add(what, |it| it.targets.get(&it.stack_target_group(spec)?.arn));
    }
    if !stack.alarms.names.is_empty() || !stack.alarms.prefixes.is_empty() {
        watch.add("alarms".to_owned(), |it| Some(&it.alarms));
    }
    if stack.found {
        watch.add_slow("clusters", |it| Some(&it.clusters));
        watch.add_slow("target groups", |it| Some(&it.target_groups));
        watch.add("groups".to_owned(), |it| Some(&it.groups));
        watch.add("alarms".to_owned(), |it| Some(&it.alarms));
    }
    watch.reads
}

struct Watch<'a> {
    known: Option<&'a ScopeEstate>,
    reads: Vec<Read<'a>>,
}

impl<'a> Watch<'a> {
    /// The read called `what`, whose observation `find` finds.
    fn read<T: 'a>(
        &self,
        what: impl Into<String>,
        find: impl FnOnce(&'a ScopeEstate) -> Option<&'a Observation<T>>,
    ) -> Read<'a> {
        let what = what.into();
        match self.known.and_then(find) {
            Some(observation) => Read::of(what, observation),
            None => Read::awaited(what),
        }
    }

    fn add<T: 'a>(&mut self, what: String, find: impl FnOnce(&'a ScopeEstate) -> Option<&'a Observation<T>>) {
        self.reads.push(self.read(what, find));
    }

    fn add_slow<T: 'a>(&mut self, what: &str, find: impl FnOnce(&'a ScopeEstate) -> Option<&'a Observation<T>>) {
        self.reads.push(self.read(what, find).slow());
    }

    fn add_sessions(&mut self, source: &SessionSource) {
        match (&source.table, &source.metric) {
            (Some((table, _)), _) => self.add(format!("sessions in {table}"), |it| it.sessions.get(table)),
            (None, Some(_)) => self.add("metrics".to_owned(), |it| Some(&it.metrics)),
            (None, None) => {}
        }
    }
}
