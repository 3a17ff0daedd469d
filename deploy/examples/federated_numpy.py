#!/usr/bin/env python3
"""A participant of a federation, with NumPy alone: pulls the global model, trains it on images of
its own, gives it back, and begins again with the next version.

    federated_numpy.py --url http://127.0.0.1:8080 --name mnist --participant site-1 --data DIR

DIR holds train-images-idx3-ubyte and train-labels-idx1-ubyte, gzipped or not. --shard 1/4 takes
every fourth image, beginning with the first.
"""

import argparse
import gzip
import json
import os
import struct
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import numpy as np

# --- safetensors: eight bytes of length, a JSON header, and the numbers -----------------------


def read_safetensors(data):
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        if entry["dtype"] != "F32":
            raise ValueError(f"{name}: expected F32, found {entry['dtype']}")
        tensors[name] = np.frombuffer(data[begin:end], "<f4").reshape(entry["shape"]).copy()
    return tensors


def write_safetensors(tensors, metadata):
    header, offset = {"__metadata__": metadata}, 0
    for name, tensor in tensors.items():
        end = offset + 4 * tensor.size
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    numbers = (np.ascontiguousarray(tensor, "<f4").tobytes() for tensor in tensors.values())
    return struct.pack("<Q", len(text)) + text + b"".join(numbers)


# --- the data, and an MLP with ReLU ----------------------------------------------------------


def read_idx(directory, name):
    for path, opened in ((name + ".gz", gzip.open), (name, open)):
        path = os.path.join(directory, path)
        if os.path.exists(path):
            with opened(path, "rb") as file:
                data = file.read()
            shape = struct.unpack(f">{data[3]}I", data[4 : 4 + 4 * data[3]])
            return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)
    sys.exit(f"expected {name} or {name}.gz in {directory}, found neither")


def layers_of(tensors):
    """The weights [out, in] and biases in order, as the network applies them."""
    weights = [name for name in tensors if tensors[name].ndim == 2]
    return [(tensors[name], tensors[name[: -len("weight")] + "bias"]) for name in weights]


def initial(widths, seed):
    random = np.random.default_rng(seed)
    tensors = {}
    for i, (inputs, outputs) in enumerate(zip(widths, widths[1:]), start=1):
        scale = np.sqrt(2 / inputs)
        tensors[f"fc{i}.weight"] = (scale * random.standard_normal((outputs, inputs))).astype("f4")
        tensors[f"fc{i}.bias"] = np.zeros(outputs, "f4")
    return tensors


def train(tensors, images, labels, epochs, rate, batch, seed):
    """Stochastic gradient descent with momentum 0.9; returns the last epoch's mean loss."""
    layers = layers_of(tensors)
    speeds = [(np.zeros_like(weight), np.zeros_like(bias)) for weight, bias in layers]
    random = np.random.default_rng(seed)
    for _ in range(epochs):
        losses = []
        order = random.permutation(len(images))
        for begin in range(0, len(order), batch):
            rows = order[begin : begin + batch]
            inputs = [images[rows]]
            for i, (weight, bias) in enumerate(layers):
                output = inputs[-1] @ weight.T + bias
                inputs.append(np.maximum(output, 0) if i + 1 < len(layers) else output)
            logits = inputs.pop()
            logits = logits - logits.max(axis=1, keepdims=True)
            logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
            losses.append(-logs[np.arange(len(rows)), labels[rows]].mean())
            gradient = np.exp(logs)
            gradient[np.arange(len(rows)), labels[rows]] -= 1
            gradient /= len(rows)
            for (weight, bias), (speed_w, speed_b), entered in reversed(
                list(zip(layers, speeds, inputs))
            ):
                below = (gradient @ weight) * (entered > 0)
                speed_w *= 0.9
                speed_w += gradient.T @ entered
                speed_b *= 0.9
                speed_b += gradient.sum(axis=0)
                weight -= rate * speed_w
                bias -= rate * speed_b
                gradient = below
    return float(np.mean(losses))


# --- the federation ---------------------------------------------------------------------------


class Federation:
    def __init__(self, url, name, token):
        self.base = f"{url.rstrip('/')}/federations/{urllib.parse.quote(name)}"
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def ask(self, path, data=None, **headers):
        """The answer, asked for again while the server is full or away."""
        for attempt in range(20):
            request = urllib.request.Request(
                self.base + path, data, {**self.headers, **headers}
            )
            try:
                return urllib.request.urlopen(request, timeout=120)
            except urllib.error.HTTPError as problem:
                if problem.code not in (429, 503):
                    raise
                pause = float(problem.headers.get("Retry-After", 2))
            except urllib.error.URLError:
                pause = 2
            time.sleep(min(pause, 60))
        sys.exit(f"no answer from {self.base}")

    def status(self):
        return json.load(self.ask(""))

    def pull(self, has, wait):
        """Another version than the one that is here and its tensors; none if there is none yet."""
        with self.ask(f"/model?other-than={has}&wait={wait}") as answer:
            if answer.status == 204:
                return has, None
            return int(answer.headers["Rebasin-Version"]), read_safetensors(answer.read())

    def contribute(self, tensors, participant, examples, base):
        query = {"participant": participant, "examples": examples}
        if base:
            query["base-version"] = base
        # The same request again is the same contribution, so it may be sent until it is heard.
        with self.ask(
            "/contributions?" + urllib.parse.urlencode(query),
            write_safetensors(tensors, {}),
            **{"Content-Type": "application/octet-stream"},
        ) as answer:
            return json.load(answer)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--name", required=True)
    parser.add_argument("--participant", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--shard", default="1/1")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--rate", type=float, default=0.05)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--token-file")
    options = parser.parse_args()

    part, parts = (int(number) for number in options.shard.split("/"))
    images = read_idx(options.data, "train-images-idx3-ubyte")[part - 1 :: parts]
    labels = read_idx(options.data, "train-labels-idx1-ubyte")[part - 1 :: parts]
    images = images.reshape(len(images), -1).astype("f4") / 255

    token = open(options.token_file).read().strip() if options.token_file else None
    federation = Federation(options.url, options.name, token)
    architecture = federation.status()["settings"]["architecture"]
    if not architecture.startswith("mlp:"):
        sys.exit(f"expected a federation of an mlp, found {architecture}")
    widths = [int(width) for width in architecture[len("mlp:") :].split(",")[0].split("-")]

    version, tensors = federation.pull(has=0, wait=0)
    if tensors is None:
        # There is no version yet: the first contributions make it, each from a seed of its own.
        tensors = initial(widths, options.seed)
    for number in range(options.rounds):
        loss = train(
            tensors,
            images,
            labels,
            options.epochs,
            options.rate,
            options.batch,
            options.seed + number,
        )
        given = federation.contribute(tensors, options.participant, len(images), version)
        print(f"from version {version}: loss {loss:.4f}, contribution {given['id']}", flush=True)
        newer = None
        while newer is None and number + 1 < options.rounds:
            version, newer = federation.pull(has=version, wait=30)
            if newer is None and federation.status()["status"] == "closed":
                return
        tensors = newer


if __name__ == "__main__":
    try:
        main()
    except urllib.error.HTTPError as problem:
        sys.exit(f"{problem.code}: {json.load(problem).get('detail')}")
