"""What generator and discriminator minimise. A class per objective, a module per family.

| class | discriminator is | source |
|---|---|---|
| `standard.NonSaturating`, `standard.Saturating` | a classifier (logits) | Goodfellow et al. 2014 |
| `least_squares.LeastSquares` | a regressor | Mao et al. 2017 |
| `hinge.Hinge` | a classifier with a margin | Lim and Ye 2017 |
| `wasserstein.WassersteinClipped` | a critic with clipped weights | Arjovsky et al. 2017 |
| `wasserstein.WassersteinGradientPenalty` | a critic with a penalised gradient | Gulrajani et al. 2017 |
"""
