//! People who use a browser.

use serde_json::json;

use super::{Api, Call, PASSWORD, Reply};

/// A browser that has a session.
pub(crate) struct Browser(String);

impl Browser {
    /// What has the cookie of this answer to a sign-in.
    pub(crate) fn of(reply: &Reply) -> Self {
        let cookie = reply.header("set-cookie").unwrap_or_else(|| panic!("{}", reply.shown()));
        let (_, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
        Self(value.to_owned())
    }

    /// The value of its cookie.
    pub(crate) fn token(&self) -> &str {
        &self.0
    }
}

impl Api {
    /// Signs in on a page of the api.
    pub(crate) async fn sign_in(&self, name: &str, password: &str) -> Reply {
        let credentials = json!({ "userName": name, "password": password });
        self.post("/api/v1/session").same_origin().json(&credentials).send().await
    }

    /// A browser in which somebody has signed in.
    pub(crate) async fn browser(&self, name: &str) -> Browser {
        Browser::of(&self.sign_in(name, PASSWORD).await)
    }
}

impl Call<'_> {
    /// Sends the cookie of a browser along.
    pub(crate) fn session(self, browser: &Browser) -> Self {
        self.header("cookie", &format!("postrider_session={}", browser.token()))
    }

    /// Says that it comes from a page of the api.
    pub(crate) fn same_origin(self) -> Self {
        self.header("sec-fetch-site", "same-origin")
    }
}
