//! How many charts fit, and where each stands.

use ratatui::layout::Rect;

/// Cells that a chart needs to be read: its scale, and an hour at a minute a dot.
const LEAST_WIDTH: u16 = 44;
/// Lines: title, four of plot, times.
const LEAST_HEIGHT: u16 = 6;
/// Lines at which a chart is pleasant to read: more charts than make it so only where there would be few.
const GOOD_HEIGHT: u16 = 9;
const FEW: u16 = 3;

/// Charts beside and below each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    pub columns: usize,
    pub rows: usize,
}

impl Grid {
    /// The grid of up to `charts` charts in `area`; at least one chart.
    pub fn of(area: Rect, charts: usize) -> Self {
        let most = usize::from((area.width / LEAST_WIDTH).max(1));
        let pleasant = area.height / GOOD_HEIGHT;
        let rows = usize::from(pleasant.max((area.height / LEAST_HEIGHT).min(FEW)).max(1));
        let columns = most.min(charts.max(1));
        Self { columns, rows: rows.min(charts.max(1).div_ceil(columns)) }
    }

    /// Charts on one page.
    pub fn page(self) -> usize {
        self.columns * self.rows
    }

    /// Where the chart at `index` of its page stands; what is left over goes to the first ones.
    pub fn cell(self, area: Rect, index: usize) -> Rect {
        let (column, row) = (index % self.columns, index / self.columns);
        let (x, width) = share(area.width, self.columns, column);
        let (y, height) = share(area.height, self.rows, row);
        // A blank column keeps one chart's times off the next one's scale.
        let gap = u16::from(column + 1 < self.columns);
        Rect { x: area.x + x, y: area.y + y, width: width.saturating_sub(gap), height }.intersection(area)
    }
}

/// Start and length of the `index`th of `parts` nearly equal parts.
fn share(whole: u16, parts: usize, index: usize) -> (u16, u16) {
    let parts = u16::try_from(parts).unwrap_or(1).max(1);
    let index = u16::try_from(index).unwrap_or(u16::MAX);
    let (each, over) = (whole / parts, whole % parts);
    (each.saturating_mul(index).saturating_add(index.min(over)), each + u16::from(index < over))
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::Grid;

    fn grid(width: u16, height: u16, charts: usize) -> (usize, usize) {
        let grid = Grid::of(Rect::new(0, 0, width, height), charts);
        (grid.columns, grid.rows)
    }

    #[test]
    fn a_common_terminal_has_three_charts_and_a_large_one_many() {
        assert_eq!(grid(80, 20, 12), (1, 3));
        assert_eq!(grid(120, 36, 12), (2, 4));
        assert_eq!(grid(200, 56, 40), (4, 6));
    }

    #[test]
    fn few_charts_have_the_room_of_many() {
        assert_eq!(grid(200, 56, 2), (2, 1));
        assert_eq!(grid(80, 20, 2), (1, 2));
        assert_eq!(grid(80, 20, 0), (1, 1));
    }

    #[test]
    fn cells_lie_inside_and_apart_at_any_size() {
        for (width, height) in [(0, 0), (10, 3), (60, 8), (80, 20), (121, 37), (200, 56), (399, 111)] {
            let area = Rect::new(3, 2, width, height);
            for charts in [1, 2, 3, 7, 50] {
                let grid = Grid::of(area, charts);
                let cells: Vec<Rect> = (0..grid.page()).map(|it| grid.cell(area, it)).collect();
                for (at, cell) in cells.iter().enumerate() {
                    assert_eq!(cell.intersection(area).area(), cell.area());
                    assert!(cells[at + 1..].iter().all(|it| it.intersection(*cell).is_empty()), "{cells:?}");
                }
            }
        }
    }
}
