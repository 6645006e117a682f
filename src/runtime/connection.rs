//! How this run of the console reaches AWS, for each scope.

use std::collections::BTreeMap;

use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::{
    aws::{
        Clients,
        clients::{Access, ConnectError, Credentials, Patience},
        meter::Meter,
    },
    domain::id::Scope,
};

/// One way to AWS: its HTTP client, endpoint, credentials and meter.
#[derive(Debug, Clone)]
pub struct Connection {
    pub http: SharedHttpClient,
    pub endpoint_url: Option<String>,
    pub meter: Meter,
    pub keys: Keys,
}

/// Whose credentials are used.
#[derive(Debug, Clone)]
pub enum Keys {
    User,
    /// The simulator's own, by the account that each scope's stack names.
    Simulator {
        accounts: BTreeMap<Scope, String>,
    },
}

/// The simulator's account for scopes that no stack gives one.
const FIRST_ACCOUNT: &str = "111122223333";

impl Connection {
    /// New clients for `scope`; profile files are read anew.
    pub async fn clients(&self, scope: &Scope) -> Result<Clients, ConnectError> {
        let credentials = match &self.keys {
            Keys::User => Credentials::user(),
            Keys::Simulator { accounts } => {
                let account = accounts.get(scope).map_or(FIRST_ACCOUNT, String::as_str);
                Credentials::Simulator { account: account.to_owned() }
            }
        };
        let access = Access {
            credentials,
            endpoint_url: self.endpoint_url.clone(),
            http: self.http.clone(),
            patience: Patience::default(),
            meter: self.meter.clone(),
        };
        Clients::connect(scope, &access).await
    }
}
