//! Invented submissions of any scale, with their truth, so that everything can be tried without real data.
//!
//! 1. [`nation`]: at that scale, a country of invented units and a pipeline for it
//! 2. [`figures`]: what a unit would report
//! 3. [`draft`], [`faults`]: a form as a district fills it in, and what went wrong with it
//! 4. [`sheet`]: its cells, with title block, nested header, numbering row, total and signatures
//! 5. [`slot`]: what a district sends for one form and period: a file, a correction, a broken one, or nothing
//!
//! The same definition, scale and seed give the same bytes.

mod draft;
mod faults;
mod figures;
mod nation;
mod sheet;
mod slot;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use fs_err as fs;
use rayon::prelude::*;

use crate::model::{Form, Intervention, Kind, Level, Period, Plan, Progress, UnitVersion};
use crate::plan::{self, Definition, Problem};
use crate::store::raw;

/// How much is invented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Scale {
    /// Two districts over the last five quarters.
    Demo,
    /// Every district of the plan's register over the whole plan.
    Province,
    /// 48 wards in six invented districts of three provinces over the last five quarters, with a pipeline of their own.
    Region,
    /// 10,600 wards in 705 invented districts, the first form only, as text files, with a pipeline of their own.
    Nation,
}

/// What is to be invented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// How much.
    pub scale: Scale,
    /// Another seed gives other figures and faults.
    pub seed: u64,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Where.
    pub folder: PathBuf,
    /// Files sent.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Values that should come out of them.
    pub values: usize,
    /// Faults planted in them.
    pub faults: usize,
    /// The pipeline that reads them, where the scale has its own.
    pub pipeline: Option<PathBuf>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { folder, files, bytes, values, faults, .. } = self;
        let megabytes = *bytes as f64 / 1e6;
        write!(
            f,
            "{files} files ({megabytes:.1} MB) with {values} values and {faults} planted faults in `{}`; every figure is \
             invented",
            folder.display()
        )
    }
}

/// Why a sample could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// A file could not be written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// A workbook could not be made.
    #[error("workbook: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// A list could not be made.
    #[error("list: {0}")]
    Csv(#[from] csv::Error),
    /// The pipeline of the sample did not pass its own check.
    #[error("the sample's pipeline is wrong: {}", .0.first().map(ToString::to_string).unwrap_or_default())]
    Definition(Vec<Problem>),
    /// The plan's `pipeline.toml` could not be taken over.
    #[error("pipeline.toml: {0}")]
    Toml(String),
}

/// A number that seeds what is drawn for one thing, so that nothing depends on the order in which things are drawn.
fn seed_of(seed: u64, parts: &[&str]) -> u64 {
    // FNV-1a, 64 bit.
    let mut hash = 0xcbf2_9ce4_8422_2325 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for byte in parts.iter().flat_map(|p| p.bytes().chain([0])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash
}

/// Writes `inbox/`, `receipts.csv` and `truth/` below `out`; an inbox that stands there is replaced.
pub fn generate(
    spec: &Spec,
    definition: &Definition,
    out: &Path,
    progress: &dyn Progress,
) -> Result<Summary, SampleError> {
    let size = match spec.scale {
        Scale::Region => Some(nation::REGION),
        Scale::Nation => Some(nation::NATION),
        Scale::Demo | Scale::Province => None,
    };
    let pipeline = size.is_some().then(|| out.join("pipeline"));
    let own = match pipeline.as_ref().zip(size) {
        Some((folder, size)) => {
            nation::write(definition, spec.seed, size, folder)?;
            Some(plan::load(folder, &[]).map_err(SampleError::Definition)?)
        }
        None => None,
    };
    let Definition { plan, register, .. } = own.as_ref().unwrap_or(definition);
    for folder in ["inbox", "truth"] {
        match fs::remove_dir_all(out.join(folder)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => fs::create_dir_all(out.join(folder))?,
        }
    }

    let figures = figures::Figures::new(plan, register, spec.seed);
    let inventor = slot::Inventor { plan, register, figures: &figures, spec };
    let slots = slots(spec.scale, &inventor);
    progress.start("sample", slots.len() as u64);
    let sent: Result<Vec<Vec<slot::Sent>>, SampleError> = slots
        .into_par_iter()
        .map(|(form, district, period)| {
            let mut sent = inventor.slot(form, &district, period)?;
            for file in &mut sent {
                file.write(&out.join("inbox"))?;
            }
            progress.advance(1);
            Ok(sent)
        })
        .collect();
    let mut sent: Vec<slot::Sent> = sent?.into_iter().flatten().collect();
    sent.sort_by(|a, b| (&a.district, &a.name).cmp(&(&b.district, &b.name)));
    lists(spec.scale, out, &sent)?;
    if !plan.interventions.is_empty() {
        let truth = serde_json::to_string_pretty(&planted(plan)).map_err(std::io::Error::from)?;
        fs::write(out.join("truth/impact.json"), truth + "\n")?;
    }
    progress.finish();
    Ok(Summary {
        folder: out.to_owned(),
        files: sent.len(),
        bytes: sent.iter().map(|s| s.bytes).sum(),
        values: sent.iter().map(|s| s.values).sum(),
        faults: sent.iter().map(|s| s.faults.len()).sum(),
        pipeline,
    })
}

/// What is due: every form of every district and period of the scale.
fn slots<'a>(scale: Scale, inventor: &slot::Inventor<'a>) -> Vec<(&'a Form, String, Period)> {
    let (plan, register) = (inventor.plan, inventor.register);
    let forms = if scale == Scale::Nation { plan.forms.get(..1).unwrap_or(&[]) } else { &plan.forms };
    let first = match scale {
        Scale::Demo | Scale::Region => {
            let quarters = plan.quarters();
            quarters.get(quarters.len().saturating_sub(5)).copied().unwrap_or(plan.first_period)
        }
        Scale::Province | Scale::Nation => plan.first_period,
    };
    let mut slots = Vec::new();
    for form in forms {
        for period in plan.periods_of(form).into_iter().filter(|p| p.end() >= first.start()) {
            let wanted = |unit: &&UnitVersion| form.level == Level::Ward || form.level == unit.level;
            let districts = register.senders(period.end()).filter(wanted);
            let many = if scale == Scale::Demo { 2 } else { usize::MAX };
            slots.extend(districts.take(many).map(|d| (form, d.code.clone(), period)));
        }
    }
    slots
}

/// `receipts.csv`, `truth/faults.csv` and, where it stays readable, `truth/observations.csv`.
fn lists(scale: Scale, out: &Path, sent: &[slot::Sent]) -> Result<(), SampleError> {
    let mut receipts = csv::Writer::from_path(out.join("receipts.csv"))?;
    receipts.write_record(["file", "received_at", "sha256"])?;
    let mut faults = csv::Writer::from_path(out.join("truth/faults.csv"))?;
    faults.write_record(["file", "sheet", "cell", "unit_code", "element", "period", "code"])?;
    for file in sent {
        let name = file.path();
        receipts.write_record([&name, &file.received_at.to_string(), &file.sha256])?;
        for f in &file.faults {
            faults.write_record([&name, &f.sheet, &f.cell, &f.unit_code, &f.element, &f.period, f.code.as_str()])?;
        }
    }
    receipts.flush()?;
    faults.flush()?;
    if scale != Scale::Nation {
        let mut truth = csv::Writer::from_path(out.join("truth/observations.csv"))?;
        truth.write_record(["unit_code", "period", "form", "element", "value", "file", "sheet", "cell"])?;
        for file in sent {
            let name = file.path();
            for o in &file.truth {
                let value = o.value.to_string();
                truth.write_record([&o.unit_code, &o.period, &o.form, &o.element, &value, &name, &o.sheet, &o.cell])?;
            }
        }
        truth.flush()?;
    }
    Ok(())
}

/// `truth/impact.json`: where each intervention began, and what it multiplies.
fn planted(plan: &Plan) -> serde_json::Value {
    let of = |intervention: &Intervention| {
        let adoption: BTreeMap<&str, String> =
            intervention.starts.iter().map(|start| (start.unit.as_str(), start.since.to_string())).collect();
        let effects: Vec<serde_json::Value> = figures::effects(plan, intervention)
            .map(|(_, element, ratio)| {
                let shape = match element.kind {
                    Kind::Stock => "once more in each quarter from the first",
                    _ => "from the first quarter on",
                };
                serde_json::json!({ "element": element.code, "ratio": ratio, "shape": shape })
            })
            .collect();
        let placebos: Vec<&str> =
            intervention.outcomes.iter().filter(|o| o.placebo).map(|o| plan.measure_code(o.measure)).collect();
        serde_json::json!({
            "intervention": intervention.code, "adoption": adoption, "effects": effects, "placebos": placebos
        })
    };
    plan.interventions.iter().map(of).collect()
}

impl slot::Sent {
    /// Writes the file with its time of receipt, and forgets its bytes.
    fn write(&mut self, inbox: &Path) -> Result<(), SampleError> {
        let content = std::mem::take(&mut self.content);
        (self.bytes, self.sha256) = (content.len() as u64, raw::sha256(&content));
        let folder = inbox.join(&self.district);
        fs::create_dir_all(&folder)?;
        let path = folder.join(&self.name);
        fs::write(&path, content)?;
        let since = Duration::from_micros(self.received_at.as_microsecond().unsigned_abs());
        fs::File::options().write(true).open(&path)?.into_file().set_modified(SystemTime::UNIX_EPOCH + since)?;
        Ok(())
    }

    fn path(&self) -> String {
        format!("{}/{}", self.district, self.name)
    }
}
