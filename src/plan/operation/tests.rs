//! Operations over estates that a test makes up, from beginning to verdict.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::{Operation, Phase, StepRef, StepState, judge::Stage, verdict::Verdict, watch::progress};
use crate::{
    domain::{
        definition::Definition,
        deployment::{Deployment, DeploymentStatus},
        estate::Estate,
        fault::FaultKind,
        id::Arn,
        query::{Answer, Outcome, Query, Request},
        service::{RolloutState, Service},
        target::TargetState,
        task::Task,
        write::{Settlement, WriteAnswer, WriteOutcome, Written},
    },
    plan::{
        action::{Action, Deployable, RangeChoice},
        testing::{Held, REPOSITORY, deployment, fault},
    },
    triage::testing::{self, now, rollout, target},
};

/// An operation, the world it is about, and the time.
struct Run {
    operation: Operation,
    held: Held,
    estate: Estate,
    now: Timestamp,
}

fn run(action: impl FnOnce(&Held) -> Action) -> Run {
    run_on(Held::well(), action)
}

fn run_on(held: Held, action: impl FnOnce(&Held) -> Action) -> Run {
    let plan = held.plan(&action(&held)).expect("a plan");
    let operation = Operation::begin(Arc::new(plan.course), plan.digest, "ada".into(), Some("test".into()), now());
    Run { operation, held, estate: Estate::default(), now: now() }
}

fn deploy(held: &Held) -> Action {
    Action::Deploy { services: vec![held.who()], what: Deployable::Revision("41".into()) }
}

fn scale(held: &Held) -> Action {
    Action::Scale { service: held.who(), desired: 4, range: RangeChoice::Keep }
}

impl Run {
    /// Sends the write that is due and answers it.
    fn write(&mut self, outcome: WriteOutcome) {
        let (step, _) = self.operation.next_write().expect("a write is due");
        assert!(self.operation.sent(step, self.now));
        assert_eq!(self.operation.next_write(), None, "one at a time");
        self.now += SignedDuration::from_secs(1);
        self.operation.answered(step, outcome, self.now);
    }

    /// Lets seconds pass, reads everything and looks.
    fn read(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
        let scope = self.held.who().scope;
        let service = self.held.service.clone();
        let answers = [
            (
                Query::Services { cluster: "terminal-cluster".into(), names: vec!["terminal-api".into()] },
                Answer::Services(vec![service.clone()]),
            ),
            (
                Query::Deployments { cluster: "terminal-cluster".into(), service: service.arn.clone() },
                Answer::Deployments(self.held.deployments.clone()),
            ),
            (Query::Tasks { cluster: "terminal-cluster".into() }, Answer::Tasks(self.held.tasks.clone())),
            (
                Query::Targets { group: service.load_balancers[0].target_group.clone() },
                Answer::Targets(self.held.targets.clone()),
            ),
            (Query::Alarms, Answer::Alarms(self.held.alarms.clone())),
            (
                Query::TaskDefinition { definition: Arn::new("terminal-api") },
                Answer::TaskDefinition(Box::new(self.held.definitions.last().expect("a definition").clone())),
            ),
        ];
        for (query, answer) in answers {
            let request = Request { scope: scope.clone(), query };
            self.estate.receive(&request, Outcome::Complete(answer), self.now);
        }
        self.operation.look(&self.estate, self.now);
    }

    fn service(&mut self) -> &mut Service {
        &mut self.held.service
    }

    /// Revision 41 begins to roll out.
    fn begins(&mut self, status: DeploymentStatus) {
        let service = self.service();
        service.deployments[0].status = "ACTIVE".into();
        service.deployments.insert(0, rollout("ecs-svc/new", 41, RolloutState::InProgress, 0));
        service.task_definition = testing::task_definition(41);
        let mut begun: Deployment = deployment(41, "41", 0);
        begun.arn = crate::domain::id::Arn::new("the-new-one");
        begun.status = status;
        self.held.deployments.insert(0, begun);
    }

    /// And is through.
    fn completes(&mut self) {
        self.held.deployments[0].status = DeploymentStatus::Successful;
        let service = self.service();
        service.deployments.truncate(1);
        service.deployments[0].state = Some(RolloutState::Completed);
    }

    fn verdict(&self) -> Option<Verdict> {
        self.operation.ending().map(|it| it.verdict)
    }
}

/// What is said when a write has been taken that began this service deployment.
fn began(deployment: &str) -> WriteOutcome {
    WriteOutcome::Done(Written {
        request_id: Some("req-7".into()),
        answer: WriteAnswer::Service {
            task_definition: testing::task_definition(42),
            desired: 2,
            primary: None,
            deployment: Some(Arn::new(deployment)),
        },
    })
}

fn notes(run: &Run) -> Vec<String> {
    run.operation.notes.iter().map(|it| it.text.to_string()).collect()
}

fn updated() -> WriteOutcome {
    WriteOutcome::Done(Written {
        request_id: Some("req-7".into()),
        answer: WriteAnswer::Service {
            task_definition: testing::task_definition(41),
            desired: 2,
            primary: Some("ecs-svc/new".into()),
            deployment: None,
        },
    })
}

#[test]
fn a_deployment_succeeds_when_what_runs_is_what_was_asked_for_and_stays_well() {
    let mut run = run(deploy);
    run.write(updated());
    run.begins(DeploymentStatus::InProgress);
    run.read(10);
    assert_eq!(run.operation.phase, Phase::Rolling);
    run.completes();
    run.read(10);
    assert!(matches!(run.operation.phase, Phase::Baking { .. }), "{:?}", run.operation.phase);
    run.read(30);
    assert_eq!(run.verdict(), None);
    run.read(40);
    // Figures of the load balancer never come here: they are waited for no longer than they take.
    assert_eq!(run.verdict(), None);
    run.read(240);
    assert_eq!(run.verdict(), Some(Verdict::Succeeded), "{:#?}", run.operation);
}

#[test]
fn what_was_read_before_the_write_proves_nothing() {
    let mut run = run(|held| Action::Redeploy { services: vec![held.who()] });
    run.read(1);
    run.write(updated());
    // Nothing is read since: the service at rest that was read before is not a success.
    run.operation.look(&run.estate, run.now);
    run.now += SignedDuration::from_mins(10);
    run.operation.look(&run.estate, run.now);
    assert_eq!(run.operation.phase, Phase::Rolling);
}

#[test]
fn a_circuit_breakers_rollback_is_rolled_back() {
    let mut run = run(deploy);
    run.write(updated());
    run.begins(DeploymentStatus::InProgress);
    run.read(10);
    run.held.deployments[0].status = DeploymentStatus::RollbackSuccessful;
    run.held.deployments[0].rollback_reason = Some("the circuit breaker tripped".into());
    run.held.service = testing::service();
    run.read(10);
    assert_eq!(run.verdict(), Some(Verdict::RolledBack));
    assert_eq!(run.verdict().map(Verdict::exit_code), Some(4));
    assert!(run.operation.ending().unwrap().summary.as_str().ends_with("the circuit breaker tripped"));
}

#[test]
fn stable_is_not_success_another_digest_is_a_failure_and_another_deployment_supersedes() {
    let mut other = run(deploy);
    other.write(updated());
    other.begins(DeploymentStatus::InProgress);
    other.completes();
    other.held.deployments[0].target.images[0].digest = Some("sha256:other".into());
    other.read(10);
    assert_eq!(other.verdict(), Some(Verdict::Failed));

    let mut superseded = run(deploy);
    superseded.write(updated());
    superseded.begins(DeploymentStatus::Stopped);
    let mut newer = deployment(43, "43", 0);
    newer.status = DeploymentStatus::InProgress;
    superseded.held.deployments.insert(0, newer);
    superseded.read(10);
    assert_eq!(superseded.verdict(), Some(Verdict::Superseded));
}

#[test]
fn of_two_deployments_of_one_revision_ours_is_the_one_that_the_answer_named() {
    let redeployed = |ours: &str| {
        let mut run = run(|held| Action::Redeploy { services: vec![held.who()] });
        run.write(began(ours));
        for (arn, status) in [("first", DeploymentStatus::Stopped), ("second", DeploymentStatus::Successful)] {
            let begun = Deployment { arn: Arn::new(arn), status, ..deployment(42, "42", 0) };
            run.held.deployments.insert(0, begun);
        }
        run.read(10);
        run
    };
    assert_eq!(redeployed("first").verdict(), Some(Verdict::Superseded));
    let mut second = redeployed("second");
    assert!(matches!(second.operation.phase, Phase::Baking { .. }), "{:#?}", second.operation);
    second.read(400);
    assert_eq!(second.verdict(), Some(Verdict::Succeeded));
}

#[test]
fn what_ecs_undoes_is_told_while_it_does_and_progress_never_falls_or_fills_a_bar_that_failed() {
    let mut run = run(deploy);
    run.read(1);
    assert!(progress(&run.operation) < f64::EPSILON, "what was read before the write is no progress");
    run.write(updated());
    run.begins(DeploymentStatus::InProgress);
    run.read(10);
    let reached = progress(&run.operation);
    assert!(reached > 0.5, "{reached}");
    run.held.deployments[0].status = DeploymentStatus::RollbackInProgress;
    run.service().deployments[0].running = 0;
    run.read(10);
    assert_eq!((run.operation.parts[0].stage.clone(), run.operation.word()), (Stage::GoingBack, "rolling back"));
    assert!(progress(&run.operation) >= reached);
    run.held.deployments[0].status = DeploymentStatus::RollbackSuccessful;
    run.held.service = testing::service();
    run.read(10);
    assert_eq!(run.verdict(), Some(Verdict::RolledBack));
    assert!(progress(&run.operation) < 1.0, "{}", progress(&run.operation));
}

#[test]
fn a_registration_that_nobody_answered_is_looked_for_in_the_newest_revision() {
    let lost = |happened: bool| {
        let mut run = run(|held| Action::Deploy { services: vec![held.who()], what: Deployable::Tag("v43".into()) });
        run.write(WriteOutcome::Unknown(fault(FaultKind::TimedOut)));
        assert_eq!(run.operation.unsure_families().count(), 1);
        if happened {
            let made = testing::definition(&testing::task_definition(43), &format!("{REPOSITORY}:v43"));
            run.held.definitions.push(Definition { registered_at: Some(run.now), ..made });
        }
        run.read(5);
        run
    };
    let mut happened = lost(true);
    let found = Settlement::Happened(WriteAnswer::TaskDefinition { arn: testing::task_definition(43) });
    assert_eq!(happened.operation.take_settled(), [(StepRef { part: 0, step: 0 }, found)]);
    let (_, request) = happened.operation.next_write().expect("it is deployed");
    assert!(format!("{request:?}").contains("terminal-api:43"), "{request:?}");
    happened.write(WriteOutcome::Refused(fault(FaultKind::Denied)));
    assert!(!notes(&happened).contains(&"everything is sent".to_owned()), "{:?}", notes(&happened));

    let mut not = lost(false);
    assert_eq!((not.operation.take_settled(), not.verdict()), (Vec::new(), None), "one read proves nothing");
    not.read(60);
    assert_eq!(not.operation.take_settled(), [(StepRef { part: 0, step: 0 }, Settlement::DidNotHappen)]);
    not.read(1);
    assert_eq!(not.verdict(), Some(Verdict::Failed));
    let told = format!("{:?} {}", notes(&not), not.operation.ending().expect("an end").summary);
    assert!(told.contains("ecs:RegisterTaskDefinition did not happen"), "{told}");
    assert!(!told.contains("AWS refused") && !told.contains("everything is sent"), "{told}");
}

#[test]
fn a_refused_write_changes_nothing_and_says_so() {
    let mut run = run(|held| Action::Deploy { services: vec![held.who()], what: Deployable::Tag("v43".into()) });
    run.write(WriteOutcome::Refused(fault(FaultKind::Denied)));
    assert_eq!(run.operation.next_write(), None);
    run.read(5);
    assert_eq!(run.verdict(), Some(Verdict::Failed));
}

#[test]
fn an_unanswered_write_is_looked_for_and_never_sent_again() {
    let mut happened = run(deploy);
    happened.write(WriteOutcome::Unknown(fault(FaultKind::TimedOut)));
    assert_eq!(happened.operation.next_write(), None);
    happened.begins(DeploymentStatus::InProgress);
    happened.read(5);
    assert_eq!(happened.operation.phase, Phase::Rolling);
    assert!(happened.operation.notes.iter().any(|it| it.text.as_str() == "ecs:UpdateService did happen"));

    let mut not = run(deploy);
    not.write(WriteOutcome::Unknown(fault(FaultKind::TimedOut)));
    not.read(5);
    assert_eq!(not.operation.phase, Phase::Applying);
    not.read(60);
    not.read(1);
    assert_eq!(not.verdict(), Some(Verdict::Failed));
    assert_eq!(not.operation.next_write(), None);
    let told = format!("{:?} {}", notes(&not), not.operation.ending().unwrap().summary);
    assert!(told.contains("ecs:UpdateService did not happen: told so") && !told.contains("AWS refused"), "{told}");
    assert!(!told.contains("everything is sent"), "{told}");
    assert_eq!(not.operation.take_settled(), [(StepRef { part: 0, step: 0 }, Settlement::DidNotHappen)]);
}

#[test]
fn after_a_restart_what_was_sent_is_looked_for_and_the_rest_is_not_sent() {
    let mut run = run(deploy);
    let (step, _) = run.operation.next_write().unwrap();
    assert!(run.operation.sent(step, run.now));
    run.operation.resume(run.now);
    assert_eq!(run.operation.next_write(), None);
    run.begins(DeploymentStatus::InProgress);
    run.read(5);
    run.completes();
    run.read(5);
    run.read(400);
    assert_eq!(run.verdict(), Some(Verdict::Succeeded), "{:#?}", run.operation);

    let mut unsent = self::run(deploy);
    unsent.operation.resume(unsent.now);
    unsent.read(5);
    assert_eq!((unsent.operation.next_write(), unsent.verdict()), (None, Some(Verdict::Failed)));
}

#[test]
fn scaling_is_there_when_the_tasks_run_and_superseded_when_the_count_is_another() {
    let mut run = run(scale);
    run.write(updated());
    run.service().desired = 4;
    run.read(5);
    assert_eq!(run.verdict(), None);
    run.service().running = 4;
    run.held.targets = (1..=4).map(|it| target(&format!("10.0.3.{it}"), TargetState::Healthy)).collect();
    run.read(5);
    assert_eq!(run.verdict(), Some(Verdict::Succeeded), "{:#?}", run.operation);

    let mut other = self::run(scale);
    other.write(updated());
    other.service().desired = 2;
    other.read(5);
    assert_eq!(other.verdict(), Some(Verdict::Superseded));
}

#[test]
fn a_broken_gate_is_told_and_fails_or_is_rolled_back_where_the_plan_says_so() {
    let broken = |roll_back: bool| {
        let mut held = Held::well();
        held.stack.care.deploy.roll_back = roll_back;
        let mut run = run_on(held, deploy);
        run.write(updated());
        run.begins(DeploymentStatus::InProgress);
        run.completes();
        run.read(10);
        run.held.targets[0].state = TargetState::Unhealthy;
        run.read(5);
        run
    };
    let mut told = broken(false);
    assert!(matches!(&told.operation.phase, Phase::Baking { broken, .. } if broken.len() == 1));
    told.read(400);
    assert_eq!(told.verdict(), Some(Verdict::Failed));

    let mut undone = broken(true);
    assert!(matches!(undone.operation.phase, Phase::Undoing { .. }), "{:?}", undone.operation.phase);
    undone.write(updated());
    undone.held.service = testing::service();
    undone.held.targets[0].state = TargetState::Healthy;
    undone.read(5);
    assert_eq!(undone.verdict(), Some(Verdict::RolledBack), "{:#?}", undone.operation);
}

#[test]
fn a_task_that_dies_while_it_bakes_is_no_success_though_another_takes_its_place() {
    let mut run = run(deploy);
    run.write(updated());
    run.begins(DeploymentStatus::InProgress);
    run.completes();
    run.read(10);
    let now = run.now;
    let task = run.held.tasks[0].clone();
    run.held.tasks.push(Task {
        arn: Arn::new(&format!("{}0", task.arn.wire())),
        status: "STOPPED".into(),
        stopped_at: Some(now),
        stop_code: Some("EssentialContainerExited".into()),
        stopped_reason: Some("OutOfMemoryError: Container killed due to memory usage".into()),
        ..task
    });
    run.read(5);
    run.read(400);
    assert_eq!(run.verdict(), Some(Verdict::Failed));
    let summary = run.operation.ending().expect("it has ended").summary.to_string();
    assert!(summary.contains("1 task of terminal-api died since: ran out of memory"), "{summary}");
}

#[test]
fn watching_is_given_up_in_the_end() {
    let mut run = run(deploy);
    run.write(updated());
    run.begins(DeploymentStatus::InProgress);
    run.read(10);
    run.read(3 * 3600);
    assert_eq!(run.verdict(), Some(Verdict::TimedOut));
    assert_eq!(run.verdict().map(Verdict::exit_code), Some(5));
}

/// What can happen to an operation.
#[derive(Debug, Clone, Copy)]
enum Happens {
    Write,
    Done,
    Refused,
    Unknown,
    Begins,
    Completes,
    Fails,
    Read(i64),
    Halt,
    Resume,
}

fn happens() -> impl Strategy<Value = Happens> {
    use Happens::{Begins, Completes, Done, Fails, Halt, Read, Refused, Resume, Unknown, Write};
    prop_oneof![
        3 => Just(Write),
        3 => Just(Done),
        1 => Just(Refused),
        1 => Just(Unknown),
        1 => Just(Begins),
        1 => Just(Completes),
        1 => Just(Fails),
        4 => (1_i64..120).prop_map(Read),
        1 => Just(Halt),
        1 => Just(Resume),
    ]
}

fn answer_of(run: &Run, step: StepRef) -> WriteOutcome {
    let registers = run.operation.course.parts[step.part]
        .steps
        .get(step.step)
        .is_some_and(|it| it.request.write.operation() == "ecs:RegisterTaskDefinition");
    if !registers {
        return updated();
    }
    let answer = WriteAnswer::TaskDefinition { arn: testing::task_definition(41) };
    WriteOutcome::Done(Written { request_id: None, answer })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// Whatever happens: no step leaves twice, none after the end or a restart, an end stays, and success is never told
    /// of a part that is not there.
    #[test]
    fn whatever_happens_nothing_is_sent_twice(events in prop::collection::vec(happens(), 0..40), by_tag in any::<bool>()) {
        let mut run = run(|held| {
            let what = if by_tag { Deployable::Tag("v43".into()) } else { Deployable::Revision("41".into()) };
            Action::Deploy { services: vec![held.who()], what }
        });
        let (mut sent, mut under_way, mut resumed) = (Vec::new(), None, false);
        for event in events {
            let ended = run.verdict();
            match event {
                Happens::Write => if let Some((step, _)) = run.operation.next_write() {
                    prop_assert!(!sent.contains(&step), "{step:?} is sent twice");
                    prop_assert!(ended.is_none() && !resumed);
                    prop_assert!(run.operation.sent(step, run.now));
                    prop_assert!(!run.operation.sent(step, run.now), "what has left is not due any more");
                    sent.push(step);
                    under_way = Some(step);
                },
                Happens::Done => if let Some(step) = under_way.take() {
                    let outcome = answer_of(&run, step);
                    run.operation.answered(step, outcome, run.now);
                },
                Happens::Refused => if let Some(step) = under_way.take() {
                    run.operation.answered(step, WriteOutcome::Refused(fault(FaultKind::Denied)), run.now);
                },
                Happens::Unknown => if let Some(step) = under_way.take() {
                    run.operation.answered(step, WriteOutcome::Unknown(fault(FaultKind::TimedOut)), run.now);
                },
                Happens::Begins => run.begins(DeploymentStatus::InProgress),
                Happens::Completes => run.completes(),
                Happens::Fails => run.held.deployments[0].status = DeploymentStatus::RollbackSuccessful,
                Happens::Read(seconds) => run.read(seconds),
                Happens::Halt => run.operation.halt(run.now),
                Happens::Resume => {
                    run.operation.resume(run.now);
                    resumed = true;
                }
            }
            if ended.is_some() {
                prop_assert_eq!(run.verdict(), ended, "an end stays");
            }
        }
        if run.verdict() == Some(Verdict::Succeeded) {
            let is_there = |it: &super::PartState| matches!(it.stage, Stage::There { .. });
            prop_assert!(run.operation.parts.iter().all(is_there));
            let done = |it: &StepState| matches!(it, StepState::Done { .. });
            prop_assert!(run.operation.parts.iter().flat_map(|it| &it.steps).all(done));
        }
    }
}
