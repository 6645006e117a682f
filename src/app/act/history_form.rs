//! Choosing where a rollback leads: earlier deployments of a service, and what differs from what runs.

use crate::{
    app::{App, overlay::TextLine, words},
    domain::{
        definition::Definition,
        deployment::{Deployment, DeploymentStatus, RevisionImage},
        id::Arn,
        query::{Answer, Query},
        text::SafeText,
    },
    plan::{
        action::{Action, RollbackTo, ServiceRef},
        facts::{Asked, Inquiry},
        model::Change,
    },
    theme::Role,
};

/// Deployments listed at once; the differences of the one under the cursor stand below.
const LISTED: usize = 8;

/// What has been read, and where the cursor is.
#[derive(Debug, Clone)]
pub struct HistoryForm {
    pub service: ServiceRef,
    history: History,
    selected: usize,
    /// Between what runs and the one under the cursor; `None` until both have been read.
    differs: Option<Vec<Change>>,
}

#[derive(Debug, Clone)]
enum History {
    Loading,
    /// Newest first, without what runs.
    Listed(Vec<Deployment>),
    /// It cannot be listed, and why.
    None(SafeText),
}

impl HistoryForm {
    pub fn new(service: ServiceRef) -> Self {
        Self { service, history: History::Loading, selected: 0, differs: None }
    }

    /// The deployments that match what has been typed: a revision, a tag, the beginning of a digest.
    fn shown(&self, typed: &str) -> Vec<&Deployment> {
        let History::Listed(deployments) = &self.history else { return Vec::new() };
        let typed = typed.trim().trim_start_matches(':');
        // A number is a revision: by chance it is in many a digest, too.
        let number: Option<u64> = typed.parse().ok();
        let digest = typed.trim_start_matches("sha256:");
        let matches = |it: &&Deployment| {
            let revision = it.target.task_definition.as_ref().map(Arn::short_name).unwrap_or_default();
            if number.is_some() {
                return revision.as_str().rsplit(':').next().is_some_and(|it| it.starts_with(typed));
            }
            let image = |it: &RevisionImage| {
                let of_digest = |it: &SafeText| it.as_str().trim_start_matches("sha256:").starts_with(digest);
                it.image.as_str().contains(typed) || it.digest.as_ref().is_some_and(of_digest)
            };
            revision.as_str().contains(typed) || it.target.images.iter().any(image)
        };
        deployments.iter().filter(matches).collect()
    }

    pub fn step(&mut self, by: isize, typed: &str) {
        let last = self.shown(typed).len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(by).min(last);
        self.differs = None;
    }

    /// Back to the one under the cursor; to a revision that is typed where none matches.
    pub fn action(&self, typed: &str) -> Result<Action, String> {
        let to = match (self.shown(typed).get(self.selected), typed.trim().trim_start_matches(':')) {
            (Some(chosen), _) => RollbackTo::Deployment(chosen.arn.clone()),
            (None, "") => return Err("no earlier deployment is known: type a revision".to_owned()),
            (None, revision) => RollbackTo::Revision(revision.into()),
        };
        Ok(Action::Rollback { services: vec![self.service.clone()], to })
    }

    /// Takes in what has been read, and notes what is still to be.
    pub fn read(&mut self, inquiry: &Inquiry<'_>, typed: &str) {
        let who = &self.service;
        let query = Query::Services { cluster: who.cluster.clone(), names: vec![who.name.clone()] };
        let service = inquiry.ask_in(&who.scope, query, |answer| match answer {
            Answer::Services(services) => services.first(),
            _ => None,
        });
        let service = match service {
            Asked::Awaited => return,
            Asked::Failed(fault) => return self.history = History::None(fault.message.clone()),
            Asked::Known(None) => return self.history = History::None("the service is not there".into()),
            Asked::Known(Some(service)) => service,
        };
        let query = Query::Deployments { cluster: who.cluster.clone(), service: service.arn.clone() };
        let deployments = inquiry.ask_in(&who.scope, query, |answer| match answer {
            Answer::Deployments(deployments) => Some(deployments.as_slice()),
            _ => None,
        });
        match deployments {
            Asked::Awaited => return,
            Asked::Failed(fault) => return self.history = History::None(fault.message.clone()),
            Asked::Known(found) => {
                let found = found.unwrap_or_default();
                // What runs is what was deployed last and not undone: one does not go back to that.
                let is_current = |it: &Deployment| {
                    it.target.task_definition.as_ref() == Some(&service.task_definition)
                        && it.status == DeploymentStatus::Successful
                };
                let current = found.iter().position(is_current).unwrap_or(0);
                let others = found.iter().enumerate().filter(|(at, _)| *at != current).map(|(_, it)| it);
                let has_run =
                    |it: &&Deployment| !matches!(it.status, DeploymentStatus::Pending | DeploymentStatus::InProgress);
                let others = others.filter(has_run).filter(|it| it.target.task_definition.is_some());
                let others: Vec<_> = others.cloned().collect();
                if matches!(self.history, History::Loading) {
                    // What was undone is there to be seen, and not what one means.
                    let good = others.iter().position(|it| it.status == DeploymentStatus::Successful);
                    self.selected = good.unwrap_or(0);
                }
                self.history = History::Listed(others);
            }
        }
        let chosen = self.shown(typed).get(self.selected).and_then(|it| it.target.task_definition.clone());
        let Some(chosen) = chosen else { return };
        let (now, then) = (self.definition(&service.task_definition, inquiry), self.definition(&chosen, inquiry));
        self.differs = now.zip(then).map(|(now, then)| {
            now.diff(then).into_iter().map(|(field, before, after)| Change { field, before, after }).collect()
        });
    }

    fn definition<'a>(&self, arn: &Arn, inquiry: &Inquiry<'a>) -> Option<&'a Definition> {
        let query = Query::TaskDefinition { definition: arn.clone() };
        let found = inquiry.ask_in(&self.service.scope, query, |answer| match answer {
            Answer::TaskDefinition(definition) => Some(&**definition),
            _ => None,
        });
        found.known().flatten()
    }

    /// The list, and what differs.
    pub fn lines(&self, app: &App, typed: &str) -> Vec<TextLine> {
        let mut lines = Vec::new();
        match &self.history {
            History::Loading => lines.push(TextLine::of(Role::Progress, "asking ECS for its deployments")),
            History::None(why) => lines.push(TextLine::of(Role::Muted, why.clone())),
            History::Listed(_) => {
                let shown = self.shown(typed);
                if shown.is_empty() {
                    lines
                        .push(TextLine::of(Role::Muted, "no earlier deployment matches; a revision is taken as typed"));
                }
                let first = (self.selected + 1).saturating_sub(LISTED);
                let listed = shown.iter().enumerate().skip(first).take(LISTED);
                lines.extend(listed.map(|(at, it)| line(app, it, at == self.selected)));
                if shown.len() > LISTED {
                    let text = format!("  {} of {}", self.selected + 1, shown.len());
                    lines.push(TextLine::of(Role::Muted, text));
                }
            }
        }
        lines.push(TextLine::default());
        lines.push(TextLine::of(Role::Heading, "WHAT WOULD CHANGE"));
        match &self.differs {
            None => lines.push(TextLine::of(Role::Muted, "  –")),
            Some(changes) if changes.is_empty() => {
                lines.push(TextLine::of(
                    Role::Muted,
                    "  nothing in the definition: the image behind its tag may differ",
                ));
            }
            Some(changes) => lines.extend(changes.iter().map(|it| {
                let word = |it: &Option<SafeText>| it.as_ref().map_or("–".to_owned(), ToString::to_string);
                TextLine::field(
                    &format!("  {}", it.field),
                    Role::Text,
                    format!("{} → {}", word(&it.before), word(&it.after)),
                )
            })),
        }
        lines.push(TextLine::default());
        lines.push(TextLine::of(Role::Muted, "type to filter by revision, tag or digest"));
        lines
    }
}

/// Revision, image, digest, how it ended, when.
fn line(app: &App, deployment: &Deployment, is_selected: bool) -> TextLine {
    let revision = deployment.target.task_definition.as_ref().map_or_else(SafeText::default, Arn::short_name);
    let image = deployment.target.images.first();
    let tag = image.map_or_else(String::new, |it| words::image_tag(it.image.as_str()));
    let digest =
        image.and_then(|it| it.digest.as_ref()).map_or_else(String::new, |it| words::short_digest(it.as_str()));
    let age = deployment.created_at.map_or_else(|| "–".to_owned(), |it| words::ago(app.now, it));
    let role = match &deployment.status {
        DeploymentStatus::Successful => Role::Ok,
        _ => Role::Warning,
    };
    TextLine(vec![
        (Role::Key, if is_selected { "› " } else { "  " }.into()),
        (Role::Strong, format!("{revision:<24} ").into()),
        (Role::Text, format!("{tag:<14} ").into()),
        (Role::Muted, format!("{digest:<13} ").into()),
        (role, format!("{:<12} ", deployment.status.word()).into()),
        (Role::Text, age.into()),
    ])
}
