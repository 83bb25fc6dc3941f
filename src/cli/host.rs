//! The machine: clocks, memory, processors, the date.

use memspike::limits::bytes;
use memspike::report::manifest::Host;
use memspike::scenario::run::context;
use std::path::PathBuf;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Wall and CPU seconds since it was started.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
    cpu_start: f64,
}

impl Clock {
    pub fn start() -> Self {
        Self { start: Instant::now(), cpu_start: cpu_seconds() }
    }
}

impl context::Clock for Clock {
    fn now(&self) -> (f64, f64) {
        (self.wall(), cpu_seconds() - self.cpu_start)
    }

    fn wall(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }
}

/// CPU time of all threads of this process.
#[cfg(unix)]
fn cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

#[cfg(not(unix))]
fn cpu_seconds() -> f64 {
    0.0
}

const STATUS: &str = "/proc/self/status";

/// The largest resident size so far, where the system tells (Linux).
pub fn peak_rss_bytes() -> Option<u64> {
    bytes(STATUS, "VmHWM:")
}

/// The resident size now, where the system tells (Linux).
pub fn rss_bytes() -> Option<u64> {
    bytes(STATUS, "VmRSS:")
}

/// Columns of the terminal that messages go to; 80 where nobody knows.
pub fn columns() -> usize {
    terminal_columns().filter(|columns| *columns > 0).unwrap_or(80)
}

#[cfg(unix)]
fn terminal_columns() -> Option<usize> {
    rustix::termios::tcgetwinsize(rustix::stdio::stderr()).ok().map(|size| usize::from(size.ws_col))
}

#[cfg(not(unix))]
fn terminal_columns() -> Option<usize> {
    None
}

/// The folder for data of this user's programs that the system expects: `$XDG_DATA_HOME`, by default
/// `~/.local/share`; `~/Library/Application Support` on macOS; `%APPDATA%` on Windows. `None` without a home
/// directory.
///
/// Source: XDG Base Directory Specification 0.8, by which a path that is not absolute is ignored.
pub fn data_folder() -> Option<PathBuf> {
    if cfg!(target_vendor = "apple") {
        return Some(std::env::home_dir()?.join("Library/Application Support"));
    }
    let (variable, in_home) =
        if cfg!(windows) { ("APPDATA", r"AppData\Roaming") } else { ("XDG_DATA_HOME", ".local/share") };
    let named = std::env::var_os(variable).map(PathBuf::from).filter(|folder| folder.is_absolute());
    named.or_else(|| Some(std::env::home_dir()?.join(in_home)))
}

/// Processors this process may use.
pub fn cpus() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

pub fn describe() -> Host {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        line.split_once(':').map(|(_, name)| name.trim().to_string())
    });
    Host { os: std::env::consts::OS.into(), arch: std::env::consts::ARCH.into(), cpus: cpus(), cpu }
}

/// Seconds since 1970.
pub fn unix_seconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// Now, in UTC: `2024-05-01T12:00:00Z`.
pub fn now_utc() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    utc(seconds)
}

/// Seconds since 1970 as a date (Hinnant, "chrono-compatible low-level date algorithms", 2013).
fn utc(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days since 0000-03-01, so that the leap day is the last of its year.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use context::Clock as _;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(utc(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(utc(1_714_564_800), "2024-05-01T12:00:00Z");
        assert_eq!(utc(4_107_542_400), "2100-03-01T00:00:00Z");
    }

    #[test]
    fn work_takes_cpu_time() {
        let clock = Clock::start();
        let mut x = 1u64;
        while clock.now().0 < 0.02 {
            x = std::hint::black_box(x.wrapping_mul(3));
        }
        let (wall, cpu) = clock.now();
        assert!(cpu > 0.0 && cpu.is_finite() && wall >= 0.02);
    }
}
