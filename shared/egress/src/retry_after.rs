//! The `Retry-After` header: how long a receiver asks to be left alone.

use std::time::{Duration, UNIX_EPOCH};

use http::HeaderMap;
use http::header::RETRY_AFTER;
use postrider_domain::Timestamp;

/// Reads the header, in seconds or as an HTTP date. What cannot be read counts as not given, and a
/// date that has passed as no wait.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number holds still mean "very long", and the policy clamps that.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let micros = date.duration_since(UNIX_EPOCH).ok()?.as_micros();
    Some(Timestamp::from_micros(i64::try_from(micros).ok()?).since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Option<Duration> {
        let now = "2026-11-21T08:00:00Z".parse().unwrap();
        let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
        retry_after(&headers, now)
    }

    #[test]
    fn seconds_and_each_form_of_http_date_are_read() {
        for value in [
            "90",
            " 90 ",
            "Sat, 21 Nov 2026 08:01:30 GMT",
            "Saturday, 21-Nov-26 08:01:30 GMT",
            "Sat Nov 21 08:01:30 2026",
        ] {
            assert_eq!(read(value), Some(Duration::from_secs(90)), "{value}");
        }
    }

    #[test]
    fn a_date_in_the_past_is_no_wait() {
        assert_eq!(read("Sat, 21 Nov 2026 07:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(read("Thu, 01 Jan 1970 00:00:00 GMT"), Some(Duration::ZERO));
    }

    #[test]
    fn more_seconds_than_a_number_holds_are_a_long_wait() {
        assert_eq!(read(&"9".repeat(40)), Some(Duration::from_secs(u64::MAX)));
    }

    #[test]
    fn what_is_neither_counts_as_not_given() {
        for value in ["", "-5", "1.5", "soon", "2026-11-21T08:01:30Z"] {
            assert_eq!(read(value), None, "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), Timestamp::EPOCH), None);
    }
}
