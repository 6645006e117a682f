//! AWS STS: who calls, and assuming roles.

use jiff::{SignedDuration, Timestamp};

use super::{
    edge::Edge,
    pace,
    wire::{
        call::{Call, Reply},
        error::ApiError,
        signature,
        value::Value,
    },
    world::World,
};
use crate::shape;

/// Seconds that temporary credentials last where none are asked for, and the bounds (`AssumeRole`).
const DEFAULT_DURATION: i64 = 3600;
const DURATIONS: std::ops::RangeInclusive<i64> = 900..=43_200;

/// Whom temporary credentials stand for.
#[derive(Debug, Clone)]
pub struct AssumedRole {
    /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
    pub arn: String,
    /// `ROLE-ID:SESSION`.
    pub id: String,
}

/// The operations of STS; `None` where the operation is unknown.
pub fn answer(world: &mut World, call: &Call<'_>) -> Option<Reply> {
    match call.operation {
        "GetCallerIdentity" => Some(Ok(get_caller_identity(world, call))),
        "AssumeRole" => Some(assume_role(world, call, pace::wall_clock())),
        _ => None,
    }
}

fn get_caller_identity(world: &World, call: &Call<'_>) -> Value {
    let account = &call.place.account;
    let id = world.edge.assumed.get(call.access_key).map_or("AIDASIMULATEDOPERATOR", |role| &role.id);
    shape! { "UserId" => id, "Account" => account, "Arn" => caller_arn(&world.edge, call.access_key, account) }
}

/// Whom an access key stands for: an assumed role, or the account's operator.
pub fn caller_arn(edge: &Edge, access_key: &str, account: &str) -> String {
    let role = edge.assumed.get(access_key).map(|role| role.arn.clone());
    role.unwrap_or_else(|| format!("arn:aws:iam::{account}:user/operator"))
}

/// The expiry counts from real time, since the client compares it with its own clock.
fn assume_role(world: &mut World, call: &Call<'_>, now: Timestamp) -> Reply {
    let role_arn = required(call, "RoleArn")?;
    let session = required(call, "RoleSessionName")?;
    let seconds = call.input.int("DurationSeconds")?.unwrap_or(DEFAULT_DURATION);
    if !DURATIONS.contains(&seconds) {
        return Err(ApiError::bad_request(
            "ValidationError",
            format!("The requested DurationSeconds {seconds} is outside 900 to 43200"),
        ));
    }
    let (account, role) = parse_role(role_arn).ok_or_else(|| {
        let caller = caller_arn(&world.edge, call.access_key, &call.place.account);
        let message = format!("User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role_arn}");
        ApiError::bad_request("AccessDenied", message).with_status(403)
    })?;
    // Ends in the account's number, so that the key goes on selecting it.
    let key = format!("ASIA{}{account}", world.edge.token(4).to_uppercase());
    let assumed = AssumedRole {
        arn: format!("arn:aws:sts::{account}:assumed-role/{role}/{session}"),
        id: format!("AROASIMULATEDROLE:{session}"),
    };
    let expiration = now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
    let reply = shape! {
        "Credentials" => shape! {
            "AccessKeyId" => &key,
            "SecretAccessKey" => world.edge.token(40),
            "SessionToken" => world.edge.token(120),
            "Expiration" => expiration,
        },
        "AssumedRoleUser" => shape! { "AssumedRoleId" => &assumed.id, "Arn" => &assumed.arn },
    };
    world.edge.assumed.insert(key, assumed);
    Ok(reply)
}

fn required<'a>(call: &Call<'a>, name: &str) -> Result<&'a str, ApiError> {
    call.input.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| {
        let message = format!(
            "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
        );
        ApiError::bad_request("ValidationError", message)
    })
}

/// Account and name of a role of a simulated account.
fn parse_role(arn: &str) -> Option<(&'static str, &str)> {
    let (account, resource) = arn.strip_prefix("arn:aws:iam::")?.split_once(':')?;
    let role = resource.strip_prefix("role/")?.rsplit('/').next()?;
    Some((signature::account_named_by(account).filter(|named| *named == account)?, role))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::sim::{Sim, pace::Pace};

    fn ask(sim: &Sim, key: &str, body: &str) -> (u16, String) {
        let request = http::Request::post("/")
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={key}/20261120/us-east-1/sts/aws4_request, Signature=0"),
            )
            .body(Bytes::from(format!("Version=2011-06-15&{body}")))
            .unwrap();
        let response = sim.handle(&request);
        (response.status().as_u16(), String::from_utf8_lossy(response.body()).into_owned())
    }

    fn sim() -> Sim {
        Sim::new(World::new(1, Timestamp::UNIX_EPOCH), Pace::Stepped)
    }

    fn between<'a>(text: &'a str, tag: &str) -> &'a str {
        text.split_once(&format!("<{tag}>")).unwrap().1.split_once('<').unwrap().0
    }

    #[test]
    fn the_key_selects_the_account() {
        let (status, body) = ask(&sim(), "SIM444455556666", "Action=GetCallerIdentity");
        assert_eq!((status, between(&body, "Account")), (200, "444455556666"));
        assert!(body.starts_with(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>"
        ));
    }

    #[test]
    fn an_assumed_role_goes_on_selecting_its_account() {
        let sim = sim();
        let assume =
            "Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A444455556666%3Arole%2Fonce%2Foncall&RoleSessionName=me";
        let (status, body) = ask(&sim, "AKIA111122223333", assume);
        assert_eq!(status, 200, "{body}");
        let (_, identity) = ask(&sim, between(&body, "AccessKeyId"), "Action=GetCallerIdentity");
        assert_eq!(between(&identity, "Arn"), "arn:aws:sts::444455556666:assumed-role/oncall/me");
        assert_eq!(between(&identity, "Account"), "444455556666");
    }

    #[test]
    fn roles_elsewhere_are_denied_and_parameters_checked() {
        let elsewhere = "Action=AssumeRole&RoleArn=arn:aws:iam::999999999999:role/x&RoleSessionName=me";
        assert_eq!(ask(&sim(), "k", elsewhere).0, 403);
        let (status, body) = ask(&sim(), "k", "Action=AssumeRole&RoleSessionName=me");
        assert_eq!((status, between(&body, "Code")), (400, "ValidationError"));
    }
}
