//! A theme file: named colours and a style for each role. `docs/themes.md` documents it.

use ratatui::style::Modifier;

use crate::toml_file::{At, Reported, Table, Value, one_of_these, quoted};

use super::Role;

/// What a theme file says, before it is laid over what it inherits.
#[derive(Debug, Clone, Default)]
pub struct ThemeFile {
    /// Name and colour, each as it stands.
    pub palette: Vec<(At<String>, At<String>)>,
    pub roles: Vec<(Role, RoleStyle)>,
}

/// A style whose colours are still names.
#[derive(Debug, Clone, Default)]
pub struct RoleStyle {
    pub fg: Option<At<String>>,
    pub bg: Option<At<String>>,
    pub modifiers: Modifier,
}

/// Reads the tables of a theme file. What is at fault is noted and left out, so that the rest can be looked at further.
#[expect(clippy::unnecessary_wraps, reason = "a family reads all its files by functions that may fail")]
pub fn theme(table: &mut Table<'_>) -> Result<ThemeFile, Reported> {
    let mut file = ThemeFile::default();
    if let Some(palette) = table.value("palette") {
        let _noted = palette.table(|table| {
            file.palette = table.rest().into_iter().filter_map(|(name, it)| Some((name, it.get().ok()?))).collect();
            Ok(())
        });
    }
    if let Some(roles) = table.value("roles") {
        let _noted = roles.table(|table| {
            for (name, value) in table.rest() {
                let style = role_style(value);
                if let Some(role) = Role::ALL.into_iter().find(|it| it.id() == name.value) {
                    file.roles.extend(style.map(|style| (role, style)));
                } else {
                    let hint = one_of_these(&name.value, &Role::ALL.map(Role::id));
                    table.fault_at(name.place, format!("unknown role {}", quoted(&name.value)), hint);
                }
            }
            Ok(())
        });
    }
    Ok(file)
}

/// A colour alone, or a table; `None` where it is neither.
fn role_style(value: Value<'_>) -> Option<RoleStyle> {
    if value.is_string() {
        return Some(RoleStyle { fg: Some(value.get().ok()?), ..RoleStyle::default() });
    }
    let mut style = None;
    let _noted = value.table(|table| {
        let (fg, bg) = (table.optional("fg").ok().flatten(), table.optional("bg").ok().flatten());
        let mut modifiers = Modifier::empty();
        let flags = [
            ("bold", Modifier::BOLD),
            ("reverse", Modifier::REVERSED),
            ("underline", Modifier::UNDERLINED),
            ("dim", Modifier::DIM),
        ];
        for (key, modifier) in flags {
            modifiers.set(modifier, table.optional::<bool>(key).ok().flatten().unwrap_or_default());
        }
        style = Some(RoleStyle { fg, bg, modifiers });
        Ok(())
    });
    style
}
