//! A literal of a filter is a JSON string (RFC 7644 §3.4.2.2): it means what JSON says it means.

use super::{config, people};
use proptest::prelude::*;
use proptest::sample::select;
use scim_connector::expr::Expr;
use scim_connector::scim::Reading;
use scim_connector::scim::filter::{Literal, parse};
use serde_json::Value;

const ESCAPES: &[&str] = &[
    "\\n",
    "\\\\",
    "\\\"",
    "\\/",
    "\\b",
    "\\f",
    "\\r",
    "\\t",
    "\\u00e9",
    "\\u00C9",
    "\\ud83d\\ude00",
    "\\uD83D\\uDE00",
];

/// The inside of a JSON string, with escapes in all spellings.
fn inside() -> impl Strategy<Value = String> {
    let plain = people::text().prop_map(|text| text.replace(['"', '\\'], ""));
    prop::collection::vec(prop_oneof![select(ESCAPES).prop_map(str::to_owned), plain], 0..6)
        .prop_map(|pieces| pieces.concat())
}

/// What a filter takes this literal for.
fn read(literal: &str) -> Option<String> {
    match parse(&format!("title eq {literal}"), &mut Reading::lenient()) {
        Ok(Expr::Compare("title", _, Literal::Quoted(text))) => Some(text),
        _ => None,
    }
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn a_json_string_is_read_as_json_does(inside in inside()) {
        let literal = format!("\"{inside}\"");
        let expected: String = serde_json::from_str(&literal).expect("JSON");
        prop_assert_eq!(read(&literal), Some(expected));
    }

    #[test]
    fn any_text_survives_in_quotes(text in any::<String>()) {
        prop_assert_eq!(read(&Value::from(text.as_str()).to_string()), Some(text));
    }
}

/// Clients send `domain\user`: a backslash that begins no escape stands for itself.
#[test]
fn a_lone_backslash_stands_for_itself() {
    for inside in
        ["domain\\a", "\\x", "\\", "\\u", "\\u00", "\\u00g0", "\\ud83d", "\\ud83dx", "\\ud83d\\u0041", "\\u é"]
    {
        let read = read(&format!("\"{inside} \""));
        assert_eq!(read, Some(format!("{inside} ").replace("\\u0041", "A")), "{inside}");
    }
}

#[test]
fn a_sign_is_no_hexadecimal_digit() {
    assert_eq!(read("\"\\u+041\"").as_deref(), Some("\\u+041"));
}
