//! Rarer troubles, each brought about as it comes about in AWS, and told as what it is.

use std::time::Duration;

use aws_sdk_ecs::types::{ContainerDefinition, NetworkMode, PortMapping, VersionConsistency};
use aws_sdk_elasticloadbalancingv2::types::TargetGroupAttribute;
use quarterdeck::{
    aws::Clients,
    sim::{
        ecs::{self, Behaviour},
        world::Region,
    },
};

use super::{
    estates::{Shift, in_order},
    watch::{CLUSTER, IMAGE, SERVICE, Watch},
};

const OWN: (&str, &str) = ("111122223333", "us-east-1");
const CMA: (&str, &str) = ("444455556666", "eu-west-2");
const GROUP: &str = "terminal-gateway-asg";

/// A watch over the estates, and what an operator in the place of terminal uses.
async fn shift() -> (Shift, Clients) {
    let shift = Shift::begin().await;
    let clients = shift.clients("terminal").await;
    (shift, clients)
}

/// Whether it is told in the newest of these looks.
#[track_caller]
fn stands(told: &[String], what: &str) {
    assert!(told.last().is_some_and(|it| it.contains(what)), "{what} in {told:?}");
}

/// Whether nothing is told in the newest of these looks.
#[track_caller]
fn is_over(told: &[String]) {
    assert_eq!(told.last().map(String::as_str), Some(""), "{told:?}");
}

fn each_region(watch: &Watch, mut change: impl FnMut(&mut Region)) {
    watch.sim.with_world(|world| world.regions.values_mut().for_each(&mut change));
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_is_one_signal_before_and_after_its_rollback() {
    let mut watch = Watch::begin(true).await;
    let now = watch.sim.now();
    each_region(&watch, |region| {
        ecs::push_image(region, IMAGE, Behaviour::Secretless, now);
    });
    watch.redeploy().await;
    let told = watch.over(40).await;
    let expected = ["", "warning secret-unreadable terminal-api", "warning rollout-rolled-back terminal-api"];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn tasks_without_a_place_are_told_as_such_by_themselves() {
    let mut shift = Shift::begin().await;
    let clients = shift.clients("cma").await;
    shift.region(CMA.0, CMA.1, |region| region.ecs.set_spot_available(false));
    let call = clients.ecs().update_service().cluster("cma-production").service("cma-workers-production");
    call.desired_count(4).send().await.expect("a new desired count");
    let told = shift.over(8, 30).await;
    in_order(&told, &["warning placement-failed cma-workers-production"]);
    assert!(!told.iter().any(|it| it.contains("spot-interruption")), "nothing was taken away: {told:?}");
    shift.region(CMA.0, CMA.1, |region| region.ecs.set_spot_available(true));
    is_over(&shift.over(20, 60).await);
}

#[tokio::test]
async fn a_target_that_drains_by_a_delay_of_before_is_told() {
    let mut watch = Watch::begin(true).await;
    let delay = |seconds: &str| {
        let key = TargetGroupAttribute::builder().key("deregistration_delay.timeout_seconds").value(seconds);
        watch.clients.elb().modify_target_group_attributes().attributes(key.build())
    };
    let group = watch.target_group();
    delay("1200").target_group_arn(&group).send().await.expect("a long delay");
    watch.scale(1).await;
    watch.sim.advance(Duration::from_mins(1));
    delay("60").target_group_arn(&group).send().await.expect("a short delay");
    assert_eq!(watch.over(30).await, ["", "warning draining-too-long terminal-api-tg", ""]);
}

#[tokio::test]
async fn processes_that_somebody_suspended_are_told_until_they_are_resumed() {
    let (mut shift, clients) = shift().await;
    let suspend = clients.autoscaling().suspend_processes().auto_scaling_group_name(GROUP);
    suspend.scaling_processes("Launch").send().await.expect("suspended");
    let told = shift.over(2, 30).await;
    stands(&told, "suspended-processes terminal-gateway-asg");
    let resume = clients.autoscaling().resume_processes().auto_scaling_group_name(GROUP);
    resume.send().await.expect("resumed");
    is_over(&shift.over(2, 30).await);
}

#[tokio::test]
async fn an_instance_that_nobody_lets_into_service_is_told() {
    let (mut shift, clients) = shift().await;
    let hook = clients.autoscaling().put_lifecycle_hook().auto_scaling_group_name(GROUP);
    let hook = hook.lifecycle_hook_name("warm-up").lifecycle_transition("autoscaling:EC2_INSTANCE_LAUNCHING");
    hook.heartbeat_timeout(3600).send().await.expect("a hook");
    let grow = clients.autoscaling().set_desired_capacity().auto_scaling_group_name(GROUP);
    grow.desired_capacity(3).send().await.expect("a new desired capacity");
    let told = shift.over(12, 30).await;
    stands(&told, "lifecycle-hook-waiting terminal-gateway-asg");
}

#[tokio::test]
async fn launches_beyond_the_accounts_limit_are_told_until_there_is_room() {
    let (mut shift, clients) = shift().await;
    shift.region(OWN.0, OWN.1, |region| region.ec2.vcpu_limit = Some(4));
    let grow = clients.autoscaling().set_desired_capacity().auto_scaling_group_name(GROUP);
    grow.desired_capacity(3).send().await.expect("a new desired capacity");
    let mut told = None;
    for _ in 0..12 {
        // The policy soon asks for less again.
        told = told.or(shift.look().await.into_iter().find(|it| it.rule == "launch-failing"));
        shift.wait(30);
    }
    let signal = told.expect("it is told");
    assert_eq!((signal.severity.word(), signal.subject.name().as_str()), ("warning", GROUP));
    assert!(signal.summary.as_str().ends_with("has 2 of 3 instances: the account's limit is reached"), "{signal:?}");
    shift.region(OWN.0, OWN.1, |region| region.ec2.vcpu_limit = None);
    is_over(&shift.over(15, 60).await);
}

#[tokio::test]
async fn a_slow_release_burns_the_months_error_budget() {
    let mut shift = Shift::begin().await;
    shift.start("latency-regression");
    let told = shift.over(22, 60).await;
    in_order(&told, &["latency-promise-broken mint-server", "critical error-budget-burning mint-server"]);
}

#[tokio::test]
async fn a_service_that_cannot_grow_any_more_is_told() {
    let mut shift = Shift::begin().await;
    let service = "arn:aws:ecs:eu-west-2:444455556666:service/cma-production/cma-api-production";
    surge(&shift, CMA, service, 60.0);
    let told = shift.over(45, 60).await;
    assert!(told.iter().any(|it| it.contains("warning scaling-at-max cma-api-production")), "{told:?}");
}

#[tokio::test]
async fn a_cache_that_fills_up_is_told() {
    let mut shift = Shift::begin().await;
    let service = "arn:aws:ecs:us-east-1:111122223333:service/terminal-cluster/terminal-api";
    surge(&shift, OWN, service, 12.0);
    let told = shift.over(10, 60).await;
    assert!(told.iter().any(|it| it.contains("cache-memory-high terminal-cache")), "{told:?}");
    surge(&shift, OWN, service, 1.0);
    let told = shift.over(10, 60).await;
    assert!(!told.last().is_some_and(|it| it.contains("cache-memory-high")), "{told:?}");
}

fn surge(shift: &Shift, (account, region): (&str, &str), service: &str, times: f64) {
    shift.region(account, region, |region| {
        region.traffic.workloads.get_mut(service).expect("its traffic").surge = times;
    });
}

#[tokio::test]
async fn a_gateway_that_takes_more_than_it_should_is_told() {
    let (mut shift, clients) = shift().await;
    let grow = clients.autoscaling().set_desired_capacity().auto_scaling_group_name(GROUP);
    grow.desired_capacity(5).send().await.expect("a new desired capacity");
    shift.wait(600);
    let mut gateways = shift.region(OWN.0, OWN.1, |region| {
        let members = &region.autoscaling.groups[GROUP].members;
        let mut gateways: Vec<_> = members.iter().map(|it| it.instance.clone()).collect();
        gateways.sort_by_key(|it| region.sessions.held_by(it));
        region.sessions.fleets[0].limit = 20;
        region.sessions.fleets[0].surge = 40.0;
        gateways
    });
    // Whoever comes meanwhile gets the fullest, which takes more than the ten that the stack file knows of.
    let fullest = gateways.pop().expect("five gateways");
    let enter = clients.autoscaling().enter_standby().auto_scaling_group_name(GROUP);
    let enter = enter.set_instance_ids(Some(gateways.clone())).should_decrement_desired_capacity(true);
    enter.send().await.expect("on standby");
    for _ in 0..120 {
        shift.wait(10);
        let held = shift.region(OWN.0, OWN.1, |region| region.sessions.held_by(&fullest));
        if held > 11 {
            break;
        }
    }
    shift.region(OWN.0, OWN.1, |region| region.sessions.fleets[0].surge = 0.0);
    let exit = clients.autoscaling().exit_standby().auto_scaling_group_name(GROUP);
    exit.set_instance_ids(Some(gateways)).send().await.expect("in service again");
    shift.wait(120);
    let told = shift.over(3, 30).await;
    stands(&told, "gateway-over-limit");
}

#[tokio::test]
async fn two_images_under_one_tag_in_one_deployment_are_told() {
    let mut watch = Watch::begin(true).await;
    let container = ContainerDefinition::builder().name("api").image(IMAGE).essential(true);
    let container = container.version_consistency(VersionConsistency::Disabled);
    let port = PortMapping::builder().container_port(3001).build();
    let call = watch.clients.ecs().register_task_definition().family(SERVICE).cpu("512").memory("1024");
    let call = call.network_mode(NetworkMode::Awsvpc).container_definitions(container.port_mappings(port).build());
    let registered = call.send().await.expect("a task definition");
    let definition = registered.task_definition().and_then(|it| it.task_definition_arn()).expect("its ARN").to_owned();
    let call = watch.clients.ecs().update_service().cluster(CLUSTER).service(SERVICE);
    call.task_definition(&definition).send().await.expect("a deployment");
    assert_eq!(watch.over(15).await, [""]);
    let now = watch.sim.now();
    each_region(&watch, |region| {
        ecs::push_image(region, IMAGE, Behaviour::Healthy, now);
    });
    let listed = watch.clients.ecs().list_tasks().cluster(CLUSTER).send().await.expect("tasks");
    let task = listed.task_arns().first().expect("one that runs").clone();
    watch.clients.ecs().stop_task().cluster(CLUSTER).task(task).send().await.expect("it stops");
    let told = watch.over(10).await;
    stands(&told, "warning digest-differs terminal-api");
    watch.redeploy().await;
    is_over(&watch.over(15).await);
}
