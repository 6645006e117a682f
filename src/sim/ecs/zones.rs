//! Availability Zone rebalancing: a service whose tasks crowd in one zone gets one in the emptiest, before one of the
//! crowd goes.

use super::{Surroundings, launch_task, rolling::Moves, service::Service};

/// Starts a task in the emptiest zone where another has at least two more; for a service at rest.
pub fn balance(service: &mut Service, around: &mut Surroundings<'_, '_>) {
    let open = |zone: &&String| !around.shortage.zones.contains(*zone);
    let crowds: Vec<(String, usize)> =
        service.zones.iter().filter(open).map(|zone| (zone.clone(), service.crowd(zone))).collect();
    let fewest = crowds.iter().map(|(_, count)| *count).min().unwrap_or(0);
    let most = crowds.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let listed = crowds.iter().map(|(zone, count)| format!("{count} tasks in {zone}")).collect::<Vec<_>>().join(", ");
    let bounds = service.bounds();
    if most < fewest + 2 {
        if service.balancing.take().is_some() {
            service.tell(&format!("is AZ balanced with {listed}."), around.tick);
        }
        return;
    }
    let staying = service.primary().filter(|primary| !primary.failed()).map(|primary| primary.id.clone());
    let Some(staying) = staying.filter(|_| bounds.desired < bounds.ceiling) else { return };
    if service.back_off.may_start(around.tick.now) {
        service.tell(&format!("is not AZ balanced with {listed}. AZ Rebalancing in progress."), around.tick);
        launch_task::start(service, &staying, 1, 0, around);
        service.balancing = service.tasks.last().map(|task| task.id.clone());
    }
}

/// Keeps the surplus that balancing makes until the new task serves, as long as there is room for it.
pub fn hold_surplus(service: &Service, moves: Moves, around: &Surroundings<'_, '_>) -> Moves {
    let bounds = service.bounds();
    let has_room = bounds.desired < bounds.ceiling;
    let comes = has_room
        && service.tasks.iter().any(|task| {
            service.balancing.as_ref() == Some(&task.id)
                && task.alive()
                && !service.counts_as_healthy(task, around.tick.now)
                && !service.counts_as_unhealthy(task, around.tick.now)
        });
    Moves { surplus: moves.surplus.saturating_sub(u32::from(comes)), ..moves }
}
