//! A group, its instances and their sessions, as the reads of one plan show them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    action::{GroupChange, GroupRef},
    course::DrainWay,
    forecast::Forecast,
};
use crate::{
    domain::{
        group::{Group, Instance},
        id::{Kind, ResourceId},
        query::{Answer, Identity, Query},
        session::{Session, SessionEnds},
        template::Template,
        text::SafeText,
    },
    plan::{
        facts::{Asked, Inquiry},
        guards::Conditions,
        model::Refusal,
        seen::{Stop, required},
    },
    stack::model::{Stack, StackGroup},
    triage::emptying,
};

/// What a plan knows of one group.
#[derive(Debug, Clone)]
pub struct GroupSeen<'a> {
    pub who: &'a GroupRef,
    pub group: &'a Group,
    pub identity: &'a Identity,
    pub stack: Option<&'a Stack>,
    pub spec: Option<&'a StackGroup>,
    /// Open sessions of the stack's table; `None` where no table is named for the group.
    pub sessions: Option<Asked<'a, &'a [Session]>>,
    /// The versions of its launch template; `None` where the change asks for none, or they cannot be read.
    pub template: Option<&'a Template>,
    /// How sessions of that table were seen to end, where somebody has watched it.
    pub ends: Option<&'a SessionEnds>,
    pub now: Timestamp,
}

/// Reads everything around `who` that any plan for it shows.
pub fn look<'a>(
    who: &'a GroupRef,
    stacks: &'a [Stack],
    inquiry: &Inquiry<'a>,
    conditions: &Conditions<'a>,
    change: &GroupChange,
) -> Result<GroupSeen<'a>, Stop> {
    // All reads are asked for before any is waited for.
    let identity = inquiry.ask_in(&who.scope, Query::Identity, |answer| match answer {
        Answer::Identity(identity) => Some(identity),
        _ => None,
    });
    let group = inquiry.ask_in(&who.scope, Query::Groups { names: vec![who.name.clone()] }, |answer| match answer {
        Answer::Groups(groups) => groups.iter().find(|it| it.name.as_str() == &*who.name),
        _ => None,
    });
    let (stack, spec) = declared(who, stacks).unzip();
    let table = spec.and_then(|it| it.sessions.as_ref()?.table.clone());
    let ends = table.as_ref().and_then(|(table, _)| conditions.watched?.scope(&who.scope)?.session_ends.get(table));
    let sessions = table.map(|(table, gateway_attribute)| {
        let asked = inquiry.ask_in(&who.scope, Query::Sessions { table, gateway_attribute }, |answer| match answer {
            Answer::Sessions(sessions) => Some(sessions.as_slice()),
            _ => None,
        });
        asked.map(Option::unwrap_or_default)
    });
    let group = required(&who.scope, group, "the group", || {
        Refusal::new(format!("there is no Auto Scaling group {} in {}", who.name, who.scope.region))
    })?;
    let named = group.launch_template.as_ref().filter(|_| matches!(change, GroupChange::Roll { .. }));
    let template = named.map(|it| {
        inquiry.ask_in(&who.scope, Query::Template { id: it.id.as_str().into() }, |answer| match answer {
            Answer::Template(template) => Some(template),
            _ => None,
        })
    });
    let identity = required(&who.scope, identity, "who you are", || Refusal::new("AWS does not say who you are"))?;
    if matches!(sessions, Some(Asked::Awaited)) || matches!(template, Some(Asked::Awaited)) {
        return Err(Stop::Awaited);
    }
    let template = template.and_then(Asked::known).flatten();
    Ok(GroupSeen { who, group, identity, stack, spec, sessions, template, ends, now: conditions.now })
}

/// The stack that names a group, and what it says of it.
pub fn declared<'a>(who: &GroupRef, stacks: &'a [Stack]) -> Option<(&'a Stack, &'a StackGroup)> {
    let names = |spec: &&StackGroup| spec.name == who.name && spec.scopes.contains(&who.scope);
    stacks.iter().find_map(|stack| Some((stack, stack.groups.iter().find(names)?)))
}

impl<'a> GroupSeen<'a> {
    pub fn id(&self) -> ResourceId {
        ResourceId::new(Kind::Group, &self.who.scope, &self.who.name)
    }

    /// Whether its instances hold sessions that somebody counts on.
    pub fn holds_sessions(&self) -> bool {
        self.spec.is_some_and(|it| it.sessions.is_some())
    }

    /// The open sessions, where they can be read one by one.
    pub fn open(&self) -> Option<&'a [Session]> {
        self.sessions.and_then(Asked::known)
    }

    /// The sessions of one gateway; `None` where that cannot be read.
    pub fn sessions_on(&self, instance: &str) -> Option<Vec<&'a Session>> {
        Some(self.open()?.iter().filter(|it| it.gateway.as_str() == instance).collect())
    }

    /// How many sessions each instance holds; `None` where that cannot be read.
    pub fn held(&self) -> Option<BTreeMap<&'a str, u32>> {
        let mut held: BTreeMap<&str, u32> = self.group.instances.iter().map(|it| (it.id.as_str(), 0)).collect();
        for session in self.open()? {
            if let Some(count) = held.get_mut(session.gateway.as_str()) {
                *count += 1;
            }
        }
        Some(held)
    }

    pub fn instance(&self, id: &str) -> Result<&'a Instance, Refusal> {
        let found = self.group.instances.iter().find(|it| it.id.as_str() == id);
        found.ok_or_else(|| {
            let names: Vec<&str> = self.group.instances.iter().map(|it| it.id.as_str()).collect();
            let hint = format!("it has {}", crate::triage::words::list(&names));
            Refusal::new(format!("{} has no instance {}", self.group.name, SafeText::new(id))).hint(hint)
        })
    }

    pub fn in_service(&self) -> impl Iterator<Item = &'a Instance> + '_ {
        self.group.instances.iter().filter(|it| it.is_in_service())
    }

    /// What is in service once these have gone.
    pub fn without(&self, gone: &[&Instance]) -> Vec<&'a Instance> {
        self.in_service().filter(|it| !gone.iter().any(|gone| gone.id == it.id)).collect()
    }

    /// Sessions that these instances take together; `None` where one's limit is not known.
    pub fn capacity(&self, instances: &[&Instance]) -> Option<u32> {
        let source = self.spec?.sessions.as_ref()?;
        instances.iter().map(|it| source.limit_of(it.instance_type.as_str())).sum()
    }

    /// Sessions that a gateway takes, by the types of the group's instances, as far as that is known.
    pub fn limits(&self) -> BTreeMap<SafeText, u32> {
        let source = self.spec.and_then(|it| it.sessions.as_ref());
        let kinds = self.group.instances.iter().map(|it| &it.instance_type);
        kinds.filter_map(|it| Some((it.clone(), source?.limit_of(it.as_str())?))).collect()
    }

    /// When a gateway with so many sessions is empty, once no more come; `None` where too little is known.
    pub fn forecast(&self, sessions: u32) -> Option<Forecast> {
        if sessions == 0 {
            return Some(Forecast::EMPTY);
        }
        let own = |it: &&Session| self.group.instances.iter().any(|instance| instance.id == it.gateway);
        let leaving = emptying::leaving(self.open()?.iter().filter(own), self.ends, self.now)?;
        leaving.empty_in(sessions).map(Forecast::from)
    }

    /// How the stack wants new sessions to be kept away.
    pub fn drain_way(&self) -> DrainWay {
        DrainWay::of(self.spec.map(|it| &it.drain.by), self.group)
    }
}
