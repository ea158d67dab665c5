"""Writes fixtures/tiff.json, fixtures/webp.json and fixtures/exif.json: TIFF and WebP files of many kinds, and PNG files
with an orientation, made by Pillow, tifffile and this script, with their gray values; and seeds for the fuzzers.

Gray is computed from the samples that went into a lossless file, in real numbers and rounded once, and from Pillow's
decoding of a lossy one. Pillow reads every file that it can, and must agree.

Run: python3 generate_formats.py        (needs numpy, Pillow, tifffile and imagecodecs)
"""

import base64
import io
import json
import pathlib
import struct

import numpy as np
import tifffile
from PIL import Image, ImageOps

OUT = pathlib.Path(__file__).parent / "fixtures"
SEEDS = pathlib.Path(__file__).parents[2] / "Fuzz" / "Seeds"
RNG = np.random.default_rng(20250713)
WEIGHTS = np.array([0.299, 0.587, 0.114])


def picture(width, height, channels, bits=8):
    """Smooth values with dark strokes, no symmetry."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / (5 + 3 * c) + c) + np.cos(y / (4 + c)) for c in range(channels)]
    values = np.stack([0.55 + 0.2 * w for w in waves], axis=-1)
    values[(x + 2 * y) % 17 < 3] = 0.08
    values = np.clip(values + RNG.normal(0, 0.03, values.shape), 0, 1)
    return np.round(values * (2**bits - 1)).astype(np.uint16 if bits == 16 else np.uint8)


def rounded(values):
    return np.floor(np.clip(values, 0, 1) * 255 + 0.5).astype(int)


def gray_of(samples, bits, alpha=None, premultiplied=False):
    """Gray over white of samples of 1 (gray) or 3 (RGB) channels."""
    shares = samples.astype(np.float64) / (2**bits - 1)
    gray = shares[..., 0] if shares.shape[-1] == 1 else shares @ WEIGHTS
    if alpha is None:
        return rounded(gray)
    alpha = alpha.astype(np.float64) / (2**bits - 1)
    return rounded((gray if premultiplied else gray * alpha) + 1 - alpha)


def pillow_gray(data, page=0):
    """What Pillow reads, over white; None if it cannot."""
    try:
        image = Image.open(io.BytesIO(data))
        image.seek(page)
        image.load()
        if image.mode.startswith("I"):
            return None
        image = ImageOps.exif_transpose(image).convert("RGBA")
    except Exception:
        return None
    white = Image.new("RGBA", image.size, "white")
    return np.asarray(Image.alpha_composite(white, image).convert("L")).astype(int)


def case(name, data, gray=None, page=0, tolerance=1, compare=2, orientation=1):
    """`compare` is how far Pillow may differ; None for files that Pillow reads otherwise."""
    seen = pillow_gray(data, page)
    if gray is None:
        assert seen is not None, name
        gray = seen
    elif orientation > 1:
        gray = oriented(gray, orientation)
    if compare is not None and seen is not None:
        assert seen.shape == gray.shape and np.abs(seen - gray).max() <= compare, (name, np.abs(seen - gray).max())
    height, width = gray.shape
    return {
        "name": name,
        "width": width,
        "height": height,
        "page": page,
        "tolerance": tolerance,
        "file": base64.b64encode(data).decode(),
        "gray": base64.b64encode(gray.astype(np.uint8).tobytes()).decode(),
    }


def oriented(values, orientation):
    """The upright image of a stored one."""
    turns = {
        2: lambda v: v[:, ::-1],
        3: lambda v: v[::-1, ::-1],
        4: lambda v: v[::-1],
        5: lambda v: v.T,
        6: lambda v: v.T[:, ::-1],
        7: lambda v: v[::-1, ::-1].T,
        8: lambda v: v.T[::-1],
    }
    return turns[orientation](values) if orientation > 1 else values


# TIFF by hand: the kinds that no program writes, and full control of the layout.


def packed(samples, bits):
    """Rows of samples, the first in the highest bits, each row in whole bytes; 16 bits are little-endian."""
    rows = samples.reshape(samples.shape[0], -1)
    if bits == 8:
        return rows.astype(np.uint8).tobytes()
    if bits == 16:
        return rows.astype("<u2").tobytes()
    per = 8 // bits
    rows = np.pad(rows, ((0, 0), (0, -rows.shape[1] % per))).astype(int)
    shifts = np.arange(8 - bits, -1, -bits)
    return (rows.reshape(rows.shape[0], -1, per) << shifts).sum(axis=2).astype(np.uint8).tobytes()


def tiff(pages, big=False, order="<"):
    """A file of pages; a page is a dictionary of tags, with the pieces of its data under `data`."""
    word = "Q" if big else "I"
    file = struct.pack(order + "2sHHHQ", b"II" if order == "<" else b"MM", 43, 8, 0, 16) if big else struct.pack(
        order + "2sHI", b"II" if order == "<" else b"MM", 42, 8
    )
    size = 8 if big else 4
    for number, page in enumerate(pages):
        tags = dict(page)
        pieces = tags.pop("data")
        tiled = 322 in tags
        places, counts = (324, 325) if tiled else (273, 279)
        tags[places], tags[counts] = [0] * len(pieces), [len(piece) for piece in pieces]
        length = (8 + 20 * len(tags) + 8) if big else (2 + 12 * len(tags) + 4)
        start = len(file) + length
        longs = {273, 279, 324, 325}
        code = {3: "H", 4: "I", 16: "Q"}
        kind = {tag: (16 if big else 4) if tag in longs else 4 if max(values) > 65535 else 3 for tag, values in tags.items()}
        sizes = {tag: struct.calcsize(code[kind[tag]]) * len(values) for tag, values in tags.items()}
        outside = {}
        for tag in sorted(tags):
            if sizes[tag] > size:
                outside[tag] = start
                start += sizes[tag] + sizes[tag] % 2
        for i, piece in enumerate(pieces):
            tags[places][i] = start
            start += len(piece) + len(piece) % 2
        entries, extra = b"", b""
        for tag in sorted(tags):
            values = struct.pack(f"{order}{len(tags[tag])}{code[kind[tag]]}", *tags[tag])
            if tag in outside:
                extra += values + b"\0" * (len(values) % 2)
                values = struct.pack(order + word, outside[tag])
            entries += struct.pack(order + "HH" + word, tag, kind[tag], len(tags[tag])) + values.ljust(size, b"\0")
        following = start if number + 1 < len(pages) else 0
        file += struct.pack(order + ("Q" if big else "H"), len(tags)) + entries + struct.pack(order + word, following)
        file += extra + b"".join(piece + b"\0" * (len(piece) % 2) for piece in pieces)
    return file


def page_of(samples, bits, photometric, rows=None, planar=1, tile=None, **tags):
    """Tags and uncompressed data of a page."""
    height, width, channels = samples.shape
    result = {
        256: [width], 257: [height], 258: [bits] * channels, 259: [1], 262: [photometric], 277: [channels],
        284: [planar],
    }  # fmt: skip
    planes = [samples[..., c : c + 1] for c in range(channels)] if planar == 2 else [samples]
    pieces = []
    for plane in planes:
        if tile:
            w, h = tile
            full = np.pad(plane, ((0, -height % h), (0, -width % w), (0, 0)))
            for y in range(0, full.shape[0], h):
                for x in range(0, full.shape[1], w):
                    pieces.append(packed(full[y : y + h, x : x + w], bits))
        else:
            for y in range(0, height, rows or height):
                pieces.append(packed(plane[y : y + (rows or height)], bits))
    if tile:
        result |= {322: [tile[0]], 323: [tile[1]]}
    else:
        result[278] = [rows or height]
    result |= {int(tag[1:]): values for tag, values in tags.items()}
    return result | {"data": pieces}


def plain_cases():
    """Every depth, kind of color, and layout, uncompressed."""
    found = []
    layouts = [("strips", {"rows": 3}), ("one strip", {}), ("tiles", {"tile": (16, 16)})]
    for bits in [1, 2, 4, 8, 16]:
        for name, layout in layouts:
            samples = picture(19, 21, 1, bits)
            gray = gray_of(samples, bits)
            found.append(case(f"gray {bits} bits, {name}", tiff([page_of(samples, bits, 1, **layout)]), gray, tolerance=0))
            white = tiff([page_of(samples, bits, 0, **layout)])
            found.append(case(f"white is 0, {bits} bits, {name}", white, rounded(1 - samples[..., 0] / (2**bits - 1)), tolerance=0))
            for planar in [1, 2]:
                colors = picture(19, 21, 3, bits)
                data = tiff([page_of(colors, bits, 2, planar=planar, **layout)])
                if bits == 16:
                    stored = tifffile.imread(io.BytesIO(data))
                    assert np.array_equal(stored if planar == 1 else stored.transpose(1, 2, 0), colors)
                # Pillow gives noise for planes of 16 bits.
                compare = None if bits == 16 and planar == 2 else 2
                found.append(case(f"RGB {bits} bits, planar {planar}, {name}", data, gray_of(colors, bits), compare=compare))
        if bits < 16:
            palette = RNG.integers(0, 65536, (2**bits, 3))
            indices = RNG.integers(0, 2**bits, (9, 13, 1))
            data = tiff([page_of(indices, bits, 3, t320=palette.T.reshape(-1).tolist())])
            found.append(case(f"palette {bits} bits", data, rounded(palette[indices[..., 0]] / 65535 @ WEIGHTS)))
    narrow = RNG.integers(0, 256, (16, 3))
    indices = RNG.integers(0, 16, (9, 13, 1))
    data = tiff([page_of(indices, 4, 3, t320=narrow.T.reshape(-1).tolist())])
    found.append(case("palette of 8 bits a color", data, rounded(narrow[indices[..., 0]] / 255 @ WEIGHTS), compare=None))
    return found


def alpha_cases():
    found = []
    for bits in [8, 16]:
        for planar in [1, 2]:
            for channels, photometric in [(1, 1), (3, 2)]:
                samples = picture(15, 11, channels, bits)
                alpha = RNG.integers(0, 2**bits, (11, 15, 1)).astype(samples.dtype)
                both = np.concatenate([samples, alpha], axis=2)
                name = f"{channels} channels and alpha, {bits} bits, planar {planar}"
                data = tiff([page_of(both, bits, photometric, planar=planar, t338=[2])])
                found.append(case(name, data, gray_of(samples, bits, alpha[..., 0]), compare=3 if bits == 8 and planar == 1 else None))
                multiplied = (samples.astype(float) * alpha / (2**bits - 1)).round().astype(samples.dtype)
                both = np.concatenate([multiplied, alpha], axis=2)
                data = tiff([page_of(both, bits, photometric, planar=planar, t338=[1])])
                gray = gray_of(multiplied, bits, alpha[..., 0], premultiplied=True)
                found.append(case(name + ", multiplied", data, gray, compare=None))
                data = tiff([page_of(both, bits, photometric, planar=planar, t338=[0])])
                found.append(case(name + ", of no meaning", data, gray_of(multiplied, bits), compare=None))
    inks = picture(15, 11, 4)
    shares = 1 - inks / 255
    gray = rounded((shares[..., :3] @ WEIGHTS) * shares[..., 3])
    for planar in [1, 2]:
        found.append(case(f"CMYK, planar {planar}", tiff([page_of(inks, 8, 5, planar=planar)]), gray, compare=3))
    return found


def compressed_cases():
    found = []
    bilevel = Image.fromarray(picture(45, 23, 1)[..., 0]).convert("1", dither=0)
    expected = np.asarray(bilevel).astype(int) * 255
    for method in ["tiff_ccitt", "group3", "group4", "packbits", "tiff_lzw", "tiff_adobe_deflate"]:
        for inverted in [False, True]:
            tags = {262: 0 if inverted else 1}
            buffer = io.BytesIO()
            source = bilevel if not inverted else Image.fromarray(~np.asarray(bilevel))
            source.save(buffer, "TIFF", compression=method, tiffinfo=tags)
            data = buffer.getvalue()
            is_white = Image.open(io.BytesIO(data)).tag_v2[262] == 0
            gray = pillow_gray(data)
            found.append(case(f"{method}, white is {0 if is_white else 1}", data, gray, tolerance=0))
        assert np.array_equal(np.frombuffer(base64.b64decode(found[-2]["gray"]), np.uint8).reshape(expected.shape), expected), method
    for mode, channels in [("L", 1), ("RGB", 3)]:
        samples = picture(33, 18, channels)
        image = Image.fromarray(samples[..., 0] if channels == 1 else samples)
        for method in ["packbits", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate"]:
            buffer = io.BytesIO()
            image.save(buffer, "TIFF", compression=method)
            found.append(case(f"{mode} {method}", buffer.getvalue(), gray_of(samples, 8)))
        buffer = io.BytesIO()
        image.save(buffer, "TIFF", compression="jpeg", quality=90)
        found.append(case(f"{mode} jpeg", buffer.getvalue(), tolerance=1))
    return found + written_by_tifffile()


def written_by_tifffile():
    found = []
    for bits in [8, 16]:
        samples = picture(37, 25, 3, bits)
        gray = gray_of(samples, bits)
        for method in ["lzw", "zlib", "packbits"]:
            predictors = [False] if method == "packbits" else [False, True]
            for predictor in predictors:
                for layout in [{"rowsperstrip": 7}, {"tile": (16, 32)}]:
                    for order in "<>":
                        buffer = io.BytesIO()
                        tifffile.imwrite(
                            buffer, samples, photometric="rgb", compression=method, predictor=predictor, byteorder=order,
                            metadata=None, software=False, **layout,
                        )  # fmt: skip
                        name = f"RGB {bits} bits {method} {'predictor ' if predictor else ''}{list(layout)[0]} {order}"
                        found.append(case(name, buffer.getvalue(), gray))
    for layout in [{"rowsperstrip": 8}, {"tile": (16, 16)}]:
        for subsampling in [(1, 1), (2, 2)]:
            buffer = io.BytesIO()
            tifffile.imwrite(
                buffer, picture(40, 24, 3), photometric="ycbcr" if subsampling == (2, 2) else "rgb", compression="jpeg",
                compressionargs={"level": 92}, subsampling=subsampling if subsampling == (2, 2) else None,
                metadata=None, software=False, **({"rowsperstrip": 16} if "rowsperstrip" in layout else layout),
            )  # fmt: skip
            # Pillow has its own way of enlarging colors where blocks are cut.
            found.append(case(f"jpeg {subsampling} {list(layout)[0]}", buffer.getvalue(), tolerance=2))
    return found


def other_cases():
    found = []
    for orientation in range(1, 9):
        samples = picture(19, 10, 1)
        data = tiff([page_of(samples, 8, 1, rows=4, t274=[orientation])])
        found.append(case(f"orientation {orientation}", data, gray_of(samples, 8), tolerance=0, orientation=orientation))
    for width, height in [(1, 1), (1, 9), (9, 1), (2, 3), (65, 17)]:
        for bits in [1, 4, 8]:
            samples = picture(width, height, 1, bits)
            for layout in [{}, {"tile": (16, 16)}]:
                data = tiff([page_of(samples, bits, 1, **layout)])
                name = f"{width}x{height} {bits} bits{' tiles' if layout else ''}"
                found.append(case(name, data, gray_of(samples, bits), tolerance=0))
    pages = [picture(11 + i, 7 + 2 * i, 1) for i in range(3)]
    for big in [False, True]:
        for order in "<>":
            data = tiff([page_of(page, 8, 1, rows=4) for page in pages], big=big, order=order)
            for i, page in enumerate(pages):
                found.append(case(f"page {i} of three, big {big}, {order}", data, gray_of(page, 8), page=i, tolerance=0))
    samples = picture(21, 9, 1, 1)
    bits = np.unpackbits(np.frombuffer(packed(samples, 1), np.uint8)).reshape(-1, 8)[:, ::-1]
    page = page_of(samples, 1, 1, t266=[2])
    page["data"] = [np.packbits(bits).tobytes()]
    found.append(case("the first pixel in the lowest bit", tiff([page]), gray_of(samples, 1), tolerance=0))
    return found


def webp_case(name, image, **options):
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", **options)
    return case(name, buffer.getvalue(), tolerance=1)


def webp_cases():
    found = []
    for width, height in [(1, 1), (3, 50), (31, 17), (40, 23)]:
        for lossless in [False, True]:
            for channels in [3, 4]:
                image = Image.fromarray(picture(width, height, channels))
                name = f"{width}x{height} {'lossless' if lossless else 'lossy'} {channels} channels"
                found.append(webp_case(name, image, lossless=lossless, quality=80, exact=True))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        for lossless in [False, True]:
            image = Image.fromarray(picture(19, 10, 3))
            name = f"orientation {orientation} {'lossless' if lossless else 'lossy'}"
            found.append(webp_case(name, image, lossless=lossless, exif=exif.tobytes()))
    return found


def png_cases():
    """PNG files with an orientation before or after the pixels."""
    found = []
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        image = Image.fromarray(picture(19, 10, 1)[..., 0])
        buffer = io.BytesIO()
        image.save(buffer, "PNG", exif=exif)
        data = buffer.getvalue()
        found.append(case(f"orientation {orientation}", data, tolerance=0))
        chunks, offset = [], 8
        while offset < len(data):
            length = struct.unpack(">I", data[offset : offset + 4])[0]
            chunks.append(data[offset : offset + 12 + length])
            offset += 12 + length
        moved = [c for c in chunks if c[4:8] not in (b"eXIf", b"IEND")] + [c for c in chunks if c[4:8] == b"eXIf"] + chunks[-1:]
        late = data[:8] + b"".join(moved)
        found.append(case(f"orientation {orientation}, after the pixels", late, tolerance=0))
    return found


def animation():
    frames = [Image.fromarray(picture(12, 9, 3)) for _ in range(2)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def save(name, cases):
    lines = ",\n".join(json.dumps(item, separators=(",", ":")) for item in cases)
    (OUT / name).write_text(f"[\n{lines}\n]\n")
    print(f"{name}: {len(cases)} cases")


def seeds(tiffs, webps, pngs):
    """The smallest case of each of these kinds."""
    wanted = {
        "tiff": (tiffs, [
            "gray 1 bits, strips", "gray 16 bits, tiles", "white is 0, 4 bits", "RGB 8 bits, planar 2, tiles", "palette 4 bits",
            "3 channels and alpha, 8 bits, planar 1", "1 channels and alpha, 16 bits", "CMYK, planar 2", "tiff_ccitt", "group3",
            "group4", "L packbits", "RGB tiff_lzw", "RGB 8 bits zlib predictor", "RGB jpeg", "L jpeg", "jpeg (2, 2) tile",
            "orientation 6", "page 1 of three, big False", "page 2 of three, big True", "the first pixel",
        ]),
        "webp": (webps, ["31x17 lossy 3", "31x17 lossless 3", "31x17 lossy 4", "31x17 lossless 4", "orientation 6 lossy"]),
        "png": (pngs, ["orientation 6", "orientation 3, after"]),
    }  # fmt: skip
    for reader, (cases, names) in wanted.items():
        folder = SEEDS / reader
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            found = next(item for item in cases if item["name"].startswith(name))
            file = "".join(c if c.isalnum() else "-" for c in found["name"]).strip("-")
            if reader == "png":
                file = "exif-" + file
            (folder / file).write_bytes(base64.b64decode(found["file"]))
    (SEEDS / "webp" / "animation").write_bytes(animation())
    for reader in ["tiff", "webp"]:
        (SEEDS / reader / "text").write_text("not an image\n")


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    tiffs = plain_cases() + alpha_cases() + compressed_cases() + other_cases()
    webps, pngs = webp_cases(), png_cases()
    save("tiff.json", tiffs)
    save("webp.json", webps)
    save("exif.json", pngs)
    (OUT / "animation.webp").write_bytes(animation())
    seeds(tiffs, webps, pngs)
