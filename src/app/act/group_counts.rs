//! How many instances a group has, and why that is not what is wanted.

use crate::{
    app::{overlay::TextLine, words},
    domain::group::{Group, Instance},
    theme::Role,
    triage::words::list,
};

/// The counts, and one line for each reason why they differ.
pub fn lines(group: &Group, is_refreshed: bool) -> Vec<TextLine> {
    let in_service = group.in_service().count();
    let text = format!("{} wanted, {in_service} in service, between {} and {}", group.desired, group.min, group.max);
    let mut lines = vec![TextLine::field("group", Role::Text, text)];
    lines.extend(why(group, is_refreshed).into_iter().map(|it| TextLine::field("", Role::Muted, it)));
    let hooks = group.instances.iter().filter_map(|it| hook(group, it));
    lines.extend(hooks.map(|it| TextLine::field("hook", Role::Notice, it)));
    lines
}

/// What stands between what is wanted and what is in service.
fn why(group: &Group, is_refreshed: bool) -> Vec<String> {
    let of = |is: &dyn Fn(&str) -> bool| group.instances.iter().filter(|it| is(it.lifecycle.as_str())).count();
    let launching = of(&|it| it.starts_with("Pending"));
    let leaving = group.instances.iter().filter(|it| it.is_leaving()).count();
    let standing_by = of(&|it| it.contains("Standby"));
    let mut why: Vec<String> = [
        (launching, "is being launched", "are being launched"),
        (leaving, "is being ended", "are being ended"),
        (standing_by, "is on standby, and does not count", "are on standby, and do not count"),
    ]
    .into_iter()
    .filter(|(number, ..)| *number > 0)
    .map(|(number, one, more)| format!("{number} {}", if number == 1 { one } else { more }))
    .collect();
    let (counting, desired) = (group.instances.iter().filter(|it| it.counts()).count(), group.desired as usize);
    if let Some(missing) = desired.checked_sub(counting).filter(|it| *it > 0) {
        why.push(if group.suspends("Launch") {
            format!("{missing} to be launched, but Launch is suspended: resume-processes Launch")
        } else {
            format!("{missing} still to be launched")
        });
    }
    if let Some(surplus) = counting.checked_sub(desired).filter(|it| *it > 0) {
        why.push(if is_refreshed {
            format!("{surplus} more than wanted, launched ahead by the refresh")
        } else if group.suspends("Terminate") {
            format!("{surplus} more than wanted, and Terminate is suspended: the group ends none")
        } else if group.in_service().all(|it| it.protected) {
            format!("{surplus} more than wanted, and all are protected: the group ends none")
        } else {
            format!("{surplus} more than wanted: the group ends as many of those that are not protected")
        });
    }
    why
}

/// The lifecycle hook that an instance waits for, by its name.
fn hook(group: &Group, instance: &Instance) -> Option<String> {
    let transition = instance.waits_for()?;
    let hooks = group.hooks.iter().filter(|it| it.transition.as_str() == transition);
    let named: Vec<String> = hooks
        .map(|it| {
            let most = words::exact(jiff::SignedDuration::from_secs(i64::from(it.timeout_seconds)));
            format!("{}, {most} at most, then {}", it.name, it.default_result)
        })
        .collect();
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    let named = if named.is_empty() { "a hook that is not known yet".to_owned() } else { list(&named) };
    Some(format!("{} waits for {named}; complete-hook ends the wait", instance.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::group::Hook, triage::testing::Given};

    fn told(change: impl Fn(&mut Group), is_refreshed: bool) -> Vec<String> {
        let mut given = Given::healthy();
        change(given.group());
        lines(given.group(), is_refreshed).iter().skip(1).map(|it| it.plain().to_string()).collect()
    }

    #[test]
    fn as_many_as_are_wanted_need_no_explanation() {
        assert!(told(|_| {}, false).is_empty());
    }

    #[test]
    fn why_there_are_more_or_fewer_than_wanted_is_told() {
        let fewer = |group: &mut Group| group.desired = 1;
        let protect = |group: &mut Group| group.instances.iter_mut().for_each(|it| it.protected = true);
        let suspend = |group: &mut Group, process: &str| group.suspended.push((process.into(), "by ada".into()));
        let cases: [(Vec<String>, &str); 6] = [
            (told(fewer, false), "1 more than wanted: the group ends as many"),
            (told(|it| (fewer(it), protect(it)).1, false), "all are protected: the group ends none"),
            (told(|it| (fewer(it), suspend(it, "Terminate")).1, false), "Terminate is suspended"),
            (told(fewer, true), "launched ahead by the refresh"),
            (told(|it| it.desired = 3, false), "1 still to be launched"),
            (told(|it| (it.desired = 3, suspend(it, "Launch")).1, false), "resume-processes Launch"),
        ];
        for (told, expected) in cases {
            assert!(told.len() == 1 && told[0].contains(expected), "{told:?}, not {expected}");
        }
        let standby = told(|it| (it.desired = 1, it.instances[0].lifecycle = "Standby".into()).1, false);
        assert!(standby.len() == 1 && standby[0].contains("1 is on standby, and does not count"), "{standby:?}");
    }

    #[test]
    fn the_hook_that_is_waited_for_is_named() {
        let waits = |group: &mut Group| {
            group.desired = 1;
            group.instances[0].lifecycle = "Terminating:Wait".into();
        };
        let named = |group: &mut Group| {
            waits(group);
            group.hooks = vec![Hook {
                name: "save-sessions".into(),
                transition: "autoscaling:EC2_INSTANCE_TERMINATING".into(),
                timeout_seconds: 3600,
                default_result: "ABANDON".into(),
            }];
        };
        assert!(told(named, false)[1].contains("i-0aaa waits for save-sessions, 1 h"), "{:?}", told(named, false));
        assert!(told(waits, false)[1].contains("a hook that is not known yet"));
    }
}
