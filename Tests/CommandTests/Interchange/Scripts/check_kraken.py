"""kraken reads exported models, and makes some.

python check_kraken.py logits MODEL EXPECTED [white-is-one]
    EXPECTED holds lines of JSON: an input without padding, and the logits that Akuru gives it.
python check_kraken.py texts MODEL PREDICTIONS [pad=N] [LABELS]
    PREDICTIONS is what `akuru predict` printed: path, TAB, text. 99 % of the texts must be the same. kraken's network gets the pixels
    that Akuru's gets from a model without other preparation than kraken's. LABELS has the same form; both are compared with it.
    With pad=N, kraken does all in its own way:
    it reads each image as a line of a page whose white frame the line's polygon does not touch, with N white columns at both
    ends. Letters stay in the order of the page: kraken's reordering drops joiners.
python check_kraken.py make MODEL EXPECTED SPEC
    A model of the letters a to e with random weights, and the logits that kraken gives it.
python check_kraken.py run MODEL EXPECTED
    The logits that kraken gives a model that it has trained.
"""
import json
import sys

import numpy as np
import torch
from kraken.configs import RecognitionInferenceConfig
from kraken.containers import BaselineLine, Segmentation
from kraken.lib.ctc_decoder import greedy_decoder
from kraken.lib.vgsl import TorchVGSLModel
from kraken.models import load_models
from kraken.models.writers import write_safetensors
from PIL import Image

torch.set_num_threads(1)
mode, path, expected, *rest = sys.argv[1:]
if mode == "make":
    torch.manual_seed(5)
    model = TorchVGSLModel(
        vgsl=rest[0], model_type=["recognition"], codec={letter: [i] for i, letter in enumerate("abcde", 1)},
        seg_type="baselines", one_channel_mode="L", legacy_polygons=False)
    for name, weights in model.named_parameters():
        if ".layer." in name and weights.dim() == 1:
            torch.nn.init.uniform_(weights, -1, 1)
    write_safetensors([model], path)
(model,) = load_models(path, tasks=["recognition"])


def check_logits():
    model.eval()
    worst = count = 0
    for line in open(expected, encoding="utf-8"):
        record = json.loads(line)
        image = np.array(record["input"], np.float32).reshape(1, 1, record["height"], record["width"])
        if rest == ["white-is-one"]:
            image = 1 - image
        with torch.inference_mode():
            logits, lengths = model.nn(torch.from_numpy(image), torch.tensor([record["width"]]))
        logits = logits[0, :, 0].T.numpy()
        ours = np.array(record["logits"], np.float32).reshape(record["steps"], -1)
        assert logits.shape == ours.shape and lengths.tolist() == [record["steps"]], (logits.shape, ours.shape, lengths)
        error = np.abs(logits - ours).max() / np.abs(ours).max()
        assert error <= 1e-4, f"image {count}: an error of {error:.1e} of the largest logit"
        worst, count = max(worst, error), count + 1
    print(f"{count} images, logits within {worst:.1e} of the largest")


def write_logits():
    model.eval()
    random = np.random.default_rng(3)
    with open(expected, "w", encoding="utf-8") as file:
        for width in [64, 41, 130, 97]:
            _, channels, height, _ = model.input
            pixels = random.integers(0, 256, (channels * height, width))
            image = torch.tensor(1 - pixels / 255, dtype=torch.float32).reshape(1, channels, height, width)
            with torch.inference_mode():
                logits, _ = model.nn(image, torch.tensor([width]))
            record = dict(
                width=width, pixels=pixels.reshape(-1).tolist(), steps=logits.shape[3],
                logits=logits[0, :, 0].T.reshape(-1).tolist())
            file.write(json.dumps(record) + "\n")


def read_pixels(name):
    line = Image.open(name).convert("L")
    (width, height), lines = line.size, model.input[2]
    line = line.resize((max(4, (2 * lines * width + height) // (2 * height)), lines), Image.Resampling.BILINEAR)
    image = torch.from_numpy(1 - np.asarray(line, np.float32) / 255)[None, None]
    with torch.inference_mode():
        logits, lengths = model.nn(image, torch.tensor([line.size[0]]))
    (labels,) = greedy_decoder(logits.softmax(1).squeeze(2), lengths)
    return "".join(letter for letter, *_ in model.codec.decode(labels))


def read_page(name):
    line = Image.open(name).convert("L")
    (width, height), frame = line.size, 4
    page = Image.new("L", (width + 2 * frame, height + 2 * frame), 255)
    page.paste(line, (frame, frame))
    left, top, right, bottom = frame, frame, frame + width - 1, frame + height - 1
    baseline = [[left, bottom - height // 4], [right, bottom - height // 4]]
    boundary = [[left, top], [right, top], [right, bottom], [left, bottom]]
    segment = Segmentation(
        type="baselines", imagename=name, text_direction="horizontal-lr", script_detection=False, regions={},
        line_orders=[], lines=[BaselineLine(id="a", baseline=baseline, boundary=boundary)])
    (record,) = model.predict(page, segment)
    return record.prediction


def distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1]


def check_texts():
    def table(path):
        return [line.rstrip("\n").split("\t") for line in open(path, encoding="utf-8")]

    model.eval()
    is_own = bool(rest) and rest[0].startswith("pad=")
    if is_own:
        padding = int(rest.pop(0)[4:])
        model.prepare_for_inference(
            RecognitionInferenceConfig(num_line_workers=0, accelerator="cpu", padding=padding, bidi_reordering=False))
    read = read_page if is_own else read_pixels
    lines = table(expected)
    theirs = [read(name) for name, _ in lines]
    different = [(text, other) for (_, text), other in zip(lines, theirs) if text != other]
    share = 1 - len(different) / len(lines)
    summary = f"{len(lines)} texts, {share:.1%} the same"
    if rest:
        labels = dict(table(rest[0]))
        letters = sum(len(labels[name]) for name, _ in lines)
        rates = [sum(distance(text, labels[name]) for (name, _), text in zip(lines, texts)) / letters
                 for texts in ([text for _, text in lines], theirs)]
        summary += ", CER {:.2%} and {:.2%}".format(*rates)
    print(summary, *different[:5], sep="\n")
    assert share >= 0.99, "too many differ"


{"logits": check_logits, "texts": check_texts, "make": write_logits, "run": write_logits}[mode]()
