//! Conditions that scenarios lay over the calm world, and over the way to it.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::super::{
    billing::{Surge, hour_of},
    ecs::{self, Behaviour},
    edge::Trouble,
    elb::Probe,
    world::{Place, Region, Tick, World, sleep},
};

/// Something that holds while it lasts.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Of something in a place.
    Estate { place: Place, effect: Effect },
    /// Of the way to AWS.
    Edge(Trouble),
}

/// A condition of one resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Containers of an image (`repository:tag` or a digest) behave so, running ones too.
    Image { image: String, behaviour: Behaviour },
    /// A new image that behaves so is pushed under the tag; what runs goes on running the old one.
    Push { image: String, behaviour: Behaviour },
    /// The image is not in the registry.
    Gone { image: String },
    /// Every health check of a target group gets this answer.
    Probe { group: String, probe: Probe },
    /// Multipliers of a service's requests and of its time to answer, and the share of requests answered with 5xx.
    Traffic { cluster: String, service: String, surge: f64, slowdown: f64, error_share: f64 },
    /// Multiplier of the sessions that arrive at a group of gateways.
    Sessions { group: String, surge: f64 },
    /// The oldest session of each gateway of a group does not end.
    Endless { group: String },
    /// The account may run so many vCPUs on EC2 at once.
    Quota { vcpus: u32 },
    /// FARGATE_SPOT takes the service's tasks back and has no capacity for new ones.
    Spot { cluster: String, service: String },
    /// Nobody calls these services, which sleep at zero tasks; afterwards the first request wakes all of them.
    Sleep { services: Vec<(String, String)> },
    /// Nothing in the zone with this letter can be reached or started.
    Zone { letter: char },
    /// Multiplier of the data through a stack's NAT gateways, which has been so for a while when it begins: what the bill
    /// tells is always of yesterday.
    Gateways { stack: String, factor: f64, since: SignedDuration },
}

/// A condition that has begun.
#[derive(Debug)]
pub struct UnderWay {
    condition: Condition,
    /// When it ends by itself.
    until: Option<Timestamp>,
}

/// Begins a condition; fails where its resource is not there.
pub fn begin(world: &mut World, condition: Condition, lasts: Option<SignedDuration>) -> Result<(), String> {
    let condition = pushed(world, condition)?;
    let until = lasts.map(|lasts| world.now.saturating_add(lasts).unwrap_or(Timestamp::MAX));
    world.course.under_way.push(UnderWay { condition: condition.clone(), until });
    if lay(world, &condition).is_none() {
        world.course.under_way.pop();
        return Err(format!("no {}", condition.subject()));
    }
    strike(world, &condition);
    Ok(())
}

/// Ends the conditions whose time is up.
pub fn end_those_over(world: &mut World) {
    let now = world.now;
    end(world, |it| it.until.is_some_and(|until| until <= now));
}

/// Ends every condition.
pub fn end_all(world: &mut World) {
    end(world, |_| true);
}

fn end(world: &mut World, over: impl Fn(&UnderWay) -> bool) {
    let ended: Vec<_> = world.course.under_way.extract_if(.., |it| over(it)).collect();
    for ended in &ended {
        // What has gone away meanwhile needs no calming down.
        let _gone = lay(world, &ended.condition);
    }
}

/// Pushes the image of a push: from here on the condition is that image's, wherever its tag goes.
fn pushed(world: &mut World, condition: Condition) -> Result<Condition, String> {
    let Condition::Estate { place, effect } = condition else { return Ok(condition) };
    let region = world.regions.get_mut(&place).ok_or_else(|| format!("nothing is in {place}"))?;
    let effect = match effect {
        Effect::Push { image, behaviour } => {
            Effect::Image { image: ecs::push_image(region, &image, behaviour, world.now), behaviour }
        }
        effect => effect,
    };
    Ok(Condition::Estate { place, effect })
}

/// What the beginning of a condition does, once.
fn strike(world: &mut World, condition: &Condition) {
    match condition {
        Condition::Edge(Trouble::Strained { place, service, left }) => world.edge.drain(place, service, *left),
        Condition::Estate { place, effect: Effect::Spot { cluster, service } } => {
            let (region, mut tick) = world.enter(place);
            ecs::interrupt_spot(region, &mut tick, &service_arn(place, cluster, service), usize::MAX);
        }
        Condition::Estate { place, effect: Effect::Sleep { services } } => {
            let services = services.iter().map(|(cluster, service)| service_arn(place, cluster, service));
            let services = services.collect();
            let (region, mut tick) = world.enter(place);
            sleep::lie_down(region, services, &mut tick);
        }
        _ => {}
    }
}

/// Makes what `changed` is about what the calm world and the conditions under way say; `None` where there is no such
/// resource.
fn lay(world: &mut World, changed: &Condition) -> Option<()> {
    let World { course, regions, random, now, edge } = world;
    let under_way = course.under_way.iter().map(|it| &it.condition);
    match changed {
        Condition::Edge(_) => {
            let troubles = under_way.filter_map(|it| match it {
                Condition::Edge(trouble) => Some(trouble.clone()),
                Condition::Estate { .. } => None,
            });
            edge.troubles = troubles.collect();
            Some(())
        }
        Condition::Estate { place, effect } => {
            let here = under_way.filter_map(|it| match it {
                Condition::Estate { place: other, effect } if other == place => Some(effect),
                _ => None,
            });
            let here: Vec<&Effect> = here.collect();
            lay_on(regions.get_mut(place)?, &mut Tick { now: *now, place, random }, effect, &here)
        }
    }
}

/// Makes the resource that `changed` is about what the effects `here`, in the order of their beginning, say.
fn lay_on(region: &mut Region, tick: &mut Tick<'_>, changed: &Effect, here: &[&Effect]) -> Option<()> {
    match changed {
        Effect::Image { image, .. } | Effect::Push { image, .. } => {
            let newest = newest(here, |it| match it {
                Effect::Image { image: other, behaviour } if other == image => Some(*behaviour),
                _ => None,
            });
            ecs::set_behaviour(region, image, newest.unwrap_or(Behaviour::Healthy));
        }
        Effect::Gone { image } => {
            if here.contains(&changed) {
                region.ecr.withdraw(image).then_some(())?;
            } else {
                region.ecr.restore(image);
            }
        }
        Effect::Probe { group, .. } => {
            let newest = newest(here, |it| match it {
                Effect::Probe { group: other, probe } if other == group => Some(*probe),
                _ => None,
            });
            let arn = region.elb.group_arn(group)?;
            region.elb.force_probe(&arn, newest);
        }
        Effect::Traffic { cluster, service, .. } => lay_traffic(region, tick.place, (cluster, service), here)?,
        Effect::Sessions { group, .. } => {
            let surges = here.iter().filter_map(|it| match it {
                Effect::Sessions { group: other, surge } if other == group => Some(*surge),
                _ => None,
            });
            let fleet = region.sessions.fleets.iter_mut().find(|fleet| fleet.group == *group)?;
            fleet.surge = surges.product();
        }
        Effect::Endless { group } => {
            let fleet = region.sessions.fleets.iter_mut().find(|fleet| fleet.group == *group)?;
            fleet.endless = here.contains(&changed);
        }
        Effect::Quota { .. } => {
            region.ec2.vcpu_limit = newest(here, |it| match it {
                Effect::Quota { vcpus } => Some(*vcpus),
                _ => None,
            });
        }
        Effect::Spot { cluster, service } => {
            region.ecs.desired_count(&service_arn(tick.place, cluster, service))?;
            let short = here.iter().any(|it| matches!(it, Effect::Spot { .. }));
            region.ecs.set_spot_available(!short);
        }
        Effect::Sleep { services } => {
            for (cluster, service) in services {
                let quiet = here.iter().any(|it| {
                    let Effect::Sleep { services } = it else { return false };
                    services.iter().any(|(c, s)| (c, s) == (cluster, service))
                });
                let arn = service_arn(tick.place, cluster, service);
                region.traffic.workloads.get_mut(&arn)?.quiet = quiet;
            }
        }
        Effect::Gateways { stack, factor, since } => {
            region.billing.has_gateways(stack).then_some(())?;
            let (now, factor) = (hour_of(tick.now), (factor * 1_000.0) as u64);
            if here.contains(&changed) {
                let (project, from) = (stack.clone(), now - since.as_hours());
                region.billing.surges.push(Surge { project, factor, from, until: None });
            } else if let Some(surge) = region.billing.surges.iter_mut().find(|it| it.is_open(stack, factor)) {
                surge.until = Some(now);
            }
        }
        Effect::Zone { .. } => {
            let out: BTreeSet<String> = here
                .iter()
                .filter_map(|it| match it {
                    Effect::Zone { letter } => Some(tick.place.zone(*letter)),
                    _ => None,
                })
                .collect();
            region.ecs.set_zones_out(out.clone());
            region.ec2.set_zones_out(out, tick);
        }
    }
    Some(())
}

fn lay_traffic(region: &mut Region, place: &Place, subject: (&String, &String), here: &[&Effect]) -> Option<()> {
    let workload = region.traffic.workloads.get_mut(&service_arn(place, subject.0, subject.1))?;
    (workload.surge, workload.slowdown) = (1.0, 1.0);
    let mut answered_well = 1.0;
    for effect in here {
        if let Effect::Traffic { cluster, service, surge, slowdown, error_share } = effect
            && (cluster, service) == subject
        {
            workload.surge *= surge;
            workload.slowdown *= slowdown;
            answered_well *= 1.0 - error_share;
        }
    }
    workload.error_share = 1.0 - answered_well;
    Some(())
}

/// What the effect that began last says of a subject.
fn newest<T>(here: &[&Effect], says: impl Fn(&Effect) -> Option<T>) -> Option<T> {
    here.iter().rev().find_map(|it| says(it))
}

fn service_arn(place: &Place, cluster: &str, service: &str) -> String {
    place.arn("ecs", format_args!("service/{cluster}/{service}"))
}

impl Condition {
    /// What it is about, and where.
    fn subject(&self) -> String {
        match self {
            Self::Estate { place, effect } => format!("{} in {place}", effect.subject()),
            Self::Edge(_) => "way to AWS".to_owned(),
        }
    }
}

impl Effect {
    /// The resource that it is about.
    fn subject(&self) -> String {
        match self {
            Self::Image { image, .. } | Self::Push { image, .. } | Self::Gone { image } => format!("image {image}"),
            Self::Probe { group, .. } => format!("target group {group}"),
            Self::Traffic { cluster, service, .. } => format!("traffic at service {cluster}/{service}"),
            Self::Sessions { group, .. } | Self::Endless { group } => format!("sessions on group {group}"),
            Self::Quota { .. } => "EC2's limit".to_owned(),
            Self::Spot { cluster, service } => format!("service {cluster}/{service}"),
            Self::Sleep { services } => {
                let names: Vec<_> = services.iter().map(|(cluster, service)| format!("{cluster}/{service}")).collect();
                format!("traffic at one of {}", names.join(", "))
            }
            Self::Zone { letter } => format!("zone {letter}"),
            Self::Gateways { stack, .. } => format!("NAT gateway of {stack}"),
        }
    }
}
