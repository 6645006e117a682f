//! Another version of the launch template, one that is there or a new one: the number is pinned, since what `$Latest`
//! stands for cannot be gone back from.

use std::sync::Arc;

use super::{
    super::{
        action::{DrainChoice, RollBy, RollTo},
        course::{DrainWay, GroupGoal},
        draft::GroupDraft,
        seen::GroupSeen,
    },
    Composed, calls, change, drain, gateway,
    refresh::preferences,
};
use crate::{
    domain::{
        group::{Instance, LaunchTemplate},
        template::TemplateVersion,
        text::SafeText,
        write::{
            group::{GroupUpdate, GroupWrite, NEW_VERSION, TemplateEdit},
            refresh::RefreshChoice,
        },
    },
    plan::model::{Basis, Change, Refusal},
    triage::words::{count, list},
};

/// Where a roll leads, and from where.
struct Way<'a> {
    template: &'a LaunchTemplate,
    /// The number that the group's version stands for now; `None` where that cannot be told.
    now: Option<u64>,
    /// The number, or what stands for it.
    to: Arc<str>,
    /// Makes the version, where it is new.
    make: Option<GroupWrite>,
    /// What differs, as far as versions can be read.
    diff: Vec<Change>,
    /// The type of what is launched.
    kind: Option<SafeText>,
}

pub fn roll<'a>(seen: GroupSeen<'a>, to: &RollTo, by: &RollBy) -> Composed<'a> {
    let way = way(&seen, to)?;
    let pinned = way.now.map(|it| (way.template.id.as_str().into(), it.to_string().into()));
    let before = way.template.version.clone();
    let name = way.template.name.clone();
    let stands_for = way.now.filter(|_| before.as_str().starts_with('$'));
    let said = stands_for.map_or_else(|| before.to_string(), |it| format!("{before}, which is {it} now"));
    let mut changes = vec![change(format!("version of {name}"), said.clone(), &*way.to)];
    changes.extend(way.diff.iter().cloned());
    let mut draft = match by {
        RollBy::Drain(choice) => drained(seen, &way, *choice)?,
        RollBy::Refresh(choice) => refreshed(seen, &way, choice)?,
    };
    draft.changes.splice(0..0, changes);
    draft.rests_on.push(Basis { what: format!("version of {name}").into(), value: said.into() });
    draft.pinned = pinned;
    draft.instance_type = way.kind;
    Ok(draft)
}

fn way<'a>(seen: &GroupSeen<'a>, to: &RollTo) -> Result<Way<'a>, Refusal> {
    let group = seen.group;
    let template = group.launch_template.as_ref();
    let template = template.ok_or_else(|| Refusal::new(format!("{} comes from no launch template", group.name)))?;
    let now = group.wanted_version(seen.template);
    let version = |number: u64| seen.template?.versions.iter().find(|it| it.number == number);
    let before = now.and_then(version);
    match to {
        RollTo::Version(number) => {
            if seen.template.is_some() && version(*number).is_none() {
                let known: Vec<String> = seen.template.into_iter().flat_map(|it| &it.versions).map(told).collect();
                let reason = format!("{} has no version {number}", template.name);
                return Err(Refusal::new(reason).hint(format!("it has {}", list(&known))));
            }
            let diff = before.zip(version(*number)).map_or_else(Vec::new, |(before, after)| diff(before, after));
            let kind = version(*number).and_then(|it| it.instance_type.clone());
            Ok(Way { template, now, to: number.to_string().into(), make: None, diff, kind })
        }
        RollTo::New(edit) => {
            check(edit)?;
            let (Some(versions), Some(before)) = (seen.template, before) else {
                let reason = format!("what {} starts from now cannot be read", group.name);
                return Err(Refusal::new(reason).hint("a new version is made from that"));
            };
            let after = TemplateVersion {
                image: edit.image.as_deref().map(SafeText::new).or_else(|| before.image.clone()),
                instance_type: edit
                    .instance_type
                    .as_deref()
                    .map(SafeText::new)
                    .or_else(|| before.instance_type.clone()),
                ..before.clone()
            };
            let diff = diff(before, &after);
            if diff.is_empty() {
                let reason = format!("version {} of {} has {} already", before.number, template.name, edit.words());
                return Err(Refusal::new(reason));
            }
            let newest = versions.versions.iter().map(|it| it.number).max().unwrap_or_default();
            let make = GroupWrite::CreateTemplateVersion {
                template: template.id.as_str().into(),
                source: before.number,
                edit: edit.clone(),
                newest,
            };
            Ok(Way { template, now, to: NEW_VERSION.into(), make: Some(make), diff, kind: after.instance_type })
        }
    }
}

fn told(version: &TemplateVersion) -> String {
    if version.description.is_empty() {
        return version.number.to_string();
    }
    format!("{} ({})", version.number, version.description)
}

/// What cannot be an image or a type.
fn check(edit: &TemplateEdit) -> Result<(), Refusal> {
    let is_word = |it: &str| !it.is_empty() && it.chars().all(|it| it.is_ascii_alphanumeric() || ".-".contains(it));
    if edit.image.is_none() && edit.instance_type.is_none() {
        return Err(Refusal::new("a new version differs in nothing").hint("name an image or a type"));
    }
    if let Some(image) = edit.image.as_deref().filter(|it| !it.starts_with("ami-") || !is_word(it)) {
        return Err(Refusal::new(format!("{} is no image", SafeText::new(image))).hint("as ami-0123456789abcdef0"));
    }
    if let Some(kind) = edit.instance_type.as_deref().filter(|it| !it.contains('.') || !is_word(it)) {
        return Err(Refusal::new(format!("{} is no instance type", SafeText::new(kind))).hint("as t3.large"));
    }
    Ok(())
}

fn diff(before: &TemplateVersion, after: &TemplateVersion) -> Vec<Change> {
    let fields =
        [("image", &before.image, &after.image), ("instance type", &before.instance_type, &after.instance_type)];
    let differs = fields.into_iter().filter(|(_, before, after)| before != after);
    let of = |(field, before, after): (&str, &Option<SafeText>, &Option<SafeText>)| Change {
        field: field.into(),
        before: before.clone(),
        after: after.clone(),
    };
    differs.map(of).collect()
}

impl Way<'_> {
    fn is_there(&self, instance: &Instance) -> bool {
        instance.template_version.as_str() == &*self.to
    }

    /// How it is called in a title.
    fn words(&self) -> String {
        let name = &self.template.name;
        match &self.make {
            Some(GroupWrite::CreateTemplateVersion { edit, .. }) => {
                format!("a new version of {name}, {}", edit.words())
            }
            _ => format!("version {} of {name}", self.to),
        }
    }
}

fn drained<'a>(seen: GroupSeen<'a>, way: &Way<'_>, choice: DrainChoice) -> Composed<'a> {
    let group = seen.group;
    let goes: Vec<_> = seen.in_service().filter(|it| !way.is_there(it)).collect();
    let is_pinned = way.template.version.as_str() == &*way.to;
    if goes.is_empty() && is_pinned {
        return Err(Refusal::new(format!("{} and its gateways are at version {} already", group.name, way.to)));
    }
    if goes.is_empty() {
        let reason = format!("every gateway is at version {}: there is nothing to replace", way.to);
        return Err(
            Refusal::new(reason).hint(format!("the group says {}; new gateways come from that", way.template.version))
        );
    }
    let template = Some((way.template.id.as_str().into(), way.to.clone()));
    let update = GroupUpdate { template, ..GroupUpdate::default() };
    let update = GroupWrite::UpdateGroup { group: seen.who.name.clone(), change: update };
    let first = way.make.clone().into_iter().chain((!is_pinned).then_some(update)).collect();
    let (title, desired) = (format!("roll {} to {}, session by session", group.name, way.words()), group.desired);
    drain::drained(seen, title, goes, desired, (choice, first))
}

/// Protects these, so many at a time as one call takes.
fn protection(group: &Arc<str>, instances: &[&Instance]) -> Vec<GroupWrite> {
    let of = |chunk: &[&Instance]| GroupWrite::SetInstanceProtection {
        group: group.clone(),
        instances: chunk.iter().map(|it| it.id.as_str().into()).collect(),
        protected: true,
    };
    instances.chunks(50).map(of).collect()
}

/// Only what stands by is there to go, and nobody is on it.
fn check_drained(seen: &GroupSeen<'_>, goes: &[&Instance]) -> Result<(), Refusal> {
    if let Some(coming) = goes.iter().find(|it| it.counts()) {
        let reason = format!("{} is {}: it cannot be protected yet", coming.id, coming.lifecycle);
        return Err(Refusal::new(reason).hint("wait until the group is settled"));
    }
    if goes.is_empty() {
        let (reason, hint) = none_stands_by(seen);
        return Err(Refusal::new(reason).hint(hint));
    }
    let held = seen.held().ok_or_else(|| drain::unreadable(seen))?;
    let busy = goes.iter().find_map(|it| held.get(it.id.as_str()).filter(|it| **it > 0).map(|held| (it, *held)));
    match busy {
        Some((it, held)) => Err(Refusal::new(format!("{} holds {} still", it.id, count(held as usize, "session")))
            .hint("begin it when they have ended; who is on it stands in its description")),
        None => Ok(()),
    }
}

/// A refresh tells what is drained by its standing by: what only carries a tag, or has been taken out of its target groups,
/// is in service to AWS as any other.
fn none_stands_by(seen: &GroupSeen<'_>) -> (String, &'static str) {
    let name = &seen.group.name;
    let otherwise = match DrainWay::of(seen.spec.map(|it| &it.drain.by), seen.group) {
        DrainWay::Standby => {
            let reason = format!("no gateway of {name} is drained: none of another version stands by");
            return (reason, "standby keeps a gateway with its sessions, and gives it no more");
        }
        DrainWay::TargetGroups(_) => "by its target groups".to_owned(),
        DrainWay::Tag { key, .. } => format!("by the tag {key}"),
    };
    let reason =
        format!("{name} is drained {otherwise}, which a refresh does not see, and none of another version stands by");
    (reason, "put those that are empty into standby before, or roll without a refresh: gateway by gateway")
}

/// AWS replaces the instances; `$Latest` or `$Default` is pinned before, so that it can be gone back from.
fn refreshed<'a>(seen: GroupSeen<'a>, way: &Way<'_>, choice: &RefreshChoice) -> Composed<'a> {
    if let Some(fault) = choice.fault() {
        return Err(Refusal::new(format!("AWS refuses such a refresh: {fault}")));
    }
    let (group, name) = (seen.group, seen.who.name.clone());
    let is_word = way.template.version.as_str().starts_with('$');
    let id: Arc<str> = way.template.id.as_str().into();
    let pin = way.now.filter(|_| is_word).map(|now| {
        let template = Some((id.clone(), now.to_string().into()));
        GroupWrite::UpdateGroup { group: name.clone(), change: GroupUpdate { template, ..GroupUpdate::default() } }
    });
    let template = (id, way.to.clone());
    let kept: Vec<&Instance> = seen.in_service().filter(|it| choice.drained && !it.protected).collect();
    let keep = protection(&name, &kept);
    let start = GroupWrite::StartRefresh { group: name, template: template.clone(), choice: choice.clone() };
    let writes: Vec<GroupWrite> = pin.into_iter().chain(way.make.clone()).chain(keep).chain([start]).collect();
    let replaced = |it: &&Instance| choice.replaces(it, way.is_there(it));
    let goes = group.instances.iter().filter(replaced).filter(|it| !kept.iter().any(|kept| kept.id == it.id));
    let goes: Vec<&Instance> = goes.collect();
    if choice.drained {
        check_drained(&seen, &goes)?;
    }
    let title = format!("refresh the instances of {} to {}", group.name, way.words());
    let mut draft = GroupDraft::new(seen, title, calls(writes, GroupGoal::Refreshed { template, allowed: None }));
    if !kept.is_empty() {
        let ids: Vec<&str> = kept.iter().map(|it| it.id.as_str()).collect();
        draft.changes.push(change(list(&ids), "not protected", "protected until it has ended"));
    }
    draft.changes.extend(preferences(choice));
    draft.gateways = goes.iter().map(|it| gateway(&draft.seen, it, None)).collect();
    let mut draft = draft.dropping(goes);
    if let Some(kind) = way.kind.as_ref().or_else(|| group.instances.first().map(|it| &it.instance_type)) {
        draft.launching(kind, choice);
    }
    Ok(draft)
}
