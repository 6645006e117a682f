//! NAT gateways.

use aws_sdk_ec2::{
    Client,
    types::{self, NatGatewayState},
};
use jiff::Timestamp;

use crate::{
    aws::{
        fault,
        paging::{Gathered, Page, pages},
        values::text,
    },
    domain::nat::NatGateway,
};

/// So many a page: as many as EC2 gives.
const PAGE: i32 = 1000;

/// DescribeNatGateways: those that are there, and so cost.
pub async fn nat_gateways(client: &Client, now: Timestamp) -> Gathered<NatGateway> {
    let all = pages(|token| {
        let call = client.describe_nat_gateways().max_results(PAGE).set_next_token(token);
        async move {
            let output = call.send().await.map_err(|error| fault::of("ec2:DescribeNatGateways", &error, now))?;
            Ok(Page::new(output.nat_gateways, output.next_token))
        }
    });
    all.await.filter_map(|raw| of_gateway(&raw))
}

fn of_gateway(raw: &types::NatGateway) -> Option<NatGateway> {
    let is_there = raw.state() == Some(&NatGatewayState::Available);
    is_there.then(|| NatGateway {
        id: text(raw.nat_gateway_id()),
        subnet: text(raw.subnet_id()),
        vpc: text(raw.vpc_id()),
        tags: raw.tags().iter().map(|it| (text(it.key()), text(it.value()))).collect(),
    })
}
