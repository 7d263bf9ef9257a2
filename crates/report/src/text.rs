//! Numbers and durations as people read them.

/// With a comma between thousands: `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Milliseconds with as many digits as are of use: `0.214`, `3.21`, `48.3`, `1,204`.
pub fn milliseconds(ms: f64) -> String {
    match ms {
        ms if ms < 1.0 => format!("{ms:.3}"),
        ms if ms < 10.0 => format!("{ms:.2}"),
        ms if ms < 100.0 => format!("{ms:.1}"),
        ms => grouped(ms.round() as u64),
    }
}

/// Seconds as the two units that matter: `12.5 s`, `4 min 10 s`, `3 h 20 min`, `2 d 5 h`.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    let (days, hours, minutes) = (whole / 86_400, whole / 3_600, whole / 60);
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3_600 => format!("{minutes} min {} s", whole % 60),
        3_600..86_400 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// A fraction as a percentage that says 100% only when it is exactly that.
pub fn percent(fraction: f64) -> String {
    if fraction >= 1.0 { "100%".to_owned() } else { format!("{:.2}%", (fraction * 10_000.0).floor() / 100.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        let shown = [0, 7, 999, 1_000, 123_456, 1_000_000_000].map(grouped);
        assert_eq!(shown, ["0", "7", "999", "1,000", "123,456", "1,000,000,000"]);
    }

    #[test]
    fn milliseconds_keep_three_digits() {
        assert_eq!([0.2141, 3.214, 48.32, 1203.7].map(milliseconds), ["0.214", "3.21", "48.3", "1,204"]);
    }

    #[test]
    fn durations_show_two_units() {
        let shown = [12.54, 250.0, 12_000.0, 190_800.0].map(duration);
        assert_eq!(shown, ["12.5 s", "4 min 10 s", "3 h 20 min", "2 d 5 h"]);
    }

    #[test]
    fn one_miss_in_a_million_is_not_a_hundred_percent() {
        assert_eq!([1.0, 0.999_999, 0.5, 0.0].map(percent), ["100%", "99.99%", "50.00%", "0.00%"]);
    }
}
