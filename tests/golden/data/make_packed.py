"""Spikes in HDF5 as the Heidelberg data sets have them, and a recording as AEDAT 4 in every compression, beside this file.

Takes `pip install h5py lz4 zstandard`. What h5py reads in the files of spikes is in `heidelberg.csv`: times in femtoseconds.
"""

import math
import pathlib
import random
import struct

import h5py
import lz4.frame
import numpy as np
import zstandard

HERE = pathlib.Path(__file__).parent
draw = random.Random(700)


def spikes(file, counts, kind, **storage):
    """Samples of alternating class: one has its first spikes on low units, the other on high ones. The order of spikes is any."""
    with h5py.File(HERE / file, "w", libver=storage.pop("libver", "earliest")) as h5:
        of = {"times": kind, "units": "u2"}
        sets = {
            name: h5.create_dataset(f"spikes/{name}", (len(counts),), h5py.vlen_dtype(np.dtype(of[name])), **storage)
            for name in of
        }
        for k, count in enumerate(counts):
            low = 350 * (k % 2)
            sets["times"][k] = np.array([draw.uniform(0.0, 1.2) for _ in range(count)], kind)
            sets["units"][k] = np.array([low + draw.randrange(350) for _ in range(count)], "u2")
        h5.create_dataset("labels", data=np.arange(len(counts), dtype="i8" if storage else "u2") % 2, **storage)
        h5.create_dataset("extra/speaker", data=np.zeros(len(counts), "u2"))
        h5.create_dataset("extra/keys", data=np.array([b"zero", b"one"]))


spikes("shd_train.h5", [9, 5, 0, 12, 7, 7], "f2")
spikes("shd_test.h5", [6, 11, 3, 4], "f4", libver="latest", chunks=(3,), maxshape=(None,), compression="gzip", shuffle=True)

rows = ["file,sample,label,spikes,units,femtoseconds"]
for file in ("shd_train.h5", "shd_test.h5"):
    with h5py.File(HERE / file) as h5:
        for k, (times, units, label) in enumerate(zip(h5["spikes/times"], h5["spikes/units"], h5["labels"], strict=True)):
            fs = [float(time) * 1e15 for time in times]
            nearest = sum(math.floor(one) + (one % 1.0 >= 0.5) for one in fs)
            rows.append(f"{file},{k},{label},{len(times)},{units.astype(int).sum()},{nearest}")
(HERE / "heidelberg.csv").write_text("\n".join(rows) + "\n")


def buffer(events):
    """A FlatBuffer with one vector of events, after its length."""
    head = struct.pack("<6I", 12, 6 | 8 << 16, 4, 8, 4, len(events))
    body = head + b"".join(struct.pack("<qHHB3x", t, x, y, on) for t, x, y, on in events)
    return struct.pack("<I", len(body)) + body


def aedat(compression, pack, events):
    node = '<node name="0" path="/mainloop/Recorder/outInfo/0/">'
    size = '<attr key="sizeX" type="int">40</attr><attr key="sizeY" type="int">30</attr>'
    info = f'{node}<attr key="typeIdentifier" type="string">EVTS</attr><node path="/mainloop/Recorder/outInfo/0/info/">{size}</node></node>'
    head = struct.pack("<6IqII", 16, 10 | 24 << 16, 4 | 8 << 16, 16, 12, compression, -1, 4, len(info)) + info.encode()
    file = b"#!AER-DAT4.0\r\n" + struct.pack("<I", len(head)) + head
    for start in range(0, len(events), 150):
        content = pack(buffer(events[start : start + 150]))
        file += struct.pack("<II", 0, len(content)) + content
    return file


# Event k, for which the test has the same formula.
events = [(1_600_000_000_000_000 + 37 * k + k % 5, 7 * k % 40, 11 * k % 30, k // 3 % 2) for k in range(400)]
lz4_of = {"block_linked": True, "content_checksum": True, "block_size": lz4.frame.BLOCKSIZE_MAX64KB}
for name, compression, pack in (
    ("lz4", 1, lambda content: lz4.frame.compress(content, **lz4_of)),
    ("lz4_high", 2, lambda content: lz4.frame.compress(content, compression_level=12, store_size=False)),
    ("zstd", 3, lambda content: zstandard.ZstdCompressor(write_checksum=True).compress(content)),
    ("zstd_high", 4, lambda content: zstandard.ZstdCompressor(level=19).compress(content)),
):
    path = HERE / "aedat4" / f"{name}.aedat4"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(aedat(compression, pack, events))
