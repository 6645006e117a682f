"""Fills a foreign emulator with a small estate: a harbour with one ECS service, its gateways and their sessions.

Usage: seed.py, with the endpoint, region and credentials in the environment. Prints the estate's ARNs as JSON.
"""

import json

import boto3


def task_definition(ecs):
    container = {"name": "pilot", "image": "pilot:1", "essential": True, "memory": 128}
    return ecs.register_task_definition(
        family="pilot", requiresCompatibilities=["FARGATE"], networkMode="awsvpc", cpu="256", memory="512",
        containerDefinitions=[container],
    )["taskDefinition"]["taskDefinitionArn"]


def target_group(elb, vpc):
    group = elb.create_target_group(
        Name="pilot-tg", Protocol="HTTP", Port=8080, VpcId=vpc, TargetType="ip", HealthCheckPath="/health",
    )["TargetGroups"][0]["TargetGroupArn"]
    addresses = ["10.0.1.10", "10.0.2.10"]
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": address, "Port": 8080} for address in addresses])
    return group


def service(ecs, group):
    ecs.create_cluster(clusterName="harbour")
    return ecs.create_service(
        cluster="harbour", serviceName="pilot", taskDefinition=task_definition(ecs), desiredCount=2,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
        loadBalancers=[{"targetGroupArn": group, "containerName": "pilot", "containerPort": 8080}],
    )["service"]["serviceArn"]


def gateways(ec2, autoscaling):
    ec2.create_launch_template(
        LaunchTemplateName="gateway", LaunchTemplateData={"ImageId": "ami-12345678", "InstanceType": "t3.small"}
    )
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="gateway-asg", MinSize=1, MaxSize=4, DesiredCapacity=2,
        AvailabilityZones=["eu-west-2a", "eu-west-2b"],
        LaunchTemplate={"LaunchTemplateName": "gateway", "Version": "$Latest"},
    )
    [group] = autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    return group["AutoScalingGroupARN"], [it["InstanceId"] for it in group["Instances"]]


def alarm(cloudwatch, name, state, dimensions):
    cloudwatch.put_metric_alarm(
        AlarmName=name, Namespace="AWS/ECS", MetricName="CPUUtilization", Statistic="Average", Period=60,
        EvaluationPeriods=3, Threshold=80, ComparisonOperator="GreaterThanThreshold",
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="set by hand")


def sessions(dynamodb, instances):
    dynamodb.create_table(
        TableName="Sessions", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    for number in range(3):
        dynamodb.put_item(
            TableName="Sessions",
            Item={"id": {"S": f"session-{number}"}, "gatewayId": {"S": instances[0]}, "startedAt": {"N": "1700000000"}},
        )


group = target_group(boto3.client("elbv2"), boto3.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"])
pilot = service(boto3.client("ecs"), group)
gateway_group, instances = gateways(boto3.client("ec2"), boto3.client("autoscaling"))
cloudwatch = boto3.client("cloudwatch")
alarm(cloudwatch, "pilot-cpu", "ALARM", {"ClusterName": "harbour", "ServiceName": "pilot"})
alarm(cloudwatch, "elsewhere-cpu", "OK", {"ClusterName": "elsewhere"})
sessions(boto3.client("dynamodb"), instances)
print(json.dumps({"service": pilot, "target_group": group, "group": gateway_group, "instances": instances}))
