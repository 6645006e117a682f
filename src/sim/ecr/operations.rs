//! The operations of ECR, and how they find the images they are asked about.

use super::super::{
    wire::{
        call::{Call, Reply},
        error::ApiError,
        input::Input,
        page::{Rule, page},
        value::{Value, shape},
    },
    world::World,
};
use super::{Repository, State, image::Image, shapes};

/// The most image ids, and repository names, that one call takes.
const MOST: usize = 100;
const REPOSITORIES: Rule = Rule {
    listing: "ecr.DescribeRepositories",
    size_name: "maxResults",
    default: 100,
    min: 1,
    max: 1000,
    bad_size: "InvalidParameterException",
    bad_token: "InvalidParameterException",
};
const IMAGES: Rule = Rule { listing: "ecr.DescribeImages", ..REPOSITORIES };
const IMAGE_IDS: Rule = Rule { listing: "ecr.ListImages", ..REPOSITORIES };
const FINDINGS: Rule = Rule { listing: "ecr.DescribeImageScanFindings", ..REPOSITORIES };

/// The operations of ECR; `None` where the operation is unknown.
pub fn answer(world: &mut World, call: &Call<'_>) -> Option<Reply> {
    let now = world.now;
    let state = &world.region(&call.place).ecr;
    Some(match call.operation {
        "DescribeRepositories" => describe_repositories(state, call),
        "DescribeImages" => Asked::read(state, call).and_then(|asked| describe_images(&asked, call, now)),
        "ListImages" => Asked::read(state, call).and_then(|asked| list_images(&asked, call)),
        "BatchGetImage" => Asked::read(state, call).and_then(|asked| batch_get_image(&asked, call)),
        "DescribeImageScanFindings" => Asked::read(state, call).and_then(|asked| scan_findings(&asked, call, now)),
        "GetLifecyclePolicy" => Asked::read(state, call).and_then(|asked| lifecycle_policy(&asked)),
        _ => return None,
    })
}

/// The repository that a call is about.
pub struct Asked<'a> {
    pub account: &'a str,
    pub name: &'a str,
    pub repository: &'a Repository,
}

impl<'a> Asked<'a> {
    fn read(state: &'a State, call: &'a Call<'_>) -> Result<Self, ApiError> {
        let name = call.input.text("repositoryName")?.ok_or_else(|| required("repositoryName"))?;
        let account = registry(call)?;
        let found = state.repositories.get_key_value(name).filter(|_| account == call.place.account);
        let (name, repository) = found.ok_or_else(|| no_repository(name, account))?;
        Ok(Self { account, name, repository })
    }

    /// The image that `id` names; both its digest and its tag must be right where both are given.
    fn image(&self, id: &Id) -> Option<&'a Image> {
        let named = id.digest.as_deref().or(id.tag.as_deref())?;
        self.repository.find(named).filter(|image| id.tag.as_deref().is_none_or(|tag| image.is(tag)))
    }

    fn no_image(&self, id: &Id) -> ApiError {
        let word = |text: &Option<String>| text.clone().unwrap_or_else(|| "null".to_owned());
        let message = format!(
            "The image with imageId {{imageDigest:'{}', imageTag:'{}'}} does not exist within the repository with name \
             '{}' in the registry with id '{}'",
            word(&id.digest),
            word(&id.tag),
            self.name,
            self.account
        );
        ApiError::bad_request("ImageNotFoundException", message)
    }
}

/// By what an image is asked for.
pub struct Id {
    pub digest: Option<String>,
    pub tag: Option<String>,
}

impl Id {
    fn read(input: Input<'_>) -> Result<Self, ApiError> {
        let text = |name| input.text(name).map(|text| text.map(str::to_owned));
        Ok(Self { digest: text("imageDigest")?, tag: text("imageTag")? })
    }
}

fn describe_repositories(state: &State, call: &Call<'_>) -> Reply {
    let input = call.input;
    let names = input.texts("repositoryNames")?;
    let account = registry(call)?;
    bounded(names.len(), "repositoryNames")?;
    let mine = |name: &String| {
        let found = state.repositories.get_key_value(name).filter(|_| account == call.place.account);
        found.ok_or_else(|| no_repository(name, account))
    };
    let (token, size) = (input.text("nextToken")?, input.int("maxResults")?);
    let spelt = |(name, it): (&String, &Repository)| shapes::repository(name, it, &call.place);
    if !names.is_empty() {
        alone(token, size, "repositoryNames")?;
        let found = names.iter().map(mine).collect::<Result<Vec<_>, _>>()?;
        return Ok(shape! { "repositories" => Value::list(found.into_iter().map(spelt)) });
    }
    let all: Vec<_> = state.repositories.iter().filter(|_| account == call.place.account).collect();
    let page = page(all, token, size, &REPOSITORIES, |(name, _)| (*name).clone())?;
    Ok(shape! { "repositories" => Value::list(page.items.into_iter().map(spelt)), "nextToken" => page.next })
}

fn describe_images(asked: &Asked<'_>, call: &Call<'_>, now: jiff::Timestamp) -> Reply {
    let input = call.input;
    let ids = ids(input)?;
    let (token, size) = (input.text("nextToken")?, input.int("maxResults")?);
    let spelt = |image: &Image| shapes::image_detail(asked, image, now);
    if !ids.is_empty() {
        alone(token, size, "imageIds")?;
        let found = ids.iter().map(|id| asked.image(id).ok_or_else(|| asked.no_image(id)));
        let found = found.collect::<Result<Vec<_>, _>>()?;
        return Ok(shape! { "imageDetails" => Value::list(found.into_iter().map(spelt)) });
    }
    let page = page(filtered(asked, input)?, token, size, &IMAGES, |image| image.digest.clone())?;
    Ok(shape! { "imageDetails" => Value::list(page.items.into_iter().map(spelt)), "nextToken" => page.next })
}

fn list_images(asked: &Asked<'_>, call: &Call<'_>) -> Reply {
    let input = call.input;
    let ids = filtered(asked, input)?.into_iter().flat_map(|image| {
        let tags: Vec<Option<&String>> =
            if image.tags.is_empty() { vec![None] } else { image.tags.iter().map(Some).collect() };
        tags.into_iter().map(move |tag| (image, tag))
    });
    let key = |(image, tag): &(&Image, Option<&String>)| format!("{} {tag:?}", image.digest);
    let page = page(ids.collect(), input.text("nextToken")?, input.int("maxResults")?, &IMAGE_IDS, key)?;
    let ids = page.items.into_iter().map(|(image, tag)| shapes::image_id(&image.digest, tag));
    Ok(shape! { "imageIds" => Value::list(ids), "nextToken" => page.next })
}

/// The images that `filter` lets through; without it those that can be pulled.
fn filtered<'a>(asked: &Asked<'a>, input: Input<'_>) -> Result<Vec<&'a Image>, ApiError> {
    let filter = input.object("filter");
    let word = |name| filter.map_or(Ok(None), |filter| filter.text(name));
    let tagged = match word("tagStatus")?.unwrap_or("ANY") {
        "ANY" => None,
        "TAGGED" => Some(true),
        "UNTAGGED" => Some(false),
        other => return Err(invalid("filter.tagStatus", &format!("'{other}' is no tag status"))),
    };
    let archived = match word("imageStatus")?.unwrap_or("ACTIVE") {
        "ANY" => None,
        "ACTIVE" => Some(false),
        "ARCHIVED" => Some(true),
        "ACTIVATING" => return Ok(Vec::new()),
        other => return Err(invalid("filter.imageStatus", &format!("'{other}' is no image status"))),
    };
    let images = asked.repository.images.iter();
    let images = images.filter(|image| tagged.is_none_or(|tagged| tagged != image.tags.is_empty()));
    Ok(images.filter(|image| archived.is_none_or(|archived| archived == image.archived.is_some())).collect())
}

/// What cannot be answered stands in `failures`; the rest is answered all the same.
fn batch_get_image(asked: &Asked<'_>, call: &Call<'_>) -> Reply {
    let (mut images, mut failures) = (Vec::new(), Vec::new());
    if !call.input.has("imageIds") {
        return Err(required("imageIds"));
    }
    for id in ids(call.input)? {
        let failure = match (asked.image(&id), &id) {
            (_, Id { digest: None, tag: None }) => {
                ("MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null")
            }
            (_, Id { digest: Some(digest), .. }) if !digest.contains(':') => (
                "InvalidImageDigest",
                "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
            ),
            (Some(image), _) if image.archived.is_some() => {
                ("ImageInaccessible", "The requested image is archived and cannot be accessed")
            }
            (Some(image), _) => {
                images.push(shapes::image(asked, image, &id));
                continue;
            }
            (None, Id { digest: Some(digest), tag: Some(_) }) if asked.repository.find(digest).is_some() => {
                ("ImageTagDoesNotMatchDigest", "Tag does not match the digest of the requested image")
            }
            (None, _) => ("ImageNotFound", "Requested image not found"),
        };
        failures.push(shapes::image_failure(&id, failure));
    }
    Ok(shape! { "images" => images, "failures" => failures })
}

fn scan_findings(asked: &Asked<'_>, call: &Call<'_>, now: jiff::Timestamp) -> Reply {
    let id = Id::read(call.input.object("imageId").ok_or_else(|| required("imageId"))?)?;
    let image = asked.image(&id).ok_or_else(|| asked.no_image(&id))?;
    if !asked.repository.scan_on_push || !image.parts.is_empty() {
        let message = format!(
            "Image scan does not exist for the image with imageDigest '{}' in the repository with name '{}'",
            image.digest, asked.name
        );
        return Err(ApiError::bad_request("ScanNotFoundException", message));
    }
    let scanned = now >= image.scanned_at();
    let all = if scanned { shapes::findings(image, now) } else { Vec::new() };
    let (token, size) = (call.input.text("nextToken")?, call.input.int("maxResults")?);
    let page = page(all, token, size, &FINDINGS, |(name, _)| name.clone())?;
    let summary = shapes::scan_summary(image, now);
    let findings = scanned.then(|| {
        let Value::Map(mut members) = summary else { return Value::Absent };
        members.push(("findings".to_owned(), Value::list(page.items.into_iter().map(|(_, finding)| finding))));
        Value::Map(members)
    });
    Ok(shape! {
        "registryId" => asked.account,
        "repositoryName" => asked.name,
        "imageId" => shapes::image_id(&image.digest, id.tag.as_ref()),
        "imageScanStatus" => shapes::scan_status(image, now),
        "imageScanFindings" => findings,
        "nextToken" => page.next,
    })
}

fn lifecycle_policy(asked: &Asked<'_>) -> Reply {
    let Some(keep) = asked.repository.keep else {
        let message = format!(
            "Lifecycle policy does not exist for the repository with name '{}' in the registry with id '{}'",
            asked.name, asked.account
        );
        return Err(ApiError::bad_request("LifecyclePolicyNotFoundException", message));
    };
    let policy = format!(
        "{{\"rules\":[{{\"rulePriority\":1,\"description\":\"Keep last {keep} images\",\"selection\":{{\"tagStatus\":\
         \"any\",\"countType\":\"imageCountMoreThan\",\"countNumber\":{keep}}},\"action\":{{\"type\":\"expire\"}}}}]}}"
    );
    Ok(shape! {
        "registryId" => asked.account,
        "repositoryName" => asked.name,
        "lifecyclePolicyText" => policy,
        "lastEvaluatedAt" => asked.repository.evaluated,
    })
}

fn ids(input: Input<'_>) -> Result<Vec<Id>, ApiError> {
    let ids = input.items("imageIds")?.into_iter().map(Id::read).collect::<Result<Vec<_>, _>>()?;
    if input.has("imageIds") && ids.is_empty() {
        return Err(invalid("imageIds", "Member must have length greater than or equal to 1"));
    }
    bounded(ids.len(), "imageIds")?;
    Ok(ids)
}

/// The account whose registry is asked: the caller's where none is named.
fn registry<'a>(call: &'a Call<'_>) -> Result<&'a str, ApiError> {
    Ok(call.input.text("registryId")?.unwrap_or(&call.place.account))
}

fn bounded(count: usize, name: &str) -> Result<(), ApiError> {
    let within = count <= MOST;
    within.then_some(()).ok_or_else(|| invalid(name, "Member must have length less than or equal to 100"))
}

/// What is named one by one is not paged through.
fn alone(token: Option<&str>, size: Option<i64>, list: &str) -> Result<(), ApiError> {
    if token.is_some() || size.is_some() {
        let message = format!("nextToken and maxResults cannot be used when you specify {list}");
        return Err(ApiError::bad_request("InvalidParameterException", message));
    }
    Ok(())
}

fn no_repository(name: &str, account: &str) -> ApiError {
    let message = format!("The repository with name '{name}' does not exist in the registry with id '{account}'");
    ApiError::bad_request("RepositoryNotFoundException", message)
}

fn required(name: &str) -> ApiError {
    invalid(name, "Member must not be null")
}

fn invalid(name: &str, constraint: &str) -> ApiError {
    let message = format!("Invalid parameter at '{name}' failed to satisfy constraint: '{constraint}'");
    ApiError::bad_request("InvalidParameterException", message)
}
