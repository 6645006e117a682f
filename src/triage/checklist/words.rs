//! What is said of a list.

use super::{Checked, Standing, Unseen};
use crate::{stack::checklist::Need, triage::words::count};

/// What is needed, as `table Users`, `2 NAT gateways`.
pub fn needed(need: &Need) -> String {
    match need {
        Need::Vpc { name, .. } => format!("VPC {name}"),
        Need::Subnet { cidr, .. } => format!("subnet {cidr}"),
        Need::InternetGateway => "internet gateway".to_owned(),
        Need::NatGateways(1) => "NAT gateway".to_owned(),
        Need::NatGateways(number) => count(*number as usize, "NAT gateway"),
        Need::Named(kind, name) => format!("{} {name}", kind.word()),
        Need::ByHand(what) => what.to_string(),
    }
}

/// Why nobody knows, and what would change that.
pub fn why_unseen(why: &Unseen<'_>) -> String {
    match why {
        Unseen::NotRead => "not read yet".to_owned(),
        Unseen::Failed(fault) => format!("{} ({}: {})", fault.kind.word(), fault.operation, fault.code),
        Unseen::NoReader(service) => format!("no read of {service}"),
        Unseen::ByHand => "by hand".to_owned(),
        Unseen::Ahead(day) => format!("confirmed for {day}, which is still to come"),
        Unseen::Silent => "it publishes no metrics, and nothing else tells of it".to_owned(),
        Unseen::NoVpc => "its VPC was not found".to_owned(),
    }
}

/// How a list stands, as `14 of 19 present, 1 by hand, 1 missing, 3 not looked at`.
pub fn tally(checked: &[Checked<'_>]) -> String {
    let of = |standing| checked.iter().filter(|it| it.standing() == standing).count();
    let others = [
        (Standing::Confirmed, "by hand"),
        (Standing::Missing, "missing"),
        (Standing::Differs, "not as asked"),
        (Standing::Unseen, "not looked at"),
    ];
    let others = others.map(|(standing, word)| (of(standing), word));
    let others = others.iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!(", {number} {word}"));
    format!("{} of {} present{}", of(Standing::Present), checked.len(), others.collect::<String>())
}
