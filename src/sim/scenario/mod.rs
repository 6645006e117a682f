//! Scenarios: scripted courses of events, written in TOML, that happen to the world.
//!
//! ```text
//! scenarios/*.toml ─▶ script (typed events) ─▶ Course ─┬▶ effect: conditions, laid over the calm world while they last
//!                                                      └▶ operator: API calls through the simulator's own front end
//! ```
//!
//! Several may run at once: what they do to the same resource multiplies or, where that has no meaning, the newest wins.
//!
//! Invariant: load and health checks are only ever what the calm estate says times the effects under way, so that a
//! world in which every effect has ended is calm again.

mod effect;
mod kinds;
mod operator;
mod script;
mod shipped;
mod values;

use jiff::{SignedDuration, Timestamp};

use self::{effect::UnderWay, operator::Order};
pub use self::{
    script::{Event, Happening, Scenario, TakenBack, check, parse},
    shipped::{UnknownScenario, begin_after, named, shipped, shipped_files, start, start_after},
};
use super::world::{Place, World};

/// The scenarios under way and what of them is still to come.
#[derive(Debug, Default)]
pub struct Course {
    /// In the order of time.
    to_come: Vec<(Timestamp, Happening)>,
    under_way: Vec<UnderWay>,
    /// What could not happen, and why: an event that names what is not there, or a call that was refused.
    missed: Vec<String>,
}

impl Course {
    /// Adds the events of `scenario`, which begins at `begins`.
    pub fn add(&mut self, scenario: &Scenario, begins: Timestamp) {
        let at = |after: SignedDuration| begins.saturating_add(after).unwrap_or(Timestamp::MAX);
        self.to_come.extend(scenario.events.iter().map(|event| (at(event.at), event.happening.clone())));
        self.to_come.sort_by_key(|(at, _)| *at);
    }

    /// Whether nothing is under way or still to come.
    pub fn is_over(&self) -> bool {
        self.to_come.is_empty() && self.under_way.is_empty()
    }

    /// What could not happen, and why; empty where every scenario fits the world.
    pub fn missed(&self) -> &[String] {
        &self.missed
    }

    /// Lets every event happen whose time has come, and ends what has lasted long enough.
    pub fn step(world: &mut World) {
        effect::end_those_over(world);
        while let Some((at, _)) = world.course.to_come.first()
            && *at <= world.now
        {
            let (_, happening) = world.course.to_come.remove(0);
            if let Err(missed) = happen(world, happening) {
                tracing::warn!(missed, "a scenario's event could not happen");
                world.course.missed.push(missed);
            }
        }
    }
}

fn happen(world: &mut World, happening: Happening) -> Result<(), String> {
    match happening {
        Happening::Condition { condition, lasts } => effect::begin(world, condition, lasts),
        Happening::Kill { place, group } => kill(world, &place, &group),
        Happening::TakenBack { place, group, how } => take_back(world, &place, &group, how),
        Happening::Order { place, order } => match order {
            Order::Deploy { cluster, service, image } => operator::deploy(world, &place, (&cluster, &service), &image),
            Order::Call { api, operation, input } => operator::call(world, &place, api, &operation, &input).map(|_| ()),
        },
        Happening::Restore => {
            world.course.to_come.clear();
            effect::end_all(world);
            Ok(())
        }
    }
}

/// Lets the gateway of `group` die that holds the most sessions.
fn kill(world: &mut World, place: &Place, group: &str) -> Result<(), String> {
    let (region, mut tick) = world.enter(place);
    let fullest = region.sessions.fullest(group).map(str::to_owned);
    let dies = fullest.is_some_and(|gateway| region.ec2.kill(&gateway, &mut tick));
    if dies { Ok(()) } else { Err(format!("no gateway of group {group} with sessions in {place}")) }
}

/// Lets AWS say of the gateway of `group` that holds the most sessions, or that it said it of before, that it takes it
/// back. The group's instances run on Spot capacity from then on, whatever they did before.
fn take_back(world: &mut World, place: &Place, group: &str, how: TakenBack) -> Result<(), String> {
    let (region, mut tick) = world.enter(place);
    let fullest = region.sessions.fullest(group).map(str::to_owned);
    let (Some(owner), Some(fullest)) = (region.autoscaling.groups.get_mut(group), fullest) else {
        return Err(format!("no gateway of group {group} with sessions in {place}"));
    };
    owner.spot = true;
    for member in &owner.members {
        region.ec2.make_spot(&member.instance, &mut tick);
    }
    match how {
        TakenBack::Recommended => {
            owner.recommended = Some((fullest, None));
            Ok(())
        }
        TakenBack::Notice => {
            let named = owner.recommended.as_ref().map(|(old, _)| old.clone());
            let noticed = named.into_iter().chain([fullest]).any(|it| region.ec2.give_notice(&it, &tick));
            if noticed { Ok(()) } else { Err(format!("no running gateway of group {group} in {place}")) }
        }
    }
}

#[cfg(test)]
mod tests;
