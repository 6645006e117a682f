//! What an account spends that no stack accounts for.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{
    super::{
        context::{Context, Finding, SharedScope},
        rule::Rule,
    },
    about, is_current, told_on,
};
use crate::{
    domain::{
        cost::{
            CostFilter,
            allocation::{Allocation, Share},
            month::{Month, start_of},
        },
        id::{Kind, ResourceId},
        money::Money,
        signal::Severity,
        text::SafeText,
    },
    stack::model::Stack,
};

pub const SPEND_WITHOUT_STACK: Rule = Rule {
    name: "spend-without-stack",
    meaning: "a good part of what an account spends belongs to no stack",
    severity: "a notice",
    fires: "more than 10 % of the month so far, and more than 20 units of the currency, carry no cost tag, or one of no \
            stack. It speaks of what somebody has looked at within two days",
    evidence: "the part and the whole, the untagged services and the tags of no stack that cost most, and when AWS told it",
    next: "tag what belongs to a stack, write a stack file for what is one, delete what nobody misses",
    check: spend_without_stack,
};

/// The part of the whole from which it is told, and the least.
const SHARE: Decimal = Decimal::from_parts(1, 0, 0, false, 1);
const LEAST: Decimal = Decimal::from_parts(20, 0, 0, false, 0);
/// What costs most is named.
const NAMED: usize = 4;

fn spend_without_stack(context: &Context<'_>) -> Vec<Finding> {
    let month = Month::current(context.now);
    let (mut findings, mut told_of) = (Vec::new(), BTreeSet::new());
    for scope in context.scopes() {
        if scope.stacks.iter().any(|it| has_all(it)) {
            continue;
        }
        let known = scope.known.costs.allocations.iter().filter(|((_, of), _)| *of == month);
        for ((key, _), observed) in known {
            let told = observed.fetched_at().filter(|at| is_current(context, *at));
            let allocation = observed.value().and_then(|it| it.value());
            // Every region of a profile tells the same.
            if let (Some(at), Some(allocation)) = (told, allocation)
                && told_of.insert((&scope.scope.profile, key))
            {
                findings.extend(find(context, &scope, key, (allocation, at)));
            }
        }
    }
    findings
}

/// Whether everything that its account is billed is the stack's.
fn has_all(stack: &Stack) -> bool {
    stack.cost.as_ref().is_some_and(|it| matches!(it.filter, CostFilter::Account(_)))
}

fn find(
    context: &Context<'_>,
    scope: &SharedScope<'_>,
    key: &str,
    (allocation, at): (&Allocation, Timestamp),
) -> Option<Finding> {
    let values: BTreeSet<&str> = context
        .stacks
        .iter()
        .filter_map(|stack| match &stack.cost.as_ref()?.filter {
            CostFilter::Tag { key: of, value } if &**of == key => Some(&**value),
            _ => None,
        })
        .collect();
    let is_beside = |share: &&Share| share.value.as_ref().is_none_or(|it| !values.contains(it.as_str()));
    let beside: Vec<&Share> = allocation.shares.iter().filter(is_beside).collect();
    let (part, whole) = (beside.iter().map(|it| it.cost).sum::<Decimal>(), allocation.total());
    if part <= LEAST || part <= whole * SHARE {
        return None;
    }
    let money = |amount| Money::new(amount, allocation.currency);
    let percent = (part / whole * Decimal::ONE_HUNDRED).round();
    let mut by_what: BTreeMap<String, Decimal> = BTreeMap::new();
    for share in &beside {
        let what = share
            .value
            .as_ref()
            .map_or_else(|| format!("{}, without the tag", share.service), |it| format!("{key}={it}"));
        *by_what.entry(what).or_default() += share.cost;
    }
    let mut by_what: Vec<_> = by_what.into_iter().collect();
    by_what.sort_by_key(|(_, cost)| std::cmp::Reverse(*cost));
    let mut evidence = vec![format!("{} of {} actual since {}", money(part).figure(), money(whole), allocation.from)];
    evidence.extend(by_what.iter().take(NAMED).map(|(what, cost)| format!("{what}: {}", money(*cost))));
    evidence.push(told_on(at));
    let stack = scope.stacks.first().map_or_else(|| SafeText::from(""), |it| it.name.clone());
    let subject = ResourceId::new(Kind::Spend, scope.scope, &format!("|no tag {key}"));
    Some(Finding {
        summary: format!(
            "{percent} % of what the account of {} spends belongs to no stack: {}",
            scope.scope,
            money(part)
        ),
        evidence,
        advice: format!(
            "tag with {key} what belongs to a stack, write a stack file for what is one, delete what nobody misses"
        ),
        ..about(stack, subject, Severity::Notice, Some(start_of(allocation.from)))
    })
}
