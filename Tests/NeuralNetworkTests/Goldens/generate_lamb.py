"""Golden values of LAMB from algorithm 2 of arXiv 1904.00962 in float64: fixtures/lamb.safetensors. PyTorch has no LAMB.

Run in this folder with numpy and safetensors installed: python generate_lamb.py
"""
import numpy as np
from safetensors.numpy import save_file

# A matrix of 24 weights, which are padded to 32, and a vector of 16, which gets Adam's step.
COUNT, STEPS, RATE = 48, 20, 1e-2
MATRIX, PADDED = 24, 32
random = np.random.default_rng(2)
initial = random.uniform(-1, 1, COUNT)
gradients = random.normal(size=(STEPS, COUNT)) * 10.0 ** random.integers(-7, 2, COUNT)
gradients[::3, :4] = 0
initial[MATRIX:PADDED] = gradients[:, MATRIX:PADDED] = 0
initial, gradients = initial.astype(np.float32), gradients.astype(np.float32)
golden = {"initial": initial, "gradients": gradients}

for name, decay, betas, epsilon in (("lamb", 0.0, (0.9, 0.999), 1e-6), ("lamb.decay", 0.03, (0.8, 0.95), 1e-4)):
    weight = initial.astype(np.float64)
    mean, square = np.zeros(COUNT), np.zeros(COUNT)
    weights = []
    for step in range(STEPS):
        gradient = gradients[step].astype(np.float64)
        mean = betas[0] * mean + (1 - betas[0]) * gradient
        square = betas[1] * square + (1 - betas[1]) * gradient**2
        corrected = mean / (1 - betas[0] ** (step + 1)), square / (1 - betas[1] ** (step + 1))
        direction = corrected[0] / (np.sqrt(corrected[1]) + epsilon) + decay * weight
        factor = np.ones(COUNT)
        factor[:PADDED] = np.linalg.norm(weight[:PADDED]) / np.linalg.norm(direction[:PADDED])
        weight = weight - RATE / (1 + step) * factor * direction
        weights.append(weight.copy())
    golden[f"{name}.weights"], golden[f"{name}.exp_avg"], golden[f"{name}.exp_avg_sq"] = np.stack(weights), mean, square

save_file({name: np.ascontiguousarray(value, dtype=np.float32) for name, value in golden.items()}, "fixtures/lamb.safetensors")
