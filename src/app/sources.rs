//! Which reads feed which stack and place, and how often each is worth renewing.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};

use super::{
    App,
    charts::Chart,
    costs,
    describe::images,
    joins::cluster_of,
    layout::{Layout, WIDE},
    logs,
    overlay::{Overlay, TextKind, TextPane},
    settings::Reads,
};
use crate::{
    command::ViewName,
    domain::{
        cost::asking,
        estate::ScopeEstate,
        id::{Arn, Kind, ResourceId, Scope},
        metric::MetricRead,
        observation::Observation,
        query::{Query, Request},
        service::{Rollout, RolloutState, Service},
        target::TargetState,
        text::SafeText,
    },
    metrics::{self, Measure, Measured, Window, window::FINE},
    plan::operation::watch,
    stack::model::Stack,
    triage::checklist,
};

/// How often a read is renewed while it is on screen or changing, and while it is in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cadence {
    pub near: SignedDuration,
    pub far: SignedDuration,
}

const fn cadence(near: i64, far: i64) -> Cadence {
    Cadence { near: SignedDuration::from_secs(near), far: SignedDuration::from_secs(far) }
}

/// The cadence of a read, in seconds near and far.
pub fn cadence_of(query: &Query) -> Cadence {
    match query {
        Query::Services { .. } => cadence(5, 20),
        // One call a group, and the load balancer's bucket is the smallest of all.
        Query::Targets { .. } => cadence(8, 20),
        Query::Tasks { .. } | Query::Groups { .. } | Query::Sessions { .. } => cadence(10, 30),
        Query::Alarms | Query::Activities { .. } | Query::AllActivities => cadence(15, 45),
        Query::Refreshes { .. } => cadence(15, 60),
        // Rules are changed by people, and seldom; the load balancer's bucket is small.
        Query::Listeners { .. } => cadence(60, 300),
        // A metric that begins to exist is listed within 15 minutes.
        Query::MetricListed { .. } => cadence(900, 900),
        Query::AlarmHistory | Query::ServiceActivities => cadence(20, 60),
        // Each series has a pace of its own (`series::is_due`); this one is for telling how fresh they are. Images are read
        // while a service that runs one of them is described, inventories while a checklist is.
        Query::Metrics { .. } | Query::ScalableTargets | Query::Images { .. } | Query::Inventory { .. } => cadence(60, 60),
        Query::Deployments { .. } => cadence(15, 120),
        // A region answers five such calls a second, to everybody together.
        Query::Logs { excerpt } if excerpt.until.is_none() => cadence(3, 10),
        // What was written before a moment is all there, but for what comes late.
        Query::Logs { .. } => cadence(30, 60),
        // Versions of templates are made by people, and seldom.
        Query::Clusters | Query::Template { .. } | Query::AllTemplates => cadence(30, 120),
        // Read once: a revision never changes. This is how often it is tried until it is here.
        Query::TaskDefinition { .. } => cadence(10, 10),
        // Whether a question leaves is for `asking` to say; this is how often it is looked whether one may.
        Query::Bill { .. }
        | Query::Forecast { .. }
        | Query::Allocation { .. }
        | Query::BilledAccounts { .. }
        | Query::Budgets { .. } => {
            Cadence { near: asking::FIRST_RETRY, far: asking::STANDS }
        }
        Query::TargetGroups
        | Query::TargetGroupAttributes { .. }
        | Query::NatGateways
        | Query::Identity
        // Asked for once; none of these is renewed.
        | Query::Raw { .. }
        | Query::Revisions { .. }
        | Query::Repository { .. }
        | Query::Image { .. }
        | Query::Permissions { .. } => cadence(300, 300),
    }
}

/// Every read that the estate needs, whatever is on screen; but for series, which are read by [`super::series`].
pub fn all(app: &App) -> Vec<Request> {
    all_beside(app, &of_place(app))
}

/// The same, where the reads of the place on screen have been found already.
pub fn all_beside(app: &App, of_place: &[Request]) -> Vec<Request> {
    let stacks = if reads_the_estate(app) { app.stacks.iter().collect() } else { Vec::new() };
    let mut all = requests(app, stacks, |it| is_rolling(app, it), |it| !is_on_demand(&it.query));
    all.extend(of_place.iter().filter(|it| comes_and_goes(&it.query)).cloned());
    all.extend(definition(app));
    all.extend(attributes(app));
    all.extend(described(app).and_then(|it| images::request(app, it)));
    all.extend(checklists(app));
    all.extend(inspected(app));
    all.extend(logs::definitions(app));
    all
}

/// Whether anything is read but what operations are judged by.
pub fn reads_the_estate(app: &App) -> bool {
    app.settings.reads != Reads::Operations
}

/// Whether a read is only worth its calls while somebody looks at what it feeds.
pub fn is_on_demand(query: &Query) -> bool {
    matches!(query, Query::Listeners { .. } | Query::Logs { .. } | Query::NatGateways | Query::Inventory { .. })
        || query.is_of_cost()
}

/// Whether a read is among those wanted, or not, by what is on screen.
pub fn comes_and_goes(query: &Query) -> bool {
    is_on_demand(query)
        || matches!(
            query,
            Query::Deployments { .. }
                | Query::TargetGroupAttributes { .. }
                | Query::Activities { .. }
                | Query::Refreshes { .. }
                | Query::Template { .. }
        )
}

/// A rollout younger than this may still be told of, as one that was rolled back is.
const YOUNG: SignedDuration = SignedDuration::from_hours(2);

/// Whether the service deployments of a service are worth a call of their own while nobody looks at it: what
/// DescribeServices shows, ten services at once, is young, unfinished or failed; or its deployment is not over yet.
fn is_rolling(app: &App, service: (&Scope, &Service)) -> bool {
    let (scope, service) = service;
    let is_recent = |at: Option<Timestamp>| at.is_some_and(|at| app.now.duration_since(at) < YOUNG);
    let is_restless = |it: &Rollout| {
        // Not told behind a Classic load balancer or another controller.
        let is_over = it.state.is_none_or(|state| state == RolloutState::Completed);
        !is_over || is_recent(it.created_at) || is_recent(it.updated_at)
    };
    let deployments = app.estate.scope(scope).and_then(|it| it.deployments.get(&service.arn)?.value());
    let is_ongoing = deployments.and_then(|it| it.first()).is_some_and(|it| it.status.is_ongoing());
    service.deployments.len() > 1
        || service.deployments.iter().any(is_restless)
        || is_ongoing
        || described(app).is_some_and(|it| it.kind == Kind::Service && *it.key == *service.arn.wire())
}

/// Whether a target group has targets on their way out: how long they may take is among its attributes.
fn is_draining(known: &ScopeEstate, group: &Arn) -> bool {
    let targets = known.targets.get(group).and_then(Observation::value);
    targets.is_some_and(|it| it.iter().any(|it| it.state == TargetState::Draining))
}

/// The attributes of the target group being looked at.
fn attributes(app: &App) -> Option<Request> {
    let subject = looked_at(app).filter(|it| it.kind == Kind::TargetGroup)?;
    let query = Query::TargetGroupAttributes { group: Arn::new(&subject.key) };
    Some(Request { scope: subject.scope.clone(), query })
}

/// What is read of the group being looked at by itself, where groups are read all at once: its own history, and every
/// version of its launch template.
fn inspected(app: &App) -> Vec<Request> {
    let place = app.place().within.as_ref();
    let subject = looked_at(app).into_iter().chain(place).find(|it| matches!(it.kind, Kind::Group | Kind::Instance));
    let Some(subject) = subject.filter(|it| app.discovery.as_ref() == Some(&it.scope)) else { return Vec::new() };
    let Some(known) = app.estate.scope(&subject.scope) else { return Vec::new() };
    let group = match subject.kind {
        Kind::Instance => known.instance(&subject.key).map(|(group, _)| group),
        _ => known.groups.value().and_then(|it| it.get(&SafeText::new(&subject.key))),
    };
    let Some(group) = group else { return Vec::new() };
    let name: Arc<str> = group.name.as_str().into();
    let mut queries = vec![Query::Activities { group: name.clone() }];
    // Where it may have one, its refreshes are read anyway.
    if !known.may_refresh(group, app.now) {
        queries.push(Query::Refreshes { group: name });
    }
    let template = group.launch_template.as_ref().filter(|it| !it.id.is_empty());
    queries.extend(template.map(|it| Query::Template { id: it.id.as_str().into() }));
    queries.into_iter().map(|query| Request { scope: subject.scope.clone(), query }).collect()
}

/// The definition of the task being looked at, until it is here.
fn definition(app: &App) -> Option<Request> {
    let subject = looked_at(app).filter(|it| it.kind == Kind::Task)?;
    let known = app.estate.scope(&subject.scope)?;
    let definition = &known.task(&subject.key)?.task_definition;
    let is_known = known.definitions.get(definition).is_some_and(|it| it.value().is_some());
    let query = Query::TaskDefinition { definition: definition.clone() };
    (!is_known).then(|| Request { scope: subject.scope.clone(), query })
}

/// The reads of the checklist being looked at, or of all; of others what was found missing on them.
fn checklists(app: &App) -> Vec<Request> {
    let looked_at = |stack: &Stack| {
        app.settings.reads == Reads::Checklists
            || described(app).is_some_and(|it| it.kind == Kind::Stack && *it.key == *stack.name.as_str())
    };
    let listed = app.stacks.iter().filter(|stack| reads_the_estate(app) && !stack.checklist.is_empty());
    listed
        .flat_map(|stack| {
            if looked_at(stack) {
                checklist::requests(stack)
            } else {
                checklist::requests_of_missing(stack, &app.estate, app.now)
            }
        })
        .collect()
}

/// What is described on screen: over the table, or beside it.
fn looked_at(app: &App) -> Option<&ResourceId> {
    described(app).or_else(|| app.table_state().filter(|_| app.size.0 >= WIDE)?.cursor.as_ref())
}

/// What is described over the table.
fn described(app: &App) -> Option<&ResourceId> {
    match &app.overlay {
        Some(Overlay::Text(TextPane { subject, kind: TextKind::Describe, .. })) => Some(subject),
        _ => None,
    }
}

/// The reads that feed the place on screen.
pub fn of_place(app: &App) -> Vec<Request> {
    let place = app.place();
    let stacks: Vec<&Stack> = match place.stack() {
        Some(name) => app.stack(name).into_iter().collect(),
        None => app.stacks.iter().collect(),
    };
    let within = place.within.as_ref().filter(|it| it.kind != Kind::Stack);
    let mut requests = requests(
        app,
        stacks,
        |_| true,
        |request| {
            feeds(place.view, &request.query)
                && within.is_none_or(|parent| {
                    request.scope == parent.scope && about(&request.query, parent.kind, &parent.key)
                })
        },
    );
    if place.view == ViewName::Metrics {
        requests.extend(series_of_place(app));
    }
    requests.extend(inspected(app).into_iter().filter(|it| feeds(place.view, &it.query)));
    requests.extend(logs::definitions(app));
    requests.extend(logs::requests(app));
    requests.extend(costs::requests(app));
    requests
}

/// The series that the place on screen shows, as one read for each scope.
pub fn series_of_place(app: &App) -> Vec<Request> {
    let place = app.place();
    match place.view {
        ViewName::Metrics => return series_of_charts(app),
        ViewName::Cost => return as_requests(costs::series(app), Window::Day),
        _ => {}
    }
    let shows = |it: &Measured| match place.view {
        ViewName::Stack => matches!(it.subject.kind, Kind::Cache | Kind::Database | Kind::Group),
        ViewName::Services => it.measure == Measure::ServiceCpu,
        _ => false,
    };
    let stacks = app.stacks.iter().filter(|it| place.stack().is_none_or(|name| it.name.as_str() == name));
    let mut by_scope: BTreeMap<Scope, BTreeSet<MetricRead>> = BTreeMap::new();
    for (stack, scope) in stacks.flat_map(|stack| stack.scopes.iter().map(move |it| (stack, &it.scope))) {
        let found = metrics::of_stack(stack, scope, app.estate.scope(scope));
        let shown = found.iter().filter(|it| shows(it)).map(|it| it.read(FINE));
        by_scope.entry(scope.clone()).or_default().extend(shown);
    }
    as_requests(by_scope, Window::ThreeHours)
}

/// The series of the charts on the page that is on screen: each costs, and nobody looks at the others.
fn series_of_charts(app: &App) -> Vec<Request> {
    let by_id: HashMap<&ResourceId, &Chart> = app.charts.iter().map(|it| (&it.id, it)).collect();
    let mut by_scope: BTreeMap<Scope, BTreeSet<MetricRead>> = BTreeMap::new();
    for row in Layout::of(app).charts_on_page(app) {
        let Some(chart) = by_id.get(&row.id) else { continue };
        by_scope.entry(chart.subject.scope.clone()).or_default().extend(chart.reads(app));
    }
    as_requests(by_scope, app.window)
}

fn as_requests(by_scope: BTreeMap<Scope, BTreeSet<MetricRead>>, window: Window) -> Vec<Request> {
    let request = |(scope, reads): (Scope, BTreeSet<MetricRead>)| Request {
        scope,
        query: Query::Metrics { reads: reads.into_iter().collect(), minutes: window.minutes() },
    };
    by_scope.into_iter().filter(|(_, reads)| !reads.is_empty()).map(request).collect()
}

/// Whether a view shows anything of what a query answers.
fn feeds(view: ViewName, query: &Query) -> bool {
    match view {
        ViewName::Overview | ViewName::Stack => !matches!(
            query,
            Query::Deployments { .. }
                | Query::Activities { .. }
                | Query::AllActivities
                | Query::Refreshes { .. }
                | Query::Template { .. }
                | Query::AllTemplates
                | Query::ServiceActivities
                | Query::AlarmHistory
                | Query::MetricListed { .. }
                | Query::Listeners { .. }
                | Query::Metrics { .. }
                | Query::NatGateways
                | Query::Inventory { .. }
                | Query::TargetGroupAttributes { .. }
        ),
        ViewName::Services => matches!(query, Query::Clusters | Query::Services { .. } | Query::Targets { .. }),
        ViewName::Tasks => matches!(query, Query::Tasks { .. }),
        ViewName::Deployments => matches!(query, Query::Deployments { .. }),
        ViewName::Gateways => matches!(
            query,
            Query::Groups { .. }
                | Query::Sessions { .. }
                | Query::Activities { .. }
                | Query::AllActivities
                | Query::Refreshes { .. }
                | Query::Template { .. }
                | Query::AllTemplates
        ),
        ViewName::Targets => matches!(query, Query::TargetGroups | Query::Targets { .. }),
        ViewName::Sessions => matches!(query, Query::Sessions { .. }),
        ViewName::Alarms => matches!(query, Query::Alarms | Query::MetricListed { .. }),
        ViewName::Events => matches!(query, Query::Services { .. }),
        ViewName::Listeners => {
            matches!(query, Query::Listeners { .. } | Query::TargetGroups | Query::Targets { .. })
        }
        ViewName::Timeline => matches!(
            query,
            Query::Services { .. }
                | Query::Deployments { .. }
                | Query::Activities { .. }
                | Query::AllActivities
                | Query::ServiceActivities
                | Query::Targets { .. }
                | Query::AlarmHistory
        ),
        // The reads of these are found by what they show; the journal lies on this machine.
        ViewName::Metrics | ViewName::Logs | ViewName::Journal => false,
        // Whose budgets they are.
        ViewName::Api | ViewName::Cost => matches!(query, Query::Identity),
    }
}

/// Whether a query of a resource's scope has to do with that resource. Reads of whole clusters always have.
fn about(query: &Query, kind: Kind, key: &str) -> bool {
    match (query, kind) {
        (Query::Targets { group }, Kind::TargetGroup) => group.wire() == key,
        (Query::Deployments { service, .. }, Kind::Service) => service.wire() == key,
        (Query::Tasks { cluster } | Query::Services { cluster, .. }, Kind::Service) => {
            // The old short form of ARN names no cluster and may be of any.
            let named = cluster_of(key);
            named.is_empty() || named == &**cluster
        }
        _ => true,
    }
}

/// The reads among all that operations under way are judged by.
pub fn watched(app: &App) -> Vec<Request> {
    let wanted = of_operations(app);
    if wanted.is_empty() {
        return Vec::new();
    }
    let serves = |request: &Request, wanted: &Request| {
        request.scope == wanted.scope
            && match (&request.query, &wanted.query) {
                (Query::Services { cluster, .. }, Query::Services { cluster: other, .. }) => cluster == other,
                (one, other) => one == other,
            }
    };
    all(app).into_iter().filter(|request| wanted.iter().any(|it| serves(request, it))).collect()
}

/// What operations under way need, whatever stack they belong to.
fn of_operations(app: &App) -> Vec<Request> {
    app.act.operations.iter().flat_map(watch::requests).collect()
}

/// The reads of these stacks that are to be kept; those of service deployments only of the services that are `wanted`.
fn requests(
    app: &App,
    stacks: Vec<&Stack>,
    wanted: impl Fn((&Scope, &Service)) -> bool,
    keep: impl Fn(&Request) -> bool,
) -> Vec<Request> {
    let mut by_scope: BTreeMap<Scope, Merged> = BTreeMap::new();
    if let Some(scope) = app.discovery.as_ref().filter(|_| reads_the_estate(app)) {
        by_scope.entry(scope.clone()).or_default().extend(of_whole_scope(app.estate.scope(scope)));
    }
    for stack in stacks {
        for scope in stack.scopes.iter().map(|it| &it.scope) {
            let known = app.estate.scope(scope);
            let merged = by_scope.entry(scope.clone()).or_default();
            add_stack(merged, stack, scope, known, |it| wanted((scope, it)));
            merged.extend(of_groups(stack, scope, known, app.now));
        }
    }
    for request in of_operations(app) {
        by_scope.entry(request.scope).or_default().add(request.query);
    }
    let mut requests = Vec::new();
    for (scope, merged) in by_scope {
        let wanted = merged.queries().map(|query| Request { scope: scope.clone(), query });
        requests.extend(wanted.filter(&keep));
    }
    requests
}

/// Adds what a stack's part in one scope needs, but for its groups; more once it is known what the scope holds.
fn add_stack(
    queries: &mut Merged,
    stack: &Stack,
    scope: &Scope,
    known: Option<&ScopeEstate>,
    wanted: impl Fn(&Service) -> bool,
) {
    queries.extend([Query::Identity, Query::Alarms, Query::AlarmHistory]);
    let services: Vec<_> = stack.services.iter().filter(|it| it.scopes.contains(scope)).collect();
    let mut cluster = None;
    for service in &services {
        queries.add_service(&service.cluster, &service.name);
        if cluster.replace(&service.cluster) != Some(&service.cluster) {
            queries.add(Query::Tasks { cluster: service.cluster.clone() });
        }
    }
    if !services.is_empty() {
        queries.extend([Query::ScalableTargets, Query::ServiceActivities, Query::TargetGroups]);
    }
    let Some(known) = known else { return };
    for service in &services {
        let Some(found) = known.stack_service(service) else { continue };
        if wanted(found) {
            queries.add(Query::Deployments { cluster: service.cluster.clone(), service: found.arn.clone() });
            // How long its old tasks may drain.
            let groups = found.load_balancers.iter().map(|it| it.target_group.clone());
            queries.extend(groups.map(|group| Query::TargetGroupAttributes { group }));
        }
        queries.extend(found.load_balancers.iter().map(|it| Query::Targets { group: it.target_group.clone() }));
    }
    let groups = stack.target_groups.iter().filter(|it| it.scopes.contains(scope));
    for group in groups.filter_map(|it| known.stack_target_group(it)) {
        queries.add(Query::Targets { group: group.arn.clone() });
        if is_draining(known, &group.arn) {
            queries.add(Query::TargetGroupAttributes { group: group.arn.clone() });
        }
        queries.extend(group.load_balancers.iter().map(|it| Query::Listeners { balancer: it.clone() }));
    }
    let alarms = known.alarms.value().into_iter().flat_map(|it| it.values());
    let silent = alarms.filter(|it| it.has_no_data() && stack.alarms.holds(it.name.as_str()));
    queries.extend(silent.filter_map(|it| Some(Query::MetricListed { metric: it.metric.clone()? })));
}

/// Whether the groups of a scope come from more than one launch template: then all are read at once. Not every server that
/// stands in for AWS answers that.
fn has_several_templates(known: &ScopeEstate) -> bool {
    let groups = known.groups.value().into_iter().flat_map(|it| it.values());
    let mut ids = groups.filter_map(|it| Some(&it.launch_template.as_ref()?.id)).filter(|it| !it.is_empty());
    ids.next().is_some_and(|first| ids.any(|it| it != first))
}

/// What a stack's groups in one scope need. Those that a stack file names are read by name; where groups are there
/// because the scope holds them, they may be many, and are read all at once as far as AWS answers for all.
fn of_groups(stack: &Stack, scope: &Scope, known: Option<&ScopeEstate>, now: Timestamp) -> Vec<Query> {
    let mut queries = Vec::new();
    for spec in stack.groups.iter().filter(|it| it.scopes.contains(scope)) {
        let group = known.and_then(|it| it.stack_group(spec));
        let template = group.and_then(|it| it.launch_template.as_ref()).filter(|it| !it.id.is_empty());
        queries.push(Query::Groups { names: vec![spec.name.clone()] });
        if stack.found {
            queries.push(Query::AllActivities);
        } else {
            queries.push(Query::Activities { group: spec.name.clone() });
        }
        queries.extend(template.map(|it| match known {
            Some(known) if stack.found && has_several_templates(known) => Query::AllTemplates,
            _ => Query::Template { id: it.id.as_str().into() },
        }));
        if !stack.found || known.zip(group).is_none_or(|(known, group)| known.may_refresh(group, now)) {
            queries.push(Query::Refreshes { group: spec.name.clone() });
        }
        let Some(source) = &spec.sessions else { continue };
        if let Some((table, gateway_attribute)) = &source.table {
            queries.push(Query::Sessions { table: table.clone(), gateway_attribute: gateway_attribute.clone() });
        }
    }
    queries
}

/// What a scope without stack files needs: everything it holds.
fn of_whole_scope(known: Option<&ScopeEstate>) -> Vec<Query> {
    let mut queries = vec![
        Query::Identity,
        Query::Clusters,
        Query::Groups { names: Vec::new() },
        Query::TargetGroups,
        Query::ScalableTargets,
        Query::ServiceActivities,
        Query::Alarms,
        Query::AlarmHistory,
    ];
    for cluster in known.and_then(|it| it.clusters.value()).into_iter().flatten() {
        let cluster: Arc<str> = cluster.name.as_str().into();
        queries.push(Query::Services { cluster: cluster.clone(), names: Vec::new() });
        queries.push(Query::Tasks { cluster });
    }
    queries
}

/// What is wanted of one scope, the reads joined that one call can answer: names of one cluster, of all groups.
#[derive(Default)]
struct Merged {
    services: BTreeMap<Arc<str>, Names>,
    groups: Option<Names>,
    others: BTreeSet<Query>,
}

/// Everything, or what is named.
enum Names {
    All,
    These(BTreeSet<Arc<str>>),
}

impl Default for Names {
    fn default() -> Self {
        Self::These(BTreeSet::new())
    }
}

impl Names {
    /// Adds what a query names: where it names nothing it means everything.
    fn add(&mut self, names: Vec<Arc<str>>) {
        match self {
            _ if names.is_empty() => *self = Self::All,
            Self::These(all) => all.extend(names),
            Self::All => {}
        }
    }

    fn into_names(self) -> Vec<Arc<str>> {
        match self {
            Self::All => Vec::new(),
            Self::These(names) => names.into_iter().collect(),
        }
    }
}

impl Merged {
    fn add(&mut self, query: Query) {
        match query {
            Query::Services { cluster, names } => self.services.entry(cluster).or_default().add(names),
            Query::Groups { names } => self.groups.get_or_insert_default().add(names),
            other => {
                self.others.insert(other);
            }
        }
    }

    /// Adds the read of one service: there may be a thousand, and nothing is gained where its whole cluster is read.
    fn add_service(&mut self, cluster: &Arc<str>, name: &Arc<str>) {
        match self.services.get_mut(cluster) {
            Some(Names::All) => {}
            Some(Names::These(names)) => {
                names.insert(name.clone());
            }
            None => self.add(Query::Services { cluster: cluster.clone(), names: vec![name.clone()] }),
        }
    }

    fn extend(&mut self, queries: impl IntoIterator<Item = Query>) {
        queries.into_iter().for_each(|it| self.add(it));
    }

    fn queries(self) -> impl Iterator<Item = Query> {
        let services = self.services.into_iter();
        let services = services.map(|(cluster, names)| Query::Services { cluster, names: names.into_names() });
        let groups = self.groups.into_iter().map(|it| Query::Groups { names: it.into_names() });
        self.others.into_iter().chain(services).chain(groups)
    }
}
