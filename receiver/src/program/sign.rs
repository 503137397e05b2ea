//! `sign`: a request such as a provider sends, for trying an endpoint.

use std::fmt::Write as _;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use bytes::Bytes;
use clap::{Args, ValueEnum};
use postrider_domain::{Clock, Ids, InboxId, ReceiverAddress};
use postrider_runtime::{ConfigArgs, SystemClock};
use secrecy::SecretString;
use url::Url;

use super::ReceiverSettings;
use crate::routes::PATH;
use crate::{Draft, Provider, ReceiverConfig, Request, providers};

/// Makes the request that a provider would send, validly signed, and prints it as a command or as it
/// goes over the wire.
#[derive(Debug, Args)]
pub struct SignArgs {
    /// Whose flavour, such as github
    #[arg(long, value_name = "NAME")]
    receiver: String,
    /// The id in the URL, if it has one
    #[arg(long, default_value = "")]
    id: String,
    /// The secret [default: that of the configuration]
    #[arg(long, env = "POSTRIDER_TEST_SIGN_SECRET", hide_env_values = true)]
    secret: Option<SecretString>,
    /// The body: a file, or - for standard input [default: a sample of the provider's]
    #[arg(long, value_name = "FILE")]
    payload: Option<PathBuf>,
    /// The event, where the provider names it in a header
    #[arg(long)]
    event: Option<String>,
    /// The media type of the body [default: the provider's]
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// What it is sent to [default: the receiver at `receiver.public_url`, or on this machine]
    #[arg(long)]
    url: Option<Url>,
    /// A private key (PEM, PKCS #8), for providers that sign with one
    #[arg(long, value_name = "FILE")]
    private_key: Option<PathBuf>,
    /// Where the certificate of the private key is
    #[arg(long, value_name = "URL")]
    certificate_url: Option<Url>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A command for a shell
    #[default]
    Curl,
    /// The request as it goes over the wire
    Http,
}

impl SignArgs {
    /// The request, printed. `listen` is where the receivers are on this machine.
    ///
    /// # Errors
    /// When the configuration cannot be used, there is no such provider or no secret, or a file cannot
    /// be read.
    pub fn run(self, args: &ConfigArgs, listen: Option<SocketAddr>) -> anyhow::Result<Vec<u8>> {
        let (_, settings) = ReceiverSettings::alone(args)?;
        let listen = listen.unwrap_or(settings.config.listen);
        self.print(&settings.config, listen)
    }

    fn print(self, config: &ReceiverConfig, listen: SocketAddr) -> anyhow::Result<Vec<u8>> {
        let provider = find(&self.receiver)?;
        let address = ReceiverAddress::new(&self.receiver, &self.id);
        let url = match (self.url, &config.public_url) {
            (Some(url), _) => url,
            (None, Some(base)) => {
                format!("{}{PATH}/{address}", base.as_str().trim_end_matches('/')).parse()?
            }
            (None, None) => format!("http://{listen}{PATH}/{address}").parse()?,
        };
        let secret = match self.secret {
            Some(secret) => secret,
            None => secret_of(config, &address)?,
        };
        let sample = provider.sample();
        let body = match &self.payload {
            Some(path) => read_payload(path)?,
            None => Bytes::from_static(sample.body.as_bytes()),
        };
        let private_key = self.private_key.map(std::fs::read_to_string).transpose();
        let clock = std::sync::Arc::new(SystemClock);
        let draft = Draft {
            url,
            body,
            content_type: self.content_type,
            event: self.event.or_else(|| sample.event.map(str::to_owned)),
            id: Ids::new(clock.clone()).next::<InboxId>().simple(),
            secret,
            now: clock.now(),
            private_key: private_key.context("the private key cannot be read")?.map(Into::into),
            certificate_url: self.certificate_url,
        };
        let request = provider.sign(draft)?;
        Ok(match self.format {
            Format::Curl => as_command(&request).into_bytes(),
            Format::Http => as_wire(&request),
        })
    }
}

/// The provider of this name.
pub(super) fn find(name: &str) -> anyhow::Result<std::sync::Arc<dyn Provider>> {
    let all = providers::all();
    let found = all.iter().find(|known| known.names().contains(&&*name.to_lowercase())).cloned();
    found.with_context(|| {
        let names: Vec<&str> = all.iter().map(|known| known.names()[0]).collect();
        format!("there is no receiver `{name}`; there are {}", names.join(", "))
    })
}

/// Reads a file, or standard input for `-`.
pub(super) fn read_payload(path: &Path) -> anyhow::Result<Bytes> {
    if path == Path::new("-") {
        let mut body = Vec::new();
        std::io::stdin().read_to_end(&mut body).context("standard input cannot be read")?;
        return Ok(body.into());
    }
    let body = std::fs::read(path);
    Ok(body.with_context(|| format!("{} cannot be read", path.display()))?.into())
}

fn secret_of(config: &ReceiverConfig, address: &ReceiverAddress) -> anyhow::Result<SecretString> {
    let table = config.secret_table().map_err(|problems| anyhow::anyhow!(problems.join("\n")))?;
    match table.get(address).first() {
        Some(secret) => Ok(secret.clone()),
        None => bail!("`{address}` has no secret in the configuration: give one with --secret"),
    }
}

/// For a shell. A body that is no text goes through base64.
fn as_command(request: &Request) -> String {
    let mut command = format!("curl -X {} {}", request.method, quoted(request.url.as_str()));
    for (name, value) in &request.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        write!(command, " \\\n  -H {}", quoted(&format!("{name}: {value}"))).ok();
    }
    match std::str::from_utf8(&request.body) {
        Ok("") => command + "\n",
        Ok(text) => format!("{command} \\\n  --data-binary {}\n", quoted(text)),
        Err(_) => {
            let body = crate::check::encoding::to_base64(&request.body);
            format!("echo {body} | base64 -d | {command} \\\n  --data-binary @-\n")
        }
    }
}

/// In single quotes, which a shell reads as they are.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn as_wire(request: &Request) -> Vec<u8> {
    let url = &request.url;
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let mut head = format!("{} {target} HTTP/1.1\r\nhost: {host}\r\n", request.method);
    for (name, value) in &request.headers {
        write!(head, "{name}: {}\r\n", String::from_utf8_lossy(value.as_bytes())).ok();
    }
    write!(head, "content-length: {}\r\n\r\n", request.body.len()).ok();
    [head.as_bytes(), &request.body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Command {
        #[command(flatten)]
        sign: SignArgs,
    }

    fn sign(args: &[&str]) -> anyhow::Result<String> {
        use clap::Parser;

        let command = Command::try_parse_from([&["sign"], args].concat())?;
        let config = ReceiverConfig::default();
        let printed = command.sign.print(&config, config.listen)?;
        Ok(String::from_utf8(printed)?)
    }

    const SECRET: &str = "12345678901234567890123456789012";

    #[test]
    fn a_sample_is_printed_as_a_command_for_the_receiver_on_this_machine() {
        let printed = sign(&["--receiver", "GitHub", "--id", "org1", "--secret", SECRET]).unwrap();
        let url = "curl -X POST 'http://127.0.0.1:8083/api/webhooks/incoming/github/org1'";
        assert!(printed.starts_with(url), "{printed}");
        assert!(printed.contains("-H 'x-hub-signature-256: sha256="), "{printed}");
        assert!(printed.contains("--data-binary '{\"ref\""), "{printed}");
    }

    #[test]
    fn it_is_printed_as_it_goes_over_the_wire() {
        let url = "https://hooks.example.com:8443/x?a=b";
        let printed =
            sign(&["--receiver", "github", "--secret", SECRET, "--url", url, "--format", "http"]);
        let printed = printed.unwrap();
        assert!(printed.starts_with("POST /x?a=b HTTP/1.1\r\nhost: hooks.example.com:8443\r\n"));
    }

    #[test]
    fn what_is_missing_is_said() {
        let said = |args: &[&str]| sign(args).unwrap_err().to_string();
        assert!(said(&["--receiver", "nobody"]).contains("there are"));
        assert!(said(&["--receiver", "github"]).contains("--secret"));
        let nowhere = ["--receiver", "github", "--secret", SECRET, "--payload", "/nowhere"];
        assert!(said(&nowhere).contains("/nowhere"));
    }

    #[test]
    fn quotes_in_a_body_do_not_end_it() {
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
