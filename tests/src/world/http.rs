//! Requests as a client of the product makes them, to the byte.

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use bytes::Bytes;
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use super::World;

/// An answer of the api.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl World {
    /// Sends a request to the api.
    ///
    /// # Panics
    /// When there is no whole answer.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.router.clone().oneshot(request).await.expect("the router answers");
        let (head, body) = answer.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Answer { status: head.status, headers: head.headers, body }
    }

    /// Sends JSON (or nothing) with a token.
    pub async fn call(&self, token: &str, line: &str, body: Option<Value>) -> Answer {
        let (method, path) = line.split_once(' ').expect("METHOD /path");
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "reports.example")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .expect("a well-formed request");
        self.send(request).await
    }

    /// Asks for a token as a browser's form does.
    pub async fn ask_for_token(&self, name: &str, password: &str) -> Answer {
        let encode = |text: &str| text.replace(' ', "+");
        let form =
            format!("grant_type=password&username={}&password={}", encode(name), encode(password));
        let request = Request::post("/Token")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded; charset=UTF-8")
            .body(Body::from(form))
            .expect("a well-formed request");
        self.send(request).await
    }

    /// The token of somebody who signs in with the password of everybody here.
    ///
    /// # Panics
    /// When they cannot.
    pub async fn sign_in(&self, name: &str) -> String {
        let answer = self.ask_for_token(name, super::Person::PASSWORD).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.json()["access_token"].as_str().expect("a token").to_owned()
    }
}
