//! What is there in the place of a name that names nothing.

use crate::{
    domain::{
        id::Arn,
        query::{Answer, Query},
        text::SafeText,
    },
    plan::{
        facts::{Asked, Inquiry},
        image::ImageReference,
        model::Refusal,
        seen::{Seen, Stop},
    },
    toml_file::one_of_these,
};

/// There is no such revision: the nearest of the family that runs.
pub fn revision(seen: &Seen<'_>, reference: &str, inquiry: &Inquiry<'_>) -> Stop {
    let query = Query::Revisions { family: seen.definition.family.as_str().into() };
    let known = inquiry.ask_in(&seen.who.scope, query, |answer| match answer {
        Answer::Revisions(revisions) => Some(revisions),
        _ => None,
    });
    if matches!(known, Asked::Awaited) {
        return Stop::Awaited;
    }
    let names: Vec<SafeText> = known.known().flatten().into_iter().flatten().map(Arn::short_name).collect();
    let running = seen.service.task_definition.short_name();
    let hint = match nearest_number(reference, &names) {
        Some(near) if *near == running => format!("the nearest is {near}, which runs"),
        Some(near) => format!("the nearest is {near}; {} runs {running}", seen.service.name),
        None => {
            let near = nearest(reference, &names).map_or_else(String::new, |it| format!("{it} "));
            format!("{near}{} runs {running}", seen.service.name)
        }
    };
    Refusal::misnamed(format!("there is no task definition {reference}")).hint(hint).into()
}

/// There is no such image: the nearest tag or digest of its repository.
pub fn image(seen: &Seen<'_>, reference: &ImageReference, inquiry: &Inquiry<'_>) -> Stop {
    let refusal = Refusal::misnamed(format!("{reference} is not in its repository"));
    let push = "push it first: tasks could not pull it";
    let Some(ecr) = reference.ecr() else { return refusal.hint(push).into() };
    let query = Query::Images { registry: ecr.account.into(), repository: ecr.name.into() };
    let images = inquiry.ask_in(&seen.who.scope, query, |answer| match answer {
        Answer::Images(images) => Some(images),
        _ => None,
    });
    if matches!(images, Asked::Awaited) {
        return Stop::Awaited;
    }
    let images = || images.known().flatten().into_iter().flatten();
    let (named, there): (&str, Vec<SafeText>) = match (&reference.digest, reference.pulled_tag()) {
        (Some(digest), _) => (digest.as_str(), images().map(|it| it.digest.clone()).collect()),
        (None, tag) => (tag.unwrap_or_default(), images().flat_map(|it| it.tags.iter().cloned()).collect()),
    };
    let hint = nearest(named, &there).map_or_else(|| push.to_owned(), |it| format!("{it} or {push}"));
    refusal.hint(hint).into()
}

/// There is no such deployment: the nearest of those that are known.
pub fn deployment(seen: &Seen<'_>, arn: &Arn) -> Refusal {
    let known = seen.deployments.known().unwrap_or_default();
    // As `--to` takes them.
    let names: Vec<SafeText> = known.iter().map(|it| SafeText::new(it.arn.wire())).collect();
    let refusal = Refusal::misnamed(format!("{} has no deployment {}", seen.service.name, arn.tail()));
    match nearest(arn.wire(), &names) {
        Some(hint) => refusal.hint(hint),
        None => refusal,
    }
}

/// Of the revisions of the same family the one whose number is the fewest away.
fn nearest_number<'a>(reference: &str, names: &'a [SafeText]) -> Option<&'a SafeText> {
    let (family, wanted) = numbered(reference)?;
    let distance = |name: &SafeText| {
        let (of, number) = numbered(name.as_str())?;
        (of == family).then(|| number.abs_diff(wanted))
    };
    names.iter().filter_map(|it| Some((distance(it)?, it))).min_by_key(|(distance, _)| *distance).map(|(_, it)| it)
}

/// The family and the number of a revision's name.
fn numbered(name: &str) -> Option<(&str, u64)> {
    let (family, number) = name.rsplit_once(':')?;
    Some((family, number.parse().ok()?))
}

fn nearest(word: &str, options: &[SafeText]) -> Option<String> {
    one_of_these(word, &options.iter().map(SafeText::as_str).collect::<Vec<_>>())
}
