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

use super::{AUTH, STEP, calls, ends, on, service};

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
