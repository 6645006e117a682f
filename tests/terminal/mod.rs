//! The real binary in a pseudo-terminal: it starts, follows the terminal, and leaves it as it was, however it ends.

pub mod pty;

use std::env;

use pty_process::blocking::Command;
use quarterdeck::runtime::screen::Screen;
use rustix::process::Signal;

use self::pty::{Left, Terminal};
use crate::console::Home;

/// A demo in a terminal, its overview on screen.
fn demo(test: &str, variables: &[(&str, &str)], flags: &[&str]) -> Terminal {
    let home = Home::new(&format!("terminal-{test}"));
    let command = Command::new(env!("CARGO_BIN_EXE_quarterdeck"))
        .arg("demo")
        .args(flags)
        .env_clear()
        .env("HOME", home.path())
        .env("TERM", "xterm-256color")
        .envs(variables.iter().copied());
    let mut terminal = Terminal::start(command);
    terminal.shows("reactive-notebook");
    terminal
}

/// Fails unless the terminal is as a shell left it.
#[track_caller]
fn is_restored(left: &Left) {
    assert!(!left.screen.alternate_screen(), "the alternate screen is not left");
    assert!(!left.screen.hide_cursor(), "the cursor is hidden");
    assert!(!left.screen.bracketed_paste(), "pastes are still bracketed");
    assert!(left.cooked, "the terminal is still raw");
    let count = |code: &str| left.bytes.windows(code.len()).filter(|it| *it == code.as_bytes()).count();
    assert!(count("\x1b[?2026h") <= count("\x1b[?2026l"), "a synchronized update is left open");
}

/// The parameters of every SGR sequence in what was written.
fn styles(bytes: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(bytes);
    let sequences = text.split("\x1b[").skip(1).filter_map(|it| {
        let end = it.find(|letter: char| !letter.is_ascii_digit() && !matches!(letter, ';' | ':'))?;
        it[end..].starts_with('m').then(|| it[..end].to_owned())
    });
    sequences.flat_map(|it| it.split([';', ':']).map(|code| code.parse().unwrap_or(0)).collect::<Vec<_>>()).collect()
}

#[test]
fn a_demo_is_drawn_on_the_alternate_screen_and_q_leaves_it() {
    let mut terminal = demo("quit", &[], &[]);
    terminal.shows("fresh");
    let screen = terminal.screen();
    assert!(screen.alternate_screen() && screen.bracketed_paste() && screen.hide_cursor());
    terminal.press(b"q");
    let left = terminal.end();
    assert_eq!(left.status.code(), Some(0));
    is_restored(&left);
}

#[test]
fn the_screen_follows_the_terminals_size() {
    let mut terminal = demo("resize", &[], &[]);
    terminal.resize(120, 40);
    terminal.shows("5 stacks in 4 scopes");
    terminal.resize(40, 6);
    terminal.shows("needs 60×12 cells");
    terminal.resize(80, 24);
    terminal.shows("tsdevstack");
    terminal.press(b"q");
    is_restored(&terminal.end());
}

#[test]
fn ctrl_c_and_signals_end_it_with_the_terminal_restored() {
    let terminal = demo("ctrl-c", &[], &[]);
    terminal.press(b"\x03");
    let left = terminal.end();
    assert_eq!(left.status.code(), Some(0));
    is_restored(&left);
    for (test, signal) in [("term", Signal::TERM), ("hup", Signal::HUP), ("int", Signal::INT)] {
        let terminal = demo(test, &[], &[]);
        terminal.signal(signal);
        let left = terminal.end();
        assert!(left.status.code().is_some(), "{test} kills it: {:?}", left.status);
        is_restored(&left);
    }
}

#[test]
fn pasted_keys_command_nothing() {
    let mut terminal = demo("paste", &[], &[]);
    terminal.press(b"\x1b[200~q2:quit\r\x1b[201~");
    terminal.press(b"/");
    terminal.press(b"\x1b[200~mint\x1b[201~");
    terminal.shows(" / mint");
    terminal.shows("/mint hides 4");
    terminal.press(b"\x1b");
    terminal.shows("reactive-notebook");
    terminal.press(b"q");
    is_restored(&terminal.end());
}

#[test]
fn with_no_color_there_is_no_colour_but_what_matters_stands_out() {
    let terminal = demo("no-color", &[("NO_COLOR", "1"), ("COLORTERM", "truecolor")], &[]);
    terminal.press(b"T");
    terminal.press(b"q");
    let left = terminal.end();
    let styles = styles(&left.bytes);
    let colours: Vec<_> = styles.iter().filter(|it| matches!(it, 30..=49 | 90..=107)).collect();
    assert_eq!(colours, Vec::<&u16>::new());
    assert!(styles.contains(&1) && styles.contains(&7), "neither bold nor reverse in {styles:?}");
}

#[test]
fn a_colour_depth_that_is_asked_for_goes_before_no_color() {
    let terminal = demo("color", &[("NO_COLOR", "1")], &["--color", "256", "--theme", "dark"]);
    terminal.press(b"q");
    assert!(styles(&terminal.end().bytes).contains(&38));
}

/// Not a test by itself: what [`a_panic_gives_the_terminal_back_before_it_is_told`] runs in a terminal.
#[test]
#[ignore = "takes the terminal over"]
#[should_panic(expected = "the ship has sprung a leak")]
fn panicking() {
    let _screen = Screen::enter().expect("a terminal");
    panic!("the ship has sprung a leak");
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_is_told() {
    let command = Command::new(env::current_exe().expect("this program"))
        .args(["terminal::panicking", "--exact", "--ignored", "--nocapture"])
        .env("TERM", "xterm-256color");
    let mut terminal = Terminal::start(command);
    terminal.shows("the ship has sprung a leak");
    let left = terminal.end();
    is_restored(&left);
    let text = String::from_utf8_lossy(&left.bytes);
    let (entered, back) = (text.find("\x1b[?1049h"), text.find("\x1b[?1049l"));
    let told = text.find("the ship has sprung a leak");
    assert!(entered.is_some() && entered < back && back < told, "{entered:?} {back:?} {told:?}");
}
