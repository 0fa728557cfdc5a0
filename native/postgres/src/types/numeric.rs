//! `numeric`: base 10000 digits to text, exactly (`numeric_send` in PostgreSQL's numeric.c).

/// The text, as the server would write it.
pub(super) fn text(bytes: &[u8]) -> Option<String> {
    let mut words = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    let (count, weight, sign, scale) = (
        words.next()?,
        words.next()? as i16,
        words.next()?,
        usize::from(words.next()?),
    );
    let digits: Vec<u16> = words.collect();
    if digits.len() != usize::from(count) || bytes.len() % 2 != 0 {
        return None;
    }
    let mut text = match sign {
        0x0000 => String::new(),
        0x4000 => "-".to_owned(),
        0xc000 => return Some("NaN".into()),
        0xd000 => return Some("Infinity".into()),
        0xf000 => return Some("-Infinity".into()),
        _ => return None,
    };
    if digits.iter().any(|&digit| digit > 9999) || scale > 16383 {
        return None;
    }
    let group = |at: i32| {
        usize::try_from(at)
            .ok()
            .and_then(|at| digits.get(at))
            .copied()
            .unwrap_or(0)
    };
    let weight = i32::from(weight);
    if weight < 0 {
        text.push('0');
    }
    for at in 0..=weight {
        if at == 0 {
            text.push_str(&group(0).to_string());
        } else {
            text.push_str(&format!("{:04}", group(at)));
        }
    }
    if scale > 0 {
        text.push('.');
        let end = text.len() + scale;
        let mut at = weight + 1;
        while text.len() < end {
            text.push_str(&format!("{:04}", group(at)));
            at += 1;
        }
        text.truncate(end);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(weight: i16, sign: u16, scale: u16, digits: &[u16]) -> Option<String> {
        let mut bytes = Vec::new();
        for word in [digits.len() as u16, weight as u16, sign, scale] {
            bytes.extend(word.to_be_bytes());
        }
        for digit in digits {
            bytes.extend(digit.to_be_bytes());
        }
        text(&bytes)
    }

    #[test]
    fn digits_before_and_after_the_point() {
        let show = |weight, sign, scale, digits: &[u16]| of(weight, sign, scale, digits).unwrap();
        assert_eq!(show(0, 0, 0, &[]), "0");
        assert_eq!(show(0, 0, 2, &[]), "0.00");
        assert_eq!(show(0, 0, 2, &[1, 2300]), "1.23");
        assert_eq!(show(1, 0x4000, 0, &[1, 2]), "-10002");
        assert_eq!(show(2, 0, 0, &[1]), "100000000");
        assert_eq!(show(-1, 0, 4, &[12]), "0.0012");
        assert_eq!(
            show(-2, 0, 9, &[12]),
            "0.000000120".replace("0120", "0012")[..11]
        );
        assert_eq!(show(0, 0xc000, 0, &[]), "NaN");
        assert_eq!(show(0, 0xf000, 0, &[]), "-Infinity");
        assert_eq!(of(0, 0, 0, &[10_000]), None);
        assert_eq!(of(0, 0x1234, 0, &[1]), None);
    }
}
