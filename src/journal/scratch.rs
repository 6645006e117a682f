//! Folders for tests, gone with them.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicUsize, Ordering},
};

use jiff::Timestamp;
use serde_json::json;

use super::record::{Author, Begun, Caller, Entry, PlanSeal};
use crate::domain::id::{Kind, OperationId, ResourceId, Scope};

pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("quarterdeck-journal-{}-{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where the journal goes; its folder is not there yet.
    pub fn journal(&self) -> PathBuf {
        self.0.join("state/journal.jsonl")
    }

    pub fn text(&self) -> String {
        fs::read_to_string(self.journal()).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_768_446_000 + seconds).unwrap()
}

pub fn ada() -> Author {
    Author { user: "ada".into(), host: "bastion".into(), pid: 7 }
}

pub fn note(text: &str) -> Entry {
    Entry::Note { operation: None, stack: None, by: ada(), text: text.into() }
}

/// An operation on the service called `service`, whose plan was made at `planned`.
pub fn begun(name: &str, service: &str, planned: Timestamp) -> Begun {
    let scope = Scope::new("terminal", "us-east-1");
    let arn = format!("arn:aws:ecs:us-east-1:111122223333:service/terminal-cluster/{service}");
    Begun {
        operation: OperationId::from(name),
        verb: "scale".into(),
        title: format!("scale {service} to 4").into(),
        stack: Some("terminal".into()),
        subjects: vec![ResourceId::new(Kind::Service, &scope, &arn)],
        by: ada(),
        callers: vec![Caller {
            profile: "terminal".into(),
            region: "us-east-1".into(),
            account: "111122223333".into(),
            arn: "arn:aws:sts::111122223333:assumed-role/on-call/ada".into(),
        }],
        reason: Some("the queue grows".into()),
        plan: PlanSeal { digest: "3fa9".into(), made_at: planned, confirmed: "by a key".into() },
        changes: json!([{ "subject": arn, "field": "desired count", "before": "2", "after": "4" }]),
        course: json!({ "verb": "scale" }),
    }
}
