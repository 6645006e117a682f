//! A fault in words: what failed and how, what to do next, AWS's words on it, and the request id to give to AWS.

use jiff::Timestamp;

use super::{flow::flow, overlay::TextLine, words};
use crate::{domain::fault::Fault, theme::Role, triage::next_step};

/// Lines that AWS's words may take; the whole of them stands in the scope's describe text.
const MOST: usize = 3;

/// The fault of a read with the credentials of `profile`, as lines at most `width` wide.
pub fn lines(fault: &Fault, profile: &str, now: Timestamp, width: usize) -> Vec<TextLine> {
    let id = fault.request_id.as_ref();
    let head = TextLine(vec![
        (Role::Faulted, format!("✗ {}", fault.kind.word()).into()),
        (Role::Text, format!("  {} {}", fault.operation, fault.code).into()),
        (Role::Muted, format!("  {}", words::ago(now, fault.at)).into()),
    ]);
    let next = next_step(profile, fault.kind, &[fault.operation.as_str()]);
    let mut lines = vec![head];
    lines.extend(flow(&[TextLine::of(Role::Strong, format!("  → {next}"))], width));
    let mut message = flow(&[TextLine::of(Role::Text, format!("  {}", fault.message))], width);
    if message.len() > MOST {
        message.truncate(MOST);
        if let Some((_, last)) = message.last_mut().and_then(|it| it.0.last_mut()) {
            // One sign for what is missing: the pen would only mark what is wider than the line.
            let shown: String = last.as_str().chars().take(width.saturating_sub(1)).collect();
            *last = format!("{}…", shown.trim_end()).into();
        }
    }
    lines.extend(message);
    // Where nothing answered there is no id to give to anybody.
    lines.extend(id.map(|id| TextLine::of(Role::Muted, format!("  request id {id}"))));
    lines
}
