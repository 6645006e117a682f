//! Metric math: expressions over the series of one call.
//!
//! Understood: numbers, ids, lists in brackets, `+ - * / ^`, comparisons, `&&` and `||`, and the functions `METRICS`,
//! `SUM`, `AVG`, `MIN`, `MAX`, `FILL`, `RATE`, `DIFF`, `IF`, `ABS`, `CEIL`, `FLOOR`. Anything else is refused, as are the
//! queries of Metrics Insights and `SEARCH`.

use std::collections::BTreeMap;

/// Values by their time in seconds since the epoch.
pub type Points = BTreeMap<i64, f64>;

/// What an expression comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Number(f64),
    Series(Points),
    /// Several series, each with its label.
    Many(Vec<(String, Points)>),
}

/// An expression, read.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    Number(f64),
    Id(String),
    Text(String),
    List(Vec<Expression>),
    Negative(Box<Expression>),
    Binary(Sign, Box<Expression>, Box<Expression>),
    Call(Function, Vec<Expression>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Plus,
    Minus,
    Times,
    Over,
    Power,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Equal,
    Unequal,
    And,
    Or,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    Metrics,
    Sum,
    Avg,
    Min,
    Max,
    Fill,
    Rate,
    Diff,
    If,
    Abs,
    Ceil,
    Floor,
}

/// Signs by how tightly they bind, loosest first.
const SIGNS: [&[(&str, Sign)]; 5] = [
    &[("||", Sign::Or)],
    &[("&&", Sign::And)],
    &[
        (">=", Sign::GreaterOrEqual),
        ("<=", Sign::LessOrEqual),
        ("==", Sign::Equal),
        ("!=", Sign::Unequal),
        (">", Sign::Greater),
        ("<", Sign::Less),
    ],
    &[("+", Sign::Plus), ("-", Sign::Minus)],
    &[("*", Sign::Times), ("/", Sign::Over)],
];
/// Expressions nested deeper than any sensible one.
const DEEPEST: usize = 32;

impl Expression {
    /// Reads an expression; the error says what is not understood.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut reader = Reader { rest: text.trim(), depth: 0 };
        let expression = reader.level(0)?;
        if reader.rest.is_empty() { Ok(expression) } else { Err(format!("unexpected '{}'", reader.rest)) }
    }
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl Reader<'_> {
    fn take(&mut self, token: &str) -> bool {
        let rest = self.rest.strip_prefix(token).map(str::trim_start);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn level(&mut self, level: usize) -> Result<Expression, String> {
        let Some(signs) = SIGNS.get(level) else { return self.power() };
        let mut left = self.level(level + 1)?;
        while let Some((_, sign)) = signs.iter().find(|(token, _)| self.take(token)) {
            let right = self.level(level + 1)?;
            left = Expression::Binary(*sign, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn power(&mut self) -> Result<Expression, String> {
        if self.take("-") {
            return Ok(Expression::Negative(Box::new(self.power()?)));
        }
        let base = self.primary()?;
        if self.take("^") {
            let exponent = self.power()?;
            return Ok(Expression::Binary(Sign::Power, Box::new(base), Box::new(exponent)));
        }
        Ok(base)
    }

    fn primary(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("the expression is nested too deeply".to_owned());
        }
        let found = self.unnested();
        self.depth -= 1;
        found
    }

    fn unnested(&mut self) -> Result<Expression, String> {
        if self.take("(") {
            let inner = self.level(0)?;
            return if self.take(")") { Ok(inner) } else { Err("a parenthesis is not closed".to_owned()) };
        }
        if self.take("[") {
            return Ok(Expression::List(self.items("]")?));
        }
        for quote in ["\"", "'"] {
            if let Some(rest) = self.rest.strip_prefix(quote) {
                let (text, rest) = rest.split_once(quote).ok_or("a quote is not closed")?;
                self.rest = rest.trim_start();
                return Ok(Expression::Text(text.to_owned()));
            }
        }
        let is_word = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '.';
        let (word, rest) = self.rest.split_at(self.rest.find(|it| !is_word(it)).unwrap_or(self.rest.len()));
        self.rest = rest.trim_start();
        if word.starts_with(|it: char| it.is_ascii_digit()) {
            return word.parse().map(Expression::Number).map_err(|_| format!("'{word}' is no number"));
        }
        if word.starts_with(|it: char| it.is_ascii_lowercase()) {
            return Ok(Expression::Id(word.to_owned()));
        }
        match word {
            "" => Err(format!("unexpected '{}'", self.rest)),
            "REPEAT" => Ok(Expression::Text(word.to_owned())),
            _ => {
                let function = Function::named(word).ok_or_else(|| format!("the function {word} is not simulated"))?;
                if !self.take("(") {
                    return Err(format!("{word} has no arguments"));
                }
                Ok(Expression::Call(function, self.items(")")?))
            }
        }
    }

    /// What commas divide, up to `end`.
    fn items(&mut self, end: &str) -> Result<Vec<Expression>, String> {
        let mut items = Vec::new();
        if self.take(end) {
            return Ok(items);
        }
        loop {
            items.push(self.level(0)?);
            if self.take(end) {
                return Ok(items);
            }
            if !self.take(",") {
                return Err(format!("'{end}' is missing"));
            }
        }
    }
}

impl Function {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "METRICS" => Self::Metrics,
            "SUM" => Self::Sum,
            "AVG" => Self::Avg,
            "MIN" => Self::Min,
            "MAX" => Self::Max,
            "FILL" => Self::Fill,
            "RATE" => Self::Rate,
            "DIFF" => Self::Diff,
            "IF" => Self::If,
            "ABS" => Self::Abs,
            "CEIL" => Self::Ceil,
            "FLOOR" => Self::Floor,
            _ => return None,
        })
    }
}

/// What expressions are worked out over.
pub struct Scene<'a> {
    /// The buckets' starts, oldest first, that have passed.
    pub grid: Vec<i64>,
    /// What an id stands for: its label and points.
    pub lookup: &'a dyn Fn(&str) -> Result<Outcome, String>,
    /// Every metric of the call that is not an expression: id, label and points.
    pub metrics: Vec<(String, String, Points)>,
}

impl Scene<'_> {
    /// What the expression comes to.
    pub fn evaluate(&self, expression: &Expression) -> Result<Outcome, String> {
        Ok(match expression {
            Expression::Number(number) => Outcome::Number(*number),
            Expression::Id(id) => (self.lookup)(id)?,
            Expression::Text(text) => return Err(format!("unexpected text '{text}'")),
            Expression::List(items) => {
                let series = items.iter().map(|item| Ok((label(item), self.series(item)?)));
                Outcome::Many(series.collect::<Result<_, String>>()?)
            }
            Expression::Negative(inner) => each(self.evaluate(inner)?, |value| -value),
            Expression::Binary(sign, left, right) => {
                combine(&self.evaluate(left)?, &self.evaluate(right)?, |left, right| sign.of(left, right))?
            }
            Expression::Call(function, arguments) => self.call(*function, arguments)?,
        })
    }

    fn series(&self, expression: &Expression) -> Result<Points, String> {
        match self.evaluate(expression)? {
            Outcome::Series(points) => Ok(points),
            Outcome::Number(_) | Outcome::Many(_) => Err("a list holds one time series for each item".to_owned()),
        }
    }

    fn call(&self, function: Function, arguments: &[Expression]) -> Result<Outcome, String> {
        match (function, arguments) {
            (Function::Metrics, []) => Ok(self.all(|_| true)),
            (Function::Metrics, [Expression::Text(part)]) => Ok(self.all(|id| id.contains(part.as_str()))),
            (Function::Sum | Function::Avg | Function::Min | Function::Max, [argument]) => {
                Ok(aggregate(function, self.evaluate(argument)?))
            }
            (Function::Fill, [argument, with]) => self.fill(&self.evaluate(argument)?, with),
            (Function::Rate, [argument]) => Ok(steps(self.evaluate(argument)?, |seconds, change| change / seconds)),
            (Function::Diff, [argument]) => Ok(steps(self.evaluate(argument)?, |_, change| change)),
            (Function::Abs, [argument]) => Ok(each(self.evaluate(argument)?, f64::abs)),
            (Function::Ceil, [argument]) => Ok(each(self.evaluate(argument)?, f64::ceil)),
            (Function::Floor, [argument]) => Ok(each(self.evaluate(argument)?, f64::floor)),
            (Function::If, [condition, then]) => self.choose(condition, then, None),
            (Function::If, [condition, then, otherwise]) => self.choose(condition, then, Some(otherwise)),
            _ => Err(format!("{function:?} has the wrong arguments")),
        }
    }

    fn all(&self, wanted: impl Fn(&str) -> bool) -> Outcome {
        let metrics = self.metrics.iter().filter(|(id, ..)| wanted(id));
        Outcome::Many(metrics.map(|(_, label, points)| (label.clone(), points.clone())).collect())
    }

    fn fill(&self, outcome: &Outcome, with: &Expression) -> Result<Outcome, String> {
        let repeat = *with == Expression::Text("REPEAT".to_owned());
        let filler = if repeat { None } else { Some(self.evaluate(with)?) };
        let fill = |points: &Points| -> Points {
            let mut last = None;
            let value = |at: &i64| {
                let value = match (points.get(at), &filler) {
                    (Some(value), _) => Some(*value),
                    (None, None) => last,
                    (None, Some(Outcome::Number(number))) => Some(*number),
                    (None, Some(Outcome::Series(other))) => other.get(at).copied(),
                    (None, Some(Outcome::Many(_))) => None,
                };
                last = value.or(last);
                Some((*at, value?))
            };
            self.grid.iter().filter_map(value).collect()
        };
        match outcome {
            Outcome::Series(points) => Ok(Outcome::Series(fill(points))),
            Outcome::Many(series) => {
                Ok(Outcome::Many(series.iter().map(|(label, points)| (label.clone(), fill(points))).collect()))
            }
            Outcome::Number(_) => Err("FILL takes a time series".to_owned()),
        }
    }

    /// At each time the one or the other, as the condition is other than zero or not.
    fn choose(
        &self,
        condition: &Expression,
        then: &Expression,
        otherwise: Option<&Expression>,
    ) -> Result<Outcome, String> {
        let condition = self.evaluate(condition)?;
        let then = self.evaluate(then)?;
        let otherwise = otherwise.map(|it| self.evaluate(it)).transpose()?;
        let points = match condition {
            Outcome::Series(points) => points,
            Outcome::Number(number) => self.grid.iter().map(|at| (*at, number)).collect(),
            Outcome::Many(_) => return Err("the condition of IF is one time series".to_owned()),
        };
        let at_time = |outcome: &Outcome, at: i64| match outcome {
            Outcome::Number(number) => Some(*number),
            Outcome::Series(points) => points.get(&at).copied(),
            Outcome::Many(_) => None,
        };
        let value = |(at, holds): (i64, f64)| {
            let chosen = if holds == 0.0 { otherwise.as_ref()? } else { &then };
            Some((at, at_time(chosen, at)?))
        };
        Ok(Outcome::Series(points.into_iter().filter_map(value).collect()))
    }
}

impl Sign {
    /// `None` where there is no finite answer, as of a division by zero: CloudWatch then leaves the point out.
    fn of(self, left: f64, right: f64) -> Option<f64> {
        let truth = |holds: bool| f64::from(u8::from(holds));
        let value = match self {
            Self::Plus => left + right,
            Self::Minus => left - right,
            Self::Times => left * right,
            Self::Over => left / right,
            Self::Power => left.powf(right),
            Self::Greater => truth(left > right),
            Self::GreaterOrEqual => truth(left >= right),
            Self::Less => truth(left < right),
            Self::LessOrEqual => truth(left <= right),
            Self::Equal => truth((left - right).abs() < f64::EPSILON),
            Self::Unequal => truth((left - right).abs() >= f64::EPSILON),
            Self::And => truth(left != 0.0 && right != 0.0),
            Self::Or => truth(left != 0.0 || right != 0.0),
        };
        value.is_finite().then_some(value)
    }
}

fn label(expression: &Expression) -> String {
    match expression {
        Expression::Id(id) => id.clone(),
        _ => String::new(),
    }
}

fn each(outcome: Outcome, change: impl Fn(f64) -> f64) -> Outcome {
    let all = |points: Points| points.into_iter().map(|(at, value)| (at, change(value))).collect();
    match outcome {
        Outcome::Number(number) => Outcome::Number(change(number)),
        Outcome::Series(points) => Outcome::Series(all(points)),
        Outcome::Many(series) => {
            Outcome::Many(series.into_iter().map(|(label, points)| (label, all(points))).collect())
        }
    }
}

/// Two series meet at the times that both have.
fn combine(left: &Outcome, right: &Outcome, with: impl Fn(f64, f64) -> Option<f64>) -> Result<Outcome, String> {
    use Outcome::{Many, Number, Series};
    let flat = |points: &Points, other: &dyn Fn(i64, f64) -> Option<f64>| -> Points {
        points.iter().filter_map(|(at, value)| Some((*at, other(*at, *value)?))).collect()
    };
    let one = |left: &Outcome, right: &Outcome| match (left, right) {
        (Series(left), Number(right)) => Some(flat(left, &|_, value| with(value, *right))),
        (Number(left), Series(right)) => Some(flat(right, &|_, value| with(*left, value))),
        (Series(left), Series(right)) => Some(flat(left, &|at, value| with(value, *right.get(&at)?))),
        _ => None,
    };
    Ok(match (left, right) {
        (Number(left), Number(right)) => Number(with(*left, *right).ok_or("a division by zero")?),
        (Many(_), Many(_)) => return Err("two lists of time series cannot be combined".to_owned()),
        (Many(series), other) => {
            let each = |(label, points): &(String, Points)| Some((label.clone(), one(&Series(points.clone()), other)?));
            Many(series.iter().filter_map(each).collect())
        }
        (other, Many(series)) => {
            let each = |(label, points): &(String, Points)| Some((label.clone(), one(other, &Series(points.clone()))?));
            Many(series.iter().filter_map(each).collect())
        }
        (left, right) => Series(one(left, right).ok_or("the operands do not fit")?),
    })
}

/// Of a single series a number, of several the series over all of them.
fn aggregate(function: Function, outcome: Outcome) -> Outcome {
    let of = |values: &[f64]| {
        let sum: f64 = values.iter().sum();
        match function {
            Function::Avg => sum / values.len().max(1) as f64,
            Function::Min => values.iter().copied().fold(f64::INFINITY, f64::min),
            Function::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            _ => sum,
        }
    };
    match outcome {
        Outcome::Number(number) => Outcome::Number(number),
        Outcome::Series(points) if points.is_empty() => Outcome::Series(points),
        Outcome::Series(points) => Outcome::Number(of(&points.into_values().collect::<Vec<_>>())),
        Outcome::Many(series) => {
            let mut by_time: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
            for (at, value) in series.into_iter().flat_map(|(_, points)| points) {
                by_time.entry(at).or_default().push(value);
            }
            Outcome::Series(by_time.into_iter().map(|(at, values)| (at, of(&values))).collect())
        }
    }
}

/// What `change` makes of the seconds and the difference between each point and the one before it.
fn steps(outcome: Outcome, change: impl Fn(f64, f64) -> f64) -> Outcome {
    let step = |points: Points| -> Points {
        let pairs = points.iter().zip(points.iter().skip(1));
        pairs.map(|((t0, v0), (t1, v1))| (*t1, change((t1 - t0) as f64, v1 - v0))).collect()
    };
    match outcome {
        Outcome::Series(points) => Outcome::Series(step(points)),
        Outcome::Many(series) => {
            Outcome::Many(series.into_iter().map(|(label, points)| (label, step(points))).collect())
        }
        Outcome::Number(_) => Outcome::Number(0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: &[(i64, f64)]) -> Points {
        values.iter().copied().collect()
    }

    /// `errors` at 60 only, `requests` at 0, 60 and 120.
    fn outcome(text: &str) -> Result<Outcome, String> {
        let (errors, requests) = (points(&[(60, 5.0)]), points(&[(0, 100.0), (60, 50.0), (120, 0.0)]));
        let lookup = |id: &str| match id {
            "errors" => Ok(Outcome::Series(errors.clone())),
            "requests" => Ok(Outcome::Series(requests.clone())),
            _ => Err(format!("no query has the id {id}")),
        };
        let metric = |id: &str, points: &Points| (id.to_owned(), id.to_owned(), points.clone());
        let metrics = vec![metric("errors", &errors), metric("requests", &requests)];
        Scene { grid: vec![0, 60, 120], lookup: &lookup, metrics }.evaluate(&Expression::read(text)?)
    }

    fn series(text: &str) -> Vec<(i64, f64)> {
        match outcome(text) {
            Ok(Outcome::Series(points)) => points.into_iter().collect(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn arithmetic_binds_as_usual_and_meets_at_common_times() {
        assert_eq!(outcome("1 + 2 * 3 ^ 2 - -4 / 2"), Ok(Outcome::Number(21.0)));
        assert_eq!(outcome("(1 + 2) * 3"), Ok(Outcome::Number(9.0)));
        assert_eq!(series("100 * errors / requests"), [(60, 10.0)]);
        assert_eq!(series("errors + requests"), [(60, 55.0)]);
    }

    #[test]
    fn what_is_missing_is_filled_and_divisions_by_zero_left_out() {
        assert_eq!(series("FILL(errors, 0)"), [(0, 0.0), (60, 5.0), (120, 0.0)]);
        assert_eq!(series("FILL(errors, REPEAT)"), [(60, 5.0), (120, 5.0)]);
        assert_eq!(series("FILL(errors, 0) / requests"), [(0, 0.0), (60, 0.1)]);
    }

    #[test]
    fn several_series_are_summed_up_and_one_becomes_a_number() {
        assert_eq!(series("SUM([errors, requests])"), [(0, 100.0), (60, 55.0), (120, 0.0)]);
        assert_eq!(series("MAX(METRICS())"), [(0, 100.0), (60, 50.0), (120, 0.0)]);
        assert_eq!(series("AVG(METRICS(\"err\"))"), [(60, 5.0)]);
        assert_eq!(outcome("SUM(requests)"), Ok(Outcome::Number(150.0)));
        let Ok(Outcome::Many(all)) = outcome("METRICS() * 2") else { panic!() };
        assert_eq!(all[0], ("errors".to_owned(), points(&[(60, 10.0)])));
    }

    #[test]
    fn changes_and_choices() {
        assert_eq!(series("DIFF(requests)"), [(60, -50.0), (120, -50.0)]);
        assert_eq!(series("RATE(requests) * 60"), [(60, -50.0), (120, -50.0)]);
        assert_eq!(series("IF(requests > 60, 1, 0)"), [(0, 1.0), (60, 0.0), (120, 0.0)]);
        assert_eq!(series("IF(requests >= 50 && requests < 100, requests)"), [(60, 50.0)]);
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for odd in
            ["", "1 +", "(1", "SEARCH('x', 'Sum')", "SELECT AVG(x)", "nowhere", "FILL(1, 0)", "requests]", "1 / 0"]
        {
            assert!(outcome(odd).is_err(), "{odd}");
        }
        let deep = format!("{}1{}", "(".repeat(1000), ")".repeat(1000));
        assert!(outcome(&deep).is_err());
    }
}
