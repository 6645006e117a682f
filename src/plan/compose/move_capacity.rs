//! Moving a service between FARGATE and FARGATE_SPOT.

use std::collections::BTreeMap;

use super::{
    change,
    deploy::{digests, pulled},
    update,
};
use crate::{
    domain::write::{ProviderShare, ServiceChange},
    plan::{
        action::Provider,
        course::{Goal, Step},
        draft::Draft,
        facts::Inquiry,
        model::{Finding, Refusal, Weight},
        seen::{Seen, Stop},
    },
};

pub fn move_to<'a>(seen: Seen<'a>, to: Provider, inquiry: &Inquiry<'a>) -> Result<Draft<'a>, Stop> {
    let (service, providers) = (seen.service, &seen.service.control.providers);
    let on_fargate =
        service.launch.as_str() == "FARGATE" || providers.iter().any(|it| it.provider.starts_with("FARGATE"));
    if !on_fargate {
        return Err(Refusal::new(format!("{} does not run on Fargate but on {}", service.name, service.launch)).into());
    }
    let alone = match providers.as_slice() {
        [] => service.launch.as_str() == to.word(),
        [only] => &*only.provider == to.word(),
        _ => false,
    };
    if alone {
        return Err(Refusal::new(format!("{} runs on {} already", service.name, to.word())).into());
    }
    // The weight of a provider that is alone says nothing; it is kept, for whoever reads the strategy later.
    let weight = providers.iter().map(|it| it.weight).max().unwrap_or(1).max(1);
    let share = ProviderShare { provider: to.word().into(), weight, base: 0 };
    let pulled = pulled(&seen, seen.definition, &BTreeMap::new(), inquiry)?;
    let moved = ServiceChange {
        task_definition: Some(service.task_definition.clone()),
        // ECS demands a new deployment for a change of capacity providers.
        force: true,
        providers: Some(vec![share.clone()]),
        ..ServiceChange::default()
    };
    let steps = vec![Step::new(seen.who, update(&seen, moved))];
    let changes = vec![change("capacity providers", service.launch.clone(), format!("{} {weight}", to.word()))];
    let goal = Goal::Deployed {
        definition: Some(service.task_definition.clone()),
        digests: digests(&pulled),
        providers: Some(vec![share]),
    };
    let notice = Finding {
        guard: "spot",
        weight: Weight::Warns,
        subject: Some(seen.id()),
        summary: "AWS takes tasks on FARGATE_SPOT back with two minutes' notice, and may have none to give".into(),
        details: Vec::new(),
    };
    let notes = (to == Provider::FargateSpot).then_some(notice).into_iter().collect();
    Ok(Draft { steps, changes, images: pulled, replaces: true, notes, ..Draft::new(seen, goal) })
}
