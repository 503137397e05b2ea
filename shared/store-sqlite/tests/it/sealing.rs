//! What an older version left in the clear, down to the bytes of the files.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use postrider_domain::ports::{
    OperationsStore, RegistrationQuery, RegistrationRemoval, RegistrationStore, StoreError,
};
use postrider_domain::{
    Authentication, Credentials, Registration, RegistrationHeaders, Secret, SecretText, Visibility,
};
use postrider_store_sqlite::SqliteStore;
use postrider_vault::Keyring;
use secrecy::SecretString;
use sqlx::{Connection, SqliteConnection};

use super::{KEY, NOW, new_registration, store_with_user};

const SECRET: &str = "a-secret-that-nobody-should-find-0123456789";
const TOKEN: &str = "a-bearer-token-that-nobody-should-find";
const PASSWORD: &str = "a-password-that-nobody-should-find";

fn credentials() -> Result<Credentials, Box<dyn Error>> {
    let password = SecretText::parse(PASSWORD)?;
    let authentication = Some(Authentication::Basic { user: "ada".into(), password });
    Ok(Credentials { authentication, ..Credentials::default() })
}

/// A store with one registration.
async fn given(file: &Path) -> Result<(SqliteStore, Registration), Box<dyn Error>> {
    let (store, owner) = store_with_user(file).await?;
    let registration = Registration {
        secret: Secret::parse(SECRET)?,
        headers: RegistrationHeaders::parse([("authorization", TOKEN)])?,
        credentials: credentials()?,
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
    let on_disk = || [SECRET, TOKEN, PASSWORD].map(|text| is_on_disk(&file, text));
    assert_eq!(on_disk(), [false; 3]);

    let headers = format!(r#"{{"authorization":"{TOKEN}"}}"#);
    let credentials = registration.credentials.expose_json();
    let sql = "UPDATE registrations SET secret = $1, headers = $2, credentials = $3";
    edit(&file, sql, &[SECRET, &headers, &credentials]).await.unwrap();
    assert_eq!(on_disk(), [true; 3]);
    let unsealed = store.find_registration(Visibility::All, registration.id).await.unwrap_err();
    assert!(matches!(unsealed, StoreError::Corrupt { .. }), "{unsealed:?}");
    assert!(!format!("{unsealed:?}").contains(SECRET));

    store.migrate().await.unwrap();
    assert_eq!(on_disk(), [false; 3]);
    let found = store.find_registration(Visibility::All, registration.id).await.unwrap();
    assert_eq!(found, Some(registration));
}

#[tokio::test]
async fn a_secret_that_somebody_chose_to_look_sealed_is_sealed_by_migrating() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postrider.db");
    let (store, registration) = given(&file).await.unwrap();
    let chosen = "s1:a-secret-that-looks-sealed-0123456789";
    let sql = "UPDATE registrations SET secret = $1, headers = '{}'";
    edit(&file, sql, &[chosen]).await.unwrap();

    // The second time there is nothing to do.
    store.migrate().await.unwrap();
    store.migrate().await.unwrap();
    let found = store.find_registration(Visibility::All, registration.id).await.unwrap().unwrap();
    assert_eq!(found.secret.expose(), chosen);
}

#[tokio::test]
async fn a_secret_that_is_sealed_stays_so_where_the_headers_are_in_the_clear() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postrider.db");
    let (store, registration) = given(&file).await.unwrap();
    edit(&file, "UPDATE registrations SET headers = '{}'", &[]).await.unwrap();
    store.migrate().await.unwrap();
    let found = store.find_registration(Visibility::All, registration.id).await.unwrap().unwrap();
    assert_eq!(found.secret.expose(), SECRET);
}

/// Adds two registrations that do not open, and after them one that does.
async fn given_broken_ones(file: &Path) -> Result<[Registration; 3], Box<dyn Error>> {
    let (store, first) = given(file).await?;
    let second = new_registration(first.owner)?;
    let good = Registration { credentials: credentials()?, ..new_registration(first.owner)? };
    store.add_registration(&second, None, 10).await?;
    store.add_registration(&good, None, 10).await?;
    for broken in [&first, &second] {
        let sql = "UPDATE registrations SET secret = 's1:lost:AAAA' WHERE hex(id) = $1";
        edit(file, sql, &[&hex::encode_upper(broken.id.0.as_bytes())]).await?;
    }
    store.close().await;
    Ok([first, second, good])
}

async fn open(file: &Path, keys: &[&SecretString]) -> SqliteStore {
    let keyring = Keyring::parse(keys.iter().copied()).expect("keys that were just made");
    let file = file.to_str().expect("a name in Unicode");
    SqliteStore::connect(file, Arc::new(keyring)).await.expect("the file opens")
}

#[tokio::test]
async fn registrations_that_do_not_open_do_not_keep_others_under_an_old_key_however_many_they_are()
{
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postrider.db");
    let [.., good] = given_broken_ones(&file).await.unwrap();

    let new = Keyring::generate_key();
    let store = open(&file, &[&new, &KEY]).await;
    assert_eq!(store.reseal(1).await.unwrap(), 1);
    let stuck = store.reseal(1).await.unwrap_err();
    assert!(matches!(stuck, StoreError::Corrupt { .. }), "{stuck:?}");
    store.close().await;

    let store = open(&file, &[&new]).await;
    let found = store.find_registration(Visibility::All, good.id).await.unwrap();
    assert_eq!(found, Some(good));
}

#[tokio::test]
async fn registrations_that_do_not_open_are_passed_over_in_a_list_and_can_be_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postrider.db");
    let [first, second, good] = given_broken_ones(&file).await.unwrap();
    let store = open(&file, &[&KEY]).await;

    let (mut listed, mut after) = (Vec::new(), None);
    for _ in 0..3 {
        let query = RegistrationQuery { limit: 1, after, ..RegistrationQuery::of(Visibility::All) };
        let page = store.list_registrations(&query).await.unwrap();
        listed.extend(page.items.into_iter().map(|item| item.registration));
        after = page.next;
    }
    assert_eq!((listed, after), (vec![good], None));

    for broken in [first, second] {
        let removal =
            store.delete_registration(Visibility::All, broken.id, None, NOW).await.unwrap();
        assert_eq!(removal, RegistrationRemoval::Done { owner: broken.owner });
    }
}
