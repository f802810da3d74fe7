//! Pages, whatever their size and order, put together are the whole list in that order.

use super::people::{self, id};
use super::{runner, wait};
use crate::support::{Server, on_both, send};
use proptest::prelude::*;
use proptest::sample::select;
use reqwest::Method;
use scim_connector::scim::Reading;
use scim_connector::scim::filter::{Unknown, bind, key, matches, parse};
use scim_connector::scim::path::{AttributeRef, Named, resolve};
use scim_connector::scim::schema::{GROUP, USER};
use scim_connector::scim::{Object, time};
use serde_json::Value;

const NAMES: &[&str] = &[
    "userName",
    "externalId",
    "DisplayName",
    "title",
    "profileUrl",
    "active",
    "name.familyName",
    "emails",
    "emails.value",
    "emails.type",
    "emails.primary",
    "phoneNumbers.display",
    "addresses.locality",
    "roles",
    "manager",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
    "id",
    "meta.created",
    "meta.lastModified",
    "meta.resourceType",
];

/// One list as it is asked for.
#[derive(Debug, Clone)]
struct Wish {
    endpoint: &'static str,
    sort_by: Option<&'static str>,
    descending: bool,
    filter: Option<&'static str>,
    size: usize,
}

impl Wish {
    fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut parameters = vec![("count", self.size.to_string()), ("attributes", "id".to_owned())];
        parameters.extend(self.sort_by.map(|name| ("sortBy", name.to_owned())));
        parameters.extend(self.descending.then(|| ("sortOrder", "descending".to_owned())));
        parameters.extend(self.filter.map(|filter| ("filter", filter.to_owned())));
        parameters
    }
}

fn wish() -> impl Strategy<Value = Wish> {
    let filter = prop::option::weighted(0.4, select(&["active eq true", "title pr", "emails.type eq \"work\""][..]));
    (prop::option::weighted(0.9, select(NAMES)), any::<bool>(), filter, prop_oneof![1..6usize, 6..50usize])
        .prop_map(|(sort_by, descending, filter, size)| Wish { endpoint: "/Users", sort_by, descending, filter, size })
}

on_both! {
    /// RFC 7644 §3.4.2.3, §3.4.2.4 and RFC 9865 §2: all index pages = all cursor pages = the sorted list.
    async fn pages_put_together_are_the_sorted_list(server) {
        let users = people::push(&server, 40).await;
        let result = runner(60).run(&wish(), |wish| {
            let expected = sorted(&users, &wish);
            let (by_index, by_cursor) = wait(async { (by_index(&server, &wish).await, by_cursor(&server, &wish).await) });
            prop_assert_eq!(&by_index, &expected, "index pages are the first, memory the second");
            prop_assert_eq!(&by_cursor, &expected, "cursor pages are the first, memory the second");
            Ok(())
        });
        assert!(result.is_ok(), "{:?}: {}", server.database, result.unwrap_err());
    }

    /// RFC 7644 §3.4.2.1: the same for a search over all types. Users come first, and a page may end between the two.
    async fn pages_of_a_search_over_all_types_are_the_whole_list(server) {
        let mut all = people::push(&server, 9).await;
        all.extend(people::listed(&server, "/Groups").await);
        let filter = prop::option::of(select(&["active eq true", "displayName pr", "members pr", "id pr"][..]));
        let wishes = (filter, 1..25usize)
            .prop_map(|(filter, size)| Wish { endpoint: "/", sort_by: None, descending: false, filter, size });
        let result = runner(30).run(&wishes, |wish| {
            let (by_index, by_cursor) = wait(async { (by_index(&server, &wish).await, by_cursor(&server, &wish).await) });
            prop_assert_eq!(&by_index, &of_all_types(&all, wish.filter), "index pages are the first");
            prop_assert_eq!(&by_cursor, &by_index, "cursor pages are the first, index pages the second");
            Ok(())
        });
        assert!(result.is_ok(), "{:?}: {}", server.database, result.unwrap_err());
    }
}

fn of_all_types(all: &[Object], filter: Option<&str>) -> Vec<String> {
    let kept = all.iter().filter(|one| {
        let kind = if one["meta"]["resourceType"] == "Group" { &GROUP } else { &USER };
        let bound = filter.map(|text| {
            bind(
                parse(text, &mut Reading::lenient()).expect("a filter"),
                kind,
                Unknown::NoMatch,
                &mut Reading::lenient(),
            )
            .expect("known")
        });
        bound.is_none_or(|bound| matches(&bound, one))
    });
    kept.map(id).collect()
}

async fn by_index(server: &Server, wish: &Wish) -> Vec<String> {
    let mut found = Vec::new();
    loop {
        let start = (found.len() + 1).to_string();
        let request =
            server.request(Method::GET, wish.endpoint).query(&wish.parameters()).query(&[("startIndex", &start)]);
        let page = send(request).await.expect(200);
        found.extend(ids(page.resources()));
        let total = page.body["totalResults"].as_u64().expect("a number");
        if found.len() as u64 >= total || page.resources().is_empty() {
            assert_eq!(found.len() as u64, total, "the pages hold as many as totalResults says");
            return found;
        }
    }
}

async fn by_cursor(server: &Server, wish: &Wish) -> Vec<String> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let request =
            server.request(Method::GET, wish.endpoint).query(&wish.parameters()).query(&[("cursor", &cursor)]);
        let page = send(request).await.expect(200);
        found.extend(ids(page.resources()));
        match page.body["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return found,
        }
        assert!(found.len() <= 1000, "the cursor goes round in a circle");
    }
}

fn ids(resources: &[Value]) -> impl Iterator<Item = String> + '_ {
    resources.iter().map(|user| user["id"].as_str().expect("an id").to_owned())
}

/// The ids in the order that is asked for: by key, then by creation; those without a value last, and all of that
/// backwards when descending.
fn sorted(users: &[Object], wish: &Wish) -> Vec<String> {
    let filter = wish.filter.map(|text| {
        bind(parse(text, &mut Reading::lenient()).expect("a filter"), &USER, Unknown::Refuse, &mut Reading::lenient())
            .expect("known")
    });
    let kept = users.iter().filter(|user| filter.as_ref().is_none_or(|filter| matches(filter, user)));
    let mut keyed: Vec<(bool, Option<Key>, String)> = kept
        .map(|user| {
            let key = wish.sort_by.and_then(|name| sort_key(user, name));
            (key.is_none(), key, id(user))
        })
        .collect();
    keyed.sort();
    // Without sortBy there is nothing to turn round.
    if wish.descending && wish.sort_by.is_some() {
        keyed.reverse();
    }
    keyed.into_iter().map(|(_, _, id)| id).collect()
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Text(String),
    Time(i64),
}

/// RFC 7644 §3.4.2.3: of a list the primary or first element counts, of a complex attribute its value.
fn sort_key(user: &Object, name: &str) -> Option<Key> {
    let Ok(Some(Named::Attribute(target))) = resolve(name, &USER) else { panic!("{name} is an attribute") };
    let target = match target.attribute.value_attribute() {
        Some(value) if target.sub.is_none() => target.with_sub(value),
        _ => target,
    };
    let mut value = AttributeRef { sub: None, ..target }.value_in(user)?;
    if let Value::Array(elements) = value {
        let primary = elements.iter().find(|element| element["primary"] == Value::Bool(true));
        value = primary.or(elements.first())?;
    }
    if let Some(sub) = target.sub {
        value = value.get(sub.name)?;
    }
    match value {
        Value::Bool(flag) => Some(Key::Text(flag.to_string())),
        Value::String(text) if name.starts_with("meta.") && name != "meta.resourceType" => {
            Some(Key::Time(time::parse(text).expect("a time").0))
        }
        Value::String(text) => Some(Key::Text(key(target.leaf(), text))),
        other => panic!("{name} is {other}"),
    }
}
