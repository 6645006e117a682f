//! Tasks that the scheduler says it cannot place or start.

use jiff::SignedDuration;

use super::{
    context::{Context, Finding, ServiceView},
    crash, rollout, words,
};
use crate::domain::{service::ServiceEvent, signal::Severity};

/// How long such an event is told after it came.
const RECENT: SignedDuration = SignedDuration::from_mins(10);

/// What ECS says when tasks fail so often that it starts them ever more slowly, up to 15 minutes apart.
const SLOWED_DOWN: &str = "is unable to consistently start tasks successfully";

/// What the scheduler's events say, how it reads in a summary, and what to do about it.
const COMPLAINTS: [(&str, &str, &str); 4] = [
    (
        "was unable to place a task",
        "cannot be given a task",
        "read the reason: no capacity, an account limit, or no container instance that fits",
    ),
    (
        SLOWED_DOWN,
        "cannot start tasks; ECS tries ever more slowly",
        "press enter for its tasks, then d on a stopped one; a new task definition ends the slow-down",
    ),
    (
        "operations are being throttled",
        "is throttled by ECS",
        "wait, and let fewer deployments run at once in this account",
    ),
    (
        "unable to scale in. Reason: The number of protected tasks",
        "cannot scale in: too many of its tasks are protected",
        "end the tasks' scale-in protection, or wait until it expires",
    ),
];

/// ECS complains in the service's events, within 10 minutes and after it was last steady.
pub fn impaired(context: &Context<'_>) -> Vec<Finding> {
    context.services.iter().filter_map(complaint).collect()
}

/// The event by which ECS says that it starts the service's tasks ever more slowly, while that holds.
pub fn slowed_down<'a>(view: &ServiceView<'a>) -> Option<&'a ServiceEvent> {
    since_steady(view).find(|it| it.message.as_str().contains(SLOWED_DOWN))
}

/// The service's events since it was last steady.
fn since_steady<'a>(view: &ServiceView<'a>) -> impl Iterator<Item = &'a ServiceEvent> + use<'a> {
    let steady = view.last_steady();
    view.service.events.iter().filter(move |it| steady.is_none_or(|steady| it.at > steady))
}

fn complaint(view: &ServiceView<'_>) -> Option<Finding> {
    // Dying tasks have rules of their own, and say more.
    let told = crash::is_looping(view) || rollout::has_failed(view) || rollout::is_rolling_back(view);
    let (event, (_, what, advice)) = since_steady(view)
        .filter(|it| view.age(it.at) <= RECENT && !(told && it.message.as_str().contains(SLOWED_DOWN)))
        .filter_map(|it| Some((it, COMPLAINTS.iter().find(|(text, ..)| it.message.as_str().contains(text))?)))
        .max_by_key(|(it, _)| it.at)?;
    Some(Finding {
        summary: format!("{} {what}", view.service.name),
        evidence: vec![
            format!("{}: {}", words::clock(event.at), event.message),
            format!("{} of {} tasks run", view.service.running, view.service.desired),
        ],
        advice: (*advice).to_owned(),
        ..view.finding(Severity::Warning, Some(event.at))
    })
}
