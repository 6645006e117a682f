//! What happened and what changed before: one clock over stacks, regions and sources.

use quarterdeck::{command::ViewName, domain::id::Kind};

use super::voyage::Voyage;

/// A bad deployment, watched from its beginning until it has been rolled back.
async fn after_a_bad_deploy() -> Voyage {
    let mut voyage = Voyage::through(&["bad-deploy"]);
    voyage.resize(120, 40).await;
    voyage.pass(240).await;
    voyage
}

#[tokio::test]
async fn a_rollback_is_told_from_every_source_newest_first() {
    let mut voyage = after_a_bad_deploy().await;
    voyage.press("t").await;
    let kinds = voyage.column("KIND");
    for kind in ["event", "deployment", "scaling", "alarm"] {
        assert!(kinds.iter().any(|it| it.ends_with(kind)), "no {kind} on\n{}", voyage.screen());
    }
    let stacks = voyage.column("STACK");
    assert!(stacks.iter().any(|it| it.starts_with("terminal")), "{stacks:?}");
    let what = voyage.column("WHAT");
    let first =
        |text: &str| what.iter().position(|it| it.contains(text)).unwrap_or_else(|| panic!("no {text:?}: {what:#?}"));
    assert!(first("rolling back to deployment") < first("deployment of terminal-api:43 began"), "{what:#?}");
    voyage.press("/kind:deployment enter").await;
    assert!(voyage.column("KIND").iter().all(|it| it.ends_with("deployment")));
    voyage.press("esc /stack:terminal").await;
    voyage.press("enter").await;
    assert!(voyage.column("STACK").iter().all(|it| it.starts_with("terminal")));
}

#[tokio::test]
async fn enter_jumps_from_an_entry_to_its_resource() {
    let mut voyage = after_a_bad_deploy().await;
    voyage.press("t /terminal-api:43 enter g").await;
    let told = voyage.app.estate.timeline.find(&voyage.under_cursor()).expect("an entry").subject.clone();
    voyage.press("enter").await;
    assert_eq!(voyage.under_cursor(), told);
    voyage.press("esc").await;
    assert_eq!(voyage.app.place().view, ViewName::Timeline);
}

#[tokio::test]
async fn what_changed_before_a_signal_is_one_key_away_and_in_its_text() {
    let mut voyage = after_a_bad_deploy().await;
    let signal = voyage.signal("terminal", "rollout-rolled-back").expect("told");
    voyage.press("w").await;
    assert_eq!(voyage.app.place().before, signal.since);
    voyage.sees(&["in the 15 minutes before"]);
    assert!(voyage.column("WHAT").iter().any(|it| it == "deployment of terminal-api:43 began"));
    let of_one = voyage.rows().len();
    voyage.press("w").await;
    assert_eq!(voyage.app.place().within, None);
    assert!(voyage.rows().len() >= of_one);
    voyage.press("esc esc n d").await;
    assert_eq!(voyage.under_cursor().kind, Kind::Service);
    voyage.sees(&["what changed in the 15 minutes before", "(w opens the timeline)"]);
}

#[tokio::test]
async fn what_aws_has_forgotten_is_still_there() {
    let mut voyage = Voyage::through(&["unhealthy-targets"]);
    voyage.pass(180).await;
    let seen = voyage.app.estate.timeline.newest_first().count();
    assert!(seen > 5, "{seen}");
    voyage.press("t /kind:target enter").await;
    assert!(voyage.column("WHAT").iter().any(|it| it.contains("healthy → unhealthy")), "{}", voyage.screen());
    let targets = voyage.rows();
    voyage.pass_by(std::time::Duration::from_mins(30), std::time::Duration::from_secs(30)).await;
    let kept = voyage.rows();
    assert!(targets.iter().all(|it| kept.contains(it)), "{}", voyage.screen());
}
