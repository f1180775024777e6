//! Monte-Carlo: scores and ranks under other weights, other posts and other values that might as well be true.
//!
//! Every draw has random numbers of its own, told by the plan's seed, the draw, the province and the quarter, so that neither
//! threads nor the order of work reach the result. Weights and posts of a draw are the same everywhere.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::score::{Reading, Setting};
use crate::model::{Period, Plan};
use crate::stats::composite::normalise::{Goalposts, Placing};
use crate::stats::order::quantile_of;
use crate::stats::{quantile, steady};

/// In how many steps of equal probability a normal deviate is drawn.
const STEPS: usize = 1 << 12;

/// What is drawn once for all quarters and provinces.
pub(in crate::evaluate) struct Draws {
    seed: u64,
    /// What lies below the interval, and above it.
    tail: f64,
    choices: Vec<Choice>,
    /// Normal deviates at the middle of each step.
    normal: Vec<f64>,
}

/// One draw of what the plan's author chose.
struct Choice {
    /// Weight of each node as a multiple of its own.
    weights: Vec<f64>,
    /// By how much of their distance the lower and the upper post of each component move.
    posts: Vec<(f64, f64)>,
}

/// Intervals of one ward.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub(super) score: (f64, f64),
    pub(super) rank: (i32, i32),
}

impl Draws {
    /// Draws weights and posts.
    pub(in crate::evaluate) fn new(plan: &Plan) -> Self {
        let scoring = &plan.scoring;
        let unsure = &scoring.uncertainty;
        let leaves = scoring.components().count();
        let nodes = leaves + scoring.groups.len() + 1;
        let choice = |draw: u32| {
            let mut random = ChaCha8Rng::seed_from_u64(unsure.seed);
            random.set_stream(u64::from(draw));
            let mut within = |share: f64| share * (2.0 * unit(random.next_u32()) - 1.0);
            Choice {
                weights: (0..nodes).map(|_| 1.0 + within(unsure.weights)).collect(),
                posts: (0..leaves).map(|_| (within(unsure.posts), within(unsure.posts))).collect(),
            }
        };
        Self {
            seed: unsure.seed,
            tail: (1.0 - unsure.coverage) / 2.0,
            choices: (0..unsure.draws).map(choice).collect(),
            normal: (0..STEPS).map(|step| quantile::normal((step as f64 + 0.5) / STEPS as f64)).collect(),
        }
    }

    /// Intervals of the wards that have a score, from all draws. All wards are scored side by side, a component after the
    /// other.
    pub(super) fn spread(
        &self,
        setting: &Setting<'_>,
        readings: &[Reading],
        scores: &[Option<f64>],
        (province, quarter): (&str, Period),
    ) -> Vec<Option<Spread>> {
        let leaves = setting.framework.leaves;
        let wards: Vec<(usize, f64)> = scores.iter().enumerate().filter_map(|(w, s)| Some((w, (*s)?))).collect();
        let (n, draws) = (wards.len(), self.choices.len());
        if n == 0 {
            return vec![None; scores.len()];
        }
        // By component, then ward.
        let chances: Vec<Chance> = (0..leaves)
            .flat_map(|leaf| wards.iter().map(move |(w, _)| w * leaves + leaf))
            .map(|at| Chance::of(readings[at]))
            .collect();
        let mut nodes = vec![f64::NAN; setting.framework.nodes() * n];
        // One number for each component of each ward, needed or not, so that no ward's draws hang on what another reported.
        let mut numbers = vec![0; scores.len() * leaves];
        // By ward, then draw.
        let (mut drawn, mut ranks) = (vec![0.0; n * draws], vec![0.0; n * draws]);
        let mut order: Vec<(f64, usize)> = Vec::with_capacity(n);
        let mut random = ChaCha8Rng::seed_from_u64(self.seed ^ place(province, quarter));
        for (draw, choice) in self.choices.iter().enumerate() {
            random.set_stream(draw as u64);
            random.set_word_pos(0);
            numbers.fill_with(|| random.next_u32());
            for (leaf, (placed, chances)) in nodes.chunks_mut(n).zip(chances.chunks(n)).enumerate() {
                let Some(posts) = choice.placing(leaf, setting.posts[leaf]) else {
                    placed.fill(f64::NAN);
                    continue;
                };
                for ((placed, chance), (ward, _)) in placed.iter_mut().zip(chances).zip(&wards) {
                    let number = numbers[ward * leaves + leaf];
                    *placed = chance.place(&posts, number, self.normal[number as usize % STEPS]);
                }
            }
            let weights: Vec<f64> = setting.weights.iter().zip(&choice.weights).map(|(w, by)| w * by).collect();
            let drawn_scores = setting.score_units(&mut nodes, n, &weights);
            order.clear();
            for (at, (score, (_, given))) in drawn_scores.iter().zip(&wards).enumerate() {
                let score = if score.is_nan() { *given } else { *score };
                drawn[at * draws + draw] = score;
                order.push((steady(score), at));
            }
            order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
            let mut above = 0;
            for tied in order.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
                for (_, at) in tied {
                    ranks[at * draws + draw] = (above + 1) as f64;
                }
                above += tied.len();
            }
        }
        let mut all = vec![None; scores.len()];
        let by_ward = drawn.chunks_mut(draws).zip(ranks.chunks_mut(draws));
        for ((ward, _), (scores, ranks)) in wards.iter().zip(by_ward) {
            let score = self.between(scores);
            let rank = self.between(ranks);
            all[*ward] = Some(Spread { score, rank: (rank.0.floor() as i32, rank.1.ceil() as i32) });
        }
        all
    }

    /// The ends between which the middle of all draws lies.
    fn between(&self, drawn: &mut [f64]) -> (f64, f64) {
        (steady(quantile_of(drawn, self.tail)), steady(quantile_of(drawn, 1.0 - self.tail)))
    }
}

impl Choice {
    /// The posts of a component as they are in this draw.
    fn placing(&self, leaf: usize, posts: Option<Goalposts>) -> Option<Placing> {
        let mut posts = posts?;
        let (width, by) = (posts.high - posts.low, self.posts[leaf]);
        posts.low += width * by.0;
        posts.high += width * by.1;
        posts.placing()
    }
}

/// What a component's value may be, made ready to be drawn.
#[derive(Debug, Clone, Copy)]
struct Chance {
    /// Least that it can be, given what is missing; NaN where there is none.
    least: f64,
    /// How much more it can be.
    width: f64,
    /// A standard error by chance downwards, and upwards.
    errors: (f64, f64),
    /// Whether it may stand anywhere between its posts.
    open: bool,
}

impl Chance {
    fn of(reading: Reading) -> Self {
        let none = Self { least: f64::NAN, width: 0.0, errors: (0.0, 0.0), open: false };
        match reading {
            Reading::Known(known) => {
                let (least, width) =
                    if known.most > known.least { (known.least, known.most - known.least) } else { (known.value, 0.0) };
                Self { least, width, errors: (known.down, known.up), open: false }
            }
            Reading::Open => Self { open: true, ..none },
            Reading::Absent => none,
        }
    }

    /// Where it stands between its posts; NaN where there is nothing to place.
    #[inline]
    fn place(&self, posts: &Placing, number: u32, deviate: f64) -> f64 {
        if self.open {
            return posts.most * unit(number);
        }
        let by_chance = deviate * if deviate < 0.0 { self.errors.0 } else { self.errors.1 };
        posts.of(self.least + self.width * unit(number) + by_chance)
    }
}

/// A number within 0 and 1, from the upper half of random bits; the lower half is another's.
fn unit(bits: u32) -> f64 {
    (f64::from(bits >> 16) + 0.5) / 65536.0
}

/// Bits that tell a province's quarter (FNV-1a).
fn place(province: &str, quarter: Period) -> u64 {
    let bytes = province.bytes().chain(quarter.to_string().into_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
