//! Target tracking: what a policy does when one of its alarms is in ALARM.
//!
//! Source: aws-reference §3. Scale out when any policy says so, scale in only when all agree; never in while a
//! deployment is under way; out of range, the range is entered first and only in the direction of the alarm.

use jiff::{SignedDuration, Timestamp};

use super::{Policy, Target, activity::Course};
use crate::sim::world::{Region, Tick};

/// The direction of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Out,
    In,
}

/// What an alarm leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Set(u32),
    /// The limit in the alarm's direction has been reached.
    AtLimit(u32),
    /// Cooldown, nothing to gain, or out of range on the other side.
    Wait,
}

/// Called every minute while an alarm whose actions name `policy_arn` is in ALARM.
pub fn on_alarm(region: &mut Region, tick: &mut Tick<'_>, policy_arn: &str, alarm: &str, metric: f64) {
    let Some(index) = region.scaling.policies.iter().position(|policy| policy.arn == policy_arn) else { return };
    let policy = region.scaling.policies[index].clone();
    let Some(target) = region.scaling.targets.get(&policy.resource).cloned() else { return };
    let service = policy.resource.service_arn(tick.place);
    let Some(current) = region.ecs.desired_count(&service) else { return };
    let direction = if alarm == policy.high_alarm.0 { Direction::Out } else { Direction::In };
    let blocked = match direction {
        Direction::Out => target.suspended.scale_out,
        Direction::In => target.suspended.scale_in || policy.disable_scale_in || region.ecs.deploying(&service),
    };
    if blocked {
        return;
    }
    let decision = match direction {
        Direction::Out => scale_out(&policy, &target, current, metric, tick.now),
        Direction::In => scale_in(&policy, &target, current, metric, tick.now),
    };
    let cause = format!("monitor alarm {alarm} in state ALARM triggered policy {}", policy.name);
    match decision {
        Decision::Wait => {}
        Decision::AtLimit(bound) => {
            let code = match direction {
                Direction::Out => "AlreadyAtMaxCapacity",
                Direction::In => "AlreadyAtMinCapacity",
            };
            let course = Course::NotScaled { code, bound, current };
            region.scaling.note_refusal(&policy.resource, course, cause, tick);
        }
        Decision::Set(count) => {
            let count = match direction {
                Direction::Out => Some(count),
                Direction::In => region.scaling.agreed(index, count, tick.now),
            };
            if let Some(count) = count.filter(|count| *count != current) {
                region.ecs.set_desired_count(&service, count, tick);
                region.scaling.note_change(&policy.resource, count, cause, tick);
                region.scaling.scaled(index, direction, tick.now);
            }
        }
    }
}

fn scale_out(policy: &Policy, target: &Target, current: u32, metric: f64, now: Timestamp) -> Decision {
    if current < target.min {
        return Decision::Set(target.min);
    }
    if current > target.max || cooling(policy.last_scaled_out, policy.scale_out_cooldown, now) {
        return Decision::Wait;
    }
    if current == target.max {
        return Decision::AtLimit(target.max);
    }
    Decision::Set(needed(policy, current, metric).clamp(current + 1, target.max))
}

fn scale_in(policy: &Policy, target: &Target, current: u32, metric: f64, now: Timestamp) -> Decision {
    if current > target.max {
        return Decision::Set(target.max);
    }
    let last = policy.last_scaled_in.max(policy.last_scaled_out);
    if current < target.min || cooling(last, policy.scale_in_cooldown, now) {
        return Decision::Wait;
    }
    if current == target.min {
        return Decision::AtLimit(target.min);
    }
    match needed(policy, current, metric).max(target.min) {
        fewer if fewer < current => Decision::Set(fewer),
        _ => Decision::Wait,
    }
}

/// The count at which the metric would be at the policy's target, as far as it falls in proportion.
fn needed(policy: &Policy, current: u32, metric: f64) -> u32 {
    (f64::from(current) * metric / policy.value).ceil() as u32
}

fn cooling(last: Option<Timestamp>, cooldown: u32, now: Timestamp) -> bool {
    last.is_some_and(|last| now.duration_since(last) < SignedDuration::from_secs(cooldown.into()))
}

impl super::State {
    /// The count to which every policy of the target would scale in at this moment: none until the last one agrees.
    fn agreed(&mut self, index: usize, count: u32, now: Timestamp) -> Option<u32> {
        let resource = self.policies[index].resource.clone();
        self.policies[index].scale_in_proposal = Some((now, count));
        self.policies
            .iter()
            .filter(|policy| policy.resource == resource && !policy.disable_scale_in)
            .map(|policy| policy.scale_in_proposal.filter(|(at, _)| *at == now).map(|(_, count)| count))
            .try_fold(0, |highest, count| Some(highest.max(count?)))
    }

    fn scaled(&mut self, index: usize, direction: Direction, now: Timestamp) {
        match direction {
            Direction::Out => self.policies[index].last_scaled_out = Some(now),
            Direction::In => self.policies[index].last_scaled_in = Some(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::scaling::{Metric, ResourceId, Suspended};

    fn policy() -> Policy {
        Policy {
            arn: String::new(),
            name: "cpu70".to_owned(),
            resource: ResourceId("service/c/s".to_owned()),
            metric: Metric::Cpu,
            value: 70.0,
            scale_out_cooldown: 60,
            scale_in_cooldown: 300,
            disable_scale_in: false,
            high_alarm: Default::default(),
            low_alarm: Default::default(),
            created: Timestamp::UNIX_EPOCH,
            last_scaled_out: None,
            last_scaled_in: None,
            scale_in_proposal: None,
        }
    }

    fn target() -> Target {
        Target {
            arn: String::new(),
            min: 2,
            max: 10,
            role: String::new(),
            suspended: Suspended::default(),
            created: Timestamp::UNIX_EPOCH,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_count_follows_the_metric_within_the_range() {
        let out = |current, metric| scale_out(&policy(), &target(), current, metric, at(0));
        assert_eq!(out(2, 91.0), Decision::Set(3));
        assert_eq!(out(4, 175.0), Decision::Set(10));
        assert_eq!(out(8, 140.0), Decision::Set(10));
        assert_eq!(out(10, 140.0), Decision::AtLimit(10));
        let inward = |current, metric| scale_in(&policy(), &target(), current, metric, at(0));
        assert_eq!(inward(8, 35.0), Decision::Set(4));
        assert_eq!(inward(8, 1.0), Decision::Set(2));
        assert_eq!(inward(3, 60.0), Decision::Wait, "one task fewer would be above the target");
        assert_eq!(inward(2, 1.0), Decision::AtLimit(2));
    }

    #[test]
    fn out_of_range_only_the_alarm_towards_the_range_acts() {
        assert_eq!(scale_out(&policy(), &target(), 1, 91.0, at(0)), Decision::Set(2));
        assert_eq!(scale_in(&policy(), &target(), 1, 5.0, at(0)), Decision::Wait);
        assert_eq!(scale_in(&policy(), &target(), 12, 5.0, at(0)), Decision::Set(10));
        assert_eq!(scale_out(&policy(), &target(), 12, 91.0, at(0)), Decision::Wait);
    }

    #[test]
    fn cooldowns_hold_back() {
        let cooled = Policy { last_scaled_out: Some(at(0)), ..policy() };
        assert_eq!(scale_out(&cooled, &target(), 3, 91.0, at(59)), Decision::Wait);
        assert_eq!(scale_out(&cooled, &target(), 3, 91.0, at(60)), Decision::Set(4));
        assert_eq!(scale_in(&cooled, &target(), 4, 20.0, at(299)), Decision::Wait);
        assert_eq!(scale_in(&cooled, &target(), 4, 20.0, at(300)), Decision::Set(2));
    }

    #[test]
    fn scaling_in_needs_every_policy_and_takes_the_highest_count() {
        let mut state = super::super::State { policies: vec![policy(), policy()], ..Default::default() };
        assert_eq!(state.agreed(0, 3, at(60)), None);
        assert_eq!(state.agreed(1, 5, at(60)), Some(5));
        assert_eq!(state.agreed(0, 3, at(120)), None, "yesterday's consent is none");
        state.policies[1].disable_scale_in = true;
        assert_eq!(state.agreed(0, 3, at(180)), Some(3));
    }
}
