//! `backup`.

use super::Failure;
use crate::storage::Db;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where to write the copy; the file must not exist
    file: PathBuf,
}

pub fn run(db: &Db, arguments: &Arguments) -> Result<(), Failure> {
    if arguments.file.exists() {
        let sentence = format!("{} exists already. Name a new file; nothing is overwritten.", arguments.file.display());
        return Err(Failure::new(sentence));
    }
    db.backup(&arguments.file)?;
    eprintln!("Copied to {}.", arguments.file.display());
    Ok(())
}
