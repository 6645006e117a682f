//! The readiness checklist of a stack, item by item.

use jiff::{civil::Date, tz::TimeZone};

use super::sheet::Sheet;
use crate::{
    app::{App, overlay::TextLine, words},
    stack::{checklist::Need, model::Stack},
    theme::Role,
    triage::checklist::{Checked, Found, Standing, State, of_stack, tally, why_unseen},
};

/// The list alone, under the stack's name.
pub fn checklist(app: &App, stack: &Stack) -> Vec<TextLine> {
    let mut sheet = Sheet::new(app.now, Vec::new());
    sheet.title("stack", stack.name.as_str());
    summary(app, stack, &mut sheet);
    items(app, stack, &mut sheet);
    sheet.finish()
}

/// How the list stands, in one line.
pub fn summary(app: &App, stack: &Stack, sheet: &mut Sheet) {
    if stack.checklist.is_empty() {
        return;
    }
    let checked = of_stack(stack, &app.estate, app.now);
    let worst = checked.iter().map(Checked::standing).min().unwrap_or(Standing::Present);
    sheet.told("checklist", role_of(worst), tally(&checked));
}

/// Each item: its mark, its name, what was found, how long ago.
pub fn items(app: &App, stack: &Stack, sheet: &mut Sheet) {
    if stack.checklist.is_empty() {
        return;
    }
    sheet.section("readiness checklist");
    let mut checked = of_stack(stack, &app.estate, app.now);
    // What is wrong comes first; all else as the file has it.
    checked.sort_by_key(|it| it.standing().min(Standing::Unseen));
    sheet.lines(checked.iter().map(|item| line(app, stack, item)).collect());
    let is_for_people = |it: &Found<'_>| it.need.is_for_people() && it.state.standing() == Standing::Unseen;
    if checked.iter().any(|it| it.found.iter().any(is_for_people)) {
        let today = app.now.to_zoned(TimeZone::UTC).date();
        let hint = format!("  → what no read tells: see for yourself, then confirmed = \"{today}\" in the stack file");
        sheet.line(Role::Hint, hint);
    }
}

fn line(app: &App, stack: &Stack, checked: &Checked<'_>) -> TextLine {
    let standing = checked.standing();
    let role = role_of(standing);
    let place = if stack.scopes.len() > 1 { format!(" {}", checked.scope.region) } else { String::new() };
    let name = format!("{}{place}", checked.item.name);
    let text = said(app, checked);
    let age = checked.read_at().map(|at| format!(" · {}", words::ago(app.now, at))).unwrap_or_default();
    let of_text = if standing <= Standing::Unseen { role } else { Role::Text };
    TextLine(vec![
        (role, format!("{} ", mark(standing)).into()),
        (Role::Text, format!("{name:<24} ").into()),
        (of_text, text.into()),
        (Role::Muted, age.into()),
    ])
}

/// What was found of it, the worst first; those alike together.
fn said(app: &App, checked: &Checked<'_>) -> String {
    let standings = [Standing::Missing, Standing::Differs, Standing::Unseen, Standing::Confirmed, Standing::Present];
    let parts = standings.into_iter().filter_map(|standing| {
        let alike: Vec<&Found<'_>> = checked.found.iter().filter(|it| it.state.standing() == standing).collect();
        let first = alike.first()?;
        let names: Vec<String> = alike.iter().map(|it| what(it.need)).collect();
        let names = |head: &str| format!("{head}: {}", names.join(", "));
        Some(match &first.state {
            State::Missing => names("missing"),
            State::Confirmed(day) => names(&format!("by hand, confirmed {day}, {}", days_ago(app, *day))),
            State::Unseen(why) if alike.iter().all(|it| it.state == first.state) => {
                names(&format!("not looked at ({})", why_unseen(why)))
            }
            State::Unseen(_) => {
                let each = alike.iter().map(|it| format!("{} ({})", what(it.need), apart(&it.state)));
                format!("not looked at: {}", each.collect::<Vec<_>>().join(", "))
            }
            State::Differs { .. } | State::Present(_) => {
                alike.iter().map(|it| there(it)).collect::<Vec<_>>().join(", ")
            }
        })
    });
    parts.collect::<Vec<_>>().join(" · ")
}

fn apart(state: &State<'_>) -> String {
    match state {
        State::Unseen(why) => why_unseen(why),
        _ => String::new(),
    }
}

/// What is there, and what is worth knowing of it.
fn there(found: &Found<'_>) -> String {
    let what = match found.need {
        Need::InternetGateway => "attached".to_owned(),
        Need::NatGateways(number) => format!("{number} available"),
        need => what(need),
    };
    match &found.state {
        State::Differs { asked, is } => {
            let thing = if what.contains(' ') { String::new() } else { format!("{what} ") };
            format!("{thing}is {is}, not {asked}")
        }
        State::Present(detail) if !detail.is_empty() => format!("{what} ({detail})"),
        _ => what,
    }
}

/// What it is about.
fn what(need: &Need) -> String {
    match need {
        Need::Vpc { name, .. } | Need::Named(_, name) => name.to_string(),
        Need::Subnet { cidr, .. } => cidr.to_string(),
        Need::ByHand(what) => what.to_string(),
        Need::InternetGateway => "internet gateway".to_owned(),
        Need::NatGateways(_) => "NAT gateways".to_owned(),
    }
}

fn days_ago(app: &App, day: Date) -> String {
    let today = app.now.to_zoned(TimeZone::UTC).date();
    match day.until(today).map_or(0, |span| span.get_days()) {
        days if days < 1 => "today".to_owned(),
        days => format!("{days} d ago"),
    }
}

fn mark(standing: Standing) -> &'static str {
    match standing {
        Standing::Present | Standing::Confirmed => "✓",
        Standing::Missing => "✗",
        Standing::Differs => "!",
        Standing::Unseen => "?",
    }
}

fn role_of(standing: Standing) -> Role {
    match standing {
        Standing::Present | Standing::Confirmed => Role::Ok,
        Standing::Missing => Role::Critical,
        Standing::Differs => Role::Warning,
        Standing::Unseen => Role::Notice,
    }
}
