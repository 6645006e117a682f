//! Launch templates and their versions.

use std::{collections::BTreeMap, sync::Arc};

use aws_sdk_ec2::{Client, types};
use jiff::Timestamp;

use super::super::{
    fault,
    paging::{Gathered, Page, pages},
    values::{some_text, text, time},
};
use crate::domain::{
    fault::Fault,
    template::{Template, TemplateVersion},
};

/// The newest versions that are read. AWS lists the newest first.
const NEWEST: i32 = 100;

/// ec2:DescribeLaunchTemplateVersions of a template, by its id, or by its name where an emulator tells that as its id: its newest versions, and the default one wherever it stands.
pub async fn template(client: &Client, id: &str, now: Timestamp) -> Result<Template, Fault> {
    let of = |named: &[&str], most: Option<i32>| {
        let named: Vec<String> = named.iter().map(ToString::to_string).collect();
        let call = client.describe_launch_template_versions().set_max_results(most);
        let call = if id.starts_with("lt-") { call.launch_template_id(id) } else { call.launch_template_name(id) };
        let call = call.set_versions((!named.is_empty()).then_some(named));
        async move {
            let answer = call.send().await;
            let output = answer.map_err(|error| fault::of("ec2:DescribeLaunchTemplateVersions", &error, now))?;
            Ok(output.launch_template_versions.unwrap_or_default())
        }
    };
    let (newest, default) = tokio::join!(of(&[], Some(NEWEST)), of(&["$Default"], None));
    let (newest, default) = (newest?, default?);
    let mut versions: Vec<TemplateVersion> = newest.iter().chain(&default).filter_map(version).collect();
    versions.sort_by_key(|it| std::cmp::Reverse(it.number));
    versions.dedup_by_key(|it| it.number);
    Ok(Template { versions })
}

/// Versions of a page.
const PAGE: i32 = 200;

/// ec2:DescribeLaunchTemplateVersions of every template, by id: its latest and its default version. Where no template is
/// named AWS takes these two words, and no numbers.
pub async fn all_templates(client: &Client, now: Timestamp) -> Gathered<(Arc<str>, Template)> {
    let asked = ["$Latest", "$Default"].map(str::to_owned).to_vec();
    let found = pages(|token| {
        let call = client.describe_launch_template_versions().set_versions(Some(asked.clone())).max_results(PAGE);
        let call = call.set_next_token(token);
        async move {
            let answer = call.send().await;
            let output = answer.map_err(|error| fault::of("ec2:DescribeLaunchTemplateVersions", &error, now))?;
            Ok(Page::new(output.launch_template_versions, output.next_token))
        }
    })
    .await;
    let mut by_id: BTreeMap<Arc<str>, Template> = BTreeMap::new();
    for raw in &found.items {
        let (Some(id), Some(version)) = (raw.launch_template_id(), version(raw)) else { continue };
        let template = by_id.entry(id.into()).or_default();
        // The default version may be the latest as well.
        if template.versions.iter().all(|it| it.number != version.number) {
            template.versions.push(version);
        }
    }
    for template in by_id.values_mut() {
        template.versions.sort_by_key(|it| std::cmp::Reverse(it.number));
    }
    Gathered { items: by_id.into_iter().collect(), fault: found.fault }
}

fn version(raw: &types::LaunchTemplateVersion) -> Option<TemplateVersion> {
    let data = raw.launch_template_data();
    Some(TemplateVersion {
        number: u64::try_from(raw.version_number()?).ok()?,
        description: text(raw.version_description()),
        created_at: time(raw.create_time()),
        is_default: raw.default_version().unwrap_or_default(),
        image: data.and_then(|it| some_text(it.image_id())),
        instance_type: data.and_then(|it| it.instance_type()).map(|it| it.as_str().into()),
    })
}
