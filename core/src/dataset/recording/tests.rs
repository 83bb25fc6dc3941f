use super::*;

fn read(name: &str, bytes: &[u8]) -> Result<Recording, Wrong> {
    decode(Path::new(name), bytes)
}

fn event(t: u64, x: u16, y: u16, on: bool) -> Event {
    Event { t, x, y, on }
}

/// What is refused, as place: what; allowed.
fn refused(name: &str, bytes: &[u8]) -> String {
    let Wrong { place, what, allowed } = read(name, bytes).unwrap_err();
    format!("{place}: {what}; {allowed}")
}

fn nmnist(x: u8, y: u8, t: u32, on: bool) -> [u8; 5] {
    let [_, high, middle, low] = (t | u32::from(on) << 23).to_be_bytes();
    [x, y, high, middle, low]
}

#[test]
fn nmnist_has_overflows_and_a_sensor_of_34() {
    let bytes = [nmnist(7, 15, 654, true), nmnist(0, 240, 0, false), nmnist(8, 16, 700, false)].concat();
    let recording = read("a.bin", &bytes).unwrap();
    assert_eq!(recording.events, [event(654, 7, 15, true), event(8192 + 700, 8, 16, false)]);
    assert_eq!((recording.width, recording.height), (34, 34));
    // (p height + y) width + x.
    let spikes = recording.spikes(true).unwrap();
    assert_eq!(spikes[0], (Time::ZERO, (34 + 15) * 34 + 7));
    assert_eq!(spikes[1], (Time::from_fs((8192 + 700 - 654) * 1_000_000_000), 16 * 34 + 8));
    assert_eq!(refused("a.bin", &bytes[..13]), "byte 10: the recording ends within an event; 5 bytes");
    assert_eq!(refused("a.bin", &[]), "byte 0: the recording ends within an event; 5 bytes");
    let outside = [nmnist(7, 15, 654, true), nmnist(34, 15, 700, true)].concat();
    assert_eq!(
        refused("a.bin", &outside),
        "byte 5: event 1 lies at column 34, row 15, outside the sensor; columns below 34 and rows below 34"
    );
    let back = [nmnist(7, 15, 654, true), nmnist(7, 15, 653, true)].concat();
    assert_eq!(
        refused("a.bin", &back),
        "byte 5: time runs backwards: event 1 is at 653 us; 654 us or later, as the event before"
    );
    assert!(
        refused("a.dat", &bytes).starts_with("byte 0: it is no recording of an event camera that is known")
    );
}

fn words<const N: usize>(head: &str, words: [u32; N]) -> Vec<u8> {
    [head.as_bytes(), &words.map(u32::to_le_bytes).concat()].concat()
}

#[test]
fn evt_2_counts_on_after_its_longest_time() {
    let head = "% evt 2.0\n% geometry 640x480\n";
    let cd = |kind: u32, low: u32, x: u32, y: u32| kind << 28 | low << 22 | x << 11 | y;
    let bytes = words(
        head,
        [
            cd(1, 3, 1, 1), // before any upper bits: no time is known
            8 << 28 | 0x0fff_ffff,
            cd(1, 5, 639, 479),
            10 << 28,
            8 << 28,
            cd(0, 1, 2, 3),
        ],
    );
    let recording = read("a.raw", &bytes).unwrap();
    let top = 0x0fff_ffff_u64 << 6;
    assert_eq!(recording.events, [event(top | 5, 639, 479, true), event((1 << 34) + 1, 2, 3, false)]);
    let at = head.len();
    assert_eq!(
        refused("a.raw", &words(head, [8 << 28 | 1, cd(0, 0, 640, 0)])),
        format!(
            "byte {}: event 0 lies at column 640, row 0, outside the sensor; columns below 640 and rows below 480",
            at + 4
        )
    );
    assert_eq!(
        refused("a.raw", &words(head, [7 << 28])),
        format!("byte {at}: a word is of type 7; types 0, 1, 8, 10, 14 and 15 of EVT 2")
    );
    assert_eq!(
        refused("a.raw", &bytes[..bytes.len() - 1]),
        format!("byte {}: the recording ends within a word; 4 bytes", at + 20)
    );
    assert_eq!(
        refused("a.raw", &words("% evt 2.0\n", [0])),
        "its header: the size of the sensor is not stated; a line such as `% geometry 1280x720`"
    );
    assert!(
        refused("a.raw", &words("% evt 2.1\n% geometry 2x2\n", [0]))
            .starts_with("its header: the format is `2.1`; EVT 2 or EVT 3")
    );
}

#[test]
fn evt_3_has_vectors_and_times_in_two_halves() {
    let head = "% format EVT3;height=720;width=1280\n% end\n";
    let stream = |words: &[u16]| {
        let words: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        [head.as_bytes(), &words].concat()
    };
    let bytes = stream(&[
        0x8001, // time 1 << 12
        0x6005, // + 5
        0x0010, // row 16
        0x2805, // column 5, brighter
        0x3064, // vector from column 100, darker
        0x4801, // of 12: columns 100 and 111
        0x5003, // of 8: columns 112 and 113
        0x8001, // the same upper half: nothing changes
        0x2006, // column 6, darker
        0x8fff, // later
        0x8000, // the next round
        0xa000, // a trigger
        0x2007,
    ]);
    let recording = read("a.raw", &bytes).unwrap();
    let t = (1 << 12) + 5;
    assert_eq!(
        recording.events,
        [
            event(t, 5, 16, true),
            event(t, 100, 16, false),
            event(t, 111, 16, false),
            event(t, 112, 16, false),
            event(t, 113, 16, false),
            event(t, 6, 16, false),
            event(1 << 24, 7, 16, false),
        ]
    );
    assert_eq!((recording.format, recording.width, recording.height), ("EVT 3", 1280, 720));
    let at = head.len();
    assert_eq!(
        refused("a.raw", &stream(&[0x8001, 0x2001])),
        format!("byte {}: an event has no row; a word of type 0 before it", at + 2)
    );
    assert_eq!(
        refused("a.raw", &stream(&[0x8001, 0x0000, 0x2500])),
        format!(
            "byte {}: event 0 lies at column 1280, row 0, outside the sensor; columns below 1280 and rows below 720",
            at + 4
        )
    );
    assert_eq!(
        refused("a.raw", &stream(&[0x8005, 0x6009, 0x0000, 0x2001, 0x6003, 0x2001])),
        format!(
            "byte {}: time runs backwards: event 1 is at 20483 us; 20489 us or later, as the event before",
            at + 10
        )
    );
}

#[test]
fn aedat_2_knows_its_cameras() {
    let file = |chip: &str, events: &[(u32, u32)]| {
        let head =
            format!("#!AER-DAT2.0\r\n# a comment\r\n# AEChip: ch.unizh.ini.jaer.chip.retina.{chip}\r\n");
        let events: Vec<u8> =
            events.iter().flat_map(|(a, t)| [a.to_be_bytes(), t.to_be_bytes()].concat()).collect();
        [head.into_bytes(), events].concat()
    };
    // Column 127 - 3, row 5; bit 0 set: darker; bit 15: a signal.
    let dvs =
        file("DVS128", &[(5 << 8 | 3 << 1 | 1, 10), (1 << 15, 11), (5 << 8 | 3 << 1, u32::MAX), (0, 2)]);
    assert_eq!(
        read("a.aedat", &dvs).unwrap().events,
        [
            event(10, 124, 5, false),
            event(u64::from(u32::MAX), 124, 5, true),
            event((1 << 32) + 2, 127, 0, true),
        ]
    );
    let davis =
        file("DAVIS240C", &[(179 << 22 | 239 << 12 | 1 << 11, 1), (1 << 31, 2), (1 << 10, 3), (0, 4)]);
    assert_eq!(read("a.aedat", &davis).unwrap().events, [event(1, 239, 179, true), event(4, 0, 0, false)]);
    assert!(
        refused("a.aedat", &file("Cochlea", &[]))
            .starts_with("its header: the camera is `ch.unizh.ini.jaer.chip.retina.Cochlea`")
    );
    assert!(
        refused("a.aedat", &dvs[..dvs.len() - 3]).ends_with("the recording ends within an event; 8 bytes")
    );
    assert!(
        refused("a.aedat", b"#!AER-DAT1.0\r\n").starts_with("byte 0: the file begins with `#!AER-DAT1.0`")
    );
}

fn packet_3(kind: u16, rounds: u32, events: &[(u32, u32)]) -> Vec<u8> {
    let number = events.len() as u32;
    let mut bytes = [kind.to_le_bytes(), 1_u16.to_le_bytes()].concat();
    for word in [8, 4, rounds, number, number, number] {
        bytes.extend(u32::to_le_bytes(word));
    }
    events.iter().for_each(|(data, time)| bytes.extend([data.to_le_bytes(), time.to_le_bytes()].concat()));
    bytes
}

#[test]
fn aedat_3_has_packets_of_which_those_of_pixels_count() {
    let head = b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DAVIS240C\r\n#!END-HEADER\r\n";
    let data = |x: u32, y: u32, on: u32, valid: u32| x << 17 | y << 2 | on << 1 | valid;
    let pixels = packet_3(1, 2, &[(data(239, 179, 1, 1), 7), (data(1, 1, 1, 0), 8), (data(3, 4, 0, 1), 9)]);
    let file = [&head[..], &packet_3(0, 0, &[(0, 0)]), &pixels].concat();
    let recording = read("a.aedat", &file).unwrap();
    assert_eq!(recording.events, [event((2 << 31) + 7, 239, 179, true), event((2 << 31) + 9, 3, 4, false)]);
    let at = head.len() + 28 + 8;
    assert_eq!(
        refused("a.aedat", &file[..file.len() - 1]),
        format!("byte {at}: the recording ends within a packet of 3 events of 8 bytes; 52 bytes")
    );
    let claims = [&head[..], &packet_3(1, 0, &[])[..20], &u32::MAX.to_le_bytes(), &[0; 4]].concat();
    assert!(refused("a.aedat", &claims).contains("a packet of 4294967295 events"));
    assert!(refused("a.aedat", b"#!AER-DAT3.1\r\n").starts_with("its header: the header has no end"));
}

/// A FlatBuffer with one vector of events.
fn events_4(events: &[Event]) -> Vec<u8> {
    let mut buffer = Vec::new();
    for word in [12_u32, 6 | 8 << 16, 4, 8, 4, events.len() as u32] {
        buffer.extend(word.to_le_bytes());
    }
    for one in events {
        buffer.extend(one.t.to_le_bytes());
        buffer.extend([one.x.to_le_bytes(), one.y.to_le_bytes(), [u8::from(one.on), 0], [0, 0]].concat());
    }
    [&(buffer.len() as u32).to_le_bytes()[..], &buffer].concat()
}

fn file_4(compression: u32, packets: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let info = "<node name=\"7\" path=\"/mainloop/Recorder/outInfo/7/\"><attr key=\"typeIdentifier\" type=\"string\">EVTS</attr>\
                <node path=\"/mainloop/Recorder/outInfo/7/info/\"><attr key=\"sizeX\" type=\"int\">20</attr>\
                <attr key=\"sizeY\" type=\"int\">10</attr></node></node>";
    let mut head = Vec::new();
    for word in [16_u32, 10 | 24 << 16, 4 | 8 << 16, 16, 12, compression] {
        head.extend(word.to_le_bytes());
    }
    head.extend((-1_i64).to_le_bytes());
    head.extend(4_u32.to_le_bytes());
    head.extend((info.len() as u32).to_le_bytes());
    head.extend(info.as_bytes());
    let mut file = b"#!AER-DAT4.0\r\n".to_vec();
    file.extend((head.len() as u32).to_le_bytes());
    file.extend(head);
    for (stream, content) in packets {
        file.extend(stream.to_le_bytes());
        file.extend((content.len() as u32).to_le_bytes());
        file.extend(content);
    }
    file
}

#[test]
fn aedat_4_has_streams_of_flat_buffers() {
    let all = [event(1_605_537_493_718_345, 3, 9, true), event(1_605_537_493_718_346, 19, 0, false)];
    let packets = [(0, b"no event".to_vec()), (7, events_4(&all[..1])), (7, events_4(&all[1..]))];
    let file = file_4(0, &packets);
    let recording = read("a.aedat4", &file).unwrap();
    assert_eq!((&recording.events[..], recording.width, recording.height), (&all[..], 20, 10));
    assert_eq!(recording.spikes(true).unwrap()[1], (Time::from_fs(1_000_000_000), 19));
    let Wrong { what, allowed, .. } = recording.spikes(false).unwrap_err();
    assert_eq!(what, "event 0 is at 1605537493718345 us");
    assert!(allowed.contains("`from_first = true`"));
    assert!(refused("a", &file[..file.len() - 1]).ends_with("the recording ends within a packet; 52 bytes"));
    assert_eq!(
        refused("a", &file_4(5, &packets)),
        "its header: the packets are compressed in way 5; 0 (none), 1 or 2 (LZ4), 3 or 4 (Zstandard)"
    );
    // Stored in an LZ4 frame as it is.
    let stored = |content: &[u8]| {
        let length = (content.len() as u32 | 1 << 31).to_le_bytes();
        [&[0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0xc0][..], &length, content, &[0; 4]].concat()
    };
    assert_eq!(read("a", &file_4(1, &[(7, stored(&events_4(&all)))])).unwrap().events, all);
    let cut = stored(&events_4(&all))[..20].to_vec();
    assert!(refused("a", &file_4(1, &[(7, cut)])).contains("a packet cannot be unpacked"));
    assert!(refused("a", &file_4(0, &[(7, vec![9; 30])])).contains("a packet of events is damaged"));
}

#[test]
fn lz4_copies_what_it_has_just_written() {
    let frame = |block: &[u8]| {
        let length = (block.len() as u32).to_le_bytes();
        [&[0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0xc0][..], &length, block, &[0; 4]].concat()
    };
    // Three literals, a match of 9 three bytes back, one literal.
    let block = [&[0x35][..], b"abc", &[3, 0, 0x10, b'd']].concat();
    assert_eq!(lz4::frame(&frame(&block), 100).unwrap(), b"abcabcabcabcd");
    assert_eq!(lz4::frame(&frame(&block), 8), None);
    // Lengths of 15 go on: 15 + 255 + 1 literals.
    let long = [&[0xf0, 255, 1][..], &[7; 271]].concat();
    assert_eq!(lz4::frame(&frame(&long), 1000).unwrap(), [7; 271]);
    for damaged in [&[0x35, b'a'][..], &[0x10, b'a', 2, 0, 0x10], &[0x10, b'a', 0, 0, 0x10, b'b']] {
        assert_eq!(lz4::frame(&frame(damaged), 100), None);
    }
}

#[test]
fn a_frame_of_zstandard_is_unpacked_as_far_as_it_is_believed() {
    // Magic number, no flags, a window of 1 MiB; one block that is 100 000 times a 7, and the last.
    let block = &(100_000_u32 << 3 | 1 << 1 | 1).to_le_bytes()[..3];
    let frame = [&[0x28, 0xb5, 0x2f, 0xfd, 0, 10 << 3][..], block, &[7]].concat();
    assert_eq!(aedat4::unpacked(3, &frame, 100_000).unwrap(), vec![7; 100_000]);
    assert_eq!(aedat4::unpacked(3, &frame, 99_999), None);
    assert_eq!(aedat4::unpacked(4, &frame[..frame.len() - 1], 100_000), None);
    assert_eq!(aedat4::unpacked(3, &[], 100_000), None);
}

#[test]
fn event_stream_has_bytes_of_elapsed_time() {
    let head = [&b"Event Stream"[..], &[2, 0, 0, 1], &[20, 0, 10, 0]].concat();
    let body = [&[5 << 1 | 1, 3, 0, 9, 0][..], &[255, 254], &[2 << 1, 19, 0, 0, 0]].concat();
    let file = [&head[..], &body].concat();
    assert_eq!(read("a.es", &file).unwrap().events, [event(5, 3, 9, true), event(134, 19, 0, false)]);
    assert_eq!(
        refused("a.es", &file[..file.len() - 1]),
        "byte 27: the recording ends within an event; 5 bytes"
    );
    let generic = [&b"Event Stream"[..], &[2, 0, 0, 0]].concat();
    assert_eq!(
        refused("a.es", &generic),
        "byte 15: its events are of the kind 0 (generic); kind 1 (dvs): events of pixels"
    );
    assert_eq!(
        refused("a.es", &[&b"Event Stream"[..], &[1, 0, 0, 1]].concat()),
        "byte 12: it is version 1.0.0; version 2"
    );
}

/// No bytes whatever are a panic.
#[test]
fn damaged_files_are_refused_or_read() {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize
    };
    let all = [event(1, 3, 9, true), event(2, 19, 0, false)];
    let files = [
        file_4(1, &[(7, events_4(&all))]),
        file_4(3, &[(7, vec![0x28, 0xb5, 0x2f, 0xfd, 0, 80, 0x03, 0x01, 0, 7])]),
        file_4(0, &[(7, events_4(&all))]),
        [&b"#!AER-DAT3.1\r\n#Source 1: DVS128\r\n#!END-HEADER\r\n"[..], &packet_3(1, 0, &[(1, 2)])].concat(),
        words("% evt 2.0\n% geometry 64x48\n", [8 << 28, 1 << 28]),
        [&b"Event Stream"[..], &[2, 0, 0, 1, 20, 0, 10, 0, 1, 1, 0, 1, 0]].concat(),
    ];
    for file in &files {
        for _ in 0..2000 {
            let mut bytes = file.clone();
            for _ in 0..1 + next() % 3 {
                let at = next() % bytes.len();
                bytes[at] = next() as u8;
            }
            bytes.truncate(1 + next() % bytes.len());
            let _ = read("a.raw", &bytes).map(|recording| recording.spikes(false));
        }
    }
}
