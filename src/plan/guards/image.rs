//! The images are in their repository, not archived, and for the CPU that would run them.

use super::{Case, Found};
use crate::plan::{
    draft::Draft,
    pulled::{Found as Image, Pulled},
};

pub fn check(case: &Case<'_>) -> Vec<Found> {
    let images = case.drafts.iter().flat_map(|draft| draft.images.iter().map(move |image| (draft, image)));
    images.map(|(draft, image)| judge(draft, image)).collect()
}

fn judge(draft: &Draft<'_>, image: &Pulled<'_>) -> Found {
    let reference = &image.reference;
    let manifest = match image.found {
        Image::Elsewhere => {
            let summary = format!("{reference} is not in ECR here: whether it exists cannot be told");
            return Found::unchecked(draft, summary);
        }
        Image::Unreadable(fault) => {
            let summary = format!("whether {reference} exists cannot be told: {}", fault.kind.word());
            return Found::warns(draft, summary).with(format!("{}: {}", fault.operation, fault.message));
        }
        Image::Missing => {
            let summary = format!("{reference} is not in its repository");
            return Found::blocks(draft, summary).with("push it first, or check the tag; tasks could not pull it");
        }
        Image::Here(manifest) => manifest,
    };
    if manifest.image.archived {
        let found = Found::blocks(draft, format!("{reference} is archived: nothing can be pulled from there"));
        return found.with("restore it in ECR first");
    }
    let wanted = &draft.source.architecture;
    let fits = manifest.runs_on(wanted.as_str());
    if fits == Some(false) {
        let built: Vec<_> = manifest.architectures.iter().map(ToString::to_string).collect();
        let summary = format!("{reference} is built for {}, and tasks run on {wanted}", built.join(", "));
        return Found::blocks(draft, summary).with("build it for that too, or change runtimePlatform");
    }
    let critical: u32 = manifest.image.scan.iter().filter_map(|it| it.findings.get(&"CRITICAL".into())).sum();
    if critical > 0 {
        let summary = format!("the scan of {reference} has {critical} critical findings");
        return Found::warns(draft, summary);
    }
    let there = format!("{reference} is there, {}", manifest.image.digest.as_str().get(..19).unwrap_or(""));
    match fits {
        Some(_) => Found::passes(draft, there),
        None => Found::unchecked(draft, format!("{there}; whether it is built for {wanted} cannot be told")),
    }
}

/// A tag that may move means another image tomorrow.
pub fn mutable_tag(case: &Case<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for draft in case.drafts {
        for image in draft.images.iter().filter(|it| it.may_move() == Some(true)) {
            let tag = image.reference.pulled_tag().unwrap_or_default();
            let runs = draft.seen.digests().get(&image.container).cloned();
            let short = |digest: &str| digest.get(..19).unwrap_or(digest).to_owned();
            let now = image.digest().map_or_else(|| "nothing".to_owned(), |it| short(it.as_str()));
            let summary = format!("tag {tag} may move: now it means {now}");
            let summary = match runs {
                Some(runs) => format!("{summary}; {} runs", short(runs.as_str())),
                None => summary,
            };
            found.push(
                Found::warns(draft, summary).with("every new task of this deployment runs the digest of its first"),
            );
        }
    }
    found
}
