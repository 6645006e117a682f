//! The lives of containers, as their log driver sees them.

use jiff::Timestamp;

use super::{
    State,
    images::Behaviour,
    service::Service,
    task::{Container, Task},
};

/// A container that has been started, and where it writes.
#[derive(Debug, Clone)]
pub struct Life {
    /// ARN of its service.
    pub service: String,
    pub container: String,
    pub image: String,
    pub port: Option<u16>,
    /// Log group and stream.
    pub group: String,
    pub stream: String,
    pub created: Timestamp,
    /// When its task was RUNNING; `None` where it never was.
    pub running: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    pub exit_code: Option<i32>,
    pub out_of_memory: bool,
    /// Runs, but does not do what it should.
    pub sick: bool,
}

impl State {
    /// The lives that have changed since then; all where nothing is known of them.
    pub fn lives(&self, since: Timestamp) -> impl Iterator<Item = Life> {
        let tasks = self.services.values().flat_map(|service| service.tasks.iter().map(move |task| (service, task)));
        let changed = move |task: &Task| {
            let times = [task.times.pull_stopped, task.times.started, task.times.execution_stopped];
            times.into_iter().flatten().any(|at| at >= since)
        };
        tasks.filter(move |(_, task)| changed(task)).flat_map(|(service, task)| self.lives_of(service, task))
    }

    fn lives_of<'a>(&'a self, service: &'a Service, task: &'a Task) -> impl Iterator<Item = Life> + 'a {
        let definition = self.definitions.find(&task.definition);
        let created = task.times.pull_stopped;
        task.containers.iter().filter_map(move |container| {
            let defined = definition?.containers.iter().find(|it| it.name == container.name)?;
            let (group, prefix) = defined.logs.as_ref()?;
            Some(Life {
                service: service.arn.clone(),
                container: container.name.clone(),
                image: container.image.clone(),
                port: container.port,
                group: group.clone(),
                stream: format!("{prefix}/{}/{}", container.name, task.id),
                created: created?,
                running: task.times.started,
                ended: task.times.execution_stopped,
                exit_code: container.exit_code,
                out_of_memory: container.reason.as_ref().is_some_and(|it| it.starts_with("OutOfMemoryError")),
                sick: self.is_sick(container),
            })
        })
    }

    fn is_sick(&self, container: &Container) -> bool {
        let digest = container.digest.as_deref();
        digest.is_some_and(|digest| matches!(self.images.behaviour(digest), Behaviour::Unhealthy { .. }))
    }
}
