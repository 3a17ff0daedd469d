"""Exports the small networks beside this file from PyTorch, with an input and the output that
PyTorch computes for it (little-endian float32). Written with PyTorch 1.13, which needs no other
package for it: python3 export.py"""

import torch
import torch.nn as nn
import torch.nn.functional as F


class Mlp(nn.Module):
    """GELU both ways, layer normalisation, a dense layer without bias."""

    def __init__(self):
        super().__init__()
        self.a = nn.Linear(12, 8)
        self.b = nn.Linear(8, 8)
        self.norm = nn.LayerNorm(8)
        self.c = nn.Linear(8, 3, bias=False)

    def forward(self, x):
        x = F.gelu(self.a(x))
        return self.c(F.gelu(self.norm(self.b(x)), approximate="tanh"))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.shortcut(x))


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, 1, 1, bias=False)
        self.bn = nn.BatchNorm2d(4)
        self.layers = nn.Sequential(Block(4, 4, 1), Block(4, 6, 2))
        self.fc = nn.Linear(6, 5)

    def forward(self, x):
        x = self.layers(F.relu(self.bn(self.conv(x))))
        x = F.adaptive_avg_pool2d(x, 1)
        return self.fc(x.view(x.size(0), -1))


class Norms(nn.Module):
    """Normalisations by layer, instance and group; PReLU, SiLU; a shortcut padded with channels."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, 2, 1)
        self.layer = nn.LayerNorm(4)
        self.instance = nn.InstanceNorm2d(4, affine=True)
        self.plain = nn.InstanceNorm2d(4)
        self.one = nn.PReLU()
        self.each = nn.PReLU(4)
        self.wide = nn.Conv2d(4, 8, 3, 2, 1)
        self.group = nn.GroupNorm(1, 8)
        self.fc = nn.Linear(32, 5)

    def forward(self, x):
        x = self.layer(self.conv(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        x = self.one(self.plain(self.each(self.instance(F.silu(x)))))
        y = self.group(self.wide(x)) + F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 2, 2))
        return self.fc(F.dropout(torch.flatten(y, 1), 0.3, self.training))


class Joined(nn.Module):
    """Concatenation, depthwise convolution, pools; a reshape whose target is computed."""

    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 4, 3, padding=1)
        self.b = nn.Conv2d(4, 4, 3, padding=1, groups=4)
        self.bn = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8 * 2 * 2, 5)

    def forward(self, x):
        x = F.max_pool2d(F.leaky_relu(self.a(x), 0.1), 3, 2, 1)
        x = torch.sigmoid(self.bn(torch.cat([x, self.b(x)], 1)))
        x = F.avg_pool2d(x, 3, 2, 1)
        return torch.tanh(self.fc(x.reshape(x.shape[0], x.shape[1] * x.shape[2] * x.shape[3])))


def export(name, network, shape, **options):
    torch.manual_seed(1)
    for key, statistics in network.named_buffers():
        if "mean" in key:
            statistics.normal_(0, 0.3)
        if "var" in key:
            statistics.uniform_(0.5, 2)
    for parameter in network.parameters():
        parameter.data.add_(torch.randn_like(parameter) * 0.2)
    network.eval()
    x = torch.randn(2, *shape)
    x.numpy().tofile(name + ".input")
    network(x).detach().numpy().tofile(name + ".output")
    torch.onnx.export(network, x, name + ".onnx", input_names=["x"], output_names=["y"], **options)


ANY_BATCH = {"dynamic_axes": {"x": {0: "n"}}}
AS_IT_IS = {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False}

export("mlp", Mlp(), (12,))
export("resnet", ResNet(), (3, 8, 8), **AS_IT_IS)
export("resnet-folded", ResNet(), (3, 8, 8), **ANY_BATCH)
export("norms", Norms(), (3, 8, 8), **AS_IT_IS)
export("norms-17", Norms(), (3, 8, 8), opset_version=17, **ANY_BATCH)
export("joined", Joined(), (3, 8, 8), **AS_IT_IS, **ANY_BATCH)
