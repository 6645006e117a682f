//! Launch templates and their versions.

use jiff::Timestamp;

/// A launch template; versions are numbered from 1 without gaps.
#[derive(Debug, Clone)]
pub struct LaunchTemplate {
    pub id: String,
    pub name: String,
    pub created: Timestamp,
    /// The number that `$Default` stands for.
    pub default_version: u32,
    pub versions: Vec<TemplateVersion>,
    pub tags: Vec<(String, String)>,
}

/// One immutable version.
#[derive(Debug, Clone)]
pub struct TemplateVersion {
    pub number: u32,
    pub description: String,
    /// What makes a repeated call to create it the same call.
    pub client_token: Option<String>,
    pub created: Timestamp,
    pub image_id: String,
    pub instance_type: String,
    /// Their ids.
    pub security_groups: Vec<String>,
    /// The name of an instance profile.
    pub profile: String,
    /// The boot script, not encoded.
    pub user_data: String,
    /// Tags that instances get.
    pub tags: Vec<(String, String)>,
}

impl TemplateVersion {
    /// A version that says nothing yet.
    pub fn blank() -> Self {
        Self {
            number: 0,
            description: String::new(),
            client_token: None,
            created: Timestamp::UNIX_EPOCH,
            image_id: String::new(),
            instance_type: String::new(),
            security_groups: Vec::new(),
            profile: String::new(),
            user_data: String::new(),
            tags: Vec::new(),
        }
    }
}

impl LaunchTemplate {
    /// The number that `$Latest` stands for.
    pub fn latest(&self) -> u32 {
        self.versions.iter().map(|version| version.number).max().unwrap_or(0)
    }

    /// The version called `$Latest`, `$Default` or by its number.
    pub fn version(&self, name: &str) -> Option<&TemplateVersion> {
        let number = match name {
            "$Latest" => self.latest(),
            "$Default" => self.default_version,
            number => number.parse().ok()?,
        };
        self.versions.iter().find(|version| version.number == number)
    }
}
