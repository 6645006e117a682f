//! What an action needs to be told: which image, how many tasks.

use std::collections::BTreeSet;

use jiff::Timestamp;
use tui_input::Input;

use super::{ActPane, group_form::GroupForm, history_form::HistoryForm};
use crate::{
    app::{App, effect::Effect, overlay::Overlay},
    domain::{
        id::Arn,
        query::{Answer, Outcome, Query, Request},
        registry::Image,
        text::SafeText,
    },
    plan::{
        action::{Action, Deployable, RangeChoice, ServiceRef},
        facts::{Facts, Inquiry},
        group::action::GroupRef,
        image::ImageReference,
    },
};

/// A form being filled in.
#[derive(Debug, Clone)]
pub struct Form {
    pub input: Input,
    pub kind: FormKind,
    /// What is wrong with what was entered.
    pub fault: Option<SafeText>,
    inquiry: u64,
    facts: Facts,
    asked: BTreeSet<Request>,
}

#[derive(Debug, Clone)]
pub enum FormKind {
    /// Images of the repository, newest first, to be chosen from; or typed.
    Deploy {
        services: Vec<ServiceRef>,
        images: Images,
        selected: usize,
    },
    Scale {
        service: ServiceRef,
        current: u32,
        is_steered: bool,
        range: RangeChoice,
    },
    Group {
        group: GroupRef,
        form: GroupForm,
    },
    /// An earlier deployment to go back to.
    History(HistoryForm),
}

/// The images to choose from.
#[derive(Debug, Clone)]
pub enum Images {
    Loading,
    /// Newest first, and the reference that runs.
    Listed {
        images: Vec<Image>,
        runs: ImageReference,
    },
    /// They cannot be listed, and why.
    None(SafeText),
}

impl Images {
    /// Whether an image is the one that the running revision names.
    pub fn runs(&self, image: &Image) -> bool {
        let Self::Listed { runs, .. } = self else { return false };
        match (&runs.digest, runs.pulled_tag()) {
            (Some(digest), _) => image.digest.as_str() == digest,
            (None, tag) => tag.is_some_and(|tag| image.tags.iter().any(|it| it.as_str() == tag)),
        }
    }

    /// The one that is likeliest meant: the newest that has a tag and does not run.
    fn likely(&self) -> usize {
        let Self::Listed { images, .. } = self else { return 0 };
        images.iter().position(|it| !it.tags.is_empty() && !it.archived && !self.runs(it)).unwrap_or(0)
    }
}

impl Form {
    pub fn deploy(services: Vec<ServiceRef>) -> Self {
        Self::new(FormKind::Deploy { services, images: Images::Loading, selected: 0 })
    }

    pub fn scale(service: ServiceRef, current: u32, is_steered: bool) -> Self {
        Self::new(FormKind::Scale { service, current, is_steered, range: RangeChoice::Keep })
    }

    pub fn history(service: ServiceRef) -> Self {
        Self::new(FormKind::History(HistoryForm::new(service)))
    }

    pub fn group(group: GroupRef, form: GroupForm) -> Self {
        Self::new(FormKind::Group { group, form })
    }

    fn new(kind: FormKind) -> Self {
        let (facts, asked) = (Facts::default(), BTreeSet::new());
        Self { input: Input::default(), kind, fault: None, inquiry: 0, facts, asked }
    }

    /// The images that match what has been typed.
    pub fn shown(&self) -> Vec<&Image> {
        let FormKind::Deploy { images: Images::Listed { images, .. }, .. } = &self.kind else { return Vec::new() };
        let typed = self.input.value().trim();
        let matches =
            |it: &&Image| it.tags.iter().any(|tag| tag.as_str().contains(typed)) || it.digest.as_str().contains(typed);
        images.iter().filter(matches).collect()
    }

    pub fn step(&mut self, by: isize) {
        let last = self.shown().len().saturating_sub(1);
        match &mut self.kind {
            FormKind::Deploy { selected, .. } => *selected = selected.saturating_add_signed(by).min(last),
            FormKind::Group { form, .. } => form.step(by),
            FormKind::History(form) => form.step(by, self.input.value()),
            FormKind::Scale { .. } => {}
        }
    }

    /// The next of the ways to treat auto scaling's range.
    pub fn turn(&mut self) {
        if let FormKind::Group { form, .. } = &mut self.kind {
            form.turn();
        }
        if let FormKind::Scale { range, is_steered: true, .. } = &mut self.kind {
            *range = match range {
                RangeChoice::Keep => RangeChoice::Widen,
                RangeChoice::Widen => RangeChoice::Suspend,
                RangeChoice::Suspend => RangeChoice::Keep,
            };
        }
    }

    /// The action that it describes, or what is wrong with it.
    pub fn action(&self) -> Result<Action, String> {
        let typed = self.input.value().trim();
        match &self.kind {
            FormKind::Deploy { services, selected, .. } => {
                let chosen = self.shown().get(*selected).copied().filter(|_| !is_exact(typed));
                let what = match chosen {
                    Some(image) => image.tags.first().map_or_else(
                        || Deployable::Digest(image.digest.as_str().into()),
                        |tag| Deployable::Tag(tag.as_str().into()),
                    ),
                    None => deployable(typed)?,
                };
                Ok(Action::Deploy { services: services.clone(), what })
            }
            FormKind::Scale { service, range, .. } => {
                let desired = typed.parse().map_err(|_| format!("{typed:?} is no number of tasks"))?;
                Ok(Action::Scale { service: service.clone(), desired, range: *range })
            }
            FormKind::History(form) => form.action(typed),
            FormKind::Group { group, form } => Ok(Action::Group { group: group.clone(), change: form.change(typed)? }),
        }
    }
}

/// Whether what is typed is meant as it stands, whatever the list holds.
fn is_exact(typed: &str) -> bool {
    typed.starts_with(':') || typed.contains('/') || typed.starts_with("sha256:")
}

/// What a typed word means: `:43` a revision, `sha256:…` a digest, `repo/name:tag` an image, all else a tag.
pub fn deployable(typed: &str) -> Result<Deployable, String> {
    match typed {
        "" => Err("type a tag, a digest, an image or :REVISION".to_owned()),
        _ if typed.starts_with(':') => Ok(Deployable::Revision(typed[1..].into())),
        _ if typed.starts_with("sha256:") => Ok(Deployable::Digest(typed.into())),
        _ if typed.contains('/') => Ok(Deployable::Image(typed.into())),
        _ => Ok(Deployable::Tag(typed.into())),
    }
}

/// Opens a form; one with a list begins to read it.
pub fn open(app: &mut App, mut form: Form) -> Vec<Effect> {
    app.act.inquiries += 1;
    form.inquiry = app.act.inquiries;
    let effects = read_on(&mut form);
    app.overlay = Some(Overlay::Act(ActPane::Form(Box::new(form))));
    effects
}

/// An answer for the list of a form.
pub fn inquired(app: &mut App, inquiry: u64, request: Request, outcome: Outcome, at: Timestamp) -> Vec<Effect> {
    let Some(Overlay::Act(ActPane::Form(form))) = &mut app.overlay else { return Vec::new() };
    if form.inquiry != inquiry {
        return Vec::new();
    }
    form.facts.take(request, outcome, at);
    read_on(form)
}

/// Reads what the form on screen still needs, as after the cursor in it has moved.
pub fn go_on(app: &mut App) -> Vec<Effect> {
    match &mut app.overlay {
        Some(Overlay::Act(ActPane::Form(form))) => read_on(form),
        _ => Vec::new(),
    }
}

/// Reads what leads to what a form lists: to images the service, its definition, the repository of its main image; to
/// earlier deployments the service, those, and the definitions that are compared.
fn read_on(form: &mut Form) -> Vec<Effect> {
    let Form { kind, facts, input, .. } = form;
    let inquiry = Inquiry::new(facts);
    match kind {
        FormKind::Deploy { services, images: listed, selected } => {
            if let Some(found) = services.first().and_then(|who| images(who, &inquiry)) {
                if matches!(listed, Images::Loading) && input.value().is_empty() {
                    *selected = found.likely();
                }
                *listed = found;
            }
        }
        FormKind::History(form) => form.read(&inquiry, input.value()),
        FormKind::Scale { .. } | FormKind::Group { .. } => {}
    }
    let missing = inquiry.missing();
    let new: Vec<Request> = missing.into_iter().filter(|it| form.asked.insert(it.clone())).collect();
    new.into_iter().map(|request| Effect::Inquire { inquiry: form.inquiry, request }).collect()
}

/// The images of a service's repository; `None` while something is still to be read.
fn images(who: &ServiceRef, inquiry: &Inquiry<'_>) -> Option<Images> {
    use crate::plan::facts::Asked;
    let query = Query::Services { cluster: who.cluster.clone(), names: vec![who.name.clone()] };
    let service = inquiry.ask_in(&who.scope, query, |answer| match answer {
        Answer::Services(services) => services.first(),
        _ => None,
    });
    let definition: &Arn = match service {
        Asked::Awaited => return None,
        Asked::Failed(fault) => return Some(Images::None(fault.message.clone())),
        Asked::Known(None) => return Some(Images::None("the service is not there".into())),
        Asked::Known(Some(service)) => &service.task_definition,
    };
    let query = Query::TaskDefinition { definition: definition.clone() };
    let definition = inquiry.ask_in(&who.scope, query, |answer| match answer {
        Answer::TaskDefinition(definition) => Some(&**definition),
        _ => None,
    });
    let image = match definition {
        Asked::Awaited => return None,
        Asked::Failed(fault) => return Some(Images::None(fault.message.clone())),
        Asked::Known(definition) => definition.and_then(|it| it.containers.first()).map(|it| it.image.clone()),
    };
    let reference = image.and_then(|it| ImageReference::parse(it.as_str()).ok());
    let Some((runs, ecr)) = reference.as_ref().and_then(|it| Some((it, it.ecr()?))) else {
        return Some(Images::None("its image is not in ECR: type a tag or a whole reference".into()));
    };
    let query = Query::Images { registry: ecr.account.into(), repository: ecr.name.into() };
    match inquiry.ask_in(&who.scope, query, |answer| match answer {
        Answer::Images(images) => Some(images.clone()),
        _ => None,
    }) {
        Asked::Awaited => None,
        Asked::Failed(fault) => Some(Images::None(fault.message.clone())),
        Asked::Known(images) => Some(Images::Listed { images: images.unwrap_or_default(), runs: runs.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Images, deployable};
    use crate::{
        domain::registry::Image,
        plan::{action::Deployable, image::ImageReference},
    };

    #[test]
    fn the_newest_image_that_has_a_tag_and_does_not_run_is_the_likeliest() {
        let image = |digest: &str, tags: &[&str]| Image {
            digest: digest.into(),
            tags: tags.iter().map(|it| (*it).into()).collect(),
            pushed_at: None,
            pulled_at: None,
            bytes: 1,
            archived: false,
            scan: None,
        };
        let images = vec![image("sha256:4", &[]), image("sha256:3", &["v3"]), image("sha256:2", &["v2", "latest"])];
        let listed = |runs: &str| Images::Listed {
            images: images.clone(),
            runs: ImageReference::parse(runs).expect("a reference"),
        };
        assert_eq!((listed("api:v3").likely(), listed("api:v2").likely(), listed("api").likely()), (2, 1, 1));
        assert!(listed("api").runs(&images[2]) && !listed("api").runs(&images[1]));
    }

    #[test]
    fn a_word_is_a_tag_unless_it_says_otherwise() {
        assert_eq!(deployable("4f2c"), Ok(Deployable::Tag("4f2c".into())));
        assert_eq!(deployable("43"), Ok(Deployable::Tag("43".into())));
        assert_eq!(deployable(":43"), Ok(Deployable::Revision("43".into())));
        assert_eq!(deployable("sha256:ab"), Ok(Deployable::Digest("sha256:ab".into())));
        assert_eq!(deployable("docker.io/a/b:1"), Ok(Deployable::Image("docker.io/a/b:1".into())));
        assert!(deployable("").is_err());
    }
}
