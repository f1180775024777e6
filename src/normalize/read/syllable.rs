//! Whether a word could be a Vietnamese syllable: an onset, a rime and a tone that go together.
//!
//! A grammar of a few hundred pieces, not a list of words: it says nothing of meaning, and tells text that was decoded by
//! the wrong table from text that was not, since wrong tables put letters where no syllable has them.

use unicode_normalization::UnicodeNormalization;

/// Consonants that begin a syllable, longer ones before their beginnings.
const ONSETS: [&str; 29] = [
    "ngh", "ch", "gh", "gi", "kh", "ng", "nh", "ph", "qu", "th", "tr", "b", "c", "d", "đ", "g", "h", "k", "l", "m",
    "n", "p", "r", "s", "t", "v", "x", "q", "",
];

/// What may follow an onset, without its tone.
const RIMES: &str = " a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây \
    e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ich im in inh ip it iu ia iêc iêm iên iêng iêp iêt iêu \
    o oc oi om on ong op ot oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oe oen oeo oet oong \
    ooc ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u uc ui um un ung up ut ua uôc uôi uôm uôn uông uôt uy uya uych uynh \
    uyt uyn uyu uyên uyêt uân uâng uât uây uê uêch uênh uêt uơ ư ưc ưi ưm ưn ưng ưt ưu ưa ươc ươi ươm ươn ương ươp ươt \
    ươu y ych ynh yt yn yêm yên yêng yêt yêu ";

/// True where a word of letters could be a syllable, or is an abbreviation such as LĐTBXH.
pub(super) fn is_syllable(word: &str) -> bool {
    let mut bare = String::with_capacity(word.len());
    let (mut tone, mut tones) = (' ', 0);
    for c in word.nfd() {
        match c {
            '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}' => {
                tone = c;
                tones += 1;
            }
            'Đ' => bare.push('đ'),
            c => bare.extend(c.to_lowercase()),
        }
    }
    if tones > 1 {
        return false;
    }
    if tones == 0 && is_abbreviation(word) {
        return true;
    }
    let bare: String = bare.nfc().collect();
    // A syllable that ends in a stop is spoken short: two of the tones alone are possible.
    let stopped = bare.ends_with(['c', 'p', 't']) || bare.ends_with("ch");
    if stopped && matches!(tone, '\u{300}' | '\u{303}' | '\u{309}') {
        return false;
    }
    let rime = |rest: &str| {
        !rest.is_empty()
            && RIMES
                .match_indices(rest)
                .any(|(at, _)| RIMES[..at].ends_with(' ') && RIMES[at + rest.len()..].starts_with(' '))
    };
    ONSETS.iter().any(|onset| bare.strip_prefix(onset).is_some_and(rime))
        // "gì" and "gìn": the onset's own vowel is the rime's.
        || bare.strip_prefix('g').is_some_and(|rest| rest.starts_with('i') && rime(rest))
}

/// Capital consonants with a Đ among them.
fn is_abbreviation(word: &str) -> bool {
    word.chars().all(|c| c == 'Đ' || (c.is_ascii_uppercase() && !"AEIOUY".contains(c)))
        || (word.contains('Đ') && word.chars().count() <= 6 && word.chars().all(|c| c == 'Đ' || c.is_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_are_told_from_what_is_none() {
        let all = "Số văn bản chỉ đạo ban hành cuộc họp buổi truyền thông người được tuyên trong đó nữ tờ rơi tài liệu \
            phát lượt thanh dạy nghề giới thiệu việc làm vay vốn tiền nghìn đồng tiếp cận cộng khám tư vấn hỗ trợ bạo lực \
            dịch vụ xã hội tổng cơ sở kinh doanh ký cam kết nghi hoạt động trá hình kiểm tra vi phạm giấy phép bị thu hồi \
            phạt vụ phát hiện đã xử lý hình sự tố giác giải quyết cán bộ trực phụ trách tập huấn mô hộ trợ giúp quy chế \
            phối hợp trường học Huế Phường Thủy Xuân Hương Trà Quảng Điền A Lưới Thị trấn Khe Tre Lộc Thuỷ Hoà Hòa gì gìn \
            giếng khuya nguyễn quỳnh LĐTBXH ĐT UBNDTĐ TỔNG CỘNG ngoằn khuỷu";
        for word in all.split_whitespace() {
            assert!(is_syllable(word), "{word}");
        }
        for word in ["Sè", "v¸", "ghĐp", "hoµn", "Biªu", "Óu", "Quỹì", "tầc", "ôớ", "Ñöôïc", "bàt", "Soáï", "Höông"]
        {
            let fine = word == "Sè";
            assert_eq!(is_syllable(word), fine, "{word}");
        }
    }
}
