"""ONNX Runtime reads image files as `akuru predict` does, with Pillow and numpy doing what the metadata says.

python check_texts.py MODEL.onnx PREDICTIONS
PREDICTIONS is what `akuru predict` printed: path, TAB, text.
"""
import json
import sys

import numpy as np
import onnxruntime
from PIL import Image

BATCH = 16

path, predictions = sys.argv[1:]
session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
metadata = session.get_modelmeta().custom_metadata_map
alphabet, p = json.loads(metadata["alphabet"]), json.loads(metadata["preprocessing"])


def load(path):
    image = Image.open(path).convert(p["mode"])
    width, height = image.size
    width = max(p["minimumWidth"], (2 * p["height"] * width + height) // (2 * height))
    image = image.resize((width, p["height"]), getattr(Image.Resampling, p["filter"]))
    return p["offset"] + p["scale"] * np.asarray(image, np.float32)


def read(images):
    widths = np.array([image.shape[1] for image in images], np.int64)
    batch = np.full((len(images), 1, p["height"], widths.max()), p["padding"], np.float32)
    for n, image in enumerate(images):
        batch[n, 0, :, : widths[n]] = image
    logits, lengths = session.run(None, {"images": batch, "widths": widths})
    for row, length in zip(logits.argmax(2), lengths):
        path = [k for i, k in enumerate(row[:length]) if i == 0 or k != row[i - 1]]
        yield "".join(alphabet[k - 1] for k in path if k > 0)


lines = [line.rstrip("\n").split("\t") for line in open(predictions, encoding="utf-8")]
wrong = []
for start in range(0, len(lines), BATCH):
    part = lines[start : start + BATCH]
    for (name, text), found in zip(part, read([load(name) for name, _ in part])):
        if text != found:
            wrong.append((name, text, found))
assert lines and not wrong, f"{len(wrong)} of {len(lines)} differ: {wrong[:5]}"
assert sum(len(text) > 0 for _, text in lines) > len(lines) // 2, "the model reads nothing"
print(f"{len(lines)} texts are the same")
