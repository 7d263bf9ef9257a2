//! Writes numbers and texts into a request buffer without a temporary allocation.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but RFC 3986's unreserved characters. A space becomes `%20`, never `+`, and nothing that JSON
/// would have to escape is left, so that a query needs no second encoding inside a bulk body.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

const HEX: &[u8; 16] = b"0123456789abcdef";
const BASE36: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// Appends `text` percent-encoded.
pub(crate) fn encoded(out: &mut Vec<u8>, text: &str) {
    for piece in utf8_percent_encode(text, RESERVED) {
        out.extend_from_slice(piece.as_bytes());
    }
}

/// `prefix` as it is, then `text` percent-encoded: a constant part of many hits.
pub(crate) fn piece(prefix: &str, text: &str) -> Box<[u8]> {
    let mut out = prefix.as_bytes().to_vec();
    encoded(&mut out, text);
    out.into_boxed_slice()
}

/// The lowest `N` hexadecimal digits of `value`, zeros in front kept.
pub(crate) fn hex<const N: usize>(value: u64) -> [u8; N] {
    std::array::from_fn(|i| HEX[(value >> (4 * (N - 1 - i)) & 0xf) as usize])
}

/// Appends a whole number in decimal.
pub(crate) fn integer(out: &mut Vec<u8>, value: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends hundredths as an amount with two decimals: 1250 is `12.50`.
pub(crate) fn money(out: &mut Vec<u8>, hundredths: u64) {
    integer(out, hundredths / 100);
    let cents = (hundredths % 100) as u8;
    out.extend_from_slice(&[b'.', b'0' + cents / 10, b'0' + cents % 10]);
}

/// Appends a number in base 36: the shortest form that a shop's order number could have.
pub(crate) fn base36(out: &mut Vec<u8>, mut value: u64) {
    // 36^13 > 2^64
    let mut digits = [0u8; 13];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = BASE36[(value % 36) as usize];
        value /= 36;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[first..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use percent_encoding::percent_decode;
    use proptest::prelude::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn money_has_two_decimals() {
        for (hundredths, text) in
            [(0, "0.00"), (5, "0.05"), (99, "0.99"), (100, "1.00"), (123_456, "1234.56")]
        {
            assert_eq!(written(|out| money(out, hundredths)), text);
        }
    }

    #[test]
    fn hex_keeps_leading_zeros() {
        assert_eq!(&hex::<16>(0xab), b"00000000000000ab");
        assert_eq!(&hex::<6>(0xff_0001_02a3), b"0102a3");
    }

    #[test]
    fn spaces_and_pluses_stay_apart() {
        assert_eq!(written(|out| encoded(out, "a b+c/ü\"\\&=~-._")), "a%20b%2Bc%2F%C3%BC%22%5C%26%3D~-._");
    }

    proptest! {
        #[test]
        fn encoding_is_undone_by_decoding(text in any::<String>()) {
            let encoded = written(|out| encoded(out, &text));
            prop_assert!(encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)));
            prop_assert_eq!(percent_decode(encoded.as_bytes()).decode_utf8().unwrap(), text);
        }

        #[test]
        fn base36_is_undone_by_parsing(value in any::<u64>()) {
            let text = written(|out| base36(out, value));
            prop_assert_eq!(u64::from_str_radix(&text, 36).unwrap(), value);
        }

        #[test]
        fn hex_is_what_the_formatter_writes(value in any::<u64>()) {
            prop_assert_eq!(String::from_utf8(hex::<16>(value).to_vec()).unwrap(), format!("{value:016x}"));
        }
    }
}
