//! Users of the world, each with an API key.

use axum::http::{Method, StatusCode};
use postrider_api::Accounts;
use postrider_domain::{
    Access, FilterName, Permission, RegistrationId, ResourceScope, Role, UserId,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::World;

/// A user, and the key they call the api with.
#[derive(Debug, Clone)]
pub struct Person {
    /// Their id.
    pub id: UserId,
    /// Their API key.
    pub key: String,
}

impl Person {
    /// The secret of every registration in the world.
    pub const SECRET: &'static str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
}

impl World {
    /// Adds a user who may read nothing yet.
    pub async fn user(&self, name: &str) -> Person {
        add(&self.accounts, name, Role::User).await
    }

    /// Grants Read on every resource of a kind, or on one.
    pub async fn grant_read(&self, person: &Person, kind: &str, resource: Option<&str>) {
        let permission = Permission {
            id: self.ids.next(),
            user: person.id,
            kind: kind.parse::<FilterName>().expect("a kind"),
            scope: resource.map_or(ResourceScope::Any, |id| ResourceScope::One(id.into())),
            access: Access::READ,
        };
        self.store.grant_permission(&permission).await.expect("the store answers");
    }

    /// Pauses or resumes a registration through the api.
    pub async fn pause(&self, person: &Person, registration: RegistrationId, paused: bool) {
        let path = format!("/api/v1/registrations/{registration}");
        let (status, answer) =
            self.request(person, Method::PATCH, &path, Some(json!({ "paused": paused }))).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
}

pub(super) async fn administrator(accounts: &Accounts) -> Person {
    add(accounts, "admin", Role::Administrator).await
}

async fn add(accounts: &Accounts, name: &str, role: Role) -> Person {
    let password = SecretString::from("correct horse battery");
    let user = accounts.create_user(name, &password, role).await.expect("the user can be added");
    let (_, key) = accounts.create_api_key(user.id, "test").await.expect("the key can be made");
    Person { id: user.id, key: key.expose_secret().to_owned() }
}
