//! Networks, and what else EC2 knows by name: VPCs, subnets, internet gateways, security groups, launch templates.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use aws_sdk_ec2::{
    Client,
    types::{Filter, RouteTable, Tag},
};
use jiff::Timestamp;

use crate::{
    aws::{
        fault,
        paging::{Gathered, Page, batches, pages},
        values::{some_text, text},
    },
    domain::{inventory::Holding, text::SafeText},
};

/// So many a page: as many as EC2 gives. Of route tables it gives fewer.
const PAGE: i32 = 1000;
const TABLES: i32 = 100;
/// Launch templates of a page, and values of one filter.
const NAMED: usize = 200;

/// ec2:DescribeVpcs: every VPC.
pub async fn vpcs(client: &Client, now: Timestamp) -> Gathered<Holding> {
    let all = pages(|token| {
        let call = client.describe_vpcs().max_results(PAGE).set_next_token(token);
        async move {
            let output = call.send().await.map_err(|error| fault::of("ec2:DescribeVpcs", &error, now))?;
            Ok(Page::new(output.vpcs, output.next_token))
        }
    });
    all.await.filter_map(|raw| {
        let associated = raw.cidr_block_association_set().iter().filter_map(|it| some_text(it.cidr_block()));
        let blocks: BTreeSet<SafeText> = some_text(raw.cidr_block()).into_iter().chain(associated).collect();
        Some(Holding::Vpc {
            id: some_text(raw.vpc_id())?,
            name: name_tag(raw.tags()),
            blocks: blocks.into_iter().collect(),
        })
    })
}

/// ec2:DescribeSubnets and DescribeRouteTables: every subnet, and whether it is public.
pub async fn subnets(client: &Client, now: Timestamp) -> Gathered<Holding> {
    let found = pages(|token| {
        let call = client.describe_subnets().max_results(PAGE).set_next_token(token);
        async move {
            let output = call.send().await.map_err(|error| fault::of("ec2:DescribeSubnets", &error, now))?;
            Ok(Page::new(output.subnets, output.next_token))
        }
    });
    let (found, tables) = tokio::join!(found, route_tables(client, now));
    let ways = tables.fault.is_none().then(|| WaysOut::of(&tables.items));
    let mut subnets = found.filter_map(|raw| {
        let (id, vpc) = (some_text(raw.subnet_id())?, text(raw.vpc_id()));
        let public = ways.as_ref().and_then(|it| it.lead_out(&id, &vpc));
        Some(Holding::Subnet { id, vpc, block: text(raw.cidr_block()), public })
    });
    subnets.note(tables.fault);
    subnets
}

async fn route_tables(client: &Client, now: Timestamp) -> Gathered<RouteTable> {
    pages(|token| {
        let call = client.describe_route_tables().max_results(TABLES).set_next_token(token);
        async move {
            let output = call.send().await.map_err(|error| fault::of("ec2:DescribeRouteTables", &error, now))?;
            Ok(Page::new(output.route_tables, output.next_token))
        }
    })
    .await
}

/// Which subnets reach the internet by a gateway of their own VPC: by their own route table, or by the main one of the VPC
/// where none is associated with them.
struct WaysOut {
    by_subnet: BTreeMap<SafeText, bool>,
    by_vpc: BTreeMap<SafeText, bool>,
}

impl WaysOut {
    fn of(tables: &[RouteTable]) -> Self {
        let mut ways = Self { by_subnet: BTreeMap::new(), by_vpc: BTreeMap::new() };
        for table in tables {
            let leads_out = table.routes().iter().any(|route| {
                let to_all = route.destination_cidr_block() == Some("0.0.0.0/0")
                    || route.destination_ipv6_cidr_block() == Some("::/0");
                to_all && route.gateway_id().is_some_and(|it| it.starts_with("igw-"))
            });
            for association in table.associations() {
                if association.main() == Some(true) {
                    ways.by_vpc.insert(text(table.vpc_id()), leads_out);
                } else if let Some(subnet) = some_text(association.subnet_id()) {
                    ways.by_subnet.insert(subnet, leads_out);
                }
            }
        }
        ways
    }

    fn lead_out(&self, subnet: &SafeText, vpc: &SafeText) -> Option<bool> {
        self.by_subnet.get(subnet).or_else(|| self.by_vpc.get(vpc)).copied()
    }
}

/// ec2:DescribeInternetGateways: every internet gateway.
pub async fn internet_gateways(client: &Client, now: Timestamp) -> Gathered<Holding> {
    let all = pages(|token| {
        let call = client.describe_internet_gateways().max_results(PAGE).set_next_token(token);
        async move {
            let output = call.send().await.map_err(|error| fault::of("ec2:DescribeInternetGateways", &error, now))?;
            Ok(Page::new(output.internet_gateways, output.next_token))
        }
    });
    all.await.filter_map(|raw| {
        let vpcs = raw.attachments().iter().filter_map(|it| some_text(it.vpc_id())).collect();
        Some(Holding::InternetGateway { id: some_text(raw.internet_gateway_id())?, vpcs })
    })
}

/// ec2:DescribeSecurityGroups of these names, in whatever VPC: asked by filter, which passes over names that none has.
pub async fn security_groups(client: &Client, names: &[Arc<str>], now: Timestamp) -> Gathered<Holding> {
    let found = batches(names.iter().map(ToString::to_string), NAMED, |names| {
        let filter = Filter::builder().name("group-name").set_values(Some(names)).build();
        pages(move |token| {
            let call = client.describe_security_groups().filters(filter.clone()).set_next_token(token);
            async move {
                let output = call.send().await.map_err(|error| fault::of("ec2:DescribeSecurityGroups", &error, now))?;
                Ok(Page::new(output.security_groups, output.next_token))
            }
        })
    });
    found.await.filter_map(|raw| {
        let (id, name) = (some_text(raw.group_id())?, some_text(raw.group_name())?);
        Some(Holding::SecurityGroup { id, name, vpc: text(raw.vpc_id()) })
    })
}

/// ec2:DescribeLaunchTemplates of these names, likewise.
pub async fn launch_templates(client: &Client, names: &[Arc<str>], now: Timestamp) -> Gathered<Holding> {
    let found = batches(names.iter().map(ToString::to_string), NAMED, |names| {
        let filter = Filter::builder().name("launch-template-name").set_values(Some(names)).build();
        pages(move |token| {
            let call = client.describe_launch_templates().filters(filter.clone()).set_next_token(token);
            async move {
                let output =
                    call.send().await.map_err(|error| fault::of("ec2:DescribeLaunchTemplates", &error, now))?;
                Ok(Page::new(output.launch_templates, output.next_token))
            }
        })
    });
    found.await.filter_map(|raw| Some(Holding::Named { name: some_text(raw.launch_template_name())?, state: None }))
}

fn name_tag(tags: &[Tag]) -> Option<SafeText> {
    some_text(tags.iter().find(|it| it.key() == Some("Name"))?.value())
}
