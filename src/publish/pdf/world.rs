//! What documents are typeset from: templates, fonts and nothing else, so that neither the machine's fonts nor its clock nor
//! a network can reach a document.
//!
//! In: a template's name and data in JSON. Out: the bytes of a tagged, archivable PDF, and how many pages it has.

use std::sync::LazyLock;

use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{DiagSpanKind, FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

/// The templates, by name.
const TEMPLATES: [(&str, &str); 3] = [
    ("common.typ", include_str!("common.typ")),
    ("ward.typ", include_str!("ward.typ")),
    ("area.typ", include_str!("area.typ")),
];

/// The fonts, all open; `fonts/README.md` says where they are from.
const FONTS: [&[u8]; 5] = [
    include_bytes!("fonts/SourceSans3-Regular.ttf"),
    include_bytes!("fonts/SourceSans3-SemiBold.ttf"),
    include_bytes!("fonts/BeVietnamPro-Bold.ttf"),
    include_bytes!("fonts/NotoSansSymbols2-Signs.ttf"),
    include_bytes!("fonts/NotoSansMath-Signs.ttf"),
];

/// Where templates read what they show.
const DATA: &str = "data.json";

/// Archivable with all its structure, and accessible: PDF/A-2a and PDF/UA-1.
const STANDARDS: [PdfStandard; 2] = [PdfStandard::A_2a, PdfStandard::Ua_1];

/// What all documents share.
struct Shared {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    templates: Vec<Source>,
    data: FileId,
    standards: PdfStandards,
}

static SHARED: LazyLock<Result<Shared, String>> = LazyLock::new(|| {
    let fonts: Vec<Font> = FONTS.iter().flat_map(|bytes| Font::iter(Bytes::new(*bytes))).collect();
    let templates = TEMPLATES.iter().map(|(name, text)| Ok(Source::new(file(name)?, (*text).to_owned())));
    Ok(Shared {
        library: LazyHash::new(Library::default()),
        book: LazyHash::new(FontBook::from_fonts(&fonts)),
        fonts,
        templates: templates.collect::<Result<_, String>>()?,
        data: file(DATA)?,
        standards: PdfStandards::new(&STANDARDS).map_err(|error| error.message().to_string())?,
    })
});

fn file(name: &str) -> Result<FileId, String> {
    let path = VirtualPath::new(name).map_err(|error| format!("`{name}` is no path: {error:?}"))?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

fn shared() -> Result<&'static Shared, String> {
    SHARED.as_ref().map_err(Clone::clone)
}

/// One document while it is typeset.
struct Desk {
    shared: &'static Shared,
    main: FileId,
    data: Bytes,
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &self.shared.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.shared.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let found = self.shared.templates.iter().find(|source| source.id() == id);
        found.cloned().ok_or(FileError::AccessDenied)
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.shared.data { Ok(self.data.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.shared.fonts.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

impl Desk {
    /// What was wrong, with its place in a template.
    fn told(&self, all: &[SourceDiagnostic]) -> String {
        let Some(first) = all.first() else { return "nothing was said".to_owned() };
        let place = match first.span.get() {
            DiagSpanKind::Number { id, num, sub_range } => self.source(id).ok().and_then(|source| {
                let line = source.lines().byte_to_line(source.range(num, sub_range)?.start)?;
                Some(format!("{}:{}: ", id.get().vpath().get_without_slash(), line + 1))
            }),
            _ => None,
        };
        format!("{}{}", place.unwrap_or_default(), first.message)
    }
}

/// A typeset document.
pub(super) struct Typeset {
    pub(super) pdf: Vec<u8>,
    pub(super) pages: usize,
}

/// Typesets a template with its data. `name` tells the document from others; its identifier is made from it.
pub(super) fn typeset(template: &str, name: &str, data: Vec<u8>) -> Result<Typeset, String> {
    let shared = shared()?;
    let desk = Desk { shared, main: file(template)?, data: Bytes::new(data) };
    let document = typst::compile::<PagedDocument>(&desk).output.map_err(|all| desk.told(&all))?;
    let options = PdfOptions {
        ident: Smart::Custom(name.to_owned()),
        creator: Smart::Custom(Some("wardscore".to_owned())),
        standards: shared.standards.clone(),
        ..PdfOptions::default()
    };
    let pdf = typst_pdf::pdf(&document, &options).map_err(|all| desk.told(&all))?;
    Ok(Typeset { pdf, pages: document.pages().len() })
}

/// Whether a font has a letter or a sign.
pub(super) fn has(letter: char) -> bool {
    shared().is_ok_and(|shared| shared.fonts.iter().any(|font| font.info().coverage.contains(letter as u32)))
}
