//! The real spoken digits, where `MEMSPIKE_DATA` says they are; elsewhere there is nothing to test. Samples were counted and added up with
//! the module `wave` of Python.

use memspike::dataset::{Holds, Name, Search, Split, open};

/// Recordings, samples, and the sum of their magnitudes in units of a 16-bit file.
fn counted(split: &Split) -> (usize, usize, i64) {
    let (mut samples, mut sum) = (0, 0);
    for recording in 0..split.len() {
        for value in split.values(recording) {
            samples += 1;
            sum += (32_768.0 * value).abs() as i64;
        }
    }
    (split.len(), samples, sum)
}

#[test]
fn the_real_recordings_are_read_whole_and_divided_as_their_authors_say() {
    let Some(folder) = std::env::var_os("MEMSPIKE_DATA") else {
        println!("MEMSPIKE_DATA is not set: nothing tested (set it to a folder with fsdd/ in it)");
        return;
    };
    let search = Search { environment: Some(folder.into()), ..Search::default() };
    let digits = open(Name::SPOKEN_DIGITS, &search).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(counted(&digits.train), (2_700, 9_464_394, 9_046_651_275));
    assert_eq!(counted(&digits.test), (300, 1_034_030, 985_503_309));
    for (split, each) in [(&digits.train, 270), (&digits.test, 30)] {
        assert_eq!(split.holds(), Holds::Sound(8_000));
        for class in 0..10 {
            assert_eq!(split.labels.iter().filter(|&&label| label == class).count(), each);
        }
    }
    // They are called so because they have the published sum.
    assert_eq!((digits.name.as_str(), digits.version.as_str()), ("fsdd", "26eb9aa"));
}

#[test]
fn recordings_that_are_not_there_are_asked_for() {
    let search = Search { explicit: Some("nowhere".into()), ..Search::default() };
    assert_eq!(
        open(Name::SPOKEN_DIGITS, &search).unwrap_err().to_string(),
        "data set `fsdd` was not found; looked for recordings or recordings.tar.gz in:\n  nowhere/fsdd\n  nowhere\n  \
         hint: put it there, from https://github.com/Jakobovski/free-spoken-digit-dataset; --data DIR or MEMSPIKE_DATA names \
         another folder"
    );
}
