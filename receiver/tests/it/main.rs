//! The inbox with its queue, on both pairs of back ends, with a clock that is moved by hand.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod accepting;
mod bodies;
mod chains;
#[cfg(feature = "program")]
mod commands;
mod crowds;
mod keeping;
mod leases;
mod outages;
mod pace;
mod probe;
mod processes;
mod unrecorded;
mod watched;
mod world;

/// Makes a test of each case for each pair of back ends.
macro_rules! on_every_pair {
    ($($case:ident,)+) => {
        mod embedded {
            $(#[tokio::test]
            async fn $case() {
                super::$case(crate::world::World::embedded().await).await;
            })+
        }
        mod services {
            $(#[tokio::test]
            async fn $case() {
                super::$case(crate::world::World::services().await).await;
            })+
        }
    };
}
use on_every_pair;
