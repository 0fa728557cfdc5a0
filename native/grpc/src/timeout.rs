//! The `grpc-timeout` header: at most eight digits and a unit.

use std::time::Duration;

/// The header's value: the finest unit that eight digits can hold, rounded up, so that the
/// server never gives up before this side does.
pub fn header(timeout: Duration) -> String {
    const UNITS: [(char, u128); 6] = [
        ('n', 1),
        ('u', 1_000),
        ('m', 1_000_000),
        ('S', 1_000_000_000),
        ('M', 60_000_000_000),
        ('H', 3_600_000_000_000),
    ];
    const MOST: u128 = 99_999_999;
    let nanos = timeout.as_nanos();
    for (unit, length) in UNITS {
        let count = nanos.div_ceil(length);
        if count <= MOST {
            return format!("{count}{unit}");
        }
    }
    format!("{MOST}H")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_finest_unit_that_fits() {
        for (timeout, text) in [
            (Duration::ZERO, "0n"),
            (Duration::from_nanos(99_999_999), "99999999n"),
            (Duration::from_nanos(100_000_001), "100001u"),
            (Duration::from_secs(1), "1000000u"),
            (Duration::from_secs(100), "100000m"),
            (Duration::from_secs(86_400), "86400000m"),
            (Duration::from_secs(200_000), "200000S"),
            (Duration::MAX, "99999999H"),
        ] {
            assert_eq!(header(timeout), text);
        }
    }
}
