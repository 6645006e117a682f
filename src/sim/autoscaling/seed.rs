//! Building an Auto Scaling group that has been there for a while.

use super::{
    super::{
        ec2::{LaunchTemplate, Network, Source, TemplateVersion},
        elb::seed::{BalancerSpec, ListenerSpec, Route, TargetGroupSpec, balancer},
        world::{Region, Tick},
    },
    Group, Policy, Services, TemplateChoice, lifecycle, metrics, reconcile,
};

/// The repository of the gateways' image in the account's registry, and its tags by template version.
const GATEWAY_REPOSITORY: &str = "terminal/gateway";
const GATEWAY_TAGS: [&str; 3] = ["1.3.0", "1.3.2", "1.4.0"];

/// Where gateways take sessions.
const SESSION_PORT: u16 = 2323;

/// Seconds before the world began at which the template's versions, and the group, came to be.
const VERSIONS_AGO: [f64; 3] = [180.0 * DAY, 75.0 * DAY, 12.0 * DAY];
const GROUP_AGO: f64 = 179.0 * DAY;
/// When its oldest instances were launched, and when it was scaled out to what it desires now.
const OLDEST_AGO: f64 = 11.4 * DAY;
const SCALED_AGO: f64 = 4.3 * DAY;
const DAY: f64 = 86_400.0;

/// A group of gateways with its launch template and its target tracking policy on a session metric.
#[derive(Debug, Clone)]
pub struct GroupSpec<'a> {
    pub name: &'a str,
    pub network: Network,
    pub launch_template: &'a str,
    pub instance_type: &'a str,
    pub min: u32,
    pub desired: u32,
    pub max: u32,
    pub grace_seconds: u32,
    pub zones: &'a [char],
    pub tags: &'a [(&'a str, &'a str)],
    pub policy: Option<PolicySpec<'a>>,
}

/// A target tracking policy on a custom metric's Average.
#[derive(Debug, Clone)]
pub struct PolicySpec<'a> {
    pub name: &'a str,
    pub namespace: &'a str,
    pub metric: &'a str,
    pub target: f64,
}

/// Creates the launch template (three versions), the group with instances in service, its policy with the two
/// alarms, and some past activities.
pub fn group(region: &mut Region, tick: &mut Tick<'_>, spec: &GroupSpec) {
    let security_group = format!("{}-sg", spec.name.trim_end_matches("-asg"));
    let sessions = (Some(SESSION_PORT), Source::Network);
    let security_group = region.ec2.protect(tick.place, spec.network, &security_group, [sessions]);
    let template = launch_template(tick, spec, &security_group);
    let choice = TemplateChoice { id: template.id.clone(), name: template.name.clone(), version: "$Latest".to_owned() };
    region.ec2.templates.insert(template.id.clone(), template);
    let mut group = Group {
        name: spec.name.to_owned(),
        arn: tick.place.arn(
            "autoscaling",
            format_args!("autoScalingGroup:{}:autoScalingGroupName/{}", tick.random.uuid(), spec.name),
        ),
        network: spec.network,
        template: choice,
        min: spec.min,
        desired: spec.min,
        max: spec.max,
        cooldown: 300,
        grace: spec.grace_seconds,
        warmup: None,
        zones: spec.zones.to_vec(),
        created: tick.after(-GROUP_AGO),
        members: Vec::new(),
        suspended: std::collections::BTreeMap::new(),
        tags: owned(spec.tags),
        policies: Vec::new(),
        hooks: Vec::new(),
        rolling: None,
        target_groups: Vec::new(),
        protect_new: false,
        reason: None,
        balancing: None,
        spot: false,
        rebalances: false,
        recommended: None,
        replacing: 0,
        scaled: None,
    };
    if let Some(spec) = &spec.policy {
        let policy = policy(tick, &group.name, spec);
        for alarm in policy.alarm_specs() {
            region.cloudwatch.put_alarm(alarm, tick);
        }
        group.policies.push(policy);
    }
    grow(region, tick, &mut group, spec);
    region.autoscaling.groups.insert(group.name.clone(), group);
}

/// Publishes the metrics of the past `minutes`, as if groups and their load had been as they are now.
pub fn history(region: &mut Region, tick: &mut Tick<'_>, minutes: i64) {
    for ago in (1..=minutes).rev() {
        metrics::publish(region, &mut at(tick, 60.0 * ago as f64));
    }
}

/// Lives the group's past as far as it can be seen: replacements for the instances that were there, then a
/// scale-out to what it desires now.
fn grow(region: &mut Region, tick: &mut Tick<'_>, group: &mut Group, spec: &GroupSpec) {
    group.replacing = spec.min;
    live(region, &mut at(tick, OLDEST_AGO), group);
    let past = &mut at(tick, SCALED_AGO);
    group.set_desired(spec.desired, "a user request explicitly set group desired capacity", past.now);
    live(region, past, group);
}

/// Reconciles the group at `tick` and lets ten minutes pass, in which what was started comes into service.
fn live(region: &mut Region, tick: &mut Tick<'_>, group: &mut Group) {
    let Region { autoscaling, ec2, elb, .. } = region;
    let services = &mut Services { ec2, elb, activities: &mut autoscaling.activities };
    reconcile::reconcile(group, services, tick);
    for ago in [-60.0, -600.0] {
        let later = &mut at(tick, ago);
        for instance in services.ec2.instances.values_mut() {
            instance.step(later);
        }
        lifecycle::advance(group, services, later);
    }
}

/// Puts the group's instances, those in service at once, behind a balancer of their own, in a target group called
/// `GROUP-tg`, from which they drain for so many seconds; returns its ARN. No estate's gateways have one, but those of
/// other stacks do.
pub fn put_behind_balancer(region: &mut Region, tick: &mut Tick<'_>, group: &str, drain_seconds: u32) -> String {
    let name = format!("{group}-tg");
    let target_group = TargetGroupSpec {
        name: &name,
        port: SESSION_PORT,
        target_type: "instance",
        path: "/health",
        interval: 10,
        timeout: 5,
        healthy_threshold: 2,
        unhealthy_threshold: 2,
        deregistration_delay: drain_seconds,
        stickiness: None,
    };
    let Some(network) = region.autoscaling.groups.get(group).map(|group| group.network) else { return String::new() };
    let listener = ListenerSpec { port: 443, protocol: "HTTPS", rules: Vec::new(), default: Route::Forward(&name) };
    let spec = BalancerSpec {
        name: group,
        network,
        zones: &['a', 'b'],
        target_groups: vec![target_group],
        listeners: vec![listener],
        tags: &[],
    };
    balancer(region, tick, &spec);
    let arn = region.elb.group_arn(&name).unwrap_or_default();
    if let Some(group) = region.autoscaling.groups.get_mut(group) {
        group.target_groups.push(arn.clone());
        for member in group.in_service() {
            region.elb.enrol(&arn, &member.instance, &tick.place.zone(member.zone), tick);
        }
    }
    region.elb.settle(&arn);
    arn
}

/// The tick of `ago` seconds before this one.
fn at<'t>(tick: &'t mut Tick<'_>, ago: f64) -> Tick<'t> {
    Tick { now: tick.after(-ago), place: tick.place, random: &mut *tick.random }
}

fn launch_template(tick: &mut Tick<'_>, spec: &GroupSpec, security_group: &str) -> LaunchTemplate {
    let image_id = format!("ami-0{}", tick.random.hex(16));
    let registry = format!("{}.dkr.ecr.{}.amazonaws.com", tick.place.account, tick.place.region);
    let numbered = (1..).zip(GATEWAY_TAGS).zip(VERSIONS_AGO);
    let versions = numbered.map(|((number, tag), ago)| TemplateVersion {
        number,
        description: format!("gateway {tag}"),
        client_token: None,
        created: tick.after(-ago),
        image_id: image_id.clone(),
        instance_type: spec.instance_type.to_owned(),
        security_groups: vec![security_group.to_owned()],
        profile: format!("{}-role", spec.name.trim_end_matches("-asg")),
        user_data: format!(
            "#!/bin/bash\ndocker run -d --restart always --network host -e MAX_SESSIONS={} \
             {registry}/{GATEWAY_REPOSITORY}:{tag}\n",
            session_limit(spec.instance_type)
        ),
        tags: vec![("Name".to_owned(), spec.name.trim_end_matches("-asg").to_owned())],
    });
    let versions: Vec<TemplateVersion> = versions.collect();
    LaunchTemplate {
        id: format!("lt-0{}", tick.random.hex(16)),
        name: spec.launch_template.to_owned(),
        created: tick.after(-VERSIONS_AGO[0]),
        default_version: 1,
        versions,
        tags: owned(spec.tags),
    }
}

/// Sessions that a gateway of this type takes.
fn session_limit(instance_type: &str) -> u32 {
    match instance_type {
        "t3.large" => 20,
        "c6i.xlarge" => 50,
        _ => 10,
    }
}

fn policy(tick: &mut Tick<'_>, group: &str, spec: &PolicySpec) -> Policy {
    Policy {
        namespace: spec.namespace.to_owned(),
        metric: spec.metric.to_owned(),
        target: spec.target,
        ..Policy::new(tick, group, spec.name)
    }
}

fn owned(tags: &[(&str, &str)]) -> Vec<(String, String)> {
    tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}
