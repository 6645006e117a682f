//! The console and `status`: what is watched, and with which keymap and themes.

use std::{io::IsTerminal, path::Path, sync::Arc, time::Duration};

use jiff::SignedDuration;

use super::{
    Context, Failure,
    args::{Color, Simulation},
    exit, say,
    simulate::simulated,
};
use crate::{
    app::settings::{Settings, WorldKind},
    aws::clients,
    config::StateFolder,
    domain::id::Scope,
    journal::Journal,
    keymap, runtime,
    runtime::start::{Source, Started},
    sim::estates::generated,
    stack::{self, model::Stack},
    status,
    theme::{self, ColourChoice, Depth, Terminal, Theme},
    toml_file::{Fault, TextFile},
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
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::error)?;
    let ended = runtime.block_on(async {
        let Started { app, clock, performer, answers } = start(context, simulation, names).await?;
        runtime::console::run(app, &themes, clock, &performer, answers).await.map_err(Failure::error)
    });
    // Reads still under way are nobody's any more.
    runtime.shutdown_background();
    ended.map(|()| exit::OK)
}

/// Prints one complete look.
pub fn status(context: &Context, json: bool, timeout: u64) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::error)?;
    let looked = runtime.block_on(async {
        let Started { mut app, clock, performer, mut answers } = start(context, None, Vec::new()).await?;
        let patience = Duration::from_secs(timeout);
        let attempts = runtime::headless::look(&mut app, clock, &performer, &mut answers, patience).await;
        Ok(status::status(&app.estate, &app.stacks, &app.signals, &attempts, app.now))
    });
    runtime.shutdown_background();
    let status = looked?;
    say(&if json { serde_json::to_string_pretty(&status).map_err(Failure::error)? } else { status::text(&status) });
    Ok(status::exit_code(&status))
}

/// A console's parts, as flags and files say.
pub async fn start(
    context: &Context,
    simulation: Option<&Simulation>,
    themes: Vec<String>,
) -> Result<Started, Failure> {
    let Context { global, folder, config } = context;
    let is_generated = simulation.is_some_and(|it| it.generate.is_some());
    let (source, stacks) = if is_generated {
        (demo_source(context, simulation)?, Ok(Vec::new()))
    } else if global.demo {
        (demo_source(context, simulation)?, stack::bundled())
    } else {
        (Source::Aws { endpoint_url: global.endpoint_url.clone() }, stack::load_folder(&folder.stacks()))
    };
    let stacks = only(stacks.map_err(|faults| Failure::faults(&faults))?, &global.stack)?;
    let settings = Settings {
        read_only: global.read_only || config.read_only,
        keymap: Arc::new(keymap(context)?),
        themes,
        world: WorldKind::Aws,
        calls_per_minute: config.calls_per_minute.unwrap_or(CALLS_PER_MINUTE),
    };
    let discovers = stacks.is_empty() && (is_generated || !global.demo);
    let stacks = with_defaults(stacks, context);
    let mut started =
        runtime::start::start(source, stacks, settings, journal(context)).await.map_err(Failure::error)?;
    if discovers {
        let scope =
            if is_generated { Scope::new("simulator", generated::REGION) } else { default_scope(context).await? };
        started.app.discover(scope);
    }
    Ok(started)
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

fn demo_source(context: &Context, simulation: Option<&Simulation>) -> Result<Source, Failure> {
    if let Some(endpoint_url) = context.global.endpoint_url.clone() {
        return Ok(Source::Attached { endpoint_url });
    }
    let calm = Simulation { scenario: Vec::new(), at: Vec::new(), generate: None, speed: None, seed: 7, latency: 0 };
    let mut simulated = simulated(simulation.unwrap_or(&calm), DEMO_SPEED)?;
    if simulated.scenarios.is_empty() && simulated.extent.is_none() {
        simulated.scenarios.push((DEMO_SCENARIO.to_owned(), SignedDuration::ZERO));
    }
    Ok(Source::Embedded(simulated))
}

/// The profile and region for what no stack file names one.
async fn default_scope(context: &Context) -> Result<Scope, Failure> {
    let Context { global, config, .. } = context;
    let profile = global.profile.clone().or_else(|| config.profile.clone()).unwrap_or_default();
    let region = match global.region.clone().or_else(|| config.region.clone()) {
        Some(region) => region,
        None => {
            clients::default_region(&profile).await.map_err(|error| Failure::usage(format!("failed to {error}")))?
        }
    };
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

/// The stacks named by `--stack`, or all where none is.
fn only(stacks: Vec<Stack>, names: &[String]) -> Result<Vec<Stack>, Failure> {
    let known = |name: &String| stacks.iter().any(|stack| stack.name.as_str() == name);
    if let Some(unknown) = names.iter().find(|name| !known(name)) {
        let options: Vec<&str> = stacks.iter().map(|stack| stack.name.as_str()).collect();
        let hint =
            crate::toml_file::one_of_these(unknown, &options).map_or_else(String::new, |hint| format!(" ({hint})"));
        return Err(Failure::usage(format!("there is no stack {unknown:?}{hint}")));
    }
    let named = |stack: &Stack| names.is_empty() || names.iter().any(|name| stack.name.as_str() == name);
    Ok(stacks.into_iter().filter(named).collect())
}

fn keymap(context: &Context) -> Result<keymap::Keymap, Failure> {
    let given = context.global.keymap.clone().or_else(|| context.config.keymap.clone());
    let (name, users) = named_files(given.as_deref().unwrap_or("default"), context, &context.folder.keymaps())?;
    keymap::load(&name, &users).map_err(|faults| Failure::faults(&faults))
}

/// How many colours to use, as flags and environment say.
fn depth(context: &Context) -> Depth {
    let variable = |name: &str| std::env::var(name).ok();
    let (colorterm, term, no_color) = (variable("COLORTERM"), variable("TERM"), variable("NO_COLOR"));
    let terminal = Terminal { colorterm: colorterm.as_deref(), term: term.as_deref(), no_color: no_color.as_deref() };
    Depth::decide(choice(context.global.color), terminal)
}

/// The name of every theme there is, and the themes; the one asked for first.
fn themes(context: &Context, depth: Depth) -> Result<(Vec<String>, Vec<Theme>), Failure> {
    let given = context.global.theme.clone().or_else(|| context.config.theme.clone());
    let first = given.as_deref().unwrap_or(theme::default_name(depth));
    let (first, users) = named_files(first, context, &context.folder.themes())?;
    let others = theme::names(&users).into_iter().filter(|name| *name != first);
    let names: Vec<String> = std::iter::once(first.clone()).chain(others).collect();
    let loaded: Result<Vec<Theme>, Vec<Fault>> = names.iter().map(|name| theme::load(name, &users, depth)).collect();
    let themes = loaded.map_err(|faults| Failure::faults(&faults))?;
    Ok((names, themes))
}

/// The name to load and the user's files to load it from; a path to a file adds that file to them.
fn named_files(given: &str, context: &Context, folder: &Path) -> Result<(String, Vec<TextFile>), Failure> {
    let (mut users, mut faults) = if context.global.demo { Default::default() } else { TextFile::folder(folder) };
    let name = if Path::new(given).extension().is_some_and(|it| it == "toml") {
        match TextFile::read(Path::new(given)) {
            Ok(file) => {
                let name = file.stem().to_owned();
                users.insert(0, file);
                name
            }
            Err(fault) => {
                faults.push(fault);
                String::new()
            }
        }
    } else {
        given.to_owned()
    };
    if faults.is_empty() { Ok((name, users)) } else { Err(Failure::faults(&faults)) }
}

fn choice(color: Color) -> ColourChoice {
    match color {
        Color::Auto => ColourChoice::Auto,
        Color::Truecolor => ColourChoice::Fixed(Depth::Truecolor),
        Color::Indexed => ColourChoice::Fixed(Depth::Indexed),
        Color::Ansi => ColourChoice::Fixed(Depth::Sixteen),
        Color::None => ColourChoice::Fixed(Depth::None),
    }
}
