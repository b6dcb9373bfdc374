//! The service over TCP.

use genledger::prelude::NodeId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::serve;

async fn request(port: u16, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let length = body.len();
    let text = format!(
        "{head} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    reply
}

#[tokio::test]
async fn it_stores_lists_refuses_and_stops() {
    let store = genledger::connect("memory:").await.unwrap();
    store.migrate(&[genledger::schema::usage()]).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async { stopped.await.unwrap_or_default() };
    let running = tokio::spawn(serve(store.clone(), NodeId::ZERO, listener, stopped));

    for (model, quota) in [("gpt-4o", 900), ("gpt-4o-mini", 5)] {
        let body = format!(r#"{{"type":2,"user_id":42,"model_name":"{model}","quota":{quota}}}"#);
        let reply = request(port, "POST /logs", &body).await;
        assert!(reply.starts_with("HTTP/1.1 201"), "{reply}");
    }
    let first = request(port, "GET /users/42/logs?size=1", "").await;
    assert!(first.contains(r#""quota":5"#), "{first}");
    let (_, cursor) = first.split_once(r#""next":""#).unwrap();
    let (cursor, _) = cursor.split_once('"').unwrap();
    let next = request(
        port,
        &format!("GET /users/42/logs?size=1&after={cursor}"),
        "",
    )
    .await;
    assert!(next.contains(r#""quota":900"#), "{next}");
    for nothing in ["before=1", "model_name=gpt-5"] {
        let reply = request(port, &format!("GET /users/42/logs?{nothing}"), "").await;
        assert!(reply.contains(r#""items":[]"#), "{reply}");
    }

    let reply = request(port, "GET /users/42/logs?size=0", "").await;
    assert!(reply.starts_with("HTTP/1.1 422"), "{reply}");
    let broken = r#"{"type":2,"user_id":42,"use_time":-1}"#;
    let reply = request(port, "POST /logs", broken).await;
    assert!(reply.starts_with("HTTP/1.1 422"), "{reply}");
    assert!(reply.contains("use_time"), "{reply}");

    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
    assert!(store.begin().await.is_err());
}
