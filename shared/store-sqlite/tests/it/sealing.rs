//! What an older version left in the clear, down to the bytes of the files.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use postrider_domain::ports::{OperationsStore, RegistrationStore, StoreError};
use postrider_domain::{Registration, RegistrationHeaders, Secret, Visibility};
use postrider_store_sqlite::SqliteStore;
use postrider_vault::Keyring;
use secrecy::SecretString;
use sqlx::{Connection, SqliteConnection};

use super::{KEY, new_registration, store_with_user};

const SECRET: &str = "a-secret-that-nobody-should-find-0123456789";
const TOKEN: &str = "a-bearer-token-that-nobody-should-find";

/// A store with one registration.
async fn given(file: &Path) -> Result<(SqliteStore, Registration), Box<dyn Error>> {
    let (store, owner) = store_with_user(file).await?;
    let registration = Registration {
        secret: Secret::parse(SECRET)?,
        headers: RegistrationHeaders::parse([("authorization", TOKEN)])?,
        ..new_registration(owner)?
    };
    store.add_registration(&registration, None, 10).await?;
    Ok((store, registration))
}

/// Edits one row behind the store's back.
async fn edit(file: &Path, sql: &'static str, texts: &[&str]) -> Result<(), sqlx::Error> {
    let mut connection = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await?;
    let query = texts.iter().fold(sqlx::query(sql), |query, text| query.bind((*text).to_owned()));
    assert_eq!(query.execute(&mut connection).await?.rows_affected(), 1);
    connection.close().await
}

/// Whether `text` is anywhere in the folder of the database.
fn is_on_disk(file: &Path, text: &str) -> bool {
    let folder = file.parent().expect("a file is in a folder");
    fs::read_dir(folder).expect("the folder is there").any(|entry| {
        let file = entry.expect("the folder can be read").path();
        let bytes = fs::read(file).expect("the file can be read");
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[tokio::test]
async fn a_secret_is_in_no_file_and_one_that_was_is_not_after_migrating() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postrider.db");
    let (store, registration) = given(&file).await.unwrap();
    assert!(!is_on_disk(&file, SECRET) && !is_on_disk(&file, TOKEN));

    let headers = format!(r#"{{"authorization":"{TOKEN}"}}"#);
    let sql = "UPDATE registrations SET secret = $1, headers = $2";
    edit(&file, sql, &[SECRET, &headers]).await.unwrap();
    assert!(is_on_disk(&file, SECRET) && is_on_disk(&file, TOKEN));
    let unsealed = store.find_registration(Visibility::All, registration.id).await.unwrap_err();
    assert!(matches!(unsealed, StoreError::Corrupt { .. }), "{unsealed:?}");
    assert!(!format!("{unsealed:?}").contains(SECRET));

    store.migrate().await.unwrap();
    assert!(!is_on_disk(&file, SECRET) && !is_on_disk(&file, TOKEN));
    let found = store.find_registration(Visibility::All, registration.id).await.unwrap();
    assert_eq!(found, Some(registration));
}

#[tokio::test]
async fn a_registration_that_does_not_open_does_not_keep_others_under_an_old_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postrider.db");
    let (store, broken) = given(&file).await.unwrap();
    let other = new_registration(broken.owner).unwrap();
    store.add_registration(&other, None, 10).await.unwrap();
    let sql = "UPDATE registrations SET secret = 's1:lost:AAAA' WHERE hex(id) = $1";
    edit(&file, sql, &[&hex::encode_upper(broken.id.0.as_bytes())]).await.unwrap();
    store.close().await;

    let new = Keyring::generate_key();
    let open = async |keys: &[&SecretString]| {
        let keyring = Keyring::parse(keys.iter().copied()).unwrap();
        SqliteStore::connect(file.to_str().unwrap(), Arc::new(keyring)).await.unwrap()
    };
    let store = open(&[&new, &KEY]).await;
    assert_eq!(store.reseal(10).await.unwrap(), 1);
    let stuck = store.reseal(10).await.unwrap_err();
    assert!(matches!(stuck, StoreError::Corrupt { .. }), "{stuck:?}");
    store.close().await;

    let store = open(&[&new]).await;
    let found = store.find_registration(Visibility::All, other.id).await.unwrap();
    assert_eq!(found, Some(other));
}
