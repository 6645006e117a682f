//! The command line, as it is typed. What it means is decided in `config`.

use std::path::PathBuf;

use clap::{Args, Command, CommandFactory, Parser, Subcommand, ValueEnum};
use http::Uri;
use jiff::SignedDuration;

use super::act_args::ActVerb;

use crate::sim::estates::generated::Extent;

/// A terminal operations console for people on call for AWS systems.
///
/// Without a command: the console on the configured stacks; with none configured, on what the current profile and
/// region hold. `quarterdeck demo` needs no AWS account.
#[derive(Debug, Parser)]
#[command(name = "quarterdeck", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Option<Verb>,
}

/// Flags that every command takes; the help of each shows those that it heeds.
#[derive(Debug, Args)]
pub struct Global {
    /// Watch the five simulated estates instead of AWS
    #[arg(long, global = true)]
    pub demo: bool,
    /// AWS profile for what no stack file names one
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// AWS region for what no stack file names one
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// Send every call here instead of to AWS, e.g. a running `quarterdeck sim`
    #[arg(long, global = true, value_name = "URL", value_parser = endpoint)]
    pub endpoint_url: Option<String>,
    /// Folder with config.toml, stacks/, themes/ and keymaps/
    #[arg(long, global = true, value_name = "FOLDER")]
    pub config: Option<PathBuf>,
    /// Only this stack; may be given several times
    #[arg(long, global = true, value_name = "NAME")]
    pub stack: Vec<String>,
    /// Offer and perform no write
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Never ask what things cost: each question to Cost Explorer is billed 0.01 USD
    #[arg(long, global = true)]
    pub no_cost: bool,
    /// Theme by name
    #[arg(long, global = true, value_name = "NAME")]
    pub theme: Option<String>,
    /// Keymap by name, or a file
    #[arg(long, global = true, value_name = "NAME")]
    pub keymap: Option<String>,
    /// Colours to use
    #[arg(long, global = true, value_enum, default_value_t, value_name = "DEPTH")]
    pub color: Color,
    /// Write a log here
    #[arg(long, global = true, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
    /// Log more; twice: much more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// An endpoint as it was typed, if calls can be sent there.
fn endpoint(typed: &str) -> Result<String, &'static str> {
    let uri = typed.parse::<Uri>().ok();
    let is_endpoint = |it: Uri| matches!(it.scheme_str(), Some("http" | "https")) && it.host().is_some();
    if uri.is_some_and(is_endpoint) {
        Ok(typed.to_owned())
    } else {
        Err("wanted is an address as http://127.0.0.1:4566")
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// As COLORTERM, TERM and NO_COLOR say
    #[default]
    Auto,
    Truecolor,
    #[value(name = "256")]
    Indexed,
    #[value(name = "16")]
    Ansi,
    None,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// The console on the embedded simulator: no AWS account, no network, no configuration
    Demo(Simulation),
    /// The simulator alone, for any AWS client
    Sim {
        #[command(flatten)]
        simulation: Simulation,
        /// Address to listen on
        #[arg(long, default_value = "127.0.0.1:4566", value_name = "ADDRESS")]
        listen: std::net::SocketAddr,
        /// Listen on addresses that other machines reach, too: the simulator lets every caller in
        #[arg(long)]
        exposed: bool,
    },
    /// One complete look, then exit: 0 calm, 6 a critical signal, 1 nothing could be read
    Status {
        /// One JSON object of schema quarterdeck.status/1
        #[arg(long)]
        json: bool,
        /// Give up waiting for answers after this many seconds
        #[arg(long, default_value_t = 30, value_name = "SECONDS")]
        timeout: u64,
    },
    /// What the sessions of stacks with a capacity plan need, now and in the next hours
    Advise {
        /// One JSON object of schema quarterdeck.advice/1
        #[arg(long)]
        json: bool,
        /// Give up waiting for answers after this many seconds
        #[arg(long, default_value_t = 30, value_name = "SECONDS")]
        timeout: u64,
    },
    /// What must exist for a stack, and whether it does; 1 where something is missing, differs or could not be read
    Checklist {
        /// One JSON object of schema quarterdeck.checklist/1
        #[arg(long)]
        json: bool,
        /// Give up waiting for answers after this many seconds
        #[arg(long, default_value_t = 30, value_name = "SECONDS")]
        timeout: u64,
    },
    /// What stacks cost in a month; asks AWS for each stack twice a day at most, at 0.01 USD a page
    Cost {
        /// The month, as 2026-11; the one under way where absent
        #[arg(long, value_name = "YYYY-MM")]
        month: Option<String>,
        /// One JSON object of schema quarterdeck.cost/1
        #[arg(long)]
        json: bool,
        /// The bill, a line for each day, service and usage type
        #[arg(long, conflicts_with = "json")]
        csv: bool,
        /// Give up waiting for answers after this many seconds
        #[arg(long, default_value_t = 60, value_name = "SECONDS")]
        timeout: u64,
    },
    #[command(flatten)]
    Act(ActVerb),
    /// Go on watching operations whose process has gone, to their verdicts; sends nothing unless told to
    Watch {
        /// One JSON object of schema quarterdeck.operation/1 for each
        #[arg(long)]
        json: bool,
        /// Go on with what was being done to groups
        #[arg(long, conflicts_with = "put_back")]
        go_on: bool,
        /// Put back what was being done to groups
        #[arg(long)]
        put_back: bool,
    },
    /// Stack files
    Stack {
        #[command(subcommand)]
        verb: StackVerb,
    },
    /// Keymap files
    Keymap(Files),
    /// Theme files
    Theme(Files),
    /// Scenario files
    Scenario(Files),
    /// Lists the simulator's scenarios
    Scenarios,
    /// The record of every operation
    Journal {
        #[command(subcommand)]
        verb: JournalVerb,
    },
    /// Completions for a shell, on standard output
    Completions { shell: clap_complete::Shell },
    /// Man pages, one for each command, into a folder
    Man {
        /// The folder, as `~/.local/share/man/man1`; made where it is not there
        folder: PathBuf,
    },
}

/// How cost is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CostFormat {
    Text,
    Json,
    Csv,
}

impl CostFormat {
    pub fn of(json: bool, csv: bool) -> Self {
        match (json, csv) {
            (true, _) => Self::Json,
            (false, true) => Self::Csv,
            (false, false) => Self::Text,
        }
    }
}

/// How a simulated world starts and runs.
#[derive(Debug, Clone, Args)]
pub struct Simulation {
    /// A scenario to start with, or a file of your own; may be given several times (see `quarterdeck scenarios`)
    #[arg(long, value_name = "NAME|FILE.toml")]
    pub scenario: Vec<String>,
    /// How much of the world's time passes before the scenarios begin, e.g. 5m; once for all, or once for each in order
    #[arg(long, value_name = "SPAN", requires = "scenario")]
    pub at: Vec<SignedDuration>,
    /// Virtual seconds per second [default: 5 in a demo, 1 for `sim`]
    #[arg(long, value_name = "FACTOR")]
    pub speed: Option<f64>,
    /// The same seed gives the same world
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Instead of the five estates, a calm world of this extent: services=1000,tasks=10000,target-groups=200,groups=50
    #[arg(long, value_name = "EXTENT", conflicts_with = "scenario")]
    pub generate: Option<Extent>,
    /// Milliseconds that every answer takes
    #[arg(long, default_value_t = 0, value_name = "MS")]
    pub latency: u64,
}

#[derive(Debug, Args)]
pub struct Files {
    #[command(subcommand)]
    pub verb: FilesVerb,
}

impl Files {
    /// The files named.
    pub fn paths(&self) -> &[PathBuf] {
        let FilesVerb::Check { files } = &self.verb;
        files
    }
}

#[derive(Debug, Subcommand)]
pub enum JournalVerb {
    /// Operations: who, what, why, when, how it ended
    Show {
        /// Only so many, the newest
        #[arg(long, value_name = "N")]
        last: Option<usize>,
    },
    /// Check that every line is as it was written; names the first that is not, and exits with 1
    Verify,
    /// The whole journal for people or programs
    Export {
        #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
        format: ExportFormat,
    },
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    #[default]
    Markdown,
    /// One object of schema quarterdeck.journal/1
    Json,
}

#[derive(Debug, Subcommand)]
pub enum FilesVerb {
    /// Report every fault at once, with file, line and a hint
    Check {
        /// The shipped files and yours where none is named
        files: Vec<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub enum StackVerb {
    /// Report every fault at once, with file, line and a hint
    Check {
        /// The shipped files and yours where none is named
        files: Vec<PathBuf>,
    },
    /// Write a stack file for each system that the profile and region hold; files that are there are left alone
    Discover {
        /// The folder to write to [default: stacks/ of the configuration folder]
        #[arg(long, value_name = "FOLDER", conflicts_with = "print")]
        out: Option<PathBuf>,
        /// Print the files instead
        #[arg(long)]
        print: bool,
    },
}

/// The flags that a verb heeds, for those that do not heed all of them.
const HEEDED: [(&str, &[&str]); 12] = [
    ("sim", &["log_file", "verbose"]),
    ("status", &["demo", "profile", "region", "endpoint_url", "config", "stack", "log_file", "verbose"]),
    ("advise", &["demo", "profile", "region", "endpoint_url", "config", "stack", "log_file", "verbose"]),
    ("checklist", &["demo", "profile", "region", "endpoint_url", "config", "stack", "log_file", "verbose"]),
    ("cost", &["demo", "profile", "region", "endpoint_url", "config", "stack", "no_cost", "log_file", "verbose"]),
    ("stack", &["profile", "region", "endpoint_url", "config", "log_file", "verbose"]),
    ("keymap", &["config"]),
    ("theme", &["config"]),
    ("scenarios", &[]),
    ("completions", &[]),
    ("man", &[]),
    ("journal", &["demo"]),
];

/// The command line as clap shall read and show it.
pub fn command() -> Command {
    heeding(Cli::command())
}

/// The same for man pages, of which none is about `help`.
pub fn command_without_help() -> Command {
    fn without_help(command: Command) -> Command {
        command.disable_help_subcommand(true).mut_subcommands(without_help)
    }
    heeding(without_help(Cli::command()))
}

fn heeding(mut command: Command) -> Command {
    // Only what is built has its global flags in the subcommands too.
    command.build();
    let command =
        HEEDED.into_iter().fold(command, |command, (verb, heeded)| command.mut_subcommand(verb, |it| only(it, heeded)));
    command.mut_subcommand("stack", |it| it.mut_subcommand("check", |it| only(it, &["config"])))
}

/// Hides the flags that are not heeded, here and in subcommands.
fn only(command: Command, heeded: &[&str]) -> Command {
    let command = command.mut_subcommands(|it| only(it, heeded));
    let global = Global::augment_args(Command::new(""));
    let unheeded = global.get_arguments().map(|it| it.get_id().clone()).filter(|id| !heeded.contains(&id.as_str()));
    let unheeded: Vec<_> = unheeded.collect();
    command.mut_args(|it| if unheeded.contains(it.get_id()) { it.hide(true) } else { it })
}
