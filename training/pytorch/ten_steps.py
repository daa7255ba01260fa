"""Ten training steps of a small Llama by PyTorch: the numbers in ten_steps.csv.

    /usr/bin/python3 training/pytorch/ten_steps.py > training/pytorch/ten_steps.csv

Debian's python3-torch (1.13.1) computed them, in double precision. Nothing of it is needed to
build, run or test the project: //training:pytorch_test reads the table.
"""
import math

import torch

D, H, L, NH, NKV, V, T, B = 32, 40, 2, 4, 2, 48, 24, 4
HD = D // NH
KV = HD * NKV
LEARNING_RATE, BETAS, EPSILON, DECAY, CLIP = 1e-2, (0.9, 0.95), 1e-8, 0.1, 1.0
STEPS = 10


class MinimalStandard:
    """C++'s std::minstd_rand."""

    def __init__(self, seed):
        self.state = seed

    def __call__(self):
        self.state = self.state * 48271 % 2147483647
        return self.state


def uniform(random, *shape):
    """Float32 numbers between -0.25 and 0.25."""
    values = [random() / 2147483647 / 2 - 0.25 for _ in range(math.prod(shape))]
    numbers = torch.tensor(values, dtype=torch.float32).to(torch.float64)
    return numbers.reshape(shape).requires_grad_()


def make_parameters():
    """In the order in which llama/weights.h lists them; norms are 1 + a random number."""
    random = MinimalStandard(1)
    norm = lambda: (1 + uniform(random, D).detach()).float().double().requires_grad_()
    p = {"embedding": uniform(random, V, D)}
    for l in range(L):
        p[f"{l}.attention_norm"] = norm()
        p[f"{l}.wq"] = uniform(random, D, D)
        p[f"{l}.wk"] = uniform(random, KV, D)
        p[f"{l}.wv"] = uniform(random, KV, D)
        p[f"{l}.wo"] = uniform(random, D, D)
        p[f"{l}.feed_forward_norm"] = norm()
        p[f"{l}.w1"] = uniform(random, H, D)
        p[f"{l}.w2"] = uniform(random, D, H)
        p[f"{l}.w3"] = uniform(random, H, D)
    p["final_norm"] = norm()
    return p


def rms_norm(x, weight):
    return weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5)


def rotate(x):
    """RoPE of (B, T, heads, HD), by adjacent pairs."""
    frequencies = 10000.0 ** (-torch.arange(0, HD, 2, dtype=torch.float64) / HD)
    angles = torch.arange(T, dtype=torch.float64)[:, None] * frequencies
    turn = torch.polar(torch.ones_like(angles), angles)[None, :, None, :]
    pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], HD // 2, 2))
    return torch.view_as_real(pairs * turn).flatten(-2)


def loss_of(p, windows):
    inputs, targets = windows[:, :-1], windows[:, 1:]
    unseen = torch.full((T, T), -math.inf, dtype=torch.float64).triu(1)
    x = p["embedding"][inputs]
    for l in range(L):
        normed = rms_norm(x, p[f"{l}.attention_norm"])
        q = rotate((normed @ p[f"{l}.wq"].T).view(B, T, NH, HD))
        k = rotate((normed @ p[f"{l}.wk"].T).view(B, T, NKV, HD))
        v = (normed @ p[f"{l}.wv"].T).view(B, T, NKV, HD)
        k, v = (a.repeat_interleave(NH // NKV, dim=2) for a in (k, v))
        scores = torch.einsum("bthd,bshd->bhts", q, k) / math.sqrt(HD) + unseen
        attended = torch.einsum("bhts,bshd->bthd", scores.softmax(-1), v).flatten(-2)
        x = x + attended @ p[f"{l}.wo"].T
        normed = rms_norm(x, p[f"{l}.feed_forward_norm"])
        gate = torch.nn.functional.silu(normed @ p[f"{l}.w1"].T)
        x = x + (gate * (normed @ p[f"{l}.w3"].T)) @ p[f"{l}.w2"].T
    logits = rms_norm(x, p["final_norm"]) @ p["embedding"].T
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


def main():
    parameters = make_parameters()
    random = MinimalStandard(2)
    tensors = list(parameters.values())
    optimizer = torch.optim.AdamW(
        [
            {"params": [t for t in tensors if t.dim() > 1], "weight_decay": DECAY},
            {"params": [t for t in tensors if t.dim() == 1], "weight_decay": 0.0},
        ],
        lr=LEARNING_RATE,
        betas=BETAS,
        eps=EPSILON,
    )
    print("step,loss,gradient_norm")
    for step in range(1, STEPS + 1):
        ids = [random() % V for _ in range(B * (T + 1))]
        windows = torch.tensor(ids).reshape(B, T + 1)
        optimizer.zero_grad()
        loss = loss_of(parameters, windows)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(tensors, CLIP)
        optimizer.step()
        print(f"{step},{loss.item():.9f},{norm.item():.9f}")


main()
