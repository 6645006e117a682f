//! A watch over a small simulated system: time is stepped, everything is read as the console reads it.

use std::{sync::Arc, time::Duration};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use jiff::Timestamp;
use quarterdeck::{
    aws::{
        Clients,
        clients::{Access, Credentials, Patience},
        fetch,
        meter::Meter,
    },
    domain::{
        estate::Estate,
        id::{Arn, Scope},
        query::{Query, Request},
        signal::Signal,
    },
    runtime::sim_connector::http_client,
    sim::{
        Sim,
        ec2::PLAIN,
        ecs::seed::{ContainerSpec, ServiceSpec, service},
        elb::seed::{BalancerSpec, ListenerSpec, Route, TargetGroupSpec, balancer},
        pace::Pace,
        world::{Place, Tick, World},
    },
    stack::{
        care::Care,
        model::{AlarmSelection, Environment, Stack, StackScope, StackService, StackTargetGroup},
    },
    triage::signals,
};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "us-east-1";
pub const CLUSTER: &str = "terminal-cluster";
pub const SERVICE: &str = "terminal-api";
/// What the service's tasks run.
pub const IMAGE: &str = "terminal/api:v42";

/// How often everything is read.
const BEAT: Duration = Duration::from_secs(15);

/// 1 March 2026, 03:00 UTC.
const START: Timestamp = Timestamp::constant(1_772_334_000, 0);

/// The service behind a load balancer, watched.
pub struct Watch {
    pub sim: Arc<Sim>,
    pub clients: Clients,
    pub stack: Stack,
    estate: Estate,
}

impl Watch {
    /// A watch over two healthy tasks; `circuit_breaker` with rollback.
    pub async fn begin(circuit_breaker: bool) -> Self {
        let sim = Arc::new(Sim::new(world(circuit_breaker), Pace::Stepped));
        let access = access(ACCOUNT, http_client(sim.clone(), Duration::ZERO));
        let clients = Clients::connect(&scope(), &access).await.expect("the simulator's credentials need nothing");
        Self { sim, clients, stack: stack(), estate: Estate::default() }
    }

    /// Reads everything that the stack needs, and says what is wrong.
    pub async fn look(&mut self) -> Vec<Signal> {
        let now = self.sim.now();
        for query in [
            Query::Identity,
            Query::Services { cluster: CLUSTER.into(), names: vec![SERVICE.into()] },
            Query::Tasks { cluster: CLUSTER.into() },
            Query::TargetGroups,
        ] {
            self.read(query, now).await;
        }
        for group in self.target_groups() {
            self.read(Query::TargetGroupAttributes { group: group.clone() }, now).await;
            self.read(Query::Targets { group }, now).await;
        }
        signals(&self.estate, std::slice::from_ref(&self.stack), now)
    }

    async fn read(&mut self, query: Query, now: Timestamp) {
        let request = Request { scope: scope(), query };
        let outcome = fetch(&self.clients, &request, now).await;
        self.estate.receive(&request, outcome, now);
    }

    /// The ARN of its target group.
    pub fn target_group(&self) -> String {
        let region = Place::new(ACCOUNT, REGION);
        self.sim.with_world(|world| world.region(&region).elb.group_arn("terminal-api-tg")).expect("its target group")
    }

    fn target_groups(&self) -> Vec<Arn> {
        let groups = self.estate.scope(&scope()).and_then(|it| it.target_groups.value());
        groups.into_iter().flat_map(|it| it.keys().cloned()).collect()
    }

    /// Watches for so many minutes: each change of what is told.
    pub async fn over(&mut self, minutes: u64) -> Vec<String> {
        let mut changes: Vec<String> = Vec::new();
        for _ in 0..minutes * 60 / BEAT.as_secs() {
            let told = heard(&self.look().await);
            if changes.last() != Some(&told) {
                changes.push(told);
            }
            self.sim.advance(BEAT);
        }
        changes
    }

    /// Deploys what the image's tag points to now.
    pub async fn redeploy(&self) {
        let call = self.clients.ecs().update_service().cluster(CLUSTER).service(SERVICE);
        call.force_new_deployment(true).send().await.expect("a deployment");
    }

    /// Sets the service's desired count.
    pub async fn scale(&self, desired: i32) {
        let call = self.clients.ecs().update_service().cluster(CLUSTER).service(SERVICE);
        call.desired_count(desired).send().await.expect("a new desired count");
    }
}

/// Access to the simulated account behind `http`.
pub fn access(account: &str, http: SharedHttpClient) -> Access {
    Access {
        credentials: Credentials::Simulator { account: account.to_owned() },
        endpoint_url: None,
        http,
        patience: Patience::default(),
        meter: Meter::new(|| START, |_| {}),
    }
}

/// What is told, as `severity rule subject, severity rule subject`; empty where nothing is.
pub fn heard(signals: &[Signal]) -> String {
    let told = signals.iter().map(|it| format!("{} {} {}", it.severity.word(), it.rule, it.subject.name()));
    told.collect::<Vec<_>>().join(", ")
}

fn scope() -> Scope {
    Scope::new("terminal", REGION)
}

fn stack() -> Stack {
    let scopes = vec![scope()];
    Stack {
        name: "terminal".into(),
        title: "Terminal".into(),
        environment: Environment::Production,
        read_only: false,
        checklist: Vec::new(),
        found: false,
        cost: None,
        scopes: vec![StackScope { scope: scope(), account: Some(ACCOUNT.into()) }],
        services: vec![StackService {
            scopes: scopes.clone(),
            cluster: CLUSTER.into(),
            name: SERVICE.into(),
            promise_p95_ms: None,
            min_tasks: None,
            stateful: false,
            may_sleep: false,
            needs: Vec::new(),
            together: None,
        }],
        groups: Vec::new(),
        target_groups: vec![StackTargetGroup { scopes, name: "terminal-api-tg".into(), service: Some(SERVICE.into()) }],
        caches: Vec::new(),
        databases: Vec::new(),
        alarms: AlarmSelection::default(),
        care: Care::default(),
        capacity: None,
    }
}

fn world(circuit_breaker: bool) -> World {
    let mut world = World::new(7, START);
    let place = Place::new(ACCOUNT, REGION);
    let mut random = world.random.clone();
    let region = world.region(&place);
    let tick = &mut Tick { now: START, place: &place, random: &mut random };
    balancer(region, tick, &load_balancer());
    let group = region.elb.group_arn("terminal-api-tg").expect("the group just made").clone();
    service(region, tick, &api(group, circuit_breaker));
    world.random = random;
    world
}

fn load_balancer() -> BalancerSpec<'static> {
    BalancerSpec {
        name: "terminal-alb",
        network: PLAIN,
        zones: &['a', 'b'],
        target_groups: vec![TargetGroupSpec {
            name: "terminal-api-tg",
            port: 3001,
            target_type: "ip",
            path: "/health",
            interval: 30,
            timeout: 5,
            healthy_threshold: 5,
            unhealthy_threshold: 2,
            deregistration_delay: 60,
            stickiness: None,
        }],
        listeners: vec![ListenerSpec {
            port: 443,
            protocol: "HTTPS",
            rules: Vec::new(),
            default: Route::Forward("terminal-api-tg"),
        }],
        tags: &[],
    }
}

fn api(target_group: String, circuit_breaker: bool) -> ServiceSpec<'static> {
    const CONTAINER: ContainerSpec = ContainerSpec {
        name: "api",
        image: IMAGE,
        port: Some(3001),
        environment: &[],
        secrets: &[],
        health_command: None,
        logs: None,
    };
    ServiceSpec {
        cluster: CLUSTER,
        network: PLAIN,
        name: SERVICE,
        family: SERVICE,
        revision: 42,
        cpu: 512,
        memory: 1024,
        containers: &[CONTAINER],
        desired: 2,
        minimum_healthy_percent: 100,
        maximum_percent: 200,
        circuit_breaker,
        capacity_provider: None,
        target_group: Some((target_group, "api", 3001)),
        grace_seconds: 60,
        execute_command: false,
        zones: &['a', 'b'],
        boot_seconds: 8.0,
    }
}
