//! Measurements in a spreadsheet: they are those of the same table as text.

use crate::common::{Place, code, err, json, out};
use std::fmt::Write as _;
use std::fs;

/// An archive of stored files.
fn archive(files: &[(&str, String)]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let mut crc = flate2::Crc::new();
        crc.update(content.as_bytes());
        let (offset, length) = (bytes.len() as u32, content.len() as u32);
        let mut head = Vec::new();
        // Version, flags, method, time, date; sum, sizes, lengths of the name and of what else.
        [20u16, 0, 0, 0, 0x21].iter().for_each(|word| head.extend(word.to_le_bytes()));
        [crc.sum(), length, length].iter().for_each(|word| head.extend(word.to_le_bytes()));
        head.extend((name.len() as u16).to_le_bytes());
        head.extend(0u16.to_le_bytes());
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&head);
        bytes.extend(name.as_bytes());
        bytes.extend(content.as_bytes());
        directory.extend(b"PK\x01\x02");
        directory.extend(20u16.to_le_bytes());
        directory.extend(&head);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (count, at, length) = (files.len() as u16, bytes.len() as u32, directory.len() as u32);
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06");
    [0u16, 0, count, count].iter().for_each(|word| bytes.extend(word.to_le_bytes()));
    [length, at].iter().for_each(|word| bytes.extend(word.to_le_bytes()));
    bytes.extend(0u16.to_le_bytes());
    bytes
}

/// Rows of a sheet: texts and numbers, from row `first` on.
type Sheet<'a> = (&'a str, usize, Vec<Vec<String>>);

fn number(cell: &str) -> bool {
    cell.parse::<f64>().is_ok()
}

fn xlsx(sheets: &[Sheet<'_>]) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const REL: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
    let (mut listed, mut related) = (String::new(), String::new());
    let mut files = Vec::new();
    for (k, (name, first, rows)) in sheets.iter().enumerate() {
        let id = k + 1;
        let _ = write!(listed, "<sheet name=\"{name}\" sheetId=\"{id}\" r:id=\"rId{id}\"/>");
        let _ = write!(
            related,
            "<Relationship Id=\"rId{id}\" Type=\"{REL}/worksheet\" Target=\"worksheets/sheet{id}.xml\"/>"
        );
        let mut text = format!("<worksheet xmlns=\"{MAIN}\"><sheetData>");
        for (row, cells) in rows.iter().enumerate() {
            let row = row + first;
            let _ = write!(text, "<row r=\"{row}\">");
            for (column, cell) in cells.iter().enumerate() {
                let at = format!("{}{row}", (b'A' + column as u8) as char);
                let _ = if number(cell) {
                    write!(text, "<c r=\"{at}\"><v>{cell}</v></c>")
                } else {
                    write!(text, "<c r=\"{at}\" t=\"inlineStr\"><is><t>{cell}</t></is></c>")
                };
            }
            text.push_str("</row>");
        }
        text.push_str("</sheetData></worksheet>");
        files.push((format!("xl/worksheets/sheet{id}.xml"), text));
    }
    let types = format!(
        "<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>"
    );
    let root = format!(
        "<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"rId1\" Type=\"{REL}/officeDocument\" \
         Target=\"xl/workbook.xml\"/></Relationships>"
    );
    let book = format!("<workbook xmlns=\"{MAIN}\" xmlns:r=\"{REL}\"><sheets>{listed}</sheets></workbook>");
    let related = format!("<Relationships xmlns=\"{PACKAGE}/relationships\">{related}</Relationships>");
    files.extend([
        ("[Content_Types].xml".to_owned(), types),
        ("_rels/.rels".to_owned(), root),
        ("xl/workbook.xml".to_owned(), book),
        ("xl/_rels/workbook.xml.rels".to_owned(), related),
    ]);
    let files: Vec<(&str, String)> = files.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    archive(&files)
}

fn ods(name: &str, rows: &[Vec<String>]) -> Vec<u8> {
    const NAMES: &str = "urn:oasis:names:tc:opendocument:xmlns";
    let mut text = String::new();
    for cells in rows {
        text.push_str("<table:table-row>");
        for cell in cells {
            let _ = if number(cell) {
                write!(
                    text,
                    "<table:table-cell office:value-type=\"float\" office:value=\"{cell}\"><text:p>{cell}</text:p>\
                     </table:table-cell>"
                )
            } else {
                write!(
                    text,
                    "<table:table-cell office:value-type=\"string\"><text:p>{cell}</text:p></table:table-cell>"
                )
            };
        }
        text.push_str("</table:table-row>");
    }
    let content = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document-content xmlns:office=\"{NAMES}:office:1.0\" \
         xmlns:table=\"{NAMES}:table:1.0\" xmlns:text=\"{NAMES}:text:1.0\"><office:body><office:spreadsheet>\
         <table:table table:name=\"{name}\">{text}</table:table></office:spreadsheet></office:body>\
         </office:document-content>"
    );
    let manifest = format!(
        "<manifest:manifest xmlns:manifest=\"{NAMES}:manifest:1.0\"><manifest:file-entry manifest:full-path=\"/\" \
         manifest:media-type=\"application/vnd.oasis.opendocument.spreadsheet\"/></manifest:manifest>"
    );
    archive(&[
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet".to_owned()),
        ("content.xml", content),
        ("META-INF/manifest.xml", manifest),
    ])
}

#[test]
fn a_spreadsheet_is_read_as_the_same_table_in_text_is() {
    let place = Place::new();
    let relaxation = place.memspike(&["device", "ag-tio2-pt-ts", "retention", "--noise", "0.4 mV"]);
    let text = out(&relaxation);
    fs::write(place.path().join("table.csv"), &text).unwrap();
    let rows: Vec<Vec<String>> =
        text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect();
    let remarks =
        vec![vec!["measured".to_owned(), "on a Tuesday".to_owned()], vec!["nobody knows".to_owned()]];
    let write = |file: &str, bytes: Vec<u8>| fs::write(place.path().join(file), bytes).unwrap();
    // From the fourth row on, beside a sheet of words.
    write("table.xlsx", xlsx(&[("Remarks", 1, remarks), ("Sweep 1", 4, rows.clone())]));
    write("table.ods", ods("Sweep 1", &rows));
    let fitted = |args: &[&str]| {
        let output = place.memspike(&[&["fit", "lif", "--format", "json"], args].concat());
        assert_eq!(code(&output), 0, "{args:?}: {}", err(&output));
        (json(&out(&output))["parameters"].clone(), err(&output))
    };
    let (want, _) = fitted(&["table.csv"]);
    for file in ["table.xlsx", "table.ods"] {
        let (got, told) = fitted(&[file]);
        assert_eq!(got, want, "{file}");
        assert!(told.contains("sheet `Sweep 1`"), "{told}");
    }
    // Of two tables one has to be named; other commands read them too.
    write("two.xlsx", xlsx(&[("Sweep 1", 1, rows.clone()), ("Sweep 2", 1, rows)]));
    let refused = |args: &[&str]| {
        let output = place.memspike(args);
        assert_eq!(code(&output), 2, "{args:?}");
        err(&output)
    };
    let said = refused(&["fit", "lif", "two.xlsx"]);
    assert!(said.contains("`Sweep 1`, `Sweep 2`") && said.contains("--sheet \"Sweep 1\""), "{said}");
    assert_eq!(fitted(&["two.xlsx", "--sheet", "Sweep 2"]).0, want);
    let said = refused(&["fit", "lif", "two.xlsx", "--sheet", "Sweep 3"]);
    assert!(said.contains("no sheet `Sweep 3`") && said.contains("it has `Sweep 1`, `Sweep 2`"), "{said}");
    let said = refused(&["fit", "lif", "table.csv", "--sheet", "Sweep 1"]);
    assert!(said.contains("no spreadsheet"), "{said}");
    write("none.xlsx", b"PK\x03\x04 and nothing else".to_vec());
    assert!(refused(&["fit", "lif", "none.xlsx"]).contains("cannot be read as a spreadsheet"));
    let over = ["device", "ag-tio2-pt-ts", "retention", "--over", "table.ods", "--plot", "over.svg"];
    assert_eq!(code(&place.memspike(&over)), 0);
}
