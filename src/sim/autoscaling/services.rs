//! What a group works on, apart from itself.

use super::{
    super::{ec2, elb, world::Tick},
    activity::Log,
};

/// The services that a group calls, and the log in which it says so.
#[derive(Debug)]
pub struct Services<'a> {
    pub ec2: &'a mut ec2::State,
    pub elb: &'a mut elb::State,
    pub activities: &'a mut Log,
}

impl Services<'_> {
    /// Takes the instance out of the target groups; it drains where it was in.
    pub fn leave(&mut self, target_groups: &[String], instance: &str, tick: &mut Tick<'_>) {
        for arn in target_groups {
            self.elb.withdraw(arn, instance, tick);
        }
    }

    /// Whether the instance still drains from one of the target groups.
    pub fn drains(&self, target_groups: &[String], instance: &str) -> bool {
        target_groups.iter().any(|arn| self.elb.is_enrolled(arn, instance))
    }
}
