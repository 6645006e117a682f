//! What somebody does in the course of a day.

use quarterdeck::plan::group::action::{AtDeadline, BoundsChoice, DrainChoice, GroupChange, Instances, RollBy, RollTo};

use super::day::Day;

impl Day {
    /// Chooses one of the things that are done to gateways, and begins it.
    pub async fn act(&mut self) {
        let (desired, ids) = self.with_group(|group| {
            let ids: Vec<String> = group.members.iter().map(|it| it.instance.clone()).collect();
            (group.desired, ids)
        });
        let then = [AtDeadline::Wait, AtDeadline::Wait, AtDeadline::PutBack][self.chance(3) as usize];
        let drain = DrainChoice { width: 1 + self.chance(2) as u32, deadline: None, then: Some(then) };
        let scale = |to| GroupChange::Scale { to, bounds: BoundsChoice::Keep, drain };
        let one = self.chance(ids.len().max(1) as u64) as usize;
        let Some(instance) = ids.get(one).map(|it| it.as_str().into()) else { return };
        let change = match self.chance(12) {
            0..=2 => scale(desired + 1),
            3..=5 => scale(desired.saturating_sub(1)),
            6 | 7 => GroupChange::Drain { instance, replace: true, drain },
            8 => GroupChange::Drain { instance, replace: false, drain },
            9 | 10 => GroupChange::Roll { to: RollTo::Version(1 + self.chance(3)), by: RollBy::Drain(drain) },
            _ => GroupChange::Protect { instances: Instances::These(vec![instance]), protected: true },
        };
        self.begin(change).await;
    }
}
