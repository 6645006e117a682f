//! Another version of the launch template, gateway by gateway: the number is pinned, since what `$Latest` stands for
//! cannot be gone back from.

use super::{
    super::{action::DrainChoice, draft::GroupDraft, seen::GroupSeen},
    Composed, change, drain,
};
use crate::{
    domain::write::group::GroupUpdate,
    plan::model::{Basis, Refusal},
};

pub fn roll(seen: GroupSeen<'_>, version: u64, choice: DrainChoice) -> Composed<'_> {
    let group = seen.group;
    let template = group.launch_template.as_ref();
    let template = template.ok_or_else(|| Refusal::new(format!("{} comes from no launch template", group.name)))?;
    let wanted = version.to_string();
    let goes: Vec<_> = seen.in_service().filter(|it| it.template_version.as_str() != wanted).collect();
    let is_pinned = template.version.as_str() == wanted;
    if goes.is_empty() && is_pinned {
        return Err(Refusal::new(format!("{} and its gateways are at version {version} already", group.name)));
    }
    if goes.is_empty() {
        return Err(Refusal::new(format!("every gateway is at version {version}: there is nothing to replace"))
            .hint(format!("the group says {}; new gateways come from that", template.version)));
    }
    let update =
        GroupUpdate { template: Some((template.id.as_str().into(), wanted.as_str().into())), ..GroupUpdate::default() };
    let (before, name, desired) = (template.version.clone(), template.name.clone(), group.desired);
    let title = format!("roll {} to version {version} of {name}, session by session", group.name);
    let moved = (!is_pinned).then_some(update);
    let mut draft: GroupDraft<'_> = drain::drained(seen, title, goes, desired, (choice, moved))?;
    draft.changes.push(change(format!("version of {name}"), before.clone(), wanted));
    draft.rests_on.push(Basis { what: format!("version of {name}").into(), value: before });
    Ok(draft)
}
