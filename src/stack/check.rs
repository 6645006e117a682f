//! What the parts of a stack must agree on.

use std::{collections::BTreeMap, fmt::Display};

use crate::{
    domain::{id::Scope, text::SafeText},
    toml_file::{At, Place, Reported, Table, did_you_mean, one_of_these, quoted},
};

use super::model::{StackCache, StackDatabase, StackGroup, StackService, StackTargetGroup};

/// The parts of a stack and where each stands.
#[derive(Debug)]
pub struct Found {
    pub services: Vec<At<StackService>>,
    pub groups: Vec<At<StackGroup>>,
    pub target_groups: Vec<At<StackTargetGroup>>,
    pub caches: Vec<At<StackCache>>,
    pub databases: Vec<At<StackDatabase>>,
}

/// Notes every fault that lies between parts; `are_absent` where the file names none to watch.
pub fn parts(table: &Table<'_>, found: &Found, are_absent: bool) -> Result<(), Reported> {
    let (services, groups, targets) = (&found.services, &found.groups, &found.target_groups);
    let checks = [
        no_shared(table, services, |it| (&it.scopes, format!("service {}/{}", it.cluster, it.name))),
        no_shared(table, groups, |it| (&it.scopes, format!("group {}", it.name))),
        no_shared(table, targets, |it| (&it.scopes, format!("target group {}", it.name))),
        no_shared(table, &found.caches, |it| (&it.scopes, format!("cache {}", it.name))),
        no_shared(table, &found.databases, |it| (&it.scopes, format!("database {}", it.name))),
        targets_lead_to_services(table, found),
        replicas_have_a_source(table, &found.databases),
        needs_lead_to_services(table, services),
        nobody_is_together_alone(table, services),
        not_empty(table, found, are_absent),
    ];
    checks.into_iter().collect()
}

/// Notes contradictions inside one service.
pub fn service(table: &Table<'_>, service: &StackService) -> Result<(), Reported> {
    let complain = |message: &str, hint: &str| Err(table.fault(message, Some(hint.to_owned())));
    match service.min_tasks {
        Some(_) if service.may_sleep => {
            complain("both min_tasks and may_sleep are given", "a service that may sleep has 0 tasks then")
        }
        Some(2..) if service.stateful => {
            complain("a stateful service has one task at most", "drop min_tasks, or set it to 1")
        }
        _ => Ok(()),
    }
}

/// Notes every item whose `name` another before it has.
pub fn no_twins<T, N: Display + Ord>(
    table: &Table<'_>,
    items: &[At<T>],
    name: impl Fn(&T) -> N,
) -> Result<(), Reported> {
    let mut first: BTreeMap<N, Place> = BTreeMap::new();
    let mut result = Ok(());
    for item in items {
        let name = name(&item.value);
        match first.get(&name) {
            Some(place) => {
                let message = format!("{name} is given twice, first on line {}", place.line);
                result = Err(table.fault_at(item.place, message, None));
            }
            None => {
                first.insert(name, item.place);
            }
        }
    }
    result
}

/// The same for parts that have scopes: their names may repeat in different scopes.
fn no_shared<T>(
    table: &Table<'_>,
    items: &[At<T>],
    name: impl Fn(&T) -> (&Vec<Scope>, String),
) -> Result<(), Reported> {
    let mut spread = Vec::new();
    for item in items {
        let (scopes, name) = name(&item.value);
        spread.extend(scopes.iter().map(|scope| At { value: format!("{name} in {scope}"), place: item.place }));
    }
    no_twins(table, &spread, Clone::clone)
}

fn targets_lead_to_services(table: &Table<'_>, found: &Found) -> Result<(), Reported> {
    let mut result = Ok(());
    for target in &found.target_groups {
        let Some(wanted) = &target.value.service else { continue };
        if target.value.scopes.is_empty() {
            // Where it is, is at fault itself.
            continue;
        }
        let shares = |it: &StackService| it.scopes.iter().any(|scope| target.value.scopes.contains(scope));
        let beside = |it: &&At<StackService>| it.value.scopes.is_empty() || shares(&it.value);
        let names: Vec<_> = found.services.iter().filter(beside).map(|it| &*it.value.name).collect();
        if !names.contains(&&**wanted) {
            let message = format!("target group {} leads to unknown service {}", target.value.name, quoted(wanted));
            result = Err(table.fault_at(target.place, message, one_of_these(wanted, &names)));
        }
    }
    result
}

/// What a service needs is another service beside it, and nothing needs itself in the end.
fn needs_lead_to_services(table: &Table<'_>, services: &[At<StackService>]) -> Result<(), Reported> {
    let beside = |one: &StackService, name: &str| {
        let shares = |other: &&At<StackService>| one.scopes.iter().any(|it| other.value.scopes.contains(it));
        services.iter().filter(shares).find(|it| &*it.value.name == name).map(|it| &it.value)
    };
    let mut result = Ok(());
    for service in services {
        let (own, name) = (&service.value, &service.value.name);
        for wanted in &own.needs {
            if beside(own, wanted).is_none() || wanted == name {
                let others: Vec<_> = services.iter().map(|it| &*it.value.name).filter(|it| *it != &**name).collect();
                let message = format!("service {name} needs unknown service {}", quoted(wanted));
                result = Err(table.fault_at(service.place, message, one_of_these(wanted, &others)));
            }
        }
        // As many steps as there are services lead to all that it needs.
        let mut reached: Vec<&str> = own.needs.iter().map(|it| &**it).collect();
        for _ in services {
            let further = reached.iter().filter_map(|it| beside(own, it)).flat_map(|it| &it.needs);
            let further: Vec<&str> = further.map(|it| &**it).filter(|it| !reached.contains(it)).collect();
            reached.extend(further);
        }
        if !own.needs.contains(name) && reached.contains(&&**name) {
            let hint = Some("say in one direction who needs whom".to_owned());
            result = Err(table.fault_at(service.place, format!("service {name} needs itself, by way of others"), hint));
        }
    }
    result
}

/// A replica follows another database of the stack, which need not be in its region.
fn replicas_have_a_source(table: &Table<'_>, databases: &[At<StackDatabase>]) -> Result<(), Reported> {
    let mut result = Ok(());
    for database in databases {
        let Some(wanted) = &database.value.replica_of else { continue };
        let others = databases.iter().map(|it| &*it.value.name).filter(|name| *name != &*database.value.name);
        let names: Vec<_> = others.collect();
        if !names.contains(&&**wanted) {
            let message = format!("database {} replicates unknown database {}", database.value.name, quoted(wanted));
            result = Err(table.fault_at(database.place, message, one_of_these(wanted, &names)));
        }
    }
    result
}

/// A word of `together` that only one service carries is a slip of the pen.
fn nobody_is_together_alone(table: &Table<'_>, services: &[At<StackService>]) -> Result<(), Reported> {
    let words = || services.iter().filter_map(|it| it.value.together.as_ref().map(SafeText::as_str));
    let mut result = Ok(());
    for service in services {
        let Some(word) = service.value.together.as_ref().map(SafeText::as_str) else { continue };
        if words().filter(|it| *it == word).count() == 1 {
            let near = did_you_mean(word, words().filter(|it| *it != word));
            let hint = near.map(|it| format!("did you mean {}?", quoted(it)));
            let message = format!("no other service is deployed together as {}", quoted(word));
            result = Err(table.fault_at(service.place, message, hint));
        }
    }
    result
}

fn not_empty(table: &Table<'_>, found: &Found, are_absent: bool) -> Result<(), Reported> {
    let is_empty = found.services.is_empty() && found.groups.is_empty() && found.target_groups.is_empty();
    // Parts that could not be read are there to be watched.
    if is_empty && (are_absent || table.is_sound()) {
        let hint = "add a [[service]], [[group]] or [[target_group]]".to_owned();
        return Err(table.fault("nothing to watch", Some(hint)));
    }
    Ok(())
}
