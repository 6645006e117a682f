//! The command line: what each verb does, and the exit codes.

mod act;
mod act_args;
mod args;
mod chosen;
mod cost;
mod discover;
mod files;
mod group_act;
mod group_args;
mod journal;
mod pages;
mod plan_text;
mod simulate;
mod target;
mod watch;

use std::{
    fmt::Display,
    io::{self, Write},
    process::ExitCode,
};

use clap::{
    FromArgMatches,
    error::{ContextKind, ContextValue, ErrorKind},
};

pub use self::args::Cli;
use self::args::{StackVerb, Verb};
use crate::{
    check::FileKind,
    config::{Config, Folder, StateFolder},
};

/// Exit codes, as scripts know them.
pub mod exit {
    /// As asked.
    pub const OK: u8 = 0;
    /// Something failed.
    pub const ERROR: u8 = 1;
    /// The command line or a file is wrong.
    pub const USAGE: u8 = 2;
    /// A guard, read-only mode, no confirmation, or something that changed since it was planned.
    pub const REFUSED: u8 = 3;
    /// Waiting was given up.
    pub const GAVE_UP: u8 = 5;
}

/// Runs what the command line says.
pub fn run() -> ExitCode {
    let matches = args::command().try_get_matches().unwrap_or_else(|error| hinted(error).exit());
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    ExitCode::from(dispatch(cli).unwrap_or_else(|failure| {
        complain(&failure.text);
        failure.code
    }))
}

/// A number that is no argument was meant as a count.
fn hinted(mut error: clap::Error) -> clap::Error {
    if let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidArg)
        && error.kind() == ErrorKind::UnknownArgument
        && unknown.parse::<u32>().is_ok()
    {
        let tip = format!("a count is written '--to {unknown}'").into();
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    error
}

/// Why a command ends badly: what to print and the exit code.
#[derive(Debug)]
struct Failure {
    text: String,
    code: u8,
}

impl Failure {
    fn error(text: impl Display) -> Self {
        Self { text: format!("quarterdeck: {text}"), code: exit::ERROR }
    }

    fn usage(text: impl Display) -> Self {
        Self { text: format!("quarterdeck: {text}"), code: exit::USAGE }
    }

    /// The same after what is wrong with files that it may come of.
    fn with(self, faults: &[crate::toml_file::Fault]) -> Self {
        let lines = faults.iter().map(ToString::to_string).chain([self.text]);
        Self { text: lines.collect::<Vec<_>>().join("\n"), ..self }
    }

    /// One line for each fault of the user's files.
    fn faults(faults: &[crate::toml_file::Fault]) -> Self {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Self { text: lines.join("\n"), code: exit::USAGE }
    }
}

/// Flags, and the user's configuration under them.
#[derive(Debug)]
struct Context {
    global: args::Global,
    folder: Folder,
    config: Config,
}

fn dispatch(cli: Cli) -> Result<u8, Failure> {
    let Cli { global, command } = cli;
    if let Some(named) = global.config.as_deref().filter(|it| !it.is_dir()) {
        return Err(Failure::usage(format!("there is no folder {}, which --config names", named.display())));
    }
    let folder = Folder::find(global.config.as_deref(), |name| std::env::var(name).ok());
    match command {
        // These neither read the user's configuration nor need it to be right.
        Some(Verb::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut args::command(), "quarterdeck", &mut script);
            say(String::from_utf8_lossy(&script).trim_end());
            Ok(exit::OK)
        }
        Some(Verb::Journal { verb }) => {
            let state = StateFolder::find(|name| std::env::var(name).ok());
            journal::run(&if global.demo { state.journal_of_simulators() } else { state.journal() }, &verb)
        }
        Some(Verb::Man { folder }) => pages::write(&folder),
        Some(Verb::Stack { verb: StackVerb::Check { files } }) => Ok(files::check(FileKind::Stack, &files, &folder)),
        Some(Verb::Stack { verb: StackVerb::Discover { out, print } }) => {
            discover::run(&context(global, folder)?, out.as_deref(), print)
        }
        Some(Verb::Keymap(of)) => Ok(files::check(FileKind::Keymap, of.paths(), &folder)),
        Some(Verb::Theme(of)) => Ok(files::check(FileKind::Theme, of.paths(), &folder)),
        Some(Verb::Scenario(of)) => Ok(files::check_scenarios(of.paths())),
        Some(Verb::Scenarios) => {
            files::list_scenarios();
            Ok(exit::OK)
        }
        Some(Verb::Sim { simulation, listen, exposed }) => {
            start_log(&global, None)?;
            simulate::serve(&simulation, listen, exposed)
        }
        Some(Verb::Demo(simulation)) => {
            let context = context(args::Global { demo: true, ..global }, folder)?;
            watch::console(&context, Some(&simulation))
        }
        Some(Verb::Act(verb)) => act::run(&context(global, folder)?, &verb),
        Some(Verb::Watch { json, go_on, put_back }) => {
            act::watch_on(&context(global, folder)?, json, act::Word::of(go_on, put_back))
        }
        Some(Verb::Checklist { json, timeout }) => watch::checklist(&context(global, folder)?, json, timeout),
        Some(Verb::Advise { json, timeout }) => watch::advise(&context(global, folder)?, json, timeout),
        Some(Verb::Cost { month, json, csv, timeout }) => {
            let format = args::CostFormat::of(json, csv);
            cost::run(&context(global, folder)?, month.as_deref(), format, timeout)
        }
        Some(Verb::Status { json, timeout }) => watch::status(&context(global, folder)?, json, timeout),
        None => watch::console(&context(global, folder)?, None),
    }
}

/// Reads the user's configuration, which a demo leaves alone.
fn context(global: args::Global, folder: Folder) -> Result<Context, Failure> {
    let config = if global.demo { Ok(Config::default()) } else { folder.config() };
    let config = config.map_err(|faults| Failure::faults(&faults))?;
    start_log(&global, config.log_file.as_deref())?;
    Ok(Context { global, folder, config })
}

fn start_log(global: &args::Global, configured: Option<&str>) -> Result<(), Failure> {
    let path = global.log_file.clone().or_else(|| configured.map(Into::into));
    let Some(path) = path else { return Ok(()) };
    let failed = |error| Failure::error(format!("failed to open the log file {}: {error}", path.display()));
    crate::runtime::log::start(&path, global.verbose).map_err(failed)
}

/// The one place that writes results for the shell; the console itself draws through `ui`.
fn say(text: &str) {
    // Whoever read has read enough, as `head` does: there is nobody left to tell.
    let _gone = writeln!(io::stdout(), "{text}");
}

fn complain(text: &str) {
    let _gone = writeln!(io::stderr(), "{text}");
}
