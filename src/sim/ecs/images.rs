//! Images: which digest a tag points to, and how containers of a digest behave.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use super::super::{elb::Probe, world::random::Random};

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
    /// Killed for memory after a while: exit 137 with AWS's reason.
    OutOfMemory { after_seconds: f64 },
}

/// The images that exist. References are compared without their registry, so that `terminal/api:v7` names
/// the same image as the full ECR reference.
#[derive(Debug, Default)]
pub struct Images {
    /// Digest by `repository:tag`, where a push moved it; other tags have the digest of their own name.
    pushed: BTreeMap<String, String>,
    /// By digest; what is not here is healthy.
    behaviours: BTreeMap<String, Behaviour>,
    pushes: u64,
}

impl Images {
    /// The digest that `reference` (`repository:tag` or `repository@digest`) points to now.
    pub fn digest(&self, reference: &str) -> String {
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
        if name.ends_with(|it: char| it.is_ascii_digit()) {
            return self.digest(reference);
        }
        digest_of(&name, u64::MAX - ago)
    }

    /// How containers of the image with `digest` behave.
    pub fn behaviour(&self, digest: &str) -> Behaviour {
        self.behaviours.get(digest).copied().unwrap_or(Behaviour::Healthy)
    }

    /// Sets the behaviour of the image that `reference` (or a bare digest) means now; returns its digest.
    pub fn set_behaviour(&mut self, reference: &str, behaviour: Behaviour) -> String {
        let digest = if reference.starts_with("sha256:") { reference.to_owned() } else { self.digest(reference) };
        self.behaviours.insert(digest.clone(), behaviour);
        digest
    }

    /// Points a tag to a new image that behaves as given; returns the new digest.
    pub fn push(&mut self, reference: &str, behaviour: Behaviour) -> String {
        self.pushes += 1;
        let name = tagged(reference);
        let digest = digest_of(&name, self.pushes);
        self.pushed.insert(name, digest.clone());
        self.behaviours.insert(digest.clone(), behaviour);
        digest
    }
}

/// `repository:tag` without the registry; the tag is `latest` where none is given.
fn tagged(reference: &str) -> String {
    let repository = match reference.split_once('/') {
        // Docker's rule: a first component with a dot or a colon is a registry.
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => rest,
        _ => reference,
    };
    if repository.contains(':') { repository.to_owned() } else { format!("{repository}:latest") }
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

    #[test]
    fn a_reference_means_the_same_image_with_and_without_its_registry() {
        let images = Images::default();
        assert_eq!(images.digest(FULL), images.digest("terminal/api:v7"));
        assert_ne!(images.digest(FULL), images.digest("terminal/api:v8"));
        assert_eq!(images.digest("username/mint-server"), images.digest("docker.io/username/mint-server:latest"));
    }

    #[test]
    fn a_push_moves_the_tag_and_leaves_the_old_digest_as_it_was() {
        let mut images = Images::default();
        let old = images.digest(FULL);
        let new = images.push(FULL, Behaviour::Unpullable);
        assert_ne!(old, new);
        assert_eq!(images.digest("terminal/api:v7"), new);
        assert_eq!(images.digest(&format!("terminal/api@{old}")), old);
        assert_eq!(images.behaviour(&old), Behaviour::Healthy);
        assert_eq!(images.behaviour(&new), Behaviour::Unpullable);
    }
}
