//! Building repositories that have been pushed to for a while.

use jiff::Timestamp;

use super::{Kind, Repository, State, split};
use crate::sim::world::{Region, Tick};

const DAY: f64 = 86_400.0;
/// Days since a repository was created: half a year, as the services.
const AGE: f64 = 184.0;

/// A repository as its owners have set it up.
#[derive(Debug, Clone, Copy)]
pub struct RepositorySpec {
    pub name: &'static str,
    pub mutable: bool,
    pub scan_on_push: bool,
    /// How many images the lifecycle policy keeps.
    pub keep: Option<usize>,
    pub kind: Kind,
    /// Whether a push of `latest` also carries the commit's tag.
    pub by_commit: bool,
}

impl RepositorySpec {
    /// A repository as ECR creates it: tags may move, nothing is scanned, nothing expires.
    pub const fn plain(name: &'static str) -> Self {
        Self { name, mutable: true, scan_on_push: false, keep: None, kind: Kind::Image, by_commit: false }
    }
}

/// Creates the repository, without images.
pub fn repository(region: &mut Region, tick: &Tick<'_>, spec: &RepositorySpec) {
    region.ecr.repositories.insert(spec.name.to_owned(), empty(spec, tick.after(-AGE * DAY)));
}

fn empty(spec: &RepositorySpec, created: Timestamp) -> Repository {
    Repository {
        created,
        mutable: spec.mutable,
        scan_on_push: spec.scan_on_push,
        keep: spec.keep,
        evaluated: None,
        kind: spec.kind,
        by_commit: spec.by_commit,
        images: Vec::new(),
        pushes: 0,
    }
}

/// An image that was pushed `days` ago under `tag`, and that nothing runs.
pub fn image(region: &mut Region, tick: &Tick<'_>, repository: &str, tag: &str, days: f64) {
    let kind = region.ecr.repositories.get(repository).map_or(Kind::Image, |found| found.kind);
    image_of_kind(region, tick, repository, tag, (kind, days));
}

/// The same for an image of another kind than the repository's usual one.
pub fn image_of_kind(region: &mut Region, tick: &Tick<'_>, repository: &str, tag: &str, (kind, days): (Kind, f64)) {
    if let Some(found) = region.ecr.repositories.get_mut(repository) {
        found.push_kind(repository, kind, &[tag], tick.after(-days * DAY));
        found.expire(tick.now);
    }
}

/// The image that a task definition of the past ran: pushed at `at`, where its repository has not got it yet. Nothing
/// happens where the image is in another registry.
pub fn release(state: &mut State, reference: &str, at: Timestamp) {
    if !state.owns(reference) {
        return;
    }
    let (name, tag) = split(reference);
    let created = at.saturating_add(jiff::SignedDuration::from_hours(-24)).unwrap_or(at);
    let spec = RepositorySpec::plain("");
    let repository = state.repositories.entry(name.to_owned()).or_insert_with(|| empty(&spec, created));
    let there = if names_version(tag) {
        repository.find(tag).is_some()
    } else {
        repository.images.iter().any(|image| image.pushed_at == at)
    };
    if !there {
        repository.push(name, &[tag], at);
        repository.expire(at);
    }
}

/// The digest that `reference` could be pulled by at `at`: a tag that names a version never moved, another one pointed
/// to what was pushed last. `None` where ECR has no such image.
pub fn digest_at(state: &State, reference: &str, at: Timestamp) -> Option<String> {
    let (name, tag) = split(reference);
    let repository = state.repositories.get(name)?;
    let parts: Vec<&String> = repository.images.iter().flat_map(|image| &image.parts).collect();
    let own = repository.images.iter().filter(|image| !parts.contains(&&image.digest));
    let found = if names_version(tag) {
        repository.find(tag)
    } else {
        own.filter(|image| image.pushed_at <= at).max_by_key(|image| image.pushed_at)
    };
    found.map(|image| image.digest.clone())
}

fn names_version(tag: &str) -> bool {
    tag.ends_with(|it: char| it.is_ascii_digit())
}
