//! The program: `scim-connector`.

use std::process::ExitCode;

fn main() -> ExitCode {
    scim_connector::cli::main()
}
