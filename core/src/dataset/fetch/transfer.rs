//! One HTTP request in a thread of its own.
//!
//! A read that waits for a silent server cannot be interrupted, so it is done where nobody waits for
//! it: the caller listens to a channel, and looks at the cancel flag ten times a second. A thread that
//! is left behind ends at its next block, which nobody takes, or at its timeout.

use std::io::Read as _;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

/// What arrives, in this order: one head (or an end), blocks, one end.
#[derive(Debug)]
pub(super) enum Arrival {
    Head(Head),
    Block(Vec<u8>),
    /// The whole body has come, or why not.
    End(Result<(), String>),
}

/// The parts of an HTTP response that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub status: u16,
    /// `Content-Length`: bytes to come.
    pub length: Option<u64>,
    /// First byte and total of `Content-Range`.
    pub range: (Option<u64>, Option<u64>),
}

/// An agent that gives up on a connection silent for `stall`.
pub(super) fn agent(stall: Duration, proxy: bool) -> ureq::Agent {
    let mut config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(stall))
        .timeout_recv_response(Some(stall))
        .timeout_per_read(Some(stall))
        .user_agent(concat!("memspike/", env!("CARGO_PKG_VERSION")));
    if !proxy {
        config = config.proxy(None);
    }
    config.build().into()
}

/// Asks for `address` from byte `from` on.
///
/// # Errors
/// If the system has no thread left.
pub(super) fn start(agent: &ureq::Agent, address: &str, from: u64) -> std::io::Result<Receiver<Arrival>> {
    // A few blocks of 64 KiB may wait for the disk.
    let (sender, receiver) = sync_channel(8);
    let (agent, address) = (agent.clone(), address.to_owned());
    std::thread::Builder::new().name("download".to_owned()).spawn(move || {
        let end = run(&agent, &address, from, &sender);
        // Nobody listens any more after a cancellation.
        let _ = sender.send(Arrival::End(end));
    })?;
    Ok(receiver)
}

fn run(agent: &ureq::Agent, address: &str, from: u64, sender: &SyncSender<Arrival>) -> Result<(), String> {
    let mut request = agent.get(address);
    if from > 0 {
        request = request.header("Range", format!("bytes={from}-"));
    }
    let response = request.call().map_err(|error| error.to_string())?;
    let text = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
    let head = Head {
        status: response.status().as_u16(),
        length: text("content-length").and_then(|length| length.trim().parse().ok()),
        range: text("content-range").map_or((None, None), content_range),
    };
    let gone = |_| "no longer wanted".to_owned();
    sender.send(Arrival::Head(head)).map_err(gone)?;
    if !matches!(head.status, 200 | 206) {
        return Ok(());
    }
    let mut body = response.into_body().into_reader();
    loop {
        let mut block = vec![0; 1 << 16];
        let n = body.read(&mut block).map_err(|error| error.to_string())?;
        if n == 0 {
            return Ok(());
        }
        block.truncate(n);
        sender.send(Arrival::Block(block)).map_err(gone)?;
    }
}

/// First byte and total of `bytes 0-9/10`, `bytes */10` or `bytes 0-9/*`.
fn content_range(value: &str) -> (Option<u64>, Option<u64>) {
    let Some((range, total)) =
        value.trim().strip_prefix("bytes").and_then(|rest| rest.trim().split_once('/'))
    else {
        return (None, None);
    };
    let first = range.split_once('-').and_then(|(first, _)| first.trim().parse().ok());
    (first, total.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges_are_understood_and_nonsense_is_not() {
        assert_eq!(content_range("bytes 5-9/10"), (Some(5), Some(10)));
        assert_eq!(content_range("bytes */10"), (None, Some(10)));
        assert_eq!(content_range("bytes 5-9/*"), (Some(5), None));
        for nonsense in ["", "bytes", "bytes 5", "lines 1-2/3", "bytes -/", "bytes 99999999999999999999-1/x"]
        {
            assert_eq!(content_range(nonsense), (None, None), "{nonsense}");
        }
    }
}
