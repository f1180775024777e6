//! How well a header's words say what a label says: fillers do not count, initials stand for their words, a slip of the
//! pen is forgiven, and a word that turns the meaning is not.

use super::super::fold::one_slip;

/// Words that change nothing.
const FILLERS: [&str; 16] =
    ["so", "da", "duoc", "bi", "cua", "cac", "trong", "do", "va", "tai", "ve", "voi", "tong", "la", "sl", "luong"];

/// Phrases at the end that say no more than that the figure is this form's.
const ENDINGS: [&str; 7] =
    [" trong ki", " trong qui", " trong ki bao cao", " trong qui bao cao", " qui nai", " ki nai", " phat sinh"];

/// Words that make another measure of the same thing: what is left, planned, compared, cumulated.
const TURNS: [&str; 23] = [
    "chua", "khong", "lui", "ke", "truoc", "cung", "hoach", "muc", "tieu", "binh", "quan", "uoc", "du", "kien", "con",
    "lai", "nu", "nam", "moi", "ngoai", "tang", "giam", "dat",
];

/// Cost of a word that one side has and the other lacks.
const WORD: f64 = 1.0;
/// Cost of a word with a slip in it.
const SLIP: f64 = 0.3;
/// Cost of initials for words.
const INITIALS: f64 = 0.1;
/// Cost that no comparison survives.
const NEVER: f64 = 1000.0;

/// The words of a folded text that count.
pub(super) fn of(folded: &str) -> Vec<&str> {
    let text = ENDINGS.iter().find_map(|end| folded.strip_suffix(end)).unwrap_or(folded);
    let mut words: Vec<&str> = Vec::new();
    let mut rest = text.split(' ').filter(|w| !w.is_empty()).peekable();
    while let Some(word) = rest.next() {
        match word {
            // "cơ sở" is a word, which its halves without accents are not.
            "co" if rest.peek() == Some(&"so") => {
                rest.next();
                words.push("coso");
            }
            // "Có quy chế …" asks for the same as "Quy chế …".
            "co" if words.is_empty() => {}
            w if FILLERS.contains(&w) => {}
            w => words.push(w),
        }
    }
    words
}

/// True where a text is about another measure than its words would say ("lũy kế", "cùng kỳ", "tỷ lệ").
pub(super) fn turns(folded: &str) -> bool {
    const PHRASES: [&str; 13] = [
        "lui ke",
        "cong don",
        "don tu",
        "cung ki",
        "ki truoc",
        "qui truoc",
        "nam truoc",
        "ti le",
        "so voi",
        "tang giam",
        "uoc thuc hien",
        "tu dau nam",
        "ke hoach nam",
    ];
    PHRASES.iter().any(|p| {
        folded.match_indices(p).any(|(at, _)| {
            let (before, behind) = (folded.get(..at).unwrap_or(""), folded.get(at + p.len()..).unwrap_or(""));
            (before.is_empty() || before.ends_with(' ')) && (behind.is_empty() || behind.starts_with(' '))
        })
    })
}

/// Difference of a text from a label, as a share of their words: 0 is the same.
pub(super) fn difference<L: AsRef<str>>(text: &[&str], label: &[L]) -> f64 {
    let longest = text.len().max(label.len());
    if longest == 0 {
        return 1.0;
    }
    let width = label.len() + 1;
    let mut cost = vec![f64::INFINITY; (text.len() + 1) * width];
    cost[0] = 0.0;
    let at = |i: usize, j: usize| i * width + j;
    for i in 0..=text.len() {
        for j in 0..=label.len() {
            let here = cost[at(i, j)];
            if !here.is_finite() {
                continue;
            }
            let mut reach = |i: usize, j: usize, step: f64| {
                let total = here + step;
                if total < cost[at(i, j)] {
                    cost[at(i, j)] = total;
                }
            };
            if i < text.len() {
                reach(i + 1, j, if TURNS.contains(&text[i]) { NEVER } else { WORD });
            }
            if j < label.len() {
                reach(i, j + 1, WORD);
            }
            if i < text.len() && j < label.len() && alike(text[i], label[j].as_ref()) {
                reach(i + 1, j + 1, if text[i] == label[j].as_ref() { 0.0 } else { SLIP });
            }
            // Initials on either side for two words or more on the other.
            if i < text.len() {
                for end in j + 2..=label.len() {
                    if initials(text[i], &label[j..end]) {
                        reach(i + 1, end, INITIALS);
                    }
                }
            }
            if j < label.len() {
                for end in i + 2..=text.len() {
                    if initials(label[j].as_ref(), &text[i..end]) {
                        reach(end, j + 1, INITIALS);
                    }
                }
            }
        }
    }
    cost[at(text.len(), label.len())] / longest as f64
}

/// The same word, or one slip apart where it is long enough to tell.
fn alike(a: &str, b: &str) -> bool {
    a == b || (a.len().min(b.len()) >= 3 && a.len().abs_diff(b.len()) <= 1 && one_slip(a, b))
}

/// True where a token is made of the first letters of these words.
fn initials<W: AsRef<str>>(token: &str, words: &[W]) -> bool {
    let first = |word: &W| word.as_ref().as_bytes().first().copied().unwrap_or(0);
    token.len() == words.len() && token.bytes().eq(words.iter().map(first))
}

#[cfg(test)]
mod tests {
    use super::super::super::fold::fold_header;
    use super::*;

    fn apart(a: &str, b: &str) -> f64 {
        let (a, b) = (fold_header(a), fold_header(b));
        let label: Vec<String> = of(&b).into_iter().map(str::to_owned).collect();
        difference(&of(&a), &label)
    }

    #[test]
    fn the_same_measure_in_other_words() {
        for (text, label) in [
            ("Văn bản chỉ đạo đã ban hành", "Số văn bản chỉ đạo ban hành"),
            ("Số VB chỉ đạo ban hành", "Số văn bản chỉ đạo ban hành"),
            ("Số cuộc họp BCĐ", "Số cuộc họp Ban Chỉ đạo"),
            ("Tổng số cơ sở KDDV", "Tổng số cơ sở kinh doanh dịch vụ"),
            ("Số lượt XN HIV", "Số lượt xét nghiệm HIV"),
            ("Số người được tuyên truyềnn", "Số người được tuyên truyền"),
            ("Số lượt người sử dụng dịch vụ xã hội", "Số lượt người dùng dịch vụ xã hội"),
        ] {
            assert!(apart(text, label) <= 0.2, "{text} {}", apart(text, label));
        }
    }

    #[test]
    fn another_measure_in_like_words() {
        for (text, label) in [
            ("Số vụ việc chưa xử lý", "Số vụ việc đã xử lý"),
            ("Số người được vay vốn", "Số lượt vay vốn"),
            ("Số người được tuyên truyền lũy kế", "Số người được tuyên truyền"),
            ("Số tin báo, tố giác tiếp nhận", "Số tin báo, tố giác giải quyết"),
            ("Số người được hỗ trợ bạo lực giới", "Số lượt hỗ trợ bạo lực giới"),
            ("Số cán bộ cấp huyện đã tập huấn", "Số cán bộ cấp huyện phụ trách"),
        ] {
            assert!(apart(text, label) > 0.2, "{text} {}", apart(text, label));
        }
        assert!(turns(&fold_header("Lũy kế từ đầu năm")) && !turns(&fold_header("Số tiền phạt")));
    }
}
