//! What a change comes to for one group, before the guards have looked at it.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    course::{Allowed, GroupGoal, Work},
    seen::GroupSeen,
};
use crate::{
    domain::{group::Instance, text::SafeText, write::refresh::RefreshChoice},
    plan::model::{Basis, Change},
};

/// A plan in the making.
#[derive(Debug, Clone)]
pub struct GroupDraft<'a> {
    pub seen: GroupSeen<'a>,
    pub title: String,
    pub work: Work,
    pub changes: Vec<Change>,
    /// Instances that are wanted afterwards.
    pub desired: u32,
    /// The bounds afterwards.
    pub bounds: (u32, u32),
    /// Instances that take no more sessions once it is done.
    pub goes: Vec<&'a Instance>,
    /// One line for each gateway that is touched.
    pub gateways: Vec<SafeText>,
    /// What is lost, in words.
    pub lost: Vec<SafeText>,
    /// The launch template and the number of its version that putting back leads to, where that is not what the group
    /// says: what `$Latest` stands for changes.
    pub pinned: Option<(Arc<str>, Arc<str>)>,
    /// The type of what is launched, where it is another than the group has.
    pub instance_type: Option<SafeText>,
    /// What else it rests on.
    pub rests_on: Vec<Basis>,
}

impl<'a> GroupDraft<'a> {
    pub fn new(seen: GroupSeen<'a>, title: String, work: Work) -> Self {
        let (desired, bounds) = (seen.group.desired, (seen.group.min, seen.group.max));
        Self {
            seen,
            title,
            work,
            changes: Vec::new(),
            desired,
            bounds,
            goes: Vec::new(),
            gateways: Vec::new(),
            lost: Vec::new(),
            pinned: None,
            instance_type: None,
            rests_on: Vec::new(),
        }
    }

    /// These go by AWS's hand, with what they hold.
    #[must_use]
    pub fn dropping(mut self, goes: Vec<&'a Instance>) -> Self {
        self.goes = goes;
        let counted = self.allowed();
        if let Work::Calls { goal, .. } = &mut self.work
            && let GroupGoal::Refreshed { allowed, .. } | GroupGoal::RefreshUndone { allowed, .. } = goal
        {
            *allowed = counted;
        }
        self
    }

    /// A refresh launches this type in place of what goes. Where it goes back by itself AWS ends that, too, and where it
    /// fails the group ends as many as were launched ahead.
    pub fn launching(&mut self, kind: &SafeText, choice: &RefreshChoice) {
        let limit = self.seen.spec.and_then(|it| it.sessions.as_ref()?.limit_of(kind.as_str()));
        if let Work::Calls { goal: GroupGoal::Refreshed { allowed: Some(allowed), .. }, .. } = &mut self.work
            && let Some(limit) = limit
        {
            allowed.limits.insert(kind.clone(), limit);
            let replaced = if choice.roll_back { u32::try_from(self.goes.len()).unwrap_or(u32::MAX) } else { 0 };
            let launched = replaced.saturating_add(choice.ahead(self.seen.group.desired));
            allowed.sessions = allowed.sessions.saturating_add(limit.saturating_mul(launched));
        }
    }

    /// The instances in service that stay.
    pub fn stays(&self) -> Vec<&'a Instance> {
        self.seen.without(&self.goes)
    }

    /// What AWS may end with what goes; `None` where sessions cannot be counted.
    pub fn allowed(&self) -> Option<Allowed> {
        let table = self.seen.spec?.sessions.as_ref()?.table.clone()?;
        let held = self.seen.held()?;
        let on = |it: &&Instance| (Arc::from(it.id.as_str()), held.get(it.id.as_str()).copied().unwrap_or_default());
        let held: BTreeMap<Arc<str>, u32> = self.goes.iter().map(on).collect();
        let mut allowed = Allowed { sessions: 0, table, held, limits: self.seen.limits() };
        let on = |id: &str| allowed.held.get(id).copied().unwrap_or_default();
        allowed.sessions = self.goes.iter().map(|it| allowed.most(it, on(it.id.as_str()))).sum();
        Some(allowed)
    }

    /// Whether fewer take sessions afterwards, or other ones.
    pub fn takes_away(&self) -> bool {
        !self.goes.is_empty()
    }

    /// Instances are launched by it.
    pub fn launches(&self) -> bool {
        self.desired > self.seen.group.desired || self.replaces()
    }

    /// Another takes the place of each that goes.
    pub fn replaces(&self) -> bool {
        self.takes_away() && self.desired == self.seen.group.desired
    }

    /// What the plan rests on.
    pub fn basis(&self) -> Vec<Basis> {
        let (seen, group) = (&self.seen, self.seen.group);
        let about = |what: &str| SafeText::new(&format!("{} {what}", seen.who));
        let mut suspended: Vec<&str> = group.suspended.iter().map(|(name, _)| name.as_str()).collect();
        suspended.sort_unstable();
        let mut basis = vec![
            Basis { what: about("desired capacity"), value: group.desired.to_string().into() },
            Basis { what: about("bounds"), value: format!("{}–{}", group.min, group.max).into() },
            Basis { what: about("suspended processes"), value: suspended.join(", ").into() },
            Basis { what: about("caller"), value: seen.identity.arn.clone() },
            Basis { what: about("account"), value: seen.identity.account.clone() },
        ];
        for instance in &self.goes {
            let value = if instance.protected { "protected" } else { "not protected" };
            let value = format!("{}, {value}", instance.lifecycle).into();
            basis.push(Basis { what: about(instance.id.as_str()), value });
        }
        basis.extend(self.rests_on.iter().cloned());
        basis
    }
}
