//! Theme files: the shipped ones, the user's, and what a file becomes with all it inherits.

use std::collections::BTreeMap;

use ratatui::style::{Color, Style};

use crate::toml_file::{At, Family, Fault, Member, Place, TextFile, one_of_these, quoted};

use super::{
    Depth, Role, Theme, colour,
    depth::reduce,
    parse::{RoleStyle, ThemeFile, theme},
};

/// The themes that the console carries, in the order in which they are gone through.
pub fn shipped_files() -> Vec<TextFile> {
    [
        ("themes/dark.toml", include_str!("../../themes/dark.toml")),
        ("themes/light.toml", include_str!("../../themes/light.toml")),
        ("themes/high-contrast.toml", include_str!("../../themes/high-contrast.toml")),
        ("themes/colour-blind.toml", include_str!("../../themes/colour-blind.toml")),
        ("themes/ansi.toml", include_str!("../../themes/ansi.toml")),
        ("themes/mono.toml", include_str!("../../themes/mono.toml")),
    ]
    .map(|(name, text)| TextFile::shipped(name, text))
    .to_vec()
}

/// The theme where the user has named none.
pub fn default_name(depth: Depth) -> &'static str {
    match depth {
        Depth::Truecolor | Depth::Indexed => "dark",
        Depth::Sixteen => "ansi",
        Depth::None => "mono",
    }
}

/// The names of the themes there are, the user's first.
pub fn names(users: &[TextFile]) -> Vec<String> {
    TextFile::stems(users.iter().chain(&shipped_files()))
}

/// The theme called `name` among the user's files and the shipped ones, in `depth` colours. Fails with every fault of
/// the files that it needs.
pub fn load(name: &str, users: &[TextFile], depth: Depth) -> Result<Theme, Vec<Fault>> {
    let mut styles = Family::load("theme", users, &shipped_files(), theme, name, settle)?;
    reduce(&mut styles, depth);
    Ok(Theme { styles })
}

/// Every fault of the user's files and the shipped ones.
pub fn check(users: &[TextFile]) -> Vec<Fault> {
    Family::check("theme", users, &shipped_files(), theme, settle)
}

/// A palette laid over those it inherits: each name with its colour, and the file that says so.
type Palette<'a> = BTreeMap<&'a str, (&'a str, &'a At<String>)>;

/// Lays a file (first) over all it inherits; fails with unknown colours and roles that are left out.
fn settle(lineage: &[&Member<ThemeFile>]) -> Result<[Style; Role::ALL.len()], Vec<Fault>> {
    let mut palette = Palette::new();
    let mut roles: BTreeMap<Role, (&str, &RoleStyle)> = BTreeMap::new();
    for member in lineage.iter().rev() {
        palette
            .extend(member.content.palette.iter().map(|(name, it)| (name.value.as_str(), (member.file.as_str(), it))));
        roles.extend(member.content.roles.iter().map(|(role, style)| (*role, (member.file.as_str(), style))));
    }
    let mut faults = Vec::new();
    let mut colours = BTreeMap::new();
    for (name, (file, written)) in &palette {
        match resolve(written, &BTreeMap::new()) {
            Ok(colour) => {
                colours.insert(*name, colour);
            }
            Err(fault) => {
                // Known by name all the same, so that no role that uses it is at fault too.
                colours.insert(*name, Color::Reset);
                faults.push(Fault { file: (*file).to_owned(), ..fault });
            }
        }
    }
    let mut styles = [Style::new(); Role::ALL.len()];
    let mut missing = Vec::new();
    for role in Role::ALL {
        match roles.get(&role) {
            Some((file, written)) => match style(written, &colours) {
                Ok(style) => styles[role as usize] = style,
                Err(found) => faults.extend(found.into_iter().map(|it| Fault { file: (*file).to_owned(), ..it })),
            },
            None => missing.push(quoted(role.id())),
        }
    }
    if !missing.is_empty()
        && let Some(heir) = lineage.first()
    {
        faults.push(Fault {
            hint: Some("inherits = \"dark\" brings all roles".to_owned()),
            ..Fault::at(&heir.file, Place::START, format!("no style for {}", missing.join(", ")))
        });
    }
    if faults.is_empty() { Ok(styles) } else { Err(faults) }
}

/// A style with its colours looked up; the faults have no file yet.
fn style(written: &RoleStyle, colours: &BTreeMap<&str, Color>) -> Result<Style, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut look_up = |colour: &Option<At<String>>| -> Option<Color> {
        resolve(colour.as_ref()?, colours).map_err(|fault| faults.push(fault)).ok()
    };
    let (fg, bg) = (look_up(&written.fg), look_up(&written.bg));
    if faults.is_empty() { Ok(Style { fg, bg, ..Style::new().add_modifier(written.modifiers) }) } else { Err(faults) }
}

/// A colour by its name in the palette, as `#rrggbb`, or as one of the sixteen.
fn resolve(written: &At<String>, palette: &BTreeMap<&str, Color>) -> Result<Color, Fault> {
    let word = written.value.as_str();
    let named = || colour::NAMED.iter().find(|(name, _)| *name == word).map(|(_, colour)| *colour);
    if let Some(colour) = palette.get(word).copied().or_else(|| colour::hex(word)).or_else(named) {
        return Ok(colour);
    }
    let names: Vec<_> = palette.keys().copied().chain(colour::NAMED.iter().map(|(name, _)| *name)).collect();
    let hint = if word.starts_with('#') { Some("expected #rrggbb".to_owned()) } else { one_of_these(word, &names) };
    Err(Fault { hint, ..Fault::at("", written.place, format!("unknown colour {}", quoted(word))) })
}
