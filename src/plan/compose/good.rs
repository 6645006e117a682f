//! What ran before and was good: where a rollback leads.

use std::collections::BTreeMap;

use crate::{
    domain::{
        deployment::{Deployment, DeploymentStatus, RevisionImage},
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
pub fn last_known_good<'a>(deployments: &'a [Deployment], running: &Running) -> Result<Good<'a>, Refusal> {
    // The current deployment is the newest that brought what runs; those after it failed or were undone.
    let current = deployments.iter().position(|it| runs(it, running)).unwrap_or(0);
    let is_good = |it: &Deployment| {
        it.status == DeploymentStatus::Successful && it.target.task_definition.is_some() && differs(it, running)
    };
    let (mut from, mut left) = (current, None);
    while let Some((at, deployment)) = deployments.iter().enumerate().skip(from).find(|(_, it)| is_good(it)) {
        // What ran already before it was gone back to: that one was left, and good is what was before all of them.
        let older = deployments.iter().skip(at + 1).position(|it| has_same_images(it, running));
        let Some(older) = older.filter(|_| !has_same_images(deployment, running)) else {
            return Ok(Good { deployment, left, forward: false });
        };
        left = left.or(Some(deployment));
        from = at + 2 + older;
    }
    left.map(|deployment| Good { deployment, left, forward: true }).ok_or_else(|| {
        let known = deployments.len();
        Refusal::new("no earlier deployment is known that succeeded and ran anything else").hint(format!(
            "AWS keeps deployments for 90 days and tells of {known}; deploy a revision or digest of your choice instead"
        ))
    })
}

/// Where a rollback leads.
#[derive(Debug, Clone, Copy)]
pub struct Good<'a> {
    pub deployment: &'a Deployment,
    /// What runs now had been gone back to from this one: it is passed over.
    pub left: Option<&'a Deployment>,
    /// Nothing earlier is known than what was left: this goes forward to it again.
    pub forward: bool,
}

/// Whether it succeeded with the very images that run now, as far as they are known.
fn has_same_images(deployment: &Deployment, running: &Running) -> bool {
    let same = |it: &RevisionImage| it.digest.is_some() && it.digest.as_ref() == running.digests.get(&it.container);
    let images = &deployment.target.images;
    deployment.status == DeploymentStatus::Successful && !images.is_empty() && images.iter().all(same)
}

/// Whether a deployment brought what runs now.
fn runs(deployment: &Deployment, running: &Running) -> bool {
    deployment.target.task_definition.as_ref() == Some(&running.task_definition) && !differs(deployment, running)
}

/// Whether it ran another definition, or the same with another image.
fn differs(deployment: &Deployment, running: &Running) -> bool {
    let other = |it: &RevisionImage| match (&it.digest, running.digests.get(&it.container)) {
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
                launch: "FARGATE".into(),
                providers: Vec::new(),
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
        last_known_good(deployments, running).ok().map(|it| it.deployment.arn.wire().to_owned())
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
    fn what_was_gone_back_from_is_not_what_was_good() {
        let mut history = vec![
            deployment(33, Some("a"), Successful),
            deployment(32, Some("bad"), Successful),
            deployment(31, Some("a"), Successful),
        ];
        let good = last_known_good(&history, &running(33, "a")).unwrap();
        assert_eq!(
            (good.deployment.arn.wire(), good.forward),
            ("deployment-32-Some(\"bad\")", true),
            "all that is known"
        );
        history.push(deployment(30, Some("z"), Successful));
        let good = last_known_good(&history, &running(33, "a")).unwrap();
        let left = good.left.map(|it| it.arn.wire());
        assert_eq!((good.deployment.arn.wire(), good.forward), ("deployment-30-Some(\"z\")", false));
        assert_eq!(left, Some("deployment-32-Some(\"bad\")"));
        // Another definition of the same image is not gone back from.
        let history = [deployment(32, Some("a"), Successful), deployment(31, Some("a"), Successful)];
        assert_eq!(chosen(&history, &running(32, "a")).as_deref(), Some("deployment-31-Some(\"a\")"));
    }

    #[test]
    fn without_history_there_is_no_way_back() {
        assert_eq!(chosen(&[], &running(7, "a")), None);
        assert_eq!(chosen(&[deployment(7, Some("a"), Successful)], &running(7, "a")), None);
    }
}
