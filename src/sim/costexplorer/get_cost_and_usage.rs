//! GetCostAndUsage: the bill by time, and by two aspects at most.

use std::collections::BTreeMap;

use super::{
    super::{
        billing,
        wire::{
            call::{Call, Reply},
            error::ApiError,
            input::Input,
            value::{Value, shape},
        },
        world::World,
    },
    filter::{Aspect, Expression, Subject, account_name},
    invalid, missing,
    paging::{Asked, RESULTS, page_of},
    period::{Granularity, Period, Stretch},
    sums::{Metric, Sums},
};

/// Aspects that results can be grouped by at once.
const MOST_GROUPS: usize = 2;

/// What is asked, but for the page.
#[derive(Debug)]
struct Request {
    period: Period,
    granularity: Granularity,
    filter: Expression,
    groups: Vec<Aspect>,
    metrics: Vec<Metric>,
}

/// One result: the whole of a stretch, one group of it, or nothing where it has no group.
#[derive(Debug)]
struct Row {
    /// Among the stretches.
    stretch: usize,
    keys: Vec<String>,
    sums: Option<Sums>,
}

pub fn answer(world: &mut World, call: &Call<'_>) -> Reply {
    let (input, now) = (call.input, world.now);
    let request = Request::read(input, now)?;
    let account = call.place.account.as_str();
    let stretches = request.period.stretches(request.granularity);
    let rows = (0..).zip(&stretches).flat_map(|(at, stretch)| request.rows(world, account, at, stretch)).collect();
    let asked = Asked { token: input.text("NextPageToken")?, size: None, now };
    let page = page_of(rows, asked, &request.print(account), &RESULTS, |row: &Row| {
        format!("{}/{}", row.stretch, row.keys.join("/"))
    })?;
    let accounts = request.groups.contains(&Aspect::Dimension("LINKED_ACCOUNT"));
    Ok(shape! {
        "NextPageToken" => page.next,
        "GroupDefinitions" => (!request.groups.is_empty()).then(|| Value::list(request.groups.iter().map(Aspect::definition))),
        "ResultsByTime" => request.told(&page.items, &stretches, now),
        "DimensionValueAttributes" => Value::list(accounts.then(|| described(account))),
    })
}

/// An account with its name.
pub fn described(account: &str) -> Value {
    shape! { "Value" => account, "Attributes" => shape! { "description" => account_name(account) } }
}

impl Request {
    fn read(input: Input<'_>, now: jiff::Timestamp) -> Result<Self, ApiError> {
        let granularity = Granularity::read(input)?;
        let period = Period::read(input, granularity)?.past(granularity, now)?;
        let names = input.texts("Metrics")?;
        if names.is_empty() {
            return Err(missing("metrics"));
        }
        let mut metrics = names.iter().map(|name| Metric::read(name)).collect::<Result<Vec<_>, _>>()?;
        metrics.sort_by_key(|metric| metric.name);
        metrics.dedup();
        let groups = input.items("GroupBy")?;
        if groups.len() > MOST_GROUPS {
            return Err(invalid("Maximum number of groups is 2."));
        }
        let groups = groups.into_iter().map(Aspect::read).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { period, granularity, filter: Expression::read(input)?, groups, metrics })
    }

    /// What tells this request from another one.
    fn print<'a>(&'a self, account: &'a str) -> impl std::hash::Hash + 'a {
        let Period { from, to } = self.period;
        (account, from.as_second(), to.as_second(), self.granularity as u8, &self.filter, &self.groups, &self.metrics)
    }

    fn rows(&self, world: &World, account: &str, at: usize, stretch: &Stretch) -> Vec<Row> {
        let mut groups: BTreeMap<Vec<String>, Sums> = BTreeMap::new();
        if self.groups.is_empty() {
            groups.insert(Vec::new(), Sums::default());
        }
        for line in billing::lines(world, account, &stretch.hours) {
            let subject = Subject { account, usage: line.usage };
            if self.filter.admits(subject) {
                let keys = self.groups.iter().map(|aspect| aspect.key(subject)).collect();
                groups.entry(keys).or_default().add(&line);
            }
        }
        if groups.is_empty() {
            return vec![Row { stretch: at, keys: Vec::new(), sums: None }];
        }
        groups.into_iter().map(|(keys, sums)| Row { stretch: at, keys, sums: Some(sums) }).collect()
    }

    /// The rows put together by their stretches. (A stretch whose groups do not fit goes on with the next page.)
    fn told(&self, rows: &[Row], stretches: &[Stretch], now: jiff::Timestamp) -> Vec<Value> {
        let by_stretch = rows.chunk_by(|one, next| one.stretch == next.stretch);
        by_stretch
            .filter_map(|rows| {
                let stretch = stretches.get(rows.first()?.stretch)?;
                let grouped = !self.groups.is_empty();
                let whole = rows.first().filter(|_| !grouped).and_then(|row| row.sums.as_ref());
                let groups = rows.iter().filter(|_| grouped).filter_map(|row| {
                    let sums = row.sums.as_ref()?;
                    Some(shape! { "Keys" => Value::list(row.keys.iter()), "Metrics" => sums.told(&self.metrics) })
                });
                Some(shape! {
                    "TimePeriod" => shape! { "Start" => &stretch.start, "End" => &stretch.end },
                    "Total" => whole.map_or_else(Value::empty, |sums| sums.told(&self.metrics)),
                    "Groups" => Value::list(groups),
                    "Estimated" => stretch.is_estimated(now),
                })
            })
            .collect()
    }
}
