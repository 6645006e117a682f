//! Values and tables of a file being read.

use std::collections::BTreeSet;

use toml::{Spanned, de::DeTable, de::DeValue};

use super::{At, FromToml, Place, Reported, Source, all, one_of_these, quoted};

/// A value of the file.
#[derive(Debug, Clone, Copy)]
pub struct Value<'t> {
    source: &'t Source<'t>,
    inner: &'t Spanned<DeValue<'t>>,
}

impl<'t> Value<'t> {
    pub(super) fn toml(self) -> &'t DeValue<'t> {
        self.inner.get_ref()
    }

    pub fn place(self) -> Place {
        self.source.place(&self.inner.span())
    }

    /// Notes a fault of this value.
    pub fn fault(self, message: impl Into<String>, hint: Option<String>) -> Reported {
        self.source.report(self.place(), message, hint)
    }

    /// Notes that something else should stand here.
    pub fn expected(self, what: &str) -> Reported {
        self.fault(format!("expected {what}, found {}", with_article(self.toml().type_str())), None)
    }

    pub fn get<T: FromToml>(self) -> Result<T, Reported> {
        T::from_toml(self)
    }

    pub fn is_string(self) -> bool {
        self.toml().is_str()
    }

    pub fn text(self) -> Result<&'t str, Reported> {
        self.toml().as_str().ok_or_else(|| self.expected("a string"))
    }

    /// Reads a table; keys that `build` does not ask for are faults.
    pub fn table<T>(self, build: impl FnOnce(&mut Table<'t>) -> Result<T, Reported>) -> Result<T, Reported> {
        match self.toml() {
            DeValue::Table(table) => Table::read(self.source, table, self.place(), build),
            _ => Err(self.expected("a table")),
        }
    }

    /// The items of an array.
    pub fn items(self) -> Result<Vec<Value<'t>>, Reported> {
        match self.toml() {
            DeValue::Array(items) => Ok(items.iter().map(|inner| Value { source: self.source, inner }).collect()),
            _ => Err(self.expected("an array")),
        }
    }

    /// The items where it is an array; `None` for anything else.
    pub fn array(self) -> Result<Option<Vec<Value<'t>>>, Reported> {
        if self.toml().is_array() { self.items().map(Some) } else { Ok(None) }
    }

    /// One of a few words, each with what it stands for.
    pub fn one_of<T: Clone>(self, words: &[(&str, T)]) -> Result<T, Reported> {
        let word = self.text()?;
        if let Some((_, meaning)) = words.iter().find(|(it, _)| *it == word) {
            return Ok(meaning.clone());
        }
        let options: Vec<_> = words.iter().map(|(it, _)| *it).collect();
        Err(self.fault(format!("unknown value {}", quoted(word)), one_of_these(word, &options)))
    }

    /// A string with a grammar of its own; `parse` fails with the message.
    pub fn parse<T>(self, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<T, Reported> {
        parse(self.text()?).map_err(|message| self.fault(message, None))
    }
}

/// A table of the file, and the keys that have been asked for.
#[derive(Debug)]
pub struct Table<'t> {
    source: &'t Source<'t>,
    keys: &'t DeTable<'t>,
    place: Place,
    asked: BTreeSet<&'static str>,
    /// All keys have been taken by [`Table::rest`].
    open: bool,
}

impl<'t> Table<'t> {
    pub(super) fn read<T>(
        source: &'t Source<'t>,
        table: &'t DeTable<'t>,
        place: Place,
        build: impl FnOnce(&mut Table<'t>) -> Result<T, Reported>,
    ) -> Result<T, Reported> {
        let mut reading = Self { source, keys: table, place, asked: BTreeSet::new(), open: false };
        let value = build(&mut reading);
        reading.note_unknown_keys();
        value
    }

    /// Where the table begins: its heading or its brace.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Whether nothing has been found wrong with the file so far.
    pub fn is_sound(&self) -> bool {
        self.source.faults.borrow().is_empty()
    }

    /// Notes a fault of the table as a whole.
    pub fn fault(&self, message: impl Into<String>, hint: Option<String>) -> Reported {
        self.fault_at(self.place, message, hint)
    }

    /// Notes a fault at a place that an [`At`] remembers.
    pub fn fault_at(&self, place: Place, message: impl Into<String>, hint: Option<String>) -> Reported {
        self.source.report(place, message, hint)
    }

    /// The value of `key`, if it is there.
    pub fn value(&mut self, key: &'static str) -> Option<Value<'t>> {
        self.asked.insert(key);
        self.keys.get(key).map(|inner| Value { source: self.source, inner })
    }

    /// The value of `key`, or the fault that it is missing.
    pub fn required_value(&mut self, key: &'static str) -> Result<Value<'t>, Reported> {
        self.value(key).ok_or_else(|| self.fault(format!("missing key {}", quoted(key)), None))
    }

    pub fn required<T: FromToml>(&mut self, key: &'static str) -> Result<T, Reported> {
        self.required_value(key)?.get()
    }

    pub fn optional<T: FromToml>(&mut self, key: &'static str) -> Result<Option<T>, Reported> {
        self.value(key).map(Value::get).transpose()
    }

    /// An array of values or of tables (`[[key]]`); none where the key is absent.
    pub fn list<T: FromToml>(&mut self, key: &'static str) -> Result<Vec<T>, Reported> {
        Ok(self.optional(key)?.unwrap_or_default())
    }

    /// The keys not asked for so far and their values, in the order of the file, where the user names the keys.
    pub fn rest(&mut self) -> Vec<(At<String>, Value<'t>)> {
        self.open = true;
        let mut entries: Vec<_> =
            self.unasked().map(|(key, inner)| (key, Value { source: self.source, inner })).collect();
        entries.sort_by_key(|(key, _)| key.place);
        entries
    }

    /// What `read` makes of each entry that the user names, in the order of the file.
    pub fn entries<T>(
        &mut self,
        read: impl FnMut((At<String>, Value<'t>)) -> Result<T, Reported>,
    ) -> Result<Vec<T>, Reported> {
        all(self.rest().into_iter().map(read))
    }

    fn unasked(&self) -> impl Iterator<Item = (At<String>, &'t Spanned<DeValue<'t>>)> {
        let asked = self.asked.clone();
        let source = self.source;
        self.keys
            .iter()
            .filter(move |(key, _)| !asked.contains(key.get_ref().as_ref()))
            .map(move |(key, value)| (At { value: key.get_ref().to_string(), place: source.place(&key.span()) }, value))
    }

    fn note_unknown_keys(&self) {
        if self.open {
            return;
        }
        let options: Vec<_> = self.asked.iter().copied().collect();
        for (key, _) in self.unasked() {
            let hint = one_of_these(&key.value, &options);
            let _noted = self.fault_at(key.place, format!("unknown key {}", quoted(&key.value)), hint);
        }
    }
}

fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {kind}")
}
