//! Gateways on Spot capacity that AWS takes back: told, counted down, and drained at once where the stack file says so.

use std::time::Duration;

use quarterdeck::{app::App, plan::operation::verdict::Verdict};

use super::{
    draining::{TOO_FEW, confirm, lost, verdict},
    voyage::Voyage,
};

/// The console on the gateways of a world in which AWS takes one back, once its notice has been seen.
async fn noticed(prepare: impl FnOnce(&mut App)) -> Voyage {
    let mut voyage = Voyage::through(&["gateway-notice"]);
    prepare(&mut voyage.app);
    voyage.resize(120, 40).await;
    voyage.press(": gateways enter").await;
    for _ in 0..60 {
        voyage.pass(1).await;
        if voyage.signal("terminal", "gateway-notice").is_some() {
            return voyage;
        }
    }
    panic!("no notice within a minute:\n{}", voyage.screen());
}

/// As `on_notice = true` in the stack file.
fn on_notice(app: &mut App) {
    for group in app.stacks.iter_mut().flat_map(|it| &mut it.groups) {
        group.drain.on_notice = true;
    }
}

/// What the journal says of the newest operation: how it was confirmed, and why.
fn confirmed(voyage: &Voyage) -> (String, String) {
    let look = voyage.journal.look(None).expect("memory").expect("something");
    let begun = &look.operations.last().expect("an operation").begun;
    (begun.plan.confirmed.to_string(), begun.reason.clone().unwrap_or_default().to_string())
}

#[tokio::test]
async fn a_notice_is_told_and_counted_down_and_nothing_is_done_unless_the_stack_file_says_so() {
    let mut voyage = noticed(|_| {}).await;
    let signal = voyage.signal("terminal", "gateway-notice").expect("a signal");
    assert!(signal.since.is_some() && signal.evidence[1].as_str().contains("on_notice = false"), "{signal:?}");
    voyage.sees(&["1:", "left: AWS takes it back"]);
    voyage.pass(70).await;
    voyage.sees(&["0:", "left: AWS takes it back"]);
    assert_eq!((voyage.begun.len(), voyage.written.len()), (0, 0));
    voyage.pass(120).await;
    assert!(voyage.signal("terminal", "gateway-notice").is_none(), "it has gone");
    assert!(lost(&voyage) > 0 && voyage.signal("terminal", "gateway-lost").is_some());
}

#[tokio::test]
async fn where_the_stack_file_says_so_the_drain_begins_at_once_and_the_journal_says_who_confirmed_it() {
    let mut voyage = noticed(on_notice).await;
    voyage.pass(5).await;
    assert_eq!(voyage.begun.len(), 1, "{}", voyage.screen());
    voyage.sees(&["its drain begins, as the stack file says"]);
    voyage.pass(20).await;
    assert!(voyage.written.contains(&"autoscaling:EnterStandby"), "{:?}", voyage.written);
    voyage.sees(&["left: AWS takes it back"]);
    voyage.press(": operations enter").await;
    voyage.sees(&["drain and replace i-", "taken back", "by AWS in "]);
    let (how, why) = confirmed(&voyage);
    assert_eq!(how, "by the stack file: on_notice = true");
    assert!(why.starts_with("AWS gave notice at "), "{why}");
    let verdict = verdict(&mut voyage, 1, Duration::from_mins(30)).await;
    let went = lost(&voyage);
    assert_eq!(verdict, if went > 0 { Verdict::Superseded } else { Verdict::Succeeded });
    assert_eq!(voyage.begun.len(), 1, "one notice, one drain");
}

#[tokio::test]
async fn nothing_begins_by_itself_in_read_only_mode_or_for_a_verb() {
    let mut read_only = noticed(|app| {
        on_notice(app);
        app.settings.read_only = true;
    })
    .await;
    read_only.pass(60).await;
    assert_eq!((read_only.begun.len(), read_only.written.len()), (0, 0));
    let mut verb = noticed(|app| {
        on_notice(app);
        app.settings.heeds_notices = false;
    })
    .await;
    verb.pass(60).await;
    assert_eq!((verb.begun.len(), verb.written.len()), (0, 0));
    let mut of_stack = noticed(|app| {
        on_notice(app);
        app.stacks.iter_mut().for_each(|it| it.read_only = true);
    })
    .await;
    of_stack.pass(60).await;
    assert_eq!((of_stack.begun.len(), of_stack.written.len()), (0, 0));
}

#[tokio::test]
async fn what_a_guard_blocks_does_not_begin_and_is_said() {
    let mut voyage = Voyage::begin();
    on_notice(&mut voyage.app);
    voyage.resize(120, 40).await;
    voyage.pass(30).await;
    voyage.press(": gateways enter").await;
    voyage.pass(10).await;
    voyage.press("x d enter").await;
    confirm(&mut voyage, TOO_FEW).await;
    voyage.press("esc : scenario space gateway-notice enter").await;
    voyage.pass(60).await;
    voyage.press(": gateways enter").await;
    voyage.pass(5).await;
    assert_eq!(voyage.begun.len(), 1, "the one at the keyboard");
    voyage.press(": timeline enter").await;
    voyage.sees(&["and it is not drained: an operation is under way"]);
}
