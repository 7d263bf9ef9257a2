//! Writing down a visit: each hit gets its page, its page view's identity and its moment on the wire.

use settings::Range;

use crate::{Hit, Item, Kind, Order, Visit, random::Stream};

/// Steps between the `pv_id`s of a visit: odd, so that 2^24 page views pass before one comes again.
const PV_STEP: u32 = 0x009e_3779;

/// A visit being written.
pub(super) struct Script<'a> {
    pub(super) out: &'a mut Visit,
    pub(super) stream: Stream,
    /// Milliseconds between two requests.
    pause_ms: Range<f64>,
    pv_id: u32,
    send_ms: f64,
    /// The page viewed last.
    page: Option<u32>,
}

impl<'a> Script<'a> {
    /// Empties `out` and begins.
    pub(super) fn new(out: &'a mut Visit, mut stream: Stream, pause_ms: Range<f64>) -> Self {
        out.hits.clear();
        for mut order in out.orders.drain(..) {
            order.items.clear();
            out.spare.push(order.items);
        }
        let pv_id = stream.bits() as u32;
        Self { out, stream, pause_ms, pv_id, send_ms: 0.0, page: None }
    }

    /// The page viewed last.
    pub(super) fn page(&self) -> Option<u32> {
        self.page
    }

    /// Views a page.
    pub(super) fn view(&mut self, offset_ms: u32, page: u32, timing: crate::PageTiming) {
        self.pv_id = self.pv_id.wrapping_add(PV_STEP) & 0x00ff_ffff;
        let from = self.page.replace(page);
        self.act(offset_ms, Kind::PageView { from, timing });
    }

    /// Does something on the page viewed last.
    pub(super) fn act(&mut self, offset_ms: u32, kind: Kind) {
        if !self.out.hits.is_empty() {
            self.send_ms += self.stream.within(self.pause_ms.min, self.pause_ms.max);
        }
        let (page, pv_id) = (self.page.unwrap_or(0), self.pv_id);
        self.out.hits.push(Hit { offset_ms, send_ms: self.send_ms as u32, page, pv_id, kind });
    }

    /// Adds an order or a cart, filled by `fill`, and gives its number.
    pub(super) fn order(&mut self, fill: impl FnOnce(&mut Order, &mut Stream)) -> u32 {
        let items: Vec<Item> = self.out.spare.pop().unwrap_or_default();
        let mut order = Order { items, ..Order::default() };
        fill(&mut order, &mut self.stream);
        self.out.orders.push(order);
        self.out.orders.len() as u32 - 1
    }

    /// Adds the cart that became an order, and gives its number.
    pub(super) fn cart_for(&mut self, order: u32) -> u32 {
        let mut items = self.out.spare.pop().unwrap_or_default();
        let order = &self.out.orders[order as usize];
        items.extend_from_slice(&order.items);
        let cart = Order { items, revenue: order.subtotal, subtotal: order.subtotal, ..Order::default() };
        self.out.orders.push(cart);
        self.out.orders.len() as u32 - 1
    }
}
