//! What a series measures: its metric, the statistic that is read of it, and the unit it is shown in.

/// One figure of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Of what the tasks of a service have reserved.
    ServiceCpu,
    ServiceMemory,
    Requests,
    /// Answers of the targets: half are faster.
    LatencyP50,
    LatencyP95,
    LatencyP99,
    /// Answers 5xx of the targets.
    Target5xx,
    /// Answers 5xx of the load balancer itself, whichever target group they were meant for.
    Balancer5xx,
    HealthyHosts,
    UnhealthyHosts,
    /// Mean of the gateways, or of one where gateways publish a dimension.
    Sessions,
    /// Of the instances of a group.
    GatewayCpu,
    CacheCpu,
    CacheMemory,
    CacheConnections,
    DatabaseCpu,
    DatabaseConnections,
    DatabaseStorage,
    ReplicaLag,
}

/// What values are shown in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Percent,
    PerSecond,
    /// Events a minute.
    PerMinute,
    Milliseconds,
    Seconds,
    Count,
    Bytes,
}

impl Measure {
    /// Namespace and name of its metric. Sessions have those that the stack file names.
    pub fn metric(self) -> (&'static str, &'static str) {
        const BALANCER: &str = "AWS/ApplicationELB";
        match self {
            Self::ServiceCpu => ("AWS/ECS", "CPUUtilization"),
            Self::ServiceMemory => ("AWS/ECS", "MemoryUtilization"),
            Self::Requests => (BALANCER, "RequestCount"),
            Self::LatencyP50 | Self::LatencyP95 | Self::LatencyP99 => (BALANCER, "TargetResponseTime"),
            Self::Target5xx => (BALANCER, "HTTPCode_Target_5XX_Count"),
            Self::Balancer5xx => (BALANCER, "HTTPCode_ELB_5XX_Count"),
            Self::HealthyHosts => (BALANCER, "HealthyHostCount"),
            Self::UnhealthyHosts => (BALANCER, "UnHealthyHostCount"),
            Self::Sessions => ("", ""),
            Self::GatewayCpu => ("AWS/EC2", "CPUUtilization"),
            Self::CacheCpu => ("AWS/ElastiCache", "CPUUtilization"),
            Self::CacheMemory => ("AWS/ElastiCache", "DatabaseMemoryUsagePercentage"),
            Self::CacheConnections => ("AWS/ElastiCache", "CurrConnections"),
            Self::DatabaseCpu => ("AWS/RDS", "CPUUtilization"),
            Self::DatabaseConnections => ("AWS/RDS", "DatabaseConnections"),
            Self::DatabaseStorage => ("AWS/RDS", "FreeStorageSpace"),
            Self::ReplicaLag => ("AWS/RDS", "ReplicaLag"),
        }
    }

    /// The statistic that tells the figure. A sum of host counts would count every minute's report.
    pub fn statistic(self) -> &'static str {
        match self {
            Self::Requests | Self::Target5xx | Self::Balancer5xx => "Sum",
            Self::LatencyP50 => "p50",
            Self::LatencyP95 => "p95",
            Self::LatencyP99 => "p99",
            Self::HealthyHosts | Self::DatabaseStorage => "Minimum",
            Self::UnhealthyHosts | Self::ReplicaLag => "Maximum",
            _ => "Average",
        }
    }

    pub fn unit(self) -> Unit {
        match self {
            Self::ServiceCpu
            | Self::ServiceMemory
            | Self::GatewayCpu
            | Self::CacheCpu
            | Self::CacheMemory
            | Self::DatabaseCpu => Unit::Percent,
            Self::Requests => Unit::PerSecond,
            Self::Target5xx | Self::Balancer5xx => Unit::PerMinute,
            Self::LatencyP50 | Self::LatencyP95 | Self::LatencyP99 => Unit::Milliseconds,
            Self::ReplicaLag => Unit::Seconds,
            Self::DatabaseStorage => Unit::Bytes,
            Self::HealthyHosts
            | Self::UnhealthyHosts
            | Self::Sessions
            | Self::CacheConnections
            | Self::DatabaseConnections => Unit::Count,
        }
    }

    /// Whether a period without data is one in which nothing happened: load balancers publish these counts only where
    /// there was something to count.
    pub fn is_zero_where_absent(self) -> bool {
        matches!(self, Self::Requests | Self::Target5xx | Self::Balancer5xx)
    }

    /// A value as CloudWatch gives it for a period of so many seconds, in the measure's unit.
    pub fn shown(self, value: f64, period_seconds: u32) -> f64 {
        match self.unit() {
            Unit::PerSecond => value / f64::from(period_seconds.max(1)),
            Unit::PerMinute => value * 60.0 / f64::from(period_seconds.max(1)),
            Unit::Milliseconds => value * 1000.0,
            Unit::Percent | Unit::Seconds | Unit::Count | Unit::Bytes => value,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "the factors are exact")]

    use super::Measure;

    #[test]
    fn sums_are_shown_as_rates_whatever_the_period() {
        assert_eq!(Measure::Requests.shown(1200.0, 60), 20.0);
        assert_eq!(Measure::Requests.shown(6000.0, 300), 20.0);
        assert_eq!(Measure::Target5xx.shown(10.0, 300), 2.0);
    }

    #[test]
    fn latencies_are_shown_in_milliseconds_and_shares_as_they_are() {
        assert_eq!(Measure::LatencyP95.shown(0.045, 60), 45.0);
        assert_eq!(Measure::ServiceCpu.shown(38.5, 300), 38.5);
    }
}
