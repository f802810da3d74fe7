//! One thing broken at a time, in the database itself: exactly that check sees it, and names it.

use super::{Copies, copies, wrong};
use crate::model::{NOBODY, administrator, organization};
use crate::support::{Database, Server};
use serde_json::json;

/// What the statements speak of: `{name}` stands for its id.
struct Story {
    names: Vec<(&'static str, String)>,
    copies: Copies,
}

/// Ada administers; bob is in Team and Choir; carl is in Default; dora is gone; Sales has a settings set of its own.
async fn story(database: Database) -> Story {
    let server = Server::start(database).await;
    let ada = administrator(&server, "ada").await;
    let body = json!({ "userName": "bob", "displayName": "Bob", "emails": [{ "value": "bob@example.com" }],
        "roles": [{ "value": "User" }] });
    let bob = server.post("/Users", body).await.expect(201).id();
    server
        .patch(&format!("/Users/{bob}"), json!([{ "op": "replace", "path": "title", "value": "Dr" }]))
        .await
        .expect(200);
    let carl = server.user("carl").await;
    let dora = server.user("dora").await;
    server.delete(&format!("/Users/{dora}")).await.expect(204);
    let team = server.group("Team", std::slice::from_ref(&bob)).await;
    let choir = server.group("Choir", std::slice::from_ref(&bob)).await;
    server
        .patch(&format!("/Groups/{choir}"), json!([{ "op": "replace", "path": "displayName", "value": "Choirs" }]))
        .await;
    let sales = organization(&server, "Sales").await.to_string();
    let sets = server.get("/SettingsSets?filter=displayName eq \"Sales\"").await.expect(200);
    let set = sets.resources()[0]["id"].as_str().expect("an id").to_owned();
    let names = vec![
        ("ada", ada),
        ("bob", bob),
        ("carl", carl),
        ("dora", dora),
        ("team", team),
        ("choir", choir),
        ("sales", sales),
        ("set", set),
        ("account", server.account.to_string()),
        ("connection", server.connection.to_string()),
        ("nobody", NOBODY.to_owned()),
    ];
    assert_eq!(wrong(&server.app.service.db).await, [""; 0], "the story begins well");
    Story { names, copies: Copies::of(server) }
}

impl Story {
    fn id(&self, name: &str) -> &str {
        &self.names.iter().find(|(known, _)| *known == name).expect("it is in the story").1
    }

    /// A statement with the ids as this database writes them.
    fn statement(&self, text: &str) -> String {
        let literal = |id: &str| match self.copies.database() {
            Database::Sqlite => format!("X'{}'", id.replace('-', "")),
            Database::Postgres => format!("'{id}'::uuid"),
        };
        let replace = |text: String, (name, id): &(&str, String)| text.replace(&format!("{{{name}}}"), &literal(id));
        self.names.iter().fold(text.to_owned(), replace)
    }
}

/// The check, what breaks it, and whom it names.
const BREAKAGES: &[(&str, &str, &str)] = &[
    ("invariant 1, organization", "UPDATE users SET organization_id = {nobody} WHERE id = {bob}", "bob"),
    ("invariant 1, organization", "UPDATE users SET organization_id = NULL WHERE id = {carl}", "carl"),
    ("invariant 1, groups", "DELETE FROM memberships WHERE user_id = {carl}", "carl"),
    ("invariant 1, primary", "UPDATE memberships SET is_primary = FALSE WHERE user_id = {bob}", "bob"),
    (
        "invariant 1, primary",
        "DROP INDEX memberships_primary; UPDATE memberships SET is_primary = TRUE WHERE user_id = {bob}",
        "bob",
    ),
    (
        "invariant 2, settings set",
        "DELETE FROM settings_sets WHERE id = {set}; UPDATE totals SET live = live - 1 \
         WHERE account_id = {account} AND kind = 'settings_set' AND shard = 0",
        "sales",
    ),
    ("invariant 2, Default", "UPDATE groups SET archived = TRUE WHERE is_default = TRUE", "account"),
    ("invariant 2, Default", "UPDATE accounts SET default_organization_id = {nobody}", "account"),
    ("invariant 3", "UPDATE users SET active = FALSE, status = 'inactive' WHERE id = {ada}", "ada"),
    ("invariant 3", "UPDATE users SET is_admin = FALSE, direct_admin = FALSE, grants = '[]' WHERE id = {ada}", "ada"),
    ("invariant 4, removed", "UPDATE removed_users SET version = version + 1 WHERE id = {dora}", "dora"),
    ("invariant 4, removed", "DELETE FROM removed_users WHERE id = {dora}", "dora"),
    (
        "invariant 4, removed",
        "INSERT INTO removed_users (account_id, id, connection_id, user_name_key, version, removed_at, body) \
         SELECT account_id, id, connection_id, user_name_key, version, 0, body FROM users WHERE id = {bob}; \
         UPDATE totals SET removed = removed + 1 WHERE account_id = {account} AND kind = 'user' AND shard = 0",
        "bob",
    ),
    ("invariant 4, origin", "UPDATE users SET grants = replace(grants, 'scim:', 'from:') WHERE id = {bob}", "bob"),
    (
        "invariant 4, origin",
        "UPDATE users SET grants = replace(grants, 'standard_user', 'pirate') WHERE id = {bob}",
        "bob",
    ),
    ("invariant 4, origin", "UPDATE users SET organization_origin = 'nobody' WHERE id = {bob}", "bob"),
    ("invariant 4, origin", "UPDATE memberships SET origins = '' WHERE user_id = {carl}", "carl"),
    ("invariant 4, origin", "UPDATE groups SET roles = '[\"pirate\"]' WHERE id = {team}", "team"),
    (
        "invariant 5",
        "UPDATE users SET organization_origin = 'group:0197a000-0000-7000-8000-000000000000' WHERE id = {bob}",
        "bob",
    ),
    ("invariant 7", "UPDATE users SET version = 1 WHERE id = {bob}", "bob"),
    ("invariant 7", "UPDATE groups SET version = 1 WHERE id = {choir}", "choir"),
    ("invariant 8", "UPDATE users SET connection_id = {nobody} WHERE id = {bob}", "bob"),
    ("invariant 8", "UPDATE groups SET connection_id = {nobody} WHERE id = {team}", "team"),
    (
        "invariant 8",
        "INSERT INTO totals (account_id, kind, shard, live, removed) VALUES ({nobody}, 'user', 0, 0, 0)",
        "nobody",
    ),
    ("status", "UPDATE users SET status = 'inactive' WHERE id = {bob}", "bob"),
    ("status", "UPDATE users SET status = 'removed', active = FALSE WHERE id = {bob}", "bob"),
    ("memberships", "UPDATE memberships SET group_id = {nobody} WHERE user_id = {carl}", "carl"),
    (
        "memberships",
        "INSERT INTO memberships (account_id, user_id, group_id, is_primary, group_admin, can_send, origins, since) \
         SELECT account_id, {nobody}, id, TRUE, FALSE, TRUE, 'fallback', 0 FROM groups \
         WHERE account_id = {account} AND is_default = TRUE",
        "nobody",
    ),
    ("members", "UPDATE groups SET member_count = member_count + 1 WHERE id = {team}", "team"),
    (
        "totals",
        "UPDATE totals SET live = live + 1 WHERE account_id = {account} AND kind = 'user' AND shard = 0",
        "account",
    ),
    ("totals", "DELETE FROM totals WHERE account_id = {account} AND kind = 'group'", "account"),
    ("totals", "DELETE FROM totals WHERE account_id = {account} AND kind = 'organization'", "account"),
    ("totals", "DELETE FROM totals WHERE account_id = {account} AND kind = 'settings_set'", "account"),
    ("totals", "UPDATE totals SET removed = 0 WHERE account_id = {account} AND kind = 'user'", "account"),
    ("event numbers", "UPDATE events SET sequence = -sequence WHERE kind = 'organization.created'", "account"),
    ("credentials", "UPDATE tokens SET connection_id = {nobody} WHERE connection_id = {connection}", "account"),
    ("administrators", "UPDATE users SET is_admin = TRUE WHERE id = {bob}", "bob"),
    ("administrators", "UPDATE groups SET grants_admin = TRUE WHERE id = {team}", "team"),
    ("keys", "UPDATE users SET user_name_key = 'Bob' WHERE id = {bob}", "bob"),
    ("keys", "UPDATE users SET display_name_key = NULL WHERE id = {bob}", "bob"),
    ("keys", "UPDATE users SET external_id = 'x' WHERE id = {bob}", "bob"),
    ("keys", "UPDATE users SET search = '{}' WHERE id = {bob}", "bob"),
    ("keys", "UPDATE user_emails SET value_key = 'BOB@example.com' WHERE user_id = {bob}", "bob"),
    ("keys", "DELETE FROM user_emails WHERE user_id = {bob}", "bob"),
    ("keys", "UPDATE groups SET display_name_key = 'Team' WHERE id = {team}", "team"),
    ("keys", "UPDATE organizations SET display_name_key = 'Sales' WHERE id = {sales}", "sales"),
    ("keys", "UPDATE settings_sets SET search = '{}' WHERE id = {set}", "set"),
    ("keys", "UPDATE accounts SET name_key = 'DEFAULT' WHERE id = {account}", "account"),
    ("keys", "UPDATE connections SET name_key = 'DEFAULT' WHERE id = {connection}", "connection"),
    ("settings", "UPDATE accounts SET policies = '{\"groups.mode\": \"both\"}' WHERE id = {account}", "account"),
    ("settings", "UPDATE connections SET rules = 'none' WHERE id = {connection}", "connection"),
];

async fn each_is_seen(story: &Story, breakages: &[(&str, &str, &str)]) {
    for (check, statements, named) in breakages {
        // A brace of JSON is none of a name.
        let statements = story.statement(statements);
        let url = story.copies.broken_by(&statements).await;
        let found = wrong(&copies::open(&url).await).await;
        let seen = found.len() == 1 && found[0].starts_with(check) && found[0].contains(story.id(named));
        assert!(seen, "{statements}: {check} should name {named} {}, and alone: {found:#?}", story.id(named));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_breakage_is_seen_by_one_check_on_sqlite() {
    let story = story(Database::Sqlite).await;
    each_is_seen(&story, BREAKAGES).await;
    // An index that was not written with its table.
    let statements = "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = \
                      'CREATE INDEX users_by_display_name ON users(account_id, external_id)' WHERE name = 'users_by_display_name'";
    let url = story.copies.broken_by(statements).await;
    let found = wrong(&copies::open(&url).await).await;
    assert!(
        found.len() == 1 && found[0].starts_with("file: ") && found[0].contains("users_by_display_name"),
        "{found:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_breakage_is_seen_by_one_check_on_postgres() {
    let story = story(Database::Postgres).await;
    each_is_seen(&story, BREAKAGES).await;
    let numbers = [
        (
            "event numbers",
            "ALTER TABLE events DROP CONSTRAINT events_pkey; \
             UPDATE events SET sequence = (SELECT max(sequence) FROM events) WHERE kind = 'user.removed'",
            "account",
        ),
        ("event numbers", "UPDATE events SET sequence = sequence + (1::bigint << 60)", "account"),
        (
            "event numbers",
            "ALTER SEQUENCE event_offset MINVALUE -1000000; SELECT setval('event_offset', -1000000)",
            "account",
        ),
    ];
    each_is_seen(&story, &numbers).await;
}

/// P-07 by organization: each of them keeps an active administrator.
async fn an_organization_without_its_administrator_is_seen(database: Database) {
    let server = Server::start(database).await;
    administrator(&server, "ada").await;
    let sales = organization(&server, "Sales").await;
    let bob = administrator(&server, "bob").await;
    server
        .patch(&format!("/Users/{bob}"), crate::model::set("organization", json!(sales.to_string())))
        .await
        .expect(200);
    server.policies(&[("guard.last_admin_scope", "organization")]).await;
    assert_eq!(wrong(&server.app.service.db).await, [""; 0]);

    let names = vec![("bob", bob)];
    let story = Story { names, copies: Copies::of(server) };
    let breakage = ("invariant 3", "UPDATE users SET active = FALSE, status = 'inactive' WHERE id = {bob}", "bob");
    each_is_seen(&story, &[breakage]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organization_without_its_administrator_is_seen_on_sqlite() {
    an_organization_without_its_administrator_is_seen(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organization_without_its_administrator_is_seen_on_postgres() {
    an_organization_without_its_administrator_is_seen(Database::Postgres).await;
}
