//! The service over TCP.

use genledger::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::serve;

const ADA: &str = "X-User-Id: 42\r\n";
const ADMIN: &str = "X-User-Id: 1\r\nX-Role: admin\r\n";

async fn request(port: u16, head: &str, caller: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let length = body.len();
    let text = format!(
        "{head} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{caller}Content-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    reply
}

fn status(reply: &str) -> &str {
    reply.split(' ').nth(1).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_logs_shows_sums_up_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("gateway.db").display());
    let spill = format!("sqlite:{}", folder.path().join("spill.db").display());
    let store = genledger::connect(&database).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(async move {
        let stopped = async { stopped.await.unwrap_or_default() };
        serve(store, &spill, NodeId::ZERO, listener, stopped).await
    });

    // Refused before anything is written.
    let call = r#"{"model":"gpt-4o","prompt_tokens":120}"#;
    let complete = "POST /v1/chat/completions";
    assert_eq!(status(&request(port, complete, "", call).await), "401");
    let negative = r#"{"model":"gpt-4o","prompt_tokens":-1}"#;
    let reply = request(port, complete, ADA, negative).await;
    assert_eq!(status(&reply), "422");
    assert!(reply.contains("prompt_tokens"), "{reply}");

    for _ in 0..3 {
        let reply = request(port, complete, ADA, call).await;
        assert_eq!(status(&reply), "200", "{reply}");
    }
    let other = "X-User-Id: 43\r\n";
    assert_eq!(status(&request(port, complete, other, call).await), "200");
    loop {
        let stats = request(port, "GET /api/log/writer", ADMIN, "").await;
        if stats.contains(r#""written":4"#) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }

    // Users see their own logs, administrators all of them.
    let own = request(port, "GET /api/log/self?size=50", ADA, "").await;
    assert_eq!(own.matches(r#""model_name":"gpt-4o""#).count(), 3, "{own}");
    assert!(!own.contains("channel"), "{own}");
    let all = request(port, "GET /api/log?keyword=gpt", ADMIN, "").await;
    assert_eq!(all.matches(r#""model_name":"gpt-4o""#).count(), 4, "{all}");
    for path in [
        "/api/log",
        "/api/log/stat",
        "/api/usage/monthly",
        "/api/log/writer",
    ] {
        let reply = request(port, &format!("GET {path}"), ADA, "").await;
        assert_eq!(status(&reply), "403", "{path}");
    }

    let stat = request(port, "GET /api/log/self/stat", ADA, "").await;
    assert!(stat.contains(r#""requests":3"#), "{stat}");
    let monthly = request(port, "GET /api/usage/monthly?zone=Asia/Shanghai", ADMIN, "").await;
    assert!(monthly.contains(r#""requests":4"#), "{monthly}");
    let monthly = request(port, "GET /api/usage/self/monthly", ADA, "").await;
    assert!(monthly.contains(r#""requests":3"#), "{monthly}");
    for wrong in [
        "/api/log/self?size=0",
        "/api/usage/self/monthly?zone=Mars/Olympus",
    ] {
        let reply = request(port, &format!("GET {wrong}"), ADA, "").await;
        assert_eq!(status(&reply), "422", "{reply}");
    }

    // What was accepted before the end is there afterwards.
    assert_eq!(status(&request(port, complete, ADA, call).await), "200");
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
    let store = genledger::connect(&database).await.unwrap();
    let logs = UsageLogs::new(store.clone());
    let count = logs.count(&UsageLogFilter::new(), 100).await.unwrap();
    assert_eq!(count, genledger::contract::query::Count::Exactly(5));
    store.close().await;
}
