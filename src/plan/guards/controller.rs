//! Only services that ECS itself steers can be deployed by UpdateService.

use super::{Case, Found, each};
use crate::domain::service::Controller;

pub fn check(case: &Case<'_>) -> Vec<Found> {
    each(case, |draft| {
        let service = draft.seen.service;
        if service.status.as_str() == "DRAINING" {
            return Some(Found::blocks(draft, format!("{} is being deleted", service.name)));
        }
        let who = match service.control.controller {
            Controller::Ecs => return None,
            Controller::CodeDeploy => "CodeDeploy",
            Controller::External => "an external controller",
        };
        if !draft.replaces {
            return None;
        }
        let summary = format!("{who} deploys {}: ECS refuses UpdateService for that", service.name);
        Some(Found::blocks(draft, summary).with("start the deployment where it is steered"))
    })
}
