//! Image references: `[registry/]repository[:tag][@digest]`.

use std::fmt;

/// A reference, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageReference {
    /// As `docker.io` or `111122223333.dkr.ecr.us-east-1.amazonaws.com`; `None` where the reference names none.
    pub registry: Option<String>,
    pub repository: String,
    pub tag: Option<String>,
    /// As `sha256:…`.
    pub digest: Option<String>,
}

/// A repository of Amazon ECR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EcrRepository<'a> {
    pub account: &'a str,
    pub region: &'a str,
    pub name: &'a str,
}

impl ImageReference {
    /// Takes a reference apart; fails with what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(checked_digest(digest)?)),
            None => (text, None),
        };
        let (path, tag) = match name.rsplit_once(':') {
            // A colon before the last slash belongs to a registry's port.
            Some((path, tag)) if !tag.contains('/') => (path, Some(checked_tag(tag)?)),
            _ => (name, None),
        };
        let (registry, repository) = match path.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (Some(first), rest),
            _ => (None, path),
        };
        let fits = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || "._-/".contains(it);
        if repository.is_empty() || !repository.chars().all(fits) || repository.starts_with('/') {
            return Err(format!("{text:?} names no repository"));
        }
        Ok(Self { registry: registry.map(str::to_owned), repository: repository.to_owned(), tag, digest })
    }

    /// The same repository at another tag.
    #[must_use]
    pub fn at_tag(&self, tag: &str) -> Self {
        Self { tag: Some(tag.to_owned()), digest: None, ..self.clone() }
    }

    /// The same repository at a digest, which never moves.
    #[must_use]
    pub fn at_digest(&self, digest: &str) -> Self {
        Self { tag: None, digest: Some(digest.to_owned()), ..self.clone() }
    }

    /// The tag that it is pulled by; `None` where a digest says all.
    pub fn pulled_tag(&self) -> Option<&str> {
        match (&self.digest, &self.tag) {
            (Some(_), _) => None,
            (None, tag) => Some(tag.as_deref().unwrap_or("latest")),
        }
    }

    /// The repository in Amazon ECR, where it is one.
    pub fn ecr(&self) -> Option<EcrRepository<'_>> {
        let mut parts = self.registry.as_deref()?.split('.');
        let (account, dkr, ecr, region) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let suffix: Vec<_> = parts.collect();
        (dkr == "dkr" && ecr == "ecr" && suffix.starts_with(&["amazonaws", "com"])).then_some(EcrRepository {
            account,
            region,
            name: &self.repository,
        })
    }

    /// Whether both name the same repository, whatever the tag.
    pub fn is_beside(&self, other: &Self) -> bool {
        self.registry == other.registry && self.repository == other.repository
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(registry) = &self.registry {
            write!(f, "{registry}/")?;
        }
        f.write_str(&self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// A tag as registries take it: up to 128 letters, digits, `_`, `.` and `-`.
pub fn checked_tag(text: &str) -> Result<String, String> {
    let fits = |it: char| it.is_ascii_alphanumeric() || "_.-".contains(it);
    let starts = text.chars().next().is_some_and(|it| it.is_ascii_alphanumeric() || it == '_');
    if starts && text.len() <= 128 && text.chars().all(fits) {
        return Ok(text.to_owned());
    }
    Err(format!("{text:?} is no tag"))
}

/// `sha256:` and 64 hexadecimal digits.
pub fn checked_digest(text: &str) -> Result<String, String> {
    let hex = |it: &str| it.len() == 64 && it.bytes().all(|it| it.is_ascii_digit() || (b'a'..=b'f').contains(&it));
    if text.strip_prefix("sha256:").is_some_and(hex) {
        return Ok(text.to_owned());
    }
    Err(format!("{text:?} is no digest, as sha256: and 64 hexadecimal digits"))
}

#[cfg(test)]
mod tests {
    use super::{ImageReference, checked_tag};

    fn read(text: &str) -> ImageReference {
        ImageReference::parse(text).unwrap()
    }

    #[test]
    fn references_come_apart_and_together_again() {
        let digest = format!("sha256:{}", "a1".repeat(32));
        for text in [
            "nginx",
            "username/mint-server:1.8.2",
            "docker.io/username/mint-server:1.8.2",
            "localhost:5000/api",
            "111122223333.dkr.ecr.us-east-1.amazonaws.com/terminal/api:v42",
            &format!("111122223333.dkr.ecr.us-east-1.amazonaws.com/terminal/api@{digest}"),
        ] {
            assert_eq!(read(text).to_string(), text);
        }
        let read = read("localhost:5000/api");
        assert_eq!((read.registry.as_deref(), read.pulled_tag()), (Some("localhost:5000"), Some("latest")));
    }

    #[test]
    fn a_repository_of_ecr_is_known_by_its_registry() {
        let image = read("111122223333.dkr.ecr.us-east-1.amazonaws.com/terminal/api:v42");
        let ecr = image.ecr().unwrap();
        assert_eq!((ecr.account, ecr.region, ecr.name), ("111122223333", "us-east-1", "terminal/api"));
        assert_eq!(read("docker.io/username/mint-server:1").ecr(), None);
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        for text in ["", ":v1", "Repo/Api:v1", "api@sha256:12", "api:", "api:a b", "api:\u{202e}x"] {
            assert!(ImageReference::parse(text).is_err(), "{text:?}");
        }
        assert!(checked_tag(&"a".repeat(129)).is_err());
    }

    #[test]
    fn another_tag_or_a_digest_keeps_the_repository() {
        let digest = format!("sha256:{}", "0".repeat(64));
        let image = read("docker.io/username/mint-server:1.8.2");
        assert_eq!(image.at_tag("1.9").to_string(), "docker.io/username/mint-server:1.9");
        assert_eq!(image.at_digest(&digest).pulled_tag(), None);
        assert!(image.at_digest(&digest).is_beside(&image));
    }
}
