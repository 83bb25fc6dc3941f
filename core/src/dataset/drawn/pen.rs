//! A round pen on a square of pixels.

use super::SIDE;

/// A point of a stroke in pixels; the pen comes down to it from the last point, or is lifted there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
    pub down: bool,
}

/// Coverage of each pixel, 0 to 1.
pub struct Canvas([f64; SIDE * SIDE]);

impl Default for Canvas {
    fn default() -> Self {
        Self([0.0; SIDE * SIDE])
    }
}

impl Canvas {
    /// Draws the strokes into `image`, replacing it.
    ///
    /// The radius goes linearly from `radius[0]` at the first point to `radius[1]` at the last. A
    /// pixel is covered by radius - d + 1/2, limited to [0, 1], where d is the distance of its
    /// centre from the line: the area under a straight edge, to within 0.05 for an edge at 45 degrees.
    pub fn draw(&mut self, points: &[Point], radius: [f64; 2], ink: f64, image: &mut [u8]) {
        self.0.fill(0.0);
        let step = (radius[1] - radius[0]) / points.len().max(1) as f64;
        for (pair, k) in points.windows(2).zip(0i32..) {
            if pair[1].down {
                self.line(pair[0], pair[1], radius[0] + step * f64::from(k));
            }
        }
        let full = 255.0 * ink;
        for (byte, coverage) in image.iter_mut().zip(&self.0) {
            *byte = (full * coverage + 0.5) as u8;
        }
    }

    fn line(&mut self, from: Point, to: Point, radius: f64) {
        let reach = radius + 0.5;
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let squared = dx * dx + dy * dy;
        let inverse = if squared > 0.0 { 1.0 / squared } else { 0.0 };
        let columns = pixels(from.x.min(to.x) - reach, from.x.max(to.x) + reach);
        for row in pixels(from.y.min(to.y) - reach, from.y.max(to.y) + reach) {
            let py = row as f64 + 0.5 - from.y;
            let cells = &mut self.0[row * SIDE..][..SIDE];
            for (cell, column) in cells[columns.clone()].iter_mut().zip(columns.clone()) {
                let px = column as f64 + 0.5 - from.x;
                let along = ((px * dx + py * dy) * inverse).clamp(0.0, 1.0);
                let (ex, ey) = (px - along * dx, py - along * dy);
                let away = ex * ex + ey * ey;
                let coverage = (reach - away.sqrt()).clamp(0.0, 1.0);
                *cell = cell.max(coverage);
            }
        }
    }
}

/// The pixels whose centres lie between two coordinates.
fn pixels(from: f64, to: f64) -> std::ops::Range<usize> {
    // A conversion of a negative number or one beyond the range saturates.
    let first = (from + 0.5) as usize;
    let end = ((to + 0.5) as usize).min(SIDE);
    first.min(end)..end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(points: &[(f64, f64)], radius: f64, ink: f64) -> [u8; SIDE * SIDE] {
        let points: Vec<Point> =
            points.iter().enumerate().map(|(i, &(x, y))| Point { x, y, down: i > 0 }).collect();
        let mut image = [7; SIDE * SIDE];
        Canvas::default().draw(&points, [radius; 2], ink, &mut image);
        image
    }

    #[test]
    fn a_level_line_covers_the_area_of_a_stroke_with_round_ends() {
        for radius in [0.7, 1.0, 1.6, 2.5] {
            let image = drawn(&[(8.3, 14.2), (20.9, 14.2)], radius, 1.0);
            let area = image.iter().map(|&byte| f64::from(byte)).sum::<f64>() / 255.0;
            let want = 2.0 * radius * 12.6 + std::f64::consts::PI * radius * radius;
            assert!((area / want - 1.0).abs() < 0.03, "radius {radius}: {area} for {want}");
        }
    }

    #[test]
    fn ink_sets_the_darkest_pixel_and_the_rest_is_blank() {
        let image = drawn(&[(5.0, 14.5), (23.0, 14.5)], 1.5, 0.8);
        assert_eq!(image[14 * SIDE + 14], 204);
        assert_eq!(image[10 * SIDE + 14], 0);
        assert_eq!(image[0], 0);
    }

    #[test]
    fn strokes_that_leave_the_image_are_cut_at_its_edge() {
        let image = drawn(&[(-500.0, -3.0), (14.0, 14.0), (1e9, 40.0)], 1.0, 1.0);
        assert!(image[14 * SIDE + 14] > 200);
        let outside = drawn(&[(-50.0, -3.0), (-40.0, 14.0)], 1.0, 1.0);
        assert!(outside.iter().all(|&byte| byte == 0));
    }
}
