use proptest::prelude::*;
use ratatui::style::{Color, Modifier};

use super::{
    super::{ColourChoice, Depth, Role, Terminal, colour, default_name, names},
    theme,
};

#[test]
fn the_environment_tells_how_many_colours_there_are() {
    let auto = |term, colorterm, no_color| {
        Depth::decide(ColourChoice::Auto, Terminal { term: Some(term), colorterm, no_color })
    };
    assert_eq!(auto("xterm-256color", Some("truecolor"), None), Depth::Truecolor);
    assert_eq!(auto("xterm-256color", Some("24bit"), Some("")), Depth::Truecolor, "an empty NO_COLOR says nothing");
    assert_eq!(auto("xterm-256color", None, None), Depth::Indexed, "SSH does not forward COLORTERM");
    assert_eq!(auto("xterm-direct", None, None), Depth::Truecolor);
    assert_eq!(auto("xterm-kitty", None, None), Depth::Indexed);
    assert_eq!(auto("linux", None, None), Depth::Sixteen);
    assert_eq!(auto("rxvt-16color", None, None), Depth::Sixteen);
    assert_eq!(auto("dumb", Some("truecolor"), None), Depth::None);
    assert_eq!(auto("xterm-256color", Some("truecolor"), Some("1")), Depth::None);
    assert_eq!(Depth::decide(ColourChoice::Auto, Terminal::default()), Depth::Sixteen);
}

#[test]
fn the_users_word_goes_before_the_environment() {
    let terminal = Terminal { term: Some("dumb"), colorterm: None, no_color: Some("1") };
    assert_eq!(Depth::decide(ColourChoice::Fixed(Depth::Truecolor), terminal), Depth::Truecolor);
}

#[test]
fn without_colours_no_style_has_any_and_the_selection_is_reversed() {
    for name in names(&[]) {
        let theme = theme(&name, Depth::None);
        for role in Role::ALL {
            let style = theme.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{} of {name}", role.id());
        }
        assert!(theme.style(Role::Selected).add_modifier.contains(Modifier::REVERSED), "{name}");
        assert!(theme.style(Role::Critical).add_modifier.contains(Modifier::BOLD), "{name}");
    }
}

#[test]
fn mono_has_no_colours_at_any_depth() {
    assert_eq!(theme("mono", Depth::Truecolor).styles, theme("mono", Depth::None).styles);
}

#[test]
fn ansi_has_the_sixteen_colours_at_any_depth() {
    let rich = theme("ansi", Depth::Truecolor);
    for role in Role::ALL {
        for colour in [rich.style(role).fg, rich.style(role).bg].into_iter().flatten() {
            assert!(!matches!(colour, Color::Rgb(..) | Color::Indexed(_)), "{}", role.id());
        }
    }
    assert_eq!(rich.styles, theme("ansi", Depth::Sixteen).styles);
}

#[test]
fn no_theme_asks_for_more_colours_than_there_are() {
    for name in names(&[]) {
        for role in Role::ALL {
            for (depth, style) in [Depth::Indexed, Depth::Sixteen].map(|it| (it, theme(&name, it).style(role))) {
                for colour in [style.fg, style.bg].into_iter().flatten() {
                    assert!(!matches!(colour, Color::Rgb(..)), "{name} {} {depth:?}", role.id());
                    assert!(depth == Depth::Indexed || !matches!(colour, Color::Indexed(_)), "{name} {}", role.id());
                }
            }
        }
    }
}

#[test]
fn states_keep_their_hue_and_the_selection_is_seen_in_sixteen_colours() {
    for name in ["dark", "high-contrast"] {
        let theme = theme(name, Depth::Sixteen);
        let hue = |role| theme.style(role).fg;
        assert_eq!(hue(Role::Ok), Some(Color::LightGreen), "{name}");
        assert_eq!(hue(Role::Warning), Some(Color::LightYellow), "{name}");
        assert_eq!(hue(Role::Critical), Some(Color::LightRed), "{name}");
        assert_eq!(hue(Role::Progress), Some(Color::LightBlue), "{name}");
        assert_eq!(theme.style(Role::Text).bg, Some(Color::Black), "{name}");
        let selected = theme.style(Role::Selected);
        assert!(selected.bg != Some(Color::Black) || selected.add_modifier.contains(Modifier::REVERSED), "{name}");
    }
}

#[test]
fn the_default_suits_the_terminal() {
    let defaults = [Depth::Truecolor, Depth::Indexed, Depth::Sixteen, Depth::None].map(default_name);
    assert_eq!(defaults, ["dark", "dark", "ansi", "mono"]);
}

#[test]
fn colours_of_the_cube_and_greys_stay_what_they_are() {
    assert_eq!(colour::to_256(Color::Rgb(0xd7, 0x5f, 0x00)), Color::Indexed(166));
    assert_eq!(colour::to_256(Color::Rgb(0x80, 0x80, 0x80)), Color::Indexed(244));
    assert_eq!(colour::to_256(Color::Rgb(0, 0, 0)), Color::Indexed(16));
    assert_eq!(colour::to_256(Color::Rgb(255, 255, 255)), Color::Indexed(231));
    assert_eq!(colour::to_256(Color::Red), Color::Red);
}

proptest! {
    #[test]
    fn every_colour_has_a_nearest_among_the_fixed_ones(red: u8, green: u8, blue: u8) {
        let nearest = colour::to_256(Color::Rgb(red, green, blue));
        prop_assert!(matches!(nearest, Color::Indexed(16..)));
        prop_assert!(!matches!(colour::to_16(Color::Rgb(red, green, blue)), Color::Rgb(..) | Color::Indexed(_)));
    }
}
