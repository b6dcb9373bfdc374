//! Errors of gateways and upstreams, and texts that look like something to hide.

use super::tables::check;

/// Messages, and what is left of them.
const UPSTREAMS: &[(&str, &str)] = &[
    // OpenAI
    (
        "Incorrect API key provided: sk-proj-abc***********xyz. You can find your API key at https://platform.openai.com/account/api-keys.",
        "Incorrect API key provided: ***. You can find your API key at https://***.com/***/***.",
    ),
    (
        "Incorrect API key provided: abcd****wxyz.",
        "Incorrect API key provided: ***.",
    ),
    (
        "Rate limit reached for gpt-4.1-mini in organization org-AbCdEfGhIjKlMnOpQrStUvWx on tokens per min (TPM): Limit 200000, Used 199000. Please try again in 1.2s. Visit https://platform.openai.com/account/rate-limits to learn more.",
        "Rate limit reached for gpt-4.1-mini in organization *** on tokens per min (TPM): Limit 200000, Used 199000. Please try again in 1.2s. Visit https://***.com/***/*** to learn more.",
    ),
    (
        "This model's maximum context length is 128000 tokens. (request id: 20250601120000123456789AbCdEfGh)",
        "This model's maximum context length is 128000 tokens. (request id: 20250601120000123456789AbCdEfGh)",
    ),
    (
        "Invalid value: 'messages[0].content[1].image_url.url'",
        "Invalid value: 'messages[0].content[1].image_url.url'",
    ),
    // Anthropic
    (
        r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"},"request_id":"req_011CSHoEeqs5C35K2UUqR7Fy"}"#,
        r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"},"request_id":"req_011CSHoEeqs5C35K2UUqR7Fy"}"#,
    ),
    (
        "tools.0.custom.input_schema.type: Field required",
        "tools.0.custom.input_schema.type: Field required",
    ),
    (
        "messages.1.content.0.thinking.signature: Field required",
        "messages.1.content.0.thinking.signature: Field required",
    ),
    ("sk-ant-api03-AbC_dEf-0123456789", "***"),
    ("x-api-key: 0123456789abcdef", "x-api-key: ***"),
    // Azure
    (
        r#"Post "https://my-res.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-06-01": context deadline exceeded"#,
        r#"Post "https://***.com/***/***/***/***/***?api-version=***": context deadline exceeded"#,
    ),
    (
        "Ocp-Apim-Subscription-Key: 0123456789abcdef0123456789abcdef",
        "Ocp-Apim-Subscription-Key: ***",
    ),
    (
        "DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=YWJjZGVmZ2hpamtsbW5vcA==;EndpointSuffix=core.windows.net",
        "DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=***;EndpointSuffix=***.***.net",
    ),
    // AWS Bedrock
    (
        "User: arn:aws:iam::123456789012:user/bob is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-3-7-sonnet-20250219-v1:0",
        "User: arn:aws:iam::***:user/*** is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-east-1:***:inference-profile/us.anthropic.claude-3-7-sonnet-20250219-v1:0",
    ),
    (
        "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20250601/us-east-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, Signature=0123456789abcdef",
        "Authorization: AWS4-HMAC-SHA256 ***, SignedHeaders=host;x-amz-date, Signature=***",
    ),
    (
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "aws_secret_access_key = ***",
    ),
    ("AKIAIOSFODNN7EXAMPLE", "***"),
    // Google
    (
        "API key not valid. Please pass a valid API key.",
        "API key not valid. Please pass a valid API key.",
    ),
    (
        r#"Post "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse&key=AIzaSyA-0123456789_abcdefghijklmnopqrs": EOF"#,
        r#"Post "https://***.com/***/***/***?alt=***&key=***": EOF"#,
    ),
    ("ya29.a0AfH6SMBx-0123456789_abc", "***"),
    (
        r#""private_key": "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----\n""#,
        r#""private_key": "***""#,
    ),
    (
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----",
    ),
    // Tokens
    (
        "invalid token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U, sorry",
        "invalid token ***, sorry",
    ),
    (
        "Authorization: Basic dXNlcjpwYXNzd29yZA==",
        "Authorization: Basic ***",
    ),
    (
        "Basic authentication is not supported",
        "Basic authentication is not supported",
    ),
    (
        "missing Bearer token in header",
        "missing Bearer token in header",
    ),
    (
        "-H 'Authorization: Bearer abc.def'",
        "-H 'Authorization: Bearer ***'",
    ),
    (
        r#"{\"api_key\":\"abc\\\"def\",\"n\":1}"#,
        r#"{\"api_key\":\"***\",\"n\":1}"#,
    ),
    (
        "{'password': 'p\\'w', 'user': 'x'}",
        "{'password': '***', 'user': 'x'}",
    ),
    ("password: must not be empty", "password: must not be empty"),
    (r#""password": null"#, r#""password": null"#),
    ("max_tokens: 4096", "max_tokens: 4096"),
    // Data sources
    (
        "failed to connect to `postgres://user:p%40ss@db.internal:5432/app?sslmode=disable`",
        "failed to connect to `postgres://***.internal/***?sslmode=***`",
    ),
    (
        "root:123456@tcp(localhost:3306)/new-api",
        "***@tcp(localhost:3306)/new-api",
    ),
    (
        "host=10.0.0.5 port=5432 user=app password=s3cr3t dbname=x",
        "host=***.***.***.*** port=5432 user=app password=*** dbname=x",
    ),
    ("redis://:s3cr3t@cache:6379/0", "redis://***/***"),
    (
        "jdbc:mysql://db.example.com:3306/x?user=a&password=b",
        "jdbc:mysql://***.com/***?user=***&password=***",
    ),
    (
        "https://user:p@ss@10.0.0.12/x",
        "https://***.***.***.***/***",
    ),
    (
        "channel key abcd****wxyz is disabled",
        "channel key *** is disabled",
    ),
    // Networks
    (
        "dial tcp [::1]:443: connect: connection refused",
        "dial tcp [***]:443: connect: connection refused",
    ),
    (
        "dial tcp: lookup api.example.com on 10.0.0.2:53: no such host",
        "dial tcp: lookup ***.***.com on ***.***.***.***:53: no such host",
    ),
    (
        "read tcp 172.17.0.3:54321->104.18.7.192:443: read: connection reset by peer",
        "read tcp ***.***.***.***:54321->***.***.***.***:443: read: connection reset by peer",
    ),
    (
        "HTTPSConnectionPool(host='api.example.com', port=443): Max retries exceeded with url: /v1/chat?key=abc (Caused by ConnectTimeoutError)",
        "HTTPSConnectionPool(host='***.***.com', port=443): Max retries exceeded with url: /v1/chat?key=*** (Caused by ConnectTimeoutError)",
    ),
    (
        "getaddrinfo ENOTFOUND api.example.com",
        "getaddrinfo ENOTFOUND ***.***.com",
    ),
    (
        "x509: certificate is valid for *.example.com, example.net, not upstream.example.org",
        "x509: certificate is valid for ***.***.com, ***.net, not ***.***.org",
    ),
    (
        "from fe80::1%eth0, 2001:db8::/32 and ::ffff:10.0.0.12.",
        "from ***, ***/32 and ***.",
    ),
    (
        "10.0.0.0/24 via 10.0.0.1",
        "***.***.***.***/24 via ***.***.***.***",
    ),
    (
        r#"{"url":"https:\/\/api.example.com\/v1\/x?a=1\u0026key=2"}"#,
        r#"{"url":"https:\/\/***.com\/***\/***?a=***\u0026key=***"}"#,
    ),
    (
        "(see https://example.com/a_(b)), then",
        "(see https://***.com/***)), then",
    ),
    (
        "[docs](https://docs.example.com/a).",
        "[docs](https://***.com/***).",
    ),
    ("https://b\u{FC}cher.example.de/x", "https://***.de/***"),
    ("http://xn--bcher-kva.example/x", "http://***.example/***"),
    (
        "redirect=https%3A%2F%2Fapi.example.com%2Fv1&x=1",
        "redirect=https%3A%2F%2F***&x=***",
    ),
    ("file:///etc/passwd", "file:///***/***"),
    (
        "\u{8BF7}\u{6C42}\u{4E0A}\u{6E38}api.example.com\u{5931}\u{8D25}\u{FF0C}\u{5BC6}\u{94A5}\u{FF1A}abc123",
        "\u{8BF7}\u{6C42}\u{4E0A}\u{6E38}***.***.com\u{5931}\u{8D25}\u{FF0C}\u{5BC6}\u{94A5}\u{FF1A}***",
    ),
];

#[test]
fn errors_of_upstreams() {
    check(UPSTREAMS);
}

#[test]
fn what_remains_readable() {
    let texts = [
        "File \"/app/main.py\", line 12, in app.main",
        "foo.py:12: RuntimeError",
        "at com.acme.Main.run(Main.java:42)",
        "thread 'main' panicked at src/main.rs:10:5: std::io::Error",
        "panic: runtime error [recovered] main.go:42 +0x1d",
        "await self.app(scope, receive, send)",
        "asyncio.run(main()) failed in uvicorn.protocols.http.h11_impl",
        "TypeError: Cannot read properties of undefined (reading 'choices.delta.content')",
        "src/core/lib/surface/call.cc:966, libssl.so, README.md, build.sh, app.test.tsx",
        "C:\\Users\\bob\\report.pdf and \\\\server\\share",
        "version 1.2.3, v1.2.3.4, 120.0.6099.109, 1.5b, $0.002/1k",
        "at 12:30:45 on 2025-06-01T12:30:45.123Z (00:1a:2b:3c:4d:5e)",
        "550e8400-e29b-41d4-a716-446655440000 d41d8cd98f00b204e9800998ecf8427e",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "gpt-4.1-mini gpt-4o-2024-08-06 o3 claude-3-5-sonnet-20241022 claude-3.5-sonnet gemini-2.5-pro",
        "deepseek-ai/DeepSeek-V3.1 Qwen/Qwen2.5-72B-Instruct meta.llama3-1-70b-instruct-v1:0 us.anthropic.claude-v2:1",
        "status_code=429, rate_limit_exceeded, retry after 1.5s",
        "sk-learn is not a key, risk-adjusted-values neither, task-0123456789",
        "unsupported parameter: 'max_tokens', use 'max_completion_tokens' instead.",
        "chatcmpl-9xYzAbCdEfGhIjKlMnOpQrStUvWxY fp_44709d6fcb",
        "e.g. U.S. vs. Ph.D. etc... no.1; failed.It was too late",
        "a::b abc::def std::de::Error ::",
        "foo@latest actions/checkout@v4 @scope/package",
        "dial localhost:3000",
        "\u{6A21}\u{578B} gpt-4o \u{65E0}\u{53EF}\u{7528}\u{6E20}\u{9053}\u{FF08}distributor\u{FF09}",
    ];
    let table: Vec<(&str, &str)> = texts.iter().map(|text| (*text, *text)).collect();
    check(&table);
}

/// Decisions for texts that are ambiguous.
#[test]
fn ambiguous_texts() {
    check(&[
        // Four numbers may be a version, and are more often an address.
        ("10.0.0.12-beta", "***.***.***.***-beta"),
        ("1.2.3.4.5", "***.***.***.***.5"),
        // Names of objects with the suffix of a country.
        ("metadata.user.id", "***.***.id"),
        ("crates.io", "***.io"),
        // A file or a domain: with three labels it is a domain.
        ("api.example.sh", "***.***.sh"),
        ("example.sh", "example.sh"),
        ("self.app", "self.app"),
        ("my-gateway.app", "***.app"),
        ("api.x.ai", "***.***.ai"),
        ("user@localhost", "user@localhost"),
        ("unexpected token: abc", "unexpected token: ***"),
    ]);
}
