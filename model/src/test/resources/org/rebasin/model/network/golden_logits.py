"""The logits that GoldenLogitsTest expects, as PyTorch and torchvision compute them.

Prints a line for each architecture: its text, and the logits of one image. Weights and image are
made from a hash, which the test has too. Needs torchvision; made with 0.14.1.
"""

import functools

import numpy as np
import torch
from torch import nn
from torchvision.models import resnet, vgg


def hashed(seed, count):
    """Numbers in [-0.5, 0.5) that look random: MurmurHash3's last mix of index and seed."""
    x = np.arange(count, dtype=np.uint64) + np.uint64(seed) * np.uint64(0x9E3779B9)
    x &= np.uint64(0xFFFFFFFF)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        x ^= x >> np.uint64(shift)
        x = (x * np.uint64(factor)) & np.uint64(0xFFFFFFFF)
    return torch.from_numpy(x.astype(np.float64) / 2**32 - 0.5)


def fill(model):
    names = [name for name in model.state_dict() if not name.endswith("num_batches_tracked")]
    with torch.no_grad():
        for seed, name in enumerate(names):
            tensor = model.state_dict()[name]
            values = hashed(seed, tensor.numel()).reshape(tensor.shape)
            if tensor.dim() > 1:
                values = values * (24 / (tensor.numel() / tensor.shape[0])) ** 0.5
            elif name.endswith("running_var"):
                values = values + 1
            elif name.endswith("weight"):
                values = values + 1
            tensor.copy_(values)
    return model.eval()


class ChannelNorm(nn.LayerNorm):
    """LayerNorm over the channels of each pixel."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class Pad(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.channels = channels

    def forward(self, x):
        return nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.channels, self.channels))


NORMS = {
    "batch": nn.BatchNorm2d,
    "layer": ChannelNorm,
    "group1": functools.partial(nn.GroupNorm, 1),
}


class CifarResNet(nn.Module):
    def __init__(self, blocks, norm, shortcut):
        super().__init__()
        norm = NORMS[norm]
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = norm(16)
        channels = 16
        for stage, outputs in enumerate((16, 32, 64)):
            layers = []
            for i in range(blocks):
                downsample = None
                if channels != outputs:
                    if shortcut == "pad":
                        downsample = Pad((outputs - channels) // 2)
                    else:
                        size = int(shortcut[-1])
                        downsample = nn.Sequential(
                            nn.Conv2d(
                                channels, outputs, size, stride=2, padding=size // 2, bias=False
                            ),
                            norm(outputs),
                        )
                layers.append(
                    resnet.BasicBlock(
                        channels,
                        outputs,
                        stride=1 if channels == outputs else 2,
                        downsample=downsample,
                        norm_layer=norm,
                    )
                )
                channels = outputs
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layers))
        self.fc = nn.Linear(64, 3)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))


def narrow_vgg(configuration, width, norm, image, hidden):
    layers = [layer if layer == "M" else layer * width // 64 for layer in vgg.cfgs[configuration]]
    features = vgg.make_layers(layers, batch_norm=norm == "batch")
    model = vgg.VGG(features, init_weights=False)
    if image != 224:
        model.avgpool = nn.Identity()
    units = 8 * width * (image // 32) ** 2
    model.classifier = nn.Sequential(
        nn.Linear(units, hidden),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(hidden, hidden),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(hidden, 3),
    )
    return model


def show(text, image, model):
    with torch.no_grad():
        x = 2 * hashed(1000, 3 * image * image).reshape(1, 3, image, image)
        logits = fill(model.double())(x)[0]
    print(text, ";", " ".join(f"{value:.7g}" for value in logits.tolist()))


for norm, shortcut in (
    ("layer", "conv3"),
    ("batch", "conv1"),
    ("batch", "pad"),
    ("group1", "conv3"),
):
    show(
        f"resnet20:norm={norm},shortcut={shortcut},classes=3,image=16",
        16,
        CifarResNet(3, norm, shortcut),
    )
show("resnet18:classes=3,image=64", 64, resnet.resnet18(num_classes=3))
show("resnet50:classes=3,image=64", 64, resnet.resnet50(num_classes=3))
for configuration, depth, norm, image in (
    ("A", 11, "none", 224),
    ("D", 16, "batch", 224),
    ("B", 13, "none", 64),
    ("E", 19, "batch", 32),
):
    show(
        f"vgg{depth}:width=4,norm={norm},classes=3,image={image},hidden=8",
        image,
        narrow_vgg(configuration, 4, norm, image, 8),
    )
