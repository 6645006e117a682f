//! Without stack files: stacks made up from what a scope holds, one for each cluster; and those that are worth a file.

use std::sync::Arc;

use crate::domain::{
    behind::{Feeders, all_feeders},
    estate::ScopeEstate,
    group::Group,
    id::Scope,
    text::SafeText,
};

use super::{
    care::Care,
    drain::Drain,
    model::{
        AlarmSelection, Environment, SessionMetric, SessionSource, Stack, StackGroup, StackScope, StackService,
        StackTargetGroup,
    },
};

/// The stacks that `known` suggests: a cluster each, and one for the groups and alarms of no cluster. The last is there
/// whatever is known, and says what could not be listed.
pub fn stacks(scope: &Scope, known: &ScopeEstate) -> Vec<Stack> {
    let clusters = known.clusters.value().into_iter().flatten();
    let feeders = all_feeders(known);
    let mut stacks: Vec<Stack> =
        clusters.map(|cluster| of_cluster(scope, known, &feeders, cluster.name.as_str())).collect();
    let rest = of_the_rest(scope, known, &stacks);
    stacks.push(rest);
    stacks
}

/// The stacks that are worth a file of their own: each cluster with services, under the name that its parts share, with
/// the groups, target groups and alarms that carry that name. A group of another name is a stack by itself.
pub fn suggested(scope: &Scope, known: &ScopeEstate) -> Vec<Stack> {
    let account = known.identity.value().map(|it| it.account.clone());
    let clusters: Vec<&str> =
        known.clusters.value().into_iter().flatten().map(|cluster| cluster.name.as_str()).collect();
    let mut stacks: Vec<Stack> = Vec::new();
    let feeders = all_feeders(known);
    for cluster in &clusters {
        let mut stack = of_cluster(scope, known, &feeders, cluster);
        if stack.services.is_empty() {
            continue;
        }
        let short = short_name(cluster);
        let is_shared = clusters.iter().filter(|it| short_name(it) == short).count() > 1;
        stack.name = SafeText::new(if is_shared { cluster } else { short });
        stack.title = SafeText::new(&format!("what runs in cluster {cluster}"));
        stack.environment = environment_of(cluster);
        stacks.push(stack);
    }
    for group in known.groups.value().into_iter().flat_map(|it| it.values()) {
        let found = StackGroup {
            scopes: vec![scope.clone()],
            name: group.name.as_str().into(),
            sessions: sessions_of(group),
            drain: Drain::default(),
            logs: None,
        };
        let own = stacks.iter_mut().filter(|it| is_named(group.name.as_str(), it.name.as_str()));
        if let Some(stack) = own.max_by_key(|it| it.name.as_str().len()) {
            stack.groups.push(found);
            continue;
        }
        let plain = |it: char| if it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.') { it } else { '-' };
        let mut stack = empty(scope, &group.name.as_str().chars().map(plain).collect::<String>());
        stack.title = SafeText::new("an Auto Scaling group");
        stack.environment = environment_of(group.name.as_str());
        stack.groups.push(found);
        stacks.push(stack);
    }
    for stack in &mut stacks {
        stack.scopes[0].account.clone_from(&account);
        stack.alarms = alarms_named(known, stack);
    }
    stacks
}

/// A name without the words that only say what it is the name of.
fn short_name(name: &str) -> &str {
    let mut short = name;
    for word in ["-cluster", "_cluster", "-production", "-prod", "-staging", "-dev"] {
        short = short.strip_suffix(word).filter(|it| !it.is_empty()).unwrap_or(short);
    }
    short
}

/// Whether `name` is that of a part of what is called `stack`: it goes on after a break between words.
fn is_named(name: &str, stack: &str) -> bool {
    name.strip_prefix(stack).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_', '.', '/']))
}

/// What a name says of how careful to be; production where it says nothing, for that is the side to err on.
fn environment_of(name: &str) -> Environment {
    let words = || name.split(['-', '_', '.']);
    let tame = ["dev", "development", "test", "qa", "stage", "staging", "sandbox", "demo"];
    match words().find(|word| tame.contains(word)) {
        Some(word) => Environment::Other(SafeText::new(word)),
        None => Environment::Production,
    }
}

/// Sessions of a group's instances, where a policy tracks a metric of them that each publishes without dimensions.
fn sessions_of(group: &Group) -> Option<SessionSource> {
    let tracked = group.policies.iter().filter_map(|it| it.target.as_ref()?.custom.as_ref());
    let counts = |name: &str| ["session", "connection"].iter().any(|word| name.to_lowercase().contains(word));
    let (metric, _) = tracked.into_iter().find(|(it, _)| it.dimensions.is_empty() && counts(it.name.as_str()))?;
    let metric = SessionMetric { namespace: metric.namespace.clone(), name: metric.name.clone(), dimension: None };
    Some(SessionSource { table: None, metric: Some(metric), limits: Vec::new(), limit: None })
}

/// The alarms that carry the stack's name, by their common beginning, and those that watch its cluster.
fn alarms_named(known: &ScopeEstate, stack: &Stack) -> AlarmSelection {
    let alarms = known.alarms.value().into_iter().flat_map(|it| it.values()).filter(|it| !it.is_scaling());
    let prefix = format!("{}-", stack.name);
    let mut selection = AlarmSelection::default();
    if alarms.into_iter().any(|it| it.name.as_str().starts_with(&prefix)) {
        selection.prefixes.push(SafeText::new(&prefix));
    }
    selection.names = stack.alarms.names.iter().filter(|it| !selection.holds(it.as_str())).cloned().collect();
    selection
}

fn of_cluster(scope: &Scope, known: &ScopeEstate, feeders: &Feeders<'_>, cluster: &str) -> Stack {
    let name: Arc<str> = cluster.into();
    let found = known.services.get(&name).and_then(|it| it.value());
    let groups = known.target_groups.value().into_iter().flat_map(|it| it.values());
    let target_groups = groups
        .filter_map(|group| {
            let service =
                feeders.get(&group.arn)?.iter().find(|it| found.is_some_and(|own| own.contains_key(&it.arn)))?;
            Some(StackTargetGroup {
                scopes: vec![scope.clone()],
                name: group.name.as_str().into(),
                service: Some(service.name.as_str().into()),
            })
        })
        .collect();
    let services = found
        .into_iter()
        .flat_map(|it| it.values())
        .map(|service| StackService {
            scopes: vec![scope.clone()],
            cluster: name.clone(),
            name: service.name.as_str().into(),
            promise_p95_ms: None,
            min_tasks: None,
            stateful: false,
            may_sleep: false,
            needs: Vec::new(),
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
            logs: None,
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
        checklist: Vec::new(),
        found: false,
    }
}

#[cfg(test)]
mod tests {
    use super::{environment_of, is_named, short_name, stacks};
    use crate::{
        domain::{estate::ScopeEstate, id::Scope},
        stack::model::Environment,
    };

    #[test]
    fn a_scope_of_which_nothing_is_known_is_a_stack_all_the_same() {
        let stacks = stacks(&Scope::new("", "eu-west-2"), &ScopeEstate::default());
        assert_eq!(stacks.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["eu-west-2"]);
        assert!(stacks[0].found);
    }

    #[test]
    fn names_lose_what_only_says_what_they_name_and_tell_how_careful_to_be() {
        for (name, short) in [
            ("terminal-cluster", "terminal"),
            ("cma-production", "cma"),
            ("tsdevstack-dev", "tsdevstack"),
            ("shop-prod-cluster", "shop"),
            ("-dev", "-dev"),
            ("mint-server", "mint-server"),
        ] {
            assert_eq!(short_name(name), short, "{name}");
        }
        let other = |word: &str| Environment::Other(word.into());
        assert_eq!(environment_of("cma-production"), Environment::Production);
        assert_eq!(environment_of("devices"), Environment::Production, "a word, not its beginning");
        assert_eq!(environment_of("tsdevstack-dev"), other("dev"));
        assert_eq!(environment_of("qa.shop"), other("qa"));
        assert!(is_named("terminal-gateway-asg", "terminal") && is_named("terminal", "terminal"));
        assert!(!is_named("terminals", "terminal") && !is_named("api", "terminal"));
    }
}
