//! The little of LZ4 that AEDAT 4 needs: frames of blocks to bytes.
//!
//! A frame: magic number, a byte of flags (bit 4: blocks have checksums, bit 3: the length of the content is stated, bit 2: the content has a
//! checksum, bit 0: a dictionary), a byte with the size of blocks, what the flags say, a byte of checksum; then blocks, each
//! after its length (bit 31: stored as it is), until one of length 0. A block: sequences of a token (upper four bits: number of
//! literals, lower four: length of a match less 4; 15 goes on in further bytes), literals, and the distance of a match.
//! Checksums are not compared: what is decoded is checked for what it must be.
//! Source: Y. Collet, *LZ4 frame format* 1.6.1 and *LZ4 block format*.

/// The content of a frame; `None`: it is damaged, or longer than `most`.
pub(super) fn frame(bytes: &[u8], most: usize) -> Option<Vec<u8>> {
    let rest = bytes.strip_prefix(&[0x04, 0x22, 0x4d, 0x18])?;
    let (&[flags, _], mut rest) = rest.split_first_chunk::<2>()?;
    let skipped = 8 * usize::from(flags >> 3 & 1) + 4 * usize::from(flags & 1) + 1;
    rest = rest.get(skipped..)?;
    let mut content = Vec::new();
    loop {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length);
        if length == 0 {
            return Some(content);
        }
        let (block, after) = after.split_at_checked((length & 0x7fff_ffff) as usize)?;
        if length >> 31 == 1 {
            content.extend_from_slice(block);
        } else {
            sequences(block, &mut content, most)?;
        }
        if content.len() > most {
            return None;
        }
        rest = after.get(4 * usize::from(flags >> 4 & 1)..)?;
    }
}

fn sequences(mut block: &[u8], content: &mut Vec<u8>, most: usize) -> Option<()> {
    loop {
        let (&token, rest) = block.split_first()?;
        block = rest;
        let literals = length(&mut block, token >> 4)?;
        let (literal, rest) = block.split_at_checked(literals)?;
        content.extend_from_slice(literal);
        block = rest;
        // The last sequence has no match.
        if block.is_empty() {
            return Some(());
        }
        let (distance, rest) = block.split_first_chunk::<2>()?;
        block = rest;
        let count = length(&mut block, token & 15)? + 4;
        let distance = usize::from(u16::from_le_bytes(*distance));
        let start = content.len().checked_sub(distance).filter(|_| distance > 0)?;
        if content.len() + count > most {
            return None;
        }
        // What is copied may be what was just written.
        for k in 0..count {
            content.push(content[start + k]);
        }
    }
}

fn length(block: &mut &[u8], first: u8) -> Option<usize> {
    let mut sum = usize::from(first);
    let mut last = if first == 15 { 255 } else { 0 };
    while last == 255 {
        let (&next, rest) = block.split_first()?;
        *block = rest;
        last = next;
        sum += usize::from(next);
    }
    Some(sum)
}
