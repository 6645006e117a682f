//! Which services and groups are meant by what was typed.

use crate::{
    domain::id::Scope,
    plan::{action::ServiceRef, group::action::GroupRef},
    stack::model::{Stack, StackService},
    toml_file::one_of_these,
};

/// The services that these words mean, each once, in their order. `scope` is looked in where no stack is configured.
pub fn services(words: &[String], stacks: &[Stack], scope: Option<&Scope>) -> Result<Vec<ServiceRef>, String> {
    each_once(words, |word| services_of(word, stacks, scope, Stack::released_together))
}

/// The same for what is woken and put to sleep: a stack means every service of it that may sleep.
pub fn sleepers(words: &[String], stacks: &[Stack], scope: Option<&Scope>) -> Result<Vec<ServiceRef>, String> {
    each_once(words, |word| {
        let found = services_of(word, stacks, scope, |stack| stack.sleepers().collect())?;
        if found.is_empty() { Err(format!("no service of {word} may sleep")) } else { Ok(found) }
    })
}

fn each_once(
    words: &[String],
    mut services_of: impl FnMut(&str) -> Result<Vec<ServiceRef>, String>,
) -> Result<Vec<ServiceRef>, String> {
    let mut found: Vec<ServiceRef> = Vec::new();
    for word in words {
        for service in services_of(word)? {
            if !found.contains(&service) {
                found.push(service);
            }
        }
    }
    Ok(found)
}

/// The one service that a word means.
pub fn service(word: &str, stacks: &[Stack], scope: Option<&Scope>) -> Result<ServiceRef, String> {
    let found = services_of(word, stacks, scope, Stack::released_together)?;
    match found.as_slice() {
        [only] => Ok(only.clone()),
        several => {
            let path = word.split_once('@').map_or(word, |(path, _)| path);
            let stack = path.split_once('/').map_or(path, |(stack, _)| stack);
            let full = |it: &ServiceRef| {
                let elsewhere = several.iter().any(|other| other.name == it.name && other.scope != it.scope);
                let region = if elsewhere { format!("@{}", it.scope.region) } else { String::new() };
                format!("{stack}/{}{region}", it.name)
            };
            let names: Vec<String> = several.iter().take(4).map(full).collect();
            Err(format!("{word} means {} services; name one, as {}", several.len(), names.join(" or ")))
        }
    }
}

/// The group that a word means.
pub fn group(word: &str, stacks: &[Stack], scope: Option<&Scope>) -> Result<GroupRef, String> {
    let (path, region) = word.split_once('@').map_or((word, None), |(path, region)| (path, Some(region)));
    if let Some(scope) = scope {
        return Ok(GroupRef::new(scope, path));
    }
    let (first, name) = path.split_once('/').ok_or_else(|| format!("{word:?} is no STACK/GROUP"))?;
    let stack = stacks.iter().find(|it| it.name.as_str() == first).ok_or_else(|| {
        let names: Vec<&str> = stacks.iter().map(|it| it.name.as_str()).collect();
        unknown("stack", first, &names)
    })?;
    let found = stack.groups.iter().find(|it| &*it.name == name).ok_or_else(|| {
        let names: Vec<&str> = stack.groups.iter().map(|it| &*it.name).collect();
        unknown(&format!("group of {first}"), name, &names)
    })?;
    let here = |it: &&Scope| region.is_none_or(|region| &*it.region == region);
    let scopes: Vec<&Scope> = found.scopes.iter().filter(here).collect();
    match scopes.as_slice() {
        [only] => Ok(GroupRef::new(only, name)),
        [] => {
            let regions: Vec<&str> = found.scopes.iter().map(|it| &*it.region).collect();
            Err(unknown(&format!("region of {path}"), region.unwrap_or_default(), &regions))
        }
        several => {
            let regions: Vec<String> = several.iter().map(|it| format!("{path}@{}", it.region)).collect();
            Err(format!("{word} means {} groups; name one, as {}", several.len(), regions.join(" or ")))
        }
    }
}

/// Whether a word names a group of a stack.
pub fn names_group(word: &str, stacks: &[Stack]) -> bool {
    let path = word.split_once('@').map_or(word, |(path, _)| path);
    let Some((first, name)) = path.split_once('/') else { return false };
    stacks.iter().any(|stack| stack.name.as_str() == first && stack.groups.iter().any(|it| &*it.name == name))
}

/// Whether a word names a stack, and neither a service nor a group of it.
pub fn names_nothing(word: &str, stacks: &[Stack]) -> bool {
    let Some((stack, name)) = in_stack(word, stacks) else { return false };
    !stack.services.iter().any(|it| &*it.name == name) && !stack.groups.iter().any(|it| &*it.name == name)
}

/// What could have been meant by such a word.
pub fn no_service_or_group(word: &str, stacks: &[Stack]) -> String {
    let Some((stack, name)) = in_stack(word, stacks) else { return format!("{word:?} is no STACK/SERVICE-OR-GROUP") };
    let services = stack.services.iter().map(|it| &*it.name);
    let names: Vec<&str> = services.chain(stack.groups.iter().map(|it| &*it.name)).collect();
    unknown(&format!("service or group of {}", stack.name), name, &names)
}

fn in_stack<'a>(word: &'a str, stacks: &'a [Stack]) -> Option<(&'a Stack, &'a str)> {
    let path = word.split_once('@').map_or(word, |(path, _)| path);
    let (first, name) = path.split_once('/')?;
    Some((stacks.iter().find(|it| it.name.as_str() == first)?, name))
}

/// The services that a word means; where it names a stack alone, `those` of it.
fn services_of(
    word: &str,
    stacks: &[Stack],
    scope: Option<&Scope>,
    those: impl Fn(&Stack) -> Vec<&StackService>,
) -> Result<Vec<ServiceRef>, String> {
    let (path, region) = word.split_once('@').map_or((word, None), |(path, region)| (path, Some(region)));
    let (first, name) = path.split_once('/').map_or((path, None), |(first, name)| (first, Some(name)));
    if let Some(scope) = scope {
        let name = name.ok_or_else(|| format!("{word:?} is no CLUSTER/SERVICE"))?;
        return Ok(vec![ServiceRef::new(scope, first, name)]);
    }
    let stack = stacks.iter().find(|it| it.name.as_str() == first).ok_or_else(|| {
        let names: Vec<&str> = stacks.iter().map(|it| it.name.as_str()).collect();
        unknown("stack", first, &names)
    })?;
    let chosen = match name {
        Some(name) => stack.services.iter().filter(|it| &*it.name == name).collect(),
        None if stack.services.is_empty() => return Err(format!("{first} has no service")),
        None => those(stack),
    };
    if let (Some(name), true) = (name, chosen.is_empty()) {
        let names: Vec<&str> = stack.services.iter().map(|it| &*it.name).collect();
        return Err(unknown(&format!("service of {first}"), name, &names));
    }
    let everywhere: Vec<ServiceRef> = chosen.into_iter().flat_map(ServiceRef::everywhere).collect();
    let Some(region) = region else { return Ok(everywhere) };
    let here: Vec<ServiceRef> = everywhere.iter().filter(|it| &*it.scope.region == region).cloned().collect();
    if here.is_empty() {
        let regions: Vec<&str> = everywhere.iter().map(|it| &*it.scope.region).collect();
        return Err(unknown(&format!("region of {path}"), region, &regions));
    }
    Ok(here)
}

fn unknown(what: &str, word: &str, options: &[&str]) -> String {
    let hint = one_of_these(word, options).map_or_else(String::new, |hint| format!(" ({hint})"));
    format!("there is no {what} {word:?}{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(words: &[&str]) -> Result<Vec<String>, String> {
        let stacks = crate::stack::load::bundled().unwrap();
        let words: Vec<String> = words.iter().map(|it| (*it).to_owned()).collect();
        let found = services(&words, &stacks, None)?;
        Ok(found.iter().map(|it| format!("{}/{}", it.scope.region, it.name)).collect())
    }

    #[test]
    fn a_stack_means_what_is_deployed_together_and_a_service_every_region() {
        let together = ["eu-west-2/cma-frontend-production", "eu-west-2/cma-api-production"];
        assert_eq!(found(&["cma"]).unwrap(), together);
        assert_eq!(found(&["cma/cma-api-production", "cma"]).unwrap(), [together[1], together[0]]);
        let regions = ["us-east-1/mint-server", "us-west-1/mint-server"];
        assert_eq!(found(&["mint-server/mint-server"]).unwrap(), regions);
        assert_eq!(found(&["mint-server/mint-server@us-west-1"]).unwrap(), regions[1..]);
    }

    #[test]
    fn what_is_unknown_is_answered_with_the_nearest() {
        let error = |word| found(&[word]).unwrap_err();
        assert_eq!(error("cmaa"), "there is no stack \"cmaa\" (did you mean \"cma\"?)");
        assert_eq!(
            error("cma/cma-api-producton"),
            "there is no service of cma \"cma-api-producton\" (did you mean \"cma-api-production\"?)"
        );
        assert_eq!(
            error("mint-server/mint-server@us-west-2"),
            "there is no region of mint-server/mint-server \"us-west-2\" (did you mean \"us-west-1\"?)"
        );
    }

    #[test]
    fn what_is_scaled_may_be_a_group_and_is_named_as_one() {
        let stacks = crate::stack::load::bundled().unwrap();
        assert!(names_nothing("terminal/terminal-gateway-as", &stacks));
        assert!(!names_nothing("terminal/terminal-gateway-asg", &stacks));
        let told = no_service_or_group("terminal/terminal-gateway-as", &stacks);
        let wanted =
            "there is no service or group of terminal \"terminal-gateway-as\" (did you mean \"terminal-gateway-asg\"?)";
        assert_eq!(told, wanted);
    }

    #[test]
    fn what_sleeps_of_a_stack_is_what_may() {
        let stacks = crate::stack::load::bundled().unwrap();
        let found = |word: &str| sleepers(&[word.to_owned()], &stacks, None);
        let names: Vec<String> = found("tsdevstack").unwrap().iter().map(|it| it.name.to_string()).collect();
        assert_eq!(names, ["auth-service", "offers-service", "notifications-service"]);
        assert_eq!(found("terminal").unwrap_err(), "no service of terminal may sleep");
        // A service is planned as it is named; the plan says what speaks against it.
        assert_eq!(found("tsdevstack/kong").unwrap().len(), 1);
    }

    #[test]
    fn one_service_in_two_regions_is_not_one() {
        let stacks = crate::stack::load::bundled().unwrap();
        let error = service("mint-server/mint-server", &stacks, None).unwrap_err();
        assert!(
            error.ends_with("as mint-server/mint-server@us-east-1 or mint-server/mint-server@us-west-1"),
            "{error}"
        );
        let error = service("cma", &stacks, None).unwrap_err();
        assert!(error.ends_with("as cma/cma-frontend-production or cma/cma-api-production"), "{error}");
    }

    #[test]
    fn without_stacks_the_cluster_is_named() {
        let scope = Scope::new("port", "eu-west-2");
        assert_eq!(service("harbour/pilot", &[], Some(&scope)), Ok(ServiceRef::new(&scope, "harbour", "pilot")));
        assert!(service("pilot", &[], Some(&scope)).is_err());
    }
}
