//! The catalogue of resources. A change and the event that announces it are one transaction; who
//! changes a category, or files something under it, locks its row first.

mod changes;

use async_trait::async_trait;
use postrider_domain::ports::{
    Announcement, CatalogueStore, ResourceAddition, ResourceChange, ResourceFilter, StoreError,
};
use postrider_domain::{
    CatalogueEntry, Created, CreationKey, FilterName, Page, PageRequest, Permission, Timestamp,
    Visibility,
};
use sqlx::PgConnection;
use tracing::instrument;

use crate::PostgresStore;
use crate::creation::{Earlier, claim};
use crate::errors::{store_error, violated_key};
use crate::events::insert_events;
use crate::rows::{ResourceRow, storable};

#[async_trait]
impl CatalogueStore for PostgresStore {
    #[instrument(name = "store.catalogue.add", level = "debug", skip_all)]
    async fn add_resource(
        &self,
        entry: &CatalogueEntry,
        owner_access: Option<&Permission>,
        key: Option<&CreationKey>,
        announcement: &Announcement,
    ) -> Result<ResourceAddition, StoreError> {
        let failed = store_error("add_resource");
        let mut transaction = self.durable.begin().await.map_err(&failed)?;
        // Keys belong to somebody; a resource of nobody is created by no request.
        if let (Some(owner), Some(key)) = (entry.owner, key) {
            let claimed = claim(&mut transaction, owner, key, entry.entry.0, entry.created_at)
                .await
                .map_err(&failed)?;
            let created = match claimed {
                None => None,
                Some(Earlier::Other) => Some(Created::KeyReused),
                Some(Earlier::Same(earlier)) => {
                    let row =
                        changes::find_entry(&mut transaction, earlier).await.map_err(&failed)?;
                    let repeated = row.map(CatalogueEntry::try_from).transpose()?;
                    Some(repeated.map_or(Created::Gone, Created::Repeated))
                }
            };
            if let Some(created) = created {
                return Ok(ResourceAddition::Created(created));
            }
        }
        if let Err(error) = changes::insert(&mut transaction, entry).await {
            return match violated_key(&error) {
                Some("resources_id_key") => Ok(ResourceAddition::IdTaken),
                Some("resources_name") => Ok(ResourceAddition::NameTaken),
                _ => Err(failed(error)),
            };
        }
        if !category_is_there(&mut transaction, entry).await.map_err(&failed)? {
            return Ok(ResourceAddition::NoSuchCategory);
        }
        if let Some(permission) = owner_access {
            changes::grant(&mut transaction, permission).await.map_err(&failed)?;
        }
        announce(&mut transaction, announcement).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(ResourceAddition::Created(Created::New))
    }

    #[instrument(name = "store.catalogue.find", level = "debug", skip_all)]
    async fn find_resource(
        &self,
        kind: &FilterName,
        id: &str,
    ) -> Result<Option<CatalogueEntry>, StoreError> {
        sqlx::query_as!(
            ResourceRow,
            r#"
            SELECT entry_id, kind, id, name, category, owner_id, created_at, updated_at
            FROM resources
            WHERE kind = $1 AND id = $2
            "#,
            kind.key(),
            storable(id),
        )
        .fetch_optional(&self.durable)
        .await
        .map_err(store_error("find_resource"))?
        .map(CatalogueEntry::try_from)
        .transpose()
    }

    #[instrument(name = "store.catalogue.list", level = "debug", skip_all)]
    async fn list_resources(
        &self,
        visibility: Visibility,
        filter: &ResourceFilter,
        page: PageRequest,
    ) -> Result<Page<CatalogueEntry>, StoreError> {
        let entries = sqlx::query_file_as!(
            ResourceRow,
            "queries/list_resources.sql",
            visibility.owner().map(|owner| owner.0),
            filter.kind.as_ref().map(FilterName::key),
            filter.category.as_deref().map(storable),
            filter.search.as_deref().map(|text| storable(text).to_lowercase()),
            page.before,
            i64::from(page.limit) + 1,
        )
        .fetch_all(&self.durable)
        .await
        .map_err(store_error("list_resources"))?
        .into_iter()
        .map(CatalogueEntry::try_from)
        .collect::<Result<_, _>>()?;
        Ok(Page::from_rows(entries, page.limit, |entry| entry.entry.0))
    }

    #[instrument(name = "store.catalogue.update", level = "debug", skip_all)]
    async fn update_resource(
        &self,
        entry: &CatalogueEntry,
        expected: Timestamp,
        announcement: &Announcement,
    ) -> Result<ResourceChange, StoreError> {
        let failed = store_error("update_resource");
        let mut transaction = self.durable.begin().await.map_err(&failed)?;
        match changes::update(&mut transaction, entry, expected).await {
            Ok(0) => return Ok(ResourceChange::Stale),
            Ok(_) => {}
            Err(error) if violated_key(&error) == Some("resources_name") => {
                return Ok(ResourceChange::NameTaken);
            }
            Err(error) => return Err(failed(error)),
        }
        if !category_is_there(&mut transaction, entry).await.map_err(&failed)? {
            return Ok(ResourceChange::NoSuchCategory);
        }
        announce(&mut transaction, announcement).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(ResourceChange::Done)
    }

    #[instrument(name = "store.catalogue.delete", level = "debug", skip_all)]
    async fn delete_resource(
        &self,
        entry: &CatalogueEntry,
        expected: Timestamp,
        announcement: &Announcement,
    ) -> Result<ResourceChange, StoreError> {
        let failed = store_error("delete_resource");
        let mut transaction = self.durable.begin().await.map_err(&failed)?;
        if changes::delete(&mut transaction, entry, expected).await.map_err(&failed)? == 0 {
            return Ok(ResourceChange::Stale);
        }
        // Looked up when the row is locked: from then on nothing is filed under it, and what was
        // before is committed.
        if changes::is_category_in_use(&mut transaction, entry).await.map_err(&failed)? {
            return Ok(ResourceChange::CategoryInUse);
        }
        changes::end_permissions(&mut transaction, entry, announcement.event.accepted_at)
            .await
            .map_err(&failed)?;
        announce(&mut transaction, announcement).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(ResourceChange::Done)
    }
}

/// Whether the category of `entry` is in the catalogue, if it has one, and stays there until the
/// transaction ends.
async fn category_is_there(
    connection: &mut PgConnection,
    entry: &CatalogueEntry,
) -> Result<bool, sqlx::Error> {
    match &entry.category {
        None => Ok(true),
        Some(category) => changes::lock_category(connection, category).await,
    }
}

async fn announce(
    connection: &mut PgConnection,
    announcement: &Announcement,
) -> Result<(), sqlx::Error> {
    insert_events(connection, &[&announcement.event], announcement.rescue_at).await
}
