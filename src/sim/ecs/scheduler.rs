//! The service scheduler: every ten seconds it compares what runs with what is wanted and starts or stops tasks.
//!
//! Invariant: a service has exactly one PRIMARY deployment, and pending and running tasks never exceed the
//! ceiling of its deployment configuration by a start of the scheduler's.

use super::{
    Surroundings, choice,
    deployment::Rollout,
    events::Standing,
    launch_task, lifecycle, reckoning,
    record::{ServiceDeployment, Status, Tally},
    rolling::{self, Moves, Side},
    rollout,
    service::{Good, Service},
    task::{Stop, TargetHealth, Task},
    zones,
};

/// The two sides of a deployment, and which deployment starts tasks.
struct Sides {
    /// Id of the deployment whose tasks stay; `None` where nothing may be started.
    staying: Option<String>,
    new: Side,
    old: Side,
}

/// One look at a service.
pub fn beat(service: &mut Service, around: &mut Surroundings<'_, '_>) {
    report_targets(service, around);
    reckoning::note(service, around);
    rollout::proceed(service, around);
    let sides = sides(service, around);
    let may_start = sides.staying.is_some() && service.back_off.may_start(around.tick.now);
    let bounds = service.bounds();
    let moves = rolling::moves(bounds, sides.new, sides.old, may_start);
    let moves = zones::hold_surplus(service, moves, around);
    apply(service, &sides, moves, around);
    let resting = moves.none() && !service.tasks.iter().any(|task| !task.alive() && !task.stopped());
    if !moves.none() {
        service.events.clear(Standing::Steady);
        service.events.clear(Standing::Stuck);
    } else if resting && service.deploying() && rolling::stuck(bounds, sides.new, sides.old) {
        report_stuck(service, around);
    }
    let complete = sides.new.alive == bounds.desired && sides.new.healthy == bounds.desired && sides.old.alive == 0;
    if resting && complete {
        finish(service, around);
        zones::balance(service, around);
    }
    service.settled = resting && complete && !service.deploying() && service.balancing.is_none();
    tally(service, around);
}

/// Says which targets came and went since the last look.
fn report_targets(service: &mut Service, around: &mut Surroundings<'_, '_>) {
    let unreported = std::mem::take(&mut service.unreported);
    let Some(group) = service.binding.as_ref().map(|binding| binding.group.clone()) else { return };
    if unreported.registered > 0 {
        service.tell(&format!("registered {} targets in (target-group {group})", unreported.registered), around.tick);
    }
    let mut deployments = unreported.deregistered;
    if deployments.is_empty() {
        return;
    }
    service.tell(&format!("deregistered {} targets in (target-group {group})", deployments.len()), around.tick);
    deployments.sort();
    for same in deployments.chunk_by(|a, b| a == b) {
        let message = format!(
            "(service {}, taskSet {}) has begun draining connections on {} tasks.",
            service.name,
            same[0],
            same.len()
        );
        service.events.add(message, around.tick);
    }
}

/// After a failed deployment the last completed one is kept up, where it still is there.
fn sides(service: &Service, around: &Surroundings<'_, '_>) -> Sides {
    let staying = service.deployments.iter().find(|deployment| !deployment.failed()).map(|it| it.id.clone());
    let stays = |task: &Task| staying.as_ref().is_none_or(|id| task.deployment == *id);
    let now = around.tick.now;
    Sides { new: service.side(now, stays), old: service.side(now, |task| !stays(task)), staying: staying.clone() }
}

fn apply(service: &mut Service, sides: &Sides, moves: Moves, around: &mut Surroundings<'_, '_>) {
    let now = around.tick.now;
    let pick = |service: &Service, count, wanted: &dyn Fn(&Task) -> bool| choice::pick(service, count, now, wanted);
    let Some(staying) = &sides.staying else {
        // Where every deployment has failed nothing is started or replaced; what is not wanted any more goes all the same.
        let surplus = pick(service, moves.surplus, &|_| true);
        return stop(service, &surplus, around);
    };
    if moves.start > 0 {
        let replacing = moves.start.min(sides.new.unhealthy);
        launch_task::start(service, staying, moves.start, replacing, around);
    }
    let stays = |task: &Task| task.deployment == *staying;
    let mut chosen = Vec::new();
    chosen.extend(pick(service, moves.surplus, &|task| stays(task) && !service.counts_as_unhealthy(task, now)));
    chosen.extend(pick(service, moves.unhealthy, &|task| stays(task) && service.counts_as_unhealthy(task, now)));
    chosen.extend(pick(service, moves.replaced, &|task| !stays(task) && !service.counts_as_healthy(task, now)));
    chosen.extend(pick(service, moves.replaced_healthy, &|task| {
        !stays(task) && service.counts_as_healthy(task, now) && !service.counts_as_unhealthy(task, now)
    }));
    stop(service, &chosen, around);
}

/// Stops tasks, for their failing checks where these fail, otherwise as part of scaling or replacing.
fn stop(service: &mut Service, ids: &[String], around: &mut Surroundings<'_, '_>) {
    if ids.is_empty() {
        return;
    }
    let now = around.tick.now;
    let primary = service.primary().map(|deployment| deployment.id.clone()).unwrap_or_default();
    let group = service.binding.as_ref().map(|binding| binding.group.clone());
    for id in ids {
        let Some(at) = service.tasks.iter().position(|task| task.id == *id) else { continue };
        let failing = service.counts_as_unhealthy(&service.tasks[at], now);
        let task = &mut service.tasks[at];
        let reason = match (&task.target, &group) {
            (TargetHealth::Unhealthy(_), Some(group)) if failing => {
                format!("Task failed ELB health checks in (target-group {group})")
            }
            _ if failing => "Task failed container health checks".to_owned(),
            _ => format!("Scaling activity initiated by (deployment {primary})"),
        };
        lifecycle::stop(task, Stop { code: "ServiceSchedulerInitiated", reason }, group.is_some(), around);
    }
    service.tell(&format!("has stopped {} running tasks: {}.", ids.len(), listed(ids)), around.tick);
}

/// `(task A) (task B)`.
pub fn listed(ids: &[String]) -> String {
    ids.iter().map(|id| format!("(task {id})")).collect::<Vec<_>>().join(" ")
}

fn report_stuck(service: &mut Service, around: &mut Surroundings<'_, '_>) {
    let message = format!(
        "(service {}) was unable to stop or start tasks during a deployment because of the service deployment \
         configuration. Update the minimumHealthyPercent or maximumPercent value and try again.",
        service.name
    );
    service.events.stand(Standing::Stuck, message, around.tick);
}

/// Everything is as wanted: a deployment that was under way is completed, and the service steady.
fn finish(service: &mut Service, around: &mut Surroundings<'_, '_>) {
    let now = around.tick.now;
    if let Some(primary) = service.deployments.first_mut().filter(|deployment| deployment.in_progress()) {
        let rolled_back = matches!(primary.rollout, Rollout::RollingBack { .. });
        primary.set(Rollout::Completed, now);
        let (id, revision, record) = (primary.id.clone(), primary.revision.clone(), primary.record.clone());
        service.deployments.truncate(1);
        service.good = Some(Good { deployment: id.clone(), revision });
        if let Some(record) = service.record_mut(&record) {
            record.set(if rolled_back { Status::RollbackSuccessful } else { Status::Successful }, now);
        }
        service.tell(&format!("(deployment {id}) deployment completed."), around.tick);
    }
    if service.primary().is_some_and(|primary| !primary.failed()) {
        let message = format!("(service {}) has reached a steady state.", service.name);
        service.events.stand(Standing::Steady, message, around.tick);
    }
}

/// Brings the counts of the service deployment that is under way up to date.
fn tally(service: &mut Service, around: &Surroundings<'_, '_>) {
    let Some(primary) = service.primary() else { return };
    let (record, running_revision) = (primary.record.clone(), primary.revision.clone());
    let (desired, now) = (service.desired, around.tick.now);
    let side = service.side(now, |task| task.revision == running_revision);
    let count = |revision: &str| {
        let mine = || service.tasks.iter().filter(|task| task.revision == revision);
        let (running, pending) =
            (mine().filter(|task| task.running()).count() as u32, mine().filter(|task| task.pending()).count() as u32);
        let requested = if revision == running_revision { desired } else { running + pending };
        Tally { requested, running, pending }
    };
    let open = |it: &&ServiceDeployment| it.arn == record && (!it.status.over() || it.finished_at == Some(now));
    let Some(found) = service.records.iter().find(open) else { return };
    let sources: Vec<_> = found.sources.iter().map(|(arn, _)| (arn.clone(), count(arn))).collect();
    let target = (found.target.0.clone(), count(&found.target.0));
    let Some(record) = service.record_mut(&record) else { return };
    record.sources = sources;
    record.target = target;
    record.stage = match side {
        Side { alive: 0, .. } => "RECONCILE_SERVICE",
        Side { healthy, .. } if healthy < desired => "SCALE_UP",
        _ => "CLEAN_UP",
    };
}
