"""What peers reach on the work that the benchmarks hand over: NumPy with SciPy, and PyTorch.

Reads one request a line from standard input, as JSON, and answers each with a line: the seconds that
the work took, and a number to check it by.
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


class Training:
    """A network of LAYERS in training, or only computing outputs."""

    def __init__(self, batch):
        self.model = network()
        self.optimizer = torch.optim.Adam(self.model.parameters(), 1e-3)
        self.inputs = torch.rand(batch, LAYERS[0])
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


def objective(a, b, permutations, layers):
    total = 0.0
    for i in range(layers):
        w, bias = b[f"layers.{i}.weight"], b[f"layers.{i}.bias"]
        if i < layers - 1:
            w, bias = w[permutations[i]], bias[permutations[i]]
            total += np.dot(a[f"layers.{i}.bias"].astype(np.float64), bias)
        if i > 0:
            w = w[:, permutations[i - 1]]
        total += np.vdot(a[f"layers.{i}.weight"].astype(np.float64), w)
    return total


def match(first, second, seed):
    """Coordinate descent as published: random order, every score computed afresh."""
    a, b = read(first), read(second)
    layers = len(a) // 2
    random = np.random.RandomState(seed)
    permutations = [np.arange(a[f"layers.{i}.bias"].size) for i in range(layers - 1)]
    start = time.perf_counter()
    improved, sweeps = True, 0
    while improved and sweeps < 100:
        improved = False
        sweeps += 1
        for i in random.permutation(layers - 1):
            w = b[f"layers.{i}.weight"]
            if i > 0:
                w = w[:, permutations[i - 1]]
            scores = a[f"layers.{i}.weight"] @ w.T
            scores += np.outer(a[f"layers.{i}.bias"], b[f"layers.{i}.bias"])
            above = b[f"layers.{i + 1}.weight"]
            if i < layers - 2:
                above = above[permutations[i + 1]]
            scores += a[f"layers.{i + 1}.weight"].T @ above
            _, best = linear_sum_assignment(scores, maximize=True)
            units = np.arange(best.size)
            before = scores[units, permutations[i]].astype(np.float64).sum()
            after = scores[units, best].astype(np.float64).sum()
            if after > before + 1e-6 * abs(before):
                permutations[i] = best
                improved = True
    seconds = time.perf_counter() - start
    return seconds, objective(a, b, permutations, layers)


training = {}


def answer(request):
    if request["work"] == "assign":
        return assign(request["file"], request["size"])
    if request["work"] == "match":
        return match(request["first"], request["second"], request["seed"])
    batch, repeats = request["batch"], request["repeats"]
    run = training.setdefault(batch, Training(batch))
    start = time.perf_counter()
    getattr(run, request["work"])(repeats)
    return (time.perf_counter() - start) / repeats, 0.0


for line in sys.stdin:
    seconds, check = answer(json.loads(line))
    print(f"{seconds!r} {float(check)!r}", flush=True)
