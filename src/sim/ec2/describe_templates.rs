//! `DescribeLaunchTemplates` and `DescribeLaunchTemplateVersions`.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;

use super::{LaunchTemplate, State, TemplateVersion, describe_instances::tag_set, filters::Filters, listing::PAGES};
use crate::{
    shape,
    sim::{
        wire::{
            call::{Call, Reply},
            error::ApiError,
            page::{Rule, page},
            value::Value,
        },
        world::Place,
    },
};

const TEMPLATES: Rule = Rule { listing: "ec2.DescribeLaunchTemplates", default: 200, min: 1, max: 200, ..PAGES };
const VERSIONS: Rule = Rule { listing: "ec2.DescribeLaunchTemplateVersions", ..TEMPLATES };

pub fn describe_launch_templates(state: &State, call: &Call<'_>, _now: Timestamp) -> Reply {
    let input = call.input;
    let (ids, names) = (input.texts("LaunchTemplateId")?, input.texts("LaunchTemplateName")?);
    let filters = Filters::read(input, &["launch-template-name"])?;
    let templates = if ids.is_empty() && names.is_empty() {
        state.templates.values().collect()
    } else {
        let by_id = ids.iter().map(|id| template(state, Some(id), None));
        let by_name = names.iter().map(|name| template(state, None, Some(name)));
        by_id.chain(by_name).collect::<Result<Vec<_>, _>>()?
    };
    let matching =
        templates.into_iter().filter(|template| filters.match_all(&template.tags, |_| template.name.clone())).collect();
    let (token, size) = (input.text("NextToken")?, input.int("MaxResults")?);
    let page = page(matching, token, size, &TEMPLATES, |template: &&LaunchTemplate| template.id.clone())?;
    let templates = page.items.into_iter().map(|template| spelt_template(template, &call.place));
    Ok(shape! { "launchTemplates" => Value::list(templates), "nextToken" => page.next })
}

/// Newest first. Versions are asked for by number, `$Latest` or `$Default`; all where none is named.
pub fn describe_launch_template_versions(state: &State, call: &Call<'_>, _now: Timestamp) -> Reply {
    let input = call.input;
    let (id, name) = (input.text("LaunchTemplateId")?, input.text("LaunchTemplateName")?);
    let asked = input.texts("LaunchTemplateVersion")?;
    let is_word = |it: &String| matches!(it.as_str(), "$Latest" | "$Default");
    if id.is_none() && name.is_none() && !asked.is_empty() && asked.iter().all(is_word) {
        return versions_of_all(state, call, &asked);
    }
    let template = template(state, id, name)?;
    let bound = |parameter| input.text(parameter).map(|text| text.and_then(|text| text.parse::<u32>().ok()));
    let (low, high) = (bound("MinVersion")?.unwrap_or(0), bound("MaxVersion")?.unwrap_or(u32::MAX));
    let mut versions: Vec<&TemplateVersion> = if asked.is_empty() {
        template.versions.iter().filter(|version| (low..=high).contains(&version.number)).collect()
    } else {
        asked.iter().map(|asked| version(template, asked)).collect::<Result<_, _>>()?
    };
    versions.sort_by_key(|version| std::cmp::Reverse(version.number));
    versions.dedup_by_key(|version| version.number);
    let (token, size) = (input.text("NextToken")?, input.int("MaxResults")?);
    let page = page(versions, token, size, &VERSIONS, |version| format!("{}:{}", template.id, version.number))?;
    let versions = page.items.into_iter().map(|version| spelt_version(template, version, &call.place));
    Ok(shape! { "launchTemplateVersionSet" => Value::list(versions), "nextToken" => page.next })
}

/// Of every template the versions that these words stand for.
fn versions_of_all(state: &State, call: &Call<'_>, asked: &[String]) -> Reply {
    let mut found: Vec<(&LaunchTemplate, &TemplateVersion)> = Vec::new();
    for template in state.templates.values() {
        let mut own = asked.iter().map(|asked| version(template, asked)).collect::<Result<Vec<_>, _>>()?;
        own.sort_by_key(|version| std::cmp::Reverse(version.number));
        own.dedup_by_key(|version| version.number);
        found.extend(own.into_iter().map(|version| (template, version)));
    }
    let (token, size) = (call.input.text("NextToken")?, call.input.int("MaxResults")?);
    let page =
        page(found, token, size, &VERSIONS, |(template, version)| format!("{}:{}", template.id, version.number))?;
    let versions = page.items.into_iter().map(|(template, version)| spelt_version(template, version, &call.place));
    Ok(shape! { "launchTemplateVersionSet" => Value::list(versions), "nextToken" => page.next })
}

pub fn spelt_template(template: &LaunchTemplate, place: &Place) -> Value {
    shape! {
        "launchTemplateId" => &template.id,
        "launchTemplateName" => &template.name,
        "createTime" => template.created,
        "createdBy" => creator(place),
        "defaultVersionNumber" => template.default_version,
        "latestVersionNumber" => template.latest(),
        "tagSet" => tag_set(&template.tags),
    }
}

pub fn spelt_version(template: &LaunchTemplate, version: &TemplateVersion, place: &Place) -> Value {
    shape! {
        "launchTemplateId" => &template.id,
        "launchTemplateName" => &template.name,
        "versionNumber" => version.number,
        "versionDescription" => &version.description,
        "createTime" => version.created,
        "createdBy" => creator(place),
        "defaultVersion" => version.number == template.default_version,
        "launchTemplateData" => data(version),
    }
}

/// The template with this id or, where none is given, this name.
pub fn template<'s>(state: &'s State, id: Option<&str>, name: Option<&str>) -> Result<&'s LaunchTemplate, ApiError> {
    match (id, name) {
        (Some(id), _) => state.templates.get(id).ok_or_else(|| {
            let message = format!("The specified launch template, with template ID {id}, does not exist.");
            ApiError::bad_request("InvalidLaunchTemplateId.NotFound", message)
        }),
        (None, Some(name)) => state.templates.values().find(|template| template.name == name).ok_or_else(|| {
            let message = format!("The specified launch template, with template name {name}, does not exist.");
            ApiError::bad_request("InvalidLaunchTemplateName.NotFoundException", message)
        }),
        (None, None) => Err(ApiError::bad_request(
            "MissingParameter",
            "The request must contain the parameter LaunchTemplateId or LaunchTemplateName",
        )),
    }
}

/// The version called `$Latest`, `$Default` or by its number.
pub fn version<'t>(template: &'t LaunchTemplate, asked: &str) -> Result<&'t TemplateVersion, ApiError> {
    template.version(asked).ok_or_else(|| {
        let message =
            format!("Could not find the specified version {asked} for the launch template with ID {}.", template.id);
        ApiError::bad_request("InvalidLaunchTemplateId.VersionNotFound", message)
    })
}

fn data(version: &TemplateVersion) -> Value {
    let given = |text: &String| (!text.is_empty()).then(|| text.clone());
    let tags = shape! { "resourceType" => "instance", "tagSet" => tag_set(&version.tags) };
    shape! {
        "imageId" => given(&version.image_id),
        "instanceType" => given(&version.instance_type),
        "userData" => given(&version.user_data).map(|script| STANDARD.encode(script)),
        "securityGroupIdSet" => Value::list(&version.security_groups),
        "iamInstanceProfile" => given(&version.profile).map(|name| shape! { "name" => name }),
        "tagSpecificationSet" => (!version.tags.is_empty()).then(|| Value::list([tags])),
    }
}

fn creator(place: &Place) -> String {
    format!("arn:aws:iam::{}:user/operator", place.account)
}
