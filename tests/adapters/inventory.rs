//! What checklists ask for, over the simulator and over answers that bite.

use std::{sync::Arc, time::Duration};

use quarterdeck::{
    aws::{
        Clients,
        clients::{Credentials, Patience},
        fetch,
    },
    domain::{
        fault::FaultKind,
        id::Scope,
        inventory::{Holding, Inventory},
        query::{Answer, Outcome, Query, Request},
        text::SafeText,
    },
    runtime::sim_connector::http_client,
    sim::{Sim, edge::Trouble, estates, pace::Pace},
};

use super::canned::{NOW, Said, access, ask, complete, failed, ok, partial};

const ACCOUNT: &str = "111122223333";

/// What the region of the terminal answers, with these actions denied.
async fn read(of: Inventory, denied: &[&str]) -> Outcome {
    let mut world = estates::world(1, NOW);
    let actions = denied.iter().map(ToString::to_string).collect();
    world.edge.troubles.push(Trouble::Denied { account: ACCOUNT.to_owned(), actions });
    let sim = Arc::new(Sim::new(world, Pace::Stepped));
    let scope = Scope::new("estate", "us-east-1");
    let credentials = Credentials::Simulator { account: ACCOUNT.to_owned() };
    let access = access(credentials, http_client(sim, Duration::ZERO), Patience::default(), |_| {});
    let clients = Clients::connect(&scope, &access).await.unwrap();
    fetch(&clients, &Request { scope, query: Query::Inventory { of } }, NOW).await
}

async fn holdings(of: Inventory) -> Vec<Holding> {
    match complete(read(of, &[]).await) {
        Answer::Inventory(holdings) => holdings,
        other => panic!("{other:?}"),
    }
}

/// The id of the terminal's VPC.
async fn terminal() -> String {
    let vpcs = holdings(Inventory::Vpcs).await;
    let found = vpcs.iter().find_map(|it| match it {
        Holding::Vpc { id, name, blocks } if name.as_ref().is_some_and(|name| name.as_str() == "terminal-vpc") => {
            assert_eq!(blocks.iter().map(SafeText::as_str).collect::<Vec<_>>(), ["10.0.0.0/16"]);
            Some(id.to_string())
        }
        _ => None,
    });
    found.unwrap_or_else(|| panic!("{vpcs:?}"))
}

#[tokio::test]
async fn the_network_of_the_terminal_is_as_its_operators_wrote_it_down() {
    let vpc = terminal().await;
    let subnets = holdings(Inventory::Subnets).await;
    let own: Vec<(&str, Option<bool>)> = subnets
        .iter()
        .filter_map(|it| match it {
            Holding::Subnet { vpc: of, block, public, .. } if of.as_str() == vpc => Some((block.as_str(), *public)),
            _ => None,
        })
        .collect();
    let (public, private) = (Some(true), Some(false));
    let expected =
        [("10.0.1.0/24", public), ("10.0.2.0/24", public), ("10.0.3.0/24", private), ("10.0.4.0/24", private)];
    assert_eq!(own, expected);
    let gateways = holdings(Inventory::InternetGateways).await;
    let attached = |it: &&Holding| matches!(it, Holding::InternetGateway { vpcs, .. } if vpcs[0].as_str() == vpc);
    assert_eq!(gateways.iter().filter(attached).count(), 1);
    let names = ["terminal-alb-sg", "terminal-api-sg", "terminal-gateway-sg", "terminal-cache-sg", "nobody-sg"];
    let groups = holdings(Inventory::SecurityGroups { names: names.map(Into::into).to_vec() }).await;
    let in_it = |it: &&Holding| matches!(it, Holding::SecurityGroup { vpc: of, .. } if of.as_str() == vpc);
    assert_eq!((groups.len(), groups.iter().filter(in_it).count()), (4, 4), "{groups:?}");
}

#[tokio::test]
async fn what_is_asked_for_by_name_is_there_or_it_is_not() {
    let there = [
        Inventory::Table { name: "Sessions".into() },
        Inventory::Repository { name: "terminal/gateway".into() },
        Inventory::Role { name: "terminal-api-task".into() },
        Inventory::LoadBalancer { name: "terminal-alb".into() },
        Inventory::LaunchTemplates { names: vec!["terminal-gateway-template".into(), "nobodys".into()] },
    ];
    let states = [Some("ACTIVE"), None, None, Some("active"), None];
    for (of, state) in there.into_iter().zip(states) {
        match holdings(of).await.as_slice() {
            [Holding::Repository { images, newest, .. }] => assert!(*images == 4 && newest.is_some()),
            [Holding::Named { state: is, .. }] => assert_eq!(is.as_ref().map(SafeText::as_str), state),
            other => panic!("{other:?}"),
        }
    }
    let name: Arc<str> = "nobody".into();
    for of in [
        Inventory::Table { name: name.clone() },
        Inventory::Repository { name: name.clone() },
        Inventory::Role { name: name.clone() },
        Inventory::LoadBalancer { name: name.clone() },
        Inventory::LaunchTemplates { names: vec![name] },
    ] {
        assert_eq!(holdings(of.clone()).await, [], "{of:?} is answered: there is none");
    }
}

#[tokio::test]
async fn a_refusal_is_no_answer() {
    for (of, denied) in [
        (Inventory::Vpcs, "ec2:DescribeVpcs"),
        (Inventory::Table { name: "Sessions".into() }, "dynamodb:DescribeTable"),
        (Inventory::Repository { name: "terminal/api".into() }, "ecr:DescribeImages"),
        (Inventory::Role { name: "terminal-api-task".into() }, "iam:GetRole"),
        (Inventory::LoadBalancer { name: "terminal-alb".into() }, "elasticloadbalancing:DescribeLoadBalancers"),
    ] {
        let fault = failed(read(of, &[denied]).await);
        assert_eq!((fault.kind, fault.operation.as_str()), (FaultKind::Denied, denied));
        assert!(fault.request_id.is_some());
    }
}

#[tokio::test]
async fn without_the_routes_nobody_knows_which_subnets_are_public() {
    let (answer, fault) = partial(read(Inventory::Subnets, &["ec2:DescribeRouteTables"]).await);
    assert_eq!(fault.operation.as_str(), "ec2:DescribeRouteTables");
    let Answer::Inventory(subnets) = answer else { panic!("{answer:?}") };
    assert!(!subnets.is_empty());
    assert!(subnets.iter().all(|it| matches!(it, Holding::Subnet { public: None, .. })), "{subnets:?}");
}

/// Route tables of one VPC: the main one, and one of a subnet.
fn routes(main: &str, own: &str) -> String {
    let table = |association: &str, route: &str| {
        format!(
            "<item><routeTableId>rtb-1</routeTableId><vpcId>vpc-1</vpcId><routeSet><item>{route}</item></routeSet>\
             <associationSet><item>{association}</item></associationSet></item>"
        )
    };
    let main = table("<main>true</main>", main);
    let own = table("<main>false</main><subnetId>subnet-a</subnetId>", own);
    format!("<DescribeRouteTablesResponse><routeTableSet>{main}{own}</routeTableSet></DescribeRouteTablesResponse>")
}

#[tokio::test]
async fn a_subnet_without_a_table_of_its_own_goes_by_the_main_one() {
    const OUT: &str = "<destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><gatewayId>igw-1</gatewayId>";
    const VPN: &str = "<destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><gatewayId>vgw-1</gatewayId>";
    const LOCAL: &str = "<destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId>";
    for (main, own, public) in [(OUT, LOCAL, [false, true]), (VPN, OUT, [true, false]), (LOCAL, VPN, [false, false])] {
        let subnet = |id: &str| format!("<item><subnetId>{id}</subnetId><vpcId>vpc-1</vpcId></item>");
        let subnets = format!(
            "<DescribeSubnetsResponse><subnetSet>{}{}</subnetSet></DescribeSubnetsResponse>",
            subnet("subnet-a"),
            subnet("subnet-b")
        );
        let routes = routes(main, own);
        let answer = complete(
            ask(Query::Inventory { of: Inventory::Subnets }, move |asked| {
                ok(if asked.operation == "DescribeSubnets" { subnets.clone() } else { routes.clone() })
            })
            .await,
        );
        let Answer::Inventory(subnets) = answer else { panic!("{answer:?}") };
        let found = subnets.iter().map(|it| matches!(it, Holding::Subnet { public: Some(true), .. }));
        assert_eq!(found.collect::<Vec<_>>(), public, "{main}");
    }
}

#[tokio::test]
async fn vpcs_are_read_to_the_last_page() {
    for (count, calls) in [(0, 1), (1, 1), (1000, 1), (1001, 2)] {
        let page = move |body: &str| {
            let from: usize = body
                .split('&')
                .find_map(|it| it.strip_prefix("NextToken="))
                .map_or(0, |it| it.parse().expect("our own token"));
            let to = (from + 1000).min(count);
            let vpcs: Vec<String> = (from..to).map(|it| format!("<item><vpcId>vpc-{it}</vpcId></item>")).collect();
            let vpcs = vpcs.concat();
            let next = if to < count { format!("<nextToken>{to}</nextToken>") } else { String::new() };
            format!("<DescribeVpcsResponse><vpcSet>{vpcs}</vpcSet>{next}</DescribeVpcsResponse>")
        };
        let counted = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counting = counted.clone();
        let answer = complete(
            ask(Query::Inventory { of: Inventory::Vpcs }, move |asked| -> Said {
                counting.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                ok(page(&asked.body))
            })
            .await,
        );
        let Answer::Inventory(vpcs) = answer else { panic!("{answer:?}") };
        assert_eq!((vpcs.len(), counted.load(std::sync::atomic::Ordering::Relaxed)), (count, calls));
    }
}
