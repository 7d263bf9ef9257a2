//! What must hold between settings, and what an operator should think twice about.

use crate::{
    parse::{Report, Values},
    table::{definition, definitions},
    value::Value,
};

/// Matomo begins a new visit after this silence, in minutes.
const LONGEST_GAP_MIN: f64 = 30.0;

pub(crate) fn check(values: &Values, report: &mut Report) {
    pairs(values, report);
    countries(values, report);
    order_values(values, report);
    for definition in definitions() {
        if let (Some((limit, why)), Some(value)) =
            (definition.warn_above, values.number_if_set(definition.name))
            && value > limit
        {
            report.warning(definition.name, format!("{value} is a lot: {why}"));
        }
    }
    no_stop(values, report);
    target(values, report);
    visit_length(values, report);
    probes(values, report);
}

/// Reports are for those who may view the site.
fn probes(values: &Values, report: &mut Report) {
    if values.given("REPORT_PROBES") && !matches!(values.get("MATOMO_TOKEN_AUTH"), Value::Secret(_)) {
        report.warning(
            "REPORT_PROBES",
            "asks for reports without a token: unless anybody may view the site, every answer is a refusal; give \
             MATOMO_TOKEN_AUTH or MATOMO_TOKEN_AUTH_FILE",
        );
    }
}

/// Every `X_MIN` is at most its `X_MAX`.
fn pairs(values: &Values, report: &mut Report) {
    for min in definitions().iter().filter(|d| d.name.ends_with("_MIN")) {
        let max = format!("{}_MAX", min.name.trim_end_matches("_MIN"));
        let Some(max) = definition(&max) else { continue };
        let (least, most) = (values.number(min.name), values.number(max.name));
        if !values.sound(&[min.name, max.name]) || least <= most {
            continue;
        }
        let note = |name| if values.given(name) { "" } else { " by default" };
        if values.given(max.name) && !values.given(min.name) {
            report.error(
                max.name,
                format!(
                    "{most} is below {}, which is {least} by default: give at least {least}, or lower {0}",
                    min.name
                ),
            );
        } else {
            let note = note(max.name);
            report.error(
                min.name,
                format!(
                    "{least} is above {}, which is {most}{note}: give at most {most}, or raise {0}",
                    max.name
                ),
            );
        }
    }
}

fn countries(values: &Values, report: &mut Report) {
    const NAME: &str = "RANDOMIZE_VISITOR_COUNTRIES";
    if values.sound(&[NAME, "MATOMO_TOKEN_AUTH"])
        && values.boolean(NAME)
        && !values.is_set("MATOMO_TOKEN_AUTH")
    {
        let note = if values.given(NAME) { "" } else { " (the default)" };
        report.error(
            NAME,
            format!(
                "true{note} needs a token, since without one Matomo refuses every hit with an address of its own: \
                 either set MATOMO_TOKEN_AUTH (or MATOMO_TOKEN_AUTH_FILE), or set {NAME}=false"
            ),
        );
    }
}

/// The revenue of an order includes shipping and tax: the range must leave room for both.
fn order_values(values: &Values, report: &mut Report) {
    const MAX: &str = "ECOMMERCE_ORDER_VALUE_MAX";
    let names = [MAX, "ECOMMERCE_SHIPPING_RATES", "ECOMMERCE_TAX_RATE", "ECOMMERCE_PROBABILITY"];
    let Value::Numbers(rates) = values.get("ECOMMERCE_SHIPPING_RATES") else { return };
    if !values.sound(&names) || values.number("ECOMMERCE_PROBABILITY") == 0.0 {
        return;
    }
    let cheapest = rates.iter().copied().fold(f64::INFINITY, f64::min);
    let with_tax = (cheapest + 0.01) * (1.0 + values.number("ECOMMERCE_TAX_RATE"));
    let least = (with_tax * 100.0).round() / 100.0; // tax is rounded to the cent
    let most = values.number(MAX);
    if most < least {
        report.error(
            MAX,
            format!(
                "{most} leaves no room for an order: the cheapest shipping ({cheapest}) and tax come to {least:.2} \
                 already. Give more than that, or lower ECOMMERCE_SHIPPING_RATES"
            ),
        );
    }
}

fn no_stop(values: &Values, report: &mut Report) {
    let names = ["AUTO_STOP_AFTER_HOURS", "MAX_TOTAL_VISITS"];
    let off = names.iter().all(|name| values.number(name) == 0.0);
    if off && values.sound(&names) && !values.boolean("BACKFILL_ENABLED") {
        report.warning(
            names[0],
            "no stop limit is set: the run goes on until it is stopped. Set AUTO_STOP_AFTER_HOURS or \
             MAX_TOTAL_VISITS to bound it",
        );
    }
}

fn target(values: &Values, report: &mut Report) {
    if values.boolean("TLS_INSECURE") {
        report.warning(
            "TLS_INSECURE",
            "true: the target's certificate is not verified, so that anyone on the way can read the token. \
             Name its authority in TLS_CA_FILE instead",
        );
    }
    if let Value::Url(url) = values.get("MATOMO_URL")
        && !url.path().to_ascii_lowercase().ends_with("php")
    {
        report.warning(
            "MATOMO_URL",
            format!(
                "its path is {:?}, and Matomo's tracking endpoint usually ends in matomo.php: is it complete?",
                url.path()
            ),
        );
    }
}

/// With few pages a long visit would have gaps that end it in Matomo.
fn visit_length(values: &Values, report: &mut Report) {
    let names = ["VISIT_DURATION_MAX", "PAGEVIEWS_MIN"];
    let [longest, pages] = names.map(|name| values.number(name));
    if values.sound(&names) && longest > pages * LONGEST_GAP_MIN {
        report.warning(
            names[0],
            format!(
                "{longest} minutes cannot be reached by visits of {pages} page views (PAGEVIEWS_MIN): Matomo ends a \
                 visit after {LONGEST_GAP_MIN} minutes of silence, so these last {} minutes at the most",
                pages * LONGEST_GAP_MIN
            ),
        );
    }
}
