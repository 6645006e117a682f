//! The verbs that change something, as they are typed.

use clap::{Args, Subcommand, ValueEnum};
use jiff::SignedDuration;

use super::group_args::{Bounds, Draining, GroupVerb};

/// Every verb that changes something.
///
/// A service is named `STACK/SERVICE`; `STACK/SERVICE@REGION` means it in one region alone, `STACK` the services of the
/// stack that are deployed together. Where no stack is configured, `CLUSTER/SERVICE`.
#[derive(Debug, Subcommand)]
pub enum ActVerb {
    /// Another image or task definition; several services make one operation with one verdict
    Deploy {
        /// As cma/cma-api-production; several, or a stack, are deployed together
        #[arg(required = true, value_name = "STACK/SERVICE")]
        services: Vec<String>,
        #[command(flatten)]
        what: What,
        /// What happens when it is through and does not stay well [default: what the stack file says]
        #[arg(long, value_enum, value_name = "WHAT", conflicts_with = "no_wait")]
        broken_gate: Option<BrokenGate>,
        #[command(flatten)]
        how: How,
    },
    /// The same again in new tasks: tags are resolved anew
    Redeploy {
        #[arg(required = true, value_name = "STACK/SERVICE")]
        services: Vec<String>,
        #[command(flatten)]
        how: How,
    },
    /// Back to what was good before: ends a deployment under way, or brings back the last that succeeded
    Rollback {
        #[arg(required = true, value_name = "STACK/SERVICE")]
        services: Vec<String>,
        /// Back to this revision, or to what this service deployment ran
        #[arg(long, value_name = "REVISION|FAMILY:REVISION|DEPLOYMENT-ARN")]
        to: Option<String>,
        #[command(flatten)]
        how: How,
    },
    /// Another number of tasks, or of gateways: fewer gateways are drained session by session
    Scale {
        #[arg(value_name = "STACK/SERVICE-OR-GROUP")]
        service: String,
        /// Tasks or gateways that are wanted
        #[arg(long, value_name = "N")]
        to: u32,
        /// What becomes of auto scaling's range where the count lies outside
        #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
        range: Range,
        /// Of a group: what becomes of its bounds where the number lies outside
        #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
        bounds: Bounds,
        #[command(flatten)]
        drain: Draining,
        #[command(flatten)]
        how: How,
    },
    /// Stops one task; the service starts another in its place
    StopTask {
        #[arg(value_name = "STACK/SERVICE")]
        service: String,
        /// Its id or ARN
        #[arg(long, value_name = "TASK")]
        task: String,
        #[command(flatten)]
        how: How,
    },
    /// Keeps auto scaling's hands off a service
    #[command(visible_alias = "suspend")]
    SuspendScaling {
        #[arg(value_name = "STACK/SERVICE")]
        service: String,
        #[command(flatten)]
        how: How,
    },
    /// Lets auto scaling steer a service again
    #[command(visible_alias = "resume")]
    ResumeScaling {
        #[arg(value_name = "STACK/SERVICE")]
        service: String,
        #[command(flatten)]
        how: How,
    },
    /// Runs the tasks of a service on another capacity provider
    Move {
        #[arg(value_name = "STACK/SERVICE")]
        service: String,
        #[arg(long, value_enum, value_name = "PROVIDER")]
        to: To,
        #[command(flatten)]
        how: How,
    },
    /// Starts services that sleep at zero tasks, those that others need first
    Wake {
        /// As tsdevstack, for every service of it that may sleep, or tsdevstack/auth-service
        #[arg(required = true, value_name = "STACK[/SERVICE]")]
        services: Vec<String>,
        #[command(flatten)]
        how: How,
    },
    /// Puts services that may sleep to zero tasks, those that others need last
    Sleep {
        #[arg(required = true, value_name = "STACK[/SERVICE]")]
        services: Vec<String>,
        #[command(flatten)]
        how: How,
    },
    #[command(flatten)]
    Group(GroupVerb),
}

/// What is deployed.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub struct What {
    /// The image that runs, at this tag
    #[arg(long, value_name = "TAG")]
    pub tag: Option<String>,
    /// The image that runs, at this digest
    #[arg(long, value_name = "SHA256")]
    pub digest: Option<String>,
    /// Any image, by its whole reference
    #[arg(long, value_name = "REFERENCE")]
    pub image: Option<String>,
    /// A task definition that exists: its number, family:revision or ARN
    #[arg(long, value_name = "REVISION")]
    pub revision: Option<String>,
}

/// How it is confirmed and followed.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line by itself")]
#[derive(Debug, Clone, Args)]
pub struct How {
    /// Print the plan and send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Confirm the plan unseen, where one key would do
    #[arg(long)]
    pub yes: bool,
    /// The text that the plan wants typed, beside --yes
    #[arg(long, value_name = "TEXT")]
    pub confirm: Option<String>,
    /// Follow it to its verdict (which is what happens anyhow)
    #[arg(long, conflicts_with = "no_wait")]
    pub wait: bool,
    /// End once everything is sent, of several waves the last; nobody will have looked whether that worked
    #[arg(long)]
    pub no_wait: bool,
    /// Give up watching after this long, as 20m [default: what the stack file says]
    #[arg(long, value_name = "DURATION")]
    pub timeout: Option<SignedDuration>,
    /// Why, for the journal; demanded in production
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// One JSON object on standard output: quarterdeck.plan/1 with --dry-run, else quarterdeck.operation/1
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BrokenGate {
    /// Everything that was deployed goes back to what ran before, in every region
    RollBack,
    /// It stays as it is: a rollback is offered, and yours
    Offer,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Range {
    /// It stays, and auto scaling will bring the count back into it
    #[default]
    Keep,
    /// It is widened to hold the count
    Widen,
    /// Auto scaling is suspended
    Suspend,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum To {
    #[value(name = "FARGATE", alias = "fargate")]
    Fargate,
    #[value(name = "FARGATE_SPOT", alias = "fargate_spot", alias = "spot")]
    FargateSpot,
}

impl ActVerb {
    pub fn how(&self) -> &How {
        match self {
            Self::Deploy { how, .. }
            | Self::Redeploy { how, .. }
            | Self::Rollback { how, .. }
            | Self::Scale { how, .. }
            | Self::StopTask { how, .. }
            | Self::SuspendScaling { how, .. }
            | Self::ResumeScaling { how, .. }
            | Self::Move { how, .. }
            | Self::Wake { how, .. }
            | Self::Sleep { how, .. } => how,
            Self::Group(verb) => verb.how(),
        }
    }
}
