//! What somebody says of an operation that is under way.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An order to an operation under way. The journal keeps it, with who gave it and when, before anything follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum Order {
    /// Nothing more is sent until it is told to go on; of a service: nothing more is begun.
    Pause,
    GoOn,
    /// What was begun is undone.
    PutBack,
    /// The instance refresh is stopped where it is.
    StopRefresh,
    /// So many sessions, as many as are left, may be lost.
    GiveUp {
        sessions: u32,
    },
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pause => f.write_str("paused"),
            Self::GoOn => f.write_str("told to go on"),
            Self::PutBack => f.write_str("told to put everything back"),
            Self::StopRefresh => f.write_str("told to stop the refresh where it is"),
            Self::GiveUp { sessions: 1 } => f.write_str("1 session given up, by its number"),
            Self::GiveUp { sessions } => write!(f, "{sessions} sessions given up, by their number"),
        }
    }
}
