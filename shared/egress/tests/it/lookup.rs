//! A name service whose answers a test decides.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use postrider_egress::Lookup;

/// Knows the names it was made with and no other.
pub(crate) struct Names(HashMap<&'static str, Vec<IpAddr>>);

impl Names {
    pub(crate) fn new(names: &[(&'static str, &[&str])]) -> Self {
        Self(names.iter().map(|(name, addresses)| (*name, parse(addresses))).collect())
    }
}

#[async_trait]
impl Lookup for Names {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        self.0.get(name).cloned().ok_or_else(|| io::Error::other("no such name"))
    }
}

/// Answers whatever name it is asked for, with the next answer at each look-up. The last one stays.
pub(crate) struct Changing {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Changing {
    pub(crate) fn new(answers: &[&[&str]]) -> Self {
        let answers = answers.iter().map(|answer| parse(answer)).collect();
        Self { answers, asked: AtomicUsize::new(0) }
    }
}

#[async_trait]
impl Lookup for Changing {
    async fn addresses(&self, _name: &str) -> io::Result<Vec<IpAddr>> {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers.get(asked).or(self.answers.last());
        answer.cloned().ok_or_else(|| io::Error::other("no such name"))
    }
}

fn parse(addresses: &[&str]) -> Vec<IpAddr> {
    addresses.iter().map(|address| address.parse().unwrap()).collect()
}

/// A name service that never answers.
pub(crate) struct Silent;

#[async_trait]
impl Lookup for Silent {
    async fn addresses(&self, _name: &str) -> io::Result<Vec<IpAddr>> {
        std::future::pending().await
    }
}
