//! What a scope holds beside what is watched, for checklists: one read at a time, from whichever service knows it.

use jiff::Timestamp;

use super::{Clients, dynamodb, ec2, ecr, elbv2, iam, paging::Gathered};
use crate::domain::{
    fault::{Fault, FaultKind},
    inventory::{Holding, Inventory},
};

/// What there is of it. That something asked for by name does not exist is what was asked: no fault.
pub async fn holdings(clients: &Clients, of: &Inventory, now: Timestamp) -> Gathered<Holding> {
    match of {
        Inventory::Vpcs => ec2::vpcs(clients.ec2(), now).await,
        Inventory::Subnets => ec2::subnets(clients.ec2(), now).await,
        Inventory::InternetGateways => ec2::internet_gateways(clients.ec2(), now).await,
        Inventory::SecurityGroups { names } => ec2::security_groups(clients.ec2(), names, now).await,
        Inventory::LaunchTemplates { names } => ec2::launch_templates(clients.ec2(), names, now).await,
        Inventory::LoadBalancer { name } => if_there(elbv2::load_balancer(clients.elb(), name, now).await),
        Inventory::Table { name } => if_there(dynamodb::table(clients.dynamodb(), name, now).await),
        Inventory::Role { name } => if_there(iam::role(clients.iam(), name, now).await),
        Inventory::Repository { name } => {
            let images = ecr::images_of_own(clients.ecr(), name, now).await;
            let pullable = || images.items.iter().filter(|it| !it.archived);
            let found = Holding::Repository {
                name: (&**name).into(),
                images: pullable().count(),
                newest: pullable().filter_map(|it| it.pushed_at).max(),
            };
            match images.fault {
                // What came before a page that failed is no count of all.
                Some(fault) => if_there(Err(fault)),
                None => if_there(Ok(found)),
            }
        }
    }
}

/// The one thing, or that it does not exist.
fn if_there(found: Result<Holding, Fault>) -> Gathered<Holding> {
    match found {
        Ok(holding) => Ok(vec![holding]).into(),
        Err(fault) if fault.kind == FaultKind::Missing => Gathered::default(),
        Err(fault) => Err(fault).into(),
    }
}
