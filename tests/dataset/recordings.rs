//! Real recordings of event cameras, where `MEMSPIKE_DATA` has them in `events/`; what they hold was counted with two other readers
//! each, and is written there.

use memspike::dataset::recording::{Event, Recording, decode};
use std::path::{Path, PathBuf};

fn folder() -> Option<PathBuf> {
    let folder = Path::new(&std::env::var_os("MEMSPIKE_DATA")?).join("events");
    folder.is_dir().then_some(folder)
}

fn read(folder: &Path, name: &str) -> Result<Recording, String> {
    let path = folder.join(name);
    let bytes = std::fs::read(&path).unwrap();
    decode(&path, &bytes).map_err(|wrong| format!("{}: {}; {}", wrong.place, wrong.what, wrong.allowed))
}

/// Events, those that got brighter, sums of columns and rows.
fn counts(recording: &Recording) -> [u64; 4] {
    let events = &recording.events;
    let sum = |of: fn(&Event) -> u64| events.iter().map(of).sum();
    [events.len() as u64, sum(|e| e.on.into()), sum(|e| e.x.into()), sum(|e| e.y.into())]
}

#[test]
fn real_recordings_hold_what_others_read_in_them() {
    let Some(folder) = folder() else {
        println!("skipped: MEMSPIKE_DATA has no folder events");
        return;
    };
    let nmnist = read(&folder, "tonic_nmnist_sample.bin").unwrap();
    assert_eq!(counts(&nmnist), [4_325, 2_145, 74_457, 71_931]);
    assert_eq!(nmnist.events[0], Event { t: 654, x: 7, y: 15, on: true });
    assert_eq!(nmnist.events.last().unwrap().t, 311_175);
    assert_eq!(nmnist.events.iter().map(|event| event.t).sum::<u64>(), 690_487_405);

    let tonic = read(&folder, "tonic_davis346_sample.aedat4").unwrap();
    assert_eq!(counts(&tonic), [111_954, 55_023, 18_342_405, 15_105_898]);
    assert_eq!((tonic.width, tonic.height), (320, 240));
    assert_eq!(tonic.events[0], Event { t: 1_605_537_493_718_345, x: 154, y: 204, on: false });
    assert_eq!(*tonic.events.last().unwrap(), Event { t: 1_605_537_494_308_262, x: 88, y: 237, on: true });

    let davis = read(&folder, "ins_davis346_frames_imu.aedat4").unwrap();
    assert_eq!(counts(&davis), [78_830, 41_257, 14_861_513, 15_061_593]);
    assert_eq!(davis.events[0], Event { t: 1_589_163_147_368_868, x: 215, y: 164, on: true });
    assert_eq!(*davis.events.last().unwrap(), Event { t: 1_589_163_149_728_813, x: 233, y: 205, on: true });

    let prophesee = read(&folder, "faery_gen3_evt2.raw").unwrap();
    assert_eq!(counts(&prophesee)[..2], [335_391 + 185_861, 185_861]);
    assert_eq!((prophesee.width, prophesee.height), (640, 480));
    let ends = (prophesee.events[0].t, prophesee.events.last().unwrap().t);
    assert_eq!(ends, (913_716_224, 913_812_095));

    let stream = read(&folder, "faery_dvs.es").unwrap();
    assert_eq!(counts(&stream), [473_225, 270_001, 72_946_016, 57_092_979]);
    assert_eq!((stream.events[0].t, stream.events.last().unwrap().t), (0, 999_000));
}

#[test]
fn real_files_without_events_of_pixels_are_refused() {
    let Some(folder) = folder() else {
        println!("skipped: MEMSPIKE_DATA has no folder events");
        return;
    };
    let refused = |name: &str| read(&folder, name).unwrap_err();
    assert!(refused("faery_generic.es").contains("its events are of the kind 0 (generic)"));
    // Headers of jAER before a few bytes that are no whole number of events: 4 of 8 bytes and 6 more, 3 and 4 more.
    assert_eq!(
        refused("mibblez_dvs128_header.aedat"),
        format!("byte {}: the recording ends within an event; 8 bytes", 4_241 + 32)
    );
    assert_eq!(
        refused("mibblez_davis240c_header.aedat"),
        format!("byte {}: the recording ends within an event; 8 bytes", 303_869 + 24)
    );
}

/// Packets as Python's `lz4` and `zstandard` make them (`tests/golden/data/make_packed.py`).
#[test]
fn compressed_recordings_hold_the_same_events() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/data/aedat4");
    let event = |k: u64| {
        let (x, y) = ((7 * k % 40) as u16, (11 * k % 30) as u16);
        Event { t: 1_600_000_000_000_000 + 37 * k + k % 5, x, y, on: k / 3 % 2 == 1 }
    };
    let known: Vec<Event> = (0..400).map(event).collect();
    for name in ["lz4", "lz4_high", "zstd", "zstd_high"] {
        let file = format!("{name}.aedat4");
        let recording = read(&folder, &file).unwrap();
        assert_eq!(
            (recording.width, recording.height, &recording.events[..]),
            (40, 30, &known[..]),
            "{name}"
        );
        // The end of the last packet, or a byte of its content.
        let mut bytes = std::fs::read(folder.join(&file)).unwrap();
        let length = bytes.len();
        let cut = decode(Path::new(&file), &bytes[..length - 9]).unwrap_err();
        assert!(cut.what.contains("ends within a packet"), "{name}: {cut:?}");
        bytes[length - 400..].fill(0xff);
        let damaged = decode(Path::new(&file), &bytes).unwrap_err();
        assert!(damaged.what.contains("a packet"), "{name}: {damaged:?}");
    }
}
