//! Which columns of a table are on screen, where, and how wide.

use unicode_width::UnicodeWidthStr;

use super::table::{COMFORTABLE, Column, Content, Table};

/// Blank cells between two columns.
pub const GAP: u16 = 2;
/// Cells of a meter, its ends and the blank after it included.
pub const METER: u16 = 8;
/// Rows beyond this many have no say in how wide the columns are.
const MEASURED: usize = 2_000;

/// A column that is on screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Index into the table's columns.
    pub index: usize,
    /// Cells from the table's left edge.
    pub x: u16,
    pub width: u16,
}

/// The width that each column would like: its widest cell's, between the column's `min` and `max`. A column of words in
/// which nothing stands, as one of reasons while all is well, would like no more than its title; of other columns the
/// `min` keeps the table still while figures and ages grow.
pub fn wanted(table: &Table) -> Vec<u16> {
    let widest_of = |index: usize, column: &Column| {
        let cells = table.rows.iter().take(MEASURED).filter_map(|row| row.cells.get(index));
        let widths = cells.map(|cell| cell.text.as_str().width() + cell.meter.map_or(0, |_| usize::from(METER)));
        // One cell more than the title, for the arrow of a sorted column.
        let title = column.title.width() + 1;
        let widest = widths.max().unwrap_or_default();
        let is_bare = widest < title && column.rank > 0 && column.content != Content::Number;
        let least = if is_bare { 0 } else { column.min };
        u16::try_from(widest.max(title)).unwrap_or(u16::MAX).clamp(least, column.max.max(column.min))
    };
    table.columns.iter().enumerate().map(|(index, column)| widest_of(index, column)).collect()
}

/// Places columns in `available` cells.
///
/// Unshifted, columns of ranks 0 and 1 stay while they have what they need: their `min`, or less where they
/// are bare. Those of higher ranks join only where that cuts nobody short. What is left over goes to the columns of the lowest rank first. Shifted, the leading columns of rank 0 stay and the `shift`
/// columns after them make room for those that gave way.
pub fn place(columns: &[Column], wanted: &[u16], available: u16, shift: usize) -> Vec<Placed> {
    let kept =
        if shift == 0 { by_rank(columns, wanted, available) } else { shifted(columns, wanted, available, shift) };
    let mut widths: Vec<u16> = kept.iter().map(|&index| need(&columns[index], wanted[index]).min(available)).collect();
    let taken = widths.iter().sum::<u16>() + gaps(kept.len());
    let mut spare = available.saturating_sub(taken);
    let mut by_need: Vec<usize> = (0..kept.len()).collect();
    by_need.sort_by_key(|&at| columns[kept[at]].rank);
    // First all become comfortable, then the longest have what they want.
    for most in [COMFORTABLE, u16::MAX] {
        for &at in &by_need {
            let grown = wanted[kept[at]].min(most).saturating_sub(widths[at]).min(spare);
            widths[at] += grown;
            spare -= grown;
        }
    }
    let mut x = 0;
    let mut placed = Vec::with_capacity(kept.len());
    for (index, width) in kept.into_iter().zip(widths) {
        let width = width.min(available.saturating_sub(x));
        if width > 0 {
            placed.push(Placed { index, x, width });
        }
        x = x.saturating_add(width + GAP);
    }
    placed
}

/// How far shifting makes sense: until the last column is on screen.
pub fn shift_limit(columns: &[Column], wanted: &[u16], available: u16) -> usize {
    if by_rank(columns, wanted, available).len() == columns.len() {
        return 0;
    }
    let frozen = frozen(columns);
    let last = columns.len().saturating_sub(1);
    let shows_last = |shift: &usize| shifted(columns, wanted, available, *shift).last() == Some(&last);
    let furthest = columns.len().saturating_sub(frozen + 1);
    (1..=furthest).find(shows_last).unwrap_or(furthest)
}

/// The columns of ranks 0 and 1 that fit at their `min` (the rightmost of rank 1 gives way first), and those of
/// higher ranks, the lowest first, for which there is room beside what all the others would like.
fn by_rank(columns: &[Column], wanted: &[u16], available: u16) -> Vec<usize> {
    let needed = |kept: &[usize], width: &dyn Fn(usize) -> u16| {
        kept.iter().map(|&index| width(index)).sum::<u16>().saturating_add(gaps(kept.len()))
    };
    let mut kept: Vec<usize> = (0..columns.len()).filter(|&index| columns[index].rank <= 1).collect();
    while needed(&kept, &|index| need(&columns[index], wanted[index])) > available {
        let Some(at) = kept.iter().rposition(|&index| columns[index].rank == 1) else { break };
        kept.remove(at);
    }
    let mut others: Vec<usize> = (0..columns.len()).filter(|&index| columns[index].rank > 1).collect();
    others.sort_by_key(|&index| columns[index].rank);
    for index in others {
        kept.push(index);
        if needed(&kept, &|index| comfort(&columns[index], wanted[index])) > available {
            kept.pop();
        }
    }
    kept.sort_unstable();
    kept
}

/// The width at which a column is comfortable to read.
fn comfort(column: &Column, wanted: u16) -> u16 {
    wanted.min(column.comfort).max(need(column, wanted))
}

/// The width that a column cannot do without.
fn need(column: &Column, wanted: u16) -> u16 {
    column.min.min(wanted)
}

/// The frozen columns, then those after the `shift` skipped ones, as long as they fit.
fn shifted(columns: &[Column], wanted: &[u16], available: u16, shift: usize) -> Vec<usize> {
    let frozen = frozen(columns);
    let skipped_to = (frozen + shift).min(columns.len().saturating_sub(1)).max(frozen);
    let mut kept: Vec<usize> = (0..frozen).collect();
    let mut used = kept.iter().map(|&index| need(&columns[index], wanted[index])).sum::<u16>() + gaps(kept.len());
    for index in skipped_to..columns.len() {
        // Who scrolls to a column wants to read it: at what it wants, if that can be had.
        used = used.saturating_add(wanted[index].min(available / 2).max(need(&columns[index], wanted[index])) + GAP);
        if used > available && kept.len() > frozen {
            break;
        }
        kept.push(index);
    }
    kept
}

/// How many leading columns never scroll away: those of rank 0 before the first of another rank.
fn frozen(columns: &[Column]) -> usize {
    columns.iter().take_while(|column| column.rank == 0).count().min(2)
}

fn gaps(columns: usize) -> u16 {
    u16::try_from(columns.saturating_sub(1)).unwrap_or(u16::MAX).saturating_mul(GAP)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Column, GAP, place, shift_limit};

    const COLUMNS: [Column; 4] = [
        Column::left("STATE", 6, 10, 0),
        Column::name("NAME", 8, 20, 0),
        Column::right("COUNT", 5, 8, 1),
        Column::left("REASON", 10, 40, 2),
    ];
    const WANTED: [u16; 4] = [8, 16, 5, 30];

    fn placed(available: u16, shift: usize) -> Vec<(usize, u16, u16)> {
        place(&COLUMNS, &WANTED, available, shift).into_iter().map(|it| (it.index, it.x, it.width)).collect()
    }

    #[test]
    fn with_room_every_column_has_what_it_wants() {
        assert_eq!(placed(100, 0), [(0, 0, 8), (1, 10, 16), (2, 28, 5), (3, 35, 30)]);
    }

    #[test]
    fn higher_ranks_join_only_where_nobody_is_cut_short() {
        assert_eq!(placed(62, 0), [(0, 0, 8), (1, 10, 16), (2, 28, 5)]);
        assert_eq!(placed(63, 0), [(0, 0, 8), (1, 10, 16), (2, 28, 5), (3, 35, 28)]);
    }

    #[test]
    fn where_it_is_narrow_names_grow_first() {
        assert_eq!(placed(30, 0), [(0, 0, 8), (1, 10, 13), (2, 25, 5)]);
        assert_eq!(placed(20, 0), [(0, 0, 8), (1, 10, 10)]);
    }

    #[test]
    fn a_column_with_little_in_it_leaves_its_room_to_others() {
        let columns = [Column::name("NAME", 8, 30, 0), Column::left("REASON", 20, 40, 1)];
        let widths = |wanted: [u16; 2]| place(&columns, &wanted, 40, 0).iter().map(|it| it.width).collect::<Vec<_>>();
        assert_eq!(widths([25, 30]), [18, 20]);
        assert_eq!(widths([25, 7]), [25, 7]);
    }

    #[test]
    fn shifting_brings_what_gave_way_and_keeps_the_name() {
        assert_eq!(placed(30, 1), [(0, 0, 8), (1, 10, 8), (3, 20, 10)]);
        assert_eq!(shift_limit(&COLUMNS, &WANTED, 30), 1);
        assert_eq!(shift_limit(&COLUMNS, &WANTED, 100), 0);
    }

    proptest! {
        #[test]
        fn columns_stay_inside_and_apart(
            shapes in prop::collection::vec((1_u16..12, 0_u16..30, 0_u8..4, 0_u16..60), 0..14),
            available in 0_u16..250,
            shift in 0_usize..16,
        ) {
            let columns: Vec<Column> =
                shapes.iter().map(|&(min, more, rank, _)| Column::left("X", min, min + more, rank)).collect();
            let wanted: Vec<u16> =
                shapes.iter().map(|&(min, more, _, want)| want.min(min + more)).collect();
            let placed = place(&columns, &wanted, available, shift);
            for it in &placed {
                prop_assert!(it.width > 0 && it.x + it.width <= available);
            }
            for pair in placed.windows(2) {
                prop_assert!(pair[0].index < pair[1].index);
                prop_assert!(pair[0].x + pair[0].width + GAP <= pair[1].x);
            }
        }
    }
}
