//! The catalogue of resources. A change is stored together with the event that tells of it.

use async_trait::async_trait;
use postrider_domain::ports::{
    Announcement, CatalogueStore, ResourceAddition, ResourceChange, ResourceFilter, StoreError,
};
use postrider_domain::{
    CatalogueEntry, Created, CreationKey, FilterName, Page, PageRequest, Permission, Timestamp,
    Visibility,
};
use tracing::instrument;

use crate::SqliteStore;
use crate::accounts::{end_permissions, grant_new};
use crate::creation::{self, KeyUse};
use crate::errors::store_error;
use crate::events::announce;
use crate::pools::Commit;

mod find;
mod write;

#[async_trait]
impl CatalogueStore for SqliteStore {
    #[instrument(name = "store.catalogue.add", level = "debug", skip_all)]
    async fn add_resource(
        &self,
        entry: &CatalogueEntry,
        owner_access: Option<&Permission>,
        key: Option<&CreationKey>,
        announcement: &Announcement,
    ) -> Result<ResourceAddition, StoreError> {
        let failed = store_error("add_resource");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        // Keys are their owner's: who is nobody has none.
        let key = entry.owner.zip(key);
        if let Some((owner, key)) = key {
            match creation::find(&mut transaction, owner, key).await.map_err(&failed)? {
                KeyUse::Free => {}
                KeyUse::Reused => return Ok(ResourceAddition::Created(Created::KeyReused)),
                KeyUse::Repeated(created) => {
                    let row = find::by_entry(&mut transaction, created).await.map_err(&failed)?;
                    return Ok(ResourceAddition::Created(match row {
                        Some(row) => Created::Repeated(row.try_into()?),
                        None => Created::Gone,
                    }));
                }
            }
        }
        let obstacle = write::find_obstacle(&mut transaction, entry).await.map_err(&failed)?;
        if obstacle.id_taken {
            return Ok(ResourceAddition::IdTaken);
        } else if obstacle.name_taken {
            return Ok(ResourceAddition::NameTaken);
        } else if obstacle.no_category {
            return Ok(ResourceAddition::NoSuchCategory);
        }
        write::insert(&mut transaction, entry).await.map_err(&failed)?;
        if let Some(permission) = owner_access {
            grant_new(&mut transaction, permission).await.map_err(&failed)?;
        }
        announce(&mut transaction, announcement).await.map_err(&failed)?;
        if let Some((owner, key)) = key {
            creation::insert(&mut transaction, owner, key, entry.entry.0, entry.created_at)
                .await
                .map_err(&failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(ResourceAddition::Created(Created::New))
    }

    #[instrument(name = "store.catalogue.find", level = "debug", skip_all)]
    async fn find_resource(
        &self,
        kind: &FilterName,
        id: &str,
    ) -> Result<Option<CatalogueEntry>, StoreError> {
        find::by_id(&self.readers, kind, id)
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
        let rows = find::page(&self.readers, visibility, filter, page)
            .await
            .map_err(store_error("list_resources"))?;
        let entries = rows.into_iter().map(CatalogueEntry::try_from).collect::<Result<_, _>>()?;
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
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        if !write::is_unchanged(&mut transaction, entry, expected).await.map_err(&failed)? {
            return Ok(ResourceChange::Stale);
        }
        let obstacle = write::find_obstacle(&mut transaction, entry).await.map_err(&failed)?;
        if obstacle.name_taken {
            return Ok(ResourceChange::NameTaken);
        } else if obstacle.no_category {
            return Ok(ResourceChange::NoSuchCategory);
        }
        write::update(&mut transaction, entry).await.map_err(&failed)?;
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
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        if !write::is_unchanged(&mut transaction, entry, expected).await.map_err(&failed)? {
            return Ok(ResourceChange::Stale);
        }
        if write::is_category_in_use(&mut transaction, entry).await.map_err(&failed)? {
            return Ok(ResourceChange::CategoryInUse);
        }
        write::delete(&mut transaction, entry).await.map_err(&failed)?;
        let ended_at = announcement.event.accepted_at;
        end_permissions(&mut transaction, entry, ended_at).await.map_err(&failed)?;
        announce(&mut transaction, announcement).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(ResourceChange::Done)
    }
}
