//! Organizations and settings sets: resource types of this product.

use super::{Attribute, ResourceType, Schema, boolean, complex, integer, reference, string};
use crate::scim::urn;

pub static ORGANIZATION: ResourceType = ResourceType {
    name: "Organization",
    description: "A unit inside the account; every user belongs to one.",
    endpoint: "/Organizations",
    schema: &ORGANIZATION_SCHEMA,
    extensions: &[],
};

static ORGANIZATION_SCHEMA: Schema = Schema {
    id: urn::ORGANIZATION,
    name: "Organization",
    description: "Organization",
    attributes: &[
        string("displayName", "The name of the organization, unique in the account.").required().unique(),
        complex("settingsSet", SETTINGS_SET_REF, "The settings set that the organization applies: exactly one.")
            .required()
            .of_the_account(),
        boolean("default", "Whether users without another word are in it.").read_only().on_request().not_filterable(),
        integer("userCount", "How many users it has.").read_only().on_request().not_filterable(),
    ],
};

const SETTINGS_SET_REF: &[Attribute] = &[
    string("value", "The id of the settings set; a write also takes its name.").of_the_account(),
    reference("$ref", &["SettingsSet"], "The address of the settings set.").read_only().not_filterable(),
    string("display", "The displayName of the settings set.").read_only().not_filterable(),
];

pub static SETTINGS_SET: ResourceType = ResourceType {
    name: "SettingsSet",
    description: "Sender identity and expiration rules of future sessions.",
    endpoint: "/SettingsSets",
    schema: &SETTINGS_SET_SCHEMA,
    extensions: &[],
};

static SETTINGS_SET_SCHEMA: Schema = Schema {
    id: urn::SETTINGS_SET,
    name: "SettingsSet",
    description: "Settings Set",
    attributes: &[
        string("displayName", "The name of the settings set, unique in the account.").required().unique(),
        complex("sender", SENDER, "What mails of sessions are sent under."),
        complex("expiration", EXPIRATION, "When sessions that start from now on expire."),
        boolean("default", "Whether the account's first organization applies it.")
            .read_only()
            .on_request()
            .not_filterable(),
        complex("usedBy", USED_BY, "The organizations that apply it.")
            .multi_valued()
            .read_only()
            .on_request()
            .not_filterable(),
    ],
};

const SENDER: &[Attribute] =
    &[string("name", "The name that mails are sent under."), string("email", "The address that mails are sent from.")];

const EXPIRATION: &[Attribute] = &[
    integer("days", "Days after which a session expires."),
    integer("reminderDays", "Days before that when signers are reminded."),
];

const USED_BY: &[Attribute] = &[
    string("value", "The id of the organization.").read_only(),
    reference("$ref", &["Organization"], "The address of the organization.").read_only(),
    string("display", "The displayName of the organization.").read_only(),
];
