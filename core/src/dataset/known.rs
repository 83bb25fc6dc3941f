//! The data sets that can be named: all that is to be known of each, in one place.

use super::idx::Expect;
use super::{Dataset, Fault, Holds, delayed_match, drawn, moving_digits, yin_yang};
use crate::hint::nearest;
use serde::{Deserialize, Serialize};
use std::fmt::{Debug, Display, Formatter};
use std::str::FromStr;

/// A data set that can be named.
#[derive(Debug)]
pub struct Known {
    /// What a scenario calls it.
    pub word: &'static str,
    /// What it is called on the command line, and the folder with its files.
    pub folder: &'static str,
    /// In a sentence.
    pub title: &'static str,
    /// One line about it, with its source.
    pub about: &'static str,
    /// Which of its versions it is: a new drawing, or another edition of its files, is another.
    pub version: &'static str,
    /// Lengths of the axes of a sample, rows before columns.
    pub shape: &'static [usize],
    /// What its samples are made of.
    pub holds: Holds,
    /// Number of classes.
    pub classes: usize,
    /// Where its images come from.
    pub origin: Origin,
}

/// Where images come from.
#[derive(Clone, Copy, Debug)]
pub enum Origin {
    /// They are made.
    Made(fn() -> Dataset),
    /// Four IDX files of the usual names, that are looked for or fetched.
    Files(IdxFiles),
    /// WAV files, that are looked for.
    Sound(SoundFiles),
}

/// A folder of WAV files, or a `.tar.gz` of it.
#[derive(Clone, Copy, Debug)]
pub struct SoundFiles {
    /// What the folder is called; the archive is called so with `.tar.gz`.
    pub folder: &'static str,
    /// How its files are called: see `own::Pattern`.
    pub files: &'static str,
    /// Which of them are tested: see `own::Rule`.
    pub tested: &'static str,
    /// SHA-256 of the published recordings, as `Dataset::identity` has it of all of them before they are divided.
    pub sum: &'static str,
    /// Where they are published.
    pub source: &'static str,
}

/// What tells the four files of a data set from those of another, and where they are fetched from.
#[derive(Clone, Copy, Debug)]
pub struct IdxFiles {
    /// SHA-256 of the training images and labels, and of the test images and labels.
    pub sums: [Sum; 4],
    /// Labels of the first test images: all such sets use the same names of files.
    pub first_test_labels: [u16; 10],
    /// Base addresses, first to last; what arrives is checked by its sum, whichever it came from.
    pub mirrors: &'static [&'static str],
}

/// A SHA-256 in hexadecimal, and what it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sum {
    /// The IDX file inside: any mirror's own compression is accepted.
    Content(&'static str),
    /// The .gz file byte by byte.
    Download(&'static str),
}

static DRAWN_DIGITS: Known = Known {
    word: "drawn_digits",
    folder: "drawn_digits",
    title: "drawn digits",
    about: "digits drawn by code, 28 x 28, built in",
    version: "1",
    shape: &[drawn::SIDE, drawn::SIDE],
    holds: Holds::Values,
    classes: 10,
    origin: Origin::Made(|| drawn::digits(drawn::TRAIN, drawn::TEST)),
};

static MOVING_DIGITS: Known = Known {
    word: "moving_digits",
    folder: "moving-digits",
    title: "moving digits",
    about: "digits that move before an event camera of 16 x 16 pixels, drawn by code, built in",
    version: "1",
    shape: &[2, moving_digits::SIDE, moving_digits::SIDE],
    holds: Holds::Events,
    classes: 10,
    origin: Origin::Made(|| moving_digits::recordings(moving_digits::TRAIN, moving_digits::TEST)),
};

static YIN_YANG: Known = Known {
    word: "yin_yang",
    folder: "yin-yang",
    title: "Yin-Yang",
    about: "points x, y, 1 - x, 1 - y in a figure of three classes, drawn by code, built in",
    version: "1",
    shape: &[yin_yang::SIZE],
    holds: Holds::Values,
    classes: 3,
    origin: Origin::Made(|| yin_yang::points(yin_yang::TRAIN, yin_yang::TEST)),
};

static DELAYED_MATCH: Known = Known {
    word: "delayed_match",
    folder: "delayed-match",
    title: "delayed match to sample",
    about: "two patterns of spikes with a silence between them, the same (class 1) or two (class 0), drawn by code, built in",
    version: "1",
    shape: &[delayed_match::LINES],
    holds: Holds::Events,
    classes: 2,
    origin: Origin::Made(|| delayed_match::trials(delayed_match::TRAIN, delayed_match::TEST)),
};

/// 60 000 + 10 000 images (LeCun, Cortes and Burges, 1998); the sums are of the official files' content.
static MNIST: Known = Known {
    word: "mnist",
    folder: "mnist",
    title: "MNIST",
    about: "handwritten digits, fetched with `memspike data fetch mnist`",
    version: "1998",
    shape: &[28, 28],
    holds: Holds::Values,
    classes: 10,
    origin: Origin::Files(IdxFiles {
        sums: [
            Sum::Content("ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
            Sum::Content("65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
            Sum::Content("0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
            Sum::Content("ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
        ],
        first_test_labels: [7, 2, 1, 0, 4, 1, 4, 9, 5, 9],
        mirrors: &[
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ],
    }),
};

/// In the form of MNIST (Xiao, Rasul and Vollgraf, 2017). The sums are of the official .gz files (those with the MD5 sums in
/// its authors' README, such as 8d4fb7e6c68d591d4c3dfef9ec88bf0d).
static FASHION_MNIST: Known = Known {
    word: "fashion_mnist",
    folder: "fashion-mnist",
    title: "Fashion-MNIST",
    about: "articles of clothing, fetched with `memspike data fetch fashion-mnist`",
    version: "2017",
    shape: &[28, 28],
    holds: Holds::Values,
    classes: 10,
    origin: Origin::Files(IdxFiles {
        sums: [
            Sum::Download("3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            Sum::Download("a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            Sum::Download("346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            Sum::Download("67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
        ],
        first_test_labels: [9, 2, 1, 1, 6, 1, 4, 6, 5, 7],
        mirrors: &[
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ],
    }),
};

/// 3 000 recordings of ten digits by six speakers, trimmed (Z. Jackson and others, 2016 on; CC BY-SA 4.0). Recordings 0 to 4 of each digit
/// and speaker are the test set, as its authors say.
static SPOKEN_DIGITS: Known = Known {
    word: "spoken_digits",
    folder: "fsdd",
    title: "the Free Spoken Digit Dataset",
    about: "spoken digits as sound (8 kHz), from https://github.com/Jakobovski/free-spoken-digit-dataset",
    version: "26eb9aa",
    shape: &[1],
    holds: Holds::Sound(8_000),
    classes: 10,
    origin: Origin::Sound(SoundFiles {
        folder: "recordings",
        files: "{class}_{speaker}_{index}.wav",
        tested: "index = 0 to 4",
        sum: "22ab18c390392c38daf6bc5649c2aa242ff21f7a7bb7e097e848c4c911e7395c",
        source: "https://github.com/Jakobovski/free-spoken-digit-dataset",
    }),
};

/// A data set by name.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub struct Name(&'static Known);

impl Name {
    /// Digits drawn by code, embedded: see [`drawn`].
    pub const DRAWN_DIGITS: Self = Self(&DRAWN_DIGITS);
    /// Events of digits that move, embedded: see [`moving_digits`].
    pub const MOVING_DIGITS: Self = Self(&MOVING_DIGITS);
    /// Points drawn by code, embedded: see [`yin_yang`].
    pub const YIN_YANG: Self = Self(&YIN_YANG);
    /// Pairs of patterns of spikes, embedded: see [`delayed_match`].
    pub const DELAYED_MATCH: Self = Self(&DELAYED_MATCH);
    /// Handwritten digits.
    pub const MNIST: Self = Self(&MNIST);
    /// Articles of clothing.
    pub const FASHION_MNIST: Self = Self(&FASHION_MNIST);
    /// Spoken digits.
    pub const SPOKEN_DIGITS: Self = Self(&SPOKEN_DIGITS);

    /// Those that are shipped, in the order of the reference chapter.
    pub const ALL: [Self; 7] = [
        Self::DRAWN_DIGITS,
        Self::MOVING_DIGITS,
        Self::YIN_YANG,
        Self::DELAYED_MATCH,
        Self::MNIST,
        Self::FASHION_MNIST,
        Self::SPOKEN_DIGITS,
    ];

    /// A data set of one's own.
    #[must_use]
    pub const fn of(known: &'static Known) -> Self {
        Self(known)
    }

    /// All that is known of it.
    #[must_use]
    pub const fn known(self) -> &'static Known {
        self.0
    }

    /// What a scenario calls it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.0.word
    }

    /// On the command line, and of the folder with its files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0.folder
    }

    /// In a sentence.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.0.title
    }

    /// Whether it is read from files.
    #[must_use]
    pub const fn is_read(self) -> bool {
        !matches!(self.0.origin, Origin::Made(_))
    }

    /// What its files are, if it is read from files of images.
    #[must_use]
    pub const fn files(self) -> Option<&'static IdxFiles> {
        match &self.0.origin {
            Origin::Made(_) | Origin::Sound(_) => None,
            Origin::Files(files) => Some(files),
        }
    }

    /// Where its recordings are published, if it is sound.
    #[must_use]
    pub const fn source(self) -> Option<&'static str> {
        if let Origin::Sound(files) = &self.0.origin { Some(files.source) } else { None }
    }

    /// What its files must hold, if it is read from files of images.
    #[must_use]
    pub fn expect(self) -> Expect {
        let (&width, rows) = self.0.shape.split_last().unwrap_or((&1, &[]));
        Expect { width, height: rows.iter().product(), classes: self.0.classes }
    }

    /// Values of a sample, or lines of its events: lines of a source that shows it.
    #[must_use]
    pub fn size(self) -> u32 {
        self.0.shape.iter().product::<usize>() as u32
    }

    /// Number of classes.
    #[must_use]
    pub const fn classes(self) -> u32 {
        self.0.classes as u32
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.word() == other.word()
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.word().cmp(other.word())
    }
}

impl Debug for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Name> for &'static str {
    fn from(name: Name) -> Self {
        name.word()
    }
}

/// By its word, of those that are shipped.
impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|name| name.word() == word);
        found.ok_or_else(|| format!("`{word}` is not a shipped data set"))
    }
}

/// By its name on the command line, of those that are shipped.
impl FromStr for Name {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let named = |text: &str| Self::ALL.into_iter().find(|name| name.as_str() == text);
        named(text).ok_or_else(|| Fault::UnknownName {
            name: text.to_owned(),
            nearest: nearest(text, Self::ALL.iter().map(|name| name.as_str())).and_then(named),
        })
    }
}
