//! What each action comes to, and how plans are compared.

use super::{
    action::{Action, Deployable, Provider, RangeChoice, RollbackTo},
    course::Goal,
    model::{Confirmation, Plan, drift},
    testing::{Held, REPOSITORY, deployment, digest},
};
use crate::{
    domain::{
        deployment::DeploymentStatus,
        fault::FaultKind,
        id::Arn,
        query::Query,
        scaling::ScalableTarget,
        write::{ProviderShare, ScalingRange, Suspension, Write},
    },
    triage::testing::{self, ago, rollout},
};

fn deploy(held: &Held, what: Deployable) -> Action {
    Action::Deploy { services: vec![held.who()], what, rolls_back: None }
}

fn rollback(held: &Held) -> Action {
    Action::Rollback { services: vec![held.who()], to: RollbackTo::LastKnownGood }
}

fn scale(held: &Held, desired: u32, range: RangeChoice) -> Action {
    Action::Scale { service: held.who(), desired, range }
}

/// The calls of a plan, as `operation parameters`.
fn calls(plan: &Plan) -> Vec<&'static str> {
    plan.course.parts.iter().flat_map(|it| &it.steps).map(|it| it.request.write.operation()).collect()
}

fn writes(plan: &Plan) -> Vec<&Write> {
    plan.course.parts.iter().flat_map(|it| &it.steps).map(|it| &it.request.write).collect()
}

fn changes(plan: &Plan) -> Vec<String> {
    let told = |it: &Option<crate::domain::text::SafeText>| it.as_ref().map_or("-".to_owned(), ToString::to_string);
    let parts = plan.parts.iter().flat_map(|it| &it.changes);
    parts.map(|it| format!("{}: {} → {}", it.field, told(&it.before), told(&it.after))).collect()
}

fn scalable(min: u32, max: u32) -> ScalableTarget {
    ScalableTarget {
        resource: "service/terminal-cluster/terminal-api".into(),
        min,
        max,
        suspended_in: false,
        suspended_out: false,
        suspended_scheduled: false,
        policies: vec![("cpu".into(), "CPUUtilization".into(), 70.0)],
    }
}

#[test]
fn a_new_tag_registers_a_revision_that_differs_in_the_image_only() {
    let held = Held::well();
    let plan = held.plan(&deploy(&held, Deployable::Tag("v43".into()))).unwrap();
    assert_eq!(plan.course.title.as_str(), "deploy terminal/api:v43 to terminal-api");
    assert_eq!(calls(&plan), ["ecs:RegisterTaskDefinition", "ecs:UpdateService"]);
    assert_eq!(changes(&plan), [format!("containers.api.image: {REPOSITORY}:v42 → {REPOSITORY}:v43")]);
    assert_eq!(plan.confirmation, Confirmation::Type("terminal-api".into()));
    let Goal::Deployed { definition: None, digests, .. } = &plan.course.parts[0].goal else { panic!() };
    assert_eq!(digests[&"api".into()].as_str(), digest("43"));
    assert!(plan.course.parts[0].steps[1].deploys_registered);
}

#[test]
fn an_existing_revision_is_deployed_as_it_is() {
    let held = Held::well();
    let plan = held.plan(&deploy(&held, Deployable::Revision("41".into()))).unwrap();
    assert_eq!(calls(&plan), ["ecs:UpdateService"]);
    assert_eq!(changes(&plan)[0], "task definition: terminal-api:42 → terminal-api:41");
    let refusal = held.plan(&deploy(&held, Deployable::Revision("99".into()))).unwrap_err();
    assert!(refusal.misnamed);
    assert_eq!(
        refusal.to_string(),
        "there is no task definition terminal-api:99; the nearest is terminal-api:42, which runs"
    );
}

#[test]
fn deploying_the_tag_that_runs_is_a_new_deployment_of_the_same_revision() {
    let held = Held::well();
    let plan = held.plan(&deploy(&held, Deployable::Tag("v42".into()))).unwrap();
    let [Write::UpdateService { change, .. }] = writes(&plan)[..] else { panic!() };
    assert!(change.force);
    assert_eq!(change.task_definition, Some(testing::task_definition(42)));
    assert!(plan.blocks().any(|it| it.guard == "same-image"));
}

#[test]
fn what_is_no_tag_or_digest_is_refused_before_anything_is_read() {
    let held = Held::well();
    for what in [Deployable::Tag("a b".into()), Deployable::Digest("sha256:1".into()), Deployable::Image("A/b".into())]
    {
        let refusal = held.plan(&deploy(&held, what.clone())).expect_err("no such thing");
        assert!(refusal.misnamed, "{what:?}: {refusal}");
    }
}

#[test]
fn an_image_or_a_deployment_that_is_not_there_is_answered_with_the_nearest() {
    let held = Held::well();
    let refusal = held.plan(&deploy(&held, Deployable::Tag("v4".into()))).expect_err("no such tag");
    assert!(refusal.misnamed && refusal.to_string().contains("did you mean \"v4"), "{refusal}");
    let near = digest("43").replacen("000", "010", 1);
    let refusal = held.plan(&deploy(&held, Deployable::Digest(near.as_str().into()))).expect_err("no such digest");
    assert!(refusal.misnamed && refusal.to_string().contains(&digest("43")), "{refusal}");
    let to = RollbackTo::Deployment(Arn::new("arn:aws:ecs:us-east-1:111122223333:service-deployment/c/s/d41-42"));
    let refusal = held.plan(&Action::Rollback { services: vec![held.who()], to }).expect_err("no such deployment");
    assert!(
        refusal.misnamed
            && refusal
                .to_string()
                .contains("did you mean \"arn:aws:ecs:us-east-1:111122223333:service-deployment/c/s/d4"),
        "{refusal}"
    );
}

#[test]
fn rolling_back_goes_to_the_last_known_good() {
    let held = Held::well();
    let plan = held.plan(&rollback(&held)).unwrap();
    assert_eq!(plan.course.title.as_str(), "roll back terminal-api to terminal-api:41");
    let [Write::UpdateService { change, .. }] = writes(&plan)[..] else { panic!() };
    assert_eq!(change.task_definition, Some(testing::task_definition(41)));
}

#[test]
fn a_tag_that_has_moved_is_rolled_back_by_digest() {
    let mut held = Held::well();
    held.mutable = true;
    // One revision, deployed twice: `latest` meant another image the first time.
    held.definitions = vec![testing::definition(&testing::task_definition(42), &format!("{REPOSITORY}:latest"))];
    held.deployments = vec![deployment(42, "42", 600), deployment(42, "41", 86_400)];
    held.tags.insert("latest".to_owned(), digest("42"));
    let plan = held.plan(&rollback(&held)).unwrap();
    let [Write::RegisterTaskDefinition { images, .. }, Write::UpdateService { .. }] = writes(&plan)[..] else {
        panic!()
    };
    assert_eq!(*images[&std::sync::Arc::from("api")], *format!("{REPOSITORY}@{}", digest("41")));
    assert!(plan.findings.iter().any(|it| it.guard == "mutable-tag" && it.summary.as_str().contains("is pinned")));
    let image = plan.findings.iter().find(|it| it.guard == "image").unwrap();
    assert!(image.summary.as_str().contains("is there"));
}

#[test]
fn a_digest_that_is_gone_from_the_repository_blocks_the_way_back() {
    let mut held = Held::well();
    held.mutable = true;
    held.definitions = vec![testing::definition(&testing::task_definition(42), &format!("{REPOSITORY}:latest"))];
    held.deployments = vec![deployment(42, "42", 600), deployment(42, "40", 86_400)];
    held.tags.insert("latest".to_owned(), digest("42"));
    let plan = held.plan(&rollback(&held)).unwrap();
    assert!(plan.blocks().any(|it| it.guard == "image"));
    assert_eq!(plan.confirmation, Confirmation::Impossible);
}

#[test]
fn a_deployment_under_way_is_stopped_with_rollback() {
    let mut held = Held::well();
    held.service.deployments[0].status = "ACTIVE".into();
    held.service
        .deployments
        .insert(0, rollout("ecs-svc/2222", 43, crate::domain::service::RolloutState::InProgress, 60));
    held.service.task_definition = testing::task_definition(43);
    held.definitions.push(testing::definition(&testing::task_definition(43), &format!("{REPOSITORY}:v43")));
    let mut ongoing = deployment(43, "43", 60);
    ongoing.status = DeploymentStatus::InProgress;
    held.deployments.insert(0, ongoing.clone());
    let plan = held.plan(&rollback(&held)).unwrap();
    assert_eq!(writes(&plan), [&Write::StopServiceDeployment { deployment: ongoing.arn }]);
    assert_eq!(plan.course.title.as_str(), "roll back terminal-api to terminal-api:42");
    // The service tells of nothing that runs beside it: the deployment says what it replaces.
    held.service.deployments.truncate(1);
    held.deployments[0].sources = vec![Arn::new("revision-41")];
    held.deployments[2].target.arn = Arn::new("revision-41");
    let back = held.plan(&rollback(&held)).unwrap();
    assert_eq!(back.course.title.as_str(), "roll back terminal-api to terminal-api:41");
    assert!(changes(&back).iter().any(|it| it.ends_with(&format!("{REPOSITORY}:v41"))), "{:?}", changes(&back));
    assert!(back.findings.iter().any(|it| it.guard == "image" && it.summary.as_str().contains(&digest("41"))));
    // What ran then is gone from the repository: ECS could not go back to it.
    held.tags.remove("v41");
    assert!(held.plan(&rollback(&held)).unwrap().blocks().any(|it| it.guard == "image"));
    held.deployments[0].status = DeploymentStatus::RollbackInProgress;
    assert!(held.plan(&rollback(&held)).is_err());
}

#[test]
fn scaling_widens_the_range_or_suspends_where_it_is_told_to() {
    let mut held = Held::well();
    held.scalable = Some(scalable(2, 10));
    let keep = held.plan(&scale(&held, 12, RangeChoice::Keep)).unwrap();
    assert_eq!(calls(&keep), ["ecs:UpdateService"]);
    assert!(keep.warnings().any(|it| it.summary.as_str().contains("it will set 10 again")));
    let widen = held.plan(&scale(&held, 12, RangeChoice::Widen)).unwrap();
    let Write::RegisterScalableTarget { range, .. } = writes(&widen)[0] else { panic!() };
    assert_eq!(*range, Some(ScalingRange { min: 2, max: 12 }));
    assert_eq!(changes(&widen), ["desired count: 2 → 12", "auto scaling range: 2–10 → 2–12"]);
    let suspend = held.plan(&scale(&held, 12, RangeChoice::Suspend)).unwrap();
    let Write::RegisterScalableTarget { suspended, .. } = writes(&suspend)[0] else { panic!() };
    assert_eq!(*suspended, Some(Suspension { scale_in: true, scale_out: true, scheduled: true }));
    assert_eq!(changes(&suspend).len(), 4, "the count and each flag");
    held.scalable =
        Some(ScalableTarget { suspended_in: true, suspended_out: true, suspended_scheduled: true, ..scalable(2, 10) });
    let suspended = held.plan(&scale(&held, 12, RangeChoice::Suspend)).unwrap();
    assert_eq!(calls(&suspended), ["ecs:UpdateService"], "what is suspended already is not written again");
    assert_eq!(changes(&suspended), ["desired count: 2 → 12"]);
    held.scalable = None;
    assert!(held.plan(&scale(&held, 12, RangeChoice::Widen)).is_err());
    assert!(held.plan(&scale(&held, 2, RangeChoice::Keep)).is_err());
}

#[test]
fn auto_scaling_is_suspended_and_resumed_whole() {
    let mut held = Held::well();
    held.scalable = Some(ScalableTarget { suspended_in: true, ..scalable(2, 10) });
    let plan = held.plan(&Action::SuspendScaling { service: held.who() }).unwrap();
    assert_eq!(changes(&plan), ["scale-out: active → suspended", "scheduled scaling: active → suspended"]);
    let plan = held.plan(&Action::ResumeScaling { service: held.who() }).unwrap();
    let [Write::RegisterScalableTarget { suspended, .. }] = writes(&plan)[..] else { panic!() };
    assert_eq!(*suspended, Some(Suspension::default()));
    held.scalable = None;
    assert!(held.plan(&Action::SuspendScaling { service: held.who() }).is_err());
}

#[test]
fn only_a_task_that_runs_is_stopped() {
    let mut held = Held::well();
    let stop = |task: &str| Action::StopTask { service: Held::well().who(), task: Arn::new(task) };
    let plan = held.plan(&stop(held.tasks[0].arn.wire())).unwrap();
    assert_eq!(calls(&plan), ["ecs:StopTask"]);
    assert!(held.plan(&stop("arn:aws:ecs:us-east-1:111122223333:task/c/none")).is_err());
    held.tasks[0].desired_status = "STOPPED".into();
    assert!(held.plan(&stop(held.tasks[0].arn.wire())).is_err());
}

#[test]
fn workers_move_between_capacity_providers() {
    let mut held = Held::well();
    held.service.launch = "FARGATE_SPOT 100".into();
    held.service.control.providers = vec![ProviderShare { provider: "FARGATE_SPOT".into(), weight: 100, base: 0 }];
    let to = |to| Action::Move { service: Held::well().who(), to };
    let plan = held.plan(&to(Provider::Fargate)).unwrap();
    let [Write::UpdateService { change, .. }] = writes(&plan)[..] else { panic!() };
    assert!(change.force);
    assert_eq!(
        change.providers.as_deref(),
        Some(&[ProviderShare { provider: "FARGATE".into(), weight: 100, base: 0 }][..])
    );
    assert!(held.plan(&to(Provider::FargateSpot)).is_err());
}

/// What a plan of one service says of cost.
fn cost(plan: &Plan) -> String {
    plan.parts[0].radius.cost.expect("its tasks have a price").words()
}

#[test]
fn going_to_spot_and_to_sleep_say_what_they_save() {
    // Two tasks of half a vCPU and a GB: at list prices 0.024685 USD/h each on demand, 0.0074055 USD/h on Spot.
    let mut held = Held::well();
    let asleep = held.plan(&scale(&held, 0, RangeChoice::Keep)).unwrap();
    assert_eq!(cost(&asleep), "saves 0.0494 USD/h, 36.04 USD/month if kept (730 h, at list prices of 2025-11-01)");
    held.service.launch = "FARGATE 100".into();
    held.service.control.providers = vec![ProviderShare { provider: "FARGATE".into(), weight: 100, base: 0 }];
    let to = |to| Action::Move { service: Held::well().who(), to };
    let words = cost(&held.plan(&to(Provider::FargateSpot)).unwrap());
    assert!(
        words.starts_with("saves 0.0346 USD/h, 25.23 USD/month if kept; +0.0148 USD/h while it rolls, "),
        "{words}"
    );
    held.service.control.providers = vec![ProviderShare { provider: "FARGATE_SPOT".into(), weight: 100, base: 0 }];
    let words = cost(&held.plan(&to(Provider::Fargate)).unwrap());
    assert!(words.starts_with("+0.0346 USD/h, +25.23 USD/month if kept; +0.0494 USD/h while it rolls, "), "{words}");
    held.service.desired = 0;
    let woken = held.plan(&scale(&held, 2, RangeChoice::Keep)).unwrap();
    assert!(cost(&woken).starts_with("+0.0148 USD/h, +10.81 USD/month if kept"), "{}", cost(&woken));
}

#[test]
fn the_same_state_gives_the_same_digest_and_another_state_another() {
    let mut held = Held::well();
    let action = deploy(&held, Deployable::Tag("v43".into()));
    let plan = held.plan(&action).unwrap();
    assert_eq!(plan.digest, held.plan(&action).unwrap().digest);
    assert_eq!(drift(&plan, &held.plan(&action).unwrap()), []);
    // Counts that move by themselves are no reason to ask again.
    held.service.running = 1;
    assert_eq!(plan.digest, held.plan(&action).unwrap().digest);
    let told = |held: &Held| {
        drift(&plan, &held.plan(&action).unwrap()).iter().map(|it| it.what.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(told(&held), ["unhealthy"]);
    held.service.running = 2;
    held.tags.insert("v43".to_owned(), digest("99"));
    assert_eq!(told(&held), [format!("terminal-api in us-east-1 {REPOSITORY}:v43")]);
    held = Held::well();
    held.service.deployments[0].id = "ecs-svc/9999".into();
    assert_eq!(told(&held), ["terminal-api in us-east-1 deployment"]);
    held = Held::well();
    held.identity.arn = "arn:aws:sts::111122223333:assumed-role/other/eve".into();
    assert_eq!(told(&held), ["terminal-api in us-east-1 caller"]);
}

#[test]
fn what_cannot_be_read_is_a_refusal_with_the_reason() {
    let mut held = Held::well();
    held.faults.push((|it| matches!(it, Query::Services { .. }), FaultKind::Denied));
    let refusal = held.plan(&rollback(&held)).unwrap_err();
    assert!(refusal.reason.as_str().starts_with("cannot read the service: access denied"), "{refusal}");
    held.faults = vec![(|it| matches!(it, Query::Deployments { .. }), FaultKind::Denied)];
    assert!(held.plan(&rollback(&held)).is_err());
    // What only the explanation needs may be missing.
    held.faults = vec![(|it| matches!(it, Query::Alarms | Query::ScalableTargets), FaultKind::Throttled)];
    let plan = held.plan(&deploy(&held, Deployable::Tag("v43".into()))).unwrap();
    assert!(plan.warnings().any(|it| it.guard == "alarm"));
}

#[test]
fn a_plan_expires() {
    let held = Held::well();
    let plan = held.plan(&rollback(&held)).unwrap();
    assert!(!plan.is_expired(held.now));
    assert!(plan.is_expired(plan.expires_at));
    assert!(plan.made_at > ago(1));
}

#[test]
fn the_course_comes_back_from_its_json() {
    let held = Held::well();
    let plan = held.plan(&deploy(&held, Deployable::Tag("v43".into()))).unwrap();
    let text = serde_json::to_string(&plan.course).unwrap();
    assert_eq!(serde_json::from_str::<super::course::Course>(&text).unwrap(), plan.course);
    let document = serde_json::to_value(plan.document()).unwrap();
    assert_eq!(document["schema"], "quarterdeck.plan/1");
    assert_eq!(document["steps"][1]["parameters"]["taskDefinition"], "(the revision registered before)");
    assert_eq!(document["confirmation"]["text"], "terminal-api");
}

#[test]
fn a_rollback_to_a_revision_is_to_what_its_newest_deployment_ran() {
    let mut held = Held::well();
    let back = |held: &Held, to: &str| {
        held.plan(&Action::Rollback { services: vec![held.who()], to: RollbackTo::Revision(to.into()) })
    };
    for to in ["41", "terminal-api:41"] {
        let plan = back(&held, to).expect("a plan");
        assert_eq!(plan.course.title.as_str(), "roll back terminal-api to terminal-api:41");
        assert_eq!(plan.course.parts[0].steps.len(), 1, "its tag still means what ran then");
    }
    held.tags.insert("v41".into(), digest("99"));
    let pinned = back(&held, "41").expect("a plan");
    assert_eq!(pinned.course.parts[0].steps.len(), 2, "the digest that ran then is pinned");
    held.deployments.truncate(1);
    let plain = back(&held, "41").expect("a plan");
    let warned = plain.warnings().any(|it| it.summary.as_str().starts_with("no deployment of this revision is known"));
    assert!(warned, "{:#?}", plain.findings);
    let refused = back(&held, "7").expect_err("there is none");
    assert!(refused.reason.as_str().contains("there is no task definition terminal-api:7"), "{refused}");
}
