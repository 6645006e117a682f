//! EC2 over raw requests.

mod networks;

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::{Launch, PLAIN};
use crate::sim::{
    Sim,
    autoscaling::seed::{GroupSpec, group},
    pace::Pace,
    world::{Place, World},
};

/// A simulator with a group of six gateways, and so its launch template.
fn sim() -> Sim {
    let mut world = World::new(1, Timestamp::from_second(1_767_355_200).unwrap());
    let place = Place::new("111122223333", "us-east-1");
    let (region, mut tick) = world.enter(&place);
    let spec = GroupSpec {
        name: "terminal-gateway-asg",
        network: PLAIN,
        launch_template: "terminal-gateway-template",
        instance_type: "t3.medium",
        min: 6,
        desired: 6,
        max: 6,
        grace_seconds: 300,
        zones: &['a', 'b'],
        tags: &[("Project", "terminal")],
        policy: None,
    };
    group(region, &mut tick, &spec);
    Sim::new(world, Pace::Stepped)
}

fn ask(sim: &Sim, parameters: &str) -> (u16, String) {
    let request = http::Request::post("/")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", "AWS4-HMAC-SHA256 Credential=k/20260102/us-east-1/ec2/aws4_request, Signature=0")
        .body(Bytes::from(format!("Version=2016-11-15&Action={parameters}")))
        .unwrap();
    let response = sim.handle(&request);
    (response.status().as_u16(), String::from_utf8_lossy(response.body()).into_owned())
}

fn all<'a>(body: &'a str, tag: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    body.split(&open).skip(1).filter_map(|rest| rest.split(&close).next()).collect()
}

fn code(sim: &Sim, parameters: &str) -> String {
    let (status, body) = ask(sim, parameters);
    assert_eq!(status, 400, "{body}");
    assert!(body.contains("<Response><Errors><Error><Code>"), "{body}");
    all(&body, "Code")[0].to_owned()
}

#[test]
fn instances_are_found_by_filter_id_and_page() {
    let sim = sim();
    let (_, everything) = ask(&sim, "DescribeInstances");
    assert!(
        everything
            .contains("<DescribeInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>")
    );
    let ids = all(&everything, "instanceId");
    assert_eq!(ids.len(), 6);
    let (_, one) = ask(&sim, &format!("DescribeInstances&InstanceId.1={}", ids[3]));
    assert_eq!(all(&one, "instanceId"), [ids[3]]);
    let filter = "Filter.1.Name=tag:aws:autoscaling:groupName&Filter.1.Value.1=terminal-*&\
                  Filter.2.Name=availability-zone&Filter.2.Value.1=us-east-1a";
    assert_eq!(all(&ask(&sim, &format!("DescribeInstances&{filter}")).1, "instanceId").len(), 3);
    let (_, first) = ask(&sim, "DescribeInstances&MaxResults=5");
    let token = all(&first, "nextToken")[0];
    let (_, last) = ask(&sim, &format!("DescribeInstances&MaxResults=5&NextToken={token}"));
    assert_eq!((all(&last, "instanceId").len(), all(&last, "nextToken").len()), (1, 0));
}

#[test]
fn requests_that_ec2_refuses_are_refused() {
    let sim = sim();
    assert_eq!(code(&sim, "DescribeInstances&InstanceId.1=i-0123456789abcdef0"), "InvalidInstanceID.NotFound");
    assert_eq!(code(&sim, "DescribeInstances&InstanceId.1=gateway"), "InvalidInstanceID.Malformed");
    assert_eq!(code(&sim, "DescribeInstances&MaxResults=4"), "InvalidParameterValue");
    assert_eq!(code(&sim, "DescribeInstances&MaxResults=1001"), "InvalidParameterValue");
    assert_eq!(code(&sim, "DescribeInstances&Filter.1.Name=colour&Filter.1.Value.1=red"), "InvalidParameterValue");
    let both = "DescribeInstances&MaxResults=5&InstanceId.1=i-0123456789abcdef0";
    assert_eq!(code(&sim, both), "InvalidParameterCombination");
    assert_eq!(code(&sim, "DescribeInstances&NextToken=x"), "InvalidNextToken");
    assert_eq!(
        code(&sim, "DescribeLaunchTemplates&LaunchTemplateName.1=x"),
        "InvalidLaunchTemplateName.NotFoundException"
    );
    let version =
        "DescribeLaunchTemplateVersions&LaunchTemplateName=terminal-gateway-template&LaunchTemplateVersion.1=9";
    assert_eq!(code(&sim, version), "InvalidLaunchTemplateId.VersionNotFound");
}

#[test]
fn an_instance_boots_is_checked_and_goes() {
    let sim = sim();
    let place = Place::new("111122223333", "us-east-1");
    let id = sim.with_world(|world| {
        let (region, mut tick) = world.enter(&place);
        let launch = Launch {
            instance_type: "t3.medium".to_owned(),
            image_id: "ami-00000000000000000".to_owned(),
            subnet: PLAIN.private(&place, 'a'),
            security_groups: vec![PLAIN.group_id(&place, "terminal-gateway-sg")],
            template_id: "lt-0".to_owned(),
            template_version: 1,
            tags: Vec::new(),
            spot: false,
        };
        region.ec2.launch(launch, &mut tick).unwrap()
    });
    let state = || {
        let (_, body) = ask(&sim, &format!("DescribeInstanceStatus&IncludeAllInstances=true&InstanceId.1={id}"));
        (all(&body, "name")[0].to_owned(), all(&body, "status")[0].to_owned())
    };
    assert_eq!(state(), ("pending".to_owned(), "initializing".to_owned()));
    sim.advance(Duration::from_secs(30));
    assert_eq!(state(), ("running".to_owned(), "initializing".to_owned()));
    sim.advance(Duration::from_secs(150));
    assert_eq!(state(), ("running".to_owned(), "ok".to_owned()));
    sim.with_world(|world| {
        let (region, mut tick) = world.enter(&place);
        region.ec2.terminate(&id, &mut tick);
    });
    assert_eq!(state().0, "shutting-down");
    sim.advance(Duration::from_mins(1));
    assert_eq!(state(), ("terminated".to_owned(), "not-applicable".to_owned()));
    sim.advance(Duration::from_mins(62));
    assert_eq!(code(&sim, &format!("DescribeInstances&InstanceId.1={id}")), "InvalidInstanceID.NotFound");
}

#[test]
fn template_versions_are_found_by_number_latest_and_default() {
    let sim = sim();
    let versions = |rest: &str| {
        let name = "LaunchTemplateName=terminal-gateway-template";
        let (_, body) = ask(&sim, &format!("DescribeLaunchTemplateVersions&{name}&{rest}"));
        all(&body, "versionNumber").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(versions(""), ["3", "2", "1"]);
    assert_eq!(versions("LaunchTemplateVersion.1=%24Latest&LaunchTemplateVersion.2=%24Default"), ["3", "1"]);
    assert_eq!(versions("LaunchTemplateVersion.1=2"), ["2"]);
    let words = "LaunchTemplateVersion.1=%24Latest&LaunchTemplateVersion.2=%24Default";
    let (_, body) = ask(&sim, &format!("DescribeLaunchTemplateVersions&{words}"));
    assert_eq!(all(&body, "versionNumber"), ["3", "1"], "of every template");
    assert_eq!(code(&sim, "DescribeLaunchTemplateVersions&LaunchTemplateVersion.1=3"), "MissingParameter");
    let (_, body) = ask(&sim, "DescribeLaunchTemplates");
    assert_eq!((all(&body, "latestVersionNumber"), all(&body, "defaultVersionNumber")), (vec!["3"], vec!["1"]));
}

#[test]
fn tags_are_added_overwritten_and_deleted_on_all_resources_or_none() {
    let sim = sim();
    let (_, body) = ask(&sim, "DescribeInstances");
    let ids = all(&body, "instanceId");
    let tags = |id: &str| {
        let (_, body) = ask(&sim, &format!("DescribeInstances&InstanceId.1={id}"));
        all(&body, "value").len()
    };
    let before = tags(ids[0]);
    let two = format!("ResourceId.1={}&ResourceId.2={}", ids[0], ids[1]);
    let (_, body) = ask(&sim, &format!("CreateTags&{two}&Tag.1.Key=quarterdeck%3Adrain&Tag.1.Value=true"));
    assert!(body.contains("<return>true</return>"), "{body}");
    ask(&sim, &format!("CreateTags&{two}&Tag.1.Key=quarterdeck%3Adrain&Tag.1.Value=false"));
    assert_eq!([tags(ids[0]), tags(ids[1])], [before + 1; 2]);
    let tagged = "DescribeInstances&Filter.1.Name=tag:quarterdeck:drain&Filter.1.Value.1=false";
    assert_eq!(all(&ask(&sim, tagged).1, "instanceId").len(), 2);
    ask(&sim, &format!("DeleteTags&{two}&Tag.1.Key=quarterdeck%3Adrain&Tag.1.Value=other"));
    assert_eq!(tags(ids[0]), before + 1, "another value is another tag");
    ask(&sim, &format!("DeleteTags&{two}&Tag.1.Key=quarterdeck%3Adrain"));
    assert_eq!([tags(ids[0]), tags(ids[1])], [before; 2]);
    let one_unknown = format!("CreateTags&ResourceId.1={}&ResourceId.2=i-0123456789abcdef0&Tag.1.Key=a", ids[0]);
    assert_eq!(code(&sim, &one_unknown), "InvalidInstanceID.NotFound");
    assert_eq!(tags(ids[0]), before);
    let reserved = format!("CreateTags&ResourceId.1={}&Tag.1.Key=aws%3Aautoscaling%3AgroupName&Tag.1.Value=x", ids[0]);
    assert_eq!(code(&sim, &reserved), "InvalidParameterValue");
    let many: Vec<String> = (1..=51).map(|at| format!("Tag.{at}.Key=k{at}")).collect();
    assert_eq!(code(&sim, &format!("CreateTags&ResourceId.1={}&{}", ids[0], many.join("&"))), "TagLimitExceeded");
}

#[test]
fn a_template_gets_a_new_version_from_an_old_one_and_another_default() {
    let sim = sim();
    let name = "LaunchTemplateName=terminal-gateway-template";
    let data = "LaunchTemplateData.ImageId=ami-0aaaaaaaaaaaaaaaa&LaunchTemplateData.UserData=aGVsbG8%3D";
    let create = format!("CreateLaunchTemplateVersion&{name}&SourceVersion=%24Latest&VersionDescription=new&{data}");
    let (_, body) = ask(&sim, &format!("{create}&ClientToken=once"));
    assert_eq!((all(&body, "versionNumber"), all(&body, "defaultVersion")), (vec!["4"], vec!["false"]));
    assert_eq!((all(&body, "imageId"), all(&body, "userData")), (vec!["ami-0aaaaaaaaaaaaaaaa"], vec!["aGVsbG8="]));
    assert_eq!(all(&body, "instanceType"), ["t3.medium"], "what is not given is the source's");
    let (_, again) = ask(&sim, &format!("{create}&ClientToken=once"));
    assert_eq!(all(&again, "versionNumber"), ["4"], "the same call made again");
    let (_, blank) = ask(&sim, &format!("CreateLaunchTemplateVersion&{name}&{data}"));
    assert_eq!((all(&blank, "versionNumber"), all(&blank, "instanceType").len()), (vec!["5"], 0));
    let (_, body) = ask(&sim, &format!("ModifyLaunchTemplate&{name}&SetDefaultVersion=4"));
    assert_eq!((all(&body, "defaultVersionNumber"), all(&body, "latestVersionNumber")), (vec!["4"], vec!["5"]));
    let odd = format!("ModifyLaunchTemplate&{name}&SetDefaultVersion=9");
    assert_eq!(code(&sim, &odd), "InvalidLaunchTemplateId.VersionNotFound");
    assert_eq!(code(&sim, &format!("CreateLaunchTemplateVersion&{name}")), "MissingParameter");
    let garbled = format!("CreateLaunchTemplateVersion&{name}&LaunchTemplateData.UserData=%25");
    assert_eq!(code(&sim, &garbled), "InvalidUserData.Malformed");
}
