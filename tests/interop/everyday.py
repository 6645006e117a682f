"""The everyday reads and writes of the five estates, through boto3, each answer checked against its model.

Usage: everyday.py ENDPOINT. Ends with status 1 and the findings where there are any.
"""

import json
import sys
import time
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from strict import watch

ENDPOINT = sys.argv[1]
FINDINGS = []
CALLED = set()
CONFIG = Config(retries={"total_max_attempts": 1}, read_timeout=30)


def client(service, region="us-east-1", account="111122223333"):
    made = boto3.client(
        service,
        region_name=region,
        endpoint_url=ENDPOINT,
        aws_access_key_id=f"SIM{account}",
        aws_secret_access_key="simulator",
        config=CONFIG,
    )
    watch(made, FINDINGS)
    made.meta.events.register("before-call", lambda model, **_: CALLED.add(f"{service}:{model.name}"))
    return made


def expect(condition, what):
    if not condition:
        FINDINGS.append(what)


def refused(call, code, **parameters):
    """The call must fail with this code."""
    try:
        call(**parameters)
        FINDINGS.append(f"{call.__name__} was to be refused with {code}")
    except ClientError as error:
        got = error.response["Error"]["Code"]
        expect(got == code, f"{call.__name__} was refused with {got}, not {code}")


def everything(made, operation, key, **parameters):
    """All items of a listing, page by page."""
    pages = made.get_paginator(operation).paginate(**parameters)
    return [item for page in pages for item in page[key]]


def ecs():
    made = client("ecs")
    clusters = everything(made, "list_clusters", "clusterArns", PaginationConfig={"PageSize": 1})
    expect(len(clusters) == 3, f"us-east-1 has {len(clusters)} clusters")
    described = made.describe_clusters(clusters=clusters + ["nowhere"], include=["SETTINGS", "STATISTICS", "TAGS"])
    expect([it["reason"] for it in described["failures"]] == ["MISSING"], "an unknown cluster is MISSING")
    for cluster in clusters:
        services = everything(made, "list_services", "serviceArns", cluster=cluster)
        for service in made.describe_services(cluster=cluster, services=services)["services"]:
            revise(made, cluster, service)
        for status in ("RUNNING", "STOPPED"):
            tasks = everything(made, "list_tasks", "taskArns", cluster=cluster, desiredStatus=status)
            if tasks:
                made.describe_tasks(cluster=cluster, tasks=tasks)
    refused(made.describe_services, "InvalidParameterException", cluster=clusters[0], services=[f"s{n}" for n in range(11)])
    refused(made.list_services, "ClusterNotFoundException", cluster="nowhere")
    made.list_task_definitions(familyPrefix="terminal-api", sort="DESC")
    made.describe_capacity_providers()
    deploy(made)


def revise(made, cluster, service):
    made.describe_task_definition(taskDefinition=service["taskDefinition"], include=["TAGS"])
    briefs = made.list_service_deployments(cluster=cluster, service=service["serviceName"])["serviceDeployments"]
    arns = [it["serviceDeploymentArn"] for it in briefs]
    expect(arns, f"{service['serviceName']} was never deployed")
    full = made.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"]
    revisions = [it["targetServiceRevision"]["arn"] for it in full]
    images = made.describe_service_revisions(serviceRevisionArns=revisions)["serviceRevisions"][0]["containerImages"]
    expect(all("imageDigest" in it for it in images), "a revision has its digest")


def deploy(made):
    """A new revision, a roll-back of it while it rolls, a task stopped."""
    where = {"cluster": "terminal-cluster", "service": "terminal-api"}
    service = made.describe_services(cluster=where["cluster"], services=[where["service"]])["services"][0]
    definition = made.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    again = {
        key: definition[key]
        for key in ("family", "containerDefinitions", "cpu", "memory", "networkMode", "requiresCompatibilities")
        if key in definition
    }
    registered = made.register_task_definition(**again)["taskDefinition"]["taskDefinitionArn"]
    made.update_service(**where, taskDefinition=registered, forceNewDeployment=True)
    ongoing = made.list_service_deployments(**where, status=["PENDING", "IN_PROGRESS"])["serviceDeployments"]
    expect(len(ongoing) == 1, "one deployment is under way")
    made.stop_service_deployment(serviceDeploymentArn=ongoing[0]["serviceDeploymentArn"], stopType="ROLLBACK")
    made.get_waiter("services_stable").wait(
        cluster=where["cluster"], services=[where["service"]], WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    service = made.describe_services(cluster=where["cluster"], services=[where["service"]])["services"][0]
    primary = next(it for it in service["deployments"] if it["status"] == "PRIMARY")
    expect(primary["taskDefinition"] == definition["taskDefinitionArn"], "the roll-back runs the definition before")
    task = everything(made, "list_tasks", "taskArns", cluster=where["cluster"], serviceName=where["service"])[0]
    made.stop_task(cluster=where["cluster"], task=task, reason="interop")
    refused(made.update_service, "ServiceNotFoundException", cluster=where["cluster"], service="nowhere", desiredCount=1)


def autoscaling():
    made = client("autoscaling")
    group = "terminal-gateway-asg"
    groups = everything(made, "describe_auto_scaling_groups", "AutoScalingGroups")
    expect([it["AutoScalingGroupName"] for it in groups] == [group], "the gateways' group is there")
    made.describe_auto_scaling_instances()
    made.describe_policies(AutoScalingGroupName=group)
    everything(made, "describe_scaling_activities", "Activities", AutoScalingGroupName=group, PaginationConfig={"PageSize": 2})
    refused(made.set_desired_capacity, "ValidationError", AutoScalingGroupName=group, DesiredCapacity=99)
    made.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=3, HonorCooldown=False)
    made.update_auto_scaling_group(AutoScalingGroupName=group, MinSize=1, MaxSize=10, DesiredCapacity=2)
    refused(made.set_desired_capacity, "ValidationError", AutoScalingGroupName="nowhere", DesiredCapacity=1)


def until(what, holds):
    """Asks again until it holds; the simulator is sixty times as fast as life."""
    for _ in range(200):
        if holds():
            return
        time.sleep(0.1)
    expect(False, f"{what} did not come about")


def gateways():
    """Single instances of the gateways' group: protected, stood by, tagged, detached, terminated."""
    made, compute = client("autoscaling"), client("ec2")
    group = {"AutoScalingGroupName": "terminal-gateway-asg"}
    made.suspend_processes(**group, ScalingProcesses=["AlarmNotification", "AZRebalance"])
    made.set_desired_capacity(**group, DesiredCapacity=4)

    def members():
        instances = made.describe_auto_scaling_groups(AutoScalingGroupNames=[group["AutoScalingGroupName"]])
        return {it["InstanceId"]: it for it in instances["AutoScalingGroups"][0]["Instances"]}

    def in_state(state):
        return [it for it, member in members().items() if member["LifecycleState"] == state]

    until("four gateways in service", lambda: len(in_state("InService")) == 4)
    first, second, third, _ = in_state("InService")
    made.set_instance_protection(**group, InstanceIds=[first, second], ProtectedFromScaleIn=True)
    expect(members()[first]["ProtectedFromScaleIn"], "the first is protected")
    made.set_instance_protection(**group, InstanceIds=[first, second], ProtectedFromScaleIn=False)
    moved = made.enter_standby(**group, InstanceIds=[first], ShouldDecrementDesiredCapacity=True)["Activities"]
    expect(moved[0]["Cause"].endswith("shrinking the capacity from 4 to 3."), moved[0]["Cause"])
    until("a gateway in standby", lambda: in_state("Standby") == [first])
    refused(made.enter_standby, "ValidationError", **group, InstanceIds=[first], ShouldDecrementDesiredCapacity=True)
    made.exit_standby(**group, InstanceIds=[first])
    until("the gateway is back", lambda: first in in_state("InService"))
    tag = {"Key": "quarterdeck:drain", "Value": "true"}
    compute.create_tags(Resources=[first], Tags=[tag])
    tagged = compute.describe_instances(Filters=[{"Name": "tag:quarterdeck:drain", "Values": ["true"]}])["Reservations"]
    expect([it["Instances"][0]["InstanceId"] for it in tagged] == [first], "the gateway is tagged")
    compute.delete_tags(Resources=[first], Tags=[{"Key": tag["Key"]}])
    refused(compute.create_tags, "InvalidInstanceID.NotFound", Resources=["i-0123456789abcdef0"], Tags=[tag])
    made.detach_instances(**group, InstanceIds=[second], ShouldDecrementDesiredCapacity=True)
    ended = made.terminate_instance_in_auto_scaling_group(InstanceId=third, ShouldDecrementDesiredCapacity=True)
    expect(ended["Activity"]["Cause"].endswith("from 3 to 2."), ended["Activity"]["Cause"])
    until("two gateways", lambda: len(members()) == 2)
    gone = {"InstanceId": third, "ShouldDecrementDesiredCapacity": True}
    refused(made.terminate_instance_in_auto_scaling_group, "ValidationError", **gone)
    expect(made.describe_lifecycle_hooks(**group)["LifecycleHooks"] == [], "the gateways wait for no hook")
    hook = {**group, "LifecycleHookName": "drain"}
    launching = "autoscaling:EC2_INSTANCE_LAUNCHING"
    made.put_lifecycle_hook(**hook, LifecycleTransition=launching, HeartbeatTimeout=3600, DefaultResult="ABANDON")
    expect(made.describe_lifecycle_hooks(**group)["LifecycleHooks"][0]["GlobalTimeout"] == 172800, "two days at most")
    made.set_desired_capacity(**group, DesiredCapacity=3)
    until("a gateway that waits", lambda: len(in_state("Pending:Wait")) == 1)
    waiting = {**hook, "InstanceId": in_state("Pending:Wait")[0]}
    made.record_lifecycle_action_heartbeat(**waiting)
    made.complete_lifecycle_action(**waiting, LifecycleActionResult="CONTINUE")
    until("it comes into service", lambda: waiting["InstanceId"] in in_state("InService"))
    refused(made.complete_lifecycle_action, "ValidationError", **waiting, LifecycleActionResult="CONTINUE")
    made.delete_lifecycle_hook(**hook)
    policy = made.describe_policies(**group)["ScalingPolicies"][0]
    tracking = {**policy["TargetTrackingConfiguration"], "TargetValue": 7.5}
    put = {"PolicyName": policy["PolicyName"], "PolicyType": "TargetTrackingScaling"}
    again = made.put_scaling_policy(**group, **put, TargetTrackingConfiguration=tracking)
    expect(again["PolicyARN"] == policy["PolicyARN"], "the policy stays the same one")
    template = {"LaunchTemplateName": "terminal-gateway-template"}
    data = {"UserData": "IyEvYmluL3NoCg=="}
    version = compute.create_launch_template_version(**template, SourceVersion="$Latest", LaunchTemplateData=data)
    number = str(version["LaunchTemplateVersion"]["VersionNumber"])
    expect(version["LaunchTemplateVersion"]["LaunchTemplateData"]["InstanceType"] == "t3.medium", "it inherits the type")
    compute.modify_launch_template(**template, DefaultVersion=number)
    made.update_auto_scaling_group(**group, LaunchTemplate={**template, "Version": number})
    refresh(made, group, {**template, "Version": "3"})
    made.resume_processes(**group)


def refresh(made, group, template):
    """The group's instances replaced: begun, refused twice, rolled back, begun again and cancelled, then to its end."""
    expect(made.describe_instance_refreshes(**group)["InstanceRefreshes"] == [], "nothing was refreshed")
    desired = {"DesiredConfiguration": {"LaunchTemplate": template}}
    preferences = {
        "MinHealthyPercentage": 50,
        "MaxHealthyPercentage": 150,
        "InstanceWarmup": 60,
        "CheckpointPercentages": [50, 100],
        "CheckpointDelay": 600,
        "SkipMatching": True,
        "AutoRollback": True,
        "ScaleInProtectedInstances": "Ignore",
        "StandbyInstances": "Terminate",
        "AlarmSpecification": {"Alarms": ["terminal-api-latency"]},
        "BakeTime": 60,
    }

    def newest():
        return made.describe_instance_refreshes(**group, MaxRecords=1)["InstanceRefreshes"][0]

    begun = made.start_instance_refresh(**group, **desired, Preferences=preferences)["InstanceRefreshId"]
    expect(newest()["InstanceRefreshId"] == begun, "the newest refresh is the one begun")
    expect(newest()["Preferences"] == preferences, f"preferences are kept: {newest()['Preferences']}")
    refused(made.start_instance_refresh, "InstanceRefreshInProgress", **group)
    until("some are replaced", lambda: newest()["PercentageComplete"] > 0)
    made.rollback_instance_refresh(**group)
    until("the rollback is over", lambda: newest()["Status"] == "RollbackSuccessful")
    expect(newest()["RollbackDetails"]["PercentageCompleteOnRollback"] > 0, "it had come some way")
    refused(made.rollback_instance_refresh, "ActiveInstanceRefreshNotFound", **group)
    made.start_instance_refresh(**group)
    refused(made.rollback_instance_refresh, "IrreversibleInstanceRefresh", **group)
    made.cancel_instance_refresh(**group)
    until("it is cancelled", lambda: newest()["Status"] == "Cancelled")
    refused(made.cancel_instance_refresh, "ActiveInstanceRefreshNotFound", **group)
    made.start_instance_refresh(**group, **desired, Preferences={"MinHealthyPercentage": 0, "InstanceWarmup": 0})
    until("it succeeds", lambda: newest()["Status"] == "Successful")
    pages = made.describe_instance_refreshes(**group, MaxRecords=2)
    expect(len(pages["InstanceRefreshes"]) == 2 and pages["NextToken"], "refreshes come in pages")


def application_autoscaling():
    made = client("application-autoscaling", "eu-west-2", "444455556666")
    targets = everything(made, "describe_scalable_targets", "ScalableTargets", ServiceNamespace="ecs")
    expect(targets, "the API of cma has a scalable target")
    everything(made, "describe_scaling_policies", "ScalingPolicies", ServiceNamespace="ecs")
    everything(made, "describe_scaling_activities", "ScalingActivities", ServiceNamespace="ecs")
    target = {key: targets[0][key] for key in ("ServiceNamespace", "ResourceId", "ScalableDimension")}
    made.register_scalable_target(**target, MaxCapacity=9)
    after = made.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[target["ResourceId"]])["ScalableTargets"][0]
    expect((after["MinCapacity"], after["MaxCapacity"]) == (targets[0]["MinCapacity"], 9), "only what is given changes")


def ec2():
    made = client("ec2")
    reservations = everything(made, "describe_instances", "Reservations", PaginationConfig={"PageSize": 5})
    ids = [it["InstanceId"] for reservation in reservations for it in reservation["Instances"]]
    made.describe_instances(Filters=[{"Name": "instance-state-name", "Values": ["running"]}])
    made.describe_instance_status(InstanceIds=ids[:2])
    made.describe_launch_templates()
    made.describe_launch_template_versions(LaunchTemplateName="terminal-gateway-template", Versions=["$Latest", "$Default"])
    refused(made.describe_instances, "InvalidInstanceID.NotFound", InstanceIds=["i-0123456789abcdef0"])
    refused(made.describe_instances, "InvalidInstanceID.Malformed", InstanceIds=["gateway"])


def networks():
    """Whatever names a part of a network names one that is there."""
    for region, account in (("us-east-1", "111122223333"), ("us-west-1", "111122223333"), ("eu-north-1", "111122223333"), ("eu-west-2", "444455556666")):
        made = client("ec2", region, account)
        vpcs = everything(made, "describe_vpcs", "Vpcs")
        subnets = {it["SubnetId"]: it for it in everything(made, "describe_subnets", "Subnets", PaginationConfig={"PageSize": 5})}
        groups = {it["GroupId"]: it for it in everything(made, "describe_security_groups", "SecurityGroups")}
        gateways = everything(made, "describe_nat_gateways", "NatGateways")
        expect({it["VpcId"] for it in gateways} == {it["VpcId"] for it in vpcs}, f"each VPC of {region} has a way out")
        expect(all(it["SubnetId"] in subnets for it in gateways), f"gateways of {region} are in subnets")
        for balancer in everything(client("elbv2", region, account), "describe_load_balancers", "LoadBalancers"):
            zones = {it["ZoneName"]: subnets[it["SubnetId"]] for it in balancer["AvailabilityZones"]}
            expect(all(it["AvailabilityZone"] == zone for zone, it in zones.items()), "a balancer's subnets are in its zones")
            around = [*zones.values(), *(groups[it] for it in balancer["SecurityGroups"])]
            expect({it["VpcId"] for it in around} == {balancer["VpcId"]}, "a balancer is in one VPC")
    project = [{"Name": "tag:Project", "Values": ["terminal"]}]
    made = client("ec2")
    vpc = made.describe_vpcs(Filters=project)["Vpcs"][0]["VpcId"]
    inside = [{"Name": "vpc-id", "Values": [vpc]}]
    blocks = [it["CidrBlock"] for it in made.describe_subnets(Filters=inside)["Subnets"]]
    expect(blocks == [f"10.0.{n}.0/24" for n in (1, 2, 3, 4)], f"terminal's subnets are {blocks}")
    names = {it["GroupName"] for it in made.describe_security_groups(Filters=inside)["SecurityGroups"]}
    wanted = {f"terminal-{it}-sg" for it in ("alb", "api", "gateway", "cache")}
    expect(names == wanted | {"default"}, f"terminal's security groups are {names}")
    gateways = everything(made, "describe_internet_gateways", "InternetGateways", Filters=[{"Name": "attachment.vpc-id", "Values": [vpc]}])
    expect([it["Attachments"][0]["State"] for it in gateways] == ["available"], "terminal has one internet gateway")
    tables = everything(made, "describe_route_tables", "RouteTables", Filters=inside, PaginationConfig={"PageSize": 5})
    main = [it for it in tables if any(of["Main"] for of in it["Associations"])]
    expect(len(main) == 1 and len(tables) == 4, "a main table, one for public subnets, one for each private one")
    ways = [route for it in tables for route in it["Routes"] if route.get("DestinationCidrBlock") == "0.0.0.0/0"]
    expect(sorted(bool(it.get("NatGatewayId")) for it in ways) == [False, True, True], f"ways out of terminal: {ways}")
    refused(made.describe_internet_gateways, "InvalidInternetGatewayID.NotFound", InternetGatewayIds=["igw-0123456789abcdef0"])
    refused(made.describe_route_tables, "InvalidRouteTableID.NotFound", RouteTableIds=["rtb-0123456789abcdef0"])
    refused(made.describe_vpcs, "InvalidVpcID.NotFound", VpcIds=["vpc-0123456789abcdef0"])
    refused(made.describe_subnets, "InvalidSubnetID.NotFound", SubnetIds=["subnet-0123456789abcdef0"])
    refused(made.describe_nat_gateways, "NatGatewayNotFound", NatGatewayIds=["nat-0123456789abcdef0"])
    refused(made.describe_security_groups, "InvalidGroup.NotFound", GroupIds=["sg-0123456789abcdef0"])
    refused(made.describe_security_groups, "InvalidParameterValue", Filters=[{"Name": "colour", "Values": ["red"]}])


def elbv2():
    made = client("elbv2")
    balancers = everything(made, "describe_load_balancers", "LoadBalancers", PaginationConfig={"PageSize": 1})
    arns = [it["LoadBalancerArn"] for it in balancers]
    made.describe_tags(ResourceArns=arns)
    groups = everything(made, "describe_target_groups", "TargetGroups")
    for group in groups:
        arn = group["TargetGroupArn"]
        made.describe_target_health(TargetGroupArn=arn)
        made.describe_target_group_attributes(TargetGroupArn=arn)
    for balancer in arns:
        for listener in everything(made, "describe_listeners", "Listeners", LoadBalancerArn=balancer):
            made.describe_rules(ListenerArn=listener["ListenerArn"])
    refused(made.describe_load_balancers, "LoadBalancerNotFound", Names=["nowhere"])
    api = next(it["TargetGroupArn"] for it in groups if it["TargetGroupName"] == "terminal-api-tg")
    stray = [{"Id": "10.0.3.250", "Port": 3001}]
    made.register_targets(TargetGroupArn=api, Targets=stray)
    health = made.describe_target_health(TargetGroupArn=api, Targets=stray)["TargetHealthDescriptions"]
    expect(health[0]["TargetHealth"]["State"] == "initial", "a new target is not yet healthy")
    made.deregister_targets(TargetGroupArn=api, Targets=stray)
    refused(made.register_targets, "InvalidTarget", TargetGroupArn=api, Targets=[{"Id": "i-0123456789abcdef0"}])
    refused(made.describe_target_health, "TargetGroupNotFound", TargetGroupArn=groups[0]["TargetGroupArn"] + "0")


def cloudwatch():
    made = client("cloudwatch")
    everything(made, "list_metrics", "Metrics")
    alarms = made.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])["MetricAlarms"]
    states = {it["AlarmName"]: it["StateValue"] for it in alarms}
    expect(states.get("terminal-gateway-unhealthy") == "INSUFFICIENT_DATA", "the dead alarm has no data")
    made.describe_alarm_history(AlarmName="terminal-api-latency")
    dimensions = [{"Name": "ClusterName", "Value": "terminal-cluster"}, {"Name": "ServiceName", "Value": "terminal-api"}]
    metric = {"Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "Dimensions": dimensions}
    queries = [
        {"Id": f"m{at}", "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}}
        for at, stat in enumerate(("Average", "Maximum", "SampleCount"))
    ]
    # The simulator's time began as ours and runs ahead.
    now = datetime.now(timezone.utc)
    window = {"StartTime": now - timedelta(hours=3), "EndTime": now + timedelta(hours=3)}
    pages = made.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries, ScanBy="TimestampAscending", MaxDatapoints=100, **window
    )
    points = sum(len(result["Values"]) for page in pages for result in page["MetricDataResults"])
    expect(points > 100, f"three hours of a service's CPU are {points} points")
    share = [dict(queries[0], ReturnData=False), {"Id": "e1", "Expression": "FILL(m0, 0) / 100", "Label": "share"}]
    results = made.get_metric_data(MetricDataQueries=share, **window)["MetricDataResults"]
    expect([it["Label"] for it in results] == ["share"] and results[0]["Values"], "an expression has values")
    odd = [dict(queries[0]), {"Id": "e1", "Expression": "SEARCH('x', 'Sum')"}]
    refused(made.get_metric_data, "ValidationError", MetricDataQueries=odd, **window)
    cma = client("cloudwatch", "eu-west-2", "444455556666")
    boards = everything(cma, "list_dashboards", "DashboardEntries")
    expect([it["DashboardName"] for it in boards] == ["cma-production"], "cma has a dashboard")
    body = json.loads(cma.get_dashboard(DashboardName="cma-production")["DashboardBody"])
    expect(len(body["widgets"]) == 7, "its widgets are read")
    refused(cma.get_dashboard, "ResourceNotFound", DashboardName="nowhere")
    made.put_metric_data(Namespace="Interop", MetricData=[{"MetricName": "Runs", "Value": 1.0, "Unit": "Count"}])
    too_many = [dict(queries[0], Id=f"q{at}") for at in range(501)]
    refused(made.get_metric_data, "ValidationError", MetricDataQueries=too_many, **window)


def ecr():
    made = client("ecr", "eu-west-2", "444455556666")
    repositories = everything(made, "describe_repositories", "repositories", PaginationConfig={"PageSize": 1})
    expect([it["repositoryName"] for it in repositories] == ["cma-api", "cma-frontend"], "cma has two repositories")
    for repository in repositories:
        name = repository["repositoryName"]
        images = everything(made, "describe_images", "imageDetails", repositoryName=name, PaginationConfig={"PageSize": 5})
        expect(any("latest" in it.get("imageTags", []) for it in images), f"{name} has a latest image")
        everything(made, "list_images", "imageIds", repositoryName=name, filter={"tagStatus": "TAGGED"})
        ids = [{"imageTag": "latest"}, {"imageTag": "nowhere"}]
        got = made.batch_get_image(repositoryName=name, imageIds=ids)
        expect([it["failureCode"] for it in got["failures"]] == ["ImageNotFound"], "a tag is not there")
        kinds = [it["platform"]["architecture"] for it in json.loads(got["images"][0]["imageManifest"])["manifests"]]
        expect(kinds == ["amd64"], f"{name} is built for {kinds}")
    notebook = client("ecr", "eu-north-1")
    name = "reactive-notebook-backend"
    policy = json.loads(notebook.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"])
    expect(policy["rules"][0]["selection"]["countNumber"] == 10, "ten images are kept")
    latest = {"repositoryName": name, "imageId": {"imageTag": "latest"}}
    scanned = everything(notebook, "describe_image_scan_findings", "imageScanFindings", **latest)
    expect(scanned, "the image was scanned on push")
    refused(made.describe_images, "RepositoryNotFoundException", repositoryName="nowhere")
    refused(made.describe_images, "ImageNotFoundException", repositoryName="cma-api", imageIds=[{"imageTag": "nowhere"}])
    refused(made.get_lifecycle_policy, "LifecyclePolicyNotFoundException", repositoryName="cma-api")


def iam():
    made = client("iam")
    source = {"PolicySourceArn": "arn:aws:iam::111122223333:user/operator"}
    resources = [f"arn:aws:ecs:us-east-1:111122223333:service/terminal-cluster/{name}" for name in ("a", "b")]
    results = made.simulate_principal_policy(
        **source, ActionNames=["ecs:UpdateService", "ecs:StopTask"], ResourceArns=resources
    )["EvaluationResults"]
    expect([it["EvalDecision"] for it in results] == ["allowed", "allowed"], "the operator may do everything")
    refused(made.simulate_principal_policy, "InvalidInput", **source, ActionNames=["UpdateService"])
    role = made.get_role(RoleName="terminal-api-task")["Role"]
    allowed = role["AssumeRolePolicyDocument"]["Statement"][0]
    expect(allowed["Principal"]["Service"] == "ecs-tasks.amazonaws.com", f"tasks take it on: {role}")
    refused(made.get_role, "NoSuchEntity", RoleName="nobody")


def logs():
    made = client("logs", "eu-west-2", "444455556666")
    group = "/ecs/cma-production"
    groups = everything(made, "describe_log_groups", "logGroups", logGroupNamePrefix="/ecs/")
    expect([it["retentionInDays"] for it in groups if it["logGroupName"] == group] == [30], "cma keeps 30 days")
    streams = everything(made, "describe_log_streams", "logStreams", logGroupName=group, PaginationConfig={"PageSize": 2})
    expect(len(streams) >= 6, f"{len(streams)} tasks write")
    since = max(it["lastEventTimestamp"] for it in streams) - 600_000
    pages = made.get_paginator("filter_log_events").paginate(
        logGroupName=group, startTime=since, filterPattern="?GET ?POST", PaginationConfig={"PageSize": 50, "MaxItems": 150}
    )
    found = [event for page in pages for event in page["events"]]
    expect(len({it["eventId"] for it in found}) == len(found) == 150, f"{len(found)} lines of ten minutes")
    one = {"logGroupName": group, "logStreamName": streams[0]["logStreamName"]}
    newest = made.get_log_events(**one, limit=5)
    expect(newest["events"], "a stream has lines")
    made.get_log_events(**one, limit=5, nextToken=newest["nextBackwardToken"])
    mine = {"logGroupName": "/interop", "logStreamName": "one"}
    made.create_log_group(logGroupName="/interop")
    made.create_log_stream(**mine)
    made.put_log_events(**mine, logEvents=[{"timestamp": since, "message": "hello"}])
    window = {"startTime": since // 1000, "endTime": since // 1000 + 600}
    query = "fields @timestamp, @message | filter @message like /GET|POST/ | sort @timestamp desc | limit 20"
    started = made.start_query(logGroupName=group, **window, queryString=query)["queryId"]
    until("the end of a query", lambda: made.get_query_results(queryId=started)["status"] == "Complete")
    rows = made.get_query_results(queryId=started)["results"]
    expect(len(rows) == 20, f"the query found {len(rows)} rows")
    made.describe_queries(logGroupName=group)
    refused(made.filter_log_events, "ResourceNotFoundException", logGroupName="/nowhere")
    refused(made.start_query, "MalformedQueryException", logGroupName=group, **window, queryString="parse @message '*'")


def tail():
    """The calls of `aws logs tail --follow` (`tail.py` has the CLI itself make them): interleaved, page by page; then from the
    newest line on, of which those that were told already are known by their ids."""
    made = client("logs")
    groups = everything(made, "describe_log_groups", "logGroups", logGroupNamePrefix="/ecs/terminal-api")
    streams = everything(made, "describe_log_streams", "logStreams", logGroupName="/ecs/terminal-api")
    since = max(it["lastEventTimestamp"] for it in streams) - 60_000
    for named in ({"logGroupName": "/ecs/terminal-api"}, {"logGroupIdentifier": groups[0]["logGroupArn"]}):
        told, newest, polls = [], set(), 0
        asked = dict(named, interleaved=True, startTime=since, limit=100)

        def poll():
            nonlocal newest, polls
            before = len(told)
            while True:
                answer = made.filter_log_events(**asked)
                for event in answer["events"]:
                    if (event["timestamp"], event["eventId"]) not in newest:
                        newest.add((event["timestamp"], event["eventId"]))
                        told.append(event)
                last = max((timestamp for timestamp, _ in newest), default=since)
                newest = {it for it in newest if it[0] == last}
                if "nextToken" not in answer:
                    break
                asked["nextToken"] = answer["nextToken"]
            asked.pop("nextToken", None)
            asked["startTime"] = last
            polls += len(told) > before
            return polls == 4

        until("lines at four polls", poll)
        ids = [it["eventId"] for it in told]
        expect(len(ids) == len(set(ids)), "each line is told once")
        expect(told == sorted(told, key=lambda it: it["timestamp"]), "lines are told in the order of their time")
        whole = {"startTime": since, "endTime": told[-1]["timestamp"] - 1}
        listed = everything(made, "filter_log_events", "events", **named, **whole)
        heard = {it["eventId"] for it in told if it["timestamp"] < told[-1]["timestamp"]}
        # Not all of them: a line that comes late, below the newest one told, is nothing that a tail asks for again.
        expect(heard <= {it["eventId"] for it in listed}, "no line is told that is not there")
        expect(2 * len(heard) > len(listed), f"of {len(listed)} lines {len(heard)} are told")
    both = {"logGroupName": "/ecs/terminal-api", "logGroupIdentifier": groups[0]["logGroupArn"]}
    refused(made.filter_log_events, "InvalidParameterException", **both)


def backing():
    cache = client("elasticache")
    clusters = everything(cache, "describe_cache_clusters", "CacheClusters", ShowCacheNodeInfo=True)
    expect(len(clusters) == 4, f"us-east-1 has {len(clusters)} cache nodes")
    groups = everything(cache, "describe_replication_groups", "ReplicationGroups")
    expect([it["MultiAZ"] for it in groups] == ["enabled"], "mint-server's cache is in two zones")
    expect(len(groups[0]["MemberClusters"]) == 2, "the group has two members")
    database = client("rds", "eu-west-2", "444455556666")
    instances = everything(database, "describe_db_instances", "DBInstances")
    replicas = [it.get("ReadReplicaSourceDBInstanceIdentifier") for it in instances]
    expect(replicas == [None, "cma-production"], f"cma has a database and its replica: {replicas}")
    refused(cache.describe_cache_clusters, "CacheClusterNotFound", CacheClusterId="nowhere")
    refused(cache.describe_replication_groups, "ReplicationGroupNotFoundFault", ReplicationGroupId="nowhere")
    refused(database.describe_db_instances, "DBInstanceNotFound", DBInstanceIdentifier="nowhere")
    made = client("ecs")
    expect(not everything(made, "list_container_instances", "containerInstanceArns", cluster="mint-server"), "Fargate only")
    asked = made.describe_container_instances(cluster="mint-server", containerInstances=["0" * 32])
    expect([it["reason"] for it in asked["failures"]] == ["MISSING"], "an unknown instance is MISSING")


def dynamodb():
    made = client("dynamodb")
    tables = everything(made, "list_tables", "TableNames", PaginationConfig={"PageSize": 3})
    expect(tables == ["Executions", "Policies", "Sessions", "Users"], f"tables are {tables}")
    for table in tables:
        made.describe_table(TableName=table)
    items = everything(made, "scan", "Items", TableName="Sessions", Limit=3)
    expect(items, "sessions are open")
    made.get_item(TableName="Sessions", Key={"id": items[0]["id"]})
    made.query(
        TableName="Sessions",
        IndexName="userId-index",
        KeyConditionExpression="#u = :user",
        ExpressionAttributeNames={"#u": "userId"},
        ExpressionAttributeValues={":user": items[0]["userId"]},
    )
    refused(made.scan, "ResourceNotFoundException", TableName="nowhere")


def everywhere(call, token, key, **parameters):
    """All items of a listing for which botocore has no paginator, and its pages."""
    items, pages = [], 0
    while True:
        answer = call(**parameters)
        items += answer[key]
        pages += 1
        if not answer.get(token):
            return items, pages
        parameters[token] = answer[token]


def money():
    today = datetime.now(timezone.utc).date()
    first = today.replace(day=1)
    last = (first - timedelta(days=1)).replace(day=1)
    past = {"Start": str(last), "End": str(first)}
    made = client("ce")
    asked = {"TimePeriod": past, "Granularity": "MONTHLY", "Metrics": ["BlendedCost", "UnblendedCost", "UsageQuantity"]}
    whole = made.get_cost_and_usage(**asked)["ResultsByTime"]
    total = Decimal(whole[0]["Total"]["BlendedCost"]["Amount"])
    expect(total > 500, f"last month cost {total}")
    by_tag = [{"Type": "TAG", "Key": "Project"}, {"Type": "DIMENSION", "Key": "SERVICE"}]
    groups = made.get_cost_and_usage(**asked, GroupBy=by_tag)["ResultsByTime"][0]["Groups"]
    parts = sum(Decimal(it["Metrics"]["BlendedCost"]["Amount"]) for it in groups)
    expect(abs(parts - total) < Decimal("0.01"), f"groups add up to {parts} of {total}")
    expect(any(it["Keys"][0] == "Project$" for it in groups), "something is not tagged")
    longest = (first - timedelta(days=150)).replace(day=1)
    daily = {"TimePeriod": {"Start": str(longest), "End": str(first)}, "Granularity": "DAILY", "Metrics": ["UnblendedCost"]}
    by_type = [{"Type": "DIMENSION", "Key": "SERVICE"}, {"Type": "DIMENSION", "Key": "USAGE_TYPE"}]
    results, pages = everywhere(made.get_cost_and_usage, "NextPageToken", "ResultsByTime", **daily, GroupBy=by_type)
    days = {it["TimePeriod"]["Start"] for it in results}
    expect(pages > 1 and len(days) == (first - longest).days, f"{len(days)} days on {pages} pages")
    gateways = {"Dimensions": {"Key": "USAGE_TYPE", "Values": ["NatGateway-Bytes", "NatGateway-Hours"]}}
    stack = {"Tags": {"Key": "Project", "Values": ["tsdevstack"], "MatchOptions": ["EQUALS"]}}
    nat = made.get_cost_and_usage(**asked, Filter={"And": [stack, gateways]})["ResultsByTime"][0]["Total"]
    rest = made.get_cost_and_usage(**asked, Filter={"And": [stack, {"Not": gateways}]})["ResultsByTime"][0]["Total"]
    both = made.get_cost_and_usage(**asked, Filter={"Or": [stack, stack]})["ResultsByTime"][0]["Total"]
    amount = lambda of: Decimal(of["UnblendedCost"]["Amount"])
    expect(abs(amount(nat) + amount(rest) - amount(both)) < Decimal("0.01"), "a filter and what it leaves are all")
    hour = lambda at: f"{today - timedelta(days=2)}T{at:02}:00:00Z"
    hours = {"TimePeriod": {"Start": hour(1), "End": hour(4)}, "Granularity": "HOURLY", "Metrics": ["UnblendedCost"]}
    expect(len(made.get_cost_and_usage(**hours)["ResultsByTime"]) == 3, "hours are told")
    for dimension in ("SERVICE", "LINKED_ACCOUNT", "USAGE_TYPE", "REGION", "INSTANCE_TYPE", "AZ"):
        values = made.get_dimension_values(TimePeriod=past, Dimension=dimension)
        expect(values["TotalSize"] == len(values["DimensionValues"]) > 0, f"{dimension} has values")
    some = {"TimePeriod": past, "Dimension": "USAGE_TYPE", "MaxResults": 5}
    values, pages = everywhere(made.get_dimension_values, "NextPageToken", "DimensionValues", **some)
    expect(pages == -(-len(values) // 5) > 2, f"{len(values)} usage types on {pages} pages")
    expect("tsdevstack" in made.get_tags(TimePeriod=past, TagKey="Project")["Tags"], "stacks are tags")
    ahead = {"Start": str(today + timedelta(days=1)), "End": str(today + timedelta(days=29))}
    for granularity in ("DAILY", "MONTHLY"):
        forecast = made.get_cost_forecast(
            TimePeriod=ahead, Granularity=granularity, Metric="UNBLENDED_COST", PredictionIntervalLevel=80
        )
        expect(Decimal(forecast["Total"]["Amount"]) > 500, f"{granularity} forecast")
    refused(made.get_cost_and_usage, "ValidationException", **dict(asked, TimePeriod={"Start": str(first), "End": str(first)}))
    old = {"Start": "2020-01-01", "End": str(first)}
    refused(made.get_cost_and_usage, "ValidationException", **dict(asked, TimePeriod=old))
    refused(made.get_cost_and_usage, "InvalidNextTokenException", **asked, NextPageToken="nothing")
    refused(made.get_cost_forecast, "ValidationException", TimePeriod=past, Granularity="DAILY", Metric="UNBLENDED_COST")
    refused(client("ce", account="777788889999").get_cost_and_usage, "AccessDeniedException", **asked)
    refused(client("ce", "eu-west-2").get_cost_and_usage, "InvalidSignatureException", **asked)
    budgets = client("budgets", account="444455556666")
    own = {"AccountId": "444455556666"}
    found = everything(budgets, "describe_budgets", "Budgets", **own)
    expect([it["BudgetName"] for it in found] == ["cma-monthly"], "cma has a budget")
    named = dict(own, BudgetName="cma-monthly")
    expect(budgets.describe_budget(**named)["Budget"]["BudgetLimit"]["Unit"] == "USD", "its limit is money")
    told = everything(budgets, "describe_notifications_for_budget", "Notifications", **named)
    sorts = [(it["NotificationType"], it["Threshold"], it["NotificationState"]) for it in told]
    expect(sorts == [("ACTUAL", 80.0, "OK"), ("FORECASTED", 100.0, "OK")], f"it warns of {sorts}")
    refused(budgets.describe_budget, "NotFoundException", **own, BudgetName="nobody")
    refused(budgets.describe_budgets, "AccessDeniedException", AccountId="111122223333")


def sts():
    caller = client("sts", "eu-west-2", "444455556666").get_caller_identity()
    expect(caller["Account"] == "444455556666", "the key selects the account")
    role = client("sts").assume_role(RoleArn="arn:aws:iam::444455556666:role/on-call", RoleSessionName="ada")
    keys = role["Credentials"]
    assumed = boto3.client(
        "sts",
        region_name="eu-west-2",
        endpoint_url=ENDPOINT,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    ).get_caller_identity()
    expect(assumed["Account"] == "444455556666", "an assumed role belongs to its own account")


for part in (
    sts, iam, money, ecr, logs, tail, backing, ecs, autoscaling, gateways, application_autoscaling, ec2, networks, elbv2, cloudwatch, dynamodb,
):
    part()
print(f"{len(CALLED)} operations called, {len(FINDINGS)} findings")
print("\n".join(sorted(set(FINDINGS))))
sys.exit(1 if FINDINGS else 0)
