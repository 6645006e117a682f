//! Where a usage type was used: the code before it (`EUW2-NatGateway-Hours`).

/// Each code with its region. us-east-1 is often left out.
const CODES: [(&str, &str); 32] = [
    ("USE1", "us-east-1"),
    ("USE2", "us-east-2"),
    ("USW1", "us-west-1"),
    ("USW2", "us-west-2"),
    ("UGW1", "us-gov-west-1"),
    ("UGE1", "us-gov-east-1"),
    ("CAN1", "ca-central-1"),
    ("CAW1", "ca-west-1"),
    ("MXC1", "mx-central-1"),
    ("SAE1", "sa-east-1"),
    ("EU", "eu-west-1"),
    ("EUW1", "eu-west-1"),
    ("EUW2", "eu-west-2"),
    ("EUW3", "eu-west-3"),
    ("EUC1", "eu-central-1"),
    ("EUC2", "eu-central-2"),
    ("EUN1", "eu-north-1"),
    ("EUS1", "eu-south-1"),
    ("EUS2", "eu-south-2"),
    ("AFS1", "af-south-1"),
    ("MES1", "me-south-1"),
    ("MEC1", "me-central-1"),
    ("ILC1", "il-central-1"),
    ("APE1", "ap-east-1"),
    ("APN1", "ap-northeast-1"),
    ("APN2", "ap-northeast-2"),
    ("APN3", "ap-northeast-3"),
    ("APS1", "ap-southeast-1"),
    ("APS2", "ap-southeast-2"),
    ("APS3", "ap-south-1"),
    ("APS4", "ap-southeast-3"),
    ("APS6", "ap-southeast-4"),
];

/// What stands before the usage types of no region.
const HOME: &str = "us-east-1";

/// The region of a usage type, and what is left of it without the code.
pub fn split(usage_type: &str) -> (&'static str, &str) {
    let coded = usage_type.split_once('-').and_then(|(code, rest)| {
        let (_, region) = CODES.iter().find(|(it, _)| *it == code)?;
        Some((*region, rest))
    });
    coded.unwrap_or((HOME, usage_type))
}

/// The code of a region; `None` for one that is not known.
pub fn code(region: &str) -> Option<&'static str> {
    CODES.iter().rfind(|(_, it)| *it == region).map(|(code, _)| *code)
}

#[cfg(test)]
mod tests {
    use super::{CODES, code, split};

    #[test]
    fn a_usage_type_says_where() {
        assert_eq!(split("EUW2-NatGateway-Hours"), ("eu-west-2", "NatGateway-Hours"));
        assert_eq!(split("EU-BoxUsage:t3.medium"), ("eu-west-1", "BoxUsage:t3.medium"));
        assert_eq!(split("NatGateway-Bytes"), ("us-east-1", "NatGateway-Bytes"));
        assert_eq!(split("USE1-Fargate-vCPU-Hours:perCPU"), ("us-east-1", "Fargate-vCPU-Hours:perCPU"));
        assert_eq!(split("LCUUsage"), ("us-east-1", "LCUUsage"));
    }

    #[test]
    fn a_region_has_one_code() {
        assert_eq!(
            ["us-east-1", "eu-west-1", "eu-north-1", "xx-west-9"].map(code),
            [Some("USE1"), Some("EUW1"), Some("EUN1"), None]
        );
        assert!(CODES.iter().all(|(_, region)| code(region).is_some_and(|it| split(&format!("{it}-X")).0 == *region)));
    }
}
