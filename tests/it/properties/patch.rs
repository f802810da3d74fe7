//! Laws of PATCH (RFC 7644 §3.5.2) on the pure library, for random users and random operations.

use super::{config, people};
use proptest::prelude::*;
use proptest::sample::select;
use scim_connector::scim::patch::{PatchRequest, apply, bind};
use scim_connector::scim::schema::USER;
use scim_connector::scim::{Error, Object, Reading, ScimType, decode, urn};
use serde_json::{Value, json};

const SIMPLE: &[&str] = &[
    "displayName",
    "NickName",
    "title",
    "externalId",
    "name.givenName",
    "name.formatted",
    "urn:ietf:params:scim:schemas:core:2.0:User:userType",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
    "costCenter",
    "manager",
    "manager.value",
];
const LISTS: &[&str] = &["emails", "phoneNumbers", "addresses", "roles", "photos"];
/// Chooses elements by something else than what the operations below change.
const CHOICES: &[&str] =
    &["type eq \"work\"", "type eq \"home\"", "primary eq true", "not (primary eq true)", "type pr"];
const UNKNOWN: &[&str] =
    &["nosuch", "emails.nosuch", "urn:example:2.0:User:thing", "name.nosuch", "emails[type eq \"work\"].nosuch"];

/// A user in canonical form, as the server keeps him.
fn user() -> impl Strategy<Value = Object> {
    people::user().prop_map(|user| without_repeats(decoded(user).expect("a user that can be decoded")))
}

fn decoded(user: Object) -> Result<Object, Error> {
    decode::resource(user.into(), &USER, &mut Reading::lenient())
}

fn patched(user: &Object, operations: &[Value]) -> Result<Object, Error> {
    let request =
        PatchRequest::decode(json!({ "schemas": [urn::PATCH_OP], "Operations": operations }), &mut Reading::lenient())?;
    let reading = &mut Reading::lenient();
    apply(bind(request, &USER, "the-id", reading)?, user, &USER, reading)
}

/// A path and a value that fits it.
fn target() -> impl Strategy<Value = (String, Value)> {
    let element = people::user().prop_flat_map(|user| {
        let elements = LISTS.iter().flat_map(|list| user[*list].as_array().cloned().unwrap_or_default());
        let elements: Vec<Value> = elements.chain([json!({ "value": "x", "type": "work", "primary": true })]).collect();
        select(elements)
    });
    let flag = prop_oneof![any::<bool>().prop_map(Value::from), Just(Value::from("True"))];
    let list = (select(LISTS), prop::collection::vec(element, 0..3));
    prop_oneof![
        3 => (select(SIMPLE), people::text()).prop_map(|(path, text)| (path.to_owned(), text.into())),
        1 => flag.clone().prop_map(|flag| ("active".to_owned(), flag)),
        2 => list.prop_map(|(list, elements)| (list.to_owned(), elements.into())),
        2 => (select(LISTS), select(CHOICES), people::text())
            .prop_map(|(list, choice, text)| (format!("{list}[{choice}].{}", part_of(list)), text.into())),
        1 => (select(LISTS), flag).prop_map(|(list, flag)| (format!("{list}[type eq \"work\"].primary"), flag)),
        1 => (select(LISTS), people::text())
            .prop_map(|(list, text)| (format!("{list}[type eq \"work\"]"), json!({ part_of(list): text }))),
        1 => (people::text(), people::text())
            .prop_map(|(given, family)| ("name".to_owned(), json!({ "givenName": given, "familyName": family }))),
    ]
}

fn part_of(list: &str) -> &'static str {
    if list == "addresses" { "locality" } else { "value" }
}

fn operation() -> impl Strategy<Value = Value> {
    (select(&["add", "Replace", "remove"][..]), target())
        .prop_map(|(op, (path, value))| json!({ "op": op, "path": path, "value": value }))
}

/// Any operation at all: what fits and what does not, with a path, without one, and with nonsense.
fn wild_operation() -> impl Strategy<Value = Value> {
    let value = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        people::text().prop_map(Value::from),
        people::user().prop_map(Value::from),
        prop::collection::vec(people::text(), 0..3).prop_map(Value::from),
        // Entra's roles.
        Just(Value::from("{\"value\":\"a\"}")),
        Just(json!([{ "value": "{\"value\":\"a\",\"displayName\":\"b\"}" }])),
        target().prop_map(|(_, value)| value),
        target().prop_map(|(path, value)| json!({ path: value })),
    ];
    let path = prop_oneof![
        target().prop_map(|(path, _)| path),
        select(
            [
                UNKNOWN,
                LISTS,
                &["id", "schemas", "userName", "name", "groups", "meta.created", urn::USER, urn::ENTERPRISE_USER]
            ]
            .concat()
        )
        .prop_map(str::to_owned),
        people::text(),
        (select(LISTS), people::text()).prop_map(|(list, text)| format!("{list}[value eq {}].type", Value::from(text))),
        (select(LISTS), people::text()).prop_map(|(list, text)| format!("{list}.{text}")),
    ];
    (select(&["add", "Replace", "remove"][..]), prop::option::of(path), prop::option::of(value)).prop_map(
        |(op, path, value)| {
            let mut operation = json!({ "op": op });
            path.into_iter().for_each(|path| operation["path"] = path.into());
            value.into_iter().for_each(|value| operation["value"] = value);
            operation
        },
    )
}

fn wild_operations() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(prop_oneof![operation(), wild_operation()], 0..5)
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn no_operations_change_nothing(user in user()) {
        prop_assert_eq!(patched(&user, &[]).expect("nothing to refuse"), user);
    }

    #[test]
    fn doing_it_twice_is_doing_it_once(user in user(), operation in operation()) {
        let Ok(once) = patched(&user, std::slice::from_ref(&operation)) else { return Ok(()) };

        let again = patched(&once, std::slice::from_ref(&operation));
        let twice = patched(&user, &[operation.clone(), operation]);

        prop_assert_eq!(again.as_ref(), Ok(&once));
        prop_assert_eq!(twice.as_ref(), Ok(&once), "in one request");
    }

    #[test]
    fn what_was_removed_is_gone(user in user(), name in select([SIMPLE, LISTS, &["name", "active"]].concat())) {
        let removed = patched(&user, &[json!({ "op": "remove", "path": name })]).expect("it is not required");

        prop_assert_eq!(value(&removed, name), None);
        // And nothing else is: what is put back makes the old resource.
        if let Some(old) = value(&user, name) {
            let restored = patched(&removed, &[json!({ "op": "replace", "path": name, "value": old })]);
            prop_assert_eq!(restored, Ok(user));
        }
    }

    #[test]
    fn replacing_by_the_same_changes_nothing(user in user(), name in select([SIMPLE, LISTS, &["name", "active", "userName"]].concat())) {
        if let Some(same) = value(&user, name) {
            let replaced = patched(&user, &[json!({ "op": "replace", "path": name, "value": same })]);
            prop_assert_eq!(replaced, Ok(user));
        }
    }

    #[test]
    fn replacing_everything_by_itself_changes_nothing(user in user()) {
        let replaced = patched(&user, &[json!({ "op": "replace", "value": user })]);
        prop_assert_eq!(replaced, Ok(user));
    }

    #[test]
    fn at_most_one_element_is_primary(user in user(), operations in wild_operations()) {
        let Ok(changed) = patched(&user, &operations) else { return Ok(()) };
        for (name, value) in &changed {
            let elements = value.as_array().into_iter().flatten();
            let primaries = elements.filter(|element| element.get("primary") == Some(&Value::Bool(true)));
            prop_assert!(primaries.count() <= 1, "{}: {}", name, value);
        }
    }

    #[test]
    fn a_changed_user_is_canonical(user in user(), operations in wild_operations()) {
        let Ok(changed) = patched(&user, &operations) else { return Ok(()) };
        // Known: see `what_is_required_stays` below.
        prop_assume!(changed.contains_key("userName"));
        prop_assert_eq!(decoded(changed.clone()), Ok(without_repeats(changed)));
    }

    #[test]
    fn a_decoded_user_is_canonical(user in people::user()) {
        let once = decoded(user).expect("a user");
        prop_assert_eq!(decoded(once.clone()), Ok(without_repeats(once)));
    }

    #[test]
    fn a_failing_operation_fails_the_whole(user in user(), good in prop::collection::vec(operation(), 0..3)) {
        let bad = json!({ "op": "remove", "path": "userName" });
        let before = user.clone();

        let result = patched(&user, &[good, vec![bad]].concat());

        prop_assert!(result.is_err());
        prop_assert_eq!(user, before);
    }

    #[test]
    fn unknown_names_change_nothing(
        user in user(),
        op in select(&["add", "replace", "remove"][..]),
        name in select(UNKNOWN),
        value in people::user(),
    ) {
        let with_path = patched(&user, &[json!({ "op": op, "path": name, "value": value })]);
        prop_assert_eq!(with_path.as_ref(), Ok(&user));
        if op != "remove" {
            let without_path = patched(&user, &[json!({ "op": op, "value": { name: value } })]);
            prop_assert_eq!(without_path, Ok(user));
        }
    }

    #[test]
    fn no_operation_panics(user in user(), operations in wild_operations()) {
        let _ = patched(&user, &operations);
    }
}

/// The user with each element once: see `elements_that_become_equal_are_one` below.
fn without_repeats(mut user: Object) -> Object {
    for elements in user.values_mut().filter_map(Value::as_array_mut) {
        let mut kept: Vec<Value> = Vec::new();
        for element in elements.drain(..) {
            if !kept.contains(&element) {
                kept.push(element);
            }
        }
        *elements = kept;
    }
    user
}

/// RFC 7643 §2.4: a value stands in a list once. (Those that are equal when they are sent are one already.)
#[test]
fn elements_that_become_equal_are_one() {
    let sent = json!({ "userName": "a", "emails": [
        { "value": "a@x", "primary": true }, { "value": "a@x", "primary": false }, { "value": "b@x", "primary": true },
    ]});
    let user = decoded(sent.as_object().expect("an object").clone()).expect("a user");
    assert_eq!(user["emails"].as_array().map(Vec::len), Some(2), "{}", user["emails"]);

    let sent =
        json!({ "userName": "a", "emails": [{ "value": "a@x", "type": "work" }, { "value": "b@x", "type": "work" }] });
    let user = decoded(sent.as_object().expect("an object").clone()).expect("a user");
    let operation = json!({ "op": "replace", "path": "emails[type eq \"work\"].value", "value": "c@x" });
    let changed = patched(&user, &[operation]).expect("a change");
    assert_eq!(changed["emails"], json!([{ "value": "c@x", "type": "work" }]));
}

/// RFC 7644 §3.5.2.2: what is required cannot be removed, however that is written.
#[test]
fn what_is_required_stays() {
    let user = decoded(Object::from_iter([("userName".to_owned(), "a".into())])).expect("a user");
    for operation in [
        json!({ "op": "remove", "path": "userName", "value": "a" }),
        json!({ "op": "replace", "path": "userName", "value": [] }),
        json!({ "op": "replace", "path": "userName", "value": [""] }),
    ] {
        let refused = patched(&user, std::slice::from_ref(&operation)).map_err(|error| error.scim_type);
        assert_eq!(refused, Err(ScimType::Mutability), "{operation}");
    }
}

/// Unknown parts change nothing, wherever they are.
#[test]
fn unknown_parts_of_a_chosen_element_change_nothing() {
    let sent = json!({ "userName": "a", "emails": [{ "value": "a@x", "type": "work" }] });
    let user = decoded(sent.as_object().expect("an object").clone()).expect("a user");
    for op in ["add", "replace"] {
        let operation = json!({ "op": op, "path": "emails[type eq \"work\"]", "value": { "nosuch": "x" } });
        let changed = patched(&user, &[operation]).expect("ignored");
        assert_eq!(changed, user, "{op}");
    }
}

/// What is shown by a GET can be sent back by a PUT and stays what it was.
#[test]
fn a_role_that_is_packed_into_a_path_operation_is_canonical() {
    let sent = json!({ "userName": "a", "roles": [{ "value": "User", "primary": true }] });
    let user = decoded(sent.as_object().expect("an object").clone()).expect("a user");
    let packed = "{\"value\":\"Admin\",\"displayName\":\"Administrator\"}";
    let operation = json!({ "op": "replace", "path": "roles[primary eq \"True\"].value", "value": packed });
    let changed = patched(&user, &[operation]).expect("a change");
    assert_eq!(decoded(changed.clone()), Ok(changed));
}

#[test]
fn a_role_that_is_packed_twice_is_canonical() {
    let packed = json!({ "value": json!({ "value": "Admin" }).to_string() }).to_string();
    let sent = json!({ "userName": "a", "roles": [{ "value": packed }] });
    let once = decoded(sent.as_object().expect("an object").clone()).expect("a user");
    assert_eq!(decoded(once.clone()), Ok(once));
}

/// What a GET shows under a name as the tests above write it.
fn value(user: &Object, name: &str) -> Option<Value> {
    use scim_connector::scim::path::{Named, resolve};
    let Ok(Some(Named::Attribute(target))) = resolve(name, &USER) else { panic!("{name} is an attribute") };
    let value = target.value_in(user)?;
    match target.sub {
        Some(sub) => value.get(sub.name).cloned(),
        None => Some(value.clone()),
    }
}
