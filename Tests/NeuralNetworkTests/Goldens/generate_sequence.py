"""Golden values of the sequence layers and the CTC loss: PyTorch in float64. Writes fixtures/sequence_*.json.

    python generate_sequence.py

Inputs are not stored: `numbers` here and in SequenceFixtures.swift make the same ones from a seed.
"""

import json
import pathlib

import torch
from torch.nn.utils.rnn import PackedSequence

FIXTURES = pathlib.Path(__file__).parent / "fixtures"


def numbers(seed, *shape, scale=1.0):
    """Uniform in [-scale, scale), exact in float32 for a scale that is a power of two."""
    count = 1
    for n in shape:
        count *= n
    state, values = seed, []
    for _ in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append(((state >> 8) / 2**23 - 1) * scale)
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def batch_sizes(lengths):
    return torch.tensor([sum(n > t for n in lengths) for t in range(lengths[0])])


def flat(tensor):
    """Seven digits, and 0 for what is no normal float32."""
    return [float(f"{x:.7g}") if abs(x) > 1e-37 else 0 for x in tensor.detach().flatten().tolist()]


def write(name, cases):
    (FIXTURES / f"sequence_{name}.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")


def recurrent_cases(kind, both, sizes):
    cases = []
    for seed, inputs, hidden, lengths in sizes:
        layer = kind(inputs, hidden, bidirectional=both).double()
        for i, p in enumerate(layer.parameters()):
            p.data = numbers(seed * 100 + i, *p.shape, scale=0.5)
        x = numbers(seed * 100 + 50, sum(lengths), inputs, scale=2).requires_grad_()
        dy = numbers(seed * 100 + 51, sum(lengths), (2 if both else 1) * hidden)
        y = layer(PackedSequence(x, batch_sizes(lengths)))[0].data
        (y * dy).sum().backward()
        cases.append({
            "seed": seed, "inputs": inputs, "hidden": hidden, "lengths": lengths, "output": flat(y),
            "inputGradient": flat(x.grad),
            "gradients": [{"name": f"rnn.{n}", "values": flat(p.grad)} for n, p in layer.named_parameters()],
        })
    return cases


def recurrent():
    write("lstm", recurrent_cases(torch.nn.LSTM, True, [
        (1, 7, 5, [6, 4, 4, 1]), (2, 3, 20, [5, 5]), (3, 5, 32, [9, 7, 3, 3, 2, 1, 1]), (4, 17, 1, [1])]))
    write("lstm_forward", recurrent_cases(torch.nn.LSTM, False, [(20, 6, 7, [5, 4, 2]), (21, 4, 16, [3, 3])]))
    write("gru", recurrent_cases(torch.nn.GRU, True, [
        (22, 7, 5, [6, 4, 4, 1]), (23, 3, 20, [5, 5]), (24, 5, 32, [9, 7, 3, 3, 2, 1, 1]), (25, 17, 1, [1])]))
    write("gru_forward", recurrent_cases(torch.nn.GRU, False, [(26, 6, 7, [5, 4, 2]), (27, 4, 16, [3, 3])]))


def linear():
    cases = []
    for seed, inputs, outputs, lengths in [(5, 7, 19, [5, 3, 1]), (6, 33, 3, [2]), (7, 16, 16, [4, 4])]:
        layer = torch.nn.Linear(inputs, outputs).double()
        for i, p in enumerate(layer.parameters()):
            p.data = numbers(seed * 100 + i, *p.shape, scale=0.5)
        x = numbers(seed * 100 + 50, sum(lengths), inputs, scale=2).requires_grad_()
        dy = numbers(seed * 100 + 51, sum(lengths), outputs)
        y = layer(x)
        (y * dy).sum().backward()
        cases.append({
            "seed": seed, "inputs": inputs, "outputs": outputs, "lengths": lengths, "output": flat(y),
            "inputGradient": flat(x.grad),
            "gradients": [{"name": f"fc.{n}", "values": flat(p.grad)} for n, p in layer.named_parameters()],
        })
    write("linear", cases)


def ctc():
    cases = []
    for seed, classes, scale, lengths, labels in [
        (10, 7, 1.0, [6, 5, 5, 3, 1], [[1, 2, 2], [], [3, 3, 3], [6], [4]]),
        (11, 79, 4.0, [23, 12, 7], [[78, 1, 1, 40, 7, 7, 3, 16, 15, 17, 32, 31, 33, 2, 2, 64, 65], [5] * 6, [9]]),
        (12, 5, 2.0, [1000], [[1 + (i * i) % 4 for i in range(200)]]),
        (13, 3, 64.0, [300, 299], [[1 + i % 2 for i in range(150)], [1] * 150]),
        (14, 33, 16.0, [20, 16], [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], list(range(17, 33))]),
    ]:
        rows, sizes = sum(lengths), batch_sizes(lengths)
        logits = numbers(seed * 100, rows, classes, scale=scale).requires_grad_()
        padded, _ = torch.nn.utils.rnn.pad_packed_sequence(PackedSequence(logits, sizes))
        targets = torch.tensor([c for label in labels for c in label], dtype=torch.long)
        losses = torch.nn.functional.ctc_loss(
            padded.log_softmax(2), targets, torch.tensor(lengths), torch.tensor([len(n) for n in labels]),
            reduction="none")
        losses = losses / torch.tensor([max(1, len(n)) for n in labels])
        losses.sum().backward()
        cases.append({
            "seed": seed, "classes": classes, "scale": scale, "lengths": lengths, "labels": labels,
            "losses": flat(losses), "gradient": flat(logits.grad),
        })
    write("ctc", cases)


recurrent()
linear()
ctc()
