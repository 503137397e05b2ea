//! What an operator does before anything runs: the schema, a user, a key.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use anyhow::{Context, bail};
use postrider_domain::Ids;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::{Environment, process};
use crate::clock::WallClock;

const USER: &str = "bench";

/// Sets the database up through the command-line `tool` and returns an API key.
pub(super) async fn prepare(
    tool: &Path,
    folder: &Path,
    environment: &Environment,
) -> anyhow::Result<String> {
    let password = hex::encode(Ids::new(Arc::new(WallClock)).random::<16>());
    run(tool, folder, environment, &["migrate"], "").await?;
    let add_user = ["user", "add", USER, "--administrator", "--password-stdin"];
    run(tool, folder, environment, &add_user, &password).await?;
    add_key(tool, folder, environment, USER, &["publish", "manage"]).await
}

/// Makes an API key of `user`.
pub(super) async fn add_key(
    tool: &Path,
    folder: &Path,
    environment: &Environment,
    user: &str,
    scopes: &[&str],
) -> anyhow::Result<String> {
    let mut add_key = vec!["key", "add", user];
    add_key.extend(scopes.iter().flat_map(|scope| ["--scope", *scope]));
    let printed = run(tool, folder, environment, &add_key, "").await?;
    let key = printed.lines().last().context("no API key was printed")?;
    Ok(key.trim().to_owned())
}

async fn run(
    tool: &Path,
    folder: &Path,
    environment: &Environment,
    arguments: &[&str],
    input: &str,
) -> anyhow::Result<String> {
    let command = arguments.join(" ");
    let mut child = process::isolate(&mut Command::new(tool), folder, environment)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{}`", tool.display()))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that reads nothing may have ended by now.
        stdin.write_all(input.as_bytes()).await.ok();
    }
    let output = child.wait_with_output().await?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("`postrider {command}` failed with {}:\n{errors}", output.status);
    }
    Ok(String::from_utf8(output.stdout)?)
}
