//! Lifecycle hooks: what an instance waits for before it comes into service or goes (`aws-reference.md` §2.2).

use jiff::{SignedDuration, Timestamp};

use super::{super::world::Tick, Member};

/// Seconds that heartbeats may keep an instance waiting at most: 48 hours, or a hundred time-outs.
const LONGEST: u32 = 172_800;

/// A lifecycle hook of a group.
#[derive(Debug, Clone)]
pub struct Hook {
    pub name: String,
    pub transition: Transition,
    /// Seconds without a heartbeat after which the default result happens.
    pub timeout: u32,
    /// Whether that result is `ABANDON`, not `CONTINUE`.
    pub abandons: bool,
    /// Whom AWS tells, what it tells besides, and in which role: kept as they were put.
    pub target: Option<String>,
    pub metadata: Option<String>,
    pub role: Option<String>,
}

/// The move that waits for a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    Launching,
    Terminating,
}

/// One hook that holds one instance up.
#[derive(Debug, Clone)]
pub struct Wait {
    pub hook: String,
    pub token: String,
    timeout: u32,
    abandons: bool,
    /// When the default result happens, and until when heartbeats may put that off.
    until: Timestamp,
    latest: Timestamp,
    answer: Option<Answer>,
}

/// How a wait ended, and by what.
#[derive(Debug, Clone, Copy)]
struct Answer {
    abandon: bool,
    by: &'static str,
}

impl Transition {
    pub const ALL: [Self; 2] = [Self::Launching, Self::Terminating];

    /// The wire's `LifecycleTransition`.
    pub fn wire(self) -> &'static str {
        match self {
            Self::Launching => "autoscaling:EC2_INSTANCE_LAUNCHING",
            Self::Terminating => "autoscaling:EC2_INSTANCE_TERMINATING",
        }
    }
}

impl Hook {
    /// Seconds after which an instance waits no longer, whatever the heartbeats.
    pub fn global_timeout(&self) -> u32 {
        self.timeout.saturating_mul(100).min(LONGEST)
    }
}

impl Wait {
    pub fn is_open(&self) -> bool {
        self.answer.is_none()
    }

    /// Ends it as a caller says.
    pub fn complete(&mut self, abandon: bool) {
        let by = if abandon { "Lifecycle Action Completed with ABANDON Result" } else { "Lifecycle Action Completed" };
        self.answer = Some(Answer { abandon, by });
    }

    /// Begins the time-out anew.
    pub fn beat(&mut self, now: Timestamp) {
        self.until = after(now, self.timeout).min(self.latest);
    }
}

/// Lets every hook of the transition hold the instance up; false where there is none.
pub fn hold(member: &mut Member, hooks: &[Hook], transition: Transition, tick: &mut Tick<'_>) -> bool {
    let hooks = hooks.iter().filter(|hook| hook.transition == transition);
    member.waits = hooks
        .map(|hook| Wait {
            hook: hook.name.clone(),
            token: tick.random.uuid(),
            timeout: hook.timeout,
            abandons: hook.abandons,
            until: after(tick.now, hook.timeout),
            latest: after(tick.now, hook.global_timeout()),
            answer: None,
        })
        .collect();
    !member.waits.is_empty()
}

/// What has become of an instance that waits: it may go on or, with AWS's reason, it may not; `None` while a hook is
/// open. One that abandons ends all.
pub fn verdict(waits: &mut [Wait], now: Timestamp) -> Option<Result<(), String>> {
    for wait in waits.iter_mut().filter(|wait| wait.is_open() && wait.until <= now) {
        wait.answer = Some(Answer { abandon: wait.abandons, by: "Heartbeat Timeout" });
    }
    let abandoned = waits.iter().find_map(|wait| wait.answer.filter(|it| it.abandon).map(|it| (wait, it.by)));
    if let Some((wait, by)) = abandoned {
        return Some(Err(format!(
            "Instance failed to complete user's Lifecycle Action: Lifecycle Action with token {} was abandoned: {by}",
            wait.token
        )));
    }
    waits.iter().all(|wait| !wait.is_open()).then_some(Ok(()))
}

fn after(now: Timestamp, seconds: u32) -> Timestamp {
    now.saturating_add(SignedDuration::from_secs(seconds.into())).unwrap_or(Timestamp::MAX)
}
