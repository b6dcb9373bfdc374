//! A proxy between a store and its server that loses replies and connections on command.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The event at which a connection is cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// When the client sends this word (in any case), before the server receives it.
    Before(&'static str),
    /// After the server has replied to this word, but before the client receives the reply.
    ReplyTo(&'static str),
    /// Never: when the client sends this word, nothing is forwarded any more, and the connection stays open.
    Silence(&'static str),
}

impl Cut {
    const fn word(&self) -> &'static str {
        match self {
            Self::Before(word) | Self::ReplyTo(word) | Self::Silence(word) => word,
        }
    }
}

/// Forwards TCP connections to a server, and cuts them on command.
///
/// It finds words in the bytes that the client sends, so the connection must not be encrypted or
/// compressed. The bytes of other connections are not changed.
#[derive(Debug)]
pub struct CutProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    server: SocketAddr,
    armed: Mutex<Option<Cut>>,
    /// Incremented when all connections are cut.
    generation: watch::Sender<u64>,
    refusing: Mutex<bool>,
    /// How often clients sent something.
    requests: AtomicU64,
}

impl CutProxy {
    /// Listens on a free port of this machine and forwards to `server`.
    ///
    /// # Errors
    /// Returns the error of opening a port.
    pub async fn start(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            server,
            armed: Mutex::default(),
            generation: watch::Sender::new(0),
            refusing: Mutex::new(false),
            requests: AtomicU64::new(0),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self {
            address,
            shared,
            accepting,
        })
    }

    /// The address that the store connects to.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts the next connection that this applies to, once.
    pub fn arm(&self, cut: Cut) {
        *lock(&self.shared.armed) = Some(cut);
    }

    /// Cancels a cut that has not happened.
    pub fn disarm(&self) {
        lock(&self.shared.armed).take();
    }

    /// Whether the cut that was armed has not happened yet.
    #[must_use]
    pub fn is_armed(&self) -> bool {
        lock(&self.shared.armed).is_some()
    }

    /// How often clients sent something: the round trips, as long as what is sent at once is small.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// How many connections are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.generation.receiver_count()
    }

    /// Cuts all open connections; new ones are accepted.
    pub fn cut_all(&self) {
        self.shared
            .generation
            .send_modify(|generation| *generation += 1);
    }

    /// Sets whether every new connection is closed at once.
    pub fn refuse(&self, refusing: bool) {
        *lock(&self.shared.refusing) = refusing;
    }
}

impl Drop for CutProxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        // Before the check, so that a connection is either refused or cut with the others.
        let generation = shared.generation.subscribe();
        if *lock(&shared.refusing) {
            continue;
        }
        tokio::spawn(connection(client, Arc::clone(&shared), generation));
    }
}

/// Forwards both directions until one ends, or the connection is cut. Dropping the sockets at the
/// end is the cut.
async fn connection(client: TcpStream, shared: Arc<Shared>, mut generation: watch::Receiver<u64>) {
    let Ok(server) = TcpStream::connect(shared.server).await else {
        return;
    };
    // Small packets must not wait: the delays would hide races.
    if client
        .set_nodelay(true)
        .and(server.set_nodelay(true))
        .is_err()
    {
        return;
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let muted = watch::Sender::new(false);
    tokio::select! {
        _ = generation.changed() => {}
        _ = requests(from_client, to_server, &shared, &muted) => {}
        _ = replies(from_server, to_client, muted.subscribe()) => {}
    }
}

/// Forwards from the client to the server. Ends if the connection is to be cut before the server receives a
/// word; mutes the other direction if the reply is to be lost.
async fn requests(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    shared: &Shared,
    muted: &watch::Sender<bool>,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    let mut tail = Vec::new();
    loop {
        let count = client.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        shared.requests.fetch_add(1, Ordering::Relaxed);
        match triggered(shared, &mut tail, &buffer[..count]) {
            Some(Cut::Silence(_)) => std::future::pending().await,
            Some(Cut::Before(_)) => return Ok(()),
            Some(Cut::ReplyTo(_)) => drop(muted.send(true)),
            None => {}
        }
        server.write_all(&buffer[..count]).await?;
    }
}

/// The armed cut, if it applies to the bytes that were sent last; it is then disarmed. A word may be split
/// over two packets, so the end of the last one is kept.
fn triggered(shared: &Shared, tail: &mut Vec<u8>, sent: &[u8]) -> Option<Cut> {
    let mut armed = lock(&shared.armed);
    tail.extend_from_slice(sent);
    let found = armed
        .as_ref()
        .is_some_and(|cut| contains(tail, cut.word().as_bytes()));
    let kept = armed.as_ref().map_or(0, |cut| cut.word().len() - 1);
    tail.drain(..tail.len().saturating_sub(kept));
    if found { armed.take() } else { None }
}

/// Whether the bytes contain the word, and not as a part of a longer one: connections are set up with READ
/// COMMITTED and autocommit.
fn contains(bytes: &[u8], word: &[u8]) -> bool {
    (0..bytes.len()).any(|start| {
        let (before, rest) = bytes.split_at(start);
        let (here, after) = rest.split_at(word.len().min(rest.len()));
        here.eq_ignore_ascii_case(word)
            && !before.last().is_some_and(u8::is_ascii_alphabetic)
            && !after.first().is_some_and(u8::is_ascii_alphabetic)
    })
}

/// Forwards from the server to the client. Once muted, waits for the reply that is to be lost, and ends.
async fn replies(
    mut server: OwnedReadHalf,
    mut client: OwnedWriteHalf,
    mut muted: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = server.read(&mut buffer).await?;
        if count == 0 || *muted.borrow_and_update() {
            return Ok(());
        }
        client.write_all(&buffer[..count]).await?;
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::{Cut, CutProxy};

    /// A server that replies `ok` to every request, and passes on the requests.
    async fn server() -> (
        std::net::SocketAddr,
        tokio::sync::mpsc::UnboundedReceiver<Vec<u8>>,
    ) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let sender = sender.clone();
                tokio::spawn(async move {
                    let mut buffer = [0; 1024];
                    while let Ok(count @ 1..) = client.read(&mut buffer).await {
                        sender.send(buffer[..count].to_vec()).unwrap();
                        client.write_all(b"ok").await.unwrap();
                    }
                });
            }
        });
        (address, receiver)
    }

    /// Sends a request and returns the reply; nothing when the connection is cut.
    async fn request(client: &mut TcpStream, text: &str) -> Vec<u8> {
        let mut buffer = [0; 16];
        if client.write_all(text.as_bytes()).await.is_err() {
            return vec![];
        }
        let count = client.read(&mut buffer).await.unwrap_or(0);
        buffer[..count].to_vec()
    }

    #[tokio::test]
    async fn loses_the_reply_or_the_request() {
        let (address, mut received) = server().await;
        let proxy = CutProxy::start(address).await.unwrap();
        for (cut, arrives) in [
            (Cut::ReplyTo("COMMIT"), true),
            (Cut::Before("COMMIT"), false),
        ] {
            let mut client = TcpStream::connect(proxy.address()).await.unwrap();
            assert_eq!(request(&mut client, "BEGIN; COMMIT").await, b"ok");
            received.recv().await.unwrap();
            proxy.arm(cut);
            assert_eq!(request(&mut client, "insert;").await, b"ok");
            received.recv().await.unwrap();
            assert_eq!(request(&mut client, "commit").await, b"");
            assert!(!proxy.is_armed());
            let mut other = TcpStream::connect(proxy.address()).await.unwrap();
            assert_eq!(request(&mut other, "after").await, b"ok");
            if arrives {
                assert_eq!(received.recv().await.unwrap(), b"commit");
            }
            assert_eq!(received.recv().await.unwrap(), b"after");
        }
    }

    #[tokio::test]
    async fn a_word_may_come_in_two_packets() {
        let (address, _received) = server().await;
        let proxy = CutProxy::start(address).await.unwrap();
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        proxy.arm(Cut::ReplyTo("COMMIT"));
        assert_eq!(request(&mut client, "COM").await, b"ok");
        assert_eq!(request(&mut client, "MIT").await, b"");
    }

    #[tokio::test]
    async fn cuts_all_and_refuses() {
        let (address, _received) = server().await;
        let proxy = CutProxy::start(address).await.unwrap();
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(request(&mut client, "a").await, b"ok");
        proxy.cut_all();
        assert_eq!(request(&mut client, "b").await, b"");
        proxy.refuse(true);
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(request(&mut client, "c").await, b"");
        proxy.refuse(false);
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(request(&mut client, "d").await, b"ok");
    }
}
