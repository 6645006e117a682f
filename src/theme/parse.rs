//! A theme file: named colours and a style for each role. `docs/themes.md` documents it.

use ratatui::style::Modifier;

use crate::toml_file::{At, Reported, Table, Value, all, one_of_these, quoted};

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

/// Reads the tables of a theme file.
pub fn theme(table: &mut Table<'_>) -> Result<ThemeFile, Reported> {
    let palette = table
        .value("palette")
        .map_or(Ok(Vec::new()), |value| value.table(|table| table.entries(|(name, colour)| Ok((name, colour.get()?)))));
    let roles = table.value("roles").map_or(Ok(Vec::new()), roles);
    Ok(ThemeFile { palette: palette?, roles: roles? })
}

fn roles(value: Value<'_>) -> Result<Vec<(Role, RoleStyle)>, Reported> {
    value.table(|table| {
        let entries = table.rest();
        all(entries.into_iter().map(|(name, value)| {
            let style = role_style(value);
            let role = Role::ALL.into_iter().find(|it| it.id() == name.value);
            let role = role.ok_or_else(|| {
                let hint = one_of_these(&name.value, &Role::ALL.map(Role::id));
                table.fault_at(name.place, format!("unknown role {}", quoted(&name.value)), hint)
            });
            Ok((role?, style?))
        }))
    })
}

/// A colour alone, or a table.
fn role_style(value: Value<'_>) -> Result<RoleStyle, Reported> {
    if value.is_string() {
        return Ok(RoleStyle { fg: Some(value.get()?), ..RoleStyle::default() });
    }
    value.table(|table| {
        let (fg, bg) = (table.optional("fg"), table.optional("bg"));
        let mut modifiers = Modifier::empty();
        let flags = [
            ("bold", Modifier::BOLD),
            ("reverse", Modifier::REVERSED),
            ("underline", Modifier::UNDERLINED),
            ("dim", Modifier::DIM),
        ];
        let read: Result<Vec<_>, _> = all(flags.map(|(key, modifier)| Ok((modifier, table.optional::<bool>(key)?))));
        for (modifier, given) in read? {
            modifiers.set(modifier, given.unwrap_or_default());
        }
        Ok(RoleStyle { fg: fg?, bg: bg?, modifiers })
    })
}
