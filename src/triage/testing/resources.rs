//! The parts of the terminal stack, each well and as AWS describes it.

use super::{CLUSTER, SERVICE, TARGET_GROUP, ago, scope};
use crate::{
    domain::{
        alarm::{Alarm, AlarmState},
        definition::{DefinedContainer, Definition, fields},
        group::{Group, Instance, Policy, Tracked},
        id::Arn,
        metric::{MetricName, MetricRead, Series},
        service::{Control, Rolling, Rollout, RolloutState, Service, ServiceEvent, ServiceTarget},
        session::Session,
        target::{Target, TargetGroup, TargetGroupAttributes, TargetState},
        task::{Container, Task},
    },
    stack::{
        care::Care,
        drain::Drain,
        model::{
            AlarmSelection, Environment, SessionMetric, SessionSource, Stack, StackGroup, StackScope, StackService,
            StackTargetGroup,
        },
    },
};

pub fn stack() -> Stack {
    let scopes = vec![scope()];
    Stack {
        name: "terminal".into(),
        title: "Terminal".into(),
        environment: Environment::Production,
        read_only: false,
        checklist: Vec::new(),
        found: false,
        scopes: vec![StackScope { scope: scope(), account: Some("111122223333".into()) }],
        services: vec![StackService {
            scopes: scopes.clone(),
            cluster: CLUSTER.into(),
            name: "terminal-api".into(),
            promise_p95_ms: None,
            min_tasks: None,
            stateful: false,
            may_sleep: false,
            needs: Vec::new(),
            together: None,
        }],
        groups: vec![StackGroup {
            scopes: scopes.clone(),
            name: "terminal-gateway-asg".into(),
            sessions: Some(SessionSource {
                table: Some(("Sessions".into(), "gatewayId".into())),
                metric: Some(SessionMetric {
                    namespace: "Terminal/Gateway".into(),
                    name: "ActiveSessions".into(),
                    dimension: None,
                }),
                limits: vec![("t3.medium".into(), 10), ("t3.large".into(), 20)],
                limit: None,
            }),
            drain: Drain::default(),
            logs: None,
        }],
        target_groups: vec![StackTargetGroup {
            scopes,
            name: "terminal-api-tg".into(),
            service: Some("terminal-api".into()),
        }],
        caches: Vec::new(),
        databases: Vec::new(),
        alarms: AlarmSelection { prefixes: vec!["terminal-".into()], names: Vec::new() },
        care: Care::default(),
        capacity: None,
        cost: None,
    }
}

pub fn service() -> Service {
    Service {
        arn: Arn::new(SERVICE),
        name: "terminal-api".into(),
        cluster: Arn::new("arn:aws:ecs:us-east-1:111122223333:cluster/terminal-cluster"),
        status: "ACTIVE".into(),
        desired: 2,
        running: 2,
        pending: 0,
        task_definition: task_definition(42),
        launch: "FARGATE".into(),
        rolling: Rolling { minimum_percent: 100, maximum_percent: 200, circuit_breaker: true, rollback: true },
        deployments: vec![rollout("ecs-svc/1111", 42, RolloutState::Completed, 86_400)],
        load_balancers: vec![ServiceTarget {
            target_group: Arn::new(TARGET_GROUP),
            container: "api".into(),
            port: 3001,
        }],
        subnets: vec!["subnet-a".into(), "subnet-b".into()],
        events: vec![ServiceEvent {
            id: "steady".into(),
            at: ago(3600),
            message: "(service terminal-api) has reached a steady state.".into(),
        }],
        grace_seconds: 0,
        execute_command: false,
        control: Control::default(),
        created_at: Some(ago(864_000)),
    }
}

/// A task definition with one container, `api`, that runs `image`.
pub fn definition(arn: &Arn, image: &str) -> Definition {
    let document = serde_json::json!({
        "cpu": "512",
        "memory": "1024",
        "containerDefinitions": [{
            "name": "api",
            "image": image,
            "essential": true,
            "environment": [{ "name": "PORT", "value": "3001" }],
            "secrets": [{ "name": "JWT_SECRET", "valueFrom": "arn:aws:secretsmanager:us-east-1:111122223333:secret:jwt" }],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": { "awslogs-group": "/ecs/api", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "ecs" },
            },
        }],
    });
    let name = arn.short_name();
    let (family, revision) = name.as_str().split_once(':').unwrap_or((name.as_str(), ""));
    Definition {
        arn: arn.clone(),
        family: family.into(),
        revision: revision.parse().unwrap_or_default(),
        active: true,
        registered_at: Some(ago(90_000)),
        architecture: "X86_64".into(),
        containers: vec![DefinedContainer { name: "api".into(), image: image.into(), essential: true }],
        fields: fields(&document),
    }
}

pub fn task_definition(revision: u32) -> Arn {
    Arn::new(&format!("arn:aws:ecs:us-east-1:111122223333:task-definition/terminal-api:{revision}"))
}

/// A deployment of `revision`, created `seconds` ago, with all its tasks running.
pub fn rollout(id: &str, revision: u32, state: RolloutState, seconds: i64) -> Rollout {
    let verb = if state == RolloutState::InProgress { "in progress" } else { "completed" };
    Rollout {
        id: id.into(),
        status: "PRIMARY".into(),
        task_definition: task_definition(revision),
        desired: 2,
        running: 2,
        pending: 0,
        failed: 0,
        state: Some(state),
        reason: format!("ECS deployment {id} {verb}.").into(),
        created_at: Some(ago(seconds)),
        updated_at: Some(ago(seconds / 2)),
    }
}

pub fn task(id: &str, address: &str) -> Task {
    Task {
        arn: Arn::new(&format!("arn:aws:ecs:us-east-1:111122223333:task/terminal-cluster/{id}")),
        cluster: Arn::new("arn:aws:ecs:us-east-1:111122223333:cluster/terminal-cluster"),
        service: Some("terminal-api".into()),
        task_definition: task_definition(42),
        status: "RUNNING".into(),
        desired_status: "RUNNING".into(),
        health: "UNKNOWN".into(),
        zone: "us-east-1a".into(),
        cpu: 512,
        memory: 1024,
        launch: "FARGATE".into(),
        started_by: "ecs-svc/1111".into(),
        created_at: Some(ago(86_400)),
        started_at: Some(ago(86_360)),
        stopped_at: None,
        stop_code: None,
        stopped_reason: None,
        containers: vec![Container {
            name: "api".into(),
            image: "terminal/api:42".into(),
            digest: None,
            status: "RUNNING".into(),
            health: "UNKNOWN".into(),
            exit_code: None,
            reason: None,
        }],
        address: Some(address.into()),
    }
}

pub fn group() -> Group {
    Group {
        name: "terminal-gateway-asg".into(),
        arn: Arn::new(
            "arn:aws:autoscaling:us-east-1:111122223333:autoScalingGroup:uuid:autoScalingGroupName/terminal-gateway-asg",
        ),
        min: 1,
        desired: 2,
        max: 10,
        zones: vec!["us-east-1a".into(), "us-east-1b".into()],
        instances: vec![instance("i-0aaa"), Instance { zone: "us-east-1b".into(), ..instance("i-0bbb") }],
        launch_template: None,
        health_check: "EC2".into(),
        grace_seconds: 300,
        cooldown_seconds: 300,
        warmup_seconds: None,
        protects_new: false,
        rebalances_capacity: false,
        suspended: Vec::new(),
        target_groups: Vec::new(),
        policies: vec![Policy {
            name: "scale-on-sessions".into(),
            arn: Arn::new("arn:aws:autoscaling:us-east-1:111122223333:scalingPolicy:uuid"),
            kind: "TargetTrackingScaling".into(),
            target: Some(Tracked {
                metric: "ActiveSessions".into(),
                value: 8.0,
                custom: Some((MetricName::new("Terminal/Gateway", "ActiveSessions", &[]), "Average".into())),
                scales_in: true,
            }),
            alarms: vec!["TargetTracking-terminal-gateway-asg-AlarmHigh-1".into()],
            enabled: true,
        }],
        hooks: Vec::new(),
        created_at: Some(ago(864_000)),
    }
}

pub fn instance(id: &str) -> Instance {
    Instance {
        id: id.into(),
        zone: "us-east-1a".into(),
        instance_type: "t3.medium".into(),
        lifecycle: "InService".into(),
        health: "Healthy".into(),
        protected: false,
        template_version: "3".into(),
        launched_at: Some(ago(86_400)),
        private_ip: Some("10.0.3.50".into()),
        image: None,
        state: Some("running".into()),
        checks: Some("ok".into()),
        state_reason: None,
        spot: false,
        notice: None,
        tags: Vec::new(),
    }
}

pub fn target_group() -> TargetGroup {
    TargetGroup {
        arn: Arn::new(TARGET_GROUP),
        name: "terminal-api-tg".into(),
        protocol: "HTTP".into(),
        port: 3001,
        target_type: "ip".into(),
        load_balancers: vec![Arn::new(
            "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/terminal-alb/50dc6c495c0c9188",
        )],
        health_path: "/health".into(),
        interval_seconds: 30,
        timeout_seconds: 5,
        healthy_threshold: 5,
        unhealthy_threshold: 2,
        attributes: TargetGroupAttributes { deregistration_delay: Some(60), stickiness: Some(true) },
    }
}

pub fn target(address: &str, state: TargetState) -> Target {
    let (reason, description) = match state {
        TargetState::Unhealthy => ("Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]"),
        TargetState::Initial => ("Elb.InitialHealthChecking", "Initial health checks in progress"),
        _ => ("", ""),
    };
    Target {
        id: address.into(),
        port: 3001,
        zone: "us-east-1a".into(),
        state,
        reason: reason.into(),
        description: description.into(),
    }
}

/// So many sessions on one gateway, the oldest begun an hour ago.
pub fn sessions(gateway: &str, number: usize) -> Vec<Session> {
    let session = |index: i64| Session {
        id: format!("{gateway}-{index}").into(),
        user: "ada".into(),
        gateway: gateway.into(),
        started_at: Some(ago(3600 - index)),
        last_seen_at: Some(ago(10)),
    };
    (0..).take(number).map(session).collect()
}

/// Average of `ActiveSessions` without dimensions, a minute old.
pub fn average_sessions(value: f64) -> (MetricRead, Series) {
    let metric =
        MetricName { namespace: "Terminal/Gateway".into(), name: "ActiveSessions".into(), dimensions: Vec::new() };
    let read = MetricRead { metric, statistic: "Average".into(), period_seconds: 60 };
    (read, Series { points: vec![(ago(120), 1.0), (ago(60), value)], ..Series::default() })
}

pub fn alarm(name: &str, state: AlarmState) -> Alarm {
    Alarm {
        arn: Arn::new(&format!("arn:aws:cloudwatch:us-east-1:111122223333:alarm:{name}")),
        name: name.into(),
        description: "".into(),
        state,
        reason: "Threshold Crossed: 3 datapoints were greater than the threshold (1.0).".into(),
        updated_at: Some(ago(420)),
        metric: Some(MetricName {
            namespace: "AWS/ApplicationELB".into(),
            name: "TargetResponseTime".into(),
            dimensions: Vec::new(),
        }),
        statistic: "Average".into(),
        comparison: ">",
        threshold: Some(1.0),
        period_seconds: 60,
        evaluation_periods: 3,
        actions_enabled: true,
        actions: Vec::new(),
    }
}
