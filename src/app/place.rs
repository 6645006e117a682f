//! Where in the console one is, and the way back.

use jiff::Timestamp;

use crate::{
    command::ViewName,
    domain::id::{Kind, ResourceId},
};

/// A view, of everything or of what lies within one resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub view: ViewName,
    /// The stack or resource that was drilled into; `None` shows the whole estate.
    pub within: Option<ResourceId>,
    /// Only what happened in the minutes before this moment: of the timeline alone.
    pub before: Option<Timestamp>,
}

impl Place {
    pub fn everywhere(view: ViewName) -> Self {
        Self { view, within: None, before: None }
    }

    pub fn within(view: ViewName, resource: ResourceId) -> Self {
        Self { view, within: Some(resource), before: None }
    }

    /// The timeline of the minutes before `moment`: of one stack, or of everything.
    pub fn before(moment: Timestamp, stack: Option<ResourceId>) -> Self {
        Self { view: ViewName::Timeline, within: stack, before: Some(moment) }
    }

    /// The place that shows a resource as a row; `stack` is the one that it is of.
    pub fn home(id: &ResourceId, stack: ResourceId) -> Self {
        match id.kind {
            Kind::Stack => Self::everywhere(ViewName::Overview),
            Kind::Scope => Self::everywhere(ViewName::Api),
            Kind::Service | Kind::Group | Kind::TargetGroup | Kind::Cache | Kind::Database => {
                Self::within(ViewName::Stack, stack)
            }
            Kind::Entry => Self::within(ViewName::Timeline, stack),
            Kind::Spend if stack.key.is_empty() => Self::everywhere(ViewName::Cost),
            Kind::Spend => Self::within(ViewName::Cost, stack),
            Kind::Operation | Kind::Journal => Self::everywhere(ViewName::Journal),
            Kind::Event => Self::within(ViewName::Events, stack),
            Kind::Rule => Self::within(ViewName::Listeners, stack),
            Kind::Task | Kind::Stops => Self::within(ViewName::Tasks, stack),
            Kind::Deployment => Self::within(ViewName::Deployments, stack),
            Kind::Instance => Self::within(ViewName::Gateways, stack),
            Kind::Target => Self::within(ViewName::Targets, stack),
            Kind::Session => Self::within(ViewName::Sessions, stack),
            Kind::Alarm => Self::within(ViewName::Alarms, stack),
            Kind::Chart => Self::within(ViewName::Metrics, stack),
            // Only shown within what wrote it.
            Kind::Line => Self::everywhere(ViewName::Logs),
        }
    }

    /// The view of what lies inside a resource; `None` for what has nothing inside.
    pub fn inside(id: &ResourceId) -> Option<ViewName> {
        match id.kind {
            Kind::Stack => Some(ViewName::Stack),
            Kind::Service | Kind::Stops => Some(ViewName::Tasks),
            Kind::Group => Some(ViewName::Gateways),
            Kind::Instance => Some(ViewName::Sessions),
            Kind::TargetGroup => Some(ViewName::Targets),
            Kind::Cache | Kind::Database | Kind::Chart => Some(ViewName::Metrics),
            Kind::Task
            | Kind::Deployment
            | Kind::Target
            | Kind::Session
            | Kind::Alarm
            | Kind::Scope
            | Kind::Rule
            | Kind::Event
            | Kind::Entry
            | Kind::Spend
            | Kind::Operation
            | Kind::Journal
            | Kind::Line => None,
        }
    }

    /// Name of the stack drilled into, where it is one.
    pub fn stack(&self) -> Option<&str> {
        self.within.as_ref().filter(|it| it.kind == Kind::Stack).map(|it| &*it.key)
    }

    /// The resource of this kind that was drilled into.
    pub fn parent(&self, kind: Kind) -> Option<&ResourceId> {
        self.within.as_ref().filter(|it| it.kind == kind)
    }
}

/// The places visited, as a browser keeps them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    visited: Vec<Place>,
    at: usize,
}

/// More than anybody goes back.
const LONGEST: usize = 100;

impl Default for History {
    fn default() -> Self {
        Self { visited: vec![Place::everywhere(ViewName::Overview)], at: 0 }
    }
}

impl History {
    pub fn current(&self) -> &Place {
        &self.visited[self.at]
    }

    /// The stack one is in: of the place on screen, or the one that it was reached through.
    pub fn stack(&self) -> Option<&ResourceId> {
        let trail = self.visited[..=self.at].iter().rev();
        trail.map_while(|place| place.within.as_ref()).find(|within| within.kind == Kind::Stack)
    }

    /// Goes to a new place; what lay ahead is forgotten.
    pub fn go(&mut self, place: Place) {
        if *self.current() == place {
            return;
        }
        self.visited.truncate(self.at + 1);
        self.visited.push(place);
        if self.visited.len() > LONGEST {
            self.visited.remove(0);
        }
        self.at = self.visited.len() - 1;
    }

    /// Whether there is a place before this one.
    pub fn can_go_back(&self) -> bool {
        self.at > 0
    }

    /// Goes to the place before; `false` at the first one.
    pub fn back(&mut self) -> bool {
        let moved = self.can_go_back();
        self.at = self.at.saturating_sub(1);
        moved
    }

    /// Goes to the place after; `false` at the last one.
    pub fn forward(&mut self) -> bool {
        let moved = self.at + 1 < self.visited.len();
        self.at += usize::from(moved);
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::{History, Place};
    use crate::command::ViewName;

    #[test]
    fn going_somewhere_new_forgets_what_lay_ahead() {
        let mut history = History::default();
        history.go(Place::everywhere(ViewName::Services));
        history.go(Place::everywhere(ViewName::Tasks));
        assert!(history.back());
        assert!(history.back());
        assert!(!history.back());
        history.go(Place::everywhere(ViewName::Alarms));
        assert!(!history.forward());
        assert_eq!(history.current().view, ViewName::Alarms);
    }
}
