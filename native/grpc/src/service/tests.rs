//! Configs as gRPC's documentation has them, and what is refused.

use super::*;

const RETRY: &str = r#""retryPolicy": {"maxAttempts": 4, "initialBackoff": "0.1s", "maxBackoff": "1s",
    "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE", "aborted", 4]}"#;

fn parsed(json: &str) -> ServiceConfig {
    ServiceConfig::parse(json).expect(json)
}

#[test]
fn a_whole_config() {
    let config = parsed(&format!(
        r#"{{"loadBalancingConfig": [{{"xds": {{}}}}, {{"round_robin": {{}}}}], "unknown": 1,
            "healthCheckConfig": {{"serviceName": "a.B"}},
            "retryThrottling": {{"maxTokens": 10, "tokenRatio": 0.1239}},
            "methodConfig": [
                {{"name": [{{"service": "a.B", "method": "C"}}, {{"service": "a.D"}}], {RETRY}}},
                {{"name": [{{}}], "timeout": "1.5s", "waitForReady": true,
                    "maxRequestMessageBytes": 10, "maxResponseMessageBytes": "20"}}]}}"#
    ));
    assert_eq!(config.policy, Some(Policy::RoundRobin));
    assert_eq!(config.health.as_deref(), Some("a.B"));
    let most = Throttling {
        most: 10_000,
        ratio: 123,
    };
    assert_eq!(config.throttling, Some(most));
    let retry = config
        .method("/a.B/C")
        .and_then(|method| method.retry.clone());
    let retry = retry.expect("a policy");
    assert_eq!((retry.attempts, retry.multiplier), (4, 2.0));
    assert_eq!(
        (retry.initial, retry.longest),
        (Duration::from_millis(100), Duration::from_secs(1))
    );
    for code in 0..40 {
        assert_eq!(
            retry.retries(Code(code)),
            [4, 10, 14].contains(&code),
            "{code}"
        );
    }
    let of_all = Method {
        wait_for_ready: Some(true),
        timeout: Some(Duration::from_millis(1500)),
        max_request: Some(10),
        max_response: Some(20),
        retry: None,
    };
    assert_eq!(config.method("/a.B/Other"), Some(&of_all));
    assert_eq!(config.method("/a.D/Any"), config.method("/a.B/C"));
    assert_eq!(ServiceConfig::default().method("/a.B/C"), None);
    // As PHP's json_encode() writes empty arrays.
    assert_eq!(parsed("[]"), ServiceConfig::default());
    let all = parsed(r#"{"methodConfig": [{"name": [[]], "waitForReady": false}]}"#);
    assert_eq!(
        all.method("/a/b").and_then(|method| method.wait_for_ready),
        Some(false)
    );
}

#[test]
fn more_attempts_than_five_are_five() {
    let json = format!(r#"{{"methodConfig": [{{"name": [{{}}], {RETRY}}}]}}"#);
    let config = parsed(&json.replace("\"maxAttempts\": 4", "\"maxAttempts\": 100"));
    let retry = config
        .method("/x/y")
        .and_then(|method| method.retry.clone());
    assert_eq!(retry.expect("a policy").attempts, 5);
}

#[test]
fn what_is_wrong_is_named() {
    let policy = |from: &str, to: &str| {
        let retry = RETRY.replace(from, to);
        assert_ne!(retry, RETRY);
        format!(r#"{{"methodConfig": [{{"name": [{{}}], {retry}}}]}}"#)
    };
    for (json, word) in [
        ("", "JSON"),
        ("1", "object"),
        (r#"{"methodConfig": 1}"#, "methodConfig"),
        (r#"{"methodConfig": [1]}"#, "methodConfig"),
        (
            r#"{"methodConfig": [{"name": [{"method": "C"}]}]}"#,
            "without a service",
        ),
        (r#"{"methodConfig": [{"name": [{}, {}]}]}"#, "twice"),
        (r#"{"methodConfig": [{"timeout": "1"}]}"#, "timeout"),
        (r#"{"methodConfig": [{"timeout": "-1s"}]}"#, "timeout"),
        (
            r#"{"methodConfig": [{"timeout": "1.0000000001s"}]}"#,
            "timeout",
        ),
        (r#"{"methodConfig": [{"waitForReady": 1}]}"#, "waitForReady"),
        (
            r#"{"retryThrottling": {"maxTokens": 1001, "tokenRatio": 1}}"#,
            "maxTokens",
        ),
        (
            r#"{"retryThrottling": {"maxTokens": 0, "tokenRatio": 1}}"#,
            "maxTokens",
        ),
        (
            r#"{"retryThrottling": {"maxTokens": 10, "tokenRatio": 0}}"#,
            "tokenRatio",
        ),
        (
            &policy("\"maxAttempts\": 4", "\"maxAttempts\": 1"),
            "maxAttempts",
        ),
        (
            &policy("\"maxAttempts\": 4", "\"maxAttempts\": 2.5"),
            "maxAttempts",
        ),
        (&policy("0.1s", "0s"), "initialBackoff"),
        (&policy("\"1s\"", "1"), "maxBackoff"),
        (
            &policy("Multiplier\": 2", "Multiplier\": 0"),
            "backoffMultiplier",
        ),
        (&policy("UNAVAILABLE", "AWAY"), "AWAY"),
        (&policy(", 4]", ", 17]"), "17"),
        (
            &policy(r#"["UNAVAILABLE", "aborted", 4]"#, "[]"),
            "retryableStatusCodes",
        ),
    ] {
        let error = ServiceConfig::parse(json).expect_err(json);
        assert_eq!(error.kind(), Kind::Misuse);
        assert!(error.to_string().contains(word), "{json}: {error}");
    }
}
