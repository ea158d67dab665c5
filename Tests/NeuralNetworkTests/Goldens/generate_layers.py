"""Writes fixtures/layers_*.json: what PyTorch computes in float64 for the image layers, image by image.

Usage: python generate_layers.py        (needs torch and numpy; the fixtures are committed)

Every image goes through PyTorch alone, so neighbours cannot matter; batch normalisation takes its statistics over all
pixels of all images. Images are stored [channels, height, width], flat.
"""

import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

FOLDER = pathlib.Path(__file__).parent / "fixtures"
random = np.random.default_rng(20260104)


def tensor(*shape, digits=3):
    return torch.tensor(np.round(random.standard_normal(shape), digits), dtype=torch.float64)


def flat(x):
    return [float(f"{v:.8g}") for v in x.detach().reshape(-1).tolist()]


def image_case(name, channels, height, widths, images, outputs, gradients, **more):
    """One case after backward(): what the Swift tests' `LayerCase` decodes."""
    return dict(
        name=name, channels=channels, height=height, widths=widths, images=[flat(i) for i in images],
        outputs=[flat(o) for o in outputs], outputGradients=[flat(g) for g in gradients],
        inputGradients=[flat(i.grad) for i in images], **more)


def write(name, cases):
    path = FOLDER / f"layers_{name}.json"
    path.write_text(json.dumps(dict(cases=cases), separators=(",", ":")) + "\n")
    print(path.name, path.stat().st_size)


def convolution(name, inputs, outputs, kernel, padding, bias, relu, height, widths):
    weight = (tensor(outputs, inputs, *kernel) * 0.5).requires_grad_()
    shift = tensor(outputs).requires_grad_() if bias else None
    images = [tensor(inputs, height, w).requires_grad_() for w in widths]
    results = [F.conv2d(i[None], weight, shift, padding=padding)[0] for i in images]
    if relu:
        results = [r.relu() for r in results]
    gradients = [tensor(*r.shape) for r in results]
    torch.autograd.backward(results, gradients)
    more = dict(
        outChannels=outputs, kernel=kernel, padding=padding, hasBias=bias, relu=relu, weight=flat(weight),
        weightGradient=flat(weight.grad))
    if bias:
        more.update(bias=flat(shift), biasGradient=flat(shift.grad))
    return image_case(name, inputs, height, widths, images, results, gradients, **more)


def batch_normalization(name, channels, relu, height, widths, training):
    images = [(tensor(channels, height, w) * 2 + torch.arange(channels)[:, None, None]).requires_grad_() for w in widths]
    weight, bias = tensor(channels).requires_grad_(), tensor(channels).requires_grad_()
    mean, variance = tensor(channels), tensor(channels).abs() + 0.5
    start = (mean.clone(), variance.clone())
    pixels = torch.cat([i.reshape(channels, -1) for i in images], 1).T
    # momentum 1: the running values become the batch's own mean and unbiased variance
    result = F.batch_norm(pixels, mean, variance, weight, bias, training=training, momentum=1.0, eps=1e-5)
    results = [r.T.reshape(i.shape) for r, i in zip(result.split([height * w for w in widths]), images)]
    if relu:
        results = [r.relu() for r in results]
    gradients = [tensor(*r.shape) for r in results]
    torch.autograd.backward(results, gradients)
    return image_case(
        name, channels, height, widths, images, results, gradients, relu=relu, training=training, weight=flat(weight),
        bias=flat(bias), weightGradient=flat(weight.grad), biasGradient=flat(bias.grad), runningMean=flat(start[0]),
        runningVariance=flat(start[1]), mean=flat(mean), unbiasedVariance=flat(variance))


def residual(name, channels, kernel, height, widths, training):
    images = [tensor(channels, height, w).requires_grad_() for w in widths]
    weight, bias = tensor(channels).requires_grad_(), tensor(channels).requires_grad_()
    filters = (tensor(channels, channels, *kernel) * 0.5).requires_grad_()
    mean, variance = tensor(channels), tensor(channels).abs() + 0.5
    start = (mean.clone(), variance.clone())
    pixels = torch.cat([i.reshape(channels, -1) for i in images], 1).T
    normal = F.batch_norm(pixels, mean, variance, weight, bias, training=training, momentum=1.0, eps=1e-5).relu()
    results = []
    for values, image in zip(normal.split([height * w for w in widths]), images):
        branch = F.conv2d(values.T.reshape(image.shape)[None], filters, padding=[k // 2 for k in kernel])[0]
        results.append(image + branch)
    gradients = [tensor(*r.shape) for r in results]
    torch.autograd.backward(results, gradients)
    return image_case(
        name, channels, height, widths, images, results, gradients, kernel=kernel, training=training, weight=flat(weight),
        bias=flat(bias), weightGradient=flat(weight.grad), biasGradient=flat(bias.grad), filters=flat(filters),
        filterGradient=flat(filters.grad), runningMean=flat(start[0]), runningVariance=flat(start[1]))


def depthwise(name, channels, kernel, height, widths):
    weight = (tensor(channels, 1, *kernel) * 0.5).requires_grad_()
    images = [tensor(channels, height, w).requires_grad_() for w in widths]
    results = [F.conv2d(i[None], weight, padding=[k // 2 for k in kernel], groups=channels)[0] for i in images]
    gradients = [tensor(*r.shape) for r in results]
    torch.autograd.backward(results, gradients)
    return image_case(
        name, channels, height, widths, images, results, gradients, kernel=kernel, weight=flat(weight),
        weightGradient=flat(weight.grad))


def strided_convolution(name, inputs, outputs, kernel, stride, dilation, bias, relu, height, widths):
    weight = (tensor(outputs, inputs, *kernel) * 0.5).requires_grad_()
    shift = tensor(outputs).requires_grad_() if bias else None
    images = [tensor(inputs, height, w).requires_grad_() for w in widths]
    padding = [d * (k - 1) // 2 for d, k in zip(dilation, kernel)]
    results = [F.conv2d(i[None], weight, shift, stride, padding, dilation)[0] for i in images]
    if relu:
        results = [r.relu() for r in results]
    gradients = [tensor(*r.shape) for r in results]
    torch.autograd.backward(results, gradients)
    more = dict(
        outChannels=outputs, kernel=kernel, stride=stride, dilation=dilation, hasBias=bias, relu=relu, weight=flat(weight),
        weightGradient=flat(weight.grad))
    if bias:
        more.update(bias=flat(shift), biasGradient=flat(shift.grad))
    return image_case(name, inputs, height, widths, images, results, gradients, **more)


def group_normalization(name, channels, groups, height, widths):
    images = [(tensor(channels, height, w) * 2 + torch.arange(channels)[:, None, None]).requires_grad_() for w in widths]
    weight, bias = tensor(channels).requires_grad_(), tensor(channels).requires_grad_()
    results = [F.group_norm(i[None], groups, weight, bias)[0] for i in images]
    gradients = [tensor(*r.shape) for r in results]
    torch.autograd.backward(results, gradients)
    return image_case(
        name, channels, height, widths, images, results, gradients, groups=groups, weight=flat(weight), bias=flat(bias),
        weightGradient=flat(weight.grad), biasGradient=flat(bias.grad))


def activation(name, function, channels, height, widths):
    images = [(tensor(channels, height, w) * 3).requires_grad_() for w in widths]
    results = [function(i) for i in images]
    gradients = [tensor(*r.shape) for r in results]
    torch.autograd.backward(results, gradients)
    return image_case(name, channels, height, widths, images, results, gradients)


def auxiliary_head(name, channels, height, widths, classes, share, scale, labels):
    """CTC on the maxima of columns, each image's loss by the length of its label; the gradient from above joins its own."""
    images = [tensor(channels, height, w, digits=1).requires_grad_() for w in widths]
    weight, bias = tensor(classes, channels).requires_grad_(), tensor(classes).requires_grad_()
    gradients = [tensor(*i.shape) for i in images]
    total = sum((i * g).sum() for i, g in zip(images, gradients))
    for image, label in zip(images, labels):
        logits = F.linear(F.max_pool2d(image[None], (height, 1))[0, :, 0].T, weight, bias)
        loss = F.ctc_loss(
            logits.log_softmax(1)[:, None], torch.tensor([label]), (logits.shape[0],), (len(label),), reduction="sum")
        total = total + share * scale * loss / len(label)
    total.backward()
    return image_case(
        name, channels, height, widths, images, images, gradients, labels=labels, classes=classes, share=share, scale=scale,
        weight=flat(weight), bias=flat(bias), weightGradient=flat(weight.grad), biasGradient=flat(bias.grad))


def max_pool(name, kernel, stride, padding, channels, height, widths):
    # one digit, negatives cut off: many equal maxima
    images = [tensor(channels, height, w, digits=1).clamp(min=-0.3).requires_grad_() for w in widths]
    results = [F.max_pool2d(i[None], kernel, stride, padding)[0] for i in images]
    gradients = [tensor(*r.shape) for r in results]
    torch.autograd.backward(results, gradients)
    return image_case(
        name, channels, height, widths, images, results, gradients, kernel=kernel, stride=stride, padding=padding)


def map_to_sequence(name, channels, height, widths):
    images = [tensor(channels, height, w).requires_grad_() for w in widths]
    sequences = [i[None].permute(0, 3, 1, 2).reshape(w, channels * height) for i, w in zip(images, widths)]
    packed = torch.nn.utils.rnn.pack_sequence(sequences).data
    gradient = tensor(*packed.shape)
    packed.backward(gradient)
    return image_case(name, channels, height, widths, images, [packed], [gradient])


write("convolution", [
    convolution("seed, one to one", 1, 1, [2, 3], [1, 1], True, True, 7, [19, 12, 5]),
    convolution("seed, one to two", 1, 2, [2, 3], [1, 1], True, True, 5, [18, 17, 3, 3]),
    convolution("akuru, one to sixteen", 1, 16, [3, 3], [1, 1], False, False, 4, [9, 7, 4]),
    convolution("one to seven, five by five", 1, 7, [5, 5], [2, 2], True, False, 6, [11, 8]),
    convolution("one to five, two by two", 1, 5, [2, 2], [0, 0], True, True, 3, [13, 6, 2]),
    convolution("seed, three to six", 3, 6, [2, 3], [1, 1], True, True, 5, [17, 11, 6]),
    convolution("akuru, five to seven", 5, 7, [3, 3], [1, 1], False, False, 4, [21, 14, 5, 4]),
    convolution("crnn, six to four, two by two", 6, 4, [2, 2], [0, 0], True, True, 2, [15, 9, 3]),
    convolution("two to three, one by one", 2, 3, [1, 1], [0, 0], True, False, 3, [5, 5, 1]),
    convolution("two to three, one by five", 2, 3, [1, 5], [0, 2], True, True, 3, [7, 4]),
    convolution("two to three, three by four, narrowing", 2, 3, [3, 4], [0, 1], False, True, 4, [9, 5]),
])
write("batch_normalization", [
    batch_normalization("training", 3, False, 4, [19, 11, 2], True),
    batch_normalization("training with relu", 5, True, 3, [17, 16, 7], True),
    batch_normalization("evaluation", 4, False, 2, [13, 5], False),
    batch_normalization("evaluation with relu", 2, True, 5, [9, 8, 3], False),
])
write("max_pool", [
    max_pool("squares", [2, 2], [2, 2], [0, 0], 3, 7, [71, 40, 33, 15, 2]),
    max_pool("squares, even height", [2, 2], [2, 2], [0, 0], 2, 4, [32, 9, 8]),
    max_pool("two lines to one", [2, 1], [2, 1], [0, 0], 3, 5, [21, 17, 4]),
    max_pool("crnn", [2, 2], [2, 1], [0, 1], 3, 4, [17, 10, 1]),
    max_pool("three by three", [3, 3], [2, 2], [1, 1], 2, 6, [19, 12, 5]),
    max_pool("three by two, overlapping", [3, 2], [1, 1], [0, 0], 2, 5, [14, 7]),
])
write("map_to_sequence", [
    map_to_sequence("small", 2, 3, [5, 3, 3, 1]),
    map_to_sequence("more than one square", 6, 3, [35, 17, 16, 4]),
])
write("residual", [
    residual("three by three", 3, [3, 3], 4, [19, 11, 2], True),
    residual("one by five", 5, [1, 5], 3, [17, 16, 7], True),
    residual("evaluation, five by three", 2, [5, 3], 5, [9, 8, 3], False),
])
write("depthwise", [
    depthwise("three by three", 3, [3, 3], 4, [19, 11, 2]),
    depthwise("one by seven", 2, [1, 7], 3, [40, 16, 3]),
    depthwise("five by one", 4, [5, 1], 5, [17, 1]),
])
write("auxiliary_head", [
    auxiliary_head("three images", 3, 4, [19, 11, 2], 5, 0.3, 0.5, [[1, 2, 2, 4], [3], [4, 1]]),
    auxiliary_head("one line", 5, 1, [17, 7], 4, 1.5, 1.0, [[3, 3], [1, 2, 3]]),
])
write("strided_convolution", [
    strided_convolution("one to three, two by two", 1, 3, [3, 3], [2, 2], [1, 1], True, True, 7, [39, 18, 5, 1]),
    strided_convolution("kraken, three by thirteen", 2, 4, [3, 13], [1, 2], [1, 1], True, True, 4, [45, 20, 7]),
    strided_convolution("wide steps, even kernel", 3, 2, [2, 4], [3, 5], [1, 1], True, False, 8, [33, 17, 6]),
    strided_convolution("dilation", 2, 3, [3, 3], [1, 1], [2, 3], True, True, 6, [37, 9, 2]),
    strided_convolution("stride and dilation, no bias", 3, 5, [3, 2], [2, 3], [1, 2], False, False, 5, [40, 23, 3]),
])
write("group_normalization", [
    group_normalization("two groups", 6, 2, 4, [35, 16, 3]),
    group_normalization("one group", 3, 1, 3, [20, 5]),
    group_normalization("each channel", 4, 4, 2, [17, 1]),
])
write("activation", [
    activation("tanh", torch.tanh, 3, 4, [21, 8]),
    activation("leakyReLU", F.leaky_relu, 2, 3, [18, 3]),
    activation("softmax", lambda x: x.softmax(0), 5, 3, [19, 16, 2]),
])
