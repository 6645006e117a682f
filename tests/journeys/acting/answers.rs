//! A write that AWS denies, throttles or does not answer ends in what is true.

use std::time::Duration;

use quarterdeck::{
    domain::write::Settlement,
    plan::operation::verdict::Verdict,
    sim::{
        edge::{Trouble, network::Weather},
        world::Place,
    },
};

use super::{API, AUTH, On, STEP, WORKERS, Who, calls, ends, on, service};

/// What happens to a call on its way.
struct Way {
    name: &'static str,
    trouble: Trouble,
    /// How the journal has it.
    ended: &'static str,
    /// Whether AWS has done it.
    happened: bool,
    /// What the console says.
    says: &'static str,
}

/// The share of calls that get a web page instead of an answer, and of those that are taken and then reset.
fn weather(pages: f64, resets: f64) -> Trouble {
    let zero = Duration::ZERO;
    Trouble::Network(Weather { place: None, latency: zero, jitter: zero, stalls: 0.0, pages, cuts: 0.0, resets })
}

fn ways() -> Vec<Way> {
    let (account, action) = (AUTH.account.to_owned(), "ecs:UpdateService".to_owned());
    let place = Place::new(AUTH.account, AUTH.region);
    let way = |name, trouble, ended, happened, says| Way { name, trouble, ended, happened, says };
    let denied = Trouble::Denied { account, actions: vec![action] };
    let strained = Trouble::Strained { place, service: "ecs".to_owned(), left: 0.0 };
    let (sought, found) = ("ecs:UpdateService did not happen", "ecs:UpdateService did happen");
    vec![
        way("denied", denied, "refused", false, "AccessDeniedException"),
        way("throttled", strained, "refused", false, "ThrottlingException"),
        way("a web page", weather(1.0, 0.0), "unknown", false, sought),
        way("a connection reset", weather(0.0, 1.0), "unknown", true, found),
    ]
}

#[tokio::test]
async fn whatever_becomes_of_a_call_its_verdict_and_its_record_are_true() {
    for way in ways() {
        let name = way.name;
        let mut voyage = on("auth-service").await;
        let before = service(&mut voyage, AUTH).await.deployments[0].id.clone();
        voyage.withhold();
        voyage.press("x r").await;
        voyage.screen();
        voyage.press("y").await;
        voyage.trouble(way.trouble);
        voyage.release().await;
        voyage.clear();
        assert_eq!(voyage.written, ["ecs:UpdateService"], "{name}");

        let wanted = if way.happened { Verdict::Succeeded } else { Verdict::Failed };
        let told = ends(&mut voyage, 30, wanted).await;
        assert_eq!(calls(&told), [("ecs:UpdateService", way.ended)], "{name}");
        let settled = told.calls[0].settled.as_ref().map(|(_, it)| matches!(it, Settlement::Happened(_)));
        assert_eq!(settled, (way.ended == "unknown").then_some(way.happened), "{name}");
        voyage.sees(&[way.says]);
        // AWS lets itself be asked again.
        voyage.pass_by(Duration::from_secs(30), STEP).await;
        let after = service(&mut voyage, AUTH).await;
        assert_eq!(after.deployments[0].id != before, way.happened, "{name}");
        assert_eq!(after.deployments.len(), 1, "{name}: nothing is sent twice");
    }
}

/// Something that is done by keys, and the call of it that goes astray.
struct Deed {
    name: &'static str,
    on: On,
    /// What is done before it by keys, each seen before the next; and whether its verdict is waited for.
    before: (&'static [&'static str], bool),
    keys: &'static str,
    confirm: &'static str,
    who: Who,
    call: &'static str,
}

const UPDATE: &str = "ecs:UpdateService";
const REGISTER: &str = "ecs:RegisterTaskDefinition";
const SCALING: &str = "application-autoscaling:RegisterScalableTarget";

fn deeds() -> Vec<Deed> {
    let usual = || Deed {
        name: "scale",
        on: On::Service("kong"),
        before: (&[], false),
        keys: "x s 2 enter",
        confirm: "y",
        who: AUTH,
        call: UPDATE,
    };
    let of_api = || Deed {
        on: On::Service(API.name),
        confirm: "cma-api-production tab load enter",
        who: API,
        call: SCALING,
        ..usual()
    };
    vec![
        usual(),
        Deed {
            name: "stop deployment",
            on: On::Service("auth-service"),
            before: (&["x d enter", "y", "esc"], false),
            keys: "x b",
            call: "ecs:StopServiceDeployment",
            ..usual()
        },
        Deed { name: "stop task", on: On::TaskOf(AUTH), keys: "x k", call: "ecs:StopTask", ..usual() },
        Deed { name: "suspend", keys: "x p", ..of_api() },
        Deed {
            name: "resume",
            before: (&["x p", "cma-api-production tab load enter", "esc"], true),
            keys: "x u",
            ..of_api()
        },
        Deed { name: "suspend and scale", keys: "x s 1 tab tab enter", ..of_api() },
        Deed {
            name: "move",
            on: On::Service(WORKERS.name),
            keys: "x m",
            confirm: "cma-workers-production tab spot enter",
            call: UPDATE,
            ..of_api()
        },
        Deed {
            name: "several",
            on: On::Stack("cma"),
            keys: "x d enter",
            confirm: "cma tab release enter",
            call: REGISTER,
            ..of_api()
        },
        Deed { name: "sleep", on: On::Service("offers-service"), keys: "x z", ..usual() },
        Deed {
            name: "wake",
            on: On::Service("offers-service"),
            before: (&["x z", "y", "esc"], true),
            keys: "x w",
            ..usual()
        },
    ]
}

#[tokio::test]
async fn whatever_is_done_what_was_refused_did_not_happen_and_what_was_not_answered_is_found() {
    for deed in deeds() {
        for happened in [false, true] {
            let name = format!("{}, {happened}", deed.name);
            if happened && deed.call == REGISTER {
                // What it is copied from is read first, and in this weather nothing is: by verb it is lost alone.
                continue;
            }
            let mut voyage = deed.on.begin().await;
            for keys in deed.before.0 {
                voyage.press(keys).await;
                voyage.screen();
            }
            if deed.before.1 {
                ends(&mut voyage, 10, Verdict::Succeeded).await;
                voyage.pass_by(Duration::from_secs(90), STEP).await;
            }
            let known = voyage.written.len();
            voyage.withhold();
            voyage.press(deed.keys).await;
            voyage.screen();
            voyage.press(deed.confirm).await;
            let account = deed.who.account.to_owned();
            voyage.trouble(if happened {
                weather(0.0, 1.0)
            } else {
                Trouble::Denied { account, actions: vec![deed.call.to_owned()] }
            });
            voyage.release().await;
            voyage.clear();
            let screen = voyage.screen();
            assert_eq!(voyage.written.get(known), Some(&deed.call), "{name}:\n{screen}");
            let own = voyage.begun.last().expect("an operation").clone();
            let ended = async |voyage: &mut super::Voyage| {
                for _ in 0..360 {
                    let told = super::recorded(voyage).into_iter().find(|it| it.begun.operation.as_str() == own);
                    if let Some(told) = told.filter(|it| it.ended.is_some()) {
                        return told;
                    }
                    voyage.pass_by(STEP, STEP).await;
                }
                panic!("{name}: no verdict on\n{}", voyage.screen());
            };
            let told = ended(&mut voyage).await;
            let ending = told.ended.as_ref().map(|(_, it)| it).expect("it has ended");
            let wanted = if happened { Verdict::Succeeded } else { Verdict::Failed };
            assert_eq!(ending.verdict.as_str(), wanted.word(), "{name}: {ending:#?}");
            assert_eq!(calls(&told)[0], (deed.call, if happened { "unknown" } else { "refused" }), "{name}");
            let settled = told.calls[0].settled.as_ref().map(|(_, it)| matches!(it, Settlement::Happened(_)));
            assert_eq!(settled, happened.then_some(true), "{name}");
            let says = ending.summary.as_str().contains("AccessDeniedException")
                || ending.evidence.iter().any(|it| it.as_str().contains("AccessDeniedException"));
            assert_eq!(says, !happened, "{name}: {ending:#?}");
        }
    }
}
