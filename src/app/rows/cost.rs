//! What stacks cost, one a row, and what each account spends beside them; within a stack what it is spent on.

use rust_decimal::{Decimal, prelude::ToPrimitive};
use unicode_width::UnicodeWidthStr;

use crate::{
    app::{
        App,
        costs::{self, headline},
        joins::Joins,
        table::{Cell, Column, Content, Row, Table},
    },
    cost::{
        beside::{Beside, BesideMonth},
        gap,
        known::StackMonth,
        summary::{Figures, Summary},
    },
    domain::{cost::item::Item, id::ResourceId, money::Money, text::SafeText},
    stack::{cost::Estimate, model::Stack},
    theme::Role,
};

/// "Actual" and "last to date" are as billed, this month and the last to the same day; "run-rate" and "estimate" are of a
/// whole month.
const STACKS: [Column; 9] = [
    Column::left("STACK", 14, 30, 0),
    Column::right("ACTUAL", 8, 14, 0),
    Column::right("FORECAST", 8, 14, 0),
    Column::right("LAST TO DATE", 12, 14, 1),
    Column::right("LAST MONTH", 10, 14, 3),
    Column::right("RUN-RATE", 8, 14, 1),
    Column::right("ESTIMATE", 8, 16, 1),
    Column::left("BUDGET", 19, 24, 2),
    Column::left("NOTE", 20, 90, 2),
];

const ITEMS: [Column; 7] = [
    Column::left("SPENT ON", 12, 20, 0),
    Column::right("ACTUAL", 8, 14, 0),
    Column::right("LAST TO DATE", 12, 14, 1),
    Column::right("RUN-RATE", 8, 14, 0),
    Column::right("ESTIMATE", 8, 16, 0),
    Column::right("GAP", 8, 12, 1),
    Column::left("COMES OF", 16, 120, 1),
];

/// The columns, each as wide at least as the longest of its figures: half a figure is a wrong one.
fn holding(columns: &[Column], rows: &[Row]) -> Vec<Column> {
    let widest = |at: usize| rows.iter().map(|row| row.cells[at].text.as_str().width()).max().unwrap_or_default();
    let holding = |(at, column): (usize, &Column)| match column.content {
        Content::Number => {
            let min = column.min.max(u16::try_from(widest(at)).unwrap_or(u16::MAX));
            Column { min, max: column.max.max(min), ..*column }
        }
        _ => *column,
    };
    columns.iter().enumerate().map(holding).collect()
}

pub fn rows(joins: &Joins<'_>) -> Table {
    let app = joins.app;
    if let Some(stack) = costs::stack_in_view(app) {
        let rows = items(app, stack);
        let empty = "nothing is known of what it is spent on".into();
        return Table { columns: holding(&ITEMS, &rows), rows, empty, ..Table::default() };
    }
    let mut stacks: Vec<(Option<Decimal>, Row)> = app.stacks.iter().map(|it| stack_row(app, it)).collect();
    stacks.sort_by_key(|(cost, _)| std::cmp::Reverse(*cost));
    let mut rows: Vec<Row> = stacks.into_iter().map(|(_, row)| row).collect();
    rows.extend(costs::beside(app).iter().flat_map(beside));
    Table { columns: holding(&STACKS, &rows), rows, empty: "no stacks".into(), ..Table::default() }
}

/// An amount as billed; the heading says of what.
fn amount(money: Money, role: Role) -> Cell {
    Cell::number(money.figure(), money.amount.to_f64().unwrap_or_default(), role)
}

/// What a month has cost, which is not known to be nothing where no line of it has come.
fn to_date(summary: &Summary) -> Cell {
    if summary.bare {
        Cell::number("nothing", 0.0, Role::Muted)
    } else {
        amount(summary.money(summary.total.to_date), Role::Strong)
    }
}

fn maybe(summary: &Summary, value: Option<Decimal>, role: Role) -> Cell {
    value.map_or_else(Cell::unknown, |it| amount(summary.money(it), role))
}

fn estimate(summary: &Summary, estimate: Option<Estimate>) -> Cell {
    let Some(Estimate { least, most }) = estimate else { return Cell::unknown() };
    if least == most {
        return amount(summary.money(most), Role::Muted);
    }
    Cell::number(format!("{least}–{most}"), most.to_f64().unwrap_or_default(), Role::Muted)
}

/// A rate that lies beyond its estimate stands out.
fn rate(summary: &Summary, figures: &Figures) -> Cell {
    let is_over = figures.gap().is_some_and(|gap| gap > Decimal::ZERO);
    maybe(summary, figures.run_rate, if is_over { Role::Notice } else { Role::Text })
}

fn stack_row(app: &App, stack: &Stack) -> (Option<Decimal>, Row) {
    let id = ResourceId::stack(stack.name.as_str());
    let name = super::cells::stack(Some(stack));
    let known = costs::known(app, stack);
    let Some((it, summary)) = known.as_ref().and_then(|it| Some((it, it.summary()?))) else {
        let note = match &known {
            Some(it) => headline::unknown(app, it).plain(),
            None => SafeText::new("its stack file has no [cost] table"),
        };
        let mut cells = vec![name];
        cells.extend(std::iter::repeat_with(Cell::unknown).take(STACKS.len() - 3));
        cells.push(known.as_ref().map_or_else(Cell::unknown, budget));
        cells.push(Cell::text(note, Role::Muted));
        return (None, Row { id, cells });
    };
    let bill = it.bill();
    let note = bill.and_then(|bill| gap::sentence(bill, &summary).or_else(|| gap::largest(bill, &summary)));
    let cells = vec![
        name,
        to_date(&summary),
        maybe(&summary, it.month_end(&summary).map(|end| end.mean), Role::Text),
        maybe(&summary, summary.total.before, Role::Muted),
        maybe(&summary, summary.total.whole_before, Role::Muted),
        rate(&summary, &summary.total),
        estimate(&summary, summary.total.estimate),
        budget(it),
        note.map_or_else(Cell::unknown, |it| Cell::text(it, Role::Text)),
    ];
    (Some(summary.total.to_date), Row { id, cells })
}

fn budget(it: &StackMonth<'_>) -> Cell {
    let Some((budget, _)) = it.budget() else { return Cell::unknown() };
    let share = budget.actual.checked_div(budget.limit).unwrap_or_default();
    let passed = budget.thresholds.iter().any(|it| budget.is_beyond(it));
    let (mark, role) = if passed { ("! ", Role::Warning) } else { ("", Role::Text) };
    let percent = (share * Decimal::ONE_HUNDRED).round();
    let share = share.to_f64().unwrap_or_default();
    Cell::number(format!("{mark}{percent} % actual"), share, role).with_meter(share)
}

fn items(app: &App, stack: &Stack) -> Vec<Row> {
    let Some(it) = costs::known(app, stack) else { return Vec::new() };
    let (Some(bill), Some(summary)) = (it.bill(), it.summary()) else { return Vec::new() };
    let is_estimated = summary.total.estimate.is_some();
    let row = |(item, figures): &(Item, Figures)| {
        let gap = is_estimated.then(|| gap::gap_of(figures));
        let gap = match gap {
            Some(gap) if !summary.currency.rounded(gap).is_zero() => {
                let money = summary.money(gap);
                let role = if gap > Decimal::ZERO { Role::Notice } else { Role::Text };
                Cell::number(format!("{}{}", money.plus(), money.figure()), gap.to_f64().unwrap_or_default(), role)
            }
            Some(_) => Cell::number("within", 0.0, Role::Muted),
            None => Cell::unknown(),
        };
        let why = gap::why(bill, &summary, *item);
        Row {
            id: costs::item_id(stack.name.as_str(), item.word()),
            cells: vec![
                Cell::text(item.name(), Role::Strong),
                amount(summary.money(figures.to_date), Role::Text),
                maybe(&summary, figures.before, Role::Muted),
                rate(&summary, figures),
                estimate(&summary, figures.estimate),
                gap,
                why.map_or_else(Cell::unknown, |it| Cell::text(it, Role::Text)),
            ],
        }
    };
    summary.items.iter().map(row).collect()
}

/// What an account spends under values of a tag that no stack here has, and under none.
fn beside(it: &BesideMonth<'_>) -> Vec<Row> {
    let row = |share: Beside| {
        let told: Vec<String> = share.services.iter().map(|(name, cost)| format!("{name} {}", cost.figure())).collect();
        let mut cells = vec![Cell::text(share.name(&it.key), Role::Notice), amount(share.total, Role::Notice)];
        cells.extend(std::iter::repeat_with(Cell::unknown).take(STACKS.len() - cells.len() - 1));
        cells.push(Cell::text(format!("no stack here: {}", told.join(", ")), Role::Muted));
        Row { id: costs::beside_id(it.scope, &it.key, share.value.as_ref().map(SafeText::as_str)), cells }
    };
    it.shares().into_iter().flatten().map(row).collect()
}
