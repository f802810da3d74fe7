//! A filter means the same in SQL on both databases as in memory.
//!
//! `scim::filter::matches` is the yardstick: it is short, and PATCH uses it too.

use super::names::{GROUPS, Names, ORDERS, REFUSED, TEXT_OPERATORS, TIMES, USERS};
use super::people::{self, PIECES, TYPES};
use super::{runner, wait};
use crate::support::{Server, on_both};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Union};
use scim_connector::scim::Reading;
use scim_connector::scim::filter::{Unknown, bind, matches, parse};
use scim_connector::scim::schema::{GROUP, ResourceType, USER};
use scim_connector::scim::{Object, urn};
use serde_json::Value;
use std::cell::Cell;

on_both! {
    /// RFC 7644 §3.4.2.2: the server lists the users that satisfy the filter, and no other.
    async fn a_filter_of_users_in_sql_is_the_filter_in_memory(server) {
        let users = people::push(&server, 60).await;
        agree_on_many(&server, &USER, &USERS, &users, 300);
    }

    /// The same for groups.
    async fn a_filter_of_groups_in_sql_is_the_filter_in_memory(server) {
        people::push(&server, 20).await;
        let groups = people::listed(&server, "/Groups").await;
        agree_on_many(&server, &GROUP, &GROUPS, &groups, 150);
    }
}

on_both! {
    /// The largest filters that the grammar takes are answered too, whatever their shape.
    async fn the_largest_filters_are_answered(server) {
        let users = people::push(&server, 10).await;
        let many = |term: &str, number: usize, word: &str| vec![term; number].join(word);
        let path = "emails[type eq \"work\" and value co \"a\"].display pr";
        let nested = format!("{}title pr{}", "not (active eq true and ".repeat(31), ")".repeat(31));
        let filters = [
            many("title co \"a\"", 256, " or "),
            many("title co \"a\"", 256, " and "),
            many("not (nickName ew \"a\")", 256, " and "),
            many("emails ew \"a\" or groups.display co \"b\"", 128, " and "),
            many(path, 64, " or "),
            many("roles[value sw \"a\"]", 128, " or "),
            many(&format!("({})", many("userName pr", 4, " or ")), 64, " and "),
            format!("emails[{}]", many("value pr", 255, " and ")),
            nested.clone(),
            many(&format!("({nested})"), 8, " or "),
        ];
        for text in &filters {
            assert!(parse(text, &mut Reading::lenient()).is_ok(), "{:?}: {text}", parse(text, &mut Reading::lenient()));
            let agreed = agree(&server, &USER, &users, text);
            assert!(agreed.is_ok(), "{:?}: {agreed:?}", server.database);
        }
    }
}

fn agree_on_many(server: &Server, kind: &'static ResourceType, names: &'static Names, all: &[Object], cases: u32) {
    let hits = Cell::new(0);
    let result = runner(cases).run(&filter(names, all), |text| {
        hits.set(hits.get() + usize::from(agree(server, kind, all, &text)?));
        Ok(())
    });
    assert!(result.is_ok(), "{:?}: {}", server.database, result.unwrap_err());
    println!("{} filters found some and not all", hits.get());
    // Random filters that never find a thing would prove nothing.
    assert!(hits.get() > 0, "no filter found anybody");
}

/// Whether server and memory agree on a filter; tells whether it found some and not all.
fn agree(server: &Server, kind: &'static ResourceType, all: &[Object], text: &str) -> Result<bool, TestCaseError> {
    let listed = wait(async {
        let query = [("filter", text), ("count", "1000"), ("attributes", "id")];
        crate::support::send(server.request(reqwest::Method::GET, kind.endpoint).query(&query)).await
    });
    let bound = match parse(text, &mut Reading::lenient())
        .and_then(|parsed| bind(parsed, kind, Unknown::Refuse, &mut Reading::lenient()))
    {
        Ok(bound) => bound,
        Err(error) => {
            prop_assert_eq!(listed.status.as_u16(), 400, "refused in memory ({}) but not by the server", error);
            prop_assert_eq!(listed.scim_type(), error.scim_type.keyword());
            return Ok(false);
        }
    };
    let expected: Vec<String> = all.iter().filter(|one| matches(&bound, one)).map(people::id).collect();
    prop_assert_eq!(listed.status.as_u16(), 200, "{}", listed.body);
    let found: Vec<String> = listed.resources().iter().filter_map(|one| Some(one["id"].as_str()?.to_owned())).collect();
    prop_assert_eq!(&found, &expected, "the server found the first, memory the second");
    prop_assert_eq!(&listed.body["totalResults"], &Value::from(expected.len()));
    Ok(!found.is_empty() && found.len() < all.len())
}

/// The text of a filter over these resources.
fn filter(names: &'static Names, all: &[Object]) -> BoxedStrategy<String> {
    let ids: Vec<String> = all.iter().flat_map(identifiers).collect();
    let literal = literal(all, &ids);
    let named = [names.texts, names.booleans, TIMES].concat();
    let mut leaves = vec![
        (12, (select(names.texts), select(TEXT_OPERATORS), literal.clone()).prop_map(joined).boxed()),
        (3, (select(TIMES), select(ORDERS), time(all)).prop_map(joined).boxed()),
        (2, (select(names.identifiers), select(TEXT_OPERATORS), select(ids).prop_map(quote)).prop_map(joined).boxed()),
        (2, select([&named, names.wholes].concat()).prop_map(|name| format!("{name} pr")).boxed()),
        (
            1,
            (select(named), select(&["eq null", "ne NULL"][..]))
                .prop_map(|(name, rest)| format!("{name} {rest}"))
                .boxed(),
        ),
        (6, value_path(names, literal)),
    ];
    if !names.booleans.is_empty() {
        leaves.push((2, (select(names.booleans), select(&["eq", "ne"][..]), boolean()).prop_map(joined).boxed()));
    }
    let good = Union::new_weighted(leaves);
    let leaf = prop_oneof![100 => good, 1 => select(REFUSED).prop_map(str::to_owned)];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..=3).prop_map(|terms| format!("({})", terms.join(" and "))),
            prop::collection::vec(inner.clone(), 2..=3).prop_map(|terms| terms.join(" OR ")),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("{one} and {other}")),
            inner.prop_map(|inner| format!("not ({inner})")),
        ]
    })
    .boxed()
}

/// `emails[type eq "work" and …]`, with and without a part behind it.
fn value_path(names: &'static Names, literal: BoxedStrategy<String>) -> BoxedStrategy<String> {
    select(names.lists)
        .prop_flat_map(move |(list, parts)| {
            let term = prop_oneof![
                6 => (select(parts), select(TEXT_OPERATORS), literal.clone()).prop_map(joined),
                2 => select(TYPES).prop_map(|kind| format!("type eq {}", quote(kind))),
                2 => (select(&["eq", "ne"][..]), boolean()).prop_map(move |(op, flag)| match list {
                    // Memberships have no such part.
                    "groups" | "members" => "value pr".to_owned(),
                    _ => format!("primary {op} {flag}"),
                }),
                1 => select(parts).prop_map(|part| format!("{part} pr")),
                1 => select(parts).prop_map(|part| format!("{part} eq null")),
            ];
            let inside = term.prop_recursive(2, 6, 2, |inner| {
                prop_oneof![
                    (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("{one} and {other}")),
                    (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one} or {other})")),
                    inner.prop_map(|inner| format!("not ({inner})")),
                ]
            });
            let behind = prop::option::of((select(parts), select(TEXT_OPERATORS), literal.clone()).prop_map(joined));
            (inside, behind).prop_map(move |(inside, behind)| match behind {
                Some(behind) => format!("{list}[{inside}].{behind}"),
                None => format!("{list}[{inside}]"),
            })
        })
        .boxed()
}

fn joined((name, op, literal): (&str, &str, String)) -> String {
    format!("{name} {op} {literal}")
}

/// A text literal: pieces of the alphabet, whole values and parts of values of the users.
fn literal(users: &[Object], ids: &[String]) -> BoxedStrategy<String> {
    let mut known: Vec<String> = Vec::new();
    for user in users {
        user.values().for_each(|value| collect(value, &mut known));
    }
    let parts = (select(known.clone()), any::<prop::sample::Index>(), any::<prop::sample::Index>());
    let parts = parts.prop_map(|(text, from, to)| {
        let characters: Vec<char> = text.chars().collect();
        let (from, to) = (from.index(characters.len() + 1), to.index(characters.len() + 1));
        characters[from.min(to)..from.max(to)].iter().collect::<String>()
    });
    let plain = select(&["work", "direct", "User", "é", "changed", "1", "true", urn::ENTERPRISE_USER][..]);
    prop_oneof![
        3 => select(PIECES).prop_map(quote),
        3 => people::text().prop_map(quote),
        4 => select(known).prop_map(quote),
        4 => parts.prop_map(quote),
        1 => select(ids.to_vec()).prop_map(quote),
        1 => plain.prop_map(str::to_owned),
        1 => Just("\"\"".to_owned()),
    ]
    .boxed()
}

fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, texts)),
        Value::Object(parts) => parts.values().for_each(|part| collect(part, texts)),
        _ => {}
    }
}

/// The id of a resource and of its groups or members, whole, in capitals, and in part.
fn identifiers(one: &Object) -> Vec<String> {
    let related = ["groups", "members"].into_iter().filter_map(|name| one.get(name)?.as_array()).flatten();
    let related = related.filter_map(|element| element["value"].as_str().map(str::to_owned));
    let all = related.chain([people::id(one)]);
    all.flat_map(|id| [id.clone(), id.to_uppercase(), id[..20].to_owned(), id[20..].to_owned(), id.replace('-', "")])
        .collect()
}

fn boolean() -> impl Strategy<Value = String> + Clone {
    select(&["true", "false", "\"True\"", "FALSE"][..]).prop_map(str::to_owned)
}

/// Times of the users and just beside them, finer than a millisecond too, in other zones, and far away.
fn time(users: &[Object]) -> BoxedStrategy<String> {
    let known = users.iter().flat_map(|user| [user["meta"]["created"].clone(), user["meta"]["lastModified"].clone()]);
    let known: Vec<String> = known.filter_map(|time| time.as_str().map(str::to_owned)).collect();
    let spelled = (select(known), 0..5).prop_map(|(time, spelling)| {
        let plain = time.trim_end_matches('Z');
        match spelling {
            0 => time,
            1 => format!("{plain}0001Z"),
            2 => format!("{plain}+00:00"),
            3 => plain.to_owned(),
            _ => format!("{plain}-07:00"),
        }
    });
    let far = select(&["0001-01-03T00:00:00.0000000Z", "1969-12-31T23:59:59.9Z", "9999-12-30T00:00:00Z"][..]);
    prop_oneof![5 => spelled.prop_map(quote), 1 => far.prop_map(quote)].boxed()
}

/// A JSON string (RFC 7644 §3.4.2.2).
fn quote(text: impl AsRef<str>) -> String {
    Value::from(text.as_ref()).to_string()
}
