//! The verbs that change Auto Scaling groups and their gateways, as they are typed.

use clap::{Args, Subcommand, ValueEnum};
use jiff::SignedDuration;
use rust_decimal::Decimal;

use super::act_args::How;

/// Every verb for groups alone; `scale` is for services and groups.
///
/// A group is named `STACK/GROUP`, or `STACK/GROUP@REGION`; where no stack is configured, `GROUP`.
#[derive(Debug, Subcommand)]
pub enum GroupVerb {
    /// Ends a gateway when its last session has gone
    Drain {
        #[command(flatten)]
        on: OnInstance,
        /// Another takes its place
        #[arg(long)]
        replace: bool,
        #[command(flatten)]
        drain: Draining,
        #[command(flatten)]
        how: How,
    },
    /// Brings a group to a version of its launch template: every gateway of another is drained and replaced
    Roll {
        #[arg(value_name = "STACK/GROUP")]
        group: String,
        /// The number of a version that is there
        #[arg(long, value_name = "VERSION", required_unless_present_any = ["image", "instance_type"],
              conflicts_with_all = ["image", "instance_type"])]
        to: Option<u64>,
        /// A new version with this image
        #[arg(long, value_name = "AMI")]
        image: Option<String>,
        /// A new version with this instance type
        #[arg(long = "type", value_name = "TYPE")]
        instance_type: Option<String>,
        #[command(flatten)]
        drain: Draining,
        #[command(flatten)]
        refresh: Refreshing,
        #[command(flatten)]
        how: How,
    },
    /// Undoes the instance refresh of a group: what it launched is replaced by what the group was before
    RollBackRefresh {
        #[arg(value_name = "STACK/GROUP")]
        group: String,
        #[command(flatten)]
        how: How,
    },
    /// Stops the instance refresh of a group where it is
    CancelRefresh {
        #[arg(value_name = "STACK/GROUP")]
        group: String,
        #[command(flatten)]
        how: How,
    },
    /// Ends a gateway at once, with the sessions it holds
    Terminate {
        #[command(flatten)]
        on: OnInstance,
        /// Another takes its place
        #[arg(long)]
        replace: bool,
        #[command(flatten)]
        how: How,
    },
    /// Keeps gateways from scale-in: those named, or all of the group and those to come
    Protect {
        #[arg(value_name = "STACK/GROUP")]
        group: String,
        #[arg(long, value_name = "INSTANCE")]
        instance: Vec<String>,
        #[command(flatten)]
        how: How,
    },
    /// Lets scale-in choose gateways again: those named, or all of the group and those to come
    Unprotect {
        #[arg(value_name = "STACK/GROUP")]
        group: String,
        #[arg(long, value_name = "INSTANCE")]
        instance: Vec<String>,
        #[command(flatten)]
        how: How,
    },
    /// Keeps a gateway with its sessions, and gives it no more
    Standby {
        #[command(flatten)]
        on: OnInstance,
        #[command(flatten)]
        how: How,
    },
    /// Lets a gateway in standby take sessions again
    InService {
        #[command(flatten)]
        on: OnInstance,
        #[command(flatten)]
        how: How,
    },
    /// Suspends what a group does by itself, as AZRebalance or AlarmNotification
    SuspendProcesses {
        #[arg(value_name = "STACK/GROUP")]
        group: String,
        #[arg(required = true, value_name = "PROCESS")]
        processes: Vec<String>,
        #[command(flatten)]
        how: How,
    },
    /// Resumes what a group does by itself
    ResumeProcesses {
        #[arg(value_name = "STACK/GROUP")]
        group: String,
        #[arg(required = true, value_name = "PROCESS")]
        processes: Vec<String>,
        #[command(flatten)]
        how: How,
    },
    /// The least and the most gateways of a group
    Bounds {
        #[arg(value_name = "STACK/GROUP")]
        group: String,
        #[arg(long, value_name = "N", required_unless_present = "max")]
        min: Option<u32>,
        #[arg(long, value_name = "N")]
        max: Option<u32>,
        #[command(flatten)]
        how: How,
    },
    /// Another target for a group's target tracking policy
    Retarget {
        #[arg(value_name = "STACK/GROUP")]
        group: String,
        /// The value that it keeps, as 7.5
        #[arg(long, value_name = "VALUE")]
        to: Decimal,
        /// Which, where the group has several
        #[arg(long, value_name = "POLICY")]
        policy: Option<String>,
        #[command(flatten)]
        how: How,
    },
    /// Ends a gateway's wait for its lifecycle hook
    CompleteHook {
        #[command(flatten)]
        on: OnInstance,
        #[arg(long, value_enum, value_name = "RESULT")]
        result: HookWord,
        #[command(flatten)]
        how: How,
    },
}

/// One instance of a group.
#[derive(Debug, Clone, Args)]
pub struct OnInstance {
    #[arg(value_name = "STACK/GROUP")]
    pub group: String,
    #[arg(long, value_name = "INSTANCE")]
    pub instance: String,
}

/// How gateways are drained.
#[derive(Debug, Clone, Args)]
pub struct Draining {
    /// Gateways that are drained at a time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub width: u32,
    /// How long their sessions are waited for, as 2h [default: what the stack file says]
    #[arg(long, value_name = "DURATION")]
    pub deadline: Option<SignedDuration>,
    /// What is done then [default: what the stack file says]
    #[arg(long, value_enum, value_name = "WHAT")]
    pub then: Option<Then>,
    /// With `--then end`: the most sessions that may be lost by it
    #[arg(long, value_name = "N", requires = "then", required_if_eq("then", "end"))]
    pub lose: Option<u32>,
}

/// How AWS replaces instances; it waits for no session.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Refreshing {
    /// By an instance refresh of AWS's instead of draining
    #[arg(long)]
    pub refresh: bool,
    /// Share of the desired capacity that stays healthy at least
    #[arg(long, value_name = "PERCENT", requires = "refresh")]
    pub min_healthy: Option<u32>,
    /// Share of the desired capacity that there is at most
    #[arg(long, value_name = "PERCENT", requires = "refresh")]
    pub max_healthy: Option<u32>,
    /// Shares at which it waits, as 20,50,100
    #[arg(long, value_name = "PERCENT", value_delimiter = ',', requires = "refresh")]
    pub checkpoints: Vec<u32>,
    /// How long it waits at each, as 10m
    #[arg(long, value_name = "DURATION", requires = "refresh")]
    pub checkpoint_delay: Option<SignedDuration>,
    /// After how long in service a new instance counts
    #[arg(long, value_name = "DURATION", requires = "refresh")]
    pub warmup: Option<SignedDuration>,
    /// How long it is watched once all are replaced
    #[arg(long, value_name = "DURATION", requires = "refresh")]
    pub bake_time: Option<SignedDuration>,
    /// Instances that match already are replaced, too
    #[arg(long, requires = "refresh")]
    pub replace_matching: bool,
    /// It goes back by itself where it fails
    #[arg(long, requires = "refresh")]
    pub auto_rollback: bool,
    /// An alarm that ends it
    #[arg(long, value_name = "ALARM", requires = "refresh")]
    pub alarm: Vec<String>,
    /// Only gateways that are drained and stand by: the others are protected until it has ended
    #[arg(long, requires = "refresh", conflicts_with_all = ["protected", "in_standby"])]
    pub drained: bool,
    /// What becomes of instances that are protected from scale-in
    #[arg(long, value_enum, value_name = "WHAT", default_value_t, requires = "refresh")]
    pub protected: Meets,
    /// What becomes of instances in standby
    #[arg(long, value_enum, value_name = "WHAT", default_value_t, requires = "refresh")]
    pub in_standby: Meets,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Meets {
    /// They are waited for, an hour at most
    #[default]
    Wait,
    /// They stay
    Ignore,
    /// They are replaced
    Replace,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Then {
    /// It goes on, and says so
    Wait,
    /// It stops, and everything is put back as it was
    PutBack,
    /// The rest is ended, if no more than --lose sessions are lost by it
    End,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Bounds {
    /// They stay, and what lies beyond them is refused
    #[default]
    Keep,
    /// The one in the way is moved
    Move,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HookWord {
    Continue,
    Abandon,
}

impl GroupVerb {
    pub fn how(&self) -> &How {
        match self {
            Self::Drain { how, .. }
            | Self::Roll { how, .. }
            | Self::RollBackRefresh { how, .. }
            | Self::CancelRefresh { how, .. }
            | Self::Terminate { how, .. }
            | Self::Protect { how, .. }
            | Self::Unprotect { how, .. }
            | Self::Standby { how, .. }
            | Self::InService { how, .. }
            | Self::SuspendProcesses { how, .. }
            | Self::ResumeProcesses { how, .. }
            | Self::Bounds { how, .. }
            | Self::Retarget { how, .. }
            | Self::CompleteHook { how, .. } => how,
        }
    }
}
