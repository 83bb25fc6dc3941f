//! A kernel of weights that is the same at every place, and the synapses that it comes to.
//!
//! Lines and neurons are maps: number (channel R + row) C + column of so many channels, R rows and C columns. Neuron (c, y, x) hears
//! line (d, s y + i - p, s x + j - p) with the weight k(c, d, i, j), for every entry (i, j) of the kernel and every channel d of its
//! group, where there is such a line: a correlation, as in the convolutional layers of LeCun et al., Proc. IEEE 86, 2278 (1998).
//! The size along each axis is floor((n + 2 p - k)/s) + 1.

use super::Rows;

/// Channels, rows and columns.
pub type Maps = [u32; 3];

/// How many lines or neurons maps are.
#[must_use]
pub fn members(maps: Maps) -> u64 {
    maps.iter().map(|&n| u64::from(n)).product()
}

/// From maps of lines to maps of neurons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Convolution {
    /// The lines.
    pub from: Maps,
    /// Channels of the neurons.
    pub channels: u32,
    /// Rows and columns of the kernel.
    pub kernel: [u32; 2],
    /// Lines from one neuron to the next, down and across.
    pub stride: [u32; 2],
    /// Rows and columns that are added on each side, where there is nothing.
    pub padding: [u32; 2],
    /// Channels are cut into so many groups, of which each hears its own.
    pub groups: u32,
}

impl Convolution {
    /// The maps of the neurons, if the kernel fits and the groups divide the channels.
    #[must_use]
    pub fn to(&self) -> Option<Maps> {
        let along = |axis: usize| {
            let (n, k, s) = (self.from[axis + 1], self.kernel[axis], self.stride[axis]);
            let room = n.checked_add(self.padding[axis].checked_mul(2)?)?.checked_sub(k)?;
            (k > 0).then_some(room.checked_div(s)? + 1)
        };
        let divides = |channels: u32| channels > 0 && channels.checked_rem(self.groups) == Some(0);
        (divides(self.from[0]) && divides(self.channels)).then_some([self.channels, along(0)?, along(1)?])
    }

    /// Rows of the matrix of weights: entries of the kernel, times the channels of a group of lines.
    #[must_use]
    pub fn entries(&self) -> u32 {
        self.from[0] / self.groups.max(1) * self.kernel[0] * self.kernel[1]
    }

    /// How many synapses it comes to, at most: those that padding leaves out are counted.
    #[must_use]
    pub fn most_synapses(&self) -> f64 {
        self.to().map_or(0.0, |to| members(to) as f64 * f64::from(self.entries()))
    }

    /// The synapses row by row, and which weight each has; without any, if it does not fit.
    #[must_use]
    pub fn synapses(&self) -> (Rows, Shared) {
        let shared = |of| Shared { of, rows: self.entries(), columns: self.channels };
        let Some([channels, rows, columns]) = self.to() else {
            return (Rows::sparse(vec![0; members(self.from) as usize + 1], Vec::new()), shared(Vec::new()));
        };
        let (mut start, mut targets, mut of) = (vec![0], Vec::new(), Vec::new());
        let (lines, neurons) = (self.from[0] / self.groups, channels / self.groups);
        for line in 0..self.from[0] {
            let group = line / lines;
            for y in 0..self.from[1] {
                let down: Vec<_> = self.reached(0, y, rows).collect();
                for x in 0..self.from[2] {
                    let across: Vec<_> = self.reached(1, x, columns).collect();
                    for channel in group * neurons..(group + 1) * neurons {
                        for &(row, i) in &down {
                            for &(column, j) in &across {
                                let entry = (line % lines * self.kernel[0] + i) * self.kernel[1] + j;
                                targets.push((channel * rows + row) * columns + column);
                                of.push(entry * channels + channel);
                            }
                        }
                    }
                    start.push(targets.len());
                }
            }
        }
        (Rows::sparse(start, targets), shared(of))
    }

    /// Places along an axis that hear a line, ascending, and by which entry of the kernel.
    fn reached(&self, axis: usize, line: u32, places: u32) -> impl Iterator<Item = (u32, u32)> + use<> {
        let (k, s, p) = (self.kernel[axis], self.stride[axis], self.padding[axis]);
        (0..places).filter_map(move |place| {
            let entry = (line + p).checked_sub(place * s)?;
            (entry < k).then_some((place, entry))
        })
    }
}

impl std::fmt::Display for Convolution {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let pair = |[down, across]: [u32; 2]| format!("{down} x {across}");
        write!(f, "a kernel of {}, stride {}", pair(self.kernel), pair(self.stride))?;
        if self.padding != [0, 0] {
            write!(f, ", padding {}", pair(self.padding))?;
        }
        if self.groups > 1 { write!(f, ", {} groups", self.groups) } else { Ok(()) }
    }
}

/// Synapses that have their weights in common.
///
/// The weights are a matrix: one row for every entry of the kernel (and channel of a group of lines), one column for every channel of
/// the neurons. On devices it is an array of that shape, which stands once and is read by every place in turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Shared {
    /// Number of the weight of every synapse, row by row of the matrix.
    pub of: Vec<u32>,
    /// Rows of the matrix.
    pub rows: u32,
    /// Columns of the matrix.
    pub columns: u32,
}

impl Shared {
    /// How many weights there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.rows as usize * self.columns as usize
    }

    /// The weight of every synapse.
    #[must_use]
    pub fn expand(&self, weights: &[f64]) -> Vec<f64> {
        self.of.iter().map(|&number| weights[number as usize]).collect()
    }

    /// The weights of synapses of which those that share one have the same; zero of one that no synapse has.
    #[must_use]
    pub fn gather(&self, synapses: &[f64]) -> Vec<f64> {
        let mut weights = vec![0.0; self.count()];
        self.of.iter().zip(synapses).for_each(|(&number, &weight)| weights[number as usize] = weight);
        weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convolution(from: Maps, channels: u32, groups: u32) -> Convolution {
        Convolution { from, channels, kernel: [3, 2], stride: [2, 1], padding: [1, 0], groups }
    }

    /// From the definition: all neurons, all entries.
    #[test]
    fn synapses_are_those_of_the_definition() {
        for (from, channels, groups) in [([1, 6, 5], 3, 1), ([4, 5, 4], 6, 2), ([3, 4, 3], 3, 3)] {
            let it = convolution(from, channels, groups);
            let to = it.to().unwrap();
            assert_eq!(to, [channels, (from[1] + 2 - 3) / 2 + 1, from[2] - 1]);
            let (lines, neurons) = (from[0] / groups, channels / groups);
            let mut want = Vec::new();
            for c in 0..to[0] {
                for (y, x) in (0..to[1]).flat_map(|y| (0..to[2]).map(move |x| (y, x))) {
                    for (d, i, j) in (0..lines).flat_map(|d| (0..6).map(move |k| (d, k / 2, k % 2))) {
                        let (row, column) = ((2 * y + i).wrapping_sub(1), x + j);
                        if row >= from[1] || column >= from[2] {
                            continue;
                        }
                        let line = ((c / neurons * lines + d) * from[1] + row) * from[2] + column;
                        let neuron = (c * to[1] + y) * to[2] + x;
                        want.push((line, neuron, ((d * 3 + i) * 2 + j) * channels + c));
                    }
                }
            }
            want.sort_unstable();
            let (rows, shared) = it.synapses();
            let Rows::Sparse { start, targets } = rows else { panic!() };
            let got: Vec<(u32, u32, u32)> = (0..members(from) as usize)
                .flat_map(|row| (start[row]..start[row + 1]).map(move |k| (row as u32, k)))
                .map(|(row, k)| (row, targets.get(k), shared.of[k]))
                .collect();
            assert_eq!(got, want);
            let weights: Vec<f64> = (0..shared.count()).map(|k| k as f64).collect();
            assert_eq!(shared.gather(&shared.expand(&weights)), weights);
        }
    }

    #[test]
    fn what_does_not_fit_has_no_maps() {
        assert_eq!(convolution([1, 0, 1], 3, 1).to(), None, "narrower than the kernel");
        assert_eq!(convolution([3, 6, 5], 4, 2).to(), None, "groups do not divide");
        assert_eq!(Convolution { stride: [0, 1], ..convolution([1, 6, 5], 3, 1) }.to(), None);
    }
}
