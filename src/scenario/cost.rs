//! `cost` of a population: what a digital chip publishes of the energy of a synaptic event.

use super::spec::words;

words! {
    /// A digital chip, and what a synaptic event takes in it.
    #[derive(serde::Serialize, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum CostTable {
        Loihi = "loihi": "23.6 pJ, the least of a synaptic operation (Davies et al., IEEE Micro 38(1), 82 (2018))",
        TruenorthTypical = "truenorth_typical": "26 pJ, all power of the chip over its events in a typical network (Merolla et al., Science 345, 668 (2014))",
        TruenorthPeak = "truenorth_peak": "2.5 pJ, as 400 GSOPS per watt at most (Akopyan et al., IEEE Trans. CAD 34, 1537 (2015))",
        Spinnaker2 = "spinnaker2": "10 pJ (Hoeppner et al., arXiv 2103.08392 (2021))",
    }
}

impl CostTable {
    /// Joules of one synaptic event, what the neurons take in between included or left out as its source says.
    #[must_use]
    pub const fn per_event(self) -> f64 {
        match self {
            Self::Loihi => 23.6e-12,
            Self::TruenorthTypical => 26e-12,
            Self::TruenorthPeak => 2.5e-12,
            Self::Spinnaker2 => 10e-12,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::spec::Word as _;

    #[test]
    fn what_a_table_says_is_what_it_computes_with() {
        for choice in CostTable::CHOICES {
            let (number, _) = choice.doc.split_once(" pJ").unwrap();
            let said = number.parse::<f64>().unwrap() * 1e-12;
            let table = CostTable::from_word(choice.name).unwrap();
            assert!((table.per_event() / said - 1.0).abs() < 1e-12, "{}", choice.name);
        }
    }
}
