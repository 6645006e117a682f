//! Instances that an Auto Scaling group tries to launch in vain.

use super::{
    context::{Context, Finding, GroupView},
    rule::Rule,
    texts::Shortage,
    words,
};
use crate::domain::{group::Activity, id::Kind, signal::Severity};

pub const LAUNCH_FAILING: Rule = Rule {
    name: "launch-failing",
    meaning: "an Auto Scaling group cannot launch the instances it wants",
    severity: "critical when none is in service, else a warning",
    fires: "the group's newest launch failed, and it has fewer instances in service than are desired",
    evidence: "how many launches failed since the last that did not, AWS's reason, instances in service and desired",
    next: "by the reason: other zones or instance types, a higher limit, or a correction of the launch template",
    check: launch_failing,
};

fn launch_failing(context: &Context<'_>) -> Vec<Finding> {
    context.groups.iter().filter_map(find).collect()
}

fn find(view: &GroupView<'_>) -> Option<Finding> {
    let group = view.group;
    let in_service = group.instances.iter().filter(|it| it.is_in_service()).count();
    if in_service >= group.desired as usize {
        return None;
    }
    let activities = view.place.known.activities.get(&*view.spec.name)?.value()?;
    let mut launches: Vec<&Activity> = activities.iter().filter(|it| it.is_launch()).collect();
    launches.sort_by_key(|it| std::cmp::Reverse(it.started_at));
    // A launch that has not ended may be the next to fail: only one that went well ends the row.
    let ended = launches.into_iter().filter(|it| it.is_failed_launch() || it.status.as_str() == "Successful");
    let failed: Vec<&Activity> = ended.take_while(|it| it.is_failed_launch()).collect();
    let (newest, oldest) = (failed.first()?, failed.last()?);
    let text = format!("{} {}", newest.description, newest.status_message);
    let (what, advice) = match Shortage::in_text(&text) {
        Shortage::Capacity => (
            "AWS has no capacity",
            "AWS has too little of this instance type there now: let the group use other zones or instance types",
        ),
        Shortage::Quota => (
            "the account's limit is reached",
            "have the limit raised in Service Quotas, or stop instances that the account does not need",
        ),
        Shortage::NoFit | Shortage::Configuration => (
            "the launch itself fails",
            "read the reason: image, key pair, security group, instance profile or key grant of the launch template",
        ),
    };
    let severity = if in_service == 0 { Severity::Critical } else { Severity::Warning };
    let number = words::count(failed.len(), "launch").replace("launchs", "launches");
    Some(Finding {
        summary: format!("{} has {in_service} of {} instances: {what}", group.name, group.desired),
        evidence: vec![
            format!("{number} failed in a row, the last at {}", words::clock(newest.started_at)),
            reason(newest),
            format!("minimum {}, desired {}, maximum {}", group.min, group.desired, group.max),
        ],
        advice: advice.to_owned(),
        ..view.place.finding(severity, Kind::Group, group.name.as_str(), Some(oldest.started_at))
    })
}

fn reason(activity: &Activity) -> String {
    let texts = [&activity.status_message, &activity.description];
    texts.into_iter().find(|it| !it.is_empty()).map(ToString::to_string).unwrap_or_default()
}
