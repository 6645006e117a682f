//! A signal that nobody can do anything about is muted for good, stays counted, and is told again when it is wanted.

use quarterdeck::{domain::signal::Severity, status};

use super::voyage::Voyage;

#[tokio::test]
async fn a_dead_alarm_is_muted_counted_kept_and_told_again() {
    let mut voyage = Voyage::begin();
    voyage.resize(120, 40).await;
    voyage.pass(60).await;
    let dead = voyage.signal("terminal", "dead-alarm").expect("terminal has an alarm that can never fire");
    voyage.press("8").await;
    voyage.walk_to(dead.subject.name().as_str()).await;
    voyage.press(": mute enter").await;
    voyage.sees(&["muted (:unmute tells it again): alarm terminal-gateway-unhealthy is dead"]);
    assert_eq!(voyage.signal("terminal", "dead-alarm"), None);
    let kept: Vec<_> = voyage.kept.iter().map(|it| (it.rule.to_string(), it.subject.clone())).collect();
    assert_eq!(kept, [("dead-alarm".to_owned(), dead.subject.clone())]);

    voyage.press("1").await;
    voyage.sees(&["1 muted"]);
    let status = voyage.status();
    let told = status.signals.iter().find(|it| it.rule == "dead-alarm").expect("it is in the document");
    assert!(told.muted);
    assert!(status::text(&status).contains("muted  terminal: alarm terminal-gateway-unhealthy is dead"));
    // As bad as it was it stays silent; worse is told.
    voyage.app.mutes[0].severity = Severity::Notice;
    voyage.pass(30).await;
    assert_eq!(voyage.signal("terminal", "dead-alarm"), None);

    voyage.press(": unmute enter").await;
    voyage.sees(&["unmute dead-alarm terminal-gateway-unhealthy"]);
    voyage.press("enter").await;
    voyage.sees(&["told again: alarm terminal-gateway-unhealthy is dead"]);
    voyage.sees_no(&["1 muted"]);
    assert!(voyage.kept.is_empty());
    assert_eq!(voyage.signal("terminal", "dead-alarm").map(|it| it.subject), Some(dead.subject));
    voyage.press(": unmute enter").await;
    voyage.sees(&["nothing is muted"]);
}
