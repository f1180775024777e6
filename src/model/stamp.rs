//! The hidden mark of a blank form: which form, of which version, for which district and period it was made.
//!
//! It stands as key and value cells on a very hidden sheet, so that it survives whatever happens to the title block.

use super::period::Period;

/// What a stamp says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Code of the form.
    pub form: String,
    /// Digest of the form's definition.
    pub version: String,
    /// Code of the district that it was made for.
    pub district: String,
    /// Period that it was made for.
    pub period: Period,
    /// Version of the program that made it.
    pub tool: String,
}

impl Stamp {
    /// Name of the hidden sheet.
    pub const SHEET: &'static str = "_wardscore";

    /// Keys and values, in the order of their rows.
    pub fn pairs(&self) -> [(&'static str, String); 5] {
        [
            ("form", self.form.clone()),
            ("form_version", self.version.clone()),
            ("district", self.district.clone()),
            ("period", self.period.to_string()),
            ("tool_version", self.tool.clone()),
        ]
    }

    /// The stamp of these keys and values; `None` where form, district or period is missing or wrong.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<Self> {
        let (mut form, mut version, mut district, mut period, mut tool) = (None, "", None, None, "");
        for (key, value) in pairs {
            match key {
                "form" => form = Some(value),
                "form_version" => version = value,
                "district" => district = Some(value),
                "period" => period = value.parse().ok(),
                "tool_version" => tool = value,
                _ => {}
            }
        }
        Some(Self {
            form: form?.to_owned(),
            version: version.to_owned(),
            district: district?.to_owned(),
            period: period?,
            tool: tool.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Stamp;

    #[test]
    fn a_stamp_comes_back_as_it_was() {
        let stamp = Stamp {
            form: "01".into(),
            version: "abc".into(),
            district: "478".into(),
            period: "2018-Q3".parse().unwrap(),
            tool: "0.1.0".into(),
        };
        let pairs = stamp.pairs();
        assert_eq!(Stamp::from_pairs(pairs.iter().map(|(k, v)| (*k, v.as_str()))), Some(stamp));
        assert_eq!(Stamp::from_pairs([("form", "01"), ("district", "478"), ("period", "soon")]), None);
    }
}
