//! What the capacity advisor says of a stack: what its sessions need now, at the day's peak and in the next hours.

use super::sheet::Sheet;
use crate::{
    advice::{self, Advice, Need, forecast::Forecast},
    app::{App, overlay::TextLine, rows::count_words, words},
    domain::id::ResourceId,
    stack::capacity::Span,
    theme::Role,
};

/// The advice for the stack `subject`, unwrapped.
pub fn advice(app: &App, subject: &ResourceId) -> Vec<TextLine> {
    let mut sheet = Sheet::new(app.now, Vec::new());
    let Some(stack) = app.stack(&subject.key) else { return sheet.finish() };
    sheet.title("stack", stack.name.as_str());
    let advice = advice::advice(stack, &app.estate, app.now);
    if advice.is_empty() {
        sheet.line(Role::Muted, "Its file has no capacity plan: [capacity] in docs/stack-files.md.");
    }
    for advice in &advice {
        tell(app, advice, &mut sheet);
    }
    sheet.finish()
}

fn tell(app: &App, advice: &Advice<'_>, sheet: &mut Sheet) {
    sheet.section(&format!("sessions of {} in {}", advice.plan.group, advice.scope));
    sheet.maybe("now", advice.sessions.map(count_words));
    let peak = advice.peak.map(|(at, most)| format!("{most:.0} at {}", words::time_of(app.now, at)));
    sheet.maybe("most in 24 hours", peak);
    match &advice.forecast {
        Some(forecast) => tell_forecast(forecast, sheet),
        None => sheet.told("next hours", Role::Muted, format!("– ({})", advice.no_forecast.unwrap_or_default())),
    }
    let needs = advice.needs();
    sheet.section("what they need by the plan");
    let (tasks, gateways) = (advice.tasks, advice.gateways);
    let spans = |pick: fn(&Need<'_>) -> Option<Span>| needs.iter().map(pick).collect::<Vec<_>>();
    let heading: Vec<String> = needs.iter().map(|it| format!("{} ({})", it.when.word(), it.sessions)).collect();
    sheet.line(Role::Heading, row("", "have", &heading));
    let told = |name: &str, have: Option<u32>, spans: Vec<Option<Span>>, sheet: &mut Sheet| {
        let cells: Vec<String> = spans.iter().map(|it| it.map_or("–".to_owned(), |it| it.to_string())).collect();
        let short = have.is_some_and(|have| spans.iter().flatten().any(|it| it.least > have));
        let role = if short { Role::Warning } else { Role::Text };
        let text = row(name, &have.map_or("–".to_owned(), |it| it.to_string()), &cells);
        sheet.line(role, if short { format!("{text}  ! too few") } else { text });
    };
    if let Some(service) = &advice.plan.service {
        told(&format!("tasks of {service}"), tasks, spans(|it| it.tier?.tasks), sheet);
    }
    told("gateways", gateways, spans(|it| it.tier?.gateways), sheet);
    let by_limits = |it: &Need<'_>| it.by_limits.map(|number| Span { least: number, most: number });
    let each = advice.each.map(|it| format!("  at {it} each")).unwrap_or_default();
    told(&format!("{each}, at least"), gateways, spans(by_limits), sheet);
    if let Some(cache) = &advice.plan.cache {
        let named =
            |it: &Need<'_>| it.tier.and_then(|it| it.cache.as_ref()).map_or("–".to_owned(), ToString::to_string);
        let cells: Vec<String> = needs.iter().map(named).collect();
        sheet.line(Role::Text, row(&format!("node of {cache}"), "", &cells));
        let have = advice.nodes.as_ref().map(|(kinds, day)| format!("{kinds}, by the bill of {day}"));
        sheet.told("  have", Role::Muted, have.unwrap_or_else(|| "– (no bill that is known says so)".to_owned()));
    }
    for note in needs.iter().filter_map(|it| it.tier?.note.as_ref()).take(1) {
        sheet.told("the plan says", Role::Notice, note.clone());
    }
    if needs.iter().any(|it| it.tier.is_none()) {
        sheet.line(Role::Warning, "! the plan ends below that many sessions");
    }
    contradictions(advice, sheet);
}

fn tell_forecast(forecast: &Forecast, sheet: &mut Sheet) {
    let hours: Vec<String> =
        forecast.hours.iter().map(|(at, sessions)| format!("{} {sessions:.0}", at.strftime("%H:%M"))).collect();
    sheet.field("next hours", hours.join(" · "));
    let error = match forecast.error {
        Some(error) => format!("off by {:.0} % on average over the past day", error * 100.0),
        None => "how far off is not known: there are less than two days of history".to_owned(),
    };
    sheet.told("", Role::Muted, format!("as yesterday, scaled by today; {error}"));
}

fn contradictions(advice: &Advice<'_>, sheet: &mut Sheet) {
    if advice.contradictions.is_empty() {
        return;
    }
    sheet.section("what does not agree");
    for text in &advice.contradictions {
        sheet.line(Role::Warning, format!("! {text}"));
    }
}

/// A line of the comparison: what, what there is, and what is needed when.
fn row(name: &str, have: &str, needed: &[String]) -> String {
    let needed: Vec<String> = needed.iter().map(|it| format!("{it:<16}")).collect();
    format!("{name:<24}{have:<6}{}", needed.concat()).trim_end().to_owned()
}
