//! Spot capacity: the requests that Spot instances fulfil, the two minutes' notice, and `DescribeSpotInstanceRequests`.

use jiff::{SignedDuration, Timestamp};

use super::{
    super::world::Tick,
    Instance, Phase, State,
    describe_instances::named,
    listing::{Listing, list},
};
use crate::{
    shape,
    sim::wire::{
        call::{Call, Reply},
        error::ApiError,
        value::Value,
    },
};

/// How long after its notice an instance is taken back.
const NOTICE: SignedDuration = SignedDuration::from_mins(2);

const REQUESTS: Listing = Listing {
    name: "ec2.DescribeSpotInstanceRequests",
    ids: "SpotInstanceRequestId",
    filters: &["instance-id", "spot-instance-request-id", "state", "status-code"],
    most: 1000,
    unknown: |id| {
        let message = format!("The spot instance request ID '{id}' does not exist");
        ApiError::bad_request("InvalidSpotInstanceRequestID.NotFound", message)
    },
};

/// The request that an instance on Spot capacity fulfils.
#[derive(Debug, Clone)]
pub struct SpotRequest {
    pub id: String,
    made: Timestamp,
    /// When AWS gave notice of taking the instance back.
    noticed: Option<Timestamp>,
}

impl SpotRequest {
    pub fn new(tick: &mut Tick<'_>) -> Self {
        Self { id: format!("sir-{}", tick.random.hex(8)), made: tick.now, noticed: None }
    }
}

impl Instance {
    /// Goes, when the two minutes after its notice are over.
    pub fn take_back(&mut self, tick: &mut Tick<'_>) {
        let noticed = self.spot.as_ref().and_then(|it| it.noticed);
        if noticed.is_some_and(|at| tick.now.duration_since(at) >= NOTICE) {
            let (code, text) =
                ("Server.SpotInstanceTermination", "Server.SpotInstanceTermination: Spot instance termination");
            self.shut_down(code, text, tick);
        }
    }
}

impl State {
    /// Lets an instance run on Spot capacity from now on; for scenarios.
    pub fn make_spot(&mut self, id: &str, tick: &mut Tick<'_>) {
        if let Some(instance) = self.instances.get_mut(id)
            && instance.spot.is_none()
        {
            instance.spot = Some(SpotRequest::new(tick));
        }
    }

    /// Gives two minutes' notice to a Spot instance; for scenarios. False where there is no such one.
    pub fn give_notice(&mut self, id: &str, tick: &Tick<'_>) -> bool {
        let instance = self.instances.get_mut(id).filter(|it| it.running());
        let request = instance.and_then(|it| it.spot.as_mut()).filter(|it| it.noticed.is_none());
        request.is_some_and(|it| {
            it.noticed = Some(tick.now);
            true
        })
    }
}

/// The requests of the instances that are there, fulfilled ones and those whose instance has gone.
pub fn describe_spot_instance_requests(state: &State, call: &Call<'_>, _now: Timestamp) -> Reply {
    let requests = named(state, &[])?.into_iter().filter_map(|it| Some((it, it.spot.as_ref()?))).collect();
    let filtered = |(instance, request): &(&Instance, &SpotRequest), name: &str| match name {
        "instance-id" => instance.id.clone(),
        "state" => standing(instance, request).state.to_owned(),
        "status-code" => standing(instance, request).code.to_owned(),
        _ => request.id.clone(),
    };
    let (requests, next) = list(&REQUESTS, call, requests, |(_, it)| &it.id, |_| Vec::new(), filtered)?;
    let requests = requests.into_iter().map(|(instance, request)| spelt(instance, request));
    Ok(shape! { "spotInstanceRequestSet" => Value::list(requests), "nextToken" => next })
}

/// How a request stands, as AWS says it.
struct Standing {
    state: &'static str,
    code: &'static str,
    message: &'static str,
    since: Timestamp,
}

fn standing(instance: &Instance, request: &SpotRequest) -> Standing {
    let was_taken = instance.reason.as_ref().is_some_and(|(code, _)| code == "Server.SpotInstanceTermination");
    let since = match (request.noticed, instance.phase) {
        (Some(noticed), _) if was_taken => noticed.saturating_add(NOTICE).unwrap_or(noticed),
        (_, Phase::Terminated { at }) => at,
        (noticed, _) => noticed.unwrap_or(request.made),
    };
    let (state, code, message) = match (instance.alive(), request.noticed, was_taken) {
        (true, None, _) => ("active", "fulfilled", "Your spot request is fulfilled."),
        (true, Some(_), _) => (
            "active",
            "marked-for-termination",
            "Your Spot Instance is marked for termination as there is no capacity.",
        ),
        (false, _, true) => {
            ("closed", "instance-terminated-no-capacity", "Your Spot Instance was terminated as there is no capacity.")
        }
        (false, _, false) => ("closed", "instance-terminated-by-user", "Your Spot Instance was terminated by a user."),
    };
    Standing { state, code, message, since }
}

fn spelt(instance: &Instance, request: &SpotRequest) -> Value {
    let Standing { state, code, message, since } = standing(instance, request);
    shape! {
        "spotInstanceRequestId" => &request.id,
        "type" => "one-time",
        "state" => state,
        "status" => shape! { "code" => code, "message" => message, "updateTime" => since },
        "instanceId" => &instance.id,
        "createTime" => request.made,
        "productDescription" => "Linux/UNIX",
        "launchedAvailabilityZone" => &instance.launch.subnet.zone,
        "instanceInterruptionBehavior" => "terminate",
        "tagSet" => Value::List(Vec::new()),
    }
}
