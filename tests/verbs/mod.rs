//! The verbs that change something, by the real binary on a simulator that several processes share.

mod answers;
mod billing;
mod deploying;
mod scaling;
mod scenarios;
mod strait;
pub mod waves;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use crate::{
    console::{Ended, Home, at},
    interop::Served,
    terminal::pty::Terminal,
};

/// A shared world, and whoever acts on it.
pub struct Site {
    served: Served,
    home: Home,
}

impl Site {
    pub fn new(test: &str, flags: &[&str]) -> Self {
        Self { served: Served::start_with(flags), home: Home::new(test) }
    }

    /// A world in which these events happen, as `scenarios/*.toml` write them.
    pub fn in_which(test: &str, events: &str, flags: &[&str]) -> Self {
        let home = Home::new(test);
        let heading = "name = \"drill\"\ntitle = \"a test\"\nteaches = \"nothing\"\n";
        home.write("drill.toml", &format!("{heading}{events}"));
        let drill = home.path().join("drill.toml");
        let scenario = ["--scenario", drill.to_str().expect("a path in text")];
        Self { served: Served::start_with(&[&scenario, flags].concat()), home }
    }

    pub fn run(&self, command: &str) -> Ended {
        self.home.run(&format!("--demo --endpoint-url {} {command}", self.served.endpoint))
    }

    /// Asks EC2 Auto Scaling of this world, past the console: what it answers, as it came.
    pub fn asks(&self, call: &str) -> String {
        let body = format!("Action={call}&Version=2011-01-01");
        let address = self.endpoint().trim_start_matches("http://").trim_end_matches('/');
        let mut stream = TcpStream::connect(address).expect("the simulator listens");
        let request = format!(
            "POST / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\nauthorization: AWS4-HMAC-SHA256 \
             Credential=SIM111122223333/20261120/us-east-1/autoscaling/aws4_request, SignedHeaders=host, Signature=0\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answered = String::new();
        stream.read_to_string(&mut answered).expect("an answer");
        answered
    }

    /// Runs a command on this world, by another way to it.
    fn run_at(&self, endpoint: &str, command: &str) -> Ended {
        self.home.run(&format!("--demo --endpoint-url {endpoint} {command}"))
    }

    /// Where this world answers.
    pub fn endpoint(&self) -> &str {
        &self.served.endpoint
    }

    /// Starts a command and leaves it running.
    pub fn spawn(&self, command: &str) -> Child {
        Command::new(env!("CARGO_BIN_EXE_quarterdeck"))
            .args(["--demo", "--endpoint-url", &self.served.endpoint])
            .args(command.split_whitespace())
            .env_clear()
            .env("HOME", self.home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("quarterdeck starts")
    }

    /// Starts a command, reads its lines until one has `word`, and kills it then.
    pub fn kill_at(&self, command: &str, word: &str) {
        let mut process = self.spawn(command);
        let lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let seen = lines.map_while(Result::ok).any(|it| it.contains(word));
        process.kill().expect("killed");
        process.wait().expect("gone");
        assert!(seen, "{command:?} never said {word:?}");
    }

    /// The console of this world, in a terminal.
    pub fn console(&self) -> Terminal {
        self.in_terminal("")
    }

    /// A command, in a terminal.
    pub fn in_terminal(&self, command: &str) -> Terminal {
        let command = pty_process::blocking::Command::new(env!("CARGO_BIN_EXE_quarterdeck"))
            .args(["--demo", "--endpoint-url", &self.served.endpoint])
            .args(command.split_whitespace())
            .env_clear()
            .env("HOME", self.home.path())
            .env("TERM", "xterm-256color");
        Terminal::start(command)
    }

    /// Where the journal of this world's operations lies.
    pub fn journal(&self) -> PathBuf {
        self.home.path().join(".local/state/quarterdeck/simulator/journal.jsonl")
    }

    /// The operations of the journal, whose lines must all be sound.
    pub fn operations(&self) -> Vec<Value> {
        let verified = self.run("journal verify");
        assert_eq!(verified.code, 0, "{verified:?}");
        let journal = self.run("journal export --format json").document();
        at(&journal, "/operations").as_array().expect("operations").clone()
    }

    /// Runs a command that has to succeed, and what the journal tells of its operation.
    pub fn succeeds(&self, command: &str) -> Value {
        let ended = self.run(&format!("{command} --json"));
        assert_eq!(ended.code, 0, "{command}: {ended:?}");
        assert_eq!(at(&ended.document(), "/verdict/verdict"), "succeeded", "{command}: {ended:?}");
        let operation = self.operations().pop().expect("an operation");
        assert_eq!(operation["verdict"], "succeeded", "{command}: {operation:#}");
        assert_eq!(operation["operation"], ended.document()["id"], "{command}");
        operation
    }

    fn stacks(&self) -> Vec<Value> {
        at(&self.run("status --json").document(), "/stacks").as_array().expect("stacks").clone()
    }

    pub fn service(&self, name: &str) -> Value {
        let services: Vec<Value> = self.stacks().iter().flat_map(|it| services(it).to_vec()).collect();
        services.into_iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("no {name}"))
    }
}

#[test]
fn a_service_is_scaled_to_its_verdict_and_the_journal_tells_of_it() {
    let site = Site::new("verbs-scale", &["--speed", "120"]);
    let plan = site.run("scale terminal/terminal-api --to 3 --dry-run --json");
    assert_eq!(plan.code, 0, "{plan:?}");
    assert_eq!(at(&plan.document(), "/steps/0/parameters/desiredCount"), &json!(3));
    assert_eq!(site.operations(), Vec::<Value>::new(), "a plan alone is no operation");

    let ended = site.run("scale terminal/terminal-api --to 3 --yes --confirm terminal-api --reason load --json");
    assert_eq!(ended.code, 0, "{ended:?}");
    let document = ended.document();
    assert_eq!(at(&document, "/schema"), "quarterdeck.operation/1");
    assert_eq!(at(&document, "/verdict/verdict"), "succeeded");
    assert_eq!(site.service("terminal-api")["running"], 3);

    let operations = site.operations();
    let [operation] = operations.as_slice() else { panic!("{operations:#?}") };
    assert_eq!(operation["verdict"], "succeeded");
    assert_eq!(operation["reason"], "load");
    assert_eq!(operation["calls"][0]["outcome"]["request_id"], document["services"][0]["request_ids"][0]);
    assert_eq!(operation["callers"][0]["arn"], document["by"]);
    let shown = site.run("journal show --last 1");
    assert!(
        shown.said.contains("scale terminal-api from 2 to 3") && shown.said.contains("verdict  succeeded"),
        "{shown:?}"
    );
}

#[test]
fn nothing_is_sent_that_is_not_confirmed() {
    let site = Site::new("verbs-refused", &[]);
    for (command, word) in [
        ("scale terminal/terminal-api --to 3", "--confirm \"terminal-api\""),
        ("scale terminal/terminal-api --to 3 --yes --confirm terminal-api", "--reason"),
        ("scale terminal/terminal-api --to 3 --yes --confirm terminal --reason x", "not confirmed"),
        ("redeploy tsdevstack/auth-service", "with --yes"),
        ("--read-only redeploy tsdevstack/auth-service --yes", "read-only"),
        ("scale tsdevstack/kong --to 0 --yes", "min-tasks"),
        ("suspend terminal/terminal-api --yes", "does not steer"),
    ] {
        let ended = site.run(command);
        assert_eq!(ended.code, 3, "{command}: {ended:?}");
        assert!(ended.complained.contains(word), "{command}: {ended:?}");
    }
    assert_eq!(site.operations(), Vec::<Value>::new());
    assert_eq!(site.service("terminal-api")["desired"], 2);
}

#[test]
fn what_is_unknown_is_answered_with_the_nearest() {
    let site = Site::new("verbs-unknown", &[]);
    for (command, words) in [
        ("redeploy tsdevstak/kong --yes", "did you mean \"tsdevstack\"?"),
        ("redeploy tsdevstack/auth --yes", "auth-service"),
        ("scale tsdevstack/kong --to many", "many"),
        ("deploy tsdevstack/kong --yes", "--tag"),
        ("stop-task tsdevstack/kong --task 1234 --yes", "runs no task \"1234\""),
        ("rollback tsdevstack/auth-service --to 9999 --yes", "there is no task definition auth-service:9999"),
        ("rollback tsdevstack/auth-service --to 9999 --dry-run", "the nearest is auth-service:"),
        ("deploy tsdevstack/auth-service --tag no-such-tag --yes", "is not in its repository"),
        ("deploy cma/cma-api-production --tag lates --dry-run", "did you mean \"latest\"?"),
        ("deploy cma/cma-api-production --digest sha256:abc --dry-run", "is no digest"),
        ("deploy cma/cma-api-production mint-server/mint-server --image a/b:1 --dry-run", "cma and mint-server"),
        ("scale tsdevstack/kong --to 4294967295 --dry-run", "at most 2147483647 tasks"),
        ("scale terminal/terminal-gateway-as --to 4 --dry-run", "did you mean \"terminal-gateway-asg\"?"),
        ("scale terminal/terminal-gateway-asg --to 4294967295 --bounds move --dry-run", "at most 2147483647 instances"),
        ("deploy cma --tag 4f2c --broken-gate roll-back --no-wait", "cannot be used with"),
    ] {
        let ended = site.run(command);
        assert_eq!(ended.code, 2, "{command}: {ended:?}");
        assert!(ended.complained.contains(words), "{command}: {ended:?}");
    }
}

#[test]
fn an_operation_whose_process_was_killed_is_watched_on_and_nothing_is_sent_twice() {
    let site = Site::new("verbs-killed", &["--speed", "60"]);
    site.kill_at("redeploy tsdevstack/auth-service --yes", "rolling");
    let deployment = site.service("auth-service")["deployment"]["id"].clone();
    assert_eq!(site.operations()[0]["verdict"], Value::Null);
    let other = site.run("redeploy tsdevstack/auth-service --yes");
    assert_eq!(other.code, 3, "{other:?}");
    assert!(
        other.complained.contains("has no verdict yet") && other.complained.contains("quarterdeck watch"),
        "{other:?}"
    );

    let watched = site.run("watch --json");
    assert_eq!(watched.code, 0, "{watched:?}");
    assert_eq!(at(&watched.document(), "/verdict/verdict"), "succeeded");
    let operation = &site.operations()[0];
    let count = |name: &str| operation[name].as_array().map(Vec::len);
    assert_eq!((count("calls"), count("resumed")), (Some(1), Some(1)));
    assert_eq!(site.service("auth-service")["deployment"]["id"], deployment);
    assert_eq!(site.run("watch").code, 0, "nothing is left to watch");
}

#[test]
fn a_process_killed_while_its_call_was_under_way_leaves_a_true_verdict() {
    let site = Site::new("verbs-unanswered", &["--speed", "60", "--latency", "300"]);
    let before = site.service("auth-service")["deployment"]["id"].clone();
    site.kill_at("redeploy tsdevstack/auth-service --yes", "being written");
    let watched = site.run("watch --json");
    let happened = site.service("auth-service")["deployment"]["id"] != before;
    assert_eq!(watched.code, if happened { 0 } else { 4 }, "{watched:?}");
    let operations = site.operations();
    assert!(operations[0]["calls"].as_array().expect("calls").len() <= 1, "{operations:#?}");
    assert_ne!(operations[0]["verdict"], Value::Null);
}

/// Whichever of the two reads the journal after the other's plan is there is refused.
#[test]
fn of_two_that_change_the_same_service_at_once_one_is_refused() {
    let cma = "--confirm cma-api-production --reason at-once";
    let verbs = [
        (
            "scale",
            "",
            ["scale tsdevstack/auth-service --to 3", "scale tsdevstack/auth-service --to 4"].map(str::to_owned),
        ),
        ("deploy", "", ["1.9.1", "1.9.1"].map(|it| format!("deploy tsdevstack/auth-service --tag {it}"))),
        (
            "rollback",
            "deploy tsdevstack/auth-service --tag 1.9.1 --yes",
            ["", ""].map(|it| format!("rollback tsdevstack/auth-service {it}")),
        ),
        ("several", "", ["4f2c", "4f2c"].map(|it| format!("deploy cma --tag {it} --confirm cma --reason at-once"))),
        ("suspend", "", ["", ""].map(|_| format!("suspend-scaling cma/cma-api-production {cma}"))),
        (
            "move",
            "",
            ["", ""].map(|_| {
                "move cma/cma-workers-production --to FARGATE --confirm cma-workers-production --reason spot".to_owned()
            }),
        ),
        (
            "waves",
            "",
            ["", ""].map(|_| "redeploy mint-server/mint-server --confirm mint-server --reason leak".to_owned()),
        ),
        ("sleep", "", ["", ""].map(|_| "sleep tsdevstack".to_owned())),
    ];
    for (name, before, both) in verbs {
        let site = Site::new(&format!("verbs-two-{name}"), &["--speed", "60"]);
        if !before.is_empty() {
            assert_eq!(site.run(before).code, 0, "{name}");
        }
        let known = site.operations().len();
        let both = both.map(|it| site.spawn(&format!("{it} --yes")));
        let ended = both.map(|it| it.wait_with_output().expect("ended"));
        let mut codes = ended.iter().map(|it| it.status.code()).collect::<Vec<_>>();
        codes.sort_unstable();
        assert_eq!(codes, [Some(0), Some(3)], "{name}: {ended:?}");
        assert_eq!(site.operations().len(), known + 1, "{name}");
    }
}

/// The task is named by its id: once it has gone, nobody can stop it again.
#[test]
fn of_two_that_stop_the_same_task_at_once_one_is_refused() {
    let site = Site::new("verbs-two-stop-task", &["--speed", "10"]);
    let wrong = site.run("stop-task tsdevstack/auth-service --task 0 --yes");
    let task = wrong.complained.split('"').find(|it| it.len() == 32).expect("a task's id").to_owned();
    let both = [0, 1].map(|_| site.spawn(&format!("stop-task tsdevstack/auth-service --task {task} --yes")));
    let mut codes = both.map(|it| it.wait_with_output().expect("ended").status.code());
    codes.sort_unstable();
    assert!(matches!(codes, [Some(0), Some(2 | 3)]), "{codes:?}");
    assert_eq!(site.operations().len(), 1);
}

#[test]
fn of_two_that_redeploy_one_revision_from_two_journals_one_is_superseded_and_the_other_succeeds() {
    let site = Site::new("verbs-apart", &["--speed", "20"]);
    let elsewhere = Home::new("verbs-apart-elsewhere");
    let command = format!("--demo --endpoint-url {} redeploy tsdevstack/offers-service --yes --json", site.endpoint());
    let (one, other) = std::thread::scope(|scope| {
        let other = scope.spawn(|| elsewhere.run(&command));
        (site.home.run(&command), other.join().expect("it ended"))
    });
    // Whoever read the service only after the other's call is refused; else both calls were sent.
    let verdicts =
        [&one, &other].map(|it| if it.code == 3 { Value::Null } else { it.document()["verdict"]["verdict"].clone() });
    assert_eq!(verdicts.iter().filter(|it| **it == "succeeded").count(), 1, "{one:?} {other:?}");
    let loser = verdicts.iter().find(|it| **it != "succeeded").expect("one of two");
    assert!(loser.is_null() || loser == "superseded", "{one:?} {other:?}");
}

#[test]
fn what_was_typed_before_the_question_stood_there_answers_nothing() {
    let site = Site::new("verbs-typed-ahead", &[]);
    let mut terminal = site.in_terminal("scale tsdevstack/kong --to 2");
    terminal.press(b"y\n");
    terminal.shows("send it? [y/N]");
    terminal.press(b"n\n");
    assert_eq!(terminal.end().status.code(), Some(3));
    assert_eq!(site.operations(), Vec::<Value>::new());
}

#[test]
fn the_text_of_a_plan_tells_what_was_checked_and_how_it_is_watched() {
    let site = Site::new("verbs-text", &[]);
    let plan = site.run("scale cma/cma-api-production --to 3 --dry-run");
    assert_eq!(plan.code, 0, "{plan:?}");
    for words in ["scaling-range: auto scaling keeps", "watched  given up: after"] {
        assert!(plan.said.contains(words), "{plan:?}");
    }
    let waves = site.run("deploy mint-server/mint-server --image username/mint-server:1.9.0 --dry-run");
    for words in ["unchecked image: ", "watched  bake: must stay well", "watched  broken gate: "] {
        assert!(waves.said.contains(words), "{waves:?}");
    }
}

#[test]
fn whoever_does_not_wait_is_told_nothing_of_success() {
    let site = Site::new("verbs-no-wait", &["--speed", "10"]);
    let ended = site.run("redeploy tsdevstack/auth-service --yes --no-wait --json");
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(at(&ended.document(), "/verdict/verdict"), "abandoned");
    assert_eq!(site.operations()[0]["verdict"], "abandoned");
}

/// On a terminal the bar is drawn over itself, and what happens stands above it.
#[test]
fn whoever_waits_at_a_terminal_sees_a_bar_grow_to_its_verdict() {
    let site = Site::new("verbs-bar", &["--speed", "60"]);
    let mut terminal = site.in_terminal("redeploy tsdevstack/auth-service --yes --wait");
    terminal.shows("[----");
    terminal.shows("[####");
    terminal.shows("redeploy auth-service: succeeded");
    let left = terminal.end();
    assert_eq!(left.status.code(), Some(0));
    let text = left.screen.contents();
    assert!(text.contains("everything is sent") && !text.contains("[##"), "{text}");
}

#[test]
fn a_plan_says_whom_a_finding_is_about_and_needs_no_right_to_write() {
    let site = Site::new("verbs-whom", &[]);
    let told = |command: &str| {
        let plan = site.run(command);
        assert_eq!(plan.code, 0, "{command}: {plan:?}");
        let findings = ["  blocks ", "  warns ", "  unchecked ", "  passes "];
        let lines = plan.said.lines().filter(|line| findings.iter().any(|it| line.starts_with(it)));
        lines.map(str::to_owned).collect::<Vec<String>>()
    };
    for (command, names) in [
        ("deploy cma --tag 4f2c --dry-run", ["cma-frontend-production", "cma-api-production"]),
        ("--read-only redeploy mint-server/mint-server --dry-run", ["in us-east-1", "in us-west-1"]),
    ] {
        let lines = told(command);
        for name in names {
            assert!(lines.iter().any(|it| it.contains(name)), "{command}: {name} in {lines:#?}");
        }
        let different: std::collections::BTreeSet<&String> = lines.iter().collect();
        assert_eq!(different.len(), lines.len(), "{command}: {lines:#?}");
    }
    let awake = site.run("wake tsdevstack --dry-run");
    for name in ["auth-service is awake", "offers-service is awake", "notifications-service is awake"] {
        assert!(awake.complained.contains(name), "{awake:?}");
    }
    let widened = site.run("scale cma/cma-api-production --to 4 --range widen --dry-run");
    assert!(widened.said.contains("the range 2–10 holds 4: it stays as it is"), "{widened:?}");
    let stranger = site.run("deploy terminal/terminal-api --revision auth-service:1 --dry-run");
    assert!(!stranger.said.contains("confirm  with"), "{stranger:?}");
    assert_eq!(site.operations(), Vec::<Value>::new());
}

/// Whatever is waited for, what was answered is told.
#[test]
fn a_verb_that_gives_up_at_once_tells_what_was_answered_by_then() {
    let site = Site::new("verbs-at-once", &["--speed", "10", "--latency", "100"]);
    let ended = site.run("redeploy tsdevstack/auth-service --yes --timeout 0s");
    assert_eq!(ended.code, 5, "{ended:?}");
    let verdict = ended.said.lines().rev().take(2).collect::<Vec<_>>();
    assert!(verdict[0].ends_with("auth-service in us-east-1: on its way"), "{verdict:?}");
    assert!(verdict[1].contains("timed out"), "{verdict:?}");
    let [operation] = site.operations().try_into().expect("one operation");
    assert_eq!(
        (&operation["verdict"], &operation["calls"][0]["outcome"]["ended"]),
        (&json!("timed_out"), &json!("done"))
    );
    let shown = site.run("journal show");
    for words in ["plan     ", "confirmed by --yes", "call     us-east-1  ecs:UpdateService", " in us-east-1"] {
        assert!(shown.said.contains(words), "{words}: {shown:?}");
    }
    assert_eq!(site.run("journal show --last 0").said, "");
}

/// The services of a stack.
fn services(stack: &Value) -> &[Value] {
    stack["services"].as_array().map_or(&[], Vec::as_slice)
}

/// The AWS operations of an operation in the journal, in the order in which they left.
pub fn calls(operation: &Value) -> Vec<&str> {
    operation["calls"].as_array().into_iter().flatten().filter_map(|it| it["operation"].as_str()).collect()
}
