//! The order that an `ecommerce` step gives: whatever is left out follows from the rest, and the sums are right.

use crate::funnel::{DraftItem, DraftOrder};

use super::{
    Product,
    fault::{Faults, quoted},
    json::{self, Fields, Node},
    text::{self, Refused},
};

/// The most of one product in an order.
const MOST_PIECES: u32 = 10_000;

/// The most lines of an order.
const MOST_ITEMS: usize = 100;

/// Reads the fields of an `ecommerce` step.
///
/// Subtotal + shipping + tax = revenue. Without a subtotal it is the items' sum, or what revenue leaves; without a
/// revenue it is the sum; without shipping it is 0; what then remains of the revenue is tax. With none of the amounts
/// and no items the order is drawn like any other.
pub(super) fn read(fields: &mut Fields<'_>, faults: &mut Faults<'_>) -> Option<DraftOrder> {
    let mut sound = true;
    let mut amount = |field: &'static str, faults: &mut Faults<'_>| {
        let given = fields.has_text(field);
        fields.take(field);
        let value = if given { fields.optional(field, Node::money, faults) } else { None };
        sound &= given == value.is_some();
        value
    };
    let revenue = amount("ecommerce_revenue", faults);
    let subtotal = amount("ecommerce_subtotal", faults);
    let tax = amount("ecommerce_tax", faults);
    let shipping = amount("ecommerce_shipping", faults);
    let currency_given = fields.has_text("ecommerce_currency");
    let currency = fields.optional("ecommerce_currency", |node| node.text(currency), faults).flatten();
    let items = items(fields, faults)?;
    if !sound || (currency_given && currency.is_none()) {
        return None;
    }
    let drawn = [revenue, subtotal, tax, shipping].iter().all(Option::is_none) && items.is_empty();
    if drawn {
        return Some(DraftOrder { currency, ..DraftOrder::default() });
    }
    let sum =
        (!items.is_empty()).then(|| items.iter().map(|item| item.price * u64::from(item.quantity)).sum());
    let given = Amounts { revenue, subtotal, tax, shipping };
    match given.complete(sum) {
        Ok([revenue, subtotal, tax, shipping]) => {
            Some(DraftOrder { amounts: Some([revenue, subtotal, tax, shipping]), items, currency })
        }
        Err((field, refused)) => {
            fields.refuse_at(field, refused, faults);
            None
        }
    }
}

/// What the step gives, in hundredths.
struct Amounts {
    revenue: Option<u64>,
    subtotal: Option<u64>,
    tax: Option<u64>,
    shipping: Option<u64>,
}

impl Amounts {
    /// Revenue, subtotal, tax and shipping, or the field that is at odds with the rest.
    fn complete(&self, items: Option<u64>) -> Result<[u64; 4], (&'static str, Refused)> {
        let shipping = self.shipping.unwrap_or(0);
        let extra = shipping + self.tax.unwrap_or(0);
        if let (Some(subtotal), Some(items)) = (self.subtotal, items)
            && subtotal != items
        {
            let remedy = format!("give {}, which is what the items cost", shown(items));
            return Err(("ecommerce_subtotal", Refused::new(shown(subtotal), remedy)));
        }
        let subtotal = match (self.subtotal.or(items), self.revenue) {
            (Some(subtotal), _) => subtotal,
            (None, Some(revenue)) if revenue >= extra => revenue - extra,
            (None, Some(revenue)) => {
                let remedy = format!("give at least {}, which is shipping and tax", shown(extra));
                return Err(("ecommerce_revenue", Refused::new(shown(revenue), remedy)));
            }
            (None, None) => {
                let remedy = "give ecommerce_revenue, ecommerce_subtotal or ecommerce_items as well";
                return Err(("ecommerce_revenue", Refused::new("missing", remedy)));
            }
        };
        let sum = subtotal + extra;
        match self.revenue {
            None => Ok([sum, subtotal, self.tax.unwrap_or(0), shipping]),
            Some(revenue) if revenue == sum => Ok([revenue, subtotal, self.tax.unwrap_or(0), shipping]),
            Some(revenue) if self.tax.is_none() && revenue > sum => {
                Ok([revenue, subtotal, revenue - sum, shipping])
            }
            Some(revenue) => {
                let remedy = format!("give {}, which is subtotal + shipping + tax", shown(sum));
                Err(("ecommerce_revenue", Refused::new(shown(revenue), remedy)))
            }
        }
    }
}

/// An amount as the file writes it.
fn shown(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// An empty currency is what a form leaves behind.
fn currency(given: &str) -> Result<Option<String>, Refused> {
    match given {
        "" => Ok(None),
        code if code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()) => Ok(Some(code.to_owned())),
        _ => Err(Refused::new(quoted(given), "give a currency code of three capitals, for example USD")),
    }
}

/// The items: objects, or lists as Matomo's own `ec_items` has them. `None` when one is wrong.
fn items(fields: &mut Fields<'_>, faults: &mut Faults<'_>) -> Option<Vec<DraftItem>> {
    if !fields.has_text("ecommerce_items") {
        fields.take("ecommerce_items");
        return Some(Vec::new());
    }
    let nodes = fields.list("ecommerce_items", faults)?;
    let place = fields.place_of("ecommerce_items");
    if nodes.len() > MOST_ITEMS {
        let refused = Refused::new(format!("{} items", nodes.len()), format!("give at most {MOST_ITEMS}"));
        fields.refuse_at("ecommerce_items", refused, faults);
        return None;
    }
    let items: Vec<Option<DraftItem>> = nodes
        .into_iter()
        .enumerate()
        .map(|(index, node)| {
            let place = format!("{place}[{index}]");
            if node.list().is_some() { listed(node, &place, faults) } else { item(node, place, faults) }
        })
        .collect();
    items.into_iter().collect()
}

fn pieces(node: Node<'_>) -> Result<u32, Refused> {
    match node.whole(MOST_PIECES) {
        Ok(0) | Err(_) => {
            Err(Refused::new(node.shown(), format!("give a whole number from 1 to {MOST_PIECES}")))
        }
        quantity => quantity,
    }
}

fn label(node: Node<'_>) -> Result<String, Refused> {
    node.text(|given| text::label(given).map(str::to_owned))
}

fn item(node: Node<'_>, place: String, faults: &mut Faults<'_>) -> Option<DraftItem> {
    let mut fields = Fields::open(node, place, faults)?;
    let sku = fields.filled("sku", faults);
    let name = fields.optional_label("name", faults);
    let category = fields.optional_label("category", faults);
    let price = fields.required("price", Node::money, faults);
    let given = fields.has("quantity");
    let quantity = fields.optional("quantity", pieces, faults);
    fields.close(faults);
    let quantity = if given { quantity? } else { 1 };
    Some(draft(sku?, name, category, price?, quantity))
}

/// `[sku, name, category, price, quantity]`.
fn listed(node: Node<'_>, place: &str, faults: &mut Faults<'_>) -> Option<DraftItem> {
    let Ok([sku, name, category, price, quantity]) = <[Node<'_>; 5]>::try_from(json::list(node).ok()?) else {
        faults.add(Some(node.line()), place, node.shown(), "give [sku, name, category, price, quantity]");
        return None;
    };
    let mut read = |index: usize, node: Node<'_>, refused: Refused| {
        faults.add(Some(node.line()), format!("{place}[{index}]"), refused.given, refused.remedy);
    };
    let filled = |node: Node<'_>| node.text(|given| text::filled(given).map(str::to_owned));
    let sku = filled(sku).map_err(|refused| read(0, sku, refused)).ok();
    let name = label(name).map_err(|refused| read(1, name, refused)).ok();
    let category = label(category).map_err(|refused| read(2, category, refused)).ok();
    let price = price.money().map_err(|refused| read(3, price, refused)).ok();
    let quantity = pieces(quantity).map_err(|refused| read(4, quantity, refused)).ok();
    Some(draft(sku?, Some(name?), Some(category?), price?, quantity?))
}

fn draft(
    sku: String,
    name: Option<String>,
    category: Option<String>,
    price: u64,
    quantity: u32,
) -> DraftItem {
    let name = name.unwrap_or_else(|| sku.clone());
    let category = category.unwrap_or_else(|| "Other".to_owned());
    DraftItem { product: Product { sku, name, category, price }, price, quantity }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn complete(amounts: [Option<u64>; 4], items: Option<u64>) -> Result<[u64; 4], &'static str> {
        let [revenue, subtotal, tax, shipping] = amounts;
        Amounts { revenue, subtotal, tax, shipping }.complete(items).map_err(|(field, _)| field)
    }

    #[test]
    fn what_is_left_out_follows_from_the_rest() {
        assert_eq!(complete([Some(110), Some(100), None, None], None), Ok([110, 100, 10, 0]));
        assert_eq!(complete([None, Some(100), Some(10), Some(5)], None), Ok([115, 100, 10, 5]));
        assert_eq!(complete([Some(115), None, Some(10), Some(5)], None), Ok([115, 100, 10, 5]));
        assert_eq!(complete([Some(115), None, None, None], None), Ok([115, 115, 0, 0]));
        assert_eq!(complete([None, None, None, None], Some(70)), Ok([70, 70, 0, 0]));
        assert_eq!(complete([Some(80), None, None, Some(5)], Some(70)), Ok([80, 70, 5, 5]));
    }

    #[test]
    fn sums_that_are_not_right_are_refused() {
        assert_eq!(complete([Some(100), Some(100), Some(10), None], None), Err("ecommerce_revenue"));
        assert_eq!(complete([Some(90), Some(100), None, None], None), Err("ecommerce_revenue"));
        assert_eq!(complete([Some(5), None, Some(10), None], None), Err("ecommerce_revenue"));
        assert_eq!(complete([None, None, Some(10), None], None), Err("ecommerce_revenue"));
        assert_eq!(complete([None, Some(60), None, None], Some(70)), Err("ecommerce_subtotal"));
    }

    proptest! {
        #[test]
        fn an_order_that_is_taken_adds_up_and_keeps_what_was_given(
            amounts in proptest::array::uniform4(proptest::option::of(0..500_u64)),
            items in proptest::option::of(0..500_u64),
        ) {
            let Ok(order) = complete(amounts, items) else { return Ok(()) };
            let [revenue, subtotal, tax, shipping] = order;
            prop_assert_eq!(subtotal + tax + shipping, revenue);
            prop_assert!(items.is_none_or(|items| items == subtotal));
            for (given, taken) in amounts.into_iter().zip(order) {
                prop_assert!(given.is_none_or(|given| given == taken));
            }
        }
    }
}
