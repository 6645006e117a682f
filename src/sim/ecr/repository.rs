//! A repository: tags that point to images, and what its lifecycle policy keeps.

use jiff::Timestamp;

use super::image::{DOCKER_MANIFEST, Image, OCI_MANIFEST, sha256};

/// The tag that moves with every push.
const LATEST: &str = "latest";

/// What a push brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One image, whose manifest does not say its architecture.
    Image,
    /// An index over one image for each of these architectures.
    Index(&'static [&'static str]),
}

/// A private repository.
#[derive(Debug, Clone)]
pub struct Repository {
    pub created: Timestamp,
    /// Whether a tag may move to another image.
    pub mutable: bool,
    pub scan_on_push: bool,
    /// How many images its lifecycle policy keeps; `None` without a policy.
    pub keep: Option<usize>,
    /// When the policy was last looked at.
    pub evaluated: Option<Timestamp>,
    pub kind: Kind,
    /// Whether a push of `latest` also carries the commit's tag.
    pub by_commit: bool,
    /// In the order of their pushes; the images of an index before it.
    pub images: Vec<Image>,
    /// Pushes so far, so that no two images are the same.
    pub pushes: u64,
}

impl Repository {
    /// Pushes a new image under `tags`, which move to it; returns its digest.
    pub fn push(&mut self, name: &str, tags: &[&str], now: Timestamp) -> String {
        self.push_kind(name, self.kind, tags, now)
    }

    /// The same for an image of another kind than the repository's usual one.
    pub fn push_kind(&mut self, name: &str, kind: Kind, tags: &[&str], now: Timestamp) -> String {
        self.pushes += 1;
        let number = self.pushes;
        let mut image = match kind {
            Kind::Image => Image::single(name, &number.to_string(), DOCKER_MANIFEST, now),
            Kind::Index(architectures) => {
                let part = |it: &&str| Image::single(name, &format!("{number} {it}"), OCI_MANIFEST, now);
                let parts: Vec<Image> = architectures.iter().map(part).collect();
                let listed: Vec<_> = architectures.iter().copied().zip(&parts).collect();
                let index = Image::index(&listed, now);
                self.images.extend(parts);
                index
            }
        };
        for other in &mut self.images {
            other.tags.retain(|tag| !tags.contains(&tag.as_str()));
        }
        image.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        if self.by_commit && tags.contains(&LATEST) {
            image.tags.push(commit_at(now));
        }
        let digest = image.digest.clone();
        self.images.push(image);
        digest
    }

    /// The image with this digest or tag.
    pub fn find(&self, id: &str) -> Option<&Image> {
        self.images.iter().find(|image| image.is(id))
    }

    pub fn find_mut(&mut self, id: &str) -> Option<&mut Image> {
        self.images.iter_mut().find(|image| image.is(id))
    }

    /// Forgets the oldest images beyond those that the lifecycle policy keeps, with what only they list.
    pub fn expire(&mut self, now: Timestamp) {
        let Some(keep) = self.keep else { return };
        self.evaluated = Some(now);
        let listed = |images: &[Image]| images.iter().flat_map(|image| image.parts.clone()).collect::<Vec<_>>();
        let parts = listed(&self.images);
        let own = self.images.iter().filter(|image| !parts.contains(&image.digest)).count();
        let mut surplus = own.saturating_sub(keep);
        if surplus == 0 {
            return;
        }
        self.images.retain(|image| {
            let expires = surplus > 0 && !parts.contains(&image.digest);
            surplus -= usize::from(expires);
            !expires
        });
        let still = listed(&self.images);
        self.images.retain(|image| !parts.contains(&image.digest) || still.contains(&image.digest));
    }
}

/// The abbreviated commit that a pipeline built at a moment, the same for every image it built then.
fn commit_at(now: Timestamp) -> String {
    let digest = sha256(&format!("commit at {}", now.as_second()));
    digest.chars().skip("sha256:".len()).take(7).collect()
}
