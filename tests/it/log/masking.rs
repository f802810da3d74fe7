//! What the log never holds.

use super::{entries, entry, everything};
use crate::support::{on_both, send};
use proptest::prelude::*;
use reqwest::Method;
use scim_connector::provisioning::Mask;
use serde_json::{Value, json};

const SECRET: &str = "hunter2-correct-horse";
const SECRET_NAMES: &[&str] = &[
    "password",
    "Password",
    "client_secret",
    "clientSecret",
    "accessToken",
    "client_assertion",
    "Authorization",
    "api_key",
];

/// JSON of any shape whose texts are harmless.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z\\\\\"\u{0}é ]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-zA-Z]{1,6}", inner, 0..4).prop_map(|members| json!(members)),
        ]
    })
}

/// A secret as clients send one: under a name, in a PATCH, in a filter.
fn any_secret() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(SECRET_NAMES);
    (name, 0..7).prop_map(|(name, shape)| match shape {
        0 => json!({ name: SECRET }),
        1 => json!({ name: [{ "value": SECRET, "deep": { "er": SECRET } }] }),
        2 => json!({ "op": "replace", "path": name, "value": SECRET }),
        3 => json!({ "value": { "x": SECRET }, "path": format!("urn:x:User:{name}"), "op": "Add" }),
        4 => json!({ "op": "replace", "value": { format!("urn:x:User:{name}"): SECRET } }),
        5 => json!({ "op": "remove", "path": format!("emails[{name} eq \"{SECRET}\"].value") }),
        _ => json!({ format!("emails[{name} eq \"{SECRET}\"].value"): "x" }),
    })
}

/// Puts a value somewhere into another one.
fn put(into: &mut Value, value: Value, place: usize) {
    match into {
        Value::Array(values) if !values.is_empty() && !place.is_multiple_of(3) => {
            let at = place % values.len();
            put(&mut values[at], value, place / 2);
        }
        Value::Array(values) => values.push(value),
        Value::Object(members) if !members.is_empty() && !place.is_multiple_of(3) => {
            let at = place % members.len();
            put(members.values_mut().nth(at).expect("it has so many"), value, place / 2);
        }
        Value::Object(members) => drop(members.insert("Operations".to_owned(), value)),
        other => *other = value,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Catalogue case 134: a secret that is put anywhere into a body is not in what is kept of it.
    #[test]
    fn a_secret_anywhere_in_a_body_is_masked(mut body in any_json(), secret in any_secret(), place in 0_usize..64) {
        put(&mut body, secret, place);
        for mask in [Mask::Secrets, Mask::Personal] {
            let mut masked = body.clone();
            mask.value(&mut masked);
            prop_assert!(!masked.to_string().contains("hunter2"), "{masked}");
            prop_assert!(!mask.leaves(&body.to_string()), "{body}");
        }
    }

    /// The mask for personal data leaves no text but words of the protocol, ids, and names of members.
    #[test]
    fn no_text_about_a_person_stays(name in "[a-zA-Z]{1,12}", text in "Ada[ a-z@.]{0,12}", place in 0_usize..64, mut body in any_json()) {
        prop_assume!(!["type", "op", "method", "roles"].contains(&name.to_lowercase().as_str()));
        put(&mut body, json!({ name: text, "emails": [{ "value": text, "primary": true }] }), place);
        Mask::Personal.value(&mut body);
        prop_assert!(!body.to_string().contains("Ada"), "{body}");
    }

    #[test]
    fn literals_of_filters_are_masked(text in "Ada[^\"\\\\]{0,12}", operator in prop::sample::select(&["eq", "CO", "sw"][..])) {
        let filter = format!("(userName {operator} \"{text}\") or emails[type eq \"work\" and value {operator} \"{text}\"]");
        let masked = Mask::Personal.expression(&filter);
        prop_assert_eq!(masked, format!("(userName {operator} \"***\") or emails[type eq \"***\" and value {operator} \"***\"]"));
        prop_assert_eq!(Mask::Secrets.expression(&filter), filter);
    }
}

/// A usual body need not be read again; one that may hide something is.
#[test]
fn bodies_that_may_hide_something_are_read() {
    let usual = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada", "active": true });
    assert!(Mask::Secrets.leaves(&usual.to_string()));
    assert!(!Mask::Personal.leaves(&usual.to_string()));
    let ours = format!("sct_{}", "x".repeat(43));
    for hiding in [
        ours.as_str(),
        "eyJhbGciOiJub25lIn0.e30.",
        "Bearer abcdefgh",
        "basic dXNlcg==",
        "my-Pass_word: x",
        "p\\u0061ssword",
    ] {
        let text = format!("{{\"title\": \"{hiding}\"}}");
        assert!(!Mask::Secrets.leaves(&text), "{text}");
    }
}

/// A part of a path that looks like a name of a schema or of a bulk operation may carry a secret, too.
#[test]
fn no_secret_stays_in_a_path() {
    for mask in [Mask::Secrets, Mask::Personal] {
        for name in ["urn:", "bulkId:"] {
            let path = format!("/scim/v2/Schemas/{name}sct_0123456789abcdefghijklmnop");
            assert_eq!(mask.path(&path), "/scim/v2/Schemas/***", "{mask:?}");
        }
        let schema = "/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User";
        assert_eq!(mask.path(schema), schema, "{mask:?}");
    }
}

/// Shapes stay, so that one still sees what was sent.
#[test]
fn a_mask_keeps_shapes_and_ids() {
    let id = "0199c7a0-0000-7000-8000-000000000001";
    let mut body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [
            { "op": "Replace", "path": "active", "value": "False" },
            { "op": "Add", "path": "members", "value": [{ "value": id, "display": "Ada" }] },
            { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "ada@example.com" },
            { "op": "Replace", "path": "name.givenName", "value": null },
            { "op": "Replace", "value": { "userType": "Employee", "employeeNumber": 7, "password": "hunter2" } },
        ],
    });
    Mask::Personal.value(&mut body);
    assert_eq!(
        body["Operations"],
        json!([
            { "op": "Replace", "path": "active", "value": "False" },
            { "op": "Add", "path": "members", "value": [{ "value": id, "display": "***" }] },
            { "op": "Replace", "path": "emails[type eq \"***\"].value", "value": "***" },
            { "op": "Replace", "path": "name.givenName", "value": null },
            { "op": "Replace", "value": { "userType": "Employee", "employeeNumber": "***", "password": "***" } },
        ])
    );
    let bare = |text: &str| Mask::Personal.expression(text);
    assert_eq!(bare("userName eq ada and id eq 'Ada L'"), "userName eq *** and id eq ***");
    assert_eq!(bare(&format!("id eq \"{id}\" and active eq true")), format!("id eq \"{id}\" and active eq true"));
    assert_eq!(bare("userName eq \"ada"), "userName eq \"***\"");
    assert_eq!(Mask::Personal.path("/scim/v2/Users/ada@example.com"), "/scim/v2/Users/***");
}

on_both! {
    /// Catalogue case 134: tokens and passwords are in no entry, wherever a client puts them.
    async fn no_secret_is_in_the_log(server) {
        let token = server.token.clone();
        let user = json!({ "userName": "ada", "password": SECRET, "title": token });
        let id = server.post("/Users", user).await.expect(201).id();
        server.patch(&format!("/Users/{id}"), json!([{ "op": "replace", "path": "password", "value": SECRET }])).await;
        server.find("/Users", &format!("password eq \"{SECRET}\"")).await;
        server.get(&format!("/Users?access_token={token}&password={SECRET}")).await;
        server.get(&format!("/Users/{token}")).await;
        send(server.request(Method::GET, "/Users").header("User-Agent", format!("x {token}"))).await;

        entries(&server, &[], 6).await;
        let all = everything(&server).await;
        for secret in [SECRET, &token] {
            assert!(!all.contains(secret), "{all}");
        }
        assert!(all.contains("\"password\":\"***\""), "{all}");
    }

    /// Where a connection wants no personal data, no entry has any: not in bodies, filters, paths, sentences.
    async fn personal_data_are_masked_where_the_connection_wants_it(server) {
        server.configure(|connection| connection.settings.log.mask_personal_data = true).await;
        let user = json!({
            "userName": "lovelace@example.com", "name": { "givenName": "Lovelace" }, "externalId": "lovelace-1",
            "emails": [{ "value": "lovelace@example.com", "type": "work", "primary": true }], "homeTown": "Lovelace Hall",
        });
        let id = server.post("/Users", user.clone()).await.expect(201).id();
        let taken = server.post("/Users", user).await.expect(409);
        server.find("/Users", "userName eq \"lovelace@example.com\"").await.expect(200);
        server.get("/Users/lovelace@example.com").await.expect(404);
        let path = "emails[value eq \"lovelace@example.com\"].display";
        let last = server.patch(&format!("/Users/{id}"), json!([{ "op": "add", "path": path, "value": "Lovelace" }])).await;

        entry(&server, &last).await;
        let all = everything(&server).await;
        assert!(!all.to_lowercase().contains("lovelace"), "{all}");
        assert!(all.contains(&id));
        let found = entry(&server, &taken).await;
        assert_eq!(found["body"]["emails"], json!([{ "value": "***", "type": "work", "primary": true }]));
    }
}
