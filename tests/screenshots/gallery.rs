//! Which pictures there are, and that each is what the console draws.
//!
//! `QUARTERDECK_SCREENSHOTS=write` draws them anew instead of comparing; `=look` draws each in every shipped theme, as
//! PNG, to be looked at.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use ratatui::buffer::Buffer;

use super::{
    png::{decode, png},
    svg::svg,
    terminal::in_its_own_colours,
};
use crate::journeys::voyage::Voyage;

const COMMAND: &str = "QUARTERDECK_SCREENSHOTS=write cargo test --test all screenshots";

const VIEWS: [&str; 17] = [
    "overview", "services", "describe", "gateways", "targets", "metrics", "timeline", "logs", "plan", "cockpit",
    "verdict", "journal", "costs", "cost", "budget", "spike", "drain",
];
const THEMES: [&str; 2] = ["dark", "light"];
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];
/// The one that stands in the README, as PNG: its name, theme and size.
const README: (&str, &str, (u16, u16)) = ("overview", "dark", (120, 26));

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots")
}

fn is_asked_to(what: &str) -> bool {
    env::var_os("QUARTERDECK_SCREENSHOTS").is_some_and(|it| it == what)
}

/// Where pictures in every theme are put: no part of the project, they are looked at and thrown away.
fn looking_glass() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots")
}

fn name(view: &str, theme: &str, (columns, rows): (u16, u16)) -> String {
    format!("{view}-{theme}-{columns}x{rows}")
}

/// Pictures that have been drawn, and those of them that are not what is stored.
#[derive(Default)]
struct Gallery {
    drifted: Vec<String>,
}

impl Gallery {
    /// Draws what is on screen as `view`, in every theme and size.
    async fn draw(&mut self, voyage: &mut Voyage, view: &str) {
        if is_asked_to("look") {
            return look_at(voyage, view).await;
        }
        for theme in THEMES {
            for size in SIZES {
                self.picture(voyage, &name(view, theme, size), theme, size).await;
            }
        }
    }

    /// Compares one picture with what is stored, or stores it.
    async fn picture(&mut self, voyage: &mut Voyage, name: &str, theme: &str, size: (u16, u16)) {
        let drawn = svg(&screen(voyage, theme, size).await);
        self.keep(&format!("{name}.svg"), drawn.as_bytes(), |stored| stored == drawn.as_bytes());
    }

    /// The same for the README's.
    async fn readme(&mut self, voyage: &mut Voyage) {
        if is_asked_to("look") {
            return;
        }
        let (name, theme, size) = README;
        let drawn = png(&screen(voyage, theme, size).await);
        self.keep(&format!("{name}.png"), &drawn, |stored| is_alike(stored, &drawn));
    }

    fn keep(&mut self, name: &str, drawn: &[u8], is_so: impl Fn(&[u8]) -> bool) {
        let path = folder().join(name);
        if is_asked_to("write") {
            fs::create_dir_all(folder()).and_then(|()| fs::write(path, drawn)).expect("a folder to write to");
        } else if !fs::read(path).is_ok_and(|it| is_so(&it)) {
            self.drifted.push(name.to_owned());
        }
    }

    #[track_caller]
    fn close(self) {
        assert!(
            self.drifted.is_empty(),
            "the console no longer draws what these show: {}; look at what `{COMMAND}` changes",
            self.drifted.join(", ")
        );
    }
}

/// Draws a view in every shipped theme and size.
async fn look_at(voyage: &mut Voyage, view: &str) {
    fs::create_dir_all(looking_glass()).expect("a folder to write to");
    for theme in voyage.app.settings.themes.clone() {
        for size in SIZES {
            let drawn = png(&in_its_own_colours(screen(voyage, &theme, size).await));
            let path = looking_glass().join(name(view, &theme, size)).with_extension("png");
            fs::write(path, drawn).expect("a file to write to");
        }
    }
}

/// The cells of the console in a theme and a size.
async fn screen(voyage: &mut Voyage, theme: &str, (columns, rows): (u16, u16)) -> Buffer {
    let known = voyage.app.settings.themes.iter().position(|it| it == theme);
    voyage.app.theme = known.expect("a shipped theme");
    voyage.resize(columns, rows).await;
    voyage.cells()
}

/// Whether two PNG files show the same: processors may round the edge of a letter differently.
fn is_alike(stored: &[u8], drawn: &[u8]) -> bool {
    let (Some(stored), Some(drawn)) = (decode(stored), decode(drawn)) else { return false };
    let near = || stored.2.iter().zip(&drawn.2).all(|(one, other)| one.abs_diff(*other) <= 8);
    (stored.0, stored.1) == (drawn.0, drawn.1) && near()
}

/// Lets time pass until the rule's signal stands in the stack, and `more` seconds.
async fn pass_until(voyage: &mut Voyage, stack: &str, rule: &str, more: u64) {
    for _ in 0..900 {
        voyage.pass(1).await;
        if voyage.app.signals.iter().any(|it| it.stack.as_str() == stack && it.rule == rule) {
            return voyage.pass(more).await;
        }
    }
    panic!("no signal {rule} in {stack} within a quarter of an hour");
}

#[tokio::test]
async fn a_minute_after_the_circuit_breaker() {
    let mut voyage = Voyage::through(&["bad-deploy"]);
    let mut gallery = Gallery::default();
    pass_until(&mut voyage, "terminal", "rollout-rolled-back", 60).await;
    gallery.readme(&mut voyage).await;
    gallery.draw(&mut voyage, "overview").await;
    voyage.press("2").await;
    voyage.pass(5).await;
    gallery.draw(&mut voyage, "services").await;
    voyage.press("d").await;
    gallery.draw(&mut voyage, "describe").await;
    gallery.close();
}

#[tokio::test]
async fn more_sessions_than_the_gateways_take() {
    let mut voyage = Voyage::through(&["session-surge"]);
    let mut gallery = Gallery::default();
    voyage.press("5").await;
    pass_until(&mut voyage, "terminal", "sessions-near-limit", 240).await;
    gallery.draw(&mut voyage, "gateways").await;
    gallery.close();
}

#[tokio::test]
async fn targets_that_fail_their_health_checks() {
    let mut voyage = Voyage::through(&["unhealthy-targets"]);
    let mut gallery = Gallery::default();
    voyage.press("6").await;
    pass_until(&mut voyage, "cma", "failing-open", 60).await;
    gallery.draw(&mut voyage, "targets").await;
    gallery.close();
}

#[tokio::test]
async fn a_release_that_is_slow_in_one_region() {
    let mut voyage = Voyage::through(&["latency-regression"]);
    let mut gallery = Gallery::default();
    pass_until(&mut voyage, "mint-server", "latency-promise-broken", 60).await;
    voyage.press("n m").await;
    // Only charts on screen are read: once they all are, smaller screens have them too.
    voyage.resize(200, 60).await;
    voyage.pass(20).await;
    gallery.draw(&mut voyage, "metrics").await;
    voyage.press("t").await;
    voyage.pass(5).await;
    gallery.draw(&mut voyage, "timeline").await;
    gallery.close();
}

#[tokio::test]
async fn the_last_words_of_a_task_that_was_killed() {
    let mut voyage = Voyage::through(&["out-of-memory"]);
    let mut gallery = Gallery::default();
    pass_until(&mut voyage, "cma", "out-of-memory", 20).await;
    let signal = voyage.signal("cma", "out-of-memory").expect("the signal");
    while voyage.app.signal_cursor.is_none_or(|at| voyage.app.signals[at].subject != signal.subject) {
        voyage.press("n").await;
    }
    voyage.press("L").await;
    voyage.pass(8).await;
    gallery.draw(&mut voyage, "logs").await;
    gallery.close();
}

#[tokio::test]
async fn a_deployment_from_its_plan_to_its_verdict() {
    let mut voyage = Voyage::through(&["bad-deploy"]);
    let mut gallery = Gallery::default();
    // The scenario's own deployment of the image that crashes is undone first.
    voyage.pass_by(Duration::from_mins(12), Duration::from_secs(10)).await;
    voyage.press("2").await;
    voyage.walk_to("terminal-api").await;
    voyage.press("x d v2.15.0 enter").await;
    gallery.draw(&mut voyage, "plan").await;
    voyage.press("terminal-api enter again enter").await;
    voyage.pass(90).await;
    gallery.draw(&mut voyage, "cockpit").await;
    while voyage.verdicts.is_empty() {
        voyage.pass(5).await;
    }
    gallery.draw(&mut voyage, "verdict").await;
    for (service, then) in [("kong", Duration::from_mins(9)), ("auth-service", Duration::from_secs(30))] {
        voyage.press("esc 2").await;
        voyage.walk_to(service).await;
        voyage.press("x r").await;
        voyage.screen();
        voyage.press("y").await;
        voyage.pass_by(then, Duration::from_secs(5)).await;
    }
    voyage.press("esc O").await;
    voyage.pass(3).await;
    gallery.draw(&mut voyage, "journal").await;
    gallery.close();
}

#[tokio::test]
async fn a_gateway_that_is_drained_session_by_session() {
    let mut voyage = Voyage::begin();
    let mut gallery = Gallery::default();
    voyage.press("5").await;
    voyage.pass(30).await;
    voyage.press("x r enter").await;
    voyage.pass(1).await;
    voyage.screen();
    voyage.press("terminal-gateway-asg enter patch enter").await;
    voyage.pass_by(Duration::from_mins(50), Duration::from_secs(10)).await;
    gallery.draw(&mut voyage, "drain").await;
    gallery.close();
}

#[tokio::test]
async fn what_a_stack_costs_against_its_estimate() {
    let mut voyage = Voyage::begin();
    let mut gallery = Gallery::default();
    voyage.pass(20).await;
    voyage.press("$").await;
    voyage.pass(5).await;
    gallery.draw(&mut voyage, "costs").await;
    voyage.walk_to("tsdevstack").await;
    voyage.press("enter").await;
    voyage.pass(1).await;
    gallery.draw(&mut voyage, "cost").await;
    voyage.press("esc").await;
    voyage.walk_to("cma").await;
    voyage.press("enter").await;
    voyage.pass(1).await;
    gallery.draw(&mut voyage, "budget").await;
    gallery.close();
}

#[tokio::test]
async fn data_through_gateways_that_costs_many_times_what_it_did() {
    let mut voyage = Voyage::through(&["cost-spike"]);
    let mut gallery = Gallery::default();
    voyage.pass(20).await;
    voyage.press("$").await;
    voyage.pass(5).await;
    voyage.walk_to("tsdevstack").await;
    voyage.press("enter").await;
    voyage.pass(1).await;
    gallery.draw(&mut voyage, "spike").await;
    gallery.close();
}

#[test]
fn no_picture_is_left_over() {
    // They come one by one.
    if is_asked_to("write") {
        return;
    }
    let sized = |view: &'static str| THEMES.into_iter().flat_map(move |it| SIZES.map(|size| name(view, it, size)));
    let mut known: BTreeSet<String> = VIEWS.into_iter().flat_map(sized).collect();
    known.insert(README.0.to_owned());
    let files = fs::read_dir(folder()).expect("the folder of screenshots").map(|it| it.expect("an entry").path());
    let stored: BTreeSet<String> = files.filter_map(|it| Some(it.file_stem()?.to_str()?.to_owned())).collect();
    assert_eq!(stored, known, "write them anew with `{COMMAND}`, and remove those that are not known");
}
