"""SGD, Nesterov, Adam and AdamW, to the formulas of torch.optim (a test compares them).

Why not torch.optim: making its first optimiser imports torch's compiler (torch 2.15: 900 modules, 4 s on an idle
core, 15 s on a busy one), more than many of the small trainings here last.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8  # Adam, arXiv 1412.6980


class Optimiser:
    """Change parameters in place by their gradients; its state is zero at first and can be saved.

    momentum: of "sgd" and "nesterov". weight_decay: added to the gradient, but for "adamw", which shrinks the
    weights themselves (arXiv 1711.05101).
    """

    def __init__(self, parameters: Iterable[nn.Parameter], *, name: str, momentum: float, weight_decay: float) -> None:
        self.name, self.momentum, self.weight_decay = name, momentum, weight_decay
        self.parameters: list[Tensor] = list(parameters)
        self.steps = 0
        self.first = [torch.zeros_like(parameter) for parameter in self.parameters]
        adaptive = name in ("adam", "adamw")
        self.second = [torch.zeros_like(parameter) for parameter in self.parameters] if adaptive else []

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Take one step along the gradients of all parameters, and clears them."""
        self.steps += 1
        gradients = [g for parameter in self.parameters if (g := parameter.grad) is not None]
        if len(gradients) < len(self.parameters):
            raise ValueError("a parameter has no gradient; let every one take part in the loss")
        if self.weight_decay and self.name == "adamw":
            torch._foreach_mul_(self.parameters, 1 - learning_rate * self.weight_decay)
        elif self.weight_decay:
            gradients = list(torch._foreach_add(gradients, self.parameters, alpha=self.weight_decay))
        if self.second:
            self._adam(gradients, learning_rate)
        else:
            self._sgd(gradients, learning_rate)
        for parameter in self.parameters:
            parameter.grad = None

    def _sgd(self, gradients: list[Tensor], learning_rate: float) -> None:
        torch._foreach_mul_(self.first, self.momentum)
        torch._foreach_add_(self.first, gradients)
        direction = self.first
        if self.name == "nesterov":
            direction = list(torch._foreach_add(gradients, self.first, alpha=self.momentum))
        torch._foreach_add_(self.parameters, direction, alpha=-learning_rate)

    def _adam(self, gradients: list[Tensor], learning_rate: float) -> None:
        torch._foreach_lerp_(self.first, gradients, 1 - BETA_1)
        torch._foreach_mul_(self.second, BETA_2)
        torch._foreach_addcmul_(self.second, gradients, gradients, 1 - BETA_2)
        scale = torch._foreach_sqrt(self.second)
        torch._foreach_div_(scale, (1 - BETA_2**self.steps) ** 0.5)
        torch._foreach_add_(scale, EPSILON)
        torch._foreach_addcdiv_(self.parameters, self.first, scale, -learning_rate / (1 - BETA_1**self.steps))

    def state_dict(self) -> dict[str, Any]:
        """Return the number of steps and the moments: the tensors themselves, not copies."""
        return {"steps": self.steps, "first": self.first, "second": self.second}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take a state over; ValueError where the moments have other shapes than the parameters."""
        for name in ("first", "second"):
            shapes, theirs = ([part.shape for part in parts] for parts in (getattr(self, name), state[name]))
            if shapes != theirs:
                raise ValueError(f"{name} moments do not fit the network's parameters; start from zero")
        self.steps = int(state["steps"])
        for name in ("first", "second"):
            for ours, saved in zip(getattr(self, name), state[name], strict=True):
                ours.copy_(saved)
