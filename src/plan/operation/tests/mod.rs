//! Operations over estates that a test makes up, from beginning to verdict.

mod anything;
mod going_back;
mod unanswered;
mod verdicts;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{Operation, verdict::Verdict};
use crate::{
    domain::{
        deployment::{Deployment, DeploymentStatus},
        estate::Estate,
        id::Arn,
        query::{Answer, Outcome, Query, Request},
        service::{RolloutState, Service},
        write::{WriteAnswer, WriteOutcome, Written},
    },
    plan::{
        action::{Action, Deployable, RangeChoice},
        testing::{Held, deployment},
    },
    triage::testing::{self, now, rollout},
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
    Action::Deploy { services: vec![held.who()], what: Deployable::Revision("41".into()), rolls_back: None }
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
