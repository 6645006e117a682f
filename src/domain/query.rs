//! What can be asked of AWS, and what it answers: the console's reads as values.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    alarm::{Alarm, AlarmChange},
    cost::{
        self, CostFilter, Told, allocation::Allocation, bill::Bill, budget::Budget, forecast::Forecast, month::Month,
    },
    definition::Definition,
    deployment::Deployment,
    fault::Fault,
    group::{Activity, Group},
    id::{Arn, ResourceId, Scope},
    inventory::{Holding, Inventory},
    listener::Listener,
    log::{Excerpt, LogPage},
    metric::{MetricName, MetricRead, Series},
    money::Money,
    nat::NatGateway,
    permission::Permission,
    refresh::Refresh,
    registry::{Image, ImageId, ImageManifest, Repository},
    scaling::{ScalableTarget, ServiceActivity},
    service::{Cluster, Service},
    session::Session,
    target::{Target, TargetGroup, TargetGroupAttributes},
    task::Task,
    template::Template,
    text::SafeText,
};

/// One read, in one scope. Equal requests are the same read: at most one is under way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request {
    pub scope: Scope,
    pub query: Query,
}

/// What is read. Each says the AWS calls it costs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Query {
    /// sts:GetCallerIdentity.
    Identity,
    /// ecs:ListClusters, DescribeClusters (≤ 100 a call).
    Clusters,
    /// ecs:ListServices (100 a page), DescribeServices (≤ 10 a call). With names: DescribeServices alone.
    Services { cluster: Arc<str>, names: Vec<Arc<str>> },
    /// ecs:ListTasks twice (running, stopped), DescribeTasks (≤ 100 a call).
    Tasks { cluster: Arc<str> },
    /// ecs:ListServiceDeployments, DescribeServiceDeployments and DescribeServiceRevisions (≤ 20 a call); the newest 20.
    Deployments { cluster: Arc<str>, service: Arn },
    /// ecs:DescribeTaskDefinition.
    TaskDefinition { definition: Arn },
    /// application-autoscaling:DescribeScalableTargets, DescribeScalingPolicies.
    ScalableTargets,
    /// application-autoscaling:DescribeScalingActivities of ECS, refusals included; the newest 50.
    ServiceActivities,
    /// autoscaling:DescribeAutoScalingGroups (≤ 50 names a call), DescribePolicies, ec2:DescribeInstances,
    /// DescribeInstanceStatus; DescribeLifecycleHooks of groups in which an instance waits. Without names: every group.
    Groups { names: Vec<Arc<str>> },
    /// autoscaling:DescribeScalingActivities, the newest 100.
    Activities { group: Arc<str> },
    /// autoscaling:DescribeScalingActivities of every group in one call, the newest 100.
    AllActivities,
    /// autoscaling:DescribeInstanceRefreshes, the newest ten.
    Refreshes { group: Arc<str> },
    /// ec2:DescribeLaunchTemplateVersions twice: the newest 100, and what `$Default` stands for.
    Template { id: Arc<str> },
    /// ec2:DescribeLaunchTemplateVersions of `$Latest` and `$Default` without a template: of every one (200 a page).
    AllTemplates,
    /// ec2:DescribeNatGateways (1000 a page); only while somebody looks at what they cost.
    NatGateways,
    /// What a checklist asks for; only while somebody looks at one, or as long as something on it is missing.
    Inventory { of: Inventory },
    /// elasticloadbalancing:DescribeTargetGroups.
    TargetGroups,
    /// elasticloadbalancing:DescribeTargetGroupAttributes.
    TargetGroupAttributes { group: Arn },
    /// elasticloadbalancing:DescribeTargetHealth.
    Targets { group: Arn },
    /// elasticloadbalancing:DescribeListeners, DescribeRules (one a listener).
    Listeners { balancer: Arn },
    /// cloudwatch:DescribeAlarms, metric and composite.
    Alarms,
    /// cloudwatch:DescribeAlarmHistory, changes of state; the newest 100.
    AlarmHistory,
    /// cloudwatch:ListMetrics of one metric.
    MetricListed { metric: MetricName },
    /// cloudwatch:GetMetricData (≤ 500 a call), the last `minutes`, from the start of a period on.
    Metrics { reads: Vec<MetricRead>, minutes: u32 },
    /// logs:FilterLogEvents, the newest lines first; only while somebody looks at them.
    Logs { excerpt: Excerpt },
    /// dynamodb:Scan of the table of open sessions.
    Sessions { table: Arc<str>, gateway_attribute: Arc<str> },
    /// The resource as AWS describes it, as JSON: one describe call.
    Raw { resource: ResourceId },
    /// ecs:ListTaskDefinitions: the newest 100 ACTIVE revisions of a family.
    Revisions { family: Arc<str> },
    /// ecr:DescribeRepositories, of the registry of an account.
    Repository { registry: Arc<str>, name: Arc<str> },
    /// ecr:DescribeImages (1000 a page), archived ones too.
    Images { registry: Arc<str>, repository: Arc<str> },
    /// ecr:DescribeImages and BatchGetImage, of one image.
    Image { registry: Arc<str>, repository: Arc<str>, id: ImageId },
    /// iam:SimulatePrincipalPolicy of a user or role (or of a role's session), and GetRole where the role has a path.
    Permissions { principal: Arc<str>, actions: Vec<Arc<str>>, resources: Vec<Arc<str>> },
    /// ce:GetCostAndUsage by day, service and usage type, of the days of [`Bill::range`]. Every page is paid for.
    Bill { filter: CostFilter, month: Month },
    /// ce:GetCostForecast of the days from today to the month's end, in one figure. Paid for.
    Forecast { filter: CostFilter, month: Month },
    /// ce:GetCostAndUsage of the month so far, by the values of a tag and by service. Every page is paid for.
    Allocation { key: Arc<str>, month: Month },
    /// ce:GetDimensionValues: the accounts that the month so far bills. Every page is paid for.
    BilledAccounts { month: Month },
    /// budgets:DescribeBudgets (100 a page), DescribeNotificationsForBudget (one a budget).
    Budgets { account: Arc<str> },
}

impl Query {
    /// Whether its answer belongs to the estate that is watched. Others are asked for once, by whoever needs them:
    /// for a text on screen, for a plan. (The estate keeps task definitions all the same, which never change, and images, while somebody looks.)
    pub fn is_watched(&self) -> bool {
        !matches!(
            self,
            Self::Raw { .. }
                | Self::TaskDefinition { .. }
                | Self::Revisions { .. }
                | Self::Repository { .. }
                | Self::Images { .. }
                | Self::Image { .. }
                | Self::Permissions { .. }
        )
    }

    /// What each page of its answer costs, where it costs anything by itself.
    pub fn price(&self) -> Option<Money> {
        match self {
            Self::Bill { .. } | Self::Forecast { .. } | Self::Allocation { .. } | Self::BilledAccounts { .. } => {
                Some(cost::REQUEST_PRICE)
            }
            _ => None,
        }
    }

    /// Whether it asks what things cost: asked seldom, answers kept on disk, never with `--no-cost`.
    pub fn is_of_cost(&self) -> bool {
        self.price().is_some() || matches!(self, Self::Budgets { .. })
    }

    /// The month that a question of cost is about.
    pub fn month(&self) -> Option<Month> {
        match self {
            Self::Bill { month, .. }
            | Self::Forecast { month, .. }
            | Self::Allocation { month, .. }
            | Self::BilledAccounts { month } => Some(*month),
            _ => None,
        }
    }
}

/// Who the credentials belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub account: SafeText,
    pub arn: SafeText,
    /// When the credentials end; `None` for those that do not, or do not say so.
    pub expires_at: Option<Timestamp>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    Identity(Identity),
    Clusters(Vec<Cluster>),
    Services(Vec<Service>),
    Tasks(Vec<Task>),
    Deployments(Vec<Deployment>),
    TaskDefinition(Box<Definition>),
    ScalableTargets(Vec<ScalableTarget>),
    /// Newest first.
    ServiceActivities(Vec<ServiceActivity>),
    Groups(Vec<Group>),
    Activities(Vec<Activity>),
    /// Newest first, each with its group's name.
    AllActivities(Vec<(Arc<str>, Activity)>),
    /// Newest first.
    Refreshes(Vec<Refresh>),
    Template(Template),
    /// By id; each with its latest and its default version.
    AllTemplates(Vec<(Arc<str>, Template)>),
    /// Those that are there.
    NatGateways(Vec<NatGateway>),
    /// Nothing where what was asked for does not exist.
    Inventory(Vec<Holding>),
    TargetGroups(Vec<TargetGroup>),
    TargetGroupAttributes(TargetGroupAttributes),
    Targets(Vec<Target>),
    Listeners(Vec<Listener>),
    Alarms(Vec<Alarm>),
    /// Newest first.
    AlarmHistory(Vec<AlarmChange>),
    /// Whether the metric has had data within about two weeks.
    MetricListed(bool),
    Metrics(Vec<(MetricRead, Series)>),
    Logs(LogPage),
    Sessions(Vec<Session>),
    /// Pretty-printed JSON, secrets redacted, line by line.
    Raw(Vec<SafeText>),
    /// Newest first.
    Revisions(Vec<Arn>),
    Repository(Box<Repository>),
    /// Newest first.
    Images(Vec<Image>),
    Image(Box<ImageManifest>),
    /// One for each action on each resource.
    Permissions(Vec<Permission>),
    /// Where a later page fails, the answer is partial: pages before it have been paid for.
    Bill(Box<Told<Bill>>),
    Forecast(Told<Forecast>),
    Allocation(Box<Told<Allocation>>),
    BilledAccounts(Told<Vec<SafeText>>),
    Budgets(Told<Vec<Budget>>),
}

/// How a read ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Complete(Answer),
    /// Some pages or some of the calls failed: what came, and the first fault.
    Partial(Answer, Fault),
    Failed(Fault),
}

/// One HTTP attempt, for the API meter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub at: Timestamp,
    /// As `ecs:DescribeServices`.
    pub operation: SafeText,
    /// HTTP status; 0 where nothing came back.
    pub status: u16,
    pub throttled: bool,
    /// No answer came in time.
    pub timed_out: bool,
    /// A retry of an attempt before it.
    pub retry: bool,
    pub milliseconds: u32,
    /// Of the answer's body.
    pub bytes: u64,
    /// Metrics requested, where the call is billed by them.
    pub metrics: u32,
    /// Pages of Cost Explorer, each of which is billed.
    pub pages: u32,
}
