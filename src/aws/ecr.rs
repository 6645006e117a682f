//! Amazon ECR: repositories, and the images in them.

use aws_sdk_ecr::{
    Client,
    types::{
        self, DescribeImagesFilter, ImageIdentifier, ImageStatus, ImageStatusFilter, ImageTagMutability,
        ImageTagMutabilityExclusionFilter,
    },
};
use jiff::Timestamp;
use serde_json::Value;

use super::{
    fault,
    paging::{Gathered, Page, pages},
    values::{arn, count, text, time},
};
use crate::domain::{
    fault::{Fault, FaultKind},
    registry::{Image, ImageId, ImageManifest, Mutability, Repository, Scan},
    text::SafeText,
};

/// Manifests that BatchGetImage may answer with: single images and indexes over several, as both formats write them.
const MANIFESTS: [&str; 4] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

/// One repository of the registry of an account.
pub async fn repository(client: &Client, registry: &str, name: &str, now: Timestamp) -> Result<Repository, Fault> {
    const OPERATION: &str = "ecr:DescribeRepositories";
    let call = client.describe_repositories().registry_id(registry).repository_names(name);
    let output = call.send().await.map_err(|error| fault::of(OPERATION, &error, now))?;
    let found = output.repositories().first().ok_or_else(|| fault::not_in_answer(OPERATION, name, now))?;
    Ok(Repository {
        arn: arn(found.repository_arn()),
        name: text(found.repository_name()),
        uri: text(found.repository_uri()),
        mutability: mutability(found),
    })
}

/// Every image of a repository, archived ones too, newest first.
pub async fn images(client: &Client, registry: &str, repository: &str, now: Timestamp) -> Gathered<Image> {
    images_in(client, Some(registry), repository, now).await
}

/// The same of the account's own registry.
pub async fn images_of_own(client: &Client, repository: &str, now: Timestamp) -> Gathered<Image> {
    images_in(client, None, repository, now).await
}

async fn images_in(client: &Client, registry: Option<&str>, repository: &str, now: Timestamp) -> Gathered<Image> {
    let filter = DescribeImagesFilter::builder().image_status(ImageStatusFilter::Any).build();
    let mut images = pages(|token| {
        let call = client
            .describe_images()
            .set_registry_id(registry.map(str::to_owned))
            .repository_name(repository)
            .filter(filter.clone())
            .max_results(1000)
            .set_next_token(token);
        async move {
            let output = call.send().await.map_err(|error| fault::of("ecr:DescribeImages", &error, now))?;
            Ok(Page::new(output.image_details, output.next_token))
        }
    })
    .await
    .filter_map(|it| image(&it));
    images.items.sort_by_key(|it| std::cmp::Reverse(it.pushed_at));
    images
}

/// One image, and where it runs; with the fault of a manifest that cannot be had, which leaves the architectures
/// unknown.
pub async fn manifest(
    client: &Client,
    registry: &str,
    repository: &str,
    id: &ImageId,
    now: Timestamp,
) -> Result<(ImageManifest, Option<Fault>), Fault> {
    const OPERATION: &str = "ecr:DescribeImages";
    let call = client.describe_images().registry_id(registry).repository_name(repository).image_ids(identifier(id));
    let output = call.send().await.map_err(|error| fault::of(OPERATION, &error, now))?;
    let image = output
        .image_details()
        .iter()
        .find_map(image)
        .ok_or_else(|| fault::not_in_answer(OPERATION, repository, now))?;
    if image.archived {
        // ECR hands out nothing of it.
        return Ok((ImageManifest { image, architectures: Vec::new() }, None));
    }
    Ok(match architectures(client, registry, repository, &image, now).await {
        Ok(architectures) => (ImageManifest { image, architectures }, None),
        Err(fault) => (ImageManifest { image, architectures: Vec::new() }, Some(fault)),
    })
}

async fn architectures(
    client: &Client,
    registry: &str,
    repository: &str,
    image: &Image,
    now: Timestamp,
) -> Result<Vec<SafeText>, Fault> {
    const OPERATION: &str = "ecr:BatchGetImage";
    let id = ImageIdentifier::builder().image_digest(image.digest.as_str()).build();
    let call = client
        .batch_get_image()
        .registry_id(registry)
        .repository_name(repository)
        .image_ids(id)
        .set_accepted_media_types(Some(MANIFESTS.map(ToOwned::to_owned).into()));
    let output = call.send().await.map_err(|error| fault::of(OPERATION, &error, now))?;
    if let (None, Some(failure)) = (output.images().first(), output.failures().first()) {
        return Err(Fault {
            kind: FaultKind::Rejected,
            operation: OPERATION.into(),
            code: text(failure.failure_code().map(types::ImageFailureCode::as_str)),
            message: text(failure.failure_reason()),
            request_id: None,
            at: now,
        });
    }
    let manifest = output.images().first().and_then(|it| it.image_manifest()).unwrap_or_default();
    Ok(listed(&serde_json::from_str(manifest).unwrap_or_default()))
}

/// The architectures that an image index lists; none of a single image. Entries that are no image (attestations of the
/// build) say `unknown`.
fn listed(manifest: &Value) -> Vec<SafeText> {
    let entries = manifest["manifests"].as_array().into_iter().flatten();
    let architecture = |entry: &Value| entry["platform"]["architecture"].as_str().map(SafeText::new);
    entries.filter_map(architecture).filter(|it| it.as_str() != "unknown").collect()
}

fn identifier(id: &ImageId) -> ImageIdentifier {
    match id {
        ImageId::Tag(tag) => ImageIdentifier::builder().image_tag(tag.as_ref()).build(),
        ImageId::Digest(digest) => ImageIdentifier::builder().image_digest(digest.as_ref()).build(),
    }
}

fn mutability(raw: &types::Repository) -> Mutability {
    let pattern = |it: &ImageTagMutabilityExclusionFilter| SafeText::new(it.filter());
    let but = raw.image_tag_mutability_exclusion_filters().iter().map(pattern).collect();
    match raw.image_tag_mutability() {
        Some(ImageTagMutability::Immutable) => Mutability::Immutable { but: Vec::new() },
        Some(ImageTagMutability::ImmutableWithExclusion) => Mutability::Immutable { but },
        Some(ImageTagMutability::MutableWithExclusion) => Mutability::Mutable { but },
        _ => Mutability::Mutable { but: Vec::new() },
    }
}

fn image(raw: &types::ImageDetail) -> Option<Image> {
    Some(Image {
        digest: SafeText::new(raw.image_digest()?),
        tags: raw.image_tags().iter().map(|it| SafeText::new(it)).collect(),
        pushed_at: time(raw.image_pushed_at()),
        pulled_at: time(raw.last_recorded_pull_time()),
        bytes: raw.image_size_in_bytes().and_then(|it| u64::try_from(it).ok()).unwrap_or_default(),
        archived: matches!(raw.image_status(), Some(ImageStatus::Archived | ImageStatus::Activating)),
        scan: raw.image_scan_status().map(|status| scan(status, raw.image_scan_findings_summary())),
    })
}

fn scan(status: &types::ImageScanStatus, summary: Option<&types::ImageScanFindingsSummary>) -> Scan {
    let counts = summary.and_then(|it| it.finding_severity_counts()).into_iter().flatten();
    Scan {
        status: text(status.status().map(types::ScanStatus::as_str)),
        completed_at: time(summary.and_then(|it| it.image_scan_completed_at())),
        findings: counts.map(|(severity, found)| (SafeText::new(severity.as_str()), count(*found))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_index_lists_its_architectures_and_a_single_image_none() {
        let entry = |architecture| json!({ "platform": { "architecture": architecture, "os": "linux" } });
        let index = json!({ "manifests": [entry("amd64"), entry("arm64"), entry("unknown")] });
        assert_eq!(listed(&index), ["amd64".into(), "arm64".into()]);
        assert_eq!(listed(&json!({ "config": {}, "layers": [] })), []);
    }
}
