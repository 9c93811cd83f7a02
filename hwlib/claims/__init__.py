"""What the reports claim, and whether it holds: one rule for all, and what each effect is.

Begin with `rule`, then `effects`, and `report/claims/claims.toml`, which `table` reads and which names each claim's
measures.
"""
