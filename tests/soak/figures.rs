//! What came of days: verdicts, and how true forecasts were.

use std::{collections::BTreeMap, fmt::Write, iter::Sum};

use quarterdeck::plan::group::forecast::Forecast;

/// A gateway that was emptied, what was forecast, and what happened.
#[derive(Debug, Clone, Copy)]
pub struct Emptied {
    pub sessions: u32,
    pub forecast: Forecast,
    /// Seconds from when it was closed until it was empty.
    pub took: i64,
}

#[derive(Debug, Default)]
pub struct Figures {
    pub days: u64,
    /// Operations by how they ended, and by their verb.
    pub verdicts: BTreeMap<&'static str, u64>,
    pub verbs: BTreeMap<&'static str, u64>,
    pub emptied: Vec<Emptied>,
    /// Gateways that were closed and put back, or given up, before they were empty.
    pub put_back: u64,
    pub crashes: u64,
    pub calls: u64,
    /// Sessions that were lost because somebody gave them up by their number.
    pub given_up: u64,
}

/// Rows of the table: sessions at the beginning.
const SIZES: [(u32, u32, &str); 4] = [(1, 1, "1"), (2, 3, "2–3"), (4, 6, "4–6"), (7, u32::MAX, "7 and more")];

impl Sum for Figures {
    fn sum<I: Iterator<Item = Self>>(days: I) -> Self {
        days.fold(Self::default(), |mut sum, day| {
            let add = |to: &mut BTreeMap<&'static str, u64>, from: BTreeMap<&'static str, u64>| {
                for (word, number) in from {
                    *to.entry(word).or_default() += number;
                }
            };
            add(&mut sum.verdicts, day.verdicts);
            add(&mut sum.verbs, day.verbs);
            sum.emptied.extend(day.emptied);
            sum.days += day.days;
            sum.put_back += day.put_back;
            sum.crashes += day.crashes;
            sum.calls += day.calls;
            sum.given_up += day.given_up;
            sum
        })
    }
}

impl Figures {
    /// In the form of `docs/gateways.md`.
    pub fn table(&self) -> String {
        let mut text = format!(
            "{} days · operations {:?} · verdicts {:?} · {} calls · {} crashes · sessions lost: {}, all given up by their \
             number · {} gateways put back or given up before they were empty\n\n",
            self.days, self.verbs, self.verdicts, self.calls, self.crashes, self.given_up, self.put_back
        );
        text += "| sessions | gateways | true / forecast, median | p10 | p90 | off by, median | off by, p90 | in the range |\n";
        text += "|---|---|---|---|---|---|---|---|\n";
        for (least, most, name) in SIZES {
            let of_size = |it: &&Emptied| (least..=most).contains(&it.sessions);
            text += &row(name, &self.emptied.iter().filter(of_size).copied().collect::<Vec<_>>());
        }
        text + &row("all", &self.emptied)
    }
}

fn row(name: &str, emptied: &[Emptied]) -> String {
    let sorted = |figure: &dyn Fn(&Emptied) -> f64| {
        let mut all: Vec<f64> = emptied.iter().map(figure).collect();
        all.sort_by(f64::total_cmp);
        all
    };
    let at = |all: &[f64], share: f64| all.get((all.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN);
    let ratios = sorted(&|it| it.took as f64 / it.forecast.likely_seconds.max(1) as f64);
    let off = sorted(&|it| (it.took - it.forecast.likely_seconds).abs() as f64 / 60.0);
    let within =
        emptied.iter().filter(|it| (it.forecast.early_seconds..=it.forecast.late_seconds).contains(&it.took)).count();
    let mut row = String::new();
    // Writing to a String cannot fail.
    let _written = writeln!(
        row,
        "| {name} | {} | {:.2} | {:.2} | {:.2} | {:.0} m | {:.0} m | {:.0} % |",
        emptied.len(),
        at(&ratios, 0.5),
        at(&ratios, 0.1),
        at(&ratios, 0.9),
        at(&off, 0.5),
        at(&off, 0.9),
        within as f64 * 100.0 / emptied.len().max(1) as f64
    );
    row
}
