//! Tasks that cannot start for a reason that AWS names: one is enough, more tries change nothing.

use jiff::Timestamp;

use super::{
    context::{Context, Finding, ServiceView},
    deaths, placement,
    rule::Rule,
    texts::Stop,
    words,
};
use crate::domain::{service::ServiceEvent, signal::Severity, task::Task, text::SafeText};

pub const IMAGE_UNPULLABLE: Rule = Rule {
    name: "image-unpullable",
    meaning: "a service's new tasks cannot start: their image cannot be pulled",
    severity: "critical while fewer tasks run than are desired, else a warning",
    fires: "a task of the newest deployment could not pull its image within 15 minutes, or within the hour once ECS starts \
            them ever more slowly, and none of that deployment has started since",
    evidence: "how many tasks failed, ECS's reason, the image of each container, tasks running and desired",
    next: "check that the tag or digest exists, that the execution role may pull it, that the subnet has a route to the \
           registry, and that the image is built for the task's architecture",
    check: image_unpullable,
};

pub const SECRET_UNREADABLE: Rule = Rule {
    name: "secret-unreadable",
    meaning: "a service's new tasks cannot start: a secret cannot be read, or a role not assumed",
    severity: "critical while fewer tasks run than are desired, else a warning",
    fires: "a task of the newest deployment could not read a secret or have its role within 15 minutes, or within the hour \
            once ECS starts them ever more slowly, and none of that deployment has started since",
    evidence: "how many tasks failed, ECS's reason, the image of each container, tasks running and desired",
    next: "check the secret's ARN and key, the execution role's rights and trust, and the subnet's route to Secrets Manager",
    check: secret_unreadable,
};

fn image_unpullable(context: &Context<'_>) -> Vec<Finding> {
    context.services.iter().filter_map(|view| Some(find(&Barred::by(view, &[Stop::ImageUnpullable])?))).collect()
}

fn secret_unreadable(context: &Context<'_>) -> Vec<Finding> {
    let stops = [Stop::SecretUnreadable, Stop::RoleUnusable];
    context.services.iter().filter_map(|view| Some(find(&Barred::by(view, &stops)?))).collect()
}

/// A service whose newest deployment cannot start a task.
struct Barred<'v, 'a> {
    view: &'v ServiceView<'a>,
    stop: Stop,
    /// The tasks that failed so, newest first.
    failed: Vec<&'a Task>,
    /// The event that says so of tasks that never came to be.
    refused: Option<&'a ServiceEvent>,
}

impl<'v, 'a> Barred<'v, 'a> {
    /// The service, if one of `stops` keeps its newest deployment from starting.
    fn by(view: &'v ServiceView<'a>, stops: &[Stop]) -> Option<Self> {
        let is_it = |stop| stops.contains(&stop);
        let failed: Vec<&Task> = deaths::of_newest(view).into_iter().filter(|it| is_it(Stop::of(it))).collect();
        let said = |event: &&ServiceEvent| is_it(Stop::in_text(event.message.as_str()));
        let refused = placement::refusal(view).filter(said);
        let stop = match (failed.first(), refused) {
            (Some(task), _) => Stop::of(task),
            (None, Some(event)) => Stop::in_text(event.message.as_str()),
            (None, None) => return None,
        };
        let barred = Self { view, stop, failed, refused };
        (!barred.is_over()).then_some(barred)
    }

    /// Whether a task of the deployment has started since, or the service has become steady.
    fn is_over(&self) -> bool {
        let Some(last) = self.times().max() else { return true };
        let newest = self.view.service.primary().map(|it| &it.id);
        let mut started =
            self.view.tasks.iter().filter(|it| newest == Some(&it.started_by)).filter_map(|it| it.started_at);
        started.any(|at| at > last) || self.view.last_steady().is_some_and(|at| at > last)
    }

    /// When it failed.
    fn times(&self) -> impl Iterator<Item = Timestamp> {
        self.failed.iter().filter_map(|it| it.stopped_at).chain(self.refused.map(|it| it.at))
    }

    /// What AWS says of it, wherever it says it.
    fn text(&self) -> String {
        let task = self.failed.first();
        let of_task = task.into_iter().flat_map(|it| it.containers.iter().filter_map(|it| it.reason.as_ref()));
        let texts =
            of_task.chain(task.and_then(|it| it.stopped_reason.as_ref())).chain(self.refused.map(|it| &it.message));
        texts.map(SafeText::as_str).collect::<Vec<_>>().join(" ")
    }
}

fn find(barred: &Barred<'_, '_>) -> Finding {
    let (view, service) = (barred.view, barred.view.service);
    let severity = if service.running < service.desired { Severity::Critical } else { Severity::Warning };
    let since = barred.times().min();
    let mut evidence = Vec::new();
    if let Some(newest) = barred.failed.first() {
        let within = since.map(|at| format!(" in {}", words::span(view.age(at)))).unwrap_or_default();
        evidence.push(format!("{} failed to start{within}", words::count(barred.failed.len(), "task")));
        evidence.extend(deaths::evidence(newest));
    }
    evidence.extend(barred.refused.map(|it| format!("{}: {}", words::clock(it.at), it.message)));
    evidence.push(format!("{} of {} tasks run", service.running, service.desired));
    Finding {
        summary: format!(
            "{} cannot start {}: {}",
            service.name,
            service.task_definition.short_name(),
            barred.stop.trouble().unwrap_or("it cannot start")
        ),
        evidence,
        advice: advice(barred).to_owned(),
        ..view.finding(severity, since)
    }
}

/// What keeps an image from being pulled, by what the registry says.
const PULLS: [(&str, &str); 5] = [
    ("toomanyrequests", "the registry limits pulls: log in to it, or copy the image to ECR"),
    (
        "no matching manifest",
        "the image is not built for the task's architecture: build it for that, or change the task's",
    ),
    ("platform", "the image is not built for the task's architecture: build it for that, or change the task's"),
    ("not found", "that tag or digest is not in the repository: push it, or deploy one that is there"),
    ("timeout", "the registry does not answer: check the subnet's NAT or endpoints, and its security group"),
];

fn advice(barred: &Barred<'_, '_>) -> &'static str {
    let text = barred.text().to_lowercase();
    match barred.stop {
        Stop::RoleUnusable => "check that the role exists and that its trust policy names ecs-tasks.amazonaws.com",
        Stop::SecretUnreadable => {
            "check the secret's ARN and key, the execution role's right to read it, and the subnet's route to it"
        }
        _ => PULLS.iter().find(|(part, _)| text.contains(part)).map_or(
            "check that the tag exists, that the execution role may pull it, and that the subnet has a route",
            |(_, advice)| advice,
        ),
    }
}
