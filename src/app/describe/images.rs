//! The images that a service could run: what the repository holds that its tasks were started from, and what scans say.

use std::sync::Arc;

use jiff::Timestamp;

use super::sheet::Sheet;
use crate::{
    app::{App, words},
    domain::{
        estate::ScopeEstate,
        id::{Kind, ResourceId, Scope},
        query::{Query, Request},
        registry::Image,
        service::Service,
        task::{Container, Task},
        text::SafeText,
    },
    plan::image::ImageReference,
    theme::Role,
};

/// Images told of.
const TOLD: usize = 8;

/// The read of them, while the service is described.
pub fn request(app: &App, subject: &ResourceId) -> Option<Request> {
    let known = app.estate.scope(&subject.scope).filter(|_| subject.kind == Kind::Service)?;
    let (registry, repository) = repository(known, &subject.scope, known.service(&subject.key)?)?;
    Some(Request { scope: subject.scope.clone(), query: Query::Images { registry, repository } })
}

/// The account and the name of the repository, where it is one in ECR and in the service's own region.
fn repository(known: &ScopeEstate, scope: &Scope, service: &Service) -> Option<(Arc<str>, Arc<str>)> {
    let image = &containers(known, service).next()?.image;
    let reference = ImageReference::parse(image.as_str()).ok()?;
    let ecr = reference.ecr().filter(|it| *it.region == *scope.region)?;
    Some((ecr.account.into(), ecr.name.into()))
}

/// The first container of each task that is not stopped.
fn containers<'a>(known: &'a ScopeEstate, service: &'a Service) -> impl Iterator<Item = &'a Container> {
    let tasks = known.tasks.get(service.cluster.tail().as_str()).and_then(|it| it.value());
    let own = |it: &&Task| it.service.as_ref() == Some(&service.name) && !it.is_stopped();
    tasks.into_iter().flat_map(|it| it.values()).filter(own).filter_map(|it| it.containers.first())
}

pub fn describe(known: &ScopeEstate, scope: &Scope, service: &Service, now: Timestamp, sheet: &mut Sheet) {
    let Some(place) = repository(known, scope, service) else { return };
    let Some(observed) = known.images.get(&place) else { return };
    sheet.section("images");
    sheet.field("repository", &*place.1);
    if let Some(fault) = observed.fault() {
        sheet.line(Role::Faulted, format!("{}: {}", fault.operation, fault.message));
    }
    let Some(images) = observed.value() else {
        if observed.fault().is_none() {
            sheet.line(Role::Muted, "being read");
        }
        return;
    };
    let runs = |it: &Image| containers(known, service).any(|container| container.digest.as_ref() == Some(&it.digest));
    for image in images.iter().take(TOLD) {
        let age = image.pushed_at.map_or_else(|| "–".to_owned(), |it| words::ago(now, it));
        let (role, scan) = scan_words(image);
        let state = match (runs(image), image.archived) {
            (true, _) => " · runs",
            (false, true) => " · archived",
            (false, false) => "",
        };
        let digest = words::short_digest(image.digest.as_str());
        sheet.line(role, format!("{:<20} {digest} · {age} · {scan}{state}", tags(image)));
    }
    if images.len() > TOLD {
        sheet.line(Role::Muted, format!("and {} older", images.len() - TOLD));
    }
}

/// Its tags, or that it has none.
pub fn tags(image: &Image) -> String {
    let tags: Vec<&str> = image.tags.iter().map(SafeText::as_str).collect();
    if tags.is_empty() { "(no tag)".to_owned() } else { tags.join(" ") }
}

/// What a scan says of it: what weighs most, so that a row stays a row.
pub fn scan_words(image: &Image) -> (Role, String) {
    let Some(scan) = &image.scan else { return (Role::Muted, "not scanned".to_owned()) };
    if scan.status.as_str() != "COMPLETE" {
        return (Role::Muted, format!("scan {}", scan.status));
    }
    let of = |severity: &&str| Some(format!("{} {severity}", scan.findings.get(&(*severity).into())?));
    let grave: Vec<String> = ["CRITICAL", "HIGH"].iter().filter_map(of).collect();
    let words = match (grave.is_empty(), scan.findings.is_empty()) {
        (false, _) => grave.join(", "),
        (true, false) => "nothing grave".to_owned(),
        (true, true) => "scan clean".to_owned(),
    };
    let critical = scan.findings.contains_key(&"CRITICAL".into());
    (if critical { Role::Critical } else { Role::Text }, words)
}
