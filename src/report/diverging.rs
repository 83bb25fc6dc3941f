//! The first spike in which the records of two runs differ.

use std::io::{BufRead, Result};

/// Where two records part.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Diverging {
    /// Rows that are the same.
    pub same: u64,
    /// The next row of the first record, `None` where it has ended.
    pub first: Option<String>,
    /// The same of the second.
    pub second: Option<String>,
    /// What stands above the columns.
    pub head: String,
}

/// Compares two records of spikes as CSV line by line; `None` if they are the same.
///
/// # Errors
/// If one cannot be read.
pub fn first(mut first: impl BufRead, mut second: impl BufRead) -> Result<Option<Diverging>> {
    let (mut a, mut b, mut head) = (String::new(), String::new(), String::new());
    let mut same = 0u64;
    for row in 0u64.. {
        a.clear();
        b.clear();
        let ends = (first.read_line(&mut a)? == 0, second.read_line(&mut b)? == 0);
        let (left, right) = (a.trim_end(), b.trim_end());
        if ends == (true, true) {
            break;
        }
        if left != right || ends.0 != ends.1 {
            let found = |ended: bool, line: &str| (!ended).then(|| line.to_string());
            return Ok(Some(Diverging {
                same,
                first: found(ends.0, left),
                second: found(ends.1, right),
                head,
            }));
        }
        if row == 0 {
            head = left.to_string();
        } else {
            same += 1;
        }
    }
    Ok(None)
}

/// In words.
#[must_use]
pub fn text(diverging: &Diverging) -> String {
    let of = |row: &Option<String>| row.clone().unwrap_or_else(|| "no further spike".into());
    let Diverging { same, first, second, head } = diverging;
    if head.is_empty() {
        return "the recorded spikes have other columns\n".into();
    }
    format!(
        "first recorded spike that differs, after {} that are equal ({head}):\n  first   {}\n  second  {}\n",
        crate::plot::number::count(*same).replace('\u{202f}', " "),
        of(first),
        of(second)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "time [ms],population,id\n1.5,output,3\n2,output,1\n";

    #[test]
    fn the_first_row_that_differs_is_found_and_an_end_is_one() {
        let of = |b: &str| first(A.as_bytes(), b.as_bytes()).unwrap();
        assert_eq!(of(A), None);
        let other = of("time [ms],population,id\n1.5,output,3\n2.000000000001,output,1\n").unwrap();
        assert_eq!((other.same, other.first.as_deref()), (1, Some("2,output,1")));
        assert_eq!(other.second.as_deref(), Some("2.000000000001,output,1"));
        let short = of("time [ms],population,id\n1.5,output,3\n").unwrap();
        assert_eq!((short.same, short.second), (1, None));
        let text = text(&of("time [ms],population,id\n").unwrap());
        assert!(text.contains("after 0 that are equal") && text.contains("no further spike"), "{text}");
    }
}
