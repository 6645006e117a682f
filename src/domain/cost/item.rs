//! What money is spoken of as being spent on: closer than AWS's services where those hide what is large (a NAT gateway is
//! "EC2 - Other"), and the words that estimates are written in.

use super::{bill::Line, place};

/// What a line of the bill is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Item {
    Fargate,
    Ec2,
    Nat,
    LoadBalancer,
    Rds,
    Elasticache,
    Dynamodb,
    S3,
    Cloudfront,
    AppRunner,
    Cloudwatch,
    SecretsManager,
    Route53,
    Waf,
    Ecr,
    Lambda,
    /// Disks and snapshots.
    Ebs,
    /// Public addresses and endpoints of a VPC.
    Vpc,
    /// To other zones, regions and the internet.
    Transfer,
    Tax,
    Other,
}

use Item as I;

/// Each with its word in stack files and its name on screen.
pub const ITEMS: [(Item, &str, &str); 21] = [
    (I::Fargate, "fargate", "Fargate"),
    (I::Ec2, "ec2", "EC2 instances"),
    (I::Nat, "nat", "NAT"),
    (I::LoadBalancer, "alb", "ALB"),
    (I::Rds, "rds", "RDS"),
    (I::Elasticache, "elasticache", "ElastiCache"),
    (I::Dynamodb, "dynamodb", "DynamoDB"),
    (I::S3, "s3", "S3"),
    (I::Cloudfront, "cloudfront", "CloudFront"),
    (I::AppRunner, "app-runner", "App Runner"),
    (I::Cloudwatch, "cloudwatch", "CloudWatch"),
    (I::SecretsManager, "secrets-manager", "Secrets Manager"),
    (I::Route53, "route-53", "Route 53"),
    (I::Waf, "waf", "WAF"),
    (I::Ecr, "ecr", "ECR"),
    (I::Lambda, "lambda", "Lambda"),
    (I::Ebs, "ebs", "EBS"),
    (I::Vpc, "vpc", "VPC"),
    (I::Transfer, "transfer", "Data transfer"),
    (I::Tax, "tax", "Tax"),
    (I::Other, "other", "Other"),
];

/// Items that are a service of AWS as a whole, by its name in Cost Explorer.
const SERVICES: [(&str, Item); 19] = [
    ("Amazon Elastic Container Service", I::Fargate),
    ("Amazon Elastic Compute Cloud - Compute", I::Ec2),
    ("Amazon Elastic Load Balancing", I::LoadBalancer),
    ("Amazon Relational Database Service", I::Rds),
    ("Amazon ElastiCache", I::Elasticache),
    ("Amazon DynamoDB", I::Dynamodb),
    ("Amazon Simple Storage Service", I::S3),
    ("Amazon CloudFront", I::Cloudfront),
    ("AWS App Runner", I::AppRunner),
    ("AmazonCloudWatch", I::Cloudwatch),
    ("CloudWatch Events", I::Cloudwatch),
    ("AWS Secrets Manager", I::SecretsManager),
    ("Amazon Route 53", I::Route53),
    ("AWS WAF", I::Waf),
    ("Amazon EC2 Container Registry (ECR)", I::Ecr),
    ("AWS Lambda", I::Lambda),
    ("Amazon Virtual Private Cloud", I::Vpc),
    ("AWS Data Transfer", I::Transfer),
    ("Tax", I::Tax),
];

impl Item {
    /// What a usage type of a service is for; `service` as Cost Explorer names it.
    pub fn of(service: &str, usage_type: &str) -> Self {
        let (_, usage) = place::split(usage_type);
        if usage.starts_with("NatGateway-") {
            return Self::Nat;
        }
        if usage.starts_with("EBS:") {
            return Self::Ebs;
        }
        let is_transfer = usage.starts_with("DataTransfer-") || usage.contains("-AWS-Out-Bytes");
        // CloudFront sells nothing but transfer; there it is the item itself.
        if is_transfer && service != "Amazon CloudFront" {
            return Self::Transfer;
        }
        let known = SERVICES.iter().find(|(name, _)| *name == service);
        known.map_or(Self::Other, |(_, item)| *item)
    }

    /// Its word in stack files.
    pub fn word(self) -> &'static str {
        self.entry().1
    }

    /// Its name on screen.
    pub fn name(self) -> &'static str {
        self.entry().2
    }

    fn entry(self) -> &'static (Self, &'static str, &'static str) {
        // Every variant stands in the table; the test below holds it to that.
        ITEMS.iter().find(|(it, _, _)| *it == self).unwrap_or(&ITEMS[ITEMS.len() - 1])
    }
}

impl Line {
    pub fn item(&self) -> Item {
        Item::of(self.service.as_str(), self.usage_type.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{ITEMS, Item};

    #[test]
    fn what_hides_in_other_services_is_called_by_its_name() {
        let of = |(service, usage_type)| Item::of(service, usage_type);
        let lines = [
            ("EC2 - Other", "NatGateway-Hours"),
            ("EC2 - Other", "EUN1-NatGateway-Bytes"),
            ("EC2 - Other", "EBS:VolumeUsage.gp3"),
            ("EC2 - Other", "EUW2-DataTransfer-Regional-Bytes"),
            ("EC2 - Other", "USE1-USW1-AWS-Out-Bytes"),
            ("EC2 - Other", "CPUCredits:t3"),
            ("Amazon CloudFront", "EU-DataTransfer-Out-Bytes"),
            ("Amazon Elastic Container Service", "USE1-Fargate-GB-Hours"),
            ("Some New Service", "X"),
        ];
        let items = [
            Item::Nat,
            Item::Nat,
            Item::Ebs,
            Item::Transfer,
            Item::Transfer,
            Item::Other,
            Item::Cloudfront,
            Item::Fargate,
            Item::Other,
        ];
        assert_eq!(lines.map(of), items);
    }

    #[test]
    fn every_item_has_a_word_and_a_name_of_its_own() {
        for (at, (item, word, name)) in ITEMS.iter().enumerate() {
            assert_eq!((item.word(), item.name()), (*word, *name));
            assert!(ITEMS[at + 1..].iter().all(|other| other.0 != *item && other.1 != *word && other.2 != *name));
        }
    }
}
