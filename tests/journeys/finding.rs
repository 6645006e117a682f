//! Getting to what one looks for: drilling, history, filters, sorting, views, the palette.

use std::time::Duration;

use quarterdeck::{
    command::ViewName,
    domain::id::{Kind, ResourceId},
};

use super::voyage::Voyage;

async fn under_way() -> Voyage {
    let mut voyage = Voyage::begin();
    voyage.pass(20).await;
    voyage
}

#[tokio::test]
async fn one_drills_from_the_overview_to_a_services_tasks_and_finds_the_way_back() {
    let mut voyage = under_way().await;
    voyage.resize(120, 40).await;
    voyage.walk_to("terminal").await;
    voyage.press("enter").await;
    voyage.sees(&["stack › terminal PROD", "terminal-api", "terminal-gateway-asg", "terminal-api-tg"]);
    voyage.walk_to("terminal-api").await;
    voyage.press("enter").await;
    voyage.sees(&["tasks › terminal PROD › terminal"]);
    let services = voyage.column("SERVICE");
    assert!(services.len() >= 2 && services.iter().all(|it| it == "terminal-api"), "{services:?}");
    voyage.press("esc").await;
    assert_eq!(voyage.app.place().view, ViewName::Stack);
    assert_eq!(voyage.under_cursor().name().as_str(), "terminal-api");
    voyage.press("[").await;
    assert_eq!(voyage.app.place().view, ViewName::Overview);
    assert_eq!(voyage.under_cursor(), ResourceId::stack("terminal"));
    voyage.press("] ]").await;
    assert_eq!(voyage.app.place().view, ViewName::Tasks);
    assert_eq!(voyage.column("SERVICE").len(), services.len());
}

#[tokio::test]
async fn a_gateway_leads_to_the_sessions_that_it_holds() {
    let mut voyage = under_way().await;
    voyage.press("5").await;
    let held: Vec<String> = voyage.column("SESSIONS");
    let gateway = voyage.under_cursor();
    voyage.press("enter").await;
    voyage.sees(&["sessions › terminal PROD › i-"]);
    let sessions = voyage.rows();
    assert!(!sessions.is_empty() && sessions.iter().all(|it| it.kind == Kind::Session), "{}", voyage.screen());
    assert!(held[0].starts_with(&format!("{}/", sessions.len())), "{held:?} but {} rows", sessions.len());
    voyage.press("esc").await;
    assert_eq!(voyage.under_cursor(), gateway);
}

#[tokio::test]
async fn filters_take_words_inverses_and_columns() {
    let mut voyage = under_way().await;
    voyage.press("2").await;
    let all = voyage.column("SERVICE");
    voyage.press("/api enter").await;
    let with = voyage.column("SERVICE");
    assert!(!with.is_empty() && with.iter().all(|it| it.contains("api")), "{with:?}");
    voyage.press("esc").await;
    assert_eq!(voyage.column("SERVICE"), all);
    voyage.press("/!api enter").await;
    let without = voyage.column("SERVICE");
    assert!(without.iter().all(|it| !it.contains("api")), "{without:?}");
    assert_eq!(with.len() + without.len(), all.len());
    voyage.press("esc /region:us-west enter").await;
    assert_eq!(voyage.column("REGION"), ["us-west-1"]);
    voyage.press("esc /nothing-is-called-so enter").await;
    assert!(voyage.rows().is_empty());
    voyage.sees(&["nothing-is-called-so"]);
    voyage.press("esc").await;
    assert_eq!(voyage.column("SERVICE"), all);
}

#[tokio::test]
async fn sort_keys_sort_reverse_and_give_the_views_own_order_back() {
    let mut voyage = under_way().await;
    voyage.press("2").await;
    let own = voyage.column("SERVICE");
    voyage.press("F2").await;
    let sorted = voyage.column("SERVICE");
    assert!(sorted.is_sorted(), "{sorted:?}");
    voyage.press("F2").await;
    let reversed = voyage.column("SERVICE");
    assert!(reversed.iter().rev().is_sorted(), "{reversed:?}");
    voyage.press("F2").await;
    assert_eq!(voyage.column("SERVICE"), own);
}

#[tokio::test]
async fn a_views_number_keeps_the_stack_and_pressed_again_widens() {
    let mut voyage = under_way().await;
    voyage.walk_to("cma").await;
    voyage.press("enter 2").await;
    voyage.sees(&["services › cma"]);
    assert_eq!(voyage.rows().len(), 3);
    voyage.press("6").await;
    voyage.sees(&["targets › cma"]);
    voyage.press("2 2").await;
    assert_eq!(voyage.app.place().within, None);
    assert_eq!(voyage.rows().len(), 11);
    voyage.press("1").await;
    assert_eq!(voyage.app.place().view, ViewName::Overview);
}

#[tokio::test]
async fn the_palette_finds_a_service_by_some_letters_and_a_stack_by_its_name() {
    let mut voyage = under_way().await;
    voyage.press(": ntfsrv").await;
    voyage.sees(&["notifications-service", "service in estates/us-east-1"]);
    voyage.press("enter").await;
    assert_eq!(voyage.under_cursor().name().as_str(), "notifications-service");
    voyage.sees(&["stack › tsdevstack", "› ✓ ok"]);
    voyage.press(": cma enter").await;
    voyage.sees(&["stack › cma", "cma-api-production"]);
    voyage.press(": alarms enter").await;
    assert_eq!(voyage.app.place().view, ViewName::Alarms);
}

#[tokio::test]
async fn marks_and_cursor_stay_on_their_sessions_while_others_come_and_go() {
    let mut voyage = under_way().await;
    voyage.press("7 F6 j j space space j j").await;
    let marks = voyage.app.table_state().expect("a table").marks.clone();
    assert_eq!(marks.len(), 2);
    let mut cursor = voyage.under_cursor();
    let (mut moved, mut vanished) = (0, 0);
    // Sessions last for an hour or two.
    for _ in 0..36 {
        let shown = voyage.rows();
        voyage.pass_by(Duration::from_mins(5), Duration::from_mins(5)).await;
        let rows = voyage.rows();
        moved += usize::from(shown != rows);
        let now = voyage.under_cursor();
        if rows.contains(&cursor) {
            assert_eq!(now, cursor);
        } else {
            vanished += 1;
            assert!(rows.contains(&now), "the cursor is on no row");
        }
        cursor = now;
    }
    assert!(
        moved > 10 && vanished > 0,
        "in three hours rows moved {moved} times and the cursor's vanished {vanished} times"
    );
    assert_eq!(voyage.app.table_state().expect("a table").marks, marks);
}
