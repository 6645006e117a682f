//! Groups of gateways in the estate, and the sessions that they hold.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;

use super::{ScopeEstate, Step, apply, keyed};
use crate::domain::{
    group::{Group, Instance},
    query::{Answer, Query},
    refresh::Refresh,
    session::Session,
    template::Template,
    text::SafeText,
};

impl ScopeEstate {
    pub(super) fn observe_gateways(&mut self, query: &Query, step: Step) {
        match query {
            Query::Groups { .. } => apply(&mut self.groups, step, |answer, known| match answer {
                Answer::Groups(groups) => Some(keyed(groups, |it| it.name.clone(), known)),
                _ => None,
            }),
            Query::Activities { group } => {
                apply(self.activities.entry(group.clone()).or_default(), step, only!(Activities));
            }
            Query::Refreshes { group } => {
                apply(self.refreshes.entry(group.clone()).or_default(), step, only!(Refreshes));
            }
            Query::Template { id } => apply(self.templates.entry(id.clone()).or_default(), step, only!(Template)),
            Query::Sessions { table, .. } => {
                apply(self.sessions.entry(table.clone()).or_default(), step, only!(Sessions));
            }
            _ => {}
        }
    }

    /// Notes which sessions of a table are no longer in it. What a partial look did not bring may still be there.
    pub(super) fn miss(&mut self, table: &Arc<str>, now: &[Session], at: Timestamp) {
        let Some(observed) = self.sessions.get(table).filter(|it| !it.is_partial()) else { return };
        let (Some(before), Some(looked)) = (observed.value(), observed.fetched_at()) else { return };
        let groups = self.groups.value().into_iter().flat_map(BTreeMap::values);
        let living: BTreeSet<&SafeText> = groups
            .flat_map(|it| &it.instances)
            .filter(|it| !it.is_leaving() && it.state.as_ref().is_none_or(|state| state.as_str() == "running"))
            .map(|it| &it.id)
            .collect();
        let ends = self.session_ends.entry(table.clone()).or_default();
        ends.look((before, looked), (now, at), |gateway| living.contains(gateway));
    }

    /// The launch template that a group starts its instances from, once it has been read.
    pub fn template_of(&self, group: &Group) -> Option<&Template> {
        self.templates.get(group.launch_template.as_ref()?.id.as_str())?.value()
    }

    /// The refresh of a group that still does something.
    pub fn active_refresh(&self, group: &str) -> Option<&Refresh> {
        self.refreshes.get(group)?.value()?.iter().find(|it| it.is_active())
    }

    /// The instance with this id, and its group.
    pub fn instance(&self, id: &str) -> Option<(&Group, &Instance)> {
        let groups = self.groups.value()?.values();
        groups.flat_map(|group| group.instances.iter().map(move |it| (group, it))).find(|(_, it)| it.id.as_str() == id)
    }
}
