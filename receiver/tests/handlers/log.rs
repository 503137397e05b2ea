//! Kind `log`.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use super::{INBOX_ID, handler, run, tools};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a handler with these settings writes.
async fn written(settings: &str) -> String {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
    let _capturing = tracing::subscriber::set_default(subscriber);
    let toml = format!("[[handlers]]\nname = 'trace'\nkind = 'log'\n{settings}");
    run(&handler(&toml, &tools())).await.unwrap();
    let written = lines.0.lock().unwrap().clone();
    String::from_utf8(written).unwrap()
}

#[tokio::test]
async fn a_webhook_is_one_line_without_its_payload() {
    let written = written("").await;
    let line: serde_json::Value = serde_json::from_str(&written).unwrap();
    assert_eq!(line["level"], "INFO");
    let fields = &line["fields"];
    assert_eq!(fields["handler"], "trace");
    assert_eq!(fields["receiver"], "github");
    assert_eq!(fields["receiver_id"], "org1");
    assert_eq!(fields["actions"], "issues.opened,a%2C%20b");
    assert_eq!(fields["inbox_id"], INBOX_ID);
    assert_eq!(fields["bytes"], 12);
    assert!(!written.contains("text"), "{written}");
}

#[tokio::test]
async fn the_payload_is_in_the_log_when_that_is_asked_for() {
    let line: serde_json::Value = serde_json::from_str(&written("payload = true").await).unwrap();
    assert_eq!(line["fields"]["payload"], "{\"text\":\"\u{fffd}\"}");
}
