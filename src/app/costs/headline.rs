//! The lines above the rows of the cost view, of one stack or of all: what each figure is, and as of when.

use jiff::{SignedDuration, Timestamp, ToSpan};
use rust_decimal::Decimal;
use unicode_width::UnicodeWidthStr;

use super::{known, month, stack_in_view, stacks_in_view};
use crate::{
    app::{App, layout::left_width, overlay::TextLine, words},
    cost::{
        gap,
        known::{StackMonth, fault_words},
        moves::{Move, Over, moves},
        summary::{Figures, MonthEnd, Settled, Summary},
    },
    domain::{
        cost::{
            asking,
            bill::Bill,
            budget::{Bound, Budget, Spend, Threshold},
            forecast::LEVEL,
            month::Month,
        },
        money::Money,
        text::SafeText,
    },
    theme::Role,
};

/// Cells of a budget's bar.
const BUDGET_CELLS: usize = 20;

/// Cells of what stands before the moves: `Nov 13–19 vs 6–12, USD`.
const MOVE_HEADING: usize = 22;

/// Stacks of which it is said why their cost is not known; the others are counted.
const MOST_REASONS: usize = 3;

/// Pieces of a line.
type Pieces = Vec<(Role, SafeText)>;

fn piece(role: Role, text: impl Into<SafeText>) -> (Role, SafeText) {
    (role, text.into())
}

/// What stands above the bars.
pub fn head(app: &App) -> Vec<TextLine> {
    let mut lines = Vec::new();
    match stack_in_view(app) {
        Some(stack) => match known(app, stack) {
            None => {
                let text = "its stack file has no [cost] table: nothing says which part of the bill is its own";
                lines.push(TextLine::of(Role::Muted, text));
            }
            Some(it) => of_stack(app, &it, &mut lines),
        },
        None => of_all(app, &mut lines),
    }
    lines.extend(no_cost(app));
    lines
}

fn of_stack(app: &App, it: &StackMonth<'_>, lines: &mut Vec<TextLine>) {
    let summary = it.summary();
    match &summary {
        Some(summary) => {
            let end = it.month_end(summary);
            lines.extend(totals(app, summary, end.as_ref()));
            lines.extend(it.nothing_billed().map(|why| TextLine::of(Role::Warning, why)));
            if end.is_none()
                && let Some(silence) = it.forecast().and_then(|it| it.silence())
            {
                lines.push(TextLine::of(Role::Muted, format!("no forecast: {}", silence.sentence())));
            }
        }
        None => lines.push(unknown(app, it)),
    }
    // AWS tells of budgets whether it tells of the bill or not.
    if let Some((budget, as_of)) = it.budget() {
        lines.extend(budget_lines(app, budget, as_of));
    }
    lines.extend(it.budget_unknown().map(|why| TextLine::of(Role::Muted, why)));
    lines.extend(summary.map(|it| as_of(app, &it)));
    if let Some(fault) = it.fault().filter(|_| it.bill().is_some()) {
        let (why, when) = (fault_words(fault), fault.at.strftime("%b %-d %H:%M UTC"));
        lines.push(TextLine::of(Role::Faulted, format!("asked again in vain {when}: {why}")));
    }
}

/// Why nothing is known of a stack's cost, in a sentence.
pub fn unknown(app: &App, it: &StackMonth<'_>) -> TextLine {
    let nobody_asked = || if app.settings.no_cost { "cost is not known" } else { "asking what it costs" }.to_owned();
    TextLine::of(Role::Muted, it.unknown().unwrap_or_else(nobody_asked))
}

fn no_cost(app: &App) -> Option<TextLine> {
    let text = "--no-cost: nothing is asked; what is shown was asked before";
    app.settings.no_cost.then(|| TextLine::of(Role::Notice, text))
}

fn totals(app: &App, summary: &Summary, end: Option<&MonthEnd>) -> Vec<TextLine> {
    let money = |amount| summary.money(amount);
    let Figures { to_date, before, run_rate, estimate, .. } = summary.total;
    let until = |month: Month| {
        let last = month.first().saturating_add((summary.through.day() - 1).days()).min(month.last());
        format!("{}–{} ", month.first().strftime("%b %-d"), last.day())
    };
    let mut first: Pieces = vec![piece(Role::Muted, until(summary.month))];
    if summary.bare {
        first.push(piece(Role::Text, "nothing was billed"));
    } else {
        first.extend([piece(Role::Strong, money(to_date).to_string()), piece(Role::Muted, " actual")]);
    }
    if let Some(before) = before {
        first.push(piece(Role::Muted, format!(" · {}", until(summary.month.previous()))));
        first.push(piece(Role::Text, money(before).figure()));
    }
    let compared = summary.settled.and_then(|it| {
        let more = change(it.to_date, it.before)?;
        Some(piece(Role::Muted, format!(" ({more} by {})", it.through.strftime("%b %-d"))))
    });
    let at = first.len();
    if let Some(estimate) = estimate {
        first.push(piece(Role::Muted, " · estimate "));
        first.push(piece(Role::Text, range(summary, estimate.least, estimate.most)));
    }
    let mut second: Pieces = Vec::new();
    let mut filled = None;
    if let Some(end) = end {
        let (least, most) = (money(end.least).figure(), money(end.most).figure());
        second.push(piece(Role::Muted, "month end "));
        second.push(piece(Role::Strong, money(end.mean).figure()));
        second.push(piece(Role::Muted, format!(" forecast ({least}–{most}, {LEVEL} %")));
        let days = words::count(end.filled, "incomplete day");
        filled = (end.filled > 0).then(|| (second.len(), piece(Role::Muted, format!(", {days} as usual"))));
        second.push(piece(Role::Muted, ") · "));
    }
    if let Some(rate) = run_rate {
        second.push(piece(Role::Muted, "run-rate "));
        second.push(piece(Role::Text, money(rate).figure()));
    }
    // The table's heading says the same of run-rates without it.
    let monthly = run_rate.map(|_| (second.len(), piece(Role::Muted, " a month")));
    let TextLine(second) = fitting(app, second, monthly);
    vec![fitting(app, first, compared.map(|it| (at, it))), fitting(app, second, filled)]
}

/// A line with one more piece at its place, where there is room for it.
fn fitting(app: &App, mut pieces: Pieces, more: Option<(usize, (Role, SafeText))>) -> TextLine {
    let width = |(_, text): &(Role, SafeText)| text.as_str().width();
    if let Some((at, more)) = more
        && pieces.iter().chain([&more]).map(width).sum::<usize>() <= room(app)
    {
        pieces.insert(at, more);
    }
    TextLine(pieces)
}

fn range(summary: &Summary, least: Decimal, most: Decimal) -> String {
    if least == most { summary.money(most).brief() } else { format!("{least}–{}", summary.money(most).brief()) }
}

/// How much more or less than before, in percent.
pub fn change(now: Decimal, before: Decimal) -> Option<String> {
    let percent = ((now - before) * Decimal::ONE_HUNDRED).checked_div(before)?;
    let rounded = percent.round_dp(u32::from(percent.abs() < Decimal::TEN)).normalize();
    let sign = if rounded > Decimal::ZERO { "+" } else { "" };
    Some(format!("{sign}{rounded} %"))
}

fn as_of(app: &App, summary: &Summary) -> TextLine {
    let asked = asking::Asked { at: summary.fetched_at, ended: asking::Ended::Answered };
    let next = match asking::next(Some(asked), Some(summary.month)) {
        None => "final".to_owned(),
        Some(at) if at <= app.now => "due again".to_owned(),
        Some(at) => format!("next {}", ahead(app.now, at)),
    };
    let at = summary.fetched_at.strftime("%b %-d %H:%M UTC");
    let mut pieces = vec![piece(Role::Muted, format!("as of {at} ({})", words::ago(app.now, summary.fetched_at)))];
    if summary.estimated {
        pieces.push(piece(Role::Muted, " · estimated until invoiced"));
    }
    let grows = summary.may_grow().then(|| piece(Role::Muted, " · ∘ may still grow"));
    let at = pieces.len();
    pieces.push(piece(Role::Muted, format!(" · {next}")));
    fitting(app, pieces, grows.map(|it| (at, it)))
}

/// A time of day, with its date where that is a day off and more.
fn ahead(now: Timestamp, at: Timestamp) -> String {
    let is_soon = at.duration_since(now) < SignedDuration::from_hours(24);
    at.strftime(if is_soon { "%H:%M" } else { "%b %-d %H:%M" }).to_string()
}

/// A budget as a bar, and its thresholds, by figures of `as_of`.
pub fn budget_lines(app: &App, budget: &Budget, as_of: Timestamp) -> Vec<TextLine> {
    let money = |amount| Money::new(amount, budget.currency);
    let percent = |amount: Decimal| {
        let share = (amount * Decimal::ONE_HUNDRED).checked_div(budget.limit).unwrap_or_default();
        format!("{} %", share.round())
    };
    let state = if budget.thresholds.iter().any(|it| budget.is_beyond(it)) { Role::Warning } else { Role::Ok };
    let mut first = vec![
        piece(Role::Muted, format!("budget {} ", budget.name)),
        piece(Role::Text, format!("{} ", money(budget.limit).brief())),
    ];
    first.extend(bar(budget, state));
    first.push(piece(Role::Text, format!(" {} actual", percent(budget.actual))));
    if let Some(forecast) = budget.forecast {
        first.push(piece(Role::Text, format!(", {} forecast", percent(forecast))));
    }
    let mut second = vec![piece(Role::Muted, format!("  as of {}", as_of.strftime("%b %-d %H:%M UTC")))];
    let notifies = (!budget.thresholds.is_empty()).then(|| piece(Role::Muted, ", notifies at"));
    for (at, threshold) in budget.thresholds.iter().enumerate() {
        second.push(piece(Role::Muted, if at > 0 { " · " } else { ": " }));
        let (role, words) = threshold_words(budget, threshold);
        second.push(piece(role, words));
    }
    vec![TextLine(first), fitting(app, second, notifies.map(|it| (1, it)))]
}

fn threshold_words(budget: &Budget, threshold: &Threshold) -> (Role, String) {
    let at = match threshold.bound {
        Bound::Percent(percent) => format!("{} %", percent.normalize()),
        Bound::Amount(amount) => Money::new(amount, budget.currency).brief(),
    };
    let what = format!("{at} {}", threshold.of.word());
    match (budget.is_beyond(threshold), threshold.of) {
        (true, Spend::Actual) => (Role::Warning, format!("{what}: ! passed")),
        (true, Spend::Forecast) => (Role::Warning, format!("{what}: ! will pass")),
        (false, _) if threshold.passed => (Role::Notice, format!("{what}: was passed")),
        (false, _) => (Role::Text, format!("{what}: not passed")),
    }
}

/// Actual `█`, forecast beyond it `▒`, and a `╎` at each threshold.
fn bar(budget: &Budget, state: Role) -> Pieces {
    let forecast = budget.forecast.unwrap_or_default();
    let whole = budget.limit.max(budget.actual).max(forecast);
    let cell = |amount: Decimal| {
        let share = (amount * Decimal::from(BUDGET_CELLS)).checked_div(whole).unwrap_or_default();
        usize::try_from(share.round()).unwrap_or_default().min(BUDGET_CELLS)
    };
    let (actual, expected) = (cell(budget.actual), cell(forecast));
    let marks: Vec<usize> = budget.thresholds.iter().map(|it| cell(it.amount(budget.limit))).collect();
    let mut pieces = vec![piece(Role::Border, "▕")];
    for at in 0..BUDGET_CELLS {
        pieces.push(match at {
            at if marks.contains(&(at + 1)) => piece(Role::Strong, if at < actual { "┃" } else { "╎" }),
            at if at < actual => piece(state, "█"),
            at if at < expected => piece(state, "▒"),
            _ => piece(Role::MeterEmpty, "░"),
        });
    }
    pieces.push(piece(Role::Border, "▏"));
    pieces
}

/// What stands below the bars: what moved, and how the estimate fares.
pub fn tail(app: &App) -> Vec<TextLine> {
    let mut lines = Vec::new();
    let one = stack_in_view(app);
    let billed = |stack| {
        let it = known(app, stack)?;
        let named = one.map_or_else(|| format!("{} ", stack.name), |_| String::new());
        Some((named, it.bill()?, it.summary()?))
    };
    let told: Vec<(String, &Bill, Summary)> = stacks_in_view(app).into_iter().filter_map(billed).collect();
    if let (Some(_), [(_, bill, summary)]) = (one, told.as_slice()) {
        let is_over = summary.total.gap().is_some_and(|it| it > Decimal::ZERO);
        let role = if is_over { Role::Notice } else { Role::Text };
        lines.extend(gap::sentence(bill, summary).map(|it| TextLine::of(role, it)));
        lines.extend(gap::largest(bill, summary).map(|it| TextLine::of(Role::Text, it)));
    }
    lines.extend([Over::Day, Over::Week].into_iter().filter_map(|over| moved(&told, over, room(app))));
    lines
}

/// Cells that a line of the board has.
fn room(app: &App) -> usize {
    usize::from(left_width(app.size.0).saturating_sub(2))
}

/// What moved most in some bills, each with what stands before its moves: as many moves as have room on one line, and at
/// least one. `None` without a bill.
fn moved(told: &[(String, &Bill, Summary)], over: Over, room: usize) -> Option<TextLine> {
    let currency = told.first()?.2.currency;
    // Of several bills, days are compared that are complete in all; and amounts of one currency only.
    let own = || told.iter().filter(|(_, _, it)| it.currency == currency);
    let until = own().map(|(_, bill, it)| it.unsettled_from.min(bill.until)).min()?;
    let mut all: Vec<(&str, Money, Move)> = own()
        .flat_map(|(stack, bill, summary)| {
            moves(bill, until, over).into_iter().map(|it| (stack.as_str(), summary.money(it.change()), it))
        })
        .collect();
    all.sort_by_key(|(_, change, _)| std::cmp::Reverse(change.amount.abs()));
    Some(move_line(&all, &format!("{}, {currency}", over.compared(until)), room))
}

fn move_line(moves: &[(&str, Money, Move)], heading: &str, room: usize) -> TextLine {
    let heading = format!("{heading:<MOVE_HEADING$} ");
    let mut used = heading.width();
    let mut pieces = vec![piece(Role::Muted, heading)];
    if moves.is_empty() {
        pieces.push(piece(Role::Muted, "nothing has moved"));
    }
    for (at, (stack, change, it)) in moves.iter().enumerate() {
        let between = if at > 0 { " · " } else { "" };
        let what = format!("{stack}{} {}{}", it.item.name(), change.plus(), change.figure());
        let behind = format!(" ({})", it.usage_type);
        used += between.width() + what.width() + behind.width();
        if at > 0 && used > room {
            break;
        }
        let role = if change.amount.is_sign_positive() { Role::Strong } else { Role::Text };
        pieces.extend([piece(Role::Muted, between), piece(role, what), piece(Role::Muted, behind)]);
    }
    TextLine(pieces)
}

/// All stacks of one currency together.
fn of_all(app: &App, lines: &mut Vec<TextLine>) {
    let mut sums: Vec<(Summary, usize, Option<MonthEnd>)> = Vec::new();
    let (mut unread, mut without) = (0, Vec::new());
    for stack in stacks_in_view(app) {
        let Some(it) = known(app, stack) else { continue };
        let Some(summary) = it.summary() else {
            if it.silence().is_some() || it.fault().is_some() {
                let mut why = unknown(app, &it);
                why.0.insert(0, piece(Role::Text, format!("{}: ", stack.name)));
                without.push(why);
            } else {
                unread += 1;
            }
            continue;
        };
        let end = it.month_end(&summary);
        match sums.iter_mut().find(|(sum, ..)| sum.currency == summary.currency) {
            Some((sum, count, all)) => {
                add(sum, &summary);
                *count += 1;
                *all = all.zip(end).map(|(all, end)| all.and(end));
            }
            None => sums.push((summary, 1, end)),
        }
    }
    for (sum, count, end) in &sums {
        let mut told = totals(app, sum, end.as_ref());
        told[0].0.insert(0, piece(Role::Text, format!("{}: ", words::count(*count, "stack"))));
        lines.extend(told);
        lines.push(as_of(app, sum));
    }
    let missing = if unread > 0 {
        let what = if app.settings.no_cost { "not known" } else { "not known yet" };
        format!("the cost of {} is {what}; ", words::count(unread, "stack"))
    } else {
        String::new()
    };
    let nowhere_said = sums.is_empty() && unread == 0 && without.is_empty();
    let more = without.len().saturating_sub(MOST_REASONS);
    lines.extend(without.into_iter().take(MOST_REASONS));
    if more > 0 {
        lines.push(TextLine::of(Role::Muted, format!("the cost of {} more is not known", words::count(more, "stack"))));
    }
    if unread > 0 || sums.is_empty() {
        let text = format!("{missing}each question to Cost Explorer is billed 0.01 USD, and asked twice a day at most");
        lines.push(TextLine::of(Role::Muted, text));
    }
    if nowhere_said {
        lines.push(TextLine::of(
            Role::Muted,
            format!("no stack of {} says which part of the bill is its own", month(app)),
        ));
    }
}

/// Adds what another stack costs; the older data and the earlier unsettled day count.
fn add(sum: &mut Summary, other: &Summary) {
    let both = |one: Option<Decimal>, other: Option<Decimal>| match (one, other) {
        (None, None) => None,
        (one, other) => Some(one.unwrap_or_default() + other.unwrap_or_default()),
    };
    sum.fetched_at = sum.fetched_at.min(other.fetched_at);
    sum.unsettled_from = sum.unsettled_from.min(other.unsettled_from);
    sum.through = sum.through.max(other.through);
    sum.estimated |= other.estimated;
    sum.bare &= other.bare;
    // Complete days are compared where all have the same.
    sum.settled =
        sum.settled.zip(other.settled).filter(|(one, other)| one.through == other.through).map(|(one, other)| {
            Settled { through: one.through, to_date: one.to_date + other.to_date, before: one.before + other.before }
        });
    sum.total = Figures {
        to_date: sum.total.to_date + other.total.to_date,
        before: sum.total.before.zip(other.total.before).map(|(one, other)| one + other),
        whole_before: sum.total.whole_before.zip(other.total.whole_before).map(|(one, other)| one + other),
        run_rate: both(sum.total.run_rate, other.total.run_rate),
        // Stacks that nobody has estimated would make the sum a lie.
        estimate: None,
    };
}
