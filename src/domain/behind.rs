//! What stands behind a target of type `ip`: addresses repeat in networks that are apart, so that an address alone names
//! nobody.

use std::collections::{BTreeMap, HashMap};

use super::{estate::ScopeEstate, id::Arn, observation::Observation, service::Service, task::Task};

/// The live tasks of a scope by their private address, and the services by the target group that they feed: for whoever
/// looks at many targets.
#[derive(Debug)]
pub struct Behind<'a> {
    tasks: HashMap<&'a str, Vec<&'a Task>>,
    feeders: Feeders<'a>,
}

/// The services that register their tasks in each target group.
pub type Feeders<'a> = HashMap<&'a Arn, Vec<&'a Service>>;

impl<'a> Behind<'a> {
    pub fn of(known: &'a ScopeEstate) -> Self {
        let mut tasks = HashMap::<_, Vec<_>>::new();
        for (address, task) in addressed(known) {
            tasks.entry(address).or_default().push(task);
        }
        Self { tasks, feeders: all_feeders(known) }
    }

    /// The task behind a target of `group`.
    pub fn task(&self, group: &Arn, address: &str) -> Option<&'a Task> {
        let feeders = self.feeders.get(group).map(Vec::as_slice).unwrap_or_default();
        choose(self.tasks.get(address)?, feeders)
    }
}

/// The task behind one target of `group`.
pub fn task<'a>(known: &'a ScopeEstate, group: &Arn, address: &str) -> Option<&'a Task> {
    let candidates: Vec<_> = addressed(known).filter(|(of, _)| *of == address).map(|(_, task)| task).collect();
    choose(&candidates, &feeders(known, group).collect::<Vec<_>>())
}

/// The services that register their tasks in each target group of the scope.
pub fn all_feeders(known: &ScopeEstate) -> Feeders<'_> {
    let mut feeders = Feeders::new();
    for service in services(known) {
        for target in &service.load_balancers {
            feeders.entry(&target.target_group).or_default().push(service);
        }
    }
    feeders
}

/// The services that register their tasks in `group`.
pub fn feeders<'a>(known: &'a ScopeEstate, group: &Arn) -> impl Iterator<Item = &'a Service> {
    services(known).filter(|it| it.load_balancers.iter().any(|it| it.target_group == *group))
}

/// Of the tasks with one address the one of a service that feeds the group; where none does and targets are registered by
/// other means, the only one there is.
fn choose<'a>(candidates: &[&'a Task], feeders: &[&Service]) -> Option<&'a Task> {
    if feeders.is_empty() {
        return candidates.first().copied().filter(|_| candidates.len() == 1);
    }
    let runs = |it: &&Service, task: &Task| it.cluster == task.cluster && task.service.as_ref() == Some(&it.name);
    candidates.iter().copied().find(|task| feeders.iter().any(|it| runs(it, task)))
}

/// The tasks that are not stopped, with their addresses.
fn addressed(known: &ScopeEstate) -> impl Iterator<Item = (&str, &Task)> {
    let all = known.tasks.values().filter_map(Observation::value).flat_map(BTreeMap::values);
    all.filter(|it| !it.is_stopped()).filter_map(|it| Some((it.address.as_ref()?.as_str(), it)))
}

fn services(known: &ScopeEstate) -> impl Iterator<Item = &Service> {
    known.services.values().filter_map(Observation::value).flat_map(BTreeMap::values)
}
