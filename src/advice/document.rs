//! The advice as a document, schema `quarterdeck.advice/1`. `docs/advice-json.md` explains each field.

use jiff::{Timestamp, civil::Date};
use serde::Serialize;

use super::{Advice, Need};
use crate::{domain::text::SafeText, stack::capacity::Span};

const SCHEMA: &str = "quarterdeck.advice/1";

#[derive(Debug, Serialize)]
pub struct AdviceDocument {
    schema: &'static str,
    observed_at: Timestamp,
    stacks: Vec<StackAdvice>,
}

#[derive(Debug, Serialize)]
struct StackAdvice {
    stack: SafeText,
    profile: Option<SafeText>,
    region: SafeText,
    group: SafeText,
    sessions: Option<u32>,
    approximate: bool,
    peak: Option<Moment>,
    forecast: Vec<Moment>,
    /// Mean error of the forecast over the past day, as a ratio of 1.
    forecast_error: Option<f64>,
    have: Have,
    needs: Vec<NeedDocument>,
    contradictions: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Moment {
    at: Timestamp,
    sessions: u32,
}

#[derive(Debug, Serialize)]
struct Have {
    tasks: Option<u32>,
    gateways: Option<u32>,
    min: Option<u32>,
    max: Option<u32>,
    sessions_each: Option<u32>,
    cache: Option<SafeText>,
    cache_billed_on: Option<Date>,
}

#[derive(Debug, Serialize)]
struct NeedDocument {
    when: &'static str,
    sessions: u32,
    tasks: Option<Bounds>,
    gateways: Option<Bounds>,
    gateways_by_limits: Option<u32>,
    cache: Option<SafeText>,
    note: Option<SafeText>,
}

#[derive(Debug, Serialize)]
struct Bounds {
    least: u32,
    most: u32,
}

/// The document of all advice at `now`.
pub fn document(advice: &[Advice<'_>], now: Timestamp) -> AdviceDocument {
    AdviceDocument { schema: SCHEMA, observed_at: now, stacks: advice.iter().map(of_stack).collect() }
}

fn of_stack(advice: &Advice<'_>) -> StackAdvice {
    let moment = |(at, sessions): (Timestamp, f64)| Moment { at, sessions: sessions.round() as u32 };
    let forecast = advice.forecast.as_ref();
    StackAdvice {
        stack: advice.stack.name.clone(),
        profile: Some(SafeText::new(&advice.scope.profile)).filter(|it| !it.is_empty()),
        region: SafeText::new(&advice.scope.region),
        group: SafeText::new(&advice.plan.group),
        sessions: advice.sessions.map(|it| it.value),
        approximate: advice.sessions.is_some_and(|it| it.approximate),
        peak: advice.peak.map(moment),
        forecast: forecast.into_iter().flat_map(|it| &it.hours).copied().map(moment).collect(),
        forecast_error: forecast.and_then(|it| it.error),
        have: Have {
            tasks: advice.tasks,
            gateways: advice.gateways,
            min: advice.bounds.map(|it| it.0),
            max: advice.bounds.map(|it| it.1),
            sessions_each: advice.each,
            cache: advice.nodes.as_ref().map(|it| it.0.clone()),
            cache_billed_on: advice.nodes.as_ref().map(|it| it.1),
        },
        needs: advice.needs().iter().map(need).collect(),
        contradictions: advice.contradictions.clone(),
    }
}

fn need(need: &Need<'_>) -> NeedDocument {
    let bounds = |span: Option<Span>| span.map(|Span { least, most }| Bounds { least, most });
    NeedDocument {
        when: match need.when {
            super::When::Now => "now",
            super::When::Peak => "peak",
            super::When::Next => "next",
        },
        sessions: need.sessions,
        tasks: bounds(need.tier.and_then(|it| it.tasks)),
        gateways: bounds(need.tier.and_then(|it| it.gateways)),
        gateways_by_limits: need.by_limits,
        cache: need.tier.and_then(|it| it.cache.clone()),
        note: need.tier.and_then(|it| it.note.clone()),
    }
}
