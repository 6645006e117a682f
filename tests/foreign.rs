//! The console's reads against a server that nobody here wrote: ministack, an AWS emulator.
//!
//! It needs what the interop tests need, and is skipped as they are.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    console::{Home, at},
    interop::{folder, python},
};

/// How long ministack may take to start, which is to import some thirty thousand lines of Python.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running ministack, ended with the test.
struct Emulator {
    process: Child,
    endpoint: String,
}

impl Emulator {
    /// Starts one on a port of its own, which it tells once it takes calls.
    fn start(python: &Path, home: &Home) -> Self {
        let mut process = Command::new(python)
            .args(["-m", "ministack"])
            .env_clear()
            .envs([("BIND_HOST", "127.0.0.1"), ("GATEWAY_PORT", "0")])
            .envs([("SFTP_ENABLED", "0"), ("IOT_MTLS_ENABLED", "0")])
            .envs([("HOME", home.path()), ("TMPDIR", home.path())])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("ministack starts");
        let log = BufReader::new(process.stderr.take().expect("its log"));
        let mut emulator = Self { process, endpoint: String::new() };
        let (tell, told) = mpsc::channel();
        // Reads on after the address: a log that nobody reads would stop it once the pipe is full.
        thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                if let Some((_, address)) = line.split_once("Running on ") {
                    tell.send(address.split(' ').next().unwrap_or_default().to_owned()).ok();
                }
            }
        });
        emulator.endpoint = told.recv_timeout(PATIENCE).expect("ministack says where it listens");
        emulator
    }

    /// Fills it with the estate of `seed.py`; returns the ARNs.
    fn seed(&self, python: &Path) -> Value {
        let output = Command::new(python)
            .arg("seed.py")
            .current_dir(folder())
            .env_clear()
            .env("AWS_ENDPOINT_URL", &self.endpoint)
            .envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")])
            .env("AWS_DEFAULT_REGION", "eu-west-2")
            .output()
            .expect("Python runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("the ARNs")
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Already gone is as good as ended.
        let _gone = self.process.kill();
        let _gone = self.process.wait();
    }
}

/// The operations that failed and how often, by the console's own count.
fn failures(document: &Value) -> BTreeMap<&str, u64> {
    let counted = at(document, "/api/by_operation").as_object().expect("operations").iter();
    counted.filter_map(|(name, it)| Some((name.as_str(), it["failures"].as_u64().filter(|it| *it > 0)?))).collect()
}

/// Asserts that Application Auto Scaling, which ministack has not, is asked once and is all that is missed.
fn assert_only_scaling_is_missed(document: &Value) {
    let lacking = [
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingActivities",
        "application-autoscaling:DescribeScalingPolicies",
    ];
    assert_eq!(failures(document), lacking.map(|it| (it, 1)).into());
    assert_eq!(*at(document, "/complete"), json!(true));
    let fault = at(document, "/scopes/0/fault");
    assert_eq!(*at(fault, "/operation"), json!(lacking[0]));
    assert_eq!(*at(fault, "/kind"), json!("rejected"));
    // S3's refusal, for ministack takes what it does not know for a call of S3.
    assert_eq!(*at(fault, "/code"), json!("MethodNotAllowed"));
    assert_eq!(*at(fault, "/message"), json!("The specified method is not allowed against this resource."));
    let signals = at(document, "/signals").as_array().expect("signals").iter();
    let about: Vec<&Value> = signals.filter(|it| it["rule"] == "reads-failing").collect();
    assert_eq!(about.len(), 1, "{about:#?}");
    assert_eq!(about[0]["severity"], "warning");
    assert_eq!(about[0]["summary"], format!("port/eu-west-2: rejected for {} and {}", lacking[0], lacking[1]));
}

#[test]
fn without_stack_files_all_that_a_foreign_server_holds_is_found() {
    let Some(python) = python("a look at ministack, without stack files") else { return };
    let home = Home::with_profile("foreign-discovery");
    let emulator = Emulator::start(&python, &home);
    let seeded = emulator.seed(&python);

    let look = home.run(&format!("status --json --profile port --endpoint-url {}", emulator.endpoint));
    assert_eq!(look.code, 6, "an alarm fires: {look:?}");
    let document = look.document();
    assert_only_scaling_is_missed(&document);
    assert_eq!(*at(&document, "/scopes/0/account"), json!("000000000000"));
    let rules: Vec<&Value> =
        at(&document, "/signals").as_array().expect("signals").iter().map(|it| &it["rule"]).collect();
    assert_eq!(rules, ["alarm-firing", "reads-failing"]);

    let [cluster, rest] = &at(&document, "/stacks").as_array().expect("stacks")[..] else {
        panic!("a stack for the cluster and one for the rest: {document:#}")
    };
    assert_eq!((&cluster["name"], &rest["name"]), (&json!("harbour"), &json!("eu-west-2")));
    let service = at(cluster, "/services/0");
    assert_eq!(service["arn"], seeded["service"]);
    assert_eq!((&service["desired"], &service["running"]), (&json!(2), &json!(2)));
    assert_eq!(*at(service, "/deployment/state"), json!("completed"));
    assert_eq!(*at(cluster, "/target_groups/0/arn"), seeded["target_group"]);
    assert_eq!(*at(cluster, "/target_groups/0/healthy"), json!(2));
    assert_eq!(*at(cluster, "/alarms/0/name"), json!("pilot-cpu"));
    assert_eq!(*at(cluster, "/alarms/0/state"), json!("alarm"));

    let group = at(rest, "/groups/0");
    assert_eq!(group["arn"], seeded["group"]);
    assert_eq!([&group["min"], &group["desired"], &group["max"]], [1, 2, 4]);
    assert_eq!(
        [at(group, "/instances/0/id"), at(group, "/instances/1/id")],
        [&seeded["instances"][0], &seeded["instances"][1]]
    );
    assert_eq!(*at(rest, "/alarms/0/name"), json!("elsewhere-cpu"));
    assert_eq!(*at(rest, "/alarms/0/state"), json!("ok"));
}

/// What `seed.py` makes, as a stack; but for the alarm that fires.
const HARBOUR: &str = r#"
name = "harbour"

[[scope]]
profile = "port"
region = "eu-west-2"
account = "000000000000"

[[service]]
cluster = "harbour"
name = "pilot"

[[group]]
name = "gateway-asg"

[group.sessions]
table = { name = "Sessions", gateway = "gatewayId" }
limit = 10

[[target_group]]
name = "pilot-tg"
service = "pilot"

[alarms]
names = ["elsewhere-cpu"]
"#;

#[test]
fn a_stack_file_adds_the_sessions_that_a_foreign_table_holds() {
    let Some(python) = python("a look at ministack, with a stack file") else { return };
    let home = Home::with_profile("foreign-stack");
    home.write_stack("harbour", HARBOUR);
    let emulator = Emulator::start(&python, &home);
    let seeded = emulator.seed(&python);

    let look = home.run(&format!("status --json --endpoint-url {}", emulator.endpoint));
    assert_eq!(look.code, 0, "nothing is critical: {look:?}");
    let document = look.document();
    assert_only_scaling_is_missed(&document);
    let stack = at(&document, "/stacks/0");
    assert_eq!(*at(stack, "/services/0/arn"), seeded["service"]);
    assert_eq!(*at(stack, "/target_groups/0/healthy"), json!(2));
    assert_eq!(*at(stack, "/alarms/0/name"), json!("elsewhere-cpu"));
    let sessions =
        |held, limit, oldest| json!({"held": held, "approximate": false, "limit": limit, "oldest_at": oldest});
    assert_eq!(stack["sessions"], sessions(3, 20, Some("2023-11-14T22:13:20Z")));
    assert_eq!(*at(stack, "/groups/0/instances/0/sessions"), sessions(3, 10, Some("2023-11-14T22:13:20Z")));
    assert_eq!(*at(stack, "/groups/0/instances/1/sessions"), sessions(0, 10, None));
}

/// What ministack can be asked to change, and how each verb ends: it keeps old deployments as they are, registers no
/// targets, and has neither service deployments nor auto scaling.
#[test]
fn verbs_end_truly_on_a_foreign_server_whatever_it_lacks() {
    let Some(python) = python("verbs on ministack") else { return };
    let home = Home::with_profile("foreign-verbs");
    home.write_stack("harbour", &format!("{HARBOUR}\n[deploy]\nbake_minutes = 0\n"));
    let emulator = Emulator::start(&python, &home);
    emulator.seed(&python);
    let run = |command: &str| home.run(&format!("--endpoint-url {} {command}", emulator.endpoint));
    let desired = || {
        let document = run("status --json").document();
        at(&document, "/stacks/0/services/0/desired").clone()
    };

    // There and verified: as many tasks as were asked for, and each with a healthy target.
    let fewer = run("scale harbour/pilot --to 1 --yes --timeout 60s --json");
    assert_eq!((fewer.code, desired()), (0, json!(1)), "{fewer:?}");
    assert_eq!(*at(&fewer.document(), "/verdict/verdict"), json!("succeeded"));

    // Sent and taken, and for the third task no target ever comes: that is no success.
    let more = run("scale harbour/pilot --to 3 --yes --timeout 15s --json");
    assert_eq!((more.code, desired()), (5, json!(3)), "{more:?}");
    assert_eq!(*at(&more.document(), "/verdict/verdict"), json!("timed_out"));

    // Its old deployment stays beside the new one for ever: that is no success either.
    let deployed = run("deploy harbour/pilot --image harbour/pilot:9 --yes --timeout 15s --json");
    assert_eq!(deployed.code, 5, "{deployed:?}");
    assert_eq!(*at(&deployed.document(), "/verdict/verdict"), json!("timed_out"));

    for (command, word) in [
        ("rollback harbour/pilot --yes", "no earlier deployment is known"),
        ("suspend-scaling harbour/pilot --yes", "cannot read its scalable target"),
        ("redeploy harbour/sloop --yes", "sloop"),
    ] {
        let refused = run(command);
        assert!(matches!(refused.code, 2 | 3), "{command}: {refused:?}");
        assert!(refused.complained.contains(word), "{command}: {refused:?}");
    }
    let verified = run("journal verify");
    assert_eq!(verified.code, 0, "{verified:?}");
}
