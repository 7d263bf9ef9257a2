//! Reports about goals, orders, carts and what was in them.

use std::collections::BTreeMap;

use rusqlite::params;

use super::metrics::{CART, Cells, Goals, ORDER, percent, put, quotient, round};
use super::period::{Period, span};
use super::query::conversions_by;
use super::segment::encoded;
use super::visits::{ALL, NEW, RETURNING, figures};
use super::{Context, ReportError};

/// What `idGoal` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// All goals and orders together.
    All,
    /// One goal, orders or carts.
    One(i64),
}

impl Asked {
    pub(crate) fn parse(text: Option<&str>) -> Self {
        match text {
            None | Some("") => Self::All,
            Some("ecommerceOrder") => Self::One(ORDER),
            Some("ecommerceAbandonedCart") => Self::One(CART),
            Some(number) => number.parse().map_or(Self::All, Self::One),
        }
    }
}

/// `Goals.get`: of all visits, of new and of returning visitors.
pub(crate) fn get(context: &Context<'_>, period: Period, asked: Asked) -> Result<Cells, ReportError> {
    let mut cells = Cells::new();
    for (only, suffix) in [(ALL, ""), (NEW, "_new_visit"), (RETURNING, "_returning_visit")] {
        let goals = by_goal(context, period, only)?;
        let visits = figures(context, period, only)?;
        let mut number = |name: &str, figure: f64| put(&mut cells, &format!("{name}{suffix}"), figure);
        let converted = match asked {
            Asked::All => {
                let counted = || goals.iter().filter(|(goal, _)| **goal != CART).map(|(_, figures)| figures);
                number("nb_conversions", counted().map(|figures| figures.conversions as f64).sum());
                number("nb_visits_converted", visits.converted as f64);
                number("revenue", round(counted().map(|figures| figures.revenue).sum(), 2));
                visits.converted
            }
            Asked::One(goal) => {
                let figures = goals.get(&goal).copied().unwrap_or_default();
                number("nb_conversions", figures.conversions as f64);
                number("nb_visits_converted", figures.visits as f64);
                number("revenue", round(figures.revenue, 2));
                if goal == ORDER {
                    number("revenue_subtotal", round(figures.subtotal, 2));
                    number("revenue_tax", round(figures.tax, 2));
                    number("revenue_shipping", round(figures.shipping, 2));
                    number("revenue_discount", round(figures.discount, 2));
                }
                if goal <= ORDER {
                    number("items", figures.items as f64);
                    number("avg_order_revenue", quotient(figures.revenue, figures.conversions as f64, 2));
                }
                figures.visits
            }
        };
        let rate = percent(converted as f64, visits.visits as f64, 4);
        cells.insert(format!("conversion_rate{suffix}"), rate);
    }
    Ok(cells)
}

/// Conversions of a period by goal, days summed.
fn by_goal(context: &Context<'_>, period: Period, only: &str) -> Result<Goals, ReportError> {
    let mut goals = Goals::new();
    for day in period.days() {
        for (_, goal, figures) in
            conversions_by(context.db, context.site.id, span(day, &context.zone), &[], only)?
        {
            goals.entry(goal).or_default().add(&figures);
        }
    }
    Ok(goals)
}

/// How often each goal was reached.
pub(crate) fn totals(context: &Context<'_>, period: Period) -> Result<BTreeMap<i64, f64>, ReportError> {
    let goals = by_goal(context, period, ALL)?;
    Ok(goals.into_iter().map(|(goal, figures)| (goal, figures.conversions as f64)).collect())
}

/// What items are listed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Items {
    Sku,
    Name,
    Category,
}

#[derive(Debug, Clone, Copy, Default)]
struct ItemFigures {
    revenue: f64,
    quantity: f64,
    orders: f64,
    price: f64,
    /// Views of product pages.
    views: Option<f64>,
    view_price: f64,
}

/// `Goals.getItemsSku`, `getItemsName`, `getItemsCategory`, of orders or of carts.
pub(crate) fn items(
    context: &Context<'_>,
    period: Period,
    by: Items,
    carts: bool,
) -> Result<Vec<Cells>, ReportError> {
    let columns: &[(&str, &str)] = match by {
        Items::Sku => &[("sku", "product_sku")],
        Items::Name => &[("name", "product_name")],
        Items::Category => &[
            ("category1", "product_category"),
            ("category2", ""),
            ("category3", ""),
            ("category4", ""),
            ("category5", ""),
        ],
    };
    let mut total: BTreeMap<String, ItemFigures> = BTreeMap::new();
    for day in period.days() {
        let span = span(day, &context.zone);
        let bounds = params![context.site.id, span.from, span.to];
        for (index, (column, viewed)) in columns.iter().enumerate() {
            let (is_cart, count) =
                if carts { ("= ''", "count(*)") } else { ("<> ''", "count(DISTINCT order_id)") };
            let sql = format!(
                "SELECT action.name, round(sum(quantity * price), 2), sum(quantity), round(sum(price), 2), {count} \
                 FROM item LEFT JOIN action ON action.id = item.{column} WHERE site = ?1 AND time BETWEEN ?2 AND ?3 \
                 AND deleted = 0 AND order_id {is_cart} GROUP BY item.{column}"
            );
            let mut statement = context.db.prepare(&sql)?;
            let mut rows = statement.query(bounds)?;
            while let Some(row) = rows.next()? {
                let label = match row.get::<_, Option<String>>(0)? {
                    Some(label) => label,
                    None if index == 0 => "Value not defined".to_owned(),
                    None => continue,
                };
                let figures = total.entry(label).or_default();
                figures.revenue += row.get::<_, f64>(1)?;
                figures.quantity += row.get::<_, f64>(2)?;
                figures.price += row.get::<_, f64>(3)?;
                figures.orders += row.get::<_, f64>(4)?;
            }
            if viewed.is_empty() {
                continue;
            }
            let sql = format!(
                "SELECT action.name, count(DISTINCT hit.visit), coalesce(avg(hit.product_price), 0) FROM hit \
                 JOIN action ON action.id = hit.{viewed} WHERE hit.site = ?1 AND hit.time BETWEEN ?2 AND ?3 \
                 GROUP BY hit.{viewed}"
            );
            let mut statement = context.db.prepare(&sql)?;
            let mut rows = statement.query(bounds)?;
            while let Some(row) = rows.next()? {
                let figures = total.entry(row.get(0)?).or_default();
                *figures.views.get_or_insert_default() += row.get::<_, f64>(1)?;
                figures.view_price += round(row.get(2)?, 2);
            }
        }
    }
    let segment = match by {
        Items::Sku => "productSku",
        Items::Name => "productName",
        Items::Category => "productCategory",
    };
    let rows = total.into_iter().map(|(label, figures)| {
        let mut cells = Cells::new();
        cells.insert("label".to_owned(), label.clone().into());
        put(&mut cells, "revenue", figures.revenue);
        put(&mut cells, "quantity", figures.quantity);
        put(&mut cells, if carts { "abandoned_carts" } else { "orders" }, figures.orders);
        if let Some(views) = figures.views {
            put(&mut cells, "nb_visits", views);
        }
        let price = if figures.orders == 0.0 {
            figures.view_price
        } else {
            quotient(figures.price, figures.orders, 2)
        };
        put(&mut cells, "avg_price", price);
        put(&mut cells, "avg_quantity", quotient(figures.quantity, figures.orders, 1));
        cells.insert("conversion_rate".to_owned(), percent(figures.orders, figures.views.unwrap_or(0.0), 4));
        cells.insert("segment".to_owned(), format!("{segment}=={}", encoded(&label)).into());
        cells
    });
    Ok(rows.collect())
}
