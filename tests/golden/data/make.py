"""The files beside this one: four samples of 2 x 2 in two classes, in every form, two recordings of an event camera, and four of sound."""

import pathlib
import struct
import zipfile
import zlib

HERE = pathlib.Path(__file__).parent
X = bytes([255, 0, 255, 0, 0, 255, 0, 255, 200, 10, 220, 0, 0, 230, 10, 210])
Y = bytes([0, 1, 0, 1])


def npy(kind, shape, values):
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
    text = text.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + values


def png(rows):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def write(name, data):
    path = HERE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


x, y = npy("|u1", (4, 2, 2), X), npy("|u1", (4,), Y)
write("x.npy", x)
write("y.npy", y)
with zipfile.ZipFile(HERE / "samples.npz", "w", zipfile.ZIP_DEFLATED) as archive:
    for name, data in (("x.npy", x), ("y.npy", y)):
        archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
write("x.idx", struct.pack(">IIII", 0x0803, 4, 2, 2) + X)
write("y.idx", struct.pack(">II", 0x0801, 4) + Y)
lines = ["a,b,c,d,label"]
for k in range(4):
    lines.append(",".join(f"{value / 255:.6f}" for value in X[4 * k : 4 * k + 4]) + f",{Y[k]}")
write("samples.csv", ("\n".join(lines) + "\n").encode())
for k in range(4):
    write(f"png/{Y[k]}/{k}.png", png([X[4 * k : 4 * k + 2], X[4 * k + 2 : 4 * k + 4]]))


def nmnist(events):
    return b"".join(bytes([x, y]) + struct.pack(">I", on << 23 | t)[1:] for t, x, y, on in events)


write("recordings/left/a.bin", nmnist([(100, 3, 5, 1), (2000, 3, 6, 0), (9000, 4, 5, 1)]))
write("recordings/left/b.bin", nmnist([(150, 3, 5, 1), (8000, 3, 6, 0)]))
write("recordings/right/a.bin", nmnist([(120, 30, 5, 1), (2500, 31, 6, 0), (9100, 30, 5, 1)]))
write("recordings/right/b.bin", nmnist([(90, 30, 5, 1), (8100, 31, 6, 0)]))
rows = [(0, 0, "0.1", 3), (0, 0, "2.5", 4), (1, 1, "0.2", 7), (2, 0, "0.3", 3), (3, 1, "1.75", 7)]
write("spikes.csv", ("sample,label,time [ms],line\n" + "".join(f"{s},{c},{t},{line}\n" for s, c, t, line in rows)).encode())


def wav(period, silent):
    values = [0 if k < silent else 12000 if k // (period // 2) % 2 else -12000 for k in range(160)]
    data = struct.pack("<160h", *values)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16)
    return b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVE" + form + struct.pack("<4sI", b"data", len(data)) + data


for k, period in enumerate((8, 16)):
    write(f"sound/{k}/a.wav", wav(period, 11))
    write(f"sound/{k}/b.wav", wav(period, 31))
