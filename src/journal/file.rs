//! The journal's file: adding to it, and reading it.
//!
//! Whoever adds holds the file's lock; whoever watches an operation holds a lock beside it, which the kernel lets go of
//! when the process ends, however it ends.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Cursor, Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use super::{
    history::{Told, operations},
    line::{self, NOTHING},
    look::Look,
    record::{Begun, Entry},
    verify::{Read as Lines, Report, lines, verify},
};
use crate::domain::{id::OperationId, text::SafeText};

/// Where records go. Clones share one store.
#[derive(Debug, Clone)]
pub struct Journal(Arc<Store>);

#[derive(Debug)]
enum Store {
    File(PathBuf),
    /// Of a world that ends with this process.
    Memory(Mutex<Vec<u8>>),
}

/// Why the journal could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("{what} the journal {path}: {source}")]
    Io { what: &'static str, path: PathBuf, source: io::Error },
    #[error("write a record: {0}")]
    Record(#[from] serde_json::Error),
}

/// Why an operation cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// Since the journal was looked at for the plan, this operation has begun on one of its subjects.
    #[error("{by} began to {title} since the plan was made")]
    Overtaken { operation: OperationId, title: String, by: String },
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Held by the process that watches an operation, as long as it does.
#[derive(Debug)]
pub struct Hold {
    /// Locked; absent for a journal in memory.
    _lock: Option<File>,
    path: Option<PathBuf>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // What cannot be removed is only an empty file; the lock itself goes with the process.
            let _left = fs::remove_file(path);
        }
    }
}

/// An operation that has not ended, and who watches it.
#[derive(Debug)]
pub struct Unfinished {
    pub told: Told,
    /// `None`: a living process watches it. Otherwise its process has gone, and it is now ours to watch.
    pub taken: Option<Hold>,
}

/// What is read and written at its end.
trait Log: Read + Write + Seek {}
impl<T: Read + Write + Seek> Log for T {}

impl Journal {
    pub fn at(path: &Path) -> Self {
        Self(Arc::new(Store::File(path.to_owned())))
    }

    /// A journal that is gone with the process.
    pub fn in_memory() -> Self {
        Self(Arc::new(Store::Memory(Mutex::default())))
    }

    /// Where it lies on disk.
    pub fn path(&self) -> Option<&Path> {
        match &*self.0 {
            Store::File(path) => Some(path),
            Store::Memory(_) => None,
        }
    }

    /// The same in words.
    pub fn place(&self) -> SafeText {
        self.path()
            .map_or_else(|| "kept in memory: it ends with this process".into(), |it| it.display().to_string().into())
    }

    /// Adds a record, and returns once it is on disk. Waits for others that add.
    pub fn append(&self, at: Timestamp, entry: Entry) -> Result<(), JournalError> {
        self.locked(|log| add(log, at, entry))
    }

    /// Adds the beginning of an operation, unless another has begun on one of its subjects behind line `seen`, up to
    /// which the journal was known when its plan was made.
    pub fn begin(&self, at: Timestamp, begun: Begun, seen: usize) -> Result<Hold, BeginError> {
        let hold = self.hold(&begun.operation)?;
        let overtaking = self.locked(|log| {
            let earlier = operations(&lines(&contents(log)?));
            if let Some(other) = earlier.into_iter().find(|it| it.line > seen && it.shares_subject(&begun)) {
                return Ok(Some(other));
            }
            add(log, at, Entry::Begun(Box::new(begun))).map(|()| None)
        })?;
        match overtaking {
            None => Ok(hold),
            Some(other) => Err(BeginError::Overtaken {
                operation: other.begun.operation.clone(),
                title: other.begun.title.to_string(),
                by: other.begun.by.to_string(),
            }),
        }
    }

    /// Every line.
    pub fn read(&self) -> Result<Vec<Lines>, JournalError> {
        match &*self.0 {
            Store::Memory(bytes) => Ok(lines(&lock(bytes))),
            Store::File(path) => match fs::read(path) {
                Ok(bytes) => Ok(lines(&bytes)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
                Err(source) => Err(self.failed("read", source)),
            },
        }
    }

    /// Everything that it tells; `None` while it is no longer than `known` bytes, and so has nothing new.
    pub fn look(&self, known: Option<u64>) -> Result<Option<Look>, JournalError> {
        let bytes = self.length()?;
        if known == Some(bytes) {
            return Ok(None);
        }
        Ok(Some(Look::of(self.place(), bytes, &self.read()?)))
    }

    /// In bytes.
    fn length(&self) -> Result<u64, JournalError> {
        match &*self.0 {
            Store::Memory(bytes) => Ok(lock(bytes).len() as u64),
            Store::File(path) => match fs::metadata(path) {
                Ok(file) => Ok(file.len()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
                Err(source) => Err(self.failed("read", source)),
            },
        }
    }

    /// The operations that have not ended, oldest first, whoever watches them; and whether every line can be read.
    pub fn standing(&self) -> Result<(Vec<Told>, Report), JournalError> {
        let lines = self.read()?;
        Ok((operations(&lines).into_iter().filter(|it| it.ended.is_none()).collect(), verify(&lines)))
    }

    /// The operations that have not ended, oldest first. Those whose process has gone are taken over.
    pub fn unfinished(&self) -> Result<(Vec<Unfinished>, Report), JournalError> {
        let mut unfinished = Vec::new();
        let (standing, report) = self.standing()?;
        for told in standing {
            let taken = self.take(&told.begun.operation)?;
            // Between reading and taking, its process may have ended it and gone.
            let over = |it: &Told| it.begun.operation == told.begun.operation && it.ended.is_some();
            if taken.is_none() || !operations(&self.read()?).iter().any(over) {
                unfinished.push(Unfinished { told, taken });
            }
        }
        Ok((unfinished, report))
    }

    fn hold(&self, operation: &OperationId) -> Result<Hold, BeginError> {
        self.take(operation)?.ok_or_else(|| BeginError::Overtaken {
            operation: operation.clone(),
            title: "do the same".to_owned(),
            by: "another process".to_owned(),
        })
    }

    /// The lock of an operation, unless a living process has it. In memory there is no other process.
    fn take(&self, operation: &OperationId) -> Result<Option<Hold>, JournalError> {
        let Store::File(path) = &*self.0 else { return Ok(Some(Hold { _lock: None, path: None })) };
        let name: String = operation.as_str().chars().filter(|it| it.is_ascii_alphanumeric() || *it == '-').collect();
        let path = path.with_file_name("watched").join(name);
        let failed = |source| JournalError::Io { what: "lock an operation of", path: path.clone(), source };
        make_folder(&path).map_err(failed)?;
        let file = open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Hold { _lock: Some(file), path: Some(path) })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Does something with the file while nobody else adds to it, and brings it to disk.
    fn locked<T>(&self, act: impl FnOnce(&mut dyn Log) -> Result<T, AddError>) -> Result<T, JournalError> {
        let told = |error| match error {
            AddError::Io(source) => self.failed("write to", source),
            AddError::Record(error) => JournalError::Record(error),
        };
        match &*self.0 {
            Store::Memory(bytes) => act(&mut Cursor::new(&mut *lock(bytes))).map_err(told),
            Store::File(path) => {
                let fresh = !path.exists();
                make_folder(path).map_err(|source| self.failed("make the folder of", source))?;
                let mut file = open(path).map_err(|source| self.failed("open", source))?;
                // Let go of when the file is closed.
                file.lock().map_err(|source| self.failed("lock", source))?;
                let acted = act(&mut file).map_err(told)?;
                file.sync_data().map_err(|source| self.failed("bring to disk", source))?;
                if fresh && let Some(folder) = path.parent() {
                    let synced = File::open(folder).and_then(|it| it.sync_all());
                    synced.map_err(|source| self.failed("bring to disk", source))?;
                }
                Ok(acted)
            }
        }
    }

    fn failed(&self, what: &'static str, source: io::Error) -> JournalError {
        JournalError::Io { what, path: self.path().map(Path::to_owned).unwrap_or_default(), source }
    }
}

/// Why a record could not be added.
enum AddError {
    Io(io::Error),
    Record(serde_json::Error),
}

impl From<io::Error> for AddError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Adds a record behind the last line. A line that a crash has torn is ended first, and told of.
fn add(log: &mut dyn Log, at: Timestamp, entry: Entry) -> Result<(), AddError> {
    let (last, whole) = last_line(log)?;
    let mut prev = if last.is_empty() && whole { NOTHING.to_owned() } else { line::sum_of_line(&last) };
    let mut text = String::new();
    if !whole {
        let torn = Entry::Torn { bytes: last.len() as u64 };
        let (line, sum) = line::write(at, &prev, torn).map_err(AddError::Record)?;
        text = format!("\n{line}\n");
        prev = sum;
    }
    let (line, _) = line::write(at, &prev, entry).map_err(AddError::Record)?;
    text.push_str(&line);
    text.push('\n');
    log.seek(SeekFrom::End(0))?;
    // In one piece: a reader never sees half of it, but for a crash.
    log.write_all(text.as_bytes())?;
    log.flush()?;
    Ok(())
}

/// The last line, and whether it is ended.
fn last_line(log: &mut dyn Log) -> io::Result<(Vec<u8>, bool)> {
    const BLOCK: u64 = 16 * 1024;
    let mut from = log.seek(SeekFrom::End(0))?;
    let mut tail: Vec<u8> = Vec::new();
    loop {
        let ended = tail.last() == Some(&b'\n');
        let text = &tail[..tail.len() - usize::from(ended)];
        if let Some(at) = text.iter().rposition(|it| *it == b'\n') {
            return Ok((text[at + 1..].to_vec(), ended));
        }
        if from == 0 {
            let whole = ended || text.is_empty();
            return Ok((text.to_vec(), whole));
        }
        let size = BLOCK.min(from);
        from -= size;
        log.seek(SeekFrom::Start(from))?;
        let mut block = vec![0; size as usize];
        log.read_exact(&mut block)?;
        block.append(&mut tail);
        tail = block;
    }
}

fn contents(log: &mut dyn Log) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    log.seek(SeekFrom::Start(0))?;
    log.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens for adding; readable by nobody else.
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)
}

fn make_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| DirBuilder::new().recursive(true).mode(0o700).create(folder))
}

fn lock(bytes: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    bytes.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
