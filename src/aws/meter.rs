//! The API meter: every HTTP attempt of every client, as it ends.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use aws_sdk_cloudwatch::operation::get_metric_data::GetMetricDataInput;
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{
            Intercept,
            context::{
                BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
                FinalizerInterceptorContextRef,
            },
        },
        orchestrator::{HttpResponse, Metadata},
        result::ConnectorError,
        retries::RequestAttempts,
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use jiff::Timestamp;
use tokio::time::Instant;

use super::{
    body,
    fault::{kind_of_code, was_not_sent},
};
use crate::domain::{fault::FaultKind, query::Attempt};

/// The service of which each answer is billed.
const BILLED: &str = "ce";

/// Where attempts are reported, and the clock that dates them.
#[derive(Clone)]
pub struct Meter {
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    report: Arc<dyn Fn(Attempt) + Send + Sync>,
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter").finish_non_exhaustive()
    }
}

impl Meter {
    /// A meter that dates attempts by `clock` and hands each to `report`, which must not block.
    pub fn new(
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
        report: impl Fn(Attempt) + Send + Sync + 'static,
    ) -> Self {
        Self { clock: Arc::new(clock), report: Arc::new(report) }
    }

    /// The interceptor for the clients of one service, named as in IAM actions (`ecs`).
    pub(super) fn of(&self, service: &'static str) -> Probe {
        Probe { meter: self.clone(), service }
    }
}

/// The meter in the clients of one service.
#[derive(Debug)]
pub(super) struct Probe {
    meter: Meter,
    service: &'static str,
}

/// An attempt that has left. It is reported when dropped: as it ended, or without an answer where the whole
/// operation was given up.
#[derive(Debug)]
struct UnderWay {
    meter: Meter,
    sent: Instant,
    attempt: Mutex<Attempt>,
}

impl Storable for UnderWay {
    type Storer = StoreReplace<Self>;
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let attempt = self.attempt.get_mut().unwrap_or_else(PoisonError::into_inner);
        attempt.milliseconds = self.sent.elapsed().as_millis() as u32;
        (self.meter.report)(attempt.clone());
    }
}

/// Metrics that the call asks for.
#[derive(Debug, Clone, Copy)]
struct MetricsRequested(u32);

impl Storable for MetricsRequested {
    type Storer = StoreReplace<Self>;
}

impl Intercept for Probe {
    fn name(&self) -> &'static str {
        "Meter"
    }

    fn read_before_serialization(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(input) = context.input().downcast_ref::<GetMetricDataInput>() {
            let metrics = input.metric_data_queries().iter().filter(|it| it.metric_stat.is_some()).count();
            config.interceptor_state().store_put(MetricsRequested(metrics as u32));
        }
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = config.load::<Metadata>().map_or("?", |it| it.name());
        let attempt = Attempt {
            at: (self.meter.clock)(),
            operation: format!("{}:{operation}", self.service).into(),
            status: 0,
            throttled: false,
            timed_out: false,
            retry: config.load::<RequestAttempts>().is_some_and(|it| it.attempts() > 1),
            milliseconds: 0,
            bytes: 0,
            metrics: 0,
            // Until AWS refuses it, or it has not left: what was sent and not heard of may have been answered, and billed.
            pages: u32::from(self.service == BILLED),
        };
        let under_way = UnderWay { meter: self.meter.clone(), sent: Instant::now(), attempt: Mutex::new(attempt) };
        config.interceptor_state().store_put(under_way);
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let (Some(under_way), Some(Err(error))) = (config.load::<UnderWay>(), context.output_or_error()) {
            let mut attempt = under_way.attempt.lock().unwrap_or_else(PoisonError::into_inner);
            let of_the_way = error.as_connector_error();
            attempt.timed_out = error.is_timeout_error() || of_the_way.is_some_and(ConnectorError::is_timeout);
            if of_the_way.is_some_and(|it| was_not_sent(it)) {
                attempt.pages = 0;
            }
        }
        // Absent where nothing left the machine: no credentials could be had.
        if let (Some(under_way), Some(response)) = (config.load::<UnderWay>(), context.response()) {
            let mut attempt = under_way.attempt.lock().unwrap_or_else(PoisonError::into_inner);
            attempt.status = response.status().as_u16();
            attempt.throttled = is_throttle(response);
            attempt.bytes = response.body().bytes().map_or(0, |it| it.len() as u64);
            // A refused call is not billed.
            if response.status().is_success() {
                attempt.metrics = config.load::<MetricsRequested>().map_or(0, |it| it.0);
            } else {
                attempt.pages = 0;
            }
        }
        config.interceptor_state().unset::<UnderWay>();
        Ok(())
    }
}

/// Whether an answer says "too often": by its status or the code in its body.
fn is_throttle(response: &HttpResponse) -> bool {
    if response.status().is_success() {
        return false;
    }
    let code = response.body().bytes().and_then(body::error_code);
    response.status().as_u16() == 429 || code.and_then(|it| kind_of_code(&it)) == Some(FaultKind::Throttled)
}
