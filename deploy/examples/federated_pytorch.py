#!/usr/bin/env python3
"""A participant of a federation, with PyTorch: pulls the global model, trains it on images of its
own, gives it back, and begins again with the next version.

    federated_pytorch.py --url http://127.0.0.1:8080 --name mnist --participant site-1 --data DIR

DIR holds train-images-idx3-ubyte and train-labels-idx1-ubyte, gzipped or not. --shard 1/4 takes
every fourth image, beginning with the first. What a network of another kind needs is another
module in network(); the tensors' names and shapes are PyTorch's own.
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

import torch
from torch import nn

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
        numbers = torch.frombuffer(bytearray(data[begin:end]), dtype=torch.float32)
        tensors[name] = numbers.reshape(entry["shape"])
    return tensors


def write_safetensors(tensors):
    header, parts, offset = {}, [], 0
    for name, tensor in tensors.items():
        parts.append(tensor.detach().cpu().contiguous().float().numpy().tobytes())
        end = offset + len(parts[-1])
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(parts)


# --- the data and the network -----------------------------------------------------------------


def read_idx(directory, name):
    for path, opened in ((name + ".gz", gzip.open), (name, open)):
        path = os.path.join(directory, path)
        if os.path.exists(path):
            with opened(path, "rb") as file:
                data = file.read()
            shape = struct.unpack(f">{data[3]}I", data[4 : 4 + 4 * data[3]])
            return torch.frombuffer(bytearray(data[4 + 4 * data[3] :]), dtype=torch.uint8).reshape(
                shape
            )
    sys.exit(f"expected {name} or {name}.gz in {directory}, found neither")


class Mlp(nn.Module):
    def __init__(self, widths):
        super().__init__()
        self.depth = len(widths) - 1
        for i in range(self.depth):
            setattr(self, f"fc{i + 1}", nn.Linear(widths[i], widths[i + 1]))

    def forward(self, images):
        for i in range(1, self.depth):
            images = torch.relu(getattr(self, f"fc{i}")(images))
        return getattr(self, f"fc{self.depth}")(images)


def network(architecture):
    if not architecture.startswith("mlp:"):
        sys.exit(f"expected a federation of an mlp, found {architecture}")
    return Mlp([int(width) for width in architecture[len("mlp:") :].split(",")[0].split("-")])


def train(model, images, labels, epochs, rate, batch):
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9)
    for _ in range(epochs):
        losses = []
        for rows in torch.randperm(len(images)).split(batch):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(images[rows]), labels[rows])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return sum(losses) / len(losses)


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
            write_safetensors(tensors),
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
    labels = read_idx(options.data, "train-labels-idx1-ubyte")[part - 1 :: parts].long()
    images = images.reshape(len(images), -1).float() / 255

    token = open(options.token_file).read().strip() if options.token_file else None
    federation = Federation(options.url, options.name, token)
    torch.manual_seed(options.seed)
    model = network(federation.status()["settings"]["architecture"])
    version, tensors = federation.pull(has=0, wait=0)
    for number in range(options.rounds):
        if tensors is not None:
            model.load_state_dict(tensors)
        # Without a version the first contributions make it, each from a seed of its own.
        loss = train(model, images, labels, options.epochs, options.rate, options.batch)
        given = federation.contribute(
            model.state_dict(), options.participant, len(images), version
        )
        print(f"from version {version}: loss {loss:.4f}, contribution {given['id']}", flush=True)
        tensors = None
        while tensors is None and number + 1 < options.rounds:
            version, tensors = federation.pull(has=version, wait=30)
            if tensors is None and federation.status()["status"] == "closed":
                return


if __name__ == "__main__":
    try:
        main()
    except urllib.error.HTTPError as problem:
        sys.exit(f"{problem.code}: {json.load(problem).get('detail')}")
