//! The figures of visits and conversions that most reports are made of, and how they add up over days.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// A row of an answer.
pub(crate) type Cells = Map<String, Value>;

/// The goal number of orders.
pub(crate) const ORDER: i64 = 0;
/// The goal number of carts.
pub(crate) const CART: i64 = -1;

/// Figures of a set of visits.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct VisitFigures {
    pub(crate) visitors: i64,
    pub(crate) users: i64,
    pub(crate) visits: i64,
    pub(crate) actions: i64,
    pub(crate) max_actions: i64,
    /// Seconds.
    pub(crate) length: i64,
    pub(crate) bounces: i64,
    pub(crate) converted: i64,
}

impl VisitFigures {
    pub(crate) fn add(&mut self, other: &Self) {
        self.visitors += other.visitors;
        self.users += other.users;
        self.visits += other.visits;
        self.actions += other.actions;
        self.max_actions = self.max_actions.max(other.max_actions);
        self.length += other.length;
        self.bounces += other.bounces;
        self.converted += other.converted;
    }
}

/// Figures of the conversions of one goal.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct GoalFigures {
    pub(crate) conversions: i64,
    pub(crate) visits: i64,
    pub(crate) revenue: f64,
    pub(crate) subtotal: f64,
    pub(crate) tax: f64,
    pub(crate) shipping: f64,
    pub(crate) discount: f64,
    pub(crate) items: i64,
}

impl GoalFigures {
    pub(crate) fn add(&mut self, other: &Self) {
        self.conversions += other.conversions;
        self.visits += other.visits;
        self.revenue += other.revenue;
        self.subtotal += other.subtotal;
        self.tax += other.tax;
        self.shipping += other.shipping;
        self.discount += other.discount;
        self.items += other.items;
    }

    fn cells(&self, goal: i64) -> Cells {
        let mut cells = Cells::new();
        put(&mut cells, "nb_conversions", self.conversions as f64);
        put(&mut cells, "nb_visits_converted", self.visits as f64);
        put(&mut cells, "revenue", self.revenue);
        if goal == ORDER {
            put(&mut cells, "revenue_subtotal", self.subtotal);
            put(&mut cells, "revenue_tax", self.tax);
            put(&mut cells, "revenue_shipping", self.shipping);
            put(&mut cells, "revenue_discount", self.discount);
        }
        if goal <= ORDER {
            put(&mut cells, "items", self.items as f64);
        }
        cells
    }
}

/// Conversions by goal.
pub(crate) type Goals = BTreeMap<i64, GoalFigures>;

/// A row of a report about visits: their figures, what they converted, and the rows under it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dimension {
    pub(crate) visits: Option<VisitFigures>,
    pub(crate) goals: Goals,
    pub(crate) under: Table,
}

/// Rows by label.
pub(crate) type Table = BTreeMap<String, Dimension>;

impl Dimension {
    pub(crate) fn add_visits(&mut self, figures: &VisitFigures) {
        self.visits.get_or_insert_default().add(figures);
    }

    pub(crate) fn add_goal(&mut self, goal: i64, figures: &GoalFigures) {
        self.goals.entry(goal).or_default().add(figures);
    }

    pub(crate) fn add(&mut self, other: &Self) {
        if let Some(visits) = &other.visits {
            self.add_visits(visits);
        }
        for (goal, figures) in &other.goals {
            self.add_goal(*goal, figures);
        }
        for (label, row) in &other.under {
            self.under.entry(label.clone()).or_default().add(row);
        }
    }

    pub(crate) fn visit_count(&self) -> i64 {
        self.visits.map_or(0, |figures| figures.visits)
    }

    /// The row's cells. Over more than a day, visitors are sums of the days'.
    pub(crate) fn cells(&self, label: &str, is_long: bool) -> Cells {
        let mut cells = Cells::new();
        cells.insert("label".to_owned(), label.into());
        if let Some(figures) = &self.visits {
            let (visitors, users) = if is_long {
                ("sum_daily_nb_uniq_visitors", "sum_daily_nb_users")
            } else {
                ("nb_uniq_visitors", "nb_users")
            };
            for (name, figure) in [
                ("nb_visits", figures.visits),
                ("nb_actions", figures.actions),
                ("max_actions", figures.max_actions),
                ("sum_visit_length", figures.length),
                ("bounce_count", figures.bounces),
                ("nb_visits_converted", figures.converted),
                (visitors, figures.visitors),
                (users, figures.users),
            ] {
                cells.insert(name.to_owned(), figure.into());
            }
        }
        if !self.goals.is_empty() {
            let goals =
                self.goals.iter().map(|(goal, figures)| (goal_name(*goal), figures.cells(*goal).into()));
            cells.insert("goals".to_owned(), Value::Object(goals.collect()));
            // A cart is not a conversion.
            let counted = || self.goals.iter().filter(|(goal, _)| **goal != CART).map(|(_, figures)| figures);
            put(&mut cells, "nb_conversions", counted().map(|figures| figures.conversions as f64).sum());
            put(&mut cells, "revenue", counted().map(|figures| figures.revenue).sum());
        }
        cells
    }
}

/// Adds a day's rows to those of the days before, after cutting the day to the rows that are kept.
pub(crate) fn add_day(total: &mut Table, day: Table, most_rows: usize) {
    for (label, row) in cut(day, most_rows) {
        total.entry(label).or_default().add(&row);
    }
}

/// Label of the row that the least visited ones are put together in.
pub(crate) const OTHERS: &str = "Others";

/// Keeps the most visited rows and puts the rest into one.
pub(crate) fn cut(mut table: Table, most_rows: usize) -> Table {
    if table.len() <= most_rows {
        return table;
    }
    let former = table.remove(OTHERS);
    let mut rows: Vec<(String, Dimension)> = table.into_iter().collect();
    rows.sort_by_key(|(_, figures)| std::cmp::Reverse(figures.visit_count()));
    let rest = rows.split_off(most_rows.saturating_sub(1));
    let mut kept: Table = rows.into_iter().collect();
    let others = kept.entry(OTHERS.to_owned()).or_default();
    for row in rest.into_iter().map(|(_, row)| row).chain(former) {
        others.add(&Dimension { under: Table::new(), ..row });
    }
    kept
}

/// How a goal is named in a row's `goals`.
pub(crate) fn goal_name(goal: i64) -> String {
    match goal {
        ORDER => "idgoal=ecommerceOrder".to_owned(),
        CART => "idgoal=ecommerceAbandonedCart".to_owned(),
        goal => format!("idgoal={goal}"),
    }
}

/// Puts a number into a row: whole ones without a fraction.
pub(crate) fn put(cells: &mut Cells, name: &str, number: f64) {
    cells.insert(name.to_owned(), number_value(number));
}

/// A number as JSON: whole ones without a fraction.
pub(crate) fn number_value(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        Value::from(number as i64)
    } else {
        Value::from(number)
    }
}

/// `part / whole` with so many digits behind the point; 0 when there is no whole.
pub(crate) fn quotient(part: f64, whole: f64, digits: i32) -> f64 {
    if whole == 0.0 { 0.0 } else { round(part / whole, digits) }
}

/// Rounds half away from zero, as PHP 8.2 does.
pub(crate) fn round(number: f64, digits: i32) -> f64 {
    // 1.005 * 100 is a hair below 100.5: a number is first taken for what its 15 first digits say.
    let places = if number == 0.0 { 14 } else { 14 - number.abs().log10().floor() as i32 };
    let scaled = if places > digits && places - 15 < digits {
        (number * 10f64.powi(places)).round() / 10f64.powi(places - digits)
    } else {
        number * 10f64.powi(digits)
    };
    // So large a number has no digits to be rounded.
    if scaled.abs() >= 1e15 { number } else { scaled.round() / 10f64.powi(digits) }
}

/// A share as the API writes percentages: `26.67%`, `50%`.
pub(crate) fn percent(part: f64, whole: f64, digits: i32) -> Value {
    let percentage = round(quotient(part, whole, digits) * 100.0, digits - 2);
    Value::from(format!("{percentage}%"))
}

/// Rows in the order of an answer: the most visited first, then by label as people sort.
pub(crate) fn sort_rows(rows: &mut [Cells], by: &str, ascending: bool) {
    let key = |row: &Cells| row.get(by).and_then(Value::as_f64).unwrap_or(f64::NEG_INFINITY);
    let label = |row: &Cells| row.get("label").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    rows.sort_by(|a, b| {
        let is_others = |row: &Cells| row.get("label").and_then(Value::as_str) == Some(OTHERS);
        let order = key(b).total_cmp(&key(a));
        let order = if ascending { order.reverse() } else { order };
        is_others(a).cmp(&is_others(b)).then(order).then_with(|| natural(&label(a), &label(b)))
    });
}

/// Compares texts with the numbers in them by their size: `page 9` before `page 10`.
fn natural(a: &str, b: &str) -> std::cmp::Ordering {
    let (mut a, mut b) = (a.chars().peekable(), b.chars().peekable());
    loop {
        match (a.peek().copied(), b.peek().copied()) {
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let number = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>| {
                    let mut digits = String::new();
                    while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                        digits.push(digit);
                    }
                    digits.trim_start_matches('0').to_owned()
                };
                let (x, y) = (number(&mut a), number(&mut b));
                let order = x.len().cmp(&y.len()).then_with(|| x.cmp(&y));
                if order.is_ne() {
                    return order;
                }
            }
            (Some(x), Some(y)) if x == y => {
                a.next();
                b.next();
            }
            (x, y) => return x.cmp(&y),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_as_the_api_writes_them() {
        assert_eq!(percent(4.0, 15.0, 4), "26.67%");
        assert_eq!(percent(1.0, 2.0, 4), "50%");
        assert_eq!(percent(2.0, 23.0, 2), "9%");
        assert_eq!(percent(0.0, 0.0, 2), "0%");
    }

    #[test]
    fn halves_are_rounded_up_even_when_binary_fractions_fall_short() {
        for (number, places, rounded) in [
            (1.005, 2, "1.01"),
            (59.5, 0, "60"),
            (-2.5, 0, "-3"),
            (0.0, 2, "0"),
            (1e-7, 2, "0"),
            (12.344_999, 2, "12.34"),
            (1_079_310_471.124, 2, "1079310471.12"),
            (12_000_016_000_599.92, 2, "12000016000599.92"),
            (1e18, 2, "1000000000000000000"),
        ] {
            assert_eq!(round(number, places).to_string(), rounded);
        }
    }

    #[test]
    fn rows_are_sorted_by_figure_and_then_by_label() {
        let row = |label: &str, visits: i64| {
            let mut cells = Cells::new();
            cells.insert("label".to_owned(), label.into());
            cells.insert("nb_visits".to_owned(), visits.into());
            cells
        };
        let mut rows = [row("b 10", 2), row("Others", 9), row("b 9", 2), row("A", 2), row("z", 3)];
        sort_rows(&mut rows, "nb_visits", false);
        let labels: Vec<_> = rows.iter().map(|row| row["label"].as_str().unwrap()).collect();
        assert_eq!(labels, ["z", "A", "b 9", "b 10", "Others"]);
    }

    #[test]
    fn the_least_visited_rows_are_put_together() {
        let mut table = Table::new();
        for (label, visits) in [("a", 5), ("b", 4), ("c", 2), ("d", 1)] {
            let figures = VisitFigures { visits, ..VisitFigures::default() };
            table.insert(label.to_owned(), Dimension { visits: Some(figures), ..Dimension::default() });
        }
        let kept = cut(table, 3);
        assert_eq!(kept.len(), 3);
        assert_eq!(kept[OTHERS].visit_count(), 3);
    }
}
