//! `DescribeScalingActivities`.

use super::{
    State,
    activity::{Activity, Outcome},
    describe::GROUPS,
};
use crate::{
    shape,
    sim::wire::{
        call::{Call, Reply},
        page::{Rule, page},
        value::Value,
    },
};

const RULE: Rule = Rule { listing: "autoscaling.DescribeScalingActivities", default: 100, ..GROUPS };

/// Newest first, of one group or of all.
pub fn answer(state: &mut State, call: &Call<'_>) -> Reply {
    let input = call.input;
    if input.has("AutoScalingGroupName") {
        state.group(call)?;
    }
    let name = input.text("AutoScalingGroupName")?;
    let ids = input.texts("ActivityIds")?;
    let activities: Vec<&Activity> = state
        .activities
        .0
        .iter()
        .filter(|activity| name.is_none_or(|name| activity.group == name))
        .filter(|activity| ids.is_empty() || ids.contains(&activity.id))
        .collect();
    let (token, size) = (input.text("NextToken")?, input.int("MaxRecords")?);
    let page = page(activities, token, size, &RULE, |activity| activity.id.clone())?;
    let activities = page.items.into_iter().map(|activity| spelt(state, activity));
    Ok(shape! { "Activities" => Value::list(activities), "NextToken" => page.next })
}

/// The activities with these ids, as the calls that start them answer.
pub fn started(state: &State, ids: &[String]) -> Value {
    Value::list(ids.iter().filter_map(|id| state.activities.find(id)).map(|activity| spelt(state, activity)))
}

fn spelt(state: &State, activity: &Activity) -> Value {
    let group_arn = state.groups.get(&activity.group).map(|group| &group.arn);
    let details = serde_json::json!({ "Subnet ID": activity.subnet.id, "Availability Zone": activity.subnet.zone });
    let (progress, message) = match &activity.outcome {
        Outcome::UnderWay(_, percent) => (i64::from(*percent), None),
        Outcome::Successful(_) => (100, None),
        Outcome::Failed(_, message) | Outcome::Cancelled(_, message) => (100, Some(message)),
    };
    shape! {
        "ActivityId" => &activity.id,
        "AutoScalingGroupName" => &activity.group,
        "Description" => &activity.description,
        "Cause" => &activity.cause,
        "StartTime" => activity.start,
        "EndTime" => activity.outcome.end(),
        "StatusCode" => activity.outcome.wire(),
        "StatusMessage" => message,
        "Progress" => progress,
        "Details" => details.to_string(),
        "AutoScalingGroupARN" => group_arn,
    }
}
