//! Inputs and their results.

use super::super::mask;

pub(super) fn check(table: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (input, expected) in table {
        let masked = mask(input);
        if masked != *expected {
            wrong.push(format!(
                "{input}\n  gives    {masked}\n  expected {expected}"
            ));
        }
        assert_eq!(mask(&masked), masked, "{input}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn urls_domains_addresses_and_names_as_in_other_gateways() {
    check(&[
        ("http://example.com", "http://***.com"),
        (
            "https://api.test.org/v1/users/123?key=secret",
            "https://***.org/***/***/***?key=***",
        ),
        (
            "https://sub.domain.co.uk/path/to/resource",
            "https://***.***.co.uk/***/***/***",
        ),
        ("https://api.example.com/key=secret", "https://***.com/***"),
        (
            "https://api.example.com/?key=secret",
            "https://***.com/?key=***",
        ),
        (
            "https://api.example.com?key=secret",
            "https://***.com?key=***",
        ),
        (
            "https://user:pass@host.example.com/p?q=1",
            "https://***.com/***?q=***",
        ),
        ("https://a.com/x?a=1&a=2", "https://***.com/***?a=***"),
        (
            "https://a.com/x?a=1&b=2&a=3",
            "https://***.com/***?a=***&b=***",
        ),
        ("https://a.com/x#frag", "https://***.com/***"),
        ("https://a.com/#frag", "https://***.com/"),
        ("http://localhost:3000/a/b", "http://***/***/***"),
        ("openai.com", "***.com"),
        ("www.openai.com", "***.***.com"),
        ("api.openai.com", "***.***.com"),
        ("192.168.1.1", "***.***.***.***"),
        ("gpt-4.1-mini", "gpt-4.1-mini"),
        ("claude-3.5-sonnet", "claude-3.5-sonnet"),
        ("gemini-2.5-pro", "gemini-2.5-pro"),
        (
            "api_key:AIzaSyA-0123456789abcdefghijklmnopqrstu",
            "api_key:***",
        ),
    ]);
}

#[test]
fn what_other_gateways_leak_or_mangle() {
    check(&[
        ("http://192.168.1.10/x", "http://***.***.***.***/***"),
        ("http://10.0.0.12:8080/v1", "http://***.***.***.***/***"),
        (
            "HTTPS://API.OPENAI.COM/v1/secret?key=abc",
            "HTTPS://***.COM/***/***?key=***",
        ),
        (
            "wss://realtime.example.com/v1?model=x",
            "wss://***.com/***?model=***",
        ),
        ("fal.ai", "***.ai"),
        ("x.ai", "***.ai"),
        ("t.co", "***.co"),
        ("first.last@example.com", "***@***.com"),
        ("sk-abcdef0123456789", "***"),
        ("Bearer abcdef0123456789", "Bearer ***"),
        (r#""api_key": "abcdef""#, r#""api_key": "***""#),
        ("http://[2001:db8::1]:8080/v1", "http://[***]/***"),
        ("2001:db8::1", "***"),
        ("[2001:db8::1]:443", "[***]:443"),
        (
            r#""https://api.openai.com/v1/chat/completions": dial tcp 104.18.6.192:443: i/o timeout"#,
            r#""https://***.com/***/***/***": dial tcp ***.***.***.***:443: i/o timeout"#,
        ),
        ("main.go:42", "main.go:42"),
        ("node.js", "node.js"),
        ("report.pdf", "report.pdf"),
    ]);
}
