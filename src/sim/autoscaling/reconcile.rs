//! From the actual to the desired capacity: launches and terminations.

use std::cmp::Reverse;

use super::{
    super::{ec2, world::Tick},
    Group, Lifecycle, Member, Services,
    activity::{Outcome, cause, sentence},
    lifecycle::terminate,
};

/// Why instances come and go where EC2 recommends to replace one (a "rebalance recommendation").
const RECOMMENDED_IN: &str = "an instance was launched in response to an EC2 instance rebalance recommendation.";
const RECOMMENDED_OUT: &str =
    "an instance was taken out of service in response to an EC2 instance rebalance recommendation.";

/// Starts what is missing or terminates what is too much; a suspended process leaves its half undone.
pub fn reconcile(group: &mut Group, services: &mut Services<'_>, tick: &mut Tick<'_>) {
    let (actual, desired) = (group.actual(), group.desired + group.surplus());
    if actual < desired && !group.suspends("Launch") {
        for _ in actual..desired {
            launch(group, (actual, desired), services, tick);
        }
    } else if actual > desired && !group.suspends("Terminate") && !group.is_balancing() {
        for _ in desired..actual {
            if let Some(old) = group.replaced_by_recommendation() {
                terminate(group, &old, cause([Some(sentence(tick.now, RECOMMENDED_OUT))]), services, tick);
                group.recommended = None;
                continue;
            }
            let Some(victim) = victim(group, tick) else { break };
            let shrink = format!(
                "an instance was taken out of service in response to a difference between desired and actual \
                 capacity, shrinking the capacity from {actual} to {desired}."
            );
            let chosen = format!("instance {victim} was selected for termination.");
            let sentences =
                [group.reason.clone(), Some(sentence(tick.now, &shrink)), Some(sentence(tick.now, &chosen))];
            terminate(group, &victim, cause(sentences), services, tick);
        }
    }
    if group.actual() == desired {
        group.reason = None;
        group.replacing = 0;
        rebalance(group, services, tick);
        balance(group, services, tick);
    }
}

/// Launches an instance in the place of the one that EC2 recommends to replace, where the group does that: it goes when
/// the new one is in service, whatever it holds.
fn rebalance(group: &mut Group, services: &mut Services<'_>, tick: &mut Tick<'_>) {
    let Some((old, None)) = group.recommended.clone() else { return };
    let old = group.member(&old).filter(|it| group.rebalances && it.in_service());
    let Some((old, zone)) = old.map(|it| (it.instance.clone(), it.zone)) else { return };
    launch_in(group, zone, cause([Some(sentence(tick.now, RECOMMENDED_IN))]), services, tick);
    let new = group.members.last().map(|member| member.instance.clone());
    group.recommended = Some((old, new));
}

/// Launches an instance in a zone that has two fewer than another, before one of the other's goes; there is one too
/// many until it is in service.
fn balance(group: &mut Group, services: &mut Services<'_>, tick: &mut Tick<'_>) {
    if group.rolling.is_some() || ["AZRebalance", "Launch", "Terminate"].iter().any(|process| group.suspends(process)) {
        return;
    }
    let open = open_zones(group, services, tick);
    let fewest = open.iter().copied().min_by_key(|zone| in_zone(group, *zone));
    let most = open.iter().map(|zone| in_zone(group, *zone)).max().unwrap_or(0);
    let settled = group.members.iter().all(|it| it.in_service() || it.lifecycle == Lifecycle::Standby);
    // Where all of the fullest zone are protected, nothing could go once the new one has come.
    let may_go = |it: &Member| it.in_service() && !it.protected && in_zone(group, it.zone) == most;
    let Some(zone) = fewest.filter(|zone| settled && most >= in_zone(group, *zone) + 2) else { return };
    if !group.members.iter().any(may_go) {
        return;
    }
    let why = format!(
        "instances were launched to balance instances in zones {} with other zones resulting in more than desired \
         number of instances in the group.",
        tick.place.zone(zone)
    );
    let sentences = [Some(sentence(tick.now, &why)), None];
    launch_in(group, zone, cause(sentences), services, tick);
    group.balancing = group.members.last().map(|member| member.instance.clone());
}

fn launch(group: &mut Group, change: (u32, u32), services: &mut Services<'_>, tick: &mut Tick<'_>) {
    let owed = group.rolling.as_mut().filter(|rolling| rolling.owed > 0);
    let why = if let Some(rolling) = owed {
        rolling.owed -= 1;
        "an instance was launched in response to an instance refresh.".to_owned()
    } else if group.replacing > 0 {
        group.replacing -= 1;
        "an instance was launched in response to an unhealthy instance needing to be replaced.".to_owned()
    } else {
        format!(
            "an instance was started in response to a difference between desired and actual capacity, \
             increasing the capacity from {} to {}.",
            change.0, change.1
        )
    };
    let cause = cause([group.reason.clone(), Some(sentence(tick.now, &why))]);
    let open = open_zones(group, services, tick);
    let zone = emptiest_zone(group, |_| true);
    if !open.contains(&zone) {
        fail_to_launch(group, zone, cause.clone(), services, tick);
    }
    if !open.is_empty() {
        launch_in(group, emptiest_zone(group, |zone| open.contains(zone)), cause, services, tick);
    }
}

/// What Auto Scaling tries first in a zone that has no capacity.
fn fail_to_launch(group: &Group, zone: char, cause: String, services: &mut Services<'_>, tick: &mut Tick<'_>) {
    let choice = group.launches_from();
    let template = services.ec2.templates.get(&choice.id);
    let version = template.and_then(|template| template.version(&choice.version));
    let Some(instance_type) = version.map(|version| version.instance_type.as_str()) else { return };
    let name = tick.place.zone(zone);
    let others: Vec<_> = group.zones.iter().filter(|it| **it != zone).map(|it| tick.place.zone(*it)).collect();
    let why = format!(
        "We currently do not have sufficient {instance_type} capacity in the Availability Zone you requested ({name}). \
         Our system will be working on provisioning additional capacity. You can currently get {instance_type} \
         capacity by not specifying an Availability Zone in your request or choosing {}. Launching EC2 instance failed.",
        others.join(", ")
    );
    let subnet = group.network.private(tick.place, zone);
    let what = "Launching a new EC2 instance".to_owned();
    let activity = services.activities.start(&group.name, what, cause, subnet, tick);
    services.activities.set(&activity, Outcome::Failed(tick.now, why));
}

fn launch_in(group: &mut Group, zone: char, cause: String, services: &mut Services<'_>, tick: &mut Tick<'_>) {
    let choice = group.launches_from();
    let template = services.ec2.templates.get(&choice.id);
    let Some(version) = template.and_then(|template| template.version(&choice.version)).cloned() else {
        return;
    };
    let subnet = group.network.private(tick.place, zone);
    let lacks = [("ImageId", &version.image_id), ("InstanceType", &version.instance_type)];
    let lacking = lacks.iter().find(|(_, given)| given.is_empty()).map(|(what, _)| {
        format!(
            "You must use a valid fully-formed launch template. The request must contain the parameter {what}. \
             Launching EC2 instance failed."
        )
    });
    let beyond = services.ec2.vcpu_limit.filter(|_| services.ec2.is_at_limit(&version.instance_type)).map(|limit| {
        format!(
            "You have requested more vCPU capacity than your current vCPU limit of {limit} allows for the instance bucket \
             that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to \
             request an adjustment to this limit. Launching EC2 instance failed."
        )
    });
    let lacking = lacking.or(beyond);
    let launched =
        if lacking.is_none() { services.ec2.launch(asked_for(group, &version, subnet.clone()), tick) } else { None };
    let Some(instance) = launched else {
        let full = || {
            format!(
                "There are not enough free addresses in subnet '{}' to satisfy the requested number of instances. \
                 Launching EC2 instance failed.",
                subnet.id
            )
        };
        let why = lacking.unwrap_or_else(full);
        let what = "Launching a new EC2 instance".to_owned();
        let activity = services.activities.start(&group.name, what, cause, subnet, tick);
        services.activities.set(&activity, Outcome::Failed(tick.now, why));
        return;
    };
    let what = format!("Launching a new EC2 instance: {instance}");
    let activity = services.activities.start(&group.name, what, cause, subnet, tick);
    group.members.push(Member {
        instance,
        instance_type: version.instance_type,
        image_id: version.image_id,
        zone,
        version: version.number,
        launched: tick.now,
        lifecycle: Lifecycle::Pending,
        healthy: true,
        protected: group.protect_new,
        activity,
        due: tick.now,
        waits: Vec::new(),
    });
}

/// What EC2 is to start for the group.
fn asked_for(group: &Group, version: &ec2::TemplateVersion, subnet: ec2::Subnet) -> ec2::Launch {
    ec2::Launch {
        instance_type: version.instance_type.clone(),
        image_id: version.image_id.clone(),
        subnet,
        security_groups: version.security_groups.clone(),
        template_id: group.launches_from().id.clone(),
        template_version: version.number,
        tags: instance_tags(group, version.number, version.tags.clone()),
        spot: group.spot,
    }
}

/// The tags that Auto Scaling adds, those of the group, and those of the template.
fn instance_tags(group: &Group, version: u32, template: Vec<(String, String)>) -> Vec<(String, String)> {
    let own = [
        ("aws:autoscaling:groupName".to_owned(), group.name.clone()),
        ("aws:ec2launchtemplate:id".to_owned(), group.launches_from().id.clone()),
        ("aws:ec2launchtemplate:version".to_owned(), version.to_string()),
    ];
    let mut tags: Vec<(String, String)> = own.into_iter().chain(group.tags.iter().cloned()).collect();
    for (key, value) in template {
        if !tags.iter().any(|(known, _)| *known == key) {
            tags.push((key, value));
        }
    }
    tags
}

/// The zones in which instances can be started.
fn open_zones(group: &Group, services: &Services<'_>, tick: &Tick<'_>) -> Vec<char> {
    group.zones.iter().copied().filter(|zone| !services.ec2.is_out(&tick.place.zone(*zone))).collect()
}

/// The zone with the fewest instances among those wanted, the first of several.
fn emptiest_zone(group: &Group, wanted: impl Fn(&char) -> bool) -> char {
    group.zones.iter().copied().filter(wanted).min_by_key(|zone| in_zone(group, *zone)).unwrap_or('a')
}

fn in_zone(group: &Group, zone: char) -> usize {
    group.members.iter().filter(|member| member.counts() && member.zone == zone).count()
}

/// The default termination policy: the fullest zone, there the oldest launch template version, there the instance
/// closest to its next hour of billing. `None` where every instance is protected.
fn victim(group: &Group, tick: &Tick<'_>) -> Option<String> {
    let into_hour = |member: &Member| tick.now.duration_since(member.launched).as_secs() % 3600;
    let choice = group
        .members
        .iter()
        .filter(|member| member.counts() && !member.protected)
        .min_by_key(|member| (Reverse(in_zone(group, member.zone)), member.version, Reverse(into_hour(member))))?;
    Some(choice.instance.clone())
}
