//! Open files: each connection is one, and the machine allows a process only so many.

/// Files for the databases, the log and what libraries open.
const OTHERS: usize = 200;

/// How many connections there may be: `wanted`, or as many as the machine allows. The limit that a shell or a service manager
/// sets for programs that cannot cope with more (1,024 mostly) is raised to the one that an administrator sets.
pub fn for_connections(wanted: usize) -> usize {
    let allowed = rlimit::increase_nofile_limit(rlimit::INFINITY).unwrap_or(1024);
    let room = usize::try_from(allowed).unwrap_or(usize::MAX).saturating_sub(OTHERS).max(OTHERS);
    if room < wanted {
        tracing::warn!(
            allowed,
            wanted,
            connections = room,
            "fewer open files are allowed than limits.connections needs"
        );
    }
    wanted.min(room)
}
