//! An account to try things in: policies at random, a connection with rules, a few people and groups.

use crate::fuzz::dice::Dice;
use crate::support::{Server, send};
use reqwest::Method;
use scim_connector::admin;
use scim_connector::domain::{AboveCeiling, Dialect, Id, Policies, Preset, RoleCeiling, Rule, RuleGroup, RuleSet};
use scim_connector::storage::rows::{AccountRow, ConnectionRow};
use scim_connector::storage::{Error as StorageError, Tx};
use serde_json::{Value, json};

/// Policies that change what an operation does, with their values.
const POLICIES: &[(&str, &[&str])] = &[
    ("groups.grant_roles", &["off", "on"]),
    ("groups.mode", &["multiple", "multiple", "single"]),
    ("groups.single_on_add", &["move", "reject"]),
    ("organization.fallback", &["default", "default", "reject", "park"]),
    ("groups.auto_reassign_default", &["on", "off"]),
    ("guard.last_admin_scope", &["account", "organization"]),
    ("groups.delete", &["apply", "archive"]),
    ("roles.cardinality", &["multiple", "multiple", "single"]),
    ("roles.unknown", &["keep", "reject"]),
    ("scim.delete", &["remove", "deactivate"]),
    ("scim.show_default_group", &["off", "on"]),
];

pub struct Tenant {
    pub account: Id,
    pub connection: Id,
    pub token: String,
    pub admin_key: String,
    pub policies: Policies,
    pub default_group: Id,
    pub organizations: Vec<String>,
    pub users: Vec<String>,
    pub groups: Vec<String>,
}

impl Tenant {
    pub async fn new(server: &Server, name: &str, dice: &mut Dice) -> Self {
        let db = &server.app.service.db;
        let account = admin::create_account(db, name, Preset::Default).await.expect("an account");
        let connection = admin::create_connection(db, account.id, "hr", Dialect::Auto, RoleCeiling::Administrator);
        let connection = connection.await.expect("a connection");
        let token = admin::create_token(db, account.id, connection.id, None).await.expect("a token");
        let key = admin::create_admin_key(db, account.id).await.expect("a key");
        let mut tenant = Self {
            account: account.id,
            connection: connection.id,
            token: token.secret.reveal().to_owned(),
            admin_key: key.secret.reveal().to_owned(),
            policies: account.policies.clone(),
            default_group: account.default_group,
            organizations: vec!["Default".to_owned()],
            users: Vec::new(),
            groups: vec![account.default_group.to_string()],
        };
        tenant.fill(server).await;
        let mut account = account;
        for (key, values) in POLICIES {
            account.policies.set(key, values[dice.below(values.len())]).expect("a policy");
        }
        tenant.policies = account.policies.clone();
        let mut connection = connection;
        connection.settings.above_ceiling = AboveCeiling::Hold;
        connection.rules.rules = tenant.rules(dice);
        let work = async move |tx: &mut Tx<'_>| {
            let row = AccountRow::new(&account);
            tx.update_account(account.id, &row.policies, &row.roles).await?;
            assert!(tx.update_connection(&ConnectionRow::new(&connection)).await?);
            Ok(())
        };
        db.write::<(), StorageError, _>(work).await.expect("it is configured");
        tenant
    }

    async fn fill(&mut self, server: &Server) {
        let sets = self.scim(server, Method::GET, "/SettingsSets", Value::Null).await.1;
        let set = sets["Resources"][0]["id"].clone();
        for name in ["Sales", "Engineering"] {
            let body = json!({ "displayName": name, "settingsSet": { "value": set } });
            assert_eq!(self.scim(server, Method::POST, "/Organizations", body).await.0, 201);
            self.organizations.push(name.to_owned());
        }
        for (name, roles) in [("root", json!([{ "value": "Administrator" }])), ("ann", json!([])), ("bob", json!([]))] {
            let body = json!({ "userName": format!("{name}@example.com"), "roles": roles });
            let (status, made) = self.scim(server, Method::POST, "/Users", body).await;
            assert_eq!(status, 201, "{made}");
            self.users.push(made["id"].as_str().expect("an id").to_owned());
        }
        for name in ["Red", "Green", "Blue"] {
            let (status, made) = self.scim(server, Method::POST, "/Groups", json!({ "displayName": name })).await;
            assert_eq!(status, 201, "{made}");
            self.groups.push(made["id"].as_str().expect("an id").to_owned());
        }
    }

    fn rules(&self, dice: &mut Dice) -> Vec<Rule> {
        let group = |index: usize| self.groups[index].parse::<Id>().expect("an id");
        let given = |index| RuleGroup { group: group(index), group_admin: None, can_send: Some(false) };
        let rule =
            |name: &str, when: &str, set| Rule { id: Id::new(), name: name.to_owned(), when: when.to_owned(), set };
        let mut rules = vec![
            rule(
                "red",
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq \"red\"",
                RuleSet { groups: vec![given(1)], primary_group: Some(group(1)), ..RuleSet::default() },
            ),
            rule(
                "green",
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq \"green\"",
                RuleSet { groups: vec![given(2)], roles: vec!["finance_admin".to_owned()], ..RuleSet::default() },
            ),
            rule(
                "boss",
                "title sw \"Boss\"",
                RuleSet { roles: vec!["administrator".to_owned()], ..RuleSet::default() },
            ),
        ];
        rules.truncate(1 + dice.below(3));
        rules
    }

    /// A request over SCIM: status and body.
    pub async fn scim(&self, server: &Server, method: Method, path: &str, body: Value) -> (u16, Value) {
        let request = server.client.request(method, format!("{}{path}", server.base_url)).bearer_auth(&self.token);
        self.send(request, body).await
    }

    /// A request to the admin API.
    pub async fn api(&self, server: &Server, method: Method, path: &str, body: Value) -> (u16, Value) {
        let url = server.base_url.replace("/scim/v2", "/api/v1");
        let request = server.client.request(method, format!("{url}{path}")).bearer_auth(&self.admin_key);
        self.send(request, body).await
    }

    async fn send(&self, request: reqwest::RequestBuilder, body: Value) -> (u16, Value) {
        let reply = send(if body.is_null() { request } else { request.json(&body) }).await;
        (reply.status.as_u16(), reply.body)
    }
}
