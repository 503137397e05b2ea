//! How clients see the headers of what is posted, and of what is answered.

use http::HeaderName;
use postrider_domain::{Principal, RegistrationHeaders, UserId};
use postrider_wire::{aspnet, standard};
use serde::Serialize;
use utoipa::ToSchema;

/// The headers with signatures.
const SIGNATURES: [&str; 3] =
    [aspnet::SIGNATURE_HEADER, aspnet::PREVIOUS_SIGNATURE_HEADER, standard::SIGNATURE_HEADER];

/// A header.
#[derive(Serialize, ToSchema)]
pub(super) struct HeaderView {
    pub(super) name: String,
    pub(super) value: String,
}

/// Headers as they are.
pub(super) fn headers<N: Into<String>, V: Into<String>>(
    headers: impl IntoIterator<Item = (N, V)>,
) -> Vec<HeaderView> {
    let view = |(name, value): (N, V)| HeaderView { name: name.into(), value: value.into() };
    headers.into_iter().map(view).collect()
}

/// Whether somebody sees what proves to a receiver who wrote to it. Only the owner of a registration
/// does: with a signature that is still fresh, anybody else could write in the product's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signatures {
    Shown,
    Masked,
}

impl Signatures {
    /// As `principal` sees those that are made for a registration of `owner`.
    pub(super) fn seen_by(principal: &Principal, owner: UserId) -> Self {
        if principal.user.id == owner { Self::Shown } else { Self::Masked }
    }

    /// The headers of a request.
    pub(super) fn of_request(self, sent: Vec<(String, String)>) -> Vec<HeaderView> {
        let mut views = headers(sent);
        if self == Self::Masked {
            for header in views.iter_mut().filter(|header| is_signature(&header.name)) {
                RegistrationHeaders::MASK.clone_into(&mut header.value);
            }
        }
        views
    }
}

fn is_signature(name: &str) -> bool {
    SIGNATURES.iter().any(|signature| HeaderName::from_static(signature) == name)
}
