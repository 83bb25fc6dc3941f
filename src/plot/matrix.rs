//! Who is joined to whom: a matrix of weights, in blocks of neurons where there are many.

use super::heat::{Cell, Heat};
use super::{Figure, Shape};
use crate::hint::many;
use crate::record::matrix::Matrix;

/// A picture for each projection whose connections are recorded.
pub fn figures(matrices: &[Matrix]) -> Vec<Figure> {
    matrices.iter().map(figure).collect()
}

fn figure(matrix: &Matrix) -> Figure {
    let [pre, post] = matrix.block;
    let labels = |side: usize| -> Vec<String> {
        let first = (0..matrix.size[side]).step_by(matrix.block[side].max(1) as usize);
        first.map(|neuron| neuron.to_string()).collect()
    };
    // A block at the end may be smaller.
    let held = |k: usize, side: usize| {
        let first = k as u32 * matrix.block[side];
        f64::from(matrix.block[side].min(matrix.size[side] - first).max(1))
    };
    let cells = matrix.cells.iter().enumerate().map(|(down, row)| {
        let pairs = |across: usize| held(down, 0) * held(across, 1);
        let mean =
            |(across, &(sum, _)): (usize, &(f64, u64))| Cell { mean: sum / pairs(across), spread: None };
        row.iter().enumerate().map(|cell| Some(mean(cell))).collect()
    });
    let single = pre == 1 && post == 1;
    let what = if single {
        "weight of each pair".into()
    } else {
        format!("mean weight of the pairs in blocks of {pre} x {post}")
    };
    let heat = Heat {
        title: format!("Connections of {}", matrix.name),
        subtitle: format!("{}; {what}", many(super::number::count(matrix.synapses), "synapse")),
        across: ("post".into(), labels(1)),
        down: ("pre".into(), labels(0)),
        cells: cells.collect(),
        unit: format!(" {}", matrix.unit),
        bare: true,
    };
    let caption = "Who is joined to whom as the run began; a pair without a synapse counts as zero.";
    Figure { shape: Shape::Half, ..heat.figure(format!("connections-{}", matrix.name), caption) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_the_mean_over_its_pairs_also_the_last_smaller_one() {
        let cells = vec![vec![(4.0, 2), (2.0, 1)], vec![(0.0, 0), (3.0, 1)]];
        let matrix =
            Matrix { name: "p<>".into(), unit: "V".into(), size: [4, 3], block: [2, 2], synapses: 4, cells };
        let figure = figure(&matrix);
        crate::plot::drawn::check(&figure.svg);
        // 4/(2 x 2), 2/(2 x 1), 3/(2 x 1): the largest is 1.5.
        assert!(figure.svg.contains(">1.50 V<") && figure.svg.contains("blocks of 2 x 2"), "{}", figure.svg);
    }
}
