use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use futures_util::future::join_all;
use http::HeaderMap;
use postrider_domain::FailureCause;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::*;
use crate::{ClientSettings, EgressConfig, Guard};

/// A resolver whose look-ups end when the test says so, or is over.
struct Resolver {
    lookup: SystemLookup,
    /// The names whose look-up began.
    begun: UnboundedReceiver<String>,
    /// Lets one look-up end for each message.
    let_end: Sender<()>,
}

impl Resolver {
    fn new() -> Self {
        let (name_begun, begun) = unbounded_channel();
        let (let_end, may_end): (_, Receiver<()>) = channel();
        let may_end = Mutex::new(may_end);
        let lookup = SystemLookup::with_resolver(move |name| {
            name_begun.send(name.to_owned()).ok();
            may_end.lock().unwrap().recv().ok();
            Ok(vec![IpAddr::from([192, 168, 0, 1])])
        });
        Self { lookup, begun, let_end }
    }

    /// Asks for `name`, waits until it is looked up, and gives up.
    async fn begin(&mut self, name: &str) {
        let answer = Lookups::join(&self.lookup.0, name);
        assert_eq!(self.begun.recv().await.as_deref(), Some(name));
        assert!(answer.peek().is_none());
    }
}

#[tokio::test]
async fn those_who_ask_for_a_name_at_the_same_moment_share_one_look_up() {
    let mut resolver = Resolver::new();
    resolver.begin("a.example").await;
    let asking = join_all((0..100).map(|_| resolver.lookup.addresses("a.example")));
    resolver.let_end.send(()).unwrap();
    assert!(asking.await.into_iter().all(|answer| answer.unwrap().len() == 1));
    assert!(resolver.begun.is_empty());
}

#[tokio::test]
async fn a_name_that_was_looked_up_is_looked_up_again_for_whoever_asks_later() {
    let mut resolver = Resolver::new();
    for _ in 0..2 {
        resolver.let_end.send(()).unwrap();
        resolver.lookup.addresses("a.example").await.unwrap();
        assert_eq!(resolver.begun.try_recv().as_deref(), Ok("a.example"));
    }
}

#[tokio::test]
async fn a_name_that_hangs_takes_one_thread_however_often_it_is_asked_for() {
    let mut resolver = Resolver::new();
    resolver.begin("hanging.example").await;
    for _ in 0..2 * MAX_LOOKUPS {
        let asking = resolver.lookup.addresses("hanging.example");
        assert!(asking.now_or_never().is_none());
    }
    resolver.begin("other.example").await;
    assert!(resolver.begun.is_empty());
    assert_eq!(resolver.lookup.0.permits.available_permits(), MAX_LOOKUPS - 2);
}

#[tokio::test(start_paused = true)]
async fn a_look_up_whose_turn_does_not_come_is_a_failure_of_dns_that_says_so() {
    let mut resolver = Resolver::new();
    for index in 0..MAX_LOOKUPS {
        resolver.begin(&format!("hanging{index}.example")).await;
    }
    let Resolver { lookup, let_end, .. } = resolver;
    let lookup = Arc::new(lookup);
    let config = EgressConfig::default();
    let client =
        Arc::new(Guard::with_lookup(&config, lookup.clone())).client(ClientSettings::default());
    let send = || client.get("https://a.example/".parse().unwrap(), HeaderMap::new());

    let (failed, ()) = tokio::join!(send(), async {
        // The clock of a test stands still while threads are busy. Timers round up.
        tokio::task::yield_now().await;
        tokio::time::advance(PATIENCE + Duration::from_millis(1)).await;
    });
    let failure = failed.err().unwrap();
    assert_eq!(failure.cause, FailureCause::Dns, "{failure}");
    assert!(failure.detail.contains("too many other names"), "{failure}");

    // Threads that are done make room. The address is a private one.
    drop(let_end);
    let failure = send().await.err().unwrap();
    assert_eq!(failure.cause, FailureCause::Blocked, "{failure}");
}

#[tokio::test]
async fn a_resolver_that_panics_is_a_failure_and_the_name_can_be_asked_for_again() {
    let lookup = SystemLookup::with_resolver(|_| panic!("the resolver gives up"));
    for _ in 0..2 {
        assert!(lookup.addresses("a.example").await.is_err());
    }
    assert_eq!(lookup.0.permits.available_permits(), MAX_LOOKUPS);
}
