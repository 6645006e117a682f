"""A notice of two minutes, as boto3 sees it: the status of the Spot request, checked against its model.

Usage: notices.py ENDPOINT, of a simulator ten times as fast as life, on which it begins the scenario gateway-notice. Ends
with status 1 and the findings where there are any.
"""

import sys
import time
import urllib.request

import boto3

from strict import watch

FINDINGS = []
made = boto3.client(
    "ec2",
    region_name="us-east-1",
    endpoint_url=sys.argv[1],
    aws_access_key_id="SIM111122223333",
    aws_secret_access_key="simulator",
)
watch(made, FINDINGS)


def requests(code):
    named = [{"Name": "status-code", "Values": [code]}]
    return made.get_paginator("describe_spot_instance_requests").paginate(Filters=named).build_full_result()[
        "SpotInstanceRequests"
    ]


def until(code):
    """The one request with this status."""
    for _ in range(600):
        found = requests(code)
        if found:
            return found[0]
        time.sleep(0.1)
    sys.exit(f"no request is {code}")


urllib.request.urlopen(urllib.request.Request(f"{sys.argv[1]}/_quarterdeck/scenarios/gateway-notice", method="POST"))
noticed = until("marked-for-termination")
by_instance = made.describe_spot_instance_requests(Filters=[{"Name": "instance-id", "Values": [noticed["InstanceId"]]}])
if [it["SpotInstanceRequestId"] for it in by_instance["SpotInstanceRequests"]] != [noticed["SpotInstanceRequestId"]]:
    FINDINGS.append("a request is not found by its instance")
described = made.describe_instances(InstanceIds=[noticed["InstanceId"]])["Reservations"][0]["Instances"][0]
if (described["InstanceLifecycle"], described["SpotInstanceRequestId"]) != ("spot", noticed["SpotInstanceRequestId"]):
    FINDINGS.append("the instance does not name its request")
taken = until("instance-terminated-no-capacity")
if taken["State"] != "closed" or taken["InstanceId"] != noticed["InstanceId"]:
    FINDINGS.append(f"it was not taken back: {taken}")
if not 119 < (taken["Status"]["UpdateTime"] - noticed["Status"]["UpdateTime"]).total_seconds() < 125:
    FINDINGS.append("it had no two minutes")
print(f"{len(FINDINGS)} findings")
print("\n".join(sorted(set(FINDINGS))))
sys.exit(1 if FINDINGS else 0)
