//! Steps of what layers learn: gradients of the pieces of a batch together, in one order of adding up, some blocks at a time.

use super::passage::Parameters;
use super::trainer::{Learned, Piece};
use crate::engine::Team;
use crate::engine::lockstep::Layer;
use crate::numeric::Real;
use crate::simd::vectorised;
use crate::training::Scalar;
use crate::training::epoch::{CHUNK, Update, squared_norm};
use crate::training::optimizer::Step;

/// Lists of one kind, by layer.
pub(super) type Lists<R> = fn(&mut Parameters<R>) -> &mut Vec<Vec<R>>;

impl Learned {
    pub(super) fn keep_within<R: Real>(&self, values: &mut [R]) {
        let (least, most) = (R::from_f64(self.least), R::from_f64(self.most));
        for value in values {
            *value = if *value > most { most } else { *value };
            *value = if *value < least { least } else { *value };
        }
    }
}

/// The next so many of both means.
pub(super) fn front<'a, R>(
    moments: &mut (&'a mut [R], &'a mut [R]),
    count: usize,
) -> (&'a mut [R], &'a mut [R]) {
    let (first, second) = std::mem::take(moments);
    let ((first, others), (second, more)) = (first.split_at_mut(count), second.split_at_mut(count));
    *moments = (others, more);
    (first, second)
}

/// Adds the pieces' gradients of one list of a layer in order, the blocks that any of them has touched, and takes a step,
/// some blocks at a time.
pub(super) fn update<R: Scalar>(
    team: &Team,
    (step, mean): (Step<R>, R),
    (layer, stride): (usize, usize),
    (values, (first, second)): (&mut [R], (&mut [R], &mut [R])),
    pieces: &mut [Piece<R>],
    list: impl Fn(&mut Parameters<R>) -> &mut Vec<Vec<R>> + Sync,
) {
    let blocks = (CHUNK / stride).max(1);
    let (size, count) = (blocks * stride, values.len());
    let mut lists: Vec<(&mut Vec<R>, &[bool])> = pieces
        .iter_mut()
        .map(|piece| (&mut list(&mut piece.gradient)[layer], &piece.touched[layer][..]))
        .collect();
    let Some(((sum, begun), rest)) = lists.split_first_mut() else { return };
    let (rest, begun) = (&*rest, *begun);
    let numbers = values.chunks_mut(size).zip(sum[..count].chunks_mut(size));
    let chunks = numbers.zip(first.chunks_mut(size).zip(second.chunks_mut(size))).enumerate();
    team.share(chunks, |(number, ((weights, sum), (first, second)))| {
        let start = number * blocks;
        let blocks = start..start + sum.len().div_ceil(stride);
        let of_blocks = sum.chunks_mut(stride).zip(&begun[blocks.clone()]);
        of_blocks.filter(|(_, begun)| !**begun).for_each(|(block, _)| block.fill(R::ZERO));
        let parts = rest.iter().flat_map(|(gradient, touched)| {
            let touched = blocks.clone().filter(|&block| touched[block]);
            touched.map(|block| {
                ((block - start) * stride, &gradient[block * stride..count.min((block + 1) * stride)])
            })
        });
        vectorised(Update { step, mean, weights, sum, parts, first, second });
    });
}

/// Sum of the squares of the gradient of the weights that learn of a layer, over the blocks that any piece has touched.
pub(super) fn squares<R: Scalar>(pieces: &[Piece<R>], index: usize, layer: &Layer) -> f64 {
    let touched = |block: usize| pieces.iter().any(|piece| piece.touched[index][block]);
    let blocks = (0..layer.learned.div_ceil(layer.stride)).filter(|&block| touched(block));
    blocks.fold(0.0, |sum, block| {
        let range = block * layer.stride..layer.learned.min((block + 1) * layer.stride);
        let pieces = pieces.iter().filter(|piece| piece.touched[index][block]);
        let lists: Vec<&[R]> = pieces.map(|piece| &piece.gradient.weights[index][range.clone()]).collect();
        sum + squared_norm(&lists)
    })
}
