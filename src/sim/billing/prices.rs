//! What AWS charges for a unit: on-demand list prices in USD (Linux, first tier) as they stood late in 2025.

use rust_decimal::Decimal;

/// The regions that have prices, with the code that usage types begin with there.
const REGIONS: [(&str, &str); 4] =
    [("us-east-1", "USE1-"), ("us-west-1", "USW1-"), ("eu-north-1", "EUN1-"), ("eu-west-2", "EUW2-")];

/// What is priced, and its prices in the order of [`REGIONS`].
const LIST: [(&str, [&str; 4]); 35] = [
    ("fargate-vcpu", ["0.04048", "0.04656", "0.0445", "0.04656"]),
    ("fargate-gb", ["0.004445", "0.00511", "0.0049", "0.00511"]),
    ("spot-vcpu", ["0.012144", "0.013968", "0.01335", "0.013968"]),
    ("spot-gb", ["0.0013335", "0.001533", "0.00147", "0.001533"]),
    ("nat-hour", ["0.045", "0.048", "0.046", "0.05"]),
    ("nat-gb", ["0.045", "0.048", "0.046", "0.05"]),
    ("balancer", ["0.0225", "0.0252", "0.02394", "0.02646"]),
    ("lcu", ["0.008", "0.008", "0.0076", "0.0084"]),
    ("address", ["0.005", "0.005", "0.005", "0.005"]),
    ("t3.medium", ["0.0416", "0.0496", "0.0432", "0.0472"]),
    ("t3.large", ["0.0832", "0.0992", "0.0864", "0.0944"]),
    ("c6i.xlarge", ["0.17", "0.212", "0.182", "0.202"]),
    ("volume", ["0.08", "0.096", "0.0836", "0.0928"]),
    ("cache.t3.micro", ["0.017", "0.02", "0.018", "0.019"]),
    ("cache.t3.small", ["0.034", "0.041", "0.036", "0.038"]),
    ("cache.r6g.large", ["0.206", "0.247", "0.219", "0.237"]),
    ("db.t3.micro", ["0.018", "0.021", "0.019", "0.02"]),
    ("db.t4g.medium", ["0.065", "0.078", "0.069", "0.074"]),
    ("db.r6g.large", ["0.225", "0.27", "0.239", "0.261"]),
    ("database-storage", ["0.115", "0.138", "0.121", "0.133"]),
    ("table-read", ["0.000000125", "0.00000014", "0.000000133", "0.000000149"]),
    ("table-write", ["0.000000625", "0.0000007", "0.000000665", "0.000000743"]),
    ("logs", ["0.5", "0.55", "0.5415", "0.5985"]),
    ("metric", ["0.3", "0.3", "0.3", "0.3"]),
    ("alarm", ["0.1", "0.1", "0.1", "0.1"]),
    ("object-storage", ["0.023", "0.026", "0.023", "0.024"]),
    ("registry", ["0.1", "0.1", "0.1", "0.1"]),
    ("secret", ["0.4", "0.4", "0.4", "0.4"]),
    ("zone", ["0.5", "0.5", "0.5", "0.5"]),
    ("edge-gb", ["0.085", "0.085", "0.085", "0.085"]),
    ("app-gb", ["0.007", "0.007", "0.007", "0.007"]),
    ("app-vcpu", ["0.064", "0.064", "0.064", "0.064"]),
    ("web-acl", ["5", "5", "5", "5"]),
    ("web-rule", ["1", "1", "1", "1"]),
    ("cost-request", ["0.01", "0.01", "0.01", "0.01"]),
];

/// The price of `what` in a region; that of us-east-1 in a region without prices, and nothing for what has none.
pub fn price(region: &str, what: &str) -> Decimal {
    let column = REGIONS.iter().position(|(name, _)| *name == region).unwrap_or_default();
    let found = LIST.iter().find(|(name, _)| *name == what);
    found.and_then(|(_, prices)| Decimal::from_str_exact(prices[column]).ok()).unwrap_or_default()
}

/// What usage types of the region begin with: `EUN1-`. Those that are older than other regions have none in us-east-1.
pub fn prefix(region: &str, newer: bool) -> &'static str {
    let code = REGIONS.iter().find(|(name, _)| *name == region).map_or("", |(_, code)| code);
    if region == REGIONS[0].0 && !newer { "" } else { code }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_price_can_be_read() {
        for (what, prices) in LIST {
            for price in prices {
                assert!(Decimal::from_str_exact(price).is_ok_and(|it| it > Decimal::ZERO), "{what}: {price}");
            }
        }
    }

    #[test]
    fn spot_saves_seven_tenths() {
        for (region, _) in REGIONS {
            for part in ["vcpu", "gb"] {
                let full = price(region, &format!("fargate-{part}"));
                assert_eq!(price(region, &format!("spot-{part}")), full * Decimal::new(3, 1), "{part} in {region}");
            }
        }
    }

    #[test]
    fn usage_types_begin_as_they_do_on_aws() {
        assert_eq!([prefix("us-east-1", false), prefix("us-east-1", true)], ["", "USE1-"]);
        assert_eq!([prefix("eu-north-1", false), prefix("eu-north-1", true)], ["EUN1-", "EUN1-"]);
    }
}
