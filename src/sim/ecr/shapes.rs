//! Repositories and images in the API's words.

use jiff::Timestamp;

use super::super::{
    wire::value::{Value, shape},
    world::Place,
};
use super::{
    Repository,
    image::{DOCKER_MANIFEST, Image, OCI_INDEX},
    operations::{Asked, Id},
};

pub fn repository(name: &str, repository: &Repository, place: &Place) -> Value {
    shape! {
        "repositoryArn" => place.arn("ecr", format_args!("repository/{name}")),
        "registryId" => &place.account,
        "repositoryName" => name,
        "repositoryUri" => format!("{}.dkr.ecr.{}.amazonaws.com/{name}", place.account, place.region),
        "createdAt" => repository.created,
        "imageTagMutability" => if repository.mutable { "MUTABLE" } else { "IMMUTABLE" },
        "imageScanningConfiguration" => shape! { "scanOnPush" => repository.scan_on_push },
        "encryptionConfiguration" => shape! { "encryptionType" => "AES256" },
    }
}

pub fn image_detail(asked: &Asked<'_>, image: &Image, now: Timestamp) -> Value {
    let tags = (!image.tags.is_empty()).then(|| Value::list(&image.tags));
    let scanned = asked.repository.scan_on_push && image.parts.is_empty();
    let artifact = match image.media_type {
        OCI_INDEX => None,
        DOCKER_MANIFEST => Some("application/vnd.docker.container.image.v1+json"),
        _ => Some("application/vnd.oci.image.config.v1+json"),
    };
    shape! {
        "registryId" => asked.account,
        "repositoryName" => asked.name,
        "imageDigest" => &image.digest,
        "imageTags" => tags,
        "imageSizeInBytes" => image.size,
        "imagePushedAt" => image.pushed_at,
        "imageScanStatus" => scanned.then(|| scan_status(image, now)),
        "imageScanFindingsSummary" => (scanned && now >= image.scanned_at()).then(|| scan_summary(image, now)),
        "imageManifestMediaType" => image.media_type,
        "artifactMediaType" => artifact,
        "imageStatus" => if image.archived.is_some() { "ARCHIVED" } else { "ACTIVE" },
        "lastArchivedAt" => image.archived,
    }
}

pub fn scan_status(image: &Image, now: Timestamp) -> Value {
    let (status, description) = if now >= image.scanned_at() {
        ("COMPLETE", "The scan was completed successfully.")
    } else {
        ("IN_PROGRESS", "The scan is in progress.")
    };
    shape! { "status" => status, "description" => description }
}

pub fn scan_summary(image: &Image, now: Timestamp) -> Value {
    let counts = image.findings(now).into_iter().map(|(severity, count)| (severity.to_owned(), count.into()));
    shape! {
        "imageScanCompletedAt" => image.scanned_at(),
        "vulnerabilitySourceUpdatedAt" => image.scanned_at(),
        "findingSeverityCounts" => Value::Map(counts.collect()),
    }
}

/// What a scan found, one by one: name and finding.
pub fn findings(image: &Image, now: Timestamp) -> Vec<(String, Value)> {
    const PACKAGES: [&str; 6] = ["openssl", "zlib", "glibc", "curl", "expat", "perl"];
    let mut found = Vec::new();
    for (severity, count) in image.findings(now) {
        for _ in 0..count {
            let at = found.len();
            let name = format!("CVE-{}-{}", 2024 + at % 3, 10_234 + 317 * at);
            let attribute = |key: &str, value: &str| shape! { "key" => key, "value" => value };
            let attributes =
                [attribute("package_name", PACKAGES[at % PACKAGES.len()]), attribute("package_version", "1.0.2-r3")];
            let finding = shape! {
                "name" => &name,
                "uri" => format!("https://nvd.nist.gov/vuln/detail/{name}"),
                "severity" => severity,
                "attributes" => Value::list(attributes),
            };
            found.push((name, finding));
        }
    }
    found
}

pub fn image_id(digest: &str, tag: Option<&String>) -> Value {
    shape! { "imageDigest" => digest, "imageTag" => tag }
}

pub fn image(asked: &Asked<'_>, image: &Image, id: &Id) -> Value {
    shape! {
        "registryId" => asked.account,
        "repositoryName" => asked.name,
        "imageId" => image_id(&image.digest, id.tag.as_ref()),
        "imageManifest" => &image.manifest,
        "imageManifestMediaType" => image.media_type,
    }
}

pub fn image_failure(id: &Id, (code, reason): (&str, &str)) -> Value {
    shape! {
        "imageId" => shape! { "imageDigest" => id.digest.as_ref(), "imageTag" => id.tag.as_ref() },
        "failureCode" => code,
        "failureReason" => reason,
    }
}
