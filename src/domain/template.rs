//! Launch templates (ec2:DescribeLaunchTemplateVersions).

use jiff::Timestamp;

use super::{group::Group, text::SafeText};

/// A launch template with its newest versions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Template {
    /// Newest first: the newest hundred, and the default one.
    pub versions: Vec<TemplateVersion>,
}

/// One version. User data is left where it is: it may hold secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateVersion {
    pub number: u64,
    pub description: SafeText,
    pub created_at: Option<Timestamp>,
    pub is_default: bool,
    pub image: Option<SafeText>,
    pub instance_type: Option<SafeText>,
}

impl Template {
    /// Its latest and default versions, laid over what was known of it before.
    #[must_use]
    pub fn over(mut self, before: Self) -> Self {
        let told: Vec<u64> = self.versions.iter().map(|it| it.number).collect();
        let has_default = self.versions.iter().any(|it| it.is_default);
        let older = before.versions.into_iter().filter(|it| !told.contains(&it.number));
        self.versions.extend(older.map(|it| TemplateVersion { is_default: it.is_default && !has_default, ..it }));
        self.versions.sort_by_key(|it| std::cmp::Reverse(it.number));
        self
    }

    /// The version that a group names, which may be `$Latest` or `$Default`.
    pub fn named(&self, version: &str) -> Option<&TemplateVersion> {
        match version {
            "$Latest" => self.versions.iter().max_by_key(|it| it.number),
            "$Default" | "" => self.versions.iter().find(|it| it.is_default),
            number => {
                let number: u64 = number.parse().ok()?;
                self.versions.iter().find(|it| it.number == number)
            }
        }
    }
}

impl Group {
    /// The version that new instances are started from now: its own number, or what `$Latest` or `$Default` stands for.
    /// `None` where that is not known.
    pub fn wanted_version(&self, template: Option<&Template>) -> Option<u64> {
        let named = self.launch_template.as_ref()?.version.as_str();
        named.parse().ok().or_else(|| template?.named(named).map(|it| it.number))
    }
}

#[cfg(test)]
mod tests {
    use super::{Template, TemplateVersion};

    fn version(number: u64, is_default: bool) -> TemplateVersion {
        TemplateVersion {
            number,
            description: format!("v{number}").into(),
            created_at: None,
            is_default,
            image: None,
            instance_type: None,
        }
    }

    #[test]
    fn what_was_known_of_a_template_stays_but_for_what_is_told_anew() {
        let before = Template { versions: vec![version(3, true), version(2, false), version(1, false)] };
        let newest = Template { versions: vec![version(4, false), version(2, true)] };
        let both = newest.over(before);
        let told: Vec<_> = both.versions.iter().map(|it| (it.number, it.is_default)).collect();
        assert_eq!(told, [(4, false), (3, false), (2, true), (1, false)]);
    }

    #[test]
    fn words_stand_for_numbers() {
        let template = Template { versions: vec![version(9, false), version(10, false), version(1, true)] };
        let number = |name| template.named(name).map(|it| it.number);
        assert_eq!([number("$Latest"), number("$Default"), number("9")], [Some(10), Some(1), Some(9)]);
        assert_eq!([number("8"), number("nine")], [None, None]);
        assert_eq!(Template::default().named("$Latest"), None);
    }
}
