//! Samples that are recordings of sound: WAV files of one channel and one rate.

use super::pattern::{self, Pattern, Rule};
use super::{Base, Described, Form, Part, Read, Test, archive, fault, hinted};
use crate::dataset::known::SoundFiles;
use crate::dataset::{Dataset, Fault, Faults, Holds, Name, Search, Sound};
use crate::hint::many;
use hound::{SampleFormat, WavReader, WavSpec};
use std::path::Path;

const FORMS: &str = "a WAV file of integers of 8, 16, 24 or 32 bits, or of floating-point numbers of 32 bits";

/// Samples of a recording: 2^28 bytes hold no more.
const MOST: u32 = 1 << 28;

/// Recordings whose files are called like that, and which of them are tested. `rate`: samples a second that all must have; else they have
/// that of the first.
pub(super) fn read(
    at: &Path,
    (files, rule): (&Pattern, Option<&Rule>),
    rate: Option<u32>,
) -> Result<Part, Faults> {
    let found = archive::files(at, files.depth(), ".wav")?;
    let mut told = Vec::with_capacity(found.len());
    for (name, bytes) in &found {
        let file = at.join(name);
        let (class, tested) = pattern::told((files, rule), (&file, name))?;
        told.push((file, bytes, class, tested));
    }
    let mut names: Vec<&str> = told.iter().map(|(_, _, class, _)| *class).collect();
    names.sort_unstable();
    names.dedup();
    if names.iter().all(|name| name.parse::<u64>().is_ok()) {
        names.sort_by_key(|name| name.parse::<u64>().unwrap_or_default());
    }
    let mut sound = Sound::default();
    let (mut labels, mut tested) = (Vec::new(), Vec::new());
    for (number, (file, bytes, class, is_tested)) in (0..).zip(&told) {
        let (spec, steps) = recording(file, bytes)?;
        let expected = match rate {
            Some(rate) => Some((rate, "the `sample_rate` of the data".to_owned())),
            None => (!sound.is_empty()).then(|| (sound.rate(), format!("as {}", told[0].0.display()))),
        };
        if let Some((expected, from)) = expected.filter(|(expected, _)| *expected != spec.sample_rate) {
            let what = format!("its rate is {} samples a second", spec.sample_rate);
            let found = fault(file, "", what, format!("{expected}, {from}"));
            return Err(hinted(found, "bring all recordings to one rate").into());
        }
        if sound.is_empty() {
            sound = Sound::new(spec.sample_rate);
        }
        sound.push(steps);
        labels.push(names.iter().position(|name| name == class).unwrap_or_default() as i64);
        if *is_tested {
            tested.push(number);
        }
    }
    Ok(Part {
        shape: vec![1],
        samples: Read::Sound(sound),
        labels,
        targets: None,
        files: [at.to_path_buf(), at.to_path_buf()],
        places: Default::default(),
        names: names.into_iter().map(ToOwned::to_owned).collect(),
        tested,
    })
}

/// A data set of recordings that is known by name, from where its files are found: in the first folder that has them, in a folder of the set's
/// own name before the folder itself, and as a folder before an archive. Other recordings are not called by its name.
pub(in crate::dataset) fn recordings_of(
    name: Name,
    files: &SoundFiles,
    search: &Search,
) -> Result<Dataset, Faults> {
    let mut looked = Vec::new();
    for folder in search.folders() {
        for dir in [folder.join(name.as_str()), folder.to_owned()] {
            let places = [files.folder.to_owned(), format!("{}.tar.gz", files.folder)];
            let Some(train) = places.into_iter().find(|place| dir.join(place).exists()) else {
                looked.push(dir);
                continue;
            };
            let known = name.known();
            let Some(rule) = Rule::parse(files.tested) else { continue };
            let Holds::Sound(rate) = known.holds else { continue };
            let described = Described {
                form: Form::Sound { files: Pattern(files.files.into()), sample_rate: Some(rate) },
                train,
                test: Test::Where(rule),
                range: None,
                classes: Some(name.classes()),
                targets: false,
                name: name.as_str().into(),
                version: known.version.into(),
                base: Base(dir),
            };
            let (set, identity) = described.read(0)?;
            let published = identity.sha256 == files.sum;
            let others = || format!("not {}: other recordings of these names", known.title);
            return Ok(match published {
                true => set,
                false => Dataset { name: others(), version: "unknown".into(), ..set },
            });
        }
    }
    Err(Fault::NotFound { name, wanted: "recordings or recordings.tar.gz", looked }.into())
}

/// The samples of a WAV file, in steps of 2^-31 of full scale.
fn recording(file: &Path, bytes: &[u8]) -> Result<(WavSpec, Vec<i32>), Fault> {
    let wrong = |place: String, what: String, allowed: &str| fault(file, &place, what, allowed);
    let none = String::new;
    let mut reader = WavReader::new(bytes)
        .map_err(|error| wrong(none(), format!("it cannot be read ({error})"), FORMS))?;
    let (spec, count) = (reader.spec(), reader.len());
    if spec.channels != 1 {
        let found = wrong(none(), format!("it has {} channels", spec.channels), "one channel");
        return Err(hinted(found, "mix the channels, or take one of them"));
    }
    if count == 0 || count > MOST {
        let what = format!("it has {}", many(count, "sample"));
        return Err(wrong(none(), what, &format!("1 to {MOST} samples")));
    }
    let ends = |k: usize, error: hound::Error| {
        let what = format!("it cannot be read from sample {k} on ({error})");
        wrong(none(), what, &format!("{count} samples, as its header says"))
    };
    let steps: Result<Vec<i32>, Fault> = match spec.sample_format {
        SampleFormat::Int => {
            let shift = 32 - u32::from(spec.bits_per_sample).clamp(1, 32);
            let samples = reader.samples::<i32>().enumerate();
            samples.map(|(k, sample)| Ok(sample.map_err(|error| ends(k, error))? << shift)).collect()
        }
        SampleFormat::Float => {
            let samples = reader.samples::<f32>().enumerate();
            let steps = samples.map(|(k, sample)| match sample.map_err(|error| ends(k, error))? {
                value if (-1.0..=1.0).contains(&value) => Ok(Sound::step(value.into())),
                value => Err(wrong(
                    format!("sample {k}"),
                    format!("the value is {}", crate::hint::number(value.into())),
                    "-1 to 1",
                )),
            });
            steps.collect()
        }
    };
    Ok((spec, steps?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hound::WavWriter;
    use std::fs;
    use std::io::{Cursor, Write as _};

    fn wav(
        bits: u16,
        rate: u32,
        channels: u16,
        write: impl Fn(&mut WavWriter<&mut Cursor<Vec<u8>>>),
    ) -> Vec<u8> {
        let sample_format = if bits == 0 { SampleFormat::Float } else { SampleFormat::Int };
        let bits_per_sample = if bits == 0 { 32 } else { bits };
        let spec = WavSpec { channels, sample_rate: rate, bits_per_sample, sample_format };
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = WavWriter::new(&mut bytes, spec).unwrap();
        write(&mut writer);
        writer.finalize().unwrap();
        bytes.into_inner()
    }

    fn numbers(bits: u16, values: &[i32]) -> Vec<u8> {
        wav(bits, 8_000, 1, |writer| values.iter().for_each(|&value| writer.write_sample(value).unwrap()))
    }

    fn reals(values: &[f32]) -> Vec<u8> {
        wav(0, 8_000, 1, |writer| values.iter().for_each(|&value| writer.write_sample(value).unwrap()))
    }

    fn described(base: &Path, files: &str, test: Test) -> Described {
        Described {
            form: Form::Sound { files: Pattern(files.into()), sample_rate: None },
            train: "sound".into(),
            test,
            range: None,
            classes: None,
            targets: false,
            name: "own".into(),
            version: "1".into(),
            base: Base(base.into()),
        }
    }

    fn put(base: &Path, files: &[(&str, Vec<u8>)]) {
        for (name, bytes) in files {
            let path = base.join("sound").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }

    /// A `.tar.gz` with these files in a folder.
    fn tar(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        for (name, bytes) in files {
            let mut header = [0_u8; 512];
            let mut field =
                |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
            field(0, &format!("./recordings/{name}"));
            field(124, &format!("{:011o}", bytes.len()));
            field(148, "        ");
            field(156, "0");
            field(257, "ustar\x0000");
            let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
            header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
            gzip.write_all(&header).unwrap();
            gzip.write_all(bytes).unwrap();
            gzip.write_all(&vec![0; bytes.len().next_multiple_of(512) - bytes.len()]).unwrap();
        }
        gzip.write_all(&[0; 1024]).unwrap();
        gzip.finish().unwrap()
    }

    #[test]
    fn samples_of_every_width_are_the_same_sound() {
        let root = tempfile::tempdir().unwrap();
        let files = [
            ("a/1.wav", numbers(8, &[-128, 0, 64])),
            ("a/2.wav", numbers(16, &[-32768, 0, 16384])),
            ("b/1.wav", numbers(24, &[-(1 << 23), 0, 1 << 22])),
            ("b/2.WAV", numbers(32, &[i32::MIN, 0, 1 << 30])),
            ("b/3.wav", reals(&[-1.0, 0.0, 0.5])),
            ("b/notes.txt", b"nothing".to_vec()),
        ];
        put(root.path(), &files);
        // How letters are written counts.
        let others =
            described(root.path(), "{class}/{file}.WAV", Test::Share(0.2)).read(1).unwrap_err().to_string();
        assert!(others.contains("its name is `a/1.wav`; expected `{class}/{file}.WAV`"), "{others}");
        fs::rename(root.path().join("sound/b/2.WAV"), root.path().join("sound/b/2.wav")).unwrap();
        let (set, identity) = described(root.path(), "{class}/{file}.wav", Test::Share(0.2)).read(1).unwrap();
        assert_eq!(
            (set.classes, identity.train, identity.test, set.train.holds()),
            (2, 4, 1, Holds::Sound(8_000))
        );
        for split in [&set.train, &set.test] {
            for k in 0..split.len() {
                assert_eq!(split.values(k).collect::<Vec<_>>(), [-1.0, 0.0, 0.5]);
            }
        }
        let demanded = |rate| {
            let form = Form::Sound { files: Pattern("{class}/{file}.wav".into()), sample_rate: Some(rate) };
            Described { form, ..described(root.path(), "", Test::Share(0.2)) }.read(1)
        };
        assert_eq!(demanded(8_000).unwrap(), (set, identity));
        let text = demanded(16_000).unwrap_err().to_string();
        let said = "a/1.wav: its rate is 8000 samples a second; expected 16000, the `sample_rate` of the data\n  hint: bring";
        assert!(text.contains(said), "{text}");
    }

    #[test]
    fn names_say_class_and_test_in_a_folder_as_in_an_archive() {
        let root = tempfile::tempdir().unwrap();
        let names = [
            "1_bo_0.wav",
            "1_bo_1.wav",
            "10_al_0.wav",
            "10_al_2.wav",
            "2_bo_1.wav",
            "2_bo_0.wav",
            "2_cy_1.wav",
        ];
        let files: Vec<(&str, Vec<u8>)> =
            names.into_iter().zip(1..).map(|(name, value)| (name, numbers(16, &[value, -value]))).collect();
        put(root.path(), &files);
        let rule = |text: &str| Test::Where(Rule::parse(text).unwrap());
        let of = |test| described(root.path(), "{class}_{who}_{index}.wav", test);
        let (set, identity) = of(rule("index = 1 to 2")).read(1).unwrap();
        // Classes by their numbers, files by their names.
        assert_eq!(
            (set.classes, &set.train.labels[..], &set.test.labels[..]),
            (3, &[2, 0, 1][..], &[2, 0, 1, 1][..])
        );
        let first = |split: &crate::dataset::Split, k| (split.values(k).next().unwrap() * 32768.0) as i32;
        assert_eq!((0..4).map(|k| first(&set.test, k)).collect::<Vec<_>>(), [4, 2, 5, 7]);
        let (held, other) = of(rule("who = cy")).read(1).unwrap();
        assert_eq!((held.test.len(), other.sha256 == identity.sha256), (1, true));
        fs::write(root.path().join("all.tar.gz"), tar(&files)).unwrap();
        let packed = Described { train: "all.tar.gz".into(), ..of(rule("index = 1 to 2")) };
        assert_eq!(packed.read(1).unwrap(), (set, identity));
        for (test, said) in [
            (
                "index = 7 to 9",
                "sound: 0 samples of 7 samples would be the test set; expected a rule that leaves samples to both",
            ),
            ("who = al", "sound: class 2 has no training sample; expected samples of all 3 classes"),
        ] {
            let text = of(rule(test)).read(1).unwrap_err().to_string();
            assert!(text.contains(said), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_recording_is_said_with_its_place() {
        let good = || numbers(16, &[1, 2, 3]);
        let stereo =
            || wav(16, 8_000, 2, |writer| (0..4).for_each(|value| writer.write_sample(value).unwrap()));
        let fast = || wav(16, 16_000, 1, |writer| writer.write_sample(1).unwrap());
        let cut = || good()[..48].to_vec();
        for (bytes, said) in [
            (stereo(), "sound/b/2.wav: it has 2 channels; expected one channel\n  hint: mix the channels"),
            (
                fast(),
                "sound/b/2.wav: its rate is 16000 samples a second; expected 8000, as sound/a/1.wav\n  hint: bring",
            ),
            (numbers(16, &[]), "sound/b/2.wav: it has 0 samples; expected 1 to 268435456 samples"),
            (cut(), "sound/b/2.wav: it cannot be read from sample 2 on ("),
            (reals(&[0.5, f32::NAN]), "sound/b/2.wav, sample 1: the value is NaN; expected -1 to 1"),
            (reals(&[0.5, 1.5]), "sound/b/2.wav, sample 1: the value is 1.5; expected -1 to 1"),
            (b"RIFX".to_vec(), "sound/b/2.wav: it cannot be read ("),
            (Vec::new(), "sound/b/2.wav: it cannot be read ("),
        ] {
            let root = tempfile::tempdir().unwrap();
            put(root.path(), &[("a/1.wav", good()), ("b/1.wav", good()), ("b/2.wav", bytes)]);
            let faults = described(root.path(), "{class}/{file}.wav", Test::Share(0.3)).read(1).unwrap_err();
            let text = faults.to_string().replace(&format!("{}/", root.path().display()), "");
            assert!(text.contains(said), "{text}");
            assert!(text.contains("; expected "), "{text}");
        }
    }

    #[test]
    fn an_archive_that_is_damaged_or_empty_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let whole = tar(&[("1_a_0.wav", numbers(16, &[1; 900])), ("2_a_1.wav", numbers(16, &[1; 900]))]);
        let mut other = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&whole[..]), &mut other).unwrap();
        other[130] = b'7';
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&other).unwrap();
        let half = whole.len() / 2;
        for (bytes, said) in [
            (whole[..half].to_vec(), "expected a folder, or a .tar.gz of one"),
            (b"no archive".to_vec(), "it is no complete .tar.gz ("),
            (gzip.finish().unwrap(), "the header of `./recordings/1_a_0.wav` is damaged"),
            (
                tar(&[("notes.txt", b"nothing".to_vec())]),
                "there is none of its files; expected files that end in .wav",
            ),
        ] {
            fs::write(root.path().join("sound"), bytes).unwrap();
            let described = described(root.path(), "{class}_{who}_{index}.wav", Test::Share(0.5));
            let text = described.read(1).unwrap_err().to_string();
            assert!(text.contains(said), "{text}");
        }
    }
}
