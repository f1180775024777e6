//! Numbers as Vietnamese writes them, digit for digit: 1.234,5. Nothing is rounded here.

/// A number with a point between thousands and a decimal comma.
pub fn vietnamese(value: f64) -> String {
    let text = value.to_string();
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, rest) = text.split_once('.').map_or((text, None), |(w, r)| (w, Some(r)));
    let mut out = String::with_capacity(text.len() + 4);
    out.push_str(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push('.');
        }
        out.push(digit);
    }
    if let Some(rest) = rest {
        out.push(',');
        out.push_str(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::vietnamese;

    #[test]
    fn numbers_as_they_are_typed() {
        for (value, text) in
            [(0.0, "0"), (999.0, "999"), (1234.0, "1.234"), (1_234_567.5, "1.234.567,5"), (-1234.5, "-1.234,5")]
        {
            assert_eq!(vietnamese(value), text);
        }
    }
}
