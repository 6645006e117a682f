//! The world's only source of chance.

use std::f64::consts::TAU;

/// A seeded generator with the draws that the world makes.
#[derive(Debug, Clone)]
pub struct Random(fastrand::Rng);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// Uniform in `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        self.0.f64()
    }

    /// Uniform in `[low, high)`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform whole number in `0..bound`; 0 where `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { self.0.usize(..bound) }
    }

    /// True with the given probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Normal with mean 0 and deviation 1 (Box–Muller).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (TAU * self.unit()).cos()
    }

    /// Log-normal around the given median.
    pub fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }

    /// `length` lower-case hexadecimal digits, as in task and instance ids.
    pub fn hex(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from_digit(self.0.u32(..16), 16).unwrap_or('0')).collect()
    }

    /// Passes over so many hexadecimal digits.
    pub fn pass(&mut self, digits: usize) {
        for _ in 0..digits {
            self.0.u32(..16);
        }
    }

    /// `length` decimal digits without a leading zero, as in deployment ids.
    pub fn digits(&mut self, length: usize) -> String {
        (0..length).map(|at| self.0.digit(10).max(if at == 0 { '1' } else { '0' })).collect()
    }

    /// `length` letters and digits, as in service-deployment ids.
    pub fn token(&mut self, length: usize) -> String {
        (0..length).map(|_| self.0.alphanumeric()).collect()
    }

    /// A version-4-shaped identifier, as in request and event ids.
    pub fn uuid(&mut self) -> String {
        let mut part = |length| self.hex(length);
        format!("{}-{}-4{}-a{}-{}", part(8), part(4), part(3), part(3), part(12))
    }
}
