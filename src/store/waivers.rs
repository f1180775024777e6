//! What people said of quarantined files, in the ledger: every word is kept, the last one holds.

use rusqlite::params;

use super::{Ledger, ReceiptRow, Result};
use crate::model::Waiver;

impl Ledger {
    /// Notes what was said of a file.
    pub fn add_waiver(&self, sha256: &str, waiver: &Waiver) -> Result<()> {
        let period = waiver.period.map(|period| period.to_string());
        let Waiver { member, district, form, quarantined, reason, who, at, .. } = waiver;
        self.connection
            .execute(
                "INSERT INTO waivers (sha256, member, district, period, form, quarantined, reason, who, at) \
                 VALUES (?,?,?,?,?,?,?,?,?)",
                params![sha256, member, district, period, form, quarantined, reason, who, at],
            )
            .map_err(self.fail())?;
        Ok(())
    }

    /// All that was said, by digest, in the order in which it was said.
    pub fn waivers(&self) -> Result<Vec<(String, Waiver)>> {
        let mut select = self
            .connection
            .prepare(
                "SELECT sha256, member, district, period, form, quarantined, reason, who, at FROM waivers ORDER BY id",
            )
            .map_err(self.fail())?;
        let rows = select
            .query_map([], |r| {
                let waiver = Waiver {
                    member: r.get(1)?,
                    district: r.get(2)?,
                    period: r.get::<_, Option<String>>(3)?.and_then(|period| period.parse().ok()),
                    form: r.get(4)?,
                    quarantined: r.get(5)?,
                    reason: r.get(6)?,
                    who: r.get(7)?,
                    at: r.get(8)?,
                };
                Ok((r.get(0)?, waiver))
            })
            .map_err(self.fail())?;
        rows.collect::<rusqlite::Result<_>>().map_err(self.fail())
    }

    /// Gives receipts what was said of their files: the last word on each part, and the district that holds.
    pub(super) fn with_waivers(&self, receipts: &mut [ReceiptRow]) -> Result<()> {
        for (sha256, waiver) in self.waivers()? {
            for receipt in receipts.iter_mut().filter(|receipt| receipt.sha256 == sha256) {
                if let Some(district) = &waiver.district {
                    receipt.district.clone_from(district);
                }
                receipt.waivers.retain(|earlier| earlier.member != waiver.member);
                receipt.waivers.push(waiver.clone());
            }
        }
        Ok(())
    }
}
