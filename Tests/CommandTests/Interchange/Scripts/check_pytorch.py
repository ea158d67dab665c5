"""PyTorch's classes load exported weights and give the same logits.

python check_pytorch.py WEIGHTS.safetensors EXPECTED
EXPECTED holds, for each image, one line of JSON: {"height", "width", "input": [...], "steps", "logits": [...]}.
"""
import json
import pathlib
import sys

import torch
from safetensors import safe_open
from safetensors.torch import load_file

import models

TOLERANCE = 1e-4

weights, expected = sys.argv[1:]
state = load_file(weights)
configuration = json.loads((pathlib.Path(weights).parent / "config.json").read_text())
assert configuration["weights"] == pathlib.Path(weights).name
with safe_open(weights, "pt") as file:
    metadata = file.metadata()
assert metadata["format"] == "pt"
assert json.loads(metadata["alphabet"]) == configuration["alphabet"]
assert json.loads(metadata["preprocessing"]) == configuration["preprocessing"]
assert len(configuration["alphabet"]) + 1 == state["fc.bias"].shape[0]
model = models.make(configuration["architecture"]["name"], state, configuration["preprocessing"]["height"])
records = [json.loads(line) for line in open(expected)]
worst = 0.0
with torch.no_grad():
    for record in records:
        image = torch.tensor(record["input"]).reshape(1, 1, record["height"], record["width"])
        logits = model(image)
        worst = max(worst, (logits - torch.tensor(record["logits"]).reshape(record["steps"], -1)).abs().max().item())
assert records and worst <= TOLERANCE, worst
print(f"{len(records)} images, largest difference {worst:.1e}")
