//! The menu of what can be done here: only what applies to the resource under the cursor or to the marks.

use std::collections::BTreeSet;

use super::{form::Form, group_menu};
use crate::{
    app::{App, joins::Joins},
    domain::{
        id::{Arn, Kind, ResourceId},
        scaling::ScalableTarget,
        service::Service,
        text::SafeText,
        verb::Verb,
    },
    plan::{
        action::{Action, Provider, RollbackTo, ServiceRef},
        seen::declared,
    },
    stack::model::{Stack, StackService},
    triage::words::list,
};

/// What can be done, and which line the cursor is on.
#[derive(Debug, Clone)]
pub struct Menu {
    /// What it is about, in words.
    pub subject: SafeText,
    pub offers: Vec<Offer>,
    pub selected: usize,
}

/// One line of the menu.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The key that chooses it.
    pub key: char,
    pub verb: Verb,
    pub summary: SafeText,
    pub leads: Leads,
}

/// Where a line leads.
#[derive(Debug, Clone)]
pub enum Leads {
    Plan(Action),
    Form(Box<Form>),
}

/// The menu for these resources; `None` where nothing applies.
pub fn menu(app: &App, chosen: &[ResourceId]) -> Option<Menu> {
    if app.settings.read_only {
        return None;
    }
    let offers = offers(app, chosen);
    let subject = match chosen {
        [only] => match ServiceRef::of(only) {
            Some(service) => SafeText::new(&format!("{} {}", only.kind.word(), whose(app, &service))),
            None => SafeText::new(&format!("{} {}", only.kind.word(), only.name())),
        },
        several => SafeText::new(&format!("{} marked", several.len())),
    };
    (!offers.is_empty()).then_some(Menu { subject, offers, selected: 0 })
}

/// A service's name, and its region where its stack lies in several.
pub fn whose(app: &App, service: &ServiceRef) -> String {
    let elsewhere = |stack: &Stack| stack.scopes.iter().any(|it| it.scope.region != service.scope.region);
    match declared(service, &app.stacks) {
        Some((stack, _)) if elsewhere(stack) => service.to_string(),
        _ => SafeText::new(&service.name).to_string(),
    }
}

fn offers(app: &App, chosen: &[ResourceId]) -> Vec<Offer> {
    match chosen {
        [only] if only.kind == Kind::Task => of_task(app, only),
        [only] if only.kind == Kind::Deployment => of_deployment(app, only),
        [first, ..] if matches!(first.kind, Kind::Group | Kind::Instance) => group_menu::offers(app, chosen),
        _ => {
            let services = services(app, chosen, Stack::released_together);
            let sleepers = services_that_sleep(app, chosen);
            of_services(app, &services).into_iter().chain(of_sleepers(app, &sleepers)).collect()
        }
    }
}

/// The services that resources stand for, each once: themselves, or `those` of a stack.
fn services(app: &App, chosen: &[ResourceId], those: fn(&Stack) -> Vec<&StackService>) -> Vec<ServiceRef> {
    let mut services = Vec::new();
    let mut seen = BTreeSet::new();
    for id in chosen {
        let found: Vec<ServiceRef> = match id.kind {
            Kind::Service => ServiceRef::of(id).into_iter().collect(),
            Kind::Stack => app.stack(&id.key).into_iter().flat_map(those).flat_map(ServiceRef::everywhere).collect(),
            // What else is marked cannot be acted on in this way.
            _ => return Vec::new(),
        };
        services.extend(found.into_iter().filter(|it| seen.insert(it.clone())));
    }
    let writable = |it: &ServiceRef| declared(it, &app.stacks).is_none_or(|(stack, _)| !stack.read_only);
    if services.iter().all(writable) { services } else { Vec::new() }
}

/// Those of the chosen services that may sleep; of a stack, all that may.
fn services_that_sleep(app: &App, chosen: &[ResourceId]) -> Vec<ServiceRef> {
    let mut sleepers = services(app, chosen, |stack| stack.sleepers().collect());
    sleepers.retain(|it| declared(it, &app.stacks).is_some_and(|(_, spec)| spec.may_sleep));
    sleepers
}

/// Waking those that sleep, putting to sleep those that do not.
fn of_sleepers(app: &App, sleepers: &[ServiceRef]) -> Vec<Offer> {
    let known = sleepers.iter().filter_map(|it| Some((it, found(app, it)?)));
    let (asleep, awake): (Vec<_>, Vec<_>) = known.partition(|(_, service)| service.desired == 0);
    let names = |those: Vec<(&ServiceRef, &Service)>| -> (Vec<ServiceRef>, String) {
        let names: Vec<&str> = those.iter().map(|(_, service)| service.name.as_str()).collect();
        (those.iter().map(|(who, _)| (*who).clone()).collect(), list(&names))
    };
    let mut offers = Vec::new();
    if !asleep.is_empty() {
        let (services, whom) = names(asleep);
        offers.push(offer('w', Verb::Wake, format!("start {whom} again"), Leads::Plan(Action::Wake { services })));
    }
    if !awake.is_empty() {
        let (services, whom) = names(awake);
        offers.push(offer('z', Verb::Sleep, format!("no task of {whom}"), Leads::Plan(Action::Sleep { services })));
    }
    offers
}

fn of_services(app: &App, services: &[ServiceRef]) -> Vec<Offer> {
    let Some(first) = services.first() else { return Vec::new() };
    let all = services.to_vec();
    let whom = if services.len() == 1 { String::new() } else { format!(" of {} services at once", services.len()) };
    let mut offers = vec![
        offer(
            'd',
            Verb::Deploy,
            format!("another image or revision{whom}"),
            Leads::Form(Box::new(Form::deploy(all.clone()))),
        ),
        offer(
            'r',
            Verb::Redeploy,
            format!("the same again, in new tasks{whom}"),
            Leads::Plan(Action::Redeploy { services: all.clone() }),
        ),
        offer(
            'b',
            Verb::Rollback,
            format!("back to what was good before{whom}"),
            Leads::Plan(Action::Rollback { services: all, to: RollbackTo::LastKnownGood }),
        ),
    ];
    if services.len() > 1 {
        return offers;
    }
    let history = Leads::Form(Box::new(Form::history(first.clone())));
    offers.push(offer('h', Verb::Rollback, "back to an earlier deployment of your choice".to_owned(), history));
    let service = found(app, first);
    if let Some(service) = service.filter(|it| !it.control.daemon) {
        let summary = format!("another number of tasks than {}", service.desired);
        let form = Form::scale(first.clone(), service.desired, scalable(app, first).is_some());
        offers.push(offer('s', Verb::Scale, summary, Leads::Form(Box::new(form))));
    }
    if let Some(target) = scalable(app, first) {
        let range = format!("auto scaling between {} and {}", target.min, target.max);
        if !(target.suspended_in && target.suspended_out && target.suspended_scheduled) {
            let action = Action::SuspendScaling { service: first.clone() };
            offers.push(offer('p', Verb::SuspendScaling, format!("pause {range}"), Leads::Plan(action)));
        }
        if target.suspended_in || target.suspended_out || target.suspended_scheduled {
            let action = Action::ResumeScaling { service: first.clone() };
            offers.push(offer('u', Verb::ResumeScaling, format!("let {range} go on"), Leads::Plan(action)));
        }
    }
    if let Some(to) = service.and_then(other_provider) {
        let action = Action::Move { service: first.clone(), to };
        offers.push(offer('m', Verb::Move, format!("run its tasks on {}", to.word()), Leads::Plan(action)));
    }
    offers
}

fn of_task(app: &App, id: &ResourceId) -> Vec<Offer> {
    let Some(task) = app.estate.scope(&id.scope).and_then(|it| it.task(&id.key)) else { return Vec::new() };
    if task.is_stopped() {
        return Vec::new();
    }
    let Some(name) = &task.service else { return Vec::new() };
    let service = ServiceRef::new(&id.scope, task.cluster.tail().as_str(), name.as_str());
    if declared(&service, &app.stacks).is_some_and(|(stack, _)| stack.read_only) {
        return Vec::new();
    }
    let summary = format!("{} starts another in its place", SafeText::new(&service.name));
    let action = Action::StopTask { service, task: Arn::new(&id.key) };
    vec![offer('k', Verb::StopTask, summary, Leads::Plan(action))]
}

/// Back to what a chosen deployment ran.
fn of_deployment(app: &App, id: &ResourceId) -> Vec<Offer> {
    // `…:service-deployment/CLUSTER/SERVICE/ID`.
    let mut parts = id.key.rsplit('/');
    let (Some(_), Some(name), Some(cluster)) = (parts.next(), parts.next(), parts.next()) else { return Vec::new() };
    let service = ServiceRef::new(&id.scope, cluster, name);
    if declared(&service, &app.stacks).is_some_and(|(stack, _)| stack.read_only) {
        return Vec::new();
    }
    let action = Action::Rollback { services: vec![service], to: RollbackTo::Deployment(Arn::new(&id.key)) };
    vec![offer('b', Verb::Rollback, "back to what this deployment ran".to_owned(), Leads::Plan(action))]
}

fn offer(key: char, verb: Verb, summary: String, leads: Leads) -> Offer {
    Offer { key, verb, summary: summary.into(), leads }
}

fn found<'a>(app: &'a App, who: &ServiceRef) -> Option<&'a Service> {
    let joins = Joins::of(app);
    let seat = joins
        .services()
        .into_iter()
        .find(|it| *it.scope == who.scope && it.cluster == &*who.cluster && it.name == &*who.name);
    seat.and_then(|it| it.service)
}

fn scalable<'a>(app: &'a App, who: &ServiceRef) -> Option<&'a ScalableTarget> {
    let resource = who.scaling_resource();
    let targets = app.estate.scope(&who.scope)?.scalable_targets.value()?;
    targets.iter().find(|it| it.resource.as_str() == resource)
}

/// The other of Fargate's two providers, where the service runs on one of them.
fn other_provider(service: &Service) -> Option<Provider> {
    let launch = service.launch.as_str();
    if launch.contains("FARGATE_SPOT") {
        Some(Provider::Fargate)
    } else if launch.contains("FARGATE") {
        Some(Provider::FargateSpot)
    } else {
        None
    }
}
