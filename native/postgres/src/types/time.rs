//! Dates, times and intervals, as `DateStyle = ISO` and `IntervalStyle = postgres` show them.
//!
//! The server counts days and microseconds from 2000-01-01; `timestamptz` is a point in time,
//! and is shown in UTC.

const DAY: i64 = 86_400_000_000;
const SECOND: i64 = 1_000_000;

/// Days between 0000-03-01 and 2000-01-01 in the proleptic Gregorian calendar.
const EPOCH: i64 = 730_425;

/// Year, month and day; year 0 is 1 BC. By eras of 400 years that begin in March, so that the
/// leap day is the last (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + EPOCH;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (year_of_era + era * 400 + next, month, day)
}

/// The date, and what follows everything when it is before our era.
fn day(days: i64) -> (String, &'static str) {
    let (year, month, day) = civil(days);
    if year > 0 {
        (format!("{year:04}-{month:02}-{day:02}"), "")
    } else {
        (format!("{:04}-{month:02}-{day:02}", 1 - year), " BC")
    }
}

/// date
pub(super) fn date(days: i32) -> String {
    match days {
        i32::MAX => "infinity".into(),
        i32::MIN => "-infinity".into(),
        days => {
            let (text, era) = day(days.into());
            text + era
        }
    }
}

/// time; 24:00:00 is one.
pub(super) fn time(micros: i64) -> String {
    let seconds = micros.div_euclid(SECOND);
    let (hours, minutes) = (seconds.div_euclid(3600), seconds.rem_euclid(3600) / 60);
    format!(
        "{hours:02}:{minutes:02}:{:02}{}",
        seconds.rem_euclid(60),
        fraction(micros.rem_euclid(SECOND))
    )
}

fn fraction(micros: i64) -> String {
    if micros == 0 {
        return String::new();
    }
    format!(".{micros:06}").trim_end_matches('0').to_owned()
}

/// The offset of a timetz, which the server counts in seconds west of Greenwich.
pub(super) fn zone(west: i32) -> String {
    let sign = if west > 0 { '-' } else { '+' };
    let seconds = west.unsigned_abs();
    let mut text = format!("{sign}{:02}", seconds / 3600);
    if seconds % 3600 != 0 {
        text.push_str(&format!(":{:02}", seconds % 3600 / 60));
    }
    if seconds % 60 != 0 {
        text.push_str(&format!(":{:02}", seconds % 60));
    }
    text
}

/// timestamp, and timestamptz with the zone "+00".
pub(super) fn timestamp(micros: i64, zone: &str) -> String {
    match micros {
        i64::MAX => "infinity".into(),
        i64::MIN => "-infinity".into(),
        micros => {
            let (text, era) = day(micros.div_euclid(DAY));
            format!("{text} {}{zone}{era}", time(micros.rem_euclid(DAY)))
        }
    }
}

/// interval: each field has its own sign, and a plus where the one before had a minus.
pub(super) fn interval(micros: i64, days: i32, months: i32) -> String {
    match (micros, days, months) {
        (i64::MAX, i32::MAX, i32::MAX) => return "infinity".into(),
        (i64::MIN, i32::MIN, i32::MIN) => return "-infinity".into(),
        _ => {}
    }
    let mut parts: Vec<String> = Vec::new();
    let mut after_minus = false;
    for (value, unit) in [(months / 12, "year"), (months % 12, "mon"), (days, "day")] {
        if value == 0 {
            continue;
        }
        let plus = if after_minus && value > 0 { "+" } else { "" };
        let plural = if value == 1 { "" } else { "s" };
        parts.push(format!("{plus}{value} {unit}{plural}"));
        after_minus = value < 0;
    }
    if micros != 0 || parts.is_empty() {
        let sign = match micros {
            ..0 => "-",
            _ if after_minus => "+",
            _ => "",
        };
        let size = micros.unsigned_abs();
        // Hours may have more digits than a day has.
        let (seconds, rest) = (size / SECOND as u64, (size % SECOND as u64) as i64);
        parts.push(format!(
            "{sign}{:02}:{:02}:{:02}{}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60,
            fraction(rest)
        ));
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One day after the other, as a calendar on the wall does it.
    #[test]
    fn every_day_of_six_centuries() {
        let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let (mut year, mut month, mut day) = (2000, 1, 1);
        for days in 0..366 * 600 {
            assert_eq!(civil(days), (year, month, day));
            let length = match month {
                2 => 28 + i64::from(leap(year)),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            day += 1;
            if day > length {
                (day, month) = (1, month + 1);
            }
            if month > 12 {
                (month, year) = (1, year + 1);
            }
        }
    }

    #[test]
    fn before_our_era_and_for_ever() {
        assert_eq!(date(-730_119), "0001-01-01");
        assert_eq!(date(-730_120), "0001-12-31 BC");
        assert_eq!(date(i32::MAX), "infinity");
        assert_eq!(timestamp(-1, ""), "1999-12-31 23:59:59.999999");
        assert_eq!(timestamp(500_000, "+00"), "2000-01-01 00:00:00.5+00");
        assert_eq!(time(DAY), "24:00:00");
        assert_eq!(zone(-19_800), "+05:30");
        assert_eq!(zone(18_000), "-05");
    }

    #[test]
    fn intervals() {
        assert_eq!(interval(0, 0, 0), "00:00:00");
        assert_eq!(
            interval(14_706_700_000, 3, 14),
            "1 year 2 mons 3 days 04:05:06.7"
        );
        assert_eq!(interval(3_600_000_000, -1, 0), "-1 days +01:00:00");
        assert_eq!(
            interval(-60_000_000, 1, -13),
            "-1 years -1 mons +1 day -00:01:00"
        );
        assert_eq!(interval(i64::MIN, 0, 0), "-2562047788:00:54.775808");
    }
}
