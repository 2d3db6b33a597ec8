"""What can be trained: each paper's recipes, and how an objective is made of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from retoucher.errors import UsageError
from retoucher.models.common.objective import Objective
from retoucher.models.harmonization import features_recipe
from retoucher.models.harmonization.features_objective import Objective as FeaturesObjective
from retoucher.models.lama import recipe as lama
from retoucher.models.lama.objective import Objective as LaMaObjective
from retoucher.models.mystyle import base_recipe
from retoucher.models.mystyle.base_objective import Objective as BaseObjective
from retoucher.models.mystyle.stylegan2 import recipe as stylegan2
from retoucher.models.mystyle.stylegan2.objective import Objective as StyleGAN2Objective
from retoucher.models.partialconv import recipe as partialconv
from retoucher.models.partialconv.objective import Objective as PartialConvObjective
from retoucher.models.scfegan import recipe as scfegan
from retoucher.models.scfegan.objective import Objective as SCFEGANObjective


@dataclass(frozen=True)
class Paper:
    """One method: its recipes by name, the first being what is taken unless another is named."""

    recipes: Mapping[str, Any]
    objective: Any

    def recipe(self, name: str) -> Any:
        """The recipe of that name, or the first for "". Raises UsageError for one that is not there."""
        name = name or next(iter(self.recipes))
        if name not in self.recipes:
            raise UsageError(f"There is no recipe '{name}': choose {', '.join(self.recipes)}.")
        return self.recipes[name]

    def features(self, recipe: Any) -> tuple[str, ...]:
        """The names of the feature networks that the recipe's losses need."""
        needed = recipe.features
        return (needed,) if isinstance(needed, str) else tuple(needed)

    def guide(self, recipe: Any) -> str:
        """The name of the guides that its samples have, "" for none."""
        return str(getattr(recipe, "guide", ""))

    def begin(self, recipe: Any, features: Mapping[str, nn.Module]) -> Objective:
        """An untrained network and its losses; torch's seed decides how it begins."""
        objective: Objective = self.objective(recipe, features)
        return objective


PAPERS = {
    "lama": Paper(lama.RECIPES, LaMaObjective),
    "partialconv": Paper(partialconv.RECIPES, PartialConvObjective),
    "scfegan": Paper(scfegan.RECIPES, SCFEGANObjective),
    "stylegan2": Paper(stylegan2.RECIPES, StyleGAN2Objective),
    "mystyle": Paper(base_recipe.RECIPES, BaseObjective),
    "features": Paper(features_recipe.RECIPES, FeaturesObjective),
}
