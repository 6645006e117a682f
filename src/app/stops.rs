//! Stopped tasks that stopped of the same, taken together; with those that ECS no longer tells of.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;

use super::{rows::exit_words, words};
use crate::domain::{
    estate::ScopeEstate,
    id::{Kind, ResourceId, Scope},
    task::Task,
    text::SafeText,
};

/// A stopped task.
#[derive(Debug, Clone, Copy)]
pub struct Stopped<'a> {
    pub task: &'a Task,
    /// ECS tells of it no longer.
    pub remembered: bool,
}

/// The stopped tasks of a cluster, the last first.
pub fn of_cluster<'a>(known: &'a ScopeEstate, cluster: &'a str) -> Vec<Stopped<'a>> {
    let told = known.tasks.get(cluster).and_then(|it| it.value()).into_iter().flat_map(|it| it.values());
    let told = told.filter(|it| it.is_stopped()).map(|task| Stopped { task, remembered: false });
    let remembered = known.remembered(cluster).map(|task| Stopped { task, remembered: true });
    let mut all: Vec<_> = told.chain(remembered).collect();
    all.sort_by(|a, b| (b.task.stopped_at, &b.task.arn).cmp(&(a.task.stopped_at, &a.task.arn)));
    all
}

/// The id of all tasks that stopped of the same as this one: of its service, with its exit code and its reason.
pub fn id(scope: &Scope, cluster: &str, task: &Task) -> ResourceId {
    let service = task.service.as_ref().map_or("", SafeText::as_str);
    let exit = exit_words(task).unwrap_or_else(|| "–".to_owned());
    let mut hasher = DefaultHasher::new();
    alike(&reason(task)).hash(&mut hasher);
    ResourceId::new(Kind::Stops, scope, &format!("{cluster}|{service}|{exit}|{:016x}", hasher.finish()))
}

/// Those of `stopped` that stopped of the same, taken together; in the order of the last of each.
pub fn grouped<'a>(scope: &Scope, cluster: &str, stopped: Vec<Stopped<'a>>) -> Vec<(ResourceId, Vec<Stopped<'a>>)> {
    let mut groups: Vec<(ResourceId, Vec<Stopped<'a>>)> = Vec::new();
    for it in stopped {
        let id = id(scope, cluster, it.task);
        match groups.iter_mut().find(|(other, _)| *other == id) {
            Some((_, group)) => group.push(it),
            None => groups.push((id, vec![it])),
        }
    }
    groups
}

/// Why a task stopped: ECS's reason and that of the container.
pub fn reason(task: &Task) -> String {
    let container = task.containers.iter().find_map(|it| it.reason.as_ref());
    match (task.stopped_reason.as_ref().filter(|it| !it.is_empty()), container) {
        (Some(stopped), Some(container)) => format!("{stopped} ({container})"),
        (Some(only), None) | (None, Some(only)) => only.to_string(),
        (None, None) => String::new(),
    }
}

/// How many of a group ECS no longer tells of; empty where it tells of all.
pub fn remembered_words(group: &[Stopped<'_>]) -> String {
    match (group.iter().filter(|it| it.remembered).count(), group.len()) {
        (0, _) => String::new(),
        (1, 1) => "remembered: ECS tells of it no longer".to_owned(),
        (some, all) if some == all => "remembered: ECS tells of them no longer".to_owned(),
        (some, _) => format!("{some} of them remembered"),
    }
}

/// `last 40 s ago, first 2 h ago`; of one task when it stopped.
pub fn span_words(group: &[Stopped<'_>], now: Timestamp) -> String {
    let times = || group.iter().filter_map(|it| it.task.stopped_at);
    match (times().max(), times().min()) {
        (Some(last), Some(first)) if last != first => {
            format!("last {}, first {}", words::ago(now, last), words::ago(now, first))
        }
        (Some(only), _) => words::ago(now, only),
        _ => "at an unknown time".to_owned(),
    }
}

/// A reason without the ids that differ from task to task: words with digits in them that are long.
fn alike(reason: &str) -> String {
    let is_id = |word: &str| word.len() >= 12 && word.chars().any(|it| it.is_ascii_digit());
    reason.split(' ').map(|word| if is_id(word) { "…" } else { word }).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{alike, grouped, of_cluster, remembered_words};
    use crate::{
        domain::query::{Answer, Outcome, Query, Request},
        triage::testing::{Given, now, scope},
    };

    const CLUSTER: &str = "terminal-cluster";

    #[test]
    fn tasks_that_stopped_of_the_same_are_one_group_the_last_first() {
        let mut given = Given::healthy();
        for (seconds, code) in [(180, 137), (40, 1), (110, 1)] {
            given.died(seconds, "EssentialContainerExited", "Essential container in task exited", Some(code));
        }
        let estate = given.estate();
        let known = estate.scope(&scope()).expect("known");
        let groups = grouped(&scope(), CLUSTER, of_cluster(known, CLUSTER));
        let told: Vec<_> = groups.iter().map(|(id, group)| (id.name().to_string(), group.len())).collect();
        assert_eq!(told, [("terminal-api exit 1".to_owned(), 2), ("terminal-api exit 137".to_owned(), 1)]);
        assert_eq!(remembered_words(&groups[0].1), "");
    }

    #[test]
    fn what_ecs_forgets_is_remembered_and_no_more_than_is_kept() {
        let mut given = Given::healthy();
        let alive = given.tasks.clone();
        for seconds in 0..310 {
            given.died(seconds, "EssentialContainerExited", "Essential container in task exited", Some(1));
        }
        let mut estate = given.estate();
        let query = Query::Tasks { cluster: CLUSTER.into() };
        estate.receive(&Request { scope: scope(), query }, Outcome::Complete(Answer::Tasks(alive)), now());
        let known = estate.scope(&scope()).expect("known");
        let stopped = of_cluster(known, CLUSTER);
        assert_eq!((stopped.len(), stopped.iter().all(|it| it.remembered)), (300, true));
        assert!(known.task(stopped[0].task.arn.wire()).is_some(), "it can still be described");
        assert_eq!(remembered_words(&stopped), "remembered: ECS tells of them no longer");
    }

    #[test]
    fn ids_do_not_tell_reasons_apart() {
        let reason = |id: &str| alike(&format!("Scaling activity initiated by (deployment ecs-svc/{id})"));
        assert_eq!(reason("4699280463773"), reason("1234567890123"));
        assert_ne!(alike("exit 1"), alike("exit 2"));
    }
}
