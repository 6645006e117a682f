//! How a task gets from one state to the next, and how long that takes (reference §1.4, §1.8).

use jiff::SignedDuration;

use super::super::elb::Probe;
use super::{
    Surroundings,
    images::Behaviour,
    record::Revision,
    service::Binding,
    task::{Check, Container, Phase, Stop, Task},
};

/// Seconds, from and to: interface attached, image pulled, activated, retries of a failing pull,
/// a container that heeds SIGTERM, interface detached.
const PROVISION: (f64, f64) = (9.0, 14.0);
const PULL: (f64, f64) = (8.0, 18.0);
const ACTIVATE: (f64, f64) = (2.0, 5.0);
const FAIL_TO_PULL: (f64, f64) = (140.0, 180.0);
const TERMINATE: (f64, f64) = (1.0, 4.0);
const DEPROVISION: (f64, f64) = (8.0, 14.0);
/// Seconds from the decision to stop a task until its target is deregistered.
const DEACTIVATE: f64 = 8.0;
/// Seconds of notice before a FARGATE_SPOT task is taken back.
const NOTICE: f64 = 120.0;
/// A container that exits sooner after its start never makes its task RUNNING.
const INSTANT: f64 = 5.0;
/// Seconds that a stopped task remains visible.
const REMEMBERED: f64 = 3600.0;

/// What a task did to its target group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetChange {
    Registered,
    Deregistered,
}

/// Moves a task on whose phase is due.
pub fn advance(
    task: &mut Task,
    revision: &mut Revision,
    binding: Option<&Binding>,
    around: &mut Surroundings<'_, '_>,
) -> Option<TargetChange> {
    match task.phase {
        Phase::Provisioning => pull(task, revision, around),
        Phase::Pending => return start(task, binding, around),
        Phase::Activating => run(task, around),
        Phase::Running => return live(task, binding, around),
        Phase::Noticed => {
            let taken = Stop { code: "SpotInterruption", reason: INTERRUPTED.to_owned() };
            leave(task, taken, binding.is_some(), around);
        }
        Phase::Deactivating { draining: false } => return drain(task, binding, around),
        Phase::Deactivating { draining: true } => terminate(task, around),
        Phase::Stopping => end(task, around),
        Phase::Deprovisioning => {
            task.times.stopped = Some(around.tick.now);
            task.enter(Phase::Stopped, around.tick.after(REMEMBERED));
        }
        Phase::Stopped => {}
    }
    None
}

/// When a new task's network interface is attached.
pub fn provisioned(around: &mut Surroundings<'_, '_>) -> jiff::Timestamp {
    within(PROVISION, around)
}

/// What is said of a task on FARGATE_SPOT that AWS takes back.
const INTERRUPTED: &str = "Your Spot Task was interrupted.";

/// Wants a task stopped: its target is drained first, then its containers get SIGTERM.
pub fn stop(task: &mut Task, stop: Stop, targeted: bool, around: &mut Surroundings<'_, '_>) {
    if task.alive() {
        task.times.stopping = Some(around.tick.now);
        leave(task, stop, targeted, around);
    }
}

/// Gives a task on FARGATE_SPOT its notice; one that does not run yet goes at once.
pub fn interrupt(task: &mut Task, around: &mut Surroundings<'_, '_>) {
    let stop = |code| Stop { code, reason: INTERRUPTED.to_owned() };
    if !task.running() {
        self::stop(task, stop("SpotInterruption"), false, around);
        return;
    }
    task.stop = Some(stop("TerminationNotice"));
    task.times.stopping = Some(around.tick.now);
    task.enter(Phase::Noticed, around.tick.after(NOTICE));
}

fn leave(task: &mut Task, stop: Stop, targeted: bool, around: &mut Surroundings<'_, '_>) {
    task.stop = Some(stop);
    match task.phase {
        Phase::Activating | Phase::Running | Phase::Noticed if targeted => {
            task.enter(Phase::Deactivating { draining: false }, around.tick.after(DEACTIVATE));
        }
        Phase::Activating | Phase::Running | Phase::Noticed => terminate(task, around),
        _ => deprovision(task, around),
    }
}

/// Resolves tags to digests where the deployment's first task has not done so, and starts pulling.
fn pull(task: &mut Task, revision: &mut Revision, around: &mut Surroundings<'_, '_>) {
    task.times.pull_started = Some(around.tick.now);
    for container in &mut task.containers {
        let recorded = revision.images.iter_mut().find(|image| image.container == container.name);
        let known = recorded.as_ref().and_then(|image| image.digest.clone());
        // What is on record is pulled by its digest, which may be gone from ECR meanwhile.
        let reference = match &known {
            Some(digest) => by_digest(&container.image, digest),
            None => container.image.clone(),
        };
        let digest = around.images.digest(&reference, around.ecr);
        let starts =
            |digest: &String| !matches!(around.images.behaviour(digest), Behaviour::Unpullable | Behaviour::Secretless);
        if let Some(digest) = digest.filter(starts) {
            if let Some(image) = recorded.filter(|image| image.consistent) {
                image.digest = Some(digest.clone());
            }
            container.digest = Some(digest);
        }
    }
    let pulled = task.containers.iter().all(|container| container.digest.is_some());
    let due = within(if pulled { PULL } else { FAIL_TO_PULL }, around);
    task.enter(Phase::Pending, due);
}

/// Whether what the container's image needs cannot be read; of the task, not of the container, is said why.
fn is_secretless(container: &Container, around: &Surroundings<'_, '_>) -> bool {
    let digest = around.images.digest(&container.image, around.ecr);
    digest.is_some_and(|it| around.images.behaviour(&it) == Behaviour::Secretless)
}

/// What ECS says of a task whose execution role may not read a secret.
fn unreadable_secret(around: &Surroundings<'_, '_>) -> String {
    let secret = around.tick.place.arn("secretsmanager", "secret:api-key-a1b2c3");
    format!(
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable \
         to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret {secret} from \
         secrets manager: AccessDeniedException: the task's execution role is not authorized to perform: \
         secretsmanager:GetSecretValue on resource: {secret} because no identity-based policy allows the \
         secretsmanager:GetSecretValue action"
    )
}

/// The image with `digest` in the repository of `reference`.
fn by_digest(reference: &str, digest: &str) -> String {
    let name = reference.split_once('@').map_or(reference, |(name, _)| name);
    let repository = match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => name,
    };
    format!("{repository}@{digest}")
}

/// The pull has ended: the containers start, or the task fails.
fn start(task: &mut Task, binding: Option<&Binding>, around: &mut Surroundings<'_, '_>) -> Option<TargetChange> {
    let now = around.tick.now;
    if let Some(container) = task.containers.iter_mut().find(|container| container.digest.is_none()) {
        let reason = if is_secretless(container, around) {
            unreadable_secret(around)
        } else {
            let reason = format!(
                "CannotPullContainerError: pull image manifest has been retried 7 time(s): failed to resolve ref {0}: \
                 {0}: not found",
                container.image
            );
            container.reason = Some(reason.clone());
            reason
        };
        task.stop = Some(Stop { code: "TaskFailedToStart", reason });
        task.times.stopping = Some(now);
        deprovision(task, around);
        return None;
    }
    task.times.pull_stopped = Some(now);
    let instantly = task.containers.iter().position(|container| {
        matches!(behaviour(container, around), Behaviour::Crash { after_seconds, .. } if after_seconds < INSTANT)
    });
    if let Some(at) = instantly {
        exit(task, at, around);
        return None;
    }
    let due = within(ACTIVATE, around);
    task.enter(Phase::Activating, due);
    binding.map(|binding| {
        around.elb.register(&binding.group, &task.address.ip, binding.port, &task.address.zone, around.tick);
        TargetChange::Registered
    })
}

fn run(task: &mut Task, around: &mut Surroundings<'_, '_>) {
    let now = around.tick.now;
    task.times.started = Some(now);
    for check in task.containers.iter_mut().filter_map(|container| container.check.as_mut()) {
        check.next = around.tick.after(check.rule.interval);
    }
    task.foresee(around.images, now);
    let due = task.next_while_running();
    task.enter(Phase::Running, due);
}

/// Something happens to a running task: a container exits, or its health is checked.
fn live(task: &mut Task, binding: Option<&Binding>, around: &mut Surroundings<'_, '_>) -> Option<TargetChange> {
    let now = around.tick.now;
    if let Some(fate) = task.fate.filter(|fate| fate.at <= now) {
        exit(task, fate.container, around);
        return binding.map(|binding| {
            around.elb.deregister(&binding.group, &task.address.ip, binding.port, around.tick);
            TargetChange::Deregistered
        });
    }
    let (booted, started) = (task.booted(now), task.times.started.unwrap_or(now));
    let reached = !around.shortage.zones.contains(&task.address.zone);
    for container in &mut task.containers {
        let passes = booted && reached && !matches!(behaviour(container, around), Behaviour::Unhealthy { .. });
        if let Some(check) = container.check.as_mut().filter(|check| check.next <= now) {
            observe(check, passes, started, around);
        }
    }
    task.due = task.next_while_running();
    None
}

/// Takes in one run of a container health check; failures within the start period do not count.
fn observe(check: &mut Check, passes: bool, started: jiff::Timestamp, around: &Surroundings<'_, '_>) {
    let now = around.tick.now;
    check.next = around.tick.after(check.rule.interval.max(1.0));
    let start_period = SignedDuration::from_millis((check.rule.start_period * 1000.0) as i64);
    if passes {
        (check.failures, check.healthy) = (0, Some(true));
    } else if now > started + start_period || check.healthy == Some(true) {
        check.failures += 1;
        if check.failures >= check.rule.retries {
            check.healthy = Some(false);
        }
    }
}

fn drain(task: &mut Task, binding: Option<&Binding>, around: &mut Surroundings<'_, '_>) -> Option<TargetChange> {
    let Some(binding) = binding else {
        terminate(task, around);
        return None;
    };
    around.elb.deregister(&binding.group, &task.address.ip, binding.port, around.tick);
    let delay = around.elb.deregistration_delay(&binding.group);
    let due = around.tick.after(delay.into());
    task.enter(Phase::Deactivating { draining: true }, due);
    Some(TargetChange::Deregistered)
}

/// SIGTERM; a container that hangs is killed after its stop timeout.
fn terminate(task: &mut Task, around: &mut Surroundings<'_, '_>) {
    let hanging = task.containers.iter().filter(|container| hangs(container, around));
    let longest = hanging.map(|container| container.stop_timeout).fold(0.0, f64::max);
    let heeded = within(TERMINATE, around);
    task.enter(Phase::Stopping, heeded.max(around.tick.after(longest)));
}

fn end(task: &mut Task, around: &mut Surroundings<'_, '_>) {
    for container in &mut task.containers {
        // SIGTERM to a process that handles it, or SIGKILL.
        let code = if hangs(container, around) { 137 } else { 0 };
        container.exit_code.get_or_insert(code);
    }
    task.times.execution_stopped = Some(around.tick.now);
    deprovision(task, around);
}

/// The container at `at` exits by itself, and its task with it.
fn exit(task: &mut Task, at: usize, around: &mut Surroundings<'_, '_>) {
    let now = around.tick.now;
    for (index, container) in task.containers.iter_mut().enumerate() {
        let (code, reason) = match behaviour(container, around) {
            Behaviour::Crash { exit_code, .. } if index == at => (exit_code, None),
            Behaviour::OutOfMemory { .. } if index == at => {
                (137, Some("OutOfMemoryError: Container killed due to memory usage".to_owned()))
            }
            _ => (0, None),
        };
        container.exit_code = Some(code);
        container.reason = reason;
    }
    task.stop =
        Some(Stop { code: "EssentialContainerExited", reason: "Essential container in task exited".to_owned() });
    task.times.stopping = Some(now);
    task.times.execution_stopped = Some(now);
    deprovision(task, around);
}

fn deprovision(task: &mut Task, around: &mut Surroundings<'_, '_>) {
    let due = within(DEPROVISION, around);
    task.enter(Phase::Deprovisioning, due);
}

fn behaviour(container: &Container, around: &Surroundings<'_, '_>) -> Behaviour {
    container.digest.as_deref().map_or(Behaviour::Healthy, |digest| around.images.behaviour(digest))
}

/// A process that answers nothing does not heed SIGTERM either.
fn hangs(container: &Container, around: &Surroundings<'_, '_>) -> bool {
    behaviour(container, around) == Behaviour::Unhealthy { probe: Probe::Timeout }
}

fn within((from, to): (f64, f64), around: &mut Surroundings<'_, '_>) -> jiff::Timestamp {
    let seconds = around.tick.random.between(from, to);
    around.tick.after(seconds)
}
