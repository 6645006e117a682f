//! Charts by keys: down from what is measured, through windows and pages, into one and along its values.

use std::time::Duration;

use quarterdeck::{
    app::charts::{ChartKind, plot::plot},
    command::ViewName,
    domain::id::Kind,
    metrics::Window,
};

use super::voyage::Voyage;

async fn under_way() -> Voyage {
    let mut voyage = Voyage::begin();
    voyage.pass(20).await;
    voyage
}

#[tokio::test]
async fn a_stacks_charts_are_a_key_away_and_show_what_is_promised() {
    let mut voyage = under_way().await;
    voyage.walk_to("mint-server").await;
    voyage.press("enter 0").await;
    voyage.pass(3).await;
    voyage.sees(&["metrics › mint-server", "latency us-east-1", "latency us-west-1", "promise p95 ≤ 40 ms"]);
    voyage.sees(&["promise p95 ≤ 50 ms", "last 3 h", "1–3 of"]);
    voyage.sees_no(&["not read yet"]);
    voyage.resize(200, 60).await;
    voyage.pass(3).await;
    voyage.sees(&["requests us-west-1", "cache memory us-east-1", "hosts us-east-1", "policy"]);
    voyage.sees_no(&["not read yet", "no data"]);
}

#[tokio::test]
async fn a_row_leads_to_its_charts_and_a_chart_to_its_values() {
    let mut voyage = under_way().await;
    voyage.press("2").await;
    voyage.walk_to("terminal-api").await;
    voyage.press("m").await;
    voyage.pass(3).await;
    voyage.sees(&["metrics › terminal", "latency terminal-api-tg", "1–3 of 6"]);
    voyage.press("j j enter").await;
    voyage.pass(3).await;
    let chart = voyage.app.place().parent(Kind::Chart).cloned().expect("an open chart");
    assert_eq!(chart.name().as_str(), "requests of terminal-api-tg");
    voyage.press("left left").await;
    voyage.sees(&["UTC (", "/s"]);
    let stood = voyage.app.reading.expect("the cursor stands");
    voyage.pass(120).await;
    assert_eq!(voyage.app.reading, Some(stood), "time goes on under the cursor");
    voyage.press("G").await;
    assert_eq!(voyage.app.reading, None);
    voyage.press("esc esc").await;
    assert_eq!(voyage.app.place().view, ViewName::Services);
    assert_eq!(voyage.under_cursor().name().as_str(), "terminal-api");
}

#[tokio::test]
async fn an_alarm_leads_to_the_chart_of_what_it_watches() {
    let mut voyage = under_way().await;
    voyage.press("8").await;
    voyage.walk_to("terminal-api-latency").await;
    voyage.press("m").await;
    voyage.pass(3).await;
    voyage.sees(&["latency terminal-api-tg", "alarm terminal-api-latency"]);
}

#[tokio::test]
async fn another_window_is_read_once_and_kept() {
    let mut voyage = under_way().await;
    voyage.walk_to("terminal").await;
    voyage.press("enter 0").await;
    voyage.pass(3).await;
    voyage.press("W").await;
    assert_eq!(voyage.app.window, Window::Day);
    voyage.pass(3).await;
    voyage.sees(&["last 24 h"]);
    voyage.sees_no(&["not read yet"]);
    let metrics = |voyage: &Voyage| -> u64 { voyage.app.meter.by_operation().values().map(|it| it.metrics).sum() };
    let read = metrics(&voyage);
    voyage.press("W W W").await;
    voyage.pass(2).await;
    assert_eq!(metrics(&voyage), read, "what has just been read is not paid for again");
}

#[tokio::test]
async fn an_hour_of_looking_at_charts_costs_what_it_must() {
    let mut voyage = under_way().await;
    voyage.walk_to("terminal").await;
    voyage.press("enter 0").await;
    voyage.pass_by(Duration::from_mins(5), Duration::from_secs(5)).await;
    let before: u64 = voyage.app.meter.by_operation().values().map(|it| it.metrics).sum();
    voyage.pass_by(Duration::from_mins(10), Duration::from_secs(5)).await;
    let after: u64 = voyage.app.meter.by_operation().values().map(|it| it.metrics).sum();
    let needed: usize =
        quarterdeck::app::series::needed(&voyage.app).values().map(std::collections::BTreeMap::len).sum();
    let reads = (after - before) as f64 / needed as f64;
    assert!((9.0..=11.0).contains(&reads), "each of {needed} series was read {reads} times in ten minutes");
}

#[tokio::test]
async fn a_surge_of_sessions_is_seen_on_its_chart() {
    let mut voyage = Voyage::through(&["session-surge"]);
    voyage.pass_by(Duration::from_mins(25), Duration::from_secs(5)).await;
    voyage.press("0 /sessions enter").await;
    voyage.pass(3).await;
    voyage.sees(&["policy scale-on-sessions keeps 8", "a gateway takes 10"]);
    let chart = voyage.app.charts.iter().find(|it| it.kind == ChartKind::Sessions).cloned().expect("a chart");
    let plot = plot(&voyage.app, &chart);
    let (_, most) = plot.lines[0].range().expect("values");
    assert!(most > 8.0, "{most} sessions on a gateway");
}
