//! Without stack files: stacks made up from what a scope holds, one for each cluster.

use std::sync::Arc;

use crate::{
    domain::{
        estate::ScopeEstate,
        id::{Arn, Scope},
        text::SafeText,
    },
    stack::{
        care::Care,
        drain::Drain,
        model::{AlarmSelection, Environment, Stack, StackGroup, StackScope, StackService, StackTargetGroup},
    },
};

/// The stacks that `known` suggests: a cluster each, and one for the groups and alarms of no cluster. The last is there
/// whatever is known, and says what could not be listed.
pub fn stacks(scope: &Scope, known: &ScopeEstate) -> Vec<Stack> {
    let clusters = known.clusters.value().into_iter().flatten();
    let mut stacks: Vec<Stack> = clusters.map(|cluster| of_cluster(scope, known, cluster.name.as_str())).collect();
    let rest = of_the_rest(scope, known, &stacks);
    stacks.push(rest);
    stacks
}

fn of_cluster(scope: &Scope, known: &ScopeEstate, cluster: &str) -> Stack {
    let name: Arc<str> = cluster.into();
    let found = known.services.get(&name).and_then(|it| it.value());
    let services: Vec<_> = found.into_iter().flat_map(|it| it.values()).collect();
    let groups = known.target_groups.value().into_iter().flat_map(|it| it.values());
    let serves =
        |arn: &Arn| services.iter().find(|it| it.load_balancers.iter().any(|target| target.target_group == *arn));
    let target_groups = groups
        .filter_map(|group| {
            serves(&group.arn).map(|service| StackTargetGroup {
                scopes: vec![scope.clone()],
                name: group.name.as_str().into(),
                service: Some(service.name.as_str().into()),
            })
        })
        .collect();
    let services = services
        .iter()
        .map(|service| StackService {
            scopes: vec![scope.clone()],
            cluster: name.clone(),
            name: service.name.as_str().into(),
            promise_p95_ms: None,
            min_tasks: None,
            stateful: false,
            may_sleep: false,
            together: None,
        })
        .collect();
    let mut stack = empty(scope, cluster);
    stack.services = services;
    stack.target_groups = target_groups;
    stack.alarms.names = alarms_of(known, cluster);
    stack
}

/// Names of the alarms on metrics of this cluster.
fn alarms_of(known: &ScopeEstate, cluster: &str) -> Vec<SafeText> {
    let alarms = known.alarms.value().into_iter().flat_map(|it| it.values());
    let watches = |dimensions: &[(SafeText, SafeText)]| {
        dimensions.iter().any(|(name, value)| name.as_str() == "ClusterName" && value.as_str() == cluster)
    };
    alarms
        .filter(|alarm| !alarm.is_scaling() && alarm.metric.as_ref().is_some_and(|metric| watches(&metric.dimensions)))
        .map(|alarm| alarm.name.clone())
        .collect()
}

/// The groups, and the alarms that no cluster's stack holds.
fn of_the_rest(scope: &Scope, known: &ScopeEstate, others: &[Stack]) -> Stack {
    let groups = known.groups.value().into_iter().flat_map(|it| it.values());
    let alarms = known.alarms.value().into_iter().flat_map(|it| it.values());
    let mut stack = empty(scope, &scope.region);
    stack.title = SafeText::new("Auto Scaling groups and alarms of no cluster");
    stack.found = true;
    stack.groups = groups
        .map(|group| StackGroup {
            scopes: vec![scope.clone()],
            name: group.name.as_str().into(),
            sessions: None,
            drain: Drain::default(),
        })
        .collect();
    stack.alarms.names = alarms
        .filter(|alarm| !alarm.is_scaling() && !others.iter().any(|stack| stack.alarms.holds(alarm.name.as_str())))
        .map(|alarm| alarm.name.clone())
        .collect();
    stack
}

fn empty(scope: &Scope, name: &str) -> Stack {
    Stack {
        name: SafeText::new(name),
        title: SafeText::new("found in this profile and region"),
        environment: Environment::Other(SafeText::new("unknown")),
        read_only: false,
        scopes: vec![StackScope { scope: scope.clone(), account: None }],
        services: Vec::new(),
        groups: Vec::new(),
        target_groups: Vec::new(),
        caches: Vec::new(),
        databases: Vec::new(),
        alarms: AlarmSelection::default(),
        care: Care::default(),
        capacity: None,
        cost: None,
        found: false,
    }
}

#[cfg(test)]
mod tests {
    use super::stacks;
    use crate::domain::{estate::ScopeEstate, id::Scope};

    #[test]
    fn a_scope_of_which_nothing_is_known_is_a_stack_all_the_same() {
        let stacks = stacks(&Scope::new("", "eu-west-2"), &ScopeEstate::default());
        assert_eq!(stacks.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["eu-west-2"]);
        assert!(stacks[0].found);
    }
}
