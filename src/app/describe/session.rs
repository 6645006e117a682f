//! An open session: whose, where, since when.

use super::sheet::Sheet;
use crate::{app::joins::Joins, domain::id::ResourceId};

pub fn describe(joins: &Joins<'_>, subject: &ResourceId, sheet: &mut Sheet) -> Option<()> {
    let known = joins.app.estate.scope(&subject.scope)?;
    let (table, id) = subject.key.split_once('|')?;
    let session = known.sessions.get(table)?.value()?.iter().find(|it| it.id.as_str() == id)?;
    sheet.section("session");
    sheet.field("user", session.user.clone());
    sheet.field("gateway", session.gateway.clone());
    sheet.field("scope", subject.scope.to_string());
    sheet.moment("started", session.started_at);
    sheet.moment("last seen", session.last_seen_at);
    if let Some((group, instance)) = known.instance(session.gateway.as_str()) {
        sheet.field("group", group.name.clone());
        sheet.field("gateway is", format!("{}, {}", instance.lifecycle, instance.health));
    }
    Some(())
}
