//! Reading: describe, raw JSON, help; and what must not disturb it: pastes, resizes, other themes.

use quarterdeck::{
    app::overlay::{Overlay, RawText, TextKind},
    command::{COMMANDS, Command, Entry},
    domain::text::SafeText,
};
use ratatui::style::Color;

use super::voyage::Voyage;

async fn under_way() -> Voyage {
    let mut voyage = Voyage::begin();
    voyage.pass(20).await;
    voyage
}

/// The open text from top to bottom, page by page.
async fn whole_text(voyage: &mut Voyage) -> String {
    let mut text = voyage.screen();
    loop {
        voyage.press("pgdn").await;
        let page = voyage.screen();
        if text.ends_with(&page) {
            return text;
        }
        text.push_str(&page);
    }
}

#[tokio::test]
async fn describe_is_live() {
    let mut voyage = Voyage::through(&["bad-deploy"]);
    voyage.pass(8).await;
    voyage.press(": terminal-api enter d").await;
    let calm = whole_text(&mut voyage).await;
    assert!(calm.contains("terminal-api") && !calm.contains("v2.15.0"), "{calm}");
    voyage.press("g").await;
    voyage.pass(60).await;
    let deploying = whole_text(&mut voyage).await;
    assert_ne!(calm, deploying);
    assert!(deploying.contains("in progress"), "{deploying}");
}

#[tokio::test]
async fn raw_json_comes_from_aws_and_names_secrets_only() {
    let mut voyage = under_way().await;
    voyage.press("2").await;
    voyage.walk_to("terminal-api").await;
    voyage.becalm();
    voyage.press("y").await;
    voyage.sees(&["as AWS describes it: service terminal-api", "asking AWS"]);
    voyage.wind();
    voyage.press("esc y").await;
    let text = whole_text(&mut voyage).await;
    assert!(text.contains("\"serviceName\": \"terminal-api\""), "{text}");
    let Some(Overlay::Text(pane)) = &voyage.app.overlay else { panic!("the text is open") };
    let TextKind::Raw(RawText::Loaded(lines)) = &pane.kind else { panic!("the JSON has come") };
    let json: Vec<&str> = lines.iter().map(SafeText::as_str).collect();
    let json: serde_json::Value = serde_json::from_str(&json.join("\n")).expect("JSON");
    assert!(json.to_string().contains("terminal-cluster"));
}

#[tokio::test]
async fn no_secret_of_a_task_is_on_screen_or_on_the_clipboard() {
    let mut voyage = under_way().await;
    voyage.press("2").await;
    voyage.walk_to("terminal-api").await;
    voyage.press("enter y c").await;
    let raw = whole_text(&mut voyage).await;
    voyage.press("esc d c").await;
    let described = whole_text(&mut voyage).await;
    assert_eq!(voyage.copied.len(), 2);
    for text in [&raw, &described].into_iter().chain(&voyage.copied) {
        assert!(!text.contains("simulated-do-not-show"), "{text}");
    }
}

#[tokio::test]
async fn copying_gives_the_arns_of_the_marked_rows() {
    let mut voyage = under_way().await;
    voyage.press("2").await;
    voyage.walk_to("kong").await;
    voyage.press("c").await;
    let [arn] = voyage.copied.as_slice() else { panic!("one copy") };
    assert_eq!(arn, "arn:aws:ecs:us-east-1:111122223333:service/tsdevstack-dev/kong");
    voyage.press("space space c").await;
    assert_eq!(voyage.copied[1].lines().count(), 2);
    voyage.sees(&["copied 2 ids"]);
}

#[tokio::test]
async fn help_lists_every_command_with_its_key() {
    let mut voyage = under_way().await;
    voyage.resize(100, 30).await;
    voyage.press("?").await;
    let help = whole_text(&mut voyage).await;
    let sorting = help.lines().any(|line| line.contains("F1 … F12") && line.contains("sort by that column"));
    assert!(sorting, "one line tells of all columns in\n{help}");
    // What is done to a service stands in the menu of `act` and in the palette, and has no key of its own.
    let listed = |it: &&Entry| !matches!(it.command, Command::SortBy(_) | Command::Do(_));
    for entry in COMMANDS.iter().filter(listed) {
        let line = help.lines().find(|line| line.contains(&format!(" {} ", entry.id)) && line.contains(entry.summary));
        let line = line.unwrap_or_else(|| panic!("{} is not in\n{help}", entry.id));
        let key = voyage.app.settings.keymap.chords(entry.command, &[entry.context]).into_iter().next();
        assert!(key.is_none_or(|key| line.contains(&key)), "no key in {line:?}");
    }
    voyage.press("esc").await;
    assert!(voyage.app.overlay.is_none());
}

#[tokio::test]
async fn a_paste_is_data_and_commands_nothing() {
    let mut voyage = under_way().await;
    let before = voyage.screen();
    voyage.paste("q2jd:quit\r\n\u{1b}[A\u{3}").await;
    assert!(!voyage.app.quitting);
    assert_eq!(voyage.screen(), before);
    voyage.press("2 /").await;
    voyage.paste("ko\r\u{1b}ng").await;
    assert_eq!(voyage.column("SERVICE"), ["kong"]);
    assert!(matches!(voyage.app.overlay, Some(Overlay::Filter { .. })), "a pasted line end has ended the filter");
}

#[tokio::test]
async fn a_terminal_made_tiny_and_large_again_shows_what_it_showed() {
    let mut voyage = under_way().await;
    voyage.press("2 j j j").await;
    let (before, cursor) = (voyage.screen(), voyage.under_cursor());
    voyage.resize(20, 5).await;
    voyage.sees(&["needs 60×12 cells", "has 20×5"]);
    voyage.press("j k").await;
    voyage.resize(1, 1).await;
    voyage.screen();
    voyage.resize(0, 0).await;
    voyage.resize(200, 60).await;
    voyage.sees(&["services", "kong"]);
    voyage.resize(80, 24).await;
    assert_eq!(voyage.under_cursor(), cursor);
    assert_eq!(voyage.screen(), before);
}

#[tokio::test]
async fn themes_are_gone_through_and_mono_has_no_colour() {
    let mut voyage = under_way().await;
    let names = voyage.app.settings.themes.clone();
    assert!(names.len() >= 6, "{names:?}");
    let text = voyage.screen();
    for name in names.iter().cycle().skip(1).take(names.len()) {
        voyage.press("T").await;
        voyage.sees(&[&format!("theme {name}")]);
        if name == "mono" {
            let cells = voyage.cells();
            assert!(cells.content.iter().all(|it| it.fg == Color::Reset && it.bg == Color::Reset));
            assert!(cells.content.iter().any(|it| !it.modifier.is_empty()), "nothing stands out");
        }
    }
    assert_eq!(voyage.app.theme, 0);
    voyage.pass(6).await;
    assert_eq!(voyage.screen().lines().nth(3), text.lines().nth(3));
}

#[tokio::test]
async fn a_service_tells_the_images_that_it_could_run_while_somebody_looks() {
    let mut voyage = Voyage::begin();
    voyage.resize(120, 120).await;
    voyage.pass(20).await;
    voyage.press("2").await;
    voyage.walk_to("reactive-notebook-service").await;
    let asked =
        |voyage: &Voyage| voyage.told().iter().filter(|it| it.operation.as_str() == "ecr:DescribeImages").count();
    assert_eq!(asked(&voyage), 0, "nobody looks");
    voyage.press("d").await;
    voyage.pass(3).await;
    voyage.sees(&["IMAGES", "repository         reactive-notebook-backend", "(no tag)", " · 1 HIGH"]);
    voyage.sees(&["latest               cba7caa1ff48 · 3 d 9 h ago · nothing grave · runs"]);
    assert_eq!(asked(&voyage), 1);
    voyage.press("esc").await;
    voyage.pass(300).await;
    assert_eq!(asked(&voyage), 1, "nobody looks any more");
}
