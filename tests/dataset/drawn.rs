//! Drawn digits: the same bytes everywhere, and about as hard for a linear read-out as MNIST.

use memspike::dataset::drawn::{self, Part};
use memspike::dataset::{Dataset, Name, Search, Split, open};
use xxhash_rust::xxh3::xxh3_64;

/// The bytes of the contract: if this fails, the change is value-breaking and needs a new version.
#[test]
fn the_first_hundred_images_of_each_split_are_pinned() {
    let set = drawn::digits(100, 100);
    let sum = |split: &Split| {
        let labels: Vec<u8> = split.labels.iter().map(|&label| label as u8).collect();
        (xxh3_64(split.images()), xxh3_64(&labels))
    };
    assert_eq!(drawn::VERSION, 1);
    assert_eq!(sum(&set.train), (3_390_016_546_565_365_630, 3_633_390_161_158_368_794));
    assert_eq!(sum(&set.test), (8_219_561_352_754_366_968, 406_578_248_370_410_310));
}

#[test]
fn an_image_does_not_depend_on_how_many_are_asked_for() {
    let few = drawn::digits(3, 40);
    let more = drawn::digits(50, 60);
    assert_eq!(few.train.images(), &more.train.images()[..3 * 784]);
    assert_eq!(few.test.labels, more.test.labels[..40]);
    let (alone, label) = drawn::digit(Part::Test, 37);
    assert_eq!((&alone[..], u16::from(label)), (&more.test.image(37)[..], more.test.label(37)));
    assert_ne!(more.train.image(37), more.test.image(37));
}

#[test]
fn every_digit_is_common_and_every_image_has_ink_inside_its_edge() {
    let set = drawn::digits(3000, 0);
    assert!(set.test.is_empty());
    let mut counts = [0; 10];
    for (image, label) in set.train.iter() {
        counts[usize::from(label)] += 1;
        let ink: u32 = image.iter().map(|&pixel| u32::from(pixel)).sum();
        assert!(ink > 255 * 15 && ink < 255 * 784 / 2, "{ink}");
        let edge = (0..28).flat_map(|i| [i, 27 * 28 + i, 28 * i, 28 * i + 27]);
        let cut: u32 = edge.map(|at| u32::from(image[at])).sum();
        assert!(cut * 4 < ink, "{cut} of {ink} at the edge");
    }
    assert!(counts.iter().all(|count| (230..370).contains(count)), "{counts:?}");
}

#[test]
fn the_embedded_set_opens_by_name_without_files() {
    let set = open(Name::DRAWN_DIGITS, &Search::default()).unwrap();
    assert_eq!((set.name.as_str(), &set.shape[..], set.classes), ("drawn_digits", &[28, 28][..], 10));
    assert_eq!((set.train.len(), set.test.len()), (drawn::TRAIN, drawn::TEST));
}

/// Softmax regression on pixels, stochastic gradient descent; the fraction of test images it gets right.
fn linear_accuracy(set: &Dataset) -> f64 {
    let pixels = set.size();
    let mut weights = vec![[0f32; 10]; pixels + 1];
    let scores = |weights: &[[f32; 10]], image: &[u8]| {
        let mut sums = weights[pixels];
        for (row, &pixel) in weights.iter().zip(image).filter(|(_, pixel)| **pixel > 0) {
            for (sum, w) in sums.iter_mut().zip(row) {
                *sum += w * f32::from(pixel) / 255.0;
            }
        }
        sums
    };
    for epoch in 0..12u8 {
        let rate = 0.02 / (1.0 + 0.5 * f32::from(epoch));
        for (image, label) in set.train.iter() {
            let mut error = scores(&weights, &image);
            let top = error.iter().copied().fold(f32::MIN, f32::max);
            error.iter_mut().for_each(|e| *e = (*e - top).exp());
            let total: f32 = error.iter().sum();
            error.iter_mut().for_each(|e| *e /= total);
            error[usize::from(label)] -= 1.0;
            for (row, &pixel) in weights.iter_mut().zip(image.iter().chain([&255])).filter(|(_, p)| **p > 0) {
                for (w, e) in row.iter_mut().zip(error) {
                    *w -= rate * e * f32::from(pixel) / 255.0;
                }
            }
        }
    }
    let right = set.test.iter().filter(|(image, label)| {
        let sums = scores(&weights, image);
        (0..10).max_by(|&a, &b| sums[a].total_cmp(&sums[b])) == Some(usize::from(*label))
    });
    right.count() as f64 / set.test.len() as f64
}

/// 10 000 training images give 0.927 (MNIST's first 10 000: 0.909), 3000 give 0.878.
#[test]
fn a_linear_read_out_learns_them_but_not_all_of_them() {
    let accuracy = linear_accuracy(&drawn::digits(3000, 1000));
    println!("linear read-out, 3000 training images: {accuracy}");
    assert!(accuracy > 0.85 && accuracy < 0.97, "{accuracy}");
}
