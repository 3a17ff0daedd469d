"""Writes operator_outputs.txt: what PyTorch (1.13.1 made the file) computes in double precision.

Inputs and parameters are exact in single precision and follow from their sizes; the test makes the
same ones. Each line is a name and an output for two examples, [batch, channels, height, width]
flattened.
"""

import numpy as np
import torch
import torch.nn.functional as F


def pattern(shape, factor, offset, modulus, middle, divisor):
    i = np.arange(int(np.prod(shape)))
    values = ((i * factor + offset) % modulus - middle) / divisor
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def inputs(*shape):
    return pattern(shape, 7, 3, 11, 5, 4.0)


def weights(*shape):
    return pattern(shape, 5, 1, 7, 3, 8.0)


def positive(*shape):
    return weights(*shape) + 1


x = inputs(2, 4, 5, 3)
v = inputs(2, 4)
running_mean, running_variance = weights(4).clone(), positive(4).clone()
outputs = {
    "convolution": F.conv2d(x, weights(3, 4, 3, 2), weights(3), stride=(2, 1), padding=(2, 1)),
    "convolution-one-pixel": F.conv2d(x, weights(2, 4, 1, 1), weights(2)),
    "convolution-one-pixel-strided": F.conv2d(x, weights(2, 4, 1, 1), stride=(2, 2)),
    "convolution-two-groups": F.conv2d(
        x, weights(6, 2, 3, 3), weights(6), stride=(3, 2), padding=1, groups=2
    ),
    "convolution-depthwise-twofold": F.conv2d(
        x, weights(8, 1, 3, 3), stride=2, padding=1, groups=4
    ),
    "convolution-depthwise": F.conv2d(
        x, weights(4, 1, 2, 2), weights(4), stride=(2, 3), padding=1, groups=4
    ),
    "batch-norm-training": F.batch_norm(
        x, running_mean, running_variance, positive(4), weights(4), True, 0.1, 1e-5
    ),
    "batch-norm-running-mean": running_mean,
    "batch-norm-running-variance": running_variance,
    "batch-norm-inference": F.batch_norm(
        x, weights(4), positive(4), positive(4), weights(4), False, 0.1, 1e-5
    ),
    "batch-norm-units": F.batch_norm(
        v, weights(4), positive(4), positive(4), weights(4), True, 0.1, 1e-5
    ),
    "layer-norm": F.layer_norm(
        x.permute(0, 2, 3, 1), (4,), positive(4), weights(4), 1e-6
    ).permute(0, 3, 1, 2),
    "layer-norm-units": F.layer_norm(v, (4,), positive(4), weights(4), 1e-6),
    "group-norm-one": F.group_norm(x, 1, positive(4), weights(4), 1e-5),
    "group-norm-two": F.group_norm(x, 2, positive(4), weights(4), 1e-5),
    "instance-norm": F.instance_norm(x, None, None, positive(4), weights(4), True, 0.1, 1e-5),
    "instance-norm-plain": F.instance_norm(x, None, None, None, None, True, 0.1, 1e-3),
    "leaky-relu": F.leaky_relu(x, 0.125),
    "prelu": F.prelu(x, weights(4)),
    "prelu-one": F.prelu(x, weights(1)),
    "gelu": F.gelu(4 * x),
    "gelu-tanh": F.gelu(4 * x, approximate="tanh"),
    "silu": F.silu(4 * x),
    "sigmoid": torch.sigmoid(4 * x),
    "tanh": torch.tanh(x),
    "max-pool": F.max_pool2d(x, (3, 2), (2, 1), (1, 1)),
    "average-pool-with-padding": F.avg_pool2d(x, (3, 2), (2, 1), (1, 1), count_include_pad=True),
    "average-pool": F.avg_pool2d(x, (3, 2), (2, 1), (1, 1), count_include_pad=False),
    "global-average-pool": x.mean((2, 3)),
    "padding-shortcut": F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 1, 2)),
    "concatenation": torch.cat([x, F.leaky_relu(x, 0.125)], 1),
}
with open("operator_outputs.txt", "w") as file:
    for name, output in outputs.items():
        numbers = " ".join(f"{number:.8g}" for number in output.flatten().tolist())
        print(name, numbers, file=file)
