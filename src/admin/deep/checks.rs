//! Every check by its name: the numbers are those of the invariants that the model promises.

use crate::storage::deep::Probe;

pub struct Check {
    pub name: &'static str,
    /// What those that it names have in common.
    pub wrong: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
    pub look: Look,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Probes(&'static [Probe]),
    Organizations,
    Administrators,
    /// Every table of `TABLES`, and references from one account into another.
    Tables,
}

/// Those that the database finds by itself or with little help.
pub const CHECKS: &[Check] = &[
    Check {
        name: "file",
        wrong: "the file is damaged",
        remedy: "Stop the server, keep the file, and go back to the last good backup.",
        look: Look::Probes(&[Probe::BrokenFile]),
    },
    Check {
        name: "invariant 1, organization of each user",
        wrong: "in an organization that there is not, or in none though the account never parked anybody",
        remedy: "Move these users with PUT /api/v1/users/ID/organization.",
        look: Look::Organizations,
    },
    Check {
        name: "invariant 1, groups of each user",
        wrong: "users in no group at all",
        remedy: "Put them into a group with PUT /api/v1/users/ID/memberships.",
        look: Look::Probes(&[Probe::UserWithoutGroup]),
    },
    Check {
        name: "invariant 1, primary group of each user",
        wrong: "users without exactly one primary group",
        remedy: "Name the primary one with PUT /api/v1/users/ID/memberships.",
        look: Look::Probes(&[Probe::UserWithoutOnePrimary]),
    },
    Check {
        name: "invariant 2, settings set of each organization",
        wrong: "organizations that apply a settings set that there is not",
        remedy: "Name another one with PATCH /api/v1/organizations/ID.",
        look: Look::Probes(&[Probe::OrganizationWithoutSettingsSet]),
    },
    Check {
        name: "invariant 2, Default of each account",
        wrong: "accounts without exactly one Default group that is not archived and grants no roles, or without their \
                Default organization",
        remedy: "An account from before there were organizations is completed by the next start of a server; otherwise \
                 compare with a backup.",
        look: Look::Probes(&[Probe::AccountWithoutDefaultGroup, Probe::AccountWithoutDefaultOrganization]),
    },
    Check {
        name: "invariant 3, an active administrator",
        wrong: "there was one and there is none any more; the last known",
        remedy: "Make a user an administrator with PUT /api/v1/users/ID/roles and reactivate him.",
        look: Look::Administrators,
    },
    Check {
        name: "invariant 4, removed users unchanged",
        wrong: "removed users who live, or whose record is another than when they were removed",
        remedy: "Compare with the audit trail (GET /api/v1/audit?subject=ID) and with a backup.",
        look: Look::Probes(&[Probe::RemovedButThere, Probe::RemovedAndChanged]),
    },
    Check {
        name: "invariant 5, no organization from a group",
        wrong: "users whose organization a group gave",
        remedy: "Give it anew with PUT /api/v1/users/ID/organization.",
        look: Look::Probes(&[Probe::UserPlacedByGroup]),
    },
    Check {
        name: "invariant 7, versions",
        wrong: "events tell of a version that the row has not reached: a write is lost, or an old copy was put back",
        remedy: "Have the identity provider push these again, and tell readers of the feed to read them anew.",
        look: Look::Probes(&[
            Probe::EventAheadOfUser,
            Probe::EventAheadOfGroup,
            Probe::EventAheadOfOrganization,
            Probe::EventAheadOfSettingsSet,
        ]),
    },
    Check {
        name: "invariant 8, walls between accounts",
        wrong: "rows of an account that there is not, or made by a connection of another one",
        remedy: "Nobody can see rows without an account; delete them. Compare the others with a backup.",
        look: Look::Tables,
    },
    Check {
        name: "status of each user",
        wrong: "a status that does not go with being active, or none of a live user",
        remedy: "Set it anew with POST /api/v1/users/ID/deactivate or /reactivate.",
        look: Look::Probes(&[Probe::UserWithWrongStatus]),
    },
    Check {
        name: "memberships",
        wrong: "users in a group that there is not, or memberships of a user who is gone",
        remedy: "Write the user's memberships anew with PUT /api/v1/users/ID/memberships; delete rows of users who are gone.",
        look: Look::Probes(&[Probe::MembershipOfNobody, Probe::MembershipInNothing]),
    },
    Check {
        name: "members of each group",
        wrong: "groups that count other than they have",
        remedy: "Set member_count of these groups to the number of their rows in memberships.",
        look: Look::Probes(&[Probe::GroupWithWrongCount]),
    },
    Check {
        name: "totals",
        wrong: "totals that are not the number of rows",
        remedy: "Lists show a wrong totalResults; set the row of the table totals right while no server runs.",
        look: Look::Probes(&[
            Probe::WrongTotalOfUsers,
            Probe::WrongTotalOfGroups,
            Probe::WrongTotalOfOrganizations,
            Probe::WrongTotalOfSettingsSets,
            Probe::FewerRemovalsThanTombstones,
        ]),
    },
    Check {
        name: "event numbers",
        wrong: "numbers given twice, or above those that new events get",
        remedy: "Restart a server: it lifts the numbers of new events above all others. Twice the same number means that an \
                 index is broken: REINDEX, then compare.",
        look: Look::Probes(&[Probe::EventNumberTwice, Probe::EventNumberAhead]),
    },
    Check {
        name: "credentials",
        wrong: "credentials of a connection or client that there is not",
        remedy: "They let nobody in; delete them.",
        look: Look::Probes(&[Probe::CredentialOfNothing]),
    },
];

/// Those that only the program can judge, all in one walk over the rows.
pub const WALKED: [Check; 4] = [
    Check {
        name: "invariant 4, origin of each grant",
        wrong: "roles, memberships or organizations that nobody gave, or roles that there are not",
        remedy: "Give them anew: PUT /api/v1/users/ID/roles, /memberships, /organization; PATCH /api/v1/groups/ID for a group.",
        look: Look::Probes(&[]),
    },
    Check {
        name: "administrators",
        wrong: "administrators, or groups that make some, for no reason; or none though a role says so",
        remedy: "Set the roles of these users or groups anew.",
        look: Look::Probes(&[]),
    },
    Check {
        name: "keys",
        wrong: "what is compared and searched is not what the resource says",
        remedy: "Filters miss them. Change the resource and change it back; its columns are written with it.",
        look: Look::Probes(&[]),
    },
    Check {
        name: "settings",
        wrong: "policies, roles, settings or rules that cannot be read",
        remedy: "A newer version may have written them: run that one. Otherwise compare with a backup.",
        look: Look::Probes(&[]),
    },
];

/// Places in `WALKED`.
pub const ORIGINS: usize = 0;
pub const ADMINISTRATORS: usize = 1;
pub const KEYS: usize = 2;
pub const SETTINGS: usize = 3;
