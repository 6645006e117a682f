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
