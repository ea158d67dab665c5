"""Writes fixtures/jpeg.json: JPEG files of many kinds, made by Pillow, with the gray values that Pillow reads from them
(exif_transpose, convert('L')); and seeds for the fuzzer.

Run: python3 generate_jpeg.py        (needs numpy and Pillow)
"""

import base64
import io
import json
import pathlib

import numpy as np
from PIL import Image, ImageOps

OUT = pathlib.Path(__file__).parent / "fixtures"
SEEDS = pathlib.Path(__file__).parents[2] / "Fuzz" / "Seeds" / "jpeg"
RNG = np.random.default_rng(20240608)


def picture(width, height, channels):
    """Smooth colors with dark strokes, no symmetry."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / (5 + 3 * c) + c) + np.cos(y / (4 + c)) for c in range(channels)]
    values = np.stack([150 + 45 * w for w in waves], axis=-1)
    values[(x + 2 * y) % 17 < 3] = 20
    values += RNG.integers(-9, 10, values.shape)
    return np.clip(values, 0, 255).astype(np.uint8)


def encoded(width, height, mode, orientation=None, **options):
    channels = {"L": 1, "RGB": 3, "CMYK": 4}[mode]
    pixels = picture(width, height, channels)
    image = Image.fromarray(pixels[..., 0] if channels == 1 else pixels, mode)
    if orientation:
        exif = Image.Exif()
        exif[0x010E] = "a description before the orientation"
        exif[0x0112] = orientation
        options["exif"] = exif
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def case(name, data):
    image = Image.open(io.BytesIO(data))
    gray = ImageOps.exif_transpose(image).convert("L")
    return {
        "name": name,
        "width": gray.width,
        "height": gray.height,
        "jpeg": base64.b64encode(data).decode(),
        "gray": np.asarray(gray).reshape(-1).tolist(),
    }


def cases():
    found = []
    sizes = [(1, 1), (8, 8), (31, 17), (40, 23), (3, 50), (65, 9)]
    for width, height in sizes:
        found.append(case(f"gray {width}x{height}", encoded(width, height, "L", quality=90)))
        found.append(case(f"color {width}x{height}", encoded(width, height, "RGB", quality=85)))
    for sampling in ["4:4:4", "4:2:2", "4:2:0"]:
        for progressive in [False, True]:
            found.append(
                case(
                    f"color 37x29 {sampling} progressive {progressive}",
                    encoded(37, 29, "RGB", quality=75, subsampling=sampling, progressive=progressive),
                )
            )
    found.append(case("gray 33x21 progressive", encoded(33, 21, "L", progressive=True, quality=60)))
    found.append(case("color 40x24 restarts", encoded(40, 24, "RGB", quality=80, restart_marker_blocks=1)))
    found.append(case("color 40x24 optimized", encoded(40, 24, "RGB", quality=30, optimize=True)))
    found.append(case("color 24x24 comment", encoded(24, 24, "RGB", comment=b"by hand \xff\xd9\xff\xda")))
    found.append(case("RGB without conversion", encoded(21, 18, "RGB", quality=90, keep_rgb=True)))
    for orientation in range(1, 9):
        for mode in ["L", "RGB"]:
            found.append(case(f"{mode} orientation {orientation}", encoded(19, 10, mode, orientation, quality=92)))
    return found


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    lines = ",\n".join(json.dumps(item, separators=(",", ":")) for item in cases())
    (OUT / "jpeg.json").write_text(f"[\n{lines}\n]\n")
    (OUT / "cmyk.jpg").write_bytes(encoded(16, 16, "CMYK"))
    SEEDS.mkdir(parents=True, exist_ok=True)
    for name, data in {
        "gray": encoded(19, 11, "L", quality=60),
        "color": encoded(17, 13, "RGB", quality=50),
        "progressive": encoded(20, 12, "RGB", progressive=True, quality=50),
        "restarts": encoded(20, 20, "RGB", restart_marker_blocks=1, quality=50),
        "turned": encoded(9, 14, "L", 6, quality=50),
        "cmyk": encoded(8, 8, "CMYK"),
    }.items():
        (SEEDS / name).write_bytes(data)
    (SEEDS / "text").write_text("not an image\n")
    (SEEDS / "png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
