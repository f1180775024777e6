//! Bytes → sheets of cells that know their address. The only room that knows workbooks, archives and encodings.
//!
//! The container is told by its content, never by its name. What cannot be read gives a [`Refusal`]; whatever the bytes
//! are, time and memory stay bounded: sizes are capped before a workbook reader sees them, and a reader that gives up by
//! panicking has only found a damaged file.

mod archive;
mod biff;
mod container;
mod encoding;
mod grid;
mod legacy;
mod limits;
mod names;
mod ods;
mod package;
mod refusal;
mod syllable;
mod text;
mod xls;
mod xlsx;

use std::cell::Cell as Flag;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(super) use encoding::Encoding;
pub(super) use grid::{Cell, Content, Grid};
pub(super) use refusal::Refusal;

/// What a file was told to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    Xlsx,
    Xls,
    Ods,
    Text,
}

/// A file, or a member of an archive, as it was read.
#[derive(Debug)]
pub(super) struct Book {
    /// What it was told to be.
    pub(super) container: Container,
    /// How its text was encoded; none for a workbook whose text is all Unicode.
    pub(super) encoding: Option<Encoding>,
    /// The visible sheets in order; a text file is one sheet without a name.
    pub(super) grids: Vec<Grid>,
    /// Sheets that are hidden, very hidden ones included. No form is read from them.
    pub(super) hidden: Vec<Grid>,
    /// Texts of comments.
    pub(super) notes: Vec<String>,
}

impl Book {
    /// The hidden sheet of this name.
    pub(super) fn hidden_sheet(&self, name: &str) -> Option<&Grid> {
        self.hidden.iter().find(|g| g.sheet.as_deref() == Some(name))
    }
}

/// What a received file holds to be read as a form: the file itself, or one member of an archive.
#[derive(Debug)]
pub(super) struct Part {
    /// Path inside the archive; none for a plain file, and for an archive that could not be opened.
    pub(super) member: Option<String>,
    /// SHA-256 of the member's bytes; empty for a plain file.
    pub(super) sha256: String,
    pub(super) book: Result<Book, Refusal>,
}

/// The sheets of a workbook while it is read.
#[derive(Debug, Default)]
struct Sheets {
    visible: Vec<Grid>,
    hidden: Vec<Grid>,
    notes: Vec<String>,
    encoding: Option<Encoding>,
    /// Fonts, where the texts need them to be read.
    fonts: legacy::Fonts,
}

impl Sheets {
    /// True where texts may be set in fonts of an encoding.
    fn suspect(&self) -> bool {
        self.visible.iter().chain(&self.hidden).any(|g| legacy::suspect(g.all_text()))
    }

    fn push(&mut self, mut grid: Grid, visible: bool) {
        grid.sort();
        if visible { self.visible.push(grid) } else { self.hidden.push(grid) }
    }

    /// Sheets of one text file.
    fn of_text((mut grid, encoding): (Grid, Encoding)) -> Self {
        grid.sort();
        Self { visible: vec![grid], encoding: Some(encoding), ..Self::default() }
    }

    /// Makes Vietnamese of every text: decodes what is set in fonts of an encoding, composes letters and their marks.
    fn finish(&mut self) -> Result<(), Refusal> {
        let suspect = self.suspect();
        let fonts = std::mem::take(&mut self.fonts);
        let mut all: Vec<&mut Grid> = self.visible.iter_mut().chain(&mut self.hidden).collect();
        if suspect && let Some(found) = legacy::decode(&mut all, &fonts)? {
            self.encoding = Some(found);
        }
        all.into_iter().for_each(Grid::compose);
        Ok(())
    }

    fn count(&self) -> usize {
        self.visible.len() + self.hidden.len()
    }

    fn cells(&self) -> usize {
        self.visible.iter().chain(&self.hidden).map(|g| g.cells.len()).sum()
    }
}

/// Reads a received file: one part, or one for each member of an archive in its order.
pub(super) fn read(bytes: Vec<u8>) -> Vec<Part> {
    let plain = |book| vec![Part { member: None, sha256: String::new(), book }];
    match guarded(|| file(bytes)) {
        Ok(File::Book(book)) => plain(Ok(book)),
        Ok(File::Archive(parts)) => parts,
        Err(refusal) => plain(Err(refusal)),
    }
}

enum File {
    Book(Book),
    Archive(Vec<Part>),
}

/// Held while a large file is read: several at a time would need several times the memory, and forms are small.
fn turn(size: u64) -> Option<MutexGuard<'static, ()>> {
    static ONE: Mutex<()> = Mutex::new(());
    (size > limits::LARGE).then(|| ONE.lock().unwrap_or_else(PoisonError::into_inner))
}

fn file(bytes: Vec<u8>) -> Result<File, Refusal> {
    // An archive waits for each of its members, not as a whole.
    let mut _turn = None;
    let (container, mut sheets) = match container::tell(&bytes)? {
        container::Kind::Xls => {
            _turn = turn(bytes.len() as u64);
            (Container::Xls, xls::read(&bytes)?)
        }
        container::Kind::Text => {
            _turn = turn(bytes.len() as u64);
            (Container::Text, Sheets::of_text(text::read(bytes)?))
        }
        container::Kind::Zip => {
            let mut package = package::Package::open(&bytes)?;
            let kind = package.kind()?;
            if kind != package::Kind::Archive {
                _turn = turn(package.declared());
            }
            match kind {
                package::Kind::Xlsx => (Container::Xlsx, xlsx::read(package)?),
                package::Kind::Ods => (Container::Ods, ods::read(package)?),
                package::Kind::Archive => return archive::members(package, member).map(File::Archive),
            }
        }
    };
    sheets.finish()?;
    let Sheets { visible, hidden, notes, encoding, .. } = sheets;
    Ok(File::Book(Book { container, encoding, grids: visible, hidden, notes }))
}

/// Reads a member of an archive, which must not be an archive itself.
fn member(bytes: Vec<u8>) -> Result<Book, Refusal> {
    if matches!(container::tell(&bytes), Ok(container::Kind::Zip))
        && package::Package::open(&bytes)?.kind()? == package::Kind::Archive
    {
        return Err(Refusal::Nested);
    }
    match guarded(|| file(bytes))? {
        File::Book(book) => Ok(book),
        File::Archive(_) => Err(Refusal::Nested),
    }
}

thread_local! {
    /// Whether a panic of this thread is a matter of the bytes that it reads.
    static READING: Flag<bool> = const { Flag::new(false) };
}

/// Reads bytes with readers that may panic on them; a panic is a damaged file and prints nothing.
fn guarded<T>(read: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    static HOOK: std::sync::Once = std::sync::Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !READING.get() {
                before(info);
            }
        }));
    });
    let outer = READING.replace(true);
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(read));
    READING.set(outer);
    result.unwrap_or_else(|_| Err(package::damaged("the reader gave up")))
}
