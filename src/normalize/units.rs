//! A row's code and name → the unit, among the sender's own units in force in the period.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use jiff::civil::Date;

use super::fold::{edits, fold, fold_name};
use super::names::{clean, forms, split_kind};
use crate::model::{Code, Level, UnitVersion};
use crate::register::Register;

/// Versions of units by level and bare name: with accents, and without.
type Named<'a> = [HashMap<(Level, String), Vec<&'a UnitVersion>>; 2];

/// The rolls of every sender, each made once for as long as no unit changes.
pub(super) struct Rolls<'a> {
    register: &'a Register,
    /// Days on which any unit begins or ends, sorted.
    turns: Vec<Date>,
    /// Versions of every unit, for names that are not the sender's.
    named: Arc<Named<'a>>,
    /// By sender, level and how many turns came before.
    known: RwLock<HashMap<(String, Level, usize), Arc<Roll<'a>>>>,
}

impl<'a> Rolls<'a> {
    pub(super) fn new(register: &'a Register) -> Self {
        let days = register.versions().iter().flat_map(|v| std::iter::once(v.valid_from).chain(v.valid_to));
        let mut turns: Vec<Date> = days.collect();
        turns.sort_unstable();
        turns.dedup();
        let mut named = Named::default();
        for unit in register.versions() {
            named[0].entry((unit.level, fold_name(unit.bare_name()))).or_default().push(unit);
            named[1].entry((unit.level, fold(unit.bare_name()))).or_default().push(unit);
        }
        Self { register, turns, named: Arc::new(named), known: RwLock::default() }
    }

    /// The roll of a district on a day; for a form about the district itself, the district alone.
    pub(super) fn of(&self, level: Level, district: &str, day: Date) -> Arc<Roll<'a>> {
        let key = (district.to_owned(), level, self.turns.partition_point(|turn| *turn <= day));
        if let Some(roll) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return roll.clone();
        }
        let roll = Arc::new(Roll::new(self, level, district.to_owned(), day));
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(key, roll.clone());
        roll
    }
}

/// The units that a sender may report on, ready for look-ups.
pub(super) struct Roll<'a> {
    register: &'a Register,
    /// Level of the units that are listed.
    pub(super) level: Level,
    day: Date,
    /// Code of the sender.
    pub(super) district: String,
    /// Own units in force, by code.
    pub(super) own: Vec<&'a UnitVersion>,
    /// Names with accents, aliases with accents, names without, aliases without: the first that knows a text decides.
    names: [BTreeMap<String, Vec<usize>>; 4],
    /// Names exactly as the register has them, where one unit alone bears them: nearly all rows.
    registered: HashMap<&'a str, usize>,
    /// Own names folded, in full and bare, for close matches.
    folded: Vec<(String, String)>,
    /// The sender's own name folded, in full and bare: a total may go by it, and a name may end with it.
    sender: Option<(String, String)>,
    /// Every unit of the register, as [`Rolls`] has them.
    named: Arc<Named<'a>>,
}

/// What a row's unit came to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Match {
    /// Index into [`Roll::own`]; the close name where the match was not exact.
    Unit(usize, Option<String>),
    /// Not usable, with the code of the finding.
    Bad(Code),
    /// A unit that the sender may not report on, with the code of the finding and of the unit.
    Other(Code, String),
}

impl<'a> Roll<'a> {
    fn new(rolls: &Rolls<'a>, level: Level, district: String, day: Date) -> Self {
        let register = rolls.register;
        let own: Vec<&UnitVersion> = match level {
            Level::Ward => register.children(&district, day).filter(|u| u.level == level).collect(),
            _ => register.at(&district, day).filter(|u| u.level == level).into_iter().collect(),
        };
        let mut roll = Self {
            register,
            level,
            day,
            district,
            own,
            names: Default::default(),
            registered: HashMap::new(),
            folded: Vec::new(),
            sender: None,
            named: rolls.named.clone(),
        };
        roll.folded = roll.own.iter().map(|u| (fold(&u.name_vi), fold(u.bare_name()))).collect();
        roll.sender = register.at(&roll.district, day).map(|u| (fold(&u.name_vi), fold(u.bare_name())));
        for (at, unit) in roll.own.iter().enumerate() {
            // A code may have had other names, which its other spellings may belong to; those are not this unit's.
            let versions = register.versions_of(&unit.code);
            let others: Vec<String> = match versions {
                [_] => Vec::new(),
                _ => versions.iter().filter(|v| v.name_vi != unit.name_vi).map(|v| fold(v.bare_name())).collect(),
            };
            let bare = fold(unit.bare_name());
            let of_another = |alias: &str| {
                let alias = if others.is_empty() { String::new() } else { fold(split_kind(alias).1) };
                alias != bare && others.contains(&alias)
            };
            for form in forms(&unit.name_vi) {
                insert(&mut roll.names[0], fold_name(&form), at);
                insert(&mut roll.names[2], fold(&form), at);
            }
            for alias in register.aliases(&unit.code).iter().filter(|alias| !of_another(alias)) {
                for form in forms(alias) {
                    // Without accents it is no better than any other name without.
                    if !alias.is_ascii() {
                        insert(&mut roll.names[1], fold_name(&form), at);
                    }
                    insert(&mut roll.names[3], fold(&form), at);
                }
            }
        }
        for (at, unit) in roll.own.iter().enumerate() {
            if roll.spelled(&unit.name_vi) == Some(Match::Unit(at, None)) {
                roll.registered.insert(&unit.name_vi, at);
            }
        }
        roll
    }

    /// The unit whose name in the register is exactly this.
    pub(super) fn registered(&self, code: &str, name: &str) -> Option<Match> {
        let at = *self.registered.get(name.trim())?;
        let code = code.trim();
        (code.is_empty() || code == self.own[at].code).then_some(Match::Unit(at, None))
    }

    /// Finds a row's unit by its code, then its name.
    pub(super) fn find(&self, code: &str, name: &str) -> Match {
        if let Some(found) = self.registered(code, name) {
            return found;
        }
        let spelled = self.spelled(name);
        let own_name = match spelled {
            Some(Match::Unit(at, _)) => Some(at),
            _ => None,
        };
        if let Some(code) = self.code(code) {
            if let Some(at) = self.own.iter().position(|u| u.code == code) {
                // A code may have been given to another unit: the name of the one before is not this unit. And where
                // code and name are two of the sender's own units, which is meant cannot be told.
                return if self.was_called(&code, name) {
                    Match::Other(Code::UnitNotInForce, code)
                } else if own_name.is_some_and(|named| named != at) {
                    Match::Bad(Code::UnitAmbiguous)
                } else {
                    Match::Unit(at, None)
                };
            }
            match (self.elsewhere(&code), own_name) {
                (Some(_), Some(_)) => return Match::Bad(Code::UnitAmbiguous),
                (Some(bad), None) => return bad,
                (None, _) => {}
            }
        }
        if let Some(found) = spelled {
            return found;
        }
        let cleaned = self.clean(name);
        self.not_mine(&cleaned, true)
            .or_else(|| self.close(&cleaned))
            .or_else(|| self.not_mine(&cleaned, false))
            .unwrap_or(Match::Bad(Code::UnitUnknown))
    }

    /// A code as the register writes it; none where the text is no code: empty, words, or a number that only counts.
    fn code(&self, text: &str) -> Option<String> {
        let text = text.trim().trim_start_matches('\'');
        let text = text.strip_suffix(".0").or_else(|| text.strip_suffix(",0")).unwrap_or(text);
        let digits: String = text.chars().filter(|c| !matches!(c, '.' | ',') && !c.is_whitespace()).collect();
        let width = self.own.first().map_or(digits.len(), |u| u.code.len());
        // A typed number has lost its leading zeros, of which a ward's code has at most four. One digit only counts.
        let fits = digits.len() <= width && (digits.len() > 2 || digits.len() == width);
        let all = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let known = || self.own.iter().any(|u| u.code.trim_start_matches('0') == digits.trim_start_matches('0'));
        (all && (fits || known())).then(|| format!("{digits:0>width$}"))
    }

    /// True where a name is one of the sender's own units, in any of its spellings, but not merely close to one.
    pub(super) fn lists(&self, code: &str, name: &str) -> bool {
        let code = code.trim();
        self.own.iter().any(|u| u.code == code) || matches!(self.spelled(name), Some(Match::Unit(..)))
    }

    /// True where a name is the sender's own, which is no unit of its form but its total.
    pub(super) fn is_sender(&self, name: &str) -> bool {
        let folded = fold(name);
        let whole = |sender: &str| folded == sender || folded.strip_suffix(sender) == Some("toan ");
        self.level == Level::Ward && self.sender.as_ref().is_some_and(|(full, _)| whole(full))
    }

    /// A name without what people write around it, and without the sender's name behind it.
    fn clean(&self, name: &str) -> String {
        let cleaned = clean(name);
        let Some((head, tail)) = cleaned.rsplit_once([',', '-', '–']) else { return cleaned };
        let sender = |(full, bare): &(String, String)| {
            let tail = fold(tail);
            tail == *full || fold(split_kind(&tail).1) == *bare
        };
        if !head.trim().is_empty() && self.sender.as_ref().is_some_and(sender) {
            head.trim().to_owned()
        } else {
            cleaned
        }
    }

    /// The unit that a name is a spelling of.
    fn spelled(&self, name: &str) -> Option<Match> {
        if let Some(at) = self.registered.get(name.trim()) {
            return Some(Match::Unit(*at, None));
        }
        let cleaned = self.clean(name);
        // With its accents a name may be another district's; only then is it a spelling without them.
        let elsewhere = || self.not_mine(&cleaned, true).filter(|_| !cleaned.is_ascii());
        self.spelled_as(&cleaned, 0..2)
            .or_else(|| self.office(&cleaned))
            .or_else(elsewhere)
            .or_else(|| self.spelled_as(&cleaned, 2..4))
    }

    fn spelled_as(&self, name: &str, tiers: std::ops::Range<usize>) -> Option<Match> {
        let forms = forms(name);
        for tier in tiers {
            for form in &forms {
                let key = if tier < 2 { fold_name(form) } else { fold(form) };
                match self.names[tier].get(&key).map(Vec::as_slice) {
                    Some([one]) => return Some(Match::Unit(*one, None)),
                    Some([_, ..]) => return Some(Match::Bad(Code::UnitAmbiguous)),
                    _ => {}
                }
            }
        }
        None
    }

    /// The district's own form may name an office of it: "UBND huyện Phú Vang".
    fn office(&self, name: &str) -> Option<Match> {
        if self.level == Level::Ward {
            return None;
        }
        let folded = fold(name);
        let whole =
            |(full, _): &(String, String)| folded.strip_suffix(full.as_str()).is_some_and(|rest| rest.ends_with(' '));
        Some(Match::Unit(self.folded.iter().position(whole)?, None))
    }

    /// The unit whose name is close, only where one of the sender's own is clearly the nearest.
    fn close(&self, name: &str) -> Option<Match> {
        let (kind, bare) = split_kind(name);
        let (full, bare) = (fold(name), fold(bare));
        let length = bare.chars().count();
        if length < 4 {
            return None;
        }
        let distance = |(own_full, own_bare): &(String, String)| {
            let of_bare = edits(&bare, own_bare);
            // A kind that was not recognised may itself be mistyped.
            if kind.is_some() { of_bare } else { of_bare.min(edits(&full, own_full)) }
        };
        let mut near: Vec<(usize, usize)> = self.folded.iter().map(distance).zip(0..).collect();
        near.sort_unstable();
        let (best, at) = *near.first()?;
        let next = near.get(1).map_or(usize::MAX, |n| n.0);
        let allowed = if length < 9 { 1 } else { 2 };
        if best > allowed {
            return None;
        }
        // One slip is certain where every other name is further off; two only where the others are far.
        if next >= 2 * best {
            Some(Match::Unit(at, Some(self.own[at].name_vi.clone())))
        } else {
            Some(Match::Bad(Code::UnitAmbiguous))
        }
    }

    /// A code that is not among the sender's units: another's, or not in force.
    fn elsewhere(&self, code: &str) -> Option<Match> {
        let versions = self.register.versions_of(code);
        if versions.is_empty() {
            return None;
        }
        let finding = match self.register.at(code, self.day) {
            Some(_) => Code::UnitNotYours,
            None => Code::UnitNotInForce,
        };
        Some(Match::Other(finding, code.to_owned()))
    }

    /// A name that no own unit bears: another district's, or an old or future one of this district. `near` asks only
    /// for units of the same province, whose names come before a close match.
    fn not_mine(&self, name: &str, near: bool) -> Option<Match> {
        let (_, bare) = split_kind(name);
        let mut keys = vec![fold_name(bare)];
        // Without accents only what was written without.
        if bare.is_ascii() {
            keys.push(fold(bare));
        }
        if keys[0].is_empty() {
            return None;
        }
        let province = if near { self.register.province_of(&self.district, self.day) } else { None };
        // A ward that was moved, or will be, is in that period another district's.
        let lives_on = |unit: &UnitVersion| {
            self.register.at(&unit.code, self.day).is_some_and(|now| fold(now.bare_name()) == fold(unit.bare_name()))
        };
        let mut others: Vec<&str> = Vec::new();
        for (key, named) in keys.into_iter().zip(self.named.iter()) {
            for unit in named.get(&(self.level, key)).into_iter().flatten() {
                if unit.in_force(self.day) {
                    if province.is_none() || self.register.province_of(&unit.code, self.day) == province {
                        others.push(&unit.code);
                    }
                } else if unit.parent_code.as_ref() == Some(&self.district) && !lives_on(unit) {
                    return Some(Match::Other(Code::UnitNotInForce, unit.code.clone()));
                }
            }
        }
        others.dedup();
        match others.as_slice() {
            [] => None,
            [one] => Some(Match::Other(Code::UnitNotYours, (*one).to_owned())),
            _ => Some(Match::Bad(Code::UnitNotYours)),
        }
    }

    fn was_called(&self, code: &str, name: &str) -> bool {
        let wanted = fold(split_kind(&clean(name)).1);
        let now = self.register.at(code, self.day).map(|u| fold(u.bare_name()));
        let before = |u: &UnitVersion| !u.in_force(self.day) && fold(u.bare_name()) == wanted;
        now.as_ref() != Some(&wanted) && self.register.versions_of(code).iter().any(before)
    }
}

fn insert(map: &mut BTreeMap<String, Vec<usize>>, key: String, at: usize) {
    let list = map.entry(key).or_default();
    if !list.contains(&at) {
        list.push(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A district with wards that are alike, one that was merged away, and a neighbour in the same province.
    fn register() -> Register {
        use Level::{District, Province, Ward};
        let unit = |code: &str, name: &str, level, kind: &str, parent: Option<&str>, until: Option<&str>| UnitVersion {
            code: code.into(),
            name_vi: name.into(),
            name_en: String::new(),
            level,
            kind: kind.into(),
            parent_code: parent.map(str::to_owned),
            valid_from: "2010-01-01".parse().unwrap(),
            valid_to: until.map(|day| day.parse().unwrap()),
            source: String::new(),
        };
        let since = |day: &str, unit: UnitVersion| UnitVersion { valid_from: day.parse().unwrap(), ..unit };
        let versions = vec![
            unit("46", "Tỉnh Một", Province, "tỉnh", None, None),
            unit("480", "Thị xã Hương Trà", District, "thị xã", Some("46"), None),
            unit("481", "Huyện A Lưới", District, "huyện", Some("46"), None),
            unit("00101", "Phường Hương Vân", Ward, "phường", Some("480"), None),
            unit("00102", "Phường Hương Văn", Ward, "phường", Some("480"), None),
            unit("00103", "Xã Hương Toàn", Ward, "xã", Some("480"), None),
            unit("00104", "Xã Bình Tiến", Ward, "xã", Some("480"), None),
            unit("00105", "Xã Hồng Tiến", Ward, "xã", Some("480"), Some("2015-01-01")),
            unit("00201", "Xã Hương Toản", Ward, "xã", Some("481"), None),
            unit("00202", "Xã Hương Nguyên", Ward, "xã", Some("481"), None),
            // Moved from one to the other.
            unit("00203", "Xã Hồng Vân", Ward, "xã", Some("481"), Some("2021-07-01")),
            since("2021-07-01", unit("00203", "Phường Hồng Vân", Ward, "phường", Some("480"), None)),
        ];
        Register::new(versions, Vec::new(), BTreeMap::new())
    }

    #[test]
    fn a_row_is_one_of_the_senders_units_or_says_why_not() {
        let register = register();
        let rolls = Rolls::new(&register);
        let roll = rolls.of(Level::Ward, "480", "2018-06-30".parse().unwrap());
        let unit = |code: &str, name: &str| match roll.find(code, name) {
            Match::Unit(at, close) => format!("{}{}", roll.own[at].code, if close.is_some() { "~" } else { "" }),
            Match::Bad(code) | Match::Other(code, _) => code.as_str().to_owned(),
        };
        for (code, name, want) in [
            ("", "Phường Hương Vân", "00101"),
            ("", "2. P.Hương Vân (*)", "00101"),
            ("101", "", "00101"),
            ("101.0", "Huong Van", "00101"),
            ("", "Huong Van", "unit-ambiguous"),
            ("", "Hương Vn", "unit-ambiguous"),
            ("", "Xã Hương Tòan", "00103"),
            ("", "Xã Hương Toàn, thị xã Hương Trà", "00103"),
            ("", "Xã Hương Toàn - TX. Hương Trà", "00103"),
            ("", "Xã Hương Toàng", "00103~"),
            ("", "Bình Tếin", "00104~"),
            ("", "Xãa Bình Tiến", "00104~"),
            ("", "Xã Hương Toản", "unit-not-yours"),
            ("", "Xa Huong Nguyen", "unit-not-yours"),
            ("202", "", "unit-not-yours"),
            ("", "Hồng Vân", "unit-not-yours"),
            ("", "Xã Hồng Tiến", "unit-not-in-force"),
            ("", "Xa Hong Tien", "unit-not-in-force"),
            ("", "Xã Tây Bình Nguyên", "unit-unknown"),
            ("104", "Xã Hương Toàn", "unit-ambiguous"),
            ("4", "Xã Hương Toàn", "00103"),
        ] {
            assert_eq!(unit(code, name), want, "{code} {name}");
        }
        assert!(roll.is_sender("THỊ XÃ HƯƠNG TRÀ") && !roll.is_sender("Hương Toàn"));
        let own = rolls.of(Level::District, "480", "2018-06-30".parse().unwrap());
        assert_eq!(own.find("", "Phòng LĐTBXH thị xã Hương Trà"), Match::Unit(0, None));
        assert!(matches!(own.find("", "Huyện A Lưới"), Match::Other(Code::UnitNotYours, _)));
    }
}
