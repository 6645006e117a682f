//! What Amazon EC2 says of the requests that Spot instances fulfil.

use aws_sdk_ec2::{
    Client,
    types::{Filter, SpotInstanceRequest},
};
use jiff::Timestamp;

use super::super::{
    fault,
    paging::{Gathered, Page, pages},
    values::time,
};
use crate::domain::group::SpotNotice;

/// Statuses that are the two minutes' notice.
const NOTICES: [&str; 2] = ["marked-for-termination", "marked-for-stop"];

/// The notices of those instances among `ids` that AWS takes back. Asked by instance: a filter passes over those of which
/// there is no request any more.
pub async fn notices(client: &Client, ids: Vec<String>, now: Timestamp) -> Gathered<(String, SpotNotice)> {
    let filter = Filter::builder().name("instance-id").set_values(Some(ids)).build();
    let asked = pages(|token| {
        let call = client.describe_spot_instance_requests().filters(filter.clone()).set_next_token(token);
        async move {
            let output = call.send().await;
            let output = output.map_err(|error| fault::of("ec2:DescribeSpotInstanceRequests", &error, now))?;
            Ok(Page::new(output.spot_instance_requests, output.next_token))
        }
    })
    .await;
    asked.filter_map(|it| notice(&it))
}

fn notice(raw: &SpotInstanceRequest) -> Option<(String, SpotNotice)> {
    let status = raw.status().filter(|it| it.code().is_some_and(|code| NOTICES.contains(&code)))?;
    Some((raw.instance_id()?.to_owned(), SpotNotice { at: time(status.update_time())? }))
}
