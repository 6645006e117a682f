//! Conditions that scenarios lay over the calm world.

use jiff::{SignedDuration, Timestamp};

use super::super::{
    ecs::{self, Behaviour},
    elb::Probe,
    world::{Place, Region, World},
};

/// A condition of one resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Containers of an image (`repository:tag` or a digest) behave so, running ones too.
    Image { image: String, behaviour: Behaviour },
    /// A new image that behaves so is pushed under the tag; what runs goes on running the old one.
    Push { image: String, behaviour: Behaviour },
    /// Every health check of a target group gets this answer.
    Probe { group: String, probe: Probe },
    /// Multipliers of a service's requests and of its time to answer, and the share of requests answered with 5xx.
    Traffic { cluster: String, service: String, surge: f64, slowdown: f64, error_share: f64 },
    /// Multiplier of the sessions that arrive at a group of gateways.
    Sessions { group: String, surge: f64 },
}

/// A condition that has begun.
#[derive(Debug)]
pub struct UnderWay {
    place: Place,
    effect: Effect,
    /// When it ends by itself.
    until: Option<Timestamp>,
}

/// Begins a condition; fails where its resource is not there.
pub fn begin(world: &mut World, place: Place, effect: Effect, lasts: Option<SignedDuration>) -> Result<(), String> {
    let now = world.now;
    let region = world.regions.get_mut(&place).ok_or_else(|| format!("nothing is in {place}"))?;
    let effect = match effect {
        // From here on the condition is the new image's, wherever its tag goes.
        Effect::Push { image, behaviour } => {
            Effect::Image { image: ecs::push_image(region, &image, behaviour, now), behaviour }
        }
        effect => effect,
    };
    let until = lasts.map(|lasts| now.saturating_add(lasts).unwrap_or(Timestamp::MAX));
    let started = UnderWay { place, effect, until };
    let laid = lay(region, world.course.under_way.iter().chain([&started]), &started);
    laid.ok_or_else(|| format!("no {} in {}", started.effect.subject(), started.place))?;
    world.course.under_way.push(started);
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
    let World { course, regions, .. } = world;
    let ended: Vec<_> = course.under_way.extract_if(.., |it| over(it)).collect();
    for ended in &ended {
        if let Some(region) = regions.get_mut(&ended.place) {
            // What has gone away meanwhile needs no calming down.
            let _gone = lay(region, course.under_way.iter(), ended);
        }
    }
}

/// Makes the resource that `changed` is about what the calm world and the conditions `under_way` say; `None` where
/// there is no such resource.
fn lay<'a>(region: &mut Region, under_way: impl Iterator<Item = &'a UnderWay>, changed: &UnderWay) -> Option<()> {
    let here = under_way.filter(|it| it.place == changed.place).map(|it| &it.effect);
    match &changed.effect {
        Effect::Image { image, .. } | Effect::Push { image, .. } => {
            let newest = here.filter_map(|it| match it {
                Effect::Image { image: other, behaviour } if other == image => Some(*behaviour),
                _ => None,
            });
            ecs::set_behaviour(region, image, newest.last().unwrap_or(Behaviour::Healthy));
        }
        Effect::Probe { group, .. } => {
            let newest = here.filter_map(|it| match it {
                Effect::Probe { group: other, probe } if other == group => Some(*probe),
                _ => None,
            });
            let arn = region.elb.group_arn(group)?;
            region.elb.force_probe(&arn, newest.last());
        }
        Effect::Traffic { cluster, service, .. } => {
            let arn = changed.place.arn("ecs", format_args!("service/{cluster}/{service}"));
            let workload = region.traffic.workloads.get_mut(&arn)?;
            (workload.surge, workload.slowdown) = (1.0, 1.0);
            let mut answered_well = 1.0;
            for effect in here {
                if let Effect::Traffic { cluster: c, service: s, surge, slowdown, error_share } = effect
                    && (c, s) == (cluster, service)
                {
                    workload.surge *= surge;
                    workload.slowdown *= slowdown;
                    answered_well *= 1.0 - error_share;
                }
            }
            workload.error_share = 1.0 - answered_well;
        }
        Effect::Sessions { group, .. } => {
            let surges = here.filter_map(|it| match it {
                Effect::Sessions { group: other, surge } if other == group => Some(*surge),
                _ => None,
            });
            let fleet = region.sessions.fleets.iter_mut().find(|fleet| fleet.group == *group)?;
            fleet.surge = surges.product();
        }
    }
    Some(())
}

impl Effect {
    /// The resource that it is about.
    fn subject(&self) -> String {
        match self {
            Self::Image { image, .. } | Self::Push { image, .. } => format!("image {image}"),
            Self::Probe { group, .. } => format!("target group {group}"),
            Self::Traffic { cluster, service, .. } => format!("traffic at service {cluster}/{service}"),
            Self::Sessions { group, .. } => format!("sessions on group {group}"),
        }
    }
}
