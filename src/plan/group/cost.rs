//! What a change of a group does to what is paid: instances more or fewer, of another type, and two at once while one is
//! drained and another serves in its place.

use super::{
    course::{GroupGoal, Work},
    draft::GroupDraft,
};
use crate::cost::{
    prices::Prices,
    running::{CostChange, Meanwhile, Rate, of_instance, of_type},
};

/// `None` where it changes nothing, or an instance has no price.
pub fn change(draft: &GroupDraft<'_>, prices: &Prices) -> Option<CostChange> {
    let (group, region) = (draft.seen.group, &*draft.seen.who.scope.region);
    // What stands by is paid for all the same.
    if matches!(&draft.work, Work::Calls { goal: GroupGoal::Standby { .. } | GroupGoal::InService { .. }, .. }) {
        return None;
    }
    let first = group.instances.iter().find(|it| it.counts())?;
    let kind = draft.instance_type.as_ref().unwrap_or(&first.instance_type);
    // What is launched is bought as the others were.
    let new = of_type(prices, region, kind.as_str(), first.spot)?;
    let usual = of_instance(prices, region, first)?;
    let gone: Option<Vec<Rate>> = draft.goes.iter().map(|it| of_instance(prices, region, it)).collect();
    let gone = gone?;
    let leaving = u32::try_from(draft.goes.iter().filter(|it| it.counts()).count()).unwrap_or(u32::MAX);
    let staying = group.desired.saturating_sub(leaving);
    let (launched, chosen) = (draft.desired.saturating_sub(staying), staying.saturating_sub(draft.desired));
    if launched == 0 && chosen == 0 && gone.is_empty() {
        return None;
    }
    let less = gone.into_iter().fold(usual.times(chosen), Rate::and);
    Some(CostChange { lasting: new.times(launched).less(less), meanwhile: meanwhile(draft, new) })
}

/// Where a gateway is replaced, both are there until the last session of the old one has gone.
fn meanwhile(draft: &GroupDraft<'_>, new: Rate) -> Option<Meanwhile> {
    let Work::Drain(drain) = &draft.work else { return None };
    if !drain.replace {
        return None;
    }
    let likely = drain.gateways.iter().map(|it| it.forecast.map(|it| it.likely_seconds));
    let seconds = likely.sum::<Option<i64>>()?;
    let width = i64::try_from(drain.width.min(drain.gateways.len())).ok()?.max(1);
    (seconds > 0).then(|| Meanwhile::new(new.times(width), seconds / width))
}
