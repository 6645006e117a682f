//! The user's configuration: `config.toml` and the folders beside it.

use std::path::{Path, PathBuf};

use crate::toml_file::{self, Fault, TextFile};

/// What `config.toml` may say; flags override it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    pub theme: Option<String>,
    pub keymap: Option<String>,
    pub profile: Option<String>,
    pub region: Option<String>,
    pub read_only: bool,
    /// Cost is never asked for.
    pub no_cost: bool,
    /// AWS calls a minute and service that reading may cost.
    pub calls_per_minute: Option<u32>,
    pub log_file: Option<String>,
}

/// Where the console keeps what it must remember.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateFolder(PathBuf);

impl StateFolder {
    /// `$XDG_STATE_HOME/quarterdeck`, else `$HOME/.local/state/quarterdeck`.
    pub fn find(variable: impl Fn(&str) -> Option<String>) -> Self {
        let of = |name: &str| variable(name).filter(|it| !it.is_empty()).map(PathBuf::from);
        let standard = of("XDG_STATE_HOME").or_else(|| of("HOME").map(|home| home.join(".local/state")));
        Self(standard.unwrap_or_default().join("quarterdeck"))
    }

    /// The journal of operations on AWS.
    pub fn journal(&self) -> PathBuf {
        self.0.join("journal.jsonl")
    }

    /// The signals that the user has muted.
    pub fn muted(&self) -> PathBuf {
        self.0.join("muted.json")
    }

    /// What accounts have told of their cost.
    pub fn bills(&self) -> PathBuf {
        self.0.join("cost.json")
    }

    /// The journal of operations on simulators that several processes attach to.
    pub fn journal_of_simulators(&self) -> PathBuf {
        self.0.join("simulator/journal.jsonl")
    }
}

/// Where configuration lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder given, else `$XDG_CONFIG_HOME/quarterdeck`, else `$HOME/.config/quarterdeck`.
    pub fn find(given: Option<&Path>, variable: impl Fn(&str) -> Option<String>) -> Self {
        let of = |name: &str| variable(name).filter(|it| !it.is_empty()).map(PathBuf::from);
        let standard = || of("XDG_CONFIG_HOME").or_else(|| of("HOME").map(|home| home.join(".config")));
        Self(given.map_or_else(|| standard().unwrap_or_default().join("quarterdeck"), Path::to_path_buf))
    }

    pub fn stacks(&self) -> PathBuf {
        self.0.join("stacks")
    }

    pub fn themes(&self) -> PathBuf {
        self.0.join("themes")
    }

    pub fn keymaps(&self) -> PathBuf {
        self.0.join("keymaps")
    }

    /// Reads `config.toml`; where there is none, nothing is configured.
    pub fn config(&self) -> Result<Config, Vec<Fault>> {
        let path = self.0.join("config.toml");
        if !path.exists() {
            return Ok(Config::default());
        }
        let file = TextFile::read(&path).map_err(|fault| vec![fault])?;
        parse(&file.name, &file.text)
    }
}

/// Reads the text of a `config.toml`.
pub fn parse(file: &str, text: &str) -> Result<Config, Vec<Fault>> {
    toml_file::read(file, text, |table| {
        let theme = table.optional("theme");
        let keymap = table.optional("keymap");
        let profile = table.optional("profile");
        let region = table.optional("region");
        let read_only = table.optional("read_only");
        let no_cost = table.optional("no_cost");
        let calls_per_minute = table.optional("calls_per_minute");
        let log_file = table.optional("log_file");
        Ok(Config {
            theme: theme?,
            keymap: keymap?,
            profile: profile?,
            region: region?,
            read_only: read_only?.unwrap_or_default(),
            no_cost: no_cost?.unwrap_or_default(),
            calls_per_minute: calls_per_minute?,
            log_file: log_file?,
        })
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Config, Folder, StateFolder, parse};

    #[test]
    fn every_fault_is_reported_with_its_line() {
        let faults = parse("config.toml", "them = \"dark\"\nread_only = \"yes\"\n").unwrap_err();
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults[0].starts_with("config.toml:1:1: unknown key \"them\""), "{faults:?}");
        assert!(faults[1].starts_with("config.toml:2:"), "{faults:?}");
    }

    #[test]
    fn an_empty_file_configures_nothing() {
        assert_eq!(parse("config.toml", ""), Ok(Config::default()));
    }

    #[test]
    fn the_state_folder_is_where_every_program_has_its_own() {
        let home = |name: &str| (name == "HOME").then(|| "/home/ada".to_owned());
        let journal = StateFolder::find(home).journal();
        assert_eq!(journal, Path::new("/home/ada/.local/state/quarterdeck/journal.jsonl"));
        let set = |name: &str| (name == "XDG_STATE_HOME").then(|| "/var/state".to_owned());
        assert_eq!(StateFolder::find(set).journal(), Path::new("/var/state/quarterdeck/journal.jsonl"));
    }

    #[test]
    fn the_flag_goes_before_the_environment() {
        let variable = |name: &str| (name == "HOME").then(|| "/home/ada".to_owned());
        assert_eq!(Folder::find(None, variable).stacks(), Path::new("/home/ada/.config/quarterdeck/stacks"));
        assert_eq!(Folder::find(Some(Path::new("/etc/qd")), variable).stacks(), Path::new("/etc/qd/stacks"));
    }
}
