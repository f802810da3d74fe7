//! Lists and searches (RFC 7644 §3.4.2, §3.4.3; RFC 9865): bind → fields → queries.

use super::fields::{condition, sort_field};
use super::groups::extension;
use super::render::Answer;
use super::users::facts;
use super::{Asked, Error, Request, Service, organizations, render, settings_sets};
use crate::domain::{Id, Kind};
use crate::expr::Expr;
use crate::scim::cursor::{Cursors, Position, Scope};
use crate::scim::filter::{ParsedFilter, Unknown, bind, parse};
use crate::scim::list::{ListResponse, Paging, Query};
use crate::scim::project::Projection;
use crate::scim::quirk::{Quirk, Repair};
use crate::scim::schema::{CONNECTOR_GROUP, GROUP, RESOURCE_TYPES, ResourceType, USER};
use crate::scim::{Error as ScimError, Object, Reading};
use crate::storage::{Listed, Listing, Place, Places, Tx, Window};
use std::collections::HashMap;
use std::sync::Arc;

/// The resources of one type.
pub async fn list(
    service: &Service,
    asked: Asked,
    resource_type: &'static ResourceType,
    query: Query,
) -> Result<ListResponse, Error> {
    asked.request().caller.check_scope(resource_type, false)?;
    let part = Part::bind(asked.request(), resource_type, &query, Unknown::Refuse)?;
    search(service, asked, vec![part], query).await
}

/// Resources of every type that the connection may read, users first (RFC 7644 §3.4.2.1).
pub async fn search_everything(service: &Service, request: Request, query: Query) -> Result<ListResponse, Error> {
    if query.sort_by.is_some() {
        return Err(ScimError::value("sortBy needs one resource type. Search under /Users or /Groups.").into());
    }
    let is_visible = |kind: &&ResourceType| request.caller.check_scope(kind, false).is_ok();
    let visible: Vec<&'static ResourceType> = RESOURCE_TYPES.iter().copied().filter(is_visible).collect();
    if let Some(text) = &query.filter {
        understood(parse(text, &mut Reading::lenient())?, &visible)?;
    }
    let parts = visible.into_iter().map(|resource_type| Part::bind(&request, resource_type, &query, Unknown::NoMatch));
    let parts = parts.collect::<Result<Vec<_>, _>>()?;
    search(service, request.into(), parts, query).await
}

/// A name that some types know is no value in the others (RFC 7644 §3.4.2.1); a name that none knows is a mistake.
fn understood(filter: ParsedFilter<'_>, types: &[&'static ResourceType]) -> Result<(), Error> {
    match filter {
        Expr::And(terms) | Expr::Or(terms) => terms.into_iter().try_for_each(|term| understood(term, types)),
        Expr::Not(term) => understood(*term, types),
        leaf => {
            let bound = |leaf, kind| bind(leaf, kind, Unknown::Refuse, &mut Reading::lenient());
            let refuses = |kind: &&'static ResourceType| bound(leaf.clone(), *kind).is_err();
            if types.iter().all(refuses) {
                bound(leaf, &USER)?;
            }
            Ok(())
        }
    }
}

fn kind_of(resource_type: &'static ResourceType) -> Kind {
    match resource_type.name {
        "Group" => Kind::Group,
        "Organization" => Kind::Organization,
        "SettingsSet" => Kind::SettingsSet,
        _ => Kind::User,
    }
}

/// What of one resource type is searched.
#[derive(Clone)]
struct Part {
    resource_type: &'static ResourceType,
    listing: Listing,
    projection: Projection,
}

impl Part {
    fn bind(
        request: &Request,
        resource_type: &'static ResourceType,
        query: &Query,
        unknown: Unknown,
    ) -> Result<Self, Error> {
        let filter = match query.filter.as_deref() {
            Some(text) => {
                Some(request.reading(|reading| bind(parse(text, reading)?, resource_type, unknown, reading))?)
            }
            None => None,
        };
        let names = [&query.attributes, &query.excluded_attributes].into_iter().flatten().flatten();
        if names.into_iter().any(|name| name.contains('[')) {
            request.caller.notes.quirks([Quirk::new(Repair::FilterInAttributes, "attributes")]);
        }
        let listing = Listing {
            kind: kind_of(resource_type),
            account: request.caller.account,
            condition: filter.map(condition).transpose()?,
            sort_by: query.sort_by.as_deref().map(|name| sort_field(name, resource_type)).transpose()?,
            descending: query.descending && query.sort_by.is_some(),
            with_default_group: request.caller.tenant.policies.show_default_group.is_on(),
        };
        let projection =
            Projection::new(query.attributes.as_deref(), query.excluded_attributes.as_deref(), resource_type);
        Ok(Self { resource_type, listing, projection })
    }
}

async fn search(service: &Service, asked: Asked, parts: Vec<Part>, query: Query) -> Result<ListResponse, Error> {
    let size = query.page_size(service.settings.capabilities.page)?;
    let is_point_read = parts.iter().all(|part| part.listing.condition.is_some() && part.listing.is_point_read());
    let search = Search {
        asked,
        scope_query: scope(&parts, &query),
        parts,
        size,
        cursors: service.cursors.clone(),
        places: Arc::clone(&service.places),
        requested: query.count.unwrap_or(service.settings.capabilities.page.default),
    };
    let paging = query.paging;
    let work = async move |tx: &mut Tx<'_>| {
        let page = async |tx: &mut Tx<'_>| match &paging {
            Paging::Index { start } => search.by_index(tx, *start).await,
            Paging::Cursor(cursor) => search.by_cursor(tx, cursor.as_deref()).await,
        };
        search.asked.answer(tx, page).await
    };
    if is_point_read { service.db.read(work).await } else { service.db.scan(work).await }
}

/// Everything of a query that a cursor is bound to (RFC 9865 §2: only the cursor may differ from page to page).
fn scope(parts: &[Part], query: &Query) -> String {
    let types: Vec<&str> = parts.iter().map(|part| part.resource_type.name).collect();
    format!(
        "{types:?}|{:?}|{:?}|{}|{:?}|{:?}",
        query.filter, query.sort_by, query.descending, query.attributes, query.excluded_attributes
    )
}

struct Search {
    asked: Asked,
    parts: Vec<Part>,
    size: u64,
    requested: u64,
    scope_query: String,
    cursors: Cursors,
    places: Arc<Places>,
}

impl Search {
    fn request(&self) -> &Request {
        self.asked.request()
    }

    /// RFC 7644 §3.4.2.4.
    async fn by_index(&self, tx: &mut Tx<'_>, start: u64) -> Result<ListResponse, Error> {
        let mut response = ListResponse { total: 0, start: Some(start), resources: Vec::new(), next_cursor: None };
        let mut skip = start - 1;
        for part in &self.parts {
            let room = self.size - response.resources.len() as u64;
            let (rows, total) = self.index_page(tx, part, skip, room).await?;
            response.resources.extend(self.render(tx, part, rows).await?);
            response.total += total;
            skip = skip.saturating_sub(total);
        }
        Ok(response)
    }

    /// The rows of one type behind `skip` others, and how many there are in all.
    async fn index_page(
        &self,
        tx: &mut Tx<'_>,
        part: &Part,
        skip: u64,
        limit: u64,
    ) -> Result<(Vec<Listed>, u64), Error> {
        let listing = &part.listing;
        if listing.condition.is_none() {
            let (total, removed) = tx.totals(listing.account, listing.kind).await?;
            let total = total.unsigned_abs() + listing.uncounted();
            if limit == 0 || skip >= total {
                return Ok((Vec::new(), total));
            }
            let rows = if listing.is_by_id() && !listing.descending {
                self.in_order_of_creation(tx, listing, removed, total, skip, limit).await?
            } else {
                tx.page(listing, &Window { after: None, skip, limit }).await?
            };
            return Ok((rows, total));
        }
        if limit == 0 {
            return Ok((Vec::new(), tx.count(listing).await?.unsigned_abs()));
        }
        let rows = tx.page(listing, &Window { after: None, skip, limit }).await?;
        let found = rows.len() as u64;
        // A page that is not full is the last one, which saves counting.
        let total = if found < limit && (found > 0 || skip == 0) {
            skip + found
        } else {
            tx.count(listing).await?.unsigned_abs()
        };
        Ok((rows, total))
    }

    /// A page of all resources: from the nearest known place, or from the end of the list.
    async fn in_order_of_creation(
        &self,
        tx: &mut Tx<'_>,
        listing: &Listing,
        removed: i64,
        total: u64,
        skip: u64,
        limit: u64,
    ) -> Result<Vec<Listed>, Error> {
        let (account, kind) = (listing.account, listing.kind);
        let (known, after) = match self.places.nearest(account, kind, removed, skip) {
            Some((count, id)) => (count, Some(Place { key: None, id })),
            None => (0, None),
        };
        let behind = total.saturating_sub(skip).saturating_sub(limit);
        // The one before the page is read along where the way to it was long: then the same page is near, too.
        let lead = u64::from(skip > known);
        let mut rows = if behind < skip - known {
            let backwards = Listing { descending: true, ..listing.clone() };
            let window = Window { after: None, skip: behind, limit: limit.min(total - skip) + lead };
            let mut rows = tx.page(&backwards, &window).await?;
            rows.reverse();
            rows
        } else {
            tx.page(listing, &Window { after, skip: skip - known - lead, limit: limit + lead }).await?
        };
        if lead > 0 && !rows.is_empty() {
            let before = rows.remove(0);
            self.places.remember(account, kind, removed, skip, before.stored.id.0, self.request().now);
        }
        if let Some(last) = rows.last() {
            self.places.remember(
                account,
                kind,
                removed,
                skip + rows.len() as u64,
                last.stored.id.0,
                self.request().now,
            );
        }
        Ok(rows)
    }

    /// RFC 9865 §2.
    async fn by_cursor(&self, tx: &mut Tx<'_>, cursor: Option<&str>) -> Result<ListResponse, Error> {
        let account = self.request().caller.account.to_string();
        let scope = Scope { account: &account, query: self.scope_query.clone(), count: self.requested };
        let position = cursor.map(|cursor| self.cursors.open(cursor, &scope, self.request().now)).transpose()?;
        let mut response = ListResponse { total: 0, start: None, resources: Vec::new(), next_cursor: None };
        response.total = match &position {
            Some(position) => position.total,
            None => self.total(tx).await?,
        };
        let first = position.as_ref().map_or(0, |position| position.resource_type);
        let mut after = position.and_then(|position| {
            let id = position.id.parse().ok()?;
            Some(Place { key: position.key, id })
        });
        for (number, part) in self.parts.iter().enumerate().skip(first) {
            let room = self.size - response.resources.len() as u64;
            if room == 0 && self.size == 0 {
                break;
            }
            // One more than fits tells whether there is a next page.
            let mut rows = tx.page(&part.listing, &Window { after: after.take(), skip: 0, limit: room + 1 }).await?;
            let more = rows.len() as u64 > room;
            rows.truncate(usize::try_from(room).unwrap_or(usize::MAX));
            let last = rows.last().map(|row| (number, row.stored.id.0, row.key.clone()));
            if let Some(place) = last.filter(|_| more) {
                response.next_cursor = Some(self.cursor(&scope, place, response.total)?);
            } else if more && room == 0 {
                // The page before ended just where this type begins.
                response.next_cursor = Some(self.cursor(&scope, (number, Id::first_of(0), None), response.total)?);
            }
            response.resources.extend(self.render(tx, part, rows).await?);
            if more {
                break;
            }
        }
        Ok(response)
    }

    fn cursor(&self, scope: &Scope<'_>, place: (usize, Id, Option<String>), total: u64) -> Result<String, Error> {
        let (resource_type, id, key) = place;
        let position = Position { resource_type, key, id: id.to_string(), total };
        Ok(self.cursors.issue(scope, position, self.request().now)?)
    }

    async fn total(&self, tx: &mut Tx<'_>) -> Result<u64, Error> {
        let mut total = 0;
        for part in &self.parts {
            let count = match part.listing.condition {
                None => {
                    tx.totals(part.listing.account, part.listing.kind).await?.0 + part.listing.uncounted().cast_signed()
                }
                Some(_) => tx.count(&part.listing).await?,
            };
            total += count.unsigned_abs();
        }
        Ok(total)
    }

    /// A few more queries for what the page needs of memberships and organizations, and none when nobody wants them.
    async fn render(&self, tx: &mut Tx<'_>, part: &Part, rows: Vec<Listed>) -> Result<Vec<String>, Error> {
        let answers = match part.listing.kind {
            Kind::User => self.users(tx, part, &rows).await?,
            Kind::Group => self.groups(tx, part, &rows).await?,
            Kind::Organization | Kind::SettingsSet => {
                plain(tx, self.request(), part.resource_type, &rows, &part.projection).await?
            }
        };
        Ok(answers.into_iter().map(|answer| answer.body.into_text()).collect())
    }

    async fn users(&self, tx: &mut Tx<'_>, part: &Part, rows: &[Listed]) -> Result<Vec<Answer>, Error> {
        let users: Vec<(Id, Option<Id>)> = rows.iter().map(|row| (row.stored.id.0, row.organization)).collect();
        let mut facts = facts(tx, self.request(), &users, None, &part.projection).await?;
        let answer = |row: &Listed| {
            let facts = facts.remove(&row.stored.id.0).unwrap_or_default();
            render::user(self.request(), &row.stored, &facts, &part.projection)
        };
        Ok(rows.iter().map(answer).collect())
    }

    async fn groups(&self, tx: &mut Tx<'_>, part: &Part, rows: &[Listed]) -> Result<Vec<Answer>, Error> {
        let account = self.request().caller.account;
        let ids: Vec<Id> = rows.iter().map(|row| row.stored.id.0).collect();
        let mut members: HashMap<Id, Vec<Id>> = HashMap::new();
        if part.projection.wants("members", &GROUP) && !ids.is_empty() {
            for (group, user) in tx.members_of_all(account, &ids).await? {
                members.entry(group).or_default().push(user);
            }
        }
        let mut more: HashMap<Id, Object> = HashMap::new();
        if wants_more(&part.projection) && !ids.is_empty() {
            for group in tx.groups(account, &ids).await? {
                more.insert(group.stored.id.0, extension(tx, self.request(), &group, &part.projection).await?);
            }
        }
        let mut answers = Vec::with_capacity(rows.len());
        for row in rows {
            let id = row.stored.id.0;
            let more = more.remove(&id).unwrap_or_default();
            answers.push(render::group(self.request(), &row.stored, members.remove(&id), &more, &part.projection));
        }
        Ok(answers)
    }
}

async fn plain(
    tx: &mut Tx<'_>,
    request: &Request,
    resource_type: &'static ResourceType,
    rows: &[Listed],
    projection: &Projection,
) -> Result<Vec<Answer>, Error> {
    let ids: Vec<Id> = rows.iter().map(|row| row.stored.id.0).collect();
    let mut facts = match kind_of(resource_type) {
        Kind::Organization => organizations::facts(tx, request, &ids, projection).await?,
        _ => settings_sets::facts(tx, request, &ids, projection).await?,
    };
    let answer = |row: &Listed| {
        let facts = facts.remove(&row.stored.id.0).unwrap_or_default();
        render::beside(request, &row.stored, facts, projection, resource_type)
    };
    Ok(rows.iter().map(answer).collect())
}

/// Organizations or settings sets in order of creation, in a transaction that has begun: at most `limit` behind an id.
pub async fn plain_page(
    tx: &mut Tx<'_>,
    request: &Request,
    resource_type: &'static ResourceType,
    after: Option<Id>,
    limit: u64,
    projection: &Projection,
) -> Result<Vec<Answer>, Error> {
    let listing = Listing {
        kind: kind_of(resource_type),
        account: request.caller.account,
        condition: None,
        sort_by: None,
        descending: false,
        with_default_group: false,
    };
    let after = after.map(|id| Place { key: None, id });
    let rows = tx.page(&listing, &Window { after, skip: 0, limit }).await?;
    plain(tx, request, resource_type, &rows, projection).await
}

/// Whether the list asks for what stands elsewhere; hardly any does.
fn wants_more(projection: &Projection) -> bool {
    ["default", "memberCount", "memberSettings"].iter().any(|name| projection.wants_of(&CONNECTOR_GROUP, name))
}
