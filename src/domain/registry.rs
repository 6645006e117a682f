//! Amazon ECR: repositories and the images in them (DescribeRepositories, DescribeImages, BatchGetImage).

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use super::{id::Arn, text::SafeText};

/// A private repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    pub arn: Arn,
    pub name: SafeText,
    /// As images in it begin: `ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME`.
    pub uri: SafeText,
    /// Whether a tag may be moved to another image.
    pub mutability: Mutability,
}

/// `imageTagMutability`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mutability {
    /// Every tag but those that match one of these patterns (`*` stands for anything) may move.
    Mutable { but: Vec<SafeText> },
    /// No tag but those that match may move.
    Immutable { but: Vec<SafeText> },
}

impl Repository {
    /// Whether `tag` may be moved to another image.
    pub fn may_move(&self, tag: &str) -> bool {
        match &self.mutability {
            Mutability::Mutable { but } => !but.iter().any(|pattern| matches(pattern.as_str(), tag)),
            Mutability::Immutable { but } => but.iter().any(|pattern| matches(pattern.as_str(), tag)),
        }
    }
}

/// Whether `text` matches a pattern in which `*` stands for any characters.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.into_iter().any(|at| matches(rest, &text[at..]))
        }),
    }
}

/// By what an image is asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImageId {
    Tag(Arc<str>),
    /// `sha256:…`.
    Digest(Arc<str>),
}

/// An image as DescribeImages gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub digest: SafeText,
    pub tags: Vec<SafeText>,
    pub pushed_at: Option<Timestamp>,
    /// When ECR last saw it pulled, to a day.
    pub pulled_at: Option<Timestamp>,
    /// Compressed bytes, as stored.
    pub bytes: u64,
    /// It lies in the archive, from which nothing can be pulled.
    pub archived: bool,
    /// `None` where it has not been scanned.
    pub scan: Option<Scan>,
}

/// What a scan says of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// As ECR spells it: `COMPLETE`, `IN_PROGRESS`, `FAILED` …
    pub status: SafeText,
    pub completed_at: Option<Timestamp>,
    /// Findings by severity, as `CRITICAL`.
    pub findings: BTreeMap<SafeText, u32>,
}

/// One image with the platforms that its manifest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageManifest {
    pub image: Image,
    /// CPU architectures as image indexes spell them, `amd64` or `arm64`; empty where the manifest does not say, which
    /// only an index does.
    pub architectures: Vec<SafeText>,
}

impl ImageManifest {
    /// Whether a task of this architecture (`X86_64`, `ARM64`) can run it; `None` where the manifest does not say.
    pub fn runs_on(&self, architecture: &str) -> Option<bool> {
        let wanted = if architecture.eq_ignore_ascii_case("ARM64") { "arm64" } else { "amd64" };
        (!self.architectures.is_empty()).then(|| self.architectures.iter().any(|it| it.as_str() == wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(mutability: Mutability) -> Repository {
        Repository { arn: Arn::new(""), name: "api".into(), uri: "".into(), mutability }
    }

    #[test]
    fn exceptions_turn_the_rule_of_a_tag_round() {
        let but = vec!["release-*".into(), "v*.0".into()];
        let immutable = repository(Mutability::Immutable { but: vec!["latest".into()] });
        assert!(immutable.may_move("latest") && !immutable.may_move("v1"));
        let mutable = repository(Mutability::Mutable { but });
        for (tag, moves) in
            [("latest", true), ("release-7", false), ("v1.2.0", false), ("v1.2.1", true), ("v.0", false)]
        {
            assert_eq!(mutable.may_move(tag), moves, "{tag}");
        }
    }

    #[test]
    fn only_an_index_says_where_it_runs() {
        let image = Image {
            digest: "sha256:0".into(),
            tags: Vec::new(),
            pushed_at: None,
            pulled_at: None,
            bytes: 0,
            archived: false,
            scan: None,
        };
        let of = |architectures: &[&str]| ImageManifest {
            image: image.clone(),
            architectures: architectures.iter().map(|it| SafeText::new(it)).collect(),
        };
        assert_eq!(of(&[]).runs_on("ARM64"), None);
        assert_eq!(of(&["amd64"]).runs_on("ARM64"), Some(false));
        assert_eq!(of(&["arm64", "amd64"]).runs_on("X86_64"), Some(true));
    }
}
