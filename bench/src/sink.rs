//! The sink: plays every subscriber at as little cost as possible, in a process of its own so that
//! its CPU time can be told from the publishers'.
//!
//! It reads and answers HTTP/1.1 by hand on one thread, and keeps per delivery when it came. The
//! bench talks to it in lines over its standard input and output, and it ends when that input does.

mod child;
mod ledger;
mod request;

use std::cell::RefCell;
use std::rc::Rc;

use bytes::{Buf, BytesMut};
use clap::Parser;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;

pub(crate) use child::Sink;
use ledger::Ledger;
pub(crate) use ledger::Receipt;
use request::Request;

/// The first argument that makes this program a sink.
pub(crate) const COMMAND: &str = "sink";

/// The command line of the child process.
#[derive(Debug, Parser)]
pub(crate) struct SinkArgs {
    /// How many registrations there are; their paths are `/0`, `/1`, …
    #[arg(long)]
    registrations: u32,
    /// How many events there are
    #[arg(long)]
    events: u32,
}

/// Receives until standard input ends.
pub(crate) async fn run(args: SinkArgs) -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let ledger = Rc::new(RefCell::new(Ledger::new(args.registrations, args.events)));
    let tasks = LocalSet::new();
    tasks.spawn_local(accept(listener, Rc::clone(&ledger)));
    let input = BufReader::new(tokio::io::stdin());
    let mut output = tokio::io::stdout();
    output.write_all(format!("{address}\n").as_bytes()).await?;
    output.flush().await?;
    tasks.run_until(answer(input, output, ledger)).await
}

/// Answers the bench: `count` with the number of distinct deliveries, `take` with all receipts.
async fn answer(
    input: impl AsyncBufReadExt + Unpin,
    mut output: impl AsyncWriteExt + Unpin,
    ledger: Rc<RefCell<Ledger>>,
) -> anyhow::Result<()> {
    let mut commands = input.lines();
    while let Some(command) = commands.next_line().await? {
        let mut line = match command.as_str() {
            "count" => ledger.borrow().distinct().to_string(),
            "take" => serde_json::to_string(ledger.borrow().receipts())?,
            other => anyhow::bail!("`{other}` is not a command of the sink"),
        };
        line.push('\n');
        output.write_all(line.as_bytes()).await?;
        output.flush().await?;
    }
    Ok(())
}

async fn accept(listener: TcpListener, ledger: Rc<RefCell<Ledger>>) {
    // A connection that failed before it was accepted is the client's to notice.
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            tokio::task::spawn_local(receive(stream, Rc::clone(&ledger)));
        }
    }
}

/// Serves one connection. An error closes it, and the client sees that.
async fn receive(mut stream: TcpStream, ledger: Rc<RefCell<Ledger>>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = BytesMut::with_capacity(16 * 1024);
    let mut answers = Vec::new();
    while stream.read_buf(&mut buffer).await? > 0 {
        // A read may bring several requests, or a part of one.
        while let Some((request, length)) = Request::parse(&buffer)? {
            let status = ledger.borrow_mut().record(&request);
            answers.extend_from_slice(b"HTTP/1.1 ");
            answers.extend_from_slice(status.as_bytes());
            answers.extend_from_slice(b"\r\ncontent-length: 0\r\n\r\n");
            buffer.advance(length);
        }
        stream.write_all(&answers).await?;
        answers.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::Stamp;

    fn delivery(path: &str, sequence: u32) -> Vec<u8> {
        let body = Stamp { sequence, sent_at: 5 }.to_event();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nwebhook-id: dlv_{sequence}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), &body[..]].concat()
    }

    /// Sends `pieces` one after the other on one connection, and returns the answers.
    async fn send(ledger: &Rc<RefCell<Ledger>>, pieces: Vec<Vec<u8>>) -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        client.set_nodelay(true).unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let exchange = async {
            for piece in pieces {
                client.write_all(&piece).await.unwrap();
            }
            client.shutdown().await.unwrap();
            let mut answers = String::new();
            client.read_to_string(&mut answers).await.unwrap();
            answers
        };
        let (answers, _) = tokio::join!(exchange, receive(server, Rc::clone(ledger)));
        answers
    }

    #[tokio::test]
    async fn requests_count_however_they_are_cut_into_pieces() {
        let ledger = Rc::new(RefCell::new(Ledger::new(2, 4)));
        let all: Vec<u8> = (0..4).flat_map(|sequence| delivery("/1", sequence)).collect();
        for size in [1, 7, 600, all.len()] {
            let pieces = all.chunks(size).map(<[u8]>::to_vec).collect();
            let answers = send(&ledger, pieces).await;
            assert_eq!(answers.matches("HTTP/1.1 200 OK\r\n").count(), 4, "{size}");
        }
        assert_eq!(ledger.borrow().distinct(), 4);
        assert_eq!(ledger.borrow().receipts().len(), 16);
    }

    #[tokio::test]
    async fn the_bench_is_told_how_many_came_and_what_they_were() {
        let ledger = Rc::new(RefCell::new(Ledger::new(1, 2)));
        send(&ledger, vec![delivery("/0", 1), delivery("/0", 1)]).await;
        let mut output = Vec::new();
        answer(&b"count\ntake\n"[..], &mut output, ledger).await.unwrap();
        let output = String::from_utf8(output).unwrap();
        let (count, receipts) = output.split_once('\n').unwrap();
        assert_eq!(count, "1");
        let receipts: Vec<Receipt> = serde_json::from_str(receipts).unwrap();
        assert_eq!((receipts.len(), receipts[0].sequence, receipts[0].sent_at), (2, 1, 5));
        assert_eq!(receipts[0].message, receipts[1].message);
    }

    #[tokio::test]
    async fn what_is_no_delivery_of_the_scenario_is_refused_and_not_counted() {
        let ledger = Rc::new(RefCell::new(Ledger::new(1, 2)));
        let strangers = [delivery("/1", 0), delivery("/", 0), delivery("/0", 2)].concat();
        let answers = send(&ledger, vec![strangers]).await;
        assert_eq!(answers.matches("HTTP/1.1 400 Bad Request\r\n").count(), 3, "{answers}");
        assert!(ledger.borrow().receipts().is_empty());
    }
}
