//! Which lines the logs view reads: from what one looks at to log groups and streams, and why there are none.
//!
//! ```text
//! task ───────────▶ its task definition ─────┬▶ awslogs options of each container ─┐
//! service ────────▶ those of all its tasks ──┘                                     ├▶ excerpts ─▶ FilterLogEvents
//! gateway, group ─▶ `logs` of the stack file ──────────────────────────────────────┘
//! ```

use std::{collections::BTreeSet, sync::Arc};

use super::{
    App, charts,
    joins::{cluster_of, service_of_deployment},
    place::Place,
    stops, words,
};
use crate::{
    command::ViewName,
    domain::{
        behind,
        definition::{Definition, Logs},
        estate::ScopeEstate,
        fault::FaultKind,
        id::{Arn, Kind, ResourceId, Scope},
        log::{Excerpt, LogSource},
        observation::Observation,
        query::{Query, Request},
        service::Service,
        task::Task,
    },
    triage::deaths,
};

/// What a subject's logs are read from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// Task definitions that say where containers log, and are not here yet.
    definitions: BTreeSet<(Scope, Arn)>,
    pub excerpts: BTreeSet<(Scope, Excerpt)>,
    /// What cannot be read, and why: a sentence each.
    notes: Vec<String>,
}

impl Sources {
    /// Why there is nothing to read; `None` where there is, or may be.
    pub fn nothing(&self) -> Option<String> {
        (self.excerpts.is_empty() && self.definitions.is_empty()).then(|| self.notes.join("; "))
    }

    /// Names of the log groups, each once.
    pub fn groups(&self) -> Vec<&str> {
        let names: BTreeSet<&str> = self.excerpts.iter().map(|(_, it)| &*it.source.group).collect();
        names.into_iter().collect()
    }
}

/// The sources of the place on screen; none where it shows no logs.
pub fn of_place(app: &App) -> Sources {
    let mut sources = Sources::default();
    let subject = app.place().within.as_ref().filter(|_| app.place().view == ViewName::Logs);
    let Some(subject) = subject else { return sources };
    if add(app, subject, &mut sources).is_none() {
        sources.notes.push(format!("the {} is no longer there", subject.kind.word()));
    }
    sources
}

/// The reads of task definitions that the place on screen waits for.
pub fn definitions(app: &App) -> Vec<Request> {
    let wanted = of_place(app).definitions.into_iter();
    wanted.map(|(scope, definition)| Request { scope, query: Query::TaskDefinition { definition } }).collect()
}

/// The reads of the lines that the place on screen shows.
pub fn requests(app: &App) -> Vec<Request> {
    let wanted = of_place(app).excerpts.into_iter();
    wanted.map(|(scope, excerpt)| Request { scope, query: Query::Logs { excerpt } }).collect()
}

fn add(app: &App, subject: &ResourceId, sources: &mut Sources) -> Option<()> {
    let known = app.estate.scope(&subject.scope)?;
    let minutes = app.window.minutes();
    let live = |group: &Arc<str>, streams: &str| Excerpt {
        source: LogSource { group: group.clone(), streams: streams.into() },
        until: None,
        minutes,
    };
    match subject.kind {
        Kind::Task => {
            let task = known.task(&subject.key)?;
            of_definition(app, &subject.scope, &task.task_definition, Some(task), sources);
        }
        Kind::Service => {
            for definition in written_by(app, known, known.service(&subject.key)?) {
                of_definition(app, &subject.scope, definition, None, sources);
            }
        }
        Kind::Group | Kind::Instance => {
            let (name, streams) = match subject.kind {
                Kind::Instance => (known.instance(&subject.key)?.0.name.as_str(), &*subject.key),
                _ => (&*subject.key, ""),
            };
            let groups = app.stacks.iter().flat_map(|it| &it.groups);
            let spec = groups.filter(|it| it.scopes.contains(&subject.scope)).find(|it| *it.name == *name);
            match spec.and_then(|it| it.logs.as_ref()) {
                Some(group) => {
                    sources.excerpts.insert((subject.scope.clone(), live(group, streams)));
                }
                None => sources
                    .notes
                    .push(format!("no stack file names a log group for {name}: logs = \"…\" in its [[group]] would")),
            }
        }
        _ => return None,
    }
    Some(())
}

/// The task definitions by which a service's lines are written: its own, those of its deployments, and those of tasks
/// that run or have stopped within the window. While a deployment rolls, two at least, which may log to different groups.
fn written_by<'a>(app: &App, known: &'a ScopeEstate, service: &'a Service) -> BTreeSet<&'a Arn> {
    let cluster = cluster_of(service.arn.wire());
    let told = known.tasks.get(cluster).and_then(Observation::value).into_iter().flat_map(|it| it.values());
    let since = app.now - app.window.span();
    let wrote = |task: &&Task| {
        task.service.as_ref() == Some(&service.name)
            && (!task.is_stopped() || task.stopped_at.is_some_and(|stopped| stopped >= since))
    };
    let tasks = told.chain(known.remembered(cluster)).filter(wrote).map(|task| &task.task_definition);
    let deployments = service.deployments.iter().map(|it| &it.task_definition);
    tasks.chain(deployments).chain([&service.task_definition]).collect()
}

/// The sources of the containers of a task definition: of one task, or of every task that has it.
fn of_definition(app: &App, scope: &Scope, arn: &Arn, task: Option<&Task>, sources: &mut Sources) {
    let known = app.estate.scope(scope).and_then(|it| it.definitions.get(arn));
    let Some(definition) = known.and_then(Observation::value) else {
        sources.definitions.insert((scope.clone(), arn.clone()));
        return;
    };
    for container in definition.containers.iter().map(|it| it.name.as_str()) {
        match of_container(app, scope, definition, container, task) {
            Ok(source) => {
                sources.excerpts.insert(source);
            }
            // Two definitions may have the same to say.
            Err(why) if sources.notes.contains(&why) => {}
            Err(why) => sources.notes.push(why),
        }
    }
}

fn of_container(
    app: &App,
    scope: &Scope,
    definition: &Definition,
    container: &str,
    task: Option<&Task>,
) -> Result<(Scope, Excerpt), String> {
    let logs = definition.logs(container);
    let Some(Logs::Awslogs { group, region, stream_prefix }) = &logs else {
        return Err(match logs {
            Some(Logs::Other { driver }) => {
                format!("container {container} logs to {driver}, not to CloudWatch: look there")
            }
            _ => format!("container {container} has no log driver: what it prints is lost"),
        });
    };
    let scope = region.as_ref().map_or_else(|| scope.clone(), |region| Scope::new(&scope.profile, region.as_str()));
    if app.estate.scope(&scope).is_none() {
        return Err(format!("container {container} logs to {group} in {}, which no stack names", scope.region));
    }
    let streams = match (task, stream_prefix) {
        (Some(task), _) => logs.as_ref().and_then(|it| it.stream(container, &task.arn)).unwrap_or_default(),
        (None, Some(prefix)) => format!("{prefix}/{container}/"),
        // Named after the containers' ids on their hosts: only the whole group is known to have them.
        (None, None) => String::new(),
    };
    let source = LogSource { group: group.as_str().into(), streams: streams.into() };
    let until = task.filter(|it| it.is_stopped()).and_then(|it| it.stopped_at);
    Ok((scope, Excerpt { source, until, minutes: app.window.minutes() }))
}

/// What writes the logs that one wants of a row: the row itself, or what it is of.
pub fn writer_of(app: &App, id: &ResourceId) -> Option<ResourceId> {
    let known = app.estate.scope(&id.scope);
    let of = |kind, key: &str| Some(ResourceId::new(kind, &id.scope, key));
    match id.kind {
        Kind::Task | Kind::Service | Kind::Group | Kind::Instance => Some(id.clone()),
        Kind::Stops => {
            let cluster = id.key.split('|').next()?;
            let stopped = stops::of_cluster(known?, cluster);
            let newest = stopped.iter().find(|it| stops::id(&id.scope, cluster, it.task) == *id)?;
            of(Kind::Task, newest.task.arn.wire())
        }
        Kind::Target => {
            let (group, target) = id.key.split_once('|')?;
            let target = target.rsplit_once(':')?.0;
            match behind::task(known?, &Arn::new(group), target) {
                Some(task) => of(Kind::Task, task.arn.wire()),
                None => known?.instance(target).and_then(|(_, it)| of(Kind::Instance, it.id.as_str())),
            }
        }
        Kind::TargetGroup => of(Kind::Service, behind::feeders(known?, &Arn::new(&id.key)).next()?.arn.wire()),
        Kind::Deployment => {
            let (cluster, name) = service_of_deployment(&id.key)?;
            let mut services = known?.services.get(cluster)?.value()?.values();
            of(Kind::Service, services.find(|it| it.name.as_str() == name)?.arn.wire())
        }
        Kind::Entry => writer_of(app, &app.estate.timeline.find(id)?.subject),
        Kind::Operation => writer_of(app, app.records.operation(id)?.begun.subjects.first()?),
        Kind::Chart => writer_of(app, &charts::find(app, id)?.subject),
        Kind::Session | Kind::Event => charts::measured_by(app, id),
        Kind::Stack
        | Kind::Alarm
        | Kind::Cache
        | Kind::Database
        | Kind::Scope
        | Kind::Rule
        | Kind::Spend
        | Kind::Journal
        | Kind::Line => None,
    }
}

/// What the writer is one of: the service of a task, the group of a gateway.
pub fn around(app: &App, writer: &ResourceId) -> Option<ResourceId> {
    match writer.kind {
        Kind::Task => charts::measured_by(app, writer),
        Kind::Instance => {
            let (group, _) = app.estate.scope(&writer.scope)?.instance(&writer.key)?;
            Some(ResourceId::new(Kind::Group, &writer.scope, group.name.as_str()))
        }
        _ => None,
    }
}

/// Signals about a service that are best understood from what one of its dead tasks wrote last.
const OF_DEATHS: [&str; 5] =
    ["out-of-memory", "crash-loop", "health-checks-failing", "rollout-failed", "rollout-faltering"];

/// The task of a service that died last, where a signal says that its tasks die. One that never ran wrote nothing.
pub fn dead_task(app: &App, service: &ResourceId) -> Option<ResourceId> {
    let is_about_deaths = |rule: &str| OF_DEATHS.contains(&rule);
    app.signals.iter().find(|it| it.subject == *service && is_about_deaths(it.rule))?;
    let known = app.estate.scope(&service.scope)?;
    let cluster = cluster_of(&service.key);
    let name = service.name();
    let ran = |task: &Task| task.containers.iter().any(|it| it.exit_code.is_some());
    let is_it = |task: &Task| task.service.as_ref() == Some(&name) && deaths::is_failure(task) && ran(task);
    let dead = stops::of_cluster(known, cluster).into_iter().find(|it| is_it(it.task))?;
    Some(ResourceId::new(Kind::Task, &service.scope, dead.task.arn.wire()))
}

/// Whether the table on screen grows at its end, where it is followed.
pub fn grows(app: &App) -> bool {
    app.place().view == ViewName::Logs && app.table_state().is_none_or(|it| it.sort.is_none())
}

/// Whether new lines are followed; `None` where no lines come.
pub fn is_following(app: &App) -> Option<bool> {
    let live = of_place(app).excerpts.iter().any(|(_, it)| it.until.is_none());
    (grows(app) && live).then(|| app.table_state().is_none_or(|it| !it.held))
}

/// What to say where log groups do not exist: those that could not be read for it.
pub fn missing_words(app: &App) -> String {
    let sources = of_place(app);
    let is_missing = |(scope, excerpt): &&(Scope, Excerpt)| {
        let known = app.estate.scope(scope).and_then(|it| it.logs.get(excerpt));
        known.and_then(Observation::fault).is_some_and(|it| it.kind == FaultKind::Missing)
    };
    let missing: BTreeSet<&str> = sources.excerpts.iter().filter(is_missing).map(|(_, it)| &*it.source.group).collect();
    let (noun, verb) = if missing.len() == 1 { ("group", "does") } else { ("groups", "do") };
    let names: Vec<&str> = missing.into_iter().collect();
    format!("the log {noun} {} {verb} not exist: nothing has been written yet, or it was deleted", names.join(", "))
}

/// What to say where the log has no lines.
pub fn empty_words(app: &App) -> String {
    let sources = of_place(app);
    if let Some(why) = sources.nothing() {
        return why;
    }
    let window = app.window.word();
    let until = sources.excerpts.iter().filter_map(|(_, it)| it.until).max();
    let of = sources.groups().join(", ");
    let mut words = match until {
        Some(until) => format!("nothing was written to {of} in the {window} before {}", words::clock(until)),
        None => format!("nothing was written to {of} in the last {window}"),
    };
    for note in &sources.notes {
        words.push_str("; ");
        words.push_str(note);
    }
    words
}

/// The place of a writer's lines.
pub fn place(writer: ResourceId) -> Place {
    Place::within(ViewName::Logs, writer)
}
