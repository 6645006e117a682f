//! What the console wants done at sea: reads and writes over the simulator, and records in a journal of memory.

use std::{collections::VecDeque, mem, sync::PoisonError, time::Duration};

use quarterdeck::{
    app::{
        effect::{Beginning, Effect},
        msg::Msg,
        update::update,
    },
    aws::{
        Clients,
        clients::{Access, Credentials, Patience},
        fetch,
        meter::Meter,
        write,
    },
    domain::{
        id::{OperationId, Scope},
        query::{Outcome, Query, Request},
        text::SafeText,
        write::WriteRequest,
    },
    journal::record::{Answered, Author, Entry, Intended, Settled},
    plan::operation::StepRef,
    runtime::{bills::Turn, records, sim_connector::http_client},
};

use super::Voyage;

impl Voyage {
    /// Gives the console a message and does everything that it wants done about it.
    pub(super) async fn tell(&mut self, msg: Msg) {
        let effects = VecDeque::from(update(&mut self.app, msg));
        self.perform(effects).await;
    }

    /// Does all of it, and what follows from it.
    pub(super) async fn perform(&mut self, mut effects: VecDeque<Effect>) {
        while let Some(effect) = effects.pop_front() {
            if let Some(hanging) = &mut self.hanging
                && matches!(effect, Effect::Fetch { .. })
            {
                hanging.push(effect);
                continue;
            }
            if let Some(withheld) = &mut self.withheld
                && matches!(effect, Effect::Write { .. })
            {
                withheld.push_back(effect);
                continue;
            }
            effects.extend(self.perform_one(effect).await);
        }
    }

    async fn perform_one(&mut self, effect: Effect) -> Vec<Effect> {
        match effect {
            Effect::Fetch { request, generation } => return self.fetch(request, generation).await,
            Effect::Insist => self.bills.insist(self.sim.now()),
            Effect::BeginScenario(name) => {
                let outcome = self.sim.begin(name.as_str()).map_err(|it| SafeText::new(&it.to_string()));
                return update(&mut self.app, Msg::ScenarioBegun { name, outcome });
            }
            Effect::Copy(lines) => {
                self.copied.push(lines.iter().map(SafeText::as_str).collect::<Vec<_>>().join("\n"));
            }
            Effect::Inquire { inquiry, request } => {
                let now = self.sim.now();
                let outcome = Box::new(fetch(self.clients(&request.scope).await, &request, now).await);
                return update(&mut self.app, Msg::Inquired { inquiry, request, outcome, at: now });
            }
            Effect::ReadRecords { known } => {
                let look = self.journal.look(known).map_err(|error| SafeText::new(&error.to_string()));
                return update(&mut self.app, Msg::RecordsRead(look.map(|it| it.map(Box::new))));
            }
            Effect::Write { operation, step, request } => return self.write_one(operation, step, request).await,
            Effect::ReadJournal { inquiry } => {
                let standing = Ok(self.standing.clone());
                return update(&mut self.app, Msg::JournalRead { inquiry, standing });
            }
            Effect::Begin(_) | Effect::Order { .. } | Effect::Settle { .. } | Effect::End { .. } => {
                self.keep_record(effect);
            }
            Effect::KeepMutes(muted) => {
                self.kept = muted;
                return update(&mut self.app, Msg::MutesKept(Ok(())));
            }
            Effect::Bell => self.bells += 1,
            Effect::Quit => assert!(self.app.quitting, "leaving is told before it is asked for"),
        }
        Vec::new()
    }

    async fn write_one(&mut self, operation: OperationId, step: StepRef, request: WriteRequest) -> Vec<Effect> {
        let now = self.sim.now();
        let id = records::step_id(step);
        self.record(Entry::Intended(Intended::new(operation.clone(), id, request.clone())));
        let outcome = Box::new(write(self.clients(&request.scope).await, &request, now).await);
        self.written.push(request.write.operation());
        let answered = Answered { operation: operation.clone(), step: id, outcome: (*outcome).clone() };
        self.record(Entry::Answered(answered));
        update(&mut self.app, Msg::Written { operation, step, outcome, at: now })
    }

    /// What of an operation goes into the journal alone.
    fn keep_record(&mut self, effect: Effect) {
        let by = Author { user: "ada".into(), host: "bastion".into(), pid: 7 };
        match effect {
            Effect::Begin(beginning) => {
                let Beginning { operation, plan, confirmed, reason, .. } = *beginning;
                let begun = records::begun(&operation, &plan, confirmed.as_str(), reason.as_ref(), &by);
                self.record(Entry::Begun(Box::new(begun.expect("plain data"))));
                self.begun.push(operation.to_string());
            }
            Effect::Order { operation, order } => self.record(Entry::Ordered { operation, by, order }),
            Effect::Settle { operation, step, found } => {
                let step = records::step_id(step);
                self.record(Entry::Settled(Settled { operation, step, found }));
            }
            Effect::End { operation, ending } => {
                self.record(Entry::Ended(records::ended(&operation, &ending)));
                self.verdicts.push(ending.verdict);
            }
            _ => {}
        }
    }

    fn record(&self, entry: Entry) {
        self.journal.append(self.sim.now(), entry).expect("memory takes it");
    }

    async fn fetch(&mut self, request: Request, generation: u64) -> Vec<Effect> {
        let now = self.sim.now();
        let (outcome, at) = match self.bills.turn(&request, now) {
            Turn::Kept(outcome, at) => (*outcome, at),
            Turn::Ask => {
                let outcome = fetch(self.clients(&request.scope).await, &request, now).await;
                self.bills.keep(&request, &outcome, now);
                (outcome, now)
            }
        };
        let attempts = mem::take(&mut *self.attempts.lock().unwrap_or_else(PoisonError::into_inner));
        let mut effects = Vec::new();
        for attempt in attempts {
            self.told.push(attempt.clone());
            effects.extend(update(&mut self.app, Msg::Attempted(attempt)));
        }
        let answer = Msg::Fetched { request, generation, outcome: Box::new(outcome), at };
        effects.extend(update(&mut self.app, answer));
        effects
    }

    /// What AWS answers to a read beside the console, which neither learns of it nor counts it.
    pub async fn ask(&mut self, scope: &Scope, query: Query) -> Outcome {
        let now = self.sim.now();
        let before = mem::take(&mut *self.attempts.lock().unwrap_or_else(PoisonError::into_inner));
        let request = Request { scope: scope.clone(), query };
        let outcome = fetch(self.clients(scope).await, &request, now).await;
        *self.attempts.lock().unwrap_or_else(PoisonError::into_inner) = before;
        outcome
    }

    /// The clients of a scope, with the simulator's credentials for the account that its stack names.
    pub(super) async fn clients(&mut self, scope: &Scope) -> &Clients {
        if !self.clients.contains_key(scope) {
            let scopes = self.app.stacks.iter().flat_map(|it| &it.scopes);
            let account = scopes.filter(|it| it.scope == *scope).find_map(|it| it.account.clone());
            let account = account.expect("every bundled stack names its accounts").to_string();
            let (sim, attempts) = (self.sim.clone(), self.attempts.clone());
            let access = Access {
                credentials: Credentials::Simulator { account },
                endpoint_url: None,
                http: http_client(sim.clone(), Duration::ZERO),
                // One attempt: the pauses before others would be real time.
                patience: Patience { attempts: 1, ..Patience::default() },
                meter: Meter::new(
                    move || sim.now(),
                    move |attempt| attempts.lock().unwrap_or_else(PoisonError::into_inner).push(attempt),
                ),
            };
            let made = Clients::connect(scope, &access).await.expect("the simulator's credentials need nothing");
            self.clients.insert(scope.clone(), made);
        }
        &self.clients[scope]
    }
}
