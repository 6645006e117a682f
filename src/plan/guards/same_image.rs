//! A deployment that would bring what runs already: it costs a rollout and changes nothing. Who wants new tasks of the
//! same image says so by redeploying.

use super::{Case, Found, each};
use crate::{domain::verb::Verb, plan::course::Goal, stack::care::Overridable};

pub fn check(case: &Case<'_>) -> Vec<Found> {
    each(case, |draft| {
        let Goal::Deployed { digests, providers: None, .. } = &draft.goal else { return None };
        let running = draft.seen.digests();
        let names = || draft.source.containers.iter().map(|it| &it.name);
        let same = names().all(|name| digests.contains_key(name) && digests.get(name) == running.get(name));
        if !same || draft.changes.iter().any(|it| !is_image(it.field.as_str())) {
            return None;
        }
        let name = draft.name();
        Some(match case.action.verb() {
            Verb::Redeploy => Found::passes(draft, format!("{name} gets the same image anew, in new tasks")),
            Verb::Deploy => {
                let summary = format!("this changes nothing: {name} runs this very image");
                Found::blocks_unless(draft, Overridable::SameImage, summary)
                    .with("redeploy starts new tasks of it on purpose")
            }
            _ if draft.changes.is_empty() => {
                let summary = format!("this changes nothing: {name} runs this very image");
                Found::blocks_unless(draft, Overridable::SameImage, summary)
                    .with("redeploy starts new tasks of it on purpose")
            }
            _ => Found::warns(draft, format!("nothing changes but the revision: {name} runs this very image")),
        })
    })
}

/// Whether a change is of a reference only: the image behind it may be the same.
fn is_image(field: &str) -> bool {
    field == "task definition" || field.rsplit('.').next() == Some("image")
}
