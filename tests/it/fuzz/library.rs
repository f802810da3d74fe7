//! The pure functions of the protocol under changed inputs.

use super::{corpus, fuzz, mutate};
use scim_connector::scim::bulk::{BulkRequest, order, references, substitute};
use scim_connector::scim::cursor::{Cursors, Position, Scope};
use scim_connector::scim::filter::{Unknown, bind, matches, parse, parse_path};
use scim_connector::scim::list::{PageLimits, Query};
use scim_connector::scim::patch::{self, PatchRequest};
use scim_connector::scim::project::Projection;
use scim_connector::scim::schema::{GROUP, RESOURCE_TYPES, ResourceType, USER};
use scim_connector::scim::{Error, Object};
use scim_connector::scim::{Reading, Rules, decode};
use serde_json::{Value, json};
use std::collections::HashMap;

/// A resource that has something of everything.
fn resource(resource_type: &'static ResourceType) -> Object {
    let corpus = if resource_type == &USER { corpus::USERS } else { corpus::GROUPS };
    let first = corpus::lines(corpus)[0];
    decoded(serde_json::from_str(first).expect("JSON"), resource_type).expect("the first of the corpus is good")
}

fn decoded(body: Value, resource_type: &'static ResourceType) -> Result<Object, Error> {
    decode::resource(body, resource_type, &mut Reading::lenient())
}

/// Sees that an error says something that can be put into an answer.
fn told<T>(result: Result<T, Error>) -> Option<T> {
    result.map_err(|error| assert!(!error.detail.is_empty(), "{error:?}")).ok()
}

#[test]
fn filters() {
    let corpus = corpus::lines(corpus::FILTERS);
    let resources: Vec<Object> = RESOURCE_TYPES.iter().map(|resource_type| resource(resource_type)).collect();
    fuzz(
        |dice| Some(mutate::text(dice, &corpus)),
        |text| {
            let Some(parsed) = told(parse(text, &mut Reading::lenient())) else { return false };
            for (resource_type, resource) in RESOURCE_TYPES.iter().zip(&resources) {
                for unknown in [Unknown::Refuse, Unknown::NoMatch] {
                    if let Some(bound) = told(bind(parsed.clone(), resource_type, unknown, &mut Reading::lenient())) {
                        matches(&bound, resource);
                    }
                }
            }
            true
        },
    );
}

#[test]
fn paths() {
    let corpus = corpus::lines(corpus::PATHS);
    let resources: Vec<Object> = RESOURCE_TYPES.iter().map(|resource_type| resource(resource_type)).collect();
    fuzz(
        |dice| Some(mutate::text(dice, &corpus)),
        |text| {
            if told(parse_path(text)).is_none() {
                return false;
            }
            for (resource_type, resource) in RESOURCE_TYPES.iter().zip(&resources) {
                for op in ["add", "replace", "remove"] {
                    patched(json!([{ "op": op, "path": text, "value": "x" }]), resource, resource_type);
                }
            }
            true
        },
    );
}

fn patched(body: Value, resource: &Object, resource_type: &'static ResourceType) -> Option<Object> {
    let request = told(PatchRequest::decode(body, &mut Reading::lenient()))?;
    let bound = told(patch::bind(request, resource_type, "the-id", &mut Reading::lenient()))?;
    told(patch::apply(bound, resource, resource_type, &mut Reading::lenient()))
}

#[test]
fn patches() {
    let corpus = corpus::lines(corpus::PATCHES);
    let resources: Vec<Object> = RESOURCE_TYPES.iter().map(|resource_type| resource(resource_type)).collect();
    fuzz(
        |dice| mutate::json(dice, &corpus),
        |body| {
            let results = RESOURCE_TYPES.iter().zip(&resources).map(|(resource_type, resource)| {
                let result = patched(body.clone(), resource, resource_type);
                // What a PATCH makes can be sent again as the body of a PUT.
                result.map(|changed| told(decoded(changed.into(), resource_type)).expect("it is a resource"))
            });
            results.flatten().count() > 0
        },
    );
}

/// Decodes and decodes the result: what is kept is what comes back from a PUT of a GET.
fn decode_twice(body: &Value, resource_type: &'static ResourceType) -> bool {
    let _ = told(decode::resource(body.clone(), resource_type, &mut Reading::new(Rules::STRICT)));
    match told(decoded(body.clone(), resource_type)) {
        Some(resource) => told(decoded(resource.into(), resource_type)).is_some() || panic!("not good the second time"),
        None => false,
    }
}

#[test]
fn users() {
    let corpus = corpus::lines(corpus::USERS);
    fuzz(|dice| mutate::json(dice, &corpus), |body| decode_twice(body, &USER));
}

#[test]
fn groups() {
    let corpus = corpus::lines(corpus::GROUPS);
    fuzz(|dice| mutate::json(dice, &corpus), |body| decode_twice(body, &GROUP));
}

#[test]
fn queries() {
    let corpus = corpus::lines(corpus::QUERIES);
    let resource = resource(&USER);
    fuzz(
        |dice| Some(mutate::bytes(dice, &corpus)),
        |bytes| {
            let pairs = form_urlencoded::parse(bytes).map(|(name, value)| (name.into_owned(), value.into_owned()));
            let Some(query) = told(Query::from_parameters(pairs)) else { return false };
            let _ = told(query.page_size(PageLimits { default: 100, maximum: 1000 }));
            if let Some(parsed) =
                query.filter.as_deref().and_then(|filter| told(parse(filter, &mut Reading::lenient())))
            {
                let _ = told(bind(parsed, &USER, Unknown::Refuse, &mut Reading::lenient()));
            }
            let projection = Projection::new(query.attributes.as_deref(), query.excluded_attributes.as_deref(), &USER);
            let shown = projection.apply(resource.clone(), &USER);
            // RFC 7643 §7: returned "always".
            assert!(shown.contains_key("schemas"), "{shown:?}");
            true
        },
    );
}

#[test]
fn cursors() {
    let cursors = Cursors::new(b"a secret that is long enough to be one", 60);
    let scope = Scope { account: "a", query: "q".to_owned(), count: 10 };
    let position = Position { resource_type: 0, key: Some("k".to_owned()), id: "i".to_owned(), total: 1 };
    let good = cursors.issue(&scope, position.clone(), 1_000_000).expect("a cursor");
    let mut corpus = corpus::lines(corpus::CURSORS);
    corpus.push(&good);
    fuzz(
        // The untouched one now and then, so that something is accepted.
        |dice| Some(if dice.one_in(50) { good.clone() } else { mutate::text(dice, &corpus) }),
        |cursor| match told(cursors.open(cursor, &scope, 1_000_000)) {
            Some(opened) => {
                // The last letter of base64 has bits that mean nothing; everything else must be as it was issued.
                assert_eq!(opened, position, "a forged cursor was taken: {cursor}");
                true
            }
            None => false,
        },
    );
}

#[test]
fn bulk_requests() {
    let corpus = corpus::lines(corpus::BULKS);
    fuzz(
        |dice| mutate::json(dice, &corpus),
        |body| {
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
        },
    );
}
