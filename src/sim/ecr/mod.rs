//! Amazon ECR: repositories of images, which tasks pull by tag or by digest.
//!
//! ```text
//! seed, scenarios ─▶ push ─▶ repository (tags move, old images expire) ◀─ ecs pulls
//!                                  ▲
//! operations ──────────────────────┘
//! ```
//!
//! Invariant: an image's digest is the SHA-256 of the manifest that `BatchGetImage` answers.

mod image;
mod operations;
mod repository;
pub mod seed;
mod shapes;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;

use self::image::Image;
pub use self::{
    operations::answer,
    repository::{Kind, Repository},
};
use super::world::{Region, Tick};

/// What marks the host of a private registry: `ACCOUNT.dkr.ecr.REGION.amazonaws.com`.
const REGISTRY: &str = ".dkr.ecr.";

/// What ECR holds in one region: repositories by name.
#[derive(Debug, Default)]
pub struct State {
    pub repositories: BTreeMap<String, Repository>,
    /// What has been taken out of them for a while, by the reference that meant it.
    withdrawn: BTreeMap<String, Vec<Image>>,
}

/// Lets lifecycle policies expire what they no longer keep, once an hour.
pub fn step(region: &mut Region, tick: &mut Tick<'_>) {
    if tick.every(3600) {
        for repository in region.ecr.repositories.values_mut() {
            repository.expire(tick.now);
        }
    }
}

impl State {
    /// The digest that `reference` (`repository:tag` or `repository@digest`, with its registry or without) can be
    /// pulled by; `None` where ECR has no such image, or keeps it in its archive.
    pub fn digest(&self, reference: &str) -> Option<&str> {
        let (name, id) = split(reference);
        let image = self.repositories.get(name)?.find(id)?;
        image.archived.is_none().then_some(image.digest.as_str())
    }

    /// Whether ECR alone can have what `reference` names.
    pub fn owns(&self, reference: &str) -> bool {
        reference.split('/').next().is_some_and(|host| host.contains(REGISTRY))
    }

    /// Pushes a new image to the repository of `reference` under its tag; returns its digest, or `None` where there is
    /// no such repository.
    pub fn push(&mut self, reference: &str, now: Timestamp) -> Option<String> {
        let (name, tag) = split(reference);
        let (name, tag) = (name.to_owned(), tag.to_owned());
        let repository = self.repositories.get_mut(&name)?;
        Some(repository.push(&name, &[&tag], now))
    }

    /// Takes the image that `reference` means out of its repository, with what it lists; false where there is none.
    pub fn withdraw(&mut self, reference: &str) -> bool {
        if self.withdrawn.contains_key(reference) {
            return true;
        }
        let (name, id) = split(reference);
        let Some(repository) = self.repositories.get_mut(name) else { return false };
        let Some(image) = repository.find(id).cloned() else { return false };
        let goes = |it: &mut Image| it.digest == image.digest || image.parts.contains(&it.digest);
        let images = repository.images.extract_if(.., goes).collect();
        self.withdrawn.insert(reference.to_owned(), images);
        true
    }

    /// Puts back what was taken out under `reference`; a tag that has moved meanwhile stays where it is.
    pub fn restore(&mut self, reference: &str) {
        let Some(mut images) = self.withdrawn.remove(reference) else { return };
        let Some(repository) = self.repositories.get_mut(split(reference).0) else { return };
        for image in &mut images {
            image.tags.retain(|tag| repository.find(tag).is_none());
        }
        repository.images.extend(images);
        repository.images.sort_by_key(|image| image.pushed_at);
    }

    /// Puts the image that `reference` means in the archive, where it cannot be pulled from; false where there is none.
    pub fn archive(&mut self, reference: &str, now: Timestamp) -> bool {
        let (name, id) = split(reference);
        let image = self.repositories.get_mut(name).and_then(|it| it.find_mut(id));
        image.is_some_and(|image| {
            image.archived = Some(now);
            true
        })
    }
}

/// Repository and tag (or digest) of a reference, without its registry; the tag is `latest` where none is given.
pub fn split(reference: &str) -> (&str, &str) {
    let path = match reference.split_once('/') {
        // Docker's rule: a first component with a dot or a colon is a registry.
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => rest,
        _ => reference,
    };
    path.split_once('@').or_else(|| path.rsplit_once(':')).unwrap_or((path, "latest"))
}
