"""What the reports claim, and whether it holds: one rule for all, and what each effect is.

Begin with `rule`, then `report/claims/claims.toml`, which names each claim's measures.
"""
