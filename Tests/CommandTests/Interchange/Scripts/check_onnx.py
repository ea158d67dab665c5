"""ONNX Runtime computes an exported model as Akuru does, and an image's logits do not depend on the batch.

python check_onnx.py MODEL.onnx EXPECTED
EXPECTED holds, for each image, one line of JSON: {"height", "width", "input": [...], "steps", "logits": [...]}.
"""
import json
import sys

import numpy as np
import onnxruntime

TOLERANCE, BATCH_TOLERANCE = 1e-4, 1e-5

path, expected = sys.argv[1:]
session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
metadata = session.get_modelmeta().custom_metadata_map
preprocessing = json.loads(metadata["preprocessing"])
assert [value.name for value in session.get_inputs()] == ["images", "widths"]
assert [value.name for value in session.get_outputs()] == ["logits", "lengths"]
images, logits = [], []
for line in open(expected):
    record = json.loads(line)
    images.append(np.array(record["input"], np.float32).reshape(record["height"], record["width"]))
    logits.append(np.array(record["logits"], np.float32).reshape(record["steps"], -1))
assert images and all(image.shape[0] == preprocessing["height"] for image in images)
assert logits[0].shape[1] == len(json.loads(metadata["alphabet"])) + 1


def run(images, width, fill):
    batch = np.full((len(images), 1, images[0].shape[0], width), fill, np.float32)
    for n, image in enumerate(images):
        batch[n, 0, :, : image.shape[1]] = image
    widths = np.array([image.shape[1] for image in images], np.int64)
    return session.run(None, {"images": batch, "widths": widths})


single = []
for image, golden in zip(images, logits):
    result, lengths = run([image], image.shape[1], 0)
    assert lengths.tolist() == [golden.shape[0]] and result.shape == (1, *golden.shape), (lengths, result.shape)
    error = np.abs(result[0] - golden).max()
    assert error <= TOLERANCE * max(1, np.abs(golden).max()), error
    single.append(result[0])
widest = max(image.shape[1] for image in images)
worst = 0.0
for width, fill in [(widest, 0), (widest, 7.5), (widest + 37, -3)]:
    result, lengths = run(images, width, fill)
    for n, alone in enumerate(single):
        assert lengths[n] == alone.shape[0]
        error = np.abs(result[n, : lengths[n]] - alone).max() / np.abs(alone).max()
        assert error <= BATCH_TOLERANCE, (n, width, fill, error)
        assert (result[n, lengths[n] :] == 0).all()
        worst = max(worst, error)
print(f"{len(images)} images, largest relative difference in batches {worst:.1e}")
