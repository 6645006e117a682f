//! Pages and batches: reading a list to its end at the documented sizes, and what stays when a part fails.
//!
//! Invariant: what came before a fault is kept, and the fault is kept with it.

use std::{collections::VecDeque, future::Future};

use futures_util::{StreamExt, stream::FuturesOrdered};

use crate::domain::{
    fault::Fault,
    query::{Answer, Outcome},
};

/// Batches of one read that are under way at once.
const AT_ONCE: usize = 4;

/// One page, and where the next one starts.
#[derive(Debug)]
pub struct Page<T, K = String> {
    pub items: Vec<T>,
    pub next: Option<K>,
}

impl<T> Page<T> {
    /// A page as most services answer it; an empty token means the same as none.
    pub fn new(items: Option<Vec<T>>, next: Option<String>) -> Self {
        Self { items: items.unwrap_or_default(), next: next.filter(|it| !it.is_empty()) }
    }
}

/// What a read of several calls brought, and the first fault among them.
#[derive(Debug, PartialEq)]
pub struct Gathered<T> {
    pub items: Vec<T>,
    pub fault: Option<Fault>,
}

impl<T> Default for Gathered<T> {
    fn default() -> Self {
        Self { items: Vec::new(), fault: None }
    }
}

impl<T> From<Result<Vec<T>, Fault>> for Gathered<T> {
    fn from(answer: Result<Vec<T>, Fault>) -> Self {
        match answer {
            Ok(items) => Self { items, fault: None },
            Err(fault) => Self { items: Vec::new(), fault: Some(fault) },
        }
    }
}

impl<T> Gathered<T> {
    /// Adds what another call brought; the first fault stays.
    pub fn join(&mut self, other: impl Into<Self>) {
        let other = other.into();
        self.items.extend(other.items);
        self.note(other.fault);
    }

    /// Takes in a fault of a call that brought nothing for this list itself.
    pub fn note(&mut self, fault: Option<Fault>) {
        if self.fault.is_none() {
            self.fault = fault;
        }
    }

    /// The same read with every item turned into something else, or left out.
    pub fn filter_map<U>(self, turn: impl FnMut(T) -> Option<U>) -> Gathered<U> {
        Gathered { items: self.items.into_iter().filter_map(turn).collect(), fault: self.fault }
    }

    /// How the read ended: a fault that left nothing at all is a failure, one that left something a part.
    pub fn outcome(self, answer: impl FnOnce(Vec<T>) -> Answer) -> Outcome {
        match self.fault {
            None => Outcome::Complete(answer(self.items)),
            Some(fault) if self.items.is_empty() => Outcome::Failed(fault),
            Some(fault) => Outcome::Partial(answer(self.items), fault),
        }
    }
}

/// Reads page after page until there is no next one. Ends as well on a token that was seen before, so that a
/// confused service cannot keep the console asking for ever, and on the first fault.
pub async fn pages<T, K, F, Fut>(call: F) -> Gathered<T>
where
    K: Clone + PartialEq,
    F: FnMut(Option<K>) -> Fut,
    Fut: Future<Output = Result<Page<T, K>, Fault>>,
{
    pages_while(|_| true, call).await
}

/// The same of a list whose end nobody waits for: no further than `more` says of what has come.
pub async fn pages_while<T, K, F, Fut>(more: impl Fn(&[T]) -> bool, mut call: F) -> Gathered<T>
where
    K: Clone + PartialEq,
    F: FnMut(Option<K>) -> Fut,
    Fut: Future<Output = Result<Page<T, K>, Fault>>,
{
    let mut gathered = Gathered::default();
    let mut seen: Vec<K> = Vec::new();
    loop {
        match call(seen.last().cloned()).await {
            Ok(page) => {
                gathered.items.extend(page.items);
                match page.next {
                    Some(next) if !seen.contains(&next) && more(&gathered.items) => seen.push(next),
                    _ => return gathered,
                }
            }
            Err(fault) => {
                gathered.fault = Some(fault);
                return gathered;
            }
        }
    }
}

/// Asks about `items` in batches of at most `size`, a few at once, and puts the answers together in order.
/// After a fault no further batch is sent; those under way still count.
pub async fn batches<I, T, A, F, Fut>(items: impl IntoIterator<Item = I>, size: usize, call: F) -> Gathered<T>
where
    A: Into<Gathered<T>>,
    F: Fn(Vec<I>) -> Fut,
    Fut: Future<Output = A>,
{
    let mut waiting: VecDeque<I> = items.into_iter().collect();
    let mut under_way = FuturesOrdered::new();
    let mut gathered = Gathered::default();
    loop {
        while gathered.fault.is_none() && under_way.len() < AT_ONCE && !waiting.is_empty() {
            let batch = waiting.drain(..size.clamp(1, waiting.len())).collect();
            under_way.push_back(call(batch));
        }
        match under_way.next().await {
            Some(answer) => gathered.join(answer),
            None => return gathered,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::ready,
        sync::{
            Mutex,
            atomic::{AtomicUsize, Ordering},
        },
    };

    use jiff::Timestamp;

    use super::*;
    use crate::domain::fault::FaultKind;

    fn fault(code: &str) -> Fault {
        Fault {
            kind: FaultKind::Throttled,
            operation: "ecs:DescribeServices".into(),
            code: code.into(),
            message: "Rate exceeded".into(),
            request_id: None,
            at: Timestamp::UNIX_EPOCH,
        }
    }

    const COUNTS: [usize; 6] = [0, 1, 10, 11, 100, 101];

    #[tokio::test]
    async fn every_page_is_read_and_no_more() {
        for count in COUNTS {
            for size in [1, 10, 100] {
                let calls = AtomicUsize::new(0);
                let gathered = pages(|token: Option<usize>| {
                    calls.fetch_add(1, Ordering::Relaxed);
                    let from = token.unwrap_or(0);
                    let to = (from + size).min(count);
                    ready(Ok(Page { items: (from..to).collect(), next: (to < count).then_some(to) }))
                })
                .await;
                assert_eq!(gathered, Gathered { items: (0..count).collect(), fault: None });
                assert_eq!(calls.into_inner(), count.div_ceil(size).max(1), "{count} items by {size}");
            }
        }
    }

    #[tokio::test]
    async fn a_failing_page_keeps_the_pages_before_it() {
        let gathered = pages(|token: Option<usize>| {
            ready(match token {
                Some(2) => Err(fault("ThrottlingException")),
                token => Ok(Page { items: vec!["item"; 10], next: Some(token.map_or(1, |it| it + 1)) }),
            })
        })
        .await;
        assert_eq!(gathered.items.len(), 20);
        assert_eq!(gathered.fault, Some(fault("ThrottlingException")));
    }

    #[tokio::test]
    async fn a_repeated_token_ends_the_reading() {
        for cycle in [1, 2, 3] {
            let calls = AtomicUsize::new(0);
            let gathered = pages(|_: Option<usize>| {
                let call = calls.fetch_add(1, Ordering::Relaxed);
                ready(Ok(Page { items: vec![call], next: Some(call % cycle) }))
            })
            .await;
            assert_eq!(gathered.items.len(), cycle + 1, "a cycle of {cycle} tokens");
        }
    }

    #[tokio::test]
    async fn batches_are_as_few_as_the_size_allows_and_stay_in_order() {
        for count in COUNTS {
            for size in [1, 10, 100] {
                let sizes = Mutex::new(Vec::new());
                let gathered = batches(0..count, size, |batch: Vec<usize>| {
                    sizes.lock().unwrap().push(batch.len());
                    ready(Ok::<_, Fault>(batch))
                })
                .await;
                assert_eq!(gathered, Gathered { items: (0..count).collect(), fault: None });
                let sizes = sizes.into_inner().unwrap();
                assert_eq!(sizes.len(), count.div_ceil(size), "{count} items by {size}");
                assert!(sizes.iter().all(|it| *it <= size));
            }
        }
    }

    #[tokio::test]
    async fn a_failing_batch_keeps_the_others_under_way_and_sends_no_more() {
        let calls = AtomicUsize::new(0);
        let gathered = batches(0..101_usize, 10, |batch: Vec<usize>| {
            calls.fetch_add(1, Ordering::Relaxed);
            ready(if batch.contains(&15) { Err(fault("ThrottlingException")) } else { Ok(batch) })
        })
        .await;
        assert_eq!(gathered.fault, Some(fault("ThrottlingException")));
        assert_eq!(gathered.items.first(), Some(&0));
        assert!(gathered.items.contains(&39) && !gathered.items.contains(&15) && !gathered.items.contains(&100));
        assert!(calls.into_inner() < 11);
    }

    #[test]
    fn an_outcome_says_how_much_came() {
        let answer = |items: Vec<()>| Answer::Clusters(items.iter().map(|()| unreachable!()).collect());
        let whole = Gathered::<()>::default().outcome(answer);
        assert_eq!(whole, Outcome::Complete(Answer::Clusters(Vec::new())));
        let nothing = Gathered::<()>::from(Err(fault("AccessDenied"))).outcome(answer);
        assert_eq!(nothing, Outcome::Failed(fault("AccessDenied")));
        let part = Gathered { items: vec![()], fault: Some(fault("AccessDenied")) };
        let part = part.outcome(|_| Answer::Clusters(Vec::new()));
        assert_eq!(part, Outcome::Partial(Answer::Clusters(Vec::new()), fault("AccessDenied")));
    }

    #[test]
    fn the_first_fault_stays() {
        let mut gathered = Gathered::<()>::from(Err(fault("first")));
        gathered.join(Err(fault("second")));
        gathered.note(Some(fault("third")));
        assert_eq!(gathered.fault, Some(fault("first")));
    }
}
