//! What a plan does to what is paid: two sets of tasks while rolling, more or fewer of them, another capacity.

use rust_decimal::Decimal;

use super::{arithmetic::Replacement, course::Goal, draft::Draft};
use crate::{
    cost::{
        prices::Prices,
        running::{CostChange, Meanwhile, Rate, TaskSize},
    },
    domain::{definition::Definition, write::ProviderShare},
};

/// What the change of one service costs; `None` where it changes nothing, or its tasks have no price.
pub fn change(draft: &Draft<'_>, replacement: Option<&Replacement>, prices: &Prices) -> Option<CostChange> {
    let (seen, service) = (&draft.seen, draft.seen.service);
    let region = &*seen.who.scope.region;
    let launch = service.launch.as_str();
    let held = service.control.providers.as_slice();
    let wanted = match &draft.goal {
        Goal::TaskStopped { .. } | Goal::Suspended { .. } => return None,
        Goal::Deployed { providers: Some(providers), .. } => providers.as_slice(),
        _ => held,
    };
    let before = of_task(seen.definition, launch, held, prices, region)?;
    let after = of_task(draft.source, launch, wanted, prices, region)?;
    let lasting = after.times(draft.desired).less(before.times(service.desired));
    let meanwhile = replacement.and_then(|it| {
        let beyond = it.highest.checked_sub(service.desired.max(draft.desired)).filter(|beyond| *beyond > 0)?;
        Some(Meanwhile::new(after.times(beyond), it.seconds))
    });
    Some(CostChange { lasting, meanwhile })
}

/// What one task costs an hour: where several providers share the tasks, by their weights.
fn of_task(
    definition: &Definition,
    launch: &str,
    providers: &[ProviderShare],
    prices: &Prices,
    region: &str,
) -> Option<Rate> {
    let rate = |spot: bool| TaskSize::of_definition(definition, spot)?.rate(prices, region);
    if providers.is_empty() {
        return if launch == "FARGATE" { rate(false) } else { None };
    }
    let all = providers.iter().map(|it| it.weight).sum::<u32>();
    if let [only] = providers {
        return of_provider(only, rate);
    }
    let mut sum: Option<Rate> = None;
    for provider in providers.iter().filter(|it| it.weight > 0) {
        let share = Decimal::from(provider.weight).checked_div(Decimal::from(all))?;
        let part = of_provider(provider, rate)?.times(share);
        sum = Some(sum.map_or(part, |it| it.and(part)));
    }
    sum
}

fn of_provider(provider: &ProviderShare, rate: impl Fn(bool) -> Option<Rate>) -> Option<Rate> {
    match &*provider.provider {
        "FARGATE" => rate(false),
        "FARGATE_SPOT" => rate(true),
        _ => None,
    }
}
