//! A received sheet as people see it: cells at their own addresses, so that a reply can show a form as it came.

/// What a cell shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    /// A typed number.
    Number(f64),
    /// Text as it stands.
    Text(String),
    /// A typed yes or no.
    Flag(bool),
}

/// One cell that is not empty.
#[derive(Debug, Clone, PartialEq)]
pub struct SheetCell {
    /// From 0.
    pub row: u32,
    /// From 0.
    pub column: u32,
    /// What it shows.
    pub shown: Shown,
}

/// One sheet on which a form was recognised.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sheet {
    /// Name; none for a text file.
    pub name: Option<String>,
    /// By row, then column.
    pub cells: Vec<SheetCell>,
    /// Merged regions: first row, first column, last row, last column.
    pub merges: Vec<[u32; 4]>,
    /// First row of the header.
    pub header: u32,
    /// First row of figures.
    pub first: u32,
    /// Column of the units' names, where there is one.
    pub names: Option<u32>,
}
