//! Read-only mode and read-only stacks: nothing is written, and no text overrides it.

use super::{Case, Found, each};
use crate::plan::model::Weight;

pub fn check(case: &Case<'_>) -> Vec<Found> {
    if case.conditions.read_only {
        let found = Found::new(Weight::Blocks { over: None }, None, "the console is in read-only mode");
        return vec![found.with("start it without --read-only, and without read_only in config.toml")];
    }
    each(case, |draft| {
        let stack = draft.seen.stack.filter(|it| it.read_only)?;
        let found = Found::blocks(draft, format!("stack {} is read-only", stack.name));
        Some(found.with("its stack file says read_only = true"))
    })
}
