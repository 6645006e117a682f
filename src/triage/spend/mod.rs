//! Money that goes where nobody looks: spend that has grown, budgets that will not last, what belongs to no stack, and what
//! costs without being used.
//!
//! Bills are asked for only when somebody looks at them, and are never of today: these rules speak of what was last told,
//! and fall silent when that is two days old.

mod anomaly;
mod awake;
pub mod baseline;
mod beside;
mod budget;
mod idle;
mod quiet;

use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;

pub use self::{
    anomaly::SPEND_ANOMALY,
    awake::AWAKE_UNUSED,
    beside::SPEND_WITHOUT_STACK,
    budget::{BUDGET_FORECAST, BUDGET_PASSED},
    idle::IDLE_SPEND,
};
use super::context::{Context, Finding};
use crate::{
    cost::{known::StackMonth, running::HOURS_A_MONTH},
    domain::{
        cost::{
            asking,
            bill::{Bill, Day, Line, first_unsettled},
            item::Item,
            month::Month,
        },
        id::{Kind, ResourceId, Scope},
        money::Money,
        signal::Severity,
        text::SafeText,
    },
    stack::model::Stack,
};

/// A stack and its bill.
#[derive(Clone, Copy)]
struct Billed<'a> {
    stack: &'a Stack,
    bill: &'a Bill,
    /// The first day that AWS may still add to.
    unsettled: Date,
    /// When AWS was asked.
    fetched_at: Timestamp,
}

/// What so much a day comes to in a month.
fn a_month(a_day: Decimal) -> Decimal {
    a_day * HOURS_A_MONTH / Decimal::from(24)
}

/// The bills that are known and current.
fn bills<'a>(context: &Context<'a>) -> Vec<Billed<'a>> {
    let month = Month::current(context.now);
    let billed = |stack: &'a Stack| {
        // The bill of a month tells of the one before it, too.
        let known = StackMonth::of(stack, month, context.estate)?;
        let at = known.fetched_at().filter(|at| is_current(context, *at))?;
        Some(Billed { stack, bill: known.bill()?, unsettled: first_unsettled(at), fetched_at: at })
    };
    context.stacks.iter().filter_map(billed).collect()
}

fn is_current(context: &Context<'_>, at: Timestamp) -> bool {
    context.now.duration_since(at) <= asking::CURRENT
}

impl Billed<'_> {
    fn money(&self, amount: Decimal) -> Money {
        Money::new(amount, self.bill.currency)
    }

    /// A finding about what the stack spends on one item, its texts still to be filled in.
    fn finding(&self, severity: Severity, item: Item, since: Option<Timestamp>) -> Finding {
        spent(self.stack, item.word(), severity, since)
    }
}

/// When evidence is of.
fn told_on(at: Timestamp) -> String {
    format!("as AWS told it on {}", at.strftime("%a %-d %b at %H:%M UTC"))
}

/// A finding about what a stack spends.
fn spent(stack: &Stack, on: &str, severity: Severity, since: Option<Timestamp>) -> Finding {
    let key = format!("{}|{on}", stack.name);
    about(stack.name.clone(), ResourceId::new(Kind::Spend, &Scope::new("", ""), &key), severity, since)
}

fn about(stack: SafeText, subject: ResourceId, severity: Severity, since: Option<Timestamp>) -> Finding {
    Finding { severity, stack, subject, since, summary: String::new(), evidence: Vec::new(), advice: String::new() }
}
