//! Reads that fail, and data that has grown old: when the console cannot see.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{
    context::{Context, Finding, SharedScope},
    reads,
    rule::Rule,
    words,
};
use crate::domain::{
    fault::{Fault, FaultKind},
    id::{Kind, ResourceId},
    read::Read,
    signal::Severity,
    text::SafeText,
};

pub const READS_FAILING: Rule = Rule {
    name: "reads-failing",
    meaning: "AWS does not answer, or refuses, some of the console's reads",
    severity: "critical where credentials are of no use or nothing of the scope is seen; throttling beside fresh data is \
               a notice; else a warning",
    fires: "reads of a scope fail: one signal for each scope and kind of fault. Faults that pass by themselves are told \
            once the last good answer is 90 seconds old, 11 minutes for what is read seldom",
    evidence: "each operation with code, message and request id, what is not renewed, and how old it is",
    next: "by the kind of fault: renew credentials, ask for the right, check the network, or wait",
    check: failing,
};

pub const STALE_DATA: Rule = Rule {
    name: "stale-data",
    meaning: "what is shown has not been renewed for long",
    severity: "a warning",
    fires: "what a stack rests on is older than 5 minutes, and no fault says why",
    evidence: "each read with its age",
    next: "refresh; then look at the console's own calls",
    check: stale,
};

/// Passing faults are told once the last good answer is older than this: one missed renewal is no news.
const PASSING: SignedDuration = SignedDuration::from_secs(90);

/// The same for what is renewed every few minutes only.
const PASSING_SLOW: SignedDuration = SignedDuration::from_mins(11);

/// What triage rests on is stale when older than this.
const STALE: SignedDuration = SignedDuration::from_mins(5);

/// One finding for each scope and kind of fault, with every operation that it hits.
fn failing(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for scope in context.scopes() {
        let mut by_kind: BTreeMap<FaultKind, Vec<(Read<'_>, &Fault)>> = BTreeMap::new();
        for read in scope.known.reads() {
            if let Some(fault) = read.fault.filter(|fault| !is_silent(&scope, &read, fault, context.now)) {
                by_kind.entry(fault.kind).or_default().push((read, fault));
            }
        }
        findings.extend(by_kind.into_iter().map(|(kind, failed)| find(&scope, kind, &failed, context.now)));
    }
    findings
}

/// Passing faults beside fresh data, and missing services, which have a rule of their own.
fn is_silent(scope: &SharedScope<'_>, read: &Read<'_>, fault: &Fault, now: Timestamp) -> bool {
    use FaultKind::{Garbled, Lost, Missing, Server, Throttled, TimedOut, Unreachable};
    let passing = if read.slow { PASSING_SLOW } else { PASSING };
    let recent = read.fetched_at.is_some_and(|at| now.duration_since(at) < passing);
    match fault.kind {
        Throttled | Unreachable | Lost | TimedOut | Garbled | Server => recent,
        Missing => scope.known.services.values().any(|it| it.fault() == Some(fault)),
        _ => false,
    }
}

fn find(scope: &SharedScope<'_>, kind: FaultKind, failed: &[(Read<'_>, &Fault)], now: Timestamp) -> Finding {
    let operations: BTreeSet<&str> = failed.iter().map(|(_, fault)| fault.operation.as_str()).collect();
    let operations: Vec<&str> = operations.into_iter().collect();
    let scope_name = scope.scope.to_string();
    let what = match kind {
        FaultKind::Expired | FaultKind::Credentials => format!("{scope_name}: {}", kind.word()),
        _ => format!("{scope_name}: {} for {}", kind.word(), shortened(&operations)),
    };
    let unseen: Vec<&str> = failed.iter().map(|(read, _)| read.what.as_str()).collect();
    // The time of the last good answer is when it still worked; faults themselves are renewed at every try.
    let since = failed.iter().map(|(read, fault)| read.fetched_at.unwrap_or(fault.at)).min();
    let mut evidence = texts(failed);
    evidence.push(format!("not renewed: {}", unseen.join(", ")));
    evidence.extend(since.filter(|_| failed.iter().any(|(read, _)| read.fetched_at.is_some())).map(|at| {
        format!("the oldest of it was read {} ago and stays on screen", words::span(now.duration_since(at)))
    }));
    Finding {
        severity: severity(scope, kind, now),
        stack: stacks(scope),
        subject: ResourceId::new(Kind::Scope, scope.scope, &scope_name),
        since,
        summary: what,
        evidence,
        advice: advice(&scope.scope.profile, kind, &operations),
    }
}

/// What each operation was told, once.
fn texts(failed: &[(Read<'_>, &Fault)]) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    let mut told = BTreeSet::new();
    for (_, fault) in failed {
        if told.insert((&fault.operation, &fault.code, &fault.message)) {
            let id = fault.request_id.as_ref().map(|id| format!(" (request id {id})")).unwrap_or_default();
            texts.push(format!("{}: {}: {}{id}", fault.operation, fault.code, fault.message));
        }
    }
    texts
}

/// Not seeing anything of a scope is as bad as the worst that it may hide; not seeing some is a warning.
fn severity(scope: &SharedScope<'_>, kind: FaultKind, now: Timestamp) -> Severity {
    let seen = |read: &Read<'_>| read.fetched_at.is_some_and(|at| now.duration_since(at) <= STALE);
    let sees_something = scope.known.reads().iter().any(seen);
    match kind {
        FaultKind::Expired | FaultKind::Credentials => Severity::Critical,
        FaultKind::Throttled if sees_something => Severity::Notice,
        _ if sees_something => Severity::Warning,
        _ => Severity::Critical,
    }
}

/// The names of the stacks that a scope's trouble is theirs.
fn stacks(scope: &SharedScope<'_>) -> SafeText {
    let names: Vec<&str> = scope.stacks.iter().map(|it| it.name.as_str()).collect();
    SafeText::new(&names.join(", "))
}

fn shortened(operations: &[&str]) -> String {
    match operations {
        [first, second, third, rest @ ..] if !rest.is_empty() => {
            format!("{first}, {second}, {third} and {}", words::count(rest.len(), "more operation"))
        }
        few => words::list(few),
    }
}

/// What to do where AWS does not take the credentials of `profile`.
pub fn renewal(profile: &str, kind: FaultKind) -> Option<String> {
    let flag = if profile.is_empty() { String::new() } else { format!(" --profile {}", quoted(profile)) };
    match kind {
        FaultKind::Expired => Some(format!("run `aws sso login{flag}`, or renew the credentials as you do")),
        FaultKind::Credentials => Some(format!(
            "run `aws sts get-caller-identity{flag}` to see what fails; check ~/.aws/config and the environment"
        )),
        _ => None,
    }
}

/// What to do about reads of `operations` that fail so with the credentials of `profile`.
pub fn advice(profile: &str, kind: FaultKind, operations: &[&str]) -> String {
    let renewal = renewal(profile, kind).unwrap_or_default();
    match kind {
        FaultKind::Expired => format!("{renewal}; the console notices by itself"),
        FaultKind::Credentials => renewal,
        FaultKind::Denied => {
            format!("ask for {} on this identity's policy; everything else goes on", words::list(operations))
        }
        FaultKind::Throttled => {
            "nothing: the console slows down by itself; other tools of this account use the same quota".to_owned()
        }
        FaultKind::Unreachable => {
            "check network, VPN and proxy, and that region and AWS_ENDPOINT_URL are right".to_owned()
        }
        FaultKind::Lost | FaultKind::TimedOut => "check network and VPN; the console goes on trying".to_owned(),
        FaultKind::Garbled => {
            "something answers in AWS's place: check proxy, captive portal and AWS_ENDPOINT_URL".to_owned()
        }
        FaultKind::Missing => "check the names in the stack file, and whether somebody has deleted it".to_owned(),
        FaultKind::Server => {
            "AWS itself fails: see https://health.aws.amazon.com; the console goes on trying".to_owned()
        }
        FaultKind::Rejected => {
            "read the code and the message above; the request id is what AWS support asks for".to_owned()
        }
    }
}

/// The profile's name as a shell takes it.
fn quoted(profile: &str) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || "-_.+@/".contains(it);
    if profile.chars().all(plain) { profile.to_owned() } else { format!("'{}'", profile.replace('\'', "'\\''")) }
}

fn stale(context: &Context<'_>) -> Vec<Finding> {
    context.scopes().iter().filter_map(|scope| stale_in(scope, context.now)).collect()
}

fn stale_in(scope: &SharedScope<'_>, now: Timestamp) -> Option<Finding> {
    let watched = scope.stacks.iter().flat_map(|stack| reads::watched(stack, scope.scope, Some(scope.known)));
    let old = watched
        .filter(|read| read.fault.is_none() && !read.slow)
        .filter_map(|read| Some((read.fetched_at?, read.what)));
    let old: BTreeSet<(Timestamp, String)> = old.filter(|(at, _)| now.duration_since(*at) > STALE).collect();
    let (since, _) = old.first()?;
    let evidence = old.iter().map(|(at, what)| format!("{what}: {} old", words::span(now.duration_since(*at))));
    Some(Finding {
        severity: Severity::Warning,
        stack: stacks(scope),
        subject: ResourceId::new(Kind::Scope, scope.scope, &scope.scope.to_string()),
        since: Some(*since),
        summary: format!("{}: what is shown is up to {} old", scope.scope, words::span(now.duration_since(*since))),
        evidence: evidence.collect(),
        advice: "refresh; if it stays so, see the console's own calls in the api view".to_owned(),
    })
}
