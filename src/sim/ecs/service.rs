//! A service: what is wanted, what runs, and what was brought out before.

use jiff::{SignedDuration, Timestamp};

use super::super::{ec2::Subnet, world::Tick};
use super::{
    Surroundings,
    back_off::BackOff,
    deployment::{Configuration, Deployment},
    events::Events,
    launch::Launch,
    lifecycle::{self, TargetChange},
    record::{Revision, ServiceDeployment},
    rolling::{Bounds, Side},
    scheduler, shortage,
    task::{Phase, TargetHealth, Task},
};

/// Seconds between two looks of the scheduler.
pub const BEAT: i64 = 10;
/// A task without any check counts as healthy after it has run for this long.
const PROBATION: SignedDuration = SignedDuration::from_secs(40);

/// Where a service's tasks are registered.
#[derive(Debug, Clone)]
pub struct Binding {
    pub group: String,
    pub container: String,
    pub port: u16,
}

/// The deployment that was completed last: what a rollback goes back to.
#[derive(Debug, Clone)]
pub struct Good {
    pub deployment: String,
    pub revision: String,
}

/// Targets that changed hands since the scheduler last reported.
#[derive(Debug, Default)]
pub struct Unreported {
    pub registered: u32,
    /// Ids of the deployments that the deregistered tasks belonged to.
    pub deregistered: Vec<String>,
}

/// A rolling service on Fargate.
#[derive(Debug)]
pub struct Service {
    pub arn: String,
    pub name: String,
    pub cluster: String,
    pub created_at: Timestamp,
    pub desired: u32,
    pub configuration: Configuration,
    pub launch: Launch,
    pub binding: Option<Binding>,
    /// One for each zone.
    pub subnets: Vec<Subnet>,
    pub security_group: String,
    /// For this long after a task's start its failing health checks do not count.
    pub grace_seconds: u32,
    pub execute_command: bool,
    /// Zone names over which tasks are spread.
    pub zones: Vec<String>,
    pub boot_seconds: f64,
    /// Newest first; the first is PRIMARY.
    pub deployments: Vec<Deployment>,
    /// Oldest first.
    pub revisions: Vec<Revision>,
    /// Newest first.
    pub records: Vec<ServiceDeployment>,
    /// Oldest first, the stopped ones of the last hour included.
    pub tasks: Vec<Task>,
    pub events: Events,
    pub good: Option<Good>,
    pub back_off: BackOff,
    /// The task by which it has one too many while it balances its zones.
    pub balancing: Option<String>,
    pub unreported: Unreported,
    /// Nothing to do until something happens.
    pub settled: bool,
    pub due: Timestamp,
}

impl Service {
    /// Lets everything happen that is due.
    pub fn step(&mut self, around: &mut Surroundings<'_, '_>) {
        if self.advance_tasks(around) {
            self.settled = false;
        }
        let now = around.tick.now;
        let repeat = self.events.next_repeat().unwrap_or(Timestamp::MAX);
        if around.tick.every(BEAT) && (!self.settled || repeat <= now) {
            if self.binding.is_none() {
                shortage::lose_unchecked(&mut self.tasks, around);
            }
            scheduler::beat(self, around);
        }
        let next_look = if self.settled { repeat } else { now };
        self.due =
            self.tasks.iter().map(|task| task.due).min().unwrap_or(Timestamp::MAX).min(next_beat(next_look, now));
    }

    /// Has the scheduler look at the next beat, whatever it thought before.
    pub fn wake(&mut self, now: Timestamp) {
        self.settled = false;
        self.due = now;
    }

    /// Moves every task on that is due, and forgets those that stopped an hour ago; true where any moved.
    fn advance_tasks(&mut self, around: &mut Surroundings<'_, '_>) -> bool {
        let now = around.tick.now;
        let mut moved = false;
        let Self { tasks, revisions, binding, unreported, .. } = self;
        for task in tasks.iter_mut().filter(|task| task.due <= now && !task.stopped()) {
            moved = true;
            let Some(revision) = revisions.iter_mut().find(|revision| revision.arn == task.revision) else { continue };
            match lifecycle::advance(task, revision, binding.as_ref(), around) {
                Some(TargetChange::Registered) => unreported.registered += 1,
                Some(TargetChange::Deregistered) => unreported.deregistered.push(task.deployment.clone()),
                None => {}
            }
        }
        tasks.retain(|task| {
            let gone = task.stopped() && task.due <= now;
            if gone {
                around.addresses.release(&task.address.subnet, &task.address.ip);
            }
            !gone
        });
        moved
    }

    /// Learns from the target group how its tasks do; looks again at the next beat where that changed.
    pub fn watch_targets(&mut self, elb: &super::super::elb::State, now: Timestamp) {
        let Some(Binding { group, port, .. }) = &self.binding else { return };
        let mut changed = false;
        for task in self.tasks.iter_mut().filter(|task| task.alive()) {
            let seen = match elb.target_state(group, &task.address.ip, *port) {
                Some(("healthy", _)) => TargetHealth::Healthy,
                Some(("unhealthy", reason)) => TargetHealth::Unhealthy(reason),
                _ => TargetHealth::Unknown,
            };
            changed |= task.target != seen;
            task.target = seen;
        }
        if changed {
            self.wake(now);
        }
    }

    /// Tasks in a zone that nobody wants stopped.
    pub fn crowd(&self, zone: &str) -> usize {
        self.tasks.iter().filter(|task| task.alive() && task.address.zone == zone).count()
    }

    pub fn primary(&self) -> Option<&Deployment> {
        self.deployments.first()
    }

    pub fn deploying(&self) -> bool {
        self.primary().is_some_and(Deployment::in_progress)
    }

    pub fn revision(&self, arn: &str) -> Option<&Revision> {
        self.revisions.iter().find(|revision| revision.arn == arn)
    }

    pub fn record_mut(&mut self, arn: &str) -> Option<&mut ServiceDeployment> {
        self.records.iter_mut().find(|record| record.arn == arn)
    }

    pub fn bounds(&self) -> Bounds {
        Bounds::new(self.desired, self.configuration.minimum_healthy_percent, self.configuration.maximum_percent)
    }

    /// Tasks that run and serve.
    pub fn serving(&self) -> usize {
        let works = |task: &&Task| task.alive() || task.phase == Phase::Noticed;
        self.tasks.iter().filter(works).filter(|task| task.serving(self.binding.is_some())).count()
    }

    pub fn running(&self) -> usize {
        self.tasks.iter().filter(|task| task.running()).count()
    }

    pub fn pending(&self) -> usize {
        self.tasks.iter().filter(|task| task.pending()).count()
    }

    /// Whether `task` counts towards the minimum of healthy tasks.
    pub fn counts_as_healthy(&self, task: &Task, now: Timestamp) -> bool {
        let checked = self.binding.is_some() || task.has_check();
        let served_probation = task.times.started.is_some_and(|started| now >= started + PROBATION);
        task.alive() && task.serving(self.binding.is_some()) && (checked || task.noted.healthy || served_probation)
    }

    /// Whether the checks of `task` have failed, and its grace period is over.
    pub fn counts_as_unhealthy(&self, task: &Task, now: Timestamp) -> bool {
        let grace = SignedDuration::from_secs(i64::from(self.grace_seconds));
        let failing = matches!(task.target, TargetHealth::Unhealthy(_)) || task.container_health() == Some(false);
        task.alive() && task.running() && failing && task.times.started.is_some_and(|started| now >= started + grace)
    }

    /// The tasks of some deployments, as the rolling arithmetic counts them.
    pub fn side(&self, now: Timestamp, mine: impl Fn(&Task) -> bool) -> Side {
        let mut side = Side::default();
        for task in self.tasks.iter().filter(|task| task.alive() && mine(task)) {
            side.alive += 1;
            if self.counts_as_unhealthy(task, now) {
                side.unhealthy += 1;
            } else if self.counts_as_healthy(task, now) {
                side.healthy += 1;
            }
        }
        side
    }

    /// Adds an event, in AWS's form.
    pub fn tell(&mut self, message: &str, tick: &mut Tick<'_>) {
        self.events.add(format!("(service {}) {message}", self.name), tick);
    }
}

/// The first beat after `now` that is not before `wanted`.
fn next_beat(wanted: Timestamp, now: Timestamp) -> Timestamp {
    let wanted = wanted.max(now + SignedDuration::from_secs(1)).as_second();
    let beat = wanted.div_euclid(BEAT) + i64::from(wanted.rem_euclid(BEAT) > 0);
    Timestamp::from_second(beat.saturating_mul(BEAT)).unwrap_or(Timestamp::MAX)
}
