//! A console on five stacks for tests, at 03:00 UTC: one in trouble, one deploying, one asleep, two well.

mod bill;
pub mod kept;
mod series;

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    app::{
        App, charts,
        costs::board::Board,
        freshness,
        place::{History, Place},
        rows,
        series::needed,
        settings::{Reads, Settings, WorldKind},
        sources,
    },
    command::ViewName,
    domain::{
        alarm::{Alarm, AlarmChange, AlarmState},
        deployment::{Deployment, DeploymentStatus, Revision, RevisionImage},
        id::{Arn, Scope},
        listener::{Condition, Listener, Rule, RuleAction},
        log::{Excerpt, LogLine, LogPage},
        metric::MetricName,
        query::{Answer, Identity, Outcome, Query, Request},
        service::{Control, Rolling, Rollout, RolloutState, Service, ServiceEvent, ServiceTarget},
        target::{Target, TargetGroup, TargetState},
        task::Task,
        template::Template,
        text::SafeText,
    },
    keymap,
    stack::{
        care::Care,
        model::{
            AlarmSelection, Environment, Stack, StackCache, StackDatabase, StackScope, StackService, StackTargetGroup,
        },
    },
    triage::{
        signals,
        testing::{Given, ago, definition, instance, now, rollout, sessions, target, task},
    },
};

/// What AWS would answer, by scope.
#[derive(Debug, Default)]
pub struct World {
    scopes: BTreeMap<Scope, Held>,
}

/// What one scope holds.
#[derive(Debug, Default)]
struct Held {
    account: SafeText,
    services: Vec<(Arc<str>, Service)>,
    tasks: Vec<(Arc<str>, Task)>,
    deployments: Vec<Deployment>,
    groups: Vec<crate::domain::group::Group>,
    target_groups: Vec<TargetGroup>,
    targets: BTreeMap<Arn, Vec<Target>>,
    alarms: Vec<Alarm>,
    alarm_history: Vec<AlarmChange>,
    sessions: Vec<crate::domain::session::Session>,
}

/// A service of a made-up stack.
struct Made<'a> {
    cluster: &'a str,
    name: &'a str,
    tasks: (u32, u32),
    port: Option<u16>,
}

pub fn settings() -> Settings {
    Settings {
        read_only: false,
        heeds_notices: false,
        no_cost: false,
        narrowed: false,
        keymap: Arc::new(keymap::load("default", &[]).expect("the shipped keymap")),
        themes: vec!["dark".to_owned()],
        world: WorldKind::Simulated { speed: 5.0 },
        reads: Reads::Estate,
        calls_per_minute: 300,
    }
}

/// The console, everything read three seconds ago.
pub fn five_stacks() -> App {
    five_stacks_and_world().0
}

/// The console, and what goes on answering it.
pub fn five_stacks_and_world() -> (App, World) {
    let mut world = World::default();
    let stacks = vec![
        terminal(&mut world),
        tsdevstack(&mut world),
        mint_server(&mut world),
        reactive_notebook(&mut world),
        cma(&mut world),
    ];
    let mut app = App::new(settings(), stacks, now());
    // What a read finds decides what is read next: targets of services, deployments.
    for _ in 0..3 {
        for request in sources::all(&app) {
            app.estate.receive(&request, Outcome::Complete(world.answer(&request)), ago(3));
        }
    }
    read_series(&mut app, &world);
    // What is only read while somebody looks at it has been looked at.
    app.history.go(Place::everywhere(ViewName::Listeners));
    for request in sources::of_place(&app) {
        app.estate.receive(&request, Outcome::Complete(world.answer(&request)), ago(3));
    }
    app.history = History::default();
    settle(&mut app);
    (app, world)
}

/// Reads the series that the place on screen needs.
pub fn read_series(app: &mut App, world: &World) {
    for (scope, reads) in needed(app) {
        let query = Query::Metrics { reads: reads.into_keys().collect(), minutes: 180 };
        let request = Request { scope, query };
        app.estate.receive(&request, Outcome::Complete(world.answer(&request)), ago(3));
    }
}

/// Derives what is shown from what is known.
pub fn settle(app: &mut App) {
    app.signals = signals(&app.estate, &app.stacks, app.now);
    app.charts = match app.place().view {
        ViewName::Metrics => charts::of_place(app),
        _ => Vec::new(),
    };
    app.board = (app.place().view == ViewName::Cost).then(|| Board::of(app));
    app.freshness = freshness::of(app);
    app.table = rows::rows(app).arranged(app.table_state());
    let first = app.table.rows.first().map(|row| row.id.clone());
    let place = app.place().clone();
    let state = app.tables.entry(place).or_default();
    if state.cursor.as_ref().is_none_or(|it| app.table.index_of(it).is_none()) {
        state.cursor = first;
    }
}

impl World {
    /// What a read of this world answers.
    pub fn answer(&self, request: &Request) -> Answer {
        let empty = Held::default();
        let held = self.scopes.get(&request.scope).unwrap_or(&empty);
        match &request.query {
            Query::Identity => Answer::Identity(Identity {
                account: held.account.clone(),
                arn: format!("arn:aws:sts::{}:assumed-role/on-call/ada", held.account).into(),
                expires_at: Some(now() + jiff::SignedDuration::from_mins(52)),
            }),
            Query::Clusters => Answer::Clusters(Vec::new()),
            Query::Services { cluster, .. } => Answer::Services(of_cluster(&held.services, cluster)),
            Query::Tasks { cluster } => Answer::Tasks(of_cluster(&held.tasks, cluster)),
            Query::Deployments { service, .. } => {
                Answer::Deployments(held.deployments.iter().filter(|it| it.service == *service).cloned().collect())
            }
            Query::TaskDefinition { definition: arn } => {
                Answer::TaskDefinition(Box::new(definition(arn, "repo/app:v11")))
            }
            Query::Listeners { balancer } => Answer::Listeners(vec![listener(balancer, &held.target_groups)]),
            Query::MetricListed { .. } => Answer::MetricListed(false),
            Query::ServiceActivities => Answer::ServiceActivities(Vec::new()),
            Query::AlarmHistory => Answer::AlarmHistory(held.alarm_history.clone()),
            Query::ScalableTargets => Answer::ScalableTargets(Vec::new()),
            Query::Groups { .. } => Answer::Groups(held.groups.clone()),
            Query::Activities { .. } => Answer::Activities(Vec::new()),
            Query::AllActivities => Answer::AllActivities(Vec::new()),
            Query::AllTemplates => Answer::AllTemplates(Vec::new()),
            Query::Refreshes { .. } => Answer::Refreshes(Vec::new()),
            Query::NatGateways => Answer::NatGateways(Vec::new()),
            Query::Inventory { .. } => Answer::Inventory(Vec::new()),
            Query::Template { .. } => Answer::Template(Template::default()),
            Query::TargetGroups => Answer::TargetGroups(held.target_groups.clone()),
            Query::TargetGroupAttributes { group } => {
                let known = held.target_groups.iter().find(|it| it.arn == *group);
                Answer::TargetGroupAttributes(known.map(|it| it.attributes.clone()).unwrap_or_default())
            }
            Query::Targets { group } => Answer::Targets(held.targets.get(group).cloned().unwrap_or_default()),
            Query::Alarms => Answer::Alarms(held.alarms.clone()),
            Query::Metrics { reads, .. } => {
                Answer::Metrics(reads.iter().map(|read| (read.clone(), series::series(read, ago(3)))).collect())
            }
            Query::Logs { excerpt } => Answer::Logs(lines(excerpt)),
            Query::Sessions { .. } => Answer::Sessions(held.sessions.clone()),
            Query::Raw { .. } => Answer::Raw(vec!["{".into(), "  \"status\": \"ACTIVE\"".into(), "}".into()]),
            Query::Revisions { .. } => Answer::Revisions(Vec::new()),
            Query::Images { .. } => Answer::Images(Vec::new()),
            Query::Permissions { .. } => Answer::Permissions(Vec::new()),
            Query::Bill { .. }
            | Query::Forecast { .. }
            | Query::Allocation { .. }
            | Query::BilledAccounts { .. }
            | Query::Budgets { .. } => bill::answer(&request.query).expect("what is asked of cost has an answer"),
            Query::Repository { .. } | Query::Image { .. } => {
                panic!("this world holds nothing to answer {:?} with", request.query)
            }
        }
    }

    fn scope(&mut self, scope: &Scope, account: &str) -> &mut Held {
        let held = self.scopes.entry(scope.clone()).or_default();
        held.account = account.into();
        held
    }
}

fn of_cluster<T: Clone>(all: &[(Arc<str>, T)], cluster: &Arc<str>) -> Vec<T> {
    all.iter().filter(|(it, _)| it == cluster).map(|(_, it)| it.clone()).collect()
}

/// The production stack in trouble: its newest deployment crashes, a target fails, a gateway is nearly full.
fn terminal(world: &mut World) -> Stack {
    let mut given = Given::healthy();
    given.deploying(240);
    given.service().running = 1;
    given.service().deployments[0].failed = 3;
    given.event(95, "(service terminal-api) (task dead0003) failed container health checks.");
    given.event(30, "(service terminal-api) has started 1 tasks: (task 5f6e7d8c).");
    for (seconds, code) in [(40, 1), (110, 1), (180, 137)] {
        let dead = given.died(seconds, "EssentialContainerExited", "Essential container in task exited", Some(code));
        dead.started_by = "ecs-svc/2222".into();
        dead.task_definition = Arn::new("arn:aws:ecs:us-east-1:111122223333:task-definition/terminal-api:43");
    }
    given.targets[1] = target("10.0.4.12", TargetState::Unhealthy);
    let mut old = instance("i-0c3d9e1f2a7b4c5d6");
    old.template_version = "7".into();
    old.protected = true;
    old.zone = "us-east-1b".into();
    old.private_ip = Some("10.0.4.50".into());
    let mut pending = instance("i-0f00d1e2a3b4c5d6e");
    pending.lifecycle = "Pending".into();
    pending.launched_at = Some(ago(45));
    pending.checks = Some("initializing".into());
    let mut sick = instance("i-0a1b2c3d4e5f60718");
    sick.checks = Some("impaired".into());
    given.group().instances = vec![sick, old, pending];
    given.group().desired = 3;
    let account = "111122223333";
    let scope = given.stack.scopes[0].scope.clone();
    let deployment = broken_deployment(&given.services[0]);
    let held = world.scope(&scope, account);
    let cluster: Arc<str> = "terminal-cluster".into();
    held.services = given.services.into_iter().map(|it| (cluster.clone(), it)).collect();
    held.tasks = given.tasks.into_iter().map(|it| (cluster.clone(), it)).collect();
    held.deployments = vec![deployment];
    held.groups = given.groups;
    held.targets = [(given.target_groups[0].arn.clone(), given.targets)].into();
    held.target_groups = given.target_groups;
    held.sessions = sessions("i-0a1b2c3d4e5f60718", 9);
    held.sessions.extend(sessions("i-0c3d9e1f2a7b4c5d6", 4));
    held.alarms = vec![
        alarm("terminal-api-latency", AlarmState::Alarm, ("AWS/ApplicationELB", "TargetResponseTime"), 1.0),
        alarm(
            "terminal-gateway-unhealthy",
            AlarmState::InsufficientData,
            ("AWS/AutoScaling", "UnHealthyHostCount"),
            1.0,
        ),
    ];
    held.alarm_history = vec![AlarmChange {
        alarm: "terminal-api-latency".into(),
        at: ago(150),
        from: AlarmState::Ok,
        to: AlarmState::Alarm,
        reason: "Threshold Crossed: 3 out of the last 3 datapoints were greater than the threshold".into(),
    }];
    Stack { cost: Some(bill::cost_of("terminal")), ..given.stack }
}

fn broken_deployment(service: &Service) -> Deployment {
    Deployment {
        arn: Arn::new(
            "arn:aws:ecs:us-east-1:111122223333:service-deployment/terminal-cluster/terminal-api/NCWGC2ZR-taz",
        ),
        service: service.arn.clone(),
        status: DeploymentStatus::InProgress,
        status_reason: SafeText::default(),
        created_at: Some(ago(240)),
        started_at: Some(ago(238)),
        finished_at: None,
        target: Revision {
            arn: Arn::new(
                "arn:aws:ecs:us-east-1:111122223333:service-revision/terminal-cluster/terminal-api/4980306466373577095",
            ),
            task_definition: Some(service.task_definition.clone()),
            images: vec![RevisionImage {
                container: "api".into(),
                image: "111122223333.dkr.ecr.us-east-1.amazonaws.com/terminal/api:v43".into(),
                digest: Some("sha256:9b2c5f0e7d1a4c3b8e6f".into()),
            }],
            launch: "FARGATE".into(),
            providers: Vec::new(),
            requested: 2,
            running: 0,
            pending: 1,
        },
        sources: Vec::new(),
        breaker: Some((3, 10)),
        rollback_reason: None,
    }
}

/// Asleep, but for its gateway.
fn tsdevstack(world: &mut World) -> Stack {
    let scope = Scope::new("ops", "us-east-1");
    let mut stack = stack("tsdevstack", Environment::Other("development".into()), &[&scope], "111122223333");
    let services =
        [("kong", (1, 1)), ("auth-service", (0, 0)), ("notifications-service", (0, 0)), ("offers-service", (0, 0))];
    for (name, tasks) in services {
        let made = Made { cluster: "tsdevstack-dev", name, tasks, port: (name == "kong").then_some(8000) };
        add(&mut stack, world.scope(&scope, "111122223333"), &scope, &made);
    }
    stack.services.iter_mut().skip(1).for_each(|it| it.may_sleep = true);
    stack
}

/// Two regions; the second is being deployed to.
fn mint_server(world: &mut World) -> Stack {
    let (east, west) = (Scope::new("ops", "us-east-1"), Scope::new("ops", "us-west-1"));
    let mut stack = stack("mint-server", Environment::Production, &[&east, &west], "111122223333");
    let made = Made { cluster: "mint-server", name: "mint-server", tasks: (3, 3), port: Some(8080) };
    for scope in [&east, &west] {
        add(&mut stack, world.scope(scope, "111122223333"), scope, &made);
    }
    stack.services.truncate(1);
    stack.target_groups.truncate(1);
    stack.services[0].scopes = vec![east.clone(), west.clone()];
    stack.target_groups[0].scopes = vec![east, west.clone()];
    let (_, service) = &mut world.scope(&west, "111122223333").services[0];
    let mut new = service.deployments[0].clone();
    service.deployments[0].status = "ACTIVE".into();
    new.id = "ecs-svc/7777".into();
    new.task_definition = Arn::new("arn:aws:ecs:us-west-1:111122223333:task-definition/mint-server:12");
    new.state = Some(RolloutState::InProgress);
    new.running = 2;
    new.created_at = Some(ago(75));
    service.task_definition = new.task_definition.clone();
    service.pending = 1;
    service.deployments.insert(0, new);
    stack
}

fn reactive_notebook(world: &mut World) -> Stack {
    let scope = Scope::new("ops", "eu-north-1");
    let mut stack = stack("reactive-notebook", Environment::Production, &[&scope], "111122223333");
    let made = Made {
        cluster: "reactive-notebook-cluster",
        name: "reactive-notebook-service",
        tasks: (1, 1),
        port: Some(8000),
    };
    add(&mut stack, world.scope(&scope, "111122223333"), &scope, &made);
    stack.services[0].stateful = true;
    stack
}

fn cma(world: &mut World) -> Stack {
    let scope = Scope::new("cma", "eu-west-2");
    let mut stack = stack("cma", Environment::Production, &[&scope], "444455556666");
    for (name, port) in
        [("cma-frontend-production", Some(3000)), ("cma-api-production", Some(5000)), ("cma-workers-production", None)]
    {
        let made = Made { cluster: "cma-production", name, tasks: (2, 2), port };
        add(&mut stack, world.scope(&scope, "444455556666"), &scope, &made);
    }
    let scopes = vec![scope];
    stack.caches = vec![StackCache { scopes: scopes.clone(), name: "cma-production".into() }];
    let database = |name: &str, replica_of: Option<&str>| StackDatabase {
        scopes: scopes.clone(),
        name: name.into(),
        replica_of: replica_of.map(Arc::from),
    };
    stack.databases =
        vec![database("cma-production", None), database("cma-production-replica", Some("cma-production"))];
    stack
}

fn stack(name: &str, environment: Environment, scopes: &[&Scope], account: &str) -> Stack {
    Stack {
        name: name.into(),
        title: name.into(),
        environment,
        read_only: false,
        scopes: scopes.iter().map(|it| StackScope { scope: (*it).clone(), account: Some(account.into()) }).collect(),
        services: Vec::new(),
        groups: Vec::new(),
        target_groups: Vec::new(),
        caches: Vec::new(),
        databases: Vec::new(),
        alarms: AlarmSelection { prefixes: vec![format!("{name}-").into()], names: Vec::new() },
        care: Care::default(),
        capacity: None,
        cost: Some(bill::cost_of(name)),
        checklist: Vec::new(),
        found: false,
    }
}

/// Adds a service with its tasks and targets, all of them well.
fn add(stack: &mut Stack, held: &mut Held, scope: &Scope, made: &Made<'_>) {
    let (running, desired) = made.tasks;
    let region = &scope.region;
    let account = held.account.clone();
    let arn = |service: &str, rest: String| Arn::new(&format!("arn:aws:{service}:{region}:{account}:{rest}"));
    let group = arn("elasticloadbalancing", format!("targetgroup/{}-tg/73e2d6bc24d8a067", made.name));
    let task_definition = arn("ecs", format!("task-definition/{}:11", made.name));
    let address = |index: u32| format!("10.{}.3.{}", held.services.len() + 1, 20 + index);
    let mut targets = Vec::new();
    let mut tasks = Vec::new();
    for index in 0..running {
        let id = format!("{:08x}{}", index + 1, made.name);
        let mut task = task(&id, &address(index));
        task.arn = arn("ecs", format!("task/{}/{id}", made.cluster));
        task.cluster = arn("ecs", format!("cluster/{}", made.cluster));
        task.service = Some(made.name.into());
        task.task_definition = task_definition.clone();
        task.zone = format!("{region}{}", ["a", "b", "c"][index as usize % 3]).into();
        task.containers[0].image = format!("{account}.dkr.ecr.{region}.amazonaws.com/{}:v11", made.name).into();
        tasks.push((made.cluster.into(), task));
        targets.extend(made.port.map(|port| Target { port, ..target(&address(index), TargetState::Healthy) }));
    }
    held.tasks.extend(tasks);
    if let Some(port) = made.port {
        let name: SafeText = format!("{}-tg", made.name).into();
        let like = Given::healthy().target_groups.remove(0);
        held.target_groups.push(TargetGroup { arn: group.clone(), name: name.clone(), port, ..like });
        held.targets.insert(group.clone(), targets);
        stack.target_groups.push(StackTargetGroup {
            scopes: vec![scope.clone()],
            name: name.as_str().into(),
            service: Some(made.name.into()),
        });
    }
    let load_balancers = made
        .port
        .map(|port| ServiceTarget { target_group: group, container: "app".into(), port })
        .into_iter()
        .collect();
    let service = Service {
        arn: arn("ecs", format!("service/{}/{}", made.cluster, made.name)),
        name: made.name.into(),
        cluster: arn("ecs", format!("cluster/{}", made.cluster)),
        status: "ACTIVE".into(),
        desired,
        running,
        pending: 0,
        task_definition: task_definition.clone(),
        launch: "FARGATE".into(),
        rolling: Rolling { minimum_percent: 100, maximum_percent: 200, circuit_breaker: true, rollback: true },
        deployments: vec![Rollout {
            task_definition,
            desired,
            running,
            ..rollout("ecs-svc/1111", 11, RolloutState::Completed, 190_000)
        }],
        load_balancers,
        subnets: Vec::new(),
        events: vec![ServiceEvent {
            id: "steady".into(),
            at: ago(3600),
            message: format!("(service {}) has reached a steady state.", made.name).into(),
        }],
        grace_seconds: 0,
        execute_command: false,
        control: Control::default(),
        created_at: Some(ago(8_640_000)),
    };
    held.services.push((made.cluster.into(), service));
    stack.services.push(StackService {
        scopes: vec![scope.clone()],
        cluster: made.cluster.into(),
        name: made.name.into(),
        promise_p95_ms: None,
        min_tasks: None,
        stateful: false,
        may_sleep: false,
        needs: Vec::new(),
        together: None,
    });
}

fn alarm(name: &str, state: AlarmState, (namespace, metric): (&str, &str), threshold: f64) -> Alarm {
    Alarm {
        arn: Arn::new(&format!("arn:aws:cloudwatch:us-east-1:111122223333:alarm:{name}")),
        name: name.into(),
        description: "pages on-call".into(),
        state,
        reason: "Threshold Crossed: 3 out of the last 3 datapoints were greater than the threshold".into(),
        updated_at: Some(ago(150)),
        metric: Some(MetricName {
            namespace: namespace.into(),
            name: metric.into(),
            dimensions: vec![("LoadBalancer".into(), "app/terminal-alb/50dc6c495c0c9188".into())],
        }),
        statistic: "Average".into(),
        comparison: ">",
        threshold: Some(threshold),
        period_seconds: 60,
        evaluation_periods: 3,
        actions_enabled: true,
        actions: vec![Arn::new("arn:aws:sns:us-east-1:111122223333:on-call")],
    }
}

/// A listener that leads to each of the target groups by a host, and else to HTTPS.
fn listener(balancer: &Arn, groups: &[TargetGroup]) -> Listener {
    let rule = |priority: Option<u32>, conditions, action| Rule {
        arn: Arn::new(&format!("{}/rule/{}", balancer.wire(), priority.unwrap_or_default())),
        priority,
        conditions,
        checks: Vec::new(),
        action,
    };
    let of_group = |(index, group): (usize, &TargetGroup)| {
        let host = Condition { field: "host".into(), values: vec![format!("{}.example.com", group.name).into()] };
        let action = RuleAction::Forward(vec![(group.arn.clone(), 1)]);
        rule(u32::try_from(index + 1).ok(), vec![host], action)
    };
    let own = groups.iter().filter(|it| it.load_balancers.contains(balancer)).enumerate().map(of_group);
    let redirect = rule(None, Vec::new(), RuleAction::Redirect("HTTPS://:443 HTTP_301".into()));
    Listener {
        arn: Arn::new(&format!("{}/listener", balancer.wire())),
        balancer: balancer.clone(),
        protocol: "HTTP".into(),
        port: 80,
        rules: own.chain([redirect]).collect(),
    }
}

/// Two minutes of a container's lines, one of them hostile.
fn lines(excerpt: &Excerpt) -> LogPage {
    let messages = [
        r#"{"level":"info","msg":"GET /health 200","ms":2}"#,
        r#"{"level":"info","msg":"POST /api/sessions 201","ms":38}"#,
        r#"{"level":"warn","msg":"valkey answers slowly","ms":412}"#,
        "\u{1b}[2J\u{1b}]0;owned\u{7}GET /\u{202e}txt.exe 404",
        "Error: connect ECONNREFUSED 10.0.3.17:6379\n    at TCPConnectWrap.afterConnect (node:net:1611:16)",
    ];
    let until = excerpt.until.unwrap_or_else(now);
    let line = |(index, message): (i64, &&str)| LogLine {
        id: format!("{index:056}").into(),
        at: until - jiff::SignedDuration::from_secs((30 - index) * 4),
        ingested_at: Some(until - jiff::SignedDuration::from_secs((30 - index) * 4 - 2)),
        stream: format!("ecs/api/{}1d0f3c7b9a5e4f2", if index % 3 == 0 { "0a" } else { "7f" }).into(),
        message: (*message).into(),
        after_gap: index == 0,
    };
    LogPage { lines: (0..).zip(messages.iter().cycle().take(30)).map(line).collect(), cut: true }
}
