//! First contact: is there a server, is the token good, what does the server say it can do.

use serde_json::{Value, json};

use crate::args::Args;
use crate::case::{Credential, Need};
use crate::client::{Client, Request};

/// What the server promises, and what the person at the command line has told of it.
#[derive(Debug, Clone)]
pub struct Server {
    pub config: Value,
    /// The resource types, each with its schema and its endpoint.
    pub types: Vec<Value>,
    told: Told,
}

/// What cannot be seen from outside.
#[derive(Debug, Clone, Copy)]
struct Told {
    other_token: bool,
    token_url: bool,
    upsert: bool,
    load: bool,
    events_url: bool,
    server_log: bool,
}

const ROLES: [&str; 2] = ["urn:okta:scim:schemas:core:1.0:Role", "urn:ietf:params:scim:schemas:core:2.0:Role"];
const ENTITLEMENTS: [&str; 2] =
    ["urn:okta:scim:schemas:core:1.0:Entitlement", "urn:ietf:params:scim:schemas:core:2.0:Entitlement"];

/// Refuses to start on a wrong address or token. Without this check a server that answers 401 to everything
/// would look as if it refused bad requests very well.
pub fn meet(client: &Client, args: &Args) -> Result<Server, String> {
    greet(client, Credential::Main, "the token")?;
    if args.other_token.is_some() {
        greet(client, Credential::Other, "the other account's token")?;
    }
    let read = |path: &str| -> Result<Value, String> {
        let answer = client.send(&Request::new("GET", path, None))?;
        Ok(answer.json.filter(Value::is_object).unwrap_or_else(|| json!({})))
    };
    let types = read("/ResourceTypes")?.get("Resources").and_then(Value::as_array).cloned().unwrap_or_default();
    let told = Told {
        other_token: args.other_token.is_some(),
        token_url: args.token_url.is_some(),
        upsert: args.upsert,
        load: args.load,
        events_url: args.events_url.is_some(),
        server_log: args.server_log.is_some(),
    };
    Ok(Server { config: read("/ServiceProviderConfig")?, types, told })
}

fn greet(client: &Client, credential: Credential, which: &str) -> Result<(), String> {
    let mut request = Request::new("GET", "/Users?count=1", None);
    request.credential = credential;
    let response = client.send(&request).map_err(|problem| format!("the server is not reachable: {problem}"))?;
    match response.status {
        200 => Ok(()),
        401 | 403 => Err(format!("the server refuses {which}: GET /Users?count=1 answered {}", response.status)),
        404 => Err("there is no SCIM service at this base URL: GET /Users?count=1 answered 404".into()),
        status => Err(format!("GET /Users?count=1 answered {status}; nothing can be tested before it answers 200")),
    }
}

/// How many users and groups there are, to see at the end whether the run has left any behind.
pub fn totals(client: &Client) -> [Option<u64>; 2] {
    ["/Users?count=1", "/Groups?count=1"]
        .map(|path| client.send(&Request::new("GET", path, None)).ok()?.json?.get("totalResults")?.as_u64())
}

impl Server {
    /// The reason to skip a case, if there is one.
    pub fn lacks(&self, need: Need) -> Option<&'static str> {
        let promised = |pointer: &str| self.config.pointer(pointer) == Some(&Value::Bool(true));
        let strict = promised("/interopProfileConformant");
        let (has, reason) = match need {
            Need::OtherToken => (self.told.other_token, "needs --other-token"),
            Need::TokenUrl => (self.told.token_url, "needs --token-url, --client-id and --client-secret"),
            Need::Sort => (promised("/sort/supported"), "the server does not advertise sort"),
            Need::Etag => (promised("/etag/supported"), "the server does not advertise etag"),
            Need::Bulk => (promised("/bulk/supported"), "the server does not advertise bulk"),
            Need::Cursor => (promised("/pagination/cursor"), "the server does not advertise cursor paging"),
            Need::Strict => (strict, "the server does not advertise interopProfileConformant"),
            Need::Lenient => (!strict, "the server advertises interopProfileConformant, which forbids this"),
            Need::Upsert => (self.told.upsert, "needs --upsert"),
            Need::NoUpsert => (!self.told.upsert, "with --upsert somebody who is there is changed"),
            Need::Load => (self.told.load, "needs --load"),
            Need::Async => (self.is_asynchronous(), "the server does not advertise securityEvents.asyncRequest"),
            Need::Events => match (self.has_events(), self.told.events_url) {
                (false, _) => (false, "the server does not advertise securityEvents.eventUris"),
                (true, told) => (told, "needs --events-url"),
            },
            Need::Roles => (self.endpoint(&ROLES).is_some(), "the server has no resource type of roles"),
            Need::RolesDraft => (self.follows_the_roles_draft(), "the server does not follow the draft about roles"),
            Need::Entitlements => {
                (self.endpoint(&ENTITLEMENTS).is_some(), "the server has no resource type of entitlements")
            }
            Need::ServerLog => (self.told.server_log, "needs --server-log"),
        };
        (!has).then_some(reason)
    }

    /// Where roles and entitlements are, for cases about them.
    pub fn endpoints(&self) -> Value {
        json!({"roles": self.endpoint(&ROLES), "entitlements": self.endpoint(&ENTITLEMENTS)})
    }

    /// The path below the base URL of the first resource type with one of these schemas.
    fn endpoint(&self, schemas: &[&str]) -> Option<String> {
        let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).map(str::to_owned);
        let has_schema = |kind: &&Value| text(kind, "schema").is_some_and(|schema| schemas.contains(&schema.as_str()));
        let endpoint = text(self.types.iter().find(has_schema)?, "endpoint")?;
        let last = endpoint.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        Some(format!("/{last}"))
    }

    fn follows_the_roles_draft(&self) -> bool {
        self.config.get("RolesAndEntitlements").is_some() || self.endpoint(&ROLES[1..]).is_some()
    }

    fn is_asynchronous(&self) -> bool {
        let mode = self.config.pointer("/securityEvents/asyncRequest").and_then(Value::as_str);
        mode.is_some_and(|mode| !mode.eq_ignore_ascii_case("none"))
    }

    fn has_events(&self) -> bool {
        let uris = self.config.pointer("/securityEvents/eventUris").and_then(Value::as_array);
        uris.is_some_and(|uris| !uris.is_empty())
    }
}
