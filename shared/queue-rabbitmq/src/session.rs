//! One connection to the broker, from its handshake to its loss.

use std::time::Duration;

use futures_util::StreamExt;
use lapin::options::QueueDeclareOptions;
use lapin::types::{FieldTable, ShortString};
use lapin::uri::AMQPUri;
use lapin::{Channel, Connection, ConnectionProperties, Event};
use tokio::time::timeout;

use crate::error::BrokerError;
use crate::settings::RabbitSettings;
use crate::topology::Topology;
use crate::wire::Wire;

/// A connection on which channels can be opened.
pub(crate) struct Session {
    connection: Connection,
    wire: Wire,
    /// What every channel declares; nothing where the topology is somebody else's.
    topology: Option<Topology>,
    /// How long the broker may take to answer.
    patience: Duration,
}

impl Session {
    /// Connects and declares the topology, if there is one. `name` is what operators see in the broker's list.
    pub(crate) async fn open(
        address: AMQPUri,
        name: &str,
        settings: &RabbitSettings,
        topology: Option<Topology>,
    ) -> Result<Self, BrokerError> {
        let wire = Wire::default();
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let connection =
            timeout(settings.connect_timeout, wire.connect(address, properties)).await??;
        let session = Self { connection, wire, topology, patience: settings.confirm_timeout };
        // Nobody else looks yet whether the connection goes away, and a call made at that very moment
        // would wait for an answer that cannot come.
        tokio::select! {
            checked = session.check() => checked?,
            reason = session.lost() => return Err(BrokerError::Down(reason)),
        }
        Ok(session)
    }

    /// Waits until the connection is lost, and says why.
    pub(crate) async fn lost(&self) -> String {
        let mut events = self.connection.events_listener().boxed();
        let mut reason = "the connection was closed".to_owned();
        while self.is_connected() {
            match events.next().await {
                // Errors of single channels come this way too; the connection outlives those.
                Some(Event::Error(error)) => reason = BrokerError::from(error).reason(),
                Some(_) => {}
                None => break,
            }
        }
        reason
    }

    /// Opens a channel, and declares the topology on it.
    pub(crate) async fn open_channel(&self) -> Result<Channel, BrokerError> {
        let opened = async {
            let channel = self.connection.create_channel().await?;
            if let Some(topology) = &self.topology {
                topology.declare(&channel).await?;
            }
            Ok(channel)
        };
        // Rare and large: on the heap it does not weigh on the future of every publish.
        self.answered(Box::pin(opened)).await
    }

    /// How many messages are ready in a queue. It has a channel of its own, which ends when there is no
    /// such queue.
    pub(crate) async fn depth(&self, queue: ShortString) -> Result<u64, BrokerError> {
        let asked = async {
            let channel = self.connection.create_channel().await?;
            let passive = QueueDeclareOptions { passive: true, ..Default::default() };
            let found = channel.queue_declare(queue, passive, FieldTable::default()).await?;
            channel.close(200, "OK".into()).await?;
            Ok(found.message_count().into())
        };
        self.answered(Box::pin(asked)).await
    }

    /// Whether the broker still answers and has the topology.
    pub(crate) async fn check(&self) -> Result<(), BrokerError> {
        let channel = self.open_channel().await?;
        self.answered(channel.close(200, "OK".into())).await
    }

    /// Waits for an answer of the broker, but not for ever.
    pub(crate) async fn answered<T>(
        &self,
        answer: impl Future<Output = lapin::Result<T>>,
    ) -> Result<T, BrokerError> {
        self.unless_ended(async { Ok(timeout(self.patience, answer).await??) }).await
    }

    /// Waits for `work`, but not beyond the end of the connection.
    pub(crate) async fn unless_ended<T>(
        &self,
        work: impl Future<Output = Result<T, BrokerError>>,
    ) -> Result<T, BrokerError> {
        self.wire.run_until_cut(work).await.unwrap_or(Err(BrokerError::Ended))
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.connection.status().connected()
    }

    /// Whether the broker, short of memory or disk, takes nothing more on this connection.
    pub(crate) fn is_blocked(&self) -> bool {
        self.connection.status().blocked()
    }

    /// Says good-bye, then cuts the connection whether or not that was answered.
    pub(crate) async fn close(&self) {
        // A broker that does not answer learns of it by the cut.
        self.answered(self.connection.close(200, "OK".into())).await.ok();
        self.cut();
    }

    /// Cuts the connection: whatever is under way on it fails at once.
    pub(crate) fn cut(&self) {
        self.wire.cut();
    }
}
