//! `CreateLaunchTemplateVersion` and `ModifyLaunchTemplate`.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;

use super::{
    LaunchTemplate, State, TemplateVersion,
    describe_templates::{spelt_template, spelt_version, template, version},
    invalid_value,
};
use crate::{
    shape,
    sim::wire::{
        call::{Call, Reply},
        error::ApiError,
        input::Input,
    },
};

/// A version on top of those there are: what is given laid over the source version, where one is named. Of the
/// template's data, what this world uses is taken: image, type, security groups, profile, user data and tags.
pub fn create_version(state: &mut State, call: &Call<'_>, now: Timestamp) -> Reply {
    let input = call.input;
    let known = named(state, input)?;
    let token = input.text("ClientToken")?.map(str::to_owned);
    let before = known.versions.iter().find(|it| token.is_some() && it.client_token == token);
    if let Some(before) = before {
        return Ok(shape! { "launchTemplateVersion" => spelt_version(known, before, &call.place) });
    }
    let source = input.text("SourceVersion")?.map(|name| version(known, name)).transpose()?;
    let data = input.object("LaunchTemplateData").ok_or_else(|| {
        ApiError::bad_request("MissingParameter", "The request must contain the parameter LaunchTemplateData")
    })?;
    let description = input.text("VersionDescription")?.unwrap_or_default().to_owned();
    let base = TemplateVersion {
        number: known.latest() + 1,
        description,
        created: now,
        client_token: token,
        ..source.cloned().unwrap_or_else(TemplateVersion::blank)
    };
    let created = laid_over(base, data)?;
    let id = known.id.clone();
    let Some(template) = state.templates.get_mut(&id) else { return Err(invalid_value("no launch template")) };
    template.versions.push(created.clone());
    Ok(shape! { "launchTemplateVersion" => spelt_version(template, &created, &call.place) })
}

/// Makes another version the one that `$Default` stands for.
pub fn modify(state: &mut State, call: &Call<'_>, _now: Timestamp) -> Reply {
    let known = named(state, call.input)?;
    let default = call.input.text("SetDefaultVersion")?.map(|name| version(known, name)).transpose()?;
    let default = default.map_or(known.default_version, |version| version.number);
    let id = known.id.clone();
    let Some(template) = state.templates.get_mut(&id) else { return Err(invalid_value("no launch template")) };
    template.default_version = default;
    Ok(shape! { "launchTemplate" => spelt_template(template, &call.place) })
}

fn named<'s>(state: &'s State, input: Input<'_>) -> Result<&'s LaunchTemplate, ApiError> {
    template(state, input.text("LaunchTemplateId")?, input.text("LaunchTemplateName")?)
}

fn laid_over(base: TemplateVersion, data: Input<'_>) -> Result<TemplateVersion, ApiError> {
    let text = |name: &str, base: String| data.text(name).map(|text| text.map_or(base, str::to_owned));
    let mut version = TemplateVersion {
        image_id: text("ImageId", base.image_id)?,
        instance_type: text("InstanceType", base.instance_type)?,
        user_data: match data.text("UserData")? {
            Some(encoded) => script(encoded)?,
            None => base.user_data,
        },
        ..base
    };
    let groups = data.texts("SecurityGroupId")?;
    if !groups.is_empty() {
        version.security_groups = groups;
    }
    if let Some(profile) = data.object("IamInstanceProfile") {
        let name = profile.text("Name")?.or(profile.text("Arn")?.and_then(|arn| arn.rsplit('/').next()));
        name.unwrap_or_default().clone_into(&mut version.profile);
    }
    for specification in data.items("TagSpecification")? {
        if specification.text("ResourceType")? == Some("instance") {
            version.tags.clear();
            for tag in specification.items("Tag")? {
                let text = |name| tag.text(name).map(|text| text.unwrap_or_default().to_owned());
                version.tags.push((text("Key")?, text("Value")?));
            }
        }
    }
    Ok(version)
}

/// The boot script that base64 text stands for.
fn script(encoded: &str) -> Result<String, ApiError> {
    let malformed = || ApiError::bad_request("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.");
    let bytes = STANDARD.decode(encoded).map_err(|_| malformed())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
