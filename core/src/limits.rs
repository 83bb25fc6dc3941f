//! What the system lets a process have, and what it has: Linux tells it in files of lines.

use std::fs;

/// Bytes of addresses that the limit of the process (`ulimit -v`) leaves; `None`: there is no limit, or the system does not tell.
#[must_use]
pub fn addresses_left() -> Option<u64> {
    let limit = soft_limit(&fs::read_to_string("/proc/self/limits").ok()?)?;
    Some(limit.saturating_sub(bytes("/proc/self/status", "VmSize:").unwrap_or(0)))
}

/// The number behind `key` in a file such as `/proc/self/status` or `/proc/meminfo`, in bytes; `None` where there is none.
#[must_use]
pub fn bytes(file: &str, key: &str) -> Option<u64> {
    behind(&fs::read_to_string(file).ok()?, key)
}

/// The soft limit of the address space, in the text of `/proc/self/limits`.
fn soft_limit(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The same, of its text, which has it in kB.
fn behind(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_the_first_number_of_its_line() {
        let of = |soft: &str| {
            format!(
                "Limit                     Soft Limit           Hard Limit           Units\n\
                 Max stack size            8388608              unlimited            bytes\n\
                 Max address space         {soft:<20} unlimited            bytes\n"
            )
        };
        assert_eq!(soft_limit(&of("1024000000")), Some(1_024_000_000));
        assert_eq!(soft_limit(&of("unlimited")), None);
        assert_eq!(soft_limit(""), None);
        assert_eq!(behind("VmPeak:\t    9999 kB\nVmSize:\t    8472 kB\n", "VmSize:"), Some(8_675_328));
        assert_eq!(behind("VmPeak:\t    9999 kB\nThreads:\t8\n", "Threads:"), None);
    }
}
