//! Data: drawn, read, downloaded.

mod drawn;
mod fetch;
mod idx;
mod mnist;
