use std::{fs, io::Write, os::unix::fs::PermissionsExt, thread};

use proptest::prelude::*;

use super::*;
use crate::{
    domain::{
        fault::{Fault, FaultKind},
        id::{Arn, Scope},
        write::{ServiceChange, Write as AwsWrite, WriteAnswer, WriteOutcome, WriteRequest, Written},
    },
    journal::{
        record::{Answered, Ended, Intended, StepId},
        scratch::{Scratch, ada, at, begun, note},
        verify::verify,
    },
};

fn notes(journal: &Journal) -> Vec<String> {
    let text = |it: Lines| match it.found {
        Ok(record) => match record.entry {
            Entry::Note { text, .. } => text.to_string(),
            Entry::Torn { bytes } => format!("torn {bytes}"),
            other => panic!("{other:?}"),
        },
        Err(error) => error.to_string(),
    };
    journal.read().unwrap().into_iter().map(text).collect()
}

fn ended(name: &str) -> Entry {
    Entry::Ended(Ended {
        operation: name.into(),
        verdict: "succeeded".into(),
        summary: "4 of 4 run".into(),
        evidence: Vec::new(),
    })
}

fn unfinished(journal: &Journal) -> Vec<(String, bool)> {
    let of = |it: &Unfinished| (it.told.begun.operation.to_string(), it.taken.is_some());
    journal.unfinished().unwrap().0.iter().map(of).collect()
}

#[test]
fn only_its_owner_can_read_it() {
    let scratch = Scratch::new();
    Journal::at(&scratch.journal()).append(at(0), note("a")).unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&scratch.journal()), mode(scratch.journal().parent().unwrap())), (0o600, 0o700));
}

#[test]
fn a_journal_that_is_not_there_is_empty() {
    let scratch = Scratch::new();
    let journal = Journal::at(&scratch.journal());
    assert!(journal.read().unwrap().is_empty() && journal.unfinished().unwrap().0.is_empty());
    assert!(!scratch.journal().exists(), "reading makes nothing");
}

#[test]
fn a_torn_line_is_told_and_survived_wherever_it_was_cut() {
    let scratch = Scratch::new();
    let journal = Journal::at(&scratch.journal());
    journal.append(at(0), note("first")).unwrap();
    journal.append(at(1), note("second")).unwrap();
    let whole = scratch.text();
    let second = whole.find('\n').unwrap() + 1;
    for cut in second + 1..whole.len() {
        fs::write(scratch.journal(), &whole[..cut]).unwrap();
        journal.append(at(2), note("third")).unwrap();
        let lines = journal.read().unwrap();
        let report = verify(&lines);
        assert_eq!(report.broken, None, "cut at {cut}");
        let found = notes(&journal);
        assert_eq!(found.len(), 4);
        let kept = cut == whole.len() - 1;
        assert_eq!(report.torn, if kept { vec![] } else { vec![2] }, "cut at {cut}");
        assert_eq!(found[2..], [format!("torn {}", cut - second), "third".to_owned()]);
        if kept {
            assert_eq!(found[1], "second", "only its line feed is missing");
        }
    }
}

#[test]
fn many_that_add_at_once_do_not_mix() {
    let scratch = Scratch::new();
    thread::scope(|scope| {
        for writer in 0..4 {
            // A store of its own for each, as processes have.
            let journal = Journal::at(&scratch.journal());
            scope.spawn(move || {
                for turn in 0..10 {
                    journal.append(at(turn), note(&format!("{writer}-{turn}"))).unwrap();
                }
            });
        }
    });
    let journal = Journal::at(&scratch.journal());
    assert_eq!(verify(&journal.read().unwrap()).broken, None);
    let mut found = notes(&journal);
    found.sort();
    let mut expected: Vec<String> = (0..4).flat_map(|a| (0..10).map(move |b| format!("{a}-{b}"))).collect();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn of_two_consoles_with_a_plan_for_the_same_service_one_begins() {
    let scratch = Scratch::new();
    let (one, other) = (Journal::at(&scratch.journal()), Journal::at(&scratch.journal()));
    let _watched = one.begin(at(10), begun("a", "terminal-api", at(5)), 0).unwrap();
    let refused = other.begin(at(11), begun("b", "terminal-api", at(12)), 0).unwrap_err();
    assert_eq!(refused.to_string(), "ada@bastion began to scale terminal-api to 4 since the plan was made");
    let _elsewhere = other.begin(at(12), begun("c", "cma-api", at(6)), 0).unwrap();
    let _knowing = other.begin(at(13), begun("d", "terminal-api", at(6)), 2).unwrap();
    assert_eq!(other.read().unwrap().len(), 3);
}

#[test]
fn the_same_operation_begins_once() {
    let scratch = Scratch::new();
    let (one, other) = (Journal::at(&scratch.journal()), Journal::at(&scratch.journal()));
    let _watched = one.begin(at(10), begun("a", "terminal-api", at(10)), 0).unwrap();
    assert!(matches!(other.begin(at(10), begun("a", "terminal-api", at(10)), 0), Err(BeginError::Overtaken { .. })));
}

#[test]
fn what_a_gone_process_left_is_taken_over_once_and_what_a_living_one_watches_is_not() {
    let scratch = Scratch::new();
    let (one, other) = (Journal::at(&scratch.journal()), Journal::at(&scratch.journal()));
    let watched = one.begin(at(10), begun("a", "terminal-api", at(5)), 0).unwrap();
    assert_eq!(unfinished(&other), [("a".to_owned(), false)]);
    drop(watched);
    let (taken, _) = other.unfinished().unwrap();
    assert!(taken[0].taken.is_some());
    assert_eq!(unfinished(&one), [("a".to_owned(), false)], "the other watches it now");
    drop(taken);
    one.append(at(20), ended("a")).unwrap();
    assert_eq!(unfinished(&other), []);
}

#[test]
fn a_call_without_an_answer_is_found() {
    let journal = Journal::in_memory();
    let _watched = journal.begin(at(0), begun("a", "terminal-api", at(0)), 0).unwrap();
    let write = |desired| AwsWrite::UpdateService {
        cluster: Arn::new("c"),
        service: Arn::new("s"),
        change: ServiceChange { desired: Some(desired), ..ServiceChange::default() },
    };
    let request = |desired| WriteRequest { scope: Scope::new("", "us-east-1"), write: write(desired) };
    let step = |step| StepId { part: 0, step };
    for at_step in [0, 1] {
        let intended = Intended::new("a".into(), step(at_step), request(at_step));
        journal.append(at(1), Entry::Intended(intended)).unwrap();
        if at_step == 0 {
            let written = Written { request_id: Some("r-1".into()), answer: WriteAnswer::ScalableTarget };
            let answered = Answered { operation: "a".into(), step: step(0), outcome: WriteOutcome::Done(written) };
            journal.append(at(2), Entry::Answered(answered)).unwrap();
        }
    }
    journal.append(at(3), Entry::Resumed { operation: "a".into(), by: ada() }).unwrap();
    let [found] = &journal.unfinished().unwrap().0[..] else { panic!("one operation") };
    let calls: Vec<_> = found.told.calls.iter().map(|it| (it.step.step, it.answered.is_some())).collect();
    assert_eq!((calls, found.told.resumed.len()), (vec![(0, true), (1, false)], 1));
    assert_eq!(found.told.calls[1].request, request(1));
}

#[test]
fn a_journal_that_cannot_be_written_says_which_and_why() {
    let scratch = Scratch::new();
    fs::write(scratch.path().join("state"), "a file in the folder's place").unwrap();
    let error = Journal::at(&scratch.journal()).append(at(0), note("a")).unwrap_err().to_string();
    assert!(error.starts_with("make the folder of the journal ") && error.contains("state/journal.jsonl"), "{error}");
}

#[test]
fn a_line_longer_than_a_block_is_followed() {
    let scratch = Scratch::new();
    let journal = Journal::at(&scratch.journal());
    let mut long = begun("a", "terminal-api", at(0));
    long.course = serde_json::Value::String("x ".repeat(40_000));
    let _watched = journal.begin(at(0), long, 0).unwrap();
    journal.append(at(1), note("after")).unwrap();
    assert_eq!(verify(&journal.read().unwrap()).broken, None);
}

fn text() -> impl Strategy<Value = String> {
    any::<String>().prop_filter("secrets are hidden", |it| !crate::domain::redact::has_secret_shape(it))
}

fn outcome() -> impl Strategy<Value = WriteOutcome> {
    let fault = || {
        (text(), text()).prop_map(|(code, message)| Fault {
            kind: FaultKind::Throttled,
            operation: "ecs:UpdateService".into(),
            code: code.into(),
            message: message.into(),
            request_id: None,
            at: at(0),
        })
    };
    let done = text().prop_map(|id| {
        let answer = WriteAnswer::TaskDefinition { arn: Arn::new("arn:1") };
        WriteOutcome::Done(Written { request_id: Some(id.into()), answer })
    });
    prop_oneof![done, fault().prop_map(WriteOutcome::Refused), fault().prop_map(WriteOutcome::Unknown)]
}

fn entry() -> impl Strategy<Value = Entry> {
    let step = (any::<u32>(), any::<u32>()).prop_map(|(part, step)| StepId { part, step });
    let answered = (text(), step, outcome()).prop_map(|(operation, step, outcome)| {
        Entry::Answered(Answered { operation: operation.as_str().into(), step, outcome })
    });
    let begun = (text(), text(), any::<i32>()).prop_map(|(reason, title, second)| {
        let mut begun = begun("a", "terminal-api", at(second.into()));
        begun.reason = Some(reason.into());
        begun.title = title.into();
        Entry::Begun(Box::new(begun))
    });
    let ended = (text(), prop::collection::vec(text(), 0..3)).prop_map(|(summary, evidence)| {
        Entry::Ended(Ended {
            operation: "a".into(),
            verdict: "failed".into(),
            summary: summary.into(),
            evidence: evidence.into_iter().map(Into::into).collect(),
        })
    });
    prop_oneof![
        answered,
        begun,
        ended,
        text().prop_map(|it| note(&it)),
        any::<u64>().prop_map(|bytes| Entry::Torn { bytes })
    ]
}

proptest! {
    #[test]
    fn what_is_recorded_is_read_back_whatever_it_is(entries in prop::collection::vec(entry(), 0..12), torn in any::<u8>()) {
        let journal = Journal::in_memory();
        let mut expected = Vec::new();
        for (nth, entry) in entries.into_iter().enumerate() {
            if nth == usize::from(torn) % 12 && let Store::Memory(bytes) = &*journal.0 {
                lock(bytes).write_all(b"{\"v\":1,\"at").unwrap();
                expected.extend([None, Some(Entry::Torn { bytes: 10 })]);
            }
            journal.append(at(0), entry.clone()).unwrap();
            expected.push(Some(entry));
        }
        let lines = journal.read().unwrap();
        prop_assert_eq!(verify(&lines).broken, None);
        let found: Vec<Option<Entry>> = lines.into_iter().map(|it| it.found.ok().map(|it| it.entry)).collect();
        prop_assert_eq!(found, expected);
    }
}
