//! A name service whose answers a test decides.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;

use async_trait::async_trait;
use postrider_egress::Lookup;

/// Knows the names it was made with and no other.
pub(crate) struct Names(HashMap<&'static str, Vec<IpAddr>>);

impl Names {
    pub(crate) fn new(names: &[(&'static str, &[&str])]) -> Self {
        let parse = |addresses: &[&str]| addresses.iter().map(|a| a.parse().unwrap()).collect();
        Self(names.iter().map(|(name, addresses)| (*name, parse(addresses))).collect())
    }
}

#[async_trait]
impl Lookup for Names {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        self.0.get(name).cloned().ok_or_else(|| io::Error::other("no such name"))
    }
}

/// A name service that never answers.
pub(crate) struct Silent;

#[async_trait]
impl Lookup for Silent {
    async fn addresses(&self, _name: &str) -> io::Result<Vec<IpAddr>> {
        std::future::pending().await
    }
}
