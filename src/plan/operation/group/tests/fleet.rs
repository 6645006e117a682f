//! A small model of a group with sessions: what its calls do, and what it does by itself.

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{
        estate::Estate,
        fault::{Fault, FaultKind},
        group::{Group, Instance, LaunchTemplate},
        query::{Answer, Outcome, Query, Request},
        refresh::{Refresh, RefreshPreferences},
        session::Session,
        write::{Write, WriteAnswer, WriteOutcome, WriteRequest, Written, group::GroupWrite},
    },
    plan::group::testing::HeldGroup,
    triage::testing::{instance, now, scope, sessions},
};

/// Sessions that a gateway of the model takes.
const LIMIT: usize = 10;

pub struct Fleet {
    pub group: Group,
    pub sessions: Vec<Session>,
    pub now: Timestamp,
    /// Sessions that ended because a call ended their gateway.
    pub lost: u32,
    /// Sessions that ended because the group chose their gateway.
    pub lost_to_the_group: u32,
    pub refreshes: Vec<Refresh>,
    /// AWS cannot roll its refresh back.
    pub is_irreversible: bool,
    born: u32,
}

impl Fleet {
    pub fn of(held: &HeldGroup) -> Self {
        let (group, sessions) = (held.given.groups[0].clone(), held.given.sessions.clone());
        let (refreshes, is_irreversible) = (Vec::new(), false);
        Self { group, sessions, now: now(), lost: 0, lost_to_the_group: 0, refreshes, is_irreversible, born: 0 }
    }

    pub fn held(&self, id: &str) -> usize {
        self.sessions.iter().filter(|it| it.gateway.as_str() == id).count()
    }

    pub fn find(&mut self, id: &str) -> Option<&mut Instance> {
        self.group.instances.iter_mut().find(|it| it.id.as_str() == id)
    }

    /// Time passes: instances come and go, as calls and counts have it.
    pub fn pass(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
        self.group.instances.retain(|it| it.lifecycle.as_str() != "Terminating");
        for instance in &mut self.group.instances {
            match instance.lifecycle.as_str() {
                "EnteringStandby" => instance.lifecycle = "Standby".into(),
                "Pending" => instance.lifecycle = "InService".into(),
                _ => {}
            }
        }
        let counting = self.counting();
        for _ in counting..self.group.desired as usize {
            self.born += 1;
            let id = format!("i-new{}", self.born);
            let protected = self.group.protects_new;
            self.group.instances.push(Instance { lifecycle: "Pending".into(), protected, ..instance(&id) });
        }
        // What a refresh has launched ahead is its own until it ends.
        let kept = if self.refreshes.iter().any(Refresh::is_active) { counting } else { self.group.desired as usize };
        for _ in kept..counting {
            let victim = self.group.instances.iter().find(|it| it.is_in_service() && !it.protected);
            let Some(id) = victim.map(|it| it.id.clone()) else { break };
            self.lost_to_the_group += self.kill(id.as_str());
        }
    }

    pub fn counting(&self) -> usize {
        let counts = |it: &&Instance| matches!(it.lifecycle.as_str(), "InService" | "Pending");
        self.group.instances.iter().filter(counts).count()
    }

    /// Another instance, with so many sessions.
    pub fn come(&mut self, instance: Instance, held: usize) {
        self.sessions.extend(sessions(instance.id.as_str(), held));
        self.group.instances.push(instance);
    }

    /// A session arrives at the emptiest gateway that takes some.
    pub fn arrive(&mut self) {
        let open = self.group.instances.iter().filter(|it| it.is_in_service());
        let emptiest = open.map(|it| (self.held(it.id.as_str()), it.id.clone())).min();
        let Some((_, gateway)) = emptiest.filter(|(held, _)| *held < LIMIT) else { return };
        self.born += 1;
        let id = format!("s-{}", self.born).into();
        let started_at = Some(self.now);
        self.sessions.push(Session { id, user: "eve".into(), gateway, started_at, last_seen_at: None });
    }

    /// The session at this place ends by itself.
    pub fn leave(&mut self, at: usize) {
        if !self.sessions.is_empty() {
            self.sessions.remove(at % self.sessions.len());
        }
    }

    /// Somebody takes a gateway out of standby, where the group takes one more.
    pub fn open(&mut self) {
        let closed = self.group.instances.iter_mut().find(|it| it.lifecycle.as_str() == "Standby");
        if let Some(instance) = closed.filter(|_| self.group.desired < self.group.max) {
            instance.lifecycle = "Pending".into();
            self.group.desired += 1;
        }
    }

    fn kill(&mut self, id: &str) -> u32 {
        let held = self.held(id);
        self.sessions.retain(|it| it.gateway.as_str() != id);
        if let Some(instance) = self.find(id) {
            instance.lifecycle = "Terminating".into();
        }
        held as u32
    }

    /// What a call does; `Err`: AWS says no.
    pub fn apply(&mut self, request: &WriteRequest) -> WriteOutcome {
        let Write::Group(write) = &request.write else { panic!("not of a group") };
        match self.take(write) {
            Ok(()) => WriteOutcome::Done(Written { request_id: None, answer: answer(write) }),
            Err(why) if why.starts_with("Irrev") => WriteOutcome::Refused(fault(FaultKind::Rejected, why, "")),
            Err(why) => WriteOutcome::Refused(fault(FaultKind::Rejected, "ValidationError", why)),
        }
    }

    fn take(&mut self, write: &GroupWrite) -> Result<(), &'static str> {
        match write {
            GroupWrite::SetDesiredCapacity { desired, .. } => {
                if *desired < self.group.min || *desired > self.group.max {
                    return Err("out of bounds");
                }
                self.group.desired = *desired;
            }
            GroupWrite::UpdateGroup { change, .. } => {
                self.group.min = change.min.unwrap_or(self.group.min);
                self.group.max = change.max.unwrap_or(self.group.max);
                if let (Some(template), Some((_, version))) = (&mut self.group.launch_template, &change.template) {
                    template.version = version.to_string().into();
                }
                self.group.protects_new = change.protect_new.unwrap_or(self.group.protects_new);
                self.group.desired = change.desired.unwrap_or(self.group.desired).clamp(self.group.min, self.group.max);
            }
            GroupWrite::SetInstanceProtection { instances, protected, .. } => {
                for id in instances {
                    self.find(id).ok_or("no such instance")?.protected = *protected;
                }
            }
            GroupWrite::EnterStandby { instances, decrement, .. } => {
                if *decrement && self.group.desired <= self.group.min {
                    return Err("below the least");
                }
                let instance = self.find(&instances[0]).filter(|it| it.is_in_service()).ok_or("not in service")?;
                instance.lifecycle = "EnteringStandby".into();
                self.group.desired -= u32::from(*decrement);
            }
            GroupWrite::ExitStandby { instances, .. } => {
                if self.group.desired >= self.group.max {
                    return Err("above the most");
                }
                self.find(&instances[0]).ok_or("no such instance")?.lifecycle = "Pending".into();
                self.group.desired += 1;
            }
            GroupWrite::TerminateInstance { instance, decrement, .. } => {
                let counts = self.find(instance).ok_or("no such instance")?.is_in_service();
                if *decrement && self.group.desired <= self.group.min {
                    return Err("below the least");
                }
                self.group.desired -= u32::from(*decrement && counts);
                self.lost += self.kill(instance);
            }
            GroupWrite::StartRefresh { template: (_, version), .. } => {
                self.refreshes.push(refresh("InProgress", version));
            }
            GroupWrite::RollBackRefresh { .. } if self.is_irreversible => return Err("IrreversibleInstanceRefresh"),
            GroupWrite::RollBackRefresh { .. } => self.refreshes[0].status = "RollbackInProgress".into(),
            GroupWrite::CancelRefresh { .. } => self.refreshes[0].status = "Cancelled".into(),
            GroupWrite::CreateTemplateVersion { .. } => {}
            other => panic!("{} is no part of a drain", other.operation()),
        }
        Ok(())
    }

    /// The console reads the group and the sessions.
    pub fn read(&self, estate: &mut Estate) {
        let groups = Query::Groups { names: vec![self.group.name.as_str().into()] };
        let sessions = Query::Sessions { table: "Sessions".into(), gateway_attribute: "gatewayId".into() };
        let answers =
            [(groups, Answer::Groups(vec![self.group.clone()])), (sessions, Answer::Sessions(self.sessions.clone()))];
        let refreshes = Query::Refreshes { group: self.group.name.as_str().into() };
        let answers = answers.into_iter().chain([(refreshes, Answer::Refreshes(self.refreshes.clone()))]);
        for (query, answer) in answers {
            estate.receive(&Request { scope: scope(), query }, Outcome::Complete(answer), self.now);
        }
    }
}

/// What AWS answers to a call that it takes.
fn answer(write: &GroupWrite) -> WriteAnswer {
    match write {
        GroupWrite::CreateTemplateVersion { newest, .. } => WriteAnswer::TemplateVersion { version: newest + 1 },
        GroupWrite::StartRefresh { .. } => WriteAnswer::Refresh { id: "r-1".into() },
        _ => WriteAnswer::Accepted,
    }
}

pub fn refresh(status: &str, version: &str) -> Refresh {
    let template = LaunchTemplate { id: "lt-1".into(), name: "gateways".into(), version: version.into() };
    Refresh {
        id: "r-1".into(),
        status: status.into(),
        reason: "".into(),
        started_at: Some(now()),
        ended_at: None,
        percent: Some(50),
        left: Some(1),
        template: Some(template),
        preferences: RefreshPreferences::default(),
        rollback: None,
    }
}

pub fn fault(kind: FaultKind, code: &str, message: &str) -> Fault {
    Fault {
        kind,
        operation: "autoscaling:Any".into(),
        code: code.into(),
        message: message.into(),
        request_id: None,
        at: now(),
    }
}
