//! A group as an administrator sees it.

use crate::admin::users::{Action, Named, UserReference};
use serde::Serialize;
use utoipa::ToSchema;

/// A group of the account.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Group)]
#[serde(rename_all = "camelCase")]
pub struct GroupView {
    #[schema(format = "uuid")]
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    pub external_id: Option<String>,
    /// Whoever is in no other group is in it.
    pub default: bool,
    /// Hidden from pickers; it keeps its members and takes no new ones.
    pub archived: bool,
    /// Roles that members inherit where groups grant roles.
    pub roles: Vec<RoleOfGroup>,
    pub folders: Vec<String>,
    pub task_dispatch: Option<String>,
    pub member_count: i64,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub updated_at: String,
    pub version: i64,
    pub actions: Vec<Action>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RoleOfGroup {
    pub key: String,
    pub name: String,
}

/// A member of a group.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Member)]
#[serde(rename_all = "camelCase")]
pub struct MemberView {
    pub user: UserReference,
    /// It is his primary group.
    pub primary: bool,
    pub group_admin: bool,
    pub can_send: bool,
    pub origins: Vec<String>,
}

/// A user who can be added to a group.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Candidate)]
#[serde(rename_all = "camelCase")]
pub struct CandidateView {
    pub user: UserReference,
    pub email: Option<String>,
    pub status: String,
    /// Where he is now. Where users have one group each, he moves out of it.
    pub groups: Vec<Named>,
}

/// What came of adding and removing members.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = MembersChanged)]
pub struct MembersChanged {
    pub group: GroupView,
    /// Users who left another group for this one.
    pub moved: Vec<Moved>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Moved {
    pub user: UserReference,
    pub from: Named,
}
