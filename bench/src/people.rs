//! The users that are stored: user number `n` has the same name and body in every database.

use uuid::Uuid;

const GIVEN: [&str; 16] = [
    "Ada", "Bela", "Chidi", "Dana", "Emil", "Fatima", "Goran", "Hana", "Ivo", "Jun", "Kofi", "Lena", "Mara", "Nils",
    "Oya", "Priya",
];
const FAMILY: [&str; 16] = [
    "Ahmed", "Brandt", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Horvat", "Ivanov", "Jensen", "Kim", "Lopez",
    "Meyer", "Nakamura", "Okafor", "Patel",
];

/// The ids of users 1, 2, 3 …
#[derive(Debug, Default, Clone)]
pub struct People(pub Vec<Uuid>);

impl People {
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Number and id of the user at this place.
    pub fn at(&self, index: usize) -> (u64, Uuid) {
        let id = self.0.get(index).copied().unwrap_or_default();
        (u64::try_from(index).unwrap_or(0) + 1, id)
    }
}

pub fn user_name(number: u64) -> String {
    format!("user{number:07}@example.com")
}

pub fn external_id(number: u64) -> String {
    format!("ext-{number:07}")
}

/// What an identity provider sends of a user.
pub fn body(number: u64) -> String {
    let pick = |names: &[&'static str; 16], number: u64| names[usize::try_from(number % 16).unwrap_or(0)];
    let (given, family) = (pick(&GIVEN, number), pick(&FAMILY, number / 16));
    let (name, external_id) = (user_name(number), external_id(number));
    let (title, phone) = (number % 9, number % 10_000);
    format!(
        r#"{{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{name}","externalId":"{external_id}","name":{{"givenName":"{given}","familyName":"{family}","formatted":"{given} {family}"}},"displayName":"{given} {family}","title":"Engineer {title}","preferredLanguage":"en-US","active":true,"emails":[{{"value":"{name}","type":"work","primary":true}}],"phoneNumbers":[{{"value":"+1-555-{phone:04}","type":"work"}}]}}"#
    )
}

/// A PATCH with these operations.
pub fn patch(operations: &str) -> String {
    format!(r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{operations}]}}"#)
}

/// The PATCH that sets `active`.
pub fn patch_active(active: bool) -> String {
    patch(&format!(r#"{{"op":"replace","path":"active","value":{active}}}"#))
}

/// A query's value with everything but letters and digits escaped.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}
