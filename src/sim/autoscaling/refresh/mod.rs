//! Instance refreshes (`aws-reference.md` §2.3).

mod describe;

pub use self::describe::describe;

/// A replacement of a group's instances by others.
#[derive(Debug, Clone)]
pub struct Refresh {
    pub id: String,
    pub group: String,
}
