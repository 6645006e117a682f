//! Clusters (ListClusters, DescribeClusters).

use aws_sdk_ecs::{Client, types};
use jiff::Timestamp;

use super::{
    super::{
        fault,
        paging::{Gathered, Page, batches, pages},
        values::{count, text},
    },
    failure,
};
use crate::domain::{id::Arn, service::Cluster};

/// Clusters that DescribeClusters takes in one call.
const DESCRIBED: usize = 100;

/// Every cluster of the scope.
pub async fn clusters(client: &Client, now: Timestamp) -> Gathered<Cluster> {
    let listed = pages(|token| {
        let call = client.list_clusters().max_results(100).set_next_token(token);
        async move {
            let output = call.send().await.map_err(|error| fault::of("ecs:ListClusters", &error, now))?;
            Ok(Page::new(output.cluster_arns, output.next_token))
        }
    })
    .await;
    let mut described = batches(listed.items, DESCRIBED, |arns| {
        let asked = arns.len();
        let call = client.describe_clusters().set_clusters(Some(arns));
        async move {
            let output = match call.send().await {
                Ok(output) => output,
                Err(error) => return Err(fault::of("ecs:DescribeClusters", &error, now)).into(),
            };
            let fault = failure("ecs:DescribeClusters", asked, output.clusters().len(), output.failures(), now);
            Gathered { items: output.clusters.unwrap_or_default(), fault }
        }
    })
    .await;
    described.note(listed.fault);
    described.filter_map(|it| cluster(&it))
}

fn cluster(raw: &types::Cluster) -> Option<Cluster> {
    Some(Cluster {
        arn: Arn::new(raw.cluster_arn()?),
        name: text(raw.cluster_name()),
        status: text(raw.status()),
        running_tasks: count(raw.running_tasks_count),
        pending_tasks: count(raw.pending_tasks_count),
        active_services: count(raw.active_services_count),
    })
}
