//! What has to be read for a list, beside what is watched anyway.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;

use super::{Standing, of_stack};
use crate::{
    domain::{
        estate::Estate,
        id::Scope,
        inventory::Inventory,
        query::{Query, Request},
    },
    stack::{
        checklist::{NamedKind, Need},
        model::Stack,
    },
};

/// Every read that tells of the stack's list.
pub fn requests(stack: &Stack) -> Vec<Request> {
    let places = stack.checklist.iter().flat_map(|item| item.scopes.iter().map(move |scope| (item, scope)));
    let wanted: BTreeSet<Request> =
        places.flat_map(|(item, scope)| item.needs.iter().flat_map(move |it| of_need(stack, scope, it))).collect();
    wanted.into_iter().collect()
}

/// Those that tell of what was found missing or different: read on while nobody looks, so that nobody is told of it longer
/// than it is true.
pub fn requests_of_missing(stack: &Stack, estate: &Estate, now: Timestamp) -> Vec<Request> {
    let checked = of_stack(stack, estate, now);
    let wrong = checked.iter().flat_map(|it| it.found.iter().map(|found| (it.scope, found)));
    let wrong = wrong.filter(|(_, it)| it.state.standing() <= Standing::Differs);
    let wanted: BTreeSet<Request> = wrong.flat_map(|(scope, it)| of_need(stack, scope, it.need)).collect();
    wanted.into_iter().collect()
}

fn of_need(stack: &Stack, scope: &Scope, need: &Need) -> Vec<Request> {
    let inventory = |of| Query::Inventory { of };
    let queries = match need {
        Need::Vpc { .. } => vec![inventory(Inventory::Vpcs)],
        Need::Subnet { .. } => vec![inventory(Inventory::Vpcs), inventory(Inventory::Subnets)],
        Need::InternetGateway => vec![inventory(Inventory::Vpcs), inventory(Inventory::InternetGateways)],
        Need::NatGateways(_) => vec![inventory(Inventory::Vpcs), Query::NatGateways],
        Need::ByHand(_) => Vec::new(),
        Need::Named(kind, name) => {
            let name = name.clone();
            match kind {
                NamedKind::SecurityGroup => {
                    vec![inventory(Inventory::Vpcs), inventory(security_groups(stack, scope))]
                }
                NamedKind::LaunchTemplate => {
                    vec![inventory(Inventory::LaunchTemplates { names: names(stack, scope, *kind) })]
                }
                NamedKind::LoadBalancer => vec![inventory(Inventory::LoadBalancer { name })],
                NamedKind::Table => vec![inventory(Inventory::Table { name })],
                NamedKind::Repository => vec![inventory(Inventory::Repository { name })],
                NamedKind::Role => vec![inventory(Inventory::Role { name })],
                // Watched anyway, or asked of nobody.
                NamedKind::Service
                | NamedKind::Group
                | NamedKind::TargetGroup
                | NamedKind::Cache
                | NamedKind::Database
                | NamedKind::Alarm
                | NamedKind::Certificate
                | NamedKind::Bucket
                | NamedKind::Distribution
                | NamedKind::Secret => Vec::new(),
            }
        }
    };
    queries.into_iter().map(|query| Request { scope: scope.clone(), query }).collect()
}

/// All security groups that the list names in a scope: one read tells of them.
pub fn security_groups(stack: &Stack, scope: &Scope) -> Inventory {
    Inventory::SecurityGroups { names: names(stack, scope, NamedKind::SecurityGroup) }
}

/// What the list names of one kind in a scope, each once, in order.
pub fn names(stack: &Stack, scope: &Scope, wanted: NamedKind) -> Vec<Arc<str>> {
    let here = stack.checklist.iter().filter(|it| it.scopes.contains(scope)).flat_map(|it| &it.needs);
    let named = here.filter_map(|need| match need {
        Need::Named(kind, name) if *kind == wanted => Some(name.clone()),
        _ => None,
    });
    named.collect::<BTreeSet<_>>().into_iter().collect()
}
