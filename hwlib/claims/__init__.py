"""What the reports claim, and whether it holds: one rule for all, and what each effect is.

Begin with `rule`, then `effects` and `intervals`, and `report/claims/claims.toml`, which `table` reads and which names
each claim's measures. These lie in `speed`, `quality`, `failures`, `frequencies` (with `arms`, which they share),
`texts`, `hybrid`, `translation` and `style`. Each takes an `Evaluator` and the finished runs of one seed, the arms in
the order of the effect's sign ("first over second"), and returns the `Effect` that this seed shows; those of `style`
take runs alone, and return an effect for each pair of pictures. Generators are measured with averaged weights.
"""
