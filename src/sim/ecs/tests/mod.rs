//! ECS as its clients and its operators see it, over hours of virtual time.

#![expect(clippy::needless_pass_by_value, reason = "requests read better as literals than as references")]

mod api;
mod deployments;
mod invariants;
mod rolling;
mod upkeep;

use std::time::Duration;

use jiff::Timestamp;

use super::{
    Behaviour, State,
    seed::{self, ContainerSpec, ServiceSpec},
    service::Service,
    task::Task,
};
use crate::sim::{
    Sim,
    ec2::PLAIN,
    elb,
    pace::Pace,
    wire::{
        call::{Call, Reply},
        error::ApiError,
        input::Input,
        value::{Value, shape},
    },
    world::{Place, Tick, World},
};

const START: i64 = 1_795_000_000;

const CONTAINER: ContainerSpec = ContainerSpec {
    name: "app",
    image: "shop/web:v7",
    port: Some(8080),
    environment: &[("NODE_ENV", "production")],
    secrets: &[],
    health_command: None,
    logs: Some(("/ecs/web", "app")),
};

/// A service without a load balancer: tasks count as healthy after forty seconds.
fn spec(desired: u32, minimum_healthy_percent: u32, maximum_percent: u32) -> ServiceSpec<'static> {
    ServiceSpec {
        cluster: "prod",
        network: PLAIN,
        name: "web",
        family: "web",
        revision: 7,
        cpu: 512,
        memory: 1024,
        containers: &[CONTAINER],
        desired,
        minimum_healthy_percent,
        maximum_percent,
        circuit_breaker: true,
        capacity_provider: None,
        target_group: None,
        grace_seconds: 0,
        execute_command: false,
        zones: &['a', 'b'],
        boot_seconds: 8.0,
    }
}

/// One account with one service in one region.
struct Bench {
    sim: Sim,
    place: Place,
    service: String,
}

impl Bench {
    fn new(spec: &ServiceSpec<'static>) -> Self {
        Self::with(|_, _| spec.clone())
    }

    /// The service behind a load balancer.
    fn balanced(spec: &ServiceSpec<'static>, deregistration_delay: u32) -> Self {
        Self::with(|world, place| {
            let World { now, random, regions, .. } = world;
            let region = regions.entry(place.clone()).or_default();
            let tick = &mut Tick { now: *now, place, random };
            elb::seed::balancer(region, tick, &balancer(deregistration_delay));
            let group = region.elb.group_arn("web-tg").unwrap();
            ServiceSpec { target_group: Some((group, "app", 8080)), ..spec.clone() }
        })
    }

    fn with(prepare: impl FnOnce(&mut World, &Place) -> ServiceSpec<'static>) -> Self {
        let mut world = World::new(7, Timestamp::from_second(START).unwrap());
        let place = Place::new("111122223333", "us-east-1");
        let spec = prepare(&mut world, &place);
        let World { now, random, regions, .. } = &mut world;
        let region = regions.entry(place.clone()).or_default();
        let tick = &mut Tick { now: *now, place: &place, random };
        seed::cluster(region, tick, "prod", true);
        let service = seed::service(region, tick, &spec);
        Self { sim: Sim::new(world, Pace::Stepped), place, service }
    }

    fn wait(&self, seconds: u64) {
        self.sim.advance(Duration::from_secs(seconds));
    }

    /// Lets time pass until `done`, at most for `seconds`; the seconds that passed.
    fn wait_until(&self, seconds: u64, mut done: impl FnMut(&Service) -> bool) -> u64 {
        for passed in 0..seconds {
            if self.look(&mut done) {
                return passed;
            }
            self.wait(1);
        }
        panic!(
            "not within {seconds} s: {:#?}",
            self.look(|service| service.events.iter().map(|it| it.message.clone()).collect::<Vec<_>>())
        );
    }

    fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        self.sim.with_world(|world| look(&mut world.region(&self.place).ecs))
    }

    /// Lets containers of an image behave so.
    fn behave(&self, image: &str, behaviour: Behaviour) {
        self.sim.with_world(|world| super::set_behaviour(world.region(&self.place), image, behaviour));
    }

    /// Pushes a new image that behaves so; its digest.
    fn push(&self, image: &str, behaviour: Behaviour) -> String {
        let now = self.sim.now();
        self.sim.with_world(|world| super::push_image(world.region(&self.place), image, behaviour, now))
    }

    fn look<T>(&self, look: impl FnOnce(&Service) -> T) -> T {
        self.state(|state| look(&state.services[&self.service]))
    }

    fn call(&self, operation: &str, input: &Value) -> Reply {
        self.sim.with_world(|world| {
            let call = Call {
                operation,
                input: Input(input),
                place: self.place.clone(),
                access_key: "SIM111122223333",
                request_id: "test",
            };
            super::answer(world, &call).unwrap()
        })
    }

    /// Calls an operation that must succeed.
    fn ok(&self, operation: &str, input: Value) -> Value {
        self.call(operation, &input).unwrap()
    }

    /// Calls an operation that must be refused.
    fn refused(&self, operation: &str, input: Value) -> ApiError {
        self.call(operation, &input).unwrap_err()
    }

    /// Registers the next revision with another image; returns its ARN.
    fn register(&self, image: &str) -> String {
        let container = shape! {
            "name" => "app", "image" => image, "portMappings" => Value::list([shape! { "containerPort" => 8080 }]),
        };
        let reply = self.ok(
            "RegisterTaskDefinition",
            shape! {
                "family" => "web",
                "containerDefinitions" => Value::list([container]),
                "requiresCompatibilities" => Value::list(["FARGATE"]),
                "cpu" => "512",
                "memory" => "1024",
            },
        );
        text(&reply, &["taskDefinition", "taskDefinitionArn"])
    }

    /// Registers a revision with `image` that behaves so, and starts to deploy it; returns the definition's ARN.
    fn deploy(&self, image: &str, behaviour: Behaviour) -> String {
        self.push(image, behaviour);
        let definition = self.register(image);
        self.ok("UpdateService", shape! { "cluster" => "prod", "service" => "web", "taskDefinition" => &definition });
        definition
    }

    /// Starts a deployment of the same definition.
    fn force(&self) {
        self.ok("UpdateService", shape! { "cluster" => "prod", "service" => "web", "forceNewDeployment" => true });
    }

    /// The events, oldest first.
    fn events(&self) -> Vec<String> {
        self.look(|service| {
            let mut events: Vec<_> = service.events.iter().map(|event| event.message.clone()).collect();
            events.reverse();
            events
        })
    }

    fn has_event(&self, part: &str) -> bool {
        self.events().iter().any(|event| event.contains(part))
    }

    /// Status of the service deployments, newest first.
    fn statuses(&self) -> Vec<&'static str> {
        self.look(|service| service.records.iter().map(|record| record.status.wire()).collect())
    }

    /// The target's state of every task that has one, by task id.
    fn targets(&self) -> Vec<(String, String)> {
        self.sim.with_world(|world| {
            let region = world.region(&self.place);
            let service = &region.ecs.services[&self.service];
            let Some(binding) = &service.binding else { return Vec::new() };
            let state = |task: &Task| {
                let state = region.elb.target_state(&binding.group, &task.address.ip, binding.port)?;
                Some((task.id.clone(), state.0.to_owned()))
            };
            service.tasks.iter().filter_map(state).collect()
        })
    }
}

fn balancer(deregistration_delay: u32) -> elb::seed::BalancerSpec<'static> {
    elb::seed::BalancerSpec {
        name: "web",
        network: PLAIN,
        zones: &['a', 'b'],
        target_groups: vec![elb::seed::TargetGroupSpec {
            name: "web-tg",
            port: 8080,
            target_type: "ip",
            path: "/health",
            interval: 30,
            timeout: 5,
            healthy_threshold: 5,
            unhealthy_threshold: 2,
            deregistration_delay,
            stickiness: None,
        }],
        listeners: vec![elb::seed::ListenerSpec {
            port: 80,
            protocol: "HTTP",
            rules: Vec::new(),
            default: elb::seed::Route::Forward("web-tg"),
        }],
        tags: &[("Project", "shop")],
    }
}

/// The text at a path of members.
fn text(value: &Value, path: &[&str]) -> String {
    let found = path.iter().try_fold(value, |value, name| value.get(name));
    match found {
        Some(Value::Text(text)) => text.clone(),
        other => panic!("{path:?} is {other:?}"),
    }
}
