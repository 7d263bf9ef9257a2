//! Writes a hit as Matomo wants to read it, straight into the request buffer.
//!
//! Every text that a hit can name lies in the content's tables, so each is percent-encoded once, with its
//! parameter name in front; what is left for a hit is copying a dozen pieces and a few numbers.
//!
//! `send_image` is never sent. `send_image=0` asks for a 204, and a 204 is also what a Matomo with its
//! statistics switched off answers, and what any web server may answer: it proves nothing. Only the image
//! does.

use secrecy::{ExposeSecret, SecretString};
use settings::Settings;
use traffic::{Content, Hit, Item, Kind, Order, PageTiming, Visit};

use crate::write::{base36, encoded, hex, integer, money, piece};

type Piece = Box<[u8]>;

/// Room for any but the longest hit, so that a fresh buffer grows once.
const USUAL_HIT: usize = 1024;

/// Prepared texts: every page, title, event, product and so on, percent-encoded once.
#[derive(Debug)]
pub struct Encoder {
    head: Piece,
    pages: Vec<PageText>,
    origins: Vec<Piece>,
    events: Vec<Piece>,
    searches: Vec<Piece>,
    search_categories: Vec<Piece>,
    outlinks: Vec<Piece>,
    downloads: Vec<DownloadText>,
    referrers: Vec<Piece>,
    campaigns: Vec<Piece>,
    products: Vec<Piece>,
    countries: Vec<Piece>,
    languages: Vec<Client>,
    agents: Vec<Client>,
    agents_in_bulk: Vec<Piece>,
    order_tag: Piece,
    /// Whether the visitor's address and country may be sent: Matomo refuses a hit that carries them without
    /// a token.
    overrides_place: bool,
    token_pair: Option<SecretString>,
    bulk_tail: SecretString,
}

/// A page's texts.
#[derive(Debug)]
struct PageText {
    url: Piece,
    /// Where campaign parameters go: the end of the URL, or its fragment's start.
    campaign_at: usize,
    /// What stands between the URL and campaign parameters, encoded.
    campaign_joint: &'static [u8],
    title: Piece,
    origin: u32,
}

/// A file's address.
#[derive(Debug)]
struct DownloadText {
    address: Piece,
    /// To be joined to the origin of the page that holds the link.
    relative: bool,
}

/// What a browser tells about itself: as a header, and as a parameter of the hit.
#[derive(Debug)]
struct Client {
    header: String,
    param: Piece,
}

impl Encoder {
    /// Prepares the texts of `content`. `run_tag` makes order ids unique: no two runs against one site may
    /// share it.
    pub fn new(content: &Content, settings: &Settings, run_tag: &str) -> Encoder {
        let token = settings.target.token.as_ref().map(ExposeSecret::expose_secret);
        let pieces = |prefix, texts: &[String]| texts.iter().map(|text| piece(prefix, text)).collect();
        Encoder {
            head: format!("idsite={}&rec=1&apiv=1", settings.target.site_id).into_bytes().into(),
            pages: content.pages.iter().map(PageText::new).collect(),
            origins: pieces("", &content.origins),
            events: content.events.iter().map(event).collect(),
            searches: content.searches.iter().map(search).collect(),
            search_categories: pieces("&search_cat=", &content.search_categories),
            outlinks: pieces("&link=", &content.outlinks),
            downloads: content.downloads.iter().map(|address| DownloadText::new(address)).collect(),
            referrers: content.referrers.iter().map(|referrer| piece("&urlref=", &referrer.url)).collect(),
            campaigns: pieces("", &content.campaigns),
            products: content.products.iter().map(product).collect(),
            countries: content.countries.iter().map(|c| piece("&country=", &c.code.to_lowercase())).collect(),
            languages: (content.languages.iter())
                .map(|language| Client::new(&language.accept, "&lang=", &language.lang))
                .collect(),
            agents: (content.agents.iter())
                .map(|agent| Client::new(&agent.user_agent, "&res=", &agent.resolution))
                .collect(),
            agents_in_bulk: content.agents.iter().map(|agent| piece("&ua=", &agent.user_agent)).collect(),
            order_tag: piece("", run_tag),
            overrides_place: token.is_some() && settings.features.randomize_countries,
            token_pair: token.map(|token| utf8(&piece("&token_auth=", token)).into()),
            bulk_tail: match token {
                Some(token) => format!("],\"token_auth\":{}}}", serde_json::Value::from(token)).into(),
                None => "]}".to_owned().into(),
            },
        }
    }

    /// Appends hit `seq` of `visit` as `application/x-www-form-urlencoded` pairs: no leading `?`, no token,
    /// no `ua`.
    ///
    /// `cdt_base_ms` is the moment of the visit's first hit, in milliseconds since 1970 UTC; `None` means
    /// that the hit happens now and carries no time.
    ///
    /// # Panics
    /// When `visit` has no hit `seq`, or was made from other content.
    pub fn query(&self, visit: &Visit, seq: usize, cdt_base_ms: Option<i64>, out: &mut Vec<u8>) {
        out.reserve(USUAL_HIT);
        let hit = &visit.hits[seq];
        let page = &self.pages[hit.page as usize];

        out.extend_from_slice(&self.head);
        // `_id` alone does not hold a visitor together: two of one fingerprint are merged. `cid` forces the
        // visitor.
        let visitor = hex::<16>(visit.visitor);
        out.extend_from_slice(b"&_id=");
        out.extend_from_slice(&visitor);
        out.extend_from_slice(b"&cid=");
        out.extend_from_slice(&visitor);
        out.extend_from_slice(b"&pv_id=");
        out.extend_from_slice(&hex::<6>(u64::from(hit.pv_id)));

        out.extend_from_slice(b"&url=");
        match visit.campaign.filter(|_| seq == 0) {
            Some(campaign) => page.write_landing(&self.campaigns[campaign as usize], out),
            None => out.extend_from_slice(&page.url),
        }
        if seq == 0 {
            out.extend_from_slice(b"&new_visit=1");
        }
        self.kind(visit, seq, hit, out);

        out.extend_from_slice(&self.agents[visit.agent as usize].param);
        out.extend_from_slice(&self.languages[visit.language as usize].param);
        if self.overrides_place {
            self.place(visit, out);
        }
        if let Some(base) = cdt_base_ms {
            out.extend_from_slice(b"&cdt=");
            integer(out, (base + i64::from(hit.offset_ms)).div_euclid(1000));
        }
    }

    /// Appends the same as one JSON string of a bulk body, quotes included: `"?...&ua=..."`. Between two
    /// entries the caller writes a comma.
    ///
    /// # Panics
    /// As [`query`](Self::query).
    pub fn bulk_entry(&self, visit: &Visit, seq: usize, cdt_base_ms: Option<i64>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\"?");
        self.query(visit, seq, cdt_base_ms, out);
        out.extend_from_slice(&self.agents_in_bulk[visit.agent as usize]);
        out.push(b'"');
    }

    /// Appends what stands before the first entry of a bulk body.
    pub fn bulk_open(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"requests\":[");
    }

    /// Appends what stands after the last entry of a bulk body: the token, when there is one. In the URL it
    /// would not count, and would be logged by every proxy on the way.
    pub fn bulk_close(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.bulk_tail.expose_secret().as_bytes());
    }

    /// Appends `&token_auth=...` when there is a token. For bodies only, never for a URL.
    pub fn token_pair(&self, out: &mut Vec<u8>) {
        if let Some(pair) = &self.token_pair {
            out.extend_from_slice(pair.expose_secret().as_bytes());
        }
    }

    /// The visitor's `User-Agent`, for hits that are sent one by one.
    ///
    /// # Panics
    /// When `visit` was made from other content.
    pub fn user_agent(&self, visit: &Visit) -> &str {
        &self.agents[visit.agent as usize].header
    }

    /// The visitor's `Accept-Language`, for hits that are sent one by one.
    ///
    /// # Panics
    /// When `visit` was made from other content.
    pub fn accept_language(&self, visit: &Visit) -> &str {
        &self.languages[visit.language as usize].header
    }

    /// What this kind of hit has that others have not.
    fn kind(&self, visit: &Visit, seq: usize, hit: &Hit, out: &mut Vec<u8>) {
        let page = &self.pages[hit.page as usize];
        match hit.kind {
            Kind::PageView { from, timing } => {
                out.extend_from_slice(&page.title);
                if let Some(from) = from {
                    page_before(&self.pages[from as usize], out);
                } else if let Some(referrer) = visit.referrer.filter(|_| seq == 0) {
                    out.extend_from_slice(&self.referrers[referrer as usize]);
                }
                page_timing(timing, out);
            }
            Kind::Ping => out.extend_from_slice(b"&ping=1"),
            Kind::Search { term, category } => {
                out.extend_from_slice(&self.searches[term as usize]);
                if let Some(category) = category {
                    out.extend_from_slice(&self.search_categories[category as usize]);
                }
            }
            Kind::Outlink(outlink) => {
                out.extend_from_slice(&self.outlinks[outlink as usize]);
                page_before(page, out);
            }
            Kind::Download(download) => {
                let download = &self.downloads[download as usize];
                out.extend_from_slice(b"&download=");
                if download.relative {
                    out.extend_from_slice(&self.origins[page.origin as usize]);
                }
                out.extend_from_slice(&download.address);
                page_before(page, out);
            }
            Kind::Event(event) => out.extend_from_slice(&self.events[event as usize]),
            Kind::Cart(cart) => {
                let cart = &visit.orders[cart as usize];
                // Without `ec_id` Matomo takes it for a cart; nothing is paid or shipped yet.
                out.extend_from_slice(b"&idgoal=0&revenue=");
                money(out, cart.subtotal);
                self.items(&cart.items, out);
            }
            Kind::Order(order) => self.order(visit, seq, &visit.orders[order as usize], out),
        }
    }

    fn order(&self, visit: &Visit, seq: usize, order: &Order, out: &mut Vec<u8>) {
        out.extend_from_slice(b"&idgoal=0&ec_id=");
        out.extend_from_slice(&self.order_tag);
        out.push(b'-');
        base36(out, visit.index);
        out.push(b'-');
        base36(out, seq as u64);
        for (name, amount) in [
            (&b"&revenue="[..], order.revenue),
            (b"&ec_st=", order.subtotal),
            (b"&ec_tx=", order.tax),
            (b"&ec_sh=", order.shipping),
        ] {
            out.extend_from_slice(name);
            money(out, amount);
        }
        // Our shops give no discounts; said, so that the sum can be checked.
        out.extend_from_slice(b"&ec_dt=0.00");
        self.items(&order.items, out);
    }

    /// `ec_items`: a JSON list of `[sku, name, category, price, quantity]`, percent-encoded as it is written.
    fn items(&self, items: &[Item], out: &mut Vec<u8>) {
        out.extend_from_slice(b"&ec_items=%5B");
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                out.extend_from_slice(b"%2C");
            }
            out.extend_from_slice(&self.products[item.product as usize]);
            money(out, item.price);
            out.extend_from_slice(b"%2C");
            integer(out, item.quantity);
            out.extend_from_slice(b"%5D");
        }
        out.extend_from_slice(b"%5D");
    }

    /// Where the visitor is. Both are sent: without a geolocation database Matomo would guess the country
    /// from `lang`.
    fn place(&self, visit: &Visit, out: &mut Vec<u8>) {
        if let Some(address) = visit.address {
            out.extend_from_slice(b"&cip=");
            for (position, octet) in address.octets().into_iter().enumerate() {
                if position > 0 {
                    out.push(b'.');
                }
                integer(out, octet);
            }
        }
        if let Some(country) = visit.country {
            out.extend_from_slice(&self.countries[country as usize]);
        }
    }
}

impl PageText {
    fn new(page: &traffic::content::Page) -> PageText {
        let fragment = page.url.find('#').unwrap_or(page.url.len());
        let (address, fragment) = page.url.split_at(fragment);
        let mut url = piece("", address).into_vec();
        let campaign_at = url.len();
        encoded(&mut url, fragment);
        let campaign_joint: &[u8] = match address.find('?') {
            None => b"%3F",
            Some(mark) if mark + 1 == address.len() || address.ends_with('&') => b"",
            Some(_) => b"%26",
        };
        PageText {
            url: url.into(),
            campaign_at,
            campaign_joint,
            title: piece("&action_name=", &page.title),
            origin: page.origin,
        }
    }

    /// The page's URL with campaign parameters.
    fn write_landing(&self, campaign: &[u8], out: &mut Vec<u8>) {
        let (address, fragment) = self.url.split_at(self.campaign_at);
        for part in [address, self.campaign_joint, campaign, fragment] {
            out.extend_from_slice(part);
        }
    }
}

impl DownloadText {
    fn new(address: &str) -> DownloadText {
        // A path may have another address in its query.
        let relative = address.starts_with('/') || !address.contains("://");
        let joint = if relative && !address.starts_with('/') { "%2F" } else { "" };
        DownloadText { address: piece(joint, address), relative }
    }
}

impl Client {
    fn new(header: &str, name: &str, value: &str) -> Client {
        Client { header: header.to_owned(), param: piece(name, value) }
    }
}

/// The page that led here, or that held the link.
fn page_before(page: &PageText, out: &mut Vec<u8>) {
    out.extend_from_slice(b"&urlref=");
    out.extend_from_slice(&page.url);
}

/// `pf_*`, all six or, for a page that was not timed, none.
fn page_timing(timing: PageTiming, out: &mut Vec<u8>) {
    if timing == PageTiming::default() {
        return;
    }
    for (name, milliseconds) in [
        (b"&pf_net=", timing.network),
        (b"&pf_srv=", timing.server),
        (b"&pf_tfr=", timing.transfer),
        (b"&pf_dm1=", timing.dom_processing),
        (b"&pf_dm2=", timing.dom_completion),
        (b"&pf_onl=", timing.on_load),
    ] {
        out.extend_from_slice(name);
        integer(out, milliseconds);
    }
}

fn event(event: &traffic::content::Event) -> Piece {
    let mut out = piece("&e_c=", &event.category).into_vec();
    out.extend_from_slice(&piece("&e_a=", &event.action));
    if let Some(name) = &event.name {
        out.extend_from_slice(&piece("&e_n=", name));
    }
    if let Some(value) = event.value {
        out.extend_from_slice(&piece("&e_v=", &value.to_string()));
    }
    // `ca=1` belongs to events only: on any other kind it makes Matomo refuse the hit, and a whole bulk with
    // it.
    out.extend_from_slice(b"&ca=1");
    out.into()
}

fn search(term: &traffic::content::SearchTerm) -> Piece {
    let mut out = piece("&search=", &term.keyword).into_vec();
    out.extend_from_slice(b"&search_count=");
    integer(&mut out, term.results);
    out.into()
}

/// The constant part of an order's line, up to and with the comma before the price.
fn product(product: &traffic::content::Product) -> Piece {
    let texts = serde_json::Value::from(vec![&*product.sku, &*product.name, &*product.category]).to_string();
    let open = texts.strip_suffix(']').expect("a JSON list ends in a bracket");
    piece("", &format!("{open},"))
}

/// Percent-encoded text is ASCII.
fn utf8(piece: &[u8]) -> String {
    String::from_utf8_lossy(piece).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_an_address_in_its_query_was_sent_without_its_host() {
        assert!(DownloadText::new("/a?next=https://b.test/").relative);
        assert!(DownloadText::new("a.pdf").relative);
        assert!(!DownloadText::new("https://a.test/a.pdf").relative);
    }
}
