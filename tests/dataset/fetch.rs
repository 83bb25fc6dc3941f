//! Downloads against a small HTTP server on the loopback interface.

use flate2::Compression;
use flate2::write::GzEncoder;
use memspike::dataset::fetch::{
    FetchFault, FetchFaults, FileSpec, Had, MirrorFault, Mismatch, Progress, Settings, Sha256Of, Spec, fetch,
};
use memspike::dataset::{Name, Readable};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead as _, BufReader, Read as _, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the server does with one request.
#[derive(Clone, Debug)]
enum Act {
    /// As HTTP has it, ranges included.
    Serve,
    /// Announces everything, sends so many bytes, and closes the connection.
    CutAfter(usize),
    /// Sends so many bytes and then nothing, with the connection open.
    SilentAfter(usize),
    /// The whole file with status 200 though a range was asked for.
    IgnoreRange,
    /// Other bytes under the file's name.
    Other(Vec<u8>),
    /// A status and no file.
    Status(u16),
    /// Status 206 from byte 0, whatever was asked for.
    WrongRange,
}

/// One request as the server saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    path: String,
    range: Option<String>,
    status: u16,
    sent: usize,
}

struct Server {
    address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// `acts` in order; after the last one, `Serve`.
    fn start(files: &[(String, Vec<u8>)], acts: &[Act]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/data/", listener.local_addr().unwrap());
        let files: BTreeMap<String, Vec<u8>> = files.iter().cloned().collect();
        let acts = Arc::new(Mutex::new(acts.iter().cloned().collect::<VecDeque<_>>()));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let act = acts.lock().unwrap().pop_front().unwrap_or(Act::Serve);
                let (files, log) = (files.clone(), Arc::clone(&log));
                // A client that hangs up is no concern of the server.
                std::thread::spawn(move || answer(stream, act, &files, &log));
            }
        });
        Self { address, seen }
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

fn answer(
    mut stream: TcpStream,
    act: Act,
    files: &BTreeMap<String, Vec<u8>>,
    log: &Mutex<Vec<Seen>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut range = None;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("range")
        {
            range = Some(value.trim().to_owned());
        }
    }
    let file = files.get(path.trim_start_matches("/data/")).cloned();
    let asked: usize =
        range.as_deref().map_or(0, |r| r.trim_start_matches("bytes=").trim_end_matches('-').parse().unwrap());
    let (status, extra, body) = match (&act, file) {
        (Act::Status(status), _) => (*status, String::new(), Vec::new()),
        (_, None) => (404, String::new(), Vec::new()),
        (Act::Other(bytes), _) => (200, String::new(), bytes.clone()),
        (Act::IgnoreRange, Some(file)) => (200, String::new(), file),
        (Act::WrongRange, Some(file)) => {
            (206, format!("Content-Range: bytes 0-{}/{}\r\n", file.len() - 1, file.len()), file)
        }
        (_, Some(file)) if asked > 0 && asked >= file.len() => {
            (416, format!("Content-Range: bytes */{}\r\n", file.len()), Vec::new())
        }
        (_, Some(file)) if asked > 0 => {
            let range = format!("Content-Range: bytes {asked}-{}/{}\r\n", file.len() - 1, file.len());
            (206, range, file[asked..].to_vec())
        }
        (_, Some(file)) => (200, String::new(), file),
    };
    let sent = match act {
        Act::CutAfter(n) | Act::SilentAfter(n) => n.min(body.len()),
        _ => body.len(),
    };
    log.lock().unwrap().push(Seen { path, range, status, sent });
    let length = body.len();
    write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n{extra}\r\n")?;
    stream.write_all(&body[..sent])?;
    stream.flush()?;
    if let Act::SilentAfter(_) = act {
        // Until the client goes away.
        let _ = reader.read(&mut [0]);
    }
    Ok(())
}

/// Collects what a user would be shown; cancels once so many bytes are there.
#[derive(Default)]
struct Shown {
    done: Vec<(String, Had)>,
    notes: Vec<String>,
    begun: Vec<(u64, Option<u64>)>,
    cancel_at: Option<u64>,
    cancel: AtomicBool,
}

struct Watch<'a>(&'a mut Shown, &'a AtomicBool);

impl Progress for Watch<'_> {
    fn begin(&mut self, _file: &str, _address: &str, have: u64, total: Option<u64>) {
        self.0.begun.push((have, total));
    }
    fn advance(&mut self, have: u64) {
        if self.0.cancel_at.is_some_and(|at| have >= at) {
            self.1.store(true, Ordering::Relaxed);
        }
    }
    fn done(&mut self, file: &str, how: Had) {
        self.0.done.push((file.to_owned(), how));
    }
    fn note(&mut self, text: &str) {
        self.0.notes.push(text.to_owned());
    }
}

const QUICK: Settings =
    Settings { attempts: 3, pause: Duration::ZERO, stall: Duration::from_secs(60), proxy: false };

fn run(
    spec: &Spec,
    servers: &[&Server],
    into: &Path,
    shown: &mut Shown,
) -> Result<Vec<PathBuf>, FetchFaults> {
    let mirrors: Vec<String> = servers.iter().map(|server| server.address.clone()).collect();
    let cancel = std::mem::take(&mut shown.cancel);
    let result = fetch(spec, &mirrors, into, QUICK, &cancel, &mut Watch(shown, &cancel));
    shown.cancel = cancel;
    result
}

/// An incompressible image file of 28 x 28 and its labels, as .gz with their names.
fn files() -> Vec<(String, Vec<u8>)> {
    let mut state = 1u32;
    let mut noise = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let mut images = [0x0803u32, 40, 28, 28].map(u32::to_be_bytes).concat();
    images.extend((0..40 * 784).map(|_| noise()));
    let mut labels = [0x0801u32, 40].map(u32::to_be_bytes).concat();
    labels.extend((0..40).map(|_| noise() % 10));
    vec![
        ("train-images-idx3-ubyte.gz".to_owned(), gzip(&images)),
        ("train-labels-idx1-ubyte.gz".to_owned(), gzip(&labels)),
    ]
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut content).unwrap();
    content
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The images by their content, the labels byte by byte.
fn spec(files: &[(String, Vec<u8>)]) -> Spec {
    let of = |(name, bytes): &(String, Vec<u8>)| {
        let images = name.contains("images");
        FileSpec {
            name: name.trim_end_matches(".gz").to_owned(),
            what: if images { Readable::Images } else { Readable::Labels },
            expect: Name::MNIST.expect(),
            sha256: if images {
                Sha256Of::Content(sha256(&gunzip(bytes)))
            } else {
                Sha256Of::Download(sha256(bytes))
            },
        }
    };
    Spec { name: Name::MNIST, files: files.iter().map(of).collect() }
}

/// Names in a folder, sorted.
fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn request(file: &str, range: Option<&str>, status: u16, sent: usize) -> Seen {
    Seen { path: format!("/data/{file}"), range: range.map(str::to_owned), status, sent }
}

#[test]
fn a_whole_set_arrives_and_a_second_fetch_asks_for_nothing() {
    let (files, dir) = (files(), tempfile::tempdir().unwrap());
    let server = Server::start(&files, &[]);
    let into = dir.path().join("deep/mnist");
    let mut shown = Shown::default();
    let paths = run(&spec(&files), &[&server], &into, &mut shown).unwrap();
    for (path, (name, bytes)) in paths.iter().zip(&files) {
        assert_eq!(path, &into.join(name));
        assert_eq!(&std::fs::read(path).unwrap(), bytes);
    }
    assert_eq!(names(&into), [files[0].0.as_str(), files[1].0.as_str()]);
    let lengths = [files[0].1.len() as u64, files[1].1.len() as u64];
    assert_eq!(shown.begun, lengths.map(|length| (0, Some(length))));
    assert!(shown.done.iter().all(|(_, how)| *how == Had::Downloaded) && shown.notes.is_empty());

    let mut again = Shown::default();
    assert_eq!(run(&spec(&files), &[&server], &into, &mut again).unwrap(), paths);
    assert!(again.done.iter().all(|(_, how)| *how == Had::Already) && again.done.len() == 2);
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn a_cut_connection_is_continued_where_it_broke() {
    let (files, dir) = (files(), tempfile::tempdir().unwrap());
    let server = Server::start(&files, &[Act::CutAfter(10_000)]);
    let mut shown = Shown::default();
    run(&spec(&files), &[&server], dir.path(), &mut shown).unwrap();
    let length = files[0].1.len();
    assert_eq!(
        server.seen()[..2],
        [
            request(&files[0].0, None, 200, 10_000),
            request(&files[0].0, Some("bytes=10000-"), 206, length - 10_000)
        ]
    );
    assert_eq!(shown.begun[1], (10_000, Some(length as u64)));
    assert_eq!(std::fs::read(dir.path().join(&files[0].0)).unwrap(), files[0].1);
    assert!(
        shown.notes[0].contains("the connection failed after 10000 bytes of the file"),
        "{:?}",
        shown.notes
    );
}

#[test]
fn a_server_without_ranges_or_with_wrong_ones_starts_over() {
    for act in [Act::IgnoreRange, Act::WrongRange] {
        let (files, dir) = (files(), tempfile::tempdir().unwrap());
        let server = Server::start(&files, &[Act::CutAfter(10_000), act]);
        run(&spec(&files), &[&server], dir.path(), &mut Shown::default()).unwrap();
        assert_eq!(server.seen()[1].range.as_deref(), Some("bytes=10000-"));
        assert_eq!(std::fs::read(dir.path().join(&files[0].0)).unwrap(), files[0].1);
    }
}

#[test]
fn a_complete_part_is_only_checked_and_one_too_long_is_thrown_away() {
    for surplus in [0, 5] {
        let (files, dir) = (files(), tempfile::tempdir().unwrap());
        let server = Server::start(&files, &[]);
        let (name, bytes) = &files[0];
        let part = [&bytes[..], &vec![0; surplus]].concat();
        std::fs::write(dir.path().join(format!("{name}.part")), &part).unwrap();
        run(&spec(&files), &[&server], dir.path(), &mut Shown::default()).unwrap();
        let range = format!("bytes={}-", part.len());
        let mut want = vec![request(name, Some(&range), 416, 0)];
        if surplus > 0 {
            want.push(request(name, None, 200, bytes.len()));
        }
        assert_eq!(server.seen()[..want.len()], want);
        assert_eq!(&std::fs::read(dir.path().join(name)).unwrap(), bytes);
        assert_eq!(names(dir.path()).len(), 2);
    }
}

#[test]
fn a_wrong_file_is_refused_and_the_next_mirror_asked() {
    let (files, dir) = (files(), tempfile::tempdir().unwrap());
    let mut flipped = gunzip(&files[0].1);
    flipped[500] ^= 1;
    let bad =
        Server::start(&files, &[Act::Other(gzip(&flipped)), Act::Other(b"<html>not here</html>".to_vec())]);
    let good = Server::start(&files, &[]);
    let mut shown = Shown::default();
    run(&spec(&files), &[&bad, &good], dir.path(), &mut shown).unwrap();
    assert_eq!((bad.seen().len(), good.seen().len()), (2, 2));
    assert_eq!(good.seen()[0], request(&files[0].0, None, 200, files[0].1.len()));
    for (name, bytes) in &files {
        assert_eq!(&std::fs::read(dir.path().join(name)).unwrap(), bytes);
    }
    assert!(shown.notes[0].contains(&format!("SHA-256 of the content is {}; expected ", sha256(&flipped))));
    assert!(shown.notes[1].contains("SHA-256 of the file is "), "{:?}", shown.notes);
}

#[test]
fn another_compression_of_the_same_content_is_accepted() {
    let (files, dir) = (files(), tempfile::tempdir().unwrap());
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    encoder.write_all(&gunzip(&files[0].1)).unwrap();
    let repacked = encoder.finish().unwrap();
    let server = Server::start(&files, &[Act::Other(repacked.clone())]);
    run(&spec(&files), &[&server], dir.path(), &mut Shown::default()).unwrap();
    assert_eq!(std::fs::read(dir.path().join(&files[0].0)).unwrap(), repacked);
}

#[test]
fn a_part_that_belongs_to_something_else_is_fetched_anew() {
    let (files, dir) = (files(), tempfile::tempdir().unwrap());
    let server = Server::start(&files, &[]);
    std::fs::write(dir.path().join(format!("{}.part", files[0].0)), vec![9; 3000]).unwrap();
    let mut shown = Shown::default();
    run(&spec(&files), &[&server], dir.path(), &mut shown).unwrap();
    let length = files[0].1.len();
    assert_eq!(
        server.seen()[..2],
        [
            request(&files[0].0, Some("bytes=3000-"), 206, length - 3000),
            request(&files[0].0, None, 200, length)
        ]
    );
    assert!(shown.notes[0].ends_with("it will be fetched anew"), "{:?}", shown.notes);
}

#[test]
fn when_all_mirrors_fail_each_is_listed_with_its_reason() {
    let (files, dir) = (files(), tempfile::tempdir().unwrap());
    let gone = Server::start(&[], &[]);
    let broken = Server::start(&files, &vec![Act::Status(500); 6]);
    let lying = Server::start(&files, &vec![Act::Other(vec![1, 2, 3]); 2]);
    let spec = spec(&files);
    let faults = run(&spec, &[&gone, &broken, &lying], dir.path(), &mut Shown::default()).unwrap_err();
    assert_eq!(faults.0.len(), 2, "both files are reported");
    let Sha256Of::Content(expected) = spec.files[0].sha256.clone() else { unreachable!() };
    let address = |server: &Server| format!("{}{}", server.address, files[0].0);
    let wrong = MirrorFault::Wrong(Mismatch::Sha256 { of: "content", found: sha256(&[1, 2, 3]), expected });
    assert_eq!(
        faults.0[0],
        FetchFault::AllMirrors {
            file: files[0].0.clone(),
            mirrors: vec![
                (address(&gone), MirrorFault::Status { status: 404 }),
                (address(&broken), MirrorFault::Status { status: 500 }),
                (address(&lying), wrong),
            ]
        }
    );
    // A missing file is final, a broken server is asked three times.
    assert_eq!((gone.seen().len(), broken.seen().len(), lying.seen().len()), (2, 6, 2));
    let text = faults.to_string();
    assert!(
        text.starts_with("train-images-idx3-ubyte.gz could not be fetched:\n  http://127.0.0.1:"),
        "{text}"
    );
    assert!(text.contains(": the server answered 404; expected 200 or 206\n"), "{text}");
    assert_eq!(text.matches("hint: ").count(), 1, "{text}");
    assert!(names(dir.path()).is_empty(), "nothing half is left");
}

#[test]
fn an_unreachable_mirror_is_named_and_passed_over() {
    let (files, dir) = (files(), tempfile::tempdir().unwrap());
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let good = Server::start(&files, &[]);
    let mirrors = [format!("http://127.0.0.1:{port}"), good.address.clone()];
    let mut shown = Shown::default();
    let never = AtomicBool::new(false);
    fetch(&spec(&files), &mirrors, dir.path(), QUICK, &never, &mut Watch(&mut shown, &never)).unwrap();
    assert!(shown.notes[0].contains("the connection failed after 0 bytes of the file"), "{:?}", shown.notes);
}

#[test]
fn an_interruption_keeps_the_part_and_the_next_fetch_continues_it() {
    let (files, dir) = (files(), tempfile::tempdir().unwrap());
    let server = Server::start(&files, &[Act::SilentAfter(12_345)]);
    let mut shown = Shown { cancel_at: Some(12_345), ..Shown::default() };
    let faults = run(&spec(&files), &[&server], dir.path(), &mut shown).unwrap_err();
    let part = dir.path().join(format!("{}.part", files[0].0));
    assert!(faults.is_cancelled());
    assert_eq!(
        faults.0,
        [FetchFault::Cancelled { file: files[0].0.clone(), part: part.clone(), bytes: 12_345 }]
    );
    assert_eq!(std::fs::read(&part).unwrap(), files[0].1[..12_345]);
    assert_eq!(names(dir.path()).len(), 1, "no file under its final name");

    run(&spec(&files), &[&server], dir.path(), &mut Shown::default()).unwrap();
    assert_eq!(server.seen()[1], request(&files[0].0, Some("bytes=12345-"), 206, files[0].1.len() - 12_345));
    assert!(!part.exists());
}

#[test]
fn an_interruption_is_noticed_while_the_server_is_silent() {
    let (files, dir) = (files(), tempfile::tempdir().unwrap());
    let server = Server::start(&files, &[Act::SilentAfter(0)]);
    let (mut shown, cancel) = (Shown::default(), AtomicBool::new(false));
    let faults = std::thread::scope(|scope| {
        scope.spawn(|| {
            while server.seen().is_empty() {
                std::thread::yield_now();
            }
            cancel.store(true, Ordering::Relaxed);
        });
        let mirrors = [server.address.clone()];
        fetch(
            &spec(&files),
            &mirrors,
            dir.path(),
            QUICK,
            &cancel,
            &mut Watch(&mut shown, &AtomicBool::new(false)),
        )
    });
    assert!(faults.unwrap_err().is_cancelled());
}

#[test]
fn a_silent_connection_fails_after_the_stall_time_and_is_continued() {
    let (files, dir) = (files(), tempfile::tempdir().unwrap());
    let server = Server::start(&files, &[Act::SilentAfter(700)]);
    let (mut shown, never) = (Shown::default(), AtomicBool::new(false));
    let settings = Settings { stall: Duration::from_secs(1), ..QUICK };
    let mirrors = [server.address.clone()];
    fetch(&spec(&files), &mirrors, dir.path(), settings, &never, &mut Watch(&mut shown, &never)).unwrap();
    assert_eq!(server.seen()[1].range.as_deref(), Some("bytes=700-"));
}

#[test]
fn a_damaged_file_under_the_final_name_is_replaced_and_a_plain_one_kept() {
    let (files, dir) = (files(), tempfile::tempdir().unwrap());
    let server = Server::start(&files, &[]);
    std::fs::write(dir.path().join(&files[0].0), b"half").unwrap();
    let plain = dir.path().join("train-labels-idx1-ubyte");
    std::fs::write(&plain, gunzip(&files[1].1)).unwrap();
    let mut shown = Shown::default();
    let paths = run(&spec(&files), &[&server], dir.path(), &mut shown).unwrap();
    assert_eq!(paths, [dir.path().join(&files[0].0), plain]);
    assert_eq!(std::fs::read(&paths[0]).unwrap(), files[0].1);
    assert!(shown.notes[0].contains("not the right file") && shown.notes[0].ends_with("it will be replaced"));
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn two_downloads_of_one_file_do_not_mix() {
    let (files, dir) = (files(), tempfile::tempdir().unwrap());
    let server = Server::start(&files, &[]);
    let part = dir.path().join(format!("{}.part", files[0].0));
    let held = std::fs::File::create(&part).unwrap();
    held.lock().unwrap();
    let faults = run(&spec(&files), &[&server], dir.path(), &mut Shown::default()).unwrap_err();
    assert_eq!(faults.0, [FetchFault::Busy { path: part }]);
}

#[test]
fn a_file_in_the_place_of_the_folder_is_named() {
    let (files, file) = (files(), tempfile::NamedTempFile::new().unwrap());
    let server = Server::start(&files, &[]);
    let faults =
        run(&spec(&files), &[&server], &file.path().join("mnist"), &mut Shown::default()).unwrap_err();
    assert!(matches!(&faults.0[..], [FetchFault::Local { doing: "create the folder", .. }]), "{faults}");
    let text = faults.to_string();
    assert!(text.contains("a file stands where a folder is needed"), "{text}");
    assert!(server.seen().is_empty());
}

#[test]
fn a_full_disk_has_its_own_hint() {
    let (doing, kind, reason) = ("write", std::io::ErrorKind::StorageFull, "no space".to_string());
    let full = FetchFault::Local { path: "train.part".into(), doing, kind, reason };
    let text = FetchFaults(vec![full]).to_string();
    assert!(text.starts_with("train.part: cannot write (no space)\n  hint: make room"), "{text}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_link_in_the_place_of_a_file_ends_the_fetch_before_any_mirror_is_asked() {
    let (files, dir) = (files(), tempfile::tempdir().unwrap());
    let server = Server::start(&files, &[]);
    let mine = dir.path().join("mine");
    std::fs::write(&mine, "mine").unwrap();
    std::os::unix::fs::symlink(&mine, dir.path().join(format!("{}.part", files[0].0))).unwrap();
    let faults = run(&spec(&files), &[&server, &server], dir.path(), &mut Shown::default()).unwrap_err();
    assert!(matches!(&faults.0[..], [FetchFault::Local { doing: "write", .. }]), "{faults}");
    assert!(faults.to_string().contains("remove the link"), "{faults}");
    assert_eq!(std::fs::read_to_string(&mine).unwrap(), "mine");
    assert!(server.seen().is_empty());
}

#[test]
fn without_a_mirror_nothing_can_be_fetched() {
    let (files, dir) = (files(), tempfile::tempdir().unwrap());
    let faults = run(&spec(&files), &[], dir.path(), &mut Shown::default()).unwrap_err();
    assert_eq!(
        faults.to_string(),
        "no mirror is known for data set `mnist`\n  hint: give the address of a mirror"
    );
}
