//! Looking for one thing among what is known of its scope.

use jiff::{SignedDuration, Timestamp};

use super::{Site, State, Unseen, requests::security_groups};
use crate::{
    domain::{
        estate::ScopeEstate,
        fault::{Fault, FaultKind},
        inventory::{Holding, Inventory},
        observation::Observation,
        text::SafeText,
    },
    metrics::{Measured, catalogue, window::FINE},
    stack::checklist::{NamedKind, Need},
};

/// A metric that ended earlier says nothing of now.
const CURRENT: SignedDuration = SignedDuration::from_mins(15);

/// What was found, and when it was read.
type Told<'a> = (State<'a>, Option<Timestamp>);

pub fn find<'a>(site: &Site<'a>, known: &'a ScopeEstate, need: &'a Need) -> Told<'a> {
    match need {
        Need::Vpc { cidr, .. } => vpc(site, known, cidr.as_deref()),
        Need::Subnet { cidr, public } => subnet(site, known, cidr, *public),
        Need::InternetGateway => internet_gateway(site, known),
        Need::NatGateways(wanted) => nat_gateways(site, known, *wanted),
        Need::Named(kind, name) => named(site, known, *kind, name),
        // Only people tell of it.
        Need::ByHand(_) => (State::Unseen(Unseen::ByHand), None),
    }
}

/// How far an answer can be trusted with what it does not hold.
struct Look<'a, T> {
    value: Option<&'a T>,
    fault: Option<&'a Fault>,
    read_at: Option<Timestamp>,
}

impl<'a, T> Look<'a, T> {
    fn at(observed: Option<&'a Observation<T>>) -> Self {
        Self {
            value: observed.and_then(Observation::value),
            fault: observed.and_then(Observation::fault),
            read_at: observed.and_then(Observation::fetched_at),
        }
    }

    /// What is to be said of what it does not hold.
    fn absent(&self) -> State<'a> {
        match self.fault {
            // The service itself says that it is not there.
            Some(fault) if fault.kind == FaultKind::Missing => State::Missing,
            Some(fault) => State::Unseen(Unseen::Failed(fault)),
            None if self.value.is_some() => State::Missing,
            None => State::Unseen(Unseen::NotRead),
        }
    }

    fn found(&self, held: bool) -> Told<'a> {
        (if held { State::Present(String::new()) } else { self.absent() }, self.read_at)
    }
}

fn holdings<'a>(known: &'a ScopeEstate, of: &Inventory) -> Look<'a, Vec<Holding>> {
    Look::at(known.inventory.get(of))
}

/// What the list calls the stack's VPC in this scope.
fn called<'a>(site: &Site<'a>) -> Option<&'a str> {
    let here = site.stack.checklist.iter().filter(|it| it.scopes.contains(site.scope));
    here.flat_map(|it| &it.needs).find_map(|need| match need {
        Need::Vpc { name, .. } => Some(&**name),
        _ => None,
    })
}

/// The VPCs of that name, or the one with that id: most often one.
fn vpcs<'a>(site: &Site<'a>, look: &Look<'a, Vec<Holding>>) -> Vec<(&'a SafeText, &'a [SafeText])> {
    let Some(called) = called(site) else { return Vec::new() };
    let held = look.value.into_iter().flatten().filter_map(|it| match it {
        Holding::Vpc { id, name, blocks } => {
            let is_it = id.as_str() == called || name.as_ref().is_some_and(|name| name.as_str() == called);
            is_it.then_some((id, blocks.as_slice()))
        }
        _ => None,
    });
    held.collect()
}

fn vpc<'a>(site: &Site<'a>, known: &'a ScopeEstate, cidr: Option<&str>) -> Told<'a> {
    let look = holdings(known, &Inventory::Vpcs);
    let found = vpcs(site, &look);
    let state = match (found.first(), cidr) {
        (None, _) => look.absent(),
        (Some(_), None) => State::Present(String::new()),
        (Some(_), Some(cidr)) if found.iter().any(|(_, blocks)| blocks.iter().any(|it| it.as_str() == cidr)) => {
            State::Present(cidr.to_owned())
        }
        (Some((_, blocks)), Some(cidr)) => {
            let is: Vec<&str> = blocks.iter().map(SafeText::as_str).collect();
            State::Differs { asked: cidr.to_owned(), is: is.join(", ") }
        }
    };
    (state, look.read_at)
}

/// Says what is in the stack's VPC, with the older of the times at which VPCs and `look` were read; nothing of it is known
/// where the VPC is not.
fn in_vpc<'a, T>(
    site: &Site<'a>,
    known: &'a ScopeEstate,
    look: &Look<'a, T>,
    state: impl FnOnce(&dyn Fn(&SafeText) -> bool) -> State<'a>,
) -> Told<'a> {
    let networks = holdings(known, &Inventory::Vpcs);
    let own = vpcs(site, &networks);
    if own.is_empty() {
        let state = match networks.absent() {
            State::Missing => State::Unseen(Unseen::NoVpc),
            other => other,
        };
        return (state, networks.read_at);
    }
    let is_in = |vpc: &SafeText| own.iter().any(|(id, _)| *id == vpc);
    let state = state(&is_in);
    let read_at = look.read_at.map(|at| networks.read_at.map_or(at, |it| it.min(at)));
    (state, read_at)
}

fn subnet<'a>(site: &Site<'a>, known: &'a ScopeEstate, cidr: &str, wanted: Option<bool>) -> Told<'a> {
    let look = holdings(known, &Inventory::Subnets);
    in_vpc(site, known, &look, |is_in| {
        let found = look.value.into_iter().flatten().find_map(|it| match it {
            Holding::Subnet { vpc, block, public, .. } if is_in(vpc) && block.as_str() == cidr => Some(*public),
            _ => None,
        });
        let word = |public: bool| if public { "public" } else { "private" }.to_owned();
        match (found, wanted) {
            (None, _) => look.absent(),
            (Some(_), None) => State::Present(String::new()),
            (Some(Some(is)), Some(asked)) if is == asked => State::Present(String::new()),
            (Some(Some(is)), Some(asked)) => State::Differs { asked: word(asked), is: word(is) },
            // It is there; where it leads to could not be read.
            (Some(None), Some(_)) => State::Unseen(look.fault.map_or(Unseen::NotRead, Unseen::Failed)),
        }
    })
}

fn internet_gateway<'a>(site: &Site<'a>, known: &'a ScopeEstate) -> Told<'a> {
    let look = holdings(known, &Inventory::InternetGateways);
    in_vpc(site, known, &look, |is_in| {
        let is_attached = |it: &Holding| matches!(it, Holding::InternetGateway { vpcs, .. } if vpcs.iter().any(is_in));
        look.found(look.value.into_iter().flatten().any(is_attached)).0
    })
}

fn nat_gateways<'a>(site: &Site<'a>, known: &'a ScopeEstate, wanted: u32) -> Told<'a> {
    let look = Look::at(Some(&known.nat_gateways));
    in_vpc(site, known, &look, |is_in| {
        let held = look.value.into_iter().flatten().filter(|it| is_in(&it.vpc)).count();
        match look.absent() {
            _ if held >= wanted as usize => State::Present(String::new()),
            State::Missing if held > 0 => State::Differs { asked: wanted.to_string(), is: held.to_string() },
            absent => absent,
        }
    })
}

fn named<'a>(site: &Site<'a>, known: &'a ScopeEstate, kind: NamedKind, name: &'a str) -> Told<'a> {
    let owned = || name.into();
    match kind {
        NamedKind::Service | NamedKind::Group | NamedKind::TargetGroup | NamedKind::Alarm => {
            watched(site, known, kind, name)
        }
        NamedKind::Cache | NamedKind::Database => measured(site, known, kind, name),
        NamedKind::SecurityGroup => security_group(site, known, name),
        NamedKind::LaunchTemplate => {
            let names = super::requests::names(site.stack, site.scope, NamedKind::LaunchTemplate);
            of_name(&holdings(known, &Inventory::LaunchTemplates { names }), name, "")
        }
        NamedKind::LoadBalancer => {
            of_name(&holdings(known, &Inventory::LoadBalancer { name: owned() }), name, "active")
        }
        NamedKind::Table => of_name(&holdings(known, &Inventory::Table { name: owned() }), name, "ACTIVE"),
        NamedKind::Role => of_name(&holdings(known, &Inventory::Role { name: owned() }), name, ""),
        NamedKind::Repository => repository(&holdings(known, &Inventory::Repository { name: owned() })),
        NamedKind::Certificate | NamedKind::Bucket | NamedKind::Distribution | NamedKind::Secret => {
            (State::Unseen(Unseen::NoReader(kind.unread().unwrap_or_default())), None)
        }
    }
}

/// What the console watches anyway.
fn watched<'a>(site: &Site<'a>, known: &'a ScopeEstate, kind: NamedKind, name: &str) -> Told<'a> {
    let (stack, here) = (site.stack, site.scope);
    match kind {
        NamedKind::Service => {
            let spec = stack.services.iter().find(|it| &*it.name == name && it.scopes.contains(here));
            let look = Look::at(spec.and_then(|it| known.services.get(&it.cluster)));
            look.found(spec.is_some_and(|it| known.stack_service(it).is_some()))
        }
        NamedKind::Group => {
            let spec = stack.groups.iter().find(|it| &*it.name == name);
            Look::at(Some(&known.groups)).found(spec.is_some_and(|it| known.stack_group(it).is_some()))
        }
        NamedKind::TargetGroup => {
            let spec = stack.target_groups.iter().find(|it| &*it.name == name);
            let held = spec.is_some_and(|it| known.stack_target_group(it).is_some());
            Look::at(Some(&known.target_groups)).found(held)
        }
        _ => {
            let look = Look::at(Some(&known.alarms));
            look.found(look.value.is_some_and(|it| it.values().any(|alarm| alarm.name.as_str() == name)))
        }
    }
}

/// What is known by its metrics alone: it is there while it publishes them.
fn measured<'a>(site: &Site<'a>, known: &'a ScopeEstate, kind: NamedKind, name: &str) -> Told<'a> {
    let (stack, scope) = (site.stack, site.scope);
    let measures: Vec<Measured> = if kind == NamedKind::Cache {
        let spec = stack.caches.iter().find(|it| &*it.name == name);
        spec.map(|it| catalogue::of_cache(scope, it)).unwrap_or_default()
    } else {
        let spec = stack.databases.iter().find(|it| &*it.name == name);
        spec.map(|it| catalogue::of_database(scope, it)).unwrap_or_default()
    };
    let read: Vec<_> = measures.iter().filter_map(|it| known.series(&it.read(FINE))).collect();
    let newest = read.iter().filter_map(|it| it.points.last()).map(|(at, _)| *at).max();
    match newest {
        Some(at) if site.now.duration_since(at) <= CURRENT => (State::Present(String::new()), Some(at)),
        _ if !read.is_empty() => (State::Unseen(Unseen::Silent), known.metrics.fetched_at()),
        _ => (State::Unseen(known.metrics.fault().map_or(Unseen::NotRead, Unseen::Failed)), None),
    }
}

fn security_group<'a>(site: &Site<'a>, known: &'a ScopeEstate, wanted: &str) -> Told<'a> {
    let look = holdings(known, &security_groups(site.stack, site.scope));
    in_vpc(site, known, &look, |is_in| {
        let called = look.value.into_iter().flatten().filter_map(|it| match it {
            Holding::SecurityGroup { name, vpc, .. } if name.as_str() == wanted => Some(vpc),
            _ => None,
        });
        let vpcs: Vec<&SafeText> = called.collect();
        match (vpcs.iter().any(|it| is_in(it)), vpcs.first(), look.absent()) {
            (true, ..) => State::Present(String::new()),
            (false, Some(vpc), State::Missing) => {
                State::Differs { asked: "in its VPC".to_owned(), is: format!("in {vpc}") }
            }
            (false, _, absent) => absent,
        }
    })
}

/// What is known by its name; `well` is the service's word for one that is as it should be.
fn of_name<'a>(look: &Look<'a, Vec<Holding>>, wanted: &str, well: &str) -> Told<'a> {
    let found = look.value.into_iter().flatten().find_map(|it| match it {
        Holding::Named { name, state } if name.as_str() == wanted => Some(state),
        _ => None,
    });
    let state = match found {
        None => look.absent(),
        Some(Some(state)) if !well.is_empty() && state.as_str() != well => {
            State::Differs { asked: well.to_lowercase(), is: state.as_str().to_lowercase() }
        }
        Some(_) => State::Present(String::new()),
    };
    (state, look.read_at)
}

fn repository<'a>(look: &Look<'a, Vec<Holding>>) -> Told<'a> {
    let found = look.value.into_iter().flatten().find_map(|it| match it {
        Holding::Repository { images, newest, .. } => Some((*images, *newest)),
        _ => None,
    });
    let state = match found {
        None => look.absent(),
        Some((0, _)) => State::Differs { asked: "an image".to_owned(), is: "no image".to_owned() },
        Some((images, newest)) => {
            let since = newest.map(|at| format!(", newest of {}", at.strftime("%Y-%m-%d"))).unwrap_or_default();
            State::Present(format!("{}{since}", super::super::words::count(images, "image")))
        }
    };
    (state, look.read_at)
}
