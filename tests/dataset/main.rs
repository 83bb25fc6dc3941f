//! Data: drawn, read, downloaded.

mod drawn;
#[cfg(feature = "fetch")]
mod fetch;
#[cfg(feature = "hdf5")]
mod heidelberg;
#[cfg(feature = "formats")]
mod idx;
mod mnist;
#[cfg(feature = "formats")]
mod recordings;
#[cfg(feature = "formats")]
mod spoken_digits;
