//! Users of the world, each with an API key.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use postrider_api::Accounts;
use postrider_domain::{
    Access, Clock, FilterName, Holder, KeyScopes, Permission, RegistrationId, ResourceScope, UserId,
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
    /// The password of everybody in the world.
    pub const PASSWORD: &'static str = "correct horse battery";
}

impl World {
    /// Adds a user who may read nothing yet.
    pub async fn user(&self, name: &str) -> Person {
        add(&self.accounts, name, false).await
    }

    /// Grants Read on every resource of a kind, or on one.
    pub async fn grant_read(&self, person: &Person, kind: &str, resource: Option<&str>) {
        let scope = resource.map_or(ResourceScope::Any, |id| ResourceScope::One(id.into()));
        self.grant(person, kind, scope, Access::READ).await;
    }

    /// Grants Read on the resources in a category.
    pub async fn grant_read_in(&self, person: &Person, kind: &str, category: &str) {
        self.grant(person, kind, ResourceScope::Category(category.into()), Access::READ).await;
    }

    /// Grants a permission.
    ///
    /// # Panics
    /// When the store cannot.
    pub async fn grant(&self, person: &Person, kind: &str, scope: ResourceScope, access: Access) {
        let permission = Permission {
            id: self.ids.next(),
            holder: Holder::User(person.id),
            kind: kind.parse::<FilterName>().expect("a kind"),
            scope,
            access,
            created_at: self.clock.now(),
        };
        let granted = self.store.grant_permission(&permission).await.expect("the store answers");
        assert!(granted.is_some(), "the user is there");
    }

    /// Switches a user off or on through the api.
    pub async fn disable(&self, person: &Person, disabled: bool) {
        let path = format!("/api/v1/users/{}", person.id);
        let body = json!({ "disabled": disabled });
        let (status, answer) =
            self.request(&self.administrator, Method::PATCH, &path, Some(body)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }

    /// Pauses or resumes a registration through the api.
    pub async fn pause(&self, person: &Person, registration: RegistrationId, paused: bool) {
        let path = format!("/api/v1/registrations/{registration}");
        let (status, answer) =
            self.request(person, Method::PATCH, &path, Some(json!({ "paused": paused }))).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        self.tick();
    }

    /// Lets a moment pass: the versions of what was changed at one moment follow each other by a
    /// microsecond, and what begins with a version begins then.
    pub fn tick(&self) {
        self.clock.advance(Duration::from_millis(1));
    }
}

pub(super) async fn administrator(accounts: &Accounts) -> Person {
    add(accounts, "admin", true).await
}

async fn add(accounts: &Accounts, name: &str, administrator: bool) -> Person {
    let password = SecretString::from(Person::PASSWORD);
    let user =
        accounts.create_user(name, &password, administrator).await.expect("the user can be added");
    let (_, key) = accounts
        .create_api_key(user.id, "test", KeyScopes::ALL, None)
        .await
        .expect("the key can be made");
    Person { id: user.id, key: key.expose_secret().to_owned() }
}
