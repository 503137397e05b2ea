//! The endpoint's side of a connection.

use std::fmt::Write;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

use super::reply::{Conduct, Reply};
use super::{ReceivedRequest, Shared};

/// How fast a body drips.
const DRIP_INTERVAL: Duration = Duration::from_millis(20);
const PIECE: u64 = 64 * 1024;

/// Serves connections until the task is aborted; those that are open then end when their peer does.
pub(super) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let connections = TaskTracker::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let shared = Arc::clone(&shared);
        shared.connections.fetch_add(1, Ordering::SeqCst);
        shared.open_connections.send_modify(|open| *open += 1);
        connections.spawn(async move {
            // A peer that hangs up early is part of many tests.
            serve(BufReader::new(stream), &shared).await.ok();
            shared.open_connections.send_modify(|open| *open -= 1);
        });
    }
}

/// Answers the requests of a connection one after the other.
async fn serve(mut stream: BufReader<TcpStream>, shared: &Shared) -> io::Result<()> {
    stream.get_ref().set_nodelay(true)?;
    while let Some(request) = read_request(&mut stream).await? {
        let echo = echo_of(&request.line);
        let Reply { conduct, held, delay } = shared.take_request(request);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if held {
            shared.released().await;
        }
        match conduct {
            Conduct::Answer { status, headers, body } => {
                answer(&mut stream, status, &headers, &body).await?;
            }
            Conduct::Echo { status } => {
                let (status, body) =
                    echo.map_or((status, Bytes::new()), |echo| (200, Bytes::from(echo)));
                answer(&mut stream, status, &[], &body).await?;
            }
            Conduct::Stream { status, bytes } => return pour(stream, shared, status, bytes).await,
            Conduct::Raw(bytes) => {
                stream.write_all(&bytes).await?;
                return stream.shutdown().await;
            }
            Conduct::Reset => return stream.get_ref().set_zero_linger(),
            Conduct::Silence => {
                // Only the other side ends this.
                stream.read_u8().await?;
            }
        }
    }
    Ok(())
}

/// The value of `echo` in the query of a GET.
fn echo_of(line: &str) -> Option<String> {
    let target = line.strip_prefix("GET ")?.split(' ').next()?;
    let (_, query) = target.split_once('?')?;
    let echo = query.split('&').find_map(|parameter| parameter.strip_prefix("echo="))?;
    Some(echo.to_owned())
}

async fn read_request(stream: &mut BufReader<TcpStream>) -> io::Result<Option<ReceivedRequest>> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, value)| value.parse().expect("a client sends a number"));
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Some(ReceivedRequest { line: line.trim_end().into(), headers, body: body.into() }))
}

async fn answer(
    stream: &mut BufReader<TcpStream>,
    status: u16,
    headers: &[(String, String)],
    body: &Bytes,
) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {status} Scripted\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").expect("writing to memory cannot fail");
    }
    head.push_str("\r\n");
    stream.write_all(&[head.as_bytes(), body].concat()).await
}

/// Sends a body in chunks until all of it is sent or the other side hangs up.
async fn pour(
    mut stream: BufReader<TcpStream>,
    shared: &Shared,
    status: u16,
    bytes: Option<u64>,
) -> io::Result<()> {
    let head = format!("HTTP/1.1 {status} Scripted\r\ntransfer-encoding: chunked\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let mut left = bytes.unwrap_or(u64::MAX);
    let piece = if bytes.is_some() { PIECE } else { 1 };
    while left > 0 {
        let size = left.min(piece);
        let filling = "x".repeat(usize::try_from(size).expect("a piece is small"));
        stream.write_all(format!("{size:x}\r\n{filling}\r\n").as_bytes()).await?;
        shared.body_bytes_sent.fetch_add(size, Ordering::SeqCst);
        left -= size;
        if bytes.is_none() {
            tokio::time::sleep(DRIP_INTERVAL).await;
        }
    }
    stream.write_all(b"0\r\n\r\n").await
}
