//! What is bought: lines, quantities and prices whose sums are right to the hundredth.
//!
//! What must hold gives way in this order, the last first:
//! 1. subtotal + shipping + tax = revenue, always.
//! 2. revenue within `ECOMMERCE_ORDER_VALUE_MIN`/`_MAX`, always.
//! 3. tax is the rate on subtotal + shipping, rounded; off only where the range lies between two payable sums.
//! 4. shipping is one of the list; 0 where even the least leaves no room for goods.
//! 5. lines within `ECOMMERCE_ITEMS_MIN`/`_MAX`; fewer where there are not that many products or hundredths.
//! 6. price within 5% of the list's; scaled where no products fit the range.
//! 7. quantity mostly 1; more where the products are cheap for the range.

use settings::Ecommerce;

use crate::{
    Content, Item, Order,
    random::{Alias, Stream},
};

/// Weights of 1 to 5 lines; from there on each is half as likely as the one before.
const LINES: [f64; 5] = [60.0, 20.0, 10.0, 6.0, 4.0];

/// Weights of quantities 1 to 3.
const QUANTITIES: [f64; 3] = [85.0, 12.0, 3.0];

/// How far a price may be from the list's.
const PRICE_SPREAD: f64 = 0.05;

/// How much likelier a cheap product is: its weight is the price to the power of minus this.
const CHEAPER_SELLS: f64 = 0.5;

/// The most lines of an order.
const MOST_LINES: u32 = 100;

/// How often an order is drawn freely before it is made to fit.
const TRIES: usize = 4;

/// Draws orders and carts.
#[derive(Debug, Clone)]
pub(super) struct Baskets {
    products: Alias,
    /// List prices in hundredths, by product.
    prices: Vec<u64>,
    /// Products from the cheapest on.
    by_price: Vec<u32>,
    /// Number of lines, counted from `least_lines`.
    lines: Alias,
    least_lines: u32,
    quantities: Alias,
    /// What can be paid for with each shipping rate that leaves room for goods.
    offers: Vec<Offer>,
    tax_rate: f64,
    value: (u64, u64),
}

/// A shipping rate and the subtotals that go with it.
#[derive(Debug, Clone, Copy)]
struct Offer {
    shipping: u64,
    least: u64,
    most: u64,
}

impl Baskets {
    /// The least and the most value are taken inwards to whole hundredths.
    pub(super) fn new(content: &Content, ecommerce: &Ecommerce) -> Self {
        let products = content.browsable_products.min(content.products.len() as u32);
        let prices: Vec<u64> = content.products[..products as usize].iter().map(|p| p.price.max(1)).collect();
        let mut by_price: Vec<u32> = (0..products).collect();
        by_price.sort_by_key(|&product| prices[product as usize]);
        let least = (ecommerce.order_value.min * 100.0 - 1e-6).ceil().max(1.0) as u64;
        let most = ((ecommerce.order_value.max * 100.0 + 1e-6).floor() as u64).max(least);
        let least_lines = ecommerce.items.min.clamp(1, MOST_LINES);
        let most_lines = ecommerce.items.max.clamp(least_lines, MOST_LINES);
        let weight = |n: u32| match LINES.get(n as usize - 1) {
            Some(&weight) => weight,
            None => LINES[4] * (5.0 - f64::from(n)).exp2(),
        };
        let mut offers: Vec<Offer> = ecommerce
            .shipping_rates
            .iter()
            .filter_map(|rate| {
                Offer::new((rate * 100.0).round().max(0.0) as u64, (least, most), ecommerce.tax_rate)
            })
            .collect();
        if offers.is_empty() {
            offers.extend(Offer::new(0, (least, most), ecommerce.tax_rate));
        }
        Self {
            products: Alias::new(prices.iter().map(|&price| (price as f64).powf(-CHEAPER_SELLS))),
            prices,
            by_price,
            lines: Alias::new((least_lines..=most_lines).map(weight)),
            least_lines,
            quantities: Alias::new(QUANTITIES),
            offers,
            tax_rate: ecommerce.tax_rate,
            value: (least, most),
        }
    }

    /// Whether anything can be bought.
    pub(super) fn is_empty(&self) -> bool {
        self.prices.is_empty()
    }

    /// Fills `order` with something bought.
    pub(super) fn order(&self, order: &mut Order, stream: &mut Stream) {
        let offer = match self.offers.as_slice() {
            [] => Offer { shipping: 0, least: 1, most: 1 },
            offers => offers[stream.below(offers.len() as u32) as usize],
        };
        if self.is_empty() {
            order.items.clear();
            return self.settle(order, offer, offer.least);
        }
        // The number of lines is kept from try to try, or large orders would be rarer than they should be.
        let lines = self.line_count(stream);
        let fits = (0..TRIES).any(|_| {
            self.draw(&mut order.items, lines, stream);
            (offer.least..=offer.most).contains(&subtotal(&order.items))
        });
        if !fits {
            self.fit(offer, &mut order.items, lines, stream);
        }
        let sum = subtotal(&order.items);
        self.settle(order, offer, sum);
    }

    /// Sets the sums of an order whose goods cost `subtotal`.
    fn settle(&self, order: &mut Order, offer: Offer, subtotal: u64) {
        order.subtotal = subtotal;
        order.shipping = offer.shipping;
        let (least, most) = self.value;
        let before_tax = order.subtotal + order.shipping;
        order.revenue = with_tax(before_tax, self.tax_rate).clamp(least, most).max(before_tax);
        order.tax = order.revenue - before_tax;
    }

    /// Fills `cart` with something that is not paid for (yet): its value is the goods' alone.
    pub(super) fn cart(&self, cart: &mut Order, stream: &mut Stream) {
        let lines = self.line_count(stream);
        self.draw(&mut cart.items, lines, stream);
        cart.subtotal = subtotal(&cart.items);
        (cart.revenue, cart.shipping, cart.tax) = (cart.subtotal, 0, 0);
    }

    fn line_count(&self, stream: &mut Stream) -> u32 {
        (self.least_lines + self.lines.pick(stream)).min(self.prices.len() as u32)
    }

    /// Lines as they come, whatever their sum.
    fn draw(&self, items: &mut Vec<Item>, lines: u32, stream: &mut Stream) {
        items.clear();
        for _ in 0..lines {
            let product = self.product_not_in(items, stream);
            let quantity = 1 + self.quantities.pick(stream);
            items.push(Item { product, price: self.price(product, stream), quantity });
        }
    }

    fn product_not_in(&self, items: &[Item], stream: &mut Stream) -> u32 {
        let mut product = self.products.pick(stream);
        while items.iter().any(|item| item.product == product) {
            product = (product + 1) % self.prices.len() as u32;
        }
        product
    }

    /// The price of one, within 5% of the list's.
    fn price(&self, product: u32, stream: &mut Stream) -> u64 {
        let (low, high) = price_range(self.prices[product as usize]);
        u64::from(stream.between(low as u32, high as u32))
    }

    /// Lines whose sum is within the offer, chosen for it.
    fn fit(&self, offer: Offer, items: &mut Vec<Item>, lines: u32, stream: &mut Stream) {
        items.clear();
        let lines = u64::from(lines).min(offer.most.max(1));
        // Products of which that many are sure not to cost too much.
        let affordable = self
            .by_price
            .partition_point(|&product| price_range(self.prices[product as usize]).1 * lines <= offer.most);
        let pool = affordable.max(lines as usize) as u32;
        let mut at = stream.below(pool);
        let step = 1 + stream.below(pool);
        for _ in 0..lines {
            while items.iter().any(|item| item.product == self.by_price[at as usize]) {
                at = (at + 1) % pool;
            }
            let product = self.by_price[at as usize];
            items.push(Item { product, price: self.price(product, stream), quantity: 1 });
            at = (at + step) % pool;
        }
        raise_quantities(items, offer);
        if !(offer.least..=offer.most).contains(&subtotal(items)) {
            scale_prices(items, offer);
        }
    }
}

impl Offer {
    /// The subtotals with which an order of this shipping is worth a sum within `value`; `None` when there are none.
    fn new(shipping: u64, value: (u64, u64), tax_rate: f64) -> Option<Self> {
        let (least_value, most_value) = value;
        // The most that can be paid for before tax; worth grows with it, so halving finds it.
        let (mut low, mut high) = (0, most_value + 1);
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if with_tax(middle, tax_rate) <= most_value { low = middle } else { high = middle }
        }
        let most = low.checked_sub(shipping).filter(|&most| most > 0)?;
        let (mut below, mut reached) = (0, low);
        while below + 1 < reached {
            let middle = below + (reached - below) / 2;
            if with_tax(middle, tax_rate) < least_value { below = middle } else { reached = middle }
        }
        Some(Self { shipping, least: reached.saturating_sub(shipping).clamp(1, most), most })
    }
}

/// A sum with its tax, in hundredths.
fn with_tax(sum: u64, rate: f64) -> u64 {
    sum + (sum as f64 * rate).round() as u64
}

fn subtotal(items: &[Item]) -> u64 {
    items.iter().map(|item| item.price * u64::from(item.quantity)).sum()
}

/// The least and the most a product costs, in hundredths.
fn price_range(list: u64) -> (u64, u64) {
    let low = (list as f64 * (1.0 - PRICE_SPREAD)).ceil() as u64;
    let high = (list as f64 * (1.0 + PRICE_SPREAD)).floor() as u64;
    (low.clamp(1, list), high.clamp(list, u64::from(u32::MAX)))
}

/// Takes more of each line, from the last on, as long as the sum is too low and stays in the offer.
fn raise_quantities(items: &mut [Item], offer: Offer) {
    let mut sum = subtotal(items);
    for item in items.iter_mut().rev() {
        if sum >= offer.least || sum > offer.most {
            return;
        }
        let wanted = (offer.least - sum).div_ceil(item.price);
        let room = (offer.most - sum) / item.price;
        let more = wanted.min(room).min(u64::from(u32::MAX / 2)) as u32;
        item.quantity += more;
        sum += item.price * u64::from(more);
    }
}

/// Changes prices until the sum is in the offer: all in proportion, and the last line by what is left over.
fn scale_prices(items: &mut [Item], offer: Offer) {
    let sum = subtotal(items);
    let target = if sum > offer.most { offer.most } else { offer.least };
    let last = items.len() - 1;
    let factor = target as f64 / sum as f64;
    let mut left = target;
    for (place, item) in items.iter_mut().enumerate() {
        // Every later line needs a hundredth at least.
        let room = left - (last - place) as u64;
        if place == last {
            item.quantity = if room.is_multiple_of(u64::from(item.quantity)) { item.quantity } else { 1 };
            item.price = room / u64::from(item.quantity);
        } else {
            item.price = ((item.price as f64 * factor) as u64).max(1);
            if item.price * u64::from(item.quantity) > room {
                (item.quantity, item.price) = (1, item.price.min(room));
            }
            left -= item.price * u64::from(item.quantity);
        }
    }
}
