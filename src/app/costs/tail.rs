//! The lines below the bars of the cost view: what moved, and how the estimate fares.

use rust_decimal::Decimal;
use unicode_width::UnicodeWidthStr;

use super::{
    headline::{piece, room},
    known, stack_in_view, stacks_in_view,
};
use crate::{
    app::{App, overlay::TextLine},
    cost::{
        gap,
        moves::{Move, Over, moves},
        summary::Summary,
    },
    domain::{cost::bill::Bill, money::Money},
    theme::Role,
};

/// What moved, and how the estimate fares.
pub fn tail(app: &App) -> Vec<TextLine> {
    let mut lines = Vec::new();
    let one = stack_in_view(app);
    let billed = |stack| {
        let it = known(app, stack)?;
        let named = one.map_or_else(|| format!("{} ", stack.name), |_| String::new());
        Some((named, it.bill()?, it.summary()?))
    };
    let told: Vec<(String, &Bill, Summary)> = stacks_in_view(app).into_iter().filter_map(billed).collect();
    lines.extend([Over::Day, Over::Week].into_iter().filter_map(|over| moved(&told, over, room(app))));
    // Sentences give way where there is little room: the rows say the same in figures.
    if let (Some(_), [(_, bill, summary)]) = (one, told.as_slice()) {
        let is_over = summary.total.gap().is_some_and(|it| it > Decimal::ZERO);
        let role = if is_over { Role::Notice } else { Role::Text };
        lines.extend(gap::sentence(bill, summary).map(|it| TextLine::of(role, it)));
        lines.extend(gap::largest(bill, summary).map(|it| TextLine::of(Role::Text, it)));
    }
    lines
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
    // Which currency it is need not be said where there is one.
    let mixed = if own().count() < told.len() { format!(", {currency}") } else { String::new() };
    Some(move_line(&all, &format!("{}{mixed}, actual", over.compared(until)), room))
}

fn move_line(moves: &[(&str, Money, Move)], heading: &str, room: usize) -> TextLine {
    let heading = format!("{heading} ");
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
