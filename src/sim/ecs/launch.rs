//! On which capacity a service's tasks run.

/// Launch type or capacity-provider strategy; a service has one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Launch {
    /// Launch type FARGATE.
    Fargate,
    Providers(Vec<Share>),
}

/// One item of a capacity-provider strategy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    pub provider: String,
    pub weight: u32,
    pub base: u32,
}

impl Launch {
    /// The provider of the next task, given how many tasks run on each: bases first, then by weight.
    /// `None` for a launch type.
    pub fn next(&self, running_on: impl Fn(&str) -> u32) -> Option<&str> {
        let Self::Providers(shares) = self else { return None };
        if let Some(share) = shares.iter().find(|share| running_on(&share.provider) < share.base) {
            return Some(&share.provider);
        }
        let fill = |share: &&Share| {
            let beyond_base = running_on(&share.provider) - share.base;
            u64::from(beyond_base) * 1_000_000 / u64::from(share.weight)
        };
        shares.iter().filter(|share| share.weight > 0).min_by_key(fill).map(|share| share.provider.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_is_filled_first_and_then_the_weights_decide() {
        let share = |provider: &str, weight, base| Share { provider: provider.to_owned(), weight, base };
        let launch = Launch::Providers(vec![share("FARGATE", 1, 2), share("FARGATE_SPOT", 3, 0)]);
        let (mut fargate, mut spot) = (0, 0);
        for _ in 0..10 {
            match launch.next(|provider| if provider == "FARGATE" { fargate } else { spot }) {
                Some("FARGATE") => fargate += 1,
                _ => spot += 1,
            }
        }
        assert_eq!((fargate, spot), (4, 6));
        assert_eq!(Launch::Fargate.next(|_| 0), None);
    }
}
