//! The images that a deployment can be made of: what the repository of its service holds, newest first.
//!
//! Of several services, each with a repository of its own, those count whose tag all of them hold: a digest is of one
//! image alone. What has no tag is listed when that is asked for.

use crate::{
    app::overlay::TextLine,
    domain::{registry::Image, text::SafeText},
    plan::{action::Deployable, image::ImageReference},
    theme::Role,
    triage::words::list,
};

/// What the repository of one service holds, and the reference that the service runs.
#[derive(Debug, Clone, Copy)]
pub struct Holding<'a> {
    pub repository: &'a str,
    pub images: &'a [Image],
    pub runs: &'a ImageReference,
}

/// Images to choose from.
#[derive(Debug, Clone)]
pub struct ImageList {
    /// Where they lie, each once.
    repositories: Vec<String>,
    images: Vec<Listed>,
    /// Those without a tag are shown as well.
    all: bool,
}

/// One of them. Where several repositories are meant, its tags are those that all of them hold.
#[derive(Debug, Clone)]
pub struct Listed {
    pub image: Image,
    /// It is what the services run.
    pub runs: bool,
}

impl ImageList {
    /// What all of these hold.
    pub fn of(holdings: &[Holding<'_>]) -> Self {
        let mut repositories: Vec<String> = Vec::new();
        for holding in holdings {
            if !repositories.iter().any(|it| it == holding.repository) {
                repositories.push(holding.repository.to_owned());
            }
        }
        let Some((first, others)) = holdings.split_first() else {
            return Self { repositories, images: Vec::new(), all: false };
        };
        let images = first.images.iter().filter_map(|image| listed(image, first, others)).collect();
        Self { repositories, images, all: false }
    }

    /// Those that match what has been typed; one with exactly this tag comes first.
    pub fn shown(&self, typed: &str) -> Vec<&Listed> {
        let matches = |it: &&Listed| {
            let digest = !typed.is_empty() && it.image.digest.as_str().contains(typed);
            let tag = it.image.tags.iter().any(|tag| tag.as_str().contains(typed));
            digest || tag || ((self.all || it.runs) && typed.is_empty())
        };
        let mut shown: Vec<&Listed> = self.images.iter().filter(matches).collect();
        shown.sort_by_key(|it| !it.image.tags.iter().any(|tag| tag.as_str() == typed));
        shown
    }

    /// Where among those that are shown the one is that is likeliest meant: the newest that has a tag and does not run.
    pub fn likely(&self) -> usize {
        let is_likely = |it: &&Listed| !it.image.tags.is_empty() && !it.image.archived && !it.runs;
        self.shown("").iter().position(is_likely).unwrap_or(0)
    }

    /// Shows those without a tag, or hides them again; returns where the one at `selected` is then.
    pub fn turn(&mut self, typed: &str, selected: usize) -> usize {
        let chosen = self.shown(typed).get(selected).map(|it| it.image.digest.clone());
        self.all = !self.all;
        let digests = |it: &&Listed| Some(&it.image.digest) == chosen.as_ref();
        self.shown(typed).iter().position(digests).unwrap_or(0)
    }

    /// What is deployed when the image at `selected` is chosen: of its tags the one that was typed.
    pub fn chosen(&self, typed: &str, selected: usize) -> Option<Deployable> {
        let image = &self.shown(typed).get(selected)?.image;
        let exact = image.tags.iter().find(|tag| tag.as_str() == typed);
        let meant = exact.or_else(|| image.tags.iter().find(|tag| tag.as_str().contains(typed)));
        Some(match meant.or(image.tags.first()) {
            Some(tag) => Deployable::Tag(tag.as_str().into()),
            None => Deployable::Digest(image.digest.as_str().into()),
        })
    }

    /// Where they lie.
    pub fn heading(&self) -> TextLine {
        let names: Vec<&str> = self.repositories.iter().map(String::as_str).collect();
        let text = match names.as_slice() {
            [only] => format!("images of {}", SafeText::new(only)),
            several => format!("tags that {} all hold", SafeText::new(&list(several))),
        };
        let mut line = vec![(Role::Heading, text.into())];
        if let (many @ 1.., false) = (self.untagged(), self.all) {
            line.push((Role::Muted, format!("  · {many} without a tag not shown").into()));
        }
        TextLine(line)
    }

    /// What `tab` does; `None` where every image has a tag.
    pub fn turning(&self) -> Option<&'static str> {
        match (self.untagged(), self.all) {
            (0, _) => None,
            (_, false) => Some("show untagged"),
            (_, true) => Some("hide untagged"),
        }
    }

    /// Those without a tag, but for the one that runs.
    fn untagged(&self) -> usize {
        self.images.iter().filter(|it| it.image.tags.is_empty() && !it.runs).count()
    }
}

/// An image of the first repository, with the tags that the others hold too.
fn listed(image: &Image, first: &Holding<'_>, others: &[Holding<'_>]) -> Option<Listed> {
    let held = |tag: &SafeText| others.iter().all(|it| it.images.iter().any(|image| image.tags.contains(tag)));
    let tags: Vec<SafeText> = image.tags.iter().filter(|it| held(it)).cloned().collect();
    if !others.is_empty() && tags.is_empty() {
        return None;
    }
    let is_meant = |image: &&Image| image.tags.iter().any(|tag| tags.contains(tag));
    let beside = |it: &Holding<'_>| it.images.iter().filter(is_meant).any(|image| runs(it.runs, image));
    let runs = runs(first.runs, image) && others.iter().all(beside);
    Some(Listed { image: Image { tags, ..image.clone() }, runs })
}

/// Whether an image is the one that a reference means.
fn runs(reference: &ImageReference, image: &Image) -> bool {
    match (&reference.digest, reference.pulled_tag()) {
        (Some(digest), _) => image.digest.as_str() == digest,
        (None, tag) => tag.is_some_and(|tag| image.tags.iter().any(|it| it.as_str() == tag)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Holding, ImageList};
    use crate::{
        domain::registry::Image,
        plan::{action::Deployable, image::ImageReference},
    };

    fn image(digest: &str, tags: &[&str]) -> Image {
        Image {
            digest: digest.into(),
            tags: tags.iter().map(|it| (*it).into()).collect(),
            pushed_at: None,
            pulled_at: None,
            bytes: 1,
            archived: false,
            scan: None,
        }
    }

    fn reference(text: &str) -> ImageReference {
        ImageReference::parse(text).expect("a reference")
    }

    /// The list of one service that runs `runs`.
    fn listed(images: &[Image], runs: &str) -> ImageList {
        ImageList::of(&[Holding { repository: "api", images, runs: &reference(runs) }])
    }

    fn digests(list: &ImageList, typed: &str) -> Vec<String> {
        list.shown(typed).iter().map(|it| it.image.digest.to_string()).collect()
    }

    #[test]
    fn the_newest_image_that_has_a_tag_and_does_not_run_is_the_likeliest() {
        let images = [image("sha256:4", &[]), image("sha256:3", &["v3"]), image("sha256:2", &["v2", "latest"])];
        let likely = |runs: &str| listed(&images, runs).likely();
        assert_eq!((likely("api:v3"), likely("api:v2"), likely("api")), (1, 0, 0));
        let running: Vec<bool> = listed(&images, "api").shown("").iter().map(|it| it.runs).collect();
        assert_eq!(running, [false, true]);
    }

    #[test]
    fn a_tag_that_is_typed_is_the_tag_that_is_deployed() {
        let images =
            [image("sha256:3", &["4f2c-arm64"]), image("sha256:2", &["4f2c"]), image("sha256:1", &["latest", "1.9"])];
        let list = listed(&images, "api:v1");
        let chosen = |typed: &str| list.chosen(typed, 0);
        assert_eq!(digests(&list, "4f2c"), ["sha256:2", "sha256:3"]);
        assert_eq!(digests(&list, "4f2"), ["sha256:3", "sha256:2"]);
        assert_eq!(chosen("4f2c"), Some(Deployable::Tag("4f2c".into())));
        assert_eq!(chosen("1.9"), Some(Deployable::Tag("1.9".into())));
        assert_eq!(chosen("1."), Some(Deployable::Tag("1.9".into())));
        assert_eq!(chosen("sha256:1"), Some(Deployable::Tag("latest".into())));
    }

    #[test]
    fn what_has_no_tag_is_shown_when_it_is_asked_for_and_the_cursor_stays_on_its_image() {
        let images = [image("sha256:4", &[]), image("sha256:3", &["v3"])];
        let mut list = listed(&images, "api:v3");
        assert_eq!(digests(&list, ""), ["sha256:3"]);
        assert!(list.heading().plain().as_str().ends_with("1 without a tag not shown"));
        assert_eq!(list.turning(), Some("show untagged"));
        assert_eq!(list.turn("", 0), 1);
        assert_eq!(digests(&list, ""), ["sha256:4", "sha256:3"]);
        assert_eq!(list.chosen("", 0), Some(Deployable::Digest("sha256:4".into())));
        assert_eq!(list.turn("", 0), 0, "its image is gone, and so is the cursor from it");
        // Who types a digest means what has it.
        assert_eq!(digests(&list, "256:4"), ["sha256:4"]);
        assert_eq!(listed(&images[1..], "api").turning(), None);
    }

    #[test]
    fn what_runs_is_shown_though_it_has_no_tag() {
        let images = [image("sha256:4", &["v4"]), image("sha256:3", &[])];
        let list = listed(&images, &format!("api@sha256:{}", "3".repeat(64)));
        assert_eq!(digests(&list, ""), ["sha256:4"], "another digest");
        let digest = format!("sha256:{}", "3".repeat(64));
        let list = listed(&[image("sha256:4", &["v4"]), image(&digest, &[])], &format!("api@{digest}"));
        assert_eq!(digests(&list, ""), ["sha256:4", &*digest]);
        assert_eq!(list.turning(), None);
    }

    #[test]
    fn several_services_are_offered_the_tags_that_all_their_repositories_hold() {
        let front = [image("sha256:f3", &["v3"]), image("sha256:f2", &["v2", "front"]), image("sha256:f", &[])];
        let api = [image("sha256:a4", &["v4"]), image("sha256:a2", &["v2"])];
        let (front_runs, api_runs) = (reference("front:v2"), reference("api:v4"));
        let list = ImageList::of(&[
            Holding { repository: "front", images: &front, runs: &front_runs },
            Holding { repository: "api", images: &api, runs: &api_runs },
        ]);
        assert_eq!(digests(&list, ""), ["sha256:f2"]);
        assert_eq!(list.chosen("", 0), Some(Deployable::Tag("v2".into())));
        assert!(!list.shown("")[0].runs, "the API runs another");
        assert_eq!(list.heading().plain().as_str(), "tags that front and api all hold");
        assert_eq!(list.turning(), None);
    }
}
