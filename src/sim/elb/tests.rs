//! ELBv2 as its clients see it: raw HTTP in, XML out.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::seed::{BalancerSpec, Condition, ListenerSpec, Route, TargetGroupSpec};
use super::*;
use crate::sim::{
    Sim,
    pace::Pace,
    world::{Place, World},
};

const GROUP: TargetGroupSpec = TargetGroupSpec {
    name: "api-tg",
    port: 3001,
    target_type: "instance",
    path: "/health",
    interval: 10,
    timeout: 5,
    healthy_threshold: 3,
    unhealthy_threshold: 2,
    deregistration_delay: 30,
    stickiness: Some(3600),
};

struct Bench {
    sim: Sim,
    place: Place,
    group: String,
    balancer: String,
}

impl Bench {
    fn new() -> Self {
        let place = Place::new("111122223333", "us-east-1");
        let mut world = World::new(3, Timestamp::from_second(1_795_000_000).unwrap());
        let World { now, random, regions, .. } = &mut world;
        let region = regions.entry(place.clone()).or_default();
        let tick = &mut Tick { now: *now, place: &place, random };
        let spec = BalancerSpec {
            name: "alb",
            network: ec2::PLAIN,
            zones: &['a', 'b'],
            target_groups: vec![GROUP, TargetGroupSpec { name: "unused-tg", stickiness: None, ..GROUP }],
            listeners: vec![
                ListenerSpec { port: 80, protocol: "HTTP", rules: Vec::new(), default: Route::RedirectToHttps },
                ListenerSpec {
                    port: 443,
                    protocol: "HTTPS",
                    rules: vec![
                        (Condition::Header("X-Origin-Verify", "yes"), Route::Forward("api-tg")),
                        (Condition::Path("/a/*"), Route::Fixed(404)),
                        (Condition::Host("a.example.com"), Route::Forward("api-tg")),
                    ],
                    default: Route::Fixed(403),
                },
            ],
            tags: &[("Project", "terminal")],
        };
        let balancer = seed::balancer(region, tick, &spec);
        let group = region.elb.group_arn("api-tg").unwrap();
        for id in ["i-1", "i-2"] {
            region.elb.register(&group, id, 3001, "us-east-1a", tick);
        }
        Self { sim: Sim::new(world, Pace::Stepped), place, group, balancer }
    }

    fn wait(&self, seconds: u64) {
        self.sim.advance(Duration::from_secs(seconds));
    }

    fn elb<T>(&self, look: impl FnOnce(&mut State, &mut Tick<'_>) -> T) -> T {
        self.sim.with_world(|world| {
            let World { now, random, regions, .. } = world;
            look(&mut regions.get_mut(&self.place).unwrap().elb, &mut Tick { now: *now, place: &self.place, random })
        })
    }

    fn post(&self, operation: &str, parameters: &str) -> (u16, String) {
        let credential = "SIM111122223333/20261120/us-east-1/elasticloadbalancing/aws4_request";
        let request = http::Request::post("/")
            .header("content-type", "application/x-www-form-urlencoded")
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"),
            )
            .body(Bytes::from(format!("Action={operation}&Version=2015-12-01{parameters}")))
            .unwrap();
        let response = self.sim.handle(&request);
        (response.status().as_u16(), String::from_utf8(response.body().to_vec()).unwrap())
    }

    /// The texts of every element `name` of an answer, in order.
    fn get(&self, operation: &str, parameters: &str, name: &str) -> Vec<String> {
        let (status, body) = self.post(operation, parameters);
        assert_eq!(status, 200, "{body}");
        elements(&body, name)
    }

    fn error(&self, operation: &str, parameters: &str) -> String {
        let (status, body) = self.post(operation, parameters);
        assert_eq!(status, 400, "{body}");
        elements(&body, "Code").remove(0)
    }

    fn health(&self) -> Vec<String> {
        self.get("DescribeTargetHealth", &format!("&TargetGroupArn={}", self.group), "State")
    }
}

fn elements(body: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    body.split(&open).skip(1).filter_map(|rest| Some(rest.split_once(&close)?.0.to_owned())).collect()
}

#[test]
fn targets_become_healthy_fail_recover_and_drain() {
    let bench = Bench::new();
    assert_eq!(bench.health(), ["initial", "initial"]);
    bench.wait(15);
    assert_eq!(bench.health(), ["healthy", "healthy"]);
    bench.elb(|elb, _| elb.force_probe(&bench.group, Some(Probe::Status(503))));
    bench.wait(21);
    assert_eq!(bench.health(), ["unhealthy", "unhealthy"]);
    let reasons = bench.get("DescribeTargetHealth", &format!("&TargetGroupArn={}", bench.group), "Description");
    assert_eq!(reasons[0], "Health checks failed with these codes: [503]");
    assert_eq!(bench.elb(|elb, _| elb.host_counts(&bench.group)), (0, 2));
    bench.elb(|elb, _| elb.force_probe(&bench.group, None));
    bench.wait(19);
    assert_eq!(bench.health(), ["unhealthy", "unhealthy"]);
    bench.wait(12);
    assert_eq!(bench.health(), ["healthy", "healthy"]);
    bench.elb(|elb, tick| elb.deregister(&bench.group, "i-1", 3001, tick));
    bench.wait(29);
    assert_eq!(bench.health(), ["draining", "healthy"]);
    bench.wait(2);
    assert_eq!(bench.health(), ["healthy"]);
    let asked = format!("&TargetGroupArn={}&Targets.member.1.Id=i-1&Targets.member.1.Port=3001", bench.group);
    assert_eq!(bench.get("DescribeTargetHealth", &asked, "Reason"), ["Target.NotRegistered"]);
}

#[test]
fn a_hanging_target_is_found_out_after_interval_times_threshold_and_the_timeout() {
    let bench = Bench::new();
    bench.wait(15);
    bench.elb(|elb, _| elb.force_probe(&bench.group, Some(Probe::Timeout)));
    bench.wait(14);
    assert!(bench.health().contains(&"healthy".to_owned()));
    bench.wait(11);
    assert_eq!(bench.health(), ["unhealthy", "unhealthy"]);
    let reasons = bench.get("DescribeTargetHealth", &format!("&TargetGroupArn={}", bench.group), "Reason");
    assert_eq!(reasons, ["Target.Timeout", "Target.Timeout"]);
}

#[test]
fn a_registration_while_draining_begins_anew() {
    let bench = Bench::new();
    bench.wait(15);
    bench.elb(|elb, tick| {
        elb.deregister(&bench.group, "i-1", 3001, tick);
        elb.register(&bench.group, "i-1", 3001, "us-east-1a", tick);
        assert_eq!(elb.target_state(&bench.group, "i-1", 3001).unwrap().0, "initial");
    });
    bench.wait(60);
    assert_eq!(bench.health(), ["healthy", "healthy"]);
}

#[test]
fn balancers_groups_listeners_and_rules_are_described() {
    let bench = Bench::new();
    let arn = format!("&LoadBalancerArn={}", bench.balancer);
    assert_eq!(
        bench.get("DescribeLoadBalancers", "&Names.member.1=alb", "LoadBalancerArn"),
        std::slice::from_ref(&bench.balancer)
    );
    assert_eq!(bench.get("DescribeTargetGroups", &arn, "TargetGroupName"), ["api-tg"]);
    assert_eq!(bench.get("DescribeTargetGroups", "", "TargetGroupName").len(), 2);
    assert_eq!(bench.get("DescribeListeners", &arn, "Port")[0], "80");
    let listeners = bench.get("DescribeListeners", &arn, "ListenerArn");
    let rules = format!("&ListenerArn={}", listeners[1]);
    assert_eq!(bench.get("DescribeRules", &rules, "Priority"), ["1", "2", "3", "default"]);
    assert_eq!(bench.get("DescribeRules", &rules, "Field"), ["http-header", "path-pattern", "host-header"]);
    let group = format!("&TargetGroupArn={}", bench.group);
    let values = bench.get("DescribeTargetGroupAttributes", &group, "Value");
    assert_eq!(values[..4], ["30", "true", "lb_cookie", "3600"]);
    let resources = format!("&ResourceArns.member.1={}&ResourceArns.member.2={}", bench.balancer, bench.group);
    assert_eq!(bench.get("DescribeTags", &resources, "Value"), ["terminal", "terminal"]);
}

#[test]
fn pages_follow_their_markers() {
    let bench = Bench::new();
    let first = bench.post("DescribeTargetGroups", "&PageSize=1").1;
    let marker = elements(&first, "NextMarker").remove(0);
    let second = bench.post("DescribeTargetGroups", &format!("&PageSize=1&Marker={marker}")).1;
    assert_ne!(elements(&first, "TargetGroupName"), elements(&second, "TargetGroupName"));
    assert!(elements(&second, "NextMarker").is_empty());
}

#[test]
fn what_does_not_exist_is_refused_without_the_exception_suffix() {
    let bench = Bench::new();
    let twenty_one: String = (1..=21).map(|at| format!("&LoadBalancerArns.member.{at}=x")).collect::<Vec<_>>().concat();
    for (operation, parameters, code) in [
        ("DescribeTargetHealth", "&TargetGroupArn=x", "TargetGroupNotFound"),
        ("DescribeTargetHealth", "", "ValidationError"),
        ("DescribeLoadBalancers", "&Names.member.1=x", "LoadBalancerNotFound"),
        ("DescribeLoadBalancers", twenty_one.as_str(), "ValidationError"),
        ("DescribeTargetGroups", "&LoadBalancerArn=x", "LoadBalancerNotFound"),
        ("DescribeListeners", "&ListenerArns.member.1=x", "ListenerNotFound"),
        ("DescribeRules", "&RuleArns.member.1=x", "RuleNotFound"),
        ("DescribeRules", "&ListenerArn=x", "ListenerNotFound"),
        ("DescribeTags", "", "ValidationError"),
        ("DescribeTargetGroups", "&PageSize=401", "ValidationError"),
    ] {
        assert_eq!(bench.error(operation, parameters), code, "{operation}{parameters}");
    }
}

#[test]
fn targets_are_registered_and_deregistered_over_the_wire() {
    let bench = Bench::new();
    bench.wait(15);
    let targets = |ids: &[&str]| {
        let named = (1..).zip(ids).map(|(at, id)| format!("&Targets.member.{at}.Id={id}"));
        format!("&TargetGroupArn={}{}", bench.group, named.collect::<String>())
    };
    let (_, body) = bench.post("DeregisterTargets", &targets(&["i-1", "i-never-there"]));
    assert!(body.contains("<DeregisterTargetsResult></DeregisterTargetsResult>"), "{body}");
    assert_eq!(bench.health(), ["draining", "healthy"]);
    assert_eq!(bench.error("RegisterTargets", &targets(&["i-1"])), "InvalidTarget");
    assert_eq!(bench.error("RegisterTargets", ""), "TargetGroupNotFound");
    assert_eq!(bench.error("DeregisterTargets", &targets(&[])), "ValidationError");
    let port = format!("{}&Targets.member.1.Port=70000", targets(&["i-2"]));
    assert_eq!(bench.error("DeregisterTargets", &port), "ValidationError");
    let running = bench.sim.with_world(|world| {
        let (region, mut tick) = world.enter(&bench.place);
        let launch = ec2::Launch {
            instance_type: "t3.medium".to_owned(),
            image_id: "ami-00000000000000000".to_owned(),
            subnet: ec2::PLAIN.private(&bench.place, 'b'),
            security_groups: Vec::new(),
            template_id: "lt-0".to_owned(),
            template_version: 1,
            tags: Vec::new(),
            spot: false,
        };
        region.ec2.launch(launch, &mut tick).unwrap()
    });
    assert_eq!(bench.error("RegisterTargets", &targets(&[&running])), "InvalidTarget", "it does not run yet");
    bench.wait(60);
    for _ in 0..2 {
        assert_eq!(bench.post("RegisterTargets", &targets(&[&running])).0, 200);
        bench.wait(15);
        assert_eq!(bench.health(), ["healthy", "healthy"], "a second registration changes nothing");
    }
    let killed = bench.sim.with_world(|world| {
        let (region, mut tick) = world.enter(&bench.place);
        region.ec2.kill(&running, &mut tick)
    });
    assert!(killed);
    bench.wait(60);
    assert_eq!(bench.health(), ["healthy", "unhealthy"]);
}
