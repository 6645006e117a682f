//! The console and `status`: what is watched, and with which keymap and themes.

use std::{io::IsTerminal, sync::Arc, time::Duration};

use jiff::SignedDuration;

use super::{
    Context, Failure,
    args::Simulation,
    chosen::{depth, keymap, left_out, only, themes, told},
    complain, exit, say,
    simulate::simulated,
};
use crate::{
    advice,
    app::{
        describe,
        settings::{Reads, Settings, WorldKind},
    },
    aws::clients,
    config::StateFolder,
    domain::id::{ResourceId, Scope},
    journal::Journal,
    runtime::{
        self,
        bills::Bills,
        mutes::Mutes,
        start::{Source, Started},
    },
    sim::{estates::generated, scenario},
    stack::{self, model::Stack},
    status,
    theme::Depth,
};

/// How fast a demo runs: a bad deploy rolls itself back while one watches.
const DEMO_SPEED: f64 = 5.0;
/// What happens in a demo where it is not told otherwise: now and then an alarm.
const DEMO_SCENARIO: &str = "everyday";
/// AWS calls a minute and service that reading may cost, where nobody says otherwise.
const CALLS_PER_MINUTE: u32 = 300;

/// Opens the console.
pub fn console(context: &Context, simulation: Option<&Simulation>) -> Result<u8, Failure> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Err(Failure::usage("the console needs a terminal; `quarterdeck status` prints one look"));
    }
    let depth = depth(context);
    runtime::screen::use_colour(depth != Depth::None);
    let (names, themes) = themes(context, depth)?;
    let left_out = left_out(context);
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::error)?;
    let ended = runtime.block_on(async {
        let Started { mut app, clock, performer, answers } = start(context, simulation, names).await?;
        app.left_out.extend(left_out.iter().map(told));
        if !app.settings.read_only {
            performer.operations().take_over_behind();
        }
        runtime::console::run(app, &themes, clock, &performer, answers).await.map_err(Failure::error)
    });
    // Reads still under way are nobody's any more.
    runtime.shutdown_background();
    ended.map(|()| exit::OK)
}

/// Prints one complete look.
pub fn status(context: &Context, json: bool, timeout: u64) -> Result<u8, Failure> {
    // It shows neither, but a name that is wrong here is wrong in the console too.
    themes(context, Depth::None)?;
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::error)?;
    let looked = runtime.block_on(async {
        let Started { mut app, clock, performer, mut answers } = start(context, None, Vec::new()).await?;
        let patience = Duration::from_secs(timeout);
        let attempts = runtime::headless::look(&mut app, clock, &performer, &mut answers, patience).await;
        let status = status::status(&app.estate, &app.stacks, &app.signals, &attempts, app.now)
            .with_muted(&app.estate, &app.muted);
        Ok((status, app.left_out))
    });
    runtime.shutdown_background();
    let (status, left_out) = looked?;
    for fault in &left_out {
        complain(&format!("{fault}; left out"));
    }
    say(&if json { serde_json::to_string_pretty(&status).map_err(Failure::error)? } else { status::text(&status) });
    // A stack that is not watched is no calm.
    let code = status::exit_code(&status);
    Ok(if code == exit::OK && !left_out.is_empty() { exit::USAGE } else { code })
}

/// Prints what is advised for every stack that has a capacity plan.
pub fn advise(context: &Context, json: bool, timeout: u64) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::error)?;
    let looked = runtime.block_on(async {
        let Started { mut app, clock, performer, mut answers } = start(context, None, Vec::new()).await?;
        app.stacks.retain(|it| it.capacity.is_some());
        if app.stacks.is_empty() {
            return Err(Failure::usage("no stack file has a capacity plan: see [capacity] in docs/stack-files.md"));
        }
        let patience = Duration::from_secs(timeout);
        runtime::headless::look(&mut app, clock, &performer, &mut answers, patience).await;
        Ok(app)
    });
    runtime.shutdown_background();
    let app = looked?;
    let advice: Vec<_> = app.stacks.iter().flat_map(|it| advice::advice(it, &app.estate, app.now)).collect();
    if json {
        let document = advice::document(&advice, app.now);
        say(&serde_json::to_string_pretty(&document).map_err(Failure::error)?);
    } else {
        for stack in &app.stacks {
            let lines = describe::advice(&app, &ResourceId::stack(stack.name.as_str()));
            let lines: Vec<String> = lines.iter().map(|it| it.plain().to_string().trim_end().to_owned()).collect();
            say(&lines.join("\n"));
        }
    }
    Ok(if advice.iter().any(|it| it.sessions.is_some()) { exit::OK } else { exit::ERROR })
}

/// Prints the readiness checklists of the stacks that have one.
pub fn checklist(context: &Context, json: bool, timeout: u64) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::error)?;
    let looked = runtime.block_on(async {
        let Started { mut app, clock, performer, mut answers } = start(context, None, Vec::new()).await?;
        app.stacks.retain(|it| !it.checklist.is_empty());
        if app.stacks.is_empty() {
            return Err(Failure::usage("no stack file has a checklist: see [[checklist]] in docs/stack-files.md"));
        }
        app.settings.reads = Reads::Checklists;
        let patience = Duration::from_secs(timeout);
        runtime::headless::look(&mut app, clock, &performer, &mut answers, patience).await;
        Ok(app)
    });
    runtime.shutdown_background();
    let app = looked?;
    let document = status::checklist(&app.estate, &app.stacks, app.now);
    if json {
        say(&serde_json::to_string_pretty(&document).map_err(Failure::error)?);
    } else {
        for stack in &app.stacks {
            let lines = describe::checklist(&app, stack);
            let lines: Vec<String> = lines.iter().map(|it| it.plain().to_string().trim_end().to_owned()).collect();
            say(&lines.join("\n"));
        }
    }
    Ok(if document.is_ready() { exit::OK } else { exit::ERROR })
}

/// A console's parts, as flags and files say.
pub async fn start(
    context: &Context,
    simulation: Option<&Simulation>,
    themes: Vec<String>,
) -> Result<Started, Failure> {
    let Context { global, folder, .. } = context;
    let is_generated = simulation.is_some_and(|it| it.generate.is_some());
    let (source, (stacks, left_out)) = if is_generated {
        (demo_source(context, simulation)?, (Vec::new(), Vec::new()))
    } else if global.demo {
        let bundled = stack::bundled().map_err(|faults| Failure::faults(&faults))?;
        (demo_source(context, simulation)?, (bundled, Vec::new()))
    } else {
        (Source::Aws { endpoint_url: global.endpoint_url.clone() }, stack::load_folder(&folder.stacks()))
    };
    let stacks = only(stacks, &global.stack, &left_out)?;
    let settings = settings(context, themes)?;
    let discovers = stacks.is_empty() && (is_generated || !global.demo);
    let stacks = with_defaults(stacks, context);
    let started =
        runtime::start::start(source, stacks, settings, journal(context), bills(context), mutes(context)).await;
    let mut started = started.map_err(Failure::error)?;
    started.app.left_out.extend(left_out.iter().map(told));
    if discovers {
        let scope = if is_generated {
            Scope::new("simulator", generated::REGION)
        } else {
            default_scope(context).await.map_err(|it| it.with(&left_out))?
        };
        started.app.discover(scope);
    }
    Ok(started)
}

/// The parts of a console that looks around in a profile and region, whatever stack files there are.
pub async fn start_discovery(context: &Context) -> Result<Started, Failure> {
    let source = Source::Aws { endpoint_url: context.global.endpoint_url.clone() };
    let settings = settings(context, Vec::new())?;
    let mut started =
        runtime::start::start(source, Vec::new(), settings, journal(context), bills(context), Mutes::in_memory())
            .await
            .map_err(Failure::error)?;
    started.app.discover(default_scope(context).await?);
    Ok(started)
}

fn settings(context: &Context, themes: Vec<String>) -> Result<Settings, Failure> {
    let Context { global, config, .. } = context;
    Ok(Settings {
        read_only: global.read_only || config.read_only,
        heeds_notices: false,
        no_cost: global.no_cost || config.no_cost,
        narrowed: !global.stack.is_empty(),
        keymap: Arc::new(keymap(context)?),
        themes,
        world: WorldKind::Aws,
        reads: Reads::Estate,
        calls_per_minute: config.calls_per_minute.unwrap_or(CALLS_PER_MINUTE),
    })
}

/// Of AWS; of the simulators that are attached to; of an embedded one, which ends with this process, in memory.
fn journal(context: &Context) -> Journal {
    let state = StateFolder::find(|name| std::env::var(name).ok());
    match (context.global.demo, &context.global.endpoint_url) {
        (false, _) => Journal::at(&state.journal()),
        (true, Some(_)) => Journal::at(&state.journal_of_simulators()),
        (true, None) => Journal::in_memory(),
    }
}

/// Of AWS, for the next time; of a simulator as long as this process lives.
fn mutes(context: &Context) -> Mutes {
    if context.global.demo {
        return Mutes::in_memory();
    }
    Mutes::at(&StateFolder::find(|name| std::env::var(name).ok()).muted())
}

/// On disk; of a demo in memory, as it ends with this process.
fn bills(context: &Context) -> Bills {
    let Context { global, config, .. } = context;
    let never = global.no_cost || config.no_cost;
    let variable = |name: &str| std::env::var(name).ok().filter(|it| !it.is_empty());
    if global.demo {
        return Bills::in_memory(never);
    }
    // Whose bill it is where no profile is named: what the default chain looks at first.
    let whose = variable("AWS_ACCESS_KEY_ID").or_else(|| variable("AWS_PROFILE")).unwrap_or_default();
    Bills::at(&StateFolder::find(|name| std::env::var(name).ok()).bills(), &whose, never)
}

fn demo_source(context: &Context, simulation: Option<&Simulation>) -> Result<Source, Failure> {
    if let Some(endpoint_url) = context.global.endpoint_url.clone() {
        return Ok(Source::Attached { endpoint_url });
    }
    let calm = Simulation { scenario: Vec::new(), at: Vec::new(), generate: None, speed: None, seed: 7, latency: 0 };
    let mut simulated = simulated(simulation.unwrap_or(&calm), DEMO_SPEED)?;
    if simulated.scenarios.is_empty() && simulated.extent.is_none() {
        let everyday = scenario::named(DEMO_SCENARIO).map_err(Failure::usage)?;
        simulated.scenarios.push((everyday, SignedDuration::ZERO));
    }
    Ok(Source::Embedded(simulated))
}

/// The profile and region for what no stack file names one.
async fn default_scope(context: &Context) -> Result<Scope, Failure> {
    let Context { global, config, .. } = context;
    let profile = global.profile.clone().or_else(|| config.profile.clone()).unwrap_or_default();
    let region = match global.region.clone().or_else(|| config.region.clone()) {
        Some(region) => clients::check_region(&region).map(|()| region),
        None => clients::default_region(&profile).await,
    };
    let region = region.map_err(|error| Failure::usage(format!("failed to {error}")))?;
    Ok(Scope::new(&profile, &region))
}

/// Fills the profile in where stack files leave it to the command line.
fn with_defaults(mut stacks: Vec<Stack>, context: &Context) -> Vec<Stack> {
    if let Some(profile) = context.global.profile.as_ref().or(context.config.profile.as_ref()) {
        for stack in &mut stacks {
            stack.use_profile(profile);
        }
    }
    stacks
}
