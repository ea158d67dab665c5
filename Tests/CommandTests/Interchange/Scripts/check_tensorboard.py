"""What TensorBoard reads in run directories, against their metrics.jsonl.

Usage: check_tensorboard.py RUN...; prints one JSON object.
"""

import io
import json
import math
import sys

from PIL import Image
from tensorboard.backend.event_processing import event_accumulator, io_wrapper
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
    events = event_accumulator.EventAccumulator(run, size_guidance={k: 0 for k in event_accumulator.DEFAULT_SIZE_GUIDANCE})
    events.Reload()
    with open(f"{run}/metrics.jsonl", encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    for kind, tags in TAGS.items():
        wanted = [line for line in lines if line["kind"] == kind]
        for tag, key in tags.items():
            read = [(e.step, tensor_util.make_ndarray(e.tensor_proto).item()) for e in events.Tensors(tag)] \
                if tag in events.Tags()["tensors"] else [(e.step, e.value) for e in events.Scalars(tag)]
            assert [step for step, _ in read] == [line["step"] for line in wanted], (tag, read, wanted)
            for (_, value), line in zip(read, wanted):
                assert close(value, float(line[key])), (tag, value, line)
    tags = events.Tags()
    evaluations = [line["step"] for line in lines if line["kind"] == "evaluation"]
    names = sorted(tags["histograms"] or [t for t in tags["tensors"] if t.startswith(("weights/", "gradients/"))])
    for name in names:
        if tags["histograms"]:
            series = [(e.step, e.histogram_value) for e in events.Histograms(name)]
            assert [step for step, _ in series] == evaluations, (name, series)
            for _, value in series:
                assert len(value.bucket) == len(value.bucket_limit) and sum(value.bucket) == value.num > 0
                assert value.min <= value.sum / value.num <= value.max and value.bucket_limit[-1] == value.max
                assert list(value.bucket_limit) == sorted(value.bucket_limit)
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
    return {"histograms": names, "images": images, "texts": len(texts), "lastText": texts[-1], "session": session,
            "files": len(list(io_wrapper.ListDirectoryAbsolute(run)))}


print(json.dumps([check(run) for run in sys.argv[1:]]))
