//! What any input must bear: nothing panics, and what is accepted can be worked with. Each target tells whether it accepted
//! the input.
//!
//! They have two drivers: `fuzz/fuzz_targets` lets LLVM's fuzzer look for inputs, `tests/it/fuzz` tries some thousand changed
//! ones in every run of the tests.

use scim_connector::scim::bulk::{BulkRequest, order, references, substitute};
use scim_connector::scim::cursor::{Cursors, Position, Scope};
use scim_connector::scim::filter::{Unknown, bind, matches, parse, parse_path};
use scim_connector::scim::list::{PageLimits, Query};
use scim_connector::scim::patch::{self, PatchRequest};
use scim_connector::scim::project::Projection;
use scim_connector::scim::schema::{GROUP, RESOURCE_TYPES, ResourceType, USER};
use scim_connector::scim::{Error, Object, Reading, Rules, decode};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::LazyLock;

/// One of each type that has something of everything.
static RESOURCES: LazyLock<Vec<(&'static ResourceType, Object)>> = LazyLock::new(|| {
    let of = |resource_type: &'static ResourceType| {
        let users = include_str!("../../tests/it/corpus/users.txt");
        let groups = include_str!("../../tests/it/corpus/groups.txt");
        let first = if resource_type == &USER { users } else { groups }.lines().next().unwrap_or_default();
        let body = serde_json::from_str(first).expect("JSON");
        (resource_type, decoded(body, resource_type).expect("the first of the corpus is good"))
    };
    RESOURCE_TYPES.iter().copied().map(of).collect()
});

fn decoded(body: Value, resource_type: &'static ResourceType) -> Result<Object, Error> {
    decode::resource(body, resource_type, &mut Reading::lenient())
}

/// Sees that an error says something that can be put into an answer.
fn told<T>(result: Result<T, Error>) -> Option<T> {
    result.map_err(|error| assert!(!error.detail.is_empty(), "{error:?}")).ok()
}

pub fn filter(text: &str) -> bool {
    let Some(parsed) = told(parse(text, &mut Reading::lenient())) else { return false };
    for (resource_type, resource) in RESOURCES.iter() {
        for unknown in [Unknown::Refuse, Unknown::NoMatch] {
            if let Some(bound) = told(bind(parsed.clone(), resource_type, unknown, &mut Reading::lenient())) {
                matches(&bound, resource);
            }
        }
    }
    true
}

pub fn path(text: &str) -> bool {
    if told(parse_path(text)).is_none() {
        return false;
    }
    for (resource_type, resource) in RESOURCES.iter() {
        for op in ["add", "replace", "remove"] {
            patched(json!([{ "op": op, "path": text, "value": "x" }]), resource, resource_type);
        }
    }
    true
}

fn patched(body: Value, resource: &Object, resource_type: &'static ResourceType) -> Option<Object> {
    let request = told(PatchRequest::decode(body, &mut Reading::lenient()))?;
    let bound = told(patch::bind(request, resource_type, "the-id", &mut Reading::lenient()))?;
    told(patch::apply(bound, resource, resource_type, &mut Reading::lenient()))
}

pub fn patch(body: &Value) -> bool {
    let results = RESOURCES.iter().map(|(resource_type, resource)| {
        let result = patched(body.clone(), resource, resource_type);
        // What a PATCH makes can be sent again as the body of a PUT.
        result.map(|changed| told(decoded(changed.into(), resource_type)).expect("it is a resource"))
    });
    results.flatten().count() > 0
}

/// Decodes and decodes the result: what is kept is what comes back from a PUT of a GET.
fn decode_twice(body: &Value, resource_type: &'static ResourceType) -> bool {
    let _ = told(decode::resource(body.clone(), resource_type, &mut Reading::new(Rules::STRICT)));
    match told(decoded(body.clone(), resource_type)) {
        Some(resource) => told(decoded(resource.into(), resource_type)).is_some() || panic!("not good the second time"),
        None => false,
    }
}

pub fn user(body: &Value) -> bool {
    decode_twice(body, &USER)
}

pub fn group(body: &Value) -> bool {
    decode_twice(body, &GROUP)
}

pub fn query(bytes: &[u8]) -> bool {
    let (_, resource) = RESOURCES.iter().find(|(resource_type, _)| *resource_type == &USER).expect("it is one of them");
    let pairs = form_urlencoded::parse(bytes).map(|(name, value)| (name.into_owned(), value.into_owned()));
    let Some(query) = told(Query::from_parameters(pairs)) else { return false };
    let _ = told(query.page_size(PageLimits { default: 100, maximum: 1000 }));
    if let Some(parsed) = query.filter.as_deref().and_then(|filter| told(parse(filter, &mut Reading::lenient()))) {
        let _ = told(bind(parsed, &USER, Unknown::Refuse, &mut Reading::lenient()));
    }
    let projection = Projection::new(query.attributes.as_deref(), query.excluded_attributes.as_deref(), &USER);
    let shown = projection.apply(resource.clone(), &USER);
    // RFC 7643 §7: returned "always".
    assert!(shown.contains_key("schemas"), "{shown:?}");
    true
}

/// A list, and a place in it that the server gave a cursor for.
static ISSUED: LazyLock<(Cursors, Scope<'static>, Position, String)> = LazyLock::new(|| {
    let cursors = Cursors::new(b"a secret that is long enough to be one", 60);
    let scope = Scope { account: "a", query: "q".to_owned(), count: 10 };
    let position = Position { resource_type: 0, key: Some("k".to_owned()), id: "i".to_owned(), total: 1 };
    let good = cursors.issue(&scope, position.clone(), 1_000_000).expect("a cursor");
    (cursors, scope, position, good)
});

/// The cursor that is good.
pub fn issued_cursor() -> &'static str {
    &ISSUED.3
}

pub fn cursor(text: &str) -> bool {
    let (cursors, scope, position, _) = &*ISSUED;
    match told(cursors.open(text, scope, 1_000_000)) {
        Some(opened) => {
            // The last letter of base64 has bits that mean nothing; everything else must be as it was issued.
            assert_eq!(&opened, position, "a forged cursor was taken: {text}");
            true
        }
        None => false,
    }
}

pub fn bulk(body: &Value) -> bool {
    let Some(request) = told(BulkRequest::decode(body.clone())) else { return false };
    let mut sorted = order(&request.operations);
    sorted.sort_unstable();
    assert!(sorted.iter().copied().eq(0..request.operations.len()), "every operation runs once");
    let ids = HashMap::from([("u1".to_owned(), "id-1".to_owned())]);
    for operation in request.operations.into_iter().flatten() {
        let mut filled = operation.clone();
        if told(substitute(&mut filled, &ids)).is_some() {
            assert_eq!(references(&filled), Vec::<&str>::new(), "{operation:?}");
        }
    }
    true
}
