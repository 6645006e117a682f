//! The simulator of a demo: made behind the console's first frame, so that nobody waits for a world to look at a screen.

use std::{io, sync::Arc};

use tokio::{sync::watch, task};

use crate::sim::Sim;

/// A simulator in this process, made or in the making.
#[derive(Debug, Clone)]
pub struct Embedded(watch::Receiver<Option<Arc<Sim>>>);

impl Embedded {
    /// Has the simulator made on another thread.
    pub fn making(make: impl FnOnce() -> Sim + Send + 'static) -> Self {
        let (made, sim) = watch::channel(None);
        task::spawn_blocking(move || made.send_replace(Some(Arc::new(make()))));
        Self(sim)
    }

    /// The simulator, once it is made; fails where making it did.
    pub async fn sim(&self) -> io::Result<Arc<Sim>> {
        let mut told = self.0.clone();
        let sim = told.wait_for(Option::is_some).await.map_err(io::Error::other)?;
        sim.clone().ok_or_else(|| io::Error::other("the simulator is not made"))
    }
}

impl From<Arc<Sim>> for Embedded {
    fn from(sim: Arc<Sim>) -> Self {
        Self(watch::channel(Some(sim)).1)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::sim::{pace::Pace, world::World};

    fn sim() -> Sim {
        Sim::new(World::new(1, Timestamp::UNIX_EPOCH), Pace::Stepped)
    }

    #[tokio::test]
    async fn whoever_asks_waits_until_the_world_is_made() {
        let (go, wait) = std::sync::mpsc::channel();
        let embedded = Embedded::making(move || {
            wait.recv().unwrap();
            sim()
        });
        let asking = tokio::spawn({
            let embedded = embedded.clone();
            async move { embedded.sim().await.map(|it| it.now()) }
        });
        assert!(!asking.is_finished());
        go.send(()).unwrap();
        assert_eq!(asking.await.unwrap().unwrap(), Timestamp::UNIX_EPOCH);
        assert!(embedded.sim().await.is_ok());
    }

    #[tokio::test]
    async fn a_world_that_cannot_be_made_is_a_fault_and_no_endless_wait() {
        let embedded = Embedded::making(|| panic!("no world"));
        assert!(embedded.sim().await.is_err());
    }
}
