//! Tasks killed for want of memory.

use super::{
    context::{Context, Finding, ServiceView},
    deaths,
    rule::Rule,
    texts::Stop,
    words,
};
use crate::domain::{signal::Severity, task::Task};

pub const OUT_OF_MEMORY: Rule = Rule {
    name: "out-of-memory",
    meaning: "a service's tasks are killed for want of memory",
    severity: "critical while fewer tasks run than are desired, else a warning",
    fires: "a task of the newest deployment was killed for memory within 15 minutes, or within the hour once ECS starts \
            them ever more slowly. Exit code 137 alone is no proof: a stop after its time-out gives the same",
    evidence: "how many tasks were killed, the task's memory, the last one's containers with reasons and exit codes, tasks \
               running and desired",
    next: "give the task more memory in its task definition, or find the leak",
    check: out_of_memory,
};

fn out_of_memory(context: &Context<'_>) -> Vec<Finding> {
    context.services.iter().filter_map(find).collect()
}

fn find(view: &ServiceView<'_>) -> Option<Finding> {
    let killed: Vec<&Task> =
        deaths::of_newest(view).into_iter().filter(|it| Stop::of(it) == Stop::OutOfMemory).collect();
    let (newest, since) = (*killed.first()?, killed.iter().filter_map(|it| it.stopped_at).min());
    let service = view.service;
    let severity = if service.running < service.desired { Severity::Critical } else { Severity::Warning };
    let number = words::count(killed.len(), "task");
    let within = since.map(|at| format!(" in {}", words::span(view.age(at)))).unwrap_or_default();
    let mut evidence = vec![format!("{number} killed for memory{within}; a task has {} MiB", newest.memory)];
    evidence.extend(deaths::evidence(newest));
    evidence.push(format!("{} of {} tasks run", service.running, service.desired));
    Some(Finding {
        summary: format!(
            "{} runs {} of {} tasks: {number} ran out of memory{within}",
            view.name(),
            service.running,
            service.desired
        ),
        evidence,
        advice: "give the task more memory in its task definition, or find the leak".to_owned(),
        ..view.finding(severity, since)
    })
}
