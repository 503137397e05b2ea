//! `sign`: a request such as a provider sends, for trying an endpoint.

use std::fmt::Write as _;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use bytes::Bytes;
use clap::{Args, ValueEnum};
use postrider_domain::{Clock, Ids, InboxId, ReceiverAddress};
use postrider_runtime::{ConfigArgs, SystemClock};
use secrecy::SecretString;
use url::Url;

use super::ReceiverSettings;
use crate::routes::url_below;
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
        let url = match self.url {
            Some(url) => url,
            None => url_below(&config.base(listen)?, &address),
        };
        let secret = match self.secret {
            Some(secret) => secret,
            None => secret_of(config, provider, &address)?,
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
pub(super) fn find(name: &str) -> anyhow::Result<&'static dyn Provider> {
    providers::find(name).with_context(|| providers::unknown(name))
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

/// The newest secret of a URL, under whichever name of the provider it is configured.
fn secret_of(
    config: &ReceiverConfig,
    provider: &dyn Provider,
    address: &ReceiverAddress,
) -> anyhow::Result<SecretString> {
    let table = config.secret_table().map_err(|problems| anyhow::anyhow!(problems.join("\n")))?;
    let mut names = provider.names().iter();
    let secret = |name: &&str| table.get(&ReceiverAddress::new(name, &address.id)).first().cloned();
    names.find_map(secret).with_context(|| {
        format!("`{address}` has no secret in the configuration: give one with --secret")
    })
}

/// The longest body that is an argument of a command; no system takes arguments without end.
const MAX_ARGUMENT: usize = 64 * 1024;

/// For a shell. A body that cannot be an argument, or that a terminal would not show as it is, goes
/// through base64.
fn as_command(request: &Request) -> String {
    let url = quoted(request.url.as_str());
    let mut command = format!("curl --globoff -X {} {url}", request.method);
    for (name, value) in &request.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        // curl leaves out a header without a value unless it ends with `;`.
        let header = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        write!(command, " \\\n  -H {}", quoted(&header)).ok();
    }
    let plain = |text: &&str| text.len() <= MAX_ARGUMENT && text.chars().all(is_plain);
    match std::str::from_utf8(&request.body).ok().filter(plain) {
        Some("") => command + "\n",
        // Other than `--data-binary` it takes what begins with `@` as it is.
        Some(text) => format!("{command} \\\n  --data-raw {}\n", quoted(text)),
        None => {
            let body = crate::check::encoding::to_base64(&request.body);
            format!("echo {body} | base64 -d | {command} \\\n  --data-binary @-\n")
        }
    }
}

fn is_plain(character: char) -> bool {
    !character.is_control() || matches!(character, '\n' | '\t')
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
        let url =
            "curl --globoff -X POST 'http://127.0.0.1:8083/api/webhooks/incoming/github/org1'";
        assert!(printed.starts_with(url), "{printed}");
        assert!(printed.contains("-H 'x-hub-signature-256: sha256="), "{printed}");
        assert!(printed.contains("--data-raw '{\"ref\""), "{printed}");
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

    fn printed(body: impl Into<Bytes>) -> String {
        let url = "http://127.0.0.1/".parse().unwrap();
        as_command(&Request::new(http::Method::POST, url, body))
    }

    #[test]
    fn a_body_that_is_no_plain_text_or_a_long_one_goes_through_base64() {
        assert!(printed("a\0b").starts_with("echo YQBi | base64 -d | curl"));
        assert!(printed("a\u{1b}[2Jb").starts_with("echo YRtbMkpi | base64 -d | curl"));
        assert!(printed(&b"\xff"[..]).starts_with("echo /w== | base64 -d | curl"));
        assert!(printed("a".repeat(MAX_ARGUMENT + 1)).ends_with("--data-binary @-\n"));
        assert!(printed("a".repeat(MAX_ARGUMENT)).ends_with("aaa'\n"));
    }

    #[test]
    fn a_body_that_looks_like_the_name_of_a_file_is_sent_as_it_is() {
        assert!(printed("@/etc/hostname").ends_with("--data-raw '@/etc/hostname'\n"));
        assert!(printed("a\n\tb").ends_with("--data-raw 'a\n\tb'\n"));
    }

    #[test]
    fn an_id_is_one_segment_of_the_path_whatever_is_in_it() {
        let printed = sign(&["--receiver", "github", "--id", "../x", "--secret", SECRET]).unwrap();
        assert!(printed.contains("/incoming/github/..%2Fx' "), "{printed}");
    }

    #[test]
    fn the_secret_of_a_provider_is_found_under_each_of_its_names() {
        for (configured, asked) in
            [("instagram", "meta"), ("meta", "instagram"), ("whatsapp", "Meta")]
        {
            let text = format!("[secrets.{configured}]\ndefault = '{SECRET}'");
            let config: ReceiverConfig = toml::from_str(&text).unwrap();
            let address = ReceiverAddress::new(asked, "");
            let secret = secret_of(&config, find(asked).unwrap(), &address).unwrap();
            assert_eq!(secrecy::ExposeSecret::expose_secret(&secret), SECRET);
        }
    }

    #[test]
    fn what_no_header_carries_is_refused_in_words() {
        for (option, what) in [("--event", "event"), ("--content-type", "media type")] {
            let error = sign(&["--receiver", "github", "--secret", SECRET, option, "a\nb"]);
            let expected = format!("the {what} has a character that no header carries");
            assert_eq!(error.unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn quotes_in_a_body_do_not_end_it() {
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
