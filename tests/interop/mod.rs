//! Clients that nobody here wrote, against `quarterdeck sim`: boto3 and the AWS CLI.
//!
//! They need Python with `requirements.txt` installed; `QUARTERDECK_INTEROP_PYTHON` names its interpreter. Without it
//! the tests say that they were skipped; with `QUARTERDECK_REQUIRE_INTEROP` set, that is a failure.

use std::{
    env,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

/// The interpreter, or `None` after saying that `test` is skipped.
pub fn python(test: &str) -> Option<PathBuf> {
    if let Some(python) = env::var_os("QUARTERDECK_INTEROP_PYTHON") {
        return Some(python.into());
    }
    skip(test, "QUARTERDECK_INTEROP_PYTHON names no Python with tests/interop/requirements.txt installed");
    None
}

/// Says that `test` is skipped, and why; fails where it must not be.
fn skip(test: &str, why: &str) {
    assert!(env::var_os("QUARTERDECK_REQUIRE_INTEROP").is_none(), "{test} must not be skipped, but {why}");
    eprintln!("SKIPPED {test}: {why}");
}

/// Where the Python scripts are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop")
}

/// A running `quarterdeck sim`, ended with the test.
pub struct Served {
    process: Child,
    pub endpoint: String,
}

impl Served {
    /// A simulator sixty times as fast as life.
    fn start() -> Self {
        Self::start_with(&["--speed", "60"])
    }

    /// A simulator that runs as `flags` say, on a port of its own.
    pub fn start_with(flags: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_quarterdeck"))
            .args(["sim", "--listen", "127.0.0.1:0"])
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the simulator starts");
        let mut first = String::new();
        let said = process.stdout.take().expect("its output");
        BufReader::new(said).read_line(&mut first).expect("its first line");
        let endpoint = first.split_whitespace().last().expect("the address it listens on").to_owned();
        Self { process, endpoint }
    }

    /// Runs a Python command as a client of this simulator; fails the test where it fails.
    fn run(&self, python: &Path, arguments: &[&str]) -> String {
        self.run_as("111122223333", python, arguments)
    }

    /// The same with a key of this account.
    fn run_as(&self, account: &str, python: &Path, arguments: &[&str]) -> String {
        let output = Command::new(python)
            .args(arguments)
            .current_dir(folder())
            .env("AWS_ENDPOINT_URL", &self.endpoint)
            .env("AWS_ACCESS_KEY_ID", format!("SIM{account}"))
            .env("AWS_SECRET_ACCESS_KEY", "simulator")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_PAGER", "")
            .env_remove("AWS_PROFILE")
            .output()
            .expect("Python runs");
        let Output { status, stdout, stderr } = output;
        let (said, complained) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        assert!(status.success(), "{arguments:?} failed:\n{said}\n{complained}");
        said.trim().to_owned()
    }

    /// Runs the AWS CLI with the words of `command`.
    fn aws(&self, python: &Path, command: &str) -> String {
        self.aws_as("111122223333", python, command)
    }

    fn aws_as(&self, account: &str, python: &Path, command: &str) -> String {
        let arguments: Vec<&str> = ["-m", "awscli"].into_iter().chain(command.split_whitespace()).collect();
        self.run_as(account, python, &arguments)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Already gone is as good as ended.
        let _gone = self.process.kill();
        let _gone = self.process.wait();
    }
}

#[test]
fn boto3_finds_nothing_wrong_with_the_everyday_reads_and_writes() {
    let Some(python) = python("boto3 against the simulator") else { return };
    let served = Served::start();
    let said = served.run(&python, &["everyday.py", &served.endpoint]);
    let called: usize = said.split_whitespace().next().and_then(|it| it.parse().ok()).expect("a count");
    assert!(called >= 106, "only {called} operations were called:\n{said}");
    assert!(said.ends_with("0 findings"), "{said}");
}

#[test]
fn boto3_sees_a_notice_of_two_minutes() {
    let Some(python) = python("boto3 against the simulator") else { return };
    let served = Served::start_with(&["--speed", "10"]);
    let said = served.run(&python, &["notices.py", &served.endpoint]);
    assert_eq!(said, "0 findings");
}

#[test]
fn the_aws_cli_deploys_waits_until_stable_and_reads_back() {
    let Some(python) = python("the AWS CLI against the simulator") else { return };
    let served = Served::start();
    let service = "--cluster terminal-cluster --service terminal-api";
    served.aws(&python, &format!("ecs update-service {service} --force-new-deployment --desired-count 3"));
    served.aws(&python, "ecs wait services-stable --cluster terminal-cluster --services terminal-api");
    let query = "--query services[0].[runningCount,deployments[0].rolloutState] --output text";
    let described = served
        .aws(&python, &format!("ecs describe-services --cluster terminal-cluster --services terminal-api {query}"));
    assert_eq!(described.split_whitespace().collect::<Vec<_>>(), ["3", "COMPLETED"]);
}

#[test]
fn the_aws_cli_runs_a_fleet_of_gateways() {
    let Some(python) = python("the AWS CLI against the simulator") else { return };
    let served = Served::start();
    let group = "--auto-scaling-group-name terminal-gateway-asg";
    let instance =
        "autoscaling describe-auto-scaling-instances --query AutoScalingInstances[0].InstanceId --output text";
    let instance = served.aws(&python, instance);
    let aws = |command: &str| served.aws(&python, &format!("autoscaling {command} --output text"));
    aws(&format!("set-instance-protection {group} --instance-ids {instance} --protected-from-scale-in"));
    let protected = "--query AutoScalingInstances[0].ProtectedFromScaleIn";
    assert_eq!(aws(&format!("describe-auto-scaling-instances --instance-ids {instance} {protected}")), "True");
    aws(&format!("suspend-processes {group} --scaling-processes AZRebalance AlarmNotification"));
    let standby = format!("enter-standby {group} --instance-ids {instance} --no-should-decrement-desired-capacity");
    assert_eq!(aws(&format!("{standby} --query Activities[0].StatusCode")), "InProgress");
    let in_standby = "--query AutoScalingInstances[0].LifecycleState";
    let state = || aws(&format!("describe-auto-scaling-instances --instance-ids {instance} {in_standby}"));
    let until = |wanted: &str| assert!((0..40).any(|_| state() == wanted), "{instance} is {}, not {wanted}", state());
    until("Standby");
    let back = format!("exit-standby {group} --instance-ids {instance}");
    assert_eq!(aws(&format!("{back} --query length(Activities)")), "1");
    until("InService");
    assert_eq!(aws(&format!("describe-lifecycle-hooks {group} --query length(LifecycleHooks)")), "0");
    let tracking = "file://tracking.json";
    let policy =
        format!("put-scaling-policy {group} --policy-name scale-on-sessions --policy-type TargetTrackingScaling");
    assert_ne!(aws(&format!("{policy} --target-tracking-configuration {tracking} --query PolicyARN")), "");
    aws(&format!("resume-processes {group} --scaling-processes AZRebalance"));
    let suspended = "--query AutoScalingGroups[0].SuspendedProcesses[].ProcessName";
    assert_eq!(aws(&format!("describe-auto-scaling-groups {suspended}")), "AlarmNotification");
    let end = format!("terminate-instance-in-auto-scaling-group --instance-id {instance}");
    let end = format!("{end} --no-should-decrement-desired-capacity --query Activity.Description");
    assert_eq!(aws(&end), format!("Terminating EC2 instance: {instance}"));
    let preferences = r#"{"MinHealthyPercentage":50,"InstanceWarmup":3600}"#;
    let id = aws(&format!("start-instance-refresh {group} --preferences {preferences} --query InstanceRefreshId"));
    let newest = "--query InstanceRefreshes[0].InstanceRefreshId";
    assert_eq!(aws(&format!("describe-instance-refreshes {group} {newest}")), id);
    assert_eq!(aws(&format!("cancel-instance-refresh {group} --query InstanceRefreshId")), id);
    let template = "--launch-template-name terminal-gateway-template";
    let version = format!("create-launch-template-version {template} --source-version $Latest");
    let version = format!("{version} --launch-template-data InstanceType=t3.large");
    let number = "--query LaunchTemplateVersion.VersionNumber --output text";
    let number = served.aws(&python, &format!("ec2 {version} {number}"));
    let names = format!("ec2 modify-launch-template {template} --default-version {number}");
    let default = "--query LaunchTemplate.DefaultVersionNumber --output text";
    assert_eq!(served.aws(&python, &format!("{names} {default}")), number);
    let named = "--query TargetGroups[?TargetGroupName==`terminal-api-tg`].TargetGroupArn --output text";
    let target_group = served.aws(&python, &format!("elbv2 describe-target-groups {named}"));
    let stray = format!("--target-group-arn {target_group} --targets Id=10.0.3.250,Port=3001");
    assert_eq!(served.aws(&python, &format!("elbv2 register-targets {stray}")), "");
    assert_eq!(served.aws(&python, &format!("elbv2 deregister-targets {stray}")), "");
    let tag = "--tags Key=quarterdeck:drain,Value=true";
    assert_eq!(served.aws(&python, &format!("ec2 create-tags --resources {instance} {tag}")), "");
}

#[test]
fn the_aws_cli_works_out_expressions_over_metrics() {
    let Some(python) = python("the AWS CLI against the simulator") else { return };
    let served = Served::start();
    let dimensions =
        r#"[{"Name":"ClusterName","Value":"terminal-cluster"},{"Name":"ServiceName","Value":"terminal-api"}]"#;
    let metric = format!(r#"{{"Namespace":"AWS/ECS","MetricName":"CPUUtilization","Dimensions":{dimensions}}}"#);
    let cpu = format!(
        r#"{{"Id":"cpu","MetricStat":{{"Metric":{metric},"Period":300,"Stat":"Average"}},"ReturnData":false}}"#
    );
    let queries = format!(r#"[{cpu},{{"Id":"share","Expression":"cpu/100"}}]"#);
    let time = "--start-time 2020-01-01T00:00:00Z --end-time 2040-01-01T00:00:00Z";
    let found = "--query MetricDataResults[0].[Id,StatusCode,Values[0]<`1`] --output text";
    let answer =
        served.aws(&python, &format!("cloudwatch get-metric-data --metric-data-queries {queries} {time} {found}"));
    assert_eq!(answer.split_whitespace().collect::<Vec<_>>(), ["share", "Complete", "True"]);
}

#[test]
fn the_aws_cli_asks_what_a_month_cost_and_what_is_left_of_a_budget() {
    let Some(python) = python("the AWS CLI against the simulator") else { return };
    let served = Served::start();
    let months = "import datetime as d; first = d.datetime.now(d.UTC).date().replace(day=1); \
                  print((first - d.timedelta(days=1)).replace(day=1), first)";
    let months = served.run(&python, &["-c", months]);
    let (from, until) = months.split_once(' ').expect("two days");
    let period = format!("--time-period Start={from},End={until} --granularity MONTHLY --metrics BlendedCost");
    let total = "--query ResultsByTime[].Total.BlendedCost.[Unit,Amount] --output text";
    let answer = served.aws(&python, &format!("ce get-cost-and-usage {period} {total}"));
    let (unit, amount) = answer.split_once('\t').expect("a unit and an amount");
    let amount: rust_decimal::Decimal = amount.parse().expect("a decimal");
    assert!(unit == "USD" && amount > rust_decimal::Decimal::from(500), "{answer}");
    let limit = "--query Budgets[].[BudgetName,BudgetLimit.Amount] --output text";
    let (cma, budgets) = ("444455556666", "budgets describe-budgets --account-id 444455556666");
    assert_eq!(served.aws_as(cma, &python, &format!("{budgets} {limit}")), "cma-monthly\t1500.0");
}

#[test]
fn the_second_aws_cli_follows_logs() {
    let test = "the second AWS CLI against the simulator";
    let Some(python) = python(test) else { return };
    let served = Served::start_with(&["--speed", "20"]);
    let unpacked = concat!(env!("CARGO_TARGET_TMPDIR"), "/aws-cli-2");
    if served.run(&python, &["tail.py", unpacked, "/ecs/terminal-api"]) == "absent" {
        skip(test, "the asset that carries it is not installed");
    }
}

#[test]
fn the_aws_cli_filters_logs() {
    let Some(python) = python("the AWS CLI against the simulator") else { return };
    let served = Served::start();
    let filter = "--interleaved --start-time 0 --filter-pattern {$.statusCode>=200} --max-items 120";
    let group = "--log-group-name /ecs/terminal-api";
    let ids = served.aws(&python, &format!("logs filter-log-events {group} {filter} --query events[].eventId"));
    let ids: std::collections::BTreeSet<&str> = ids.lines().filter(|line| line.contains('"')).collect();
    assert_eq!(ids.len(), 120, "each line once");
}

#[test]
fn the_aws_cli_reads_every_service() {
    let Some(python) = python("the AWS CLI against the simulator") else { return };
    let served = Served::start();
    let expected = [
        ("sts get-caller-identity --query Account", "111122223333"),
        ("ecs list-clusters --query length(clusterArns)", "3"),
        (
            "ecr describe-images --repository-name terminal/api --image-ids imageTag=v2.14.3 --query imageDetails[0].imageScanStatus.status",
            "COMPLETE",
        ),
        ("autoscaling describe-auto-scaling-groups --query AutoScalingGroups[0].MaxSize", "10"),
        ("ec2 describe-launch-templates --query LaunchTemplates[0].LaunchTemplateName", "terminal-gateway-template"),
        ("ec2 describe-vpcs --filters Name=tag:Project,Values=terminal --query Vpcs[0].CidrBlock", "10.0.0.0/16"),
        (
            "ec2 describe-subnets --filters Name=tag:Name,Values=terminal-private-b --query Subnets[0].CidrBlock",
            "10.0.4.0/24",
        ),
        ("ec2 describe-nat-gateways --filter Name=tag:Project,Values=tsdevstack --query length(NatGateways)", "2"),
        (
            "ec2 describe-security-groups --filters Name=group-name,Values=terminal-api-sg --query SecurityGroups[0].IpPermissions[0].FromPort",
            "3001",
        ),
        ("elbv2 describe-target-groups --names terminal-api-tg --query TargetGroups[0].HealthCheckPath", "/health"),
        (
            "cloudwatch describe-alarms --alarm-names terminal-gateway-unhealthy --query MetricAlarms[0].StateValue",
            "INSUFFICIENT_DATA",
        ),
        ("dynamodb describe-table --table-name Sessions --query Table.KeySchema[0].AttributeName", "id"),
        (
            "application-autoscaling describe-scalable-targets --service-namespace ecs --query ScalableTargets[0].ScalableDimension",
            "ecs:service:DesiredCount",
        ),
    ];
    for (command, answer) in expected {
        assert_eq!(served.aws(&python, &format!("{command} --output text")), answer, "{command}");
    }
}
