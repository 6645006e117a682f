//! Filters and groupings: what a line of the bill is asked for by.

use super::{
    super::{
        billing::usage::Usage,
        wire::{error::ApiError, input::Input, value::Value, value::shape},
    },
    invalid,
};

/// The one tag that is activated for cost allocation.
pub const TAG: &str = "Project";

const DIMENSIONS: [&str; 34] = [
    "AZ",
    "INSTANCE_TYPE",
    "LINKED_ACCOUNT",
    "PAYER_ACCOUNT",
    "LINKED_ACCOUNT_NAME",
    "OPERATION",
    "PURCHASE_TYPE",
    "REGION",
    "SERVICE",
    "SERVICE_CODE",
    "USAGE_TYPE",
    "USAGE_TYPE_GROUP",
    "RECORD_TYPE",
    "OPERATING_SYSTEM",
    "TENANCY",
    "SCOPE",
    "PLATFORM",
    "SUBSCRIPTION_ID",
    "LEGAL_ENTITY_NAME",
    "DEPLOYMENT_OPTION",
    "DATABASE_ENGINE",
    "CACHE_ENGINE",
    "INSTANCE_TYPE_FAMILY",
    "BILLING_ENTITY",
    "RESERVATION_ID",
    "RESOURCE_ID",
    "RIGHTSIZING_TYPE",
    "SAVINGS_PLANS_TYPE",
    "SAVINGS_PLAN_ARN",
    "PAYMENT_OPTION",
    "AGREEMENT_END_DATE_TIME_AFTER",
    "AGREEMENT_END_DATE_TIME_BEFORE",
    "INVOICING_ENTITY",
    "PRODUCT_ATTRIBUTE",
];

/// A line of the bill, and whose it is.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub account: &'a str,
    pub usage: &'a Usage,
}

/// What lines are told apart by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Aspect {
    Dimension(&'static str),
    Tag(String),
}

/// A condition on lines.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Expression {
    Everything,
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
    /// One of these values; a line that the aspect says nothing of has the empty one.
    OneOf(Aspect, Vec<String>),
    /// Without the tag.
    Untagged(String),
}

impl Aspect {
    /// A dimension by its name.
    pub fn dimension(name: &str) -> Result<Self, ApiError> {
        let known = DIMENSIONS.into_iter().find(|it| *it == name);
        known.map(Self::Dimension).ok_or_else(|| {
            invalid(format!(
                "1 validation error detected: Value '{name}' at 'dimension' failed to satisfy constraint: Member must \
                 satisfy enum value set: [{}]",
                DIMENSIONS.join(", ")
            ))
        })
    }

    /// One element of `GroupBy`.
    pub fn read(input: Input<'_>) -> Result<Self, ApiError> {
        let key = input.text("Key")?.filter(|it| !it.is_empty()).ok_or_else(|| invalid("GroupBy needs a Key"))?;
        match input.text("Type")? {
            Some("DIMENSION") => Self::dimension(key),
            Some("TAG") => Ok(Self::Tag(key.to_owned())),
            Some("COST_CATEGORY") => Err(invalid(format!("Cost category {key} does not exist"))),
            other => Err(invalid(format!("GroupBy cannot have the type {}", other.unwrap_or("null")))),
        }
    }

    /// The wire form of a group definition.
    pub fn definition(&self) -> Value {
        match self {
            Self::Dimension(key) => shape! { "Type" => "DIMENSION", "Key" => *key },
            Self::Tag(key) => shape! { "Type" => "TAG", "Key" => key },
        }
    }

    /// The key of the group that a line belongs to.
    pub fn key(&self, subject: Subject<'_>) -> String {
        match self {
            Self::Dimension(_) => self.value(subject),
            Self::Tag(key) => format!("{key}${}", self.value(subject)),
        }
    }

    /// What a line says of it.
    pub fn value(&self, Subject { account, usage }: Subject<'_>) -> String {
        let name = match self {
            Self::Tag(key) => return tagged(key, usage).unwrap_or_default().to_owned(),
            Self::Dimension(name) => *name,
        };
        match name {
            "SERVICE" => usage.service.to_owned(),
            "USAGE_TYPE" => usage.usage_type.clone(),
            "OPERATION" if usage.operation.is_empty() => "NoOperation".to_owned(),
            "OPERATION" => usage.operation.to_owned(),
            "REGION" => usage.region.clone(),
            "LINKED_ACCOUNT" | "PAYER_ACCOUNT" => account.to_owned(),
            "LINKED_ACCOUNT_NAME" => account_name(account).to_owned(),
            "RECORD_TYPE" => "Usage".to_owned(),
            "INSTANCE_TYPE" => instance_type(&usage.usage_type).unwrap_or("NoInstanceType").to_owned(),
            other => nothing(other),
        }
    }
}

/// The name that an account has in its organization.
pub fn account_name(account: &str) -> &'static str {
    if account == "444455556666" { "cma" } else { "shared" }
}

fn tagged(key: &str, usage: &Usage) -> Option<&'static str> {
    usage.project.filter(|_| key == TAG)
}

/// The type in `EUW2-InstanceUsage:db.r6g.large`.
fn instance_type(usage_type: &str) -> Option<&str> {
    let (kind, size) = usage_type.split_once(':')?;
    let named = ["BoxUsage", "InstanceUsage", "Multi-AZUsage", "NodeUsage"];
    named.iter().any(|name| kind.ends_with(name)).then_some(size)
}

/// What Cost Explorer says where a line has no such thing: `NoOperatingSystem`.
fn nothing(dimension: &str) -> String {
    let words = dimension.split('_').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        format!("{first}{}", rest.to_lowercase())
    });
    format!("No{}", words.collect::<String>())
}

impl Expression {
    /// The `Filter` of a call; everything where it has none.
    pub fn read(input: Input<'_>) -> Result<Self, ApiError> {
        input.object("Filter").map_or(Ok(Self::Everything), Self::node)
    }

    fn node(input: Input<'_>) -> Result<Self, ApiError> {
        let given: Vec<&str> = NODES.into_iter().filter(|name| input.has(name)).collect();
        let [kind] = given.as_slice() else {
            return Err(invalid("Expression has no or more than one root operator/dimension; exactly one is needed"));
        };
        match *kind {
            "And" => Self::several(input, "And").map(Self::And),
            "Or" => Self::several(input, "Or").map(Self::Or),
            "Not" => {
                let inner = input.object("Not").ok_or_else(|| invalid("Not needs an expression"))?;
                Ok(Self::Not(Box::new(Self::node(inner)?)))
            }
            "Dimensions" | "Tags" => Self::leaf(input, kind),
            other => Err(invalid(format!("{other} has no values in this account"))),
        }
    }

    fn several(input: Input<'_>, name: &str) -> Result<Vec<Self>, ApiError> {
        let items = input.items(name)?;
        if items.len() < 2 {
            return Err(invalid(format!("{name} expression must have at least 2 operands")));
        }
        items.into_iter().map(Self::node).collect()
    }

    fn leaf(input: Input<'_>, name: &str) -> Result<Self, ApiError> {
        let leaf = input.object(name).ok_or_else(|| invalid(format!("{name} needs a Key")))?;
        let key = leaf.text("Key")?.ok_or_else(|| invalid(format!("{name} needs a Key")))?;
        let (values, options) = (leaf.texts("Values")?, leaf.texts("MatchOptions")?);
        let allowed: &[&str] =
            if name == "Tags" { &["EQUALS", "CASE_SENSITIVE", "ABSENT"] } else { &["EQUALS", "CASE_SENSITIVE"] };
        if let Some(odd) = options.iter().find(|it| !allowed.contains(&it.as_str())) {
            return Err(invalid(format!("Match option {odd} is not supported for {name}")));
        }
        if options.iter().any(|it| it == "ABSENT") {
            return Ok(Self::Untagged(key.to_owned()));
        }
        if values.is_empty() {
            return Err(invalid(format!("{name} {key} needs at least one value")));
        }
        let aspect = if name == "Tags" { Aspect::Tag(key.to_owned()) } else { Aspect::dimension(key)? };
        Ok(Self::OneOf(aspect, values))
    }

    pub fn admits(&self, subject: Subject<'_>) -> bool {
        match self {
            Self::Everything => true,
            Self::And(all) => all.iter().all(|it| it.admits(subject)),
            Self::Or(any) => any.iter().any(|it| it.admits(subject)),
            Self::Not(inner) => !inner.admits(subject),
            Self::OneOf(aspect, values) => values.contains(&aspect.value(subject)),
            Self::Untagged(key) => tagged(key, subject.usage).is_none(),
        }
    }
}

/// The members of an expression, of which it has one.
const NODES: [&str; 7] = ["And", "Or", "Not", "Dimensions", "Tags", "CostCategories", "ProductAttributes"];
