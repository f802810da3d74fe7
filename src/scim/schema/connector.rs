//! The product's own extensions of User and Group. Whatever an identity provider has to map is a flat string, because
//! identity providers map strings well and objects badly.

use super::{Attribute, DISPLAY, PRIMARY, Schema, boolean, complex, date_time, integer, reference, string};
use crate::scim::urn;

pub static CONNECTOR_USER: Schema = Schema {
    id: urn::CONNECTOR_USER,
    name: "ConnectorUser",
    description: "Place of the user in the product: organization, groups, roles, status",
    attributes: &[
        string("organization", "Name of the user's organization; a write also takes its id.").of_the_account(),
        string("primaryGroup", "displayName of the user's primary group; a write also takes its id.").of_the_account(),
        string("username", "The product's own handle, unique in the organization."),
        complex("memberships", MEMBERSHIP, "Groups of the user with the flags of each membership.")
            .multi_valued()
            .of_the_account()
            .on_request(),
        complex("metadata", METADATA, "Values by key, kept for the product.").multi_valued().of_the_account(),
        complex("folders", FOLDER, "Folders assigned to the user.").multi_valued().of_the_account(),
        string("websiteAccess", "Websites that the user may reach.").multi_valued().of_the_account(),
        string("accessLevel", "Level of access to the areas of the platform."),
        string("status", "Where the user stands.")
            .canonical(&["invited", "active", "inactive"])
            .read_only()
            .on_request(),
        string("blockedReasons", "Why the user cannot start sessions.")
            .multi_valued()
            .read_only()
            .on_request()
            .not_filterable(),
        complex("effectiveRoles", EFFECTIVE_ROLE, "Direct roles and those inherited from groups.")
            .multi_valued()
            .read_only()
            .on_request()
            .not_filterable(),
        complex("invitation", INVITATION, "The invitation of a user who has not joined yet.")
            .read_only()
            .on_request()
            .not_filterable(),
        complex("sender", SENDER, "Sender identity that the user's organization gives.")
            .read_only()
            .on_request()
            .not_filterable(),
        complex("expiration", EXPIRATION, "Expiration rules of the user's future sessions.")
            .read_only()
            .on_request()
            .not_filterable(),
        boolean("sendInvite", "Whether the user is invited instead of being active at once.")
            .write_only()
            .unpublished(),
    ],
};

const MEMBERSHIP: &[Attribute] = &[
    string("value", "The id of the group.").case_exact(),
    reference("$ref", &["Group"], "The address of the group.").read_only().not_filterable(),
    string("display", "The displayName of the group.").read_only(),
    PRIMARY,
    boolean("groupAdmin", "Whether the user administers the group; false at first."),
    boolean("canSend", "Whether the user may send under the group; true at first."),
    string("origin", "Who gave the membership.").read_only(),
];

const METADATA: &[Attribute] = &[string("key", "The key."), string("value", "The value.")];

const FOLDER: &[Attribute] =
    &[string("value", "The folder."), DISPLAY, string("origin", "Who assigned the folder.").read_only()];

const EFFECTIVE_ROLE: &[Attribute] = &[
    string("value", "The key of the role.").read_only(),
    string("display", "The name of the role.").read_only(),
    string("origin", "Who gave it.").read_only(),
    string("via", "The group it is inherited from.").read_only(),
];

const INVITATION: &[Attribute] = &[
    string("id", "The id of the invitation.").read_only(),
    string("state", "Where it stands.").canonical(&["pending", "accepted", "revoked", "expired"]).read_only(),
    date_time("sentAt", "When it was sent last.").read_only(),
    date_time("expiresAt", "When its link stops working.").read_only(),
    integer("sendCount", "How often it was sent.").read_only(),
];

const SENDER: &[Attribute] = &[
    string("name", "The name that mails are sent under.").read_only(),
    string("email", "The address that mails are sent from.").read_only(),
];

const EXPIRATION: &[Attribute] = &[
    integer("days", "Days after which a session expires.").read_only(),
    integer("reminderDays", "Days before that when signers are reminded.").read_only(),
];

pub static CONNECTOR_GROUP: Schema = Schema {
    id: urn::CONNECTOR_GROUP,
    name: "ConnectorGroup",
    description: "The group in the product: description, roles, flags of its members",
    attributes: &[
        string("description", "What the group is for."),
        boolean("archived", "Whether the group is hidden from lists and takes no new members.").of_the_account(),
        complex("roles", GROUP_ROLE, "Roles that members inherit.").multi_valued().of_the_account(),
        complex("folders", FOLDER, "Folders that members reach.").multi_valued().of_the_account(),
        string("taskDispatch", "How tasks are dispatched to members."),
        boolean("default", "Whether this is the account's Default group.").read_only().on_request(),
        integer("memberCount", "How many members the group has.").read_only().on_request(),
        complex("memberSettings", MEMBER_SETTING, "The flags of each membership.")
            .multi_valued()
            .of_the_account()
            .on_request(),
    ],
};

const GROUP_ROLE: &[Attribute] = &[string("value", "The role."), DISPLAY];

const MEMBER_SETTING: &[Attribute] = &[
    string("value", "The id of the user.").case_exact(),
    boolean("groupAdmin", "Whether the user administers the group; false at first."),
    boolean("canSend", "Whether the user may send under the group; true at first."),
    boolean("primary", "Whether this is the user's primary group; changed through the User.").read_only(),
];
