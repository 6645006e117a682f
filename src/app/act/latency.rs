//! What the requests feel of an operation: the p95 of each target group as a small chart, with what is promised and the
//! moment of the write, and the alarms that must stay quiet.

use jiff::{SignedDuration, Timestamp};

use crate::{
    app::{App, charts::spark::spark, overlay::TextLine, words},
    domain::{alarm::AlarmState, estate::ScopeEstate, metric::Series, text::SafeText},
    plan::{
        measure::Reads,
        operation::{StepState, watch::View},
    },
    theme::Role,
};

/// Screens lower than this have a line in place of the chart.
const TALL: u16 = 30;
/// Rows of the chart; each has four dots.
const ROWS: usize = 4;
/// What is told before the write, to compare with.
const BEFORE: SignedDuration = SignedDuration::from_mins(10);
/// The chart is no shorter than this.
const LEAST: SignedDuration = SignedDuration::from_mins(20);
/// CloudWatch is minutes late; what is older than this is not of now.
const CURRENT: SignedDuration = SignedDuration::from_mins(10);
/// Where the chart begins.
const INDENT: usize = 19;

/// The lines about one service.
pub fn lines(app: &App, view: &View<'_>, width: usize) -> Vec<TextLine> {
    let Some(known) = app.estate.scope(&view.part.service.scope) else { return Vec::new() };
    let mut lines = latency(app, view, known, width).unwrap_or_default();
    lines.extend(alarms(view, known));
    lines
}

fn latency(app: &App, view: &View<'_>, known: &ScopeEstate, width: usize) -> Option<Vec<TextLine>> {
    let part = view.part;
    let reads = part.targets.iter().filter_map(|it| Some(Reads::of(&it.group, it.balancer.as_ref()?).p95));
    let series = reads.filter_map(|it| known.series(&it)).find(|it| !it.points.is_empty())?;
    // AWS measures in seconds.
    let points = series.points.iter().map(|(at, value)| (*at, value * 1000.0)).collect();
    let series = Series { points, covered: series.covered };
    let (measured, last) = *series.points.last()?;
    let label = (Role::Muted, SafeText::new(&format!("{:<18} ", "  p95")));
    if app.now.duration_since(measured) > CURRENT {
        let told = format!("nothing has answered since {}", measured.strftime("%H:%M UTC"));
        return Some(vec![TextLine(vec![label, (Role::Muted, told.into())])]);
    }
    let broken = part.promise_p95_ms.is_some_and(|it| last > it);
    let promise = part.promise_p95_ms.map_or(String::new(), |it| format!(", {} promised", words::milliseconds(it)));
    let told = format!("{} now{promise}", words::milliseconds(last));
    let role = if broken { Role::Critical } else { Role::Text };
    let chart = Chart { series: &series, promise: part.promise_p95_ms, written: written_at(view), now: app.now };
    if app.size.1 < TALL {
        let drawn = spark(&series, app.now, LEAST, 20, part.promise_p95_ms.unwrap_or_default());
        return Some(vec![TextLine(vec![label, (Role::MeterFull, format!("{drawn} ").into()), (role, told.into())])]);
    }
    let mark = match (chart.written, chart.promise) {
        (Some(_), Some(_)) => "; │ is the write, ╌ the promise",
        (Some(_), None) => "; │ is the write",
        (None, _) => "",
    };
    let mut lines = vec![TextLine(vec![label, (role, told.into()), (Role::Muted, mark.into())])];
    lines.extend(chart.draw(width.saturating_sub(INDENT + 1).min(80)));
    Some(lines)
}

/// When the last of its writes was answered.
fn written_at(view: &View<'_>) -> Option<Timestamp> {
    let done =
        view.state.steps.iter().filter_map(|it| if let StepState::Done { at, .. } = it { Some(*at) } else { None });
    done.max()
}

/// Alarms that did not ring when it was planned, and whether one does now; and those that rang already.
fn alarms(view: &View<'_>, known: &ScopeEstate) -> Option<TextLine> {
    let watched = &view.part.alarms;
    let rang = &view.part.ringing;
    let alarms = known.alarms.value().filter(|_| !(watched.is_empty() && rang.is_empty()))?;
    let ring_of = |those: &[SafeText]| -> Vec<&str> {
        let rings = alarms.values().filter(|it| it.state == AlarmState::Alarm && those.contains(&it.name));
        rings.map(|it| it.name.as_str()).collect()
    };
    let (rings, still) = (ring_of(watched), ring_of(rang));
    let before = match still.as_slice() {
        [] => String::new(),
        [only] => format!("; {only} rang before and still does"),
        several => format!("; {} rang before and still do", several.join(", ")),
    };
    let (role, told) = match (rings.as_slice(), watched.len(), still.is_empty()) {
        ([], 0, true) => (Role::Ok, "✓ none rings any more".to_owned()),
        ([], 0, false) => (Role::Warning, format!("! none was quiet before{before}")),
        ([], quiet, true) => (Role::Ok, format!("✓ none of {} rings", words::count(quiet, "alarm"))),
        ([], quiet, false) => (Role::Warning, format!("! none of {quiet} rings since{before}")),
        (rings, ..) => (Role::Critical, format!("✗ in ALARM since: {}{before}", rings.join(", "))),
    };
    Some(TextLine::field("  alarms", role, told))
}

/// A series in milliseconds over the time around a write.
struct Chart<'a> {
    series: &'a Series,
    promise: Option<f64>,
    written: Option<Timestamp>,
    now: Timestamp,
}

impl Chart<'_> {
    /// In braille, so many cells wide; gaps are blank.
    fn draw(&self, cells: usize) -> Vec<TextLine> {
        let from = self.from();
        let span = self.now.duration_since(from).as_secs_f64().max(1.0);
        let shown = self.series.since(from);
        let highest = shown.iter().map(|(_, value)| *value).fold(self.promise.unwrap_or_default(), f64::max);
        let top = if highest > 0.0 { highest * 1.1 } else { 1.0 };
        let (wide, high) = (cells * 2, ROWS * 4);
        let row_of = |value: f64| ((1.0 - value / top) * high as f64).clamp(0.0, high as f64 - 1.0) as usize;
        // By column, the row of its dot from the top.
        let dot = |column: usize| {
            let second = (column as f64 / wide as f64 * span) as i64;
            let at = from.saturating_add(SignedDuration::from_secs(second)).unwrap_or(from);
            // A value is of its whole minute.
            let holds =
                |(of, _): &&(Timestamp, f64)| *of <= at && at.duration_since(*of) < SignedDuration::from_mins(1);
            shown.iter().rev().find(holds).map(|(_, value)| row_of(*value))
        };
        let dots: Vec<Option<usize>> = (0..wide).map(dot).collect();
        let cell_of = |at: Timestamp| (at.duration_since(from).as_secs_f64() / span * cells as f64) as usize;
        let written = self.written.filter(|it| *it >= from).map(cell_of);
        let promised = self.promise.map(|it| row_of(it) / 4);
        let scale = |row: usize| match row {
            0 => words::milliseconds(top),
            row if row + 1 == ROWS => "0 ms".to_owned(),
            _ => String::new(),
        };
        (0..ROWS)
            .map(|row| {
                let mut pieces = vec![(Role::Muted, SafeText::new(&format!("{:>18} ", scale(row))))];
                for cell in 0..cells {
                    let drawn = braille(&dots[cell * 2..cell * 2 + 2], row);
                    let (role, letter) = match drawn {
                        Some(letter) => (Role::MeterFull, letter),
                        None if written == Some(cell) => (Role::Progress, '│'),
                        None if promised == Some(row) => (Role::Warning, '╌'),
                        None => (Role::Text, ' '),
                    };
                    join(&mut pieces, role, letter);
                }
                TextLine(pieces)
            })
            .collect()
    }

    fn from(&self) -> Timestamp {
        let least = self.now.saturating_sub(LEAST).unwrap_or(self.now);
        let before = self.written.and_then(|it| it.saturating_sub(BEFORE).ok());
        before.map_or(least, |it| it.min(least))
    }
}

/// The pattern of a cell, of its two columns, four dots high; `None` where neither has a dot in this row of cells.
fn braille(columns: &[Option<usize>], row: usize) -> Option<char> {
    const BITS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
    let bit = |(dot, bits): (&Option<usize>, [u32; 4])| dot.filter(|it| it / 4 == row).map(|it| bits[it % 4]);
    let pattern: u32 = columns.iter().zip(BITS).filter_map(bit).sum();
    (pattern > 0).then(|| char::from_u32(0x2800 + pattern)).flatten()
}

/// Adds a letter to the last piece, or begins another where its role is another.
fn join(pieces: &mut Vec<(Role, SafeText)>, role: Role, letter: char) {
    match pieces.last_mut() {
        Some((last, text)) if *last == role => *text = format!("{text}{letter}").into(),
        _ => pieces.push((role, letter.to_string().into())),
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Chart, Series};

    fn drawn(values: &[f64], promise: Option<f64>, written: Option<i64>) -> Vec<String> {
        let now = Timestamp::from_second(20 * 60).expect("a time");
        let at = |minute: i64| now - SignedDuration::from_mins(20) + SignedDuration::from_mins(minute);
        let points = (0..).zip(values).map(|(minute, value)| (at(minute), *value)).collect();
        let series = Series { points, covered: None };
        let chart = Chart { series: &series, promise, written: written.map(at), now };
        chart.draw(20).iter().map(|it| it.plain().as_str()[19..].trim_end().to_owned()).collect()
    }

    #[test]
    fn values_stand_over_their_minutes_and_gaps_are_blank() {
        let steps = drawn(&[100.0, 100.0, 400.0, 400.0], None, None);
        assert_eq!(steps, ["  ⠒⠒", "", "", "⠉⠉"]);
        assert_eq!(drawn(&[], None, None), ["", "", "", ""]);
    }

    #[test]
    fn the_promise_and_the_moment_of_the_write_are_marked_where_nothing_else_is() {
        let marked = drawn(&[100.0; 20], Some(250.0), Some(15));
        assert_eq!(marked[0], "╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌│╌╌╌╌");
        assert_eq!(marked[1], "               │");
        // The line stands before the mark.
        assert_eq!(marked[2], "⠤".repeat(20));
    }
}
