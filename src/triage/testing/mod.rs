//! Estates for tests: the terminal stack in good health, for each test to break in one place.

mod resources;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

pub use self::resources::{
    alarm, average_sessions, definition, instance, rollout, service, sessions, stack, target, target_group, task,
    task_definition,
};
use super::signals;
use crate::{
    domain::{
        alarm::Alarm,
        deployment::Deployment,
        estate::Estate,
        fault::{Fault, FaultKind},
        group::{Activity, Group},
        id::{Arn, Scope},
        metric::{MetricRead, Series},
        query::{Answer, Identity, Outcome, Query, Request},
        refresh::Refresh,
        scaling::ScalableTarget,
        service::{Rollout, RolloutState, Service, ServiceEvent},
        session::Session,
        signal::Signal,
        target::{Target, TargetGroup, TargetState},
        task::Task,
    },
    metrics::{Measure, catalogue, window::FINE},
    stack::model::Stack,
};

pub const SERVICE: &str = "arn:aws:ecs:us-east-1:111122223333:service/terminal-cluster/terminal-api";
pub const TARGET_GROUP: &str =
    "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/terminal-api-tg/73e2d6bc24d8a067";
const CLUSTER: &str = "terminal-cluster";

/// What is given: a stack and what AWS answers of it, read at [`now`].
#[derive(Debug, Clone)]
pub struct Given {
    pub stack: Stack,
    pub identity: Identity,
    pub services: Vec<Service>,
    pub tasks: Vec<Task>,
    pub deployments: Vec<Deployment>,
    pub scalable_targets: Vec<ScalableTarget>,
    pub groups: Vec<Group>,
    /// Of the group, newest first.
    pub activities: Vec<Activity>,
    /// Of the group, newest first.
    pub refreshes: Vec<Refresh>,
    pub target_groups: Vec<TargetGroup>,
    pub targets: Vec<Target>,
    pub alarms: Vec<Alarm>,
    pub sessions: Vec<Session>,
    pub metrics: Vec<(MetricRead, Series)>,
    /// How long ago all of it was read.
    pub read: SignedDuration,
    /// Reads that failed after that.
    pub faults: Vec<(Query, Fault)>,
}

/// The moment at which every test looks.
pub fn now() -> Timestamp {
    "2026-03-01T03:00:00Z".parse().expect("a timestamp")
}

/// So many seconds ago.
pub fn ago(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

pub fn scope() -> Scope {
    Scope::new("ops", "us-east-1")
}

impl Given {
    /// Two tasks and two gateways, all well, two sessions on each gateway.
    pub fn healthy() -> Self {
        Self {
            stack: resources::stack(),
            identity: Identity {
                account: "111122223333".into(),
                arn: "arn:aws:iam::111122223333:user/ops".into(),
                expires_at: None,
            },
            services: vec![resources::service()],
            tasks: vec![
                task("aaaa1111", "10.0.3.11"),
                Task { zone: "us-east-1b".into(), ..task("bbbb2222", "10.0.4.12") },
            ],
            deployments: Vec::new(),
            scalable_targets: Vec::new(),
            groups: vec![resources::group()],
            activities: Vec::new(),
            refreshes: Vec::new(),
            target_groups: vec![resources::target_group()],
            targets: vec![target("10.0.3.11", TargetState::Healthy), target("10.0.4.12", TargetState::Healthy)],
            alarms: Vec::new(),
            sessions: ["i-0aaa", "i-0bbb"].into_iter().flat_map(|it| sessions(it, 2)).collect(),
            metrics: Vec::new(),
            read: SignedDuration::ZERO,
            faults: Vec::new(),
        }
    }

    pub fn service(&mut self) -> &mut Service {
        &mut self.services[0]
    }

    pub fn group(&mut self) -> &mut Group {
        &mut self.groups[0]
    }

    /// A task of the service's newest deployment that stopped `seconds` ago.
    pub fn died(&mut self, seconds: i64, code: &str, reason: &str, exit_code: Option<i32>) -> &mut Task {
        let mut dead = task(&format!("dead{:04}", self.tasks.len()), "10.0.3.99");
        dead.status = "STOPPED".into();
        dead.desired_status = "STOPPED".into();
        dead.created_at = Some(ago(seconds + 40));
        dead.started_at = Some(ago(seconds + 5));
        dead.stopped_at = Some(ago(seconds));
        dead.stop_code = Some(code.into());
        dead.stopped_reason = Some(reason.into());
        dead.containers[0].exit_code = exit_code;
        self.tasks.push(dead);
        self.tasks.last_mut().expect("the task just added")
    }

    /// A task that is on its way since `seconds`.
    pub fn starting(&mut self, seconds: i64) {
        let mut starting = task(&format!("start{:03}", self.tasks.len()), "10.0.3.98");
        starting.status = "PENDING".into();
        starting.created_at = Some(ago(seconds));
        starting.started_at = None;
        self.tasks.push(starting);
    }

    /// An activity of the group, newer than those before it.
    pub fn activity(&mut self, seconds: i64, status: &str, description: &str, cause: &str) -> &mut Activity {
        let ended_at = matches!(status, "Successful" | "Failed").then(|| ago(seconds - 1));
        let (status, description, cause) = (status.into(), description.into(), cause.into());
        let id = format!("activity-{seconds}").into();
        let status_message = "".into();
        let activity = Activity { id, started_at: ago(seconds), ended_at, status, description, cause, status_message };
        self.activities.insert(0, activity);
        &mut self.activities[0]
    }

    /// The service is steered between `min` and `max` tasks.
    pub fn scalable(&mut self, min: u32, max: u32) -> &mut ScalableTarget {
        self.scalable_targets.push(ScalableTarget {
            resource: "service/terminal-cluster/terminal-api".into(),
            min,
            max,
            suspended_in: false,
            suspended_out: false,
            suspended_scheduled: false,
            policies: vec![("cpu-70".into(), "ECSServiceAverageCPUUtilization".into(), 70.0)],
        });
        &mut self.scalable_targets[0]
    }

    /// A figure of the target group or the cache, minute by minute; the last of them a minute ago.
    pub fn measured(&mut self, measure: Measure, values: &[f64]) {
        let mut found = catalogue::of_target_group(&scope(), &self.target_groups[0], true);
        found.extend(self.stack.caches.iter().flat_map(|it| catalogue::of_cache(&scope(), it)));
        let read = found.iter().find(|it| it.measure == measure).expect("it is measured").read(FINE);
        let newest_first = (1..).zip(values.iter().rev());
        let mut points: Vec<_> = newest_first.map(|(minute, value)| (ago(minute * 60), *value)).collect();
        points.reverse();
        self.metrics.retain(|(known, _)| *known != read);
        self.metrics.push((read, Series { points, covered: None }));
    }

    /// An event of the service.
    pub fn event(&mut self, seconds: i64, message: &str) {
        let event = ServiceEvent { id: format!("event-{seconds}").into(), at: ago(seconds), message: message.into() };
        self.service().events.insert(0, event);
    }

    /// A new deployment of revision 43 since `seconds`, over the one that ran.
    pub fn deploying(&mut self, seconds: i64) -> &mut Rollout {
        let service = self.service();
        service.deployments[0].status = "ACTIVE".into();
        let mut new = rollout("ecs-svc/2222", 43, RolloutState::InProgress, seconds);
        new.running = 0;
        service.task_definition = new.task_definition.clone();
        service.deployments.insert(0, new);
        &mut service.deployments[0]
    }

    /// The read of `query` failed half a minute ago.
    pub fn failing(&mut self, query: Query, kind: FaultKind, operation: &str) {
        let fault = Fault {
            kind,
            operation: operation.into(),
            code: "SomeException".into(),
            message: "told so".into(),
            request_id: Some("req-1".into()),
            at: ago(30),
        };
        self.faults.push((query, fault));
    }

    /// What the console has taken in.
    pub fn estate(&self) -> Estate {
        let mut estate = Estate::default();
        let at = now() - self.read;
        for (query, answer) in self.answers() {
            estate.receive(&Request { scope: scope(), query }, Outcome::Complete(answer), at);
        }
        for (query, fault) in &self.faults {
            let request = Request { scope: scope(), query: query.clone() };
            estate.receive(&request, Outcome::Failed(fault.clone()), fault.at);
        }
        estate
    }

    fn answers(&self) -> Vec<(Query, Answer)> {
        let cluster: Arc<str> = CLUSTER.into();
        let mut answers = vec![
            (Query::Identity, Answer::Identity(self.identity.clone())),
            (services_query(), Answer::Services(self.services.clone())),
            (Query::Tasks { cluster: cluster.clone() }, Answer::Tasks(self.tasks.clone())),
            (Query::Groups { names: Vec::new() }, Answer::Groups(self.groups.clone())),
            (Query::TargetGroups, Answer::TargetGroups(self.target_groups.clone())),
            (Query::Targets { group: Arn::new(TARGET_GROUP) }, Answer::Targets(self.targets.clone())),
            (Query::Alarms, Answer::Alarms(self.alarms.clone())),
            (Query::Metrics { reads: Vec::new(), minutes: 60 }, Answer::Metrics(self.metrics.clone())),
            (
                Query::Sessions { table: "Sessions".into(), gateway_attribute: "gatewayId".into() },
                Answer::Sessions(self.sessions.clone()),
            ),
        ];
        if !self.scalable_targets.is_empty() {
            answers.push((Query::ScalableTargets, Answer::ScalableTargets(self.scalable_targets.clone())));
        }
        if !self.activities.is_empty() {
            let query = Query::Activities { group: "terminal-gateway-asg".into() };
            answers.push((query, Answer::Activities(self.activities.clone())));
        }
        if !self.refreshes.is_empty() {
            let query = Query::Refreshes { group: "terminal-gateway-asg".into() };
            answers.push((query, Answer::Refreshes(self.refreshes.clone())));
        }
        if !self.deployments.is_empty() {
            let query = Query::Deployments { cluster, service: Arn::new(SERVICE) };
            answers.push((query, Answer::Deployments(self.deployments.clone())));
        }
        answers
    }

    pub fn signals(&self) -> Vec<Signal> {
        signals(&self.estate(), std::slice::from_ref(&self.stack), now())
    }

    /// The signals as lines: `severity rule subject [since] summary`, then evidence and advice.
    pub fn told(&self) -> String {
        self.signals().iter().map(tell).collect::<Vec<_>>().join("\n")
    }

    /// The names of the rules that speak.
    pub fn rules(&self) -> Vec<&'static str> {
        self.signals().iter().map(|it| it.rule).collect()
    }
}

fn tell(signal: &Signal) -> String {
    let since = signal.since.map_or("-".to_owned(), |it| it.strftime("%H:%M:%S").to_string());
    let (severity, rule, subject) = (signal.severity.word(), signal.rule, signal.subject.name());
    let mut lines = vec![format!("{severity} {rule} {subject} [{since}] {}", signal.summary)];
    lines.extend(signal.evidence.iter().map(|it| format!("  {it}")));
    lines.push(format!("  > {}", signal.advice));
    lines.join("\n")
}

/// The read of the cluster's services.
pub fn services_query() -> Query {
    Query::Services { cluster: CLUSTER.into(), names: vec!["terminal-api".into()] }
}
