//! AWS's own texts, as tasks, services and groups carry them, and what each means: the one place that knows them.
//!
//! AWS promises none of these texts and appends prose to them; they are looked for anywhere in what it says, in
//! whatever case (`aws-reference.md` §1.8, §1.9, §2.4).

use crate::domain::{group::Activity, service::ServiceEvent, task::Task, text::SafeText};

/// Why a task stopped or could not start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    OutOfMemory,
    ImageUnpullable,
    SecretUnreadable,
    RoleUnusable,
    LogsOrVolumes,
    Unstartable,
    NoInterface,
    BalancerChecks,
    ContainerChecks,
    SpotInterruption,
    Host,
    /// A person, a scaling or a deployment wanted it.
    Wanted,
    Exited,
    Unknown,
}

/// What the texts of stops hold. The first that is found counts: what is more exact stands before what holds it.
const STOPS: [(&str, Stop); 31] = [
    ("OutOfMemory", Stop::OutOfMemory),
    ("CannotPullContainer", Stop::ImageUnpullable),
    ("CannotPullECRContainer", Stop::ImageUnpullable),
    ("CannotPullImageManifest", Stop::ImageUnpullable),
    ("pull image manifest has been retried", Stop::ImageUnpullable),
    ("unable to pull registry auth", Stop::ImageUnpullable),
    ("unable to pull secrets", Stop::SecretUnreadable),
    ("unable to retrieve secret", Stop::SecretUnreadable),
    ("failed to fetch secret", Stop::SecretUnreadable),
    ("execution resource retrieval failed", Stop::SecretUnreadable),
    ("unable to assume the role", Stop::RoleUnusable),
    ("unable to assume role", Stop::RoleUnusable),
    ("ResourceInitializationError", Stop::LogsOrVolumes),
    ("CannotStartContainer", Stop::Unstartable),
    ("CannotCreateContainer", Stop::Unstartable),
    ("CannotCreateVolume", Stop::Unstartable),
    ("CannotInspectContainer", Stop::Unstartable),
    ("ContainerRuntimeError", Stop::Unstartable),
    ("ContainerRuntimeTimeoutError", Stop::Unstartable),
    ("DockerTimeoutError", Stop::Unstartable),
    ("network interface provisioning", Stop::NoInterface),
    ("Create Network Interface", Stop::NoInterface),
    ("Task failed ELB health checks", Stop::BalancerChecks),
    ("Task failed container health checks", Stop::ContainerChecks),
    ("Spot Task was interrupted", Stop::SpotInterruption),
    ("Host EC2", Stop::Host),
    ("performing maintenance", Stop::Host),
    ("Scaling activity initiated by", Stop::Wanted),
    ("Task stopped by user", Stop::Wanted),
    ("deregistration forced by user", Stop::Wanted),
    ("Essential container in task exited", Stop::Exited),
];

impl Stop {
    /// Why the task stopped. Its texts say more than its stop code, which is asked where they say nothing.
    pub fn of(task: &Task) -> Self {
        let of_container = task.containers.iter().filter_map(|it| it.reason.as_ref());
        let texts = || of_container.clone().chain(&task.stopped_reason).map(SafeText::as_str);
        let exact = texts().map(Self::in_text).filter(|it| !matches!(it, Self::Unknown | Self::Exited)).min();
        exact.unwrap_or_else(|| match task.stop_code.as_ref().map_or("", |it| it.as_str()) {
            "EssentialContainerExited" => Self::Exited,
            "SpotInterruption" | "TerminationNotice" => Self::SpotInterruption,
            "InfrastructureHealth" => Self::Host,
            "UserInitiated" | "ServiceSchedulerInitiated" => Self::Wanted,
            _ if texts().any(|it| Self::in_text(it) == Self::Exited) => Self::Exited,
            _ => Self::Unknown,
        })
    }

    /// What a text says, be it a task's reason or one that a service's event repeats.
    pub fn in_text(text: &str) -> Self {
        STOPS.iter().find(|(part, _)| holds(text, part)).map_or(Self::Unknown, |(_, stop)| *stop)
    }

    /// What has gone wrong, to be read after the name of what was deployed: `its image cannot be pulled`; `None` where
    /// a log has to tell.
    pub fn trouble(self) -> Option<&'static str> {
        Some(match self {
            Self::OutOfMemory => "its tasks are killed for memory",
            Self::ImageUnpullable => "its image cannot be pulled",
            Self::SecretUnreadable => "a secret cannot be read",
            Self::RoleUnusable => "its role cannot be assumed",
            Self::LogsOrVolumes => "its logs or volumes cannot be set up",
            Self::Unstartable => "its containers cannot be started",
            Self::NoInterface => "its tasks get no network interface",
            Self::BalancerChecks => "its tasks fail the load balancer's health checks",
            Self::ContainerChecks => "its tasks fail their container's health checks",
            Self::SpotInterruption | Self::Host | Self::Wanted | Self::Exited | Self::Unknown => return None,
        })
    }
}

/// What a service's event says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Steady,
    Completed,
    RollingBack,
    Deregistered,
    Unhealthy,
    CannotPlace,
    SlowedDown,
    Throttled,
    NoRoom,
    Protected,
    Other,
}

/// What the texts of events hold; the name of the service before it is written with brackets or without.
const EVENTS: [(&str, Said); 12] = [
    ("has reached a steady state", Said::Steady),
    ("deployment completed", Said::Completed),
    ("rolling back to deployment", Said::RollingBack),
    ("deregistered", Said::Deregistered),
    ("has begun draining connections", Said::Deregistered),
    ("is unhealthy in", Said::Unhealthy),
    ("was unable to place a task", Said::CannotPlace),
    ("unable to consistently start tasks", Said::SlowedDown),
    ("operations are being throttled", Said::Throttled),
    ("unable to stop or start tasks during a deployment", Said::NoRoom),
    ("number of protected tasks", Said::Protected),
    ("tasks are protected", Said::Protected),
];

impl Said {
    /// What the message of an event says.
    pub fn in_message(message: &str) -> Self {
        EVENTS.iter().find(|(part, _)| holds(message, part)).map_or(Self::Other, |(_, said)| *said)
    }
}

impl ServiceEvent {
    /// What it says.
    pub fn said(&self) -> Said {
        Said::in_message(self.message.as_str())
    }
}

/// Why capacity does not come: tasks that cannot be placed, instances that cannot be launched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shortage {
    Capacity,
    Quota,
    NoFit,
    Configuration,
}

/// What the texts of failed placements and launches hold.
const SHORTAGES: [(&str, Shortage); 18] = [
    ("capacity is unavailable", Shortage::Capacity),
    ("do not have sufficient", Shortage::Capacity),
    ("no spot capacity", Shortage::Capacity),
    ("InsufficientInstanceCapacity", Shortage::Capacity),
    ("insufficient capacity", Shortage::Capacity),
    ("you've reached the limit", Shortage::Quota),
    ("vcpu limit", Shortage::Quota),
    ("VcpuLimitExceeded", Shortage::Quota),
    ("InstanceLimitExceeded", Shortage::Quota),
    ("MaxSpotInstanceCountExceeded", Shortage::Quota),
    ("is above your limit", Shortage::Quota),
    ("limit exceeded", Shortage::Quota),
    ("you have requested more", Shortage::Quota),
    ("insufficient cpu", Shortage::NoFit),
    ("insufficient memory", Shortage::NoFit),
    ("no container instance met", Shortage::NoFit),
    ("already using a port", Shortage::NoFit),
    ("encountered error", Shortage::NoFit),
];

impl Shortage {
    /// What a placement's or launch's failure says; what is no shortage is a fault of configuration.
    pub fn in_text(text: &str) -> Self {
        SHORTAGES.iter().find(|(part, _)| holds(text, part)).map_or(Self::Configuration, |(_, shortage)| *shortage)
    }
}

/// What the causes of activities hold that follow EC2's word that a Spot instance had better be replaced.
const RECOMMENDED: &str = "rebalance recommendation";

/// What the causes of terminations hold where nobody wanted them.
const LOSSES: [&str; 3] = ["health check", "health-check", RECOMMENDED];

impl Activity {
    /// The instance that it is about.
    pub fn instance(&self) -> Option<&str> {
        self.description.as_str().split([' ', ':']).find(|it| it.starts_with("i-"))
    }

    /// Whether it launches an instance.
    pub fn is_launch(&self) -> bool {
        holds(self.description.as_str(), "Launching a new EC2 instance")
    }

    /// Whether no instance came of a launch that was tried.
    pub fn is_failed_launch(&self) -> bool {
        let texts = [&self.description, &self.status_message].map(SafeText::as_str);
        let told = texts.iter().any(|it| holds(it, "Launching EC2 instance failed"));
        self.is_launch() && self.status.as_str() == "Failed" && (told || self.instance().is_none())
    }

    /// Whether it follows EC2's recommendation to replace a Spot instance.
    pub fn is_recommended(&self) -> bool {
        holds(self.cause.as_str(), RECOMMENDED)
    }

    /// Whether it takes an instance away that failed, not one that somebody or a policy no longer wanted.
    pub fn is_loss(&self) -> bool {
        self.is_end() && LOSSES.iter().any(|it| holds(self.cause.as_str(), it))
    }

    /// Whether it ends an instance, whatever for.
    pub fn is_end(&self) -> bool {
        holds(self.description.as_str(), "Terminating EC2 instance")
    }
}

/// Whether the text holds the part, whatever the case.
fn holds(text: &str, part: &str) -> bool {
    let (text, part) = (text.as_bytes(), part.as_bytes());
    let Some((first, rest)) = part.split_first() else { return true };
    // Every event of every service is looked through for a dozen parts: most places fail at their first letter.
    let Some(last) = text.len().checked_sub(part.len()) else { return false };
    let begins = |at: &usize| text[*at].eq_ignore_ascii_case(first);
    (0..=last).filter(begins).any(|at| text[at + 1..=at + rest.len()].eq_ignore_ascii_case(rest))
}

#[cfg(test)]
mod tests {
    use super::{EVENTS, SHORTAGES, STOPS, Said, Shortage, Stop};

    #[test]
    fn every_text_of_the_tables_is_found_as_what_it_stands_for() {
        // A part that an earlier one hides would never be found.
        for (part, stop) in STOPS {
            assert_eq!(Stop::in_text(&format!("x {part}: y")), stop, "{part}");
        }
        for (part, said) in EVENTS {
            assert_eq!(Said::in_message(&format!("x {part}.")), said, "{part}");
        }
        for (part, shortage) in SHORTAGES {
            assert_eq!(Shortage::in_text(&part.to_uppercase()), shortage, "{part}");
        }
    }

    #[test]
    fn stops_read_as_aws_writes_them() {
        let secrets = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource \
                       retrieval failed: unable to retrieve secret from asm: AccessDeniedException";
        let cases = [
            ("OutOfMemoryError: Container killed due to memory usage", Stop::OutOfMemory),
            (
                "CannotPullContainerError: pull image manifest has been retried 5 time(s): not found",
                Stop::ImageUnpullable,
            ),
            (secrets, Stop::SecretUnreadable),
            ("ResourceInitializationError: failed to validate logger args", Stop::LogsOrVolumes),
            ("ECS was unable to assume the role 'arn:aws:iam::1:role/x' that was provided", Stop::RoleUnusable),
            ("CannotStartContainerError: exec format error", Stop::Unstartable),
            ("Timeout waiting for network interface provisioning to complete.", Stop::NoInterface),
            ("Your Spot Task was interrupted.", Stop::SpotInterruption),
            ("Host EC2 (instance i-0abc) terminated.", Stop::Host),
            ("Scaling activity initiated by (deployment ecs-svc/1)", Stop::Wanted),
            ("", Stop::Unknown),
        ];
        for (text, stop) in cases {
            assert_eq!(Stop::in_text(text), stop, "{text}");
        }
    }

    #[test]
    fn events_read_with_and_without_brackets() {
        for name in ["(service api)", "service api"] {
            let said = |rest: &str| Said::in_message(&format!("{name} {rest}"));
            assert_eq!(said("has reached a steady state."), Said::Steady);
            assert_eq!(said("was unable to place a task. Reason: Internal error."), Said::CannotPlace);
            assert_eq!(said("is unable to consistently start tasks successfully."), Said::SlowedDown);
            assert_eq!(said("has started 1 tasks: (task 1)."), Said::Other);
        }
    }
}
