//! The `sessions` table of a group: where its gateways' sessions are read and how many one takes.

use std::sync::Arc;

use crate::{
    domain::text::SafeText,
    toml_file::{Reported, Table, Value},
};

use super::{
    model::{SessionMetric, SessionSource},
    parse::{at_least_one, plain, wire_name},
};

pub fn source(value: Value<'_>) -> Result<SessionSource, Reported> {
    value.table(|table| {
        let session_table = table.value("table").map(session_table).transpose();
        let metric = table.value("metric").map(metric).transpose();
        let limit = table.value("limit").map(at_least_one).transpose();
        let limits = table.value("limits").map_or(Ok(Vec::new()), limits);
        let source = SessionSource { table: session_table?, metric: metric?, limits: limits?, limit: limit? };
        if source.table.is_none() && source.metric.is_none() {
            let hint = "say where they are counted: table, metric or both".to_owned();
            return Err(table.fault("sessions come from nowhere", Some(hint)));
        }
        if source.limit.is_some() && !source.limits.is_empty() {
            let hint = "limit holds for every type; drop one of the two".to_owned();
            return Err(table.fault("both limit and limits are given", Some(hint)));
        }
        Ok(source)
    })
}

fn session_table(value: Value<'_>) -> Result<(Arc<str>, Arc<str>), Reported> {
    value.table(|table| {
        let name = wire_name(table, "name");
        let gateway = wire_name(table, "gateway");
        Ok((name?, gateway?))
    })
}

fn metric(value: Value<'_>) -> Result<SessionMetric, Reported> {
    value.table(|table| {
        let namespace = shown(table, "namespace");
        let name = shown(table, "name");
        let dimension = table.value("dimension").map(|value| value.parse(plain)).transpose();
        Ok(SessionMetric { namespace: namespace?, name: name?, dimension: dimension?.map(SafeText::from) })
    })
}

fn shown(table: &mut Table<'_>, key: &'static str) -> Result<SafeText, Reported> {
    table.required_value(key)?.parse(plain).map(SafeText::from)
}

fn limits(value: Value<'_>) -> Result<Vec<(SafeText, u32)>, Reported> {
    value.table(|table| table.entries(|(kind, limit)| Ok((SafeText::from(kind.value), at_least_one(limit)?))))
}
