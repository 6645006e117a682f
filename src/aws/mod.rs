//! AWS as the domain sees it: one file per service, from the SDK's types to plain values.
//!
//! ```text
//! Request ─▶ fetch ─▶ ecs | autoscaling + ec2 | elbv2 | cloudwatch | … ─▶ paging ─▶ SDK clients ─▶ meter ─▶ HTTP
//! Outcome ◀───────────── Gathered (what came, and the first fault) ◀──────┘
//! ```
//!
//! Invariant: a read never panics and never hides a fault; any field of an answer may be absent.

mod applicationautoscaling;
mod autoscaling;
mod body;
mod budgets;
mod capture;
mod certainty;
pub mod clients;
mod cloudwatch;
mod cost_explorer;
mod dynamodb;
mod ec2;
mod ecr;
mod ecs;
mod elbv2;
pub mod fault;
mod iam;
mod inventory;
mod logs;
pub mod meter;
mod paging;
mod raw;
mod sts;
mod values;
mod whole;
mod write;

use jiff::Timestamp;

pub use self::{clients::Clients, write::write};
use crate::domain::{
    fault::Fault,
    query::{Answer, Identity, Outcome, Query, Request},
};

/// Answers one read with the clients of its scope. `now` dates faults and ends the window of metrics.
pub async fn fetch(clients: &Clients, request: &Request, now: Timestamp) -> Outcome {
    let (asg, ce) = (clients.autoscaling(), clients.cost_explorer());
    match &request.query {
        Query::Identity => {
            let identity = sts::identity(clients.sts(), now).await;
            whole(identity.map(|it| Identity { expires_at: clients.credentials_end(), ..it }), Answer::Identity)
        }
        Query::Clusters => ecs::clusters(clients.ecs(), now).await.outcome(Answer::Clusters),
        Query::Services { cluster, names } => {
            ecs::services(clients.ecs(), cluster, names, now).await.outcome(Answer::Services)
        }
        Query::Tasks { cluster } => ecs::tasks(clients.ecs(), cluster, now).await.outcome(Answer::Tasks),
        Query::Deployments { cluster, service } => {
            ecs::deployments(clients.ecs(), cluster, service, now).await.outcome(Answer::Deployments)
        }
        Query::TaskDefinition { definition } => {
            whole(ecs::definition(clients.ecs(), definition, now).await, |it| Answer::TaskDefinition(Box::new(it)))
        }
        Query::ScalableTargets => {
            let client = clients.application_autoscaling();
            applicationautoscaling::scalable_targets(client, now).await.outcome(Answer::ScalableTargets)
        }
        Query::ServiceActivities => {
            let client = clients.application_autoscaling();
            whole(applicationautoscaling::activities(client, now).await, Answer::ServiceActivities)
        }
        Query::Groups { names } => autoscaling::groups(asg, clients.ec2(), names, now).await.outcome(Answer::Groups),
        Query::Activities { group } => whole(autoscaling::activities(asg, group, now).await, Answer::Activities),
        Query::AllActivities => autoscaling::of_all(asg, now).await.outcome(Answer::AllActivities),
        Query::Refreshes { group } => whole(autoscaling::refreshes(asg, group, now).await, Answer::Refreshes),
        Query::Template { id } => whole(ec2::template(clients.ec2(), id, now).await, Answer::Template),
        Query::AllTemplates => ec2::all_templates(clients.ec2(), now).await.outcome(Answer::AllTemplates),
        Query::NatGateways => ec2::nat_gateways(clients.ec2(), now).await.outcome(Answer::NatGateways),
        Query::Inventory { of } => inventory::holdings(clients, of, now).await.outcome(Answer::Inventory),
        Query::TargetGroups => elbv2::target_groups(clients.elb(), now).await.outcome(Answer::TargetGroups),
        Query::TargetGroupAttributes { group } => {
            whole(elbv2::attributes(clients.elb(), group, now).await, Answer::TargetGroupAttributes)
        }
        Query::Targets { group } => whole(elbv2::targets(clients.elb(), group, now).await, Answer::Targets),
        Query::Listeners { balancer } => {
            elbv2::listeners(clients.elb(), balancer, now).await.outcome(Answer::Listeners)
        }
        Query::MetricListed { metric } => {
            whole(cloudwatch::listed(clients.cloudwatch(), metric, now).await, Answer::MetricListed)
        }
        Query::Alarms => cloudwatch::alarms(clients.cloudwatch(), now).await.outcome(Answer::Alarms),
        Query::AlarmHistory => whole(cloudwatch::history(clients.cloudwatch(), now).await, Answer::AlarmHistory),
        Query::Metrics { reads, minutes } => {
            cloudwatch::metrics(clients.cloudwatch(), reads, *minutes, now).await.outcome(Answer::Metrics)
        }
        Query::Logs { excerpt } => logs::newest(clients.logs(), excerpt, now).await,
        Query::Sessions { table, gateway_attribute } => {
            dynamodb::sessions(clients.dynamodb(), table, gateway_attribute, now).await.outcome(Answer::Sessions)
        }
        Query::Raw { resource } => whole(raw::raw(clients, resource, now).await, Answer::Raw),
        Query::Revisions { family } => whole(ecs::revisions(clients.ecs(), family, now).await, Answer::Revisions),
        Query::Repository { registry, name } => {
            whole(ecr::repository(clients.ecr(), registry, name, now).await.map(Box::new), Answer::Repository)
        }
        Query::Images { registry, repository } => {
            ecr::images(clients.ecr(), registry, repository, now).await.outcome(Answer::Images)
        }
        Query::Image { registry, repository, id } => {
            let found = ecr::manifest(clients.ecr(), registry, repository, id, now).await;
            nearly_whole(found.map(|(image, fault)| (Box::new(image), fault)), Answer::Image)
        }
        Query::Permissions { principal, actions, resources } => {
            iam::permissions(clients.iam(), principal, actions, resources, now).await.outcome(Answer::Permissions)
        }
        Query::Bill { filter, month } => cost_explorer::bill(ce, filter, *month, now).await,
        Query::Forecast { filter, month } => cost_explorer::forecast(ce, filter, *month, now).await,
        Query::Allocation { key, month } => cost_explorer::allocation(ce, key, *month, now).await,
        Query::BilledAccounts { month } => cost_explorer::accounts(ce, *month, now).await,
        Query::Budgets { account } => budgets::budgets(clients.budgets(), account, now).await,
    }
}

/// The outcome of a read of one thing whose second call may have failed.
fn nearly_whole<T>(result: Result<(T, Option<Fault>), Fault>, answer: impl FnOnce(T) -> Answer) -> Outcome {
    match result {
        Ok((value, None)) => Outcome::Complete(answer(value)),
        Ok((value, Some(fault))) => Outcome::Partial(answer(value), fault),
        Err(fault) => Outcome::Failed(fault),
    }
}

/// The outcome of a read of one call.
fn whole<T>(result: Result<T, Fault>, answer: impl FnOnce(T) -> Answer) -> Outcome {
    match result {
        Ok(value) => Outcome::Complete(answer(value)),
        Err(fault) => Outcome::Failed(fault),
    }
}
