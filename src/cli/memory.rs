//! Memory that this process may still take: what is free, and less where somebody has set a limit.

use memspike::limits::{addresses_left, bytes};
use std::fs;
use std::path::{Path, PathBuf};

/// Bytes that can be had: free without swapping (`/proc/meminfo`), and within the limits of the process (`ulimit -v`) and of
/// its control groups; `None` where the system tells nothing of these.
pub fn available() -> Option<u64> {
    let mut bounds = vec![bytes("/proc/meminfo", "MemAvailable:"), addresses_left()];
    bounds.extend(groups(&fs::read_to_string("/proc/self/cgroup").unwrap_or_default()));
    bounds.into_iter().flatten().min()
}

/// What each control group leaves that the process is in, those above it included: `of` is `/proc/self/cgroup`.
fn groups(of: &str) -> Vec<Option<u64>> {
    let mut left = Vec::new();
    for line in of.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(kinds), Some(path)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let (root, limit, usage) = match kinds {
            "" => ("/sys/fs/cgroup", "memory.max", "memory.current"),
            kinds if kinds.split(',').any(|kind| kind == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes")
            }
            _ => continue,
        };
        let path = PathBuf::from(path.trim_start_matches('/'));
        // In a container the group is the root of what can be seen, whatever its name outside.
        let places = path.ancestors().map(|group| Path::new(root).join(group));
        left.extend(places.map(|group| group_left(&group, limit, usage)));
    }
    left
}

/// What a group leaves; files that were read count as taken, and are given back when they are in the way.
fn group_left(group: &Path, limit: &str, usage: &str) -> Option<u64> {
    let number = |name: &str| fs::read_to_string(group.join(name)).ok()?.trim().parse::<u64>().ok();
    let stat = fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
    let file = |key: &str| stat.lines().find_map(|line| line.strip_prefix(key)?.trim().parse::<u64>().ok());
    let given_back = file("total_inactive_file ").or_else(|| file("inactive_file ")).unwrap_or(0);
    let taken = number(usage).unwrap_or(0).saturating_sub(given_back);
    Some(number(limit)?.saturating_sub(taken))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::host::rss_bytes;

    #[test]
    fn a_group_leaves_its_limit_less_what_is_taken_for_good() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(root.path().join(name), text).unwrap();
        let left = || group_left(root.path(), "memory.max", "memory.current");
        assert_eq!(left(), None);
        write("memory.max", "max\n");
        assert_eq!(left(), None);
        write("memory.max", "1000000\n");
        write("memory.current", "300000\n");
        assert_eq!(left(), Some(700_000));
        write("memory.stat", "anon 200000\ninactive_file 100000\nactive_file 5\n");
        assert_eq!(left(), Some(800_000));
        write("memory.current", "2000000\n");
        assert_eq!(left(), Some(0));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn there_is_some() {
        assert!(available().unwrap() > 1 << 20 && rss_bytes().unwrap() > 1 << 18);
        assert!(groups("nonsense\n0::/x/y\n4:memory:/z\n").len() == 5);
    }
}
