//! The real binary as a user runs it: with a home of its own, and nothing of the environment of whoever tests.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

/// A home folder, empty at first.
pub struct Home(PathBuf);

impl Home {
    /// The home of the test called `test`.
    pub fn new(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        if folder.exists() {
            fs::remove_dir_all(&folder).expect("the folder of an earlier run goes");
        }
        fs::create_dir_all(&folder).expect("a folder for the test");
        Self(folder)
    }

    /// A home whose only AWS profile is `port`, in eu-west-2.
    pub fn with_profile(test: &str) -> Self {
        let home = Self::new(test);
        home.write(".aws/config", "[profile port]\nregion = eu-west-2\n");
        home.write(".aws/credentials", "[port]\naws_access_key_id = test\naws_secret_access_key = test\n");
        home
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file, at a path within the home.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("its folder");
        fs::write(path, text).expect("the file is written");
    }

    /// Writes a stack file where the console looks for it.
    pub fn write_stack(&self, name: &str, text: &str) {
        self.write(&format!(".config/quarterdeck/stacks/{name}.toml"), text);
    }

    /// Runs `quarterdeck` with the words of `command`, to its end.
    pub fn run(&self, command: &str) -> Ended {
        self.run_words(&command.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs with arguments that may have spaces in them.
    pub fn run_words(&self, words: &[&str]) -> Ended {
        let output = Command::new(env!("CARGO_BIN_EXE_quarterdeck"))
            .args(words)
            .env_clear()
            .env("HOME", &self.0)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null())
            .output()
            .expect("quarterdeck runs");
        Ended {
            code: output.status.code().expect("it ends by itself"),
            said: String::from_utf8(output.stdout).expect("text"),
            complained: String::from_utf8(output.stderr).expect("text"),
        }
    }
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    /// Standard output.
    pub said: String,
    /// Standard error.
    pub complained: String,
}

impl Ended {
    /// The document that a command with `--json` printed.
    pub fn document(&self) -> Value {
        serde_json::from_str(&self.said).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// What of `document` stands at `pointer`; fails the test where nothing does.
#[track_caller]
pub fn at<'a>(document: &'a Value, pointer: &str) -> &'a Value {
    document.pointer(pointer).unwrap_or_else(|| panic!("nothing at {pointer} of {document:#}"))
}
