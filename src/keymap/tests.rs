use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use proptest::prelude::*;

use crate::{
    command::{COMMANDS, Command, Context, ViewName},
    toml_file::TextFile,
};

use super::{Chord, Keymap, Pending, Press, chord::parse_sequence, load, names};

const TABLE: [Context; 2] = [Context::Table, Context::Global];
const TEXT: [Context; 2] = [Context::Text, Context::Global];

fn keymap(name: &str) -> Keymap {
    load(name, &[]).expect("shipped keymaps are sound")
}

fn patched(text: &'static str) -> Result<Keymap, Vec<String>> {
    load("mine", &[TextFile::shipped("mine.toml", text)])
        .map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> KeyEvent {
    KeyEvent::new(code, modifiers)
}

fn typed(single: char) -> KeyEvent {
    key(KeyCode::Char(single), KeyModifiers::NONE)
}

fn presses(keymap: &Keymap, contexts: &[Context], keys: &str) -> Vec<Press> {
    let mut pending = Pending::default();
    keys.chars().map(|it| keymap.press(&mut pending, contexts, typed(it))).collect()
}

#[test]
fn the_default_binds_every_command() {
    let keymap = keymap("default");
    let unbound: Vec<_> =
        COMMANDS.iter().filter(|it| keymap.chords(it.command, &Context::ALL).is_empty()).map(|it| it.id).collect();
    // A stack is opened from the overview; it needs one to be of.
    let in_the_menu = |id: &str| Command::from_id(id).is_some_and(|it| matches!(it, Command::Do(_)));
    // No key hides a signal by a slip of the finger.
    let of_the_palette = |id: &str| ["mute", "unmute"].contains(&id);
    assert!(unbound.iter().all(|it| *it == "stack" || in_the_menu(it) || of_the_palette(it)), "{unbound:?}");
}

#[test]
fn the_default_leaves_writes_and_terminal_keys_alone() {
    let keymap = keymap("default");
    let shown: Vec<_> = COMMANDS.iter().flat_map(|it| keymap.chords(it.command, &Context::ALL)).collect();
    for free in ["ctrl-d", "ctrl-k", "ctrl-a", "ctrl-b", "ctrl-z", "ctrl-s", "ctrl-q", "ctrl-l"] {
        assert!(!shown.iter().any(|it| it.split(' ').next() == Some(free)), "{free} is bound");
    }
}

#[test]
fn the_innermost_context_wins() {
    let keymap = keymap("default");
    assert_eq!(presses(&keymap, &TABLE, " "), [Press::Command(Command::Mark)]);
    assert_eq!(presses(&keymap, &TEXT, " "), [Press::Command(Command::PageDown)]);
    assert_eq!(presses(&keymap, &TEXT, "/"), [Press::Nothing]);
    assert_eq!(presses(&keymap, &TEXT, "4"), [Press::Command(Command::View(ViewName::Deployments))]);
}

#[test]
fn sequences_wait_for_their_end_and_a_wrong_key_ends_them() {
    let vim = keymap("vim");
    assert_eq!(presses(&vim, &TABLE, "gg"), [Press::Pending, Press::Command(Command::Top)]);
    assert_eq!(presses(&vim, &TABLE, "gjj"), [Press::Pending, Press::Nothing, Press::Command(Command::Down)]);
    let mut pending = Pending::default();
    assert_eq!(vim.press(&mut pending, &TABLE, typed('Z')), Press::Pending);
    assert!(!pending.is_empty());
    let mut release = typed('Z');
    release.kind = KeyEventKind::Release;
    assert_eq!(vim.press(&mut pending, &TABLE, release), Press::Nothing);
    assert_eq!(vim.press(&mut pending, &TABLE, typed('Z')), Press::Command(Command::Quit), "a release ends nothing");
    assert!(pending.is_empty());
}

#[test]
fn chords_are_looked_up_shortest_first() {
    assert_eq!(keymap("default").chords(Command::Quit, &Context::OF_TABLE), ["q", "ctrl-c"]);
    assert_eq!(keymap("default").chords(Command::Top, &Context::OF_TABLE), ["g", "home"]);
    assert_eq!(keymap("vim").chords(Command::Top, &Context::OF_TABLE), ["home", "g g"]);
}

#[test]
fn a_patch_adds_replaces_and_takes_away() {
    let mine =
        patched("inherits = 'default'\n[global]\nq = 'none'\n'ctrl-t' = 'next-theme'\nT = 'tasks'\n").expect("sound");
    assert_eq!(mine.chords(Command::Quit, &Context::OF_TABLE), ["ctrl-c"]);
    assert_eq!(mine.chords(Command::NextTheme, &Context::OF_TABLE), ["ctrl-t"]);
    assert_eq!(mine.chords(Command::View(ViewName::Tasks), &Context::OF_TABLE), ["3", "T"]);
}

#[test]
fn a_file_of_the_users_may_patch_the_shipped_one_of_its_own_name() {
    let files = [TextFile::shipped("default.toml", "inherits = 'default'\n[global]\n'0' = 'api'\n")];
    let keymap = load("default", &files).expect("sound");
    assert_eq!(keymap.chords(Command::View(ViewName::Api), &Context::OF_TABLE), ["0", "9"]);
    assert_eq!(names(&files), ["default", "vim", "e1s", "emacs"]);
    let vim = load("vim", &files).expect("sound");
    assert_eq!(
        vim.chords(Command::View(ViewName::Api), &Context::OF_TABLE),
        ["9"],
        "shipped files inherit shipped ones"
    );
}

#[test]
fn an_unknown_keymap_is_named_with_what_there_is() {
    let faults = load("vmi", &[]).expect_err("unknown");
    assert_eq!(faults[0].to_string(), r#"keymap: unknown keymap "vmi" (did you mean "vim"?)"#);
}

#[test]
fn what_terminals_report_differently_is_one_chord() {
    let none = KeyModifiers::NONE;
    let shift = KeyModifiers::SHIFT;
    let ctrl = KeyModifiers::CONTROL;
    for (event, shown) in [
        (key(KeyCode::Char('G'), shift), "G"),
        (key(KeyCode::Char('g'), shift), "G"),
        (key(KeyCode::Char('G'), none), "G"),
        (key(KeyCode::Char('?'), shift), "?"),
        (key(KeyCode::Char('R'), ctrl | shift), "ctrl-r"),
        (key(KeyCode::Char('4'), ctrl), "ctrl-\\"),
        (key(KeyCode::BackTab, shift), "shift-tab"),
        (key(KeyCode::BackTab, none), "shift-tab"),
        (key(KeyCode::Char(' '), none), "space"),
        (key(KeyCode::F(12), none), "F12"),
        (key(KeyCode::Char('<'), KeyModifiers::ALT), "alt-<"),
    ] {
        assert_eq!(Chord::from_event(event).map(|it| it.to_string()).as_deref(), Some(shown), "{event:?}");
    }
    assert_eq!(Chord::from_event(key(KeyCode::Char('q'), KeyModifiers::SUPER)), None);
    assert_eq!(Chord::from_event(key(KeyCode::CapsLock, none)), None);
}

#[test]
fn spellings_of_one_chord_are_one_chord() {
    let shown = |text: &str| Chord::parse(text).map(|it| it.to_string());
    assert_eq!(shown("shift-g"), Ok("G".to_owned()));
    assert_eq!(shown("pageup"), Ok("pgup".to_owned()));
    assert_eq!(shown("f5"), Ok("F5".to_owned()));
    assert_eq!(shown("alt--"), Ok("alt--".to_owned()));
    assert_eq!(shown("-"), Ok("-".to_owned()));
}

#[test]
fn sequences_print_as_they_are_parsed() {
    let chords = parse_sequence("ctrl-x  ctrl-c").expect("a sequence");
    assert_eq!(super::chord::sequence(&chords), "ctrl-x ctrl-c");
    assert!(parse_sequence(" ").is_err());
}

/// Few enough to try them all: every printable character and named key under every set of modifiers.
#[test]
fn what_is_printed_is_parsed_back() {
    let modifiers = ["", "ctrl-", "alt-", "shift-", "ctrl-alt-", "ctrl-shift-", "alt-shift-", "shift-alt-ctrl-"];
    let names = ["F1", "F12", "space", "tab", "backspace", "up", "esc", "enter", "home", "pgdn"].map(str::to_owned);
    let keys: Vec<_> = ('!'..='~').chain(['é', 'ß', 'İ']).map(String::from).chain(names).collect();
    let texts = modifiers.iter().flat_map(|held| keys.iter().map(move |key| format!("{held}{key}")));
    let chords: Vec<_> = texts.filter_map(|text| Some((Chord::parse(&text).ok()?, text))).collect();
    assert!(chords.len() > 250, "{} can be typed", chords.len());
    for (chord, text) in chords {
        assert_eq!(Chord::parse(&chord.to_string()), Ok(chord), "{text}");
        assert_eq!(Chord::from_event(KeyEvent::from(chord)), Some(chord), "{text}");
    }
}

proptest! {
    #[test]
    fn a_key_that_is_typed_is_the_chord_that_is_written(single in "[!-~é]") {
        let event = key(KeyCode::Char(single.chars().next().unwrap_or('a')), KeyModifiers::NONE);
        prop_assert_eq!(Chord::from_event(event).map(Ok), Some(Chord::parse(&single)));
    }
}

#[test]
fn every_chord_of_the_shipped_keymaps_is_itself_when_pressed() {
    for name in names(&[]) {
        let keymap = keymap(&name);
        for shown in COMMANDS.iter().flat_map(|it| keymap.chords(it.command, &Context::ALL)) {
            for chord in parse_sequence(&shown).expect("what is shown is a sequence") {
                assert_eq!(Chord::from_event(KeyEvent::from(chord)), Some(chord), "{chord} of {name}");
            }
        }
    }
}
