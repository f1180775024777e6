//! A row's code and name → the unit, among the sender's own units in force in the period.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use jiff::civil::Date;

use super::fold::{fold, fold_name, similarity};
use crate::model::{Code, Level, UnitVersion};
use crate::register::Register;

/// The rolls of every sender, each made once for as long as no unit changes.
pub(super) struct Rolls<'a> {
    register: &'a Register,
    /// Days on which any unit begins or ends, sorted.
    turns: Vec<Date>,
    /// Versions of every unit by level and bare name, for names that are not the sender's.
    named: Arc<HashMap<(Level, String), Vec<&'a UnitVersion>>>,
    /// By sender, level and how many turns came before.
    known: RwLock<HashMap<(String, Level, usize), Arc<Roll<'a>>>>,
}

impl<'a> Rolls<'a> {
    pub(super) fn new(register: &'a Register) -> Self {
        let days = register.versions().iter().flat_map(|v| std::iter::once(v.valid_from).chain(v.valid_to));
        let mut turns: Vec<Date> = days.collect();
        turns.sort_unstable();
        turns.dedup();
        let mut named: HashMap<(Level, String), Vec<&UnitVersion>> = HashMap::new();
        for unit in register.versions() {
            named.entry((unit.level, fold_name(unit.bare_name()))).or_default().push(unit);
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
    level: Level,
    day: Date,
    district: String,
    /// Own units in force, by code.
    pub(super) own: Vec<&'a UnitVersion>,
    /// Names with accents, aliases with accents, names without, aliases without: the first that knows a text decides.
    names: [BTreeMap<String, Vec<usize>>; 4],
    /// Names exactly as the register has them, where one unit alone bears them: nearly all rows.
    registered: HashMap<&'a str, usize>,
    /// Every unit of the register, as [`Rolls`] has them.
    named: Arc<HashMap<(Level, String), Vec<&'a UnitVersion>>>,
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

const PREFIXES: [&str; 16] = [
    "phường",
    "thị trấn",
    "thị xã",
    "thành phố",
    "huyện",
    "quận",
    "xã",
    "p.",
    "x.",
    "tt.",
    "tx.",
    "tp.",
    "h.",
    "p ",
    "x ",
    "tt ",
];

impl<'a> Roll<'a> {
    fn new(rolls: &Rolls<'a>, level: Level, district: String, day: Date) -> Self {
        let register = rolls.register;
        let own: Vec<&UnitVersion> = match level {
            Level::District => register.at(&district, day).into_iter().collect(),
            _ => register.children(&district, day).filter(|u| u.level == level).collect(),
        };
        let mut roll = Self {
            register,
            level,
            day,
            district,
            own,
            names: Default::default(),
            registered: HashMap::new(),
            named: rolls.named.clone(),
        };
        for (at, unit) in roll.own.iter().enumerate() {
            let aliases = register.aliases(&unit.code).iter().map(|a| (a.as_str(), 1));
            for (name, alias) in std::iter::once((unit.name_vi.as_str(), 0)).chain(aliases) {
                for form in forms(name) {
                    insert(&mut roll.names[alias], fold_name(&form), at);
                    insert(&mut roll.names[2 + alias], fold(&form), at);
                }
            }
        }
        for (at, unit) in roll.own.iter().enumerate() {
            if roll.by_name(&unit.name_vi) == Match::Unit(at, None) {
                roll.registered.insert(&unit.name_vi, at);
            }
        }
        roll
    }

    /// Finds a row's unit by its code, then its name.
    pub(super) fn find(&self, code: &str, name: &str) -> Match {
        let code = code.trim();
        if let Some(at) = self.registered.get(name.trim())
            && (code.is_empty() || code == self.own[*at].code)
        {
            return Match::Unit(*at, None);
        }
        if !code.is_empty() && code.bytes().all(|b| b.is_ascii_digit()) {
            // A typed number has lost its leading zeros.
            let width = self.own.first().map_or(code.len(), |u| u.code.len());
            let code = format!("{code:0>width$}");
            if let Some(at) = self.own.iter().position(|u| u.code == code) {
                // A code may have been given to another unit: the name of the one before is not this unit.
                return if self.was_called(&code, name) {
                    Match::Other(Code::UnitNotInForce, code)
                } else {
                    Match::Unit(at, None)
                };
            }
            if let Some(bad) = self.elsewhere(&code) {
                return bad;
            }
        }
        match self.by_name(name) {
            Match::Bad(Code::UnitUnknown) => self.not_mine(name),
            found => found,
        }
    }

    /// True where a name is one of the sender's own units, in any of its spellings, but not merely close to one.
    pub(super) fn lists(&self, code: &str, name: &str) -> bool {
        let code = code.trim();
        self.own.iter().any(|u| u.code == code) || matches!(self.spelled(name), Some(Match::Unit(..)))
    }

    /// The unit that a name is a spelling of.
    fn spelled(&self, name: &str) -> Option<Match> {
        if let Some(at) = self.registered.get(name.trim()) {
            return Some(Match::Unit(*at, None));
        }
        let forms = forms(name);
        for (tier, known) in self.names.iter().enumerate() {
            for form in &forms {
                let key = if tier < 2 { fold_name(form) } else { fold(form) };
                match known.get(&key).map(Vec::as_slice) {
                    Some([one]) => return Some(Match::Unit(*one, None)),
                    Some([_, ..]) => return Some(Match::Bad(Code::UnitAmbiguous)),
                    _ => {}
                }
            }
        }
        None
    }

    fn by_name(&self, name: &str) -> Match {
        if let Some(found) = self.spelled(name) {
            return found;
        }
        // A close name, only where one of the sender's own units is clearly the nearest.
        let folded = fold(strip(name));
        if folded.len() >= 5 {
            let mut near: Vec<(f64, usize)> = self
                .own
                .iter()
                .enumerate()
                .map(|(at, unit)| (similarity(&folded, &fold(strip(&unit.name_vi))), at))
                .filter(|(s, _)| *s >= 0.8)
                .collect();
            near.sort_by(|a, b| b.0.total_cmp(&a.0));
            match near.as_slice() {
                [(_, at)] => return Match::Unit(*at, Some(self.own[*at].name_vi.clone())),
                [(best, at), (next, _), ..] if best - next > 0.1 => {
                    return Match::Unit(*at, Some(self.own[*at].name_vi.clone()));
                }
                [_, _, ..] => return Match::Bad(Code::UnitAmbiguous),
                [] => {}
            }
        }
        Match::Bad(Code::UnitUnknown)
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

    /// A name that no own unit bears: another district's, an old or future one of this district, or unknown.
    fn not_mine(&self, name: &str) -> Match {
        let wanted = fold_name(strip(name));
        if wanted.is_empty() {
            return Match::Bad(Code::UnitUnknown);
        }
        let mut others: Vec<&str> = Vec::new();
        for unit in self.named.get(&(self.level, wanted)).into_iter().flatten() {
            if unit.in_force(self.day) {
                others.push(&unit.code);
            } else if unit.parent_code.as_ref() == Some(&self.district) {
                return Match::Other(Code::UnitNotInForce, unit.code.clone());
            }
        }
        match others.as_slice() {
            [] => Match::Bad(Code::UnitUnknown),
            [one] => Match::Other(Code::UnitNotYours, (*one).to_owned()),
            _ => Match::Bad(Code::UnitNotYours),
        }
    }

    fn was_called(&self, code: &str, name: &str) -> bool {
        let wanted = fold(strip(name));
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

/// A name in full, then without its kind.
fn forms(name: &str) -> Vec<String> {
    let full = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let bare = strip(&full).to_owned();
    if bare == full || bare.is_empty() { vec![full] } else { vec![expand(&full), bare] }
}

/// A name's abbreviated kind written out, so that `P. Phú Thuận` is `phường Phú Thuận`.
fn expand(name: &str) -> String {
    let lower = name.to_lowercase();
    for (short, long) in
        [("p", "phường"), ("x", "xã"), ("tt", "thị trấn"), ("tx", "thị xã"), ("tp", "thành phố"), ("h", "huyện")]
    {
        for end in [".", " "] {
            if let Some(rest) = lower.strip_prefix(&format!("{short}{end}")) {
                return format!("{long} {}", rest.trim_start());
            }
        }
    }
    name.to_owned()
}

/// A name without its kind.
fn strip(name: &str) -> &str {
    use unicode_normalization::UnicodeNormalization;
    let name = name.trim();
    for prefix in PREFIXES {
        // Accents may be composed or not, or missing: compare character by character of the composed, folded text.
        let wanted = fold(prefix);
        let mut seen = String::new();
        for (at, c) in name.char_indices() {
            if c == '.' || c.is_whitespace() {
                let bare: String = seen.nfc().collect();
                let dotted = prefix.ends_with('.') == (c == '.') || prefix.len() > 3;
                let rest = name.get(at + c.len_utf8()..).unwrap_or("");
                if fold(&bare) == wanted && dotted && !rest.trim().is_empty() {
                    return rest.trim_start_matches(['.', ' ', '\u{a0}']).trim();
                }
            }
            seen.push(c);
            if at > 40 {
                break;
            }
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_stripped_however_they_are_written() {
        for name in ["Phường Phú Thuận", "P. Phú Thuận", "P.Phú Thuận", "P Phú Thuận", "PHUONG Phú Thuận", "Phú Thuận"]
        {
            assert_eq!(fold(strip(name)), "phu thuan", "{name}");
        }
        assert_eq!(strip("TT.Khe Tre"), "Khe Tre");
        assert_eq!(strip("X.Hương Phú"), "Hương Phú");
        assert_eq!(strip("Thị xã Hương Trà"), "Hương Trà");
    }
}
