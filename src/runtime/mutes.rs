//! What the user has muted, kept for the next time: `muted.json` in the state folder.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::domain::signal::Mute;

/// The name and version of the file's form.
const SCHEMA: &str = "quarterdeck.muted/1";

/// Where mutes are kept.
#[derive(Debug, Clone)]
pub struct Mutes {
    /// `None`: only as long as this process lives.
    path: Option<PathBuf>,
}

/// What the file holds.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    schema: String,
    muted: Vec<Mute>,
}

impl Mutes {
    pub fn at(path: &Path) -> Self {
        Self { path: Some(path.to_path_buf()) }
    }

    /// Of a demo, which ends with this process.
    pub fn in_memory() -> Self {
        Self { path: None }
    }

    /// What was muted before; nothing where there is no file. Fails where there is one that cannot be read or is of
    /// another version: then nothing is muted.
    pub fn load(&self) -> io::Result<Vec<Mute>> {
        let Some(path) = &self.path else { return Ok(Vec::new()) };
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let kept: Kept = serde_json::from_slice(&text)?;
        if kept.schema != SCHEMA {
            return Err(io::Error::other(format!("it is of form {}, not {SCHEMA}", kept.schema)));
        }
        Ok(kept.muted)
    }

    /// Replaces the file as a whole, so that a crash leaves the old or the new.
    pub fn keep(&self, muted: Vec<Mute>) -> io::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let new = path.with_extension("new");
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
        file.write_all(&serde_json::to_vec_pretty(&Kept { schema: SCHEMA.to_owned(), muted })?)?;
        file.sync_all()?;
        fs::rename(&new, path)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use jiff::Timestamp;

    use super::{Mute, Mutes};
    use crate::domain::{
        id::{Kind, ResourceId, Scope},
        signal::Severity,
    };

    #[test]
    fn what_is_muted_is_there_the_next_time_and_a_broken_file_mutes_nothing() {
        let folder = std::env::temp_dir().join(format!("quarterdeck-mutes-{}", std::process::id()));
        let path = folder.join("state/muted.json");
        let mutes = Mutes::at(&path);
        assert_eq!(mutes.load().expect("no file is no fault"), []);
        let mute = Mute {
            rule: "dead-alarm".into(),
            subject: ResourceId::new(Kind::Alarm, &Scope::new("ops", "us-east-1"), "arn:aws:cloudwatch:x"),
            severity: Severity::Notice,
            at: Timestamp::UNIX_EPOCH,
            summary: "alarm x is dead".into(),
        };
        mutes.keep(vec![mute.clone()]).expect("kept");
        assert_eq!(mutes.load().expect("there"), [mute]);
        mutes.keep(Vec::new()).expect("kept");
        assert_eq!(mutes.load().expect("there"), []);
        fs::write(&path, r#"{"schema":"quarterdeck.muted/9","muted":[]}"#).expect("written");
        assert!(mutes.load().is_err());
        fs::remove_dir_all(folder).expect("removed");
    }
}
