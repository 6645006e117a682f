//! The five estates of the simulator, read whole by the adapters.

use std::{sync::Arc, time::Duration};

use quarterdeck::{
    aws::{
        Clients,
        clients::{Credentials, Patience},
        fetch,
    },
    domain::{
        id::{Kind, ResourceId, Scope},
        metric::{MetricName, MetricRead},
        query::{Answer, Query, Request},
    },
    runtime::sim_connector::http_client,
    sim::{Sim, estates, pace::Pace},
};

use super::canned::{NOW, access, complete};

/// Account, region, and the services with their desired tasks.
type Place = (&'static str, &'static str, &'static [(&'static str, u32)]);

const PLACES: [Place; 4] = [
    (
        "111122223333",
        "us-east-1",
        &[
            ("auth-service", 1),
            ("kong", 1),
            ("mint-server", 2),
            ("notifications-service", 1),
            ("offers-service", 1),
            ("terminal-api", 2),
        ],
    ),
    ("111122223333", "us-west-1", &[("mint-server", 2)]),
    ("111122223333", "eu-north-1", &[("reactive-notebook-service", 1)]),
    (
        "444455556666",
        "eu-west-2",
        &[("cma-api-production", 2), ("cma-frontend-production", 2), ("cma-workers-production", 2)],
    ),
];

/// One scope of the estates, calm at [`NOW`].
struct Site {
    scope: Scope,
    clients: Clients,
}

impl Site {
    async fn visit(account: &str, region: &str) -> Self {
        let sim = Arc::new(Sim::new(estates::world(1, NOW), Pace::Stepped));
        let scope = Scope::new("estate", region);
        let credentials = Credentials::Simulator { account: account.to_owned() };
        let access = access(credentials, http_client(sim, Duration::ZERO), Patience::default(), |_| {});
        let clients = Clients::connect(&scope, &access).await.unwrap();
        Self { scope, clients }
    }

    async fn answer(&self, query: Query) -> Answer {
        complete(fetch(&self.clients, &Request { scope: self.scope.clone(), query }, NOW).await)
    }

    async fn clusters(&self) -> Vec<Arc<str>> {
        match self.answer(Query::Clusters).await {
            Answer::Clusters(clusters) => clusters.iter().map(|it| it.name.as_str().into()).collect(),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn every_service_runs_the_tasks_it_should() {
    for (account, region, expected) in PLACES {
        let site = Site::visit(account, region).await;
        let mut found = Vec::new();
        for cluster in site.clusters().await {
            let answer = site.answer(Query::Services { cluster: cluster.clone(), names: Vec::new() }).await;
            let Answer::Services(services) = answer else { panic!("{answer:?}") };
            let answer = site.answer(Query::Tasks { cluster }).await;
            let Answer::Tasks(tasks) = answer else { panic!("{answer:?}") };
            for service in services {
                let running = tasks.iter().filter(|it| it.is_running() && it.service.as_ref() == Some(&service.name));
                assert_eq!(running.count(), service.running as usize, "{}", service.name);
                assert_eq!(service.arn.account(), account);
                found.push((service.name.to_string(), service.running));
            }
        }
        found.sort();
        let expected: Vec<_> = expected.iter().map(|(name, tasks)| ((*name).to_owned(), *tasks)).collect();
        assert_eq!(found, expected, "{account} {region}");
    }
}

#[tokio::test]
async fn target_groups_alarms_and_scaling_of_every_region_are_read() {
    for (account, region, _) in PLACES {
        let site = Site::visit(account, region).await;
        let answer = site.answer(Query::TargetGroups).await;
        let Answer::TargetGroups(groups) = answer else { panic!("{answer:?}") };
        assert!(!groups.is_empty(), "{region}");
        for group in groups {
            let answer = site.answer(Query::TargetGroupAttributes { group: group.arn.clone() }).await;
            let Answer::TargetGroupAttributes(attributes) = answer else { panic!("{answer:?}") };
            assert!(attributes.deregistration_delay.is_some() && attributes.stickiness.is_some(), "{attributes:?}");
            let answer = site.answer(Query::Targets { group: group.arn.clone() }).await;
            assert!(matches!(answer, Answer::Targets(_)));
        }
        let answer = site.answer(Query::Alarms).await;
        assert!(matches!(answer, Answer::Alarms(_)), "{answer:?}");
        let answer = site.answer(Query::ScalableTargets).await;
        assert!(matches!(answer, Answer::ScalableTargets(_)), "{answer:?}");
    }
}

#[tokio::test]
async fn a_day_of_a_service_s_cpu_is_on_record() {
    let site = Site::visit("111122223333", "us-east-1").await;
    let dimensions =
        vec![("ClusterName".into(), "terminal-cluster".into()), ("ServiceName".into(), "terminal-api".into())];
    let metric = MetricName { namespace: "AWS/ECS".into(), name: "CPUUtilization".into(), dimensions };
    let read =
        |statistic: &str| MetricRead { metric: metric.clone(), statistic: statistic.into(), period_seconds: 300 };
    let query = Query::Metrics { reads: vec![read("Average"), read("Maximum")], minutes: 12 * 60 };
    let answer = site.answer(query).await;
    let Answer::Metrics(series) = answer else { panic!("{answer:?}") };
    let [(_, average), (_, maximum)] = series.as_slice() else { panic!("{series:?}") };
    // The first period begins before the twelve hours.
    assert_eq!(average.points.len(), 12 * 12 + 1);
    assert!(average.points.iter().zip(&maximum.points).all(|(average, maximum)| average.1 <= maximum.1));
}

#[tokio::test]
async fn the_terminal_s_gateways_and_their_sessions_belong_together() {
    let site = Site::visit("111122223333", "us-east-1").await;
    let answer = site.answer(Query::Groups { names: vec!["terminal-gateway-asg".into()] }).await;
    let Answer::Groups(groups) = answer else { panic!("{answer:?}") };
    let [group] = groups.as_slice() else { panic!("{groups:?}") };
    assert_eq!((group.min, group.desired, group.max, group.grace_seconds), (1, 2, 10, 300));
    assert_eq!(group.policies.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["scale-on-sessions"]);
    let tracked = group.policies[0].target.as_ref().expect("it tracks a target");
    assert_eq!((tracked.metric.as_str(), tracked.value, tracked.scales_in), ("ActiveSessions", 8.0, true));
    assert_eq!(
        tracked.custom,
        Some((MetricName::new("Terminal/Gateway", "ActiveSessions", &[]), "Average".into())),
        "what it watches can be read"
    );
    assert_eq!((group.cooldown_seconds, group.warmup_seconds, group.protects_new), (300, None, false));
    let template = group.launch_template.as_ref().expect("a launch template");
    let answer = site.answer(Query::Template { id: template.id.as_str().into() }).await;
    let Answer::Template(versions) = answer else { panic!("{answer:?}") };
    let numbers: Vec<_> = versions.versions.iter().map(|it| (it.number, it.is_default)).collect();
    assert_eq!(numbers, [(3, false), (2, false), (1, true)]);
    assert_eq!((template.version.as_str(), group.wanted_version(Some(&versions))), ("$Latest", Some(3)));
    for instance in &group.instances {
        assert!(instance.is_in_service(), "{instance:?}");
        assert_eq!(
            (instance.instance_type.as_str(), instance.state.as_ref().map(AsRef::as_ref)),
            ("t3.medium", Some("running"))
        );
        assert!(instance.launched_at.is_some() && instance.private_ip.is_some() && instance.image.is_some());
        assert_eq!(instance.checks.as_ref().map(AsRef::as_ref), Some("ok"));
    }
    let answer = site.answer(Query::Sessions { table: "Sessions".into(), gateway_attribute: "gatewayId".into() }).await;
    let Answer::Sessions(sessions) = answer else { panic!("{answer:?}") };
    assert!(!sessions.is_empty());
    for session in &sessions {
        assert!(group.instances.iter().any(|it| it.id == session.gateway), "{session:?}");
        assert!(session.started_at.is_some_and(|it| it <= NOW) && !session.user.is_empty(), "{session:?}");
    }
    let answer = site.answer(Query::Activities { group: "terminal-gateway-asg".into() }).await;
    let Answer::Activities(activities) = answer else { panic!("{answer:?}") };
    assert!(activities.is_sorted_by(|a, b| a.started_at >= b.started_at));
    let answer = site.answer(Query::AllActivities).await;
    let Answer::AllActivities(all) = answer else { panic!("{answer:?}") };
    let own = all.into_iter().filter(|(group, _)| &**group == "terminal-gateway-asg").map(|(_, it)| it);
    assert_eq!(own.collect::<Vec<_>>(), activities, "asked for with all others they are the same");
    let answer = site.answer(Query::AllTemplates).await;
    let Answer::AllTemplates(all) = answer else { panic!("{answer:?}") };
    let (_, own) = all.iter().find(|(id, _)| **id == *template.id.as_str()).expect("it is among all");
    let numbers: Vec<_> = own.versions.iter().map(|it| (it.number, it.is_default)).collect();
    assert_eq!(numbers, [(3, false), (1, true)]);

    for (kind, key) in [
        (Kind::Group, group.name.to_string()),
        (Kind::Instance, group.instances[0].id.to_string()),
        (Kind::Session, format!("Sessions|{}", sessions[0].id)),
    ] {
        let answer = site.answer(Query::Raw { resource: ResourceId::new(kind, &site.scope, &key) }).await;
        let Answer::Raw(lines) = answer else { panic!("{answer:?}") };
        let name = key.rsplit('|').next().unwrap();
        assert!(lines.iter().any(|it| it.as_str().contains(name)), "{lines:?}");
    }
}
