use jiff::{SignedDuration, Timestamp};

use super::{Entry, MOST, Source, Timeline, Tone};
use crate::domain::{
    estate::ScopeEstate,
    group::Activity,
    id::{Kind, ResourceId, Scope},
    query::{Answer, Query, Request},
    scaling::ServiceActivity,
};

fn scope() -> Scope {
    Scope::new("ops", "us-east-1")
}

fn now() -> Timestamp {
    Timestamp::constant(1_772_334_000, 0)
}

fn ago(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

fn entry(at: Timestamp) -> Entry {
    let subject = ResourceId::new(Kind::Service, &scope(), "arn:aws:ecs:us-east-1:1:service/c/s");
    Entry { at, source: Source::Event, tone: Tone::Routine, subject, text: "something".into() }
}

#[test]
fn the_oldest_give_way_and_do_not_come_back() {
    let mut timeline = Timeline::default();
    let many = i64::try_from(MOST).expect("a count");
    for seconds in (1..=many + 1).rev() {
        timeline.note("x", entry(ago(seconds)));
    }
    timeline.note("x", entry(ago(many + 1)));
    assert_eq!(timeline.newest_first().count(), MOST);
    assert_eq!(timeline.newest_first().last().map(|(_, it)| it.at), Some(ago(many)));
}

#[test]
fn before_a_moment_lie_fifteen_minutes_and_the_second_itself_or_the_minute_where_it_is_one() {
    let mut timeline = Timeline::default();
    for seconds in [902, 901, 900, 30, 0, -1, -2, -59, -60] {
        timeline.note("x", entry(now() + SignedDuration::from_secs(-seconds)));
    }
    let found =
        |until| -> Vec<i64> { timeline.before(until).map(|(_, it)| now().duration_since(it.at).as_secs()).collect() };
    assert_eq!(now().as_second() % 60, 0, "as metrics date what they tell");
    assert_eq!(found(now()), [-59, -2, -1, 0, 30, 900]);
    assert_eq!(found(now() - SignedDuration::from_secs(1)), [30, 900, 901]);
}

#[test]
fn an_entry_is_found_by_the_id_of_its_row() {
    let mut timeline = Timeline::default();
    timeline.note("one|a:b", entry(ago(30)));
    timeline.note("two", entry(ago(30)));
    for (id, entry) in timeline.newest_first() {
        assert_eq!(timeline.find(&id), Some(entry));
    }
    assert_eq!(timeline.find(&ResourceId::new(Kind::Entry, &scope(), "no number|x")), None);
}

/// What auto scaling could not do, and how long ago.
fn refused(minutes: i64, reason: &str) -> ServiceActivity {
    let activity = Activity {
        id: format!("{minutes}-{reason}").as_str().into(),
        started_at: ago(minutes * 60),
        ended_at: None,
        status: "Failed".into(),
        description: "Attempting to scale due to alarm triggered".into(),
        cause: "".into(),
        status_message: reason.into(),
    };
    ServiceActivity { resource: "service/c/s".into(), activity }
}

#[test]
fn what_auto_scaling_cannot_have_is_told_once_in_a_quarter_of_an_hour_and_rest_not_at_all() {
    let mut activities: Vec<_> = (0..40).map(|it| refused(it, "AlreadyAtMaxCapacity")).collect();
    activities.extend((0..40).map(|it| refused(it, "AlreadyAtMinCapacity")));
    let request = Request { scope: scope(), query: Query::ServiceActivities };
    let answer = Answer::ServiceActivities(activities);
    let mut timeline = Timeline::default();
    for _ in 0..2 {
        timeline.harvest(&request, &answer, &ScopeEstate::default(), now());
    }
    let told: Vec<_> = timeline.newest_first().map(|(_, it)| now().duration_since(it.at).as_mins()).collect();
    assert_eq!(told, [7, 23, 39]);
    assert!(timeline.newest_first().all(|(_, it)| it.text.as_str().ends_with("failed (AlreadyAtMaxCapacity)")));
}
