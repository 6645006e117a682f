//! What an action needs to be told: which image, how many tasks.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;
use tui_input::Input;

use super::{
    ActPane,
    group_form::GroupForm,
    history_form::HistoryForm,
    image_list::{Holding, ImageList, Listed},
    planning,
};
use crate::{
    app::{App, effect::Effect, overlay::Overlay},
    domain::{
        query::{Answer, Outcome, Query, Request},
        registry::Image,
        text::SafeText,
    },
    plan::{
        action::{Action, Deployable, RangeChoice, ServiceRef},
        facts::{Asked, Facts, Inquiry},
        group::action::GroupRef,
        image::ImageReference,
        seen::main_container,
        senseless,
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
    Listed(ImageList),
    /// They cannot be listed, and why.
    None(SafeText),
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
    pub fn shown(&self) -> Vec<&Listed> {
        let FormKind::Deploy { images: Images::Listed(list), .. } = &self.kind else { return Vec::new() };
        list.shown(self.input.value().trim())
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

    /// Other text is typed: of the images that match it the cursor is on the first.
    pub fn retyped(&mut self) {
        self.fault = None;
        let is_empty = self.input.value().trim().is_empty();
        match &mut self.kind {
            FormKind::Deploy { images: Images::Listed(list), selected, .. } => {
                *selected = if is_empty { list.likely() } else { 0 };
            }
            _ => self.step(0),
        }
    }

    /// What `tab` does, where that is not told beside what it turns.
    pub fn turning(&self) -> Option<&'static str> {
        match &self.kind {
            FormKind::Deploy { images: Images::Listed(list), .. } => list.turning(),
            _ => None,
        }
    }

    /// What can be typed, where nothing tells of it above; to be shown as long as nothing is.
    pub fn wants(&self) -> Option<&'static str> {
        let is_deploy = matches!(self.kind, FormKind::Deploy { .. });
        (is_deploy && self.input.value().is_empty())
            .then_some("(or type a tag, sha256:…, repository/name:tag, :REVISION)")
    }

    /// The next of the ways to treat auto scaling's range; or images without a tag as well.
    pub fn turn(&mut self) {
        if let FormKind::Deploy { images: Images::Listed(list), selected, .. } = &mut self.kind {
            *selected = list.turn(self.input.value().trim(), *selected);
        }
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
            FormKind::Deploy { services, images, selected } => {
                let chosen = match images {
                    Images::Listed(list) if !is_exact(typed) => list.chosen(typed, *selected),
                    _ => None,
                };
                let what = chosen.map_or_else(|| deployable(typed), Ok)?;
                Ok(Action::Deploy { services: services.clone(), what, rolls_back: None })
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

/// Opens a form; one with a list begins to read it. Nothing is asked for what could not be planned.
pub fn open(app: &mut App, mut form: Form) -> Vec<Effect> {
    if let FormKind::Deploy { services, .. } = &form.kind
        && let Some(refusal) = senseless::of_several_stacks(services, &app.stacks)
    {
        let action =
            Action::Deploy { services: services.clone(), what: Deployable::Tag(Arc::default()), rolls_back: None };
        planning::refuse(app, action, refusal, None);
        return Vec::new();
    }
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
            if matches!(listed, Images::Loading)
                && let Some(found) = images(services, &inquiry)
            {
                if let Images::Listed(list) = &found
                    && input.value().is_empty()
                {
                    *selected = list.likely();
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

/// The images that these services can all be given; `None` while something is still to be read.
fn images(services: &[ServiceRef], inquiry: &Inquiry<'_>) -> Option<Images> {
    // All are asked for before any is waited for.
    let found: Vec<_> = services.iter().map(|who| held(who, inquiry)).collect();
    let found: Vec<Result<Held<'_>, SafeText>> = found.into_iter().collect::<Option<_>>()?;
    let held: Result<Vec<Held<'_>>, SafeText> = found.into_iter().collect();
    Some(match held {
        Err(why) => Images::None(why),
        Ok(held) => {
            let holdings: Vec<Holding<'_>> = held.iter().map(Held::holding).collect();
            Images::Listed(ImageList::of(&holdings))
        }
    })
}

/// What the repository of one service holds.
struct Held<'a> {
    repository: String,
    images: &'a [Image],
    runs: ImageReference,
}

impl Held<'_> {
    fn holding(&self) -> Holding<'_> {
        Holding { repository: &self.repository, images: self.images, runs: &self.runs }
    }
}

/// The images of a service's repository, or why they cannot be listed; `None` while something is still to be read.
fn held<'a>(who: &ServiceRef, inquiry: &Inquiry<'a>) -> Option<Result<Held<'a>, SafeText>> {
    let query = Query::Services { cluster: who.cluster.clone(), names: vec![who.name.clone()] };
    let service = inquiry.ask_in(&who.scope, query, |answer| match answer {
        Answer::Services(services) => services.first(),
        _ => None,
    });
    let service = match service {
        Asked::Awaited => return None,
        Asked::Failed(fault) => return Some(Err(fault.message.clone())),
        Asked::Known(None) => return Some(Err(format!("{} is not there", SafeText::new(&who.name)).into())),
        Asked::Known(Some(service)) => service,
    };
    let query = Query::TaskDefinition { definition: service.task_definition.clone() };
    let definition = inquiry.ask_in(&who.scope, query, |answer| match answer {
        Answer::TaskDefinition(definition) => Some(&**definition),
        _ => None,
    });
    let image = match definition {
        Asked::Awaited => return None,
        Asked::Failed(fault) => return Some(Err(fault.message.clone())),
        Asked::Known(definition) => definition.and_then(|it| main_container(service, it)).map(|it| &it.image),
    };
    let runs = image.and_then(|it| ImageReference::parse(it.as_str()).ok());
    let Some((runs, ecr)) = runs.as_ref().and_then(|it| Some((it, it.ecr()?))) else {
        let name = SafeText::new(&who.name);
        return Some(Err(format!("the image of {name} is not in ECR: type a tag or a whole reference").into()));
    };
    let repository = ecr.name.to_owned();
    let query = Query::Images { registry: ecr.account.into(), repository: ecr.name.into() };
    let images = inquiry.ask_in(&who.scope, query, |answer| match answer {
        Answer::Images(images) => Some(images.as_slice()),
        _ => None,
    });
    match images {
        Asked::Awaited => None,
        Asked::Failed(fault) => Some(Err(fault.message.clone())),
        Asked::Known(images) => Some(Ok(Held { repository, images: images.unwrap_or_default(), runs: runs.clone() })),
    }
}

#[cfg(test)]
mod tests {
    use super::deployable;
    use crate::plan::action::Deployable;

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
