"""Golden values of whole networks from PyTorch in float64: fixtures/model-*.safetensors.

Every image goes through the convolutions alone, batch normalisation sees the columns of all images, and the LSTM gets a
packed sequence: so no padding exists. Weights and pixels come from Philox4x32-10, which ModelGoldenTests.swift draws again.

Run in this folder with torch, numpy and safetensors installed: python generate_models.py
"""
import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

MEAN_SHARE, RATE, EPSILON, STEPS = 0.1, 5e-3, 1e-4, 5
TEST_PURPOSE = 1000


def philox(seed, time, sample, count):
    """The first `count` numbers of KeyedRandom(seed:, purpose: .test, time:, sample:)."""
    blocks = (count + 3) // 4
    x = [np.arange(blocks, dtype=np.uint64)] + [np.full(blocks, v, dtype=np.uint64) for v in (sample, time, TEST_PURPOSE)]
    k, mask = [seed & 0xFFFFFFFF, seed >> 32], np.uint64(0xFFFFFFFF)
    for _ in range(10):
        a, b = np.uint64(0xD2511F53) * x[0], np.uint64(0xCD9E8D57) * x[2]
        x = [(b >> np.uint64(32)) ^ x[1] ^ np.uint64(k[0]), b & mask, (a >> np.uint64(32)) ^ x[3] ^ np.uint64(k[1]), a & mask]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return np.stack(x, 1).ravel()[:count].astype(np.uint32)


def uniform(low, high, *key, count):
    low, high = np.float32(low), np.float32(high)
    return low + (high - low) * ((philox(*key, count) >> 8).astype(np.float32) * np.float32(2.0**-24))


def draw_parameter(name, shape, seed, index):
    count = int(np.prod(shape))
    if len(shape) > 1:
        bound = np.float32(1) / np.sqrt(np.float32(count // shape[0]))
        values = uniform(-bound, bound, seed, 0, index, count=count)
    elif name.endswith("weight"):
        values = uniform(0.5, 1.5, seed, 0, index, count=count)
    else:
        values = uniform(-0.3, 0.3, seed, 0, index, count=count)
    return values.reshape(shape)


def draw_image(height, width, seed, index):
    """Noise with a patch of paper; 8-bit gray, 255 is paper."""
    pixels = (philox(seed, 1, index, height * width) >> 24).astype(np.uint8).reshape(height, width)
    pixels[: height // 2, width // 3 : width // 2] = 255
    return pixels


class Network:
    """stages: ("conv", name, out, kernel, padding, bias, relu) | ("norm", name, relu) | ("pool", kernel, stride, padding) |
    ("lstm", name, layer, hidden) | ("linear", name)."""

    def __init__(self, stages, height, classes, seed):
        self.stages, self.parameters, self.buffers, self.statistics = stages, {}, {}, {}
        channels, features = 1, None
        def add(name, *shape):
            values = draw_parameter(name, shape, seed, len(self.parameters))
            self.parameters[name] = torch.tensor(values, dtype=torch.float64, requires_grad=True)
        def add_buffer(name, low, high):
            values = uniform(low, high, seed, 2, len(self.buffers), count=channels)
            self.buffers[name] = torch.tensor(values, dtype=torch.float64)
        for stage in stages:
            if stage[0] == "conv":
                _, name, out, kernel, padding, bias, _ = stage
                add(name + ".weight", out, channels, *kernel)
                if bias:
                    add(name + ".bias", out)
                channels, height = out, height + 2 * padding[0] - kernel[0] + 1
            elif stage[0] == "norm":
                add(stage[1] + ".weight", channels)
                add(stage[1] + ".bias", channels)
                add_buffer(stage[1] + ".running_mean", -0.2, 0.2)
                add_buffer(stage[1] + ".running_var", 0.5, 1.5)
            elif stage[0] == "pool":
                height = (height - stage[1][0]) // stage[2][0] + 1
            elif stage[0] == "lstm":
                _, name, layer, hidden = stage
                inputs = features or channels * height
                for suffix in ("", "_reverse"):
                    add(f"{name}.weight_ih_l{layer}{suffix}", 4 * hidden, inputs)
                    add(f"{name}.weight_hh_l{layer}{suffix}", 4 * hidden, hidden)
                    add(f"{name}.bias_ih_l{layer}{suffix}", 4 * hidden)
                    add(f"{name}.bias_hh_l{layer}{suffix}", 4 * hidden)
                features = 2 * hidden
            elif stage[0] == "linear":
                add(stage[1] + ".weight", classes, features)
                add(stage[1] + ".bias", classes)

    def normalise(self, name, images, training):
        weight, bias = self.parameters[name + ".weight"], self.parameters[name + ".bias"]
        mean, variance = self.buffers[name + ".running_mean"], self.buffers[name + ".running_var"]
        if training:
            values = torch.cat([x.flatten(2) for x in images], 2)[0]
            mean, variance = values.mean(1), values.var(1, unbiased=False)
            self.statistics[name + ".running_mean"] = mean.detach()
            self.statistics[name + ".running_var"] = values.var(1, unbiased=True).detach()
        scale = weight / torch.sqrt(variance + 1e-5)
        return [(x - mean[:, None, None]) * scale[:, None, None] + bias[:, None, None] for x in images]

    def forward(self, images, training=True):
        """images: [1, 1, H, W_n] each -> packed logits."""
        sequence = None
        for stage in self.stages:
            if stage[0] == "conv":
                _, name, _, _, padding, bias, relu = stage
                images = [
                    F.conv2d(x, self.parameters[name + ".weight"], self.parameters[name + ".bias"] if bias else None, padding=padding)
                    for x in images
                ]
                images = [x.relu() for x in images] if relu else images
            elif stage[0] == "norm":
                images = self.normalise(stage[1], images, training)
                images = [x.relu() for x in images] if stage[2] else images
            elif stage[0] == "pool":
                images = [F.max_pool2d(x, *stage[1:]) for x in images]
            elif stage[0] == "lstm":
                if sequence is None:
                    sequence = torch.nn.utils.rnn.pack_sequence([x.permute(0, 3, 1, 2).flatten(2)[0] for x in images])
                _, name, layer, hidden = stage
                lstm = torch.nn.LSTM(sequence.data.shape[1], hidden, bidirectional=True).double()
                weights = {n: self.parameters[f"{name}.{n}".replace("_l0", f"_l{layer}")] for n, _ in lstm.named_parameters()}
                sequence = torch.func.functional_call(lstm, weights, (sequence,))[0]
            elif stage[0] == "linear":
                data = F.linear(sequence.data, self.parameters[stage[1] + ".weight"], self.parameters[stage[1] + ".bias"])
                sequence = torch.nn.utils.rnn.PackedSequence(data, sequence.batch_sizes)
        return sequence


def mean_loss(logits, labels):
    """Sum over images of CTC loss / max(1, label length), over images."""
    padded, lengths = torch.nn.utils.rnn.pad_packed_sequence(logits)
    losses = F.ctc_loss(
        padded.log_softmax(2), torch.tensor(sum(labels, [])), lengths, torch.tensor([len(l) for l in labels]), reduction="none")
    return sum(loss / max(1, len(label)) for loss, label in zip(losses, labels)) / len(labels)


def pool(kernel, stride=None, padding=(0, 0)):
    return ("pool", kernel, stride or kernel, padding)


def seed_stages(channels, hidden):
    conv = lambda name, out: [("conv", name, out, (2, 3), (1, 1), True, True), pool((2, 2))]
    return conv("conv1.0", channels) + conv("conv2.0", 2 * channels) + [("lstm", "rnn", 0, hidden), ("linear", "fc")]


def akuru_stages(channels, hidden):
    stages = []
    for i, (out, window) in enumerate(zip(channels, [(2, 2), (2, 2), (2, 1), (2, 1)])):
        stages += [("conv", f"cnn.{4 * i}", out, (3, 3), (1, 1), False, False), ("norm", f"cnn.{4 * i + 1}", True), pool(window)]
    return stages + [("lstm", "rnn", 0, hidden), ("linear", "fc")]


def crnn_stages(channels, hidden):
    """Shi, Bai and Yao 2015 with another number of channels."""
    c = iter(channels)
    plain = lambda i, kernel=(3, 3), padding=(1, 1): [("conv", f"cnn.{i}", next(c), kernel, padding, True, True)]
    normed = lambda i: [("conv", f"cnn.{i}", next(c), (3, 3), (1, 1), True, False), ("norm", f"cnn.{i + 1}", True)]
    tall = pool((2, 2), (2, 1), (0, 1))
    stages = plain(0) + [pool((2, 2))] + plain(3) + [pool((2, 2))] + plain(6) + plain(8) + [tall]
    stages += normed(11) + normed(14) + [tall] + plain(18, (2, 2), (0, 0))
    return stages + [("lstm", "rnn", 0, hidden), ("lstm", "rnn", 1, hidden), ("linear", "fc")]


def generate(name, stages, height, classes, widths, labels, seed, stride=1):
    network = Network(stages, height, classes, seed)
    images = [
        torch.tensor(1 - draw_image(height, width, seed, n) / 255.0, dtype=torch.float64)[None, None] for n, width in enumerate(widths)
    ]
    golden = {
        "seed": [seed], "classes": [classes], "stride": [stride], "widths": widths,
        "labelLengths": [len(l) for l in labels], "labels": sum(labels, []),
    }
    sample = lambda tensor: tensor.detach().numpy().ravel()[::stride].copy()
    evaluation = network.forward(images, training=False)
    golden["evaluationLogits"] = evaluation.data.detach().numpy().copy()
    golden["evaluationLoss"] = [mean_loss(evaluation, labels).item()]
    optimizer = torch.optim.Adam(network.parameters.values(), lr=RATE, eps=EPSILON)
    for step in range(STEPS):
        optimizer.zero_grad()
        logits = network.forward(images)
        loss = mean_loss(logits, labels)
        loss.backward()
        if step == 0:
            golden["logits"], golden["loss"] = logits.data.detach().numpy().copy(), [loss.item()]
            for key, value in network.parameters.items():
                golden["gradient." + key] = sample(value.grad)
            for key, value in network.statistics.items():
                golden["statistic." + key] = value.numpy().copy()
        optimizer.step()
    for key, value in network.parameters.items():
        golden["trained." + key] = sample(value)
    golden["lastLoss"] = [loss.item()]
    metadata = {"names": ",".join([*network.parameters, *network.buffers])}
    arrays = {key: np.ascontiguousarray(value, dtype=np.float32) for key, value in golden.items()}
    save_file(arrays, f"fixtures/model-{name}.safetensors", metadata)
    print(name, sum(p.numel() for p in network.parameters.values()), "weights, loss", golden["loss"], "to", golden["lastLoss"])


generate("seed-odd", seed_stages(3, 20), 31, 11, [37, 22, 22, 13, 5], [[3, 3, 10, 1], [1, 2, 1], [], [7, 7], [4]], 101)
generate("seed-height61", seed_stages(1, 16), 61, 9, [50, 33, 8], [[1, 2, 3, 3, 8, 5], [6, 6, 6], [2, 4]], 102)
generate("akuru-small", akuru_stages([4, 6, 8, 10], 12), 40, 13, [45, 45, 30, 7, 4], [[5, 5, 12, 1], [9], [1, 2, 3], [], [11]], 103)
generate("akuru-odd", akuru_stages([3, 5, 2, 7], 5), 35, 6, [29, 18, 17], [[5, 5, 1], [2, 3], [4, 4]], 104)
generate("akuru-full", akuru_stages([16, 32, 64, 96], 128), 40, 70, [61, 40, 19], [[60, 2, 2, 69, 33], [17, 18], [1]], 105, stride=59)
generate("crnn-small", crnn_stages([3, 4, 5, 6, 7, 6, 5], 6), 32, 8, [39, 26, 26, 11, 4], [[1, 2, 2, 7], [3], [], [4, 5], [6]], 106)
