"""Golden values of optimizers, clipping and schedules from PyTorch in float64: fixtures/optimizers.safetensors.

Run in this folder with torch, numpy and safetensors installed: python generate_optimizers.py
"""
import numpy as np
import torch
from safetensors.numpy import save_file

COUNT, STEPS, RATE = 48, 20, 1e-2
random = np.random.default_rng(1)
initial = random.uniform(-1, 1, COUNT).astype(np.float32)
# Gradients of very different sizes, some zero, as in a network.
gradients = random.normal(size=(STEPS, COUNT)) * 10.0 ** random.integers(-9, 2, COUNT)
gradients[:, -5:] = 0
gradients[::3, :4] = 0
gradients = gradients.astype(np.float32)
golden = {"initial": initial, "gradients": gradients}

settings = {
    "adam": (torch.optim.Adam, {}),
    "adam.decay": (torch.optim.Adam, {"weight_decay": 0.03}),
    "adam.betas": (torch.optim.Adam, {"betas": (0.8, 0.95), "eps": 1e-4}),
    "adamw": (torch.optim.AdamW, {"weight_decay": 0}),
    "adamw.decay": (torch.optim.AdamW, {"weight_decay": 0.03, "eps": 1e-4}),
    "sgd": (torch.optim.SGD, {}),
    "sgd.momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "sgd.decay": (torch.optim.SGD, {"momentum": 0.7, "weight_decay": 0.03}),
    "adadelta": (torch.optim.Adadelta, {}),
    "adadelta.decay": (torch.optim.Adadelta, {"rho": 0.7, "eps": 1e-4, "weight_decay": 0.03}),
}
for name, (kind, options) in settings.items():
    weight = torch.nn.Parameter(torch.from_numpy(initial).double())
    rate = 1.0 if kind is torch.optim.Adadelta else RATE
    optimizer = kind([weight], lr=rate, **options)
    weights = []
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = rate / (1 + step)
        weight.grad = torch.from_numpy(gradients[step]).double()
        optimizer.step()
        weights.append(weight.detach().numpy().copy())
    golden[name + ".weights"] = np.stack(weights)
    for slot in ("exp_avg", "exp_avg_sq", "momentum_buffer", "square_avg", "acc_delta"):
        if optimizer.state[weight].get(slot) is not None:
            golden[f"{name}.{slot}"] = optimizer.state[weight][slot].numpy()

for maximum in (0.5, 5.0, 1000.0):
    weight = torch.nn.Parameter(torch.zeros(STEPS, COUNT, dtype=torch.float64))
    weight.grad = torch.from_numpy(gradients).double()
    norm = torch.nn.utils.clip_grad_norm_([weight], maximum)
    golden[f"clip.{maximum:g}"] = np.concatenate([[norm.item()], weight.grad.numpy().ravel()])

for total, share in ((2, 0.15), (7, 0.15), (20, 0.15), (200, 0.15), (40, 0.3)):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=total, pct_start=share)
    rates = []
    for _ in range(total):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(rates) < total:
            schedule.step()
    golden[f"one-cycle.{total}.{share:g}"] = np.array(rates)

def rates(schedule, optimizer, steps, *arguments):
    """The rates of `steps` updates, the schedule stepping after each."""
    found = []
    for step in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step(*(argument[step] for argument in arguments))
    return np.array(found)


def sgd(rate):
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)


for total in (1, 9, 100):
    optimizer = sgd(3e-3)
    golden[f"cosine.{total}"] = rates(torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total), optimizer, total)
optimizer = sgd(3e-3)
linear = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1 / 8, total_iters=7)
cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 40 - 8)
golden["warm-up.cosine.40.8"] = rates(
    torch.optim.lr_scheduler.SequentialLR(optimizer, [linear, cosine], milestones=[8]), optimizer, 40)
optimizer = sgd(3e-3)
golden["step.6.0.3"] = rates(torch.optim.lr_scheduler.StepLR(optimizer, 6, 0.3), optimizer, 25)
errors = np.array([9, 8, 8, 8.5, 8, 7, 7.5, 7, 7, 7, 7, 7, 7.2, 6.9, 6.95, 7, 7, 6.9, 6.9, 6.8, 9, 9, 9, 9.0])
golden["plateau.errors"] = errors
optimizer = sgd(3e-3)
golden["plateau.2.0.5"] = rates(
    torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=2, threshold=0), optimizer, len(errors), errors)

save_file({name: np.ascontiguousarray(value, dtype=np.float32) for name, value in golden.items()}, "fixtures/optimizers.safetensors")
