"""What peers reach on the work that the benchmarks hand over: NumPy with SciPy, and PyTorch.

Reads one request a line from standard input, as JSON, and answers each with a line: the seconds that
the work took, a number to check it by, and how many sweeps it took, if any.
"""

import json
import os
import struct
import sys
import time

import numpy as np
from scipy.optimize import linear_sum_assignment
import torch

torch.set_num_threads(os.cpu_count())
LAYERS = (784, 512, 512, 512, 10)


def network():
    modules = []
    for i, (inputs, outputs) in enumerate(zip(LAYERS, LAYERS[1:])):
        modules.append(torch.nn.Linear(inputs, outputs))
        if i < len(LAYERS) - 2:
            modules.append(torch.nn.ReLU())
    return torch.nn.Sequential(*modules)


class ChannelNorm(torch.nn.LayerNorm):
    """LayerNorm over the channels of images; channels last in memory, so nothing moves."""

    def forward(self, images):
        return super().forward(images.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def convolution(inputs, outputs, stride=1, bias=False):
    return torch.nn.Sequential(
        torch.nn.Conv2d(inputs, outputs, 3, stride, 1, bias=bias), ChannelNorm(outputs)
    )


class Block(torch.nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = convolution(inputs, outputs, stride)
        self.second = convolution(outputs, outputs)
        self.shortcut = convolution(inputs, outputs, stride) if stride > 1 else torch.nn.Identity()

    def forward(self, x):
        return torch.relu(
            self.second(torch.relu(self.first(x))) + self.shortcut(x)
        )


def resnet20():
    modules = [convolution(3, 16), torch.nn.ReLU()]
    channels = 16
    for outputs in (16, 32, 64):
        for block in range(3):
            modules.append(Block(channels, outputs, 2 if outputs > 16 and block == 0 else 1))
            channels = outputs
    modules += [torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(64, 10)]
    return torch.nn.Sequential(*modules)


def vgg16():
    modules, channels = [], 3
    for width in (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0):
        if width == 0:
            modules.append(torch.nn.MaxPool2d(2))
        else:
            modules += [convolution(channels, width, bias=True), torch.nn.ReLU()]
            channels = width
    modules.append(torch.nn.Flatten())
    for outputs in (512, 512, 10):
        modules += [torch.nn.Linear(512, outputs), torch.nn.ReLU()]
    return torch.nn.Sequential(*modules[:-1])


class Training:
    """A network in training, or only computing outputs."""

    def __init__(self, name, batch):
        if name == "mlp":
            self.model = network()
            self.optimizer = torch.optim.Adam(self.model.parameters(), 1e-3)
            self.inputs = torch.rand(batch, LAYERS[0])
        else:
            last = torch.channels_last
            self.model = {"resnet20": resnet20, "vgg16": vgg16}[name]().to(memory_format=last)
            self.optimizer = torch.optim.SGD(
                self.model.parameters(), 1e-3, momentum=0.9, weight_decay=5e-4
            )
            self.inputs = torch.rand(batch, 3, 32, 32).to(memory_format=last)
        self.labels = torch.arange(batch) % LAYERS[-1]

    def step(self, repeats):
        for _ in range(repeats):
            self.optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(self.model(self.inputs), self.labels)
            loss.backward()
            self.optimizer.step()

    def forward(self, repeats):
        with torch.no_grad():
            for _ in range(repeats):
                self.model(self.inputs)


def assign(file, size):
    scores = np.fromfile(file, dtype="<f4").reshape(size, size)
    start = time.perf_counter()
    rows, columns = linear_sum_assignment(scores, maximize=True)
    seconds = time.perf_counter() - start
    return seconds, scores[rows, columns].astype(np.float64).sum()


def read(file):
    """The tensors of a safetensors file."""
    with open(file, "rb") as source:
        (length,) = struct.unpack("<Q", source.read(8))
        header = json.loads(source.read(length))
        data = source.read()
    return {
        name: np.frombuffer(data, "<f4", int(np.prod(entry["shape"])), entry["data_offsets"][0])
        .reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__"
    }


class Matching:
    """Weight matching as published: random order, every score computed afresh.

    Groups are as the benchmark describes them: a size, and the stretches of axes that carry the
    units, each a tensor's name, an axis, the elements of one unit, and where the stretch begins.
    """

    def __init__(self, first, second, groups):
        self.a, self.b, self.groups = read(first), read(second), groups
        self.permutations = [np.arange(group["size"]) for group in groups]
        self.members = {}
        for g, group in enumerate(groups):
            for axis in group["axes"]:
                self.members.setdefault((axis["tensor"], axis["axis"]), []).append((g, axis))

    def permuted(self, name, but=None):
        """A tensor of B with all axes but one in the order of now."""
        tensor = self.b[name]
        for axis in range(min(2, tensor.ndim)):
            members = self.members.get((name, axis), [])
            if axis == but or not members:
                continue
            sources = np.arange(tensor.shape[axis])
            for g, member in members:
                block, offset = member["block"], member["offset"]
                order = self.permutations[g][:, None] * block + np.arange(block)
                sources[offset : offset + order.size] = offset + order.ravel()
            tensor = np.take(tensor, sources, axis)
        return tensor

    def scores(self, group):
        size = group["size"]
        total = np.zeros((size, size), np.float32)
        for member in group["axes"]:
            name, axis, offset = member["tensor"], member["axis"], member["offset"]
            stretch = slice(offset, offset + size * member["block"])
            left = np.moveaxis(self.a[name], axis, 0)[stretch].reshape(size, -1)
            right = np.moveaxis(self.permuted(name, axis), axis, 0)[stretch].reshape(size, -1)
            total += left @ right.T
        return total

    def descend(self, most_sweeps, seed):
        random = np.random.RandomState(seed)
        improved, sweeps = True, 0
        while improved and sweeps < most_sweeps:
            improved = False
            sweeps += 1
            for g in random.permutation(len(self.groups)):
                scores = self.scores(self.groups[g])
                _, best = linear_sum_assignment(scores, maximize=True)
                units = np.arange(best.size)
                before = scores[units, self.permutations[g]].astype(np.float64).sum()
                after = scores[units, best].astype(np.float64).sum()
                if after > before + 1e-6 * abs(before):
                    self.permutations[g] = best
                    improved = True
        return sweeps

    def objective(self):
        names = {name for name, _ in self.members}
        return sum(
            np.einsum("i,i", self.a[n].ravel(), self.permuted(n).ravel(), dtype=np.float64)
            for n in names
        )


def match(request):
    matching = Matching(request["first"], request["second"], json.loads(request["groups"]))
    start = time.perf_counter()
    sweeps = matching.descend(request["sweeps"], request["seed"])
    return time.perf_counter() - start, matching.objective(), sweeps


training = {}


def answer(request):
    if request["work"] == "assign":
        return assign(request["file"], request["size"])
    if request["work"] == "match":
        return match(request)
    batch, repeats = request["batch"], request["repeats"]
    key = request.get("network", "mlp"), batch
    if key not in training:
        training[key] = Training(*key)
    run = training[key]
    start = time.perf_counter()
    getattr(run, request["work"])(repeats)
    return (time.perf_counter() - start) / repeats, 0.0


for line in sys.stdin:
    seconds, check, *sweeps = answer(json.loads(line))
    print(f"{seconds!r} {float(check)!r} {sweeps[0] if sweeps else 0}", flush=True)
