//! A meter: `▕███░░▏`.

/// Cells between its ends.
const CELLS: usize = 5;

/// The full and the empty part of a meter, its ends included. Anything above nothing shows, and only what is
/// full shows as full.
pub fn parts(share: f64) -> (String, String) {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let exact = share * CELLS as f64;
    let full = match exact {
        exact if exact <= 0.0 => 0,
        exact if share < 1.0 => (exact.round() as usize).clamp(1, CELLS - 1),
        _ => CELLS,
    };
    (format!("▕{}", "█".repeat(full)), format!("{}▏", "░".repeat(CELLS - full)))
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn only_what_is_full_shows_as_full_and_only_nothing_as_empty() {
        let meter = |share| {
            let (full, empty) = parts(share);
            full + &empty
        };
        assert_eq!(
            [0.0, 0.01, 0.5, 0.99, 1.0, 1.7, f64::NAN].map(meter),
            ["▕░░░░░▏", "▕█░░░░▏", "▕███░░▏", "▕████░▏", "▕█████▏", "▕█████▏", "▕░░░░░▏"]
        );
    }
}
