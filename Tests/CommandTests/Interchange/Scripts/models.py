"""The three networks as a PyTorch user would write them. Their state dicts have the names of Akuru's weights."""
import torch
import torch.nn as nn


class Recogniser(nn.Module):
    """Feature maps [1, C, H, T] to logits [T, classes]."""

    def forward(self, image):  # [1, 1, height, width]
        maps = self.maps(image)
        _, channels, height, steps = maps.shape
        sequence = maps.permute(0, 3, 1, 2).reshape(1, steps, channels * height)
        return self.fc(self.rnn(sequence)[0])[0]


class Seed(Recogniser):
    def __init__(self, state, height):
        super().__init__()
        channels, hidden = state["conv1.0.weight"].shape[0], state["rnn.weight_hh_l0"].shape[1]

        def block(inputs, outputs):
            return nn.Sequential(nn.Conv2d(inputs, outputs, (2, 3), padding=1), nn.ReLU(), nn.MaxPool2d(2, 2))

        self.conv1, self.conv2 = block(1, channels), block(channels, 2 * channels)
        self.rnn = nn.LSTM(state["rnn.weight_ih_l0"].shape[1], hidden, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(2 * hidden, state["fc.bias"].shape[0])

    def maps(self, image):
        return self.conv2(self.conv1(image))


class Akuru(Recogniser):
    def __init__(self, state, height):
        super().__init__()
        layers, inputs = [], 1
        for i in range(4):
            outputs = state[f"cnn.{4 * i}.weight"].shape[0]
            pool = (2, 2) if i < 2 else (2, 1)
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(pool)]
            inputs = outputs
        hidden = state["rnn.weight_hh_l0"].shape[1]
        self.cnn = nn.Sequential(*layers)
        self.rnn = nn.LSTM(inputs * (height // 16), hidden, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(2 * hidden, state["fc.bias"].shape[0])

    def maps(self, image):
        return self.cnn(image)


class Paper(Recogniser):
    """Shi, Bai and Yao 2015."""

    def __init__(self, state, height):
        super().__init__()

        def sizes(*indices):
            return [state[f"cnn.{i}.weight"].shape[0] for i in indices]

        a, b, c, d, e, f, g = sizes(0, 3, 6, 8, 11, 14, 18)
        hidden = state["rnn.weight_hh_l0"].shape[1]

        def tall():
            return nn.MaxPool2d((2, 2), (2, 1), (0, 1))

        self.cnn = nn.Sequential(
            nn.Conv2d(1, a, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2, 2),
            nn.Conv2d(a, b, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2, 2),
            nn.Conv2d(b, c, 3, padding=1), nn.ReLU(), nn.Conv2d(c, d, 3, padding=1), nn.ReLU(), tall(),
            nn.Conv2d(d, e, 3, padding=1), nn.BatchNorm2d(e), nn.ReLU(),
            nn.Conv2d(e, f, 3, padding=1), nn.BatchNorm2d(f), nn.ReLU(), tall(),
            nn.Conv2d(f, g, 2), nn.ReLU())
        self.rnn = nn.LSTM(g, hidden, num_layers=2, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(2 * hidden, state["fc.bias"].shape[0])

    def maps(self, image):
        return self.cnn(image)


def make(name, state, height):
    """The model of that name in evaluation mode with the weights of `state`."""
    model = {"seed": Seed, "akuru": Akuru, "crnn": Paper}[name](state, height)
    missing, unexpected = model.load_state_dict(state, strict=False)
    # PyTorch counts batches beside the running averages; nothing is computed from the number.
    missing = [key for key in missing if not key.endswith("num_batches_tracked")]
    assert not missing and not unexpected, (missing, unexpected)
    return model.eval()
