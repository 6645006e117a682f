//! What somebody does in the course of a day.

use quarterdeck::{
    domain::write::refresh::{Met, RefreshChoice},
    plan::group::action::{AtDeadline, BoundsChoice, DrainChoice, GroupChange, Instances, RollBy, RollTo},
};

use super::day::Day;

impl Day {
    /// Has AWS replace gateways: what somebody has protected is waited for or left out, and what holds sessions all the same
    /// is given up by its number.
    async fn refresh(&mut self) {
        let protected = [Met::Wait, Met::Wait, Met::Ignore, Met::Replace][self.chance(4) as usize];
        let choice = RefreshChoice {
            min_healthy: Some([0, 50, 90, 100][self.chance(4) as usize]),
            max_healthy: None,
            warmup_seconds: Some([0, 60, 300][self.chance(3) as usize]),
            skip_matching: self.chance(2) == 0,
            protected,
            ..RefreshChoice::default()
        };
        let max_healthy = (choice.min_healthy == Some(100)).then_some(150);
        let choice = RefreshChoice { max_healthy, ..choice };
        let to = RollTo::Version(1 + self.chance(3));
        self.begin(GroupChange::Roll { to, by: RollBy::Refresh(choice) }).await;
    }

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
        if self.chance(8) == 0 {
            self.refresh().await;
            return;
        }
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
