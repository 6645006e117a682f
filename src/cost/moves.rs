//! What has moved: complete days compared with those before them, by usage type.

use std::{cmp::Reverse, collections::BTreeMap};

use jiff::{ToSpan, civil::Date};
use rust_decimal::Decimal;

use crate::domain::{
    cost::{bill::Bill, item::Item},
    text::SafeText,
};

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// The last complete day with the day before it.
    Day,
    /// The last seven complete days with the seven before them.
    Week,
}

impl Over {
    pub fn days(self) -> i64 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
        }
    }

    /// The days that are compared where `until` is the first that is not: as `Nov 13–19 vs 6–12`.
    pub fn compared(self, until: Date) -> String {
        let middle = until.saturating_sub(self.days().days());
        let (after, before) = (self.span(until), self.span(middle));
        let month = middle.strftime("%b ").to_string();
        // The month is said once where all of it lies in one.
        let is_one = middle.saturating_sub(self.days().days()).first_of_month()
            == until.saturating_sub(1.day()).first_of_month();
        format!("{after} vs {}", if is_one { before.replace(&month, "") } else { before })
    }

    /// The days up to `until`, which is not among them.
    fn span(self, until: Date) -> String {
        let (from, last) = (until.saturating_sub(self.days().days()), until.saturating_sub(1.day()));
        let first = from.strftime("%b %-d");
        match self {
            Self::Day => first.to_string(),
            Self::Week if from.month() == last.month() => format!("{first}–{}", last.day()),
            Self::Week => format!("{first}–{}", last.strftime("%b %-d")),
        }
    }
}

/// How one usage type's cost has changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Move {
    pub item: Item,
    pub usage_type: SafeText,
    pub before: Decimal,
    pub after: Decimal,
}

impl Move {
    pub fn change(&self) -> Decimal {
        self.after - self.before
    }
}

/// Less than this is no move: half a cent would be shown as nothing.
const LEAST: Decimal = Decimal::from_parts(5, 0, 0, false, 3);

/// What has moved most, up or down, first; nothing where there are too few complete days.
pub fn moves(bill: &Bill, unsettled_from: Date, over: Over) -> Vec<Move> {
    let until = unsettled_from.min(bill.until);
    let middle = until.saturating_sub(over.days().days());
    let from = middle.saturating_sub(over.days().days());
    if from < bill.from {
        return Vec::new();
    }
    let mut sums: BTreeMap<(Item, &SafeText), (Decimal, Decimal)> = BTreeMap::new();
    for line in bill.lines(from, middle) {
        sums.entry((line.item(), &line.usage_type)).or_default().0 += line.cost;
    }
    for line in bill.lines(middle, until) {
        sums.entry((line.item(), &line.usage_type)).or_default().1 += line.cost;
    }
    let moved = |((item, usage_type), (before, after)): ((Item, &SafeText), (Decimal, Decimal))| Move {
        item,
        usage_type: usage_type.clone(),
        before,
        after,
    };
    let mut moves: Vec<Move> = sums.into_iter().map(moved).filter(|it| it.change().abs() >= LEAST).collect();
    moves.sort_by_key(|it| Reverse(it.change().abs()));
    moves
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::cost::testing::{bill, day, line};

    #[test]
    fn what_moved_most_comes_first_with_its_usage_type() {
        let nat = |cost| line("EC2 - Other", "NatGateway-Bytes", cost, "1", "GB");
        let disk = |cost| line("EC2 - Other", "EBS:VolumeUsage.gp3", cost, "1", "GB-Mo");
        let days = (1..=19).map(|it| {
            let (nat_cost, disk_cost) = if it == 19 { ("9.00", "0.50") } else { ("1.00", "2.00") };
            day(it, vec![nat(nat_cost), disk(disk_cost)])
        });
        // The 20th is not complete: it has no say.
        let bill = bill(days.chain([day(20, vec![nat("0.10")])]).collect());
        let told = |over| {
            let told = |it: &Move| format!("{} {} {}", it.item.name(), it.usage_type, it.change());
            moves(&bill, date(2026, 11, 20), over).iter().map(told).collect::<Vec<_>>()
        };
        assert_eq!(told(Over::Day), ["NAT NatGateway-Bytes 8.00", "EBS EBS:VolumeUsage.gp3 -1.50"]);
        assert_eq!(told(Over::Week), ["NAT NatGateway-Bytes 8.00", "EBS EBS:VolumeUsage.gp3 -1.50"]);
        assert_eq!(Over::Day.compared(date(2026, 11, 20)), "Nov 19 vs 18");
        assert_eq!(Over::Week.compared(date(2026, 11, 20)), "Nov 13–19 vs 6–12");
        assert_eq!(Over::Day.compared(date(2026, 11, 2)), "Nov 1 vs Oct 31");
        assert_eq!(Over::Week.compared(date(2026, 11, 4)), "Oct 28–Nov 3 vs Oct 21–27");
        let short = Bill { from: date(2026, 11, 10), ..bill.clone() };
        assert_eq!(moves(&short, date(2026, 11, 20), Over::Week), []);
    }
}
