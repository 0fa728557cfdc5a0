//! Numbers that need only look random: which of several ready things comes first, how long
//! to wait before the next try. xorshift64*; not for secrets.

/// A stream of numbers that its seed decides.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The stream of this seed.
    pub fn new(seed: u64) -> Random {
        // Zero would stay zero.
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `bound`, which is not zero. The bias of the remainder is below 2^-32
    /// for bounds that fit in 32 bits.
    pub fn below(&mut self, bound: usize) -> usize {
        ((self.number() >> 8) % bound.max(1) as u64) as usize
    }

    /// From 0 up to, not including, 1.
    pub fn fraction(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn numbers_stay_in_their_bounds_and_reach_all_of_them() {
        for seed in [0, 1, u64::MAX] {
            let mut random = Random::new(seed);
            let mut seen = [0u32; 10];
            for _ in 0..10_000 {
                seen[random.below(10)] += 1;
                let fraction = random.fraction();
                assert!((0.0..1.0).contains(&fraction));
            }
            assert!(seen.iter().all(|&count| (800..1200).contains(&count)));
        }
    }
}
