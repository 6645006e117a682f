//! ECR as its clients see it, over the estates' repositories.

#![expect(clippy::needless_pass_by_value, reason = "requests read better as literals than as references")]

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{Kind, image::sha256};
use crate::sim::{
    Sim,
    ecs::{self, Behaviour},
    estates,
    pace::Pace,
    world::Place,
};

const SHARED: (&str, &str) = ("111122223333", "us-east-1");
const CMA: (&str, &str) = ("444455556666", "eu-west-2");
const NOTEBOOK: (&str, &str) = ("111122223333", "eu-north-1");

fn sim() -> Sim {
    Sim::new(estates::world(7, Timestamp::from_second(1_795_000_000).unwrap()), Pace::Stepped)
}

/// The answer's body, or the code of the refusal.
fn ask(sim: &Sim, (account, region): (&str, &str), target: &str, input: Json) -> Result<Json, String> {
    let request = http::Request::post("/")
        .header("x-amz-target", target)
        .header("content-type", "application/x-amz-json-1.1")
        .header("authorization", format!("AWS4-HMAC-SHA256 Credential=SIM{account}/20261120/{region}/x/aws4_request"))
        .body(bytes::Bytes::from(input.to_string()))
        .unwrap();
    let response = sim.handle(&request);
    let body: Json = serde_json::from_slice(response.body()).unwrap();
    if response.status().is_success() { Ok(body) } else { Err(body["__type"].as_str().unwrap().to_owned()) }
}

fn ecr(sim: &Sim, place: (&str, &str), operation: &str, input: Json) -> Result<Json, String> {
    ask(sim, place, &format!("AmazonEC2ContainerRegistry_V20150921.{operation}"), input)
}

fn ecs(sim: &Sim, place: (&str, &str), operation: &str, input: Json) -> Json {
    ask(sim, place, &format!("AmazonEC2ContainerServiceV20141113.{operation}"), input).unwrap()
}

/// Every page of the images of a repository.
fn images(sim: &Sim, place: (&str, &str), repository: &str, filter: Json) -> Vec<Json> {
    let (mut all, mut token) = (Vec::new(), Json::Null);
    loop {
        let input = json!({ "repositoryName": repository, "filter": filter, "maxResults": 3, "nextToken": token });
        let page = ecr(sim, place, "DescribeImages", input).unwrap();
        all.extend(page["imageDetails"].as_array().unwrap().iter().cloned());
        token = page["nextToken"].clone();
        if token.is_null() {
            return all;
        }
    }
}

#[test]
fn what_every_service_runs_and_ran_is_in_its_repository() {
    let sim = sim();
    for (place, cluster, service) in [
        (SHARED, "terminal-cluster", "terminal-api"),
        (SHARED, "tsdevstack-dev", "kong"),
        (CMA, "cma-production", "cma-frontend-production"),
        (CMA, "cma-production", "cma-workers-production"),
        (NOTEBOOK, "reactive-notebook-cluster", "reactive-notebook-service"),
    ] {
        let deployments = ecs(&sim, place, "ListServiceDeployments", json!({ "cluster": cluster, "service": service }));
        let arns: Vec<_> = deployments["serviceDeployments"].as_array().unwrap().iter().collect();
        let revisions: Vec<_> = arns.iter().map(|it| it["targetServiceRevisionArn"].clone()).collect();
        assert_eq!(revisions.len(), 4, "{service}");
        let described = ecs(&sim, place, "DescribeServiceRevisions", json!({ "serviceRevisionArns": revisions }));
        for revision in described["serviceRevisions"].as_array().unwrap() {
            let image = &revision["containerImages"][0];
            let path = image["image"].as_str().unwrap().split_once('/').unwrap().1;
            let repository = path.rsplit_once(':').unwrap().0;
            let id = json!({ "imageDigest": image["imageDigest"] });
            let asked = json!({ "repositoryName": repository, "imageIds": [id] });
            let found = ecr(&sim, place, "DescribeImages", asked).unwrap();
            let created = revision["createdAt"].as_f64().unwrap();
            assert!(found["imageDetails"][0]["imagePushedAt"].as_f64().unwrap() < created, "{service}");
        }
    }
}

#[test]
fn a_digest_is_that_of_its_manifest_and_an_index_tells_architectures() {
    let sim = sim();
    let ids = json!([{ "imageTag": "latest" }, { "imageTag": "4f2c-arm64" }]);
    let got = ecr(&sim, CMA, "BatchGetImage", json!({ "repositoryName": "cma-api", "imageIds": ids })).unwrap();
    assert_eq!(got["failures"], json!([]));
    for (image, architecture) in got["images"].as_array().unwrap().iter().zip(["amd64", "arm64"]) {
        let manifest = image["imageManifest"].as_str().unwrap();
        assert_eq!(sha256(manifest), image["imageId"]["imageDigest"].as_str().unwrap());
        let parsed: Json = serde_json::from_str(manifest).unwrap();
        assert_eq!(parsed["mediaType"], image["imageManifestMediaType"]);
        assert_eq!(parsed["manifests"][0]["platform"]["architecture"], architecture);
        let part = json!([{ "imageDigest": parsed["manifests"][0]["digest"] }]);
        let part = ecr(&sim, CMA, "BatchGetImage", json!({ "repositoryName": "cma-api", "imageIds": part })).unwrap();
        let text = part["images"][0]["imageManifest"].as_str().unwrap();
        assert_eq!(parsed["manifests"][0]["size"], text.len());
    }
}

#[test]
fn what_is_not_there_is_told_in_each_operations_way() {
    let sim = sim();
    let named = |ids: Json| json!({ "repositoryName": "terminal/api", "imageIds": ids });
    let missing = json!({ "imageTag": "v0" });
    assert_eq!(ecr(&sim, SHARED, "DescribeImages", named(json!([missing]))).unwrap_err(), "ImageNotFoundException");
    assert_eq!(
        ecr(&sim, SHARED, "DescribeImages", json!({ "repositoryName": "nowhere" })).unwrap_err(),
        "RepositoryNotFoundException"
    );
    let digest = ecr(&sim, SHARED, "DescribeImages", named(json!([{ "imageTag": "v2.14.3" }]))).unwrap();
    let digest = &digest["imageDetails"][0]["imageDigest"];
    let ids = json!([
        missing, {}, { "imageDigest": "nonsense" }, { "imageDigest": digest, "imageTag": "v2.14.2" },
        { "imageDigest": digest, "imageTag": "v2.14.3" },
    ]);
    let got = ecr(&sim, SHARED, "BatchGetImage", named(ids)).unwrap();
    let codes: Vec<_> =
        got["failures"].as_array().unwrap().iter().map(|it| it["failureCode"].as_str().unwrap()).collect();
    assert_eq!(codes, ["ImageNotFound", "MissingDigestAndTag", "InvalidImageDigest", "ImageTagDoesNotMatchDigest"]);
    assert_eq!(got["images"].as_array().unwrap().len(), 1);
    let hundred_and_one: Vec<_> = (0..101).map(|at| json!({ "imageTag": format!("t{at}") })).collect();
    let refused = ecr(&sim, SHARED, "BatchGetImage", named(json!(hundred_and_one))).unwrap_err();
    assert_eq!(refused, "InvalidParameterException");
}

#[test]
fn a_push_moves_a_mutable_tag_is_scanned_and_old_images_expire() {
    let sim = sim();
    let repository = "reactive-notebook-backend";
    let before = images(&sim, NOTEBOOK, repository, json!({}));
    assert_eq!(before.len(), 10, "the lifecycle policy keeps ten");
    let (place, now) = (Place::new(NOTEBOOK.0, NOTEBOOK.1), sim.now());
    let reference = format!("{repository}:latest");
    let pushed = sim.with_world(|world| ecs::push_image(world.region(&place), &reference, Behaviour::Healthy, now));
    let latest = || {
        let input = json!({ "repositoryName": repository, "imageIds": [{ "imageTag": "latest" }] });
        ecr(&sim, NOTEBOOK, "DescribeImages", input).unwrap()["imageDetails"][0].clone()
    };
    assert_eq!(latest()["imageDigest"], pushed);
    assert_eq!(latest()["imageScanStatus"]["status"], "IN_PROGRESS");
    assert_eq!(latest()["imageScanFindingsSummary"], Json::Null);
    sim.advance(Duration::from_secs(30));
    assert_eq!(latest()["imageScanStatus"]["status"], "COMPLETE");
    assert!(latest()["imageScanFindingsSummary"]["findingSeverityCounts"]["LOW"].as_i64() > Some(0));
    sim.advance(Duration::from_hours(1));
    let after = images(&sim, NOTEBOOK, repository, json!({}));
    assert_eq!(after.len(), 10);
    let oldest = before[0]["imageDigest"].clone();
    assert!(after.iter().all(|image| image["imageDigest"] != oldest), "the oldest has expired");
    let untagged = images(&sim, NOTEBOOK, repository, json!({ "tagStatus": "UNTAGGED" }));
    assert_eq!(untagged.len(), 8, "all but latest and preview");
}

#[test]
fn an_index_expires_with_what_it_lists() {
    let now = Timestamp::from_second(1_795_000_000).unwrap();
    let mut state = super::State::default();
    super::seed::release(&mut state, "1.dkr.ecr.x.amazonaws.com/app:v1", now);
    let repository = state.repositories.get_mut("app").unwrap();
    (repository.kind, repository.keep) = (Kind::Index(&["amd64", "arm64"]), Some(2));
    for tag in ["v2", "v3", "v4"] {
        repository.push("app", &[tag], now);
    }
    repository.expire(now);
    let tags: Vec<_> = repository.images.iter().flat_map(|image| image.tags.clone()).collect();
    assert_eq!((tags, repository.images.len()), (vec!["v3".to_owned(), "v4".to_owned()], 6));
}

#[test]
fn archived_images_cannot_be_pulled_and_are_listed_only_when_asked_for() {
    let sim = sim();
    let place = Place::new(SHARED.0, SHARED.1);
    let now = sim.now();
    sim.with_world(|world| assert!(world.region(&place).ecr.archive("terminal/api:v2.14.2", now)));
    let asked = json!({ "repositoryName": "terminal/api", "imageIds": [{ "imageTag": "v2.14.2" }] });
    let got = ecr(&sim, SHARED, "BatchGetImage", asked.clone()).unwrap();
    assert_eq!(got["failures"][0]["failureCode"], "ImageInaccessible");
    assert_eq!(ecr(&sim, SHARED, "DescribeImages", asked).unwrap()["imageDetails"][0]["imageStatus"], "ARCHIVED");
    let count = |filter| images(&sim, SHARED, "terminal/api", filter).len();
    assert_eq!(count(json!({ "imageStatus": "ARCHIVED" })), 1);
    assert_eq!(count(json!({})) + 1, count(json!({ "imageStatus": "ANY" })));
}

#[test]
fn a_deployment_of_a_tag_that_ecr_does_not_have_cannot_pull_it() {
    let sim = sim();
    let place = Place::new(SHARED.0, SHARED.1);
    let described = ecs(&sim, SHARED, "DescribeTaskDefinition", json!({ "taskDefinition": "terminal-api" }));
    let mut container = described["taskDefinition"]["containerDefinitions"][0].clone();
    container["image"] = json!("111122223333.dkr.ecr.us-east-1.amazonaws.com/terminal/api:v9");
    let registered = ecs(
        &sim,
        SHARED,
        "RegisterTaskDefinition",
        json!({
            "family": "terminal-api", "containerDefinitions": [container], "cpu": "512", "memory": "1024",
            "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc",
        }),
    );
    let arn = &registered["taskDefinition"]["taskDefinitionArn"];
    let service = json!({ "cluster": "terminal-cluster", "service": "terminal-api", "taskDefinition": arn });
    ecs(&sim, SHARED, "UpdateService", service);
    sim.advance(Duration::from_mins(5));
    let stopped = json!({ "cluster": "terminal-cluster", "desiredStatus": "STOPPED" });
    let tasks = ecs(&sim, SHARED, "ListTasks", stopped)["taskArns"].clone();
    let tasks = ecs(&sim, SHARED, "DescribeTasks", json!({ "cluster": "terminal-cluster", "tasks": tasks }));
    let reason = tasks["tasks"][0]["stoppedReason"].as_str().unwrap();
    assert!(reason.starts_with("CannotPullContainerError") && reason.ends_with("not found"), "{reason}");
    assert!(sim.with_world(|world| world.region(&place).ecr.digest("terminal/api:v9").is_none()));
}
