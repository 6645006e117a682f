//! Calls that are denied, throttled, lost on their way or never answered, through the wire: the verdict, the exit code and the
//! record of each are true, and nothing is sent twice.

use serde_json::{Value, json};

use super::{
    Site,
    strait::{Fate, Strait},
};
use crate::console::at;

/// A way that a call may go, and what is true then.
struct Way {
    name: &'static str,
    operation: &'static str,
    fate: fn(usize) -> Fate,
    /// How often it is sent: only what AWS says each time that it has not taken is sent again.
    sent: usize,
    /// How the record of the call ends: `refused` or `unknown`.
    outcome: &'static str,
    /// Whether AWS has done it.
    happened: bool,
    /// What the verb says of it.
    says: &'static str,
}

const UPDATE: &str = "UpdateService";

const WAYS: [Way; 8] = [
    Way {
        name: "denied",
        operation: UPDATE,
        fate: |_| Fate::Refused(400, "AccessDeniedException"),
        sent: 1,
        outcome: "refused",
        happened: false,
        says: "AccessDeniedException",
    },
    Way {
        name: "throttled",
        operation: UPDATE,
        fate: |_| Fate::Refused(400, "ThrottlingException"),
        sent: 4,
        outcome: "refused",
        happened: false,
        says: "ThrottlingException",
    },
    Way {
        name: "failed",
        operation: UPDATE,
        fate: |_| Fate::Refused(500, "ServerException"),
        sent: 1,
        outcome: "unknown",
        happened: false,
        says: "ecs:UpdateService did not happen",
    },
    Way {
        name: "lost",
        operation: UPDATE,
        fate: |_| Fate::LostOnTheWay,
        sent: 1,
        outcome: "unknown",
        happened: false,
        says: "ecs:UpdateService did not happen",
    },
    Way {
        name: "unanswered",
        operation: UPDATE,
        fate: |_| Fate::LostOnTheWayBack,
        sent: 1,
        outcome: "unknown",
        happened: true,
        says: "ecs:UpdateService did happen",
    },
    Way {
        name: "garbled",
        operation: UPDATE,
        fate: |_| Fate::Page,
        sent: 1,
        outcome: "unknown",
        happened: true,
        says: "ecs:UpdateService did happen",
    },
    Way {
        name: "silent",
        operation: UPDATE,
        fate: |_| Fate::Silent,
        sent: 1,
        outcome: "unknown",
        happened: true,
        says: "ecs:UpdateService did happen",
    },
    Way {
        name: "unregistered",
        operation: "RegisterTaskDefinition",
        fate: |_| Fate::LostOnTheWayBack,
        sent: 1,
        outcome: "unknown",
        happened: true,
        says: "ecs:RegisterTaskDefinition did happen",
    },
];

#[test]
fn whatever_becomes_of_a_call_verdict_exit_code_and_record_are_true() {
    for way in &WAYS {
        let name = way.name;
        let site = Site::new(&format!("verbs-{name}"), &["--speed", "30"]);
        let before = site.service("auth-service");
        let strait = Strait::before(site.endpoint(), way.operation, way.fate);
        let registers = way.operation != UPDATE;
        let verb =
            if registers { "deploy tsdevstack/auth-service --tag 1.9.1" } else { "redeploy tsdevstack/auth-service" };
        let ended = site.run_at(&strait.endpoint, &format!("{verb} --yes --reason {name}"));
        assert_eq!(ended.code, if way.happened { 0 } else { 4 }, "{name}: {ended:?}");
        let told = ended.said.clone() + &ended.complained;
        assert!(told.contains(way.says), "{name}: {told}");
        assert_eq!(strait.seen(), way.sent, "{name}: how often it was sent");

        let [operation] = site.operations().try_into().expect("one operation");
        assert_eq!(operation["verdict"], if way.happened { "succeeded" } else { "failed" }, "{name}: {operation:#}");
        let call = at(&operation, "/calls/0");
        assert_eq!(call["operation"], format!("ecs:{}", way.operation), "{name}");
        assert_eq!(call["outcome"]["ended"], way.outcome, "{name}: {call:#}");
        let settled = match (way.outcome, way.happened) {
            ("unknown", true) => json!("happened"),
            ("unknown", false) => json!("did_not_happen"),
            _ => Value::Null,
        };
        let settlement = &call["settlement"];
        assert_eq!(settlement.get("settled").unwrap_or(&Value::Null), &settled, "{name}: {call:#}");

        let after = site.service("auth-service");
        assert_eq!(after["deployment"]["id"] != before["deployment"]["id"], way.happened, "{name}");
        assert_eq!(after["task_definition"] != before["task_definition"], registers, "{name}");
        assert_eq!(site.run("watch").said, "", "{name}: nothing is left");
    }
}

type Decides = fn(usize) -> Fate;

/// Something that a verb does, and the call of it that goes astray.
struct Deed {
    name: &'static str,
    /// What is done before it, to its end.
    before: Option<&'static str>,
    verb: &'static str,
    confirm: &'static str,
    operation: &'static str,
    /// As the journal names the call.
    call: &'static str,
}

const CMA_API: &str = "cma-api-production";
const REGISTER: &str = "RegisterScalableTarget";
const SCALING: &str = "application-autoscaling:RegisterScalableTarget";
const UPDATING: &str = "ecs:UpdateService";

const DEEDS: [Deed; 9] = {
    let usual = Deed { name: "", before: None, verb: "", confirm: CMA_API, operation: UPDATE, call: UPDATING };
    [
        Deed {
            name: "stop-deployment",
            before: Some("deploy tsdevstack/auth-service --tag 1.9.1 --yes --no-wait"),
            verb: "rollback tsdevstack/auth-service",
            operation: "StopServiceDeployment",
            call: "ecs:StopServiceDeployment",
            ..usual
        },
        Deed {
            name: "stop-task",
            verb: "stop-task tsdevstack/auth-service --task {task}",
            operation: "StopTask",
            call: "ecs:StopTask",
            ..usual
        },
        Deed {
            name: "suspend",
            verb: "suspend-scaling cma/cma-api-production",
            operation: REGISTER,
            call: SCALING,
            ..usual
        },
        Deed {
            name: "resume",
            before: Some("suspend-scaling cma/cma-api-production --yes --confirm cma-api-production --reason load"),
            verb: "resume-scaling cma/cma-api-production",
            operation: REGISTER,
            call: SCALING,
            ..usual
        },
        Deed {
            name: "move",
            verb: "move cma/cma-workers-production --to FARGATE",
            confirm: "cma-workers-production",
            ..usual
        },
        Deed { name: "scale", verb: "scale tsdevstack/kong --to 2", ..usual },
        Deed {
            name: "scale-suspended",
            verb: "scale cma/cma-api-production --to 1 --range suspend",
            operation: REGISTER,
            call: SCALING,
            ..usual
        },
        Deed { name: "sleep", verb: "sleep tsdevstack/offers-service", ..usual },
        Deed {
            name: "wake",
            before: Some("sleep tsdevstack/offers-service --yes"),
            verb: "wake tsdevstack/offers-service",
            ..usual
        },
    ]
};

/// What each is refused is not done, and what is done although nobody heard of it is found.
#[test]
fn whatever_a_verb_does_it_tells_what_became_of_a_call_that_was_refused_or_not_answered() {
    let ways: [(&str, Decides); 2] =
        [("refused", |_| Fate::Refused(400, "AccessDeniedException")), ("unheard", |_| Fate::LostOnTheWayBack)];
    for deed in &DEEDS {
        for (way, fate) in ways {
            let name = format!("{}-{way}", deed.name);
            let site = Site::new(&format!("verbs-{name}"), &["--speed", "30"]);
            if let Some(before) = deed.before {
                let ended = site.run(before);
                assert_eq!(ended.code, 0, "{name}: {ended:?}");
            }
            let wrong = site.run("stop-task tsdevstack/auth-service --task 0 --yes");
            let task = wrong.complained.split('"').find(|it| it.len() == 32).expect("a task's id");
            let strait = Strait::before(site.endpoint(), deed.operation, fate);
            let verb = deed.verb.replace("{task}", task);
            let ended =
                site.run_at(&strait.endpoint, &format!("{verb} --yes --confirm {} --reason {name}", deed.confirm));
            let happened = way == "unheard";
            assert_eq!(ended.code, if happened { 0 } else { 4 }, "{name}: {ended:?}");
            assert_eq!(strait.seen(), 1, "{name}: how often it was sent");
            let operation = site.operations().pop().expect("an operation");
            let call = at(&operation, "/calls/0");
            assert_eq!(call["operation"], deed.call, "{name}");
            assert_eq!(operation["verdict"], if happened { "succeeded" } else { "failed" }, "{name}: {operation:#}");
            assert_eq!(call["outcome"]["ended"], if happened { "unknown" } else { "refused" }, "{name}: {call:#}");
            let settled = call["settlement"].get("settled").cloned().unwrap_or_default();
            assert_eq!(settled, if happened { json!("happened") } else { Value::Null }, "{name}: {call:#}");
            let told = ended.said + &ended.complained;
            assert_eq!(told.contains("AccessDeniedException"), !happened, "{name}: {told}");
            assert_eq!(site.run("watch").said, "", "{name}: nothing is left");
        }
    }
}

/// What AWS has done of it by then is done, and told.
#[test]
fn what_was_done_before_a_later_call_was_refused_is_told() {
    let suspended: Decides = |_| Fate::Refused(400, "AccessDeniedException");
    let second: Decides = |seen| match seen {
        0 => Fate::Passes,
        _ => Fate::Refused(400, "AccessDeniedException"),
    };
    for (name, verb, fate, done) in [
        (
            "half-suspended",
            "scale cma/cma-api-production --to 1 --range suspend --confirm cma-api-production",
            suspended,
            vec![SCALING],
        ),
        (
            "half-widened",
            "scale cma/cma-api-production --to 12 --range widen --confirm cma-api-production",
            suspended,
            vec![SCALING],
        ),
        (
            "half-released",
            "deploy cma --tag 4f2c --confirm cma",
            second,
            vec!["ecs:RegisterTaskDefinition", UPDATING, "ecs:RegisterTaskDefinition"],
        ),
        ("half-asleep", "sleep tsdevstack", second, vec![UPDATING]),
    ] {
        let site = Site::new(&format!("verbs-{name}"), &["--speed", "120"]);
        let strait = Strait::before(site.endpoint(), UPDATE, fate);
        let ended = site.run_at(&strait.endpoint, &format!("{verb} --yes --reason {name} --json"));
        assert_eq!(ended.code, 4, "{name}: {ended:?}");
        let operation = site.operations().pop().expect("an operation");
        assert_eq!(operation["verdict"], "failed", "{name}: {operation:#}");
        let sent = operation["calls"].as_array().expect("calls").clone();
        let is_done: Vec<&str> = sent
            .iter()
            .filter(|it| it["outcome"]["ended"] == "done")
            .filter_map(|it| it["operation"].as_str())
            .collect();
        let mut wanted = done;
        let mut is_done_sorted = is_done.clone();
        is_done_sorted.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(is_done_sorted, wanted, "{name}: {operation:#}");
        let told = operation["summary"].as_str().unwrap_or_default();
        assert!(!told.contains("nothing was changed"), "{name}: {told}");
        assert_eq!(site.run("watch").said, "", "{name}: nothing is left");
    }
}

/// The caller is asked for before the plan and again before the write.
#[test]
fn a_plan_made_as_one_caller_is_not_sent_as_another() {
    let site = Site::new("verbs-caller", &[]);
    let before = site.service("auth-service")["deployment"]["id"].clone();
    let strait = Strait::before(site.endpoint(), "GetCallerIdentity", |seen| match seen {
        0 => Fate::Passes,
        _ => Fate::Reads("user/operator", "user/intruder"),
    });
    let ended = site.run_at(&strait.endpoint, "redeploy tsdevstack/auth-service --yes");
    assert_eq!(ended.code, 3, "{ended:?}");
    for words in ["nothing was sent: this has changed since it was planned", "user/operator", "user/intruder"] {
        assert!(ended.complained.contains(words), "{ended:?}");
    }
    assert_eq!(site.operations(), Vec::<Value>::new());
    assert_eq!(site.service("auth-service")["deployment"]["id"], before);
}
