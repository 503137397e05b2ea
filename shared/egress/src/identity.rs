//! What one registration trusts, and what it shows of itself.

use std::fmt;
use std::sync::{Arc, LazyLock};

use postrider_domain::{ClientTls, Invalid, SecretText};
use rustls::client::WantsClientCert;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore};

/// The longest PEM text, in bytes.
const MAX_PEM: usize = 64 * 1024;

/// Ring, built in: the same on every machine.
static PROVIDER: LazyLock<Arc<CryptoProvider>> =
    LazyLock::new(|| Arc::new(rustls::crypto::ring::default_provider()));

/// Mozilla's roots, built in as well.
static PUBLIC_ROOTS: LazyLock<Arc<RootCertStore>> =
    LazyLock::new(|| Arc::new(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }));

/// The TLS settings of one registration: whose certificates it trusts and which it shows.
///
/// The default trusts Mozilla's roots and shows none.
#[derive(Clone, Default)]
pub struct TlsIdentity {
    roots: Option<Arc<RootCertStore>>,
    shown: Option<Arc<CertifiedKey>>,
}

impl TlsIdentity {
    /// Reads an identity from PEM texts of at most 64 KiB each.
    ///
    /// `ca` is a bundle of certificates. Where it is given, it alone is trusted and no public
    /// authority is: whoever names the authority of a receiver does not want another one to be able
    /// to speak for it. `certificate` is the certificate to show, followed by those between it and
    /// its root; `key` is its private key, unencrypted, in PKCS#8, PKCS#1 or SEC1. Both are given
    /// or none.
    ///
    /// # Errors
    /// Says which text is wrong and why; holds nothing of what is in them.
    pub fn parse(
        ca: Option<&str>,
        certificate: Option<&str>,
        key: Option<&str>,
    ) -> Result<Self, Invalid> {
        let shown = match (certificate, key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(parse_shown(certificate, key)?),
            (Some(_), None) => return Err(invalid(CERTIFICATE, "is given without a private key")),
            (None, Some(_)) => return Err(invalid(KEY, "is given without a client certificate")),
        };
        Ok(Self { roots: ca.map(parse_roots).transpose()?, shown })
    }

    /// The settings of a client with this identity. No two share the sessions they can resume.
    pub(crate) fn client_config(&self) -> ClientConfig {
        let roots = self.roots.as_ref().unwrap_or(&PUBLIC_ROOTS);
        let trusting = trusting(Arc::clone(roots));
        let mut config = match &self.shown {
            Some(shown) => trusting
                .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(shown)))),
            None => trusting.with_no_client_auth(),
        };
        // Not HTTP/2: its requests share a connection, so that those that hang use up the streams of
        // others to the same host, and one that dies silently takes all of them with it.
        config.alpn_protocols = vec!["http/1.1".into()];
        config
    }
}

impl TryFrom<&ClientTls> for TlsIdentity {
    type Error = Invalid;

    /// The identity that a registration asks for.
    fn try_from(tls: &ClientTls) -> Result<Self, Invalid> {
        let key = tls.key.as_ref().map(SecretText::expose);
        Self::parse(tls.authorities.as_deref(), tls.certificate.as_deref(), key)
    }
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsIdentity")
            .field("ca", &self.roots.is_some())
            .field("certificate", &self.shown.is_some())
            .finish()
    }
}

fn trusting(roots: Arc<RootCertStore>) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    ClientConfig::builder_with_provider(Arc::clone(&PROVIDER))
        .with_safe_default_protocol_versions()
        .expect("ring supports the default versions")
        .with_root_certificates(roots)
}

const CA: &str = "the CA bundle";
const CERTIFICATE: &str = "the client certificate";
const KEY: &str = "the private key";

fn parse_roots(text: &str) -> Result<Arc<RootCertStore>, Invalid> {
    let mut roots = RootCertStore::empty();
    for certificate in parse_certificates(CA, text)? {
        roots.add(certificate).map_err(|_| invalid(CA, "has a certificate that cannot be read"))?;
    }
    Ok(Arc::new(roots))
}

fn parse_shown(certificate: &str, key: &str) -> Result<Arc<CertifiedKey>, Invalid> {
    let chain = parse_certificates(CERTIFICATE, certificate)?;
    CertifiedKey::from_der(chain, parse_key(key)?, &PROVIDER).map(Arc::new).map_err(|error| {
        match error {
            rustls::Error::InconsistentKeys(_) => {
                invalid(KEY, "does not belong to the client certificate")
            }
            rustls::Error::InvalidCertificate(_) => invalid(CERTIFICATE, "cannot be read"),
            _ => invalid(KEY, "is of a kind that is not supported: use RSA, ECDSA or Ed25519"),
        }
    })
}

fn parse_certificates(
    what: &'static str,
    text: &str,
) -> Result<Vec<CertificateDer<'static>>, Invalid> {
    check_length(what, text)?;
    // Certificates are shown to people, and a key in between would be, too.
    if text.contains("PRIVATE KEY-----") {
        return Err(invalid(what, "holds a private key, which does not belong there"));
    }
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(text.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| invalid(what, problem_of(&error)))?;
    if certificates.is_empty() {
        return Err(invalid(what, "holds no certificate in PEM"));
    }
    Ok(certificates)
}

fn parse_key(text: &str) -> Result<PrivateKeyDer<'static>, Invalid> {
    check_length(KEY, text)?;
    if text.contains("ENCRYPTED") {
        return Err(invalid(KEY, "is encrypted: remove its passphrase"));
    }
    PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|error| match error {
        pem::Error::NoItemsFound => invalid(KEY, "holds no private key in PEM"),
        error => invalid(KEY, problem_of(&error)),
    })
}

fn check_length(what: &str, text: &str) -> Result<(), Invalid> {
    if text.len() > MAX_PEM {
        return Err(invalid(what, "is longer than 64 KiB"));
    }
    Ok(())
}

/// The reader's own words quote the text, which may be a key.
fn problem_of(error: &pem::Error) -> &'static str {
    match error {
        pem::Error::MissingSectionEnd { .. } => "has no `END` line",
        pem::Error::IllegalSectionStart { .. } => "has a `BEGIN` line that cannot be read",
        pem::Error::Base64Decode(_) => "is not valid base64",
        _ => "is not valid PEM",
    }
}

fn invalid(what: &str, problem: &str) -> Invalid {
    Invalid::new(format!("{what} {problem}"))
}
