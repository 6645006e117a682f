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
    /// Faults of the file by itself: it can be looked at further, but not used.
    faults: Vec<Fault>,
}

/// All files of a kind, in the order of precedence.
#[derive(Debug)]
pub struct Family<T> {
    /// What its members are called in messages: `theme`, `keymap`.
    kind: &'static str,
    members: Vec<Member<T>>,
    /// Names of files of which nothing could be made, and why.
    broken: Vec<(String, Vec<Fault>)>,
}

impl<T> Family<T> {
    /// The file called `name`, laid over all it inherits by `settle` (which is given the lineage, itself first). Fails
    /// with every fault of the files that it needs; the faults of others are nothing to it.
    pub fn load<S>(
        kind: &'static str,
        users: &[TextFile],
        shipped: &[TextFile],
        build: impl Fn(&mut Table<'_>) -> Result<T, Reported>,
        name: &str,
        settle: impl Fn(&[&Member<T>]) -> Result<S, Vec<Fault>>,
    ) -> Result<S, Vec<Fault>> {
        let family = Self::read(kind, users, shipped, build);
        if let Some((_, faults)) = family.broken.iter().find(|(broken, _)| broken == name) {
            return Err(faults.clone());
        }
        let lineage = family.lineage(name)?;
        let mut faults: Vec<Fault> = lineage.iter().flat_map(|it| it.faults.iter().cloned()).collect();
        match settle(&lineage) {
            Ok(settled) if faults.is_empty() => Ok(settled),
            Ok(_) => Err(faults),
            Err(found) => {
                faults.extend(found);
                Err(faults)
            }
        }
    }

    /// Every fault of every file, alone and with what it inherits; each told once, where its file stands.
    pub fn check<S>(
        kind: &'static str,
        users: &[TextFile],
        shipped: &[TextFile],
        build: impl Fn(&mut Table<'_>) -> Result<T, Reported>,
        settle: impl Fn(&[&Member<T>]) -> Result<S, Vec<Fault>>,
    ) -> Vec<Fault> {
        let family = Self::read(kind, users, shipped, build);
        let mut faults: Vec<Fault> = family.broken.iter().flat_map(|(_, faults)| faults.clone()).collect();
        for (index, member) in family.members.iter().enumerate() {
            faults.extend(member.faults.iter().cloned());
            let settled = family.lineage_of(index).and_then(|lineage| settle(&lineage));
            let found = settled.err().unwrap_or_default();
            // What a file inherits is told where that file is looked at.
            faults.extend(found.into_iter().filter(|fault| fault.file == member.file));
        }
        faults.sort_by(|one, other| (&one.file, one.place).cmp(&(&other.file, other.place)));
        faults
    }

    /// Reads every file with `build`, which need not look at the key `inherits`. What `build` makes of a file in spite of
    /// its faults is kept, so that those can be told that only show beside what the file inherits.
    fn read(
        kind: &'static str,
        users: &[TextFile],
        shipped: &[TextFile],
        build: impl Fn(&mut Table<'_>) -> Result<T, Reported>,
    ) -> Self {
        let mut family = Self { kind, members: Vec::new(), broken: Vec::new() };
        for (index, file) in users.iter().chain(shipped).enumerate() {
            let mut made = None;
            let result = read(&file.name, &file.text, |table| {
                let inherits = table.optional("inherits");
                let content = build(table);
                made = Some((inherits?, content?));
                Ok(())
            });
            let (name, faults) = (file.stem().to_owned(), result.err().unwrap_or_default());
            match made {
                Some((inherits, content)) => family.members.push(Member {
                    name,
                    file: file.name.clone(),
                    is_shipped: index >= users.len(),
                    inherits,
                    content,
                    faults,
                }),
                None => family.broken.push((name, faults)),
            }
        }
        family
    }

    /// The member called `name` and all it inherits from, itself first. Fails where one of them is unknown or broken, or
    /// where they inherit in a circle.
    fn lineage(&self, name: &str) -> Result<Vec<&Member<T>>, Vec<Fault>> {
        let first = self.members.iter().position(|it| it.name == name);
        first.ok_or_else(|| self.unknown(name, None)).and_then(|first| self.lineage_of(first))
    }

    /// The same for the member at `index`.
    fn lineage_of(&self, index: usize) -> Result<Vec<&Member<T>>, Vec<Fault>> {
        let mut line = vec![index];
        let mut heir = &self.members[index];
        while let Some(parent) = &heir.inherits {
            let only_shipped = heir.is_shipped || heir.name == parent.value;
            let fits = |it: &Member<T>| it.name == parent.value && (it.is_shipped || !only_shipped);
            let is_broken = !only_shipped && self.broken.iter().any(|(name, _)| *name == parent.value);
            let next = self.members.iter().position(fits).filter(|_| !is_broken);
            let next = next.ok_or_else(|| self.unknown(&parent.value, Some((heir, parent))))?;
            if line.contains(&next) {
                let names: Vec<_> = line.iter().chain([&next]).map(|it| self.members[*it].name.as_str()).collect();
                return Err(vec![Fault::at(
                    &heir.file,
                    parent.place,
                    format!("inherits in a circle: {}", names.join(" → ")),
                )]);
            }
            line.push(next);
            heir = &self.members[next];
        }
        Ok(line.into_iter().map(|it| &self.members[it]).collect())
    }

    fn unknown(&self, name: &str, heir: Option<(&Member<T>, &At<String>)>) -> Vec<Fault> {
        let own_name = heir.is_some_and(|(heir, _)| heir.name == name);
        let broken = self.broken.iter().find(|(broken, _)| broken == name).filter(|_| !own_name);
        let (message, hint) = if own_name {
            (format!("no shipped {} is called {}", self.kind, quoted(name)), None)
        } else if broken.is_some() {
            (format!("{} {} has faults of its own", self.kind, quoted(name)), None)
        } else {
            let names: Vec<_> = self.members.iter().map(|it| it.name.as_str()).collect();
            (format!("unknown {} {}", self.kind, quoted(name)), one_of_these(name, &names))
        };
        let fault = match heir {
            Some((heir, parent)) => Fault { hint, ..Fault::at(&heir.file, parent.place, message) },
            None => Fault { hint, ..Fault::of_file(self.kind, message) },
        };
        std::iter::once(fault).chain(broken.into_iter().flat_map(|(_, faults)| faults.clone())).collect()
    }
}
