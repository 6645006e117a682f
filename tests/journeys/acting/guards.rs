//! Every guard over the simulator: what it blocks is never sent, and what it warns of is told before it is.

use std::{collections::BTreeSet, time::Duration};

use jiff::SignedDuration;
use quarterdeck::{
    app::{
        act::{ActPane, Standing},
        overlay::Overlay,
    },
    domain::id::{Kind, OperationId, ResourceId},
    plan::{
        action::{Action, Deployable, Provider, RangeChoice, RollbackTo},
        guards::{Busy, GUARDS},
        model::{Confirmation, Finding, Plan, Weight},
    },
    sim::{edge::Trouble, scenario, sts::AssumedRole, world::Place},
    stack::{
        care::{Freeze, FreezeSpan, Overridable},
        model::Stack,
    },
};

use super::{API, AUTH, EAST, FRONTEND, KONG, NOTEBOOK, TERMINAL, Voyage, WORKERS, Who, running, service};

type Before = fn(&mut Voyage);

/// A guard, what makes it speak, and what it says.
struct Row {
    guard: &'static str,
    /// The world and the console before anything is planned.
    before: Before,
    action: Action,
    weighs: Weighs,
    says: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Weighs {
    Blocks,
    /// Unless its word is typed before the name.
    BlocksUnless,
    Warns,
    Passes,
}

impl Weighs {
    fn of(finding: &Finding) -> Option<Self> {
        match &finding.weight {
            Weight::Blocks { over: None } => Some(Self::Blocks),
            Weight::Blocks { over: Some(_) } => Some(Self::BlocksUnless),
            Weight::Warns => Some(Self::Warns),
            Weight::Passes => Some(Self::Passes),
            Weight::Unchecked => None,
        }
    }
}

/// The simulator's services are steered by ECS alone.
const ELSEWHERE: [&str; 1] = ["controller"];

fn nothing(_: &mut Voyage) {}

fn stack<'a>(voyage: &'a mut Voyage, name: &str) -> &'a mut Stack {
    voyage.app.stacks.iter_mut().find(|it| it.name.as_str() == name).expect("a bundled stack")
}

/// What somebody does at a service's place, in a line of a scenario.
fn happens(voyage: &Voyage, who: Who, event: &str) {
    let Who { account, region, .. } = who;
    voyage.happens(&format!("[[event]]\nat = \"0s\"\nplace = \"{account}/{region}\"\n{event}\n"));
    voyage.sim.advance(Duration::from_secs(2));
    voyage.sim.with_world(|world| assert_eq!(world.course.missed(), [""; 0]));
}

/// The bad deployment comes and is undone.
fn undone(voyage: &mut Voyage) {
    voyage.sim.with_world(|world| scenario::start(world, "bad-deploy").expect("a shipped scenario"));
    voyage.sim.advance(Duration::from_mins(15));
}

/// mint-server answers slowly until its alarm rings.
fn slowed(voyage: &mut Voyage) {
    happens(voyage, EAST, "kind = \"traffic\"\nservice = \"mint-server/mint-server\"\nslowdown = 9\nlasts = \"4h\"");
    voyage.sim.advance(Duration::from_mins(12));
}

/// Somebody else sets how auth-service replaces its tasks.
fn rolls(voyage: &Voyage, minimum: u32, maximum: u32) {
    let input = format!(
        r#"{{"cluster":"tsdevstack-dev","service":"auth-service","deploymentConfiguration":{{"minimumHealthyPercent":{minimum},"maximumPercent":{maximum}}}}}"#
    );
    happens(
        voyage,
        AUTH,
        &format!("kind = \"call\"\nservice = \"ecs\"\noperation = \"UpdateService\"\ninput = '{input}'"),
    );
}

fn busy(voyage: &mut Voyage) {
    busy_at(voyage, AUTH);
}

fn busy_at(voyage: &mut Voyage, who: Who) {
    let arn = who.arn("service", &format!("{}/{}", who.cluster, who.name));
    let since = voyage.sim.now() - SignedDuration::from_mins(3);
    let busy = Busy {
        subject: ResourceId::new(Kind::Service, &who.scope(), arn.wire()),
        title: format!("deploy 1.9.1 to {}", who.name).into(),
        since,
        by: "grace@bastion".into(),
    };
    voyage.standing =
        Standing { operations: vec![(OperationId::new(since, "feed"), vec![busy])], ..Standing::default() };
}

fn deploy(who: Who, tag: &str) -> Action {
    Action::Deploy { services: vec![who.reference()], what: Deployable::Tag(tag.into()), rolls_back: None }
}

fn redeploy(who: Who) -> Action {
    Action::Redeploy { services: vec![who.reference()] }
}

fn scale(who: Who, desired: u32) -> Action {
    Action::Scale { service: who.reference(), desired, range: RangeChoice::Keep }
}

/// A freeze window that is open now.
fn frozen(voyage: &mut Voyage, name: &str) {
    let (from, until) = (voyage.sim.now(), voyage.sim.now() + SignedDuration::from_hours(1));
    let freeze = Freeze { span: FreezeSpan::Once { from, until }, reason: "the fair is on".into() };
    stack(voyage, name).care.freezes.push(freeze);
}

fn denies(voyage: &Voyage, who: Who, action: &str) {
    voyage.trouble(Trouble::Denied { account: who.account.to_owned(), actions: vec![action.to_owned()] });
}

/// The rows of what is neither deployed nor scaled plainly.
fn further_rows() -> Vec<Row> {
    use Weighs::{Blocks, BlocksUnless, Passes, Warns};
    let row = |guard, weighs, says, action, before| Row { guard, before, action, weighs, says };
    let back = |who: Who| Action::Rollback { services: vec![who.reference()], to: RollbackTo::LastKnownGood };
    let moved = || Action::Move { service: WORKERS.reference(), to: Provider::Fargate };
    let suspended = || Action::SuspendScaling { service: API.reference() };
    let both = || Action::Deploy {
        services: vec![FRONTEND.reference(), API.reference()],
        what: Deployable::Tag("4f2c".into()),
        rolls_back: None,
    };
    vec![
        row("in-progress", Warns, "an operation is under way: deploy 1.9.1", back(TERMINAL), |it| {
            busy_at(it, TERMINAL);
        }),
        row("freeze", Warns, "the fair is on", back(TERMINAL), |it| frozen(it, "terminal")),
        row("permission", Blocks, "IAM denies you ecs:UpdateService", back(TERMINAL), |it| {
            denies(it, TERMINAL, "ecs:UpdateService");
        }),
        row("production", Passes, "its name is typed to confirm", back(TERMINAL), nothing),
        row("read-only", Blocks, "stack cma is read-only", both(), |it| stack(it, "cma").read_only = true),
        row("in-progress", BlocksUnless, "an operation is under way: deploy 1.9.1", both(), |it| busy_at(it, FRONTEND)),
        row("identity", Blocks, "the credentials belong to account 444455556666", both(), |it| {
            for scope in &mut stack(it, "cma").scopes {
                scope.account = Some("999988887777".into());
            }
        }),
        row("image", Passes, "cma-frontend:4f2c is there", both(), nothing),
        row("freeze", Blocks, "the fair is on", moved(), |it| frozen(it, "cma")),
        row("in-progress", BlocksUnless, "an operation is under way: deploy 1.9.1", moved(), |it| busy_at(it, WORKERS)),
        row("arithmetic", Passes, "tasks run meanwhile", moved(), nothing),
        row("permission", Blocks, "IAM denies you ecs:UpdateService", moved(), |it| {
            denies(it, WORKERS, "ecs:UpdateService");
        }),
        row("freeze", Blocks, "the fair is on", suspended(), |it| frozen(it, "cma")),
        row("in-progress", BlocksUnless, "an operation is under way: deploy 1.9.1", suspended(), |it| busy_at(it, API)),
        row("read-only", Blocks, "stack cma is read-only", suspended(), |it| stack(it, "cma").read_only = true),
    ]
}

fn rows() -> Vec<Row> {
    use Weighs::{Blocks, BlocksUnless, Passes, Warns};
    let row = |guard, weighs, says, action, before| Row { guard, before, action, weighs, says };
    let inactive = Action::Deploy {
        services: vec![TERMINAL.reference()],
        what: Deployable::Revision("41".into()),
        rolls_back: None,
    };
    vec![
        row("read-only", Blocks, "stack tsdevstack is read-only", redeploy(AUTH), |it| {
            stack(it, "tsdevstack").read_only = true;
        }),
        row("identity", Blocks, "the credentials belong to account 111122223333", redeploy(AUTH), |it| {
            for scope in &mut stack(it, "tsdevstack").scopes {
                scope.account = Some("999988887777".into());
            }
        }),
        row("identity", Passes, "account 111122223333, as the stack file says", redeploy(AUTH), nothing),
        row("in-progress", BlocksUnless, "an operation is under way: deploy 1.9.1", redeploy(AUTH), busy),
        row("in-progress", BlocksUnless, "a deployment of auth-service:", redeploy(AUTH), |it| {
            let call = r#"{"cluster":"tsdevstack-dev","service":"auth-service","forceNewDeployment":true}"#;
            let call = format!("kind = \"call\"\nservice = \"ecs\"\noperation = \"UpdateService\"\ninput = '{call}'");
            happens(it, AUTH, &call);
        }),
        row("journal", Warns, "line 7 cannot be read", redeploy(AUTH), |it| {
            it.standing.unread = Some("line 7 cannot be read".into());
        }),
        row("freeze", Blocks, "the fair is on", redeploy(AUTH), |it| frozen(it, "tsdevstack")),
        row("min-tasks", BlocksUnless, "kong would have 0 tasks, and must have 1", scale(KONG, 0), nothing),
        row("min-tasks", Warns, "no task of terminal-api would run", scale(TERMINAL, 0), nothing),
        row("leap", Warns, "40 times what there is now: is that meant?", scale(AUTH, 40), nothing),
        row("leap", BlocksUnless, "6000 times what there is now: is that meant?", scale(AUTH, 6000), nothing),
        row("single-task", BlocksUnless, "2 tasks would split it", scale(NOTEBOOK, 2), nothing),
        row("single-task", Warns, "holds in memory is lost with its task", redeploy(NOTEBOOK), nothing),
        row("arithmetic", Blocks, "a deployment cannot move", redeploy(AUTH), |it| rolls(it, 60, 150)),
        row("arithmetic", Warns, "the old task goes before the new one comes", redeploy(AUTH), |it| rolls(it, 0, 100)),
        row("arithmetic", Passes, "1 to 2 tasks run meanwhile", redeploy(AUTH), nothing),
        row("revision", Blocks, "terminal-api:41 is INACTIVE", inactive, |it| {
            let call = r#"{"taskDefinition":"terminal-api:41"}"#;
            let call = format!(
                "kind = \"call\"\nservice = \"ecs\"\noperation = \"DeregisterTaskDefinition\"\ninput = '{call}'"
            );
            happens(it, TERMINAL, &call);
        }),
        row("image", Blocks, "is not in its repository", redeploy(FRONTEND), |it| {
            happens(it, FRONTEND, "kind = \"gone\"\nimage = \"cma-frontend:latest\"\nlasts = \"4h\"");
        }),
        row("image", Blocks, "is archived: nothing can be pulled from there", deploy(FRONTEND, "4f2c"), |it| {
            let place = Place::new(FRONTEND.account, FRONTEND.region);
            let now = it.sim.now();
            assert!(it.sim.with_world(|world| world.region(&place).ecr.archive("cma-frontend:4f2c", now)));
        }),
        row("image", Blocks, "is built for arm64, and tasks run on X86_64", deploy(API, "4f2c-arm64"), nothing),
        row("image", Passes, "cma-api:4f2c is there", deploy(API, "4f2c"), nothing),
        row("mutable-tag", Warns, "tag latest may move", redeploy(API), nothing),
        row("same-image", Blocks, "this changes nothing: cma-api-production", deploy(API, "latest"), nothing),
        row("undone", Warns, "the last deployment of this image to terminal-api", deploy(TERMINAL, "v2.15.0"), undone),
        row("scaling-range", Warns, "auto scaling keeps 2–10: it will set 10 again", scale(API, 12), nothing),
        row("scaling-range", Warns, "goes on from 4: it scales in again within minutes", scale(API, 4), nothing),
        row("unhealthy", Warns, "auth-service is not well now: 0 of 1 targets are healthy", redeploy(AUTH), |it| {
            happens(it, AUTH, "kind = \"probe\"\ntarget_group = \"tsdevstack-auth\"\nanswer = 503\nlasts = \"4h\"");
            it.sim.advance(Duration::from_secs(45));
        }),
        row("alarm", Warns, "in ALARM now: mint-server-latency-high", redeploy(EAST), slowed),
        row("permission", Blocks, "IAM denies you ecs:UpdateService", redeploy(WORKERS), |it| {
            denies(it, WORKERS, "ecs:UpdateService");
        }),
        row("permission", Passes, "IAM lets you send ecs:UpdateService", redeploy(WORKERS), nothing),
        row("production", Passes, "its name is typed to confirm", redeploy(TERMINAL), nothing),
    ]
}

/// The plan on screen.
fn plan(voyage: &mut Voyage, what: &str) -> Plan {
    match &voyage.app.overlay {
        Some(Overlay::Act(ActPane::Plan(pane))) => pane.plan.clone(),
        _ => panic!("{what}: no plan on\n{}", voyage.screen()),
    }
}

#[tokio::test]
async fn each_guard_says_so_before_anything_is_sent_and_what_it_blocks_is_not_sent() {
    for row in rows().into_iter().chain(further_rows()) {
        let what = format!("{}: {}", row.guard, row.says);
        let mut voyage = Voyage::begin();
        voyage.resize(200, 60).await;
        // From here on it has the credentials that its stack file names.
        let who = row.action.services()[0].clone();
        let subject = [AUTH, KONG, TERMINAL, NOTEBOOK, EAST, FRONTEND, API, WORKERS];
        let subject = *subject.iter().find(|it| it.reference() == who).expect("a service of the table");
        service(&mut voyage, subject).await;
        (row.before)(&mut voyage);
        let before = service(&mut voyage, subject).await;
        voyage.plan(row.action).await;

        let plan = plan(&mut voyage, &what);
        let own = plan.findings.iter().filter(|it| it.guard == row.guard && it.summary.as_str().contains(row.says));
        let weighs: Vec<_> = own.filter_map(Weighs::of).collect();
        assert!(weighs.contains(&row.weighs), "{what}: {weighs:?} of {:#?}", plan.findings);
        voyage.screen();
        match (row.weighs, &plan.confirmation) {
            (Weighs::Blocks, wanted) => {
                assert_eq!(*wanted, Confirmation::Impossible, "{what}");
                voyage.sees(&["blocked: nothing can be sent"]);
                voyage.press("y enter").await;
            }
            (Weighs::BlocksUnless, Confirmation::Type(text)) => {
                assert!(text.as_str().starts_with(row.guard), "{what}: {text}");
                // The name alone does not override it.
                voyage.press(&format!("y {} enter", subject.name)).await;
            }
            (Weighs::BlocksUnless, other) => panic!("{what}: {other:?}"),
            (Weighs::Warns | Weighs::Passes, wanted) => assert_ne!(*wanted, Confirmation::Impossible, "{what}"),
        }
        assert_eq!(voyage.written.len(), 0, "{what}");
        let after = service(&mut voyage, subject).await;
        assert_eq!((after.desired, &after.deployments[0].id), (before.desired, &before.deployments[0].id), "{what}");
    }
}

#[test]
fn every_guard_has_a_row() {
    let tried: BTreeSet<&str> = rows().iter().map(|it| it.guard).chain(ELSEWHERE).collect();
    let all: BTreeSet<&str> = GUARDS.iter().map(|it| it.name).collect();
    assert_eq!(tried, all);
}

/// Between the plan and its confirmation somebody logs in as somebody else.
#[tokio::test]
async fn a_plan_of_one_identity_is_not_sent_by_another() {
    let mut voyage = Voyage::begin();
    voyage.resize(120, 40).await;
    voyage.pass(20).await;
    voyage.press("2").await;
    voyage.walk_to("auth-service").await;
    voyage.press("x r").await;
    voyage.sees(&["press y to do it"]);
    let role = "arn:aws:sts::111122223333:assumed-role/deployer/ada";
    voyage.sim.with_world(|world| {
        let assumed = AssumedRole { arn: role.to_owned(), id: "AROAEXAMPLE:ada".to_owned() };
        world.edge.assumed.insert(format!("SIM{}", AUTH.account), assumed)
    });
    voyage.press("y").await;
    assert_eq!(voyage.written.len(), 0);
    voyage.sees(&["CHANGED SINCE IT WAS PLANNED", "user/operator", role]);
    voyage.press("y").await;
    assert_eq!(voyage.written, ["ecs:UpdateService"], "as whom it was shown then");
}

/// What is typed over is sent; what AWS makes of it is another matter.
#[tokio::test]
async fn a_block_that_may_be_typed_over_is_typed_over_and_sent() {
    let rows: [(&str, &str, Who, Action, Before); 6] = [
        ("freeze", "tsdevstack", AUTH, redeploy(AUTH), |it| frozen(it, "tsdevstack")),
        ("in-progress", "tsdevstack", AUTH, redeploy(AUTH), busy),
        ("single-task", "reactive-notebook", NOTEBOOK, scale(NOTEBOOK, 2), nothing),
        ("same-image", "cma", API, deploy(API, "latest"), nothing),
        ("permission", "cma", WORKERS, redeploy(WORKERS), |it| denies(it, WORKERS, "ecs:UpdateService")),
        ("leap", "tsdevstack", AUTH, scale(AUTH, 150), nothing),
    ];
    for (word, of, who, action, before) in rows {
        let mut voyage = Voyage::begin();
        voyage.resize(200, 60).await;
        service(&mut voyage, who).await;
        before(&mut voyage);
        let allowed = Overridable::WORDS.into_iter().filter(|(it, _)| *it == word).map(|(_, it)| it);
        stack(&mut voyage, of).care.overridable.extend(allowed);
        voyage.plan(action).await;
        voyage.sees(&["blocks, may be overridden", &format!("type {word} {}", who.name)]);
        let why = if plan(&mut voyage, word).production { "tab meant" } else { "" };
        voyage.press(&format!("{word} space {} {why} enter", who.name)).await;
        let screen = voyage.screen();
        assert_eq!(voyage.written, ["ecs:UpdateService"], "{word}:\n{screen}");
    }
}

#[tokio::test]
async fn stopping_a_task_is_warned_of_and_blocked_as_everything_else() {
    let rows: [(&str, Who, &str, Before); 4] = [
        ("single-task", NOTEBOOK, "holds in memory is lost with its task", nothing),
        ("freeze", AUTH, "the fair is on", |it| frozen(it, "tsdevstack")),
        ("in-progress", AUTH, "an operation is under way: deploy 1.9.1", busy),
        ("permission", AUTH, "IAM denies you ecs:StopTask", |it| denies(it, AUTH, "ecs:StopTask")),
    ];
    for (guard, who, says, before) in rows {
        let mut voyage = Voyage::begin();
        voyage.resize(200, 60).await;
        let task = running(&mut voyage, who).await.pop().expect("a task that runs").arn;
        before(&mut voyage);
        voyage.plan(Action::StopTask { service: who.reference(), task }).await;
        let plan = plan(&mut voyage, guard);
        let found = plan.findings.iter().find(|it| it.guard == guard && it.summary.as_str().contains(says));
        let found = found.unwrap_or_else(|| panic!("{guard}: {:#?}", plan.findings));
        assert!(found.weight < Weight::Unchecked, "{guard}: {found:?}");
        assert_eq!(voyage.written.len(), 0, "{guard}");
    }
}
