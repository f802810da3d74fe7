//! `doctor`: one line for each thing that can be wrong.

use super::output::Output;
use super::{Failure, database_url, existing};
use crate::clock;
use crate::config::Config;
use crate::scim::time;
use crate::storage::Health;
use serde_json::json;

pub async fn run(config: &Config, output: Output) -> Result<(), Failure> {
    let mut facts = vec![fact("settings", "read", true)];
    facts.extend(database(config).await);
    let now = clock::now();
    // This program was written in 2026; an earlier clock is wrong.
    facts.push(fact("clock", &time::format(now), now > 1_767_225_600_000));
    facts.push(public_url(config));
    for Health { name, value, good } in &facts {
        let word = if *good { "ok" } else { "WRONG" };
        output.show(&json!({ "name": name, "value": value, "ok": good }), &[format!("{word:5}  {name}: {value}")]);
    }
    match facts.iter().filter(|fact| !fact.good).count() {
        0 => Ok(()),
        wrong => Err(Failure::new(format!("{wrong} of {} checks found something wrong.", facts.len()))),
    }
}

fn fact(name: &str, value: &str, good: bool) -> Health {
    Health { name: name.to_owned(), value: value.to_owned(), good }
}

async fn database(config: &Config) -> Vec<Health> {
    let url = match database_url(config) {
        Ok(url) => url,
        Err(Failure(sentence)) => return vec![fact("database", &sentence, false)],
    };
    let examined = async {
        let db = existing(config).await?;
        let mut facts = db.health().await?;
        let pending = db.migrations().await?.into_iter().filter(|status| !status.applied).count();
        let value =
            if pending == 0 { "all applied".to_owned() } else { format!("{pending} pending; run `migrate run`") };
        facts.push(fact("migrations", &value, pending == 0));
        Ok::<_, Failure>(facts)
    };
    match examined.await {
        Ok(facts) => std::iter::once(fact("database", &url.to_string(), true)).chain(facts).collect(),
        Err(Failure(sentence)) => vec![fact("database", &format!("{url}: {sentence}"), false)],
    }
}

fn public_url(config: &Config) -> Health {
    match config.public_url.as_str() {
        "" => fact("public URL", "not set: right only while clients are on this machine", true),
        url => {
            let good =
                url.starts_with("https://") || url.starts_with("http://127.") || url.starts_with("http://localhost");
            let value = if good { url.to_owned() } else { format!("{url}: identity providers demand https://") };
            fact("public URL", &value, good)
        }
    }
}
