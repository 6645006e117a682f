//! What image a container would pull, and what the registry says of it.

use super::{
    action::ServiceRef,
    facts::{Asked, Inquiry},
    image::ImageReference,
    seen::Stop,
};
use crate::domain::{
    fault::{Fault, FaultKind},
    query::{Answer, Query},
    registry::{ImageId, ImageManifest, Repository},
    text::SafeText,
};

/// An image that a container would run.
#[derive(Debug, Clone)]
pub struct Pulled<'a> {
    pub container: SafeText,
    pub reference: ImageReference,
    pub found: Found<'a>,
    /// What is known of its repository.
    pub repository: Option<&'a Repository>,
}

/// What the registry says of an image.
#[derive(Debug, Clone, Copy)]
pub enum Found<'a> {
    /// It lies in no registry that can be asked from here.
    Elsewhere,
    /// The registry was asked and did not answer.
    Unreadable(&'a Fault),
    Missing,
    Here(&'a ImageManifest),
}

impl<'a> Pulled<'a> {
    /// Looks an image up, in ECR where it lies there.
    pub fn look(
        who: &ServiceRef,
        container: &SafeText,
        reference: ImageReference,
        inquiry: &Inquiry<'a>,
    ) -> Result<Self, Stop> {
        let (found, repository) = {
            let ecr = reference.ecr().filter(|it| it.region == &*who.scope.region);
            let Some(ecr) = ecr else {
                return Ok(Self { container: container.clone(), reference, found: Found::Elsewhere, repository: None });
            };
            let id = match (&reference.digest, reference.pulled_tag()) {
                (Some(digest), _) => ImageId::Digest(digest.as_str().into()),
                (None, tag) => ImageId::Tag(tag.unwrap_or("latest").into()),
            };
            let query = Query::Image { registry: ecr.account.into(), repository: ecr.name.into(), id };
            let image = inquiry.ask_in(&who.scope, query, |answer| match answer {
                Answer::Image(manifest) => Some(&**manifest),
                _ => None,
            });
            let query = Query::Repository { registry: ecr.account.into(), name: ecr.name.into() };
            let repository = inquiry.ask_in(&who.scope, query, |answer| match answer {
                Answer::Repository(repository) => Some(&**repository),
                _ => None,
            });
            let found = match image {
                Asked::Awaited => return Err(Stop::Awaited),
                Asked::Failed(fault) if fault.kind == FaultKind::Missing => Found::Missing,
                Asked::Failed(fault) => Found::Unreadable(fault),
                Asked::Known(Some(manifest)) => Found::Here(manifest),
                Asked::Known(None) => Found::Missing,
            };
            if matches!(repository, Asked::Awaited) {
                return Err(Stop::Awaited);
            }
            (found, repository.known().flatten())
        };
        Ok(Self { container: container.clone(), reference, found, repository })
    }

    /// The digest that it is, as far as that is known.
    pub fn digest(&self) -> Option<SafeText> {
        match self.found {
            Found::Here(manifest) => Some(manifest.image.digest.clone()),
            _ => self.reference.digest.as_deref().map(SafeText::new),
        }
    }

    /// Whether the tag may mean another image tomorrow; `None` where that cannot be told.
    pub fn may_move(&self) -> Option<bool> {
        let Some(tag) = self.reference.pulled_tag() else { return Some(false) };
        self.repository.map(|it| it.may_move(tag))
    }
}
