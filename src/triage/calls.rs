//! A way to AWS on which calls get lost, although the next ones come through.

use super::{
    context::{Context, Finding},
    rule::Rule,
    words,
};
use crate::domain::{
    calls::WINDOW,
    id::{Kind, ResourceId, Scope},
    signal::Severity,
};

pub const ANSWERS_SLOW: Rule = Rule {
    name: "answers-slow",
    meaning: "some of the console's calls time out, although the next attempt comes through",
    severity: "a notice",
    fires: "at least two HTTP attempts of the last five minutes, of all scopes together, timed out. What fails altogether is \
            told by reads-failing",
    evidence: "how many of how many timed out, the latency, the operations",
    next: "see the network, VPN and proxy between here and AWS; ages on screen say how old anything is meanwhile",
    check: answers_slow,
};

/// The key of the row of the api view that counts them together.
pub const ALL_CALLS: &str = "all calls";

/// One that is lost is no news.
const SEVERAL: usize = 2;

/// Operations named; more are only counted.
const NAMED: usize = 3;

fn answers_slow(context: &Context<'_>) -> Vec<Finding> {
    find(context).into_iter().collect()
}

fn find(context: &Context<'_>) -> Option<Finding> {
    let calls = &context.estate.calls;
    let timed_out = calls.timed_out();
    if timed_out < SEVERAL {
        return None;
    }
    let percentile = |percent| {
        let milliseconds = f64::from(calls.percentile(percent).unwrap_or_default());
        format!("p{percent} {}", words::milliseconds(milliseconds))
    };
    let mut operations: Vec<_> = calls.timed_out_by_operation().into_iter().collect();
    operations.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let mut named: Vec<String> =
        operations.iter().take(NAMED).map(|(name, count)| format!("{name} {count} ×")).collect();
    let more = operations.len().saturating_sub(NAMED);
    if more > 0 {
        named.push(words::count(more, "more operation"));
    }
    Some(Finding {
        severity: Severity::Notice,
        stack: "every stack".into(),
        // All calls together: a row of the api view.
        subject: ResourceId::new(Kind::Scope, &Scope::new("", ""), ALL_CALLS),
        since: calls.timing_out_since(),
        summary: format!(
            "AWS answers slowly: {timed_out} of {} in {} timed out, {}",
            words::count(calls.count(), "call"),
            words::span(WINDOW),
            percentile(99)
        ),
        evidence: vec![format!("{} of all calls", percentile(50)), format!("timed out: {}", named.join(", "))],
        advice: "check network, VPN and proxy; what is shown may be older than usual: ages say how old".to_owned(),
    })
}
