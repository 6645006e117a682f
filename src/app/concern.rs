//! Which signals concern what is on screen, which one is in question, and the keys that lead to what it is about.

use super::{App, place::Place, rows::chord};
use crate::{
    command::{Command, ViewName},
    domain::{
        id::{Kind, ResourceId},
        signal::Signal,
    },
    triage::concerns,
};

/// Whether the place says so where nothing is wrong, and has room for signals at all times.
pub fn is_always_told(view: ViewName) -> bool {
    matches!(view, ViewName::Overview | ViewName::Stack)
}

/// Whether signals are told on screen beside the table.
pub fn is_told(app: &App) -> bool {
    is_always_told(app.place().view) || !shown(app).is_empty()
}

/// The signals that concern the place on screen, worst first: all on the overview, a stack's in the stack; in their
/// tables those about what they list; within a resource those about it and what it stands on.
pub fn shown(app: &App) -> Vec<&Signal> {
    let Place { view, within, .. } = app.place();
    let signals = app.signals.iter();
    match within {
        None if is_always_told(*view) => signals.collect(),
        None => signals.filter(|it| lists(*view, it.subject.kind)).collect(),
        Some(within) if within.kind == Kind::Stack => {
            let Some(stack) = app.stack(&within.key) else { return Vec::new() };
            let told = |it: &&Signal| *view == ViewName::Stack || lists(*view, it.subject.kind);
            signals.filter(|it| concerns(it, stack)).filter(told).collect()
        }
        Some(within) => {
            let near = nearby(app, within);
            signals.filter(|it| it.subject == *within || near.contains(&it.subject)).collect()
        }
    }
}

/// Whether a view's rows are of this kind, or of what a resource of this kind consists of.
fn lists(view: ViewName, kind: Kind) -> bool {
    match view {
        ViewName::Services | ViewName::Tasks | ViewName::Deployments => {
            matches!(kind, Kind::Service | Kind::Task | Kind::Deployment)
        }
        ViewName::Gateways | ViewName::Sessions => matches!(kind, Kind::Group | Kind::Instance | Kind::Session),
        ViewName::Targets => matches!(kind, Kind::TargetGroup | Kind::Target),
        ViewName::Alarms => kind == Kind::Alarm,
        ViewName::Cost => kind == Kind::Spend,
        _ => false,
    }
}

/// What a resource consists of or stands on: a service's target groups and the services of a target group, a group's
/// instances and the group of an instance.
fn nearby(app: &App, within: &ResourceId) -> Vec<ResourceId> {
    let Some(known) = app.estate.scope(&within.scope) else { return Vec::new() };
    let id = |kind, key: &str| ResourceId::new(kind, &within.scope, key);
    match within.kind {
        Kind::Service => {
            let groups = known.service(&within.key).map(|it| it.load_balancers.as_slice()).unwrap_or_default();
            groups.iter().map(|it| id(Kind::TargetGroup, it.target_group.wire())).collect()
        }
        Kind::TargetGroup => {
            let services = known.services.values().filter_map(|it| it.value()).flat_map(|it| it.values());
            let serves =
                services.filter(|it| it.load_balancers.iter().any(|it| *it.target_group.wire() == *within.key));
            serves.map(|it| id(Kind::Service, it.arn.wire())).collect()
        }
        Kind::Group => {
            let groups = known.groups.value().into_iter().flat_map(|it| it.values());
            let instances = groups.filter(|it| *it.name.as_str() == *within.key).flat_map(|it| &it.instances);
            instances.map(|it| id(Kind::Instance, it.id.as_str())).collect()
        }
        Kind::Instance => {
            known.instance(&within.key).map(|(group, _)| id(Kind::Group, group.name.as_str())).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Index of the signal in question: the one gone to, while that is still on screen, else the next to go to.
pub fn in_question(app: &App) -> usize {
    app.signal_cursor.filter(|at| app.signals.get(*at).is_some_and(|it| is_here(app, it))).unwrap_or_else(|| next(app))
}

/// Index of the signal to go to next.
pub fn next(app: &App) -> usize {
    app.signal_cursor.map_or(0, |at| (at + 1) % app.signals.len().max(1))
}

/// Whether the place on screen is the one that the signal's subject is a row of, or lies within it.
fn is_here(app: &App, signal: &Signal) -> bool {
    let stack = ResourceId::stack(signal.stack.as_str());
    app.place().within.as_ref() == Some(&signal.subject) || *app.place() == Place::home(&signal.subject, stack)
}

/// The keys that lead from here to what lies behind the signal at this index, as `n, then enter`, or to its whole
/// text; `None` where one is there already, or where other keys come first.
pub fn way(app: &App, at: usize, last: Command) -> Option<String> {
    let signal = app.signals.get(at)?;
    let last = chord(app, last);
    let cursor = app.table_state().and_then(|it| it.cursor.as_ref());
    if app.place().within.as_ref() == Some(&signal.subject) {
        None
    } else if cursor == Some(&signal.subject) && app.table.index_of(&signal.subject).is_some() {
        Some(last)
    } else {
        (at == next(app)).then(|| format!("{}, then {last}", chord(app, Command::NextSignal)))
    }
}

/// What to do with a signal's subject to see more of it: drill into it, or describe what has nothing inside.
pub fn look(signal: &Signal) -> Command {
    if Place::inside(&signal.subject).is_some() { Command::Open } else { Command::Describe }
}

#[cfg(test)]
mod tests {
    use super::{look, shown, way};
    use crate::{
        app::{App, fixtures, fixtures::settle, place::Place},
        command::ViewName,
        domain::id::{Kind, ResourceId},
    };

    fn at(place: Place) -> App {
        let mut app = fixtures::five_stacks();
        app.history.go(place);
        settle(&mut app);
        app
    }

    fn kinds(app: &App) -> Vec<Kind> {
        let mut kinds: Vec<Kind> = shown(app).iter().map(|it| it.subject.kind).collect();
        kinds.dedup();
        kinds
    }

    #[test]
    fn a_table_has_the_signals_of_what_it_lists() {
        let terminal = ResourceId::stack("terminal");
        let within = |view| at(Place::within(view, terminal.clone()));
        let of_terminal = fixtures::five_stacks().signals.iter().filter(|it| it.stack.as_str() == "terminal").count();
        assert_eq!(shown(&within(ViewName::Stack)).len(), of_terminal);
        assert_eq!(kinds(&within(ViewName::Alarms)), [Kind::Alarm]);
        assert_eq!(kinds(&within(ViewName::Targets)), [Kind::TargetGroup]);
        assert_eq!(kinds(&within(ViewName::Tasks)), [Kind::Service]);
        assert_eq!(kinds(&at(Place::everywhere(ViewName::Tasks))), [Kind::Service]);
        assert!(shown(&at(Place::everywhere(ViewName::Api))).is_empty());
        assert!(shown(&at(Place::within(ViewName::Tasks, ResourceId::stack("cma")))).is_empty());
    }

    #[test]
    fn a_service_has_its_own_signals_and_those_of_its_target_groups() {
        let app = fixtures::five_stacks();
        let service = app.signals.iter().find(|it| it.subject.kind == Kind::Service).expect("one").subject.clone();
        let mut kinds = kinds(&at(Place::within(ViewName::Tasks, service)));
        kinds.sort();
        assert_eq!(kinds, [Kind::Service, Kind::TargetGroup]);
    }

    #[test]
    fn the_way_to_a_signal_is_told_where_it_is_right_and_nowhere_else() {
        let mut app = fixtures::five_stacks();
        let at = app.signals.iter().position(|it| it.subject.kind == Kind::Service).expect("one");
        let signal = app.signals[at].clone();
        app.signal_cursor = at.checked_sub(1);
        assert_eq!(way(&app, at, look(&signal)).as_deref(), Some("n, then enter"));
        assert_eq!(way(&app, at + 1, look(&signal)), None, "other signals come before it");
        app.signal_cursor = Some(at);
        app.history.go(Place::home(&signal.subject, ResourceId::stack("terminal")));
        settle(&mut app);
        let place = app.place().clone();
        app.tables.entry(place).or_default().cursor = Some(signal.subject.clone());
        assert_eq!(way(&app, at, look(&signal)).as_deref(), Some("enter"));
        app.history.go(Place::within(ViewName::Tasks, signal.subject.clone()));
        assert_eq!(way(&app, at, look(&signal)), None, "one is there");
    }
}
