"""Small networks as PyTorch saves them: fixtures/pretrained-*.safetensors, for FineTuningTests.swift.

Run in this folder with torch and safetensors installed: python generate_pretrained.py
"""
import json

import torch
import torch.nn as nn
from safetensors.torch import save_file


class Seed(nn.Module):
    def __init__(self, channels, hidden, classes, lines):
        super().__init__()
        block = lambda i, o: nn.Sequential(nn.Conv2d(i, o, (2, 3), padding=1), nn.ReLU(), nn.MaxPool2d(2, 2))
        self.conv1, self.conv2 = block(1, channels), block(channels, 2 * channels)
        self.rnn = nn.LSTM(2 * channels * lines, hidden, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(2 * hidden, classes)


class Normalised(nn.Module):
    def __init__(self, classes):
        super().__init__()
        conv = lambda i, o: [nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU(), nn.MaxPool2d(2, 2)]
        self.cnn = nn.Sequential(*conv(1, 2), *conv(2, 4))
        self.rnn = nn.LSTM(24, 8, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(16, classes)


torch.manual_seed(3)
save_file(
    Seed(2, 16, 6, 6).state_dict(), "fixtures/pretrained-seed.safetensors",
    {"format": "pt", "alphabet": json.dumps(["a", "b", "c", "d", "e"])})
network = Normalised(7)
for norm in (network.cnn[1], network.cnn[5]):
    norm.running_mean.uniform_(-0.2, 0.2)
    norm.running_var.uniform_(0.5, 1.5)
save_file(network.state_dict(), "fixtures/pretrained-normalised.safetensors", {"format": "pt"})
