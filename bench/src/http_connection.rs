//! One keep-alive connection to the product's api or health listener.

use std::net::SocketAddr;

use anyhow::Context;
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// A connection. Dropping it closes it.
pub(crate) struct HttpConnection {
    host: String,
    requests: SendRequest<Full<Bytes>>,
    /// What moves the bytes; ends with the connection.
    _driver: JoinSet<()>,
}

impl HttpConnection {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (requests, connection) = handshake(TokioIo::new(stream)).await?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // What went wrong is told to the request that was under way.
            connection.await.ok();
        });
        Ok(Self { host: address.to_string(), requests, _driver: driver })
    }

    /// Asks for `path`.
    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<(StatusCode, Bytes)> {
        self.send(Request::builder().method(Method::GET).uri(path), Bytes::new()).await
    }

    /// Posts JSON with an API key.
    pub(crate) async fn post(
        &mut self,
        path: &str,
        key: &str,
        json: Bytes,
    ) -> anyhow::Result<(StatusCode, Bytes)> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "application/json");
        self.send(request, json).await
    }

    /// Deletes `path` with an API key.
    pub(crate) async fn delete(&mut self, path: &str, key: &str) -> anyhow::Result<StatusCode> {
        let request = Request::builder()
            .method(Method::DELETE)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {key}"));
        Ok(self.send(request, Bytes::new()).await?.0)
    }

    /// Sends a request, whose host is added.
    pub(crate) async fn send(
        &mut self,
        request: http::request::Builder,
        body: Bytes,
    ) -> anyhow::Result<(StatusCode, Bytes)> {
        let request = request.header(header::HOST, &self.host).body(Full::new(body))?;
        self.requests.ready().await?;
        let response = self.requests.send_request(request).await.context("no answer")?;
        let status = response.status();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    }
}
