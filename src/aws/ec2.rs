//! Amazon EC2: what it knows of a group's instances and of the launch template that they come from.

mod nat;
mod networks;
mod spot;
mod templates;

use std::collections::BTreeMap;

use aws_sdk_ec2::{
    Client,
    types::{self, Filter, SummaryStatus},
};
use jiff::Timestamp;

use super::{
    fault,
    paging::{Gathered, Page, batches, pages},
    values::{some_text, text, time},
};
use crate::domain::{fault::Fault, group::SpotNotice, text::SafeText};

pub use self::{
    nat::nat_gateways,
    networks::{internet_gateways, launch_templates, security_groups, subnets, vpcs},
    templates::{all_templates, template},
};

/// Values of one filter, and instance ids of DescribeInstanceStatus, in one call.
const ASKED: usize = 100;

/// EC2's part of an instance; everything may be absent.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub instance_type: Option<SafeText>,
    pub launched_at: Option<Timestamp>,
    pub private_ip: Option<SafeText>,
    pub image: Option<SafeText>,
    pub state: Option<SafeText>,
    pub checks: Option<SafeText>,
    pub state_reason: Option<SafeText>,
    pub spot: bool,
    pub notice: Option<SpotNotice>,
    pub tags: Vec<(SafeText, SafeText)>,
}

/// DescribeInstances and DescribeInstanceStatus of the instances `ids`, and DescribeSpotInstanceRequests of those on Spot
/// capacity, by id, and the first fault.
pub async fn facts(client: &Client, ids: Vec<String>, now: Timestamp) -> (BTreeMap<String, Facts>, Option<Fault>) {
    let mut described = batches(ids, ASKED, |ids| instances(client, ids, now)).await;
    let mut facts: BTreeMap<String, Facts> =
        described.items.iter().filter_map(|it| Some((it.instance_id()?.to_owned(), of_instance(it)))).collect();
    // One id that EC2 no longer knows would fail the whole status call: only those it has just described are asked.
    let known: Vec<String> = facts.keys().cloned().collect();
    let spot: Vec<String> = facts.iter().filter(|(_, it)| it.spot).map(|(id, _)| id.clone()).collect();
    let (statuses, notices) = tokio::join!(
        batches(known, ASKED, |ids| statuses(client, ids, now)),
        batches(spot, ASKED, |ids| spot::notices(client, ids, now))
    );
    for status in &statuses.items {
        if let Some(facts) = status.instance_id().and_then(|it| facts.get_mut(it)) {
            facts.checks = checks(status);
        }
    }
    for (id, notice) in notices.items {
        if let Some(facts) = facts.get_mut(&id) {
            facts.notice = Some(notice);
        }
    }
    described.note(statuses.fault);
    described.note(notices.fault);
    (facts, described.fault)
}

/// Asked by filter: unlike a list of ids it passes over instances that are gone, and has the larger quota.
async fn instances(client: &Client, ids: Vec<String>, now: Timestamp) -> Gathered<types::Instance> {
    let filter = Filter::builder().name("instance-id").set_values(Some(ids)).build();
    pages(|token| {
        let call = client.describe_instances().filters(filter.clone()).set_next_token(token);
        async move {
            let output = call.send().await.map_err(|error| fault::of("ec2:DescribeInstances", &error, now))?;
            let reservations = output.reservations.unwrap_or_default();
            let instances = reservations.into_iter().flat_map(|it| it.instances.unwrap_or_default()).collect();
            Ok(Page::new(Some(instances), output.next_token))
        }
    })
    .await
}

async fn statuses(client: &Client, ids: Vec<String>, now: Timestamp) -> Gathered<types::InstanceStatus> {
    pages(|token| {
        let call = client
            .describe_instance_status()
            .set_instance_ids(Some(ids.clone()))
            .include_all_instances(true)
            .set_next_token(token);
        async move {
            let output = call.send().await.map_err(|error| fault::of("ec2:DescribeInstanceStatus", &error, now))?;
            Ok(Page::new(output.instance_statuses, output.next_token))
        }
    })
    .await
}

fn of_instance(raw: &types::Instance) -> Facts {
    Facts {
        instance_type: raw.instance_type().map(|it| it.as_str().into()),
        launched_at: time(raw.launch_time()),
        private_ip: some_text(raw.private_ip_address()),
        image: some_text(raw.image_id()),
        state: raw.state().and_then(|it| it.name()).map(|it| it.as_str().into()),
        checks: None,
        state_reason: raw.state_reason().and_then(|it| some_text(it.message())),
        notice: None,
        spot: raw.instance_lifecycle() == Some(&types::InstanceLifecycleType::Spot),
        tags: raw.tags().iter().map(|it| (text(it.key()), text(it.value()))).collect(),
    }
}

/// The worse of the system and the instance check.
fn checks(raw: &types::InstanceStatus) -> Option<SafeText> {
    let both = [raw.system_status(), raw.instance_status()];
    both.into_iter().flatten().filter_map(|it| it.status()).max_by_key(|it| badness(it)).map(|it| it.as_str().into())
}

fn badness(status: &SummaryStatus) -> u8 {
    match status {
        SummaryStatus::Ok => 0,
        SummaryStatus::NotApplicable => 1,
        SummaryStatus::Initializing => 2,
        SummaryStatus::InsufficientData => 3,
        _ => 4,
    }
}
