//! Files as text: shipped ones, which the program carries, and those of a folder.

use std::{borrow::Cow, fs, io, path::Path};

use super::Fault;

/// A file's name, as faults shall show it, and its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFile {
    pub name: String,
    pub text: Cow<'static, str>,
}

impl TextFile {
    pub fn shipped(name: &str, text: &'static str) -> Self {
        Self { name: name.to_owned(), text: Cow::Borrowed(text) }
    }

    /// What others call it: its name without folders and `.toml`.
    pub fn stem(&self) -> &str {
        let file = self.name.rsplit(['/', '\\']).next().unwrap_or_default();
        file.strip_suffix(".toml").unwrap_or(file)
    }

    /// What files are called, each name once.
    pub fn stems<'f>(files: impl IntoIterator<Item = &'f Self>) -> Vec<String> {
        let mut stems: Vec<String> = Vec::new();
        for file in files {
            if !stems.iter().any(|it| it == file.stem()) {
                stems.push(file.stem().to_owned());
            }
        }
        stems
    }

    /// Reads a file; fails where it is absent, unreadable or no UTF-8.
    pub fn read(path: &Path) -> Result<Self, Fault> {
        let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
        Ok(Self { name: path.display().to_string(), text: Cow::Owned(text) })
    }

    /// Every `*.toml` of a folder by name, none where there is no such folder; and what could not be read.
    pub fn folder(path: &Path) -> (Vec<Self>, Vec<Fault>) {
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return (Vec::new(), Vec::new()),
            Err(error) => return (Vec::new(), vec![unreadable(path, &error)]),
        };
        let mut paths: Vec<_> = entries.filter_map(|entry| entry.ok().map(|it| it.path())).collect();
        paths.retain(|it| it.extension().is_some_and(|extension| extension == "toml"));
        paths.sort();
        let (mut files, mut faults) = (Vec::new(), Vec::new());
        for path in paths {
            match Self::read(&path) {
                Ok(file) => files.push(file),
                Err(fault) => faults.push(fault),
            }
        }
        (files, faults)
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Fault {
    Fault::of_file(&path.display().to_string(), format!("cannot be read: {error}"))
}
