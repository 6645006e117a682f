//! Images: which digest a tag points to, and how containers of a digest behave.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use jiff::Timestamp;

use super::super::{ecr, elb::Probe, world::random::Random};
use super::task::Task;

/// How containers of an image behave once started; set per image reference or digest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Behaviour {
    /// Starts and answers health checks after its boot time.
    Healthy,
    /// Runs, then the essential container exits by itself.
    Crash { after_seconds: f64, exit_code: i32 },
    /// Runs but never answers health checks with success.
    Unhealthy { probe: Probe },
    /// Cannot be pulled: `CannotPullContainerError`.
    Unpullable,
    /// Its task may not read a secret that its containers need: `ResourceInitializationError`, before anything is pulled.
    Secretless,
    /// Killed for memory after a while: exit 137 with AWS's reason.
    OutOfMemory { after_seconds: f64 },
    /// Takes so many times as long to answer.
    Slow { slowdown: f64 },
}

/// What images make of a service: means over its running tasks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Burden {
    /// Multiplier of the time to answer.
    pub slowdown: f64,
    /// The share of the way from its usual memory to being killed for it.
    pub leaked: f64,
}

impl Burden {
    pub const NONE: Self = Self { slowdown: 1.0, leaked: 0.0 };
}

/// How the images behave, and what the tags of registries elsewhere point to; those of the account's own registry are
/// ECR's. References without a registry mean ECR's image where it has one, so that a scenario may write
/// `terminal/api:v7`.
#[derive(Debug, Default)]
pub struct Images {
    /// Digest by `repository:tag` elsewhere, where a push moved it; other tags have the digest of their own name.
    pushed: BTreeMap<String, String>,
    /// By digest; what is not here is healthy.
    behaviours: BTreeMap<String, Behaviour>,
    pushes: u64,
}

impl Images {
    /// The digest that `reference` (`repository:tag` or `repository@digest`) can be pulled by now; `None` where ECR has
    /// no such image.
    pub fn digest(&self, reference: &str, ecr: &ecr::State) -> Option<String> {
        match ecr.digest(reference) {
            Some(digest) => Some(digest.to_owned()),
            None if ecr.owns(reference) => None,
            None => Some(self.elsewhere(reference)),
        }
    }

    /// The digest of an image in a registry that has every image.
    fn elsewhere(&self, reference: &str) -> String {
        if let Some((_, digest)) = reference.split_once('@') {
            return digest.to_owned();
        }
        let name = tagged(reference);
        self.pushed.get(&name).cloned().unwrap_or_else(|| digest_of(&name, 0))
    }

    /// What `reference` pointed to `ago` pushes before the world began. A tag whose name carries its version
    /// never moved.
    pub fn past_digest(&self, reference: &str, ago: u64) -> String {
        let name = tagged(reference);
        if ago == 0 || name.ends_with(|it: char| it.is_ascii_digit()) {
            return self.elsewhere(reference);
        }
        digest_of(&name, u64::MAX - ago)
    }

    /// How containers of the image with `digest` behave.
    pub fn behaviour(&self, digest: &str) -> Behaviour {
        self.behaviours.get(digest).copied().unwrap_or(Behaviour::Healthy)
    }

    /// What the behaviours of the tasks' images make of their service at `now`.
    pub fn burden<'t>(&self, tasks: impl Iterator<Item = &'t Task>, now: Timestamp) -> Burden {
        if self.behaviours.values().all(|it| *it == Behaviour::Healthy) {
            return Burden::NONE;
        }
        let (mut count, mut slowdown, mut leaked) = (0.0, 0.0, 0.0);
        for task in tasks {
            let slowest = task.containers.iter().filter_map(|container| match container.digest.as_deref() {
                Some(digest) => match self.behaviour(digest) {
                    Behaviour::Slow { slowdown } => Some(slowdown),
                    _ => None,
                },
                None => None,
            });
            slowdown += slowest.fold(1.0, f64::max);
            leaked += task.fate.map_or(0.0, |fate| {
                let whole = fate.at.duration_since(fate.since).as_secs_f64().max(1.0);
                (now.duration_since(fate.since).as_secs_f64() / whole).clamp(0.0, 1.0)
            });
            count += 1.0;
        }
        if count == 0.0 { Burden::NONE } else { Burden { slowdown: slowdown / count, leaked: leaked / count } }
    }

    /// Sets the behaviour of the image that `reference` (or a bare digest) means now; returns its digest.
    pub fn set_behaviour(&mut self, reference: &str, behaviour: Behaviour, ecr: &ecr::State) -> String {
        let digest = if reference.starts_with("sha256:") {
            reference.to_owned()
        } else {
            self.digest(reference, ecr).unwrap_or_else(|| self.elsewhere(reference))
        };
        self.behaviours.insert(digest.clone(), behaviour);
        digest
    }

    /// Points a tag to a new image that behaves as given; returns the new digest.
    pub fn push(&mut self, reference: &str, behaviour: Behaviour, ecr: &mut ecr::State, now: Timestamp) -> String {
        let digest = ecr.push(reference, now).unwrap_or_else(|| self.push_elsewhere(reference));
        self.behaviours.insert(digest.clone(), behaviour);
        digest
    }

    fn push_elsewhere(&mut self, reference: &str) -> String {
        self.pushes += 1;
        let name = tagged(reference);
        let digest = digest_of(&name, self.pushes);
        self.pushed.insert(name, digest.clone());
        digest
    }
}

/// `repository:tag` without the registry.
fn tagged(reference: &str) -> String {
    let (repository, tag) = ecr::split(reference);
    format!("{repository}:{tag}")
}

/// A digest that looks like a real one and depends on nothing but the name and the number of its push.
fn digest_of(name: &str, push: u64) -> String {
    let mut hasher = DefaultHasher::new();
    (name, push).hash(&mut hasher);
    format!("sha256:{}", Random::new(hasher.finish()).hex(64))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = "111122223333.dkr.ecr.us-east-1.amazonaws.com/terminal/api:v7";

    fn with_repository() -> ecr::State {
        let mut ecr = ecr::State::default();
        ecr::seed::release(&mut ecr, FULL, Timestamp::UNIX_EPOCH);
        ecr
    }

    #[test]
    fn a_reference_means_the_same_image_with_and_without_its_registry() {
        let (images, ecr) = (Images::default(), with_repository());
        assert!(images.digest(FULL, &ecr).is_some());
        assert_eq!(images.digest(FULL, &ecr), images.digest("terminal/api:v7", &ecr));
        assert_ne!(images.digest(FULL, &ecr), images.digest("terminal/api:v8", &ecr));
        let elsewhere = ["username/mint-server", "docker.io/username/mint-server:latest"];
        assert_eq!(images.digest(elsewhere[0], &ecr), images.digest(elsewhere[1], &ecr));
    }

    #[test]
    fn what_ecr_does_not_have_cannot_be_pulled_from_it() {
        let (images, ecr) = (Images::default(), with_repository());
        let registry = FULL.strip_suffix("terminal/api:v7").unwrap();
        for missing in ["terminal/api:v8", "terminal/api@sha256:0000", "nowhere:v7"] {
            assert_eq!(images.digest(&format!("{registry}{missing}"), &ecr), None, "{missing}");
        }
    }

    #[test]
    fn a_push_moves_the_tag_and_leaves_the_old_digest_as_it_was() {
        for reference in [FULL, "docker.io/username/mint-server:1.8.2"] {
            let (mut images, mut ecr) = (Images::default(), with_repository());
            let old = images.digest(reference, &ecr).unwrap();
            let new = images.push(reference, Behaviour::Unpullable, &mut ecr, Timestamp::UNIX_EPOCH);
            assert_ne!(old, new);
            assert_eq!(images.digest(reference, &ecr).as_ref(), Some(&new));
            let (repository, _) = reference.rsplit_once(':').unwrap();
            assert_eq!(images.digest(&format!("{repository}@{old}"), &ecr).as_ref(), Some(&old));
            assert_eq!(images.behaviour(&old), Behaviour::Healthy);
            assert_eq!(images.behaviour(&new), Behaviour::Unpullable);
        }
    }
}
