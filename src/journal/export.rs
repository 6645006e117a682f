//! The journal for people and for other programs: text, Markdown, JSON.

use std::fmt::Write;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    history::{Call, Told},
    record::Author,
    verify::Report,
};
use crate::domain::{order::Order, text::SafeText, write::WriteOutcome};

/// Operations in a few lines each, for a terminal.
pub fn text(told: &[Told]) -> String {
    let mut out = String::new();
    for it in told {
        line(&mut out, &format!("{}  {}  {}", moment(it.at), it.begun.operation, it.begun.title));
        line(&mut out, &format!("  by       {} as {}", it.begun.by, callers(it)));
        if let Some(reason) = &it.begun.reason {
            line(&mut out, &format!("  reason   {reason}"));
        }
        line(&mut out, &format!("  plan     {}", seal(it)));
        for row in it.begun.changes.as_array().into_iter().flatten() {
            let [field, before, after] = ["field", "before", "after"].map(|it| SafeText::new(cell(row, it)));
            line(&mut out, &format!("  change   {}{field}  {before} → {after}", whose(it, row)));
        }
        for call in &it.calls {
            let region = SafeText::new(&call.request.scope.region);
            line(&mut out, &format!("  call     {region}  {}  {}", call.request.write.operation(), answer(call)));
        }
        for (at, by, order) in &it.orders {
            line(&mut out, &format!("  order    {} {order}, by {by}", moment(*at)));
        }
        for (at, by) in &it.resumed {
            line(&mut out, &format!("  resumed  {} by {by}", moment(*at)));
        }
        line(&mut out, &format!("  verdict  {}", verdict(it)));
        for evidence in it.ended.iter().flat_map(|(_, it)| &it.evidence) {
            line(&mut out, &format!("           {evidence}"));
        }
    }
    out
}

/// A report that can be pasted into an incident's page.
pub fn markdown(told: &[Told], report: &Report) -> String {
    let mut out = String::from("# Operations\n\n");
    line(&mut out, &integrity(report));
    for it in told {
        line(&mut out, &format!("\n## {} · {}\n", escaped(it.begun.title.as_str()), verdict_word(it)));
        line(&mut out, "| | |\n|---|---|");
        let mut row = |name: &str, value: &str| line(&mut out, &format!("| {name} | {} |", escaped(value)));
        row("operation", it.begun.operation.as_str());
        row("began", &moment(it.at));
        row("by", &format!("{} as {}", it.begun.by, callers(it)));
        row("stack", it.begun.stack.as_ref().map_or("", SafeText::as_str));
        row("reason", it.begun.reason.as_ref().map_or("", SafeText::as_str));
        row("plan", &seal(it));
        for (at, by, order) in &it.orders {
            row("order", &format!("{} {order}, by {by}", moment(*at)));
        }
        for (at, by) in &it.resumed {
            row("resumed", &format!("{} by {by}", moment(*at)));
        }
        row("verdict", &verdict(it));
        changes(&mut out, it);
        if !it.calls.is_empty() {
            line(&mut out, "\n| call | region | parameters | answer |\n|---|---|---|---|");
        }
        for call in &it.calls {
            let write = &call.request.write;
            let region = SafeText::new(&call.request.scope.region);
            let (parameters, answer) = (escaped(&write.parameters().to_string()), escaped(&answer(call)));
            line(&mut out, &format!("| {} | {region} | `{parameters}` | {answer} |", write.operation()));
        }
        evidence(&mut out, it);
    }
    out
}

/// One object of schema `quarterdeck.journal/1`.
pub fn json<'a>(told: impl IntoIterator<Item = &'a Told>, report: &Report) -> Value {
    let broken = report.broken.as_ref().map(|it| json!({ "line": it.number, "why": it.why }));
    json!({
        "schema": "quarterdeck.journal/1",
        "lines": report.lines,
        "torn": report.torn,
        "broken": broken,
        "operations": told.into_iter().map(operation).collect::<Vec<_>>(),
    })
}

fn operation(told: &Told) -> Value {
    let begun = &told.begun;
    let call = |it: &Call| {
        let (at, outcome) = it.answered.as_ref().map(|(at, outcome)| (*at, outcome.clone())).unzip();
        json!({
            "part": it.step.part,
            "step": it.step.step,
            "profile": profile(&it.request.scope.profile),
            "region": SafeText::new(&it.request.scope.region),
            "operation": it.request.write.operation(),
            "parameters": it.request.write.parameters(),
            "intended_at": it.intended_at,
            "answered_at": at,
            "outcome": outcome,
            "settled_at": it.settled.as_ref().map(|(at, _)| at),
            "settlement": it.settled.as_ref().map(|(_, found)| found),
        })
    };
    json!({
        "operation": begun.operation,
        "verb": begun.verb,
        "title": begun.title,
        "stack": begun.stack,
        "began_at": told.at,
        "by": begun.by,
        "callers": begun.callers,
        "reason": begun.reason,
        "plan": begun.plan,
        "changes": begun.changes,
        "calls": told.calls.iter().map(call).collect::<Vec<_>>(),
        "orders": told.orders.iter().map(|(at, by, order)| given(*at, by, *order)).collect::<Vec<_>>(),
        "resumed": told.resumed.iter().map(|(at, by)| json!({ "at": at, "by": by })).collect::<Vec<_>>(),
        "notes": told.notes.iter().map(|(at, text)| json!({ "at": at, "text": text })).collect::<Vec<_>>(),
        "ended_at": told.ended.as_ref().map(|(at, _)| at),
        // Documents have one spelling of it, whoever writes them.
        "verdict": told.ended.as_ref().map(|(_, it)| it.verdict.as_str().replace(' ', "_")),
        "summary": told.ended.as_ref().map(|(_, it)| &it.summary),
        "evidence": told.ended.as_ref().map_or(&[][..], |(_, it)| &it.evidence),
    })
}

/// What somebody said of it, as `order`, with `sessions` where they were given up.
fn given(at: Timestamp, by: &Author, order: Order) -> Value {
    let sessions = match order {
        Order::GiveUp { sessions } => Some(sessions),
        _ => None,
    };
    json!({ "at": at, "by": by, "order": word(order), "sessions": sessions })
}

fn word(order: Order) -> &'static str {
    match order {
        Order::Pause => "pause",
        Order::GoOn => "go_on",
        Order::PutBack => "put_back",
        Order::StopRefresh => "stop_refresh",
        Order::GiveUp { .. } => "give_up",
    }
}

/// What verifying found, in a line.
pub fn integrity(report: &Report) -> String {
    let torn = match report.torn.as_slice() {
        [] => String::new(),
        lines => {
            let numbers: Vec<String> = lines.iter().map(ToString::to_string).collect();
            format!("; cut off by a crash: line {}", numbers.join(", "))
        }
    };
    match &report.broken {
        None => format!("{} lines, each as it was written{torn}", report.lines),
        Some(broken) => format!("line {} is broken: {}{torn}", broken.number, broken.why),
    }
}

fn changes(out: &mut String, told: &Told) {
    let Some(rows) = told.begun.changes.as_array().filter(|it| !it.is_empty()) else { return };
    line(out, "\n| what changes | before | after |\n|---|---|---|");
    for row in rows {
        let [field, before, after] = ["field", "before", "after"].map(|it| escaped(cell(row, it)));
        line(out, &format!("| {}{field} | {before} | {after} |", escaped(&whose(told, row))));
    }
}

fn cell<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or("–")
}

/// Of what is about several, whom a change is about; with its region where names alone do not tell.
fn whose(told: &Told, row: &Value) -> String {
    let subjects = &told.begun.subjects;
    let own = subjects.iter().find(|it| Some(&*it.key) == row["subject"].as_str());
    let Some(own) = own.filter(|_| subjects.len() > 1) else { return String::new() };
    let is_elsewhere = subjects.iter().any(|it| it.name() == own.name() && it.scope != own.scope);
    let region = if is_elsewhere { format!(" in {}", SafeText::new(&own.scope.region)) } else { String::new() };
    format!("{}{region}: ", own.name())
}

fn seal(told: &Told) -> String {
    let plan = &told.begun.plan;
    format!("{}, made {}, confirmed {}", plan.digest, moment(plan.made_at), plan.confirmed)
}

fn evidence(out: &mut String, told: &Told) {
    let of_verdict = told.ended.iter().flat_map(|(_, it)| it.evidence.iter().map(ToString::to_string));
    let of_notes = told.notes.iter().map(|(at, text)| format!("{}: {text}", moment(*at)));
    let all: Vec<String> = of_verdict.chain(of_notes).collect();
    if !all.is_empty() {
        line(out, "");
    }
    for it in all {
        line(out, &format!("- {}", escaped(&it)));
    }
}

fn verdict(told: &Told) -> String {
    match &told.ended {
        Some((at, it)) => format!("{} after {}: {}", it.verdict, lasted(told.at, *at), it.summary),
        None => "none yet".to_owned(),
    }
}

fn verdict_word(told: &Told) -> &str {
    told.ended.as_ref().map_or("no verdict yet", |(_, it)| it.verdict.as_str())
}

fn answer(call: &Call) -> String {
    let answered = match &call.answered {
        None => "no answer recorded: it may have left".to_owned(),
        Some((_, WriteOutcome::Done(it))) => {
            let id = it.request_id.as_ref().map_or("without a request id", SafeText::as_str);
            format!("done, {id}")
        }
        Some((_, WriteOutcome::Refused(fault))) => format!("refused: {}: {}", fault.code, fault.message),
        Some((_, WriteOutcome::Unknown(fault))) => format!("unknown: {}: {}", fault.code, fault.message),
    };
    match &call.settled {
        Some((at, found)) => format!("{answered}; looked for until {}: {}", moment(*at), found.words()),
        None => answered,
    }
}

/// Each once, with the regions in which it was used.
fn callers(told: &Told) -> String {
    let mut used: Vec<(&str, Vec<&str>)> = Vec::new();
    for it in &told.begun.callers {
        match used.iter_mut().find(|(arn, _)| *arn == it.arn.as_str()) {
            Some((_, regions)) if regions.contains(&it.region.as_str()) => {}
            Some((_, regions)) => regions.push(it.region.as_str()),
            None => used.push((it.arn.as_str(), vec![it.region.as_str()])),
        }
    }
    let words: Vec<String> = used.iter().map(|(arn, regions)| format!("{arn} in {}", regions.join(" and "))).collect();
    words.join(", ")
}

fn profile(name: &str) -> Option<SafeText> {
    (!name.is_empty()).then(|| SafeText::new(name))
}

fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn lasted(from: Timestamp, to: Timestamp) -> String {
    let seconds = to.duration_since(from).as_secs().max(0);
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

/// Text in a cell of a Markdown table.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('`', "\\`").replace('<', "&lt;")
}

fn line(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _written = writeln!(out, "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{
        Journal,
        history::operations,
        record::{Ended, Entry},
        scratch::{at, begun},
        verify::verify,
    };

    fn told() -> (Vec<Told>, Report) {
        let journal = Journal::in_memory();
        let mut hostile = begun("20260115-030000-3fa9", "terminal-api", at(0));
        hostile.reason = Some("a | b `c` <script>".into());
        let _watched = journal.begin(at(0), hostile, 0).unwrap();
        let ended = Ended {
            operation: "20260115-030000-3fa9".into(),
            verdict: "succeeded".into(),
            summary: "4 of 4 tasks run".into(),
            evidence: vec!["4 of 4 targets are healthy".into()],
        };
        journal.append(at(95), Entry::Ended(ended)).unwrap();
        let lines = journal.read().unwrap();
        (operations(&lines), verify(&lines))
    }

    #[test]
    fn the_terminals_text_tells_who_what_and_how_it_ended() {
        let (told, _) = told();
        assert_eq!(
            text(&told),
            "2026-01-15 03:00:00 UTC  20260115-030000-3fa9  scale terminal-api to 4\n  by       ada@bastion as \
             arn:aws:sts::111122223333:assumed-role/on-call/ada in us-east-1\n  reason   a | b `c` <script>\n  plan     \
             3fa9, made 2026-01-15 03:00:00 UTC, confirmed by a key\n  change   desired count  2 → 4\n  verdict  \
             succeeded after 1 min 35 s: 4 of 4 tasks run\n           4 of 4 targets are healthy\n"
        );
    }

    #[test]
    fn markdown_cannot_be_broken_from_inside() {
        let (told, report) = told();
        let markdown = markdown(&told, &report);
        assert!(markdown.contains("## scale terminal-api to 4 · succeeded"), "{markdown}");
        assert!(markdown.contains("| reason | a \\| b \\`c\\` &lt;script> |"), "{markdown}");
        assert!(markdown.contains("| desired count | 2 | 4 |"), "{markdown}");
        assert!(markdown.contains("2 lines, each as it was written"), "{markdown}");
    }

    #[test]
    fn json_has_every_member_whether_known_or_not() {
        let (told, report) = told();
        let document = json(&told, &report);
        assert_eq!(document["schema"], "quarterdeck.journal/1");
        let operation = &document["operations"][0];
        assert_eq!((&operation["verdict"], &operation["ended_at"]), (&json!("succeeded"), &json!(at(95))));
        assert_eq!(operation["by"]["user"], "ada");
    }
}
