//! Who calls, and where: the credential scope of a SigV4 `Authorization` header. Signatures are not verified.

use http::{HeaderMap, header::AUTHORIZATION};

use super::fault::Fault;

/// The simulated accounts; the first is that of every key which does not name another. The last one holds nothing, and
/// Cost Explorer is not switched on in it.
const ACCOUNTS: [&str; 3] = ["111122223333", "444455556666", "777788889999"];

/// The credential scope of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature<'r> {
    pub access_key: &'r str,
    pub region: &'r str,
}

impl<'r> Signature<'r> {
    /// Reads `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, …`.
    pub fn read(headers: &'r HeaderMap) -> Result<Self, Fault> {
        let header = headers.get(AUTHORIZATION).ok_or(Fault::MissingToken)?;
        let text = header.to_str().map_err(|_| Fault::IncompleteSignature)?;
        Self::parse(text).ok_or(Fault::IncompleteSignature)
    }

    fn parse(text: &'r str) -> Option<Self> {
        let (_, credential) = text.strip_prefix("AWS4-HMAC-SHA256 ")?.split_once("Credential=")?;
        let scope = credential.split([',', ' ']).next()?;
        let mut parts = scope.rsplitn(5, '/');
        let (terminator, _service, region) = (parts.next()?, parts.next()?, parts.next()?);
        let (_date, access_key) = (parts.next()?, parts.next()?);
        let plausible = !region.is_empty()
            && region.len() <= 32
            && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        (terminator == "aws4_request" && plausible && !access_key.is_empty()).then_some(Self { access_key, region })
    }

    /// The account that the access key belongs to: the one whose number it ends in.
    pub fn account(&self) -> &'static str {
        account_named_by(self.access_key).unwrap_or(ACCOUNTS[0])
    }
}

/// The simulated account whose number `text` ends in.
pub fn account_named_by(text: &str) -> Option<&'static str> {
    ACCOUNTS.into_iter().find(|account| text.ends_with(account))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(authorization: &str) -> HeaderMap {
        HeaderMap::from_iter([(AUTHORIZATION, authorization.parse().unwrap())])
    }

    #[test]
    fn the_scope_names_region_and_account() {
        let headers = headers(
            "AWS4-HMAC-SHA256 Credential=SIM444455556666/20261120/eu-west-2/ecs/aws4_request, SignedHeaders=host, Signature=0",
        );
        let signature = Signature::read(&headers).unwrap();
        assert_eq!((signature.region, signature.account()), ("eu-west-2", "444455556666"));
    }

    #[test]
    fn any_other_key_is_in_the_first_account() {
        let headers = headers("AWS4-HMAC-SHA256 Credential=test/20261120/us-east-1/ecs/aws4_request");
        assert_eq!(Signature::read(&headers).unwrap().account(), "111122223333");
    }

    #[test]
    fn missing_and_garbled_headers_are_told_apart() {
        assert_eq!(Signature::read(&HeaderMap::new()), Err(Fault::MissingToken));
        for garbled in
            ["Bearer x", "AWS4-HMAC-SHA256 Credential=a/b", "AWS4-HMAC-SHA256 Credential=k/1/US_1/s/aws4_request"]
        {
            assert_eq!(Signature::read(&headers(garbled)), Err(Fault::IncompleteSignature), "{garbled}");
        }
    }
}
