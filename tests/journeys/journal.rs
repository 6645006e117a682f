//! The journal by keys: what was done, by whom, how it ended; live while it is done.

use std::time::Duration;

use quarterdeck::domain::text::SafeText;

use super::voyage::Voyage;

#[tokio::test]
async fn own_operations_appear_go_on_and_end_in_the_journals_view() {
    let mut voyage = Voyage::begin();
    voyage.resize(120, 40).await;
    voyage.pass(20).await;
    voyage.press("O").await;
    voyage.pass(1).await;
    voyage.sees(&["verified", "0 lines, each as it was written"]);
    voyage.press("2").await;
    voyage.walk_to("kong").await;
    voyage.press("x r").await;
    voyage.screen();
    voyage.press("y esc :journal enter").await;
    voyage.pass(3).await;
    voyage.sees(&["redeploy kong", "rolling", "tsdevstack", "ada@bastion", "3 lines, each as it was written"]);
    voyage.pass_by(Duration::from_mins(12), Duration::from_secs(5)).await;
    assert_eq!(voyage.column("VERDICT"), ["✓ verified", "✓ succeeded"]);

    voyage.press("g j enter").await;
    voyage.sees(&["✓ succeeded", "ada@bastion", "CALLS", "ecs:UpdateService", "done after", "request", "EVIDENCE"]);
    voyage.press("q y").await;
    voyage.sees(&["\"schema\": \"quarterdeck.journal/1\"", "\"verb\": \"redeploy\""]);
    voyage.press("q c").await;
    assert_eq!(voyage.copied, [voyage.begun[0].clone()]);
    voyage.press("g d").await;
    voyage.sees(&["CHAIN OF SUMS", "each line is as it was written", "quarterdeck journal verify"]);
    voyage.press("esc esc").await;
    voyage.sees(&["services"]);
}

#[tokio::test]
async fn a_line_that_cannot_be_read_is_warned_of_in_every_plan() {
    let mut voyage = Voyage::begin();
    voyage.resize(120, 40).await;
    voyage.pass(20).await;
    voyage.standing.unread = Some(SafeText::new("/state/journal.jsonl:7: it has been changed"));
    voyage.press("2").await;
    voyage.walk_to("kong").await;
    voyage.press("x r").await;
    voyage.sees(&["/state/journal.jsonl:7: it has been changed", "press y to do it"]);
    voyage.press("y").await;
    assert_eq!(voyage.written, ["ecs:UpdateService"]);
}
