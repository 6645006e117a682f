//! Beginning deployments, ending them before their time, and rolling back.

use jiff::Timestamp;

use super::super::world::Tick;
use super::{
    Surroundings,
    definition::TaskDefinition,
    deployment::{Breaker, Deployment, Failure, Rollout},
    record::{BreakerWatch, ContainerImage, Revision, Rollback, ServiceDeployment, Status, Tally},
    service::Service,
};

/// Service deployments that are remembered; AWS forgets them after 90 days.
const REMEMBERED: usize = 200;

/// Starts bringing out `definition`: a new revision, a new PRIMARY deployment, a new record.
pub fn begin(service: &mut Service, definition: &TaskDefinition, tick: &mut Tick<'_>) {
    let now = tick.now;
    if let Some(record) = service.primary().filter(|it| it.in_progress()).map(|it| it.record.clone())
        && let Some(record) = service.record_mut(&record)
    {
        let rolling_back = record.status == Status::RollbackInProgress;
        record.set(if rolling_back { Status::RollbackFailed } else { Status::StopRequested }, now);
        record.status_reason = Some("Service deployment stopped because a new service deployment was started.");
    }
    let revision = revision(service, definition, tick);
    let record = record(service, &revision.arn, tick);
    let deployment = Deployment {
        id: format!("ecs-svc/{}", tick.random.digits(19)),
        revision: revision.arn.clone(),
        record: record.arn.clone(),
        task_definition: definition.arn.clone(),
        created_at: now,
        updated_at: now,
        rollout: Rollout::InProgress,
        failed_tasks: 0,
    };
    service.revisions.push(revision);
    service.records.insert(0, record);
    service.records.truncate(REMEMBERED);
    service.deployments.insert(0, deployment);
    service.back_off.reset();
    service.events.clear_all();
    service.wake(now);
}

/// A revision of the service as it is configured now; its digests are fixed by the first task.
pub fn revision(service: &Service, definition: &TaskDefinition, tick: &mut Tick<'_>) -> Revision {
    let resource = format!("service-revision/{}/{}/{}", service.cluster, service.name, tick.random.digits(19));
    let image = |container: &super::definition::ContainerDefinition| ContainerImage {
        container: container.name.clone(),
        image: container.image.clone(),
        consistent: container.consistent,
        digest: container.image.split_once('@').map(|(_, digest)| digest.to_owned()),
    };
    Revision {
        arn: tick.place.arn("ecs", resource),
        created_at: tick.now,
        task_definition: definition.arn.clone(),
        images: definition.containers.iter().map(image).collect(),
        launch: service.launch.clone(),
    }
}

/// The record of a deployment that is about to begin.
pub fn record(service: &Service, target: &str, tick: &mut Tick<'_>) -> ServiceDeployment {
    let resource = format!("service-deployment/{}/{}/{}", service.cluster, service.name, tick.random.token(21));
    let mut sources: Vec<_> =
        service.tasks.iter().filter(|task| task.alive()).map(|task| task.revision.clone()).collect();
    sources.sort();
    sources.dedup();
    if sources.is_empty() {
        sources.extend(service.good.as_ref().map(|good| good.revision.clone()));
    }
    let monitoring = service.configuration.breaker.is_some();
    ServiceDeployment {
        arn: tick.place.arn("ecs", resource),
        created_at: tick.now,
        started_at: None,
        updated_at: tick.now,
        stopped_at: None,
        finished_at: None,
        status: Status::Pending,
        status_reason: None,
        sources: sources.into_iter().map(|arn| (arn, Tally::default())).collect(),
        target: (target.to_owned(), Tally { requested: service.desired, ..Tally::default() }),
        rollback: None,
        configuration: service.configuration,
        breaker: BreakerWatch {
            status: if monitoring { "MONITORING" } else { "DISABLED" },
            failures: 0,
            threshold: Breaker::threshold(service.desired),
        },
        stage: "RECONCILE_SERVICE",
    }
}

/// Moves records on that wait for the scheduler, lets the circuit breaker judge, and drops deployments that are gone.
pub fn proceed(service: &mut Service, around: &mut Surroundings<'_, '_>) {
    let now = around.tick.now;
    for record in &mut service.records {
        match record.status {
            Status::Pending => record.set(Status::InProgress, now),
            Status::StopRequested => record.set(Status::Stopped, now),
            _ => {}
        }
    }
    let requested = |record: &ServiceDeployment| record.status == Status::RollbackRequested;
    let primary_record = service.primary().map(|it| it.record.clone());
    if service.records.iter().any(|record| requested(record) && Some(&record.arn) == primary_record.as_ref()) {
        fail(service, Failure::Stopped, around);
    }
    if breaker_opens(service, now) {
        fail(service, Failure::CircuitBreaker, around);
    }
    let Service { deployments, tasks, .. } = service;
    let mut first = true;
    deployments.retain(|deployment| {
        let runs = || tasks.iter().any(|task| task.deployment == deployment.id && !task.stopped());
        std::mem::take(&mut first) || runs()
    });
}

/// Whether the PRIMARY deployment has failed too often; the threshold follows the desired count.
fn breaker_opens(service: &mut Service, now: Timestamp) -> bool {
    if service.configuration.breaker.is_none() {
        return false;
    }
    let threshold = Breaker::threshold(service.desired);
    let Some(primary) = service.deployments.first_mut().filter(|it| it.in_progress()) else { return false };
    let (failures, opens) = (primary.failed_tasks, primary.failed_tasks >= threshold);
    let record = primary.record.clone();
    if let Some(record) = service.record_mut(&record).filter(|record| record.rollback.is_none()) {
        record.breaker.threshold = threshold;
        record.breaker.failures = failures;
        if opens {
            record.breaker.status = "TRIGGERED";
            record.updated_at = now;
        }
    }
    opens
}

/// Ends the PRIMARY deployment as failed, and goes back to the last completed one where that is wanted and possible.
fn fail(service: &mut Service, failure: Failure, around: &mut Surroundings<'_, '_>) {
    let now = around.tick.now;
    let Some(primary) = service.deployments.first_mut() else { return };
    let was_rolling_back = matches!(primary.rollout, Rollout::RollingBack { .. });
    primary.set(Rollout::Failed(failure), now);
    let (id, record) = (primary.id.clone(), primary.record.clone());
    if failure == Failure::CircuitBreaker {
        service.tell(&format!("(deployment {id}) deployment failed: tasks failed to start."), around.tick);
    }
    let wanted = failure == Failure::Stopped || service.configuration.breaker.is_some_and(|breaker| breaker.rollback);
    if was_rolling_back || !wanted || service.good.is_none() {
        let status = if was_rolling_back { Status::RollbackFailed } else { Status::Stopped };
        if let Some(record) = service.record_mut(&record) {
            record.set(status, now);
            record.status_reason =
                Some("Service deployment failed because the circuit breaker threshold was exceeded.");
        }
        return;
    }
    roll_back(service, &record, failure, around);
}

/// A new PRIMARY deployment of the last completed revision, with the digests recorded there.
fn roll_back(service: &mut Service, record: &str, because: Failure, around: &mut Surroundings<'_, '_>) {
    let now = around.tick.now;
    let Some(good) = service.good.clone() else { return };
    let Some(revision) = service.revision(&good.revision) else { return };
    let (task_definition, launch) = (revision.task_definition.clone(), revision.launch.clone());
    service.launch = launch;
    let reason = match because {
        Failure::CircuitBreaker => "Service deployment rolled back because the circuit breaker threshold was exceeded.",
        Failure::Stopped => "Service deployment rolled back because of a StopServiceDeployment request.",
    };
    service.deployments.insert(
        0,
        Deployment {
            id: format!("ecs-svc/{}", around.tick.random.digits(19)),
            revision: good.revision.clone(),
            record: record.to_owned(),
            task_definition,
            created_at: now,
            updated_at: now,
            rollout: Rollout::RollingBack { to: good.deployment.clone(), because },
            failed_tasks: 0,
        },
    );
    service.back_off.reset();
    if let Some(record) = service.record_mut(record) {
        record.set(Status::RollbackInProgress, now);
        record.status_reason = Some(reason);
        record.rollback = Some(Rollback { reason, started_at: now, revision: good.revision });
    }
    service.tell(&format!("rolling back to deployment {}.", good.deployment), around.tick);
}
