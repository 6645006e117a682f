//! What the caller may do (SimulatePrincipalPolicy).

use super::text::SafeText;

/// What the caller's policies say of one action on one resource. Policies of the resource itself and session policies
/// are not asked: a denial is certain, a permission nearly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// As `ecs:UpdateService`.
    pub action: SafeText,
    /// ARN, or `*`.
    pub resource: SafeText,
    pub decision: Decision,
    /// Condition keys that the policies ask about and the simulation did not know, as `ecs:cluster`.
    pub missing_context: Vec<SafeText>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Allowed,
    /// A statement, or the organisation, denies it.
    ExplicitlyDenied,
    /// No statement allows it.
    ImplicitlyDenied,
}

impl Permission {
    /// Whether it is certain that the call would be denied: not where a condition that was not known might allow it.
    pub fn is_denied(&self) -> bool {
        match self.decision {
            Decision::Allowed => false,
            Decision::ExplicitlyDenied => true,
            Decision::ImplicitlyDenied => self.missing_context.is_empty(),
        }
    }
}
