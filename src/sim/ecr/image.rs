//! One image: its manifest, from which the digest follows, and what a scan found in it.

use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::super::world::random::Random;

/// Media types of a single image as `docker push` and as a builder write it, and of an index over several.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// Layers of a base image that every image of a repository shares.
const BASE_LAYERS: usize = 4;
/// How long a scan on push takes.
const SCAN: SignedDuration = SignedDuration::from_secs(25);

/// An image of a repository, or an index over images of several architectures.
#[derive(Debug, Clone)]
pub struct Image {
    pub digest: String,
    pub tags: Vec<String>,
    pub pushed_at: Timestamp,
    /// Bytes, compressed; of an index those of its largest image.
    pub size: u32,
    pub media_type: &'static str,
    pub manifest: String,
    /// Digests of the images that an index lists; empty for an image.
    pub parts: Vec<String>,
    /// Since when it lies in the archive, from which nothing can be pulled.
    pub archived: Option<Timestamp>,
}

impl Image {
    /// The image number `push` of a repository; its layers differ from those of every other push.
    pub fn single(repository: &str, push: &str, media_type: &'static str, now: Timestamp) -> Self {
        let (config, layers) = match media_type {
            OCI_MANIFEST => ("application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar+gzip"),
            _ => {
                ("application/vnd.docker.container.image.v1+json", "application/vnd.docker.image.rootfs.diff.tar.gzip")
            }
        };
        let mut manifest =
            format!("{{\n   \"schemaVersion\": 2,\n   \"mediaType\": \"{media_type}\",\n   \"config\": ");
        let mut size = 7_023;
        blob(&mut manifest, config, size, &format!("{repository} {push} config"));
        manifest.push_str(",\n   \"layers\": [");
        for at in 0..BASE_LAYERS + 2 {
            let own = at >= BASE_LAYERS;
            let content = if own { format!("{repository} {push} {at}") } else { format!("{repository} {at}") };
            let bytes = layer_bytes(&content, at);
            size += bytes;
            manifest.push_str(if at == 0 { "\n      " } else { ",\n      " });
            blob(&mut manifest, layers, bytes, &content);
        }
        manifest.push_str("\n   ]\n}");
        Self::new(manifest, media_type, size, now)
    }

    /// An index over `parts`, each for an architecture.
    pub fn index(parts: &[(&str, &Self)], now: Timestamp) -> Self {
        let mut manifest =
            format!("{{\n   \"schemaVersion\": 2,\n   \"mediaType\": \"{OCI_INDEX}\",\n   \"manifests\": [");
        for (at, (architecture, part)) in parts.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let (digest, bytes, kind) = (&part.digest, part.manifest.len(), part.media_type);
            // Writing to a string cannot fail.
            let _written = write!(
                manifest,
                "{comma}\n      {{ \"mediaType\": \"{kind}\", \"digest\": \"{digest}\", \"size\": {bytes}, \
                 \"platform\": {{ \"architecture\": \"{architecture}\", \"os\": \"linux\" }} }}"
            );
        }
        manifest.push_str("\n   ]\n}");
        let size = parts.iter().map(|(_, part)| part.size).max().unwrap_or(0);
        let digests = parts.iter().map(|(_, part)| part.digest.clone()).collect();
        Self { parts: digests, ..Self::new(manifest, OCI_INDEX, size, now) }
    }

    fn new(manifest: String, media_type: &'static str, size: u32, now: Timestamp) -> Self {
        Self {
            digest: sha256(&manifest),
            tags: Vec::new(),
            pushed_at: now,
            size,
            media_type,
            manifest,
            parts: Vec::new(),
            archived: None,
        }
    }

    /// Whether `id` is its digest or one of its tags.
    pub fn is(&self, id: &str) -> bool {
        self.digest == id || self.tags.iter().any(|tag| tag == id)
    }

    /// When a scan on push was over.
    pub fn scanned_at(&self) -> Timestamp {
        self.pushed_at.saturating_add(SCAN).unwrap_or(Timestamp::MAX)
    }

    /// What the scan found: severities and counts, worst first. Known weaknesses gather in an image as it ages, and
    /// the same image always has the same.
    pub fn findings(&self, now: Timestamp) -> Vec<(&'static str, u32)> {
        let mut random = chance(&self.digest);
        let weeks = u32::try_from(now.duration_since(self.pushed_at).as_hours() / 168).unwrap_or(0);
        let high = random.below(3) as u32 + weeks / 8;
        let counts = [
            ("CRITICAL", u32::from(weeks > 6 && random.chance(0.4))),
            ("HIGH", high),
            ("MEDIUM", 2 + random.below(6) as u32 + weeks / 4),
            ("LOW", 4 + random.below(9) as u32),
            ("INFORMATIONAL", random.below(4) as u32),
        ];
        counts.into_iter().filter(|(_, count)| *count > 0).collect()
    }
}

/// `sha256:` and the digest of a text.
pub fn sha256(text: &str) -> String {
    let mut digest = "sha256:".to_owned();
    for byte in Sha256::digest(text.as_bytes()) {
        // Writing to a string cannot fail.
        let _written = write!(digest, "{byte:02x}");
    }
    digest
}

/// Appends a blob's descriptor.
fn blob(manifest: &mut String, media_type: &str, bytes: u32, content: &str) {
    let digest = sha256(content);
    // Writing to a string cannot fail.
    let _written =
        write!(manifest, "{{ \"mediaType\": \"{media_type}\", \"size\": {bytes}, \"digest\": \"{digest}\" }}");
}

/// Base layers are large and the last of an image small.
fn layer_bytes(content: &str, at: usize) -> u32 {
    let largest = if at < BASE_LAYERS { 48_000_000 } else { 9_000_000 };
    200_000 + chance(content).below(largest) as u32
}

/// Chance that depends on a text alone.
fn chance(text: &str) -> Random {
    let digest = Sha256::digest(text.as_bytes());
    let seed = digest.iter().take(8).fold(0_u64, |seed, byte| seed << 8 | u64::from(*byte));
    Random::new(seed)
}
