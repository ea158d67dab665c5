"""Writes the fixtures of ImagesTests: PNG files of every kind with the gray values they must give, and results of
Pillow's resize and of plain NumPy versions of the other image operations.

Run: python3 generate.py        (needs numpy and Pillow; the PNG files are put together by hand with zlib)
"""

import base64
import json
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image

OUT = pathlib.Path(__file__).parent / "fixtures"
RNG = np.random.default_rng(20240607)
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]}
# Adam7: first x, first y, step x, step y.
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pack_row(values, depth):
    """The bytes of a row of samples, most significant bit first."""
    if depth == 16:
        return b"".join(struct.pack(">H", int(v)) for v in values)
    bits = "".join(format(int(v), f"0{depth}b") for v in values)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))


def paeth(a, b, c):
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def filtered(rows, step):
    """Rows with their filter bytes; row i uses filter i % 5."""
    out = b""
    above = None
    for i, row in enumerate(rows):
        kind = i % 5
        prior = above or bytes(len(row))
        line = bytearray()
        for j, v in enumerate(row):
            a = row[j - step] if j >= step else 0
            b = prior[j]
            c = prior[j - step] if j >= step else 0
            line.append((v - [0, a, b, (a + b) // 2, paeth(a, b, c)][kind]) & 255)
        out += bytes([kind]) + bytes(line)
        above = row
    return out


def make_png(samples, color, depth, interlaced, palette=None, trns=None, before=b"", data_chunks=1):
    """samples: height x width x channels."""
    height, width, channels = samples.shape
    step = max(1, channels * depth // 8)
    raw = b""
    for x0, y0, dx, dy in PASSES if interlaced else [(0, 0, 1, 1)]:
        part = samples[y0::dy, x0::dx]
        if part.size:
            raw += filtered([pack_row(row.reshape(-1), depth) for row in part], step)
    packed = zlib.compress(raw, 9)
    cut = [len(packed) * i // data_chunks for i in range(data_chunks + 1)]
    file = b"\x89PNG\r\n\x1a\n"
    file += chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced)))
    file += before
    if palette is not None:
        file += chunk(b"PLTE", palette.astype(np.uint8).tobytes())
    if trns is not None:
        file += chunk(b"tRNS", trns)
    for start, end in zip(cut, cut[1:]):
        file += chunk(b"IDAT", packed[start:end])
    return file + chunk(b"IEND", b"")


def expected_gray(samples, color, depth, palette, trns):
    """Gray over white in real numbers, rounded once at the end."""
    top = 2**depth - 1
    s = samples.astype(np.float64)
    opaque = np.ones(samples.shape[:2])
    if color == 3:
        rgb = palette[samples[:, :, 0]] / 255
        alphas = np.ones(len(palette))
        if trns is not None:
            alphas[: len(trns)] = np.frombuffer(trns, np.uint8) / 255
        alpha = alphas[samples[:, :, 0]]
    elif color in (0, 4):
        rgb = np.repeat(s[:, :, :1] / top, 3, axis=2)
        alpha = s[:, :, 1] / top if color == 4 else opaque
        if trns is not None:
            alpha = (samples[:, :, 0] != struct.unpack(">H", trns)[0]).astype(float)
    else:
        rgb = s[:, :, :3] / top
        alpha = s[:, :, 3] / top if color == 6 else opaque
        if trns is not None:
            alpha = np.any(samples != np.array(struct.unpack(">HHH", trns)), axis=2).astype(float)
    gray = rgb @ np.array([0.299, 0.587, 0.114])
    return np.floor((gray * alpha + 1 - alpha) * 255 + 0.5).astype(int)


def png_case(name, width, height, color, depth, interlaced, transparent, **options):
    top = 2**depth - 1
    samples = RNG.integers(0, top + 1, (height, width, CHANNELS[color]))
    palette = trns = None
    if color == 3:
        entries = min(2**depth, 200)
        palette = RNG.integers(0, 256, (entries, 3))
        samples = np.minimum(samples, entries - 1)
        if transparent:
            trns = RNG.integers(0, 256, max(1, entries - 1)).astype(np.uint8).tobytes()
    elif transparent:
        # The colour of the middle pixel becomes transparent; a neighbour differs from it in the lowest bit only.
        key = samples[height // 2, width // 2].copy()
        samples[0, 0] = key
        samples[-1, -1] = key
        samples[-1, -1, -1] ^= 1
        trns = b"".join(struct.pack(">H", int(v)) for v in key)
    file = make_png(samples, color, depth, interlaced, palette, trns, **options)
    gray = expected_gray(samples, color, depth, palette, trns)
    plain = color == 0 and not transparent
    return {
        "name": name,
        "width": width,
        "height": height,
        "tolerance": 0 if plain else 1,
        "png": base64.b64encode(file).decode(),
        "gray": gray.reshape(-1).tolist(),
    }


def png_cases():
    cases = []
    for color, depths in DEPTHS.items():
        for depth in depths:
            for interlaced in (False, True):
                for transparent in (False, True) if color in (0, 2, 3) else (False,):
                    name = f"colour {color}, {depth} bits{', Adam7' if interlaced else ''}{', tRNS' if transparent else ''}"
                    cases.append(png_case(name, 7, 5, color, depth, interlaced, transparent))
    for width, height in [(1, 1), (1, 9), (9, 1), (2, 3), (33, 17)]:
        for interlaced in (False, True):
            for color, depth in [(0, 1), (0, 8), (3, 2), (6, 8)]:
                name = f"{width} x {height}, colour {color}, {depth} bits{', Adam7' if interlaced else ''}"
                cases.append(png_case(name, width, height, color, depth, interlaced, False))
    # Chunks that must not change a value or cost memory: linear gamma, a broken profile, a text that inflates to 8 MB.
    gamma = chunk(b"gAMA", struct.pack(">I", 100_000))
    profile = chunk(b"iCCP", b"x\0\0" + zlib.compress(b"no profile"))
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(8_000_000), 9))
    other = chunk(b"tEXt", b"Title\0word")
    cases.append(png_case("gAMA of 1", 7, 5, 0, 8, False, False, before=gamma))
    cases.append(png_case("gAMA of 1 with alpha", 7, 5, 6, 8, True, False, before=gamma + other))
    cases.append(png_case("a broken colour profile", 7, 5, 2, 8, False, False, before=profile))
    cases.append(png_case("a large text", 7, 5, 0, 4, False, True, before=text))
    cases.append(png_case("several IDAT", 23, 11, 2, 16, True, False, data_chunks=9))
    suggested = chunk(b"PLTE", bytes(range(30)))
    cases.append(png_case("a suggested palette", 7, 5, 2, 8, False, False, before=suggested))
    return cases


def check_against_pillow(cases):
    """The expected values are our own; Pillow must agree within 2 levels, except where it does not follow the
    specification: it compares tRNS with 8-bit values, whatever the depth, and does not scale 16-bit gray."""
    import io

    checked = 0
    for case in cases:
        if case["name"] == "a large text":
            continue  # Pillow refuses the file
        image = Image.open(io.BytesIO(base64.b64decode(case["png"])))
        depth, color = base64.b64decode(case["png"])[24:26]
        if (color in (0, 2) and depth != 8 and "transparency" in image.info) or image.mode.startswith("I"):
            continue
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        gray = np.asarray(Image.alpha_composite(white, rgba).convert("L")).reshape(-1).astype(int)
        assert np.abs(gray - np.array(case["gray"])).max() <= 2, case["name"]
        checked += 1
    print(f"{checked} of {len(cases)} PNG cases compared with Pillow")


def word_like(width, height):
    """Smooth strokes with hard edges and noise."""
    y, x = np.mgrid[0:height, 0:width]
    waves = np.sin(x / 3.1 + y / 5.7) + np.cos(y / 2.3 - x / 9.1)
    return np.clip(np.where(waves > 0.4, 20, 235) + RNG.integers(-20, 21, (height, width)), 0, 255).astype(np.uint8)


def resize_cases(filter):
    cases = []
    sizes = [
        ((37, 23), (61, 40)), ((91, 57), (37, 23)), ((64, 48), (32, 24)), ((50, 31), (50, 17)), ((50, 31), (19, 31)),
        ((41, 13), (41, 13)), ((1, 30), (4, 7)), ((29, 1), (11, 5)), ((1, 1), (5, 3)), ((5, 3), (1, 1)),
        ((203, 7), (9, 40)), ((7, 150), (60, 3)), ((130, 90), (58, 40)), ((33, 40), (34, 41)), ((120, 5), (7, 5)),
    ]  # fmt: skip
    for (w, h), (W, H) in sizes:
        pixels = RNG.integers(0, 256, (h, w)).astype(np.uint8) if len(cases) % 2 else word_like(w, h)
        image = Image.fromarray(pixels)
        resized = np.asarray(image.resize((W, H), filter))
        # New versions of Pillow sometimes do columns first, which moves the rounding between the passes.
        two_steps = np.asarray(image.resize((W, h), filter).resize((W, H), filter))
        cases.append(
            {
                "name": f"{w}x{h} to {W}x{H}",
                "source": {"width": w, "height": h, "pixels": pixels.reshape(-1).tolist()},
                "result": {"width": W, "height": H, "pixels": resized.reshape(-1).tolist()},
                "rowsFirst": two_steps.reshape(-1).tolist(),
            }
        )
    return cases


def bilinear(pixels, u, v, paper):
    """Values at (u, v), where pixel centres are integers; paper outside."""
    h, w = pixels.shape
    padded = np.full((h + 2, w + 2), float(paper))
    padded[1:-1, 1:-1] = pixels
    inside = (u > -1) & (v > -1) & (u < w) & (v < h)
    u, v = np.where(inside, u, 0), np.where(inside, v, 0)
    x, y = np.floor(u).astype(int), np.floor(v).astype(int)
    fx, fy = u - x, v - y
    x, y = x + 1, y + 1
    upper = padded[y, x] * (1 - fx) + padded[y, x + 1] * fx
    lower = padded[y + 1, x] * (1 - fx) + padded[y + 1, x + 1] * fx
    return np.where(inside, upper * (1 - fy) + lower * fy, paper)


def warp_cases():
    cases = []
    maps = [
        ("rotation", [0.98, 0.2, -1.3, -0.2, 0.98, 2.7, 0, 0, 1], 31, 19, 255),
        ("shear and enlarge", [0.6, 0.25, 0, 0, 0.55, 0.5, 0, 0, 1], 40, 25, 0),
        ("shift by half a pixel", [1, 0, 0.5, 0, 1, -0.25, 0, 0, 1], 23, 14, 128),
        ("far outside", [1, 0, 500, 0, 1, 0, 0, 0, 1], 9, 5, 77),
        ("perspective", [0.9, 0.1, 1.5, -0.05, 1.1, 0.5, 0.004, -0.003, 1], 29, 17, 255),
        ("horizon inside", [1, 0.2, 0, 0.1, 1, 0, -0.06, 0.01, 1], 29, 17, 200),
    ]
    for name, m, W, H, paper in maps:
        pixels = word_like(27, 16)
        y, x = np.mgrid[0:H, 0:W] + 0.5
        w = m[6] * x + m[7] * y + m[8]
        safe = np.where(w > 0, w, 1)
        u = np.where(w > 0, (m[0] * x + m[1] * y + m[2]) / safe - 0.5, -9)
        v = np.where(w > 0, (m[3] * x + m[4] * y + m[5]) / safe - 0.5, -9)
        cases.append(
            {
                "name": name,
                "map": m,
                "paper": paper,
                "source": {"width": 27, "height": 16, "pixels": pixels.reshape(-1).tolist()},
                "result": {"width": W, "height": H, "values": bilinear(pixels, u, v, paper).round(3).reshape(-1).tolist()},
            }
        )
    return cases


def blur_cases():
    cases = []
    for sigma, w, h, border in [
        (0.4, 13, 9, "clamp"), (0.8, 13, 9, "paper"), (1.7, 21, 5, "clamp"), (2.6, 4, 19, "paper"),
        (5.0, 3, 2, "clamp"), (5.0, 1, 1, "paper"), (12.3, 30, 17, "clamp"),
    ]:  # fmt: skip
        pixels = RNG.integers(0, 256, (h, w)).astype(np.uint8)
        radius = int(np.ceil(3 * sigma))
        kernel = np.exp(-np.arange(-radius, radius + 1) ** 2 / (2 * sigma**2))
        kernel /= kernel.sum()
        mode = {"mode": "edge"} if border == "clamp" else {"constant_values": 255}
        padded = np.pad(pixels.astype(float), radius, **mode)
        rows = np.apply_along_axis(np.convolve, 1, padded, kernel, "valid")
        both = np.apply_along_axis(np.convolve, 0, rows, kernel, "valid")
        cases.append(
            {
                "name": f"sigma {sigma}, {w}x{h}, {border}",
                "sigma": sigma,
                "border": border,
                "source": {"width": w, "height": h, "pixels": pixels.reshape(-1).tolist()},
                "result": {"width": w, "height": h, "values": both.round(3).reshape(-1).tolist()},
            }
        )
    return cases


def save(name, cases):
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    (OUT / name).write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    decoding = png_cases()
    check_against_pillow(decoding)
    save("png.json", decoding)
    save("resize.json", resize_cases(Image.BILINEAR))
    save("warp.json", warp_cases())
    save("blur.json", blur_cases())
    save("lanczos.json", resize_cases(Image.LANCZOS))
