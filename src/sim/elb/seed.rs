//! Building load balancers that have been there for a while.

use super::{
    super::{
        ec2::{Network, Source},
        world::{Region, Tick},
    },
    State,
    balancer::{self, Action, Balancer, Listener, Rule},
    group::Group,
    target::Thresholds,
};

/// Seconds since the balancers were made: half a year.
const AGE: f64 = 183.0 * 86_400.0;

/// Digits of an id that follows from a network. They are drawn all the same, so that a seed goes on telling the story
/// that it tells.
const ID: usize = 17;

/// A target group with its health check.
#[derive(Debug, Clone)]
pub struct TargetGroupSpec<'a> {
    pub name: &'a str,
    pub port: u16,
    /// `ip` or `instance`.
    pub target_type: &'static str,
    pub path: &'a str,
    pub interval: u32,
    pub timeout: u32,
    pub healthy_threshold: u32,
    pub unhealthy_threshold: u32,
    pub deregistration_delay: u32,
    /// `lb_cookie` stickiness, in seconds.
    pub stickiness: Option<u32>,
}

/// One rule of a listener, or its default action.
#[derive(Debug, Clone)]
pub enum Route<'a> {
    /// Forward to the named target group.
    Forward(&'a str),
    /// Redirect to HTTPS 443.
    RedirectToHttps,
    /// A fixed response with this status.
    Fixed(u16),
}

/// The condition of a rule that is not the default one.
#[derive(Debug, Clone)]
pub enum Condition<'a> {
    Host(&'a str),
    Path(&'a str),
    Header(&'a str, &'a str),
}

#[derive(Debug, Clone)]
pub struct ListenerSpec<'a> {
    pub port: u16,
    /// `HTTP` or `HTTPS`.
    pub protocol: &'static str,
    pub rules: Vec<(Condition<'a>, Route<'a>)>,
    pub default: Route<'a>,
}

/// An application load balancer with its target groups and listeners.
#[derive(Debug, Clone)]
pub struct BalancerSpec<'a> {
    pub name: &'a str,
    pub network: Network,
    pub zones: &'a [char],
    pub target_groups: Vec<TargetGroupSpec<'a>>,
    pub listeners: Vec<ListenerSpec<'a>>,
    pub tags: &'a [(&'a str, &'a str)],
}

/// Creates the balancer and its groups, without targets; returns the balancer's ARN.
/// Target groups are found by name with `State::group_arn`.
pub fn balancer(region: &mut Region, tick: &mut Tick<'_>, spec: &BalancerSpec) -> String {
    let path = format!("app/{}/{}", spec.name, tick.random.hex(16));
    let arn = tick.place.arn("elasticloadbalancing", format_args!("loadbalancer/{path}"));
    tick.random.pass(ID);
    let vpc = spec.network.vpc_id(tick.place);
    let tags: Vec<_> = spec.tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    for group in &spec.target_groups {
        let group = target_group(tick, group, &vpc, &tags);
        region.elb.groups.insert(group.arn.clone(), group);
    }
    let listeners = spec.listeners.iter().map(|it| listener(&region.elb, tick, &path, it)).collect::<Vec<_>>();
    for rule in listeners.iter().flat_map(|listener| &listener.rules) {
        if let Action::Forward(group) = &rule.action
            && let Some(group) = region.elb.groups.get_mut(group)
        {
            group.balancer = Some(arn.clone());
        }
    }
    let balancer = Balancer {
        arn: arn.clone(),
        name: spec.name.to_owned(),
        dns_name: format!("{}-{}.{}.elb.amazonaws.com", spec.name, tick.random.digits(10), tick.place.region),
        created_at: tick.after(-AGE),
        zones: spec
            .zones
            .iter()
            .map(|letter| {
                tick.random.pass(ID);
                (tick.place.zone(*letter), spec.network.public(tick.place, *letter).id)
            })
            .collect(),
        vpc,
        security_group: security_group(region, tick, spec),
        listeners,
        tags,
    };
    region.elb.balancers.insert(arn.clone(), balancer);
    arn
}

/// The internet reaches the standard ports, the stack itself the others.
fn security_group(region: &mut Region, tick: &mut Tick<'_>, spec: &BalancerSpec) -> String {
    tick.random.pass(ID);
    let admits = spec.listeners.iter().map(|listener| {
        let from = if matches!(listener.port, 80 | 443) { Source::Anywhere } else { Source::Network };
        (Some(listener.port), from)
    });
    let name = format!("{}-alb-sg", spec.name.trim_end_matches("-alb"));
    region.ec2.protect(tick.place, spec.network, &name, admits)
}

fn target_group(tick: &mut Tick<'_>, spec: &TargetGroupSpec, vpc: &str, tags: &[(String, String)]) -> Group {
    let resource = format!("targetgroup/{}/{}", spec.name, tick.random.hex(16));
    Group {
        arn: tick.place.arn("elasticloadbalancing", resource),
        name: spec.name.to_owned(),
        port: spec.port,
        target_type: spec.target_type,
        vpc: vpc.to_owned(),
        path: spec.path.to_owned(),
        interval: spec.interval,
        timeout: spec.timeout,
        thresholds: Thresholds { healthy: spec.healthy_threshold, unhealthy: spec.unhealthy_threshold },
        deregistration_delay: spec.deregistration_delay,
        stickiness: spec.stickiness,
        balancer: None,
        targets: Vec::new(),
        forced: None,
        tags: tags.to_vec(),
    }
}

/// A listener of the balancer at `path` (`app/NAME/ID`). A route to an unknown group answers 503, as an
/// empty group would.
fn listener(elb: &State, tick: &mut Tick<'_>, path: &str, spec: &ListenerSpec) -> Listener {
    let id = tick.random.hex(16);
    let action = |route: &Route| match route {
        Route::Forward(name) => elb.group_arn(name).map_or(Action::Fixed(503), Action::Forward),
        Route::RedirectToHttps => Action::RedirectToHttps,
        Route::Fixed(status) => Action::Fixed(*status),
    };
    let conditional = spec
        .rules
        .iter()
        .enumerate()
        .map(|(at, (condition, route))| (u32::try_from(at).ok().map(|at| at + 1), Some(condition), route));
    let rules = conditional
        .chain([(None, None, &spec.default)])
        .map(|(priority, condition, route)| Rule {
            arn: tick
                .place
                .arn("elasticloadbalancing", format_args!("listener-rule/{path}/{id}/{}", tick.random.hex(16))),
            priority,
            condition: condition.map(|condition| match condition {
                Condition::Host(host) => balancer::Condition::Host((*host).to_owned()),
                Condition::Path(path) => balancer::Condition::Path((*path).to_owned()),
                Condition::Header(name, value) => {
                    balancer::Condition::Header { name: (*name).to_owned(), value: (*value).to_owned() }
                }
            }),
            action: action(route),
        })
        .collect();
    let certificate = || tick.place.arn("acm", format_args!("certificate/{}", tick.random.uuid()));
    Listener {
        arn: tick.place.arn("elasticloadbalancing", format_args!("listener/{path}/{id}")),
        port: spec.port,
        protocol: spec.protocol,
        certificate: (spec.protocol == "HTTPS").then(certificate),
        rules,
    }
}
