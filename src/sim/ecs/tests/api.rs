//! The operations, as raw HTTP.

use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::*;

impl Bench {
    /// One request over the wire: status and body.
    fn post(&self, operation: &str, body: &Json) -> (u16, Json) {
        let credential = "SIM111122223333/20261120/us-east-1/ecs/aws4_request";
        let request = http::Request::post("/")
            .header("x-amz-target", format!("AmazonEC2ContainerServiceV20141113.{operation}"))
            .header("content-type", "application/x-amz-json-1.1")
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"),
            )
            .body(Bytes::from(body.to_string()))
            .unwrap();
        let response = self.sim.handle(&request);
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
    }

    fn get(&self, operation: &str, body: Json) -> Json {
        let (status, reply) = self.post(operation, &body);
        assert_eq!(status, 200, "{operation}: {reply}");
        reply
    }

    /// The error code of a request that must be refused.
    fn error(&self, operation: &str, body: Json) -> String {
        let (status, reply) = self.post(operation, &body);
        assert_eq!(status, 400, "{operation}: {reply}");
        reply["__type"].as_str().unwrap().to_owned()
    }
}

/// A region with one balanced service that has just been deployed.
fn deployed() -> Bench {
    let bench = Bench::balanced(&ServiceSpec { execute_command: true, ..spec(2, 100, 200) }, 30);
    bench.deploy("shop/web:v8", Behaviour::Healthy);
    bench.wait_until(600, |service| !service.deploying());
    bench
}

#[test]
fn clusters_are_listed_and_described_by_name_and_arn() {
    let bench = deployed();
    let arn = "arn:aws:ecs:us-east-1:111122223333:cluster/prod";
    assert_eq!(bench.get("ListClusters", json!({}))["clusterArns"], json!([arn]));
    let reply = bench.get("DescribeClusters", json!({ "clusters": [arn, "prod", "nope"], "include": ["SETTINGS"] }));
    assert_eq!(reply["clusters"][0], reply["clusters"][1]);
    assert_eq!(reply["clusters"][0]["runningTasksCount"], 2);
    assert_eq!(reply["clusters"][0]["settings"], json!([{ "name": "containerInsights", "value": "enabled" }]));
    let missing = json!([{ "arn": "arn:aws:ecs:us-east-1:111122223333:cluster/nope", "reason": "MISSING" }]);
    assert_eq!(reply["failures"], missing);
    let providers = bench.get("DescribeCapacityProviders", json!({ "capacityProviders": ["FARGATE_SPOT", "x"] }));
    assert_eq!(providers["capacityProviders"][0]["name"], "FARGATE_SPOT");
    assert_eq!(providers["failures"][0]["reason"], "MISSING");
}

#[test]
fn services_are_listed_ten_at_a_time_and_described_ten_at_most() {
    let bench = deployed();
    bench.sim.with_world(|world| {
        let World { now, random, regions, .. } = world;
        let tick = &mut Tick { now: *now, place: &bench.place, random };
        for name in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"] {
            let spec = ServiceSpec { name, family: name, ..spec(1, 100, 200) };
            seed::service(regions.get_mut(&bench.place).unwrap(), tick, &spec);
        }
    });
    let first = bench.get("ListServices", json!({ "cluster": "prod" }));
    let second = bench.get("ListServices", json!({ "cluster": "prod", "nextToken": first["nextToken"] }));
    assert_eq!(first["serviceArns"].as_array().unwrap().len(), 10);
    assert_eq!(second["serviceArns"], json!([bench.service]));
    assert!(second.get("nextToken").is_none());
    let names: Vec<_> = (0..11).map(|at| format!("s{at}")).collect();
    let describe = |names: &[String]| json!({ "cluster": "prod", "services": names });
    assert_eq!(bench.error("DescribeServices", describe(&names)), "InvalidParameterException");
    assert_eq!(bench.error("DescribeServices", describe(&[])), "InvalidParameterException");
    assert_eq!(bench.get("DescribeServices", describe(&names[..10]))["failures"].as_array().unwrap().len(), 10);
    assert_eq!(bench.error("ListServices", json!({ "cluster": "nope" })), "ClusterNotFoundException");
    assert_eq!(
        bench.error("ListServices", json!({ "cluster": "prod", "maxResults": 101 })),
        "InvalidParameterException"
    );
}

#[test]
fn a_service_is_described_in_full() {
    let bench = deployed();
    let reply = bench.get("DescribeServices", json!({ "cluster": "prod", "services": ["web", bench.service] }));
    let service = &reply["services"][0];
    assert_eq!(*service, reply["services"][1]);
    assert_eq!(service["launchType"], "FARGATE");
    assert!(service.get("capacityProviderStrategy").is_none() && service.get("currentServiceDeployment").is_none());
    assert!(service["createdAt"].is_number());
    assert_eq!(service["deployments"][0]["rolloutState"], "COMPLETED");
    assert_eq!(service["deployments"][0]["failedTasks"], 0);
    assert_eq!(
        service["deploymentConfiguration"]["deploymentCircuitBreaker"],
        json!({ "enable": true, "rollback": true })
    );
    assert_eq!(service["loadBalancers"][0]["containerPort"], 8080);
    assert!(service["events"][0]["message"].as_str().unwrap().ends_with("has reached a steady state."));
}

#[test]
fn tasks_are_listed_by_every_filter_and_described() {
    let bench = deployed();
    let list = |filter: Json| {
        let mut body = json!({ "cluster": "prod" });
        body.as_object_mut().unwrap().extend(filter.as_object().unwrap().clone());
        bench.get("ListTasks", body)["taskArns"].as_array().unwrap().clone()
    };
    let id = bench.look(|service| service.primary().unwrap().id.clone());
    assert_eq!(list(json!({})).len(), 2);
    assert_eq!(list(json!({ "desiredStatus": "STOPPED" })).len(), 2);
    assert_eq!(list(json!({ "serviceName": "web" })).len(), 2);
    assert_eq!(list(json!({ "family": "web" })).len(), 2);
    assert_eq!(list(json!({ "family": "other" })).len(), 0);
    assert_eq!(list(json!({ "startedBy": id })).len(), 2);
    let both = json!({ "cluster": "prod", "startedBy": id, "family": "web" });
    assert_eq!(bench.error("ListTasks", both), "InvalidParameterException");
    let unknown = json!({ "cluster": "prod", "serviceName": "nope" });
    assert_eq!(bench.error("ListTasks", unknown), "ServiceNotFoundException");

    let running = list(json!({}))[0].clone();
    let stopped = list(json!({ "desiredStatus": "STOPPED" }))[0].clone();
    let reply = bench.get("DescribeTasks", json!({ "cluster": "prod", "tasks": [running, stopped, "nope"] }));
    let (running, stopped) = (&reply["tasks"][0], &reply["tasks"][1]);
    assert_eq!((&running["lastStatus"], &running["cpu"]), (&json!("RUNNING"), &json!("512")));
    assert!(running.get("stopCode").is_none() && running["containers"][0].get("exitCode").is_none());
    assert_eq!(running["containers"][0]["managedAgents"][0]["lastStatus"], "RUNNING");
    assert!(running["containers"][0]["imageDigest"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!((&stopped["lastStatus"], &stopped["containers"][0]["exitCode"]), (&json!("STOPPED"), &json!(0)));
    assert_eq!(stopped["stoppedReason"], format!("Scaling activity initiated by (deployment {id})"));
    assert_eq!(reply["failures"][0]["arn"], "arn:aws:ecs:us-east-1:111122223333:task/prod/nope");
}

#[test]
fn task_definitions_are_registered_listed_described_and_deregistered() {
    let bench = deployed();
    let container = json!([{ "name": "app", "image": "shop/web:v9" }]);
    let register =
        json!({ "family": "web", "containerDefinitions": container, "tags": [{ "key": "a", "value": "b" }] });
    let reply = bench.get("RegisterTaskDefinition", register);
    assert_eq!(
        (&reply["taskDefinition"]["revision"], &reply["taskDefinition"]["status"]),
        (&json!(9), &json!("ACTIVE"))
    );
    assert_eq!(reply["taskDefinition"]["containerDefinitions"][0]["essential"], true);
    let arn = reply["taskDefinition"]["taskDefinitionArn"].clone();
    assert_eq!(bench.get("ListTagsForResource", json!({ "resourceArn": arn }))["tags"][0]["value"], "b");
    let latest = bench.get("DescribeTaskDefinition", json!({ "taskDefinition": "web", "include": ["TAGS"] }));
    assert_eq!(latest["taskDefinition"]["taskDefinitionArn"], arn);
    let listed = bench.get("ListTaskDefinitions", json!({ "familyPrefix": "web", "sort": "DESC", "maxResults": 1 }));
    assert_eq!(listed["taskDefinitionArns"], json!([arn]));
    let gone = bench.get("DeregisterTaskDefinition", json!({ "taskDefinition": "web:9" }));
    assert_eq!(gone["taskDefinition"]["status"], "INACTIVE");
    let latest = bench.get("DescribeTaskDefinition", json!({ "taskDefinition": "web" }));
    assert_eq!(latest["taskDefinition"]["revision"], 8);
    assert_eq!(bench.error("DescribeTaskDefinition", json!({ "taskDefinition": "web:99" })), "ClientException");
    for wrong in [
        json!({ "family": "a b", "containerDefinitions": container }),
        json!({ "family": "web", "containerDefinitions": [] }),
        json!({ "family": "web", "containerDefinitions": [{ "name": "app" }] }),
        json!({ "family": "web", "containerDefinitions": container, "requiresCompatibilities": ["FARGATE"] }),
    ] {
        assert_eq!(bench.error("RegisterTaskDefinition", wrong), "ClientException");
    }
}

#[test]
fn an_update_starts_a_deployment_only_where_what_runs_changes() {
    let bench = deployed();
    let update = |change: Json| {
        let mut body = json!({ "cluster": "prod", "service": "web" });
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        bench.post("UpdateService", &body)
    };
    let records = || bench.look(|service| service.records.len());
    let before = records();
    for change in [
        json!({ "desiredCount": 3 }),
        json!({ "deploymentConfiguration": { "maximumPercent": 150 } }),
        json!({ "capacityProviderStrategy": [{ "capacityProvider": "FARGATE_SPOT", "weight": 1 }] }),
        json!({ "healthCheckGracePeriodSeconds": 90 }),
        json!({ "enableExecuteCommand": false }),
        json!({ "taskDefinition": "web:8" }),
    ] {
        assert_eq!(update(change).0, 200);
    }
    assert_eq!(records(), before);
    let (_, reply) = update(json!({ "forceNewDeployment": true }));
    assert_eq!(reply["service"]["deployments"][0]["rolloutState"], "IN_PROGRESS");
    assert_eq!(reply["service"]["capacityProviderStrategy"][0]["capacityProvider"], "FARGATE_SPOT");
    assert!(reply["service"].get("launchType").is_none());
    let (_, reply) = update(json!({ "taskDefinition": "web:7" }));
    assert!(reply["service"]["taskDefinition"].as_str().unwrap().ends_with(":task-definition/web:7"));
    assert_eq!(records(), before + 2);
}

#[test]
fn wrong_updates_are_refused_and_change_nothing() {
    let bench = deployed();
    bench.get("DeregisterTaskDefinition", json!({ "taskDefinition": "web:3" }));
    let both = json!({ "minimumHealthyPercent": 100, "maximumPercent": 100 });
    for (change, code) in [
        (json!({ "service": "nope" }), "ServiceNotFoundException"),
        (json!({ "cluster": "nope" }), "ClusterNotFoundException"),
        (json!({ "taskDefinition": "web:3" }), "ClientException"),
        (json!({ "taskDefinition": "web:99" }), "ClientException"),
        (json!({ "desiredCount": -1 }), "InvalidParameterException"),
        (json!({ "deploymentConfiguration": both }), "InvalidParameterException"),
        (
            json!({ "capacityProviderStrategy": [{ "capacityProvider": "x", "weight": 1 }] }),
            "InvalidParameterException",
        ),
        (json!({ "capacityProviderStrategy": [{ "capacityProvider": "FARGATE" }] }), "InvalidParameterException"),
        (json!({ "desiredCount": "many" }), "SerializationException"),
    ] {
        let mut body = json!({ "cluster": "prod", "service": "web", "desiredCount": 5 });
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_eq!(bench.error("UpdateService", body), code, "{change}");
    }
    assert_eq!(bench.look(|service| service.desired), 2);
}

#[test]
fn service_deployments_and_revisions_are_on_record() {
    let bench = deployed();
    let list = |filter: Json| {
        let mut body = json!({ "cluster": "prod", "service": "web" });
        body.as_object_mut().unwrap().extend(filter.as_object().unwrap().clone());
        bench.get("ListServiceDeployments", body)["serviceDeployments"].as_array().unwrap().clone()
    };
    assert_eq!(list(json!({ "status": ["SUCCESSFUL"] })).len(), 5);
    assert_eq!(list(json!({ "status": ["STOPPED"] })).len(), 0);
    assert_eq!(list(json!({ "createdAt": { "after": START } })).len(), 1);
    assert_eq!(list(json!({ "createdAt": { "before": START - 1 } })).len(), 4);
    let newest = &list(json!({}))[0];
    let arns = json!([newest["serviceDeploymentArn"], "arn:aws:ecs:us-east-1:111122223333:service-deployment/x/y/z"]);
    let reply = bench.get("DescribeServiceDeployments", json!({ "serviceDeploymentArns": arns }));
    assert_eq!(reply["failures"][0]["reason"], "MISSING");
    let deployment = &reply["serviceDeployments"][0];
    assert_eq!(deployment["targetServiceRevision"]["runningTaskCount"], 2);
    assert_eq!(deployment["sourceServiceRevisions"][0]["runningTaskCount"], 0);
    assert_eq!(deployment["deploymentCircuitBreaker"]["status"], "MONITORING_COMPLETE");
    assert!(deployment["finishedAt"].as_f64() > deployment["startedAt"].as_f64());
    assert!(deployment.get("rollback").is_none() && deployment.get("lifecycleStage").is_none());
    let revision = json!({ "serviceRevisionArns": [deployment["targetServiceRevision"]["arn"]] });
    let images = &bench.get("DescribeServiceRevisions", revision)["serviceRevisions"][0]["containerImages"];
    assert_eq!((&images[0]["containerName"], &images[0]["image"]), (&json!("app"), &json!("shop/web:v8")));
    assert!(images[0]["imageDigest"].as_str().unwrap().starts_with("sha256:"));
    let unknown = json!({ "serviceDeploymentArn": "arn:aws:ecs:us-east-1:111122223333:service-deployment/x/y/z" });
    assert_eq!(bench.error("StopServiceDeployment", unknown), "ServiceDeploymentNotFoundException");
    let too_many: Vec<_> = (0..21).map(|at| format!("arn:{at}")).collect();
    let too_many = json!({ "serviceDeploymentArns": too_many });
    assert_eq!(bench.error("DescribeServiceDeployments", too_many), "InvalidParameterException");
}

#[test]
fn a_task_is_stopped_by_id_or_arn() {
    let bench = deployed();
    let id = bench.look(|service| service.tasks.last().unwrap().id.clone());
    let reply = bench.get("StopTask", json!({ "cluster": "prod", "task": id, "reason": "why not" }));
    assert_eq!(
        (&reply["task"]["lastStatus"], &reply["task"]["stoppedReason"]),
        (&json!("DEACTIVATING"), &json!("why not"))
    );
    assert_eq!(bench.error("StopTask", json!({ "cluster": "prod", "task": "nope" })), "InvalidParameterException");
}
