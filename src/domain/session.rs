//! Sessions that stateful gateways hold.

use jiff::Timestamp;

use super::text::SafeText;

/// One open session, as an item of the stack's session table tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SafeText,
    pub user: SafeText,
    /// Instance id of the gateway that holds it; empty where the item does not say.
    pub gateway: SafeText,
    pub started_at: Option<Timestamp>,
    pub last_seen_at: Option<Timestamp>,
}
