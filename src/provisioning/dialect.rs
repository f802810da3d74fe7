//! What each dialect chooses where clients truly disagree; everything else is understood for everybody at once. This is
//! the one place that asks for a dialect: others ask for the choice. `docs/dialects.md` says the same in words.

use crate::domain::{AttributeMode, Connection, Dialect, OnConflict, Policies, UnknownMembers, UserDelete};
use crate::scim::Rules;
use crate::scim::list::PageLimits;

/// How a connection is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choices {
    /// How bodies and paths are read.
    pub rules: Rules,
    pub on_conflict: OnConflict,
    pub unknown_members: UnknownMembers,
    /// A PATCH of a group is answered without a body, whatever its size: Entra reads none.
    pub silent_group_patch: bool,
    /// A PUT that says nothing of members, or of the product's part of a group, clears it (RFC 7644 §3.5.1).
    pub put_clears: bool,
    /// Roles and entitlements are published whatever the account's policy says.
    pub tells_model: bool,
    /// They are published under Okta's URNs, which are the only ones that Okta asks for.
    pub okta_names: bool,
    /// The interoperability profile is meant.
    pub profile: bool,
}

impl Choices {
    /// What a dialect chooses by itself.
    pub const fn by_default(dialect: Dialect) -> Self {
        const AUTO: Choices = Choices {
            rules: Rules::LENIENT,
            on_conflict: OnConflict::Refuse,
            unknown_members: UnknownMembers::Reject,
            silent_group_patch: false,
            put_clears: false,
            tells_model: false,
            okta_names: false,
            profile: false,
        };
        match dialect {
            Dialect::Auto => AUTO,
            // It sends what was refused once more in the next cycle, so an unknown member waits until he is there.
            Dialect::Entra => Choices { silent_group_patch: true, ..AUTO },
            // It never repeats a 400, and it creates anew whom it has lost sight of.
            Dialect::Okta => Choices {
                on_conflict: OnConflict::Restore,
                unknown_members: UnknownMembers::Skip,
                tells_model: true,
                okta_names: true,
                ..AUTO
            },
            Dialect::Strict => {
                Choices { rules: Rules::STRICT, put_clears: true, tells_model: true, profile: true, ..AUTO }
            }
        }
    }

    /// What a connection chooses: a setting that was made wins over the dialect.
    pub fn of(connection: &Connection) -> Self {
        let settings = &connection.settings;
        let mut choices = Self::by_default(connection.dialect);
        choices.on_conflict = settings.on_conflict.unwrap_or(choices.on_conflict);
        choices.unknown_members = settings.unknown_members.unwrap_or(choices.unknown_members);
        if let Some(mode) = settings.attributes {
            choices.rules.unknown_names = mode == AttributeMode::Lenient;
        }
        choices
    }

    /// What becomes of names that the schema does not have.
    pub const fn attributes(&self) -> AttributeMode {
        if self.rules.unknown_names { AttributeMode::Lenient } else { AttributeMode::Strict }
    }

    /// Whether every rule of the interoperability profile holds, so that it may be said: a setting or a policy can take
    /// one away.
    pub fn conforms(&self, policies: &Policies, page: PageLimits) -> bool {
        let Self { rules, on_conflict, unknown_members, profile, .. } = self;
        *profile
            && *rules == Rules::STRICT
            && *on_conflict == OnConflict::Refuse
            && *unknown_members == UnknownMembers::Reject
            && policies.scim_delete != UserDelete::Deactivate
            && page.default >= 100
    }
}
