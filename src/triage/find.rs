//! The resources that stack files name, found in what is known of a scope.

use crate::{
    domain::{estate::ScopeEstate, group::Group, id::Arn, service::Service, target::TargetGroup, text::SafeText},
    stack::model::{StackGroup, StackService, StackTargetGroup},
};

impl ScopeEstate {
    /// The service that `spec` names; a deleted one (INACTIVE) is none.
    pub fn stack_service(&self, spec: &StackService) -> Option<&Service> {
        let services = self.services.get(&spec.cluster)?.value()?;
        let is_it = |it: &&Service| it.name.as_str() == &*spec.name && it.status.as_str() != "INACTIVE";
        // Services of one cluster have ARNs that differ in the name alone: most often the look-up finds it at once.
        let guess = services.keys().next().and_then(|it| sibling(it, &spec.name));
        guess.and_then(|arn| services.get(&arn)).filter(is_it).or_else(|| services.values().find(is_it))
    }

    /// The Auto Scaling group that `spec` names.
    pub fn stack_group(&self, spec: &StackGroup) -> Option<&Group> {
        self.groups.value()?.get(&SafeText::new(&spec.name))
    }

    /// The target group that `spec` names.
    pub fn stack_target_group(&self, spec: &StackTargetGroup) -> Option<&TargetGroup> {
        let groups = self.target_groups.value()?;
        let is_it = |it: &&TargetGroup| it.name.as_str() == &*spec.name;
        // `…:targetgroup/NAME/ID`: what follows the name's own prefix is it, if there is one.
        let prefix = groups.keys().next().and_then(|it| it.wire().rsplit_once('/'));
        let guess = prefix.and_then(|(prefix, _)| sibling(&Arn::new(prefix), &format!("{}/", spec.name)));
        let next = guess.and_then(|arn| groups.range(arn..).next()).map(|(_, it)| it);
        next.filter(is_it).or_else(|| groups.values().find(is_it))
    }
}

/// The ARN with its last part replaced by `name`.
fn sibling(arn: &Arn, name: &str) -> Option<Arn> {
    let (prefix, _) = arn.wire().rsplit_once('/')?;
    Some(Arn::new(&format!("{prefix}/{name}")))
}
