//! A keymap file: sections by context, each with `"chord" = "command"`. `docs/keymaps.md` documents it.

use std::collections::BTreeMap;

use crate::{
    command::{COMMANDS, Command, Context},
    toml_file::{At, Place, Reported, Table, Value, one_of_these, quoted},
};

use super::chord::{Chord, parse_sequence};

/// The word that takes a binding away.
const UNBIND: &str = "none";

/// One line of a keymap file.
#[derive(Debug, Clone)]
pub struct Binding {
    pub context: Context,
    pub chords: Vec<Chord>,
    /// `None` takes away what the file inherits.
    pub command: Option<Command>,
    pub place: Place,
}

/// Reads the sections of a keymap file. A line at fault is noted and left out, so that what is wrong between the others
/// shows beside it.
pub fn bindings(table: &mut Table<'_>) -> Vec<Binding> {
    let mut bindings = Vec::new();
    for context in Context::ALL {
        if let Some(Ok(found)) = table.value(context.id()).map(|value| section(value, context)) {
            bindings.extend(found);
        }
    }
    bindings
}

fn section(value: Value<'_>, context: Context) -> Result<Vec<Binding>, Reported> {
    value.table(|table| {
        let mut known: BTreeMap<Vec<Chord>, At<String>> = BTreeMap::new();
        let mut found = Vec::new();
        for (chord, value) in table.rest() {
            let command = command(value, context);
            let chords = parse_sequence(&chord.value).map_err(|message| table.fault_at(chord.place, message, None));
            if let Ok(chords) = &chords
                && let Some(first) = known.insert(chords.clone(), chord.clone())
            {
                let (this, first, line) = (quoted(&chord.value), quoted(&first.value), first.place.line);
                table.fault_at(chord.place, format!("{this} is bound twice: it is {first} of line {line}"), None);
            }
            let place = chord.place;
            found.push(chords.and_then(|chords| Ok(Binding { context, chords, command: command?, place })));
        }
        Ok(found.into_iter().filter_map(Result::ok).collect())
    })
}

fn command(value: Value<'_>, context: Context) -> Result<Option<Command>, Reported> {
    let id = value.text()?;
    if id == UNBIND {
        return Ok(None);
    }
    let Some(command) = Command::from_id(id) else {
        let ids: Vec<_> = COMMANDS.iter().map(|it| it.id).collect();
        return Err(value.fault(format!("unknown command {}", quoted(id)), one_of_these(id, &ids)));
    };
    let home = command.entry().context;
    if home != Context::Global && home != context {
        let hint = format!("move it to [{}]", home.id());
        return Err(value.fault(format!("{} does nothing in [{}]", quoted(id), context.id()), Some(hint)));
    }
    Ok(Some(command))
}
