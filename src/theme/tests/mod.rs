mod appearance;
mod depths;

use ratatui::style::{Color, Modifier, Style};

use crate::toml_file::TextFile;

use super::{Depth, Role, Theme, load, names};

fn theme(name: &str, depth: Depth) -> Theme {
    load(name, &[], depth).expect("shipped themes are sound")
}

#[test]
fn roles_stand_in_the_order_of_the_enum_and_have_names_of_their_own() {
    for (index, role) in Role::ALL.into_iter().enumerate() {
        assert_eq!(role as usize, index);
        assert_eq!(Role::ALL.iter().filter(|it| it.id() == role.id()).count(), 1, "{}", role.id());
    }
}

#[test]
fn a_patch_over_a_shipped_theme_changes_what_it_names() {
    let files =
        [TextFile::shipped("mine/dark.toml", "inherits = 'dark'\n[palette]\nok = '#00ff00'\n[roles]\nhint = 'ok'\n")];
    let mine = load("dark", &files, Depth::Truecolor).expect("sound");
    assert_eq!(mine.style(Role::Ok).fg, Some(Color::Rgb(0, 255, 0)));
    assert_eq!(mine.style(Role::Hint), mine.style(Role::Ok));
    assert_eq!(mine.style(Role::Warning), theme("dark", Depth::Truecolor).style(Role::Warning));
    let light = load("light", &files, Depth::Truecolor).expect("sound");
    assert_eq!(light, theme("light", Depth::Truecolor), "shipped files inherit shipped ones");
    assert_eq!(names(&files), ["dark", "light", "high-contrast", "colour-blind", "ansi", "mono"]);
}

#[test]
fn a_role_is_a_colour_or_a_table() {
    let dark = theme("dark", Depth::Truecolor);
    assert_eq!(dark.style(Role::Critical).add_modifier, Modifier::BOLD);
    assert_eq!(dark.style(Role::Selected), Style::new().bg(Color::Rgb(0x24, 0x3a, 0x5e)));
}

#[test]
fn themes_that_inherit_in_a_circle_are_refused() {
    let files =
        [("a.toml", "inherits = 'b'"), ("b.toml", "inherits = 'a'")].map(|(name, text)| TextFile::shipped(name, text));
    let faults = load("a", &files, Depth::Truecolor).expect_err("a circle");
    assert_eq!(faults[0].to_string(), "b.toml:1:12: inherits in a circle: a → b → a");
}

#[test]
fn every_role_is_documented() {
    let doc = include_str!("../../../docs/themes.md");
    let unsaid: Vec<_> = Role::ALL.into_iter().filter(|it| !doc.contains(&format!("`{}`", it.id()))).collect();
    assert_eq!(unsaid, []);
}
