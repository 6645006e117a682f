//! The keys of a stack file. `docs/stack-files.md` documents each.

use std::sync::Arc;

use crate::{
    domain::{
        id::Scope,
        region::{self, is_region},
        text::SafeText,
    },
    toml_file::{At, Reported, Table, Value, all, one_of_these, quoted},
};

use super::{
    capacity, cautions,
    check::{self, Found},
    checklist, cost, drain,
    model::{
        AlarmSelection, Environment, Stack, StackCache, StackDatabase, StackGroup, StackScope, StackService,
        StackTargetGroup,
    },
    sessions,
};

/// Reads a whole stack file. Parts of it that are at fault are noted and read as far as they can be, so that what is
/// wrong between parts shows as well; whoever reads the file fails if anything was noted.
pub fn stack(table: &mut Table<'_>) -> Result<Stack, Reported> {
    let name = table.required_value("name").and_then(|value| value.parse(stack_name));
    let title = table.optional::<String>("title");
    let environment = table.optional::<String>("environment");
    let read_only = table.optional("read_only");
    let scopes = scopes(table);
    // Parts are read even where the scopes have faults, so that their own faults show; none is then out of place.
    let known = scopes.as_deref().ok();
    let services = parts(table, "service", |value| service(value, known));
    let groups = parts(table, "group", |value| group(value, known));
    let target_groups = parts(table, "target_group", |value| target_group(value, known));
    let caches = parts(table, "cache", |value| cache(value, known));
    let databases = parts(table, "database", |value| database(value, known));
    let alarms = table.value("alarms").map_or(Ok(AlarmSelection::default()), alarms);
    let care = cautions::care(table);
    let capacity =
        table.value("capacity").map(|value| Ok(At { value: capacity::capacity(value)?, place: value.place() }));
    let checklist = parts(table, "checklist", |value| checklist::item(value, known));
    let cost = table.value("cost").map(cost::cost).transpose();

    let found = Found { services, groups, target_groups, caches, databases };
    let are_absent = ["service", "group", "target_group"].iter().all(|key| table.value(key).is_none());
    check::parts(table, &found, are_absent)?;
    let capacity = capacity.transpose()?;
    capacity.as_ref().map_or(Ok(()), |it| capacity::names(table, it, &found))?;
    checklist::names(table, &checklist, &found)?;
    let name: SafeText = name?;
    Ok(Stack {
        title: title?.map_or_else(|| name.clone(), SafeText::from),
        name,
        environment: environment?.map_or_else(|| Environment::Other("development".into()), environment_named),
        read_only: read_only?.unwrap_or_default(),
        scopes: scopes?,
        services: found.services.into_iter().map(|it| it.value).collect(),
        groups: found.groups.into_iter().map(|it| it.value).collect(),
        target_groups: found.target_groups.into_iter().map(|it| it.value).collect(),
        caches: found.caches.into_iter().map(|it| it.value).collect(),
        databases: found.databases.into_iter().map(|it| it.value).collect(),
        alarms: alarms?,
        care: care?,
        capacity: capacity.map(|it| it.value),
        cost: cost?,
        checklist: checklist.into_iter().map(|it| it.value).collect(),
        found: false,
    })
}

fn environment_named(name: String) -> Environment {
    if name == "production" { Environment::Production } else { Environment::Other(name.into()) }
}

/// Each table of an array of tables, with its place; but for those of which not even the name can be read.
fn parts<'t, T>(
    table: &mut Table<'t>,
    key: &'static str,
    mut read: impl FnMut(Value<'t>) -> Result<T, Reported>,
) -> Vec<At<T>> {
    let items = table.value(key).map_or(Ok(Vec::new()), Value::items).unwrap_or_default();
    items.into_iter().filter_map(|item| Some(At { value: read(item).ok()?, place: item.place() })).collect()
}

fn scopes(table: &mut Table<'_>) -> Result<Vec<StackScope>, Reported> {
    let items = table.value("scope").map_or(Ok(Vec::new()), Value::items)?;
    // Each of them matters to all the parts: with one at fault, none counts.
    let found = all(items.into_iter().map(|item| Ok(At { value: scope(item)?, place: item.place() })))?;
    if found.is_empty() {
        let hint = "say where it runs: [[scope]] with profile and region".to_owned();
        return Err(table.fault("no scope", Some(hint)));
    }
    check::no_twins(table, &found, |scope| format!("scope {}", scope.scope))?;
    Ok(found.into_iter().map(|it| it.value).collect())
}

fn scope(value: Value<'_>) -> Result<StackScope, Reported> {
    value.table(|table| {
        let profile = table.optional::<String>("profile");
        let region = table.required_value("region").and_then(|value| value.parse(region_name));
        let account = table.value("account").map(|value| value.parse(account_number)).transpose();
        let scope = Scope::new(&profile?.unwrap_or_default(), &region?);
        Ok(StackScope { scope, account: account? })
    })
}

fn service(value: Value<'_>, scopes: Option<&[StackScope]>) -> Result<StackService, Reported> {
    value.table(|table| {
        let scopes = scopes_of(table, scopes);
        let cluster = wire_name(table, "cluster");
        let name = wire_name(table, "name");
        let promise = table.value("promise_p95_ms").map(positive).transpose();
        let min_tasks = table.value("min_tasks").map(at_least_one).transpose();
        let stateful = table.optional("stateful");
        let may_sleep = table.optional("may_sleep");
        let needs = names(table, "needs");
        let together = table.optional::<String>("together");
        let service = StackService {
            scopes,
            cluster: cluster?,
            name: name?,
            promise_p95_ms: promise.unwrap_or_default(),
            min_tasks: min_tasks.unwrap_or_default(),
            stateful: stateful.ok().flatten().unwrap_or_default(),
            may_sleep: may_sleep.ok().flatten().unwrap_or_default(),
            needs: needs.unwrap_or_default().iter().map(|it| Arc::from(it.as_str())).collect(),
            together: together.ok().flatten().map(SafeText::from),
        };
        let _noted = check::service(table, &service);
        Ok(service)
    })
}

fn group(value: Value<'_>, scopes: Option<&[StackScope]>) -> Result<StackGroup, Reported> {
    value.table(|table| {
        let scopes = scopes_of(table, scopes);
        let name = wire_name(table, "name");
        let sessions = table.value("sessions").map(sessions::source).transpose();
        let drain = table.value("drain").map(drain::drain).transpose();
        let logs = table.value("logs").map(|value| value.parse(plain)).transpose();
        Ok(StackGroup {
            scopes,
            name: name?,
            sessions: sessions.unwrap_or_default(),
            drain: drain.ok().flatten().unwrap_or_default(),
            logs: logs.ok().flatten().map(Arc::from),
        })
    })
}

fn target_group(value: Value<'_>, scopes: Option<&[StackScope]>) -> Result<StackTargetGroup, Reported> {
    value.table(|table| {
        let scopes = scopes_of(table, scopes);
        let name = wire_name(table, "name");
        let service = table.optional::<String>("service");
        Ok(StackTargetGroup { scopes, name: name?, service: service.ok().flatten().map(Arc::from) })
    })
}

fn cache(value: Value<'_>, scopes: Option<&[StackScope]>) -> Result<StackCache, Reported> {
    value.table(|table| {
        let scopes = scopes_of(table, scopes);
        let name = wire_name(table, "name");
        Ok(StackCache { scopes, name: name? })
    })
}

fn database(value: Value<'_>, scopes: Option<&[StackScope]>) -> Result<StackDatabase, Reported> {
    value.table(|table| {
        let scopes = scopes_of(table, scopes);
        let name = wire_name(table, "name");
        let replica_of = table.value("replica_of").map(|value| value.parse(plain)).transpose();
        Ok(StackDatabase { scopes, name: name?, replica_of: replica_of.ok().flatten().map(Arc::from) })
    })
}

fn alarms(value: Value<'_>) -> Result<AlarmSelection, Reported> {
    value.table(|table| {
        let prefixes = names(table, "prefixes");
        let names = names(table, "names");
        Ok(AlarmSelection { prefixes: prefixes?, names: names? })
    })
}

fn names(table: &mut Table<'_>, key: &'static str) -> Result<Vec<SafeText>, Reported> {
    let items = table.value(key).map_or(Ok(Vec::new()), Value::items)?;
    all(items.into_iter().map(|item| item.parse(plain).map(SafeText::from)))
}

/// The scopes that a part runs in: all of the stack's, or those of the `region` it names; none where that is not among
/// them. `None` stands for scopes that could not be read: any region will do then.
pub fn scopes_of(table: &mut Table<'_>, scopes: Option<&[StackScope]>) -> Vec<Scope> {
    let region = table.value("region");
    let all: Vec<_> = scopes.unwrap_or_default().iter().map(|it| it.scope.clone()).collect();
    let Some(value) = region else { return all };
    let Ok(region) = value.text() else { return Vec::new() };
    let inside: Vec<_> = all.iter().filter(|it| &*it.region == region).cloned().collect();
    if inside.is_empty() && scopes.is_some() {
        let regions: Vec<_> = all.iter().map(|it| &*it.region).collect();
        let message = format!("region {} is not among the stack's scopes", quoted(region));
        let _noted = value.fault(message, one_of_these(region, &regions));
    }
    inside
}

/// A required name as AWS has it.
pub fn wire_name(table: &mut Table<'_>, key: &'static str) -> Result<Arc<str>, Reported> {
    table.required_value(key)?.parse(plain).map(Arc::from)
}

/// Text that is neither empty nor has anything to hide.
pub fn plain(text: &str) -> Result<String, String> {
    match text {
        "" => Err("is empty".to_owned()),
        _ if text.trim() != text || SafeText::new(text).as_str() != text => {
            Err(format!("{} has invisible characters or blanks around it", quoted(text)))
        }
        _ => Ok(text.to_owned()),
    }
}

fn stack_name(text: &str) -> Result<SafeText, String> {
    let fits = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.');
    if text.is_empty() || !text.chars().all(fits) {
        // It stands before the `/` of STACK/RESOURCE on the command line.
        return Err(format!("stack name {} may have letters, digits, `-`, `_` and `.` only", quoted(text)));
    }
    Ok(SafeText::new(text))
}

/// As `us-east-1` or `us-gov-west-1`.
fn region_name(text: &str) -> Result<String, String> {
    if is_region(text) {
        return Ok(text.to_owned());
    }
    let near = region::nearest(text).unwrap_or("us-east-1");
    Err(format!("{} is no region, as {near} is one", quoted(text)))
}

pub fn account_number(text: &str) -> Result<SafeText, String> {
    if text.len() == 12 && text.bytes().all(|it| it.is_ascii_digit()) {
        return Ok(SafeText::new(text));
    }
    Err(format!("{} is no account: expected twelve digits", quoted(text)))
}

fn positive(value: Value<'_>) -> Result<f64, Reported> {
    let number: f64 = value.get()?;
    if number > 0.0 { Ok(number) } else { Err(value.fault("must be above 0", None)) }
}

/// A count that 0 would make meaningless.
pub fn at_least_one(value: Value<'_>) -> Result<u32, Reported> {
    let number: u32 = value.get()?;
    if number > 0 { Ok(number) } else { Err(value.fault("must be at least 1", None)) }
}
