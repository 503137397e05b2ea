//! Receivers as nobody wants them: one that never answers, one that drips its answer, one that refuses
//! connections, and one that fails.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Four receivers that make trouble; they end with this value.
pub(crate) struct Troublemakers {
    /// Never answers.
    pub(crate) hangs: String,
    /// Answers 200, a byte a second.
    pub(crate) drips: String,
    /// Refuses connections.
    pub(crate) refuses: String,
    /// Answers 500.
    pub(crate) fails: String,
    _servers: JoinSet<()>,
}

#[derive(Debug, Clone, Copy)]
enum Manner {
    Hang,
    Drip,
    Fail,
}

impl Troublemakers {
    /// Starts them.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let mut servers = JoinSet::new();
        let mut serve = async |manner| {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            let address = listener.local_addr()?;
            servers.spawn(accept(listener, manner));
            anyhow::Ok(uri(address))
        };
        let (hangs, drips, fails) =
            (serve(Manner::Hang).await?, serve(Manner::Drip).await?, serve(Manner::Fail).await?);
        // Nobody listens on the port of a listener that is gone.
        let refuses = uri(TcpListener::bind(("127.0.0.1", 0)).await?.local_addr()?);
        Ok(Self { hangs, drips, refuses, fails, _servers: servers })
    }

    /// All four.
    pub(crate) fn uris(&self) -> [&str; 4] {
        [&self.hangs, &self.drips, &self.refuses, &self.fails]
    }
}

fn uri(address: SocketAddr) -> String {
    format!("http://{address}/")
}

async fn accept(listener: TcpListener, manner: Manner) {
    let mut connections = JoinSet::new();
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            connections.spawn(serve(stream, manner));
        }
        while connections.try_join_next().is_some() {}
    }
}

/// Serves a connection until its client is tired of it.
async fn serve(mut stream: TcpStream, manner: Manner) {
    let mut buffer = vec![0; 16 * 1024];
    while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
        match manner {
            Manner::Hang => {}
            Manner::Drip => drop(drip(&mut stream).await),
            Manner::Fail => {
                let answer = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n";
                stream.write_all(answer).await.ok();
            }
        }
    }
}

async fn drip(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").await?;
    loop {
        stream.write_all(b".").await?;
        sleep(Duration::from_secs(1)).await;
    }
}
