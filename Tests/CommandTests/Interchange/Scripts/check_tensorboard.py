"""What TensorBoard reads in run directories, against their metrics.jsonl.

Usage: check_tensorboard.py RUN...; prints one JSON object.
"""

import io
import json
import math
import sys

from PIL import Image
from tensorboard.backend.event_processing import plugin_event_accumulator
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.util import tensor_util

TAGS = {
    "step": {"train/loss": "loss", "train/learning_rate": "learningRate", "train/gradient_norm": "gradientNorm",
             "train/images_per_second": "imagesPerSecond", "train/waiting": "waiting", "train/reducing": "reducing"},
    "evaluation": {"validation/cer": "cer", "validation/grapheme_cer": "graphemeCER", "validation/wer": "wer",
                   "validation/exact_match": "exactMatch", "validation/loss": "loss"},
}


def close(a, b):
    return math.isnan(a) and math.isnan(b) or abs(a - b) <= 1e-6 * max(1, abs(b))


def check(run):
    # What the TensorBoard server keeps of a run; all of it.
    events = plugin_event_accumulator.EventAccumulator(run, tensor_size_guidance={
        plugin: 1 << 30 for plugin in ("scalars", "histograms", "images", "text", "hparams")})
    events.Reload()
    with open(f"{run}/metrics.jsonl", encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    for kind, tags in TAGS.items():
        wanted = [line for line in lines if line["kind"] == kind]
        for tag, key in tags.items():
            read = [(e.step, tensor_util.make_ndarray(e.tensor_proto).item()) for e in events.Tensors(tag)]
            assert [step for step, _ in read] == [line["step"] for line in wanted], (tag, read, wanted)
            for (_, value), line in zip(read, wanted):
                assert close(value, float(line[key])), (tag, value, line)
    evaluations = [line["step"] for line in lines if line["kind"] == "evaluation"]
    names = sorted(events.PluginTagToContent("histograms"))
    for name in names:
        series = [(e.step, tensor_util.make_ndarray(e.tensor_proto)) for e in events.Tensors(name)]
        steps = [step for step, _ in series]
        # An evaluation that is made up for after a restart has no gradients.
        assert steps == evaluations or name.startswith("gradients/") and set(steps) < set(evaluations), (name, steps)
        assert len(steps) == len(set(steps)), (name, steps)
        for _, bins in series:
            left, right, counts = bins.T
            assert bins.shape[1] == 3 and counts.sum() > 0 and (counts >= 0).all() and (right >= left).all(), (name, bins)
    images = []
    for tag in sorted(events.PluginTagToContent("images")):
        series = [tensor_util.make_ndarray(e.tensor_proto).tolist() for e in events.Tensors(tag)]
        width, height, png = series[0]
        assert Image.open(io.BytesIO(png)).size == (int(width), int(height))
        images.append({"count": len(series), "text": events.SummaryMetadata(tag).summary_description})
    texts = [tensor_util.make_ndarray(e.tensor_proto).item().decode() for e in events.Tensors("samples/texts")]
    session = {}
    for tag, content in events.PluginTagToContent("hparams").items():
        data = plugin_data_pb2.HParamsPluginData.FromString(content)
        if data.HasField("session_start_info"):
            session["hparams"] = {
                k: getattr(v, v.WhichOneof("kind")) for k, v in data.session_start_info.hparams.items()}
        if data.HasField("session_end_info"):
            session["status"] = data.session_end_info.status
    return {"histograms": names, "images": images, "texts": len(texts), "lastText": texts[-1], "session": session}


print(json.dumps([check(run) for run in sys.argv[1:]]))
