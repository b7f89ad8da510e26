//! Packets as bytes, with everything that a muxer looks at: to be kept on disk and written into a file later.
//!
//! A record is little-endian: its length without this field (u32), presentation time, decoding time and duration (i64),
//! flags (i32), how many pieces of side data there are (u32), for each its kind (i32), length (u32) and bytes, and the data.

use super::packet::Packet;
use super::{AvError, allocated, fields};
use ffmpeg_next::ffi;
use std::io::{self, Read};

impl Packet {
    /// Appends its record to `out`.
    ///
    /// # Errors
    /// It is larger than 4 GiB.
    pub fn append_record(&self, out: &mut Vec<u8>) -> Result<(), AvError> {
        let begin = out.len();
        out.extend_from_slice(&[0; 4]);
        let raw = self.raw();
        // SAFETY: plain fields of a live packet; its list of side data has as many entries as it says, each with as many
        // bytes as it says; an enum is read as a number.
        unsafe {
            for time in [(*raw).pts, (*raw).dts, (*raw).duration] {
                out.extend_from_slice(&time.to_le_bytes());
            }
            out.extend_from_slice(&(*raw).flags.to_le_bytes());
            let count = u32::try_from((*raw).side_data_elems).unwrap_or(0);
            out.extend_from_slice(&count.to_le_bytes());
            for index in 0..count as usize {
                let piece = (*raw).side_data.add(index);
                let length = (*piece).size as usize;
                out.extend_from_slice(&fields::get(&raw const (*piece).type_).to_le_bytes());
                out.extend_from_slice(&size(length)?);
                if length > 0 {
                    out.extend_from_slice(std::slice::from_raw_parts((*piece).data, length));
                }
            }
        }
        out.extend_from_slice(self.data());
        let length = size(out.len() - begin - 4)?;
        out[begin..begin + 4].copy_from_slice(&length);
        Ok(())
    }

    /// Becomes the packet of the next record; `false` at the end.
    ///
    /// # Errors
    /// The file cannot be read, or a record in it is not whole.
    pub fn read_record(&mut self, file: &mut impl Read) -> io::Result<bool> {
        let mut length = [0; 4];
        match file.read(&mut length[..1])? {
            0 => return Ok(false),
            _ => file.read_exact(&mut length[1..])?,
        }
        let length = u64::from(u32::from_le_bytes(length));
        let mut record = Vec::new();
        // Not allocated at once: a damaged length must not claim more memory than there are bytes.
        if file.take(length).read_to_end(&mut record)? as u64 != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.parse(&mut &*record).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
        Ok(true)
    }

    fn parse(&mut self, rest: &mut &[u8]) -> Option<()> {
        let times: [i64; 3] = [long(rest)?, long(rest)?, long(rest)?];
        // Others make FFmpeg take the data for pointers.
        let flags =
            word(rest)? & (ffi::AV_PKT_FLAG_KEY | ffi::AV_PKT_FLAG_DISCARD | ffi::AV_PKT_FLAG_DISPOSABLE) as i32;
        let count = word(rest)?;
        let mut pieces = Vec::new();
        for _ in 0..count {
            let (kind, length) = (word(rest)?, usize::try_from(word(rest)?).ok()?);
            pieces.push((kind, rest.split_off(..length)?));
        }
        self.fill(rest).ok()?;
        for (kind, bytes) in pieces {
            self.attach(kind, bytes).ok()?;
        }
        let raw = self.raw_mut();
        // SAFETY: exclusively borrowed.
        unsafe { ((*raw).pts, (*raw).dts, (*raw).duration, (*raw).flags) = (times[0], times[1], times[2], flags) };
        Some(())
    }

    fn attach(&mut self, kind: i32, bytes: &[u8]) -> Result<(), AvError> {
        if !(0..ffi::AVPacketSideDataType::AV_PKT_DATA_NB as i32).contains(&kind) {
            return Err(AvError::InvalidData);
        }
        // SAFETY: the kinds are numbered from 0 without a gap, and this is one of them.
        let kind = unsafe { std::mem::transmute::<i32, ffi::AVPacketSideDataType>(kind) };
        // SAFETY: a live packet, exclusively borrowed; as many bytes are written as were asked for.
        unsafe {
            let place = allocated(ffi::av_packet_new_side_data(self.raw_mut(), kind, bytes.len() as _))?;
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), place, bytes.len());
        }
        Ok(())
    }
}

fn size(length: usize) -> Result<[u8; 4], AvError> {
    u32::try_from(length).map(u32::to_le_bytes).map_err(|_| AvError::InvalidData)
}

fn word(rest: &mut &[u8]) -> Option<i32> {
    Some(i32::from_le_bytes(*rest.split_off(..4)?.first_chunk()?))
}

fn long(rest: &mut &[u8]) -> Option<i64> {
    Some(i64::from_le_bytes(*rest.split_off(..8)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(data: &[u8], pts: Option<i64>) -> Packet {
        let mut packet = Packet::new().unwrap();
        packet.fill(data).unwrap();
        packet.set_times(pts, Some(-7), 40);
        packet
    }

    #[test]
    fn packets_survive_with_all_that_belongs_to_them() {
        let mut first = packet(b"picture", Some(1 << 40));
        first.attach(ffi::AVPacketSideDataType::AV_PKT_DATA_NEW_EXTRADATA as i32, b"head").unwrap();
        let mut file = Vec::new();
        first.append_record(&mut file).unwrap();
        packet(b"", None).append_record(&mut file).unwrap();
        let (mut back, mut rest) = (Packet::new().unwrap(), &*file);
        assert!(back.read_record(&mut rest).unwrap());
        assert_eq!(
            (back.data(), back.pts(), back.dts(), back.duration()),
            (&b"picture"[..], Some(1 << 40), Some(-7), Some(40))
        );
        let mut again = Vec::new();
        back.append_record(&mut again).unwrap();
        assert_eq!(again, file[..again.len()], "side data is kept, too");
        assert!(back.read_record(&mut rest).unwrap());
        assert_eq!((back.data(), back.pts()), (&b""[..], None));
        assert!(!back.read_record(&mut rest).unwrap());
    }

    #[test]
    fn what_is_cut_off_or_no_record_is_an_error() {
        let mut file = Vec::new();
        packet(b"picture", Some(3)).append_record(&mut file).unwrap();
        let mut into = Packet::new().unwrap();
        for length in 1..file.len() {
            assert!(into.read_record(&mut &file[..length]).is_err(), "{length} bytes");
        }
        for place in 4..40 {
            let mut damaged = file.clone();
            damaged[place] = 0xff;
            // Whatever it is taken for, nothing is read beyond its end.
            let _ = into.read_record(&mut &*damaged);
        }
        assert!(into.read_record(&mut &[0xff, 0xff, 0xff, 0xff, 1, 2, 3][..]).is_err());
    }
}
