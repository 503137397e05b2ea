//! `postrider send`: publishes an event over the API, as any program would.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use postrider_runtime::{ConfigArgs, Loader};
use serde_json::{Value, json};

use crate::local_key::LocalKey;

/// What to publish, and where.
#[derive(Args)]
pub(crate) struct SendArgs {
    /// Where Postrider is
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// The API key
    #[arg(long)]
    key: Option<String>,
    /// A file with the API key [default: cli.key in the data directory]
    #[arg(long, conflicts_with = "key")]
    key_file: Option<PathBuf>,
    /// The kind of event: reports, categories, connections, tasks, alerts or one of your own
    #[arg(long)]
    filter: String,
    /// What happened: Added, Edited, Deleted, Executed, …
    #[arg(long = "type")]
    event_type: String,
    /// The id of the resource it happened to
    #[arg(long)]
    resource: String,
    /// The name of the resource
    #[arg(long)]
    name: Option<String>,
    /// The category of the resource
    #[arg(long)]
    category: Option<String>,
    /// Further data: JSON, or @FILE
    #[arg(long, value_name = "JSON|@FILE")]
    data: Option<String>,
    /// Your own id of the event, which makes sending it again harmless
    #[arg(long)]
    id: Option<String>,
}

impl SendArgs {
    fn body(&self) -> anyhow::Result<Value> {
        let data: Option<Value> = match self.data.as_deref() {
            Some(text) => {
                let text = match text.strip_prefix('@') {
                    Some(path) => std::fs::read_to_string(path)
                        .with_context(|| format!("cannot read {path}"))?,
                    None => text.to_owned(),
                };
                Some(serde_json::from_str(&text).context("--data is not JSON")?)
            }
            None => None,
        };
        let mut resource = json!({ "id": self.resource });
        let optional = [("name", &self.name), ("category", &self.category)];
        for (member, value) in
            optional.into_iter().filter_map(|(member, value)| Some((member, value.as_ref()?)))
        {
            resource[member] = json!(value);
        }
        let mut event =
            json!({ "filter": self.filter, "type": self.event_type, "resource": resource });
        if let Some(data) = data {
            event["data"] = data;
        }
        if let Some(id) = &self.id {
            event["id"] = json!(id);
        }
        Ok(event)
    }

    fn key(&self, config: ConfigArgs) -> anyhow::Result<String> {
        match (&self.key, &self.key_file) {
            (Some(key), _) => Ok(key.clone()),
            (None, Some(path)) => {
                let key = std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                Ok(key.trim().to_owned())
            }
            (None, None) => {
                let mut loader = Loader::new(config);
                let common = loader.common();
                LocalKey::read(&loader.finish(Some(common))?.data_dir)
            }
        }
    }
}

/// Publishes the event and prints the answer.
pub(crate) async fn run(config: ConfigArgs, args: SendArgs) -> anyhow::Result<()> {
    let (key, body) = (args.key(config)?, args.body()?);
    let url = format!("{}/api/v1/events", args.url.trim_end_matches('/'));
    let response = client()?
        .post(&url)
        .bearer_auth(key)
        .json(&body)
        .send()
        .await
        .with_context(|| format!("no answer from {url}: is Postrider running?"))?;
    let (status, answer) = (response.status(), response.text().await?);
    if !status.is_success() {
        bail!("{status}: {answer}");
    }
    println!("{answer}");
    Ok(())
}

fn client() -> anyhow::Result<reqwest::Client> {
    // A second installation in one process is no fault: the first one is the same.
    rustls::crypto::ring::default_provider().install_default().ok();
    Ok(reqwest::Client::builder().timeout(std::time::Duration::from_secs(30)).build()?)
}
