//! An event of a service in full, and how often it was said.

use super::sheet::Sheet;
use crate::{
    app::{
        joins::Joins,
        rows::{repeated_words, role_of_tone},
    },
    domain::{id::ResourceId, service::repeated, timeline::tone_of_event},
};

pub fn describe(joins: &Joins<'_>, subject: &ResourceId, sheet: &mut Sheet) -> Option<()> {
    let (service, id) = subject.key.split_once('|')?;
    let service = joins.app.estate.scope(&subject.scope)?.service(service)?;
    let said = repeated(&service.events).into_iter().find(|it| it.oldest.id.as_str() == id)?;
    sheet.section("event");
    sheet.field("service", service.name.clone());
    sheet.field("scope", subject.scope.to_string());
    sheet.moment("said", Some(said.newest.at));
    if said.times > 1 {
        sheet.moment("first said", Some(said.oldest.at));
        sheet.field("in short", repeated_words(&said, joins.app.now));
    }
    sheet.told("event", role_of_tone(tone_of_event(said.newest)), said.newest.message.clone());
    Some(())
}
