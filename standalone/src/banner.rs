//! What a person sees first: where it runs, how to sign in, and three commands to try.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use postrider_api::accounts::FirstAdministrator;
use postrider_domain::{Ids, Secret};
use secrecy::ExposeSecret;

/// The text printed once everything runs.
pub(crate) struct Banner {
    address: SocketAddr,
    data_dir: PathBuf,
    administrator: String,
    key: PathBuf,
    secret: Secret,
    command: String,
}

impl Banner {
    pub(crate) fn new(
        address: SocketAddr,
        data_dir: &Path,
        created: Option<&FirstAdministrator>,
        key: &Path,
        ids: &Ids,
    ) -> Self {
        let administrator = match created.map(|created| created.generated_password.as_ref()) {
            Some(Some(password)) => {
                format!("admin, password {} (shown only this once)", password.expose_secret())
            }
            Some(None) => "admin, with the password you configured".into(),
            None => "as before".into(),
        };
        Self {
            address,
            data_dir: data_dir.into(),
            administrator,
            key: key.into(),
            // For trying out: it is used by whoever copies the commands, and stored nowhere else.
            secret: Secret::generate(ids),
            command: command(),
        }
    }
}

/// How this program was called, so that the printed commands work as they are.
fn command() -> String {
    std::env::args().next().unwrap_or_else(|| "postrider".into())
}

impl fmt::Display for Banner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, command, .. } = self;
        let (data_dir, key, secret) =
            (self.data_dir.display(), self.key.display(), self.secret.expose());
        write!(
            f,
            r#"
Postrider runs at http://{address}   data: {data_dir}
Administrator: {administrator}

Try it from another terminal, in this folder:

1. Receive webhooks, and see whether their signatures verify:

  {command} listen --port 9000 --secret {secret}

2. Register for the events of reports:

  curl -s http://{address}/api/v1/registrations \
    -H "authorization: Bearer $(cat {key})" -H 'content-type: application/json' \
    -d '{{"uri":"http://127.0.0.1:9000/","secret":"{secret}","filters":["reports"]}}'

3. Publish an event:

  {command} send --url http://{address} --key-file {key} \
    --filter reports --type Added --resource 42 --name 'Q3 revenue'

Ctrl-C ends Postrider; what is not delivered by then is delivered after the next start.
"#,
            administrator = self.administrator,
        )
    }
}
