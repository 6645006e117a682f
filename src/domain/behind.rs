//! What stands behind a target of type `ip`: addresses repeat in networks that are apart, so that an address alone names
//! nobody.

use std::collections::{BTreeMap, HashMap};

use super::{estate::ScopeEstate, id::Arn, observation::Observation, service::Service, task::Task};

/// The live tasks of a scope by their private address, and the services by the target group that they feed.
#[derive(Debug)]
pub struct Behind<'a> {
    tasks: HashMap<&'a str, Vec<&'a Task>>,
    feeders: HashMap<&'a Arn, Vec<&'a Service>>,
}

impl<'a> Behind<'a> {
    pub fn of(known: &'a ScopeEstate) -> Self {
        let (mut tasks, mut feeders) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
        let all = known.tasks.values().filter_map(Observation::value).flat_map(BTreeMap::values);
        for task in all.filter(|it| !it.is_stopped()) {
            if let Some(address) = &task.address {
                tasks.entry(address.as_str()).or_default().push(task);
            }
        }
        for service in known.services.values().filter_map(Observation::value).flat_map(BTreeMap::values) {
            for target in &service.load_balancers {
                feeders.entry(&target.target_group).or_default().push(service);
            }
        }
        Self { tasks, feeders }
    }

    /// The task behind a target of `group`: one of a service that feeds the group; where none does and targets are
    /// registered by other means, the only one of that address.
    pub fn task(&self, group: &Arn, address: &str) -> Option<&'a Task> {
        let candidates = self.tasks.get(address)?;
        let Some(feeders) = self.feeders.get(group) else {
            return candidates.first().copied().filter(|_| candidates.len() == 1);
        };
        candidates.iter().copied().find(|task| feeders.iter().any(|it| runs(it, task)))
    }
}

fn runs(service: &Service, task: &Task) -> bool {
    service.cluster == task.cluster && task.service.as_ref() == Some(&service.name)
}
