//! Changing services by keys: menu, plan, confirmation, and the verdict; what AWS has at the end, and what the journal
//! tells of it.

mod answers;
mod conflicts;
mod deploying;
mod guards;
mod plans;
mod rolling_back;
mod scaling;
mod sleeping;
mod tasks;
mod waves;

use std::time::Duration;

use quarterdeck::{
    domain::{
        id::{Arn, Scope},
        query::{Answer, Outcome, Query},
        scaling::ScalableTarget,
        service::Service,
        task::Task,
        write::{ServiceChange, Write, WriteOutcome, WriteRequest},
    },
    journal::history::Told,
    plan::{action::ServiceRef, operation::verdict::Verdict},
};

use super::voyage::Voyage;

/// How time passes while a verdict is waited for: verdicts take minutes.
const STEP: Duration = Duration::from_secs(5);

/// A service of the estates.
#[derive(Debug, Clone, Copy)]
struct Who {
    profile: &'static str,
    account: &'static str,
    region: &'static str,
    cluster: &'static str,
    name: &'static str,
}

const fn of_tsdevstack(name: &'static str) -> Who {
    Who { profile: "estates", account: "111122223333", region: "us-east-1", cluster: "tsdevstack-dev", name }
}

const fn of_cma(name: &'static str) -> Who {
    Who { profile: "cma", account: "444455556666", region: "eu-west-2", cluster: "cma-production", name }
}

const AUTH: Who = of_tsdevstack("auth-service");
const KONG: Who = of_tsdevstack("kong");
const FRONTEND: Who = of_cma("cma-frontend-production");
const API: Who = of_cma("cma-api-production");
const WORKERS: Who = of_cma("cma-workers-production");
const TERMINAL: Who = Who { cluster: "terminal-cluster", name: "terminal-api", ..AUTH };
const NOTEBOOK: Who =
    Who { region: "eu-north-1", cluster: "reactive-notebook-cluster", name: "reactive-notebook-service", ..AUTH };
/// One service in two regions.
const EAST: Who = Who { cluster: "mint-server", name: "mint-server", ..AUTH };
const WEST: Who = Who { region: "us-west-1", ..EAST };

impl Who {
    fn scope(self) -> Scope {
        Scope::new(self.profile, self.region)
    }

    fn reference(self) -> ServiceRef {
        ServiceRef::new(&self.scope(), self.cluster, self.name)
    }

    fn arn(self, kind: &str, path: &str) -> Arn {
        Arn::new(&format!("arn:aws:ecs:{}:{}:{kind}/{path}", self.region, self.account))
    }

    /// A change of it, as somebody else sends it.
    fn changed(self, change: ServiceChange) -> WriteRequest {
        let service = self.arn("service", &format!("{}/{}", self.cluster, self.name));
        let write = Write::UpdateService { cluster: self.arn("cluster", self.cluster), service, change };
        WriteRequest { scope: self.scope(), write }
    }

    fn scaled(self, desired: u32) -> WriteRequest {
        self.changed(ServiceChange { desired: Some(desired), ..ServiceChange::default() })
    }

    fn redeployed(self) -> WriteRequest {
        self.changed(ServiceChange { force: true, ..ServiceChange::default() })
    }
}

/// The console on a service's row.
async fn on(service: &str) -> Voyage {
    Box::pin(on_in(service, &[])).await
}

async fn on_in(service: &str, scenarios: &[&str]) -> Voyage {
    let mut voyage = Voyage::through(scenarios);
    go_to(&mut voyage, service).await;
    voyage
}

/// What the cursor is put on before anything is done.
#[derive(Debug, Clone, Copy)]
enum On {
    Service(&'static str),
    /// Its row on the overview: all of it that is released together.
    Stack(&'static str),
    /// A task of this service that runs.
    TaskOf(Who),
}

impl On {
    async fn begin(self) -> Voyage {
        let mut voyage = Voyage::begin();
        Box::pin(self.find(&mut voyage)).await;
        voyage
    }

    async fn find(self, voyage: &mut Voyage) {
        match self {
            Self::Service(name) => go_to(voyage, name).await,
            Self::Stack(name) => {
                voyage.resize(120, 40).await;
                voyage.pass(20).await;
                voyage.walk_to(name).await;
            }
            Self::TaskOf(who) => {
                voyage.resize(120, 40).await;
                voyage.pass(20).await;
                let task = running(voyage, who).await.pop().expect("a task that runs");
                voyage.press("3").await;
                voyage.pass(15).await;
                voyage.walk_to(task.arn.tail().as_str()).await;
            }
        }
    }
}

async fn go_to(voyage: &mut Voyage, service: &str) {
    voyage.resize(120, 40).await;
    voyage.pass(20).await;
    voyage.press("2").await;
    voyage.walk_to(service).await;
}

/// Lets time pass until an operation has its verdict.
async fn verdict(voyage: &mut Voyage, most: Duration) -> Verdict {
    let end = voyage.sim.now() + most;
    while voyage.verdicts.is_empty() {
        assert!(voyage.sim.now() < end, "no verdict after {most:?}:\n{}", voyage.screen());
        voyage.pass_by(STEP, STEP).await;
    }
    voyage.verdicts[0]
}

/// Fails unless the operation under way ends so: by its verdict, on screen, and in the journal, which has every call of it
/// answered. Returns what the journal tells.
async fn ends(voyage: &mut Voyage, minutes: u64, wanted: Verdict) -> Told {
    let ended = verdict(voyage, Duration::from_mins(minutes)).await;
    voyage.verdicts.remove(0);
    assert_eq!(ended, wanted, "{}", voyage.screen());
    voyage.sees(&[wanted.word()]);
    let told = recorded(voyage).pop().expect("an operation");
    assert_eq!(told.ended.as_ref().map(|(_, it)| it.verdict.as_str()), Some(wanted.word()));
    assert!(told.calls.iter().all(|it| it.answered.is_some()), "{:#?}", told.calls);
    told
}

/// Every operation that the journal tells of.
fn recorded(voyage: &Voyage) -> Vec<Told> {
    let look = voyage.journal.look(None).expect("memory can be read").expect("it has not been read");
    assert_eq!(look.report.broken, None);
    look.operations
}

/// The AWS operations that the journal has of an operation, and how each call ended: `done`, `refused` or `unknown`.
fn calls(told: &Told) -> Vec<(&'static str, &'static str)> {
    let ended = |it: &Option<(_, WriteOutcome)>| match it {
        Some((_, WriteOutcome::Done(_))) => "done",
        Some((_, WriteOutcome::Refused(_))) => "refused",
        Some((_, WriteOutcome::Unknown(_))) => "unknown",
        None => "unanswered",
    };
    told.calls.iter().map(|it| (it.request.write.operation(), ended(&it.answered))).collect()
}

/// What AWS answers, which the console does not learn.
async fn ask(voyage: &mut Voyage, who: Who, query: Query) -> Answer {
    match voyage.ask(&who.scope(), query).await {
        Outcome::Complete(answer) => answer,
        other => panic!("{other:?}"),
    }
}

async fn service(voyage: &mut Voyage, who: Who) -> Service {
    let query = Query::Services { cluster: who.cluster.into(), names: vec![who.name.into()] };
    match ask(voyage, who, query).await {
        Answer::Services(mut services) => services.pop().expect("the service"),
        other => panic!("{other:?}"),
    }
}

/// The tasks of a service that run.
async fn running(voyage: &mut Voyage, who: Who) -> Vec<Task> {
    match ask(voyage, who, Query::Tasks { cluster: who.cluster.into() }).await {
        Answer::Tasks(tasks) => {
            let own = |it: &Task| it.is_running() && it.service.as_ref().is_some_and(|it| it.as_str() == who.name);
            tasks.into_iter().filter(own).collect()
        }
        other => panic!("{other:?}"),
    }
}

async fn scalable(voyage: &mut Voyage, who: Who) -> ScalableTarget {
    let resource = format!("service/{}/{}", who.cluster, who.name);
    match ask(voyage, who, Query::ScalableTargets).await {
        Answer::ScalableTargets(targets) => {
            targets.into_iter().find(|it| it.resource.as_str() == resource).expect("its target")
        }
        other => panic!("{other:?}"),
    }
}
