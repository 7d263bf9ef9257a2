//! What a user agent says about its device: enough for the labels that Matomo's device reports show for common clients,
//! and for telling bots from people.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, Match};
use serde::{Deserialize, Serialize};

use super::referrer::any_of;

/// A client as the reports name it. Unknown parts are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Agent {
    pub(crate) browser: String,
    pub(crate) browser_version: String,
    pub(crate) engine: String,
    /// The operating system's own name: `Ubuntu`, where `os_family` says `GNU/Linux`.
    pub(crate) os: String,
    pub(crate) os_version: String,
    /// As in the reports' labels: `Desktop`, `Smartphone`, `Tablet`, ...
    pub(crate) device: String,
    pub(crate) brand: String,
    pub(crate) model: String,
}

/// Words that only bots say. `bot` is looked for apart, as telephones say it too.
const BOTS: &[&str] = &[
    "crawl",
    "spider",
    "slurp",
    "facebookexternalhit",
    "facebookcatalog",
    "meta-externalagent",
    "bingpreview",
    "mediapartners-google",
    "adsbot-google",
    "apis-google",
    "feedfetcher-google",
    "google-read-aloud",
    "google-inspectiontool",
    "google favicon",
    "google page speed",
    "google-structured-data",
    "google web preview",
    "googleother",
    "chrome-lighthouse",
    "ia_archiver",
    "archive.org",
    "pingdom",
    "gtmetrix",
    "uptime",
    "statuscake",
    "site24x7",
    "newrelicpinger",
    "datadogsynthetics",
    "w3c_validator",
    "w3c-checklink",
    "validator.nu",
    "embedly",
    "quora link preview",
    "outbrain",
    "whatsapp/",
    "skypeuripreview",
    "vkshare",
    "nuzzel",
    "bitlybot",
    "tumblr/",
    "heritrix",
    "nutch",
    "curious george",
    "yeti/",
    "sogou",
    "mail.ru",
    "baidu-yunguance",
    "bytespider",
    "screaming frog",
    "netcraft",
    "masscan",
    "nmap",
    "zgrab",
    "feedburner",
    "feedly",
    "inoreader",
    "monitoring",
    "checker",
    "transcoder",
    "archiver",
    "chatgpt-user",
    "perplexity-user",
    "cohere-ai",
    "anthropic-ai",
    "prerender",
    "check_http",
    "kube-probe",
    "zabbix",
    "iframely",
    "amazon-route53-health-check",
    "qwantify",
];

/// Whether it is a bot. Matomo does not count those, nor clients that do not say what they are.
pub(crate) fn is_bot(user_agent: &str) -> bool {
    static WORDS: LazyLock<AhoCorasick> =
        LazyLock::new(|| any_of(BOTS.iter().copied().chain(std::iter::once("bot"))));
    let is_bot =
        |word: Match| word.pattern().as_usize() < BOTS.len() || is_bot_word(user_agent, word.start());
    user_agent.trim().is_empty() || WORDS.find_overlapping_iter(user_agent).any(is_bot)
}

/// `bot` ends a word, and the word is not the maker of telephones called Cubot.
fn is_bot_word(agent: &str, at: usize) -> bool {
    let (before, after) = (agent[..at].to_ascii_lowercase(), &agent[at + 3..]);
    let is_telephone = ["cu", "power ", "power_"].iter().any(|name| before.ends_with(name));
    !is_telephone && !after.starts_with(|c: char| c.is_ascii_alphabetic())
}

impl Agent {
    /// Reads a user agent.
    pub(crate) fn parse(user_agent: &str) -> Self {
        let mut agent = Self::default();
        agent.read_os(user_agent);
        agent.read_browser(user_agent);
        agent.read_device(user_agent);
        agent
    }

    fn read_os(&mut self, ua: &str) {
        let (os, version) = if let Some(version) = after(ua, "Windows Phone ") {
            ("Windows Phone", numbers(version, 2))
        } else if let Some(version) = after(ua, "Windows NT ") {
            let name = match numbers(version, 2).as_str() {
                "10.0" => "10",
                "6.3" => "8.1",
                "6.2" => "8",
                "6.1" => "7",
                "6.0" => "Vista",
                "5.1" | "5.2" => "XP",
                _ => "",
            };
            ("Windows", name.to_owned())
        } else if ua.contains("Windows") {
            ("Windows", String::new())
        } else if let Some(version) = after(ua, "iPhone OS ").or_else(|| after(ua, "CPU OS ")) {
            (if ua.contains("iPad") { "iPadOS" } else { "iOS" }, numbers(version, 2))
        } else if ua.contains("iPhone") || ua.contains("iPod") || ua.contains("iPad") {
            ("iOS", String::new())
        } else if let Some(version) = after(ua, "Mac OS X ") {
            ("Mac", numbers(version, 2))
        } else if ua.contains("Macintosh") {
            ("Mac", String::new())
        } else if let Some(version) = after(ua, "HarmonyOS ") {
            ("HarmonyOS", numbers(version, 2))
        } else if let Some(version) = after(ua, "Android ") {
            ("Android", numbers(version, 2))
        } else if ua.contains("Android") {
            ("Android", String::new())
        } else if let Some(version) = after(ua, "KAIOS/") {
            ("KaiOS", numbers(version, 2))
        } else if let Some(version) = after(ua, "Tizen ") {
            ("Tizen", numbers(version, 2))
        } else if ua.contains("Web0S") || ua.contains("webOS") {
            ("webOS", String::new())
        } else if let Some(version) = after(ua, "CrOS ") {
            ("Chrome OS", numbers(version.split_once(' ').map_or("", |(_, version)| version), 2))
        } else if ua.contains("PlayStation") {
            ("PlayStation", String::new())
        } else if ua.contains("Nintendo") {
            ("Nintendo", String::new())
        } else if let Some(name) =
            ["Ubuntu", "Debian", "Fedora", "CentOS", "Red Hat", "SUSE", "Gentoo", "Mint"]
                .into_iter()
                .find(|name| ua.contains(name))
        {
            (name, after(ua, &format!("{name}/")).map(|version| numbers(version, 2)).unwrap_or_default())
        } else if ua.contains("Linux") {
            ("GNU/Linux", String::new())
        } else if ua.contains("FreeBSD") {
            ("FreeBSD", String::new())
        } else if ua.contains("OpenBSD") {
            ("OpenBSD", String::new())
        } else {
            ("", String::new())
        };
        os.clone_into(&mut self.os);
        self.os_version = version;
    }

    fn read_browser(&mut self, ua: &str) {
        let is_mobile = ua.contains("Mobile");
        let on_android = ua.contains("Android");
        // The first that matches names the client: clients claim to be those below them.
        let named: &[(&str, &str)] = &[
            ("Edg/", "Microsoft Edge"),
            ("EdgA/", "Microsoft Edge"),
            ("EdgiOS/", "Microsoft Edge"),
            ("Edge/", "Microsoft Edge"),
            ("OPR/", if on_android { "Opera Mobile" } else { "Opera" }),
            ("OPiOS/", "Opera Mini iOS"),
            ("OPT/", "Opera Touch"),
            ("Opera Mini/", "Opera Mini"),
            ("SamsungBrowser/", "Samsung Browser"),
            ("YaBrowser/", "Yandex Browser"),
            ("Vivaldi/", "Vivaldi"),
            ("Brave/", "Brave"),
            ("Whale/", "Whale Browser"),
            ("UCBrowser/", "UC Browser"),
            ("MiuiBrowser/", "MIUI Browser"),
            ("HuaweiBrowser/", "Huawei Browser Mobile"),
            ("HeyTapBrowser/", "HeyTapBrowser"),
            ("VivoBrowser/", "vivo Browser"),
            ("DuckDuckGo/", "DuckDuckGo Privacy Browser"),
            ("Ddg/", "DuckDuckGo Privacy Browser"),
            ("QQBrowser/", "QQ Browser"),
            ("Silk/", "Mobile Silk"),
            ("Maxthon/", "Maxthon"),
            ("SeaMonkey/", "SeaMonkey"),
            ("PaleMoon/", "Pale Moon"),
            ("Focus/", "Firefox Focus"),
            ("FxiOS/", "Firefox Mobile iOS"),
            ("Firefox/", if on_android { "Firefox Mobile" } else { "Firefox" }),
            ("CriOS/", "Chrome Mobile iOS"),
            ("GSA/", "Google Search App"),
            ("HeadlessChrome/", "Headless Chrome"),
            ("Chromium/", "Chromium"),
        ];
        let (browser, version) = if let Some((name, version)) =
            named.iter().find_map(|(token, name)| Some((*name, after(ua, token)?)))
        {
            (name, version)
        } else if let Some(version) = after(ua, "Chrome/") {
            let name = match () {
                () if on_android && ua.contains("; wv)") => "Chrome Webview",
                () if on_android => "Chrome Mobile",
                () => "Chrome",
            };
            (name, version)
        } else if on_android && ua.contains("AppleWebKit") {
            ("Android Browser", after(ua, "Version/").unwrap_or_default())
        } else if ua.contains("Safari/") {
            let on_ios = is_mobile || ua.contains("iPad") || ua.contains("iPhone");
            (if on_ios { "Mobile Safari" } else { "Safari" }, after(ua, "Version/").unwrap_or_default())
        } else if let Some(version) = after(ua, "MSIE ") {
            ("Internet Explorer", version)
        } else if let Some(version) = after(ua, "Trident/").and_then(|_| after(ua, "rv:")) {
            ("Internet Explorer", version)
        } else if let Some(version) = after(ua, "Opera/") {
            ("Opera", after(ua, "Version/").unwrap_or(version))
        } else if ua.contains("AppleWebKit") && (ua.contains("iPhone") || ua.contains("iPad")) {
            ("Mobile Safari", "")
        } else {
            ("", "")
        };
        browser.clone_into(&mut self.browser);
        self.browser_version = numbers(version, 2);
        engine(ua, browser).clone_into(&mut self.engine);
    }

    fn read_device(&mut self, ua: &str) {
        let is_tv = [
            "SmartTV", "SMART-TV", "Smart TV", "AppleTV", "GoogleTV", "HbbTV", "BRAVIA", "AFT", "Web0S",
            "Roku",
        ]
        .iter()
        .any(|word| ua.contains(word));
        let device = match self.os.as_str() {
            _ if is_tv => "Tv",
            _ if ua.contains("iPad") => "Tablet",
            _ if ua.contains("iPod") => "Portable media player",
            "iOS" | "Windows Phone" => "Smartphone",
            "KaiOS" => "Feature phone",
            "PlayStation" | "Nintendo" => "Console",
            _ if ua.contains("Xbox") => "Console",
            "Android" | "HarmonyOS" | "Tizen" if ua.contains("Mobile") => "Smartphone",
            "Android" | "HarmonyOS" | "Tizen" => "Tablet",
            "" => "",
            _ => "Desktop",
        };
        device.clone_into(&mut self.device);
        let (brand, model) = match self.os.as_str() {
            "iOS" | "iPadOS" => {
                let model =
                    ["iPad", "iPod Touch", "iPhone"].into_iter().find(|model| ua.contains(&model[..4]));
                ("Apple", model.unwrap_or_default().to_owned())
            }
            "Mac" => ("Apple", String::new()),
            "Android" => android_model(ua),
            _ => ("", String::new()),
        };
        brand.clone_into(&mut self.brand);
        self.model =
            if model.is_empty() && device == "Desktop" { "Generic Desktop".to_owned() } else { model };
    }

    /// The family that the reports group operating systems by.
    pub(crate) fn os_family(&self) -> &str {
        match self.os.as_str() {
            "iPadOS" => "iOS",
            "Windows Phone" => "Windows Mobile",
            "Ubuntu" | "Debian" | "Fedora" | "CentOS" | "Red Hat" | "SUSE" | "Gentoo" | "Mint" => "GNU/Linux",
            "FreeBSD" | "OpenBSD" => "Unix",
            "HarmonyOS" => "Android",
            "PlayStation" | "Nintendo" => "Gaming Console",
            "Tizen" | "KaiOS" | "webOS" => "Other Mobile",
            os => os,
        }
    }

    /// The two letters that Matomo gives the browser, as far as they are known here.
    pub(crate) fn browser_code(&self) -> &'static str {
        match self.browser.as_str() {
            "Chrome" => "CH",
            "Chrome Mobile" => "CM",
            "Chrome Mobile iOS" => "CI",
            "Chrome Webview" => "CV",
            "Chromium" => "CR",
            "Headless Chrome" => "HC",
            "Safari" => "SF",
            "Mobile Safari" => "MF",
            "Firefox" => "FF",
            "Firefox Mobile" => "FM",
            "Firefox Mobile iOS" => "FI",
            "Microsoft Edge" => "PS",
            "Internet Explorer" => "IE",
            "Opera" => "OP",
            "Opera Mobile" => "OM",
            "Opera Mini" => "OI",
            "Samsung Browser" => "SB",
            "Android Browser" => "AN",
            "Yandex Browser" => "YA",
            "Vivaldi" => "VI",
            "Brave" => "BR",
            "UC Browser" => "UC",
            _ => "UNK",
        }
    }

    /// The three letters that Matomo gives the operating system.
    pub(crate) fn os_code(&self) -> &'static str {
        match self.os.as_str() {
            "Windows" => "WIN",
            "Mac" => "MAC",
            "iOS" => "IOS",
            "iPadOS" => "IPA",
            "Android" => "AND",
            "GNU/Linux" => "LIN",
            "Ubuntu" => "UBT",
            "Debian" => "DEB",
            "Fedora" => "FED",
            "Chrome OS" => "COS",
            "Windows Phone" => "WPH",
            "HarmonyOS" => "HAR",
            "Tizen" => "TIZ",
            "KaiOS" => "KOS",
            _ => "UNK",
        }
    }
}

fn engine(ua: &str, browser: &str) -> &'static str {
    if ua.contains("Edge/") {
        "Edge"
    } else if browser.starts_with("Firefox") && !ua.contains("FxiOS") {
        "Gecko"
    } else if ua.contains("iPhone") || ua.contains("iPad") {
        "WebKit"
    } else if ua.contains("Chrome/") || ua.contains("Chromium/") {
        "Blink"
    } else if ua.contains("AppleWebKit") {
        "WebKit"
    } else if ua.contains("Trident/") || ua.contains("MSIE ") {
        "Trident"
    } else if ua.contains("Presto") {
        "Presto"
    } else {
        ""
    }
}

/// The model stands behind the version of Android; its maker follows from how it begins.
fn android_model(ua: &str) -> (&'static str, String) {
    let model = after(ua, "Android ")
        .and_then(|rest| rest.split([';', ')']).nth(1))
        .map(|model| model.split(" Build/").next().unwrap_or_default().trim())
        .filter(|model| !model.is_empty() && *model != "K" && !model.contains("wv"))
        .unwrap_or_default();
    let brand = match model {
        _ if model.starts_with("SM-") || model.starts_with("GT-") => "Samsung",
        _ if model.starts_with("Pixel") || model.starts_with("Nexus") => "Google",
        _ if model.starts_with("Redmi") || model.starts_with("Mi ") || model.starts_with("M2") => "Xiaomi",
        _ if model.starts_with("ONEPLUS") || model.starts_with("IN20") => "OnePlus",
        _ if model.starts_with("moto") => "Motorola",
        _ if model.starts_with("CPH") => "OPPO",
        _ => "",
    };
    (brand, model.to_owned())
}

fn after<'a>(text: &'a str, token: &str) -> Option<&'a str> {
    text.find(token).map(|at| &text[at + token.len()..])
}

/// The first `parts` numbers of a version that may be written with dots or underscores.
fn numbers(text: &str, parts: usize) -> String {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(text.len());
    let version: Vec<&str> =
        text[..end].split(['.', '_']).filter(|part| !part.is_empty()).take(parts).collect();
    version.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ua: &str) -> (String, String, String, String) {
        let agent = Agent::parse(ua);
        let family = agent.os_family().to_owned();
        (
            agent.browser + " " + &agent.browser_version,
            family,
            agent.os + " " + &agent.os_version,
            agent.device,
        )
    }

    #[test]
    fn common_clients_get_the_reports_labels() {
        let cases = [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 \
                 Safari/537.36",
                ["Chrome 120.0", "Windows", "Windows 10", "Desktop"],
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0",
                ["Firefox 121.0", "GNU/Linux", "GNU/Linux ", "Desktop"],
            ),
            (
                "Mozilla/5.0 (Linux; Android 13; SM-S908B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 \
                 Mobile Safari/537.36",
                ["Chrome Mobile 120.0", "Android", "Android 13", "Smartphone"],
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 \
                 Safari/605.1.15",
                ["Safari 17.1", "Mac", "Mac 10.15", "Desktop"],
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/17.1 Mobile/15E148 Safari/604.1",
                ["Mobile Safari 17.1", "iOS", "iOS 17.1", "Smartphone"],
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 \
                 Mobile/15E148 Safari/604.1",
                ["Mobile Safari 16.6", "iOS", "iPadOS 16.6", "Tablet"],
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 \
                 Safari/537.36 Edg/120.0.2210.61",
                ["Microsoft Edge 120.0", "Windows", "Windows 10", "Desktop"],
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) \
                 SamsungBrowser/23.0 Chrome/115.0.0.0 Safari/537.36",
                ["Samsung Browser 23.0", "Android", "Android 14", "Tablet"],
            ),
        ];
        for (ua, [browser, family, os, device]) in cases {
            let expected = (browser.to_owned(), family.to_owned(), os.to_owned(), device.to_owned());
            assert_eq!(labels(ua), expected, "{ua}");
        }
    }

    #[test]
    fn bots_are_told_from_people_and_from_unknown_clients() {
        for bot in [
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 (compatible; bingbot/2.0)",
            "facebookexternalhit/1.1",
            "Mozilla/5.0 (compatible; Yahoo! Slurp)",
            "SomeCrawler/1.0",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0; +https://openai.com/bot",
            "kube-probe/1.29",
            "",
            "  ",
        ] {
            assert!(is_bot(bot), "{bot}");
        }
        for person in [
            "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 Chrome/120.0.0.0 Mobile Safari/537.36",
            "curl/8.5.0",
            "my own client 1.0",
            "python-requests/2.31",
        ] {
            assert!(!is_bot(person), "{person}");
        }
    }
}
