//! What an administrator may set of a user, and how SCIM says it.

use crate::admin::Error;
use crate::admin::said::Said;
use crate::scim::{Object, urn};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A user to make or to change. A change leaves alone what is left out and clears what is null.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[schema(as = UserFields)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserFields {
    /// The login, unique in the account; the e-mail address when a new user has none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub user_name: Said<String>,
    /// The main e-mail address. No other user has it as login or main address.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub email: Said<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub given_name: Said<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub family_name: Said<String>,
    /// Made of the names when a new user has none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub display_name: Said<String>,
    /// The product's own handle, unique in the organization.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub username: Said<String>,
    /// By name or id.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub organization: Said<String>,
    /// The whole list of direct roles, each by key, name or alias. Naming a role that is held approves it.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub roles: Said<Vec<String>>,
    /// The whole list of groups, each by name or id.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub groups: Said<Vec<String>>,
    /// One of the groups, by name or id.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub primary_group: Said<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub external_id: Said<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub user_type: Said<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub title: Said<String>,
    /// The main phone number.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub phone: Said<String>,
    /// As in an Accept-Language header, such as en-GB.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub language: Said<String>,
    /// Two capital letters of ISO 3166, such as CH.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub country: Said<String>,
    /// An IANA name, such as Europe/Zurich.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub time_zone: Said<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub access_level: Said<String>,
    /// Permissions for areas of the platform.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub entitlements: Said<Vec<String>>,
    /// Websites that the user may reach.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub website_access: Said<Vec<String>>,
    /// Folders assigned to the user himself.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub folders: Said<Vec<String>>,
    /// Values by key, kept for the product.
    #[serde(default)]
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub metadata: Said<BTreeMap<String, String>>,
}

/// An attribute of the profile with the value it shall have: its name here, its SCIM path, and none to clear it.
pub struct Wanted {
    pub name: &'static str,
    pub path: Path,
    pub value: Option<Value>,
}

/// Where an attribute stands in a SCIM user.
#[derive(Debug, Clone, Copy)]
pub enum Path {
    Core(&'static str),
    /// A part of a complex attribute.
    Part(&'static str, &'static str),
    /// An attribute of the connector's extension.
    Extension(&'static str),
}

impl Path {
    pub fn text(self) -> String {
        match self {
            Self::Core(name) => name.to_owned(),
            Self::Part(whole, part) => format!("{whole}.{part}"),
            Self::Extension(name) => format!("{}:{name}", urn::CONNECTOR_USER),
        }
    }

    pub fn read(self, resource: &Object) -> Option<&Value> {
        match self {
            Self::Core(name) => resource.get(name),
            Self::Part(whole, part) => resource.get(whole)?.get(part),
            Self::Extension(name) => resource.get(urn::CONNECTOR_USER)?.get(name),
        }
    }

    pub fn write(self, resource: &mut Object, value: Value) {
        let empty = || Value::Object(Object::new());
        match self {
            Self::Core(name) => drop(resource.insert(name.to_owned(), value)),
            Self::Part(whole, part) => resource.entry(whole).or_insert_with(empty)[part] = value,
            Self::Extension(name) => resource.entry(urn::CONNECTOR_USER).or_insert_with(empty)[name] = value,
        }
    }
}

impl UserFields {
    /// Refuses what has a form that is known.
    pub fn check(&self) -> Result<(), Error> {
        if self.country.value().is_some_and(|code| !is_country(code)) {
            let detail = "A country is one of the two-letter codes of ISO 3166 in capital letters, such as CH or US.";
            return Err(Error::Invalid { field: "country", detail });
        }
        if self.time_zone.value().is_some_and(|zone| !is_time_zone(zone)) {
            let detail = "A time zone is an IANA name, such as Europe/Zurich or UTC.";
            return Err(Error::Invalid { field: "timeZone", detail });
        }
        Ok(())
    }

    /// The attributes of the profile that are said, over those that a user has.
    pub fn profile(&self, old: &Object) -> Vec<Wanted> {
        let texts = [
            ("userName", Path::Core("userName"), &self.user_name),
            ("externalId", Path::Core("externalId"), &self.external_id),
            ("displayName", Path::Core("displayName"), &self.display_name),
            ("givenName", Path::Part("name", "givenName"), &self.given_name),
            ("familyName", Path::Part("name", "familyName"), &self.family_name),
            ("username", Path::Extension("username"), &self.username),
            ("userType", Path::Core("userType"), &self.user_type),
            ("title", Path::Core("title"), &self.title),
            ("language", Path::Core("preferredLanguage"), &self.language),
            ("timeZone", Path::Core("timezone"), &self.time_zone),
            ("accessLevel", Path::Extension("accessLevel"), &self.access_level),
        ];
        let mut wanted: Vec<Wanted> = texts
            .into_iter()
            .filter(|(_, _, said)| said.is_said())
            .map(|(name, path, said)| Wanted { name, path, value: said.value().map(|text| text.as_str().into()) })
            .collect();
        let value = |text: &String| json!({ "value": text });
        let lists = [
            ("entitlements", Path::Core("entitlements"), &self.entitlements, true),
            ("websiteAccess", Path::Extension("websiteAccess"), &self.website_access, false),
            ("folders", Path::Extension("folders"), &self.folders, true),
        ];
        for (name, path, said, is_complex) in lists.into_iter().filter(|(_, _, said, _)| said.is_said()) {
            let list = said.value().filter(|list| !list.is_empty());
            let element = |text: &String| if is_complex { value(text) } else { text.as_str().into() };
            wanted.push(Wanted { name, path, value: list.map(|list| list.iter().map(element).collect()) });
        }
        if self.metadata.is_said() {
            let pairs = self.metadata.value().filter(|pairs| !pairs.is_empty());
            let pair = |(key, value): (&String, &String)| json!({ "key": key, "value": value });
            let value = pairs.map(|pairs| pairs.iter().map(pair).collect());
            wanted.push(Wanted { name: "metadata", path: Path::Extension("metadata"), value });
        }
        for (name, list, part, said) in [
            ("email", "emails", "value", &self.email),
            ("phone", "phoneNumbers", "value", &self.phone),
            ("country", "addresses", "country", &self.country),
        ] {
            if said.is_said() {
                wanted.push(Wanted { name, path: Path::Core(list), value: main(old.get(list), part, said.value()) });
            }
        }
        wanted
    }
}

/// A list of addresses whose main one has another value; what else is on the list stays.
fn main(old: Option<&Value>, part: &str, text: Option<&String>) -> Option<Value> {
    let mut list: Vec<Value> = old.and_then(Value::as_array).cloned().unwrap_or_default();
    let index = main_index(&list);
    match (text, index) {
        (Some(text), Some(index)) => list[index][part] = text.as_str().into(),
        (Some(text), None) => {
            let mut element = Object::new();
            element.insert(part.to_owned(), text.as_str().into());
            element.insert("type".to_owned(), "work".into());
            element.insert("primary".to_owned(), true.into());
            list.push(element.into());
        }
        // Of a postal address only the country goes.
        (None, Some(index)) if part != "value" => {
            list[index].as_object_mut().map(|element| element.shift_remove(part));
        }
        (None, Some(index)) => drop(list.remove(index)),
        (None, None) => {}
    }
    (!list.is_empty()).then_some(Value::Array(list))
}

/// The primary element of a list, or the first one.
fn main_index(list: &[Value]) -> Option<usize> {
    let primary = list.iter().position(|element| element["primary"] == true);
    primary.or((!list.is_empty()).then_some(0))
}

/// A part of the main element of a list.
pub fn main_of<'r>(resource: &'r Object, list: &str, part: &str) -> Option<&'r str> {
    let list = resource.get(list)?.as_array()?;
    list[main_index(list)?][part].as_str()
}

fn is_country(code: &str) -> bool {
    code.len() == 2 && COUNTRIES.split(' ').any(|known| known == code)
}

/// ISO 3166-1 alpha-2.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS \
    BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI \
    FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR \
    IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM \
    MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT \
    PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM \
    TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// The form of an IANA name. The names themselves change several times a year, so they are not listed here.
fn is_time_zone(zone: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_uppercase())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+'))
    };
    let mut parts = zone.split('/');
    zone == "UTC" || (zone.contains('/') && parts.all(is_part))
}
