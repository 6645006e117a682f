//! `UpdateService`: what may change, what of it starts a deployment, and what is refused.

use super::super::{
    super::{
        wire::{call::Reply, error::ApiError, input::Input, value::shape},
        world::Tick,
    },
    State,
    deployment::{Breaker, Configuration},
    launch::{Launch, Share},
    rollout, shapes,
};
use super::{invalid, service};

/// Members that start a deployment of a rolling service besides `taskDefinition` (reference §1.3). Their values
/// concern networks that this world does not model.
const REDEPLOYING: [&str; 6] = [
    "networkConfiguration",
    "platformVersion",
    "loadBalancers",
    "serviceRegistries",
    "serviceConnectConfiguration",
    "volumeConfigurations",
];

/// The changes of one call, checked before any of them is made.
struct Changes {
    desired: Option<u32>,
    configuration: Configuration,
    launch: Option<Launch>,
    grace_seconds: Option<u32>,
    execute_command: Option<bool>,
    /// ARN of the definition to bring out, where a deployment starts.
    deploy: Option<String>,
}

pub fn update(state: &mut State, input: Input<'_>, tick: &mut Tick<'_>) -> Reply {
    let (arn, changes) = checked(state, input)?;
    let State { services, definitions, due, .. } = state;
    let definition = changes.deploy.as_deref().and_then(|arn| definitions.find(arn));
    let service = services.get_mut(&arn).ok_or_else(|| invalid("Service not found."))?;
    service.desired = changes.desired.unwrap_or(service.desired);
    service.configuration = changes.configuration;
    service.launch = changes.launch.unwrap_or_else(|| service.launch.clone());
    service.grace_seconds = changes.grace_seconds.unwrap_or(service.grace_seconds);
    service.execute_command = changes.execute_command.unwrap_or(service.execute_command);
    if let Some(definition) = definition {
        rollout::begin(service, definition, tick);
    }
    service.wake(tick.now);
    *due = tick.now;
    Ok(shape! { "service" => shapes::service(service, false, tick.place) })
}

fn checked(state: &State, input: Input<'_>) -> Result<(String, Changes), ApiError> {
    let service = service(state, input, "service")?;
    let configuration = match input.object("deploymentConfiguration") {
        Some(given) => configuration(service.configuration, given)?,
        None => service.configuration,
    };
    let launch = match input.items("capacityProviderStrategy")? {
        items if items.is_empty() => None,
        items => Some(strategy(items)?),
    };
    let current = service.primary().map(|primary| primary.task_definition.as_str()).unwrap_or_default();
    let asked = input.text("taskDefinition")?;
    let forced = input.bool("forceNewDeployment")?.unwrap_or(false);
    let wanted = match asked {
        Some(reference) => Some(definition(state, reference)?),
        None if forced || REDEPLOYING.iter().any(|name| input.has(name)) => Some(definition(state, current)?),
        None => None,
    };
    let grace_seconds = count(input, "healthCheckGracePeriodSeconds")?;
    if grace_seconds.is_some() && service.binding.is_none() {
        return Err(invalid("Health check grace period is only valid for services configured to use load balancers"));
    }
    let changes = Changes {
        desired: count(input, "desiredCount")?,
        configuration,
        launch,
        grace_seconds,
        execute_command: input.bool("enableExecuteCommand")?,
        // Naming the definition that is PRIMARY already changes nothing.
        deploy: wanted.filter(|arn| forced || asked.is_none() || arn != current),
    };
    Ok((service.arn.clone(), changes))
}

/// The ARN of an ACTIVE definition.
fn definition(state: &State, reference: &str) -> Result<String, ApiError> {
    let found = state.definitions.find(reference);
    let found = found.ok_or_else(|| ApiError::bad_request("ClientException", "TaskDefinition not found."))?;
    if !found.active {
        return Err(ApiError::bad_request("ClientException", "TaskDefinition is inactive"));
    }
    Ok(found.arn.clone())
}

fn configuration(before: Configuration, given: Input<'_>) -> Result<Configuration, ApiError> {
    let minimum = count(given, "minimumHealthyPercent")?.unwrap_or(before.minimum_healthy_percent);
    let maximum = count(given, "maximumPercent")?.unwrap_or(before.maximum_percent);
    if minimum > maximum || maximum == 0 {
        return Err(invalid("maximumPercent must be greater than or equal to minimumHealthyPercent."));
    }
    if minimum == 100 && maximum == 100 {
        return Err(invalid(
            "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.",
        ));
    }
    if given.text("strategy")?.is_some_and(|strategy| strategy != "ROLLING") {
        return Err(ApiError::bad_request("UnsupportedFeatureException", "Only rolling deployments are simulated."));
    }
    let breaker = match given.object("deploymentCircuitBreaker") {
        None => before.breaker,
        Some(breaker) => match (breaker.bool("enable")?.unwrap_or(false), breaker.bool("rollback")?.unwrap_or(false)) {
            (true, rollback) => Some(Breaker { rollback }),
            (false, true) => {
                return Err(invalid(
                    "Deployment circuit breaker rollback cannot be enabled without the circuit breaker.",
                ));
            }
            (false, false) => None,
        },
    };
    Ok(Configuration { minimum_healthy_percent: minimum, maximum_percent: maximum, breaker })
}

fn strategy(items: Vec<Input<'_>>) -> Result<Launch, ApiError> {
    let share = |item: Input<'_>| {
        let provider = item.text("capacityProvider")?.unwrap_or_default();
        if !["FARGATE", "FARGATE_SPOT"].contains(&provider) {
            return Err(invalid(&format!("The specified capacity provider '{provider}' was not found.")));
        }
        Ok(Share {
            provider: provider.to_owned(),
            weight: count(item, "weight")?.unwrap_or(0),
            base: count(item, "base")?.unwrap_or(0),
        })
    };
    let shares = items.into_iter().map(share).collect::<Result<Vec<_>, _>>()?;
    if shares.iter().filter(|share| share.base > 0).count() > 1 {
        return Err(invalid("A capacity provider strategy can have only one item with a base."));
    }
    if shares.iter().all(|share| share.weight == 0) {
        return Err(invalid("At least one capacity provider must have a weight greater than zero."));
    }
    Ok(Launch::Providers(shares))
}

/// A whole number that is not negative.
fn count(input: Input<'_>, name: &str) -> Result<Option<u32>, ApiError> {
    let number = input.int(name)?;
    number.map(|it| u32::try_from(it).map_err(|_| invalid(&format!("{name} cannot be negative.")))).transpose()
}
