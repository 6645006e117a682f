//! Which gateways take sessions, and which only keep those that they have.

use super::Gateways;
use crate::sim::{autoscaling, ec2, elb};

/// Where sessions live: a group's instances, as they are and as its target groups see them.
#[derive(Debug, Clone, Copy)]
pub struct Hosts<'a> {
    pub group: &'a autoscaling::Group,
    pub ec2: &'a ec2::State,
    pub elb: &'a elb::State,
}

impl<'a> Hosts<'a> {
    /// The gateways that take new sessions: in service and sound, without the tag that says no, and in every target
    /// group of their group.
    pub fn taking(self, drain_tag: &str) -> impl Iterator<Item = &'a str> {
        let Self { group, ec2, elb } = self;
        let drains = move |id: &str| {
            let tag = ec2.instances.get(id).and_then(|instance| instance.tag(drain_tag));
            tag.is_some_and(|value| value != "false")
        };
        let sound = group.in_service().filter(|member| member.healthy && ec2.reaches(&member.instance));
        let sound = sound.map(|member| member.instance.as_str()).filter(move |id| !drains(id));
        sound.filter(move |id| group.target_groups.iter().all(|arn| elb.serves(arn, id)))
    }

    /// The gateways that run, in service or not, and those of `open` that have left the group.
    pub fn running(self, open: &'a Gateways) -> impl Iterator<Item = &'a str> {
        let members = self.group.members.iter().filter(|member| member.is_up()).map(|member| member.instance.as_str());
        let detached = open.keys().map(String::as_str).filter(move |id| self.group.member(id).is_none());
        members.chain(detached).filter(move |id| self.ec2.reaches(id))
    }
}
