//! What accounts have told of their cost, kept on disk with the time of the data.
//!
//! Every question of cost passes here. Invariants: a question is noted, flushed, before it leaves, so that neither a
//! restart nor another console asks it again before its time (`domain::cost::asking`); where it cannot be noted it is not
//! asked. What is kept by an account's credentials is kept by the account: keys come and go. What one endpoint has told is
//! never taken for what another would.

mod file;
mod question;

use std::{
    fs::DirBuilder,
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use self::question::{KeptAnswer, Question};
use crate::{
    domain::{
        cost::asking::{self, Asked, Ended},
        fault::{Fault, FaultKind},
        id::Scope,
        query::{Answer, Outcome, Request},
    },
    stack::model::{Stack, StackScope},
};

/// Where answers are kept; clones share it.
#[derive(Debug, Clone)]
pub struct Bills {
    store: Arc<Store>,
    /// Where it is asked, if not at AWS's own endpoint.
    endpoint: Option<Arc<str>>,
    /// Nothing is ever asked.
    never: bool,
    /// When somebody last wanted what was refused to be asked again.
    wanted: Arc<Mutex<Option<Timestamp>>>,
}

#[derive(Debug)]
enum Store {
    File {
        path: PathBuf,
        /// The credentials of scopes that name no profile, as the environment names them. It may name others within the
        /// hour that belong to the same account: what is kept is kept by that.
        whose: String,
        account: Mutex<Option<String>>,
    },
    /// Of a simulator that ends with this process.
    Memory(Mutex<Kept>),
}

/// The file's content.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Kept {
    entries: Vec<Entry>,
    /// Whose the credentials last were that no profile names.
    #[serde(default)]
    last: Option<Owner>,
}

/// Credentials as the environment names them, and the account that they belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Owner {
    whose: String,
    account: String,
}

/// One question, when it was asked, and what came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    /// The profile asked with; where none is named, the account as [`of_account`] has it.
    profile: String,
    /// Where it was asked, if not at AWS's own endpoint.
    #[serde(default)]
    endpoint: Option<Arc<str>>,
    question: Question,
    asked: Asked,
    /// How it ended the time before.
    before: Option<Ended>,
    /// The last answer and when it came.
    answer: Option<(KeptAnswer, Timestamp)>,
    fault: Option<Fault>,
}

/// What is to be done about a question.
#[derive(Debug)]
pub enum Turn {
    /// This is the answer, of that time; nobody is asked.
    Kept(Box<Outcome>, Timestamp),
    /// It has been noted; ask it.
    Ask,
}

/// What has not been asked for so long is forgotten.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(400 * 24);

impl Bills {
    /// Kept in the file at `path`. `whose` is how the environment names the credentials of scopes that name no profile:
    /// by a key, or a profile.
    pub fn at(path: &Path, whose: &str, never: bool) -> Self {
        let (path, whose) = (path.to_path_buf(), whose.to_owned());
        Self::over(Store::File { path, whose, account: Mutex::default() }, never)
    }

    pub fn in_memory(never: bool) -> Self {
        Self::over(Store::Memory(Mutex::default()), never)
    }

    fn over(store: Store, never: bool) -> Self {
        Self { store: Arc::new(store), endpoint: None, never, wanted: Arc::default() }
    }

    /// For answers of what is no AWS: they end with this process.
    #[must_use]
    pub fn aside(&self) -> Self {
        Self { store: Arc::new(Store::Memory(Mutex::default())), ..self.clone() }
    }

    /// The same for what is asked at `endpoint`; `None` for AWS's own.
    #[must_use]
    pub fn through(&self, endpoint: Option<String>) -> Self {
        Self { endpoint: endpoint.map(Into::into), ..self.clone() }
    }

    /// Whether nothing was ever kept.
    pub fn is_empty(&self) -> bool {
        match &*self.store {
            Store::File { path, .. } => !path.exists(),
            Store::Memory(kept) => lock(kept).entries.is_empty(),
        }
    }

    /// Whether it must be known whose account a question is about before it can be told whether it may leave.
    pub fn lacks_account(&self, request: &Request) -> bool {
        match &*self.store {
            Store::File { account, .. } if request.query.is_of_cost() && request.scope.profile.is_empty() => {
                !self.never && lock(account).is_none()
            }
            _ => false,
        }
    }

    /// The credentials of scopes that name no profile belong to this account.
    pub fn belongs_to(&self, of: &str) {
        let Store::File { whose, account, .. } = &*self.store else { return };
        *lock(account) = Some(of.to_owned());
        let owner = Some(Owner { whose: whose.clone(), account: of.to_owned() });
        let noted = self.changed(|kept| {
            let is_news = kept.last != owner;
            kept.last = owner;
            ((), is_news)
        });
        if let Err(error) = noted {
            tracing::warn!(%error, "note whose account is asked about cost");
        }
    }

    /// Those credentials have ended; what comes after them may belong to another account.
    pub fn forget_account(&self) {
        if let Store::File { account, .. } = &*self.store {
            *lock(account) = None;
        }
    }

    /// Somebody wants to know now: what was refused before may be asked once more.
    pub fn insist(&self, now: Timestamp) {
        *lock(&self.wanted) = Some(now);
    }

    /// Whether a question may leave now; if so it is noted as asked.
    pub fn turn(&self, request: &Request, now: Timestamp) -> Turn {
        let Some(question) = Question::of(&request.query) else { return Turn::Ask };
        let turn = self.changed(|kept| {
            let profile = self.owner(kept, &request.scope);
            let endpoint = self.endpoint.clone();
            let entry = kept.entries.iter_mut().find(|it| it.is_of(&profile, endpoint.as_deref(), &question));
            let asked = entry.as_ref().map(|it| it.asked);
            let may_ask =
                asking::may_ask(asked, request.query.month(), now) || asking::may_insist(asked, *lock(&self.wanted));
            if self.never || !may_ask {
                return (entry.map_or_else(|| Turn::not_asked(now), |it| it.turn()), false);
            }
            // Until more is known, it counts as answered: the console may end before the answer is here.
            let asked = Asked { at: now, ended: Ended::Answered };
            if let Some(entry) = entry {
                (entry.before, entry.asked) = (Some(entry.asked.ended), asked);
            } else {
                let (before, answer, fault) = (None, None, None);
                kept.entries.push(Entry { profile, endpoint, question, asked, before, answer, fault });
            }
            kept.entries.retain(|it| now.duration_since(it.asked.at) < FORGOTTEN);
            (Turn::Ask, true)
        });
        turn.unwrap_or_else(|error| Turn::unkept(&error, &self.place(), now))
    }

    /// Keeps how a question ended that had its turn.
    pub fn keep(&self, request: &Request, outcome: &Outcome, now: Timestamp) {
        let Some(question) = Question::of(&request.query) else { return };
        let kept = self.changed(|kept| {
            let profile = self.owner(kept, &request.scope);
            let endpoint = self.endpoint.as_deref();
            let Some(entry) = kept.entries.iter_mut().find(|it| it.is_of(&profile, endpoint, &question)) else {
                return ((), false);
            };
            let is_known = entry.answer.as_ref().is_some_and(|(it, _)| it.silence().is_none());
            let (answer, fault) = match outcome {
                Outcome::Complete(answer) => (KeptAnswer::of(answer), None),
                // A part has been paid for, and is worth keeping where there is nothing better.
                Outcome::Partial(answer, fault) if !is_known => (KeptAnswer::of(answer), Some(fault.clone())),
                Outcome::Partial(_, fault) | Outcome::Failed(fault) => (None, Some(fault.clone())),
            };
            if let Outcome::Failed(fault) = outcome {
                entry.asked.ended = Ended::after(fault.kind, entry.before);
            }
            let (answer, fault) = match answer.as_ref().and_then(KeptAnswer::silence) {
                None => (answer, fault),
                Some(silence) => {
                    entry.asked.ended = Ended::silent(silence.why);
                    // Figures that are known are worth more than why there are no newer ones.
                    if is_known { (None, Some(silence.fault(now))) } else { (answer, None) }
                }
            };
            entry.fault = fault;
            if let Some(answer) = answer {
                entry.answer = Some((answer, now));
            }
            ((), true)
        });
        if let Err(error) = kept {
            tracing::warn!(%error, "keep what an account told of its cost");
        }
    }

    /// Everything that this endpoint has told for these stacks, as if it had just been answered at its time.
    pub fn known(&self, stacks: &[Stack]) -> Vec<(Request, Answer, Timestamp)> {
        let kept = self.read().unwrap_or_else(|error| {
            tracing::warn!(%error, "read what accounts told of their cost");
            Kept::default()
        });
        let owned = |it: &StackScope| {
            let owner = self.owner(&kept, &it.scope);
            // Who it is has not been asked yet.
            let told = it.account.as_ref().filter(|_| owner.is_empty()).map(|it| of_account(it.as_str()));
            (it.scope.clone(), told.unwrap_or(owner))
        };
        let mut scopes: Vec<(Scope, String)> = stacks.iter().filter_map(|it| it.scopes.first()).map(owned).collect();
        scopes.sort();
        scopes.dedup();
        let mut known = Vec::new();
        for entry in kept.entries.iter().filter(|it| it.endpoint == self.endpoint) {
            let Some((answer, at)) = &entry.answer else { continue };
            for (scope, _) in scopes.iter().filter(|(_, owner)| *owner == entry.profile) {
                let request = Request { scope: scope.clone(), query: entry.question.query() };
                known.push((request, answer.answer(), *at));
            }
        }
        known
    }

    /// Whose answers those to a scope are: its profile's; where it names none, those of the account that the credentials
    /// belong to, by what has been asked or was the last time. Empty where nobody knows.
    fn owner(&self, kept: &Kept, scope: &Scope) -> String {
        match &*self.store {
            Store::File { whose, account, .. } if scope.profile.is_empty() => {
                let last = || Some(kept.last.as_ref().filter(|it| it.whose == *whose)?.account.clone());
                lock(account).clone().or_else(last).map_or_else(String::new, |it| of_account(&it))
            }
            _ => scope.profile.to_string(),
        }
    }

    fn place(&self) -> String {
        match &*self.store {
            Store::File { path, .. } => path.display().to_string(),
            Store::Memory(_) => "memory".to_owned(),
        }
    }

    fn read(&self) -> io::Result<Kept> {
        match &*self.store {
            Store::Memory(kept) => Ok(lock(kept).clone()),
            Store::File { path, .. } => file::read(path),
        }
    }

    /// Lets `change` look at what is kept and change it, alone; it says whether it has.
    fn changed<T>(&self, change: impl FnOnce(&mut Kept) -> (T, bool)) -> io::Result<T> {
        match &*self.store {
            Store::Memory(kept) => Ok(change(&mut lock(kept)).0),
            Store::File { path, .. } => {
                if let Some(folder) = path.parent() {
                    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
                }
                let alone = file::private(&path.with_extension("lock"))?;
                alone.lock()?;
                let mut kept = file::read(path)?;
                let (value, is_changed) = change(&mut kept);
                if is_changed {
                    file::write(path, &kept)?;
                }
                Ok(value)
            }
        }
    }
}

/// What stands for the profile of credentials that no profile names.
fn of_account(account: &str) -> String {
    format!("account {account}")
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Entry {
    fn is_of(&self, profile: &str, endpoint: Option<&str>, question: &Question) -> bool {
        self.profile == profile && self.endpoint.as_deref() == endpoint && self.question == *question
    }

    /// What is known of it without asking.
    fn turn(&self) -> Turn {
        let kept = |outcome, at| Turn::Kept(Box::new(outcome), at);
        match (&self.answer, &self.fault) {
            (Some((answer, at)), None) => kept(Outcome::Complete(answer.answer()), *at),
            (Some((answer, at)), Some(fault)) => kept(Outcome::Partial(answer.answer(), fault.clone()), *at),
            (None, Some(fault)) => kept(Outcome::Failed(fault.clone()), self.asked.at),
            (None, None) => Turn::no_answer(self.asked.at),
        }
    }
}

impl Turn {
    fn failed(code: &str, message: String, at: Timestamp) -> Self {
        let fault = Fault {
            kind: FaultKind::Rejected,
            operation: "cost".into(),
            code: code.into(),
            message: message.into(),
            request_id: None,
            at,
        };
        Self::Kept(Box::new(Outcome::Failed(fault)), at)
    }

    fn not_asked(now: Timestamp) -> Self {
        Self::failed("NotAsked", "cost is not asked for (--no-cost)".to_owned(), now)
    }

    fn no_answer(asked: Timestamp) -> Self {
        let message =
            "a console asked and has kept no answer yet; every question is paid, so it is not asked again so soon";
        Self::failed("AskedBefore", message.to_owned(), asked)
    }

    fn unkept(error: &io::Error, place: &str, now: Timestamp) -> Self {
        let message = format!("failed to keep answers in {place}: {error}; not asked, since every question is paid");
        Self::failed("NotKept", message, now)
    }
}

#[cfg(test)]
mod tests;
