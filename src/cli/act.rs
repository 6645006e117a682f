//! The verbs that change something: planned, confirmed, sent, watched to a verdict.

use std::io::{self, BufRead, IsTerminal, Write};

use jiff::{SignedDuration, Timestamp};
use rustix::termios::{QueueSelector, tcflush, tcgetwinsize};
use unicode_width::UnicodeWidthChar;

use super::{
    Context, Failure,
    act_args::{ActVerb, BrokenGate, How, Range, To, What},
    complain, exit, group_act, plan_text, say, target, watch,
};
use crate::{
    app::act::{Confirmed, NotBegun},
    domain::{
        estate::Estate,
        id::{Arn, OperationId},
        order::Order,
        query::{Answer, Outcome, Query, Request},
        text::SafeText,
    },
    plan::{
        action::{Action, Deployable, Provider, RangeChoice, RollbackTo},
        model::{Confirmation, Plan},
        operation::{Operation, verdict::Verdict},
    },
    runtime::{
        operations::Left,
        session::{Begun, Followed, Session, Unrecorded},
    },
    toml_file::one_of_these,
};

/// Does what the verb says.
pub fn run(context: &Context, verb: &ActVerb) -> Result<u8, Failure> {
    let dry_run = verb.how().dry_run;
    if !dry_run && (context.global.read_only || context.config.read_only) {
        return Err(refused("nothing is written in read-only mode"));
    }
    on_runtime(context, async |mut session| {
        if dry_run {
            // A plan alone writes nothing; what writes stays read-only.
            session.app.settings.read_only = false;
        }
        tell_of_unfinished(&session).await?;
        let action = action(verb, &session).await?;
        let how = verb.how();
        let plan = session.plan(action).await.map_err(|refusal| {
            // What is misnamed is bad usage; everything else is refused.
            if refusal.misnamed { Failure::usage(refusal) } else { refused(refusal) }
        })?;
        if how.dry_run {
            show(&plan, how.json)?;
            return Ok(if plan.confirmation == Confirmation::Impossible { exit::REFUSED } else { exit::OK });
        }
        let (typed, confirmed) = confirm(&plan, how)?;
        let waves = plan.course.waves.len();
        if how.no_wait && waves > 1 {
            complain(&format!(
                "quarterdeck: {waves} waves, each begun once the one before is well: this ends when the last is sent"
            ));
        }
        let operation = match session.confirm(typed, confirmed).await {
            Begun::Operation(id) => id,
            Begun::Refused(refusal) => return Err(refused(format!("nothing was sent: {refusal}"))),
            Begun::Changed(drift) => {
                let changed = plan_text::drift(&drift);
                return Err(refused(format!("nothing was sent: this has changed since it was planned\n{changed}")));
            }
        };
        // A drain has no verdict before it is done or put back.
        let is_drain = session.app.act.operation(&operation).is_some_and(Operation::drains);
        follow(&mut session, &operation, !how.no_wait, how.timeout.filter(|_| is_drain), how.json).await
    })
}

/// What becomes of drains that processes which have gone left half-way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// They stay as they are.
    None,
    GoOn,
    PutBack,
}

impl Word {
    pub fn of(go_on: bool, put_back: bool) -> Self {
        match (go_on, put_back) {
            (_, true) => Self::PutBack,
            (true, false) => Self::GoOn,
            (false, false) => Self::None,
        }
    }
}

/// Goes on watching what processes that have gone left without a verdict; sends nothing, unless told to go on with
/// what was being done to groups or to put it back.
pub fn watch_on(context: &Context, json: bool, word: Word) -> Result<u8, Failure> {
    if word != Word::None && (context.global.read_only || context.config.read_only) {
        return Err(refused("nothing is written in read-only mode"));
    }
    on_runtime(context, async |mut session| {
        let Left { taken, others, unread } = session.take_over().await;
        for it in others {
            complain(&format!("{}: {} is watched by {}", it.begun.operation, it.begun.title, it.begun.by));
        }
        let mut worst = if unread.is_empty() { exit::OK } else { exit::ERROR };
        for it in unread {
            complain(&format!("quarterdeck: {it}"));
        }
        for id in taken.into_iter().map(|it| it.id) {
            let Some(operation) = session.app.act.operation(&id) else { continue };
            complain(&format!("{id}: {}", operation.course.title));
            match word {
                Word::GoOn => session.order(&id, Order::GoOn),
                Word::PutBack => session.order(&id, Order::PutBack),
                Word::None if operation.awaits_word() => {
                    complain("  it is paused, and protection stands as it was: --go-on, or --put-back");
                    worst = worst.max(exit::GAVE_UP);
                    continue;
                }
                Word::None => {}
            }
            worst = worst.max(follow(&mut session, &id, true, None, json).await?);
        }
        Ok(worst)
    })
}

fn on_runtime(context: &Context, act: impl AsyncFnOnce(Session) -> Result<u8, Failure>) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::error)?;
    let ended = runtime.block_on(async {
        let started = watch::start(context, None, Vec::new()).await?;
        act(Session::new(started)).await
    });
    runtime.shutdown_background();
    ended
}

async fn tell_of_unfinished(session: &Session) -> Result<(), Failure> {
    let standing = session.writer().standing().await;
    let (standing, _) = standing.map_err(|error| Failure::error(format!("failed to {error}")))?;
    for it in standing {
        let begun = &it.begun;
        complain(&format!(
            "quarterdeck: {} has no verdict yet: {}, begun by {}; `quarterdeck watch` goes on watching what nobody watches",
            begun.operation, begun.title, begun.by
        ));
    }
    Ok(())
}

async fn action(verb: &ActVerb, session: &Session) -> Result<Action, Failure> {
    let scope = session.app.discovery.as_ref();
    let stacks = &session.app.stacks;
    let many = |words: &[String]| target::services(words, stacks, scope).map_err(Failure::usage);
    let sleepers = |words: &[String]| target::sleepers(words, stacks, scope).map_err(Failure::usage);
    let one = |word: &str| target::service(word, stacks, scope).map_err(Failure::usage);
    Ok(match verb {
        ActVerb::Deploy { services, what, broken_gate, .. } => Action::Deploy {
            services: many(services)?,
            what: deployable(what),
            rolls_back: broken_gate.map(|it| it == BrokenGate::RollBack),
        },
        ActVerb::Redeploy { services, .. } => Action::Redeploy { services: many(services)? },
        ActVerb::Rollback { services, to, .. } => {
            let to = to.as_ref().map_or(RollbackTo::LastKnownGood, |it| back_to(it));
            Action::Rollback { services: many(services)?, to }
        }
        ActVerb::Group(verb) => group_act::action(verb, stacks, scope).map_err(Failure::usage)?,
        ActVerb::Scale { service, to, bounds, drain, .. } if target::names_group(service, stacks) => {
            let group = target::group(service, stacks, scope).map_err(Failure::usage)?;
            group_act::scale(group, *to, *bounds, drain)
        }
        ActVerb::Scale { service, .. } if scope.is_none() && target::names_nothing(service, stacks) => {
            return Err(Failure::usage(target::no_service_or_group(service, stacks)));
        }
        ActVerb::Scale { service, to, range, .. } => {
            let range = match range {
                Range::Keep => RangeChoice::Keep,
                Range::Widen => RangeChoice::Widen,
                Range::Suspend => RangeChoice::Suspend,
            };
            Action::Scale { service: one(service)?, desired: *to, range }
        }
        ActVerb::StopTask { service, task, .. } => {
            let service = one(service)?;
            let request =
                Request { scope: service.scope.clone(), query: Query::Tasks { cluster: service.cluster.clone() } };
            let task = task_arn(session.reach().fetch(&request).await, &service.name, task)?;
            Action::StopTask { service, task }
        }
        ActVerb::SuspendScaling { service, .. } => Action::SuspendScaling { service: one(service)? },
        ActVerb::ResumeScaling { service, .. } => Action::ResumeScaling { service: one(service)? },
        ActVerb::Move { service, to, .. } => {
            let to = match to {
                To::Fargate => Provider::Fargate,
                To::FargateSpot => Provider::FargateSpot,
            };
            Action::Move { service: one(service)?, to }
        }
        ActVerb::Wake { services, .. } => Action::Wake { services: sleepers(services)? },
        ActVerb::Sleep { services, .. } => Action::Sleep { services: sleepers(services)? },
    })
}

/// A deployment by its ARN, anything else is a revision.
fn back_to(text: &str) -> RollbackTo {
    if text.contains(":service-deployment/") {
        return RollbackTo::Deployment(Arn::new(text));
    }
    RollbackTo::Revision(text.trim_start_matches(':').into())
}

fn deployable(what: &What) -> Deployable {
    match what {
        What { tag: Some(tag), .. } => Deployable::Tag(tag.as_str().into()),
        What { digest: Some(digest), .. } => Deployable::Digest(digest.as_str().into()),
        What { image: Some(image), .. } => Deployable::Image(image.as_str().into()),
        What { revision, .. } => Deployable::Revision(revision.as_deref().unwrap_or_default().into()),
    }
}

/// The running task of a service that is meant by an id or an ARN.
fn task_arn(outcome: Outcome, service: &str, named: &str) -> Result<Arn, Failure> {
    let tasks = match outcome {
        Outcome::Complete(Answer::Tasks(tasks)) => tasks,
        Outcome::Failed(fault) | Outcome::Partial(_, fault) => {
            return Err(Failure::error(format!("failed to list the tasks: {}: {}", fault.code, fault.message)));
        }
        Outcome::Complete(_) => Vec::new(),
    };
    let own: Vec<_> = tasks
        .into_iter()
        .filter(|it| it.service.as_ref().is_some_and(|it| it.as_str() == service) && !it.is_stopped())
        .collect();
    let found = own.iter().find(|it| it.arn.wire() == named || it.arn.tail().as_str() == named);
    found.map(|it| it.arn.clone()).ok_or_else(|| {
        let ids: Vec<String> = own.iter().map(|it| it.arn.tail().to_string()).collect();
        let options: Vec<&str> = ids.iter().map(String::as_str).collect();
        let hint = one_of_these(named, &options).map_or_else(String::new, |hint| format!(" ({hint})"));
        Failure::usage(format!("{service} runs no task {named:?}{hint}"))
    })
}

fn show(plan: &Plan, json: bool) -> Result<(), Failure> {
    say(&if json {
        serde_json::to_string_pretty(&plan.document()).map_err(Failure::error)?
    } else {
        plan_text::plan(plan).trim_end().to_owned()
    });
    Ok(())
}

/// What confirms the plan, and why it is done; refuses where it is not.
fn confirm(plan: &Plan, how: &How) -> Result<(Option<String>, Confirmed), Failure> {
    let is_asked = !how.yes && io::stdin().is_terminal() && io::stdout().is_terminal();
    let text = plan_text::plan(plan);
    if plan.confirmation == Confirmation::Impossible {
        return Err(refused(format!("the plan is blocked\n{}", text.trim_end())));
    }
    if is_asked {
        say(text.trim_end());
    }
    let reason = how.reason.as_deref().map(str::trim).filter(|it| !it.is_empty()).map(SafeText::new);
    let reason = match reason {
        None if plan.production && is_asked => Some(ask("why, for the journal: ")?).filter(|it| !it.is_empty()),
        given => given.map(|it| it.to_string()),
    };
    if plan.production && reason.is_none() {
        return Err(refused(format!("production wants a reason: confirm it {}", plan_text::confirmation(plan))));
    }
    let confirmed = match &plan.confirmation {
        Confirmation::Key if how.yes => Some((None, "by --yes".to_owned())),
        Confirmation::Key if is_asked => (ask("send it? [y/N] ")? == "y").then(|| (None, "by a key".to_owned())),
        Confirmation::Type(wanted) if how.yes && how.confirm.as_deref() == Some(wanted.as_str()) => {
            Some((how.confirm.clone(), format!("by --confirm {wanted}")))
        }
        Confirmation::Type(wanted) if is_asked => {
            let typed = ask(&format!("type {:?} to send it: ", wanted.as_str()))?;
            plan.is_confirmed_by(&typed).then(|| (Some(typed), format!("by typing {wanted}")))
        }
        _ => None,
    };
    if let Some((typed, done)) = confirmed {
        let confirmed = Confirmed { how: done.into(), reason: reason.map(SafeText::from), timeout: how.timeout };
        return Ok((typed, confirmed));
    }
    let plan_shown = if is_asked { String::new() } else { format!("\n{}", text.trim_end()) };
    Err(refused(format!("it is not confirmed: confirm it {}{plan_shown}", plan_text::confirmation(plan))))
}

/// Asks on the terminal. What was typed before the question stood there answers nothing: it is thrown away.
fn ask(question: &str) -> Result<String, Failure> {
    tcflush(io::stdin(), QueueSelector::IFlush).map_err(Failure::error)?;
    let mut answer = String::new();
    let mut out = io::stdout();
    write!(out, "{question}").and_then(|()| out.flush()).map_err(Failure::error)?;
    io::stdin().lock().read_line(&mut answer).map_err(Failure::error)?;
    Ok(answer.trim().to_owned())
}

/// Watches to the verdict; interrupted, leaves the operation to whoever watches on.
async fn follow(
    session: &mut Session,
    id: &OperationId,
    waits: bool,
    patience: Option<SignedDuration>,
    json: bool,
) -> Result<u8, Failure> {
    let mut told = Told { on_terminal: !json && io::stdout().is_terminal(), json, notes: 0, last: String::new() };
    let followed = tokio::select! {
        followed = session.follow(id, waits, patience, |app, operation| told.see(operation, &app.estate, app.now)) => {
            followed
        }
        interrupted = tokio::signal::ctrl_c() => {
            interrupted.map_err(Failure::error)?;
            return Err(Failure {
                text: format!("quarterdeck: left {id} to itself; `quarterdeck watch` goes on watching it"),
                code: exit::GAVE_UP,
            });
        }
    };
    told.done();
    match followed {
        Err(error @ Unrecorded::Beginning(NotBegun::Overtaken(_))) => return Err(refused(error)),
        Err(error @ Unrecorded::Beginning(NotBegun::Journal(_))) => return Err(Failure::error(error)),
        // What became of it is told all the same.
        Err(error @ Unrecorded::End(_)) => complain(&format!("quarterdeck: {error}")),
        Ok(Followed::Left) => {
            return Err(Failure {
                text: format!(
                    "quarterdeck: {id} is not done, and stands as it is: `quarterdeck watch --go-on`, or `--put-back`"
                ),
                code: exit::GAVE_UP,
            });
        }
        Ok(Followed::Ended) => {}
    }
    let ended = session.app.act.operation(id).and_then(|it| Some((it, it.ending()?)));
    let Some((operation, ending)) = ended else {
        return Err(Failure::error(format!("{id} is followed no more")));
    };
    if json {
        say(&serde_json::to_string_pretty(&operation.document()).map_err(Failure::error)?);
    } else {
        say(plan_text::ending(ending).trim_end());
    }
    // Not waiting was asked for: whatever comes of it, that much is as asked.
    let is_left = !waits && ending.verdict == Verdict::Abandoned && operation.is_sent();
    Ok(if is_left { exit::OK } else { ending.verdict.exit_code() })
}

/// Tells how it goes: as lines, or as a bar on a terminal.
struct Told {
    on_terminal: bool,
    json: bool,
    notes: usize,
    last: String,
}

impl Told {
    fn see(&mut self, operation: &Operation, estate: &Estate, now: Timestamp) {
        let new: Vec<String> =
            operation.notes[self.notes.min(operation.notes.len())..].iter().map(|it| it.text.to_string()).collect();
        self.notes = operation.notes.len();
        for note in new {
            self.line(&format!("{}  {note}", plan_text::clock(now)));
        }
        if self.on_terminal {
            self.last = plan_text::bar(operation, estate);
            draw(&cut(&self.last));
            return;
        }
        let line = plan_text::progress(operation, estate);
        if line != self.last {
            self.line(&format!("{}  {line}", plan_text::clock(now)));
            self.last = line;
        }
    }

    fn line(&self, text: &str) {
        if self.json {
            complain(text);
        } else if self.on_terminal {
            draw(&format!("{text}\n"));
        } else {
            say(text);
        }
    }

    fn done(&self) {
        if self.on_terminal {
            draw("");
        }
    }
}

/// As much as one line of the terminal holds: what wraps cannot be drawn over.
fn cut(text: &str) -> String {
    let columns = tcgetwinsize(io::stdout()).map_or(80, |it| usize::from(it.ws_col));
    let mut width = 0;
    let fits = |letter: &char| {
        width += letter.width().unwrap_or(0);
        width < columns
    };
    text.chars().take_while(fits).collect()
}

/// Over the bar that stands there.
fn draw(text: &str) {
    let mut out = io::stdout();
    // Whoever looked has gone; the operation goes on.
    let _gone = write!(out, "\r\x1b[2K{text}").and_then(|()| out.flush());
}

fn refused(text: impl std::fmt::Display) -> Failure {
    Failure { text: format!("quarterdeck: refused: {text}"), code: exit::REFUSED }
}
