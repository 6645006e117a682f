//! Which tasks to stop.

use jiff::Timestamp;

use super::{service::Service, task::Task};

/// Ids of `count` tasks among those `wanted`: first such as do not serve, then from the fullest zone, the oldest first.
pub fn pick(service: &Service, count: u32, now: Timestamp, wanted: &dyn Fn(&Task) -> bool) -> Vec<String> {
    if count == 0 {
        return Vec::new();
    }
    let mut left: Vec<&Task> = service.tasks.iter().filter(|task| task.alive() && wanted(task)).collect();
    let mut picked = Vec::new();
    while picked.len() < count as usize && !left.is_empty() {
        let crowd = |task: &Task| left.iter().filter(|other| other.address.zone == task.address.zone).count();
        let rank = |&at: &usize| {
            let task = left[at];
            (!service.counts_as_healthy(task, now), crowd(task), std::cmp::Reverse(task.times.created))
        };
        let Some(at) = (0..left.len()).max_by_key(rank) else { break };
        picked.push(left.remove(at).id.clone());
    }
    picked
}
