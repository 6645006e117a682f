//! Answers with nothing in them but what the model demands, and with names that bite.

use quarterdeck::domain::{
    alarm::AlarmState,
    id::Arn,
    query::{Answer, Query},
    target::{TargetGroupAttributes, TargetState},
};

use super::canned::{ask, cbor, complete, ok, partial, refusal};

#[tokio::test]
async fn a_service_of_which_only_the_arn_is_known_is_still_a_service() {
    let query = Query::Services { cluster: "c".into(), names: vec!["api".into()] };
    let answer = complete(ask(query, |_| ok(r#"{"services":[{"serviceArn":"arn:1"},{}]}"#)).await);
    let Answer::Services(services) = answer else { panic!("{answer:?}") };
    assert_eq!(services.len(), 1);
    assert_eq!((services[0].rolling.minimum_percent, services[0].rolling.maximum_percent), (100, 200));
    assert!(services[0].deployments.is_empty() && services[0].primary().is_none());
}

#[tokio::test]
async fn empty_answers_are_empty_lists() {
    let json = [
        Query::Clusters,
        Query::Services { cluster: "c".into(), names: Vec::new() },
        Query::Tasks { cluster: "c".into() },
        Query::Deployments { cluster: "c".into(), service: Arn::new("s") },
        Query::ScalableTargets,
        Query::ServiceActivities,
        Query::Sessions { table: "t".into(), gateway_attribute: "g".into() },
    ];
    for query in json {
        let answer = complete(ask(query, |_| ok("{}")).await);
        assert!(format!("{answer:?}").ends_with("([])"), "{answer:?}");
    }
    let query = [
        Query::Groups { names: Vec::new() },
        Query::Activities { group: "g".into() },
        Query::AllActivities,
        Query::Refreshes { group: "g".into() },
        Query::TargetGroups,
        Query::Targets { group: Arn::new("g") },
        Query::Listeners { balancer: Arn::new("b") },
    ];
    for query in query {
        let answer = complete(
            ask(query, |asked| {
                let operation = &asked.operation;
                ok(format!("<{operation}Response><{operation}Result/></{operation}Response>"))
            })
            .await,
        );
        assert!(format!("{answer:?}").ends_with("([])"), "{answer:?}");
    }
    let attributes = Query::TargetGroupAttributes { group: Arn::new("g") };
    let answer = complete(
        ask(attributes, |asked| {
            let operation = &asked.operation;
            ok(format!("<{operation}Response><{operation}Result/></{operation}Response>"))
        })
        .await,
    );
    assert_eq!(answer, Answer::TargetGroupAttributes(TargetGroupAttributes::default()));
    for query in [Query::Alarms, Query::AlarmHistory, Query::Metrics { reads: Vec::new(), minutes: 5 }] {
        let answer = complete(ask(query, |_| ok(cbor(&[]))).await);
        assert!(format!("{answer:?}").ends_with("([])"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_stopped_task_without_containers_is_a_task() {
    let answer = complete(
        ask(Query::Tasks { cluster: "c".into() }, |asked| match asked.operation.as_str() {
            "ListTasks" if asked.body.contains("STOPPED") => ok(r#"{"taskArns":["arn:t"]}"#),
            "ListTasks" => ok(r#"{"taskArns":[]}"#),
            _ => ok(
                r#"{"tasks":[{"taskArn":"arn:t","lastStatus":"STOPPED","cpu":"x"}],"failures":[{"reason":"MISSING"}]}"#,
            ),
        })
        .await,
    );
    let Answer::Tasks(tasks) = answer else { panic!("{answer:?}") };
    assert!(tasks[0].is_stopped());
    assert_eq!((tasks[0].cpu, tasks[0].address.as_ref(), tasks[0].service.as_ref()), (0, None, None));
}

#[tokio::test]
async fn control_characters_in_names_are_shown_and_not_obeyed() {
    let answer = complete(
        ask(Query::Clusters, |asked| match asked.operation.as_str() {
            "ListClusters" => ok(r#"{"clusterArns":["arn:c"]}"#),
            _ => ok("{\"clusters\":[{\"clusterArn\":\"arn:c\",\"clusterName\":\"\\u001b[2Jx\\u202egpj\"}]}"),
        })
        .await,
    );
    let Answer::Clusters(clusters) = answer else { panic!("{answer:?}") };
    assert_eq!(clusters[0].name.as_str(), "␛[2Jx\u{fffd}gpj");
}

#[tokio::test]
async fn states_that_the_sdk_does_not_know_are_unknown() {
    let body = "<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions>\
        <member><Target><Id>10.0.3.4</Id></Target><TargetHealth><State>levitating</State></TargetHealth></member>\
        <member><Target><Id>10.0.3.5</Id><Port>3001</Port></Target></member><member/>\
        </TargetHealthDescriptions></DescribeTargetHealthResult></DescribeTargetHealthResponse>";
    let answer = complete(ask(Query::Targets { group: Arn::new("g") }, move |_| ok(body)).await);
    let Answer::Targets(targets) = answer else { panic!("{answer:?}") };
    assert_eq!(targets.len(), 2);
    assert!(targets.iter().all(|it| it.state == TargetState::Unknown));
    let alarm = ciborium::Value::Map(vec![
        ("AlarmArn".into(), "arn:a".into()),
        ("StateValue".into(), "DREAMING".into()),
        ("ComparisonOperator".into(), "Resembles".into()),
    ]);
    let alarms = cbor(&[("MetricAlarms", ciborium::Value::Array(vec![alarm]))]);
    let answer = complete(ask(Query::Alarms, move |_| ok(alarms.clone())).await);
    let Answer::Alarms(alarms) = answer else { panic!("{answer:?}") };
    assert_eq!((alarms[0].state, alarms[0].comparison), (AlarmState::InsufficientData, "?"));
}

#[tokio::test]
async fn a_service_that_may_not_be_described_is_a_fault_and_a_missing_one_is_not() {
    let query = || Query::Services { cluster: "c".into(), names: vec!["a".into(), "b".into()] };
    let missing = r#"{"services":[{"serviceArn":"arn:a"}],"failures":[{"arn":"arn:b","reason":"MISSING"}]}"#;
    let answer = complete(ask(query(), move |_| ok(missing)).await);
    assert!(matches!(answer, Answer::Services(services) if services.len() == 1));
    let barred = r#"{"services":[{"serviceArn":"arn:a"}],"failures":[{"arn":"arn:b","reason":"ACCESS_DENIED"}]}"#;
    let (_, fault) = partial(ask(query(), move |_| ok(barred)).await);
    assert_eq!((fault.code.as_str(), fault.message.as_str()), ("ACCESS_DENIED", "arn:b"));
}

#[tokio::test]
async fn deployments_stand_without_their_revisions() {
    let query = Query::Deployments { cluster: "c".into(), service: Arn::new("arn:s") };
    let (answer, fault) = partial(
        ask(query, |asked| match asked.operation.as_str() {
            "ListServiceDeployments" => ok(r#"{"serviceDeployments":[{"serviceDeploymentArn":"arn:d"}]}"#),
            "DescribeServiceDeployments" => ok(
                r#"{"serviceDeployments":[{"serviceDeploymentArn":"arn:d","targetServiceRevision":{"arn":"arn:r"}}]}"#,
            ),
            _ => refusal(400, "AccessDeniedException", "no"),
        })
        .await,
    );
    assert_eq!(fault.operation.as_str(), "ecs:DescribeServiceRevisions");
    let Answer::Deployments(deployments) = answer else { panic!("{answer:?}") };
    assert_eq!((deployments[0].target.arn.wire(), deployments[0].target.task_definition.as_ref()), ("arn:r", None));
}

#[tokio::test]
async fn groups_stand_without_what_ec2_knows() {
    let (answer, fault) = partial(
        ask(Query::Groups { names: vec!["g".into()] }, |asked| match asked.operation.as_str() {
            "DescribeAutoScalingGroups" => ok(
                "<DescribeAutoScalingGroupsResponse><DescribeAutoScalingGroupsResult><AutoScalingGroups><member>\
                <AutoScalingGroupName>g</AutoScalingGroupName><Instances><member><InstanceId>i-1</InstanceId>\
                <LifecycleState>Terminating:Wait</LifecycleState></member></Instances></member></AutoScalingGroups>\
                </DescribeAutoScalingGroupsResult></DescribeAutoScalingGroupsResponse>",
            ),
            "DescribePolicies" => ok("<DescribePoliciesResponse><DescribePoliciesResult/></DescribePoliciesResponse>"),
            _ => super::canned::Said::Body(
                403,
                "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>"
                    .into(),
            ),
        })
        .await,
    );
    assert_eq!((fault.operation.as_str(), fault.code.as_str()), ("ec2:DescribeInstances", "UnauthorizedOperation"));
    let Answer::Groups(groups) = answer else { panic!("{answer:?}") };
    let instance = &groups[0].instances[0];
    assert_eq!((instance.lifecycle.as_str(), instance.state.as_ref()), ("Terminating:Wait", None));
}
