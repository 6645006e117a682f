//! Files of one kind that inherit from one another by name, as themes and keymaps do.
//!
//! The user's files come before the shipped ones and win by name. A user's file that inherits its own name means the
//! shipped one: `dark` may be a patch over `dark`. Shipped files inherit from shipped ones only, so that a patch of
//! the user's changes nothing but what it is called.

use super::{At, Fault, Reported, Table, TextFile, one_of_these, quoted, read};

/// A file that has been read, and whom it inherits from.
#[derive(Debug)]
pub struct Member<T> {
    pub name: String,
    pub file: String,
    is_shipped: bool,
    pub inherits: Option<At<String>>,
    pub content: T,
}

/// All files of a kind, in the order of precedence.
#[derive(Debug)]
pub struct Family<T> {
    /// What its members are called in messages: `theme`, `keymap`.
    kind: &'static str,
    members: Vec<Member<T>>,
    /// Names of files that have faults of their own.
    faulty: Vec<String>,
}

impl<T> Family<T> {
    /// The file called `name`, laid over all it inherits by `settle` (which is given the lineage, itself first). Fails
    /// with every fault of every file of the user's, also of those that it does not need.
    pub fn load<S>(
        kind: &'static str,
        users: &[TextFile],
        shipped: &[TextFile],
        build: impl Fn(&mut Table<'_>) -> Result<T, Reported>,
        name: &str,
        settle: impl Fn(&[&Member<T>]) -> Result<S, Vec<Fault>>,
    ) -> Result<S, Vec<Fault>> {
        let (family, faults) = Self::read(kind, users, shipped, build);
        if !faults.is_empty() {
            return Err(faults);
        }
        let lineage = family.lineage(name).map_err(|fault| vec![fault])?;
        settle(&lineage)
    }

    /// Every fault of every file, alone and with what it inherits; each told once, where its file stands.
    pub fn check<S>(
        kind: &'static str,
        users: &[TextFile],
        shipped: &[TextFile],
        build: impl Fn(&mut Table<'_>) -> Result<T, Reported>,
        settle: impl Fn(&[&Member<T>]) -> Result<S, Vec<Fault>>,
    ) -> Vec<Fault> {
        let (family, mut faults) = Self::read(kind, users, shipped, build);
        for (index, member) in family.members.iter().enumerate() {
            let settled = family.lineage_of(index).map_err(|fault| vec![fault]).and_then(|lineage| settle(&lineage));
            let found = settled.err().unwrap_or_default();
            // What a file inherits is told where that file is looked at.
            faults.extend(found.into_iter().filter(|fault| fault.file == member.file));
        }
        faults.sort_by(|one, other| (&one.file, one.place).cmp(&(&other.file, other.place)));
        faults
    }

    /// Reads every file with `build`, which need not look at the key `inherits`; and all faults of all files.
    fn read(
        kind: &'static str,
        users: &[TextFile],
        shipped: &[TextFile],
        build: impl Fn(&mut Table<'_>) -> Result<T, Reported>,
    ) -> (Self, Vec<Fault>) {
        let mut family = Self { kind, members: Vec::new(), faulty: Vec::new() };
        let mut faults = Vec::new();
        for (index, file) in users.iter().chain(shipped).enumerate() {
            let is_shipped = index >= users.len();
            let member = read(&file.name, &file.text, |table| {
                let inherits = table.optional("inherits");
                let content = build(table);
                let name = file.stem().to_owned();
                Ok(Member { name, file: file.name.clone(), is_shipped, inherits: inherits?, content: content? })
            });
            match member {
                Ok(member) => family.members.push(member),
                Err(mut found) => {
                    family.faulty.push(file.stem().to_owned());
                    faults.append(&mut found);
                }
            }
        }
        (family, faults)
    }

    /// The member called `name` and all it inherits from, itself first. Fails where one of them is unknown or has
    /// faults of its own, or where they inherit in a circle.
    fn lineage(&self, name: &str) -> Result<Vec<&Member<T>>, Fault> {
        let first = self.members.iter().position(|it| it.name == name);
        first.ok_or_else(|| self.unknown(name, None)).and_then(|first| self.lineage_of(first))
    }

    /// The same for the member at `index`.
    fn lineage_of(&self, index: usize) -> Result<Vec<&Member<T>>, Fault> {
        let mut line = vec![index];
        let mut heir = &self.members[index];
        while let Some(parent) = &heir.inherits {
            let only_shipped = heir.is_shipped || heir.name == parent.value;
            let fits = |it: &Member<T>| it.name == parent.value && (it.is_shipped || !only_shipped);
            let next =
                self.members.iter().position(fits).ok_or_else(|| self.unknown(&parent.value, Some((heir, parent))))?;
            if line.contains(&next) {
                let names: Vec<_> = line.iter().chain([&next]).map(|it| self.members[*it].name.as_str()).collect();
                return Err(Fault::at(
                    &heir.file,
                    parent.place,
                    format!("inherits in a circle: {}", names.join(" → ")),
                ));
            }
            line.push(next);
            heir = &self.members[next];
        }
        Ok(line.into_iter().map(|it| &self.members[it]).collect())
    }

    fn unknown(&self, name: &str, heir: Option<(&Member<T>, &At<String>)>) -> Fault {
        let own_name = heir.is_some_and(|(heir, _)| heir.name == name);
        let (message, hint) = if own_name {
            (format!("no shipped {} is called {}", self.kind, quoted(name)), None)
        } else if self.faulty.iter().any(|it| it == name) {
            (format!("{} {} has faults of its own", self.kind, quoted(name)), None)
        } else {
            let names: Vec<_> = self.members.iter().map(|it| it.name.as_str()).collect();
            (format!("unknown {} {}", self.kind, quoted(name)), one_of_these(name, &names))
        };
        match heir {
            Some((heir, parent)) => Fault { hint, ..Fault::at(&heir.file, parent.place, message) },
            None => Fault { hint, ..Fault::of_file(self.kind, message) },
        }
    }
}
