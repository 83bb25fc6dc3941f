//! Cyclic redundancy checks of 32 bits, a byte at a time.

/// The polynomial of ZIP, reflected.
pub const ZIP: u32 = 0xEDB8_8320;
/// That of CRC-32C (Castagnoli), reflected.
pub const CASTAGNOLI: u32 = 0x82F6_3B78;

/// A checksum with a reflected polynomial, of what was added so far.
#[derive(Clone, Copy, Debug)]
pub struct Crc<const POLYNOMIAL: u32>(u32);

impl<const POLYNOMIAL: u32> Crc<POLYNOMIAL> {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut index = 0;
        while index < 256 {
            let (mut value, mut bit) = (index as u32, 0);
            while bit < 8 {
                value = if value & 1 == 1 { value >> 1 ^ POLYNOMIAL } else { value >> 1 };
                bit += 1;
            }
            table[index] = value;
            index += 1;
        }
        table
    };

    pub fn add(&mut self, bytes: &[u8]) {
        let table = &Self::TABLE;
        for byte in bytes {
            self.0 = self.0 >> 8 ^ table[((self.0 ^ u32::from(*byte)) & 255) as usize];
        }
    }

    pub fn value(self) -> u32 {
        !self.0
    }
}

impl<const POLYNOMIAL: u32> Default for Crc<POLYNOMIAL> {
    fn default() -> Self {
        Self(u32::MAX)
    }
}
