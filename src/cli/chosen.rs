//! What of the user's files and the shipped ones is used: stacks, keymap, themes, colours.
//!
//! Invariant: what the user names has to be sound, or the command ends with its faults; what merely lies in the user's
//! folder is done without, and told.

use std::path::Path;

use super::{Context, Failure, args::Color};
use crate::{
    domain::text::SafeText,
    keymap,
    stack::model::Stack,
    theme::{self, ColourChoice, Depth, Terminal, Theme},
    toml_file::{Fault, TextFile},
};

/// The stacks named by `--stack`, or all where none is. A name that is not found may be in one of the files `left_out`.
pub fn only(stacks: Vec<Stack>, names: &[String], left_out: &[Fault]) -> Result<Vec<Stack>, Failure> {
    let known = |name: &String| stacks.iter().any(|stack| stack.name.as_str() == name);
    if let Some(unknown) = names.iter().find(|name| !known(name)) {
        let options: Vec<&str> = stacks.iter().map(|stack| stack.name.as_str()).collect();
        let hint =
            crate::toml_file::one_of_these(unknown, &options).map_or_else(String::new, |hint| format!(" ({hint})"));
        return Err(Failure::usage(format!("there is no stack {unknown:?}{hint}")).with(left_out));
    }
    let named = |stack: &Stack| names.is_empty() || names.iter().any(|name| stack.name.as_str() == name);
    Ok(stacks.into_iter().filter(named).collect())
}

/// The keymap that flag or configuration name; else the default, in the user's words where those are sound.
pub fn keymap(context: &Context) -> Result<keymap::Keymap, Failure> {
    let given = context.global.keymap.clone().or_else(|| context.config.keymap.clone());
    let (name, users) = named_files(given.as_deref().unwrap_or("default"), context, &context.folder.keymaps())?;
    let loaded = match given {
        Some(_) => keymap::load(&name, &users),
        None => keymap::load(&name, &users).or_else(|_| keymap::load(&name, &[])),
    };
    loaded.map_err(|faults| Failure::faults(&faults))
}

/// Faults of keymaps and themes that merely lie in the user's folder: the console starts without those files.
pub fn left_out(context: &Context) -> Vec<Fault> {
    if context.global.demo {
        return Vec::new();
    }
    let (keymaps, mut faults) = TextFile::folder(&context.folder.keymaps());
    faults.extend(keymap::check(&keymaps));
    let (themes, unreadable) = TextFile::folder(&context.folder.themes());
    faults.extend(unreadable);
    faults.extend(theme::check(&themes));
    faults
}

pub fn told(fault: &Fault) -> SafeText {
    SafeText::new(&fault.to_string())
}

/// How many colours to use, as flags and environment say.
pub fn depth(context: &Context) -> Depth {
    let variable = |name: &str| std::env::var(name).ok();
    let (colorterm, term, no_color) = (variable("COLORTERM"), variable("TERM"), variable("NO_COLOR"));
    let terminal = Terminal { colorterm: colorterm.as_deref(), term: term.as_deref(), no_color: no_color.as_deref() };
    Depth::decide(choice(context.global.color), terminal)
}

/// The names of the themes there are, and the themes; the one asked for first. Those at fault are left out where nobody
/// names them, a shipped one of their name taking their place.
pub fn themes(context: &Context, depth: Depth) -> Result<(Vec<String>, Vec<Theme>), Failure> {
    let given = context.global.theme.clone().or_else(|| context.config.theme.clone());
    let first = given.as_deref().unwrap_or(theme::default_name(depth));
    let (first, users) = named_files(first, context, &context.folder.themes())?;
    if given.is_some() {
        theme::load(&first, &users, depth).map_err(|faults| Failure::faults(&faults))?;
    }
    let others = theme::names(&users).into_iter().filter(|name| *name != first);
    let names = std::iter::once(first.clone()).chain(others);
    let load = |name: String| {
        let loaded = theme::load(&name, &users, depth).or_else(|_| theme::load(&name, &[], depth));
        loaded.ok().map(|theme| (name, theme))
    };
    Ok(names.filter_map(load).unzip())
}

/// The name to load and the user's files to load it from; a path to a file adds that file to them.
fn named_files(given: &str, context: &Context, folder: &Path) -> Result<(String, Vec<TextFile>), Failure> {
    let (mut users, _) = if context.global.demo { Default::default() } else { TextFile::folder(folder) };
    if Path::new(given).extension().is_none_or(|it| it != "toml") {
        return Ok((given.to_owned(), users));
    }
    let file = TextFile::read(Path::new(given)).map_err(|fault| Failure::faults(&[fault]))?;
    let name = file.stem().to_owned();
    users.insert(0, file);
    Ok((name, users))
}

fn choice(color: Color) -> ColourChoice {
    match color {
        Color::Auto => ColourChoice::Auto,
        Color::Truecolor => ColourChoice::Fixed(Depth::Truecolor),
        Color::Indexed => ColourChoice::Fixed(Depth::Indexed),
        Color::Ansi => ColourChoice::Fixed(Depth::Sixteen),
        Color::None => ColourChoice::Fixed(Depth::None),
    }
}
