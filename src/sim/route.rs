//! From an HTTP request to the service that answers it, and back.

use bytes::Bytes;

use super::{
    autoscaling, budgets, cloudwatch, costexplorer, dynamodb, ec2, ecr, ecs,
    edge::Asked,
    elasticache, elb, iam, logs, rds, scaling, sts,
    wire::{
        call::{Call, Reply},
        fault::Fault,
        incoming::Incoming,
        input::Input,
        outgoing::Outgoing,
        signature::Signature,
    },
    world::{Place, World},
};

/// A simulated service and how requests address it.
struct Service {
    /// Its prefix in IAM's actions.
    name: &'static str,
    /// awsJson's target prefix, or Query's `Version`.
    addresses: &'static [&'static str],
    /// The namespace of its XML documents.
    xmlns: &'static str,
    /// For a service that has left Query: the shape name of an error code.
    shape_of_code: Option<fn(&str) -> &str>,
    answer: fn(&mut World, &Call<'_>) -> Option<Reply>,
}

const SERVICES: [Service; 15] = [
    Service {
        name: "ecs",
        addresses: &["AmazonEC2ContainerServiceV20141113"],
        xmlns: "",
        shape_of_code: None,
        answer: ecs::answer,
    },
    Service {
        name: "ec2",
        addresses: &["2016-11-15"],
        xmlns: "http://ec2.amazonaws.com/doc/2016-11-15/",
        shape_of_code: None,
        answer: ec2::answer,
    },
    Service {
        name: "autoscaling",
        addresses: &["2011-01-01"],
        xmlns: "http://autoscaling.amazonaws.com/doc/2011-01-01/",
        shape_of_code: None,
        answer: autoscaling::answer,
    },
    Service {
        name: "elasticloadbalancing",
        addresses: &["2015-12-01"],
        xmlns: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
        shape_of_code: None,
        answer: elb::answer,
    },
    Service {
        name: "cloudwatch",
        addresses: &["GraniteServiceVersion20100801", "2010-08-01"],
        xmlns: "http://monitoring.amazonaws.com/doc/2010-08-01/",
        shape_of_code: Some(cloudwatch_shape),
        answer: cloudwatch::answer,
    },
    Service {
        name: "application-autoscaling",
        addresses: &["AnyScaleFrontendService"],
        xmlns: "",
        shape_of_code: None,
        answer: scaling::answer,
    },
    Service {
        name: "dynamodb",
        addresses: &["DynamoDB_20120810"],
        xmlns: "",
        shape_of_code: None,
        answer: dynamodb::answer,
    },
    Service {
        name: "sts",
        addresses: &["2011-06-15"],
        xmlns: "https://sts.amazonaws.com/doc/2011-06-15/",
        shape_of_code: None,
        answer: sts::answer,
    },
    Service {
        name: "ecr",
        addresses: &["AmazonEC2ContainerRegistry_V20150921"],
        xmlns: "",
        shape_of_code: None,
        answer: ecr::answer,
    },
    Service { name: "logs", addresses: &["Logs_20140328"], xmlns: "", shape_of_code: None, answer: logs::answer },
    Service {
        name: "elasticache",
        addresses: &["2015-02-02"],
        xmlns: "http://elasticache.amazonaws.com/doc/2015-02-02/",
        shape_of_code: None,
        answer: elasticache::answer,
    },
    Service {
        name: "rds",
        addresses: &["2014-10-31"],
        xmlns: "http://rds.amazonaws.com/doc/2014-10-31/",
        shape_of_code: None,
        answer: rds::answer,
    },
    Service {
        name: "iam",
        addresses: &["2010-05-08"],
        xmlns: "https://iam.amazonaws.com/doc/2010-05-08/",
        shape_of_code: None,
        answer: iam::answer,
    },
    Service {
        name: "ce",
        addresses: &["AWSInsightsIndexService"],
        xmlns: "",
        shape_of_code: None,
        answer: costexplorer::answer,
    },
    Service {
        name: "budgets",
        addresses: &["AWSBudgetServiceGateway"],
        xmlns: "",
        shape_of_code: None,
        answer: budgets::answer,
    },
];

/// Whose request it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Client,
    /// An operator in a scenario: another one than those whom scenarios make trouble for.
    Scenario,
}

/// Answers one request: decodes it, finds place and caller, calls the service, encodes in the caller's dialect.
pub fn answer(world: &mut World, request: &http::Request<Bytes>) -> http::Response<Bytes> {
    respond(world, request, Origin::Client)
}

/// Answers a request of a scenario's operator, who is let in whatever clients are refused.
pub fn answer_scenario(world: &mut World, request: &http::Request<Bytes>) -> http::Response<Bytes> {
    respond(world, request, Origin::Scenario)
}

fn respond(world: &mut World, request: &http::Request<Bytes>, origin: Origin) -> http::Response<Bytes> {
    let incoming = Incoming::read(request);
    let request_id = world.edge.request_id();
    let service = SERVICES.iter().find(|service| service.addresses.contains(&incoming.address.as_str()));
    let shape_of_code = service.and_then(|service| service.shape_of_code);
    let outgoing = Outgoing {
        dialect: incoming.dialect,
        operation: &incoming.operation,
        xmlns: service.map_or("", |service| service.xmlns),
        shape_of_code,
        request_id: &request_id,
    };
    let refuse = |fault: Fault| match shape_of_code {
        Some(_) => fault.error_with_query_past(incoming.dialect),
        None => fault.error(incoming.dialect),
    };
    let reply = match admit(world, request, &incoming, service, origin) {
        Ok((access_key, place, input)) => {
            let operation = incoming.operation.as_str();
            let call = Call { operation, input, place, access_key, request_id: &request_id };
            service
                .and_then(|service| (service.answer)(world, &call))
                .unwrap_or_else(|| Err(refuse(Fault::UnknownOperation(operation.to_owned()))))
        }
        Err(fault) => Err(refuse(fault)),
    };
    match reply {
        Ok(output) => outgoing.success(&output),
        Err(error) => outgoing.failure(&error),
    }
}

/// Lets a request through to its service or refuses it, as every service's front end does alike; returns the access
/// key, the place and the input.
fn admit<'r>(
    world: &mut World,
    request: &'r http::Request<Bytes>,
    incoming: &'r Incoming,
    service: Option<&Service>,
    origin: Origin,
) -> Result<(&'r str, Place, Input<'r>), Fault> {
    let signature = Signature::read(request.headers())?;
    let input = Input(incoming.input.as_ref().map_err(Clone::clone)?);
    let (access_key, place) = (signature.access_key, Place::new(signature.account(), signature.region));
    if let Some(service) = service.filter(|_| origin == Origin::Client) {
        let (service, operation) = (service.name, incoming.operation.as_str());
        world.edge.admit(&Asked { service, operation, input, place: &place, access_key }, world.now)?;
    }
    Ok((access_key, place, input))
}

/// The shape of a CloudWatch error code, where the two differ (`awsQueryError` in its model).
fn cloudwatch_shape(code: &str) -> &str {
    match code {
        "InvalidParameterValue" => "InvalidParameterValueException",
        "InvalidParameterCombination" => "InvalidParameterCombinationException",
        "MissingParameter" => "MissingRequiredParameterException",
        "InvalidParameterInput" => "DashboardInvalidInputError",
        "InvalidFormat" => "InvalidFormatFault",
        "LimitExceeded" => "LimitExceededFault",
        "InternalServiceError" => "InternalServiceFault",
        "ValidationError" => "ValidationException",
        "Throttling" => "ThrottlingException",
        "ExpiredToken" => "ExpiredTokenException",
        "AccessDenied" => "AccessDeniedException",
        code => code,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::sim::edge::{THROTTLED_SERVICES, Trouble};

    const SIGNED: (&str, &str) =
        ("authorization", "AWS4-HMAC-SHA256 Credential=SIM444455556666/20261120/eu-west-2/x/aws4_request, Signature=0");
    const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

    fn send(headers: &[(&str, &str)], path: &str, body: &str) -> (u16, String) {
        let builder =
            headers.iter().fold(http::Request::post(path), |builder, (name, value)| builder.header(*name, *value));
        let request = builder.body(Bytes::copy_from_slice(body.as_bytes())).unwrap();
        let response = answer(&mut World::new(1, Timestamp::UNIX_EPOCH), &request);
        assert!(response.headers().contains_key("x-amzn-requestid"));
        (response.status().as_u16(), String::from_utf8_lossy(response.body()).into_owned())
    }

    #[test]
    fn unsigned_requests_are_refused_in_every_dialect() {
        let (status, body) = send(&[("x-amz-target", "AmazonEC2ContainerServiceV20141113.ListClusters")], "/", "{}");
        assert!(status == 400 && body.contains("MissingAuthenticationTokenException"), "{body}");
        let (status, body) = send(&[FORM], "/", "Action=GetCallerIdentity&Version=2011-06-15");
        assert!(status == 403 && body.contains("<Code>MissingAuthenticationToken</Code>"), "{body}");
        let (status, body) = send(&[FORM], "/", "Action=DescribeInstances&Version=2016-11-15");
        assert!(status == 401 && body.contains("<Response><Errors><Error><Code>AuthFailure</Code>"), "{body}");
        let (status, body) = send(&[], "/service/GraniteServiceVersion20100801/operation/ListMetrics", "");
        assert!(status == 400 && body.contains("MissingAuthenticationTokenException"), "{body}");
    }

    #[test]
    fn unknown_operations_are_refused_in_every_dialect() {
        let (status, body) = send(&[SIGNED, ("x-amz-target", "DynamoDB_20120810.Nope")], "/", "{}");
        assert!(status == 400 && body.contains("UnknownOperationException"), "{body}");
        let (status, body) = send(&[SIGNED, FORM], "/", "Action=Nope&Version=2011-06-15");
        assert!(status == 400 && body.contains("<Code>InvalidAction</Code>"), "{body}");
        let (status, body) = send(&[SIGNED], "/2013-04-01/hostedzone", "");
        assert!(status == 400 && body.contains("UnknownOperationException"), "{body}");
        let (status, _) = send(&[SIGNED], "/service/GraniteServiceVersion20100801/operation/Nope", "");
        assert_eq!(status, 404);
    }

    #[test]
    fn unreadable_bodies_are_serialization_errors() {
        let (status, body) = send(&[SIGNED, ("x-amz-target", "DynamoDB_20120810.Scan")], "/", "{\"a\"");
        assert!(status == 400 && body.contains("SerializationException"), "{body}");
    }

    /// The status and the body with which each protocol's services answer while this trouble lasts.
    fn refusals(trouble: &Trouble) -> Vec<(u16, String)> {
        let mut world = World::new(1, Timestamp::UNIX_EPOCH);
        world.edge.troubles.push(trouble.clone());
        let place = Place::new("444455556666", "eu-west-2");
        for service in THROTTLED_SERVICES {
            let left = if matches!(trouble, Trouble::Strained { .. }) { 0.0 } else { 1.0 };
            world.edge.drain(&place, service, left);
        }
        let json = |target: &'static str| ("x-amz-target", target);
        let ask = |headers: &[(&'static str, &'static str)], path: &'static str, body: &'static str| {
            let builder =
                headers.iter().fold(http::Request::post(path), |builder, (name, value)| builder.header(*name, *value));
            builder.header(SIGNED.0, SIGNED.1).body(Bytes::from_static(body.as_bytes())).unwrap()
        };
        let requests = [
            ask(&[json("AmazonEC2ContainerServiceV20141113.ListTasks")], "/", r#"{"cluster":"c"}"#),
            ask(&[FORM], "/", "Action=DescribeTargetGroups&Version=2015-12-01"),
            ask(&[FORM], "/", "Action=DescribeInstances&Version=2016-11-15"),
            ask(&[], "/service/GraniteServiceVersion20100801/operation/DescribeAlarms", ""),
            ask(&[json("GraniteServiceVersion20100801.DescribeAlarms")], "/", "{}"),
        ];
        let answers = requests.map(|request| {
            let response = answer(&mut world, &request);
            let header = response.headers().get("x-amzn-query-error").map(|it| it.to_str().unwrap().to_owned());
            let body = String::from_utf8_lossy(response.body()).into_owned() + &header.unwrap_or_default();
            (response.status().as_u16(), body)
        });
        answers.into()
    }

    #[track_caller]
    fn refused(trouble: &Trouble, expected: [(u16, &str); 5], message: &str) {
        for ((status, body), (expected, code)) in refusals(trouble).into_iter().zip(expected) {
            assert_eq!(status, expected, "{body}");
            assert!(body.contains(code) && body.contains(message), "{code} and {message} are not in {body}");
        }
    }

    #[test]
    fn each_protocol_has_its_own_word_for_expired_denied_and_throttled() {
        let account = "444455556666".to_owned();
        let expired = [
            (400, r#""__type":"ExpiredTokenException""#),
            (403, "<Code>ExpiredToken</Code>"),
            (400, "<Code>RequestExpired</Code>"),
            (400, "ExpiredToken;Sender"),
            (400, "ExpiredTokenException"),
        ];
        refused(&Trouble::Expired { account: account.clone() }, expired, " expired");
        let denied = [
            (400, r#""__type":"AccessDeniedException""#),
            (403, "<Code>AccessDenied</Code>"),
            (403, "<Code>UnauthorizedOperation</Code>"),
            (400, "AccessDenied;Sender"),
            (400, "AccessDeniedException"),
        ];
        let trouble = Trouble::Denied { account, actions: vec!["*".to_owned()] };
        refused(&trouble, denied, "User: arn:aws:iam::444455556666:user/operator is not authorized to perform: ");
        let (_, ecs) = refusals(&trouble).remove(0);
        let resource = "on resource: arn:aws:ecs:eu-west-2:444455556666:cluster/c because no identity-based policy";
        assert!(ecs.contains(resource), "{ecs}");
        let throttled = [
            (400, r#""__type":"ThrottlingException""#),
            (400, "<Code>Throttling</Code>"),
            (503, "<Code>RequestLimitExceeded</Code>"),
            (400, "Throttling;Sender"),
            (400, "ThrottlingException"),
        ];
        let place = Place::new("444455556666", "eu-west-2");
        refused(&Trouble::Strained { place, service: "ecs".to_owned(), left: 0.5 }, throttled, " exceeded");
    }

    #[test]
    fn the_caller_s_identity_is_told_whatever_is_denied() {
        let mut world = World::new(1, Timestamp::UNIX_EPOCH);
        let (account, actions) = ("444455556666".to_owned(), vec!["*".to_owned()]);
        world.edge.troubles.push(Trouble::Denied { account, actions });
        let body = Bytes::from_static(b"Action=GetCallerIdentity&Version=2011-06-15");
        let request = http::Request::post("/").header(SIGNED.0, SIGNED.1).header(FORM.0, FORM.1).body(body).unwrap();
        assert_eq!(answer(&mut world, &request).status(), 200);
    }

    #[test]
    fn request_ids_do_not_disturb_the_world() {
        let mut asked = World::new(7, Timestamp::UNIX_EPOCH);
        let request = http::Request::post("/").body(Bytes::new()).unwrap();
        answer(&mut asked, &request);
        assert_eq!(asked.random.hex(8), World::new(7, Timestamp::UNIX_EPOCH).random.hex(8));
        assert_ne!(asked.edge.request_id(), asked.edge.request_id());
    }

    /// The body `Namespace=T, MetricData=[{MetricName: M, Value: 1.5}]` in CBOR, compressed as SDKs compress it.
    fn compressed_metric() -> Vec<u8> {
        use std::io::Write;
        let text = |text: &str| ciborium::Value::Text(text.to_owned());
        let datum = vec![(text("MetricName"), text("M")), (text("Value"), ciborium::Value::Float(1.5))];
        let data = ciborium::Value::Array(vec![ciborium::Value::Map(datum)]);
        let body = ciborium::Value::Map(vec![(text("Namespace"), text("T")), (text("MetricData"), data)]);
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let mut cbor = Vec::new();
        ciborium::into_writer(&body, &mut cbor).unwrap();
        encoder.write_all(&cbor).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn cloudwatch_answers_each_caller_in_its_dialect() {
        let mut world = World::new(1, Timestamp::from_second(1_767_355_200).unwrap());
        let mut post = |path: &str, headers: &[(&str, &str)], body: Vec<u8>| {
            let builder =
                headers.iter().fold(http::Request::post(path), |builder, (name, value)| builder.header(*name, *value));
            let request = builder.header(SIGNED.0, SIGNED.1).body(Bytes::from(body)).unwrap();
            answer(&mut world, &request)
        };
        let service = "/service/GraniteServiceVersion20100801/operation";
        let put = post(&format!("{service}/PutMetricData"), &[("content-encoding", "gzip")], compressed_metric());
        assert_eq!((put.status().as_u16(), &put.body()[..]), (200, &[0xA0][..]));
        let cbor = post(&format!("{service}/ListMetrics"), &[], vec![0xBF, 0xFF]);
        assert_eq!(cbor.headers()["content-type"], "application/cbor");
        assert!(ciborium::from_reader::<ciborium::Value, _>(&cbor.body()[..]).unwrap().is_map());
        let target = [
            ("x-amz-target", "GraniteServiceVersion20100801.ListMetrics"),
            ("content-type", "application/x-amz-json-1.0"),
        ];
        let json = post("/", &target, b"{}".to_vec());
        assert_eq!(json.headers()["content-type"], "application/x-amz-json-1.0");
        assert!(json.body().starts_with(br#"{"Metrics":[{"Namespace":"T","MetricName":"M""#), "{json:?}");
        let query = post("/", &[FORM], b"Action=ListMetrics&Version=2010-08-01".to_vec());
        let text = String::from_utf8_lossy(query.body()).into_owned();
        assert!(text.contains("<ListMetricsResult><Metrics><member><Namespace>T</Namespace>"), "{text}");
    }
}
