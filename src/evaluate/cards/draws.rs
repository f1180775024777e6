//! Monte-Carlo: scores and ranks under other weights, other posts and other values that might as well be true.
//!
//! Every draw has random numbers of its own, told by the plan's seed, the draw, the province and the quarter, so that neither
//! threads nor the order of work reach the result. Weights and posts of a draw are the same everywhere.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::score::{Reading, Setting};
use crate::model::{Period, Plan};
use crate::stats::composite::normalise::{Goalposts, Placing};
use crate::stats::order::quantile;
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

    /// Intervals of the wards that have a score, from all draws.
    pub(super) fn spread(
        &self,
        setting: &Setting<'_>,
        readings: &[Reading],
        scores: &[Option<f64>],
        (province, quarter): (&str, Period),
    ) -> Vec<Option<Spread>> {
        let leaves = setting.framework.leaves;
        let wards: Vec<usize> = (0..scores.len()).filter(|w| scores[*w].is_some()).collect();
        let draws = self.choices.len();
        // By ward, then draw.
        let (mut drawn, mut ranks) = (vec![0.0; wards.len() * draws], vec![0.0; wards.len() * draws]);
        let mut order: Vec<(f64, usize)> = Vec::with_capacity(wards.len());
        let mut buffer = vec![None; setting.framework.nodes()];
        let mut random = ChaCha8Rng::seed_from_u64(self.seed ^ place(province, quarter));
        for (draw, choice) in self.choices.iter().enumerate() {
            let weights: Vec<f64> = setting.weights.iter().zip(&choice.weights).map(|(w, by)| w * by).collect();
            let moved = |(posts, by): (&Option<Goalposts>, &(f64, f64))| {
                let mut posts = (*posts)?;
                let width = posts.high - posts.low;
                posts.low += width * by.0;
                posts.high += width * by.1;
                posts.placing()
            };
            let posts: Vec<Option<Placing>> = setting.posts.iter().zip(&choice.posts).map(moved).collect();
            random.set_stream(draw as u64);
            random.set_word_pos(0);
            order.clear();
            for (ward, given) in scores.iter().enumerate() {
                // One number for each component, needed or not, so that no ward's draws hang on what another reported.
                let Some(given) = given else {
                    for _ in 0..leaves {
                        random.next_u32();
                    }
                    continue;
                };
                let at = order.len();
                let placed = posts.iter().zip(&readings[ward * leaves..]).map(|(posts, reading)| {
                    let number = random.next_u32();
                    match reading {
                        Reading::Known(known) => {
                            let deviate = self.normal[number as usize % STEPS];
                            let by_chance = deviate * if deviate < 0.0 { known.down } else { known.up };
                            let base = if known.most > known.least {
                                known.least + (known.most - known.least) * unit(number)
                            } else {
                                known.value
                            };
                            posts.map(|posts| posts.of(base + by_chance))
                        }
                        Reading::Open => posts.map(|posts| posts.most * unit(number)),
                        Reading::Absent => None,
                    }
                });
                let score = setting.score(placed, &weights, &mut buffer).unwrap_or(*given);
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
        for (ward, (scores, ranks)) in wards.iter().zip(by_ward) {
            let score = self.between(scores);
            let rank = self.between(ranks);
            all[*ward] = Some(Spread { score, rank: (rank.0.floor() as i32, rank.1.ceil() as i32) });
        }
        all
    }

    /// The ends between which the middle of all draws lies.
    fn between(&self, drawn: &mut [f64]) -> (f64, f64) {
        drawn.sort_unstable_by(f64::total_cmp);
        (steady(quantile(drawn, self.tail)), steady(quantile(drawn, 1.0 - self.tail)))
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
