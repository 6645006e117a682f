//! Names of AWS regions.

/// What regions are called after: new ones keep to it, which no list would.
const AREAS: [&str; 16] = [
    "af", "ap", "ca", "cn", "eu", "eusc", "il", "me", "mx", "sa", "us", "us-gov", "us-iso", "us-isob", "us-isof",
    "eu-isoe",
];
const DIRECTIONS: [&str; 9] =
    ["central", "north", "south", "east", "west", "northeast", "northwest", "southeast", "southwest"];

/// Whether `name` is formed as every region's is: `us-east-1`, `us-gov-west-1`, `eusc-de-east-1`.
pub fn is_region(name: &str) -> bool {
    let Some((place, number)) = name.rsplit_once('-') else { return false };
    let Some((area, direction)) = place.rsplit_once('-') else { return false };
    let is_area = AREAS.contains(&area) || area.strip_prefix("eusc-").is_some_and(|country| country.len() == 2);
    is_area && DIRECTIONS.contains(&direction) && number.len() == 1 && number.bytes().all(|it| it.is_ascii_digit())
}

/// The region that a name which is none was most likely meant for, if any is near.
pub fn nearest(name: &str) -> Option<&'static str> {
    const SLIPS: usize = 2;
    let near = |it: &&'static str| strsim::damerau_levenshtein(&name.to_lowercase(), it);
    USUAL.into_iter().min_by_key(near).filter(|it| near(it) <= SLIPS)
}

const USUAL: [&str; 17] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-central-1",
    "eu-north-1",
    "eu-south-1",
    "ap-south-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "sa-east-1",
];

#[cfg(test)]
mod tests {
    use super::{USUAL, is_region, nearest};

    #[test]
    fn regions_are_told_from_slips_of_the_pen() {
        for name in
            USUAL.iter().chain(&["us-gov-west-1", "us-iso-east-1", "eusc-de-east-1", "cn-northwest-1", "mx-central-1"])
        {
            assert!(is_region(name), "{name}");
        }
        for name in
            ["us-est-1", "us-east", "us-east-1a", "eu-wst-2", "use-east-1", "", "-", "us--1", "local", "US-EAST-1"]
        {
            assert!(!is_region(name), "{name}");
        }
        assert_eq!((nearest("us-est-1"), nearest("EU-WEST-2")), (Some("us-east-1"), Some("eu-west-2")));
        assert_eq!(nearest("somewhere"), None);
    }
}
