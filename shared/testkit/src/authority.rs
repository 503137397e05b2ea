//! A certificate authority of a test's own, for receivers with TLS and those who call them.

use std::sync::Arc;

use postrider_domain::{ClientTls, SecretText};
use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientCertVerifierBuilder, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};

/// Whether a receiver wants to know who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callers {
    /// It does not ask.
    Anybody,
    /// It asks, and takes those without a certificate, too.
    MayShow,
    /// It takes those with a certificate of the same authority alone.
    MustShow,
}

/// Issues certificates.
pub struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, in PEM.
pub struct Issued {
    /// The certificate.
    pub certificate: String,
    /// Its private key.
    pub key: String,
}

impl Authority {
    /// An authority that nobody trusts yet.
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = new_key();
        let certificate = params.self_signed(&key).expect("the parameters are valid");
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    /// Its certificate in PEM.
    pub fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// A certificate for `name` with a key of its own.
    pub fn issue(&self, name: &str) -> Issued {
        self.issue_for(name, &new_key())
    }

    /// A certificate for `name` and the owner of `key`.
    pub fn issue_for(&self, name: &str, key: &KeyPair) -> Issued {
        Issued { certificate: self.sign(name, key).pem(), key: key.serialize_pem() }
    }

    /// What a registration says that trusts this authority alone, and shows a certificate of it.
    pub fn client(&self) -> ClientTls {
        let Issued { certificate, key } = self.issue("postrider");
        ClientTls {
            authorities: Some(self.pem()),
            certificate: Some(certificate),
            key: Some(SecretText::parse(&key).expect("PEM is text")),
        }
    }

    /// The side of the receiver `name`: it has a certificate of this authority, trusts the callers
    /// that have one, and offers HTTP/2 before HTTP/1.1.
    pub fn server(&self, name: &str, callers: Callers) -> ServerConfig {
        self.server_speaking(rustls::DEFAULT_VERSIONS, name, callers)
    }

    /// The same as [`Authority::server`] in some versions of TLS only.
    pub fn server_speaking(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        name: &str,
        callers: Callers,
    ) -> ServerConfig {
        let key = new_key();
        let certificate = self.sign(name, &key).der().clone();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let building = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .expect("ring supports the versions");
        let valid = "an authority has a certificate";
        let building = match callers {
            Callers::Anybody => building.with_no_client_auth(),
            Callers::MayShow => building.with_client_cert_verifier(
                self.verifier(provider).allow_unauthenticated().build().expect(valid),
            ),
            Callers::MustShow => {
                building.with_client_cert_verifier(self.verifier(provider).build().expect(valid))
            }
        };
        let mut config = building
            .with_single_cert(vec![certificate], key)
            .expect("the key is the certificate's");
        config.alpn_protocols = vec!["h2".into(), "http/1.1".into()];
        config
    }

    fn sign(&self, name: &str, key: &KeyPair) -> Certificate {
        let params = CertificateParams::new([name.to_owned()]).expect("a name of a host");
        params.signed_by(key, &self.issuer).expect("the parameters are valid")
    }

    fn verifier(&self, provider: Arc<CryptoProvider>) -> ClientCertVerifierBuilder {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.der().clone()).expect("it was made here");
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
    }
}

fn new_key() -> KeyPair {
    KeyPair::generate().expect("ring makes keys of the default kind")
}
