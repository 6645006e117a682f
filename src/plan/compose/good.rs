//! What ran before and was good: where a rollback leads.

use std::collections::BTreeMap;

use crate::{
    domain::{
        deployment::{Deployment, DeploymentStatus},
        id::Arn,
        text::SafeText,
    },
    plan::model::Refusal,
};

/// What runs now, as a rollback compares it.
#[derive(Debug, Clone, PartialEq)]
pub struct Running {
    pub task_definition: Arn,
    /// By container, as far as they are known.
    pub digests: BTreeMap<SafeText, SafeText>,
}

/// The newest deployment before the current one that ended well and ran something else.
///
/// "Revision − 1" would be wrong: that may be a failed one, another environment's, or the same image by a tag that has
/// moved. `deployments` are newest first.
pub fn last_known_good<'a>(deployments: &'a [Deployment], running: &Running) -> Result<&'a Deployment, Refusal> {
    // The current deployment is the newest that brought what runs; those after it failed or were undone.
    let current = deployments.iter().position(|it| runs(it, running)).unwrap_or(0);
    let before = deployments.iter().skip(current);
    let good = before.filter(|it| it.status == DeploymentStatus::Successful && it.target.task_definition.is_some());
    good.into_iter().find(|it| differs(it, running)).ok_or_else(|| {
        let known = deployments.len();
        Refusal::new("no earlier deployment is known that succeeded and ran anything else").hint(format!(
            "AWS keeps deployments for 90 days and tells of {known}; deploy a revision or digest of your choice instead"
        ))
    })
}

/// Whether a deployment brought what runs now.
fn runs(deployment: &Deployment, running: &Running) -> bool {
    deployment.target.task_definition.as_ref() == Some(&running.task_definition) && !differs(deployment, running)
}

/// Whether it ran another definition, or the same with another image.
fn differs(deployment: &Deployment, running: &Running) -> bool {
    let other = |it: &crate::domain::deployment::RevisionImage| match (&it.digest, running.digests.get(&it.container)) {
        (Some(then), Some(now)) => then != now,
        _ => false,
    };
    deployment.target.task_definition.as_ref() != Some(&running.task_definition)
        || deployment.target.images.iter().any(other)
}

#[cfg(test)]
mod tests {
    use super::{Running, last_known_good};
    use crate::domain::{
        deployment::{Deployment, DeploymentStatus, Revision, RevisionImage},
        id::Arn,
    };

    fn revision(number: u32) -> Arn {
        Arn::new(&format!("arn:aws:ecs:us-east-1:111122223333:task-definition/api:{number}"))
    }

    fn deployment(number: u32, digest: Option<&str>, status: DeploymentStatus) -> Deployment {
        Deployment {
            arn: Arn::new(&format!("deployment-{number}-{digest:?}")),
            service: Arn::new("service"),
            status,
            status_reason: "".into(),
            created_at: None,
            started_at: None,
            finished_at: None,
            target: Revision {
                arn: Arn::new("revision"),
                task_definition: Some(revision(number)),
                images: vec![RevisionImage {
                    container: "api".into(),
                    image: "api:latest".into(),
                    digest: digest.map(Into::into),
                }],
                requested: 2,
                running: 2,
                pending: 0,
            },
            sources: Vec::new(),
            breaker: None,
            rollback_reason: None,
        }
    }

    fn running(number: u32, digest: &str) -> Running {
        Running { task_definition: revision(number), digests: [("api".into(), digest.into())].into() }
    }

    fn chosen(deployments: &[Deployment], running: &Running) -> Option<String> {
        last_known_good(deployments, running).ok().map(|it| it.arn.wire().to_owned())
    }

    use DeploymentStatus::{RollbackSuccessful, Stopped, Successful};

    #[test]
    fn deployments_that_failed_or_were_undone_are_passed_over() {
        let history = [
            deployment(44, Some("d"), Successful),
            deployment(43, Some("c"), RollbackSuccessful),
            deployment(42, Some("b"), Stopped),
            deployment(41, Some("a"), Successful),
        ];
        assert_eq!(chosen(&history, &running(44, "d")).as_deref(), Some("deployment-41-Some(\"a\")"));
    }

    #[test]
    fn the_same_definition_with_another_digest_is_an_earlier_state() {
        let history = [deployment(7, Some("new"), Successful), deployment(7, Some("old"), Successful)];
        assert_eq!(chosen(&history, &running(7, "new")).as_deref(), Some("deployment-7-Some(\"old\")"));
    }

    #[test]
    fn redeploying_what_runs_is_not_something_else() {
        let history = [
            deployment(7, Some("a"), Successful),
            deployment(7, Some("a"), Successful),
            deployment(6, Some("z"), Successful),
        ];
        assert_eq!(chosen(&history, &running(7, "a")).as_deref(), Some("deployment-6-Some(\"z\")"));
    }

    #[test]
    fn after_an_automatic_rollback_what_runs_is_older_than_the_newest() {
        let history = [
            deployment(44, Some("d"), RollbackSuccessful),
            deployment(43, Some("c"), Successful),
            deployment(42, Some("b"), Successful),
        ];
        assert_eq!(chosen(&history, &running(43, "c")).as_deref(), Some("deployment-42-Some(\"b\")"));
    }

    #[test]
    fn without_history_there_is_no_way_back() {
        assert_eq!(chosen(&[], &running(7, "a")), None);
        assert_eq!(chosen(&[deployment(7, Some("a"), Successful)], &running(7, "a")), None);
    }
}
