//! The operations of ELBv2.

use super::{
    super::{
        wire::{
            call::{Call, Reply},
            error::ApiError,
            input::Input,
            page::{Page, Rule, page},
            value::{Value, shape},
        },
        world::World,
    },
    State,
    balancer::{Balancer, Listener},
    group::Group,
    registration, shapes,
};

/// Load balancers, and resources for tags, that one call may name.
const MOST_NAMED: usize = 20;

/// The operations of ELBv2; `None` where the operation is unknown.
pub fn answer(world: &mut World, call: &Call<'_>) -> Option<Reply> {
    let input = call.input;
    if let Some(operation) = registration::operation(call.operation) {
        let (region, mut tick) = world.enter(&call.place);
        return Some(operation(region, input, &mut tick));
    }
    if call.operation == "ModifyTargetGroupAttributes" {
        return Some(modify_attributes(&mut world.region(&call.place).elb, input));
    }
    let state = &world.region(&call.place).elb;
    Some(match call.operation {
        "DescribeLoadBalancers" => load_balancers(state, input),
        "DescribeTargetGroups" => target_groups(state, input),
        "DescribeTargetHealth" => target_health(state, input),
        "DescribeTargetGroupAttributes" => attributes(state, input),
        "DescribeListeners" => listeners(state, input),
        "DescribeRules" => rules(state, input),
        "DescribeTags" => tags(state, input),
        _ => return None,
    })
}

fn load_balancers(state: &State, input: Input<'_>) -> Reply {
    let (arns, names) = (input.texts("LoadBalancerArns")?, input.texts("Names")?);
    if arns.len() > MOST_NAMED {
        return Err(validation(format!("No more than {MOST_NAMED} load balancers can be specified")));
    }
    let all: Vec<&Balancer> = state.balancers.values().collect();
    let chosen = choose(all, &arns, &names, |it| &it.arn, |it| &it.name, no_balancer)?;
    paged(input, chosen, "elb.LoadBalancers", "LoadBalancers", |it| it.arn.clone(), shapes::balancer)
}

fn target_groups(state: &State, input: Input<'_>) -> Reply {
    let balancer = input.text("LoadBalancerArn")?;
    if let Some(arn) = balancer.filter(|arn| !state.balancers.contains_key(*arn)) {
        return Err(no_balancer(arn));
    }
    let all = state.groups.values().filter(|group| balancer.is_none() || group.balancer.as_deref() == balancer);
    let (arns, names) = (input.texts("TargetGroupArns")?, input.texts("Names")?);
    let chosen = choose(all.collect(), &arns, &names, |it| &it.arn, |it| &it.name, no_group)?;
    paged(input, chosen, "elb.TargetGroups", "TargetGroups", |it| it.arn.clone(), shapes::group)
}

fn target_health(state: &State, input: Input<'_>) -> Reply {
    let group = group(state, input)?;
    let asked = input.items("Targets")?;
    if asked.is_empty() {
        let all = group.targets.iter().map(|target| shapes::target_health(group, target));
        return Ok(shape! { "TargetHealthDescriptions" => Value::list(all) });
    }
    let mut descriptions = Vec::new();
    for target in asked {
        let id = target.text("Id")?.ok_or_else(|| validation("Target id is required"))?;
        let port = target.int("Port")?.and_then(|port| u16::try_from(port).ok()).unwrap_or(group.port);
        descriptions.push(match group.find(id, port) {
            Some(target) => shapes::target_health(group, target),
            None => shapes::not_registered(id, port),
        });
    }
    Ok(shape! { "TargetHealthDescriptions" => descriptions })
}

fn attributes(state: &State, input: Input<'_>) -> Reply {
    Ok(shape! { "Attributes" => shapes::attributes(group(state, input)?) })
}

/// Sets the deregistration delay, for targets that are taken out from now on. Other attributes are what they are.
fn modify_attributes(state: &mut State, input: Input<'_>) -> Reply {
    let arn = group(state, input)?.arn.clone();
    for attribute in input.items("Attributes")? {
        let key = attribute.text("Key")?.unwrap_or_default();
        let seconds = attribute.text("Value")?.and_then(|it| it.parse().ok()).filter(|it| *it <= 3600);
        let group = state.groups.get_mut(&arn).ok_or_else(|| no_group(&arn))?;
        match (key, seconds) {
            ("deregistration_delay.timeout_seconds", Some(seconds)) => group.deregistration_delay = seconds,
            _ => return Err(validation(format!("The attribute value for '{key}' is not valid"))),
        }
    }
    attributes(state, input)
}

fn listeners(state: &State, input: Input<'_>) -> Reply {
    let arns = input.texts("ListenerArns")?;
    let of = |balancer| move |listener| (balancer, listener);
    let chosen: Vec<(&Balancer, &Listener)> = if let Some(arn) = input.text("LoadBalancerArn")? {
        let balancer = state.balancers.get(arn).ok_or_else(|| no_balancer(arn))?;
        balancer.listeners.iter().map(of(balancer)).collect()
    } else if arns.is_empty() {
        return Err(validation("You must specify either listener ARNs or a load balancer ARN"));
    } else {
        let all = state.balancers.values().flat_map(|balancer| balancer.listeners.iter().map(of(balancer)));
        choose(all.collect(), &arns, &[], |(_, it)| &it.arn, |(_, it)| &it.arn, no_listener)?
    };
    paged(
        input,
        chosen,
        "elb.Listeners",
        "Listeners",
        |(_, it)| it.arn.clone(),
        |(balancer, listener)| shapes::listener(balancer, listener),
    )
}

fn rules(state: &State, input: Input<'_>) -> Reply {
    let arns = input.texts("RuleArns")?;
    let mut listeners = state.balancers.values().flat_map(|balancer| &balancer.listeners);
    let chosen = if let Some(arn) = input.text("ListenerArn")? {
        listeners.find(|listener| listener.arn == arn).ok_or_else(|| no_listener(arn))?.rules.iter().collect()
    } else if arns.is_empty() {
        return Err(validation("You must specify either listener rule ARNs or a listener ARN"));
    } else {
        let all = listeners.flat_map(|listener| &listener.rules).collect();
        choose(
            all,
            &arns,
            &[],
            |it| &it.arn,
            |it| &it.arn,
            |_| ApiError::bad_request("RuleNotFound", "One or more rules not found"),
        )?
    };
    paged(input, chosen, "elb.Rules", "Rules", |it| it.arn.clone(), shapes::rule)
}

fn tags(state: &State, input: Input<'_>) -> Reply {
    let arns = input.texts("ResourceArns")?;
    if arns.is_empty() || arns.len() > MOST_NAMED {
        return Err(validation(format!("Between 1 and {MOST_NAMED} resource ARNs must be specified")));
    }
    let mut descriptions = Vec::new();
    for arn in arns {
        descriptions.push(shapes::tags(&arn, tags_of(state, &arn)?));
    }
    Ok(shape! { "TagDescriptions" => descriptions })
}

/// The tags of a balancer or group; a listener and its rules carry those of their balancer, as whoever makes them
/// together tags them.
fn tags_of<'a>(state: &'a State, arn: &str) -> Result<&'a [(String, String)], ApiError> {
    if arn.contains(":targetgroup/") {
        return state.groups.get(arn).map(|group| group.tags.as_slice()).ok_or_else(|| no_group(arn));
    }
    if arn.contains(":loadbalancer/") {
        return state.balancers.get(arn).map(|it| it.tags.as_slice()).ok_or_else(|| no_balancer(arn));
    }
    let known = |listener: &Listener| listener.arn == arn || listener.rules.iter().any(|rule| rule.arn == arn);
    let found = state.balancers.values().find(|it| it.listeners.iter().any(known));
    found.map(|it| it.tags.as_slice()).ok_or_else(|| no_listener(arn))
}

fn group<'a>(state: &'a State, input: Input<'_>) -> Result<&'a Group, ApiError> {
    let arn = input.text("TargetGroupArn")?.ok_or_else(|| validation("A target group ARN must be specified"))?;
    state.groups.get(arn).ok_or_else(|| no_group(arn))
}

/// Those of `all` that are named by ARN or name, in the order they are asked for; all where none is.
fn choose<T: Copy>(
    all: Vec<T>,
    arns: &[String],
    names: &[String],
    arn: impl Fn(&T) -> &str,
    name: impl Fn(&T) -> &str,
    missing: impl Fn(&str) -> ApiError,
) -> Result<Vec<T>, ApiError> {
    if arns.is_empty() && names.is_empty() {
        return Ok(all);
    }
    let by_arn = arns.iter().map(|asked| all.iter().copied().find(|it| arn(it) == asked).ok_or_else(|| missing(asked)));
    let by_name =
        names.iter().map(|asked| all.iter().copied().find(|it| name(it) == asked).ok_or_else(|| missing(asked)));
    by_arn.chain(by_name).collect()
}

/// One page of `items` under `member`, with `NextMarker` where there is more.
fn paged<T>(
    input: Input<'_>,
    items: Vec<T>,
    listing: &'static str,
    member: &str,
    key: impl Fn(&T) -> String,
    shape: impl Fn(T) -> Value,
) -> Reply {
    let rule = Rule {
        listing,
        size_name: "pageSize",
        default: 400,
        min: 1,
        max: 400,
        bad_size: "ValidationError",
        bad_token: "ValidationError",
    };
    let Page { items, next } = page(items, input.text("Marker")?, input.int("PageSize")?, &rule, key)?;
    Ok(shape! { member => Value::list(items.into_iter().map(shape)), "NextMarker" => next })
}

pub fn validation(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("ValidationError", message)
}

fn no_balancer(asked: &str) -> ApiError {
    ApiError::bad_request("LoadBalancerNotFound", format!("Load balancers '[{asked}]' not found"))
}

pub fn no_group(_asked: &str) -> ApiError {
    ApiError::bad_request("TargetGroupNotFound", "One or more target groups not found")
}

fn no_listener(_asked: &str) -> ApiError {
    ApiError::bad_request("ListenerNotFound", "One or more listeners not found")
}
