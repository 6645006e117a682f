//! What a start finds in the journal: operations that a killed process left, lines that cannot be read, a file that is
//! none. The console opens on all of them.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    os::unix::process::ExitStatusExt,
};

use rustix::process::Signal;
use serde_json::json;

use crate::{terminal::pty::Terminal, verbs::Site};

/// A world with an operation in it whose process was killed.
fn with_an_operation_left(test: &str) -> Site {
    let site = Site::new(test, &["--speed", "30"]);
    site.kill_at("redeploy tsdevstack/auth-service --yes", "rolling");
    site
}

/// Goes to a service and asks to change it, once its row has been read: nothing can be done to what is not known.
fn ask_to_redeploy_kong(terminal: &mut Terminal) {
    terminal.press(b"2/kong\r");
    terminal.shows("completed");
    terminal.press(b"xr");
}

#[test]
fn the_console_takes_over_what_a_killed_process_left_and_finds_its_verdict() {
    let site = with_an_operation_left("left-behind");
    let mut terminal = site.console();
    terminal.shows("taken over");
    terminal.press(b"o");
    terminal.shows("watched again after a restart");
    terminal.shows("redeploy auth-service: succeeded");
    terminal.press(b"\x1b");
    terminal.shows("5 stacks");
    terminal.press(b"q");
    assert_eq!(terminal.end().status.code(), Some(0));
    let operation = &site.operations()[0];
    assert_eq!((&operation["verdict"], operation["calls"].as_array().map(Vec::len)), (&json!("succeeded"), Some(1)));
}

/// The console itself is killed, while what was confirmed in it rolls.
#[test]
fn what_a_killed_console_began_is_watched_on_and_nothing_is_sent_twice() {
    let site = Site::new("left-console", &["--speed", "30"]);
    let mut terminal = site.console();
    terminal.resize(200, 50);
    terminal.shows("5 stacks");
    ask_to_redeploy_kong(&mut terminal);
    terminal.shows("press y to do it");
    terminal.press(b"y");
    terminal.shows("rolling");
    terminal.signal(Signal::KILL);
    assert_eq!(terminal.end().status.signal(), Some(Signal::KILL.as_raw()));
    let [left] = site.operations().try_into().expect("one operation");
    assert_eq!(left["verdict"], json!(null), "{left:#}");
    let watched = site.run("watch --json");
    assert_eq!(watched.code, 0, "{watched:?}");
    let [operation] = site.operations().try_into().expect("one operation");
    let count = |name: &str| operation[name].as_array().map(Vec::len);
    assert_eq!((&operation["verdict"], count("calls"), count("resumed")), (&json!("succeeded"), Some(1), Some(1)));
    assert_eq!(site.run("watch").said, "", "nothing is left");
}

#[test]
fn the_first_frame_does_not_wait_for_the_journal() {
    let site = with_an_operation_left("left-locked");
    let held = File::open(site.journal()).expect("the journal");
    // Nobody can add to it meanwhile, and taking over adds a line.
    held.lock().expect("its lock");
    let mut terminal = site.console();
    terminal.shows("5 stacks");
    terminal.press(b"O");
    terminal.shows("verified");
    terminal.shows("no verdict yet");
    held.unlock().expect("let go");
    terminal.shows("taken over");
    terminal.press(b"q");
    assert_eq!(terminal.end().status.code(), Some(0));
}

#[test]
fn a_line_that_cannot_be_read_is_told_with_its_place_and_the_rest_is_taken_over() {
    let site = with_an_operation_left("left-broken");
    let mut journal = OpenOptions::new().append(true).open(site.journal()).expect("the journal");
    journal.write_all(b"this is no record\n").expect("written");
    let mut terminal = site.console();
    terminal.resize(200, 50);
    terminal.shows("! journal not readable");
    // Words that no line is broken in, however long the path is.
    terminal.shows("journal.jsonl:4:");
    terminal.shows("verify`");
    terminal.press(b"O");
    terminal.shows("✗ broken at 4");
    terminal.shows("redeploy auth-service");
    terminal.shows("✓ succeeded");
    // What is not known is warned of; nothing else is kept from being done.
    ask_to_redeploy_kong(&mut terminal);
    terminal.shows("an operation that it tells of is not known here");
    terminal.shows("press y to do it");
    terminal.press(b"\x1b");
    terminal.shows("filter");
    terminal.press(b"q");
    assert_eq!(terminal.end().status.code(), Some(0));
    let watched = site.run("watch");
    assert_eq!(watched.code, 1, "{watched:?}");
    assert!(watched.complained.contains("journal.jsonl:4: it has no sum"), "{watched:?}");
}

#[test]
fn a_journal_that_is_no_file_is_told_and_nothing_can_be_changed() {
    let site = Site::new("left-unreadable", &[]);
    fs::create_dir_all(site.journal()).expect("a folder in its place");
    let mut terminal = site.console();
    terminal.resize(200, 50);
    terminal.shows("nothing can be changed until it can be");
    terminal.shows("reactive-notebook");
    ask_to_redeploy_kong(&mut terminal);
    terminal.shows("cannot redeploy");
    terminal.shows("failed to read the journal");
    terminal.press(b"\x1b");
    terminal.hides("cannot redeploy");
    terminal.press(b"O");
    terminal.shows("Is a directory");
    terminal.press(b"q");
    assert_eq!(terminal.end().status.code(), Some(0));
}
