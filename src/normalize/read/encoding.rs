//! Bytes of a Vietnamese text file → text, its encoding told from what it holds.
//!
//! Every candidate decodes the words that hold more than ASCII; the right one makes syllables of nearly all of them, the
//! others of few. Where none is clearly right nothing is decoded: text that looks right and is not would be worse.

use unicode_normalization::UnicodeNormalization;

use super::Refusal;
use super::syllable::is_syllable;

/// How a text was encoded, and how sure that is, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::normalize) struct Encoding {
    pub(in crate::normalize) name: &'static str,
    pub(in crate::normalize) confidence: f64,
}

impl Encoding {
    pub(super) const fn certain(name: &'static str) -> Self {
        Self { name, confidence: 1.0 }
    }
}

/// An encoding of Vietnamese that gives letters single bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Legacy {
    /// Letters precomposed, tones as marks behind them.
    Windows1258,
    /// Every letter with its tone one byte; capitals with a tone stand as small letters, set in a font of capitals.
    Tcvn3,
    /// A letter, then a byte for its marks.
    Vni,
}

impl Legacy {
    pub(super) const ALL: [Self; 3] = [Self::Windows1258, Self::Tcvn3, Self::Vni];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Windows1258 => "windows-1258",
            Self::Tcvn3 => "TCVN3 (ABC)",
            Self::Vni => "VNI-Windows",
        }
    }

    /// Decodes bytes.
    pub(super) fn decode(self, bytes: &[u8]) -> String {
        match self {
            Self::Windows1258 => encoding_rs::WINDOWS_1258.decode_without_bom_handling(bytes).0.nfc().collect(),
            Self::Tcvn3 | Self::Vni => {
                self.decode_marks(&encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0)
            }
        }
    }

    /// Decodes text whose bytes were taken for Western letters, as in cells set in a font of this encoding.
    pub(super) fn decode_marks(self, text: &str) -> String {
        match self {
            Self::Windows1258 => text.to_owned(),
            Self::Tcvn3 => tcvn3(text),
            Self::Vni => vni(text),
        }
    }
}

/// Letters of TCVN3: the byte of the first, and those that follow it.
const TCVN3: [(u8, &str); 8] = [
    (0xA1, "ĂÂÊÔƠƯĐăâêôơưđ"),
    (0xB5, "àảãáạ"),
    (0xBB, "ằẳẵắ"),
    (0xC6, "ặầẩẫấậè"),
    (0xCE, "ẻẽéẹềểễếệìỉ"),
    (0xDC, "ĩíịò"),
    (0xE1, "ỏõóọồổỗốộờởỡớợù"),
    (0xF1, "ủũúụừửữứựỳỷỹýỵ"),
];

/// The letter of each byte from 0xA1 on, as far as it has one.
fn tcvn3_letters() -> &'static [Option<char>] {
    static LETTERS: std::sync::OnceLock<Vec<Option<char>>> = std::sync::OnceLock::new();
    LETTERS.get_or_init(|| {
        let mut all = vec![None; 0x5F];
        for (first, letters) in TCVN3 {
            for (at, letter) in letters.chars().enumerate() {
                all[usize::from(first) - 0xA1 + at] = Some(letter);
            }
        }
        all
    })
}

fn tcvn3(text: &str) -> String {
    let letters = tcvn3_letters();
    let letter = |c: char| letters.get((c as usize).checked_sub(0xA1)?).copied().flatten();
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let mut word = 0;
    for c in text.chars() {
        let c = letter(c).unwrap_or(c);
        if c.is_alphabetic() {
            out.push(c);
        } else {
            capitals(&mut out, word);
            out.push(c);
            word = out.len();
        }
    }
    capitals(&mut out, word);
    out
}

/// A word of capitals has the small letters among them only for want of capitals with tones.
fn capitals(out: &mut String, from: usize) {
    let word = out.get(from..).unwrap_or("");
    let plain = |c: char| c.is_ascii_alphabetic() || "ĂÂÊÔƠƯĐ".contains(c);
    if word.chars().filter(|c| plain(*c)).count() >= 2
        && word.chars().all(|c| if plain(c) { c.is_uppercase() } else { true })
        && word.chars().any(char::is_lowercase)
    {
        let upper = word.to_uppercase();
        out.truncate(from);
        out.push_str(&upper);
    }
}

/// What a byte behind a vowel adds to it: a mark of quality, a tone.
fn vni_marks(vowel: char, mark: char) -> Option<&'static str> {
    let tone = match mark {
        'ù' => "\u{301}",
        'ø' => "\u{300}",
        'û' => "\u{309}",
        'õ' => "\u{303}",
        'ï' => "\u{323}",
        _ => "",
    };
    if !tone.is_empty() {
        return "aeouyơư".contains(vowel).then_some(tone);
    }
    let quality = match mark {
        'ê' => "\u{306}",
        'é' => "\u{306}\u{301}",
        'è' => "\u{306}\u{300}",
        'ú' => "\u{306}\u{309}",
        'ü' => "\u{306}\u{303}",
        'ë' => "\u{306}\u{323}",
        'â' => "\u{302}",
        'á' => "\u{302}\u{301}",
        'à' => "\u{302}\u{300}",
        'å' => "\u{302}\u{309}",
        'ã' => "\u{302}\u{303}",
        'ä' => "\u{302}\u{323}",
        _ => return None,
    };
    let breve = quality.starts_with('\u{306}');
    (if breve { vowel == 'a' } else { "aeo".contains(vowel) }).then_some(quality)
}

fn vni(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let mut last = ' ';
    for c in text.chars() {
        let small = c.to_lowercase().next().unwrap_or(c);
        if let Some(marks) = vni_marks(last, small) {
            out.push_str(marks);
            last = ' ';
            continue;
        }
        let letter = match small {
            'ñ' => 'đ',
            'ô' => 'ơ',
            'ö' => 'ư',
            'æ' => 'ỉ',
            'ó' => 'ĩ',
            'ò' => 'ị',
            'î' => 'ỵ',
            other => other,
        };
        let capital = c.is_uppercase();
        out.extend(letter.to_uppercase().next().filter(|_| capital).or(Some(if letter == small { c } else { letter })));
        last = letter;
    }
    out.nfc().collect()
}

/// Signs that stand at the same byte in all candidates and are part of no word: `…`, quotes, dashes, a space that does
/// not break.
fn is_sign(c: char) -> bool {
    matches!(c, '…' | '‘' | '’' | '“' | '”' | '•' | '–' | '—' | '\u{a0}')
}

/// How a word fares: `None` where it holds no letter beyond ASCII, else whether it could be Vietnamese.
pub(super) fn fares(word: &str) -> Option<bool> {
    let mut any = false;
    for piece in word.split(is_sign).filter(|piece| !piece.is_ascii()) {
        any = true;
        if !is_syllable(piece) {
            return Some(false);
        }
    }
    any.then_some(true)
}

/// Shares of right words that two candidates must be apart, and that the right one must reach.
const MARGIN: f64 = 0.2;
const ENOUGH: f64 = 0.8;
/// Words looked at; more would say nothing new.
const WORDS: usize = 2_000;

/// A share of right words, the lower the fewer they are.
pub(super) fn share(right: usize, all: usize) -> f64 {
    right as f64 / (all as f64 + 0.5)
}

/// The clear winner of candidates with their shares, or all of them as a text.
pub(super) fn winner<T: Copy>(mut scored: Vec<(T, &'static str, f64)>) -> Result<(T, Encoding), Refusal> {
    scored.sort_by(|a, b| b.2.total_cmp(&a.2));
    let second = scored.get(1).map_or(0.0, |s| s.2);
    match scored.first() {
        Some((candidate, name, best)) if *best >= ENOUGH && best - second >= MARGIN => {
            Ok((*candidate, Encoding { name, confidence: *best }))
        }
        _ => {
            let shown: Vec<String> = scored.iter().map(|(_, name, s)| format!("{name} {:.0}%", s * 100.0)).collect();
            Err(Refusal::Encoding(shown.join(", ")))
        }
    }
}

/// Decodes a text that is not UTF-8.
pub(super) fn decode(bytes: &[u8]) -> Result<(String, Encoding), Refusal> {
    let word = |b: &u8| b.is_ascii_alphabetic() || *b >= 0x80;
    let words: Vec<&[u8]> =
        bytes.split(|b| !word(b)).filter(|w| !w.is_ascii()).filter(|w| has_letters(w)).take(WORDS).collect();
    if words.is_empty() {
        // Signs alone, which all candidates have at the same bytes.
        return Ok((Legacy::Windows1258.decode(bytes), Encoding::certain(Legacy::Windows1258.name())));
    }
    let score = |legacy: Legacy| {
        let right = words.iter().filter(|w| fares(&legacy.decode(w)) == Some(true)).count();
        (legacy, legacy.name(), share(right, words.len()))
    };
    let (legacy, encoding) = winner(Legacy::ALL.map(score).to_vec())?;
    Ok((legacy.decode(bytes), encoding))
}

/// True where a word holds more beyond ASCII than signs.
fn has_letters(word: &[u8]) -> bool {
    word.iter().any(|b| *b >= 0x80 && !matches!(b, 0x85 | 0x91..=0x97 | 0xA0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Text in an encoding; letters that it lacks do not occur in the tests.
    pub(in crate::normalize::read) fn encode(text: &str, legacy: Legacy) -> Vec<u8> {
        let mut out = Vec::new();
        for c in text.nfc() {
            match legacy {
                _ if c.is_ascii() => out.push(c as u8),
                Legacy::Tcvn3 => {
                    let small = c.to_lowercase().next().unwrap();
                    let at = |c| tcvn3_letters().iter().position(|l| *l == Some(c));
                    out.push(at(c).or_else(|| at(small)).unwrap() as u8 + 0xA1);
                }
                Legacy::Windows1258 => {
                    let (mut base, mut tone) = (String::new(), None);
                    for part in c.nfd() {
                        match part {
                            '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}' => tone = Some(part),
                            other => base.push(other),
                        }
                    }
                    let text: String = base.nfc().chain(tone).collect();
                    out.extend_from_slice(&encoding_rs::WINDOWS_1258.encode(&text).0);
                }
                Legacy::Vni => {
                    // The pair of bytes that is decoded to this letter.
                    let one = (0xC0..=0xFFu8).find(|b| legacy.decode(&[*b]) == c.to_string());
                    let two = b"aeouyAEOUY\xF4\xF6\xD4\xD6".iter().flat_map(|v| (0xC0..=0xFFu8).map(move |m| [*v, m]));
                    if let Some(byte) = one {
                        out.push(byte);
                        continue;
                    }
                    // Capitals take the marks of capitals.
                    let small = |b: u8| b >= 0xE0 || b.is_ascii_lowercase();
                    let pair = two.filter(|p| legacy.decode(p) == c.to_string());
                    out.extend(pair.min_by_key(|p| small(p[0]) != small(p[1])).unwrap());
                }
            }
        }
        out
    }

    const LETTERS: &str = "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ";

    #[test]
    fn each_letter_has_its_bytes() {
        for (legacy, bytes, text) in [
            (Legacy::Tcvn3, &b"S\xe8 v\xa8n b\xb6n ch\xd8 \xae\xb9o ban h\xb5nh"[..], "Số văn bản chỉ đạo ban hành"),
            (Legacy::Tcvn3, b"HUY\xd6N QU\xb6NG \xa7I\xd2N", "HUYỆN QUẢNG ĐIỀN"),
            (Legacy::Windows1258, b"S\xf4\xec vu\xf2 vi\xea\xf2c", "Số vụ việc"),
        ] {
            assert_eq!(legacy.decode(bytes), text);
        }
        assert_eq!(vni("Soá ngöôøi ñöôïc tuyeân truyeàn"), "Số người được tuyên truyền");
        assert_eq!(
            vni("HUYEÄN PHUÙ VANG, THÒ TRAÁN, xaõ Höông Phuù, kyø"),
            "HUYỆN PHÚ VANG, THỊ TRẤN, xã Hương Phú, kỳ"
        );
    }

    #[test]
    fn the_encoding_is_told_from_what_it_holds() {
        let text = "UBND huyện Phú Vang; Biểu 01; Kỳ báo cáo: Quý II năm 2018\nSố văn bản chỉ đạo ban hành;12\n";
        for legacy in Legacy::ALL {
            let (decoded, encoding) = decode(&encode(text, legacy)).unwrap();
            assert_eq!((decoded.as_str(), encoding.name), (text, legacy.name()));
            assert!(encoding.confidence > 0.9);
        }
        // Signs alone are the same in all.
        assert_eq!(decode(b"Bieu 01;\x96;1\xa0234").unwrap().0, "Bieu 01;–;1\u{a0}234");
        // EBCDIC, noise, and one lone word say too little.
        for bytes in
            [&b"\xe4\xc2\xd5\xc4@\xe3\xc8\xc9@\xe7\xc1@\xc8\xe4\xd6\xd5\xc7"[..], &[0x8F, 0xE9, 0xC3, 0xFF, 0xDA]]
        {
            let refusal = decode(bytes).unwrap_err();
            assert!(matches!(&refusal, Refusal::Encoding(scores) if scores.contains("TCVN3")), "{refusal:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded_back(words in proptest::collection::vec("[a-z]{0,2}", 1..6), picks in proptest::collection::vec(0usize..100, 1..30)) {
            let letters: Vec<char> = LETTERS.chars().collect();
            let mut text = words.join(" ") + " ";
            // A vowel after a letter that could take its byte for a mark would be another spelling; parted, it is not.
            for pick in picks {
                text.push(letters[pick % letters.len()]);
                text.push(' ');
            }
            for legacy in Legacy::ALL {
                prop_assert_eq!(legacy.decode(&encode(&text, legacy)), text.clone(), "{}", legacy.name());
            }
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
            for legacy in Legacy::ALL { legacy.decode(&bytes); }
        }
    }
}
