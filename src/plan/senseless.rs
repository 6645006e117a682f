//! What makes no sense whatever there is to be read: refused before anything is asked of AWS.

use super::{
    action::{Action, ServiceRef},
    group::action::GroupChange,
    model::Refusal,
    seen::declared,
};
use crate::{domain::text::SafeText, stack::model::Stack, triage::words::list};

/// The most that a count can be in AWS's calls: ecs:UpdateService and autoscaling:SetDesiredCapacity take a signed number
/// of 32 bits.
const MOST: u32 = i32::MAX.unsigned_abs();

/// Why there can be no plan for this action.
pub fn refusal(action: &Action, stacks: &[Stack]) -> Option<Refusal> {
    if let Action::Group { change, .. } = action {
        return counts(change).into_iter().find_map(|it| too_many("EC2 Auto Scaling", "instances", it));
    }
    let services = action.services();
    if services.is_empty() {
        return Some(Refusal::new("no service is named"));
    }
    if let Action::Scale { desired, .. } = action {
        return too_many("ECS", "tasks of a service", *desired);
    }
    of_several_stacks(services, stacks)
}

/// One operation has one verdict, is confirmed by one name and watched by the rules of one stack.
pub fn of_several_stacks(services: &[ServiceRef], stacks: &[Stack]) -> Option<Refusal> {
    let mut names: Vec<Option<&SafeText>> = Vec::new();
    for who in services {
        let name = declared(who, stacks).map(|(stack, _)| &stack.name);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.len() < 2 {
        return None;
    }
    let words: Vec<&str> = names.iter().map(|it| it.map_or("no stack", SafeText::as_str)).collect();
    let reason = format!("these services belong to {}: one operation is of one stack", list(&words));
    Some(Refusal::misnamed(reason).hint("do it for the services of each stack by themselves"))
}

fn too_many(whose: &str, what: &str, count: u32) -> Option<Refusal> {
    let reason = || format!("{whose} takes at most {MOST} {what}, not {count}");
    (count > MOST).then(|| Refusal::misnamed(reason()))
}

fn counts(change: &GroupChange) -> Vec<u32> {
    match change {
        GroupChange::Scale { to, .. } => vec![*to],
        GroupChange::Bounds { min, max } => [*min, *max].into_iter().flatten().collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::action::RangeChoice;

    fn services(stacks: &[Stack], names: &[&str]) -> Vec<ServiceRef> {
        let all = stacks.iter().flat_map(|it| &it.services).filter(|it| names.contains(&&*it.name));
        all.flat_map(ServiceRef::everywhere).collect()
    }

    #[test]
    fn services_of_two_stacks_are_no_one_operation() {
        let stacks = crate::stack::load::bundled().expect("the bundled stacks");
        let of = |names: &[&str]| refusal(&Action::Redeploy { services: services(&stacks, names) }, &stacks);
        assert_eq!(of(&["cma-api-production", "cma-frontend-production"]), None);
        assert_eq!(of(&["mint-server"]), None, "one stack in two regions");
        let refused = of(&["cma-api-production", "mint-server"]).expect("refused");
        assert!(refused.misnamed && refused.reason.as_str().contains("mint-server and cma"), "{refused}");
    }

    #[test]
    fn a_count_that_no_call_can_carry_is_refused_with_the_bound() {
        let stacks = crate::stack::load::bundled().expect("the bundled stacks");
        let service = services(&stacks, &["kong"]).pop().expect("kong");
        let scale = |desired| Action::Scale { service: service.clone(), desired, range: RangeChoice::Keep };
        assert_eq!(refusal(&scale(MOST), &stacks), None);
        let refused = refusal(&scale(MOST + 1), &stacks).expect("refused");
        assert!(refused.misnamed && refused.reason.as_str().contains("at most 2147483647 tasks"), "{refused}");
        for change in [
            GroupChange::Bounds { min: None, max: Some(u32::MAX) },
            GroupChange::Bounds { min: Some(u32::MAX), max: None },
        ] {
            assert!(counts(&change).into_iter().any(|it| too_many("EC2 Auto Scaling", "instances", it).is_some()));
        }
    }
}
