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
}
for name, (kind, options) in settings.items():
    weight = torch.nn.Parameter(torch.from_numpy(initial).double())
    optimizer = kind([weight], lr=RATE, **options)
    weights = []
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = RATE / (1 + step)
        weight.grad = torch.from_numpy(gradients[step]).double()
        optimizer.step()
        weights.append(weight.detach().numpy().copy())
    golden[name + ".weights"] = np.stack(weights)
    golden[name + ".exp_avg"] = optimizer.state[weight]["exp_avg"].numpy()
    golden[name + ".exp_avg_sq"] = optimizer.state[weight]["exp_avg_sq"].numpy()

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

save_file({name: np.ascontiguousarray(value, dtype=np.float32) for name, value in golden.items()}, "fixtures/optimizers.safetensors")
